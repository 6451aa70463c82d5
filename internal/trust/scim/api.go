package scim

import (
	"context"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type revokeDirectoryToken struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

type newDirectoryToken struct {
	Body struct {
		Provider  string     `json:"provider" doc:"Id of the identity provider."`
		Name      string     `json:"name" doc:"What it is for."`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Default never."`
	}
}

// MadeDirectoryToken is the answer of making one: the only time that the secret is shown.
type MadeDirectoryToken struct {
	DirectoryToken
	Secret  string `json:"token" doc:"Enter it at the directory. It is not shown again."`
	Address string `json:"address" doc:"Enter it at the directory, as base URL or tenant URL."`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Provisioning"
	api.List(a, api.Listing[tokenRow, DirectoryToken]{
		Op: api.Op{Path: "/scim-tokens", Tag: tag, Summary: "List tokens of directories"}, Spec: TokenSpec, Allow: permission.Need(permission.SignOnRead), Instance: true, Rows: shownTokens,
		Within: func(_ context.Context, tx *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			if !tx.Scope().All() {
				q = q.Where(within)
			}
			return q, nil
		},
	})
	api.Post(a, api.Op{Path: "/scim-tokens", Tag: tag, Summary: "Make a token for the directory of an identity provider", Secret: true}, func(ctx context.Context, in *newDirectoryToken) (MadeDirectoryToken, error) {
		make := NewToken{Provider: in.Body.Provider, Name: in.Body.Name}
		var bad fault.Fields
		if at := in.Body.ExpiresAt; at != nil {
			if make.Lifetime = at.Sub(s.clock.Now()); make.Lifetime <= 0 {
				bad.Add("expires_at", "trust.field.past")
				return MadeDirectoryToken{}, bad.Err()
			}
		}
		t, secret, err := s.CreateToken(ctx, permission.From(ctx), make)
		if fault.Is(err, fault.NotFound) {
			bad.Add("provider", "sso.field.provider")
			err = bad.Err()
		}
		return MadeDirectoryToken{t, secret, s.base}, err
	})
	api.Get(a, api.Op{Path: "/scim-tokens/{id}", Tag: tag, Summary: "Get a token of a directory, without its secret"}, func(ctx context.Context, in *byID) (DirectoryToken, error) {
		return s.Token(ctx, permission.From(ctx), in.ID)
	})
	api.Delete(a, api.Op{Path: "/scim-tokens/{id}", Tag: tag, Summary: "Revoke a token of a directory"}, func(ctx context.Context, in *revokeDirectoryToken) error {
		return s.RevokeToken(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}
