package document

import (
	"context"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

func workloadOf(ctx context.Context, tx *db.Tx, ref string) (w workload, err error) {
	if !id.Valid(ref) {
		return w, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &w, `SELECT w.id, w.customer_id, w.name, k.language FROM {workload} w JOIN {customer} k ON k.id = w.customer_id WHERE w.id = ?`, ref)
	return w, err
}

const contactColumns = `c.id, c.customer_id, c.name, c.email, CASE WHEN c.language = '' THEN k.language ELSE c.language END AS language,
	CASE WHEN c.time_zone = '' THEN k.time_zone ELSE c.time_zone END AS time_zone`

func contactOf(ctx context.Context, tx *db.Tx, ref string) (c contact, err error) {
	if !id.Valid(ref) {
		return c, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &c, `SELECT `+contactColumns+` FROM {contact} c JOIN {customer} k ON k.id = c.customer_id WHERE c.id = ?`, ref)
	return c, err
}

func latestVersion(ctx context.Context, tx *db.Tx, document string) (v Version, err error) {
	err = tx.Get(ctx, &v, `SELECT `+db.Columns[Version]("")+` FROM {document_version} WHERE document_id = ? ORDER BY number DESC LIMIT 1`, document)
	return v, err
}

// owedBy are the documents that a contact still owes, the most urgent first.
func (s *Service) owedBy(ctx context.Context, tx *db.Tx, contact string) (out []Document, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Document]("r.")+` FROM {document} r WHERE r.owed_by_id = ? AND r.state IN ('requested', 'refused') ORDER BY r.due_on, r.title, r.id LIMIT 200`, contact)
	return out, err
}

// History is what was handed in for a document, and what was said of it; the newest first.
type History struct {
	Versions []Version `json:"versions"`
	Reviews  []Review  `json:"reviews"`
	Reminded []string  `json:"reminded" doc:"Days on which a reminder went out."`
}

// History reads it. Faults: not_found, forbidden.
func (s *Service) History(ctx context.Context, a permission.Actor, ref string) (h History, err error) {
	d, err := s.List.Get(ctx, a, ref)
	if err != nil {
		return h, err
	}
	scope, err := a.For(permission.DocumentRead, d.CustomerID)
	if err != nil {
		return h, err
	}
	h = History{Versions: []Version{}, Reviews: []Review{}, Reminded: []string{}}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		if err := tx.Select(ctx, &h.Versions, `SELECT `+db.Columns[Version]("")+` FROM {document_version} WHERE document_id = ? ORDER BY number DESC LIMIT 200`, d.ID); err != nil {
			return err
		}
		if err := tx.Select(ctx, &h.Reviews, `SELECT `+db.Columns[Review]("")+` FROM {document_review} WHERE document_id = ? ORDER BY id DESC LIMIT 200`, d.ID); err != nil {
			return err
		}
		return tx.Select(ctx, &h.Reminded, `SELECT day FROM {document_reminder} WHERE document_id = ? ORDER BY day DESC LIMIT 200`, d.ID)
	})
	return h, err
}

// Cell is where a workload and a kind of document meet.
type Cell struct {
	Workload string `db:"workload_id" json:"workload"`
	Kind     string `db:"kind" json:"kind"`
	Document string `db:"id" json:"document"`
	State    State  `db:"state" json:"state"`
	DueOn    string `db:"due_on" json:"due_on"`
	Quality  string `db:"quality" json:"quality"`
}

// Standing is how far the documents of a customer are: for the workshop, and for whoever decides on a launch.
type Standing struct {
	Workloads []Named        `json:"workloads"`
	Cells     []Cell         `json:"cells"`
	States    map[string]int `json:"states" doc:"Documents by state."`
	Overdue   int            `json:"overdue" doc:"Documents that are owed and late."`
}

// Named is a record by id and name.
type Named struct {
	ID   string `db:"id" json:"id"`
	Name string `db:"name" json:"name"`
}

// Standing reads how far a customer is; mostWorkloads at most. Faults: not_found, forbidden.
func (s *Service) Standing(ctx context.Context, a permission.Actor, customer string) (out Standing, err error) {
	scope, err := a.For(permission.DocumentRead, customer)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		out, err = s.StandingIn(ctx, tx, customer)
		return err
	})
	return out, err
}

const mostWorkloads = 500

// StandingIn is Standing in the transaction of another room.
func (s *Service) StandingIn(ctx context.Context, tx *db.Tx, customer string) (out Standing, err error) {
	out = Standing{Workloads: []Named{}, Cells: []Cell{}, States: map[string]int{}}
	if err := tx.Select(ctx, &out.Workloads, `SELECT id, name FROM {workload} WHERE customer_id = ? ORDER BY name, id LIMIT ?`, customer, mostWorkloads); err != nil {
		return out, err
	}
	err = tx.Select(ctx, &out.Cells, `SELECT COALESCE(CAST(workload_id AS TEXT), '') AS workload_id, kind, id, state, due_on, quality FROM {document}
		WHERE customer_id = ? AND state <> 'listed' ORDER BY workload_id, kind, id LIMIT 20000`, customer)
	if err != nil {
		return out, err
	}
	today := today(tx.Now().Time, "")
	for _, c := range out.Cells {
		out.States[string(c.State)]++
		if c.State.Owes() && c.DueOn != "" && c.DueOn < today {
			out.Overdue++
		}
	}
	return out, nil
}

// Line is a document with the names of what it is about, for a list that people read.
type Line struct {
	Document
	WorkloadName string `db:"workload_name" json:"workload_name"`
	OwedByName   string `db:"owed_by_name" json:"owed_by_name"`
}

// Of lists the documents of a customer, those of one state if one is given. Faults: not_found, forbidden, invalid.
func (s *Service) Of(ctx context.Context, a permission.Actor, customer, state string) (out []Line, err error) {
	scope, err := a.For(permission.DocumentRead, customer)
	if err != nil {
		return nil, err
	}
	if state != "" && !slices.Contains(States(), State(state)) {
		var bad fault.Fields
		bad.Add("state", "api.field.choice", "value", join(States()))
		return nil, bad.Err()
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		err := tx.Select(ctx, &out, `SELECT `+db.Columns[Document]("d.")+`, COALESCE(w.name, '') AS workload_name, COALESCE(c.name, '') AS owed_by_name FROM {document} d
			LEFT JOIN {workload} w ON w.customer_id = d.customer_id AND w.id = d.workload_id LEFT JOIN {contact} c ON c.customer_id = d.customer_id AND c.id = d.owed_by_id
			WHERE (? = '' OR d.state = ?) ORDER BY d.title, d.id LIMIT 10000`, state, state)
		if err != nil {
			return err
		}
		var slug string
		err = tx.Get(ctx, &slug, `SELECT slug FROM {customer}`)
		for i := range out {
			out[i].Customer = slug
		}
		return err
	})
	return out, err
}

func join(states []State) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// lastRemarks are what the last review said.
func lastRemarks(ctx context.Context, tx *db.Tx, document string) (text string, err error) {
	err = tx.Get(ctx, &text, `SELECT remarks FROM {document_review} WHERE document_id = ? ORDER BY id DESC LIMIT 1`, document)
	return text, ignoreMissing(err)
}

// handedInBy are the documents of a contact that are here, those handed in last first.
func handedInBy(ctx context.Context, tx *db.Tx, contact string) (out []Document, err error) {
	err = tx.Select(ctx, &out, `SELECT `+db.Columns[Document]("r.")+` FROM {document} r WHERE r.owed_by_id = ? AND r.state IN ('received', 'reviewed', 'accepted') ORDER BY r.updated_at DESC, r.id LIMIT 50`, contact)
	return out, err
}
