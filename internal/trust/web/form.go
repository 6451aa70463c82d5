package web

import (
	"errors"
	"net/http"
	"strconv"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/fault"
)

// maxForm is far above what any form of ours posts; files have their own limit.
const maxForm = 1 << 20

// ParseForm reads a posted form. Faults: invalid, too_large.
func ParseForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return fault.New(fault.TooLarge, "api.problem.too_large").Because(err)
		}
		return fault.New(fault.Invalid, "fault.invalid").Because(err)
	}
	return nil
}

// Version is the version of the record that a posted form was made for; 0, which asks for no check, where it says none.
func Version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Done goes on to a page after a change, with a message there.
func Done(w http.ResponseWriter, r *http.Request, p *ui.Page, to, text string) error {
	ui.Flash(w, r, ui.Toast{Tone: ui.Good, Text: text})
	ui.Redirect(w, r, p.In(to))
	return nil
}

// DoneWithUndo is Done with a message that offers to take the edit back; edit is the id that bulk.Keep gave, and may be empty.
func DoneWithUndo(w http.ResponseWriter, r *http.Request, p *ui.Page, to, text, edit string) error {
	t := ui.Toast{Tone: ui.Good, Text: text}
	if edit != "" {
		t.Undo = p.In("/bulk-edits/" + edit + "/undo")
	}
	ui.Flash(w, r, t)
	ui.Redirect(w, r, p.In(to))
	return nil
}

// Refused goes back with what a fault says, for buttons that have no form to show it in. Errors that are no conflict or bad input
// are the page's.
func Refused(w http.ResponseWriter, r *http.Request, p *ui.Page, to string, err error) error {
	faults, _, ok := Faults(p, err, func(field string) string { return field })
	if !ok || len(faults) == 0 {
		return err
	}
	ui.Flash(w, r, ui.Toast{Tone: ui.Bad, Text: faults[0].Message})
	ui.Redirect(w, r, p.In(to))
	return nil
}

// Belongs is not found when another customer is chosen than the one that the record belongs to: a record of one customer is
// never shown under the name of another.
func Belongs(p *ui.Page, slug string) error {
	if p.Customer != nil && p.Customer.Slug != slug {
		return fault.New(fault.NotFound, "fault.not_found")
	}
	return nil
}

// CustomerName is the name of a customer as the reader's switcher has it, its slug where it has none.
func CustomerName(p *ui.Page, slug string) string {
	if p.Customer != nil && p.Customer.Slug == slug {
		return p.Customer.Name
	}
	for _, c := range p.Customers {
		if c.Slug == slug {
			return c.Name
		}
	}
	return slug
}
