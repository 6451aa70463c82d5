package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vigie/test/binary"
)

// vigie is the path of the binary, root the module's folder.
var vigie, root string

func TestMain(m *testing.M) {
	path, done, err := binary.Vigie()
	if err == nil {
		root, err = binary.Root()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	vigie = path
	code := m.Run()
	done()
	os.Exit(code) // PostgreSQL, if one was started here, follows: see package daemon
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	play(t, "testdata/embedded/*.txtar", nil)
}

// command is one of ours in a script.
type command = func(ts *testscript.TestScript, neg bool, args []string)

// play runs scripts; each has its own folder, and no AWS but the one it is given.
func play(t *testing.T, pattern string, env map[string]string, more ...map[string]command) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no scripts (%v)", pattern, err)
	}
	commands := map[string]command{"vigie": run, "serve": serve, "end": end, "token": token, "id": ident, "api": api, "mode": mode, "drain": drain}
	for _, m := range more {
		for name, f := range m {
			commands[name] = f
		}
	}
	testscript.Run(t, testscript.Params{Files: files, Cmds: commands, Setup: func(e *testscript.Env) error {
		e.Setenv("RECORDING", filepath.Join(root, "internal/app/sample/meridian.vigie"))
		e.Setenv("PASSWORD", "a-lantern-in-the-harbour")
		for name, value := range map[string]string{"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"} {
			e.Setenv(name, value)
		}
		for name, value := range env {
			e.Setenv(name, value)
		}
		e.Values[key{}] = &world{}
		return nil
	}})
}

// world is what the commands of one script share.
type world struct {
	server *exec.Cmd
	exited chan error
}

type key struct{}

func of(ts *testscript.TestScript) *world {
	w, ok := ts.Value(key{}).(*world)
	if !ok {
		ts.Fatalf("no world")
	}
	return w
}

func run(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(vigie, args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("vigie: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("vigie ended with %d, want %d", got, want)
	}
}

var serving = regexp.MustCompile(`msg="vigie serves".* address=(\S+)`)

func serve(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	log, err := os.Create(ts.MkAbs("server.log"))
	ts.Check(err)
	w.server = exec.Command(vigie, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	w.server.Dir, w.server.Stdout, w.server.Stderr = ts.MkAbs("."), log, log
	w.server.Env = environment(ts)
	ts.Check(w.server.Start())
	log.Close()
	exited := make(chan error, 1)
	w.exited = exited
	server := w.server
	go func() { exited <- server.Wait() }()
	ts.Defer(func() {
		if w.server == server {
			_ = server.Process.Kill()
			<-exited
		}
	})
	await(ts, "the server to listen", func() bool {
		at := serving.FindStringSubmatch(ts.ReadFile("server.log"))
		if at != nil {
			ts.Setenv("URL", "http://"+at[1])
		}
		select {
		case err := <-exited:
			exited <- err
			ts.Fatalf("the server ended: %v\n%s", err, ts.ReadFile("server.log"))
		default:
		}
		return at != nil
	})
}

// environment is that of the script's own commands.
func environment(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "LANG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "VIGIE_DATABASE"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func end(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	signal := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL}[args[0]]
	ts.Check(w.server.Process.Signal(signal))
	finish(ts, w, signal == syscall.SIGTERM)
}

// finish waits for the server's end.
func finish(ts *testscript.TestScript, w *world, inOrder bool) {
	select {
	case err := <-w.exited:
		w.server = nil
		if inOrder && err != nil {
			ts.Fatalf("the server did not end in order: %v\n%s", err, ts.ReadFile("server.log"))
		}
	case <-time.After(time.Minute):
		ts.Fatalf("the server does not end\n%s", ts.ReadFile("server.log"))
	}
}

func token(ts *testscript.TestScript, _ bool, _ []string) {
	words := strings.Fields(ts.ReadFile("stdout"))
	ts.Setenv("TOKEN", words[len(words)-1])
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func ident(ts *testscript.TestScript, _ bool, args []string) {
	found := uuid.FindString(ts.ReadFile(args[0]))
	if found == "" {
		ts.Fatalf("no id in %s", args[0])
	}
	ts.Setenv("ID", found)
}

func api(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(ts.ReadFile(args[3]))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[1], ts.Getenv("URL")+args[2], body)
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+ts.Getenv("TOKEN"))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
	if resp.StatusCode != want {
		ts.Fatalf("%s %s: %s, want %d\n%s", args[1], args[2], resp.Status, want, text)
	}
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// await asks until it is so, for a minute at most.
func await(ts *testscript.TestScript, what string, so func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("waited in vain for %s", what)
		}
	}
}
