package gap

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"vigie/catalogue"
	"vigie/internal/kit/ui"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// gapView is one gap as its page shows it.
type gapView struct {
	Row
	control     *control.Control
	href        string // of the subject
	history     []Change
	acceptances []AcceptanceRow
	accept      bool
	activity    web.Activity
}

// one reads the gap of the address, unless another customer is chosen.
func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (v gapView, err error) {
	if v.Row, err = h.s.Gap(r.Context(), a, r.PathValue("id")); err != nil {
		return v, err
	}
	v.control = h.s.catalogue.Find(v.Control)
	if v.control == nil { // of a catalogue that has changed since
		v.control = &control.Control{ID: v.Control, Title: catalogue.Text{EN: v.Control, FR: v.Control}}
	}
	switch v.SubjectKind {
	case control.OfCI:
		v.href = "/cis/" + v.SubjectID
	case control.OfWorkload:
		v.href = "/workloads/" + v.SubjectID
	case control.OfAccount:
		v.href = "/accounts/" + v.SubjectID
	case control.OfCustomer:
		v.href = "/customers/" + v.Slug
	}
	return v, web.Belongs(p, v.Slug)
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if v.history, err = h.s.History(r.Context(), a, v.ID); err != nil {
		return err
	}
	q, err := AcceptanceSpec.Parse(url.Values{"gap": {v.ID}, "limit": {"20"}})
	if err != nil {
		return err
	}
	found, err := h.s.Acceptances(r.Context(), a, q)
	if err != nil {
		return err
	}
	v.acceptances = found.Items
	v.accept = v.Verdict == control.Fail && a.May(permission.GapWrite) && a.May(permission.ApprovalRequest)
	if v.activity, err = h.shell.Around(r, p, a, kind, v.ID); err != nil {
		return err
	}
	p.Title, p.Active = v.control.Title.In(p.Lang()), "gaps"
	p.Crumbs = []ui.Link{{Label: p.T("gap.list"), Href: "/gaps"}}
	ui.Render(w, r, http.StatusOK, gapPage(p, v))
	return nil
}

func (v gapView) facts(p *ui.Page) []ui.Fact {
	out := []ui.Fact{{Label: p.T("gap.field.subject"), Value: ui.Anchor(p.In(v.href), v.SubjectName)}, {Label: p.T("gap.field.severity"), Value: ui.Text(severityWord(p, v.Severity))},
		{Label: p.T("gap.field.area"), Value: ui.Text(areaWord(p, v.Area))}}
	if v.Workload != "" {
		out = append(out, ui.Fact{Label: p.T("gap.field.workload"), Value: ui.Anchor(p.In("/workloads/"+string(v.WorkloadID)), string(v.Workload))})
	}
	if v.Account != "" {
		out = append(out, ui.Fact{Label: p.T("gap.field.account"), Value: ui.Code(v.Account)})
	}
	return append(out, ui.Fact{Label: p.T("gap.field.customer"), Value: ui.Text(v.CustomerName)}, ui.Fact{Label: p.T("gap.field.since"), Value: ui.When(p, v.Since.Time)})
}

// entries are the history as a timeline.
func (v gapView) entries(p *ui.Page) []ui.Entry {
	out := make([]ui.Entry, len(v.history))
	for i, c := range v.history {
		text := p.T("gap.history.first", "after", verdictWord(p, c.After))
		if c.Before != "" {
			text = p.T("gap.history.change", "before", verdictWord(p, c.Before), "after", verdictWord(p, c.After))
		}
		if c.Drift {
			text += " · " + p.T("gap.history.drift")
		}
		out[i] = ui.Entry{Icon: "history", Text: text, At: c.At.Time}
	}
	return out
}

// written is a value of evidence for people.
func written(p *ui.Page, r control.Read) string {
	switch v := r.Value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return p.T("gap.yes")
		}
		return p.T("gap.no")
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = fmt.Sprint(one)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(r.Value)
}

// ciName names a CI of the evidence.
func (v gapView) ciName(id string) string {
	if id == "" {
		return v.SubjectName
	}
	for _, c := range v.Evidence.V.CIs {
		if c.ID == id {
			return c.Name
		}
	}
	return id
}

// acceptForm is the form as it was typed.
type acceptForm struct {
	Reason, Until string
	summary       []ui.FieldFault
	errors        map[string]string
}

func (h pages) askAccept(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err == nil {
		err = a.Require(permission.GapWrite)
	}
	if err != nil {
		return err
	}
	return h.acceptPage(w, r, p, http.StatusOK, v, acceptForm{})
}

func (h pages) acceptPage(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, v gapView, f acceptForm) error {
	p.Title, p.Active = p.T("gap.accept.title"), "gaps"
	p.Crumbs = []ui.Link{{Label: p.T("gap.list"), Href: "/gaps"}, {Label: v.control.Title.In(p.Lang()), Href: "/gaps/" + v.ID}}
	ui.Render(w, r, status, acceptPage(p, v, f))
	return nil
}

func (h pages) accept(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	f := acceptForm{Reason: r.PostFormValue("reason"), Until: r.PostFormValue("until")}
	in := NewAcceptance{Gap: v.ID, Reason: f.Reason}
	if f.Until != "" {
		if in.Until, err = p.ParseLocalTime(f.Until); err != nil {
			var bad fault.Fields
			bad.Add("until", "approval.field.moment")
			err = bad.Err()
		}
	}
	var x Acceptance
	if err == nil {
		x, err = h.s.Accept(r.Context(), a, in, h.s.languageOf(r.Context(), a, v.CustomerID))
	}
	if err != nil {
		if fault.Is(err, fault.Conflict) {
			return web.Refused(w, r, p, "/gaps/"+v.ID, err)
		}
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.T("gap.accept." + field) }); !ok { // i18n: gap.accept.*
			return err
		}
		return h.acceptPage(w, r, p, web.Status(err), v, f)
	}
	return web.Done(w, r, p, "/approvals/"+x.ApprovalID, p.T("gap.accept.done"))
}
