package file

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/subject"
	"vigie/internal/trust/web"
)

// Pages hangs the room's pages on the mux.
func (s *Service) Pages(mux *http.ServeMux, shell *web.Shell) {
	h := pages{s}
	for pattern, handler := range map[string]web.Handler{
		"GET /attachments/{id}":          h.show,
		"GET /attachments/{id}/download": h.download,
		"GET /attachments/{id}/preview":  h.preview,
		"POST /attachments/{id}/remove":  h.remove,
	} {
		mux.Handle(pattern, shell.Page(handler))
	}
	mux.Handle("POST /attachments", shell.Large(h.add))
}

type pages struct{ s *Service }

// shownFiles is how many files the panel of a record names; the rest are behind the link.
const shownFiles = 50

// Part is the panel of a record's page.
func (s *Service) Part() web.Part { return s.part }

func (s *Service) part(r *http.Request, p *ui.Page, a permission.Actor, kind, id string) (web.Activity, error) {
	if !a.May(permission.FileRead) {
		return web.Activity{}, nil
	}
	q := Spec.All().Where("f.record_type = ? AND f.record_id = ?", kind, id)
	q.Limit = shownFiles
	found, err := s.Files(r.Context(), a, q)
	if err != nil {
		return web.Activity{}, err
	}
	v := panelView{Kind: kind, Record: id, Back: p.Path, files: found.Items, more: found.NextCursor != "", write: a.May(permission.FileWrite), staff: !a.Role().Customer(), most: blob.Megabytes(s.Limits.Max)}
	count := ""
	if n := len(found.Items); n > 0 {
		count = p.Number(n)
	}
	return web.Activity{Panels: []ui.Panel{{Title: p.T("file.list"), Count: count, Body: panel(p, v)}}}, nil
}

type panelView struct {
	Kind, Record, Back string
	files              []File
	more, write, staff bool
	most               int64
}

// add takes the files of the panel's form, as many as there are.
func (h pages) add(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.FileWrite); err != nil {
		return err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "file.form").Because(err)
	}
	in, back, added := NewFile{}, "", []File{}
	err = ReadForm(form, map[string]func(string) error{
		"record_type": func(v string) error { in.RecordType = v; return nil },
		"record_id":   func(v string) error { in.RecordID = v; return nil },
		"back":        func(v string) error { back = v; return nil },
		"public":      func(v string) (err error) { in.Public, err = yes(v); return err },
	}, func(name string, content io.Reader) error {
		in.Name, in.Content = name, content
		f, err := h.s.Add(r.Context(), a, in)
		if err == nil {
			added = append(added, f)
		}
		return err
	})
	to := ui.LocalPath(back)
	if err != nil {
		return h.refused(w, r, p, to, err)
	}
	if len(added) == 0 {
		var bad fault.Fields
		bad.Add("file", "file.none_chosen")
		return h.refused(w, r, p, to, bad.Err())
	}
	return web.Done(w, r, p, to, p.N("file.added", len(added)))
}

// refused says in words why a file was not taken.
func (h pages) refused(w http.ResponseWriter, r *http.Request, p *ui.Page, to string, err error) error {
	if fault.Is(err, fault.TooLarge) {
		ui.Flash(w, r, ui.Toast{Tone: ui.Bad, Text: p.T("fault.too_large", "max", blob.Megabytes(h.s.Limits.Max))})
		ui.Redirect(w, r, p.In(to))
		return nil
	}
	return web.Refused(w, r, p, to, err)
}

// view is a file as its page shows it.
type view struct {
	File
	on     subject.Subject
	remove bool
	text   string // the beginning of a text
	cut    bool
	image  bool
}

func (h pages) one(r *http.Request, p *ui.Page, a permission.Actor) (v view, stored row, err error) {
	v.File, stored, v.on, err = h.s.open(r.Context(), a, r.PathValue("id"))
	if err == nil {
		err = web.Belongs(p, v.Customer)
	}
	return v, stored, err
}

func (h pages) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, stored, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	v.remove, v.image = mayRemove(a, stored), v.Preview
	if !v.image && isText(v.MediaType) {
		if v.text, v.cut, err = h.s.beginning(r.Context(), stored); err != nil {
			return err
		}
	}
	p.Title = v.Name
	if v.on.Href != "" {
		p.Crumbs = []ui.Link{{Label: v.on.Name, Href: v.on.Href}}
	}
	ui.Render(w, r, http.StatusOK, filePage(p, v))
	return nil
}

// shownText is how much of a text a page shows.
const shownText = 32 << 10

// beginning reads the first part of a text; bytes that are none are shown as the mark for them.
func (s *Service) beginning(ctx context.Context, f row) (text string, cut bool, err error) {
	c, err := s.Store.Range(ctx, f.Hash, 0)
	if err != nil {
		return "", false, err
	}
	defer c.Close()
	b, err := io.ReadAll(io.LimitReader(c, shownText))
	if err != nil {
		return "", false, err
	}
	cut = f.Size > int64(len(b))
	for range utf8.UTFMax - 1 { // a character may be cut in two
		if !cut || utf8.Valid(b) || len(b) == 0 {
			break
		}
		b = b[:len(b)-1]
	}
	text = strings.ToValidUTF8(string(b), "\ufffd")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return c
		case c < 0x20, c == 0x7f, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069: // what would turn the text round
			return '\ufffd'
		}
		return c
	}, strings.ReplaceAll(text, "\r\n", "\n")), cut, nil
}

func (h pages) download(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.lead(w, r, p, a, Original)
}

func (h pages) preview(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	return h.lead(w, r, p, a, Preview)
}

// lead sends the browser on to the address without a cookie.
func (h pages) lead(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, variant Variant) error {
	v, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	l, err := h.s.Link(r.Context(), a, v.ID, variant)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, l.URL, http.StatusSeeOther)
	return nil
}

func (h pages) remove(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	v, _, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	if err := h.s.Remove(r.Context(), a, v.ID, web.Version(r)); err != nil {
		return web.Refused(w, r, p, "/attachments/"+v.ID, err)
	}
	to := v.on.Href
	if to == "" {
		to = "/"
	}
	return web.Done(w, r, p, to, p.T("file.removed", "name", v.Name))
}

func (v view) facts(p *ui.Page) []ui.Fact {
	seen := p.T("file.internal")
	if v.Public {
		seen = p.T("file.public")
	}
	return []ui.Fact{
		{Label: p.T("file.size"), Value: ui.Text(p.Bytes(v.Size))},
		{Label: p.T("file.type"), Value: ui.Code(v.MediaType)},
		{Label: p.T("file.seen"), Value: ui.Text(seen)},
		{Label: p.T("file.by"), Value: ui.Text(v.AddedBy)},
		{Label: p.T("file.at"), Value: ui.When(p, v.CreatedAt.Time)},
	}
}

func (v view) doomed(p *ui.Page) ui.Doomed {
	return ui.Doomed{ID: "remove", Title: p.T("file.remove_title", "name", v.Name), Text: p.T("file.remove_text"), Things: []string{v.Name},
		Action: p.In("/attachments/" + v.ID + "/remove"), Confirm: p.T("file.remove"), Hidden: []ui.TagPair{{Key: "version", Value: strconv.FormatInt(v.Version, 10)}}}
}
