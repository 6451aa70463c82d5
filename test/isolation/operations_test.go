package isolation

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// operation is one operation as the OpenAPI description has it.
type operation struct {
	method, path string
	query        []string
	list         bool
	exports      bool
	json         bool // it takes a body of JSON
}

func (o operation) String() string { return o.method + " " + o.path }

// described reads /api/openapi.json.
func (h *house) described(t *testing.T) (out []operation) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
			Responses  map[string]struct{ Content map[string]any }
			Body       struct{ Content map[string]any } `json:"requestBody"`
		}
	}
	check(t, json.Unmarshal([]byte(h.do(t, request{method: "GET", path: "/api/openapi.json"}).text), &doc))
	for path, methods := range doc.Paths {
		for method, o := range methods {
			op := operation{method: strings.ToUpper(method), path: strings.TrimPrefix(path, base)}
			for _, p := range o.Parameters {
				if p.In == "query" {
					op.query = append(op.query, p.Name)
				}
			}
			_, op.exports = o.Responses["200"].Content["text/csv"]
			op.list = op.exports
			_, op.json = o.Body.Content["application/json"]
			out = append(out, op)
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

const base = "/api/v1"

// operations walks every operation with every caller.
func (h *house) operations(t *testing.T) {
	found := h.described(t)
	if len(found) < 40 {
		t.Fatalf("only %d operations are described", len(found))
	}
	known := map[string]bool{}
	for _, op := range found {
		known[op.String()] = true
		rule, ok := apiRules[op.String()]
		if !ok {
			t.Errorf("%s is not registered in apiRules", op)
			continue
		}
		t.Run(op.String(), func(t *testing.T) {
			h.unsigned(t, op, rule)
			var before map[string]string
			for _, c := range h.callers {
				before = h.operate(t, op, rule, c, before)
			}
		})
	}
	for name := range maps.Keys(apiRules) {
		if !known[name] {
			t.Errorf("apiRules has %s, which is not described", name)
		}
	}
}

// unsigned: who has not signed in learns nothing, also not what exists.
func (h *house) unsigned(t *testing.T, op operation, rule rule) {
	for _, f := range []*firm{h.bolt, h.nobody} {
		r := h.call(t, op, rule, f, nil)
		if a := h.do(t, r); a.status != http.StatusUnauthorized || a.leak(f, r) != "" {
			t.Errorf("%s: %d %.200s", r, a.status, a.text)
		}
	}
}

// call fills an operation with the names of a firm's records.
func (h *house) call(t *testing.T, op operation, rule rule, f *firm, c *caller) request {
	t.Helper()
	r := request{method: op.method, path: base + fill(t, op.path, f), as: c}
	if rule.query != nil {
		r.path += "?" + rule.query(f).Encode()
	}
	if rule.body != nil {
		r.body, r.kind = text(rule.body(f)), rule.kind()
	}
	if f.Version != 0 && (op.method == http.MethodPatch || op.method == http.MethodDelete) {
		r.header = [2]string{"If-Match", fmt.Sprintf(`"v%d"`, f.Version)}
	}
	return r
}

// text is a body: JSON, unless it is text already.
func text(body any) string {
	if s, ok := body.(string); ok {
		return s
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// operate tries an operation as one caller. before is what bolt had after the caller before, if known; what it has now is given back.
func (h *house) operate(t *testing.T, op operation, rule rule, c *caller, before map[string]string) map[string]string {
	t.Helper()
	// One's own, or anybody's for who covers all.
	own := h.call(t, op, rule, h.acme.own(), c)
	a := h.do(t, own)
	want := rule.expected(op.method, c)
	if !slices.Contains(want, a.status) {
		t.Errorf("%s: %d, want %v: %.200s", own, a.status, want, a.text)
	}
	if !c.limited {
		if op.method == http.MethodGet {
			r := h.call(t, op, rule, h.bolt, c)
			b := h.do(t, r)
			if b.status != a.status {
				t.Errorf("%s: %d, but %d for acme's", r, b.status, a.status)
			}
			// The test can see: whoever covers bolt is shown what others are not.
			if b.status == http.StatusOK && rule.shows && leakIn(b.text, h.bolt, "") == "" {
				t.Errorf("%s: shows nothing of bolt's: %.200s", r, b.text)
			}
		}
		return nil
	}
	if l := a.leak(h.bolt, own); l != "" {
		t.Errorf("%s: shows bolt's %q", own, l)
	}
	change := op.method != http.MethodGet
	if change && before == nil {
		before = h.footprint(t, h.bolt)
	}
	if !rule.self && (strings.Contains(op.path, "{") || rule.body != nil || rule.query != nil) {
		h.foreign(t, op, rule, c)
	}
	if !change { // filters, formats and the like are tried by the matrix
		return nil
	}
	return h.untouched(t, h.bolt, before, c.name+": "+op.String())
}

// foreign names bolt's records: the answer is that of records that do not exist, word by word.
func (h *house) foreign(t *testing.T, op operation, rule rule, c *caller) {
	t.Helper()
	want := []int{http.StatusNotFound}
	if !strings.Contains(op.path, "{") {
		want = append(want, http.StatusUnprocessableEntity)
	}
	if !rule.allows(op.method, c) {
		want = append(want, http.StatusForbidden)
	}
	theirs, none := h.call(t, op, rule, h.bolt, c), h.call(t, op, rule, h.nobody, c)
	h.same(t, theirs, none, want)
	if rule.mixed == nil {
		return
	}
	for i, body := range rule.mixed(h.acme, h.bolt) {
		theirs, none := h.call(t, op, rule, h.acme, c), h.call(t, op, rule, h.acme, c)
		theirs.header, none.header = [2]string{}, [2]string{}
		theirs.body, none.body = text(body), text(rule.mixed(h.acme, h.nobody)[i])
		h.same(t, theirs, none, []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusConflict, http.StatusForbidden})
	}
}

// same makes two requests, of which one names what is bolt's and the other what does not exist, and compares the answers.
func (h *house) same(t *testing.T, theirs, none request, want []int) {
	t.Helper()
	a, b := h.do(t, theirs), h.do(t, none)
	if !slices.Contains(want, a.status) {
		t.Errorf("%s: %d, want %v: %.200s", theirs, a.status, want, a.text)
	}
	if l := a.leak(h.bolt, theirs); l != "" {
		t.Errorf("%s: shows bolt's %q", theirs, l)
	}
	if x, y := a.comparable(h.bolt), b.comparable(h.nobody); x != y {
		t.Errorf("%s: differs from what does not exist:\n%.400s\n%.400s", theirs, x, y)
	}
}

// probes are the values by which bolt's records would be found. The word itself is cut, so that an answer has to add to it.
func probes(f *firm, name string) []string {
	cut := f.Word[:len(f.Word)-2]
	out := []string{cut, f.Slug, f.Word + "-ci"}
	field, _, _ := strings.Cut(name, ".")
	for kind, v := range f.Refs {
		if field == kind || field == kind+"_id" || strings.HasSuffix(field, "id") || field == "account" && kind == "number" {
			out = append(out, v)
		}
	}
	return out
}

// fill puts the firm's records into the parameters of a path.
func fill(t *testing.T, path string, f *firm) string {
	t.Helper()
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if !strings.HasPrefix(p, "{") || p == "{$}" {
			continue
		}
		kind, ok := pathKinds[parts[i-1]+"/"+p]
		if !ok {
			t.Fatalf("%s: the parameter %s/%s is not registered in pathKinds", path, parts[i-1], p)
		}
		if word, fixed := strings.CutPrefix(kind, "="); fixed {
			parts[i] = word
			continue
		}
		parts[i] = f.ref(t, kind)
	}
	return strings.Join(parts, "/")
}
