package scim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
)

// The life of a user and the account behind it, by what its directory says.
func TestUserLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c)
		dir := r.directory("corp", "", "", "ops", "engineer", "desk", "agent")
		made := dir.do("POST", "/Users", person("ada@corp.example", map[string]any{"externalId": "x1", "name": map[string]any{"givenName": "Ada", "familyName": "Lovelace"}, "preferredLanguage": "fr-FR",
			"timezone": "Europe/Paris", "password": "Quiet lamp over 8 rivers", "shoeSize": 39}))
		made.want(t, 201, "userName", "ada@corp.example", "externalId", "x1", "active", true, "schemas/0", coreUser, "meta/resourceType", "User", "meta/version", `W/"v1"`, "password", nil, "shoeSize", nil)
		id := made.id()
		if made.Header().Get("Location") != "http://localhost/scim/v2/Users/"+id || made.Header().Get("ETag") != `W/"v1"` || strings.Contains(made.Body.String(), "lamp") {
			t.Errorf("headers: %v", made.Header())
		}
		if got := r.account("ada@corp.example"); got != "" {
			t.Fatalf("without a group that gives a role there is an account: %q", got)
		}
		group := dir.do("POST", "/Groups", team("ops", id)).want(t, 201, "displayName", "ops", "members/0/value", id, "members/0/display", "Ada Lovelace", "members/0/type", "User")
		if got := r.account("ada@corp.example"); got != "engineer" {
			t.Fatalf("account: %q", got)
		}
		dir.do("GET", "/Users/"+id, nil).want(t, 200, "groups/0/value", group.id(), "groups/0/display", "ops", "groups/0/type", "direct", "groups/1", nil)
		u, err := r.identity.User(t.Context(), r.admin, r.userID("ada@corp.example"))
		if err != nil || u.Name != "Ada Lovelace" || u.Language != "fr" || u.TimeZone != "Europe/Paris" {
			t.Errorf("account: %+v %v", u, err)
		}

		// Another group by itself is another role; both, the first rule.
		desk := dir.do("POST", "/Groups", team("desk")).want(t, 201, "members", nil)
		dir.do("PATCH", "/Groups/"+desk.id(), ops(op("add", "members", []any{map[string]any{"value": id}}))).want(t, 204)
		if got := r.account("ada@corp.example"); got != "engineer" {
			t.Errorf("with both: %q", got)
		}
		dir.do("PATCH", "/Groups/"+group.id(), ops(op("Remove", "members", []any{map[string]any{"value": id}}))).want(t, 204)
		if got := r.account("ada@corp.example"); got != "agent" {
			t.Errorf("with the second: %q", got)
		}

		// Out, and in again: sessions end at once, tokens with them.
		secret := r.session(t, u.ID)
		token, bearer, err := r.identity.CreateTokenFor(t.Context(), r.operator(), u.Email, identity.NewToken{Name: "x"})
		if err != nil || token.ID == "" {
			t.Fatal(err)
		}
		dir.do("PATCH", "/Users/"+id, ops(op("Replace", "active", "False"))).want(t, 200, "active", false)
		if got := r.account("ada@corp.example"); got != "off agent" {
			t.Errorf("inactive: %q", got)
		}
		if r.comesIn(secret, "") || r.comesIn("", bearer) {
			t.Error("who is inactive comes in")
		}
		dir.do("PATCH", "/Users/"+id, ops(op("replace", "", map[string]any{"active": true}))).want(t, 200, "active", true)
		if got := r.account("ada@corp.example"); got != "agent" || r.comesIn(secret, "") {
			t.Errorf("active again: %q, the old session %v", got, r.comesIn(secret, ""))
		}

		// Without any group the access goes, and comes back with one.
		dir.do("PUT", "/Groups/"+desk.id(), team("desk")).want(t, 200)
		if got := r.account("ada@corp.example"); got != "off agent" {
			t.Errorf("without groups: %q", got)
		}
		dir.do("PUT", "/Groups/"+desk.id(), team("desk", id)).want(t, 200)
		if got := r.account("ada@corp.example"); got != "agent" {
			t.Errorf("with the group again: %q", got)
		}
		dir.do("PATCH", "/Groups/"+desk.id(), ops(op("replace", "displayName", "support"))).want(t, 204)
		if got := r.account("ada@corp.example"); got != "off agent" {
			t.Errorf("the group has another name, which no rule knows: %q", got)
		}
		dir.do("PATCH", "/Groups/"+desk.id(), ops(op("replace", "", map[string]any{"id": desk.id(), "displayName": "desk"}))).want(t, 204)
		dir.do("DELETE", "/Groups/"+group.id(), nil).want(t, 204)

		// Whom an administrator disables stays out, whatever the directory says, and the directory is told so.
		off, on := true, false
		if _, err := r.identity.UpdateUser(t.Context(), r.admin, u.ID, 0, identity.ChangeUser{Disabled: &off}); err != nil {
			t.Fatal(err)
		}
		dir.do("PATCH", "/Users/"+id, ops(op("replace", "active", true), op("replace", "title", "Countess"))).want(t, 200, "active", false, "title", "Countess")
		if got := r.account("ada@corp.example"); got != "off agent" {
			t.Errorf("disabled by an administrator: %q", got)
		}
		if _, err := r.identity.UpdateUser(t.Context(), r.admin, u.ID, 0, identity.ChangeUser{Disabled: &on}); err != nil {
			t.Fatal(err)
		}

		// Name and address follow.
		dir.do("PUT", "/Users/"+id, person("ada@corp.example", map[string]any{"displayName": "Ada King", "emails": []any{map[string]any{"value": "Ada.King@corp.example", "type": "work"}}})).want(t, 200, "title", nil, "externalId", nil)
		if got := r.account("ada.king@corp.example"); got != "agent" {
			t.Errorf("another address: %q", got)
		}

		// Deleted: gone for the directory, switched off for us, and back with nothing but its history.
		dir.do("DELETE", "/Users/"+id, nil).want(t, 204)
		dir.do("GET", "/Users/"+id, nil).want(t, 404, "status", "404", "schemas/0", message+"Error")
		dir.do("DELETE", "/Users/"+id, nil).want(t, 404)
		dir.do("GET", "/Groups/"+desk.id(), nil).want(t, 200, "members", nil)
		if got := r.account("ada.king@corp.example"); got != "off agent" {
			t.Errorf("deleted: %q", got)
		}
		again := dir.do("POST", "/Users", person("ada.king@corp.example", nil)).want(t, 201)
		dir.do("PATCH", "/Groups/"+desk.id(), ops(op("add", "members", []any{map[string]any{"value": again.id()}}))).want(t, 204)
		if got := r.account("ada.king@corp.example"); got != "agent" || r.userID("ada.king@corp.example") != u.ID {
			t.Errorf("made again: %q", got)
		}
		if r.comesIn("", bearer) {
			t.Error("a token from before the deletion works again")
		}
		// All of it is in the trail, under the token.
		entries := r.trail(t)
		for _, want := range []string{"create scim_user", "update scim_user", "delete scim_user", "create scim_group", "update scim_group", "delete scim_group", "create user", "update user", "leave user"} {
			if !entries["corp: directory/token/192.0.2.7 "+want] {
				t.Errorf("the trail lacks %q: %v", want, entries)
			}
		}
	})
}

func (r *rig) operator() permission.Actor {
	return permission.Grant(permission.Actor{Name: "operator", Kind: permission.System}, permission.Admin, db.GrantAll())
}

// session begins a session as a provider's word does.
func (r *rig) session(t *testing.T, userID string) (secret string) {
	t.Helper()
	err := r.d.Across(t.Context(), "test", func(tx *db.Tx) error {
		step, err := r.identity.Accounts().Enter(t.Context(), tx, userID, identity.Visit{Address: "192.0.2.1"}, identity.Vouched{Provider: "corp"})
		secret = step.Secret
		return err
	})
	if err != nil || !r.comesIn(secret, "") {
		t.Fatalf("no session: %v", err)
	}
	return secret
}

func (r *rig) comesIn(session, bearer string) bool {
	q := httptest.NewRequest("GET", "/", nil)
	if bearer != "" {
		q.Header.Set("Authorization", "Bearer "+bearer)
	}
	q.AddCookie(&http.Cookie{Name: "vigie", Value: session})
	_, err := r.identity.Authenticate(q)
	return err == nil
}

// trail is who did what to which type.
func (r *rig) trail(t *testing.T) map[string]bool {
	t.Helper()
	var all []audit.Entry
	err := r.d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
		return tx.Select(t.Context(), &all, `SELECT `+db.Columns[audit.Entry]("")+` FROM {audit_entry}`)
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, e := range all {
		out[fmt.Sprintf("%s/%s/%s %s %s", e.ActorName, e.ActorKind, e.Address, e.Action, e.RecordType)] = true
		if text := fmt.Sprint(e.Before.V, e.After.V); strings.Contains(text, "Quiet lamp") || strings.Contains(text, prefix) {
			t.Errorf("a secret stands in the trail: %s", text)
		}
	}
	return out
}

// The protocol: pages, order, shape of answers, tags, errors.
func TestProtocol(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c)
		dir := r.directory("corp", "", "agent")
		var ids []string
		for i := range 7 {
			c.Advance(time.Minute)
			ids = append(ids, dir.do("POST", "/Users", person(fmt.Sprintf("u%d@corp.example", i), map[string]any{"displayName": string(rune('g' - i)), "title": []string{"", "Chief", "chief"}[i%3],
				"name": map[string]any{"familyName": "F", "givenName": fmt.Sprint(i)}})).want(t, 201).id())
		}
		names := func(a reply) (out string) {
			t.Helper()
			a.want(t, 200)
			list, _ := a.doc["Resources"].([]any)
			for _, m := range list {
				out += fmt.Sprint(at(m, "displayName"))
			}
			return out
		}
		get := func(query string) reply { t.Helper(); return dir.do("GET", "/Users?"+query, nil) }
		for query, want := range map[string]string{
			"": "gfedcba", "count=3": "gfe", "startIndex=3&count=2": "ed", "startIndex=0&count=2": "gf", "startIndex=-4&count=2": "gf", "startIndex=7": "a", "startIndex=8": "", "count=0": "", "count=-1": "",
			"sortBy=displayName": "abcdefg", "sortBy=displayName&sortOrder=descending": "gfedcba", "sortBy=userName&sortOrder=Descending&count=2": "ab", "sortBy=title&startIndex=5": "gda", "sortBy=name.givenName&count=1": "g",
			"sortBy=emails&count=1": "g", "sortBy=meta.created&sortOrder=descending&count=1": "a",
			"filter=" + url.QueryEscape(`title eq "CHIEF"`): "fecb", "filter=" + url.QueryEscape(`title eq "chief" and displayName gt "c"`) + "&count=1": "f",
			"filter=" + url.QueryEscape(`userName eq "U3@corp.example"`): "d", "filter=" + url.QueryEscape(`userName eq "u3@corp.example" and title pr`): "", "filter=" + url.QueryEscape(`id eq "`+ids[2]+`"`): "e",
			"filter=" + url.QueryEscape(`userName eq "u1@corp.example" or userName eq "u2@corp.example"`): "fe", "filter=" + url.QueryEscape(`not (title pr) and active eq true`): "gda",
			"filter=" + url.QueryEscape(`meta.created gt "2026-03-02T09:05:30Z"`): "ba", "filter=" + url.QueryEscape(`groups pr`): "",
		} {
			if got := names(get(query)); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		get("count=3").want(t, 200, "totalResults", 7.0, "itemsPerPage", 3.0, "startIndex", 1.0, "schemas/0", message+"ListResponse")
		get("count=1000").want(t, 200, "itemsPerPage", 7.0)
		get("startIndex=6&filter="+url.QueryEscape("title pr")).want(t, 200, "totalResults", 4.0, "itemsPerPage", 0.0, "startIndex", 6.0)
		for _, query := range []string{"count=x", "startIndex=1.5", "sortBy=shoeSize", "sortOrder=up"} {
			get(query).want(t, 400, "scimType", invalidValue)
		}
		get("filter=x").want(t, 400, "scimType", invalidFilter)
		dir.do("POST", "/Users/.search", map[string]any{"schemas": []string{message + "SearchRequest"}, "filter": `title pr`, "count": 1, "attributes": []string{"title"}}).want(t, 200, "totalResults", 4.0, "Resources/0/title", "Chief",
			"Resources/0/userName", nil, "Resources/0/id", ids[1])

		// What is shown.
		get("attributes=userName,name.givenName&count=1").want(t, 200, "Resources/0/userName", "u0@corp.example", "Resources/0/name/givenName", "0", "Resources/0/name/familyName", nil, "Resources/0/displayName", nil,
			"Resources/0/id", ids[0], "Resources/0/schemas/0", coreUser, "Resources/0/meta", nil)
		get("excludedAttributes=name.givenName,displayName,id,urn:ietf:params:scim:schemas:core:2.0:User:active&count=1").want(t, 200, "Resources/0/userName", "u0@corp.example", "Resources/0/name/givenName", nil, "Resources/0/name/familyName", "F",
			"Resources/0/displayName", nil, "Resources/0/active", nil, "Resources/0/id", ids[0])
		big := dir.do("POST", "/Groups", team("all", ids...)).want(t, 201)
		dir.do("GET", "/Groups/"+big.id()+"?excludedAttributes=members", nil).want(t, 200, "members", nil, "displayName", "all")
		dir.do("GET", "/Groups?attributes=members.value&filter="+url.QueryEscape(`displayName eq "ALL"`), nil).want(t, 200, "Resources/0/members/0/value", ids[0], "Resources/0/members/0/display", nil, "Resources/0/displayName", nil)
		dir.do("GET", "/Groups?excludedAttributes=members&filter="+url.QueryEscape(`members.value eq "`+ids[3]+`"`), nil).want(t, 200, "totalResults", 1.0, "Resources/0/members", nil)
		dir.do("GET", "/Users?filter="+url.QueryEscape(`groups.value eq "`+big.id()+`"`)+"&attributes=userName", nil).want(t, 200, "totalResults", 7.0, "Resources/0/groups", nil)

		// Tags.
		path := "/Users/" + ids[0]
		one := dir.do("GET", path, nil).want(t, 200)
		tag := one.Header().Get("ETag")
		if tag != `W/"v1"` || at(one.doc, "meta/version") != tag {
			t.Errorf("tag %q", tag)
		}
		dir.do("GET", path, nil, "If-None-Match", tag).want(t, 304)
		dir.do("PATCH", path, ops(op("replace", "title", "A")), "If-Match", `W/"v7"`).want(t, 412, "status", "412")
		dir.do("PATCH", path, ops(op("replace", "title", "A")), "If-Match", tag).want(t, 200, "meta/version", `W/"v2"`)
		dir.do("PATCH", path, ops(op("replace", "title", "A")), "If-Match", `"v2"`).want(t, 200, "meta/version", `W/"v2"`) // nothing has changed
		dir.do("PUT", path, person("u0@corp.example", nil), "If-Match", tag).want(t, 412)
		dir.do("DELETE", path, nil, "If-Match", tag).want(t, 412)
		dir.do("DELETE", path, nil, "If-Match", "*").want(t, 204)
		dir.do("PATCH", "/Groups/"+big.id(), ops(op("replace", "displayName", "x")), "If-Match", `W/"v9"`).want(t, 412)
		dir.do("DELETE", "/Groups/"+big.id(), nil, "If-Match", `W/"v9"`).want(t, 412)
		changed := dir.do("PATCH", "/Groups/"+big.id()+"?attributes=displayName", ops(op("replace", "displayName", "more"))).want(t, 200, "displayName", "more", "members", nil)
		if changed.Header().Get("ETag") == big.Header().Get("ETag") {
			t.Error("the tag stays, though the group has changed")
		}

		// What is taken, what is wrong.
		dir.do("POST", "/Users", person("U1@corp.example", nil)).want(t, 409, "scimType", uniqueness, "status", "409")
		dir.do("POST", "/Users", person("zoe", map[string]any{"emails": []any{map[string]any{"value": "u1@corp.example"}}})).want(t, 409, "scimType", uniqueness)
		dir.do("PATCH", "/Users/"+ids[2], ops(op("replace", "userName", "u1@corp.example"))).want(t, 409, "scimType", uniqueness)
		dir.do("POST", "/Groups", team("MORE")).want(t, 409, "scimType", uniqueness)
		for body, kind := range map[string]string{
			`{`: invalidSyntax, `[]`: invalidSyntax, `{} {}`: invalidSyntax, `{"userName":"x@corp.example"}`: invalidSyntax, `{"schemas":["` + coreGroup + `"],"userName":"x@corp.example"}`: invalidSyntax,
			`{"schemas":["` + coreUser + `"]}`: invalidValue, `{"schemas":["` + coreUser + `"],"userName":"no address"}`: invalidValue, `{"schemas":["` + coreUser + `"],"userName":7}`: invalidValue,
			`{"schemas":["` + coreUser + `"],"userName":"x@corp.example","emails":"x"}`: "", `{"schemas":["` + coreUser + `"],"userName":"y@corp.example","username":"z@corp.example"}`: invalidSyntax,
			`{"schemas":["` + coreUser + `"],"userName":"` + strings.Repeat("x", maxText+1) + `"}`: invalidValue,
		} {
			a := dir.do("POST", "/Users", body)
			if kind != "" {
				a.want(t, 400, "scimType", kind, "status", "400", "schemas/0", message+"Error")
			}
		}
		dir.do("POST", "/Users", person("x@corp.example", nil), "Content-Type", "text/plain").want(t, 415)
		dir.do("POST", "/Users", `{"x":"`+strings.Repeat("a", maxBody)+`"}`).want(t, 413)
		dir.do("PATCH", "/Users/"+ids[1], map[string]any{"Operations": []any{op("replace", "title", "x")}}).want(t, 400, "scimType", invalidSyntax)
		dir.do("PATCH", "/Users/"+ids[1], map[string]any{"schemas": []string{message + "PatchOp"}, "operations": []any{op("replace", "title", "x")}}).want(t, 200, "title", "x")
		for _, path := range []string{"/Bulk", "/Me", "/", "/Users/" + ids[1] + "/x"} {
			dir.do("GET", path, nil).want(t, 404)
		}
		if a := dir.do("GET", "/Users/"+ids[0], nil, "Accept-Language", "fr"); at(a.doc, "detail") != "Cette ressource n’existe pas." {
			t.Errorf("in French: %s", a.Body)
		}

		// What we are.
		dir.do("GET", "/ServiceProviderConfig", nil).want(t, 200, "patch/supported", true, "bulk/supported", false, "filter/maxResults", 200.0, "sort/supported", true, "etag/supported", true, "changePassword/supported", false,
			"authenticationSchemes/0/type", "oauthbearertoken")
		dir.do("GET", "/ResourceTypes", nil).want(t, 200, "totalResults", 2.0, "Resources/0/id", "User", "Resources/0/schemaExtensions/0/schema", enterprise)
		dir.do("GET", "/ResourceTypes/Group", nil).want(t, 200, "schema", coreGroup)
		dir.do("GET", "/Schemas", nil).want(t, 200, "totalResults", 3.0)
		user := dir.do("GET", "/Schemas/"+coreUser, nil).want(t, 200, "attributes/0/name", "userName", "attributes/0/required", true, "attributes/0/uniqueness", "server")
		if strings.Contains(user.Body.String(), "password") {
			t.Error("the schema has a password")
		}
		dir.do("GET", "/Schemas/urn:x", nil).want(t, 404)
	})
}

// Who signs in is found by external id, or by an address that is verified, in the directory of that provider and no other.
func TestKnown(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		r := newRig(t, d, c)
		corp, acme := r.directory("corp", "", "agent"), r.directory("acme", "acme", "viewer")
		ada := corp.do("POST", "/Users", person("ada@corp.example", map[string]any{"externalId": "oid-1"})).want(t, 201).id()
		group := team("ops", ada)
		group["externalId"] = "g-1"
		corp.do("POST", "/Groups", group).want(t, 201)
		corp.do("POST", "/Groups", team("desk")).want(t, 201)
		for name, test := range map[string]struct {
			of      *client
			who     sso.Person
			account string
			want    string
		}{
			"by subject":               {corp, sso.Person{Subject: "oid-1"}, "", ada},
			"by object id":             {corp, sso.Person{Subject: "pairwise", ObjectID: "oid-1"}, "", ada},
			"by account":               {corp, sso.Person{Subject: "x"}, r.userID("ada@corp.example"), ada},
			"by verified address":      {corp, sso.Person{Subject: "x", Email: "ada@corp.example", Verified: true}, "", ada},
			"address not verified":     {corp, sso.Person{Subject: "x", Email: "ada@corp.example"}, "", ""},
			"in another case":          {corp, sso.Person{Subject: "OID-1"}, "", ""},
			"nothing":                  {corp, sso.Person{}, "", ""},
			"at another provider":      {acme, sso.Person{Subject: "oid-1", ObjectID: "oid-1", Email: "ada@corp.example", Verified: true}, "", ""},
			"account of another":       {acme, sso.Person{}, r.userID("ada@corp.example"), ""},
			"an account, not subjects": {corp, sso.Person{Subject: "oid-1"}, "0195e9a4-0000-7000-8000-000000000000", ""},
		} {
			var e sso.Entry
			err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) (err error) {
				e, err = r.service.Known(t.Context(), tx, test.of.provider.ID, test.who, test.account)
				return err
			})
			if err != nil || e.ID != test.want {
				t.Errorf("%s: %+v %v", name, e, err)
			}
			if e.ID != "" && (strings.Join(e.Groups, " ") != "ops g-1" || len(e.Pushed) != 3 || !e.Active || e.Account != r.userID("ada@corp.example")) {
				t.Errorf("%s: %+v", name, e)
			}
		}
	})
}
