package customer_test

import (
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/platform/fault"
	"vigie/internal/record/bulk"
	"vigie/internal/trust/permission"
	"vigie/locales"
)

// Nobody goes live by hand: neither when added nor when changed, one or many at once, nor by taking a change back.
func TestLiveIsReachedByGoLiveAlone(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := customer.NewService(d)
		server := apitest.New(t, d, c, customer.Resolve, s)
		admin := server.As("admin", permission.Admin, db.GrantAll())
		admin.Do(t, "POST", "/customers", `{"slug":"acme","name":"Acme","phase":"live"}`).Want(t, 422)
		made := create(t, admin, "acme")
		admin.Do(t, "PATCH", "/customers/acme", `{"phase":"live"}`).Want(t, 422)
		op := permission.Grant(permission.Actor{Name: "The boss", Kind: permission.System, Language: "en"}, permission.Admin, db.GrantAll())
		bundle, err := i18n.Load(locales.FS)
		if err != nil {
			t.Fatal(err)
		}
		many := bulk.New(d, bundle, s.Editables()...)
		in, err := bulk.Body{List: "customers", IDs: []string{made.ID}, Set: map[string]any{"phase": "live"}}.Input()
		if err != nil {
			t.Fatal(err)
		}
		seen, err := many.Preview(t.Context(), op, in)
		if err != nil || len(seen.Parts) != 1 || len(seen.Parts[0].Rows) != 1 || len(seen.Parts[0].Rows[0].Refused) != 1 || seen.Parts[0].Rows[0].Refused[0].Key != "customer.field.phase_live" {
			t.Errorf("many at once: %+v %v", seen, err)
		}
		c.Advance(1e9)
		live := func() error {
			return d.InScope(t.Context(), db.Grant(made.ID), func(tx *db.Tx) error {
				_, err := customer.GoLive(t.Context(), tx, op)
				return err
			})
		}
		if err := live(); err != nil {
			t.Fatal(err)
		}
		if err := live(); !fault.Is(err, fault.Conflict) {
			t.Errorf("live twice: %v", err)
		}
		admin.Do(t, "PATCH", "/customers/acme", `{"phase":"live","name":"Acme Group"}`).Want(t, 200)
		c.Advance(1e9)
		admin.Do(t, "PATCH", "/customers/acme", `{"phase":"ended"}`).Want(t, 200)
		admin.Do(t, "PATCH", "/customers/acme", `{"phase":"live"}`).Want(t, 422)
		var stays []customer.Stay
		if err := d.View(t.Context(), db.Grant(made.ID), func(tx *db.Tx) (err error) {
			stays, err = customer.Stays(t.Context(), tx, made.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(stays) != 3 || stays[0].Phase != customer.Ended || stays[1].Phase != customer.Live || stays[1].By != "The boss" || stays[2].Phase != customer.Prospect || !stays[0].Since.After(stays[1].Since.Time) {
			t.Errorf("phases: %+v", stays)
		}
	})
}
