package launch

import (
	"context"
	"fmt"

	"vigie/internal/customer"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/permission"
)

// AskSignatures puts the evidence before both sides: the customer's approvers and the provider's managers. What was asked for before is taken
// back, as it is another text. Faults: not_found, forbidden, conflict (conditions are missing), stale.
func (s *Service) AskSignatures(ctx context.Context, a permission.Actor, ref string, expected int64) (out Launch, err error) {
	var old Launch
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, l Launch) error {
		old = l
		w, err := s.whole(ctx, tx, l.ID)
		if err != nil {
			return err
		}
		if gaps := w.Missing(); len(gaps) > 0 {
			return refusal(a.Language, gaps, nil)
		}
		if l.State == Signing && l.SHA256 == w.Sum && waits(l.CustomerState) && waits(l.ProviderState) {
			return fault.New(fault.Conflict, "launch.asked")
		}
		after := l
		after.State, after.Evidence, after.SHA256 = Signing, w.Now, w.Sum
		if after.CustomerApproval, err = s.ask(ctx, tx, a, l, w.Now, CustomerPurpose, permission.Approver, l.Language); err != nil {
			return err
		}
		if after.ProviderApproval, err = s.ask(ctx, tx, a, l, w.Now, ProviderPurpose, permission.Manager, a.Language); err != nil {
			return err
		}
		out, err = s.write(ctx, tx, a, "ask", l, after, map[string]any{"sha256": w.Sum})
		return err
	})
	if err != nil {
		return out, err
	}
	p := s.printer(old.Language, "UTC")
	return out, s.withdrawBoth(ctx, a, old, p.T("launch.asked_anew"))
}

// waits tells whether a request can still count, or counts.
func waits(s approval.State) bool { return s == approval.Requested || s == approval.Signed }

func (s *Service) ask(ctx context.Context, tx *db.Tx, a permission.Actor, l Launch, text, purpose string, role permission.Role, language string) (db.Null, error) {
	p := s.printer(language, "UTC")
	statement := "launch.statement_" + string(role) // i18n: launch.statement_*
	v, err := s.Approvals.Request(ctx, tx, a, approval.NewApproval{Purpose: purpose, RecordType: "launch", RecordID: l.ID, Title: p.T("launch.approval_title", "name", l.CustomerName),
		Content: []byte(text), MediaType: approval.JSON, Statement: p.T(statement), Roles: []permission.Role{role}})
	return db.Null(v.ID), err
}

// Launch begins the service: if every condition passes and both sides have signed the evidence as it is at this moment, launched_at and the
// customer's phase are set together. Otherwise it is a conflict whose fields name all that is missing. Faults: not_found, forbidden, conflict,
// stale.
func (s *Service) Launch(ctx context.Context, a permission.Actor, ref string, expected int64) (out Launch, err error) {
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, l Launch) error {
		w, err := s.whole(ctx, tx, l.ID)
		if err != nil {
			return err
		}
		gaps, unsigned := w.Missing(), w.unsigned()
		if len(gaps)+len(unsigned) > 0 {
			return refusal(a.Language, gaps, unsigned)
		}
		after := l
		after.State, after.Evidence, after.SHA256, after.LaunchedAt = Launched, w.Now, w.Sum, tx.Now()
		if out, err = s.write(ctx, tx, a, "launch", l, after, map[string]any{"launched_at": after.LaunchedAt, "sha256": w.Sum, "customer_signer": l.CustomerSigner, "provider_signer": l.ProviderSigner}); err != nil {
			return err
		}
		if _, err := customer.GoLive(ctx, tx, a); err != nil {
			return fmt.Errorf("launch: %w", err)
		}
		return nil
	})
	return out, err
}

// unsigned names the signatures that are missing, and those that were given for something else.
func (w Whole) unsigned() (out []fault.Field) {
	for _, side := range []struct {
		name  string
		done  bool
		state approval.State
	}{{"customer", w.ByCustomer, w.CustomerState}, {"provider", w.ByProvider, w.ProviderState}} {
		if side.done {
			continue
		}
		key := "launch.missing.signature_" + side.name // i18n: launch.missing.*
		if side.state == approval.Signed {
			key = "launch.missing.changed_" + side.name
		}
		out = append(out, fault.Field{Path: "signature_" + side.name, Key: key})
	}
	return out
}

// refusal is the conflict that lists what a launch lacks.
func refusal(language string, gaps []Judged, unsigned []fault.Field) error {
	f := fault.New(fault.Conflict, "launch.not_yet", "count", len(gaps)+len(unsigned))
	for _, j := range gaps {
		f.Fields = append(f.Fields, fault.Field{Path: j.Key, Key: "launch.missing." + string(j.Finding.Status), Args: map[string]any{"condition": j.Text.In(language)}})
	}
	f.Fields = append(f.Fields, unsigned...)
	return f
}

// Sweep keeps the state of open launches up with their conditions, so that whoever waits is told. It hangs on the tick; system is the actor
// for a customer.
func (s *Service) Sweep(ctx context.Context, system func(customer string) permission.Actor) error {
	var open []struct {
		Customer string `db:"customer_id"`
		ID       string `db:"id"`
	}
	err := s.DB.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		return tx.Select(ctx, &open, `SELECT customer_id, id FROM {launch} WHERE state IN ('planned', 'ready') ORDER BY customer_id LIMIT 1000`)
	})
	if err != nil {
		return fmt.Errorf("open launches: %w", err)
	}
	for _, o := range open {
		if err := s.settle(ctx, system(o.Customer), o.ID); err != nil {
			return fmt.Errorf("launch %s: %w", o.ID, err)
		}
	}
	return nil
}

func (s *Service) settle(ctx context.Context, a permission.Actor, ref string) error {
	w, err := s.Get(ctx, a, ref)
	if err != nil || settled(w.State, len(w.Missing())) == w.State {
		return err
	}
	err = s.open(ctx, a, ref, w.Version, func(tx *db.Tx, l Launch) error {
		now, err := s.whole(ctx, tx, ref)
		if err != nil {
			return err
		}
		after := l
		if after.State = settled(l.State, len(now.Missing())); after.State == l.State {
			return nil
		}
		action := "ready"
		if after.State == Planned {
			action = "unready"
		}
		_, err = s.write(ctx, tx, a, action, l, after, nil)
		return err
	})
	if fault.Is(err, fault.Stale) || fault.Is(err, fault.Conflict) { // somebody is at it; the next tick looks again
		return nil
	}
	return err
}

// Arrived refuses a customer that comes from elsewhere as live without the launch that made it so. It is called in the transaction of an import.
func Arrived(ctx context.Context, tx *db.Tx) error {
	var n int
	if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {customer} k WHERE k.phase = 'live' AND NOT EXISTS (SELECT 1 FROM {launch} l WHERE l.customer_id = k.id AND l.state = 'launched')`); err != nil || n == 0 {
		return err
	}
	var bad fault.Fields
	bad.Add("file", "launch.bad.arrived")
	return bad.Err()
}
