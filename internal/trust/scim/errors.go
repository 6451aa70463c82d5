package scim

import (
	"errors"
	"fmt"
	"net/http"

	"vigie/internal/platform/fault"
)

// refusal is an error as SCIM shows it: a status, a type of the RFC where it has one, and a text of locales.
type refusal struct {
	status int
	kind   string
	key    string
	args   []any
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s %s %v", r.status, r.kind, r.key, r.args) }

// i18n: scim.*
func bad(kind, key string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, kind, "scim." + key, args}
}

// The types of RFC 7644, section 3.12.
const (
	invalidFilter = "invalidFilter"
	tooMany       = "tooMany"
	uniqueness    = "uniqueness"
	mutability    = "mutability"
	invalidSyntax = "invalidSyntax"
	invalidPath   = "invalidPath"
	noTarget      = "noTarget"
	invalidValue  = "invalidValue"
)

func missing() *refusal { return &refusal{http.StatusNotFound, "", "scim.missing", nil} }

func taken(field, value string) *refusal {
	return &refusal{http.StatusConflict, uniqueness, "scim.taken", []any{"field", field, "value", value}}
}

// takenBecause keeps the cause for the log.
func takenBecause(field, value string, cause error) error {
	return fmt.Errorf("%w: %w", taken(field, value), cause)
}

func asFault(err error, f **fault.Error) bool { return errors.As(err, f) }
