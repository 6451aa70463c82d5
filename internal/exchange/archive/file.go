package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Save writes a file that must not be there yet. It is written beside, for its owner's eyes only, and gets its name once check has
// found it whole; what fails leaves nothing behind.
func Save(path string, write func(io.Writer) error, check func(written string) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already", path)
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(part) // gone when all went well
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := check(part); err != nil {
		return fmt.Errorf("what was written cannot be read again: %w", err)
	}
	// A link fails where a name is taken, which a rename would not.
	if err := os.Link(part, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name durable. Systems that cannot do so with folders are taken at their word.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// OpenFile opens an archive for reading; the caller closes the file.
func OpenFile(path string) (*os.File, *Reader, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, 0, err
	}
	info, err := f.Stat()
	var r *Reader
	if err == nil {
		r, err = Open(f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	return f, r, info.Size(), nil
}
