package mail

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
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
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if _, err := h.s.Resend(r.Context(), a, m.ID, versionOf(r.PostFormValue("version"))); err != nil {
		return web.Refused(w, r, p, "/mails/"+m.ID, err)
	}
	return web.Done(w, r, p, "/mails/"+m.ID, p.T("mails.done_resend"))
}

// versionOf reads the version that a form was made for; what is no number asks for no check.
func versionOf(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// chosen is whose settings a page is about: the chosen customer's, or the instance's.
func chosen(p *ui.Page) string {
	if p.Customer != nil {
		return p.Customer.Slug
	}
	return InstanceRef
}

// target is whose settings a form is about; it says so itself, so that a page that was open long does not change somebody else's.
func target(r *http.Request, p *ui.Page) (string, error) {
	ref := r.PostFormValue("customer")
	if ref == "" {
		return chosen(p), nil
	}
	return ref, web.Belongs(p, ref)
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

func (h pages) settings(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.MailRead); err != nil {
		return err
	}
	if p.Customer == nil && !a.Scope().All() {
		// Staff of some customers have no instance to set; they choose one of theirs.
		p.Title, p.Active = p.T("mails.settings"), "mails"
		ui.Render(w, r, http.StatusOK, choosePage(p))
		return nil
	}
	set, err := h.s.Setting(r.Context(), a, chosen(p))
	if err != nil {
		return err
	}
	return h.settingsPage(w, r, p, a, http.StatusOK, settingForm{Setting: set, Port: portText(set.ServerPort)}, "", "")
}

func portText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (h pages) settingsPage(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, f settingForm, to, testError string) error {
	p.Title, p.Active = p.T("mails.settings"), "mails"
	v := settingView{form: f, write: a.May(permission.MailWrite), to: to, testError: testError, template: "test", language: p.Lang()}
	if v.to == "" {
		v.to = a.Email
	}
	if t := r.URL.Query().Get("template"); has(templates(h.s.bundle), t) {
		v.template = t
	}
	if l := r.URL.Query().Get("language"); h.s.bundle.Has(l) {
		v.language = l
	}
	for _, t := range templates(h.s.bundle) {
		v.templates = append(v.templates, ui.Option{Value: t, Label: p.Or("mails.template."+t, strings.ReplaceAll(t, "_", " "))}) // i18n: mails.template.*
	}
	var err error
	if a.Scope().All() || p.Customer != nil {
		if v.fallback, err = h.s.effective(r.Context(), Instance); err != nil {
			return err
		}
	}
	shown, err := h.s.Preview(r.Context(), a, f.Customer, v.template, v.language)
	if err != nil {
		return err
	}
	v.subject = shown.Subject
	v.preview = p.In("/mail-settings/preview?" + url.Values{"template": {v.template}, "language": {v.language}}.Encode())
	ui.Render(w, r, status, settingsPage(p, v))
	return nil
}

func label(p *ui.Page) func(string) string {
	return func(field string) string { return p.T("mails.setting." + field) } // i18n: mails.setting.*
}

func (h pages) save(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	get := func(name string) *string {
		v := r.PostFormValue(name)
		return &v
	}
	in := ChangeSetting{FromName: get("from_name"), FromEmail: get("from_email"), ReplyTo: get("reply_to"), Color: get("color"), Logo: get("logo"), Footer: get("footer"),
		ServerHost: get("server_host"), ServerSecurity: get("server_security"), ServerUser: get("server_user")}
	if password := r.PostFormValue("server_password"); password != "" {
		in.ServerPassword = &password
	}
	ref, err := target(r, p)
	if err != nil {
		return err
	}
	port, err := strconv.ParseInt(strings.TrimSpace(r.PostFormValue("server_port")), 10, 64)
	if err != nil && strings.TrimSpace(r.PostFormValue("server_port")) != "" {
		port = -1 // no port has it: refused with the other fields
	}
	in.ServerPort = &port
	if _, err := h.s.UpdateSetting(r.Context(), a, ref, versionOf(r.PostFormValue("version")), in); err != nil {
		f := settingForm{Setting: Setting{Customer: ref, FromName: *in.FromName, FromEmail: *in.FromEmail, ReplyTo: *in.ReplyTo, Color: *in.Color, Logo: *in.Logo, Footer: *in.Footer,
			ServerHost: *in.ServerHost, ServerSecurity: Security(*in.ServerSecurity), ServerUser: *in.ServerUser, Version: versionOf(r.PostFormValue("version"))},
			Port: r.PostFormValue("server_port")}
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, label(p)); !ok {
			return err
		}
		return h.settingsPage(w, r, p, a, web.Status(err), f, "", "")
	}
	return web.Done(w, r, p, "/mail-settings", p.T("mails.done_settings"))
}

func (h pages) test(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	to := r.PostFormValue("to")
	ref, err := target(r, p)
	if err != nil {
		return err
	}
	m, err := h.s.SendTest(r.Context(), a, ref, NewTest{To: to, Language: r.PostFormValue("language")})
	if err != nil {
		_, fields, ok := web.Faults(p, err, label(p))
		if !ok || fault.Is(err, fault.Conflict) {
			return err
		}
		set, serr := h.s.Setting(r.Context(), a, ref)
		if serr != nil {
			return serr
		}
		return h.settingsPage(w, r, p, a, web.Status(err), settingForm{Setting: set, Port: portText(set.ServerPort)}, to, fields["to"])
	}
	return web.Done(w, r, p, "/mails/"+m.ID, p.T("mails.done_test", "to", m.ToEmail))
}

// previewPolicy lets the message show its own inline style and nothing else: no script, nothing from outside, no forms.
const previewPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

// preview is the HTML of a message as it would be sent, for the frame of the settings page.
func (h pages) preview(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.MailRead); err != nil {
		return err
	}
	q := r.URL.Query()
	template, language := q.Get("template"), q.Get("language")
	if template == "" {
		template = "test"
	}
	if language == "" {
		language = p.Lang()
	}
	shown, err := h.s.Preview(r.Context(), a, chosen(p), template, language)
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Security-Policy", previewPolicy)
	head.Set("X-Frame-Options", "SAMEORIGIN")
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	if q.Get("format") == "text" {
		head.Set("Content-Type", "text/plain; charset=utf-8")
		_, err = w.Write([]byte(shown.Text))
		return err
	}
	_, err = w.Write([]byte(shown.HTML))
	return err
}

func (h pages) suppressions(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("mails.suppressions"), "mails"
	l := web.Lister{DB: h.s.db, Need: permission.MailRead, Spec: SuppressionSpec, Customer: "k.slug"}
	if done, err := web.Download(w, r, p, a, l, "mail-suppressions", suppressionLog.shown); done {
		return err
	}
	found, err := web.ReadList[suppressionLog](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "reason", Label: p.T("mails.column.reason"), Options: []ui.Option{{Value: "refused", Label: reasonWord(p, "refused")},
		{Value: "bounced", Label: reasonWord(p, "bounced")}}})
	table := found.List
	table.ID, table.Label, table.Search = "mail-suppressions", p.Title, p.T("mails.search_email")
	table.Empty = ui.Empty{Title: p.T("mails.no_suppressions"), Text: p.T("mails.no_suppressions_text")}
	columns := []ui.Column[suppressionLog]{
		{Key: "email", Label: p.T("mails.column.email"), Sort: true, Cell: func(s suppressionLog) templ.Component { return ui.Text(s.Email) }},
		{Key: "reason", Label: p.T("mails.column.reason"), Cell: func(s suppressionLog) templ.Component { return ui.Text(reasonWord(p, s.Reason)) }},
		{Key: "reply", Label: p.T("mails.column.reply"), Cell: func(s suppressionLog) templ.Component { return ui.Either(p, s.ReplyText) }},
		{Key: "created_at", Label: p.T("mails.column.since"), Sort: true, NoWrap: true, Cell: func(s suppressionLog) templ.Component { return ui.When(p, s.CreatedAt.Time) }},
	}
	if p.Customer == nil {
		columns = append(columns, ui.Column[suppressionLog]{Key: "customer", Label: p.T("mails.column.customer"), Cell: func(s suppressionLog) templ.Component { return customerCell(p, string(s.Slug)) }})
	}
	if a.May(permission.MailWrite) {
		columns = append(columns, ui.Column[suppressionLog]{Key: "lift", Label: p.T("mails.column.lift"), Cell: func(s suppressionLog) templ.Component { return liftButton(p, s.shown()) }})
	}
	t := ui.NewTable(table, columns, found.Items, func(s suppressionLog) ui.Row {
		row := ui.Row{ID: s.ID, Name: s.Email}
		if s.MessageID != "" {
			row.Href = "/mails/" + string(s.MessageID)
		}
		return row
	})
	ui.Render(w, r, http.StatusOK, suppressionsPage(p, t))
	return nil
}

// i18n: mails.reason.*
func reasonWord(p *ui.Page, reason string) string { return p.T("mails.reason." + reason) }

func (h pages) lift(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	s, err := h.s.Suppression(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = web.Belongs(p, s.Customer)
	}
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	if err := h.s.Lift(r.Context(), a, s.ID, versionOf(r.PostFormValue("version"))); err != nil {
		return web.Refused(w, r, p, "/mail-suppressions", err)
	}
	return web.Done(w, r, p, "/mail-suppressions", p.T("mails.done_lift", "email", s.Email))
}
