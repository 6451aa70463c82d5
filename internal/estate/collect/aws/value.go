package aws

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"

	"vigie/internal/estate/collect"
)

// facts are an item's attributes before tidy.
type facts = map[string]any

// tidy makes answers of the SDK fit for Item.Attributes: pointers are followed, enumerations become strings and times RFC 3339,
// and what AWS did not give (nil, "", empty lists and maps) is left out, while false and 0 stay. Lists of strings are sorted,
// since AWS gives them in any order and an order that moves is not a change of the estate.
func tidy(f facts) facts {
	for k, v := range f {
		if w := plain(reflect.ValueOf(v)); w == nil {
			delete(f, k)
		} else {
			f[k] = w
		}
	}
	return f
}

func plain(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if t, ok := v.Interface().(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.String:
		if v.Len() == 0 {
			return nil
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Slice:
		return plainList(v)
	case reflect.Map:
		return plainMap(v)
	}
	// A struct of the SDK has no place in attributes: its zero fields would be stored. Entries name the facts they mean.
	panic("aws: attribute of type " + v.Type().String())
}

func plainList(v reflect.Value) any {
	if v.Len() == 0 {
		return nil
	}
	if v.Type().Elem().Kind() == reflect.String {
		list := make([]string, v.Len())
		for i := range list {
			list[i] = v.Index(i).String()
		}
		slices.Sort(list)
		return list
	}
	list := make([]any, 0, v.Len())
	for i := range v.Len() {
		if w := plain(v.Index(i)); w != nil {
			list = append(list, w)
		}
	}
	return list
}

func plainMap(v reflect.Value) any {
	m := make(map[string]any, v.Len())
	for it := v.MapRange(); it.Next(); {
		if w := plain(it.Value()); w != nil {
			m[it.Key().String()] = w
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// edges gathers an item's relations. An empty key adds none: the engine drops it.
type edges []collect.Edge

// to adds "item r target" for each key.
func (e *edges) to(r collect.Relation, typ string, keys ...string) {
	for _, k := range keys {
		*e = append(*e, collect.To(r, typ, k))
	}
}

// from adds "target r item" for each key.
func (e *edges) from(r collect.Relation, typ string, keys ...string) {
	for _, k := range keys {
		*e = append(*e, collect.From(r, typ, k))
	}
}

// oneOf adds "item r target" for each key as one need, of which one member is enough: subnets, targets, replicas.
func (e *edges) oneOf(group string, r collect.Relation, typ string, keys ...string) {
	for _, k := range keys {
		edge := collect.To(r, typ, k)
		edge.Redundancy, edge.Needed = group, 1
		*e = append(*e, edge)
	}
}

// key adds that a KMS key, named by ARN, id or alias, encrypts the item.
func (e *edges) key(ref *string) { e.from(collect.Encrypts, typeKey, str(ref)) }

// arns adds "item r target" for what is named by ARN, and nothing for names of another form.
func (e *edges) arns(r collect.Relation, refs ...string) {
	for _, ref := range refs {
		if strings.HasPrefix(ref, "arn:") {
			e.to(r, "", ref)
		}
	}
}

// each emits an item for each element of a page. An item without an ID is one to leave out.
func each[T any](ctx context.Context, s *collect.Session, list []T, item func(*T) collect.Item) error {
	items := make([]collect.Item, 0, len(list))
	for i := range list {
		if it := item(&list[i]); it.ID != "" {
			items = append(items, it)
		}
	}
	return s.Emit(ctx, items...)
}

// detailCalls is how many items of a page are asked for their details at once. The limits of the engine hold above it.
const detailCalls = 4

// eachAtOnce is each for items whose details take calls of their own: several wait for AWS at a time. item must not share
// anything unguarded.
func eachAtOnce[T any](ctx context.Context, s *collect.Session, list []T, item func(*T) collect.Item) error {
	items, next := make([]collect.Item, len(list)), make(chan int)
	var broke any
	var once sync.Once
	var calls sync.WaitGroup
	for range min(detailCalls, len(list)) {
		calls.Go(func() {
			for i := range next {
				func() {
					defer func() { // a panic must reach the collector's own goroutine, where the engine catches it
						if v := recover(); v != nil {
							once.Do(func() { broke = v })
						}
					}()
					items[i] = item(&list[i])
				}()
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	calls.Wait()
	if broke != nil {
		panic(broke)
	}
	return each(ctx, s, items, func(it *collect.Item) collect.Item { return *it })
}

// mine tells what the account owns from what others share with it. Without an owner in the answer it is the account's.
func mine(s *collect.Session, owner *string) bool { return str(owner) == "" || *owner == s.Account }

func str[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

func ptr[T any](v T) *T { return &v }

// pick maps a list: pick(groups, func(g *types.GroupIdentifier) *string { return g.GroupId }). Missing values are left out.
func pick[T any](list []T, f func(*T) *string) []string {
	var out []string
	for i := range list {
		if v := str(f(&list[i])); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// unique sorts and takes out what occurs twice.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// names are the sorted keys of a map: of environment variables only these are kept.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// batches cuts a list into parts of at most n, as calls that describe several at once want them.
func batches[T any](list []T, n int) [][]T { return slices.Collect(slices.Chunk(list, n)) }

// document reads JSON that AWS hands over as text (policies, redrive settings); nil where it is none.
func document(text *string) any {
	var v any
	if text == nil || json.Unmarshal([]byte(*text), &v) != nil {
		return nil
	}
	return v
}

// of follows a pointer of the SDK, giving the zero value where AWS gave nothing.
func of[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// first gives the first that AWS gave.
func first(list ...*string) string {
	for _, p := range list {
		if v := str(p); v != "" {
			return v
		}
	}
	return ""
}

func lower(v string) string { return strings.ToLower(v) }

func number[T ~int | ~int32 | ~int64](p *T) string { return strconv.FormatInt(int64(of(p)), 10) }

// setting reads "true" and "false" of a map of settings as a fact; nil where there is none.
func setting(m map[string]string, key string) any {
	if v := m[key]; v != "" {
		return v == "true"
	}
	return nil
}

// dnsKeys makes the keys by which records and distributions find an item.
func dnsKeys(names ...string) []string {
	var keys []string
	for _, n := range names {
		if n != "" {
			keys = append(keys, collect.DNS(n))
		}
	}
	return keys
}

func partitionOf(arn string) string {
	if p := strings.SplitN(arn, ":", 3); len(p) == 3 {
		return p[1]
	}
	return "aws"
}

func isARN(v string) bool { return strings.HasPrefix(v, "arn:") }

// hasCode tells whether AWS refused with one of these codes.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// plainFact is one value as tidy would write it.
func plainFact(v any) any { return plain(reflect.ValueOf(v)) }

// domain is under which the endpoints of a partition have their names.
func domain(s *collect.Session) string {
	if s.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// role adds that the item depends on an IAM role, named by ARN or by name.
func (e *edges) role(ref string) {
	if ref == "" || isARN(ref) {
		e.arns(collect.DependsOn, ref)
		return
	}
	*e = append(*e, collect.Edge{Type: collect.DependsOn, To: collect.Target{Type: typeRole, Key: ref, Region: collect.GlobalRegion}})
}

// setFact adds a fact to attributes that are tidy already.
func setFact(attributes facts, name string, v any) {
	if w := plainFact(v); w != nil {
		attributes[name] = w
	}
}
