package question

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/lapse"
)

// inputName is the name of a question's control in a form.
func inputName(question string) string { return "a." + question }

// durationUnits are those that people choose from, by the letter that a form posts.
var durationUnits = []struct {
	letter string
	of     time.Duration
}{{"M", time.Minute}, {"H", time.Hour}, {"D", 24 * time.Hour}}

// encode writes a value as a form has it, under a name, for a reader of the language.
func (q Question) encode(out url.Values, name string, v any, language string) {
	if q.Type != Table {
		q.Field.encode(out, name, v, language)
		return
	}
	rows, _ := v.([]any)
	for i, row := range rows {
		cells, _ := row.(map[string]any)
		for _, c := range q.Columns {
			c.encode(out, cellName(name, i, c.ID), cells[c.ID], language)
		}
	}
}

func cellName(name string, row int, column string) string {
	return fmt.Sprintf("%s.%d.%s", name, row, column)
}

func (f Field) encode(out url.Values, name string, v any, language string) {
	switch v := v.(type) {
	case string:
		if f.Type != Duration {
			out.Set(name, v)
			break
		}
		d, _ := lapse.Parse(v)
		unit := durationUnits[0]
		for _, u := range durationUnits {
			if d%u.of == 0 && (d > 0 || u.of == time.Hour) {
				unit = u
			}
		}
		out.Set(name, strconv.FormatFloat(float64(d)/float64(unit.of), 'f', -1, 64))
		out.Set(name+".unit", unit.letter)
	case float64:
		text := plainNumber(v)
		if language == "fr" {
			text = strings.Replace(text, ".", ",", 1)
		}
		out.Set(name, text)
	case bool:
		out.Set(name, strconv.FormatBool(v))
	case []any:
		for _, x := range v {
			out.Add(name, fmt.Sprint(x))
		}
	}
}

// decode reads what a form posted under a name. What cannot be one of the field's values comes back as text, for check to refuse.
func (q Question) decode(form url.Values, name string) any {
	if q.Type != Table {
		return q.Field.decode(form, name)
	}
	rows := []any{}
	for _, i := range rowsOf(form, name) {
		cells := map[string]any{}
		for _, c := range q.Columns {
			if v := c.decode(form, cellName(name, i, c.ID)); v != nil {
				cells[c.ID] = v
			}
		}
		rows = append(rows, cells)
	}
	return rows
}

// rowsOf finds the numbers of the rows that a form has, in order.
func rowsOf(form url.Values, name string) (out []int) {
	for key := range form {
		rest, ok := strings.CutPrefix(key, name+".")
		number, _, isCell := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if ok && isCell && err == nil && n >= 0 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (f Field) decode(form url.Values, name string) any {
	text := strings.TrimSpace(form.Get(name))
	switch f.Type {
	case Choices:
		list := []any{}
		for _, v := range form[name] {
			list = append(list, v)
		}
		return list
	case YesNo:
		if on, err := strconv.ParseBool(text); err == nil {
			return on
		}
	case Duration:
		if text == "" {
			return nil
		}
		n, ok := readNumber(text)
		for _, u := range durationUnits {
			if d := time.Duration(n * float64(u.of)); u.letter == form.Get(name+".unit") && ok && n >= 0 && n < 1e6 {
				return lapse.Format(d.Round(time.Second))
			}
		}
	}
	if text == "" {
		return nil
	}
	return text
}

// canon is a value as text, for comparing.
func canon(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// say writes a value for people.
func (f Field) say(p *i18n.Printer, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return p.T("question.yes")
		}
		return p.T("question.no")
	case float64:
		return f.sayNumber(p, v)
	case []any:
		var words []string
		for _, x := range v {
			words = append(words, f.option(p, fmt.Sprint(x)))
		}
		return p.List(words)
	case string:
		switch f.Type {
		case Choice:
			return f.option(p, v)
		case Duration:
			if d, ok := lapse.Parse(v); ok && d > 0 {
				return p.Duration(d)
			} else if ok {
				return p.T("question.nothing")
			}
		case Date:
			if t, err := time.Parse(time.DateOnly, v); err == nil {
				return p.Date(t)
			}
		}
		return v
	}
	return ""
}

func (f Field) sayNumber(p *i18n.Printer, n float64) string {
	text, decimals := plainNumber(n), 0
	if i := strings.IndexByte(text, '.'); i >= 0 {
		decimals = len(text) - i - 1
	}
	text = p.Decimal(n, decimals)
	if f.Type == Percent {
		return p.T("format.percent", "number", text)
	}
	if unit := f.Unit.In(p.Lang()); unit != "" {
		return text + " " + unit
	}
	return text
}

// option is the word of a choice; one that a later version no longer has stands as it is.
func (f Field) option(p *i18n.Printer, id string) string {
	for _, o := range f.Choices {
		if o.ID == id {
			return o.Text.In(p.Lang())
		}
	}
	return id
}

// brief is say in one short line, for tables too.
func (q Question) brief(p *i18n.Printer, v any) string {
	if rows, ok := v.([]any); ok && q.Type == Table {
		return p.N("question.rows", len(rows))
	}
	if v == nil {
		return p.T("question.no_answer")
	}
	text := []rune(q.say(p, v))
	if len(text) > 80 {
		return string(text[:79]) + "…"
	}
	return string(text)
}

// place says where in a table a fault lies: the row and the column; empty for other questions.
func (q Questionnaire) place(p *i18n.Printer, path string) string {
	x, _ := q.Question(named(path))
	_, rest, ok := strings.Cut(path, "[")
	number, column, _ := strings.Cut(rest, "]")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || x.Type != Table {
		return ""
	}
	for _, c := range x.Columns {
		if name, _, _ := strings.Cut(strings.TrimPrefix(column, "."), "["); c.ID == name {
			return p.T("question.cell", "row", n+1, "column", c.Text.In(p.Lang()))
		}
	}
	return p.T("question.row", "row", n+1)
}
