package register

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// form is a form as it was typed, or as a record fills it.
type form struct {
	action, back, submit, version string
	customer                      string // slug; empty where it is still to be chosen
	customers                     []ui.Option
	values                        url.Values
	summary                       []ui.FieldFault
	errors                        map[string]string
	parts                         []formPart
}

type formPart struct {
	title  string
	fields []templ.Component
}

func version[T any](rec *T) string { return strconv.FormatInt(tail(rec).Version, 10) }

// fromForm is the change that a posted form asks for; fields that it has not are left alone.
func (r *Register[T]) fromForm(p *ui.Page, set field.Set, posted url.Values) Change[T] {
	return func(rec *T, bad *fault.Fields) {
		tail(rec).Custom = set.Posted(posted)
		for _, f := range r.fields {
			if f.Fixed {
				continue
			}
			v := f.in(rec)
			switch f.Kind {
			case Several:
				if given, ok := posted[f.Name]; ok {
					v.Set(valueOf(Choices(given)))
				}
			case List:
				if kinds, ok := posted[f.Name+"_kind"]; ok {
					v.Set(valueOf(pairsOf(kinds, posted[f.Name+"_value"])))
				}
			default:
				given, ok := posted[f.Name]
				if !ok {
					continue
				}
				if key := f.set(v, given[len(given)-1], p.Zone()); key != "" { // a box posts "false" first, and "true" when it is on
					bad.Add(f.Name, key)
				}
			}
		}
	}
}

func pairsOf(kinds, values []string) (out Pairs) {
	for i, kind := range kinds {
		if i < len(values) {
			out = append(out, Pair{kind, values[i]})
		}
	}
	return out
}

// filled is what a record's form shows before anybody types.
func (r *Register[T]) filled(p *ui.Page, rec *T) url.Values {
	out := url.Values{}
	for _, f := range r.fields {
		v := f.in(rec)
		switch x := v.Interface().(type) {
		case Choices:
			out[f.Name] = x
		case Pairs:
			for _, pair := range x {
				out.Add(f.Name+"_kind", pair.Kind)
				out.Add(f.Name+"_value", pair.Value)
			}
		default:
			out.Set(f.Name, f.text(v))
			if f.Kind == Instant {
				out.Set(f.Name, p.LocalTime(instantOf(v)))
			}
		}
	}
	return out
}

// chosen is the customer of a new record: the one of the page, of the form, or the only one there is.
func chosen(p *ui.Page, posted url.Values) string {
	switch {
	case p.Customer != nil:
		return p.Customer.Slug
	case posted.Get("customer") != "":
		return posted.Get("customer")
	case len(p.Customers) == 1:
		return p.Customers[0].Slug
	}
	return ""
}

func (r *Register[T]) showNew(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(r.Write); err != nil {
		return err
	}
	var rec T
	r.defaults(&rec)
	values := r.filled(p, &rec)
	for _, f := range r.fields { // a link may fill a field in, as from a contact's page
		if given := p.Query.Get(f.Name); given != "" && !f.Fixed {
			values.Set(f.Name, given)
		}
	}
	return r.newForm(w, req, p, a, http.StatusOK, form{customer: chosen(p, nil), values: values})
}

func (r *Register[T]) newForm(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor, status int, f form) error {
	p.Title = p.T(r.key("add"))
	r.crumbs(p)
	f.action, f.back, f.submit = r.Path+"/new", r.Path, p.T(r.key("add"))
	if f.customer == "" {
		for _, c := range p.Customers {
			f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
		}
		ui.Render(w, req, status, choosePage(p, r.Path+"/new", f))
		return nil
	}
	owner, err := r.customer(req.Context(), a, f.customer)
	if fault.Is(err, fault.Invalid) { // said above the form
		f.customer = ""
		return r.newForm(w, req, p, a, status, f)
	}
	if err != nil {
		return err
	}
	set, err := r.custom(req.Context(), a, f.customer)
	if err != nil {
		return err
	}
	if f.parts, err = r.formParts(req.Context(), p, a, owner, set, f); err != nil {
		return err
	}
	ui.Render(w, req, status, formPage(p, p.T(r.key("about")), f))
	return nil
}

func (r *Register[T]) postNew(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(r.Write); err != nil {
		return err
	}
	if err := web.ParseForm(w, req); err != nil {
		return err
	}
	f := form{customer: chosen(p, req.PostForm), values: req.PostForm}
	set, err := r.custom(req.Context(), a, f.customer)
	if err != nil {
		return err
	}
	rec, err := r.Create(req.Context(), a, f.customer, r.fromForm(p, set, req.PostForm))
	if err != nil {
		if !r.refuse(p, &f, set, err) {
			return err
		}
		return r.newForm(w, req, p, a, web.Status(err), f)
	}
	return web.Done(w, req, p, r.Path+"/"+head(&rec).ID, p.T("register.common.added", "name", r.name(&rec)))
}

// refuse notes what is wrong with a form; ok is false for errors that it cannot show.
func (r *Register[T]) refuse(p *ui.Page, f *form, set field.Set, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.Or(r.key("field."+field), p.Or("register.common."+field, field)) })
	set.Faults(p, f.summary, f.errors)
	return ok
}

func (r *Register[T]) showEdit(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := r.one(req, p, a, r.Write)
	if err != nil {
		return err
	}
	set, err := r.custom(req.Context(), a, head(&rec).Customer)
	if err != nil {
		return err
	}
	values := r.filled(p, &rec)
	maps.Copy(values, set.Filled(tail(&rec).Custom))
	return r.editForm(w, req, p, a, http.StatusOK, &rec, set, form{values: values, version: version(&rec)})
}

func (r *Register[T]) editForm(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor, status int, rec *T, set field.Set, f form) (err error) {
	h := head(rec)
	p.Title = p.T("register.common.edit_title", "name", r.name(rec))
	r.crumbs(p, ui.Link{Label: r.name(rec), Href: r.Path + "/" + h.ID})
	f.action, f.back, f.submit, f.customer = r.Path+"/"+h.ID+"/edit", r.Path+"/"+h.ID, p.T("register.common.save"), h.Customer
	if f.parts, err = r.formParts(req.Context(), p, a, h.CustomerID, set, f); err != nil {
		return err
	}
	ui.Render(w, req, status, formPage(p, "", f))
	return nil
}

func (r *Register[T]) postEdit(w http.ResponseWriter, req *http.Request, p *ui.Page, a permission.Actor) error {
	rec, err := r.one(req, p, a, r.Write)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, req); err != nil {
		return err
	}
	set, err := r.custom(req.Context(), a, head(&rec).Customer)
	if err != nil {
		return err
	}
	f := form{values: req.PostForm, version: req.PostFormValue("version")}
	after, edit, err := r.change(req.Context(), a, head(&rec).ID, web.Version(req), r.fromForm(p, set, req.PostForm), true)
	if err != nil {
		if !r.refuse(p, &f, set, err) {
			return err
		}
		return r.editForm(w, req, p, a, web.Status(err), &rec, set, f)
	}
	return web.DoneWithUndo(w, req, p, r.Path+"/"+head(&rec).ID, p.T("register.common.saved", "name", r.name(&after)), edit)
}

// formParts are the fields of a form, by section, and the custom ones behind them.
func (r *Register[T]) formParts(ctx context.Context, p *ui.Page, a permission.Actor, owner string, set field.Set, f form) (out []formPart, err error) {
	for _, name := range r.sectionNames() {
		var part formPart
		if name != "" {
			part.title = p.T(r.key("section." + name))
		}
		for _, one := range r.fields {
			if one.Section != name || one.Fixed {
				continue
			}
			c, err := r.input(ctx, p, a, owner, one, f)
			if err != nil {
				return nil, err
			}
			part.fields = append(part.fields, c)
		}
		if len(part.fields) > 0 {
			out = append(out, part)
		}
	}
	if len(set.Fields) == 0 {
		return out, nil
	}
	scope, err := a.Scope().Narrow(owner)
	if err != nil {
		return nil, err
	}
	more := formPart{title: p.T("field.block")}
	err = r.parts.DB.View(ctx, scope, func(tx *db.Tx) error {
		more.fields, err = set.Inputs(ctx, tx, p, f.values, f.errors, f.customer)
		return err
	})
	return append(out, more), err
}

// input is a field's part of a form.
func (r *Register[T]) input(ctx context.Context, p *ui.Page, a permission.Actor, owner string, f Field, in form) (templ.Component, error) {
	u := ui.Field{Name: f.Name, Label: r.label(p, f), Value: in.values.Get(f.Name), Required: f.Required, Error: in.errors[f.Name], Autocomplete: "off"}
	if f.Help {
		u.Help = p.T(r.key("help." + f.Name))
	}
	if r.Options[f.Name] != nil {
		u.Options = r.options(p, f)
		return ui.Select(p, u), nil
	}
	switch f.Kind {
	case Long:
		return ui.Textarea(p, u), nil
	case Choice, Language:
		u.Options = r.options(p, f)
		return ui.Select(p, u), nil
	case YesNo:
		return boxed(f.Name, ui.Checkbox(p, u)), nil
	case Several:
		u.Options = r.options(p, f)
		return emptied(f.Name, ui.CheckboxGroup(p, u, in.values[f.Name])), nil
	case List:
		u.Options = r.options(p, f)
		var pairs []ui.TagPair
		for _, pair := range pairsOf(in.values[f.Name+"_kind"], in.values[f.Name+"_value"]) {
			if strings.TrimSpace(pair.Value) != "" {
				pairs = append(pairs, ui.TagPair{Key: pair.Kind, Value: pair.Value})
			}
		}
		return ui.PairEditor(p, u, pairs), nil
	case Ref:
		picked, err := r.picker(ctx, p, a, owner, f, u.Value, in.values.Get(f.Name+"_q"))
		picked.Help, picked.Error = u.Help, u.Error
		return ui.Picker(p, picked, r.Path+"/pick?"+url.Values{"field": {f.Name}, "for": {in.customer}}.Encode()), err
	case Instant:
		return ui.DateTime(p, u), nil
	}
	u.Type = map[Kind]string{Email: "email", Phone: "tel", URL: "url", Day: "date", Number: "number", Percent: "number"}[f.Kind]
	switch f.Kind {
	case Span:
		u.Placeholder = "PT4H"
	case Fraction:
		u.Placeholder = "99.9"
	case Amount:
		u.Placeholder = "1200.00 EUR"
	}
	return ui.Input(p, u), nil
}
