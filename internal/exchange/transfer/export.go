package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"vigie/internal/exchange/archive"
	"vigie/internal/platform/db"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Person is somebody of the customer who may sign in, as an export has them: without anything by which they do.
type Person struct {
	ID       string `json:"id" db:"id"`
	Email    string `json:"email" db:"email"`
	Name     string `json:"name" db:"name"`
	Role     string `json:"role" db:"role"`
	Language string `json:"language" db:"language"`
	TimeZone string `json:"time_zone" db:"time_zone"`
}

// Report is what an export or import holds.
type Report struct {
	Customer string           `json:"customer" doc:"Slug."`
	Digest   string           `json:"digest" doc:"SHA-256 of the manifest: who keeps it can tell later whether anything was changed."`
	Rows     int64            `json:"rows"`
	Files    int64            `json:"files"`
	People   int              `json:"people" doc:"Who of the customer could sign in; after an import they are invited anew."`
	Tables   map[string]int64 `json:"tables" doc:"Rows by table."`
	Left     int64            `json:"left" doc:"Rows that an import could not take, since they belong to people of the other instance."`
}

// Export writes everything of a customer to w, and notes in the trail that it was taken. Faults: not_found, forbidden.
func (s *Service) Export(ctx context.Context, a permission.Actor, ref string, w io.Writer) (Report, error) {
	c, err := s.customer(ctx, a.Scope(), ref)
	if err != nil {
		return Report{}, err
	}
	scope, err := a.For(permission.CustomerExport, c.ID)
	if err != nil {
		return Report{}, err
	}
	schema, err := s.DB.SchemaVersion(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("export: %w", err)
	}
	var r Report
	err = s.DB.Frozen(ctx, scope, func(tx *db.Tx) error {
		z := archive.NewWriter(w, archive.Manifest{Kind: archive.Customer, Made: tx.Now(), Vigie: s.Version, Schema: schema, Engine: s.DB.Engine().String(), Customer: c.subject()})
		if err := z.Add("README.md", strings.NewReader(s.Words(c.Language).T("transfer.guide", "name", c.Name))); err != nil {
			return err
		}
		r = Report{Customer: c.Slug, Tables: map[string]int64{}}
		if err := s.write(ctx, tx, z, &r); err != nil {
			return err
		}
		people, err := people(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		r.People = len(people)
		text, err := json.MarshalIndent(people, "", "  ")
		if err == nil {
			err = z.Add("people.json", bytes.NewReader(text))
		}
		if err != nil {
			return err
		}
		_, r.Digest, err = z.Close()
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("export %s: %w", c.Slug, err)
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		return audit.Write(ctx, tx, a, "customer.export", audit.Record{Type: "customer", ID: c.ID, Name: c.Name}, nil,
			map[string]any{"digest": r.Digest, "rows": r.Rows, "files": r.Files})
	})
	return r, err
}

func (s *Service) write(ctx context.Context, tx *db.Tx, z *archive.Writer, r *Report) error {
	for _, t := range db.Tables() {
		if t.Key == "" || t.Travel == db.Stays {
			continue
		}
		n, err := z.Table(ctx, tx, t.Name, "", s.Sealed(t.Name))
		if err != nil {
			return err
		}
		r.Tables[t.Name] = n
		r.Rows += n
	}
	hashes, err := s.Files.Hashes(ctx, tx)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := s.addFile(ctx, z, hash); err != nil {
			return fmt.Errorf("file %s: %w", hash, err)
		}
		r.Files++
	}
	return nil
}

func (s *Service) addFile(ctx context.Context, z *archive.Writer, hash string) error {
	f, err := s.Files.Open(ctx, hash)
	if err != nil {
		return err
	}
	defer f.Close()
	return z.Add(archive.FileName(hash), f)
}

func people(ctx context.Context, tx *db.Tx, customer string) ([]Person, error) {
	out := []Person{}
	err := tx.Select(ctx, &out, `SELECT id, email, name, role, language, time_zone FROM {app_user} WHERE customer_id = ? ORDER BY email`, customer)
	return out, err
}

// ExportFile is Export into a file, which must not be there yet and is read again before it counts.
func (s *Service) ExportFile(ctx context.Context, a permission.Actor, ref, path string) (r Report, err error) {
	err = archive.Save(path, func(w io.Writer) error {
		r, err = s.Export(ctx, a, ref, w)
		return err
	}, func(written string) error {
		f, z, err := open(written)
		if err != nil {
			return err
		}
		defer f.Close()
		return z.Verify(ctx)
	})
	return r, err
}

func open(path string) (*os.File, *archive.Reader, error) {
	f, z, _, err := archive.OpenFile(path)
	return f, z, err
}
