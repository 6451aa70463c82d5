package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is the file of the master key in the data folder, where none is given.
const FileName = "master.key"

// Source says where the master key comes from: the text of a variable, a file, or the data folder, in which one may be made.
type Source struct {
	Text   string
	File   string
	Folder string
	KMS    KMS
}

// read gives the master keys that there are; none is no error where only the folder was named.
func (s Source) read(ctx context.Context) ([]Master, error) {
	switch {
	case s.Text != "" && s.File != "":
		return nil, errors.New("master key: give the variable or the file, not both")
	case s.Text != "":
		return parse(ctx, s.Text, s.KMS)
	case s.File != "":
		b, err := os.ReadFile(s.File)
		if err != nil {
			return nil, fmt.Errorf("master key: %w", err)
		}
		return parse(ctx, string(b), s.KMS)
	case s.Folder == "":
		return nil, nil
	}
	name := filepath.Join(s.Folder, FileName)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key: %s may be read by others than its owner; chmod 600 it", name)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return parse(ctx, string(b), s.KMS)
}

// ours tells whether the file is Vigie's own, so that it may be made and written.
func (s Source) ours() bool { return s.Text == "" && s.File == "" && s.Folder != "" }

// write replaces the file in the data folder in one step, durable before it counts.
func (s Source) write(text string) error {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return replace(filepath.Join(s.Folder, FileName), text)
}

func replace(name, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".master-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	defer os.Remove(f.Name()) // nothing, once it was renamed
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
