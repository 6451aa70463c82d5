package question

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// filler are the pages on which answers are given; surface says before whom.
type filler struct{ s *Service }

// byGuest makes the surface of somebody with a private link.
func (h filler) byGuest(f func(http.ResponseWriter, *http.Request, *ui.Page, permission.Actor, surface) error) link.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l link.Link) error {
		x, err := h.s.ToFill(r.Context(), a, l.RecordID)
		if err != nil {
			return err
		}
		v := newSurface(x, Door.Path+r.PathValue("token"), l.Has, a)
		v.public, v.until = true, l.ExpiresAt
		p.Title = x.Title
		return f(w, r, p, a, v)
	}
}

// byStaff makes the surface of somebody who is signed in.
func (h filler) byStaff(f func(http.ResponseWriter, *http.Request, *ui.Page, permission.Actor, surface) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
		x, err := h.s.ToFill(r.Context(), a, r.PathValue("id"))
		if err == nil {
			err = web.Belongs(p, x.Customer.Slug)
		}
		if err != nil {
			return err
		}
		p.Title, p.Active = x.Title, "assessments"
		p.Crumbs = []ui.Link{{Label: p.T("question.list"), Href: "/assessments"}, {Label: x.Title, Href: "/assessments/" + x.ID}}
		return f(w, r, p, a, newSurface(x, "/assessments/"+x.ID+"/fill", func(string) bool { return true }, a))
	}
}

// overview is where a guest arrives.
func (h filler) overview(w http.ResponseWriter, r *http.Request, p *ui.Page, _ permission.Actor, v surface) error {
	ui.Render(w, r, http.StatusOK, overviewPage(p, v))
	return nil
}

// start leads who is signed in to the section to go on with.
func (h filler) start(w http.ResponseWriter, r *http.Request, p *ui.Page, _ permission.Actor, v surface) error {
	ui.Redirect(w, r, v.sectionHref(p, v.first()))
	return nil
}

func (h filler) section(w http.ResponseWriter, r *http.Request, p *ui.Page, _ permission.Actor, v surface) error {
	s, err := v.sectionOf(r)
	if err != nil {
		return err
	}
	ui.Render(w, r, http.StatusOK, sectionPage(p, v.filled(p, s)))
	return nil
}

// sectionOf is the section of the address, as far as the reader reaches.
func (v surface) sectionOf(r *http.Request) (Section, error) {
	s, ok := v.Form.Section(r.PathValue("section"))
	if !ok || !v.reaches(s.ID) {
		return s, fault.New(fault.NotFound, "fault.not_found")
	}
	return s, nil
}

// save takes a whole section, as a browser without a script posts it. Only what the reader has changed is stored: what somebody else answered meanwhile
// stays.
func (h filler) save(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v surface) error {
	s, err := v.sectionOf(r)
	if err != nil {
		return err
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	in := Fill{Answers: map[string]any{}, Reaches: v.reaches}
	for _, q := range s.Questions {
		if !slices.Contains(r.PostForm["q"], q.ID) {
			continue
		}
		var bad fault.Fields
		posted := q.decode(r.PostForm, inputName(q.ID))
		if kept := q.check(&bad, "", posted); len(bad) > 0 || canon(kept) != r.PostFormValue("was."+q.ID) {
			in.Answers[q.ID] = posted
		}
	}
	x, saved, err := h.s.Answer(r.Context(), a, v.ID, in)
	if err != nil {
		f := v.filled(p, s)
		f.in = r.PostForm
		if !f.refuse(p, err) {
			return err
		}
		ui.Render(w, r, web.Status(err), sectionPage(p, f))
		return nil
	}
	v = v.again(x)
	if other, ok := replaced(r.PostForm.Get, saved, a); ok {
		ui.Flash(w, r, ui.Toast{Tone: ui.Soon, Text: p.T("question.replaced", "name", other.ByName, "at", p.Relative(other.At.Time))})
	}
	to := v.sectionHref(p, s.ID)
	if _, after := v.beside(s.ID); after != nil && r.PostFormValue("then") == "next" {
		to = v.sectionHref(p, after.ID)
	} else if after == nil && r.PostFormValue("then") == "next" {
		to = p.In(v.base + "/hand-in")
	}
	ui.Redirect(w, r, to)
	return nil
}

// replaced finds an answer of somebody else that a save has put another in the place of, although the reader had not seen it.
func replaced(seen func(string) string, saved map[string]Saved, a permission.Actor) (Given, bool) {
	_, id, name := by(a)
	for question, x := range saved {
		version, err := strconv.ParseInt(seen("seen."+question), 10, 64)
		if err == nil && x.Changed && x.Before.Version > version && (x.Before.ByID != id || x.Before.ByName != name) {
			return x.Before, true
		}
	}
	return Given{}, false
}

// refuse notes what is wrong; ok is false for errors that the form cannot show.
func (f *sheetForm) refuse(p *ui.Page, err error) bool {
	var x *fault.Error
	if !errors.As(err, &x) || x.Code != fault.Invalid && x.Code != fault.Conflict {
		return false
	}
	if len(x.Fields) == 0 {
		f.summary = []ui.FieldFault{{Message: p.T(x.Key, x.Args)}}
	}
	for _, field := range x.Fields {
		q, _ := f.Form.Question(named(field.Path))
		text := p.T(field.Key, field.Args)
		if place := f.Form.place(p.Printer, field.Path); place != "" {
			text = p.T("question.in_cell", "place", place, "text", text)
		}
		if f.errors[q.ID] == "" {
			f.errors[q.ID] = text
		}
		f.summary = append(f.summary, ui.FieldFault{Name: inputName(q.ID), Label: q.Text.In(p.Lang()), Message: text})
	}
	return true
}

// answerOne takes one answer, as it is given, and gives what to show of it.
func (h filler) answerOne(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v surface) error {
	q, ok := v.Form.Question(r.PathValue("question"))
	section := v.Form.Of(q.ID)
	if !ok || !v.reaches(section) {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	if err := web.ParseForm(w, r); err != nil {
		return err
	}
	s, _ := v.Form.Section(section)
	before := v.shown
	x, saved, err := h.s.Answer(r.Context(), a, v.ID, Fill{Answers: map[string]any{q.ID: q.decode(r.PostForm, inputName(q.ID))}, Reaches: v.reaches})
	if err != nil {
		f := v.filled(p, s)
		if !f.refuse(p, err) {
			return err
		}
		text := f.errors[q.ID]
		if text == "" {
			text = f.summary[0].Message
		}
		ui.Render(w, r, web.Status(err), badAnswer(p, f, q, text))
		return nil
	}
	v = v.again(x)
	note := ""
	if other, ok := replaced(r.PostForm.Get, saved, a); ok {
		note = p.T("question.replaced_value", "name", other.ByName, "at", p.Relative(other.At.Time), "value", q.brief(p.Printer, other.Value.V))
	}
	f := v.filled(p, s)
	var moved []Question
	for _, other := range s.Questions {
		if before[other.ID] != v.shown[other.ID] {
			moved = append(moved, other)
		}
	}
	ui.Render(w, r, http.StatusOK, savedAnswer(p, f, q, note, moved))
	return nil
}

// handIn asks whether to, and says what is missing.
func (h filler) handIn(w http.ResponseWriter, r *http.Request, p *ui.Page, _ permission.Actor, v surface) error {
	ui.Render(w, r, http.StatusOK, handInPage(p, v))
	return nil
}

func (h filler) handedIn(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, v surface) error {
	if !v.whole {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	x, err := h.s.HandIn(r.Context(), a, v.ID)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		now, again := h.s.ToFill(r.Context(), a, v.ID)
		if again != nil {
			return again
		}
		ui.Render(w, r, web.Status(err), handInPage(p, v.again(now)))
		return nil
	}
	if err != nil {
		return err
	}
	to := v.base
	if !v.public {
		to = "/assessments/" + x.ID
	}
	return web.Done(w, r, p, to, p.T("question.done_hand_in"))
}
