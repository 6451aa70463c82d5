package question

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vigie/internal/platform/db"
	"vigie/internal/trust/permission"
)

// All lists the assessments of a customer, or of all that the actor covers, the newest first. Faults: forbidden, invalid (no such customer).
func (s *Service) All(ctx context.Context, a permission.Actor, customer string) (out []Summary, err error) {
	if err := a.Require(permission.AssessmentRead); err != nil {
		return nil, err
	}
	scope := a.Scope()
	if customer != "" {
		c, err := s.Directory.Named(ctx, a, customer)
		if err != nil {
			return nil, err
		}
		if scope, err = scope.Narrow(c.ID); err != nil {
			return nil, err
		}
	}
	var rows []row
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		return tx.Select(ctx, &rows, `SELECT `+Spec.Columns+` FROM `+Spec.From+` ORDER BY s.created_at DESC, s.id DESC`)
	})
	for _, r := range rows {
		out = append(out, summary(r.Assessment, r.Slug))
	}
	return out, err
}

// Sheet gives the answers of an assessment, in the order of its questions. Faults: not_found, forbidden.
func (s *Service) Sheet(ctx context.Context, a permission.Actor, ref string) ([]GivenAnswer, error) {
	w, err := s.Assessment(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	return sheet(w).Items, nil
}

// Latest is the package's, for an actor. Faults: not_found, forbidden.
func (s *Service) Latest(ctx context.Context, a permission.Actor, customer, kind string) (out Sheet, err error) {
	scope, err := a.For(permission.AssessmentRead, customer)
	if err != nil {
		return out, err
	}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		out, err = Latest(ctx, tx, customer, kind)
		return err
	})
	return out, err
}

// Plain writes a value without a language, for tables of a command.
func Plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return plainNumber(v)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		var words []string
		for _, x := range v {
			if cells, ok := x.(map[string]any); ok {
				x = cells["name"]
			}
			words = append(words, Plain(x))
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(v)
}
