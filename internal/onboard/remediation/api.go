package remediation

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/trust/permission"
)

type byCustomer struct {
	Customer string `path:"customer" doc:"Slug or id."`
}

type closing struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type proposals struct {
	Customer  string     `json:"customer"`
	Proposals []Proposal `json:"proposals"`
}

type taken struct {
	Measures []Measure `json:"measures"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Measures"
	s.Measures.Register(a)
	s.Milestones.Register(a)
	api.Post(a, api.Op{Path: "/measures/{id}/close", Tag: tag, Summary: "Close a measure by its evidence", Status: 200,
		Description: "A measure that rests on gaps closes when an evaluation no longer fails any of them; another needs a file attached as proof. Otherwise 409, naming what still stands against it."},
		func(ctx context.Context, in *closing) (Measure, error) {
			return s.Close(ctx, permission.From(ctx), in.ID, in.Expected())
		})
	api.Put(a, api.Op{Path: "/measures/{id}/needs/{other}", Tag: tag, Summary: "Make a measure wait for another", Description: "409 names the circle that this would close."},
		func(ctx context.Context, in *struct {
			ID    string `path:"id" doc:"Id of the measure that waits."`
			Other string `path:"other" doc:"Id of the measure that comes first."`
		}) (Measure, error) {
			if err := s.Need(ctx, permission.From(ctx), in.ID, in.Other); err != nil {
				return Measure{}, err
			}
			return s.Measures.Get(ctx, permission.From(ctx), in.ID)
		})
	api.Delete(a, api.Op{Path: "/measures/{id}/needs/{other}", Tag: tag, Summary: "Let a measure no longer wait for another"},
		func(ctx context.Context, in *struct {
			ID    string `path:"id" doc:"Id of the measure that waits."`
			Other string `path:"other" doc:"Id of the other."`
		}) error {
			return s.DropNeed(ctx, permission.From(ctx), in.ID, in.Other)
		})
	api.Get(a, api.Op{Path: "/measure-proposals/{customer}", Tag: tag, Summary: "List the measures that open gaps ask for"},
		func(ctx context.Context, in *byCustomer) (proposals, error) {
			list, err := s.Proposals(ctx, permission.From(ctx), in.Customer)
			return proposals{in.Customer, list}, err
		})
	api.Post(a, api.Op{Path: "/measure-proposals/{customer}", Tag: tag, Summary: "Make measures of proposals", Status: 200},
		func(ctx context.Context, in *struct {
			Customer string `path:"customer" doc:"Slug or id."`
			Body     Take
		}) (taken, error) {
			made, err := s.Make(ctx, permission.From(ctx), in.Customer, in.Body)
			return taken{made}, err
		})
	api.Get(a, api.Op{Path: "/remediation-plans/{customer}", Tag: tag, Summary: "Get a customer's plan: dates, critical path, order and burn-down"},
		func(ctx context.Context, in *byCustomer) (Plan, error) {
			return s.Plan(ctx, permission.From(ctx), in.Customer)
		})
}
