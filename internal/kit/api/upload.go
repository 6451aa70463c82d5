package api

import (
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vigie/internal/platform/fault"
)

// Part is one field of an upload, for the description. They are read in this order, the file last.
type Part struct {
	Name, Doc string
	File      bool
	Required  bool
}

// uploadSlack is the room for the other fields of a form beside its file.
const uploadSlack = 1 << 20

// Upload registers a POST of multipart/form-data that is read as it comes: a file is never held in memory whole. Op.MaxBody is the
// size of the largest file. f reads the parts; it answers like Post.
func Upload[T any](a *API, op Op, parts []Part, f func(ctx context.Context, r *multipart.Reader) (T, error)) {
	most := op.MaxBody + uploadSlack
	op.MaxBody = most
	o := a.operation(http.MethodPost, http.StatusCreated, op)
	form := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, p := range parts {
		s := &huma.Schema{Type: huma.TypeString, Description: p.Doc}
		if p.File {
			s.Format = "binary"
		}
		form.Properties[p.Name] = s
		if p.Required {
			form.Required = append(form.Required, p.Name)
		}
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	o.Responses["201"] = &huma.Response{Description: "Created", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	a.stream(o, func(w http.ResponseWriter, r *http.Request) error {
		if r.ContentLength > most {
			return fault.New(fault.TooLarge, "api.problem.too_large")
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		reader, err := r.MultipartReader()
		if err != nil {
			return fault.New(fault.Unsupported, "api.problem.multipart")
		}
		body, err := f(r.Context(), reader)
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return fault.New(fault.TooLarge, "api.problem.too_large")
		}
		if err != nil {
			return err
		}
		if v, ok := any(body).(Versioned); ok {
			w.Header().Set("ETag", ETag(v.Revision()))
		}
		if p, ok := any(body).(Placed); ok {
			w.Header().Set("Location", Base+p.Self())
		}
		w.Header().Set("Content-Type", jsonType)
		w.WriteHeader(o.DefaultStatus)
		return format.Marshal(w, body)
	})
	// Only now: huma reads a body that it knows of into memory.
	a.huma.OpenAPI().Paths[o.Path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: form}}}
}

// Stream registers a GET whose answer f writes itself, as the content of a file. f must not have written when it fails.
func Stream(a *API, op Op, mediaType string, f func(w http.ResponseWriter, r *http.Request) error) {
	o := a.operation(http.MethodGet, http.StatusOK, op)
	o.SkipValidateParams = true
	for _, m := range pathParameter.FindAllStringSubmatch(o.Path, -1) {
		o.Parameters = append(o.Parameters, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	o.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	a.stream(o, f)
}

func (a *API) stream(o huma.Operation, f func(w http.ResponseWriter, r *http.Request) error) {
	huma.Register(a.huma, o, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			if err := f(w, r); err != nil {
				a.problem(w, r, err)
			}
		}}, nil
	})
}
