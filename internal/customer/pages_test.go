package customer_test

import (
	"net/http"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
	"vigie/locales"
)

func TestCustomerPages(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	d := dbtest.SQLite(t, c)
	site := webtest.New(t, d, c)
	service := customer.NewService(d)
	service.Pages(site.Mux, site.Shell)
	as := func(role permission.Role, s db.Scope, language string) *webtest.Visitor {
		return site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Language: language, TimeZone: "UTC"}, role, s))
	}
	manager, engineer := as(permission.Manager, db.GrantAll(), "en"), as(permission.Engineer, db.GrantAll(), "en")

	manager.Get(t, "/customers").Want(t, 200).Has(t, "No customer yet", "/customers/new")
	engineer.Get(t, "/customers").Want(t, 200).Lacks(t, "/customers/new")
	engineer.Get(t, "/customers/new").Want(t, http.StatusForbidden)
	engineer.Post(t, "/customers/new", "slug", "acme", "name", "Acme").Want(t, http.StatusForbidden)

	manager.Post(t, "/customers/new", "slug", "Acme Ltd", "name", "Acme & Sons", "country", "Narnia", "language", "en", "time_zone", "Mars/Base").Want(t, 422).
		Has(t, `value="Acme Ltd"`, `value="Acme & Sons"`, "lower-case letters", "ISO 3166-1", "IANA", `href="#f-time_zone"`)
	manager.Post(t, "/customers/new", "slug", "acme", "name", "Acme", "country", "fr", "language", "fr", "time_zone", "Europe/Paris", "phase", "remediation").To(t, "/customers/acme")
	manager.Post(t, "/customers/new", "slug", "acme", "name", "Again", "language", "en", "time_zone", "UTC").Want(t, 409).Has(t, "already a customer with the slug acme", `href="#f-slug"`)
	manager.Post(t, "/customers/new", "slug", "zenith", "name", "Zenith", "language", "en", "time_zone", "UTC").To(t, "/customers/zenith")

	manager.Get(t, "/customers").Want(t, 200).Has(t, "2 rows", "Acme", "Zenith", "Remediation", "Prospect")
	manager.Get(t, "/customers?customer=acme").Want(t, 200).Has(t, "1 row")
	manager.Get(t, "/customers/acme").Want(t, 200).Has(t, "Europe/Paris · 10:00", "/customers/acme/edit", "/coverage?customer=acme")
	engineer.Get(t, "/customers/acme").Want(t, 200).Lacks(t, "/customers/acme/edit").Has(t, "/contacts/new?customer=acme")
	manager.Get(t, "/customers/zenith?customer=acme").Want(t, http.StatusNotFound)
	manager.Get(t, "/customers/nobody").Want(t, http.StatusNotFound)

	manager.Post(t, "/customers/acme/edit", "name", "", "language", "fr", "time_zone", "Europe/Paris", "phase", "remediation", "version", "1").Want(t, 422).Has(t, "#f-name")
	manager.Post(t, "/customers/acme/edit", "name", "Acme Group", "language", "fr", "time_zone", "Europe/Paris", "phase", "ended", "version", "1").To(t, "/customers/acme")
	manager.Post(t, "/customers/acme/edit", "name", "Late", "language", "fr", "time_zone", "UTC", "phase", "remediation", "version", "1").Want(t, http.StatusPreconditionFailed)
	engineer.Post(t, "/customers/acme/edit", "name", "Mine").Want(t, http.StatusForbidden)

	engineer.Post(t, "/contacts/new", "customer", "acme", "name", "Ann", "email", "not an address").Want(t, 422).Has(t, "Give an e-mail address", `value="Ann"`, `href="#f-email"`)
	contact := engineer.Post(t, "/contacts/new", "customer", "acme", "name", "Ann Archer", "email", "ann@acme.example", "escalation_level", "1",
		"channels_kind", "phone", "channels_value", "+33 1 23", "time_zone", "Asia/Tokyo").To(t, "/contacts/")
	engineer.Get(t, "/customers/acme").Want(t, 200).Has(t, "Ann Archer", "tel:+33123", "Level 1", "18:00")
	engineer.Get(t, contact).Want(t, 200).Has(t, "Ann Archer", "mailto:ann@acme.example", "added this")
	engineer.Get(t, contact+"/edit").Want(t, 200).Has(t, `value="Ann Archer"`)
	engineer.Get(t, contact+"?customer=zenith").Want(t, http.StatusNotFound)
	engineer.Post(t, contact+"/edit?customer=zenith", "name", "Mine").Want(t, http.StatusNotFound)

	acme, err := service.Customer(t.Context(), permission.Grant(permission.Actor{}, permission.Admin, db.GrantAll()), "acme")
	if err != nil {
		t.Fatal(err)
	}
	viewer := as(permission.Viewer, db.Grant(acme.ID), "fr")
	viewer.Get(t, "/customers").Want(t, 200).Has(t, "Acme Group", `lang="fr"`, "Clients").Lacks(t, "Zenith", "customers.list")
	viewer.Get(t, "/customers/acme").Want(t, 200).Has(t, "Ann Archer", "Fuseau horaire").Lacks(t, "/edit")
	viewer.Get(t, "/customers/zenith").Want(t, http.StatusNotFound)
	viewer.Post(t, "/contacts/new", "customer", "acme", "name", "Mine").Want(t, http.StatusForbidden)
	viewer.Post(t, contact+"/remove").Want(t, http.StatusForbidden)
	viewer.Get(t, contact+"/edit").Want(t, http.StatusForbidden)
	viewer.Get(t, contact).Want(t, 200).Has(t, "Ann Archer", "Niveau d’escalade").Lacks(t, contact+"/edit")

	engineer.Post(t, contact+"/edit", "name", "Ann Bowman", "version", "1").To(t, contact)
	engineer.Get(t, contact).Want(t, 200).Has(t, "Ann Bowman", "changed this", "mailto:ann@acme.example")
	engineer.Post(t, contact+"/edit", "name", "Late", "version", "1").Want(t, http.StatusPreconditionFailed)
	engineer.Post(t, contact+"/remove").To(t, "/contacts")
	engineer.Get(t, "/customers/acme").Want(t, 200).Lacks(t, "Ann Bowman").Has(t, "Nobody is named yet")
}

// A limit that was set on the page is given back by whoever may set it, and by nobody else.
func TestUndoOfALimit(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		site := webtest.New(t, d, c)
		service := customer.NewService(d)
		service.Pages(site.Mux, site.Shell)
		bundle, err := i18n.Load(locales.FS)
		if err != nil {
			t.Fatal(err)
		}
		edits := bulk.New(d, bundle, service.Editables()...)
		as := func(role permission.Role) permission.Actor {
			return permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Kind: permission.Person, Language: "en", TimeZone: "UTC"}, role, db.GrantAll())
		}
		admin, manager := as(permission.Admin), as(permission.Manager)
		if _, err := service.CreateCustomer(t.Context(), admin, customer.NewCustomer{Slug: "acme", Name: "Acme"}); err != nil {
			t.Fatal(err)
		}
		rate := func() int64 {
			c, err := service.Customer(t.Context(), admin, "acme")
			if err != nil {
				t.Fatal(err)
			}
			return c.Rate
		}
		before := rate()
		site.As(admin).Post(t, "/customers/acme/edit", "name", "Acme", "language", "en", "time_zone", "UTC", "phase", "prospect", "request_rate", "777", "version", "1").To(t, "/customers/acme")
		if got := rate(); got != 777 || got == before {
			t.Fatalf("the rate is %d, and was %d", got, before)
		}
		// Edits of one are not listed, but the message of the page names this one.
		var ids []string
		if err := d.Across(t.Context(), "test", func(tx *db.Tx) error { return tx.Select(t.Context(), &ids, `SELECT id FROM {bulk_edit}`) }); err != nil || len(ids) != 1 {
			t.Fatalf("edits %v: %v", ids, err)
		}
		if _, err := edits.Undo(t.Context(), manager, ids[0]); !fault.Is(err, fault.Forbidden) || rate() != 777 {
			t.Errorf("by who may not set it: %v, and the rate is %d", err, rate())
		}
		if _, err := edits.Undo(t.Context(), admin, ids[0]); err != nil || rate() != before {
			t.Errorf("by who may: %v, and the rate is %d", err, rate())
		}
	})
}
