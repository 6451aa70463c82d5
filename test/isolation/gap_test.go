package isolation

import (
	"net/http"
	"testing"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/onboard/gap"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// seedGaps judges the customer's estate, and asks for one failure to be accepted.
func (h *house) seedGaps(t *testing.T, f *firm) {
	t.Helper()
	ctx, op := t.Context(), h.operator()
	run, err := h.app.Gaps.Evaluate(ctx, op, f.Slug)
	check(t, err)
	f.Refs["gap_run"] = run.ID
	check(t, h.app.Gaps.Execute(ctx, f.Refs["customer_id"], run.ID))
	check(t, h.db.InScope(ctx, db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		var found string
		if err := tx.Get(ctx, &found, `SELECT g.id FROM {gap} g WHERE g.ci_id = ? ORDER BY g.control LIMIT 1`, f.Refs["discovered"]); err != nil {
			return err
		}
		f.Refs["gap"] = found
		_, err := tx.Exec(ctx, `UPDATE {gap} SET verdict = 'fail', judged = 'fail' WHERE id = ?`, found)
		return err
	}))
	x, err := h.app.Gaps.Accept(ctx, op, acceptance(h, f), "en")
	check(t, err)
	f.Refs["acceptance"] = x.ID
}

func acceptance(h *house, f *firm) gap.NewAcceptance {
	return gap.NewAcceptance{Gap: f.Refs["gap"], Reason: f.Word + " lives with it", Until: h.clock.Now().Add(30 * 24 * time.Hour)}
}

// query asks for the first page of a list.
func query(s list.Spec) list.Query {
	q, err := s.Parse(nil)
	if err != nil {
		panic(err) // no parameter can be wrong
	}
	return q
}

var gapRules = map[string]rule{
	"GET /controls":           {action: permission.GapRead},
	"GET /controls/{control}": {action: permission.GapRead, self: true}, // the same for everybody
	"GET /gaps":               {action: permission.GapRead, shows: true},
	"GET /gaps/{id}":          {action: permission.GapRead, shows: true},
	"GET /gap-runs":           {action: permission.GapRead, query: customerQuery},
	"GET /gap-runs/{id}":      {action: permission.GapRead},
	"POST /gap-runs":          {action: permission.GapWrite, body: func(f *firm) any { return values{"customer": f.Slug} }},
	"GET /acceptances":        {action: permission.GapRead, shows: true},
	"GET /acceptances/{id}":   {action: permission.GapRead, shows: true},
	"POST /acceptances": {action: permission.GapWrite, ok: []int{http.StatusCreated, http.StatusConflict}, body: func(f *firm) any {
		return values{"gap": f.Refs["gap"], "reason": "taken over by another", "until": "2026-06-01T00:00:00Z"}
	}},
}

var gapPages = map[string]pageRule{
	"GET /gaps":              {action: permission.GapRead, shows: true},
	"POST /gaps/evaluate":    {action: permission.GapWrite, form: made()},
	"GET /gaps/{id}":         {action: permission.GapRead, shows: true},
	"GET /gaps/{id}/accept":  {action: permission.GapWrite, shows: true},
	"POST /gaps/{id}/accept": {action: permission.GapWrite, form: fixedForm("reason", "no", "until", "")},
	"GET /controls":          {action: permission.GapRead},
	"GET /controls/{id}":     {action: permission.GapRead, fixed: true},
}

var gapActorless = map[string]string{
	"gap.Title":      "what a control of the catalogue is called, the same for everybody",
	"gap.Register":   "hangs operations on the API: walked there",
	"gap.Pages":      "hangs pages on the mux: walked there",
	"gap.Part":       "a part of the pages of records: walked there",
	"gap.Spec":       "how gaps are listed, the same for everybody",
	"gap.Catalogue":  "the controls, the same for everybody",
	"gap.Ask":        "writes into the transaction of its caller, whose scope it keeps",
	"gap.Open":       "reads in the caller's transaction, whose scope holds it",
	"gap.Critical":   "reads in the caller's transaction, whose scope holds it",
	"gap.Judged":     "reads in the caller's transaction, whose scope holds it",
	"gap.SetMeasure": "writes into the transaction of its caller, whose scope it keeps",
	"gap.Execute":    "takes a customer from a job's row: walked by jobs",
	"gap.Signed":     "takes a signature, and works in the scope of its customer: walked by jobs of approvals",
	"gap.Sweep":      "works for all customers: walked by jobs",
}

var gapCalls = map[string]call{
	"gap.Evaluate": {action: permission.GapWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.Evaluate(ctx, a, f.Slug))
	}},
	"gap.Gaps": {action: permission.GapRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Gaps.Gaps(ctx, a, query(h.app.Gaps.Spec())))
	}},
	"gap.Runs": {action: permission.GapRead, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Gaps.Runs(ctx, a, query(gap.RunSpec)))
	}},
	"gap.Acceptances": {action: permission.GapRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Gaps.Acceptances(ctx, a, query(gap.AcceptanceSpec)))
	}},
	"gap.Gap": {action: permission.GapRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.Gap(ctx, a, f.Refs["gap"]))
	}},
	"gap.Run": {action: permission.GapRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.Run(ctx, a, f.Refs["gap_run"]))
	}},
	"gap.History": {action: permission.GapRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.History(ctx, a, f.Refs["gap"]))
	}},
	"gap.Acceptance": {action: permission.GapRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.Acceptance(ctx, a, f.Refs["acceptance"]))
	}},
	"gap.Accept": {action: permission.GapWrite, refuses: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Gaps.Accept(ctx, a, acceptance(h, f), "en"))
	}},
	"gap.Summary": {action: permission.GapRead, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Gaps.Summary(ctx, a, ""))
	}},
	"gap.Heat": {action: permission.GapRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Gaps.Heat(ctx, a, ""))
	}},
}

// evaluationOfAnother gives a task of acme's the evaluation of bolt's: nothing happens.
func (h *house) evaluationOfAnother(t *testing.T) {
	before, own := h.footprint(t, h.bolt), h.footprint(t, h.acme)
	check(t, h.app.Gaps.Execute(t.Context(), h.acme.Refs["customer_id"], h.bolt.Refs["gap_run"]))
	h.untouched(t, h.bolt, before, "an evaluation under another's name")
	h.untouched(t, h.acme, own, "an evaluation under another's name")
}
