package estimate

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"vigie/internal/platform/lapse"

	"github.com/shopspring/decimal"
)

// Answers are what was said, by question, in the kinds of JSON: number, string, bool, list, list of objects.
type Answers = map[string]any

// most is the largest number that an answer or a what-if may have.
const most = 1_000_000

// empty tells whether an answer says nothing: such a one is missing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case []map[string]any:
		return len(v) == 0
	case []string:
		return len(v) == 0
	}
	return false
}

// number reads what the input takes out of an answer; known is false where there is none, ok where it cannot be understood.
func (in Input) number(answers Answers) (n decimal.Decimal, known, ok bool) {
	v := answers[in.Question]
	if empty(v) {
		return n, false, true
	}
	switch in.Take {
	case "number":
		n, ok = asNumber(v)
	case "minutes":
		text, isText := v.(string)
		if !isText {
			return n, false, false
		}
		var d time.Duration
		d, ok = lapse.Parse(text)
		n = decimal.New(int64(d/time.Second), 0).DivRound(decimal.New(60, 0), 16)
	case "items":
		n, ok = decimal.NewFromInt(int64(len(words(v)))), true
	default:
		table, isTable := rows(v)
		if !isTable {
			return n, false, false
		}
		count := 0
		for _, row := range table {
			switch {
			case !in.holds(row):
			case in.Take == "rows":
				count++
			default:
				count += len(words(row[in.Column]))
			}
		}
		n, ok = decimal.NewFromInt(int64(count)), true
	}
	return n, ok, ok
}

func (in Input) holds(row map[string]any) bool {
	for column, values := range in.Where {
		if !slices.ContainsFunc(words(row[column]), func(w string) bool { return slices.Contains(values, w) }) {
			return false
		}
	}
	return true
}

func asNumber(v any) (n decimal.Decimal, ok bool) {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return n, false
		}
		n = decimal.NewFromFloat(v)
	case int:
		n = decimal.NewFromInt(int64(v))
	case int64:
		n = decimal.NewFromInt(v)
	case json.Number:
		var err error
		if n, err = decimal.NewFromString(v.String()); err != nil {
			return n, false
		}
	default:
		return n, false
	}
	return n, !n.IsNegative() && n.LessThanOrEqual(decimal.NewFromInt(most))
}

// words are the values of a choice or of choices.
func words(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			out = append(out, v)
		}
	case bool:
		out = append(out, strconv.FormatBool(v))
	case []string:
		return v
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok && s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

func rows(v any) (out []map[string]any, ok bool) {
	switch v := v.(type) {
	case []map[string]any:
		return v, true
	case []any:
		for _, one := range v {
			row, ok := one.(map[string]any)
			if !ok {
				return nil, false
			}
			out = append(out, row)
		}
		return out, true
	}
	return nil, false
}
