package identity

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// browser names a browser and its system by what it says of itself; the whole text is in the API.
func browser(agent string) string {
	name, system := "", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, b := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, b[0]) {
			system = b[1]
			break
		}
	}
	switch {
	case name == "":
		return agent[:min(len(agent), 40)]
	case system == "":
		return name
	}
	return name + " · " + system
}

// i18n: people.method.*
func methodWord(p *ui.Page, s Session) string {
	word := p.Or("people.method."+s.Method, s.Method)
	if s.Factor != "" && s.Factor != s.Method {
		word += " + " + p.Or("people.method."+s.Factor, s.Factor)
	}
	return word
}

func (h room) sessions(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("people.session.list"), "sessions"
	now := db.At(h.s.clock.Now())
	l := web.Lister{DB: h.s.db, Need: permission.UserRead, Spec: SessionSpec, Within: func(q list.Query) list.Query { return openSessions(a, now, q) }}
	answers := func(ctx context.Context, tx *db.Tx, rows []sessionRow) ([]Session, error) {
		return shownSessions(ctx, tx, a.Via, rows)
	}
	if done, err := web.DownloadPages(w, r, p, a, l, "sessions", nil, answers); done {
		return err
	}
	found, err := web.ReadList[sessionRow](r, p, a, l)
	if err != nil {
		return err
	}
	var shown []Session
	err = h.s.db.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
		shown, err = shownSessions(r.Context(), tx, a.Via, found.Items)
		return err
	})
	if err != nil {
		return err
	}
	methods := []ui.Option{}
	for _, m := range []string{byPassword, byPasskey, external} {
		methods = append(methods, ui.Option{Value: m, Label: p.T("people.method." + m)})
	}
	found.Filters(ui.Filter{Name: "method", Label: p.T("people.session.method"), Options: methods})
	table := found.List
	table.ID, table.Label, table.Search = "sessions", p.Title, p.T("people.session.search")
	table.Empty = ui.Empty{Title: p.T("people.session.none"), Text: p.T("people.session.none_text")}
	may := a.May(permission.UserWrite)
	columns := []ui.Column[Session]{
		{Key: "user", Label: p.T("people.session.person"), Cell: func(s Session) templ.Component { return ui.Text(s.User) }},
		{Key: "agent", Label: p.T("people.session.browser"), Cell: func(s Session) templ.Component { return sessionBrowser(p, s) }},
		{Key: "address", Label: p.T("people.session.address"), Cell: func(s Session) templ.Component { return ui.Code(s.Address) }},
		{Key: "method", Label: p.T("people.session.method"), Cell: func(s Session) templ.Component { return ui.Text(methodWord(p, s)) }},
		{Key: "seen_at", Label: p.T("people.session.seen"), Sort: true, NoWrap: true, Cell: func(s Session) templ.Component { return ui.When(p, s.SeenAt.Time) }},
		{Key: "created_at", Label: p.T("people.session.since"), Sort: true, NoWrap: true, Cell: func(s Session) templ.Component { return ui.When(p, s.CreatedAt.Time) }},
	}
	if may {
		columns = append(columns, ui.Column[Session]{Key: "end", Label: p.T("people.session.end"), Cell: func(s Session) templ.Component { return endSession(p, s, "/sessions") }})
	}
	ui.Render(w, r, http.StatusOK, listPage(p, p.T("people.session.help"), ui.NewTable(table, columns, shown, func(s Session) ui.Row {
		return ui.Row{ID: s.ID, Href: "/people/" + s.UserID, Name: s.User}
	})))
	return nil
}

func (h room) revokeSession(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := h.s.RevokeSession(r.Context(), a, r.PathValue("id"), web.Version(r)); err != nil {
		return err
	}
	back := ui.LocalPath(r.PostFormValue("back"))
	return web.Done(w, r, p, back, p.T("people.session.done"))
}
