package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Orders is what signs: package approval, as this one needs it.
type Orders interface {
	// Request asks for a signature under the content, in the transaction of the customer, and gives the id of the request.
	Request(ctx context.Context, tx *db.Tx, a permission.Actor, o Order) (string, error)
	// Withdraw takes a request back that nobody has signed.
	Withdraw(ctx context.Context, a permission.Actor, request, reason string) error
	// Receipt gives the proof of a signature, as text, and who signed.
	Receipt(ctx context.Context, customer, request string) (text, signer string, err error)
	// Settle gives every entry of the trail its place in the log.
	Settle(ctx context.Context) error
}

// Order is what is to be signed.
type Order struct {
	RecordID, Title, Statement string
	Content                    []byte
}

// mayRemove: the order outlives the customer, so that only who sees all customers sees it.
func mayRemove(a permission.Actor) error {
	if err := a.Require(permission.CustomerRemove); err != nil || !a.Scope().All() {
		return fault.New(fault.Forbidden, "fault.forbidden").Because(err)
	}
	return nil
}

// RequestRemoval asks for the signature under the removal of a customer. Faults: forbidden, invalid, conflict (one is under way).
func (s *Service) RequestRemoval(ctx context.Context, a permission.Actor, in NewRemoval) (Removal, error) {
	if err := mayRemove(a); err != nil {
		return Removal{}, err
	}
	if err := in.Validate(); err != nil {
		return Removal{}, err
	}
	c, err := s.customer(ctx, a.Scope(), in.Customer)
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", in.Customer)
		return Removal{}, bad.Err()
	}
	if err != nil {
		return Removal{}, err
	}
	scope, err := a.For(permission.CustomerRemove, c.ID)
	if err != nil {
		return Removal{}, err
	}
	r := removal{ID: id.New(), CustomerID: c.ID, Slug: c.Slug, Name: c.Name, State: Requested, Reason: in.Reason, ExportDigest: in.ExportDigest, RequestedBy: a.Name, Version: 1}
	r.Counts.V = map[string]int64{}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		r.RequestedAt = tx.Now()
		words := s.Words(c.Language)
		content, err := s.describe(ctx, tx, words, r)
		if err != nil {
			return err
		}
		r.ApprovalID, err = s.Orders.Request(ctx, tx, a, Order{RecordID: c.ID, Title: words.T("transfer.order.short", "name", c.Name), Content: []byte(content),
			Statement: words.T("transfer.order.statement")})
		if err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "customer_removal", r, ""); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.New(fault.Conflict, "transfer.removal.open").Because(err)
			}
			return err
		}
		return audit.Write(ctx, tx, a, "customer.removal.request", r.record(), nil, r.shown())
	})
	if err != nil {
		return Removal{}, err
	}
	return r.shown(), nil
}

func (r removal) record() audit.Record {
	return audit.Record{Type: "customer", ID: r.CustomerID, Name: r.Name}
}

// describe counts what would go, and writes what is to be signed.
func (s *Service) describe(ctx context.Context, tx *db.Tx, words *i18n.Printer, r removal) (string, error) {
	rows := map[string]int64{}
	for _, t := range db.Tables() {
		if t.Key == "" {
			continue
		}
		var n int64
		if err := tx.Get(ctx, &n, `SELECT COUNT(*) FROM {`+t.Name+`}`); err != nil {
			return "", err
		}
		rows[t.Name] = n
	}
	files, err := s.Files.Hashes(ctx, tx)
	if err != nil {
		return "", err
	}
	people, err := people(ctx, tx, r.CustomerID)
	return r.content(words, rows, len(files), len(people)), err
}

// Removal reads one order. Faults: not_found, forbidden.
func (s *Service) Removal(ctx context.Context, a permission.Actor, ref string) (Removal, error) {
	if err := mayRemove(a); err != nil {
		return Removal{}, err
	}
	r, err := s.removal(ctx, "id", ref)
	return r.shown(), err
}

func (s *Service) removal(ctx context.Context, column, ref string) (r removal, err error) {
	if !id.Valid(ref) {
		return r, fault.New(fault.NotFound, "fault.not_found")
	}
	err = s.DB.Across(ctx, "the order to remove a customer outlives the customer", func(tx *db.Tx) error {
		return tx.Get(ctx, &r, `SELECT `+db.Columns[removal]("")+` FROM {customer_removal} WHERE `+column+` = ?`, ref)
	})
	return r, err
}

// CancelRemoval withdraws a removal that nobody has signed. Faults: not_found, forbidden, conflict.
func (s *Service) CancelRemoval(ctx context.Context, a permission.Actor, ref string) (Removal, error) {
	if err := mayRemove(a); err != nil {
		return Removal{}, err
	}
	r, err := s.removal(ctx, "id", ref)
	if err != nil {
		return Removal{}, err
	}
	if !next(r.State, Cancelled) {
		return Removal{}, fault.New(fault.Conflict, "transfer.removal.closed")
	}
	if err := s.Orders.Withdraw(ctx, a, r.ApprovalID, "withdrawn"); err != nil {
		return Removal{}, err
	}
	err = s.DB.Across(ctx, "the order to remove a customer outlives the customer", func(tx *db.Tx) error {
		if r, err = s.turn(ctx, tx, r, Cancelled); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "customer.removal.cancel", r.record(), nil, map[string]any{"removal": r.ID})
	})
	return r.shown(), err
}

// turn writes the next state; a lost race is stale.
func (s *Service) turn(ctx context.Context, tx *db.Tx, r removal, to State) (removal, error) {
	from := r.State
	if !next(from, to) {
		return r, fault.New(fault.Conflict, "transfer.removal.closed")
	}
	r.State = to
	r.Version++
	n, err := tx.Exec(ctx, `UPDATE {customer_removal} SET state = ?, receipt = ?, counts = ?, ordered_by = ?, ordered_at = ?, finished_at = ?, version = ? WHERE id = ? AND state = ?`,
		string(r.State), r.Receipt, r.Counts, r.OrderedBy, r.OrderedAt, r.FinishedAt, r.Version, r.ID, string(from))
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "fault.stale")
	}
	return r, err
}

// Ordered takes the signature of an approval for the order, and carries it out. It may be called again at any point; what is done
// is not done twice.
func (s *Service) Ordered(ctx context.Context, approvalID string) error {
	r, err := s.removal(ctx, "approval_id", approvalID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removal: %w", err)
	}
	if r.State == Requested {
		if err := s.Orders.Settle(ctx); err != nil {
			return fmt.Errorf("removal: %w", err)
		}
		if r.Receipt, r.OrderedBy, err = s.Orders.Receipt(ctx, r.CustomerID, approvalID); err != nil {
			return fmt.Errorf("removal: receipt: %w", err)
		}
		err = s.DB.Across(ctx, "the order to remove a customer outlives the customer", func(tx *db.Tx) (err error) {
			r.OrderedAt = tx.Now()
			r, err = s.turn(ctx, tx, r, Ordered)
			return err
		})
		if err != nil {
			return fmt.Errorf("removal: %w", err)
		}
	}
	if r.State != Ordered {
		return nil
	}
	return s.carryOut(ctx, r)
}

// Sweep goes on with removals that were ordered and did not come to an end.
func (s *Service) Sweep(ctx context.Context) error {
	var left []removal
	err := s.DB.Across(ctx, "orders to remove customers, of all of them", func(tx *db.Tx) error {
		return tx.Select(ctx, &left, `SELECT `+db.Columns[removal]("")+` FROM {customer_removal} WHERE state = ? ORDER BY id LIMIT 10`, string(Ordered))
	})
	for _, r := range left {
		if err == nil {
			err = s.carryOut(ctx, r)
		}
	}
	return err
}

// carryOut removes everything, table by table, keys first: from then on nothing that was sealed can be opened.
func (s *Service) carryOut(ctx context.Context, r removal) error {
	system := s.System(r.CustomerID)
	if r.Counts.V == nil {
		r.Counts.V = map[string]int64{}
	}
	scope := system.Scope()
	for _, table := range removalOrder() {
		err := s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `DELETE FROM {`+table+`} WHERE 1 = 1`)
			r.Counts.V[table] += n
			return err
		})
		if err != nil {
			return fmt.Errorf("remove %s: %w", table, err)
		}
	}
	if err := s.Orders.Settle(ctx); err != nil {
		return fmt.Errorf("removal: %w", err)
	}
	err := s.DB.Across(ctx, "the end of a customer: the row itself, its people, its trail", func(tx *db.Tx) error {
		for _, statement := range []string{`DELETE FROM {api_token} WHERE customer_id = ?`, `DELETE FROM {user_customer} WHERE customer_id = ?`, `DELETE FROM {app_user} WHERE customer_id = ?`} {
			if _, err := tx.Exec(ctx, statement, r.CustomerID); err != nil {
				return err
			}
		}
		n, err := audit.Remove(ctx, tx, system, r.record(), r.ID)
		if err != nil {
			return err
		}
		r.Counts.V["audit_entry"] += n
		if _, err := tx.Exec(ctx, `DELETE FROM {customer} WHERE id = ?`, r.CustomerID); err != nil {
			return err
		}
		r.FinishedAt = tx.Now()
		_, err = s.turn(ctx, tx, r, Done)
		return err
	})
	if err != nil {
		return fmt.Errorf("removal: %w", err)
	}
	return nil
}

// removalOrder are the tables of a customer, those that point at others first, and keys before all; the customer and the trail go last, by
// themselves.
func removalOrder() []string {
	out := []string{"data_key"}
	tables := db.Tables()
	slices.Reverse(tables)
	for _, t := range tables {
		if t.Key != "" && t.Name != "customer" && t.Name != "data_key" && !strings.HasPrefix(t.Name, "audit_") {
			out = append(out, t.Name)
		}
	}
	return out
}
