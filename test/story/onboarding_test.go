package story

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vigie/test/binary"
)

// A bookshop becomes a customer: from the first form, which Maude fills in on her phone in French and without an account, to the launch, which
// she and the provider's manager sign. The estate is an emulator's, with faults that were put there and a role that may not see everything; what
// the gap analysis finds is compared with the list of these faults, control by control.
func TestOnboarding(t *testing.T) {
	t.Parallel()
	g, endpoint, account := cloud(t)
	f := opens(t, endpoint)
	f.gate = g
	f.hires("sofia@vigie.example", "Sofia Lindqvist", "admin")
	f.hires("marc@vigie.example", "Marc Delorme", "manager")
	marc, maude := f.person("en"), f.person("fr")
	maude.do(chromedp.EmulateViewport(390, 844))
	marc.signsIn("marc@vigie.example")
	marc.until(`location.pathname === "/"`)

	f.asksAndAnswers(marc, maude)
	f.estimates(marc)
	f.discovers(marc, account)
	f.promises(marc)
	f.judges(marc)
	launch := f.plans(marc)
	f.mends(marc, f.gate.cloud)

	// From here on Maude has an account, as the one who signs for the bookshop.
	f.hires("maude@quai.example", "Maude Gagnon", "approver", "--customer", "quai")
	maude.signsIn("maude@quai.example")
	maude.until(`location.pathname === "/"`)
	maude.shoots("19-portal")
	f.accepts(marc, maude)
	f.delivers(marc, maude)
	f.provesAccess(marc)
	f.waives(marc, maude, launch)
	f.launches(marc, maude, launch)
}

// asksAndAnswers: the provider makes a customer and asks, the customer answers on a phone.
func (f *firm) asksAndAnswers(marc, maude *tab) {
	f.t.Helper()
	marc.goes("/customers")
	marc.enters(`main a[href^="/customers/new"]`)
	marc.fills("name", "Librairie du Quai")
	marc.fills("slug", "quai")
	marc.fills("country", "FR")
	marc.picks("language", "fr")
	marc.fills("time_zone", "Europe/Paris")
	marc.sends()
	marc.until(`location.pathname === "/customers/quai" && document.querySelector("h1").textContent.includes("Librairie du Quai")`)
	marc.shoots("01-customer")

	marc.goes("/assessments/new?customer=quai")
	marc.picks("questionnaire", "base")
	marc.sends()
	marc.until(`/^\/assessments\/[0-9a-f-]{36}$/.test(location.pathname) && document.querySelector("#links")`)
	assessment := finds[string](marc, `location.pathname`)
	marc.fills("name", "Maude Gagnon")
	marc.picks("language", "fr")
	marc.enters(`#links details form footer button`)
	marc.until(`/\/answers\/[A-Za-z0-9_-]{43}/.test(document.querySelector("main").innerHTML)`)
	marc.shoots("02-link")
	link := finds[string](marc, `document.querySelector("main").innerHTML.match(/\/answers\/[A-Za-z0-9_-]{43}/)[0]`)

	// The link alone lets her in; her language is the one that it was made for, and each section is saved as she leaves it.
	maude.goes(link)
	maude.sees("Librairie du Quai", "Maude Gagnon", "0 réponse sur")
	maude.shoots("03-answers")
	maude.enters(`.v-ask .btn-primary`)
	for _, s := range answered {
		maude.arrives(link + "/sections/" + s.section)
		for _, field := range s.fields {
			maude.gives("a."+field[0], field[1])
		}
		maude.shoots("04-" + s.section)
		maude.enters(`.v-ask form[action$="/sections/` + s.section + `"] [value="next"]`)
	}
	maude.arrives(link + "/hand-in")
	maude.shoots("05-hand-in")
	maude.enters(`.v-ask form[action$="/hand-in"] .btn-primary`) // the address changes before the page does
	maude.sees("Remises par Maude Gagnon")
	maude.goes(link + "/sections/company") // come back another time: locked, and still there to be read
	maude.sees("Librairie et salon de thé")
	maude.until(`!document.querySelector('[name="a.company_name"]') && !document.querySelector(".v-ask form [value=next]")`)
	maude.shoots("06-locked")

	marc.goes(assessment)
	marc.sees("Handed in", "Maude Gagnon", "Librairie et salon de thé", "Commandes en ligne")
	marc.shoots("07-answers")
}

// answered is what Maude answers, section by section in their order.
var answered = []struct {
	section string
	fields  [][2]string
}{
	{"company", [][2]string{{"company_name", "Librairie du Quai"}, {"business", "Librairie et salon de thé"}, {"languages", "fr"}, {"contact_name", "Maude Gagnon"}, {"contact_email", "maude@quai.example"}}},
	{"workloads", [][2]string{{"workloads.0.name", "Boutique"}, {"workloads.0.description", "Commandes en ligne"}, {"workloads.0.criticality", "high"}, {"criticality", "high"}}},
	{"users", [][2]string{{"users_internal", "12"}, {"users_external", "4000"}, {"incidents_month", "6"}}},
	{"hours", [][2]string{{"service_tier", "12x5"}}},
	{"inventory", [][2]string{{"aws_accounts", "1"}, {"ec2_instances", "2"}, {"rds_databases", "2"}}},
	{"recovery", [][2]string{{"rto", "4"}, {"rpo", "1"}}},
	{"compliance", [][2]string{{"personal_data", "true"}}},
	{"today", nil},
	{"expectations", [][2]string{{"wishes", "Dormir la nuit"}}},
}

// estimates: what the service would cost, from the answers.
func (f *firm) estimates(marc *tab) {
	f.t.Helper()
	marc.goes("/estimates/new?customer=quai")
	marc.sends()
	marc.until(`/^\/estimates\/[0-9a-f-]{36}$/.test(location.pathname)`)
	marc.shoots("08-estimate")
	marc.sees("12×5", "EC2 instances: patches, backup, monitoring")
}

// discovers: the account is added, its role refused until somebody takes the risk, and read.
func (f *firm) discovers(marc *tab, account string) {
	f.t.Helper()
	marc.goes("/accounts/new?customer=quai")
	marc.fills("account_id", account)
	marc.fills("name", "Quai")
	marc.fills("role_arn", "arn:aws:iam::"+account+":role/VigieReadOnly")
	marc.fills("regions", "eu-west-1")
	marc.sends()
	marc.until(`/^\/accounts\/[0-9a-f-]{36}$/.test(location.pathname)`)
	page := finds[string](marc, `location.pathname`)
	marc.enters(`main form[action*="/check"] button`)
	marc.sees("The role can be assumed by anybody who knows its name.")
	marc.shoots("09-open-role")
	marc.goes(page + "/edit")
	marc.clicks(`main [name="accept_open_role"]`) // an emulator asks nobody for an ExternalId
	marc.sends()
	marc.arrives(page)
	marc.enters(`main form[action*="/discovery"] button`)
	f.reads(marc)
	marc.shoots("10-run")
	marc.goes("/coverage?customer=quai&outcome=denied")
	marc.sees("guardduty:ListDetectors", "s3:GetBucketVersioning")
	marc.shoots("11-denied")
}

// reads waits for the end of a run that is shown.
func (f *firm) reads(marc *tab) {
	f.t.Helper()
	marc.until(`/^\/discovery\/[0-9a-f-]{36}$/.test(location.pathname)`)
	limit, cancel := context.WithTimeout(marc.ctx, 3*time.Minute) // an emulator beside a compiler is slow
	defer cancel()
	for {
		done, err := chromedp.Run(limit, chromedp.Poll[bool](`document.querySelector("#record-head")?.innerText.includes("Done")`, chromedp.WithPollingTimeout(5*time.Second)))
		if limit.Err() != nil {
			f.t.Fatalf("the run has not ended: %v", err)
		}
		if err == nil && done {
			return
		}
	}
}

// promises: what the shop is made of, and what quality of service is asked for it.
func (f *firm) promises(marc *tab) {
	f.t.Helper()
	marc.goes("/workloads/new?customer=quai")
	marc.fills("name", "Boutique")
	marc.fills("rule", "tag:Application = boutique")
	marc.picks("environment", "production")
	marc.picks("criticality", "high")
	marc.fills("owner", "Maude Gagnon")
	marc.sends()
	marc.until(`/^\/workloads\/[0-9a-f-]{36}$/.test(location.pathname)`)
	marc.shoots("12-workload")
	marc.goes("/requirements/propose?customer=quai")
	marc.sees("Boutique")
	marc.shoots("13-propose")
	marc.enters(`main form[action*="/requirements/propose"] button`)
	marc.arrives("/requirements?customer=quai")
	marc.sees("Boutique")
	marc.shoots("14-requirements")
}

// judges: the gaps, against the list of what was seeded.
func (f *firm) judges(marc *tab) {
	f.t.Helper()
	marc.judges()
	marc.shoots("15-gaps")
	f.finds("fail", failing)
	f.finds("unknown", undecided)
	f.nonePassedUnseen()
}

// picks chooses in a list.
func (b *tab) picks(name, value string) {
	b.t.Helper()
	field := fmt.Sprintf(`main select[name="%s"]`, name)
	b.until(`document.querySelector(%s)`, field+fmt.Sprintf(` option[value="%s"]`, value))
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })) })(document.querySelector(%q))`, value, field)))
}

// gives answers a question, whatever it is answered with.
func (b *tab) gives(name, value string) {
	b.t.Helper()
	b.until(`document.querySelector(%s)`, fmt.Sprintf(`main [name="%s"]`, name))
	switch finds[string](b, fmt.Sprintf(`(e => e.tagName === "SELECT" ? "list" : e.type)(document.querySelector('main [name="%s"]'))`, name)) {
	case "list":
		b.picks(name, value)
	case "radio", "checkbox":
		b.clicks(fmt.Sprintf(`main [name="%s"][value="%s"]`, name, value))
	default:
		b.fills(name, value)
	}
}

// enters goes to a button or link by the keyboard: on a long page on a slow machine what is under a mouse may move before it is let go.
func (b *tab) enters(selector string) {
	b.t.Helper()
	b.rests()
	b.until(`document.readyState === "complete" && (e => { e?.focus(); return e && document.activeElement === e })(document.querySelector(%s))`, selector)
	b.presses("Enter")
}

// sends presses the button of the page's form.
func (b *tab) sends() { b.t.Helper(); b.enters(`main form.v-form footer button.btn-primary`) }

// shoots keeps a picture of the page, where somebody wants to look.
func (b *tab) shoots(name string) {
	b.t.Helper()
	if os.Getenv("VIGIE_SCREENSHOTS") == "" {
		return
	}
	b.until(`document.readyState === "complete"`)
	b.keeps(name)
}

// keeps makes a picture of the page as it is.
func (b *tab) keeps(name string) {
	b.t.Helper()
	root, err := binary.Root()
	if err != nil {
		b.t.Fatal(err)
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	folder := filepath.Join(root, "test/screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, strings.ToLower(b.t.Name())+"-"+name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
