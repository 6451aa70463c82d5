package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vigie/internal/app"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/control"
	"vigie/internal/platform/telemetry"
)

type backupCommand struct {
	storeFlags
	Out   string `help:"File to write, which must not be there yet; default: vigie-DATE.backup in this folder." placeholder:"FILE" xor:"what"`
	Check string `help:"Do not write a backup: read this one whole and hold it against its manifest." placeholder:"FILE" xor:"what"`
	Quiet bool   `short:"q" help:"Say nothing but what failed."`
}

// Run implements command.
func (c *backupCommand) Run(ctx context.Context, e *env, g *grammar) error {
	out := e.stdout
	if c.Quiet {
		out = io.Discard
	}
	if c.Check != "" {
		r, err := backup.Check(ctx, e.path(c.Check))
		if err != nil {
			return err
		}
		tell(out, "whole", r)
		return nil
	}
	a, done, err := c.open(ctx, e, g)
	if err != nil {
		return err
	}
	defer done()
	path := c.Out
	if path == "" {
		path = "vigie-" + clock.System{}.Now().UTC().Format("20060102-150405") + ".backup"
	}
	r, err := a.Backup(ctx, e.path(path), steps(out))
	if err != nil {
		return err
	}
	tell(out, "written, read again and whole", r)
	fmt.Fprintln(out, "The master key is not in it: keep that elsewhere.")
	return nil
}

// steps tells of each part that is done.
func steps(out io.Writer) func(backup.Step) {
	return func(s backup.Step) {
		if s.N > 0 {
			fmt.Fprintf(out, "%9d %s\n", s.N, s.Name)
		}
	}
}

func tell(out io.Writer, what string, r backup.Report) {
	fmt.Fprintf(out, "%s: %s\n  as of %s, %d rows, %d files, %d bytes, schema %d, from %s\n  SHA-256 of its manifest %s\n", what, r.Path,
		r.Manifest.Made.UTC().Format("2006-01-02 15:04:05 UTC"), r.Rows, r.Files, r.Bytes, r.Manifest.Schema, r.Manifest.Engine, r.Digest)
}

type restoreCommand struct {
	storeFlags
	File    string `arg:"" help:"Backup to restore." placeholder:"FILE"`
	Replace bool   `help:"SQLite: put what is restored in the place of the database that is there, which is kept beside under another name."`
}

func (*restoreCommand) local() {}

// Run implements command. A restore never goes through a server: it makes the database that a server then opens.
func (c *restoreCommand) Run(ctx context.Context, e *env, g *grammar) error {
	address, err := c.address(e)
	if err != nil {
		return err
	}
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, quieter(g.LogLevel))
	if err != nil {
		return err
	}
	from, err := backup.Open(ctx, e.path(c.File))
	if err != nil {
		return err
	}
	defer from.Close()
	dir := e.path(c.DataDir)
	o := app.Options{Database: address, DataDir: dir, Files: c.files(e), Clock: clock.System{}, Telemetry: tel, Version: version}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		err = c.intoFile(ctx, e, o, path, from)
	} else if err = c.onlySQLite(); err == nil {
		err = app.Restore(ctx, o, from, steps(e.stdout))
	}
	if err != nil {
		return err
	}
	tell(e.stdout, "restored", from.Report)
	fmt.Fprintln(e.stdout, "People sign in anew. API tokens are as they were at the time of the backup.")
	return nil
}

func (c *restoreCommand) onlySQLite() error {
	if c.Replace {
		return errors.New("--replace is for SQLite; give an empty PostgreSQL database")
	}
	return nil
}

// intoFile restores into a new file and moves it into place once it is whole: a restore that fails leaves everything as it was.
func (c *restoreCommand) intoFile(ctx context.Context, e *env, o app.Options, path string, from *backup.Source) error {
	lock, err := control.Acquire(o.DataDir)
	if errors.Is(err, control.ErrLocked) {
		return fmt.Errorf("a server works on %s; stop it first", o.DataDir)
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	_, err = os.Stat(path)
	there := err == nil
	if there && !c.Replace {
		return fmt.Errorf("%s is there already; --replace keeps it beside under another name", path)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(path), ".restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	made := filepath.Join(fresh, filepath.Base(path))
	o.Database = "sqlite:" + made
	if err := app.Restore(ctx, o, from, steps(e.stdout)); err != nil {
		return err
	}
	if there {
		kept := path + ".before-" + clock.System{}.Now().UTC().Format("20060102-150405")
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(path+end, kept+end); err != nil && !(end != "" && errors.Is(err, os.ErrNotExist)) {
				return err
			}
		}
		fmt.Fprintln(e.stdout, "the database that was there is now", kept)
	}
	for _, end := range []string{"-wal", ""} { // the database last: until then there is none
		if err := os.Rename(made+end, path+end); err != nil && !(end != "" && errors.Is(err, os.ErrNotExist)) {
			return err
		}
	}
	return nil
}
