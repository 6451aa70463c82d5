package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// ResetTopic is the task that answers who has asked for a new password.
const ResetTopic = "identity.reset"

// LinkPath is the page to which the links in mails lead.
const LinkPath = "/welcome"

// purpose of a link.
type purpose string

const (
	invitation purpose = "invitation"
	reset      purpose = "password_reset"
)

// lasts is how long a link works.
func (p purpose) lasts() time.Duration {
	if p == invitation {
		return 72 * time.Hour
	}
	return 30 * time.Minute
}

type linkRow struct {
	ID        string  `db:"id"`
	Hash      string  `db:"hash"`
	UserID    string  `db:"user_id"`
	Purpose   purpose `db:"purpose"`
	CreatedAt db.Time `db:"created_at"`
	ExpiresAt db.Time `db:"expires_at"`
}

// makeLink gives the secret of a new link; the ones before it work no more.
func makeLink(ctx context.Context, tx *db.Tx, u user, p purpose) (string, linkRow, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_link} WHERE user_id = ?`, u.ID); err != nil {
		return "", linkRow{}, err
	}
	secret := newSecret()
	row := linkRow{ID: id.New(), Hash: digest(secret), UserID: u.ID, Purpose: p, CreatedAt: tx.Now(), ExpiresAt: db.At(tx.Now().Add(p.lasts()))}
	_, err := tx.Insert(ctx, "sign_in_link", row, "")
	return secret, row, err
}

func (s *Service) linkTo(secret string) string {
	base := ""
	if s.PublicURL != nil {
		base = strings.TrimSuffix(s.PublicURL.String(), "/")
	}
	return base + LinkPath + "?code=" + secret
}

// mailLink makes a link and puts the mail that carries it into the queue. Nobody but the receiver ever sees it.
func (s *Service) mailLink(ctx context.Context, tx *db.Tx, a permission.Actor, u user, p purpose) error {
	if s.Mail == nil || s.PublicURL == nil {
		return fault.New(fault.Conflict, "trust.link.no_mail")
	}
	secret, row, err := makeLink(ctx, tx, u, p)
	if err != nil {
		return err
	}
	args := map[string]any{"until": row.ExpiresAt}
	if p == invitation {
		args["person"] = a.Name
	}
	err = s.Mail.Put(ctx, tx, Mail{Template: string(p), Name: u.Name, Email: u.Email, Language: u.Language, TimeZone: u.TimeZone, Link: s.linkTo(secret), Args: args})
	if err != nil {
		return fmt.Errorf("mail %s: %w", p, err)
	}
	return audit.Write(ctx, tx, a, "send_"+string(p), record(u), nil, map[string]any{"until": row.ExpiresAt})
}

// SendLink mails a person a link by which they set a password: an invitation if they have none yet, otherwise a reset. The links
// before it work no more. For whom a provider vouches there is none, until they are unlinked from it. Faults: not_found, forbidden, conflict.
func (s *Service) SendLink(ctx context.Context, a permission.Actor, ref string) error {
	if _, err := s.User(ctx, a, ref); err != nil {
		return err
	}
	if err := a.Require(permission.UserWrite); err != nil {
		return err
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "id", ref)
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return fault.New(fault.Conflict, "trust.link.disabled")
		}
		if err := notVouched(ctx, tx, u.ID); err != nil {
			return err
		}
		return s.mailLink(ctx, tx, a, u, u.linkNeeded())
	})
}

// linkNeeded is an invitation for who has never set a password.
func (u user) linkNeeded() purpose {
	if u.PasswordHash == decoy {
		return invitation
	}
	return reset
}

// InvitationLink gives the link itself instead of mailing it: for the operator of the machine. Faults: forbidden, not_found, conflict.
func (s *Service) InvitationLink(ctx context.Context, a permission.Actor, email string) (link string, until time.Time, err error) {
	if a.Kind != permission.System {
		return "", until, fault.New(fault.Forbidden, "fault.forbidden")
	}
	email = strings.ToLower(strings.TrimSpace(email))
	err = s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, "email", email)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "trust.no_user", "email", email).Because(err)
		}
		if err != nil {
			return err
		}
		if !u.DisabledAt.IsZero() {
			return fault.New(fault.Conflict, "trust.link.disabled")
		}
		if err := notVouched(ctx, tx, u.ID); err != nil {
			return err
		}
		secret, row, err := makeLink(ctx, tx, u, u.linkNeeded())
		if err != nil {
			return err
		}
		link, until = s.linkTo(secret), row.ExpiresAt.Time
		return audit.Write(ctx, tx, a, "print_"+string(row.Purpose), record(u), nil, map[string]any{"until": row.ExpiresAt})
	})
	return link, until, err
}

type requestRow struct {
	ID        string  `db:"id"`
	Email     string  `db:"email"`
	Address   string  `db:"address"`
	CreatedAt db.Time `db:"created_at"`
}

// How often new passwords may be asked for, before each further time doubles the wait.
const (
	freeResetsByBoth    = 3
	freeResetsByEmail   = 5
	freeResetsByAddress = 20
)

// RequestReset notes that somebody wants a new password. It does the same, and takes the same time, for addresses that are known and
// for those that are not: whether there is somebody is only looked up later, by a task. Faults: limited.
func (s *Service) RequestReset(ctx context.Context, email string, v Visit) error {
	email = strings.ToLower(strings.TrimSpace(email))
	if !validEmail(email) || !readable(email) {
		email = "nobody@invalid" // no address at all takes the same way
	}
	keys := attemptKeys(email, v.Address)
	for i, free := range []int64{freeResetsByBoth, freeResetsByEmail, freeResetsByAddress} {
		keys[i] = attemptKey{"reset:" + keys[i].key, free}
	}
	if err := s.attempt(ctx, keys); err != nil {
		return err
	}
	return s.db.Across(ctx, "who asks is not known yet", func(tx *db.Tx) error {
		row := requestRow{ID: id.New(), Email: email, Address: v.Address, CreatedAt: tx.Now()}
		if _, err := tx.Insert(ctx, "sign_in_request", row, ""); err != nil || s.Outbox == nil {
			return err
		}
		return s.Outbox.Put(ctx, tx, ResetTopic+"/"+row.ID, jobs.Task{Topic: ResetTopic, Key: row.ID})
	})
}

// AnswerReset mails the link, if there is somebody with that address who signs in by password. People who have none yet, because
// others vouch for them or their invitation waits, get nothing.
func (s *Service) AnswerReset(ctx context.Context, key string) error {
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		var row requestRow
		err := tx.Get(ctx, &row, `SELECT `+db.Columns[requestRow]("")+` FROM {sign_in_request} WHERE id = ?`+tx.ForUpdate(), key)
		if fault.Is(err, fault.NotFound) {
			return nil // answered before
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_request} WHERE id = ?`, key); err != nil {
			return err
		}
		u, err := getUser(ctx, tx, "email", row.Email)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || !u.DisabledAt.IsZero() || u.PasswordHash == decoy {
			return err
		}
		if elsewhere, err := vouched(ctx, tx, u.ID); err != nil || elsewhere {
			return err
		}
		return s.mailLink(ctx, tx, permission.Actor{ID: u.ID, Name: u.Name, Email: u.Email, Kind: permission.Person, Via: "reset", Address: row.Address}, u, reset)
	})
}

// Welcome is what a link says about whom it was sent to.
type Welcome struct {
	Email, Name, Language, TimeZone string
	Invited                         bool
}

// OpenLink looks at a link without using it up. Faults: not_found, for links that never were, were used, or have run out.
func (s *Service) OpenLink(ctx context.Context, code string) (w Welcome, err error) {
	err = s.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		_, u, p, err := findLink(ctx, tx, code)
		w = Welcome{Email: u.Email, Name: u.Name, Language: u.Language, TimeZone: u.TimeZone, Invited: p == invitation}
		return err
	})
	return w, err
}

func findLink(ctx context.Context, tx *db.Tx, code string) (row linkRow, u user, p purpose, err error) {
	gone := fault.New(fault.NotFound, "trust.link.gone")
	err = tx.Get(ctx, &row, `SELECT `+db.Columns[linkRow]("")+` FROM {sign_in_link} WHERE hash = ? AND expires_at > ?`, digest(code), tx.Now())
	if fault.Is(err, fault.NotFound) {
		return row, u, "", gone
	}
	if err != nil {
		return row, u, "", err
	}
	if u, err = getUser(ctx, tx, "id", row.UserID); err != nil {
		return row, u, "", err
	}
	elsewhere, err := vouched(ctx, tx, u.ID)
	if err == nil && (elsewhere || !u.DisabledAt.IsZero()) {
		err = gone
	}
	return row, u, row.Purpose, err
}

// Arrival is what somebody fills in who comes by a link. Name, language and time zone count for invitations only.
type Arrival struct{ Name, Language, TimeZone, Password string }

// UseLink sets the password and uses the link up. Every session of the person ends, and nothing else changes: a second factor is still
// asked for. Faults: not_found, invalid.
func (s *Service) UseLink(ctx context.Context, code string, in Arrival, v Visit) error {
	w, err := s.OpenLink(ctx, code)
	if err != nil {
		return err
	}
	change := ChangeUser{}
	var bad fault.Fields
	if w.Invited {
		in.Name = strings.TrimSpace(in.Name)
		checkName(&bad, in.Name)
		checkPreferences(&bad, &in.Language, &in.TimeZone, nil)
		w.Name = in.Name
		change = ChangeUser{Name: &in.Name, Language: &in.Language, TimeZone: &in.TimeZone}
	}
	checkPassword(&bad, "password", in.Password, w.Email, w.Name)
	if err := bad.Err(); err != nil {
		return err
	}
	hash, err := s.hashing().hash(ctx, v.Address, in.Password)
	if err != nil {
		return err
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		row, before, p, err := findLink(ctx, tx, code)
		if err != nil {
			return err
		}
		if n, err := tx.Exec(ctx, `DELETE FROM {sign_in_link} WHERE id = ?`, row.ID); err != nil || n == 0 {
			return fault.New(fault.NotFound, "trust.link.gone").Because(err)
		}
		after := change.apply(before, hash, tx.Now())
		if err := store(ctx, tx, before, after); err != nil {
			return err
		}
		for _, table := range []string{"session", "sign_in_pending"} {
			if _, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE user_id = ?`, after.ID); err != nil {
				return err
			}
		}
		// Whoever guessed at the old password does not keep its owner out of the new one.
		keys := attemptKeys(after.Email, v.Address)
		if _, err := tx.Exec(ctx, `DELETE FROM {sign_in_attempt} WHERE key IN (?, ?)`, keys[0].key, keys[1].key); err != nil {
			return err
		}
		actor := permission.Actor{ID: after.ID, Name: after.Name, Email: after.Email, Kind: permission.Person, Via: row.ID, Address: v.Address}
		return audit.Write(ctx, tx, actor, "use_"+string(p), record(after), nil, nil)
	})
}
