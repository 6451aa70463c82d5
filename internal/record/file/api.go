package file

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"vigie/internal/kit/api"
	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

type byID struct {
	ID string `path:"id" doc:"Id."`
}

type newLink struct {
	ID   string `path:"id" doc:"Id."`
	Body struct {
		Variant string `json:"variant,omitempty" enum:"original,preview" doc:"original unless said otherwise."`
	}
}

type deletion struct {
	ID string `path:"id" doc:"Id."`
	api.Match
}

// Register adds the operations of this room.
func (s *Service) Register(a *api.API) {
	const tag = "Attachments"
	api.List(a, api.Listing[listed, File]{
		Op: api.Op{Path: "/attachments", Tag: tag, Summary: "List attachments"}, Spec: Spec, Allow: permission.Need(permission.FileRead),
		Within: func(ctx context.Context, _ *db.Tx, _ func(string) string, q list.Query) (list.Query, error) {
			return s.seen(permission.From(ctx), q), nil
		},
		Rows: func(_ context.Context, _ *db.Tx, rows []listed) ([]File, error) {
			out := make([]File, len(rows))
			for i, r := range rows {
				out[i] = r.shown(r.Slug)
			}
			return out, nil
		},
	})
	api.Get(a, api.Op{Path: "/attachments/{id}", Tag: tag, Summary: "Get an attachment's description"}, func(ctx context.Context, in *byID) (File, error) {
		return s.File(ctx, permission.From(ctx), in.ID)
	})
	api.Upload(a, api.Op{Path: "/attachments", Tag: tag, Summary: "Attach a file to a record", MaxBody: s.Limits.Max,
		Description: "The fields come before the file. 413 beyond the instance's limit."}, []api.Part{
		{Name: "record_type", Doc: "Type of the record: customer, contact, workload, ci, account, ...", Required: true},
		{Name: "record_id", Doc: "Id of the record.", Required: true},
		{Name: "public", Doc: "true: the customer's people see it."},
		{Name: "file", File: true, Required: true},
	}, s.upload)
	api.Stream(a, api.Op{Path: "/attachments/{id}/content", Tag: tag, Summary: "Download an attachment", Description: "Takes Range."}, "application/octet-stream",
		func(w http.ResponseWriter, r *http.Request) error {
			return s.Content(w, r, permission.From(r.Context()), r.PathValue("id"))
		})
	api.Post(a, api.Op{Path: "/attachments/{id}/links", Tag: tag, Summary: "Make a short-lived address of an attachment", Secret: true,
		Description: "For a browser or a program that has no token: good for five minutes."}, func(ctx context.Context, in *newLink) (Link, error) {
		v := Original
		switch in.Body.Variant {
		case "", "original":
		case "preview":
			v = Preview
		default:
			var bad fault.Fields
			bad.Add("variant", "api.field.choice", "value", "original, preview")
			return Link{}, bad.Err()
		}
		return s.Link(ctx, permission.From(ctx), in.ID, v)
	})
	api.Delete(a, api.Op{Path: "/attachments/{id}", Tag: tag, Summary: "Remove an attachment"}, func(ctx context.Context, in *deletion) error {
		return s.Remove(ctx, permission.From(ctx), in.ID, in.Expected())
	})
}

// upload reads the parts of a form as they come.
func (s *Service) upload(ctx context.Context, form *multipart.Reader) (out File, err error) {
	in := NewFile{}
	err = ReadForm(form, map[string]func(string) error{
		"record_type": func(v string) error { in.RecordType = v; return nil },
		"record_id":   func(v string) error { in.RecordID = v; return nil },
		"public":      func(v string) (err error) { in.Public, err = yes(v); return err },
	}, func(name string, content io.Reader) error {
		var bad fault.Fields
		if in.RecordType == "" {
			bad.Add("record_type", "file.before")
		}
		if in.RecordID == "" {
			bad.Add("record_id", "file.before")
		}
		if out.ID != "" {
			bad.Add("file", "file.one")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		in.Name, in.Content = name, content
		out, err = s.Add(ctx, permission.From(ctx), in)
		return err
	})
	if err == nil && out.ID == "" {
		if err := permission.From(ctx).Require(permission.FileWrite); err != nil {
			return out, err
		}
		var bad fault.Fields
		bad.Add("file", "api.field.required")
		err = bad.Err()
	}
	return out, err
}

func yes(v string) (bool, error) {
	switch v {
	case "", "false":
		return false, nil
	case "true", "on":
		return true, nil
	}
	var bad fault.Fields
	bad.Add("public", "api.field.bool")
	return false, bad.Err()
}

// What a form of ours may hold beside its files.
const (
	maxParts = 64
	maxValue = 4 << 10
)

// ReadForm reads a form of files part by part: fields through their functions, files through take. Faults: invalid.
func ReadForm(form *multipart.Reader, fields map[string]func(string) error, take func(name string, content io.Reader) error) error {
	var bad fault.Fields
	for range maxParts {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		if part.FormName() == "file" {
			name := fileName(part)
			if err := take(name, part); err != nil {
				return unreadable(err)
			}
			continue
		}
		set := fields[part.FormName()]
		if set == nil {
			bad.Add(part.FormName(), "api.field.unexpected")
			return bad.Err()
		}
		b, err := io.ReadAll(io.LimitReader(part, maxValue+1))
		if err != nil {
			return unreadable(err)
		}
		if len(b) > maxValue {
			bad.Add(part.FormName(), "fault.too_long", "max", maxValue)
			return bad.Err()
		}
		if err := set(string(b)); err != nil {
			return err
		}
	}
	bad.Add("file", "fault.too_many", "max", maxParts)
	return bad.Err()
}

// fileName is the name as it was sent, folders and all: CleanName takes care of it. Part.FileName would already have cut it.
func fileName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return part.FileName()
	}
	return params["filename"]
}

// unreadable makes a fault of what is wrong with the form itself; limits and our own faults stay what they are.
func unreadable(err error) error {
	var large *http.MaxBytesError
	var known *fault.Error
	switch {
	case errors.As(err, &large), errors.As(err, &known), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, multipart.ErrMessageTooLarge), isForm(err):
		return fault.New(fault.Invalid, "file.form").Because(err)
	}
	return err
}

// isForm tells an error of the multipart reader, which has no type for most.
func isForm(err error) bool {
	return strings.HasPrefix(err.Error(), "multipart:") || strings.HasPrefix(err.Error(), "mime:")
}
