package gap

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/audit"
)

const (
	pageSize  = 2000 // CIs judged at once
	batchSize = 2000 // rows written in one transaction
	// maxDrift is how many entries of drift one evaluation writes; a whole region that goes wrong is one story, not ten thousand.
	maxDrift = 500
)

// judgement is what the engine said now of one control and subject.
type judgement struct {
	gap      Gap // without id, times and decisions of people
	evidence []byte
}

// Execute carries an evaluation out. What another process has ended is left alone. It may be called more than once.
func (s *Service) Execute(ctx context.Context, customer, runID string) error {
	scope := s.system(customer).Scope()
	var r Run
	var n *snapshot
	err := s.db.InScope(ctx, scope, func(tx *db.Tx) (err error) {
		if err := tx.Get(ctx, &r, `SELECT `+db.Columns[Run]("")+` FROM {gap_run} WHERE id = ?`, runID); err != nil || !r.FinishedAt.IsZero() {
			return err
		}
		r.State, r.StartedAt = Running, tx.Now()
		live.Changed(tx, runKind, r.ID)
		return storeRun(ctx, tx, &r)
	})
	if fault.Is(err, fault.NotFound) || err == nil && !r.FinishedAt.IsZero() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("begin evaluation: %w", err)
	}
	if err = s.db.View(ctx, scope, func(tx *db.Tx) (err error) {
		n, err = s.read(ctx, tx, customer)
		return err
	}); err == nil {
		w := &writer{s: s, scope: scope, run: &r, live: n.customer.Phase == "live"}
		r.Controls, r.Subjects, r.Changed, r.Drifted, r.Counts.V = int64(len(s.catalogue.All())), 0, 0, 0, map[control.Verdict]int{}
		err = s.judge(ctx, scope, n, w)
	}
	if err != nil && ctx.Err() != nil {
		return err // the process ends: the task comes back
	}
	r.State = Done
	if err != nil {
		r.State, r.Message = Failed, "fault.internal"
		s.log.ErrorContext(ctx, "evaluation of gaps failed", "run", r.ID, "error", err)
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		r.FinishedAt = tx.Now()
		if r.State == Done {
			if err := summarise(ctx, tx); err != nil {
				return err
			}
		}
		live.Changed(tx, kind, r.ID)
		live.Changed(tx, runKind, r.ID)
		return storeRun(ctx, tx, &r)
	})
}

func storeRun(ctx context.Context, tx *db.Tx, r *Run) error {
	r.Version++
	_, err := tx.Exec(ctx, `UPDATE {gap_run} SET state = ?, controls = ?, subjects = ?, counts = ?, changed = ?, drifted = ?, message = ?, started_at = ?, finished_at = ?, version = ? WHERE id = ?`,
		string(r.State), r.Controls, r.Subjects, r.Counts, r.Changed, r.Drifted, r.Message, r.StartedAt, r.FinishedAt, r.Version, r.ID)
	return err
}

// judge goes over the CIs in the order of their ids, a page at a time, then over the subjects that are no CI.
func (s *Service) judge(ctx context.Context, scope db.Scope, n *snapshot, w *writer) error {
	types := s.catalogue.Types()
	last := ""
	for len(types) > 0 {
		var rows []ciRow
		var stored []Gap
		var at time.Time
		err := s.db.View(ctx, scope, func(tx *db.Tx) (err error) {
			at = tx.Now().Time
			if rows, err = pageOfCIs(ctx, tx, types, last, pageSize); err != nil {
				return err
			}
			upTo := ""
			if len(rows) == pageSize {
				upTo = rows[len(rows)-1].ID
			}
			stored, err = storedCIs(ctx, tx, last, upTo)
			return err
		})
		if err != nil {
			return err
		}
		judged, err := s.judgeCIs(n, rows, at)
		if err != nil {
			return err
		}
		if err := w.compare(ctx, judged, stored); err != nil {
			return err
		}
		w.run.Subjects += int64(len(rows))
		if len(rows) < pageSize {
			break
		}
		last = rows[len(rows)-1].ID
	}
	var stored []Gap
	var at time.Time
	if err := s.db.View(ctx, scope, func(tx *db.Tx) error {
		at = tx.Now().Time
		return tx.Select(ctx, &stored, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE g.subject_kind <> ?`, string(control.OfCI))
	}); err != nil {
		return err
	}
	judged, subjects, err := s.judgeOthers(n, at)
	if err != nil {
		return err
	}
	w.run.Subjects += int64(subjects)
	if err := w.compare(ctx, judged, stored); err != nil {
		return err
	}
	return w.flush(ctx)
}

// storedCIs gives the gaps of CIs after one id and up to another.
func storedCIs(ctx context.Context, tx *db.Tx, after, upTo string) (out []Gap, err error) {
	where, args := "g.subject_kind = ?", []any{string(control.OfCI)}
	if after != "" {
		where, args = where+" AND g.subject_id > ?", append(args, after)
	}
	if upTo != "" {
		where, args = where+" AND g.subject_id <= ?", append(args, upTo)
	}
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Gap]("g.")+` FROM {gap} g WHERE `+where+` ORDER BY g.subject_id`, args...)
	return out, err
}

// judgeCIs decodes and judges a page of CIs, on all processors.
func (s *Service) judgeCIs(n *snapshot, rows []ciRow, now time.Time) ([]judgement, error) {
	workers := max(1, min(runtime.GOMAXPROCS(0), len(rows)/100))
	parts := make([][]judgement, workers)
	faults := make([]error, workers)
	size := (len(rows) + workers - 1) / workers
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for j := i * size; j < min((i+1)*size, len(rows)); j++ {
				one, err := s.judgeCI(n, &rows[j], now)
				if err != nil {
					faults[i] = err
					return
				}
				parts[i] = append(parts[i], one...)
			}
		})
	}
	all.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(parts...), nil
}

func (s *Service) judgeCI(n *snapshot, r *ciRow, now time.Time) ([]judgement, error) {
	ci := n.looked[r.ID]
	if ci == nil {
		var err error
		if ci, err = n.ci(r); err != nil {
			return nil, err
		}
	}
	subject := &control.Subject{Kind: control.OfCI, CI: ci, ID: ci.ID, Name: ci.Name, Requirement: n.requirements.Of(string(r.WorkloadID), ci.Environment), Now: now}
	controls := s.catalogue.For(ci.Type)
	out := make([]judgement, 0, len(controls))
	for _, c := range controls {
		one, err := judged(c, subject, n, Gap{CIID: db.Null(ci.ID), WorkloadID: r.WorkloadID, Account: ci.Account, Environment: ci.Environment})
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// judgeOthers judges workloads, accounts and the customer.
func (s *Service) judgeOthers(n *snapshot, now time.Time) (out []judgement, subjects int, err error) {
	all := func(subject *control.Subject, g Gap) {
		subject.Now = now
		subjects++
		for _, c := range s.catalogue.Of(subject.Kind) {
			one, fault := judged(c, subject, n, g)
			if fault != nil {
				err = fault
				return
			}
			one.gap.SubjectID = g.SubjectID
			out = append(out, one)
		}
	}
	for _, w := range n.workloads {
		all(&control.Subject{Kind: control.OfWorkload, ID: w.ID, Name: w.Name, Requirement: n.requirements.Of(w.ID, w.Environment), Fields: map[string]any{"id": w.ID, "name": w.Name,
			"description": w.Description, "environment": w.Environment, "criticality": w.Criticality, "owner": w.Owner, "contacts": w.Contacts, "cis": w.CIs}},
			Gap{SubjectID: w.ID, WorkloadID: db.Null(w.ID), Environment: w.Environment})
	}
	for _, a := range n.accounts {
		all(&control.Subject{Kind: control.OfAccount, ID: a.AccountID, Name: a.Name, Requirement: n.requirements.Of("", ""), Fields: map[string]any{"id": a.AccountID, "name": a.Name, "status": a.Status,
			"organization": a.Organization}}, Gap{SubjectID: a.ID, Account: a.AccountID})
	}
	k := n.customer
	all(&control.Subject{Kind: control.OfCustomer, ID: k.ID, Name: k.Name, Requirement: n.requirements.Of("", ""), Fields: map[string]any{"id": k.ID, "slug": k.Slug, "name": k.Name, "phase": k.Phase,
		"country": k.Country, "accounts": int64(len(n.accounts)), "workloads": int64(len(n.workloads))}}, Gap{SubjectID: k.ID})
	return out, subjects, err
}

func judged(c *control.Control, subject *control.Subject, n *snapshot, g Gap) (judgement, error) {
	o := c.Evaluate(subject, n)
	g.Control, g.SubjectKind, g.SubjectID, g.SubjectName = c.ID, subject.Kind, subject.ID, subject.Name
	if g.SubjectName == "" {
		g.SubjectName = subject.ID
	}
	g.Area, g.Severity, g.SeverityRank, g.Judged = c.Area, c.Severity, rank(c.Severity), o.Verdict
	switch {
	case o.Verdict == control.Unknown && len(o.Evidence.Missing) > 0:
		g.Reason = o.Evidence.Missing[0].What
	case o.Verdict == control.NotApplicable:
		g.Reason = "condition"
	}
	g.Evidence.V = o.Evidence
	text, err := json.Marshal(o.Evidence)
	if err != nil {
		return judgement{}, fmt.Errorf("evidence of %s: %w", c.ID, err)
	}
	g.Digest = digest(&g, text)
	return judgement{gap: g, evidence: text}, nil
}

// digest tells two judgements apart without comparing evidence.
func digest(g *Gap, evidence []byte) string {
	h := fnv.New128a()
	for _, part := range []string{string(g.Judged), g.Reason, g.SubjectName, string(g.WorkloadID), g.Account, g.Environment, string(g.Area), string(g.Severity)} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	_, _ = h.Write(evidence)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// writer compares what was judged with what is stored, and writes the differences in batches.
type writer struct {
	s     *Service
	scope db.Scope
	run   *Run
	live  bool // the customer was launched: a pass that turns fail is drift
	rows  []Gap
	old   []control.Verdict // of rows, "" for new ones
}

type subjectKey struct{ subject, control string }

// compare notes the differences. What is stored and was not judged is gone, or its control is.
func (w *writer) compare(ctx context.Context, now []judgement, stored []Gap) error {
	before := make(map[subjectKey]*Gap, len(stored))
	for i := range stored {
		before[subjectKey{stored[i].SubjectID, stored[i].Control}] = &stored[i]
	}
	for _, j := range now {
		key := subjectKey{j.gap.SubjectID, j.gap.Control}
		old := before[key]
		delete(before, key)
		w.run.Counts.V[j.gap.Judged]++
		if old != nil && old.Digest == j.gap.Digest {
			continue
		}
		w.note(j.gap, old)
	}
	for i := range stored {
		old := &stored[i]
		if before[subjectKey{old.SubjectID, old.Control}] == nil || old.Reason == "gone" {
			continue
		}
		left := *old
		left.Judged, left.Reason, left.Evidence.V, left.Digest = control.NotApplicable, "gone", control.Evidence{}, ""
		w.note(left, old)
	}
	if len(w.rows) >= batchSize {
		return w.flush(ctx)
	}
	return nil
}

func (w *writer) note(g Gap, old *Gap) {
	was := control.Verdict("")
	if old != nil {
		was = old.Verdict
		g.ID, g.MeasureID, g.AcceptanceID, g.Since, g.Version, g.CreatedAt, g.Verdict = old.ID, old.MeasureID, old.AcceptanceID, old.Since, old.Version, old.CreatedAt, old.Verdict
	}
	w.rows, w.old = append(w.rows, g), append(w.old, was)
}

const overwrite = `(customer_id, subject_id, control) DO UPDATE SET subject_name = excluded.subject_name, workload_id = excluded.workload_id, account = excluded.account,
	environment = excluded.environment, area = excluded.area, severity = excluded.severity, severity_rank = excluded.severity_rank, judged = excluded.judged, verdict = excluded.verdict,
	reason = excluded.reason, evidence = excluded.evidence, digest = excluded.digest, run_id = excluded.run_id, since = excluded.since, version = excluded.version, updated_at = excluded.updated_at`

// flush writes what was noted, in transactions of some thousand rows.
func (w *writer) flush(ctx context.Context) error {
	for len(w.rows) > 0 {
		k := min(len(w.rows), batchSize)
		if err := w.s.db.InScope(ctx, w.scope, func(tx *db.Tx) error { return w.write(ctx, tx, w.rows[:k], w.old[:k]) }); err != nil {
			return fmt.Errorf("write gaps: %w", err)
		}
		w.rows, w.old = w.rows[k:], w.old[k:]
	}
	return nil
}

func (w *writer) write(ctx context.Context, tx *db.Tx, rows []Gap, old []control.Verdict) error {
	until, err := inForce(ctx, tx)
	if err != nil {
		return err
	}
	var changes []Change
	var drift []audit.Act
	for i := range rows {
		g := &rows[i]
		fresh := g.ID == ""
		if fresh {
			g.ID, g.Since, g.CreatedAt = id.New(), tx.Now(), tx.Now()
		}
		g.Verdict = counted(g.Judged, until[g.ID], tx.Now().Time)
		g.RunID, g.UpdatedAt, g.Version = w.run.ID, tx.Now(), g.Version+1
		if g.Verdict == old[i] {
			continue
		}
		if !fresh {
			g.Since = tx.Now()
		}
		c := Change{ID: id.New(), GapID: g.ID, RunID: db.Null(w.run.ID), At: tx.Now(), Before: old[i], After: g.Verdict, Reason: g.Reason,
			Drift: w.live && old[i] == control.Pass && g.Verdict == control.Fail}
		changes = append(changes, c)
		w.run.Changed++
		if c.Drift {
			if w.run.Drifted++; len(drift) < maxDrift {
				drift = append(drift, audit.Act{Action: "gap.drift", Record: audit.Record{Type: kind, ID: g.ID, Name: g.Control + " · " + g.SubjectName},
					Before: map[string]any{"verdict": old[i]}, After: map[string]any{"verdict": g.Verdict, "control": g.Control, "severity": g.Severity, "subject": g.SubjectName, "run": w.run.ID}})
			}
		}
	}
	if _, err := tx.Insert(ctx, "gap", rows, overwrite); err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, "gap_change", changes, ""); err != nil {
		return err
	}
	return audit.WriteAll(ctx, tx, w.s.system(w.run.CustomerID), drift)
}

// inForce gives, by gap, until when a signed acceptance of the customer holds.
func inForce(ctx context.Context, tx *db.Tx) (map[string]db.Time, error) {
	var rows []struct {
		GapID string  `db:"gap_id"`
		Until db.Time `db:"until"`
	}
	if err := tx.Select(ctx, &rows, `SELECT gap_id, until FROM {acceptance} WHERE state = ?`, InForce); err != nil {
		return nil, err
	}
	out := make(map[string]db.Time, len(rows))
	for _, r := range rows {
		if r.Until.After(out[r.GapID].Time) {
			out[r.GapID] = r.Until
		}
	}
	return out, nil
}

// summarise counts the verdicts anew.
func summarise(ctx context.Context, tx *db.Tx) error {
	var rows []Summary
	if err := tx.Select(ctx, &rows, `SELECT control, workload_id, area, severity, verdict, reason, count(*) AS n FROM {gap} g
		GROUP BY control, workload_id, area, severity, verdict, reason`); err != nil {
		return err
	}
	for i := range rows {
		rows[i].ID = id.New()
	}
	if _, err := tx.Exec(ctx, `DELETE FROM {gap_summary} WHERE n >= 0`); err != nil {
		return err
	}
	_, err := tx.Insert(ctx, "gap_summary", rows, "")
	return err
}

func chunks[T any](list []T, n int) iter.Seq[[]T] { return slices.Chunk(list, n) }
