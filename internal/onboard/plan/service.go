package plan

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"vigie/internal/customer"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Mailer takes invitations, in the transaction that records them.
type Mailer interface {
	Invite(ctx context.Context, tx *db.Tx, in Invitation) error
}

// Parts are what the room stands on. Subjects is set once all rooms are known.
type Parts struct {
	DB        *db.DB
	Catalogue fs.FS
	Mailer    Mailer
	Subjects  *subject.Registry
	// Organizer is whose address stands on invitations that nobody with an address sends: a command, a job.
	Organizer func() (name, email string)
}

// Service holds the rules of plans.
type Service struct {
	Parts
	template Template
}

const standardTemplate = "plan/standard.yaml"

// New makes the service. An error names what is wrong with the template.
func New(p Parts) (*Service, error) {
	t, err := Load(p.Catalogue, standardTemplate)
	return &Service{Parts: p, template: t}, err
}

// Create makes a plan with the meetings and the checklist of the template, in the customer's language. Faults: forbidden, invalid.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewPlan) (out planned, err error) {
	if err := a.Require(permission.PlanWrite); err != nil {
		return out, err
	}
	var c struct {
		ID       string `db:"id"`
		Name     string `db:"name"`
		Language string `db:"language"`
		TimeZone string `db:"time_zone"`
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		ref, err := customer.Resolve(ctx, tx, in.Customer)
		if err != nil {
			return err
		}
		return tx.Get(ctx, &c, `SELECT id, name, language, time_zone FROM {customer} WHERE id = ?`, ref)
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", in.Customer)
		return out, bad.Err()
	}
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.PlanWrite, c.ID)
	if err != nil {
		return out, err
	}
	var bad fault.Fields
	in.Title = strings.TrimSpace(in.Title)
	line(&bad, "title", in.Title, false)
	from := date(&bad, "starts_on", in.StartsOn)
	if in.TimeZone == "" {
		in.TimeZone = c.TimeZone
	}
	if !register.IsZone(in.TimeZone) {
		bad.Add("time_zone", "plans.field.zone")
	}
	if err := bad.Err(); err != nil {
		return out, err
	}
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return out, fmt.Errorf("create plan: %w", err)
	}
	if in.Title == "" {
		in.Title = s.template.Title.In(c.Language) + " – " + c.Name
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		p := Plan{ID: id.New(), Title: in.Title, State: Open, StartsOn: Workday(from, 1).Format(time.DateOnly), TimeZone: in.TimeZone, Template: s.template.ID, TemplateVersion: s.template.Version,
			CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		meetings := s.meetings(p, from, zone, c.Language, tx.Now())
		p.EndsOn = p.StartsOn
		for _, m := range meetings {
			if day := m.StartsAt.In(zone).Format(time.DateOnly); day > p.EndsOn {
				p.EndsOn = day
			}
		}
		if _, err := tx.Insert(ctx, "plan", p, ""); err != nil {
			return fmt.Errorf("create plan: %w", err)
		}
		if _, err := tx.Insert(ctx, "plan_meeting", meetings, ""); err != nil {
			return fmt.Errorf("create plan: %w", err)
		}
		if _, err := tx.Insert(ctx, "plan_task", s.tasks(p, from, c.Language, tx.Now()), ""); err != nil {
			return fmt.Errorf("create plan: %w", err)
		}
		if out, err = findPlan(ctx, tx, p.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", p.record(), nil, out)
	})
	return out, err
}

func (s *Service) meetings(p Plan, from time.Time, zone *time.Location, language string, now db.Time) (out []Meeting) {
	for _, m := range s.template.Schedule(from, zone) {
		agenda := make([]string, len(m.Agenda))
		for i, a := range m.Agenda {
			agenda[i] = a.In(language)
		}
		out = append(out, Meeting{ID: id.New(), PlanID: p.ID, Kind: m.Kind, Title: m.Title.In(language), Goal: m.Goal.In(language), Agenda: db.JSON[[]string]{V: agenda}, Feeds: db.JSON[[]string]{V: m.Feeds},
			State: Open, StartsAt: db.At(m.Starts), EndsAt: db.At(m.Ends), TimeZone: p.TimeZone, CreatedAt: now, UpdatedAt: now, Version: 1})
	}
	return out
}

func (s *Service) tasks(p Plan, from time.Time, language string, now db.Time) (out []Task) {
	for _, e := range s.template.Tasks {
		out = append(out, Task{ID: id.New(), PlanID: p.ID, Title: e.Title.In(language), Side: e.Side, DueOn: Workday(from, e.Day).Format(time.DateOnly), CreatedAt: now, UpdatedAt: now, Version: 1})
	}
	return out
}

// found reads one row of a spec by its key. Faults: not_found.
func found[T any](ctx context.Context, tx *db.Tx, columns, from, key, ref string) (row T, err error) {
	if !id.Valid(ref) {
		return row, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &row, `SELECT `+columns+` FROM `+from+` WHERE `+key+` = ?`, ref)
	return row, err
}

func findPlan(ctx context.Context, tx *db.Tx, ref string) (planned, error) {
	return found[planned](ctx, tx, Spec.Columns, Spec.From, Spec.Key, ref)
}

func findMeeting(ctx context.Context, tx *db.Tx, ref string) (meetingRow, error) {
	return found[meetingRow](ctx, tx, MeetingSpec.Columns, MeetingSpec.From, MeetingSpec.Key, ref)
}

func findTask(ctx context.Context, tx *db.Tx, ref string) (taskRow, error) {
	return found[taskRow](ctx, tx, TaskSpec.Columns, TaskSpec.From, TaskSpec.Key, ref)
}

func findStatement(ctx context.Context, tx *db.Tx, ref string) (statementRow, error) {
	return found[statementRow](ctx, tx, StatementSpec.Columns, StatementSpec.From, StatementSpec.Key, ref)
}

// read opens a transaction for an actor who may read plans; what is not there is not found first, whoever asks.
func (s *Service) read(ctx context.Context, a permission.Actor, f func(*db.Tx) error) error {
	if err := s.DB.View(ctx, a.Scope(), f); err != nil {
		return err
	}
	return a.Require(permission.PlanRead)
}

// write finds whose a record is, and opens a transaction of that customer.
func (s *Service) write(ctx context.Context, a permission.Actor, customerOf func(*db.Tx) (string, error), f func(*db.Tx) error) error {
	var of string
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		of, err = customerOf(tx)
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(permission.PlanWrite, of)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, f)
}

// current refuses a change made for another version of a record; 0 takes any.
func current(expected, version int64) error {
	if expected != 0 && expected != version {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}

// once refuses a change that another one overtook.
func once(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}

// Plan reads one. Faults: not_found, forbidden.
func (s *Service) Plan(ctx context.Context, a permission.Actor, ref string) (out planned, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) (err error) {
		out, err = findPlan(ctx, tx, ref)
		return err
	})
	if err != nil {
		return planned{}, err
	}
	return out, nil
}

// Update changes title or state; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) Update(ctx context.Context, a permission.Actor, ref string, version int64, in ChangePlan) (out planned, err error) {
	err = s.write(ctx, a, func(tx *db.Tx) (string, error) { p, err := findPlan(ctx, tx, ref); return p.CustomerID, err }, func(tx *db.Tx) error {
		before, err := findPlan(ctx, tx, ref)
		if err == nil {
			err = current(version, before.Version)
		}
		if err != nil {
			return err
		}
		out = before
		var bad fault.Fields
		if in.Title != nil {
			out.Title = strings.TrimSpace(*in.Title)
			line(&bad, "title", out.Title, true)
		}
		if in.State != nil {
			out.State = *in.State
			choice(&bad, "state", out.State, []string{Open, Done, Cancelled})
		}
		if err := bad.Err(); err != nil || out == before {
			return err
		}
		out.Version, out.UpdatedAt = before.Version+1, tx.Now()
		n, err := tx.Exec(ctx, `UPDATE {plan} SET title = ?, state = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`, out.Title, out.State, out.Version, out.UpdatedAt, out.ID, before.Version)
		if err := once(n, err, "update plan"); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", out.record(), before, out)
	})
	return out, err
}

// Tasks lists the checklist and the actions of a plan. Faults: not_found, forbidden.
func (s *Service) Tasks(ctx context.Context, a permission.Actor, plan string) (out []taskRow, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) error {
		p, err := findPlan(ctx, tx, plan)
		if err != nil {
			return err
		}
		return tx.Select(ctx, &out, `SELECT `+TaskSpec.Columns+` FROM `+TaskSpec.From+` WHERE t.plan_id = ? ORDER BY t.due_on, t.id`, p.ID)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// place finds plan and meeting of something new: of the meeting where one is named. Faults: invalid, naming the field.
func place(ctx context.Context, tx *db.Tx, plan, meeting string) (customer, planID string, err error) {
	field, ref := "plan", plan
	if meeting != "" {
		m, err := findMeeting(ctx, tx, meeting)
		if err == nil && (plan == "" || plan == m.PlanID) {
			return m.CustomerID, m.PlanID, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return "", "", err
		}
		field, ref = "meeting", meeting
	} else {
		p, err := findPlan(ctx, tx, plan)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return p.CustomerID, p.ID, err
		}
	}
	var bad fault.Fields
	bad.Add(field, "plans.field.record", "value", ref)
	return "", "", bad.Err()
}

// AddTask adds a line to the checklist, or an action to a meeting. Faults: forbidden, invalid.
func (s *Service) AddTask(ctx context.Context, a permission.Actor, in NewTask) (out taskRow, err error) {
	if err := a.Require(permission.PlanWrite); err != nil {
		return out, err
	}
	var plan string
	err = s.write(ctx, a, func(tx *db.Tx) (of string, err error) {
		of, plan, err = place(ctx, tx, in.Plan, in.Meeting)
		return of, err
	}, func(tx *db.Tx) error {
		if in.Side == "" {
			in.Side = sides[0]
		}
		t := Task{ID: id.New(), PlanID: plan, MeetingID: db.Null(in.Meeting), Title: strings.TrimSpace(in.Title), Side: in.Side, Owner: strings.TrimSpace(in.Owner), DueOn: in.DueOn, CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		if err := t.check(); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "plan_task", t, ""); err != nil {
			return fmt.Errorf("add task: %w", err)
		}
		if out, err = findTask(ctx, tx, t.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", t.record(), nil, out)
	})
	return out, err
}

func (t Task) check() error {
	var bad fault.Fields
	line(&bad, "title", t.Title, true)
	line(&bad, "owner", t.Owner, false)
	choice(&bad, "side", t.Side, sides)
	if t.DueOn != "" {
		date(&bad, "due_on", t.DueOn)
	}
	return bad.Err()
}

// Task reads one. Faults: not_found, forbidden.
func (s *Service) Task(ctx context.Context, a permission.Actor, ref string) (out taskRow, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) (err error) {
		out, err = findTask(ctx, tx, ref)
		return err
	})
	if err != nil {
		return taskRow{}, err
	}
	return out, nil
}

// UpdateTask changes a task, or says that it is done. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateTask(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeTask) (out taskRow, err error) {
	err = s.write(ctx, a, func(tx *db.Tx) (string, error) { t, err := findTask(ctx, tx, ref); return t.CustomerID, err }, func(tx *db.Tx) error {
		before, err := findTask(ctx, tx, ref)
		if err == nil {
			err = current(version, before.Version)
		}
		if err != nil {
			return err
		}
		out = before
		set(&out.Title, in.Title)
		set(&out.Side, in.Side)
		set(&out.Owner, in.Owner)
		set(&out.DueOn, in.DueOn)
		if in.Done != nil && *in.Done != !before.DoneAt.IsZero() {
			if out.DoneAt, out.DoneBy = (db.Time{}), ""; *in.Done {
				out.DoneAt, out.DoneBy = tx.Now(), a.Name
			}
		}
		if err := out.check(); err != nil || out == before {
			return err
		}
		out.Version, out.UpdatedAt = before.Version+1, tx.Now()
		n, err := tx.Exec(ctx, `UPDATE {plan_task} SET title = ?, side = ?, owner = ?, due_on = ?, done_at = ?, done_by = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
			out.Title, out.Side, out.Owner, out.DueOn, out.DoneAt, out.DoneBy, out.Version, out.UpdatedAt, out.ID, before.Version)
		if err := once(n, err, "update task"); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "update", out.record(), before, out)
	})
	return out, err
}

func set(to, from *string) {
	if from != nil {
		*to = strings.TrimSpace(*from)
	}
}
