package audit

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Checkpoint says what the log was at a moment: its first Size entries have this root. Signed and kept elsewhere, it is what
// the log is held to.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	At     time.Time
}

// timePrefix begins the one extension line of ours.
const timePrefix = "time "

// text is the body of the note, as C2SP's tlog-checkpoint has it.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), timePrefix, c.At.UTC().Format(time.RFC3339))
}

// OpenCheckpoint reads a signed checkpoint and checks its signature against the keys. Faults: invalid.
func OpenCheckpoint(text string, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(text), keys)
	if err != nil {
		return Checkpoint{}, badCheckpoint("audit.field.signature", err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, badCheckpoint("audit.field.checkpoint", err)
	}
	// A key that signs another log with the same key would be a fault of the operator; the name must be the log's anyhow.
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, nil
		}
	}
	return Checkpoint{}, badCheckpoint("audit.field.signature", nil)
}

func badCheckpoint(key string, err error) error {
	var bad fault.Fields
	bad.Add("checkpoint", key)
	f, _ := bad.Err().(*fault.Error)
	return f.Because(err)
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || lines[0] == "" {
		return c, fmt.Errorf("a checkpoint has an origin, a size and a root")
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || lines[1] != strconv.FormatInt(c.Size, 10) {
		return c, fmt.Errorf("%q is no size", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return c, fmt.Errorf("%q is no root", lines[2])
	}
	copy(c.Root[:], root)
	for _, line := range lines[3:] {
		if at, ok := strings.CutPrefix(line, timePrefix); ok {
			if c.At, err = time.Parse(time.RFC3339, at); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// checkpointRow is a checkpoint as the database keeps it.
type checkpointRow struct {
	Size     int64   `db:"size"`
	Previous int64   `db:"previous"`
	Root     string  `db:"root"`
	Note     string  `db:"note"`
	At       db.Time `db:"at"`
	KeptAt   db.Time `db:"kept_at"`
}

// Checkpoint numbers what waits, and signs the log as it is now; the same log gets the same checkpoint again. It refuses to sign a log
// that does not continue the one it signed last. Faults: conflict (the log is empty).
func (l *Log) Checkpoint(ctx context.Context) (out SignedCheckpoint, err error) {
	if _, err := l.Sequence(ctx); err != nil {
		return out, err
	}
	var row checkpointRow
	err = l.db.Across(ctx, "one log over the entries of all customers", func(tx *db.Tx) (err error) {
		row, err = l.sign(ctx, tx)
		return err
	})
	return row.shown(), err
}

func (l *Log) sign(ctx context.Context, tx *db.Tx) (row checkpointRow, err error) {
	size, err := lockHead(ctx, tx)
	if err != nil {
		return row, err
	}
	if size == 0 {
		return row, fault.New(fault.Conflict, "audit.empty")
	}
	key, err := l.signingKey(ctx, tx)
	if err != nil {
		return row, err
	}
	last, err := lastCheckpoint(ctx, tx)
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return row, err
	case last.Size == size:
		return last, nil
	default:
		if err := continues(ctx, tx, last, size); err != nil {
			return row, err
		}
	}
	root, err := rootAt(ctx, tx, size)
	if err != nil {
		return row, err
	}
	c := Checkpoint{Origin: key.Name(), Size: size, Root: root, At: tx.Now().Time}
	signed, err := note.Sign(&note.Note{Text: c.text()}, key)
	if err != nil {
		return row, fmt.Errorf("sign a checkpoint: %w", err)
	}
	row = checkpointRow{Size: size, Previous: last.Size, Root: hex.EncodeToString(root[:]), Note: string(signed), At: tx.Now()}
	_, err = tx.Insert(ctx, "audit_checkpoint", row, "")
	return row, err
}

func lastCheckpoint(ctx context.Context, tx *db.Tx) (row checkpointRow, err error) {
	err = tx.Get(ctx, &row, `SELECT `+db.Columns[checkpointRow]("")+` FROM {audit_checkpoint} ORDER BY size DESC LIMIT 1`)
	return row, err
}

// continues refuses to go on from a log that is not the one that was signed last. Whether the entries still are what they were, only a
// verification of the whole log tells.
func continues(ctx context.Context, tx *db.Tx, last checkpointRow, size int64) error {
	texts, err := publicKeys(ctx, tx)
	if err != nil {
		return err
	}
	keys, err := Keys(strings.Join(texts, "\n"))
	if err != nil {
		return err
	}
	broken := fmt.Errorf("the audit log does not continue its checkpoint of %d entries; run vigie audit verify", last.Size)
	c, err := OpenCheckpoint(last.Note, keys)
	if err != nil || c.Size != last.Size || c.Size > size {
		return broken
	}
	root, err := rootAt(ctx, tx, size)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(size, c.Size, reader(ctx, tx))
	if err != nil {
		return err
	}
	if tlog.CheckTree(proof, size, root, c.Size, c.Root) != nil {
		return broken
	}
	return nil
}

// SignedCheckpoint is a checkpoint as callers see it.
type SignedCheckpoint struct {
	Size   int64   `json:"size" doc:"How many entries it covers."`
	Root   string  `json:"root" doc:"Hash of the tree, in hex."`
	At     db.Time `json:"at"`
	Note   string  `json:"note" doc:"The signed note (C2SP tlog-checkpoint), to be kept elsewhere."`
	KeptAt db.Time `json:"kept_at" doc:"When it was written to the places that the operator has named; null where it was not."`
}

func (r checkpointRow) shown() SignedCheckpoint {
	return SignedCheckpoint{Size: r.Size, Root: r.Root, At: r.At, Note: r.Note, KeptAt: r.KeptAt}
}
