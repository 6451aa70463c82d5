package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	Path string
	Args []string
	Env  []string // nil: ours
	// Dir is the server's working folder, and holds its log.
	// It is removed with everything in it when the server ends.
	Dir string
	// As is the user to run as; nil means ourselves.
	As *syscall.Credential
	// Signal ends the server at once and without leaving children.
	Signal syscall.Signal
}

// Process is a running server.
type Process struct {
	spec     Spec
	cmd      *exec.Cmd
	watchdog *exec.Cmd
	alarm    io.WriteCloser // the watchdog acts when this closes
	exited   chan struct{}
	err      error // set before exited is closed
	stop     sync.Once
}

// watch reads one line. Our orderly Stop sends "done"; end of file means that
// we died, and then the server must go too.
const watch = `read -r word; [ "$word" = done ] && exit 0
kill -s "$1" "$2" 2>/dev/null
n=0; while kill -0 "$2" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
kill -s KILL "$2" 2>/dev/null
rm -rf -- "$3"`

// Start runs the server. It returns as soon as the process exists; call Await
// to know that it answers.
func Start(spec Spec) (*Process, error) {
	out, err := os.OpenFile(filepath.Join(spec.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer out.Close()

	// A session of its own keeps a Ctrl-C in the terminal away from the server
	// and the watchdog: it is for the test binary, and they follow.
	attr := &syscall.SysProcAttr{Setsid: true, Credential: spec.As}

	p := &Process{spec: spec, exited: make(chan struct{})}
	p.cmd = exec.Command(spec.Path, spec.Args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.SysProcAttr = spec.Dir, spec.Env, attr
	// Never our own output: go test would wait for it to be closed.
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}

	p.watchdog = exec.Command("/bin/sh", "-c", watch, "watchdog",
		strconv.Itoa(int(spec.Signal)), strconv.Itoa(p.cmd.Process.Pid), spec.Dir)
	p.watchdog.Dir, p.watchdog.SysProcAttr = "/", attr
	if p.alarm, err = p.watchdog.StdinPipe(); err == nil {
		err = p.watchdog.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start watchdog: %w", err), p.cmd.Process.Kill(), p.cmd.Wait())
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// Pid is the server's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Log returns what the server has printed.
func (p *Process) Log() string {
	text, err := os.ReadFile(filepath.Join(p.spec.Dir, "log"))
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	return string(text)
}

// Await calls ready until it returns nil. It gives up when the server ends or
// ctx does, and the error then shows the server's log.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended early: %w\n%s", p.spec.Path, errors.Join(p.err, err), p.Log())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", p.spec.Path, err, p.Log())
		case <-tick.C:
		}
	}
}

// Stop ends the server, waits for it and removes its folder. It may be called
// more than once.
func (p *Process) Stop() error {
	var err error
	p.stop.Do(func() {
		// The watchdog is told first: once we have waited for the server, its
		// process id may belong to somebody else.
		_, werr := io.WriteString(p.alarm, "done\n")
		err = errors.Join(werr, p.watchdog.Wait())

		if serr := p.cmd.Process.Signal(p.spec.Signal); serr != nil && !errors.Is(serr, os.ErrProcessDone) {
			err = errors.Join(err, serr)
		}
		select {
		case <-p.exited:
		case <-time.After(10 * time.Second):
			err = errors.Join(err, fmt.Errorf("%s ignored %v and was killed", p.spec.Path, p.spec.Signal), p.cmd.Process.Kill())
			<-p.exited
		}
		err = errors.Join(err, os.RemoveAll(p.spec.Dir))
	})
	return err
}

// FreePort returns a TCP port on 127.0.0.1 that nobody listened on a moment
// ago. Callers whose server cannot choose its own port use it, and try again
// if somebody was faster.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
