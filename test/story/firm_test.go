package story

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigie/test/daemon"
	"vigie/test/moto"
)

// firm is a provider that begins with nothing: a server of its own, whose AWS is an emulator behind a gate.
type firm struct {
	t     *testing.T
	home  string // address of the server
	data  string // its folder
	env   []string
	gate  *gate
	token string // of an administrator
}

// gate stands before the emulator and denies what an account's role may not do.
type gate struct {
	shut  atomic.Bool
	next  http.Handler
	cloud string // address of the emulator
}

// denied are the two that the customer's role may not call at first: a list, and a detail of each bucket.
func denied(r *http.Request) bool {
	service := strings.Split(r.Header.Get("Authorization"), "/")
	return len(service) > 3 && (service[3] == "guardduty" && r.Method == http.MethodGet || service[3] == "s3" && r.URL.Query().Has("versioning"))
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.shut.Load() || !denied(r):
		g.next.ServeHTTP(w, r)
	case r.URL.Query().Has("versioning"):
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>not authorized to perform: s3:GetBucketVersioning</Message></Error>`)
	default:
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"not authorized to perform: guardduty:ListDetectors"}`)
	}
}

// cloud gives an emulator with the bookshop's estate, behind a gate that is shut.
func cloud(t *testing.T) (g *gate, at string, account string) {
	t.Helper()
	endpoint := moto.Estate(t)
	var made struct{ Account string }
	moto.Script(t, &made, "quay.py", "--endpoint", endpoint)
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	g = &gate{cloud: endpoint, next: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}}
	g.shut.Store(true)
	before := httptest.NewServer(g)
	t.Cleanup(before.Close)
	return g, before.URL, made.Account
}

// opens starts a server with nothing in it, and gives its people.
func opens(t *testing.T, endpoint string) *firm {
	t.Helper()
	dir, err := os.MkdirTemp("", "vigie-firm-")
	if err != nil {
		t.Fatal(err)
	}
	f := &firm{t: t, data: dir + "/data", env: append(moto.Clean(), "AWS_ENDPOINT_URL="+endpoint, "AWS_REGION=eu-west-1")}
	server, err := daemon.Start(daemon.Spec{Path: program, Args: []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", f.data}, Dir: dir, Env: f.env, Signal: syscall.SIGTERM})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if text := server.Log(); strings.Contains(text, "level=ERROR") {
			t.Errorf("the server complains:\n%s", text)
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	serves := regexp.MustCompile(`msg="vigie serves".* address=(\S+)`)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err = server.Await(ctx, func(context.Context) error {
		at := serves.FindStringSubmatch(server.Log())
		if at == nil {
			return errors.New("it has not said where it is")
		}
		f.home = "http://" + strings.TrimPrefix(at[1], "http://")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// does runs a command beside the server, and gives what it printed and how it ended.
func (f *firm) does(input string, args ...string) (said string, code int) {
	f.t.Helper()
	cmd := exec.CommandContext(f.t.Context(), program, append(args, "--data-dir", f.data)...)
	cmd.Env, cmd.Stdin = f.env, strings.NewReader(input)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		f.t.Fatalf("vigie %s: %v", strings.Join(args, " "), err)
	}
	return out.String() + failed.String(), cmd.ProcessState.ExitCode()
}

// hires adds a person who may sign in.
func (f *firm) hires(email, name, role string, more ...string) {
	f.t.Helper()
	if said, code := f.does(password, append([]string{"user", "create", "--email", email, "--name", name, "--role", role, "--password-stdin"}, more...)...); code != 0 {
		f.t.Fatalf("%s: %s", email, said)
	}
}

// asks calls the API and gives the status; the answer is read into out.
func (f *firm) asks(method, path, body string, out any) int {
	f.t.Helper()
	if f.token == "" {
		said, _ := f.does("", "token", "create", "--user", "sofia@vigie.example", "--role", "admin", "--name", "story")
		words := strings.Fields(said)
		f.token = words[len(words)-1]
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.home+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		f.t.Fatalf("%s %s: %s: %v", method, path, resp.Status, err)
	}
	return resp.StatusCode
}

// all reads a whole list of the API.
func all[T any](f *firm, path string) (out []T) {
	f.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if status := f.asks(http.MethodGet, path+"&limit=500&cursor="+url.QueryEscape(cursor), "", &page); status != http.StatusOK {
			f.t.Fatalf("GET %s: %d", path, status)
		}
		out = append(out, page.Items...)
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

// person opens a browser at the firm in a language.
func (f *firm) person(language string) *tab {
	f.t.Helper()
	b := someone(f.t)
	b.home = f.home
	b.patient()
	b.cookie("vigie_lang", language)
	f.t.Cleanup(func() {
		if f.t.Failed() { // what they saw last
			b.keeps("failed-" + language)
		}
	})
	return b
}
