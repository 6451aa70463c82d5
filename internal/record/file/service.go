package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"vigie/internal/kit/list"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/platform/live"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Parts are what the service stands on.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Store    blob.Store
	Secrets  *seal.Box
	Subjects *subject.Registry
	Limits   Limits
}

// Service holds the rules of attachments.
type Service struct {
	Parts
	drawing chan struct{} // a place for each image that may be drawn at once

	mu  sync.Mutex
	key []byte // signs links; read when it is first needed
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p, drawing: make(chan struct{}, drawAtOnce)} }

// NewFile is the input of Add.
type NewFile struct {
	RecordType string
	RecordID   string
	Name       string
	Public     bool // what people of a customer add always is
	Content    io.Reader
}

// Add attaches a file to a record. Faults: not_found (the record), forbidden, invalid (its type is refused, or it is empty),
// too_large, conflict (the customer's quota is used up).
func (s *Service) Add(ctx context.Context, a permission.Actor, in NewFile) (File, error) {
	if err := a.Require(permission.FileWrite); err != nil {
		return File{}, err
	}
	var on subject.Subject
	var slug string
	var room int64
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if on, err = s.Subjects.Open(ctx, tx, a, in.RecordType, in.RecordID); err != nil {
			return err
		}
		if slug, err = slugOf(ctx, tx, on.CustomerID); err != nil {
			return err
		}
		room, err = s.room(ctx, tx, on.CustomerID)
		return err
	})
	if err != nil {
		return File{}, err
	}
	scope, err := a.For(permission.FileWrite, on.CustomerID)
	if err != nil {
		return File{}, err
	}
	if room <= 0 {
		return File{}, s.full()
	}
	r, content, err := s.take(ctx, in)
	if err != nil {
		return File{}, err
	}
	r.ID, r.RecordType, r.RecordID, r.Public, r.Version = id.New(), in.RecordType, in.RecordID, in.Public || a.Role().Customer(), 1
	r.AddedBy, r.AddedName = db.Null(a.ID), a.Name
	var out File
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		r.CreatedAt = tx.Now()
		for _, b := range content {
			if err := blob.Keep(ctx, tx, s.Store, b); err != nil {
				return err
			}
		}
		if _, err := tx.Insert(ctx, "file", r, ""); err != nil {
			return fmt.Errorf("attach a file: %w", err)
		}
		// Counted with the new row: a content that the customer has already takes no more room.
		if left, err := s.room(ctx, tx, on.CustomerID); err != nil {
			return err
		} else if left < 0 {
			return s.full()
		}
		out = r.shown(slug)
		s.tell(tx, r)
		return audit.Write(ctx, tx, a, "add", record(r), nil, out)
	})
	if err != nil {
		return File{}, err
	}
	return out, nil
}

// take reads a content into the store and tells what it is. Nothing names it yet: if the rest fails, a sweep removes it.
func (s *Service) take(ctx context.Context, in NewFile) (row, []blob.Blob, error) {
	buffered := bufio.NewReaderSize(in.Content, sniffed)
	head, err := buffered.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return row{}, nil, err
	}
	if len(head) == 0 {
		var bad fault.Fields
		bad.Add("file", "file.empty")
		return row{}, nil, bad.Err()
	}
	kind := detect(head)
	if err := s.Limits.check(kind); err != nil {
		return row{}, nil, err
	}
	b, err := s.Store.Put(ctx, buffered, s.Limits.Max)
	if err != nil {
		return row{}, nil, err
	}
	r := row{Name: CleanName(in.Name, kind.Extension()), MediaType: bare(kind), Size: b.Size, Hash: b.Hash}
	kept := []blob.Blob{b}
	small, err := s.draw(ctx, r.MediaType, b)
	if err != nil {
		return row{}, nil, err
	}
	if small.blob.Hash != "" {
		r.PreviewHash, r.PreviewType, r.PreviewSize = db.Null(small.blob.Hash), small.kind, small.blob.Size
		kept = append(kept, small.blob)
	}
	return r, kept, nil
}

type drawn struct {
	blob blob.Blob
	kind string
}

// draw makes the preview of an image; a content that cannot be drawn has none, which is no error.
func (s *Service) draw(ctx context.Context, mediaType string, b blob.Blob) (drawn, error) {
	if !drawable(mediaType) || b.Size > maxPreviewRaw {
		return drawn{}, nil
	}
	select {
	case s.drawing <- struct{}{}:
		defer func() { <-s.drawing }()
	case <-ctx.Done():
		return drawn{}, ctx.Err()
	}
	from := blob.NewSeeker(ctx, s.Store, b)
	defer from.Close()
	small, kind, err := preview(ctx, mediaType, from)
	if errors.Is(err, errNoPreview) {
		return drawn{}, ctx.Err()
	}
	if err != nil {
		return drawn{}, err
	}
	kept, err := s.Store.Put(ctx, bytes.NewReader(small), int64(len(small)))
	return drawn{kept, kind}, err
}

// room is how many bytes the customer may still add; each content counts once.
func (s *Service) room(ctx context.Context, tx *db.Tx, customer string) (int64, error) {
	var used int64
	err := tx.Get(ctx, &used, `SELECT CAST(COALESCE(SUM(x.size), 0) AS BIGINT) FROM (SELECT DISTINCT f.hash, f.size FROM {file} f WHERE f.customer_id = ?) x`, customer)
	return s.Limits.Quota - used, err
}

func (s *Service) full() error {
	return fault.New(fault.Conflict, "file.quota", "max", blob.Megabytes(s.Limits.Quota))
}

// tell makes the pages of the record show the change: those of the customer only if they may see the file.
func (s *Service) tell(tx *db.Tx, r row) {
	if r.Public {
		live.Changed(tx, r.RecordType, r.RecordID)
	} else {
		live.ChangedForStaff(tx, r.RecordType, r.RecordID)
	}
}

// File reads one file's description. Faults: not_found, forbidden.
func (s *Service) File(ctx context.Context, a permission.Actor, ref string) (File, error) {
	f, _, _, err := s.open(ctx, a, ref)
	return f, err
}

// open reads a file that the actor may see, with the record that it belongs to. An internal file is not there for people of a customer.
func (s *Service) open(ctx context.Context, a permission.Actor, ref string) (f File, r row, on subject.Subject, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		found, err := get(ctx, tx, ref)
		if err != nil {
			return err
		}
		if a.Role().Customer() && !found.Public {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		if on, err = s.Subjects.Open(ctx, tx, a, found.RecordType, found.RecordID); err != nil {
			return err
		}
		f, r = found.shown(found.Slug), found.row
		return nil
	})
	if err == nil {
		err = a.Require(permission.FileRead)
	}
	if err != nil {
		return File{}, row{}, subject.Subject{}, err
	}
	return f, r, on, nil
}

func get(ctx context.Context, tx *db.Tx, ref string) (l listed, err error) {
	if !id.Valid(ref) {
		return l, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &l, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE f.id = ?`, ref)
	return l, err
}

func slugOf(ctx context.Context, tx *db.Tx, customer string) (slug string, err error) {
	err = tx.Get(ctx, &slug, `SELECT slug FROM {customer} WHERE id = ?`, customer)
	return slug, err
}

// Seen narrows a query to what the actor may see: records of types that it may read, and for people of a customer public files.
func (s *Service) seen(a permission.Actor, q list.Query) list.Query {
	var types []string
	for _, t := range s.Subjects.Types() {
		if s.Subjects.MayRead(a, t) {
			types = append(types, t)
		}
	}
	q = q.Where("f.record_type IN ("+db.Marks(len(types))+")", db.Anys(types)...)
	if a.Role().Customer() {
		q = q.Where("f.public")
	}
	return q
}

// Files lists a page of the files that the actor may see. Faults: forbidden, invalid.
func (s *Service) Files(ctx context.Context, a permission.Actor, q list.Query) (page list.Page[File], err error) {
	if err := a.Require(permission.FileRead); err != nil {
		return page, err
	}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		page, err = list.RunAs(ctx, tx, Spec, s.seen(a, q), func(l listed) File { return l.shown(l.Slug) })
		return err
	})
	return page, err
}

// Recent reads the files of a record that the actor has opened, newest first, older than an id where one is given: for its timeline.
func (s *Service) Recent(ctx context.Context, tx *db.Tx, a permission.Actor, on subject.Subject, before string, limit int) ([]File, error) {
	query := `SELECT ` + db.Columns[row]("f.") + ` FROM {file} f WHERE f.customer_id = ? AND f.record_type = ? AND f.record_id = ?`
	params := []any{on.CustomerID, on.Kind, on.ID}
	if before != "" {
		query += ` AND f.id < ?`
		params = append(params, before)
	}
	if a.Role().Customer() {
		query += ` AND f.public`
	}
	var rows []row
	err := tx.Select(ctx, &rows, query+` ORDER BY f.id DESC LIMIT ?`, append(params, limit)...)
	out := make([]File, len(rows))
	for i, r := range rows {
		out[i] = r.shown("")
	}
	return out, err
}

// Remove lets a file go; its content follows when no other file has it. Whoever added it may, and who may remove any. Faults:
// not_found, forbidden, stale.
func (s *Service) Remove(ctx context.Context, a permission.Actor, ref string, version int64) error {
	f, r, _, err := s.open(ctx, a, ref)
	if err != nil {
		return err
	}
	if !mayRemove(a, r) {
		return a.Require(permission.FileRemove)
	}
	scope, err := a.For(permission.FileRead, r.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		if version != 0 && version != r.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		n, err := tx.Exec(ctx, `DELETE FROM {file} WHERE id = ?`, r.ID)
		if err != nil {
			return fmt.Errorf("remove a file: %w", err)
		}
		if n == 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		s.tell(tx, r)
		return audit.Write(ctx, tx, a, "remove", record(r), f, nil)
	})
}

func mayRemove(a permission.Actor, r row) bool {
	return a.May(permission.FileRemove) || a.May(permission.FileWrite) && a.ID != "" && string(r.AddedBy) == a.ID
}

func record(r row) audit.Record { return audit.Record{Type: "file", ID: r.ID, Name: r.Name} }

// ParseTypes reads a list of media types as a setting gives it.
func ParseTypes(words []string) (out []string, err error) {
	for _, w := range words {
		w = strings.ToLower(strings.TrimSpace(w))
		if w == "" {
			continue
		}
		if kind, sub, ok := strings.Cut(w, "/"); w != "*" && (!ok || kind == "" || sub == "" || strings.ContainsAny(w, " ;,")) {
			return nil, fmt.Errorf("%q is no media type such as application/pdf or image/*", w)
		}
		out = append(out, w)
	}
	return out, nil
}
