// Package isolation is the two-customer test. It fills an instance with two customers, acme and bolt, and walks by itself every
// table, every operation of the API, every page, every method of a service and every topic of the jobs, on both engines, with each
// role: whoever covers only acme must never see, count, change or even tell from nothing anything of bolt's.
//
// The walks are generated: from db.Tables and the catalog of the database, from the OpenAPI description, from the patterns in the
// source, from reflection. What they find and the registries of this package do not know fails, so that a new table, route or
// method cannot be forgotten. Package bite, below, proves that the test can fail.
//
// The matrix asks every operation and page by everybody, for one's own, another's, nobody's and twisted names, with dead credentials,
// other formats, filters and cursors: 50,000 requests and more, each held against the answer that the permissions and the ownership say.
//
// Nobody imports it.
package isolation
