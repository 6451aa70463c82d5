package outbound

import "net/netip"

// The special ranges of IPv4: IANA's registry of special purposes, multicast, what is reserved, and the one public address at which
// a cloud (Azure) has its metadata.
func special4() []netip.Prefix {
	return prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")
}

// The special ranges within 2000::/3, outside of which IPv6 has no address of the public internet: IETF's own with Teredo and
// ORCHID, documentation, 6to4, AS112.
func special6() []netip.Prefix {
	return prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// public tells whether an address is one of the public internet, and of nothing else. It is pure.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is4In6() {
		return false
	}
	if a.Is4() {
		return !within(special4(), a)
	}
	if !netip.MustParsePrefix("2000::/3").Contains(a) || within(special6(), a) {
		return false
	}
	// ISATAP carries an IPv4 address behind any prefix.
	b := a.As16()
	return !(b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe)
}

func within(ranges []netip.Prefix, a netip.Addr) bool {
	for _, r := range ranges {
		if r.Contains(a) {
			return true
		}
	}
	return false
}
