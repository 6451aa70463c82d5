package scim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// A directory reaches what is its own, and learns nothing of the rest: neither of another customer's, nor of the staff's, nor of accounts that
// others have made.
func TestDirectoriesAreKeptApart(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c)
		acme := r.directory("acme", "acme", "viewer", "bosses", "approver")
		bolt := r.directory("bolt", "bolt", "viewer")
		corp := r.directory("corp", "", "agent", "admins", "admin")
		theirs := bolt.do("POST", "/Users", person("bob@bolt.example", map[string]any{"externalId": "b1"})).want(t, 201).id()
		group := bolt.do("POST", "/Groups", team("bosses", theirs)).want(t, 201).id()
		staff := corp.do("POST", "/Users", person("root@corp.example", nil)).want(t, 201).id()
		admins := corp.do("POST", "/Groups", team("admins", staff)).want(t, 201).id()
		if r.account("bob@bolt.example") != "viewer bolt" || r.account("root@corp.example") != "admin" {
			t.Fatalf("%q %q", r.account("bob@bolt.example"), r.account("root@corp.example"))
		}
		mine := acme.do("POST", "/Users", person("amy@acme.example", map[string]any{"externalId": "b1"})).want(t, 201).id()
		for _, ref := range []string{theirs, staff, r.userID("bob@bolt.example"), r.userID("amy@acme.example"), "0195e9a4-0000-7000-8000-000000000000", "x", "%00"} {
			for method, body := range map[string]any{"GET": nil, "PUT": person("taken@acme.example", nil), "PATCH": ops(op("replace", "active", false)), "DELETE": nil} {
				a := acme.do(method, "/Users/"+ref, body)
				if a.Code != 404 || strings.Contains(a.Body.String(), "bolt") || strings.Contains(a.Body.String(), "corp") {
					t.Errorf("%s %s: %d %s", method, ref, a.Code, a.Body)
				}
			}
		}
		for _, ref := range []string{group, admins} {
			for method, body := range map[string]any{"GET": nil, "PUT": team("x"), "PATCH": ops(op("add", "members", []any{map[string]any{"value": mine}})), "DELETE": nil} {
				if a := acme.do(method, "/Groups/"+ref, body); a.Code != 404 {
					t.Errorf("%s %s: %d %s", method, ref, a.Code, a.Body)
				}
			}
		}
		// Lists, filters and members show nothing of theirs either.
		for _, filter := range []string{"", `userName pr`, `not (userName eq "x")`, `userName eq "bob@bolt.example"`, `id eq "` + theirs + `"`, `externalId eq "b1"`, `emails co "o"`, `userName eq "bob@bolt.example" or userName pr`} {
			a := acme.do("GET", "/Users?filter="+url.QueryEscape(filter), nil).want(t, 200)
			if strings.Contains(a.Body.String(), "bolt") || strings.Contains(a.Body.String(), "corp") || strings.Contains(a.Body.String(), theirs) {
				t.Errorf("%s: %s", filter, a.Body)
			}
		}
		acme.do("POST", "/Groups", team("x", theirs)).want(t, 400, "scimType", invalidValue)
		acme.do("POST", "/Groups", team("x", staff)).want(t, 400, "scimType", invalidValue)

		// Addresses of others are not to be had, whether there is somebody or not.
		for _, email := range []string{"bob@bolt.example", "nobody@bolt.example", "root@corp.example", "nobody@elsewhere.example", "bob@acme.example.evil.example", "x@sub.acme.example"} {
			acme.do("POST", "/Users", person(email, nil)).want(t, 400, "scimType", invalidValue)
			acme.do("PATCH", "/Users/"+mine, ops(op("replace", "emails", []any{map[string]any{"value": email}}))).want(t, 400, "scimType", invalidValue)
		}
		// Nor an account in the own domain that somebody else has made: of the staff, of a customer, or the own customer's by invitation.
		made := func(email string, role permission.Role, customers ...string) {
			t.Helper()
			if _, err := r.identity.CreateUser(t.Context(), r.admin, identity.NewUser{Email: email, Name: "X", Role: role, Customers: customers, Password: "Another lamp over 9 rivers"}); err != nil {
				t.Fatal(err)
			}
		}
		made("boss@acme.example", permission.Admin)
		made("spy@acme.example", permission.Viewer, "bolt")
		made("old@acme.example", permission.Requester, "acme")
		if _, _, err := r.identity.MakeGlass(t.Context(), r.operator(), identity.BreakGlass{Email: "glass@acme.example", Reason: "a test"}); err != nil {
			t.Fatal(err)
		}
		for _, email := range []string{"boss@acme.example", "spy@acme.example", "old@acme.example", "glass@acme.example"} {
			before := r.account(email)
			acme.do("POST", "/Users", person(email, nil)).want(t, 409, "scimType", uniqueness)
			acme.do("POST", "/Users", person(email, map[string]any{"active": false})).want(t, 409, "scimType", uniqueness)
			acme.do("PATCH", "/Users/"+mine, ops(op("replace", "emails", []any{map[string]any{"value": email}}))).want(t, 409, "scimType", uniqueness)
			if got := r.account(email); got != before {
				t.Errorf("%s was %q, and is %q", email, before, got)
			}
		}
		// No rule gives more than the customer's roles, whatever the group is called.
		if got := acme.do("POST", "/Groups", team("admins", mine)).want(t, 201); r.account("amy@acme.example") != "viewer acme" {
			t.Errorf("%s: %q", got.Body, r.account("amy@acme.example"))
		}
		acme.do("POST", "/Groups", team("bosses", mine)).want(t, 201)
		if got := r.account("amy@acme.example"); got != "approver acme" {
			t.Errorf("amy is %q", got)
		}
		if r.account("bob@bolt.example") != "viewer bolt" || r.account("root@corp.example") != "admin" {
			t.Errorf("others have changed: %q %q", r.account("bob@bolt.example"), r.account("root@corp.example"))
		}
		// The last administrator is not lost by a group.
		made("second@corp.example", permission.Agent)
		off := true
		for _, email := range []string{"boss@acme.example"} {
			if _, err := r.identity.UpdateUser(t.Context(), r.admin, r.userID(email), 0, identity.ChangeUser{Disabled: &off}); err != nil {
				t.Fatal(err)
			}
		}
		corp.do("DELETE", "/Users/"+staff, nil).want(t, 409)
		corp.do("PATCH", "/Groups/"+admins, ops(op("remove", "members", nil))).want(t, 409)
		if got := r.account("root@corp.example"); got != "admin" {
			t.Errorf("the last administrator is %q", got)
		}
	})
}

// Only a token of a provider opens the door, and only while it holds.
func TestTokens(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c)
		corp, acme := r.directory("corp", "", "agent"), r.directory("acme", "acme", "viewer")
		ctx := t.Context()
		if _, err := r.identity.CreateUser(ctx, r.admin, identity.NewUser{Email: "pat@corp.example", Name: "Pat", Role: permission.Admin, Password: "Another lamp over 9 rivers"}); err != nil {
			t.Fatal(err)
		}
		_, ordinary, err := r.identity.CreateTokenFor(ctx, r.operator(), "pat@corp.example", identity.NewToken{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for name, header := range map[string]string{"none": "", "basic": "Basic eDp5", "unknown": "Bearer " + prefix + "x", "empty": "Bearer ", "of the API": "Bearer " + ordinary, "changed": "Bearer " + corp.token[:len(corp.token)-1]} {
			a := corp.do("GET", "/Users", nil, "Authorization", header)
			if a.want(t, 401, "status", "401"); !strings.HasPrefix(a.Header().Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: %v", name, a.Header())
			}
			corp.do("GET", "/ServiceProviderConfig", nil, "Authorization", header).want(t, 401)
			corp.do("GET", "/Nothing", nil, "Authorization", header).want(t, 401)
		}
		if r.comesIn("", corp.token) {
			t.Error("a directory's token opens the API")
		}
		var kept []string
		err = d.View(ctx, db.GrantAll(), func(tx *db.Tx) error { return tx.Select(ctx, &kept, `SELECT hash FROM {scim_token}`) })
		if err != nil || len(kept) != 2 || strings.Contains(strings.Join(kept, " "), corp.token[len(prefix):]) {
			t.Errorf("kept: %v %v", kept, err)
		}
		short, secret, err := r.service.CreateToken(ctx, r.admin, NewToken{Provider: "corp", Name: "short", Lifetime: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		brief := &client{r, secret, corp.provider}
		brief.do("GET", "/Users", nil).want(t, 200)
		if got, err := r.service.Token(ctx, r.admin, short.ID); err != nil || got.UsedAt == nil {
			t.Errorf("used: %+v %v", got, err)
		}
		c.Advance(time.Hour)
		brief.do("GET", "/Users", nil).want(t, 401)
		all, err := r.service.Tokens(ctx, r.admin, "corp")
		if err != nil || len(all) != 2 {
			t.Fatalf("%v %v", all, err)
		}
		limited := permission.Grant(permission.Actor{ID: "x", Kind: permission.Person}, permission.Admin, db.Grant(r.customerID(t, "acme")))
		for _, token := range all {
			if err := r.service.RevokeToken(ctx, limited, token.ID, 0); !fault.Is(err, fault.NotFound) {
				t.Errorf("one who is limited to acme: %v", err)
			}
			if err := r.service.RevokeToken(ctx, r.admin, token.ID, 2); !fault.Is(err, fault.Stale) {
				t.Errorf("another version: %v", err)
			}
			if err := r.service.RevokeToken(ctx, r.admin, token.ID, 1); err != nil {
				t.Error(err)
			}
		}
		corp.do("GET", "/Users", nil).want(t, 401)
		acme.do("GET", "/Users", nil).want(t, 200)
		if _, _, err := r.service.CreateToken(ctx, limited, NewToken{Provider: "corp", Name: "x"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token of the staff, for one who is limited to acme: %v", err)
		}
		if _, _, err := r.service.CreateToken(ctx, limited, NewToken{Provider: "acme", Name: "x"}); err != nil {
			t.Errorf("a token of acme's: %v", err)
		}
		if _, _, err := r.service.CreateToken(ctx, r.admin, NewToken{Provider: "acme", Name: " ", Lifetime: -1}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
		// Limits know whose directory speaks, and are answered in its form.
		var seen []string
		r.admit = func(_ *http.Request, token, customer string) (func(), error) {
			seen = append(seen, fmt.Sprint(token != "", customer == r.customerID(t, "acme")))
			return nil, fault.New(fault.Limited, "api.problem.limited", "seconds", 7)
		}
		if a := acme.do("GET", "/Users", nil).want(t, 429, "status", "429"); a.Header().Get("Retry-After") != "7" {
			t.Errorf("limited: %v", a.Header())
		}
		corp.do("GET", "/Users", nil).want(t, 429)
		if got := strings.Join(seen, ","); got != "true true,false false" {
			t.Errorf("asked: %s", got)
		}
		r.admit = func(*http.Request, string, string) (func(), error) { return func() {}, nil }
		if err := r.signOn.DeleteProvider(ctx, r.admin, acme.provider.ID, 0); err != nil {
			t.Fatal(err)
		}
		acme.do("GET", "/Users", nil).want(t, 401)
	})
}

func (r *rig) customerID(t *testing.T, slug string) (id string) {
	t.Helper()
	err := r.d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		return tx.Get(t.Context(), &id, `SELECT CAST(id AS TEXT) FROM {customer} WHERE slug = ?`, slug)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
