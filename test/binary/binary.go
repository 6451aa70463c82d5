package binary

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Env names the variable with the path of a binary that is there already.
const Env = "VIGIE_BINARY"

// Vigie gives the path of a binary of the present sources. Call done when it is no longer needed.
func Vigie() (path string, done func(), err error) {
	done = func() {}
	path = os.Getenv(Env)
	if path == "" {
		root, err := Root()
		if err != nil {
			return "", done, err
		}
		// Inside the module: a file there that is gone the next time keeps `go test` from showing a result of older sources.
		if err := os.MkdirAll(filepath.Join(root, ".cache"), 0o755); err != nil {
			return "", done, err
		}
		dir, err := os.MkdirTemp(filepath.Join(root, ".cache"), "vigie-")
		if err != nil {
			return "", done, err
		}
		done = func() { os.RemoveAll(dir) }
		path = filepath.Join(dir, "vigie")
		build := exec.Command("go", "build", "-o", path, "./cmd/vigie")
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if text, err := build.CombinedOutput(); err != nil {
			done()
			return "", func() {}, fmt.Errorf("build vigie: %w\n%s", err, text)
		}
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", done, err
	}
	// The look at the file makes it an input of the test: a new binary, a new result.
	if _, err := os.Stat(path); err != nil {
		return "", done, fmt.Errorf("%s: %w", Env, err)
	}
	return path, done, nil
}

// Root is the folder of the module.
func Root() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, serr := os.Stat(filepath.Join(dir, "go.mod")); serr == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
