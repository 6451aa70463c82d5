package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the class of a fault; one place (kit/api) maps it to an HTTP status.
type Code string

// The codes and the statuses they become.
const (
	Invalid      Code = "invalid"      // 422: the input is wrong, Fields says where
	Unauthorized Code = "unauthorized" // 401: nobody is signed in
	Forbidden    Code = "forbidden"    // 403: may see, may not do
	NotFound     Code = "not_found"    // 404: absent, or of another customer
	Conflict     Code = "conflict"     // 409: the state does not allow it
	Stale        Code = "stale"        // 412: a lost race on If-Match
	TooLarge     Code = "too_large"    // 413
	Limited      Code = "limited"      // 429: try again later
	Unavailable  Code = "unavailable"  // 503: a part that is needed is away
	Unsupported  Code = "unsupported"  // 415
	Precondition Code = "precondition" // 428: If-Match is required
	Internal     Code = "internal"     // 500: logged whole, shown as an id
)

// Field names one bad field of the input: Path as the caller wrote it ("regions[2]"), Key the message in locales.
type Field struct {
	Path string
	Key  string
	Args map[string]any
}

// Error is a fault that a person or program outside can understand. Key is a message in locales; Args fill it.
type Error struct {
	Code   Code
	Key    string
	Args   map[string]any
	Fields []Field
	cause  error
}

// New makes a fault; pairs are name, value, name, value for the message.
func New(code Code, key string, pairs ...any) *Error {
	return &Error{Code: code, Key: key, Args: args(pairs)}
}

// Error says code and key in English for logs; people read the translated message.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Path, f.Key)
	}
	if len(e.Args) > 0 {
		fmt.Fprintf(&b, " %v", e.Args)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives the cause, if any.
func (e *Error) Unwrap() error { return e.cause }

// Because keeps the cause for the log; it is never shown to people.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// Fields collects every bad field before an answer is given.
type Fields []Field

// Add notes one bad field.
func (f *Fields) Add(path, key string, pairs ...any) {
	*f = append(*f, Field{Path: path, Key: key, Args: args(pairs)})
}

// Err is nil when nothing was noted, else an Invalid fault with all of it.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Key: "fault.invalid", Fields: f}
}

// CodeOf tells the class of any error; unknown ones are Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is tells whether err is a fault of this class.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

func args(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}
