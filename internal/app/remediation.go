package app

import (
	"context"

	"vigie/internal/customer"
	"vigie/internal/onboard/gap"
	"vigie/internal/onboard/remediation"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// wireRemediation makes the room of measures, which hears of each evaluation after the gaps are written.
func (a *App) wireRemediation() {
	a.Remediation = remediation.New(remediation.Parts{DB: a.db, Subjects: a.Subjects, Gaps: gapsOf{a}, Control: a.control, Proofs: proofs, Customer: measuresOf, Requirements: a.promised})
}

// settleAfter is called once the gaps' own handler of the topic is there: handlers of one topic run in their order.
func (a *App) settleAfter() {
	a.queue.Handle(gap.RunTopic, func(ctx context.Context, t jobs.Task) error {
		return a.Remediation.Settle(ctx, system(t.Customer), t.Customer)
	})
}

// control is what the catalogue says of a control.
func (a *App) control(id, language string) (remediation.Control, bool) {
	c := a.Gaps.Catalogue().Find(id)
	if c == nil {
		return remediation.Control{}, false
	}
	return remediation.Control{Title: c.Title.In(language), Remedy: c.Remedy.In(language), Effort: c.EffortTime()}, true
}

// gapsOf is the room of gaps as remediation needs it.
type gapsOf struct{ app *App }

// Open implements remediation.Gaps.
func (g gapsOf) Open(ctx context.Context, tx *db.Tx) ([]remediation.Finding, error) {
	return findings(ctx, tx, "g.verdict = 'fail'")
}

// Under implements remediation.Gaps.
func (g gapsOf) Under(ctx context.Context, tx *db.Tx, measure string) ([]remediation.Finding, error) {
	if measure == "" {
		return findings(ctx, tx, "g.measure_id IS NOT NULL")
	}
	return findings(ctx, tx, "g.measure_id = ?", measure)
}

// SetMeasure implements remediation.Gaps.
func (g gapsOf) SetMeasure(ctx context.Context, tx *db.Tx, measure string, gaps []string) error {
	return g.app.Gaps.SetMeasure(ctx, tx, measure, gaps)
}

func findings(ctx context.Context, tx *db.Tx, where string, args ...any) ([]remediation.Finding, error) {
	var rows []struct {
		ID          string  `db:"id"`
		Control     string  `db:"control"`
		Subject     string  `db:"subject_name"`
		WorkloadID  db.Null `db:"workload_id"`
		Workload    db.Null `db:"workload_name"`
		Criticality db.Null `db:"criticality"`
		Environment string  `db:"environment"`
		Account     string  `db:"account"`
		Area        string  `db:"area"`
		Severity    string  `db:"severity"`
		Verdict     string  `db:"verdict"`
		MeasureID   db.Null `db:"measure_id"`
	}
	err := tx.Select(ctx, &rows, `SELECT g.id, g.control, g.subject_name, g.workload_id, w.name AS workload_name, w.criticality, g.environment, g.account, g.area, g.severity, g.verdict, g.measure_id
		FROM {gap} g LEFT JOIN {workload} w ON w.customer_id = g.customer_id AND w.id = g.workload_id WHERE `+where+` ORDER BY g.severity_rank, g.id`, args...)
	out := make([]remediation.Finding, len(rows))
	for i, r := range rows {
		out[i] = remediation.Finding{ID: r.ID, Control: r.Control, Subject: r.Subject, WorkloadID: string(r.WorkloadID), Workload: string(r.Workload), Criticality: string(r.Criticality),
			Environment: r.Environment, Account: r.Account, Area: r.Area, Severity: r.Severity, Verdict: r.Verdict, MeasureID: string(r.MeasureID)}
	}
	return out, err
}

// promised gives what was promised to the customer of the transaction: for a workload in an environment, else for the workload, else for all.
func (a *App) promised(ctx context.Context, tx *db.Tx) (func(workload, environment string) map[string]any, error) {
	customer := ""
	if err := tx.Get(ctx, &customer, `SELECT id FROM {customer}`); err != nil {
		return nil, err
	}
	of, err := a.Requirements.Of(ctx, tx, customer)
	return func(workload, environment string) map[string]any {
		for _, at := range [][2]string{{workload, environment}, {workload, ""}, {"", environment}, {"", ""}} {
			if found := of[at[0]][at[1]]; found != nil {
				return found
			}
		}
		return nil
	}, err
}

// proofs counts the files of a measure.
func proofs(ctx context.Context, tx *db.Tx, measure string) (n int, err error) {
	err = tx.Get(ctx, &n, `SELECT COUNT(*) FROM {file} WHERE record_type = 'measure' AND record_id = ?`, measure)
	return n, err
}

// measuresOf finds a customer and the language in which one writes to them.
func measuresOf(ctx context.Context, tx *db.Tx, ref string) (id, language string, err error) {
	if id, err = customer.Resolve(ctx, tx, ref); err != nil {
		return "", "", err
	}
	err = tx.Get(ctx, &language, `SELECT language FROM {customer} WHERE id = ?`, id)
	return id, language, err
}
