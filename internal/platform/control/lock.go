package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrLocked is a data folder that another process works on.
var ErrLocked = errors.New("another vigie works on this data folder")

// Lock holds a data folder until it is released or the process ends.
type Lock struct{ file *os.File }

// Acquire takes the folder's lock, making the folder if need be.
func Acquire(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "vigie.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
		}
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	return &Lock{f}, nil
}

// Release lets the folder go.
func (l *Lock) Release() { l.file.Close() }
