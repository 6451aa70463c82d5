package deliverable

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/list"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Parts are what the service stands on.
type Parts struct {
	DB        *db.DB
	Bundle    *i18n.Bundle
	Clock     clock.Clock
	Customers *customer.Service
	Approvals *approval.Service
	Templates *Templates
}

// Service holds the rules of deliverables.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Title is what a kind of deliverable is called.
func (s *Service) Title(kind string) catalogue.Text { return s.Templates.title[kind] }

// Create drafts a deliverable of a kind from the template and the live data, in the customer's language. Faults: forbidden, invalid, conflict
// (the customer has it).
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewDeliverable) (d Deliverable, err error) {
	if err := a.Require(permission.DeliverableWrite); err != nil {
		return d, err
	}
	of, err := s.Customers.Named(ctx, a, in.Customer)
	if err != nil {
		return d, err
	}
	k, ok := kindNamed(in.Kind)
	if !ok {
		var bad fault.Fields
		bad.Add("kind", "deliverable.bad.choice", "values", strings.Join(Names(), ", "))
		return d, bad.Err()
	}
	scope, err := a.For(permission.DeliverableWrite, of.ID)
	if err != nil {
		return d, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		d, err = s.create(ctx, tx, a, of, k)
		return err
	})
	return d, err
}

func (s *Service) create(ctx context.Context, tx *db.Tx, a permission.Actor, of customer.Customer, k kind) (d Deliverable, err error) {
	l, err := s.readLive(ctx, tx, of)
	if err != nil {
		return d, err
	}
	content, err := s.Templates.fill(k, l, of.Language)
	if err != nil {
		return d, err
	}
	raw, err := canonical(content)
	if err != nil {
		return d, err
	}
	r := deliverableRow{ID: id.New(), Kind: k.name, Title: s.Templates.title[k.name].In(of.Language), Language: of.Language, Number: 1, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if _, err := tx.Insert(ctx, "deliverable", r, ""); err != nil {
		if fault.Is(err, fault.Conflict) {
			return d, fault.New(fault.Conflict, "deliverable.there", "title", r.Title).Because(err)
		}
		return d, fmt.Errorf("create deliverable: %w", err)
	}
	v := versionRow{ID: id.New(), DeliverableID: r.ID, Number: 1, FilledAt: tx.Now(), CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	v.Data.V, v.Filled.V = raw, raw
	if _, err := tx.Insert(ctx, "deliverable_version", v, ""); err != nil {
		return d, fmt.Errorf("create deliverable: %w", err)
	}
	if d, err = get(ctx, tx, r.ID); err != nil {
		return d, err
	}
	return d, audit.Write(ctx, tx, a, "create", d.record(), nil, d.summary(""))
}

// summary is what the trail has of a deliverable.
func (d Deliverable) summary(note string) map[string]any {
	out := map[string]any{"kind": d.Kind, "number": d.Number, "language": d.Language}
	if note != "" {
		out["note"] = note
	}
	return out
}

func get(ctx context.Context, tx *db.Tx, ref string) (d Deliverable, err error) {
	if !id.Valid(ref) {
		return d, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &d, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE d.id = ?`, ref)
	return d, err
}

const versionColumns = `, COALESCE(a.state, '') AS signature, COALESCE(a.signer_name, '') AS signer, a.closed_at, COALESCE(a.reason, '') AS reason`

// version reads one version; number 0 is the latest.
func version(ctx context.Context, tx *db.Tx, d Deliverable, number int64) (v Version, err error) {
	if number == 0 {
		number = d.Number
	}
	err = tx.Get(ctx, &v, `SELECT `+db.Columns[versionRow]("v.")+versionColumns+` FROM {deliverable_version} v LEFT JOIN {approval} a ON a.customer_id = v.customer_id AND a.id = v.approval_id
		WHERE v.customer_id = ? AND v.deliverable_id = ? AND v.number = ?`, d.CustomerID, d.ID, number)
	v.Status = statusOf(v.Signature, v.Number, d.ApprovedNumber)
	return v, err
}

// Whole is a deliverable with one version of it, and what keeps that from being approved.
type Whole struct {
	Deliverable
	V       Version
	Content Content
	Faults  fault.Fields // only of a version that is not signed
	kind    kind
}

// Get reads a deliverable with a version; number 0 is the latest. Faults: not_found, forbidden.
func (s *Service) Get(ctx context.Context, a permission.Actor, ref string, number int64) (w Whole, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		w, err = s.whole(ctx, tx, ref, number)
		return err
	})
	if err != nil {
		return Whole{}, err
	}
	return w, a.Require(permission.DeliverableRead)
}

func (s *Service) whole(ctx context.Context, tx *db.Tx, ref string, number int64) (w Whole, err error) {
	if w.Deliverable, err = get(ctx, tx, ref); err != nil {
		return w, err
	}
	if w.V, err = version(ctx, tx, w.Deliverable, number); err != nil {
		return w, err
	}
	var ok bool
	if w.kind, ok = kindNamed(w.Kind); !ok {
		return w, fmt.Errorf("deliverable %s is of no kind: %s", w.ID, w.Kind)
	}
	if w.Content, err = w.kind.load(w.V.Data.V); err != nil {
		return w, err
	}
	if w.V.Signature != approval.Signed {
		now, err := known(ctx, tx, w.CustomerID)
		if err != nil {
			return w, err
		}
		w.Faults = w.kind.faults(w.Content, now)
	}
	return w, nil
}

// Deliverables gives a page of the list. Faults: forbidden.
func (s *Service) Deliverables(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Deliverable], error) {
	return permission.Page[Deliverable](ctx, s.DB, a, permission.DeliverableRead, Spec, q)
}

// Versions lists the versions of a deliverable, the latest first, without what they say. Faults: not_found, forbidden.
func (s *Service) Versions(ctx context.Context, a permission.Actor, ref string) (out []Version, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		d, err := get(ctx, tx, ref)
		if err != nil {
			return err
		}
		if err := a.Require(permission.DeliverableRead); err != nil {
			return err
		}
		if err := tx.Select(ctx, &out, `SELECT `+db.Columns[versionRow]("v.")+versionColumns+` FROM {deliverable_version} v LEFT JOIN {approval} a ON a.customer_id = v.customer_id AND a.id = v.approval_id
			WHERE v.customer_id = ? AND v.deliverable_id = ? ORDER BY v.number DESC LIMIT 200`, d.CustomerID, d.ID); err != nil {
			return err
		}
		for i := range out {
			out[i].Status = statusOf(out[i].Signature, out[i].Number, d.ApprovedNumber)
		}
		return nil
	})
	return out, err
}

// open begins a write: the deliverable held against others, in the scope of its customer, with the version expected.
func (s *Service) open(ctx context.Context, a permission.Actor, ref string, expected int64, act func(tx *db.Tx, w Whole) error) error {
	before, err := s.Get(ctx, a, ref, 0)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.DeliverableWrite, before.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		// A write of nothing holds the row.
		if _, err := tx.Exec(ctx, `UPDATE {deliverable} SET version = version WHERE id = ?`, before.ID); err != nil {
			return err
		}
		w, err := s.whole(ctx, tx, before.ID, 0)
		if err != nil {
			return err
		}
		if expected != 0 && expected != w.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		return act(tx, w)
	})
}

// Change writes what a deliverable says. An approved or returned one gets its next version by that. Faults: not_found, forbidden, invalid,
// conflict (it is in approval), stale.
func (s *Service) Change(ctx context.Context, a permission.Actor, ref string, expected int64, in ChangeDeliverable) (out Deliverable, err error) {
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, w Whole) error {
		content := w.Content
		if in.Data != nil {
			if content, err = w.kind.parse(*in.Data); err != nil {
				return err
			}
		}
		note := w.V.Note
		if in.Note != nil {
			note = trimmed(*in.Note)
			var bad fault.Fields
			if plain(note, maxNote, "note", &bad); bad != nil {
				return bad.Err()
			}
		} else if !w.V.Status.editable() {
			note = ""
		}
		out, err = s.save(ctx, tx, a, w, content, nil, note, "update")
		return err
	})
	return out, err
}

// save writes a content into the draft, or into the version that comes after one that cannot be changed. filled is what the live data say,
// nil where they were not asked.
func (s *Service) save(ctx context.Context, tx *db.Tx, a permission.Actor, w Whole, content, filled Content, note, action string) (out Deliverable, err error) {
	if w.V.Status == InApproval {
		return out, fault.New(fault.Conflict, "deliverable.in_approval")
	}
	raw, err := canonical(content)
	if err != nil {
		return out, err
	}
	was, err := canonical(w.Content)
	if err != nil {
		return out, err
	}
	base, at := []byte(w.V.Filled.V), w.V.FilledAt
	if filled != nil {
		if base, err = canonical(filled); err != nil {
			return out, err
		}
		at = tx.Now()
	}
	if bytes.Equal(raw, was) && filled == nil && note == w.V.Note {
		return w.Deliverable, nil
	}
	number := w.Number
	if w.V.Status.editable() {
		v := versionRow{}
		v.Data.V, v.Filled.V = raw, base
		if _, err := tx.Exec(ctx, `UPDATE {deliverable_version} SET data = ?, filled = ?, filled_at = ?, note = ?, updated_at = ? WHERE id = ?`, v.Data, v.Filled, at, note, tx.Now(), w.V.ID); err != nil {
			return out, fmt.Errorf("change deliverable: %w", err)
		}
	} else {
		number++
		v := versionRow{ID: id.New(), DeliverableID: w.ID, Number: number, FilledAt: at, Note: note, CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		v.Data.V, v.Filled.V = raw, base
		if _, err := tx.Insert(ctx, "deliverable_version", v, ""); err != nil {
			return out, fmt.Errorf("change deliverable: %w", err)
		}
	}
	if err := s.touch(ctx, tx, w.ID, number); err != nil {
		return out, err
	}
	if out, err = get(ctx, tx, w.ID); err != nil {
		return out, err
	}
	after := out.summary(note)
	after["changes"] = len(differ(w.kind.shape, sheetOf(w.kind.shape, w.Content), sheetOf(w.kind.shape, content)))
	return out, audit.Write(ctx, tx, a, action, out.record(), w.summary(w.V.Note), after)
}

func (s *Service) touch(ctx context.Context, tx *db.Tx, ref string, number int64) error {
	_, err := tx.Exec(ctx, `UPDATE {deliverable} SET number = ?, version = version + 1, updated_at = ? WHERE id = ?`, number, tx.Now(), ref)
	return err
}

// Preview tells what filling again would do. Faults: not_found, forbidden.
func (s *Service) Preview(ctx context.Context, a permission.Actor, ref string) (w Whole, changes []Change, err error) {
	if w, err = s.Get(ctx, a, ref, 0); err != nil {
		return w, nil, err
	}
	scope, err := a.For(permission.DeliverableWrite, w.CustomerID)
	if err != nil {
		return w, nil, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		_, _, changes, err = s.again(ctx, tx, w)
		return err
	})
	return w, changes, err
}

// again merges what the live data say now into a version.
func (s *Service) again(ctx context.Context, tx *db.Tx, w Whole) (merged, fresh Content, changes []Change, err error) {
	of, err := customer.One(ctx, tx, w.CustomerID)
	if err != nil {
		return nil, nil, nil, err
	}
	l, err := s.readLive(ctx, tx, of)
	if err != nil {
		return nil, nil, nil, err
	}
	if fresh, err = s.Templates.fill(w.kind, l, w.Language); err != nil {
		return nil, nil, nil, err
	}
	base, err := w.kind.load(w.V.Filled.V)
	if err != nil {
		return nil, nil, nil, err
	}
	shape := w.kind.shape
	out, changes := merge(shape, sheetOf(shape, base), sheetOf(shape, w.Content), sheetOf(shape, fresh))
	merged = w.kind.make()
	if err := out.into(shape, merged); err != nil {
		return nil, nil, nil, err
	}
	w.kind.settle(merged)
	return merged, fresh, changes, nil
}

// Refill brings the live data in; what was edited by hand stays. Faults: not_found, forbidden, conflict, stale.
func (s *Service) Refill(ctx context.Context, a permission.Actor, ref string, expected int64) (out Deliverable, changes []Change, err error) {
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, w Whole) error {
		merged, fresh, found, err := s.again(ctx, tx, w)
		if err != nil {
			return err
		}
		changes = found
		if !slices.ContainsFunc(found, func(c Change) bool { return c.What != Kept }) {
			out = w.Deliverable // nothing would be written, and a version that is signed gets no next one
			return nil
		}
		out, err = s.save(ctx, tx, a, w, merged, fresh, w.V.Note, "fill")
		return err
	})
	return out, changes, err
}

// Compare tells what one version has otherwise than another. Faults: not_found, forbidden.
func (s *Service) Compare(ctx context.Context, a permission.Actor, ref string, from, to int64) (before, after Whole, out []Change, err error) {
	if before, err = s.Get(ctx, a, ref, from); err != nil {
		return before, after, nil, err
	}
	if after, err = s.Get(ctx, a, ref, to); err != nil {
		return before, after, nil, err
	}
	shape := after.kind.shape
	return before, after, differ(shape, sheetOf(shape, before.Content), sheetOf(shape, after.Content)), nil
}
