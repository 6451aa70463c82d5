package discovery

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// reach is what an account brings in: the accounts of its organisation and what is known of its coverage. The page shows it, and
// the question before the account is removed.
type reach struct {
	Members  []Account
	Scopes   int64 `db:"scopes"`
	Complete int64 `db:"complete"`
	Blind    int64 `db:"blind"`
	Items    int64 `db:"items"`
}

func (h pages) reach(r *http.Request, a permission.Actor, acc Account) (out reach, err error) {
	scope, err := a.For(permission.AccountRead, acc.CustomerID)
	if err != nil {
		return out, err
	}
	ctx := r.Context()
	err = h.s.db.View(ctx, scope, func(tx *db.Tx) error {
		if err := tx.Select(ctx, &out.Members, `SELECT `+accountColumns+` FROM {account} WHERE organization_of = ? ORDER BY name, account_id LIMIT 500`, acc.ID); err != nil {
			return err
		}
		numbers := []string{acc.AccountID}
		for _, m := range out.Members {
			numbers = append(numbers, m.AccountID)
		}
		var sums []reach
		err := tx.Select(ctx, &sums, `SELECT count(*) AS scopes, COALESCE(sum(CASE WHEN outcome = 'complete' THEN 1 ELSE 0 END), 0) AS complete,
			COALESCE(sum(CASE WHEN outcome IN ('denied', 'failed', 'throttled_out') THEN 1 ELSE 0 END), 0) AS blind, COALESCE(sum(items), 0) AS items
			FROM {coverage} WHERE account_id IN (`+db.Marks(len(numbers))+`)`, db.Anys(numbers)...)
		if err == nil && len(sums) == 1 {
			members := out.Members
			out = sums[0]
			out.Members = members
		}
		return err
	})
	return out, err
}

// lack is an IAM action that was denied, and what denied it where AWS told.
type lack struct {
	Action string
	Reason string
	Scopes int
}

// grantable tells whether adding the action to the role's policy would help: against a policy that stands above or beside the role
// it would not.
func (l lack) grantable() bool { return l.Reason == "" || l.Reason == "identity_policy" }

// lacks lists denied actions, each once for each reason.
func (s *Service) lacks(ctx context.Context, a permission.Actor, slug string) ([]lack, error) {
	var rows []struct {
		Action  string `db:"action"`
		Message string `db:"message"`
		N       int    `db:"n"`
	}
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT c.action, c.message, count(*) AS n FROM {coverage} c JOIN {customer} k ON k.id = c.customer_id
			WHERE c.outcome = 'denied' AND c.action <> '' AND (? = '' OR k.slug = ?) GROUP BY c.action, c.message ORDER BY c.action LIMIT 5000`, slug, slug)
	})
	var out []lack
	for _, row := range rows {
		reason := collect.Reason(row.Message)
		at := slices.IndexFunc(out, func(l lack) bool { return l.Action == row.Action && l.Reason == reason })
		if at < 0 {
			out = append(out, lack{Action: row.Action, Reason: reason})
			at = len(out) - 1
		}
		out[at].Scopes += row.N
	}
	return out, err
}

// choicesOf are the values of a column of coverage, for the filter menu.
func (s *Service) choicesOf(ctx context.Context, a permission.Actor, slug string) (accounts, regions []ui.Option, err error) {
	var rows []struct {
		AccountID string `db:"account_id"`
		Region    string `db:"region"`
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT DISTINCT c.account_id, c.region FROM {coverage} c JOIN {customer} k ON k.id = c.customer_id
			WHERE ? = '' OR k.slug = ? ORDER BY c.account_id, c.region LIMIT 20000`, slug, slug)
	})
	add := func(to []ui.Option, v string) []ui.Option {
		if slices.ContainsFunc(to, func(o ui.Option) bool { return o.Value == v }) {
			return to
		}
		return append(to, ui.Option{Value: v, Label: v})
	}
	for _, row := range rows {
		accounts, regions = add(accounts, row.AccountID), add(regions, row.Region)
	}
	slices.SortFunc(regions, func(a, b ui.Option) int { return strings.Compare(a.Value, b.Value) })
	return accounts, regions, err
}
