package workshop

import (
	"bytes"
	"context"
	"time"

	"vigie/internal/customer"
	"vigie/internal/kit/document"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
)

// Parts are what the service stands on.
type Parts struct {
	DB        *db.DB
	Bundle    *i18n.Bundle
	Clock     clock.Clock
	Customers *customer.Service
	Files     *file.Service
	Sources   Sources
}

// Service is the room's door.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// read are the permissions that the parts of the document ask for.
func read() []permission.Action {
	return []permission.Action{permission.AssessmentRead, permission.PlanRead, permission.GapRead, permission.RequirementRead, permission.DeliverableRead, permission.ContactRead, permission.MeasureRead}
}

// Document writes what there is to agree on with a customer, by slug or id, in the customer's language. Faults: not_found, forbidden.
func (s *Service) Document(ctx context.Context, a permission.Actor, ref string) (document.Document, *i18n.Printer, error) {
	c, err := s.Customers.Customer(ctx, a, ref)
	if err != nil {
		return document.Document{}, nil, err
	}
	var scope db.Scope
	for _, need := range read() {
		if scope, err = a.For(need, c.ID); err != nil {
			return document.Document{}, nil, err
		}
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	p := s.Bundle.Printer(c.Language, zone, s.Clock.Now())
	k := pack{Customer: c}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) (err error) {
		k.At = tx.Now().Time
		if k.Assessed, err = s.Sources.Assessed(ctx, tx, c, p); err != nil {
			return err
		}
		if k.Gaps, err = s.Sources.Gaps(ctx, tx, c, p); err != nil {
			return err
		}
		if k.Asked, err = s.Sources.Asked(ctx, tx, c, p); err != nil {
			return err
		}
		if k.Paths, err = s.Sources.Paths(ctx, tx, c, p); err != nil {
			return err
		}
		k.Calendar, err = s.Sources.Calendar(ctx, tx, c, p)
		return err
	})
	if err != nil {
		return document.Document{}, nil, err
	}
	return compose(p, k), p, nil
}

// Keep puts the document as it is now among the files of the customer, as a PDF that both sides see. Faults: not_found, forbidden, conflict (the
// customer's files are full).
func (s *Service) Keep(ctx context.Context, a permission.Actor, ref string) (f file.File, err error) {
	if err := a.Require(permission.FileWrite); err != nil {
		return f, err
	}
	c, err := s.Customers.Customer(ctx, a, ref)
	if err != nil {
		return f, err
	}
	d, p, err := s.Document(ctx, a, c.ID)
	if err != nil {
		return f, err
	}
	var b bytes.Buffer
	if err := d.PDF(&b, p); err != nil {
		return f, err
	}
	name := p.T("workshop.file", "slug", c.Slug, "at", d.At.In(p.Zone()).Format("2006-01-02 15.04")) + ".pdf"
	return s.Files.Add(ctx, a, file.NewFile{RecordType: "customer", RecordID: c.ID, Name: name, Public: true, Content: &b})
}
