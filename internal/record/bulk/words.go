package bulk

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/record/field"
)

func stateOf(p *ui.Page, state string) templ.Component {
	tone := map[string]ui.Tone{Applied: ui.Good, Undone: ui.Off, Skipped: ui.Bad, "mixed": ui.Soon}[state]
	return ui.Status(tone, p.T("bulk.state."+state))
}

// words is the name of a field.
func (f Field) words(p *ui.Page) string {
	if f.Words != nil {
		return f.Words(p.Lang())
	}
	return p.T(f.Label)
}

// help is the line below the field in the form; may be empty.
func (f Field) help(p *ui.Page) string {
	switch {
	case f.Advice != nil:
		return f.Advice(p.Lang())
	case f.Help != "":
		return p.T(f.Help)
	}
	return ""
}

// word is a value of a field as people read it.
func (f Field) word(p *ui.Page, value string) string {
	switch f.Form {
	case YesNo:
		if value == "true" || value == "false" {
			return p.T("bulk." + map[string]string{"true": "on", "false": "off"}[value]) // i18n: bulk.on
		} // i18n: bulk.off
	case Some:
		var out []string
		for _, v := range Split(value) {
			out = append(out, f.option(p, v))
		}
		return strings.Join(out, ", ")
	case Day:
		if t, err := time.ParseInLocation(time.DateOnly, value, p.Zone()); err == nil {
			return p.Date(t)
		}
	case Number:
		text := strings.Replace(value, ",", ".", 1)
		_, part, _ := strings.Cut(text, ".")
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return p.Decimal(n, len(part))
		}
	}
	return f.option(p, value)
}

func (f Field) option(p *ui.Page, value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return o.words(p)
		}
	}
	return value
}

func (o Option) words(p *ui.Page) string {
	switch {
	case o.Words != nil:
		return o.Words(p.Lang())
	case o.Label != "":
		return p.T(o.Label)
	}
	return o.Title
}

// told writes a difference for people.
func told(p *ui.Page, fields []Field, d Diff) ui.Change {
	name, word := strings.TrimPrefix(d.Field, field.Prefix), func(v string) string { return v }
	if tag, ok := strings.CutPrefix(d.Field, "tags."); ok {
		name = p.T("bulk.tag", "key", tag)
	}
	for _, f := range fields {
		if f.Name == d.Field {
			name, word = f.words(p), func(v string) string { return f.word(p, v) }
		}
	}
	c := ui.Change{Field: name, Before: word(d.Before.Text), After: word(d.After.Text)}
	if c.Before == c.After && !strings.HasPrefix(d.Field, field.Prefix) { // only who set it has changed
		c.After = strings.TrimSpace(c.After + " " + p.T("bulk.by_hand"))
	}
	return c
}

// sentence says in a line what an edit does.
func (s *Service) sentence(p *ui.Page, custom map[string]field.Set, x part) string {
	if x.deleted() {
		return p.T("bulk.deletes")
	}
	e, ok := s.find(x.List)
	if !ok {
		return ""
	}
	var names []string
	for _, c := range x.Changes.V {
		names = append(names, wordOf(p, e, custom[e.Kind().Type], c.Field))
	}
	return strings.Join(names, ", ")
}

// wordOf names a field without asking the database.
func wordOf(p *ui.Page, e Editable, custom field.Set, name string) string {
	if key, ok := strings.CutPrefix(name, field.Prefix); ok && e.Kind().Custom {
		return custom.Label(p, key)
	}
	if key := e.Word(name); key != "" {
		return p.T(key)
	}
	return name
}

// reasons gathers why the records of a preview are refused.
func (v Preview) reasons(p *ui.Page, d draft) []reason {
	found := map[string]*reason{}
	for _, part := range v.Parts {
		for _, r := range part.Rows {
			for _, f := range r.Refused {
				text := p.T(f.Key, f.Args)
				key := f.Path + "\x00" + text
				if found[key] == nil {
					found[key] = &reason{Field: d.fieldOf(p, "."+f.Path), Text: text}
					if f.Path == "" {
						found[key].Field = ""
					}
				}
				found[key].Count++
				if len(found[key].Names) < 3 {
					found[key].Names = append(found[key].Names, r.Name)
				}
			}
		}
	}
	var out []reason
	for _, key := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[key])
	}
	if v.Missing > 0 {
		out = append(out, reason{Text: p.T("bulk.left.gone"), Count: v.Missing})
	}
	return out
}
