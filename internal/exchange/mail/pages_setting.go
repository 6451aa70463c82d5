package mail

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

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
	if _, err := h.s.UpdateSetting(r.Context(), a, ref, web.Version(r), in); err != nil {
		f := settingForm{Setting: Setting{Customer: ref, FromName: *in.FromName, FromEmail: *in.FromEmail, ReplyTo: *in.ReplyTo, Color: *in.Color, Logo: *in.Logo, Footer: *in.Footer,
			ServerHost: *in.ServerHost, ServerSecurity: Security(*in.ServerSecurity), ServerUser: *in.ServerUser, Version: web.Version(r)},
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
