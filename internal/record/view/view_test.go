package view

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
	"vigie/internal/trust/web/webtest"
)

type firm struct {
	ID        string  `db:"id" json:"id"`
	Slug      string  `db:"slug" json:"slug"`
	Name      string  `db:"name" json:"name"`
	Country   string  `db:"country" json:"country"`
	Language  string  `db:"language" json:"language"`
	TimeZone  string  `db:"time_zone" json:"time_zone"`
	Phase     string  `db:"phase" json:"phase"`
	Version   int64   `db:"version" json:"version"`
	CreatedAt db.Time `db:"created_at" json:"created_at"`
	UpdatedAt db.Time `db:"updated_at" json:"updated_at"`
}

// firms is a list of customers, as a page shows one.
var firms = list.Spec{From: "{customer} c", Columns: db.Columns[firm]("c."), Key: "c.id", Sort: "name", Fields: []list.Field{
	{Name: "name", Column: "c.name", Kind: list.Text, Sort: true, Filter: true},
	{Name: "phase", Column: "c.phase", Kind: list.Text, Sort: true, Filter: true},
}}

type office struct {
	s          *Service
	d          *db.DB
	site       *webtest.Site
	acme, bolt string
}

func open(t *testing.T, d *db.DB, c clock.Clock) *office {
	t.Helper()
	o := &office{s: New(d, List{"firms", permission.CustomerRead}, List{"secrets", permission.AuditRead}), d: d, site: webtest.New(t, d, c), acme: id.New(), bolt: id.New()}
	err := d.Across(t.Context(), "test: customers", func(tx *db.Tx) error {
		for i, slug := range []string{"acme", "bolt"} {
			f := firm{ID: []string{o.acme, o.bolt}[i], Slug: slug, Name: slug + " Ltd", Phase: "live", CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
			if _, err := tx.Insert(t.Context(), "customer", f, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	o.site.Shell.Views = o.s.Apply
	o.s.Pages(o.site.Mux, o.site.Shell)
	o.site.Mux.Handle("GET /firms", o.site.Shell.Page(func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
		found, err := web.ReadList[firm](r, p, a, web.Lister{DB: d, Need: permission.CustomerRead, Spec: firms, Customer: "c.slug"})
		if err != nil {
			return err
		}
		found.Filters(ui.Filter{Name: "phase", Label: "Phase"})
		found.List.ID, found.List.Label = "firms", "Firms"
		table := ui.NewTable(found.List, []ui.Column[firm]{{Key: "name", Label: "Name", Sort: true, Cell: func(f firm) templ.Component { return ui.Text(f.Name) }},
			{Key: "phase", Label: "Phase", Cell: func(f firm) templ.Component { return ui.Text("phase is " + f.Phase) }}}, found.Items, func(f firm) ui.Row { return ui.Row{ID: f.ID, Name: f.Name} })
		ui.Render(w, r, http.StatusOK, ui.TableView(p, table))
		return nil
	}))
	return o
}

func (o *office) person(t *testing.T, name string, r permission.Role, s db.Scope) permission.Actor {
	t.Helper()
	u := dbtest.User{ID: id.New(), Email: name + "@example.com", Name: name, Role: string(r)}
	if err := o.d.Across(t.Context(), "test: a person", func(tx *db.Tx) error {
		u.CreatedAt, u.UpdatedAt = tx.Now(), tx.Now()
		_, err := tx.Insert(t.Context(), "app_user", u, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return permission.Grant(permission.Actor{ID: u.ID, Name: name, Kind: permission.Person, Language: "en", TimeZone: "UTC"}, r, s)
}

func ptr[T any](v T) *T { return &v }

func TestWhoSeesAndChangesAView(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		o := open(t, d, clock.NewManual(dbtest.Start))
		owner := o.person(t, "owner", permission.Engineer, db.GrantAll())
		people := map[string]permission.Actor{
			"owner":         owner,
			"manager":       o.person(t, "manager", permission.Manager, db.GrantAll()),
			"agent":         o.person(t, "agent", permission.Agent, db.GrantAll()),
			"agent of bolt": o.person(t, "bolts", permission.Agent, db.Grant(o.bolt)),
			"viewer acme":   o.person(t, "viewer", permission.Viewer, db.Grant(o.acme)),
			"viewer bolt":   o.person(t, "other", permission.Viewer, db.Grant(o.bolt)),
		}
		for _, test := range []struct {
			in     NewView
			see    string
			change string
		}{
			{NewView{List: "firms", Name: "Mine", Query: "phase=live"}, "owner", "owner"},
			{NewView{List: "firms", Name: "Staff", Audience: "staff"}, "owner manager agent agent of bolt", "owner manager"},
			{NewView{List: "firms", Name: "All", Audience: "everybody"}, "owner manager agent agent of bolt viewer acme viewer bolt", "owner manager"},
			{NewView{List: "firms", Name: "Acme's", Audience: "everybody", Customer: "acme"}, "owner manager agent viewer acme", "owner manager"},
		} {
			v, err := o.s.Create(ctx, owner, test.in)
			if err != nil {
				t.Fatal(err)
			}
			for who, a := range people {
				_, err := o.s.View(ctx, a, v.ID)
				if sees := strings.Contains(test.see, who); sees != (err == nil) || !sees && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s sees %s: %v", who, v.Name, err)
				}
				all, err := o.s.Views(ctx, a, "firms")
				if err != nil || strings.Contains(test.see, who) != has(all, v.ID) {
					t.Errorf("%s lists %s: %v, %v", who, v.Name, has(all, v.ID), err)
				}
				_, err = o.s.Change(ctx, a, v.ID, 0, ChangeView{Query: ptr("phase=ended")})
				if may := strings.Contains(test.change, who) && (who != "agent"); may != (err == nil) {
					t.Errorf("%s changes %s: %v", who, v.Name, err)
				}
			}
			if _, err := o.s.Change(ctx, owner, v.ID, v.Version, ChangeView{Name: ptr("late")}); !fault.Is(err, fault.Stale) {
				t.Errorf("a lost race: %v", err)
			}
			if err := o.s.Delete(ctx, people["viewer bolt"], v.ID, 0); err == nil {
				t.Errorf("a viewer deleted %s", v.Name)
			}
			if err := o.s.Delete(ctx, owner, v.ID, 0); err != nil {
				t.Error(err)
			}
		}
	})
}

func has(all []View, ref string) bool {
	for _, v := range all {
		if v.ID == ref {
			return true
		}
	}
	return false
}

func TestBadViewsAreRefused(t *testing.T) {
	t.Parallel()
	o := open(t, dbtest.SQLite(t, clock.NewManual(dbtest.Start)), clock.NewManual(dbtest.Start))
	limited := o.person(t, "limited", permission.Engineer, db.Grant(o.acme))
	viewer := o.person(t, "viewer", permission.Viewer, db.Grant(o.acme))
	for field, test := range map[string]struct {
		a  permission.Actor
		in NewView
	}{
		"name":     {limited, NewView{List: "firms"}},
		"list":     {limited, NewView{List: "nothing", Name: "x"}},
		"query":    {limited, NewView{List: "firms", Name: "x", Query: "%zz"}},
		"audience": {limited, NewView{List: "firms", Name: "x", Audience: "moon"}},
		"customer": {limited, NewView{List: "firms", Name: "x", Audience: "everybody"}},
	} {
		_, err := o.s.Create(t.Context(), test.a, test.in)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "; "+field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := o.s.Create(t.Context(), viewer, NewView{List: "firms", Name: "x", Audience: "staff"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a viewer shares: %v", err)
	}
	for _, list := range []string{"secrets", "nothing"} {
		if _, err := o.s.Views(t.Context(), limited, list); !fault.Is(err, fault.Invalid) {
			t.Errorf("views of %s: %v", list, err)
		}
	}
	if _, err := o.s.Create(t.Context(), limited, NewView{List: "firms", Name: "x", Customer: "bolt"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a view for another's customer: %v", err)
	}
}

func TestListsOpenWithViews(t *testing.T) {
	t.Parallel()
	o := open(t, dbtest.SQLite(t, clock.NewManual(dbtest.Start)), clock.NewManual(dbtest.Start))
	ctx := context.Background()
	a := o.person(t, "manager", permission.Manager, db.GrantAll())
	viewer := o.person(t, "viewer", permission.Viewer, db.Grant(o.acme))
	as, customer := o.site.As(a), o.site.As(viewer)
	as.Get(t, "/firms").Want(t, 200).Has(t, "acme Ltd", "bolt Ltd", "phase is live", "Save this view as")
	to := as.Post(t, "/views", "list", "firms", "name", "Acme first", "query", "name.contains=acme&cols=name&gone=x&customer=bolt&cursor=abc", "audience", "everybody", "for", "all").To(t, "/firms?view=acme-first-")
	as.Get(t, to).Want(t, 200).Has(t, "acme Ltd", "Acme first", "no longer has it: gone").Lacks(t, "bolt Ltd", "phase is live", "Changed.")
	changed := as.Get(t, to+"&changed=true&name.contains=bolt").Want(t, 200).Has(t, "bolt Ltd", "Changed.", "Back to the saved view")
	changed.Lacks(t, "acme Ltd")
	as.Get(t, "/firms?view=acme-last-000000").Want(t, 200).Has(t, "bolt Ltd", "There is no such view any more.")
	v, err := o.s.Views(ctx, a, "firms")
	if err != nil || len(v) != 1 || v[0].Query != "cols=name&gone=x&name.contains=acme" {
		t.Fatalf("%+v, %v", v, err)
	}
	// What is one's own default opens where the address asks for nothing, and only there.
	as.Post(t, "/views/"+v[0].ID+"/default", "default", "true").To(t, "/firms?view=acme-first-")
	as.Get(t, "/firms").Want(t, 200).Lacks(t, "bolt Ltd")
	as.Get(t, "/firms?view=none").Want(t, 200).Has(t, "bolt Ltd")
	as.Get(t, "/firms?phase=live").Want(t, 200).Has(t, "bolt Ltd")
	customer.Get(t, "/firms").Want(t, 200).Has(t, "phase is live")
	// A role's default, for those who have none of their own.
	as.Post(t, "/views/"+v[0].ID+"/edit", "name", "Acme only", "audience", "everybody", "roles", "viewer").To(t, "/firms?view=")
	customer.Get(t, "/firms").Want(t, 200).Has(t, "Acme only").Lacks(t, "phase is live")
	as.Post(t, "/views/"+v[0].ID+"/edit", "name", "Acme only", "audience", "private", "roles", "viewer").Want(t, 422).Has(t, "would not see the view")
	as.Get(t, "/views/"+v[0].ID).Want(t, 200).Has(t, "Acme only", "Delete this view")
	customer.Get(t, "/views/"+v[0].ID).Want(t, 200).Lacks(t, "Delete this view")
	as.Post(t, "/views/"+v[0].ID, "query", "phase=ended").To(t, "/firms?view=")
	as.Get(t, to).Want(t, 200).Lacks(t, "acme Ltd")
	customer.Post(t, "/views/"+v[0].ID+"/remove").Want(t, http.StatusForbidden)
	as.Post(t, "/views/"+v[0].ID+"/remove").To(t, "/firms?view=none")
	customer.Get(t, "/firms").Want(t, 200).Has(t, "phase is live")
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a=b", "?cols=x&cols=y", "%", "view=x&changed=true", "a=\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var bad fault.Fields
		got := checkQuery(&bad, text)
		q, err := url.ParseQuery(got)
		if err != nil || q.Has("view") || q.Has("customer") {
			t.Errorf("%q became %q: %v", text, got, err)
		}
		if again := checkQuery(&bad, got); len(bad) == 0 && again != got {
			t.Errorf("%q is not kept: %q", got, again)
		}
	})
}
