package story

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	ada  = "ada@vigie.example"     // admin
	ines = "ines@vigie.example"    // engineer
	lena = "lena@meridian.example" // viewer of the customer Meridian Freight
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	marc := someone(t)

	// Who is not signed in is sent to sign in, whatever they wanted.
	marc.goes("/cis?q=tracking-1")
	marc.until(`location.pathname === "/sign-in"`)

	// A wrong password is refused with one sentence that does not tell which half was wrong; the address stays.
	marc.fills("email", "marc@vigie.example")
	marc.fills("password", "not the right one")
	marc.clicks("main form button")
	marc.sees("This e-mail and password do not go together.")
	marc.until(`document.querySelectorAll("[role=alert]").length === 1 && document.querySelector("[name=email]").value === "marc@vigie.example" && document.querySelector("[name=password]").value === ""`)

	// The right one leads to where they wanted to go.
	marc.fills("password", password)
	marc.presses("Enter")
	marc.arrives("/cis?q=tracking-1")
	marc.sees("tracking-1", "RDS database")

	// Signing out ends it: the way back leads to the form again.
	marc.clicks(".v-user summary")
	marc.clicks(".v-user form button")
	marc.until(`location.pathname === "/sign-in"`)
	marc.goes("/cis")
	marc.until(`location.pathname === "/sign-in"`)
}

func TestFindCIByPalette(t *testing.T) {
	t.Parallel()
	engineer := somebody(t, ines)
	engineer.goes("/")
	engineer.presses("Control+k")
	engineer.until(`document.getElementById("palette").open`)
	engineer.types("tracking-1")
	engineer.until(`document.querySelector("#palette-hits a[aria-selected=true]")?.textContent.includes("tracking-1")`)
	engineer.presses("Enter")
	engineer.until(`location.pathname.startsWith("/cis/") && document.querySelector("h1")?.textContent.trim() === "tracking-1"`)
	engineer.sees("RDS database", "Facts", "Impact")
}

func TestFindCIByList(t *testing.T) {
	t.Parallel()
	engineer := somebody(t, ines)
	engineer.goes("/cis?customer=meridian")

	// The search narrows the list while it is typed.
	engineer.clicks("#cis-q, main [data-search]")
	engineer.types("tracking")
	engineer.until(`new URLSearchParams(location.search).get("q") === "tracking" && document.querySelectorAll("tbody tr").length > 3`)
	all := finds[int](engineer, `document.querySelectorAll("tbody tr").length`)

	// A filter narrows it further; both stand in the address and as chips.
	engineer.clicks(".v-filter details:first-of-type summary")
	engineer.clicks(`input[name=type][value="AWS::RDS::DBInstance"]`)
	engineer.until(`new URLSearchParams(location.search).get("type") === "AWS::RDS::DBInstance" && document.querySelectorAll(".v-chip").length >= 2`)
	engineer.until(`document.querySelectorAll("tbody tr").length > 0 && [...document.querySelectorAll("tbody tr")].every(r => r.innerText.includes("RDS database"))`)
	if few := finds[int](engineer, `document.querySelectorAll("tbody tr").length`); few >= all {
		t.Errorf("the filter left %d of %d rows", few, all)
	}

	// Its page says what it is, and the way back is the list as it was.
	engineer.presses("Escape")
	list := finds[string](engineer, `location.pathname + location.search`)
	engineer.clicks("tbody tr:first-child [data-open]")
	engineer.until(`location.pathname.startsWith("/cis/") && document.querySelector("h1")`)
	engineer.do(chromedp.NavigateBack())
	engineer.arrives(list)
}

func TestImpactOfCI(t *testing.T) {
	t.Parallel()
	engineer := somebody(t, ines)
	engineer.goes(first(t, visitor(t, ines), "/cis?customer=meridian&type=AWS::RDS::DBInstance&q=tracking-1", "/cis"))
	engineer.until(`document.querySelector("h1").textContent.trim() === "tracking-1"`)

	// Impact says what suffers, step by step why, whom it concerns, and that the rest of the cluster carries on.
	engineer.clicks(`main a[href*="/impact"]`)
	engineer.until(`location.pathname.endsWith("/impact")`)
	engineer.sees("Parcel tracking", "Karim Haddad", "tracking-1 needed by tracking", "others of its group remain", "Degraded")
	engineer.until(`document.querySelectorAll(".v-graph-canvas canvas").length > 0`)

	// The other way: what it depends on itself.
	engineer.clicks(`main a[href*="direction=depends_on"]`)
	engineer.until(`new URLSearchParams(location.search).get("direction") === "depends_on"`)
	engineer.sees("production-eu-west-1")
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	reader := somebody(t, ada)
	reader.goes("/workloads?customer=meridian")
	reader.until(`document.documentElement.lang === "en" && document.querySelector("h1").textContent.trim() === "Workloads"`)

	// The switch changes the words, keeps the page, and holds on the next one.
	reader.clicks(".v-bar .v-menu:has([name=lang]) summary")
	reader.clicks("button[value=fr]")
	reader.until(`document.documentElement.lang === "fr" && document.title.includes("Vigie")`)
	reader.arrives("/workloads?customer=meridian")
	reader.until(`document.querySelector("h1").textContent.trim() !== "Workloads"`)
	reader.goes("/")
	reader.sees("Aujourd’hui")

	reader.clicks(".v-bar .v-menu:has([name=lang]) summary")
	reader.clicks("button[value=en]")
	reader.until(`document.documentElement.lang === "en"`)
	reader.sees("Today")
}

func TestDarkTheme(t *testing.T) {
	t.Parallel()
	reader := somebody(t, ada)
	reader.goes("/estate")
	light := finds[string](reader, `getComputedStyle(document.body).backgroundColor`)
	reader.clicks(".v-bar .v-menu:has([name=theme]) summary")
	reader.clicks("button[value=dark]")
	reader.until(`document.documentElement.dataset.bsTheme === "dark"`)
	if dark := finds[string](reader, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("the page is %s in both themes", dark)
	}
	// It is dark from the first byte of the next page on.
	reader.goes("/cis")
	reader.until(`document.documentElement.dataset.bsTheme === "dark"`)
}

// Not one movement of the mouse.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	ines := someone(t)
	ines.goes("/sign-in")

	// The form waits with the cursor in its first field.
	ines.until(`document.activeElement.name === "email"`)
	ines.types("ines@vigie.example")
	ines.presses("Tab")
	ines.until(`document.activeElement.name === "password"`)
	ines.types(password)
	ines.presses("Enter")
	ines.arrives("/")

	// g i: the inventory; / its search.
	ines.presses("g", "i")
	ines.arrives("/cis")
	ines.presses("/")
	ines.until(`document.activeElement.matches("[data-search]")`)
	ines.types("tracking")
	ines.until(`new URLSearchParams(location.search).get("q") === "tracking" && document.querySelector(".v-chip")`)
	ines.presses("Enter")
	ines.until(`document.querySelector(".htmx-request") === null`)

	// j and k move, Enter opens.
	ines.presses("Escape", "j")
	ines.until(`document.querySelector("tbody tr:nth-child(1)").classList.contains("v-here")`)
	ines.presses("j")
	ines.until(`document.querySelector("tbody tr:nth-child(2)").classList.contains("v-here")`)
	ines.presses("k")
	ines.until(`document.querySelector("tbody tr:nth-child(1)").classList.contains("v-here") && document.activeElement.matches("[data-open]")`)
	name := finds[string](ines, `document.activeElement.innerText.trim()`)
	ines.presses("Enter")
	ines.until(`location.pathname.startsWith("/cis/") && document.readyState === "complete" && document.querySelector("h1").textContent.trim() === %s`, name)

	// ? explains the keys, Escape closes the help.
	ines.presses("?")
	ines.until(`document.getElementById("keys").open`)
	ines.presses("Escape")
	ines.until(`!document.getElementById("keys").open`)
	ines.presses("g", "t")
	ines.arrives("/")
}

// A viewer of the customer sees their own estate, the whole of it, and nothing to change it with.
func TestViewerOfCustomer(t *testing.T) {
	t.Parallel()
	viewer := somebody(t, lena)
	viewer.goes("/cis")
	viewer.sees("tracking")
	viewer.until(`!document.querySelector(".v-scope")`) // nobody to switch to
	for _, path := range []string{"/", "/estate", "/cis", "/workloads", "/changes", "/accounts", "/discovery", "/coverage"} {
		viewer.goes(path)
		viewer.until(`document.readyState === "complete"`)
		if text := finds[string](viewer, `document.body.innerText`); strings.Contains(text, "Nordlys") || strings.Contains(text, "Atelier Lumen") {
			t.Errorf("%s shows another customer", path)
		}
		// What is left are filters, one's own saved views and the switches of the bar.
		if found := finds[string](viewer, `[...document.querySelectorAll("main form[method=post], main .btn-primary, main .btn-danger, main [data-key]")].filter(e => !e.closest(".v-views")).map(e => e.outerHTML.slice(0, 120)).join("\n")`); found != "" {
			t.Errorf("%s offers a viewer:\n%s", path, found)
		}
	}
	// Addresses of others and of what they may not do are not there for them.
	for _, path := range []string{"/customers/nordlys", "/cis/new", "/accounts/new", "/imports/cis"} {
		resp, err := visitor(t, lena).Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 404 && resp.StatusCode != 403 {
			t.Errorf("%s answers a viewer %s", path, resp.Status)
		}
	}
	// The palette finds nobody else either.
	viewer.goes("/")
	viewer.presses("Control+k")
	viewer.until(`document.getElementById("palette").open`)
	viewer.types("nordlys")
	viewer.until(`document.querySelector("#palette-hits [role=status]")?.textContent.includes("nordlys")`)
}

// A refused form names each bad field and loses nothing of what was typed.
func TestAddAccountWithBadInput(t *testing.T) {
	t.Parallel()
	admin := somebody(t, ada)
	admin.goes("/accounts?customer=nordlys")
	admin.presses("c")
	admin.arrives("/accounts/new?customer=nordlys")
	admin.fills("account_id", "12345")
	admin.fills("name", "Nordlys core")
	admin.fills("regions", "nowhere")
	admin.clicks("main form.v-form footer button, main form.v-form button.btn-primary")
	admin.until(`document.querySelector(".v-summary[role=alert]") && document.querySelector("[name=account_id][aria-invalid=true]") && document.querySelector("[name=regions][aria-invalid=true]")`)
	admin.until(`document.querySelector("[name=account_id]").value === "12345" && document.querySelector("[name=name]").value === "Nordlys core" && document.querySelector("[name=regions]").value === "nowhere"`)
	// The summary leads to the field.
	admin.clicks(".v-summary a")
	admin.until(`location.hash.startsWith("#f-")`)
	admin.goes("/accounts?customer=nordlys")
	admin.until(`!document.body.innerText.includes("Nordlys core")`)
}

func TestRunAndItsCoverage(t *testing.T) {
	t.Parallel()
	engineer := somebody(t, ines)
	engineer.goes("/discovery?customer=meridian")
	engineer.clicks("tbody [data-open]")
	engineer.until(`location.pathname.startsWith("/discovery/")`)
	engineer.sees("Done")
	engineer.clicks(`main a[href*="/coverage?run="], main a[href*="run="][href*="/coverage"]`)
	engineer.until(`location.pathname === "/coverage" && new URLSearchParams(location.search).get("run")`)
	engineer.sees("Denied")
}
