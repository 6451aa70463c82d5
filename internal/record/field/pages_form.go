package field

import (
	"net/http"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// definition is the form of a field as it was typed.
type definition struct {
	Customer, RecordType, Key, LabelEN, LabelFR, HelpEN, HelpFR, Kind, Choices, Required, Version string

	fresh     bool
	customers []ui.Option
	types     []ui.Option
	summary   []ui.FieldFault
	errors    map[string]string
}

// house stands for all customers in the form; no slug has such a form.
const house = "*"

func readDefinition(r *http.Request) definition {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return definition{Customer: get("customer"), RecordType: get("record_type"), Key: get("key"), LabelEN: get("label_en"), LabelFR: get("label_fr"), HelpEN: get("help_en"),
		HelpFR: get("help_fr"), Kind: get("kind"), Choices: r.PostFormValue("choices"), Required: get("required"), Version: get("version")}
}

// The choices of a field are written one a line: key | English | French | archived. A line with only a label has its key made of it.
func readChoices(text string) (out []Option) {
	for _, line := range strings.Split(text, "\n") {
		parts := strings.Split(line, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if strings.Join(parts, "") == "" {
			continue
		}
		o := Option{Key: parts[0], LabelEN: parts[0]}
		if len(parts) == 1 {
			o.Key = keyOf(parts[0])
		} else {
			o.LabelEN = parts[1]
		}
		if len(parts) > 2 {
			o.LabelFR = parts[2]
		}
		o.Archived = len(parts) > 3 && parts[3] != ""
		out = append(out, o)
	}
	return out
}

func writeChoices(all []Option) string {
	var b strings.Builder
	for _, o := range all {
		b.WriteString(o.Key + " | " + o.LabelEN + " | " + o.LabelFR)
		if o.Archived {
			b.WriteString(" | archived")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// keyOf makes the key of a choice of its label.
func keyOf(label string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(label) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 40 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

func (f *definition) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, func(name string) string { return p.Or("field.word."+name, name) }) // i18n: field.word.*
	return ok
}

func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FieldWrite); err != nil {
		return err
	}
	f := definition{Customer: web.Customer(p), RecordType: p.Query.Get("record_type"), Kind: string(Text)}
	return h.newForm(w, r, p, a, http.StatusOK, f)
}

func (h pages) newForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f definition) error {
	f.fresh = true
	if mayHouse(a) == nil {
		f.customers = append(f.customers, ui.Option{Value: house, Label: p.T("field.all_customers")})
	}
	customers := p.Customers
	if len(customers) == 0 && p.Customer != nil {
		customers = []ui.Customer{*p.Customer}
	}
	for _, c := range customers {
		f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
	}
	for _, t := range h.s.Types() {
		f.types = append(f.types, ui.Option{Value: t, Label: typeWord(p, t)})
	}
	p.Title = p.T("field.add")
	h.crumbs(p)
	ui.Render(w, r, status, definitionPage(p, home+"/new", home, p.T("field.add"), f))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FieldWrite); err != nil {
		return err
	}
	f := readDefinition(r)
	in := New{Customer: f.Customer, RecordType: f.RecordType, Key: f.Key, LabelEN: f.LabelEN, LabelFR: f.LabelFR, HelpEN: f.HelpEN, HelpFR: f.HelpFR, Kind: Kind(f.Kind),
		Choices: readChoices(f.Choices), Required: f.Required == "true"}
	if in.Customer == house {
		in.Customer = ""
	} else if in.Customer == "" { // nobody is not everybody
		in.Customer = Nobody
	}
	made, err := h.s.Create(r.Context(), a, in)
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.newForm(w, r, p, a, web.Status(err), f)
	}
	return web.Done(w, r, p, home+"/"+made.ID, p.T("field.done_add", "name", made.Label(p.Lang())))
}

func (h pages) edit(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if !may(a, found) {
		return a.Require(permission.FieldHouse)
	}
	f := definition{LabelEN: found.LabelEN, LabelFR: found.LabelFR, HelpEN: found.HelpEN, HelpFR: found.HelpFR, Kind: string(found.Kind), Choices: writeChoices(found.Choices),
		Required: strconv.FormatBool(found.Required), Version: strconv.FormatInt(found.Version, 10)}
	return h.editForm(w, r, p, http.StatusOK, found, f)
}

func (h pages) editForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, found Field, f definition) error {
	name := found.Label(p.Lang())
	p.Title = p.T("field.edit_title", "name", name)
	h.crumbs(p, ui.Link{Label: name, Href: home + "/" + found.ID})
	f.Key = found.Key
	ui.Render(w, r, status, definitionPage(p, home+"/"+found.ID+"/edit", home+"/"+found.ID, p.T("field.save"), f))
	return nil
}

func (h pages) change(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := readDefinition(r)
	kind, choices, required := Kind(f.Kind), readChoices(f.Choices), f.Required == "true"
	in := Change{LabelEN: &f.LabelEN, LabelFR: &f.LabelFR, HelpEN: &f.HelpEN, HelpFR: &f.HelpFR, Kind: &kind, Choices: &choices, Required: &required}
	after, err := h.s.Update(r.Context(), a, found.ID, web.Version(r), in)
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.editForm(w, r, p, web.Status(err), found, f)
	}
	return web.Done(w, r, p, home+"/"+found.ID, p.T("field.done_edit", "name", after.Label(p.Lang())))
}

func kindOptions(p *ui.Page) (out []ui.Option) {
	for _, k := range Kinds() {
		out = append(out, ui.Option{Value: string(k), Label: kindWord(p, k)})
	}
	return out
}
