package backup

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"vigie/internal/exchange/archive"
	"vigie/internal/platform/db"
)

// momentary are the tables that a backup leaves out: what ends by itself, and what is made anew.
var momentary = []string{"session", "sign_in_attempt", "idempotency", "segment", "segment_bits", "segment_block", "segment_fresh", "ci_figures"}

// Instance is what a backup is made of.
type Instance struct {
	DB        *db.DB
	Files     Files // nil where an instance keeps none
	Version   string
	MasterKey string // id of the key that seals, for the manifest
}

// Files are the instance's files by the SHA-256 of their content.
type Files interface {
	// Hashes lists the files that rows of the snapshot name.
	Hashes(ctx context.Context, tx *db.Tx) ([]string, error)
	Open(ctx context.Context, hash string) (io.ReadCloser, error)
	Put(ctx context.Context, hash string, r io.Reader) error
}

// Step is what has been done, for a person who waits: a table with its rows, or files.
type Step struct {
	Name string
	N    int64
}

// Report is what came of a backup, a check or a restore.
type Report struct {
	Path     string           `json:"path"`
	Bytes    int64            `json:"bytes"`
	Digest   string           `json:"digest"` // SHA-256 of the manifest
	Manifest archive.Manifest `json:"manifest"`
	Rows     int64            `json:"rows"`
	Files    int64            `json:"files"`
}

// Write makes a backup at the path, which must not be there yet. It is written beside and moved into place once it has been read
// again and found whole.
func Write(ctx context.Context, in Instance, path string, told func(Step)) (r Report, err error) {
	err = archive.Save(path, func(w io.Writer) error { return write(ctx, in, w, told) }, func(written string) (err error) {
		r, err = Check(ctx, written)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	r.Path = path
	return r, nil
}

func write(ctx context.Context, in Instance, out io.Writer, told func(Step)) error {
	schema, err := in.DB.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	return in.DB.AcrossFrozen(ctx, "a backup is of the whole instance", func(tx *db.Tx) error {
		w := archive.NewWriter(out, archive.Manifest{Kind: archive.Backup, Made: tx.Now(), Vigie: in.Version, Schema: schema, Engine: in.DB.Engine().String(), MasterKey: in.MasterKey})
		for _, t := range db.Tables() {
			if slices.Contains(momentary, t.Name) {
				continue
			}
			n, err := w.Table(ctx, tx, t.Name, "", nil)
			if err != nil {
				return err
			}
			told(Step{t.Name, n})
		}
		if in.Files != nil {
			n, err := writeFiles(ctx, in.Files, tx, w)
			if err != nil {
				return err
			}
			told(Step{"files", n})
		}
		_, _, err := w.Close()
		return err
	})
}

func writeFiles(ctx context.Context, files Files, tx *db.Tx, w *archive.Writer) (n int64, err error) {
	hashes, err := files.Hashes(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, hash := range hashes {
		if err := writeFile(ctx, files, hash, w); err != nil {
			return n, fmt.Errorf("file %s: %w", hash, err)
		}
		n++
	}
	return n, nil
}

func writeFile(ctx context.Context, files Files, hash string, w *archive.Writer) error {
	r, err := files.Open(ctx, hash)
	if err != nil {
		return err
	}
	defer r.Close()
	return w.Add(archive.FileName(hash), r)
}

// Check reads a backup whole and holds it against its manifest.
func Check(ctx context.Context, path string) (Report, error) {
	f, a, size, err := open(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	if err := a.Verify(ctx); err != nil {
		return Report{}, err
	}
	return report(path, size, a), nil
}

func open(path string) (*os.File, *archive.Reader, int64, error) {
	f, a, size, err := archive.OpenFile(path)
	if err == nil && a.Manifest.Kind != archive.Backup {
		f.Close()
		err = fmt.Errorf("%s is not the backup of an instance; `vigie customer import` reads the export of a customer", path)
	}
	return f, a, size, err
}

func report(path string, size int64, a *archive.Reader) Report {
	r := Report{Path: path, Bytes: size, Digest: a.Digest, Manifest: a.Manifest}
	for _, t := range a.Manifest.Tables {
		r.Rows += t.Rows
	}
	r.Files = int64(len(a.Manifest.Members) - len(a.Manifest.Tables))
	return r
}
