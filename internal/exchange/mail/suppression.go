package mail

import (
	"context"
	"fmt"
	"strings"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// suppressionRow is an address that gets no mail any more.
type suppressionRow struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Email      string  `db:"email"`
	Reason     string  `db:"reason"` // refused or bounced
	MessageID  db.Null `db:"message_id"`
	ReplyText  string  `db:"reply_text"`
	CreatedAt  db.Time `db:"created_at"`
	Version    int64   `db:"version"`
}

// Suppression is an address to which mail of a customer is not sent any more, since it came back for good.
type Suppression struct {
	ID        string  `json:"id"`
	Customer  string  `json:"customer" doc:"Slug; empty for mail about the instance itself."`
	Email     string  `json:"email"`
	Reason    string  `json:"reason" enum:"refused,bounced" doc:"refused: the server said so at once. bounced: word came back later."`
	Mail      string  `json:"mail" doc:"The message that came back."`
	ReplyText string  `json:"reply_text"`
	CreatedAt db.Time `json:"created_at"`
	Version   int64   `json:"version"`
}

// Revision makes the ETag.
func (s Suppression) Revision() int64 { return s.Version }

type suppressionLog struct {
	suppressionRow
	Slug db.Null `db:"slug"`
}

func (r suppressionLog) shown() Suppression {
	return Suppression{ID: r.ID, Customer: string(r.Slug), Email: r.Email, Reason: r.Reason, Mail: string(r.MessageID), ReplyText: r.ReplyText, CreatedAt: r.CreatedAt, Version: r.Version}
}

// SuppressionSpec is how suppressed addresses are listed.
var SuppressionSpec = list.Spec{
	From: "{mail_suppression} s LEFT JOIN {customer} k ON k.id = s.customer_id", Columns: db.Columns[suppressionRow]("s.") + ", k.slug", Key: "s.id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "id", Column: "s.id", Kind: list.ID, Filter: true},
		{Name: "email", Column: "s.email", Kind: list.Text, Sort: true, Filter: true},
		{Name: "reason", Column: "s.reason", Kind: list.Choice, Values: []string{"refused", "bounced"}, Filter: true},
		{Name: "created_at", Column: "s.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
	Search: list.Words("s.email"),
}

// suppress marks the address of a message: no mail goes there until somebody lifts it.
func suppress(ctx context.Context, tx *db.Tx, r messageRow, reason, text string) error {
	_, err := tx.Insert(ctx, "mail_suppression", suppressionRow{CustomerID: r.CustomerID, ID: id.New(), Email: strings.ToLower(r.ToEmail), Reason: reason, MessageID: db.Null(r.ID),
		ReplyText: text, CreatedAt: tx.Now(), Version: 1}, "(customer_id, email) DO NOTHING")
	return err
}

func suppressed(ctx context.Context, tx *db.Tx, customer, email string) (bool, error) {
	var found string
	err := tx.Get(ctx, &found, `SELECT id FROM {mail_suppression} WHERE customer_id = ? AND email = ?`, customer, strings.ToLower(email))
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// Suppressions lists a page of suppressed addresses. Faults: forbidden, invalid.
func (s *Service) Suppressions(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Suppression], err error) {
	if err := a.Require(permission.MailRead); err != nil {
		return page, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, SuppressionSpec, q, suppressionLog.shown)
		return err
	})
	return page, err
}

// Suppression reads one. Faults: not_found, forbidden.
func (s *Service) Suppression(ctx context.Context, a permission.Actor, ref string) (Suppression, error) {
	r, err := s.findSuppression(ctx, a, ref)
	if err != nil {
		return Suppression{}, err
	}
	return r.shown(), a.Require(permission.MailRead)
}

func (s *Service) findSuppression(ctx context.Context, a permission.Actor, ref string) (r suppressionLog, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &r, `SELECT `+SuppressionSpec.Columns+` FROM `+SuppressionSpec.From+` WHERE s.id = ?`, ref)
	})
	return r, err
}

// Lift lets mail go to the address again. Faults: not_found, forbidden, stale.
func (s *Service) Lift(ctx context.Context, a permission.Actor, ref string, version int64) error {
	r, err := s.findSuppression(ctx, a, ref)
	if err != nil {
		return err
	}
	scope, err := a.For(permission.MailWrite, r.CustomerID)
	if err != nil {
		return err
	}
	if version != 0 && version != r.Version {
		return fault.New(fault.Stale, "fault.stale")
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM {mail_suppression} WHERE id = ? AND version = ?`, r.ID, r.Version)
		if err != nil {
			return fmt.Errorf("lift suppression: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		return audit.Write(ctx, tx, a, "mail.lift", audit.Record{Type: "mail_suppression", ID: r.ID, Name: r.Email}, r.shown(), nil)
	})
}
