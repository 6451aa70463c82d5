package customer

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type byRef struct {
	Ref string `path:"customer" doc:"Slug or id."`
}

type changeContact struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeContact
}

type deleteContact struct {
	ID string `path:"id" doc:"Id."`
	api.Match
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
		Op: api.Op{Path: "/customers", Tag: tag, Summary: "List customers"}, Spec: Spec, Allow: permission.Need(permission.CustomerRead),
		Rows: func(_ context.Context, _ *db.Tx, rows []Customer) ([]Customer, error) { return rows, nil },
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
	s.registerContacts(a)
}

func (s *Service) registerContacts(a *api.API) {
	const tag = "Contacts"
	api.List(a, api.Listing[contactRow, Contact]{
		Op: api.Op{Path: "/contacts", Tag: tag, Summary: "List contacts"}, Spec: ContactSpec, Allow: permission.Need(permission.ContactRead), Rows: shownContacts,
	})
	api.Get(a, api.Op{Path: "/contacts/{id}", Tag: tag, Summary: "Get a contact"}, func(ctx context.Context, in *byID) (Contact, error) {
		return s.Contact(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/contacts", Tag: tag, Summary: "Create a contact"}, func(ctx context.Context, in *struct{ Body NewContact }) (Contact, error) {
		return s.CreateContact(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/contacts/{id}", Tag: tag, Summary: "Change a contact"}, func(ctx context.Context, in *changeContact) (Contact, error) {
		return s.UpdateContact(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/contacts/{id}", Tag: tag, Summary: "Delete a contact"}, func(ctx context.Context, in *deleteContact) error {
		return s.DeleteContact(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}
