package view

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type views struct {
	Items []View `json:"items"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Views"
	api.Get(a, api.Op{Path: "/views", Tag: tag, Summary: "List saved views", Description: "One's own and those shared with the caller, by list and name."},
		func(ctx context.Context, in *struct {
			List string `query:"list" doc:"Only of this list."`
		}) (views, error) {
			all, err := s.Views(ctx, permission.From(ctx), in.List)
			if all == nil {
				all = []View{}
			}
			return views{all}, err
		})
	api.Get(a, api.Op{Path: "/views/{id}", Tag: tag, Summary: "Get a saved view"}, func(ctx context.Context, in *byID) (View, error) {
		return s.View(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/views", Tag: tag, Summary: "Save a view"}, func(ctx context.Context, in *struct{ Body NewView }) (View, error) {
		return s.Create(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/views/{id}", Tag: tag, Summary: "Change a saved view"}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
		Body ChangeView
	}) (View, error) {
		return s.Change(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/views/{id}", Tag: tag, Summary: "Delete a saved view"}, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"Id."`
		api.Match
	}) error {
		return s.Delete(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}
