package note

import (
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

func (h pages) watch(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	on := r.PostFormValue("watching") == "true"
	if _, err := h.s.SetWatching(r.Context(), a, Watch{RecordType: r.PostFormValue("record_type"), RecordID: r.PostFormValue("record_id"), Watching: &on}); err != nil {
		return err
	}
	text := p.T("note.watch_off")
	if on {
		text = p.T("note.watch_on")
	}
	return web.Done(w, r, p, ui.LocalPath(r.PostFormValue("back")), text)
}

func (h pages) inbox(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	q := NotificationSpec.All()
	if cursor := p.Query.Get("cursor"); cursor != "" {
		var err error
		if q, err = q.From(cursor); err != nil {
			return err
		}
	}
	q.Limit = 50
	found, err := h.s.Notifications(r.Context(), a, q)
	if err != nil {
		return err
	}
	own, err := h.s.Preference(r.Context(), a)
	if err != nil {
		return err
	}
	v := inboxView{items: found.Items, preference: own.Mail}
	if v.unread, err = h.s.Unread(r.Context(), a); err != nil {
		return err
	}
	if found.NextCursor != "" {
		v.older = "/inbox?cursor=" + found.NextCursor
	}
	for _, choice := range mailChoices {
		v.preferences = append(v.preferences, ui.Option{Value: choice, Label: p.T("note.mail." + choice)}) // i18n: note.mail.*
	}
	p.Title, p.Active = p.T("note.inbox"), "inbox"
	ui.Render(w, r, http.StatusOK, inboxPage(p, v))
	return nil
}

func (h pages) read(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.s.MarkRead(r.Context(), a, Reading{}); err != nil {
		return err
	}
	return web.Done(w, r, p, "/inbox", p.T("note.all_read"))
}

// open takes a notification as read and goes to its record.
func (h pages) open(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	ref := r.PostFormValue("id")
	if !id.Valid(ref) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	found, err := h.s.Notifications(r.Context(), a, NotificationSpec.All().Where("n.id = ?", ref))
	if err != nil {
		return err
	}
	if len(found.Items) == 0 {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if _, err := h.s.MarkRead(r.Context(), a, Reading{IDs: []string{ref}}); err != nil {
		return err
	}
	n := found.Items[0]
	on, err := h.s.find(r.Context(), a, n.RecordType, n.RecordID)
	if err != nil {
		return err
	}
	if on.Href == "" {
		return web.Done(w, r, p, "/inbox", p.T("note.no_page"))
	}
	ui.Redirect(w, r, on.Href+"#note-"+n.NoteID)
	return nil
}

func (h pages) mail(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.s.SetPreference(r.Context(), a, Preference{Mail: r.PostFormValue("mail")}); err != nil {
		return web.Refused(w, r, p, "/inbox", err)
	}
	return web.Done(w, r, p, "/inbox", p.T("note.mail_done"))
}
