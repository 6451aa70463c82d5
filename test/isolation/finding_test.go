package isolation

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"vigie/internal/onboard/finding"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// asff is a finding of Security Hub on the firm's bucket.
func asff(f *firm, status string) string {
	return fmt.Sprintf(`{"SchemaVersion":"2018-10-08","Id":"%[1]s-1","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/securityhub","GeneratorId":"security-control/S3.1","AwsAccountId":"%[2]s",
		"Title":"%[1]s is public","Description":"%[1]s","Severity":{"Label":"HIGH"},"Workflow":{"Status":"%[3]s"},"RecordState":"ACTIVE","Compliance":{"SecurityControlId":"S3.1"},
		"Resources":[{"Type":"AwsS3Bucket","Id":"arn:aws:s3:::%[1]s-bucket","Region":"eu-west-1"}]}`, f.Word, f.Refs["number"], status)
}

// seedFindings takes a file in.
func (h *house) seedFindings(t *testing.T, f *firm) {
	t.Helper()
	r, err := h.app.Findings.Take(t.Context(), h.operator(), finding.File{Customer: f.Slug, Name: f.Word + ".json", Data: []byte(asff(f, "NEW"))})
	check(t, err)
	f.Refs["finding_import"] = r.ID
	check(t, h.db.View(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		var found string
		err := tx.Get(t.Context(), &found, `SELECT f.id FROM {finding} f JOIN {finding_match} m ON m.finding_id = f.id WHERE m.ci_id = ?`, f.Refs["discovered"])
		f.Refs["finding"] = found
		return err
	}))
}

var findingRules = map[string]rule{
	"GET /findings":             {action: permission.FindingRead, shows: true},
	"GET /findings/{id}":        {action: permission.FindingRead, shows: true},
	"POST /findings/import":     {action: permission.FindingImport, ok: []int{200}, media: "application/octet-stream", query: customerQuery, body: func(f *firm) any { return asff(f, "SUPPRESSED") }},
	"POST /finding-imports":     {action: permission.FindingImport, body: func(f *firm) any { return values{"customer": f.Slug} }},
	"GET /finding-imports":      {action: permission.FindingRead, shows: true},
	"GET /finding-imports/{id}": {action: permission.FindingRead, shows: true},
}

var findingPages = map[string]pageRule{
	"GET /findings":         {action: permission.FindingRead, shows: true},
	"GET /findings/{id}":    {action: permission.FindingRead, shows: true},
	"GET /findings/import":  {action: permission.FindingImport, shows: true},
	"POST /findings/pull":   {action: permission.FindingImport, form: made()},
	"POST /findings/import": {action: permission.FindingImport, multi: true, form: func(f *firm) url.Values { return fields("customer", f.Slug, "apply", "true", "file", "{}") }},
}

var findingActorless = map[string]string{
	"finding.Register":  "hangs operations on the API: walked there",
	"finding.Pages":     "hangs pages on the mux: walked there",
	"finding.Part":      "a part of the pages of records: walked there",
	"finding.Beside":    "reads in the caller's transaction, whose scope holds it",
	"finding.PullAfter": "writes into the transaction of its caller, whose scope it keeps",
	"finding.Execute":   "takes a customer from a job's row: walked by jobs",
	"finding.Rematch":   "takes a customer from a job's row: walked by jobs of evaluations",
}

var findingCalls = map[string]call{
	"finding.Findings": {action: permission.FindingRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Findings.Findings(ctx, a, query(finding.Spec)))
	}},
	"finding.Imports": {action: permission.FindingRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Findings.Imports(ctx, a, query(finding.ImportSpec)))
	}},
	"finding.Tallies": {action: permission.FindingRead, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Findings.Tallies(ctx, a, ""))
	}},
	"finding.Finding": {action: permission.FindingRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Findings.Finding(ctx, a, f.Refs["finding"]))
	}},
	"finding.ImportOf": {action: permission.FindingRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Findings.ImportOf(ctx, a, f.Refs["finding_import"]))
	}},
	"finding.Pull": {action: permission.FindingImport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Findings.Pull(ctx, a, f.Slug))
	}},
	"finding.Take": {action: permission.FindingImport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Findings.Take(ctx, a, finding.File{Customer: f.Slug, Data: []byte(asff(f, "NEW"))}))
	}},
}

// pullOfAnother gives a task of acme's the import of bolt's: nothing happens.
func (h *house) pullOfAnother(t *testing.T) {
	imp, err := h.app.Findings.Pull(t.Context(), h.operator(), h.bolt.Slug)
	check(t, err)
	before, own := h.footprint(t, h.bolt), h.footprint(t, h.acme)
	check(t, h.app.Findings.Execute(t.Context(), h.acme.Refs["customer_id"], imp.ID))
	h.untouched(t, h.bolt, before, "an import under another's name")
	h.untouched(t, h.acme, own, "an import under another's name")
}

// findingsOfAnother takes in, for acme, a file about bolt's bucket in bolt's account: it stays without a CI, and bolt's findings as they are.
func (h *house) findingsOfAnother(t *testing.T) {
	before := h.footprint(t, h.bolt)
	_, err := h.app.Findings.Take(context.Background(), h.operator(), finding.File{Customer: h.acme.Slug, Data: []byte(asff(h.bolt, "NEW"))})
	check(t, err)
	h.untouched(t, h.bolt, before, "a file with the findings of another")
	h.one(t, db.Grant(h.acme.Refs["customer_id"]), `SELECT COUNT(*) FROM {finding} f JOIN {finding_match} m ON m.finding_id = f.id WHERE f.external_id = ?`, 0, h.bolt.Word+"-1")
}
