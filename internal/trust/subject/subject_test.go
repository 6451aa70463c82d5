package subject_test

import (
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// A record is found within the scope only, and opened only by roles that may read its type.
func TestFindStaysInScope(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx, reg := t.Context(), subject.New(customer.Kinds()...)
		admin := permission.Grant(permission.Actor{ID: id.New(), Kind: permission.System}, permission.Admin, db.GrantAll())
		s := customer.NewService(d)
		var contacts, customers [2]string
		for i, slug := range []string{"acme", "bolt"} {
			c, err := s.CreateCustomer(ctx, admin, customer.NewCustomer{Slug: slug, Name: slug})
			if err != nil {
				t.Fatal(err)
			}
			k, err := s.CreateContact(ctx, admin, customer.NewContact{Customer: slug, Name: "Ada of " + slug, Email: "ada@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			customers[i], contacts[i] = c.ID, k.ID
		}
		viewer := permission.Grant(permission.Actor{ID: id.New(), Kind: permission.Person}, permission.Viewer, db.Grant(customers[0]))
		nobody := permission.Grant(permission.Actor{}, "", db.Grant(customers[0]))
		err := d.View(ctx, viewer.Scope(), func(tx *db.Tx) error {
			got, err := reg.Open(ctx, tx, viewer, "contact", contacts[0])
			if err != nil || got.Name != "Ada of acme" || got.CustomerID != customers[0] || got.Href != "/contacts/"+contacts[0] {
				t.Errorf("own contact: %+v, %v", got, err)
			}
			if got, err := reg.Open(ctx, tx, viewer, "customer", customers[0]); err != nil || got.Href != "/customers/"+customers[0] {
				t.Errorf("own customer: %+v, %v", got, err)
			}
			if _, err := reg.Open(ctx, tx, nobody, "contact", contacts[0]); !fault.Is(err, fault.Forbidden) {
				t.Errorf("without a role: %v", err)
			}
			for _, ref := range [][2]string{{"contact", contacts[1]}, {"customer", customers[1]}, {"contact", "no id"}, {"contact", id.New()}, {"session", contacts[0]}} {
				if _, err := reg.Find(ctx, tx, ref[0], ref[1]); !fault.Is(err, fault.NotFound) {
					t.Errorf("%v: %v, want not found", ref, err)
				}
			}
			for q, want := range map[string]int{"ada": 1, "OF ad": 1, "acme": 2, "bolt": 0, "ada bolt": 0, "%": 0, "_da": 0, "": 0} {
				found, err := reg.Search(ctx, tx, []string{"contact", "customer", "session"}, "", q, 5)
				if err != nil || len(found) != want {
					t.Errorf("search %q: %+v, %v", q, found, err)
				}
				for _, f := range found {
					if f.CustomerID != customers[0] || f.Customer != "acme" || f.Href == "" {
						t.Errorf("search %q: %+v", q, f)
					}
				}
			}
			if found, err := reg.Search(ctx, tx, []string{"contact"}, "bolt", "ada", 5); err != nil || len(found) != 0 {
				t.Errorf("of a customer out of reach: %+v, %v", found, err)
			}
			all, err := reg.FindAll(ctx, tx, "contact", contacts[:])
			if err != nil || len(all) != 1 {
				t.Errorf("both contacts: %v, %v", all, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// Of a type of very many records only the beginning of an order is looked through.
		many := subject.New(subject.Kind{Type: "contact", Table: "contact", Title: "name", Also: []string{"email"}, First: "name, id", Read: permission.ContactRead, Write: permission.ContactWrite,
			Page: func(id string) string { return "/contacts/" + id }})
		some := subject.New(subject.Kind{Type: "contact", Table: "contact", Title: "name", Only: "name <> 'Ada of acme'", Read: permission.ContactRead, Write: permission.ContactWrite,
			Page: func(id string) string { return "/contacts/" + id }})
		err = d.View(ctx, admin.Scope(), func(tx *db.Tx) error {
			if found, err := some.Search(ctx, tx, some.Types(), "", "ada", 5); err != nil || len(found) != 1 || found[0].Name != "Ada of bolt" {
				t.Errorf("of those that are looked for: %+v, %v", found, err)
			}
			for slug, want := range map[string]int{"": 2, "bolt": 1} {
				if found, err := many.Search(ctx, tx, many.Types(), slug, "ada", 5); err != nil || len(found) != want || !strings.Contains(found[0].Also, "@") {
					t.Errorf("search of %q: %+v, %v", slug, found, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
