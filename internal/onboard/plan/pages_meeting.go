package plan

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// meetingView is a meeting as its page shows it.
type meetingView struct {
	Answer
	plan     planned
	tasks    []taskRow
	said     []Said
	feedable []group
	write    bool
	activity web.Activity
}

// oneMeeting reads the meeting of the address, unless another customer is chosen.
func (h pages) oneMeeting(r *http.Request, p *ui.Page, a permission.Actor) (Answer, error) {
	m, err := h.s.Meeting(r.Context(), a, r.PathValue("id"))
	if err != nil {
		return m, err
	}
	return m, web.Belongs(p, m.Customer)
}

func (h pages) meeting(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.oneMeeting(r, p, a)
	if err != nil {
		return err
	}
	v := meetingView{Answer: m, write: a.May(permission.PlanWrite)}
	if v.plan, err = h.s.Plan(r.Context(), a, m.PlanID); err != nil {
		return err
	}
	all, err := h.s.Tasks(r.Context(), a, m.PlanID)
	if err != nil {
		return err
	}
	v.tasks = slices.DeleteFunc(all, func(t taskRow) bool { return string(t.MeetingID) != m.ID })
	if v.said, err = h.s.Statements(r.Context(), a, m.ID); err != nil {
		return err
	}
	if v.write {
		if v.feedable, err = h.s.feedable(r.Context(), a, m); err != nil {
			return err
		}
	}
	if v.activity, err = h.shell.Around(r, p, a, meetingKind, m.ID); err != nil {
		return err
	}
	p.Title, p.Active = m.Title, "plan"
	p.Crumbs = []ui.Link{{Label: p.T("plans.list"), Href: "/plans"}, {Label: v.plan.Title, Href: "/plans/" + v.plan.ID}}
	ui.Render(w, r, http.StatusOK, meetingPage(p, v))
	return nil
}

func (v meetingView) facts(p *ui.Page) []ui.Fact {
	return []ui.Fact{
		{Label: p.T("plans.when"), Value: ui.Text(p.DateTime(v.StartsAt.Time) + " – " + p.Time(v.EndsAt.Time))},
		{Label: p.T("plans.there"), Value: ui.Text(clockThere(v.Meeting) + " · " + v.TimeZone)},
		{Label: p.T("plans.kind"), Value: ui.Text(kindWord(p, v.Kind))},
		{Label: p.T("plans.place"), Value: placeCell(p, v.Place)},
	}
}

// clockThere is what the clock shows where the meeting is.
func clockThere(m Meeting) string {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return m.StartsAt.In(zone).Format("15:04") + " – " + m.EndsAt.In(zone).Format("15:04")
}

// link tells whether a place is an address to open.
func link(place string) bool {
	return strings.HasPrefix(place, "https://") && !strings.ContainsAny(place, " \"<>")
}

func (h pages) newMeeting(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.onePlan(r, p, a)
	if err == nil {
		err = a.Require(permission.PlanWrite)
	}
	if err != nil {
		return err
	}
	return h.meetingForm(w, r, p, a, http.StatusOK, v.ID, "", form{values: map[string]string{"kind": "workshop", "time_zone": v.TimeZone}})
}

func (h pages) meetingForm(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, status int, plan, meeting string, f form) error {
	v, err := h.s.Plan(r.Context(), a, plan)
	if err != nil {
		return err
	}
	guests, err := h.s.Guests(r.Context(), a, plan)
	if err != nil {
		return err
	}
	for _, g := range guests {
		label := g.Name
		if g.Email != "" {
			label += " · " + g.Email
		}
		f.options = append(f.options, ui.Option{Value: g.Type + ":" + g.ID, Label: label})
	}
	p.Title, p.Active = p.T("plans.add_meeting"), "plan"
	p.Crumbs = []ui.Link{{Label: p.T("plans.list"), Href: "/plans"}, {Label: v.Title, Href: "/plans/" + v.ID}}
	action, back := "/plans/"+plan+"/meetings/new", "/plans/"+plan
	if meeting != "" {
		p.Title, action, back = p.T("plans.edit_meeting"), "/meetings/"+meeting+"/edit", "/meetings/"+meeting
	}
	ui.Render(w, r, status, meetingFormPage(p, f, action, back))
	return nil
}

// readMeeting reads the form of a meeting; instants are in the reader's zone.
func readMeeting(r *http.Request, p *ui.Page) (f form, starts, ends db.Time, agenda []string, people []Ref, err error) {
	f = form{values: map[string]string{}, people: r.PostForm["participants"]}
	for _, name := range []string{"title", "kind", "goal", "agenda", "starts_at", "ends_at", "time_zone", "place", "notes", "version"} {
		f.values[name] = strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n")
	}
	var bad fault.Fields
	moment := func(field string) db.Time {
		t, err := p.ParseLocalTime(f.values[field])
		if err != nil {
			bad.Add(field, "plans.field.moment")
		}
		return db.At(t)
	}
	starts, ends = moment("starts_at"), moment("ends_at")
	for line := range strings.SplitSeq(f.values["agenda"], "\n") {
		if line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "-")); line != "" {
			agenda = append(agenda, line)
		}
	}
	people = []Ref{}
	for _, x := range f.people {
		kind, ref, _ := strings.Cut(x, ":")
		people = append(people, Ref{kind, ref})
	}
	return f, starts, ends, agenda, people, bad.Err()
}

func (h pages) addMeeting(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, err := h.onePlan(r, p, a)
	if err == nil {
		err = a.Require(permission.PlanWrite)
	}
	if err != nil {
		return err
	}
	f, starts, ends, agenda, people, err := readMeeting(r, p)
	var made Answer
	if err == nil {
		made, err = h.s.AddMeeting(r.Context(), a, NewMeeting{Plan: v.ID, Kind: f.values["kind"], Title: f.values["title"], Goal: f.values["goal"], Agenda: agenda, StartsAt: starts, EndsAt: ends,
			TimeZone: f.values["time_zone"], Place: f.values["place"], Participants: people})
	}
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.meetingForm(w, r, p, a, web.Status(err), v.ID, "", f)
	}
	return web.Done(w, r, p, "/meetings/"+made.ID, p.T("plans.done_meeting"))
}

func (h pages) editMeeting(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.oneMeeting(r, p, a)
	if err == nil {
		err = a.Require(permission.PlanWrite)
	}
	if err != nil {
		return err
	}
	f := form{values: map[string]string{"title": m.Title, "kind": m.Kind, "goal": m.Goal, "agenda": strings.Join(m.Agenda, "\n"), "starts_at": p.LocalTime(m.StartsAt.Time), "ends_at": p.LocalTime(m.EndsAt.Time),
		"time_zone": m.TimeZone, "place": m.Place, "notes": m.Notes, "version": version(m.Version)}}
	for _, x := range m.Participants {
		f.people = append(f.people, x.Type+":"+x.ID)
	}
	return h.meetingForm(w, r, p, a, http.StatusOK, m.PlanID, m.ID, f)
}

func (h pages) changeMeeting(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	m, err := h.oneMeeting(r, p, a)
	if err == nil {
		err = a.Require(permission.PlanWrite)
	}
	if err != nil {
		return err
	}
	f, starts, ends, agenda, people, err := readMeeting(r, p)
	if err == nil {
		text := func(name string) *string { v := f.values[name]; return &v }
		_, err = h.s.UpdateMeeting(r.Context(), a, m.ID, web.Version(r), ChangeMeeting{Kind: text("kind"), Title: text("title"), Goal: text("goal"), Agenda: &agenda, StartsAt: &starts, EndsAt: &ends,
			TimeZone: text("time_zone"), Place: text("place"), Notes: text("notes"), Participants: &people})
	}
	if err != nil {
		if !f.refuse(p, err) {
			return err
		}
		return h.meetingForm(w, r, p, a, web.Status(err), m.PlanID, m.ID, f)
	}
	return web.Done(w, r, p, "/meetings/"+m.ID, p.T("plans.done_edit"))
}

// act does something to the meeting of the address and goes back to it.
func (h pages) act(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, done string, f func(m Answer) error) error {
	m, err := h.oneMeeting(r, p, a)
	if err != nil {
		return err
	}
	if err := f(m); err != nil {
		return web.Refused(w, r, p, "/meetings/"+m.ID, err)
	}
	return web.Done(w, r, p, "/meetings/"+m.ID, p.T(done)) // i18n: plans.done_*
}

func (h pages) invite(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, "plans.done_invite", func(m Answer) error {
		_, err := h.s.Invite(r.Context(), a, m.ID, web.Version(r))
		return err
	})
}

func (h pages) held(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, "plans.done_edit", func(m Answer) error {
		to := Held
		_, err := h.s.UpdateMeeting(r.Context(), a, m.ID, web.Version(r), ChangeMeeting{State: &to})
		return err
	})
}

func (h pages) cancel(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, "plans.done_cancel", func(m Answer) error {
		_, err := h.s.CancelMeeting(r.Context(), a, m.ID, web.Version(r))
		return err
	})
}

func (h pages) say(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.act(w, r, p, a, "plans.done_say", func(m Answer) error {
		in := NewStatement{Meeting: m.ID, Text: strings.TrimSpace(r.PostFormValue("text")), SaidBy: strings.TrimSpace(r.PostFormValue("said_by"))}
		for _, x := range r.PostForm["feeds"] {
			kind, ref, _ := strings.Cut(x, ":")
			in.Feeds = append(in.Feeds, Ref{kind, ref})
		}
		_, err := h.s.Say(r.Context(), a, in)
		return err
	})
}
