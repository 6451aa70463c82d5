package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/internal/kit/api"
	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/id"
	"vigie/internal/trust/permission"
)

// Handler answers one page or form. An error that it returns is shown as the page for that error, so it must not have written.
type Handler func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error

// Shell makes pages. app fills it.
type Shell struct {
	Bundle *i18n.Bundle
	Clock  clock.Clock
	Log    *slog.Logger
	// Actor gives who is signed in; ok is false when nobody is.
	Actor func(r *http.Request) (a permission.Actor, ok bool)
	// Admit waits until the actor's request may be worked on; leave is called when it is done. Nil lets everybody through.
	Admit func(r *http.Request, a permission.Actor) (leave func(), err error)
	// Customers lists whom the actor may choose, in order of name.
	Customers func(ctx context.Context, a permission.Actor) ([]ui.Customer, error)
	// Nav is the left rail for the actor.
	Nav func(p *ui.Page, a permission.Actor) []ui.NavSection
	// Alarms are what the actor must know on every page; nil for nothing.
	Alarms func(ctx context.Context, p *ui.Page, a permission.Actor) ([]ui.Alarm, error)
	// Waiting is the inbox of the actor, for the header; nil where there is none.
	Waiting func(ctx context.Context, p *i18n.Printer, a permission.Actor) (*ui.Waiting, error)
	// Views makes the query of a list that of a saved view, where the address or the reader's default names one; may be nil.
	Views func(ctx context.Context, a permission.Actor, p *ui.Page) error
	// Parts are what hangs on the pages of records, see Around.
	Parts []Part
}

// SignInPath is where people who are not signed in are sent.
const SignInPath = "/sign-in"

// Page wraps a handler for people who are signed in; others are sent to sign in and come back. What is posted is a form, and read within
// the limit of forms before the handler sees it.
func (s *Shell) Page(h Handler) http.Handler {
	return s.Large(func(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
		if r.Method == http.MethodPost {
			if err := ParseForm(w, r); err != nil {
				return err
			}
		}
		return h(w, r, p, a)
	})
}

// Large is Page for a handler that takes files, and sets a limit of its own.
func (s *Shell) Large(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.Actor(r)
		if !ok {
			to := SignInPath
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				to += "?next=" + url.QueryEscape(r.URL.RequestURI())
			}
			ui.Redirect(w, r, to)
			return
		}
		leave, err := s.admit(r, a)
		if err != nil {
			s.Refuse(w, r, a.Language, err)
			return
		}
		defer leave()
		p, err := s.shell(w, r, a)
		if err == nil && s.Views != nil && r.Method == http.MethodGet {
			if err = s.Views(r.Context(), a, p); p.Saved != nil {
				r.URL.RawQuery = p.Query.Encode()
			}
		}
		if err == nil && !Readable(r) {
			err = fault.New(fault.NotFound, "fault.not_found")
		}
		if err == nil {
			err = h(w, r, p, a)
		}
		if err != nil {
			s.fail(w, r, p, err)
		}
	})
}

// Readable tells whether the address of a request is one that anything can stand at: no record has such a name, and PostgreSQL would
// refuse the text.
func Readable(r *http.Request) bool {
	return utf8.ValidString(r.URL.Path) && !strings.ContainsRune(r.URL.Path, 0)
}

func (s *Shell) admit(r *http.Request, a permission.Actor) (leave func(), err error) {
	if s.Admit == nil {
		return func() {}, nil
	}
	return s.Admit(r, a)
}

// Refuse shows an error to somebody for whom no page is made, in the language of the request or the one given: no database is asked.
func (s *Shell) Refuse(w http.ResponseWriter, r *http.Request, language string, err error) {
	p := ui.NewPage(r, s.Bundle.Printer(ui.LanguageOf(r, s.Bundle, language), time.UTC, s.Clock.Now()))
	s.fail(w, r, p, err)
}

// Open makes a page for whoever comes, as the sign-in page needs it.
func (s *Shell) Open(w http.ResponseWriter, r *http.Request) *ui.Page {
	return ui.NewPage(r, s.Bundle.Printer(ui.LanguageOf(r, s.Bundle, ""), time.UTC, s.Clock.Now()))
}

// Missing answers addresses that nothing stands at.
func (s *Shell) Missing() http.Handler {
	return s.Page(func(http.ResponseWriter, *http.Request, *ui.Page, permission.Actor) error {
		return fault.New(fault.NotFound, "fault.not_found")
	})
}

func (s *Shell) shell(w http.ResponseWriter, r *http.Request, a permission.Actor) (*ui.Page, error) {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	p := ui.NewPage(r, s.Bundle.Printer(ui.LanguageOf(r, s.Bundle, a.Language), zone, s.Clock.Now()))
	p.User = &ui.User{Name: a.Name, Email: a.Email, Role: p.T("trust.role." + string(a.Role()))} // i18n: trust.role.*
	p.Toasts = ui.TakeFlash(w, r)
	if p.Customers, err = s.Customers(r.Context(), a); err != nil {
		return p, err
	}
	p.Nav = s.Nav(p, a)
	if s.Alarms != nil {
		if p.Alarms, err = s.Alarms(r.Context(), p, a); err != nil {
			return p, err
		}
	}
	if s.Waiting != nil && r.Header.Get("HX-Request") == "" { // a fragment has no header to show it in
		if p.Waiting, err = s.Waiting(r.Context(), p.Printer, a); err != nil {
			return p, err
		}
	}
	if a.Role().Customer() {
		// People of a customer have just one, and no switcher.
		if len(p.Customers) == 1 {
			p.Customer, p.Customers = &p.Customers[0], nil
		}
		return p, nil
	}
	if slug := r.URL.Query().Get("customer"); slug != "" {
		for i := range p.Customers {
			if p.Customers[i].Slug == slug {
				p.Customer = &p.Customers[i]
			}
		}
		if p.Customer == nil {
			return p, fault.New(fault.NotFound, "fault.not_found")
		}
	}
	return p, nil
}

// fail shows an error. Unknown ones are logged whole under an id, and the reader sees only the id.
func (s *Shell) fail(w http.ResponseWriter, r *http.Request, p *ui.Page, err error) {
	if p == nil {
		p = s.Open(w, r)
	}
	page := ui.FaultPage{Status: Status(err)}
	var f *fault.Error
	if errors.As(err, &f) {
		page.Detail = p.T(f.Key, f.Args)
		if seconds, known := f.Args["seconds"].(int); known && page.Status == http.StatusTooManyRequests {
			again := strconv.Itoa(max(seconds, 1))
			w.Header().Set("Retry-After", again)
			if r.Method == http.MethodGet { // nothing is sent twice, so that nobody has to sit and count
				w.Header().Set("Refresh", again)
			}
		}
		if f.Code == fault.NotFound || f.Code == fault.Forbidden {
			page.Detail = ""
		}
	} else if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has left
	} else {
		page.ID = id.New()
		s.Log.ErrorContext(r.Context(), "page failed", "id", page.ID, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	p.Title = page.Title(p)
	ui.Render(w, r, page.Status, ui.Fault(p, page))
}

// Status is the HTTP status of an error: that of the API.
func Status(err error) int { return api.Status(err) }

// Customer is the slug of the customer whose data the page shows, "" for all that the reader may see.
func Customer(p *ui.Page) string {
	if p.Customer == nil {
		return ""
	}
	return p.Customer.Slug
}

// Chosen is the slug of the one customer that a page or a posted form is about: the one that the form names, the chosen one, or the only one that
// the reader has; "" where it is still to be chosen.
func Chosen(r *http.Request, p *ui.Page) string {
	if slug := r.PostFormValue("customer"); slug != "" {
		return slug
	}
	if p.Customer == nil && len(p.Customers) == 1 {
		return p.Customers[0].Slug
	}
	return Customer(p)
}

// Faults gives the messages of a refused form: the summary, and by field. ok is false for errors that are not about fields.
func Faults(p *ui.Page, err error, label func(field string) string) (summary []ui.FieldFault, byField map[string]string, ok bool) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid && f.Code != fault.Conflict {
		return nil, nil, false
	}
	byField = map[string]string{}
	for _, field := range f.Fields {
		byField[field.Path] = p.T(field.Key, field.Args)
		summary = append(summary, ui.FieldFault{Name: field.Path, Label: label(field.Path), Message: byField[field.Path]})
	}
	if len(f.Fields) == 0 {
		summary = []ui.FieldFault{{Message: p.T(f.Key, f.Args)}}
	}
	return summary, byField, true
}
