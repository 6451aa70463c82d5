package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"vigie/internal/app"
	"vigie/internal/app/crossing"
	"vigie/internal/app/sample"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/discovery"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/telemetry"
)

type isolationCommand struct {
	storeFlags
	Customer string `help:"Slug of the customer whose people try; the oldest by default." placeholder:"SLUG"`
	Against  string `help:"Slug of the customer that they must not reach; the next by default." placeholder:"SLUG"`
	Out      string `help:"File to write the report to, which must not be there yet; default: isolation-DATE.md in this folder." placeholder:"FILE"`
	Language string `help:"en or fr." default:"en" enum:"en,fr"`
	JSON     bool   `name:"json" help:"Write the report as JSON."`
}

// Run implements command: first an instance of samples, in which changes are tried, then this one, in which nothing is changed.
func (c *isolationCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	out := c.Out
	if out == "" {
		out = "isolation-" + clock.System{}.Now().UTC().Format("20060102-150405") + map[bool]string{false: ".md", true: ".json"}[c.JSON]
	}
	if _, err := os.Lstat(e.path(out)); err == nil {
		return fmt.Errorf("%s is there already", out)
	}
	fmt.Fprintln(e.stdout, "trying an instance of samples ...")
	first, err := c.samples(ctx, e, g)
	if err != nil {
		return fmt.Errorf("instance of samples: %w", err)
	}
	parts := []crossing.Part{first}
	both, err := a.TwoCustomers(ctx, c.Customer, c.Against)
	if err != nil {
		return err
	}
	if both != nil {
		fmt.Fprintf(e.stdout, "trying this instance, without changing anything: %s against %s ...\n", both[0], both[1])
		r, err := a.Crossing(ctx, both[0], both[1], false)
		if err != nil {
			return err
		}
		parts = append(parts, crossing.Part{Live: true, Own: both[0], Other: both[1], Engine: a.Engine(), Result: r})
	} else {
		fmt.Fprintln(e.stdout, "this instance has fewer than two customers: there is nothing to keep apart yet")
	}
	report, text := a.CrossingReport(c.Language, parts)
	if c.JSON {
		b, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		text = string(b) + "\n"
	}
	if err := writeNew(e.path(out), text); err != nil {
		return err
	}
	for _, p := range parts {
		fmt.Fprintf(e.stdout, "%d requests, %d findings\n", p.Requests, len(p.Findings))
	}
	fmt.Fprintln(e.stdout, "the report is in", out)
	if !report.Good {
		return exitCode(exitFailed)
	}
	return nil
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}

// samples makes an instance in a folder of its own, with a sample estate and a second customer who has a little of everything too.
func (c *isolationCommand) samples(ctx context.Context, e *env, g *grammar) (part crossing.Part, err error) {
	dir, err := os.MkdirTemp("", "vigie-isolation-")
	if err != nil {
		return part, err
	}
	defer os.RemoveAll(dir)
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, "error")
	if err != nil {
		return part, err
	}
	a, err := app.Open(ctx, app.Options{Database: "sqlite:" + filepath.Join(dir, "vigie.db"), DataDir: dir, Clock: clock.System{}, Telemetry: tel, Version: version, Migrate: true})
	if err != nil {
		return part, err
	}
	defer a.Close()
	if err := sample.Fill(ctx, a, func(discovery.Run) {}); err != nil {
		return part, err
	}
	op := a.Operator("vigie doctor isolation")
	if _, err := a.Customers.CreateContact(ctx, op, customer.NewContact{Customer: "nordlys", Name: "Astrid Holm"}); err != nil {
		return part, err
	}
	for _, name := range []string{"turbine-control", "grid-forecast"} {
		if _, err := a.CMDB.CreateCI(ctx, op, cmdb.NewCI{Customer: "nordlys", Type: "Own::Thing", Name: name}); err != nil {
			return part, err
		}
	}
	r, err := a.Crossing(ctx, "nordlys", "meridian", true)
	return crossing.Part{Own: "nordlys", Other: "meridian", Engine: a.Engine(), Result: r}, err
}
