package question

import (
	"slices"

	"vigie/catalogue"
)

// Type is the type of an answer.
type Type string

// The types.
const (
	Line     Type = "text"
	Long     Type = "long_text"
	Number   Type = "number"
	Choice   Type = "choice"
	Choices  Type = "choices"
	YesNo    Type = "yes_no"
	Date     Type = "date"
	Duration Type = "duration"
	Percent  Type = "percent"
	Email    Type = "email"
	Table    Type = "table"
)

// Types lists them.
func Types() []Type {
	return []Type{Line, Long, Number, Choice, Choices, YesNo, Date, Duration, Percent, Email, Table}
}

// Kinds of questionnaires: the base assessment of a day, the full one of five.
const (
	Base = "base"
	Full = "full"
)

// Kinds lists them.
func Kinds() []string { return []string{Base, Full} }

// Questionnaire is one version of a questionnaire.
type Questionnaire struct {
	ID       string         `yaml:"id" json:"id"`
	Version  int64          `yaml:"version" json:"version"`
	Kind     string         `yaml:"kind" json:"kind" enum:"base,full"`
	Title    catalogue.Text `yaml:"title" json:"title"`
	Intro    catalogue.Text `yaml:"intro" json:"intro"`
	Sections []Section      `yaml:"sections" json:"sections" nullable:"false"`
}

// Section is a part that somebody fills in at one sitting.
type Section struct {
	ID        string         `yaml:"id" json:"id"`
	Title     catalogue.Text `yaml:"title" json:"title"`
	Help      catalogue.Text `yaml:"help" json:"help"`
	Questions []Question     `yaml:"questions" json:"questions" nullable:"false"`
}

// Field is what a question and a column of a table have in common.
type Field struct {
	ID       string         `yaml:"id" json:"id"`
	Type     Type           `yaml:"type" json:"type" enum:"text,long_text,number,choice,choices,yes_no,date,duration,percent,email,table"`
	Text     catalogue.Text `yaml:"text" json:"text"`
	Help     catalogue.Text `yaml:"help" json:"help"`
	Unit     catalogue.Text `yaml:"unit" json:"unit"`
	Required bool           `yaml:"required" json:"required"`
	Whole    bool           `yaml:"whole" json:"whole" doc:"Of a number: no fractions."`
	Min      *float64       `yaml:"min" json:"min"`
	Max      *float64       `yaml:"max" json:"max"`
	Choices  []Option       `yaml:"choices" json:"choices"`
}

// Option is one of the choices of a field.
type Option struct {
	ID   string         `yaml:"id" json:"id"`
	Text catalogue.Text `yaml:"text" json:"text"`
}

// Question is one question.
type Question struct {
	Field   `yaml:",inline"`
	Columns []Field    `yaml:"columns" json:"columns" doc:"Of a table."`
	Rows    int        `yaml:"rows" json:"rows" doc:"Of a table: how many at most."`
	ShownIf *Condition `yaml:"shown_if" json:"shown_if"`
}

// maxRows is how many rows a table has at most, unless it says less.
const maxRows = 100

func (q Question) most() int {
	if q.Rows == 0 {
		return maxRows
	}
	return q.Rows
}

// Question finds a question by its id.
func (q Questionnaire) Question(id string) (Question, bool) {
	for _, s := range q.Sections {
		if i := slices.IndexFunc(s.Questions, func(x Question) bool { return x.ID == id }); i >= 0 {
			return s.Questions[i], true
		}
	}
	return Question{}, false
}

// Section finds a section by its id.
func (q Questionnaire) Section(id string) (Section, bool) {
	if i := slices.IndexFunc(q.Sections, func(s Section) bool { return s.ID == id }); i >= 0 {
		return q.Sections[i], true
	}
	return Section{}, false
}

// Of finds the section of a question.
func (q Questionnaire) Of(question string) string {
	for _, s := range q.Sections {
		if slices.ContainsFunc(s.Questions, func(x Question) bool { return x.ID == question }) {
			return s.ID
		}
	}
	return ""
}

// Count is how many questions there are.
func (q Questionnaire) Count() (n int) {
	for _, s := range q.Sections {
		n += len(s.Questions)
	}
	return n
}
