package cmdb

import (
	"maps"
	"slices"

	"vigie/internal/estate/collect"
)

// complement fills a partial item with what is known of the CI: what was not seen because a detail was denied or broke is not a
// change of the estate. It is pure; what the item does say wins.
func complement(old record, told []relationRow, it collect.Item) collect.Item {
	tags, attributes := maps.Clone(old.Tags.V), maps.Clone(old.Attributes.V)
	if tags == nil {
		tags = map[string]string{}
	}
	if attributes == nil {
		attributes = map[string]any{}
	}
	maps.Copy(tags, it.Tags)
	maps.Copy(attributes, it.Attributes)
	if len(it.Tags) == 0 && it.Name == it.ID { // the name was the tag's, most likely
		it.Name = old.Name
		if was, pinned := old.Observed.V[FieldName]; pinned {
			it.Name = was
		}
	}
	it.Tags, it.Attributes = tags, attributes
	it.Keys = slices.Clone(it.Keys)
	for _, k := range old.Keys.V {
		if !slices.Contains(it.Keys, k) {
			it.Keys = append(it.Keys, k)
		}
	}
	it.Edges = slices.Clone(it.Edges)
	said := make(map[relationKey]bool, len(it.Edges))
	for _, e := range edgesOf(old.ID, it.Edges) {
		said[e.key()] = true
	}
	for _, r := range told {
		if r.Source == Discovered && !said[r.key()] {
			it.Edges = append(it.Edges, collect.Edge{Type: r.Type, Inbound: r.Inbound, Redundancy: r.Redundancy, Needed: int(r.Needed),
				To: collect.Target{Type: r.OtherType, Key: r.OtherKey, Account: r.OtherAccount, Region: r.OtherRegion}})
		}
	}
	return it
}
