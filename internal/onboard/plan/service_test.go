package plan_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/onboard/plan"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// post keeps invitations as the queue of mail would.
type post struct{ sent []plan.Invitation }

func (p *post) Invite(_ context.Context, _ *db.Tx, in plan.Invitation) error {
	p.sent = append(p.sent, in)
	return nil
}

// told is who got what since it was last asked.
func (p *post) told() string {
	var out []string
	for _, in := range p.sent {
		out = append(out, string(in.Method)+" "+in.To.Name)
	}
	p.sent = nil
	return strings.Join(out, ", ")
}

type stage struct {
	post    *post
	server  *apitest.Server
	manager *apitest.Client
	people  []string // contacts of acme
}

func serve(t *testing.T, d *db.DB, c clock.Clock) *stage {
	t.Helper()
	s := &stage{post: &post{}}
	room, err := plan.New(plan.Parts{DB: d, Catalogue: os.DirFS("../../../catalogue"), Mailer: s.post, Organizer: func() (string, string) { return "Vigie", "vigie@msp.example" }, Subjects: subject.New(append(customer.Kinds(), plan.Kinds()...)...)})
	if err != nil {
		t.Fatal(err)
	}
	s.server = apitest.New(t, d, c, customer.Resolve, customer.NewService(d), room)
	s.manager = s.server.As("manager", permission.Manager, db.GrantAll())
	s.manager.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme Ltd","language":"fr","time_zone":"Europe/Paris"}`).Want(t, 201)
	for _, body := range []string{`{"customer":"acme","name":"Zoe","email":"zoe@acme.example"}`, `{"customer":"acme","name":"Yann","email":"yann@acme.example","language":"en"}`, `{"customer":"acme","name":"Xena"}`} {
		var k struct {
			ID string `json:"id"`
		}
		s.manager.Do(t, "POST", "/contacts", body).Want(t, 201).JSON(t, &k)
		s.people = append(s.people, k.ID)
	}
	return s
}

func guests(ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, `{"type":"contact","id":"`+id+`"}`)
	}
	return `{"participants":[` + strings.Join(out, ",") + `]}`
}

type page[T any] struct {
	Items []T `json:"items"`
}

// A plan on five working days: invitations, an update, somebody less, a meeting called off; what was said, and what it feeds.
func TestPlanLife(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := serve(t, d, c)
		var p struct {
			ID       string `json:"id"`
			StartsOn string `json:"starts_on"`
			EndsOn   string `json:"ends_on"`
			Title    string `json:"title"`
		}
		s.manager.Do(t, "POST", "/plans", `{"customer":"acme","starts_on":"2026-12-12"}`).Want(t, 201).JSON(t, &p)
		if p.StartsOn != "2026-12-14" || p.EndsOn != "2026-12-18" || !strings.HasPrefix(p.Title, "Évaluation complète") {
			t.Errorf("made: %+v", p)
		}
		var all page[plan.Answer]
		s.manager.Do(t, "GET", "/meetings?plan="+p.ID, "").Want(t, 200).JSON(t, &all)
		if len(all.Items) != 9 || all.Items[0].Title != "Réunion de lancement" || all.Items[0].StartsAt.Format("15:04") != "08:30" {
			t.Fatalf("meetings: %+v", all.Items)
		}
		at := "/meetings/" + all.Items[0].ID
		s.manager.Do(t, "POST", at+"/invite", "").Want(t, 409) // nobody takes part
		s.manager.Do(t, "PATCH", at, guests(s.people...)).Want(t, 200)
		s.manager.Do(t, "POST", at+"/invite", "").Want(t, 200)
		if got := s.post.told(); got != "REQUEST Yann, REQUEST Zoe" {
			t.Errorf("invited: %s", got)
		}
		s.manager.Do(t, "POST", at+"/invite", "").Want(t, 200)
		if got := s.post.told(); got != "" {
			t.Errorf("invited twice: %s", got)
		}
		s.manager.Do(t, "PATCH", at, `{"notes":"Noted."}`).Want(t, 200)
		if got := s.post.told(); got != "" {
			t.Errorf("told of notes: %s", got)
		}
		var m plan.Answer
		s.manager.Do(t, "PATCH", at, `{"starts_at":"2026-12-14T10:00:00Z","ends_at":"2026-12-14T11:00:00Z"}`).Want(t, 200).JSON(t, &m)
		if got := s.post.told(); got != "REQUEST Yann, REQUEST Zoe" || m.Sequence != 1 {
			t.Errorf("moved: %s, sequence %d", got, m.Sequence)
		}
		s.manager.Do(t, "PATCH", at, guests(s.people[0])).Want(t, 200)
		if got := s.post.told(); got != "CANCEL Yann" {
			t.Errorf("taken out: %s", got)
		}
		s.manager.Do(t, "POST", at+"/cancel", "").Want(t, 200).JSON(t, &m)
		if got := s.post.told(); got != "CANCEL Zoe" || m.State != plan.Cancelled || m.Sequence != 2 {
			t.Errorf("called off: %s, %s, sequence %d", got, m.State, m.Sequence)
		}
		s.manager.Do(t, "PATCH", at, `{"title":"Again"}`).Want(t, 409)
		s.manager.Do(t, "POST", at+"/cancel", "").Want(t, 409)

		var said plan.Said
		s.manager.Do(t, "POST", "/statements", `{"meeting":"`+m.ID+`","text":"Four hours at most.","said_by":"Zoe","feeds":[{"type":"contact","id":"`+s.people[0]+`"}]}`).Want(t, 201).JSON(t, &said)
		if len(said.Feeds) != 1 || said.Feeds[0].Name != "Zoe" {
			t.Errorf("said: %+v", said)
		}
		for _, feed := range []string{`{"type":"contact","id":"` + m.ID + `"}`, `{"type":"cat","id":"` + s.people[0] + `"}`} {
			s.manager.Do(t, "PATCH", "/statements/"+said.ID, `{"feeds":[`+feed+`]}`).Want(t, 422)
		}
		var tasks page[struct {
			ID     string `json:"id"`
			DueOn  string `json:"due_on"`
			Side   string `json:"side"`
			DoneBy string `json:"done_by"`
		}]
		s.manager.Do(t, "GET", "/plan-tasks?plan="+p.ID, "").Want(t, 200).JSON(t, &tasks)
		if len(tasks.Items) != 10 || tasks.Items[0].DueOn != "2026-12-14" || tasks.Items[9].DueOn != "2026-12-18" {
			t.Errorf("checklist: %+v", tasks.Items)
		}
		s.manager.Do(t, "PATCH", "/plan-tasks/"+tasks.Items[0].ID, `{"done":true}`).Want(t, 200).JSON(t, &tasks.Items[0])
		if tasks.Items[0].DoneBy != "manager" {
			t.Errorf("done: %+v", tasks.Items[0])
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(dbtest.Start)
	s := serve(t, dbtest.SQLite(t, c), c)
	var p struct {
		ID string `json:"id"`
	}
	s.manager.Do(t, "POST", "/plans", `{"customer":"acme","starts_on":"2026-12-14"}`).Want(t, 201).JSON(t, &p)
	for path, body := range map[string]string{
		"/plans":      `{"customer":"acme","starts_on":"14/12/2026"}`,
		"/meetings":   `{"plan":"` + p.ID + `","title":"x","starts_at":"2026-12-14T10:00:00Z","ends_at":"2026-12-14T09:00:00Z"}`,
		"/plan-tasks": `{"plan":"` + p.ID + `","title":"x","due_on":"tomorrow"}`,
		"/statements": `{"plan":"` + p.ID + `","text":" "}`,
	} {
		s.manager.Do(t, "POST", path, body).Want(t, 422)
	}
	viewer := s.server.As("viewer", permission.Viewer, db.GrantAll())
	viewer.Do(t, "GET", "/plans/"+p.ID, "").Want(t, 200)
	viewer.Do(t, "PATCH", "/plans/"+p.ID, `{"title":"x"}`).Want(t, 403)
}
