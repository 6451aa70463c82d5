package estimate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/currency"
)

// Tiers are the hours of service that a customer can have, the cheapest first.
var Tiers = []string{"8x5", "12x5", "24x7"}

// The parts of an estimate.
const (
	Setup = "setup" // once
	Month = "month" // each month
)

// Text is said in each language of the product.
type Text struct {
	EN string `yaml:"en" json:"en"`
	FR string `yaml:"fr" json:"fr"`
}

// In gives the words of a language.
func (t Text) In(language string) string {
	if language == "fr" {
		return t.FR
	}
	return t.EN
}

// Model says what work there is, and what it costs.
type Model struct {
	ID        string     `yaml:"id" json:"id"`
	Version   string     `yaml:"version" json:"version"`
	Title     Text       `yaml:"title" json:"title"`
	Currency  string     `yaml:"currency" json:"currency"`
	Tier      TierRule   `yaml:"tier" json:"tier"`
	Roles     []Role     `yaml:"roles" json:"roles"`
	Phases    []Phase    `yaml:"phases" json:"phases"`
	Inputs    []Input    `yaml:"inputs" json:"inputs"`
	Lines     []Work     `yaml:"lines" json:"lines"`
	Modifiers []Modifier `yaml:"modifiers" json:"modifiers"`
	Terms     []Text     `yaml:"terms" json:"terms"` // what holds for every estimate of the model
}

// TierRule says which question asks for the tier, and what is assumed without an answer.
type TierRule struct {
	Question   string `yaml:"question" json:"question"`
	Title      Text   `yaml:"title" json:"title"`
	Low        string `yaml:"low" json:"low"`
	Likely     string `yaml:"likely" json:"likely"`
	High       string `yaml:"high" json:"high"`
	Assumption Text   `yaml:"assumption" json:"assumption"`
}

// Role is who does the work, and what an hour of theirs costs.
type Role struct {
	ID    string          `yaml:"id" json:"id"`
	Title Text            `yaml:"title" json:"title"`
	Rate  decimal.Decimal `yaml:"rate" json:"rate"`
}

// Phase gathers lines.
type Phase struct {
	ID    string `yaml:"id" json:"id"`
	Part  string `yaml:"part" json:"part"`
	Title Text   `yaml:"title" json:"title"`
}

// Input is a number that is read out of an answer.
type Input struct {
	ID       string `yaml:"id" json:"id"`
	Title    Text   `yaml:"title" json:"title"`
	Question string `yaml:"question" json:"question"`
	// Take says what the number is: number (the answer itself), items (of a list), rows (of a table), cells (values in a column of
	// a table), minutes (of a duration).
	Take       string              `yaml:"take" json:"take"`
	Column     string              `yaml:"column" json:"column,omitempty"`
	Where      map[string][]string `yaml:"where" json:"where,omitempty"` // of rows: column -> values
	Low        decimal.Decimal     `yaml:"low" json:"low"`
	Likely     decimal.Decimal     `yaml:"likely" json:"likely"`
	High       decimal.Decimal     `yaml:"high" json:"high"`
	Assumption Text                `yaml:"assumption" json:"assumption"`
	// Slider is how far a what-if can move it; zero for an input that none moves.
	Slider int `yaml:"slider" json:"slider,omitempty"`
}

// Work is one line: hours, for each unit of an input or once, by tier.
type Work struct {
	ID    string                     `yaml:"id" json:"id"`
	Phase string                     `yaml:"phase" json:"phase"`
	Title Text                       `yaml:"title" json:"title"`
	Role  string                     `yaml:"role" json:"role"`
	Per   string                     `yaml:"per" json:"per,omitempty"`
	Hours map[string]decimal.Decimal `yaml:"hours" json:"hours"`
	// Low and High are how far the hours may turn out otherwise, however sure the answers are: 0.9 and 1.2.
	Low  decimal.Decimal `yaml:"low" json:"low"`
	High decimal.Decimal `yaml:"high" json:"high"`
	// Steps make large numbers cheaper: above so many units, each takes only this share of the hours.
	Steps []Step `yaml:"steps" json:"steps,omitempty"`
}

// Step is the share of the hours that units above a number take.
type Step struct {
	Above decimal.Decimal `yaml:"above" json:"above"`
	Share decimal.Decimal `yaml:"share" json:"share"`
}

// Modifier multiplies the hours of some lines when a condition holds.
type Modifier struct {
	ID         string          `yaml:"id" json:"id"`
	Title      Text            `yaml:"title" json:"title"`
	When       Condition       `yaml:"when" json:"when"`
	Factor     decimal.Decimal `yaml:"factor" json:"factor"`
	Phases     []string        `yaml:"phases" json:"phases"`
	Likely     bool            `yaml:"likely" json:"likely"` // whether it is held likely without an answer
	Assumption Text            `yaml:"assumption" json:"assumption"`
}

// Condition is on a number (Input with AtLeast or AtMost), or on a choice, choices, or a column of a table (Question with Any).
type Condition struct {
	Input    string           `yaml:"input" json:"input,omitempty"`
	AtLeast  *decimal.Decimal `yaml:"at_least" json:"at_least,omitempty"`
	AtMost   *decimal.Decimal `yaml:"at_most" json:"at_most,omitempty"`
	Question string           `yaml:"question" json:"question,omitempty"`
	Column   string           `yaml:"column" json:"column,omitempty"`
	Any      []string         `yaml:"any" json:"any,omitempty"`
}

// Load reads a model and refuses one that is not whole, or by which more could cost less.
func Load(files fs.FS, name string) (Model, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return Model{}, err
	}
	m, err := Parse(text)
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Parse is Load of a text. Faults of the form name the line, those of the content the id.
func Parse(text []byte) (m Model, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return m, err
	}
	return m, m.check()
}

// Hash tells models apart.
func (m Model) Hash() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and decimals can always be written
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// places is how many decimals the currency has.
func places(code string) int32 {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return int32(scale)
}

func (m Model) role(id string) (Role, bool) {
	i := slices.IndexFunc(m.Roles, func(r Role) bool { return r.ID == id })
	if i < 0 {
		return Role{}, false
	}
	return m.Roles[i], true
}

func (m Model) phase(id string) (Phase, bool) {
	i := slices.IndexFunc(m.Phases, func(p Phase) bool { return p.ID == id })
	if i < 0 {
		return Phase{}, false
	}
	return m.Phases[i], true
}

func (m Model) input(id string) (Input, bool) {
	i := slices.IndexFunc(m.Inputs, func(p Input) bool { return p.ID == id })
	if i < 0 {
		return Input{}, false
	}
	return m.Inputs[i], true
}

func (m Model) modifier(id string) (Modifier, bool) {
	i := slices.IndexFunc(m.Modifiers, func(p Modifier) bool { return p.ID == id })
	if i < 0 {
		return Modifier{}, false
	}
	return m.Modifiers[i], true
}

func (m Model) work(id string) (Work, bool) {
	i := slices.IndexFunc(m.Lines, func(w Work) bool { return w.ID == id })
	if i < 0 {
		return Work{}, false
	}
	return m.Lines[i], true
}

// checker gathers what is wrong with a model.
type checker struct{ errs []error }

func (c *checker) that(ok bool, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf(format, args...))
	}
}

func (c *checker) text(t Text, what string) {
	c.that(t.EN != "" && t.FR != "", "%s: words in en and fr are needed", what)
}

func (m Model) check() error {
	var c checker
	c.that(m.ID != "" && m.Version != "", "id and version are needed")
	c.text(m.Title, "title")
	if _, err := currency.ParseISO(m.Currency); err != nil {
		c.that(false, "currency %q: want a code of ISO 4217", m.Currency)
	}
	low, likely, high := slices.Index(Tiers, m.Tier.Low), slices.Index(Tiers, m.Tier.Likely), slices.Index(Tiers, m.Tier.High)
	c.that(m.Tier.Question != "" && low >= 0 && low <= likely && likely <= high, "tier: want a question and low, likely, high in order, out of %v", Tiers)
	c.text(m.Tier.Title, "tier: title")
	c.text(m.Tier.Assumption, "tier: assumption")
	seen := map[string]bool{}
	id := func(kind, id string) string {
		c.that(id != "" && !seen[kind+id], "%s %q: an id is needed, once", kind, id)
		seen[kind+id] = true
		return kind + " " + id
	}
	for _, r := range m.Roles {
		at := id("role", r.ID)
		c.text(r.Title, at+": title")
		c.that(r.Rate.IsPositive(), "%s: the rate must be above 0", at)
	}
	for _, p := range m.Phases {
		at := id("phase", p.ID)
		c.text(p.Title, at+": title")
		c.that(p.Part == Setup || p.Part == Month, "%s: part %q: want setup or month", at, p.Part)
	}
	for _, in := range m.Inputs {
		m.checkInput(&c, id("input", in.ID), in)
	}
	for _, w := range m.Lines {
		m.checkLine(&c, id("line", w.ID), w)
	}
	for _, x := range m.Modifiers {
		m.checkModifier(&c, id("modifier", x.ID), x)
	}
	for i, t := range m.Terms {
		c.text(t, fmt.Sprintf("terms[%d]", i))
	}
	c.that(len(m.Lines) > 0, "lines: there are none")
	return errors.Join(c.errs...)
}

// takes are what an input can take from an answer.
var takes = []string{"number", "items", "rows", "cells", "minutes"}

func (m Model) checkInput(c *checker, at string, in Input) {
	c.text(in.Title, at+": title")
	c.text(in.Assumption, at+": assumption")
	c.that(in.Question != "", "%s: a question is needed", at)
	c.that(slices.Contains(takes, in.Take), "%s: take %q: want one of %v", at, in.Take, takes)
	c.that((in.Column != "") == (in.Take == "cells"), "%s: a column is for cells, and needed there", at)
	c.that(in.Where == nil || in.Take == "rows" || in.Take == "cells", "%s: where is for rows and cells", at)
	c.that(!in.Low.IsNegative() && in.Low.LessThanOrEqual(in.Likely) && in.Likely.LessThanOrEqual(in.High), "%s: want 0 <= low <= likely <= high", at)
	c.that(in.Slider >= 0, "%s: slider: want 0 or more", at)
}

func (m Model) checkLine(c *checker, at string, w Work) {
	c.text(w.Title, at+": title")
	_, ok := m.phase(w.Phase)
	c.that(ok, "%s: phase %q is not in phases", at, w.Phase)
	_, ok = m.role(w.Role)
	c.that(ok, "%s: role %q is not in roles", at, w.Role)
	in, ok := m.input(w.Per)
	c.that(w.Per == "" || ok, "%s: per %q is not in inputs", at, w.Per)
	c.that(in.Take != "minutes", "%s: minutes of an answer are no units", at)
	c.that(len(w.Hours) == len(Tiers), "%s: hours are needed for each tier of %v and no other", at, Tiers)
	before := decimal.Zero
	for _, t := range Tiers {
		h, ok := w.Hours[t]
		c.that(ok && h.GreaterThanOrEqual(before), "%s: hours of %s are missing, or fewer than those of a lower tier", at, t)
		before = h
	}
	one := decimal.NewFromInt(1)
	c.that(w.Low.IsPositive() && w.Low.LessThanOrEqual(one) && w.High.GreaterThanOrEqual(one), "%s: want 0 < low <= 1 <= high", at)
	above := decimal.Zero
	for i, s := range w.Steps {
		c.that(w.Per != "" && s.Above.GreaterThan(above), "%s: steps[%d]: above must rise, and needs units", at, i)
		c.that(!s.Share.IsNegative() && s.Share.LessThanOrEqual(one), "%s: steps[%d]: share: want 0 to 1", at, i)
		above = s.Above
	}
}

// checkModifier refuses a discount for more, and a surcharge for less: by either, more units could cost less.
func (m Model) checkModifier(c *checker, at string, x Modifier) {
	c.text(x.Title, at+": title")
	c.text(x.Assumption, at+": assumption")
	c.that(x.Factor.IsPositive(), "%s: the factor must be above 0", at)
	c.that(len(x.Phases) > 0, "%s: phases: none is named", at)
	for _, p := range x.Phases {
		_, ok := m.phase(p)
		c.that(ok, "%s: phase %q is not in phases", at, p)
	}
	one := decimal.NewFromInt(1)
	w := x.When
	switch {
	case w.Input != "":
		in, ok := m.input(w.Input)
		c.that(ok, "%s: when: input %q is not in inputs", at, w.Input)
		c.that((w.AtLeast == nil) != (w.AtMost == nil) && w.Question == "" && w.Any == nil && w.Column == "", "%s: when: an input has at_least or at_most, and nothing else", at)
		c.that(in.Take == "minutes" || w.AtLeast == nil || x.Factor.GreaterThanOrEqual(one), "%s: a factor below 1 from a number on would make more cost less; use steps", at)
		c.that(in.Take == "minutes" || w.AtMost == nil || x.Factor.LessThanOrEqual(one), "%s: a factor above 1 up to a number would make more cost less", at)
	case w.Question != "":
		c.that(len(w.Any) > 0 && w.AtLeast == nil && w.AtMost == nil, "%s: when: a question has any", at)
		c.that(w.Question != m.Tier.Question, "%s: when: the tier is in the hours of the lines", at)
	default:
		c.that(false, "%s: when: an input or a question is needed", at)
	}
}
