package isolation

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"vigie/internal/platform/db"
)

// foreign are tables that other libraries make: goose's record of migrations, River's jobs, and SQLite's statistics.
func foreign(table string) bool {
	return table == "goose_db_version" || strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "sqlite_")
}

// ofCustomer are the tables of the instance that name a customer without belonging to one, and the column that does.
var ofCustomer = map[string]string{
	"saved_view":             "customer_id", // views of a customer; package view shows them only to those who cover that customer
	"app_user":               "customer_id", // a person of a customer; identity shows people only to those who cover that customer
	"user_customer":          "customer_id", // whom staff are limited to
	"api_token":              "customer_id", // what a token is narrowed to
	"outbox":                 "customer_id", // tasks that wait for their turn
	"customer_removal":       "customer_id", // the order outlives the customer; only those who see all customers see it
	"identity_provider":      "customer_id", // a provider of a customer; shown only to those who cover that customer
	"identity_rule_customer": "customer_id", // whom a rule leads to
}

// column is one column of a table as the catalog has it; Key is its place in the primary key, from 1.
type column struct {
	Table, Name string
	Key         int
}

// reference is one column of a foreign key.
type reference struct {
	Table, Constraint, From, Target, To string
}

// catalog compares what the database holds with what is registered.
func (h *house) catalog(t *testing.T) {
	columns, references, others := h.read(t)
	registered := map[string]db.Table{}
	for _, table := range db.Tables() {
		registered[table.Name] = table
	}
	for _, o := range others {
		if triggers[o] != "" {
			continue
		}
		t.Errorf("%s: views, triggers and the like step around the predicate; there must be none", o)
	}
	seen := map[string][]column{}
	for _, c := range columns {
		if !foreign(c.Table) {
			seen[c.Table] = append(seen[c.Table], c)
		}
	}
	for name, cols := range seen {
		table, ok := registered[name]
		if !ok {
			t.Errorf("table %s is not registered in db.Tables", name)
			continue
		}
		checkColumns(t, table, cols)
	}
	for name := range registered {
		if len(seen[name]) == 0 {
			t.Errorf("db.Tables has %s, which does not exist", name)
		}
	}
	checkReferences(t, registered, references)
	if h.db.Engine() == db.Postgres {
		h.wall(t)
	}
}

func checkColumns(t *testing.T, table db.Table, cols []column) {
	var key []string
	slices.SortFunc(cols, func(a, b column) int { return a.Key - b.Key })
	named := false
	for _, c := range cols {
		if c.Key > 0 {
			key = append(key, c.Name)
		}
		named = named || c.Name == "customer_id"
	}
	if table.Key == "" {
		if named && ofCustomer[table.Name] == "" {
			t.Errorf("%s has a column customer_id, and is registered as a table of the instance; if it is one, say why in ofCustomer", table.Name)
		}
		return
	}
	switch {
	case !slices.Contains(key, table.Key):
		t.Errorf("%s: the primary key %v lacks %s", table.Name, key, table.Key)
	case key[0] != table.Key:
		t.Errorf("%s: the primary key %v does not begin with %s", table.Name, key, table.Key)
	}
}

// aboutCustomer are columns beside the key that name a customer, each with the reason that it does not tear the wall down.
var aboutCustomer = map[string]string{
	"webhook_delivery": "about_id", // of messages of the instance, which no customer's scope covers: they go when that customer does
}

// checkReferences holds every reference from and to customers' tables to the same customer.
func checkReferences(t *testing.T, registered map[string]db.Table, references []reference) {
	type pair struct{ table, constraint string }
	grouped := map[pair][]reference{}
	for _, r := range references {
		k := pair{r.Table, r.Constraint}
		grouped[k] = append(grouped[k], r)
	}
	composite := 0
	for k, columns := range grouped {
		target := registered[columns[0].Target]
		if target.Key == "" {
			continue
		}
		if target.Name != "customer" && len(columns) > 1 {
			composite++
		}
		from := registered[k.table]
		fromKey := from.Key
		if fromKey == "" {
			fromKey = ofCustomer[k.table]
		}
		if !slices.ContainsFunc(columns, func(r reference) bool {
			return (r.From == fromKey || r.From == aboutCustomer[k.table]) && r.To == target.Key
		}) {
			t.Errorf("%s refers to %s without the customer: %v", k.table, target.Name, columns)
		}
	}
	if composite == 0 {
		t.Error("no composite foreign key was found: the catalog was not read")
	}
}

// raw opens the database past the house.
func (h *house) raw(t *testing.T) *sql.DB {
	t.Helper()
	driver, address := "pgx", h.address
	if path, ok := strings.CutPrefix(h.address, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path
	}
	d, err := sql.Open(driver, address)
	check(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func (h *house) read(t *testing.T) (columns []column, references []reference, others []string) {
	t.Helper()
	d := h.raw(t)
	tables, keys, odd := sqliteTables, sqliteKeys, sqliteOthers
	if h.db.Engine() == db.Postgres {
		tables, keys, odd = postgresTables, postgresKeys, postgresOthers
	}
	each(t, d, tables, func(scan func(...any) error) error {
		var c column
		err := scan(&c.Table, &c.Name, &c.Key)
		columns = append(columns, c)
		return err
	})
	each(t, d, keys, func(scan func(...any) error) error {
		var r reference
		err := scan(&r.Table, &r.Constraint, &r.From, &r.Target, &r.To)
		references = append(references, r)
		return err
	})
	each(t, d, odd, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		others = append(others, name)
		return err
	})
	return columns, references, others
}

func each(t *testing.T, d *sql.DB, query string, f func(scan func(...any) error) error) {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		check(t, f(rows.Scan))
	}
	check(t, rows.Err())
}

const (
	sqliteTables = `SELECT m.name, p.name, p.pk FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`
	sqliteKeys   = `SELECT m.name, CAST(f.id AS TEXT), f."from", f."table", COALESCE(f."to", '') FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND m.name NOT LIKE 'river%'`
	sqliteOthers   = `SELECT type || ' ' || name FROM sqlite_master WHERE type NOT IN ('table', 'index') AND tbl_name NOT LIKE 'river%'`
	postgresTables = `SELECT c.relname, a.attname, COALESCE(array_position(i.indkey::int[], a.attnum::int), -1) + 1 FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))`
	postgresKeys = `SELECT c.conrelid::regclass::text, c.conname, a.attname, c.confrelid::regclass::text, b.attname FROM pg_constraint c
		CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k (own, other)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.other
		WHERE c.contype = 'f' AND c.conrelid::regclass::text NOT LIKE 'river%'`
	postgresOthers = `SELECT relkind::text || ' ' || relname FROM pg_class WHERE relkind IN ('v', 'm', 'f')
		AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))
		UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`
)
