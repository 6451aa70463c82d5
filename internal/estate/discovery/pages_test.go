package discovery_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"vigie/internal/estate/discovery"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web/webtest"
)

// names is a directory over the table of customers.
type names struct{ db *db.DB }

func (n names) ID(ctx context.Context, a permission.Actor, slug string) (out string, err error) {
	err = n.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &out, `SELECT k.id FROM {customer} k WHERE k.slug = ?`, slug)
	})
	return out, err
}

func (n names) Slug(ctx context.Context, a permission.Actor, customer string) (out string, err error) {
	err = n.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &out, `SELECT k.slug FROM {customer} k WHERE k.id = ?`, customer)
	})
	return out, err
}

// shop is a house with pages, and a second customer who must never be seen.
type shop struct {
	*house
	site                               *webtest.Site
	engineer, agent, auditor, customer *webtest.Visitor
	foreign                            discovery.Account
}

func openShop(t *testing.T) *shop {
	t.Helper()
	c := clock.NewManual(dbtest.Start)
	return shopOver(t, dbtest.SQLite(t, c), c)
}

func shopOver(t *testing.T, d *db.DB, c *clock.Manual) *shop {
	t.Helper()
	h := build(t, d, c)
	site := webtest.New(t, d, c)
	h.Pages(site.Mux, site.Shell, names{d})
	as := func(role permission.Role, s db.Scope) *webtest.Visitor {
		return site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Someone", Language: "en", TimeZone: "UTC"}, role, s))
	}
	s := &shop{house: h, site: site, engineer: as(permission.Engineer, db.GrantAll()), agent: as(permission.Agent, db.GrantAll()),
		auditor: as(permission.Auditor, db.GrantAll()), customer: as(permission.Viewer, db.Grant(h.customer))}
	other := addCustomer(t, d, "zenith", "Zenith Works")
	var err error
	if s.foreign, err = h.AddAccount(t.Context(), h.actor, other, discovery.CreateAccount{AccountID: "999999999999", Name: "zenith-main"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func addCustomer(t *testing.T, d *db.DB, slug, name string) string {
	t.Helper()
	customer := id.New()
	err := d.InScope(t.Context(), db.Grant(customer), func(tx *db.Tx) error {
		type row struct {
			ID        string  `db:"id"`
			Slug      string  `db:"slug"`
			Name      string  `db:"name"`
			Country   string  `db:"country"`
			Language  string  `db:"language"`
			TimeZone  string  `db:"time_zone"`
			Phase     string  `db:"phase"`
			Version   int64   `db:"version"`
			CreatedAt db.Time `db:"created_at"`
			UpdatedAt db.Time `db:"updated_at"`
		}
		_, err := tx.Insert(t.Context(), "customer", row{ID: customer, Slug: slug, Name: name, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return customer
}

func TestAccountPages(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.engineer.Get(t, "/accounts?customer=acme").Want(t, 200).Has(t, "No AWS account yet", "/accounts/new")
	s.agent.Get(t, "/accounts?customer=acme").Want(t, 200).Has(t, "No AWS account yet").Lacks(t, "/accounts/new")

	// What was typed comes back, with each fault beside its field.
	s.engineer.Post(t, "/accounts/new", "account_id", "12345", "name", "acme <main>", "access", "other", "role_arn", "arn:nonsense", "regions", "mars").Want(t, 422).
		Has(t, "Choose a customer")
	s.engineer.Post(t, "/accounts/new", "customer", "acme", "account_id", "12345", "name", "acme <main>", "access", "other", "role_arn", "arn:nonsense", "regions", "mars").Want(t, 422).
		Has(t, `value="12345"`, "twelve digits", `value="arn:nonsense"`, "Give the ARN of a role", "mars is not the name of a region", `value="acme <main>"`, `href="#f-role_arn"`)

	to := s.engineer.Post(t, "/accounts/new?customer=acme", "account_id", "111122223333", "name", "acme-main", "access", "template", "organization", "true").To(t, "/accounts/")
	path, _, _ := strings.Cut(to, "?")
	page := s.engineer.Get(t, to+"&principal=444455556666").Want(t, 200).Has(t, "acme-main", "arn:aws:iam::111122223333:role/VigieReadOnly", "vigie-", "AWSTemplateFormatVersion",
		"resource \"aws_iam_role\"", "test:List", "444455556666", "Not checked", "StackSet")
	page.Lacks(t, "ACCOUNT-THAT-VIGIE-RUNS-IN")
	s.engineer.Post(t, "/accounts/new?customer=acme", "account_id", "111122223333", "access", "own").Want(t, 409).Has(t, "is there already")

	// People who may look see no button that they may not press, and pressing it anyway is refused.
	s.agent.Get(t, path).Want(t, 200).Has(t, "acme-main").Lacks(t, "/edit", "/remove", "/check", "ExternalId</", "Discover this account")
	for _, form := range []string{"/edit", "/check", "/remove"} {
		s.agent.Post(t, path+form, "name", "mine").Want(t, http.StatusForbidden)
		s.auditor.Post(t, path+form, "name", "mine").Want(t, http.StatusForbidden)
	}
	s.customer.Get(t, "/accounts").Want(t, http.StatusForbidden)
	s.agent.Post(t, "/accounts/new", "customer", "acme").Want(t, http.StatusForbidden)

	// Nothing of another customer under the name of this one.
	s.engineer.Get(t, "/accounts/"+s.foreign.ID).Want(t, 200).Has(t, "zenith-main")
	s.engineer.Get(t, "/accounts/"+s.foreign.ID+"?customer=acme").Want(t, http.StatusNotFound)
	s.engineer.Get(t, "/accounts?customer=acme").Want(t, 200).Has(t, "acme-main").Lacks(t, "zenith-main")
	s.engineer.Get(t, "/accounts?customer=nobody").Want(t, http.StatusNotFound)
	s.engineer.Get(t, "/accounts?format=csv&customer=acme").Want(t, 200).Has(t, "111122223333").Lacks(t, "999999999999")

	s.world.refused["111122223333"] = &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized to perform: sts:AssumeRole"}
	s.engineer.Post(t, path+"/check").To(t, path)
	s.engineer.Get(t, path).Want(t, 200).Has(t, "AWS refused to let Vigie in", "sts:AssumeRole", "No access")
	delete(s.world.refused, "111122223333")
	s.engineer.Post(t, path+"/check").To(t, path)
	s.engineer.Get(t, path).Want(t, 200).Has(t, "Vigie can enter this account")

	s.engineer.Post(t, path+"/edit", "name", "acme-prod", "role_arn", "arn:aws:iam::999988887777:role/Other").Want(t, 422).Has(t, "not in account 111122223333", `value="acme-prod"`)
	s.engineer.Post(t, path+"/edit", "name", "acme-prod", "version", "1").Want(t, http.StatusPreconditionFailed) // the checks have changed it since
	s.engineer.Post(t, path+"/edit", "name", "acme-prod").To(t, path)
	s.engineer.Get(t, path+"/remove").Want(t, 200).Has(t, "Remove acme-prod?", "ExternalId")
	s.engineer.Post(t, path+"/remove").To(t, "/accounts")
	s.engineer.Get(t, path).Want(t, http.StatusNotFound)
}

func TestRunPages(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.engineer.Get(t, "/discovery?customer=acme").Want(t, 200).Has(t, "No run yet", "Run discovery now", "Nothing runs by itself")
	s.auditor.Get(t, "/discovery?customer=acme").Want(t, 200).Lacks(t, "Run discovery now", "Change the schedule")
	s.engineer.Post(t, "/discovery?customer=acme").To(t, "/discovery?customer=acme") // no account to read: said in a toast
	s.add(t, discovery.CreateAccount{AccountID: "111122223333"})
	s.engineer.Get(t, "/discovery?customer=acme").Want(t, 200).Has(t, "Runs every 6 h")
	s.world.items["111122223333/eu-west-1/"+thing] = []string{"a", "b"}
	s.run(t)

	to := s.engineer.Post(t, "/discovery", "customer", "acme").To(t, "/discovery/")
	s.engineer.Get(t, to).Want(t, 200).Has(t, "Waiting", to+"/progress", `data-live="discovery_run:`, "Cancel the run")
	s.auditor.Get(t, to).Want(t, 200).Has(t, "Waiting").Lacks(t, to+"/cancel")
	s.auditor.Post(t, to+"/cancel").Want(t, http.StatusForbidden)
	s.engineer.Get(t, to+"?customer=zenith").Want(t, http.StatusNotFound)
	s.customer.Get(t, to).Want(t, http.StatusForbidden)
	// A second start leads to the run that is open.
	s.engineer.Post(t, "/discovery", "customer", "acme").To(t, to)
	s.engineer.Post(t, to+"/cancel").To(t, to)
	s.engineer.Get(t, to+"/progress").Want(t, 200).Has(t, "Cancelled", to+"/resume").Lacks(t, "every 10s", "<html")
	s.engineer.Post(t, to+"/resume").To(t, to)
	s.engineer.Get(t, to).Want(t, 200).Has(t, "Waiting")
	s.engineer.Get(t, "/discovery").Want(t, 200).Has(t, "2 rows", "Done")
	s.engineer.Get(t, "/discovery?state=done").Want(t, 200).Has(t, "1 row")
	s.engineer.Get(t, "/discovery?state=nonsense").Want(t, 200).Has(t, "Not a possible value")

	s.engineer.Post(t, "/discovery/schedule?customer=acme", "enabled", "true", "every_minutes", "3").Want(t, 422).Has(t, `value="3"`)
	s.auditor.Post(t, "/discovery/schedule?customer=acme", "every_minutes", "60").Want(t, http.StatusForbidden)
	s.engineer.Post(t, "/discovery/schedule?customer=acme", "every_minutes", "60").To(t, "/discovery")
	s.engineer.Get(t, "/discovery?customer=acme").Want(t, 200).Has(t, "Nothing runs by itself")
}

func TestCoveragePage(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.engineer.Get(t, "/coverage?customer=acme").Want(t, 200).Has(t, "Nothing was read yet")
	s.add(t, discovery.CreateAccount{AccountID: "111122223333"})
	s.run(t)
	s.engineer.Get(t, "/coverage?customer=acme").Want(t, 200).Has(t, "There is nothing to grant", "AWS::Test::Thing").Lacks(t, "Missing permissions")

	s.world.broken["111122223333/eu-west-1/"+thing] = &smithy.GenericAPIError{Code: "AccessDenied", Message: "User is not authorized to perform: test:List because no identity-based policy allows the test:List action"}
	s.world.broken["111122223333/eu-west-3/"+thing] = &smithy.GenericAPIError{Code: "AccessDenied", Message: "User is not authorized to perform: test:Describe with an explicit deny in a service control policy"}
	s.run(t)
	page := s.engineer.Get(t, "/coverage?customer=acme").Want(t, 200)
	page.Has(t, "Missing permissions", `"test:List"`, `"Effect": "Allow"`, "Blocked from elsewhere", "service control policy (SCP)", "test:Describe", "2 rows", "Show all scopes")
	statement := page.Body[strings.Index(page.Body, "VigieMissing"):]
	if statement = statement[:strings.Index(statement, "</pre>")]; strings.Contains(statement, "test:Describe") {
		t.Errorf("granting what a control policy denies would change nothing, but the statement has it:\n%s", statement)
	}
	s.engineer.Get(t, "/coverage?customer=acme&show=all").Want(t, 200).Lacks(t, "2 rows")
	s.engineer.Get(t, "/coverage?customer=acme&outcome=denied&region=eu-west-3").Want(t, 200).Has(t, "1 row")
	s.engineer.Get(t, "/coverage?customer=zenith").Want(t, 200).Lacks(t, "111122223333")
	s.customer.Get(t, "/coverage").Want(t, http.StatusForbidden)
}

// A page of every kind in French has no key without words, which the catalogue would show as the key itself.
func TestFrenchPages(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.add(t, discovery.CreateAccount{AccountID: "111122223333"})
	r := s.run(t)
	french := s.site.As(permission.Grant(permission.Actor{ID: id.New(), Name: "Inès", Language: "fr", TimeZone: "Europe/Paris"}, permission.Engineer, db.GrantAll()))
	for _, path := range []string{"/accounts", "/accounts/new", "/accounts/" + s.foreign.ID, "/accounts/" + s.foreign.ID + "/edit", "/discovery?customer=acme", "/discovery/" + r.ID, "/coverage"} {
		french.Get(t, path).Want(t, 200).Has(t, `lang="fr"`).Lacks(t, "discovery.account.", "discovery.run.", "discovery.cover.", "discovery.access.")
	}
	french.Get(t, "/coverage?customer=acme").Want(t, 200).Has(t, "Couverture")
}

// What the pages read by SQL of their own, both engines understand.
func TestEveryPageOnBothEngines(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := shopOver(t, d, c)
		acc := s.add(t, discovery.CreateAccount{AccountID: "111122223333", RoleARN: "arn:aws:iam::111122223333:role/VigieReadOnly"})
		s.world.broken["111122223333/eu-west-1/"+thing] = &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized to perform: test:List"}
		r := s.run(t)
		for _, at := range []string{"/accounts", "/accounts?customer=acme", "/accounts/" + acc.ID, "/accounts/" + acc.ID + "/edit", "/accounts/" + acc.ID + "/remove", "/discovery", "/discovery?customer=acme",
			"/discovery/" + r.ID, "/discovery/" + r.ID + "/progress", "/coverage", "/coverage?customer=acme", "/coverage?run=" + r.ID + "&outcome=denied"} {
			s.engineer.Get(t, at).Want(t, 200)
		}
		s.engineer.Get(t, "/coverage?customer=acme").Want(t, 200).Has(t, "Missing permissions", "1 row")
	})
}
