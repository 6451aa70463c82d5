package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

type workshopCommand struct {
	storeFlags
	Customer string `required:"" help:"Slug of the customer." placeholder:"SLUG"`
	Out      string `required:"" short:"o" help:"File to write: .pdf or .xlsx." placeholder:"FILE"`
	Keep     bool   `help:"Put a copy among the files of the customer as well."`
}

// Run implements command: it writes the workshop pack, in the customer's language.
func (c *workshopCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie workshop")
	d, p, err := a.Workshop.Document(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	write := d.PDF
	if strings.EqualFold(filepath.Ext(c.Out), ".xlsx") {
		write = d.XLSX
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it says what is wrong with an estate
	if err != nil {
		return err
	}
	if err := write(f, p); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil || !c.Keep {
		return err
	}
	_, err = a.Workshop.Keep(ctx, actor, c.Customer)
	return err
}
