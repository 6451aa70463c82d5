package main

import (
	"context"
	"net/url"
	"strings"

	"vigie/internal/onboard/gap"
)

type gapsCommand struct {
	storeFlags
	outputFlag
	Customer    string `required:"" help:"Slug." placeholder:"SLUG"`
	Verdict     string `help:"fail, unknown, accepted, pass, not_applicable, with commas; all if empty." default:"fail" placeholder:"VERDICT"`
	Severity    string `help:"critical, high, medium, low, with commas." placeholder:"SEVERITY"`
	Area        string `help:"Area of the controls, with commas." placeholder:"AREA"`
	Environment string `help:"Environment, with commas." placeholder:"ENVIRONMENT"`
	Judge       bool   `help:"Judge the estate first, and wait for it."`
}

// gapLine is a gap as the command prints it.
type gapLine struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Verdict  string `json:"verdict"`
	Control  string `json:"control"`
	Subject  string `json:"subject"`
	CI       string `json:"ci"`
	Workload string `json:"workload"`
	Account  string `json:"account"`
	Area     string `json:"area"`
	Reason   string `json:"reason"`
	Since    string `json:"since"`
}

// Run implements command.
func (c *gapsCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	op := a.Operator("vigie gaps")
	customer, err := a.CustomerID(ctx, op, c.Customer)
	if err != nil {
		return err
	}
	if c.Judge {
		run, err := a.Gaps.Evaluate(ctx, op, customer)
		if err != nil {
			return err
		}
		if err := a.Gaps.Execute(ctx, customer, run.ID); err != nil {
			return err
		}
	}
	values := url.Values{"limit": {"500"}}
	for name, v := range map[string]string{"verdict": c.Verdict, "severity": c.Severity, "area": c.Area, "environment": c.Environment} {
		if v != "" {
			values.Set(name, v)
		}
	}
	q, err := a.Gaps.Spec().Parse(values)
	if err != nil {
		return err
	}
	q = q.Where("k.slug = ?", c.Customer)
	lines, cells := []gapLine{}, [][]string{}
	for {
		page, err := a.Gaps.Gaps(ctx, op, q)
		if err != nil {
			return err
		}
		for _, g := range page.Items {
			l := line(g)
			lines = append(lines, l)
			cells = append(cells, []string{l.Severity, l.Verdict, l.Control, l.Subject, l.Workload, l.Account, l.Reason, l.Since, l.ID})
		}
		if page.NextCursor == "" {
			break
		}
		if q, err = q.From(page.NextCursor); err != nil {
			return err
		}
	}
	return c.print(e.stdout, []string{"severity", "verdict", "control", "subject", "workload", "account", "reason", "since", "id"}, lines, cells)
}

func line(g gap.Row) gapLine {
	var missing []string
	for _, m := range g.Evidence.V.Missing {
		missing = append(missing, strings.TrimSpace(m.What+" "+m.Name))
	}
	return gapLine{ID: g.ID, Severity: string(g.Severity), Verdict: string(g.Verdict), Control: g.Control, Subject: g.SubjectName, CI: string(g.CIID), Workload: string(g.Workload), Account: g.Account,
		Area: string(g.Area), Reason: strings.Join(missing, ", "), Since: g.Since.UTC().Format("2006-01-02T15:04:05Z")}
}
