package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// CountLimit is how far a screen counts: beyond it says "more than".
const CountLimit = 10_000

// Lister is a list as a page shows it: the same Spec as the API's, for actors who may do Need.
type Lister struct {
	DB   *db.DB
	Need permission.Action
	Spec list.Spec
	// Customer is the column of the customer's slug: the chosen customer narrows by it. Empty for lists without one.
	Customer string
	// Live is the type of record that the list shows: the page fetches itself again when one changes. Empty for a list that stands still.
	Live string
	// Within narrows the list to what the actor may see, where the scope does not do it by itself.
	Within func(list.Query) list.Query
}

// Listed is one page of a list. List has its query, total and cursors; the caller adds names, filters and the empty state.
type Listed[T any] struct {
	Items []T
	List  ui.List
}

// shown are the parameters of a page that no list filters by.
var shown = []string{"customer", "format", "cols", "density", "view", "changed"}

// ReadList reads the part of a list that the address asks for, with its true total. A parameter that cannot be understood is no
// error of the page: the list says so in place of its rows.
func ReadList[T any](r *http.Request, p *ui.Page, a permission.Actor, l Lister) (out Listed[T], err error) {
	if err := a.Require(l.Need); err != nil {
		return out, err
	}
	q, err := l.query(p)
	if p.Saved != nil && p.Saved.Now != nil && err != nil {
		q, err = l.without(r, p, err)
	}
	out.List = ui.List{Query: ui.ParseList(r, l.Spec.Sort), Export: true}
	if l.Live != "" {
		Watch(p, l.Live)
	}
	if err != nil {
		var f *fault.Error
		if !errors.As(err, &f) {
			return out, err
		}
		out.List.Failure = sentence(p, f)
		return out, nil
	}
	for _, f := range q.Filters() {
		out.List.Filter = append(out.List.Filter, ui.Filter{Name: f.Param, Label: f.Param})
	}
	err = l.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
		page, err := list.Run[T](r.Context(), tx, l.Spec, q)
		if err != nil {
			return err
		}
		out.Items, out.List.Next, out.List.Prev = page.Items, page.NextCursor, page.PrevCursor
		n, err := list.Count(r.Context(), tx, l.Spec, q, CountLimit+1)
		out.List.Total = ui.Total{N: min(n, CountLimit), Over: n > CountLimit}
		return err
	})
	return out, err
}

// Filters puts the menu's filters before those that only the address has, so that every filter in force is seen and can be
// taken off.
func (l *Listed[T]) Filters(menu ...ui.Filter) {
	for _, f := range l.List.Filter {
		if !slices.ContainsFunc(menu, func(m ui.Filter) bool { return m.Name == f.Name }) {
			menu = append(menu, f)
		}
	}
	l.List.Filter = menu
}

// Download answers the links of a list with format=csv and format=xlsx by the whole list; done is false for other requests.
func Download[R, D any](w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l Lister, name string, answer func(R) D) (done bool, err error) {
	format := p.Query.Get("format")
	if format == "" {
		return false, nil
	}
	if err := a.Require(l.Need); err != nil {
		return true, err
	}
	q, err := l.query(p)
	if err != nil {
		return true, err
	}
	return true, api.Download(w, format, name, nil, func(write func(D) error) error {
		return l.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) error {
			return list.Each(r.Context(), tx, l.Spec, q, func(row R) error { return write(answer(row)) })
		})
	})
}

// DownloadPages is Download where rows become answers page by page, as those of api.Listing do; more are columns besides the members of D.
func DownloadPages[R, D any](w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l Lister, name string, more []string,
	answers func(context.Context, *db.Tx, []R) ([]D, error)) (done bool, err error) {
	format := p.Query.Get("format")
	if format == "" {
		return false, nil
	}
	if err := a.Require(l.Need); err != nil {
		return true, err
	}
	q, err := l.query(p)
	if err != nil {
		return true, err
	}
	q.Limit = list.MaxLimit
	return true, api.Download(w, format, name, more, func(write func(D) error) error {
		for {
			var page list.Page[R]
			var out []D
			err := l.DB.View(r.Context(), a.Scope(), func(tx *db.Tx) (err error) {
				if page, err = list.Run[R](r.Context(), tx, l.Spec, q); err == nil {
					out, err = answers(r.Context(), tx, page.Items)
				}
				return err
			})
			if err != nil {
				return err
			}
			for _, d := range out {
				if err := write(d); err != nil {
					return err
				}
			}
			if page.NextCursor == "" {
				return nil
			}
			if q, err = q.From(page.NextCursor); err != nil {
				return err
			}
		}
	})
}

// QueryOf is the query that the address asks for, for lists that are read otherwise. Faults: invalid.
func QueryOf(p *ui.Page, l Lister) (list.Query, error) { return l.query(p) }

func (l Lister) query(p *ui.Page) (list.Query, error) {
	l.Spec.Pass = append(slices.Clip(l.Spec.Pass), shown...)
	q, err := l.Spec.Parse(p.Query)
	if err == nil && p.Customer != nil && l.Customer != "" {
		q = q.Of(l.Customer, p.Customer.Slug)
	}
	if err == nil && l.Within != nil {
		q = l.Within(q)
	}
	return q, err
}

// without leaves out what a saved view asks for and the list no longer knows.
func (l Lister) without(r *http.Request, p *ui.Page, err error) (list.Query, error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		return list.Query{}, err
	}
	for _, field := range f.Fields {
		p.Query.Del(field.Path)
		p.Saved.Left = append(p.Saved.Left, field.Path)
	}
	r.URL.RawQuery = p.Query.Encode()
	return l.query(p)
}

// sentence names every parameter that was not understood.
func sentence(p *ui.Page, f *fault.Error) string {
	if len(f.Fields) == 0 {
		return p.T(f.Key, f.Args)
	}
	parts := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		parts[i] = field.Path + ": " + p.T(field.Key, field.Args)
	}
	return strings.Join(parts, " ")
}
