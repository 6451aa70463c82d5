package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vigie/internal/exchange/transfer"
)

type customerCommand struct {
	Export customerExport `cmd:"" help:"Write everything of a customer to one file that can be read without Vigie."`
	Import customerImport `cmd:"" help:"Take in a customer that another Vigie exported."`
	Remove customerRemove `cmd:"" help:"Ask for the removal of a customer; it is carried out once the order is signed in the browser."`
}

type customerRemove struct {
	storeFlags
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
	Reason   string `required:"" help:"Why, as the one who signs will read it." placeholder:"TEXT"`
	Digest   string `help:"SHA-256 of the manifest of the export that was handed over." placeholder:"HEX"`
}

// Run implements command.
func (c *customerRemove) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Transfer.RequestRemoval(ctx, a.Operator("vigie customer remove"), transfer.NewRemoval{Customer: c.Customer, Reason: c.Reason, ExportDigest: c.Digest})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "order %s waits for its signature, as approval %s; nothing has been removed\n", r.ID, r.Approval)
	return nil
}

type customerExport struct {
	storeFlags
	Customer string `required:"" help:"Slug." placeholder:"SLUG"`
	Out      string `help:"File to write, which must not be there yet; default: vigie-SLUG.zip in this folder." placeholder:"FILE"`
}

// Run implements command.
func (c *customerExport) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	actor := a.Operator("vigie customer export")
	id, err := a.CustomerID(ctx, actor, c.Customer)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = "vigie-" + c.Customer + ".zip"
	}
	r, err := a.Transfer.ExportFile(ctx, actor, id, e.path(out))
	if err != nil {
		return err
	}
	tellTransfer(e, "written, read again and whole: "+e.path(out), r)
	return nil
}

func tellTransfer(e *env, what string, r transfer.Report) {
	for _, table := range slices.Sorted(maps.Keys(r.Tables)) {
		if n := r.Tables[table]; n > 0 {
			fmt.Fprintf(e.stdout, "%9d %s\n", n, table)
		}
	}
	fmt.Fprintf(e.stdout, "%s\n  customer %s, %d rows, %d files, %d people\n  SHA-256 of its manifest %s\n", what, r.Customer, r.Rows, r.Files, r.People, r.Digest)
}

type customerImport struct {
	storeFlags
	File string `arg:"" help:"Export of a customer." placeholder:"FILE"`
	Slug string `help:"Another slug here; the customer's own by default." placeholder:"SLUG"`
}

// Run implements command.
func (c *customerImport) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	r, err := a.Transfer.ImportFile(ctx, a.Operator("vigie customer import"), e.path(c.File), c.Slug)
	if err != nil {
		return err
	}
	tellTransfer(e, "taken in", r)
	if r.Left > 0 {
		fmt.Fprintf(e.stdout, "  %d rows belong to people of the other instance and were left\n", r.Left)
	}
	return nil
}
