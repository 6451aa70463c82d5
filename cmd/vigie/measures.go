package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

type measuresCommand struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Whose measures." placeholder:"SLUG"`
}

// Run implements command: the customer's open measures in the order in which to work.
func (c *measuresCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie measures")
	customer, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	plan, err := a.Remediation.Plan(ctx, actor, customer)
	if err != nil {
		return err
	}
	of := map[string]int{}
	for i, l := range plan.Lines {
		of[l.ID] = i
	}
	var rows [][]string
	for _, step := range plan.Order {
		i, laid := of[step.ID]
		if !laid {
			continue
		}
		l := plan.Lines[i]
		critical := ""
		if l.Critical {
			critical = "critical"
		}
		rows = append(rows, []string{l.ID, l.Priority, l.State, l.Side, strconv.FormatFloat(l.Hours, 'f', 2, 64), strconv.FormatInt(l.Risk, 10), fmt.Sprintf("%.1f", step.Rate),
			l.Starts.Format(time.DateOnly), l.Ends.Format(time.DateOnly), l.Due, critical, l.Title})
	}
	return c.print(e.stdout, []string{"id", "priority", "state", "side", "hours", "risk", "risk_per_hour", "from", "to", "due", "path", "title"}, plan, rows)
}
