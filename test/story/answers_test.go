package story

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vigie/test/axe"
)

// privately makes a private link to an assessment, and gives its path.
func privately(t testing.TB, c *http.Client, assessment string) string {
	t.Helper()
	resp, err := c.PostForm(base+assessment+"/links", url.Values{"name": {"Maude Gagnon"}, "language": {"fr"}, "days": {"14"}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	found := regexp.MustCompile(`/answers/[A-Za-z0-9_-]{43}`).FindString(html.UnescapeString(body(t, resp)))
	if found == "" {
		t.Fatalf("POST %s/links: %s, and no link", assessment, resp.Status)
	}
	return found
}

// A prospect fills the base questionnaire in on a phone, in French, by a link; another person of the house answers beside them; handed in, it is locked,
// and the provider's people read it.
func TestProspectAnswersByPrivateLink(t *testing.T) {
	t.Parallel()
	staff := visitor(t, "marc@vigie.example")
	assessment := added(t, staff, "/assessments", url.Values{"customer": {"nordlys"}, "questionnaire": {"base"}, "title": {"Évaluation du printemps"}})
	link := privately(t, staff, assessment)

	b := someone(t)
	b.do(chromedp.EmulateViewport(390, 844))
	b.cookie("vigie_lang", "fr")
	b.goes(link)
	b.sees("Évaluation du printemps", "Maude Gagnon", "0 réponse sur")
	axe.Check(t, b.ctx)
	b.clicks(".v-ask .btn-primary")
	b.arrives(link + "/sections/company")

	// Each answer is saved as it is given, and answers show other questions.
	b.fills("a.company_name", "Atelier Lumen")
	b.presses("Tab")
	b.until(`document.querySelector("#s-company_name").innerText.includes("Maude Gagnon")`)
	b.clicks(`[name="a.languages"][value="other"]`)
	b.until(`document.querySelector('[name="a.languages_other"]')`)
	b.fills("a.contact_email", "personne")
	b.presses("Tab")
	b.sees("Ce n’est pas une adresse électronique.")
	b.fills("a.contact_email", "maude@lumen.example")
	b.presses("Tab")
	b.until(`document.querySelector("#s-contact_email").innerText.includes("Maude Gagnon")`)

	// Somebody of the provider answers another question meanwhile; neither loses anything.
	answer(t, staff, assessment+"/fill/questions/business", url.Values{"a.business": {"Luminaires sur mesure"}})
	b.fills("a.contact_name", "Maude Gagnon")
	b.presses("Tab")
	b.until(`document.querySelector("#s-contact_name").innerText.includes("Maude Gagnon")`)
	b.fills("a.languages_other", "Espagnol")
	b.clicks(`.v-ask form [value="next"]`)
	b.arrives(link + "/sections/workloads")
	b.goes(link + "/sections/company")
	b.until(`document.querySelector('[name="a.business"]').value === "Luminaires sur mesure" && document.querySelector('[name="a.languages_other"]').value === "Espagnol"`)

	// A table takes rows; what is required is said before handing in.
	b.goes(link + "/sections/workloads")
	b.fills("a.workloads.0.name", "Boutique en ligne")
	b.presses("Tab")
	b.until(`document.querySelector("#s-workloads").innerText.includes("Maude Gagnon")`)
	b.goes(link + "/hand-in")
	b.sees("réponses obligatoires", "En combien de temps vos services doivent-ils être rétablis")
	for question, form := range map[string]url.Values{
		"criticality": {"a.criticality": {"high"}}, "users_internal": {"a.users_internal": {"45"}}, "service_tier": {"a.service_tier": {"12x5"}}, "aws_accounts": {"a.aws_accounts": {"1"}},
		"rto": {"a.rto": {"4"}, "a.rto.unit": {"H"}}, "rpo": {"a.rpo": {"1"}, "a.rpo.unit": {"H"}}, "personal_data": {"a.personal_data": {"true"}},
	} {
		answer(t, staff, assessment+"/fill/questions/"+question, form)
	}
	b.goes(link + "/hand-in")
	b.clicks(".v-ask form .btn-primary")
	b.sees("Remises par Maude Gagnon")
	axe.Check(t, b.ctx)

	// Locked, for both sides.
	b.goes(link + "/sections/company")
	b.until(`!document.querySelector('[name="a.company_name"]')`)
	b.sees("Luminaires sur mesure")
	resp, err := staff.PostForm(base+assessment+"/fill/questions/company_name", url.Values{"a.company_name": {"Other"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("an answer after the hand-in: %s", resp.Status)
	}
	if page := read(t, staff, assessment); !strings.Contains(page, "Handed in") || !strings.Contains(page, "Maude Gagnon") {
		t.Error("the provider does not see who handed in")
	}

	// The link is taken back, and tells nothing any more.
	revoke := regexp.MustCompile(assessment + `/links/[0-9a-f-]{36}/revoke`).FindString(read(t, staff, assessment))
	answer(t, staff, revoke, nil)
	b.goes(link)
	b.sees("Ce lien ne fonctionne pas")
	if text := finds[string](b, `document.body.innerText`); strings.Contains(text, "Nordlys") || strings.Contains(text, "printemps") {
		t.Errorf("the dead link tells of %s", text)
	}
}

// answer posts a form that must be taken.
func answer(t testing.TB, c *http.Client, path string, form url.Values) {
	t.Helper()
	resp, err := c.PostForm(base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s %.300s", path, resp.Status, body(t, resp))
	}
}

// body reads an answer to its end.
func body(t testing.TB, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
