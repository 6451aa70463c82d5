package isolation

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"vigie/internal/onboard/document"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/record/file"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// seedDocuments hands in and reviews a paper of the customer, and notes a reminder of it.
func (h *house) seedDocuments(t *testing.T, f *firm) {
	t.Helper()
	ctx, op := t.Context(), h.operator()
	_, err := h.app.Documents.HandIn(ctx, op, f.Refs["document"], document.NewVersion{Name: f.Word + ".txt", Content: strings.NewReader("The network of " + f.Word)})
	check(t, err)
	_, err = h.app.Documents.Review(ctx, op, f.Refs["document"], document.NewReview{Verdict: "reviewed", Quality: document.Good, Remarks: f.Word})
	check(t, err)
	paper, err := h.app.Files.Add(ctx, op, file.NewFile{RecordType: "document", RecordID: f.Refs["document"], Name: f.Word + " next.txt", Public: true, Content: strings.NewReader("more of " + f.Word)})
	check(t, err)
	f.Refs["paper"] = paper.ID
	check(t, h.db.InScope(ctx, db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		l, _, err := link.Create(ctx, tx, op, link.New{Door: document.Door, Record: audit.Record{Type: "contact", ID: f.Refs["contact"], Name: f.Word}, Name: f.Word + " debtor", Language: "en"})
		f.Refs["hand_in_link"] = l.ID
		return err
	}))
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Insert(ctx, "document_reminder", struct {
			CustomerID string  `db:"customer_id"`
			ID         string  `db:"id"`
			DocumentID string  `db:"document_id"`
			ContactID  string  `db:"contact_id"`
			Day        string  `db:"day"`
			CreatedAt  db.Time `db:"created_at"`
		}{f.Refs["customer_id"], id.New(), f.Refs["document"], f.Refs["contact"], "2026-01-01", tx.Now()}, "")
		return err
	})
}

func askFor(f *firm) any {
	return values{"workload": f.Refs["workload"], "owed_by": f.Refs["contact"], "kinds": []string{"network"}}
}

var documentRules = map[string]rule{
	"GET /document-kinds":    {action: permission.DocumentRead},
	"GET /document-standing": {action: permission.DocumentRead, query: customerQuery, shows: true},
	"POST /documents/ask": {action: permission.DocumentWrite, ok: []int{200}, body: askFor, mixed: func(own, f *firm) []any {
		return []any{values{"workload": own.Refs["workload"], "owed_by": f.Refs["contact"], "kinds": []string{"network"}}, values{"workload": f.Refs["workload"], "owed_by": own.Refs["contact"], "kinds": []string{"network"}}}
	}},
	"GET /documents/{id}/history": {action: permission.DocumentRead, shows: true},
	"POST /documents/{id}/versions": {action: permission.DocumentHandIn, ok: []int{201}, body: func(f *firm) any { return values{"attachment": f.Refs["paper"]} }, mixed: func(_, f *firm) []any {
		return []any{values{"attachment": f.Refs["paper"]}}
	}},
	"POST /documents/{id}/reviews":                     {action: permission.DocumentReview, ok: []int{201}, body: func(*firm) any { return values{"verdict": "reviewed", "quality": "good"} }},
	"GET /documents/{id}/hand-in-links":                {action: permission.DocumentWrite, shows: true},
	"POST /documents/{id}/hand-in-links":               {action: permission.DocumentWrite, ok: []int{201}},
	"POST /documents/{id}/hand-in-links/{link}/revoke": {action: permission.DocumentWrite, ok: []int{200}},
	"POST /documents/{id}/waive":                       {action: permission.DocumentWrite, ok: []int{409}, body: func(*firm) any { return values{"reason": "not needed"} }},
}

var documentPages = map[string]pageRule{
	"POST /documents/{id}/hand-in-links":               {action: permission.DocumentWrite, form: fixedForm()},
	"POST /documents/{id}/hand-in-links/{link}/revoke": {action: permission.DocumentWrite, form: fixedForm()},
	"GET /documents/matrix":                            {action: permission.DocumentRead},
	"GET /documents/ask":                               {action: permission.DocumentWrite},
	"POST /documents/ask": {action: permission.DocumentWrite, form: func(f *firm) url.Values {
		return fields("customer", f.Slug, "workload", f.Refs["workload"], "owed_by", f.Refs["contact"], "kinds", "network")
	}},
	"POST /documents/{id}/hand-in": {action: permission.DocumentHandIn, multi: true, form: fixedForm("edition", "2", "file", "by form")},
	"POST /documents/{id}/review":  {action: permission.DocumentReview, form: fixedForm("verdict", "reviewed", "quality", "good")},
	"POST /documents/{id}/waive":   {action: permission.DocumentWrite, form: fixedForm("reason", "not needed")},
}

var documentActorless = map[string]string{
	"documents.Register":    "hangs operations on the API: walked there",
	"documents.Pages":       "hangs pages on the mux: walked there",
	"documents.HandInPages": "hangs pages of private links on the mux: tried by the tests of the room",
	"documents.StandingIn":  "reads in the transaction of the caller, whose scope holds it",
	"documents.Sweep":       "works for all customers: walked by jobs",
}

var documentCalls = map[string]call{
	"documents.Ask": {action: permission.DocumentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.Ask(ctx, a, document.NewRequest{Workload: f.Refs["workload"], OwedBy: f.Refs["contact"], Kinds: []string{"network"}}))
	}},
	"documents.HandIn": {action: permission.DocumentHandIn, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.HandIn(ctx, a, f.Refs["document"], document.NewVersion{Name: "x.txt", Content: strings.NewReader("x")}))
	}},
	"documents.HandInAttachment": {action: permission.DocumentHandIn, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.HandInAttachment(ctx, a, f.Refs["document"], f.Refs["paper"], "", ""))
	}},
	"documents.Review": {action: permission.DocumentReview, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.Review(ctx, a, f.Refs["document"], document.NewReview{Verdict: "reviewed", Quality: document.Good}))
	}},
	"documents.Waive": {action: permission.DocumentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.Waive(ctx, a, f.Refs["document"], "not needed"))
	}},
	"documents.HandInLinks": {action: permission.DocumentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.HandInLinks(ctx, a, f.Refs["document"]))
	}},
	"documents.MakeHandInLink": {action: permission.DocumentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.MakeHandInLink(ctx, a, f.Refs["document"]))
	}},
	"documents.RevokeHandInLink": {action: permission.DocumentWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.RevokeHandInLink(ctx, a, f.Refs["document"], f.Refs["hand_in_link"]))
	}},
	"documents.History": {action: permission.DocumentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.History(ctx, a, f.Refs["document"]))
	}},
	"documents.Of": {action: permission.DocumentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.Of(ctx, a, f.Refs["customer_id"], ""))
	}},
	"documents.Standing": {action: permission.DocumentRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Documents.Standing(ctx, a, f.Refs["customer_id"]))
	}},
}
