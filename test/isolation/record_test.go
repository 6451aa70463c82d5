package isolation

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
)

// What hangs on records: files.

const (
	boundary      = "the-line-between"
	multipartKind = "multipart/form-data; boundary=" + boundary
)

// multipartOf writes a form of files; the field "file" is a file, and comes last.
func multipartOf(form url.Values) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(boundary)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "file" {
			_ = w.WriteField(name, form.Get(name))
		}
	}
	if form.Has("file") {
		part, _ := w.CreateFormFile("file", "by form.txt")
		fmt.Fprint(part, form.Get("file"))
	}
	_ = w.Close()
	return b.String()
}

func attachment(f *firm) url.Values {
	return fields("record_type", "contact", "record_id", f.Refs["contact"], "public", "true", "file", "the content")
}

var recordRules = map[string]rule{
	"GET /attachments":              {action: permission.FileRead, shows: true},
	"POST /attachments":             {action: permission.FileWrite, media: multipartKind, body: func(f *firm) any { return multipartOf(attachment(f)) }},
	"GET /attachments/{id}":         {action: permission.FileRead, shows: true},
	"GET /attachments/{id}/content": {action: permission.FileRead, shows: true},
	"POST /attachments/{id}/links":  {action: permission.FileRead, body: func(*firm) any { return values{"variant": "original"} }},
	"DELETE /attachments/{id}":      {action: permission.FileRemove},
}

var recordPages = map[string]pageRule{
	"POST /attachments":              {action: permission.FileWrite, form: attachment, multi: true},
	"GET /attachments/{id}":          {action: permission.FileRead, shows: true},
	"GET /attachments/{id}/download": {action: permission.FileRead, ok: 303},
	"GET /attachments/{id}/preview":  {action: permission.FileRead, ok: 303},
	"POST /attachments/{id}/remove":  {action: permission.FileRemove, form: taken("name")},
}

var recordCalls = map[string]call{
	"file.Add": {action: permission.FileWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Files.Add(ctx, a, file.NewFile{RecordType: "contact", RecordID: f.Refs["contact"], Name: "x.txt", Content: strings.NewReader("by method")}))
	}},
	"file.File": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Files.File(ctx, a, f.Refs["file"]))
	}},
	"file.Files": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Files.Files(ctx, a, file.Spec.All()))
	}},
	"file.Link": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Files.Link(ctx, a, f.Refs["file"], file.Original))
	}},
	"file.Content": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		w := httptest.NewRecorder()
		err := h.app.Files.Content(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil), a, f.Refs["file"])
		return one(w.Body.String(), err)
	}},
	"file.Remove": {action: permission.FileRemove, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Files.Remove(ctx, a, f.Refs["file"], f.Version))
	}},
}

// seedRecords hangs things on the firm's contact.
func (h *house) seedRecords(t *testing.T, f *firm) {
	t.Helper()
	var picture bytes.Buffer
	check(t, png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 4, 4))))
	picture.WriteString(f.Word) // behind the picture, so that the content is known by it
	made, err := h.app.Files.Add(t.Context(), h.operator(), file.NewFile{RecordType: "contact", RecordID: f.Refs["contact"], Name: f.Word + ".png", Public: true, Content: &picture})
	check(t, err)
	f.Refs["file"] = made.ID
}
