package app_test

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"vigie/internal/app"
	"vigie/internal/customer"
	"vigie/internal/estate/cmdb"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/seal"
	"vigie/internal/platform/telemetry"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// The self-test finds nothing between two customers who are kept apart, sees what is one's own, and leaves the other as it was.
func TestCrossingFindsNothing(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "vigie.db"), "postgres": pg.Start(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, address)
			fill(t, a)
			r, err := a.Crossing(t.Context(), "acme", "boltkanari", true)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Findings[:min(len(r.Findings), 20)] {
				t.Errorf("%s: %s: %s", f.Role, f.Request, f.Problem)
			}
			if !r.Unchanged {
				t.Error("the other customer was changed")
			}
			if r.Operations < 40 || r.Pages < 20 || r.Records < 4 || r.Reached < 100 || r.Tries["job"] == 0 || r.Tries["stream"] == 0 || r.Tries["export"] == 0 {
				t.Errorf("it hardly tried: %+v", r)
			}
			t.Logf("%d requests, %d findings", r.Requests, len(r.Findings))
		})
	}
}

func open(t *testing.T, address string) *app.App {
	t.Helper()
	tel, err := telemetry.New(t.Context(), io.Discard, "text", "error")
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Options{Database: address, DataDir: t.TempDir(), Clock: clock.NewManual(dbtest.Start), Telemetry: tel, Version: "test", Migrate: true,
		MasterKey: seal.Source{Text: seal.NewKey()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func fill(t *testing.T, a *app.App) {
	t.Helper()
	ctx, op := context.Background(), a.Operator("test")
	for _, slug := range []string{"acme", "boltkanari"} {
		if _, err := a.Customers.CreateCustomer(ctx, op, customer.NewCustomer{Slug: slug, Name: "Company " + slug}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Customers.CreateContact(ctx, op, customer.NewContact{Customer: slug, Name: "Ada of " + slug}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"one", "two"} {
			if _, err := a.CMDB.CreateCI(ctx, op, cmdb.NewCI{Customer: slug, Type: "Own::Thing", Name: name + " of " + slug}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
