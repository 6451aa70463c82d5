package sso

import (
	"context"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// BarredByDirectory marks an account that its directory has switched off; no sign-in gives it back.
const BarredByDirectory = "directory"

// Directory is what provisioning knows of people who sign in: package scim.
type Directory interface {
	// Known finds somebody in the directory of a provider, by the account where it is known already, otherwise by external id or by an e-mail
	// that the provider says is verified. It gives the zero Entry for nobody.
	Known(ctx context.Context, tx *db.Tx, providerID string, who Person, account string) (Entry, error)
	// Bind notes which account an entry has got.
	Bind(ctx context.Context, tx *db.Tx, entry, account string) error
}

// Entry is somebody in a directory.
type Entry struct {
	ID      string
	Account string // id; empty while there is none
	Active  bool
	Groups  []string // names and external ids of the person's groups
	Pushed  []string // of all groups that the directory keeps
}

// effective are the groups that count: those that the directory keeps by its word alone, the others by that of the last sign-in.
func (e Entry) effective(claimed []string) []string {
	out := slices.Clone(e.Groups)
	for _, g := range claimed {
		if !slices.Contains(e.Pushed, g) && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// Provision is what a directory says of a person.
type Provision struct {
	Email, Name, Language, Zone string
	Entry
}

// Fate is what becomes of an account whose directory has spoken.
type Fate struct {
	Create   bool
	Off      bool   // no access
	Barred   string // why, for the link; empty for an account that an administrator has disabled, and for one that may come in
	Standing identity.Standing
}

// DecideProvision judges what a directory says of a person whose account it has, nil for none.
func DecideProvision(t Trust, in Provision, linked *Link) Fate {
	var claimed []string
	if linked != nil {
		claimed = linked.Groups
	}
	role, customers, ok := standing(t.Customer, t.DefaultRole, t.Rules, in.effective(claimed))
	home := ""
	if role.Customer() && len(customers) == 1 {
		home = customers[0]
	}
	to := identity.Standing{Role: role, Customers: customers}
	if linked == nil {
		return Fate{Create: ok && in.Active, Standing: to}
	}
	was := linked.Account
	f := Fate{Standing: was.Standing}
	switch {
	case was.Disabled && linked.Barred == "": // an administrator's word stands above the directory's
		f.Off = true
	case !in.Active:
		f.Off, f.Barred = true, BarredByDirectory
	case !ok, was.Home() != home: // nobody is moved between the provider and a customer, or between two customers
		f.Off, f.Barred = true, BarredByGroups
	}
	if ok && was.Home() == home {
		f.Standing = to
	}
	return f
}

// Provisioning is for the room that speaks with directories. It works in a transaction of its caller, who has found out which provider the
// directory belongs to: nothing here asks for a right.
type Provisioning struct{ s *Service }

// Provisioning gives it.
func (s *Service) Provisioning() Provisioning { return Provisioning{s} }

// Owns tells whether a provider speaks for the domain of an address.
func (p Provisioning) Owns(ctx context.Context, tx *db.Tx, providerID, email string) (bool, error) {
	var n int
	err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {identity_domain} WHERE provider_id = ? AND domain = ?`, providerID, domainOf(email))
	return n > 0, err
}

// Provision makes an account what its directory says, and gives its id; empty while there is none. Where there is no account yet, one that the
// same provider has vouched for is met by its address; somebody else's is a conflict. Faults: conflict.
func (v Provisioning) Provision(ctx context.Context, tx *db.Tx, a permission.Actor, providerID string, in Provision) (account string, err error) {
	var p provider
	s := v.s
	if err := tx.Get(ctx, &p, `SELECT `+db.Columns[provider]("")+` FROM {identity_provider} WHERE id = ?`, providerID); err != nil {
		return "", err
	}
	t, err := s.trust(ctx, tx, p)
	if err != nil {
		return "", err
	}
	linked, err := s.provisioned(ctx, tx, p, in)
	if err != nil {
		return "", err
	}
	f := DecideProvision(t, in, linked)
	switch {
	case linked != nil:
		return linked.Account.ID, s.settle(ctx, tx, a, p, in, *linked, f)
	case !f.Create:
		return "", nil
	}
	made, err := s.accounts.Create(ctx, tx, a, identity.NewAccount{Email: in.Email, Name: cut(in.Name), Language: in.Language, TimeZone: in.Zone, Standing: f.Standing})
	if err != nil {
		return "", err
	}
	_, err = tx.Insert(ctx, "identity_link", linkRow{ProviderID: p.ID, UserID: made.ID, Issuer: p.Issuer, Groups: jsonGroups(nil), CreatedAt: tx.Now()}, "")
	return made.ID, err
}

// provisioned finds the account that the directory speaks of; nil for none.
func (s *Service) provisioned(ctx context.Context, tx *db.Tx, p provider, in Provision) (*Link, error) {
	var who identity.Account
	var err error
	if in.Account != "" {
		who, err = s.accounts.ByID(ctx, tx, in.Account)
	} else if who, err = s.accounts.ByEmail(ctx, tx, in.Email); fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // nobody is an answer
	}
	if err != nil {
		return nil, err
	}
	var row linkRow
	err = tx.Get(ctx, &row, `SELECT `+db.Columns[linkRow]("")+` FROM {identity_link} WHERE provider_id = ? AND user_id = ?`, p.ID, who.ID)
	if fault.Is(err, fault.NotFound) || err == nil && (who.Glass || p.CustomerID != "" && who.Home() != string(p.CustomerID)) {
		return nil, fault.New(fault.Conflict, "trust.email_taken", "email", in.Email).Because(err)
	}
	return &Link{Account: who, Barred: row.Barred, Groups: row.Groups.V}, err
}

// settle changes an account as was decided.
func (s *Service) settle(ctx context.Context, tx *db.Tx, a permission.Actor, p provider, in Provision, l Link, f Fate) error {
	if l.Barred != f.Barred {
		if _, err := tx.Exec(ctx, `UPDATE {identity_link} SET barred = ? WHERE provider_id = ? AND user_id = ?`, f.Barred, p.ID, l.Account.ID); err != nil {
			return err
		}
	}
	change := identity.ChangeAccount{Email: &in.Email, Standing: &f.Standing, Disabled: &f.Off}
	if name := cut(in.Name); name != "" {
		change.Name = &name
	}
	_, err := s.accounts.Change(ctx, tx, a, l.Account.ID, change)
	return err
}

// Depart is for who has left the directory: the account, which Provision has switched off, keeps its history and nothing by which somebody could
// come in, so that whoever gets the address later inherits no more than that. The subject is forgotten too.
func (v Provisioning) Depart(ctx context.Context, tx *db.Tx, a permission.Actor, providerID, account string) error {
	if _, err := tx.Exec(ctx, `UPDATE {identity_link} SET subject = '', group_names = '[]' WHERE provider_id = ? AND user_id = ?`, providerID, account); err != nil {
		return err
	}
	return v.s.accounts.Leave(ctx, tx, a, account)
}

// known asks the directory about who signs in.
func (s *Service) known(ctx context.Context, tx *db.Tx, p provider, who Person, account string) (Entry, error) {
	if s.directory == nil {
		return Entry{}, nil
	}
	return s.directory.Known(ctx, tx, p.ID, who, account)
}

// Join lets a directory have its say in sign-ins.
func (s *Service) Join(d Directory) { s.directory = d }
