package main

import (
	"context"

	"vigie/internal/onboard/launch"
)

type launchCommand struct {
	Status launchStatus `cmd:"" help:"Tell what is missing before the service of a customer can begin; fails where something is."`
}

type launchStatus struct {
	storeFlags
	outputFlag
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
}

// Run implements command.
func (c *launchStatus) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie launch status")
	id, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	all, err := a.Launches.Conditions(ctx, actor, id)
	if err != nil {
		return err
	}
	rows := a.Launches.Answers(actor.Language, all)
	cells, missing := [][]string{}, 0
	for _, r := range rows {
		word := string(r.Status)
		if r.Waiver != "" && r.Status != launch.Met {
			word = "waived"
		}
		if !r.Passed {
			missing++
		}
		found := ""
		if len(r.Findings) > 0 {
			found = r.Findings[0].Text
		}
		cells = append(cells, []string{r.Key, word, r.Text, found})
	}
	if err := c.print(e.stdout, []string{"condition", "status", "text", "found"}, rows, cells); err != nil {
		return err
	}
	if missing > 0 {
		return exitCode(exitFailed)
	}
	return nil
}
