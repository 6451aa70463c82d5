package register

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"vigie/internal/kit/list"
	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Declaration is what a register is, besides the fields of its struct.
type Declaration[T any] struct {
	Name  string // noun in the singular: the table, the record's type, and the part of its keys in locales/*/register.yaml
	Path  string // of API and pages: "/suppliers"
	Tag   string // heading in the documentation of the API; the plural of Name unless said otherwise
	Icon  string
	Title string // the field that names a record; "name" unless said otherwise
	Sort  string // as callers write it; the title unless said otherwise
	Read  permission.Action
	Write permission.Action
	// Status is the choice that a record's page shows beside its title, with the tone of each value.
	Status string
	Tones  map[string]ui.Tone
	// Options gives the possible values of a text field whose values are data, with their words.
	Options map[string]func(*ui.Page) []ui.Option
	// Links stand above the list besides those that every register has.
	Links func(p *ui.Page, a permission.Actor) []ui.Link
	// Beside gives what a record's page shows besides its fields, for a room that has rules of its own over the register.
	Beside func(req *http.Request, p *ui.Page, a permission.Actor, rec T) (Beside, error)
	// Did gives the words of actions in the trail that the room's own rules write.
	Did map[string]string
	// Check sees the whole record, for what one field alone cannot tell. Its faults join those of the fields.
	Check func(T, *fault.Fields)
	// Settle sets what follows from a change that is in order: the fields that are fixed. before is the record as it was, or as it begins.
	Settle func(before T, rec *T)
	// Taken is the key of what is said where the table refuses a second record of its kind; empty for the message of any conflict.
	Taken string
}

// Beside is what a room shows on the page of a record: buttons, and sections above the details.
type Beside struct{ Actions, Sections templ.Component }

// Parts is what a register stands on.
type Parts struct {
	DB *db.DB
	// Subjects knows what refs may name.
	Subjects *subject.Registry
}

// Register is one register at work.
type Register[T any] struct {
	Declaration[T]
	parts  Parts
	fields []Field
	title  Field
	spec   list.Spec
	shell  *web.Shell // of the pages
}

// Define makes a register of its declaration. A declaration that makes no sense panics.
func Define[T any](d Declaration[T], p Parts) *Register[T] {
	var zero T
	if _, ok := any(&zero).(record); !ok {
		panic(fmt.Sprintf("register: %T does not embed register.Head and register.Tail", zero))
	}
	if d.Name == "" || d.Read == "" || d.Write == "" || !strings.HasPrefix(d.Path, "/") {
		panic(fmt.Sprintf("register: the declaration of %T is not whole", zero))
	}
	if d.Title == "" {
		d.Title = "name"
	}
	if d.Sort == "" {
		d.Sort = d.Title
	}
	if d.Tag == "" {
		d.Tag = strings.ToUpper(d.Path[1:2]) + d.Path[2:]
	}
	r := &Register[T]{Declaration: d, parts: p, fields: fieldsOf(reflect.TypeFor[T]())}
	r.title = r.field(d.Title)
	if d.Status != "" {
		r.field(d.Status)
	}
	r.spec = r.listing()
	return r
}

func (r *Register[T]) field(name string) Field {
	i := slices.IndexFunc(r.fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("register: %s has no field %q", r.Name, name))
	}
	return r.fields[i]
}

// Fields lists the fields in the order of the struct.
func (r *Register[T]) Fields() []Field { return slices.Clone(r.fields) }

// Spec is how the register is listed.
func (r *Register[T]) Spec() list.Spec { return r.spec }

// Kind is the type of the register's records, for notes, files, watchers and whatever else hangs on them.
func (r *Register[T]) Kind() subject.Kind {
	return subject.Kind{Type: r.Name, Table: r.Name, Title: r.title.Column, Read: r.Read, Write: r.Write, Fields: true, Page: func(id string) string { return r.Path + "/" + id }}
}

// listing derives the list from the fields. The customer is joined for its slug, which pages narrow by.
func (r *Register[T]) listing() list.Spec {
	s := list.Spec{From: "{" + r.Name + "} r JOIN {customer} k ON k.id = r.customer_id", Columns: db.Columns[T]("r."), Key: "r.id", Sort: r.Sort,
		Fields: []list.Field{{Name: "id", Column: "r.id", Kind: list.ID, Filter: true}}}
	var words []string
	for _, f := range r.fields {
		if f.Search {
			words = append(words, "r."+f.Column)
		}
		if f.Sort || f.Filter {
			s.Fields = append(s.Fields, list.Field{Name: f.Name, Column: "r." + f.Column, Kind: f.listKind(), Values: f.Values, Sort: f.Sort, Filter: f.Filter, Nullable: f.nullable()})
		}
	}
	s.Fields = append(s.Fields,
		list.Field{Name: "created_at", Column: "r.created_at", Kind: list.Time, Sort: true, Filter: true},
		list.Field{Name: "updated_at", Column: "r.updated_at", Kind: list.Time, Sort: true, Filter: true})
	s.Search = list.Words(words...)
	return s
}

// key is the locale key of a part of the register.
func (r *Register[T]) key(part string) string { return "register." + r.Name + "." + part } // i18n: register.*

// Keys lists every locale key that the register needs, for the test that looks whether they are there.
func (r *Register[T]) Keys() []string {
	keys := []string{r.key("one"), r.key("many"), r.key("add"), r.key("about"), r.key("empty"), r.key("empty_text"), r.key("search")}
	for _, f := range r.fields {
		keys = append(keys, r.key("field."+f.Name))
		if f.Help {
			keys = append(keys, r.key("help."+f.Name))
		}
		for _, v := range f.Values {
			keys = append(keys, r.key("value."+f.Name+"."+v))
		}
		if s := r.key("section." + f.Section); f.Section != "" && !slices.Contains(keys, s) {
			keys = append(keys, s)
		}
	}
	return keys
}
