package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// Policy says what may be called.
type Policy struct {
	// Allow lists host names, addresses and CIDRs that the operator allows although they are not of the public internet. A
	// name is allowed wherever it resolves to.
	Allow []string
	// Plain allows http beside https; a host that Allow names may always be called by http.
	Plain bool
	// Timeout bounds a whole call, the answer's body included; 15 seconds if 0.
	Timeout time.Duration
	// Resolver is another one than the machine's; for tests.
	Resolver *net.Resolver

	// gate sees every address that a socket may connect to, and may still refuse; for tests.
	gate func(network, address string) error
}

// Reason is why an address is refused.
type Reason string

// The reasons; rooms have words for them.
const (
	BadAddress Reason = "address" // no URL with a host
	BadScheme  Reason = "scheme"  // not https, nor http where that is allowed
	BadUser    Reason = "user"    // a name and password in the URL
	NotPublic  Reason = "private" // not of the public internet
)

// Refused is the error of a call that was not made.
type Refused struct {
	Reason Reason
	Host   string
	// Address is what the host resolved to, where it came to that. It must not be shown to those who typed the host: it would
	// tell them of the inside.
	Address string
}

func (r *Refused) Error() string {
	if r.Address != "" {
		return fmt.Sprintf("call to %s refused: %s is not an address of the public internet", r.Host, r.Address)
	}
	return fmt.Sprintf("call to %s refused: %s", r.Host, r.Reason)
}

// Why gives the reason of a refusal, however wrapped.
func Why(err error) (Reason, bool) {
	var r *Refused
	if errors.As(err, &r) {
		return r.Reason, true
	}
	return "", false
}

// allowance is Allow, read.
type allowance struct {
	hosts  map[string]bool
	ranges []netip.Prefix
}

func (p Policy) allowance() allowance {
	out := allowance{hosts: map[string]bool{}}
	for _, entry := range p.Allow {
		entry = strings.TrimSpace(entry)
		if r, err := netip.ParsePrefix(entry); err == nil {
			out.ranges = append(out.ranges, r.Masked())
		} else if a, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			out.ranges = append(out.ranges, netip.PrefixFrom(a, a.BitLen()))
		} else if name := plainHost(entry); name != "" {
			out.hosts[name] = true
		}
	}
	return out
}

// CheckAllow refuses entries of Allow that are neither a name nor a range: one that silently allows nothing would be looked for
// for long.
func (p Policy) CheckAllow() error {
	for _, entry := range p.Allow {
		entry = strings.TrimSpace(entry)
		if strings.Contains(entry, "/") {
			if _, err := netip.ParsePrefix(entry); err != nil {
				return fmt.Errorf("%q is neither a host name, an address nor a range such as 10.0.0.0/8", entry)
			}
			continue
		}
		if _, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			continue
		}
		if plainHost(entry) == "" || strings.ContainsAny(entry, ": *@") {
			return fmt.Errorf("%q is neither a host name, an address nor a range such as 10.0.0.0/8", entry)
		}
	}
	return nil
}

// plainHost gives a host in the one form in which hosts are compared.
func plainHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host
}

// Check looks at an address as it was typed, without asking the network: what it says is right can still be refused when it is called,
// once its name is resolved.
func (p Policy) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return &Refused{Reason: BadAddress, Host: "address"}
	}
	return p.check(u, p.allowance())
}

func (p Policy) check(u *url.URL, allow allowance) error {
	host := u.Hostname()
	refuse := func(r Reason) error { return &Refused{Reason: r, Host: host} }
	named := allow.hosts[plainHost(host)]
	literal, err := netip.ParseAddr(host)
	if err == nil {
		named = named || within(allow.ranges, literal.Unmap())
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse(BadScheme)
	case host == "" || u.Opaque != "" || strings.ContainsAny(host, " \t\r\n\\@/?#"):
		return refuse(BadAddress)
	case u.User != nil:
		return refuse(BadUser)
	case named:
		return nil
	case u.Scheme == "http" && !p.Plain:
		return refuse(BadScheme)
	case err == nil && !public(literal):
		return refuse(NotPublic)
	case err != nil && inner(plainHost(host)):
		return refuse(NotPublic)
	}
	return nil
}

// inner tells names that mean this machine or this network wherever they are asked for. The others are judged by what they
// resolve to.
func inner(host string) bool {
	for _, name := range []string{"localhost", "local", "internal", "localdomain", "lan", "home.arpa"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return false
}
