package bulk

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Service edits all lists.
type Service struct {
	db     *db.DB
	bundle *i18n.Bundle
	lists  []Editable
}

// New makes the service; two editables of one list are a fault of the program.
func New(d *db.DB, b *i18n.Bundle, lists ...Editable) *Service {
	for i, e := range lists {
		k := e.Kind()
		if k.List == "" || k.Title == "" || k.Type == "" || k.Table == "" || k.Need == "" || k.Write == "" || k.Owner == "" || k.Slug == "" || k.Page == nil {
			panic(fmt.Sprintf("bulk: the kind of the list %q is not whole", k.List))
		}
		if slices.ContainsFunc(lists[:i], func(o Editable) bool { return o.Kind().List == k.List }) {
			panic("bulk: two editables of the list " + k.List)
		}
	}
	return &Service{d, b, lists}
}

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

func (s *Service) find(name string) (Editable, bool) {
	i := slices.IndexFunc(s.lists, func(e Editable) bool { return e.Kind().List == name })
	if i < 0 {
		return nil, false
	}
	return s.lists[i], true
}

// editable is a list that the actor may edit. Faults: not_found, forbidden.
func (s *Service) editable(a permission.Actor, name string) (Editable, error) {
	e, ok := s.find(name)
	if !ok {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := a.Require(permission.BulkWrite); err != nil {
		return nil, err
	}
	return e, a.Require(e.Kind().Write)
}

// fieldsOf lists the fields of the records of some customers. Custom fields of one customer's own are offered where it is the only one.
func (s *Service) fieldsOf(ctx context.Context, a permission.Actor, e Editable, customers []string) (out []Field, err error) {
	scope := a.Scope()
	if len(customers) == 1 {
		if scope, err = scope.Narrow(customers[0]); err != nil {
			return nil, err
		}
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		if out, err = e.Fields(ctx, tx); err != nil || !e.Kind().Custom {
			return err
		}
		custom, err := customFields(ctx, tx, e.Kind().Type, customers)
		out = append(out, custom...)
		return err
	})
	return out, err
}

// Apply does an edit: for each customer whom it touches in a transaction of its own. Faults: those of Preview, and stale (the records
// are not any more as the fingerprint says; nothing was written).
func (s *Service) Apply(ctx context.Context, a permission.Actor, in Input) (Edit, error) {
	e, err := s.editable(a, in.List)
	if err != nil {
		return Edit{}, err
	}
	p, err := s.preview(ctx, a, e, in)
	if err != nil {
		return Edit{}, err
	}
	if in.Fingerprint != "" && in.Fingerprint != p.Fingerprint {
		return Edit{}, fault.New(fault.Stale, "bulk.fault.changed")
	}
	decision, written := id.New(), 0
	for i := range p.Parts {
		err := s.applyPart(ctx, a, e, p.Input, decision, &p.Parts[i])
		if err == nil {
			written++
			continue
		}
		if fault.CodeOf(err) == fault.Internal || written == 0 {
			return Edit{}, err
		}
		if err := s.skip(ctx, a, p.Input, decision, p.Parts[i], err); err != nil {
			return Edit{}, err
		}
	}
	if written == 0 { // nothing was chosen: there is no record of nothing
		return Edit{List: in.List, Kind: in.kind(), kind: p.Kind, fields: p.Fields}, nil
	}
	return s.read(ctx, a, decision)
}

// applyPart writes what an edit does to one customer's records.
func (s *Service) applyPart(ctx context.Context, a permission.Actor, e Editable, in Input, decision string, p *PartPreview) error {
	scope, err := a.For(e.Kind().Write, p.CustomerID)
	if err != nil {
		return err
	}
	seen := p.print
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if err := lock(ctx, tx, e.Kind().Table, p.ids); err != nil {
			return err
		}
		plan, err := p.plan(ctx, tx, a, e, in)
		if err != nil {
			return err
		}
		if p.print != seen {
			return fault.New(fault.Stale, "bulk.fault.changed")
		}
		row := newPart(tx, a, in.List, in.kind(), decision)
		n := count(p.Rows)
		row.Changed, row.Equal, row.Refused = int64(n.Changed), int64(n.Equal), int64(n.Refused+p.missing)
		row.Changes.V = in.Changes
		if in.Everything {
			row.Selection = in.Query
		}
		if n.Changed > 0 {
			if err := plan.Apply(ctx, tx, a); err != nil {
				return err
			}
		}
		if err := store(ctx, tx, row, p.Rows); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "apply", record(row), nil, map[string]any{"list": row.List, "kind": row.Kind, "changes": in.Changes,
			"changed": row.Changed, "equal": row.Equal, "refused": row.Refused})
	})
}

// skip keeps that nothing was written for a customer, when something was for another.
func (s *Service) skip(ctx context.Context, a permission.Actor, in Input, decision string, p PartPreview, cause error) error {
	scope, err := a.For(permission.BulkWrite, p.CustomerID)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		row := newPart(tx, a, in.List, in.kind(), decision)
		row.State, row.Reason, row.Refused = Skipped, keyOf(cause), int64(len(p.ids))
		row.Changes.V = in.Changes
		return store(ctx, tx, row, nil)
	})
}

// Keep notes an edit of one record that its page has made in this transaction, so that its message can offer to undo it; the id is
// empty where nothing changed.
func Keep(ctx context.Context, tx *db.Tx, a permission.Actor, list string, r Row) (string, error) {
	return keep(ctx, tx, a, list, kindSingle, r)
}

// KeepGone is Keep for a deletion.
func KeepGone(ctx context.Context, tx *db.Tx, a permission.Actor, list string, r Row) (string, error) {
	return keep(ctx, tx, a, list, kindGone, r)
}

func keep(ctx context.Context, tx *db.Tx, a permission.Actor, list, kind string, r Row) (string, error) {
	if !r.Writes() {
		return "", nil
	}
	row := newPart(tx, a, list, kind, id.New())
	row.Changed = 1
	return row.ID, store(ctx, tx, row, []Row{r})
}

// Differ gives the fields whose cells differ.
func Differ(fields []string, before, after func(string) Cell) (out []Diff) {
	for _, f := range fields {
		if b, a := before(f), after(f); b.State != a.State {
			out = append(out, Diff{f, b, a})
		}
	}
	return out
}

// Spec lists edits that the actor may see.
func (s *Service) within(a permission.Actor) func(list.Query) list.Query {
	var may []string
	for _, e := range s.lists {
		if a.May(e.Kind().Need) {
			may = append(may, e.Kind().List)
		}
	}
	return func(q list.Query) list.Query {
		return q.Where("b.list IN ("+db.Marks(len(may))+")", db.Anys(may)...)
	}
}

// Edits lists a page of the edits of many records that the actor may see. Faults: forbidden.
func (s *Service) Edits(ctx context.Context, a permission.Actor, q list.Query) (list.Page[PartRow], error) {
	return permission.Page[PartRow](ctx, s.db, a, permission.BulkRead, Spec, s.within(a)(q))
}

// Sweep forgets edits that are long past; the audit trail keeps what they did.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Across(ctx, "edits of all customers are forgotten after the same time", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM {bulk_edit} WHERE created_at < ?`, db.At(tx.Now().Add(-KeepFor)))
		return err
	})
}

// printer writes in the actor's language; moments stand in answers as they are.
func (s *Service) printer(a permission.Actor) *i18n.Printer {
	return s.bundle.Printer(a.Language, time.UTC, time.Time{})
}
