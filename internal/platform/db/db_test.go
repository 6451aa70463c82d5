package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

type customer struct {
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
}

type contact struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	Name       string  `db:"name"`
	Email      string  `db:"email"`
	Phone      string  `db:"phone"`
	Job        string  `db:"job"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

func addCustomer(t *testing.T, d *db.DB, slug string) string {
	t.Helper()
	c := customer{ID: id.New(), Slug: slug, Name: slug, Version: 1}
	err := d.InScope(t.Context(), db.Grant(c.ID), func(tx *db.Tx) error {
		c.CreatedAt, c.UpdatedAt = tx.Now(), tx.Now()
		_, err := tx.Insert(t.Context(), "customer", c, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func addContact(t *testing.T, d *db.DB, customer, name string) string {
	t.Helper()
	c := contact{ID: id.New(), Name: name, Version: 1}
	err := d.InScope(t.Context(), db.Grant(customer), func(tx *db.Tx) error {
		c.CreatedAt, c.UpdatedAt = tx.Now(), tx.Now()
		_, err := tx.Insert(t.Context(), "contact", c, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func TestScopeSeesItsOwn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		acme, bolt := addCustomer(t, d, "acme"), addCustomer(t, d, "bolt")
		addContact(t, d, acme, "Ann")
		theirs := addContact(t, d, bolt, "Bob")

		names := func(s db.Scope) (out []string) {
			if err := d.View(t.Context(), s, func(tx *db.Tx) error {
				return tx.Select(t.Context(), &out, `SELECT name FROM {contact} ORDER BY name`)
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		for _, tt := range []struct {
			scope db.Scope
			want  string
		}{{db.Grant(acme), "Ann"}, {db.Grant(bolt), "Bob"}, {db.Grant(acme, bolt), "Ann Bob"}, {db.GrantAll(), "Ann Bob"}, {db.Grant(), ""}} {
			if got := strings.Join(names(tt.scope), " "); got != tt.want {
				t.Errorf("saw %q, want %q", got, tt.want)
			}
		}

		err := d.InScope(t.Context(), db.Grant(acme), func(tx *db.Tx) error {
			n, err := tx.Exec(t.Context(), `UPDATE {contact} SET name = 'stolen' WHERE id = ? OR 1 = 1`, theirs)
			if n != 1 {
				t.Errorf("changed %d rows, want the one of acme", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := names(db.Grant(bolt)); got[0] != "Bob" {
			t.Errorf("bolt's contact became %q", got[0])
		}
		if err := d.View(t.Context(), db.Scope{}, func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrNoScope) {
			t.Errorf("the zero scope: %v", err)
		}
	})
}

func TestReferenceAcrossCustomersFails(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		acme, bolt := addCustomer(t, d, "acme"), addCustomer(t, d, "bolt")
		theirs := addContact(t, d, bolt, "Bob")
		err := d.InScope(t.Context(), db.Grant(acme), func(tx *db.Tx) error {
			type row struct {
				CustomerID string `db:"customer_id"`
				WorkloadID string `db:"workload_id"`
				ContactID  string `db:"contact_id"`
			}
			_, err := tx.Insert(t.Context(), "workload_contact", row{WorkloadID: id.New(), ContactID: theirs}, "")
			return err
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v", err)
		}
	})
}

func TestReaderCannotWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		acme := addCustomer(t, d, "acme")
		err := d.View(t.Context(), db.Grant(acme), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM {contact} WHERE 1 = 1`)
			return err
		})
		if err == nil {
			t.Error("a view wrote")
		}
	})
}

func TestRollback(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		acme := addCustomer(t, d, "acme")
		ran := false
		boom := errors.New("boom")
		err := d.InScope(t.Context(), db.Grant(acme), func(tx *db.Tx) error {
			tx.AfterCommit(func() { ran = true })
			if _, err := tx.Insert(t.Context(), "contact", contact{ID: id.New(), CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, ""); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || ran {
			t.Errorf("err %v, after-commit ran: %v", err, ran)
		}
		var n int
		if err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error { return tx.Get(t.Context(), &n, `SELECT count(*) FROM {contact}`) }); err != nil || n != 0 {
			t.Errorf("%d rows left, %v", n, err)
		}
	})
}

// The second wall: even a statement without any predicate of ours sees only what the transaction's setting allows.
func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	address := pg.Start(t)
	if err := db.Migrate(t.Context(), address, dbtest.NoExtra); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), address, clock.NewManual(dbtest.Start))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if err := d.CheckWall(t.Context()); err != nil {
		t.Fatal(err)
	}
	acme, bolt := addCustomer(t, d, "acme"), addCustomer(t, d, "bolt")
	addContact(t, d, acme, "Ann")
	addContact(t, d, bolt, "Bob")

	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["role"] = db.AppRole
	c, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	count := func(setting string) (n int) {
		tx, err := c.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.Background())
		if setting != "unset" {
			if _, err := tx.Exec(t.Context(), "SELECT set_config('vigie.scope', $1, true)", setting); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM contact").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for setting, want := range map[string]int{"unset": 0, "": 0, acme: 1, acme + "," + bolt: 2, "*": 2} {
		if got := count(setting); got != want {
			t.Errorf("with the setting %q: %d rows, want %d", setting, got, want)
		}
	}
	if _, err := c.Exec(t.Context(), "UPDATE contact SET customer_id = $1", bolt); err != nil {
		t.Errorf("an update that sees no row must do nothing: %v", err)
	}
	// The wall is noticed when it is gone.
	owner, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.Background())
	if _, err := owner.Exec(t.Context(), "ALTER TABLE contact NO FORCE ROW LEVEL SECURITY"); err != nil {
		t.Fatal(err)
	}
	if err := d.CheckWall(t.Context()); err == nil {
		t.Error("the missing wall was not noticed")
	}
}
