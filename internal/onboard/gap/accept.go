package gap

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/catalogue"
	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/approval"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Purpose is what acceptances are signed for.
const Purpose = "gap-acceptance"

// longest is how far away an acceptance may end: what nobody looks at for longer is no decision any more.
const longest = 366 * 24 * time.Hour

// NewAcceptance asks the customer to live with a failure.
type NewAcceptance struct {
	Gap    string    `json:"gap" doc:"Id of a gap that fails."`
	Reason string    `json:"reason" doc:"Why the customer can live with it; the approver reads it."`
	Until  time.Time `json:"until" doc:"When it is over; a year at most."`
}

// Validate names every bad field.
func (n *NewAcceptance) Validate(now time.Time) error {
	var bad fault.Fields
	n.Reason = strings.TrimSpace(n.Reason)
	if c := utf8.RuneCountInString(n.Reason); c < 10 || c > 2000 {
		bad.Add("reason", "approval.field.text", "min", 10, "max", 2000)
	}
	switch {
	case n.Until.IsZero() || !n.Until.After(now):
		bad.Add("until", "approval.field.past")
	case n.Until.After(now.Add(longest)):
		bad.Add("until", "gap.field.far")
	}
	return bad.Err()
}

// Accept asks a customer's approver to sign that the failure is lived with. Faults: not_found, forbidden, invalid, conflict (it does not fail, or
// somebody has asked already).
func (s *Service) Accept(ctx context.Context, a permission.Actor, in NewAcceptance, language string) (x Acceptance, err error) {
	g, err := s.Gap(ctx, a, in.Gap)
	if err != nil {
		return x, err
	}
	scope, err := a.For(permission.GapWrite, g.CustomerID)
	if err != nil {
		return x, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if err := in.Validate(tx.Now().Time); err != nil {
			return err
		}
		if g.Verdict != control.Fail {
			return fault.New(fault.Conflict, "gap.not_failing")
		}
		var open []string
		if err := tx.Select(ctx, &open, `SELECT x.id FROM {acceptance} x JOIN {approval} v ON v.id = x.approval_id WHERE x.gap_id = ? AND x.state = ? AND v.state = 'requested'`, g.ID, Asked); err != nil {
			return err
		}
		if len(open) > 0 {
			return fault.New(fault.Conflict, "gap.asked_already")
		}
		x = Acceptance{CustomerID: g.CustomerID, ID: id.New(), GapID: g.ID, Reason: in.Reason, Until: db.At(in.Until), State: Asked, RequestedBy: a.Name, Version: 1,
			CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		v, err := s.approvals.Request(ctx, tx, a, approval.NewApproval{Purpose: Purpose, RecordType: kind, RecordID: g.ID, Title: s.title(g.Control, language) + " · " + cut(g.SubjectName, 80),
			Content: []byte(s.content(g, x, language)), MediaType: approval.Markdown, Statement: statement(language), Roles: []permission.Role{permission.Approver}, Expires: in.Until})
		if err != nil {
			return err
		}
		x.ApprovalID = v.ID
		if _, err := tx.Insert(ctx, "acceptance", x, ""); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "gap.accept", audit.Record{Type: kind, ID: g.ID, Name: g.Control + " · " + g.SubjectName}, nil,
			map[string]any{"reason": x.Reason, "until": x.Until, "approval": x.ApprovalID})
	})
	return x, err
}

// Acceptance reads one. Faults: not_found, forbidden.
func (s *Service) Acceptance(ctx context.Context, a permission.Actor, ref string) (x AcceptanceRow, err error) {
	if !id.Valid(ref) {
		return x, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &x, `SELECT `+AcceptanceSpec.Columns+` FROM `+AcceptanceSpec.From+` WHERE x.id = ?`, ref)
	})
	if err == nil {
		err = a.Require(permission.GapRead)
	}
	return x, err
}

// languageOf is the language in which a customer's approver reads what is signed.
func (s *Service) languageOf(ctx context.Context, a permission.Actor, customer string) (language string) {
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &language, `SELECT language FROM {customer} WHERE id = ?`, customer)
	})
	if err != nil {
		return a.Language
	}
	return language
}

func (s *Service) title(ctl, language string) string {
	if c := s.catalogue.Find(ctl); c != nil {
		return cut(c.Title.In(language), 110)
	}
	return ctl
}

// content is exactly what is signed.
func (s *Service) content(g Row, x Acceptance, language string) string {
	c := s.catalogue.Find(g.Control)
	if c == nil {
		c = &control.Control{ID: g.Control, Title: catalogue.Text{EN: g.Control, FR: g.Control}}
	}
	words := map[string][6]string{
		"en": {"Failing control", "Concerns", "Severity", "Why it matters", "Why we live with it", "Until"},
		"fr": {"Contrôle en échec", "Concerne", "Gravité", "Pourquoi c'est important", "Pourquoi nous l'acceptons", "Jusqu'au"},
	}[language]
	if words[0] == "" {
		words = [6]string{"Failing control", "Concerns", "Severity", "Why it matters", "Why we live with it", "Until"}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s:** %s (%s)\n\n", words[0], c.Title.In(language), g.Control)
	fmt.Fprintf(&b, "**%s:** %s %s\n\n", words[1], g.SubjectName, g.Account)
	fmt.Fprintf(&b, "**%s:** %s\n\n", words[2], g.Severity)
	fmt.Fprintf(&b, "**%s:** %s\n\n", words[3], c.Rationale.In(language))
	fmt.Fprintf(&b, "**%s:** %s\n\n", words[4], x.Reason)
	fmt.Fprintf(&b, "**%s:** %s\n", words[5], x.Until.UTC().Format("2006-01-02 15:04 UTC"))
	return b.String()
}

func statement(language string) string {
	if language == "fr" {
		return "Je connais ce risque et l'accepte au nom de mon entreprise jusqu'à la date indiquée."
	}
	return "I know this risk and accept it for my company until the date given."
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Signed takes a signature in: the gap counts as accepted from now on. It hangs on the approvals of Purpose, and may be called more than once.
func (s *Service) Signed(ctx context.Context, v approval.Approval) error {
	system := s.system(v.CustomerID)
	return s.db.InScope(ctx, system.Scope(), func(tx *db.Tx) error {
		var x Acceptance
		err := tx.Get(ctx, &x, `SELECT `+db.Columns[Acceptance]("")+` FROM {acceptance} WHERE approval_id = ? AND state = ?`, v.ID, Asked)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE {acceptance} SET state = ?, signed_by = ?, signed_at = ?, version = version + 1, updated_at = ? WHERE id = ?`, InForce, v.SignerName, v.ClosedAt, tx.Now(), x.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE {gap} SET acceptance_id = ? WHERE id = ?`, x.ID, x.GapID); err != nil {
			return err
		}
		return s.recount(ctx, tx, []string{x.GapID})
	})
}

// recount brings the verdict of gaps to what counts now.
func (s *Service) recount(ctx context.Context, tx *db.Tx, gaps []string) error {
	until, err := inForce(ctx, tx)
	if err != nil {
		return err
	}
	var rows []Gap
	if err := tx.Select(ctx, &rows, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.id IN (`+db.Marks(len(gaps))+`)`, db.Anys(gaps)...); err != nil {
		return err
	}
	var changes []Change
	for i := range rows {
		g := &rows[i]
		before := g.Verdict
		if g.Verdict = counted(g.Judged, until[g.ID], tx.Now().Time); g.Verdict == before {
			continue
		}
		g.Since, g.UpdatedAt, g.Version = tx.Now(), tx.Now(), g.Version+1
		changes = append(changes, Change{ID: id.New(), GapID: g.ID, At: tx.Now(), Before: before, After: g.Verdict, Reason: "acceptance"})
		if _, err := tx.Exec(ctx, `UPDATE {gap} SET verdict = ?, since = ?, updated_at = ?, version = ? WHERE id = ?`, string(g.Verdict), g.Since, g.UpdatedAt, g.Version, g.ID); err != nil {
			return err
		}
		live.Changed(tx, kind, g.ID)
	}
	if len(changes) == 0 {
		return nil
	}
	if _, err := tx.Insert(ctx, "gap_change", changes, ""); err != nil {
		return err
	}
	return summarise(ctx, tx)
}

// Sweep ends acceptances that have run out, each in the scope of its own customer. It hangs on the tick.
func (s *Service) Sweep(ctx context.Context) error {
	var over []Acceptance
	err := s.db.Across(ctx, "acceptances of all customers that have run out", func(tx *db.Tx) error {
		return tx.Select(ctx, &over, `SELECT `+db.Columns[Acceptance]("")+` FROM {acceptance} WHERE state = ? AND until <= ? ORDER BY until LIMIT 200`, InForce, tx.Now())
	})
	if err != nil {
		return fmt.Errorf("sweep acceptances: %w", err)
	}
	for _, x := range over {
		if err := s.db.InScope(ctx, s.system(x.CustomerID).Scope(), func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE {acceptance} SET state = ?, version = version + 1, updated_at = ? WHERE id = ? AND state = ?`, Over, tx.Now(), x.ID, InForce); err != nil {
				return err
			}
			return s.recount(ctx, tx, []string{x.GapID})
		}); err != nil {
			return fmt.Errorf("end an acceptance: %w", err)
		}
	}
	return nil
}
