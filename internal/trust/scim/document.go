package scim

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxText   = 2000 // characters of a value
	maxValues = 100  // of an attribute with several; members have a bound of their own
)

// truth reads a boolean, also as the text by which Entra ID sends it.
func truth(v any) (on, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		return strings.EqualFold(v, "true"), strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	}
	return false, false
}

// read makes a document of what was sent: names as the schema has them. What the schema does not know and what only we write is left out.
func (r resource) read(sent map[string]any) (map[string]any, error) {
	doc := map[string]any{}
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		at, ok := r.find(key)
		if !ok || at.sub != nil || at.attr.ReadOnly {
			continue
		}
		name := at.ext + at.attr.Name
		if seen[name] {
			return nil, bad(invalidSyntax, "twice", "name", key)
		}
		seen[name] = true
		if err := at.set(doc, sent[key]); err != nil {
			return nil, err
		}
	}
	return doc, r.check(doc)
}

// set puts a value at a place without parts, in place of what is there; nothing takes it away.
func (p place) set(doc map[string]any, sent any) error {
	if p.attr.Name == "" { // a whole extension
		m, ok := sent.(map[string]any)
		if !ok && sent != nil {
			return bad(invalidValue, "value", "name", p.ext)
		}
		delete(doc, p.ext)
		return p.merge(doc, m)
	}
	v, err := p.attr.normal(sent)
	if err != nil {
		return err
	}
	if v == nil {
		p.clear(doc)
		return nil
	}
	p.holder(doc, true)[p.attr.Name] = v
	return nil
}

// merge sets the attributes of an extension that are given.
func (p place) merge(doc, sent map[string]any) error {
	for _, s := range users.Extensions {
		for _, key := range slices.Sorted(maps.Keys(sent)) {
			if a, ok := named(s.Attributes, key); ok && s.URN == p.ext {
				if err := (place{ext: p.ext, attr: a}).set(doc, sent[key]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// clear takes the attribute away, and an extension that has none left.
func (p place) clear(doc map[string]any) {
	if p.attr.Name != "" {
		delete(p.holder(doc, false), p.attr.Name)
	}
	if m, ok := doc[p.ext].(map[string]any); p.ext != "" && (p.attr.Name == "" || ok && len(m) == 0) {
		delete(doc, p.ext)
	}
}

// normal gives a value in the shape of the attribute; nil for none.
func (a attribute) normal(v any) (any, error) {
	if !a.Multi {
		return a.single(v)
	}
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	var out []any
	for _, e := range list {
		one, err := a.single(e)
		if err != nil {
			return nil, err
		}
		if one != nil && !slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, one) }) {
			out = append(out, one)
		}
		if len(out) > maxValues && a.Name != "members" {
			return nil, bad(invalidValue, "many", "name", a.Name, "max", maxValues)
		}
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// single gives one value in the shape of the attribute.
func (a attribute) single(v any) (any, error) {
	wrong := bad(invalidValue, "value", "name", a.Name)
	// As Entra ID has sent single values: [{"$ref": null, "value": "False"}].
	if list, ok := v.([]any); ok && len(list) == 1 && !a.Multi {
		v = list[0]
		if m, ok := v.(map[string]any); ok && a.Kind != whole {
			v = m["value"]
		}
	}
	if v == nil {
		return nil, nil
	}
	switch a.Kind {
	case yesno:
		on, ok := truth(v)
		if !ok {
			return nil, wrong
		}
		return on, nil
	case whole:
		if s, ok := v.(string); ok { // a manager, or a member, by id alone
			if s == "" {
				return nil, nil
			}
			v = map[string]any{"value": s}
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil, wrong
		}
		return a.parts(m)
	}
	s, ok := v.(string)
	if !ok || !utf8.ValidString(s) || strings.ContainsRune(s, 0) || utf8.RuneCountInString(s) > maxText {
		return nil, wrong
	}
	if s == "" {
		return nil, nil
	}
	if _, err := time.Parse(time.RFC3339, s); err != nil && a.Kind == moment {
		return nil, wrong
	}
	return s, nil
}

func (a attribute) parts(sent map[string]any) (any, error) {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		sub, ok := named(a.Sub, key)
		if !ok {
			continue
		}
		v, err := sub.normal(sent[key])
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[sub.Name] = v
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// check says what a document lacks, or has too much of.
func (r resource) check(doc map[string]any) error {
	for _, a := range r.Core.Attributes {
		if s, ok := doc[a.Name].(string); a.Required && (!ok || strings.TrimSpace(s) == "") {
			return bad(invalidValue, "needed", "name", a.Name)
		}
		list, _ := doc[a.Name].([]any)
		if len(list) > maxValues && a.Name != "members" {
			return bad(invalidValue, "many", "name", a.Name, "max", maxValues)
		}
		first := 0
		for _, e := range elements(doc[a.Name]) {
			if e["primary"] == true {
				first++
			}
		}
		if first > 1 {
			return bad(invalidValue, "primary", "name", a.Name)
		}
	}
	return nil
}

// copied is a document that can be changed without changing the other.
func copied(doc map[string]any) map[string]any {
	b, err := json.Marshal(doc)
	out := map[string]any{}
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err) // documents are made of JSON
	}
	return out
}
