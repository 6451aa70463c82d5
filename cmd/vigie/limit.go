package main

import (
	"fmt"
	"time"

	"vigie/internal/app"
)

// limitFlags are how much of the server anybody may have.
type limitFlags struct {
	LimitToken    int           `name:"limit-token" help:"Requests a second of one token or session; 0 is no limit." default:"1000" placeholder:"N"`
	LimitCustomer int           `name:"limit-customer" help:"Requests a second of all that acts for one customer; 0 is no limit." default:"2000" placeholder:"N"`
	LimitAddress  int           `name:"limit-address" help:"Requests a second of one address, where nobody is signed in; 0 is no limit." default:"200" placeholder:"N"`
	LimitSlots    int           `name:"limit-slots" help:"Requests worked on at once, of which each customer gets its share; 0 goes by the processors." default:"0" placeholder:"N"`
	LimitQueue    int           `name:"limit-queue" help:"Requests that may wait for a slot." default:"512" placeholder:"N"`
	LimitWait     time.Duration `name:"limit-wait" help:"The longest that a request waits for a slot." default:"5s" placeholder:"DURATION"`
	LimitHold     time.Duration `name:"limit-hold" help:"The longest that a request counts against the slots." default:"1s" placeholder:"DURATION"`
	LimitHashes   int           `name:"limit-hashes" help:"Passwords checked at once, 19 MiB each; 0 goes by the processors." default:"0" placeholder:"N"`
}

func (f limitFlags) shares() (app.Limits, error) {
	l := app.DefaultLimits()
	l.Token, l.Customer, l.Address, l.Queue, l.Wait, l.Hold = f.LimitToken, f.LimitCustomer, f.LimitAddress, f.LimitQueue, f.LimitWait, f.LimitHold
	for _, n := range []struct {
		name string
		got  int
		most int
		into *int
	}{{"token", f.LimitToken, 1_000_000, nil}, {"customer", f.LimitCustomer, 1_000_000, nil}, {"address", f.LimitAddress, 1_000_000, nil}, {"queue", f.LimitQueue, 100_000, nil},
		{"slots", f.LimitSlots, 10_000, &l.Slots}, {"hashes", f.LimitHashes, 1000, &l.Hashes}} {
		if n.got < 0 || n.got > n.most {
			return l, fmt.Errorf("--limit-%s %d: want 0 to %d", n.name, n.got, n.most)
		}
		if n.into != nil && n.got > 0 {
			*n.into = n.got
		}
	}
	if f.LimitWait < 0 || f.LimitWait > time.Minute {
		return l, fmt.Errorf("--limit-wait %v: want 0s to 1m", f.LimitWait)
	}
	if f.LimitHold < 10*time.Millisecond || f.LimitHold > time.Minute {
		return l, fmt.Errorf("--limit-hold %v: want 10ms to 1m", f.LimitHold)
	}
	return l, nil
}
