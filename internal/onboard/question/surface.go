package question

import (
	"net/url"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// surface is an assessment before somebody who gives answers: by a private link, or inside of Vigie.
type surface struct {
	Whole
	base     string // address below which its pages are
	public   bool   // by a private link
	reaches  func(section string) bool
	whole    bool // reaches all sections: may hand in
	standing Standing
	shown    map[string]bool
	me       string // under what name answers are kept
	until    db.Time
}

func newSurface(w Whole, base string, reaches func(string) bool, a permission.Actor) surface {
	v := surface{Whole: w, base: base, reaches: reaches, me: a.Name, whole: true}
	for _, s := range w.Form.Sections {
		v.whole = v.whole && reaches(s.ID)
	}
	v.standing = w.Standing.within(w.Form, reaches)
	v.shown, _ = w.Form.Shown(values(w.Given))
	return v
}

// again is the surface after answers were given.
func (v surface) again(w Whole) surface {
	v.Whole = w
	v.standing = w.Standing.within(w.Form, v.reaches)
	v.shown, _ = w.Form.Shown(values(w.Given))
	return v
}

func (v surface) locked() bool { return !v.State.Answerable() }

// sections are those that the reader reaches.
func (v surface) sections() (out []Section) {
	for _, s := range v.Form.Sections {
		if v.reaches(s.ID) {
			out = append(out, s)
		}
	}
	return out
}

// beside gives the sections before and after one, for the reader.
func (v surface) beside(id string) (before, after *Section) {
	all := v.sections()
	for i := range all {
		if all[i].ID != id {
			continue
		}
		if i > 0 {
			before = &all[i-1]
		}
		if i+1 < len(all) {
			after = &all[i+1]
		}
	}
	return before, after
}

// first is the section to go on with: the first with something required missing, else the first with an open question, else the first.
func (v surface) first() string {
	all := v.sections()
	for _, test := range []func(Progress) bool{func(p Progress) bool { return p.Missing > 0 }, func(p Progress) bool { return p.Answered < p.Shown }, func(Progress) bool { return true }} {
		for _, s := range all {
			if test(v.standing.Sections[s.ID]) {
				return s.ID
			}
		}
	}
	return ""
}

func (v surface) sectionHref(p *ui.Page, id string) string  { return p.In(v.base + "/sections/" + id) }
func (v surface) questionHref(p *ui.Page, id string) string { return p.In(v.base + "/questions/" + id) }

// standingTone is the look of a part's progress.
func standingTone(g Progress) ui.Tone {
	switch {
	case g.Done() && g.Answered == g.Shown:
		return ui.Good
	case g.Missing > 0 && g.Answered > 0:
		return ui.Busy
	case g.Missing > 0:
		return ui.Soon
	case g.Answered > 0:
		return ui.Good
	}
	return ui.Off
}

// standingWord says it.
func standingWord(p *ui.Page, g Progress) string {
	if g.Missing > 0 {
		return p.N("question.missing", g.Missing)
	}
	return p.N("question.answered_of", g.Answered, "shown", g.Shown)
}

// sheetForm is a section as it is drawn: what its controls hold, and what is wrong with them.
type sheetForm struct {
	surface
	Section Section
	in      url.Values
	errors  map[string]string // by question
	summary []ui.FieldFault
}

// filled is the form with what is stored.
func (v surface) filled(p *ui.Page, s Section) sheetForm {
	f := sheetForm{surface: v, Section: s, in: url.Values{}, errors: map[string]string{}}
	for _, q := range s.Questions {
		if g, ok := v.Given[q.ID]; ok {
			q.encode(f.in, inputName(q.ID), g.Value.V, p.Lang())
		}
	}
	return f
}

// rows are those that a table shows: what it has, and empty ones to type in.
func (f sheetForm) rows(q Question) []int {
	spare := 1 // one to go on with; two where nobody has begun
	out := rowsOf(f.in, inputName(q.ID))
	if len(out) == 0 {
		spare = 2
	}
	next := 0
	if len(out) > 0 {
		next = out[len(out)-1] + 1
	}
	for i := 0; i < spare && len(out) < q.most(); i++ {
		out = append(out, next+i)
	}
	return out
}

// label is the text of a question.
func (v surface) label(p *ui.Page, question string) string {
	q, _ := v.Form.Question(question)
	return q.Text.In(p.Lang())
}

// asked is the question as it was when an answer was given.
func (w Whole) asked(x Question, g Given) Question {
	if then, ok := w.Forms[g.FormVersion]; ok {
		if was, ok := then.Question(x.ID); ok {
			return was
		}
	}
	return x
}

// rowsIn are the rows of a table's answer; nil for other types.
func rowsIn(x Question, v any) (out []map[string]any) {
	if x.Type != Table {
		return nil
	}
	list, _ := v.([]any)
	for _, r := range list {
		if cells, ok := r.(map[string]any); ok {
			out = append(out, cells)
		}
	}
	return out
}
