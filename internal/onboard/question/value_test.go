package question

import (
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/lapse"
)

func number(f float64) *float64 { return &f }

var options = []Option{{ID: "x"}, {ID: "y"}, {ID: "z"}}

func TestValues(t *testing.T) {
	t.Parallel()
	table := Question{Field: Field{Type: Table}, Rows: 2, Columns: []Field{{ID: "name", Type: Line, Required: true}, {ID: "users", Type: Number, Whole: true}, {ID: "env", Type: Choices, Choices: options}}}
	field := func(f Field) Question { return Question{Field: f} }
	for name, c := range map[string]struct {
		q    Question
		in   any
		want any
		bad  string // path and key
	}{
		"a line":               {field(Field{Type: Line}), "  two words ", "two words", ""},
		"an empty line":        {field(Field{Type: Line}), "  ", nil, ""},
		"a line of two":        {field(Field{Type: Line}), "one\ntwo", nil, "v question.bad.characters"},
		"a long text of two":   {field(Field{Type: Long}), "one\r\ntwo", "one\ntwo", ""},
		"a number for a text":  {field(Field{Type: Line}), 3.0, nil, "v question.bad.text"},
		"a number":             {field(Field{Type: Number}), 3.5, 3.5, ""},
		"a number in French":   {field(Field{Type: Number}), "1 200,5", 1200.5, ""},
		"a number in English":  {field(Field{Type: Number}), "1,200.5", 1200.5, ""},
		"a number in words":    {field(Field{Type: Number}), "three", nil, "v question.bad.number"},
		"infinity":             {field(Field{Type: Number}), "Inf", nil, "v question.bad.number"},
		"hexadecimal":          {field(Field{Type: Number}), "0x10", nil, "v question.bad.number"},
		"part of one":          {field(Field{Type: Number, Whole: true}), 3.5, nil, "v question.bad.whole"},
		"too few":              {field(Field{Type: Number, Min: number(0)}), -1.0, nil, "v question.bad.least"},
		"more than all":        {field(Field{Type: Percent}), 101.0, nil, "v question.bad.between"},
		"a share":              {field(Field{Type: Percent}), "99,9 %", 99.9, ""},
		"yes":                  {field(Field{Type: YesNo}), true, true, ""},
		"perhaps":              {field(Field{Type: YesNo}), "perhaps", nil, "v question.bad.yes_no"},
		"a day":                {field(Field{Type: Date}), "2028-02-29", "2028-02-29", ""},
		"a day of no calendar": {field(Field{Type: Date}), "2027-02-29", nil, "v question.bad.date"},
		"a duration":           {field(Field{Type: Duration}), "PT90M", "PT1H30M", ""},
		"a month":              {field(Field{Type: Duration}), "P1M", nil, "v question.bad.duration"},
		"nothing lost":         {field(Field{Type: Duration}), "PT0S", "PT0S", ""},
		"an address":           {field(Field{Type: Email}), "a@b.example", "a@b.example", ""},
		"no address":           {field(Field{Type: Email}), "A <a@b.example>", nil, "v question.bad.email"},
		"a choice":             {field(Field{Type: Choice, Choices: options}), "y", "y", ""},
		"another choice":       {field(Field{Type: Choice, Choices: options}), "w", nil, "v question.bad.choice"},
		"choices in order":     {field(Field{Type: Choices, Choices: options}), []any{"z", "x", "z"}, []any{"x", "z"}, ""},
		"other choices":        {field(Field{Type: Choices, Choices: options}), []any{"x", 3.0}, nil, "v[1] question.bad.choice"},
		"no choices":           {field(Field{Type: Choices, Choices: options}), []any{}, nil, ""},
		"rows":                 {table, []any{map[string]any{"name": "a", "users": 3.0, "env": []any{"x"}}, map[string]any{"name": ""}}, []any{map[string]any{"name": "a", "users": 3.0, "env": []any{"x"}}}, ""},
		"a row without a name": {table, []any{map[string]any{"users": 3.0}}, nil, "v[0].name question.bad.required"},
		"too many rows":        {table, []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}, map[string]any{"name": "c"}}, nil, "v question.bad.rows"},
		"another column":       {table, []any{map[string]any{"name": "a", "size": 3.0}}, nil, "v[0].size question.bad.column"},
		"a bad cell":           {table, []any{map[string]any{"name": "a", "users": "many"}}, nil, "v[0].users question.bad.number"},
		"no rows at all":       {table, "rows", nil, "v question.bad.table"},
	} {
		var bad fault.Fields
		got := c.q.check(&bad, "v", c.in)
		if c.bad != "" {
			if len(bad) != 1 || bad[0].Path+" "+bad[0].Key != c.bad {
				t.Errorf("%s: %v, want %s", name, bad, c.bad)
			}
			continue
		}
		if len(bad) > 0 || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v %v, want %#v", name, got, bad, c.want)
		}
		if again := c.q.check(&bad, "v", got); !reflect.DeepEqual(again, got) || len(bad) > 0 {
			t.Errorf("%s: %#v is kept as %#v", name, got, again)
		}
	}
}

// What a form shows of a value, posted as it stands, is that value: in either language, with rows that were taken out in between.
func TestFormsGiveBackWhatTheyShow(t *testing.T) {
	t.Parallel()
	cell := rapid.Custom(func(t *rapid.T) Field {
		f := Field{ID: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id"), Type: rapid.SampledFrom([]Type{Line, Number, Choice, Choices, YesNo, Date, Duration, Percent, Email}).Draw(t, "type"), Choices: options}
		return f
	})
	rapid.Check(t, func(t *rapid.T) {
		q := Question{Field: cell.Draw(t, "field")}
		if rapid.Bool().Draw(t, "table") {
			q = Question{Field: Field{Type: Table}, Columns: rapid.SliceOfNDistinct(cell, 1, 2, func(f Field) string { return f.ID }).Draw(t, "columns")}
		}
		var bad fault.Fields
		v := q.check(&bad, "v", drawn(t, q))
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		form := url.Values{}
		q.encode(form, "a.q", v, rapid.SampledFrom([]string{"en", "fr"}).Draw(t, "language"))
		got := q.check(&bad, "v", q.decode(form, "a.q"))
		if len(bad) > 0 || !reflect.DeepEqual(got, v) {
			t.Fatalf("%#v went out as %v, and came back as %#v (%v)", v, form, got, bad)
		}
	})
	form := url.Values{"a.q.7.name": {"later"}, "a.q.2.name": {"sooner"}, "a.q.x.name": {"none"}, "a.qq.1.name": {"another's"}, "a.q.3": {"no cell"}}
	if got := rowsOf(form, "a.q"); !slices.Equal(got, []int{2, 7}) {
		t.Errorf("rows %v", got)
	}
}

// drawn is a good value for a question.
func drawn(t *rapid.T, q Question) any {
	if q.Type == Table {
		rows := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "rows") {
			cells := map[string]any{}
			for _, c := range q.Columns {
				cells[c.ID] = drawn(t, Question{Field: c})
			}
			rows = append(rows, cells)
		}
		return rows
	}
	switch q.Type {
	case Number:
		return float64(rapid.IntRange(-1_000_000, 1_000_000).Draw(t, "n")) / 8
	case Percent:
		return float64(rapid.IntRange(0, 1000).Draw(t, "share")) / 10
	case Choice:
		return rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "choice")
	case Choices:
		out := []any{}
		for _, o := range options {
			if rapid.Bool().Draw(t, o.ID) {
				out = append(out, o.ID)
			}
		}
		return out
	case YesNo:
		return rapid.Bool().Draw(t, "yes")
	case Date:
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "day"), 0).UTC().Format(time.DateOnly)
	case Duration:
		return lapse.Format(time.Duration(rapid.IntRange(0, 60*24*30).Draw(t, "minutes")) * time.Minute)
	case Email:
		return rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}\.example`).Draw(t, "email")
	}
	return rapid.StringMatching(`[a-zé"<&]{0,12}`).Draw(t, "text")
}
