package list_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
)

// Whatever somebody sends, either the parameters are at fault, each by name, or the database answers.
func TestNoQueryBreaksTheDatabase(t *testing.T) {
	t.Parallel()
	names := []string{"q", "sort", "limit", "cursor", "id", "name", "country", "phase", "version", "created_at", "secret", "nope"}
	ops := []string{"", ".not", ".empty", ".contains", ".prefix", ".after", ".before", ".", ".x"}
	good := []string{"", "1", "-1", "true", "false", "2026-03-02", "2026-03-02T09:00:00Z", "prospect", "01890000-0000-7000-8000-000000000001", "-name", "id",
		"99999999999999999999", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "%", "_", "!", "'", `"`, `\`, `\,`, ",", "a,b", "?", "{ci}", "$1", ";--", "\x00", "\xff", "é"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rapid.Check(t, func(t *rapid.T) {
			v := url.Values{}
			for range rapid.IntRange(1, 4).Draw(t, "parameters") {
				name := rapid.SampledFrom(names).Draw(t, "name")
				if name != "q" && name != "sort" && name != "limit" && name != "cursor" {
					name += rapid.SampledFrom(ops).Draw(t, "op")
				}
				value := rapid.OneOf(rapid.SampledFrom(good), rapid.String()).Draw(t, "value")
				if name == "cursor" && rapid.Bool().Draw(t, "forged") {
					value = base64.RawURLEncoding.EncodeToString([]byte(`{"s":"` + rapid.SampledFrom([]string{"-created_at", "name", "id", "version", "phase"}).Draw(t, "s") +
						`","v":"` + rapid.SampledFrom([]string{"", "1", "x", "-9223372036854775808", "é"}).Draw(t, "v") + `","k":"` +
						rapid.SampledFrom([]string{"x", "01890000-0000-7000-8000-000000000001"}).Draw(t, "k") + `"}`))
				}
				v.Add(name, value)
			}
			q, err := spec.Parse(v)
			if err == nil {
				err = d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
					if _, err := list.Count(t.Context(), tx, spec, q, 100); err != nil {
						return err
					}
					_, err := list.Run[row](t.Context(), tx, spec, q)
					return err
				})
			}
			if err != nil && !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v", v, err)
			}
		})
	})
}

// Cursors that somebody made up are bad parameters, also where their text is no number and their key no UUID.
func TestForgedCursors(t *testing.T) {
	t.Parallel()
	const key = "01890000-0000-7000-8000-000000000001"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, test := range []struct {
			sort, value, key string
			good             bool
		}{
			{"name", "x", key, true}, {"name", "x", "x", false}, {"name", "x", "", false}, {"name", "\x00", key, false},
			{"-version", "7", key, true}, {"-version", "x", key, false}, {"created_at", "2026-03-02", key, false}, {"id", key, key, true}, {"id", "x", key, false},
		} {
			cursor, err := json.Marshal(map[string]string{"s": test.sort, "v": test.value, "k": test.key})
			if err != nil {
				t.Fatal(err)
			}
			q, err := spec.Parse(url.Values{"sort": {test.sort}, "cursor": {base64.RawURLEncoding.EncodeToString(cursor)}})
			if err == nil {
				err = d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
					_, err := list.Run[row](t.Context(), tx, spec, q)
					return err
				})
			}
			if test.good && err != nil || !test.good && !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", test, err)
			}
		}
		// Nor a number, where keys are some.
		numbered := spec
		numbered.Key, numbered.KeyKind = "c.version", list.Number
		for key, good := range map[string]bool{"134": true, "A34": false, "": false} {
			cursor, err := json.Marshal(map[string]string{"s": "name", "v": "x", "k": key})
			if err != nil {
				t.Fatal(err)
			}
			q, err := numbered.Parse(url.Values{"sort": {"name"}, "cursor": {base64.RawURLEncoding.EncodeToString(cursor)}})
			if err == nil {
				err = d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error {
					_, err := list.Run[row](t.Context(), tx, numbered, q)
					return err
				})
			}
			if good && err != nil || !good && !fault.Is(err, fault.Invalid) {
				t.Errorf("key %q: %v", key, err)
			}
		}
	})
}
