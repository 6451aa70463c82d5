package outbound

import (
	"context"
	"net"
)

// Dial connects to hosts that a person typed and that speak no HTTP, such as a mail server, under the same rules.
func Dial(p Policy) func(ctx context.Context, network, address string) (net.Conn, error) {
	g := &guard{policy: p, allow: p.allowance()}
	return g.dial
}
