package scim

import (
	"strings"
	"time"
)

func (b both) holds(doc map[string]any) bool    { return b.left.holds(doc) && b.right.holds(doc) }
func (e either) holds(doc map[string]any) bool  { return e.left.holds(doc) || e.right.holds(doc) }
func (n negated) holds(doc map[string]any) bool { return !n.inner.holds(doc) }

func (c comparison) holds(doc map[string]any) bool {
	values := c.at.values(doc)
	switch {
	case c.op == "pr":
		return len(values) > 0
	case c.op == "ne":
		return !comparison{c.at, "eq", c.want}.holds(doc)
	case c.want == nil:
		return len(values) == 0
	}
	for _, v := range values {
		if compare(c.at.leaf(), c.op, v, c.want) {
			return true
		}
	}
	return false
}

func (p picked) holds(doc map[string]any) bool {
	for _, v := range elements(p.at.holder(doc, false)[p.at.attr.Name]) {
		if p.inner.holds(v) && (p.then == nil || p.then.holds(v)) {
			return true
		}
	}
	return false
}

// elements are the values of a composed attribute.
func elements(v any) (out []map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				out = append(out, m)
			}
		}
	case map[string]any:
		out = append(out, v)
	}
	return out
}

// compare compares one value.
func compare(a attribute, op string, have, want any) bool {
	if b, ok := have.(bool); ok {
		return op == "eq" && b == want
	}
	x, ok := have.(string)
	y, ok2 := want.(string)
	if !ok || !ok2 {
		return false
	}
	if a.Kind == moment {
		at, err := time.Parse(time.RFC3339, x)
		to, err2 := time.Parse(time.RFC3339, y)
		if err == nil && err2 == nil {
			return ordered(op, at.Compare(to))
		}
	}
	if !a.Exact {
		x, y = fold(x), fold(y)
	}
	switch op {
	case "co":
		return strings.Contains(x, y)
	case "sw":
		return strings.HasPrefix(x, y)
	case "ew":
		return strings.HasSuffix(x, y)
	}
	return ordered(op, strings.Compare(x, y))
}

func ordered(op string, c int) bool {
	switch op {
	case "eq":
		return c == 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	case "lt":
		return c < 0
	case "le":
		return c <= 0
	}
	return false
}

// fold is how texts are compared without regard to case, here and in the columns that are searched.
func fold(s string) string { return strings.ToLower(s) }

// required collects the comparisons by eq that must hold for the filter to hold: SQL narrows by those that it has an index for.
func required(n node) (out []comparison) {
	switch n := n.(type) {
	case both:
		return append(required(n.left), required(n.right)...)
	case comparison:
		if _, ok := n.want.(string); ok && n.op == "eq" {
			out = append(out, n)
		}
	}
	return out
}
