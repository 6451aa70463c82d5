package aws

import "reflect"

// tags turns the tags of any service into a map. Every service has its own Tag type with the same two fields, Key and Value
// (TagKey and TagValue at KMS), which Go's type system cannot name as one: hence reflection.
func tags[T any](list []T) map[string]string {
	if len(list) == 0 {
		return nil
	}
	t := reflect.TypeFor[T]()
	key, ok := t.FieldByName("Key")
	value, _ := t.FieldByName("Value")
	if !ok {
		key, _ = t.FieldByName("TagKey")
		value, _ = t.FieldByName("TagValue")
	}
	m := make(map[string]string, len(list))
	for i := range list {
		v := reflect.ValueOf(&list[i]).Elem()
		k, _ := v.FieldByIndex(key.Index).Interface().(*string)
		w, _ := v.FieldByIndex(value.Index).Interface().(*string)
		m[str(k)] = str(w)
	}
	return m
}
