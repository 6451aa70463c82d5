package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Folder keeps blobs as files. A blob is there whole or not at all, also after a power cut: it is written beside its place, synced,
// and renamed.
type Folder struct{ dir string }

// NewFolder makes a store of a folder, which need not exist yet.
func NewFolder(dir string) *Folder { return &Folder{dir: dir} }

// staging is where files are written before they have a name.
const staging = "incoming"

// Put implements Store.
func (f *Folder) Put(ctx context.Context, r io.Reader, limit int64) (b Blob, err error) {
	in := filepath.Join(f.dir, staging)
	if err := os.MkdirAll(in, 0o700); err != nil {
		return Blob{}, fmt.Errorf("keep a file: %w", err)
	}
	tmp, err := os.CreateTemp(in, "*")
	if err != nil {
		return Blob{}, fmt.Errorf("keep a file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	b, err = take(tmp, &cancellable{ctx, r}, limit)
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = f.place(tmp.Name(), b.Hash)
	}
	return b, err
}

// place moves a written file to its name; the folders are synced, as the rename is only durable with them.
func (f *Folder) place(from, hash string) error {
	to := f.file(hash)
	parent := filepath.Dir(to)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	for _, dir := range []string{parent, filepath.Dir(parent), f.dir} {
		if err := syncFolder(dir); err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (f *Folder) file(hash string) string {
	return filepath.Join(f.dir, filepath.FromSlash(path(hash)))
}

// Open implements Store.
func (f *Folder) Open(ctx context.Context, hash string) (io.ReadCloser, error) {
	r, err := f.Range(ctx, hash, 0)
	if err != nil {
		return nil, err
	}
	return newChecked(r, hash), nil
}

// Range implements Store.
func (f *Folder) Range(_ context.Context, hash string, offset int64) (io.ReadCloser, error) {
	if !Valid(hash) {
		return nil, missing()
	}
	file, err := os.Open(f.file(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing()
	}
	if err != nil {
		return nil, fmt.Errorf("read a file: %w", err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("read a file: %w", err), file.Close())
	}
	return file, nil
}

// Stat implements Store.
func (f *Folder) Stat(_ context.Context, hash string) (Blob, error) {
	if !Valid(hash) {
		return Blob{}, missing()
	}
	info, err := os.Stat(f.file(hash))
	if errors.Is(err, fs.ErrNotExist) {
		return Blob{}, missing()
	}
	if err != nil {
		return Blob{}, fmt.Errorf("look for a file: %w", err)
	}
	return Blob{Hash: hash, Size: info.Size()}, nil
}

// Delete implements Store.
func (f *Folder) Delete(_ context.Context, hash string) error {
	if !Valid(hash) {
		return missing()
	}
	if err := os.Remove(f.file(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete a file: %w", err)
	}
	return nil
}

// Each implements Store.
func (f *Folder) Each(ctx context.Context, visit func(Blob, time.Time) error) error {
	err := filepath.WalkDir(f.dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing kept yet, or gone while we walk
		}
		if err != nil {
			return err
		}
		if d.IsDir() || !Valid(d.Name()) {
			return ctx.Err()
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return visit(Blob{Hash: d.Name(), Size: info.Size()}, info.ModTime().UTC())
	})
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	return nil
}

// Tidy removes what uploads that were cut off left behind before the given time.
func (f *Folder) Tidy(before time.Time) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, staging))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tidy files: %w", err)
	}
	var all error
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.ModTime().Before(before) && !strings.ContainsAny(e.Name(), `/\`) {
			all = errors.Join(all, os.Remove(filepath.Join(f.dir, staging, e.Name())))
		}
	}
	return all
}

// cancellable ends a copy when its caller has gone.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
