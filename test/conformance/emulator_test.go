package conformance

import (
	"os"
	"strings"
	"testing"

	"vigie/test/moto"
)

// emulator is a running test/estate/server.py, filled by seed.py.
type emulator struct {
	Endpoint   string `json:"-"`
	Management string `json:"management"`
	Accounts   []struct {
		ID string `json:"id"`
	} `json:"accounts"`
	Regions []string `json:"regions"`
	Role    string   `json:"role"`
}

// startEstate runs the emulator until the test ends and fills it with the small estate.
func startEstate(tb testing.TB) emulator {
	tb.Helper()
	e := emulator{Endpoint: moto.Estate(tb)}
	moto.Script(tb, &e, "seed.py", "--endpoint", e.Endpoint, "--size", "small")
	return e
}

// useCloud points the SDK of this process at an endpoint, as an operator does.
func useCloud(tb testing.TB, endpoint string) {
	tb.Helper()
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			tb.Setenv(name, value) // so that it comes back
			if err := os.Unsetenv(name); err != nil {
				tb.Fatal(err)
			}
		}
	}
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"} {
		tb.Setenv(name, value)
	}
}
