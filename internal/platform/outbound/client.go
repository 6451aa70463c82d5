package outbound

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// The patience of the steps of a call; Policy.Timeout bounds the whole.
const (
	defaultTimeout = 15 * time.Second
	dialTimeout    = 5 * time.Second
	headerTimeout  = 10 * time.Second
)

// New gives a client that calls what the policy allows. It keeps connections; make one and use it for all calls.
func New(p Policy) *http.Client {
	g := &guard{policy: p, allow: p.allowance()}
	g.inner = &http.Transport{
		Proxy:                  nil, // a proxy would connect for us, to wherever it is told
		DialContext:            g.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        16,
		IdleConnTimeout:        30 * time.Second,
	}
	timeout := p.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	return &http.Client{Transport: g, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// guard looks at the URL of a request, and at the address of each socket.
type guard struct {
	policy Policy
	allow  allowance
	inner  *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.policy.check(r.URL, g.allow); err != nil {
		if r.Body != nil {
			r.Body.Close() // as RoundTrip must, whatever happens
		}
		return nil, err
	}
	return g.inner.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (g *guard) CloseIdleConnections() { g.inner.CloseIdleConnections() }

// dial connects to a host, each of whose addresses is looked at after it was resolved and before a packet leaves.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Resolver: g.policy.Resolver, Control: func(network, address string, _ syscall.RawConn) error {
		return g.connect(host, network, address)
	}}
	return d.DialContext(ctx, network, address)
}

// connect decides on one socket of a host.
func (g *guard) connect(host, network, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return &Refused{Reason: NotPublic, Host: host, Address: address}
	}
	if !public(at.Addr()) && !g.allow.hosts[plainHost(host)] && !within(g.allow.ranges, at.Addr().Unmap()) {
		return &Refused{Reason: NotPublic, Host: host, Address: at.Addr().String()}
	}
	if g.policy.gate != nil {
		return g.policy.gate(network, address)
	}
	return nil
}
