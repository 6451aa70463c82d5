package mail

import (
	"net/http"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

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
	if err := h.s.Lift(r.Context(), a, s.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/mail-suppressions", err)
	}
	return web.Done(w, r, p, "/mail-suppressions", p.T("mails.done_lift", "email", s.Email))
}
