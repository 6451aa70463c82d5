package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"vigie/internal/app"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
)

// storeFlags say where the data is.
type storeFlags struct {
	DataDir       string `help:"Folder of the embedded database, files and the operator's socket." default:"vigie-data" placeholder:"DIR"`
	Database      string `help:"sqlite:PATH or postgres://...; default: SQLite in the data folder." placeholder:"ADDRESS"`
	DatabaseFile  string `help:"File that holds the database address." placeholder:"FILE"`
	MasterKeyFile string `help:"File with the master key of secrets; default: VIGIE_MASTER_KEY, else master.key in the data folder." placeholder:"FILE"`
	Files         string `help:"Where uploaded files are kept: a folder or s3://BUCKET/PREFIX; default: files in the data folder." placeholder:"ADDRESS"`
	Catalogue     string `help:"Folder with questionnaires and other data of your own, beside those of Vigie." placeholder:"DIR"`
}

func (s *storeFlags) folder() *storeFlags { return s }

func (s *storeFlags) sqlite() bool {
	return s.DatabaseFile == "" && (s.Database == "" || strings.HasPrefix(s.Database, "sqlite:"))
}

// address gives the database's address.
func (s *storeFlags) address(e *env) (string, error) {
	if s.DatabaseFile != "" {
		b, err := os.ReadFile(e.path(s.DatabaseFile))
		if err != nil {
			return "", fmt.Errorf("--database-file: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	if path, ok := strings.CutPrefix(s.Database, "sqlite:"); ok {
		return "sqlite:" + e.path(path), nil
	}
	if s.Database != "" {
		return s.Database, nil
	}
	return "sqlite:" + filepath.Join(e.path(s.DataDir), "vigie.db"), nil
}

// files gives the address of the store of uploads.
func (s *storeFlags) files(e *env) string {
	if s.Files == "" || strings.Contains(s.Files, "://") {
		return s.Files
	}
	return e.path(s.Files)
}

// catalogue gives the operator's own folder of data; empty for none.
func (s *storeFlags) catalogue(e *env) string {
	if s.Catalogue == "" {
		return ""
	}
	return e.path(s.Catalogue)
}

// masterKey says where the master key of secrets comes from. The key itself is never a flag: every user of the machine could
// read it there.
func (s *storeFlags) masterKey(e *env) seal.Source {
	from := seal.Source{Text: os.Getenv("VIGIE_MASTER_KEY"), Folder: e.path(s.DataDir)}
	if s.MasterKeyFile != "" {
		from.File = e.path(s.MasterKeyFile)
	}
	return from
}

// open gives the application for one command: the server's own inside a server, else one opened (and migrated) here. done lets it go.
func (s *storeFlags) open(ctx context.Context, e *env, g *grammar) (a *app.App, done func(), err error) {
	if e.app != nil {
		return e.app, func() {}, nil
	}
	address, err := s.address(e)
	if err != nil {
		return nil, nil, err
	}
	tel, err := telemetry.New(ctx, e.stderr, g.LogFormat, quieter(g.LogLevel))
	if err != nil {
		return nil, nil, err
	}
	a, err = app.Open(ctx, app.Options{Database: address, DataDir: e.path(s.DataDir), Files: s.files(e), Clock: clock.System{}, Telemetry: tel, Version: version,
		MasterKey: s.masterKey(e), Catalogue: s.catalogue(e), Migrate: true})
	if err != nil {
		return nil, nil, err
	}
	return a, a.Close, nil
}

// quieter keeps the server's information out of a command's output; only what went wrong is said.
func quieter(level string) string {
	if level == "info" {
		return "warn"
	}
	return level
}

func hasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return false
	}
	_, set := u.User.Password()
	return set
}
