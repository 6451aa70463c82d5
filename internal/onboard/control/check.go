package control

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/catalogue"
	"vigie/internal/platform/lapse"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"
)

// checker looks at one control and says all that is wrong with it.
type checker struct {
	*loader
	source *catalogue.Source
	c      *Control
	at     string          // where the control stands in the source
	used   map[string]bool // parameters that expressions read
}

func (k *checker) refuse(line int, reason string, args ...any) {
	who := ""
	if k.c.ID != "" {
		who = k.c.ID + ": "
	}
	k.source.Refuse(line, "%s%s", who, fmt.Sprintf(reason, args...))
}

// part is a part of the control, or the nearest around it that the file has.
func (k *checker) part(way ...any) *yaml.Node {
	at := k.at
	for _, step := range way {
		at += fmt.Sprintf(".%v", step)
	}
	return k.source.Node(at)
}

func (k *checker) line(way ...any) int { return k.part(way...).Line }

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)

func (k *checker) check() {
	c := k.c
	switch other := k.ids[c.ID]; {
	case !idForm.MatchString(c.ID) || len(c.ID) > 80:
		k.refuse(k.line("id"), "id %q is not of the form rds-backup-retention", c.ID)
	case other != nil:
		k.refuse(k.line("id"), "the id is taken by %s:%d", other.File, other.Line)
	default:
		k.ids[c.ID] = c
	}
	k.source.Words(k.at+".title", c.Title)
	k.source.Words(k.at+".rationale", c.Rationale)
	k.source.Words(k.at+".remedy", c.Remedy)
	oneOf(k, "area", c.Area, Areas())
	oneOf(k, "severity", c.Severity, Severities())
	var ok bool
	if c.effort, ok = lapse.ParseDays(c.Effort, workday); !ok || c.effort == 0 {
		k.refuse(k.line("effort"), "effort %q is no duration such as PT1H30M", c.Effort)
	}
	for i := range c.Frameworks {
		k.reference(i)
	}
	if k.applies() {
		k.used = map[string]bool{}
		if c.Applies.When != "" {
			c.when = k.compile(c.Applies.When, "applies", "when")
		}
		c.pass = k.compile(c.Pass, "pass")
	}
	k.parameters()
	k.cases()
}

var (
	versionForm  = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	monthForm    = regexp.MustCompile(`^20\d\d-(0[1-9]|1[0-2])$`)
	cisForm      = regexp.MustCompile(`^[1-9]\d?(\.[1-9]\d?){1,2}$`)
	fsbpForm     = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*\.[1-9]\d{0,2}$`)
	practiceForm = regexp.MustCompile(`^(OPS|SEC|REL|PERF|COST|SUS)\d\d-BP\d\d$`)
)

// reference refuses what no edition of the framework can hold: findings from outside are told to be the same by these ids, and a misspelt one matches nothing.
func (k *checker) reference(i int) {
	f := k.c.Frameworks[i]
	var edition, id *regexp.Regexp
	var like string
	switch f.Name {
	case "cis-aws-foundations":
		edition, id, like = versionForm, cisForm, "3.0.0 and 2.3.1"
	case "aws-fsbp":
		edition, id, like = monthForm, fsbpForm, "2026-01 and RDS.11"
	case "aws-well-architected":
		edition, id, like = monthForm, practiceForm, "2024-06 and REL09-BP03"
	default:
		k.refuse(k.line("frameworks", i, "name"), "framework %q is not known; known are %s", f.Name, strings.Join(Frameworks(), ", "))
		return
	}
	switch {
	case f.Edition == "" || f.ID == "":
		k.refuse(k.line("frameworks", i), "a framework is named with its edition and the id of its control")
	case !edition.MatchString(f.Edition) || !id.MatchString(f.ID):
		k.refuse(k.line("frameworks", i), "edition %q and id %q of %s are not of the forms %s", f.Edition, f.ID, f.Name, like)
	case slices.Index(k.c.Frameworks, f) < i:
		k.refuse(k.line("frameworks", i), "%s %s of %s is named twice", f.Edition, f.ID, f.Name)
	}
}

func oneOf[T ~string](k *checker, key string, v T, list []T) {
	if !slices.Contains(list, v) {
		names := make([]string, len(list))
		for i, n := range list {
			names[i] = string(n)
		}
		k.refuse(k.line(key), "%s %q is not known; known are %s", key, v, strings.Join(names, ", "))
	}
}

func (k *checker) applies() bool {
	a := k.c.Applies
	if !slices.Contains(Kinds(), a.To) {
		k.refuse(k.line("applies", "to"), "applies.to %q is not known; known are ci, workload, account, customer", a.To)
		return false
	}
	if a.To == OfCI && len(a.Types) == 0 {
		k.refuse(k.line("applies"), "a control of CIs names the types that it judges")
	}
	if a.To != OfCI && len(a.Types) > 0 {
		k.refuse(k.line("applies", "types"), "only controls of CIs have types")
	}
	for i, t := range a.Types {
		k.ciType(t, k.line("applies", "types", i))
	}
	return true
}

// ciType refuses types of AWS that discovery does not read: such a control would judge nothing.
func (k *checker) ciType(t string, line int) {
	if !strings.Contains(t, "::") || strings.HasPrefix(t, "AWS::") && !k.known(t) {
		k.refuse(line, "type %q is not one that discovery reads", t)
	}
}

// compile turns an expression into a program, and refuses what compiles but would not do what it seems to.
func (k *checker) compile(text string, way ...any) cel.Program {
	node := k.part(way...)
	// A text of several lines (| or >) begins below its key.
	first := node.Line
	if node.Style == yaml.LiteralStyle || node.Style == yaml.FoldedStyle {
		first++
	}
	if strings.TrimSpace(text) == "" {
		k.refuse(k.line(way...), "%v is missing", way[len(way)-1])
		return nil
	}
	env := k.envs[k.c.Applies.To]
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			line := first
			if node.Style == yaml.LiteralStyle {
				line += max(e.Location.Line()-1, 0)
			}
			k.refuse(line, "%v: %s", way[len(way)-1], e.Message)
		}
		return nil
	}
	if !checked.OutputType().IsExactType(types.BoolType) {
		k.refuse(first, "%v gives %s and not bool; compare it, as in == true", way[len(way)-1], checked.OutputType())
		return nil
	}
	loops := k.look(checked.NativeRep().Expr(), first)
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if loops {
		options = append(options, cel.CostLimit(maxSteps))
	}
	p, err := env.Program(checked, options...)
	if err != nil {
		k.refuse(first, "%v: %s", way[len(way)-1], err)
		return nil
	}
	return p
}

// look walks over an expression: which types it asks for, whether it reads parameters that there are, whether it loops.
func (k *checker) look(root ast.Expr, line int) (loops bool) {
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			s := e.AsSelect()
			if s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "parameters" {
				k.used[s.FieldName()] = true
				if _, there := k.c.Parameters[s.FieldName()]; !there {
					k.refuse(line, "parameters.%s is not among the parameters", s.FieldName())
				}
			}
		case ast.CallKind:
			call := e.AsCall()
			switch name := call.FunctionName(); name {
			case "related", "cis":
				args := call.Args()
				for _, a := range args {
					if a.Kind() != ast.LiteralKind {
						k.refuse(line, "%s asks for a type written out", name)
						return
					}
				}
				typ, _ := args[len(args)-1].AsLiteral().Value().(string)
				k.ciType(typ, line)
				if len(args) == 2 {
					if r, _ := args[0].AsLiteral().Value().(string); !slices.Contains(relations(), r) {
						k.refuse(line, "relation %q is not known; known are %s", r, strings.Join(relations(), ", "))
					}
				}
				if !slices.Contains(k.c.looks, typ) {
					k.c.looks = append(k.c.looks, typ)
				}
			case "matches":
				if pattern := call.Args()[len(call.Args())-1]; pattern.Kind() != ast.LiteralKind {
					k.refuse(line, "matches asks for a pattern written out")
				}
			}
		case ast.ComprehensionKind:
			loops = true
			c := e.AsComprehension()
			if !mentions(c.LoopStep(), c.IterVar()) && c.IterVar() != "#unused" {
				k.refuse(line, "a loop that does not look at its variable %s would count what was not seen; found(list) asks whether there is any", c.IterVar())
			}
		}
	}))
	return loops
}

func mentions(e ast.Expr, name string) (yes bool) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind && e.AsIdent() == name {
			yes = true
		}
	}))
	return yes
}

func (k *checker) parameters() {
	kinds := RequirementKeys()
	for _, name := range slices.Sorted(maps.Keys(k.c.Parameters)) {
		p := k.c.Parameters[name]
		line := k.line("parameters", name)
		if k.used != nil && !k.used[name] {
			k.refuse(line, "parameter %s is not used", name)
		}
		if p.Requirement != "" && kinds[p.Requirement] == "" {
			k.refuse(line, "requirement %q is not known; known are %s", p.Requirement, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
		}
		if p.Requirement == "" && p.Default == nil {
			k.refuse(line, "parameter %s has neither a requirement nor a default", name)
		}
	}
}

// workday is the day in which effort is counted.
const workday = 8 * time.Hour
