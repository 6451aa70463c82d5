package story

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/chromedp/chromedp"

	"vigie/test/moto"
)

// refusal is a problem of the API.
type refusal struct {
	Errors []struct {
		Field string `json:"field"`
	} `json:"errors"`
}

// lacks asks the API for the launch, which must be refused and name exactly what is missing.
func (f *firm) lacks(launch string, want ...string) {
	f.t.Helper()
	var no refusal
	status := f.asks(http.MethodPost, launch+"/launch", "", &no)
	var got []string
	for _, e := range no.Errors {
		got = append(got, e.Field)
	}
	if status != http.StatusConflict || !slices.Equal(got, want) {
		f.t.Errorf("POST %s/launch: %d, missing %q; want 409 and %q", launch, status, got, want)
	}
}

// plans a day for the launch, which nothing stands ready for yet.
func (f *firm) plans(marc *tab) (launch string) {
	f.t.Helper()
	marc.goes("/launches/new?customer=quai")
	marc.sets("target_on", 30, 10)
	marc.sends()
	marc.until(`/^\/launches\/[0-9a-f-]{36}$/.test(location.pathname)`)
	marc.shoots("20-launch")
	launch = finds[string](marc, `location.pathname`)
	f.lacks(launch, "deliverables_approved", "no_critical_gap", "access_proved", "discovery_complete", "oncall_covered", "test_alert", "restore_tested", "handover_held",
		"signature_customer", "signature_provider")
	if said, code := f.does("", "launch", "status", "--customer", "quai"); code != 1 {
		f.t.Errorf("vigie launch status ends with %d:\n%s", code, said)
	}
	return launch
}

// mends: the critical faults that can be mended are, the role may read all that is asked for, and the estate is read again.
func (f *firm) mends(marc *tab, endpoint string) {
	f.t.Helper()
	moto.Script(f.t, &struct{}{}, "quay.py", "--endpoint", endpoint, "--repair")
	f.gate.shut.Store(false)
	marc.goes("/discovery?customer=quai")
	marc.enters(`main form[action^="/discovery"] button.btn-primary`)
	f.reads(marc)
	marc.judges()
	marc.shoots("21-mended")
	f.finds("fail", changed(failing, mended))
	f.finds("unknown", changed(undecided, decided))
	f.nonePassedUnseen()
}

// accepts: what cannot be mended is lived with, if the customer's approver signs it.
func (f *firm) accepts(marc, maude *tab) {
	f.t.Helper()
	critical := all[verdict](f, "/gaps?customer=quai&verdict=fail&severity=critical")
	if len(critical) != 1 || critical[0].Control != "root-has-mfa" {
		f.t.Fatalf("critical gaps that are left: %+v", critical)
	}
	marc.goes("/gaps/" + critical[0].ID)
	marc.shoots("22-gap")
	marc.goes("/gaps/" + critical[0].ID + "/accept")
	marc.fills("reason", "The root user's device is ordered and comes in March.")
	marc.sets("until", 90, 16)
	marc.sends()
	marc.until(`/^\/approvals\/[0-9a-f-]{36}$/.test(location.pathname)`)
	maude.signs(f, "23-acceptance")
	f.finds("accepted", verdicts{"root-has-mfa": critical[0].Subject})
}

// delivers: the six documents by which the service will be run, filled from the live data, signed by the customer.
func (f *firm) delivers(marc, maude *tab) {
	f.t.Helper()
	for level, name := range []string{"Maude Gagnon", "Paul Renaud", "Anne Le Goff"} {
		body := fmt.Sprintf(`{"customer": "quai", "name": %q, "phone": "+33 2 98 00 00 0%d", "escalation_level": %d}`, name, level, level+1)
		if status := f.asks(http.MethodPost, "/contacts", body, &struct{}{}); status != http.StatusCreated {
			f.t.Fatalf("POST /contacts: %d", status)
		}
	}
	marc.goes("/deliverables?customer=quai")
	marc.enters(`main form[action^="/deliverables/new"] button.btn-primary`)
	marc.until(`document.querySelectorAll(".v-card h2 a").length === 6`)
	marc.shoots("24-deliverables")
	review := finds[string](marc, `[...document.querySelectorAll(".v-card h2 a")].find(a => a.textContent.includes("Service review")).pathname`)
	marc.goes(review + "/edit?part=participants")
	n := finds[int](marc, `+document.querySelector('main [name="rows"]').value`) // the customer's contacts are there already
	marc.enters(`main button[name="do"][value="add"]`)
	marc.fills(fmt.Sprintf("participants[%d].name", n), "Marc Delorme")
	marc.picks(fmt.Sprintf("participants[%d].side", n), "provider")
	marc.shoots("24-participants")
	marc.enters(`main footer button[name="do"][value="save"]`)
	marc.arrives(review)
	for _, one := range all[struct {
		ID string `json:"id"`
	}](f, "/deliverables?customer=quai") {
		marc.goes("/deliverables/" + one.ID)
		marc.enters(`main form[action$="/approval"] button, main form[action*="/approval?"] button`)
		marc.until(`document.querySelector('main a[href^="/approvals/"]')`)
	}
	marc.shoots("25-asked")
	maude.goes("/")
	maude.sees("En attente de votre signature", "Contacts et matrice d’escalade")
	maude.shoots("25-today")
	maude.signs(f, "26-deliverable")
}

// provesAccess shows that the provider gets in: Vigie has taken the role itself, and nobody has to claim it.
func (f *firm) provesAccess(marc *tab) {
	f.t.Helper()
	marc.goes("/access-checks/new?customer=quai")
	marc.fills("name", "Role in the account")
	marc.picks("area", "infrastructure")
	marc.picks("proof", "role")
	marc.sends()
	marc.until(`document.querySelector('main form[action*="/look"] button')`)
	marc.enters(`main form[action*="/look"] button`)
	marc.sees("Proved")
	marc.shoots("26-access")
}

// waives: what no practice can show yet, and what the customer agrees to do without.
func (f *firm) waives(marc, maude *tab, launch string) {
	f.t.Helper()
	for _, condition := range []string{"oncall_covered", "test_alert", "restore_tested"} {
		marc.goes(launch)
		marc.enters(fmt.Sprintf(`main a[href*="/waivers/new?condition=%s"]`, condition))
		marc.fills("reason", "Follows in the first month of the service.")
		marc.fills("owner", "Marc Delorme")
		marc.sets("expires_at", 60, 16)
		marc.sends()
		marc.until(`/^\/waivers\/[0-9a-f-]{36}$/.test(location.pathname)`)
	}
	marc.shoots("27-waiver")
	maude.signs(f, "28-waiver")
	marc.goes(launch)
	marc.fills("note", "Held with the team of Brest")
	marc.enters(`main form[action*="/tick"] button[value="true"]`)
	marc.until(`document.querySelector('main form[action*="/tick"] button[value="false"]')`)
	f.lacks(launch, "signature_customer", "signature_provider")
}

// launches: both sides sign what holds, and the service begins.
func (f *firm) launches(marc, maude *tab, launch string) {
	f.t.Helper()
	marc.goes(launch)
	marc.enters(`main form[action*="/signatures"] button`)
	marc.until(`document.querySelectorAll('main a[href^="/approvals/"]').length === 2`)
	marc.shoots("29-signing")
	f.lacks(launch, "signature_customer", "signature_provider")
	maude.signs(f, "30-launch-customer")
	f.lacks(launch, "signature_provider")
	marc.signs(f, "31-launch-provider")
	marc.goes(launch)
	marc.enters(`main form[action$="/launch"] button.btn-primary, main form[action*="/launch?"] button.btn-primary`)
	marc.sees("Launched")
	marc.shoots("32-launched")
	maude.goes("/customers/quai")
	maude.sees("En service")
	maude.shoots("33-live")
	var customer struct {
		Phase string `json:"phase"`
	}
	if f.asks(http.MethodGet, "/customers/quai", "", &customer); customer.Phase != "live" {
		f.t.Errorf("the customer is %s", customer.Phase)
	}
	if said, code := f.does("", "launch", "status", "--customer", "quai"); code != 0 {
		f.t.Errorf("vigie launch status ends with %d:\n%s", code, said)
	}
}

// signs whatever waits for this person, after they have proved who they are.
func (b *tab) signs(f *firm, name string) {
	b.t.Helper()
	role := "approver"
	if finds[string](b, `document.documentElement.lang`) == "en" {
		role = "manager"
	}
	for _, asked := range all[struct {
		ID    string   `json:"id"`
		Roles []string `json:"roles"`
	}](f, "/approvals?customer=quai&state=requested") {
		if !slices.Contains(asked.Roles, role) {
			continue
		}
		b.goes("/approvals/" + asked.ID)
		b.until(`document.querySelector('main a[href^="/prove"], main form[action*="/sign"]')`)
		if finds[bool](b, `document.querySelector('main form[action*="/sign"]') === null`) {
			b.enters(`main a[href^="/prove"]`)
			b.proves()
			b.until(`location.pathname === %s && document.querySelector('main form[action*="/sign"]')`, "/approvals/"+asked.ID)
		}
		b.shoots(name)
		b.do(chromedp.Click(`main [name="statement"]`))
		b.enters(`main form[action*="/sign"] button.btn-primary`)
		b.until(`document.querySelector('main a[href*="/receipt"]') || /Le reçu|receipt/.test(document.body.innerText)`)
	}
	b.shoots(name + "-signed")
}

// sets gives a field of a day (10 letters) or a moment (16) a value some days from now; browsers would have it typed in parts.
func (b *tab) sets(name string, days, letters int) {
	b.t.Helper()
	field := fmt.Sprintf(`main [name="%s"]`, name)
	b.until(`document.querySelector(%s)`, field)
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(e => {
		e.value = new Date(Date.now() + %d * 86400000).toISOString().slice(0, %d)
		e.dispatchEvent(new Event("input", { bubbles: true }))
	})(document.querySelector(%q))`, days, letters, field)))
}

// changed is a list with what has changed since: no subjects, no verdict of this sort any more.
func changed(before, since verdicts) verdicts {
	after := merged(before, since)
	for control, subjects := range since {
		if subjects == "" {
			delete(after, control)
		}
	}
	return after
}
