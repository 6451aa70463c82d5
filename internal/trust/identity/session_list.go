package identity

import (
	"context"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Session is one browser in which somebody is signed in. Its secret is nowhere.
type Session struct {
	ID        string  `json:"id"`
	UserID    string  `json:"user_id"`
	User      string  `json:"user" doc:"E-mail of the person."`
	Address   string  `json:"address" doc:"Network address from which it began."`
	Agent     string  `json:"agent" doc:"What the browser said that it is."`
	Method    string  `json:"method" doc:"How the person signed in: password, passkey, external."`
	Factor    string  `json:"factor" doc:"The second factor: totp, passkey, recovery, external; empty for none."`
	CreatedAt db.Time `json:"created_at"`
	SeenAt    db.Time `json:"seen_at" doc:"To the minute."`
	ExpiresAt db.Time `json:"expires_at"`
	Current   bool    `json:"current" doc:"Whether the request came by it."`
}

// Self is the record's address below /api/v1.
func (s Session) Self() string { return "/sessions/" + s.ID }

// Revision makes the ETag: nothing ever changes but that it ends.
func (s Session) Revision() int64 { return 1 }

// SessionSpec is how sessions are listed: those that are open.
var SessionSpec = list.Spec{
	From: "{session} s", Columns: db.Columns[sessionRow]("s."), Key: "s.id", Sort: "-seen_at",
	Fields: []list.Field{
		{Name: "user_id", Column: "s.user_id", Kind: list.ID, Filter: true},
		{Name: "address", Column: "s.address", Kind: list.Text, Filter: true},
		{Name: "method", Column: "s.method", Kind: list.Choice, Filter: true, Values: []string{byPassword, byPasskey, external}},
		{Name: "factor", Column: "s.factor", Kind: list.Text, Filter: true},
		{Name: "created_at", Column: "s.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "seen_at", Column: "s.seen_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "expires_at", Column: "s.expires_at", Kind: list.Time, Filter: true},
	},
	Search: list.Words("s.address", "s.agent"),
}

// open limits a list to sessions that have not run out and whose people the actor may see: one's own, and for who may read users
// those of the people in sight.
func openSessions(a permission.Actor, now db.Time, q list.Query) list.Query {
	q = q.Where("s.expires_at > ? AND s.seen_at > ?", now, db.At(now.Add(-idleFor)))
	switch {
	case !a.May(permission.UserRead):
		return q.Where("s.user_id = ?", a.ID)
	case !a.Scope().All():
		return q.Where("s.user_id = ? OR s.user_id IN (SELECT u.id FROM {app_user} u WHERE "+within+")", a.ID)
	}
	return q
}

func shownSessions(ctx context.Context, tx *db.Tx, via string, rows []sessionRow) ([]Session, error) {
	out := make([]Session, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.UserID
	}
	names, err := emails(ctx, tx, ids)
	for i, r := range rows {
		out[i] = Session{ID: r.ID, UserID: r.UserID, User: names[r.UserID], Address: r.Address, Agent: r.Agent, Method: r.Method, Factor: r.Factor,
			CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, ExpiresAt: r.ExpiresAt, Current: r.ID == via}
	}
	return out, err
}

// emails names people.
func emails(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	var rows []struct {
		ID    string `db:"id"`
		Email string `db:"email"`
	}
	err := tx.Select(ctx, &rows, `SELECT CAST(id AS TEXT) AS id, email FROM {app_user} WHERE id IN (`+db.Marks(len(ids))+`)`, db.Anys(ids)...)
	out := map[string]string{}
	for _, r := range rows {
		out[r.ID] = r.Email
	}
	return out, err
}

// Sessions lists the open sessions of one person, the latest first: one's own, or anybody's in sight for who may read users.
// Faults: not_found, forbidden.
func (s *Service) Sessions(ctx context.Context, a permission.Actor, userID string) (out []Session, err error) {
	if _, err := s.User(ctx, a, userID); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []sessionRow
		err := tx.Select(ctx, &rows, `SELECT `+db.Columns[sessionRow]("s.")+` FROM {session} s WHERE s.user_id = ? AND s.expires_at > ? AND s.seen_at > ?
			ORDER BY s.seen_at DESC, s.id LIMIT 200`, userID, tx.Now(), db.At(tx.Now().Add(-idleFor)))
		if err != nil {
			return err
		}
		out, err = shownSessions(ctx, tx, a.Via, rows)
		return err
	})
	return out, err
}

// Session reads one session. Faults: not_found.
func (s *Service) Session(ctx context.Context, a permission.Actor, ref string) (out Session, err error) {
	if !id.Valid(ref) {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var row sessionRow
		if err := tx.Get(ctx, &row, `SELECT `+db.Columns[sessionRow]("")+` FROM {session} WHERE id = ?`, ref); err != nil {
			return err
		}
		if row.UserID != a.ID {
			// Sessions of people whom the actor does not see do not exist for them.
			if _, err := s.visible(ctx, tx, a, row.UserID); err != nil || !a.May(permission.UserRead) {
				return fault.New(fault.NotFound, "fault.not_found").Because(err)
			}
		}
		shown, err := shownSessions(ctx, tx, a.Via, []sessionRow{row})
		if err == nil {
			out = shown[0]
		}
		return err
	})
	return out, err
}

// RevokeSession ends a session: its browser is out at its next request, on every server. One's own, or anybody's for who may change
// users. Faults: not_found, forbidden, stale.
func (s *Service) RevokeSession(ctx context.Context, a permission.Actor, ref string, version int64) error {
	found, err := s.Session(ctx, a, ref)
	if err != nil {
		return err
	}
	need := permission.UserWrite
	if found.UserID == a.ID {
		need = permission.ProfileOwn
	}
	if err := a.Require(need); err != nil {
		return err
	}
	if version != 0 && version != found.Revision() {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM {session} WHERE id = ?`, ref)
		if err != nil || n == 0 {
			return err
		}
		return audit.Write(ctx, tx, a, "revoke_session", audit.Record{Type: "user", ID: found.UserID, Name: found.User}, found, nil)
	})
}

// RevokeSessions ends all sessions of a person, except the one by which the actor came, and tells how many. Faults: not_found, forbidden.
func (s *Service) RevokeSessions(ctx context.Context, a permission.Actor, userID string) (ended int64, err error) {
	u, err := s.User(ctx, a, userID)
	if err != nil {
		return 0, err
	}
	need := permission.UserWrite
	if u.ID == a.ID {
		need = permission.ProfileOwn
	}
	if err := a.Require(need); err != nil {
		return 0, err
	}
	err = s.db.Across(ctx, "sessions belong to people, not to customers", func(tx *db.Tx) error {
		where, args := "user_id = ?", []any{u.ID}
		if id.Valid(a.Via) {
			where, args = where+" AND id <> ?", append(args, a.Via)
		}
		if ended, err = tx.Exec(ctx, `DELETE FROM {session} WHERE `+where, args...); err != nil || ended == 0 {
			return err
		}
		return audit.Write(ctx, tx, a, "revoke_sessions", audit.Record{Type: "user", ID: u.ID, Name: u.Email}, nil, map[string]int64{"ended": ended})
	})
	return ended, err
}
