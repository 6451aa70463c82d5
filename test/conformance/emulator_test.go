package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/test/daemon"
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

// scripts is the folder of the estate.
func scripts(name string) string { return filepath.Join("..", "estate", name) }

// startEstate runs the emulator until the test ends and fills it with the small estate.
func startEstate(tb testing.TB) emulator {
	tb.Helper()
	python := moto.Python(tb)
	var e emulator
	var err error
	for range 3 { // another process may take the port before the emulator does
		var p *daemon.Process
		if e.Endpoint, p, err = launch(tb.Context(), python); err == nil {
			tb.Cleanup(func() {
				if err := p.Stop(); err != nil {
					tb.Errorf("stop the emulator: %v", err)
				}
			})
			break
		}
	}
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	script(tb, &e, scripts("seed.py"), "--endpoint", e.Endpoint, "--size", "small")
	return e
}

func launch(ctx context.Context, python string) (string, *daemon.Process, error) {
	server, err := filepath.Abs(scripts("server.py"))
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "vigie-estate-")
	if err != nil {
		return "", nil, err
	}
	port, err := daemon.FreePort()
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	p, err := daemon.Start(daemon.Spec{Path: python, Args: []string{server, "--port", strconv.Itoa(port)}, Dir: dir, Env: clean(), Signal: syscall.SIGTERM})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	endpoint := fmt.Sprintf("http://127.0.0.1:%d", port)
	wait, cancel := context.WithTimeout(ctx, 2*time.Minute) // importing moto on a busy machine
	defer cancel()
	if err := p.Await(wait, func(ctx context.Context) error { return ready(ctx, endpoint) }); err != nil {
		return "", nil, errors.Join(err, p.Stop())
	}
	return endpoint, p, nil
}

// ready is satisfied by moto's own API only: another server that took the port would not have it.
func ready(ctx context.Context, endpoint string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/moto-api/data.json", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the emulator answers %s", res.Status)
	}
	return nil
}

// clean is our environment without anything of AWS: a person's profile must have no part in a test.
func clean() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	return append(kept, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		// A certificate that is asked for is valid at once: its state would move by itself between two runs.
		"MOTO_ACM_VALIDATION_WAIT=0", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
}

// script runs a Python script, reads the JSON that it prints into out, and gives what it said on standard error.
func script(tb testing.TB, out any, path string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), moto.Python(tb), append([]string{path}, args...)...)
	cmd.Env = clean()
	var said, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &failed
	if err := cmd.Run(); err != nil {
		tb.Fatalf("%s: %v\n%s", path, err, failed.String())
	}
	if err := json.Unmarshal(said.Bytes(), out); err != nil {
		tb.Fatalf("%s printed no JSON: %v\n%s", path, err, failed.String())
	}
	return failed.String()
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
