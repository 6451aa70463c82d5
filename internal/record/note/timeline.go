package note

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// What of a timeline a reader wants to see.
const (
	ShowAll     = ""
	ShowNotes   = "notes"
	ShowPublic  = "public"
	ShowChanges = "changes"
	ShowFiles   = "files"
)

// Entry is one thing that happened to a record. Ids are UUIDv7, made in the order of time: they are the order of the timeline.
type Entry struct {
	ID     string
	At     db.Time
	Actor  string
	Icon   string
	Text   string // the key of the words, with Args
	Args   map[string]any
	Public bool
	Href   string // where Link leads
	Link   string

	note    *noteEntry
	changes []Change
	action  string
}

// Change is a field before and after.
type Change struct{ Field, Before, After string }

// noteEntry is a note in the timeline.
type noteEntry struct {
	row
	names []string
}

// Source gives entries of a record, newest first, older than an id where one is given.
type Source interface {
	Entries(ctx context.Context, tx *db.Tx, a permission.Actor, on subject.Subject, before string, limit int) ([]Entry, error)
	// Shows tells whether the source has something for the choice.
	Shows(choice string) bool
}

// Timeline is a part of what happened to a record.
type Timeline struct {
	Entries []Entry
	Older   string // id to go on from; empty at the end
}

// Timeline reads a part of the timeline, newest first. Each source is asked by its own index for as many as are wanted, and the newest of
// all are kept: the cost is that of the page, whatever the length. Faults: not_found, forbidden.
func (s *Service) Timeline(ctx context.Context, a permission.Actor, kind, ref, choice, before string, limit int) (out Timeline, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		on, err := s.Subjects.Open(ctx, tx, a, kind, ref)
		if err != nil {
			return err
		}
		if err := a.Require(permission.NoteRead); err != nil {
			return err
		}
		for _, source := range append([]Source{notes{s, choice == ShowPublic}, changes{}}, s.More...) {
			if !source.Shows(choice) {
				continue
			}
			found, err := source.Entries(ctx, tx, a, on, before, limit+1)
			if err != nil {
				return fmt.Errorf("timeline of a %s: %w", kind, err)
			}
			out.Entries = append(out.Entries, found...)
		}
		return nil
	})
	slices.SortFunc(out.Entries, func(x, y Entry) int { return strings.Compare(y.ID, x.ID) })
	if len(out.Entries) > limit {
		out.Entries = out.Entries[:limit]
		out.Older = out.Entries[limit-1].ID
	}
	return out, err
}

// notes is the source of notes.
type notes struct {
	s      *Service
	public bool
}

// Shows implements Source.
func (n notes) Shows(choice string) bool {
	return choice == ShowAll || choice == ShowNotes || choice == ShowPublic
}

// Entries implements Source.
func (n notes) Entries(ctx context.Context, tx *db.Tx, a permission.Actor, on subject.Subject, before string, limit int) ([]Entry, error) {
	query, params := since(`SELECT `+db.Columns[row]("n.")+` FROM {note} n WHERE n.customer_id = ? AND n.record_type = ? AND n.record_id = ?`, "n.id", on, before)
	if n.public || !a.May(permission.InternalRead) {
		query += ` AND n.public`
	}
	var rows []row
	if err := tx.Select(ctx, &rows, query+` ORDER BY n.id DESC LIMIT ?`, append(params, limit)...); err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var named []struct {
		NoteID string `db:"note_id"`
		Name   string `db:"name"`
	}
	if len(ids) > 0 {
		err := tx.Select(ctx, &named, `SELECT m.note_id, m.name FROM {note_mention} m WHERE m.customer_id = ? AND m.note_id IN (`+db.Marks(len(ids))+`)`,
			append([]any{on.CustomerID}, db.Anys(ids)...)...)
		if err != nil {
			return nil, err
		}
	}
	names := map[string][]string{}
	for _, m := range named {
		names[m.NoteID] = append(names[m.NoteID], m.Name)
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		icon := "lock"
		if r.Public {
			icon = "message"
		}
		out[i] = Entry{ID: r.ID, At: r.CreatedAt, Actor: r.AuthorName, Icon: icon, Public: r.Public, note: &noteEntry{row: r, names: names[r.ID]}}
	}
	return out, nil
}

// since adds the record and the id to go on from to a query.
func since(query, column string, on subject.Subject, before string) (string, []any) {
	params := []any{on.CustomerID, on.Kind, on.ID}
	if before != "" {
		query += ` AND ` + column + ` < ?`
		params = append(params, before)
	}
	return query, params
}

// changes is the source of what was changed, from the audit trail. It is for the provider's people: a record may have fields that the
// customer is not shown.
type changes struct{}

// Shows implements Source.
func (changes) Shows(choice string) bool { return choice == ShowAll || choice == ShowChanges }

// Entries implements Source.
func (changes) Entries(ctx context.Context, tx *db.Tx, a permission.Actor, on subject.Subject, before string, limit int) ([]Entry, error) {
	if a.Role().Customer() {
		return nil, nil
	}
	query, params := since(`SELECT e.id, e.at, e.actor_name, e.action, e.before, e.after FROM {audit_entry} e WHERE e.customer_id = ? AND e.record_type = ? AND e.record_id = ?`,
		"e.id", on, before)
	var rows []struct {
		ID        string       `db:"id"`
		At        db.Time      `db:"at"`
		ActorName string       `db:"actor_name"`
		Action    string       `db:"action"`
		Before    db.JSON[any] `db:"before"`
		After     db.JSON[any] `db:"after"`
	}
	if err := tx.Select(ctx, &rows, query+` ORDER BY e.id DESC LIMIT ?`, append(params, limit)...); err != nil {
		return nil, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		out[i] = Entry{ID: r.ID, At: r.At, Actor: r.ActorName, Icon: "edit", action: r.Action}
		if r.Before.V != nil && r.After.V != nil {
			out[i].changes = differing(r.Before.V, r.After.V)
		}
	}
	return out, nil
}

// unshown are fields that change with every change.
var unshown = []string{"version", "updated_at", "created_at", "id"}

// differing lists the fields in which two states of a record differ, in order of name.
func differing(before, after any) (out []Change) {
	x, ok := before.(map[string]any)
	y, also := after.(map[string]any)
	if !ok || !also {
		return nil
	}
	fields := map[string]bool{}
	for f := range x {
		fields[f] = true
	}
	for f := range y {
		fields[f] = true
	}
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(unshown, f) && !reflect.DeepEqual(x[f], y[f]) {
			out = append(out, Change{Field: f, Before: written(x[f]), After: written(y[f])})
		}
	}
	return out
}

// written is a value of a record as text, short. Of a list or an object it is what stands in it; an id, which says nothing to people,
// is a mark that there is something.
func written(v any) string {
	const most = 300
	var words []string
	leaves(v, &words)
	s := strings.Join(words, ", ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func leaves(v any, out *[]string) {
	switch v := v.(type) {
	case nil:
	case string:
		if id.Valid(v) {
			v = "…"
		}
		if v != "" {
			*out = append(*out, v)
		}
	case []any:
		for _, e := range v {
			leaves(e, out)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			leaves(v[key], out)
		}
	default:
		*out = append(*out, fmt.Sprint(v))
	}
}
