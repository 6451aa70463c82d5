package register

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vigie/internal/kit/api"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/field"
	"vigie/internal/trust/permission"
)

// Body is what a caller wrote of a record: only the members that are to change. null empties a field.
type Body[T any] struct{ given map[string]json.RawMessage }

// NewBody is Body with the customer and the fields that a new record cannot do without.
type NewBody[T any] struct{ Body[T] }

// UnmarshalJSON keeps the members as they are; their types are checked by the schema before.
func (b *Body[T]) UnmarshalJSON(raw []byte) error { return json.Unmarshal(raw, &b.given) }

// Schema implements huma.SchemaProvider.
func (Body[T]) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		if !f.Fixed {
			s.Properties[f.Name] = f.schema()
		}
	}
	s.Properties["custom"] = field.Values{}.Schema(nil)
	return s
}

// Schema implements huma.SchemaProvider.
func (b NewBody[T]) Schema(r huma.Registry) *huma.Schema {
	s := b.Body.Schema(r)
	s.Properties["customer"] = &huma.Schema{Type: huma.TypeString, Description: "Slug or id."}
	s.Required = []string{"customer"}
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		if f.Required && f.Default == "" && !f.Fixed {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

func (f Field) schema() *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: f.Doc, Nullable: !f.Required}
	text := &huma.Schema{Type: huma.TypeString}
	switch f.Kind {
	case Number, Percent:
		s.Type = huma.TypeInteger
	case Fraction:
		s.Type = huma.TypeNumber
	case YesNo:
		s.Type = huma.TypeBoolean
	case Amount:
		s = Money{}.Schema(nil)
	case Several:
		s.Type, s.Items = huma.TypeArray, text
	case List:
		s.Type = huma.TypeArray
		s.Items = &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"kind": text, "value": text}, Required: []string{"kind", "value"}, AdditionalProperties: false}
	}
	if len(f.Values) > 0 {
		s.Description = strings.TrimSpace(s.Description + " Possible: " + strings.Join(f.Values, ", ") + ".")
	}
	return s
}

func (b Body[T]) change(fields []Field) Change[T] {
	return func(rec *T, bad *fault.Fields) {
		if raw, ok := b.given["custom"]; ok {
			if err := json.Unmarshal(raw, &tail(rec).Custom); err != nil {
				bad.Add("custom", "api.list.text")
			}
		}
		for _, f := range fields {
			raw, ok := b.given[f.Name]
			if !ok || f.Fixed {
				continue
			}
			v := f.in(rec)
			if string(raw) == "null" {
				v.SetZero()
				continue
			}
			if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
				bad.Add(f.Name, f.unreadable())
			}
		}
	}
}

// unreadable is the message about a value of the right JSON type that is none of the kind's.
func (f Field) unreadable() string {
	if f.Kind == Instant {
		return "api.list.time"
	}
	return "api.list.text"
}

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type changeInput[T any] struct {
	ID string `path:"id" doc:"Id."`
	api.Match
	Body Body[T]
}

type deleteInput struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Register adds the operations of the register to the API.
func (r *Register[T]) Register(a *api.API) {
	one := strings.ReplaceAll(r.Name, "_", " ")
	op := func(path, summary string) api.Op { return api.Op{Path: r.Path + path, Tag: r.Tag, Summary: summary} }
	index := op("", "List "+strings.ToLower(r.Tag))
	index.Description = field.Params
	api.List(a, api.Listing[T, T]{Op: index, Spec: r.spec, Extend: r.extend, Allow: permission.Need(r.Read),
		Rows: func(ctx context.Context, tx *db.Tx, rows []T) ([]T, error) { return rows, r.fill(ctx, tx, rows) }})
	api.Get(a, op("/{id}", "Get a "+one), func(ctx context.Context, in *byID) (T, error) {
		return r.Get(ctx, permission.From(ctx), in.ID)
	})
	api.Post(a, op("", "Create a "+one), func(ctx context.Context, in *struct{ Body NewBody[T] }) (T, error) {
		var customer string
		if err := json.Unmarshal(in.Body.given["customer"], &customer); err != nil {
			var bad fault.Fields
			bad.Add("customer", "api.field.string")
			return *new(T), bad.Err()
		}
		return r.Create(ctx, permission.From(ctx), customer, in.Body.change(r.fields))
	})
	api.Patch(a, op("/{id}", "Change a "+one), func(ctx context.Context, in *changeInput[T]) (T, error) {
		return r.Update(ctx, permission.From(ctx), in.ID, in.Expected(), in.Body.change(r.fields))
	})
	api.Delete(a, op("/{id}", "Delete a "+one), func(ctx context.Context, in *deleteInput) error {
		return r.Delete(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}
