package file_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"testing"

	"vigie/internal/customer"
	"vigie/internal/kit/api/apitest"
	"vigie/internal/kit/i18n"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/id"
	"vigie/internal/platform/seal/sealtest"
	"vigie/internal/record/file"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
	"vigie/locales"
	"vigie/test/pg"
)

func TestMain(m *testing.M) { pg.Main(m) }

// house is two customers with a contact each, and the rooms that files need.
type house struct {
	db       *db.DB
	clock    *clock.Manual
	store    *blob.Folder
	files    *file.Service
	api      *apitest.Server
	door     http.Handler
	customer map[string]string // slug -> id
	contact  map[string]string // slug -> id
}

func open(t *testing.T, d *db.DB, c *clock.Manual, limits file.Limits) *house {
	t.Helper()
	h := &house{db: d, clock: c, store: blob.NewFolder(t.TempDir()), customer: map[string]string{}, contact: map[string]string{}}
	customers := customer.NewService(d)
	h.files = file.New(file.Parts{DB: d, Clock: c, Store: h.store, Secrets: sealtest.New(t), Subjects: subject.New(customer.Kinds()...), Limits: limits})
	h.api = apitest.New(t, d, c, customer.Resolve, customers, h.files)
	admin := h.as(permission.Admin)
	for _, slug := range []string{"acme", "bolt"} {
		var k customer.Customer
		admin.Do(t, "POST", "/customers", fmt.Sprintf(`{"slug":%q,"name":%q}`, slug, slug)).Want(t, 201).JSON(t, &k)
		var p customer.Contact
		admin.Do(t, "POST", "/contacts", fmt.Sprintf(`{"customer":%q,"name":"Ada of %s"}`, slug, slug)).Want(t, 201).JSON(t, &p)
		h.customer[slug], h.contact[slug] = k.ID, p.ID
	}
	bundle, err := i18n.Load(locales.FS)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /files/{token}", h.files.Serve(&web.Shell{Bundle: bundle, Clock: c, Log: slog.New(slog.DiscardHandler)}))
	h.door = mux
	return h
}

// as gives somebody of the role, who covers these customers, or all where none is named.
func (h *house) as(r permission.Role, slugs ...string) *apitest.Client {
	scope := db.GrantAll()
	if len(slugs) > 0 {
		var ids []string
		for _, s := range slugs {
			ids = append(ids, h.customer[s])
		}
		scope = db.Grant(ids...)
	}
	return h.api.As(id.New(), r, scope)
}

type part struct{ name, file, text string }

// form writes a multipart body; file names go out as they are given, quotes escaped.
func form(t *testing.T, parts ...part) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.name)}}
		if p.name == "file" {
			head.Set("Content-Disposition", `form-data; name="file"; filename="`+p.file+`"`)
			head.Set("Content-Type", "image/png") // what the sender says counts for nothing
		}
		f, err := w.CreatePart(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// attach sends a file for a customer's contact.
func (h *house) attach(t *testing.T, c *apitest.Client, slug, name, content string, public bool) apitest.Answer {
	t.Helper()
	body, kind := form(t, part{"record_type", "", "contact"}, part{"record_id", "", h.contact[slug]}, part{"public", "", fmt.Sprint(public)}, part{"file", name, content})
	return c.Do(t, "POST", "/attachments", body, "Content-Type", kind)
}

func (h *house) attached(t *testing.T, c *apitest.Client, slug, name, content string, public bool) (f file.File) {
	t.Helper()
	h.attach(t, c, slug, name, content, public).Want(t, 201).JSON(t, &f)
	return f
}

// link makes a signed address.
func (h *house) link(t *testing.T, c *apitest.Client, f file.File, variant string) string {
	t.Helper()
	var l file.Link
	c.Do(t, "POST", "/attachments/"+f.ID+"/links", fmt.Sprintf(`{"variant":%q}`, variant)).Want(t, 201).JSON(t, &l)
	return l.URL
}

// knock asks the door, header in pairs.
func (h *house) knock(t *testing.T, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", url, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w.Result()
}
