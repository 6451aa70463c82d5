package isolation

import (
	"testing"

	"vigie/internal/onboard/plan"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// seedPlan gives the customer a full assessment, whose first meeting has a participant, an action and a statement.
func (h *house) seedPlan(t *testing.T, f *firm) {
	t.Helper()
	ctx, op := t.Context(), h.operator()
	v, err := h.app.Plans.Create(ctx, op, plan.NewPlan{Customer: f.Slug, Title: f.Word + " plan", StartsOn: "2031-03-03"})
	check(t, err)
	meetings, err := h.app.Plans.Meetings(ctx, op, v.ID)
	check(t, err)
	guests, title := []plan.Ref{{Type: "contact", ID: f.Refs["contact"]}}, f.Word+" meeting"
	m, err := h.app.Plans.UpdateMeeting(ctx, op, meetings[0].ID, 0, plan.ChangeMeeting{Title: &title, Participants: &guests})
	check(t, err)
	task, err := h.app.Plans.AddTask(ctx, op, plan.NewTask{Meeting: m.ID, Title: f.Word + " task"})
	check(t, err)
	said, err := h.app.Plans.Say(ctx, op, plan.NewStatement{Meeting: m.ID, Text: f.Word + " said", Feeds: guests})
	check(t, err)
	f.Refs["plan"], f.Refs["meeting"], f.Refs["plan_task"], f.Refs["statement"] = v.ID, m.ID, task.ID, said.ID
}

func contactRef(f *firm) []values { return []values{{"type": "contact", "id": f.Refs["contact"]}} }

var planRules = map[string]rule{
	"GET /plans":        {action: permission.PlanRead, shows: true},
	"POST /plans":       {action: permission.PlanWrite, body: func(f *firm) any { return values{"customer": f.Slug, "starts_on": "2031-03-03"} }},
	"GET /plans/{id}":   {action: permission.PlanRead, shows: true},
	"PATCH /plans/{id}": {action: permission.PlanWrite, body: func(*firm) any { return values{"title": "taken over"} }},
	"GET /meetings":     {action: permission.PlanRead, shows: true},
	"POST /meetings": {action: permission.PlanWrite, body: func(f *firm) any { return newMeeting(f) },
		mixed: func(own, f *firm) []any {
			v := newMeeting(own)
			v["participants"] = contactRef(f)
			return []any{newMeeting(f), v}
		}},
	"GET /meetings/{id}": {action: permission.PlanRead, shows: true},
	"PATCH /meetings/{id}": {action: permission.PlanWrite, body: func(*firm) any { return values{"title": "taken over"} },
		mixed: func(_, f *firm) []any { return []any{values{"participants": contactRef(f)}} }},
	"POST /meetings/{id}/invite": {action: permission.PlanWrite, ok: []int{200, 409}},
	"POST /meetings/{id}/cancel": {action: permission.PlanWrite, ok: []int{200, 409}},
	"GET /plan-tasks":            {action: permission.PlanRead, shows: true},
	"POST /plan-tasks": {action: permission.PlanWrite, body: func(f *firm) any { return values{"plan": f.Refs["plan"], "title": "new"} },
		mixed: func(own, f *firm) []any {
			return []any{values{"plan": own.Refs["plan"], "meeting": f.Refs["meeting"], "title": "new"}}
		}},
	"GET /plan-tasks/{id}":   {action: permission.PlanRead, shows: true},
	"PATCH /plan-tasks/{id}": {action: permission.PlanWrite, body: func(*firm) any { return values{"done": true} }},
	"GET /statements":        {action: permission.PlanRead, shows: true},
	"POST /statements": {action: permission.PlanWrite, body: func(f *firm) any { return values{"plan": f.Refs["plan"], "text": "new"} },
		mixed: func(own, f *firm) []any {
			return []any{values{"plan": own.Refs["plan"], "text": "new", "feeds": contactRef(f)}, values{"meeting": f.Refs["meeting"], "text": "new"}}
		}},
	"GET /statements/{id}": {action: permission.PlanRead, shows: true},
	"PATCH /statements/{id}": {action: permission.PlanWrite, body: func(*firm) any { return values{"text": "taken over"} },
		mixed: func(_, f *firm) []any { return []any{values{"feeds": contactRef(f)}} }},
}

func newMeeting(f *firm) values {
	return values{"plan": f.Refs["plan"], "title": "new", "starts_at": "2031-03-03T09:00:00Z", "ends_at": "2031-03-03T10:00:00Z"}
}

var planPages = map[string]pageRule{
	"GET /plans":                     {action: permission.PlanRead, shows: true},
	"GET /plans/new":                 {action: permission.PlanWrite},
	"POST /plans/new":                {action: permission.PlanWrite, form: made("starts_on", "2031-03-03")},
	"GET /plans/{id}":                {action: permission.PlanRead, shows: true},
	"POST /plans/{id}/state":         {action: permission.PlanWrite, form: taken("state")},
	"POST /plans/{id}/tasks":         {action: permission.PlanWrite, form: fixedForm("title", "by form", "side", "provider")},
	"GET /plans/{id}/meetings/new":   {action: permission.PlanWrite, shows: true},
	"POST /plans/{id}/meetings/new":  {action: permission.PlanWrite, form: fixedForm("title", "by form", "kind", "workshop", "starts_at", "2031-03-03T09:00", "ends_at", "2031-03-03T10:00")},
	"GET /meetings/{id}":             {action: permission.PlanRead, shows: true},
	"GET /meetings/{id}/edit":        {action: permission.PlanWrite, shows: true},
	"POST /meetings/{id}/edit":       {action: permission.PlanWrite, form: taken("title")},
	"POST /meetings/{id}/invite":     {action: permission.PlanWrite, form: taken("title")},
	"POST /meetings/{id}/held":       {action: permission.PlanWrite, form: taken("title")},
	"POST /meetings/{id}/cancel":     {action: permission.PlanWrite, form: taken("title")},
	"POST /meetings/{id}/tasks":      {action: permission.PlanWrite, form: fixedForm("title", "by form", "side", "provider")},
	"POST /meetings/{id}/statements": {action: permission.PlanWrite, form: fixedForm("text", "by form")},
	"POST /plan-tasks/{id}/done":     {action: permission.PlanWrite, form: taken("title")},
}

var planActorless = map[string]string{
	"plan.Register": "hangs operations on the API: walked there",
	"plan.Pages":    "hangs pages on the mux: walked there",
	"plan.Part":     "hangs on the pages of records: walked there",
}

var planCalls = map[string]call{
	"plan.Create": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Create(ctx, a, plan.NewPlan{Customer: f.Slug, StartsOn: "2031-03-03"}))
	}},
	"plan.Plan": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Plan(ctx, a, f.Refs["plan"]))
	}},
	"plan.Update": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Update(ctx, a, f.Refs["plan"], f.Version, plan.ChangePlan{Title: ptr("taken over")}))
	}},
	"plan.Tasks": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Tasks(ctx, a, f.Refs["plan"]))
	}},
	"plan.Task": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Task(ctx, a, f.Refs["plan_task"]))
	}},
	"plan.AddTask": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.AddTask(ctx, a, plan.NewTask{Plan: f.Refs["plan"], Title: "x"}))
	}},
	"plan.UpdateTask": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.UpdateTask(ctx, a, f.Refs["plan_task"], f.Version, plan.ChangeTask{Title: ptr("taken over")}))
	}},
	"plan.Meeting": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Meeting(ctx, a, f.Refs["meeting"]))
	}},
	"plan.Meetings": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Meetings(ctx, a, f.Refs["plan"]))
	}},
	"plan.AddMeeting": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.AddMeeting(ctx, a, plan.NewMeeting{Plan: f.Refs["plan"], Title: "x", StartsAt: db.At(h.clock.Now()), EndsAt: db.At(h.clock.Now().Add(1e12))}))
	}},
	"plan.Guests": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Guests(ctx, a, f.Refs["plan"]))
	}},
	"plan.UpdateMeeting": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.UpdateMeeting(ctx, a, f.Refs["meeting"], f.Version, plan.ChangeMeeting{Title: ptr("taken over")}))
	}},
	"plan.Invite": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Invite(ctx, a, f.Refs["meeting"], f.Version))
	}},
	"plan.CancelMeeting": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.CancelMeeting(ctx, a, f.Refs["meeting"], f.Version))
	}},
	"plan.Statement": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Statement(ctx, a, f.Refs["statement"]))
	}},
	"plan.Statements": {action: permission.PlanRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Statements(ctx, a, f.Refs["meeting"]))
	}},
	"plan.Say": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Say(ctx, a, plan.NewStatement{Plan: f.Refs["plan"], Text: "x"}))
	}},
	"plan.UpdateStatement": {action: permission.PlanWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.UpdateStatement(ctx, a, f.Refs["statement"], f.Version, plan.ChangeStatement{Text: ptr("taken over")}))
	}},
	"plan.Feeders": {action: permission.PlanRead, list: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Plans.Feeders(ctx, a, "contact", f.Refs["contact"]))
	}},
}
