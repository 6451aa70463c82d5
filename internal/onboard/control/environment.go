package control

import (
	"fmt"
	"maps"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// The bounds of an expression. Steps are counted only where there are loops: without one an expression ends after its own length.
const (
	maxExpression = 4000
	maxNesting    = 40
	maxSteps      = 200_000
)

// subjectFields are the fields of the subjects that are no CI, with their types.
func subjectFields(k Kind) map[string]*types.Type {
	switch k {
	case OfWorkload:
		return map[string]*types.Type{"id": types.StringType, "name": types.StringType, "description": types.StringType, "environment": types.StringType,
			"criticality": types.StringType, "owner": types.StringType, "contacts": types.IntType, "cis": types.IntType}
	case OfAccount:
		return map[string]*types.Type{"id": types.StringType, "name": types.StringType, "status": types.StringType, "organization": types.BoolType}
	case OfCustomer:
		return map[string]*types.Type{"id": types.StringType, "slug": types.StringType, "name": types.StringType, "phase": types.StringType,
			"country": types.StringType, "accounts": types.IntType, "workloads": types.IntType}
	}
	return nil
}

func subjectType(k Kind) *types.Type { return cel.ObjectType("vigie." + string(k)) }

// provider knows the fields of our objects, so that a misspelt one does not compile.
type provider struct {
	*types.Registry
	objects map[string]map[string]*types.Type
}

func newProvider() (*provider, error) {
	base, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := &provider{base, map[string]map[string]*types.Type{}}
	text := types.StringType
	p.objects[ciType.TypeName()] = map[string]*types.Type{"id": text, "type": text, "name": text, "external_id": text, "arn": text, "account": text, "region": text,
		"environment": text, "criticality": text, "owner": text, "workload": text, "status": text,
		"tags": types.NewMapType(text, text), "attributes": types.NewMapType(text, types.DynType)}
	kinds := map[string]*types.Type{"int": types.IntType, "double": types.DoubleType, "bool": types.BoolType, "string": text}
	requirement := map[string]*types.Type{}
	for k, kind := range RequirementKeys() {
		requirement[k] = kinds[kind]
	}
	p.objects[requirementType.TypeName()] = requirement
	for _, k := range Kinds()[1:] {
		p.objects[subjectType(k).TypeName()] = subjectFields(k)
	}
	p.objects[scopeType.TypeName()] = nil
	return p, nil
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.objects[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if f, ok := p.objects[name]; ok {
		return slices.Sorted(maps.Keys(f)), true
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	f, ok := p.objects[name]
	if !ok {
		return p.Registry.FindStructFieldType(name, field)
	}
	t, ok := f[field]
	if !ok {
		return nil, false
	}
	return &types.FieldType{Type: t}, true
}

// The variable that cis() hangs on: not a name that an expression can write.
const scopeName = "@scope"

// languages makes the CEL of each kind of subject.
func languages() (map[Kind]*cel.Env, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	call := func(name, target string, args int) cel.EnvOption {
		return cel.Macros(cel.GlobalMacro(name, args, func(eh cel.MacroExprFactory, _ ast.Expr, given []ast.Expr) (ast.Expr, *common.Error) {
			return eh.NewMemberCall(name, eh.NewIdent(target), given...), nil
		}))
	}
	list := types.NewListType(ciType)
	text := types.StringType
	all := []cel.EnvOption{
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p), cel.StdLib(), cel.OptionalTypes(), cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(maxNesting), cel.DefaultUTCTimeZone(true),
		cel.Variable("requirement", requirementType), cel.Variable("parameters", types.NewMapType(text, types.DynType)), cel.Variable("now", types.TimestampType),
		cel.Variable(scopeName, scopeType),
		cel.Function("related",
			cel.MemberOverload("ci_related_type", []*types.Type{ciType, text}, list, cel.FunctionBinding(related)),
			cel.MemberOverload("ci_related_relation_type", []*types.Type{ciType, text, text}, list, cel.FunctionBinding(related))),
		cel.Function("cis", cel.MemberOverload("scope_cis_type", []*types.Type{scopeType, text}, list, cel.FunctionBinding(members))),
		// Without the guard, which would look at the first element to know the list's type.
		cel.Function("found", decls.DisableTypeGuards(true), cel.Overload("found_list", []*types.Type{list}, types.BoolType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			if l, ok := v.(*cis); ok {
				return l.found()
			}
			return types.NewErr("found asks for related() or cis()")
		}))),
		call("cis", scopeName, 1),
	}
	out := map[Kind]*cel.Env{}
	for _, k := range Kinds() {
		own := slices.Clone(all)
		if k == OfCI {
			own = append(own, cel.Variable("ci", ciType), call("related", "ci", 1), call("related", "ci", 2))
		} else {
			own = append(own, cel.Variable(string(k), subjectType(k)))
		}
		env, err := cel.NewCustomEnv(own...)
		if err != nil {
			return nil, fmt.Errorf("the language of controls of a %s: %w", k, err)
		}
		out[k] = env
	}
	return out, nil
}

func related(args ...ref.Val) ref.Val {
	v, ok := args[0].(*ciValue)
	if !ok {
		return types.NewErr("related asks for a CI")
	}
	typ, relation := string(args[len(args)-1].(types.String)), ""
	if len(args) == 3 {
		relation = string(args[1].(types.String))
	}
	return v.in.related(v.ci, relation, typ)
}

func members(args ...ref.Val) ref.Val {
	s, ok := args[0].(*scopeValue)
	if !ok {
		return types.NewErr("cis asks for a subject")
	}
	return s.in.members(string(args[1].(types.String)))
}
