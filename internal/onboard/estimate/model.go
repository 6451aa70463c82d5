package estimate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"vigie/catalogue"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
)

// Tiers are the hours of service that a customer can have, the cheapest first.
var Tiers = []string{"8x5", "12x5", "24x7"}

// The parts of an estimate.
const (
	Setup = "setup" // once
	Month = "month" // each month
)

// Model says what work there is, and what it costs.
type Model struct {
	ID        string           `yaml:"id" json:"id"`
	Version   string           `yaml:"version" json:"version"`
	Title     catalogue.Text   `yaml:"title" json:"title"`
	Currency  string           `yaml:"currency" json:"currency"`
	Tier      TierRule         `yaml:"tier" json:"tier"`
	Roles     []Role           `yaml:"roles" json:"roles"`
	Phases    []Phase          `yaml:"phases" json:"phases"`
	Inputs    []Input          `yaml:"inputs" json:"inputs"`
	Lines     []Work           `yaml:"lines" json:"lines"`
	Modifiers []Modifier       `yaml:"modifiers" json:"modifiers"`
	Terms     []catalogue.Text `yaml:"terms" json:"terms"` // what holds for every estimate of the model
}

// TierRule says which question asks for the tier, and what is assumed without an answer.
type TierRule struct {
	Question   string         `yaml:"question" json:"question"`
	Title      catalogue.Text `yaml:"title" json:"title"`
	Low        string         `yaml:"low" json:"low"`
	Likely     string         `yaml:"likely" json:"likely"`
	High       string         `yaml:"high" json:"high"`
	Assumption catalogue.Text `yaml:"assumption" json:"assumption"`
}

// Role is who does the work, and what an hour of theirs costs.
type Role struct {
	ID    string          `yaml:"id" json:"id"`
	Title catalogue.Text  `yaml:"title" json:"title"`
	Rate  decimal.Decimal `yaml:"rate" json:"rate"`
}

// Phase gathers lines.
type Phase struct {
	ID    string         `yaml:"id" json:"id"`
	Part  string         `yaml:"part" json:"part"`
	Title catalogue.Text `yaml:"title" json:"title"`
}

// Input is a number that is read out of an answer.
type Input struct {
	ID       string         `yaml:"id" json:"id"`
	Title    catalogue.Text `yaml:"title" json:"title"`
	Question string         `yaml:"question" json:"question"`
	// Take says what the number is: number (the answer itself), items (of a list), rows (of a table), cells (values in a column of
	// a table), minutes (of a duration).
	Take       string              `yaml:"take" json:"take"`
	Column     string              `yaml:"column" json:"column,omitempty"`
	Where      map[string][]string `yaml:"where" json:"where,omitempty"` // of rows: column -> values
	Low        decimal.Decimal     `yaml:"low" json:"low"`
	Likely     decimal.Decimal     `yaml:"likely" json:"likely"`
	High       decimal.Decimal     `yaml:"high" json:"high"`
	Assumption catalogue.Text      `yaml:"assumption" json:"assumption"`
	// Slider is how far a what-if can move it; zero for an input that none moves.
	Slider int `yaml:"slider" json:"slider,omitempty"`
}

// Work is one line: hours, for each unit of an input or once, by tier.
type Work struct {
	ID    string                     `yaml:"id" json:"id"`
	Phase string                     `yaml:"phase" json:"phase"`
	Title catalogue.Text             `yaml:"title" json:"title"`
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
	Title      catalogue.Text  `yaml:"title" json:"title"`
	When       Condition       `yaml:"when" json:"when"`
	Factor     decimal.Decimal `yaml:"factor" json:"factor"`
	Phases     []string        `yaml:"phases" json:"phases"`
	Likely     bool            `yaml:"likely" json:"likely"` // whether it is held likely without an answer
	Assumption catalogue.Text  `yaml:"assumption" json:"assumption"`
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
	var m Model
	s, err := catalogue.Read(files, name, &m)
	if err != nil {
		return m, err
	}
	if s.Sound() {
		m.check(s)
	}
	return m, catalogue.Err(s)
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

// checker notes what is wrong with a model, at its line.
type checker struct{ *catalogue.Source }

func (c checker) that(ok bool, at, format string, args ...any) {
	if !ok {
		c.Fail(at, format, args...)
	}
}

func (m Model) check(s *catalogue.Source) {
	c := checker{s}
	c.that(m.ID != "" && m.Version != "", "", "id and version are needed")
	c.Words("title", m.Title)
	if _, err := currency.ParseISO(m.Currency); err != nil {
		c.Fail("currency", "%q: want a code of ISO 4217", m.Currency)
	}
	low, likely, high := slices.Index(Tiers, m.Tier.Low), slices.Index(Tiers, m.Tier.Likely), slices.Index(Tiers, m.Tier.High)
	c.that(m.Tier.Question != "" && low >= 0 && low <= likely && likely <= high, "tier", "want a question and low, likely, high in order, out of %v", Tiers)
	c.Words("tier.title", m.Tier.Title)
	c.Words("tier.assumption", m.Tier.Assumption)
	seen := map[string]bool{}
	id := func(list string, i int, id string) string {
		at := fmt.Sprintf("%s[%d]", list, i)
		c.that(id != "" && !seen[list+" "+id], at+".id", "%q: an id is needed, once", id)
		seen[list+" "+id] = true
		return at
	}
	for i, r := range m.Roles {
		at := id("roles", i, r.ID)
		c.Words(at+".title", r.Title)
		c.that(r.Rate.IsPositive(), at, "the rate must be above 0")
	}
	for i, p := range m.Phases {
		at := id("phases", i, p.ID)
		c.Words(at+".title", p.Title)
		c.that(p.Part == Setup || p.Part == Month, at+".part", "%q: want setup or month", p.Part)
	}
	for i, in := range m.Inputs {
		m.checkInput(c, id("inputs", i, in.ID), in)
	}
	for i, w := range m.Lines {
		m.checkLine(c, id("lines", i, w.ID), w)
	}
	for i, x := range m.Modifiers {
		m.checkModifier(c, id("modifiers", i, x.ID), x)
	}
	for i, t := range m.Terms {
		c.Words(fmt.Sprintf("terms[%d]", i), t)
	}
	c.that(len(m.Lines) > 0, "lines", "there are none")
}

// takes are what an input can take from an answer.
var takes = []string{"number", "items", "rows", "cells", "minutes"}

func (m Model) checkInput(c checker, at string, in Input) {
	c.Words(at+".title", in.Title)
	c.Words(at+".assumption", in.Assumption)
	c.that(in.Question != "", at, "a question is needed")
	c.that(slices.Contains(takes, in.Take), at+".take", "%q: want one of %v", in.Take, takes)
	c.that((in.Column != "") == (in.Take == "cells"), at, "a column is for cells, and needed there")
	c.that(in.Where == nil || in.Take == "rows" || in.Take == "cells", at, "where is for rows and cells")
	c.that(!in.Low.IsNegative() && in.Low.LessThanOrEqual(in.Likely) && in.Likely.LessThanOrEqual(in.High), at, "want 0 <= low <= likely <= high")
	c.that(in.Slider >= 0, at+".slider", "want 0 or more")
}

func (m Model) checkLine(c checker, at string, w Work) {
	c.Words(at+".title", w.Title)
	_, ok := m.phase(w.Phase)
	c.that(ok, at+".phase", "%q is not in phases", w.Phase)
	_, ok = m.role(w.Role)
	c.that(ok, at+".role", "%q is not in roles", w.Role)
	in, ok := m.input(w.Per)
	c.that(w.Per == "" || ok, at+".per", "%q is not in inputs", w.Per)
	c.that(in.Take != "minutes", at, "minutes of an answer are no units")
	c.that(len(w.Hours) == len(Tiers), at, "hours are needed for each tier of %v and no other", Tiers)
	before := decimal.Zero
	for _, t := range Tiers {
		h, ok := w.Hours[t]
		c.that(ok && h.GreaterThanOrEqual(before), at, "hours of %s are missing, or fewer than those of a lower tier", t)
		before = h
	}
	one := decimal.NewFromInt(1)
	c.that(w.Low.IsPositive() && w.Low.LessThanOrEqual(one) && w.High.GreaterThanOrEqual(one), at, "want 0 < low <= 1 <= high")
	above := decimal.Zero
	for i, s := range w.Steps {
		c.that(w.Per != "" && s.Above.GreaterThan(above), fmt.Sprintf("%s.steps[%d]", at, i), "above must rise, and needs units")
		c.that(!s.Share.IsNegative() && s.Share.LessThanOrEqual(one), fmt.Sprintf("%s.steps[%d]", at, i), "share: want 0 to 1")
		above = s.Above
	}
}

// checkModifier refuses a discount for more, and a surcharge for less: by either, more units could cost less.
func (m Model) checkModifier(c checker, at string, x Modifier) {
	c.Words(at+".title", x.Title)
	c.Words(at+".assumption", x.Assumption)
	c.that(x.Factor.IsPositive(), at, "the factor must be above 0")
	c.that(len(x.Phases) > 0, at+".phases", "none is named")
	for _, p := range x.Phases {
		_, ok := m.phase(p)
		c.that(ok, at+".phase", "%q is not in phases", p)
	}
	one := decimal.NewFromInt(1)
	w := x.When
	switch {
	case w.Input != "":
		in, ok := m.input(w.Input)
		c.that(ok, at+".when", "input %q is not in inputs", w.Input)
		c.that((w.AtLeast == nil) != (w.AtMost == nil) && w.Question == "" && w.Any == nil && w.Column == "", at+".when", "an input has at_least or at_most, and nothing else")
		c.that(in.Take == "minutes" || w.AtLeast == nil || x.Factor.GreaterThanOrEqual(one), at, "a factor below 1 from a number on would make more cost less; use steps")
		c.that(in.Take == "minutes" || w.AtMost == nil || x.Factor.LessThanOrEqual(one), at, "a factor above 1 up to a number would make more cost less")
	case w.Question != "":
		c.that(len(w.Any) > 0 && w.AtLeast == nil && w.AtMost == nil, at+".when", "a question has any")
		c.that(w.Question != m.Tier.Question, at+".when", "the tier is in the hours of the lines")
	default:
		c.that(false, at+".when", "an input or a question is needed")
	}
}
