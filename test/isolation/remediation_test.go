package isolation

import (
	"net/http"
	"net/url"
	"testing"

	"vigie/internal/onboard/remediation"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// seedMeasures makes a milestone, and two measures of which one waits for the other.
func (h *house) seedMeasures(t *testing.T, f *firm) {
	t.Helper()
	ctx, op, all := t.Context(), h.operator(), h.app.Remediation
	s, err := all.Milestones.Create(ctx, op, f.Slug, register.As(remediation.Milestone{Name: f.Word + " Milestone", State: "planned", Due: "2027-01-31", Description: f.Word}))
	check(t, err)
	var made []string
	for _, title := range []string{"Measure", "Other measure"} {
		m, err := all.Measures.Create(ctx, op, f.Slug, register.As(remediation.Measure{Title: f.Word + " " + title, State: remediation.Planned, Priority: "p2", Side: "msp", Description: f.Word}))
		check(t, err)
		made = append(made, m.ID)
	}
	check(t, all.Need(ctx, op, made[0], made[1]))
	f.Refs["milestone"], f.Refs["measure"] = s.ID, made[0]
}

var remediationRules = map[string]rule{
	// Without proof a measure that rests on no gap does not close.
	"POST /measures/{id}/close":           {action: permission.MeasureWrite, ok: []int{http.StatusPreconditionFailed, http.StatusConflict}},
	"PUT /measures/{id}/needs/{other}":    {action: permission.MeasureWrite, ok: []int{http.StatusConflict}}, // of itself
	"DELETE /measures/{id}/needs/{other}": {action: permission.MeasureWrite, ok: []int{http.StatusNoContent}},
	"GET /measure-proposals/{customer}":   {action: permission.MeasureRead},
	"POST /measure-proposals/{customer}": {action: permission.MeasureWrite, ok: []int{http.StatusUnprocessableEntity}, body: func(f *firm) any { return values{"proposals": []string{"none|a:none"}} },
		mixed: func(_, f *firm) []any { return []any{values{"milestone": f.Refs["milestone"]}} }},
	"GET /remediation-plans/{customer}": {action: permission.MeasureRead, shows: true},
}

var remediationPages = map[string]pageRule{
	"GET /measures/propose":         {action: permission.MeasureRead, shows: true},
	"POST /measures/propose":        {action: permission.MeasureWrite, form: made("proposal", "none|a:none"), ok: http.StatusNotFound},
	"POST /measures/{id}/close":     {action: permission.MeasureWrite, form: taken("version")},
	"POST /measures/{id}/need":      {action: permission.MeasureWrite, form: func(f *firm) url.Values { return fields("measure", f.Refs["measure"]) }},
	"POST /measures/{id}/drop-need": {action: permission.MeasureWrite, form: func(f *firm) url.Values { return fields("measure", f.Refs["measure"]) }},
	"GET /remediation":              {action: permission.MeasureRead, shows: true},
}

var remediationActorless = map[string]string{
	"remediation.Register":  "hangs operations on the API: walked there",
	"remediation.Pages":     "hangs pages on the mux: walked there",
	"remediation.Calendar":  "reads in the caller's transaction, whose scope holds it",
	"remediation.Part":      "a part of the pages of records: walked there",
	"remediation.Intakes":   "which lists take files in, the same for everybody",
	"remediation.Editables": "which lists can be changed in bulk, the same for everybody",
}

var remediationCalls = map[string]call{
	"remediation.Close": {action: permission.MeasureWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Remediation.Close(ctx, a, f.Refs["measure"], f.Version))
	}},
	"remediation.Need": {action: permission.MeasureWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Remediation.Need(ctx, a, f.Refs["measure"], f.Refs["measure"]))
	}},
	"remediation.DropNeed": {action: permission.MeasureWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Remediation.DropNeed(ctx, a, f.Refs["measure"], f.Refs["measure"]))
	}},
	"remediation.Settle": {action: permission.MeasureWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Remediation.Settle(ctx, a, f.Refs["customer_id"]))
	}},
	"remediation.Proposals": {action: permission.MeasureRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Remediation.Proposals(ctx, a, f.Refs["customer_id"]))
	}},
	"remediation.Make": {action: permission.MeasureWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Remediation.Make(ctx, a, f.Refs["customer_id"], remediation.Take{Proposals: []string{"none|a:none"}}))
	}},
	"remediation.Plan": {action: permission.MeasureRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Remediation.Plan(ctx, a, f.Refs["customer_id"]))
	}},
}
