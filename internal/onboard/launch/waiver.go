package launch

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// WaiverStatus is what a waiver is worth now. It follows from its approval, its end and whether it was revoked.
type WaiverStatus string

// The states of a waiver.
const (
	WaiverAsked   WaiverStatus = "asked"
	WaiverInForce WaiverStatus = "in_force"
	WaiverRefused WaiverStatus = "refused" // or withdrawn, or never answered
	WaiverOver    WaiverStatus = "over"
	WaiverRevoked WaiverStatus = "revoked"
)

// waiverRow is a row of launch_waiver.
type waiverRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Key        string  `db:"condition_key"`
	Title      string  `db:"title"`
	Reason     string  `db:"reason"`
	Owner      string  `db:"owner"`
	ExpiresAt  db.Time `db:"expires_at"`
	ApprovalID string  `db:"approval_id"`
	RevokedAt  db.Time `db:"revoked_at"`
	CreatedBy  string  `db:"created_by"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

// Waiver lets a launch do without a condition for a time.
type Waiver struct {
	waiverRow
	Customer     string         `db:"slug"`
	CustomerName string         `db:"customer_name"`
	Signature    approval.State `db:"signature"`
	Signer       string         `db:"signer"`
}

// Status is what the waiver is worth at a moment.
func (w Waiver) Status(now db.Time) WaiverStatus {
	switch {
	case !w.RevokedAt.IsZero():
		return WaiverRevoked
	case !now.Before(w.ExpiresAt.Time):
		return WaiverOver
	case w.Signature == approval.Signed:
		return WaiverInForce
	case w.Signature == approval.Requested:
		return WaiverAsked
	}
	return WaiverRefused
}

func (w Waiver) counts(now db.Time) bool { return w.Status(now) == WaiverInForce }

func (w Waiver) record() audit.Record {
	return audit.Record{Type: "launch_waiver", ID: w.ID, Name: w.Title}
}

// WaiverSpec is how waivers are listed.
var WaiverSpec = list.Spec{
	From:    `{launch_waiver} w JOIN {customer} k ON k.id = w.customer_id JOIN {approval} a ON a.customer_id = w.customer_id AND a.id = w.approval_id`,
	Columns: db.Columns[waiverRow]("w.") + ", k.slug, k.name AS customer_name, a.state AS signature, a.signer_name AS signer",
	Key:     "w.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "condition", Column: "w.condition_key", Kind: list.Choice, Filter: true},
		{Name: "owner", Column: "w.owner", Kind: list.Text, Filter: true},
		{Name: "signature", Column: "a.state", Kind: list.Choice, Filter: true},
		{Name: "expires_at", Column: "w.expires_at", Kind: list.Time, Sort: true, Filter: true},
		{Name: "revoked_at", Column: "w.revoked_at", Kind: list.Time, Filter: true, Nullable: true},
		{Name: "created_at", Column: "w.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("w.title", "w.owner", "k.name"),
}

// NewWaiver is the input of AskWaiver.
type NewWaiver struct {
	Customer  string    `json:"customer" doc:"Slug or id."`
	Condition string    `json:"condition" doc:"Key of the condition."`
	Reason    string    `json:"reason"`
	Owner     string    `json:"owner" doc:"Who answers for that it holds later."`
	ExpiresAt time.Time `json:"expires_at" doc:"From when on the condition must hold after all."`
}

// longestWaiver is the longest that a launch may do without a condition.
const longestWaiver = 366 * 24 * time.Hour

// AskWaiver puts a waiver before the customer's approvers; it counts once it is signed. Faults: forbidden, invalid.
func (s *Service) AskWaiver(ctx context.Context, a permission.Actor, in NewWaiver) (w Waiver, err error) {
	if err := a.Require(permission.LaunchWrite); err != nil {
		return w, err
	}
	of, err := s.Customers.Named(ctx, a, in.Customer)
	if err != nil {
		return w, err
	}
	in.Reason, in.Owner = trimmed(in.Reason), trimmed(in.Owner)
	var bad fault.Fields
	c, known := s.Rules.condition(in.Condition)
	switch {
	case !known:
		bad.Add("condition", "launch.bad.condition")
	case !c.Waivable:
		bad.Add("condition", "launch.bad.not_waivable", "condition", c.Text.In(a.Language))
	}
	checkText(&bad, "reason", in.Reason, 1, maxLong)
	checkText(&bad, "owner", in.Owner, 1, maxText)
	if now := s.Clock.Now(); !in.ExpiresAt.After(now) || in.ExpiresAt.After(now.Add(longestWaiver)) {
		bad.Add("expires_at", "launch.bad.expires")
	}
	if err := bad.Err(); err != nil {
		return w, err
	}
	scope, err := a.For(permission.LaunchWrite, of.ID)
	if err != nil {
		return w, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		w, err = s.askWaiver(ctx, tx, a, of, c, in)
		return err
	})
	return w, err
}

func (s *Service) askWaiver(ctx context.Context, tx *db.Tx, a permission.Actor, of customer.Customer, c Condition, in NewWaiver) (w Waiver, err error) {
	p := s.printer(of.Language, of.TimeZone)
	row := waiverRow{ID: id.New(), Key: c.Key, Title: c.Text.In(of.Language), Reason: in.Reason, Owner: in.Owner, ExpiresAt: db.At(in.ExpiresAt), CreatedBy: a.Name, Version: 1,
		CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
	text := "# " + p.T("launch.waiver.title", "condition", row.Title) + "\n\n" + p.T("launch.waiver.without", "condition", c.Help.In(of.Language)) + "\n\n- " + p.T("launch.waiver.of_customer", "name", of.Name) +
		"\n- " + p.T("launch.waiver.of_owner", "name", in.Owner) + "\n- " + p.T("launch.waiver.of_until", "at", p.UTC(in.ExpiresAt)) + "\n\n" + in.Reason + "\n"
	asked, err := s.Approvals.Request(ctx, tx, a, approval.NewApproval{Purpose: WaiverPurpose, RecordType: "launch_waiver", RecordID: row.ID,
		Title: p.T("launch.waiver.title", "condition", row.Title), Content: []byte(text), MediaType: approval.Markdown, Statement: p.T("launch.waiver.statement"),
		Roles: []permission.Role{permission.Approver}, Expires: in.ExpiresAt})
	if err != nil {
		return w, err
	}
	row.ApprovalID = asked.ID
	if _, err := tx.Insert(ctx, "launch_waiver", row, ""); err != nil {
		return w, fmt.Errorf("ask for a waiver: %w", err)
	}
	if w, err = getWaiver(ctx, tx, row.ID); err != nil {
		return w, err
	}
	return w, audit.Write(ctx, tx, a, "create", w.record(), nil, map[string]any{"condition": w.Key, "reason": w.Reason, "owner": w.Owner, "expires_at": w.ExpiresAt})
}

func getWaiver(ctx context.Context, tx *db.Tx, ref string) (w Waiver, err error) {
	if !id.Valid(ref) {
		return w, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &w, `SELECT `+WaiverSpec.Columns+` FROM `+WaiverSpec.From+` WHERE w.id = ?`, ref)
	return w, err
}

// Waiver reads one. Faults: not_found, forbidden.
func (s *Service) Waiver(ctx context.Context, a permission.Actor, ref string) (w Waiver, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		w, err = getWaiver(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Waiver{}, err
	}
	return w, a.Require(permission.LaunchRead)
}

// Waivers gives a page of the list. Faults: forbidden.
func (s *Service) Waivers(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Waiver], error) {
	return permission.Page[Waiver](ctx, s.DB, a, permission.LaunchRead, WaiverSpec, q)
}

// RevokeWaiver ends a waiver: the condition counts again. A request that is still open is withdrawn. Faults: not_found, forbidden, conflict, stale.
func (s *Service) RevokeWaiver(ctx context.Context, a permission.Actor, ref string, expected int64) (w Waiver, err error) {
	before, err := s.Waiver(ctx, a, ref)
	if err != nil {
		return w, err
	}
	scope, err := a.For(permission.LaunchWrite, before.CustomerID)
	if err != nil {
		return w, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE {launch_waiver} SET version = version WHERE id = ?`, before.ID); err != nil {
			return err
		}
		if w, err = getWaiver(ctx, tx, before.ID); err != nil {
			return err
		}
		if expected != 0 && expected != w.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		if !w.RevokedAt.IsZero() {
			return fault.New(fault.Conflict, "launch.waiver.is_revoked")
		}
		was := w.Status(tx.Now())
		if _, err := tx.Exec(ctx, `UPDATE {launch_waiver} SET revoked_at = ?, version = version + 1, updated_at = ? WHERE id = ?`, tx.Now(), tx.Now(), w.ID); err != nil {
			return fmt.Errorf("revoke waiver: %w", err)
		}
		if w, err = getWaiver(ctx, tx, w.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "revoke", w.record(), map[string]any{"status": was}, map[string]any{"status": WaiverRevoked})
	})
	if err == nil && w.Signature == approval.Requested {
		err = s.withdraw(ctx, a, db.Null(w.ApprovalID), w.Title)
	}
	return w, err
}
