package identity_test

import (
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
)

// People go out as files with the invitations that wait: those whom the reader sees, and nothing that opens a door.
func TestPeopleAsFiles(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		mailed := h.mailed()
		acme := h.customer("acme")
		h.customer("bolt")
		h.user("boss@example.com", permission.Admin)
		h.user("pat@example.com", permission.Engineer, "acme")
		h.user("kim@example.com", permission.Engineer, "bolt")
		if _, err := h.CreateUser(t.Context(), h.operator(), identity.NewUser{Email: "new@example.com", Name: "=New One", Role: permission.Viewer, Customer: "acme", Invite: true}); err != nil {
			t.Fatal(err)
		}
		boss := h.token("boss@example.com", identity.NewToken{Name: "x"})
		until := c.Now().Add(72 * time.Hour).Format(time.RFC3339)

		w := h.do(boss, "GET", "/users", "", "Accept", "text/csv")
		h.want(w, 200, "invited_until", "new@example.com", until, "'=New One")
		for _, secret := range []string{mailed.code(t), "password_hash", "$argon2", "hash"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%q is in the file", secret)
			}
		}
		h.want(h.do(boss, "GET", "/users?format=xlsx", ""), 200, "PK")
		waiting := h.do(boss, "GET", "/users?invited_until.empty=false", "")
		h.want(waiting, 200, "new@example.com")
		if strings.Contains(waiting.Body.String(), "pat@example.com") {
			t.Error("who is not invited is among the invitations")
		}

		site := webtest.New(t, d, c)
		h.Pages(site.Mux, site.Shell)
		as := func(role permission.Role, s db.Scope) *webtest.Visitor {
			return site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Language: "en", TimeZone: "UTC"}, role, s))
		}
		local, all := as(permission.Manager, db.Grant(acme.ID)), as(permission.Auditor, db.GrantAll())
		all.Get(t, "/people").Want(t, 200).Has(t, "format=csv", "format=xlsx", "Invited")
		all.Get(t, "/people?format=csv").Want(t, 200).Has(t, "boss@example.com", "kim@example.com", "new@example.com")
		local.Get(t, "/people?format=csv").Want(t, 200).Has(t, "pat@example.com", "new@example.com").Lacks(t, "kim@example.com", "bolt")
		all.Get(t, "/people?format=csv&invited_until.empty=false").Want(t, 200).Has(t, "new@example.com").Lacks(t, "pat@example.com")
		all.Get(t, "/people?format=xlsx").Want(t, 200)
		as(permission.Engineer, db.GrantAll()).Get(t, "/people?format=csv").Want(t, 403)
		all.Get(t, "/tokens?format=csv").Want(t, 200).Lacks(t, boss)
		all.Get(t, "/sessions?format=csv").Want(t, 200).Has(t, "user")

		// An invitation that is used waits no more.
		if err := h.UseLink(t.Context(), mailed.code(t), identity.Arrival{Name: "New One", Password: password, Language: "fr", TimeZone: "UTC"}, identity.Visit{Address: "192.0.2.1"}); err != nil {
			t.Fatal(err)
		}
		all.Get(t, "/people?invited_until.empty=false").Want(t, 200).Lacks(t, "new@example.com")
	})
}
