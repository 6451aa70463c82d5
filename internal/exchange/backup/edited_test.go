package backup_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/app"
	"vigie/internal/exchange/archive"
	"vigie/internal/exchange/archive/archivetest"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/telemetry"
	"vigie/test/pg"
)

// Whatever is changed in a backup is found before anything is restored.
func TestChangedBackupIsRefused(t *testing.T) {
	t.Parallel()
	d := engines["sqlite"](t)
	seed(t, d)
	path := filepath.Join(t.TempDir(), "whole")
	if _, err := backup.Write(t.Context(), backup.Instance{DB: d, Files: archivetest.NewStore("a file")}, path, quiet); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, text []byte) {
		t.Helper()
		p := filepath.Join(t.TempDir(), "changed")
		if err := os.WriteFile(p, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Check(t.Context(), p); err == nil {
			t.Errorf("%s was taken for whole", name)
		}
		if s, err := backup.Open(t.Context(), p); err == nil {
			s.Close()
			t.Errorf("%s was opened", name)
		}
	}
	refused("half of it", whole[:len(whole)/2])
	refused("nothing", nil)
	for _, c := range []struct {
		name string
		edit func(map[string][]byte)
	}{
		{"a changed row", func(m map[string][]byte) {
			m["data/contact.jsonl"] = bytes.Replace(m["data/contact.jsonl"], []byte("Ada"), []byte("Eve"), 1)
		}},
		{"a missing row", func(m map[string][]byte) {
			m["data/contact.jsonl"] = m["data/contact.jsonl"][bytes.IndexByte(m["data/contact.jsonl"], '\n')+1:]
		}},
		{"a missing table", func(m map[string][]byte) { delete(m, "data/contact.jsonl") }},
		{"a stranger", func(m map[string][]byte) { m["files/"+strings.Repeat("0", 64)] = []byte("x") }},
		{"a path", func(m map[string][]byte) { m["../../etc/passwd"] = []byte("x") }},
		{"a changed file", func(m map[string][]byte) {
			for name := range m {
				if strings.HasPrefix(name, "files/") {
					m[name] = []byte("other")
				}
			}
		}},
		{"another format", func(m map[string][]byte) {
			m["manifest.json"] = bytes.Replace(m["manifest.json"], []byte(`"format": 1`), []byte(`"format": 2`), 1)
		}},
		{"a customer's export", func(m map[string][]byte) {
			m["manifest.json"] = bytes.Replace(m["manifest.json"], []byte(`"backup"`), []byte(`"customer"`), 1)
		}},
	} {
		refused(c.name, edited(t, whole, c.edit))
	}
	if _, err := backup.Check(t.Context(), path); err != nil {
		t.Errorf("the whole one: %v", err)
	}
	// The edits are what is refused, not their being packed anew.
	p := filepath.Join(t.TempDir(), "packed anew")
	if err := os.WriteFile(p, edited(t, whole, func(map[string][]byte) {}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Check(t.Context(), p); err != nil {
		t.Errorf("packed anew: %v", err)
	}
}

// edited is a ZIP with other members, each of which is sound in itself.
func edited(t *testing.T, whole []byte, edit func(map[string][]byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if members[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	edit(members)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range members {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A backup of an older version is loaded into the schema of then; the newer migrations run over its rows.
func TestRestoreOfOlderSchema(t *testing.T) {
	t.Parallel()
	d := engines["sqlite"](t)
	seed(t, d)
	path := filepath.Join(t.TempDir(), "now")
	if _, err := backup.Write(t.Context(), backup.Instance{DB: d}, path, quiet); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := []string{"outbox", "customer", "audit_entry", "account", "ci"}
	later := map[string][]string{"customer": {"request_rate"}, "ci": {"words"}} // columns that later migrations gave them
	path = filepath.Join(t.TempDir(), "then")
	err = os.WriteFile(path, edited(t, whole, func(members map[string][]byte) {
		var m archive.Manifest
		if err := json.Unmarshal(members["manifest.json"], &m); err != nil {
			t.Fatal(err)
		}
		m.Schema = 2
		m.Tables = slices.DeleteFunc(m.Tables, func(t archive.Table) bool { return !slices.Contains(old, t.Name) })
		for i := range m.Tables {
			without(t, members, &m, &m.Tables[i], later[m.Tables[i].Name])
		}
		m.Members = slices.DeleteFunc(m.Members, func(member archive.Member) bool {
			gone := !slices.Contains(old, strings.TrimSuffix(strings.TrimPrefix(member.Name, "data/"), ".jsonl"))
			if gone {
				delete(members, member.Name)
			}
			return gone
		})
		var err error
		if members["manifest.json"], err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
	}), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "vigie.db"), "postgres": pg.Start(t)} {
		s, err := backup.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		tel, err := telemetry.New(t.Context(), io.Discard, "text", "error")
		if err != nil {
			t.Fatal(err)
		}
		o := app.Options{Database: address, Clock: clock.NewManual(dbtest.Start), Telemetry: tel, DataDir: t.TempDir()}
		if err := app.Restore(t.Context(), o, s, quiet); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := app.Open(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c, err := a.Customers.Customer(t.Context(), operator(), "bolt"); err != nil || c.Country != "FR" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		a.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// without makes a table of an archive one that has no such columns.
func without(t *testing.T, members map[string][]byte, m *archive.Manifest, table *archive.Table, columns []string) {
	t.Helper()
	name := "data/" + table.Name + ".jsonl"
	var out bytes.Buffer
	for line := range bytes.Lines(members[name]) {
		row := map[string]json.RawMessage{}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			delete(row, c)
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	members[name] = out.Bytes()
	table.Columns = slices.DeleteFunc(table.Columns, func(c db.Column) bool { return slices.Contains(columns, c.Name) })
	for i := range m.Members {
		if m.Members[i].Name == name {
			sum := sha256.Sum256(out.Bytes())
			m.Members[i].Bytes, m.Members[i].SHA256 = int64(out.Len()), hex.EncodeToString(sum[:])
		}
	}
}
