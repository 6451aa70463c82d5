package moto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigie/test/daemon"
)

// Start runs an emulator until the test ends and returns its address, fit for
// AWS_ENDPOINT_URL. All regions and all accounts are behind the one address;
// any credentials are accepted, and AssumeRole leads to other accounts.
func Start(tb testing.TB) (endpoint string) {
	tb.Helper()
	bin, err := moto()
	if err != nil {
		tb.Fatal(err)
	}
	// moto cannot say which port it chose, so we choose, and try again if
	// another process was faster.
	for range 3 {
		var p *daemon.Process
		if endpoint, p, err = launch(tb.Context(), bin); err == nil {
			tb.Cleanup(func() {
				if err := p.Stop(); err != nil {
					tb.Errorf("stop moto: %v", err)
				}
			})
			return endpoint
		}
	}
	tb.Fatalf("start moto: %v", err)
	return ""
}

func launch(ctx context.Context, bin string) (string, *daemon.Process, error) {
	dir, err := os.MkdirTemp("", "vigie-moto-")
	if err != nil {
		return "", nil, err
	}
	port, err := daemon.FreePort()
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	p, err := daemon.Start(daemon.Spec{
		Path: bin, Args: []string{"-H", "127.0.0.1", "-p", strconv.Itoa(port)}, Dir: dir,
		// A person's AWS profile must have no part in the emulator's answers.
		Env: append(os.Environ(), "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
			"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "PYTHONUNBUFFERED=1"),
		Signal: syscall.SIGTERM,
	})
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return await(ctx, p, fmt.Sprintf("http://127.0.0.1:%d", port))
}

// await gives an emulator that answers, or ends it.
func await(ctx context.Context, p *daemon.Process, endpoint string) (string, *daemon.Process, error) {
	wait, cancel := context.WithTimeout(ctx, 2*time.Minute) // importing moto on a busy machine
	defer cancel()
	if err := p.Await(wait, func(ctx context.Context) error { return ask(ctx, endpoint) }); err != nil {
		return "", nil, errors.Join(err, p.Stop())
	}
	return endpoint, p, nil
}

// ask is satisfied by moto's own API only: another server that took the port
// would not have it.
func ask(ctx context.Context, endpoint string) error {
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
		return fmt.Errorf("moto answers %s", res.Status)
	}
	return nil
}

// Python returns a Python interpreter that has boto3, for scripts that seed the
// emulator and count what is in it independently of our own code.
func Python(tb testing.TB) string {
	tb.Helper()
	path, err := python()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

var errMissing = errors.New("run scripts/setup, or `pip install -r test/requirements.txt`")

// moto prefers the project's own virtual environment, whose version is pinned.
var moto = sync.OnceValues(func() (string, error) {
	own := filepath.Join(root(), ".venv", "bin", "moto_server")
	if _, err := os.Stat(own); err == nil {
		return own, nil
	}
	path, err := exec.LookPath("moto_server")
	if err != nil {
		return "", fmt.Errorf("the AWS emulator moto_server is not installed: %w", errMissing)
	}
	return path, nil
})

var python = sync.OnceValues(func() (string, error) {
	for _, name := range []string{filepath.Join(root(), ".venv", "bin", "python"), "python3", "python"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", "import boto3").Run() == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Python with boto3: %w", errMissing)
})

// root is the checkout: tests run in the folder of their package.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	if filepath.IsAbs(file) {
		return filepath.Join(filepath.Dir(file), "..", "..")
	}
	// Built with -trimpath: walk up to the module instead.
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}
