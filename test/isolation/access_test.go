package isolation

import (
	"testing"

	"vigie/internal/onboard/access"
	"vigie/internal/onboard/inventory"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

var (
	accessRegister   = registered{"access_check", "/access-checks", "name", permission.AccessRead, permission.AccessWrite, map[string]string{"giver": "contact"}, nil}
	targetRegister   = registered{"target_item", "/target-items", "name", permission.InventoryRead, permission.InventoryWrite, map[string]string{"workload": "workload"}, func(*firm) values { return values{"kind": "eks_clusters"} }}
	declaredRegister = registered{"declared_inventory", "/declared-inventory", "kind", permission.InventoryRead, permission.InventoryWrite, nil,
		func(*firm) values { return values{"kind": "aws_accounts"} }} // one of the nine names it
)

func (h *house) seedAccess(t *testing.T, f *firm) {
	t.Helper()
	ctx, op := t.Context(), h.operator()
	c, err := h.app.Access.Checks.Create(ctx, op, f.Slug, register.As(access.Check{Name: f.Word + " access", Area: "monitoring", State: access.Asked, Proof: access.ByPerson, Needed: f.Word}))
	check(t, err)
	n := int64(3)
	d, err := h.app.Inventory.Declared.Create(ctx, op, f.Slug, register.As(inventory.Declared{Kind: "ec2_instances", Number: &n, Source: "hand", Explanation: f.Word}))
	check(t, err)
	g, err := h.app.Inventory.Targets.Create(ctx, op, f.Slug, register.As(inventory.Target{Name: f.Word + " target", Kind: "eks_clusters"}))
	check(t, err)
	f.Refs["access_check"], f.Refs["declared_inventory"], f.Refs["target_item"] = c.ID, d.ID, g.ID
}

// seedBaseline comes after the estate, as it freezes it.
func (h *house) seedBaseline(t *testing.T, f *firm) {
	t.Helper()
	b, err := h.app.Inventory.Freeze(t.Context(), h.operator(), inventory.NewBaseline{Customer: f.Slug, Name: f.Word + " baseline", Note: f.Word})
	check(t, err)
	f.Refs["baseline"] = b.ID
}

var accessRules = map[string]rule{
	"POST /access-checks/{id}/look":        {action: permission.AccessWrite, ok: []int{409}},
	"POST /access-checks/{id}/give":        {action: permission.AccessWrite, ok: []int{200}},
	"POST /access-checks/{id}/prove":       {action: permission.AccessWrite, ok: []int{200}, body: func(*firm) any { return values{"works": true, "note": "seen"} }},
	"POST /declared-inventory/{id}/accept": {action: permission.InventoryWrite, ok: []int{200}, body: func(*firm) any { return values{"explanation": "seen"} }},
	"GET /baselines":                       {action: permission.BaselineRead, shows: true},
	"GET /baselines/{id}":                  {action: permission.BaselineRead, shows: true},
	"GET /baselines/{id}/comparison":       {action: permission.BaselineRead},
	"POST /baselines": {action: permission.BaselineWrite, body: func(f *firm) any { return values{"customer": f.Slug, "name": "new"} },
		mixed: func(_, f *firm) []any { return []any{values{"customer": f.Refs["customer_id"], "name": "new"}} }},
	"DELETE /baselines/{id}": {action: permission.BaselineWrite},
}

var accessPages = map[string]pageRule{
	"GET /access-checks/propose":           {action: permission.AccessWrite},
	"POST /access-checks/propose":          {action: permission.AccessWrite, form: made("all", "true")},
	"POST /access-checks/look":             {action: permission.AccessWrite, form: made("all", "true")},
	"POST /access-checks/{id}/look":        {action: permission.AccessWrite, form: taken("name")},
	"POST /access-checks/{id}/give":        {action: permission.AccessWrite, form: taken("name")},
	"POST /access-checks/{id}/prove":       {action: permission.AccessWrite, form: taken("note")},
	"GET /inventory-review":                {action: permission.InventoryRead},
	"POST /inventory-review/take":          {action: permission.InventoryWrite, form: made("all", "true")},
	"POST /declared-inventory/{id}/accept": {action: permission.InventoryWrite, form: taken("explanation")},
	"GET /baselines":                       {action: permission.BaselineRead, shows: true},
	"GET /baselines/new":                   {action: permission.BaselineWrite},
	"POST /baselines/new":                  {action: permission.BaselineWrite, form: made("name", "by form")},
	"GET /baselines/{id}":                  {action: permission.BaselineRead, shows: true},
	"POST /baselines/{id}/discard":         {action: permission.BaselineWrite, form: taken("name")},
}

var accessActorless = map[string]string{
	"access.Register":     "hangs operations on the API: walked there",
	"access.Pages":        "hangs pages on the mux: walked there",
	"access.Part":         "hangs on the pages of records: walked there",
	"access.Missing":      "reads in the transaction of whoever asks, and so in its scope",
	"access.Intakes":      "which lists take files in, the same for everybody",
	"access.Editables":    "which lists are changed many at once, the same for everybody",
	"inventory.Register":  "hangs operations on the API: walked there",
	"inventory.Pages":     "hangs pages on the mux: walked there",
	"inventory.Intakes":   "which lists take files in, the same for everybody",
	"inventory.Editables": "which lists are changed many at once, the same for everybody",
}

var accessCalls = join(
	callsOf("access_check", permission.AccessRead, permission.AccessWrite, func(h *house) *register.Register[access.Check] { return h.app.Access.Checks }, func(c *access.Check) { c.Name = "by method" }),
	callsOf("declared_inventory", permission.InventoryRead, permission.InventoryWrite, func(h *house) *register.Register[inventory.Declared] { return h.app.Inventory.Declared }, func(c *inventory.Declared) { c.Kind = "emr_clusters" }),
	callsOf("target_item", permission.InventoryRead, permission.InventoryWrite, func(h *house) *register.Register[inventory.Target] { return h.app.Inventory.Targets }, func(c *inventory.Target) { c.Name, c.Kind = "by method", "eks_clusters" }),
	map[string]call{
		"access.Propose": {action: permission.AccessWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Access.Propose(ctx, a, f.Refs["customer_id"], "en"))
		}},
		"access.Look": {action: permission.AccessWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Access.Look(ctx, a, f.Refs["customer_id"]))
		}},
		"access.LookAt": {action: permission.AccessWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Access.LookAt(ctx, a, f.Refs["access_check"]))
		}},
		"access.Give": {action: permission.AccessWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Access.Give(ctx, a, f.Refs["access_check"], f.Version))
		}},
		"access.Prove": {action: permission.AccessWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Access.Prove(ctx, a, f.Refs["access_check"], f.Version, true, "seen"))
		}},
		"inventory.Review": {action: permission.InventoryRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.Review(ctx, a, f.Refs["customer_id"]))
		}},
		"inventory.Accept": {action: permission.InventoryWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.Accept(ctx, a, f.Refs["declared_inventory"], f.Version, "seen"))
		}},
		"inventory.Take": {action: permission.InventoryWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.Take(ctx, a, f.Refs["customer_id"]))
		}},
		"inventory.Freeze": {action: permission.BaselineWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.Freeze(ctx, a, inventory.NewBaseline{Customer: f.Slug, Name: "by method"}))
		}},
		"inventory.Baseline": {action: permission.BaselineRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.Baseline(ctx, a, f.Refs["baseline"]))
		}},
		"inventory.Baselines": {action: permission.BaselineRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
			return one(h.app.Inventory.Baselines(ctx, a, inventory.Spec.All()))
		}},
		"inventory.CompareWith": {action: permission.BaselineRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return one(h.app.Inventory.CompareWith(ctx, a, f.Refs["baseline"], ""))
		}},
		"inventory.Discard": {action: permission.BaselineWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
			return none(h.app.Inventory.Discard(ctx, a, f.Refs["baseline"], f.Version))
		}},
	})
