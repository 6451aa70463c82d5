package isolation

import "vigie/internal/trust/permission"

var auditCalls = join(approvalCalls, map[string]call{
	"audit.Entry": {action: permission.AuditRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Audit.Entry(ctx, a, f.Refs["audit"]))
	}},
	"audit.Prove": {action: permission.AuditRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Audit.Prove(ctx, a, f.Refs["audit"]))
	}},
	"audit.Continues": {action: permission.AuditRead, list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		cs, err := h.app.Audit.Checkpoint(ctx)
		if err != nil {
			return nil, err
		}
		return one(h.app.Audit.Continues(ctx, a, cs.Size, cs.Size))
	}},
})

var auditActorless = map[string]string{
	"approval.Register": "hangs operations on the API: walked there",
	"approval.Pages":    "hangs pages on the mux: walked there",
	"approval.On":       "wiring",
	"approval.Signed":   "reads in the caller's transaction, whose scope holds it",
	"approval.Sweep":    "ends what ran out, each in the scope of its own customer; gives nothing",
	"audit.Pages":       "hangs pages on the mux: walked there",
	"audit.History":     "a part of the pages of records: walked there",
	"audit.Register":    "hangs operations on the API: walked there",
	"audit.Sequence":    "numbers entries; gives a number",
	"audit.Checkpoint":  "for the operator; sizes and hashes only",
	"audit.Tick":        "numbers and signs; gives nothing",
	"audit.Keep":        "writes sizes and hashes to the operator's places",
	"audit.Copy":        "for the operator; ids and hashes only",
	"audit.Verify":      "for the operator; ids and hashes only",
	"audit.PublicKey":   "the same for everybody",
}
