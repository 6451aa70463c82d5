package customer

import (
	"context"
	"fmt"
	"reflect"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Service holds the rules of customers, and the registers of what belongs to them.
type Service struct {
	Registers Registers

	db *db.DB
}

// NewService makes the service. Its registers know the records of this room; Join tells them of the others.
func NewService(d *db.DB) *Service {
	s := &Service{db: d}
	s.Join(register.Parts{Subjects: subject.New(Kinds()...)})
	return s
}

// Named finds the customer that an input names by slug or id; one that the actor does not see is a bad field "customer".
func (s *Service) Named(ctx context.Context, a permission.Actor, ref string) (Customer, error) {
	c, err := s.Customer(ctx, a, ref)
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", ref)
		return c, bad.Err()
	}
	return c, err
}

// CreateCustomer adds a customer. Faults: forbidden, invalid, conflict (the slug is taken).
func (s *Service) CreateCustomer(ctx context.Context, a permission.Actor, in NewCustomer) (Customer, error) {
	// Whoever is limited to some customers could not see the new one.
	if err := a.Require(permission.CustomerWrite); err != nil || !a.Scope().All() {
		return Customer{}, fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	if err := in.Validate(); err != nil {
		return Customer{}, err
	}
	c := Customer{ID: id.New(), Slug: in.Slug, Name: in.Name, Country: in.Country, Language: in.Language, TimeZone: in.TimeZone,
		Phase: Phase(in.Phase), Version: 1}
	scope, err := a.For(permission.CustomerWrite, c.ID)
	if err != nil {
		return Customer{}, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		c.CreatedAt, c.UpdatedAt = tx.Now(), tx.Now()
		set, err := field.Of(ctx, tx, kind, "")
		if err != nil {
			return err
		}
		var bad fault.Fields
		if c.Custom, err = field.Check(ctx, tx, set, nil, in.Custom, &bad, field.Created); err != nil {
			return err
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "customer", c, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				taken := fault.New(fault.Conflict, "customer.slug_taken", "slug", c.Slug)
				taken.Fields = fault.Fields{{Path: "slug", Key: "customer.slug_taken", Args: taken.Args}}
				return taken.Because(err)
			}
			return fmt.Errorf("create customer: %w", err)
		}
		if err := enter(ctx, tx, a, c.Phase); err != nil {
			return err
		}
		if err := field.Store(ctx, tx, set, c.ID, nil, c.Custom); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "create", record(c), nil, c)
	})
	return c, err
}

// Customer reads one customer by id or slug. Faults: not_found.
func (s *Service) Customer(ctx context.Context, a permission.Actor, ref string) (Customer, error) {
	var c Customer
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		c, err = whole(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Customer{}, err
	}
	return c, a.Require(permission.CustomerRead)
}

// UpdateCustomer changes some fields; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateCustomer(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeCustomer) (Customer, error) {
	after, _, err := s.update(ctx, a, ref, version, in, false)
	return after, err
}

// update is UpdateCustomer, which its page may want to offer to undo.
func (s *Service) update(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeCustomer, undo bool) (after Customer, edit string, err error) {
	before, err := s.Customer(ctx, a, ref)
	if err != nil {
		return after, "", err
	}
	scope, err := a.For(permission.CustomerWrite, before.ID)
	if err != nil {
		return after, "", err
	}
	if err := in.Validate(); err != nil {
		return after, "", err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		if before, err = whole(ctx, tx, before.ID); err != nil {
			return err
		}
		if version != 0 && version != before.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		after = in.apply(before)
		if after.Rate != before.Rate {
			if err := mayLimit(a); err != nil {
				return err
			}
		}
		set, err := field.Of(ctx, tx, kind, "")
		if err != nil {
			return err
		}
		var bad fault.Fields
		checkLive(&bad, before.Phase, after.Phase)
		if after.Custom, err = field.Check(ctx, tx, set, before.Custom, in.Custom, &bad, field.Changed); err != nil {
			return err
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if reflect.DeepEqual(after, before) {
			return nil
		}
		if err := field.Store(ctx, tx, set, after.ID, before.Custom, after.Custom); err != nil {
			return err
		}
		if after, err = store(ctx, tx, a, before, after); err == nil && undo {
			edit, err = editable().Keep(ctx, tx, a, &before, &after, before.Custom, after.Custom)
		}
		return err
	})
	return after, edit, err
}

// mayLimit: how much of the server a customer gets is at the cost of the others, so whoever changes it must see them all.
func mayLimit(a permission.Actor) error {
	if err := a.Require(permission.LimitWrite); err != nil || !a.Scope().All() {
		return fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	return nil
}

// Customers lists a page of those that the actor may see. Faults: forbidden, invalid.
func (s *Service) Customers(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Customer], err error) {
	if err := a.Require(permission.CustomerRead); err != nil {
		return page, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if page, err = list.Run[Customer](ctx, tx, Spec, q); err != nil {
			return err
		}
		page.Items, err = fill(ctx, tx, page.Items)
		return err
	})
	return page, err
}

// kind is the type of these records.
const kind = "customer"

// whole is get with the custom fields.
func whole(ctx context.Context, tx *db.Tx, ref string) (Customer, error) {
	c, err := get(ctx, tx, ref)
	if err == nil {
		c.Custom, err = field.ReadOne(ctx, tx, kind, c.ID)
	}
	return c, err
}

// fill adds the custom fields to rows as stored.
func fill(ctx context.Context, tx *db.Tx, rows []Customer) ([]Customer, error) {
	ids := make([]string, len(rows))
	for i, c := range rows {
		ids[i] = c.ID
	}
	custom, err := field.Read(ctx, tx, kind, ids)
	for i, c := range rows {
		rows[i].Custom = custom[c.ID]
	}
	return rows, err
}

// fields gives the custom fields of a customer's own record; for no slug those of all that the actor sees.
func (s *Service) fields(ctx context.Context, a permission.Actor, slug string) (set field.Set, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		set, err = field.Of(ctx, tx, kind, slug)
		return err
	})
	return set, err
}

func get(ctx context.Context, tx *db.Tx, ref string) (c Customer, err error) {
	where := "slug = ?"
	if id.Valid(ref) {
		where = "id = ?"
	}
	err = tx.Get(ctx, &c, `SELECT `+db.Columns[Customer]("")+` FROM {customer} WHERE `+where, ref)
	return c, err
}

func record(c Customer) audit.Record { return audit.Record{Type: "customer", ID: c.ID, Name: c.Name} }
