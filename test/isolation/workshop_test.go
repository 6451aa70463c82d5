package isolation

import "vigie/internal/trust/permission"

var workshopRules = map[string]rule{
	"GET /customers/{customer}/workshop":  {action: permission.CustomerRead},
	"POST /customers/{customer}/workshop": {action: permission.FileWrite},
}

var workshopPages = map[string]pageRule{
	"GET /customers/{slug}/workshop":  {action: permission.CustomerRead, shows: true},
	"POST /customers/{slug}/workshop": {action: permission.FileWrite, form: made()},
}

var workshopActorless = map[string]string{
	"workshop.Register": "hangs operations on the API: walked there",
	"workshop.Pages":    "hangs pages on the mux: walked there",
}

var workshopCalls = map[string]call{
	"workshop.Document": {action: permission.CustomerRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		d, _, err := h.app.Workshop.Document(ctx, a, f.Slug)
		return []any{d}, err
	}},
	"workshop.Keep": {action: permission.FileWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Workshop.Keep(ctx, a, f.Slug))
	}},
}
