package isolation

import (
	"bytes"
	"errors"
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

	"vigie/internal/platform/db"
	"vigie/internal/record/file"
	"vigie/internal/record/note"
	"vigie/internal/trust/permission"
)

// What hangs on records: files and notes.

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

	"GET /notes":                    {action: permission.NoteRead, shows: true, query: customerQuery},
	"POST /notes":                   {action: permission.NoteWrite, body: func(f *firm) any { return aNote(f) }},
	"GET /notes/{id}":               {action: permission.NoteRead, shows: true},
	"PATCH /notes/{id}":             {action: permission.NoteWrite, ok: []int{403}, body: func(*firm) any { return values{"body": "taken over"} }}, // it is nobody's but its author's
	"DELETE /notes/{id}":            {action: permission.NoteRemove},
	"GET /notes/{id}/versions":      {action: permission.InternalRead, shows: true},
	"GET /watchers":                 {action: permission.NoteRead, query: customerQuery},
	"POST /watchers":                {action: permission.NoteRead, ok: []int{200}, body: func(f *firm) any { return values{"record_type": "contact", "record_id": f.Refs["contact"]} }},
	"GET /notifications":            {action: permission.NoteRead, self: true},
	"POST /notifications/read":      {action: permission.NoteRead, self: true, ok: []int{200}, body: func(f *firm) any { return values{"ids": []string{f.Refs["notification"]}} }},
	"GET /notification-preferences": {action: permission.NoteRead, self: true},
	"PUT /notification-preferences": {action: permission.NoteRead, self: true, body: func(*firm) any { return values{"mail": "none"} }},
}

func aNote(f *firm) values {
	return values{"record_type": "contact", "record_id": f.Refs["contact"], "body": "said", "public": true}
}

var recordPages = map[string]pageRule{
	"POST /attachments":              {action: permission.FileWrite, form: attachment, multi: true},
	"GET /attachments/{id}":          {action: permission.FileRead, shows: true},
	"GET /attachments/{id}/download": {action: permission.FileRead, ok: 303},
	"GET /attachments/{id}/preview":  {action: permission.FileRead, ok: 303},
	"POST /attachments/{id}/remove":  {action: permission.FileRemove, form: taken("name")},

	"POST /notes": {action: permission.NoteWrite, form: func(f *firm) url.Values {
		return fields("record_type", "contact", "record_id", f.Refs["contact"], "body", "said", "public", "true")
	}},
	"GET /notes/people":        {action: permission.NoteWrite}, // names of a record's readers: walked by services
	"GET /notes/{id}/edit":     {action: permission.NoteWrite, shows: true},
	"POST /notes/{id}/edit":    {action: permission.NoteWrite, form: taken("body"), ok: 403},
	"POST /notes/{id}/remove":  {action: permission.NoteRemove, form: taken("body")},
	"GET /notes/{id}/versions": {action: permission.InternalRead, shows: true},
	"POST /watching": {action: permission.NoteRead, form: func(f *firm) url.Values {
		return fields("record_type", "contact", "record_id", f.Refs["contact"], "watching", "true")
	}},
	"GET /inbox":       {action: permission.NoteRead},
	"POST /inbox/read": {action: permission.NoteRead},
	"POST /inbox/open": {action: permission.NoteRead, ok: 404, form: func(f *firm) url.Values { return fields("id", f.Refs["notification"]) }}, // somebody else's
	"POST /inbox/mail": {action: permission.NoteRead},
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
	"file.Recent": {do: func(ctx ctxT, h *house, a actorT, f *firm) (out []any, err error) {
		err = h.db.View(ctx, a.Scope(), func(tx *db.Tx) error {
			on, err := h.app.Subjects.Open(ctx, tx, a, "contact", f.Refs["contact"])
			if err == nil {
				out, err = one(h.app.Files.Recent(ctx, tx, a, on, "", 50))
			}
			return err
		})
		return out, err
	}},
	"file.Link": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Files.Link(ctx, a, f.Refs["file"], file.Original))
	}},
	"file.Content": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		w := httptest.NewRecorder()
		err := h.app.Files.Content(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil), a, f.Refs["file"])
		return one(w.Body.String(), err)
	}},
	"note.Write": {action: permission.NoteWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.Write(ctx, a, note.NewNote{RecordType: "contact", RecordID: f.Refs["contact"], Body: "by method", Public: true}))
	}},
	"note.Note": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.Note(ctx, a, f.Refs["note"]))
	}},
	"note.Notes": {list: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.Notes(ctx, a, note.Spec.All()))
	}},
	"note.Edit": {action: permission.NoteWrite, closed: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.Edit(ctx, a, f.Refs["note"], f.Version, note.ChangeNote{Body: "taken over"}))
	}},
	"note.Remove": {action: permission.NoteRemove, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return none(h.app.Notes.Remove(ctx, a, f.Refs["note"], f.Version))
	}},
	"note.Versions": {action: permission.InternalRead, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.Versions(ctx, a, f.Refs["note"]))
	}},
	"note.Watchers": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.Watchers(ctx, a, note.WatcherSpec.All()))
	}},
	"note.SetWatching": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.SetWatching(ctx, a, note.Watch{RecordType: "contact", RecordID: f.Refs["contact"]}))
	}},
	"note.Notifications": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.Notifications(ctx, a, note.NotificationSpec.All()))
	}},
	"note.Unread": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.Unread(ctx, a))
	}},
	"note.MarkRead": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		out, err := h.app.Notes.MarkRead(ctx, a, note.Reading{IDs: []string{f.Refs["notification"]}})
		if err == nil && out.Marked > 0 {
			err = errors.New("somebody else's notification was taken as read")
		}
		return one(out, err)
	}},
	"note.Preference": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.Preference(ctx, a))
	}},
	"note.SetPreference": {list: true, quiet: true, do: func(ctx ctxT, h *house, a actorT, _ *firm) ([]any, error) {
		return one(h.app.Notes.SetPreference(ctx, a, note.Preference{Mail: "all"}))
	}},
	"note.Timeline": {do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.Timeline(ctx, a, "contact", f.Refs["contact"], note.ShowAll, "", 50))
	}},
	"note.People": {action: permission.NoteWrite, do: func(ctx ctxT, h *house, a actorT, f *firm) ([]any, error) {
		return one(h.app.Notes.People(ctx, a, "contact", f.Refs["contact"], true, ""))
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
	// The firm's own person is mentioned, so that each table has a row.
	said, err := h.app.Notes.Write(t.Context(), h.operator(), note.NewNote{RecordType: "contact", RecordID: f.Refs["contact"], Body: "@" + f.Word + " Person, look at " + f.Word, Public: true})
	check(t, err)
	f.Refs["note"] = said.ID
	check(t, h.db.InScope(t.Context(), db.Grant(f.Refs["customer_id"]), func(tx *db.Tx) error {
		_, err := tx.Insert(t.Context(), "note_version", struct {
			CustomerID string  `db:"customer_id"`
			NoteID     string  `db:"note_id"`
			Version    int64   `db:"version"`
			Body       string  `db:"body"`
			At         db.Time `db:"at"`
		}{NoteID: said.ID, Version: 1, Body: f.Word + " before", At: tx.Now()}, "")
		if err != nil {
			return err
		}
		var told string
		err = tx.Get(t.Context(), &told, `SELECT CAST(n.id AS TEXT) FROM {notification} n WHERE n.note_id = ?`, said.ID)
		f.Refs["notification"] = told
		return err
	}))
}
