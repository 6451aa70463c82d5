package plan

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// fed adds the records that statements feed, with names where the actor may read them.
func (s *Service) fed(ctx context.Context, tx *db.Tx, a permission.Actor, rows []statementRow) ([]Said, error) {
	out, ids := make([]Said, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], out[i] = r.ID, Said{Statement: r.Statement, Customer: r.Customer, Feeds: []Feed{}}
	}
	if len(rows) == 0 {
		return out, nil
	}
	var all []Feed
	if err := tx.Select(ctx, &all, `SELECT `+db.Columns[Feed]("f.")+` FROM {statement_feed} f WHERE f.statement_id IN (`+db.Marks(len(ids))+`) ORDER BY f.type, f.ref_id`, db.Anys(ids)...); err != nil {
		return nil, err
	}
	byType := map[string][]string{}
	for _, f := range all {
		byType[f.Type] = append(byType[f.Type], f.ID)
	}
	names := map[Ref]subject.Subject{}
	for kind, refs := range byType {
		k, ok := s.Subjects.Kind(kind)
		if !ok || !a.May(k.Read) {
			continue
		}
		found, err := s.Subjects.FindAll(ctx, tx, kind, refs)
		if err != nil {
			return nil, err
		}
		for ref, sub := range found {
			names[Ref{kind, ref}] = sub
		}
	}
	for _, f := range all {
		sub := names[Ref{f.Type, f.ID}]
		f.Name, f.Href = sub.Name, sub.Href
		i := slices.Index(ids, f.StatementID)
		out[i].Feeds = append(out[i].Feeds, f)
	}
	return out, nil
}

func (s *Service) oneSaid(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (out Said, err error) {
	r, err := findStatement(ctx, tx, ref)
	if err != nil {
		return out, err
	}
	all, err := s.fed(ctx, tx, a, []statementRow{r})
	if err != nil {
		return out, err
	}
	return all[0], nil
}

// Statement reads one. Faults: not_found, forbidden.
func (s *Service) Statement(ctx context.Context, a permission.Actor, ref string) (out Said, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) (err error) {
		out, err = s.oneSaid(ctx, tx, a, ref)
		return err
	})
	if err != nil {
		return Said{}, err
	}
	return out, nil
}

// Statements lists what was said in a meeting. Faults: not_found, forbidden.
func (s *Service) Statements(ctx context.Context, a permission.Actor, meeting string) (out []Said, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) error {
		m, err := findMeeting(ctx, tx, meeting)
		if err != nil {
			return err
		}
		var rows []statementRow
		if err := tx.Select(ctx, &rows, `SELECT `+StatementSpec.Columns+` FROM `+StatementSpec.From+` WHERE s.meeting_id = ? ORDER BY s.created_at, s.id`, m.ID); err != nil {
			return err
		}
		out, err = s.fed(ctx, tx, a, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Say writes down what somebody said. Faults: forbidden, invalid.
func (s *Service) Say(ctx context.Context, a permission.Actor, in NewStatement) (out Said, err error) {
	if err := a.Require(permission.PlanWrite); err != nil {
		return out, err
	}
	var plan string
	err = s.write(ctx, a, func(tx *db.Tx) (of string, err error) {
		of, plan, err = place(ctx, tx, in.Plan, in.Meeting)
		return of, err
	}, func(tx *db.Tx) error {
		v := Statement{ID: id.New(), PlanID: plan, MeetingID: db.Null(in.Meeting), Text: in.Text, SaidBy: in.SaidBy, CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		if err := v.check(); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "statement", v, ""); err != nil {
			return fmt.Errorf("write statement: %w", err)
		}
		if err := s.feed(ctx, tx, a, v.ID, in.Feeds); err != nil {
			return err
		}
		if out, err = s.oneSaid(ctx, tx, a, v.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", v.record(), nil, out)
	})
	return out, err
}

func (v Statement) check() error {
	var bad fault.Fields
	long(&bad, "text", v.Text, true)
	line(&bad, "said_by", v.SaidBy, false)
	return bad.Err()
}

// feed makes the named records those that a statement feeds; each must be one of the same customer that the actor may read. Faults: invalid.
func (s *Service) feed(ctx context.Context, tx *db.Tx, a permission.Actor, statement string, refs []Ref) error {
	var bad fault.Fields
	if len(refs) > maxMany {
		bad.Add("feeds", "plans.field.many", "max", maxMany)
		return bad.Err()
	}
	if _, err := tx.Exec(ctx, `DELETE FROM {statement_feed} WHERE statement_id = ?`, statement); err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	seen := map[Ref]bool{}
	for i, r := range refs {
		if seen[r] {
			continue
		}
		seen[r] = true
		if _, err := s.Subjects.Open(ctx, tx, a, r.Type, r.ID); err != nil {
			if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
				return err
			}
			bad.Add(fmt.Sprintf("feeds[%d]", i), "plans.field.feed")
			continue
		}
		if _, err := tx.Insert(ctx, "statement_feed", Feed{StatementID: statement, Type: r.Type, ID: r.ID}, ""); err != nil {
			return fmt.Errorf("feed: %w", err)
		}
	}
	return bad.Err()
}

// UpdateStatement changes one. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateStatement(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeStatement) (out Said, err error) {
	err = s.write(ctx, a, func(tx *db.Tx) (string, error) { v, err := findStatement(ctx, tx, ref); return v.CustomerID, err }, func(tx *db.Tx) error {
		before, err := s.oneSaid(ctx, tx, a, ref)
		if err == nil {
			err = current(version, before.Version)
		}
		if err != nil {
			return err
		}
		v := before.Statement
		set(&v.Text, in.Text)
		set(&v.SaidBy, in.SaidBy)
		if err := v.check(); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE {statement} SET text = ?, said_by = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`, v.Text, v.SaidBy, before.Version+1, tx.Now(), v.ID, before.Version)
		if err := once(n, err, "update statement"); err != nil {
			return err
		}
		if in.Feeds != nil {
			if err := s.feed(ctx, tx, a, v.ID, *in.Feeds); err != nil {
				return err
			}
		}
		if out, err = s.oneSaid(ctx, tx, a, ref); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", v.record(), before, out)
	})
	return out, err
}

// Feeders lists what statements feed a record, for its page. Faults: forbidden.
func (s *Service) Feeders(ctx context.Context, a permission.Actor, kind, ref string) (out []Said, err error) {
	if err := a.Require(permission.PlanRead); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		var rows []statementRow
		if err := tx.Select(ctx, &rows, `SELECT `+StatementSpec.Columns+` FROM `+StatementSpec.From+` JOIN {statement_feed} f ON f.customer_id = s.customer_id AND f.statement_id = s.id
			WHERE f.type = ? AND f.ref_id = ? ORDER BY s.created_at, s.id LIMIT 100`, kind, ref); err != nil {
			return err
		}
		out, err = s.fed(ctx, tx, a, rows)
		return err
	})
	return out, err
}
