package customer_test

import (
	"reflect"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
)

func TestContactLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, admin := serve(t, d, c)
		acme, other := create(t, admin, "acme"), create(t, admin, "other")
		var made, got customer.Contact
		res := admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"Ada","email":"ada@acme.example","phone":"+44 (0)20 1234","job":"CTO"}`).Want(t, 201)
		res.JSON(t, &made)
		if made.Customer != "acme" || res.Header.Get("Location") != "/api/v1/contacts/"+made.ID {
			t.Errorf("made %+v %v", made, res.Header)
		}
		admin.Do(t, "POST", "/contacts", `{"customer":"`+other.ID+`","name":"Bob"}`).Want(t, 201)
		admin.Do(t, "GET", "/contacts/"+made.ID, "").Want(t, 200).JSON(t, &got)
		if !reflect.DeepEqual(got, made) {
			t.Errorf("got %+v, want %+v", got, made)
		}
		p := admin.Do(t, "POST", "/contacts", `{"customer":"acme","name":"","email":"no","phone":"call me","job":"`+strings.Repeat("x", 201)+`"}`).Want(t, 422).Problem(t)
		if len(p.Errors) != 4 {
			t.Errorf("errors: %+v", p.Errors)
		}
		if p := admin.Do(t, "POST", "/contacts", `{"customer":"none","name":"x"}`).Want(t, 422).Problem(t); p.Errors[0].Field != "customer" {
			t.Errorf("errors: %+v", p.Errors)
		}
		admin.Do(t, "PATCH", "/contacts/"+made.ID, `{"email":""}`, "If-Match", `"v9"`).Want(t, 412)
		if res := admin.Do(t, "PATCH", "/contacts/"+made.ID, `{"email":""}`, "If-Match", `"v1"`).Want(t, 200); res.Header.Get("ETag") != `"v2"` {
			t.Errorf("changed: %v", res)
		}
		admin.Do(t, "PATCH", "/contacts/"+made.ID, `{"email":"@"}`).Want(t, 422)

		// Others see nothing of it, and viewers change nothing.
		stranger := s.As("stranger", permission.Manager, db.Grant(other.ID))
		viewer := s.As("viewer", permission.Viewer, db.Grant(acme.ID))
		for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
			stranger.Do(t, method, "/contacts/"+made.ID, body).Want(t, 404)
		}
		if p := stranger.Do(t, "POST", "/contacts", `{"customer":"acme","name":"x"}`).Want(t, 422).Problem(t); p.Errors[0].Field != "customer" {
			t.Errorf("errors: %+v", p.Errors)
		}
		viewer.Do(t, "GET", "/contacts/"+made.ID, "").Want(t, 200)
		viewer.Do(t, "PATCH", "/contacts/"+made.ID, `{"name":"x"}`).Want(t, 403)
		viewer.Do(t, "DELETE", "/contacts/"+made.ID, "").Want(t, 403)
		viewer.Do(t, "POST", "/contacts", `{"customer":"acme","name":"x"}`).Want(t, 403)

		csv := admin.Do(t, "GET", "/contacts?customer=acme", "", "Accept", "text/csv").Want(t, 200)
		want := "id,customer,name,email,phone,job,language,time_zone,channels,escalation_level,escalation_role,duty_hours,version,created_at,updated_at\r\n" +
			made.ID + ",acme,Ada,,'+44 (0)20 1234,CTO,,,,,,,2,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z\r\n"
		if csv.Body != want || csv.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("CSV %s:\n%q, want\n%q", csv.Header.Get("Content-Type"), csv.Body, want)
		}
		admin.Do(t, "DELETE", "/contacts/"+made.ID, "", "If-Match", `"v1"`).Want(t, 412)
		admin.Do(t, "DELETE", "/contacts/"+made.ID, "", "If-Match", `"v2"`).Want(t, 204)
		admin.Do(t, "GET", "/contacts/"+made.ID, "").Want(t, 404)
	})
}
