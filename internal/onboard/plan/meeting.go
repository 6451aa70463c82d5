package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// answers adds the participants to meetings.
func answers(ctx context.Context, tx *db.Tx, rows []meetingRow) ([]Answer, error) {
	out, ids := make([]Answer, len(rows)), make([]string, len(rows))
	for i, m := range rows {
		ids[i] = m.ID
		out[i] = Answer{Meeting: m.Meeting, Customer: m.Customer, Agenda: some(m.Agenda.V), Feeds: some(m.Feeds.V), Participants: []Participant{}}
	}
	if len(rows) == 0 {
		return out, nil
	}
	var all []Participant
	err := tx.Select(ctx, &all, `SELECT `+db.Columns[Participant]("x.")+` FROM {plan_participant} x WHERE x.meeting_id IN (`+db.Marks(len(ids))+`) ORDER BY x.name, x.ref_id`, db.Anys(ids)...)
	for _, x := range all {
		i := slices.Index(ids, x.MeetingID)
		out[i].Participants = append(out[i].Participants, x)
	}
	return out, err
}

func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func oneMeeting(ctx context.Context, tx *db.Tx, ref string) (out Answer, err error) {
	m, err := findMeeting(ctx, tx, ref)
	if err != nil {
		return out, err
	}
	all, err := answers(ctx, tx, []meetingRow{m})
	if err != nil {
		return out, err
	}
	return all[0], nil
}

// Meeting reads one. Faults: not_found, forbidden.
func (s *Service) Meeting(ctx context.Context, a permission.Actor, ref string) (out Answer, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) (err error) {
		out, err = oneMeeting(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return out, nil
}

// Meetings lists those of a plan in their order. Faults: not_found, forbidden.
func (s *Service) Meetings(ctx context.Context, a permission.Actor, plan string) (out []Answer, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) error {
		p, err := findPlan(ctx, tx, plan)
		if err != nil {
			return err
		}
		var rows []meetingRow
		if err := tx.Select(ctx, &rows, `SELECT `+MeetingSpec.Columns+` FROM `+MeetingSpec.From+` WHERE m.plan_id = ? ORDER BY m.starts_at, m.id`, p.ID); err != nil {
			return err
		}
		out, err = answers(ctx, tx, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AddMeeting adds a meeting to a plan. Faults: forbidden, invalid.
func (s *Service) AddMeeting(ctx context.Context, a permission.Actor, in NewMeeting) (out Answer, err error) {
	if err := a.Require(permission.PlanWrite); err != nil {
		return out, err
	}
	var plan string
	err = s.write(ctx, a, func(tx *db.Tx) (of string, err error) { of, plan, err = place(ctx, tx, in.Plan, ""); return of, err }, func(tx *db.Tx) error {
		p, err := findPlan(ctx, tx, plan)
		if err != nil {
			return err
		}
		m := Meeting{CustomerID: p.CustomerID, ID: id.New(), PlanID: p.ID, Kind: in.Kind, Title: strings.TrimSpace(in.Title), Goal: in.Goal, Agenda: db.JSON[[]string]{V: some(in.Agenda)}, Feeds: db.JSON[[]string]{V: []string{}},
			State: Open, StartsAt: in.StartsAt, EndsAt: in.EndsAt, TimeZone: in.TimeZone, Place: strings.TrimSpace(in.Place), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		if m.Kind == "" {
			m.Kind = "workshop"
		}
		if m.TimeZone == "" {
			m.TimeZone = p.TimeZone
		}
		var bad fault.Fields
		m.check(&bad)
		if err := bad.Err(); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "plan_meeting", m, ""); err != nil {
			return fmt.Errorf("add meeting: %w", err)
		}
		if _, err := s.seat(ctx, tx, m, nil, in.Participants); err != nil {
			return err
		}
		if out, err = oneMeeting(ctx, tx, m.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", m.record(), nil, out)
	})
	return out, err
}

// seat makes the named people the participants of a meeting, and gives those who no longer are. Faults: invalid.
func (s *Service) seat(ctx context.Context, tx *db.Tx, m Meeting, before []Participant, refs []Ref) (left []Participant, err error) {
	var bad fault.Fields
	if len(refs) > maxMany {
		bad.Add("participants", "plans.field.many", "max", maxMany)
		return nil, bad.Err()
	}
	keep := map[Ref]bool{}
	for i, r := range refs {
		if keep[r] {
			continue
		}
		keep[r] = true
		if slices.ContainsFunc(before, func(x Participant) bool { return x.Type == r.Type && x.ID == r.ID }) {
			continue
		}
		x, err := guest(ctx, tx, m.CustomerID, r)
		if fault.Is(err, fault.NotFound) {
			bad.Add(fmt.Sprintf("participants[%d]", i), "plans.field.participant")
			continue
		}
		if err != nil {
			return nil, err
		}
		x.MeetingID, x.Invited = m.ID, -1
		if _, err := tx.Insert(ctx, "plan_participant", x, ""); err != nil {
			return nil, fmt.Errorf("add participant: %w", err)
		}
	}
	for _, x := range before {
		if !keep[Ref{x.Type, x.ID}] {
			left = append(left, x)
			if _, err := tx.Exec(ctx, `DELETE FROM {plan_participant} WHERE meeting_id = ? AND type = ? AND ref_id = ?`, m.ID, x.Type, x.ID); err != nil {
				return nil, fmt.Errorf("take participant out: %w", err)
			}
		}
	}
	return left, bad.Err()
}

// reachable are the people with a sign-in who cover a customer.
const reachable = `u.disabled_at IS NULL AND (u.customer_id = ? OR (u.customer_id IS NULL AND (NOT u.limited OR EXISTS (SELECT 1 FROM {user_customer} x WHERE x.user_id = u.id AND x.customer_id = ?))))`

// guest finds who is named, with how to reach them. Faults: not_found.
func guest(ctx context.Context, tx *db.Tx, customer string, r Ref) (x Participant, err error) {
	if !id.Valid(r.ID) {
		return x, fault.New(fault.NotFound, "fault.not_found")
	}
	switch r.Type {
	case "contact":
		err = tx.Get(ctx, &x, `SELECT k.id AS ref_id, k.name, k.email, CASE WHEN k.language = '' THEN c.language ELSE k.language END AS language, CASE WHEN k.time_zone = '' THEN c.time_zone ELSE k.time_zone END AS time_zone
			FROM {contact} k JOIN {customer} c ON c.id = k.customer_id WHERE k.id = ?`, r.ID)
	case "person":
		err = tx.Get(ctx, &x, `SELECT u.id AS ref_id, u.name, u.email, u.language, u.time_zone FROM {app_user} u WHERE u.id = ? AND `+reachable, r.ID, customer, customer)
	default:
		return x, fault.New(fault.NotFound, "fault.not_found")
	}
	x.Type = r.Type
	return x, err
}

// Guests lists who can be asked to a meeting of a plan. Faults: not_found, forbidden.
func (s *Service) Guests(ctx context.Context, a permission.Actor, plan string) (out []Participant, err error) {
	err = s.read(ctx, a, func(tx *db.Tx) error {
		p, err := findPlan(ctx, tx, plan)
		if err != nil {
			return err
		}
		if err := tx.Select(ctx, &out, `SELECT 'contact' AS type, k.id AS ref_id, k.name, k.email FROM {contact} k WHERE k.customer_id = ? ORDER BY k.name, k.id LIMIT 200`, p.CustomerID); err != nil {
			return err
		}
		var people []Participant
		err = tx.Select(ctx, &people, `SELECT 'person' AS type, u.id AS ref_id, u.name, u.email FROM {app_user} u WHERE `+reachable+` ORDER BY u.name, u.id LIMIT 200`, p.CustomerID, p.CustomerID)
		out = append(out, people...)
		return err
	})
	if err == nil {
		err = a.Require(permission.PlanWrite)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// changeMeeting finds a meeting and changes it in the scope of its customer.
func (s *Service) changeMeeting(ctx context.Context, a permission.Actor, ref string, version int64, f func(*db.Tx, Answer) error) (out Answer, err error) {
	err = s.write(ctx, a, func(tx *db.Tx) (string, error) { m, err := findMeeting(ctx, tx, ref); return m.CustomerID, err }, func(tx *db.Tx) error {
		var held string
		if err := tx.Get(ctx, &held, `SELECT m.id FROM {plan_meeting} m WHERE m.id = ?`+tx.ForUpdate(), ref); err != nil {
			return err
		}
		before, err := oneMeeting(ctx, tx, ref)
		if err == nil {
			err = current(version, before.Version)
		}
		if err == nil {
			err = f(tx, before)
		}
		if err != nil {
			return err
		}
		out, err = oneMeeting(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return out, nil
}

func (s *Service) storeMeeting(ctx context.Context, tx *db.Tx, before, after Meeting) error {
	n, err := tx.Exec(ctx, `UPDATE {plan_meeting} SET kind = ?, title = ?, goal = ?, agenda = ?, state = ?, starts_at = ?, ends_at = ?, time_zone = ?, place = ?, notes = ?, sequence = ?, invited_at = ?, organizer_name = ?, organizer_email = ?,
		version = ?, updated_at = ? WHERE id = ? AND version = ?`, after.Kind, after.Title, after.Goal, after.Agenda, after.State, after.StartsAt, after.EndsAt, after.TimeZone, after.Place, after.Notes, after.Sequence, after.InvitedAt,
		after.OrganizerName, after.OrganizerEmail, before.Version+1, tx.Now(), after.ID, before.Version)
	return once(n, err, "update meeting")
}

// UpdateMeeting changes a meeting; whoever was invited is told where their calendar shows something else. Faults: not_found, forbidden,
// invalid, stale, conflict.
func (s *Service) UpdateMeeting(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeMeeting) (Answer, error) {
	return s.changeMeeting(ctx, a, ref, version, func(tx *db.Tx, before Answer) error {
		after := before.Meeting
		set(&after.Kind, in.Kind)
		set(&after.Title, in.Title)
		set(&after.Goal, in.Goal)
		set(&after.Place, in.Place)
		set(&after.Notes, in.Notes)
		set(&after.TimeZone, in.TimeZone)
		set(&after.State, in.State)
		if in.Agenda != nil {
			after.Agenda.V = some(*in.Agenda)
		}
		if in.StartsAt != nil {
			after.StartsAt = *in.StartsAt
		}
		if in.EndsAt != nil {
			after.EndsAt = *in.EndsAt
		}
		var bad fault.Fields
		after.check(&bad)
		if before.State != Cancelled && after.State == Cancelled {
			bad.Add("state", "plans.field.cancel")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if before.State == Cancelled {
			return fault.New(fault.Conflict, "plans.cancelled")
		}
		told := before.Participants
		var left []Participant
		if in.Participants != nil {
			var err error
			if left, err = s.seat(ctx, tx, after, before.Participants, *in.Participants); err != nil {
				return err
			}
		}
		again := !before.InvitedAt.IsZero() && moved(before.Meeting, after)
		if again {
			after.Sequence++
		}
		if err := s.storeMeeting(ctx, tx, before.Meeting, after); err != nil {
			return err
		}
		now, err := oneMeeting(ctx, tx, after.ID)
		if err != nil {
			return err
		}
		for _, x := range left {
			if x.Invited >= 0 {
				if err := s.mail(ctx, tx, now, x, Cancel, true); err != nil {
					return err
				}
			}
		}
		if again {
			for _, x := range now.Participants {
				if slices.ContainsFunc(told, func(y Participant) bool { return y.ID == x.ID && y.Type == x.Type && y.Invited >= 0 }) {
					if err := s.mail(ctx, tx, now, x, Request, true); err != nil {
						return err
					}
				}
			}
		}
		return audit.Write(ctx, tx, a, "update", after.record(), before, now)
	})
}

// Invite sends invitations to the participants who have none of the present state. Faults: not_found, forbidden, stale, conflict.
func (s *Service) Invite(ctx context.Context, a permission.Actor, ref string, version int64) (Answer, error) {
	return s.changeMeeting(ctx, a, ref, version, func(tx *db.Tx, before Answer) error {
		switch {
		case before.State != Open:
			return fault.New(fault.Conflict, "plans.not_planned")
		case !slices.ContainsFunc(before.Participants, func(x Participant) bool { return x.Email != "" }):
			return fault.New(fault.Conflict, "plans.nobody")
		}
		after := before.Meeting
		if after.OrganizerEmail == "" {
			if after.OrganizerName, after.OrganizerEmail = a.Name, a.Email; a.Email == "" {
				after.OrganizerName, after.OrganizerEmail = s.Organizer()
			}
			if after.OrganizerEmail == "" {
				return fault.New(fault.Conflict, "plans.no_organizer")
			}
		}
		after.InvitedAt = tx.Now()
		if err := s.storeMeeting(ctx, tx, before.Meeting, after); err != nil {
			return err
		}
		now, err := oneMeeting(ctx, tx, after.ID)
		if err != nil {
			return err
		}
		sent := []string{}
		for _, x := range now.Participants {
			if x.Email == "" || x.Invited == now.Sequence {
				continue
			}
			if err := s.mail(ctx, tx, now, x, Request, x.Invited >= 0); err != nil {
				return err
			}
			sent = append(sent, x.Name)
		}
		return audit.Write(ctx, tx, a, "invite", after.record(), nil, map[string]any{"invited": sent, "sequence": now.Sequence})
	})
}

// CancelMeeting calls a meeting off, and tells whoever was invited. Faults: not_found, forbidden, stale, conflict.
func (s *Service) CancelMeeting(ctx context.Context, a permission.Actor, ref string, version int64) (Answer, error) {
	return s.changeMeeting(ctx, a, ref, version, func(tx *db.Tx, before Answer) error {
		if before.State != Open {
			return fault.New(fault.Conflict, "plans.not_planned")
		}
		after := before.Meeting
		after.State, after.Sequence = Cancelled, after.Sequence+1
		if err := s.storeMeeting(ctx, tx, before.Meeting, after); err != nil {
			return err
		}
		now, err := oneMeeting(ctx, tx, after.ID)
		if err != nil {
			return err
		}
		for _, x := range now.Participants {
			if x.Invited >= 0 {
				if err := s.mail(ctx, tx, now, x, Cancel, true); err != nil {
					return err
				}
			}
		}
		return audit.Write(ctx, tx, a, "cancel", after.record(), before, now)
	})
}
