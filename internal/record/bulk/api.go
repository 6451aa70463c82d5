package bulk

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/internal/kit/api"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// Body is the input of POST /bulk-edits.
type Body struct {
	List        string              `json:"list" doc:"Name of the list, as in its address: cis, workloads, accounts, customers, contacts, suppliers..."`
	IDs         []string            `json:"ids,omitempty" doc:"The records."`
	Query       *string             `json:"query,omitempty" doc:"Or all that this query of the list finds: status=active&tag.Site=Lyon. Empty for the whole list."`
	Customer    string              `json:"customer,omitempty" doc:"Slug or id; only records of this customer."`
	Set         map[string]any      `json:"set,omitempty" doc:"Field: value. null empties the field; on a discovered CI it gives the field back to discovery."`
	Add         map[string][]string `json:"add,omitempty" doc:"Field that is a set: values to add. For tags KEY=VALUE."`
	Remove      map[string][]string `json:"remove,omitempty" doc:"Field that is a set: values to take away. For tags the key."`
	Delete      bool                `json:"delete,omitempty" doc:"Delete the records, where the list allows it."`
	DryRun      bool                `json:"dry_run,omitempty" doc:"Only tell what would be done."`
	Fingerprint string              `json:"fingerprint,omitempty" doc:"Of a dry run: 412 if the records have changed since."`
}

// Input turns it into what the service takes; faults name the member.
func (b Body) Input() (Input, error) {
	in := Input{List: b.List, IDs: b.IDs, Customer: b.Customer, Delete: b.Delete, Fingerprint: b.Fingerprint}
	if b.Query != nil {
		in.Query, in.Everything = *b.Query, true
	}
	var bad fault.Fields
	for _, name := range slices.Sorted(maps.Keys(b.Set)) {
		text, ok := textOf(b.Set[name])
		if !ok {
			bad.Add("set."+name, "bulk.fault.value")
		}
		in.Changes = append(in.Changes, Change{Field: name, Op: Set, Value: text})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Add)) {
		in.Changes = append(in.Changes, Change{Field: name, Op: Add, Value: Join(b.Add[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Remove)) {
		in.Changes = append(in.Changes, Change{Field: name, Op: Remove, Value: Join(b.Remove[name])})
	}
	return in, bad.Err()
}

// textOf writes a JSON value as forms and files do.
func textOf(v any) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "", true
	case string:
		return x, true
	case bool, json.Number:
		return fmt.Sprint(x), true
	case float64:
		b, err := json.Marshal(x)
		return string(b), err == nil
	case []any:
		var parts []string
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				return "", false
			}
			parts = append(parts, s)
		}
		return Join(parts), true
	case map[string]any: // money
		amount, ok := x["amount"].(string)
		code, too := x["currency"].(string)
		return strings.TrimSpace(amount + " " + code), ok && too && len(x) == 2
	}
	return "", false
}

// Answer is what an edit would do or has done.
type Answer struct {
	ID          string     `json:"id" doc:"Empty for a dry run, and where nothing was chosen."`
	List        string     `json:"list"`
	Kind        string     `json:"kind" doc:"edit or delete; single and single_delete for an edit of one record on its page."`
	State       string     `json:"state" doc:"preview, applied, undone, or mixed where customers differ."`
	DryRun      bool       `json:"dry_run"`
	Fingerprint string     `json:"fingerprint,omitempty" doc:"Of a dry run."`
	Changes     []Change   `json:"changes"`
	Selection   string     `json:"query,omitempty"`
	Changed     int        `json:"changed" doc:"Records that are changed."`
	Equal       int        `json:"equal" doc:"Records that have the values already."`
	Refused     int        `json:"refused" doc:"Records that are left as they are."`
	Restored    int        `json:"restored" doc:"Records of which the undo gave something back."`
	Left        int        `json:"left" doc:"Records of which the undo left something alone, because somebody had changed it since."`
	Customers   []PartOf   `json:"customers" doc:"What it does to each customer's records; each was written in one transaction."`
	Records     []RecordOf `json:"records" doc:"The first ones, those that were refused or left alone before the others."`
	Actor       string     `json:"actor,omitempty"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	UndoUntil   *time.Time `json:"undo_until,omitempty"`
}

// Self is the edit's address below /api/v1.
func (a Answer) Self() string { return "/bulk-edits/" + a.ID }

// PartOf is what an edit does to one customer's records.
type PartOf struct {
	Customer string `json:"customer" doc:"Slug."`
	State    string `json:"state" enum:"preview,applied,undone,skipped"`
	Changed  int    `json:"changed"`
	Equal    int    `json:"equal"`
	Refused  int    `json:"refused"`
	Restored int    `json:"restored"`
	Left     int    `json:"left"`
	Message  string `json:"message,omitempty" doc:"Why nothing was written."`
}

// RecordOf is what an edit does to one record.
type RecordOf struct {
	ID       string     `json:"id"`
	Customer string     `json:"customer"`
	Name     string     `json:"name"`
	Outcome  string     `json:"outcome" enum:"changed,refused,restored,left,partly"`
	Fields   []FieldOf  `json:"fields"`
	Reasons  []ReasonOf `json:"reasons"`
}

// FieldOf is a field before and after.
type FieldOf struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ReasonOf is why a record or field was left as it is.
type ReasonOf struct {
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

func fieldsOf(diffs []Diff) []FieldOf {
	out := make([]FieldOf, len(diffs))
	for i, d := range diffs {
		out[i] = FieldOf{d.Field, d.Before.Text, d.After.Text}
	}
	return out
}

func reasonsOf(p *i18n.Printer, faults []fieldFault) []ReasonOf {
	out := make([]ReasonOf, len(faults))
	for i, f := range faults {
		out[i] = ReasonOf{f.Field, p.T(f.Key, f.Args)}
	}
	return out
}

// shownRecords is how many records an answer names.
const shownRecords = 200

// Answer tells a dry run.
func (v Preview) Answer(p *i18n.Printer) Answer {
	n := v.Counts()
	out := Answer{List: v.Input.List, Kind: v.Input.kind(), State: "preview", DryRun: true, Fingerprint: v.Fingerprint, Changes: v.Input.Changes, Selection: v.Input.Query,
		Changed: n.Changed, Equal: n.Equal, Refused: n.Refused, Customers: []PartOf{}, Records: []RecordOf{}}
	for _, part := range v.Parts {
		n := count(part.Rows)
		out.Customers = append(out.Customers, PartOf{Customer: part.Customer, State: "preview", Changed: n.Changed, Equal: n.Equal, Refused: n.Refused})
	}
	for _, r := range v.first(shownRecords) {
		x := RecordOf{ID: r.ID, Customer: r.Customer, Name: r.Name, Outcome: outChanged, Fields: fieldsOf(r.Diffs), Reasons: reasonsOf(p, kept(r.Refused))}
		if len(r.Refused) > 0 {
			x.Outcome, x.Fields = outRefused, []FieldOf{}
		}
		out.Records = append(out.Records, x)
	}
	return out.whole()
}

// rowOf is a row with its customer's slug.
type rowOf struct {
	Row
	Customer string
}

// first gives the rows that are refused, then those that change, and no more than limit.
func (v Preview) first(limit int) (out []rowOf) {
	for _, refused := range []bool{true, false} {
		for _, part := range v.Parts {
			for _, r := range part.Rows {
				if len(out) < limit && (len(r.Refused) > 0) == refused && (refused || len(r.Diffs) > 0) {
					out = append(out, rowOf{r, part.Customer})
				}
			}
		}
	}
	return out
}

// State is what an edit is as a whole.
func (e Edit) State() string {
	state := ""
	for _, p := range e.Parts {
		if state != "" && state != p.State {
			return "mixed"
		}
		state = p.State
	}
	return state
}

// Total adds up the parts.
func (e Edit) Total() (out PartOf) {
	for _, p := range e.Parts {
		out.Changed, out.Equal, out.Refused = out.Changed+int(p.Changed), out.Equal+int(p.Equal), out.Refused+int(p.Refused)
		out.Restored, out.Left = out.Restored+int(p.Restored), out.Left+int(p.Kept)
	}
	return out
}

// Answer tells what was done.
func (e Edit) Answer(p *i18n.Printer) Answer {
	n := e.Total()
	out := Answer{ID: e.ID, List: e.List, Kind: e.Kind, State: e.State(), Changed: n.Changed, Equal: n.Equal, Refused: n.Refused, Restored: n.Restored, Left: n.Left,
		Customers: []PartOf{}, Records: []RecordOf{}}
	for _, part := range e.Parts {
		c := part.answer()
		if part.Reason != "" {
			c.Message = p.T(part.Reason) // i18n: bulk.fault.*
		}
		out.Customers = append(out.Customers, c)
		out.Changes, out.Selection, out.Actor = part.Changes.V, part.Selection, part.ActorName
		out.CreatedAt, out.UndoUntil = part.CreatedAt.Ptr(), part.UndoUntil.Ptr()
	}
	for _, it := range e.Items[:min(len(e.Items), shownRecords)] {
		out.Records = append(out.Records, RecordOf{ID: it.RecordID, Customer: e.slugs[it.PartID], Name: it.Name, Outcome: it.Outcome,
			Fields: fieldsOf(it.Cells.V), Reasons: reasonsOf(p, it.Faults.V)})
	}
	return out.whole()
}

func (p PartRow) answer() PartOf {
	return PartOf{Customer: p.Customer, State: p.State, Changed: int(p.Changed), Equal: int(p.Equal), Refused: int(p.Refused), Restored: int(p.Restored), Left: int(p.Kept)}
}

func (a Answer) whole() Answer {
	if a.Changes == nil {
		a.Changes = []Change{}
	}
	return a
}

// Summary is a line of the list of edits: what one did to one customer's records.
type Summary struct {
	ID        string     `json:"id" doc:"Of the decision; one that touched several customers has a line for each."`
	Customer  string     `json:"customer"`
	List      string     `json:"list"`
	Kind      string     `json:"kind"`
	State     string     `json:"state"`
	Changes   []Change   `json:"changes"`
	Changed   int64      `json:"changed"`
	Equal     int64      `json:"equal"`
	Refused   int64      `json:"refused"`
	Restored  int64      `json:"restored"`
	Left      int64      `json:"left"`
	Actor     string     `json:"actor"`
	CreatedAt db.Time    `json:"created_at"`
	UndoUntil db.Time    `json:"undo_until"`
	UndoneAt  *time.Time `json:"undone_at"`
	UndoneBy  string     `json:"undone_by"`
}

// Summary is the line of the part in lists.
func (p PartRow) Summary() Summary {
	return Summary{ID: p.ID, Customer: p.Customer, List: p.List, Kind: p.Kind, State: p.State, Changes: p.Changes.V, Changed: p.Changed, Equal: p.Equal, Refused: p.Refused,
		Restored: p.Restored, Left: p.Kept, Actor: p.ActorName, CreatedAt: p.CreatedAt, UndoUntil: p.UndoUntil, UndoneAt: p.UndoneAt.Ptr(), UndoneBy: p.UndoneBy}
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

// maxBody takes in as many ids as an edit may touch.
const maxBody = 2 << 20

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Bulk edits"
	api.Post(a, api.Op{Path: "/bulk-edits", Tag: tag, Summary: "Change many records", Status: 200, MaxBody: maxBody,
		Description: "dry_run tells what would be done, with a fingerprint; with that fingerprint the edit is only done if the records are still as they were. " +
			"Records of several customers are written customer by customer, under one id."},
		func(ctx context.Context, in *struct{ Body Body }) (Answer, error) {
			actor := permission.From(ctx)
			input, err := in.Body.Input()
			if err != nil {
				return Answer{}, err
			}
			if in.Body.DryRun {
				v, err := s.Preview(ctx, actor, input)
				if err != nil {
					return Answer{}, err
				}
				return v.Answer(s.printer(actor)), nil
			}
			e, err := s.Apply(ctx, actor, input)
			if err != nil {
				return Answer{}, err
			}
			return e.Answer(s.printer(actor)), nil
		})
	api.List(a, api.Listing[PartRow, Summary]{Op: api.Op{Path: "/bulk-edits", Tag: tag, Summary: "List bulk edits"}, Spec: Spec, Allow: permission.Need(permission.BulkRead),
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return s.within(permission.From(ctx))(q), nil
		},
		Rows: func(_ context.Context, _ *db.Tx, rows []PartRow) ([]Summary, error) {
			out := make([]Summary, len(rows))
			for i, r := range rows {
				out[i] = r.Summary()
			}
			return out, nil
		}})
	api.Get(a, api.Op{Path: "/bulk-edits/{id}", Tag: tag, Summary: "Get a bulk edit"}, func(ctx context.Context, in *byID) (Answer, error) {
		e, err := s.Edit(ctx, permission.From(ctx), in.ID)
		return e.Answer(s.printer(permission.From(ctx))), err
	})
	api.Post(a, api.Op{Path: "/bulk-edits/{id}/undo", Tag: tag, Summary: "Undo a bulk edit", Status: 200,
		Description: "Every field that still holds what the edit wrote gets its former value back; what somebody has changed since is left alone, and named."},
		func(ctx context.Context, in *byID) (Answer, error) {
			e, err := s.Undo(ctx, permission.From(ctx), in.ID)
			return e.Answer(s.printer(permission.From(ctx))), err
		})
}
