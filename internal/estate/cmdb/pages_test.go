package cmdb

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
)

// gallery is the CMDB of one customer with pages, and another customer's that must never be seen.
type gallery struct {
	*estate
	site                        *webtest.Site
	engineer, auditor, customer *webtest.Visitor
	foreign                     record
}

func openGallery(t *testing.T) *gallery {
	t.Helper()
	c := clock.NewManual(dbtest.Start)
	return galleryOver(t, dbtest.SQLite(t, c), c)
}

func galleryOver(t *testing.T, d *db.DB, c *clock.Manual) *gallery {
	t.Helper()
	g := &gallery{estate: newEstate(t, d, c, "acme"), site: webtest.New(t, d, c)}
	New(d).Pages(g.site.Mux, g.site.Shell)
	intake.New(d, messages(t), New(d).Intakes()...).Pages(g.site.Mux, g.site.Shell)
	other := newEstate(t, d, c, "zenith")
	other.begin()
	other.saw(instance("zenith-secret"))
	g.foreign = other.ci("i-zenith-secret")
	g.engineer = g.as(permission.Engineer, db.GrantAll(), "en")
	g.auditor = g.as(permission.Auditor, db.GrantAll(), "en")
	g.customer = g.as(permission.Viewer, g.scope, "en")
	return g
}

func (g *gallery) as(role permission.Role, s db.Scope, language string) *webtest.Visitor {
	return g.site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Language: language, TimeZone: "UTC"}, role, s))
}

// fill has a run see two servers on a subnet.
func (g *gallery) fill() {
	g.begin()
	web, worker := instance("web-1"), instance("worker-1")
	worker.Tags = map[string]string{"Environment": "dev", "Note": "a,b"}
	g.saw(web, worker, subnet("subnet-1"))
	g.resolve()
}

func TestInventoryPages(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.engineer.Get(t, "/estate?customer=acme").Want(t, 200).Has(t, "The estate is empty", "/accounts")
	g.customer.Get(t, "/cis").Want(t, 200).Has(t, "The estate is empty").Lacks(t, "/accounts", "/cis/new", "/imports/cis")
	g.fill()

	g.engineer.Get(t, "/estate?customer=acme").Want(t, 200).Has(t, "EC2 instances", "By region", "100%").Lacks(t, "zenith-secret")
	page := g.engineer.Get(t, "/cis?customer=acme").Want(t, 200).Has(t, "3 rows", "web-1", "worker-1", "EC2 instance", "/cis/new")
	page.Lacks(t, "zenith-secret")
	g.engineer.Get(t, "/cis").Want(t, 200).Has(t, "4 rows", "zenith-secret", "Customer")
	g.customer.Get(t, "/cis").Want(t, 200).Has(t, "3 rows").Lacks(t, "zenith-secret", "/cis/new")
	g.engineer.Get(t, "/cis?customer=acme&q=work").Want(t, 200).Has(t, "1 row", "worker-1")
	g.engineer.Get(t, "/cis?customer=acme&environment=development").Want(t, 200).Has(t, "1 row", "worker-1")
	g.engineer.Get(t, `/cis?customer=acme&tag.Note=a\,b`).Want(t, 200).Has(t, "1 row", "Tag Note")
	if to := g.engineer.Get(t, "/cis?customer=acme&tag=Note%3Da%2Cb").To(t, "/cis?"); !strings.Contains(to, "tag.Note=a%5C%2Cb") || !strings.Contains(to, "customer=acme") {
		t.Errorf("the tag field of the filter menu leads to %s", to)
	}
	g.engineer.Get(t, "/cis?customer=acme&nonsense=1").Want(t, 200).Has(t, "This parameter is not known here").Lacks(t, "web-1")
	g.engineer.Get(t, "/cis?customer=acme&orphaned=true").Want(t, 200).Lacks(t, "subnet-1")
	g.customer.Get(t, "/cis?format=csv").Want(t, 200).Has(t, "web-1").Lacks(t, "zenith-secret")

	// What is gone is no longer counted, unless somebody asks for it.
	g.begin()
	g.saw(instance("web-1"), subnet("subnet-1"))
	g.close("eu-west-1", true, "AWS::EC2::Instance")
	g.engineer.Get(t, "/cis?customer=acme").Want(t, 200).Has(t, "2 rows").Lacks(t, "worker-1")
	g.engineer.Get(t, "/cis?customer=acme&status=gone").Want(t, 200).Has(t, "1 row", "worker-1")
}

func TestRecordPages(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.fill()
	web, net := g.ci("i-web-1"), g.ci("subnet-1")
	path := "/cis/" + web.ID
	g.engineer.Get(t, path).Want(t, 200).Has(t, "AWS::EC2::Instance", "subnet-1", "m6i.large", path+"/edit", "Runs on")
	g.customer.Get(t, path).Want(t, 200).Has(t, "m6i.large").Lacks(t, path+"/edit", "/discovery/")
	g.engineer.Get(t, "/cis/"+net.ID+"/impact").Want(t, 200).Has(t, "web-1", "Down", "CIs down", "runs")
	g.engineer.Get(t, path+"/impact?direction=depends_on").Want(t, 200).Has(t, "subnet-1")
	g.engineer.Get(t, path+"/graph?depth=2").Want(t, 200).Has(t, `"label":"subnet-1"`, "runs on")
	g.engineer.Get(t, path+"/history").Want(t, 200).Has(t, "First seen", "/discovery/"+g.run)
	g.customer.Get(t, path+"/history").Want(t, 200).Has(t, "First seen").Lacks(t, "/discovery/")

	// Another customer's record is not there, whoever's tab is asked for.
	for _, tab := range []string{"", "/graph", "/impact", "/history", "/edit", "/remove"} {
		g.customer.Get(t, "/cis/"+g.foreign.ID+tab).Want(t, http.StatusNotFound)
		g.engineer.Get(t, "/cis/"+g.foreign.ID+tab+"?customer=acme").Want(t, http.StatusNotFound)
	}
	g.customer.Post(t, "/cis/"+g.foreign.ID+"/edit", "name", "mine").Want(t, http.StatusNotFound)
	for _, form := range []string{"/edit", "/differing", "/remove"} {
		g.auditor.Post(t, path+form, "name", "mine", "field", "owner").Want(t, http.StatusForbidden)
	}

	g.engineer.Post(t, path+"/edit", "name", "web-1", "environment", "moon", "criticality", "high", "owner", "me").Want(t, 422).
		Has(t, "This must be one of", `value="me"`, `href="#f-environment"`)
	g.engineer.Post(t, path+"/edit", "name", "web-1", "environment", "staging", "criticality", "high", "owner", web.Owner).To(t, path)
	page := g.engineer.Get(t, path).Want(t, 200)
	page.Has(t, "you set Staging", "Take what discovery says", "set by hand")
	g.customer.Get(t, path).Want(t, 200).Has(t, "you set Staging").Lacks(t, "Take what discovery says")
	g.engineer.Post(t, path+"/differing", "field", "environment").To(t, path)
	g.engineer.Get(t, path).Want(t, 200).Lacks(t, "you set Staging").Has(t, "High")
	g.engineer.Get(t, "/changes?customer=acme&kind=changed").Want(t, 200).Has(t, "web-1", "Criticality", "Someone", "High")
	g.customer.Get(t, "/changes?from=2026-01-01").Want(t, 200).Has(t, "web-1").Lacks(t, "zenith-secret")
	g.engineer.Post(t, path+"/remove").To(t, path) // discovered: a toast says that it would come back
	g.engineer.Get(t, path).Want(t, 200)
}

func TestManualCIPages(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.auditor.Get(t, "/cis/new").Want(t, http.StatusForbidden)
	g.auditor.Post(t, "/cis/new", "name", "fw", "type", "Firewall", "customer", "acme").Want(t, http.StatusForbidden)
	g.engineer.Post(t, "/cis/new", "type", "Office firewall", "tag_key", "site", "tag_value", "Lyon").Want(t, 422).Has(t, `value="Office firewall"`, `value="Lyon"`, "This is needed", "#f-name")
	path := g.engineer.Post(t, "/cis/new", "customer", "acme", "name", "fw-1", "type", "Office firewall", "tag_key", "site", "tag_value", "Lyon").To(t, "/cis/")
	g.engineer.Get(t, path).Want(t, 200).Has(t, "fw-1", "Office firewall", "By hand", "Lyon", path+"/remove")
	g.engineer.Post(t, "/cis/new?customer=acme", "name", "fw-1", "type", "Office firewall").Want(t, 409).Has(t, "already")
	g.engineer.Get(t, path+"/remove").Want(t, 200).Has(t, "Remove fw-1?", "its history")
	g.engineer.Post(t, path+"/remove").To(t, "/cis")
	g.engineer.Get(t, path).Want(t, http.StatusNotFound)
}

func TestWorkloadPages(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.fill()
	g.engineer.Get(t, "/workloads?customer=acme").Want(t, 200).Has(t, "No workload yet", "/workloads/new")
	g.customer.Get(t, "/workloads").Want(t, 200).Lacks(t, "/workloads/new")
	g.customer.Post(t, "/workloads/new", "name", "Shop").Want(t, http.StatusForbidden)
	g.engineer.Post(t, "/workloads/new?customer=acme", "name", "", "rule", "name = web-*").Want(t, 422).Has(t, "This is needed", "name = web-*")
	g.engineer.Post(t, "/workloads/new?customer=acme", "name", "Shop", "rule", "name = web-*\nplanet = mars").Want(t, 422).Has(t, "Line 2 cannot be read", "planet = mars", "#f-rule")
	to := g.engineer.Post(t, "/workloads/new?customer=acme", "name", "Shop", "rule", "name = web-*, www-*\nor\ntag:Note = *").To(t, "/workloads/")
	path, _, _ := strings.Cut(to, "?")
	g.engineer.Get(t, path).Want(t, 200).Has(t, "2 CIs", "web-1", "worker-1", "name is web-* or www-*", "it has the tag Note", "by its rule")
	g.customer.Get(t, path).Want(t, 200).Has(t, "web-1").Lacks(t, path+"/edit", path+"/remove")
	g.customer.Post(t, path+"/edit", "name", "Mine").Want(t, http.StatusForbidden)
	g.customer.Post(t, path+"/remove").Want(t, http.StatusForbidden)
	g.engineer.Get(t, path+"?customer=zenith").Want(t, http.StatusNotFound)
	g.engineer.Get(t, path+"/edit").Want(t, 200).Has(t, "name = web-*, www-*\nor\ntag:Note = *")
	g.engineer.Post(t, path+"/edit", "name", "Shop", "rule", "name = worker-*", "version", "1").To(t, path)
	g.engineer.Get(t, path).Want(t, 200).Has(t, "1 CI<", "worker-1").Lacks(t, ">web-1<")
	g.engineer.Post(t, path+"/edit", "name", "Shop", "version", "1").Want(t, http.StatusPreconditionFailed)
	g.engineer.Post(t, path+"/remove").To(t, "/workloads")
	g.engineer.Get(t, path).Want(t, http.StatusNotFound)
}

const exampleCIs = `type,name,external_id,environment,criticality,owner,workload,tag.site
Office firewall,fw-lyon-1,,production,high,network team,,Lyon
Office firewall,fw-paris-1,,production,high,network team,,Paris`

func TestImportPage(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.auditor.Get(t, "/imports/cis").Want(t, http.StatusForbidden)
	g.auditor.Post(t, "/imports/cis", "text", exampleCIs, "apply", "true", "customer", "acme").Want(t, http.StatusForbidden)
	g.engineer.Get(t, "/imports/cis").Want(t, 200).Has(t, "CSV file", "Office firewall")
	g.engineer.Post(t, "/imports/cis?customer=acme").Want(t, 422).Has(t, "Choose a customer and a file")
	g.engineer.Post(t, "/imports/cis?customer=acme", "text", "type,name,environment\nFirewall,fw-1,moon\n,fw-2,production\n").Want(t, 422).
		Has(t, "2 problems", "environment", "This is needed", "Nothing was stored")
	g.engineer.Post(t, "/imports/cis?customer=acme", "text", exampleCIs).Want(t, 200).Has(t, "Every line is right", "Import it", "fw-lyon-1")
	g.engineer.Get(t, "/cis?customer=acme").Want(t, 200).Lacks(t, "fw-lyon-1")
	g.engineer.Post(t, "/imports/cis?customer=acme", "text", "\n"+exampleCIs, "apply", "true").To(t, "/cis")
	g.engineer.Get(t, "/cis?customer=acme").Want(t, 200).Has(t, "fw-lyon-1", "fw-paris-1", "2 rows")
}

// Every page in French: no key stands where its words should, and no English word of ours is left.
func TestFrenchPages(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	g.fill()
	french := g.as(permission.Engineer, db.GrantAll(), "fr")
	path := "/cis/" + g.ci("i-web-1").ID
	for _, at := range []string{"/estate", "/cis", "/cis/new", "/imports/cis", path, path + "/graph", path + "/impact", path + "/history", path + "/edit", "/workloads", "/workloads/new", "/changes"} {
		french.Get(t, at).Want(t, 200).Has(t, `lang="fr"`).Lacks(t, ">estate.", "estate.ci.", "estate.overview.", "Environment<", "Customer<")
	}
}

func TestRuleText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "tag:app = shop, checkout", "name = a\nregion = eu-west-1\nor\ntype = AWS::EC2::*", `tag:note = a\,b, c`} {
		r, err := readRule(text)
		if err != nil || writeRule(r) != text {
			t.Errorf("%q came back as %q (%v)", text, writeRule(r), err)
		}
	}
	for _, text := range []string{"name", "name =", "tag = x", "name:key = x", "owner = x", "= x"} {
		if r, err := readRule(text); err == nil {
			t.Errorf("%q was read as %+v", text, r)
		}
	}
}

// A list of a page refuses what is no request for it with words, never with a broken page.
func TestOddAddresses(t *testing.T) {
	t.Parallel()
	g := openGallery(t)
	for _, at := range []string{"/cis?sort=nonsense", "/cis?cursor=xx", "/cis?q=%00", "/changes?from=yesterday", "/cis/not-an-id", "/workloads?limit=-1", "/cis?format=pdf"} {
		if page := g.engineer.Get(t, at); page.Status >= 500 {
			t.Errorf("%s: %d", at, page.Status)
		}
	}
	w := httptest.NewRecorder()
	g.site.Mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cis", nil))
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
		t.Errorf("nobody is signed in, and the inventory answers %d", w.Code)
	}
}

// What the pages read by SQL of their own, both engines understand.
func TestEveryPageOnBothEngines(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		g := galleryOver(t, d, c)
		g.fill()
		path := "/cis/" + g.ci("i-web-1").ID
		workload := g.engineer.Post(t, "/workloads/new?customer=acme", "name", "Shop", "rule", "name = web-*").To(t, "/workloads/")
		for _, at := range []string{"/estate", "/estate?customer=acme", "/cis", "/cis?customer=acme&orphaned=false&tag.Owner=shop&workload=Shop", "/cis?orphaned=true&workload.empty=true",
			"/cis/new?customer=acme", path, path + "/graph?depth=2", path + "/graph?direction=in", path + "/impact", path + "/impact?direction=depends_on&depth=10", path + "/history", path + "/edit",
			"/workloads", workload, "/changes", "/changes?customer=acme&from=2026-01-01&to=2027-01-01&type=AWS::EC2::Instance"} {
			g.engineer.Get(t, at).Want(t, 200)
		}
		g.engineer.Get(t, "/cis").Want(t, 200).Has(t, "AWS::EC2::Subnet", account, "eu-west-1", "4 rows")
		g.customer.Get(t, "/cis").Want(t, 200).Has(t, "3 rows").Lacks(t, "zenith-secret")
	})
}
