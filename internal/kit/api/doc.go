// Package api serves /api/v1: registration of operations by their types (huma underneath), problems, lists and exports, ETags,
// idempotency keys, rate limits, and the description at /api/openapi.json and /api/docs.
//
//	a := api.New(api.Config{...})
//	customers.Register(a)                // each room registers its own, see package customer for one to copy
//	mux.Handle("/api/", a.Handler())     // once all are registered
//
// A room's handler decodes nothing and maps no error: it gets its typed input, calls one service method and returns its answer or
// fault. What it writes down:
//
//	List    api.Listing: a list.Spec, who may, rows to answers. GET with filters, search, order, paging; CSV and XLSX by Accept
//	        or format=csv; "customer" narrows to one customer (slug or id; unknown and foreign ones are the same 422).
//	Get     an answer with Revision() has an ETag; If-None-Match gives 304.
//	Post    201 with Location (from Self()) and ETag; Op.Status for actions. Idempotency-Key works by itself.
//	Patch, Delete   the input embeds Match; in.Expected() goes to the service, which answers fault.Stale on a lost race (412).
//
// Validation is the service's, with all faults at once; huma only holds the shape: types, required and unknown members. So
// write no minLength and the like on inputs, give optional members omitempty or a pointer, and let Validate speak.
//
// # Problems
//
// type is urn:vigie:problem:CODE with the codes of package fault, and malformed (400), method_not_allowed (405) and not_acceptable
// (406). errors[] has one entry for each bad field: field is the name as the caller wrote it ("name", "regions[2]", "sort"),
// without "body." in front; "in" says where it stands if huma found it. title, detail and message are in the language of
// Accept-Language, otherwise of the caller's profile. An unknown error is 500 with an id that the log has too, and nothing more.
//
// # What it never does
//
// It opens transactions only for lists and for idempotency keys, never decides a right, and keeps nothing in the process that
// another could not rebuild. Who may come how often is said by whoever gives Config.Admit.
package api
