package field

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
)

// Words is a value as people read it.
func (s Set) Words(p *ui.Page, key string, v Value, names Refs) string {
	d, ok := s.ever(key)
	if !ok || v.Text == "" || d.Mixed {
		return v.Text
	}
	switch d.Kind {
	case Number:
		return numberWords(p, v.Text)
	case Date:
		if t, err := time.ParseInLocation(time.DateOnly, v.Text, p.Zone()); err == nil {
			return p.Date(t)
		}
	case Choice:
		if o, ok := d.option(v.Text); ok {
			return o.Label(p.Lang())
		}
	case Person, CI:
		if name := names.Name(d.Kind, v.Text); name != "" {
			return name
		}
	}
	return v.Text
}

// numberWords writes a number with the marks of the reader's language, and all of its decimals.
func numberWords(p *ui.Page, text string) string {
	_, part, _ := strings.Cut(text, ".")
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return p.Decimal(f, len(part))
}

// Label names a field for the reader, archived ones too; one that is gone has its key.
func (s Set) Label(p *ui.Page, key string) string {
	if d, ok := s.ever(key); ok {
		return d.Label(p.Lang())
	}
	return key
}

// value is a field on a record's page.
func (s Set) value(p *ui.Page, d Defined, v Value, names Refs) templ.Component {
	words := s.Words(p, d.Key, v, names)
	switch {
	case v.Text == "":
		return ui.None(p)
	case d.Kind == CI && !d.Mixed && words != v.Text:
		return ui.Anchor(p.In("/cis/"+v.Text), words)
	case d.Kind == Text && strings.Contains(words, "\n"):
		return lines(words)
	}
	return ui.Text(words)
}

// cell is a field in a list: in one line.
func (s Set) cell(p *ui.Page, d Defined, v Value, names Refs) templ.Component {
	if d.Kind == Text && v.Text != "" {
		return ui.Cut(strings.ReplaceAll(v.Text, "\n", " "))
	}
	return s.value(p, d, v, names)
}

// Facts are the fields of a record for its page, empty ones too.
func (s Set) Facts(p *ui.Page, values Values, names Refs) (out []ui.Fact) {
	for _, d := range s.Fields {
		out = append(out, ui.Fact{Label: d.Label(p.Lang()), Value: s.value(p, d, values[d.Key], names)})
	}
	return out
}

// Columns are the fields as columns of a list, which readers choose. of gives what a row has.
func Columns[T any](p *ui.Page, s Set, names Refs, of func(T) Values) (out []ui.Column[T]) {
	for _, d := range s.Fields {
		out = append(out, ui.Column[T]{Key: Prefix + d.Key, Label: d.Label(p.Lang()), Sort: d.Sorts(), Extra: true, Number: d.Kind == Number, NoWrap: d.Kind == Date || d.Kind == Choice,
			Cell: func(row T) templ.Component { return s.cell(p, d, of(row)[d.Key], names) }})
	}
	return out
}

// Filters are the fields in the filter menu of a list.
func (s Set) Filters(p *ui.Page) (out []ui.Filter) {
	for _, d := range s.Fields {
		name, label := Prefix+d.Key, d.Label(p.Lang())
		if d.Mixed {
			continue
		}
		switch d.Kind {
		case Text:
			out = append(out, ui.Filter{Name: name + ".contains", Label: label})
		case Number, Date:
			out = append(out, ui.Filter{Name: name + ".after", Label: p.T("field.filter.from", "field", label)}, ui.Filter{Name: name + ".before", Label: p.T("field.filter.before", "field", label)})
		case Choice:
			out = append(out, ui.Filter{Name: name, Label: label, Options: d.options(p, "", true)})
		default:
			out = append(out, ui.Filter{Name: name, Label: label})
		}
	}
	return out
}

// options are the choices: those that are offered, the one that is set, or all.
func (f Field) options(p *ui.Page, now string, all bool) (out []ui.Option) {
	for _, o := range f.Options.V {
		if all || !o.Archived || o.Key == now {
			out = append(out, ui.Option{Value: o.Key, Label: o.Label(p.Lang())})
		}
	}
	return out
}

// Changes are what differs between two states of a record, for its history.
func (s Set) Changes(p *ui.Page, before, after Values, names Refs) (out []ui.Change) {
	all := Values{}
	for _, v := range []Values{before, after} {
		for key := range v {
			all[key] = Value{}
		}
	}
	for _, key := range all.keys() {
		if before[key].Text != after[key].Text {
			out = append(out, ui.Change{Field: s.Label(p, key), Before: s.Words(p, key, before[key], names), After: s.Words(p, key, after[key], names)})
		}
	}
	return out
}
