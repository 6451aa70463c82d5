package app

import (
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/access"
	"vigie/internal/onboard/inventory"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/promise/requirement"
	"vigie/internal/record/register"
	"vigie/locales"
)

// declared are the registers of the rooms of promises; those of customers and documents are tested in theirs.
func declared() []customer.Registered {
	return []customer.Registered{requirement.Open(register.Parts{}), access.Open(register.Parts{}), inventory.OpenDeclared(register.Parts{}), inventory.OpenTargets(register.Parts{})}
}

// Structs and tables say the same, on both engines: columns, kinds and what may be NULL.
func TestTablesFitTheirStructs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, r := range declared() {
			var rows []struct {
				Name     string `db:"name"`
				Type     string `db:"type"`
				Nullable bool   `db:"nullable"`
			}
			query := `SELECT name, type, "notnull" = 0 AS nullable FROM pragma_table_info(?)`
			if d.Engine() == db.Postgres {
				query = `SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_name = ?`
			}
			if err := d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error { return tx.Select(t.Context(), &rows, query, r.Kind().Table) }); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"customer_id": "uuid", "id": "uuid", "version": "bigint", "created_at": "bigint", "updated_at": "bigint"}
			for _, f := range r.Fields() {
				want[f.Column] = f.SQL()
			}
			got := map[string]string{}
			for _, row := range rows {
				typ := strings.ToLower(row.Type)
				if row.Nullable {
					typ += " null"
				}
				got[row.Name] = typ
			}
			for column, typ := range want {
				if d.Engine() == db.SQLite {
					typ = strings.NewReplacer("uuid", "text_uuid", "jsonb", "text_json").Replace(typ)
				}
				if got[column] != typ {
					t.Errorf("%s.%s is %q in the table, the struct needs %q", r.Kind().Table, column, got[column], typ)
				}
				delete(got, column)
			}
			for column := range got {
				t.Errorf("%s.%s is in no struct", r.Kind().Table, column)
			}
		}
	})
}

// Every word of every register is there in both languages, and none that no register asks for.
func TestRegistersAreNamed(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	for _, r := range declared() {
		wanted = append(wanted, r.Keys()...)
	}
	for _, l := range bundle.Languages() {
		keys := bundle.Keys(l.Code)
		for _, k := range wanted {
			if !slices.Contains(keys, k) {
				t.Errorf("%s lacks %s", l.Code, k)
			}
		}
		for _, k := range keys {
			part := strings.Split(k, ".")
			if part[0] == "register" && slices.ContainsFunc(declared(), func(r customer.Registered) bool { return r.Kind().Type == part[1] }) && !slices.Contains(wanted, k) {
				t.Errorf("%s has %s, which no register asks for", l.Code, k)
			}
		}
	}
}
