package crossing

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

const base = "/api/v1"

// operation is one operation as the description has it.
type operation struct {
	method, path string
	list         bool
}

// operations reads the description of the API.
func (t *test) operations() (out []operation, err error) {
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	a := t.do(permission.Admin, t.Own.ID, http.MethodGet, "/api/openapi.json", "")
	text, _, _ := strings.Cut(a.text, "\n\n\n")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&doc); err != nil {
		return nil, fmt.Errorf("read the description of the API: %w", err)
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			_, csv := o.Responses["200"].Content["text/csv"]
			out = append(out, operation{strings.ToUpper(method), strings.TrimPrefix(path, base), csv})
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	t.result.Operations = len(out)
	return out, nil
}

// each is how many records of one kind are tried.
const each = 3

// gather lists the records of both customers as an administrator who covers one of them.
func (t *test) gather(operations []operation) {
	words := []string{t.Other.ID, t.Other.Slug, t.Other.Name}
	own := map[string]bool{}
	for _, op := range operations {
		if !op.list || strings.Contains(op.path, "{") {
			continue
		}
		for _, ref := range t.list(op.path, t.Own.ID) {
			t.ours[op.path] = addNew(t.ours[op.path], ref)
			own[ref] = true
		}
		t.theirs[op.path] = addNew(nil, t.list(op.path, t.Other.ID)...)
	}
	for path, refs := range t.theirs {
		// What both can see, such as shared views, is not the other's.
		refs = slices.DeleteFunc(refs, func(ref string) bool { return own[ref] })
		words = addNew(words, refs...)
		t.theirs[path] = refs[:min(len(refs), each)]
		t.result.Records += len(t.theirs[path])
	}
	t.ours["/customers"], t.theirs["/customers"] = []string{t.Own.Slug, t.Own.ID}, []string{t.Other.Slug, t.Other.ID}
	for _, w := range words {
		if len(w) > 3 {
			t.words = append(t.words, strings.ToLower(w), html.EscapeString(strings.ToLower(w)))
		}
	}
}

// list gives the ids of the first records of a list.
func (t *test) list(path, customer string) (ids []string) {
	var page struct{ Items []struct{ ID string } }
	a := t.do(permission.Admin, customer, http.MethodGet, base+path+"?limit=50", "")
	if a.status != http.StatusOK || json.NewDecoder(strings.NewReader(a.text)).Decode(&page) != nil {
		return nil
	}
	for _, item := range page.Items {
		if id.Valid(item.ID) {
			ids = append(ids, item.ID)
		}
	}
	return ids
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// refs are the records that the first parameter of a path can name.
func refs(path string, of map[string][]string) []string {
	collection, _, _ := strings.Cut(path, "/{")
	if found := of[collection]; len(found) > 0 {
		return found
	}
	if strings.Contains(path, "{customer}") {
		return of["/customers"]
	}
	return nil
}

// operate tries one operation: with the other's records, and with one's own to see that it answers at all.
func (t *test) operate(role permission.Role, op operation) {
	changes := op.method != http.MethodGet
	if changes && !t.Change {
		return
	}
	body, header := "", []string(nil)
	if changes {
		header = []string{"If-Match", `"999999"`}
		if op.method != http.MethodDelete {
			body = "{}"
		}
	}
	if parameter.MatchString(op.path) {
		for _, ref := range refs(op.path, t.theirs) {
			path := base + parameter.ReplaceAllLiteralString(op.path, url.PathEscape(ref))
			t.cross("operation", role, op.method, path, body, ref, stranger(ref), header...)
		}
		if !changes {
			for _, ref := range refs(op.path, t.ours) {
				if t.do(role, t.Own.ID, op.method, base+parameter.ReplaceAllLiteralString(op.path, url.PathEscape(ref)), "").status == http.StatusOK {
					t.result.Reached++
				}
			}
		}
		return
	}
	if changes {
		for _, who := range []string{t.Other.Slug, t.Other.ID} {
			t.cross("operation", role, op.method, base+op.path, `{"customer":"`+who+`"}`, who, stranger(who), header...)
		}
		return
	}
	if op.list {
		t.search(role, op)
	}
}

// stranger is a name of the same form that nobody has.
func stranger(ref string) string {
	if id.Valid(ref) {
		return nobody()
	}
	return "nobody-is-called-so"
}

// search tries a list: as it is, narrowed to the other, searched for the other, and as a file.
func (t *test) search(role permission.Role, op operation) {
	at := base + op.path
	if t.do(role, t.Own.ID, http.MethodGet, at, "").status == http.StatusOK {
		t.result.Reached++
	}
	for kind, query := range map[string]string{"search": "?limit=500", "export": "?format=csv"} {
		t.quiet(kind, role, at+query)
	}
	t.quiet("export", role, at+"?format=xlsx")
	for _, who := range []string{t.Other.Slug, t.Other.ID} {
		t.cross("search", role, http.MethodGet, at+"?customer="+url.QueryEscape(who), "", who, stranger(who))
	}
	t.cross("search", role, http.MethodGet, at+"?q="+url.QueryEscape(t.Other.Name), "", t.Other.Name, "Nobody is called so")
	for _, ref := range t.theirs[op.path] {
		if !id.Valid(ref) {
			continue // customers are also named by slug
		}
		t.cross("search", role, http.MethodGet, at+"?id="+ref, "", ref, nobody())
	}
}

// quiet asks for what the role may see: nothing of the other's may be in it.
func (t *test) quiet(kind string, role permission.Role, path string) {
	t.result.Tries[kind]++
	if w := t.leak(t.do(role, t.Own.ID, http.MethodGet, path, ""), path); w != "" {
		t.found(role, "GET "+path, "the answer holds "+w)
	}
}
