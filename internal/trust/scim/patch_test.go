package scim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// patched applies one PATCH as it would be sent, and gives what became of the document.
func patched(t testing.TB, r resource, doc map[string]any, operations string) (map[string]any, error) {
	t.Helper()
	var ops []operation
	if err := json.Unmarshal([]byte(operations), &ops); err != nil {
		t.Fatalf("%s: %v", operations, err)
	}
	return r.patch(doc, ops)
}

// at reads a document by path: emails[0].value.
func at(doc any, path string) any {
	for _, step := range strings.Split(path, "/") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

const ext = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// The examples of RFC 7644, section 3.5.2, and the dialects of directories.
func TestPatchUser(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ops  string
		want map[string]any // by path; nil for nothing there
		kind string         // of the refusal
	}{
		"add a single value":             {`[{"op":"add","path":"nickName","value":"Barb"}]`, map[string]any{"nickName": "Barb"}, ""},
		"add to several":                 {`[{"op":"add","path":"emails","value":[{"value":"b@example.com","type":"other"}]}]`, map[string]any{"emails/2/value": "b@example.com", "emails/0/primary": true}, ""},
		"add what is there":              {`[{"op":"add","path":"emails","value":[{"value":"babs@jensen.org","type":"home"}]}]`, map[string]any{"emails/2": nil}, ""},
		"a new primary one":              {`[{"op":"add","path":"emails","value":[{"value":"b@example.com","primary":true}]}]`, map[string]any{"emails/2/primary": true, "emails/0/primary": false}, ""},
		"add without a path (RFC)":       {`[{"op":"add","value":{"emails":[{"value":"babs@x.org","type":"other"}],"nickName":"Babsi"}}]`, map[string]any{"emails/2/value": "babs@x.org", "nickName": "Babsi"}, ""},
		"replace all":                    {`[{"op":"replace","path":"emails","value":[{"value":"only@example.com"}]}]`, map[string]any{"emails/0/value": "only@example.com", "emails/1": nil}, ""},
		"replace a picked one (RFC)":     {`[{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood"}}]`, map[string]any{"addresses/0/streetAddress": "911 Universal City Plaza", "addresses/1/type": "home"}, ""},
		"replace a part of it (RFC)":     {`[{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}]`, map[string]any{"addresses/0/streetAddress": "1010 Broadway Ave", "addresses/0/locality": "Hollywood"}, ""},
		"replace without a path (RFC)":   {`[{"op":"replace","value":{"emails":[{"value":"a@example.com","type":"work","primary":true}],"nickName":"Babs2"}}]`, map[string]any{"emails/1": nil, "nickName": "Babs2"}, ""},
		"replace a part of a name":       {`[{"op":"replace","path":"name.familyName","value":"Smith"}]`, map[string]any{"name/familyName": "Smith", "name/givenName": "Barbara"}, ""},
		"replace a name":                 {`[{"op":"replace","path":"name","value":{"givenName":"Bea"}}]`, map[string]any{"name/familyName": "Jensen", "name/givenName": "Bea"}, ""},
		"remove a single value":          {`[{"op":"remove","path":"nickName"}]`, map[string]any{"nickName": nil}, ""},
		"remove a part":                  {`[{"op":"remove","path":"name.middleName"}]`, map[string]any{"name/middleName": nil, "name/givenName": "Barbara"}, ""},
		"remove picked (RFC)":            {`[{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}]`, map[string]any{"emails/0/type": "home", "emails/1": nil}, ""},
		"remove a part of picked":        {`[{"op":"remove","path":"emails[type eq \"home\"].type"}]`, map[string]any{"emails/1/type": nil, "emails/1/value": "babs@jensen.org"}, ""},
		"remove all":                     {`[{"op":"remove","path":"phoneNumbers"}]`, map[string]any{"phoneNumbers": nil}, ""},
		"remove what is not there":       {`[{"op":"remove","path":"emails[type eq \"fax\"]"}]`, map[string]any{"emails/1/type": "home"}, ""},
		"a part of an extension":         {`[{"op":"replace","path":"` + ext + `:department","value":"Sales"}]`, map[string]any{ext + "/department": "Sales", ext + "/division": "Theme Park"}, ""},
		"a whole extension":              {`[{"op":"add","path":"` + ext + `","value":{"costCenter":"1"}}]`, map[string]any{ext + "/costCenter": "1", ext + "/division": "Theme Park"}, ""},
		"remove an extension":            {`[{"op":"remove","path":"` + ext + `"}]`, map[string]any{ext: nil}, ""},
		"the name of the schema":         {`[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"Guide"}]`, map[string]any{"title": "Guide"}, ""},
		"names in any case":              {`[{"op":"REPLACE","path":"NICKNAME","value":"x"}]`, map[string]any{"nickName": "x"}, ""},
		"empty takes away":               {`[{"op":"replace","path":"nickName","value":""}]`, map[string]any{"nickName": nil}, ""},
		"Entra: capital, text for false": {`[{"op":"Replace","path":"active","value":"False"}]`, map[string]any{"active": false}, ""},
		"Entra: wrapped":                 {`[{"op":"Replace","path":"active","value":[{"$ref":null,"value":"False"}]}]`, map[string]any{"active": false}, ""},
		"Entra: the mail of work":        {`[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"new@example.com"},{"op":"Add","path":"name.givenName","value":"B"}]`, map[string]any{"emails/0/value": "new@example.com", "emails/0/primary": true, "name/givenName": "B"}, ""},
		"Entra: one that is new":         {`[{"op":"Add","path":"phoneNumbers[type eq \"fax\"].value","value":"555"}]`, map[string]any{"phoneNumbers/2/value": "555", "phoneNumbers/2/type": "fax"}, ""},
		"Entra: primary in the filter":   {`[{"op":"Add","path":"phoneNumbers[type eq \"fax\" and primary eq true].value","value":"555"}]`, map[string]any{"phoneNumbers/2/primary": true}, ""},
		"Entra: the manager by id":       {`[{"op":"Add","path":"` + ext + `:manager","value":"d8b1"}]`, map[string]any{ext + "/manager/value": "d8b1"}, ""},
		"Entra: no manager":              {`[{"op":"Remove","path":"` + ext + `:manager"}]`, map[string]any{ext + "/manager": nil}, ""},
		"Entra: paths as names":          {`[{"op":"add","value":{"name.familyName":"Doe","emails[type eq \"work\"].value":"doe@example.com","` + ext + `:department":"IT","nobodyKnows":1,"id":"x"}}]`, map[string]any{"name/familyName": "Doe", "emails/0/value": "doe@example.com", ext + "/department": "IT"}, ""},
		"Okta: off":                      {`[{"op":"replace","value":{"active":false}}]`, map[string]any{"active": false}, ""},
		"Okta: with id and password":     {`[{"op":"replace","value":{"id":"x","password":"secret","active":true}}]`, map[string]any{"active": true, "password": nil}, ""},
		"replace picks nothing":          {`[{"op":"replace","path":"emails[type eq \"fax\"].value","value":"x@example.com"}]`, nil, noTarget},
		"add picks nothing, by co":       {`[{"op":"add","path":"emails[value co \"zz\"].type","value":"x"}]`, nil, noTarget},
		"remove without a path":          {`[{"op":"remove"}]`, nil, noTarget},
		"read only":                      {`[{"op":"replace","path":"id","value":"x"}]`, nil, mutability},
		"groups":                         {`[{"op":"add","path":"groups","value":[{"value":"x"}]}]`, nil, mutability},
		"meta":                           {`[{"op":"remove","path":"meta.version"}]`, nil, mutability},
		"an unknown path":                {`[{"op":"replace","path":"shoeSize","value":"x"}]`, nil, invalidPath},
		"a password":                     {`[{"op":"replace","path":"password","value":"x"}]`, nil, invalidPath},
		"a broken path":                  {`[{"op":"replace","path":"emails[type eq","value":"x"}]`, nil, invalidPath},
		"too many parts":                 {`[{"op":"replace","path":"name.familyName.x","value":"x"}]`, nil, invalidPath},
		"picked of one":                  {`[{"op":"replace","path":"name[givenName eq \"x\"]","value":"x"}]`, nil, invalidPath},
		"another operation":              {`[{"op":"move","path":"nickName","value":"x"}]`, nil, invalidSyntax},
		"none":                           {`[]`, nil, invalidSyntax},
		"another type":                   {`[{"op":"replace","path":"nickName","value":7}]`, nil, invalidValue},
		"no truth":                       {`[{"op":"replace","path":"active","value":"perhaps"}]`, nil, invalidValue},
		"no name for the user":           {`[{"op":"remove","path":"userName"}]`, nil, invalidValue},
		"blank name for the user":        {`[{"op":"replace","path":"userName","value":"  "}]`, nil, invalidValue},
		"two primary ones":               {`[{"op":"replace","path":"emails","value":[{"value":"a@x.org","primary":true},{"value":"b@x.org","primary":true}]}]`, nil, invalidValue},
		"all or none":                    {`[{"op":"replace","path":"nickName","value":"x"},{"op":"replace","path":"id","value":"x"}]`, nil, mutability},
	} {
		before := babs(t)
		doc, err := patched(t, users, before, test.ops)
		if kindOf(err) != test.kind || (err != nil) != (test.kind != "") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for path, want := range test.want {
			if got := at(doc, path); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, want %v", name, path, got, want)
			}
		}
		if !reflect.DeepEqual(before, babs(t)) {
			t.Errorf("%s: the document before has changed", name)
		}
	}
}

func TestPatchGroup(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ ops, want string }{
		"add (RFC)":                         {`[{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/c","value":"c"}]}]`, "a b c"},
		"add one who is there":              {`[{"op":"add","path":"members","value":[{"value":"a"},{"value":"a","display":"A"}]}]`, "a b"},
		"remove one (RFC)":                  {`[{"op":"remove","path":"members[value eq \"a\"]"}]`, "b"},
		"remove all (RFC)":                  {`[{"op":"remove","path":"members"}]`, ""},
		"remove and add (RFC)":              {`[{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"c"}]}]`, "b c"},
		"replace all (RFC)":                 {`[{"op":"replace","path":"members","value":[{"value":"c"},{"value":"d"}]}]`, "c d"},
		"replace by none":                   {`[{"op":"replace","path":"members","value":[]}]`, ""},
		"Entra: remove those that are sent": {`[{"op":"Remove","path":"members","value":[{"value":"a"}]}]`, "b"},
		"Entra: add":                        {`[{"op":"Add","path":"members","value":[{"$ref":null,"value":"c"}]}]`, "a b c"},
		"Okta: rename with id":              {`[{"op":"replace","value":{"id":"x","displayName":"New"}}]`, "a b"},
		"one, not in a list":                {`[{"op":"add","path":"members","value":{"value":"c"}}]`, "a b c"},
	} {
		doc := map[string]any{"displayName": "Tour Guides", "members": []any{map[string]any{"value": "a"}, map[string]any{"value": "b"}}}
		got, err := patched(t, groups, doc, test.ops)
		if err != nil || strings.Join(memberIDs(got), " ") != test.want {
			t.Errorf("%s: %v %v, want %s", name, memberIDs(got), err, test.want)
		}
	}
}

// Whatever is sent, a document stays one that the schema allows, and reading it again changes nothing.
func TestPatchKeepsTheResourceValid(t *testing.T) {
	t.Parallel()
	paths := []string{"userName", "name", "name.familyName", "emails", "emails.value", `emails[type eq "work"]`, `emails[type eq "work"].value`, `emails[primary eq true].type`, `emails[not (type pr)]`, "phoneNumbers",
		"active", ext, ext + ":manager", ext + ":manager.value", ext + ":department", "displayName", "addresses", `addresses[country eq "FR"].locality`, "preferredLanguage", "externalId", ""}
	whole, err := users.read(decode(t, bjensen))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var value *rapid.Generator[any]
		leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Just[any]("x@example.com"), rapid.Just[any]("True"), rapid.Just[any](true), rapid.Just[any](1.5), rapid.Just[any](""), rapid.Just[any]("work"))
		keys := rapid.SampledFrom([]string{"value", "type", "primary", "userName", "emails", "name", "familyName", "active", "manager", "department", `emails[type eq "work"].value`, ext, "Value"})
		inner := rapid.OneOf(leaf, rapid.Map(rapid.MapOfN(keys, leaf, 0, 3), func(m map[string]any) any { return m }))
		value = rapid.OneOf(inner, rapid.Map(rapid.SliceOfN(inner, 0, 3), func(l []any) any { return l }), rapid.Map(rapid.MapOfN(keys, inner, 0, 3), func(m map[string]any) any { return m }))
		doc := copied(whole)
		for range rapid.IntRange(1, 8).Draw(t, "patches") {
			op := operation{Op: rapid.SampledFrom([]string{"add", "Replace", "remove"}).Draw(t, "op"), Path: rapid.SampledFrom(paths).Draw(t, "path"), Value: value.Draw(t, "value")}
			next, err := users.patch(doc, []operation{op})
			if err != nil {
				if kindOf(err) == "" {
					t.Fatalf("%+v: %v", op, err)
				}
				continue
			}
			again, err := users.read(copied(next))
			if err != nil || !reflect.DeepEqual(again, copied(next)) {
				t.Fatalf("%+v leaves what is not valid: %v\n%v\n%v", op, err, next, again)
			}
			doc = next
		}
	})
}
