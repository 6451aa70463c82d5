package requirement

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// Proposal is a requirement that a workload lacks, as it would begin.
type Proposal struct {
	Workload, Name, Environment, Criticality string
	Template                                 bool // whether there is one to fill it from
}

// propose tells what each workload without any requirement would begin with. word names an environment.
func propose(workloads []Workload, have map[string]bool, templates map[string]Template, word func(string) string) (out []Proposal) {
	for _, w := range workloads {
		if have[w.ID] {
			continue
		}
		p := Proposal{Workload: w.ID, Environment: w.Environment, Criticality: w.Criticality}
		if p.Environment == "" {
			p.Environment = "production"
		}
		p.Name = w.Name + ", " + word(p.Environment)
		_, p.Template = templates[w.Criticality]
		out = append(out, p)
	}
	return out
}

// Proposals tells what Propose would make for a customer. Faults: forbidden, not_found.
func (s *Service) Proposals(ctx context.Context, a permission.Actor, customer string, word func(string) string) (out []Proposal, err error) {
	if err := a.Require(permission.RequirementRead); err != nil {
		return nil, err
	}
	scope, err := a.Scope().Narrow(customer)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		out, err = s.proposals(ctx, tx, customer, word)
		return err
	})
	return out, err
}

func (s *Service) proposals(ctx context.Context, tx *db.Tx, customer string, word func(string) string) ([]Proposal, error) {
	workloads, err := s.estate.Workloads(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := of(ctx, tx, customer)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, r := range all {
		have[string(r.Workload)] = true
	}
	return propose(workloads, have, s.library.Templates, word), nil
}

// Propose begins a draft for each workload of a customer that has no requirement, filled from the template of its criticality. Faults:
// forbidden, not_found.
func (s *Service) Propose(ctx context.Context, a permission.Actor, customer string, word func(string) string) (out []Requirement, err error) {
	out = []Requirement{}
	scope, err := a.For(permission.RequirementWrite, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		list, err := s.proposals(ctx, tx, customer, word)
		if err != nil {
			return err
		}
		for _, p := range list {
			rec := Requirement{Name: p.Name, Workload: db.Null(p.Workload), Environment: p.Environment, Criticality: p.Criticality, State: Draft}
			fill(&rec, s.library.Templates[p.Criticality])
			made, err := register.CreateIn(ctx, tx, a, s.Requirements, register.As(rec))
			if err != nil {
				return err
			}
			out = append(out, made)
		}
		return nil
	})
	return out, err
}
