// Package permission says who may do what: one table of actions and roles (table.go), from which the services decide and the
// documentation page is made, and the Actor, who is passed to every service method.
//
// It never reads the database; identity makes actors from sessions and tokens.
package permission
