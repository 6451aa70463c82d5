package db

import (
	"slices"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Scope says whose data a transaction may touch: one customer, several, or all. Its zero value is refused. It is made only at
// sign-in, from a token or from a job's row (a test holds the list of callers of the Grant functions); anybody may narrow one.
type Scope struct {
	granted   bool
	all       bool
	customers []string
}

// Grant makes a scope of exactly these customers (ids). No customer at all is a scope that sees nothing.
func Grant(customers ...string) Scope {
	c := slices.Clone(customers)
	slices.Sort(c)
	return Scope{granted: true, customers: slices.Compact(c)}
}

// GrantAll makes the scope of provider staff who may look across all customers.
func GrantAll() Scope { return Scope{granted: true, all: true} }

// Covers tells whether the customer lies within the scope.
func (s Scope) Covers(customer string) bool {
	if !s.granted {
		return false
	}
	if s.all {
		return true
	}
	_, found := slices.BinarySearch(s.customers, customer)
	return found
}

// Narrow gives the scope of one customer. A customer outside of it is not found (404, never 403).
func (s Scope) Narrow(customer string) (Scope, error) {
	if !id.Valid(customer) || !s.Covers(customer) {
		return Scope{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return Scope{granted: true, customers: []string{customer}}, nil
}

// One gives the customer that a write goes to, if the scope names exactly one.
func (s Scope) One() (string, bool) {
	if s.granted && !s.all && len(s.customers) == 1 {
		return s.customers[0], true
	}
	return "", false
}

// All tells whether the scope covers every customer, those of tomorrow included.
func (s Scope) All() bool { return s.granted && s.all }

// Customers lists the ids of a scope that is not All.
func (s Scope) Customers() []string { return slices.Clone(s.customers) }
