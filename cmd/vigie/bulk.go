package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/locales"
)

type bulkCommand struct {
	Edit bulkEdit `cmd:"" help:"Change many records at once, or tell what that would do."`
	List bulkList `cmd:"" help:"List edits, newest first."`
	Undo bulkUndo `cmd:"" help:"Give back what an edit changed, as far as nobody has changed it since."`
}

type bulkEdit struct {
	storeFlags
	outputFlag
	List        string   `required:"" help:"Name of the list: cis, workloads, accounts, customers, contacts, suppliers..." placeholder:"LIST"`
	ID          []string `name:"id" help:"Id of a record; give it once for each." placeholder:"ID"`
	Query       *string  `help:"Or all that this query of the list finds, such as status=active&tag.Site=Lyon; empty for the whole list." placeholder:"QUERY"`
	Customer    string   `help:"Only records of this customer." placeholder:"SLUG"`
	Set         []string `help:"FIELD=VALUE; no value empties the field." sep:"none" placeholder:"FIELD=VALUE"`
	Add         []string `help:"FIELD=VALUE: add to a field that is a set; tags=Site=Lyon." sep:"none" placeholder:"FIELD=VALUE"`
	Remove      []string `help:"FIELD=VALUE: take away from a field that is a set; tags=Site." sep:"none" placeholder:"FIELD=VALUE"`
	Delete      bool     `help:"Delete the records, where the list allows it."`
	DryRun      bool     `help:"Only tell what would be done."`
	Fingerprint string   `help:"Of a dry run: fails if the records have changed since." placeholder:"TEXT"`
}

// body reads the flags as the API has them.
func (c *bulkEdit) body() (bulk.Body, error) {
	b := bulk.Body{List: c.List, IDs: c.ID, Query: c.Query, Customer: c.Customer, Set: map[string]any{}, Add: map[string][]string{}, Remove: map[string][]string{},
		Delete: c.Delete, Fingerprint: c.Fingerprint}
	var bad fault.Fields
	each := func(flag string, all []string, keep func(name, value string)) {
		for _, text := range all {
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				bad.Add(flag+"."+text, "bulk.fault.value")
			}
			keep(name, value)
		}
	}
	each("set", c.Set, func(name, value string) { b.Set[name] = value })
	each("add", c.Add, func(name, value string) { b.Add[name] = append(b.Add[name], value) })
	each("remove", c.Remove, func(name, value string) { b.Remove[name] = append(b.Remove[name], value) })
	return b, bad.Err()
}

// Run implements command. It fails where nothing was changed because all was refused.
func (c *bulkEdit) Run(ctx context.Context, e *env, g *grammar) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	in, err := b.Input()
	if err != nil {
		return err
	}
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	p, err := operatorPrinter()
	if err != nil {
		return err
	}
	actor := a.Operator("vigie bulk edit")
	var out bulk.Answer
	if c.DryRun {
		preview, err := a.Bulk.Preview(ctx, actor, in)
		if err != nil {
			return err
		}
		out = preview.Answer(p)
	} else {
		edit, err := a.Bulk.Apply(ctx, actor, in)
		if err != nil {
			return err
		}
		out = edit.Answer(p)
	}
	if err := c.edited(e, out); err != nil {
		return err
	}
	if out.Changed == 0 && out.Refused > 0 {
		return errors.New("no record can be changed so")
	}
	return nil
}

// edited prints what an edit does: a line for each customer, and on standard error why records are left as they are.
func (o outputFlag) edited(e *env, out bulk.Answer) error {
	var cells [][]string
	for _, part := range out.Customers {
		cells = append(cells, []string{out.ID, part.Customer, part.State, strconv.Itoa(part.Changed), strconv.Itoa(part.Equal), strconv.Itoa(part.Refused),
			strconv.Itoa(part.Restored), strconv.Itoa(part.Left), part.Message})
	}
	for _, r := range out.Records {
		for _, why := range r.Reasons {
			fmt.Fprintln(e.stderr, strings.Join(slices.DeleteFunc([]string{r.Customer, r.Name, why.Field, why.Message}, func(s string) bool { return s == "" }), ": "))
		}
	}
	return o.print(e.stdout, []string{"id", "customer", "state", "changed", "equal", "refused", "restored", "left", "message"}, out, cells)
}

func operatorPrinter() (*i18n.Printer, error) {
	b, err := i18n.Load(locales.FS)
	if err != nil {
		return nil, err
	}
	return b.Printer(environmentLanguage(), time.UTC, clock.System{}.Now()), nil
}

type bulkList struct {
	storeFlags
	outputFlag
	Limit int `default:"50" help:"How many at most; 200 at the most."`
}

// Run implements command.
func (c *bulkList) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	q, err := bulk.Spec.Parse(url.Values{"limit": {strconv.Itoa(c.Limit)}})
	if err != nil {
		return err
	}
	page, err := a.Bulk.Edits(ctx, a.Operator("vigie bulk list"), q)
	if err != nil {
		return err
	}
	all, cells := make([]bulk.Summary, len(page.Items)), [][]string{}
	for i, row := range page.Items {
		x := row.Summary()
		all[i] = x
		cells = append(cells, []string{x.ID, x.Customer, x.List, x.Kind, x.State, strconv.FormatInt(x.Changed, 10), strconv.FormatInt(x.Refused, 10), x.Actor,
			x.CreatedAt.UTC().Format(time.RFC3339)})
	}
	return c.print(e.stdout, []string{"id", "customer", "list", "kind", "state", "changed", "refused", "actor", "created_at"}, all, cells)
}

type bulkUndo struct {
	storeFlags
	outputFlag
	ID string `arg:"" help:"Id of the edit." placeholder:"ID"`
}

// Run implements command.
func (c *bulkUndo) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	p, err := operatorPrinter()
	if err != nil {
		return err
	}
	edit, err := a.Bulk.Undo(ctx, a.Operator("vigie bulk undo"), c.ID)
	if err != nil {
		return err
	}
	return c.edited(e, edit.Answer(p))
}
