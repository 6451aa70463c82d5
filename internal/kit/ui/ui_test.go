package ui

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"pgregory.net/rapid"

	"vigie/internal/kit/i18n"
	"vigie/locales"
)

var now = time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC)

func printer(t *testing.T) *i18n.Printer {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b.Printer("en", time.UTC, now)
}

func page(t *testing.T, target string) *Page {
	t.Helper()
	return NewPage(httptest.NewRequest(http.MethodGet, target, nil), printer(t))
}

func TestAssets(t *testing.T) {
	t.Parallel()
	if err := CheckAssets(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.css", "app.js", "graph.js", "chart.js", "icons.svg", "favicon.svg", "licences.txt"} {
		address := Asset(name)
		if !regexp.MustCompile(`^/assets/[a-z]+\.[0-9a-f]{12}\.[a-z]+$`).MatchString(address) {
			t.Errorf("%s has the address %q", name, address)
		}
		bodies := map[string]string{}
		for _, encoding := range []string{"", "gzip", "br, gzip", "br;q=0, gzip;q=0"} {
			r := httptest.NewRequest(http.MethodGet, address, nil)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			Assets().ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s as %q: %d %v", name, encoding, w.Code, w.Header())
			}
			bodies[encoding] = w.Body.String()
			if got, want := w.Header().Get("Content-Encoding"), map[string]string{"gzip": "gzip", "br, gzip": "br"}[encoding]; got != want {
				t.Errorf("%s as %q comes as %q", name, encoding, got)
			}
		}
		unpacked, err := gzip.NewReader(strings.NewReader(bodies["gzip"]))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(unpacked)
		if err != nil || string(plain) != bodies[""] || bodies[""] != bodies["br;q=0, gzip;q=0"] {
			t.Errorf("%s differs by encoding: %v", name, err)
		}
	}
	for _, path := range []string{"/assets/manifest.json", "/assets/../page.go", "/assets/app.css", "/assets/" + strings.TrimPrefix(Asset("app.css"), AssetPrefix) + ".gz"} {
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}})
		if w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	if Asset("nothing.js") != "" {
		t.Error("an unknown asset has an address")
	}
}

// The budget of PRODUCT.md: everything that one page can load, compressed as the plainest client gets it.
func TestScriptBudget(t *testing.T) {
	t.Parallel()
	total := 0
	for _, name := range []string{"app.js", "graph.js", "chart.js"} {
		body, err := dist.ReadFile("dist/" + strings.TrimPrefix(Asset(name), AssetPrefix) + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		total += len(body)
	}
	if total > 300_000 {
		t.Errorf("a page with every script loads %d bytes", total)
	}
}

// A name that data gives must be listed in web/icons.txt, one in a source is found by the build; an unknown icon is a hole in the page.
func TestIcons(t *testing.T) {
	t.Parallel()
	sprite, err := dist.ReadFile("dist/" + strings.TrimPrefix(Asset("icons.svg"), AssetPrefix))
	if err != nil {
		t.Fatal(err)
	}
	listed, err := os.ReadFile("../../../web/icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(listed)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "#")
		if name != "" && !strings.Contains(string(sprite), `id="`+strings.TrimSpace(name)+`"`) {
			t.Errorf("the sprite lacks %q: run `npm run build`", name)
		}
	}
	for _, theme := range []Theme{Auto, Light, Dark} {
		if !strings.Contains(string(sprite), `id="`+theme.icon()+`"`) {
			t.Errorf("the sprite lacks %q", theme.icon())
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	var nonces []string
	handler := SecurityHeaders(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		nonces = append(nonces, templ.GetNonce(r.Context()))
	}))
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		policy, nonce := w.Header().Get("Content-Security-Policy"), nonces[len(nonces)-1]
		if len(nonce) < 20 || !strings.Contains(policy, "'nonce-"+nonce+"' 'strict-dynamic'") {
			t.Errorf("nonce %q, policy %q", nonce, policy)
		}
		for _, forbidden := range []string{"unsafe-inline", "unsafe-eval", "*", "http:"} {
			if strings.Contains(policy, forbidden) {
				t.Errorf("the policy has %s", forbidden)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
	}
	if nonces[0] == nonces[1] {
		t.Error("two requests share a nonce")
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	p := page(t, "/cis?customer=acme")
	p.Title, p.User, p.Customers = "Inventory", &User{Name: "Ada"}, []Customer{{Slug: "acme", Name: "Acme"}}
	p.Customer = &p.Customers[0]
	content := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return Layout(p).Render(templ.WithChildren(ctx, Text("the rows")), w)
	})
	whole := httptest.NewRecorder()
	Render(whole, httptest.NewRequest(http.MethodGet, "/cis", nil), http.StatusOK, content)
	if got := whole.Body.String(); !strings.HasPrefix(strings.ToLower(got), "<!doctype html>") || !strings.Contains(got, "<title>Inventory · Acme · Vigie</title>") || !strings.Contains(got, "the rows") {
		t.Errorf("the document is %.200q", got)
	}
	if got := whole.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page is cached: %q", got)
	}

	r := httptest.NewRequest(http.MethodGet, "/cis", nil)
	r.Header.Set("HX-Request", "true")
	part := httptest.NewRecorder()
	Render(part, r, http.StatusOK, content)
	if got := part.Body.String(); strings.Contains(got, "<html") || !strings.HasPrefix(got, "<title>") || !strings.Contains(got, `<main id="main"`) {
		t.Errorf("the part is %.200q", got)
	}
	r.Header.Set("HX-History-Restore-Request", "true")
	back := httptest.NewRecorder()
	Render(back, r, http.StatusOK, content)
	if !strings.Contains(back.Body.String(), "<html") {
		t.Error("going back gets only a part")
	}

	broken := httptest.NewRecorder()
	Render(broken, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "half a page with a secret")
		return errors.New("no rows")
	}))
	if broken.Code != http.StatusInternalServerError || strings.Contains(broken.Body.String(), "secret") || strings.Contains(broken.Body.String(), "no rows") {
		t.Errorf("a broken page answers %d %q", broken.Code, broken.Body)
	}
}

// A record that answers a form says where it is read: the form's own address may be asked by nobody.
func TestPostedRecordSaysWhereItIs(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{http.MethodGet: "", http.MethodPost: "/assessments/1?customer=acme"} {
		p := NewPage(httptest.NewRequest(method, "/assessments/1/links?customer=acme", nil), printer(t))
		p.Self, p.Customers = "/assessments/1", []Customer{{Slug: "acme", Name: "Acme"}}
		p.Customer = &p.Customers[0]
		if got := p.at(); got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
		p.Self = ""
		if got := p.at(); got != "" {
			t.Errorf("%s of a page that is no record: %q", method, got)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/cis?q=a": "/cis?q=a", "": "/", "cis": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/",
		"/a\r\nSet-Cookie: x": "/", "/\t/evil.example": "/", "javascript:alert(1)": "/",
	} {
		if got := LocalPath(path); got != want {
			t.Errorf("%q becomes %q", path, got)
		}
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	post := func(form, referer string) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "http://vigie.example/preferences", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", referer)
		w := httptest.NewRecorder()
		Preferences(b).ServeHTTP(w, r)
		return w.Result()
	}
	for _, c := range []struct{ form, referer, to, cookie string }{
		{"theme=dark&back=/cis", "", "/cis", "vigie_theme=dark"},
		{"lang=fr&back=/cis", "http://vigie.example/cis?sort=name", "/cis?sort=name", "vigie_lang=fr"},
		{"lang=fr&back=//evil.example", "http://evil.example/x", "/", "vigie_lang=fr"},
		{"lang=xx&theme=pink", "", "/", ""},
	} {
		answer := post(c.form, c.referer)
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != c.to || !strings.HasPrefix(answer.Header.Get("Set-Cookie"), c.cookie) {
			t.Errorf("%s: %d %v", c.form, answer.StatusCode, answer.Header)
		}
		if c.cookie == "" && answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets %s", c.form, answer.Header.Get("Set-Cookie"))
		}
	}
	w := httptest.NewRecorder()
	Preferences(b).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/preferences?theme=dark", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("GET changes state: %d", w.Code)
	}
}

func TestFlash(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Flash(w, httptest.NewRequest(http.MethodPost, "/", nil), Toast{Tone: Good, Text: "Customer « Éditions » added; <b>"})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	refresh := r.Clone(t.Context())
	refresh.Header.Set("X-Live", "true")
	aside := httptest.NewRecorder()
	if got := TakeFlash(aside, refresh); got != nil || len(aside.Result().Cookies()) != 0 {
		t.Errorf("a refresh took %v", got)
	}
	after := httptest.NewRecorder()
	if got := TakeFlash(after, r); len(got) != 1 || got[0].Text != "Customer « Éditions » added; <b>" {
		t.Errorf("took %v", got)
	}
	if c := after.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the message would come again: %v", c)
	}
	forged := httptest.NewRequest(http.MethodGet, "/", nil)
	forged.AddCookie(&http.Cookie{Name: "vigie_flash", Value: "!!"})
	if got := TakeFlash(httptest.NewRecorder(), forged); got != nil {
		t.Errorf("took %v from a broken cookie", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	p := page(t, "/cis?customer=acme&status=stale&status=gone&cursor=abc&sort=name")
	p.Active = "inventory"
	p.Nav = []NavSection{{Items: []NavItem{{ID: "inventory", Href: "/cis?view=all"}}}}
	p.Customers = []Customer{{Slug: "acme"}, {Slug: "halden"}}
	p.Customer = &p.Customers[0]
	for got, want := range map[string]string{
		p.With("sort", "-name"):      "/cis?customer=acme&sort=-name&status=stale&status=gone",
		p.With("sort", ""):           "/cis?customer=acme&status=stale&status=gone",
		p.Without("status", "stale"): "/cis?customer=acme&sort=name&status=gone",
		p.In("/runs"):                "/runs?customer=acme",
		p.In("/cis?customer=halden"): "/cis?customer=halden",
		p.switchTo("halden"):         "/cis?customer=halden&view=all",
		p.switchTo(""):               "/cis?view=all",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	p.Customer = nil
	if got := p.In("/runs"); got != "/runs" {
		t.Errorf("with all customers: %s", got)
	}
}

func TestPalette(t *testing.T) {
	t.Parallel()
	handler := Palette(func(r *http.Request) (*Page, []PaletteSource) {
		p := NewPage(r, printer(t))
		p.Nav = []NavSection{{Label: "Estate", Items: []NavItem{{ID: "runs", Label: "Runs", Href: "/runs"}}}}
		return p, []PaletteSource{
			func(context.Context, string, int) ([]Hit, error) { return nil, errors.New("table is gone") },
			func(_ context.Context, q string, _ int) ([]Hit, error) {
				return []Hit{{Kind: "CIs", Label: "<i>" + q, Href: "/cis/1"}}, nil
			},
		}
	})
	r := httptest.NewRequest(http.MethodGet, "/palette?q=run", nil)
	r.Header.Set("HX-Request", "true")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	body := w.Body.String()
	for _, want := range []string{`href="/runs"`, `href="/cis/1"`, "&lt;i&gt;run", `role="option"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the fragment lacks %s", want)
		}
	}
	if strings.Contains(body, "<html") || strings.Contains(body, "table is gone") {
		t.Errorf("the fragment is %.300q", body)
	}
}

// The fields of a treemap fill the box, overlap nowhere and are in proportion.
func TestSquarify(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 40).Draw(t, "values")
		total := 0.0
		areas := make([]Area, len(values))
		for i, v := range values {
			areas[i] = Area{Value: v}
			total += v
		}
		fields := squarify(areas)
		if total < 1e-3 {
			return
		}
		covered := 0.0
		for i, f := range fields {
			covered += f.w * f.h
			if want := f.Value / total * treemapWidth * treemapHeight; math.Abs(f.w*f.h-want) > 1e-3*treemapWidth*treemapHeight {
				t.Fatalf("field %d has the area %f, want %f", i, f.w*f.h, want)
			}
			if f.x < -0.01 || f.y < -0.01 || f.x+f.w > treemapWidth+0.01 || f.y+f.h > treemapHeight+0.01 {
				t.Fatalf("field %d leaves the box: %+v", i, f.rect)
			}
			for _, g := range fields[:i] {
				if min(f.x+f.w, g.x+g.w)-max(f.x, g.x) > 0.01 && min(f.y+f.h, g.y+g.h)-max(f.y, g.y) > 0.01 {
					t.Fatalf("%+v and %+v overlap", f.rect, g.rect)
				}
			}
		}
		if math.Abs(covered-treemapWidth*treemapHeight) > 1 {
			t.Fatalf("the fields cover %f", covered)
		}
	})
}

func TestJoints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-Z0-9:/._é-]{0,60}`).Draw(t, "s")
		if got := strings.Join(joints(s), ""); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
	if got := strings.Join(joints("AWS::RDS::DBInstance"), "|"); got != "AWS::RDS::|DBInstance" {
		t.Error(got)
	}
}

func TestGraphData(t *testing.T) {
	t.Parallel()
	p := page(t, "/")
	g := Graph{Nodes: []Node{{ID: "a", Label: `</template><script>`}}, Edges: []Edge{{From: "a", To: "gone"}}}
	text, err := g.data(p)
	if err != nil || strings.Contains(text, "gone") {
		t.Errorf("an edge to nowhere stays: %s %v", text, err)
	}
	var out strings.Builder
	if err := GraphView(p, g).Render(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "</template><script>") {
		t.Error("a name breaks out of the data")
	}
}
