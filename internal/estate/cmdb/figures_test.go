package cmdb

import (
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/trust/permission"
)

// TestFiguresOfALargeEstateAreCountedByTheTick says of a crowd that it is large: its pages wait for nobody to count.
func TestFiguresOfALargeEstateAreCountedByTheTick(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, watch *clock.Manual) {
		scopes, all := crowd(t, d)
		scope, s := scopes[0], New(d)
		reader := permission.Grant(permission.Actor{}, permission.Engineer, scope)
		figures := func(want int64, when string) {
			t.Helper()
			a, err := New(d).Accuracy(t.Context(), reader, "") // another process
			if err != nil || len(a) != 1 || a[0].Gone != want || a[0].CustomerID == "" || a[0].VerifiedShare == 0 {
				t.Errorf("%s: %+v, want %d gone: %v", when, a, want, err)
			}
			o, err := s.Overview(t.Context(), reader, "")
			if err != nil || o.Gone != want || len(o.Counts) < 10 {
				t.Errorf("%s: %d gone in %d counts, want %d: %v", when, o.Gone, len(o.Counts), want, err)
			}
		}
		keep := func() {
			t.Helper()
			watch.Advance(time.Second)
			if err := s.KeepFigures(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		write := func(text string, params ...any) {
			t.Helper()
			if err := d.InScope(t.Context(), scope, func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), text, params...)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		gone := int64(0)
		for _, c := range all {
			if c.Customer == "crowd-0" && c.Status == Gone {
				gone++
			}
		}
		keep() // of nobody: no estate is large
		figures(gone, "counted on the page")
		if err := d.InScope(t.Context(), scope, func(tx *db.Tx) error {
			_, err := tx.Insert(t.Context(), "segment", struct {
				CustomerID string `db:"customer_id"`
				List       string `db:"list"`
				Generation int64  `db:"generation"`
				Records    int64  `db:"records"`
				BuiltAt    int64  `db:"built_at"`
				Leased     int64  `db:"leased_until"`
			}{"", "ci", 1, largeEstate, 0, 0}, "")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		keep()
		figures(gone, "counted by the tick")
		write(`UPDATE {ci} SET status = 'gone', updated_at = ? WHERE status <> 'gone'`, db.At(watch.Now().Add(time.Hour)))
		figures(gone, "until the next tick")
		keep()
		figures(2_500, "after the tick")
		write(`UPDATE {ci} SET status = 'active' WHERE status = 'gone' AND owner = 'ada'`)
		keep()
		figures(2_500, "what leaves no trace is not seen at once")
		watch.Advance(keptFor + time.Second)
		keep()
		a, err := s.Accuracy(t.Context(), reader, "")
		if err != nil || a[0].Gone >= 2_500 {
			t.Errorf("after a while: %+v, %v", a, err)
		}
	})
}
