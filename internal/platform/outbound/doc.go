// Package outbound is the one way to call an address that a person typed: webhooks, sign-on providers, whatever a customer names.
//
//	client := outbound.New(outbound.Policy{Allow: allow})
//	err := outbound.Check(address)      // while the form is filled in: says what is wrong with the address itself
//
// What counts is the address that a socket is about to connect to, looked at after the name was resolved and before a packet leaves:
// a name that resolves to an inner address, now or only the second time, gets no connection. Private, loopback, link-local,
// multicast and every other special range of both families is refused, as are forms of IPv6 that carry an IPv4 address, unless the
// operator allows the name or the range. Redirects are given back, not followed; proxies of the environment are not used, as they
// would connect for us.
//
// It does not bound the size of an answer: read it through io.LimitReader.
package outbound
