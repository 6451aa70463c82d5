package main

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The nonce and the hashes of the assets change; the golden files hold what does not.
var changing = regexp.MustCompile(`nonce="[A-Z0-9]+"|/assets/([a-z]+)\.[0-9a-f]+\.`)

func TestGolden(t *testing.T) {
	t.Parallel()
	handler := open(t)
	for name, look := range map[string]struct {
		path, theme, lang string
		partial           bool
	}{
		"list-en-light": {path: "/?customer=acme&environment=production&q=prod&sort=name", theme: "light", lang: "en"},
		"list-fr-dark":  {path: "/?customer=acme&sort=-cost&cursor=b2Zmc2V0", theme: "dark", lang: "fr", partial: true},
		"record-fr":     {path: "/cis/ci-01", theme: "auto", lang: "fr", partial: true},
		"form-en":       {path: "/form?faults", theme: "light", lang: "en", partial: true},
		"sign-in-fr":    {path: "/sign-in?faults", theme: "dark", lang: "fr"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, look.path, nil)
			r.AddCookie(&http.Cookie{Name: "vigie_theme", Value: look.theme})
			r.AddCookie(&http.Cookie{Name: "vigie_lang", Value: look.lang})
			if look.partial {
				r.Header.Set("HX-Request", "true")
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			got := changing.ReplaceAllStringFunc(w.Body.String(), func(s string) string {
				if strings.HasPrefix(s, "nonce") {
					return `nonce="N"`
				}
				return s[:strings.Index(s, ".")+1]
			})
			got = strings.ReplaceAll(got, "><", ">\n<")
			path := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look at it, then run: go test ./test/gallery -run Golden -update\n%s", path, firstDifference(got, string(want)))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one of them ends early"
}

// What a browser without scripts needs must be plain HTML: links with href, forms with action and method.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	handler := open(t)
	for path, wants := range map[string][]string{
		"/?customer=acme": {
			`href="/?customer=acme&amp;sort=-name"`, `href="/?cursor=b2Zmc2V0&amp;customer=acme"`, ` method="get" action="/" role="search"`,
			`<input type="hidden" name="customer" value="acme">`, `action="/preferences"`, `href="/palette?customer=acme"`, `href="/pictures?customer=acme"`,
			`format=csv`, `formaction="/bulk/owner"`,
		},
		"/palette?q=acme": {`<form method="get" action="/palette"`, `href="/?customer=acme"`},
		"/form":           {`<form method="post" action="/form"`, `name="tag_key"`},
		"/sign-in":        {`<form method="post" action="/sign-in"`, `type="password"`},
		"/cis/ci-01":      {`<summary>Show as a table</summary>`},
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		for _, want := range wants {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
}

// The content policy forbids them; a browser would only drop them silently.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	handler := open(t)
	inline := regexp.MustCompile(`\sstyle="|\son[a-z]+="|hx-on|javascript:|<style`)
	for _, path := range []string{"/", "/cis/ci-01", "/form", "/pictures", "/states", "/sign-in", "/nowhere"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if found := inline.FindString(w.Body.String()); found != "" {
			t.Errorf("%s has %q", path, found)
		}
	}
}

func open(t *testing.T) http.Handler {
	t.Helper()
	handler, err := newGallery()
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// A page has 30 ms on the server for everything; the shell and a list of rows must take few of them.
func BenchmarkListPage(b *testing.B) {
	handler, err := newGallery()
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/?customer=acme&sort=name", nil)
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
