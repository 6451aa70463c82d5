package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"vigie/internal/app"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/control"
	"vigie/internal/platform/telemetry"
)

type serveCommand struct {
	storeFlags
	mailFlags
	checkpointFlags
	uploadFlags
	limitFlags
	Listen        string        `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	PublicURL     string        `name:"public-url" help:"Address by which people reach this server, if a proxy stands before it." placeholder:"URL"`
	Workers       int           `help:"Background tasks at once in this process; 0 leaves them to other replicas." default:"4"`
	NoMigrate     bool          `help:"Do not bring the database to this version first."`
	OutboundAllow []string      `help:"Host names, addresses or ranges (10.0.0.0/8) that people may have called although they are not of the public internet." placeholder:"HOST,..."`
	Grace         time.Duration `help:"Time for requests and tasks to finish when the server is told to stop." default:"20s"`
}

func (*serveCommand) local() {}

// Run implements command.
func (c *serveCommand) Run(ctx context.Context, e *env, g *grammar) error {
	address, err := c.address(e)
	if err != nil {
		return err
	}
	dir := e.path(c.DataDir)
	if c.sqlite() {
		lock, err := control.Acquire(dir)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, g.LogLevel)
	if err != nil {
		return err
	}
	mail, err := c.defaults(e)
	if err != nil {
		return err
	}
	uploads, err := c.limits()
	if err != nil {
		return err
	}
	shares, err := c.shares()
	if err != nil {
		return err
	}
	// Listening comes first: a port that is taken is said before anything is migrated.
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer ln.Close()
	public, err := publicURL(c.PublicURL, c.Listen, ln.Addr())
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Options{Database: address, DataDir: dir, Files: c.files(e), Catalogue: c.catalogue(e), Clock: clock.System{}, Telemetry: tel, Version: version,
		Migrate: !c.NoMigrate, MasterKey: c.masterKey(e), OutboundAllow: c.OutboundAllow, Workers: c.Workers, PublicURL: public, Checkpoints: c.checkpoints(e), Mail: mail, Uploads: uploads, Limits: shares})
	if err != nil {
		return err
	}
	defer a.Close()
	return serve(ctx, a, ln, dir, c.sqlite(), c.Grace, tel, nil)
}

// serve runs the server until ctx ends: it first stops to be ready, finishes what it has begun, then stops. ready is called
// once requests are answered.
func serve(ctx context.Context, a *app.App, ln net.Listener, dir string, socket bool, grace time.Duration, tel *telemetry.Telemetry, ready func(net.Addr) error) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	srv := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var commands *control.Socket
	if socket {
		var err error
		if commands, err = control.Listen(dir); err != nil {
			return errors.Join(err, a.Stop(ctx))
		}
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			stop(err)
		}
	})
	if commands != nil {
		parts.Go(func() {
			if err := commands.Serve(ctx, remote(a)); err != nil {
				stop(err)
			}
		})
	}
	tel.Log.Info("vigie serves", "version", version, "address", ln.Addr().String(), "database", a.Engine())
	if ready != nil {
		if err := ready(ln.Addr()); err != nil {
			stop(err)
		}
	}
	<-ctx.Done()
	tel.Log.Info("vigie stops")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	a.Drain()
	err := errors.Join(srv.Shutdown(last), a.Stop(last), tel.Close(last))
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// publicURL is where people reach the server. Without a word on it that is where it listens: by the name that was asked for and the port that was
// got, and by this machine's name where it listens on every address, since nobody could open a link to 0.0.0.0.
func publicURL(given, listen string, at net.Addr) (*url.URL, error) {
	if given == "" {
		host, _, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, fmt.Errorf("--listen %q: %w", listen, err)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			if host, err = os.Hostname(); err != nil {
				host = "localhost"
			}
		}
		_, port, err := net.SplitHostPort(at.String())
		if err != nil {
			return nil, fmt.Errorf("--listen %q: %w", listen, err)
		}
		given = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--public-url %q: want http://HOST or https://HOST", given)
	}
	return u, nil
}

type migrateCommand struct{ storeFlags }

// Run implements command; opening migrates.
func (c *migrateCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	fmt.Fprintf(e.stdout, "the %s database is at this version\n", a.Engine())
	return nil
}

type versionCommand struct{}

func (*versionCommand) local() {}

// Run implements command.
func (*versionCommand) Run(_ context.Context, e *env, _ *grammar) error {
	fmt.Fprintln(e.stdout, "vigie", version)
	return nil
}

type doctorCommands struct {
	Check     doctorCommand    `cmd:"" default:"withargs" help:"Look at what this installation stands on."`
	Isolation isolationCommand `cmd:"" help:"Try to cross from one customer to another in every way there is, and write a dated report."`
}

type doctorCommand struct {
	storeFlags
	outputFlag
}

// Run implements command: every check says what it looked at, and one that fails makes the command fail.
func (c *doctorCommand) Run(ctx context.Context, e *env, g *grammar) error {
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	checks := a.Doctor(ctx)
	cells := make([][]string, len(checks))
	bad := false
	for i, k := range checks {
		cells[i] = []string{k.Name, k.State, k.Detail}
		bad = bad || k.State == "failed"
	}
	if err := c.print(e.stdout, []string{"check", "state", "detail"}, checks, cells); err != nil {
		return err
	}
	if bad {
		return exitCode(exitFailed)
	}
	return nil
}
