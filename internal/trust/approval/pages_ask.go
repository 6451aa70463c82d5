package approval

import (
	"net/http"
	"net/url"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// form is the request for a signature as it was typed.
type form struct {
	Customer, Title, Content, Statement, Expires, RecordType, RecordID string
	Roles                                                              []string

	customers, roles []ui.Option
	summary          []ui.FieldFault
	errors           map[string]string
}

// tabs are what waits, what was decided, and what the reader asked for.
func tabs(p *ui.Page, a permission.Actor) []ui.Tab {
	out := []ui.Tab{{Label: p.T("approval.tab.all"), Href: "/approvals"}, {Label: p.T("approval.tab.waiting"), Href: "/approvals?state=requested"},
		{Label: p.T("approval.tab.decided"), Href: "/approvals?state=signed&state=refused"}}
	if a.Kind == permission.Person && a.May(permission.ApprovalRequest) {
		out = append(out, ui.Tab{Label: p.T("approval.tab.mine"), Href: "/approvals?requested_by=" + url.QueryEscape(a.ID)})
	}
	now := url.Values{"state": p.Query["state"], "requested_by": p.Query["requested_by"]}
	active := 0
	for i := range out {
		_, query, _ := strings.Cut(out[i].Href, "?")
		if asked, err := url.ParseQuery(query); err == nil && query != "" && same(asked, now) {
			active = i
		}
	}
	out[active].Active = active > 0 || len(now["state"])+len(now["requested_by"]) == 0
	return out
}

func same(asked, now url.Values) bool {
	return strings.Join(asked["state"], " ") == strings.Join(now["state"], " ") && asked.Get("requested_by") == now.Get("requested_by")
}

// AskHref is the form, filled in for a record.
func AskHref(kind, id, title string) string {
	return "/approvals/new?" + url.Values{"record_type": {kind}, "record_id": {id}, "title": {title}}.Encode()
}

func (h pages) new(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.ApprovalRequest); err != nil {
		return err
	}
	q := r.URL.Query()
	return h.ask(w, r, p, http.StatusOK, form{Customer: web.Customer(p), Title: q.Get("title"), RecordType: q.Get("record_type"), RecordID: q.Get("record_id"),
		Statement: p.T("approval.statement_default"), Roles: []string{string(permission.Approver)}})
}

func (h pages) ask(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) error {
	p.Title, p.Active = p.T("approval.ask"), "approvals"
	p.Crumbs = []ui.Link{{Label: p.T("approval.list"), Href: "/approvals"}}
	if p.Customer == nil {
		f.customers = []ui.Option{{Label: p.T("ui.form.choose")}}
		for _, c := range p.Customers {
			f.customers = append(f.customers, ui.Option{Value: c.Slug, Label: c.Name})
		}
	}
	for _, role := range permission.Roles() {
		if permission.Allowed(role, permission.ApprovalSign) {
			f.roles = append(f.roles, ui.Option{Value: string(role), Label: p.T("trust.role." + string(role))}) // i18n: trust.role.*
		}
	}
	ui.Render(w, r, status, askPage(p, f))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.ApprovalRequest); err != nil {
		return err
	}
	get := r.PostFormValue
	f := form{Customer: get("customer"), Title: get("title"), Content: strings.ReplaceAll(get("content"), "\r\n", "\n"), Statement: get("statement"), Expires: get("expires_at"),
		RecordType: get("record_type"), RecordID: get("record_id"), Roles: r.PostForm["roles"]}
	if f.Customer == "" {
		f.Customer = web.Customer(p)
	} else if err := web.Belongs(p, f.Customer); err != nil {
		return err
	}
	in := NewApproval{Purpose: "document", RecordType: f.RecordType, RecordID: f.RecordID, Title: f.Title, Content: []byte(f.Content), MediaType: Markdown, Statement: f.Statement}
	for _, role := range f.Roles {
		in.Roles = append(in.Roles, permission.Role(role))
	}
	var err error
	if f.Expires != "" {
		if in.Expires, err = p.ParseLocalTime(f.Expires); err != nil {
			var bad fault.Fields
			bad.Add("expires_at", "approval.field.moment")
			err = bad.Err()
		}
	}
	var made Approval
	if err == nil {
		made, _, err = h.s.Create(r.Context(), a, f.Customer, in)
	}
	if err != nil {
		var ok bool
		label := func(field string) string { return p.Or("approval."+field, p.Or("approval.field_name."+field, field)) } // i18n: approval.field_name.*
		if f.summary, f.errors, ok = web.Faults(p, err, label); !ok {
			return err
		}
		return h.ask(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/approvals/"+made.ID, p.T("approval.done_ask"))
}
