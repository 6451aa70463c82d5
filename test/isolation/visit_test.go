package isolation

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// request is one request to the instance, in the process.
type request struct {
	method, path, body string
	kind               string // of the body
	header             [2]string
	as                 *caller // nil is nobody
	page               bool    // by session, otherwise by token
}

func (r request) String() string {
	who := "nobody"
	if r.as != nil {
		who = r.as.name
	}
	return fmt.Sprintf("%s: %s %s %s", who, r.method, r.path, r.body)
}

func (r request) http(t *testing.T) *http.Request {
	q := httptest.NewRequestWithContext(t.Context(), r.method, "http://vigie.example"+r.path, strings.NewReader(r.body))
	if r.body != "" {
		q.Header.Set("Content-Type", r.kind)
	}
	if r.header[0] != "" {
		q.Header.Set(r.header[0], r.header[1])
	}
	if r.as != nil && r.page {
		q.AddCookie(&http.Cookie{Name: "vigie", Value: r.as.session})
	} else if r.as != nil {
		q.Header.Set("Authorization", "Bearer "+r.as.token)
	}
	return q
}

// answer is what came back: text, also of a spreadsheet, and the headers.
type answer struct {
	status int
	text   string
	header http.Header
}

func visitor(h http.Handler) func(*testing.T, request) answer {
	return func(t *testing.T, r request) answer {
		t.Helper()
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r.http(t))
		a := answer{rec.Code, rec.Body.String(), rec.Header()}
		if strings.Contains(rec.Header().Get("Content-Type"), "spreadsheet") && rec.Code == http.StatusOK {
			a.text = sheets(t, rec.Body.Bytes())
		}
		return a
	}
}

// do makes a request; the clock moves on, so that nobody runs into the limit of requests.
func (h *house) do(t *testing.T, r request) answer {
	t.Helper()
	h.requests++
	h.clock.Advance(time.Millisecond)
	a := h.visit(t, r)
	if a.status >= 500 {
		t.Errorf("%s: %d %.300s", r, a.status, a.text)
	}
	return a
}

// sheets is the text of an XLSX file.
func sheets(t *testing.T, b []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	check(t, err)
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		_, err = io.Copy(&out, r)
		check(t, err)
		check(t, r.Close())
	}
	return out.String()
}

// nonces, ids of messages and the moment of a page differ from answer to answer.
var volatile = regexp.MustCompile(`nonce="[^"]*"|made=\d+|nonce-[A-Za-z0-9+/=_-]+|"trace_id":"[^"]*"`)

// comparable is the answer without what always differs, and without the names of the firm that the request held.
func (a answer) comparable(f *firm) string {
	var headers []string
	for _, name := range []string{"Location", "Etag", "Content-Type", "Content-Disposition", "Set-Cookie", "Hx-Redirect"} {
		headers = append(headers, name+": "+f.mask(a.header.Get(name)))
	}
	return fmt.Sprint(a.status, headers, volatile.ReplaceAllString(f.mask(a.text), ""))
}

// leak gives a part of the answer that shows a secret of the firm; words that the request itself held may come back.
func (a answer) leak(f *firm, r request) string {
	text := strings.ToLower(a.text)
	for _, values := range a.header {
		text += "\n" + strings.ToLower(strings.Join(values, "\n"))
	}
	return leakIn(text, f, r.path+" "+r.body)
}

func leakIn(text string, f *firm, sent string) string {
	text = readable(text)
	if !slices.ContainsFunc(f.secrets(), func(s string) bool { return strings.Contains(text, s) }) {
		return "" // what was said is only taken out
	}
	sent = readable(sent)
	said := map[string]bool{}
	eachWord(sent, func(w string) string {
		said[strings.Trim(w, ".-")] = true
		return w
	})
	text = eachWord(text, func(w string) string {
		if said[strings.Trim(w, ".-")] {
			return "_"
		}
		return w
	})
	for _, s := range f.secrets() {
		if at := strings.Index(text, s); at >= 0 {
			return text[max(0, at-80):min(len(text), at+80)]
		}
	}
	return ""
}

// eachWord replaces words, which hold ids, slugs and names as wholes: whoever sends a short one may not get a long one back.
// An expression would take eight times as long, and this is most of what the matrix does with an answer.
func eachWord(text string, by func(string) string) string {
	within := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '@' || c == '.' || c == '-'
	}
	var out strings.Builder
	out.Grow(len(text))
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && within(text[end]) {
			end++
		}
		if end > at {
			out.WriteString(by(text[at:end]))
			at = end
		}
		for end < len(text) && !within(text[end]) {
			end++
		}
		out.WriteString(text[at:end])
		at = end
	}
	return out.String()
}

func readable(s string) string {
	return strings.NewReplacer("%2f", "/", "%2c", ",", "%3f", "?", "%3d", "=", "%26", "&", "%20", " ", "+", " ").Replace(strings.ToLower(s))
}

// digest writes rows as text, in an order of their own.
func digest(rows *sql.Rows) (string, error) {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = string(b)
			}
		}
		lines = append(lines, fmt.Sprintf("%v", values))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), rows.Err()
}
