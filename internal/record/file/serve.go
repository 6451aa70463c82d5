package file

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/blob"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/platform/seal"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"

	"crypto/rand"
)

// Door is where contents leave.
const Door = "/files/"

// policy lets nothing in a content run, load or be framed.
const policy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// Link is a signed address of a content: who has it needs no sign-in.
type Link struct {
	URL       string  `json:"url" doc:"Relative to the server's address; takes no cookie and no token."`
	ExpiresAt db.Time `json:"expires_at"`
}

// Link signs an address for a file that the actor may see. Faults: not_found (also a preview that there is none of), forbidden.
func (s *Service) Link(ctx context.Context, a permission.Actor, ref string, v Variant) (Link, error) {
	_, r, _, err := s.open(ctx, a, ref)
	if err != nil {
		return Link{}, err
	}
	if v == Preview && r.PreviewHash == "" {
		return Link{}, fault.New(fault.NotFound, "fault.not_found")
	}
	key, err := s.signer(ctx)
	if err != nil {
		return Link{}, err
	}
	l := link{customer: r.CustomerID, file: r.ID, variant: v, expires: s.Clock.Now().Add(linkLife)}
	return Link{URL: Door + l.sign(key), ExpiresAt: db.At(l.expires)}, nil
}

// signer gives the key of the instance, which the first to need it makes.
func (s *Service) signer(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	at := seal.Place{Table: "link_key", Row: "files", Column: "sealed"}
	err := s.DB.Across(ctx, "the key that signs links is of the instance", func(tx *db.Tx) error {
		var sealed string
		err := tx.Get(ctx, &sealed, `SELECT sealed FROM {link_key} WHERE name = ?`, at.Row)
		if fault.Is(err, fault.NotFound) {
			fresh := make([]byte, 32)
			_, _ = rand.Read(fresh) // never fails
			if sealed, err = s.Secrets.Seal(ctx, tx, at, fresh); err != nil {
				return err
			}
			made := struct {
				Name      string  `db:"name"`
				Sealed    string  `db:"sealed"`
				CreatedAt db.Time `db:"created_at"`
			}{at.Row, sealed, tx.Now()}
			if _, err = tx.Insert(ctx, "link_key", made, "(name) DO NOTHING"); err != nil {
				return err
			}
			// Another server may have been faster: its key is the one.
			err = tx.Get(ctx, &sealed, `SELECT sealed FROM {link_key} WHERE name = ?`, at.Row)
		}
		if err != nil {
			return err
		}
		s.key, err = s.Secrets.Open(ctx, tx, at, sealed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("key of file links: %w", err)
	}
	return s.key, nil
}

// Serve answers GET /files/{token}. What the token says is all that counts: no cookie is read, none is set.
func (s *Service) Serve(shell *web.Shell) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Cookie")
		r.Header.Del("Authorization")
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "private, no-store")
		if err := s.serve(w, r); err != nil {
			p := shell.Open(w, r)
			page := ui.FaultPage{Status: web.Status(err)}
			if fault.Is(err, fault.NotFound) {
				page.Detail = p.T("file.link_over")
			}
			if page.Status >= http.StatusInternalServerError {
				shell.Log.ErrorContext(r.Context(), "file not served", "error", err)
			}
			p.Title = page.Title(p)
			head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'")
			ui.Render(w, r, page.Status, ui.Fault(p, page))
		}
	})
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) error {
	key, err := s.signer(r.Context())
	if err != nil {
		return err
	}
	l, err := parseLink(key, r.PathValue("token"), s.Clock.Now())
	if err != nil {
		return err
	}
	// The link was signed for somebody who may read this customer's file, which is what the scope is made of.
	var found listed
	err = s.DB.View(r.Context(), db.Grant(l.customer), func(tx *db.Tx) (err error) {
		found, err = get(r.Context(), tx, l.file)
		return err
	})
	if err != nil {
		return err
	}
	return s.send(w, r, found.row, l.variant)
}

// send writes a content, or the range of it that is asked for.
func (s *Service) send(w http.ResponseWriter, r *http.Request, f row, v Variant) error {
	b, mediaType, disposition := blob.Blob{Hash: f.Hash, Size: f.Size}, served(f.MediaType), "attachment"
	if v == Preview {
		if f.PreviewHash == "" {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		b, mediaType, disposition = blob.Blob{Hash: string(f.PreviewHash), Size: f.PreviewSize}, f.PreviewType, "inline"
	}
	if _, err := s.Store.Stat(r.Context(), b.Hash); err != nil {
		return fmt.Errorf("content of file %s: %w", f.ID, err)
	}
	content := blob.NewSeeker(r.Context(), s.Store, b)
	defer content.Close()
	head := w.Header()
	head.Set("Content-Type", mediaType)
	head.Set("Content-Disposition", disposed(disposition, f.Name))
	head.Set("ETag", `"`+b.Hash[:32]+`"`)
	http.ServeContent(w, r, "", f.CreatedAt.Time, content)
	return nil
}

// Content answers with a file's content to a caller of the API. Faults: not_found, forbidden.
func (s *Service) Content(w http.ResponseWriter, r *http.Request, a permission.Actor, ref string) error {
	_, f, _, err := s.open(r.Context(), a, ref)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", policy)
	return s.send(w, r, f, Original)
}

// disposed is the header of RFC 6266: the name in ASCII for old readers, and as it is for the others.
func disposed(how, name string) string {
	plain := strings.Map(func(c rune) rune {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '%' {
			return '_'
		}
		return c
	}, name)
	out := how + `; filename="` + plain + `"`
	if plain != name {
		out += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return out
}
