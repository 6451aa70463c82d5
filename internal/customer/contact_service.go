package customer

import (
	"context"
	"fmt"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// CreateContact adds a contact. Faults: invalid (also for a customer whom the actor does not see), forbidden.
func (s *Service) CreateContact(ctx context.Context, a permission.Actor, in NewContact) (Contact, error) {
	if err := a.Require(permission.ContactWrite); err != nil {
		return Contact{}, err
	}
	c, err := s.Named(ctx, a, in.Customer)
	if err != nil {
		return Contact{}, err
	}
	scope, err := a.For(permission.ContactWrite, c.ID)
	if err != nil {
		return Contact{}, err
	}
	if err := in.Validate(); err != nil {
		return Contact{}, err
	}
	row := contactRow{ID: id.New(), Name: in.Name, Email: in.Email, Phone: in.Phone, Job: in.Job, Version: 1}
	out := Contact{}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
		if _, err := tx.Insert(ctx, "contact", row, ""); err != nil {
			return fmt.Errorf("create contact: %w", err)
		}
		out = row.shown(c.Slug)
		return audit.Write(ctx, tx, a, "create", contactRecord(row), nil, out)
	})
	return out, err
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

// Contact reads one contact. Faults: not_found, forbidden.
func (s *Service) Contact(ctx context.Context, a permission.Actor, ref string) (out Contact, err error) {
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		_, out, err = getContact(ctx, tx, ref)
		return err
	})
	if err != nil {
		return Contact{}, err
	}
	return out, a.Require(permission.ContactRead)
}

// Contacts lists a page of the contacts that the actor may see. Faults: forbidden, invalid.
func (s *Service) Contacts(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Contact], err error) {
	if err := a.Require(permission.ContactRead); err != nil {
		return page, err
	}
	err = s.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
		rows, err := list.Run[contactRow](ctx, tx, ContactSpec, q)
		if err != nil {
			return err
		}
		page.NextCursor, page.PrevCursor = rows.NextCursor, rows.PrevCursor
		page.Items, err = shownContacts(ctx, tx, rows.Items)
		return err
	})
	return page, err
}

// UpdateContact changes some fields; version 0 takes any. Faults: not_found, forbidden, invalid, stale.
func (s *Service) UpdateContact(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeContact) (out Contact, err error) {
	err = s.changeContact(ctx, a, ref, version, func(tx *db.Tx, before contactRow, shown Contact) error {
		after, err := in.apply(before)
		if err != nil {
			return err
		}
		if out = shown; after == before {
			return nil
		}
		after.Version++
		after.UpdatedAt = tx.Now()
		out = after.shown(shown.Customer)
		n, err := tx.Exec(ctx, `UPDATE {contact} SET name = ?, email = ?, phone = ?, job = ?, version = ?, updated_at = ? WHERE id = ? AND version = ?`,
			after.Name, after.Email, after.Phone, after.Job, after.Version, after.UpdatedAt, after.ID, before.Version)
		if err != nil {
			return fmt.Errorf("update contact: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		return audit.Write(ctx, tx, a, "update", contactRecord(after), shown, out)
	})
	return out, err
}

// DeleteContact removes a contact, also from the workloads that name it. Faults: not_found, forbidden, stale.
func (s *Service) DeleteContact(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return s.changeContact(ctx, a, ref, version, func(tx *db.Tx, before contactRow, shown Contact) error {
		n, err := tx.Exec(ctx, `DELETE FROM {contact} WHERE id = ? AND version = ?`, before.ID, before.Version)
		if err != nil {
			return fmt.Errorf("delete contact: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		return audit.Write(ctx, tx, a, "delete", contactRecord(before), shown, nil)
	})
}

// changeContact finds the contact, checks the right and the version, and changes it in the scope of its customer.
func (s *Service) changeContact(ctx context.Context, a permission.Actor, ref string, version int64, f func(*db.Tx, contactRow, Contact) error) error {
	var found contactRow
	err := s.db.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		found, _, err = getContact(ctx, tx, ref)
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(permission.ContactWrite, found.CustomerID)
	if err != nil {
		return err
	}
	return s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		before, shown, err := getContact(ctx, tx, ref)
		if err != nil {
			return err
		}
		if version != 0 && version != before.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		return f(tx, before, shown)
	})
}

func getContact(ctx context.Context, tx *db.Tx, ref string) (row contactRow, shown Contact, err error) {
	if !id.Valid(ref) {
		return row, shown, fault.New(fault.NotFound, "fault.not_found")
	}
	if err := tx.Get(ctx, &row, `SELECT `+db.Columns[contactRow]("")+` FROM {contact} WHERE id = ?`, ref); err != nil {
		return row, shown, err
	}
	all, err := shownContacts(ctx, tx, []contactRow{row})
	if err != nil {
		return row, shown, err
	}
	return row, all[0], nil
}

func shownContacts(ctx context.Context, tx *db.Tx, rows []contactRow) ([]Contact, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.CustomerID
	}
	names, err := Names(ctx, tx, ids)
	out := make([]Contact, len(rows))
	for i, r := range rows {
		out[i] = r.shown(names[r.CustomerID].Slug)
	}
	return out, err
}

func contactRecord(r contactRow) audit.Record {
	return audit.Record{Type: "contact", ID: r.ID, Name: r.Name}
}
