package identity

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h room) tokens(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("people.token.list"), "tokens"
	l := web.Lister{DB: h.s.db, Need: permission.TokenOwn, Spec: TokenSpec, Within: func(q list.Query) list.Query { return tokensOf(a, q) }}
	if done, err := web.DownloadPages(w, r, p, a, l, "tokens", nil, shownTokens); done {
		return err
	}
	found, err := web.ReadList[tokenRow](r, p, a, l)
	if err != nil {
		return err
	}
	var shown []Token
	err = h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
		shown, err = shownTokens(r.Context(), tx, found.Items)
		return err
	})
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "revoked_at.empty", Label: p.T("people.state.label"), Options: []ui.Option{
		{Value: "true", Label: p.T("people.token.state.valid")}, {Value: "false", Label: p.T("people.token.state.revoked")}}})
	table := found.List
	table.ID, table.Label, table.Search = "tokens", p.Title, p.T("people.token.search")
	table.Empty = ui.Empty{Title: p.T("people.token.none"), Text: p.T("people.token.none_text"), Action: ui.Link{Label: p.T("people.token.add"), Href: "/tokens/new"}}
	columns := []ui.Column[Token]{
		{Key: "name", Label: p.T("people.token.name"), Sort: true, Cell: func(t Token) templ.Component { return ui.Text(t.Name) }},
		{Key: "user", Label: p.T("people.token.person"), Cell: func(t Token) templ.Component { return ui.Text(t.User) }},
		{Key: "role", Label: p.T("people.role"), Cell: func(t Token) templ.Component { return ui.Text(roleWord(p, t.Role)) }},
		{Key: "customer", Label: p.T("people.token.customer"), Cell: func(t Token) templ.Component { return ui.Either(p, tokenCustomer(p, t)) }},
		{Key: "state", Label: p.T("people.state.label"), NoWrap: true, Cell: func(t Token) templ.Component { return web.TokenState(p, t.RevokedAt, t.ExpiresAt) }},
		{Key: "created_at", Label: p.T("people.since"), Sort: true, NoWrap: true, Cell: func(t Token) templ.Component { return ui.When(p, t.CreatedAt.Time) }},
		{Key: "used_at", Label: p.T("people.token.used"), Sort: true, NoWrap: true, Cell: func(t Token) templ.Component { return ui.Moment(p, t.UsedAt) }},
		{Key: "expires_at", Label: p.T("people.token.expires"), NoWrap: true, Cell: func(t Token) templ.Component { return ui.Moment(p, t.ExpiresAt) }},
		{Key: "end", Label: p.T("people.token.revoke"), Cell: func(t Token) templ.Component {
			return revokeButton(p, t, "/tokens", t.UserID == a.ID || a.May(permission.UserWrite))
		}},
	}
	ui.Render(w, r, http.StatusOK, tokensPage(p, ui.NewTable(table, columns, shown, func(t Token) ui.Row { return ui.Row{ID: t.ID, Name: t.Name} })))
	return nil
}

func tokenCustomer(p *ui.Page, t Token) string {
	if t.Customer == "" {
		return ""
	}
	return web.CustomerName(p, t.Customer)
}

// tokenForm is the form of a new token as it was typed.
type tokenForm struct {
	Name, Role, Customer, Days, Rate string

	limits    bool // the reader may set the rate
	roles     []ui.Option
	customers []ui.Option
	summary   []ui.FieldFault
	errors    map[string]string
}

func (h room) newToken(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.TokenOwn); err != nil {
		return err
	}
	h.tokenForm(w, r, p, a, http.StatusOK, tokenForm{Role: string(a.Role()), Customer: web.Customer(p), Days: "90"})
	return nil
}

func (h room) tokenForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f tokenForm) {
	p.Title, p.Active = p.T("people.token.add"), "tokens"
	p.Crumbs = []ui.Link{{Label: p.T("people.token.list"), Href: "/tokens"}}
	f.roles, f.limits = roleOptions(p, a.Role()), MayLimit(a)
	for _, c := range p.Customers {
		f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
	}
	if len(f.customers) == 0 && p.Customer != nil {
		f.customers = []ui.Option{{Value: p.Customer.Slug, Label: p.Customer.Name}}
	}
	ui.Render(w, r, status, tokenFormPage(p, f))
}

func lifetimes(p *ui.Page) []ui.Option {
	return []ui.Option{{Value: "7", Label: p.N("people.token.days", 7)}, {Value: "30", Label: p.N("people.token.days", 30)}, {Value: "90", Label: p.N("people.token.days", 90)},
		{Value: "365", Label: p.N("people.token.days", 365)}, {Value: "0", Label: p.T("people.token.never")}}
}

func (h room) createToken(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.TokenOwn); err != nil {
		return err
	}
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := tokenForm{Name: get("name"), Role: get("role"), Customer: get("customer"), Days: get("days"), Rate: get("request_rate")}
	var bad fault.Fields
	days, known := map[string]int{"7": 7, "30": 30, "90": 90, "365": 365, "0": 0}[f.Days]
	if !known && f.Days != "" {
		bad.Add("days", "trust.field.past")
	}
	rate := int64(0)
	if f.Rate != "" {
		var err error
		if rate, err = strconv.ParseInt(f.Rate, 10, 64); err != nil {
			bad.Add("request_rate", "fault.out_of_range", "min", 0, "max", maxRate)
		}
	}
	err := bad.Err()
	var t Token
	var secret string
	if err == nil {
		t, secret, err = h.s.CreateToken(r.Context(), a, NewToken{Name: f.Name, Role: permission.Role(f.Role), Customer: f.Customer, Lifetime: time.Duration(days) * 24 * time.Hour, Rate: rate})
	}
	if err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		h.tokenForm(w, r, p, a, web.Status(err), f)
		return nil
	}
	// Shown in the answer and nowhere else: neither an address nor a cookie may hold it.
	w.Header().Set("Cache-Control", "no-store")
	p.Title, p.Active = p.T("people.token.made", "name", t.Name), "tokens"
	p.Crumbs = []ui.Link{{Label: p.T("people.token.list"), Href: "/tokens"}}
	ui.Render(w, r, http.StatusOK, madeTokenPage(p, secret))
	return nil
}

func (h room) revokeToken(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := h.s.RevokeToken(r.Context(), a, r.PathValue("id"), web.Version(r)); err != nil {
		return err
	}
	return web.Done(w, r, p, ui.LocalPath(r.PostFormValue("back")), p.T("people.token.done"))
}
