package canary

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"vigie/internal/exchange/backup"
	"vigie/internal/platform/db"
	"vigie/internal/platform/seal"

	"github.com/jackc/pgx/v5"
)

// secrets are planted texts, by where they were planted.
type secrets map[string]map[string]bool

func (s secrets) add(where, text string) {
	if s[where] == nil {
		s[where] = map[string]bool{}
	}
	if len(text) >= 10 { // anything shorter is found by chance
		s[where][text] = true
	}
}

// hay is what is searched, by where it is from.
type hay map[string][]byte

// forms are the ways in which bytes are written down.
func forms(secret string) map[string][]string {
	b := []byte(secret)
	out := map[string][]string{"raw": {secret}, "reversed": {reverse(secret)}, "hex": {hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b))},
		"in an address": {url.QueryEscape(secret), url.PathEscape(secret)}, "in HTML": {htmlEscape(secret)}}
	for _, indent := range []bool{true, false} {
		var j bytes.Buffer
		enc := json.NewEncoder(&j)
		enc.SetEscapeHTML(indent)
		if enc.Encode(secret) == nil {
			text := strings.TrimSuffix(strings.TrimSpace(j.String())[1:], `"`)
			again, _ := json.Marshal(text) // JSON in JSON
			out["in JSON"] = append(out["in JSON"], text, string(again[1:len(again)-1]))
		}
	}
	out["in a log"] = []string{strings.Trim(fmt.Sprintf("%q", secret), `"`)}
	// In base64 the same bytes look differently by where they begin; characters that hold bits of their neighbours are left out.
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := enc.EncodeToString(append(make([]byte, before), b...))
			out["in base64"] = append(out["in base64"], text[(before*8+5)/6:(before+len(b))*8/6])
		}
	}
	return out
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func htmlEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

// find names each secret that is in the hay, and how.
func (h hay) find(planted secrets) (found []string) {
	for where, texts := range planted {
		for secret := range texts {
			for form, needles := range forms(secret) {
				for _, needle := range needles {
					for place, text := range h {
						if at := bytes.Index(text, []byte(needle)); at >= 0 {
							found = append(found, fmt.Sprintf("%s: the secret of %s, %s: %q", place, where, form, text[max(0, at-60):min(len(text), at+20)]))
						}
					}
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unpack adds the members of a ZIP, and those of ZIPs in it.
func (h hay) unpack(t *testing.T, name string, b []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	check(t, err)
	if len(z.File) == 0 {
		t.Errorf("%s is empty", name)
	}
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		text, err := io.ReadAll(r)
		check(t, err)
		check(t, r.Close())
		h[name+" "+f.Name] = text
		if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
			h.unpack(t, name+" "+f.Name, text)
		}
	}
}

// Each form of a secret is found, wherever it stands among other bytes.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		secret := make([]rune, 12+r.IntN(40))
		for i := range secret {
			secret[i] = []rune(`abcXYZ019+/=&<>"'\é€ -_`)[r.IntN(23)]
		}
		text := "s" + string(secret) + "t"
		planted := secrets{}
		planted.add("here", text)
		around := make([]byte, r.IntN(7))
		inside := append(append(slices.Clone(around), text...), "tail"...)
		nested, err := json.Marshal(map[string]string{"a": string(mustJSON(text))})
		check(t, err)
		for form, written := range map[string]string{
			"raw": string(inside), "std": base64.StdEncoding.EncodeToString(inside), "url": base64.URLEncoding.EncodeToString(inside), "hex": hex.EncodeToString(inside),
			"HEX": strings.ToUpper(hex.EncodeToString(inside)), "query": url.Values{"x": {text}}.Encode(), "path": url.PathEscape(text), "JSON": string(mustJSON(text)), "JSON in JSON": string(nested),
			"log": fmt.Sprintf("%q", text), "reversed": reverse(string(inside)), "HTML": htmlEscape(text),
		} {
			if len((hay{"x": []byte("before " + written + " after")}).find(planted)) == 0 {
				t.Fatalf("%s of %q is not found in %q", form, text, written)
			}
		}
		if found := (hay{"x": []byte(text[1:])}).find(planted); len(found) > 0 {
			t.Fatalf("a part is taken for the whole: %v", found)
		}
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// search looks everywhere.
func (h *house) search(t *testing.T) []string {
	t.Helper()
	all := hay{}
	h.read(t, all)
	h.tables(t, all)
	var out bytes.Buffer
	_, err := h.app.Transfer.Export(t.Context(), h.admin, "acme", &out)
	check(t, err)
	all.unpack(t, "export", out.Bytes())
	path := filepath.Join(t.TempDir(), "backup")
	_, err = h.app.Backup(t.Context(), path, func(backup.Step) {})
	check(t, err)
	whole, err := os.ReadFile(path)
	check(t, err)
	all.unpack(t, "backup", whole)
	check(t, h.tel.Close(context.WithoutCancel(t.Context())))
	all["log"], all["traces"] = h.log.read(), h.traces.read()
	// What was said when it went wrong was kept, and so it was looked at.
	for _, said := range []string{"not now, you with", "invalid_client", "heard "} {
		if !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(text []byte) bool { return bytes.Contains(text, []byte(said)) }) {
			t.Errorf("nothing shows %q", said)
		}
	}
	for _, name := range []string{"log", "traces"} {
		if len(all[name]) < 1000 {
			t.Errorf("%s has %d bytes", name, len(all[name]))
		}
	}
	size := 0
	for _, text := range all {
		size += len(text)
	}
	count := 0
	for _, s := range h.planted {
		count += len(s)
	}
	t.Logf("%d secrets of %d places, %d texts with %d bytes", count, len(h.planted), len(all), size)
	return all.find(h.planted)
}

// tables adds the bytes of the database.
func (h *house) tables(t *testing.T, all hay) {
	t.Helper()
	if strings.HasPrefix(h.address, "sqlite:") {
		check(t, filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			all["file "+filepath.Base(path)], err = os.ReadFile(path)
			return err
		}))
		if len(all["file vigie.db"])+len(all["file vigie.db-wal"]) < 100_000 {
			t.Error("the database is empty")
		}
		return
	}
	ctx := t.Context()
	c, err := pgx.Connect(ctx, h.address)
	check(t, err)
	defer c.Close(ctx)
	rows, err := c.Query(ctx, `SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`)
	check(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	check(t, err)
	if len(names) < len(db.Tables()) {
		t.Errorf("only %d tables are seen", len(names))
	}
	for _, name := range names {
		rows, err := c.Query(ctx, `SELECT t::text FROM `+name+` t`)
		check(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		check(t, err)
		all["table "+name] = []byte(strings.Join(lines, "\n"))
	}
}

// read asks for every answer that an administrator can read: all pages that links lead to, and all reading operations.
func (h *house) read(t *testing.T, all hay) {
	t.Helper()
	const most = 1500 // pages
	todo := []string{"/", "/metrics", "/api/docs", "/api/openapi.json", "/customers/acme?customer=acme", "/account", "/tokens", "/people", "/sessions", "/webhooks", "/mails", "/mail-settings?customer=acme",
		"/identity-providers", "/audit", "/customers/acme/data", "/accounts", "/cis", "/notes", "/sign-in-rules", "/approvals", "/permissions"}
	seen := map[string]bool{}
	for len(todo) > 0 && len(seen) < most {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, "/live") || strings.Contains(path, "sort=") {
			continue
		}
		seen[path] = true
		res, err := h.browser.Get(h.url + path)
		check(t, err)
		text, err := io.ReadAll(res.Body)
		check(t, err)
		check(t, res.Body.Close())
		if res.StatusCode >= 500 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		all["page "+path] = append(text, headers(res.Header)...)
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			todo = append(todo, html.UnescapeString(m[1]))
		}
	}
	pages := len(seen)
	var doc struct{ Paths map[string]map[string]any }
	check(t, json.NewDecoder(bytes.NewReader(all["page /api/openapi.json"])).Decode(&doc))
	for path, methods := range doc.Paths {
		path = strings.TrimPrefix(path, "/api/v1")
		if methods["get"] == nil {
			continue
		}
		for _, format := range []string{"json", "csv"} {
			for _, at := range h.fill(t, path) {
				if format != "json" {
					at += "?format=" + format
				}
				all["api "+at] = h.api(t, "GET", at, "")
			}
		}
	}
	t.Logf("%d pages, %d answers in all", pages, len(all))
	if pages < 60 || len(all) < 150 {
		t.Errorf("only %d pages and %d answers were read", pages, len(all))
	}
}

func headers(h http.Header) []byte {
	var out bytes.Buffer
	h = h.Clone()
	h.Del("Set-Cookie") // gives the reader its own session
	_ = h.Write(&out)
	return out.Bytes()
}

// fill puts the records of a list into the path of what is below it.
func (h *house) fill(t *testing.T, path string) (out []string) {
	t.Helper()
	at := names.FindStringIndex(path)
	if at == nil {
		return []string{path}
	}
	if strings.Contains(path, "{customer}") {
		return h.fill(t, strings.Replace(path, "{customer}", "acme", 1))
	}
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if json.Unmarshal(h.api(t, "GET", strings.TrimSuffix(path[:at[0]], "/")+"?limit=20", ""), &page) != nil {
		return nil
	}
	for _, item := range page.Items {
		out = append(out, path[:at[0]]+item.ID+path[at[1]:])
	}
	return out
}

// bites writes secrets where they must not be, and sees that they are found there.
func (h *house) bites(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	some := secrets{}
	for where, texts := range h.planted {
		for text := range texts {
			some.add(where, text)
			// A careless writer, of a kind of its own for each table.
			check(t, h.db.Across(ctx, "the test is careless", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE {customer} SET name = ? WHERE id = ?`, "x"+base64.URLEncoding.EncodeToString([]byte("xx"+text)), h.customer.ID)
				return err
			}))
			h.tel.Log.DebugContext(ctx, "careless", "request", map[string]string{"secret": text})
			all := hay{"log": h.log.read()}
			h.tables(t, all)
			in := map[string]bool{}
			for _, f := range all.find(secrets{where: {text: true}}) {
				place, _, _ := strings.Cut(f, ":")
				in[strings.Fields(place)[0]] = true
			}
			if !in["log"] || !in["table"] && !in["file"] {
				t.Errorf("the secret of %s is not found where it was written: %v", where, in)
			}
			break // one of each place
		}
	}
	if len(some) < len(seal.Columns()) {
		t.Errorf("tried with %d places", len(some))
	}
}
