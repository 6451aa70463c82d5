package seal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
)

// The outbox lends its columns: it has rows of customers and of the instance, and no rules of its own.
var rotated = []Column{
	{Table: "outbox", Column: "last_error", Key: "id", Customer: "customer_id"},
	{Table: "outbox", Column: "topic", Key: "id", Customer: "customer_id"},
}

type lent struct {
	ID         string       `db:"id"`
	Topic      string       `db:"topic"`
	UniqueKey  string       `db:"unique_key"`
	CustomerID db.Null      `db:"customer_id"`
	Payload    db.JSON[any] `db:"payload"`
	CreatedAt  db.Time      `db:"created_at"`
	DueAt      db.Time      `db:"due_at"`
	Attempts   int64        `db:"attempts"`
	LastError  string       `db:"last_error"`
}

var errKilled = errors.New("killed")

// safe is an instance with sealed values of two customers and of its own.
type safe struct {
	db    *db.DB
	clock *clock.Manual
	dir   string
	plain map[string]string // id of a row -> its secret; the topic has it doubled
	owner map[string]string
}

func (s *safe) open(t *testing.T) *Box {
	t.Helper()
	b, err := newBox(t.Context(), Source{Folder: s.dir}, rotated)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(t.Context(), s.db, true); err != nil {
		t.Fatal(err)
	}
	return b
}

func newSafe(t *testing.T, d *db.DB, c *clock.Manual, rows int) *safe {
	t.Helper()
	s := &safe{db: d, clock: c, dir: t.TempDir(), plain: map[string]string{}, owner: map[string]string{}}
	b := s.open(t)
	for _, customer := range []string{Instance, id.New(), id.New()} {
		if err := in(t, d, customer, func(tx *db.Tx) error { return s.fill(t, b, tx, customer, rows) }); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *safe) fill(t *testing.T, b *Box, tx *db.Tx, customer string, rows int) error {
	t.Helper()
	for range rows {
		r := lent{ID: id.New(), CreatedAt: tx.Now(), DueAt: tx.Now()}
		if customer != Instance {
			r.CustomerID = db.Null(customer)
		}
		secret := "secret of " + r.ID
		var err, err2 error
		r.UniqueKey = r.ID
		r.LastError, err = b.Seal(t.Context(), tx, Place{"outbox", r.ID, "last_error"}, []byte(secret))
		r.Topic, err2 = b.Seal(t.Context(), tx, Place{"outbox", r.ID, "topic"}, []byte(secret+secret))
		_, err3 := tx.Insert(t.Context(), "outbox", r, "")
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		s.plain[r.ID], s.owner[r.ID] = secret, customer
	}
	return nil
}

// whole opens every value with the box.
func (s *safe) whole(t *testing.T, b *Box, when string) {
	t.Helper()
	rows := map[string][]lent{}
	err := s.db.Across(t.Context(), "a test reads all", func(tx *db.Tx) error {
		var all []lent
		err := tx.Select(t.Context(), &all, `SELECT `+db.Columns[lent]("")+` FROM {outbox}`)
		for _, r := range all {
			rows[s.owner[r.ID]] = append(rows[s.owner[r.ID]], r)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for customer, all := range rows {
		err := in(t, s.db, customer, func(tx *db.Tx) error {
			for _, r := range all {
				one, err := b.Open(t.Context(), tx, Place{"outbox", r.ID, "last_error"}, r.LastError)
				two, err2 := b.Open(t.Context(), tx, Place{"outbox", r.ID, "topic"}, r.Topic)
				if err := errors.Join(err, err2); err != nil {
					return err
				}
				if want := s.plain[r.ID]; string(one) != want || string(two) != want+want {
					return fmt.Errorf("%s opened as %q and %q", r.ID, one, two)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
}

// Killed after any step, a rotation leaves everything readable by a server that runs on and by one that starts, and goes on.
func TestRotationCanBeKilledAnywhere(t *testing.T) {
	t.Parallel()
	for name, rotate := range map[string]func(*Box, *testing.T, *db.DB) (Rotated, error){
		"master":    func(b *Box, t *testing.T, d *db.DB) (Rotated, error) { return b.RotateMaster(t.Context(), d) },
		"data keys": func(b *Box, t *testing.T, d *db.DB) (Rotated, error) { return b.RotateKeys(t.Context(), d) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
				s := newSafe(t, d, c, batch/2+10) // more than one batch a column
				running := s.open(t)
				kills := 0
				for {
					c.Advance(time.Minute)
					before := s.status(t)
					b := s.open(t)
					steps := 0
					b.step = func() error {
						if steps++; steps > kills {
							return errKilled
						}
						return nil
					}
					_, err := rotate(b, t, d)
					if err != nil && !errors.Is(err, errKilled) {
						t.Fatal(err)
					}
					s.whole(t, s.open(t), fmt.Sprintf("a new server after %d steps", kills))
					s.whole(t, running, fmt.Sprintf("a running server after %d steps", kills))
					if err == nil {
						break
					}
					// What is written meanwhile, by either, opens too.
					for _, writer := range []*Box{running, s.open(t)} {
						if err := in(t, d, Instance, func(tx *db.Tx) error { return s.fill(t, writer, tx, Instance, 1) }); err != nil {
							t.Fatal(err)
						}
					}
					c.Advance(time.Minute)
					done, err := rotate(s.open(t), t, d)
					if err != nil {
						t.Fatalf("going on after %d steps: %v", kills, err)
					}
					s.whole(t, s.open(t), fmt.Sprintf("the rotation went on after %d steps", kills))
					after := s.status(t)
					if after.Retired != 0 || after.Older != 0 || after.Keys != before.Keys || name == "master" && after.Master == before.Master || len(after.Given) != 1 {
						t.Fatalf("after %d steps and the rest (%+v): %+v", kills, done, after)
					}
					for _, column := range after.Columns {
						if column.Old != 0 {
							t.Fatalf("after %d steps: %+v", kills, after)
						}
					}
					kills++
				}
				if kills < 5 {
					t.Errorf("only %d steps were seen", kills)
				}
				t.Logf("killed after each of %d steps", kills)
			})
		})
	}
}

func (s *safe) status(t *testing.T) Status {
	t.Helper()
	out, err := s.open(t).Status(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// After a rotation the old master key opens nothing, the retired file is kept, and nothing is sealed as before.
func TestRotationLeavesNothingOld(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx := t.Context()
		s := newSafe(t, d, c, 3)
		old, err := os.ReadFile(filepath.Join(s.dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		var before []string
		read := func(into *[]string) {
			if err := d.Across(ctx, "a test reads all", func(tx *db.Tx) error { return tx.Select(ctx, into, `SELECT last_error FROM {outbox} ORDER BY id`) }); err != nil {
				t.Fatal(err)
			}
		}
		read(&before)
		c.Advance(time.Hour)
		b := s.open(t)
		if _, err := b.RotateMaster(ctx, d); err != nil {
			t.Fatal(err)
		}
		got, err := b.RotateKeys(ctx, d)
		if err != nil || got.Keys != 3 || got.Values != 18 {
			t.Fatalf("%+v, %v", got, err)
		}
		var after []string
		read(&after)
		for i := range after {
			if after[i] == before[i] || after[i][:40] == before[i][:40] {
				t.Errorf("row %d kept its key: %s", i, after[i])
			}
		}
		if err := newTestBox(t, Source{Text: string(old)}).Ready(ctx, d, true); err == nil {
			t.Error("the old master key is still taken")
		}
		kept, err := os.ReadFile(filepath.Join(s.dir, FileName+".retired"))
		if err != nil || !strings.Contains(string(kept), strings.TrimSpace(string(old))) {
			t.Errorf("the old master key was not kept: %v", err)
		}
	})
}

// A key that was given is rotated by giving two; one alone is told what to do.
func TestRotationOfAGivenKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, one, two := t.Context(), NewKey(), NewKey()
		b := newTestBox(t, Source{Text: one})
		if err := b.Ready(ctx, d, true); err != nil {
			t.Fatal(err)
		}
		p := Place{"app_user", id.New(), "password_hash"}
		sealed := sealIn(t, d, b, Instance, p, []byte("secret"))
		if _, err := b.RotateMaster(ctx, d); !errors.Is(err, ErrNoNewMaster) {
			t.Errorf("alone: %v", err)
		}
		both := newTestBox(t, Source{Text: two + "\n" + one})
		if err := both.Ready(ctx, d, true); err != nil {
			t.Fatal(err)
		}
		if _, err := both.RotateMaster(ctx, d); err != nil {
			t.Fatal(err)
		}
		later := newTestBox(t, Source{Text: two})
		if got, err := openIn(t, d, later, Instance, p, sealed); err != nil || string(got) != "secret" {
			t.Errorf("%q, %v", got, err)
		}
		if err := b.Ready(ctx, d, true); err == nil {
			t.Error("the old key alone is taken")
		}
	})
}

// A value that does not open stops nothing and is named; its data key is kept.
func TestRotationNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newSafe(t, d, c, 2)
		var victim string
		if err := d.Across(t.Context(), "a test breaks a value", func(tx *db.Tx) error {
			if err := tx.Get(t.Context(), &victim, `SELECT id FROM {outbox} ORDER BY id LIMIT 1`); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `UPDATE {outbox} SET last_error = topic WHERE id = ?`, victim)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Hour)
		out, err := s.open(t).RotateKeys(t.Context(), d)
		if err == nil || len(out.Broken) != 1 || !strings.Contains(err.Error(), victim) || out.Values != 11 {
			t.Errorf("%+v, %v", out, err)
		}
		if st := s.status(t); st.Retired != 3 {
			t.Errorf("%+v", st)
		}
	})
}
