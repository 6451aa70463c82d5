package question_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/onboard/question"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// house is a customer who is asked a small questionnaire.
type house struct {
	t       *testing.T
	db      *db.DB
	service *question.Service
	root    permission.Actor
	scope   db.Scope
	id      string // of the customer
	mails   []question.Invitation
}

// Invite implements question.Mailer.
func (h *house) Invite(_ context.Context, _ *db.Tx, i question.Invitation) error {
	h.mails = append(h.mails, i)
	return nil
}

type directory struct{ customers *customer.Service }

// Named implements question.Directory.
func (d directory) Named(ctx context.Context, a permission.Actor, ref string) (question.Customer, error) {
	c, err := d.customers.Named(ctx, a, ref)
	return question.Customer{ID: c.ID, Slug: c.Slug, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone}, err
}

const small = `id: base
version: 1
kind: base
title: {en: Small, fr: Petit}
sections:
  - id: one
    title: {en: One, fr: Un}
    questions:
      - {id: name, type: text, required: true, text: {en: Name, fr: Nom}}
      - {id: night, type: yes_no, text: {en: At night, fr: La nuit}}
      - {id: why, type: text, required: true, text: {en: Why, fr: Pourquoi}, shown_if: {question: night, is: true}}
  - id: two
    title: {en: Two, fr: Deux}
    questions:
      - {id: rto, type: duration, required: true, text: {en: RTO, fr: RTO}}
      - {id: users, type: number, whole: true, min: 0, text: {en: Users, fr: Utilisateurs}}
`

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, root: permission.Grant(permission.Actor{Name: "Marc", ID: "marc", Kind: permission.Person}, permission.Manager, db.GrantAll())}
	customers := customer.NewService(d)
	k, err := customers.CreateCustomer(t.Context(), h.root, customer.NewCustomer{Slug: "acme", Name: "Acme", Language: "fr"})
	check(t, err)
	h.id, h.scope = k.ID, db.Grant(k.ID)
	h.service = question.New(question.Parts{DB: d, Book: book(t, small), Directory: directory{customers}, Links: link.Open(link.Parts{DB: d, Clock: c}), Mailer: h})
	return h
}

func book(t *testing.T, text string) question.Book {
	t.Helper()
	b, err := load(text)
	check(t, err)
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// guest is who comes by a link.
func (h *house) guest(name string) permission.Actor {
	return permission.GrantLink(permission.Actor{Name: name, Kind: permission.Link, Via: "link of " + name}, h.scope, question.Door.Actions...)
}

func (h *house) create() question.Whole {
	h.t.Helper()
	w, err := h.service.Create(h.t.Context(), h.root, question.NewAssessment{Customer: "acme"})
	check(h.t, err)
	return w
}

func (h *house) answer(a permission.Actor, id string, values map[string]any) (question.Whole, map[string]question.Saved) {
	h.t.Helper()
	w, saved, err := h.service.Answer(h.t.Context(), a, id, question.Fill{Answers: values})
	check(h.t, err)
	return w, saved
}

func paths(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Path)
	}
	return strings.Join(out, " ")
}

func TestLifeOfAnAssessment(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		w := h.create()
		if w.Title != "Petit" || w.State != question.Open || w.Missing != 2 || w.Kind != question.Base {
			t.Fatalf("%+v", w.Assessment)
		}
		jeanne, paul := h.guest("Jeanne"), h.guest("Paul")
		w, saved := h.answer(jeanne, w.ID, map[string]any{"name": " Acme ", "night": true})
		if !saved["name"].Changed || w.Answered != 2 || w.Missing != 2 {
			t.Errorf("%+v, %+v", saved, w.Assessment)
		}
		if g := w.Given["name"]; g.Value.V != "Acme" || g.ByName != "Jeanne" || g.ByKind != "link" || g.FormVersion != 1 || !g.At.Equal(c.Now()) {
			t.Errorf("%+v", g)
		}
		// Another person, another question: nothing of the first is touched.
		w, _ = h.answer(paul, w.ID, map[string]any{"rto": "PT240M"})
		if w.Given["rto"].Value.V != "PT4H" || w.Given["name"].ByName != "Jeanne" || w.Given["name"].Version != 1 {
			t.Errorf("%+v", w.Given)
		}
		// The same again is no answer; another is the last one's.
		if _, saved := h.answer(paul, w.ID, map[string]any{"name": "Acme"}); saved["name"].Changed {
			t.Error("the same answer counts as a change")
		}
		w, saved = h.answer(paul, w.ID, map[string]any{"name": "Acme SA"})
		if saved["name"].Before.ByName != "Jeanne" || w.Given["name"].ByName != "Paul" || w.Given["name"].Version != 2 {
			t.Errorf("%+v", saved["name"])
		}
		_, err := h.service.HandIn(ctx, jeanne, w.ID)
		if paths(err) != "answers.why" {
			t.Errorf("handed in without why: %v", err)
		}
		h.answer(jeanne, w.ID, map[string]any{"why": "Trucks"})
		w, err = h.service.HandIn(ctx, jeanne, w.ID)
		if err != nil || w.State != question.HandedIn || w.HandedInBy != "Jeanne" {
			t.Fatalf("%+v %v", w.Assessment, err)
		}
		for _, a := range []permission.Actor{jeanne, h.root} {
			if _, _, err := h.service.Answer(ctx, a, w.ID, question.Fill{Answers: map[string]any{"name": "late"}}); !fault.Is(err, fault.Conflict) {
				t.Errorf("an answer after the hand-in: %v", err)
			}
		}
		if _, err := h.service.HandIn(ctx, jeanne, w.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("handed in twice: %v", err)
		}
		latest, err := h.service.Latest(ctx, h.root, h.id, question.Base)
		if want := (question.Answers{"name": "Acme SA", "night": true, "why": "Trucks", "rto": "PT4H"}); err != nil || !reflect.DeepEqual(latest.Answers, want) {
			t.Errorf("%v %v", latest.Answers, err)
		}
		if _, err := h.service.Review(ctx, h.root, w.ID, "Clear."); err != nil {
			t.Error(err)
		}
		if _, err := h.service.Reopen(ctx, h.root, w.ID, " "); paths(err) != "reason" {
			t.Errorf("opened again without a reason: %v", err)
		}
		w, err = h.service.Reopen(ctx, h.root, w.ID, "The RPO")
		if err != nil || w.State != question.Reopened || w.Remark != "" || !w.ReviewedAt.IsZero() {
			t.Errorf("%+v %v", w.Assessment, err)
		}
		if _, err := h.service.Latest(ctx, h.root, h.id, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("an assessment that is open again is the latest: %v", err)
		}
		// What is taken away hides what hung on it.
		w, _ = h.answer(paul, w.ID, map[string]any{"night": nil})
		sheet, err := h.service.Sheet(ctx, h.root, w.ID)
		check(t, err)
		for _, g := range sheet {
			if g.Question == "night" && (g.Value != nil || g.ByName != "Paul") || g.Question == "why" && g.Shown {
				t.Errorf("%+v", g)
			}
		}
		h.trailed(w.ID)
	})
}

// trailed: the trail has each answer with who gave it, and what stood there before.
func (h *house) trailed(id string) {
	h.t.Helper()
	var entries []audit.Entry
	check(h.t, h.db.View(h.t.Context(), h.scope, func(tx *db.Tx) error {
		return tx.Select(h.t.Context(), &entries, `SELECT `+db.Columns[audit.Entry]("")+` FROM {audit_entry} WHERE record_id = ? ORDER BY id`, id)
	}))
	var actions []string
	for _, e := range entries {
		actions = append(actions, e.Action+"/"+e.ActorName)
		if before, _ := e.Before.V.(map[string]any); e.Action == "answer" && before["name"] == "Acme" && e.ActorKind != "link" {
			h.t.Errorf("%+v", e)
		}
	}
	if got := strings.Join(actions, " "); got != "create/Marc answer/Jeanne answer/Paul answer/Paul answer/Jeanne handed_in/Jeanne reviewed/Marc reopened/Marc answer/Paul" {
		h.t.Error(got)
	}
}

func TestAnswersAreAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		w := h.create()
		_, _, err := h.service.Answer(ctx, h.root, w.ID, question.Fill{Answers: map[string]any{"name": "Acme", "users": 1.5, "rto": "soon", "nothing": 1.0}})
		if got := paths(err); got != "answers.nothing answers.rto answers.users" {
			t.Errorf("%s (%v)", got, err)
		}
		_, _, err = h.service.Answer(ctx, h.guest("Jeanne"), w.ID, question.Fill{Answers: map[string]any{"name": "Acme", "users": 3.0}, Reaches: func(s string) bool { return s == "one" }})
		if paths(err) != "answers.users" {
			t.Errorf("a section out of reach: %v", err)
		}
		if w, err = h.service.Assessment(ctx, h.root, w.ID); err != nil || len(w.Given) != 0 || w.Version != 1 {
			t.Errorf("%+v %v", w.Given, err)
		}
		if _, _, err := h.service.Answer(ctx, h.root, w.ID, question.Fill{Answers: map[string]any{"name": "Late"}, Version: 7}); !fault.Is(err, fault.Stale) {
			t.Errorf("answers to another version: %v", err)
		}
		h.answer(h.root, w.ID, map[string]any{"name": "Acme"})
		if w, _, err = h.service.Answer(ctx, h.root, w.ID, question.Fill{Answers: map[string]any{"users": 3.0}, Version: 2}); err != nil || len(w.Given) != 2 || w.Version != 3 {
			t.Errorf("answers that are not named stay: %+v, version %d, %v", w.Given, w.Version, err)
		}
		if _, err := h.service.Assessment(ctx, h.guest("Jeanne"), w.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a link reads more than it is for: %v", err)
		}
		if _, err := h.service.Reopen(ctx, h.guest("Jeanne"), w.ID, "why not"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a link opens again: %v", err)
		}
	})
}

// Several people at once: no answer is lost, and the figures add up.
func TestManyAnswerAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		w := h.create()
		var all sync.WaitGroup
		for name, v := range map[string]any{"name": "Acme", "night": false, "rto": "PT1H", "users": 12.0} {
			all.Go(func() {
				if _, _, err := h.service.Answer(t.Context(), h.guest(name), w.ID, question.Fill{Answers: map[string]any{name: v}}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w, err := h.service.Assessment(t.Context(), h.root, w.ID)
		if err != nil || w.Answered != 4 || w.Missing != 0 || w.Version != 5 {
			t.Errorf("%+v %v", w.Assessment, err)
		}
	})
}

// An answer keeps the version of the questionnaire that it was given to; what was asked then stays readable.
func TestVersionsStay(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		w := h.create()
		h.answer(h.root, w.ID, map[string]any{"name": "Acme"})
		newer := strings.NewReplacer("version: 1", "version: 2", "{en: Name, fr: Nom}", "{en: Full name, fr: Nom complet}").Replace(small)
		h.service.Book = book(t, newer)
		old, err := h.service.Assessment(ctx, h.root, w.ID)
		if q, _ := old.Form.Question("name"); err != nil || q.Text.EN != "Name" || old.FormVersion != 1 {
			t.Errorf("version %d asks for %q: %v", old.FormVersion, q.Text.EN, err)
		}
		if x := h.create(); x.FormVersion != 2 {
			t.Errorf("a new assessment has version %d", x.FormVersion)
		}
		h.service.Book = book(t, strings.Replace(newer, "Full name", "First name", 1))
		if _, err := h.service.Create(ctx, h.root, question.NewAssessment{Customer: "acme"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a version that was edited: %v", err)
		}
	})
}

func TestPrivateLinksOfAnAssessment(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		w := h.create()
		l, address, err := h.service.CreateLink(ctx, h.root, w.ID, question.NewLink{Name: "Jeanne", Email: "jeanne@acme.example", Sections: []string{"two"}, Days: 3})
		if err != nil || !strings.HasPrefix(address, "/answers/") || l.Language != "fr" || !l.ExpiresAt.Equal(c.Now().AddDate(0, 0, 3)) {
			t.Fatalf("%+v %s %v", l, address, err)
		}
		if len(h.mails) != 1 || h.mails[0].Link != address || h.mails[0].Language != "fr" || h.mails[0].From != "Marc" {
			t.Errorf("%+v", h.mails)
		}
		_, _, err = h.service.CreateLink(ctx, h.root, w.ID, question.NewLink{Email: "nobody", Sections: []string{"three"}, Days: 300})
		if got := paths(err); got != "sections[0] days name email" {
			t.Errorf("%s (%v)", got, err)
		}
		if _, _, err := h.service.CreateLink(ctx, h.guest("Jeanne"), w.ID, question.NewLink{Name: "friend"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a link makes links: %v", err)
		}
		if gone, err := h.service.RevokeLink(ctx, h.root, w.ID, l.ID); err != nil || gone.State(c.Now()) != link.Revoked {
			t.Errorf("%+v %v", gone, err)
		}
		if all, err := h.service.PrivateLinks(ctx, h.root, w.ID); err != nil || len(all) != 1 || len(h.mails) != 1 {
			t.Errorf("%v %v", all, err)
		}
	})
}
