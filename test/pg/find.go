package pg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// oldest is the first major version that Vigie supports.
const oldest = 15

var errMissing = errors.New("PostgreSQL 15 or newer (initdb and postgres) is not installed: run scripts/setup, " +
	"or `apt-get install postgresql`, or `brew install postgresql@17`, or put its bin folder into PATH")

// findBin returns the folder with initdb and postgres. PATH comes first, so
// that a person can choose; then the folders where packagers hide them, newest
// version first.
func findBin() (string, error) {
	var dirs []string
	for _, name := range []string{"initdb", "postgres"} {
		if path, err := exec.LookPath(name); err == nil {
			// A link from /usr/local/bin leads to the folder that holds both.
			if real, err := filepath.EvalSymlinks(path); err == nil {
				path = real
			}
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",           // Debian, Ubuntu
		"/usr/pgsql-*/bin",                    // Red Hat, from postgresql.org
		"/opt/homebrew/opt/postgresql@*/bin",  // macOS
		"/usr/local/opt/postgresql@*/bin",     // macOS on Intel
		"/Applications/Postgres.app/*/*/bin/", // Postgres.app
	} {
		found, _ := filepath.Glob(pattern)
		sort.Sort(sort.Reverse(sort.StringSlice(found)))
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		if v, err := majorVersion(filepath.Join(dir, "postgres")); err == nil && v >= oldest {
			return dir, nil
		}
	}
	return "", errMissing
}

// majorVersion reads "postgres (PostgreSQL) 15.18 (Debian …)".
func majorVersion(postgres string) (int, error) {
	out, err := exec.Command(postgres, "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w", postgres, err)
	}
	return parseVersion(string(out))
}

func parseVersion(line string) (int, error) {
	_, rest, ok := strings.Cut(line, "(PostgreSQL) ")
	digits := strings.TrimLeft(rest, "0123456789")
	if !ok || len(digits) == len(rest) {
		return 0, fmt.Errorf("no version in %q", line)
	}
	return strconv.Atoi(rest[:len(rest)-len(digits)])
}

// unprivileged returns whom the server runs as: ourselves (nil), or, since
// PostgreSQL refuses to run as root, its own user or nobody.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if uerr == nil && gerr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("we are root, PostgreSQL does not run as root, and there is no user postgres or nobody")
}
