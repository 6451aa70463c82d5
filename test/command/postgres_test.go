package command

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"vigie/test/pg"
)

// On PostgreSQL the owner migrates, and a role that owns nothing serves.
func TestPostgres(t *testing.T) {
	t.Parallel()
	owner := pg.Start(t)
	grant := func(ts *testscript.TestScript, _ bool, _ []string) {
		ts.Setenv("MEMBER", pg.Role(t, owner, "vigie_app"))
	}
	play(t, "testdata/postgres/*.txtar", map[string]string{"OWNER": owner}, map[string]command{"grant": grant, "signin": signIn})
}

// signIn does what a person's browser does, and prints their list of customers.
func signIn(ts *testscript.TestScript, _ bool, args []string) {
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	c := &http.Client{Jar: jar}
	resp, err := c.PostForm(ts.Getenv("URL")+"/sign-in", url.Values{"email": {args[0]}, "password": {ts.Getenv("PASSWORD")}, "next": {"/customers"}})
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.Request.URL.Path != "/customers" || resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s at %s\n%s", resp.Status, resp.Request.URL, text)
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
}
