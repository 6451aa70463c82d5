package control

import (
	"errors"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// The bounds of evidence: what a person would still read.
const (
	maxReads = 60
	maxSeen  = 25
	maxText  = 200
)

// Evaluate judges a subject. Pure, as far as the estate is.
func (c *Control) Evaluate(s *Subject, estate Estate) Outcome {
	in := &evaluation{control: c, subject: s, estate: estate}
	if s.Kind == OfCI && s.CI.Status == "stale" {
		in.miss(Missing{What: "stale"})
		return in.outcome(Unknown)
	}
	if c.when != nil {
		holds, known := in.ask(c.when)
		switch {
		case !known:
			return in.outcome(Unknown)
		case !holds:
			in.missing = nil
			return in.outcome(NotApplicable)
		}
		in.missing = nil // what the condition could do without
	}
	holds, known := in.ask(c.pass)
	if !known {
		return in.outcome(Unknown)
	}
	in.missing = nil // what the verdict could do without
	if holds {
		return in.outcome(Pass)
	}
	return in.outcome(Fail)
}

// evaluation is one control on one subject; it is what expressions see of the world, and remembers what they looked at.
type evaluation struct {
	control *Control
	subject *Subject
	estate  Estate
	values  map[string]*ciValue
	own     *ciValue
	reads   []rawRead
	seen    []*CI
	missing []Missing
	broken  bool
}

type rawRead struct {
	ci     *CI
	name   string
	value  any
	absent bool
}

// ask carries an expression out. known is false where evidence is missing.
func (e *evaluation) ask(p cel.Program) (holds, known bool) {
	out, _, err := p.Eval(e)
	if err != nil {
		e.fault(err)
		return false, false
	}
	b, ok := out.(types.Bool)
	if !ok {
		e.fault(errors.New("the answer is no bool"))
		return false, false
	}
	return bool(b), true
}

// fault sorts what went wrong into missing evidence and an expression that does not fit the values.
func (e *evaluation) fault(err error) {
	text := err.Error()
	switch {
	case errors.Is(err, errUnseen): // miss has noted it
	case strings.Contains(text, "no such key: "):
		// The absent attributes that were looked at last: has() may have asked for others before.
		for _, r := range slices.Backward(e.reads) {
			if r.absent && strings.HasSuffix(r.name, strings.TrimSpace(text[strings.LastIndex(text, "no such key: ")+len("no such key: "):])) {
				e.missing = append(e.missing, Missing{What: "attribute", Name: r.name, CI: e.other(r.ci)})
				break
			}
		}
		if len(e.missing) == 0 {
			e.missing = append(e.missing, Missing{What: "attribute", Name: strings.TrimSpace(text[strings.LastIndex(text, ":")+1:])})
		}
	case strings.Contains(text, "cost limit exceeded"):
		e.broken = true
		e.missing = append(e.missing, Missing{What: "cost", Why: text})
	default:
		e.broken = true
		e.missing = append(e.missing, Missing{What: "broken", Why: clip(text)})
	}
}

// ResolveName implements cel.Activation.
func (e *evaluation) ResolveName(name string) (any, bool) {
	switch name {
	case "ci":
		if e.own == nil {
			e.own = &ciValue{fixed: fixed{ciType}, ci: e.subject.CI, in: e}
		}
		return e.own, true
	case "requirement":
		return &fields{fixed{requirementType}, e, "requirement", "requirement.", e.subject.Requirement}, true
	case "parameters":
		return &parameters{bag{fixed: fixed{types.MapType}}, e}, true
	case "now":
		return types.Timestamp{Time: e.subject.Now}, true
	case scopeName:
		return &scopeValue{fixed{scopeType}, e}, true
	case string(OfWorkload), string(OfAccount), string(OfCustomer):
		return &fields{fixed{subjectType(Kind(name))}, e, "field", name + ".", e.subject.Fields}, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (e *evaluation) Parent() cel.Activation { return nil }

// miss notes missing evidence, and is the error that it is inside the expression.
func (e *evaluation) miss(m Missing) ref.Val {
	if !slices.Contains(e.missing, m) && len(e.missing) < maxSeen {
		e.missing = append(e.missing, m)
	}
	return types.WrapErr(errUnseen)
}

func (e *evaluation) read(ci *CI, name string, value any, absent bool) {
	if len(e.reads) < maxReads {
		e.reads = append(e.reads, rawRead{ci, name, value, absent})
	}
}

// other is the id of a CI that is not the subject itself.
func (e *evaluation) other(ci *CI) string {
	if ci == nil || ci == e.subject.CI {
		return ""
	}
	return ci.ID
}

// value is a CI that was looked at beside the subject.
func (e *evaluation) value(ci *CI) ref.Val {
	if ci == e.subject.CI {
		own, _ := e.ResolveName("ci")
		return own.(*ciValue)
	}
	if v := e.values[ci.ID]; v != nil {
		return v
	}
	if e.values == nil {
		e.values = map[string]*ciValue{}
	}
	v := &ciValue{fixed: fixed{ciType}, ci: ci, in: e}
	e.values[ci.ID] = v
	e.seen = append(e.seen, ci)
	return v
}

func (e *evaluation) related(ci *CI, relation, typ string) ref.Val {
	list, unresolved := e.estate.Related(ci, relation, typ)
	l := &cis{fixed: fixed{types.ListType}, in: e, list: list}
	switch why := e.estate.Unseen(e.subject, ci.Account, typ); {
	case ci.Status == "stale":
		l.unseen = e.miss(Missing{What: "stale", Name: typ, CI: e.other(ci)})
	case why != "":
		l.unseen = e.miss(Missing{What: "type", Name: typ, Why: why})
	case ci.Partial:
		l.unseen = e.miss(Missing{What: "partial", Name: typ, CI: e.other(ci)})
	case unresolved > 0:
		l.unseen = e.miss(Missing{What: "unresolved", Name: typ, CI: e.other(ci)})
	}
	return l
}

func (e *evaluation) members(typ string) ref.Val {
	l := &cis{fixed: fixed{types.ListType}, in: e, list: e.estate.Members(e.subject, typ)}
	account := ""
	if e.subject.CI != nil {
		account = e.subject.CI.Account
	} else if e.subject.Kind == OfAccount {
		account = e.subject.ID
	}
	if why := e.estate.Unseen(e.subject, account, typ); why != "" {
		l.unseen = e.miss(Missing{What: "type", Name: typ, Why: why})
	}
	return l
}

// scopeValue is what cis() hangs on.
type scopeValue struct {
	fixed
	in *evaluation
}

func (s *scopeValue) Value() any                  { return s }
func (s *scopeValue) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(s) == other) }

// parameters takes each value from the requirement, else from its default.
type parameters struct {
	bag
	in *evaluation
}

// Find implements traits.Mapper.
func (p *parameters) Find(key ref.Val) (ref.Val, bool) {
	name, _ := key.(types.String)
	d := p.in.control.Parameters[string(name)]
	v := p.in.subject.Requirement[d.Requirement]
	if d.Requirement == "" || v == nil || v == "" {
		v = d.Default
	}
	if v == nil {
		return p.in.miss(Missing{What: "parameter", Name: string(name), Why: d.Requirement}), false
	}
	p.in.read(nil, "parameters."+string(name), v, false)
	if n, ok := v.(float64); ok && RequirementKeys()[d.Requirement] == "double" {
		return types.Double(n), true
	}
	return plain(v), true
}

// Get implements traits.Indexer.
func (p *parameters) Get(key ref.Val) ref.Val { v, _ := p.Find(key); return v }

// outcome makes evidence of what was looked at.
func (e *evaluation) outcome(v Verdict) Outcome {
	o := Outcome{Verdict: v, Broken: e.broken}
	for _, r := range e.reads {
		one := Read{CI: e.other(r.ci), Name: r.name, Value: shown(r.name, r.value), Absent: r.absent}
		if _, nested := r.value.(map[string]any); nested {
			continue // its members were looked at, and stand for themselves
		}
		if !slices.ContainsFunc(o.Evidence.Reads, func(x Read) bool { return x.CI == one.CI && x.Name == one.Name }) {
			o.Evidence.Reads = append(o.Evidence.Reads, one)
		}
	}
	for _, ci := range e.seen {
		if len(o.Evidence.CIs) == maxSeen {
			o.Evidence.More = len(e.seen) - maxSeen
			break
		}
		o.Evidence.CIs = append(o.Evidence.CIs, Seen{ci.ID, ci.Type, ci.Name})
	}
	o.Evidence.Missing = e.missing
	return o
}

// shown is a value as evidence keeps it: short, and nothing that looks like a secret.
func shown(name string, v any) any {
	switch x := v.(type) {
	case string:
		if secret(name) {
			return "•••"
		}
		return clip(x)
	case []string:
		if len(x) > 10 {
			x = append(slices.Clone(x[:10]), "…")
		}
		return x
	case []any:
		out := make([]any, 0, min(len(x), 11))
		for i, one := range x {
			if i == 10 {
				out = append(out, "…")
				break
			}
			if _, nested := one.(map[string]any); nested {
				return len(x)
			}
			out = append(out, shown(name, one))
		}
		return out
	}
	return v
}

// secret tells whether a name speaks of a secret's value. Discovery takes no secrets in; people who put a CI in by hand may.
func secret(name string) bool {
	last := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name[strings.LastIndex(name, ".")+1:]), "_", ""), "-", "")
	for _, w := range []string{"password", "passwd", "secretvalue", "secretstring", "secretkey", "secretaccesskey", "privatekey", "apikey", "token"} {
		if strings.HasSuffix(last, w) {
			return true
		}
	}
	return false
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
