package field

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Custom fields"
	api.List(a, api.Listing[Field, Field]{Op: api.Op{Path: "/custom-fields", Tag: tag, Summary: "List custom fields",
		Description: "Of the customers that the caller sees, and those of all customers, whose customer is empty."}, Spec: s.Spec(), Allow: permission.Need(permission.FieldRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []Field) ([]Field, error) {
			for i := range rows {
				rows[i] = rows[i].shown()
			}
			return rows, nil
		}})
	api.Get(a, api.Op{Path: "/custom-fields/{id}", Tag: tag, Summary: "Get a custom field"}, func(ctx context.Context, in *byID) (Field, error) {
		return s.Field(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/custom-fields", Tag: tag, Summary: "Define a custom field"}, func(ctx context.Context, in *struct{ Body New }) (Field, error) {
		return s.Create(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/custom-fields/{id}", Tag: tag, Summary: "Change a custom field", Description: "state archived hides it and keeps its values."},
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"Id."`
			api.Match
			Body Change
		}) (Field, error) {
			return s.Update(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
		})
	api.Delete(a, api.Op{Path: "/custom-fields/{id}", Tag: tag, Summary: "Delete a custom field with its values"}, func(ctx context.Context, in *struct {
		ID     string `path:"id" doc:"Id."`
		Values int    `query:"values" default:"0" doc:"How many values go with it; 409 names the number where it is another."`
		api.Match
	}) error {
		return s.Delete(ctx, permission.From(ctx), in.ID, in.Expected(), in.Values)
	})
}
