package identity

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/limit"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Service holds the rules of users, sessions and tokens.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	hasher hasher
	// Secure is set where browsers reach us by https: it decides the name of the cookie, and is set before the first request.
	Secure bool
	// Ways lists further ways to sign in, for the sign-in page; nil where there are none.
	Ways func(ctx context.Context, p *ui.Page, next string) []ui.SignInWay
	// Leaving tells, of the session that is about to end, where its browser goes on to sign out as well; empty for nowhere.
	Leaving func(ctx context.Context, secret string) string
	// Elsewhere tells where the actor may sign in afresh instead of giving a password, and ProveElsewhere gives the address there; shown is the
	// second factor that was shown before. Nil where there is no such place.
	Elsewhere      func(ctx context.Context, a permission.Actor) (Elsewhere, bool)
	ProveElsewhere func(w http.ResponseWriter, r *http.Request, a permission.Actor, next, shown string) (onward string, err error)
	// Finished is told by which keys a sign-in has waited, and its session goes on; nil where nobody wants to know.
	Finished func(ctx context.Context, tx *db.Tx, pending, session string) error
	Parts
}

// Elsewhere is a place to sign in afresh.
type Elsewhere struct {
	Name   string
	Factor bool // it asks for a second factor itself
}

// Parts is what the room needs of others; app sets it before the first request. Without mail nobody is invited, without secrets nobody
// has a second factor.
type Parts struct {
	Mail    Mailer
	Outbox  Tasks
	Secrets *seal.Box
	// PublicURL is where browsers reach us; nil for a command that serves nobody.
	PublicURL *url.URL
	Log       *slog.Logger
	// Hashes lets passwords be hashed, see HashShape; nil for two at once.
	Hashes *limit.Gate
}

// Mailer puts a message into the queue of outgoing mail, in the transaction of its cause.
type Mailer interface {
	Put(ctx context.Context, tx *db.Tx, m Mail) error
}

// Mail is a message to one person. Link may hold a secret: whoever keeps the message seals it.
type Mail struct {
	Template                              string
	Name, Email, Language, TimeZone, Link string
	Args                                  map[string]any
}

// Tasks is the outbox, as far as this room needs it.
type Tasks interface {
	Put(ctx context.Context, tx *db.Tx, unique string, t jobs.Task) error
}

// NewService makes the service.
func NewService(d *db.DB, c clock.Clock) *Service {
	return &Service{db: d, clock: c, hasher: hasher{limit.NewGate(c, HashShape(2))}}
}

// within is the condition by which somebody who is limited to some customers sees users: those who are limited to the same.
const within = `u.customer_id IN (SELECT id FROM {customer}) OR (u.limited AND EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id)
	AND NOT EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id NOT IN (SELECT id FROM {customer})))`

// limit ties the user to customers, by the role's rule and no wider than the actor.
func (u *user) limit(a permission.Actor, ids []string) error {
	u.CustomerID, u.Limited = "", false
	switch {
	case u.Role.Customer():
		u.CustomerID = db.Null(ids[0]) // validated: exactly one
	case len(ids) > 0:
		u.Limited = true
	case !a.Scope().All():
		var bad fault.Fields
		bad.Add("customers", "trust.field.limited")
		return bad.Err()
	}
	return nil
}

func tieTo(ctx context.Context, tx *db.Tx, u user, ids []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM {user_customer} WHERE user_id = ?`, u.ID); err != nil {
		return err
	}
	if !u.Limited {
		return nil
	}
	type row struct {
		UserID     string `db:"user_id"`
		CustomerID string `db:"customer_id"`
	}
	rows := make([]row, len(ids))
	for i, c := range ids {
		rows[i] = row{u.ID, c}
	}
	_, err := tx.Insert(ctx, "user_customer", rows, "")
	return err
}

func show(ctx context.Context, tx *db.Tx, u user) (User, error) {
	out, err := shownUsers(ctx, tx, []user{u})
	if err != nil {
		return User{}, err
	}
	return out[0], nil
}

// CountAdmins counts those who may administer: none is a fault of code conflict, as nobody could change anything.
func (s *Service) CountAdmins(ctx context.Context) (n int, err error) {
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		if n, err = countAdmins(ctx, tx); err == nil && n == 0 {
			err = fault.New(fault.Conflict, "trust.no_admin")
		}
		return err
	})
	return n, err
}

func countAdmins(ctx context.Context, tx *db.Tx) (n int, err error) {
	err = tx.Get(ctx, &n, `SELECT COUNT(*) FROM {app_user} WHERE role = ? AND disabled_at IS NULL AND expires_at IS NULL AND NOT limited`, string(permission.Admin))
	return n, err
}

func record(u user) audit.Record { return audit.Record{Type: "user", ID: u.ID, Name: u.Email} }

// scopeOf says whose data a user may see.
func scopeOf(u user, ties []tie) db.Scope {
	switch {
	case u.Role.Customer():
		return db.Grant(string(u.CustomerID))
	case u.Limited:
		return db.Grant(customers(ties)...)
	}
	return db.GrantAll()
}

// narrower tells whether every action of role is one of the other.
func narrower(role, of permission.Role) bool {
	return role.Valid() && !slices.ContainsFunc(permission.Table(), func(r permission.Row) bool {
		return permission.Allowed(role, r.Action) && !permission.Allowed(of, r.Action)
	})
}
