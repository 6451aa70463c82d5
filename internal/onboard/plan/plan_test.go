package plan

import (
	"os"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"vigie/internal/platform/db"
)

func standard(t testing.TB) Template {
	t.Helper()
	v, err := Load(os.DirFS("../../../catalogue"), "plan/standard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorkdays(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2026-12-07", 1, "2026-12-07"}, {"2026-12-07", 5, "2026-12-11"}, {"2026-12-09", 5, "2026-12-15"}, {"2026-12-12", 1, "2026-12-14"}, {"2026-12-13", 5, "2026-12-18"}, {"2026-12-11", 2, "2026-12-14"}} {
		if got := Workday(day(c.from), c.n).Format(time.DateOnly); got != c.want {
			t.Errorf("working day %d from %s: %s, want %s", c.n, c.from, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		from := day("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 20000).Draw(t, "from"))
		before := from.AddDate(0, 0, -1)
		for n := 1; n <= 12; n++ {
			d := Workday(from, n)
			if w := d.Weekday(); w == time.Saturday || w == time.Sunday || !d.After(before) || d.Sub(before) > 4*24*time.Hour {
				t.Fatalf("working day %d from %s is %s, after %s", n, from, d, before)
			}
			before = d
		}
	})
}

// The time of day is that of the plan's zone, in winter and in summer.
func TestScheduleKeepsTheTimeOfDay(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []string{"2026-12-05", "2026-10-22", "2027-03-25", "2027-07-01"} {
		from, err := time.Parse(time.DateOnly, start)
		if err != nil {
			t.Fatal(err)
		}
		out := standard(t).Schedule(from, paris)
		if len(out) != len(standard(t).Meetings) {
			t.Fatalf("%d meetings", len(out))
		}
		for i, m := range out {
			local := m.Starts.In(paris)
			if local.Format("15:04") != m.At || local.Weekday() == time.Saturday || local.Weekday() == time.Sunday || !m.Ends.After(m.Starts) {
				t.Errorf("%s: %s to %s, want %s of a working day", m.ID, local, m.Ends, m.At)
			}
			if i > 0 && m.Starts.Before(out[i-1].Starts) {
				t.Errorf("%s stands out of order", m.ID)
			}
		}
	}
}

// What a calendar reads of an invitation, whatever people wrote into it.
func TestCalendar(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 7, 8, 30, 0, 0, time.UTC)
	guest := Participant{Name: `Zoé "Z" Lefèvre`, Email: "zoe@acme.example"}
	m := Answer{Meeting: Meeting{ID: "01935a5e-0000-7000-8000-000000000001", Title: "Lancement\r\nBEGIN:VALARM", Goal: "Chacun sait; tout, vraiment", StartsAt: db.At(at), EndsAt: db.At(at.Add(time.Hour)), Place: "https://meet.example/x", Sequence: 3,
		OrganizerName: "Marc, de Vigie", OrganizerEmail: "marc@vigie.example"}, Agenda: []string{"Qui est qui", "Suite"}, Participants: []Participant{guest, {Name: "Nobody"}}}
	for method, status := range map[Method]string{Request: "CONFIRMED", Cancel: "CANCELLED"} {
		text := Calendar(m, guest, method, at)
		for _, raw := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(raw) > 75 || strings.Contains(raw, "\n") {
				t.Errorf("line of %d bytes: %q", len(raw), raw)
			}
			if strings.HasPrefix(raw, "BEGIN:VALARM") {
				t.Error("a title has become a component")
			}
		}
		c, err := ics.ParseCalendar(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Events()) != 1 || !strings.Contains(text, "METHOD:"+string(method)+"\r\n") {
			t.Fatalf("%s", text)
		}
		e := c.Events()[0]
		starts, err := e.GetStartAt()
		if err != nil || !starts.Equal(at) || e.Id() != m.ID+"@vigie" {
			t.Errorf("%s: %v %v", e.Id(), starts, err)
		}
		for property, want := range map[ics.ComponentProperty]string{ics.ComponentPropertySequence: "3", ics.ComponentPropertyStatus: status, ics.ComponentPropertyOrganizer: "mailto:marc@vigie.example"} {
			if got := e.GetProperty(property); got == nil || got.Value != want {
				t.Errorf("%s: %v, want %s", property, got, want)
			}
		}
		if got := e.Attendees(); len(got) != 1 || got[0].Email() != "zoe@acme.example" {
			t.Errorf("attendees: %v", got)
		}
	}
}

func TestOnlyWhatCalendarsShowIsTold(t *testing.T) {
	t.Parallel()
	m := Meeting{Title: "a", StartsAt: db.At(time.Unix(1e9, 0))}
	notes, later := m, m
	notes.Notes, later.StartsAt = "b", db.At(time.Unix(2e9, 0))
	if moved(m, notes) || !moved(m, later) {
		t.Error("notes are told, or another hour is not")
	}
}
