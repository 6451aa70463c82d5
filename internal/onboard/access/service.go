package access

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Eyes are what Vigie sees of the ways into a customer. app gives them.
type Eyes interface {
	// Look tells, in the scope of one customer, what is known of a way in. proof is role, webhook, token or mail.
	Look(ctx context.Context, tx *db.Tx, proof, target string) (Seen, error)
}

// Parts is what the room stands on.
type Parts struct {
	DB       *db.DB
	Subjects *subject.Registry
	Library  Library
	Eyes     Eyes
}

// Service holds the rules of access checks.
type Service struct {
	// Checks is the register of them.
	Checks *register.Register[Check]

	db      *db.DB
	library Library
	eyes    Eyes
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{Checks: Open(register.Parts{DB: p.DB, Subjects: p.Subjects}), db: p.DB, library: p.Library, eyes: p.Eyes}
}

// Open makes the register stand on its parts.
func Open(p register.Parts) *register.Register[Check] { return register.Define(declared, p) }

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind { return []subject.Kind{Open(register.Parts{}).Kind()} }

// Intakes are the lists that take files in.
func (s *Service) Intakes() []intake.Target { return []intake.Target{s.Checks.Intake()} }

// Editables are the lists whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable { return []bulk.Editable{s.Checks.Editable()} }

// Propose begins the usual checks that a customer does not have yet. Faults: forbidden, not_found.
func (s *Service) Propose(ctx context.Context, a permission.Actor, customer, language string) (out []Check, err error) {
	out = []Check{}
	scope, err := a.For(permission.AccessWrite, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		var have []string
		if err := tx.Select(ctx, &have, `SELECT x.template FROM {access_check} x WHERE x.template <> ''`); err != nil {
			return fmt.Errorf("access checks: %w", err)
		}
		for _, u := range s.library.missing(have) {
			made, err := register.CreateIn(ctx, tx, a, s.Checks, register.As(u.check(language, tx.Now().Time)))
			if err != nil {
				return err
			}
			out = append(out, made)
		}
		return nil
	})
	return out, err
}

// Look looks at what Vigie can see for itself of a customer's ways in, and gives all checks as they stand then. Faults: forbidden, not_found.
func (s *Service) Look(ctx context.Context, a permission.Actor, customer string) (out []Check, err error) {
	scope, err := a.For(permission.AccessWrite, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		all, err := checksOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range all {
			after, err := s.looked(ctx, tx, a, c)
			if err != nil {
				return err
			}
			out = append(out, after)
		}
		return nil
	})
	return out, err
}

// LookAt is Look for one check. Faults: not_found, forbidden, conflict (a person must prove it).
func (s *Service) LookAt(ctx context.Context, a permission.Actor, ref string) (out Check, err error) {
	rec, err := s.Checks.Get(ctx, a, ref)
	if err != nil {
		return rec, err
	}
	scope, err := a.For(permission.AccessWrite, rec.CustomerID)
	if err != nil {
		return rec, err
	}
	if rec.Proof == ByPerson {
		return rec, fault.New(fault.Conflict, "access.bad.person")
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		out, err = s.looked(ctx, tx, a, rec)
		return err
	})
	return out, err
}

func (s *Service) looked(ctx context.Context, tx *db.Tx, a permission.Actor, c Check) (Check, error) {
	if c.Proof == ByPerson {
		if c.Stands(tx.Now().Time) == c.State {
			return c, nil
		}
		return s.decide(ctx, tx, a, c.ID, 0, func(r *Check) { r.State = r.Stands(tx.Now().Time) })
	}
	seen, err := s.eyes.Look(ctx, tx, c.Proof, c.Target)
	if err != nil {
		return c, fmt.Errorf("look at %s: %w", c.Name, err)
	}
	return s.decide(ctx, tx, a, c.ID, 0, func(r *Check) { look(r, seen, tx.Now()) })
}

// Give notes that the customer says it has given what was asked. Faults: not_found, forbidden, stale.
func (s *Service) Give(ctx context.Context, a permission.Actor, ref string, version int64) (Check, error) {
	rec, err := s.Checks.Get(ctx, a, ref)
	if err != nil {
		return rec, err
	}
	scope, err := a.For(permission.AccessWrite, rec.CustomerID)
	if err != nil {
		return rec, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		rec, err = s.decide(ctx, tx, a, ref, version, func(r *Check) { r.State = Given })
		return err
	})
	return rec, err
}

// decide is what this room says of a check, in the scope of its customer; version 0 takes any.
func (s *Service) decide(ctx context.Context, tx *db.Tx, a permission.Actor, ref string, version int64, f func(*Check)) (Check, error) {
	before, err := register.GetIn(ctx, tx, s.Checks, ref)
	if err != nil {
		return before, err
	}
	if version != 0 && version != before.Version {
		return before, fault.New(fault.Stale, "fault.stale")
	}
	return register.UpdateIn(ctx, tx, a, s.Checks, before, register.Set(f))
}

// Prove notes that a person has seen that the way in works, or that it does not, and how. Faults: not_found, forbidden, stale, invalid (no
// note), conflict (Vigie looks at this one itself).
func (s *Service) Prove(ctx context.Context, a permission.Actor, ref string, version int64, works bool, note string) (out Check, err error) {
	rec, err := s.Checks.Get(ctx, a, ref)
	if err != nil {
		return rec, err
	}
	scope, err := a.For(permission.AccessWrite, rec.CustomerID)
	if err != nil {
		return rec, err
	}
	if rec.Proof != ByPerson {
		return rec, fault.New(fault.Conflict, "access.bad.machine")
	}
	if note = strings.TrimSpace(note); note == "" {
		return rec, bad("note", "access.bad.note")
	}
	if utf8.RuneCountInString(note) > 5000 {
		return rec, bad("note", "access.bad.long")
	}
	if version != 0 && version != rec.Version {
		return rec, fault.New(fault.Stale, "fault.stale")
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		out, err = s.decide(ctx, tx, a, ref, version, func(r *Check) {
			r.State, r.Seen = Proved, "person_saw"
			if !works {
				r.State, r.Seen = Failed, "person_refused"
			}
			r.SeenAt, r.LookedAt, r.ProvedBy, r.ProofNote, r.SeenWhat = tx.Now(), tx.Now(), a.Name, note, ""
		})
		return err
	})
	return out, err
}

// Missing tells what of a customer's access is not proved, in the transaction of whoever asks; asked is how many checks there are.
func (s *Service) Missing(ctx context.Context, tx *db.Tx, customer string) (missing []Check, asked int, err error) {
	var all []Check
	if err := tx.Select(ctx, &all, `SELECT `+db.Columns[Check]("x.")+` FROM {access_check} x WHERE x.customer_id = ? ORDER BY x.area, x.name, x.id`, customer); err != nil {
		return nil, 0, fmt.Errorf("access checks: %w", err)
	}
	for _, c := range all {
		if c.State = c.Stands(tx.Now().Time); c.State != Proved {
			missing = append(missing, c)
		}
	}
	return missing, len(all), nil
}

func checksOf(ctx context.Context, tx *db.Tx) (all []Check, err error) {
	if err := tx.Select(ctx, &all, `SELECT `+db.Columns[Check]("x.")+` FROM {access_check} x ORDER BY x.area, x.name, x.id`); err != nil {
		return nil, fmt.Errorf("access checks: %w", err)
	}
	return all, nil
}
