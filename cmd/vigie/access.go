package main

import (
	"context"
	"time"
)

type accessCommand struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
}

// Run implements command: Vigie looks at what it can see, then tells how all access stands.
func (c *accessCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie access")
	id, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	all, err := a.Access.Look(ctx, actor, id)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, x := range all {
		seen := ""
		if !x.SeenAt.IsZero() {
			seen = x.SeenAt.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{x.ID, x.Area, x.Name, x.Proof, x.State, string(x.DueOn), x.Seen, seen})
	}
	return c.print(e.stdout, []string{"id", "area", "name", "proof", "state", "due", "seen", "seen_at"}, all, rows)
}
