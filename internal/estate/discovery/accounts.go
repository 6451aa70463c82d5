package discovery

import (
	"context"

	"vigie/internal/estate/collect"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// AddAccount adds an account, unchecked, with an ExternalId of our making. The first account of a customer sets up the
// schedule. Codes: invalid, not_found, forbidden, conflict when the customer has the account already.
func (s *Service) AddAccount(ctx context.Context, a permission.Actor, customer string, in CreateAccount) (Account, error) {
	scope, err := a.For(permission.AccountWrite, customer)
	if err != nil {
		return Account{}, err
	}
	if err := in.Validate(); err != nil {
		return Account{}, err
	}
	var acc Account
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		acc = Account{CustomerID: customer, ID: id.New(), AccountID: in.AccountID, Name: in.Name, RoleARN: in.RoleARN, ExternalID: newExternalID(),
			Organization: in.Organization, AcceptOpenRole: in.AcceptOpenRole, Status: Unchecked, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		if acc.Name == "" {
			acc.Name = in.AccountID
		}
		acc.Regions.V = tidy(in.Regions)
		if _, err := tx.Insert(ctx, "account", acc, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "discovery.account_known", "account", in.AccountID).Because(err)
			}
			return err
		}
		plan := Schedule{CustomerID: customer, Enabled: true, EveryMinutes: EveryDefault, NextAt: db.At(tx.Now().Add(EveryDefault * 60e9))}
		if _, err := tx.Insert(ctx, "discovery_schedule", plan, "(customer_id) DO NOTHING"); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "account.create", record(acc), nil, facts(acc))
	})
	return acc, err
}

// ChangeAccount changes an account. Codes: invalid, not_found, forbidden, stale.
func (s *Service) ChangeAccount(ctx context.Context, a permission.Actor, key string, in UpdateAccount) (Account, error) {
	acc, _, err := s.editAccount(ctx, a, key, "account.update", in.Version, in.apply, false)
	return acc, err
}

// RemoveAccount forgets an account and its coverage. Its CIs stay, as stale: they were seen, and nobody looks any more. Members
// that came by its organisation go with it. Codes: not_found, forbidden, stale.
func (s *Service) RemoveAccount(ctx context.Context, a permission.Actor, key string, version int64) error {
	acc, err := s.Account(ctx, a, key)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.AccountWrite, acc.CustomerID)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if acc, err = loadAccount(ctx, tx, key); err != nil {
			return err
		}
		if version != 0 && version != acc.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		var numbers []string
		if err := tx.Select(ctx, &numbers, `SELECT account_id FROM {account} WHERE id = ? OR organization_of = ?`, acc.ID, acc.ID); err != nil {
			return err
		}
		for _, n := range numbers {
			if _, _, err := s.intake.Close(ctx, tx, "", n, "", typesOf(s.collectors), false); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {coverage} WHERE account_id IN (`+db.Marks(len(numbers))+`)`, db.Anys(numbers)...); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {account} WHERE id = ? OR organization_of = ?`, acc.ID, acc.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "account.delete", record(acc), facts(acc), nil)
	})
}

// CheckAccount enters the account now and keeps what that said. Codes: not_found, forbidden. That the account cannot be entered
// is no error: it is in Status and Message.
func (s *Service) CheckAccount(ctx context.Context, a permission.Actor, key string) (Account, error) {
	acc, err := s.Account(ctx, a, key)
	if err != nil {
		return acc, err
	}
	if _, err := a.For(permission.AccountWrite, acc.CustomerID); err != nil {
		return acc, err
	}
	_, cause := s.cloud.Open(ctx, Login{acc.AccountID, acc.RoleARN, acc.ExternalID, acc.AcceptOpenRole, acc.Regions.V})
	if ctx.Err() != nil {
		return acc, ctx.Err()
	}
	acc, _, err = s.editAccount(ctx, a, key, "account.check", 0, func(acc *Account) error {
		acc.Status, acc.Message = verdict(cause)
		acc.CheckedAt = db.At(s.clock.Now())
		return nil
	}, false)
	return acc, err
}

// Account gives one account. Codes: not_found, forbidden.
func (s *Service) Account(ctx context.Context, a permission.Actor, key string) (Account, error) {
	var acc Account
	if err := a.Require(permission.AccountRead); err != nil {
		return acc, err
	}
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		acc, err = loadAccount(ctx, tx, key)
		return err
	})
	return acc, err
}

// editAccount changes one account; undo keeps a way back, where nothing changed that has none (name, role, organisation).
func (s *Service) editAccount(ctx context.Context, a permission.Actor, key, action string, version int64, change func(*Account) error, undo bool) (acc Account, edit string, err error) {
	if acc, err = s.Account(ctx, a, key); err != nil {
		return acc, "", err
	}
	scope, err := a.For(permission.AccountWrite, acc.CustomerID)
	if err != nil {
		return acc, "", err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if acc, err = loadAccount(ctx, tx, key); err != nil {
			return err
		}
		if version != 0 && version != acc.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		was, before := acc, facts(acc)
		if err := change(&acc); err != nil {
			return err
		}
		if err := storeAccount(ctx, tx, &acc); err != nil {
			return err
		}
		if undo && acc.Name == was.Name && acc.RoleARN == was.RoleARN && acc.Organization == was.Organization {
			if edit, err = accountBulk().Keep(ctx, tx, a, &was, &acc, nil, nil); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, action, record(acc), before, facts(acc))
	})
	return acc, edit, err
}

func newMember(tx *db.Tx, parent Account, m Member, partition string) Account {
	acc := Account{CustomerID: parent.CustomerID, ID: id.New(), AccountID: m.AccountID, Name: m.Name, RoleARN: memberRole(parent.RoleARN, partition, m.AccountID),
		ExternalID: parent.ExternalID, Regions: parent.Regions, OrganizationOf: db.Null(parent.ID), AcceptOpenRole: parent.AcceptOpenRole,
		Status: Unchecked, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	if acc.Name == "" {
		acc.Name = m.AccountID
	}
	return acc
}

func record(a Account) audit.Record {
	return audit.Record{Type: "account", ID: a.ID, Name: a.AccountID}
}

// facts are what the audit trail keeps of an account; the ExternalId is not ours to spread.
func facts(a Account) map[string]any {
	return map[string]any{"account_id": a.AccountID, "name": a.Name, "role_arn": a.RoleARN, "regions": a.Regions.V, "organization": a.Organization,
		"accept_open_role": a.AcceptOpenRole, "status": a.Status}
}

func typesOf(collectors []collect.Collector) (types []string) {
	for _, c := range collectors {
		types = append(types, c.Types...)
	}
	return types
}

// DefaultRegions are the regions that every AWS account has without asking (AWS General Reference, "default regions"): where an
// account cannot be entered, its blindness is shown for these.
func DefaultRegions() []string {
	return []string{"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"}
}
