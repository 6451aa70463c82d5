package approval

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /approvals":                h.list,
		"GET /approvals/new":            h.new,
		"POST /approvals/new":           h.create,
		"GET /approvals/{id}":           h.show,
		"GET /approvals/{id}/receipt":   h.receipt,
		"POST /approvals/{id}/sign":     h.sign,
		"POST /approvals/{id}/refuse":   h.refuse,
		"POST /approvals/{id}/withdraw": h.withdraw,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
}

// Kinds are the types of records of this room.
func Kinds() []subject.Kind {
	return []subject.Kind{{Type: "approval", Table: "approval", Title: "title", Read: permission.ApprovalRead, Write: permission.ApprovalRequest,
		Page: func(id string) string { return "/approvals/" + id }}}
}

type pages struct{ s *Service }

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("approval.list"), "approvals"
	l := web.Lister{DB: h.s.DB, Need: permission.ApprovalRead, Spec: Spec, Customer: "c.slug", Live: "approval"}
	if done, err := web.Download(w, r, p, a, l, "approvals", func(v row) Answer { return answer(v.Approval, v.Slug) }); done {
		return err
	}
	found, err := web.ReadList[row](r, p, a, l)
	if err != nil {
		return err
	}
	var states []ui.Option
	for _, s := range States() {
		states = append(states, ui.Option{Value: string(s), Label: stateWord(p, s)})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("approval.state_label"), Options: states})
	table := found.List
	table.ID, table.Label, table.Search = "approvals", p.Title, p.T("approval.search")
	table.Empty = ui.Empty{Title: p.T("approval.none"), Text: p.T("approval.none_text")}
	if a.May(permission.ApprovalRequest) {
		table.Empty.Action = ui.Link{Label: p.T("approval.ask"), Href: "/approvals/new"}
	}
	columns := []ui.Column[row]{
		{Key: "title", Label: p.T("approval.title"), Sort: true, Cell: func(v row) templ.Component { return ui.Text(v.Title) }},
		{Key: "state", Label: p.T("approval.state_label"), NoWrap: true, Cell: func(v row) templ.Component { return state(p, v.Approval) }},
	}
	if !a.Role().Customer() && p.Customer == nil {
		columns = append(columns, ui.Column[row]{Key: "customer", Label: p.T("approval.customer"), Cell: func(v row) templ.Component { return ui.Text(web.CustomerName(p, v.Slug)) }})
	}
	columns = append(columns,
		ui.Column[row]{Key: "requested_by", Label: p.T("approval.requested_by"), Cell: func(v row) templ.Component { return ui.Either(p, v.RequestedByName) }},
		ui.Column[row]{Key: "requested_at", Label: p.T("approval.requested_at"), Sort: true, NoWrap: true, Cell: func(v row) templ.Component { return ui.When(p, v.RequestedAt.Time) }},
		ui.Column[row]{Key: "signer", Label: p.T("approval.answered_by"), Cell: func(v row) templ.Component { return ui.Either(p, v.SignerName) }},
		ui.Column[row]{Key: "closed_at", Label: p.T("approval.answered_at"), NoWrap: true, Cell: func(v row) templ.Component { return ui.When(p, v.ClosedAt.Time) }},
	)
	t := ui.NewTable(table, columns, found.Items, func(v row) ui.Row { return ui.Row{ID: v.ID, Href: "/approvals/" + v.ID, Name: v.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, tabs(p, a), a.May(permission.ApprovalRequest)))
	return nil
}

// view is an approval as its page shows it.
type view struct {
	Approval
	slug     string
	may      bool // sign or refuse
	withdraw bool
	proven   bool
	html     templ.Component // of Markdown
	verdict  *verdict
	problems []ui.FieldFault
}

// verdict is what checking the receipt has given.
type verdict struct {
	good    bool
	waiting bool // no checkpoint holds it yet
	size    int64
	at      time.Time
	number  int64
	key     string
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.page(w, r, p, a, http.StatusOK, nil)
}

func (h pages) page(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, problems []ui.FieldFault) error {
	v := view{problems: problems}
	var err error
	if v.Approval, v.slug, err = h.s.Approval(r.Context(), a, r.PathValue("id")); err != nil {
		return err
	}
	if err := web.Belongs(p, v.slug); err != nil {
		return err
	}
	_, closed := next(v.State, v.ExpiresAt, Signed, db.At(p.Now()))
	v.may = closed == nil && v.Approval.may(a) && a.Kind == permission.Person
	v.withdraw = closed == nil && a.May(permission.ApprovalRequest)
	if v.may {
		if v.proven, err = h.s.Proof.HasProof(r.Context(), a); err != nil {
			return err
		}
	}
	if v.MediaType == Markdown {
		// goldmark leaves raw HTML out and refuses addresses that run scripts.
		var b bytes.Buffer
		if err := goldmark.Convert([]byte(v.Content), &b); err != nil {
			return err
		}
		v.html = templ.Raw(b.String())
	}
	if v.State == Signed {
		if v.verdict, err = h.judge(r, a, v.ID); err != nil {
			return err
		}
	}
	p.Title, p.Active = v.Title, "approvals"
	p.Crumbs = []ui.Link{{Label: p.T("approval.list"), Href: "/approvals"}}
	ui.Render(w, r, status, approvalPage(p, v))
	return nil
}

// judge checks the receipt as anybody would who downloads it.
func (h pages) judge(r *http.Request, a permission.Actor, id string) (*verdict, error) {
	receipt, err := h.s.Receipt(r.Context(), a, id)
	if fault.Is(err, fault.Conflict) {
		return &verdict{waiting: true}, nil
	}
	if err != nil {
		return nil, err
	}
	keys, err := audit.Keys(receipt.Proof.Key)
	if err != nil {
		return &verdict{}, nil
	}
	c, err := receipt.Check(keys)
	return &verdict{good: err == nil, size: c.Size, at: c.At, number: receipt.Proof.Leaf.Seq, key: receipt.Proof.Key}, nil
}

func (h pages) receipt(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	receipt, err := h.s.Receipt(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(receipt, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="receipt-`+receipt.Signed.Approval+`.json"`)
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(append(b, '\n'))
	return err
}

func (h pages) sign(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	_, err := h.s.Sign(r.Context(), a, r.PathValue("id"), r.PostFormValue("sha256"), r.PostFormValue("statement") == "true")
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Forbidden && f.Key == proofNeeded {
		ui.Redirect(w, r, proveHref(r.PathValue("id")))
		return nil
	}
	return h.ended(w, r, p, a, err, "approval.done_sign")
}

// proofNeeded is the key of identity's fault when there is no fresh sign-in.
const proofNeeded = "trust.proof.needed"

// proveHref is the page that asks for a fresh sign-in and comes back.
func proveHref(id string) string { return "/prove?next=" + url.QueryEscape("/approvals/"+id) }

func (h pages) refuse(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	_, err := h.s.Refuse(r.Context(), a, r.PathValue("id"), r.PostFormValue("reason"))
	return h.ended(w, r, p, a, err, "approval.done_refuse")
}

func (h pages) withdraw(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	_, err := h.s.Withdraw(r.Context(), a, r.PathValue("id"), r.PostFormValue("reason"))
	return h.ended(w, r, p, a, err, "approval.done_withdraw")
}

// ended goes back to the page, with what was wrong if something was.
// i18n: approval.done_*
func (h pages) ended(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, err error, done string) error {
	if err != nil {
		problems, _, ok := web.Faults(p, err, func(field string) string { return p.Or("approval.field_name."+field, field) }) // i18n: approval.field_name.*
		if !ok {
			return err
		}
		return h.page(w, r, p, a, web.Status(err), problems)
	}
	return web.Done(w, r, p, "/approvals/"+r.PathValue("id"), p.T(done))
}

// stateWord says a state.
// i18n: approval.state.*
func stateWord(p *ui.Page, s State) string { return p.T("approval.state." + string(s)) }

func state(p *ui.Page, v Approval) templ.Component {
	tone := map[State]ui.Tone{Requested: ui.Info, Signed: ui.Good, Refused: ui.Bad, Withdrawn: ui.Off, Expired: ui.Off}[v.State]
	if v.State == Requested && !v.ExpiresAt.IsZero() && v.ExpiresAt.Sub(p.Now()) < soon {
		tone = ui.Soon
	}
	return ui.Status(tone, stateWord(p, v.State))
}

func (v view) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("approval.requested_by"), Value: ui.Either(p, v.RequestedByName)},
		{Label: p.T("approval.requested_at"), Value: ui.When(p, v.RequestedAt.Time)},
	}
	if v.State == Requested && !v.ExpiresAt.IsZero() {
		facts = append(facts, ui.Fact{Label: p.T("approval.expires_at"), Value: ui.Exactly(p, v.ExpiresAt.Time)})
	}
	var roles []string
	for _, r := range v.Roles.V {
		roles = append(roles, p.T("trust.role."+string(r))) // i18n: trust.role.*
	}
	return append(facts, ui.Fact{Label: p.T("approval.roles"), Value: ui.Text(p.List(roles))})
}

// signature says who signed, when, and how.
func (v view) signature(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: p.T("approval.signer"), Value: ui.Text(v.SignerName)},
		{Label: p.T("approval.answered_at"), Value: ui.Exactly(p, v.ClosedAt.Time)},
		{Label: p.T("approval.method"), Value: ui.Text(p.Or("trust.proof.method."+v.Method, v.Method))},
		{Label: p.T("approval.statement"), Value: ui.Text(v.Statement)},
		{Label: p.T("approval.sha256"), Value: ui.Code(v.SHA256)},
	}
}
