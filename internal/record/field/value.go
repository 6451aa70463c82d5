package field

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Value is what a record has in a field, as text in the one form of its kind: 12.5 for a number, 2026-11-27 for a date, the key of a choice,
// the id of a person or CI. The empty text is none.
type Value struct {
	Text string
	// number tells that it is written without quotes; strange that it came as something that no field takes.
	number, strange bool
}

// V is a value of a text, whatever the kind.
func V(text string) Value { return Value{Text: text} }

// MarshalJSON writes a number as one, and none as null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.Text == "":
		return []byte("null"), nil
	case v.number:
		return []byte(v.Text), nil
	}
	return json.Marshal(v.Text)
}

// UnmarshalJSON takes text, numbers and null. Anything else is a bad value, which Check names by its field.
func (v *Value) UnmarshalJSON(raw []byte) error {
	*v = Value{}
	raw = bytes.TrimSpace(raw)
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] == '"':
		return json.Unmarshal(raw, &v.Text)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		v.Text, v.number = string(raw), true
		if c, ok := canonical(v.Text); ok {
			v.Text = c
		}
		return nil
	}
	v.Text, v.strange = string(raw), true
	return nil
}

// Values are what a record has in its custom fields, by key; what is empty is not in it. In a change it holds the keys that change.
type Values map[string]Value

// Schema implements huma.SchemaProvider.
func (Values) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "Custom fields by key: text, number, date (2026-11-27), key of a choice, " +
		"id of a person or CI; null empties one. /custom-fields tells which there are."}
}

// Extra is the cell of a column x.KEY of a file.
func (v Values) Extra(column string) any {
	value := v[strings.TrimPrefix(column, Prefix)]
	if value.number {
		return json.Number(value.Text)
	}
	return value.Text
}

// Equal tells whether two records have the same in all fields.
func (v Values) Equal(other Values) bool {
	for _, pair := range [][2]Values{{v, other}, {other, v}} {
		for key, value := range pair[0] {
			if value.Text != pair[1][key].Text {
				return false
			}
		}
	}
	return true
}

// keys in order.
func (v Values) keys() []string {
	out := make([]string, 0, len(v))
	for key := range v {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// The form of numbers: up to twelve digits before the point and six behind it, exactly.
const (
	decimals = 6
	millions = 1_000_000
	maxWhole = 12
)

// millionths reads a number exactly. People of some countries write a comma.
func millionths(text string) (int64, bool) {
	text = strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	sign := int64(1)
	if rest, minus := strings.CutPrefix(text, "-"); minus {
		sign, text = -1, rest
	}
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	digits := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) }
	if text == "" || text == "." || !digits(whole) || !digits(part) || len(whole) > maxWhole || len(part) > decimals {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", decimals-len(part)), 10, 64)
	return sign * n, err == nil
}

// decimal writes millionths as a number.
func decimal(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := strconv.FormatInt(n/millions, 10)
	if part := n % millions; part != 0 {
		digits := strconv.FormatInt(part+millions, 10)[1:]
		text += "." + strings.TrimRight(digits, "0")
	}
	return sign + text
}

func canonical(text string) (string, bool) {
	n, ok := millionths(text)
	return decimal(n), ok
}

// take reads a value as somebody wrote it into its one form; key names the message if it is none of the kind's.
func (f Field) take(v Value) (out Value, key string) {
	text := strings.TrimSpace(v.Text)
	if v.strange {
		return v, "field.bad.value"
	}
	if text == "" {
		return Value{}, ""
	}
	out.Text = text
	switch f.Kind {
	case Text:
		if utf8.RuneCountInString(text) > maxText {
			return v, "field.bad.long"
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) }) {
			return v, "api.list.text"
		}
		out.Text = strings.ReplaceAll(text, "\r\n", "\n")
	case Number:
		var ok bool
		if out.Text, ok = canonical(text); !ok {
			return v, "field.bad.number"
		}
		out.number = true
	case Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return v, "api.list.date"
		}
	case Choice:
		if _, ok := f.option(text); !ok {
			return v, "field.bad.choice"
		}
	case Person, CI:
		if text = strings.ToLower(text); !id.Valid(text) {
			return v, "field.bad.ref"
		}
		out.Text = text
	}
	return out, ""
}

// fail notes a bad value of the field.
func (f Field) fail(bad *fault.Fields, key string) {
	var open []string
	for _, o := range f.Options.V {
		if !o.Archived {
			open = append(open, o.Key)
		}
	}
	bad.Add("custom."+f.Key, key, "values", strings.Join(open, ", "), "max", maxText)
}
