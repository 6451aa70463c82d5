package isolation

import (
	"fmt"
	"net/url"
	"testing"

	"vigie/internal/estate/cmdb"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

// seedFields gives the customer a custom field of its own, with a value, and a CI that names another. The keys differ, so that even a
// house that has forgotten whose fields it reads can be furnished, and be found out by what it shows.
func (h *house) seedFields(t *testing.T, f *firm) {
	t.Helper()
	made, err := h.app.Fields.Create(t.Context(), h.operator(), field.New{Customer: f.Slug, RecordType: "ci", Key: f.Slug + "_note", LabelEN: f.Word + " note", Kind: field.Text})
	check(t, err)
	f.Refs["field"] = made.ID
	_, err = h.app.Fields.Create(t.Context(), h.operator(), field.New{Customer: f.Slug, RecordType: "ci", Key: f.Slug + "_host", LabelEN: f.Word + " host", Kind: field.CI})
	check(t, err)
	_, err = h.app.CMDB.EditCI(t.Context(), h.operator(), f.Refs["ci"], 0, cmdb.ChangeCI{Custom: field.Values{f.Slug + "_note": field.V(f.Word), f.Slug + "_host": field.V(f.Refs["ci2"])}})
	check(t, err)
}

// newField is a field that is not there yet.
func newField(f *firm) values {
	f.fresh("")
	return values{"customer": f.Slug, "record_type": "contact", "key": fmt.Sprintf("k%d", f.n), "label_en": "x", "kind": "text"}
}

var fieldRules = map[string]rule{
	"GET /custom-fields":      {action: permission.FieldRead, shows: true},
	"GET /custom-fields/{id}": {action: permission.FieldRead, shows: true},
	"POST /custom-fields": {action: permission.FieldWrite, ok: []int{201, 409}, body: func(f *firm) any { return newField(f) },
		mixed: func(_, f *firm) []any {
			return []any{values{"customer": f.Refs["customer_id"], "record_type": "contact", "key": "k", "label_en": "x", "kind": "text"}}
		}},
	"PATCH /custom-fields/{id}":  {action: permission.FieldWrite, body: func(*firm) any { return values{"label_en": "taken over"} }},
	"DELETE /custom-fields/{id}": {action: permission.FieldWrite},
}

var fieldPages = map[string]pageRule{
	"GET /custom-fields":     {action: permission.FieldRead, shows: true},
	"GET /custom-fields/new": {action: permission.FieldWrite},
	"POST /custom-fields/new": {action: permission.FieldWrite, form: func(f *firm) url.Values {
		v := url.Values{}
		for name, value := range newField(f) {
			v.Set(name, fmt.Sprint(value))
		}
		return v
	}},
	"GET /custom-fields/{id}":         {action: permission.FieldRead, shows: true},
	"GET /custom-fields/{id}/edit":    {action: permission.FieldWrite, shows: true},
	"POST /custom-fields/{id}/edit":   {action: permission.FieldWrite, form: taken("label_en")},
	"POST /custom-fields/{id}/state":  {action: permission.FieldWrite, form: taken("state")},
	"POST /custom-fields/{id}/move":   {action: permission.FieldWrite, form: taken("to")},
	"POST /custom-fields/{id}/remove": {action: permission.FieldWrite, form: taken("values")},
}

// fieldPick tries the search for what a custom field may name, which must stay within one customer.
func (h *house) fieldPick(t *testing.T) {
	for _, c := range h.callers {
		to := func(f *firm) request {
			return request{method: "GET", path: "/custom-fields/pick?" + url.Values{"type": {"ci"}, "field": {f.Slug + "_host"}, "for": {f.Slug}, "custom_" + f.Slug + "_host": {f.Refs["ci2"]}}.Encode(), as: c, page: true}
		}
		own, theirs, none := h.do(t, to(h.acme)), h.do(t, to(h.bolt)), h.do(t, to(h.nobody))
		switch {
		case !c.may(permission.CIWrite):
			if own.status != 403 || theirs.status != 403 {
				t.Errorf("custom fields as %s: %d %d, want 403", c.name, own.status, theirs.status)
			}
		case own.status != 200 || leakIn(own.text, h.acme, "") == "":
			t.Errorf("custom fields as %s: %d, or nothing of acme's", c.name, own.status)
		case c.limited && (theirs.status != none.status || theirs.status != 404):
			t.Errorf("custom fields as %s: %d for bolt, %d for nobody, want 404", c.name, theirs.status, none.status)
		}
		if c.limited && (theirs.leak(h.bolt, to(h.bolt)) != "" || own.leak(h.bolt, to(h.acme)) != "") {
			t.Errorf("custom fields as %s: shows bolt's", c.name)
		}
	}
}

var fieldActorless = map[string]string{
	"field.Register": "hangs operations on the API: walked there",
	"field.Pages":    "hangs pages on the mux: walked there",
	"field.Part":     "hangs on the pages of records: walked there",
	"field.Types":    "which records have custom fields, the same for everybody",
	"field.Has":      "which records have custom fields, the same for everybody",
	"field.Spec":     "how definitions are listed",
}

var fieldCalls = map[string]call{
	"field.Create": {action: permission.FieldWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		f.fresh("")
		return one(h.app.Fields.Create(ctx, a, field.New{Customer: f.Slug, RecordType: "contact", Key: fmt.Sprintf("m%d", f.n), LabelEN: "x", Kind: field.Text}))
	}},
	"field.Field": {action: permission.FieldRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Fields.Field(ctx, a, f.Refs["field"]))
	}},
	"field.Fields": {action: permission.FieldRead, list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Fields.Fields(ctx, a, "ci", f.Slug))
	}},
	"field.Uses": {action: permission.FieldRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Fields.Uses(ctx, a, f.Refs["field"]))
	}},
	"field.Update": {action: permission.FieldWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Fields.Update(ctx, a, f.Refs["field"], f.Version, field.Change{LabelEN: ptr("taken over")}))
	}},
	"field.Delete": {action: permission.FieldWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Fields.Delete(ctx, a, f.Refs["field"], f.Version, 1))
	}},
}
