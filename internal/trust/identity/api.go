package identity

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

type changeUser struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body ChangeUser
}

type revokeToken struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Me is who calls, and what they may.
type Me struct {
	User
	Via       permission.Kind     `json:"via" doc:"person (a session of a browser) or token."`
	Effective permission.Role     `json:"effective_role" doc:"Role in force, which a token may narrow."`
	Actions   []permission.Action `json:"actions" nullable:"false" doc:"What that role may do."`
	Customers []string            `json:"customers" nullable:"false" doc:"Slugs of the customers in reach; empty is all of them."`
}

type setPassword struct {
	Body struct {
		Current  string `json:"current_password"`
		Password string `json:"password"`
	}
}

type newToken struct {
	Body struct {
		Name      string          `json:"name" doc:"What it is for."`
		Role      permission.Role `json:"role,omitempty" doc:"No wider than your own; default your own."`
		Customer  string          `json:"customer,omitempty" doc:"Slug; limits it to one customer."`
		ExpiresAt *time.Time      `json:"expires_at,omitempty" doc:"Default never."`
		Rate      int64           `json:"request_rate,omitempty" doc:"Requests a second; for administrators of all customers. Default what the server gives to everybody."`
	}
}

// MadeToken is the answer of making one: the only time that the secret is shown.
type MadeToken struct {
	Token
	Secret string `json:"token" doc:"Send it as Authorization: Bearer. It is not shown again."`
}

type done struct {
	Done bool `json:"done"`
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	s.registerUsers(a)
	s.registerTokens(a)
	s.registerSessions(a)
	api.Get(a, api.Op{Path: "/me", Tag: "Me", Summary: "Who am I, and what may I do"}, func(ctx context.Context, _ *struct{}) (Me, error) {
		return s.Me(ctx, permission.From(ctx))
	})
	api.Patch(a, api.Op{Path: "/me", Tag: "Me", Summary: "Set my language, time zone and theme"}, func(ctx context.Context, in *struct{ Body Preferences }) (User, error) {
		return s.SetPreferences(ctx, permission.From(ctx), in.Body)
	})
	api.Post(a, api.Op{Path: "/me/password", Tag: "Me", Summary: "Change my password", Status: 200}, func(ctx context.Context, in *setPassword) (done, error) {
		err := s.ChangePassword(ctx, permission.From(ctx), in.Body.Current, in.Body.Password)
		return done{err == nil}, err
	})
}

func (s *Service) registerUsers(a *api.API) {
	const tag = "Users"
	api.List(a, api.Listing[user, User]{
		Op: api.Op{Path: "/users", Tag: tag, Summary: "List users"}, Spec: Spec, Allow: permission.Need(permission.UserRead), Instance: true, Rows: shownUsers,
		Within: func(_ context.Context, tx *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			if !tx.Scope().All() {
				q = q.Where(within)
			}
			return q, nil
		},
	})
	api.Get(a, api.Op{Path: "/users/{id}", Tag: tag, Summary: "Get a user"}, func(ctx context.Context, in *byID) (User, error) {
		return s.User(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, api.Op{Path: "/users", Tag: tag, Summary: "Create a user"}, func(ctx context.Context, in *struct{ Body NewUser }) (User, error) {
		return s.CreateUser(ctx, permission.From(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/users/{id}", Tag: tag, Summary: "Change or disable a user"}, func(ctx context.Context, in *changeUser) (User, error) {
		return s.UpdateUser(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body)
	})
}

func (s *Service) registerTokens(a *api.API) {
	const tag = "Tokens"
	api.List(a, api.Listing[tokenRow, Token]{
		Op:   api.Op{Path: "/tokens", Tag: tag, Summary: "List tokens", Description: "One's own; those of everybody in sight for who may read users."},
		Spec: TokenSpec, Allow: permission.Need(permission.TokenOwn), Instance: true, Rows: shownTokens,
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return tokensOf(permission.From(ctx), q), nil
		},
	})
	api.Post(a, api.Op{Path: "/tokens", Tag: tag, Summary: "Make a token for oneself", Secret: true}, func(ctx context.Context, in *newToken) (MadeToken, error) {
		make := NewToken{Name: in.Body.Name, Role: in.Body.Role, Customer: in.Body.Customer, Rate: in.Body.Rate}
		if at := in.Body.ExpiresAt; at != nil {
			if make.Lifetime = at.Sub(s.clock.Now()); make.Lifetime <= 0 {
				var bad fault.Fields
				bad.Add("expires_at", "trust.field.past")
				return MadeToken{}, bad.Err()
			}
		}
		t, secret, err := s.CreateToken(ctx, permission.From(ctx), make)
		return MadeToken{t, secret}, err
	})
	api.Get(a, api.Op{Path: "/tokens/{id}", Tag: tag, Summary: "Get a token, without its secret"}, func(ctx context.Context, in *byID) (Token, error) {
		return s.Token(ctx, permission.From(ctx), in.ID)
	})
	api.Delete(a, api.Op{Path: "/tokens/{id}", Tag: tag, Summary: "Revoke a token"}, func(ctx context.Context, in *revokeToken) error {
		return s.RevokeToken(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}

func (s *Service) registerSessions(a *api.API) {
	const tag = "Sessions"
	api.List(a, api.Listing[sessionRow, Session]{
		Op:   api.Op{Path: "/sessions", Tag: tag, Summary: "List open sessions of browsers", Description: "One's own; those of everybody in sight for who may read users."},
		Spec: SessionSpec, Allow: permission.Need(permission.ProfileOwn), Instance: true,
		Rows: func(ctx context.Context, tx *db.Tx, rows []sessionRow) ([]Session, error) {
			return shownSessions(ctx, tx, permission.From(ctx).Via, rows)
		},
		Within: func(ctx context.Context, tx *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return openSessions(permission.From(ctx), tx.Now(), q), nil
		},
	})
	api.Get(a, api.Op{Path: "/sessions/{id}", Tag: tag, Summary: "Get a session"}, func(ctx context.Context, in *byID) (Session, error) {
		return s.Session(ctx, permission.From(ctx), in.ID)
	})
	api.Delete(a, api.Op{Path: "/sessions/{id}", Tag: tag, Summary: "End a session: its browser is out at the next request"}, func(ctx context.Context, in *revokeToken) error {
		return s.RevokeSession(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}

// Me tells an actor about itself.
func (s *Service) Me(ctx context.Context, a permission.Actor) (Me, error) {
	u, err := s.User(ctx, a, a.ID)
	if err != nil {
		return Me{}, err
	}
	me := Me{User: u, Via: a.Kind, Effective: a.Role(), Customers: u.Customers, Actions: []permission.Action{}}
	for _, row := range permission.Table() {
		if a.May(row.Action) {
			me.Actions = append(me.Actions, row.Action)
		}
	}
	if !a.Scope().All() {
		err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
			me.Customers = []string{}
			return tx.Select(ctx, &me.Customers, `SELECT slug FROM {customer} ORDER BY slug`)
		})
	}
	return me, err
}
