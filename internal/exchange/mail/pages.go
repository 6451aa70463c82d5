package mail

import (
	"net/http"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux: the log, the settings and the addresses that get no mail.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /mails":                        h.list,
		"GET /mails/{id}":                   h.show,
		"POST /mails/{id}/resend":           h.resend,
		"GET /mail-settings":                h.settings,
		"POST /mail-settings":               h.save,
		"POST /mail-settings/test":          h.test,
		"GET /mail-settings/preview":        h.preview,
		"GET /mail-suppressions":            h.suppressions,
		"POST /mail-suppressions/{id}/lift": h.lift,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

type pages struct{ s *Service }

// tabs lead between the pages of the room.
func tabs(p *ui.Page, active string) []ui.Tab {
	out := []ui.Tab{{Label: p.T("mails.tab.log"), Href: "/mails"}, {Label: p.T("mails.tab.suppressions"), Href: "/mail-suppressions"}, {Label: p.T("mails.tab.settings"), Href: "/mail-settings"}}
	for i := range out {
		out[i].Active = out[i].Href == active
	}
	return out
}

// i18n: mails.state.*
func stateWord(p *ui.Page, s State) string { return p.T("mails.state." + string(s)) }

func stateTone(s State) ui.Tone {
	switch s {
	case Sent:
		return ui.Good
	case Queued, Sending:
		return ui.Busy
	case Bounced, Failed:
		return ui.Bad
	}
	return ui.Off
}

// reply says what the server answered in the reader's language where we know it, in its own words otherwise.
func reply(p *ui.Page, text string) string {
	switch text {
	case noServer:
		return p.T("mails.reply.no_server")
	case lostText:
		return p.T("mails.reply.lost")
	}
	return text
}

func customerCell(p *ui.Page, slug string) templ.Component {
	if slug == "" {
		return ui.Text(p.T("mails.instance"))
	}
	return ui.Text(web.CustomerName(p, slug))
}

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("mails.list"), "mails"
	l := web.Lister{DB: h.s.db, Need: permission.MailRead, Spec: Spec, Customer: "k.slug"}
	if done, err := web.Download(w, r, p, a, l, "mails", logRow.shown); done {
		return err
	}
	found, err := web.ReadList[logRow](r, p, a, l)
	if err != nil {
		return err
	}
	states := []ui.Option{}
	for _, s := range States() {
		states = append(states, ui.Option{Value: string(s), Label: stateWord(p, s)})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("mails.column.state"), Options: states})
	table := found.List
	table.ID, table.Label, table.Search = "mails", p.Title, p.T("mails.search")
	table.Empty = ui.Empty{Title: p.T("mails.none"), Text: p.T("mails.none_text")}
	columns := []ui.Column[logRow]{
		{Key: "subject", Label: p.T("mails.column.subject"), Cell: func(m logRow) templ.Component { return ui.Text(m.Subject) }},
		{Key: "to_email", Label: p.T("mails.column.to"), Cell: func(m logRow) templ.Component { return ui.Text(m.ToEmail) }},
		{Key: "state", Label: p.T("mails.column.state"), NoWrap: true, Cell: func(m logRow) templ.Component { return ui.Status(stateTone(m.State), stateWord(p, m.State)) }},
		{Key: "reply", Label: p.T("mails.column.reply"), Cell: func(m logRow) templ.Component { return ui.Either(p, reply(p, m.ReplyText)) }},
		{Key: "created_at", Label: p.T("mails.column.at"), Sort: true, NoWrap: true, Cell: func(m logRow) templ.Component { return ui.When(p, m.CreatedAt.Time) }},
	}
	if p.Customer == nil {
		columns = append(columns, ui.Column[logRow]{Key: "customer", Label: p.T("mails.column.customer"), Cell: func(m logRow) templ.Component { return customerCell(p, string(m.Slug)) }})
	}
	t := ui.NewTable(table, columns, found.Items, func(m logRow) ui.Row { return ui.Row{ID: m.ID, Href: "/mails/" + m.ID, Name: m.Subject} })
	ui.Render(w, r, http.StatusOK, logPage(p, t, !h.s.canSend(r, a)))
	return nil
}

// canSend tells whether there is a server for the mail that the reader looks at.
func (s *Service) canSend(r *http.Request, a permission.Actor) bool {
	w, err := s.effective(r.Context(), Instance)
	return err != nil || w.ready()
}

func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (History, error) {
	m, err := h.s.Mail(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return m, err
	}
	return m, web.Belongs(p, m.Customer)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	p.Title, p.Active = m.Subject, "mails"
	p.Crumbs = []ui.Link{{Label: p.T("mails.list"), Href: "/mails"}}
	ui.Render(w, r, http.StatusOK, mailPage(p, m, a.May(permission.MailWrite)))
	return nil
}

func (m History) facts(p *ui.Page) []ui.Fact {
	to := m.ToEmail
	if m.ToName != "" {
		to = m.ToName + " · " + m.ToEmail
	}
	out := []ui.Fact{{Label: p.T("mails.column.to"), Value: ui.Text(to)}, {Label: p.T("mails.column.customer"), Value: customerCell(p, m.Customer)},
		{Label: p.T("mails.column.template"), Value: ui.Code(m.Template)}, {Label: p.T("mails.column.attempts"), Value: ui.Text(p.Number(int(m.Attempts)))}}
	if !m.DueAt.IsZero() {
		out = append(out, ui.Fact{Label: p.T("mails.column.due"), Value: ui.When(p, m.DueAt.Time)})
	}
	return out
}

func (m History) entries(p *ui.Page) []ui.Entry {
	out := make([]ui.Entry, 0, len(m.Steps))
	for i := len(m.Steps) - 1; i >= 0; i-- {
		s := m.Steps[i]
		e := ui.Entry{Icon: "mail", Text: p.T("mails.step." + string(s.State)), At: s.At.Time} // i18n: mails.step.*
		if s.State == Queued && s.ReplyText != "" {
			e.Text = p.T("mails.step_again")
		}
		if text := reply(p, s.ReplyText); text != "" {
			e.Body = ui.Text(text)
		}
		out = append(out, e)
	}
	return out
}

func (h pages) resend(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if _, err := h.s.Resend(r.Context(), a, m.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/mails/"+m.ID, err)
	}
	return web.Done(w, r, p, "/mails/"+m.ID, p.T("mails.done_resend"))
}

// settingForm is the form as it was typed.
type settingForm struct {
	Setting
	Port, Password string

	summary []ui.FieldFault
	errors  map[string]string
}

// settingView is the settings page.
type settingView struct {
	form      settingForm
	write     bool
	fallback  way // what holds where nothing is set
	templates []ui.Option
	template  string
	language  string
	preview   string // address of the preview
	subject   string
	to        string
	testError string
}

// previewPolicy lets the message show its own inline style and nothing else: no script, nothing from outside, no forms.
const previewPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
