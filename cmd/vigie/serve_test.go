package main

import (
	"net"
	"os"
	"testing"
)

// A link that people are sent must lead somewhere: to the port that the system gave, and never to "every address".
func TestPublicURL(t *testing.T) {
	t.Parallel()
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	for _, c := range []struct{ given, listen, want string }{
		{"https://vigie.example.com", "127.0.0.1:0", "https://vigie.example.com"},
		{"", "127.0.0.1:0", "http://127.0.0.1:4711"},
		{"", "localhost:4711", "http://localhost:4711"},
		{"", "[::1]:4711", "http://[::1]:4711"},
		{"", ":4711", "http://" + machine + ":4711"},
		{"", "0.0.0.0:4711", "http://" + machine + ":4711"},
		{"", "[::]:4711", "http://" + machine + ":4711"},
	} {
		got, err := publicURL(c.given, c.listen, at)
		if err != nil || got.String() != c.want {
			t.Errorf("publicURL(%q, %q) = %v, %v; want %s", c.given, c.listen, got, err, c.want)
		}
	}
	if got, err := publicURL("vigie.example.com", "127.0.0.1:0", at); err == nil {
		t.Errorf("an address without a scheme is taken: %v", got)
	}
}
