package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/test/daemon"
)

func server(t *testing.T, script string) *daemon.Process {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := daemon.Start(daemon.Spec{Path: "/bin/sh", Args: []string{"-c", script}, Dir: dir, Signal: syscall.SIGTERM})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStopEndsTheServer(t *testing.T) {
	t.Parallel()
	p := server(t, "echo up; exec sleep 600")
	if !alive(p.Pid()) {
		t.Fatal("not running")
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if alive(p.Pid()) {
		t.Error("still running after Stop")
	}
	if err := p.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
}

func TestAwaitReportsAServerThatEndsEarly(t *testing.T) {
	t.Parallel()
	p := server(t, "echo port taken; exit 3")
	err := p.Await(t.Context(), func(context.Context) error { return errors.New("refused") })
	if err == nil {
		t.Fatal("Await succeeded")
	}
	for _, want := range []string{"exit status 3", "refused", "port taken"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

func TestAwaitGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	p := server(t, "exec sleep 600")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Await(ctx, func(context.Context) error { return errors.New("refused") }); err == nil {
		t.Error("Await succeeded")
	}
}

// TestServerEndsWhenTheTestBinaryIsKilled runs this binary a second time,
// kills it without warning, and looks for what it left behind.
func TestServerEndsWhenTheTestBinaryIsKilled(t *testing.T) {
	if dir := os.Getenv("DAEMON_TEST_CHILD"); dir != "" {
		p, err := daemon.Start(daemon.Spec{Path: "/bin/sleep", Args: []string{"600"}, Dir: dir, Signal: syscall.SIGTERM})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(os.Stderr, "pid=%d\n", p.Pid())
		select {} // until we are killed
	}
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	self := exec.Command(os.Args[0], "-test.run=^TestServerEndsWhenTheTestBinaryIsKilled$", "-test.timeout=60s")
	self.Env = append(os.Environ(), "DAEMON_TEST_CHILD="+dir)
	out, err := self.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(out, "pid=%d\n", &pid); err != nil {
		t.Fatalf("child said no pid: %v", err)
	}
	if !alive(pid) {
		t.Fatalf("server %d is not running", pid)
	}
	if err := self.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = self.Wait() // killed: always an error

	gone := func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist) && !runs(pid)
	}
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !gone() {
		select {
		case <-deadline:
			t.Fatalf("20 s after the kill: server alive %v, folder %s", runs(pid), dir)
		case <-tick.C:
		}
	}
}

// runs is alive without the zombies that a container without an init keeps.
func runs(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return alive(pid)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
