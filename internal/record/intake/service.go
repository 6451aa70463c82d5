package intake

import (
	"context"
	"slices"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Service takes files in for all targets.
type Service struct {
	db      *db.DB
	bundle  *i18n.Bundle
	targets []Target
}

// New makes the service; two targets of one list are a fault of the program.
func New(d *db.DB, b *i18n.Bundle, targets ...Target) *Service {
	for i, t := range targets {
		if slices.ContainsFunc(targets[:i], func(u Target) bool { return u.Kind().List == t.Kind().List }) {
			panic("intake: two targets of the list " + t.Kind().List)
		}
	}
	return &Service{d, b, targets}
}

// Options says how a file is taken in.
type Options struct {
	Customer  string            // slug or id
	Key       string            // by what rows find records; the target's first if empty
	Delimiter rune              // found if zero
	Columns   map[string]string // heading -> field, "" to leave it aside; what is not in it is guessed
	DryRun    bool              // only check and count
}

// Report tells what a file does, or would do.
type Report struct {
	DryRun    bool      `json:"dry_run"`
	Lines     int       `json:"lines" doc:"Lines of the file, without its head and empty ones."`
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Encoding  string    `json:"encoding"`
	Delimiter string    `json:"delimiter"`
	Columns   []Column  `json:"columns" doc:"How the columns of the file were laid on fields."`
	Problems  []Problem `json:"-"` // if there is any, nothing is applied
}

// Fault turns the problems of a report into one fault whose fields are "lines[3].owner".
func (r Report) Fault() error {
	if len(r.Problems) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "intake.fault.file", "count", len(r.Problems))
	for _, x := range r.Problems {
		e.Fields = append(e.Fields, fault.Field{Path: x.path(), Key: x.Key, Args: x.Args})
	}
	return e
}

// Take checks a file, and applies it unless it is a dry run: whole, or not at all while there is any problem. Problems stand in
// the report; if they keep a file that was to be applied from it they are the error as well. Faults: not_found (no such list),
// forbidden, invalid, too_large.
func (s *Service) Take(ctx context.Context, a permission.Actor, list string, file []byte, o Options) (out Report, err error) {
	t, err := s.target(a, list)
	if err != nil {
		return out, err
	}
	kind := t.Kind()
	scope, err := s.scope(ctx, a, kind, o)
	if err != nil {
		return out, err
	}
	if len(file) > MaxBytes {
		return out, fault.New(fault.TooLarge, "intake.fault.size", "max", MaxBytes>>20)
	}
	remembered, err := s.remembered(ctx, a, list)
	if err != nil {
		return out, err
	}
	sheet := &Sheet{Key: o.Key}
	if sheet.Key == "" && len(kind.Keys) > 0 {
		sheet.Key = kind.Keys[0].Name
	}
	cells := cut(file, o.Delimiter, sheet)
	out = Report{DryRun: o.DryRun, Encoding: cells.encoding, Delimiter: string(cells.delimiter), Columns: []Column{}}
	run := s.db.InScope
	if o.DryRun {
		run = s.db.View
	}
	err = run(ctx, scope, func(tx *db.Tx) error {
		fields, err := t.Fields(ctx, tx)
		if err != nil {
			return err
		}
		if cells.headings != nil {
			g := newGuesser(kind, fields, s.labels)
			out.Columns = g.lay(cells, o.Columns, remembered)
			cells.lay(out.Columns, sheet)
			out.Lines = len(sheet.Rows)
			if !g.check(out.Columns, sheet) {
				return nil // under a wrong head every line is wrong
			}
		}
		if cells.headings == nil || unreadable(sheet) {
			return nil
		}
		plan, err := t.Check(ctx, tx, a, sheet)
		if err != nil || sheet.Failed() {
			return err
		}
		out.Created, out.Updated, out.Unchanged = plan.Created, plan.Updated, plan.Unchanged
		if o.DryRun || plan.Apply == nil {
			return nil
		}
		return plan.Apply(ctx, tx, a)
	})
	out.Problems = sheet.Problems()
	if err != nil || o.DryRun {
		return out, err
	}
	if err := out.Fault(); err != nil {
		return out, err
	}
	// The file is in: that its columns could not be remembered must not say that it is not.
	_ = s.remember(ctx, a, list, out.Columns)
	return out, nil
}

// unreadable tells that the file broke off: what stands before the break is not worth checking.
func unreadable(s *Sheet) bool {
	return slices.ContainsFunc(s.problems, func(p Problem) bool {
		return p.Key == "intake.fault.csv" || p.Key == "intake.fault.too_many" || p.Key == "intake.fault.too_wide"
	})
}

// Template is the head of a file and one example line, for a list and the fields of a customer. Faults: not_found, forbidden.
func (s *Service) Template(ctx context.Context, a permission.Actor, list, customer string) ([]Field, error) {
	t, err := s.target(a, list)
	if err != nil {
		return nil, err
	}
	scope := a.Scope()
	if customer != "" {
		if scope, err = s.scope(ctx, a, t.Kind(), Options{Customer: customer}); err != nil {
			return nil, err
		}
	}
	var fields []Field
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		fields, err = t.Fields(ctx, tx)
		return err
	})
	return fields, err
}

// Kind tells about a list that takes files in. Faults: not_found, forbidden.
func (s *Service) Kind(a permission.Actor, list string) (Kind, error) {
	t, err := s.target(a, list)
	if err != nil {
		return Kind{}, err
	}
	return t.Kind(), nil
}

func (s *Service) target(a permission.Actor, list string) (Target, error) {
	i := slices.IndexFunc(s.targets, func(t Target) bool { return t.Kind().List == list })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return s.targets[i], a.Require(s.targets[i].Kind().Need)
}

// scope narrows to the customer that the caller names, and checks the key.
func (s *Service) scope(ctx context.Context, a permission.Actor, k Kind, o Options) (db.Scope, error) {
	var bad fault.Fields
	if o.Key != "" && !slices.ContainsFunc(k.Keys, func(key Key) bool { return key.Name == o.Key }) {
		bad.Add("key", "intake.fault.key")
	}
	if o.Customer == "" {
		bad.Add("customer", "intake.fault.customer")
		return db.Scope{}, bad.Err()
	}
	found := o.Customer
	if !id.Valid(found) {
		err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
			return tx.Get(ctx, &found, `SELECT k.id FROM {customer} k WHERE k.slug = ?`, o.Customer)
		})
		if err != nil && !fault.Is(err, fault.NotFound) {
			return db.Scope{}, err
		}
	}
	scope, err := a.For(k.Need, found)
	if fault.Is(err, fault.NotFound) {
		bad.Add("customer", "intake.fault.customer")
		err = nil
	}
	if err != nil {
		return db.Scope{}, err
	}
	return scope, bad.Err()
}

// labels are the words of a key in all languages.
func (s *Service) labels(key string) (out []string) {
	for _, l := range s.bundle.Languages() {
		out = append(out, s.bundle.Printer(l.Code, time.UTC, time.Time{}).T(key))
	}
	return out
}
