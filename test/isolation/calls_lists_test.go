package isolation

import (
	"vigie/internal/record/intake"
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
}
