package collect

import (
	"strings"
	"testing"
)

func TestTextDropsSecrets(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                   "",
		"server for the web shop, port = 80": "server for the web shop, port = 80",
		"postgres://app:hunter2@db.example.org/shop":                                         "postgres://app:(dropped)db.example.org/shop",
		"https://example.org/path?page=2":                                                    "https://example.org/path?page=2",
		"-p 5432 PASSWORD = hunter2 --verbose":                                               "-p 5432 PASSWORD = (dropped) --verbose",
		"api-key=abcdef;region=eu":                                                           "api-key=(dropped);region=eu",
		"key -----begin RSA PRIVATE KEY-----\nMIIEow+/==\n-----END RSA PRIVATE KEY----- end": "key (dropped) end",
		"-----BEGIN PRIVATE KEY-----\nMIIEow and no end":                                     "(dropped)",
		"-----BEGIN CERTIFICATE-----\nMIIC":                                                  "-----BEGIN CERTIFICATE-----\nMIIC",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// The marks that Text looks for first leave out nothing that the pattern would find.
func FuzzTextMarks(f *testing.F) {
	for _, s := range []string{"a://b:c@d", "PWD=x", "token =y", "-----BEGIN EC PRIVATE KEY-----", "://", "===", "secret:1"} {
		f.Add(s)
		f.Add(strings.Repeat("x", 20) + s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) >= 8 && secretText.MatchString(s) && Text(s) == s && !strings.Contains(s, gone) {
			t.Errorf("%q is kept", s)
		}
	})
}
