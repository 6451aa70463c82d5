package customer_test

import (
	"slices"
	"strings"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/record/intake"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// What a register exports comes back, refs by name included; a file with one bad cell changes nothing.
func TestRegistersTakeFilesIn(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		bundle, err := i18n.Load(locales.FS)
		if err != nil {
			t.Fatal(err)
		}
		service := customer.NewService(d)
		s := apitest.New(t, d, c, customer.Resolve, service, intake.New(d, bundle, service.Intakes()...))
		admin := s.As("admin", permission.Admin, db.GrantAll())
		create(t, admin, "acme")
		create(t, admin, "other")
		take := func(list, customer, csv string) apitest.Answer {
			return admin.Do(t, "POST", "/"+list+"/import?customer="+customer, csv, "Content-Type", "text/csv")
		}
		take("contacts", "acme", "Name,E-mail,escalation_level,channels\nAda,ada@acme.example,1,phone:+33 1; chat:@ada\nBob,,,\n").Want(t, 200)
		take("contacts", "other", "name\nEve\n").Want(t, 200)
		bad := take("suppliers", "acme", "name,contact,ends_on,kind\nFibre,Ada,2026-12-31,network\nWire,Eve,soon,network\nFibre,,,\n").Want(t, 422).Problem(t)
		var fields []string
		for _, e := range bad.Errors {
			fields = append(fields, e.Field)
		}
		if want := []string{"lines[3].contact", "lines[3].ends_on", "lines[4].name"}; !slices.Equal(fields, want) {
			t.Errorf("problems at %v, want %v", fields, want)
		}
		var page struct{ Items []customer.Supplier }
		if admin.Do(t, "GET", "/suppliers", "").Want(t, 200).JSON(t, &page); len(page.Items) != 0 {
			t.Errorf("a bad file was taken: %+v", page.Items)
		}
		var report intake.Report
		take("suppliers", "acme", "name,contact,ends_on,certificates,yearly_cost\nFibre,Ada,2026-12-31,\"iso27001,soc2\",12.30 EUR\nWire,,,,\n").Want(t, 200).JSON(t, &report)
		if report.Created != 2 {
			t.Errorf("report %+v", report)
		}
		export := admin.Do(t, "GET", "/suppliers?customer=acme", "", "Accept", "text/csv").Want(t, 200).Body
		take("suppliers", "acme", export).Want(t, 200).JSON(t, &report)
		if report.Unchanged != 2 || report.Updated+report.Created != 0 {
			t.Errorf("an export taken in again: %+v of\n%s", report, export)
		}
		take("suppliers", "acme", strings.Replace(export, "2026-12-31", "2027-12-31", 1)).Want(t, 200).JSON(t, &report)
		if report.Updated != 1 {
			t.Errorf("report %+v", report)
		}
		if take("suppliers", "other", strings.Replace(export, "name", "title", 1)).Status == 200 {
			t.Error("a file without names was taken")
		}
	})
}
