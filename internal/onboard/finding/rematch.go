package finding

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/live"
)

// matchPage is how many findings are matched at once.
const matchPage = 1000

// Rematch matches the customer's findings anew: after discovery has found CIs, and an evaluation has judged them.
func (s *Service) Rematch(ctx context.Context, customer string) error {
	return s.DB.InScope(ctx, s.System(customer).Scope(), func(tx *db.Tx) error { return s.match(ctx, tx, "") })
}

type matched struct {
	about
	Frameworks db.JSON[[]Framework] `db:"frameworks"`
	Subject    db.Null              `db:"subject_id"`
	CI         db.Null              `db:"ci_id"`
	Control    db.Null              `db:"control"`
}

// match goes over the findings that are not resolved (of one import, if it is given), a page at a time; what is resolved keeps what it was matched with.
func (s *Service) match(ctx context.Context, tx *db.Tx, imp string) error {
	accounts, err := accountsOf(ctx, tx)
	if err != nil {
		return err
	}
	changed := false
	for last := ""; ; {
		var rows []matched
		where, args := "f.status <> 'resolved'", []any{}
		if imp != "" {
			where, args = where+" AND f.import_id = ?", append(args, imp)
		}
		if last != "" {
			where, args = where+" AND f.id > ?", append(args, last)
		}
		if err := tx.Select(ctx, &rows, `SELECT f.id, f.account, f.region, f.resource, f.resource_type, f.frameworks, m.subject_id, m.ci_id, m.control FROM {finding} f
			LEFT JOIN {finding_match} m ON m.customer_id = f.customer_id AND m.finding_id = f.id WHERE `+where+` ORDER BY f.id LIMIT ?`, append(args, matchPage)...); err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		last = rows[len(rows)-1].ID
		all := make([]target, len(rows))
		if err := s.subjects(ctx, tx, rows, accounts, all); err != nil {
			return err
		}
		var now []Match
		var none []string
		for i, r := range rows {
			m := all[i]
			switch {
			case m.id == "" && r.Subject != "":
				none = append(none, r.ID)
			case m.id != "" && (string(r.Subject) != m.id || string(r.CI) != m.ci || string(r.Control) != m.control):
				now = append(now, Match{FindingID: r.ID, SubjectID: m.id, CIID: db.Null(m.ci), Control: m.control})
			}
		}
		changed = changed || len(now)+len(none) > 0
		if _, err := tx.Insert(ctx, "finding_match", now, `(customer_id, finding_id) DO UPDATE SET subject_id = excluded.subject_id, ci_id = excluded.ci_id, control = excluded.control`); err != nil {
			return fmt.Errorf("store matches: %w", err)
		}
		for some := range slices.Chunk(none, atOnce) {
			if _, err := tx.Exec(ctx, `DELETE FROM {finding_match} WHERE finding_id IN (`+db.Marks(len(some))+`)`, db.Anys(some)...); err != nil {
				return err
			}
		}
	}
	if changed {
		live.Changed(tx, kind, "")
	}
	return nil
}

// target is what a finding is about, and the control that says the same.
type target struct{ id, ci, control string }

// subjects finds them for a page, by a few statements.
func (s *Service) subjects(ctx context.Context, tx *db.Tx, rows []matched, accounts map[string]string, out []target) error {
	var names []string
	for _, r := range rows {
		if r.itself() == "" {
			names = append(names, r.names()...)
		}
	}
	slices.Sort(names)
	found, err := s.Find(ctx, tx, slices.Compact(names))
	if err != nil {
		return err
	}
	byName := map[string][]Candidate{}
	for _, c := range found {
		byName[c.Name] = append(byName[c.Name], c)
	}
	var ids, controls []string
	for i, r := range rows {
		for _, f := range r.Frameworks.V {
			controls = append(controls, s.byKey[f.Key()]...)
		}
		if number := r.itself(); number != "" {
			out[i].id = accounts[number]
		} else {
			var all []Candidate
			for _, name := range r.names() {
				all = append(all, byName[name]...)
			}
			out[i].ci = choose(r.about, all)
			out[i].id = out[i].ci
		}
		if out[i].id != "" {
			ids = append(ids, out[i].id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Sort(controls)
	controls = slices.Compact(controls)
	judged := map[string][]Verdict{}
	for some := range slices.Chunk(ids, atOnce) {
		if len(controls) == 0 {
			break
		}
		all, err := s.Verdicts(ctx, tx, some, controls)
		if err != nil {
			return err
		}
		for _, v := range all {
			judged[v.SubjectID] = append(judged[v.SubjectID], v)
		}
	}
	for i, r := range rows {
		if out[i].id != "" {
			out[i].control = same(r.Frameworks.V, s.byKey, judged[out[i].id])
		}
	}
	return nil
}
