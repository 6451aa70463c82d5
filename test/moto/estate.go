package moto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"vigie/test/daemon"
)

// Estate runs test/estate/server.py, moto with what it lacks, until the test ends. It is empty; Script fills it.
func Estate(tb testing.TB) (endpoint string) {
	tb.Helper()
	server, err := filepath.Abs(estate("server.py"))
	if err != nil {
		tb.Fatal(err)
	}
	path := Python(tb)
	for range 3 { // another process may take the port before the emulator does
		var p *daemon.Process
		if endpoint, p, err = serve(tb.Context(), path, server); err == nil {
			tb.Cleanup(func() {
				if err := p.Stop(); err != nil {
					tb.Errorf("stop the emulator: %v", err)
				}
			})
			return endpoint
		}
	}
	tb.Fatalf("start the emulator: %v", err)
	return ""
}

func serve(ctx context.Context, python, server string) (string, *daemon.Process, error) {
	dir, err := os.MkdirTemp("", "vigie-estate-")
	if err != nil {
		return "", nil, err
	}
	port, err := daemon.FreePort()
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	p, err := daemon.Start(daemon.Spec{Path: python, Args: []string{server, "--port", strconv.Itoa(port)}, Dir: dir, Env: Clean(), Signal: syscall.SIGTERM})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return await(ctx, p, fmt.Sprintf("http://127.0.0.1:%d", port))
}

// Clean is our environment without anything of AWS: a person's profile must have no part in a test.
func Clean() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	return append(kept, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		// A certificate that is asked for is valid at once: its state would move by itself between two runs.
		"MOTO_ACM_VALIDATION_WAIT=0", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1")
}

// Script runs a script of test/estate, reads the JSON that it prints into out, and gives what it said on standard error.
func Script(tb testing.TB, out any, name string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), Python(tb), append([]string{estate(name)}, args...)...)
	cmd.Env = Clean()
	var said, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &failed
	if err := cmd.Run(); err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, failed.String())
	}
	if err := json.Unmarshal(said.Bytes(), out); err != nil {
		tb.Fatalf("%s printed no JSON: %v\n%s", name, err, failed.String())
	}
	return failed.String()
}

// estate is a file of test/estate.
func estate(name string) string { return filepath.Join(root(), "test", "estate", name) }
