package identity

import (
	"testing"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/limit"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"short":                                "trust.password.length",
		"three blind mice":                     "",
		"correct horse staple battery":         "",
		"password1234":                         "trust.password.common",
		"Password!2026":                        "trust.password.common",
		"motdepasse2026":                       "trust.password.common",
		"aaaaaaaaaaaaa":                        "trust.password.common",
		"abcdefghijklmn":                       "trust.password.common",
		"123456789012":                         "trust.password.common",
		"adminadminadmin":                      "trust.password.common",
		"i am pat.smith indeed":                "trust.password.own_name",
		"my name is Patricia!":                 "trust.password.own_name",
		"grüße aus der schönen stadt":          "",
		"xK9#mQ2$vL7!":                         "",
		string(make([]byte, 201)) + "overlong": "trust.password.length",
	} {
		var bad fault.Fields
		checkPassword(&bad, "password", password, "pat.smith@example.com", "Patricia")
		got := ""
		if len(bad) > 0 {
			got = bad[0].Key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	h := hasher{limit.NewGate(clock.System{}, HashShape(2))}
	one, err := h.hash(t.Context(), "192.0.2.1", "three blind mice")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.hash(t.Context(), "192.0.2.1", "three blind mice")
	if err != nil || one == two {
		t.Errorf("no salt: %v", err)
	}
	for phc, want := range map[string]bool{one: true, two: true, decoy: false} {
		if ok, err := matches(phc, "three blind mice"); err != nil || ok != want {
			t.Errorf("verify %s: %v %v, want %v", phc, ok, err, want)
		}
	}
	for _, phc := range []string{"", "plain", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=x$AAAA$AAAA", "$argon2id$v=19$m=8,t=0,p=1$AAAA$AAAA"} {
		if ok, err := matches(phc, ""); ok || err == nil {
			t.Errorf("verify %q: %v %v", phc, ok, err)
		}
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int64]string{0: "0s", 4: "0s", 5: "1s", 6: "2s", 10: "32s", 14: "8m32s", 15: "15m0s", 1000: "15m0s"} {
		if got := wait(failures, 5); got.String() != want {
			t.Errorf("%d failures: %s, want %s", failures, got, want)
		}
	}
}
