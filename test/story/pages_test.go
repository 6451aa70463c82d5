package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
	"vigie/test/binary"
	"vigie/test/routes"
)

// look is one of the ways in which people see the pages.
type look struct {
	theme, language string
	width           int64
}

func (l look) String() string { return fmt.Sprintf("%s-%s-%d", l.theme, l.language, l.width) }

// Every page, in both themes, both languages, on a desk and on a phone: no violation of WCAG 2.2 AA that axe can see, nothing that
// the browser complains about or the content policy refuses, and nothing that is wider than the window. Of the eight looks these four hold
// every pair of theme, language and width. Pictures are kept in test/screenshots where somebody wants to look: VIGIE_SCREENSHOTS=1.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	paths := everyPage(t)
	t.Run("none is left out", func(t *testing.T) { noneIsLeftOut(t, paths) })
	root, err := binary.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "test/screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{{"light", "en", 1366}, {"dark", "fr", 1366}, {"light", "fr", 390}, {"dark", "en", 390}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := someone(t)
			b.cookie("vigie_theme", l.theme)
			b.cookie("vigie_lang", l.language)
			b.do(chromedp.EmulateViewport(l.width, 900))
			for _, p := range doors {
				t.Run(p.name, func(t *testing.T) { b.visit(t, p, l, folder) })
			}
			b.becomes(ada)
			for _, p := range paths {
				t.Run(p.name, func(t *testing.T) { b.visit(t, p, l, folder) })
			}
		})
	}
}

// doors are the pages of those who have not signed in.
var doors = []page{{name: "sign-in", path: "/sign-in"}, {name: "organisation", path: "/sign-in/organisation"}, {name: "forgot-password", path: "/forgot-password"},
	{name: "welcome-dead", path: "/welcome?code=nobody"}}

// elsewhere are addresses that no look at a page asks for, each with the reason.
var elsewhere = map[string]string{
	"GET /live": "a stream", "GET /livez": "for machines", "GET /readyz": "for machines", "GET /metrics": "for machines", "GET /assets/": "style sheets and scripts",
	"GET /discovery/{id}/progress": "a part of a page", "GET /custom-fields/pick": "a part of a form", "GET /notes/people": "a part of a form",
	"GET /files/{token}": "a file", "GET /attachments/{id}": "leads to a file", "GET /attachments/{id}/download": "leads to a file", "GET /attachments/{id}/preview": "leads to a file",
	"GET /approvals/{id}/receipt": "a file", "GET /imports/{list}/template": "a file", "GET /mail-settings/preview": "a mail, within the page of the settings",
	"GET /sign-in/with/{slug}": "leads to a provider", "GET /sign-in/return/{slug}": "comes from a provider", "GET /account/totp": "looked at by TestAuthenticatorInABrowser", "GET /sign-in/factor": "looked at by TestAuthenticatorInABrowser",
}

// noneIsLeftOut holds the pages that are looked at to those that there are.
func noneIsLeftOut(t *testing.T, paths []page) {
	mux := http.NewServeMux()
	found := map[string]bool{}
	for _, h := range routes.Read(t) {
		if method, path, ok := strings.Cut(h.Value, " "); ok && method == http.MethodGet && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/scim/") && !found[h.Value] {
			found[h.Value] = elsewhere[h.Value] != ""
			mux.HandleFunc(h.Value, func(http.ResponseWriter, *http.Request) {})
		}
	}
	if len(found) < 100 {
		t.Fatalf("only %d addresses are known", len(found))
	}
	for pattern := range elsewhere {
		if _, ok := found[pattern]; !ok {
			t.Errorf("%s is not an address", pattern)
		}
	}
	for _, p := range slices.Concat(doors, paths) {
		_, pattern := mux.Handler(httptest.NewRequestWithContext(t.Context(), http.MethodGet, p.path, nil))
		found[pattern] = true
	}
	for pattern, looked := range found {
		if !looked {
			t.Errorf("nobody looks at %s", pattern)
		}
	}
}

func (b *tab) visit(t *testing.T, p page, l look, folder string) {
	t.Helper()
	b.goes(p.path)
	axe.Until(t, b.ctx, `document.readyState === "complete" && document.querySelector("h1")`)
	if p.press != "" {
		b.clicks(p.press)
		axe.Until(t, b.ctx, `document.readyState === "complete" && document.querySelector(".v-banner-good pre")`)
	}
	if p.graph {
		axe.Until(t, b.ctx, `document.querySelector(".v-graph-canvas canvas")`)
	}
	if got := finds[string](b, `document.documentElement.lang + " " + document.documentElement.dataset.bsTheme`); got != l.language+" "+l.theme {
		t.Errorf("the page is %s", got)
	}
	axe.Check(t, b.ctx)
	if wide := finds[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("the page is %d px wider than the window: %s", wide, finds[string](b, widest))
	}
	if missing := finds[string](b, untold); missing != "" {
		t.Errorf("texts without words: %s", missing)
	}
	if os.Getenv("VIGIE_SCREENSHOTS") == "" {
		return // they take as long as all that is checked
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, p.name+"-"+l.String()+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	// widest names what sticks out of the window.
	widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 160)).join(" | ")`
	// untold finds message keys that stand where words should.
	untold = `(document.body.innerText.match(/\b(app|ui|estate|discovery|trust|customer|fault)\.[a-z_]+\.[a-z_.]+\b/g) ?? []).join(", ")`
)

// added makes a record with the form at place/new and gives its address.
func added(t *testing.T, c *http.Client, place string, fields url.Values) string {
	t.Helper()
	resp, err := c.PostForm(base+place+"/new", fields)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s/new: %s", place, resp.Status)
	}
	return first(t, c, place, place)
}

// asks asks the API, as a page of one's own does; with a body it posts.
func asks(t *testing.T, c *http.Client, path, body string, out any) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil || resp.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s %v", method, path, resp.Status, err)
	}
}

// told gives the id of what is answered, or of the first of a list.
func told(t *testing.T, c *http.Client, path, body string) string {
	t.Helper()
	var out struct {
		ID    string
		Items []struct{ ID string }
	}
	if asks(t, c, path, body, &out); out.ID == "" && len(out.Items) > 0 {
		out.ID = out.Items[0].ID
	}
	if out.ID == "" {
		t.Fatalf("%s: there is none", path)
	}
	return out.ID
}

type page struct {
	name, path string
	press      string // what is pressed there, and leads to the page that is looked at
	graph      bool   // a picture is drawn on it
}

func everyPage(t *testing.T) []page {
	t.Helper()
	c := visitor(t, ada)
	ci := first(t, c, "/cis?customer=meridian&type=AWS::RDS::DBInstance&q=tracking-1", "/cis")
	workload := first(t, c, "/workloads", "/workloads")
	account := first(t, c, "/accounts", "/accounts")
	run := first(t, c, "/discovery", "/discovery")
	assessment := first(t, c, "/assessments?customer=meridian", "/assessments")
	asked := first(t, c, "/assessments?customer=atelier-lumen", "/assessments")
	guest := privately(t, c, asked)
	estimate := first(t, c, "/estimates?customer=nordlys", "/estimates")
	plan := first(t, c, "/plans", "/plans")
	meeting := first(t, c, plan, "/meetings")
	field := first(t, c, "/custom-fields", "/custom-fields")
	webhook := added(t, c, "/webhooks", url.Values{"customer": {"meridian"}, "name": {"Chat of the desk"}, "url": {"https://hooks.example.com/vigie"}, "events": {"*"}})
	provider := added(t, c, "/identity-providers", url.Values{"name": {"Example ID"}, "slug": {"example-id"}, "customer": {"meridian"}, "issuer": {"https://id.example.com"}, "client_id": {"vigie"},
		"client_secret": {"lantern"}, "domains": {"meridian.example"}, "groups_claim": {"groups"}, "scopes": {"openid"}, "second_factor": {"ask"}})
	rule := told(t, c, "/identity-rules", `{"provider": "`+strings.TrimPrefix(provider, "/identity-providers/")+`", "group": "desk", "role": "viewer"}`)
	ours := told(t, c, "/suppliers", `{"customer": "nordlys", "name": "Fjord Kabel", "status": "active"}`)
	supplier := "/suppliers/" + ours
	edited := told(t, c, "/bulk-edits", `{"list": "suppliers", "ids": ["`+ours+`"], "set": {"sla": "99.9 %"}}`)
	note := told(t, c, "/notes", `{"record_type": "supplier", "record_id": "`+ours+`", "body": "Ring *first*."}`)
	view := told(t, c, "/views", `{"list": "suppliers", "name": "Ours", "query": "status=active", "audience": "private"}`)
	post(t, c, webhook+"/test")
	post(t, c, "/customers/nordlys/data/remove", "reason", "The contract has ended", "export_digest", strings.Repeat("0", 64))
	deliverable := first(t, c, "/deliverables?customer=meridian", "/deliverables")
	gap := first(t, c, "/gaps?customer=meridian", "/gaps")
	launch := first(t, c, "/launches", "/launches")
	debt := told(t, c, "/documents?customer=meridian&state=requested&owed_by.empty=false", "")
	post(t, c, "/documents/"+debt+"/hand-in-links")
	var door struct{ Address string }
	asks(t, c, "/documents/"+debt+"/hand-in-links", "{}", &door)
	return []page{
		{name: "today", path: "/"},
		{name: "today-one", path: "/?customer=meridian"},
		{name: "customers", path: "/customers"},
		{name: "customer", path: "/customers/meridian"},
		{name: "customer-new", path: "/customers/new"},
		{name: "estate", path: "/estate"},
		{name: "estate-empty", path: "/estate?customer=atelier-lumen"},
		{name: "plans", path: "/plans"},
		{name: "plans-empty", path: "/plans?customer=meridian"},
		{name: "plan", path: plan},
		{name: "plan-new", path: "/plans/new"},
		{name: "meeting", path: meeting},
		{name: "meeting-new", path: plan + "/meetings/new"},
		{name: "meeting-edit", path: meeting + "/edit"},
		{name: "assessments", path: "/assessments"},
		{name: "assessment", path: assessment},
		{name: "assessment-open", path: asked},
		{name: "assessment-new", path: "/assessments/new"},
		{name: "assessment-fill", path: asked + "/fill/sections/workloads"},
		{name: "assessment-hand-in", path: asked + "/fill/hand-in"},
		{name: "questionnaires", path: "/questionnaires"},
		{name: "questionnaire", path: "/questionnaires/base"},
		{name: "answers", path: guest},
		{name: "answers-company", path: guest + "/sections/company"},
		{name: "answers-workloads", path: guest + "/sections/workloads"},
		{name: "answers-recovery", path: guest + "/sections/recovery"},
		{name: "answers-hand-in", path: guest + "/hand-in"},
		{name: "answers-dead", path: "/answers/nobody"},
		{name: "estimates", path: "/estimates"},
		{name: "estimates-empty", path: "/estimates?customer=meridian"},
		{name: "estimate", path: estimate},
		{name: "estimate-new", path: "/estimates/new"},
		{name: "estimate-document", path: estimate + "/document"},
		{name: "estimate-what-if", path: estimate + "/what-if?tier=24x7"},
		{name: "estimate-compare", path: estimate + "/compare"},
		{name: "cis", path: "/cis"},
		{name: "cis-one", path: "/cis?customer=meridian&q=tracking&type=AWS::RDS::DBInstance"},
		{name: "cis-empty", path: "/cis?customer=atelier-lumen"},
		{name: "cis-none", path: "/cis?q=nothing-is-called-so"},
		{name: "ci", path: ci},
		{name: "ci-graph", path: ci + "/graph", graph: true},
		{name: "ci-impact", path: ci + "/impact", graph: true},
		{name: "ci-depends", path: ci + "/impact?direction=depends_on", graph: true},
		{name: "ci-history", path: ci + "/history"},
		{name: "ci-edit", path: ci + "/edit"},
		{name: "ci-new", path: "/cis/new"},
		{name: "import", path: "/imports/cis"},
		{name: "workloads", path: "/workloads"},
		{name: "workload", path: workload},
		{name: "workload-new", path: "/workloads/new"},
		{name: "workload-edit", path: workload + "/edit"},
		{name: "changes", path: "/changes"},
		{name: "accounts", path: "/accounts"},
		{name: "accounts-empty", path: "/accounts?customer=atelier-lumen"},
		{name: "account", path: account},
		{name: "account-new", path: "/accounts/new"},
		{name: "discovery", path: "/discovery"},
		{name: "discovery-one", path: "/discovery?customer=meridian"},
		{name: "run", path: run},
		{name: "coverage", path: "/coverage"},
		{name: "people", path: "/people"},
		{name: "person", path: first(t, c, "/people", "/people")},
		{name: "person-new", path: "/people/new"},
		{name: "sessions", path: "/sessions"},
		{name: "tokens", path: "/tokens"},
		{name: "token-new", path: "/tokens/new"},
		{name: "webhooks", path: "/webhooks"},
		{name: "webhooks-empty", path: "/webhooks?customer=atelier-lumen"},
		{name: "webhook", path: webhook},
		{name: "webhook-new", path: "/webhooks/new"},
		{name: "webhook-log", path: "/webhook-deliveries"},
		{name: "my-account", path: "/account"},
		{name: "webhook-edit", path: webhook + "/edit"},
		{name: "fields", path: "/custom-fields"},
		{name: "fields-empty", path: "/custom-fields?customer=nordlys"},
		{name: "field", path: field},
		{name: "field-new", path: "/custom-fields/new"},
		{name: "field-edit", path: field + "/edit"},
		{name: "customer-edit", path: "/customers/meridian/edit"},
		{name: "bulk-edits", path: "/bulk-edits"},
		{name: "bulk-edits-empty", path: "/bulk-edits?customer=atelier-lumen"},
		{name: "providers", path: "/identity-providers"},
		{name: "provider", path: provider},
		{name: "provider-edit", path: provider + "/edit"},
		{name: "provider-new", path: "/identity-providers/new"},
		{name: "prove", path: "/prove?next=/account"},
		{name: "sign-in-rules", path: "/sign-in-rules"},
		{name: "approvals", path: "/approvals"},
		{name: "approval", path: "/approvals/" + told(t, c, "/approvals", "")},
		{name: "approval-new", path: "/approvals/new"},
		{name: "audit", path: "/audit"},
		{name: "audit-entry", path: first(t, c, "/audit", "/audit")},
		{name: "permissions", path: "/permissions"},
		{name: "contacts", path: "/contacts"},
		{name: "contacts-empty", path: "/contacts?customer=atelier-lumen"},
		{name: "contact-new", path: "/contacts/new"},
		{name: "stakeholders", path: "/stakeholders"},
		{name: "suppliers", path: "/suppliers"},
		{name: "requirements", path: "/requirements"},
		{name: "requirement", path: first(t, c, "/requirements?q=parcel", "/requirements")},
		{name: "requirement-edit", path: first(t, c, "/requirements?q=parcel", "/requirements") + "/edit"},
		{name: "baseline", path: first(t, c, "/baselines", "/baselines")},
		{name: "access-check", path: first(t, c, "/access-checks?proof=person", "/access-checks")},
		{name: "access-checks", path: "/access-checks"},
		{name: "access-propose", path: "/access-checks/propose?customer=meridian"},
		{name: "inventory-review", path: "/inventory-review?customer=meridian"},
		{name: "declared-inventory", path: "/declared-inventory"},
		{name: "target-items", path: "/target-items"},
		{name: "baselines", path: "/baselines"},
		{name: "baseline-new", path: "/baselines/new?customer=meridian"},
		{name: "requirements-propose", path: "/requirements/propose?customer=meridian"},
		{name: "documents", path: "/documents"},
		{name: "document-new", path: "/documents/new"},
		{name: "document", path: first(t, c, "/documents?customer=meridian&kind=flows&state=reviewed", "/documents")},
		{name: "document-matrix", path: "/documents/matrix?customer=meridian"},
		{name: "document-matrix-empty", path: "/documents/matrix?customer=atelier-lumen"},
		{name: "document-ask", path: "/documents/ask?customer=meridian"},
		{name: "findings", path: "/findings"},
		{name: "finding", path: first(t, c, "/findings", "/findings")},
		{name: "findings-empty", path: "/findings?customer=atelier-lumen"},
		{name: "findings-import", path: "/findings/import?customer=meridian"},
		{name: "measures", path: "/measures"},
		{name: "measure", path: first(t, c, "/measures", "/measures")},
		{name: "measure-new", path: "/measures/new"},
		{name: "measures-propose", path: "/measures/propose?customer=meridian"},
		{name: "milestones", path: "/milestones"},
		{name: "remediation", path: "/remediation?customer=meridian"},
		{name: "remediation-choose", path: "/remediation"},
		{name: "gaps", path: "/gaps?customer=meridian"},
		{name: "gaps-empty", path: "/gaps?customer=atelier-lumen"},
		{name: "gap", path: gap},
		{name: "controls", path: "/controls?customer=meridian"},
		{name: "onboarding", path: "/onboarding"},
		{name: "launches", path: "/launches"},
		{name: "launch", path: launch},
		{name: "deliverables", path: "/deliverables?customer=meridian"},
		{name: "deliverable", path: deliverable},
		{name: "inbox", path: "/inbox"},
		{name: "mails", path: "/mails"},
		{name: "mail-settings", path: "/mail-settings"},
		{name: "mail-settings-one", path: "/mail-settings?customer=meridian"},
		{name: "mail-suppressions", path: "/mail-suppressions"},
		{name: "customer-data", path: "/customers/meridian/data"},
		{name: "customer-sheet", path: "/customers/meridian/sheet"},
		{name: "customer-removals", path: "/customer-removals"},
		{name: "customer-workshop", path: "/customers/meridian/workshop"},
		{name: "customer-import", path: "/customers/import"},
		{name: "customer-removal", path: "/customer-removals/" + told(t, c, "/customer-removals", "")},
		{name: "palette", path: "/palette?q=track"},
		{name: "person-edit", path: first(t, c, "/people", "/people") + "/edit"},
		{name: "account-edit", path: account + "/edit"},
		{name: "account-remove", path: account + "/remove"},
		{name: "ci-remove", path: ci + "/remove"},
		{name: "workload-remove", path: workload + "/remove"},
		{name: "supplier", path: supplier},
		{name: "supplier-edit", path: supplier + "/edit"},
		{name: "bulk-edit", path: "/bulk-edits/" + edited},
		{name: "note-edit", path: "/notes/" + note + "/edit"},
		{name: "note-versions", path: "/notes/" + note + "/versions"},
		{name: "view", path: "/views/" + view},
		{name: "mail", path: "/mails/" + told(t, c, "/mails", "")},
		{name: "webhook-delivery", path: "/webhook-deliveries/" + told(t, c, "/webhook-deliveries", "")},
		{name: "rule-new", path: provider + "/rules/new"},
		{name: "rule", path: provider + "/rules/" + rule},
		{name: "deliverable-edit", path: deliverable + "/edit"},
		{name: "deliverable-fill", path: deliverable + "/fill"},
		{name: "deliverable-compare", path: deliverable + "/compare"},
		{name: "gap-accept", path: gap + "/accept"},
		{name: "control", path: "/controls/asg-elb-health-check?customer=meridian"},
		{name: "launch-new", path: "/launches/new"},
		{name: "launch-edit", path: launch + "/edit"},
		{name: "waivers", path: "/waivers"},
		{name: "waiver-new", path: "/waivers/new"},
		{name: "waiver", path: "/waivers/" + told(t, c, "/waivers", "")},
		{name: "measure-edit", path: first(t, c, "/measures", "/measures") + "/edit"},
		{name: "assessment-filled", path: assessment + "/fill"},
		{name: "document-owed", path: "/documents/" + debt},
		{name: "document-link", path: "/documents/" + debt, press: `main form[action*="/hand-in-links"] button`},
		{name: "hand-in", path: "/hand-in/" + door.Address[strings.LastIndex(door.Address, "/")+1:]},
		{name: "hand-in-dead", path: "/hand-in/nobody"},
		{name: "missing", path: "/nowhere"},
	}
}
