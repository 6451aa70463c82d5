package isolation

import (
	"context"
	"net/url"
	"testing"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/record/intake"
	"vigie/internal/record/view"
	"vigie/internal/trust/permission"
)

// listCalls are the methods of what every list has.
var listCalls = map[string]call{
	"intake.Take": {action: permission.CIImport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		out, err := one(h.app.Intake.Take(ctx, a, "cis", []byte("type,name\nOwn::Thing,by import\n"), intake.Options{Customer: f.Slug}))
		if err != nil {
			return out, err
		}
		return one(h.app.Intake.Take(ctx, a, "relations", []byte("from,to,type\n"+f.Refs["ci"]+","+f.Refs["ci2"]+",monitors\n"), intake.Options{Customer: h.acme.Slug}))
	}},
	"intake.Template": {action: permission.CIImport, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Intake.Template(ctx, a, "cis", f.Slug))
	}},
	"intake.Kind": {list: true, quiet: true, do: func(_ ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Intake.Kind(a, "cis"))
	}},
	"view.Views": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Views.Views(ctx, a, "cis"))
	}},
	"view.View": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Views.View(ctx, a, f.Refs["view"]))
	}},
	"view.Create": {action: permission.ViewShare, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Views.Create(ctx, a, view.NewView{List: "cis", Name: "by method", Audience: "staff", Customer: f.Slug}))
	}},
	"view.Change": {action: permission.ViewDefault, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Views.Change(ctx, a, f.Refs["view"], f.Version, view.ChangeView{Name: ptr("taken over")}))
	}},
	"view.Delete": {action: permission.ViewDefault, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Views.Delete(ctx, a, f.Refs["view"], f.Version))
	}},
	"view.Apply": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		p := &ui.Page{Path: "/cis", Query: url.Values{"view": {"view-of-" + f.Slug}}}
		err := h.app.Views.Apply(ctx, a, p)
		return []any{p.Saved}, err
	}},
	"view.MayChange": {list: true, quiet: true, do: func(_ ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Views.MayChange(a, view.View{}), nil)
	}},
}

// seedView gives the customer a view that everybody who sees the customer sees.
func (h *house) seedView(t *testing.T, f *firm) {
	t.Helper()
	f.Refs["view"] = id.New()
	type row struct {
		ID         string  `db:"id"`
		List       string  `db:"list"`
		Slug       string  `db:"slug"`
		Name       string  `db:"name"`
		OwnerID    string  `db:"owner_id"`
		Audience   string  `db:"audience"`
		CustomerID string  `db:"customer_id"`
		Query      string  `db:"query"`
		Version    int64   `db:"version"`
		CreatedAt  db.Time `db:"created_at"`
		UpdatedAt  db.Time `db:"updated_at"`
	}
	h.across(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Insert(ctx, "saved_view", row{ID: f.Refs["view"], List: "cis", Slug: "view-of-" + f.Slug, Name: f.Word + " view", OwnerID: f.Refs["user"],
			Audience: "everybody", CustomerID: f.Refs["customer_id"], Query: "q=" + f.Word, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
}
