package blob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Column is one column that names blobs by their hash.
type Column struct{ Table, Name string }

// Columns are all columns that name blobs. Add yours here, with the migration that makes it: what no column names is swept away.
func Columns() []Column {
	return []Column{{"file", "hash"}, {"file", "preview_hash"}}
}

// Grace is how long a blob that no row names stays: longer than any upload lasts from its bytes to its row.
const Grace = 24 * time.Hour

type row struct {
	Hash      string  `db:"hash"`
	Size      int64   `db:"size"`
	TouchedAt db.Time `db:"touched_at"`
}

// Keep must be called in the transaction that writes a row with a blob's hash, after its Put. It holds off a sweep of the same
// content, and is unavailable where one has just taken it: the upload is then to be made again.
func Keep(ctx context.Context, tx *db.Tx, s Store, b Blob) error {
	// The lock of this row is what makes upload and sweep take turns; the new time tells a sweep that waited to leave it.
	r := row{Hash: b.Hash, Size: b.Size, TouchedAt: tx.Now()}
	if _, err := tx.Insert(ctx, "blob", r, "(hash) DO UPDATE SET touched_at = excluded.touched_at"); err != nil {
		return fmt.Errorf("keep a blob: %w", err)
	}
	if _, err := s.Stat(ctx, b.Hash); fault.Is(err, fault.NotFound) {
		return fault.New(fault.Unavailable, "fault.busy")
	} else if err != nil {
		return err
	}
	return nil
}

// Sweep removes the blobs that no row names and that nobody has put for Grace before now. It may run beside uploads, and twice at once.
func Sweep(ctx context.Context, d *db.DB, s Store, now time.Time) (removed int, err error) {
	if f, ok := s.(*Folder); ok {
		if err := f.Tidy(now.Add(-Grace)); err != nil {
			return 0, err
		}
	}
	return sweep(ctx, d, s, now.Add(-Grace), Columns())
}

func sweep(ctx context.Context, d *db.DB, s Store, before time.Time, named []Column) (removed int, err error) {
	var old []Blob
	err = s.Each(ctx, func(b Blob, put time.Time) error {
		if put.Before(before) {
			old = append(old, b)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for part := range slices.Chunk(old, 500) {
		free, err := unnamed(ctx, d, part, named)
		if err != nil {
			return removed, err
		}
		for _, b := range free {
			gone, err := removeOne(ctx, d, s, b, before, named)
			if err != nil {
				return removed, err
			}
			if gone {
				removed++
			}
		}
	}
	return removed, nil
}

// unnamed finds out at once which of many no row names; most are named.
func unnamed(ctx context.Context, d *db.DB, blobs []Blob, named []Column) (free []Blob, err error) {
	hashes := make([]string, len(blobs))
	for i, b := range blobs {
		hashes[i] = b.Hash
	}
	used := map[string]bool{}
	err = d.Across(ctx, "a content may be named by a row of any customer", func(tx *db.Tx) error {
		for _, c := range named {
			var found []string
			err := tx.Select(ctx, &found, `SELECT DISTINCT t.`+c.Name+` FROM {`+c.Table+`} t WHERE t.`+c.Name+` IN (`+db.Marks(len(hashes))+`)`, db.Anys(hashes)...)
			if err != nil {
				return err
			}
			for _, h := range found {
				used[h] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sweep files: %w", err)
	}
	for _, b := range blobs {
		if !used[b.Hash] {
			free = append(free, b)
		}
	}
	return free, nil
}

// errNamed undoes the transaction of a blob that is in use after all.
var errNamed = errors.New("the blob is in use")

// removeOne takes a blob away inside the transaction that holds its row: an upload of the same content waits for the row, then sees
// that the content is gone. Were the process to die between the two, the row would be left, which is no harm.
func removeOne(ctx context.Context, d *db.DB, s Store, b Blob, before time.Time, named []Column) (bool, error) {
	err := d.Across(ctx, "a content may be named by a row of any customer", func(tx *db.Tx) error {
		// An upload that died before its row left none here either.
		if _, err := tx.Insert(ctx, "blob", row{Hash: b.Hash, Size: b.Size, TouchedAt: db.At(time.UnixMicro(1))}, "(hash) DO NOTHING"); err != nil {
			return err
		}
		var free strings.Builder
		params := []any{b.Hash, db.At(before)}
		for _, c := range named {
			fmt.Fprintf(&free, ` AND NOT EXISTS (SELECT 1 FROM {%s} t WHERE t.%s = ?)`, c.Table, c.Name)
			params = append(params, b.Hash)
		}
		n, err := tx.Exec(ctx, `DELETE FROM {blob} WHERE hash = ? AND touched_at < ?`+free.String(), params...)
		if err != nil {
			return err
		}
		if n == 0 {
			return errNamed
		}
		return s.Delete(ctx, b.Hash)
	})
	if errors.Is(err, errNamed) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sweep files: %w", err)
	}
	return true, nil
}
