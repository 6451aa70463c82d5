package story

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/test/binary"
	"vigie/test/daemon"
)

// password is everybody's in the demo, which prints it. (The package that has it would bring in all clients of AWS.)
const password = "demo-harbour-lantern"

// base is the address of the demo that all stories share, program the path of what is tested.
var base, program string

func TestMain(m *testing.M) {
	code, err := withDemo(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		code = 1
	}
	os.Exit(code)
}

var served = regexp.MustCompile(`Vigie is at (http://\S+)`)

func withDemo(run func() int) (int, error) {
	vigie, done, err := binary.Vigie()
	if err != nil {
		return 1, err
	}
	defer done()
	program = vigie
	dir, err := os.MkdirTemp("", "vigie-story-")
	if err != nil {
		return 1, err
	}
	demo, err := daemon.Start(daemon.Spec{Path: vigie, Args: []string{"demo", "--listen", "127.0.0.1:0"}, Dir: dir,
		Env: append(os.Environ(), "TMPDIR="+dir), Signal: syscall.SIGTERM})
	if err != nil {
		return 1, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	err = demo.Await(ctx, func(context.Context) error {
		at := served.FindStringSubmatch(demo.Log())
		if at == nil {
			return errors.New("it has not said where it is")
		}
		base = at[1]
		return nil
	})
	if err != nil {
		return 1, errors.Join(err, demo.Stop())
	}
	code := run()
	if text := demo.Log(); strings.Contains(text, "level=ERROR") {
		fmt.Fprintln(os.Stderr, "the server complains:\n"+text)
		code = 1
	}
	return code, demo.Stop()
}

// visitor signs in without a browser; stories that are about something else begin with its session.
func visitor(tb testing.TB, email string) *http.Client {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: time.Minute}
	resp, err := c.PostForm(base+"/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		tb.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/" {
		tb.Fatalf("%s could not sign in: %s at %s", email, resp.Status, resp.Request.URL)
	}
	return c
}

// read gives the text of a page.
func read(tb testing.TB, c *http.Client, path string) string {
	tb.Helper()
	resp, err := c.Get(base + path)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("GET %s: %s %v", path, resp.Status, err)
	}
	return string(text)
}

// first gives the address of the first record below a place, such as /cis, that a page leads to.
func first(tb testing.TB, c *http.Client, page, place string) string {
	tb.Helper()
	found := regexp.MustCompile(place + `/[0-9a-f-]{36}`).FindString(read(tb, c, page))
	if found == "" {
		tb.Fatalf("%s leads to nothing below %s", page, place)
	}
	return found
}
