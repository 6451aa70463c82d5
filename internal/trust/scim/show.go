package scim

import (
	"maps"
	"slices"
	"strings"
)

// shape is which attributes an answer shows.
type shape struct {
	only, without []place
	some          bool // only those of only
}

// readShape reads attributes and excludedAttributes. Names that the schema does not know show nothing.
func (r resource) readShape(attributes, excluded string) shape {
	list := func(s string) (out []place) {
		for _, name := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' }) {
			if at, ok := r.find(name); ok {
				out = append(out, at)
			}
		}
		return out
	}
	return shape{only: list(attributes), without: list(excluded), some: strings.TrimSpace(attributes) != ""}
}

// shows tells whether an attribute of the resource is asked for at all.
func (s shape) shows(name string) bool {
	at := func(all []place, parts bool) bool {
		return slices.ContainsFunc(all, func(p place) bool { return p.ext == "" && p.attr.Name == name && (parts || p.sub == nil) })
	}
	if s.some {
		return at(s.only, true)
	}
	return !at(s.without, false)
}

// of leaves out what is not asked for. What is always shown stays.
func (s shape) of(doc map[string]any) map[string]any {
	if !s.some && len(s.without) == 0 {
		return doc
	}
	out := map[string]any{}
	if s.some {
		for _, p := range s.only {
			p.copyTo(out, doc)
		}
	} else {
		out = copied(doc)
		for _, p := range s.without {
			p.drop(out)
		}
	}
	for _, a := range common {
		if v, ok := doc[a.Name]; ok && a.Always {
			out[a.Name] = v
		}
	}
	return out
}

func (p place) copyTo(out, doc map[string]any) {
	if p.attr.Name == "" {
		if v, ok := doc[p.ext]; ok {
			out[p.ext] = v
		}
		return
	}
	v, ok := p.holder(doc, false)[p.attr.Name]
	if !ok {
		return
	}
	to := p.holder(out, true)
	if p.sub == nil {
		to[p.attr.Name] = v
		return
	}
	part := func(from map[string]any, had any) map[string]any {
		m, _ := had.(map[string]any)
		next := maps.Clone(m)
		if next == nil {
			next = map[string]any{}
		}
		if x, ok := from[p.sub.Name]; ok {
			next[p.sub.Name] = x
		}
		return next
	}
	if m, ok := v.(map[string]any); ok {
		to[p.attr.Name] = part(m, to[p.attr.Name])
		return
	}
	had, _ := to[p.attr.Name].([]any)
	each := elements(v)
	list := make([]any, len(each))
	for i, m := range each {
		var before any
		if i < len(had) {
			before = had[i]
		}
		list[i] = part(m, before)
	}
	to[p.attr.Name] = list
}

func (p place) drop(out map[string]any) {
	if p.sub == nil {
		p.clear(out)
		return
	}
	for _, m := range elements(p.holder(out, false)[p.attr.Name]) {
		delete(m, p.sub.Name)
	}
}

// order sorts documents by an attribute: without regard to case unless it counts, those without a value last.
func order(docs []map[string]any, by place, descending bool) {
	key := func(doc map[string]any) (string, bool) {
		if by.attr.Multi {
			for _, m := range elements(by.holder(doc, false)[by.attr.Name]) {
				if s, ok := m[by.leaf().Name].(string); ok && m["primary"] == true {
					return s, true
				}
			}
		}
		for _, v := range by.values(doc) {
			switch v := v.(type) {
			case string:
				return v, true
			case bool:
				return map[bool]string{true: "true", false: "false"}[v], true
			}
		}
		return "", false
	}
	slices.SortStableFunc(docs, func(a, b map[string]any) int {
		x, okx := key(a)
		y, oky := key(b)
		c := 0
		switch {
		case okx && oky:
			if !by.leaf().Exact {
				x, y = fold(x), fold(y)
			}
			c = strings.Compare(x, y)
		case okx:
			c = -1
		case oky:
			c = 1
		}
		if descending {
			c = -c
		}
		return c
	})
}
