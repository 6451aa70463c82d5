package plan

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"vigie/internal/platform/db"
)

// Method says what an invitation asks of a calendar.
type Method string

// The methods.
const (
	Request Method = "REQUEST"
	Cancel  Method = "CANCEL"
)

// Invitation is mail about a meeting to one participant.
type Invitation struct {
	Method  Method
	Again   bool // they had one before
	To      Participant
	Meeting Meeting
	Agenda  []string
	File    []byte // the calendar
	Unique  string
}

// mail sends an invitation and notes that it was sent.
func (s *Service) mail(ctx context.Context, tx *db.Tx, m Answer, to Participant, method Method, again bool) error {
	in := Invitation{Method: method, Again: again, To: to, Meeting: m.Meeting, Agenda: m.Agenda, File: []byte(Calendar(m, to, method, tx.Now().Time)),
		Unique: fmt.Sprintf("meeting %s %s %s %s %d", m.ID, to.Type, to.ID, method, m.Sequence)}
	if method == Cancel && m.State != Cancelled {
		in.Unique += " v" + fmt.Sprint(m.Version) // taken out, perhaps not for the first time
	}
	if err := s.Mailer.Invite(ctx, tx, in); err != nil {
		return fmt.Errorf("invite %s: %w", to.Name, err)
	}
	if method == Cancel {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE {plan_participant} SET invited = ? WHERE meeting_id = ? AND type = ? AND ref_id = ?`, m.Sequence, m.ID, to.Type, to.ID)
	return err
}

// Calendar writes a meeting as one event of RFC 5545. Instants are UTC: every calendar shows them in its owner's zone.
func Calendar(m Answer, to Participant, method Method, now time.Time) string {
	c := ics.NewCalendar()
	c.SetProductId("-//Vigie//Full assessment//EN")
	c.SetMethod(ics.Method(method))
	e := c.AddEvent(m.ID + "@vigie")
	e.SetDtStampTime(now)
	e.SetStartAt(m.StartsAt.UTC())
	e.SetEndAt(m.EndsAt.UTC())
	e.SetSequence(int(m.Sequence))
	e.SetSummary(printable(m.Title))
	text := m.Goal
	for _, a := range m.Agenda {
		text += "\n- " + a
	}
	if text = strings.TrimSpace(text); text != "" {
		e.SetDescription(text)
	}
	if m.Place != "" {
		e.SetLocation(printable(m.Place))
	}
	e.SetOrganizer("mailto:"+m.OrganizerEmail, ics.WithCN(named(m.OrganizerName)))
	guests := m.Participants
	if method == Cancel {
		e.SetStatus(ics.ObjectStatusCancelled)
		guests = []Participant{to}
	} else {
		e.SetStatus(ics.ObjectStatusConfirmed)
	}
	for _, x := range guests {
		if x.Email != "" {
			e.AddAttendee(x.Email, ics.CalendarUserTypeIndividual, ics.ParticipationStatusNeedsAction, ics.ParticipationRoleReqParticipant, ics.WithRSVP(true), ics.WithCN(named(x.Name)))
		}
	}
	return c.Serialize(ics.WithNewLineWindows)
}

// printable keeps what people wrote on its line.
func printable(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) }), " ")
}

// named is a name as a parameter can hold it: RFC 5545 knows no way to write a quotation mark there.
func named(s string) string { return strings.ReplaceAll(printable(s), `"`, "'") }
