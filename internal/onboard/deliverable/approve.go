package deliverable

import (
	"context"
	"encoding/json"
	"fmt"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Purpose is that of the approvals of deliverables.
const Purpose = "deliverable"

// Ask puts the latest version before the customer's approvers. Faults: not_found, forbidden, invalid (what it lacks), conflict, stale.
func (s *Service) Ask(ctx context.Context, a permission.Actor, ref string, expected int64) (out Deliverable, err error) {
	err = s.open(ctx, a, ref, expected, func(tx *db.Tx, w Whole) error {
		switch w.V.Status {
		case InApproval:
			return fault.New(fault.Conflict, "deliverable.in_approval")
		case Draft:
		default:
			return fault.New(fault.Conflict, "deliverable.no_draft")
		}
		if err := w.Faults.Err(); err != nil {
			return err
		}
		p := s.Bundle.Printer(w.Language, s.Clock.Now().UTC().Location(), s.Clock.Now())
		text, err := w.signedText(p)
		if err != nil {
			return err
		}
		asked, err := s.Approvals.Request(ctx, tx, a, approval.NewApproval{Purpose: Purpose, RecordType: "deliverable", RecordID: w.ID,
			Title: p.T("deliverable.approval_title", "title", w.Title, "number", w.V.Number), Content: []byte(text), MediaType: approval.Markdown,
			Statement: p.T("deliverable.statement"), Roles: []permission.Role{permission.Approver}})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE {deliverable_version} SET approval_id = ?, sha256 = ?, updated_at = ? WHERE id = ?`, asked.ID, asked.SHA256, tx.Now(), w.V.ID); err != nil {
			return fmt.Errorf("ask for approval: %w", err)
		}
		if err := s.touch(ctx, tx, w.ID, w.Number); err != nil {
			return err
		}
		if out, err = get(ctx, tx, w.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "ask", out.record(), nil, map[string]any{"number": w.V.Number, "approval": asked.ID, "sha256": asked.SHA256})
	})
	return out, err
}

// TakeBack withdraws the request, so that the version can be worked on. Faults: not_found, forbidden, invalid, conflict.
func (s *Service) TakeBack(ctx context.Context, a permission.Actor, ref, reason string) error {
	w, err := s.Get(ctx, a, ref, 0)
	if err != nil {
		return err
	}
	if err := a.Require(permission.DeliverableWrite); err != nil {
		return err
	}
	if w.V.Status != InApproval {
		return fault.New(fault.Conflict, "deliverable.not_asked")
	}
	_, err = s.Approvals.Withdraw(ctx, a, string(w.V.ApprovalID), reason)
	return err
}

// Told writes into the trail of a deliverable that it was approved. Nothing rests on it: the signature counts by itself. It hangs on the
// purpose, and may be called more than once.
func (s *Service) Told(ctx context.Context, system permission.Actor, v approval.Approval) error {
	scope, err := system.Scope().Narrow(v.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		d, err := get(ctx, tx, v.RecordID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		var asked []int64 // anybody may ask for an approval of any purpose: only those of our versions count
		if err := tx.Select(ctx, &asked, `SELECT number FROM {deliverable_version} WHERE deliverable_id = ? AND approval_id = ?`, d.ID, v.ID); err != nil || len(asked) == 0 {
			return err
		}
		var told int
		if err := tx.Get(ctx, &told, `SELECT COUNT(*) FROM {audit_entry} WHERE record_type = 'deliverable' AND record_id = ? AND action = 'approve' AND at >= ?`, d.ID, v.ClosedAt); err != nil || told > 0 {
			return err
		}
		return audit.Write(ctx, tx, system, "approve", d.record(), nil, map[string]any{"number": asked[0], "by": v.SignerName, "approval": v.ID, "sha256": v.SHA256})
	})
}

// Agreed is a version that the customer has signed.
type Agreed struct {
	ID       string  // of the deliverable
	Kind     string  // "workflow"
	Number   int64   // of the version
	SHA256   string  // of what was signed
	Approval string  // id
	SignedAt db.Time // when
	Content  Content // *Matrix, *Flow, *Manual, *Menu, *Report or *Review, by kind
}

// Approved gives what a customer has approved of a kind, for the rooms that work by it: the version that was signed last. Faults: not_found
// (nothing was signed yet).
func (s *Service) Approved(ctx context.Context, tx *db.Tx, customer, name string) (out Agreed, err error) {
	all, err := s.approved(ctx, tx, customer, name)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return out, err
	}
	return all[0], nil
}

// AllApproved gives what a customer has approved, by kind.
func (s *Service) AllApproved(ctx context.Context, tx *db.Tx, customer string) (map[string]Agreed, error) {
	all, err := s.approved(ctx, tx, customer, "")
	out := make(map[string]Agreed, len(all))
	for _, a := range all {
		out[a.Kind] = a
	}
	return out, err
}

func (s *Service) approved(ctx context.Context, tx *db.Tx, customer, name string) (out []Agreed, err error) {
	var rows []struct {
		ID       string                   `db:"id"`
		Kind     string                   `db:"kind"`
		Number   int64                    `db:"number"`
		SHA256   string                   `db:"sha256"`
		Approval string                   `db:"approval_id"`
		SignedAt db.Time                  `db:"closed_at"`
		Data     db.JSON[json.RawMessage] `db:"data"`
	}
	err = tx.Select(ctx, &rows, `SELECT d.id, d.kind, v.number, v.sha256, v.approval_id, a.closed_at, v.data FROM {deliverable} d
		JOIN {deliverable_version} v ON v.customer_id = d.customer_id AND v.deliverable_id = d.id
		JOIN {approval} a ON a.customer_id = v.customer_id AND a.id = v.approval_id AND a.sha256 = v.sha256
		WHERE d.customer_id = ? AND (d.kind = ? OR ? = '') AND a.state = 'signed' ORDER BY d.kind, v.number DESC`, customer, name, name)
	if err != nil {
		return nil, fmt.Errorf("approved deliverables: %w", err)
	}
	for i, r := range rows {
		if i > 0 && rows[i-1].Kind == r.Kind {
			continue
		}
		k, ok := kindNamed(r.Kind)
		if !ok {
			return nil, fmt.Errorf("deliverable %s is of no kind: %s", r.ID, r.Kind)
		}
		c, err := k.load(r.Data.V)
		if err != nil {
			return nil, err
		}
		out = append(out, Agreed{r.ID, r.Kind, r.Number, r.SHA256, r.Approval, r.SignedAt, c})
	}
	return out, nil
}
