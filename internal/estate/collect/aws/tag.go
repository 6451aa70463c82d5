package aws

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"vigie/internal/estate/collect"
)

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

// tagged asks the tagging API for the tags of all resources of a type ("lambda:function") at once, by ARN: a hundred a call,
// where the service itself would give those of one. It knows resources that have or had tags, and lags by a few seconds.
func tagged(ctx context.Context, s *collect.Session, typ string) map[string]map[string]string {
	s = s.With("tag")
	api := resourcegroupstaggingapi.NewFromConfig(s.Config())
	all := map[string]map[string]string{}
	in := &resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{typ}, ResourcesPerPage: ptr[int32](100)}
	for last := ""; ; {
		out, ok := collect.Try(ctx, s, api.GetResources, in)
		if !ok {
			return all
		}
		for _, r := range out.ResourceTagMappingList {
			all[str(r.ResourceARN)] = tags(r.Tags)
		}
		token := str(out.PaginationToken)
		if token == "" || token == last {
			return all
		}
		last = token
		in = &resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: in.ResourceTypeFilters, ResourcesPerPage: in.ResourcesPerPage,
			PaginationToken: &token}
	}
}
