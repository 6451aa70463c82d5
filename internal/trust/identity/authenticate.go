package identity

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// APICaller authenticates a request of the API: by bearer token, otherwise by the session of a browser.
func (s *Service) APICaller(r *http.Request) (context.Context, api.Caller, error) {
	a, err := s.Authenticate(r)
	if err != nil {
		return nil, api.Caller{}, err
	}
	return permission.With(r.Context(), a), api.Caller{ID: a.ID, Scope: a.Scope(), Language: a.Language}, nil
}

// Visitor tells who is signed in with a browser; ok is false when nobody is.
func (s *Service) Visitor(r *http.Request) (a permission.Actor, ok bool) {
	secret := s.sessionSecret(r)
	if secret == "" {
		return a, false
	}
	a, err := s.bySession(r.Context(), secret, Address(r))
	return a, err == nil
}

// Authenticate makes the actor of a request. Faults: unauthorized.
func (s *Service) Authenticate(r *http.Request) (permission.Actor, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, secret, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return permission.Actor{}, unauthorized()
		}
		return s.byToken(r.Context(), strings.TrimSpace(secret), Address(r))
	}
	return s.bySession(r.Context(), s.sessionSecret(r), Address(r))
}

// OfSession makes the actor of a session whose secret SignIn has given, for who signs somebody in without a browser. Faults: unauthorized.
func (s *Service) OfSession(ctx context.Context, secret, address string) (permission.Actor, error) {
	return s.bySession(ctx, secret, address)
}

func unauthorized() *fault.Error { return fault.New(fault.Unauthorized, "fault.unauthorized") }

func (s *Service) bySession(ctx context.Context, secret, address string) (a permission.Actor, err error) {
	if secret == "" {
		return a, unauthorized()
	}
	touch := false
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		now := tx.Now()
		var row struct {
			sessionRow
			User user `db:"u"`
		}
		err := tx.Get(ctx, &row, `SELECT `+db.Columns[sessionRow]("s.")+`, `+ofUser+` FROM {session} s JOIN {app_user} u ON u.id = s.user_id WHERE s.id_hash = ?`, digest(secret))
		if fault.Is(err, fault.NotFound) {
			return unauthorized()
		}
		if err != nil {
			return err
		}
		if !now.Before(row.ExpiresAt.Time) || now.Sub(row.SeenAt.Time) >= idleFor {
			return unauthorized()
		}
		touch = now.Sub(row.SeenAt.Time) >= touchAfter
		u := row.User
		scope, err := active(ctx, tx, u)
		if err != nil {
			return err
		}
		// The role may have come to need a second factor since: whoever has used none signs in anew, and is led to one.
		if row.Factor == "" {
			need, err := factorRequired(ctx, tx, u.Role)
			if err != nil || need {
				return unauthorized().Because(err)
			}
		}
		a = actor(u, permission.Person, row.ID, address, u.Role, scope)
		return nil
	})
	if err == nil && touch {
		s.touch(ctx, `UPDATE {session} SET seen_at = ? WHERE id_hash = ?`, digest(secret))
	}
	if err != nil {
		return permission.Actor{}, err
	}
	return a, nil
}

func (s *Service) byToken(ctx context.Context, secret, address string) (a permission.Actor, err error) {
	if !strings.HasPrefix(secret, prefix) {
		return a, unauthorized()
	}
	touch := ""
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		now := tx.Now()
		var row struct {
			tokenRow
			User user `db:"u"`
		}
		err := tx.Get(ctx, &row, `SELECT `+db.Columns[tokenRow]("t.")+`, `+ofUser+` FROM {api_token} t JOIN {app_user} u ON u.id = t.user_id WHERE t.hash = ?`, digest(secret))
		if fault.Is(err, fault.NotFound) {
			return unauthorized()
		}
		if err != nil {
			return err
		}
		if !row.RevokedAt.IsZero() || !row.ExpiresAt.IsZero() && !now.Before(row.ExpiresAt.Time) {
			return unauthorized()
		}
		u := row.User
		scope, err := active(ctx, tx, u)
		if err != nil {
			return err
		}
		// The person may have become less since the token was made.
		if !narrower(row.Role, u.Role) {
			return unauthorized()
		}
		if row.CustomerID != "" {
			if scope, err = scope.Narrow(string(row.CustomerID)); err != nil {
				return unauthorized()
			}
		}
		if row.UsedAt.IsZero() || now.Sub(row.UsedAt.Time) >= touchAfter {
			touch = row.ID
		}
		a = actor(u, permission.Token, row.ID, address, row.Role, scope)
		a.Rate = int(row.Rate)
		return nil
	})
	if err == nil && touch != "" {
		s.touch(ctx, `UPDATE {api_token} SET used_at = ? WHERE id = ?`, touch)
	}
	if err != nil {
		return permission.Actor{}, err
	}
	return a, nil
}

// touch writes when something was last used. A request does not wait long for it nor fail with it: a busy writer means that
// it is written at the next request.
func (s *Service) touch(ctx context.Context, statement, key string) {
	ctx, cancel := context.WithTimeout(ctx, touchPatience)
	defer cancel()
	_ = s.db.Across(ctx, "sessions and tokens belong to people, not to customers", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, tx.Now(), key)
		return err
	})
}

// touchPatience is short beside an idle time of hours.
const touchPatience = 200 * time.Millisecond

// ofUser is the user's columns as a part of another row. One statement finds secret and person: it runs at every request.
var ofUser = func() string {
	var all []string
	for _, c := range strings.Split(db.Columns[user]("u."), ", ") {
		all = append(all, c+` AS "`+c+`"`)
	}
	return strings.Join(all, ", ")
}()

// active tells whose data a user may see who may come in.
func active(ctx context.Context, tx *db.Tx, u user) (db.Scope, error) {
	if !u.standing(tx.Now()) {
		return db.Scope{}, unauthorized()
	}
	if !u.Limited {
		return scopeOf(u, nil), nil
	}
	ties, err := tiesOf(ctx, tx, []user{u})
	return scopeOf(u, ties[u.ID]), err
}

func actor(u user, kind permission.Kind, via, address string, role permission.Role, scope db.Scope) permission.Actor {
	return permission.Grant(permission.Actor{ID: u.ID, Name: u.Name, Email: u.Email, Kind: kind, Via: via, Address: address,
		Language: u.Language, TimeZone: u.TimeZone, Theme: u.Theme}, role, scope)
}

// Network is where a request comes from as limits see it: of IPv6 the network of 64 bits, of which one subscriber has all addresses.
func Network(r *http.Request) string {
	ip, err := netip.ParseAddr(Address(r))
	if err != nil || !ip.Is6() {
		return Address(r)
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}

// Address is where a request comes from. Behind a proxy on the same machine it is what the proxy saw, which stands last in
// X-Forwarded-For; from anywhere else that header is only what the caller says of itself.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if seen := r.Header.Values("X-Forwarded-For"); ip.IsLoopback() && len(seen) > 0 {
		last := seen[len(seen)-1]
		if at := strings.LastIndexByte(last, ','); at >= 0 {
			last = last[at+1:]
		}
		if far, err := netip.ParseAddr(strings.TrimSpace(last)); err == nil {
			ip = far
		}
	}
	return ip.Unmap().String()
}
