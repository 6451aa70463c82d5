package identity

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// prefix makes our tokens known to whoever scans for leaked secrets.
const prefix = "vig_"

type tokenRow struct {
	ID         string          `db:"id"`
	UserID     string          `db:"user_id"`
	Name       string          `db:"name"`
	Hash       string          `db:"hash"`
	Role       permission.Role `db:"role"`
	CustomerID db.Null         `db:"customer_id"`
	CreatedAt  db.Time         `db:"created_at"`
	ExpiresAt  db.Time         `db:"expires_at"`
	UsedAt     db.Time         `db:"used_at"`
	RevokedAt  db.Time         `db:"revoked_at"`
	Rate       int64           `db:"request_rate"`
}

// Token is an API token as its owner sees it: without the secret.
type Token struct {
	ID        string          `json:"id"`
	UserID    string          `json:"user_id" doc:"Of the person for whom it acts."`
	User      string          `json:"user" doc:"E-mail of that person."`
	Name      string          `json:"name"`
	Role      permission.Role `json:"role"`
	Customer  string          `json:"customer" doc:"Slug of the one customer that it is limited to; empty for all of the person's."`
	CreatedAt db.Time         `json:"created_at"`
	ExpiresAt *time.Time      `json:"expires_at"`
	UsedAt    *time.Time      `json:"used_at" doc:"To the minute."`
	RevokedAt *time.Time      `json:"revoked_at"`
	Rate      int64           `json:"request_rate" doc:"Requests a second; 0 for the server's default."`
}

// Self is the record's address below /api/v1.
func (t Token) Self() string { return "/tokens/" + t.ID }

// Revision makes the ETag: the one thing that happens to a token is that it is revoked.
func (t Token) Revision() int64 {
	if t.RevokedAt != nil {
		return 2
	}
	return 1
}

// NewToken is the input of CreateToken.
type NewToken struct {
	Name     string          // what it is for
	Role     permission.Role // empty: the person's own
	Customer string          // slug; empty: all of the person's
	Lifetime time.Duration   // zero: until revoked
	Rate     int64           // requests a second; zero: what the server gives to everybody
}

// CreateToken makes a token for the actor itself, no wider than the actor: neither in role, nor in customers, nor in time. The
// secret is given once. Faults: unauthorized, forbidden, invalid.
func (s *Service) CreateToken(ctx context.Context, a permission.Actor, in NewToken) (Token, string, error) {
	if a.ID == "" {
		return Token{}, "", fault.New(fault.Unauthorized, "fault.unauthorized")
	}
	if err := a.Require(permission.TokenOwn); err != nil {
		return Token{}, "", err
	}
	return s.createToken(ctx, a, "id", a.ID, in)
}

// CreateTokenFor makes a token for the person with this e-mail: for the operator of the machine. Faults: forbidden, not_found,
// invalid.
func (s *Service) CreateTokenFor(ctx context.Context, a permission.Actor, email string, in NewToken) (Token, string, error) {
	if a.Kind != permission.System {
		return Token{}, "", fault.New(fault.Forbidden, "fault.forbidden")
	}
	return s.createToken(ctx, a, "email", strings.ToLower(strings.TrimSpace(email)), in)
}

func (s *Service) createToken(ctx context.Context, a permission.Actor, column, value string, in NewToken) (out Token, secret string, err error) {
	in.Name = strings.TrimSpace(in.Name)
	err = s.db.Across(ctx, "tokens belong to people, not to customers", func(tx *db.Tx) error {
		u, err := getUser(ctx, tx, column, value)
		if err != nil {
			if fault.Is(err, fault.NotFound) {
				return fault.New(fault.NotFound, "trust.no_user", "email", value).Because(err)
			}
			return err
		}
		ties, err := tiesOf(ctx, tx, []user{u})
		if err != nil {
			return err
		}
		role, scope := u.Role, scopeOf(u, ties[u.ID])
		wide := true // the actor stands for all that the person may
		if a.Kind != permission.System {
			role = a.Role()
			wide = a.Scope().All() == scope.All() && slices.Equal(a.Scope().Customers(), scope.Customers())
			scope = a.Scope()
		}
		if in.Role == "" {
			in.Role = role
		}
		var bad fault.Fields
		if n := utf8.RuneCountInString(in.Name); n < 1 || n > 200 {
			bad.Add("name", "trust.field.name")
		}
		if !narrower(in.Role, role) {
			bad.Add("role", "trust.field.narrower", "role", string(role))
		}
		if in.Lifetime < 0 {
			bad.Add("expires_at", "trust.field.past")
		}
		if in.Customer == "" && (!wide || in.Role.Customer() && !u.Role.Customer()) {
			bad.Add("customer", "trust.field.token_customer")
		}
		checkRate(&bad, a, in.Rate)
		row := tokenRow{ID: id.New(), UserID: u.ID, Name: in.Name, Role: in.Role, CreatedAt: tx.Now(), Rate: in.Rate}
		if in.Customer != "" {
			ids, err := resolve(ctx, tx, scope, []string{in.Customer})
			if err != nil {
				bad.Add("customer", "api.field.customer", "value", in.Customer)
			} else {
				row.CustomerID = db.Null(ids[0])
			}
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if in.Lifetime > 0 {
			row.ExpiresAt = db.At(tx.Now().Add(in.Lifetime))
		}
		if a.Kind == permission.Token {
			// A token cannot outlive itself by making another, nor may it come more often.
			if row.Rate == 0 {
				row.Rate = int64(a.Rate)
			}
			var parent db.Time
			if err := tx.Get(ctx, &parent, `SELECT expires_at FROM {api_token} WHERE id = ?`, a.Via); err != nil {
				return err
			}
			if !parent.IsZero() && (row.ExpiresAt.IsZero() || row.ExpiresAt.After(parent.Time)) {
				row.ExpiresAt = parent
			}
		}
		secret = prefix + newSecret()
		row.Hash = digest(secret)
		if _, err := tx.Insert(ctx, "api_token", row, ""); err != nil {
			return err
		}
		shown, err := shownTokens(ctx, tx, []tokenRow{row})
		if err != nil {
			return err
		}
		out = shown[0]
		return audit.Write(ctx, tx, a, "create", tokenRecord(row), nil, out)
	})
	return out, secret, err
}

// MayLimit tells whether the actor may say how often a token may come: at the cost of everybody, so whoever does must see all customers.
func MayLimit(a permission.Actor) bool { return a.May(permission.LimitWrite) && a.Scope().All() }

const maxRate = 100_000

func checkRate(bad *fault.Fields, a permission.Actor, rate int64) {
	switch {
	case rate == 0:
	case !MayLimit(a):
		bad.Add("request_rate", "trust.field.rate")
	case rate < 0 || rate > maxRate:
		bad.Add("request_rate", "fault.out_of_range", "min", 0, "max", maxRate)
	}
}

// Token reads one token: one's own, or anybody's in sight for who may read users. Faults: not_found.
func (s *Service) Token(ctx context.Context, a permission.Actor, ref string) (out Token, err error) {
	if !id.Valid(ref) {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var row tokenRow
		if err := tx.Get(ctx, &row, `SELECT `+db.Columns[tokenRow]("")+` FROM {api_token} WHERE id = ?`, ref); err != nil {
			return err
		}
		if row.UserID != a.ID {
			// Tokens of people whom the actor does not see do not exist for them.
			if _, err := s.visible(ctx, tx, a, row.UserID); err != nil || !a.May(permission.UserRead) {
				return fault.New(fault.NotFound, "fault.not_found").Because(err)
			}
		}
		shown, err := shownTokens(ctx, tx, []tokenRow{row})
		if err == nil {
			out = shown[0]
		}
		return err
	})
	return out, err
}

// tokensOf limits a list to the tokens that the actor may see.
func tokensOf(a permission.Actor, q list.Query) list.Query {
	switch {
	case !a.May(permission.UserRead):
		return q.Where("t.user_id = ?", a.ID)
	case !a.Scope().All():
		return q.Where("t.user_id = ? OR t.user_id IN (SELECT u.id FROM {app_user} u WHERE "+within+")", a.ID)
	}
	return q
}

// Tokens lists the tokens of one person that can still be used, the latest first. Faults: not_found, forbidden.
func (s *Service) Tokens(ctx context.Context, a permission.Actor, userID string) (out []Token, err error) {
	if _, err := s.User(ctx, a, userID); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []tokenRow
		err := tx.Select(ctx, &rows, `SELECT `+db.Columns[tokenRow]("t.")+` FROM {api_token} t WHERE t.user_id = ? AND t.revoked_at IS NULL
			AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.created_at DESC, t.id LIMIT 200`, userID, tx.Now())
		if err != nil {
			return err
		}
		out, err = shownTokens(ctx, tx, rows)
		return err
	})
	return out, err
}

// RevokeToken ends a token at once: one's own, or anybody's for who may change users; version 0 takes any. Faults: not_found,
// forbidden, stale.
func (s *Service) RevokeToken(ctx context.Context, a permission.Actor, ref string, version int64) error {
	t, err := s.Token(ctx, a, ref)
	if err != nil {
		return err
	}
	need := permission.UserWrite
	if t.UserID == a.ID {
		need = permission.TokenOwn
	}
	if err := a.Require(need); err != nil {
		return err
	}
	if version != 0 && version != t.Revision() {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.db.Across(ctx, "tokens belong to people, not to customers", func(tx *db.Tx) error {
		var row tokenRow
		if err := tx.Get(ctx, &row, `SELECT `+db.Columns[tokenRow]("")+` FROM {api_token} WHERE id = ?`, ref); err != nil {
			return err
		}
		if !row.RevokedAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE {api_token} SET revoked_at = ? WHERE id = ?`, tx.Now(), ref); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "revoke", tokenRecord(row), nil, nil)
	})
}

func tokenRecord(t tokenRow) audit.Record {
	return audit.Record{Type: "token", ID: t.ID, Name: t.Name}
}

func shownTokens(ctx context.Context, tx *db.Tx, rows []tokenRow) ([]Token, error) {
	out := make([]Token, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	users, places := make([]string, len(rows)), []string{}
	for i, r := range rows {
		users[i] = r.UserID
		if r.CustomerID != "" {
			places = append(places, string(r.CustomerID))
		}
	}
	var names []struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	err := tx.Select(ctx, &names, `SELECT CAST(id AS TEXT) AS id, email AS name FROM {app_user} WHERE id IN (`+db.Marks(len(users))+`)
		UNION ALL SELECT CAST(id AS TEXT) AS id, slug AS name FROM {customer} WHERE id IN (`+db.Marks(len(places))+`)`, append(db.Anys(users), db.Anys(places)...)...)
	if err != nil {
		return nil, err
	}
	byID := map[string]string{}
	for _, n := range names {
		byID[n.ID] = n.Name
	}
	for i, r := range rows {
		out[i] = Token{ID: r.ID, UserID: r.UserID, User: byID[r.UserID], Name: r.Name, Role: r.Role, Customer: byID[string(r.CustomerID)], CreatedAt: r.CreatedAt,
			ExpiresAt: r.ExpiresAt.Ptr(), UsedAt: r.UsedAt.Ptr(), RevokedAt: r.RevokedAt.Ptr(), Rate: r.Rate}
	}
	return out, nil
}

// TokenSpec is how tokens are listed.
var TokenSpec = list.Spec{
	From: "{api_token} t", Columns: db.Columns[tokenRow]("t."), Key: "t.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "name", Column: "t.name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "role", Column: "t.role", Kind: list.Choice, Filter: true, Values: strings.Split(roleList(), ", ")},
		{Name: "user_id", Column: "t.user_id", Kind: list.ID, Filter: true},
		{Name: "created_at", Column: "t.created_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "expires_at", Column: "t.expires_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "used_at", Column: "t.used_at", Kind: list.Time, Sort: true, Filter: true, Nullable: true},
		{Name: "revoked_at", Column: "t.revoked_at", Kind: list.Time, Filter: true, Nullable: true},
	},
	Search: list.Words("t.name"),
}
