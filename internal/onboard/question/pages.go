package question

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/record/link"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux: those of people who are signed in, and those of private links.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h, f := pages{s, shell}, filler{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /questionnaires":                              h.questionnaires,
		"GET /questionnaires/{name}":                       h.questionnaire,
		"GET /assessments":                                 h.list,
		"GET /assessments/new":                             h.new,
		"POST /assessments/new":                            h.create,
		"GET /assessments/{id}":                            h.show,
		"POST /assessments/{id}/reopen":                    h.reopen,
		"POST /assessments/{id}/review":                    h.review,
		"POST /assessments/{id}/links":                     h.link,
		"POST /assessments/{id}/links/{link}/revoke":       h.revoke,
		"GET /assessments/{id}/fill":                       f.byStaff(f.start),
		"GET /assessments/{id}/fill/sections/{section}":    f.byStaff(f.section),
		"POST /assessments/{id}/fill/sections/{section}":   f.byStaff(f.save),
		"POST /assessments/{id}/fill/questions/{question}": f.byStaff(f.answerOne),
		"GET /assessments/{id}/fill/hand-in":               f.byStaff(f.handIn),
		"POST /assessments/{id}/fill/hand-in":              f.byStaff(f.handedIn),
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
	for pattern, handler := range map[string]link.Handler{
		"GET /answers/{token}":                       f.byGuest(f.overview),
		"GET /answers/{token}/sections/{section}":    f.byGuest(f.section),
		"POST /answers/{token}/sections/{section}":   f.byGuest(f.save),
		"POST /answers/{token}/questions/{question}": f.byGuest(f.answerOne),
		"GET /answers/{token}/hand-in":               f.byGuest(f.handIn),
		"POST /answers/{token}/hand-in":              f.byGuest(f.handedIn),
	} {
		mux.Handle(pattern, s.Links.Page(shell, Door, handler))
	}
}

type pages struct {
	s     *Service
	shell *web.Shell
}

func (h pages) questionnaires(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	all, err := h.s.Questionnaires(a)
	if err != nil {
		return err
	}
	p.Title, p.Active = p.T("question.questionnaires"), "assessments"
	p.Crumbs = []ui.Link{{Label: p.T("question.list"), Href: "/assessments"}}
	ui.Render(w, r, http.StatusOK, questionnairesPage(p, all))
	return nil
}

func (h pages) questionnaire(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	q, err := h.s.Questionnaire(a, r.PathValue("name"))
	if err != nil {
		return err
	}
	p.Title, p.Active = q.Title.In(p.Lang()), "assessments"
	p.Crumbs = []ui.Link{{Label: p.T("question.list"), Href: "/assessments"}, {Label: p.T("question.questionnaires"), Href: "/questionnaires"}}
	ui.Render(w, r, http.StatusOK, questionnairePage(p, q))
	return nil
}

// stateWord says a state.
// i18n: question.state.*
func stateWord(p *ui.Page, s State) string { return p.T("question.state." + string(s)) }

func stateView(p *ui.Page, s State) templ.Component {
	tone := map[State]ui.Tone{Open: ui.Info, Reopened: ui.Soon, HandedIn: ui.Busy, Reviewed: ui.Good}[s]
	return ui.Status(tone, stateWord(p, s))
}

// kindWord says a kind.
// i18n: question.kind.*
func kindWord(p *ui.Page, k string) string { return p.T("question.kind." + k) }

func (h pages) list(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	p.Title, p.Active = p.T("question.list"), "assessments"
	l := web.Lister{DB: h.s.DB, Need: permission.AssessmentRead, Spec: Spec, Customer: "c.slug", Live: kind}
	if done, err := web.Download(w, r, p, a, l, "assessments", func(v row) Summary { return summary(v.Assessment, v.Slug) }); done {
		return err
	}
	found, err := web.ReadList[row](r, p, a, l)
	if err != nil {
		return err
	}
	var states, kinds []ui.Option
	for _, s := range States() {
		states = append(states, ui.Option{Value: string(s), Label: stateWord(p, s)})
	}
	for _, k := range Kinds() {
		kinds = append(kinds, ui.Option{Value: k, Label: kindWord(p, k)})
	}
	found.Filters(ui.Filter{Name: "state", Label: p.T("question.state_label"), Options: states}, ui.Filter{Name: "kind", Label: p.T("question.kind_label"), Options: kinds})
	table := found.List
	table.ID, table.Label, table.Search = "assessments", p.Title, p.T("question.search")
	table.Empty = ui.Empty{Title: p.T("question.none"), Text: p.T("question.none_text")}
	may := a.May(permission.AssessmentWrite)
	if may {
		table.Empty.Action = ui.Link{Label: p.T("question.add"), Href: "/assessments/new"}
	}
	columns := []ui.Column[row]{{Key: "title", Label: p.T("question.title"), Sort: true, Cell: func(v row) templ.Component { return ui.Text(v.Title) }}}
	if !a.Role().Customer() && p.Customer == nil {
		columns = append(columns, ui.Column[row]{Key: "customer", Label: p.T("question.customer"), Cell: func(v row) templ.Component { return ui.Text(v.Customer) }})
	}
	columns = append(columns,
		ui.Column[row]{Key: "state", Label: p.T("question.state_label"), NoWrap: true, Cell: func(v row) templ.Component { return stateView(p, v.State) }},
		ui.Column[row]{Key: "answered", Label: p.T("question.answered"), Number: true, NoWrap: true, Cell: func(v row) templ.Component {
			return ui.Text(p.T("question.of", "answered", v.Answered, "shown", v.Shown))
		}},
		ui.Column[row]{Key: "missing", Label: p.T("question.missing_label"), Number: true, Cell: func(v row) templ.Component { return ui.Text(p.Number(int(v.Missing))) }},
		ui.Column[row]{Key: "kind", Label: p.T("question.kind_label"), Extra: true, Cell: func(v row) templ.Component { return ui.Text(kindWord(p, v.Kind)) }},
		ui.Column[row]{Key: "updated_at", Label: p.T("question.updated_at"), Sort: true, NoWrap: true, Cell: func(v row) templ.Component { return ui.When(p, v.UpdatedAt.Time) }},
		ui.Column[row]{Key: "created_at", Label: p.T("question.created_at"), Sort: true, NoWrap: true, Cell: func(v row) templ.Component { return ui.When(p, v.CreatedAt.Time) }},
	)
	t := ui.NewTable(table, columns, found.Items, func(v row) ui.Row { return ui.Row{ID: v.ID, Href: "/assessments/" + v.ID, Name: v.Title} })
	ui.Render(w, r, http.StatusOK, listPage(p, t, may, a.May(permission.QuestionnaireRead)))
	return nil
}

// newForm is the form of a new assessment as it was typed.
type newForm struct {
	NewAssessment
	all     []Questionnaire
	summary []ui.FieldFault
	errors  map[string]string
}

func (h pages) new(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.AssessmentWrite); err != nil {
		return err
	}
	return h.newForm(w, r, p, http.StatusOK, newForm{NewAssessment: NewAssessment{Customer: web.Customer(p), Questionnaire: Base}})
}

func (h pages) newForm(w http.ResponseWriter, r *http.Request, p *ui.Page, status int, f newForm) error {
	p.Title, p.Active = p.T("question.add"), "assessments"
	p.Crumbs = []ui.Link{{Label: p.T("question.list"), Href: "/assessments"}}
	f.all = h.s.Book.Newest()
	ui.Render(w, r, status, newPage(p, f))
	return nil
}

func (h pages) create(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f := newForm{NewAssessment: NewAssessment{Customer: r.PostFormValue("customer"), Questionnaire: r.PostFormValue("questionnaire"), Title: r.PostFormValue("title")}}
	x, err := h.s.Create(r.Context(), a, f.NewAssessment)
	if err != nil {
		var ok bool
		if f.summary, f.errors, ok = web.Faults(p, err, func(field string) string { return p.Or("question.field."+field, field) }); !ok { // i18n: question.field.*
			return err
		}
		return h.newForm(w, r, p, web.Status(err), f)
	}
	return web.Done(w, r, p, "/assessments/"+x.ID, p.T("question.done_add"))
}

// view is an assessment as its page shows it.
type view struct {
	Whole
	shown        map[string]bool
	write, fill  bool
	links        []link.Link
	made         string // address of the link that was just made
	mailed       string // to whom it was mailed
	form         linkForm
	activity     web.Activity
	problems     []ui.FieldFault
	reasonTyped  string
	remarksTyped string
}

// linkForm is the form of a new link as it was typed.
type linkForm struct {
	NewLink
	days   string
	errors map[string]string
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.page(w, r, p, a, http.StatusOK, view{form: linkForm{days: "14"}})
}

func (h pages) page(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, v view) (err error) {
	if v.Whole, err = h.s.Assessment(r.Context(), a, r.PathValue("id")); err != nil {
		return err
	}
	if err := web.Belongs(p, v.Customer.Slug); err != nil {
		return err
	}
	v.shown, _ = v.Form.Shown(values(v.Given))
	v.write, v.fill = a.May(permission.AssessmentWrite), a.May(permission.AssessmentAnswer)
	if v.write {
		if v.links, err = h.s.PrivateLinks(r.Context(), a, v.ID); err != nil {
			return err
		}
	}
	if v.activity, err = h.shell.Around(r, p, a, kind, v.ID); err != nil {
		return err
	}
	if v.form.Language == "" {
		v.form.Language = v.Customer.Language
	}
	p.Title, p.Active, p.Self = v.Title, "assessments", "/assessments/"+v.ID
	p.Crumbs = []ui.Link{{Label: p.T("question.list"), Href: "/assessments"}}
	ui.Render(w, r, status, assessmentPage(p, v))
	return nil
}

func (v view) facts(p *ui.Page) []ui.Fact {
	facts := []ui.Fact{
		{Label: p.T("question.customer"), Value: ui.Anchor(p.In("/customers/"+v.Customer.Slug), v.Customer.Name)},
		{Label: p.T("question.answered"), Value: ui.Text(p.T("question.of", "answered", v.Standing.All.Answered, "shown", v.Standing.All.Shown))},
		{Label: p.T("question.missing_label"), Value: ui.Text(p.Number(v.Standing.All.Missing))},
		{Label: p.T("question.questionnaire"), Value: ui.Text(p.T("question.versioned", "title", v.Form.Title.In(p.Lang()), "version", v.FormVersion))},
	}
	if !v.HandedInAt.IsZero() {
		facts = append(facts, ui.Fact{Label: p.T("question.handed_in"), Value: ui.Text(v.HandedInBy + " · " + p.DateTime(v.HandedInAt.Time))})
	}
	if !v.ReviewedAt.IsZero() {
		facts = append(facts, ui.Fact{Label: p.T("question.reviewed"), Value: ui.Text(v.ReviewedBy + " · " + p.DateTime(v.ReviewedAt.Time))})
	}
	return facts
}

// orphans are answers to questions that this version does not have any more.
func (v view) orphans() (out []Given) {
	for name, g := range v.Given {
		if _, ok := v.Form.Question(name); !ok && g.Value.V != nil {
			out = append(out, g)
		}
	}
	return out
}

// ended goes back to the page, with what was wrong if something was.
func (h pages) ended(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, err error, v view, done string) error {
	if err == nil {
		return web.Done(w, r, p, "/assessments/"+r.PathValue("id"), done)
	}
	problems, _, ok := web.Faults(p, err, func(field string) string { return p.Or("question.field."+field, field) }) // i18n: question.field.*
	if !ok {
		return err
	}
	v.problems, v.form = problems, linkForm{days: "14"}
	return h.page(w, r, p, a, web.Status(err), v)
}

func (h pages) reopen(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	_, err := h.s.Reopen(r.Context(), a, r.PathValue("id"), r.PostFormValue("reason"))
	return h.ended(w, r, p, a, err, view{reasonTyped: r.PostFormValue("reason")}, p.T("question.done_reopen"))
}

func (h pages) review(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	_, err := h.s.Review(r.Context(), a, r.PathValue("id"), r.PostFormValue("remark"))
	return h.ended(w, r, p, a, err, view{remarksTyped: r.PostFormValue("remark")}, p.T("question.done_review"))
}

func (h pages) link(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	f := linkForm{days: strings.TrimSpace(r.PostFormValue("days"))}
	f.NewLink = NewLink{Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Language: r.PostFormValue("language"), Sections: r.PostForm["sections"]}
	var err error
	if f.Days, err = strconv.Atoi(f.days); f.days != "" && err != nil || f.Days == 0 && f.days != "" {
		f.Days = -1 // which is refused with its name
	}
	l, address, err := h.s.CreateLink(r.Context(), a, r.PathValue("id"), f.NewLink)
	if err != nil {
		var v view
		var ok bool
		if v.problems, f.errors, ok = web.Faults(p, err, func(field string) string { return p.Or("question.field."+field, field) }); !ok { // i18n: question.field.*
			return err
		}
		v.form = f
		return h.page(w, r, p, a, web.Status(err), v)
	}
	return h.page(w, r, p, a, http.StatusOK, view{made: address, mailed: l.Email, form: linkForm{days: "14"}})
}

func (h pages) revoke(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	l, err := h.s.RevokeLink(r.Context(), a, r.PathValue("id"), r.PathValue("link"))
	return h.ended(w, r, p, a, err, view{}, p.T("question.done_revoke", "name", l.Name))
}

// linkState says whether a link works.
// i18n: question.link.state.*
func linkState(p *ui.Page, l link.Link) templ.Component {
	s := l.State(p.Now())
	tone := ui.Off
	if s == link.Valid {
		tone = ui.Good
	}
	return ui.Status(tone, p.T("question.link.state."+string(s)))
}

// reach says which sections a link is for.
func (v view) reach(p *ui.Page, l link.Link) string {
	if len(l.Parts.V) == 0 {
		return p.T("question.link.all")
	}
	var words []string
	for _, id := range l.Parts.V {
		s, _ := v.Form.Section(id)
		words = append(words, s.Title.In(p.Lang()))
	}
	return p.List(words)
}
