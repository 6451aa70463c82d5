package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Open gives the catalogue: that of Vigie, with the files of dir laid over it where dir is not empty. A file of dir at the same path
// stands in the place of ours. What stands in dir and is no part of the catalogue is refused: a folder with a slip in its name would
// otherwise be passed over in silence.
func Open(dir string) (fs.FS, error) {
	if dir == "" {
		return Files, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	ours, err := fs.ReadDir(Files, ".")
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	known := names(ours)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			return nil, fmt.Errorf("catalogue: %s has a folder %q, which the catalogue does not have; it has %s", dir, e.Name(), strings.Join(known, ", "))
		}
	}
	return overlay{os.DirFS(dir), Files}, nil
}

func names(entries []fs.DirEntry) (out []string) {
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// overlay is one tree of files over another.
type overlay struct{ over, under fs.FS }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.under.Open(name)
	}
	return f, err
}

// ReadDir implements fs.ReadDirFS: what either has, in order of name.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	over, errOver := fs.ReadDir(o.over, name)
	under, errUnder := fs.ReadDir(o.under, name)
	switch {
	case errOver != nil && !errors.Is(errOver, fs.ErrNotExist):
		return nil, errOver
	case errUnder != nil && !errors.Is(errUnder, fs.ErrNotExist):
		return nil, errUnder
	case errOver != nil && errUnder != nil:
		return nil, errUnder
	}
	for _, e := range under {
		if !slices.Contains(names(over), e.Name()) {
			over = append(over, e)
		}
	}
	slices.SortFunc(over, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return over, nil
}
