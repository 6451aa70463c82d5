package document

import (
	"context"
	"fmt"
	"io"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/record/file"
	"vigie/internal/record/register"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
)

// Files takes contents and tells of attachments.
type Files interface {
	Add(ctx context.Context, a permission.Actor, in file.NewFile) (file.File, error)
	File(ctx context.Context, a permission.Actor, ref string) (file.File, error)
}

// Mailer writes to whoever owes documents, in the transaction that notes it.
type Mailer interface {
	Owed(ctx context.Context, tx *db.Tx, a permission.Actor, m Mail) error
}

// Parts is what the service stands on.
type Parts struct {
	DB       *db.DB
	Clock    clock.Clock
	Subjects *subject.Registry
	Files    Files
	Mailer   Mailer    // nil: nobody is written to
	Links    LinkMaker // nil: mails have no link of their own
	Kinds    Kinds
}

// Service holds the rules of documents.
type Service struct {
	Parts
	List *register.Register[Document]
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{Parts: p}
	s.List = register.Define(s.declaration(), register.Parts{DB: p.DB, Subjects: p.Subjects})
	return s
}

// Subjects are the types of records of this room.
func Subjects() []subject.Kind { return []subject.Kind{New(Parts{}).List.Kind()} }

func (s *Service) declaration() register.Declaration[Document] {
	return register.Declaration[Document]{Name: "document", Path: "/documents", Title: "title", Icon: "file-text", Read: permission.DocumentRead, Write: permission.DocumentWrite,
		Status:  "state",
		Tones:   map[string]ui.Tone{string(Requested): ui.Info, string(Received): ui.Busy, string(Reviewed): ui.Busy, string(Accepted): ui.Good, string(Refused): ui.Bad},
		Options: map[string]func(*ui.Page) []ui.Option{"kind": s.kindOptions},
		Links:   s.links, Beside: s.beside,
		Did: map[string]string{"hand_in": "documents.did.hand_in", "review": "documents.did.review", "waive": "documents.did.waive"},
		Check: func(d Document, bad *fault.Fields) {
			if _, ok := s.Kinds.Of(d.Kind); d.Kind != "" && !ok {
				bad.Add("kind", "documents.bad.kind", "value", d.Kind)
			}
			if d.state() == Requested && d.OwedBy == "" {
				bad.Add("owed_by", "documents.bad.owed_by")
			}
			if d.state().Owes() && !d.DueOn.Valid() {
				bad.Add("due_on", "documents.bad.due_on")
			}
		}}
}

// documentTypes are the types that the register knows.
func documentTypes() []string {
	for _, f := range New(Parts{}).List.Fields() {
		if f.Name == "type" {
			return f.Values
		}
	}
	return nil
}

// NewVersion is the input of HandIn.
type NewVersion struct {
	Name    string
	Content io.Reader
	Edition string
	Remarks string
}

// HandIn takes a file for a document. Faults: not_found, forbidden, invalid, too_large, conflict (the customer's room is used up).
func (s *Service) HandIn(ctx context.Context, a permission.Actor, ref string, in NewVersion) (v Version, err error) {
	if err := s.mayHandIn(ctx, a, ref, in.Edition, in.Remarks); err != nil {
		return v, err
	}
	f, err := s.Files.Add(ctx, a, file.NewFile{RecordType: "document", RecordID: ref, Name: in.Name, Public: true, Content: in.Content})
	if err != nil {
		return v, err
	}
	return s.take(ctx, a, ref, f, in.Edition, in.Remarks)
}

// HandInAttachment takes an attachment of the document as its next version. Faults: not_found, forbidden, invalid.
func (s *Service) HandInAttachment(ctx context.Context, a permission.Actor, ref, attachment, edition, remarks string) (v Version, err error) {
	if err := s.mayHandIn(ctx, a, ref, edition, remarks); err != nil {
		return v, err
	}
	f, err := s.Files.File(ctx, a, attachment)
	if fault.Is(err, fault.NotFound) || err == nil && (f.RecordType != "document" || f.RecordID != ref) {
		var bad fault.Fields
		bad.Add("attachment", "documents.bad.attachment")
		return v, bad.Err()
	}
	if err != nil {
		return v, err
	}
	return s.take(ctx, a, ref, f, edition, remarks)
}

// mayHandIn looks before a content is taken.
func (s *Service) mayHandIn(ctx context.Context, a permission.Actor, ref, edition, remarks string) error {
	d, err := s.List.Get(ctx, a, ref)
	if err != nil {
		return err
	}
	if err := a.Require(permission.DocumentHandIn); err != nil {
		return err
	}
	var bad fault.Fields
	checkText(&bad, "edition", edition, 40)
	checkText(&bad, "remarks", remarks, maxRemarks)
	if err := bad.Err(); err != nil {
		return err
	}
	_, err = next(d.state(), handIn)
	return err
}

// take makes a version of an attachment, and begins the reading anew.
func (s *Service) take(ctx context.Context, a permission.Actor, ref string, f file.File, edition, remarks string) (v Version, err error) {
	err = s.change(ctx, a, permission.DocumentHandIn, ref, func(tx *db.Tx, d Document) error {
		to, err := next(d.state(), handIn)
		if err != nil {
			return err
		}
		v = Version{ID: id.New(), DocumentID: d.ID, FileID: f.ID, Name: f.Name, MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256, Edition: edition, Remarks: remarks,
			HandedBy: a.Name, Via: viaOf(a), CreatedAt: tx.Now()}
		if err := tx.Get(ctx, &v.Number, `SELECT COALESCE(MAX(number), 0) + 1 FROM {document_version} WHERE document_id = ?`, d.ID); err != nil {
			return err
		}
		if _, err := tx.Insert(ctx, "document_version", v, ""); err != nil {
			return fmt.Errorf("hand in a document: %w", err)
		}
		_, err = register.UpdateIn(ctx, tx, a, s.List, d, register.Set(func(d *Document) {
			d.State, d.Quality = string(to), ""
			if edition != "" {
				d.Edition = edition
			}
		}))
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "hand_in", record(d), nil, v)
	})
	return v, err
}

// viaOf says by which door somebody came.
func viaOf(a permission.Actor) string {
	if a.Kind == permission.Link {
		return "link"
	}
	return "account"
}

// Review notes what somebody says of the latest version. Faults: not_found, forbidden, invalid, conflict (nothing was handed in).
func (s *Service) Review(ctx context.Context, a permission.Actor, ref string, in NewReview) (r Review, err error) {
	if _, err := s.List.Get(ctx, a, ref); err != nil {
		return r, err
	}
	if err := a.Require(permission.DocumentReview); err != nil {
		return r, err
	}
	if err := in.Validate(); err != nil {
		return r, err
	}
	err = s.change(ctx, a, permission.DocumentReview, ref, func(tx *db.Tx, d Document) error {
		to, err := next(d.state(), event(in.Verdict))
		if err != nil {
			return err
		}
		latest, err := latestVersion(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		r = Review{ID: id.New(), DocumentID: d.ID, VersionID: latest.ID, Number: latest.Number, Verdict: in.Verdict, Quality: in.Quality, Remarks: in.Remarks, ReviewedBy: a.Name,
			ReviewerID: db.Null(a.ID), CreatedAt: tx.Now()}
		if _, err := tx.Insert(ctx, "document_review", r, ""); err != nil {
			return fmt.Errorf("review a document: %w", err)
		}
		after, err := register.UpdateIn(ctx, tx, a, s.List, d, register.Set(func(d *Document) {
			d.State, d.Quality = string(to), in.Quality
			switch to {
			case Accepted:
				d.Status = "current"
			case Refused:
				d.AskedAt = tx.Now()
				if d.DueOn == "" { // it was handed in unasked
					d.DueOn = register.Date(tx.Now().AddDate(0, 0, 5).Format(time.DateOnly))
				}
			}
		}))
		if err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, a, "review", record(d), nil, r); err != nil || to != Refused || s.Mailer == nil {
			return err
		}
		c, err := contactOf(ctx, tx, string(after.OwedBy))
		if err != nil || c.Email == "" {
			return ignoreMissing(err)
		}
		return s.send(ctx, tx, a, Mail{Template: "document_refused", To: c, Documents: []Document{after}, Remarks: in.Remarks, Unique: "refused:" + r.ID})
	})
	return r, err
}

func ignoreMissing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Waive says that a document which was asked for is not needed. Faults: not_found, forbidden, invalid, conflict.
func (s *Service) Waive(ctx context.Context, a permission.Actor, ref, reason string) (out Document, err error) {
	if _, err := s.List.Get(ctx, a, ref); err != nil {
		return out, err
	}
	if err := a.Require(permission.DocumentWrite); err != nil {
		return out, err
	}
	var bad fault.Fields
	checkText(&bad, "reason", reason, maxRemarks)
	if reason == "" {
		bad.Add("reason", "documents.bad.reason")
	}
	if err := bad.Err(); err != nil {
		return out, err
	}
	err = s.change(ctx, a, permission.DocumentWrite, ref, func(tx *db.Tx, d Document) error {
		to, err := next(d.state(), waive)
		if err != nil {
			return err
		}
		if out, err = register.UpdateIn(ctx, tx, a, s.List, d, register.Set(func(d *Document) { d.State = string(to) })); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "waive", record(d), nil, map[string]string{"reason": reason})
	})
	return out, err
}

// change finds the document in the actor's scope, and works on it in the scope of its customer. The row is locked: two hand in one after the
// other.
func (s *Service) change(ctx context.Context, a permission.Actor, action permission.Action, ref string, f func(*db.Tx, Document) error) error {
	found, err := s.List.Get(ctx, a, ref)
	if err != nil {
		return err
	}
	scope, err := a.For(action, found.CustomerID)
	if err != nil {
		return err
	}
	return s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		var locked string
		if err := tx.Get(ctx, &locked, `SELECT id FROM {document} WHERE id = ?`+tx.ForUpdate(), ref); err != nil {
			return err
		}
		d, err := register.GetIn(ctx, tx, s.List, ref)
		if err != nil {
			return err
		}
		return f(tx, d)
	})
}

func record(d Document) audit.Record { return audit.Record{Type: "document", ID: d.ID, Name: d.Title} }
