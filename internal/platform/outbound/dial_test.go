package outbound

import (
	"net"
	"testing"
)

func TestDial(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	address := ln.Addr().String()
	if c, err := Dial(Policy{})(t.Context(), "tcp", address); err == nil {
		c.Close()
		t.Error("an inner address was dialled")
	} else if why, ok := Why(err); !ok || why != NotPublic {
		t.Errorf("refused for another reason: %v", err)
	}
	c, err := Dial(Policy{Allow: []string{"127.0.0.0/8"}})(t.Context(), "tcp", address)
	if err != nil {
		t.Fatalf("an allowed address: %v", err)
	}
	c.Close()
}
