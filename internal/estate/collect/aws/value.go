package aws

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
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

// setFact adds a fact to attributes that are tidy already.
func setFact(attributes facts, name string, v any) {
	if w := plainFact(v); w != nil {
		attributes[name] = w
	}
}
