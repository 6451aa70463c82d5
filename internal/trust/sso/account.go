package sso

import (
	"context"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

type linkRow struct {
	ProviderID string            `db:"provider_id"`
	UserID     string            `db:"user_id"`
	Issuer     string            `db:"issuer"`
	Subject    string            `db:"subject"`
	Barred     string            `db:"barred"`
	Groups     db.JSON[[]string] `db:"group_names"`
	CreatedAt  db.Time           `db:"created_at"`
	UsedAt     db.Time           `db:"used_at"`
}

func jsonGroups(names []string) db.JSON[[]string] {
	if names == nil {
		names = []string{}
	}
	return db.JSON[[]string]{V: names}
}

// decide gathers what the decision stands on.
func (s *Service) decide(ctx context.Context, tx *db.Tx, p provider, who Person) (Verdict, Entry, error) {
	t, err := s.trust(ctx, tx, p)
	if err != nil {
		return Verdict{}, Entry{}, err
	}
	linked, entry, err := s.linked(ctx, tx, p, who)
	if err != nil {
		return Verdict{}, entry, err
	}
	var holder *identity.Account
	if linked == nil && who.Email != "" {
		a, err := s.accounts.ByEmail(ctx, tx, who.Email)
		if err == nil {
			holder = &a
		} else if !fault.Is(err, fault.NotFound) {
			return Verdict{}, entry, err
		}
	}
	if entry.ID != "" && !entry.Active {
		return Verdict{Refused: IsDisabled}, entry, nil
	}
	who.Groups = entry.effective(who.Groups)
	return Decide(t, who, linked, holder), entry, nil
}

// linked finds the account that this provider has vouched for before: by its issuer and the subject, or, at the first sign-in after
// its directory has made it, by what the directory knows.
func (s *Service) linked(ctx context.Context, tx *db.Tx, p provider, who Person) (*Link, Entry, error) {
	var row linkRow
	err := tx.Get(ctx, &row, `SELECT `+db.Columns[linkRow]("")+` FROM {identity_link} WHERE provider_id = ? AND issuer = ? AND subject = ?`, p.ID, p.Issuer, who.Subject)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, Entry{}, err
	}
	entry, kerr := s.known(ctx, tx, p, who, row.UserID)
	if kerr != nil {
		return nil, entry, kerr
	}
	if err != nil && entry.Account != "" {
		// One that somebody has signed in to already is known by that subject only.
		err = tx.Get(ctx, &row, `SELECT `+db.Columns[linkRow]("")+` FROM {identity_link} WHERE provider_id = ? AND user_id = ? AND subject = ''`, p.ID, entry.Account)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, entry, nil
	}
	if err != nil {
		return nil, entry, err
	}
	a, err := s.accounts.ByID(ctx, tx, row.UserID)
	return &Link{Account: a, Barred: row.Barred, Groups: row.Groups.V}, entry, err
}

func (s *Service) trust(ctx context.Context, tx *db.Tx, p provider) (Trust, error) {
	t := Trust{Customer: string(p.CustomerID), DefaultRole: p.DefaultRole}
	if err := tx.Select(ctx, &t.Domains, `SELECT domain FROM {identity_domain} WHERE provider_id = ?`, p.ID); err != nil {
		return t, err
	}
	var err error
	t.Rules, err = rulesOf(ctx, tx, p.ID)
	return t, err
}

// keep makes the account what the verdict says, and notes that the provider vouches for it. Its entry in a directory is bound to it.
func (s *Service) keep(ctx context.Context, tx *db.Tx, a permission.Actor, p provider, who Person, v Verdict, entry Entry) (account identity.Account, err error) {
	if v.Create {
		account, err = s.accounts.Create(ctx, tx, a, identity.NewAccount{Email: who.Email, Name: cut(who.Name), Language: who.Language, TimeZone: who.Zone, Standing: v.Standing})
	} else {
		change := identity.ChangeAccount{Standing: &v.Standing}
		if v.Lift {
			off := false
			change.Disabled = &off
		}
		if name := cut(who.Name); name != "" && name != who.Email {
			change.Name = &name
		}
		account, err = s.accounts.Change(ctx, tx, a, v.Account.ID, change)
	}
	if err != nil {
		return account, err
	}
	if err := s.accounts.TakePassword(ctx, tx, a, account.ID); err != nil {
		return account, err
	}
	row := linkRow{ProviderID: p.ID, UserID: account.ID, Issuer: p.Issuer, Subject: who.Subject, Groups: jsonGroups(who.Groups), CreatedAt: tx.Now(), UsedAt: tx.Now()}
	_, err = tx.Insert(ctx, "identity_link", row, `(provider_id, user_id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject, used_at = excluded.used_at, barred = '',
		group_names = excluded.group_names`)
	if err == nil && entry.ID != "" && entry.Account != account.ID {
		err = s.directory.Bind(ctx, tx, entry.ID, account.ID)
	}
	return account, err
}

func cut(name string) string {
	name = strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), "")
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200])
	}
	return strings.TrimSpace(name)
}

// bar takes an account's access away.
func (s *Service) bar(ctx context.Context, tx *db.Tx, a permission.Actor, p provider, account identity.Account) error {
	if !account.Disabled {
		if _, err := tx.Exec(ctx, `UPDATE {identity_link} SET barred = ? WHERE provider_id = ? AND user_id = ?`, BarredByGroups, p.ID, account.ID); err != nil {
			return err
		}
	}
	off := true
	_, err := s.accounts.Change(ctx, tx, a, account.ID, identity.ChangeAccount{Disabled: &off})
	return err
}
