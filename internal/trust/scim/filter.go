package scim

import (
	"encoding/json"
	"strings"
)

const (
	maxFilter = 4000 // characters
	maxDepth  = 30   // of parentheses
)

// node is a filter that was read.
type node interface {
	// holds tells whether a document, or one value of a composed attribute, is meant.
	holds(doc map[string]any) bool
}

type both struct{ left, right node }
type either struct{ left, right node }
type negated struct{ inner node }

// comparison compares the values of an attribute.
type comparison struct {
	at   place
	op   string
	want any
}

// picked is attr[filter], with a comparison of a part of what is picked behind it, as Entra ID writes: emails[type eq "work"].value eq "x".
type picked struct {
	at    place
	inner node
	then  *comparison
}

// parser reads a filter or a path. What names mean is asked of lookup.
type parser struct {
	rest  string
	depth int
	find  func(string) (place, bool)
}

// readFilter reads a filter of a resource.
func readFilter(r resource, s string) (node, error) {
	if len(s) > maxFilter {
		return nil, bad(invalidFilter, "filter_long", "max", maxFilter)
	}
	p := &parser{rest: s, find: r.find}
	n, err := p.any()
	if p.blank(); err == nil && p.rest != "" {
		err = p.wrong()
	}
	return n, err
}

// wrong names where reading stopped.
func (p *parser) wrong() error {
	at := []rune(p.rest)
	return bad(invalidFilter, "filter", "at", string(at[:min(len(at), 40)]))
}

func (p *parser) blank() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// word reads letters, digits and what names are made of.
func (p *parser) word() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_:.$+", r)
	})
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	p.rest = p.rest[end:]
	return w
}

// next takes a sign, if it is the next one.
func (p *parser) next(sign string) bool {
	p.blank()
	rest, ok := strings.CutPrefix(p.rest, sign)
	if ok {
		p.rest = rest
	}
	return ok
}

// keyword takes a word, if it is the next one, in any case.
func (p *parser) keyword(w string) bool {
	p.blank()
	before := p.rest
	if strings.EqualFold(p.word(), w) {
		return true
	}
	p.rest = before
	return false
}

func (p *parser) any() (node, error) {
	left, err := p.all()
	for err == nil && p.keyword("or") {
		var right node
		right, err = p.all()
		left = either{left, right}
	}
	return left, err
}

func (p *parser) all() (node, error) {
	left, err := p.one()
	for err == nil && p.keyword("and") {
		var right node
		right, err = p.one()
		left = both{left, right}
	}
	return left, err
}

func (p *parser) one() (node, error) {
	p.blank()
	before := p.rest
	if p.keyword("not") {
		if p.next("(") {
			inner, err := p.inside(")")
			return negated{inner}, err
		}
		p.rest = before
	}
	if p.next("(") {
		return p.inside(")")
	}
	return p.comparison()
}

// inside reads what stands in brackets, up to the closing one.
func (p *parser) inside(end string) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, bad(invalidFilter, "filter_deep", "max", maxDepth)
	}
	n, err := p.any()
	if err == nil && !p.next(end) {
		err = p.wrong()
	}
	p.depth--
	return n, err
}

func (p *parser) comparison() (node, error) {
	before := p.rest
	name := p.word()
	at, ok := p.find(name)
	if name == "" || !ok || at.attr.Name == "" {
		p.rest = before
		if name != "" {
			return nil, bad(invalidFilter, "attribute", "name", name)
		}
		return nil, p.wrong()
	}
	if !strings.HasPrefix(p.rest, "[") {
		return p.compare(at)
	}
	inner, err := p.pick(at)
	if err != nil || !strings.HasPrefix(p.rest, ".") {
		return picked{at: at, inner: inner}, err
	}
	sub, ok := named(at.attr.Sub, strings.TrimPrefix(p.word(), "."))
	if !ok {
		return nil, p.wrong()
	}
	then, err := p.compare(place{attr: sub})
	if err != nil {
		return nil, err
	}
	c := then.(comparison)
	return picked{at, inner, &c}, nil
}

// pick reads the filter in square brackets: its names are parts of the attribute.
func (p *parser) pick(at place) (node, error) {
	p.rest = p.rest[1:]
	if at.sub != nil || len(at.attr.Sub) == 0 {
		return nil, p.wrong()
	}
	outer := p.find
	p.find = func(name string) (place, bool) {
		a, ok := named(at.attr.Sub, name)
		return place{attr: a}, ok
	}
	inner, err := p.inside("]")
	p.find = outer
	return inner, err
}

func (p *parser) compare(at place) (node, error) {
	p.blank()
	before := p.rest
	op := strings.ToLower(p.word())
	if op == "pr" {
		return comparison{at: at, op: op}, nil
	}
	kind := at.leaf().Kind
	switch op {
	case "eq", "ne":
	case "co", "sw", "ew", "gt", "ge", "lt", "le":
		if kind == yesno {
			return nil, bad(invalidFilter, "operator", "operator", op, "name", at.attr.Name)
		}
	default:
		p.rest = before
		return nil, p.wrong()
	}
	want, err := p.value(kind)
	if err == nil && want == nil && op != "eq" && op != "ne" {
		err = bad(invalidFilter, "operator", "operator", op, "name", at.attr.Name)
	}
	return comparison{at, op, want}, err
}

// value reads what is compared with: a text in quotation marks, true, false or null. Truth is taken in quotation marks as well.
func (p *parser) value(k kind) (any, error) {
	p.blank()
	before := p.rest
	var v any
	if strings.HasPrefix(p.rest, `"`) {
		d := json.NewDecoder(strings.NewReader(p.rest))
		var s string
		if d.Decode(&s) != nil {
			return nil, p.wrong()
		}
		p.rest = p.rest[d.InputOffset():]
		v = s
	} else {
		v = p.word()
		switch {
		case v == "":
			return nil, p.wrong()
		case strings.EqualFold(v.(string), "null"):
			return nil, nil
		case k != yesno:
			p.rest = before
			return nil, p.wrong()
		}
	}
	if k != yesno {
		return v, nil
	}
	on, ok := truth(v)
	if !ok {
		p.rest = before
		return nil, p.wrong()
	}
	return on, nil
}
