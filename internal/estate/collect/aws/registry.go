package aws

import (
	"cmp"
	"slices"

	"vigie/internal/estate/collect"
)

// Registry gives all collectors, sorted by name.
func Registry() []collect.Collector {
	all := slices.Concat([]collect.Collector(nil)
	)
	slices.SortFunc(all, func(a, b collect.Collector) int { return cmp.Compare(a.Name(), b.Name()) })
	return all
}
