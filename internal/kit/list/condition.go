package list

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/internal/platform/id"
)

// condition turns values into SQL; key names the message if they make none.
func (f Field) condition(op string, values []string) (where string, args []any, key string) {
	switch op {
	case "", "not":
		for _, v := range values {
			arg, key := f.value(v)
			if key != "" {
				return "", nil, key
			}
			args = append(args, arg)
		}
		in := f.Column + " IN (" + strings.Repeat("?, ", len(args)-1) + "?)"
		if op == "" {
			return in, args, ""
		}
		if f.Nullable {
			return "NOT (" + in + ") OR " + f.Column + " IS NULL", args, ""
		}
		return "NOT (" + in + ")", args, ""
	case "contains", "prefix":
		if f.Kind != Text {
			return "", nil, "api.list.unknown"
		}
		head := "%"
		if op == "prefix" {
			head = ""
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = "lower(" + f.Column + ") LIKE ? ESCAPE '!'"
			args = append(args, head+Literal(v)+"%")
		}
		return strings.Join(parts, " OR "), args, ""
	case "after", "before":
		if f.Kind != Time && f.Kind != Number && f.Kind != Date {
			return "", nil, "api.list.unknown"
		}
		if len(values) > 1 {
			return "", nil, "api.list.twice"
		}
		arg, key := f.value(values[0])
		if op == "after" {
			return f.Column + " >= ?", []any{arg}, key
		}
		if f.Kind == Date { // no day is no early day
			return f.Column + " < ? AND " + f.Column + " <> ''", []any{arg}, key
		}
		return f.Column + " < ?", []any{arg}, key
	case "empty":
		return f.empty(values)
	}
	return "", nil, "api.list.unknown"
}

func (f Field) empty(values []string) (string, []any, string) {
	text := f.Kind == Text || f.Kind == Choice || f.Kind == Date
	if !text && !f.Nullable {
		return "", nil, "api.list.unknown"
	}
	yes, err := strconv.ParseBool(values[0])
	if err != nil || len(values) > 1 {
		return "", nil, "api.list.bool"
	}
	where := f.Column + " IS NULL"
	switch {
	case text && f.Nullable:
		where += " OR " + f.Column + " = ''"
	case text:
		where = f.Column + " = ''"
	}
	if !yes {
		where = "NOT (" + where + ")"
	}
	return where, nil, ""
}

// value reads one value as the field's kind has it in the database; key names the message if it cannot.
func (f Field) value(text string) (arg any, key string) {
	switch f.Kind {
	case Choice:
		if len(f.Values) > 0 && !slices.Contains(f.Values, text) {
			return nil, "api.list.choice"
		}
		return text, ""
	case Time:
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.UnixMicro(), ""
			}
		}
		return nil, "api.list.time"
	case Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, "api.list.date"
		}
		return text, ""
	case Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "api.list.number"
		}
		return n, ""
	case Bool:
		switch text {
		case "true":
			return true, ""
		case "false":
			return false, ""
		}
		return nil, "api.list.bool"
	case ID:
		if !id.Valid(text) {
			return nil, "api.list.id"
		}
		return text, ""
	}
	return text, ""
}
