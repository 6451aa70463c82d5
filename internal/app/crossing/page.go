package crossing

import (
	"context"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"vigie/internal/trust/permission"
)

// most is how many pages are followed, and alike how many of one pattern.
const (
	most  = 400
	alike = 2
)

var link = regexp.MustCompile(`(?:href|action|hx-get)="(/[^"#]*)"`)

// crawl follows the links of an administrator who covers one customer, and gives an address or two of each kind of page.
func (t *test) crawl(c Customer) (pages []string) {
	queue, seen := []string{"/", "/customers/" + c.Slug}, map[string]int{}
	for len(queue) > 0 && len(pages) < most && t.ctx.Err() == nil {
		at := queue[0]
		queue = queue[1:]
		a := t.do(permission.Admin, c.ID, http.MethodGet, at, "")
		if a.status != http.StatusOK {
			continue
		}
		pages = append(pages, at)
		for _, m := range link.FindAllStringSubmatch(a.text, -1) {
			to := html.UnescapeString(m[1])
			u, err := url.Parse(to)
			if err != nil || strings.HasPrefix(u.Path, "/assets/") || strings.HasPrefix(u.Path, "/api/") || u.Path == "/live" || u.Path == "/sign-out" {
				continue
			}
			// Sorted and filtered in other ways it is the same page.
			pattern := anID.ReplaceAllString(u.Path, "{id}") + "?" + strings.Join(slices.Sorted(maps.Keys(u.Query())), "&")
			if seen[pattern] < alike {
				seen[pattern]++
				queue = append(queue, to)
			}
		}
	}
	return pages
}

// pages tries the pages that show the other's records, and the other in the query of one's own.
func (t *test) pages(role permission.Role, theirs, own []string) {
	t.result.Pages = len(theirs)
	for _, at := range theirs {
		refs := anID.FindAllString(at, -1)
		named := ""
		switch {
		case len(refs) > 0 && slices.Contains(t.words, refs[0]):
			named = refs[0]
		case strings.Contains(at, t.Other.Slug):
			named = t.Other.Slug
		default:
			t.quiet("page", role, at) // a list: it shows one's own
			continue
		}
		t.cross("page", role, http.MethodGet, at, "", named, stranger(named))
	}
	for _, at := range own {
		if t.do(role, t.Own.ID, http.MethodGet, at, "").status == http.StatusOK {
			t.result.Reached++
		}
		if u, err := url.Parse(at); err == nil && !strings.Contains(at, t.Own.Slug) {
			query := u.Query()
			query.Set("customer", t.Other.Slug)
			u.RawQuery = query.Encode()
			t.cross("page", role, http.MethodGet, u.String(), "", t.Other.Slug, stranger(t.Other.Slug))
		}
	}
	t.quiet("search", role, "/palette?q="+url.QueryEscape(t.Other.Name))
	for _, w := range t.words[:min(len(t.words), 20)] {
		t.quiet("search", role, "/palette?q="+url.QueryEscape(w))
	}
}

// stream asks to hear of the other's changes, and of one's own.
func (t *test) stream(role permission.Role) {
	for _, who := range []string{t.Other.Slug, t.Other.ID} {
		t.result.Tries["stream"]++
		if t.listens(role, who) {
			t.found(role, "GET /live?customer="+who, "the stream was opened")
		}
	}
	if t.listens(role, t.Own.Slug) {
		t.result.Reached++
	}
}

// listens tells whether a stream is opened; it is left at once.
func (t *test) listens(role permission.Role, who string) bool {
	t.result.Requests++
	t.result.ByRole[string(role)]++
	ctx, cancel := context.WithCancel(t.As(t.ctx, role, t.Own.ID))
	defer cancel()
	w := &firstByte{ResponseRecorder: httptest.NewRecorder(), came: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t.Handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://vigie.invalid/live?customer="+url.QueryEscape(who), nil))
	}()
	select {
	case <-w.came:
	case <-ended:
	}
	cancel()
	<-ended
	return w.Code == http.StatusOK
}

// firstByte tells when an answer begins.
type firstByte struct {
	*httptest.ResponseRecorder
	came chan struct{}
	once sync.Once
}

// WriteHeader implements http.ResponseWriter.
func (f *firstByte) WriteHeader(status int) {
	f.ResponseRecorder.WriteHeader(status)
	f.once.Do(func() { close(f.came) })
}

func (t *test) jobs() error {
	for _, name := range slices.Sorted(maps.Keys(t.Jobs)) {
		t.result.Tries["job"]++
		reached, err := t.Jobs[name](t.ctx)
		if err != nil {
			return fmt.Errorf("job %s: %w", name, err)
		}
		if reached {
			t.found("", "job "+name, "it worked on a record of the other customer")
		}
	}
	return nil
}
