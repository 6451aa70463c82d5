package field

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
)

// inputPrefix begins the names of inputs in forms; a dot would not do in the selectors of a picker.
const inputPrefix = "custom_"

// Filled is what a record's form shows before anybody types.
func (s Set) Filled(values Values) url.Values {
	out := url.Values{}
	for _, d := range s.Fields {
		out.Set(inputPrefix+d.Key, values[d.Key].Text)
	}
	return out
}

// Posted is the change that a form asks for; fields that it has not are left alone.
func (s Set) Posted(form url.Values) Values {
	out := Values{}
	for name, given := range form {
		if key, ok := strings.CutPrefix(name, inputPrefix); ok && len(given) > 0 {
			if _, known := s.Field(key); known { // not the search text of a picker
				out[key] = V(given[len(given)-1])
			}
		}
	}
	return out
}

// Faults gives bad custom fields the names that they have in forms, for the summary and the fields themselves.
func (s Set) Faults(p *ui.Page, summary []ui.FieldFault, errors map[string]string) {
	for i, f := range summary {
		if key, ok := strings.CutPrefix(f.Name, "custom."); ok {
			summary[i].Name, summary[i].Label = inputPrefix+key, s.Label(p, key)
			errors[inputPrefix+key] = f.Message
		}
	}
}

// Inputs are the fields of a form for records of one customer, in the scope of the transaction. form is what was typed, or Filled; slug names
// the customer to the search for people and CIs.
func (s Set) Inputs(ctx context.Context, tx *db.Tx, p *ui.Page, form url.Values, errors map[string]string, slug string) (out []templ.Component, err error) {
	values := Values{}
	hits := map[Kind][]named{}
	for _, d := range s.Fields {
		values[d.Key] = V(form.Get(inputPrefix + d.Key))
		if _, read := hits[d.Kind]; !read && (d.Kind == Person || d.Kind == CI) {
			if hits[d.Kind], err = pick(ctx, tx, d.Kind, ""); err != nil {
				return nil, err
			}
		}
	}
	names, err := NamesOf(ctx, tx, s, values)
	if err != nil {
		return nil, err
	}
	for _, d := range s.Fields {
		name := inputPrefix + d.Key
		u := ui.Field{Name: name, Label: d.Label(p.Lang()), Help: d.Help(p.Lang()), Value: values[d.Key].Text, Required: d.Required, Error: errors[name], Autocomplete: "off"}
		switch d.Kind {
		case Text:
			if strings.Contains(u.Value, "\n") || len(u.Value) > 120 {
				out = append(out, ui.Textarea(p, u))
				continue
			}
		case Number:
			u.Placeholder = "0.0"
		case Date:
			u.Type = "date"
		case Choice:
			u.Options = d.options(p, u.Value, false)
			if u.Required && u.Value == "" { // nobody chose yet
				u.Options = append([]ui.Option{{Label: p.T("ui.form.choose")}}, u.Options...)
			}
			out = append(out, ui.Select(p, u))
			continue
		case Person, CI:
			u.Options = offered(d.Kind, u.Value, hits[d.Kind], names)
			out = append(out, ui.Picker(p, u, "/custom-fields/pick?"+url.Values{"type": {s.Type}, "field": {d.Key}, "for": {slug}}.Encode()))
			continue
		}
		out = append(out, ui.Input(p, u))
	}
	return out, nil
}

// offered are the choices of a picker, the chosen one first.
func offered(k Kind, chosen string, hits []named, names Refs) (out []ui.Option) {
	if name := names.Name(k, chosen); name != "" {
		out = append(out, ui.Option{Value: chosen, Label: name})
		hits = slices.DeleteFunc(slices.Clone(hits), func(n named) bool { return n.ID == chosen })
	}
	for _, n := range hits {
		out = append(out, ui.Option{Value: n.ID, Label: n.Name})
	}
	return out
}
