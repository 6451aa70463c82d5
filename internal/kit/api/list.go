package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
)

// Listing registers a list: R is the row as the database has it, D what callers see.
type Listing[R, D any] struct {
	Op
	Spec list.Spec
	// Allow refuses callers who may not list at all.
	Allow func(context.Context) error
	// Rows turns rows into what callers see; tx is there for the names of what rows refer to, in one query for all of them.
	Rows func(ctx context.Context, tx *db.Tx, rows []R) ([]D, error)
	// Within narrows by the parameters of the path; optional. Its not_found is the answer's.
	Within func(ctx context.Context, tx *db.Tx, path func(name string) string, q list.Query) (list.Query, error)
	// Extend gives the list as it is in the scope of tx, where that depends on what is stored (custom fields): its Spec for the query, and the
	// names of columns that files have besides the members of D, which is an Extra then. Optional.
	Extend func(ctx context.Context, tx *db.Tx, s list.Spec, query url.Values) (list.Spec, []string, error)
	// Instance is true for what belongs to no customer: there is no parameter "customer" then.
	Instance bool
}

// Listed is the answer of a list.
type Listed[D any] struct {
	Items      []D     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Give it as cursor for the next page; null on the last one."`
	PrevCursor *string `json:"prev_cursor" doc:"Likewise backwards; null on the first page."`
}

type listInput struct{}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// List registers GET of a list: filters, search, order and paging by its Spec, and the same as CSV or XLSX by Accept (or by
// format=csv, for links in a browser). An export is the whole list, unless limit is given.
func List[R, D any](a *API, l Listing[R, D]) {
	o := a.operation(http.MethodGet, http.StatusOK, l.Op)
	o.SkipValidateParams = true // Spec.Parse does, and knows more
	l.Spec.Pass = append([]string{"customer", "format"}, l.Spec.Pass...)
	l.describe(a, &o)
	huma.Register(a.huma, o, func(context.Context, *listInput) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			if err := l.serve(a, w, r); err != nil {
				a.problem(w, r, err)
			}
		}}, nil
	})
}

func (l Listing[R, D]) describe(a *API, o *huma.Operation) {
	parameter := func(name, doc string, s *huma.Schema) {
		o.Parameters = append(o.Parameters, &huma.Param{Name: name, In: "query", Description: doc, Schema: s})
	}
	for _, m := range pathParameter.FindAllStringSubmatch(o.Path, -1) {
		o.Parameters = append(o.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
	}
	if !l.Instance {
		parameter("customer", "Slug or id of one customer.", &huma.Schema{Type: "string"})
	}
	limit, least, most := any(list.DefaultLimit), 1.0, float64(list.MaxLimit)
	parameter("limit", "Size of the page.", &huma.Schema{Type: "integer", Minimum: &least, Maximum: &most, Default: limit})
	parameter("cursor", "Where to go on: next_cursor of the answer before.", &huma.Schema{Type: "string"})
	for _, p := range l.Spec.Params() {
		if slices.Contains(l.Spec.Pass, p.Name) {
			continue // described above, or somebody else's
		}
		s := &huma.Schema{Type: "string"}
		if p.Name == "sort" {
			for _, v := range p.Values {
				s.Enum = append(s.Enum, v)
			}
		} else if len(p.Values) > 0 {
			p.Doc += " Possible: " + list.Join(p.Values...) + "."
		}
		parameter(p.Name, p.Doc, s)
	}
	parameter("format", "Instead of Accept: csv or xlsx.", &huma.Schema{Type: "string", Enum: []any{"json", "csv", "xlsx"}})
	o.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Listed[D]](), true, "")},
		csvType:            {Schema: &huma.Schema{Type: "string"}},
		xlsxType:           {Schema: &huma.Schema{Type: "string", Format: "binary"}},
	}}
}

func (l Listing[R, D]) serve(a *API, w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := l.Allow(ctx); err != nil {
		return err
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(malformed, "api.problem.query")
	}
	format, err := formatOf(values.Get("format"), r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	scope, inScope := l.scope(ctx, a, values)
	var more []string
	if l.Extend != nil && inScope == nil {
		err := a.cfg.DB.View(ctx, scope, func(tx *db.Tx) (err error) {
			l.Spec, more, err = l.Extend(ctx, tx, l.Spec, values)
			return err
		})
		if err != nil {
			return err
		}
	}
	q, err := l.Spec.Parse(values)
	if l.Extend == nil && err != nil { // told before what is wrong with the customer
		return err
	}
	if err = cmp.Or(inScope, err); err != nil {
		return err
	}
	whole := format != jsonType && !values.Has("limit") && !values.Has("cursor")
	if whole {
		q.Limit = list.MaxLimit
	}
	// Each page in a transaction of its own: a slow reader of an export holds no connection and no old row versions.
	next := func(q list.Query) (page list.Page[R], items []D, err error) {
		err = a.cfg.DB.View(ctx, scope, func(tx *db.Tx) error {
			if l.Within != nil {
				if q, err = l.Within(ctx, tx, r.PathValue, q); err != nil {
					return err
				}
			}
			if page, err = list.Run[R](ctx, tx, l.Spec, q); err != nil {
				return err
			}
			items, err = l.Rows(ctx, tx, page.Items)
			return err
		})
		return page, items, err
	}
	if format != jsonType {
		return export(w, format, l.name(), more, func(row func(D) error) error {
			for {
				page, items, err := next(q)
				if err != nil {
					return err
				}
				for _, item := range items {
					if err := row(item); err != nil {
						return err
					}
				}
				if !whole || page.NextCursor == "" {
					return nil
				}
				if q, err = q.From(page.NextCursor); err != nil {
					return err
				}
			}
		})
	}
	page, items, err := next(q)
	if err != nil {
		return err
	}
	if items == nil {
		items = []D{}
	}
	body := Listed[D]{Items: items}
	if page.NextCursor != "" {
		body.NextCursor = &page.NextCursor
	}
	if page.PrevCursor != "" {
		body.PrevCursor = &page.PrevCursor
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Add("Vary", "Accept")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(body)
}

// scope is the caller's, or that of the one customer who was asked for. A customer whom the caller may not see and one who
// does not exist are the same bad field.
func (l Listing[R, D]) scope(ctx context.Context, a *API, values url.Values) (db.Scope, error) {
	scope := CallerOf(ctx).Scope
	slug := values.Get("customer")
	if slug == "" {
		return scope, nil
	}
	if l.Instance {
		var bad fault.Fields
		bad.Add("customer", "api.list.unknown")
		return scope, bad.Err()
	}
	var customer string
	err := a.cfg.DB.View(ctx, scope, func(tx *db.Tx) (err error) {
		customer, err = a.cfg.Customer(ctx, tx, slug)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		var bad fault.Fields
		bad.Add("customer", "api.field.customer", "value", slug)
		return scope, bad.Err()
	}
	if err != nil {
		return scope, err
	}
	return scope.Narrow(customer)
}

func (l Listing[R, D]) name() string {
	name := pathParameter.ReplaceAllString(l.Path, "")
	out := []rune{}
	for _, c := range name {
		if c != '/' || len(out) > 0 && out[len(out)-1] != '-' {
			if c == '/' {
				c = '-'
			}
			out = append(out, c)
		}
	}
	for len(out) > 0 && out[0] == '-' {
		out = out[1:]
	}
	return string(out)
}
