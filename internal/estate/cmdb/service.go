package cmdb

import (
	"context"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Service is the room's door: every method checks the actor's permission and works within the actor's scope. What the scope
// does not cover is not found.
type Service struct {
	db      *db.DB
	figures figures
}

// New makes the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// view reads within the actor's scope.
func (s *Service) view(ctx context.Context, a permission.Actor, need permission.Action, f func(*db.Tx) error) error {
	if err := a.Require(need); err != nil {
		return err
	}
	return s.db.View(ctx, a.Scope(), f)
}

// viewOf reads within one customer, given by slug or id; empty stands for all that the actor sees.
func (s *Service) viewOf(ctx context.Context, a permission.Actor, need permission.Action, customer string, f func(*db.Tx) error) error {
	if customer == "" {
		return s.view(ctx, a, need, f)
	}
	scope, err := s.scopeOf(ctx, a, need, customer)
	if err != nil {
		return err
	}
	return s.db.View(ctx, scope, f)
}

// write changes records of the customer that owns them.
func (s *Service) write(ctx context.Context, a permission.Actor, need permission.Action, customer string, f func(*db.Tx) error) error {
	scope, err := a.For(need, customer)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, f)
}

// scopeOf narrows the actor's scope to a customer given by slug or id.
func (s *Service) scopeOf(ctx context.Context, a permission.Actor, need permission.Action, customer string) (db.Scope, error) {
	if err := a.Require(need); err != nil {
		return db.Scope{}, err
	}
	if id.Valid(customer) {
		return a.For(need, customer)
	}
	var found string
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		return tx.Get(ctx, &found, `SELECT k.id FROM {customer} k WHERE k.slug = ?`, customer)
	})
	if err != nil {
		return db.Scope{}, err
	}
	return a.For(need, found)
}

// owner tells which customer the record belongs to, by its id; not found outside the scope.
func (s *Service) owner(ctx context.Context, a permission.Actor, need permission.Action, table, recordID string) (string, error) {
	var customer string
	if !id.Valid(recordID) {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		// By way of the customers, since the keys of their tables begin with the customer.
		return tx.Get(ctx, &customer, `SELECT x.customer_id FROM {customer} k CROSS JOIN {`+table+`} x WHERE x.customer_id = k.id AND x.id = ?`, recordID)
	})
	if err != nil {
		return "", err
	}
	return customer, a.Require(need)
}

// viewRecord reads one record and what hangs on it, in the scope of its customer.
func (s *Service) viewRecord(ctx context.Context, a permission.Actor, need permission.Action, table, recordID string, f func(*db.Tx) error) error {
	customer, err := s.owner(ctx, a, need, table, recordID)
	if err != nil {
		return err
	}
	scope, err := a.For(need, customer)
	if err != nil {
		return err
	}
	return s.db.View(ctx, scope, f)
}

// change opens the transaction in which one record is changed, in the scope of its customer.
func (s *Service) change(ctx context.Context, a permission.Actor, need permission.Action, table, recordID string, f func(*db.Tx) error) error {
	customer, err := s.owner(ctx, a, need, table, recordID)
	if err != nil {
		return err
	}
	return s.write(ctx, a, need, customer, f)
}

// stale is a lost race on If-Match; version 0 asks for no check.
func stale(expected, actual int64) error {
	if expected != 0 && expected != actual {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}
