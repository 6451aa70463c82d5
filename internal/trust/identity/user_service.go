package identity

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// CreateUser adds a person. Nobody can give more than they have. Faults: forbidden, invalid, conflict (the e-mail is taken).
func (s *Service) CreateUser(ctx context.Context, a permission.Actor, in NewUser) (User, error) {
	if err := a.Require(permission.UserWrite); err != nil {
		return User{}, err
	}
	if err := in.Validate(); err != nil {
		return User{}, err
	}
	hash := decoy
	if !in.Invite {
		var err error
		if hash, err = s.hashing().hash(ctx, a.Address, in.Password); err != nil {
			return User{}, err
		}
	}
	u := user{ID: id.New(), Email: in.Email, Name: in.Name, PasswordHash: hash, Role: in.Role, Language: in.Language, TimeZone: in.TimeZone,
		Theme: "auto", Version: 1}
	var out User
	err := s.db.Across(ctx, "people belong to the instance, and to several customers", func(tx *db.Tx) error {
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
				return fault.New(fault.Conflict, emailTaken, "email", u.Email).Because(err)
			}
			return fmt.Errorf("create user: %w", err)
		}
		if err := tieTo(ctx, tx, u, ids); err != nil {
			return err
		}
		if out, err = show(ctx, tx, u); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, a, "create", record(u), nil, out); err != nil || !in.Invite {
			return err
		}
		return s.mailLink(ctx, tx, a, u, invitation)
	})
	return out, err
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

// Search finds people whom the actor sees by name or e-mail, for who types a part of it; slug holds it to one customer. Faults: forbidden.
func (s *Service) Search(ctx context.Context, a permission.Actor, slug, q string, limit int) (out []User, err error) {
	if err := a.Require(permission.UserRead); err != nil {
		return nil, err
	}
	values := url.Values{"q": {q}, "disabled_at.empty": {"true"}, "limit": {strconv.Itoa(limit)}}
	query, err := Spec.Parse(values)
	if err != nil {
		return nil, err
	}
	if !a.Scope().All() {
		query = query.Where(within)
	}
	if slug != "" {
		query = ofCustomer(query, slug)
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		page, err := list.Run[user](ctx, tx, Spec, query)
		if err == nil {
			out, err = shownUsers(ctx, tx, page.Items)
		}
		return err
	})
	return out, err
}

// ofCustomer narrows a list of people to those of one customer, and those of the provider who are limited to it.
func ofCustomer(q list.Query, slug string) list.Query {
	return q.Where(`u.customer_id IN (SELECT id FROM {customer} WHERE slug = ?) OR EXISTS (SELECT 1 FROM {user_customer} x JOIN {customer} c ON c.id = x.customer_id
		WHERE x.user_id = u.id AND c.slug = ?)`, slug, slug)
}

func shownUsers(ctx context.Context, tx *db.Tx, rows []user) ([]User, error) {
	ties, err := tiesOf(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	invited, err := invitationsOf(ctx, tx, rows)
	out := make([]User, len(rows))
	for i, u := range rows {
		out[i] = u.shown(slugs(ties[u.ID]))
		out[i].Invited = invited[u.ID]
	}
	return out, err
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
			if hash, err = s.hashing().hash(ctx, a.Address, *in.Password); err != nil {
				return User{}, err
			}
		}
	}
	err = s.db.Across(ctx, "people belong to the instance, and to several customers", func(tx *db.Tx) error {
		// Two administrators who demote each other at the same time wait for one another here.
		var admins []string
		if err := tx.Select(ctx, &admins, `SELECT CAST(id AS TEXT) FROM {app_user} WHERE role = ? ORDER BY id`+tx.ForUpdate(), string(permission.Admin)); err != nil {
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
		if hash != "" {
			if err := notVouched(ctx, tx, before.ID); err != nil {
				return err
			}
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
		shownBefore := before.shown(slugs(ties[before.ID]))
		shownBefore.Invited = out.Invited // not a part of the change
		return audit.Write(ctx, tx, a, action, record(after), shownBefore, out)
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
