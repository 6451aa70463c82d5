package isolation

import (
	"encoding/json"
	"net/url"
	"testing"

	"vigie/internal/onboard/deliverable"
	"vigie/internal/platform/db"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

// seedDeliverables drafts the firm's workflow, with its word in it.
func (h *house) seedDeliverables(t *testing.T, f *firm) {
	t.Helper()
	d, err := h.app.Deliverables.Create(t.Context(), h.operator(), deliverable.NewDeliverable{Customer: f.Slug, Kind: deliverable.Workflow})
	check(t, err)
	f.Refs["deliverable"] = d.ID
	raw := json.RawMessage(`{"types":[{"key":"incident","name":"` + f.Word + `","description":"x"}]}`)
	_, err = h.app.Deliverables.Change(t.Context(), h.operator(), d.ID, 0, deliverable.ChangeDeliverable{Data: &raw, Note: ptr("of " + f.Word)})
	check(t, err)
}

func newDeliverable(f *firm) values { return values{"customer": f.Slug, "kind": "workflow"} }

var deliverableRules = map[string]rule{
	"GET /deliverables": {action: permission.DeliverableRead, shows: true},
	"POST /deliverables": {action: permission.DeliverableWrite, ok: []int{409}, body: func(f *firm) any { return newDeliverable(f) },
		mixed: func(_, f *firm) []any { return []any{values{"customer": f.Refs["customer_id"], "kind": "workflow"}} }},
	"GET /deliverables/{id}":           {action: permission.DeliverableRead, shows: true},
	"GET /deliverables/{id}/versions":  {action: permission.DeliverableRead, shows: true},
	"GET /deliverables/{id}/document":  {action: permission.DeliverableRead},
	"PATCH /deliverables/{id}":         {action: permission.DeliverableWrite, body: func(*firm) any { return values{"note": "taken over"} }},
	"POST /deliverables/{id}/fill":     {action: permission.DeliverableWrite, ok: []int{200}, body: func(*firm) any { return values{} }},
	"POST /deliverables/{id}/approval": {action: permission.DeliverableWrite, ok: []int{422}},
	"POST /deliverables/{id}/withdraw": {action: permission.DeliverableWrite, ok: []int{409}, body: func(*firm) any { return values{"reason": "no"} }},
}

var deliverablePages = map[string]pageRule{
	"GET /deliverables":           {action: permission.DeliverableRead, shows: true},
	"POST /deliverables/new":      {action: permission.DeliverableWrite, form: made("kind", "workflow")},
	"GET /deliverables/{id}":      {action: permission.DeliverableRead, shows: true},
	"GET /deliverables/{id}/edit": {action: permission.DeliverableWrite, shows: true},
	"POST /deliverables/{id}/edit": {action: permission.DeliverableWrite, form: func(*firm) url.Values {
		return fields("part", "about", "about.introduction", "taken over", "version", "999")
	}},
	"GET /deliverables/{id}/fill":      {action: permission.DeliverableWrite},
	"POST /deliverables/{id}/fill":     {action: permission.DeliverableWrite, form: taken("name")},
	"GET /deliverables/{id}/compare":   {action: permission.DeliverableRead},
	"POST /deliverables/{id}/approval": {action: permission.DeliverableWrite, form: taken("name")},
	"POST /deliverables/{id}/withdraw": {action: permission.DeliverableWrite, form: reasonForm},
}

var deliverableActorless = map[string]string{
	"deliverable.Register":    "hangs operations on the API: walked there",
	"deliverable.Pages":       "hangs pages on the mux: walked there",
	"deliverable.Approved":    "reads in the transaction of its caller, whose scope it keeps",
	"deliverable.Title":       "what a kind is called, the same for everybody",
	"deliverable.AllApproved": "reads in the transaction of its caller, whose scope it keeps",
}

var deliverableCalls = map[string]call{
	"deliverable.Create": {action: permission.DeliverableWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Deliverables.Create(ctx, a, deliverable.NewDeliverable{Customer: f.Refs["customer_id"], Kind: deliverable.Workflow}))
	}},
	"deliverable.Get": {action: permission.DeliverableRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Deliverables.Get(ctx, a, f.Refs["deliverable"], 0))
	}},
	"deliverable.Deliverables": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Deliverables.Deliverables(ctx, a, deliverable.Spec.All()))
	}},
	"deliverable.Versions": {action: permission.DeliverableRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Deliverables.Versions(ctx, a, f.Refs["deliverable"]))
	}},
	"deliverable.Document": {action: permission.DeliverableRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		d, _, err := h.app.Deliverables.Document(ctx, a, f.Refs["deliverable"], 0)
		return one(d, err)
	}},
	"deliverable.Change": {action: permission.DeliverableWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Deliverables.Change(ctx, a, f.Refs["deliverable"], f.Version, deliverable.ChangeDeliverable{Note: ptr("taken over")}))
	}},
	"deliverable.Preview": {action: permission.DeliverableWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Deliverables.Preview(ctx, a, f.Refs["deliverable"]))
	}},
	"deliverable.Refill": {action: permission.DeliverableWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.Deliverables.Refill(ctx, a, f.Refs["deliverable"], f.Version))
	}},
	"deliverable.Compare": {action: permission.DeliverableRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		_, _, out, err := h.app.Deliverables.Compare(ctx, a, f.Refs["deliverable"], 1, 1)
		return one(out, err)
	}},
	"deliverable.Ask": {action: permission.DeliverableWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Deliverables.Ask(ctx, a, f.Refs["deliverable"], f.Version))
	}},
	"deliverable.TakeBack": {action: permission.DeliverableWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Deliverables.TakeBack(ctx, a, f.Refs["deliverable"], "no"))
	}},
	"deliverable.Told": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Deliverables.Told(ctx, a, approval.Approval{ID: f.Refs["approval"], CustomerID: f.Refs["customer_id"], RecordID: f.Refs["deliverable"], ClosedAt: db.At(h.clock.Now())}))
	}},
}
