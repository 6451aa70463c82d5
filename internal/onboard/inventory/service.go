package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Answers are what an assessment says. app gives them; nil where there is no room of assessments.
type Answers interface {
	// Numbers gives the numbers of the latest assessment that a customer has handed in, by kind; found is false where there is none.
	Numbers(ctx context.Context, tx *db.Tx, customer string) (numbers map[string]int64, found bool, err error)
}

// Parts is what the room stands on.
type Parts struct {
	DB       *db.DB
	Subjects *subject.Registry
	Answers  Answers
}

// Service holds the rules of declared inventories and baselines.
type Service struct {
	Declared *register.Register[Declared]
	Targets  *register.Register[Target]

	db      *db.DB
	answers Answers
	estate  cmdb.Gather
}

// New makes the service.
func New(p Parts) *Service {
	parts := register.Parts{DB: p.DB, Subjects: p.Subjects}
	return &Service{Declared: OpenDeclared(parts), Targets: OpenTargets(parts), db: p.DB, answers: p.Answers}
}

// RecordKinds are the types of records of this room that others hang things on.
func RecordKinds() []subject.Kind {
	return []subject.Kind{OpenDeclared(register.Parts{}).Kind(), OpenTargets(register.Parts{}).Kind(),
		{Type: "baseline", Table: "baseline", Title: "name", Read: permission.BaselineRead, Write: permission.BaselineWrite, Page: func(id string) string { return "/baselines/" + id }}}
}

// Intakes are the lists that take files in.
func (s *Service) Intakes() []intake.Target {
	return []intake.Target{s.Declared.Intake(), s.Targets.Intake()}
}

// Editables are the lists whose records can be changed many at once.
func (s *Service) Editables() []bulk.Editable {
	return []bulk.Editable{s.Declared.Editable(), s.Targets.Editable()}
}

// Review lays what a customer declares beside what is counted. Faults: forbidden, not_found.
func (s *Service) Review(ctx context.Context, a permission.Actor, customer string) (out []Line, err error) {
	scope, err := a.For(permission.InventoryRead, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		out, err = s.review(ctx, tx)
		return err
	})
	return out, err
}

func (s *Service) review(ctx context.Context, tx *db.Tx) ([]Line, error) {
	var declared []Declared
	if err := tx.Select(ctx, &declared, `SELECT `+db.Columns[Declared]("d.")+` FROM {declared_inventory} d`); err != nil {
		return nil, fmt.Errorf("declared inventory: %w", err)
	}
	var coming []struct {
		Kind   string `db:"kind"`
		Number int64  `db:"n"`
	}
	if err := tx.Select(ctx, &coming, `SELECT t.kind, CAST(SUM(COALESCE(t.number, 1)) AS BIGINT) AS n FROM {target_item} t GROUP BY t.kind`); err != nil {
		return nil, fmt.Errorf("target items: %w", err)
	}
	toCome := map[string]int64{}
	for _, c := range coming {
		toCome[c.Kind] = c.Number
	}
	counted, err := s.count(ctx, tx)
	if err != nil {
		return nil, err
	}
	return Review(declared, counted, toCome), nil
}

// count is what discovery found of each kind, in three statements.
func (s *Service) count(ctx context.Context, tx *db.Tx) (map[string]Counted, error) {
	types := slices.Sorted(maps.Values(typesOf))
	n, err := s.estate.CountTypes(ctx, tx, types)
	if err != nil {
		return nil, err
	}
	hidden, err := discovery.Hidden(ctx, tx, types...)
	if err != nil {
		return nil, err
	}
	accounts, err := discovery.CountAccounts(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := map[string]Counted{"aws_accounts": {Number: accounts, Whole: true}}
	for kind, typ := range typesOf {
		out[kind] = Counted{Number: n[typ], Whole: accounts > 0 && !hidden[typ]}
	}
	return out, nil
}

// Accept notes that a difference is explained, for exactly the numbers that stand now. Faults: not_found, forbidden, stale, invalid (no
// explanation), conflict (there is no difference).
func (s *Service) Accept(ctx context.Context, a permission.Actor, ref string, version int64, explanation string) (out Declared, err error) {
	rec, err := s.Declared.Get(ctx, a, ref)
	if err != nil {
		return rec, err
	}
	scope, err := a.For(permission.InventoryWrite, rec.CustomerID)
	if err != nil {
		return rec, err
	}
	if explanation = strings.TrimSpace(explanation); explanation == "" {
		explanation = rec.Explanation
	}
	var bad fault.Fields
	switch {
	case explanation == "":
		bad.Add("explanation", "inventory.bad.explanation")
	case utf8.RuneCountInString(explanation) > 5000:
		bad.Add("explanation", "register.bad.long", "max", 5000)
	}
	if err := bad.Err(); err != nil {
		return rec, err
	}
	if version != 0 && version != rec.Version {
		return rec, fault.New(fault.Stale, "fault.stale")
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		counted, err := s.count(ctx, tx)
		if err != nil {
			return err
		}
		n := counted[rec.Kind].Number
		if rec.Number == nil || *rec.Number == n {
			return fault.New(fault.Conflict, "inventory.bad.same")
		}
		out, err = s.decide(ctx, tx, a, ref, version, register.Set(func(d *Declared) {
			d.Explanation, d.AcceptedBy, d.AcceptedAt, d.AcceptedCount = explanation, a.Name, tx.Now(), &n
		}))
		return err
	})
	return out, err
}

// decide is what this room says of a declared number, in the scope of its customer; version 0 takes any.
func (s *Service) decide(ctx context.Context, tx *db.Tx, a permission.Actor, ref string, version int64, c register.Change[Declared]) (Declared, error) {
	before, err := register.GetIn(ctx, tx, s.Declared, ref)
	if err != nil {
		return before, err
	}
	if version != 0 && version != before.Version {
		return before, fault.New(fault.Stale, "fault.stale")
	}
	return register.UpdateIn(ctx, tx, a, s.Declared, before, c)
}

// Take takes the numbers over from the latest assessment that was handed in. Kinds that it does not name stay. Faults: forbidden, not_found,
// conflict (there is none).
func (s *Service) Take(ctx context.Context, a permission.Actor, customer string) (out []Line, err error) {
	scope, err := a.For(permission.InventoryWrite, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		numbers, found := map[string]int64(nil), false
		if s.answers != nil {
			if numbers, found, err = s.answers.Numbers(ctx, tx, customer); err != nil {
				return err
			}
		}
		if !found {
			return fault.New(fault.Conflict, "inventory.bad.assessment")
		}
		lines, err := s.review(ctx, tx)
		if err != nil {
			return err
		}
		for _, l := range lines {
			n, said := numbers[l.Kind]
			if !said || l.ID != "" && l.Declared != nil && *l.Declared == n {
				continue
			}
			change := register.Set(func(d *Declared) { d.Kind, d.Number, d.Source = l.Kind, &n, "assessment" })
			if l.ID == "" {
				_, err = register.CreateIn(ctx, tx, a, s.Declared, change)
			} else {
				_, err = s.decide(ctx, tx, a, l.ID, 0, change)
			}
			if err != nil {
				return err
			}
		}
		out, err = s.review(ctx, tx)
		return err
	})
	return out, err
}
