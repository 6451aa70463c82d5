package remediation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Proposal is a measure that could be made: all open gaps of one control in one workload, or in one account for what belongs to none.
type Proposal struct {
	Key         string   `json:"key" doc:"By which it is chosen."`
	Control     string   `json:"control"`
	Title       string   `json:"title"`
	Remedy      string   `json:"remedy"`
	WorkloadID  string   `json:"workload"`
	Workload    string   `json:"workload_name"`
	Account     string   `json:"account"`
	Area        string   `json:"area"`
	Severity    string   `json:"severity"`
	Gaps        []string `json:"gaps" doc:"Ids."`
	Subjects    []string `json:"subjects" doc:"What the gaps are about."`
	Priority    string   `json:"priority"`
	Points      int      `json:"points"`
	Why         []Reason `json:"why"`
	Effort      int      `json:"effort_minutes"`
	Risk        int      `json:"risk"`
	RiskPerHour float64  `json:"risk_per_hour"`
	Side        string   `json:"side"`
}

// priorityWords are the priorities as measures store them, in the order of Priorities.
var priorityWords = map[string]string{"urgent": "p1", "high": "p2", "normal": "p3", "low": "p4"}

// usualEffort stands for a control that the catalogue no longer has.
const usualEffort = time.Hour

// Propose groups gaps into measures: the most risk taken away per hour first within a priority. Pure.
func Propose(gaps []Finding, control func(string) (Control, bool), requirement func(workload, environment string) map[string]any) []Proposal {
	groups := map[string][]Finding{}
	for _, g := range gaps {
		where := "a:" + g.Account
		if g.WorkloadID != "" {
			where = "w:" + g.WorkloadID
		}
		key := g.Control + "|" + where
		groups[key] = append(groups[key], g)
	}
	out := make([]Proposal, 0, len(groups))
	for key, list := range groups {
		first := list[0]
		c, known := control(first.Control)
		if !known {
			c = Control{Title: first.Control, Effort: usualEffort}
		}
		p := Proposal{Key: key, Control: first.Control, Title: c.Title, Remedy: c.Remedy, WorkloadID: first.WorkloadID, Workload: first.Workload, Area: first.Area, Side: side(first.Area)}
		if first.WorkloadID == "" {
			p.Account = first.Account
		}
		var severities, environments []string
		for _, g := range list {
			p.Gaps, p.Subjects = append(p.Gaps, g.ID), append(p.Subjects, g.Subject)
			p.Risk += Risk(g.Severity, g.Environment)
			severities, environments = append(severities, g.Severity), append(environments, g.Environment)
		}
		slices.Sort(p.Gaps)
		slices.Sort(p.Subjects)
		p.Severity = worst(severities)
		environment := slices.MaxFunc(environments, func(a, b string) int {
			return cmp.Or(cmp.Compare(environmentPoints[a], environmentPoints[b]), cmp.Compare(a, b))
		})
		word := ""
		word, p.Points, p.Why = Priority(Facts{Severity: p.Severity, Area: p.Area, Environment: environment, Criticality: first.Criticality, Gaps: len(list), Requirement: requirement(first.WorkloadID, environment)})
		p.Priority = priorityWords[word]
		effort := Effort(c.Effort, len(list))
		p.Effort = int(effort.Minutes())
		p.RiskPerHour = float64(p.Risk) / max(effort.Hours(), leastHours)
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.RiskPerHour, a.RiskPerHour), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// side is who usually does it: papers and access are the customer's to give.
func side(area string) string {
	if area == "documents" || area == "access" {
		return "customer"
	}
	return "msp"
}

// Proposals lists the measures that the customer's open gaps ask for, leaving out what an open measure has already. Faults: forbidden, not_found.
func (s *Service) Proposals(ctx context.Context, a permission.Actor, customer string) (out []Proposal, err error) {
	scope, language, err := s.scopeOf(ctx, a, permission.MeasureRead, customer)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		out, err = s.propose(ctx, tx, language)
		return err
	})
	return out, err
}

func (s *Service) propose(ctx context.Context, tx *db.Tx, language string) ([]Proposal, error) {
	found, err := s.parts.Gaps.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := s.all(ctx, tx)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, m := range all {
		taken[m.ID] = m.Open()
	}
	found = slices.DeleteFunc(found, func(f Finding) bool { return taken[f.MeasureID] })
	requirement, err := s.requirements(ctx, tx)
	if err != nil {
		return nil, err
	}
	return Propose(found, func(c string) (Control, bool) { return s.parts.Control(c, language) }, requirement), nil
}

// Take says which proposals become measures.
type Take struct {
	Proposals []string      `json:"proposals,omitempty" doc:"Keys; none for all."`
	Due       register.Date `json:"due,omitempty" doc:"A day; none leaves it open."`
	Milestone string        `json:"milestone,omitempty" doc:"Id."`
}

// mostTaken bounds how many measures one call makes.
const mostTaken = 500

// Make turns proposals into measures, in the customer's language. Faults: forbidden, not_found, invalid (keys that no longer stand).
func (s *Service) Make(ctx context.Context, a permission.Actor, customer string, t Take) (made []Measure, err error) {
	scope, language, err := s.scopeOf(ctx, a, permission.MeasureWrite, customer)
	if err != nil {
		return nil, err
	}
	var bad fault.Fields
	if t.Due != "" && !t.Due.Valid() {
		bad.Add("due", "register.bad.date")
	}
	if len(t.Proposals) > mostTaken {
		bad.Add("proposals", "remediation.bad.many", "max", mostTaken)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		all, err := s.propose(ctx, tx, language)
		if err != nil {
			return err
		}
		if t.Milestone != "" {
			n := 0
			if id.Valid(t.Milestone) {
				if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {milestone} WHERE id = ?`, t.Milestone); err != nil {
					return err
				}
			}
			if n == 0 {
				bad.Add("milestone", "register.bad.ref")
				return bad.Err()
			}
		}
		chosen, err := choose(all, t.Proposals)
		if err != nil {
			return err
		}
		slug := ""
		if err := tx.Get(ctx, &slug, `SELECT slug FROM {customer} WHERE id = {scope}`); err != nil {
			return err
		}
		for _, p := range chosen {
			m, err := s.make(ctx, tx, a, p, t)
			if err != nil {
				return err
			}
			m.Customer = slug
			made = append(made, m)
		}
		return nil
	})
	return made, err
}

// choose finds the proposals of the keys; all of them for none.
func choose(all []Proposal, keys []string) ([]Proposal, error) {
	if len(keys) == 0 {
		return all[:min(len(all), mostTaken)], nil
	}
	var out []Proposal
	var bad fault.Fields
	for i, k := range keys {
		at := slices.IndexFunc(all, func(p Proposal) bool { return p.Key == k })
		if at < 0 {
			bad.Add(fmt.Sprintf("proposals[%d]", i), "remediation.bad.gone")
			continue
		}
		out = append(out, all[at])
	}
	return out, bad.Err()
}

func (s *Service) make(ctx context.Context, tx *db.Tx, a permission.Actor, p Proposal, t Take) (Measure, error) {
	where := p.Workload
	if where == "" {
		where = p.Account
	}
	effort := int64(p.Effort)
	m := Measure{Title: cut(strings.TrimSuffix(p.Title+" · "+where, " · "), 200), State: Proposed, Priority: p.Priority, Side: p.Side, Workload: db.Null(p.WorkloadID), Due: t.Due, Milestone: db.Null(t.Milestone), Effort: &effort,
		Description: p.Remedy, Control: p.Control, Risk: int64(p.Risk), Points: int64(p.Points), Why: db.JSON[[]Reason]{V: p.Why}}
	m.ID, m.Version, m.CreatedAt, m.UpdatedAt = id.New(), 1, tx.Now(), tx.Now()
	if _, err := tx.Insert(ctx, "measure", m, ""); err != nil {
		return m, fmt.Errorf("make a measure: %w", err)
	}
	var err error
	if m.CustomerID, err = tx.Customer(); err != nil {
		return m, err
	}
	if err := s.parts.Gaps.SetMeasure(ctx, tx, m.ID, p.Gaps); err != nil {
		return m, err
	}
	return m, audit.Write(ctx, tx, a, "create", record(m), nil, m)
}

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
