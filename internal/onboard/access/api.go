package access

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/trust/permission"
)

type decision struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type proving struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body struct {
		Works bool   `json:"works" doc:"Whether the way in works."`
		Note  string `json:"note" doc:"How it was tried, and what was seen."`
	}
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	s.Checks.Register(a)
	op := func(path, summary, description string) api.Op {
		return api.Op{Path: "/access-checks/{id}" + path, Tag: s.Checks.Tag, Summary: summary, Description: description, Status: 200}
	}
	api.Post(a, op("/look", "Let Vigie look at a way in now", "For checks by role, webhook, token or mail."), func(ctx context.Context, in *decision) (Check, error) {
		return s.LookAt(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, op("/give", "Note that the customer says it is given", ""), func(ctx context.Context, in *decision) (Check, error) {
		return s.Give(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Post(a, op("/prove", "Note that a person has tried a way in", "For checks that a person proves."), func(ctx context.Context, in *proving) (Check, error) {
		return s.Prove(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body.Works, in.Body.Note)
	})
}
