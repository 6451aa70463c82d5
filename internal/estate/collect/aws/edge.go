package aws

import (
	"strings"

	"vigie/internal/estate/collect"
)

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

// role adds that the item depends on an IAM role, named by ARN or by name.
func (e *edges) role(ref string) {
	if ref == "" || isARN(ref) {
		e.arns(collect.DependsOn, ref)
		return
	}
	*e = append(*e, collect.Edge{Type: collect.DependsOn, To: collect.Target{Type: typeRole, Key: ref, Region: collect.GlobalRegion}})
}

// keyIn is key for services that repeat what they were told, be it only an alias.
func (e *edges) keyIn(s *collect.Session, region string, ref *string) {
	if strings.HasPrefix(str(ref), "alias/") {
		ref = ptr("arn:" + s.Partition + ":kms:" + region + ":" + s.Account + ":" + *ref)
	}
	e.key(ref)
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
