package note

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// The kinds of notifications.
const (
	byMention = "mention"
	byWatch   = "note"
)

// notification is a row of somebody's inbox.
type notification struct {
	CustomerID string  `db:"customer_id"`
	ID         string  `db:"id"`
	UserID     string  `db:"user_id"`
	Kind       string  `db:"kind"`
	RecordType string  `db:"record_type"`
	RecordID   string  `db:"record_id"`
	RecordName string  `db:"record_name"`
	NoteID     string  `db:"note_id"`
	ActorName  string  `db:"actor_name"`
	Excerpt    string  `db:"excerpt"`
	CreatedAt  db.Time `db:"created_at"`
	ReadAt     db.Time `db:"read_at"`
	MailDueAt  db.Time `db:"mail_due_at"`
}

// Notification is one line of one's inbox.
type Notification struct {
	ID         string  `json:"id"`
	Kind       string  `json:"kind" enum:"mention,note"`
	RecordType string  `json:"record_type"`
	RecordID   string  `json:"record_id"`
	RecordName string  `json:"record_name"`
	NoteID     string  `json:"note_id"`
	Actor      string  `json:"actor"`
	Excerpt    string  `json:"excerpt"`
	Read       bool    `json:"read"`
	CreatedAt  db.Time `json:"created_at"`
}

func (n notification) shown() Notification {
	return Notification{ID: n.ID, Kind: n.Kind, RecordType: n.RecordType, RecordID: n.RecordID, RecordName: n.RecordName, NoteID: n.NoteID, Actor: n.ActorName,
		Excerpt: n.Excerpt, Read: !n.ReadAt.IsZero(), CreatedAt: n.CreatedAt}
}

// NotificationSpec is how an inbox is listed. Its ids are made in the order of time.
var NotificationSpec = list.Spec{
	From: "{notification} n", Columns: db.Columns[notification]("n."), Key: "n.id", Sort: "-id",
	Fields: []list.Field{
		{Name: "id", Column: "n.id", Kind: list.ID, Sort: true},
		{Name: "kind", Column: "n.kind", Kind: list.Choice, Filter: true, Values: []string{byMention, byWatch}},
		{Name: "record_type", Column: "n.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "n.record_id", Kind: list.ID, Filter: true},
		{Name: "read_at", Column: "n.read_at", Kind: list.Time, Filter: true, Nullable: true},
	},
}

// gather is how long what happens to a record is gathered before a mail tells of all of it.
const gather = 2 * time.Minute

// notify writes the notifications of a note: for the mentioned, and for those who watch. Everybody is measured against the audience of now.
func (s *Service) notify(ctx context.Context, tx *db.Tx, on subject.Subject, r row, people, reached []Person, told []string) error {
	var watching []string
	if told == nil {
		err := tx.Select(ctx, &watching, `SELECT CAST(w.user_id AS TEXT) FROM {watcher} w WHERE w.customer_id = ? AND w.record_type = ? AND w.record_id = ? AND w.watching`,
			on.CustomerID, on.Kind, on.ID)
		if err != nil {
			return fmt.Errorf("watchers: %w", err)
		}
	}
	var rows []notification
	for _, p := range people {
		kind := byWatch
		switch {
		case p.ID == string(r.AuthorID), slices.Contains(told, p.ID):
			continue
		case slices.ContainsFunc(reached, func(m Person) bool { return m.ID == p.ID }):
			kind = byMention
		case !slices.Contains(watching, p.ID):
			continue
		}
		rows = append(rows, notification{ID: id.New(), UserID: p.ID, Kind: kind, RecordType: on.Kind, RecordID: on.ID, RecordName: on.Name, NoteID: r.ID,
			ActorName: r.AuthorName, Excerpt: excerpt(r.Body), CreatedAt: tx.Now(), MailDueAt: db.At(tx.Now().Add(gather))})
	}
	_, err := tx.Insert(ctx, "notification", rows, "")
	return err
}

// own narrows a query to the actor's inbox: of what they may still read.
func (s *Service) own(a permission.Actor, q list.Query) list.Query {
	types := s.readable(a)
	q = q.Where("n.user_id = ?", owner(a)).Where("n.record_type IN ("+db.Marks(len(types))+")", db.Anys(types)...)
	if !a.May(permission.InternalRead) { // a person may have become less since
		q = q.Where("EXISTS (SELECT 1 FROM {note} x WHERE x.customer_id = n.customer_id AND x.id = n.note_id AND x.public)")
	}
	return q
}

// owner is whose inbox it is; the system has none.
func owner(a permission.Actor) string {
	if a.ID == "" {
		return "00000000-0000-0000-0000-000000000000"
	}
	return a.ID
}

// Notifications lists one's own inbox. Faults: forbidden, invalid.
func (s *Service) Notifications(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Notification], err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return page, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, NotificationSpec, s.own(a, q), notification.shown)
		return err
	})
	return page, err
}

// CountLimit is how far an inbox is counted.
const CountLimit = 99

// Unread counts what the actor has not read, up to one more than CountLimit. Faults: forbidden.
func (s *Service) Unread(ctx context.Context, a permission.Actor) (n int, err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		n, err = list.Count(ctx, tx, NotificationSpec, s.own(a, NotificationSpec.All().Where("n.read_at IS NULL")), CountLimit+1)
		return err
	})
	return n, err
}

// Reading is the input of MarkRead.
type Reading struct {
	IDs []string `json:"ids,omitempty" doc:"Of notifications of one's own; all of them unless said otherwise."`
}

// Marked is the answer of MarkRead.
type Marked struct {
	Marked int `json:"marked"`
}

// MarkRead takes notifications of one's own as read; ids of others' do nothing. Faults: forbidden, invalid.
func (s *Service) MarkRead(ctx context.Context, a permission.Actor, in Reading) (out Marked, err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return out, err
	}
	var bad fault.Fields
	if len(in.IDs) > list.MaxLimit {
		bad.Add("ids", "fault.too_many", "max", list.MaxLimit)
	}
	for i, ref := range in.IDs {
		if !id.Valid(ref) {
			bad.Add(fmt.Sprintf("ids[%d]", i), "fault.not_found")
		}
	}
	if err := bad.Err(); err != nil {
		return out, err
	}
	type mine struct {
		CustomerID string `db:"customer_id"`
		ID         string `db:"id"`
	}
	var found []mine
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		query, params := `SELECT n.customer_id, n.id FROM {notification} n WHERE n.user_id = ? AND n.read_at IS NULL`, []any{owner(a)}
		if len(in.IDs) > 0 {
			query += ` AND n.id IN (` + db.Marks(len(in.IDs)) + `)`
			params = append(params, db.Anys(in.IDs)...)
		}
		return tx.Select(ctx, &found, query+` ORDER BY n.customer_id LIMIT 10000`, params...)
	})
	if err != nil {
		return out, fmt.Errorf("read notifications: %w", err)
	}
	for len(found) > 0 { // a write names one customer
		customer, n := found[0].CustomerID, 0
		for n < len(found) && n < 500 && found[n].CustomerID == customer {
			n++
		}
		ids := make([]string, n)
		for i, m := range found[:n] {
			ids[i] = m.ID
		}
		found = found[n:]
		scope, err := a.For(permission.NoteRead, customer)
		if err != nil {
			return out, err
		}
		err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE {notification} SET read_at = ?, mail_due_at = NULL WHERE read_at IS NULL AND id IN (`+db.Marks(len(ids))+`)`, append([]any{tx.Now()}, db.Anys(ids)...)...)
			out.Marked += int(n)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("read notifications: %w", err)
		}
	}
	return out, nil
}
