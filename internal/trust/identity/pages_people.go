package identity

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages for people who are signed in on the mux. Signing in itself has its own: see Mount.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := room{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /people":                    h.people,
		"GET /people/new":                h.newPerson,
		"POST /people/new":               h.createPerson,
		"GET /people/{id}":               h.person,
		"GET /people/{id}/edit":          h.editPerson,
		"POST /people/{id}/edit":         h.changePerson,
		"POST /people/{id}/disable":      h.disablePerson,
		"POST /people/{id}/enable":       h.enablePerson,
		"POST /people/{id}/link":         h.sendLink,
		"POST /people/{id}/sign-out":     h.signOutPerson,
		"GET /sessions":                  h.sessions,
		"POST /sessions/{id}/revoke":     h.revokeSession,
		"GET /tokens":                    h.tokens,
		"GET /tokens/new":                h.newToken,
		"POST /tokens/new":               h.createToken,
		"POST /tokens/{id}/revoke":       h.revokeToken,
		"GET /account":                   h.account,
		"POST /account":                  h.changeAccount,
		"POST /account/password":         h.changePassword,
		"POST /account/sessions":         h.signOutElsewhere,
		"GET /prove":                     h.proveForm,
		"POST /prove":                    h.prove,
		"POST /prove/options":            h.askProof,
		"POST /prove/passkey":            h.proveByPasskey,
		"GET /account/totp":              h.newTOTP,
		"POST /account/totp":             h.addTOTP,
		"POST /account/totp/remove":      h.removeTOTP,
		"POST /account/recovery":         h.renewRecovery,
		"POST /account/passkeys/options": h.askNewPasskey,
		"POST /account/passkeys":         h.addPasskey,
		"POST /account/passkeys/remove":  h.removePasskey,
		"POST /people/{id}/factors":      h.resetFactors,
		"GET /sign-in-rules":             h.rules,
		"POST /sign-in-rules":            h.setRules,
		"POST /break-glass/end":          h.endGlass,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type room struct{ s *Service }

// i18n: trust.role.*
func roleWord(p *ui.Page, r permission.Role) string { return p.Or("trust.role."+string(r), string(r)) }

func roleOptions(p *ui.Page, may permission.Role) (out []ui.Option) {
	for _, r := range permission.Roles() {
		if narrower(r, may) {
			out = append(out, ui.Option{Value: string(r), Label: roleWord(p, r)})
		}
	}
	return out
}

func userState(p *ui.Page, u User) templ.Component {
	switch {
	case u.Disabled:
		return ui.Status(ui.Off, p.T("people.state.disabled"))
	case !u.Invited.IsZero() && !p.Now().Before(u.Invited.Time):
		return ui.Status(ui.Soon, p.T("people.state.expired"))
	case !u.Invited.IsZero():
		return ui.Status(ui.Busy, p.T("people.state.invited"))
	}
	return ui.Status(ui.Good, p.T("people.state.active"))
}

// reach says whose data a person sees.
func reach(p *ui.Page, slugs []string) string {
	if len(slugs) == 0 {
		return p.T("people.all_customers")
	}
	names := make([]string, len(slugs))
	for i, s := range slugs {
		names[i] = web.CustomerName(p, s)
	}
	return strings.Join(names, ", ")
}

func (h room) people(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("people.list"), "people"
	l := web.Lister{DB: h.s.db, Need: permission.UserRead, Spec: Spec, Within: func(q list.Query) list.Query {
		if !a.Scope().All() {
			q = q.Where(within)
		}
		if p.Customer != nil && len(p.Customers) > 0 {
			q = ofCustomer(q, p.Customer.Slug)
		}
		return q
	}}
	if done, err := web.DownloadPages(w, r, p, a, l, "people", nil, shownUsers); done {
		return err
	}
	found, err := web.ReadList[user](r, p, a, l)
	if err != nil {
		return err
	}
	var shown []User
	err = h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
		shown, err = shownUsers(r.Context(), tx, found.Items)
		return err
	})
	if err != nil {
		return err
	}
	roles := []ui.Option{}
	for _, role := range permission.Roles() {
		roles = append(roles, ui.Option{Value: string(role), Label: roleWord(p, role)})
	}
	found.Filters(ui.Filter{Name: "role", Label: p.T("people.role"), Options: roles},
		ui.Filter{Name: "disabled_at.empty", Label: p.T("people.state.label"), Options: []ui.Option{{Value: "true", Label: p.T("people.state.active")}, {Value: "false", Label: p.T("people.state.disabled")}}},
		ui.Filter{Name: "invited_until.empty", Label: p.T("people.invitation"), Options: []ui.Option{{Value: "false", Label: p.T("people.invitation_waits")}, {Value: "true", Label: p.T("people.invitation_none")}}})
	table := found.List
	table.ID, table.Label, table.Search = "people", p.Title, p.T("people.search")
	table.Empty = ui.Empty{Title: p.T("people.none"), Text: p.T("people.none_text")}
	may := a.May(permission.UserWrite)
	if may {
		table.Empty.Action = ui.Link{Label: p.T("people.add"), Href: "/people/new"}
	}
	t := ui.NewTable(table, []ui.Column[User]{
		{Key: "name", Label: p.T("people.name"), Sort: true, Cell: func(u User) templ.Component { return ui.Text(u.Name) }},
		{Key: "email", Label: p.T("people.email"), Sort: true, Cell: func(u User) templ.Component { return ui.Breakable(u.Email) }},
		{Key: "role", Label: p.T("people.role"), Sort: true, NoWrap: true, Cell: func(u User) templ.Component { return ui.Text(roleWord(p, u.Role)) }},
		{Key: "customers", Label: p.T("people.customers"), Cell: func(u User) templ.Component { return ui.Text(reach(p, u.Customers)) }},
		{Key: "state", Label: p.T("people.state.label"), NoWrap: true, Cell: func(u User) templ.Component { return userState(p, u) }},
		{Key: "created_at", Label: p.T("people.since"), Sort: true, NoWrap: true, Cell: func(u User) templ.Component { return ui.When(p, u.CreatedAt.Time) }},
	}, shown, func(u User) ui.Row { return ui.Row{ID: u.ID, Href: "/people/" + u.ID, Name: u.Name} })
	ui.Render(w, r, http.StatusOK, peoplePage(p, t, may, a.May(permission.SignInRule)))
	return nil
}
