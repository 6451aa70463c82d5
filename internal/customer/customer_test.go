package customer_test

import (
	"reflect"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
)

func serve(t *testing.T, d *db.DB, c clock.Clock) (*apitest.Server, *apitest.Client) {
	s := apitest.New(t, d, c, customer.Resolve, customer.NewService(d))
	return s, s.As("admin", permission.Admin, db.GrantAll())
}

func create(t *testing.T, c *apitest.Client, slug string) (made customer.Customer) {
	t.Helper()
	c.Do(t, "POST", "/customers", `{"slug":"`+slug+`","name":"The `+slug+`"}`).Want(t, 201).JSON(t, &made)
	return made
}

func TestCustomerLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		_, admin := serve(t, d, c)
		res := admin.Do(t, "POST", "/customers", `{"slug":"acme","name":" Acme Ltd "}`).Want(t, 201)
		var made, got customer.Customer
		res.JSON(t, &made)
		if made.Name != "Acme Ltd" || made.Language != "en" || made.TimeZone != "UTC" || made.Phase != customer.Prospect || made.Country != "" {
			t.Errorf("defaults: %+v", made)
		}
		if res.Header.Get("ETag") != `"v1"` || res.Header.Get("Location") != "/api/v1/customers/"+made.ID {
			t.Errorf("headers: %v", res.Header)
		}
		for _, ref := range []string{"acme", made.ID} {
			admin.Do(t, "GET", "/customers/"+ref, "").Want(t, 200).JSON(t, &got)
			if !reflect.DeepEqual(got, made) {
				t.Errorf("%s: %+v, want %+v", ref, got, made)
			}
		}
		admin.Do(t, "GET", "/customers/acme", "", "If-None-Match", `"v1"`).Want(t, 304)
		admin.Do(t, "GET", "/customers/nobody", "").Want(t, 404)
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Again"}`).Want(t, 409)

		c.Advance(1e9)
		admin.Do(t, "PATCH", "/customers/acme", `{"phase":"remediation"}`, "If-Match", `"v2"`).Want(t, 412)
		res = admin.Do(t, "PATCH", "/customers/acme", `{"phase":"remediation","country":"FR"}`, "If-Match", `"v1"`).Want(t, 200)
		res.JSON(t, &got)
		if res.Header.Get("ETag") != `"v2"` || got.Phase != customer.Remediation || got.Country != "FR" || !got.UpdatedAt.After(got.CreatedAt.Time) {
			t.Errorf("changed: %+v %v", got, res.Header)
		}
		admin.Do(t, "GET", "/customers/acme", "", "If-None-Match", `"v1"`).Want(t, 200)
		// Nothing to change is no new version.
		if res := admin.Do(t, "PATCH", "/customers/acme", `{"phase":"remediation"}`).Want(t, 200); res.Header.Get("ETag") != `"v2"` {
			t.Errorf("version moved without a change: %s", res.Body)
		}
		var n int
		err := d.View(t.Context(), db.Grant(made.ID), func(tx *db.Tx) error {
			return tx.Get(t.Context(), &n, `SELECT COUNT(*) FROM {audit_entry} WHERE record_id = ?`, made.ID)
		})
		if err != nil || n != 2 {
			t.Errorf("%d entries in the trail, want 2 (%v)", n, err)
		}
	})
}

func TestBadInputNamesEveryField(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		_, admin := serve(t, d, c)
		create(t, admin, "acme")
		for _, test := range []struct {
			method, path, body string
			status             int
			fields             string
		}{
			{"POST", "/customers", `{"slug":"A","name":"","country":"XX","language":"de","time_zone":"Mars","phase":"x"}`, 422, "slug name country language time_zone phase"},
			{"POST", "/customers", `{}`, 422, "name slug"},
			{"POST", "/customers", `{"slug":"ok","name":"x","boss":"y"}`, 422, "boss"},
			{"POST", "/customers", `{"slug":"ok","name":5}`, 422, "name"},
			{"POST", "/customers", `{"slug":"new","name":"x"}`, 422, "slug"},
			{"POST", "/customers", `{"slug":"a--b","name":"x"}`, 422, "slug"},
			{"POST", "/customers", `{"slug":"ok","name":"a\u0000b"}`, 400, "body"},
			{"POST", "/customers", "{\n\"slug\": oops}", 400, "body"},
			{"POST", "/customers", ``, 400, ""},
			{"POST", "/customers", `[]`, 422, "body"},
			{"POST", "/customers?x=1", `{"slug":"ok","name":"x"}`, 422, "x"},
			{"PATCH", "/customers/acme", `{"slug":"other"}`, 422, "slug"},
			{"PATCH", "/customers/acme", `{"name":"` + strings.Repeat("x", 201) + `"}`, 422, "name"},
			{"GET", "/customers?sort=nope&limit=0", ``, 422, "limit sort"},
			{"GET", "/customers?customer=nobody", ``, 422, "customer"},
			{"GET", "/customers?phase=%zz", ``, 400, ""},
			{"POST", "/customers", `{"slug":"ok","name":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
			{"PUT", "/customers", `{}`, 405, ""},
			{"GET", "/nowhere", ``, 404, ""},
			{"GET", "/customers/%00", ``, 404, ""},
		} {
			res := admin.Do(t, test.method, test.path, test.body)
			p := res.Problem(t)
			var fields []string
			for _, f := range p.Errors {
				fields = append(fields, f.Field)
				if f.Message == "" || strings.HasPrefix(f.Message, "api.") || strings.HasPrefix(f.Message, "customer.") {
					t.Errorf("%s %s: message %q", test.method, test.path, f.Message)
				}
			}
			if got := strings.Join(fields, " "); res.Status != test.status || got != test.fields || p.Title == "" || p.Detail == "" || p.Status != test.status {
				t.Errorf("%s %s %.60s: %d %q, want %d %q: %s", test.method, test.path, test.body, res.Status, got, test.status, test.fields, res.Body)
			}
		}
		res := admin.Do(t, "POST", "/customers", "{\n\"slug\": oops}", "Accept-Language", "fr")
		if !strings.Contains(res.Body, "ligne 2, colonne 9") {
			t.Errorf("position of the fault: %s", res.Body)
		}
	})
}

func TestScopeAndRole(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, admin := serve(t, d, c)
		acme, other := create(t, admin, "acme"), create(t, admin, "other")
		viewer := s.As("viewer", permission.Viewer, db.Grant(acme.ID))
		limited := s.As("limited", permission.Manager, db.Grant(acme.ID))
		auditor := s.As("auditor", permission.Auditor, db.GrantAll())
		viewer.Do(t, "GET", "/customers/acme", "").Want(t, 200)
		viewer.Do(t, "GET", "/customers/other", "").Want(t, 404)
		viewer.Do(t, "GET", "/customers/"+other.ID, "").Want(t, 404)
		viewer.Do(t, "PATCH", "/customers/acme", `{"name":"x"}`).Want(t, 403)
		viewer.Do(t, "PATCH", "/customers/other", `{"name":"x"}`).Want(t, 404)
		limited.Do(t, "PATCH", "/customers/acme", `{"name":"Acme"}`).Want(t, 200)
		limited.Do(t, "PATCH", "/customers/"+other.ID, `{"name":"x"}`).Want(t, 404)
		limited.Do(t, "POST", "/customers", `{"slug":"mine","name":"x"}`).Want(t, 403)
		auditor.Do(t, "POST", "/customers", `{"slug":"mine","name":"x"}`).Want(t, 403)
		s.Nobody().Do(t, "GET", "/customers", "").Want(t, 401)
		unknown, foreign := viewer.Do(t, "GET", "/customers?customer=nobody", ""), viewer.Do(t, "GET", "/customers?customer=other", "")
		if unknown.Status != 422 || strings.ReplaceAll(unknown.Body, "nobody", "other") != foreign.Body {
			t.Errorf("a foreign customer differs from none: %s %s", unknown.Body, foreign.Body)
		}
		var page struct{ Items []customer.Customer }
		viewer.Do(t, "GET", "/customers", "").Want(t, 200).JSON(t, &page)
		if len(page.Items) != 1 || page.Items[0].ID != acme.ID {
			t.Errorf("the viewer lists %+v", page.Items)
		}
	})
}
