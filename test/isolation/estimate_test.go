package isolation

import (
	"testing"

	"vigie/internal/onboard/estimate"
	"vigie/internal/trust/permission"
)

// seedEstimate gives the customer an estimate.
func (h *house) seedEstimate(t *testing.T, f *firm) {
	t.Helper()
	e, err := h.app.Estimates.Create(t.Context(), h.operator(), estimate.NewEstimate{Customer: f.Slug, Title: f.Word + " estimate", Note: f.Word, Answers: map[string]any{"ec2_instances": 12.0}})
	check(t, err)
	f.Refs["estimate"] = e.ID
}

var estimateRules = map[string]rule{
	"GET /estimates": {action: permission.EstimateRead, shows: true},
	"POST /estimates": {action: permission.EstimateWrite, body: func(f *firm) any { return values{"customer": f.Slug} },
		mixed: func(own, f *firm) []any {
			return []any{values{"customer": f.Refs["customer_id"]}, values{"customer": own.Slug, "assessment": f.Refs["estimate"]}}
		}},
	"GET /estimates/{id}":            {action: permission.EstimateRead, shows: true},
	"PATCH /estimates/{id}":          {action: permission.EstimateWrite, body: func(*firm) any { return values{"title": "taken over"} }},
	"GET /estimates/{id}/lines":      {action: permission.EstimateRead},
	"GET /estimates/{id}/versions":   {action: permission.EstimateRead, shows: true},
	"POST /estimates/{id}/versions":  {action: permission.EstimateWrite, ok: []int{201, 409}, body: func(*firm) any { return values{} }},
	"POST /estimates/{id}/what-if":   {action: permission.EstimateRead, ok: []int{200}, body: func(*firm) any { return values{"tier": "24x7"} }},
	"GET /estimates/{id}/comparison": {action: permission.EstimateRead},
	"GET /estimates/{id}/document":   {action: permission.EstimateRead},
	"POST /estimates/{id}/issue":     {action: permission.EstimateIssue, ok: []int{200, 409}},
	"POST /estimates/{id}/revise":    {action: permission.EstimateWrite, ok: []int{201, 409}},
	"GET /estimate-model":            {action: permission.EstimateRead},
}

var estimatePages = map[string]pageRule{
	"GET /estimates":                {action: permission.EstimateRead, shows: true},
	"GET /estimates/new":            {action: permission.EstimateWrite},
	"POST /estimates/new":           {action: permission.EstimateWrite, form: made("title", "by form")},
	"GET /estimates/{id}":           {action: permission.EstimateRead, shows: true},
	"GET /estimates/{id}/document":  {action: permission.EstimateRead, shows: true},
	"GET /estimates/{id}/what-if":   {action: permission.EstimateRead, shows: true},
	"GET /estimates/{id}/compare":   {action: permission.EstimateRead, shows: true},
	"POST /estimates/{id}/versions": {action: permission.EstimateWrite, form: taken("note")},
	"POST /estimates/{id}/issue":    {action: permission.EstimateIssue, form: taken("note")},
	"POST /estimates/{id}/revise":   {action: permission.EstimateWrite, form: taken("note")},
}

var estimateActorless = map[string]string{
	"estimate.Register": "hangs operations on the API: walked there",
	"estimate.Pages":    "hangs pages on the mux: walked there",
}

var estimateCalls = map[string]call{
	"estimate.Create": {action: permission.EstimateWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Create(ctx, a, estimate.NewEstimate{Customer: f.Slug}))
	}},
	"estimate.Estimate": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Estimate(ctx, a, f.Refs["estimate"]))
	}},
	"estimate.Version": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		e, v, err := h.app.Estimates.Version(ctx, a, f.Refs["estimate"], 1)
		return []any{e, v}, err
	}},
	"estimate.Versions": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Versions(ctx, a, f.Refs["estimate"]))
	}},
	"estimate.Try": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		e, v, r, err := h.app.Estimates.Try(ctx, a, f.Refs["estimate"], estimate.WhatIf{Tier: "24x7"})
		return []any{e, v, r}, err
	}},
	"estimate.Preview": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Preview(ctx, a, f.Slug, estimate.WhatIf{}))
	}},
	"estimate.Compare": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		e, c, err := h.app.Estimates.Compare(ctx, a, f.Refs["estimate"], f.Refs["estimate"], 1, 1)
		return []any{e, c}, err
	}},
	"estimate.Document": {action: permission.EstimateRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		d, language, err := h.app.Estimates.Document(ctx, a, f.Refs["estimate"], 0)
		return []any{d, language}, err
	}},
	"estimate.Update": {action: permission.EstimateWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Update(ctx, a, f.Refs["estimate"], f.Version, estimate.ChangeEstimate{Title: ptr("taken over")}))
	}},
	"estimate.Compute": {action: permission.EstimateWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Compute(ctx, a, f.Refs["estimate"], f.Version, estimate.NewVersion{}))
	}},
	"estimate.Issue": {action: permission.EstimateIssue, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Issue(ctx, a, f.Refs["estimate"], f.Version))
	}},
	"estimate.Revise": {action: permission.EstimateWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Estimates.Revise(ctx, a, f.Refs["estimate"]))
	}},
}
