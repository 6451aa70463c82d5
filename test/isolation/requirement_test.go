package isolation

import (
	"testing"

	"vigie/internal/platform/db"
	"vigie/internal/promise/requirement"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// requirementRegister is what is asked of all registers. A workload has one requirement in each environment, so that a second is a conflict.
var requirementRegister = registered{"requirement", "/requirements", "name", permission.RequirementRead, permission.RequirementWrite, map[string]string{"workload": "workload"},
	func(f *firm) values { return values{"workload": f.Refs["workload"], "environment": "sandbox"} }}

func (h *house) seedRequirements(t *testing.T, f *firm) {
	t.Helper()
	r, err := h.app.Requirements.Requirements.Create(t.Context(), h.operator(), f.Slug, register.As(requirement.Requirement{Name: f.Word + " promise", Workload: db.Null(f.Refs["workload"]),
		Environment: "production", Criticality: "high", State: requirement.Draft, RTO: "PT4H", Note: f.Word}))
	check(t, err)
	f.Refs["requirement"] = r.ID
}

var requirementRules = map[string]rule{
	"GET /requirements/{id}/contradictions": {action: permission.RequirementRead},
	"POST /requirements/{id}/agree":         {action: permission.RequirementAgree, ok: []int{200, 409}},
	"POST /requirements/{id}/template":      {action: permission.RequirementWrite, ok: []int{200}, body: func(*firm) any { return values{} }},
}

var requirementPages = map[string]pageRule{
	"GET /requirements/propose":        {action: permission.RequirementWrite},
	"POST /requirements/propose":       {action: permission.RequirementWrite, form: made("all", "true")},
	"POST /requirements/{id}/agree":    {action: permission.RequirementAgree, form: taken("name")},
	"POST /requirements/{id}/template": {action: permission.RequirementWrite, form: taken("name")},
}

var requirementActorless = map[string]string{
	"requirements.Register":  "hangs operations on the API: walked there",
	"requirements.Pages":     "hangs pages on the mux: walked there",
	"requirements.Part":      "hangs on the pages of records: walked there",
	"requirements.Of":        "reads in the transaction of whoever judges, and so in its scope",
	"requirements.Intakes":   "which lists take files in, the same for everybody",
	"requirements.Editables": "which lists are changed many at once, the same for everybody",
}

func asIs(s string) string { return s }

var requirementCalls = join(
	callsWith("requirement", permission.RequirementRead, permission.RequirementWrite, func(h *house) *register.Register[requirement.Requirement] { return h.app.Requirements.Requirements },
		func(r *requirement.Requirement, f *firm) {
			r.Name, r.Workload, r.Environment = "by method", db.Null(f.Refs["workload"]), "shared"
		}),
	map[string]call{
		"requirements.Agree": {action: permission.RequirementAgree, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Requirements.Agree(ctx, a, f.Refs["requirement"], f.Version))
		}},
		"requirements.Judge": {action: permission.RequirementRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Requirements.Judge(ctx, a, f.Refs["requirement"]))
		}},
		"requirements.ApplyTemplate": {action: permission.RequirementWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Requirements.ApplyTemplate(ctx, a, f.Refs["requirement"], f.Version, ""))
		}},
		"requirements.Proposals": {action: permission.RequirementRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Requirements.Proposals(ctx, a, f.Refs["customer_id"], asIs))
		}},
		"requirements.Propose": {action: permission.RequirementWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Requirements.Propose(ctx, a, f.Refs["customer_id"], asIs))
		}},
	})
