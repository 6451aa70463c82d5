package estimate

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// prefix begins the number of an issued estimate: EST-7.
const prefix = "EST-"

// change finds an estimate, checks the right and the version of the record, and changes it in the scope of its customer.
func (s *Service) change(ctx context.Context, a permission.Actor, need permission.Action, ref string, version int64, f func(*db.Tx, listed) (Estimate, error)) (out Estimate, err error) {
	var found listed
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		found, err = find(ctx, tx, ref)
		return err
	})
	if err != nil {
		return out, err
	}
	scope, err := a.For(need, found.CustomerID)
	if err != nil {
		return out, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		// Whoever waits here for another change reads what that has left.
		var held string
		if err := tx.Get(ctx, &held, `SELECT e.id FROM {estimate} e WHERE e.id = ?`+tx.ForUpdate(), found.ID); err != nil {
			return err
		}
		before, err := find(ctx, tx, found.ID)
		if err != nil {
			return err
		}
		if version != 0 && version != before.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		out, err = f(tx, before)
		return err
	})
	return out, err
}

func (s *Service) store(ctx context.Context, tx *db.Tx, a permission.Actor, action string, before listed, after row) (Estimate, error) {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now()
	n, err := tx.Exec(ctx, `UPDATE {estimate} SET reference = ?, title = ?, state = ?, assessment_id = ?, latest = ?, tier = ?, currency = ?, setup_low = ?, setup_likely = ?, setup_high = ?, month_low = ?,
		month_likely = ?, month_high = ?, missing = ?, issued_at = ?, issued_by = ?, updated_at = ?, version = ? WHERE id = ? AND version = ?`,
		after.Reference, after.Title, string(after.State), after.AssessmentID, after.Latest, after.Tier, after.Currency, after.SetupLow, after.SetupLikely, after.SetupHigh, after.MonthLow,
		after.MonthLikely, after.MonthHigh, after.Missing, after.IssuedAt, after.IssuedBy, after.UpdatedAt, after.Version, after.ID, before.Version)
	if err != nil {
		return Estimate{}, fmt.Errorf("%s estimate: %w", action, err)
	}
	if n == 0 {
		return Estimate{}, fault.New(fault.Stale, "fault.stale")
	}
	out := listed{after, before.Slug}.shown()
	return out, audit.Write(ctx, tx, a, action, after.record(), before.shown().trail(), out.trail())
}

// locked refuses a change of what was issued.
func (l listed) locked() error {
	if l.State == Draft {
		return nil
	}
	return fault.New(fault.Conflict, "estimates.locked", "reference", l.Reference)
}

// Update changes the title of a draft; version 0 takes any. Faults: not_found, forbidden, invalid, stale, conflict.
func (s *Service) Update(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeEstimate) (Estimate, error) {
	return s.change(ctx, a, permission.EstimateWrite, ref, version, func(tx *db.Tx, before listed) (Estimate, error) {
		after := before.row
		if in.Title != nil {
			after.Title = strings.TrimSpace(*in.Title)
		}
		var bad fault.Fields
		checkText(&bad, "title", after.Title, true)
		if err := bad.Err(); err != nil {
			return Estimate{}, err
		}
		if err := before.locked(); err != nil {
			return Estimate{}, err
		}
		if after.Title == before.Title {
			return before.shown(), nil
		}
		return s.store(ctx, tx, a, "update", before, after)
	})
}

// Compute makes a new version of a draft, by the model and the answers of today. Faults: not_found, forbidden, invalid, stale, conflict.
func (s *Service) Compute(ctx context.Context, a permission.Actor, ref string, version int64, in NewVersion) (Estimate, error) {
	return s.change(ctx, a, permission.EstimateWrite, ref, version, func(tx *db.Tx, before listed) (Estimate, error) {
		var bad fault.Fields
		in.Note = strings.TrimSpace(in.Note)
		checkText(&bad, "note", in.Note, false)
		if err := bad.Err(); err != nil {
			return Estimate{}, err
		}
		if err := before.locked(); err != nil {
			return Estimate{}, err
		}
		last, err := versionOf(ctx, tx, before.ID, before.Latest)
		if err != nil {
			return Estimate{}, err
		}
		base := Assessed{Answers: last.Answers.V}
		if before.AssessmentID != "" {
			fresh, err := s.assessed(ctx, tx, string(before.AssessmentID))
			if err != nil {
				return Estimate{}, err
			}
			// What was added by hand stays; what the assessment says wins.
			base.Answers = with(base.Answers, fresh.Answers)
		}
		v, err := s.version(tx, a, before.ID, before.Latest+1, with(base.Answers, in.Answers), in.WhatIf, in.Note)
		if err != nil {
			return Estimate{}, err
		}
		if _, err := tx.Insert(ctx, "estimate_version", v, ""); err != nil {
			return Estimate{}, fmt.Errorf("compute estimate: %w", err)
		}
		after := before.row
		after.sums(v.shown())
		return s.store(ctx, tx, a, "compute", before, after)
	})
}

// Issue gives a draft its number and locks it; the one that it replaces is superseded. Faults: not_found, forbidden, stale, conflict.
func (s *Service) Issue(ctx context.Context, a permission.Actor, ref string, version int64) (Estimate, error) {
	return s.change(ctx, a, permission.EstimateIssue, ref, version, func(tx *db.Tx, before listed) (Estimate, error) {
		if err := before.locked(); err != nil {
			return Estimate{}, err
		}
		number, err := take(ctx, tx)
		if err != nil {
			return Estimate{}, err
		}
		if before.ReplacesID != "" {
			old, err := find(ctx, tx, string(before.ReplacesID))
			if err != nil {
				return Estimate{}, err
			}
			gone := old.row
			gone.State = Superseded
			if _, err := s.store(ctx, tx, a, "supersede", old, gone); err != nil {
				return Estimate{}, err
			}
		}
		after := before.row
		after.State, after.Reference, after.IssuedAt, after.IssuedBy = Issued, prefix+strconv.FormatInt(number, 10), tx.Now(), a.Name
		return s.store(ctx, tx, a, "issue", before, after)
	})
}

// take is the next number: a row that whoever issues holds until they are done, so that no number comes twice or is left out.
func take(ctx context.Context, tx *db.Tx) (number int64, err error) {
	type counter struct {
		ID   int64 `db:"id"`
		Last int64 `db:"last"`
	}
	if _, err := tx.Insert(ctx, "estimate_number", counter{ID: 1}, "(id) DO NOTHING"); err != nil {
		return 0, fmt.Errorf("number of an estimate: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE {estimate_number} SET last = last + 1 WHERE id = 1`); err != nil {
		return 0, fmt.Errorf("number of an estimate: %w", err)
	}
	err = tx.Get(ctx, &number, `SELECT n.last FROM {estimate_number} n WHERE n.id = 1`)
	return number, err
}

// Revise makes a draft that will take the place of an issued estimate, computed by the model and the answers of today. Faults: not_found,
// forbidden, conflict.
func (s *Service) Revise(ctx context.Context, a permission.Actor, ref string) (Estimate, error) {
	return s.change(ctx, a, permission.EstimateWrite, ref, 0, func(tx *db.Tx, before listed) (Estimate, error) {
		if before.State != Issued {
			return Estimate{}, fault.New(fault.Conflict, "estimates.not_issued")
		}
		var open int64
		if err := tx.Get(ctx, &open, `SELECT COUNT(*) FROM {estimate} e WHERE e.replaces_id = ?`, before.ID); err != nil {
			return Estimate{}, err
		}
		if open > 0 {
			return Estimate{}, fault.New(fault.Conflict, "estimates.revised_already")
		}
		last, err := versionOf(ctx, tx, before.ID, before.Latest)
		if err != nil {
			return Estimate{}, err
		}
		var base Assessed
		if before.AssessmentID != "" {
			if base, err = s.assessed(ctx, tx, string(before.AssessmentID)); err != nil {
				return Estimate{}, err
			}
		}
		r := row{ID: id.New(), Title: before.Title, State: Draft, AssessmentID: before.AssessmentID, ReplacesID: db.Null(before.ID), CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		v, err := s.version(tx, a, r.ID, 1, with(last.Answers.V, base.Answers), last.WhatIf.V, "")
		if err != nil {
			return Estimate{}, err
		}
		return s.insert(ctx, tx, a, "revise", r, v)
	})
}
