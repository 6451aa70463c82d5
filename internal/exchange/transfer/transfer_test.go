package transfer_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/exchange/archive/archivetest"
	"vigie/internal/exchange/transfer"
	"vigie/internal/kit/api/apitest"
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

// noOrders signs nothing: orders have a test with the whole house.
type noOrders struct{ transfer.Orders }

func (noOrders) Settle(context.Context) error { return nil }

func words(t *testing.T, language string) *i18n.Printer {
	t.Helper()
	b, err := i18n.Load(locales.FS)
	check(t, err)
	return b.Printer(language, nil, dbtest.Start)
}

// instance is one Vigie as far as customers and their CIs go.
type instance struct {
	*transfer.Service
	db        *db.DB
	customers *customer.Service
	cmdb      *cmdb.Service
	files     *archivetest.Store
}

func newInstance(t *testing.T, d *db.DB, files ...string) *instance {
	t.Helper()
	i := &instance{db: d, customers: customer.NewService(d), cmdb: cmdb.New(d), files: archivetest.NewStore(files...)}
	i.Service = transfer.New(transfer.Parts{DB: d, Files: i.files, Version: "test", Folder: t.TempDir(), CheckSlug: customer.CheckSlug,
		Sealed: func(table string) []string {
			if table == "contact" {
				return []string{"phone"} // as if it were one: the rows have no other column that is
			}
			return nil
		},
		Words: func(language string) *i18n.Printer { return words(t, language) }, Orders: noOrders{}})
	return i
}

func admin() permission.Actor {
	return permission.Grant(permission.Actor{ID: "01a21a91-0000-7000-8000-000000000001", Name: "Ada", Kind: permission.Person, Via: "s"}, permission.Admin, db.GrantAll())
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// seed makes two customers, each with a contact, two CIs with a relation and a workload.
func (i *instance) seed(t *testing.T) {
	t.Helper()
	ctx, a := t.Context(), admin()
	for _, slug := range []string{"acme", "bolt"} {
		_, err := i.customers.CreateCustomer(ctx, a, customer.NewCustomer{Slug: slug, Name: "Company " + slug, Language: "fr"})
		check(t, err)
		_, err = i.customers.CreateContact(ctx, a, customer.NewContact{Customer: slug, Name: "Ada of " + slug, Phone: "+33 1 23 45 67 89"})
		check(t, err)
		var ids []string
		for _, name := range []string{"one", "two"} {
			ci, err := i.cmdb.CreateCI(ctx, a, cmdb.NewCI{Customer: slug, Type: "Own::Thing", Name: slug + "-" + name, Tags: map[string]string{"k": "v"}})
			check(t, err)
			ids = append(ids, ci.ID)
		}
		_, err = i.cmdb.CreateRelation(ctx, a, cmdb.NewRelation{From: ids[0], To: ids[1], Type: "depends_on"})
		check(t, err)
	}
}

var engines = map[string]func(*testing.T) *db.DB{
	"sqlite":   func(t *testing.T) *db.DB { return dbtest.SQLite(t, clock.NewManual(dbtest.Start)) },
	"postgres": func(t *testing.T) *db.DB { return dbtest.Postgres(t, clock.NewManual(dbtest.Start)) },
}

// What one instance exports, another takes in whole: on either engine, under another slug if wanted, and nothing of anybody else.
func TestCustomerMoves(t *testing.T) {
	t.Parallel()
	for from, source := range engines {
		for to, target := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				ctx, a := t.Context(), admin()
				old := newInstance(t, source(t), "a file", "another")
				old.seed(t)
				path := filepath.Join(t.TempDir(), "acme.zip")
				out, err := old.ExportFile(ctx, a, "acme", path)
				check(t, err)
				text := plain(t, path)
				if strings.Contains(text, "bolt") || strings.Contains(plain(t, path, "data/contact.jsonl"), "phone") {
					t.Error("the export holds what is another's, or sealed")
				}
				for _, word := range []string{"Ada of acme", "acme-two", "Voici tout ce que Vigie conserve de Company acme", "a file"} {
					if !strings.Contains(text, word) {
						t.Errorf("the export lacks %q", word)
					}
				}
				if out.Tables["ci"] != 2 || out.Tables["relation"] != 1 || out.Files != 2 {
					t.Errorf("report: %+v", out)
				}

				fresh := newInstance(t, target(t))
				in, err := fresh.ImportFile(ctx, a, path, "acme-two")
				check(t, err)
				if in.Rows != out.Rows || in.Digest != out.Digest || in.Customer != "acme-two" || fresh.files.Len() != 2 {
					t.Errorf("taken in: %+v of %+v", in, out)
				}
				c, err := fresh.customers.Customer(ctx, a, "acme-two")
				check(t, err)
				if c.Name != "Company acme" {
					t.Errorf("customer: %+v", c)
				}
				cis, err := fresh.cmdb.Search(ctx, a, "acme-two", "acme", 10)
				check(t, err)
				if len(cis) != 2 {
					t.Errorf("CIs found: %+v", cis)
				}
				contacts, err := fresh.customers.Registers.Contacts.List(ctx, a, customer.ContactSpec.All())
				check(t, err)
				if len(contacts.Items) != 1 || contacts.Items[0].Phone != "" {
					t.Errorf("contacts: %+v", contacts.Items)
				}

				// Twice is a conflict, as is a slug that is taken; nothing is done.
				if _, err := fresh.ImportFile(ctx, a, path, "third"); !fault.Is(err, fault.Conflict) {
					t.Errorf("again: %v", err)
				}
				if _, err := old.ImportFile(ctx, a, path, "bolt"); !fault.Is(err, fault.Conflict) {
					t.Errorf("into the old one: %v", err)
				}
				_, err = newInstance(t, target(t)).ImportFile(ctx, a, path, "Not A Slug")
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("a bad slug: %v", err)
				}
				if _, err := old.ExportFile(ctx, a, "acme", path); err == nil {
					t.Error("an export was written over another")
				}
			})
		}
	}
}

// plain is the text of some members, or of all.
func plain(t *testing.T, path string, members ...string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	check(t, err)
	defer z.Close()
	var b strings.Builder
	for _, f := range z.File {
		if len(members) > 0 && !slices.Contains(members, f.Name) {
			continue
		}
		r, err := f.Open()
		check(t, err)
		_, err = io.Copy(&b, r)
		check(t, err)
	}
	return b.String()
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	i := newInstance(t, engines["sqlite"](t))
	i.seed(t)
	acme, err := i.customers.Customer(ctx, admin(), "acme")
	check(t, err)
	as := func(r permission.Role, s db.Scope) permission.Actor {
		return permission.Grant(permission.Actor{ID: "x", Kind: permission.Person}, r, s)
	}
	for _, c := range []struct {
		actor permission.Actor
		ref   string
		want  fault.Code
	}{
		{as(permission.Manager, db.Grant(acme.ID)), "acme", ""},
		{as(permission.Manager, db.Grant(acme.ID)), "bolt", fault.NotFound},
		{as(permission.Engineer, db.GrantAll()), "acme", fault.Forbidden},
		{as(permission.Approver, db.Grant(acme.ID)), "acme", fault.Forbidden},
		{as(permission.Admin, db.GrantAll()), "nobody", fault.NotFound},
	} {
		var b bytes.Buffer
		_, err := i.Export(ctx, c.actor, c.ref, &b)
		if c.want == "" && err != nil || c.want != "" && (!fault.Is(err, c.want) || b.Len() > 0) {
			t.Errorf("%s exports %s: %v with %d bytes, want %q", c.actor.Role(), c.ref, err, b.Len(), c.want)
		}
	}
	for _, a := range []permission.Actor{as(permission.Manager, db.GrantAll()), as(permission.Admin, db.Grant(acme.ID))} {
		if _, err := i.Import(ctx, a, bytes.NewReader(nil), 0, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s imports: %v", a.Role(), err)
		}
	}
}

// Over the API the export is a file, and what is no export is refused by the name of the field; a half is never taken.
func TestOverTheAPI(t *testing.T) {
	t.Parallel()
	old := newInstance(t, engines["sqlite"](t), "a file")
	old.seed(t)
	fresh := newInstance(t, engines["postgres"](t))
	c := clock.NewManual(dbtest.Start)
	from := apitest.New(t, old.db, c, customer.Resolve, old.Service).As("admin", permission.Admin, db.GrantAll())
	to := apitest.New(t, fresh.db, c, customer.Resolve, fresh.Service).As("admin", permission.Admin, db.GrantAll())
	file := from.Do(t, "GET", "/customers/acme/export", "").Want(t, 200)
	if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="vigie-acme.zip"` || file.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("headers: %v", file.Header)
	}
	from.Do(t, "GET", "/customers/nobody/export", "").Want(t, 404).Problem(t)
	send := func(fields map[string]string, content string) apitest.Answer {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for name, value := range fields {
			check(t, form.WriteField(name, value))
		}
		if content != "" {
			f, err := form.CreateFormFile("file", "export.zip")
			check(t, err)
			_, err = io.WriteString(f, content)
			check(t, err)
		}
		check(t, form.Close())
		return to.Do(t, "POST", "/customers/import", b.String(), "Content-Type", form.FormDataContentType())
	}
	for _, bad := range []string{"", "no archive", file.Body[:len(file.Body)/2], strings.Replace(file.Body, "PK\x03\x04", "PK\x03\x05", 1)} {
		p := send(nil, bad).Want(t, 422).Problem(t)
		if len(p.Errors) != 1 || p.Errors[0].Field != "file" {
			t.Errorf("problem: %+v", p)
		}
	}
	to.Do(t, "POST", "/customers/import", file.Body, "Content-Type", "application/zip").Want(t, 415)
	var r transfer.Report
	send(map[string]string{"slug": "moved"}, file.Body).Want(t, 201).JSON(t, &r)
	if r.Customer != "moved" || r.Files != 1 {
		t.Errorf("report: %+v", r)
	}
	p := send(nil, file.Body).Want(t, 409).Problem(t)
	if !strings.Contains(p.Detail+p.Title, "here already") {
		t.Errorf("problem: %+v", p)
	}
	left, err := os.ReadDir(fresh.Folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left of uploads: %v, %v", left, err)
	}
}
