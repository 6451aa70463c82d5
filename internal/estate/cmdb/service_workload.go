package cmdb

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/field"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// NewWorkload is a workload as a person enters it.
type NewWorkload struct {
	Customer    string       `json:"customer" doc:"Slug or id."`
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Environment string       `json:"environment,omitempty"`
	Criticality string       `json:"criticality,omitempty"`
	Owner       string       `json:"owner,omitempty"`
	Rule        Rule         `json:"rule,omitempty" doc:"Which CIs belong to it; without a rule it is filled by hand."`
	Contacts    []string     `json:"contacts,omitempty" doc:"Ids of contacts to tell when it suffers."`
	Custom      field.Values `json:"custom,omitempty"`
}

// ChangeWorkload is what may be changed; nil leaves a field as it is.
type ChangeWorkload struct {
	Name        *string      `json:"name,omitempty"`
	Description *string      `json:"description,omitempty"`
	Environment *string      `json:"environment,omitempty"`
	Criticality *string      `json:"criticality,omitempty"`
	Owner       *string      `json:"owner,omitempty"`
	Rule        *Rule        `json:"rule,omitempty"`
	Contacts    *[]string    `json:"contacts,omitempty"`
	Custom      field.Values `json:"custom,omitempty"`
}

// Workloads gives a page of the workloads that the query (of WorkloadSpec) asks for. Code: forbidden.
func (s *Service) Workloads(ctx context.Context, a permission.Actor, q list.Query) (list.Page[Workload], error) {
	return permission.Page[Workload](ctx, s.db, a, permission.WorkloadRead, WorkloadSpec, q)
}

// EachWorkload gives all workloads of the query to f, for exports.
func (s *Service) EachWorkload(ctx context.Context, a permission.Actor, q list.Query, f func(Workload) error) error {
	return s.view(ctx, a, permission.WorkloadRead, func(tx *db.Tx) error { return list.Each(ctx, tx, WorkloadSpec, q, f) })
}

// Workload gives one workload and the people to tell. Codes: not_found, forbidden.
func (s *Service) Workload(ctx context.Context, a permission.Actor, workloadID string) (w Workload, people []Contact, err error) {
	err = s.viewRecord(ctx, a, permission.WorkloadRead, "workload", workloadID, func(tx *db.Tx) error {
		w, people, err = loadWorkload(ctx, tx, workloadID)
		return err
	})
	return w, people, err
}

func loadWorkload(ctx context.Context, tx *db.Tx, workloadID string) (w Workload, people []Contact, err error) {
	if err := tx.Get(ctx, &w, `SELECT `+WorkloadSpec.Columns+` FROM `+WorkloadSpec.From+` WHERE w.id = ?`, workloadID); err != nil {
		return w, nil, err
	}
	if w.Custom, err = field.ReadOne(ctx, tx, workloadKind, workloadID); err != nil {
		return w, nil, err
	}
	all, err := contactsOf(ctx, tx, []string{workloadID})
	return w, all[workloadID], err
}

// Validate collects every bad field.
func (n NewWorkload) Validate() fault.Fields {
	var f fault.Fields
	text(&f, "name", n.Name, maxName, true)
	if len([]rune(n.Description)) > 4000 {
		f.Add("description", "cmdb.fault.too_long", "max", 4000)
	}
	choice(&f, "environment", n.Environment, Environments)
	choice(&f, "criticality", n.Criticality, Criticalities)
	text(&f, "owner", n.Owner, 200, false)
	n.Rule.validate(&f)
	if len(n.Contacts) > 100 {
		f.Add("contacts", "cmdb.fault.too_many", "max", 100)
	}
	for i, c := range n.Contacts {
		if !id.Valid(c) {
			f.Add(fmt.Sprintf("contacts[%d]", i), "cmdb.fault.contact")
		}
	}
	return f
}

// CreateWorkload makes a workload and gathers its CIs. Codes: invalid, forbidden, conflict (the name is taken).
func (s *Service) CreateWorkload(ctx context.Context, a permission.Actor, n NewWorkload) (w Workload, people []Contact, err error) {
	f := n.Validate()
	scope, err := s.scopeOf(ctx, a, permission.WorkloadWrite, n.Customer)
	if fault.Is(err, fault.NotFound) {
		f.Add("customer", "cmdb.fault.customer")
		err = nil
	}
	if err != nil {
		return w, nil, err
	}
	if err := f.Err(); err != nil {
		return w, nil, err
	}
	err = s.db.InScope(ctx, scope, func(tx *db.Tx) error {
		row := workloadRow{ID: id.New(), Name: n.Name, Description: n.Description, Environment: n.Environment, Criticality: n.Criticality,
			Owner: n.Owner, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		row.Rule.V = n.Rule
		set, err := field.Of(ctx, tx, workloadKind, "")
		if err != nil {
			return err
		}
		custom, err := field.Check(ctx, tx, set, nil, n.Custom, &f, field.Created)
		if err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "workload", row, ""); err != nil {
			return nameTaken(err)
		}
		if err := field.Store(ctx, tx, set, row.ID, nil, custom); err != nil {
			return err
		}
		if err := setContacts(ctx, tx, row.ID, n.Contacts); err != nil {
			return err
		}
		if len(n.Rule.Any) > 0 {
			if _, err := (Intake{}).Assign(ctx, tx); err != nil {
				return err
			}
		}
		if err := audit.Write(ctx, tx, a, "workload.create", audit.Record{Type: "workload", ID: row.ID, Name: row.Name}, nil, row.summary(n.Contacts, custom)); err != nil {
			return err
		}
		w, people, err = loadWorkload(ctx, tx, row.ID)
		return err
	})
	return w, people, err
}

func nameTaken(err error) error {
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "cmdb.fault.workload_exists").Because(err)
	}
	return err
}

// EditWorkload changes a workload; a new rule or name gathers its CIs again. Codes: invalid, not_found, forbidden, stale, conflict.
func (s *Service) EditWorkload(ctx context.Context, a permission.Actor, workloadID string, expected int64, c ChangeWorkload) (Workload, []Contact, error) {
	w, people, _, err := s.editWorkload(ctx, a, workloadID, expected, c, false)
	return w, people, err
}

// editWorkload is EditWorkload, which its page may want to offer to undo.
func (s *Service) editWorkload(ctx context.Context, a permission.Actor, workloadID string, expected int64, c ChangeWorkload, undo bool) (w Workload, people []Contact, edit string, err error) {
	err = s.change(ctx, a, permission.WorkloadWrite, "workload", workloadID, func(tx *db.Tx) error {
		old, had, err := loadWorkload(ctx, tx, workloadID)
		if err != nil {
			return err
		}
		if err := stale(expected, old.Version); err != nil {
			return err
		}
		contacts := idsOf(had)
		n := NewWorkload{Name: old.Name, Description: old.Description, Environment: old.Environment, Criticality: old.Criticality,
			Owner: old.Owner, Rule: old.Rule.V, Contacts: contacts}
		put := func(to *string, from *string) {
			if from != nil {
				*to = *from
			}
		}
		put(&n.Name, c.Name)
		put(&n.Description, c.Description)
		put(&n.Environment, c.Environment)
		put(&n.Criticality, c.Criticality)
		put(&n.Owner, c.Owner)
		if c.Rule != nil {
			n.Rule = *c.Rule
		}
		if c.Contacts != nil {
			n.Contacts = *c.Contacts
		}
		bad := n.Validate()
		set, err := field.Of(ctx, tx, workloadKind, "")
		if err != nil {
			return err
		}
		custom, err := field.Check(ctx, tx, set, old.Custom, c.Custom, &bad, field.Changed)
		if err != nil {
			return err
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if err := field.Store(ctx, tx, set, workloadID, old.Custom, custom); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE {workload} SET name = ?, description = ?, environment = ?, criticality = ?, owner = ?, rule = ?,
			version = version + 1, updated_at = ? WHERE id = ?`, n.Name, n.Description, n.Environment, n.Criticality, n.Owner,
			db.JSON[Rule]{V: n.Rule}, tx.Now(), workloadID); err != nil {
			return nameTaken(err)
		}
		if !slices.Equal(contacts, n.Contacts) {
			if err := setContacts(ctx, tx, workloadID, n.Contacts); err != nil {
				return err
			}
		}
		if canonical(n.Rule) != canonical(old.Rule.V) || n.Name != old.Name { // the first workload by name wins
			if _, err := (Intake{}).Assign(ctx, tx); err != nil {
				return err
			}
		}
		if w, people, err = loadWorkload(ctx, tx, workloadID); err != nil {
			return err
		}
		if undo {
			if edit, err = workloadBulk().Keep(ctx, tx, a, &workloadEdit{old.workloadRow, had}, &workloadEdit{w.workloadRow, people}, old.Custom, w.Custom); err != nil {
				return err
			}
		}
		return audit.Write(ctx, tx, a, "workload.change", audit.Record{Type: "workload", ID: w.ID, Name: w.Name}, old.summary(contacts, old.Custom), w.summary(n.Contacts, w.Custom))
	})
	return w, people, edit, err
}

// DeleteWorkload takes a workload out; its CIs go to the next workload whose rule they meet, or to none. Codes: not_found, forbidden, stale.
func (s *Service) DeleteWorkload(ctx context.Context, a permission.Actor, workloadID string, expected int64) error {
	return s.change(ctx, a, permission.WorkloadWrite, "workload", workloadID, func(tx *db.Tx) error {
		old, had, err := loadWorkload(ctx, tx, workloadID)
		if err != nil {
			return err
		}
		if err := stale(expected, old.Version); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE {ci} SET workload_id = NULL, workload_by = '', version = version + 1, updated_at = ? WHERE workload_id = ?`, tx.Now(), workloadID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {workload} WHERE id = ?`, workloadID); err != nil {
			return err
		}
		if err := field.Forget(ctx, tx, workloadKind, workloadID); err != nil {
			return err
		}
		if _, err := (Intake{}).Assign(ctx, tx); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "workload.delete", audit.Record{Type: "workload", ID: old.ID, Name: old.Name}, old.summary(idsOf(had), old.Custom), nil)
	})
}

func idsOf(people []Contact) []string {
	out := []string{}
	for _, p := range people {
		out = append(out, p.ID)
	}
	return out
}

func (w workloadRow) summary(contacts []string, custom field.Values) map[string]any {
	return map[string]any{"name": w.Name, "description": w.Description, "environment": w.Environment, "criticality": w.Criticality,
		"owner": w.Owner, "rule": w.Rule.V, "contacts": contacts, "custom": custom}
}

// setContacts says who is told; contacts of another customer are not there.
func setContacts(ctx context.Context, tx *db.Tx, workloadID string, contacts []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM {workload_contact} WHERE workload_id = ?`, workloadID); err != nil {
		return err
	}
	type row struct {
		CustomerID string `db:"customer_id"`
		WorkloadID string `db:"workload_id"`
		ContactID  string `db:"contact_id"`
	}
	rows := make([]row, len(contacts))
	for i, c := range contacts {
		rows[i] = row{"", workloadID, c}
	}
	_, err := tx.Insert(ctx, "workload_contact", rows, "DO NOTHING")
	if fault.Is(err, fault.Conflict) {
		var f fault.Fields
		f.Add("contacts", "cmdb.fault.contact")
		return f.Err()
	}
	return err
}
