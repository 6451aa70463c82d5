package requirement

import (
	"context"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Judgement is what the estate and the rules say of a requirement.
type Judgement struct {
	Contradictions []Contradiction `json:"contradictions"`
	Availability   Reckoned        `json:"availability"`
}

// Reckoned is the availability that the parts can give, with its derivation.
type Reckoned struct {
	Known   bool    `json:"known" doc:"Whether a supplier undertakes anything for any of the parts; otherwise per cent says nothing."`
	Percent float64 `json:"percent" doc:"Of the time of a month."`
	Lines   []Step  `json:"lines" doc:"What it was multiplied by, the worst first. Parts of which nobody undertakes anything are left out."`
	Unsaid  int     `json:"unsaid" doc:"How many parts nobody undertakes anything for; they count as never failing."`
}

// Step is one line of the derivation.
type Step struct {
	Kind    LineKind   `json:"kind" enum:"serial,redundant,together"`
	Part    Evidence   `json:"part"`
	Members []Evidence `json:"members" doc:"Of a redundant step: those that can give the same."`
	Needed  int        `json:"needed" doc:"Of the members."`
	Percent float64    `json:"percent"`
	Source  string     `json:"source,omitempty" doc:"Where it is undertaken."`
	Edition string     `json:"edition,omitempty" doc:"Date that the page bears."`
}

func evidence(p Part) Evidence { return Evidence{ID: p.ID, Name: p.Name, Type: p.Type} }

func reckon(c Composed) Reckoned {
	out := Reckoned{Known: c.Known, Percent: c.Percent(), Lines: []Step{}}
	for _, l := range c.Lines {
		if l.Kind == Unsaid {
			out.Unsaid++
			continue
		}
		s := Step{Kind: l.Kind, Part: evidence(l.Part), Needed: l.Needed, Percent: l.Factor * 100, Source: l.Level.Source, Edition: l.Level.Edition, Members: []Evidence{}}
		for _, m := range l.Members {
			s.Members = append(s.Members, evidence(m.Part))
		}
		out.Lines = append(out.Lines, s)
	}
	return out
}

// Judge tells what in a requirement does not go together, what the estate cannot give, and the availability that its parts can give.
// Faults: not_found, forbidden.
func (s *Service) Judge(ctx context.Context, a permission.Actor, ref string) (out Judgement, err error) {
	rec, err := s.Requirements.Get(ctx, a, ref)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.RequirementRead, rec.CustomerID)
	if err != nil {
		return out, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		out, err = s.judge(ctx, tx, rec)
		return err
	})
	return out, err
}

func (s *Service) judge(ctx context.Context, tx *db.Tx, rec Requirement) (Judgement, error) {
	facts, err := s.estate.Facts(ctx, tx, string(rec.Workload), rec.Environment)
	if err != nil {
		return Judgement{}, fmt.Errorf("facts of %s: %w", rec.Name, err)
	}
	return Judgement{Contradictions: Contradictions(rec, facts, s.library), Availability: reckon(Compose(facts.Parts, facts.Needs, s.library.Levels))}, nil
}
