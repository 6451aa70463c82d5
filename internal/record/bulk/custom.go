package bulk

import (
	"context"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
)

// Custom fields stand among the others as x.KEY, as they do in lists and files.

// proposed is how many people or CIs a form proposes.
const proposed = 100

// customFields lists the custom fields of records of these customers: those of one customer and of the house, or of the house alone for several.
func customFields(ctx context.Context, tx *db.Tx, recordType string, customers []string) (out []Field, err error) {
	var set, others field.Set
	alone := len(customers) == 1
	if alone {
		set, err = field.Of(ctx, tx, recordType, "")
	} else {
		set, others, err = field.Shared(ctx, tx, recordType, customers)
	}
	if err != nil {
		return nil, err
	}
	proposals := map[field.Kind][]Option{}
	for _, d := range set.Fields {
		if _, read := proposals[d.Kind]; !read && alone && (d.Kind == field.Person || d.Kind == field.CI) {
			names, err := field.Propose(ctx, tx, d.Kind, proposed)
			if err != nil {
				return nil, err
			}
			for _, n := range names {
				proposals[d.Kind] = append(proposals[d.Kind], Option{Value: n, Title: n})
			}
		}
		out = append(out, customField(d, proposals[d.Kind], ""))
	}
	for _, d := range others.Fields {
		out = append(out, customField(d, nil, offOwn))
	}
	for _, d := range append(set.Archived(), others.Archived()...) {
		out = append(out, customField(d, nil, "bulk.fault.archived"))
	}
	return out, nil
}

// offOwn is why fields of one customer are not offered for several.
const offOwn = "bulk.fault.own_field"

var customForms = map[field.Kind]Form{field.Text: Text, field.Number: Number, field.Date: Day, field.Choice: Choice, field.Person: Pick, field.CI: Pick}

func customField(d field.Defined, proposals []Option, off string) Field {
	f := Field{Name: field.Prefix + d.Key, Words: d.Label, Advice: d.Help, Form: customForms[d.Kind], Keep: d.Required, Options: proposals, Wrong: d.Wrong, Off: off}
	for _, o := range d.Options.V {
		f.Options = append(f.Options, Option{Value: o.Key, Words: o.Label, Past: o.Archived})
	}
	return f
}

// others names the custom fields that the chosen records have not in common.
func (d draft) others(p *ui.Page) string {
	var names []string
	for _, f := range d.fields {
		if f.Off == offOwn {
			names = append(names, f.words(p))
		}
	}
	return strings.Join(names, ", ")
}

// Custom is what asks come to in custom fields, for a room that writes them with the rest of its records. The zero Custom is of records that
// have none.
type Custom struct {
	set     field.Set
	changes map[string]field.Values // by record
	reach   field.Refs              // people and CIs that a change may name
	names   field.Refs              // those that records have, or had
}

// Customs reads what asks need, by a few statements, in the scope of the records' customer; values are what records have.
func Customs(ctx context.Context, tx *db.Tx, recordType string, asks []Ask, values ...field.Values) (c Custom, err error) {
	if c.set, err = field.Of(ctx, tx, recordType, ""); err != nil {
		return c, err
	}
	c.changes = map[string]field.Values{}
	var asked, back []field.Values
	for _, ask := range asks {
		change := field.Values{}
		for _, x := range ask.Changes {
			if key, ok := strings.CutPrefix(x.Field, field.Prefix); ok {
				change[key] = field.V(x.text(Field{}, ""))
			}
		}
		for name, state := range ask.States {
			if key, ok := strings.CutPrefix(name, field.Prefix); ok {
				_, text, _ := strings.Cut(state, ":")
				change[key] = field.V(text)
			}
		}
		c.changes[ask.ID] = change
		if ask.States != nil {
			back = append(back, change)
		} else {
			asked = append(asked, change)
		}
	}
	if err := c.set.Identify(ctx, tx, asked...); err != nil {
		return c, err
	}
	if c.reach, err = field.FindRefs(ctx, tx, c.set, asked...); err != nil {
		return c, err
	}
	c.names, err = field.NamesOf(ctx, tx, c.set, append(append(values, asked...), back...)...)
	return c, err
}

// Names are the fields, as the others are called.
func (c Custom) Names() []string { return c.set.Names() }

// After gives what a record has after what is asked for it, by the rules of a single edit; what is wrong is noted by the name of the field.
// Who goes back to what was may have what nobody could choose any more.
func (c Custom) After(ask Ask, before field.Values, bad *fault.Fields) field.Values {
	if c.set.Type == "" {
		return before
	}
	refs, when := c.reach, field.Changed
	if ask.States != nil {
		refs, when = c.names, field.Restored
	}
	var found fault.Fields
	after := c.set.Check(before, c.changes[ask.ID], refs, &found, when)
	*bad = append(*bad, field.InFile(found)...)
	return after
}

// Cells adds custom fields to the cells of a record. Their state says which field it is, as one may go and another take its key.
func (c Custom) Cells(values field.Values, others func(string) Cell) func(string) Cell {
	return func(name string) Cell {
		key, ok := strings.CutPrefix(name, field.Prefix)
		if !ok {
			return others(name)
		}
		d, ok := c.set.Field(key)
		if !ok {
			return Cell{}
		}
		v := values[key]
		cell := Cell{State: d.ID + ":" + v.Text, Text: v.Text}
		if name := c.names.Name(d.Kind, v.Text); name != "" {
			cell.Text = name
		}
		return cell
	}
}

// Store writes what records have after; the number of statements does not grow with theirs.
func (c Custom) Store(ctx context.Context, tx *db.Tx, records []field.Stored) error {
	return field.StoreAll(ctx, tx, c.set, records)
}
