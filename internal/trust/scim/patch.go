package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

const maxOperations = 1000

// operation is one change of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// target is where an operation goes: a place, and which of its values.
type target struct {
	place
	which node
}

// readPath reads the path of an operation: attr, attr.part, attr[filter], attr[filter].part.
func (r resource) readPath(path string) (t target, err error) {
	wrong := bad(invalidPath, "path", "path", path[:min(len(path), 200)])
	if len(path) > maxFilter {
		return t, wrong
	}
	p := &parser{rest: strings.TrimSpace(path), find: r.find}
	var ok bool
	if t.place, ok = r.find(p.word()); !ok {
		return t, wrong
	}
	if p.rest == "" {
		return t, nil
	}
	if p.rest[0] != '[' || t.attr.Name == "" {
		return t, wrong
	}
	if t.which, err = p.pick(t.place); err != nil {
		return t, wrong
	}
	if rest, ok := strings.CutPrefix(p.rest, "."); ok {
		sub, ok := named(t.attr.Sub, rest)
		if !ok {
			return t, wrong
		}
		t.sub, p.rest = &sub, ""
	}
	if p.rest != "" {
		return t, wrong
	}
	return t, nil
}

// patch applies operations to a copy of the document: all or none.
func (r resource) patch(doc map[string]any, ops []operation) (map[string]any, error) {
	if len(ops) == 0 || len(ops) > maxOperations {
		return nil, bad(invalidSyntax, "operations", "max", maxOperations)
	}
	doc = copied(doc)
	for _, o := range ops {
		if err := r.apply(doc, strings.ToLower(o.Op), o); err != nil {
			return nil, err
		}
	}
	return doc, r.check(doc)
}

func (r resource) apply(doc map[string]any, op string, o operation) error {
	switch op {
	case "add", "replace":
		if o.Path != "" {
			return r.applyAt(doc, op, o.Path, o.Value)
		}
		// Without a path the value is a part of the resource; Entra ID and Okta write whole paths as names in it.
		m, ok := o.Value.(map[string]any)
		if !ok {
			return bad(invalidValue, "value", "name", "value")
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if at, err := r.readPath(key); err != nil || at.attr.ReadOnly {
				continue // as in a resource that is sent whole, what the schema does not know is left out
			}
			if err := r.applyAt(doc, op, key, m[key]); err != nil {
				return err
			}
		}
		return nil
	case "remove":
		if o.Path == "" {
			return bad(noTarget, "no_path")
		}
		t, err := r.writable(o.Path)
		if err != nil {
			return err
		}
		return t.remove(doc, o.Value)
	}
	return bad(invalidSyntax, "op", "op", o.Op[:min(len(o.Op), 40)])
}

func (r resource) writable(path string) (target, error) {
	t, err := r.readPath(path)
	if err == nil && t.attr.ReadOnly {
		err = bad(mutability, "read_only", "name", t.attr.Name)
	}
	return t, err
}

func (r resource) applyAt(doc map[string]any, op, path string, value any) error {
	t, err := r.writable(path)
	if err != nil {
		return err
	}
	switch {
	case t.attr.Name == "": // a whole extension
		m, ok := value.(map[string]any)
		if !ok {
			return bad(invalidValue, "value", "name", t.ext)
		}
		return t.merge(doc, m)
	case t.attr.Multi && (t.which != nil || t.sub != nil):
		return t.changeSome(doc, op, value)
	case t.attr.Multi:
		return t.changeAll(doc, op, value)
	case t.which != nil:
		return bad(invalidPath, "path", "path", path)
	}
	return t.changeOne(doc, value)
}

// changeOne sets a single attribute, or parts of a composed one: the parts that are not named stay.
func (t target) changeOne(doc map[string]any, value any) error {
	if t.attr.Kind != whole {
		return t.set(doc, value)
	}
	if t.sub != nil {
		value = map[string]any{t.sub.Name: value}
	} else if value == nil {
		return t.set(doc, nil)
	}
	m, ok := value.(map[string]any)
	if !ok {
		one, err := t.attr.single(value)
		if err != nil {
			return err
		}
		if m, ok = one.(map[string]any); !ok {
			return t.set(doc, nil)
		}
	}
	next := map[string]any{}
	if have, ok := t.holder(doc, false)[t.attr.Name].(map[string]any); ok {
		maps.Copy(next, have)
	}
	if err := t.attr.put(next, m); err != nil {
		return err
	}
	return t.set(doc, next)
}

// put changes the parts of a composed value that are given.
func (a attribute) put(to, sent map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(sent)) {
		sub, ok := named(a.Sub, key)
		if !ok {
			continue
		}
		v, err := sub.normal(sent[key])
		if err != nil {
			return err
		}
		if v == nil {
			delete(to, sub.Name)
		} else {
			to[sub.Name] = v
		}
	}
	return nil
}

// changeAll adds to the values of an attribute, or replaces them all.
func (t target) changeAll(doc map[string]any, op string, value any) error {
	v, err := t.attr.normal(value)
	if err != nil {
		return err
	}
	fresh, _ := v.([]any)
	if op == "replace" {
		return t.keep(doc, fresh, nil)
	}
	have, _ := t.holder(doc, false)[t.attr.Name].([]any)
	at := map[string]int{}
	for i, e := range have {
		if id := sameness(t.attr, e); id != "" {
			at[id] = i
		}
	}
	for _, f := range fresh {
		id := sameness(t.attr, f)
		if _, there := at[id]; id != "" && there || id == "" && slices.ContainsFunc(have, func(h any) bool { return reflect.DeepEqual(h, f) }) {
			continue
		}
		if at[id] = len(have); id == "" {
			delete(at, id)
		}
		have = append(have, f)
	}
	return t.keep(doc, have, fresh)
}

// sameness is by what two values are the same: members are by whom they name.
func sameness(a attribute, v any) string {
	m, _ := v.(map[string]any)
	if a.Name != "members" {
		return ""
	}
	s, _ := m["value"].(string)
	return s
}

// changeSome changes the values that a filter picks, or all of them; what a filter by eq describes is added where there is none.
func (t target) changeSome(doc map[string]any, op string, value any) error {
	sent, ok := value.(map[string]any)
	if t.sub != nil {
		sent, ok = map[string]any{t.sub.Name: value}, true
	}
	if !ok {
		one, err := t.attr.single(value)
		if err != nil {
			return err
		}
		if sent, ok = one.(map[string]any); !ok {
			return bad(invalidValue, "value", "name", t.attr.Name)
		}
	}
	have, _ := t.holder(doc, false)[t.attr.Name].([]any)
	var changed, out []any
	for _, e := range have {
		m, ok := e.(map[string]any)
		if !ok || t.which != nil && !t.which.holds(m) {
			out = append(out, e)
			continue
		}
		next := maps.Clone(m)
		if err := t.attr.put(next, sent); err != nil {
			return err
		}
		if changed = append(changed, next); len(next) > 0 {
			out = append(out, next)
		}
	}
	if changed == nil {
		made, ok := described(t.which)
		if op != "add" || !ok {
			return bad(noTarget, "no_target", "name", t.attr.Name)
		}
		if err := t.attr.put(made, sent); err != nil {
			return err
		}
		changed, out = []any{made}, append(out, made)
	}
	return t.keep(doc, out, changed)
}

// described is the value that a filter of comparisons by eq stands for.
func described(n node) (map[string]any, bool) {
	switch n := n.(type) {
	case nil:
		return map[string]any{}, true
	case both:
		left, ok := described(n.left)
		right, ok2 := described(n.right)
		maps.Copy(left, right)
		return left, ok && ok2
	case comparison:
		return map[string]any{n.at.attr.Name: n.want}, n.op == "eq" && n.want != nil
	}
	return map[string]any{}, false
}

// keep stores the values. Where one that was changed is the primary one, the others are no more.
func (t target) keep(doc map[string]any, values, changed []any) error {
	for _, c := range changed {
		m, _ := c.(map[string]any)
		if m["primary"] != true {
			continue
		}
		for i, v := range values {
			if other, ok := v.(map[string]any); ok && other["primary"] == true && !reflect.DeepEqual(other, m) {
				other = maps.Clone(other)
				other["primary"] = false
				values[i] = other
			}
		}
	}
	if len(values) == 0 {
		t.clear(doc)
		return nil
	}
	return t.set(doc, values)
}

// remove takes away a value, the values that a filter picks, a part of them, or, as Entra ID writes it, the values that are sent along.
func (t target) remove(doc map[string]any, value any) error {
	holder := t.holder(doc, false)
	if !t.attr.Multi {
		if t.which != nil {
			return bad(invalidPath, "path", "path", t.attr.Name)
		}
		if m, ok := holder[t.attr.Name].(map[string]any); t.sub != nil && ok {
			next := maps.Clone(m)
			delete(next, t.sub.Name)
			return t.set(doc, next)
		}
		if t.sub == nil {
			t.clear(doc)
		}
		return nil
	}
	gone := map[string]bool{}
	if value != nil && t.which == nil && t.sub == nil {
		v, err := t.attr.normal(value)
		if err != nil {
			return err
		}
		for _, m := range elements(v) {
			if s, ok := m["value"].(string); ok {
				gone[s] = true
			}
		}
	}
	var out []any
	for _, m := range elements(holder[t.attr.Name]) {
		s, _ := m["value"].(string)
		switch {
		case len(gone) > 0 && !gone[s], t.which != nil && !t.which.holds(m):
			out = append(out, m)
		case t.sub != nil:
			next := maps.Clone(m)
			if delete(next, t.sub.Name); len(next) > 0 {
				out = append(out, next)
			}
		}
	}
	return t.keep(doc, out, nil)
}
