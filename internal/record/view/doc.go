// Package view owns saved views of lists: a name for a query (filters, search, sort, columns, density), never for its data. A view
// belongs to a person and is private, shared with the provider's staff, or with everybody who sees the customer; it is for one
// customer, or for all. It can be one's own default of a list, and the default of a role.
//
// Every list whose page stands in Lists has views: web.Shell asks Apply before the page's handler runs, so that ?view=SLUG, and a
// default where the address asks for nothing, become the query that the handler reads. The address then carries the whole query and
// the view's name, and the list's head shows whether they still agree. Who opens a shared view sees what they may see: a view
// grants nothing, and a filter or column that is gone is left out.
//
// Views of no customer are rows of the instance, hence the reads here hold every view to the customers that the scope covers.
package view
