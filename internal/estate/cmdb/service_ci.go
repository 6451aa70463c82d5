package cmdb

import (
	"cmp"
	"context"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// CIs gives a page of the CIs that the query (of CISpec) asks for. Code: forbidden.
func (s *Service) CIs(ctx context.Context, a permission.Actor, q list.Query) (list.Page[CI], error) {
	return permission.Page[CI](ctx, s.db, a, permission.CIRead, CISpec, q)
}

// EachCI gives all CIs of the query to f, for exports.
func (s *Service) EachCI(ctx context.Context, a permission.Actor, q list.Query, f func(CI) error) error {
	return s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error { return list.Each(ctx, tx, CISpec, q, f) })
}

// CountCIs counts the CIs of the query, no further than limit.
func (s *Service) CountCIs(ctx context.Context, a permission.Actor, q list.Query, limit int) (n int, err error) {
	err = s.view(ctx, a, permission.CIRead, func(tx *db.Tx) error {
		n, err = list.Count(ctx, tx, CISpec, q, limit)
		return err
	})
	return n, err
}

// CI gives one CI. Codes: not_found, forbidden.
func (s *Service) CI(ctx context.Context, a permission.Actor, ciID string) (c CI, err error) {
	err = s.viewRecord(ctx, a, permission.CIRead, "ci", ciID, func(tx *db.Tx) error {
		c, err = loadCI(ctx, tx, ciID)
		return err
	})
	return c, err
}

func loadCI(ctx context.Context, tx *db.Tx, ciID string) (CI, error) {
	var c CI
	if !id.Valid(ciID) {
		return c, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &c, `SELECT `+ciColumns+` FROM `+ciFrom+` WHERE c.id = ?`, ciID); err != nil {
		return c, err
	}
	custom, err := field.ReadOne(ctx, tx, ciKind, ciID)
	c.Custom = custom
	return c, err
}

// CreateCI enters a CI by hand. Codes: invalid, forbidden, not_found (customer), conflict (there is one with the same type,
// external id, account and region).
func (s *Service) CreateCI(ctx context.Context, a permission.Actor, n NewCI) (c CI, err error) {
	f := n.Validate()
	scope, err := s.scopeOf(ctx, a, permission.CIWrite, n.Customer)
	if fault.Is(err, fault.NotFound) {
		f.Add("customer", "cmdb.fault.customer")
		err = nil
	}
	if err != nil {
		return c, err
	}
	if err := f.Err(); err != nil {
		return c, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		set, err := field.Of(ctx, tx, ciKind, "")
		if err != nil {
			return err
		}
		custom, err := field.Check(ctx, tx, set, nil, n.Custom, &f, field.Created)
		if err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		r, err := n.record(ctx, tx, Manual)
		if err != nil {
			return err
		}
		if err := insertCIs(ctx, tx, a, set, []record{r}, []field.Values{custom}, "ci.create"); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "cmdb.fault.exists", "type", r.Type, "id", r.ExternalID).Because(err)
			}
			return err
		}
		c, err = loadCI(ctx, tx, r.ID)
		return err
	})
	return c, err
}

// record makes the row of a CI that a person describes, and puts it into its workload.
func (n NewCI) record(ctx context.Context, tx *db.Tx, source Source) (record, error) {
	r := n.row(tx.Now(), source)
	if n.Workload != "" {
		w, err := findWorkload(ctx, tx, n.Workload)
		if err != nil {
			return r, err
		}
		r.WorkloadID, r.WorkloadBy = db.Null(w), byHand
		return r, nil
	}
	rules, err := loadRules(ctx, tx)
	if err != nil {
		return r, err
	}
	b := batch{rules: rules}
	b.assign(&r)
	return r, nil
}

// row makes the row of a CI that a person or a file describes; what they leave out is read from the tags.
func (n NewCI) row(now db.Time, source Source) record {
	r := record{ID: id.New(), Type: n.Type, Name: n.Name, ExternalID: n.ExternalID, ARN: n.ARN, Account: n.Account, Region: n.Region,
		Status: Active, Source: source, FirstSeen: now, LastSeen: now, Version: 1, CreatedAt: now, UpdatedAt: now}
	r.ExternalID = cmp.Or(r.ExternalID, externalID(n.Name))
	r.Tags.V, r.Attributes.V = n.Tags, n.Attributes
	r.fill()
	said := derive(r.Tags.V)
	r.Environment = cmp.Or(n.Environment, said.Environment)
	r.Criticality = cmp.Or(n.Criticality, said.Criticality)
	r.Owner = cmp.Or(n.Owner, said.Owner)
	return r
}

// EditCI changes a CI. On a discovered one the fields are pinned; null takes a pin back. expected is the version that the
// caller saw, 0 for any. Codes: invalid, not_found, forbidden, stale.
func (s *Service) EditCI(ctx context.Context, a permission.Actor, ciID string, expected int64, c ChangeCI) (CI, error) {
	out, _, err := s.editCI(ctx, a, ciID, expected, c, false)
	return out, err
}

// editCI is EditCI, which its page may want to offer to undo.
func (s *Service) editCI(ctx context.Context, a permission.Actor, ciID string, expected int64, c ChangeCI, undo bool) (out CI, edit string, err error) {
	f := c.Validate()
	err = s.change(ctx, a, permission.CIWrite, "ci", ciID, func(tx *db.Tx) error {
		old, err := loadCI(ctx, tx, ciID)
		if err != nil {
			return err
		}
		set, err := field.Of(ctx, tx, ciKind, "")
		if err != nil {
			return err
		}
		custom, err := field.Check(ctx, tx, set, old.Custom, c.Custom, &f, field.Changed)
		if err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if err := stale(expected, old.Version); err != nil {
			return err
		}
		now, deltas, err := c.apply(old.record)
		if err != nil {
			return err
		}
		moved, err := moveCI(ctx, tx, c.Workload, &now, string(old.Workload))
		if err != nil {
			return err
		}
		deltas = slices.Concat(deltas, moved, diffCustom(old.Custom, custom))
		if err := updateCI(ctx, tx, a, old.record, now, deltas, "ci.change"); err != nil {
			return err
		}
		if err := field.Store(ctx, tx, set, ciID, old.Custom, custom); err != nil {
			return err
		}
		if out, err = loadCI(ctx, tx, ciID); err != nil || !undo {
			return err
		}
		was, err := bulk.Customs(ctx, tx, ciKind, nil, old.Custom, out.Custom)
		if err != nil {
			return err
		}
		edit, err = bulk.Keep(ctx, tx, a, "cis", ciRow(was, old, out))
		return err
	})
	return out, edit, err
}

// moveCI puts a CI into a workload by hand, or gives it back to the rules.
func moveCI(ctx context.Context, tx *db.Tx, e Edit, now *record, before string) ([]delta, error) {
	if !e.Given {
		return nil, nil
	}
	if e.Null || e.Value == "" {
		rules, err := loadRules(ctx, tx)
		if err != nil {
			return nil, err
		}
		now.WorkloadBy = ""
		b := batch{rules: rules}
		b.assign(now)
	} else {
		w, err := findWorkload(ctx, tx, e.Value)
		if err != nil {
			return nil, err
		}
		now.WorkloadID, now.WorkloadBy = db.Null(w), byHand
	}
	after := ""
	if now.WorkloadID != "" {
		if err := tx.Get(ctx, &after, `SELECT w.name FROM {workload} w WHERE w.id = ?`, now.WorkloadID); err != nil {
			return nil, err
		}
	}
	return diffText("workload", before, after), nil
}

// DeleteCI takes out a CI that a person entered or imported; relations that others told of it wait again. Discovered ones
// cannot be deleted: they would come back. Codes: not_found, forbidden, stale, conflict.
func (s *Service) DeleteCI(ctx context.Context, a permission.Actor, ciID string, expected int64) error {
	return s.change(ctx, a, permission.CIWrite, "ci", ciID, func(tx *db.Tx) error {
		old, err := loadCI(ctx, tx, ciID)
		if err != nil {
			return err
		}
		if err := stale(expected, old.Version); err != nil {
			return err
		}
		if old.Source == Discovered {
			return fault.New(fault.Conflict, "cmdb.fault.delete_discovered")
		}
		if err := deleteCI(ctx, tx, old.record); err != nil {
			return err
		}
		if err := field.Forget(ctx, tx, ciKind, old.ID); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.figures.forget(old.CustomerID) })
		return audit.Write(ctx, tx, a, "ci.delete", audit.Record{Type: "ci", ID: old.ID, Name: old.Name}, old.summary(old.Custom), nil)
	})
}
