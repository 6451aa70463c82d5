package discovery

import (
	"context"
	"fmt"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Editables are the lists of this room whose records can be changed many at once. Number, role and ExternalId are each account's own.
func (s *Service) Editables() []bulk.Editable { return []bulk.Editable{accountBulk()} }

func accountBulk() bulk.Rows[Account] {
	return bulk.Rows[Account]{
		Of: bulk.Kind{List: "accounts", Title: "discovery.account.list", Type: "account", Table: "account", Active: "accounts", Need: permission.AccountRead,
			Write: permission.AccountWrite, Spec: AccountSpec, Owner: "a.customer_id", Slug: "k.slug", Page: func(id string) string { return "/accounts/" + id }},
		Columns: []bulk.Column[Account]{
			{Field: bulk.Field{Name: "regions", Label: "discovery.account.regions", Form: bulk.Some, Help: "bulk.help.regions"},
				Get: func(a *Account) string { return bulk.Join(a.Regions.V) }, Set: func(a *Account, v string) { a.Regions.V = tidy(bulk.Split(v)) }},
			{Field: bulk.Field{Name: "accept_open_role", Label: "discovery.account.open_label", Form: bulk.YesNo},
				Get: func(a *Account) string { return flag(a.AcceptOpenRole) }, Set: func(a *Account, v string) {
					on := v == "true"
					_ = UpdateAccount{AcceptOpenRole: &on}.apply(a) // of this field it finds no fault
				}},
		},
		Load: func(ctx context.Context, tx *db.Tx, ids []string) (rows []Account, err error) {
			return rows, tx.Select(ctx, &rows, `SELECT `+accountColumns+` FROM {account} WHERE id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...)
		},
		Head: func(a *Account) (string, string, int64) {
			return a.ID, strings.TrimSpace(a.Name + " " + a.AccountID), a.Version
		},
		Check: func(_, a *Account) fault.Fields {
			var bad fault.Fields
			checkRegions(&bad, a.Regions.V)
			return bad
		},
		Store: storeAccounts,
	}
}

// storeAccounts writes accounts that differ, and the trail of each.
func storeAccounts(ctx context.Context, tx *db.Tx, a permission.Actor, pairs []bulk.Pair[Account]) error {
	rows, acts := make([]Account, len(pairs)), make([]audit.Act, len(pairs))
	for i, p := range pairs {
		rows[i] = p.After
		rows[i].Version, rows[i].UpdatedAt = p.Before.Version+1, tx.Now()
		acts[i] = audit.Act{Action: "account.update", Record: record(p.After), Before: facts(p.Before), After: facts(p.After)}
	}
	n, err := tx.Insert(ctx, "account", rows, `(customer_id, id) DO UPDATE SET regions = excluded.regions, accept_open_role = excluded.accept_open_role,
		status = excluded.status, message = excluded.message, version = excluded.version, updated_at = excluded.updated_at WHERE account.version = excluded.version - 1`)
	if err != nil {
		return fmt.Errorf("change accounts: %w", err)
	}
	if n != int64(len(rows)) {
		return fault.New(fault.Stale, "fault.stale")
	}
	return audit.WriteAll(ctx, tx, a, acts)
}
