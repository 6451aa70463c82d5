package inventory

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// NewBaseline is the input of Freeze.
type NewBaseline struct {
	Customer string `json:"customer" doc:"Slug or id."`
	Name     string `json:"name"`
	Note     string `json:"note,omitempty"`
}

// Freeze keeps the estate as it is now. Faults: forbidden, invalid (also for a customer whom the actor does not see).
func (s *Service) Freeze(ctx context.Context, a permission.Actor, in NewBaseline) (out Shown, err error) {
	if err := a.Require(permission.BaselineWrite); err != nil {
		return out, err
	}
	var bad fault.Fields
	in.Name, in.Note = strings.TrimSpace(in.Name), strings.TrimSpace(in.Note)
	switch n := utf8.RuneCountInString(in.Name); {
	case n == 0:
		bad.Add("name", "register.bad.required")
	case n > 200:
		bad.Add("name", "register.bad.long", "max", 200)
	}
	if utf8.RuneCountInString(in.Note) > 5000 {
		bad.Add("note", "register.bad.long", "max", 5000)
	}
	where := "slug = ?"
	if id.Valid(in.Customer) {
		where = "id = ?"
	}
	var owner string
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &owner, `SELECT id FROM {customer} WHERE `+where, in.Customer)
	})
	if fault.Is(err, fault.NotFound) {
		bad.Add("customer", "api.field.customer", "value", in.Customer)
		err = nil
	}
	if err != nil {
		return out, err
	}
	if err := bad.Err(); err != nil {
		return out, err
	}
	scope, err := a.For(permission.BaselineWrite, owner)
	if err != nil {
		return out, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		items, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		b := Baseline{ID: id.New(), Name: in.Name, Note: in.Note, TakenAt: tx.Now(), TakenBy: a.Name, CIs: int64(len(items)), Hash: hashOf(items)}
		if _, err := tx.Insert(ctx, "baseline", b, ""); err != nil {
			return fmt.Errorf("freeze: %w", err)
		}
		for i := range items {
			items[i].BaselineID = b.ID
		}
		if _, err := tx.Insert(ctx, "baseline_item", items, ""); err != nil {
			return fmt.Errorf("freeze: %w", err)
		}
		if out, err = one(ctx, tx, b.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", b.record(), nil, out)
	})
	return out, err
}

func (b Baseline) record() audit.Record {
	return audit.Record{Type: "baseline", ID: b.ID, Name: b.Name}
}

// now is the estate as it stands, gone CIs left out.
func (s *Service) now(ctx context.Context, tx *db.Tx) ([]Item, error) {
	marks, err := s.estate.Fingerprints(ctx, tx)
	out := make([]Item, len(marks))
	for i, m := range marks {
		out[i] = Item{CI: m.ID, Type: m.Type, ExternalID: m.ExternalID, Account: m.Account, Region: m.Region, Environment: m.Environment, Name: m.Name, Print: m.Print()}
	}
	return out, err
}

func one(ctx context.Context, tx *db.Tx, ref string) (out Shown, err error) {
	if !id.Valid(ref) {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	return out, tx.Get(ctx, &out, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE b.id = ?`, ref)
}

func itemsOf(ctx context.Context, tx *db.Tx, baseline string) (out []Item, err error) {
	if err := tx.Select(ctx, &out, `SELECT `+db.Columns[Item]("i.")+` FROM {baseline_item} i WHERE i.baseline_id = ?`, baseline); err != nil {
		return nil, fmt.Errorf("baseline %s: %w", baseline, err)
	}
	return out, nil
}

// Baseline reads one. Faults: not_found, forbidden.
func (s *Service) Baseline(ctx context.Context, a permission.Actor, ref string) (out Shown, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		out, err = one(ctx, tx, ref)
		return err
	})
	if err != nil {
		return out, err
	}
	return out, a.Require(permission.BaselineRead)
}

// Baselines reads a page of them. Faults: forbidden, invalid.
func (s *Service) Baselines(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Shown], error) {
	return permission.Page[Shown](ctx, s.db, a, permission.BaselineRead, Spec, q)
}

// Comparison is a baseline beside a later state.
type Comparison struct {
	Difference
	With    *Shown  `json:"with" doc:"The other baseline; null for now."`
	Tallies Tallies `json:"counts" doc:"Of the baseline itself."`
}

// CompareWith tells what changed since a baseline: until another one of the same customer, or until now where none is named. Faults: not_found,
// forbidden.
func (s *Service) CompareWith(ctx context.Context, a permission.Actor, ref, other string) (out Comparison, err error) {
	b, err := s.Baseline(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.BaselineRead, b.CustomerID)
	if err != nil {
		return out, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		from, err := itemsOf(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		var to []Item
		if other == "" {
			to, err = s.now(ctx, tx)
		} else {
			with, found := one(ctx, tx, other)
			if found != nil {
				return found
			}
			out.With = &with
			to, err = itemsOf(ctx, tx, with.ID)
		}
		out.Difference, out.Tallies = Compare(from, to), tally(from)
		return err
	})
	return out, err
}

// Discard removes a baseline. Faults: not_found, forbidden, stale.
func (s *Service) Discard(ctx context.Context, a permission.Actor, ref string, version int64) error {
	b, err := s.Baseline(ctx, a, ref)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.BaselineWrite, b.CustomerID)
	if err != nil {
		return err
	}
	if version != 0 && version != unchanged {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM {baseline} WHERE id = ?`, b.ID)
		if err != nil {
			return fmt.Errorf("discard baseline: %w", err)
		}
		if n == 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		return audit.Write(ctx, tx, a, "delete", b.record(), b, nil)
	})
}
