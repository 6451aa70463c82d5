package register

import (
	"net/mail"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones must mean the same on every machine, and exist on those without any
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// tidy takes away what people do not mean: spaces around a text, empty entries of a list. Long texts keep their lines.
func (f Field) tidy(v reflect.Value) {
	switch v.Type() {
	case typeText, typeDate, typeRef:
		v.SetString(strings.TrimSpace(v.String()))
		if f.Kind == Country {
			v.SetString(strings.ToUpper(v.String()))
		}
	case typeDuration:
		if d, ok := ReadDuration(v.String()); ok {
			v.SetString(string(d))
		}
	case typeShare:
		if s, ok := ReadShare(v.String()); ok {
			v.SetString(string(s))
		}
	case typeMoney:
		m := v.Interface().(Money)
		v.Set(reflect.ValueOf(Money{strings.TrimSpace(m.Amount), strings.ToUpper(strings.TrimSpace(m.Currency))}))
	case typeChoices:
		var out Choices
		for _, c := range v.Interface().(Choices) {
			if c = strings.TrimSpace(c); c != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		v.Set(reflect.ValueOf(out))
	case typePairs:
		var out Pairs
		for _, p := range v.Interface().(Pairs) {
			if p.Value = strings.TrimSpace(p.Value); p.Value != "" {
				out = append(out, p)
			}
		}
		v.Set(reflect.ValueOf(out))
	}
}

// check names what is wrong with a tidy value.
func (f Field) check(v reflect.Value, bad *fault.Fields) {
	if v.IsZero() {
		if f.Required {
			bad.Add(f.Name, "register.bad.required")
		}
		return
	}
	values := strings.Join(f.Values, ", ")
	switch x := v.Interface().(type) {
	case string:
		f.checkText(x, bad)
	case *int64:
		if f.Kind == Percent && (*x < 0 || *x > 100) {
			bad.Add(f.Name, "register.bad.percent")
		} else if f.Kind == Number && f.Max > 0 && (*x < 0 || *x > int64(f.Max)) {
			bad.Add(f.Name, "register.bad.number", "max", f.Max)
		}
	case Duration:
		if _, ok := ReadDuration(string(x)); !ok {
			bad.Add(f.Name, "register.bad.duration")
		}
	case Share:
		if _, ok := ReadShare(string(x)); !ok {
			bad.Add(f.Name, "register.bad.share")
		}
	case Date:
		if !x.Valid() {
			bad.Add(f.Name, "register.bad.date")
		}
	case Money:
		if _, err := currency.ParseISO(x.Currency); err != nil || !amounts.MatchString(x.Amount) {
			bad.Add(f.Name, "register.bad.money")
		}
	case Choices:
		for _, c := range x {
			if !slices.Contains(f.Values, c) {
				bad.Add(f.Name, "register.bad.choice", "values", values)
				return
			}
		}
	case Pairs:
		for _, p := range x {
			if !slices.Contains(f.Values, p.Kind) {
				bad.Add(f.Name, "register.bad.choice", "values", values)
				return
			}
			if utf8.RuneCountInString(p.Value) > f.Max || strings.ContainsFunc(p.Value, unicode.IsControl) || len(x) > 20 {
				bad.Add(f.Name, "register.bad.long", "max", f.Max)
				return
			}
		}
	}
}

func (f Field) checkText(s string, bad *fault.Fields) {
	fail := func(key string, pairs ...any) { bad.Add(f.Name, key, pairs...) }
	if utf8.RuneCountInString(s) > f.Max {
		fail("register.bad.long", "max", f.Max)
		return
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r)
	}) {
		fail("api.list.text")
		return
	}
	switch f.Kind {
	case Choice:
		if !slices.Contains(f.Values, s) {
			fail("register.bad.choice", "values", strings.Join(f.Values, ", "))
		}
	case Email:
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			fail("register.bad.email")
		}
	case Phone:
		if !IsPhone(s) {
			fail("register.bad.phone")
		}
	case URL:
		if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			fail("register.bad.url")
		}
	case Language:
		if s != "en" && s != "fr" {
			fail("register.bad.language")
		}
	case Country:
		if !IsCountry(s) {
			fail("register.bad.country")
		}
	case Zone:
		if !IsZone(s) {
			fail("register.bad.zone")
		}
	}
}

var (
	amounts     = regexp.MustCompile(`^-?\d{1,12}(\.\d{1,4})?$`)
	twoCapitals = regexp.MustCompile(`^[A-Z]{2}$`)
)

// IsPhone takes numbers as people write them.
func IsPhone(s string) bool {
	digits := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune("+-/(). extEXT#*", c):
			return false
		}
	}
	return digits >= 2
}

// IsCountry tells whether the code is one that ISO 3166-1 has given to a country.
func IsCountry(code string) bool {
	if !twoCapitals.MatchString(code) {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.String() == code && r.Canonicalize() == r
}

// IsZone tells whether the name is an IANA time zone. "Local" would mean another zone on every machine.
func IsZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// set reads a value from the text of a file or a form; key names the message if it cannot. Instants are read in the zone given.
func (f Field) set(v reflect.Value, text string, zone *time.Location) (key string) {
	text = strings.TrimSpace(text)
	if text == "" {
		v.SetZero()
		return ""
	}
	switch v.Type() {
	case typeText, typeRef, typeDate, typeDuration, typeShare:
		v.SetString(text)
	case typeNumber:
		n, err := strconv.ParseInt(strings.TrimSuffix(text, "%"), 10, 64)
		if err != nil {
			return "api.list.number"
		}
		v.Set(reflect.ValueOf(&n))
	case typeBool:
		switch strings.ToLower(text) {
		case "true", "yes", "1", "oui", "vrai":
			v.SetBool(true)
		case "false", "no", "0", "non", "faux":
			v.SetBool(false)
		default:
			return "api.list.bool"
		}
	case typeInstant:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", time.DateOnly} {
			if t, err := time.ParseInLocation(layout, text, zone); err == nil {
				v.Set(reflect.ValueOf(db.At(t)))
				return ""
			}
		}
		return "api.list.time"
	case typeMoney:
		amount, code, _ := strings.Cut(text, " ")
		v.Set(reflect.ValueOf(Money{amount, code}))
	case typeChoices:
		v.Set(reflect.ValueOf(Choices(strings.Split(text, ","))))
	case typePairs:
		var out Pairs
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' }) {
			kind, value, ok := strings.Cut(line, ":")
			if !ok {
				return "register.bad.pairs"
			}
			out = append(out, Pair{strings.TrimSpace(kind), strings.TrimSpace(value)})
		}
		v.Set(reflect.ValueOf(out))
	}
	return ""
}

// text writes a value as set reads it.
func (f Field) text(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case *int64:
		if x == nil {
			return ""
		}
		return strconv.FormatInt(*x, 10)
	case bool:
		if x {
			return "true"
		}
		return "false"
	case db.Time:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(time.RFC3339)
	case interface{ Cell() string }:
		return x.Cell()
	}
	return v.String()
}
