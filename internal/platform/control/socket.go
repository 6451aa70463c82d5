package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
)

// Command is one command line, as the client was given it.
type Command struct {
	Args   []string  `json:"args"`
	Dir    string    `json:"dir"`   // working folder of the client, for relative paths
	Stdin  []byte    `json:"stdin"` // whole standard input, for the commands that read it
	Tty    bool      `json:"tty"`
	Stdout io.Writer `json:"-"`
	Stderr io.Writer `json:"-"`
}

// Runner carries out a command and gives its exit code.
type Runner func(ctx context.Context, c Command) int

type frame struct {
	Out  []byte `json:"o,omitempty"`
	Err  []byte `json:"e,omitempty"`
	Exit *int   `json:"x,omitempty"`
}

func socketPath(dir string) string { return filepath.Join(dir, "vigie.sock") }

// Socket is where commands reach a server.
type Socket struct {
	ln   net.Listener
	path string
}

// Listen makes the socket of a data folder. The caller holds the folder's lock, so a socket that is there is a dead one. Commands find it
// from now on, and wait for Serve.
func Listen(dir string) (*Socket, error) {
	ln, err := listen(socketPath(dir))
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &Socket{ln, socketPath(dir)}, nil
}

// Serve answers on the socket until ctx ends, and takes it away.
func (s *Socket) Serve(ctx context.Context, run Runner) error {
	srv := &http.Server{Handler: handler(run), BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	defer os.Remove(s.path)
	if err := srv.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// listen makes the socket under another name and moves it into place once its mode is right, so that there is no moment at which
// others could open it. What stood there before was a dead one's.
func listen(path string) (net.Listener, error) {
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false) // it would unlink the name that it no longer has
	if err := errors.Join(os.Chmod(fresh, 0o600), os.Rename(fresh, path)); err != nil {
		return nil, errors.Join(err, ln.Close(), os.Remove(fresh))
	}
	return ln, nil
}

func handler(run Runner) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c Command
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&c); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out := &frames{w: w}
		c.Stdout = writerFunc(func(b []byte) error { return out.send(frame{Out: b}) })
		c.Stderr = writerFunc(func(b []byte) error { return out.send(frame{Err: b}) })
		code := run(r.Context(), c)
		_ = out.send(frame{Exit: &code})
	})
}

type frames struct {
	mu sync.Mutex
	w  http.ResponseWriter
}

func (f *frames) send(v frame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.NewEncoder(f.w).Encode(v); err != nil {
		return err
	}
	return http.NewResponseController(f.w).Flush()
}

type writerFunc func([]byte) error

func (f writerFunc) Write(b []byte) (int, error) { return len(b), f(b) }

// Send hands a command to the server of the folder and copies what it prints. ok is false when no server answers.
func Send(ctx context.Context, dir string, c Command) (code int, ok bool, err error) {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socketPath(dir))
	}}}
	defer client.CloseIdleConnections()
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(json.NewEncoder(pw).Encode(c)) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vigie/run", pr)
	if err != nil {
		return 0, false, err
	}
	resp, err := client.Do(req)
	if err != nil {
		pr.Close()
		return 0, false, fmt.Errorf("control socket: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		msg, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return 1, true, fmt.Errorf("control socket: %s", msg)
	}
	in := bufio.NewReader(resp.Body)
	for dec := json.NewDecoder(in); ; {
		var f frame
		if err := dec.Decode(&f); err != nil {
			return 1, true, fmt.Errorf("the server went away: %w", err)
		}
		switch {
		case f.Exit != nil:
			return *f.Exit, true, nil
		case f.Err != nil:
			_, _ = c.Stderr.Write(f.Err)
		default:
			_, _ = c.Stdout.Write(f.Out)
		}
	}
}
