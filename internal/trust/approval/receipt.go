package approval

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// format names the form of a receipt.
const format = "vigie receipt v1"

// signAction is the action of the entry that is a signature.
const signAction = "sign"

// Receipt proves a signature to whoever has the log's public key.
type Receipt struct {
	Format  string      `json:"format"`
	Signed  fact        `json:"signed" doc:"Who signed what, when and how."`
	Content string      `json:"content" doc:"Exactly what was shown and signed; its SHA-256 is signed.sha256."`
	Proof   audit.Proof `json:"proof" doc:"That the log holds the signature."`
}

// Receipt gives the receipt of a signature. Faults: not_found, forbidden, conflict (not signed, or not under a checkpoint yet).
func (s *Service) Receipt(ctx context.Context, a permission.Actor, ref string) (out Receipt, err error) {
	v, _, err := s.Approval(ctx, a, ref)
	if err != nil {
		return out, err
	}
	if v.State != Signed {
		return out, fault.New(fault.Conflict, "approval.unsigned")
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		proof, err := audit.ProveEntry(ctx, tx, string(v.EntryID))
		if err != nil {
			return err
		}
		out = Receipt{Format: format, Content: v.Content, Proof: proof}
		e, err := proof.Decode()
		if err != nil {
			return err
		}
		return recode(e.After.V, &out.Signed)
	})
	return out, err
}

func recode(from any, to *fact) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}

// ReadReceipt reads a receipt, and nothing but one: a member more or less is refused. Faults: invalid.
func ReadReceipt(text []byte) (r Receipt, err error) {
	// Members that stand twice would be read otherwise by another program.
	if _, err := audit.Canonical(string(text)); err != nil {
		return r, badReceipt("receipt", "approval.receipt.form", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return r, badReceipt("receipt", "approval.receipt.form", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || r.Format != format {
		return r, badReceipt("format", "approval.receipt.form", nil)
	}
	return r, nil
}

// Check holds a receipt against the log's public keys, without any database: that the content is what was signed, that the log's
// entry says so of this person, and that a checkpoint with the key's signature holds the entry. Faults: invalid, with the part that is wrong.
func (r Receipt) Check(keys note.Verifiers) (audit.Checkpoint, error) {
	c, err := r.Proof.Check(keys)
	if err != nil {
		return c, err
	}
	e, err := r.Proof.Decode()
	if err != nil {
		return c, err
	}
	var logged fact
	if err := recode(e.After.V, &logged); err != nil {
		return c, badReceipt("signed", "approval.receipt.signed", err)
	}
	switch {
	case e.Action != signAction || e.RecordType != "approval" || e.ActorKind != string(permission.Person):
		return c, badReceipt("proof", "approval.receipt.other", nil)
	case logged != r.Signed, e.RecordID != logged.Approval, e.CustomerID != logged.Customer, e.ActorID != logged.SignerID, e.ActorName != logged.Signer:
		return c, badReceipt("signed", "approval.receipt.signed", nil)
	case Sum([]byte(r.Content)) != logged.SHA256:
		return c, badReceipt("content", "approval.receipt.content", nil)
	}
	return c, nil
}

func badReceipt(path, key string, err error) error {
	var bad fault.Fields
	bad.Add(path, key)
	f, _ := bad.Err().(*fault.Error)
	return f.Because(err)
}
