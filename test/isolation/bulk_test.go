package isolation

import (
	"net/url"
	"testing"

	"vigie/internal/record/bulk"
	"vigie/internal/trust/permission"
)

// editOf is an edit of the firm's contact.
func editOf(f *firm, value string) bulk.Input {
	return bulk.Input{List: "contacts", IDs: []string{f.Refs["contact"]}, Changes: []bulk.Change{{Field: "job", Op: bulk.Set, Value: value}}}
}

// seedBulk gives the customer an edit that was applied.
func (h *house) seedBulk(t *testing.T, f *firm) {
	t.Helper()
	e, err := h.app.Bulk.Apply(t.Context(), h.operator(), editOf(f, "pilot of "+f.Word))
	check(t, err)
	f.Refs["bulk_edit"] = e.ID
}

func bulkBody(f *firm, more values) values {
	out := values{"list": "contacts", "ids": []string{f.Refs["contact"]}, "set": values{"job": "captain"}}
	for k, v := range more {
		out[k] = v
	}
	return out
}

var bulkRules = map[string]rule{
	"POST /bulk-edits": {action: permission.BulkWrite, ok: []int{200}, body: func(f *firm) any { return bulkBody(f, nil) },
		mixed: func(own, f *firm) []any {
			return []any{
				bulkBody(own, values{"ids": []string{f.Refs["contact"]}, "dry_run": true}),
				bulkBody(own, values{"customer": f.Slug}),
				bulkBody(own, values{"ids": nil, "query": "customer=" + f.Slug, "dry_run": true}),
				values{"list": "contacts", "ids": []string{f.Refs["contact"]}, "delete": true},
			}
		}},
	"GET /bulk-edits":            {action: permission.BulkRead, shows: true},
	"GET /bulk-edits/{id}":       {action: permission.BulkRead, shows: true},
	"POST /bulk-edits/{id}/undo": {action: permission.BulkWrite, ok: []int{200, 409}},
}

var bulkActorless = map[string]string{
	"bulk.Register":       "hangs operations on the API: walked there",
	"bulk.Pages":          "hangs pages on the mux: walked there",
	"bulk.Sweep":          "forgets what is long past, of all customers: gives nothing",
	"cmdb.Editables":      "which lists can be edited, the same for everybody",
	"customer.Editables":  "which lists can be edited, the same for everybody",
	"discovery.Editables": "which lists can be edited, the same for everybody",
}

var bulkCalls = map[string]call{
	"bulk.Preview": {action: permission.BulkWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Bulk.Preview(ctx, a, editOf(f, "captain")))
	}},
	"bulk.Apply": {action: permission.BulkWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Bulk.Apply(ctx, a, editOf(f, "by method")))
	}},
	"bulk.Edit": {action: permission.BulkRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Bulk.Edit(ctx, a, f.Refs["bulk_edit"]))
	}},
	"bulk.Edits": {action: permission.BulkRead, list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Bulk.Edits(ctx, a, bulk.Spec.All()))
	}},
	"bulk.Undo": {action: permission.BulkWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Bulk.Undo(ctx, a, f.Refs["bulk_edit"]))
	}},
}

// editForm is the form of the pages, for the firm's contact.
func editForm(pairs ...string) func(*firm) url.Values {
	return func(f *firm) url.Values {
		return fields(append([]string{"list", "contacts", "id", f.Refs["contact"], "back", "/contacts"}, pairs...)...)
	}
}

var bulkPages = map[string]pageRule{
	"POST /bulk-edits/new":       {action: permission.BulkWrite, form: editForm()},
	"POST /bulk-edits/preview":   {action: permission.BulkWrite, form: editForm("op.job", "set", "value.job", "by form")},
	"POST /bulk-edits":           {action: permission.BulkWrite, form: editForm("op.job", "set", "value.job", "by form")},
	"GET /bulk-edits":            {action: permission.BulkRead, shows: true},
	"GET /bulk-edits/{id}":       {action: permission.BulkRead, shows: true},
	"POST /bulk-edits/{id}/undo": {action: permission.BulkWrite, form: fixedForm("back", "/contacts")},
}
