package audit

import (
	"context"
	"encoding/json"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Proof shows, to whoever trusts the key, that an entry stands in the log, without anything else of it.
type Proof struct {
	Entry      string   `json:"entry" doc:"The entry's canonical text: one line of JSON. Its SHA-256 is the digest."`
	Leaf       Leaf     `json:"leaf"`
	Path       []string `json:"path" doc:"Hashes from the leaf to the root (RFC 6962), in hex."`
	Checkpoint string   `json:"checkpoint" doc:"Signed note of the log that holds the entry."`
	Key        string   `json:"key" doc:"Public key of the note. Compare it with the one that you were given another way."`
}

// Check recomputes the proof. Faults: invalid, with the member that is wrong.
func (p Proof) Check(keys note.Verifiers) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, keys)
	if err != nil {
		return c, err
	}
	if digestOf([]byte(p.Entry)) != p.Leaf.Digest || !names(line{p.Leaf, []byte(p.Entry)}) {
		return c, badProof("entry", "audit.field.entry")
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, text := range p.Path {
		if path[i], err = parseHash(text); err != nil {
			return c, badProof("path", "audit.field.path")
		}
	}
	if p.Leaf.Seq < 0 || p.Leaf.Seq >= c.Size || tlog.CheckRecord(path, c.Size, c.Root, p.Leaf.Seq, p.Leaf.Hash()) != nil {
		return c, badProof("path", "audit.field.path")
	}
	return c, nil
}

func badProof(path, key string) error {
	var bad fault.Fields
	bad.Add(path, key)
	return bad.Err()
}

// Decode reads the entry of a proof; times and ids are as the log has them.
func (p Proof) Decode() (Entry, error) {
	var e struct {
		CustomerID string `json:"customer_id"`
		ID         string `json:"id"`
		At         int64  `json:"at"`
		ActorKind  string `json:"actor_kind"`
		ActorID    string `json:"actor_id"`
		ActorName  string `json:"actor_name"`
		Via        string `json:"via"`
		Address    string `json:"address"`
		Action     string `json:"action"`
		RecordType string `json:"record_type"`
		RecordID   string `json:"record_id"`
		RecordName string `json:"record_name"`
		Before     any    `json:"before"`
		After      any    `json:"after"`
	}
	dec := json.NewDecoder(strings.NewReader(p.Entry))
	if err := dec.Decode(&e); err != nil {
		return Entry{}, badProof("entry", "audit.field.entry")
	}
	out := Entry{CustomerID: e.CustomerID, ID: e.ID, At: microseconds(e.At), ActorKind: e.ActorKind, ActorID: e.ActorID, ActorName: e.ActorName, Via: e.Via, Address: e.Address,
		Action: e.Action, RecordType: e.RecordType, RecordID: e.RecordID, RecordName: e.RecordName}
	out.Before.V, out.After.V = e.Before, e.After
	return out, nil
}

func microseconds(n int64) (t db.Time) {
	_ = t.Scan(n) // a whole number is always a moment
	return t
}

// Entry reads one entry of the trail. Faults: not_found, forbidden.
func (l *Log) Entry(ctx context.Context, a permission.Actor, ref string) (out Line, err error) {
	err = l.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		r, err := get(ctx, tx, ref)
		out = r.line()
		return err
	})
	if err == nil {
		err = a.Require(permission.AuditRead)
	}
	if err != nil {
		return Line{}, err
	}
	return out, nil
}

func get(ctx context.Context, tx *db.Tx, ref string) (r row, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &r, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE e.id = ?`, ref)
	return r, err
}

// Prove gives the proof of an entry, by the newest checkpoint. Faults: not_found, forbidden, conflict (no checkpoint holds it yet).
func (l *Log) Prove(ctx context.Context, a permission.Actor, ref string) (p Proof, err error) {
	err = l.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		e, err := get(ctx, tx, ref)
		if err == nil {
			err = a.Require(permission.AuditRead)
		}
		if err == nil {
			p, err = prove(ctx, tx, e.CustomerID, e.ID)
		}
		return err
	})
	return p, err
}

// ProveEntry gives the proof of an entry of the transaction's customers to a room that has asked its own questions first: a signature's
// receipt is shown to who may see the signature. Faults: not_found, conflict.
func ProveEntry(ctx context.Context, tx *db.Tx, ref string) (Proof, error) {
	e, err := get(ctx, tx, ref)
	if err != nil {
		return Proof{}, err
	}
	return prove(ctx, tx, e.CustomerID, e.ID)
}

func prove(ctx context.Context, tx *db.Tx, customer, entry string) (p Proof, err error) {
	rows, err := tx.Rows(ctx, `SELECT l.seq, CAST(l.of_customer AS TEXT), CAST(l.entry_id AS TEXT), l.digest, `+selected+`
		FROM {audit_leaf} l JOIN {audit_entry} e ON e.customer_id = l.of_customer AND e.id = l.entry_id WHERE l.entry_id = ? AND l.of_customer = ?`, entry, customer)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	var text []byte
	for rows.Next() {
		if text, err = scanEntry(rows, &p.Leaf.Seq, &p.Leaf.Customer, &p.Leaf.Entry, &p.Leaf.Digest); err != nil {
			return p, err
		}
	}
	if err := rows.Err(); err != nil {
		return p, err
	}
	rows.Close()
	if text == nil {
		return p, fault.New(fault.Conflict, "audit.unsigned")
	}
	p.Entry = string(text)
	c, err := lastCheckpoint(ctx, tx)
	if fault.Is(err, fault.NotFound) || err == nil && c.Size <= p.Leaf.Seq {
		return p, fault.New(fault.Conflict, "audit.unsigned")
	}
	if err != nil {
		return p, err
	}
	path, err := tlog.ProveRecord(c.Size, p.Leaf.Seq, reader(ctx, tx))
	if err != nil {
		return p, err
	}
	p.Checkpoint, p.Path = c.Note, hexes(path)
	keys, err := publicKeys(ctx, tx)
	p.Key = signedBy(c.Note, keys)
	return p, err
}

// signedBy is the public key that a note bears the signature of.
func signedBy(text string, keys []string) string {
	for _, k := range keys {
		if v, err := Keys(k); err == nil {
			if _, err := OpenCheckpoint(text, v); err == nil {
				return k
			}
		}
	}
	return ""
}

func hexes[T ~[]tlog.Hash](hashes T) []string {
	out := make([]string, len(hashes))
	for i, h := range hashes {
		out[i] = hexOf(h)
	}
	return out
}

// Consistency shows that a later log continues an earlier one.
type Consistency struct {
	From SignedCheckpoint `json:"from"`
	To   SignedCheckpoint `json:"to"`
	Path []string         `json:"path" doc:"Hashes (RFC 6962), in hex."`
	Key  string           `json:"key"`
}

// Continues proves that the checkpoint of one size is the beginning of that of another. Faults: forbidden, not_found.
func (l *Log) Continues(ctx context.Context, a permission.Actor, from, to int64) (out Consistency, err error) {
	if err := a.Require(permission.AuditRead); err != nil {
		return out, err
	}
	if from > to {
		return out, fault.New(fault.NotFound, "fault.not_found")
	}
	err = l.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if out.From, err = checkpointAt(ctx, tx, from); err != nil {
			return err
		}
		if out.To, err = checkpointAt(ctx, tx, to); err != nil {
			return err
		}
		keys, err := publicKeys(ctx, tx)
		if err != nil {
			return err
		}
		out.Key, out.Path = signedBy(out.To.Note, keys), []string{}
		if from == to {
			return nil
		}
		path, err := tlog.ProveTree(to, from, reader(ctx, tx))
		out.Path = hexes(path)
		return err
	})
	return out, err
}

func checkpointAt(ctx context.Context, tx *db.Tx, size int64) (SignedCheckpoint, error) {
	var row checkpointRow
	err := tx.Get(ctx, &row, `SELECT `+db.Columns[checkpointRow]("")+` FROM {audit_checkpoint} WHERE size = ?`, size)
	return row.shown(), err
}
