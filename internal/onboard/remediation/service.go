package remediation

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Finding is a gap as far as remediation needs it.
type Finding struct {
	ID          string
	Control     string
	Subject     string // what it is about, as people call it
	WorkloadID  string
	Workload    string // its name
	Criticality string // of the workload
	Environment string
	Account     string
	Area        string
	Severity    string
	Verdict     string
	MeasureID   string
}

// Gaps is the room of gaps. All of it works in the scope of the transaction's customer.
type Gaps interface {
	// Open lists those that fail and are not accepted.
	Open(ctx context.Context, tx *db.Tx) ([]Finding, error)
	// Under lists those of a measure, whatever their verdict; "" those of any.
	Under(ctx context.Context, tx *db.Tx, measure string) ([]Finding, error)
	// SetMeasure puts gaps under a measure.
	SetMeasure(ctx context.Context, tx *db.Tx, measure string, gaps []string) error
}

// Control is what the catalogue says of a control, in the reader's language.
type Control struct {
	Title, Remedy string
	Effort        time.Duration
}

// Parts are what the service stands on.
type Parts struct {
	DB       *db.DB
	Subjects *subject.Registry
	Gaps     Gaps
	// Control finds a control; false where the catalogue no longer has it.
	Control func(id, language string) (Control, bool)
	// Requirements gives what was promised, by workload and environment; nil where nobody keeps promises.
	Requirements func(ctx context.Context, tx *db.Tx) (func(workload, environment string) map[string]any, error)
	// Proofs counts the files that are attached to a measure.
	Proofs func(ctx context.Context, tx *db.Tx, measure string) (int, error)
	// Language is a customer's, in which measures are written.
	Customer func(ctx context.Context, tx *db.Tx, ref string) (id, language string, err error)
}

// Service is the room's door.
type Service struct {
	Registers
	parts Parts
	db    *db.DB
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{Registers: OpenRegisters(register.Parts{DB: p.DB, Subjects: p.Subjects}), parts: p, db: p.DB}
}

// stillWrong are the verdicts that keep a measure open: what fails, and what nobody could see.
func stillWrong(verdict string) bool { return verdict == "fail" || verdict == "unknown" }

// Close closes a measure by its evidence: one that rests on gaps when none of them fails or is unknown any more, another when a file is attached
// as proof. Faults: not_found, forbidden, stale, conflict (with what still stands against it).
func (s *Service) Close(ctx context.Context, a permission.Actor, ref string, version int64) (m Measure, err error) {
	err = s.change(ctx, a, ref, version, func(tx *db.Tx) error {
		m, err = s.measure(ctx, tx, ref)
		if err != nil {
			return err
		}
		if !m.Open() {
			return fault.New(fault.Conflict, "remediation.bad.over", "state", m.State)
		}
		found, err := s.parts.Gaps.Under(ctx, tx, ref)
		if err != nil {
			return err
		}
		how := ByEvidence
		if len(found) == 0 {
			how = ByProof
			n, err := s.parts.Proofs(ctx, tx, ref)
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Conflict, "remediation.bad.proof")
			}
		} else if err := stands(found); err != nil {
			return err
		}
		m, err = s.close(ctx, tx, a, m, how)
		return err
	})
	return m, err
}

// shownStanding is how many gaps a refusal names.
const shownStanding = 50

// stands refuses while gaps stand against a closing, and names them.
func stands(found []Finding) error {
	var bad fault.Fields
	n := 0
	first := ""
	for _, f := range found {
		if !stillWrong(f.Verdict) {
			continue
		}
		if n++; n == 1 {
			first = f.Subject
		}
		if n <= shownStanding {
			bad.Add(fmt.Sprintf("gaps[%s]", f.ID), "remediation.still."+f.Verdict, "subject", f.Subject, "control", f.Control) // i18n: remediation.still.*
		}
	}
	if n == 0 {
		return nil
	}
	refused := fault.New(fault.Conflict, "remediation.bad.standing", "count", n, "first", first)
	refused.Fields = bad
	return refused
}

// close writes that a measure is done.
func (s *Service) close(ctx context.Context, tx *db.Tx, a permission.Actor, before Measure, how string) (Measure, error) {
	after := before
	after.State, after.ClosedAt, after.ClosedBy, after.ClosedHow, after.Risk = Done, tx.Now(), a.Name, how, 0
	return s.write(ctx, tx, a, "close", before, after)
}

// reopen takes a measure back whose gaps fail again.
func (s *Service) reopen(ctx context.Context, tx *db.Tx, a permission.Actor, before Measure, risk int64) error {
	after := before
	after.State, after.ClosedAt, after.ClosedBy, after.ClosedHow, after.Risk = InProgress, db.Time{}, "", "", risk
	_, err := s.write(ctx, tx, a, "reopen", before, after)
	return err
}

// write stores what only the room sets.
func (s *Service) write(ctx context.Context, tx *db.Tx, a permission.Actor, action string, before, after Measure) (Measure, error) {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {measure} SET state = ?, closed_at = ?, closed_by = ?, closed_how = ?, risk = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
		after.State, after.ClosedAt, after.ClosedBy, after.ClosedHow, after.Risk, after.Version, after.UpdatedAt, after.ID, before.Version)
	if err != nil {
		return after, fmt.Errorf("%s measure: %w", action, err)
	}
	if n == 0 {
		return after, fault.New(fault.Stale, "fault.stale")
	}
	return after, audit.Write(ctx, tx, a, "measure."+action, record(after), before, after)
}

func record(m Measure) audit.Record { return audit.Record{Type: "measure", ID: m.ID, Name: m.Title} }

// Settle brings the customer's measures into line with the verdicts: those whose gaps no longer fail close, those that fail again open, and the
// risk of each is weighed anew. It is called after each evaluation, in the scope of the one customer.
func (s *Service) Settle(ctx context.Context, a permission.Actor, customer string) error {
	scope, err := a.For(permission.MeasureWrite, customer)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		found, err := s.parts.Gaps.Under(ctx, tx, "")
		if err != nil {
			return err
		}
		of := map[string][]Finding{}
		for _, f := range found {
			of[f.MeasureID] = append(of[f.MeasureID], f)
		}
		all, err := s.all(ctx, tx)
		if err != nil {
			return err
		}
		for _, m := range all {
			own := of[m.ID]
			if len(own) == 0 || m.State == Cancelled {
				continue
			}
			risk, standing := int64(0), false
			for _, f := range own {
				if f.Verdict == "fail" {
					risk += int64(Risk(f.Severity, f.Environment))
				}
				standing = standing || stillWrong(f.Verdict)
			}
			switch {
			case m.Open() && !standing:
				_, err = s.close(ctx, tx, a, m, ByEvidence)
			case m.State == Done && m.ClosedHow == ByEvidence && risk > 0:
				err = s.reopen(ctx, tx, a, m, risk)
			case m.Open() && risk != m.Risk:
				_, err = tx.Exec(ctx, `UPDATE {measure} SET risk = ? WHERE id = ?`, risk, m.ID)
				live.Changed(tx, "measure", m.ID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// all lists the measures of the transaction's customer.
func (s *Service) all(ctx context.Context, tx *db.Tx) (out []Measure, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Measure]("m.")+` FROM {measure} m ORDER BY m.priority, m.id`)
	return out, err
}

func (s *Service) measure(ctx context.Context, tx *db.Tx, ref string) (m Measure, err error) {
	if !id.Valid(ref) {
		return m, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &m, `SELECT `+db.Columns[Measure]("m.")+` FROM {measure} m WHERE m.id = ?`, ref); err != nil {
		return m, err
	}
	slug := ""
	err = tx.Get(ctx, &slug, `SELECT slug FROM {customer} WHERE id = ?`, m.CustomerID)
	m.Customer = slug
	return m, err
}

// change finds a measure, checks right and version, and works in the scope of its customer.
func (s *Service) change(ctx context.Context, a permission.Actor, ref string, version int64, f func(*db.Tx) error) error {
	m, err := s.Measures.Get(ctx, a, ref)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.MeasureWrite, m.CustomerID)
	if err != nil {
		return err
	}
	if version != 0 && version != m.Version {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.db.InScope(ctx, scope, f)
}

// scopeOf finds the customer that somebody names, for one action. Faults: forbidden, not_found.
func (s *Service) scopeOf(ctx context.Context, a permission.Actor, need permission.Action, ref string) (scope db.Scope, language string, err error) {
	if err := a.Require(need); err != nil {
		return scope, "", err
	}
	customer := ""
	if err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		customer, language, err = s.parts.Customer(ctx, tx, ref)
		return err
	}); err != nil {
		return scope, "", err
	}
	scope, err = a.For(need, customer)
	return scope, language, err
}

func (s *Service) requirements(ctx context.Context, tx *db.Tx) (func(workload, environment string) map[string]any, error) {
	if s.parts.Requirements == nil {
		return func(string, string) map[string]any { return nil }, nil
	}
	return s.parts.Requirements(ctx, tx)
}
