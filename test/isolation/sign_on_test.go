package isolation

import (
	"fmt"
	"net/url"
	"testing"

	"vigie/internal/trust/permission"
	"vigie/internal/trust/sso"
)

// seedSignOn gives the customer an identity provider with a rule.
func (h *house) seedSignOn(t *testing.T, f *firm) {
	t.Helper()
	p, err := h.app.SignOn.CreateProvider(t.Context(), h.operator(), sso.NewProvider{Slug: f.Slug + "-idp", Name: f.Word + " Login", Button: f.Word, Customer: f.Slug,
		Issuer: "https://login." + f.Word + ".invalid", ClientID: f.Word, ClientSecret: f.Word, Domains: []string{f.Word + ".example"}})
	check(t, err)
	r, err := h.app.SignOn.CreateRule(t.Context(), h.operator(), sso.NewRule{Provider: p.ID, Group: f.Word + " group", Role: "viewer"})
	check(t, err)
	f.Refs["provider"], f.Refs["provider_slug"], f.Refs["identity_rule"] = p.ID, p.Slug, r.ID
}

func newProvider(f *firm) values {
	f.fresh("")
	n := fmt.Sprintf("p%d", f.n)
	return values{"slug": n, "name": n, "issuer": "https://login.example.invalid", "client_id": "x", "customer": f.Slug, "domains": []string{n + ".example"}}
}

var signOnRules = map[string]rule{
	"GET /identity-providers":             {action: permission.SignOnRead, shows: true},
	"POST /identity-providers":            {action: permission.SignOnWrite, body: func(f *firm) any { return newProvider(f) }},
	"GET /identity-providers/{id}":        {action: permission.SignOnRead, shows: true},
	"PATCH /identity-providers/{id}":      {action: permission.SignOnWrite, body: func(*firm) any { return values{"name": "taken over"} }},
	"DELETE /identity-providers/{id}":     {action: permission.SignOnWrite},
	"POST /identity-providers/{id}/check": {action: permission.SignOnWrite, ok: []int{200}},
	"GET /identity-rules":                 {action: permission.SignOnRead, shows: true},
	"POST /identity-rules": {action: permission.SignOnWrite, body: func(f *firm) any { return values{"provider": f.Refs["provider"], "group": "g", "role": "viewer"} },
		mixed: func(own, f *firm) []any {
			return []any{values{"provider": own.Refs["provider"], "group": "g", "role": "viewer", "customers": []string{f.Slug}}}
		}},
	"GET /identity-rules/{id}": {action: permission.SignOnRead, shows: true},
	"PATCH /identity-rules/{id}": {action: permission.SignOnWrite, body: func(*firm) any { return values{"group": "taken over"} },
		mixed: func(own, f *firm) []any { return []any{values{"customers": []string{f.Slug}}} }},
	"DELETE /identity-rules/{id}": {action: permission.SignOnWrite},
	"POST /users/{id}/unlink":     {action: permission.UserWrite, ok: []int{409}}, // nobody is linked
}

func typedProvider(f *firm) url.Values {
	f.fresh("")
	n := fmt.Sprintf("f%d", f.n)
	return fields("slug", n, "name", n, "issuer", "https://login.example.invalid", "client_id", "x", "customer", f.Slug, "domains", n+".example")
}

var signOnPages = map[string]pageRule{
	"GET /identity-providers":                           {action: permission.SignOnRead, shows: true},
	"GET /identity-providers/new":                       {action: permission.SignOnWrite},
	"POST /identity-providers/new":                      {action: permission.SignOnWrite, form: typedProvider},
	"GET /identity-providers/{id}":                      {action: permission.SignOnRead, shows: true},
	"POST /identity-providers/{id}/check":               {action: permission.SignOnWrite, form: taken("name")},
	"GET /identity-providers/{id}/edit":                 {action: permission.SignOnWrite, shows: true},
	"POST /identity-providers/{id}/edit":                {action: permission.SignOnWrite, form: taken("name")},
	"POST /identity-providers/{id}/remove":              {action: permission.SignOnWrite, form: taken("name")},
	"GET /identity-providers/{id}/rules/new":            {action: permission.SignOnWrite, shows: true},
	"POST /identity-providers/{id}/rules/new":           {action: permission.SignOnWrite, form: taken("group")},
	"GET /identity-providers/{id}/rules/{rule}":         {action: permission.SignOnWrite, shows: true},
	"POST /identity-providers/{id}/rules/{rule}":        {action: permission.SignOnWrite, form: taken("group")},
	"POST /identity-providers/{id}/rules/{rule}/remove": {action: permission.SignOnWrite, form: taken("group")},
	"POST /people/{id}/unlink":                          {action: permission.UserWrite, form: taken("name")},
}

var signOnActorless = map[string]string{
	"identity.Accounts":      "for rooms that have decided before what a person may be",
	"identity.Admit":         "hands a session to its browser",
	"identity.SessionSecret": "reads the browser's own cookie",
	"sso.Register":           "hangs operations on the API: walked there",
	"sso.Pages":              "hangs pages on the mux: walked there",
	"sso.Mount":              "hangs pages on the mux: walked there",
	"sso.Ways":               "buttons of the instance's own providers, for who is not signed in",
	"sso.Leaving":            "an address for the session whose secret is given",
	"sso.Finished":           "goes on with a pending sign-in, whose keys are given",
	"sso.Sweep":              "removes what has run out; gives nothing",
}

var signOnCalls = map[string]call{
	"sso.CreateProvider": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		f.fresh("")
		n := fmt.Sprintf("m%d", f.n)
		return one(h.app.SignOn.CreateProvider(ctx, a, sso.NewProvider{Slug: n, Name: n, Issuer: "https://x.invalid", ClientID: "x", Customer: f.Slug, Domains: []string{n + ".example"}}))
	}},
	"sso.Provider": {action: permission.SignOnRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.Provider(ctx, a, f.Refs["provider"]))
	}},
	"sso.UpdateProvider": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.UpdateProvider(ctx, a, f.Refs["provider"], f.Version, sso.ChangeProvider{Name: ptr("taken over")}))
	}},
	"sso.DeleteProvider": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.SignOn.DeleteProvider(ctx, a, f.Refs["provider"], f.Version))
	}},
	"sso.CheckProvider": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.CheckProvider(ctx, a, f.Refs["provider"]))
	}},
	"sso.Rules": {action: permission.SignOnRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.Rules(ctx, a, f.Refs["provider"]))
	}},
	"sso.Rule": {action: permission.SignOnRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.Rule(ctx, a, f.Refs["identity_rule"]))
	}},
	"sso.CreateRule": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.CreateRule(ctx, a, sso.NewRule{Provider: f.Refs["provider"], Group: "g", Role: "viewer"}))
	}},
	"sso.UpdateRule": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.SignOn.UpdateRule(ctx, a, f.Refs["identity_rule"], f.Version, sso.ChangeRule{Group: ptr("taken over")}))
	}},
	"sso.DeleteRule": {action: permission.SignOnWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.SignOn.DeleteRule(ctx, a, f.Refs["identity_rule"], f.Version))
	}},
	"sso.Unlink": {action: permission.UserWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.SignOn.Unlink(ctx, a, f.Refs["user"]))
	}},
	"sso.MayProve": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		at, ok := h.app.SignOn.MayProve(ctx, a)
		return []any{at, ok}, nil
	}},
	"sso.BeginProof": {list: true, quiet: true, refuses: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		if _, ok := h.app.SignOn.MayProve(ctx, a); ok {
			return none(fmt.Errorf("a provider vouches for somebody who never signed on"))
		}
		return nil, nil
	}},
}
