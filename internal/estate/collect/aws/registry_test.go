package aws

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/estate/collect"
)

// A type has one collector, or one for its regional resources and one for its global ones (web ACLs).
func TestNoTwoCollectorsEmitTheSameType(t *testing.T) {
	t.Parallel()
	type key struct {
		typ   string
		reach collect.Reach
	}
	by := map[key]string{}
	for _, c := range Registry() {
		if len(c.Types) == 0 || c.Collect == nil {
			t.Fatalf("an entry of %s has no type or no function", c.Service)
		}
		for _, typ := range c.Types {
			k := key{typ, c.Reach}
			if before, ok := by[k]; ok {
				t.Errorf("%s is emitted by %s and %s", typ, before, c.Name())
			}
			by[k] = c.Name()
		}
	}
	if len(by) < 60 {
		t.Errorf("only %d types", len(by))
	}
}

func TestRegistryIsSorted(t *testing.T) {
	t.Parallel()
	if !slices.IsSortedFunc(Registry(), func(a, b collect.Collector) int { return strings.Compare(a.Name(), b.Name()) }) {
		t.Error("the registry is not sorted by name")
	}
}

// The policy of the customer's role and the coverage page both rest on the actions: each must be an operation that exists, of the
// collector's own service or of one it asks beside it.
func TestActionsAreOperationsOfTheSDK(t *testing.T) {
	t.Parallel()
	for _, c := range Registry() {
		own := false
		for _, a := range c.Actions {
			service, op, ok := strings.Cut(a, ":")
			if !ok || len(outputsOf(service, op)) == 0 {
				t.Errorf("%s: %s is no operation of a client that we have", c.Name(), a)
			}
			own = own || service == c.Service
		}
		if !own {
			t.Errorf("%s asks nothing of its own service %s", c.Name(), c.Service)
		}
		if sorted := slices.Sorted(slices.Values(c.Actions)); len(slices.Compact(sorted)) != len(c.Actions) {
			t.Errorf("%s lists an action twice", c.Name())
		}
	}
}

// A recording holds answers as JSON: every field of every answer must come back as it was. Fields of an interface type (unions)
// cannot, which is why Scrub drops them.
func TestAnswersSurviveARecording(t *testing.T) {
	t.Parallel()
	for _, c := range Registry() {
		for _, a := range c.Actions {
			service, op, _ := strings.Cut(a, ":")
			for _, typ := range outputsOf(service, op) {
				before, after := reflect.New(typ), reflect.New(typ)
				fill(before.Elem(), nil)
				text, err := json.Marshal(before.Interface())
				if err == nil {
					err = json.Unmarshal(text, after.Interface())
				}
				if err != nil || !reflect.DeepEqual(before.Interface(), after.Interface()) {
					t.Errorf("%s: the answer of %s does not survive: %v", c.Name(), a, err)
				}
			}
		}
	}
}

// outputsOf gives the answers of an operation: of one client, or of two where two share a prefix (REST and HTTP APIs).
func outputsOf(service, op string) []reflect.Type {
	var outs []reflect.Type
	for _, client := range clients[service] {
		if m, ok := client.MethodByName(op); ok && m.Type.NumOut() == 2 {
			outs = append(outs, m.Type.Out(0).Elem())
		}
	}
	return outs
}

// fill gives every field of an answer a value, so that none is equal by being empty. Types that contain themselves are filled once.
func fill(v reflect.Value, above []reflect.Type) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 12, 30, 15, 123_000_000, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x<&>é")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Uint8:
		v.SetUint(9)
	case reflect.Pointer:
		if !slices.Contains(above, v.Type().Elem()) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), above)
		}
	case reflect.Slice:
		if !slices.Contains(above, v.Type().Elem()) {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), above)
		}
	case reflect.Map:
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, above)
		fill(elem, above)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, elem)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), append(above, v.Type()))
			}
		}
	}
}
