package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// columns of an entry, in the order in which they are hashed. A column more needs a new version of the leaf.
var columns = []string{"customer_id", "id", "at", "actor_kind", "actor_id", "actor_name", "via", "address", "action", "record_type", "record_id", "record_name",
	"before", "after"}

// selected are the columns of the entry e as canonical takes them: ids and JSON as text, which both engines give alike.
var selected = func() string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = "e." + c
		if c == "customer_id" || c == "id" || c == "before" || c == "after" {
			out[i] = "CAST(e." + c + " AS TEXT)"
		}
	}
	return strings.Join(out, ", ")
}()

// canonical writes an entry as one line of JSON: members in a fixed order, those of before and after sorted, numbers in one
// form. It never fails: what no entry of ours has (a changed type, a broken text) is written behind "!", which is no JSON, so
// that it equals nothing that was ever hashed.
func canonical(values []any) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	first := true
	for i, name := range columns {
		if values[i] == nil {
			continue // NULL is another thing than a JSON null
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`"` + name + `":`)
		text, isText := values[i].(string)
		if raw, ok := values[i].([]byte); ok {
			text, isText = string(raw), true
		}
		n, isNumber := values[i].(int64)
		switch {
		case name == "at" && isNumber:
			b.WriteString(strconv.FormatInt(n, 10))
		case !isText || name == "at":
			fmt.Fprintf(&b, "!%T:%q", values[i], fmt.Sprint(values[i]))
		case name == "before" || name == "after":
			out, err := canonicalJSON(text)
			if err != nil {
				out = []byte("!" + hex.EncodeToString([]byte(text)))
			}
			b.Write(out)
		case !utf8.ValidString(text):
			b.WriteString("!" + hex.EncodeToString([]byte(text)))
		default:
			quote(&b, text)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func quote(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text always encodes
	b.Truncate(b.Len() - 1)
}

// Canonical gives the one form of a JSON text in which members are sorted, numbers exact and space left out. A text in which a
// member stands twice has none.
func Canonical(text string) ([]byte, error) { return canonicalJSON(text) }

// canonicalJSON writes a JSON text with sorted members, without space, each number in one form. Members that stand twice are an
// error: engines disagree on which of them counts.
func canonicalJSON(text string) ([]byte, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var b bytes.Buffer
	if err := canonicalValue(&b, dec); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return b.Bytes(), nil
}

func canonicalValue(b *bytes.Buffer, dec *json.Decoder) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return canonicalArray(b, dec)
		}
		return canonicalObject(b, dec)
	case json.Number:
		n, err := canonicalNumber(t.String())
		b.WriteString(n)
		return err
	case string:
		quote(b, t)
	case bool:
		b.WriteString(strconv.FormatBool(t))
	default:
		b.WriteString("null")
	}
	return nil
}

func canonicalArray(b *bytes.Buffer, dec *json.Decoder) error {
	b.WriteByte('[')
	for i := 0; dec.More(); i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := canonicalValue(b, dec); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	_, err := dec.Token()
	return err
}

func canonicalObject(b *bytes.Buffer, dec *json.Decoder) error {
	members := map[string][]byte{}
	var names []string
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if _, twice := members[name]; twice {
			return fmt.Errorf("the member %q stands twice", name)
		}
		var v bytes.Buffer
		if err := canonicalValue(&v, dec); err != nil {
			return err
		}
		members[name] = v.Bytes()
		names = append(names, name)
	}
	slices.Sort(names)
	b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		quote(b, name)
		b.WriteByte(':')
		b.Write(members[name])
	}
	b.WriteByte('}')
	_, err := dec.Token()
	return err
}

// canonicalNumber gives one text for each decimal value, exactly: 1.50, 15e-1 and 1.5 are the same.
func canonicalNumber(s string) (string, error) {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	exp := int64(0)
	if power != "" {
		var err error
		if exp, err = strconv.ParseInt(power, 10, 32); err != nil {
			return "", err
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exp -= int64(len(fraction))
	digits := strings.TrimLeft(whole+fraction, "0")
	kept := strings.TrimRight(digits, "0")
	exp += int64(len(digits) - len(kept))
	switch point := int64(len(kept)) + exp; {
	case kept == "":
		return "0", nil
	case exp >= 0 && point <= 21:
		return sign + kept + strings.Repeat("0", int(exp)), nil
	case exp < 0 && point > 0:
		return sign + kept[:point] + "." + kept[point:], nil
	case exp < 0 && point > -6:
		return sign + "0." + strings.Repeat("0", int(-point)) + kept, nil
	default:
		return sign + kept + "e" + strconv.FormatInt(exp, 10), nil
	}
}
