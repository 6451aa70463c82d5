package isolation

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
	"vigie/test/routes"
)

// floor is the least that the matrix asks on each engine, so that it cannot shrink unseen; roof is the most. Above it each engine leaves
// out others of the ways to ask: filters and queries, nearly half of all, which differ by their values alone.
const (
	floor = 50_000
	roof  = 90_000
)

// many are the kinds of which the roof leaves some out.
var many = []string{"api, filter", "page, another's in the query"}

// cell is one request of the matrix, and how it must be answered by the table of permissions and by whose record it names.
type cell struct {
	what   string // kind of the try, for the count
	r      request
	want   []int
	hidden bool  // nothing of bolt's may be in the answer
	shows  *firm // something of this firm's must be, where the answer is 200
	door   bool  // a page that must send to the sign-in
}

// matrix makes the cells: every operation and page, by everybody, for each kind of record.
type matrix struct {
	h     *house
	rand  *rand.Rand
	cells []cell
	stale *firm // bolt, by a version that no record has: a change that is allowed does nothing
	dead  []credential
}

// credential is something that opens nothing.
type credential struct {
	name   string
	header [2]string
	page   bool
}

// matrix asks all of them, several at a time, in an order that the seed gives. VIGIE_TEST_SEED repeats one.
func (h *house) matrix(t *testing.T) {
	seed := uint64(20261127)
	if given := os.Getenv("VIGIE_TEST_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		check(t, err)
		seed = n
	}
	engine := uint64(1)
	if strings.HasPrefix(h.address, "sqlite:") {
		engine = 2
	}
	stale := *h.bolt
	m := &matrix{h: h, rand: rand.New(rand.NewPCG(seed, engine)), stale: stale.own()}
	m.dead = h.deadCredentials(t)
	cursors := h.cursors(t)
	for _, op := range h.described(t) {
		if rule, ok := apiRules[op.String()]; ok { // operations has said it otherwise
			m.operation(t, op, rule, cursors)
		}
	}
	patterns := map[string]bool{}
	for _, s := range append(routes.Read(t), h.ofRegisters()...) {
		patterns[s.Value] = true
	}
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		if rule, ok := pageRules[pattern]; ok {
			m.page(t, pattern, rule)
		}
	}
	m.rand.Shuffle(len(m.cells), func(i, j int) { m.cells[i], m.cells[j] = m.cells[j], m.cells[i] })
	over := len(m.cells) - roof
	m.cells = slices.DeleteFunc(m.cells, func(c cell) bool {
		out := over > 0 && slices.Contains(many, c.what)
		if out {
			over--
		}
		return out
	})
	before := h.footprint(t, h.bolt)
	start := time.Now()
	m.ask(t)
	h.untouched(t, h.bolt, before, "the matrix")
	count, answers := map[string]int{}, map[int]int{}
	for _, c := range m.cells {
		count[c.what]++
		answers[c.want[0]]++
	}
	t.Logf("%d requests in %v, %v; by what was expected first: %v", len(m.cells), time.Since(start).Round(time.Second), count, answers)
	if len(m.cells) < floor {
		t.Errorf("the matrix has %d requests, want at least %d", len(m.cells), floor)
	}
	if t.Failed() {
		t.Logf("VIGIE_TEST_SEED=%d repeats this", seed)
	}
}

// ask makes the requests, as many at a time as there are processors.
func (m *matrix) ask(t *testing.T) {
	const most = 40 // wrong answers that are shown
	var next, wrong atomic.Int64
	var all sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(m.cells) || wrong.Load() >= most {
					return
				}
				m.h.clock.Advance(time.Millisecond)
				if text := m.cells[i].judge(m.h, m.h.visit(t, m.cells[i].r)); text != "" {
					wrong.Add(1)
					t.Errorf("%s: %s: %s", m.cells[i].what, m.cells[i].r, text)
				}
			}
		})
	}
	all.Wait()
	m.h.requests += min(int(next.Load()), len(m.cells))
}

// judge says what is wrong with an answer.
func (c cell) judge(h *house, a answer) string {
	switch {
	case !slices.Contains(c.want, a.status):
		return fmt.Sprintf("%d, want %v: %.300s", a.status, c.want, a.text)
	case c.door && !strings.HasPrefix(a.header.Get("Location"), "/sign-in"):
		return "does not lead to the sign-in, but to " + a.header.Get("Location")
	case c.shows != nil && a.status == http.StatusOK && leakIn(a.text, c.shows, "") == "":
		return "shows nothing of " + c.shows.Slug
	}
	if c.hidden {
		if l := a.leak(h.bolt, c.r); l != "" {
			return fmt.Sprintf("shows bolt's %q", l)
		}
	}
	return ""
}

func (m *matrix) add(what string, r request, want []int, hidden bool) {
	m.cells = append(m.cells, cell{what: what, r: r, want: want, hidden: hidden})
}

// deadCredentials are tokens and sessions that were good once, or never.
func (h *house) deadCredentials(t *testing.T) []credential {
	t.Helper()
	ctx := t.Context()
	admin := h.as(permission.Admin, false)
	make := func(in identity.NewToken) (identity.Token, string) {
		token, secret, err := h.app.Identity.CreateToken(ctx, admin.actor, in)
		check(t, err)
		return token, secret
	}
	gone, revoked := make(identity.NewToken{Name: "revoked"})
	check(t, h.app.Identity.RevokeToken(ctx, admin.actor, gone.ID, 0))
	_, expired := make(identity.NewToken{Name: "expired", Lifetime: time.Second})
	in := identity.NewUser{Email: "gone@provider.example", Name: "Gone", Role: permission.Admin, Password: password}
	person, err := h.app.Identity.CreateUser(ctx, h.operator(), in)
	check(t, err)
	_, disabled, err := h.app.Identity.CreateTokenFor(ctx, h.operator(), in.Email, identity.NewToken{Name: "disabled"})
	check(t, err)
	sign := func() string {
		step, err := h.app.Identity.SignIn(ctx, in.Email, password, identity.Visit{Address: "192.0.2.8"})
		check(t, err)
		return step.Secret
	}
	ended, closed := sign(), sign()
	check(t, h.app.Identity.SignOut(ctx, ended))
	yes := true
	_, err = h.app.Identity.UpdateUser(ctx, h.operator(), person.ID, 0, identity.ChangeUser{Disabled: &yes})
	check(t, err)
	h.clock.Advance(2 * time.Second)
	flipped := admin.token[:len(admin.token)-1] + string(rune('A'+(admin.token[len(admin.token)-1]+1)%26))
	bearer := func(name, secret string) credential {
		return credential{name, [2]string{"Authorization", "Bearer " + secret}, false}
	}
	cookie := func(name, secret string) credential {
		return credential{name, [2]string{"Cookie", "vigie=" + secret}, true}
	}
	return []credential{
		{name: "nobody"}, bearer("revoked token", revoked), bearer("expired token", expired), bearer("token of who is disabled", disabled), bearer("token with another end", flipped),
		bearer("session as token", admin.session), {"token by another scheme", [2]string{"Authorization", "Basic " + admin.token}, false},
		{name: "no cookie", page: true}, cookie("ended session", ended), cookie("session of who is disabled", closed), cookie("token as session", admin.token), cookie("session cut short", admin.session[:len(admin.session)-1]),
	}
}

// cursors are places in lists, made for one who covers all.
func (h *house) cursors(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, op := range h.described(t) {
		if !op.list || strings.Contains(op.path, "{") {
			continue
		}
		var page struct {
			Next string `json:"next_cursor"`
		}
		if json.Unmarshal([]byte(h.do(t, request{method: "GET", path: base + op.path + "?limit=1", as: h.as(permission.Admin, false)}).text), &page) == nil && page.Next != "" {
			out[op.path] = page.Next
		}
	}
	return out
}

// absent is how what one does not see is answered; what has no name in its path may say that a field is wrong.
func absent(named, allowed bool) []int {
	want := []int{http.StatusNotFound}
	if !named {
		want = append(want, http.StatusUnprocessableEntity)
	}
	if !allowed {
		want = append(want, http.StatusForbidden)
	}
	return want
}

// foreignKinds are records of which each is of another table than the rest.
var foreignKinds = []string{"contact", "stakeholder", "supplier", "workload", "ci", "relation", "account", "run", "coverage", "audit", "mail", "note", "webhook", "view", "identity_rule"}

// twisted are firms whose records cannot be there, with what is twisted about them: the names of acme's records of other kinds, and of
// bolt's, written otherwise.
func (m *matrix) twisted() map[string]*firm {
	other := func(edit func(kind string) string) *firm {
		f := newFirm(m.h.nobody.Slug, m.h.nobody.Word)
		f.Refs["number"] = m.h.nobody.Refs["number"]
		for kind := range m.h.acme.Refs {
			f.Refs[kind] = edit(kind)
		}
		return f
	}
	own, bolt := m.h.acme, m.h.bolt
	another := func(f *firm, kind string) string {
		for {
			if k := foreignKinds[m.rand.IntN(len(foreignKinds))]; !sameTable(k, kind) {
				return f.Refs[k]
			}
		}
	}
	return map[string]*firm{
		"another kind":           other(func(kind string) string { return another(own, kind) }),
		"bolt's of another kind": other(func(kind string) string { return another(bolt, kind) }),
		"no id":                  other(func(string) string { return "no-such-thing" }),
		"bolt's in capitals":     other(func(kind string) string { return strings.ToUpper(bolt.Refs[kind]) }),
		"bolt's with more":       other(func(kind string) string { return bolt.Refs[kind] + "%20" }),
		"bolt's and nothing":     other(func(kind string) string { return bolt.Refs[kind] + "%00" }),
		"a list of both":         other(func(kind string) string { return own.Refs[kind] + "," + bolt.Refs[kind] }),
	}
}

func sameTable(a, b string) bool {
	group := func(k string) string {
		if k == "ci2" || k == "discovered" {
			return "ci"
		}
		return k
	}
	return group(a) == group(b)
}

func (m *matrix) operation(t *testing.T, op operation, rule rule, cursors map[string]string) {
	h := m.h
	named := strings.Contains(op.path, "{")
	about := (named || rule.body != nil || rule.query != nil) && !rule.self
	for _, d := range m.dead {
		if d.page {
			continue
		}
		for _, f := range []*firm{h.acme, h.bolt, h.nobody} {
			r := h.call(t, op, rule, f, nil)
			r.header = d.header
			m.add("api, "+d.name, r, []int{http.StatusUnauthorized}, true)
		}
	}
	for _, c := range h.callers {
		own, allowed := rule.expected(op.method, c), rule.allows(op.method, c)
		if !rule.self {
			r := h.call(t, op, rule, h.acme.own(), c)
			one := cell{what: "api, own", r: r, want: own, hidden: c.limited}
			// What acme is called in its mails was changed by the walk before.
			if op.method == http.MethodGet && rule.shows && !strings.HasPrefix(op.path, "/mail-settings") {
				one.shows = h.acme
			}
			m.cells = append(m.cells, one)
		}
		m.bodies(t, op, rule, c)
		if about {
			m.others(t, op, rule, c, named, own, allowed)
		}
		if op.method == http.MethodGet {
			m.lists(t, op, rule, c, own, allowed, cursors)
		} else if !rule.self {
			// A page of another website cannot make a browser do it, whoever is signed in there.
			r := h.call(t, op, rule, h.acme.own(), c)
			r.header, r.page = [2]string{"Sec-Fetch-Site", "cross-site"}, true
			m.add("api, from another website", r, []int{http.StatusForbidden}, true)
		}
	}
}

// others names what is not one's own, or not there.
func (m *matrix) others(t *testing.T, op operation, rule rule, c *caller, named bool, own []int, allowed bool) {
	h := m.h
	not := absent(named, allowed)
	switch {
	case c.limited:
		m.add("api, another's", h.call(t, op, rule, h.bolt, c), not, true)
	case strings.HasSuffix(op.path, "/export"): // is written into bolt's trail, where who sees all asks for it
	case op.method == http.MethodGet || op.method == http.MethodPatch || op.method == http.MethodDelete:
		m.add("api, another's by who sees all", h.call(t, op, rule, m.stale, c), own, false)
	}
	if named || !rule.wide || !allowed { // who may make customers makes nobody's
		m.add("api, nobody's", h.call(t, op, rule, h.nobody, c), not, c.limited)
	}
	if named {
		for _, what := range slices.Sorted(maps.Keys(m.twisted())) {
			f := m.twisted()[what]
			if !c.limited && strings.HasPrefix(what, "bolt's") && op.method != http.MethodGet {
				continue // who sees all may change what is named in capitals
			}
			want := absent(named, allowed)
			if !c.limited && what == "bolt's in capitals" {
				want = append(want, own...)
			}
			m.add("api, "+what, h.call(t, op, rule, f, c), want, c.limited)
		}
	}
	if !c.limited {
		return
	}
	if rule.mixed != nil {
		for _, body := range rule.mixed(h.acme, h.bolt) {
			r := h.call(t, op, rule, h.acme, c)
			r.header, r.body = [2]string{}, text(body)
			m.add("api, both in one", r, []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusConflict, http.StatusForbidden}, true)
		}
	}
}

// bodies sends what no operation understands. It is refused before anybody's right to it counts, and changes nothing.
func (m *matrix) bodies(t *testing.T, op operation, rule rule, c *caller) {
	if !op.json || rule.csv || rule.media != "" {
		return
	}
	h := m.h
	for _, b := range []struct {
		what, body, kind string
		want             []int
	}{
		{"api, plain text", `{"name":"x"}`, "text/plain", []int{http.StatusUnsupportedMediaType}},
		{"api, broken JSON", `{"name":`, "application/json", []int{http.StatusBadRequest}},
		{"api, a member that is not", `{"no_such_member":"` + h.bolt.Refs["ci"] + `"}`, "application/json", []int{http.StatusUnprocessableEntity}},
		{"api, a list for a record", `["` + h.bolt.Refs["ci"] + `"]`, "application/json", []int{http.StatusUnprocessableEntity}},
	} {
		r := h.call(t, op, rule, h.acme.own(), c)
		r.body, r.kind = b.body, b.kind
		m.add(b.what, r, b.want, true)
	}
}

// lists asks in every way that the description of an operation allows.
func (m *matrix) lists(t *testing.T, op operation, rule rule, c *caller, own []int, allowed bool, cursors map[string]string) {
	h := m.h
	if !op.list || !c.limited || rule.self {
		return
	}
	path := base + fill(t, op.path, h.acme)
	want := append([]int{http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusNotFound}, own...)
	if allowed {
		want = append(want, http.StatusOK)
	} else {
		want = append(want, http.StatusForbidden)
	}
	ask := func(what string, q url.Values) {
		m.add(what, request{method: op.method, path: path + "?" + q.Encode(), as: c}, want, true)
	}
	for _, format := range []string{"json", "csv", "xlsx"} {
		ask("api, format", fields("format", format))
		for _, who := range []string{h.bolt.Slug, h.bolt.Refs["customer_id"], h.nobody.Slug, h.acme.Slug + "," + h.bolt.Slug} {
			ask("api, another's list", fields("format", format, "customer", who))
		}
	}
	for from, cursor := range cursors {
		if from == op.path || m.rand.IntN(8) == 0 {
			ask("api, another's cursor", fields("cursor", cursor))
			at := m.rand.IntN(len(cursor))
			ask("api, bent cursor", fields("cursor", cursor[:at]+string(cursor[at]^1)+cursor[at+1:]))
		}
	}
	for _, name := range op.query {
		if slices.Contains([]string{"format", "cursor", "limit", "sort"}, name) {
			continue
		}
		for _, value := range probes(h.bolt, name) {
			if c.role != permission.Admin && c.role != permission.Viewer && m.rand.IntN(4) > 0 {
				continue // these two see most, and come from both sides; the others try every fourth
			}
			ask("api, filter", fields(name, value))
		}
	}
	for _, name := range []string{"tag.tag-kanari", "attribute.Note", "workload", "ci", "run"} {
		ask("api, filter", fields(name, "*"))
		ask("api, filter", fields(name, h.bolt.Refs["workload"]))
	}
	for _, sort := range []string{"id", "-id", "name", "-created_at", "customer", "no_such"} {
		ask("api, sort", fields("sort", sort, "limit", "500"))
	}
}
