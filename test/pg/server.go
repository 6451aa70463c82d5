package pg

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/test/daemon"
)

// Server is a PostgreSQL of our own. Tests call Start; only a program that
// serves many test binaries needs this type.
type Server struct {
	// DSN is the superuser's address of the database postgres.
	DSN     string
	process *daemon.Process
}

// Launch makes a cluster in a temporary folder and starts a server on it.
func Launch(ctx context.Context) (*Server, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// A port that was free can be taken before PostgreSQL binds it, when several
	// test binaries start at once; a second and third try make that harmless.
	for range 3 {
		var s *Server
		if s, err = launch(ctx, bin, as); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func launch(ctx context.Context, bin string, as *syscall.Credential) (*Server, error) {
	dir, err := os.MkdirTemp("", "vigie-pg-")
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	pwfile := filepath.Join(dir, "password")
	if err := os.WriteFile(pwfile, []byte(password), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if as != nil {
		for _, path := range []string{dir, pwfile} {
			if err := os.Chown(path, int(as.Uid), int(as.Gid)); err != nil {
				return nil, errors.Join(err, os.RemoveAll(dir))
			}
		}
	}
	data := filepath.Join(dir, "data")
	// md5 and not scram: scram's 4,096 rounds cost milliseconds per connection,
	// and this password lives as long as the test.
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"--pgdata="+data, "--username=postgres", "--pwfile="+pwfile, "--auth=md5",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(dir))
	}
	port, err := daemon.FreePort()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	args := []string{"-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1"}
	for _, setting := range []string{
		"unix_socket_directories=",
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"wal_level=minimal", "max_wal_senders=0",
		"shared_buffers=128MB",
		// Tests run in parallel, each with a pool of its own.
		"max_connections=400",
		"timezone=UTC",
		// One statement that waits for a lock for ever would only be seen as a
		// test that times out ten minutes later.
		"lock_timeout=60s",
	} {
		args = append(args, "-c", setting)
	}
	process, err := daemon.Start(daemon.Spec{
		Path: filepath.Join(bin, "postgres"), Args: args, Dir: dir, As: as,
		Signal: syscall.SIGQUIT, // "immediate": no checkpoint of data nobody wants
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{process: process}
	s.DSN = (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", password),
		Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()

	wait, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := process.Await(wait, func(ctx context.Context) error { return ping(ctx, s.DSN) }); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() error { return s.process.Stop() }

func ping(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
