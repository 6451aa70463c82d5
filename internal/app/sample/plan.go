package sample

import (
	"context"
	"fmt"
	"time"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/onboard/plan"
	"vigie/internal/trust/permission"
)

// plans is the full assessment of the customer who is in it, from this week's Monday on, with what was said so far.
func plans(ctx context.Context, a *app.App, op permission.Actor) error {
	freja, err := a.Customers.CreateContact(ctx, op, customer.NewContact{Customer: "nordlys", Name: "Freja Holm", Email: "freja@nordlys.example", Job: "Head of platforms"})
	if err != nil {
		return fmt.Errorf("sample contact of nordlys: %w", err)
	}
	now := a.Now()
	monday := now.AddDate(0, 0, -int((now.Weekday()+6)%7))
	made, err := a.Plans.Create(ctx, op, plan.NewPlan{Customer: "nordlys", StartsOn: monday.Format(time.DateOnly)})
	if err != nil {
		return fmt.Errorf("sample plan: %w", err)
	}
	meetings, err := a.Plans.Meetings(ctx, op, made.ID)
	if err != nil {
		return err
	}
	guests, place := []plan.Ref{{Type: "contact", ID: freja.ID}}, "https://meet.example.com/nordlys"
	for i, m := range meetings {
		in := plan.ChangeMeeting{Participants: &guests, Place: &place}
		if i == 0 {
			held, notes := plan.Held, "Freja decides on platforms, her manager on money. The busiest weeks are December and January."
			in.State, in.Notes = &held, &notes
		}
		if _, err := a.Plans.UpdateMeeting(ctx, op, m.ID, 0, in); err != nil {
			return fmt.Errorf("sample meeting %s: %w", m.Title, err)
		}
	}
	if _, err := a.Plans.Say(ctx, op, plan.NewStatement{Meeting: meetings[0].ID, SaidBy: "Freja Holm", Text: "Grid control must be back within four hours, at any time of the year. More than one hour of readings must never be lost.",
		Feeds: []plan.Ref{{Type: "contact", ID: freja.ID}}}); err != nil {
		return fmt.Errorf("sample statement: %w", err)
	}
	today, done := now.Format(time.DateOnly), true
	tasks, err := a.Plans.Tasks(ctx, op, made.ID)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.DueOn < today {
			if _, err := a.Plans.UpdateTask(ctx, op, t.ID, 0, plan.ChangeTask{Done: &done}); err != nil {
				return fmt.Errorf("sample task %s: %w", t.Title, err)
			}
		}
	}
	_, err = a.Plans.AddTask(ctx, op, plan.NewTask{Meeting: meetings[0].ID, Title: "Send the list of AWS accounts", Side: "customer", Owner: "Freja Holm", DueOn: now.AddDate(0, 0, 1).Format(time.DateOnly)})
	return err
}
