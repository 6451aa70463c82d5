package cmdb

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

// The types of records of this room that have custom fields.
const (
	ciKind       = "ci"
	workloadKind = "workload"
)

// diffCustom gives one difference for each custom field that changed.
func diffCustom(before, after field.Values) []delta {
	text := func(v field.Values) map[string]string {
		out := make(map[string]string, len(v))
		for key, value := range v {
			out[key] = value.Text
		}
		return out
	}
	var out []delta
	b, a := text(before), text(after)
	for _, key := range union(b, a) {
		out = append(out, diffText(field.Prefix+key, b[key], a[key])...)
	}
	return out
}

// ciBodies are CIs as answers, with what they have in custom fields.
func ciBodies(ctx context.Context, tx *db.Tx, rows []CI) ([]Body, error) {
	if err := withCustom(ctx, tx, rows); err != nil {
		return nil, err
	}
	return bodies(CI.body)(ctx, tx, rows)
}

func withCustom(ctx context.Context, tx *db.Tx, rows []CI) error {
	custom, err := field.Read(ctx, tx, ciKind, idsOfCIs(rows))
	for i, c := range rows {
		rows[i].Custom = custom[c.ID]
	}
	return err
}

func extendCIs(ctx context.Context, tx *db.Tx, spec list.Spec, query url.Values) (list.Spec, []string, error) {
	set, err := field.Of(ctx, tx, ciKind, "")
	return set.List(spec, "c.customer_id", "c.id", query), set.Names(), err
}

func extendWorkloads(ctx context.Context, tx *db.Tx, spec list.Spec, query url.Values) (list.Spec, []string, error) {
	set, err := field.Of(ctx, tx, workloadKind, "")
	return set.List(spec, "w.customer_id", "w.id", query), set.Names(), err
}

// fieldsOf gives the custom fields of the records of one customer; of all that the actor sees, for no slug.
func (s *Service) fieldsOf(ctx context.Context, a permission.Actor, kind, slug string) (set field.Set, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		set, err = field.Of(ctx, tx, kind, slug)
		return err
	})
	return set, err
}

func idsOfCIs(rows []CI) []string {
	out := make([]string, len(rows))
	for i, c := range rows {
		out[i] = c.ID
	}
	return out
}

// customForm is the custom part of a form: the fields, and whose records they are.
type customForm struct {
	set   field.Set
	scope db.Scope
	slug  string
}

// customOf opens the custom part of a form. While no customer is chosen it has the fields of the house, without those that name people or
// CIs of a customer.
func (h pages) customOf(ctx context.Context, a permission.Actor, need permission.Action, kind, slug string) (c customForm, err error) {
	c = customForm{scope: a.Scope(), slug: slug}
	if slug != "" {
		if c.scope, err = h.s.scopeOf(ctx, a, need, slug); fault.Is(err, fault.NotFound) {
			c = customForm{scope: a.Scope()}
		} else if err != nil {
			return c, err
		}
	}
	if c.slug == "" {
		c.set, err = h.s.fieldsOf(ctx, a, kind, field.Nobody)
		c.set.Fields = slices.DeleteFunc(c.set.Fields, func(d field.Defined) bool { return d.Kind == field.Person || d.Kind == field.CI })
		return c, err
	}
	c.set, err = h.s.fieldsOf(ctx, a, kind, c.slug)
	return c, err
}

func (h pages) inputs(ctx context.Context, p *ui.Page, c customForm, typed url.Values, errors map[string]string) (out []templ.Component, err error) {
	err = h.s.db.View(ctx, c.scope, func(tx *db.Tx) error {
		out, err = c.set.Inputs(ctx, tx, p, typed, errors, c.slug)
		return err
	})
	return out, err
}

// tell gives changes of custom fields the words of the reader in place of keys and ids.
func (h pages) tell(ctx context.Context, p *ui.Page, a permission.Actor, slug string, changes []Change) error {
	if !slices.ContainsFunc(changes, func(c Change) bool { return strings.HasPrefix(c.Field, field.Prefix) }) {
		return nil
	}
	set, err := h.s.fieldsOf(ctx, a, ciKind, slug)
	if err != nil {
		return err
	}
	was := func(key, text string) field.Values {
		var value string
		if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		return field.Values{key: field.V(value)}
	}
	var all []field.Values
	for _, c := range changes {
		if key, ok := strings.CutPrefix(c.Field, field.Prefix); ok {
			all = append(all, was(key, c.Before), was(key, c.After))
		}
	}
	var names field.Refs
	if err := h.s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		names, err = field.NamesOf(ctx, tx, set, all...)
		return err
	}); err != nil {
		return err
	}
	for i, c := range changes {
		key, ok := strings.CutPrefix(c.Field, field.Prefix)
		if !ok {
			continue
		}
		word := func(text string) string {
			if text == "" {
				return ""
			}
			return compact(set.Words(p, key, was(key, text)[key], names))
		}
		changes[i].Before, changes[i].After, changes[i].Field = word(c.Before), word(c.After), set.Label(p, key)
	}
	return nil
}

// shownCustom is what a page of a list shows of custom fields.
type shownCustom struct {
	values map[string]field.Values
	names  field.Refs
}

func (h pages) shownCustom(ctx context.Context, a permission.Actor, set field.Set, ids []string) (out shownCustom, err error) {
	if len(set.Fields) == 0 {
		return out, nil
	}
	err = h.s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if out.values, err = field.Read(ctx, tx, set.Type, ids); err != nil {
			return err
		}
		var all []field.Values
		for _, v := range out.values {
			all = append(all, v)
		}
		out.names, err = field.NamesOf(ctx, tx, set, all...)
		return err
	})
	return out, err
}
