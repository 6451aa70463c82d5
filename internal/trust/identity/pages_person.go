package identity

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// personView is a person as the page shows one.
type personView struct {
	User
	factors            Factors
	sessions           []Session
	tokens             []Token
	write, self, glass bool
}

func (v personView) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("people.email"), Value: ui.Text(v.Email)},
		{Label: p.T("people.role"), Value: ui.Text(roleWord(p, v.Role))},
		{Label: p.T("people.customers"), Value: ui.Text(reach(p, v.Customers))},
		{Label: p.T("people.language"), Value: ui.Text(languageName(p, v.Language))},
		{Label: p.T("people.time_zone"), Value: ui.Text(v.TimeZone)},
		{Label: p.T("people.since"), Value: ui.When(p, v.CreatedAt.Time)},
	}
	if !v.Invited.IsZero() {
		facts = append(facts, ui.Fact{Label: p.T("people.invited_until"), Value: ui.When(p, v.Invited.Time)})
	}
	return facts
}

// factorFacts says what somebody has to sign in.
func factorFacts(p *ui.Page, f Factors) []ui.Fact {
	yes := func(on bool) templ.Component {
		if on {
			return ui.Status(ui.Good, p.T("people.factor.yes"))
		}
		return ui.Status(ui.Off, p.T("people.factor.no"))
	}
	names := make([]string, len(f.Passkeys))
	for i, k := range f.Passkeys {
		names[i] = k.Name
	}
	first := ui.Fact{Label: p.T("people.method.password"), Value: yes(f.Password)}
	if f.Provider != "" {
		first = ui.Fact{Label: p.T("people.method.external"), Value: ui.Text(f.Provider)}
	}
	return []ui.Fact{
		first,
		{Label: p.T("people.method.totp"), Value: yes(f.TOTP)},
		{Label: p.T("people.factor.passkeys"), Value: ui.Either(p, strings.Join(names, ", "))},
		{Label: p.T("people.factor.codes"), Value: ui.Text(p.N("people.factor.left", f.Recovery))},
	}
}

func languageName(p *ui.Page, code string) string {
	for _, l := range p.Languages() {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

// one reads the person of the address. A person of one customer is not shown under the name of another.
func (h room) one(r *http.Request, p *ui.Page, a permission.Actor, need permission.Action) (User, error) {
	u, err := h.s.User(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = a.Require(need)
	}
	if err == nil && len(u.Customers) > 0 && p.Customer != nil && !slices.Contains(u.Customers, p.Customer.Slug) {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	p.Active = "people"
	p.Crumbs = []ui.Link{{Label: p.T("people.list"), Href: "/people"}}
	return u, err
}

func (h room) person(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.one(r, p, a, permission.UserRead)
	if err != nil {
		return err
	}
	v := personView{User: u, write: a.May(permission.UserWrite), self: u.ID == a.ID}
	if v.sessions, err = h.s.Sessions(r.Context(), a, u.ID); err != nil {
		return err
	}
	if v.tokens, err = h.s.Tokens(r.Context(), a, u.ID); err != nil {
		return err
	}
	if v.glass, err = h.s.isGlass(r.Context(), a, u.ID); err != nil {
		return err
	}
	if v.factors, err = h.s.Factors(r.Context(), a, u.ID); err != nil {
		return err
	}
	p.Title = u.Name
	ui.Render(w, r, http.StatusOK, personPage(p, v))
	return nil
}

// personForm is the form of a person as it was typed.
type personForm struct {
	ID, Name, Email, Role, Language, TimeZone, Version string
	Customers                                          []string

	roles   []ui.Option
	summary []ui.FieldFault
	errors  map[string]string
}

func readPerson(r *http.Request) personForm {
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return personForm{ID: r.PathValue("id"), Name: get("name"), Email: get("email"), Role: get("role"), Language: get("language"), TimeZone: get("time_zone"),
		Version: get("version"), Customers: r.PostForm["customers"]}
}

// label names a field of this room's forms in the summary of what is wrong.
// i18n: people.*
func label(p *ui.Page) func(string) string {
	return func(field string) string {
		switch field {
		case "customer":
			field = "customers"
		case "current_password":
			field = "profile.current_password"
		case "password":
			field = "profile.password"
		case "request_rate":
			return p.T("people.token.rate")
		case "expires_at":
			field = "token.expires"
		case "code":
			field = "factor.code"
		}
		return p.Or("people."+field, field)
	}
}

func (f *personForm) refuse(p *ui.Page, err error) (ok bool) {
	f.summary, f.errors, ok = web.Faults(p, err, label(p))
	var taken *fault.Error
	if ok && errors.As(err, &taken) && taken.Key == emailTaken {
		f.summary[0].Name, f.summary[0].Label = "email", p.T("people.email")
		f.errors["email"] = f.summary[0].Message
	}
	return ok
}

func (h room) personForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f personForm) {
	f.roles = roleOptions(p, a.Role())
	p.Active, p.Title = "people", p.T("people.add")
	p.Crumbs = []ui.Link{{Label: p.T("people.list"), Href: "/people"}}
	if f.ID != "" {
		p.Title = p.T("people.edit_title", "name", f.Name)
		p.Crumbs = append(p.Crumbs, ui.Link{Label: f.Name, Href: "/people/" + f.ID})
	}
	ui.Render(w, r, status, personFormPage(p, f))
}

func (h room) newPerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.UserWrite); err != nil {
		return err
	}
	f := personForm{Language: p.Lang(), TimeZone: p.Zone().String(), Role: string(permission.Agent)}
	if p.Customer != nil {
		f.Customers = []string{p.Customer.Slug}
	}
	h.personForm(w, r, p, a, http.StatusOK, f)
	return nil
}

func (h room) createPerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.UserWrite); err != nil {
		return err
	}
	f := readPerson(r)
	u, err := h.s.CreateUser(r.Context(), a, NewUser{Email: f.Email, Name: f.Name, Role: permission.Role(f.Role), Customers: f.Customers, Language: f.Language, TimeZone: f.TimeZone, Invite: true})
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.personForm(w, r, p, a, web.Status(err), f)
		return nil
	}
	if len(u.Customers) > 0 && web.Customer(p) != "" && !slices.Contains(u.Customers, web.Customer(p)) {
		p.Customer = nil
	}
	return web.Done(w, r, p, "/people/"+u.ID, p.T("people.done_add", "email", u.Email))
}

func (h room) editPerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return err
	}
	h.personForm(w, r, p, a, http.StatusOK, personForm{ID: u.ID, Name: u.Name, Email: u.Email, Role: string(u.Role), Language: u.Language, TimeZone: u.TimeZone,
		Customers: u.Customers, Version: strconv.FormatInt(u.Version, 10)})
	return nil
}

func (h room) changePerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return err
	}
	f := readPerson(r)
	f.Email = u.Email
	role := permission.Role(f.Role)
	if f.Customers == nil {
		f.Customers = []string{}
	}
	change := ChangeUser{Name: &f.Name, Role: &role, Customers: &f.Customers, Language: &f.Language, TimeZone: &f.TimeZone}
	if _, err := h.s.UpdateUser(r.Context(), a, u.ID, web.Version(r), change); err != nil {
		if !f.refuse(p, err) {
			return err
		}
		h.personForm(w, r, p, a, web.Status(err), f)
		return nil
	}
	return web.Done(w, r, p, "/people/"+u.ID, p.T("people.done_edit"))
}

func (h room) disablePerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.setDisabled(w, r, p, a, true, p.T("people.done_disable"))
}

func (h room) enablePerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.setDisabled(w, r, p, a, false, p.T("people.done_enable"))
}

func (h room) setDisabled(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, off bool, done string) error {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return err
	}
	to := "/people/" + u.ID
	if _, err := h.s.UpdateUser(r.Context(), a, u.ID, web.Version(r), ChangeUser{Disabled: &off}); err != nil {
		return web.Refused(w, r, p, to, err)
	}
	return web.Done(w, r, p, to, done)
}

// posted reads the person of a page and the form that was sent there, made for the version that they still have.
func (h room) posted(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) (User, error) {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return u, err
	}
	if v := web.Version(r); v != 0 && v != u.Version {
		return u, fault.New(fault.Stale, "fault.stale")
	}
	return u, nil
}

func (h room) signOutPerson(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.posted(w, r, p, a)
	if err != nil {
		return err
	}
	n, err := h.s.RevokeSessions(r.Context(), a, u.ID)
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/people/"+u.ID, p.N("people.session.ended", int(n)))
}

func (h room) sendLink(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	u, err := h.one(r, p, a, permission.UserWrite)
	if err != nil {
		return err
	}
	if err := h.s.SendLink(r.Context(), a, u.ID); err != nil {
		return web.Refused(w, r, p, "/people/"+u.ID, err)
	}
	return web.Done(w, r, p, "/people/"+u.ID, p.T("people.done_link", "email", u.Email))
}
