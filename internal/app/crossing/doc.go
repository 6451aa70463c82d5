// Package crossing is the self-test of the walls between customers: it goes through an instance as people of one customer, in every
// role, and tries to reach another's records on every operation, page, search, export, file, stream and job. Its report can be shown
// to a customer.
//
// What it asks is found in the instance itself: operations in the OpenAPI description, pages by following links, records by listing
// them as somebody who may. The answer to a record of the other customer must be the same as that to one that does not exist, and hold
// nothing by which the other can be known. The same is asked for one's own records, so that a test that is refused everywhere fails.
//
// It asks in the process, past sign-in, with actors of its own, and makes no accounts. On a live instance it only reads; changes
// are tried in an instance of samples that is made for it and thrown away.
package crossing
