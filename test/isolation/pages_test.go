package isolation

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vigie/internal/trust/permission"
	"vigie/test/routes"
)

// open are the addresses that stand open or carry others, and why they are not walked as pages.
var open = map[string]string{
	"GET /livez":                           "says that the process runs",
	"GET /readyz":                          "says that the database answers",
	"GET /metrics":                         "numbers without names",
	"GET /assets/":                         "style sheets and scripts",
	"GET /custom-fields/pick":              "walked by fieldPick",
	"GET /live":                            "walked by streams",
	"GET /hand-in/{token}":                 "a private link, which only its contact is sent: tried by the tests of the room",
	"POST /hand-in/{token}/documents/{id}": "likewise",
	"GET /files/{token}":                   "a signed address, which only who sees the file is given: walked by operations",
	"GET /api/openapi.json":                "the same for everybody",
	"GET /api/docs":                        "the same for everybody",
	"/api/":                                "walked by operations",
	"/":                                    "what is at no other address",
	"GET /sign-in":                         "for who is not signed in",
	"GET /sign-in/factor":                  "for who is between password and session",
	"POST /sign-in/factor":                 "for who is between password and session",
	"POST /sign-in/factor/options":         "for who is between password and session",
	"POST /sign-in/factor/passkey":         "for who is between password and session",
	"POST /sign-in/passkey":                "for who is not signed in",
	"POST /sign-in/passkey/options":        "for who is not signed in",
	"GET /forgot-password":                 "for who is not signed in",
	"POST /forgot-password":                "for who is not signed in",
	"GET /welcome":                         "for who comes by a link in a mail",
	"POST /welcome":                        "for who comes by a link in a mail",
	"POST /sign-in":                        "for who is not signed in",
	"GET /sign-in/organisation":            "for who is not signed in",
	"POST /sign-in/organisation":           "for who is not signed in; answers by the domain alone",
	"GET /sign-in/with/{slug}":             "for who is not signed in",
	"POST /sign-in/with/{slug}":            "for who is not signed in",
	"GET /sign-in/return/{slug}":           "for who is not signed in",
	"POST /sign-in/back-channel/{slug}":    "a provider speaks here, by a token that it has signed",
	"POST /sign-out":                       "ends one's own session",
	"POST /preferences":                    "sets a cookie of one's own",
}

// pageRule says how a page is asked for, and who may.
type pageRule struct {
	action permission.Action
	form   func(*firm) url.Values
	shows  bool                // who covers bolt sees bolt's word on it
	multi  bool                // the form is one for files
	ok     int                 // answer to who may, where it is not 200; of a form, besides the usual ones
	fixed  bool                // its parameters name no record
	who    func(*caller) []int // answers to one's own, instead of those of the action
	wide   bool                // only for who covers all customers
}

func fields(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// taken is the form that changes a record: with a version that is long past for one's own.
func taken(name string) func(*firm) url.Values {
	return func(f *firm) url.Values {
		v := fields(name, "taken over", "name", "taken over", "account_id", f.Refs["number"])
		if f.Version != 0 {
			v.Set("version", "999")
		}
		return v
	}
}

// made is the form that makes a record of the customer.
func made(pairs ...string) func(*firm) url.Values {
	return func(f *firm) url.Values {
		v := fields(pairs...)
		v.Set("customer", f.Slug)
		return v
	}
}

// fixedForm is a form that names nobody.
func fixedForm(pairs ...string) func(*firm) url.Values {
	return func(*firm) url.Values { return fields(pairs...) }
}

// pageRules are all pages.
var pageRules = join(findingPages, requirementPages, workshopPages, accessPages, remediationPages, launchPages, questionPages, gapPages, planPages, deliverablePages, fieldPages, estimatePages, auditPages, webhookPages, signOnPages, scimPages, registerPages(), documentPages, recordPages, peoplePages, bulkPages, map[string]pageRule{
	"GET /{$}":     {action: permission.CustomerRead, shows: true},
	"GET /palette": {action: permission.CustomerRead},

	"GET /customers":                      {action: permission.CustomerRead, shows: true},
	"GET /customers/new":                  {action: permission.CustomerWrite},
	"POST /customers/new":                 {action: permission.CustomerWrite, wide: true, form: func(f *firm) url.Values { return fields("slug", f.Slug, "name", "x") }},
	"GET /customers/{slug}":               {action: permission.CustomerRead, shows: true},
	"GET /customers/{slug}/edit":          {action: permission.CustomerWrite, shows: true},
	"POST /customers/{slug}/edit":         {action: permission.CustomerWrite, form: taken("country")},
	"POST /customers/{slug}/data/remove":  {action: permission.CustomerRemove, wide: true, form: func(f *firm) url.Values { return fields("reason", "") }},
	"GET /customer-removals":              {action: permission.CustomerRemove, wide: true},
	"GET /customer-removals/{id}":         {action: permission.CustomerRemove, wide: true, ok: 404},
	"POST /customer-removals/{id}/cancel": {action: permission.CustomerRemove, wide: true, ok: 404},
	"GET /customers/{slug}/data":          {action: permission.CustomerExport, shows: true},
	"POST /customers/{slug}/data/export":  {action: permission.CustomerExport},
	"GET /customers/import":               {action: permission.CustomerImport, wide: true},
	"POST /customers/import":              {action: permission.CustomerImport, wide: true, multi: true, form: func(f *firm) url.Values { return fields("slug", f.Slug, "file", "no export") }},

	"GET /customers/{slug}/sheet":       {action: permission.CustomerRead, shows: true},
	"GET /mails":                        {action: permission.MailRead, shows: true},
	"GET /mails/{id}":                   {action: permission.MailRead, shows: true},
	"POST /mails/{id}/resend":           {action: permission.MailWrite, form: taken("name")},
	"GET /mail-settings":                {action: permission.MailRead},
	"POST /mail-settings":               {action: permission.MailWrite, form: made("from_name", "taken over")},
	"GET /mail-settings/preview":        {action: permission.MailRead},
	"POST /mail-settings/test":          {action: permission.MailWrite, form: made("to", "somebody@example.com")},
	"GET /mail-suppressions":            {action: permission.MailRead, shows: true},
	"POST /mail-suppressions/{id}/lift": {action: permission.MailWrite, form: taken("name")},

	"GET /accounts":              {action: permission.AccountRead, shows: true},
	"GET /accounts/new":          {action: permission.AccountWrite},
	"POST /accounts/new":         {action: permission.AccountWrite, form: made("account_id", "558800000000", "name", "x")},
	"GET /accounts/{id}":         {action: permission.AccountRead, shows: true},
	"GET /accounts/{id}/edit":    {action: permission.AccountWrite, shows: true},
	"POST /accounts/{id}/edit":   {action: permission.AccountWrite, form: taken("name")},
	"POST /accounts/{id}/check":  {action: permission.AccountWrite, form: taken("name")},
	"GET /accounts/{id}/remove":  {action: permission.AccountWrite, shows: true},
	"POST /accounts/{id}/remove": {action: permission.AccountWrite, form: taken("name")},

	"GET /discovery":               {action: permission.DiscoveryRead, shows: true},
	"POST /discovery":              {action: permission.DiscoveryRun, form: made()},
	"POST /discovery/schedule":     {action: permission.AccountWrite, form: made("enabled", "true", "every_minutes", "60")},
	"GET /discovery/{id}":          {action: permission.DiscoveryRead, shows: true},
	"GET /discovery/{id}/progress": {action: permission.DiscoveryRead},
	"POST /discovery/{id}/cancel":  {action: permission.DiscoveryRun, form: made()},
	"POST /discovery/{id}/resume":  {action: permission.DiscoveryRun, form: made()},
	"GET /coverage":                {action: permission.DiscoveryRead, shows: true},

	"GET /estate":                  {action: permission.CIRead},
	"GET /cis":                     {action: permission.CIRead, shows: true},
	"GET /cis/new":                 {action: permission.CIWrite},
	"POST /cis/new":                {action: permission.CIWrite, form: made("type", "Own::Thing", "name", "thing by form")},
	"POST /views":                  {action: permission.ViewShare, form: made("list", "cis", "name", "by form", "audience", "staff", "query", "q=x")},
	"GET /views/{id}":              {action: permission.ViewOwn, shows: true},
	"POST /views/{id}":             {action: permission.ViewDefault, form: fixedForm("query", "q=y")},
	"POST /views/{id}/edit":        {action: permission.ViewOwn, form: taken("name")},
	"POST /views/{id}/default":     {action: permission.ViewOwn, form: fixedForm("default", "true")},
	"POST /views/{id}/remove":      {action: permission.ViewDefault, form: fixedForm("version", "999")},
	"GET /imports/{list}":          {action: permission.CIImport, fixed: true},
	"GET /imports/{list}/template": {action: permission.CIImport, fixed: true},
	"POST /imports/{list}":         {action: permission.CIImport, fixed: true, form: made("key", "external_id", "apply", "true", "text", "type,name\nOwn::Thing,by import\n")},
	"GET /cis/{id}":                {action: permission.CIRead, shows: true},
	"GET /cis/{id}/graph":          {action: permission.CIRead, shows: true},
	"GET /cis/{id}/impact":         {action: permission.CIRead, shows: true},
	"GET /cis/{id}/history":        {action: permission.CIRead, shows: true},
	"GET /cis/{id}/edit":           {action: permission.CIWrite, shows: true},
	"POST /cis/{id}/edit":          {action: permission.CIWrite, form: taken("owner")},
	"POST /cis/{id}/differing":     {action: permission.CIWrite, form: taken("field")},
	"GET /cis/{id}/remove":         {action: permission.CIWrite, shows: true},
	"POST /cis/{id}/remove":        {action: permission.CIWrite, form: taken("owner")},

	"GET /workloads":              {action: permission.WorkloadRead, shows: true},
	"GET /workloads/new":          {action: permission.WorkloadWrite},
	"POST /workloads/new":         {action: permission.WorkloadWrite, form: made("name", "work by form")},
	"GET /workloads/{id}":         {action: permission.WorkloadRead, shows: true},
	"GET /workloads/{id}/edit":    {action: permission.WorkloadWrite, shows: true},
	"POST /workloads/{id}/edit":   {action: permission.WorkloadWrite, form: taken("owner")},
	"GET /workloads/{id}/remove":  {action: permission.WorkloadWrite, shows: true},
	"POST /workloads/{id}/remove": {action: permission.WorkloadWrite, form: taken("owner")},

	"GET /changes": {action: permission.CIRead, shows: true},
})

// pages walks every address that the source hangs on a mux.
func (h *house) pages(t *testing.T) {
	found := map[string]bool{}
	for _, s := range append(routes.Read(t), h.ofRegisters()...) {
		if !s.Page() {
			continue // a topic of the jobs
		}
		found[s.Value] = true
		rule, ok := pageRules[s.Value]
		if !ok {
			if open[s.Value] == "" && directoryOpen[s.Value] == "" && guestOpen[s.Value] == "" {
				t.Errorf("%s: %s is not registered in pageRules", s.At, s.Value)
			}
			continue
		}
		t.Run(s.Value, func(t *testing.T) {
			var before map[string]string
			for _, c := range h.callers {
				before = h.page(t, s.Value, rule, c, before)
			}
		})
	}
	for pattern := range maps.Keys(pageRules) {
		if !found[pattern] {
			t.Errorf("pageRules has %s, which no source hangs on a mux", pattern)
		}
	}
	h.outside(t, found)
}

// outside asks as nobody: every address, with bolt's names in it.
func (h *house) outside(t *testing.T, found map[string]bool) {
	for pattern := range found {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		r := request{method: method, path: strings.TrimSuffix(fill(t, path, h.bolt), "{$}"), page: true}
		a := h.do(t, r)
		if l := a.leak(h.bolt, r); l != "" {
			t.Errorf("%s: shows bolt's %q", r, l)
		}
		if _, closed := pageRules[pattern]; closed && !(a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in")) {
			t.Errorf("%s: %d, want the sign-in page", r, a.status)
		}
	}
}

func (h *house) visitTo(t *testing.T, pattern string, rule pageRule, f *firm, c *caller) request {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	r := request{method: method, path: strings.TrimSuffix(fill(t, path, f), "{$}"), as: c, page: true}
	if rule.form != nil {
		r.body, r.kind = rule.form(f).Encode(), "application/x-www-form-urlencoded"
		if rule.multi {
			r.body, r.kind = multipartOf(rule.form(f)), multipartKind
		}
	}
	return r
}

// page is operate for a page.
func (h *house) page(t *testing.T, pattern string, rule pageRule, c *caller, before map[string]string) map[string]string {
	t.Helper()
	get := strings.HasPrefix(pattern, "GET ")
	own := h.visitTo(t, pattern, rule, h.acme.own(), c)
	want := rule.wants(pattern, c)
	a := h.do(t, own)
	if !slices.Contains(want, a.status) {
		t.Errorf("%s: %d, want %v", own, a.status, want)
	}
	if !c.limited {
		if get && c.may(rule.action) {
			r := h.visitTo(t, pattern, rule, h.bolt, c)
			if b := h.do(t, r); b.status != cmp.Or(rule.ok, http.StatusOK) || rule.shows && leakIn(b.text, h.bolt, "") == "" {
				t.Errorf("%s: %d, or nothing of bolt's", r, b.status)
			}
		}
		return nil
	}
	if l := a.leak(h.bolt, own); l != "" {
		t.Errorf("%s: shows bolt's %q", own, l)
	}
	if !get && before == nil {
		before = h.footprint(t, h.bolt)
	}
	names := strings.Contains(strings.TrimSuffix(pattern, "{$}"), "{") && !rule.fixed
	if names || rule.form != nil {
		want := []int{http.StatusNotFound}
		if !names {
			want = append(want, http.StatusUnprocessableEntity)
		}
		if !c.may(rule.action) || rule.wide {
			want = append(want, http.StatusForbidden)
		}
		h.same(t, h.visitTo(t, pattern, rule, h.bolt, c), h.visitTo(t, pattern, rule, h.nobody, c), want)
	}
	if get { // queries are tried by the matrix
		return nil
	}
	return h.untouched(t, h.bolt, before, c.name+": "+pattern)
}
