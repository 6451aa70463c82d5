package main

import (
	"context"
	"fmt"
	"strconv"

	"vigie/internal/onboard/estimate"
)

type estimateCommand struct {
	storeFlags
	outputFlag
	Customer string             `required:"" help:"Slug." placeholder:"SLUG"`
	Tier     string             `help:"Hours of service, in place of those answered: 8x5, 12x5 or 24x7." placeholder:"TIER"`
	Set      map[string]float64 `help:"A number in place of the one answered: ec2_instances=40. Give it once for each." placeholder:"INPUT=N"`
	Save     bool               `help:"Keep it as a new estimate."`
	Language string             `help:"en or fr." default:"en" enum:"en,fr"`
}

// Run implements command: it computes by the answers of the customer's latest assessment, and prints the lines.
func (c *estimateCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie estimate")
	if _, err := a.CustomerID(ctx, actor, c.Customer); err != nil {
		return err
	}
	what := estimate.WhatIf{Tier: c.Tier, Units: c.Set}
	result, err := a.Estimates.Preview(ctx, actor, c.Customer, what)
	if err != nil {
		return err
	}
	if c.Save {
		made, err := a.Estimates.Create(ctx, actor, estimate.NewEstimate{Customer: c.Customer, WhatIf: what})
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stderr, "kept as estimate %s\n", made.ID)
	}
	number := func(h float64) string { return strconv.FormatFloat(h, 'f', -1, 64) }
	var cells [][]string
	row := func(part, id, title string, hours estimate.Span, cost estimate.Cost) {
		cells = append(cells, []string{part, id, title, number(hours.Low), number(hours.Likely), number(hours.High), cost.Low.Amount, cost.Likely.Amount, cost.High.Amount, cost.Likely.Currency})
	}
	for _, l := range result.Lines {
		row(l.Part, l.ID, l.Title.In(c.Language), l.Hours, l.Cost)
	}
	row(estimate.Setup, "total", "", result.Setup.Hours, result.Setup.Cost)
	row(estimate.Month, "total", "", result.Month.Hours, result.Month.Cost)
	if err := c.print(e.stdout, []string{"part", "line", "title", "hours_low", "hours_likely", "hours_high", "low", "likely", "high", "currency"}, result, cells); err != nil {
		return err
	}
	if c.Output == "table" {
		for _, m := range result.Missing {
			fmt.Fprintf(e.stdout, "not answered: %s: %s\n", m.Question, m.Assumption.In(c.Language))
		}
	}
	return nil
}
