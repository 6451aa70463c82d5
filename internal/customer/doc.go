// Package customer owns customers and their contacts: what everything else belongs to.
//
// A customer has a slug, which people and programs use as its name and which never changes, and a phase: prospect, assessment,
// remediation, live, ended. Any phase but live may follow any other, as contracts do come back; live is reached by a signed launch
// alone (GoLive), and every phase is kept with its beginning. Customers are never deleted: what was done for them must stay explainable.
//
// # To write another resource, copy this package
//
// customer.go and contact.go have the types, the inputs with Validate, and the list.Spec; service.go and contact_service.go the
// rules; api.go all of the API:
//
//	api.List(a, api.Listing[contactRow, Contact]{
//		Op: api.Op{Path: "/contacts", Tag: "Contacts", Summary: "List contacts"}, Spec: ContactSpec,
//		Allow: permission.Need(permission.ContactRead), Rows: contacts,   // rows -> answers, tx at hand for names
//	})
//	api.Get(a, api.Op{Path: "/contacts/{id}", Tag: "Contacts", Summary: "Get a contact"},
//		func(ctx context.Context, in *byID) (Contact, error) { return s.Contact(ctx, permission.From(ctx), in.ID) })
//	api.Post(a, api.Op{Path: "/contacts", ...}, func(ctx, in *struct{ Body NewContact }) (Contact, error) { ... })
//	api.Patch(a, api.Op{Path: "/contacts/{id}", ...}, func(ctx, in *changeContact) (Contact, error) { ... in.Expected() ... })
//
// The answer's type has json names, Revision() for the ETag and Self() for the Location. A service method checks the right
// (actor.For), validates, and in one db.InScope reads, compares the version, writes, and writes the audit trail.
//
// Filters, paging, CSV, XLSX, problems, ETags, If-Match, Idempotency-Key, 404 for other customers and the documentation come
// with the registrars and the scope.
package customer
