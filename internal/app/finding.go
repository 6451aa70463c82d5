package app

import (
	"context"
	"encoding/json"

	"vigie/internal/estate/cmdb"
	"vigie/internal/estate/collect"
	collectaws "vigie/internal/estate/collect/aws"
	"vigie/internal/onboard/control"
	"vigie/internal/onboard/finding"
	"vigie/internal/onboard/gap"
	"vigie/internal/platform/db"
	"vigie/internal/platform/jobs"
)

// wireFindings makes the room of findings from outside. They are matched anew after each evaluation, when CIs and verdicts are new.
func (a *App) wireFindings() {
	a.Findings = finding.New(finding.Parts{DB: a.db, Log: a.opts.Telemetry.Log, System: system, Customer: a.resolve, Find: namedCIs, Outbox: a.outbox, Hub: hub{}, Controls: referred(a.Gaps.Catalogue()), Verdicts: verdictsOf,
		Title: func(id, language string) string {
			if c := a.Gaps.Catalogue().Find(id); c != nil {
				return c.Title.In(language)
			}
			return id
		}})
	a.queue.Handle(finding.PullTopic, func(ctx context.Context, t jobs.Task) error { return a.Findings.Execute(ctx, t.Customer, t.Key) })
	a.queue.Handle(gap.RunTopic, func(ctx context.Context, t jobs.Task) error { return a.Findings.Rematch(ctx, t.Customer) })
}

// hub is Security Hub by the way that discovery goes into accounts.
type hub struct{}

// Ask implements finding.Hub.
func (hub) Ask(ctx context.Context, d finding.Door, each func(string, []json.RawMessage) error, ended func(string, error) error) error {
	cloud := collectaws.Cloud{}
	in, err := cloud.Enter(ctx, d.Number, d.Role, d.ExternalID, d.AcceptOpenRole, d.Regions)
	if err != nil {
		return &collect.CallError{Action: "sts:AssumeRole", Err: err}
	}
	for _, region := range d.Regions {
		err := cloud.Findings(ctx, in, region, func(page []json.RawMessage) error { return each(region, page) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := ended(region, err); err != nil {
			return err
		}
	}
	return nil
}

// referred are the controls with the frameworks that they answer.
func referred(all *control.Catalogue) []finding.Control {
	var out []finding.Control
	for _, c := range all.All() {
		f := finding.Control{ID: c.ID}
		for _, r := range c.Frameworks {
			f.Frameworks = append(f.Frameworks, finding.Framework{Name: r.Name, Edition: r.Edition, ID: r.ID})
		}
		out = append(out, f)
	}
	return out
}

// namedCIs finds CIs by ARN or id for findings.
func namedCIs(ctx context.Context, tx *db.Tx, names []string) ([]finding.Candidate, error) {
	rows, err := cmdb.Lookup(ctx, tx, names)
	out := make([]finding.Candidate, len(rows))
	for i, r := range rows {
		out[i] = finding.Candidate{Name: r.Name, ID: r.ID, Type: r.Type, ExternalID: r.ExternalID, ARN: r.ARN, Account: r.Account, Region: r.Region}
	}
	return out, err
}

// verdictsOf gives what the controls say of the subjects.
func verdictsOf(ctx context.Context, tx *db.Tx, subjects, controls []string) (out []finding.Verdict, err error) {
	var rows []struct {
		Subject string `db:"subject_id"`
		Control string `db:"control"`
		Verdict string `db:"verdict"`
	}
	err = tx.Select(ctx, &rows, `SELECT g.subject_id, g.control, g.verdict FROM {gap} g WHERE g.subject_id IN (`+db.Marks(len(subjects))+`) AND g.control IN (`+db.Marks(len(controls))+`)`,
		append(db.Anys(subjects), db.Anys(controls)...)...)
	for _, r := range rows {
		out = append(out, finding.Verdict{SubjectID: r.Subject, Control: r.Control, Verdict: r.Verdict})
	}
	return out, err
}
