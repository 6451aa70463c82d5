package requirement

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type decision struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type templating struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body struct {
		Criticality string `json:"criticality,omitempty" doc:"Whose template; that of the requirement unless given."`
	}
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	s.Requirements.Register(a)
	api.Get(a, api.Op{Path: "/requirements/{id}/contradictions", Tag: s.Requirements.Tag, Summary: "What in a requirement does not go together, and what the estate can give"},
		func(ctx context.Context, in *byID) (Judgement, error) {
			return s.Judge(ctx, permission.From(ctx), in.ID)
		})
	api.Post(a, api.Op{Path: "/requirements/{id}/agree", Tag: s.Requirements.Tag, Summary: "Note that both sides agree on a requirement", Status: 200,
		Description: "Whoever changes what was agreed on makes it a draft again."},
		func(ctx context.Context, in *decision) (Requirement, error) {
			return s.Agree(ctx, permission.From(ctx), in.ID, in.Expected())
		})
	api.Post(a, api.Op{Path: "/requirements/{id}/template", Tag: s.Requirements.Tag, Summary: "Fill what is empty from a template", Status: 200,
		Description: "Fields that say something already stay as they are; filled names the others."},
		func(ctx context.Context, in *templating) (Filled, error) {
			return s.ApplyTemplate(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body.Criticality)
		})
}
