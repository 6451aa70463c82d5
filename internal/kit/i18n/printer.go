package i18n

import (
	"fmt"
	"time"
)

// Printer writes for one reader: language, time zone and the moment of the request.
type Printer struct {
	catalogue *catalogue
	fallback  *catalogue
	bundle    *Bundle
	zone      *time.Location
	now       time.Time
}

// Lang is the language's code, as the lang attribute wants it.
func (p *Printer) Lang() string { return p.catalogue.code }

// Languages lists the choices of the language switch.
func (p *Printer) Languages() []Language { return p.bundle.Languages() }

// Zone is the reader's time zone.
func (p *Printer) Zone() *time.Location { return p.zone }

// Now is the moment given by the caller, in the reader's zone.
func (p *Printer) Now() time.Time { return p.now }

// T is the message of a key. args are pairs of name and value, or one map[string]any.
// A key that exists nowhere is shown itself: ugly on purpose, and never an error for the reader.
func (p *Printer) T(key string, args ...any) string {
	m, ok := p.message(key)
	if !ok {
		return key
	}
	if len(m.other) == 1 {
		return m.other[0]
	}
	return m.other.text(p.values(args))
}

// N is the message of a key in the plural form of count, which is also the argument {count}.
func (p *Printer) N(key string, count int, args ...any) string {
	m, ok := p.message(key)
	if !ok {
		return key
	}
	given := p.values(args)
	return m.form(p.catalogue.tag, int64(count)).text(func(name string) (string, bool) {
		if name == "count" {
			return p.Number(count), true
		}
		return given(name)
	})
}

// Has tells whether a key exists, for words that depend on data, as the name of a CI type.
func (p *Printer) Has(key string) bool { _, ok := p.message(key); return ok }

// Or is T for words that depend on data: the message if there is one, otherwise the given text.
func (p *Printer) Or(key, text string) string {
	if p.Has(key) {
		return p.T(key)
	}
	return text
}

func (p *Printer) message(key string) (message, bool) {
	if m, ok := p.catalogue.messages[key]; ok {
		return m, true
	}
	m, ok := p.fallback.messages[key]
	return m, ok
}

func (p *Printer) values(args []any) func(string) (string, bool) {
	if len(args) == 1 {
		if named, ok := args[0].(map[string]any); ok {
			return func(name string) (string, bool) {
				v, ok := named[name]
				return p.value(v), ok
			}
		}
	}
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return p.value(args[i+1]), true
			}
		}
		return "", false
	}
}

// value writes an argument as the language would: identifiers are passed as text and stay as they are.
func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(v)
	case int64:
		return p.Number(int(v))
	case int32:
		return p.Number(int(v))
	case float64:
		return p.Decimal(v, 1)
	case time.Time:
		return p.DateTime(v)
	case time.Duration:
		return p.Duration(v)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}
