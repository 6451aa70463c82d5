package plan

import (
	"context"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type changing[T any] struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body T
}

type making[T any] struct{ Body T }

// asTheyAre answers rows as they are read.
func asTheyAre[T any](_ context.Context, _ *db.Tx, rows []T) ([]T, error) { return rows, nil }

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Full assessments"
	who := permission.From
	allow := permission.Need(permission.PlanRead)
	api.List(a, api.Listing[planned, planned]{Op: api.Op{Path: "/plans", Tag: tag, Summary: "List plans"}, Spec: Spec, Allow: allow, Rows: asTheyAre[planned]})
	api.Get(a, api.Op{Path: "/plans/{id}", Tag: tag, Summary: "Get a plan"}, func(ctx context.Context, in *byID) (planned, error) { return s.Plan(ctx, who(ctx), in.ID) })
	api.Post(a, api.Op{Path: "/plans", Tag: tag, Summary: "Make a plan from the template", Description: "Five working days from a date on, with meetings and checklist in the customer's language."},
		func(ctx context.Context, in *making[NewPlan]) (planned, error) {
			return s.Create(ctx, who(ctx), in.Body)
		})
	api.Patch(a, api.Op{Path: "/plans/{id}", Tag: tag, Summary: "Change a plan"}, func(ctx context.Context, in *changing[ChangePlan]) (planned, error) {
		return s.Update(ctx, who(ctx), in.ID, in.Expected(), in.Body)
	})

	api.List(a, api.Listing[meetingRow, Answer]{Op: api.Op{Path: "/meetings", Tag: tag, Summary: "List meetings"}, Spec: MeetingSpec, Allow: allow, Rows: answers})
	api.Get(a, api.Op{Path: "/meetings/{id}", Tag: tag, Summary: "Get a meeting"}, func(ctx context.Context, in *byID) (Answer, error) { return s.Meeting(ctx, who(ctx), in.ID) })
	api.Post(a, api.Op{Path: "/meetings", Tag: tag, Summary: "Add a meeting to a plan"}, func(ctx context.Context, in *making[NewMeeting]) (Answer, error) {
		return s.AddMeeting(ctx, who(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/meetings/{id}", Tag: tag, Summary: "Change a meeting", Description: "Whoever was invited gets an update where their calendar shows something else, and a cancellation if they are taken out."},
		func(ctx context.Context, in *changing[ChangeMeeting]) (Answer, error) {
			return s.UpdateMeeting(ctx, who(ctx), in.ID, in.Expected(), in.Body)
		})
	api.Post(a, api.Op{Path: "/meetings/{id}/invite", Tag: tag, Summary: "Send invitations", Description: "By mail with an iCalendar file, to the participants who have none.", Status: 200},
		func(ctx context.Context, in *byID) (Answer, error) { return s.Invite(ctx, who(ctx), in.ID, 0) })
	api.Post(a, api.Op{Path: "/meetings/{id}/cancel", Tag: tag, Summary: "Call a meeting off", Status: 200}, func(ctx context.Context, in *byID) (Answer, error) {
		return s.CancelMeeting(ctx, who(ctx), in.ID, 0)
	})

	api.List(a, api.Listing[taskRow, taskRow]{Op: api.Op{Path: "/plan-tasks", Tag: tag, Summary: "List checklists and actions"}, Spec: TaskSpec, Allow: allow, Rows: asTheyAre[taskRow]})
	api.Get(a, api.Op{Path: "/plan-tasks/{id}", Tag: tag, Summary: "Get a task"}, func(ctx context.Context, in *byID) (taskRow, error) { return s.Task(ctx, who(ctx), in.ID) })
	api.Post(a, api.Op{Path: "/plan-tasks", Tag: tag, Summary: "Add a line to a checklist, or an action to a meeting"}, func(ctx context.Context, in *making[NewTask]) (taskRow, error) {
		return s.AddTask(ctx, who(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/plan-tasks/{id}", Tag: tag, Summary: "Change a task, or say that it is done"}, func(ctx context.Context, in *changing[ChangeTask]) (taskRow, error) {
		return s.UpdateTask(ctx, who(ctx), in.ID, in.Expected(), in.Body)
	})

	api.List(a, api.Listing[statementRow, Said]{Op: api.Op{Path: "/statements", Tag: tag, Summary: "List statements"}, Spec: StatementSpec, Allow: allow,
		Rows: func(ctx context.Context, tx *db.Tx, rows []statementRow) ([]Said, error) {
			return s.fed(ctx, tx, who(ctx), rows)
		}})
	api.Get(a, api.Op{Path: "/statements/{id}", Tag: tag, Summary: "Get a statement"}, func(ctx context.Context, in *byID) (Said, error) { return s.Statement(ctx, who(ctx), in.ID) })
	api.Post(a, api.Op{Path: "/statements", Tag: tag, Summary: "Write down what somebody said", Description: "With the records that it feeds, by type and id."}, func(ctx context.Context, in *making[NewStatement]) (Said, error) {
		return s.Say(ctx, who(ctx), in.Body)
	})
	api.Patch(a, api.Op{Path: "/statements/{id}", Tag: tag, Summary: "Change a statement"}, func(ctx context.Context, in *changing[ChangeStatement]) (Said, error) {
		return s.UpdateStatement(ctx, who(ctx), in.ID, in.Expected(), in.Body)
	})
}
