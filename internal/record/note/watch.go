package note

import (
	"context"
	"fmt"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// watcher is a row of the table.
type watcher struct {
	CustomerID string  `db:"customer_id"`
	RecordType string  `db:"record_type"`
	RecordID   string  `db:"record_id"`
	UserID     string  `db:"user_id"`
	Watching   bool    `db:"watching"`
	CreatedAt  db.Time `db:"created_at"`
}

// Watcher is somebody who is told of what happens to a record.
type Watcher struct {
	UserID     string  `json:"user_id"`
	Name       string  `json:"name"`
	RecordType string  `json:"record_type"`
	RecordID   string  `json:"record_id"`
	Since      db.Time `json:"since"`
}

type watcherRow struct {
	watcher
	Name string `db:"name"`
}

// WatcherSpec is how watchers are listed.
var WatcherSpec = list.Spec{
	From: "{watcher} w JOIN {app_user} u ON u.id = w.user_id", Where: "w.watching AND u.disabled_at IS NULL",
	Columns: db.Columns[watcher]("w.") + ", u.name", Key: "w.user_id", Sort: "-created_at",
	Fields: []list.Field{
		{Name: "record_type", Column: "w.record_type", Kind: list.Choice, Filter: true},
		{Name: "record_id", Column: "w.record_id", Kind: list.ID, Filter: true},
		{Name: "user_id", Column: "w.user_id", Kind: list.ID, Filter: true},
		{Name: "created_at", Column: "w.created_at", Kind: list.Time, Sort: true, Filter: true},
	},
}

func (r watcherRow) shown() Watcher {
	return Watcher{UserID: r.UserID, Name: r.Name, RecordType: r.RecordType, RecordID: r.RecordID, Since: r.CreatedAt}
}

// seenWatchers narrows a query of watchers: people of a customer see themselves only.
func (s *Service) seenWatchers(a permission.Actor, q list.Query) list.Query {
	types := s.readable(a)
	q = q.Where("w.record_type IN ("+db.Marks(len(types))+")", db.Anys(types)...)
	if !a.May(permission.InternalRead) {
		q = q.Where("w.user_id = ?", a.ID)
	}
	return q
}

// Watchers lists who watches. Faults: forbidden, invalid.
func (s *Service) Watchers(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Watcher], err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return page, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, WatcherSpec, s.seenWatchers(a, q), watcherRow.shown)
		return err
	})
	return page, err
}

// Watch is the input of SetWatching.
type Watch struct {
	RecordType string `json:"record_type"`
	RecordID   string `json:"record_id"`
	Watching   *bool  `json:"watching,omitempty" doc:"false ends it; true unless said otherwise."`
}

// Watching is the answer of SetWatching.
type Watching struct {
	Watching bool `json:"watching"`
}

// SetWatching makes the actor watch a record or end it, also what would else begin by itself. It is about oneself, and so it is not in
// the audit trail. Faults: not_found, forbidden.
func (s *Service) SetWatching(ctx context.Context, a permission.Actor, in Watch) (Watching, error) {
	on, err := s.find(ctx, a, in.RecordType, in.RecordID)
	if err != nil {
		return Watching{}, err
	}
	scope, err := a.For(permission.NoteRead, on.CustomerID)
	if err != nil {
		return Watching{}, err
	}
	out := Watching{in.Watching == nil || *in.Watching}
	if a.ID == "" {
		return Watching{}, nil // the system has no inbox
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		w := watcher{RecordType: on.Kind, RecordID: on.ID, UserID: a.ID, Watching: out.Watching, CreatedAt: tx.Now()}
		_, err := tx.Insert(ctx, "watcher", w, "(customer_id, record_type, record_id, user_id) DO UPDATE SET watching = excluded.watching, created_at = excluded.created_at")
		return err
	})
	if err != nil {
		return Watching{}, fmt.Errorf("watch a record: %w", err)
	}
	return out, nil
}

// find opens a record for reading.
func (s *Service) find(ctx context.Context, a permission.Actor, kind, ref string) (on subject.Subject, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		on, err = s.Subjects.Open(ctx, tx, a, kind, ref)
		return err
	})
	return on, err
}

// follow makes people watch who have not said otherwise.
func follow(ctx context.Context, tx *db.Tx, on subject.Subject, users []string) error {
	rows := make([]watcher, len(users))
	for i, u := range users {
		rows[i] = watcher{RecordType: on.Kind, RecordID: on.ID, UserID: u, Watching: true, CreatedAt: tx.Now()}
	}
	_, err := tx.Insert(ctx, "watcher", rows, "(customer_id, record_type, record_id, user_id) DO NOTHING")
	return err
}
