package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vigie/internal/exchange/archive"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Source is a backup that was opened and found whole.
type Source struct {
	reader *archive.Reader
	Report Report
	close  func() error
}

// Open checks a backup for a restore.
func Open(ctx context.Context, path string) (*Source, error) {
	f, a, size, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := a.Verify(ctx); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Source{reader: a, Report: report(path, size, a), close: f.Close}, nil
}

// Close lets the file go.
func (s *Source) Close() error { return s.close() }

// Load fills a database that has the schema of the backup and no data, all or nothing, and compares what is there then with the
// manifest. Files come first: they do no harm without rows.
func (s *Source) Load(ctx context.Context, into Instance, told func(Step)) error {
	schema, err := into.DB.SchemaVersion(ctx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if schema != s.reader.Manifest.Schema {
		return fmt.Errorf("restore: the database has schema %d, the backup %d", schema, s.reader.Manifest.Schema)
	}
	if err := s.loadFiles(ctx, into.Files, told); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	err = into.DB.Across(ctx, "a restore is of the whole instance", func(tx *db.Tx) error {
		for _, t := range s.reader.Manifest.Tables {
			if err := empty(ctx, tx, t.Name); err != nil {
				return err
			}
		}
		for _, t := range s.reader.Manifest.Tables {
			if _, err := s.reader.Load(ctx, tx, t, nil); err != nil {
				return err
			}
			told(Step{t.Name, t.Rows})
		}
		return s.compare(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func empty(ctx context.Context, tx *db.Tx, table string) error {
	var n int
	if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM (SELECT 1 AS x FROM {`+table+`} LIMIT 1) q`); err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "backup.not_empty", "table", table)
	}
	return nil
}

// compare counts every table once more, in the transaction that filled them.
func (s *Source) compare(ctx context.Context, tx *db.Tx) error {
	var wrong []string
	for _, t := range s.reader.Manifest.Tables {
		var n int64
		if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {`+t.Name+`}`); err != nil {
			return err
		}
		if n != t.Rows {
			wrong = append(wrong, fmt.Sprintf("%s has %d rows, the backup %d", t.Name, n, t.Rows))
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

func (s *Source) loadFiles(ctx context.Context, files Files, told func(Step)) error {
	if s.Report.Files == 0 {
		return nil
	}
	if files == nil {
		return errors.New("the backup has files, and this instance keeps none")
	}
	n := int64(0)
	for _, m := range s.reader.Manifest.Members {
		hash, ok := strings.CutPrefix(m.Name, "files/")
		if !ok {
			continue
		}
		if err := s.loadFile(ctx, files, m.Name, hash); err != nil {
			return fmt.Errorf("file %s: %w", hash, err)
		}
		n++
	}
	told(Step{"files", n})
	return nil
}

func (s *Source) loadFile(ctx context.Context, files Files, member, hash string) error {
	r, err := s.reader.File(member)
	if err != nil {
		return err
	}
	defer r.Close()
	return files.Put(ctx, hash, r)
}
