package note_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/note"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// house is two customers with a contact each, people on both sides, and what mail would have left.
type house struct {
	db      *db.DB
	clock   *clock.Manual
	notes   *note.Service
	api     *apitest.Server
	people  map[string]permission.Actor // by first name
	contact map[string]string           // by slug
	mails   *[]note.Mail
}

type post struct{ sent *[]note.Mail }

// Notify implements note.Mailer.
func (p post) Notify(_ context.Context, _ *db.Tx, m note.Mail) error {
	*p.sent = append(*p.sent, m)
	return nil
}

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{db: d, clock: c, people: map[string]permission.Actor{}, contact: map[string]string{}, mails: &[]note.Mail{}}
	customers, people := customer.NewService(d), identity.NewService(d, c)
	h.notes = note.New(note.Parts{DB: d, Subjects: subject.New(customer.Kinds()...), Mailer: post{h.mails}})
	h.api = apitest.New(t, d, c, customer.Resolve, customers, h.notes)
	root := permission.Grant(permission.Actor{Name: "root", Kind: permission.System}, permission.Admin, db.GrantAll())
	ids := map[string]string{}
	for _, slug := range []string{"acme", "bolt"} {
		k, err := customers.CreateCustomer(ctx, root, customer.NewCustomer{Slug: slug, Name: slug})
		check(t, err)
		p, err := customers.CreateContact(ctx, root, customer.NewContact{Customer: slug, Name: "Contact of " + slug})
		check(t, err)
		ids[slug], h.contact[slug] = k.ID, p.ID
	}
	for _, p := range []struct {
		name string
		role permission.Role
		only string
	}{{"Ada Lindqvist", permission.Admin, ""}, {"Ines Carpentier", permission.Engineer, ""}, {"Tom Okafor", permission.Agent, "bolt"}, {"Hugo Petit", permission.Requester, "acme"},
		{"Lena Fischer", permission.Viewer, "acme"}, {"Bob Bolt", permission.Requester, "bolt"}} {
		first, _, _ := strings.Cut(p.name, " ")
		in := identity.NewUser{Email: strings.ToLower(first) + "@example.org", Name: p.name, Role: p.role, Password: "Quiet lamp over 7 rivers"}
		scope := db.GrantAll()
		if p.only != "" {
			in.Customers, scope = []string{p.only}, db.Grant(ids[p.only])
		}
		u, err := people.CreateUser(ctx, root, in)
		check(t, err)
		h.people[first] = permission.Grant(permission.Actor{ID: u.ID, Name: u.Name, Kind: permission.Person}, p.role, scope)
	}
	return h
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) write(t *testing.T, who, body string, public bool) note.Note {
	t.Helper()
	n, err := h.notes.Write(t.Context(), h.people[who], note.NewNote{RecordType: "contact", RecordID: h.contact["acme"], Body: body, Public: public})
	check(t, err)
	return n
}

// inbox is what somebody has been told, newest first: "kind excerpt".
func (h *house) inbox(t *testing.T, who string) string {
	t.Helper()
	page, err := h.notes.Notifications(t.Context(), h.people[who], note.NotificationSpec.All())
	check(t, err)
	var out []string
	for _, n := range page.Items {
		out = append(out, n.Kind+" "+n.Excerpt)
	}
	return strings.Join(out, "; ")
}

// bodies is the timeline of the contact as somebody sees it, newest first.
func (h *house) bodies(t *testing.T, who string) string {
	t.Helper()
	page, err := h.notes.Notes(t.Context(), h.people[who], note.Spec.All().Where("n.record_id = ?", h.contact["acme"]))
	check(t, err)
	var out []string
	for _, n := range page.Items {
		out = append(out, n.Body)
	}
	return strings.Join(out, "; ")
}

func each(t *testing.T, test func(*testing.T, *house)) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) { test(t, open(t, d, c)) })
}

// Internal is the default, and stays among the provider's people; what people of a customer write is public.
func TestInternalAndPublic(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		inner, sent := h.write(t, "Ines", "inner", false), h.write(t, "Ines", "sent", true)
		answer := h.write(t, "Hugo", "answer", false)
		if inner.Public || !sent.Public || !answer.Public || !inner.Staff || answer.Staff {
			t.Errorf("%+v %+v %+v", inner, sent, answer)
		}
		for who, want := range map[string]string{"Ada": "answer; sent; inner", "Hugo": "answer; sent", "Lena": "answer; sent", "Tom": "", "Bob": ""} {
			if got := h.bodies(t, who); got != want {
				t.Errorf("%s sees %q, want %q", who, got, want)
			}
			seen, err := h.notes.Timeline(t.Context(), h.people[who], "contact", h.contact["acme"], note.ShowNotes, "", 10)
			if want == "" {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("%s opens the timeline: %v", who, err)
				}
				continue
			}
			if err != nil || len(seen.Entries) != strings.Count(want, ";")+1 {
				t.Errorf("%s: %d entries, %v", who, len(seen.Entries), err)
			}
			if _, err := h.notes.Note(t.Context(), h.people[who], inner.ID); (err == nil) != (who == "Ada") {
				t.Errorf("%s reads the internal note: %v", who, err)
			}
		}
		for who, code := range map[string]fault.Code{"Lena": fault.Forbidden, "Bob": fault.NotFound, "Tom": fault.NotFound} {
			if _, err := h.notes.Write(t.Context(), h.people[who], note.NewNote{RecordType: "contact", RecordID: h.contact["acme"], Body: "x"}); !fault.Is(err, code) {
				t.Errorf("%s writes: %v", who, err)
			}
		}
		// Nor does a change of the record show to the customer, who sees what was said.
		changes, err := h.notes.Timeline(t.Context(), h.people["Hugo"], "contact", h.contact["acme"], note.ShowChanges, "", 10)
		if err != nil || len(changes.Entries) != 0 {
			t.Errorf("Hugo sees %d changes, %v", len(changes.Entries), err)
		}
	})
}

// A mention tells who can see the note. Who cannot is told nothing, and cannot be told from nobody.
func TestMentionsGrantNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.write(t, "Ines", "@Ada Lindqvist, @Hugo Petit, @Tom Okafor and @Zoe: look", false)
		if got := fmt.Sprint(n.Unreached); got != "[@Hugo @Tom @Zoe]" {
			t.Errorf("unreached: %s", got)
		}
		for who, want := range map[string]string{"Ada": "mention @Ada Lindqvist, @Hugo Petit, @Tom Okafor and @Zoe: look", "Hugo": "", "Tom": "", "Ines": ""} {
			if got := h.inbox(t, who); got != want {
				t.Errorf("%s is told %q, want %q", who, got, want)
			}
		}
		if _, err := h.notes.Note(t.Context(), h.people["Tom"], n.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a mention let Tom in: %v", err)
		}
		n = h.write(t, "Ines", "@Hugo Petit please look, @ada@example.org too", true)
		if len(n.Unreached) != 0 || h.inbox(t, "Hugo") == "" {
			t.Errorf("a public note reaches Hugo: %+v, %q", n, h.inbox(t, "Hugo"))
		}
		// To a customer's person, people of others are nobody, as words are.
		n = h.write(t, "Hugo", "@Bob Bolt @Tom Okafor @Nobody", true)
		if got := fmt.Sprint(n.Unreached); got != "[@Bob @Tom @Nobody]" {
			t.Errorf("unreached: %s", got)
		}
		found, err := h.notes.People(t.Context(), h.people["Hugo"], "contact", h.contact["acme"], false, "")
		check(t, err)
		var names []string
		for _, p := range found {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ", "); got != "Ada Lindqvist, Ines Carpentier, Lena Fischer" {
			t.Errorf("Hugo may mention %s", got)
		}
	})
}

// Authors and the mentioned watch by themselves; who has turned it off stays off; watchers are told of what they may see.
func TestWatching(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, off := t.Context(), false
		on := note.Watch{RecordType: "contact", RecordID: h.contact["acme"]}
		h.write(t, "Ines", "one", true)
		h.write(t, "Hugo", "two", true)
		h.write(t, "Ines", "three", false)
		h.write(t, "Ada", "four", true)
		if got := h.inbox(t, "Ines"); got != "note four; note two" {
			t.Errorf("Ines: %s", got)
		}
		if got := h.inbox(t, "Hugo"); got != "note four" {
			t.Errorf("Hugo: %s", got)
		}
		_, err := h.notes.SetWatching(ctx, h.people["Ines"], note.Watch{RecordType: "contact", RecordID: h.contact["acme"], Watching: &off})
		check(t, err)
		h.write(t, "Ines", "five", true) // does not turn it on again
		h.write(t, "Ada", "six", true)
		h.write(t, "Ada", "seven, @Ines Carpentier", true)
		if got := h.inbox(t, "Ines"); got != "mention seven, @Ines Carpentier; note four; note two" {
			t.Errorf("Ines, watching no more: %s", got)
		}
		_, err = h.notes.SetWatching(ctx, h.people["Lena"], on)
		check(t, err)
		if _, err := h.notes.SetWatching(ctx, h.people["Bob"], on); !fault.Is(err, fault.NotFound) {
			t.Errorf("Bob watches: %v", err)
		}
		for who, want := range map[string]int{"Ada": 3, "Lena": 1, "Bob": 0} {
			page, err := h.notes.Watchers(ctx, h.people[who], note.WatcherSpec.All())
			if err != nil || len(page.Items) != want {
				t.Errorf("%s sees %d watchers, %v, want %d", who, len(page.Items), err, want)
			}
		}
		n, err := h.notes.Unread(ctx, h.people["Ines"])
		if err != nil || n != 3 {
			t.Errorf("unread: %d, %v", n, err)
		}
		page, err := h.notes.Notifications(ctx, h.people["Ines"], note.NotificationSpec.All())
		check(t, err)
		if m, err := h.notes.MarkRead(ctx, h.people["Hugo"], note.Reading{IDs: []string{page.Items[0].ID}}); err != nil || m.Marked != 0 {
			t.Errorf("Hugo reads Ines's: %+v, %v", m, err)
		}
		if m, err := h.notes.MarkRead(ctx, h.people["Ines"], note.Reading{IDs: []string{page.Items[0].ID}}); err != nil || m.Marked != 1 {
			t.Errorf("one: %+v, %v", m, err)
		}
		if m, err := h.notes.MarkRead(ctx, h.people["Ines"], note.Reading{}); err != nil || m.Marked != 2 {
			t.Errorf("the rest: %+v, %v", m, err)
		}
	})
}

// An author corrects within a quarter of an hour, with history; removal leaves a mark and no text anywhere.
func TestCorrectingAndRemoving(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		n := h.write(t, "Ines", "the pasword is 1234, @Ada Lindqvist", false)
		edited, err := h.notes.Edit(ctx, h.people["Ines"], n.ID, 1, note.ChangeNote{Body: "the password is 1234, @Ada Lindqvist"})
		if err != nil || edited.Version != 2 || edited.EditedAt.IsZero() {
			t.Fatalf("%+v %v", edited, err)
		}
		if got := h.inbox(t, "Ada"); strings.Count(got, "mention") != 1 {
			t.Errorf("a correction is told again: %s", got)
		}
		for who, code := range map[string]fault.Code{"Ada": fault.Forbidden, "Hugo": fault.NotFound} {
			if _, err := h.notes.Edit(ctx, h.people[who], n.ID, 2, note.ChangeNote{Body: "x"}); !fault.Is(err, code) {
				t.Errorf("%s corrects: %v", who, err)
			}
		}
		if _, err := h.notes.Edit(ctx, h.people["Ines"], n.ID, 1, note.ChangeNote{Body: "x"}); !fault.Is(err, fault.Stale) {
			t.Errorf("on an old version: %v", err)
		}
		old, err := h.notes.Versions(ctx, h.people["Ada"], n.ID)
		if err != nil || len(old) != 1 || old[0].Body != "the pasword is 1234, @Ada Lindqvist" {
			t.Errorf("history: %+v %v", old, err)
		}
		h.clock.Advance(15 * time.Minute)
		if _, err := h.notes.Edit(ctx, h.people["Ines"], n.ID, 2, note.ChangeNote{Body: "x"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("too late: %v", err)
		}
		if err := h.notes.Remove(ctx, h.people["Ines"], n.ID, 2); !fault.Is(err, fault.Forbidden) {
			t.Errorf("too late to remove: %v", err)
		}
		check(t, h.notes.Remove(ctx, h.people["Ada"], n.ID, 2))
		after, err := h.notes.Note(ctx, h.people["Ines"], n.ID)
		if err != nil || !after.Removed || after.Body != "" {
			t.Errorf("after: %+v %v", after, err)
		}
		if got := h.inbox(t, "Ada"); got != "" {
			t.Errorf("the text stands in an inbox: %s", got)
		}
		for _, table := range []string{"note", "note_version", "notification", "audit_entry"} {
			column := map[string]string{"note": "body", "note_version": "body", "notification": "excerpt", "audit_entry": "CAST(after AS TEXT)"}[table]
			var n int
			check(t, h.db.View(ctx, h.people["Ada"].Scope(), func(tx *db.Tx) error {
				return tx.Get(ctx, &n, `SELECT COUNT(*) FROM {`+table+`} WHERE `+column+` LIKE '%1234%'`)
			}))
			if n > 0 {
				t.Errorf("%s still has the text", table)
			}
		}
	})
}

// Mails gather what came together, are measured against what their person may see at the time, and follow their choice.
func TestMails(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.write(t, "Ines", "begin", true)
		h.write(t, "Hugo", "first", true)
		h.write(t, "Hugo", "second", true)
		check(t, h.notes.Sweep(ctx))
		if len(*h.mails) != 0 {
			t.Fatalf("too early: %+v", *h.mails)
		}
		h.clock.Advance(2 * time.Minute)
		check(t, h.notes.Sweep(ctx))
		check(t, h.notes.Sweep(ctx))
		if len(*h.mails) != 1 || (*h.mails)[0].To.Name != "Ines Carpentier" || (*h.mails)[0].Count != 2 || (*h.mails)[0].Excerpt != "second" {
			t.Fatalf("one mail of both: %+v", *h.mails)
		}
		_, err := h.notes.SetPreference(ctx, h.people["Ines"], note.Preference{Mail: "mentions"})
		check(t, err)
		h.write(t, "Hugo", "third", true)
		h.write(t, "Ada", "@Ines Carpentier fourth", false)
		h.clock.Advance(2 * time.Minute)
		check(t, h.notes.Sweep(ctx))
		last := (*h.mails)[len(*h.mails)-1]
		if len(*h.mails) != 2 || last.Count != 1 || !last.Mention || last.To.Name != "Ines Carpentier" {
			t.Errorf("mentions only: %+v", *h.mails)
		}
		h.write(t, "Hugo", "@Ines Carpentier fifth", true)
		_, err = h.notes.MarkRead(ctx, h.people["Ines"], note.Reading{})
		check(t, err)
		h.clock.Advance(2 * time.Minute)
		check(t, h.notes.Sweep(ctx))
		for _, m := range (*h.mails)[2:] {
			if m.To.Name == "Ines Carpentier" {
				t.Errorf("what was read comes as mail: %+v", m)
			}
		}
	})
}

// A record with ten thousand notes pages in milliseconds, to its beginning and without a gap.
func TestLongTimeline(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		type row struct {
			CustomerID string  `db:"customer_id"`
			ID         string  `db:"id"`
			RecordType string  `db:"record_type"`
			RecordID   string  `db:"record_id"`
			Public     bool    `db:"public"`
			Body       string  `db:"body"`
			AuthorName string  `db:"author_name"`
			Staff      bool    `db:"staff"`
			Version    int64   `db:"version"`
			CreatedAt  db.Time `db:"created_at"`
			RemovedBy  string  `db:"removed_by"`
		}
		var notes []row
		for range 10_000 {
			notes = append(notes, row{ID: id.New(), RecordType: "contact", RecordID: h.contact["acme"], Body: "text", AuthorName: "A", Version: 1, CreatedAt: db.At(dbtest.Start)})
		}
		scope := db.Grant(h.people["Hugo"].Scope().Customers()...)
		check(t, h.db.InScope(ctx, scope, func(tx *db.Tx) error {
			_, err := tx.Insert(ctx, "note", notes, "")
			return err
		}))
		seen, before, slowest := 0, "", time.Duration(0)
		wall := clock.System{}
		for {
			from := wall.Now()
			part, err := h.notes.Timeline(ctx, h.people["Ada"], "contact", h.contact["acme"], note.ShowAll, before, 300)
			check(t, err)
			slowest = max(slowest, wall.Now().Sub(from))
			seen += len(part.Entries)
			if part.Older == "" {
				break
			}
			before = part.Older
		}
		if seen != 10_001 { // and that the contact was made
			t.Errorf("%d entries, want 10001", seen)
		}
		t.Logf("the slowest page of 300 took %v", slowest)
		if slowest > 2*time.Second {
			t.Errorf("a page took %v", slowest)
		}
	})
}
