package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// The columns of the tests: any table will do, as a Box never reads it to seal.
var testColumns = []Column{
	{Table: "contact", Column: "phone", Key: "id", Customer: "customer_id"},
	{Table: "contact", Column: "job", Key: "id", Customer: "customer_id"},
	{Table: "account", Column: "name", Key: "id", Customer: "customer_id"},
	{Table: "app_user", Column: "password_hash", Key: "id"},
}

func newTestBox(t testing.TB, s Source) *Box {
	t.Helper()
	b, err := newBox(t.Context(), s, testColumns)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sealIn(t testing.TB, d *db.DB, b *Box, customer string, p Place, plain []byte) string {
	t.Helper()
	var out string
	err := in(t, d, customer, func(tx *db.Tx) (err error) {
		out, err = b.Seal(t.Context(), tx, p, plain)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func openIn(t testing.TB, d *db.DB, b *Box, customer string, p Place, sealed string) (out []byte, err error) {
	t.Helper()
	err = in(t, d, customer, func(tx *db.Tx) (err error) {
		out, err = b.Open(t.Context(), tx, p, sealed)
		return err
	})
	return out, err
}

// in runs in the customer's scope, or across for the instance.
func in(t testing.TB, d *db.DB, customer string, f func(*db.Tx) error) error {
	t.Helper()
	if customer == Instance {
		return d.Across(t.Context(), "a test of the instance's secrets", f)
	}
	return d.InScope(t.Context(), db.Grant(customer), f)
}

// What is sealed opens at its own place, whatever it is, and at no other.
func TestOpensOnlyAtItsPlace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := newTestBox(t, Source{Text: NewKey()})
		acme, bolt := id.New(), id.New()
		customers := []string{acme, bolt, Instance}
		rows := []string{id.New(), id.New()}
		for _, c := range customers { // so that a refusal is not for want of a key
			sealIn(t, d, b, c, Place{"contact", rows[0], "phone"}, nil)
		}
		rapid.Check(t, func(r *rapid.T) {
			plain := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "plain")
			column := rapid.SampledFrom(testColumns[:3])
			place := func(name string) Place {
				c := column.Draw(r, name+" column")
				return Place{c.Table, rapid.SampledFrom(rows).Draw(r, name+" row"), c.Column}
			}
			from, to := rapid.SampledFrom(customers).Draw(r, "from"), rapid.SampledFrom(customers).Draw(r, "to")
			p, q := place("sealed"), place("opened")
			sealed := sealIn(t, d, b, from, p, plain)
			if len(plain) > 8 && strings.Contains(sealed, string(plain)) {
				r.Fatalf("%q shows %q", sealed, plain)
			}
			if again := sealIn(t, d, b, from, p, plain); again == sealed {
				r.Fatal("two seals of one secret are equal")
			}
			got, err := openIn(t, d, b, to, q, sealed)
			if same := from == to && p == q; same != (err == nil) || same && !bytes.Equal(got, plain) {
				r.Fatalf("sealed at %v of %s, opened at %v of %s: %q, %v", p, from, q, to, got, err)
			}
			at := rapid.IntRange(0, len(sealed)-1).Draw(r, "at")
			flipped := []byte(sealed)
			flipped[at] ^= 1
			if _, err := openIn(t, d, b, from, p, string(flipped)); err == nil {
				r.Fatalf("opens with byte %d changed", at)
			}
		})
	})
}

// The data key itself is bound: a row of data_key given to another customer opens nothing.
func TestKeysAreBoundToTheirCustomer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		text := NewKey()
		b := newTestBox(t, Source{Text: text})
		acme, bolt := id.New(), id.New()
		p := Place{"contact", id.New(), "phone"}
		sealed := sealIn(t, d, b, acme, p, []byte("secret"))
		if err := d.Across(t.Context(), "a thief moves a key", func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE {data_key} SET customer_id = ? WHERE customer_id = ?`, bolt, acme)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, box := range []*Box{b, newTestBox(t, Source{Text: text})} {
			if got, err := openIn(t, d, box, bolt, p, sealed); err == nil {
				t.Errorf("opened: %q", got)
			}
		}
	})
}

func TestRefusesWrongPlaces(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, clock.NewManual(dbtest.Start))
	b := newTestBox(t, Source{Text: NewKey()})
	for what, p := range map[string]Place{
		"unlisted column":            {"contact", "x", "email"},
		"the instance's in customer": {"app_user", "x", "password_hash"},
	} {
		err := in(t, d, id.New(), func(tx *db.Tx) error { _, err := b.Seal(t.Context(), tx, p, nil); return err })
		if err == nil {
			t.Errorf("%s: sealed", what)
		}
	}
	for _, text := range []string{"", "plain", "v1:", "v1:x:y", "v2:" + id.New() + ":AAAA", "v1:" + id.New() + ":AAAA", "v1:" + id.New() + ":%%%"} {
		if _, err := openIn(t, d, b, Instance, Place{"app_user", "x", "password_hash"}, text); err == nil {
			t.Errorf("%q opened", text)
		}
	}
}

// A server with another master key does not start; without a key it says what to do.
func TestAnotherMasterIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, dir := t.Context(), t.TempDir()
		first := newTestBox(t, Source{Folder: dir})
		if err := first.Ready(ctx, d, false); err != nil {
			t.Fatalf("a command makes nothing and goes on: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, FileName)); err == nil {
			t.Fatal("a command made a master key")
		}
		if err := first.Ready(ctx, d, true); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, FileName))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		p := Place{"app_user", id.New(), "password_hash"}
		sealed := sealIn(t, d, first, Instance, p, []byte("secret"))

		again := newTestBox(t, Source{Folder: dir})
		if err := again.Ready(ctx, d, true); err != nil {
			t.Fatal(err)
		}
		if got, err := openIn(t, d, again, Instance, p, sealed); err != nil || string(got) != "secret" {
			t.Errorf("%q, %v", got, err)
		}
		err = newTestBox(t, Source{Text: NewKey()}).Ready(ctx, d, false)
		if err == nil || !strings.Contains(err.Error(), "sealed with master key local:") {
			t.Errorf("another master key: %v", err)
		}
		empty := newTestBox(t, Source{Folder: t.TempDir()})
		if err := empty.Ready(ctx, d, true); err == nil || !strings.Contains(err.Error(), "VIGIE_MASTER_KEY") {
			t.Errorf("no master key: %v", err)
		}
		if _, err := openIn(t, d, empty, Instance, p, sealed); err == nil {
			t.Error("opened without a master key")
		}
	})
}

func TestSources(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	one, two := NewKey(), NewKey()
	file := filepath.Join(dir, "keys")
	if err := os.WriteFile(file, []byte("# newest first\n"+one+"\n"+two+" # old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, err := Source{File: file}.read(ctx)
	if err != nil || len(ring) != 2 || ring[0].ID() == ring[1].ID() {
		t.Fatalf("%v, %v", ring, err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(one), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, FileName), 0o640); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]Source{
		"both":       {Text: one, File: file},
		"too short":  {Text: "c2hvcnQ="},
		"no base64":  {Text: "!!!"},
		"comment":    {Text: "# nothing"},
		"no KMS":     {Text: "awskms:arn:aws:kms:eu-west-1:1:key/x"},
		"absent":     {File: filepath.Join(dir, "absent")},
		"group file": {Folder: dir},
	} {
		if _, err := s.read(ctx); err == nil {
			t.Errorf("%s: taken", what)
		} else if strings.Contains(err.Error(), one) || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: the error shows the key: %v", what, err)
		}
	}
}
