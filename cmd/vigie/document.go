package main

import (
	"context"

	"vigie/internal/onboard/document"
)

type documentsCommand struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug of the customer." placeholder:"SLUG"`
	State    string `help:"Only those in this state: listed, requested, received, reviewed, accepted, refused or waived." placeholder:"STATE"`
}

// Run implements command: it lists the documents of a customer, and how far each is.
func (c *documentsCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie documents")
	customer, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	all, err := a.Documents.Of(ctx, actor, customer, c.State)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, d := range all {
		rows = append(rows, []string{d.ID, d.Title, d.State, d.Kind, d.WorkloadName, d.OwedByName, string(d.DueOn), d.Quality})
	}
	if all == nil {
		all = []document.Line{}
	}
	return c.print(e.stdout, []string{"id", "title", "state", "kind", "workload", "owed_by", "due_on", "quality"}, all, rows)
}
