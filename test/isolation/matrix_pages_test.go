package isolation

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// wants is how a page of one's own is answered.
func (r pageRule) wants(pattern string, c *caller) []int {
	get := strings.HasPrefix(pattern, "GET ")
	switch {
	case r.who != nil:
		return r.who(c)
	case !c.may(r.action) || r.wide && c.limited:
		return []int{http.StatusForbidden}
	case get && r.ok != 0:
		return []int{r.ok}
	case get:
		return []int{http.StatusOK}
	}
	want := []int{http.StatusOK, http.StatusSeeOther, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	if r.ok != 0 {
		want = append(want, r.ok)
	}
	return want
}

func (m *matrix) page(t *testing.T, pattern string, rule pageRule) {
	h := m.h
	get := strings.HasPrefix(pattern, "GET ")
	names := strings.Contains(strings.TrimSuffix(pattern, "{$}"), "{") && !rule.fixed
	for _, d := range m.dead {
		if !d.page {
			continue
		}
		for _, f := range []*firm{h.acme, h.bolt, h.nobody} {
			r := h.visitTo(t, pattern, rule, f, nil)
			r.header = d.header
			m.cells = append(m.cells, cell{what: "page, " + d.name, r: r, want: []int{http.StatusSeeOther}, hidden: true, door: true})
		}
	}
	for _, c := range h.callers {
		own := rule.wants(pattern, c)
		allowed := c.may(rule.action) && (!rule.wide || !c.limited) && rule.who == nil
		if get || rule.form != nil {
			one := cell{what: "page, own", r: h.visitTo(t, pattern, rule, h.acme.own(), c), want: own, hidden: c.limited}
			if get && rule.shows {
				one.shows = h.acme
			}
			m.cells = append(m.cells, one)
		}
		if !get {
			r := h.visitTo(t, pattern, rule, h.acme.own(), c)
			r.header = [2]string{"Sec-Fetch-Site", "cross-site"}
			m.add("page, from another website", r, []int{http.StatusForbidden}, true)
		}
		if names || rule.form != nil {
			not := absent(names, allowed)
			if c.limited {
				m.add("page, another's", h.visitTo(t, pattern, rule, h.bolt, c), not, true)
			} else if get {
				m.add("page, another's by who sees all", h.visitTo(t, pattern, rule, h.bolt, c), own, false)
			}
			if names || c.limited || !rule.wide {
				m.add("page, nobody's", h.visitTo(t, pattern, rule, h.nobody, c), not, c.limited)
			}
		}
		if names {
			for _, what := range slices.Sorted(maps.Keys(m.twisted())) {
				if !c.limited && strings.HasPrefix(what, "bolt's") {
					continue
				}
				m.add("page, "+what, h.visitTo(t, pattern, rule, m.twisted()[what], c), absent(names, allowed), c.limited)
			}
		}
		if get && c.limited {
			m.turned(t, pattern, rule, c, own)
		}
	}
}

// turned asks for one's own page with bolt in the query.
func (m *matrix) turned(t *testing.T, pattern string, rule pageRule, c *caller, own []int) {
	h := m.h
	page := h.visitTo(t, pattern, rule, h.acme.own(), c)
	want := append([]int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusForbidden}, own...)
	if slices.Contains(own, http.StatusSeeOther) {
		want = append(want, http.StatusNoContent) // leads on by a header where a script asks
	}
	cut := h.bolt.Word[:len(h.bolt.Word)-2]
	for _, q := range []url.Values{fields("customer", h.bolt.Slug), fields("customer", h.bolt.Refs["customer_id"]), fields("format", "csv", "customer", h.bolt.Slug), fields("format", "xlsx"),
		fields("q", cut), fields("view", h.bolt.Refs["view"]), fields("workload", h.bolt.Refs["workload"]), fields("ci", h.bolt.Refs["ci"]), fields("id", h.bolt.Refs["ci"]), fields("account", h.bolt.Refs["number"]),
		fields("record_id", h.bolt.Refs["ci"]), fields("run", h.bolt.Refs["run"]), fields("contact", h.bolt.Refs["contact"]), fields("from", h.bolt.Refs["ci"], "to", h.bolt.Refs["ci2"]),
		fields("name.contains", cut), fields("name.prefix", cut), fields("owner.prefix", cut), fields("email.contains", cut), fields("id.contains", cut), fields("cursor", h.bolt.Refs["ci"])} {
		r := page
		r.path += "?" + q.Encode()
		if m.rand.IntN(2) == 0 {
			r.header = [2]string{"HX-Request", "true"}
		}
		m.add("page, another's in the query", r, want, true)
	}
}
