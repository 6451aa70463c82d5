package document

import (
	"context"
	"slices"
	"time"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
)

// NewRequest is the input of Ask.
type NewRequest struct {
	Workload string   `json:"workload" doc:"Id of the workload that the documents are about."`
	Kinds    []string `json:"kinds" minItems:"1" maxItems:"100" doc:"Ids of kinds, out of the catalogue."`
	OwedBy   string   `json:"owed_by" doc:"Id of the contact who hands them in."`
	DueOn    string   `json:"due_on,omitempty" doc:"Until when, as 2026-12-04; as many days as the kind leaves, if not given."`
}

// workload and contact are what an asking names, of one customer.
type workload struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	Name       string `db:"name"`
	Language   string `db:"language"` // of the customer
}

type contact struct {
	ID         string `db:"id"`
	CustomerID string `db:"customer_id"`
	Name       string `db:"name"`
	Email      string `db:"email"`
	Language   string `db:"language"`
	TimeZone   string `db:"time_zone"`
}

// Ask asks a contact for the documents of a workload. Those that were asked for already, or are being read, stay as they are. Faults:
// forbidden, invalid (also for a workload or contact that the actor does not see, and for a contact without an address).
func (s *Service) Ask(ctx context.Context, a permission.Actor, in NewRequest) (out []Document, err error) {
	if err := a.Require(permission.DocumentWrite); err != nil {
		return nil, err
	}
	var w workload
	var c contact
	var bad fault.Fields
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		if w, err = workloadOf(ctx, tx, in.Workload); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if c, err = contactOf(ctx, tx, in.OwedBy); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.ID == "" {
		bad.Add("workload", "register.bad.ref")
	}
	switch {
	case c.ID == "" || w.ID != "" && c.CustomerID != w.CustomerID:
		bad.Add("owed_by", "register.bad.ref")
	case c.Email == "":
		bad.Add("owed_by", "documents.bad.email", "name", c.Name)
	}
	if len(in.Kinds) == 0 {
		bad.Add("kinds", "documents.bad.none")
	}
	for _, k := range in.Kinds {
		if _, ok := s.Kinds.Of(k); !ok {
			bad.Add("kinds", "documents.bad.kind", "value", k)
		}
	}
	if in.DueOn != "" && !register.Date(in.DueOn).Valid() {
		bad.Add("due_on", "register.bad.date")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	scope, err := a.For(permission.DocumentWrite, w.CustomerID)
	if err != nil {
		return nil, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		out = nil
		var asked []Document
		for _, k := range s.Kinds {
			if !slices.Contains(in.Kinds, k.ID) {
				continue
			}
			d, fresh, err := s.askFor(ctx, tx, a, k, w, c, in.DueOn)
			if err != nil {
				return err
			}
			out = append(out, d)
			if fresh {
				asked = append(asked, d)
			}
		}
		if len(asked) == 0 || s.Mailer == nil {
			return nil
		}
		return s.write(ctx, tx, a, "documents_asked", c, asked, "asked:"+asked[0].ID+":"+tx.Now().UTC().Format(time.RFC3339Nano))
	})
	return out, err
}

// askFor asks for one document; fresh tells whether it had not been asked for.
func (s *Service) askFor(ctx context.Context, tx *db.Tx, a permission.Actor, k Kind, w workload, c contact, dueOn string) (d Document, fresh bool, err error) {
	if dueOn == "" {
		dueOn = tx.Now().AddDate(0, 0, k.Days).Format(time.DateOnly)
	}
	var found string
	err = tx.Get(ctx, &found, `SELECT id FROM {document} WHERE workload_id = ? AND kind = ? AND status IN ('draft', 'current') ORDER BY id LIMIT 1`, w.ID, k.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return d, false, err
	}
	set := func(d *Document) {
		d.OwedBy, d.DueOn, d.State, d.Quality = db.Null(c.ID), register.Date(dueOn), string(Requested), ""
		d.AskedAt = tx.Now()
	}
	if found == "" {
		d, err = register.CreateIn(ctx, tx, a, s.List, register.Set(func(d *Document) {
			d.Title, d.Type, d.Status, d.Kind, d.Workload = k.Title.In(w.Language)+" – "+w.Name, k.Type, "draft", k.ID, db.Null(w.ID)
			set(d)
		}))
		return d, true, err
	}
	if d, err = register.GetIn(ctx, tx, s.List, found); err != nil || !may(d.state(), ask) {
		return d, false, err
	}
	d, err = register.UpdateIn(ctx, tx, a, s.List, d, register.Set(set))
	return d, true, err
}
