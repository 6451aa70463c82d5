package cmdb

import (
	"context"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// facets are the values that the filter menu offers.
type facets struct {
	types, accounts, regions []ui.Option
}

// facets finds the distinct values by stepping through the indexes from one value to the next, so that a million CIs of seventy
// types cost seventy steps.
func (h pages) facets(r *http.Request, p *ui.Page, a permission.Actor) (out facets, err error) {
	ctx, slug := r.Context(), ""
	if p.Customer != nil {
		slug = p.Customer.Slug
	}
	var types []string
	var places []struct {
		Account string `db:"number"`
		Region  string `db:"region"`
	}
	err = h.s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error {
		if err := tx.Select(ctx, &types, `WITH RECURSIVE step (customer_id, type) AS (
				SELECT k.id, (SELECT MIN(c.type) FROM {ci} c WHERE c.customer_id = k.id) FROM {customer} k WHERE ? = '' OR k.slug = ?
				UNION ALL
				SELECT s.customer_id, (SELECT MIN(c.type) FROM {ci} c WHERE c.customer_id = s.customer_id AND c.type > s.type) FROM step s WHERE s.type IS NOT NULL)
			SELECT DISTINCT type FROM step WHERE type IS NOT NULL ORDER BY type`, slug, slug); err != nil {
			return err
		}
		return tx.Select(ctx, &places, `WITH RECURSIVE step (customer_id, number) AS (
				SELECT k.id, (SELECT MIN(c.account) FROM {ci} c WHERE c.customer_id = k.id) FROM {customer} k WHERE ? = '' OR k.slug = ?
				UNION ALL
				SELECT s.customer_id, (SELECT MIN(c.account) FROM {ci} c WHERE c.customer_id = s.customer_id AND c.account > s.number) FROM step s WHERE s.number IS NOT NULL),
			place (customer_id, number, region) AS (
				SELECT s.customer_id, s.number, (SELECT MIN(c.region) FROM {ci} c WHERE c.customer_id = s.customer_id AND c.account = s.number) FROM step s WHERE s.number IS NOT NULL
				UNION ALL
				SELECT x.customer_id, x.number, (SELECT MIN(c.region) FROM {ci} c WHERE c.customer_id = x.customer_id AND c.account = x.number AND c.region > x.region) FROM place x WHERE x.region IS NOT NULL)
			SELECT DISTINCT number, region FROM place WHERE region IS NOT NULL ORDER BY number, region`, slug, slug)
	})
	if err != nil {
		return out, err
	}
	out.types = sortedOptions(choices(p, typeWord, types))
	names, err := h.accountNames(ctx, a)
	seen := map[string]bool{"": true}
	regions := map[string]bool{"": true}
	for _, at := range places {
		if !seen[at.Account] {
			seen[at.Account] = true
			out.accounts = append(out.accounts, ui.Option{Value: at.Account, Label: names.long(at.Account)})
		}
		if !regions[at.Region] {
			regions[at.Region] = true
			out.regions = append(out.regions, ui.Option{Value: at.Region, Label: at.Region})
		}
	}
	out.regions = sortedOptions(out.regions)
	return out, err
}

// accountNames knows AWS accounts by number, as far as discovery saw them in an organisation.
type accountNames map[string]string

func (n accountNames) short(account string) string {
	if name := n[account]; name != "" {
		return name
	}
	return account
}

func (n accountNames) long(account string) string {
	if name := n[account]; name != "" {
		return name + " (" + account + ")"
	}
	return account
}

func (h pages) accountNames(ctx context.Context, a permission.Actor) (accountNames, error) {
	var rows []struct {
		Account string `db:"external_id"`
		Name    string `db:"name"`
	}
	err := h.s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT c.external_id, c.name FROM {ci} c WHERE c.type = 'AWS::Organizations::Account' LIMIT 5000`)
	})
	out := accountNames{}
	for _, row := range rows {
		out[row.Account] = row.Name
	}
	return out, err
}

// limits of a drawn neighbourhood: beyond this nobody reads it.
const (
	graphNodes = 80
	graphDepth = 2
)

// around gives the relations within some steps of a CI, in the direction asked for, and tells whether there are more than are
// given.
func (h pages) around(ctx context.Context, a permission.Actor, c CI, depth int, direction string) (out []Relation, cut bool, err error) {
	err = h.s.viewRecord(ctx, a, permission.CIRead, "ci", c.ID, func(tx *db.Tx) error {
		known := map[string]bool{c.ID: true}
		have := map[string]bool{}
		frontier := []string{c.ID}
		for range depth {
			if len(frontier) == 0 || cut {
				break
			}
			var next []string
			for _, end := range []string{"r.from_id", "r.to_id"} {
				if direction == "out" && end == "r.to_id" || direction == "in" && end == "r.from_id" {
					continue
				}
				in, param := db.IDs(tx, end, frontier)
				var rows []Relation
				// The ids first, by the index of that end; names are joined to what remains.
				if err := tx.Select(ctx, &rows, `SELECT `+RelationSpec.Columns+` FROM `+RelationSpec.From+` WHERE r.id IN (
					SELECT r.id FROM {relation} r WHERE `+in+` AND r.resolved ORDER BY r.type, r.id LIMIT 400) ORDER BY r.type, r.id`, param); err != nil {
					return err
				}
				for _, row := range rows {
					if have[row.ID] || row.FromStatus == db.Null(Gone) || row.ToStatus == db.Null(Gone) {
						continue
					}
					for _, other := range []string{string(row.FromID), string(row.ToID)} {
						if !known[other] && len(known) >= graphNodes {
							cut = true
						} else if !known[other] {
							known[other] = true
							next = append(next, other)
						}
					}
					if known[string(row.FromID)] && known[string(row.ToID)] {
						have[row.ID] = true
						out = append(out, row)
					}
				}
			}
			frontier = next
		}
		return nil
	})
	return out, cut, err
}

// workloadOptions are the workloads of a customer, by id.
func (h pages) workloadOptions(ctx context.Context, a permission.Actor, customer string) (out []ui.Option, err error) {
	var rows []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	err = h.s.viewOf(ctx, a, permission.WorkloadRead, customer, func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT w.id, w.name FROM {workload} w ORDER BY w.name LIMIT 1000`)
	})
	for _, row := range rows {
		out = append(out, ui.Option{Value: row.ID, Label: row.Name})
	}
	return out, err
}

// people are the contacts of a customer, to choose from.
func (h pages) people(ctx context.Context, a permission.Actor, customer string) (out []ui.Option, err error) {
	var rows []Contact
	err = h.s.viewOf(ctx, a, permission.ContactRead, customer, func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT p.id, p.name, p.email FROM {contact} p ORDER BY p.name, p.id LIMIT 1000`)
	})
	for _, row := range rows {
		label := row.Name
		if row.Email != "" {
			label += " <" + row.Email + ">"
		}
		out = append(out, ui.Option{Value: row.ID, Label: label})
	}
	return out, err
}
