package crossing

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Customer is one of the two.
type Customer struct{ ID, Slug, Name string }

// House is the instance as the test sees it.
type House struct {
	Handler http.Handler
	// As puts an actor with the role, who covers exactly this customer, into the context: the handler takes them for signed in.
	As func(ctx context.Context, role permission.Role, customer string) context.Context
	// Own is the customer whose people try, Other the one that they must not reach.
	Own, Other Customer
	// Change also tries to change things. Never on an instance that somebody needs.
	Change bool
	// Jobs try to work on the other's records under one's own name; each tells whether it did anything.
	Jobs map[string]func(ctx context.Context) (reached bool, err error)
	// Fingerprint is a hash over all rows of a customer.
	Fingerprint func(ctx context.Context, customer string) (string, error)
}

// Finding is one crossing that was not refused as it should be.
type Finding struct {
	Role    string `json:"role"`
	Request string `json:"request"`
	Problem string `json:"problem"`
}

// Result is what came of it.
type Result struct {
	Operations int            `json:"operations"`
	Pages      int            `json:"pages"`
	Records    int            `json:"records"`   // of the other customer, that were asked for
	Requests   int            `json:"requests"`  // all of them
	Tries      map[string]int `json:"tries"`     // crossings that were tried, by kind
	Reached    int            `json:"reached"`   // requests for one's own that were answered: the test could see something
	Unchanged  bool           `json:"unchanged"` // the other's rows are what they were; always true where nothing was to be changed
	Findings   []Finding      `json:"findings"`  // none is as it should be
	ByRole     map[string]int `json:"by_role"`   // requests
}

// Good tells whether nothing was found, and the test was one.
func (r Result) Good() bool {
	return len(r.Findings) == 0 && r.Unchanged && r.Reached > 0 && r.Records > 0
}

// test is one run.
type test struct {
	House
	ctx    context.Context
	result Result
	// words are what the other customer can be known by; each is unique to it.
	words  []string
	theirs map[string][]string // ids of the other's records, by the path of their list
	ours   map[string][]string
}

// answer is what came back.
type answer struct {
	status int
	text   string
}

// Run makes the test. It ends early with ctx.
func Run(ctx context.Context, h House) (Result, error) {
	t := &test{House: h, ctx: ctx, theirs: map[string][]string{}, ours: map[string][]string{},
		result: Result{Tries: map[string]int{}, ByRole: map[string]int{}, Findings: []Finding{}, Unchanged: true}}
	operations, err := t.operations()
	if err != nil {
		return Result{}, err
	}
	t.gather(operations)
	before := ""
	if h.Change {
		if before, err = h.Fingerprint(ctx, h.Other.ID); err != nil {
			return Result{}, err
		}
	}
	pages := t.crawl(h.Other)
	own := t.crawl(h.Own)
	for _, role := range permission.Roles() {
		for _, op := range operations {
			t.operate(role, op)
		}
		t.pages(role, pages, own)
		t.stream(role)
		if ctx.Err() != nil {
			return t.result, ctx.Err()
		}
	}
	if err := t.jobs(); err != nil {
		return t.result, err
	}
	if h.Change {
		after, err := h.Fingerprint(ctx, h.Other.ID)
		if err != nil {
			return Result{}, err
		}
		t.result.Unchanged = before == after
	}
	return t.result, nil
}

// do sends a request as a role that covers a customer.
func (t *test) do(role permission.Role, customer, method, path, body string, header ...string) answer {
	t.result.Requests++
	t.result.ByRole[string(role)]++
	ctx, cancel := context.WithCancel(t.As(t.ctx, role, customer))
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, "http://vigie.invalid"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	t.Handler.ServeHTTP(w, r)
	a := answer{w.Code, w.Body.String()}
	for _, name := range []string{"Location", "Content-Disposition", "ETag"} {
		a.text += "\n" + w.Header().Get(name)
	}
	if strings.HasPrefix(a.text, "PK\x03\x04") {
		a.text = unpacked(w.Body.Bytes())
	}
	return a
}

// unpacked is the text of a spreadsheet or of another ZIP.
func unpacked(b []byte) string {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return string(b)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		_, _ = io.Copy(&out, io.LimitReader(r, 64<<20))
		r.Close()
	}
	return out.String()
}

// leak gives a word of the other customer that stands in an answer although the request did not hold it.
func (t *test) leak(a answer, request string) string {
	text, asked := strings.ToLower(a.text), strings.ToLower(request)
	if plain, err := url.QueryUnescape(asked); err == nil {
		asked += " " + plain
	}
	for _, w := range t.words {
		if strings.Contains(text, w) && !strings.Contains(asked, w) {
			return w
		}
	}
	return ""
}

func (t *test) found(role permission.Role, request, problem string) {
	if len(t.result.Findings) < 1000 {
		t.result.Findings = append(t.result.Findings, Finding{string(role), request, problem})
	}
}

var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// volatile is what differs between two answers to the same request.
var volatile = regexp.MustCompile(`nonce="[^"]*"|made=\d+|"trace_id":"[^"]*"|` + anID.String())

// same tells whether two answers differ in nothing but what the requests named.
func same(a, b answer, named ...string) bool {
	var words []string
	for _, n := range named {
		if n != "" {
			words = append(words, n, "*", url.QueryEscape(n), "*")
		}
	}
	mask := strings.NewReplacer(words...)
	// Tag by tag: what is volatile stands within one, and an expression over whole pages takes most of the time of the test.
	as, bs := strings.Split(mask.Replace(a.text), "<"), strings.Split(mask.Replace(b.text), "<")
	return a.status == b.status && slices.EqualFunc(as, bs, func(x, y string) bool {
		return x == y || volatile.ReplaceAllString(x, "*") == volatile.ReplaceAllString(y, "*")
	})
}

// cross asks for something of the other's and for what does not exist: the answers must be the same, and tell nothing.
func (t *test) cross(kind string, role permission.Role, method, path, body string, theirs, nobodys string, header ...string) {
	t.result.Tries[kind]++
	request := method + " " + path + " " + body
	a := t.do(role, t.Own.ID, method, path, body, header...)
	if w := t.leak(a, request); w != "" {
		t.found(role, request, "the answer holds "+w)
	}
	if a.status >= 500 {
		t.found(role, request, "the answer is an error of the server")
	}
	none := strings.NewReplacer(theirs, nobodys, url.QueryEscape(theirs), url.QueryEscape(nobodys))
	b := t.do(role, t.Own.ID, method, none.Replace(path), none.Replace(body), header...)
	if !same(a, b, theirs, nobodys) {
		t.found(role, request, "the answer differs from that to what does not exist")
	}
}

// nobody is an id that no record has.
func nobody() string { return id.New() }

func addNew(to []string, values ...string) []string {
	for _, v := range values {
		if v != "" && !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}
