package bulk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// house is an instance with two customers.
type house struct {
	db        *db.DB
	clock     *clock.Manual
	customers *customer.Service
	cmdb      *cmdb.Service
	bulk      *bulk.Service
	ada       permission.Actor
	acme      customer.Customer
	bolt      customer.Customer
}

func actor(role permission.Role, scope db.Scope) permission.Actor {
	return permission.Grant(permission.Actor{ID: id.New(), Name: "Ada Lindqvist", Kind: permission.Person, Via: "test", Language: "en", TimeZone: "UTC"}, role, scope)
}

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	bundle, err := i18n.Load(locales.FS)
	check(t, err)
	h := &house{db: d, clock: c, customers: customer.NewService(d), cmdb: cmdb.New(d), ada: actor(permission.Admin, db.GrantAll())}
	h.bulk = bulk.New(d, bundle, slices.Concat(h.cmdb.Editables(), h.customers.Editables())...)
	h.acme, err = h.customers.CreateCustomer(t.Context(), h.ada, customer.NewCustomer{Slug: "acme", Name: "Acme"})
	check(t, err)
	h.bolt, err = h.customers.CreateCustomer(t.Context(), h.ada, customer.NewCustomer{Slug: "bolt", Name: "Bolt"})
	check(t, err)
	return h
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) ci(t *testing.T, customer, name string) string {
	t.Helper()
	c, err := h.cmdb.CreateCI(t.Context(), h.ada, cmdb.NewCI{Customer: customer, Type: "Own::Thing", Name: name})
	check(t, err)
	return c.ID
}

// found makes a CI one that discovery has found.
func (h *house) found(t *testing.T, ci string) {
	t.Helper()
	check(t, h.db.Across(t.Context(), "a test plays discovery", func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE {ci} SET source = 'discovered', environment = 'test' WHERE id = ?`, ci)
		return err
	}))
}

func (h *house) supplier(t *testing.T, customerRef, name string, more func(*customer.Supplier)) string {
	t.Helper()
	s, err := h.customers.Registers.Suppliers.Create(t.Context(), h.ada, customerRef, register.Set(func(s *customer.Supplier) {
		s.Name = name
		if more != nil {
			more(s)
		}
	}))
	check(t, err)
	return s.ID
}

func set(field, value string) []bulk.Change {
	return []bulk.Change{{Field: field, Op: bulk.Set, Value: value}}
}

func (h *house) entries(t *testing.T, action, kind string) (n int) {
	t.Helper()
	check(t, h.db.View(t.Context(), h.ada.Scope(), func(tx *db.Tx) error {
		return tx.Get(t.Context(), &n, `SELECT COUNT(*) FROM {audit_entry} WHERE action = ? AND record_type = ?`, action, kind)
	}))
	return n
}

// An edit of many says first what it would do, does it by the room's own rules, and can be undone.
func TestEditOfManyIsPreviewedAppliedAndUndone(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		a, b, other := h.ci(t, "acme", "web-1"), h.ci(t, "acme", "web-2"), h.ci(t, "bolt", "db-1")
		h.found(t, a)
		in := bulk.Input{List: "cis", IDs: []string{a, b, other, id.New()}, Changes: set("environment", "production")}
		p, err := h.bulk.Preview(ctx, h.ada, in)
		check(t, err)
		if n := p.Counts(); n.Changed != 3 || n.Refused != 1 || len(p.Parts) != 2 {
			t.Fatalf("preview: %+v", n)
		}
		in.Fingerprint = p.Fingerprint
		e, err := h.bulk.Apply(ctx, h.ada, in)
		check(t, err)
		if n := e.Total(); n.Changed != 3 || len(e.Parts) != 2 || e.State() != bulk.Applied {
			t.Fatalf("applied: %+v", n)
		}
		got, err := h.cmdb.CI(ctx, h.ada, a)
		check(t, err)
		if got.Environment != "production" || !got.IsPinned("environment") {
			t.Errorf("a discovered CI is not pinned: %+v", got)
		}
		if n := h.entries(t, "ci.change", "ci"); n != 3 {
			t.Errorf("%d entries of single records, want 3", n)
		}
		if n := h.entries(t, "apply", "bulk_edit"); n != 2 {
			t.Errorf("%d entries of the edit, want 2", n)
		}
		// The fingerprint is of then.
		if _, err := h.bulk.Apply(ctx, h.ada, in); !fault.Is(err, fault.Stale) {
			t.Errorf("an old fingerprint: %v", err)
		}
		// Somebody changes one of them; the undo leaves that one alone.
		_, err = h.cmdb.EditCI(ctx, h.ada, b, 0, cmdb.ChangeCI{Environment: cmdb.Set("staging")})
		check(t, err)
		u, err := h.bulk.Undo(ctx, h.ada, e.ID)
		check(t, err)
		if n := u.Total(); n.Restored != 2 || n.Left != 1 || u.State() != bulk.Undone {
			t.Errorf("undone: %+v", n)
		}
		got, err = h.cmdb.CI(ctx, h.ada, a)
		check(t, err)
		if got.Environment != "test" || got.IsPinned("environment") {
			t.Errorf("the pin is still there: %q %v", got.Environment, got.Pinned.V)
		}
		if got, err = h.cmdb.CI(ctx, h.ada, b); err != nil || got.Environment != "staging" {
			t.Errorf("somebody's later value was overwritten: %q %v", got.Environment, err)
		}
		if _, err := h.bulk.Undo(ctx, h.ada, e.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second undo: %v", err)
		}
	})
}

// What one field holds after somebody's change stays, and the others go back.
func TestUndoIsFieldByField(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		one := h.supplier(t, "acme", "Nordlicht", func(s *customer.Supplier) { s.Service = "power" })
		e, err := h.bulk.Apply(t.Context(), h.ada, bulk.Input{List: "suppliers", Everything: true, Query: "customer=acme&q=nord",
			Changes: []bulk.Change{{Field: "service", Op: bulk.Clear}, {Field: "criticality", Op: bulk.Set, Value: "high"}}})
		check(t, err)
		_, err = h.customers.Registers.Suppliers.Update(t.Context(), h.ada, one, 0, register.Set(func(s *customer.Supplier) { s.Criticality = "low" }))
		check(t, err)
		u, err := h.bulk.Undo(t.Context(), h.ada, e.ID)
		check(t, err)
		s, err := h.customers.Registers.Suppliers.Get(t.Context(), h.ada, one)
		check(t, err)
		if s.Service != "power" || s.Criticality != "low" || u.Items[0].Outcome != "partly" {
			t.Errorf("%q %q %+v", s.Service, s.Criticality, u.Items[0])
		}
	})
}

// Deletion names what it cannot take, and comes back with its ids.
func TestDeletionOfManyComesBack(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		person, err := h.customers.CreateContact(ctx, h.ada, customer.NewContact{Customer: "acme", Name: "Grace", Email: "grace@acme.example"})
		check(t, err)
		free, err := h.customers.CreateContact(ctx, h.ada, customer.NewContact{Customer: "acme", Name: "Edsger"})
		check(t, err)
		h.supplier(t, "acme", "Nordlicht", func(s *customer.Supplier) { s.Contact = db.Null(person.ID) })
		before, err := h.customers.Registers.Contacts.Get(ctx, h.ada, free.ID)
		check(t, err)
		e, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "contacts", IDs: []string{person.ID, free.ID}, Delete: true})
		check(t, err)
		if n := e.Total(); n.Changed != 1 || n.Refused != 1 {
			t.Fatalf("%+v", n)
		}
		if _, err := h.customers.Registers.Contacts.Get(ctx, h.ada, free.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is still there: %v", err)
		}
		_, err = h.bulk.Undo(ctx, h.ada, e.ID)
		check(t, err)
		after, err := h.customers.Registers.Contacts.Get(ctx, h.ada, free.ID)
		check(t, err)
		after.Version, after.UpdatedAt = before.Version, before.UpdatedAt
		if fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
			t.Errorf("it came back otherwise:\n%+v\n%+v", after, before)
		}
	})
}

// Refs are of the record's own customer: what one has, the other is refused.
func TestNamesOfOneCustomerAreRefusedForAnother(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		_, _, err := h.cmdb.CreateWorkload(ctx, h.ada, cmdb.NewWorkload{Customer: "acme", Name: "Shop"})
		check(t, err)
		a, b := h.ci(t, "acme", "web-1"), h.ci(t, "bolt", "db-1")
		e, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "cis", IDs: []string{a, b}, Changes: set("workload", "Shop")})
		check(t, err)
		if n := e.Total(); n.Changed != 1 || n.Refused != 1 {
			t.Errorf("%+v", n)
		}
		got, err := h.cmdb.CI(ctx, h.ada, a)
		check(t, err)
		if got.Workload != "Shop" || got.WorkloadBy != "hand" {
			t.Errorf("%+v", got)
		}
		// Who covers acme only sees and undoes acme's part.
		limited := actor(permission.Engineer, db.Grant(h.acme.ID))
		if e, err = h.bulk.Undo(ctx, limited, e.ID); err != nil || len(e.Parts) != 1 || e.State() != bulk.Undone {
			t.Errorf("%+v %v", e.Parts, err)
		}
		if _, err := h.bulk.Preview(ctx, limited, bulk.Input{List: "cis", IDs: []string{b}, Changes: set("owner", "x")}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a foreign CI: %v", err)
		}
		if _, err := h.bulk.Preview(ctx, actor(permission.Auditor, db.GrantAll()), bulk.Input{List: "cis", IDs: []string{b}, Changes: set("owner", "x")}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an auditor: %v", err)
		}
	})
}

// Tags are added and taken away where discovery does not own them.
func TestTagsOfManyCIs(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		a, b := h.ci(t, "acme", "fw-1"), h.ci(t, "acme", "fw-2")
		h.found(t, b)
		e, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "cis", IDs: []string{a, b}, Changes: []bulk.Change{{Field: "tags", Op: bulk.Add, Value: "site=Lyon, floor=2"}}})
		check(t, err)
		if n := e.Total(); n.Changed != 1 || n.Refused != 1 {
			t.Errorf("%+v", n)
		}
		found, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "cis", Everything: true, Query: "tag.site=Lyon", Changes: set("owner", "network")})
		if err != nil || found.Counts().Changed != 1 {
			t.Errorf("by its tag: %+v %v", found.Counts(), err)
		}
		_, err = h.bulk.Undo(ctx, h.ada, e.ID)
		check(t, err)
		if got, err := h.cmdb.CI(ctx, h.ada, a); err != nil || len(got.Tags.V) != 0 {
			t.Errorf("%v %v", got.Tags.V, err)
		}
	})
}

// An edit is bounded in number and in time.
func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		ctx := t.Context()
		many := make([]string, bulk.Limit+1)
		for i := range many {
			many[i] = id.New()
		}
		for what, in := range map[string]bulk.Input{
			"ids: bulk.fault.limit":              {List: "cis", IDs: many, Changes: set("owner", "x")},
			"ids: bulk.fault.none":               {List: "cis", Changes: set("owner", "x")},
			"set: bulk.fault.nothing":            {List: "cis", Everything: true},
			"set.arn: bulk.fault.field":          {List: "cis", Everything: true, Changes: set("arn", "x")},
			"set.environment: bulk.fault.choice": {List: "cis", Everything: true, Changes: set("environment", "moon")},
			"set.tags: bulk.fault.partial":       {List: "cis", Everything: true, Changes: set("tags", "x")},
			"add.owner: bulk.fault.no_set":       {List: "cis", Everything: true, Changes: []bulk.Change{{Field: "owner", Op: bulk.Add, Value: "x"}}},
			"delete: bulk.fault.delete":          {List: "cis", Everything: true, Delete: true},
			"customer: api.field.customer":       {List: "cis", Everything: true, Customer: "nobody", Changes: set("owner", "x")},
			"set.status: bulk.fault.keep":        {List: "suppliers", Everything: true, Changes: []bulk.Change{{Field: "status", Op: bulk.Clear}}},
			"moon: api.list.unknown":             {List: "cis", Everything: true, Query: "moon=full", Changes: set("owner", "x")},
		} {
			_, err := h.bulk.Preview(ctx, h.ada, in)
			if err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("want %s, got %v", what, err)
			}
		}
		if _, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "moons", Everything: true}); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown list: %v", err)
		}
		var rows []cmdbRow
		for i := range bulk.Limit + 1 {
			rows = append(rows, cmdbRow{ID: id.New(), Name: fmt.Sprint("ci-", i), Version: 1})
		}
		h.insert(t, rows)
		_, err := h.bulk.Preview(ctx, h.ada, bulk.Input{List: "cis", Everything: true, Changes: set("owner", "x")})
		if err == nil || !strings.Contains(err.Error(), "bulk.fault.limit") {
			t.Errorf("more than the limit by a query: %v", err)
		}
		e, err := h.bulk.Apply(ctx, h.ada, bulk.Input{List: "cis", Everything: true, Query: "name.not=ci-0", Changes: set("owner", "x")})
		if err != nil || e.Total().Changed != bulk.Limit {
			t.Fatalf("as many as the limit: %+v %v", e.Total(), err)
		}
		c.Advance(bulk.UndoFor + time.Second)
		if _, err := h.bulk.Undo(ctx, h.ada, e.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("an undo too late: %v", err)
		}
		c.Advance(bulk.KeepFor)
		check(t, h.bulk.Sweep(ctx))
		if _, err := h.bulk.Edit(ctx, h.ada, e.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is kept for ever: %v", err)
		}
	})
}

// cmdbRow is enough of a CI to be changed.
type cmdbRow struct {
	CustomerID  string `db:"customer_id"`
	ID          string `db:"id"`
	Type        string `db:"type"`
	Name        string `db:"name"`
	ExternalID  string `db:"external_id"`
	ARN         string `db:"arn"`
	Account     string `db:"account"`
	Region      string `db:"region"`
	Status      string `db:"status"`
	Environment string `db:"environment"`
	Criticality string `db:"criticality"`
	Owner       string `db:"owner"`
	WorkloadBy  string `db:"workload_by"`
	Tags        string `db:"tags"`
	Attributes  string `db:"attributes"`
	Keys        string `db:"keys"`
	Pinned      string `db:"pinned"`
	Observed    string `db:"observed"`
	Source      string `db:"source"`
	Fingerprint string `db:"fingerprint"`
	FirstSeen   int64  `db:"first_seen"`
	LastSeen    int64  `db:"last_seen"`
	Version     int64  `db:"version"`
	CreatedAt   int64  `db:"created_at"`
	UpdatedAt   int64  `db:"updated_at"`
}

func (h *house) insert(t *testing.T, rows []cmdbRow) {
	t.Helper()
	for i := range rows {
		r := &rows[i]
		r.Type, r.ExternalID, r.Status, r.Source = "Own::Thing", r.Name, "active", "manual"
		r.Tags, r.Attributes, r.Keys, r.Pinned, r.Observed = "{}", "{}", "[]", "{}", "{}"
	}
	scope, err := h.ada.Scope().Narrow(h.acme.ID)
	check(t, err)
	check(t, h.db.InScope(t.Context(), scope, func(tx *db.Tx) error {
		_, err := tx.Insert(t.Context(), "ci", rows, "")
		return err
	}))
}
