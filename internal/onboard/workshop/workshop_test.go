package workshop

import (
	"context"
	"strings"
	"testing"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

func bundle(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(t testing.TB, d document.Document) string {
	t.Helper()
	var b strings.Builder
	for _, block := range d.Blocks {
		switch block := block.(type) {
		case document.Heading:
			b.WriteString("# " + block.Text + "\n")
		case document.Text:
			b.WriteString(string(block) + "\n")
		case document.Facts:
			for _, f := range block {
				b.WriteString(f.Label + ": ")
				if s, ok := f.Value.(string); ok {
					b.WriteString(s)
				}
				b.WriteString("\n")
			}
		case document.Table:
			var heads []string
			for _, c := range block.Columns {
				heads = append(heads, c.Label)
			}
			b.WriteString(strings.Join(heads, " | ") + "\n")
			for _, row := range block.Rows {
				if len(row) != len(block.Columns) {
					t.Errorf("%s: a row of %d cells under %d heads", block.Caption, len(row), len(block.Columns))
				}
				for _, v := range row {
					if s, ok := v.(string); ok {
						b.WriteString(s)
					}
					b.WriteString(" | ")
				}
				b.WriteString("\n")
			}
			if len(block.Rows) == 0 {
				b.WriteString(block.Empty + "\n")
			}
		}
	}
	return b.String()
}

func full() pack {
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	k := pack{At: day, Assessed: Assessed{Title: "Base", State: "Handed in", At: day, Answers: []Answer{{"Company", "Business", "Freight"}, {"Company", "Countries", "France"}, {"Figures", "Accounts", "4"}},
		Plan: Plan{Title: "Full", State: "Planned", From: day, To: day.AddDate(0, 0, 4), Meetings: []Meeting{{"Kick-off", "Held", day}}, Actions: []Action{{Title: "Open the door", Due: day}, {Title: "Send plans", Done: true}}}},
		Gaps:  Gaps{JudgedAt: day, Areas: []string{"Backup", "Cost"}, Open: 9, Worst: []Gap{{Control: "Keeps backups", Subjects: []string{"tracking-1", "b", "c", "d", "e"}, Severity: "Critical", Measure: "Turn backups on"}}, Reasons: []Reason{{"Denied", 3}}},
		Asked: []Asked{{Workload: "Tracking", Environment: "Production", Tier: "24×7", Availability: "99.9 %", Downtime: "43 min", RTO: "4 h", State: "Agreed", AgreedAt: day}},
		Paths: Paths{State: "version 2", Levels: []Level{{1, "Desk", "always", "at once"}}, People: []Person{{Level: 1, Name: "Ines"}, {Name: "Hugo"}}},
		Calendar: Calendar{Open: 70, Milestones: []Milestone{{Name: "Database ready", Component: "RDS", Measures: 3, Done: 1, Due: day}},
			Measures: []Measure{{Title: "Turn backups on", Starts: day, Ends: day, Late: true}}, Ends: day}}
	for _, name := range []string{"A", "B", "C", "D", "E", "F", "G"} {
		k.Gaps.Lines = append(k.Gaps.Lines, Heat{Workload: name, Cells: []Tally{{Fail: 5, Grave: 2, Judged: 90}, {None: true}}, Total: Tally{Fail: 5, Grave: 2, Judged: 90}})
	}
	return k
}

// All that was handed in stands in the document, and no key stands for words, in both languages, whether there is much to say or nothing.
func TestCompose(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, language := range []string{"en", "fr"} {
		p := b.Printer(language, time.UTC, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		for name, k := range map[string]pack{"full": full(), "empty": {}} {
			k.Customer = customer.Customer{Name: "Acme", Phase: "remediation"}
			d := compose(p, k)
			said := text(t, d)
			if strings.Contains(said, "workshop.") || strings.Contains(said, "customers.") {
				t.Errorf("%s, %s: words are missing:\n%s", language, name, said)
			}
			var pdf strings.Builder
			if err := d.PDF(&pdf, p); err != nil || !strings.HasPrefix(pdf.String(), "%PDF") {
				t.Errorf("%s, %s: %v", language, name, err)
			}
			if name == "empty" {
				continue
			}
			for _, want := range []string{"Freight", "Kick-off", "Send plans", "5 (2)", "–", "tracking-1, b, c, d", "Turn backups on", "24×7", "43 min", "Ines", "Hugo", "Database ready"} {
				if !strings.Contains(said, want) {
					t.Errorf("%s: %q is missing:\n%s", language, want, said)
				}
			}
			if n := strings.Count(said, p.T("workshop.area")+" | "); n != 2 {
				t.Errorf("%s: the map of seven workloads has %d parts", language, n)
			}
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	p := bundle(t).Printer("en", time.UTC, time.Time{})
	for want, x := range map[string]Tally{"–": {None: true}, "0": {Judged: 100}, "?": {Unknown: 2}, "3": {Fail: 3, Unknown: 1}, "3 (1)": {Fail: 3, Grave: 1}} {
		if got := x.words(p); got != want {
			t.Errorf("%+v is %q, not %q", x, got, want)
		}
	}
}

// The document is read in one transaction of the one customer, in the customer's language, by those who may read all of it.
func TestDocument(t *testing.T) {
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		customers := customer.NewService(d)
		admin := permission.Grant(permission.Actor{ID: "0190aaaa-0000-7000-8000-00000000000b", Name: "Ada", Kind: permission.Person, Language: "en", TimeZone: "UTC"}, permission.Admin, db.GrantAll())
		acme, err := customers.CreateCustomer(t.Context(), admin, customer.NewCustomer{Slug: "acme", Name: "Acme", Language: "fr"})
		if err != nil {
			t.Fatal(err)
		}
		s := New(Parts{DB: d, Bundle: bundle(t), Clock: c, Customers: customers, Sources: Sources{
			Assessed: func(ctx context.Context, tx *db.Tx, of customer.Customer, p *i18n.Printer) (out Assessed, err error) {
				only, err := tx.Customer()
				if only != acme.ID || of.ID != acme.ID || p.Lang() != "fr" {
					t.Errorf("the source reads %s of %s in %s", only, of.ID, p.Lang())
				}
				return out, err
			},
			Gaps: none[Gaps], Asked: none[[]Asked], Paths: none[Paths], Calendar: none[Calendar]}})
		doc, p, err := s.Document(t.Context(), admin, "acme")
		if err != nil || p.Lang() != "fr" || !strings.Contains(doc.Title, "dossier d’atelier") {
			t.Errorf("%q in %v: %v", doc.Title, p, err)
		}
		if _, _, err := s.Document(t.Context(), admin, "nobody"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a customer that is not there: %v", err)
		}
	})
}

func none[T any](context.Context, *db.Tx, customer.Customer, *i18n.Printer) (out T, err error) {
	return out, nil
}
