package isolation

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/internal/trust/permission"
)

// endless is a body that never ends, and knows how much of it was read.
type endless struct {
	head string
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head[min(e.read, int64(len(e.head))):])
	for i := n; i < len(p); i++ {
		p[i] = 'a'
	}
	if e.read += int64(len(p)); e.read > 1<<30 {
		return 0, io.ErrUnexpectedEOF // nobody stopped
	}
	return len(p), nil
}

// roomy are the operations and pages that take files or many records, with what they may read, in MiB. One import stands for all.
var roomy = map[string]int64{
	"POST /attachments": 26, "POST /bulk-edits": 3, "POST /mail-bounces": 11, "POST /contacts/import": 17, "POST /imports/{list}": 49, "POST /findings/import": 33,
}

// sizes sends a body without end to every operation and page that changes something: none reads on beyond what it takes. Some need
// nothing of a body, and do what they are asked; so this comes late.
func (h *house) sizes(t *testing.T) {
	admin := h.as(permission.Admin, false)
	handler := h.app.Handler() // describes the whole API when it is made
	try := func(what string, r request, kind, head string) {
		h.clock.Advance(time.Millisecond)
		body := &endless{head: head}
		q := httptest.NewRequestWithContext(t.Context(), r.method, "http://vigie.example"+r.path, body)
		q.ContentLength = -1
		q.Header.Set("Content-Type", kind)
		if r.page {
			q.AddCookie(&http.Cookie{Name: "vigie", Value: admin.session})
		} else {
			q.Header.Set("Authorization", "Bearer "+admin.token)
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q)
		h.requests++
		roof := int64(1)
		if n := roomy[what]; n > 0 {
			roof = n
		}
		if body.read > roof<<20+128<<10 {
			t.Errorf("%s read %d KiB, and answered %d", what, body.read>>10, rec.Code)
		}
		if rec.Code >= 500 || body.read > roof<<20 && rec.Code < 400 {
			t.Errorf("%s answered %d: %.200s", what, rec.Code, rec.Body)
		}
	}
	for _, op := range h.described(t) {
		if rule, ok := apiRules[op.String()]; ok && op.method != http.MethodGet && op.method != http.MethodDelete && !rule.self && (roomy[op.String()] > 0 || !strings.HasSuffix(op.path, "/import")) {
			kind := rule.kind()
			head := `{"name":"`
			if kind == "text/csv" {
				head = "name\n"
			}
			try(op.String(), h.call(t, op, rule, h.acme.own(), admin), kind, head)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(pageRules)) {
		rule := pageRules[pattern]
		if !strings.HasPrefix(pattern, "POST ") || rule.form == nil {
			continue
		}
		kind, head := "application/x-www-form-urlencoded", "name="
		if rule.multi {
			kind = multipartKind
		}
		try(pattern, h.visitTo(t, pattern, rule, h.acme.own(), admin), kind, head)
	}
}
