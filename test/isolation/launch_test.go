package isolation

import (
	"net/url"
	"testing"
	"time"

	"vigie/internal/onboard/launch"
	"vigie/internal/trust/permission"
)

// seedLaunch plans the firm's launch, with a waiver and a tick.
func (h *house) seedLaunch(t *testing.T, f *firm) {
	t.Helper()
	l, err := h.app.Launches.Plan(t.Context(), h.operator(), launch.NewLaunch{Customer: f.Slug, TargetOn: "2026-05-01", Note: f.Word})
	check(t, err)
	f.Refs["launch"] = l.ID
	_, err = h.app.Launches.SetTick(t.Context(), h.operator(), l.ID, "handover_held", true, f.Word)
	check(t, err)
	w, err := h.app.Launches.AskWaiver(t.Context(), h.operator(), h.newWaiver(f))
	check(t, err)
	f.Refs["waiver"] = w.ID
}

func (h *house) newWaiver(f *firm) launch.NewWaiver {
	return launch.NewWaiver{Customer: f.Slug, Condition: "test_alert", Reason: f.Word, Owner: f.Word, ExpiresAt: h.clock.Now().Add(24 * time.Hour)}
}

func newLaunch(f *firm) values { return values{"customer": f.Slug, "target_on": "2026-05-01"} }

func aWaiver(f *firm) values {
	return values{"customer": f.Slug, "condition": "test_alert", "reason": "later", "owner": "x", "expires_at": "2026-05-01T00:00:00Z"}
}

var launchRules = map[string]rule{
	"GET /launches": {action: permission.LaunchRead, shows: true},
	"POST /launches": {action: permission.LaunchWrite, ok: []int{409}, body: func(f *firm) any { return newLaunch(f) },
		mixed: func(_, f *firm) []any {
			return []any{values{"customer": f.Refs["customer_id"], "target_on": "2026-05-01"}}
		}},
	"GET /launches/{id}":             {action: permission.LaunchRead, shows: true},
	"PATCH /launches/{id}":           {action: permission.LaunchWrite, body: func(*firm) any { return values{"note": "taken over"} }},
	"POST /launches/{id}/signatures": {action: permission.LaunchWrite, ok: []int{409}},
	"POST /launches/{id}/launch":     {action: permission.LaunchWrite, ok: []int{409}},
	"POST /launches/{id}/cancel":     {action: permission.LaunchWrite, ok: []int{422}, body: func(*firm) any { return values{"reason": ""} }},
	"POST /launches/{id}/tick":       {action: permission.LaunchWrite, ok: []int{422}, body: func(*firm) any { return values{"condition": "test_alert", "done": true} }},
	"GET /onboarding":                {action: permission.LaunchRead, shows: true, query: customerQuery},
	"GET /waivers":                   {action: permission.LaunchRead, shows: true},
	"POST /waivers": {action: permission.LaunchWrite, body: func(f *firm) any { return aWaiver(f) }, mixed: func(_, f *firm) []any {
		w := aWaiver(f)
		w["customer"] = f.Refs["customer_id"]
		return []any{w}
	}},
	"GET /waivers/{id}":         {action: permission.LaunchRead, shows: true},
	"POST /waivers/{id}/revoke": {action: permission.LaunchWrite, ok: []int{200, 409}},
}

var launchPages = map[string]pageRule{
	"GET /onboarding":                {action: permission.LaunchRead, shows: true},
	"GET /launches":                  {action: permission.LaunchRead, shows: true},
	"GET /launches/new":              {action: permission.LaunchWrite},
	"POST /launches/new":             {action: permission.LaunchWrite, form: made("target_on", "2026-05-01")},
	"GET /launches/{id}":             {action: permission.LaunchRead, shows: true},
	"GET /launches/{id}/edit":        {action: permission.LaunchWrite, shows: true},
	"POST /launches/{id}/edit":       {action: permission.LaunchWrite, form: taken("target_on")},
	"POST /launches/{id}/signatures": {action: permission.LaunchWrite, form: taken("name"), ok: 409},
	"POST /launches/{id}/launch":     {action: permission.LaunchWrite, form: taken("name"), ok: 409},
	"POST /launches/{id}/cancel":     {action: permission.LaunchWrite, form: taken("name")},
	"POST /launches/{id}/tick":       {action: permission.LaunchWrite, form: func(*firm) url.Values { return fields("condition", "test_alert", "done", "true") }},
	"GET /waivers":                   {action: permission.LaunchRead, shows: true},
	"GET /waivers/new":               {action: permission.LaunchWrite},
	"POST /waivers/new":              {action: permission.LaunchWrite, form: made("condition", "test_alert", "reason", "later", "owner", "x", "expires_at", "2026-05-01T00:00")},
	"GET /waivers/{id}":              {action: permission.LaunchRead, shows: true},
	"POST /waivers/{id}/revoke":      {action: permission.LaunchWrite, form: taken("name")},
}

var launchActorless = map[string]string{
	"launch.Register":    "hangs operations on the API: walked there",
	"launch.Pages":       "hangs pages on the mux: walked there",
	"launch.Part":        "a part of the pages of customers: walked there",
	"launch.Hang":        "gives a condition its check, while wiring",
	"launch.Parameter":   "a number of the data, the same for everybody",
	"launch.Answers":     "writes down what it is given",
	"identity.OfSession": "makes the actor",
	"launch.Sweep":       "works for all customers: each launch in the scope of its own",
}

var launchCalls = map[string]call{
	"launch.Plan": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Plan(ctx, a, launch.NewLaunch{Customer: f.Refs["customer_id"], TargetOn: "2026-05-01"}))
	}},
	"launch.Get": {action: permission.LaunchRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Get(ctx, a, f.Refs["launch"]))
	}},
	"launch.Launches": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Launches.Launches(ctx, a, launch.Spec.All()))
	}},
	"launch.Conditions": {action: permission.LaunchRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Conditions(ctx, a, f.Refs["customer_id"]))
	}},
	"launch.Board": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Launches.Board(ctx, a, ""))
	}},
	"launch.Change": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Change(ctx, a, f.Refs["launch"], f.Version, launch.ChangeLaunch{Note: ptr("taken over")}))
	}},
	"launch.Cancel": {action: permission.LaunchWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Cancel(ctx, a, f.Refs["launch"], 0, ""))
	}},
	"launch.SetTick": {action: permission.LaunchWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.SetTick(ctx, a, f.Refs["launch"], "test_alert", true, ""))
	}},
	"launch.AskSignatures": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.AskSignatures(ctx, a, f.Refs["launch"], f.Version))
	}},
	"launch.Launch": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Launch(ctx, a, f.Refs["launch"], f.Version))
	}},
	"launch.AskWaiver": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.AskWaiver(ctx, a, h.newWaiver(f)))
	}},
	"launch.Waiver": {action: permission.LaunchRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.Waiver(ctx, a, f.Refs["waiver"]))
	}},
	"launch.Waivers": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Launches.Waivers(ctx, a, launch.WaiverSpec.All()))
	}},
	"launch.RevokeWaiver": {action: permission.LaunchWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Launches.RevokeWaiver(ctx, a, f.Refs["waiver"], f.Version))
	}},
}
