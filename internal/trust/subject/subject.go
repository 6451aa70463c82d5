package subject

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Kind is one type of record.
type Kind struct {
	Type  string // noun, as the audit trail calls it: "contact"
	Table string // without braces; must have the column id
	Title string // column of what people call the record: "name"
	// Customer is the column of the customer; customer_id unless said otherwise.
	Customer    string
	Read, Write permission.Action
	Page        func(id string) string // address of the record's page; nil for a type without one
	Fields      bool                   // its records have custom fields, see package field
	// How its records are searched by name. Also are more columns that people look for them by; First is an order, with an index, of which only
	// the beginning is looked through, for types of very many records; Only is a condition on those that are looked for at all; Nameless is
	// set where Title is no name.
	Also     []string
	Only     string
	First    string
	Nameless bool
}

// Label is the key of a type's name, for people.
func Label(kind string) string { return "trust.subject." + kind } // i18n: trust.subject.*

// Subject is one record, as far as others need to know it.
type Subject struct {
	Kind       string
	ID         string
	CustomerID string
	Name       string
	Href       string // empty where the type has no page
}

// Registry holds the kinds. It does not change once it is made.
type Registry struct{ kinds map[string]Kind }

// New makes a registry; two kinds of one type are a fault of the program.
func New(kinds ...Kind) *Registry {
	r := &Registry{kinds: map[string]Kind{}}
	for _, k := range kinds {
		if _, twice := r.kinds[k.Type]; twice || k.Type == "" || k.Table == "" || k.Title == "" || k.Read == "" || k.Write == "" {
			panic(fmt.Sprintf("subject: kind %q is not whole, or given twice", k.Type))
		}
		if k.Customer == "" {
			k.Customer = "customer_id"
		}
		r.kinds[k.Type] = k
	}
	return r
}

// Types lists the types in order.
func (r *Registry) Types() []string { return slices.Sorted(maps.Keys(r.kinds)) }

// Kind gives the kind of a type.
func (r *Registry) Kind(of string) (Kind, bool) {
	k, ok := r.kinds[of]
	return k, ok
}

// Find looks a record up in the scope of the transaction. Faults: not_found, also for a type that nobody knows.
func (r *Registry) Find(ctx context.Context, tx *db.Tx, kind, ref string) (Subject, error) {
	if !id.Valid(ref) {
		return Subject{}, fault.New(fault.NotFound, "fault.not_found")
	}
	found, err := r.FindAll(ctx, tx, kind, []string{ref})
	if err != nil {
		return Subject{}, err
	}
	s, ok := found[ref]
	if !ok {
		return Subject{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return s, nil
}

// FindAll looks many records of one type up by one statement; those outside of the scope are left out. Faults: not_found for a
// type that nobody knows.
func (r *Registry) FindAll(ctx context.Context, tx *db.Tx, kind string, ids []string) (map[string]Subject, error) {
	k, ok := r.kinds[kind]
	if !ok {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	out := make(map[string]Subject, len(ids))
	for part := range slices.Chunk(ids, 500) {
		var rows []struct {
			ID         string `db:"id"`
			CustomerID string `db:"customer_id"`
			Name       string `db:"name"`
		}
		err := tx.Select(ctx, &rows, `SELECT r.id AS id, r.`+k.Customer+` AS customer_id, r.`+k.Title+` AS name FROM {`+k.Table+`} r WHERE r.id IN (`+db.Marks(len(part))+`)`,
			db.Anys(part)...)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", kind, err)
		}
		for _, row := range rows {
			s := Subject{Kind: kind, ID: row.ID, CustomerID: row.CustomerID, Name: row.Name}
			if k.Page != nil {
				s.Href = k.Page(row.ID)
			}
			out[row.ID] = s
		}
	}
	return out, nil
}

// Open is Find for an actor, who must be allowed to read records of the type. Faults: not_found, forbidden.
func (r *Registry) Open(ctx context.Context, tx *db.Tx, a permission.Actor, kind, ref string) (Subject, error) {
	s, err := r.Find(ctx, tx, kind, ref)
	if err != nil {
		return Subject{}, err
	}
	if !a.Scope().Covers(s.CustomerID) {
		return Subject{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return s, a.Require(r.kinds[kind].Read)
}

// MayRead tells whether the actor's role may read records of the type at all.
func (r *Registry) MayRead(a permission.Actor, kind string) bool {
	k, ok := r.kinds[kind]
	return ok && a.May(k.Read)
}
