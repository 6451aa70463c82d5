package question

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"vigie/catalogue"
)

// Folder is that of questionnaires in the catalogue.
const Folder = "questions"

// Book is all questionnaires that are loaded, every version of each.
type Book struct{ all []Questionnaire }

// Newest gives the newest version of each, in order of kind and id.
func (b Book) Newest() (out []Questionnaire) {
	for i, q := range b.all {
		if i+1 == len(b.all) || b.all[i+1].ID != q.ID {
			out = append(out, q)
		}
	}
	return out
}

// Named gives the newest version of one.
func (b Book) Named(id string) (Questionnaire, bool) {
	for _, q := range b.Newest() {
		if q.ID == id {
			return q, true
		}
	}
	return Questionnaire{}, false
}

// Load reads every questionnaire of a folder. All that is wrong is told, each with file and line.
func Load(files fs.FS, folder string) (Book, error) {
	var b Book
	names, err := catalogue.Names(files, folder)
	if err != nil {
		return b, err
	}
	var sources []*catalogue.Source
	from := map[string]string{}
	for _, name := range names {
		var q Questionnaire
		s, err := catalogue.Read(files, name, &q)
		if err != nil {
			return b, err
		}
		sources = append(sources, s)
		if !s.Sound() {
			continue
		}
		(&source{s}).questionnaire(q)
		key := fmt.Sprintf("%s %d", q.ID, q.Version)
		if other, twice := from[key]; twice {
			s.Fail("", "questionnaire %s, version %d, is in %s already", q.ID, q.Version, other)
			continue
		}
		from[key] = name
		b.all = append(b.all, q)
	}
	slices.SortFunc(b.all, func(x, y Questionnaire) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID), cmp.Compare(x.Version, y.Version))
	})
	return b, catalogue.Err(sources...)
}

// source is a file with what is wrong with it.
type source struct{ *catalogue.Source }

var ids = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)

func (s *source) id(at, id string, seen map[string]bool) {
	switch {
	case !ids.MatchString(id):
		s.Fail(at+".id", "%q is no id: give 1 to 40 lower-case letters, digits and underscores", id)
	case seen[id]:
		s.Fail(at+".id", "%q is there twice", id)
	}
	seen[id] = true
}

// words demands a text in each language, or, where it may be left out, in none.
func (s *source) words(at string, t catalogue.Text, required bool) {
	if t != (catalogue.Text{}) || required {
		s.Words(at, t)
	}
}

func (s *source) questionnaire(q Questionnaire) {
	if !ids.MatchString(q.ID) {
		s.Fail("id", "%q is no id: give 1 to 40 lower-case letters, digits and underscores", q.ID)
	}
	if q.Version < 1 {
		s.Fail("version", "give a whole number from 1 on")
	}
	if !slices.Contains(Kinds(), q.Kind) {
		s.Fail("kind", "%q is none of %s", q.Kind, strings.Join(Kinds(), ", "))
	}
	s.words("title", q.Title, true)
	s.words("intro", q.Intro, false)
	if len(q.Sections) == 0 {
		s.Fail("sections", "there are none")
	}
	sections, questions, before := map[string]bool{}, map[string]bool{}, map[string]Question{}
	for i, x := range q.Sections {
		at := fmt.Sprintf("sections[%d]", i)
		s.id(at, x.ID, sections)
		s.words(at+".title", x.Title, true)
		s.words(at+".help", x.Help, false)
		if len(x.Questions) == 0 {
			s.Fail(at+".questions", "there are none")
		}
		for j, y := range x.Questions {
			s.question(fmt.Sprintf("%s.questions[%d]", at, j), y, questions, before)
			before[y.ID] = y
		}
	}
}

func (s *source) question(at string, q Question, seen map[string]bool, before map[string]Question) {
	s.field(at, q.Field, seen)
	if q.Type == Table {
		columns := map[string]bool{}
		if len(q.Columns) == 0 {
			s.Fail(at+".columns", "a table needs columns")
		}
		for i, c := range q.Columns {
			place := fmt.Sprintf("%s.columns[%d]", at, i)
			s.field(place, c, columns)
			if c.Type == Table || c.Type == Long {
				s.Fail(place+".type", "a column cannot be a %s", c.Type)
			}
		}
		if q.Rows < 0 || q.Rows > maxRows {
			s.Fail(at+".rows", "give 1 to %d", maxRows)
		}
	} else if len(q.Columns) > 0 || q.Rows != 0 {
		s.Fail(at, "only a table has columns and rows")
	}
	if q.ShownIf != nil {
		s.condition(at+".shown_if", *q.ShownIf, before)
	}
}

func (s *source) field(at string, f Field, seen map[string]bool) {
	s.id(at, f.ID, seen)
	s.words(at+".text", f.Text, true)
	s.words(at+".help", f.Help, false)
	s.words(at+".unit", f.Unit, false)
	if !slices.Contains(Types(), f.Type) {
		s.Fail(at+".type", "%q is none of %v", f.Type, Types())
		return
	}
	choosing, counting := f.Type == Choice || f.Type == Choices, f.Type == Number || f.Type == Percent
	if choosing != (len(f.Choices) > 0) {
		s.Fail(at+".choices", "a choice needs choices, and nothing else has any")
	}
	chosen := map[string]bool{}
	for i, c := range f.Choices {
		place := fmt.Sprintf("%s.choices[%d]", at, i)
		s.id(place, c.ID, chosen)
		s.words(place+".text", c.Text, true)
	}
	if !counting && (f.Min != nil || f.Max != nil || f.Whole || f.Unit != (catalogue.Text{})) {
		s.Fail(at, "only a number has a unit, min, max and whole")
	}
	if low, high := f.limits(); low > high {
		s.Fail(at+".min", "is above the most")
	}
}

// condition checks that one test is named, about a question before, and of a kind that its answer can meet.
func (s *source) condition(at string, c Condition, before map[string]Question) {
	tests := 0
	for _, on := range []bool{c.Is != nil, len(c.In) > 0, c.Has != "", c.Answered != nil, c.AtLeast != nil || c.AtMost != nil, len(c.All) > 0, len(c.Any) > 0, c.Not != nil} {
		if on {
			tests++
		}
	}
	if tests != 1 {
		s.Fail(at, "give one of is, in, has, answered, at_least and at_most, all, any, not")
		return
	}
	group := len(c.All) > 0 || len(c.Any) > 0 || c.Not != nil
	if group == (c.Question != "") {
		s.Fail(at, "a test names a question; all, any and not name none")
		return
	}
	for i, x := range c.All {
		s.condition(fmt.Sprintf("%s.all[%d]", at, i), x, before)
	}
	for i, x := range c.Any {
		s.condition(fmt.Sprintf("%s.any[%d]", at, i), x, before)
	}
	if c.Not != nil {
		s.condition(at+".not", *c.Not, before)
	}
	if group {
		return
	}
	q, ok := before[c.Question]
	if !ok {
		s.Fail(at+".question", "there is no question %q before this one", c.Question)
		return
	}
	for _, v := range append(slices.Clone(c.In), c.Is) {
		if text, isText := v.(string); isText && q.Type == Choice && !q.offers(text) {
			s.Fail(at, "%s has no choice %q", q.ID, text)
		}
		if _, isBool := v.(bool); v != nil && isBool != (q.Type == YesNo) {
			s.Fail(at, "%v is no answer to %s", v, q.ID)
		}
	}
	if c.Has != "" && (q.Type != Choices || !q.offers(c.Has)) {
		s.Fail(at+".has", "%s has no choice %q among several", q.ID, c.Has)
	}
	if (c.AtLeast != nil || c.AtMost != nil) && q.Type != Number && q.Type != Percent {
		s.Fail(at, "%s is no number", q.ID)
	}
}
