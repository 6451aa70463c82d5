package main

import (
	"context"
	"fmt"
	"strconv"

	"vigie/internal/record/field"
)

type fieldCommand struct {
	List    fieldList    `cmd:"" help:"List the custom fields of a type of record."`
	Create  fieldCreate  `cmd:"" help:"Define a custom field."`
	Archive fieldArchive `cmd:"" help:"Hide a custom field; its values are kept."`
}

type fieldList struct {
	storeFlags
	outputFlag
	Type     string `required:"" help:"Type of record: customer, ci, workload, contact..." placeholder:"TYPE"`
	Customer string `help:"Slug; the fields of all customers if left out." placeholder:"SLUG"`
}

// Run implements command.
func (c *fieldList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	all, err := a.Fields.Fields(ctx, a.Operator("vigie field list"), c.Type, c.Customer)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, f := range all {
		rows = append(rows, []string{f.ID, f.Key, string(f.Kind), f.LabelEN, strconv.FormatBool(f.Required), string(f.State)})
	}
	return c.print(e.stdout, []string{"id", "key", "kind", "label", "required", "state"}, all, rows)
}

type fieldCreate struct {
	storeFlags
	Type     string   `required:"" help:"Type of record: customer, ci, workload, contact..." placeholder:"TYPE"`
	Customer string   `help:"Slug; a field of all customers if left out." placeholder:"SLUG"`
	Key      string   `required:"" help:"Its name in the API, lists and files." placeholder:"KEY"`
	Label    string   `required:"" help:"Label in English." placeholder:"TEXT"`
	LabelFR  string   `name:"label-fr" help:"Label in French; the same if left out." placeholder:"TEXT"`
	Kind     string   `default:"text" help:"text, number, date, choice, person or ci."`
	Choice   []string `help:"Key of a choice; give it once for each." placeholder:"KEY"`
	Required bool     `help:"A new record needs a value."`
}

// Run implements command.
func (c *fieldCreate) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	in := field.New{Customer: c.Customer, RecordType: c.Type, Key: c.Key, LabelEN: c.Label, LabelFR: c.LabelFR, Kind: field.Kind(c.Kind), Required: c.Required}
	for _, key := range c.Choice {
		in.Choices = append(in.Choices, field.Option{Key: key, LabelEN: key})
	}
	f, err := a.Fields.Create(ctx, a.Operator("vigie field create"), in)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, "defined", f.Key, f.ID)
	return nil
}

type fieldArchive struct {
	storeFlags
	ID string `arg:"" help:"Id of the field." placeholder:"ID"`
}

// Run implements command.
func (c *fieldArchive) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	to := field.Archived
	f, err := a.Fields.Update(ctx, a.Operator("vigie field archive"), c.ID, 0, field.Change{State: &to})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, "archived", f.Key)
	return nil
}
