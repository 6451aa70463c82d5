package customer

import (
	"context"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// escalation lists contacts in the order in which they are asked: by level, the primary before the deputy, then those without a level.
var escalation = func() list.Spec {
	s := ContactSpec
	const order = "(COALESCE(r.escalation_level, 99) * 10 + CASE r.escalation_role WHEN 'primary' THEN 1 WHEN '' THEN 2 ELSE 3 END)"
	s.Columns += ", " + order + " AS place"
	s.Fields = append([]list.Field{{Name: "place", Column: order, Tag: "place", Kind: list.Number, Sort: true}}, s.Fields...)
	s.Sort = "place"
	return s
}()

// Escalation gives the first hundred contacts of a customer in the order in which they are asked. Faults: not_found, forbidden.
func (s *Service) Escalation(ctx context.Context, a permission.Actor, customerID string) ([]Contact, error) {
	scope, err := a.For(permission.ContactRead, customerID)
	if err != nil {
		return nil, err
	}
	var out []Contact
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		out, err = Called(ctx, tx)
		return err
	})
	return out, err
}

// Called is Escalation in a transaction of the customer.
func Called(ctx context.Context, tx *db.Tx) (out []Contact, err error) {
	type placed struct {
		Contact
		Place int64 `db:"place"`
	}
	q := escalation.All()
	q.Limit = 100
	page, err := list.Run[placed](ctx, tx, escalation, q)
	for _, row := range page.Items {
		out = append(out, row.Contact)
	}
	return out, err
}

// count is how many records of a register a customer has.
type count struct {
	path, label string
	n           int
}

// counts tells what the registers hold of a customer, those that the actor may read.
func (s *Service) counts(ctx context.Context, a permission.Actor, customerID string) (out []count, err error) {
	scope, err := a.Scope().Narrow(customerID)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, scope, func(tx *db.Tx) error {
		for _, r := range s.Registers.All() {
			k := r.Kind()
			if k.Type == "contact" || !a.May(k.Read) {
				continue // contacts are shown themselves
			}
			c := count{path: k.Page("")[:len(k.Page(""))-1], label: "register." + k.Type + ".many"}
			if err := tx.Get(ctx, &c.n, `SELECT COUNT(*) FROM {`+k.Table+`}`); err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// levelWords is a contact's place in the escalation.
func levelWords(p *ui.Page, c Contact) string {
	if c.Level == nil {
		return ""
	}
	words := p.T("customers.contact.level_n", "n", *c.Level)
	if c.Role != "" {
		words += " · " + p.T("register.contact.value.escalation_role."+c.Role)
	}
	return words
}

// waysTo are the channels of a contact in their order, else telephone and e-mail.
func waysTo(p *ui.Page, c Contact) []register.Way {
	pairs := c.Channels
	if len(pairs) == 0 {
		if c.Phone != "" {
			pairs = append(pairs, register.Pair{Kind: "phone", Value: c.Phone})
		}
		if c.Email != "" {
			pairs = append(pairs, register.Pair{Kind: "email", Value: c.Email})
		}
	}
	return register.Ways(pairs, func(kind string) string { return p.T("register.contact.value.channels." + kind) })
}

func zoneOf(c Contact, of Customer) string { return cmpOr(c.TimeZone, of.TimeZone) }

// localTime is what the clock on somebody's wall shows.
func localTime(p *ui.Page, zone string) string {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	return p.Now().In(at).Format("15:04")
}
