package requirement

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Parts is what the room stands on.
type Parts struct {
	DB       *db.DB
	Subjects *subject.Registry
	Library  Library
	Estate   Estate
	// Agreed is told, in the same transaction, that something has been agreed on; nil where nobody waits for it.
	Agreed func(ctx context.Context, tx *db.Tx) error
}

// Service holds the rules of requirements.
type Service struct {
	// Requirements is the register of them.
	Requirements *register.Register[Requirement]

	db      *db.DB
	library Library
	estate  Estate
	agreed  func(ctx context.Context, tx *db.Tx) error
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{Requirements: Open(register.Parts{DB: p.DB, Subjects: p.Subjects}), db: p.DB, library: p.Library, estate: p.Estate, agreed: p.Agreed}
}

// Open makes the register stand on its parts.
func Open(p register.Parts) *register.Register[Requirement] { return register.Define(declared, p) }

// Kinds are the types of records of this room that others hang things on.
func Kinds() []subject.Kind {
	return []subject.Kind{Open(register.Parts{}).Kind()}
}

// Intakes are the lists that take files in.
func (s *Service) Intakes() []intake.Target { return []intake.Target{s.Requirements.Intake()} }

// Editables are the lists whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable { return []bulk.Editable{s.Requirements.Editable()} }

// Agree notes that both sides hold a requirement to be what is promised; from then on, whoever changes it makes it a draft again.
// Faults: not_found, forbidden, stale, conflict (nothing is asked yet, or it is agreed already).
func (s *Service) Agree(ctx context.Context, a permission.Actor, ref string, version int64) (Requirement, error) {
	rec, err := s.Requirements.Get(ctx, a, ref)
	if err != nil {
		return rec, err
	}
	if err := a.Require(permission.RequirementAgree); err != nil {
		return rec, err
	}
	switch {
	case version != 0 && version != rec.Version:
		return rec, fault.New(fault.Stale, "fault.stale")
	case rec.Empty():
		return rec, fault.New(fault.Conflict, "requirement.bad.empty")
	case rec.State == Agreed:
		return rec, fault.New(fault.Conflict, "requirement.bad.agreed")
	}
	out, _, err := s.change(ctx, a, permission.RequirementAgree, rec, false, func(r *Requirement, now db.Time) { r.State, r.AgreedBy, r.AgreedAt = Agreed, a.Name, now })
	return out, err
}

// change is what this room decides of a requirement that was read before; a later version of it is stale.
func (s *Service) change(ctx context.Context, a permission.Actor, need permission.Action, rec Requirement, undo bool, f func(*Requirement, db.Time)) (out Requirement, edit string, err error) {
	scope, err := a.For(need, rec.CustomerID)
	if err != nil {
		return out, edit, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		before, err := register.GetIn(ctx, tx, s.Requirements, rec.ID)
		if err != nil {
			return err
		}
		if before.Version != rec.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		out, err = register.UpdateIn(ctx, tx, a, s.Requirements, before, register.Set(func(r *Requirement) { f(r, tx.Now()) }))
		if err == nil && before.State != Agreed && out.State == Agreed && s.agreed != nil {
			err = s.agreed(ctx, tx)
		}
		if err == nil && undo {
			edit, err = register.KeepIn(ctx, tx, a, s.Requirements, before, out)
		}
		return err
	})
	return out, edit, err
}

// Of gives what is asked of a customer's workloads, as rules read it: by the id of the workload, then by environment. It reads in the
// transaction of whoever judges by it, in one statement.
func (s *Service) Of(ctx context.Context, tx *db.Tx, customer string) (map[string]map[string]map[string]any, error) {
	all, err := of(ctx, tx, customer)
	out := map[string]map[string]map[string]any{}
	for _, r := range all {
		w := string(r.Workload)
		if out[w] == nil {
			out[w] = map[string]map[string]any{}
		}
		out[w][r.Environment] = r.Rules()
	}
	return out, err
}

func of(ctx context.Context, tx *db.Tx, customer string) (all []Requirement, err error) {
	if err := tx.Select(ctx, &all, `SELECT `+db.Columns[Requirement]("r.")+` FROM {requirement} r WHERE r.customer_id = ? ORDER BY r.workload_id, r.environment`, customer); err != nil {
		return nil, fmt.Errorf("requirements: %w", err)
	}
	return all, nil
}

// Asked is a requirement with the name of its workload.
type Asked struct {
	Requirement
	WorkloadName string `db:"workload_name"`
}

// All lists what is asked of a customer's workloads, by their names, in the caller's transaction.
func All(ctx context.Context, tx *db.Tx, customer string) (all []Asked, err error) {
	err = tx.Select(ctx, &all, `SELECT `+db.Columns[Requirement]("r.")+`, COALESCE(w.name, '') AS workload_name FROM {requirement} r
		LEFT JOIN {workload} w ON w.customer_id = r.customer_id AND w.id = r.workload_id WHERE r.customer_id = ? ORDER BY w.name, r.environment, r.id`, customer)
	return all, err
}
