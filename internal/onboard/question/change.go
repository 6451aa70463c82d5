package question

import (
	"context"
	"errors"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/permission"
)

// errUnchanged ends a transaction that has nothing to write.
var errUnchanged = errors.New("nothing has changed")

// change opens an assessment for writing. Whoever changes it holds its row: a hand-in and an answer at the same time come one after the other.
func (s *Service) change(ctx context.Context, a permission.Actor, need permission.Action, ref string, version int64, f func(*db.Tx, *Whole) error) error {
	var customer string
	err := s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		r, err := get(ctx, tx, ref, "")
		customer = r.CustomerID
		return err
	})
	if err != nil {
		return err
	}
	scope, err := a.For(need, customer)
	if err != nil {
		return err
	}
	err = s.DB.InScope(ctx, scope, func(tx *db.Tx) error {
		w, err := read(ctx, tx, ref, tx.ForUpdate())
		if err != nil {
			return err
		}
		if version != 0 && version != w.Version {
			return fault.New(fault.Stale, "fault.stale")
		}
		return f(tx, &w)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// names lists all questions in order.
func (q Questionnaire) names() (out []string) {
	for _, s := range q.Sections {
		for _, x := range s.Questions {
			out = append(out, x.ID)
		}
	}
	return out
}

// named is the question that the path of a fault is about: "answers.workloads[0].name" is about workloads.
func named(path string) string {
	path = strings.TrimPrefix(path, "answers.")
	if i := strings.IndexAny(path, ".["); i >= 0 {
		path = path[:i]
	}
	return path
}

// Door is that of private links to assessments.
var Door = link.Door{Purpose: kind, Path: "/answers/", Actions: []permission.Action{permission.AssessmentAnswer}}

// CreateLink makes a private link, mails it where it has an address, and gives its address, which is not shown again. Faults: not_found, forbidden, invalid.
func (s *Service) CreateLink(ctx context.Context, a permission.Actor, ref string, in NewLink) (l link.Link, address string, err error) {
	err = s.change(ctx, a, permission.AssessmentWrite, ref, 0, func(tx *db.Tx, now *Whole) error {
		if in.Language == "" {
			in.Language = now.Customer.Language
		}
		var bad fault.Fields
		for i, x := range in.Sections {
			if _, ok := now.Form.Section(x); !ok {
				bad.Add(at("sections", i), "question.bad.section")
			}
		}
		if in.Days < 0 || in.Days > int(link.MaxLife.Hours()/24) {
			bad.Add("days", "question.bad.days", "max", int(link.MaxLife.Hours()/24))
			in.Days = 0
		}
		n := link.New{Door: Door, Record: record(now.Assessment), Name: in.Name, Email: in.Email, Language: in.Language, Parts: in.Sections, ExpiresAt: in.expires(tx.Now().Time)}
		if err := bad.Err(); err != nil {
			var more *fault.Error
			if errors.As(n.Validate(tx.Now().Time), &more) {
				bad = append(bad, more.Fields...)
			}
			return bad.Err()
		}
		var secret string
		if l, secret, err = link.Create(ctx, tx, a, n); err != nil {
			return err
		}
		address = s.Links.Address(Door, secret)
		if l.Email == "" {
			return nil
		}
		return s.Mailer.Invite(ctx, tx, Invitation{Name: l.Name, Email: l.Email, Language: l.Language, TimeZone: now.Customer.TimeZone, Title: now.Title, Customer: now.Customer.Name, From: a.Name, Until: l.ExpiresAt, Link: address})
	})
	return l, address, err
}

// PrivateLinks lists the links to an assessment, the newest first. Faults: not_found, forbidden.
func (s *Service) PrivateLinks(ctx context.Context, a permission.Actor, ref string) (out []link.Link, err error) {
	err = s.DB.View(ctx, a.Scope(), func(tx *db.Tx) error {
		r, err := get(ctx, tx, ref, "")
		if err != nil {
			return err
		}
		out, err = link.Of(ctx, tx, kind, r.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := a.Require(permission.AssessmentWrite); err != nil {
		return nil, err
	}
	return out, nil
}

// RevokeLink ends a link at once. Faults: not_found, forbidden.
func (s *Service) RevokeLink(ctx context.Context, a permission.Actor, ref, which string) (l link.Link, err error) {
	err = s.change(ctx, a, permission.AssessmentWrite, ref, 0, func(tx *db.Tx, now *Whole) error {
		l, err = link.Revoke(ctx, tx, a, record(now.Assessment), which)
		return err
	})
	return l, err
}
