package field

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Kind is what a field holds.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Date   Kind = "date"
	Choice Kind = "choice"
	Person Kind = "person" // a user who may see the customer
	CI     Kind = "ci"     // a CI of the customer
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Text, Number, Date, Choice, Person, CI} }

// State of a field.
type State string

// The states.
const (
	Active   State = "active"
	Archived State = "archived"
)

// The limits.
const (
	MaxFields  = 50 // of one type of record and customer, archived ones included
	MaxChoices = 100
	maxText    = 2000
	maxLabel   = 80
	maxHelp    = 300
)

// Option is one choice of a field. One that is archived stays where it is set, and is not offered any more.
type Option struct {
	Key      string `json:"key" doc:"What a record has: lower-case letters, digits, - and _."`
	LabelEN  string `json:"label_en"`
	LabelFR  string `json:"label_fr"`
	Archived bool   `json:"archived,omitempty"`
}

// Field is a definition, as stored and as answered.
type Field struct {
	ID         string            `db:"id" json:"id"`
	Customer   string            `db:"customer" json:"customer" doc:"Slug; empty for a field of all customers."`
	RecordType string            `db:"record_type" json:"record_type" doc:"Type of record: ci, contact, ..."`
	Key        string            `db:"key" json:"key" doc:"Name in custom, and behind x. in lists and files. It never changes."`
	LabelEN    string            `db:"label_en" json:"label_en"`
	LabelFR    string            `db:"label_fr" json:"label_fr"`
	HelpEN     string            `db:"help_en" json:"help_en"`
	HelpFR     string            `db:"help_fr" json:"help_fr"`
	Kind       Kind              `db:"kind" json:"kind" enum:"text,number,date,choice,person,ci"`
	Options    db.JSON[[]Option] `db:"choices" json:"-"`
	Choices    []Option          `db:"-" json:"choices" nullable:"false" doc:"Of a choice."`
	Required   bool              `db:"required" json:"required" doc:"A new record needs a value, and one that is there cannot be emptied."`
	Position   int64             `db:"position" json:"position" doc:"Order in forms, lists and records."`
	State      State             `db:"-" json:"state" enum:"active,archived"`
	Version    int64             `db:"version" json:"version"`
	ArchivedAt db.Time           `db:"archived_at" json:"archived_at"`
	CreatedAt  db.Time           `db:"created_at" json:"created_at"`
	UpdatedAt  db.Time           `db:"updated_at" json:"updated_at"`

	CustomerID string `db:"customer_id" json:"-"` // empty for the house
}

// Revision makes the ETag.
func (f Field) Revision() int64 { return f.Version }

// Self is the field's address below /api/v1.
func (f Field) Self() string { return "/custom-fields/" + f.ID }

// House tells that the field is one of all customers.
func (f Field) House() bool { return f.CustomerID == "" }

// shown fills in what answers have besides the columns.
func (f Field) shown() Field {
	f.Choices, f.State = f.Options.V, Active
	if f.Choices == nil {
		f.Choices = []Option{}
	}
	if !f.ArchivedAt.IsZero() {
		f.State = Archived
	}
	return f
}

// Label is the field's name for readers of a language.
func (f Field) Label(lang string) string { return either(lang, f.LabelEN, f.LabelFR) }

// Help is the line below the field in forms; may be empty.
func (f Field) Help(lang string) string { return either(lang, f.HelpEN, f.HelpFR) }

// Label is the choice's name for readers of a language.
func (o Option) Label(lang string) string { return either(lang, o.LabelEN, o.LabelFR) }

func either(lang, en, fr string) string {
	if lang == "fr" && fr != "" || en == "" {
		return fr
	}
	return en
}

// option finds a choice by its key.
func (f Field) option(key string) (Option, bool) {
	i := slices.IndexFunc(f.Options.V, func(o Option) bool { return o.Key == key })
	if i < 0 {
		return Option{}, false
	}
	return f.Options.V[i], true
}

// New is the input of Create.
type New struct {
	Customer   string   `json:"customer,omitempty" doc:"Slug or id; left out for a field of all customers."`
	RecordType string   `json:"record_type"`
	Key        string   `json:"key" doc:"1 to 40 lower-case letters, digits and _, the first a letter."`
	LabelEN    string   `json:"label_en,omitempty" doc:"One of the labels is needed; the other is the same if left out."`
	LabelFR    string   `json:"label_fr,omitempty"`
	HelpEN     string   `json:"help_en,omitempty"`
	HelpFR     string   `json:"help_fr,omitempty"`
	Kind       Kind     `json:"kind" doc:"text, number, date, choice, person or ci."`
	Choices    []Option `json:"choices,omitempty"`
	Required   bool     `json:"required,omitempty"`
}

// Change is the input of Update: what is nil stays.
type Change struct {
	LabelEN  *string   `json:"label_en,omitempty"`
	LabelFR  *string   `json:"label_fr,omitempty"`
	HelpEN   *string   `json:"help_en,omitempty"`
	HelpFR   *string   `json:"help_fr,omitempty"`
	Kind     *Kind     `json:"kind,omitempty" doc:"Only while no record has a value."`
	Choices  *[]Option `json:"choices,omitempty" doc:"All of them; a choice that records have may be archived, not left out."`
	Required *bool     `json:"required,omitempty"`
	Position *int64    `json:"position,omitempty" doc:"From 1; the others move."`
	State    *State    `json:"state,omitempty" doc:"active or archived."`
}

var (
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	optionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)
)

// field is the definition that an input asks for; its place is not known yet.
func (n New) field() Field {
	f := Field{RecordType: n.RecordType, Key: strings.TrimSpace(n.Key), LabelEN: n.LabelEN, LabelFR: n.LabelFR, HelpEN: n.HelpEN, HelpFR: n.HelpFR, Kind: n.Kind,
		Required: n.Required, Version: 1}
	f.Options.V = slices.Clone(n.Choices)
	f.tidy()
	return f
}

// apply gives the field as it will be. Its place among the others is the service's affair.
func (c Change) apply(f Field, now db.Time, bad *fault.Fields) Field {
	set(&f.LabelEN, c.LabelEN)
	set(&f.LabelFR, c.LabelFR)
	set(&f.HelpEN, c.HelpEN)
	set(&f.HelpFR, c.HelpFR)
	set(&f.Kind, c.Kind)
	set(&f.Required, c.Required)
	if c.Choices != nil {
		f.Options.V = slices.Clone(*c.Choices)
	}
	if c.State != nil {
		switch {
		case *c.State != Active && *c.State != Archived:
			bad.Add("state", "field.bad.state")
		case *c.State == Active:
			f.ArchivedAt = db.Time{}
		case f.ArchivedAt.IsZero():
			f.ArchivedAt = now
		}
	}
	f.tidy()
	return f
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// tidy takes spaces away, and gives what has one label the same in the other language.
func (f *Field) tidy() {
	f.LabelEN, f.LabelFR = both(f.LabelEN, f.LabelFR)
	f.HelpEN, f.HelpFR = both(f.HelpEN, f.HelpFR)
	if f.Options.V == nil {
		f.Options.V = []Option{}
	}
	for i, o := range f.Options.V {
		o.Key = strings.TrimSpace(o.Key)
		o.LabelEN, o.LabelFR = both(o.LabelEN, o.LabelFR)
		f.Options.V[i] = o
	}
	if f.Kind != Choice {
		f.Options.V = []Option{}
	}
}

func both(en, fr string) (string, string) {
	en, fr = strings.TrimSpace(en), strings.TrimSpace(fr)
	switch {
	case en == "":
		en = fr
	case fr == "":
		fr = en
	}
	return en, fr
}

// check names what is wrong with a tidy definition.
func (f Field) check(bad *fault.Fields) {
	if !keyForm.MatchString(f.Key) {
		bad.Add("key", "field.bad.key")
	}
	if !slices.Contains(Kinds(), f.Kind) {
		bad.Add("kind", "field.bad.kind")
	}
	line(bad, "label_en", f.LabelEN, maxLabel, true)
	line(bad, "label_fr", f.LabelFR, maxLabel, true)
	line(bad, "help_en", f.HelpEN, maxHelp, false)
	line(bad, "help_fr", f.HelpFR, maxHelp, false)
	if f.Kind == Choice && len(f.Options.V) == 0 {
		bad.Add("choices", "field.bad.no_choices")
	}
	if len(f.Options.V) > MaxChoices {
		bad.Add("choices", "field.bad.many_choices", "max", MaxChoices)
	}
	seen := map[string]bool{}
	for _, o := range f.Options.V {
		switch {
		case !optionForm.MatchString(o.Key):
			bad.Add("choices", "field.bad.choice_key", "value", o.Key)
		case seen[o.Key]:
			bad.Add("choices", "field.bad.choice_twice", "value", o.Key)
		case o.LabelEN == "" || !oneLine(o.LabelEN, maxLabel) || !oneLine(o.LabelFR, maxLabel):
			bad.Add("choices", "field.bad.choice_label", "value", o.Key, "max", maxLabel)
		}
		seen[o.Key] = true
	}
}

func line(bad *fault.Fields, path, s string, longest int, required bool) {
	switch {
	case required && s == "":
		bad.Add(path, "field.bad.required")
	case !oneLine(s, longest):
		bad.Add(path, "field.bad.line", "max", longest)
	}
}

func oneLine(s string, longest int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= longest && !strings.ContainsFunc(s, unicode.IsControl)
}
