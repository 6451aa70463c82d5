package document_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vigie/internal/kit/i18n"
	"vigie/internal/kit/ui"
	"vigie/internal/onboard/document"
	"vigie/internal/platform/clock"
	"vigie/internal/platform/db"
	"vigie/internal/platform/db/dbtest"
	"vigie/internal/record/link"
	"vigie/internal/record/register"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
	"vigie/locales"
)

// visit makes a request as a browser without cookies would; a text, if there is one, goes as a file.
func visit(t *testing.T, site http.Handler, method, path, text string) (int, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	check(t, w.WriteField("edition", "2"))
	part, err := w.CreateFormFile("file", "réseau.txt")
	check(t, err)
	_, err = io.WriteString(part, text)
	check(t, err)
	check(t, w.Close())
	r := httptest.NewRequestWithContext(t.Context(), method, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	rec := httptest.NewRecorder()
	site.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// A contact hands in by the link of a mail, in their language: what they owe, under their name, and nothing else.
func TestHandInByLink(t *testing.T) {
	t.Parallel()
	dbtest.EachWithClock(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		h, ctx := open(t, d, c), t.Context()
		links := link.Open(link.Parts{DB: d, Clock: c, PublicURL: &url.URL{Scheme: "https", Host: "vigie.example"}})
		h.documents.Links = links
		bundle, err := i18n.Load(locales.FS)
		check(t, err)
		shell := &web.Shell{Bundle: bundle, Clock: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		mux := http.NewServeMux()
		h.documents.HandInPages(mux, shell, links)
		site := ui.SecurityHeaders(mux)

		asked := h.ask(t, "", "network")
		path, ok := strings.CutPrefix(h.mail.sent[0].Link, "https://vigie.example")
		if !ok || !strings.HasPrefix(path, "/hand-in/") {
			t.Fatalf("the link of the mail: %q", h.mail.sent[0].Link)
		}
		other, err := h.documents.List.Create(ctx, h.admin, "acme", register.As(document.Document{Title: "Contrat secret", State: "listed", Status: "draft"}))
		check(t, err)
		if code, page := visit(t, site, "GET", path, ""); code != 200 || !strings.Contains(page, "Réseau – Shop") || !strings.Contains(page, "Documents que nous attendons") || strings.Contains(page, "Contrat secret") {
			t.Fatalf("%d: %s", code, page)
		}
		if code, page := visit(t, site, "POST", path+"/documents/"+asked[0].ID, ""); code != 422 || !strings.Contains(page, `role="alert"`) {
			t.Errorf("an empty file: %d %s", code, page)
		}
		if code, _ := visit(t, site, "POST", path+"/documents/"+other.ID, "mine"); code != 404 {
			t.Errorf("a document that is not theirs: %d", code)
		}
		if code, page := visit(t, site, "POST", path+"/documents/"+asked[0].ID, "10.0.0.0/8"); code != 303 {
			t.Fatalf("%d: %s", code, page)
		}
		history, err := h.documents.History(ctx, h.admin, asked[0].ID)
		if err != nil || len(history.Versions) != 1 || history.Versions[0].HandedBy != "Jeanne" || history.Versions[0].Via != "link" || history.Versions[0].Name != "réseau.txt" {
			t.Errorf("%+v, %v", history, err)
		}
		if code, page := visit(t, site, "GET", path, ""); code != 200 || !strings.Contains(page, "Il ne manque rien") || !strings.Contains(page, "réseau.txt") {
			t.Errorf("afterwards: %d %s", code, page)
		}
		if code, _ := visit(t, site, "GET", path+"x", ""); code != 404 {
			t.Errorf("another link: %d", code)
		}

		// Who manages documents sees the link, and ends it; what it opened is not found then.
		engineer, viewer := h.api.As("engineer", permission.Engineer, db.GrantAll()), h.api.As("viewer", permission.Viewer, db.Grant(h.customer))
		at := "/documents/" + asked[0].ID + "/hand-in-links"
		var all document.HandInLinks
		body := engineer.Do(t, "GET", at, "").Want(t, 200)
		body.JSON(t, &all)
		if len(all.Items) != 1 || all.Items[0].State != link.Valid || all.Items[0].Contact != h.contact || all.Items[0].Opened == 0 || strings.Contains(body.Body, strings.TrimPrefix(path, "/hand-in/")) {
			t.Fatalf("the links: %+v", all.Items)
		}
		viewer.Do(t, "GET", at, "").Want(t, 403)
		viewer.Do(t, "POST", at+"/"+all.Items[0].ID+"/revoke", "").Want(t, 403)
		engineer.Do(t, "POST", "/documents/"+other.ID+"/hand-in-links/"+all.Items[0].ID+"/revoke", "").Want(t, 404)
		var gone document.HandInLink
		engineer.Do(t, "POST", at+"/"+all.Items[0].ID+"/revoke", "").Want(t, 200).JSON(t, &gone)
		if gone.State != link.Revoked || gone.RevokedBy == "" {
			t.Errorf("revoked: %+v", gone)
		}
		if code, _ := visit(t, site, "GET", path, ""); code != 404 {
			t.Errorf("the link that was revoked: %d", code)
		}

		// One that is made by hand opens the same, for who may; its address is told once. What nobody owes has none.
		viewer.Do(t, "POST", at, "").Want(t, 403)
		var made document.HandInLink
		engineer.Do(t, "POST", at, "").Want(t, 201).JSON(t, &made)
		if code, page := visit(t, site, "GET", strings.TrimPrefix(made.Address, "https://vigie.example"), ""); code != 200 || !strings.Contains(page, "réseau.txt") {
			t.Errorf("by a link made by hand: %d %s", code, page)
		}
		if again := engineer.Do(t, "GET", at, "").Want(t, 200).Body; strings.Contains(again, "address") || !strings.Contains(again, made.ID) {
			t.Errorf("afterwards: %s", again)
		}
		engineer.Do(t, "POST", "/documents/"+other.ID+"/hand-in-links", "").Want(t, 409)
		var told int
		check(t, d.InScope(ctx, db.Grant(h.customer), func(tx *db.Tx) error {
			return tx.Get(ctx, &told, `SELECT COUNT(*) FROM {audit_entry} WHERE record_type = 'contact' AND action = 'revoke_link' AND record_id = ?`, h.contact)
		}))
		if told != 1 {
			t.Errorf("the trail tells %d times of it", told)
		}
	})
}
