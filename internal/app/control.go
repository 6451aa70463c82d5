package app

import "vigie/internal/estate/collect/aws"

// KnownType tells which types of CIs discovery can find. A control of another type of AWS would judge nothing.
func KnownType() func(typ string) bool {
	types := map[string]bool{}
	for _, c := range aws.Registry() {
		for _, t := range c.Types {
			types[t] = true
		}
	}
	return func(typ string) bool { return types[typ] }
}
