package sample

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/app"
	"vigie/internal/onboard/remediation"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// firstMeasures is how many of the proposals the sample's customer has taken up.
const firstMeasures = 14

// measures judges the estate and takes up what weighs most, with milestones and a measure that no control sees.
func measures(ctx context.Context, a *app.App, op permission.Actor, customer string) error {
	run, err := a.Gaps.Evaluate(ctx, op, customer)
	if err != nil {
		return fmt.Errorf("sample evaluation: %w", err)
	}
	if err := a.Gaps.Execute(ctx, customer, run.ID); err != nil {
		return fmt.Errorf("sample evaluation: %w", err)
	}
	day := func(days int) register.Date { return register.Date(a.Now().AddDate(0, 0, days).Format(time.DateOnly)) }
	var stones []string
	for _, m := range []remediation.Milestone{
		{Name: "Backups proved", Component: "Databases and volumes", State: "planned", Due: day(21), Description: "Every promise of recovery stands on a copy that was restored once."},
		{Name: "Ready for launch", Component: "The whole estate", State: "planned", Due: day(42)},
	} {
		made, err := a.Remediation.Milestones.Create(ctx, op, customer, register.As(m))
		if err != nil {
			return fmt.Errorf("sample milestone %s: %w", m.Name, err)
		}
		stones = append(stones, made.ID)
	}
	proposals, err := a.Remediation.Proposals(ctx, op, customer)
	if err != nil {
		return err
	}
	var made []remediation.Measure
	for i, p := range proposals[:min(len(proposals), firstMeasures)] {
		take := remediation.Take{Proposals: []string{p.Key}, Due: day(7 + 3*i), Milestone: stones[min(i/7, 1)]}
		list, err := a.Remediation.Make(ctx, op, customer, take)
		if err != nil {
			return fmt.Errorf("sample measure %s: %w", p.Title, err)
		}
		made = append(made, list...)
	}
	effort := int64(16 * 60)
	train, err := a.Remediation.Measures.Create(ctx, op, customer, register.As(remediation.Measure{Title: "Train the night shift on the runbooks", State: remediation.Planned, Priority: "p2", Side: "customer",
		Due: day(35), Effort: &effort, Cost: register.Money{Amount: "1800.00", Currency: "EUR"}, Description: "Two evenings with those who are woken; the list of who was there is the proof."}))
	if err != nil {
		return err
	}
	for i, m := range made {
		if i < 3 {
			if _, err := a.Remediation.Measures.Update(ctx, op, m.ID, 0, register.Set(func(m *remediation.Measure) { m.State = remediation.InProgress })); err != nil {
				return err
			}
		}
		if i > 0 && i%4 == 0 {
			if err := a.Remediation.Need(ctx, op, m.ID, made[i-1].ID); err != nil {
				return err
			}
		}
	}
	if len(made) > 0 {
		return a.Remediation.Need(ctx, op, train.ID, made[0].ID)
	}
	return nil
}
