package identity

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// How long a break-glass administrator lasts.
const (
	glassLasts = time.Hour
	glassMost  = 24 * time.Hour
)

// Glass is a break-glass administrator: an account of its own that ends by itself.
type Glass struct {
	UserID   string    `json:"user_id"`
	Email    string    `json:"email"`
	Reason   string    `json:"reason"`
	StartsAt time.Time `json:"started_at"`
	EndsAt   time.Time `json:"ends_at"`
}

// BreakGlass is the input of MakeGlass.
type BreakGlass struct {
	Email, Reason string
	Lasts         time.Duration // zero: an hour
}

type glassRow struct {
	ID        string  `db:"id"`
	UserID    string  `db:"user_id"`
	Reason    string  `db:"reason"`
	Made      bool    `db:"made"`
	StartedAt db.Time `db:"started_at"`
	EndsAt    db.Time `db:"ends_at"`
	EndedAt   db.Time `db:"ended_at"`
}

// MakeGlass makes an administrator for an emergency, with a password that works once: for the operator of the machine only. It goes
// into the trail and the log, every administrator sees it on every page while it lasts, and is written to. Faults: forbidden,
// invalid, conflict (the e-mail is somebody's).
func (s *Service) MakeGlass(ctx context.Context, a permission.Actor, in BreakGlass) (out Glass, password string, err error) {
	if a.Kind != permission.System {
		return out, "", fault.New(fault.Forbidden, "fault.forbidden")
	}
	in.Email, in.Reason = strings.ToLower(strings.TrimSpace(in.Email)), strings.TrimSpace(in.Reason)
	if in.Lasts == 0 {
		in.Lasts = glassLasts
	}
	var bad fault.Fields
	if !validEmail(in.Email) {
		bad.Add("email", "trust.field.email")
	}
	if n := utf8.RuneCountInString(in.Reason); n < 5 || n > 500 {
		bad.Add("reason", "trust.glass.reason")
	}
	if in.Lasts < time.Minute || in.Lasts > glassMost {
		bad.Add("lasts", "trust.glass.lasts")
	}
	if err := bad.Err(); err != nil {
		return out, "", err
	}
	password = newSecret()[:24]
	hash, err := s.hashing().hash(ctx, "", password)
	if err != nil {
		return out, "", err
	}
	err = s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "email", in.Email)
		switch {
		case fault.Is(err, fault.NotFound):
			u = user{ID: id.New(), Email: in.Email, Language: "en", TimeZone: "UTC", Theme: "auto", Version: 1, CreatedAt: tx.Now()}
		case err != nil:
			return err
		case u.ExpiresAt.IsZero():
			return fault.New(fault.Conflict, emailTaken, "email", in.Email)
		}
		u.Name, u.Role, u.PasswordHash, u.DisabledAt = "Break-glass administrator", permission.Admin, hash, db.Time{}
		u.ExpiresAt, u.UpdatedAt = db.At(tx.Now().Add(in.Lasts)), tx.Now()
		if fault.Is(err, fault.NotFound) {
			_, err = tx.Insert(ctx, "app_user", u, "")
		} else {
			if err := endGlass(ctx, tx, u.ID); err != nil {
				return err
			}
			u.Version++
			_, err = tx.Exec(ctx, `UPDATE {app_user} SET name = ?, role = ?, password_hash = ?, disabled_at = NULL, expires_at = ?, updated_at = ?, version = ?, limited = ?, customer_id = NULL
				WHERE id = ?`, u.Name, string(u.Role), u.PasswordHash, u.ExpiresAt, u.UpdatedAt, u.Version, false, u.ID)
		}
		if err != nil {
			return err
		}
		row := glassRow{ID: id.New(), UserID: u.ID, Reason: in.Reason, Made: true, StartedAt: tx.Now(), EndsAt: u.ExpiresAt}
		if _, err := tx.Insert(ctx, "break_glass", row, ""); err != nil {
			return err
		}
		out = Glass{UserID: u.ID, Email: u.Email, Reason: row.Reason, StartsAt: row.StartedAt.Time, EndsAt: row.EndsAt.Time}
		if err := audit.Write(ctx, tx, a, "break_glass", record(u), nil, out); err != nil {
			return err
		}
		tx.AfterCommit(func() {
			s.loud(ctx, "break-glass administrator made", "email", out.Email, "reason", out.Reason, "ends_at", out.EndsAt)
		})
		return s.tellAdmins(ctx, tx, out)
	})
	return out, password, err
}

// loud logs what somebody must notice.
func (s *Service) loud(ctx context.Context, text string, args ...any) {
	if s.Log != nil {
		s.Log.Log(ctx, slog.LevelWarn, text, args...)
	}
}

// tellAdmins writes to every administrator, where mail goes out.
func (s *Service) tellAdmins(ctx context.Context, tx *db.Tx, g Glass) error {
	if s.Mail == nil {
		return nil
	}
	var admins []user
	err := tx.Select(ctx, &admins, `SELECT `+db.Columns[user]("")+` FROM {app_user} WHERE role = ? AND disabled_at IS NULL AND expires_at IS NULL AND NOT limited`, string(permission.Admin))
	for _, u := range admins {
		if err := s.Mail.Put(ctx, tx, Mail{Template: "break_glass", Name: u.Name, Email: u.Email, Language: u.Language, TimeZone: u.TimeZone,
			Args: map[string]any{"email": g.Email, "reason": g.Reason, "until": g.EndsAt}}); err != nil {
			return err
		}
	}
	return err
}

// breakIn signs a break-glass administrator in, once: the password works no more.
func (s *Service) breakIn(ctx context.Context, tx *db.Tx, u user, v Visit) (Step, error) {
	n, err := tx.Exec(ctx, `UPDATE {app_user} SET password_hash = ? WHERE id = ? AND password_hash = ?`, decoy, u.ID, u.PasswordHash)
	if err != nil || n == 0 {
		return Step{}, err // used by another request meanwhile
	}
	secret, err := begin(ctx, tx, u, v, byGlass, byGlass)
	tx.AfterCommit(func() {
		s.loud(ctx, "break-glass administrator signed in", "email", u.Email, "address", v.Address)
	})
	return Step{SignedIn, secret}, err
}

// BrokenGlass lists the break-glass administrators of now, for who is an administrator. Faults: forbidden.
func (s *Service) BrokenGlass(ctx context.Context, a permission.Actor) (out []Glass, err error) {
	if err := a.Require(permission.SignInRule); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []struct {
			glassRow
			Email string `db:"email"`
		}
		err := tx.Select(ctx, &rows, `SELECT `+db.Columns[glassRow]("g.")+`, u.email FROM {break_glass} g JOIN {app_user} u ON u.id = g.user_id
			WHERE g.ended_at IS NULL AND g.ends_at > ? ORDER BY g.started_at`, tx.Now())
		for _, r := range rows {
			out = append(out, Glass{UserID: r.UserID, Email: r.Email, Reason: r.Reason, StartsAt: r.StartedAt.Time, EndsAt: r.EndsAt.Time})
		}
		return err
	})
	return out, err
}

// endGlass closes what a break-glass administrator has open.
func endGlass(ctx context.Context, tx *db.Tx, userID string) error {
	if err := stripAll(ctx, tx, userID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE {break_glass} SET ended_at = ? WHERE user_id = ? AND ended_at IS NULL`, tx.Now(), userID)
	return err
}

// stripAll takes all by which somebody could come in or act.
func stripAll(ctx context.Context, tx *db.Tx, userID string) error {
	for _, table := range []string{"session", "totp", "passkey", "recovery_code", "sign_in_link", "sign_in_pending"} {
		if _, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE user_id = ?`, userID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE {api_token} SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL`, tx.Now(), userID)
	return err
}

// EndGlass ends a break-glass administrator before its time. Faults: forbidden, not_found.
func (s *Service) EndGlass(ctx context.Context, a permission.Actor, userID string) error {
	if err := a.Require(permission.SignInRule); err != nil || !a.Scope().All() {
		return fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	if !id.Valid(userID) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "id", userID)
		if err == nil && u.ExpiresAt.IsZero() {
			err = fault.New(fault.NotFound, "fault.not_found")
		}
		if err != nil {
			return err
		}
		return s.closeGlass(ctx, tx, a, u)
	})
}

func (s *Service) closeGlass(ctx context.Context, tx *db.Tx, a permission.Actor, u user) error {
	if err := endGlass(ctx, tx, u.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE {app_user} SET disabled_at = ?, password_hash = ?, updated_at = ?, version = version + 1 WHERE id = ?`, tx.Now(), decoy, tx.Now(), u.ID); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.loud(ctx, "break-glass administrator ended", "email", u.Email) })
	return audit.Write(ctx, tx, a, "break_glass_end", record(u), nil, nil)
}

// sweepGlass writes down the end of those whose time is over. They are out already: their account has run out.
func (s *Service) sweepGlass(ctx context.Context, tx *db.Tx) error {
	var over []string
	if err := tx.Select(ctx, &over, `SELECT CAST(user_id AS TEXT) FROM {break_glass} WHERE ended_at IS NULL AND ends_at <= ?`, tx.Now()); err != nil {
		return err
	}
	for _, ref := range over {
		u, err := getUser(ctx, tx, "id", ref)
		if err != nil {
			return err
		}
		if err := s.closeGlass(ctx, tx, permission.Actor{Name: "Vigie", Kind: permission.System, Via: "sweep"}, u); err != nil {
			return err
		}
	}
	return nil
}

// isGlass tells whether a person whom the actor sees is a break-glass administrator.
func (s *Service) isGlass(ctx context.Context, a permission.Actor, userID string) (is bool, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "id", userID)
		is = !u.ExpiresAt.IsZero()
		return err
	})
	return is, err
}
