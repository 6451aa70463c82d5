package question

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Customer is what this room must know of one.
type Customer struct{ ID, Slug, Name, Language, TimeZone string }

// Directory finds customers by slug or id, for an actor.
type Directory interface {
	Named(ctx context.Context, a permission.Actor, ref string) (Customer, error)
}

// Invitation is the mail that carries a private link.
type Invitation struct {
	Name, Email           string
	Language, TimeZone    string
	Title, Customer, From string
	Until                 db.Time
	Link                  string
}

// Mailer puts an invitation into the queue of outgoing mail, in the transaction of the link.
type Mailer interface {
	Invite(ctx context.Context, tx *db.Tx, i Invitation) error
}

// Parts is what a Service is made of.
type Parts struct {
	DB        *db.DB
	Book      Book
	Directory Directory
	Links     *link.Service
	Mailer    Mailer
}

// Service is the room's door.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Questionnaires gives the newest version of each. Faults: forbidden.
func (s *Service) Questionnaires(a permission.Actor) ([]Questionnaire, error) {
	return s.Book.Newest(), a.Require(permission.QuestionnaireRead)
}

// Questionnaire gives the newest version of one. Faults: forbidden, not_found.
func (s *Service) Questionnaire(a permission.Actor, name string) (Questionnaire, error) {
	if err := a.Require(permission.QuestionnaireRead); err != nil {
		return Questionnaire{}, err
	}
	q, ok := s.Book.Named(name)
	if !ok {
		return q, fault.New(fault.NotFound, "fault.not_found")
	}
	return q, nil
}

// Whole is an assessment with all that belongs to it.
type Whole struct {
	Assessment
	Customer Customer
	Form     Questionnaire
	Forms    map[int64]Questionnaire // every version that there are answers to
	Given    map[string]Given
	Standing Standing
}

// Create puts a questionnaire to a customer. Faults: invalid, forbidden, conflict.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewAssessment) (w Whole, err error) {
	if err := a.Require(permission.AssessmentWrite); err != nil {
		return w, err
	}
	invalid := in.Validate()
	c, err := s.Directory.Named(ctx, a, in.Customer)
	if err != nil {
		return w, err
	}
	if invalid != nil {
		return w, invalid
	}
	q, ok := s.Book.Named(in.Questionnaire)
	if !ok {
		var bad fault.Fields
		bad.Add("questionnaire", "question.bad.questionnaire", "value", in.Questionnaire)
		return w, bad.Err()
	}
	scope, err := a.For(permission.AssessmentWrite, c.ID)
	if err != nil {
		return w, err
	}
	x := Assessment{ID: id.New(), CustomerID: c.ID, Kind: q.Kind, Title: in.Title, Questionnaire: q.ID, FormVersion: q.Version, State: Open, CreatedBy: a.Name, Version: 1}
	if x.Title == "" {
		x.Title = q.Title.In(c.Language)
	}
	st := q.Stand(nil)
	x.count(st)
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		x.CreatedAt, x.UpdatedAt = tx.Now(), tx.Now()
		if err := keep(ctx, tx, q); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "assessment", x, ""); err != nil {
			return fmt.Errorf("create assessment: %w", err)
		}
		return audit.Write(ctx, tx, a, "create", record(x), nil, told(x))
	})
	return Whole{Assessment: x, Customer: c, Form: q, Forms: map[int64]Questionnaire{q.Version: q}, Given: map[string]Given{}, Standing: st}, err
}

// count takes the figures of a standing over, for lists.
func (s *Assessment) count(st Standing) {
	s.Answered, s.Shown, s.Missing = int64(st.All.Answered), int64(st.All.Shown), int64(st.All.Missing)
}

// told is what the trail says of an assessment; its answers have entries of their own.
func told(s Assessment) map[string]any {
	return map[string]any{"title": s.Title, "questionnaire": s.Questionnaire, "form_version": s.FormVersion, "state": s.State, "reason": s.Reason, "remark": s.Remark}
}

// Assessment reads one with its answers. Faults: not_found, forbidden.
func (s *Service) Assessment(ctx context.Context, a permission.Actor, ref string) (Whole, error) {
	return s.whole(ctx, a, permission.AssessmentRead, ref)
}

// ToFill is Assessment for who gives answers, as somebody with a private link. Faults: not_found, forbidden.
func (s *Service) ToFill(ctx context.Context, a permission.Actor, ref string) (Whole, error) {
	return s.whole(ctx, a, permission.AssessmentAnswer, ref)
}

func (s *Service) whole(ctx context.Context, a permission.Actor, need permission.Action, ref string) (w Whole, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		w, err = read(ctx, tx, ref, "")
		return err
	})
	if err != nil {
		return Whole{}, err
	}
	return w, a.Require(need)
}

// read reads an assessment whole; lock keeps others from changing it meanwhile.
func read(ctx context.Context, tx *db.Tx, ref, lock string) (w Whole, err error) {
	r, err := get(ctx, tx, ref, lock)
	if err != nil {
		return w, err
	}
	w = Whole{Assessment: r.Assessment, Customer: Customer{ID: r.CustomerID, Slug: r.Slug, Name: r.Customer, Language: r.Language, TimeZone: r.TimeZone}}
	if w.Forms, err = forms(ctx, tx, r.Assessment); err != nil {
		return w, err
	}
	w.Form = w.Forms[r.FormVersion]
	if w.Given, err = given(ctx, tx, r.ID); err != nil {
		return w, err
	}
	w.Standing = w.Form.Stand(values(w.Given))
	return w, nil
}

// Fill is the input of Answer.
type Fill struct {
	// Answers are values by question; nil takes an answer away.
	Answers map[string]any
	// Reaches tells which sections may be answered; nil for all.
	Reaches func(section string) bool
	// Version is that of the assessment which the answers are based on; 0 takes any.
	Version int64
}

// Saved is what became of one answer.
type Saved struct {
	Before, After Given // Before is empty for a first answer
	Changed       bool
}

// Answer gives answers, all or none. Questions that are not named are not touched. Faults: not_found, forbidden, invalid, conflict (it is locked).
func (s *Service) Answer(ctx context.Context, a permission.Actor, ref string, in Fill) (w Whole, saved map[string]Saved, err error) {
	err = s.change(ctx, a, permission.AssessmentAnswer, ref, in.Version, func(tx *db.Tx, now *Whole) error {
		w = *now
		if !now.State.Answerable() {
			return fault.New(fault.Conflict, "question.locked")
		}
		kept, err := checked(now.Form, in)
		if err != nil {
			return err
		}
		saved = map[string]Saved{}
		before, after := map[string]any{}, map[string]any{}
		for _, name := range now.Form.order(kept) {
			was, has := now.Given[name]
			g := Given{CustomerID: now.CustomerID, AssessmentID: now.ID, Question: name, FormVersion: now.FormVersion, At: tx.Now(), Version: was.Version + 1}
			g.Value.V = kept[name]
			g.ByKind, g.ByID, g.ByName = by(a)
			if reflect.DeepEqual(was.Value.V, g.Value.V) && (has && was.FormVersion == now.FormVersion || g.Value.V == nil) {
				saved[name] = Saved{Before: was, After: was}
				continue
			}
			if err := put(ctx, tx, g); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			now.Given[name] = g
			saved[name] = Saved{was, g, true}
			before[name], after[name] = was.Value.V, g.Value.V
		}
		now.Standing = now.Form.Stand(values(now.Given))
		if len(after) == 0 {
			w = *now
			return errUnchanged
		}
		now.count(now.Standing)
		if err := store(ctx, tx, &now.Assessment); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		w = *now
		return audit.Write(ctx, tx, a, "answer", record(now.Assessment), before, after)
	})
	return w, saved, err
}

// order gives the names of some questions in the order of the questionnaire.
func (q Questionnaire) order(of map[string]any) (out []string) {
	for _, s := range q.Sections {
		for _, x := range s.Questions {
			if _, ok := of[x.ID]; ok {
				out = append(out, x.ID)
			}
		}
	}
	return out
}

// checked gives the values as they are kept. Faults: invalid, naming every bad one.
func checked(q Questionnaire, in Fill) (map[string]any, error) {
	var bad fault.Fields
	out := make(map[string]any, len(in.Answers))
	for name, v := range in.Answers {
		x, ok := q.Question(name)
		if !ok || in.Reaches != nil && !in.Reaches(q.Of(name)) {
			bad.Add("answers."+name, "question.bad.question")
			continue
		}
		out[name] = x.check(&bad, "answers."+name, v)
	}
	slices.SortStableFunc(bad, func(x, y fault.Field) int {
		return slices.Index(q.names(), named(x.Path)) - slices.Index(q.names(), named(y.Path))
	})
	return out, bad.Err()
}

// HandIn locks the answers. Faults: not_found, forbidden, conflict, invalid (naming each required question without an answer).
func (s *Service) HandIn(ctx context.Context, a permission.Actor, ref string) (Whole, error) {
	return s.moved(ctx, a, permission.AssessmentAnswer, ref, HandedIn, func(now *Whole, at db.Time) error {
		var bad fault.Fields
		for _, m := range now.Standing.Missing {
			bad.Add("answers."+m, "question.bad.required")
		}
		now.HandedInAt, now.HandedInBy = at, a.Name
		return bad.Err()
	})
}

// Reopen lets answers be given again. Faults: not_found, forbidden, conflict, invalid (a reason is missing).
func (s *Service) Reopen(ctx context.Context, a permission.Actor, ref, reason string) (Whole, error) {
	return s.moved(ctx, a, permission.AssessmentWrite, ref, Reopened, func(now *Whole, _ db.Time) (err error) {
		now.Reason, err = reasoned(reason, "reason", true)
		now.ReviewedAt, now.ReviewedBy, now.Remark = db.Time{}, "", ""
		return err
	})
}

// Review says that somebody of the provider has read the answers, with what they say to them. Faults: not_found, forbidden, conflict, invalid.
func (s *Service) Review(ctx context.Context, a permission.Actor, ref, remark string) (Whole, error) {
	return s.moved(ctx, a, permission.AssessmentWrite, ref, Reviewed, func(now *Whole, at db.Time) (err error) {
		now.Remark, err = reasoned(remark, "remark", false)
		now.ReviewedAt, now.ReviewedBy = at, a.Name
		return err
	})
}

// moved brings an assessment into another state.
func (s *Service) moved(ctx context.Context, a permission.Actor, need permission.Action, ref string, to State, f func(*Whole, db.Time) error) (w Whole, err error) {
	err = s.change(ctx, a, need, ref, 0, func(tx *db.Tx, now *Whole) error {
		if err := next(now.State, to); err != nil {
			return err
		}
		before := told(now.Assessment)
		if err := f(now, tx.Now()); err != nil {
			return err
		}
		now.State = to
		if err := store(ctx, tx, &now.Assessment); err != nil {
			return fmt.Errorf("move assessment: %w", err)
		}
		w = *now
		return audit.Write(ctx, tx, a, string(to), record(now.Assessment), before, told(now.Assessment))
	})
	return w, err
}

// Update changes some fields; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) Update(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeAssessment) (w Whole, err error) {
	err = s.change(ctx, a, permission.AssessmentWrite, ref, version, func(tx *db.Tx, now *Whole) error {
		w = *now
		if in.Title == nil || *in.Title == now.Title {
			return errUnchanged
		}
		var bad fault.Fields
		checkTitle(&bad, *in.Title, false)
		if err := bad.Err(); err != nil {
			return err
		}
		before := told(now.Assessment)
		now.Title = *in.Title
		if err := store(ctx, tx, &now.Assessment); err != nil {
			return fmt.Errorf("update assessment: %w", err)
		}
		w = *now
		return audit.Write(ctx, tx, a, "update", record(now.Assessment), before, told(now.Assessment))
	})
	return w, err
}
