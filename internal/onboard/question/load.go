package question

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
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
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return b, fmt.Errorf("questionnaires: %w", err)
	}
	var problems []error
	from := map[string]string{}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		name := path.Join(folder, e.Name())
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return b, fmt.Errorf("questionnaires: %w", err)
		}
		q, bad := parse(name, text)
		problems = append(problems, bad...)
		if len(bad) > 0 {
			continue
		}
		key := fmt.Sprintf("%s %d", q.ID, q.Version)
		if other, twice := from[key]; twice {
			problems = append(problems, fmt.Errorf("%s: questionnaire %s, version %d, is in %s already", name, q.ID, q.Version, other))
			continue
		}
		from[key] = name
		b.all = append(b.all, q)
	}
	slices.SortFunc(b.all, func(x, y Questionnaire) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID), cmp.Compare(x.Version, y.Version))
	})
	return b, errors.Join(problems...)
}

// source is a file with the lines of its parts: "sections[0].questions[2].shown_if".
type source struct {
	file  string
	lines map[string]int
	bad   []error
}

// parse reads one questionnaire.
func parse(file string, text []byte) (q Questionnaire, bad []error) {
	s := &source{file: file, lines: map[string]int{}}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&q); err != nil {
		return q, s.syntax(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return q, s.syntax(err)
	}
	s.walk("", &root)
	s.questionnaire(q)
	return q, s.bad
}

var inType = regexp.MustCompile(` in type [\w.]+| into [\w.\[\]]+$`)

// syntax puts the file before each line that the parser complains of.
func (s *source) syntax(err error) []error {
	var many *yaml.TypeError
	if !errors.As(err, &many) {
		return []error{fmt.Errorf("%s: %s", s.file, strings.TrimPrefix(err.Error(), "yaml: "))}
	}
	for _, e := range many.Errors {
		e = strings.NewReplacer("field ", "there is no ", " not found", " here").Replace(inType.ReplaceAllString(e, ""))
		s.bad = append(s.bad, fmt.Errorf("%s: %s", s.file, e))
	}
	return s.bad
}

func (s *source) walk(at string, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		s.lines[at] = n.Line
		n = n.Alias
	} else if n.Kind != yaml.DocumentNode {
		s.lines[at] = n.Line
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			s.walk(at, c)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			s.walk(fmt.Sprintf("%s[%d]", at, i), c)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.walk(strings.TrimPrefix(at+"."+n.Content[i].Value, "."), n.Content[i+1])
		}
	}
}

// fail notes a problem at a part, or at the nearest part around it that the file has.
func (s *source) fail(at, format string, args ...any) {
	line, ok := s.lines[at]
	for near := at; !ok && near != ""; {
		near = near[:max(0, strings.LastIndexAny(near, ".["))]
		line, ok = s.lines[near]
	}
	s.bad = append(s.bad, fmt.Errorf("%s: line %d: %s: %s", s.file, max(line, 1), at, fmt.Sprintf(format, args...)))
}

var ids = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)

func (s *source) id(at, id string, seen map[string]bool) {
	switch {
	case !ids.MatchString(id):
		s.fail(at+".id", "%q is no id: give 1 to 40 lower-case letters, digits and underscores", id)
	case seen[id]:
		s.fail(at+".id", "%q is there twice", id)
	}
	seen[id] = true
}

// words demands a text in both languages, or, where it may be left out, in none.
func (s *source) words(at string, t Text, required bool) {
	if t == (Text{}) && !required {
		return
	}
	if strings.TrimSpace(t.EN) == "" {
		s.fail(at, "the English words are missing")
	}
	if strings.TrimSpace(t.FR) == "" {
		s.fail(at, "the French words are missing")
	}
}

func (s *source) questionnaire(q Questionnaire) {
	if !ids.MatchString(q.ID) {
		s.fail("id", "%q is no id: give 1 to 40 lower-case letters, digits and underscores", q.ID)
	}
	if q.Version < 1 {
		s.fail("version", "give a whole number from 1 on")
	}
	if !slices.Contains(Kinds(), q.Kind) {
		s.fail("kind", "%q is none of %s", q.Kind, strings.Join(Kinds(), ", "))
	}
	s.words("title", q.Title, true)
	s.words("intro", q.Intro, false)
	if len(q.Sections) == 0 {
		s.fail("sections", "there are none")
	}
	sections, questions, before := map[string]bool{}, map[string]bool{}, map[string]Question{}
	for i, x := range q.Sections {
		at := fmt.Sprintf("sections[%d]", i)
		s.id(at, x.ID, sections)
		s.words(at+".title", x.Title, true)
		s.words(at+".help", x.Help, false)
		if len(x.Questions) == 0 {
			s.fail(at+".questions", "there are none")
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
			s.fail(at+".columns", "a table needs columns")
		}
		for i, c := range q.Columns {
			place := fmt.Sprintf("%s.columns[%d]", at, i)
			s.field(place, c, columns)
			if c.Type == Table || c.Type == Long {
				s.fail(place+".type", "a column cannot be a %s", c.Type)
			}
		}
		if q.Rows < 0 || q.Rows > maxRows {
			s.fail(at+".rows", "give 1 to %d", maxRows)
		}
	} else if len(q.Columns) > 0 || q.Rows != 0 {
		s.fail(at, "only a table has columns and rows")
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
		s.fail(at+".type", "%q is none of %v", f.Type, Types())
		return
	}
	choosing, counting := f.Type == Choice || f.Type == Choices, f.Type == Number || f.Type == Percent
	if choosing != (len(f.Choices) > 0) {
		s.fail(at+".choices", "a choice needs choices, and nothing else has any")
	}
	chosen := map[string]bool{}
	for i, c := range f.Choices {
		place := fmt.Sprintf("%s.choices[%d]", at, i)
		s.id(place, c.ID, chosen)
		s.words(place+".text", c.Text, true)
	}
	if !counting && (f.Min != nil || f.Max != nil || f.Whole || f.Unit != (Text{})) {
		s.fail(at, "only a number has a unit, min, max and whole")
	}
	if low, high := f.limits(); low > high {
		s.fail(at+".min", "is above the most")
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
		s.fail(at, "give one of is, in, has, answered, at_least and at_most, all, any, not")
		return
	}
	group := len(c.All) > 0 || len(c.Any) > 0 || c.Not != nil
	if group == (c.Question != "") {
		s.fail(at, "a test names a question; all, any and not name none")
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
		s.fail(at+".question", "there is no question %q before this one", c.Question)
		return
	}
	for _, v := range append(slices.Clone(c.In), c.Is) {
		if text, isText := v.(string); isText && q.Type == Choice && !q.offers(text) {
			s.fail(at, "%s has no choice %q", q.ID, text)
		}
		if _, isBool := v.(bool); v != nil && isBool != (q.Type == YesNo) {
			s.fail(at, "%v is no answer to %s", v, q.ID)
		}
	}
	if c.Has != "" && (q.Type != Choices || !q.offers(c.Has)) {
		s.fail(at+".has", "%s has no choice %q among several", q.ID, c.Has)
	}
	if (c.AtLeast != nil || c.AtMost != nil) && q.Type != Number && q.Type != Percent {
		s.fail(at, "%s is no number", q.ID)
	}
}
