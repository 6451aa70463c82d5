package identity

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Accounts is for rooms that vouch for people otherwise than by password: single sign-on and provisioning. They work in a
// transaction of their own, across customers, and have decided before what the person may be: nothing here asks for a right.
type Accounts struct{}

// Accounts gives them.
func (s *Service) Accounts() Accounts { return Accounts{} }

// Standing is what a person is, and to whom.
type Standing struct {
	Role      permission.Role `json:"role"`
	Customers []string        `json:"customers"` // ids: exactly one for a customer's role; for the others those that they are limited to, none for all
}

// Account is a person as those rooms see them.
type Account struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Language string `json:"language"`
	TimeZone string `json:"time_zone"`
	Standing
	Disabled  bool    `json:"disabled"`
	Glass     bool    `json:"-"` // a break-glass administrator, whom no provider may touch
	Version   int64   `json:"version"`
	CreatedAt db.Time `json:"created_at"`
	UpdatedAt db.Time `json:"updated_at"`
}

// Home is the id of the one customer that the person belongs to; empty for the provider's own people.
func (a Account) Home() string {
	if a.Role.Customer() && len(a.Customers) == 1 {
		return a.Customers[0]
	}
	return ""
}

// NewAccount is the input of Accounts.Create.
type NewAccount struct {
	Email, Name, Language, TimeZone string
	Standing
	Disabled bool
}

// ChangeAccount is the input of ChangeAccount: what is nil stays.
type ChangeAccount struct {
	Email, Name, Language, TimeZone *string
	Standing                        *Standing
	Disabled                        *bool
}

// ByEmail finds a person. Faults: not_found.
func (Accounts) ByEmail(ctx context.Context, tx *db.Tx, email string) (Account, error) {
	return account(ctx, tx, "email", strings.ToLower(strings.TrimSpace(email)))
}

// ByID finds a person. Faults: not_found.
func (Accounts) ByID(ctx context.Context, tx *db.Tx, ref string) (Account, error) {
	if !id.Valid(ref) {
		return Account{}, fault.New(fault.NotFound, "fault.not_found")
	}
	return account(ctx, tx, "id", ref)
}

func account(ctx context.Context, tx *db.Tx, column, value string) (Account, error) {
	u, err := getUser(ctx, tx, column, value)
	if err != nil {
		return Account{}, err
	}
	return accountOf(ctx, tx, u)
}

func accountOf(ctx context.Context, tx *db.Tx, u user) (Account, error) {
	ties, err := tiesOf(ctx, tx, []user{u})
	return Account{ID: u.ID, Email: u.Email, Name: u.Name, Language: u.Language, TimeZone: u.TimeZone,
		Standing: Standing{Role: u.Role, Customers: customers(ties[u.ID])}, Disabled: !u.DisabledAt.IsZero(), Glass: u.glass(),
		Version: u.Version, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt}, err
}

// Create adds a person who has no password. Faults: invalid, conflict (the e-mail is taken).
func (Accounts) Create(ctx context.Context, tx *db.Tx, a permission.Actor, in NewAccount) (Account, error) {
	u := user{ID: id.New(), Email: strings.ToLower(strings.TrimSpace(in.Email)), Name: strings.TrimSpace(in.Name), PasswordHash: decoy, Role: in.Role,
		Language: in.Language, TimeZone: in.TimeZone, Theme: "auto", Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if u.Language != "en" && u.Language != "fr" {
		u.Language = "en"
	}
	if !zoned(u.TimeZone) {
		u.TimeZone = "UTC"
	}
	if in.Disabled {
		u.DisabledAt = tx.Now()
	}
	if err := u.stand(in.Standing); err != nil {
		return Account{}, err
	}
	if _, err := tx.Insert(ctx, "app_user", u, ""); err != nil {
		if fault.Is(err, fault.Conflict) {
			return Account{}, fault.New(fault.Conflict, emailTaken, "email", u.Email).Because(err)
		}
		return Account{}, fmt.Errorf("create account: %w", err)
	}
	if err := tieTo(ctx, tx, u, in.Customers); err != nil {
		return Account{}, err
	}
	shown, err := show(ctx, tx, u)
	if err != nil {
		return Account{}, err
	}
	if err := audit.Write(ctx, tx, a, "create", record(u), nil, shown); err != nil {
		return Account{}, err
	}
	return accountOf(ctx, tx, u)
}

func zoned(name string) bool {
	var bad fault.Fields
	checkPreferences(&bad, nil, &name, nil)
	return bad == nil
}

// stand validates and sets what the person is.
func (u *user) stand(st Standing) error {
	var bad fault.Fields
	if !validEmail(u.Email) {
		bad.Add("email", "trust.field.email")
	}
	checkName(&bad, u.Name)
	checkRole(&bad, st.Role)
	checkCustomers(&bad, st.Role, len(st.Customers))
	if bad != nil {
		return bad.Err()
	}
	u.Role, u.CustomerID, u.Limited = st.Role, "", false
	if st.Role.Customer() {
		u.CustomerID = db.Null(st.Customers[0])
	} else {
		u.Limited = len(st.Customers) > 0
	}
	return nil
}

// Change changes a person; nothing to change writes nothing. Whoever is disabled loses every session. The last administrator
// cannot be lost. Faults: not_found, invalid, conflict.
func (Accounts) Change(ctx context.Context, tx *db.Tx, a permission.Actor, ref string, in ChangeAccount) (Account, error) {
	var admins []string
	if err := tx.Select(ctx, &admins, `SELECT CAST(id AS TEXT) FROM {app_user} WHERE role = ? ORDER BY id`+tx.ForUpdate(), string(permission.Admin)); err != nil {
		return Account{}, err
	}
	if !id.Valid(ref) {
		return Account{}, fault.New(fault.NotFound, "fault.not_found")
	}
	before, err := getUser(ctx, tx, "id", ref)
	if err != nil {
		return Account{}, err
	}
	was, err := accountOf(ctx, tx, before)
	if err != nil {
		return Account{}, err
	}
	shownBefore, err := show(ctx, tx, before)
	if err != nil {
		return Account{}, err
	}
	after := (ChangeUser{Name: in.Name, Language: in.Language, TimeZone: in.TimeZone, Disabled: in.Disabled}).apply(before, "", tx.Now())
	if in.Email != nil {
		after.Email = strings.ToLower(strings.TrimSpace(*in.Email))
	}
	st := was.Standing
	if in.Standing != nil {
		st = *in.Standing
		slices.Sort(st.Customers)
	}
	if err := after.stand(st); err != nil {
		return Account{}, err
	}
	held := slices.Clone(was.Customers)
	slices.Sort(held)
	same := after
	same.Version, same.UpdatedAt = before.Version, before.UpdatedAt
	if same == before && slices.Equal(held, st.Customers) {
		return was, nil
	}
	if _, err := tx.Exec(ctx, `UPDATE {app_user} SET email = ? WHERE id = ?`, after.Email, after.ID); err != nil {
		if fault.Is(err, fault.Conflict) {
			return Account{}, fault.New(fault.Conflict, emailTaken, "email", after.Email).Because(err)
		}
		return Account{}, err
	}
	if err := store(ctx, tx, before, after); err != nil {
		return Account{}, err
	}
	if err := tieTo(ctx, tx, after, st.Customers); err != nil {
		return Account{}, err
	}
	if before.Role == permission.Admin && before.DisabledAt.IsZero() && !before.Limited {
		if n, err := countAdmins(ctx, tx); err != nil || n == 0 {
			return Account{}, fault.New(fault.Conflict, "trust.last_admin").Because(err)
		}
	}
	if !after.DisabledAt.IsZero() {
		if err := (Accounts{}).EndSessions(ctx, tx, after.ID); err != nil {
			return Account{}, err
		}
	}
	shown, err := show(ctx, tx, after)
	if err != nil {
		return Account{}, err
	}
	if err := audit.Write(ctx, tx, a, "update", record(after), shownBefore, shown); err != nil {
		return Account{}, err
	}
	return accountOf(ctx, tx, after)
}

// EndSessions ends every session of a person.
func (Accounts) EndSessions(ctx context.Context, tx *db.Tx, userID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM {session} WHERE user_id = ?`, userID)
	return err
}

// Leave takes from a person all by which they could come in or act: sessions, second factors, links, API tokens. For whoever has disabled them
// for good.
func (Accounts) Leave(ctx context.Context, tx *db.Tx, a permission.Actor, userID string) error {
	u, err := getUser(ctx, tx, "id", userID)
	if err != nil {
		return err
	}
	if err := stripAll(ctx, tx, userID); err != nil {
		return err
	}
	return audit.Write(ctx, tx, a, "leave", record(u), nil, nil)
}

// SessionKey is how the secret of a session, or of a sign-in that waits, is stored, for rows that belong to it.
func SessionKey(secret string) string { return digest(secret) }

// Admit hands the browser what a step has led to, and sends it on: to the second factor, or to where it wanted.
func (s *Service) Admit(w http.ResponseWriter, r *http.Request, step Step, next string) {
	if step.Stage == SignedIn {
		s.setCookie(w, step.Secret)
		ui.Redirect(w, r, next)
		return
	}
	s.setStep(w, step.Secret)
	ui.Redirect(w, r, FactorPath+"?next="+url.QueryEscape(next))
}

// SessionSecret is what the browser has shown; empty for none.
func (s *Service) SessionSecret(r *http.Request) string { return s.sessionSecret(r) }
