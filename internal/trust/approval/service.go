package approval

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/jobs"
	"vigie/internal/platform/outbox"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Topic carries signatures to the rooms that wait for them.
const Topic = "approval"

// Prover is what identity gives: a fresh sign-in of the actor, that is used up by asking for it.
type Prover interface {
	TakeProof(ctx context.Context, tx *db.Tx, a permission.Actor) (method string, err error)
	HasProof(ctx context.Context, a permission.Actor) (bool, error)
}

// Parts are what the service stands on.
type Parts struct {
	DB     *db.DB
	Log    *audit.Log
	Proof  Prover
	Outbox *outbox.Outbox
	Errors *slog.Logger
	// Customer finds a customer by slug or id in the transaction's scope.
	Customer func(ctx context.Context, tx *db.Tx, ref string) (string, error)
}

// Service holds the rules of approvals.
type Service struct {
	Parts
	waiting map[string]func(context.Context, Approval) error
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{Parts: p, waiting: map[string]func(context.Context, Approval) error{}}
}

// On lets a room do something once an approval of its purpose is signed; it may be called more than once for one. Only while wiring.
func (s *Service) On(purpose string, f func(context.Context, Approval) error) { s.waiting[purpose] = f }

// Deliver tells the room that waits. It hangs on the topic.
func (s *Service) Deliver(ctx context.Context, t jobs.Task, system permission.Actor) error {
	var v row
	err := s.DB.View(ctx, system.Scope(), func(tx *db.Tx) (err error) {
		v, err = get(ctx, tx, t.Key)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if f, ok := s.waiting[v.Purpose]; err == nil && ok && v.State == Signed {
		return f(ctx, v.Approval)
	}
	return err
}

// row is an approval with the slug of its customer.
type row struct {
	Approval
	Slug string `db:"slug"`
}

// Request asks for a signature, in the transaction of the customer to whom it belongs. Faults: forbidden, invalid.
func (s *Service) Request(ctx context.Context, tx *db.Tx, a permission.Actor, in NewApproval) (Approval, error) {
	customer, err := tx.Customer()
	if err != nil {
		return Approval{}, fmt.Errorf("request an approval: %w", err)
	}
	if _, err := a.For(permission.ApprovalRequest, customer); err != nil {
		return Approval{}, err
	}
	if err := in.Validate(tx.Now().Time); err != nil {
		return Approval{}, err
	}
	v := in.row(a, tx.Now())
	v.CustomerID = customer
	if _, err := tx.Insert(ctx, "approval", v, ""); err != nil {
		return Approval{}, fmt.Errorf("request an approval: %w", err)
	}
	return v, audit.Write(ctx, tx, a, "request", v.record(), nil, v.summary())
}

func (v Approval) record() audit.Record {
	return audit.Record{Type: "approval", ID: v.ID, Name: v.Title}
}

// summary is what the trail shows of an approval; the content stands in it by its hash.
func (v Approval) summary() map[string]any {
	out := map[string]any{"purpose": v.Purpose, "title": v.Title, "sha256": v.SHA256, "statement": v.Statement, "state": v.State, "roles": v.Roles.V}
	if v.RecordID != "" {
		out["record_type"], out["record_id"] = v.RecordType, v.RecordID
	}
	if v.Reason != "" {
		out["reason"] = v.Reason
	}
	return out
}

// Create asks for a signature in a transaction of its own. Faults: forbidden, invalid (the customer is not in sight, too).
func (s *Service) Create(ctx context.Context, a permission.Actor, customer string, in NewApproval) (out Approval, slug string, err error) {
	if err := a.Require(permission.ApprovalRequest); err != nil {
		return out, "", err
	}
	var ref string
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if ref, err = s.Customer(ctx, tx, customer); err != nil {
			return err
		}
		return tx.Get(ctx, &slug, `SELECT slug FROM {customer} WHERE id = ?`, ref)
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", customer)
		return out, "", bad.Err()
	}
	if err != nil {
		return out, "", err
	}
	scope, err := a.For(permission.ApprovalRequest, ref)
	if err != nil {
		return out, "", err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) (err error) {
		out, err = s.Request(ctx, tx, a, in)
		return err
	})
	return out, slug, err
}

// Signed finds the signature of exactly this content, for this purpose and record. Faults: not_found.
func (s *Service) Signed(ctx context.Context, tx *db.Tx, purpose, recordType, recordID, sum string) (v Approval, err error) {
	err = tx.Get(ctx, &v, `SELECT `+db.Columns[Approval]("v.")+` FROM {approval} v WHERE v.purpose = ? AND v.record_type = ? AND v.record_id = ? AND v.sha256 = ? AND v.state = ?
		ORDER BY v.id DESC LIMIT 1`, purpose, recordType, recordID, sum, string(Signed))
	return v, err
}

func get(ctx context.Context, tx *db.Tx, ref string) (v row, err error) {
	if !id.Valid(ref) {
		return v, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &v, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE v.id = ?`, ref)
	return v, err
}

// Approval reads one. Faults: not_found, forbidden.
func (s *Service) Approval(ctx context.Context, a permission.Actor, ref string) (v Approval, slug string, err error) {
	var r row
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		r, err = get(ctx, tx, ref)
		return err
	})
	if err == nil {
		err = a.Require(permission.ApprovalRead)
	}
	if err != nil {
		return v, "", err
	}
	return r.Approval, r.Slug, nil
}

// Sign signs what was shown: sum is the hash of the content on the signer's page, ticked that the statement was confirmed. It needs a session of
// a browser, and a sign-in that is fresh and not used for another signature. Faults: not_found, forbidden (the role, a token, no fresh
// sign-in), invalid, conflict, stale.
func (s *Service) Sign(ctx context.Context, a permission.Actor, ref, sum string, ticked bool) (v Approval, err error) {
	v, err = s.close(ctx, a, ref, permission.ApprovalSign, Signed, func(tx *db.Tx, v *Approval) error {
		if !v.may(a) || a.Kind != permission.Person {
			return fault.New(fault.Forbidden, "approval.not_yours")
		}
		if !ticked {
			var bad fault.Fields
			bad.Add("statement", "approval.field.tick")
			return bad.Err()
		}
		if sum != v.SHA256 || Sum([]byte(v.Content)) != v.SHA256 {
			return fault.New(fault.Stale, "fault.stale")
		}
		method, err := s.Proof.TakeProof(ctx, tx, a)
		if err != nil {
			return err
		}
		v.SignerID, v.SignerName, v.Method = a.ID, a.Name, method
		entry, err := audit.WriteEntry(ctx, tx, a, signAction, v.record(), nil, v.fact(a, method, tx.Now()))
		if err != nil {
			return err
		}
		v.EntryID = db.Null(entry)
		return s.Outbox.Put(ctx, tx, v.ID, jobs.Task{Topic: Topic, Customer: v.CustomerID, Key: v.ID})
	})
	if err != nil {
		return v, err
	}
	// The signature stands; the log is signed at once, so that the receipt can be taken along. If that fails, the next tick does it.
	if _, err := s.Log.Checkpoint(context.WithoutCancel(ctx)); err != nil {
		s.Errors.ErrorContext(ctx, "sign the audit log behind an approval", "approval", v.ID, "error", err)
	}
	return v, nil
}

// Refuse ends a request without a signature; the reason is for who asked. Faults: not_found, forbidden, invalid, conflict.
func (s *Service) Refuse(ctx context.Context, a permission.Actor, ref, reason string) (Approval, error) {
	return s.close(ctx, a, ref, permission.ApprovalSign, Refused, func(tx *db.Tx, v *Approval) error {
		if !v.may(a) {
			return fault.New(fault.Forbidden, "approval.not_yours")
		}
		if err := v.because(reason); err != nil {
			return err
		}
		v.SignerID, v.SignerName = a.ID, a.Name
		return audit.Write(ctx, tx, a, "refuse", v.record(), nil, v.summary())
	})
}

// Withdraw takes a request back. Faults: not_found, forbidden, invalid, conflict.
func (s *Service) Withdraw(ctx context.Context, a permission.Actor, ref, reason string) (Approval, error) {
	return s.close(ctx, a, ref, permission.ApprovalRequest, Withdrawn, func(tx *db.Tx, v *Approval) error {
		if err := v.because(reason); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "withdraw", v.record(), nil, v.summary())
	})
}

func (v *Approval) because(reason string) error {
	v.Reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(v.Reason); n < 1 || n > maxClaim || !utf8.ValidString(reason) || strings.ContainsRune(reason, 0) {
		var bad fault.Fields
		bad.Add("reason", "approval.field.text", "min", 1, "max", maxClaim)
		return bad.Err()
	}
	return nil
}

// close ends a request, in one transaction that holds its row: of two who answer at once, one is told that it is closed.
func (s *Service) close(ctx context.Context, a permission.Actor, ref string, need permission.Action, to State, act func(*db.Tx, *Approval) error) (v Approval, err error) {
	before, _, err := s.Approval(ctx, a, ref)
	if err != nil {
		return v, err
	}
	scope, err := a.For(need, before.CustomerID)
	if err != nil {
		return v, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) (err error) {
		v, err = s.end(ctx, tx, before.ID, to, act)
		return err
	})
	return v, err
}

func (s *Service) end(ctx context.Context, tx *db.Tx, ref string, to State, act func(*db.Tx, *Approval) error) (v Approval, err error) {
	// The rows of a scope are a derived table, which cannot be locked by reading; a write of nothing locks as well.
	if _, err := tx.Exec(ctx, `UPDATE {approval} SET version = version WHERE id = ?`, ref); err != nil {
		return v, err
	}
	r, err := get(ctx, tx, ref)
	if err != nil {
		return v, err
	}
	v = r.Approval
	if v.State, err = next(v.State, v.ExpiresAt, to, tx.Now()); err != nil {
		return v, err
	}
	v.ClosedAt = tx.Now()
	v.Version++
	if err := act(tx, &v); err != nil {
		return v, err
	}
	n, err := tx.Exec(ctx, `UPDATE {approval} SET state = ?, signer_id = ?, signer_name = ?, method = ?, closed_at = ?, reason = ?, entry_id = ?, version = ?
		WHERE id = ? AND state = ?`, string(v.State), v.SignerID, v.SignerName, v.Method, v.ClosedAt, v.Reason, v.EntryID, v.Version, v.ID, string(Requested))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "approval.closed")
	}
	return v, err
}

// Sweep ends requests whose time is over. It hangs on the tick; system is the actor for a customer.
func (s *Service) Sweep(ctx context.Context, system func(customer string) permission.Actor) error {
	var late []struct {
		Customer string `db:"customer_id"`
		ID       string `db:"id"`
	}
	err := s.DB.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		return tx.Select(ctx, &late, `SELECT v.customer_id, v.id FROM {approval} v WHERE v.state = ? AND v.expires_at <= ? ORDER BY v.id LIMIT 200`, string(Requested), tx.Now())
	})
	if err != nil {
		return fmt.Errorf("approvals that ran out: %w", err)
	}
	for _, l := range late {
		a := system(l.Customer)
		err := s.DB.InScope(ctx, a.Scope(), func(tx *db.Tx) error {
			_, err := s.end(ctx, tx, l.ID, Expired, func(tx *db.Tx, v *Approval) error {
				return audit.Write(ctx, tx, a, "expire", v.record(), nil, v.summary())
			})
			return err
		})
		if err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("an approval ran out: %w", err)
		}
	}
	return nil
}

// soon is how close the end of a request is when the page says so in amber.
const soon = 48 * time.Hour
