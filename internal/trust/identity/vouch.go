package identity

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Voucher is an identity provider that vouches for a person. Whoever has one signs in there and nowhere else: no password, no link to set
// one, and no passkey alone, so that the provider's rules cannot be stepped round and its word ends the access.
type Voucher struct {
	ID   string `db:"id"`
	Name string `db:"name"`
}

func vouchersOf(ctx context.Context, tx *db.Tx, userID string) (out []Voucher, err error) {
	err = tx.Select(ctx, &out, `SELECT CAST(p.id AS TEXT) AS id, p.name FROM {identity_link} l JOIN {identity_provider} p ON p.id = l.provider_id
		WHERE l.user_id = ? ORDER BY p.name, p.id`, userID)
	return out, err
}

func vouched(ctx context.Context, tx *db.Tx, userID string) (bool, error) {
	all, err := vouchersOf(ctx, tx, userID)
	return len(all) > 0, err
}

// notVouched is a conflict where a provider vouches for the person.
func notVouched(ctx context.Context, tx *db.Tx, userID string) error {
	all, err := vouchersOf(ctx, tx, userID)
	if err == nil && len(all) > 0 {
		err = fault.New(fault.Conflict, "trust.vouched", "provider", all[0].Name)
	}
	return err
}

// TakePassword leaves a person with the ways in that a provider gives, for whoever links an account to one or takes the link away: the
// password and the links to set one go, and with a password the sessions that came by it.
func (Accounts) TakePassword(ctx context.Context, tx *db.Tx, a permission.Actor, userID string) error {
	for _, table := range []string{"sign_in_link", "sign_in_pending"} {
		if _, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE user_id = ?`, userID); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE {app_user} SET password_hash = ? WHERE id = ? AND password_hash <> ?`, decoy, userID, decoy)
	if err != nil || n == 0 {
		return err
	}
	if err := (Accounts{}).EndSessions(ctx, tx, userID); err != nil {
		return err
	}
	u, err := getUser(ctx, tx, "id", userID)
	if err != nil {
		return err
	}
	return audit.Write(ctx, tx, a, "take_password", record(u), nil, nil)
}

// Vouched is how a provider has vouched for somebody who signs in.
type Vouched struct {
	Provider string // for the trail
	Factor   bool   // it has asked for a second factor itself, and an administrator trusts it in that
}

// Enter signs a person in for whom a provider vouches. Where it has not asked for a second factor, Vigie asks for its own: of who has
// one, and of whose role needs one. Faults: unauthorized (nobody, or disabled).
func (Accounts) Enter(ctx context.Context, tx *db.Tx, userID string, v Visit, how Vouched) (Step, error) {
	u, err := getUser(ctx, tx, "id", userID)
	if fault.Is(err, fault.NotFound) || err == nil && (!u.standing(tx.Now()) || u.glass()) {
		return Step{}, unauthorized()
	}
	if err != nil {
		return Step{}, err
	}
	stage, factor := SignedIn, external
	if !how.Factor {
		factor = ""
		if stage, err = nextStage(ctx, tx, u); err != nil {
			return Step{}, err
		}
	}
	if stage == SignedIn {
		secret, err := begin(ctx, tx, u, v, external, factor)
		return Step{stage, secret}, err
	}
	return suspend(ctx, tx, u, v, external, stage)
}

// NeedsFactor tells whether signing in by one factor alone is too little for the person.
func (Accounts) NeedsFactor(ctx context.Context, tx *db.Tx, userID string) (bool, error) {
	u, err := getUser(ctx, tx, "id", userID)
	if err != nil {
		return false, err
	}
	stage, err := nextStage(ctx, tx, u)
	return stage != SignedIn, err
}
