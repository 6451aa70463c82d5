package document_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/catalogue"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/kit/api"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/onboard/document"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/record/file"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// post is the mail that would have left.
type post struct{ sent []document.Mail }

// Owed implements document.Mailer.
func (p *post) Owed(_ context.Context, _ *db.Tx, _ permission.Actor, m document.Mail) error {
	p.sent = append(p.sent, m)
	return nil
}

// house is a customer with a workload and a contact who answers for it, in Paris.
type house struct {
	db        *db.DB
	clock     *clock.Manual
	documents *document.Service
	api       *apitest.Server
	admin     permission.Actor
	mail      *post
	customer  string
	workload  string
	contact   string
}

type rooms struct{ *document.Service }

// Register implements apitest's room.
func (r rooms) Register(a *api.API) { r.Service.Register(a, customer.Resolve) }

func open(t *testing.T, d *db.DB, c *clock.Manual) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{db: d, clock: c, mail: &post{}, admin: permission.Grant(permission.Actor{Name: "Ada", Kind: permission.System, Language: "en"}, permission.Admin, db.GrantAll())}
	kinds, err := document.LoadKinds(catalogue.Files)
	check(t, err)
	subjects := subject.New(slices.Concat(customer.Kinds(), cmdb.Kinds(), document.Subjects())...)
	files := file.New(file.Parts{DB: d, Clock: c, Store: blob.NewFolder(t.TempDir()), Secrets: sealtest.New(t), Subjects: subjects, Limits: file.DefaultLimits()})
	h.documents = document.New(document.Parts{DB: d, Clock: c, Subjects: subjects, Files: files, Mailer: h.mail, Kinds: kinds})
	customers, estate := customer.NewService(d), cmdb.New(d)
	customers.Join(register.Parts{Subjects: subjects})
	h.api = apitest.New(t, d, c, customer.Resolve, customers, rooms{h.documents}, files)
	k, err := customers.CreateCustomer(ctx, h.admin, customer.NewCustomer{Slug: "acme", Name: "Acme", Language: "fr", TimeZone: "Europe/Paris"})
	check(t, err)
	p, err := customers.CreateContact(ctx, h.admin, customer.NewContact{Customer: "acme", Name: "Jeanne", Email: "jeanne@acme.example"})
	check(t, err)
	w, _, err := estate.CreateWorkload(ctx, h.admin, cmdb.NewWorkload{Customer: "acme", Name: "Shop"})
	check(t, err)
	h.customer, h.contact, h.workload = k.ID, p.ID, w.ID
	return h
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) ask(t *testing.T, due string, kinds ...string) []document.Document {
	t.Helper()
	out, err := h.documents.Ask(t.Context(), h.admin, document.NewRequest{Workload: h.workload, OwedBy: h.contact, Kinds: kinds, DueOn: due})
	check(t, err)
	return out
}

func (h *house) handIn(t *testing.T, ref, text string) document.Version {
	t.Helper()
	v, err := h.documents.HandIn(t.Context(), h.admin, ref, document.NewVersion{Name: "paper.txt", Content: strings.NewReader(text), Edition: "1"})
	check(t, err)
	return v
}

func (h *house) sweep(t *testing.T) {
	t.Helper()
	check(t, h.documents.Sweep(t.Context(), func(c string) permission.Actor {
		return permission.Grant(permission.Actor{Name: "Vigie", Kind: permission.System}, permission.Admin, db.Grant(c))
	}))
}

// A document is asked for, handed in, refused, handed in again and accepted; each step is there for whoever looks.
func TestFromAskedToAccepted(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		asked := h.ask(t, "", "network", "raci")
		if len(asked) != 2 || asked[0].Title != "Réseau – Shop" || asked[0].State != "requested" || !asked[0].DueOn.Valid() || string(asked[0].OwedBy) != h.contact {
			t.Fatalf("asked for: %+v", asked)
		}
		if len(h.mail.sent) != 1 || h.mail.sent[0].Language() != "fr" || h.mail.sent[0].TimeZone() != "Europe/Paris" || len(h.mail.sent[0].Documents) != 2 {
			t.Fatalf("the mail: %+v", h.mail.sent)
		}
		if again := h.ask(t, "", "network"); again[0].ID != asked[0].ID || len(h.mail.sent) != 1 {
			t.Errorf("asked twice: %+v, %d mails", again, len(h.mail.sent))
		}
		ref := asked[0].ID
		if _, err := h.documents.Review(ctx, h.admin, ref, document.NewReview{Verdict: "accepted", Quality: document.Good}); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepted with nothing handed in: %v", err)
		}
		first := h.handIn(t, ref, "10.0.0.0/8")
		for _, bad := range []document.NewReview{{Verdict: "accepted", Quality: document.Poor}, {Verdict: "refused", Quality: document.Poor}, {Verdict: "burnt", Quality: document.Good}, {Verdict: "accepted"}} {
			if _, err := h.documents.Review(ctx, h.admin, ref, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		r, err := h.documents.Review(ctx, h.admin, ref, document.NewReview{Verdict: "refused", Quality: document.Poor, Remarks: "Which sites?"})
		if err != nil || r.VersionID != first.ID || r.Number != 1 || r.ReviewedBy != "Ada" {
			t.Fatalf("refused: %+v, %v", r, err)
		}
		if last := h.mail.sent[len(h.mail.sent)-1]; last.Template != "document_refused" || last.Remarks != "Which sites?" {
			t.Errorf("the mail of a refusal: %+v", last)
		}
		second := h.handIn(t, ref, "10.0.0.0/8, Lyon and Paris")
		if second.Number != 2 || second.SHA256 == first.SHA256 {
			t.Errorf("the second version: %+v", second)
		}
		if _, err := h.documents.Review(ctx, h.admin, ref, document.NewReview{Verdict: "accepted", Quality: document.Good}); err != nil {
			t.Fatal(err)
		}
		got, err := h.documents.List.Get(ctx, h.admin, ref)
		if err != nil || got.State != "accepted" || got.Status != "current" || got.Quality != document.Good || got.Edition != "1" {
			t.Errorf("in the end: %+v, %v", got, err)
		}
		history, err := h.documents.History(ctx, h.admin, ref)
		if err != nil || len(history.Versions) != 2 || len(history.Reviews) != 2 || history.Versions[0].Number != 2 {
			t.Errorf("history: %+v, %v", history, err)
		}
		if _, err := h.documents.Waive(ctx, h.admin, asked[1].ID, "There is only one team."); err != nil {
			t.Fatal(err)
		}
		standing, err := h.documents.Standing(ctx, h.admin, h.customer)
		if err != nil || standing.States["accepted"] != 1 || standing.States["waived"] != 1 || len(standing.Cells) != 2 || len(standing.Workloads) != 1 {
			t.Errorf("standing: %+v, %v", standing, err)
		}
	})
}

// Whoever owes is reminded near the day, once a day for all that they owe, however often the tick comes; and no more once it is here.
func TestReminders(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		due := c.Now().AddDate(0, 0, 10).Format(time.DateOnly)
		asked := h.ask(t, due, "network", "raci")
		h.mail.sent = nil
		var days []int
		for day := range 20 {
			before := len(h.mail.sent)
			for range 3 {
				h.sweep(t)
				c.Advance(8 * time.Hour)
			}
			if n := len(h.mail.sent) - before; n > 1 {
				t.Errorf("%d mails on day %d", n, day)
			} else if n == 1 {
				days = append(days, day)
				if m := h.mail.sent[before]; m.Template != "documents_due" || m.Contact() != h.contact || len(m.Documents) == 0 {
					t.Errorf("the reminder: %+v", m)
				}
			}
			if len(days) == 2 && day == 9 {
				h.handIn(t, asked[0].ID, "x")
			}
			if day == 14 {
				h.handIn(t, asked[1].ID, "y")
			}
		}
		if len(days) != 4 || len(h.mail.sent[1].Documents) != 2 || len(h.mail.sent[3].Documents) != 1 {
			t.Errorf("reminded on days %v: %+v", days, h.mail.sent)
		}
	})
}

// What programs do with it, by the addresses and fields that they know.
func TestAPI(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h := open(t, d, c)
		admin := h.api.As("Ada", permission.Admin, db.GrantAll())
		var made document.Document
		admin.Do(t, "POST", "/documents", `{"customer":"acme","title":"Plan","type":"runbook","review_on":"2027-01-01"}`).Want(t, 201).JSON(t, &made)
		if made.State != "listed" || made.Customer != "acme" {
			t.Errorf("made: %+v", made)
		}
		admin.Do(t, "POST", "/documents", `{"customer":"acme","title":"Plan","state":"accepted"}`).Want(t, 422)
		admin.Do(t, "PATCH", "/documents/"+made.ID, `{"kind":"nonsense"}`).Want(t, 422)
		admin.Do(t, "PATCH", "/documents/"+made.ID, `{"kind":"runbook-incidents"}`).Want(t, 200)
		admin.Do(t, "POST", "/documents/ask", fmt.Sprintf(`{"workload":%q,"owed_by":%q,"kinds":["network"]}`, h.workload, h.contact)).Want(t, 200)
		admin.Do(t, "POST", "/documents/ask", fmt.Sprintf(`{"workload":%q,"owed_by":%q,"kinds":["network"]}`, h.contact, h.workload)).Want(t, 422)
		admin.Do(t, "GET", "/documents/"+made.ID+"/history", "").Want(t, 200)
		admin.Do(t, "POST", "/documents/"+made.ID+"/versions", `{"attachment":"`+made.ID+`"}`).Want(t, 422)
		admin.Do(t, "POST", "/documents/"+made.ID+"/reviews", `{"verdict":"accepted","quality":"good"}`).Want(t, 409)
		admin.Do(t, "POST", "/documents/"+made.ID+"/waive", `{"reason":"x"}`).Want(t, 409)
		var standing document.Standing
		admin.Do(t, "GET", "/document-standing?customer=acme", "").Want(t, 200).JSON(t, &standing)
		if standing.States["requested"] != 1 {
			t.Errorf("standing: %+v", standing)
		}
		admin.Do(t, "GET", "/document-kinds", "").Want(t, 200)
		viewer := h.api.As("Vic", permission.Viewer, db.Grant(h.customer))
		viewer.Do(t, "POST", "/documents/"+made.ID+"/reviews", `{"verdict":"accepted","quality":"good"}`).Want(t, 403)
	})
}

// Struct and table say the same, on both engines, and every word is there in both languages.
func TestRegisterIsWhole(t *testing.T) {
	t.Parallel()
	bundle, err := i18n.Load(locales.FS)
	check(t, err)
	s := document.New(document.Parts{})
	for _, language := range []string{"en", "fr"} {
		wanted, there := s.List.Keys(), bundle.Keys(language)
		for _, key := range wanted {
			if !slices.Contains(there, key) {
				t.Errorf("%s lacks %s", language, key)
			}
		}
		for _, key := range there {
			if strings.HasPrefix(key, "register.document.") && !slices.Contains(wanted, key) {
				t.Errorf("%s has %s, which no register asks for", language, key)
			}
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var names []string
		query := `SELECT name FROM pragma_table_info('document')`
		if d.Engine() == db.Postgres {
			query = `SELECT column_name FROM information_schema.columns WHERE table_name = 'document'`
		}
		check(t, d.View(t.Context(), db.GrantAll(), func(tx *db.Tx) error { return tx.Select(t.Context(), &names, query) }))
		want := []string{"customer_id", "id", "version", "created_at", "updated_at"}
		for _, f := range s.List.Fields() {
			want = append(want, f.Column)
		}
		slices.Sort(names)
		slices.Sort(want)
		if !slices.Equal(names, want) {
			t.Errorf("the table has %v, the struct %v", names, want)
		}
	})
}
