package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
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
}

// NewService makes the service.
func NewService(d *db.DB, c clock.Clock) *Service {
	return &Service{db: d, clock: c, hasher: newHasher()}
}

// within is the condition by which somebody who is limited to some customers sees users: those who are limited to the same.
const within = `u.customer_id IN (SELECT id FROM {customer}) OR (u.limited AND EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id)
	AND NOT EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id NOT IN (SELECT id FROM {customer})))`

// CreateUser adds a person. Nobody can give more than they have. Faults: forbidden, invalid, conflict (the e-mail is taken).
func (s *Service) CreateUser(ctx context.Context, a permission.Actor, in NewUser) (User, error) {
	if err := a.Require(permission.UserWrite); err != nil {
		return User{}, err
	}
	if err := in.Validate(); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	u := user{ID: id.New(), Email: in.Email, Name: in.Name, PasswordHash: hash, Role: in.Role, Language: in.Language, TimeZone: in.TimeZone,
		Theme: "auto", Version: 1}
	var out User
	err = s.db.Across(ctx, "people belong to the instance, and to several customers", func(tx *db.Tx) error {
		ids, err := resolve(ctx, tx, a.Scope(), in.Customers)
		if err != nil {
			return err
		}
		u.CreatedAt, u.UpdatedAt = tx.Now(), tx.Now()
		if err := u.limit(a, ids); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "app_user", u, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "trust.email_taken", "email", u.Email).Because(err)
			}
			return fmt.Errorf("create user: %w", err)
		}
		if err := tieTo(ctx, tx, u, ids); err != nil {
			return err
		}
		if out, err = show(ctx, tx, u); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", record(u), nil, out)
	})
	return out, err
}

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
	ties, err := tiesOf(ctx, tx, []user{u})
	return u.shown(slugs(ties[u.ID])), err
}

// User reads one person. Everybody may read themselves. Faults: not_found, forbidden.
func (s *Service) User(ctx context.Context, a permission.Actor, ref string) (out User, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		u, err := s.visible(ctx, tx, a, ref)
		if err != nil {
			return err
		}
		if u.ID != a.ID {
			if err := a.Require(permission.UserRead); err != nil {
				return err
			}
		}
		out, err = show(ctx, tx, u)
		return err
	})
	return out, err
}

func (s *Service) visible(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (u user, err error) {
	if !id.Valid(ref) {
		return u, fault.New(fault.NotFound, "fault.not_found")
	}
	where := ""
	if !a.Scope().All() && ref != a.ID {
		where = " AND (" + within + ")"
	}
	err = tx.Get(ctx, &u, `SELECT `+db.Columns[user]("u.")+` FROM {app_user} u WHERE u.id = ?`+where, ref)
	return u, err
}

// UpdateUser changes some fields; version 0 takes any. The last administrator cannot be lost. Faults: not_found, forbidden,
// invalid, stale, conflict.
func (s *Service) UpdateUser(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeUser) (out User, err error) {
	if _, err := s.User(ctx, a, ref); err != nil {
		return User{}, err
	}
	if err := a.Require(permission.UserWrite); err != nil {
		return User{}, err
	}
	hash := ""
	if in.Password != nil {
		var bad fault.Fields
		if checkPassword(&bad, "password", *in.Password, "", ""); bad == nil {
			if hash, err = s.hasher.hash(ctx, *in.Password); err != nil {
				return User{}, err
			}
		}
	}
	err = s.db.Across(ctx, "people belong to the instance, and to several customers", func(tx *db.Tx) error {
		// Two administrators who demote each other at the same time wait for one another here.
		var admins []string
		if err := tx.Select(ctx, &admins, `SELECT CAST(id AS TEXT) FROM {app_user} WHERE role = ? ORDER BY id`+locked(tx), string(permission.Admin)); err != nil {
			return err
		}
		before, err := getUser(ctx, tx, "id", ref)
		if err != nil {
			return err
		}
		if version != 0 && version != before.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		ties, err := tiesOf(ctx, tx, []user{before})
		if err != nil {
			return err
		}
		ids := customers(ties[before.ID])
		if in.Customers != nil {
			if ids, err = resolve(ctx, tx, a.Scope(), *in.Customers); err != nil {
				return err
			}
		}
		if err := in.validate(before, len(ids)); err != nil {
			return err
		}
		after := in.apply(before, hash, tx.Now())
		if in.Customers != nil || in.Role != nil {
			if err := after.limit(a, ids); err != nil {
				return err
			}
		}
		if err := store(ctx, tx, before, after); err != nil {
			return err
		}
		if err := tieTo(ctx, tx, after, ids); err != nil {
			return err
		}
		if before.Role == permission.Admin && (after.Role != permission.Admin || !after.DisabledAt.IsZero()) {
			if n, err := countAdmins(ctx, tx); err != nil || n == 0 {
				return fault.New(fault.Conflict, "trust.last_admin").Because(err)
			}
		}
		if hash != "" || !after.DisabledAt.IsZero() {
			if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE user_id = ?`, after.ID); err != nil {
				return err
			}
		}
		if out, err = show(ctx, tx, after); err != nil {
			return err
		}
		action := "update"
		if hash != "" {
			action = "update_password"
		}
		return audit.Write(ctx, tx, a, action, record(after), before.shown(slugs(ties[before.ID])), out)
	})
	return out, err
}

func (c ChangeUser) apply(u user, hash string, now db.Time) user {
	if c.Name != nil {
		u.Name = strings.TrimSpace(*c.Name)
	}
	if c.Role != nil {
		u.Role = *c.Role
	}
	if hash != "" {
		u.PasswordHash = hash
	}
	if c.Disabled != nil {
		switch {
		case !*c.Disabled:
			u.DisabledAt = db.Time{}
		case u.DisabledAt.IsZero():
			u.DisabledAt = now
		}
	}
	for to, from := range map[*string]*string{&u.Language: c.Language, &u.TimeZone: c.TimeZone, &u.Theme: c.Theme} {
		if from != nil {
			*to = *from
		}
	}
	u.Version++
	u.UpdatedAt = now
	return u
}

func store(ctx context.Context, tx *db.Tx, before, after user) error {
	n, err := tx.Exec(ctx, `UPDATE {app_user} SET name = ?, password_hash = ?, role = ?, customer_id = ?, limited = ?, language = ?, time_zone = ?,
		theme = ?, disabled_at = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`, after.Name, after.PasswordHash, string(after.Role),
		after.CustomerID, after.Limited, after.Language, after.TimeZone, after.Theme, after.DisabledAt, after.Version, after.UpdatedAt,
		after.ID, before.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "fault.stale")
	}
	return err
}

// SetPreferences changes what people set for themselves. Faults: unauthorized, invalid.
func (s *Service) SetPreferences(ctx context.Context, a permission.Actor, in Preferences) (out User, err error) {
	if a.ID == "" {
		return out, fault.New(fault.Unauthorized, "fault.unauthorized")
	}
	change := ChangeUser{Language: in.Language, TimeZone: in.TimeZone, Theme: in.Theme}
	err = s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		before, err := getUser(ctx, tx, "id", a.ID)
		if err != nil {
			return err
		}
		var bad fault.Fields
		if checkPreferences(&bad, in.Language, in.TimeZone, in.Theme); bad != nil {
			return bad.Err()
		}
		after := change.apply(before, "", tx.Now())
		if err := store(ctx, tx, before, after); err != nil {
			return err
		}
		if out, err = show(ctx, tx, after); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", record(after), before.shown(out.Customers), out)
	})
	return out, err
}

// ChangePassword sets one's own, knowing the old. Every other session ends. Faults: unauthorized, invalid, limited.
func (s *Service) ChangePassword(ctx context.Context, a permission.Actor, old, password string) error {
	var u user
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		u, err = s.visible(ctx, tx, a, a.ID)
		return err
	})
	if err != nil {
		return fault.New(fault.Unauthorized, "fault.unauthorized").Because(err)
	}
	var bad fault.Fields
	if checkPassword(&bad, "password", password, u.Email, u.Name); bad != nil {
		return bad.Err()
	}
	// A session that somebody left open must not be a way to guess.
	keys := attemptKeys(u.Email, a.Address)
	if err := s.attempt(ctx, keys); err != nil {
		return err
	}
	ok, err := s.hasher.verify(ctx, u.PasswordHash, old)
	if err != nil {
		return err
	}
	if !ok {
		bad.Add("current_password", "trust.password.wrong")
		return bad.Err()
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		before, err := getUser(ctx, tx, "id", u.ID)
		if err != nil {
			return err
		}
		if err := store(ctx, tx, before, ChangeUser{}.apply(before, hash, tx.Now())); err != nil {
			return err
		}
		if err := forget(ctx, tx, keys); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {session} WHERE user_id = ? AND SUBSTR(id_hash, 1, 16) <> ?`, u.ID, a.Via); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update_password", record(u), nil, nil)
	})
}

// AllUsers reads everybody whom the actor sees, in order of e-mail: for commands. Faults: forbidden.
func (s *Service) AllUsers(ctx context.Context, a permission.Actor) (out []User, err error) {
	if err := a.Require(permission.UserRead); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		where := ""
		if !a.Scope().All() {
			where = " WHERE " + within
		}
		var rows []user
		if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[user]("u.")+` FROM {app_user} u`+where+` ORDER BY u.email`); err != nil {
			return err
		}
		out, err = shownUsers(ctx, tx, rows)
		return err
	})
	return out, err
}

func shownUsers(ctx context.Context, tx *db.Tx, rows []user) ([]User, error) {
	ties, err := tiesOf(ctx, tx, rows)
	out := make([]User, len(rows))
	for i, u := range rows {
		out[i] = u.shown(slugs(ties[u.ID]))
	}
	return out, err
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
	err = tx.Get(ctx, &n, `SELECT COUNT(*) FROM {app_user} WHERE role = ? AND disabled_at IS NULL AND NOT limited`, string(permission.Admin))
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
