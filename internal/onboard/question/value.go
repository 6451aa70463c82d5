package question

import (
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/lapse"
)

// Bounds of texts.
const (
	maxLine = 500
	maxLong = 20_000
	maxMail = 254
)

// check gives a value as it is kept: nil for none. What is wrong with it is noted under its path.
func (q Question) check(bad *fault.Fields, path string, v any) any {
	if q.Type != Table {
		return q.Field.check(bad, path, v)
	}
	list, ok := v.([]any)
	if v != nil && !ok {
		bad.Add(path, "question.bad.table")
		return nil
	}
	var rows []any
	for i, row := range list {
		cells, ok := row.(map[string]any)
		if !ok {
			bad.Add(at(path, i), "question.bad.row")
			continue
		}
		if kept := q.row(bad, at(path, i), cells); len(kept) > 0 {
			rows = append(rows, kept)
		}
	}
	if len(rows) > q.most() {
		bad.Add(path, "question.bad.rows", "max", q.most())
	}
	if len(rows) == 0 {
		return nil
	}
	return rows
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// row checks the cells of one row; an empty row is none.
func (q Question) row(bad *fault.Fields, path string, cells map[string]any) map[string]any {
	out := map[string]any{}
	for name := range cells {
		if !slices.ContainsFunc(q.Columns, func(c Field) bool { return c.ID == name }) {
			bad.Add(path+"."+name, "question.bad.column")
		}
	}
	var found fault.Fields
	for _, c := range q.Columns {
		if v := c.check(&found, path+"."+c.ID, cells[c.ID]); v != nil {
			out[c.ID] = v
		}
	}
	*bad = append(*bad, found...)
	if len(out) == 0 {
		return nil
	}
	for _, c := range q.Columns {
		named := slices.ContainsFunc(found, func(f fault.Field) bool { return f.Path == path+"."+c.ID })
		if c.Required && out[c.ID] == nil && !named {
			bad.Add(path+"."+c.ID, "question.bad.required")
		}
	}
	return out
}

// check is that of a field of any type but a table.
func (f Field) check(bad *fault.Fields, path string, v any) any {
	if v == nil {
		return nil
	}
	switch f.Type {
	case Number, Percent:
		return f.number(bad, path, v)
	case YesNo:
		if b, ok := v.(bool); ok {
			return b
		}
		if v == "" {
			return nil
		}
		bad.Add(path, "question.bad.yes_no")
		return nil
	case Choices:
		return f.several(bad, path, v)
	}
	s, ok := v.(string)
	if !ok {
		bad.Add(path, "question.bad.text")
		return nil
	}
	if s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")); s == "" {
		return nil
	}
	return f.text(bad, path, s)
}

// text checks the types that are written as text.
func (f Field) text(bad *fault.Fields, path, s string) any {
	most := maxLine
	if f.Type == Long {
		most = maxLong
	}
	if n := utf8.RuneCountInString(s); n > most {
		bad.Add(path, "question.bad.long", "max", most, "count", n)
		return nil
	}
	control := func(r rune) bool { return unicode.IsControl(r) && (f.Type != Long || r != '\n' && r != '\t') }
	if !utf8.ValidString(s) || strings.ContainsFunc(s, control) {
		bad.Add(path, "question.bad.characters")
		return nil
	}
	switch f.Type {
	case Choice:
		if !f.offers(s) {
			bad.Add(path, "question.bad.choice")
			return nil
		}
	case Date:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			bad.Add(path, "question.bad.date")
			return nil
		}
	case Email:
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s || len(s) > maxMail {
			bad.Add(path, "question.bad.email")
			return nil
		}
	case Duration:
		d, ok := lapse.Parse(s)
		if !ok {
			bad.Add(path, "question.bad.duration")
			return nil
		}
		return lapse.Format(d)
	}
	return s
}

func (f Field) offers(choice string) bool {
	return slices.ContainsFunc(f.Choices, func(o Option) bool { return o.ID == choice })
}

// limits are what a number may be.
func (f Field) limits() (low, high float64) {
	low, high = -1e12, 1e12
	if f.Type == Percent {
		low, high = 0, 100
	}
	if f.Min != nil {
		low = *f.Min
	}
	if f.Max != nil {
		high = *f.Max
	}
	return low, high
}

func (f Field) number(bad *fault.Fields, path string, v any) any {
	n, ok := v.(float64)
	if s, isText := v.(string); isText {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		n, ok = readNumber(s)
	}
	low, high := f.limits()
	switch {
	case !ok || math.IsNaN(n) || math.IsInf(n, 0):
		bad.Add(path, "question.bad.number")
	case f.Whole && n != math.Trunc(n):
		bad.Add(path, "question.bad.whole")
	case n < low && high >= 1e12:
		bad.Add(path, "question.bad.least", "min", plainNumber(low))
	case n < low || n > high:
		bad.Add(path, "question.bad.between", "min", plainNumber(low), "max", plainNumber(high))
	default:
		return n
	}
	return nil
}

// readNumber reads a number as people of either language write it: 1 200,5 or 1,200.5 or 1200.5.
func readNumber(s string) (float64, bool) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\'' || r == '’' || r == '\u202f' {
			return -1
		}
		return r
	}, s)
	switch dot, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ','); {
	case dot >= 0 && comma > dot && strings.Count(s, ",") == 1:
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	case dot > comma && comma >= 0, strings.Count(s, ",") > 1:
		s = strings.ReplaceAll(s, ",", "")
	default:
		s = strings.Replace(s, ",", ".", 1)
	}
	if !plainDigits.MatchString(s) {
		return 0, false // ParseFloat takes more than people write
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

var plainDigits = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)

func plainNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func (f Field) several(bad *fault.Fields, path string, v any) any {
	list, ok := v.([]any)
	if !ok {
		bad.Add(path, "question.bad.choices")
		return nil
	}
	for i, x := range list {
		if s, ok := x.(string); !ok || !f.offers(s) {
			bad.Add(at(path, i), "question.bad.choice")
			return nil
		}
	}
	var out []any // in the order of the questionnaire, each once
	for _, o := range f.Choices {
		if slices.Contains(list, any(o.ID)) {
			out = append(out, o.ID)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
