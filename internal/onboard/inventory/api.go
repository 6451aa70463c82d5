package inventory

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type decision struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body struct {
		Explanation string `json:"explanation,omitempty" doc:"Why the numbers differ; what is written already if left out."`
	}
}

type comparing struct {
	ID   string `path:"id" doc:"Id."`
	With string `query:"with" doc:"Id of a later baseline; now if left out."`
}

type removing struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	s.Declared.Register(a)
	s.Targets.Register(a)
	api.Post(a, api.Op{Path: "/declared-inventory/{id}/accept", Tag: s.Declared.Tag, Summary: "Accept a difference for the numbers that stand now", Status: 200},
		func(ctx context.Context, in *decision) (Declared, error) {
			return s.Accept(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body.Explanation)
		})
	const tag = "Baselines"
	api.List(a, api.Listing[Shown, Shown]{Op: api.Op{Path: "/baselines", Tag: tag, Summary: "List baselines"}, Spec: Spec, Allow: permission.Need(permission.BaselineRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []Shown) ([]Shown, error) { return rows, nil }})
	api.Get(a, api.Op{Path: "/baselines/{id}", Tag: tag, Summary: "Get a baseline"}, func(ctx context.Context, in *byID) (Shown, error) {
		return s.Baseline(ctx, permission.From(ctx), in.ID)
	})
	api.Get(a, api.Op{Path: "/baselines/{id}/comparison", Tag: tag, Summary: "What changed since a baseline, CI by CI"}, func(ctx context.Context, in *comparing) (Comparison, error) {
		return s.CompareWith(ctx, permission.From(ctx), in.ID, in.With)
	})
	api.Post(a, api.Op{Path: "/baselines", Tag: tag, Summary: "Freeze the estate as it is now"}, func(ctx context.Context, in *struct{ Body NewBaseline }) (Shown, error) {
		return s.Freeze(ctx, permission.From(ctx), in.Body)
	})
	api.Delete(a, api.Op{Path: "/baselines/{id}", Tag: tag, Summary: "Discard a baseline"}, func(ctx context.Context, in *removing) error {
		return s.Discard(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}
