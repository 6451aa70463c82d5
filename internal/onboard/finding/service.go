package finding

import (
	"context"
	"log/slog"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// The kinds of records, as the trail calls them.
const (
	kind       = "finding"
	importKind = "finding_import"
)

// Control is a control of ours, as far as findings need it.
type Control struct {
	ID         string
	Frameworks []Framework
}

// Parts are what the service stands on.
type Parts struct {
	DB  *db.DB
	Log *slog.Logger
	// Outbox takes the tasks, Hub is Security Hub in the customer's accounts.
	Outbox tasks
	Hub    Hub
	// System gives the actor of background work for one customer.
	System func(customer string) permission.Actor
	// Customer finds a customer by slug or id in the transaction's scope.
	Customer func(ctx context.Context, tx *db.Tx, ref string) (string, error)
	// Find gives the CIs of the transaction's customer that answer to the names.
	Find func(ctx context.Context, tx *db.Tx, names []string) ([]Candidate, error)
	// Controls are those of the catalogue.
	Controls []Control
	// Verdicts gives what these controls say of the subjects.
	Verdicts func(ctx context.Context, tx *db.Tx, subjects, controls []string) ([]Verdict, error)
	// Title names a control in a language.
	Title func(control, language string) string
}

// Service is the room's door.
type Service struct {
	Parts
	byKey map[string][]string // controls by the key of their references
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{Parts: p, byKey: map[string][]string{}}
	for _, c := range p.Controls {
		for _, f := range c.Frameworks {
			if k := f.Key(); k != "" && !slices.Contains(s.byKey[k], c.ID) {
				s.byKey[k] = append(s.byKey[k], c.ID)
			}
		}
	}
	return s
}

// named finds a customer that an input names; one that the actor does not see is a bad field "customer".
func (s *Service) named(ctx context.Context, a permission.Actor, customer string) (ref string, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		ref, err = s.Customer(ctx, tx, customer)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", customer)
		return "", bad.Err()
	}
	return ref, err
}

// Findings gives a page of findings. Faults: forbidden.
func (s *Service) Findings(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Row], error) {
	return permission.Page[Row](ctx, s.DB, a, permission.FindingRead, Spec, q)
}

// Imports gives a page of imports. Faults: forbidden.
func (s *Service) Imports(ctx context.Context, a permission.Actor, q list.Query) (list.Page[ImportRow], error) {
	return permission.Page[ImportRow](ctx, s.DB, a, permission.FindingRead, ImportSpec, q)
}

// Tally is how many open findings there are of one sort.
type Tally struct {
	Severity Severity `db:"severity"`
	Same     bool     `db:"same"`    // a control of ours says the same
	Matched  bool     `db:"matched"` // it is about a CI
	N        int64    `db:"n"`
}

// Tallies counts the open findings of all customers in the actor's scope, or of one (slug). Faults: forbidden.
func (s *Service) Tallies(ctx context.Context, a permission.Actor, slug string) (out []Tally, err error) {
	if err := a.Require(permission.FindingRead); err != nil {
		return nil, err
	}
	where, args := "f.status = 'open'", []any{}
	if slug != "" {
		where, args = where+" AND k.slug = ?", append(args, slug)
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Select(ctx, &out, `SELECT severity, same, matched, COUNT(*) AS n FROM (SELECT f.severity, COALESCE(m.control, '') <> '' AS same, m.ci_id IS NOT NULL AS matched FROM {finding} f
			JOIN {customer} k ON k.id = f.customer_id LEFT JOIN {finding_match} m ON m.customer_id = f.customer_id AND m.finding_id = f.id WHERE `+where+`) x GROUP BY severity, same, matched`, args...)
	})
	return out, err
}

// Finding reads one. Faults: not_found, forbidden.
func (s *Service) Finding(ctx context.Context, a permission.Actor, ref string) (Row, error) {
	return one[Row](ctx, s, a, Spec, ref)
}

// ImportOf reads one import. Faults: not_found, forbidden.
func (s *Service) ImportOf(ctx context.Context, a permission.Actor, ref string) (ImportRow, error) {
	return one[ImportRow](ctx, s, a, ImportSpec, ref)
}

func one[T any](ctx context.Context, s *Service, a permission.Actor, spec list.Spec, ref string) (v T, err error) {
	if !id.Valid(ref) {
		return v, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &v, `SELECT `+spec.Columns+` FROM `+spec.From+` WHERE `+spec.Key+` = ?`, ref)
	})
	if err == nil {
		err = a.Require(permission.FindingRead)
	}
	return v, err
}

// Beside gives the open findings of others that say what a control says of a subject, the worst first. It reads in the caller's transaction.
func (s *Service) Beside(ctx context.Context, tx *db.Tx, subject, control string) (out []Row, err error) {
	err = tx.Select(ctx, &out, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE m.subject_id = ? AND m.control = ? AND f.status <> 'resolved' ORDER BY f.severity_rank, f.id LIMIT 20`, subject, control)
	return out, err
}
