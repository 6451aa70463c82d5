package estimate

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"vigie/internal/customer"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
)

// Assessed are the answers of one assessment.
type Assessed struct {
	ID      string
	Answers Answers
}

// Assessments gives answers of assessments, within the transaction's scope of one customer.
type Assessments interface {
	// Answers are those of an assessment, or of the customer's latest where ref is empty. Faults: not_found.
	Answers(ctx context.Context, tx *db.Tx, ref string) (Assessed, error)
	// CustomerOf is the customer whose an assessment is. Faults: not_found.
	CustomerOf(ctx context.Context, tx *db.Tx, ref string) (string, error)
}

// Parts are what the room stands on.
type Parts struct {
	DB          *db.DB
	Catalogue   fs.FS
	Assessments Assessments
	Bundle      *i18n.Bundle
	Clock       clock.Clock
}

// Service holds the rules of estimates.
type Service struct {
	Parts
	model Model
}

// standard is the model by which estimates are made; an operator lays another over it.
const standardModel = "estimate/standard.yaml"

// New makes the service. An error names what is wrong with the model.
func New(p Parts) (*Service, error) {
	m, err := Load(p.Catalogue, standardModel)
	return &Service{Parts: p, model: m}, err
}

// customerOf finds whom a new estimate is for. Faults: invalid.
func (s *Service) customerOf(ctx context.Context, a permission.Actor, in NewEstimate) (ref string, err error) {
	field, value := "customer", in.Customer
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) (err error) {
		if in.Customer != "" || in.Assessment == "" {
			ref, err = customer.Resolve(ctx, tx, in.Customer)
			return err
		}
		field, value = "assessment", in.Assessment
		ref, err = s.Assessments.CustomerOf(ctx, tx, in.Assessment)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		if field == "assessment" {
			bad.Add(field, "estimates.field.assessment")
		} else {
			bad.Add(field, "api.field.customer", "value", value)
		}
		return "", bad.Err()
	}
	return ref, err
}

// assessed reads the answers that an estimate rests on; none, where the customer has no assessment and none is named. Faults: invalid.
func (s *Service) assessed(ctx context.Context, tx *db.Tx, ref string) (Assessed, error) {
	out, err := s.Assessments.Answers(ctx, tx, ref)
	switch {
	case fault.Is(err, fault.NotFound) && ref == "":
		return Assessed{}, nil
	case fault.Is(err, fault.NotFound):
		var bad fault.Fields
		bad.Add("assessment", "estimates.field.assessment")
		return Assessed{}, bad.Err()
	}
	return out, err
}

// with lays some answers over others; nil takes one out.
func with(answers, more Answers) Answers {
	out := Answers{}
	maps.Copy(out, answers)
	for q, v := range more {
		if v == nil {
			delete(out, q)
		} else {
			out[q] = v
		}
	}
	return out
}

// Create makes an estimate and its first version. Faults: forbidden, invalid.
func (s *Service) Create(ctx context.Context, a permission.Actor, in NewEstimate) (out Estimate, err error) {
	if err := a.Require(permission.EstimateWrite); err != nil {
		return out, err
	}
	if err := in.validate(); err != nil {
		return out, err
	}
	of, err := s.customerOf(ctx, a, in)
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.EstimateWrite, of)
	if err != nil {
		return out, err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		base, err := s.assessed(ctx, tx, in.Assessment)
		if err != nil {
			return err
		}
		r := row{ID: id.New(), Title: in.Title, State: Draft, AssessmentID: db.Null(base.ID), CreatedBy: a.Name, CreatedAt: tx.Now(), UpdatedAt: tx.Now(), Version: 1}
		if r.Title == "" {
			if r.Title, err = s.title(ctx, tx, of); err != nil {
				return err
			}
		}
		v, err := s.version(tx, a, r.ID, 1, with(base.Answers, in.Answers), in.WhatIf, in.Note)
		if err != nil {
			return err
		}
		out, err = s.insert(ctx, tx, a, "create", r, v)
		return err
	})
	return out, err
}

// title is what an estimate is called that nobody has named: in the customer's language.
func (s *Service) title(ctx context.Context, tx *db.Tx, of string) (string, error) {
	var c struct {
		Name     string `db:"name"`
		Language string `db:"language"`
	}
	err := tx.Get(ctx, &c, `SELECT name, language FROM {customer} WHERE id = ?`, of)
	return s.model.Title.In(c.Language) + " – " + c.Name, err
}

// version computes.
func (s *Service) version(tx *db.Tx, a permission.Actor, estimate string, number int64, answers Answers, what WhatIf, note string) (versionRow, error) {
	result, err := Compute(s.model, answers, what)
	return versionRow{ID: id.New(), EstimateID: estimate, Number: number, ModelID: s.model.ID, ModelVersion: s.model.Version, ModelHash: s.model.Hash(), Model: db.JSON[Model]{V: s.model},
		Answers: db.JSON[Answers]{V: answers}, WhatIf: db.JSON[WhatIf]{V: what}, Result: db.JSON[Result]{V: result}, Note: note, CreatedBy: a.Name, CreatedAt: tx.Now()}, err
}

func (s *Service) insert(ctx context.Context, tx *db.Tx, a permission.Actor, action string, r row, v versionRow) (Estimate, error) {
	r.sums(v.shown())
	if _, err := tx.Insert(ctx, "estimate", r, ""); err != nil {
		return Estimate{}, fmt.Errorf("%s estimate: %w", action, err)
	}
	if _, err := tx.Insert(ctx, "estimate_version", v, ""); err != nil {
		return Estimate{}, fmt.Errorf("%s estimate: %w", action, err)
	}
	made, err := find(ctx, tx, r.ID)
	if err != nil {
		return Estimate{}, err
	}
	return made.shown(), audit.Write(ctx, tx, a, action, r.record(), nil, made.shown().trail())
}

// find reads an estimate by id or reference. Faults: not_found.
func find(ctx context.Context, tx *db.Tx, ref string) (l listed, err error) {
	where := "e.reference = ?"
	switch {
	case id.Valid(ref):
		where = "e.id = ?"
	case !strings.HasPrefix(ref, prefix):
		return l, fault.New(fault.NotFound, "fault.not_found")
	}
	err = tx.Get(ctx, &l, `SELECT `+Spec.Columns+` FROM `+Spec.From+` WHERE `+where+` ORDER BY e.created_at LIMIT 1`, ref)
	return l, err
}

func versionOf(ctx context.Context, tx *db.Tx, estimate string, number int64) (v versionRow, err error) {
	err = tx.Get(ctx, &v, `SELECT `+db.Columns[versionRow]("v.")+` FROM {estimate_version} v WHERE v.estimate_id = ? AND v.number = ?`, estimate, number)
	return v, err
}

// Estimate reads one by id or reference. Faults: not_found, forbidden.
func (s *Service) Estimate(ctx context.Context, a permission.Actor, ref string) (Estimate, error) {
	e, _, err := s.Version(ctx, a, ref, 0)
	return e, err
}

// Version reads an estimate with one version, by number; 0 is the latest. Faults: not_found, forbidden.
func (s *Service) Version(ctx context.Context, a permission.Actor, ref string, number int64) (e Estimate, v Version, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		l, err := find(ctx, tx, ref)
		if err != nil {
			return err
		}
		if number == 0 {
			number = l.Latest
		}
		r, err := versionOf(ctx, tx, l.ID, number)
		e, v = l.shown(), r.shown()
		return err
	})
	if err == nil {
		err = a.Require(permission.EstimateRead)
	}
	if err != nil {
		return Estimate{}, Version{}, err
	}
	return e, v, nil
}

// Versions lists all versions of an estimate, the latest first. Faults: not_found, forbidden.
func (s *Service) Versions(ctx context.Context, a permission.Actor, ref string) (out []Version, err error) {
	out = []Version{}
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		l, err := find(ctx, tx, ref)
		if err != nil {
			return err
		}
		var found []versionRow
		err = tx.Select(ctx, &found, `SELECT `+db.Columns[versionRow]("v.")+` FROM {estimate_version} v WHERE v.estimate_id = ? ORDER BY v.number DESC`, l.ID)
		for _, v := range found {
			out = append(out, v.shown())
		}
		return err
	})
	if err == nil {
		err = a.Require(permission.EstimateRead)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Try computes without keeping anything: the latest version with something else set. Faults: not_found, forbidden, invalid.
func (s *Service) Try(ctx context.Context, a permission.Actor, ref string, what WhatIf) (e Estimate, now Version, tried Result, err error) {
	e, now, err = s.Version(ctx, a, ref, 0)
	if err != nil {
		return e, now, tried, err
	}
	tried, err = Compute(now.model, now.Answers, what)
	return e, now, tried, err
}

// Preview computes by the answers of a customer's latest assessment, and keeps nothing. Faults: not_found, forbidden, invalid.
func (s *Service) Preview(ctx context.Context, a permission.Actor, ref string, what WhatIf) (out Result, err error) {
	var of string
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		of, err = customer.Resolve(ctx, tx, ref)
		return err
	})
	if err != nil {
		return out, err
	}
	scope, err := a.For(permission.EstimateRead, of)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		base, err := s.assessed(ctx, tx, "")
		if err == nil {
			out, err = Compute(s.model, base.Answers, what)
		}
		return err
	})
	return out, err
}
