package file_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigie/internal/platform/blob"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
)

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A file goes in, is listed, read by token and by signed address, and goes; the trail has it.
func TestLifeOfAFile(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c, file.DefaultLimits())
		eng := h.as(permission.Engineer)
		res := h.attach(t, eng, "acme", "notes d'été.txt", "hello, world", false).Want(t, 201)
		var f file.File
		res.JSON(t, &f)
		if f.Name != "notes d'été.txt" || f.MediaType != "text/plain" || f.Size != 12 || f.Public || f.Customer != "acme" || res.Header.Get("Location") != "/api/v1/attachments/"+f.ID || res.Header.Get("ETag") != `"v1"` {
			t.Errorf("%+v %v", f, res.Header)
		}
		got := eng.Do(t, "GET", "/attachments/"+f.ID+"/content", "").Want(t, 200)
		if got.Body != "hello, world" || got.Header.Get("Content-Disposition") != `attachment; filename="notes d'_t_.txt"; filename*=UTF-8''notes%20d%27%C3%A9t%C3%A9.txt` {
			t.Errorf("%q %v", got.Body, got.Header)
		}
		part := eng.Do(t, "GET", "/attachments/"+f.ID+"/content", "", "Range", "bytes=7-11").Want(t, 206)
		if part.Body != "world" || part.Header.Get("Content-Range") != "bytes 7-11/12" {
			t.Errorf("range: %q %v", part.Body, part.Header)
		}
		var page struct{ Items []file.File }
		eng.Do(t, "GET", "/attachments?record_type=contact&record_id="+h.contact["acme"], "").Want(t, 200).JSON(t, &page)
		if len(page.Items) != 1 || page.Items[0] != f {
			t.Errorf("listed: %+v", page.Items)
		}
		url := h.link(t, eng, f, "original")
		out := h.knock(t, url, "Cookie", "session=whoever")
		if out.StatusCode != 200 || text(t, out) != "hello, world" {
			t.Errorf("door: %d", out.StatusCode)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, no-store", "Set-Cookie": ""} {
			if got := out.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		eng.Do(t, "DELETE", "/attachments/"+f.ID, "", "If-Match", `"v7"`).Want(t, 412)
		eng.Do(t, "DELETE", "/attachments/"+f.ID, "", "If-Match", `"v1"`).Want(t, 204)
		eng.Do(t, "GET", "/attachments/"+f.ID, "").Want(t, 404)
		if out := h.knock(t, url); out.StatusCode != 404 {
			t.Errorf("the door still leads to a removed file: %d", out.StatusCode)
		}
		var actions []string
		err := d.View(t.Context(), db.Grant(h.customer["acme"]), func(tx *db.Tx) error {
			return tx.Select(t.Context(), &actions, `SELECT action FROM {audit_entry} WHERE record_type = 'file' ORDER BY id`)
		})
		if err != nil || strings.Join(actions, " ") != "add remove" {
			t.Errorf("trail: %v %v", actions, err)
		}
	})
}

// People of a customer see public files, and what they add is public; other customers see nothing at all.
func TestWhoSeesAFile(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c, file.DefaultLimits())
		eng, requester, viewer, other := h.as(permission.Engineer), h.as(permission.Requester, "acme"), h.as(permission.Viewer, "acme"), h.as(permission.Admin, "bolt")
		inner, shared := h.attached(t, eng, "acme", "inner.txt", "inner", false), h.attached(t, eng, "acme", "shared.txt", "shared", true)
		theirs := h.attached(t, requester, "acme", "theirs.txt", "theirs", false)
		if !theirs.Public {
			t.Error("what a requester adds is internal")
		}
		for _, f := range []file.File{inner, shared, theirs} {
			want := 200
			if !f.Public {
				want = 404
			}
			for _, path := range []string{"", "/content"} {
				requester.Do(t, "GET", "/attachments/"+f.ID+path, "").Want(t, want)
				viewer.Do(t, "GET", "/attachments/"+f.ID+path, "").Want(t, want)
				other.Do(t, "GET", "/attachments/"+f.ID+path, "").Want(t, 404)
			}
			other.Do(t, "POST", "/attachments/"+f.ID+"/links", `{}`).Want(t, 404)
			other.Do(t, "DELETE", "/attachments/"+f.ID, "").Want(t, 404)
		}
		var page struct{ Items []file.File }
		viewer.Do(t, "GET", "/attachments", "").Want(t, 200).JSON(t, &page)
		if len(page.Items) != 2 {
			t.Errorf("a viewer lists %d, want 2", len(page.Items))
		}
		other.Do(t, "GET", "/attachments", "").Want(t, 200).JSON(t, &page)
		if len(page.Items) != 0 {
			t.Errorf("another customer's administrator lists %d", len(page.Items))
		}
		h.attach(t, viewer, "acme", "x.txt", "x", false).Want(t, 403)
		h.attach(t, h.as(permission.Auditor), "acme", "x.txt", "x", false).Want(t, 403)
		h.attach(t, other, "acme", "x.txt", "x", false).Want(t, 404)
		requester.Do(t, "DELETE", "/attachments/"+shared.ID, "").Want(t, 403)
		requester.Do(t, "DELETE", "/attachments/"+theirs.ID, "").Want(t, 204)
		h.as(permission.Manager).Do(t, "DELETE", "/attachments/"+shared.ID, "").Want(t, 204)
	})
}

// An address is good for five minutes, for one content, and only as we signed it.
func TestSignedAddresses(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c, file.DefaultLimits())
		eng := h.as(permission.Engineer)
		f, g := h.attached(t, eng, "acme", "a.txt", "first", false), h.attached(t, eng, "bolt", "b.txt", "second", false)
		url := h.link(t, eng, f, "original")
		word := strings.TrimPrefix(url, "/files/")
		raw, err := base64.RawURLEncoding.DecodeString(word)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, b []byte) {
			if res := h.knock(t, "/files/"+base64.RawURLEncoding.EncodeToString(b)); res.StatusCode != 404 {
				t.Errorf("%s: %d", what, res.StatusCode)
			}
		}
		for i := range raw { // no bit can be turned
			forged := bytes.Clone(raw)
			forged[i] ^= 1
			try("a turned bit", forged)
		}
		try("the other file", bytes.Replace(raw, []byte(f.ID), []byte(g.ID), 1))
		try("no signature", raw[:len(raw)-32])
		try("more behind", append(bytes.Clone(raw), 0))
		try("nothing", nil)
		for _, word := range []string{word + "=", word + "A", "..%2f..%2fetc%2fpasswd", "%00", strings.Repeat("A", 5000)} {
			if res := h.knock(t, "/files/"+word); res.StatusCode != 404 {
				t.Errorf("%.20s: %d", word, res.StatusCode)
			}
		}
		c.Advance(5*time.Minute - time.Second)
		if res := h.knock(t, url); res.StatusCode != 200 {
			t.Errorf("within its time: %d", res.StatusCode)
		}
		c.Advance(time.Second)
		res := h.knock(t, url, "Accept-Language", "fr")
		if body := text(t, res); res.StatusCode != 404 || !strings.Contains(body, "a expiré") || strings.Contains(body, "first") {
			t.Errorf("over: %d %s", res.StatusCode, body)
		}
		eng.Do(t, "POST", "/attachments/"+f.ID+"/links", `{"variant":"preview"}`).Want(t, 404)
		eng.Do(t, "POST", "/attachments/"+f.ID+"/links", `{"variant":"x"}`).Want(t, 422)
	})
}

// The limits: of one file, of a customer, of types, and of the form.
func TestLimits(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		limits := file.Limits{Max: 1000, Quota: 2500, Allow: []string{"text/*", "image/png", "application/zip"}, Deny: append(file.Programs(), "text/html", "image/svg+xml")}
		h := open(t, d, c, limits)
		eng := h.as(permission.Engineer)
		kilo := func(letter string) string { return strings.Repeat(letter, 1000) }
		h.attach(t, eng, "acme", "big.txt", kilo("x")+"x", false).Want(t, 413)
		if p := h.attach(t, eng, "acme", "empty.txt", "", false).Want(t, 422).Problem(t); p.Errors[0].Field != "file" {
			t.Errorf("%+v", p)
		}
		h.attach(t, eng, "acme", "huge.txt", strings.Repeat("x", 3<<20), false).Want(t, 413)
		h.attached(t, eng, "acme", "a.txt", kilo("a"), false)
		h.attached(t, eng, "acme", "b.txt", kilo("b"), false)
		h.attached(t, eng, "acme", "b again.txt", kilo("b"), false) // the same content takes no more room
		if p := h.attach(t, eng, "acme", "c.txt", kilo("c"), false).Want(t, 409).Problem(t); !strings.Contains(p.Detail, "used up") {
			t.Errorf("%+v", p)
		}
		h.attached(t, eng, "bolt", "c.txt", kilo("c"), false) // each customer has a space of its own
		for name, content := range map[string]string{
			"program.txt": "MZ" + strings.Repeat("\x00", 58) + "\x80\x00\x00\x00" + strings.Repeat("\x00", 64) + "PE\x00\x00", "elf.png": "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100),
			"page.txt": "<!DOCTYPE html><html><script>alert(1)</script></html>", "paper.txt": "%PDF-1.7\n", "drawing.png": `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`,
		} {
			p := h.attach(t, eng, "bolt", name, content, false).Want(t, 422).Problem(t)
			if p.Errors[0].Field != "file" || !strings.Contains(p.Errors[0].Message, "/") {
				t.Errorf("%s: %+v", name, p.Errors)
			}
		}
		for name, parts := range map[string][]part{
			"the file first":     {{"file", "a", "a"}, {"record_type", "", "contact"}, {"record_id", "", h.contact["bolt"]}},
			"no file":            {{"record_type", "", "contact"}, {"record_id", "", h.contact["bolt"]}},
			"an unknown field":   {{"record_type", "", "contact"}, {"admin", "", "true"}},
			"a long field":       {{"record_type", "", kilo("x") + kilo("x") + kilo("x") + kilo("x") + kilo("x")}},
			"no such truth":      {{"public", "", "maybe"}},
			"two files":          {{"record_type", "", "contact"}, {"record_id", "", h.contact["bolt"]}, {"file", "a", "a"}, {"file", "b", "b"}},
			"too many fields":    many(part{"public", "", "true"}, 100),
			"nothing whatsoever": {},
		} {
			body, kind := form(t, parts...)
			if a := eng.Do(t, "POST", "/attachments", body, "Content-Type", kind); a.Status != 422 {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		body, kind := form(t, part{"record_type", "", "contact"}, part{"record_id", "", h.contact["bolt"]}, part{"file", "a.txt", kilo("a")})
		eng.Do(t, "POST", "/attachments", body[:len(body)-300], "Content-Type", kind).Want(t, 422)
		eng.Do(t, "POST", "/attachments", body, "Content-Type", "multipart/form-data").Want(t, 415)
		eng.Do(t, "POST", "/attachments", `{}`).Want(t, 415)
		body, kind = form(t, part{"record_type", "", "session"}, part{"record_id", "", h.contact["bolt"]}, part{"file", "a.txt", "a"})
		eng.Do(t, "POST", "/attachments", body, "Content-Type", kind).Want(t, 404)
	})
}

func many(p part, n int) (out []part) {
	for range n {
		out = append(out, p)
	}
	return out
}

// Whether another customer has the same content shows in nothing: not in the answer, not in what is written.
func TestNoWordOfWhatOthersHave(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c, file.DefaultLimits())
		secret := strings.Repeat("the secret plan of bolt ", 4000)
		h.attached(t, h.as(permission.Engineer, "bolt"), "bolt", "plan.txt", secret, false)
		before := written(t, h.store)
		spy := h.as(permission.Engineer, "acme")
		known, fresh := h.attach(t, spy, "acme", "guess.txt", secret, false).Want(t, 201), h.attach(t, spy, "acme", "guess.txt", strings.ToUpper(secret), false).Want(t, 201)
		var a, b file.File
		known.JSON(t, &a)
		fresh.JSON(t, &b)
		a.ID, a.SHA256 = b.ID, b.SHA256
		if a != b {
			t.Errorf("the answers differ:\n%+v\n%+v", a, b)
		}
		// The content that was there is written as the new one is: its time is of now.
		if after := written(t, h.store); !after.After(before) {
			t.Error("the known content was not written again")
		}
	})
}

// written is the oldest time of a content of the store.
func written(t *testing.T, s blob.Store) (oldest time.Time) {
	t.Helper()
	err := s.Each(context.WithoutCancel(t.Context()), func(_ blob.Blob, put time.Time) error {
		if oldest.IsZero() || put.Before(oldest) {
			oldest = put
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return oldest
}
