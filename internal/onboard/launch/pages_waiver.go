package launch

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// i18n: launch.waiver.status.*
func waiverMark(p *ui.Page, w Waiver) templ.Component {
	s := w.Status(db.At(p.Now()))
	tone := map[WaiverStatus]ui.Tone{WaiverAsked: ui.Busy, WaiverInForce: ui.Info, WaiverRefused: ui.Soon}[s]
	return ui.Status(cmp.Or(tone, ui.Off), p.T("launch.waiver.status."+string(s)))
}

func (h pages) waivers(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("launch.waiver.list"), "launches"
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}}
	l := web.Lister{DB: h.s.DB, Need: permission.LaunchRead, Spec: WaiverSpec, Customer: "k.slug", Live: "launch_waiver"}
	if done, err := web.Download(w, r, p, a, l, "waivers", func(w Waiver) WaiverAnswer { return waiverAnswer(w, db.At(p.Now())) }); done {
		return err
	}
	found, err := web.ReadList[Waiver](r, p, a, l)
	if err != nil {
		return err
	}
	found.Filters(ui.Filter{Name: "condition", Label: p.T("launch.field.condition"), Options: h.conditions(p, false)})
	table := found.List
	table.ID, table.Label, table.Search = "waivers", p.Title, p.T("launch.waiver.search")
	table.Empty = ui.Empty{Title: p.T("launch.waiver.none"), Text: p.T("launch.waiver.none_text")}
	t := ui.NewTable(table, []ui.Column[Waiver]{
		{Key: "title", Label: p.T("launch.field.condition"), Cell: func(w Waiver) templ.Component { return ui.Text(h.label(p, w.Key)) }},
		{Key: "customer", Label: p.T("launch.customer"), Cell: func(w Waiver) templ.Component { return ui.Text(w.CustomerName) }},
		{Key: "status", Label: p.T("launch.state_label"), NoWrap: true, Cell: func(w Waiver) templ.Component { return waiverMark(p, w) }},
		{Key: "owner", Label: p.T("launch.field.owner"), Cell: func(w Waiver) templ.Component { return ui.Text(w.Owner) }},
		{Key: "expires_at", Label: p.T("launch.field.expires_at"), Sort: true, NoWrap: true, Cell: func(w Waiver) templ.Component { return ui.When(p, w.ExpiresAt.Time) }},
		{Key: "created_at", Label: p.T("launch.created"), Sort: true, Extra: true, NoWrap: true, Cell: func(w Waiver) templ.Component { return ui.When(p, w.CreatedAt.Time) }},
	}, found.Items, func(w Waiver) ui.Row { return ui.Row{ID: w.ID, Href: "/waivers/" + w.ID, Name: w.Title} })
	ui.Render(w, r, http.StatusOK, waiverListPage(p, t, a.May(permission.LaunchWrite)))
	return nil
}

// conditions are the choices of a form or a filter.
func (h pages) conditions(p *ui.Page, waivable bool) (out []ui.Option) {
	for _, c := range h.s.Rules.Conditions {
		if c.Waivable || !waivable {
			out = append(out, ui.Option{Value: c.Key, Label: c.Text.In(p.Lang())})
		}
	}
	return out
}

func (h pages) newWaiver(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return err
	}
	return h.waiverForm(w, r, p, http.StatusOK, form{Customer: web.Customer(p), Condition: p.Query.Get("condition")})
}

func (h pages) waiverForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f form) error {
	p.Title, p.Active = p.T("launch.waiver.ask"), "launches"
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}, {Label: p.T("launch.waiver.list"), Href: "/waivers"}}
	f.customers, f.conditions = customers(p), h.conditions(p, true)
	ui.Render(w, r, status, waiverFormPage(p, f))
	return nil
}

func (h pages) askWaiver(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return err
	}
	f, err := h.read(w, r, p)
	if err != nil {
		return err
	}
	in := NewWaiver{Customer: f.Customer, Condition: f.Condition, Reason: f.Reason, Owner: f.Owner}
	if in.ExpiresAt, err = p.ParseLocalTime(f.Expires); err != nil {
		var bad fault.Fields
		bad.Add("expires_at", "launch.bad.expires")
		err = bad.Err()
	}
	var made Waiver
	if err == nil {
		made, err = h.s.AskWaiver(r.Context(), a, in)
	}
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.waiverForm(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/waivers/"+made.ID, p.T("launch.waiver.done_ask"))
}

func (h pages) oneWaiver(r *http.Request, p *ui.Page, a permission.Actor) (Waiver, error) {
	w, err := h.s.Waiver(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return w, err
	}
	return w, web.Belongs(p, w.Customer)
}

// waiverView is a waiver as its page shows it.
type waiverView struct {
	Waiver
	condition, help string
	revoke          bool
	activity        web.Activity
}

func (h pages) waiver(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.oneWaiver(r, p, a)
	if err != nil {
		return err
	}
	v := waiverView{Waiver: found, condition: h.label(p, found.Key)}
	if c, ok := h.s.Rules.condition(found.Key); ok {
		v.help = c.Help.In(p.Lang())
	}
	s := found.Status(db.At(p.Now()))
	v.revoke = a.May(permission.LaunchWrite) && (s == WaiverAsked || s == WaiverInForce)
	if v.activity, err = h.shell.Around(r, p, a, "launch_waiver", v.ID); err != nil {
		return err
	}
	p.Title, p.Active = p.T("launch.waiver.title", "condition", v.condition), "launches"
	p.Crumbs = []ui.Link{{Label: p.T("launch.list"), Href: "/launches"}, {Label: p.T("launch.waiver.list"), Href: "/waivers"}}
	ui.Render(w, r, http.StatusOK, waiverPage(p, v))
	return nil
}

func (v waiverView) facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{{Label: p.T("launch.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer), v.CustomerName)}, {Label: p.T("launch.field.owner"), Value: ui.Text(v.Owner)},
		{Label: p.T("launch.field.expires_at"), Value: ui.Exactly(p, v.ExpiresAt.Time)}, {Label: p.T("launch.signature"), Value: ui.Anchor(p.In("/approvals/"+v.ApprovalID), cmp.Or(v.Signer, p.T("launch.to_approval")))}}
}

func (h pages) revoke(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	found, err := h.oneWaiver(r, p, a)
	if err != nil {
		return err
	}
	if _, err := h.s.RevokeWaiver(r.Context(), a, found.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/waivers/"+found.ID, err)
	}
	return web.Done(w, r, p, "/waivers/"+found.ID, p.T("launch.waiver.done_revoke"))
}

// doomed names what a revocation does.
func (v waiverView) doomed(p *ui.Page) ui.Doomed {
	return ui.Doomed{ID: "revoke", Title: p.T("launch.waiver.revoke_title"), Text: p.T("launch.waiver.revoke_text"), Things: []string{v.condition}, Action: p.In("/waivers/" + v.ID + "/revoke"),
		Confirm: p.T("launch.waiver.revoke"), Hidden: []ui.TagPair{{Key: "version", Value: strconv.FormatInt(v.Version, 10)}}}
}
