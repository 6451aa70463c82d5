package identity_test

import (
	"context"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/limit"
	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// While all slots for hashes are taken, sign-in says so in bounded time, the same for e-mails that exist and for those that do not,
// and does not count it as a wrong password.
func TestSignInWaitsForASlot(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := open(t, d, c)
		s.user("admin@example.com", permission.Engineer)
		gate := limit.NewGate(c, limit.Shape{Slots: 1, Queue: 2, Wait: time.Millisecond})
		s.Hashes = gate
		busy, err := gate.Enter(t.Context(), "somebody", "")
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for range 8 { // more than may be wrong in a row
			for _, email := range []string{"admin@example.com", "nobody@example.com"} {
				_, err := s.SignIn(t.Context(), email, password, identity.Visit{Address: "192.0.2.4"})
				if !fault.Is(err, fault.Limited) {
					t.Fatalf("%s: %v", email, err)
				}
				said = append(said, err.Error())
			}
		}
		for _, one := range said {
			if one != said[0] {
				t.Errorf("one is told %q, another %q", said[0], one)
			}
		}
		busy()
		step, err := s.SignIn(t.Context(), "admin@example.com", password, identity.Visit{Address: "192.0.2.4"})
		if err != nil || step.Stage != identity.SignedIn {
			t.Errorf("once there is a slot: %v %v", step.Stage, err)
		}
		if gate.Load() != (limit.Load{}) {
			t.Errorf("slots are left: %+v", gate.Load())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.SignIn(ctx, "admin@example.com", password, identity.Visit{Address: "192.0.2.4"}); err == nil {
			t.Error("signed in for somebody who had left")
		}
	})
}
