package note

import (
	"context"
	"fmt"
	"slices"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Parts are what the service stands on.
type Parts struct {
	DB       *db.DB
	Subjects *subject.Registry
	// Mailer takes the mails of notifications; nil sends none.
	Mailer Mailer
	// More are further sources of the timeline, such as files.
	More []Source
}

// Service holds the rules of notes, watchers and notifications.
type Service struct {
	Parts
	md markdown
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p, md: newMarkdown()} }

// Write adds a note to a record. Faults: not_found (the record), forbidden, invalid.
func (s *Service) Write(ctx context.Context, a permission.Actor, in NewNote) (Note, error) {
	if err := a.Require(permission.NoteWrite); err != nil {
		return Note{}, err
	}
	var on subject.Subject
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		on, err = s.Subjects.Open(ctx, tx, a, in.RecordType, in.RecordID)
		return err
	})
	if err != nil {
		return Note{}, err
	}
	scope, err := a.For(permission.NoteWrite, on.CustomerID)
	if err != nil {
		return Note{}, err
	}
	body, err := clean(in.Body)
	if err != nil {
		return Note{}, err
	}
	staff := !a.Role().Customer()
	r := row{ID: id.New(), RecordType: on.Kind, RecordID: on.ID, Public: in.Public || !staff, Body: body, AuthorID: db.Null(a.ID), AuthorName: a.Name, Staff: staff, Version: 1}
	var out Note
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		r.CustomerID, r.CreatedAt = on.CustomerID, tx.Now()
		if _, err := tx.Insert(ctx, "note", r, ""); err != nil {
			return fmt.Errorf("write a note: %w", err)
		}
		slug, err := slugOf(ctx, tx, on.CustomerID)
		if err != nil {
			return err
		}
		out = r.shown(slug)
		if out.Unreached, err = s.concern(ctx, tx, on, r, nil); err != nil {
			return err
		}
		return s.done(ctx, tx, a, "write", r, nil, trail(r))
	})
	if err != nil {
		return Note{}, err
	}
	return out, nil
}

// trail is what the audit trail keeps of a note: that it was written, never its text, which may have to go.
func trail(r row) map[string]any {
	return map[string]any{"record_type": r.RecordType, "record_id": r.RecordID, "public": r.Public, "characters": len([]rune(r.Body)), "version": r.Version}
}

// done writes the trail and tells those who look at the record.
func (s *Service) done(ctx context.Context, tx *db.Tx, a permission.Actor, action string, r row, before, after any) error {
	if r.Public {
		live.Changed(tx, r.RecordType, r.RecordID)
	} else {
		live.ChangedForStaff(tx, r.RecordType, r.RecordID)
	}
	return audit.Write(ctx, tx, a, action, audit.Record{Type: "note", ID: r.ID, Name: r.RecordType + " " + r.RecordID}, before, after)
}

// open reads a note that the actor may see. An internal note is not there for people of a customer.
func (s *Service) open(ctx context.Context, tx *db.Tx, a permission.Actor, ref string) (found listed, on subject.Subject, err error) {
	if !id.Valid(ref) {
		return found, on, fault.New(fault.NotFound, "fault.not_found")
	}
	if err = tx.Get(ctx, &found, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE n.id = ?`, ref); err != nil {
		return found, on, err
	}
	if !found.Public && !a.May(permission.InternalRead) {
		return found, on, fault.New(fault.NotFound, "fault.not_found")
	}
	if on, err = s.Subjects.Open(ctx, tx, a, found.RecordType, found.RecordID); err != nil {
		return found, on, err
	}
	return found, on, a.Require(permission.NoteRead)
}

// Note reads one note. Faults: not_found, forbidden.
func (s *Service) Note(ctx context.Context, a permission.Actor, ref string) (out Note, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		found, _, err := s.open(ctx, tx, a, ref)
		if err == nil {
			out = found.shown(found.Slug)
		}
		return err
	})
	return out, err
}

// seen narrows a query of notes to what the actor may see.
func (s *Service) seen(a permission.Actor, q list.Query) list.Query {
	types := s.readable(a)
	q = q.Where("n.record_type IN ("+db.Marks(len(types))+")", db.Anys(types)...)
	if !a.May(permission.InternalRead) {
		q = q.Where("n.public")
	}
	return q
}

func (s *Service) readable(a permission.Actor) (types []string) {
	for _, t := range s.Subjects.Types() {
		if s.Subjects.MayRead(a, t) {
			types = append(types, t)
		}
	}
	return types
}

// Notes lists a page of the notes that the actor may see. Faults: forbidden, invalid.
func (s *Service) Notes(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[Note], err error) {
	if err := a.Require(permission.NoteRead); err != nil {
		return page, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, Spec, s.seen(a, q), func(l listed) Note { return l.shown(l.Slug) })
		return err
	})
	return page, err
}

// change opens a note for a change by the actor, in a transaction of its customer.
func (s *Service) change(ctx context.Context, a permission.Actor, ref string, f func(tx *db.Tx, found listed, on subject.Subject) error) error {
	var customer string
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		found, _, err := s.open(ctx, tx, a, ref)
		customer = found.CustomerID
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(permission.NoteRead, customer)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		found, on, err := s.open(ctx, tx, a, ref)
		if err != nil {
			return err
		}
		return f(tx, found, on)
	})
}

// fresh refuses a change that was made for another version than the one there is; 0 takes any.
func (r row) fresh(version int64) error {
	if version != 0 && version != r.Version {
		return fault.New(fault.Stale, "fault.stale")
	}
	return nil
}

// Edit corrects a note of one's own, within a quarter of an hour; what it said before is kept. Faults: not_found, forbidden (it is
// somebody else's), conflict (it is too late, or removed), invalid, stale.
func (s *Service) Edit(ctx context.Context, a permission.Actor, ref string, version int64, in ChangeNote) (out Note, err error) {
	err = s.change(ctx, a, ref, func(tx *db.Tx, found listed, on subject.Subject) error {
		if err := a.Require(permission.NoteWrite); err != nil {
			return err
		}
		if a.ID == "" || string(found.AuthorID) != a.ID {
			return fault.New(fault.Forbidden, "note.not_yours")
		}
		if err := found.fresh(version); err != nil {
			return err
		}
		if !found.mayEdit(a.ID, tx.Now().Time) {
			return fault.New(fault.Conflict, "note.too_late")
		}
		body, err := clean(in.Body)
		if err != nil {
			return err
		}
		if out = found.shown(found.Slug); body == found.Body {
			return nil
		}
		before := found.row
		old := struct {
			NoteID  string  `db:"note_id"`
			Version int64   `db:"version"`
			Body    string  `db:"body"`
			At      db.Time `db:"at"`
			Key     string  `db:"customer_id"`
		}{found.ID, found.Version, found.Body, tx.Now(), found.CustomerID}
		if _, err := tx.Insert(ctx, "note_version", old, ""); err != nil {
			return fmt.Errorf("edit a note: %w", err)
		}
		found.Body, found.Version, found.EditedAt = body, found.Version+1, tx.Now()
		n, err := tx.Exec(ctx, `UPDATE {note} SET body = ?, version = ?, edited_at = ? WHERE id = ? AND version = ?`, body, found.Version, found.EditedAt, found.ID, before.Version)
		if err != nil {
			return fmt.Errorf("edit a note: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Stale, "fault.stale")
		}
		told, err := mentioned(ctx, tx, found.ID)
		if err != nil {
			return err
		}
		out = found.shown(found.Slug)
		if out.Unreached, err = s.concern(ctx, tx, on, found.row, told); err != nil {
			return err
		}
		return s.done(ctx, tx, a, "edit", found.row, trail(before), trail(found.row))
	})
	return out, err
}

// Remove takes the text of a note away for good, its history included; that there was one stays. Its author may for a quarter of an
// hour, and who may remove any. Faults: not_found, forbidden, conflict (it is removed already), stale.
func (s *Service) Remove(ctx context.Context, a permission.Actor, ref string, version int64) error {
	return s.change(ctx, a, ref, func(tx *db.Tx, found listed, _ subject.Subject) error {
		if found.RemovedAt.IsZero() && !mayRemove(a, found.row, tx.Now()) {
			return a.Require(permission.NoteRemove)
		}
		if err := found.fresh(version); err != nil {
			return err
		}
		if !found.RemovedAt.IsZero() {
			return fault.New(fault.Conflict, "note.removed_already")
		}
		_, err := tx.Exec(ctx, `UPDATE {note} SET body = '', version = version + 1, removed_at = ?, removed_by = ? WHERE id = ?`, tx.Now(), a.Name, found.ID)
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM {note_version} WHERE note_id = ?`, found.ID)
		}
		if err == nil { // what stands in inboxes is the note's text too
			_, err = tx.Exec(ctx, `DELETE FROM {notification} WHERE note_id = ?`, found.ID)
		}
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM {note_mention} WHERE note_id = ?`, found.ID)
		}
		if err != nil {
			return fmt.Errorf("remove a note: %w", err)
		}
		return s.done(ctx, tx, a, "remove", found.row, trail(found.row), nil)
	})
}

func mayRemove(a permission.Actor, r row, now db.Time) bool {
	return r.RemovedAt.IsZero() && (a.May(permission.NoteRemove) || a.May(permission.NoteWrite) && r.mayEdit(a.ID, now.Time))
}

// Version is what a note said before it was corrected.
type Version struct {
	Version int64   `db:"version" json:"version"`
	Body    string  `db:"body" json:"body"`
	At      db.Time `db:"at" json:"replaced_at"`
}

// Versions is the history of a note, for the provider's people. Faults: not_found, forbidden.
func (s *Service) Versions(ctx context.Context, a permission.Actor, ref string) (out []Version, err error) {
	out = []Version{}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		found, _, err := s.open(ctx, tx, a, ref)
		if err != nil {
			return err
		}
		if err := a.Require(permission.InternalRead); err != nil {
			return err
		}
		return tx.Select(ctx, &out, `SELECT v.version, v.body, v.at FROM {note_version} v WHERE v.customer_id = ? AND v.note_id = ? ORDER BY v.version DESC`, found.CustomerID, found.ID)
	})
	return out, err
}

func mentioned(ctx context.Context, tx *db.Tx, note string) (ids []string, err error) {
	err = tx.Select(ctx, &ids, `SELECT CAST(m.user_id AS TEXT) FROM {note_mention} m WHERE m.note_id = ?`, note)
	return ids, err
}

// concern finds out whom a note concerns: it keeps its mentions, makes author and mentioned watch, and writes the notifications. told
// have had theirs, and for them a correction is no news; nor is it for watchers.
func (s *Service) concern(ctx context.Context, tx *db.Tx, on subject.Subject, r row, told []string) (unreached []string, err error) {
	people, err := s.audience(ctx, tx, on, r.Public)
	if err != nil {
		return nil, err
	}
	reached, unreached := named(r.Body, people, string(r.AuthorID))
	if _, err := tx.Exec(ctx, `DELETE FROM {note_mention} WHERE note_id = ?`, r.ID); err != nil {
		return nil, err
	}
	type mention struct {
		CustomerID string `db:"customer_id"`
		NoteID     string `db:"note_id"`
		UserID     string `db:"user_id"`
		Name       string `db:"name"`
	}
	var kept []mention
	watch := []string{}
	for _, p := range reached {
		kept = append(kept, mention{NoteID: r.ID, UserID: p.ID, Name: p.Name})
		watch = append(watch, p.ID)
	}
	if _, err := tx.Insert(ctx, "note_mention", kept, ""); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(people, func(p Person) bool { return p.ID == string(r.AuthorID) }) {
		watch = append(watch, string(r.AuthorID))
	}
	if err := follow(ctx, tx, on, watch); err != nil {
		return nil, err
	}
	return unreached, s.notify(ctx, tx, on, r, people, reached, told)
}

func slugOf(ctx context.Context, tx *db.Tx, customer string) (slug string, err error) {
	err = tx.Get(ctx, &slug, `SELECT slug FROM {customer} WHERE id = ?`, customer)
	return slug, err
}
