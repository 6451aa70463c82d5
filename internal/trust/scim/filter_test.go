package scim

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// bjensen is the full user of RFC 7643, section 8.2, with what our schema has of it.
const bjensen = `{
	"userName": "bjensen@example.com", "externalId": "bjensen",
	"name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III"},
	"displayName": "Babs Jensen", "nickName": "Babs",
	"emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}],
	"addresses": [{"streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "USA", "type": "work", "primary": true},
		{"streetAddress": "456 Hollywood Blvd", "locality": "Hollywood", "type": "home"}],
	"phoneNumbers": [{"value": "555-555-5555", "type": "work"}, {"value": "555-555-4444", "type": "mobile"}],
	"userType": "Employee", "title": "Tour Guide", "preferredLanguage": "en-US", "locale": "en-US", "timezone": "America/Los_Angeles", "active": true,
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios", "division": "Theme Park",
		"department": "Tour Operations", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d", "displayName": "John Smith"}}
}`

func decode(t testing.TB, s string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func babs(t testing.TB) map[string]any {
	t.Helper()
	doc, err := users.read(decode(t, bjensen))
	if err != nil {
		t.Fatal(err)
	}
	doc["id"] = "2819c223-7f76-453a-919d-413861904646"
	doc["meta"] = map[string]any{"resourceType": "User", "created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34.000Z", "version": `W/"v3"`}
	return doc
}

func kindOf(err error) string {
	var no *refusal
	if errors.As(err, &no) {
		return no.kind
	}
	return ""
}

// The examples of RFC 7644, section 3.4.2.2, and of the directories.
func TestFilter(t *testing.T) {
	t.Parallel()
	doc := babs(t)
	for filter, want := range map[string]bool{
		`userName eq "bjensen@example.com"`:                             true,
		`userName eq "BJensen@example.com"`:                             true,
		`userName Eq "bjensen"`:                                         false,
		`externalId eq "bjensen"`:                                       true,
		`externalId eq "BJENSEN"`:                                       false,
		`name.familyName co "ense"`:                                     true,
		`name.familyName co "O'Malley"`:                                 false,
		`userName sw "B"`:                                               true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`:    false,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName ew ".COM"`: true,
		`title pr`:                 true,
		`nickName pr and title pr`: true,
		`meta.lastModified gt "2011-05-13T04:42:33Z"`:                                                       true,
		`meta.lastModified ge "2011-05-13T04:42:34Z"`:                                                       true,
		`meta.lastModified lt "2011-05-13T06:42:34+02:00"`:                                                  false,
		`meta.lastModified le "2011-05-13T06:42:34+02:00"`:                                                  true,
		`title pr and userType eq "Employee"`:                                                               true,
		`title pr or userType eq "Intern"`:                                                                  true,
		`userType eq "Intern" or userType eq "Employee" and title pr`:                                       true,
		`(userType eq "Intern" or userType eq "Employee") and title eq "x"`:                                 false,
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`:             true,
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`:         false,
		`userType eq "Employee" and (emails.type eq "work")`:                                                true,
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`:                     true,
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`: false, // no ims here: refused below
		`emails[type eq "home" and value co "@example.com"]`:                                                false,
		`emails[type eq "work"].value eq "bjensen@example.com"`:                                             true, // Entra ID
		`emails[type eq "work"].value eq "babs@jensen.org"`:                                                 false,
		`emails[not (type eq "work")].value sw "babs"`:                                                      true,
		`emails.value eq "babs@jensen.org"`:                                                                 true,
		`emails eq "babs@jensen.org"`:                                                                       true,
		`active eq true`:                                                                                    true,
		`active eq "True"`:                                                                                  true,
		`active eq False`:                                                                                   false,
		`active ne false`:                                                                                   true,
		`profileless pr`:                                                                                    false, // refused below
		`nickName ne null`:                                                                                  true,
		`nickName eq null`:                                                                                  false,
		`groups eq null`:                                                                                    true,
		`groups.value ne "x"`:                                                                               true,
		`displayName eq "B\u0061bs Jensen"`:                                                                 true,
		`displayName gt "Aaa" and displayName lt "Zzz"`:                                                     true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tour operations"`:        true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName co "smith"`:         true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915-6090-4610-87e4-49d8ca9f808d"`: true,
		`id eq "2819c223-7f76-453a-919d-413861904646"`:                                                                 true,
		`not(title pr)`:       false,
		"  userName\tpr  ":    true,
		`((((userName pr))))`: true,
	} {
		n, err := readFilter(users, filter)
		if strings.Contains(filter, "ims[") || strings.Contains(filter, "profileless") {
			if kindOf(err) != invalidFilter {
				t.Errorf("%s: %v", filter, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if n.holds(doc) != want {
			t.Errorf("%s: %v", filter, !want)
		}
	}
	for _, filter := range []string{`userName`, `userName eq`, `userName eq bjensen`, `userName xx "a"`, `eq "a"`, `(userName pr`, `userName pr)`, `userName pr and`, `and userName pr`, `not userName pr`,
		`emails[type eq "work"`, `emails[type eq "work"]]`, `emails[type eq "work"].nothing eq "a"`, `emails[nothing eq "a"]`, `emails[emails[type pr]]`, `userName[value eq "a"]`, `active gt true`, `active eq 1`,
		`userName eq "a" userName pr`, `userName gt null`, `userName eq "a`, `"a" eq userName`, `urn:ietf:params:scim:schemas:core:2.0:User eq "a"`, `password eq "x"`, `password pr`,
		strings.Repeat("(", 31) + `userName pr` + strings.Repeat(")", 31), strings.Repeat("not (", 31) + `userName pr` + strings.Repeat(")", 31), `userName eq "` + strings.Repeat("a", maxFilter) + `"`} {
		if _, err := readFilter(users, filter); kindOf(err) != invalidFilter {
			t.Errorf("%.60s: %v", filter, err)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "a"`, `emails[type eq "work"].value eq "x" and not (active eq true)`, `((a`, `"`, `emails[`, `a.b.c pr`, `meta.created gt "2011"`, `userName eq "\ud800"`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref pr`} {
		f.Add(s)
	}
	doc := babs(f)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := readFilter(users, s)
		if (n == nil || err != nil) && kindOf(err) != invalidFilter {
			t.Fatalf("%q: %v", s, err)
		}
		if err == nil {
			n.holds(doc)
			n.holds(map[string]any{})
			required(n)
		}
		if _, err := users.readPath(s); err != nil && kindOf(err) != invalidPath {
			t.Fatalf("path %q: %v", s, err)
		}
	})
}
