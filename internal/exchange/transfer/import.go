package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"vigie/internal/exchange/archive"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Import takes the customer of an export in, all or nothing. slug gives it another name here; empty keeps its own. Faults: forbidden
// (also for who does not see all customers), invalid (file, slug), conflict (the customer or its slug is here).
func (s *Service) Import(ctx context.Context, a permission.Actor, in io.ReaderAt, size int64, slug string) (Report, error) {
	if err := mayImport(a); err != nil {
		return Report{}, err
	}
	z, err := s.whole(ctx, in, size)
	if err != nil {
		return Report{}, err
	}
	who := *z.Manifest.Customer
	if slug != "" {
		who.Slug = slug
	}
	var bad fault.Fields
	if s.CheckSlug(&bad, who.Slug); bad != nil {
		return Report{}, bad.Err()
	}
	scope, err := a.For(permission.CustomerImport, who.ID)
	if err != nil {
		return Report{}, err
	}
	if err := s.free(ctx, a, who); err != nil {
		return Report{}, err
	}
	r := Report{Customer: who.Slug, Digest: z.Digest, Tables: map[string]int64{}}
	if r.People, err = countPeople(z); err != nil {
		return Report{}, err
	}
	if r.Files, err = s.takeFiles(ctx, z); err != nil {
		return Report{}, fmt.Errorf("import: %w", err)
	}
	if err := s.announce(ctx, a, who, z.Digest); err != nil {
		return Report{}, fmt.Errorf("import: %w", err)
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		if err := s.load(ctx, tx, z, who, &r); err != nil {
			return err
		}
		if s.Arrived != nil {
			if err := s.Arrived(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := audit.Adopt(ctx, tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "customer.import", audit.Record{Type: "customer", ID: who.ID, Name: who.Name}, nil,
			map[string]any{"digest": r.Digest, "rows": r.Rows, "files": r.Files, "left": r.Left})
	})
	if fault.Is(err, fault.Conflict) {
		return Report{}, err
	}
	if err != nil {
		return Report{}, fmt.Errorf("import: %w", err)
	}
	return r, nil
}

// announce notes in the trail that a customer is coming, before its own entries do.
func (s *Service) announce(ctx context.Context, a permission.Actor, who archive.Subject, digest string) error {
	err := s.DB.Across(ctx, "the trail of the instance says that a customer comes", func(tx *db.Tx) error {
		return audit.Arrive(ctx, tx, a, audit.Record{Type: "customer", ID: who.ID, Name: who.Name}, digest)
	})
	if err != nil {
		return err
	}
	return s.Orders.Settle(ctx)
}

// mayImport: whoever is limited to some customers could not see the new one.
func mayImport(a permission.Actor) error {
	if err := a.Require(permission.CustomerImport); err != nil || !a.Scope().All() {
		return fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	return nil
}

// whole opens an archive and holds it against its manifest; whatever is wrong is the fault of the field "file".
func (s *Service) whole(ctx context.Context, in io.ReaderAt, size int64) (*archive.Reader, error) {
	z, err := archive.Open(in, size)
	if err == nil && (z.Manifest.Kind != archive.Customer || z.Manifest.Customer == nil || !id.Valid(z.Manifest.Customer.ID)) {
		err = errors.New("it is not the export of a customer")
	}
	if err == nil {
		err = z.Verify(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, badFile("transfer.field.file", "reason", err.Error())
	}
	schema, err := s.DB.SchemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	if z.Manifest.Schema != schema {
		return nil, badFile("transfer.field.schema", "theirs", z.Manifest.Vigie, "ours", s.Version)
	}
	return z, nil
}

func badFile(key string, pairs ...any) error {
	var bad fault.Fields
	bad.Add("file", key, pairs...)
	return bad.Err()
}

// free tells whether neither the customer nor its slug is here.
func (s *Service) free(ctx context.Context, a permission.Actor, who archive.Subject) error {
	_, err := s.customer(ctx, a.Scope(), who.ID)
	if err == nil {
		return fault.New(fault.Conflict, "transfer.here", "slug", who.Slug)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = s.customer(ctx, a.Scope(), who.Slug)
	if err == nil {
		taken := fault.New(fault.Conflict, "transfer.slug_taken", "slug", who.Slug)
		taken.Fields = fault.Fields{{Path: "slug", Key: "transfer.slug_taken", Args: taken.Args}}
		return taken
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	return nil
}

func (s *Service) load(ctx context.Context, tx *db.Tx, z *archive.Reader, who archive.Subject, r *Report) error {
	tables := db.Tables()
	for _, t := range z.Manifest.Tables {
		i := slices.IndexFunc(tables, func(have db.Table) bool { return have.Name == t.Name })
		if i < 0 || tables[i].Key == "" {
			return fmt.Errorf("the export has a table %s, which no customer has", t.Name)
		}
		if tables[i].Travel != db.Whole {
			continue
		}
		edit, err := s.edit(ctx, tx, t, who, r)
		if err != nil {
			return err
		}
		n, err := z.Load(ctx, tx, t, edit)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		r.Tables[t.Name] = n
		r.Rows += n
	}
	for _, m := range z.Manifest.Members {
		if hash, ok := strings.CutPrefix(m.Name, "files/"); ok {
			if err := s.Files.Keep(ctx, tx, hash, m.Bytes); err != nil {
				return fmt.Errorf("file %s: %w", hash, err)
			}
		}
	}
	return nil
}

// edit gives the customer its name here, and empties references to people and other things of the other instance; a row that cannot be
// without is left out.
func (s *Service) edit(ctx context.Context, tx *db.Tx, t archive.Table, who archive.Subject, r *Report) (archive.Edit, error) {
	links, err := tx.Links(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	columns, err := tx.Catalog(ctx, t.Name)
	if err != nil {
		return nil, err
	}
	may := map[string]bool{}
	for _, c := range columns {
		may[c.Name] = c.Null
	}
	return func(row map[string]any) bool {
		if t.Name == "customer" {
			row["slug"] = who.Slug
		}
		for _, l := range links {
			if row[l.Column] == nil {
				continue
			}
			if !may[l.Column] {
				r.Left++
				return false
			}
			row[l.Column] = nil
		}
		return true
	}, nil
}

func countPeople(z *archive.Reader) (int, error) {
	f, err := z.File("people.json")
	if err != nil {
		return 0, badFile("transfer.field.file", "reason", err.Error())
	}
	defer f.Close()
	var all []Person
	if err := json.NewDecoder(f).Decode(&all); err != nil {
		return 0, badFile("transfer.field.file", "reason", err.Error())
	}
	return len(all), nil
}

func (s *Service) takeFiles(ctx context.Context, z *archive.Reader) (n int64, err error) {
	for _, m := range z.Manifest.Members {
		hash, ok := strings.CutPrefix(m.Name, "files/")
		if !ok {
			continue
		}
		if hash != m.SHA256 {
			return n, badFile("transfer.field.file", "reason", m.Name)
		}
		f, err := z.File(m.Name)
		if err != nil {
			return n, err
		}
		err = s.Files.Put(ctx, hash, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// ImportFile is Import from a file of this machine.
func (s *Service) ImportFile(ctx context.Context, a permission.Actor, path, slug string) (Report, error) {
	if err := mayImport(a); err != nil {
		return Report{}, err
	}
	f, _, size, err := archive.OpenFile(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	return s.Import(ctx, a, f, size, slug)
}
