package sso

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type matched struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type changeProvider struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeProvider
}

type changeRule struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeRule
}

type done struct {
	Done bool `json:"done"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Single sign-on"
	scoped := func(_ context.Context, tx *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
		if !tx.Scope().All() {
			q = q.Where(within)
		}
		return q, nil
	}
	api.List(a, api.Listing[provider, Provider]{
		Op: api.Op{Path: "/identity-providers", Tag: tag, Summary: "List identity providers"}, Spec: Spec, Allow: permission.Need(permission.SignOnRead), Instance: true,
		Rows: s.showAll, Within: scoped,
	})
	api.Get(a, api.Op{Path: "/identity-providers/{id}", Tag: tag, Summary: "Get an identity provider"}, func(ctx context.Context, in *byID) (Provider, error) {
		return s.Provider(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/identity-providers", Tag: tag, Summary: "Add an identity provider"}, func(ctx context.Context, in *struct{ Body NewProvider }) (Provider, error) {
		return s.CreateProvider(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/identity-providers/{id}", Tag: tag, Summary: "Change an identity provider"}, func(ctx context.Context, in *changeProvider) (Provider, error) {
		return s.UpdateProvider(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/identity-providers/{id}", Tag: tag, Summary: "Remove an identity provider", Description: "With its rules. The accounts stay."}, func(ctx context.Context, in *matched) error {
		return s.DeleteProvider(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Post(a, api.Op{Path: "/identity-providers/{id}/check", Tag: tag, Summary: "Ask an identity provider for metadata and keys", Status: 200}, func(ctx context.Context, in *byID) (Checked, error) {
		return s.CheckProvider(ctx, permission.From(ctx), in.ID)
	})
	api.List(a, api.Listing[ruleRow, Rule]{
		Op: api.Op{Path: "/identity-rules", Tag: tag, Summary: "List rules from groups to roles"}, Spec: RuleSpec, Allow: permission.Need(permission.SignOnRead), Instance: true,
		Rows: showRules, Within: scoped,
	})
	api.Get(a, api.Op{Path: "/identity-rules/{id}", Tag: tag, Summary: "Get a rule"}, func(ctx context.Context, in *byID) (Rule, error) {
		return s.Rule(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/identity-rules", Tag: tag, Summary: "Add a rule"}, func(ctx context.Context, in *struct{ Body NewRule }) (Rule, error) {
		return s.CreateRule(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/identity-rules/{id}", Tag: tag, Summary: "Change a rule"}, func(ctx context.Context, in *changeRule) (Rule, error) {
		return s.UpdateRule(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
	api.Delete(a, api.Op{Path: "/identity-rules/{id}", Tag: tag, Summary: "Remove a rule"}, func(ctx context.Context, in *matched) error {
		return s.DeleteRule(ctx, permission.From(ctx), in.ID, in.Expected())
	})
	api.Post(a, api.Op{Path: "/users/{id}/unlink", Tag: tag, Summary: "Unlink a user from identity providers", Status: 200,
		Description: "Ends their sessions. They have no way in then until an invitation gives them a password."}, func(ctx context.Context, in *byID) (done, error) {
		err := s.Unlink(ctx, permission.From(ctx), in.ID)
		return done{err == nil}, err
	})
}
