package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"vigie/internal/app/crossing"
	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

type crosserKey struct{}

// Crossing makes the self-test of the walls between two customers. Changes are tried only where change is set: on an instance of samples.
func (a *App) Crossing(ctx context.Context, own, other string, change bool) (crossing.Result, error) {
	op := a.Operator("vigie doctor isolation")
	var both [2]crossing.Customer
	for i, slug := range []string{own, other} {
		c, err := a.Customers.Customer(ctx, op, slug)
		if err != nil {
			return crossing.Result{}, err
		}
		both[i] = crossing.Customer{ID: c.ID, Slug: c.Slug, Name: c.Name}
	}
	people := map[permission.Role]string{}
	for _, r := range permission.Roles() {
		people[r] = id.New()
	}
	return crossing.Run(ctx, crossing.House{
		Handler: a.handler(gate{crosserAPI, crosserPage, newLimits(noRates(), a.opts.Clock)}),
		As: func(ctx context.Context, role permission.Role, customer string) context.Context {
			return context.WithValue(ctx, crosserKey{}, permission.Grant(permission.Actor{ID: people[role], Name: "Self-test", Email: "self-test@vigie.invalid", Kind: permission.Person,
				Via: "vigie doctor isolation", Address: "127.0.0.1", Language: "en", TimeZone: "UTC", Theme: "auto"}, role, db.Grant(customer)))
		},
		Own: both[0], Other: both[1], Change: change, Fingerprint: a.fingerprint,
		Jobs: map[string]func(context.Context) (bool, error){"discovery": func(ctx context.Context) (bool, error) { return a.foreignRun(ctx, both[0], both[1]) }},
	})
}

// CrossingReport writes the report of parts in a language; the first line of what it gives is its heading.
func (a *App) CrossingReport(language string, parts []crossing.Part) (crossing.Report, string) {
	now := a.opts.Clock.Now()
	r := crossing.Report{At: now.UTC().Format(time.RFC3339), Version: a.opts.Version, Good: true, Parts: parts}
	for _, p := range parts {
		r.Good = r.Good && p.Good()
	}
	return r, r.Markdown(a.bundle.Printer(language, nil, now))
}

// TwoCustomers are the slugs of the customers that a self-test of this instance is between: those named, or the first ones there are.
// Fewer than two are none.
func (a *App) TwoCustomers(ctx context.Context, own, other string) ([]string, error) {
	var rows []string
	err := a.db.View(ctx, db.GrantAll(), func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT slug FROM {customer} WHERE slug NOT IN (?, ?) ORDER BY created_at, id LIMIT 2`, own, other)
	})
	var out []string
	for _, slug := range append([]string{own, other}, rows...) {
		if slug != "" && len(out) < 2 {
			out = append(out, slug)
		}
	}
	if len(out) < 2 {
		return nil, err
	}
	return out, err
}

func crosserAPI(r *http.Request) (context.Context, api.Caller, error) {
	a, ok := r.Context().Value(crosserKey{}).(permission.Actor)
	if !ok {
		return nil, api.Caller{}, fault.New(fault.Unauthorized, "fault.unauthorized")
	}
	return permission.With(r.Context(), a), api.Caller{ID: a.ID, Scope: a.Scope(), Language: a.Language}, nil
}

func crosserPage(r *http.Request) (permission.Actor, bool) {
	a, ok := r.Context().Value(crosserKey{}).(permission.Actor)
	return a, ok
}

// foreignRun gives a discovery of one customer the run of the other. On a live instance there is none to give: runs that have ended are
// not begun again.
func (a *App) foreignRun(ctx context.Context, own, other crossing.Customer) (bool, error) {
	var run string
	err := a.db.View(ctx, db.Grant(other.ID), func(tx *db.Tx) error {
		return tx.Get(ctx, &run, `SELECT id FROM {discovery_run} ORDER BY id DESC LIMIT 1`)
	})
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r, err := a.Discovery.Execute(ctx, own.ID, run, nil)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return r.ID != "", err
}

// fingerprint is a hash over all rows of a customer.
func (a *App) fingerprint(ctx context.Context, customer string) (string, error) {
	sum := sha256.New()
	err := a.db.Frozen(ctx, db.Grant(customer), func(tx *db.Tx) error {
		for _, t := range db.Tables() {
			if t.Key == "" {
				continue
			}
			columns, err := tx.Catalog(ctx, t.Name)
			if err != nil {
				return err
			}
			fmt.Fprintln(sum, t.Name)
			if err := tx.Dump(ctx, t.Name, columns, " ORDER BY 1, 2", func(row []any) error {
				_, err := fmt.Fprintln(sum, row...)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
