package customer

import (
	"context"
	"net/url"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

type byRef struct {
	Ref string `path:"customer" doc:"Slug or id."`
}

type changeCustomer struct {
	Ref string `path:"customer" doc:"Slug or id."`
	api.Match
	Body ChangeCustomer
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Customers"
	api.List(a, api.Listing[Customer, Customer]{
		Op: api.Op{Path: "/customers", Tag: tag, Summary: "List customers", Description: field.Params}, Spec: Spec, Allow: permission.Need(permission.CustomerRead), Rows: fill,
		Extend: func(ctx context.Context, tx *db.Tx, spec list.Spec, query url.Values) (list.Spec, []string, error) {
			set, err := field.Of(ctx, tx, kind, "")
			return set.List(spec, "c.id", "c.id", query), set.Names(), err
		},
	})
	api.Get(a, api.Op{Path: "/customers/{customer}", Tag: tag, Summary: "Get a customer"},
		func(ctx context.Context, in *byRef) (Customer, error) {
			return s.Customer(ctx, permission.From(ctx), in.Ref)
		})
	api.Post(a, api.Op{Path: "/customers", Tag: tag, Summary: "Create a customer"},
		func(ctx context.Context, in *struct{ Body NewCustomer }) (Customer, error) {
			return s.CreateCustomer(ctx, permission.From(ctx), in.Body)
		})
	api.Patch(a, api.Op{Path: "/customers/{customer}", Tag: tag, Summary: "Change a customer"},
		func(ctx context.Context, in *changeCustomer) (Customer, error) {
			return s.UpdateCustomer(ctx, permission.From(ctx), in.Ref, in.Expected(), in.Body)
		})
	for _, r := range s.Registers.All() {
		r.Register(a)
	}
}
