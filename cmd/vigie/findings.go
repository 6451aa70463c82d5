package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"vigie/internal/onboard/finding"
)

type findingsCommand struct {
	List   findingsList   `cmd:"" default:"withargs" help:"What others have found in the estate of a customer."`
	Pull   findingsPull   `cmd:"" help:"Ask Security Hub, in every account and region where discovery has seen it."`
	Import findingsImport `cmd:"" help:"Take in a file of Security Hub (ASFF), Prowler (OCSF) or SARIF."`
}

type findingsPull struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
}

// Run implements command: it asks Security Hub and waits for the answers.
func (c *findingsPull) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	op := a.Operator("vigie findings pull")
	customer, err := a.CustomerID(ctx, op, c.Customer)
	if err != nil {
		return err
	}
	imp, err := a.Findings.Pull(ctx, op, customer)
	if err != nil {
		return err
	}
	if err := a.Findings.Execute(ctx, customer, imp.ID); err != nil {
		return err
	}
	r, err := a.Findings.ImportOf(ctx, op, imp.ID)
	if err != nil {
		return err
	}
	cells := [][]string{}
	for _, o := range r.Outcomes.V {
		cells = append(cells, []string{o.Account, o.Region, o.Outcome, strconv.Itoa(o.Read), o.Message})
	}
	if err := c.print(e.stdout, []string{"account", "region", "outcome", "read", "message"}, r.Outcomes.V, cells); err != nil {
		return err
	}
	switch r.Message {
	case "no_hub":
		return errors.New("discovery has seen no Security Hub in an account that can be entered")
	case "":
		return nil
	}
	return errors.New("no account and region gave an answer")
}

type findingsList struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
	Status   string `help:"open, suppressed, resolved, with commas; all if empty." default:"open" placeholder:"STATUS"`
	Severity string `help:"critical, high, medium, low, with commas." placeholder:"SEVERITY"`
	Source   string `help:"securityhub, prowler, ocsf, sarif, with commas." placeholder:"SOURCE"`
	Account  string `help:"Account numbers, with commas." placeholder:"ID"`
}

// findingLine is a finding as the command prints it.
type findingLine struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Status   string `json:"status"`
	Product  string `json:"product"`
	Rule     string `json:"rule"`
	Title    string `json:"title"`
	Resource string `json:"resource"`
	CI       string `json:"ci"`
	Control  string `json:"control"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	LastSeen string `json:"last_seen"`
}

// Run implements command.
func (c *findingsList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	op := a.Operator("vigie findings")
	if _, err := a.CustomerID(ctx, op, c.Customer); err != nil {
		return err
	}
	values := url.Values{"limit": {"500"}}
	for name, v := range map[string]string{"status": c.Status, "severity": c.Severity, "source": c.Source, "account": c.Account} {
		if v != "" {
			values.Set(name, v)
		}
	}
	q, err := finding.Spec.Parse(values)
	if err != nil {
		return err
	}
	q = q.Where("k.slug = ?", c.Customer)
	lines, cells := []findingLine{}, [][]string{}
	for {
		page, err := a.Findings.Findings(ctx, op, q)
		if err != nil {
			return err
		}
		for _, f := range page.Items {
			l := findingLine{ID: f.ID, Severity: string(f.Severity), Status: string(f.Status), Product: f.Product, Rule: f.Rule, Title: f.Title, Resource: f.Resource, CI: string(f.CI), Control: string(f.Control),
				Account: f.Account, Region: f.Region, LastSeen: f.LastSeen.UTC().Format("2006-01-02T15:04:05Z")}
			lines = append(lines, l)
			cells = append(cells, []string{l.Severity, l.Status, l.Product, l.Rule, l.Title, l.CI, l.Control, l.Account, l.Region, l.LastSeen, l.ID})
		}
		if page.NextCursor == "" {
			break
		}
		if q, err = q.From(page.NextCursor); err != nil {
			return err
		}
	}
	return c.print(e.stdout, []string{"severity", "status", "product", "rule", "title", "ci", "control", "account", "region", "last_seen", "id"}, lines, cells)
}

type findingsImport struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
	Complete bool   `help:"The file holds all that its source has of each account in it: what it lacks is resolved."`
	DryRun   bool   `help:"Only check and count."`
	File     string `arg:"" help:"The file; - for standard input." placeholder:"FILE"`
}

// Run implements command.
func (c *findingsImport) Run(ctx context.Context, e *env, g *grammar) error {
	data, name, err := c.read(e)
	if err != nil {
		return err
	}
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Findings.Take(ctx, a.Operator("vigie findings import"), finding.File{Customer: c.Customer, Name: name, Data: data, Complete: c.Complete, DryRun: c.DryRun})
	if err != nil {
		return err
	}
	n := strconv.Itoa
	return c.print(e.stdout, []string{"format", "product", "read", "added", "changed", "unchanged", "resolved", "passing", "silent", "unmatched"}, r,
		[][]string{{r.Format, r.Product, n(r.Read), n(r.Added), n(r.Changed), n(r.Unchanged), n(r.Resolved), n(r.Passing), n(r.Silent), n(r.Unmatched)}})
}

func (c *findingsImport) read(e *env) (data []byte, name string, err error) {
	in, name := e.stdin, "-"
	if c.File != "-" {
		f, err := os.Open(e.path(c.File))
		if err != nil {
			return nil, "", fmt.Errorf("findings: %w", err)
		}
		defer f.Close()
		in, name = f, filepath.Base(c.File)
	}
	data, err = io.ReadAll(io.LimitReader(in, finding.MaxBytes+1))
	return data, name, err
}
