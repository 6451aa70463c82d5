package gap

import (
	"cmp"
	"context"
	"slices"

	"vigie/internal/onboard/control"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// Heat is the verdicts at a glance: what stands where, and how much could be judged.
type Heat struct {
	Areas   []control.Area // that have any verdict
	Lines   []HeatLine
	Total   Tally
	Reasons []Reason // of what could not be judged
	// By severity, of what fails.
	Failing map[control.Severity]int64
}

// HeatLine is one workload, or one customer where several are shown. The line without a workload is of what belongs to none.
type HeatLine struct {
	Slug, Customer string
	WorkloadID     string
	Name           string
	Cells          map[control.Area]Tally
	Total          Tally
}

// Tally counts verdicts.
type Tally struct {
	Pass, Fail, Grave, Unknown, Accepted int64 // Grave are the failures that are critical or high
}

// Judged is the share of what a control applies to that it could decide, in per cent; -1 where there is nothing.
func (t Tally) Judged() int64 {
	all := t.Pass + t.Fail + t.Accepted + t.Unknown
	if all == 0 {
		return -1
	}
	return (all - t.Unknown) * 100 / all
}

func (t *Tally) add(v control.Verdict, s control.Severity, n int64) {
	switch v {
	case control.Pass:
		t.Pass += n
	case control.Fail:
		t.Fail += n
		if rank(s) <= 2 {
			t.Grave += n
		}
	case control.Unknown:
		t.Unknown += n
	case Accepted:
		t.Accepted += n
	}
}

// Reason is how much could not be judged for one kind of missing evidence.
type Reason struct {
	Reason string
	N      int64
}

// heatRow is what the heat map is drawn of.
type heatRow struct {
	Slug       string           `db:"slug"`
	Customer   string           `db:"customer_name"`
	WorkloadID db.Null          `db:"workload_id"`
	Workload   db.Null          `db:"workload_name"`
	Area       control.Area     `db:"area"`
	Severity   control.Severity `db:"severity"`
	Verdict    control.Verdict  `db:"verdict"`
	Reason     string           `db:"reason"`
	N          int64            `db:"n"`
}

// Heat draws the map of one customer (slug) by workload, or of all in sight by customer for "". Faults: forbidden.
func (s *Service) Heat(ctx context.Context, a permission.Actor, slug string) (Heat, error) {
	if err := a.Require(permission.GapRead); err != nil {
		return Heat{}, err
	}
	var h Heat
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if slug != "" {
			h, err = HeatOf(ctx, tx, slug)
			return err
		}
		var rows []heatRow
		err = tx.Select(ctx, &rows, `SELECT k.slug, k.name AS customer_name, x.area, x.severity, x.verdict, x.reason, sum(x.n) AS n
			FROM {gap_summary} x JOIN {customer} k ON k.id = x.customer_id GROUP BY k.slug, k.name, x.area, x.severity, x.verdict, x.reason`)
		h = draw(rows, false)
		return err
	})
	return h, err
}

// HeatOf draws the map of one customer (slug) by workload, in the caller's transaction.
func HeatOf(ctx context.Context, tx *db.Tx, slug string) (Heat, error) {
	var rows []heatRow
	err := tx.Select(ctx, &rows, `SELECT k.slug, k.name AS customer_name, x.workload_id, w.name AS workload_name, x.area, x.severity, x.verdict, x.reason, sum(x.n) AS n
		FROM {customer} k JOIN {gap_summary} x ON x.customer_id = k.id LEFT JOIN {workload} w ON w.customer_id = x.customer_id AND w.id = x.workload_id
		WHERE k.slug = ? GROUP BY k.slug, k.name, x.workload_id, w.name, x.area, x.severity, x.verdict, x.reason`, slug)
	return draw(rows, true), err
}

// draw is pure. The worst line stands first, what belongs to no workload last.
func draw(rows []heatRow, byWorkload bool) Heat {
	h := Heat{Failing: map[control.Severity]int64{}}
	lines, areas, reasons := map[string]*HeatLine{}, map[control.Area]bool{}, map[string]int64{}
	for _, r := range rows {
		if r.Verdict == control.NotApplicable {
			continue
		}
		key := r.Slug
		if byWorkload {
			key = string(r.WorkloadID)
		}
		l := lines[key]
		if l == nil {
			l = &HeatLine{Slug: r.Slug, Customer: r.Customer, WorkloadID: string(r.WorkloadID), Name: string(r.Workload), Cells: map[control.Area]Tally{}}
			lines[key] = l
		}
		cell := l.Cells[r.Area]
		cell.add(r.Verdict, r.Severity, r.N)
		l.Cells[r.Area] = cell
		l.Total.add(r.Verdict, r.Severity, r.N)
		h.Total.add(r.Verdict, r.Severity, r.N)
		areas[r.Area] = true
		switch r.Verdict {
		case control.Fail:
			h.Failing[r.Severity] += r.N
		case control.Unknown:
			reasons[r.Reason] += r.N
		}
	}
	for _, a := range control.Areas() {
		if areas[a] {
			h.Areas = append(h.Areas, a)
		}
	}
	for _, l := range lines {
		h.Lines = append(h.Lines, *l)
	}
	slices.SortFunc(h.Lines, func(a, b HeatLine) int {
		return cmp.Or(-cmp.Compare(flag(a.Name != "" || !byWorkload), flag(b.Name != "" || !byWorkload)), -cmp.Compare(a.Total.Grave, b.Total.Grave),
			-cmp.Compare(a.Total.Fail, b.Total.Fail), cmp.Compare(a.Name+a.Slug, b.Name+b.Slug))
	})
	for r, n := range reasons {
		h.Reasons = append(h.Reasons, Reason{r, n})
	}
	slices.SortFunc(h.Reasons, func(a, b Reason) int { return cmp.Or(-cmp.Compare(a.N, b.N), cmp.Compare(a.Reason, b.Reason)) })
	return h
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// byControl counts the verdicts of each control, of one customer (slug) or of all in sight.
func (s *Service) byControl(ctx context.Context, a permission.Actor, slug string) (map[string]Tally, error) {
	rows, err := s.Summary(ctx, a, slug)
	out := map[string]Tally{}
	for _, r := range rows {
		t := out[r.Control]
		t.add(r.Verdict, r.Severity, r.N)
		out[r.Control] = t
	}
	return out, err
}

// Bad is a gap that fails, with the names of its workload and of the measure that is to close it.
type Bad struct {
	Gap
	Workload string `db:"workload_name"`
	Measure  string `db:"measure_title"`
}

// Worst lists the first n failing gaps of the transaction's customer, the worst first.
func Worst(ctx context.Context, tx *db.Tx, n int) (out []Bad, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Gap]("g.")+`, COALESCE(w.name, '') AS workload_name, COALESCE(m.title, '') AS measure_title FROM {gap} g
		LEFT JOIN {workload} w ON w.customer_id = g.customer_id AND w.id = g.workload_id LEFT JOIN {measure} m ON m.customer_id = g.customer_id AND m.id = g.measure_id
		WHERE g.verdict = ? ORDER BY g.severity_rank, g.id LIMIT ?`, string(control.Fail), n)
	return out, err
}
