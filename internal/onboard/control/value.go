package control

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// errUnseen is the kind of error that missing evidence is inside an expression.
var errUnseen = errors.New("not seen")

// The types of objects in expressions.
var (
	ciType          = cel.ObjectType("vigie.CI", traits.IndexerType, traits.FieldTesterType)
	requirementType = cel.ObjectType("vigie.Requirement", traits.IndexerType, traits.FieldTesterType)
	scopeType       = cel.ObjectType("vigie.Scope")
)

// fixed is what the values below have in common: none converts into anything.
type fixed struct{ of *types.Type }

func (f fixed) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s does not convert to %s", f.of.TypeName(), t)
}
func (f fixed) ConvertToType(t ref.Type) ref.Val {
	if t.TypeName() == "type" {
		return f.of
	}
	return types.NewErr("%s does not convert to %s", f.of.TypeName(), t.TypeName())
}
func (f fixed) Type() ref.Type { return f.of }

// ciValue is a CI inside one evaluation.
type ciValue struct {
	fixed
	ci   *CI
	in   *evaluation
	attr *bag
	tags *bag
}

func (v *ciValue) Value() any { return v.ci }

func (v *ciValue) Equal(other ref.Val) ref.Val {
	o, ok := other.(*ciValue)
	return types.Bool(ok && o.ci.ID == v.ci.ID)
}

// Get implements traits.Indexer: ci.name.
func (v *ciValue) Get(index ref.Val) ref.Val {
	name, _ := index.(types.String)
	switch name {
	case "attributes", "tags":
		return v.bag(string(name))
	case "id":
		return types.String(v.ci.ID)
	}
	text, known := v.text(string(name))
	if !known {
		return types.NewErr("no such field: %s", name)
	}
	if text == "" {
		return v.in.miss(Missing{What: "field", Name: string(name), CI: v.in.other(v.ci)})
	}
	v.in.read(v.ci, string(name), text, false)
	return types.String(text)
}

// IsSet implements traits.FieldTester: has(ci.owner).
func (v *ciValue) IsSet(field ref.Val) ref.Val {
	name, _ := field.(types.String)
	if name == "attributes" || name == "tags" || name == "id" {
		return types.True
	}
	text, known := v.text(string(name))
	if !known {
		return types.NewErr("no such field: %s", name)
	}
	v.in.read(v.ci, string(name), text, text == "")
	return types.Bool(text != "")
}

func (v *ciValue) text(name string) (string, bool) {
	switch name {
	case "type":
		return v.ci.Type, true
	case "name":
		return v.ci.Name, true
	case "external_id":
		return v.ci.ExternalID, true
	case "arn":
		return v.ci.ARN, true
	case "account":
		return v.ci.Account, true
	case "region":
		return v.ci.Region, true
	case "environment":
		return v.ci.Environment, true
	case "criticality":
		return v.ci.Criticality, true
	case "owner":
		return v.ci.Owner, true
	case "workload":
		return v.ci.Workload, true
	case "status":
		return v.ci.Status, true
	}
	return "", false
}

func (v *ciValue) bag(name string) *bag {
	if v.ci.Load != nil {
		load := v.ci.Load
		v.ci.Load = nil
		load(v.ci)
	}
	if name == "tags" {
		if v.tags == nil {
			all := make(map[string]any, len(v.ci.Tags))
			for k, t := range v.ci.Tags {
				all[k] = t
			}
			v.tags = &bag{fixed: fixed{types.MapType}, owner: v, path: "tags.", values: all}
		}
		return v.tags
	}
	if v.attr == nil {
		v.attr = &bag{fixed: fixed{types.MapType}, owner: v, path: "attributes.", values: v.ci.Attributes, top: true}
	}
	return v.attr
}

// bag is a map of facts that notes what is looked at, and that knows whether absence is a fact.
type bag struct {
	fixed
	owner  *ciValue
	path   string
	values map[string]any
	top    bool // the attributes themselves: carried ones stand here
}

func (b *bag) Value() any { return b.values }

func (b *bag) Equal(other ref.Val) ref.Val {
	o, ok := other.(*bag)
	return types.Bool(ok && reflect.DeepEqual(o.values, b.values))
}

// unseen tells whether the bag may lack what is there.
func (b *bag) unseen(name string) (Missing, bool) {
	ci, in := b.owner.ci, b.owner.in
	switch {
	case ci.Status == "stale":
		return Missing{What: "stale", Name: b.path + name, CI: in.other(ci)}, true
	case !ci.Partial:
		return Missing{}, false
	}
	if _, there := b.values[name]; there && !(b.top && slices.Contains(ci.Carried, name)) {
		return Missing{}, false
	}
	return Missing{What: "partial", Name: b.path + name, CI: in.other(ci)}, true
}

// Find implements traits.Mapper. What is absent from a CI that was wholly seen is absent; otherwise nobody knows.
func (b *bag) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.NewErr("a key is a text"), false
	}
	if m, is := b.unseen(string(name)); is {
		return b.owner.in.miss(m), false
	}
	v, there := b.values[string(name)]
	if !there || v == nil {
		b.owner.in.read(b.owner.ci, b.path+string(name), nil, true)
		return nil, false
	}
	b.owner.in.read(b.owner.ci, b.path+string(name), v, false)
	return b.wrap(string(name), v), true
}

// Get implements traits.Indexer.
func (b *bag) Get(key ref.Val) ref.Val {
	v, found := b.Find(key)
	if !found && v == nil {
		return types.NewErr("no such key: %v", key.Value())
	}
	return v
}

// Contains implements traits.Container.
func (b *bag) Contains(key ref.Val) ref.Val {
	v, found := b.Find(key)
	if v != nil && types.IsError(v) {
		return v
	}
	return types.Bool(found)
}

// whole tells whether all keys are known; otherwise it notes what is missing.
func (b *bag) whole() ref.Val {
	ci := b.owner.ci
	if ci.Status == "stale" {
		return b.owner.in.miss(Missing{What: "stale", Name: b.path + "*", CI: b.owner.in.other(ci)})
	}
	if ci.Partial {
		return b.owner.in.miss(Missing{What: "partial", Name: b.path + "*", CI: b.owner.in.other(ci)})
	}
	b.owner.in.read(ci, b.path+"*", len(b.values), false)
	return nil
}

// Size implements traits.Sizer.
func (b *bag) Size() ref.Val {
	if err := b.whole(); err != nil {
		return err
	}
	return types.Int(len(b.values))
}

// Iterator implements traits.Iterable, over the keys in order.
func (b *bag) Iterator() traits.Iterator {
	keys := slices.Sorted(maps.Keys(b.values))
	list := make([]ref.Val, 0, len(keys)+1)
	for _, k := range keys {
		list = append(list, types.String(k))
	}
	if err := b.whole(); err != nil {
		list = append(list, err)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, list).Iterator()
}

// Fold implements traits.Foldable, over keys and values in order.
func (b *bag) Fold(f traits.Folder) {
	for _, k := range slices.Sorted(maps.Keys(b.values)) {
		if !f.FoldEntry(types.String(k), b.wrap(k, b.values[k])) {
			return
		}
	}
	if err := b.whole(); err != nil {
		f.FoldEntry(err, err)
	}
}

func (b *bag) wrap(name string, v any) ref.Val {
	switch x := v.(type) {
	case string:
		return types.String(x)
	case bool:
		return types.Bool(x)
	case map[string]any:
		return &bag{fixed: fixed{types.MapType}, owner: b.owner, path: b.path + name + ".", values: x}
	case []any:
		list := make([]ref.Val, len(x))
		for i, e := range x {
			list[i] = b.wrap(fmt.Sprintf("%s[%d]", name, i), e)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, list)
	}
	return plain(v)
}

// plain turns a number, text or list into a value of CEL. Numbers out of JSON that are whole are ints, as authors write them.
func plain(v any) ref.Val {
	switch x := v.(type) {
	case float64:
		if x == float64(int64(x)) && x > -1<<53 && x < 1<<53 {
			return types.Int(int64(x))
		}
		return types.Double(x)
	case time.Time:
		return types.Timestamp{Time: x}
	case nil:
		return types.NullValue
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// cis is a list of CIs. If it may not be whole it ends with an element of which nothing is known.
type cis struct {
	fixed
	in     *evaluation
	list   []*CI
	unseen ref.Val
}

func (l *cis) Value() any                  { return l.list }
func (l *cis) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(l) == other) }
func (l *cis) Add(ref.Val) ref.Val         { return types.NewErr("lists of CIs do not add") }
func (l *cis) at(i int) ref.Val            { return l.in.value(l.list[i]) }
func (l *cis) Iterator() traits.Iterator   { return l.all().Iterator() }

// Size implements traits.Sizer.
func (l *cis) Size() ref.Val {
	if l.unseen != nil {
		return l.unseen
	}
	return types.Int(len(l.list))
}

// Get implements traits.Indexer.
func (l *cis) Get(index ref.Val) ref.Val {
	i, ok := index.(types.Int)
	if !ok || i < 0 || int(i) >= len(l.list) {
		if l.unseen != nil {
			return l.unseen
		}
		return types.NewErr("index out of range: %v", index.Value())
	}
	return l.at(int(i))
}

// Contains implements traits.Container.
func (l *cis) Contains(v ref.Val) ref.Val {
	one, ok := v.(*ciValue)
	if ok && slices.ContainsFunc(l.list, func(c *CI) bool { return c.ID == one.ci.ID }) {
		return types.True
	}
	if l.unseen != nil {
		return l.unseen
	}
	return types.False
}

func (l *cis) all() traits.Lister {
	list := make([]ref.Val, 0, len(l.list)+1)
	for i := range l.list {
		list = append(list, l.at(i))
	}
	if l.unseen != nil {
		list = append(list, l.unseen)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, list)
}

// Fold implements traits.Foldable.
func (l *cis) Fold(f traits.Folder) {
	for i := range l.list {
		if !f.FoldEntry(types.Int(i), l.at(i)) {
			return
		}
	}
	if l.unseen != nil {
		f.FoldEntry(types.Int(len(l.list)), l.unseen)
	}
}

// found tells whether there is any.
func (l *cis) found() ref.Val {
	if len(l.list) > 0 {
		l.in.value(l.list[0])
		return types.True
	}
	return l.any()
}

func (l *cis) any() ref.Val {
	if l.unseen != nil {
		return l.unseen
	}
	return types.False
}

// fields is an object of named values: requirement, workload, account, customer.
type fields struct {
	fixed
	in     *evaluation
	what   string // requirement or field
	path   string
	values map[string]any
}

func (f *fields) Value() any                  { return f.values }
func (f *fields) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(f) == other) }

// Get implements traits.Indexer.
func (f *fields) Get(index ref.Val) ref.Val {
	name, _ := index.(types.String)
	v, there := f.values[string(name)]
	if !there || v == nil || v == "" {
		return f.in.miss(Missing{What: f.what, Name: string(name)})
	}
	f.in.read(nil, f.path+string(name), v, false)
	if n, ok := v.(float64); ok && RequirementKeys()[string(name)] == "double" {
		return types.Double(n)
	}
	return plain(v)
}

// IsSet implements traits.FieldTester.
func (f *fields) IsSet(field ref.Val) ref.Val {
	name, _ := field.(types.String)
	v, there := f.values[string(name)]
	set := there && v != nil && v != ""
	f.in.read(nil, f.path+string(name), v, !set)
	return types.Bool(set)
}
