package sso

import (
	"context"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// rulesOf reads a provider's rules in order.
func rulesOf(ctx context.Context, tx *db.Tx, providerID string) ([]Rule, error) {
	var rows []ruleRow
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[ruleRow]("")+` FROM {identity_rule} WHERE provider_id = ? ORDER BY position, id`, providerID); err != nil {
		return nil, err
	}
	return showRules(ctx, tx, rows)
}

func showRules(ctx context.Context, tx *db.Tx, rows []ruleRow) ([]Rule, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var ties []struct {
		RuleID     string `db:"rule_id"`
		CustomerID string `db:"customer_id"`
		Slug       string `db:"slug"`
	}
	err := tx.Select(ctx, &ties, `SELECT x.rule_id, x.customer_id, c.slug FROM {identity_rule_customer} x JOIN {customer} c ON c.id = x.customer_id
		WHERE x.rule_id IN (`+db.Marks(len(ids))+`) ORDER BY c.slug`, db.Anys(ids)...)
	if err != nil {
		return nil, err
	}
	out := make([]Rule, len(rows))
	for i, r := range rows {
		out[i] = Rule{ID: r.ID, ProviderID: r.ProviderID, Position: r.Position, Group: r.Group, Role: permission.Role(r.Role), Customers: []string{}, Version: r.Version,
			CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
		for _, t := range ties {
			if t.RuleID == r.ID {
				out[i].Customers, out[i].ids = append(out[i].Customers, t.Slug), append(out[i].ids, t.CustomerID)
			}
		}
	}
	return out, nil
}

// Rules are those of a provider, in order. Faults: not_found, forbidden.
func (s *Service) Rules(ctx context.Context, a permission.Actor, providerID string) (out []Rule, err error) {
	p, err := s.Provider(ctx, a, providerID)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = rulesOf(ctx, tx, p.ID)
		return err
	})
	return out, err
}

// Rule reads one. Faults: not_found, forbidden.
func (s *Service) Rule(ctx context.Context, a permission.Actor, ref string) (out Rule, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		row, _, err := s.rule(ctx, tx, a, ref)
		if err != nil {
			return err
		}
		all, err := showRules(ctx, tx, []ruleRow{row})
		if err == nil {
			out = all[0]
		}
		return err
	})
	if err != nil {
		return Rule{}, err
	}
	if err := a.Require(permission.SignOnRead); err != nil {
		return Rule{}, err
	}
	return out, nil
}

func (s *Service) rule(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (r ruleRow, p provider, err error) {
	if !id.Valid(ref) {
		return r, p, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &r, `SELECT `+db.Columns[ruleRow]("")+` FROM {identity_rule} WHERE id = ?`, ref); err != nil {
		return r, p, err
	}
	p, err = s.visible(ctx, tx, a, r.ProviderID)
	return r, p, err
}

func ruleRecord(p provider, r ruleRow) audit.Record {
	return audit.Record{Type: "identity_rule", ID: r.ID, Name: p.Slug + ": " + r.Group}
}

// CreateRule adds a rule. It counts at the next sign-in. Faults: forbidden, invalid.
func (s *Service) CreateRule(ctx context.Context, a permission.Actor, in NewRule) (out Rule, err error) {
	if err := a.Require(permission.SignOnWrite); err != nil {
		return out, err
	}
	err = s.db.Across(ctx, ofInstance, func(tx *db.Tx) error {
		p, err := s.visibleAcross(ctx, tx, a, in.Provider)
		if fault.Is(err, fault.NotFound) {
			var bad fault.Fields
			bad.Add("provider", "sso.field.provider")
			return bad.Err()
		}
		if err != nil {
			return err
		}
		r := ruleRow{ID: id.New(), ProviderID: p.ID, Position: in.Position, Group: strings.TrimSpace(in.Group), Role: in.Role, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if r.Position == 0 {
			if err := tx.Get(ctx, &r.Position, `SELECT COALESCE(MAX(position), 0) + 10 FROM {identity_rule} WHERE provider_id = ?`, p.ID); err != nil {
				return err
			}
		}
		ids, err := s.ruleCustomers(ctx, tx, a, p, in.Customers)
		if err != nil {
			return err
		}
		if err := validateRule(p, r, len(ids)); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "identity_rule", r, ""); err != nil {
			return err
		}
		if out, err = s.tieRule(ctx, tx, r, ids); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", ruleRecord(p, r), nil, out)
	})
	return out, err
}

// visibleAcross is visible in a transaction that sees all: the actor's scope is asked by hand.
func (s *Service) visibleAcross(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (p provider, err error) {
	if !id.Valid(ref) {
		return p, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("p.")+` FROM {identity_provider} p WHERE p.id = ?`, ref)
	if err == nil && !a.Scope().All() && (p.CustomerID == "" || !a.Scope().Covers(string(p.CustomerID))) {
		return provider{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return p, err
}

// ruleCustomers finds the customers that a rule names. A customer's provider has just one.
func (s *Service) ruleCustomers(ctx context.Context, tx *db.Tx, a permission.Actor, p provider, refs []string) (ids []string, err error) {
	for _, ref := range refs {
		c, err := customerID(ctx, tx, a, "customers", ref)
		if err != nil {
			return nil, err
		}
		if p.CustomerID != "" && c != string(p.CustomerID) {
			var bad fault.Fields
			bad.Add("customers", "sso.field.own_customer")
			return nil, bad.Err()
		}
		if !slices.Contains(ids, c) {
			ids = append(ids, c)
		}
	}
	if p.CustomerID != "" {
		ids = []string{string(p.CustomerID)}
	}
	return ids, nil
}

func (s *Service) tieRule(ctx context.Context, tx *db.Tx, r ruleRow, ids []string) (Rule, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM {identity_rule_customer} WHERE rule_id = ?`, r.ID); err != nil {
		return Rule{}, err
	}
	type row struct {
		RuleID     string `db:"rule_id"`
		CustomerID string `db:"customer_id"`
	}
	rows := make([]row, len(ids))
	for i, c := range ids {
		rows[i] = row{r.ID, c}
	}
	if _, err := tx.Insert(ctx, "identity_rule_customer", rows, ""); err != nil {
		return Rule{}, err
	}
	all, err := showRules(ctx, tx, []ruleRow{r})
	if err != nil {
		return Rule{}, err
	}
	return all[0], nil
}

func (s *Service) changeRule(ctx context.Context, a permission.Actor, ref string, version int64, f func(tx *db.Tx, p provider, r ruleRow, before Rule) error) error {
	before, err := s.Rule(ctx, a, ref)
	if err != nil {
		return err
	}
	if err := a.Require(permission.SignOnWrite); err != nil {
		return err
	}
	return s.db.Across(ctx, ofInstance, func(tx *db.Tx) error {
		var r ruleRow
		if err := tx.Get(ctx, &r, `SELECT `+db.Columns[ruleRow]("")+` FROM {identity_rule} WHERE id = ?`, before.ID); err != nil {
			return err
		}
		if version != 0 && version != r.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		p, err := s.visibleAcross(ctx, tx, a, r.ProviderID)
		if err != nil {
			return err
		}
		return f(tx, p, r, before)
	})
}

// UpdateRule changes a rule; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateRule(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeRule) (out Rule, err error) {
	err = s.changeRule(ctx, a, ref, version, func(tx *db.Tx, p provider, r ruleRow, before Rule) error {
		was := r.Version
		if in.Position != nil {
			r.Position = *in.Position
		}
		if in.Group != nil {
			r.Group = strings.TrimSpace(*in.Group)
		}
		if in.Role != nil {
			r.Role = *in.Role
		}
		refs := before.Customers
		if in.Customers != nil {
			refs = *in.Customers
		}
		ids, err := s.ruleCustomers(ctx, tx, a, p, refs)
		if err != nil {
			return err
		}
		if err := validateRule(p, r, len(ids)); err != nil {
			return err
		}
		r.Version, r.UpdatedAt = was+1, tx.Now()
		n, err := tx.Exec(ctx, `UPDATE {identity_rule} SET position = ?, group_name = ?, role = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
			r.Position, r.Group, r.Role, r.Version, r.UpdatedAt, r.ID, was)
		if err == nil && n == 0 {
			err = fault.New(fault.Stale, "fault.stale")
		}
		if err != nil {
			return err
		}
		if out, err = s.tieRule(ctx, tx, r, ids); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", ruleRecord(p, r), before, out)
	})
	return out, err
}

// DeleteRule removes a rule. Faults: not_found, forbidden, stale.
func (s *Service) DeleteRule(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return s.changeRule(ctx, a, ref, version, func(tx *db.Tx, p provider, r ruleRow, before Rule) error {
		if _, err := tx.Exec(ctx, `DELETE FROM {identity_rule} WHERE id = ?`, r.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "delete", ruleRecord(p, r), before, nil)
	})
}
