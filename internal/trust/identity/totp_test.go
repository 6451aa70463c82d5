package identity

import (
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B, for SHA-1, cut to six digits.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totpCode(secret, at/30); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestTOTPWindowAndReplay(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	now := time.Unix(1111111111, 0)
	current := now.Unix() / 30
	for step, want := range map[int64]bool{current - 2: false, current - 1: true, current: true, current + 1: true, current + 2: false} {
		if _, ok := totpMatch(secret, totpCode(secret, step), now, 0); ok != want {
			t.Errorf("%d steps off: %v", step-current, ok)
		}
	}
	if _, ok := totpMatch(secret, totpCode(secret, current), now, current); ok {
		t.Error("the same step twice")
	}
	if _, ok := totpMatch(secret, totpCode(secret, current-1), now, current); ok {
		t.Error("a step before the last")
	}
	if step, ok := totpMatch(secret, totpCode(secret, current+1), now, current); !ok || step != current+1 {
		t.Error("the step after the last")
	}
}
