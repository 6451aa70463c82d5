package customer_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
	"vigie/locales"
)

// Structs and tables say the same, on both engines: columns, kinds and what may be NULL.
func TestTablesFitTheirStructs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, r := range customer.OpenRegisters(register.Parts{}).All() {
			var rows []struct {
				Name     string `db:"name"`
				Type     string `db:"type"`
				Nullable bool   `db:"nullable"`
			}
			query := `SELECT name, type, "notnull" = 0 AS nullable FROM pragma_table_info(?)`
			if d.Engine() == db.Postgres {
				query = `SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_name = ?`
			}
			if err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error { return tx.Select(t.Context(), &rows, query, r.Kind().Table) }); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"customer_id": "uuid", "id": "uuid", "version": "bigint", "created_at": "bigint", "updated_at": "bigint"}
			for _, f := range r.Fields() {
				want[f.Column] = f.SQL()
			}
			got := map[string]string{}
			for _, row := range rows {
				typ := strings.ToLower(row.Type)
				if row.Nullable {
					typ += " null"
				}
				got[row.Name] = typ
			}
			for column, typ := range want {
				if d.Engine() == db.SQLite {
					typ = strings.NewReplacer("uuid", "text_uuid", "jsonb", "text_json").Replace(typ)
				}
				if got[column] != typ {
					t.Errorf("%s.%s is %q in the table, the struct needs %q", r.Kind().Table, column, got[column], typ)
				}
				delete(got, column)
			}
			for column := range got {
				t.Errorf("%s.%s is in no struct", r.Kind().Table, column)
			}
		}
	})
}

// Every word of every register is there in both languages, and none that no register asks for. Documents are of package document, which tests the same.
func TestRegistersAreNamed(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	var wanted, own []string
	for _, r := range customer.OpenRegisters(register.Parts{}).All() {
		wanted, own = append(wanted, r.Keys()...), append(own, r.Kind().Type)
	}
	for _, l := range bundle.Languages() {
		keys := bundle.Keys(l.Code)
		for _, k := range wanted {
			if !slices.Contains(keys, k) {
				t.Errorf("%s lacks %s", l.Code, k)
			}
		}
		for _, k := range keys {
			part := strings.Split(k, ".")
			if part[0] == "register" && slices.Contains(own, part[1]) && !slices.Contains(wanted, k) {
				t.Errorf("%s has %s, which no register asks for", l.Code, k)
			}
		}
	}
}

func TestSupplierOverTheAPI(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, admin := serve(t, d, c)
		acme, other := create(t, admin, "acme"), create(t, admin, "other")
		var ada, eve customer.Contact
		admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada","channels":[{"kind":"phone","value":" +33 1 23 "},{"kind":"chat","value":""}],"escalation_level":1,"escalation_role":"primary"}`).Want(t, 201).JSON(t, &ada)
		admin.Do(t, "POST", "/contacts", `{"customer":"other","name":"Eve"}`).Want(t, 201).JSON(t, &eve)
		if len(ada.Channels) != 1 || ada.Channels[0].Value != "+33 1 23" || *ada.Level != 1 {
			t.Errorf("made %+v", ada)
		}

		// All that is wrong is said at once; a contact of another customer is none at all.
		p := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":" ","kind":"magic","starts_on":"2026-05-01","ends_on":"2026-02-30","notice_days":-1,"yearly_cost":{"amount":"12,3","currency":"EUR"},
			"certificates":["iso27001","x"],"contact":"`+eve.ID+`","phone":"call","email":"no","website":"javascript:alert(1)"}`).Want(t, 422).Problem(t)
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field)
		}
		if got := strings.Join(fields, " "); got != "name kind ends_on notice_days yearly_cost certificates contact phone email website" {
			t.Errorf("bad fields: %s", got)
		}
		if p := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":"x","starts_on":"2026-05-01","ends_on":"2026-04-30"}`).Want(t, 422).Problem(t); p.Errors[0].Field != "ends_on" {
			t.Errorf("errors: %+v", p.Errors)
		}
		foreign := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":"x","contact":"`+eve.ID+`"}`).Want(t, 422)
		none := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":"x","contact":"`+id.New()+`"}`).Want(t, 422)
		if foreign.Body != none.Body {
			t.Errorf("a foreign contact differs from none: %s %s", foreign.Body, none.Body)
		}
		if p := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":"x","id":"y"}`).Want(t, 422).Problem(t); p.Errors[0].Field != "id" {
			t.Errorf("errors: %+v", p.Errors)
		}

		var made, got customer.Supplier
		res := admin.Do(t, "POST", "/suppliers", `{"customer":"acme","name":"Fibre & Co","kind":"network","ends_on":"2026-12-31","notice_days":90,"yearly_cost":{"amount":"1200.00","currency":"eur"},
			"certificates":["iso27001"],"contact":"`+ada.ID+`","sla":"99.9 %\nof each month"}`, "Idempotency-Key", "k1").Want(t, 201)
		res.JSON(t, &made)
		if made.Status != "active" || made.YearlyCost.Currency != "EUR" || res.Header.Get("Location") != "/api/v1/suppliers/"+made.ID || res.Header.Get("ETag") != `"v1"` {
			t.Errorf("made %+v %v", made, res.Header)
		}
		admin.Do(t, "PATCH", "/suppliers/"+made.ID, `{"notice_days":null,"contact":"","kind":""}`, "If-Match", `"v1"`).Want(t, 200).JSON(t, &got)
		if got.NoticeDays != nil || got.Contact != "" || got.Kind != "" || got.Version != 2 || got.SLA != made.SLA {
			t.Errorf("changed %+v", got)
		}
		if res := admin.Do(t, "PATCH", "/suppliers/"+made.ID, `{"kind":"","name":"Fibre & Co "}`).Want(t, 200); res.Header.Get("ETag") != `"v2"` {
			t.Errorf("a change of nothing: %v", res.Header)
		}
		admin.Do(t, "PATCH", "/suppliers/"+made.ID, `{"status":""}`).Want(t, 422)
		admin.Do(t, "PATCH", "/suppliers/"+made.ID, `{"contact":"`+ada.ID+`","kind":"network"}`).Want(t, 200)
		admin.Do(t, "DELETE", "/contacts/"+ada.ID, "").Want(t, 409)

		for query, want := range map[string]int{"": 1, "?customer=other": 0, "?q=fibre": 1, "?kind=network,cloud": 1, "?kind.not=network": 0, "?ends_on.before=2027-01-01": 1, "?ends_on.before=2026-12-31": 0,
			"?contact=" + ada.ID: 1, "?contact=" + eve.ID: 0, "?sort=-ends_on": 1, "?starts_on.empty=true": 1, "?ends_on.empty=true": 0} {
			var page struct{ Items []customer.Supplier }
			if admin.Do(t, "GET", "/suppliers"+query, "").Want(t, 200).JSON(t, &page); len(page.Items) != want {
				t.Errorf("%s: %d suppliers, want %d", query, len(page.Items), want)
			}
		}
		csv := admin.Do(t, "GET", "/suppliers", "", "Accept", "text/csv").Want(t, 200).Body
		if !strings.Contains(csv, "1200.00 EUR") || !strings.Contains(csv, ",iso27001,") {
			t.Errorf("CSV: %s", csv)
		}
		viewer, stranger := s.As("viewer", permission.Viewer, db.Grant(acme.ID)), s.As("stranger", permission.Manager, db.Grant(other.ID))
		viewer.Do(t, "GET", "/suppliers/"+made.ID, "").Want(t, 200)
		viewer.Do(t, "PATCH", "/suppliers/"+made.ID, `{"name":"x"}`).Want(t, 403)
		viewer.Do(t, "GET", "/stakeholders", "").Want(t, 403)
		stranger.Do(t, "PATCH", "/suppliers/"+made.ID, `{"name":"x"}`).Want(t, 404)
		admin.Do(t, "DELETE", "/suppliers/"+made.ID, "", "If-Match", `"v1"`).Want(t, 412)
		admin.Do(t, "DELETE", "/suppliers/"+made.ID, "").Want(t, 204)
		admin.Do(t, "DELETE", "/contacts/"+ada.ID, "").Want(t, 204)
	})
}

// Whoever is named as a person must be able to see the customer.
func TestPersonOfARecordCoversTheCustomer(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		_, admin := serve(t, d, c)
		acme, other := create(t, admin, "acme"), create(t, admin, "other")
		user := func(name, of string, limited bool, seen ...string) string {
			row := dbtest.User{ID: id.New(), Email: name, Name: name, CustomerID: db.Null(of), Limited: limited, Version: 1}
			err := d.Across(t.Context(), "test: people", func(tx *db.Tx) error {
				row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
				if _, err := tx.Insert(t.Context(), "app_user", row, ""); err != nil {
					return err
				}
				for _, s := range seen {
					if _, err := tx.Insert(t.Context(), "user_customer", tie{row.ID, s}, ""); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return row.ID
		}
		for name, test := range map[string]struct {
			who  string
			want int
		}{
			"staff": {user("staff", "", false), 201}, "limited to acme": {user("la", "", true, acme.ID), 201}, "limited to other": {user("lo", "", true, other.ID), 422},
			"of acme": {user("a", acme.ID, true, acme.ID), 201}, "of other": {user("o", other.ID, true, other.ID), 422}, "nobody": {id.New(), 422}, "no id": {"me", 422},
		} {
			if res := admin.Do(t, "POST", "/stakeholders", `{"customer":"acme","name":"Plan","person":"`+test.who+`"}`); res.Status != test.want {
				t.Errorf("%s: %d %s, want %d", name, res.Status, res.Body, test.want)
			}
		}
	})
}

type tie struct {
	UserID     string `db:"user_id"`
	CustomerID string `db:"customer_id"`
}

// What is written is read: any record that is taken comes back as it was given, and a second writing of it changes nothing.
func TestRegisterRoundTrip(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	d := dbtest.SQLite(t, c)
	_, admin := serve(t, d, c)
	create(t, admin, "acme")
	word := rapid.StringMatching(`[A-Za-zéß'"<&][ -~éß]{0,20}[a-z]`)
	rapid.Check(t, func(rt *rapid.T) {
		body := map[string]string{
			"name": quoted(word.Draw(rt, "name")), "service": quoted(word.Draw(rt, "service")), "sla": quoted(word.Draw(rt, "sla")),
			"kind": quoted(rapid.SampledFrom([]string{"cloud", "software", ""}).Draw(rt, "kind")), "notice_days": fmt.Sprint(rapid.Int64Range(0, 3650).Draw(rt, "days")),
			"starts_on":   quoted(fmt.Sprintf("20%02d-%02d-%02d", rapid.IntRange(10, 30).Draw(rt, "y"), rapid.IntRange(1, 12).Draw(rt, "m"), rapid.IntRange(1, 28).Draw(rt, "d"))),
			"yearly_cost": fmt.Sprintf(`{"amount":"%d.%02d","currency":"EUR"}`, rapid.IntRange(-9999, 99999).Draw(rt, "whole"), rapid.IntRange(0, 99).Draw(rt, "cents")),
		}
		var parts []string
		for k, v := range body {
			parts = append(parts, quoted(k)+":"+v)
		}
		var made, again customer.Supplier
		post := admin.Do(t, "POST", "/suppliers", `{"customer":"acme",`+strings.Join(parts, ",")+`}`)
		if post.Status != http.StatusCreated {
			rt.Fatalf("%d %s", post.Status, post.Body)
		}
		post.JSON(t, &made)
		res := admin.Do(t, "PATCH", "/suppliers/"+made.ID, `{`+strings.Join(parts, ",")+`}`).Want(t, 200)
		res.JSON(t, &again)
		if again.Version != 1 || res.Body != post.Body {
			rt.Fatalf("written twice:\n%s\n%s", post.Body, res.Body)
		}
		for k, v := range body {
			if !strings.Contains(res.Body, quoted(k)+":"+v) {
				rt.Fatalf("%s is %s in %s", k, v, res.Body)
			}
		}
	})
}

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

func TestRegisterPages(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		site := webtest.New(t, d, c)
		service := customer.NewService(d)
		service.Pages(site.Mux, site.Shell)
		s := apitest.New(t, d, c, customer.Resolve, service)
		admin := s.As("admin", permission.Admin, db.GrantAll())
		acme := create(t, admin, "acme")
		create(t, admin, "zenith")
		as := func(role permission.Role, scope db.Scope, language string) *webtest.Visitor {
			return site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Language: language, TimeZone: "UTC"}, role, scope))
		}
		manager, viewer := as(permission.Manager, db.GrantAll(), "en"), as(permission.Viewer, db.Grant(acme.ID), "fr")
		manager.Get(t, "/suppliers").Want(t, 200).Has(t, "No supplier yet", "/suppliers/new")
		viewer.Get(t, "/suppliers").Want(t, 200).Has(t, "Aucun fournisseur").Lacks(t, "/suppliers/new")
		viewer.Get(t, "/stakeholders").Want(t, http.StatusForbidden)
		manager.Get(t, "/suppliers/new").Want(t, 200).Has(t, "belongs to one customer", "zenith")
		manager.Get(t, "/suppliers/new?customer=acme").Want(t, 200).Has(t, "Add a supplier", `name="ends_on"`, "Search by name", "ISO 27001")

		ada, err := service.CreateContact(t.Context(), permission.Grant(permission.Actor{}, permission.Admin, db.GrantAll()), customer.NewContact{Customer: "acme", Name: "Ada Archer"})
		if err != nil {
			t.Fatal(err)
		}
		manager.Get(t, "/suppliers/pick?field=contact&for=acme&contact_q=arch").Want(t, 200).Has(t, "Ada Archer", ada.ID)
		manager.Get(t, "/suppliers/pick?field=contact&for=zenith&contact_q=arch").Want(t, 200).Lacks(t, "Ada Archer")
		manager.Get(t, "/suppliers/pick?field=name&for=acme").Want(t, http.StatusNotFound)
		viewer.Get(t, "/suppliers/pick?field=contact&for=acme").Want(t, http.StatusForbidden)

		manager.Post(t, "/suppliers/new", "customer", "acme", "name", "", "status", "active", "ends_on", "soon", "certificates", "", "certificates", "soc2", "contact", ada.ID).Want(t, 422).
			Has(t, `href="#f-name"`, `href="#f-ends_on"`, `value="soon"`, "Ada Archer", "This is needed")
		made := manager.Post(t, "/suppliers/new", "customer", "acme", "name", "Fibre & Co", "status", "active", "ends_on", "2026-12-31", "yearly_cost", "1200.00 EUR", "certificates", "", "certificates", "soc2",
			"contact", ada.ID, "website", "https://fibre.example", "notice_days", "90").To(t, "/suppliers/")
		manager.Get(t, made).Want(t, 200).Has(t, "Fibre & Co", "31 Dec 2026", "€1,200.00", "SOC 2", "/contacts/"+ada.ID, "Ada Archer", "https://fibre.example", "added this", "Active")
		viewer.Get(t, made).Want(t, 200).Has(t, "Fournisseur", "déc", "a ajouté cette fiche").Lacks(t, made+"/edit")
		manager.Get(t, made+"?customer=zenith").Want(t, http.StatusNotFound)
		manager.Get(t, made+"/edit").Want(t, 200).Has(t, `value="1200.00 EUR"`, `value="2026-12-31"`)
		manager.Post(t, made+"/edit", "version", "1", "name", "Fibre Co", "status", "leaving", "certificates", "", "contact", "").To(t, made)
		manager.Get(t, made).Want(t, 200).Has(t, "Leaving", "changed this", "Ada Archer") // in the history
		manager.Get(t, "/suppliers").Want(t, 200).Has(t, "1 row", "Fibre Co", "acme")
		manager.Get(t, "/suppliers?status=active").Want(t, 200).Lacks(t, "Fibre Co")
		manager.Get(t, "/suppliers?format=csv&customer=acme").Want(t, 200).Has(t, "id,customer,name", "Fibre Co")
		manager.Get(t, "/customers/acme").Want(t, 200).Has(t, "/suppliers?customer=acme", "Suppliers")
		manager.Post(t, made+"/remove", "version", "1").Want(t, http.StatusPreconditionFailed)
		manager.Post(t, made+"/remove", "version", "2").To(t, "/suppliers")
		manager.Get(t, made).Want(t, http.StatusNotFound)
	})
}
