package customer

import (
	"context"
	"fmt"
	"reflect"
	"strconv"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Editables are the lists of this room whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable {
	out := []bulk.Editable{editable()}
	for _, r := range s.Registers.All() {
		out = append(out, r.Editable())
	}
	return out
}

func options(prefix string, values []string) (out []bulk.Option) {
	for _, v := range values {
		out = append(out, bulk.Option{Value: v, Label: prefix + v})
	}
	return out
}

// editable changes customers, each in the scope of itself.
func editable() bulk.Rows[Customer] {
	return bulk.Rows[Customer]{
		Of: bulk.Kind{List: "customers", Title: "customers.list", Type: "customer", Table: "customer", Active: "customers", Need: permission.CustomerRead,
			Write: permission.CustomerWrite, Spec: Spec, Custom: true, Owner: "c.id", Slug: "c.slug", Page: func(id string) string { return "/customers/" + id }},
		Columns: []bulk.Column[Customer]{
			{Field: bulk.Field{Name: "name", Label: "customers.name", Form: bulk.Text, Keep: true}, Own: true,
				Get: func(c *Customer) string { return c.Name }, Set: func(c *Customer, v string) { c.Name = v }},
			{Field: bulk.Field{Name: "phase", Label: "customers.phase_label", Form: bulk.Choice, Options: options("customers.phase.", phaseNames()), Keep: true},
				Get: func(c *Customer) string { return string(c.Phase) }, Set: func(c *Customer, v string) { c.Phase = Phase(v) }},
			{Field: bulk.Field{Name: "country", Label: "customers.country", Form: bulk.Text},
				Get: func(c *Customer) string { return c.Country }, Set: func(c *Customer, v string) { c.Country = v }},
			{Field: bulk.Field{Name: "language", Label: "customers.language", Form: bulk.Choice, Keep: true,
				Options: []bulk.Option{{Value: "en", Title: "English"}, {Value: "fr", Title: "Français"}}},
				Get: func(c *Customer) string { return c.Language }, Set: func(c *Customer, v string) { c.Language = v }},
			{Field: bulk.Field{Name: "time_zone", Label: "customers.time_zone", Form: bulk.Text, Keep: true},
				Get: func(c *Customer) string { return c.TimeZone }, Set: func(c *Customer, v string) { c.TimeZone = v }},
			{Field: bulk.Field{Name: "request_rate", Label: "customers.rate", Form: bulk.Number, Keep: true}, Own: true,
				Get: func(c *Customer) string { return strconv.FormatInt(c.Rate, 10) }, Set: func(c *Customer, v string) {
					if n, err := strconv.ParseInt(v, 10, 64); err == nil {
						c.Rate = n
					}
				}},
		},
		Load: func(ctx context.Context, tx *db.Tx, ids []string) (rows []Customer, err error) {
			if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Customer]("")+` FROM {customer} WHERE id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...); err != nil {
				return nil, err
			}
			return fill(ctx, tx, rows)
		},
		Head: func(c *Customer) (string, string, int64) { return c.ID, c.Name, c.Version },
		Check: func(before, c *Customer) fault.Fields {
			phase := string(c.Phase)
			bad := fault.Fields(bulk.Fields((&ChangeCustomer{Country: &c.Country, Language: &c.Language, TimeZone: &c.TimeZone, Phase: &phase, Rate: &c.Rate}).Validate()))
			checkLive(&bad, before.Phase, c.Phase)
			return bad
		},
		Store: func(ctx context.Context, tx *db.Tx, a permission.Actor, pairs []bulk.Pair[Customer]) error {
			for _, p := range pairs { // one, as every customer is a scope of its own
				if p.Before.Rate != p.After.Rate {
					if err := mayLimit(a); err != nil {
						return err
					}
				}
				p.Before.Custom, p.After.Custom = p.Was, p.Is
				if _, err := store(ctx, tx, a, p.Before, p.After); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// store writes a customer that may have changed, and the trail of it.
func store(ctx context.Context, tx *db.Tx, a permission.Actor, before, after Customer) (Customer, error) {
	if reflect.DeepEqual(after, before) {
		return after, nil
	}
	after.Version++
	after.UpdatedAt = tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {customer} SET name = ?, country = ?, language = ?, time_zone = ?, phase = ?, request_rate = ?, version = ?, updated_at = ?
		WHERE id = ? AND version = ?`, after.Name, after.Country, after.Language, after.TimeZone, string(after.Phase), after.Rate, after.Version, after.UpdatedAt,
		after.ID, before.Version)
	if err != nil {
		return after, fmt.Errorf("update customer: %w", err)
	}
	if n == 0 {
		return after, fault.New(fault.Stale, "fault.stale")
	}
	if after.Phase != before.Phase {
		if err := enter(ctx, tx, a, after.Phase); err != nil {
			return after, err
		}
	}
	return after, audit.Write(ctx, tx, a, "update", record(after), before, after)
}
