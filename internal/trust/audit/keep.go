package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// Place is somewhere outside of the database. Put writes a new name and never changes one: what is there already is an error, unless it
// is the same.
type Place interface {
	Put(ctx context.Context, name string, body []byte) error
	String() string
}

// Folder is a place on a disk, best one that is mounted from elsewhere.
type Folder string

func (f Folder) String() string { return string(f) }

// Put implements Place.
func (f Folder) Put(_ context.Context, name string, body []byte) error {
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return err
	}
	path := filepath.Join(string(f), name)
	if have, err := os.ReadFile(path); err == nil {
		if string(have) == string(body) {
			return nil
		}
		return fmt.Errorf("%s is there already, and is another", path)
	}
	// Whole or not at all: a name that is there is never written again.
	part, err := os.CreateTemp(string(f), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(body)
	if err = errors.Join(err, part.Chmod(0o444), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Names of the files, which sort by size.
func checkpointName(size int64) string { return fmt.Sprintf("checkpoint-%016d.txt", size) }
func leavesName(from, to int64) string { return fmt.Sprintf("leaves-%016d-%016d.txt", from, to) }

// Tick is the log's part of the minute: it numbers entries, signs a checkpoint when one is due, and writes what has not been written
// to the places yet.
func (l *Log) Tick(ctx context.Context) error {
	if _, err := l.Sequence(ctx); err != nil {
		return err
	}
	due := false
	err := l.db.View(ctx, db.Grant(), func(tx *db.Tx) error {
		last, err := lastCheckpoint(ctx, tx)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		var size int64
		if err := tx.Get(ctx, &size, `SELECT COALESCE(MAX(size), 0) FROM {audit_log} WHERE id = 1`); err != nil {
			return err
		}
		due = size > last.Size && tx.Now().Sub(last.At.Time) >= l.every
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if due {
		if _, err := l.Checkpoint(ctx); err != nil {
			return err
		}
	}
	return l.Keep(ctx)
}

// Keep writes every checkpoint that is not written yet, with the leaves since the one before, to all places. What one place
// refuses is tried again at the next tick.
func (l *Log) Keep(ctx context.Context) error {
	if len(l.places) == 0 {
		return nil
	}
	for {
		var row checkpointRow
		err := l.db.View(ctx, db.Grant(), func(tx *db.Tx) error {
			return tx.Get(ctx, &row, `SELECT `+db.Columns[checkpointRow]("")+` FROM {audit_checkpoint} WHERE kept_at IS NULL ORDER BY size LIMIT 1`)
		})
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err == nil {
			err = l.keep(ctx, row)
		}
		if err != nil {
			return fmt.Errorf("keep a checkpoint: %w", err)
		}
	}
}

func (l *Log) keep(ctx context.Context, row checkpointRow) error {
	leaves, err := l.leavesText(ctx, row.Previous, row.Size)
	if err != nil {
		return err
	}
	for _, place := range l.places {
		// The leaves first: a checkpoint that is there has them beside it.
		if err := errors.Join(place.Put(ctx, leavesName(row.Previous, row.Size), leaves), place.Put(ctx, checkpointName(row.Size), []byte(row.Note))); err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return l.db.Across(ctx, "checkpoints belong to the instance", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE {audit_checkpoint} SET kept_at = ? WHERE size = ?`, tx.Now(), row.Size)
		return err
	})
}

// Copy writes the newest checkpoint and all leaves below it to one place: the start of a collection elsewhere.
func (l *Log) Copy(ctx context.Context, c SignedCheckpoint, to Place) error {
	leaves, err := l.leavesText(ctx, 0, c.Size)
	if err != nil {
		return err
	}
	return errors.Join(to.Put(ctx, leavesName(0, c.Size), leaves), to.Put(ctx, checkpointName(c.Size), []byte(c.Note)))
}

// leavesText lists leaves, one a line: with them beside a checkpoint, a verification names the very entry that was changed, even where
// all hashes in the database were made anew.
func (l *Log) leavesText(ctx context.Context, from, to int64) ([]byte, error) {
	var b strings.Builder
	for from < to {
		var page []Leaf
		err := l.db.View(ctx, db.Grant(), func(tx *db.Tx) error {
			return tx.Select(ctx, &page, `SELECT `+db.Columns[Leaf]("")+` FROM {audit_leaf} WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT 5000`, from, to)
		})
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[0].Seq != from {
			return nil, fmt.Errorf("leaf %d of the audit log is missing; run vigie audit verify", from)
		}
		for _, leaf := range page {
			fmt.Fprintf(&b, "%d %s %s %s\n", leaf.Seq, leaf.Customer, leaf.Entry, leaf.Digest)
		}
		from = page[len(page)-1].Seq + 1
	}
	return []byte(b.String()), nil
}

// Kept is what was kept elsewhere: a signed checkpoint, and the leaves that stood beside it.
type Kept struct {
	Checkpoint string
	Leaves     map[int64]Leaf
}

// ReadKept reads a checkpoint from a file, and the leaves beside it that belong below it.
func ReadKept(path string) (Kept, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Kept{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	k := Kept{Checkpoint: string(text), Leaves: map[int64]Leaf{}}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "leaves-*.txt"))
	if err != nil {
		return k, err
	}
	for _, name := range files {
		if err := k.read(name); err != nil {
			return k, fmt.Errorf("%s: %w", name, err)
		}
	}
	return k, nil
}

func (k *Kept) read(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		leaf, ok := parseLeaf(lines.Text())
		if !ok {
			return fmt.Errorf("line %d is no leaf", n)
		}
		k.Leaves[leaf.Seq] = leaf
	}
	return lines.Err()
}

func parseLeaf(line string) (Leaf, bool) {
	parts := strings.Split(line, " ")
	if len(parts) != 4 {
		return Leaf{}, false
	}
	seq, err := strconv.ParseInt(parts[0], 10, 64)
	sum, hexErr := hex.DecodeString(parts[3])
	ok := err == nil && hexErr == nil && len(sum) == 32 && seq >= 0 && id.Valid(parts[1]) && id.Valid(parts[2])
	return Leaf{Seq: seq, Customer: parts[1], Entry: parts[2], Digest: parts[3]}, ok
}
