package blob

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
)

// late is far behind the times that the file system writes.
var late = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

func customerOf(t *testing.T, d *db.DB) db.Scope {
	t.Helper()
	s := db.Grant(id.New())
	one, _ := s.One()
	err := d.InScope(t.Context(), s, func(tx *db.Tx) error {
		_, err := tx.Insert(t.Context(), "customer", struct {
			ID        string  `db:"id"`
			Slug      string  `db:"slug"`
			Name      string  `db:"name"`
			Country   string  `db:"country"`
			Language  string  `db:"language"`
			TimeZone  string  `db:"time_zone"`
			Phase     string  `db:"phase"`
			Version   int64   `db:"version"`
			CreatedAt db.Time `db:"created_at"`
			UpdatedAt db.Time `db:"updated_at"`
		}{one, "c" + one[30:], "C", "", "en", "UTC", "live", 1, tx.Now(), tx.Now()}, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// name writes a row that names a blob, as an upload does.
func name(ctx context.Context, d *db.DB, scope db.Scope, s Store, b Blob) error {
	return d.InScope(ctx, scope, func(tx *db.Tx) error {
		if err := Keep(ctx, tx, s, b); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "file", struct {
			CustomerID  string  `db:"customer_id"`
			ID          string  `db:"id"`
			RecordType  string  `db:"record_type"`
			RecordID    string  `db:"record_id"`
			Name        string  `db:"name"`
			MediaType   string  `db:"media_type"`
			Size        int64   `db:"size"`
			Hash        string  `db:"hash"`
			PreviewType string  `db:"preview_type"`
			PreviewSize int64   `db:"preview_size"`
			Public      bool    `db:"public"`
			AddedName   string  `db:"added_name"`
			Version     int64   `db:"version"`
			CreatedAt   db.Time `db:"created_at"`
		}{ID: id.New(), RecordType: "contact", RecordID: id.New(), Hash: b.Hash, Size: b.Size, CreatedAt: tx.Now()}, "")
		return err
	})
}

// A sweep takes what no row names and nobody has put of late, and nothing else.
func TestSweepTakesOnlyWhatNothingNames(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx, scope := t.Context(), customerOf(t, d)
		s := NewFolder(filepath.Join(t.TempDir(), "files"))
		put := func(text string) Blob {
			b, err := s.Put(ctx, strings.NewReader(text), 100)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		named, lost := put("named"), put("lost")
		if err := name(ctx, d, scope, s, named); err != nil {
			t.Fatal(err)
		}
		early := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		if n, err := Sweep(ctx, d, s, early); err != nil || n != 0 {
			t.Errorf("within the grace: %d removed, %v", n, err)
		}
		if n, err := Sweep(ctx, d, s, late); err != nil || n != 1 {
			t.Errorf("%d removed, %v, want 1", n, err)
		}
		if _, err := s.Stat(ctx, named.Hash); err != nil {
			t.Errorf("the named one: %v", err)
		}
		if _, err := s.Stat(ctx, lost.Hash); !fault.Is(err, fault.NotFound) {
			t.Errorf("the lost one: %v", err)
		}
		// An upload whose content has just been swept away is told to come again, and comes.
		if err := name(ctx, d, scope, s, lost); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a row for a content that is gone: %v", err)
		}
		if err := name(ctx, d, scope, s, put("lost")); err != nil {
			t.Fatal(err)
		}
		// An old content that an upload has just touched stays, though its file is old: the row tells.
		c.Set(late)
		again := put("again")
		err := d.InScope(ctx, scope, func(tx *db.Tx) error { return Keep(ctx, tx, s, again) })
		if err != nil {
			t.Fatal(err)
		}
		if n, err := Sweep(ctx, d, s, late.Add(Grace/2)); err != nil || n != 0 {
			t.Errorf("just touched: %d removed, %v", n, err)
		}
		if n, err := Sweep(ctx, d, s, late.Add(2*Grace)); err != nil || n != 1 {
			t.Errorf("touched long ago: %d removed, %v", n, err)
		}
	})
}

// Uploads and sweeps of the same few contents at once: in the end every row has its content.
func TestSweepBesideUploads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, scope := t.Context(), customerOf(t, d)
		s := NewFolder(filepath.Join(t.TempDir(), "files"))
		stop := make(chan struct{})
		var sweeper, uploads sync.WaitGroup
		// The clock of the rows stands at dbtest.Start: the cut lies between it and the times of the file system.
		sweeper.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := sweep(ctx, d, s, late, Columns()); err != nil && !fault.Is(err, fault.Unavailable) {
					t.Error(err)
					return
				}
			}
		})
		for i := range 4 {
			uploads.Go(func() {
				for n := range 15 {
					content := fmt.Sprintf("content %d", (i+n)%5)
					for {
						b, err := s.Put(ctx, strings.NewReader(content), 100)
						if err == nil {
							err = name(ctx, d, scope, s, b)
						}
						if fault.Is(err, fault.Unavailable) {
							continue
						}
						if err != nil {
							t.Error(err)
						}
						break
					}
				}
			})
		}
		uploads.Wait()
		close(stop)
		sweeper.Wait()
		var hashes []string
		if err := d.View(ctx, scope, func(tx *db.Tx) error { return tx.Select(ctx, &hashes, `SELECT DISTINCT hash FROM {file}`) }); err != nil {
			t.Fatal(err)
		}
		if len(hashes) != 5 {
			t.Errorf("%d contents are named, want 5", len(hashes))
		}
		for _, h := range hashes {
			if _, err := s.Stat(ctx, h); err != nil {
				t.Errorf("a row names %s: %v", h, err)
			}
		}
	})
}
