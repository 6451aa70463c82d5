package transfer

import (
	"context"
	"fmt"
	"io"

	"vigie/internal/exchange/archive"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Parts is what the service needs from the rest of the house.
type Parts struct {
	DB      *db.DB
	Files   Files
	Version string
	// Folder holds uploads while they are read.
	Folder string
	// CheckSlug notes what is wrong with the slug of a customer.
	CheckSlug func(bad *fault.Fields, slug string)
	// Sealed lists the columns of a table that hold sealed values.
	Sealed func(table string) []string
	// Words speaks a language.
	Words  func(language string) *i18n.Printer
	Orders Orders
	// Arrived refuses a customer that has been loaded, in the transaction of its import; nil takes everybody.
	Arrived func(ctx context.Context, tx *db.Tx) error
	// System is the actor of background work for a customer.
	System func(customer string) permission.Actor
}

// Files are the instance's files by the SHA-256 of their content.
type Files interface {
	// Hashes lists the files that rows within the transaction's scope name.
	Hashes(ctx context.Context, tx *db.Tx) ([]string, error)
	Open(ctx context.Context, hash string) (io.ReadCloser, error)
	Put(ctx context.Context, hash string, r io.Reader) error
	// Keep holds a content for rows that the transaction writes.
	Keep(ctx context.Context, tx *db.Tx, hash string, size int64) error
}

// Service exports, imports and removes customers.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// found is a customer as this package needs it.
type found struct {
	ID       string `db:"id"`
	Slug     string `db:"slug"`
	Name     string `db:"name"`
	Language string `db:"language"`
}

func (f found) subject() *archive.Subject {
	return &archive.Subject{ID: f.ID, Slug: f.Slug, Name: f.Name}
}

// customer finds a customer by slug or id within the scope. Faults: not_found.
func (s *Service) customer(ctx context.Context, scope db.Scope, ref string) (c found, err error) {
	where := "slug = ?"
	if id.Valid(ref) {
		where = "id = ?"
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		return tx.Get(ctx, &c, `SELECT id, slug, name, language FROM {customer} WHERE `+where, ref)
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		err = fmt.Errorf("customer: %w", err)
	}
	return c, err
}
