package deliverable

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vigie/internal/platform/fault"
)

// part is one part of a kind: a struct of fields, or rows of them.
type part struct {
	name   string
	index  int
	rows   bool
	cards  bool // rows are shown one below the other, for they have long texts
	fields []field
	elem   reflect.Type
}

// form is how a field is asked for.
type form string

const (
	text   form = "text"
	long   form = "long"
	number form = "number"
	choice form = "choice"
	yesno  form = "yesno"
	words  form = "words"  // keys with commas
	hidden form = "hidden" // an id, which is not shown
)

type field struct {
	name     string
	index    int
	form     form
	values   []string
	key      bool // names the row
	title    bool // is what people call the row
	required bool
	max      int
}

// Bounds of what people write.
const (
	maxText = 300
	maxLong = 6000
	maxRows = 1000
	maxNum  = 1_000_000
)

// shapeOf reads the tags of a kind's struct; a tag that it does not know is a fault of the program.
func shapeOf(t reflect.Type) (out []part) {
	for i := range t.NumField() {
		f := t.Field(i)
		p := part{name: jsonName(f), index: i, elem: f.Type}
		if f.Type.Kind() == reflect.Slice {
			p.rows, p.elem, p.cards = true, f.Type.Elem(), f.Tag.Get("form") == "cards"
		}
		for j := range p.elem.NumField() {
			p.fields = append(p.fields, fieldOf(p.elem.Field(j), j))
		}
		out = append(out, p)
	}
	return out
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func fieldOf(f reflect.StructField, index int) field {
	out := field{name: jsonName(f), index: index, form: text, max: maxText}
	switch f.Type.Kind() {
	case reflect.Int:
		out.form = number
	case reflect.Bool:
		out.form = yesno
	case reflect.Slice:
		out.form = words
	}
	for _, word := range strings.Fields(f.Tag.Get("form")) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "long":
			out.form, out.max = long, maxLong
		case "hidden":
			out.form = hidden
		case "choice":
			out.form, out.values = choice, strings.Split(value, "|")
		case "key":
			out.key = true
		case "title":
			out.title = true
		case "required":
			out.required = true
		default:
			panic(fmt.Sprintf("deliverable: field %s has the tag %q", f.Name, word))
		}
	}
	return out
}

func (p part) field(name string) (field, bool) {
	i := slices.IndexFunc(p.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return p.fields[i], true
}

// key is the field that names a row.
func (p part) key() string {
	for _, f := range p.fields {
		if f.key {
			return f.name
		}
	}
	return ""
}

// title is the field by which people know a row.
func (p part) title() string {
	for _, f := range p.fields {
		if f.title {
			return f.name
		}
	}
	return p.key()
}

// shown are the fields that people see.
func (p part) shown() (out []field) {
	for _, f := range p.fields {
		if f.form != hidden {
			out = append(out, f)
		}
	}
	return out
}

// read writes a value as its text.
func (f field) read(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		if v.Bool() {
			return "true"
		}
		return ""
	case reflect.Slice:
		out := make([]string, v.Len())
		for i := range out {
			out[i] = v.Index(i).String()
		}
		return strings.Join(out, ", ")
	}
	return v.String()
}

// write sets a value from its text, and notes at path what cannot be.
func (f field) write(v reflect.Value, s, path string, bad *fault.Fields) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n")
	switch v.Kind() {
	case reflect.Int:
		if s == "" {
			v.SetInt(0)
			return
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			n = -1 // which is refused with its name
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		v.SetBool(s == "true")
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), 0, 0)
		for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			out = reflect.Append(out, reflect.ValueOf(word))
		}
		v.Set(out)
	default:
		v.SetString(s)
	}
	f.check(v, path, bad)
}

// check notes what is wrong with the form of a value: what a draft may not hold either.
func (f field) check(v reflect.Value, path string, bad *fault.Fields) {
	switch v.Kind() {
	case reflect.Int:
		if n := v.Int(); n < 0 || n > maxNum {
			bad.Add(path, "deliverable.bad.number", "max", maxNum)
		}
	case reflect.Slice:
		for i := range v.Len() {
			plain(v.Index(i).String(), f.max, path, bad)
		}
		if v.Len() > 100 {
			bad.Add(path, "deliverable.bad.rows", "max", 100)
		}
	case reflect.String:
		s := v.String()
		if f.form == choice && s != "" && !slices.Contains(f.values, s) {
			bad.Add(path, "deliverable.bad.choice", "values", strings.Join(f.values, ", "))
			return
		}
		plain(s, f.max, path, bad)
	}
}

// plain refuses texts that are too long, and characters that are not seen: what is signed must show all that it says.
func plain(s string, most int, path string, bad *fault.Fields) {
	switch {
	case utf8.RuneCountInString(s) > most:
		bad.Add(path, "deliverable.bad.length", "max", most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unseen):
		bad.Add(path, "deliverable.bad.unseen")
	}
}

func unseen(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfeff:
		return true
	}
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069
}

// missing tells whether a value that must be there is not.
func missing(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.TrimSpace(v.String()) == ""
	case reflect.Slice:
		return v.Len() == 0
	}
	return false
}

// walk visits every value of a content with its path: "levels[2].name", "about.hours".
func walk(shape []part, content any, visit func(path string, p part, f field, v reflect.Value)) {
	root := reflect.ValueOf(content).Elem()
	for _, p := range shape {
		v := root.Field(p.index)
		if !p.rows {
			for _, f := range p.fields {
				visit(p.name+"."+f.name, p, f, v.Field(f.index))
			}
			continue
		}
		for i := range v.Len() {
			for _, f := range p.fields {
				visit(at(p.name, i, f.name), p, f, v.Index(i).Field(f.index))
			}
		}
	}
}

// at is the path of a field of a row.
func at(part string, row int, field string) string {
	return part + "[" + strconv.Itoa(row) + "]." + field
}

// wellFormed names every value that no draft may hold.
func wellFormed(shape []part, content any) error {
	var bad fault.Fields
	root := reflect.ValueOf(content).Elem()
	for _, p := range shape {
		if v := root.Field(p.index); p.rows && v.Len() > maxRows {
			bad.Add(p.name, "deliverable.bad.rows", "max", maxRows)
			return bad.Err()
		}
	}
	walk(shape, content, func(path string, _ part, f field, v reflect.Value) { f.check(v, path, &bad) })
	return bad.Err()
}

// whole names what a content lacks to be approved, whatever its kind: values that must be there, and keys that stand twice.
func whole(shape []part, content any) (bad fault.Fields) {
	seen := map[string]bool{}
	walk(shape, content, func(path string, p part, f field, v reflect.Value) {
		if f.required && missing(v) {
			bad.Add(path, "deliverable.bad.missing")
			return
		}
		if p.rows && f.key {
			name := p.name + "\x00" + f.read(v)
			if seen[name] {
				bad.Add(path, "deliverable.bad.twice", "key", f.read(v))
			}
			seen[name] = true
		}
	})
	return bad
}
