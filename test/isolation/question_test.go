package isolation

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vigie/internal/onboard/question"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// seedAssessment gives the customer an assessment with answers (the second is written by nobody later), and a private link to it.
func (h *house) seedAssessment(t *testing.T, f *firm) {
	t.Helper()
	w, err := h.app.Asked.Create(t.Context(), h.operator(), question.NewAssessment{Customer: f.Slug, Title: f.Word + " assessment"})
	check(t, err)
	f.Refs["assessment"] = w.ID
	_, _, err = h.app.Asked.Answer(t.Context(), h.operator(), w.ID, question.Fill{Answers: values{"company_name": f.Word + " Ltd", "wishes": f.Word + " wishes"}})
	check(t, err)
	l, _, err := h.app.Asked.CreateLink(t.Context(), h.operator(), w.ID, question.NewLink{Name: f.Word + " guest", Language: "en"})
	check(t, err)
	f.Refs["private_link"] = l.ID
}

var questionRules = map[string]rule{
	"GET /questionnaires":                        {action: permission.QuestionnaireRead},
	"GET /questionnaires/{id}":                   {action: permission.QuestionnaireRead, self: true},
	"GET /assessments":                           {action: permission.AssessmentRead, shows: true},
	"POST /assessments":                          {action: permission.AssessmentWrite, body: func(f *firm) any { return values{"customer": f.Slug} }},
	"GET /assessments/{id}":                      {action: permission.AssessmentRead, shows: true},
	"PATCH /assessments/{id}":                    {action: permission.AssessmentWrite, body: func(*firm) any { return values{"title": "taken over"} }},
	"GET /assessments/{id}/answers":              {action: permission.AssessmentRead, shows: true},
	"PATCH /assessments/{id}/answers":            {action: permission.AssessmentAnswer, body: func(*firm) any { return values{"answers": values{"business": "taken over"}} }},
	"POST /assessments/{id}/hand-in":             {action: permission.AssessmentAnswer, ok: []int{422}},
	"POST /assessments/{id}/reopen":              {action: permission.AssessmentWrite, ok: []int{409}, body: func(*firm) any { return values{"reason": "taken over"} }},
	"POST /assessments/{id}/review":              {action: permission.AssessmentWrite, ok: []int{409}, body: func(*firm) any { return values{"remark": "taken over"} }},
	"GET /assessments/{id}/links":                {action: permission.AssessmentWrite, shows: true},
	"POST /assessments/{id}/links":               {action: permission.AssessmentWrite, body: func(*firm) any { return values{"name": "somebody"} }},
	"POST /assessments/{id}/links/{link}/revoke": {action: permission.AssessmentWrite, ok: []int{200}},
}

var questionPages = map[string]pageRule{
	"GET /questionnaires":                              {action: permission.QuestionnaireRead},
	"GET /questionnaires/{name}":                       {action: permission.QuestionnaireRead, fixed: true},
	"GET /assessments":                                 {action: permission.AssessmentRead, shows: true},
	"GET /assessments/new":                             {action: permission.AssessmentWrite},
	"POST /assessments/new":                            {action: permission.AssessmentWrite, form: made("questionnaire", "base", "title", "by form")},
	"GET /assessments/{id}":                            {action: permission.AssessmentRead, shows: true},
	"POST /assessments/{id}/reopen":                    {action: permission.AssessmentWrite, form: fixedForm("reason", "taken over")},
	"POST /assessments/{id}/review":                    {action: permission.AssessmentWrite, form: fixedForm("remark", "taken over")},
	"POST /assessments/{id}/links":                     {action: permission.AssessmentWrite, form: fixedForm("name", "", "days", "14")},
	"POST /assessments/{id}/links/{link}/revoke":       {action: permission.AssessmentWrite, form: fixedForm()},
	"GET /assessments/{id}/fill":                       {action: permission.AssessmentAnswer, ok: http.StatusSeeOther},
	"GET /assessments/{id}/fill/sections/{section}":    {action: permission.AssessmentAnswer, shows: true},
	"POST /assessments/{id}/fill/sections/{section}":   {action: permission.AssessmentAnswer, form: fixedForm("q", "business", "a.business", "by form", "was.business", "null")},
	"POST /assessments/{id}/fill/questions/{question}": {action: permission.AssessmentAnswer, form: fixedForm("a.company_name", "taken over")},
	"GET /assessments/{id}/fill/hand-in":               {action: permission.AssessmentAnswer, shows: true},
	"POST /assessments/{id}/fill/hand-in":              {action: permission.AssessmentAnswer, form: fixedForm()},
}

// guestOpen are the addresses of private links: walked by guests.
var guestOpen = map[string]string{
	"GET /answers/{token}":                       "by a private link",
	"GET /answers/{token}/sections/{section}":    "by a private link",
	"POST /answers/{token}/sections/{section}":   "by a private link",
	"POST /answers/{token}/questions/{question}": "by a private link",
	"GET /answers/{token}/hand-in":               "by a private link",
	"POST /answers/{token}/hand-in":              "by a private link",
}

var questionActorless = map[string]string{
	"question.Register": "hangs operations on the API: walked there",
	"question.Pages":    "hangs pages on the mux: walked there",
}

var questionCalls = map[string]call{
	"question.Questionnaires": {action: permission.QuestionnaireRead, list: true, quiet: true, do: func(_ ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Asked.Questionnaires(a))
	}},
	"question.Questionnaire": {action: permission.QuestionnaireRead, list: true, quiet: true, do: func(_ ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Asked.Questionnaire(a, "base"))
	}},
	"question.Create": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Create(ctx, a, question.NewAssessment{Customer: f.Slug}))
	}},
	"question.Assessment": {action: permission.AssessmentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Assessment(ctx, a, f.Refs["assessment"]))
	}},
	"question.ToFill": {action: permission.AssessmentAnswer, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.ToFill(ctx, a, f.Refs["assessment"]))
	}},
	"question.All": {action: permission.AssessmentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.All(ctx, a, f.Slug))
	}},
	"question.Sheet": {action: permission.AssessmentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Sheet(ctx, a, f.Refs["assessment"]))
	}},
	"question.Latest": {action: permission.AssessmentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		out, err := h.app.Asked.Latest(ctx, a, f.Refs["customer_id"], "")
		if own := f.Refs["customer_id"] == h.acme.Refs["customer_id"]; own && fault.Is(err, fault.NotFound) {
			return nil, nil // acme has handed nothing in
		}
		return one(out, err)
	}},
	"question.Answer": {action: permission.AssessmentAnswer, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Asked.Answer(ctx, a, f.Refs["assessment"], question.Fill{Answers: values{"business": "taken over"}}))
	}},
	"question.HandIn": {action: permission.AssessmentAnswer, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.HandIn(ctx, a, f.Refs["assessment"]))
	}},
	"question.Reopen": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Reopen(ctx, a, f.Refs["assessment"], "taken over"))
	}},
	"question.Review": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Review(ctx, a, f.Refs["assessment"], "taken over"))
	}},
	"question.Update": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.Update(ctx, a, f.Refs["assessment"], f.Version, question.ChangeAssessment{Title: ptr("taken over")}))
	}},
	"question.CreateLink": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Asked.CreateLink(ctx, a, f.Refs["assessment"], question.NewLink{Name: "somebody"}))
	}},
	"question.PrivateLinks": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.PrivateLinks(ctx, a, f.Refs["assessment"]))
	}},
	"question.RevokeLink": {action: permission.AssessmentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Asked.RevokeLink(ctx, a, f.Refs["assessment"], f.Refs["private_link"]))
	}},
}

// guests: whoever has acme's private link reaches acme's assessment by it, and nothing of bolt's by anything that stands behind it.
func (h *house) guests(t *testing.T) {
	_, address, err := h.app.Asked.CreateLink(t.Context(), h.operator(), h.acme.Refs["assessment"], question.NewLink{Name: "acme guest", Language: "en", Sections: []string{"company"}})
	check(t, err)
	before := h.footprint(t, h.bolt)
	post := func(path string, form url.Values) request {
		return request{method: "POST", path: path, body: form.Encode(), kind: "application/x-www-form-urlencoded", page: true}
	}
	get := func(path string) request { return request{method: "GET", path: path, page: true} }
	if a := h.do(t, get(address)); a.status != http.StatusOK || leakIn(a.text, h.acme, "") == "" {
		t.Errorf("acme's own link: %d", a.status)
	}
	forms := url.Values{"q": {"users_internal"}, "a.users_internal": {"7"}, "was.users_internal": {"null"}}
	for _, r := range []request{
		get(address), get(address + "/sections/company"), get(address + "/hand-in"), get(address + "/sections/users"), get(address + "/sections/" + h.bolt.Refs["assessment"]),
		post(address+"/sections/users", forms), post(address+"/questions/users_internal", forms), post(address+"/hand-in", url.Values{}),
		get("/assessments/" + h.bolt.Refs["assessment"]), get(address + "/../../" + h.bolt.Refs["assessment"]),
	} {
		a := h.do(t, r)
		if l := a.leak(h.bolt, r); l != "" {
			t.Errorf("%s: shows bolt's %q", r, l)
		}
		if reaches := strings.HasSuffix(r.path, address) || strings.HasSuffix(r.path, "/company") || r.method == "GET" && strings.HasSuffix(r.path, "/hand-in"); (a.status == http.StatusOK) != reaches {
			t.Errorf("%s: %d", r, a.status)
		}
	}
	h.untouched(t, h.bolt, before, "a private link of acme's")
}
