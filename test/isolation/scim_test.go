package isolation

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vigie/internal/trust/permission"
	"vigie/internal/trust/scim"
)

// seedDirectory gives the customer's provider a token, and its directory a user and a group.
func (h *house) seedDirectory(t *testing.T, f *firm) {
	t.Helper()
	token, secret, err := h.app.SCIM.CreateToken(t.Context(), h.operator(), scim.NewToken{Provider: f.Refs["provider"], Name: f.Word + " directory"})
	check(t, err)
	f.Refs["scim_token"], f.Refs["scim_secret"] = token.ID, secret
	id := func(a answer) string {
		var made struct{ ID string }
		if check(t, json.Unmarshal([]byte(a.text), &made)); made.ID == "" {
			t.Fatalf("%d %s", a.status, a.text)
		}
		return made.ID
	}
	user := h.speak(t, f, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"scim@`+f.Word+`.example","displayName":"`+f.Word+` person","externalId":"one"}`)
	f.Refs["scim_user"] = id(user)
	group := h.speak(t, f, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+f.Word+` group","members":[{"value":"`+f.Refs["scim_user"]+`"}]}`)
	f.Refs["scim_group"] = id(group)
}

// speak asks as the firm's directory.
func (h *house) speak(t *testing.T, f *firm, method, path, body string) answer {
	t.Helper()
	return h.do(t, request{method: method, path: scim.Path + path, body: body, kind: "application/scim+json", header: [2]string{"Authorization", "Bearer " + f.Refs["scim_secret"]}})
}

// directoryPaths is everything a directory may ask for, and the body that it sends.
var directoryPaths = map[string]string{
	"GET /Users": "", "GET /Users/{scim_user}": "", "GET /Groups": "", "GET /Groups/{scim_group}": "", "GET /ServiceProviderConfig": "", "GET /ResourceTypes": "", "GET /Schemas": "",
	`GET /Users?filter=userName%20pr&sortBy=userName`: "", `GET /Users?filter=userName%20sw%20%22s%22%20or%20active%20eq%20false`: "", `GET /Groups?filter=members%20pr`: "",
	"POST /Users/.search":          `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName pr"}`,
	"POST /Groups/.search":         `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`,
	"PUT /Users/{scim_user}":       `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"taken.over@acme-word.example"}`,
	"PATCH /Users/{scim_user}":     `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`,
	"PUT /Groups/{scim_group}":     `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"taken over"}`,
	"PATCH /Groups/{scim_group}":   `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members"}]}`,
	"DELETE /Users/{scim_user}":    "",
	"DELETE /Groups/{scim_group}":  "",
	"POST /Groups":                 `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"smuggled","members":[{"value":"{scim_user}"}]}`,
	"PATCH /Groups/{own_group}":    `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"{scim_user}"}]}]}`,
	"GET /Users/{scim_user}?x=1":   "",
	"GET /Users/{user}":            "",
	"GET /Groups/{scim_group}?x=1": "",
}

// directories: that of acme asks for everything of bolt's, and is answered as for what does not exist; nothing of bolt's changes.
func (h *house) directories(t *testing.T) {
	before := h.footprint(t, h.bolt)
	for name, body := range directoryPaths {
		method, path, _ := strings.Cut(name, " ")
		put := func(text string, f *firm) string {
			for kind, ref := range f.Refs {
				text = strings.ReplaceAll(text, "{"+kind+"}", ref)
			}
			return strings.ReplaceAll(text, "{own_group}", h.acme.Refs["scim_group"])
		}
		theirs := h.speak(t, h.acme, method, put(path, h.bolt), put(body, h.bolt))
		none := h.speak(t, h.acme, method, put(path, h.nobody), put(body, h.nobody))
		if l := leakIn(theirs.text, h.bolt, put(path+body, h.bolt)); l != "" {
			t.Errorf("%s: shows bolt's %q", name, l)
		}
		if theirs.status != none.status {
			t.Errorf("%s: %d for bolt's, %d for what does not exist", name, theirs.status, none.status)
		}
		if named := strings.Contains(path+body, "{scim_") || strings.Contains(path, "{user}"); named && !slices.Contains([]int{http.StatusNotFound, http.StatusBadRequest}, theirs.status) {
			t.Errorf("%s: %d: %.200s", name, theirs.status, theirs.text)
		}
		if a := h.do(t, request{method: method, path: scim.Path + put(path, h.bolt), body: put(body, h.bolt)}); a.status != http.StatusUnauthorized || leakIn(a.text, h.bolt, "") != "" {
			t.Errorf("%s without a token: %d", name, a.status)
		}
	}
	h.untouched(t, h.bolt, before, "the directory of acme")
	if a := h.speak(t, h.acme, "GET", "/Users", ""); !strings.Contains(a.text, h.acme.Word) {
		t.Errorf("acme's own directory sees nothing: %s", a.text)
	}
}

// directoryOpen are the addresses at which directories speak, by their tokens: walked by directories.
var directoryOpen = map[string]string{
	"GET /scim/v2/ServiceProviderConfig": "by the token of a directory",
	"GET /scim/v2/ResourceTypes":         "by the token of a directory",
	"GET /scim/v2/ResourceTypes/{name}":  "by the token of a directory",
	"GET /scim/v2/Schemas":               "by the token of a directory",
	"GET /scim/v2/Schemas/{urn}":         "by the token of a directory",
	"GET /scim/v2/Users":                 "by the token of a directory",
	"POST /scim/v2/Users":                "by the token of a directory",
	"POST /scim/v2/Users/.search":        "by the token of a directory",
	"GET /scim/v2/Users/{id}":            "by the token of a directory",
	"PUT /scim/v2/Users/{id}":            "by the token of a directory",
	"PATCH /scim/v2/Users/{id}":          "by the token of a directory",
	"DELETE /scim/v2/Users/{id}":         "by the token of a directory",
	"GET /scim/v2/Groups":                "by the token of a directory",
	"POST /scim/v2/Groups":               "by the token of a directory",
	"POST /scim/v2/Groups/.search":       "by the token of a directory",
	"GET /scim/v2/Groups/{id}":           "by the token of a directory",
	"PUT /scim/v2/Groups/{id}":           "by the token of a directory",
	"PATCH /scim/v2/Groups/{id}":         "by the token of a directory",
	"DELETE /scim/v2/Groups/{id}":        "by the token of a directory",
	"/scim/v2/":                          "by the token of a directory",
}

var scimRules = map[string]rule{
	"GET /scim-tokens":         {action: permission.SignOnRead, shows: true},
	"POST /scim-tokens":        {action: permission.SignOnWrite, body: func(f *firm) any { return values{"provider": f.Refs["provider"], "name": "x"} }},
	"GET /scim-tokens/{id}":    {action: permission.SignOnRead, shows: true},
	"DELETE /scim-tokens/{id}": {action: permission.SignOnWrite},
}

var scimPages = map[string]pageRule{
	"POST /identity-providers/{id}/scim-tokens":                {action: permission.SignOnWrite, form: fixedForm("name", "by form", "days", "90")},
	"POST /identity-providers/{id}/scim-tokens/{token}/revoke": {action: permission.SignOnWrite, form: taken("name")},
}

var scimActorless = map[string]string{
	"sso.Join":         "wiring",
	"sso.Provisioning": "for the room that has found by token whose directory speaks",
	"scim.Register":    "hangs operations on the API: walked there",
	"scim.Pages":       "hangs pages on the mux: walked there",
	"scim.Handler":     "speaks with directories by their tokens: walked by directories",
	"scim.Address":     "the same for everybody",
	"scim.Known":       "asked by sso of who signs on, within one provider",
	"scim.Bind":        "told by sso, in its transaction, which account an entry has got",
}

var scimCalls = map[string]call{
	"scim.CreateToken": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return two(h.app.SCIM.CreateToken(ctx, a, scim.NewToken{Provider: f.Refs["provider"], Name: "x"}))
	}},
	"scim.Token": {action: permission.SignOnRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SCIM.Token(ctx, a, f.Refs["scim_token"]))
	}},
	"scim.Tokens": {action: permission.SignOnRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SCIM.Tokens(ctx, a, f.Refs["provider"]))
	}},
	"scim.RevokeToken": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.SCIM.RevokeToken(ctx, a, f.Refs["scim_token"], f.Version))
	}},
}
