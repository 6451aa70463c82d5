package ui

import "time"

// Field is one field of a form. Error is already in the reader's language; so are Label and Help.
type Field struct {
	Name, Label, Help, Error string
	Value                    string
	Type                     string // text, email, password, url, number, date…; empty is text
	Required                 bool
	ReadOnly                 bool
	Autocomplete             string // as HTML knows it: "username", "off"
	Placeholder              string
	Rows                     int      // of a text area
	Accept                   string   // of a file field: ".csv"
	Options                  []Option // of a select
	Autofocus                bool
}

// FieldFault names a bad field in the summary above a form.
type FieldFault struct{ Name, Label, Message string }

// TagPair is a row of the tag editor. The form posts tag_key and tag_value, as often as there are rows.
type TagPair struct{ Key, Value string }

// Failed fills Value and Error from what was posted, so that a refused form comes back as it was typed.
func (f Field) Failed(value string, errors map[string]string) Field {
	f.Value, f.Error = value, errors[f.Name]
	return f
}

// LocalTime writes a moment as <input type="datetime-local"> wants it, in the reader's zone.
func (p *Page) LocalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.Zone()).Format("2006-01-02T15:04")
}

// ParseLocalTime reads what such a field posts, in the reader's zone.
func (p *Page) ParseLocalTime(s string) (time.Time, error) {
	return time.ParseInLocation("2006-01-02T15:04", s, p.Zone())
}

func (f Field) id() string { return "f-" + f.Name }

// choice is the radio button of an option, whose first has the field's own id, so that the error summary finds it.
func (f Field) choice(i int) string {
	if i == 0 {
		return f.id()
	}
	return f.id() + "-" + f.Options[i].Value
}

// described lists the ids of what explains the field.
func (f Field) described() string {
	switch {
	case f.Help != "" && f.Error != "":
		return f.id() + "-help " + f.id() + "-error"
	case f.Help != "":
		return f.id() + "-help"
	case f.Error != "":
		return f.id() + "-error"
	}
	return ""
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) rows() int {
	if f.Rows == 0 {
		return 4
	}
	return f.Rows
}
