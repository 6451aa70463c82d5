package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"vigie/internal/app"
	"vigie/internal/app/sample"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/control"
	"vigie/internal/platform/telemetry"
)

type demoCommand struct {
	Listen    string `help:"Loopback address to listen on: the sample's passwords are public." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Catalogue string `help:"Folder with questionnaires and other data of your own, beside those of Vigie." placeholder:"DIR"`
}

func (*demoCommand) local() {}

// Run implements command. The data folder is new and goes when the demo ends.
func (c *demoCommand) Run(ctx context.Context, e *env, g *grammar) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %q: the demo listens on a loopback address only", c.Listen)
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer ln.Close()
	dir, err := os.MkdirTemp("", "vigie-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lock, err := control.Acquire(dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, quieter(g.LogLevel))
	if err != nil {
		return err
	}
	public, err := publicURL("", c.Listen, ln.Addr())
	if err != nil {
		return err
	}
	own := c.Catalogue
	if own != "" {
		own = e.path(own)
	}
	a, err := app.Open(ctx, app.Options{Catalogue: own, Database: "sqlite:" + filepath.Join(dir, "vigie.db"), DataDir: dir, Clock: clock.System{}, Telemetry: tel,
		Version: version, Migrate: true, Workers: 4, PublicURL: public})
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Fprintln(e.stdout, "Reading the sample estate through the collectors ...")
	show := newProgress(e)
	if err := sample.Fill(ctx, a, show.run); err != nil {
		return err
	}
	show.end()
	return serve(ctx, a, ln, dir, true, 5*time.Second, tel, func(at net.Addr) error { return invite(ctx, e, a, at, dir) })
}

// invite prints where the demo is and who may sign in.
func invite(ctx context.Context, e *env, a *app.App, at net.Addr, dir string) error {
	fmt.Fprintf(e.stdout, "\nVigie is at http://%s\n\nSign in as one of these, with the password %s\n\n", at, sample.Password)
	t := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	for _, p := range sample.People() {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", p.Email, p.Role, p.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	link, err := sample.PrivateLink(ctx, a)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "\nOr come without an account, as a prospect who fills in a questionnaire (in French):\n\n  %s\n", link)
	_, err = fmt.Fprintf(e.stdout, "\nThe data is in %s and goes when you press Ctrl-C.\n", dir)
	return err
}
