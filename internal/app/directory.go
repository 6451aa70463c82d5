package app

import (
	"context"

	"vigie/internal/customer"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// directory tells rooms about customers.
type directory struct{ customers *customer.Service }

// ID finds the customer of a slug or id within the actor's scope.
func (d directory) ID(ctx context.Context, a permission.Actor, slug string) (string, error) {
	c, err := d.customers.Customer(ctx, a, slug)
	return c.ID, err
}

// Slug names the customer of an id.
func (d directory) Slug(ctx context.Context, a permission.Actor, id string) (string, error) {
	c, err := d.customers.Customer(ctx, a, id)
	return c.Slug, err
}

// resolve finds the customer of the parameter customer= of a list.
func (a *App) resolve(ctx context.Context, tx *db.Tx, slug string) (string, error) {
	return customer.Resolve(ctx, tx, slug)
}
