package document

import (
	"context"
	"net/http"
	"time"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Door is what private links of this room open: what one contact owes.
var Door = link.Door{Purpose: "documents", Path: "/hand-in/", Actions: []permission.Action{permission.DocumentRead, permission.DocumentHandIn, permission.FileRead, permission.FileWrite}}

// linkLife is how long the link of a mail works; the next mail has a new one.
const linkLife = 45 * 24 * time.Hour

// invite makes a link for a contact, in the transaction of what tells them.
func invite(ctx context.Context, tx *db.Tx, a permission.Actor, c contact) (l link.Link, secret string, err error) {
	return link.Create(ctx, tx, a, link.New{Door: Door, Record: audit.Record{Type: "contact", ID: c.ID, Name: c.Name}, Name: c.Name, Email: c.Email, Language: c.Language,
		ExpiresAt: tx.Now().Add(linkLife)})
}

// LinkMaker gives the address of a link.
type LinkMaker interface {
	Address(d link.Door, secret string) string
}

// HandInPages hangs the pages of private links on the mux.
func (s *Service) HandInPages(mux *http.ServeMux, shell *web.Shell, links *link.Service) {
	h := guest{s}
	mux.Handle("GET /hand-in/{token}", links.Page(shell, Door, h.show))
	mux.Handle("POST /hand-in/{token}/documents/{id}", links.Page(shell, Door, h.take))
}

// guest are the pages of somebody with a private link.
type guest struct{ s *Service }

// wanted is a document as its debtor sees it.
type wanted struct {
	Document
	help    string
	remarks string // of who refused it
	late    bool
	sent    string // name of the file that is here already
}

// guestView is what a contact owes, and what they have handed in lately.
type guestView struct {
	name, customer string
	until          time.Time
	base           string
	owed, here     []wanted
	problem        string
	at             string // the document that the problem is about
}

func (h guest) show(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l link.Link) error {
	return h.page(w, r, p, a, l, http.StatusOK, "", "")
}

func (h guest) page(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l link.Link, status int, at, problem string) error {
	v := guestView{name: l.Name, until: l.ExpiresAt.Time, base: Door.Path + r.PathValue("token"), at: at, problem: problem}
	scope, err := a.For(permission.DocumentRead, l.CustomerID)
	if err != nil {
		return err
	}
	day := p.Now().In(p.Zone()).Format(time.DateOnly)
	err = h.s.DB.View(r.Context(), scope, func(tx *db.Tx) error {
		if err := tx.Get(r.Context(), &v.customer, `SELECT name FROM {customer} WHERE id = ?`, l.CustomerID); err != nil {
			return err
		}
		owed, err := h.s.owedBy(r.Context(), tx, l.RecordID)
		if err != nil {
			return err
		}
		for _, d := range owed {
			x := h.wanted(p, d, day)
			if d.state() == Refused {
				if x.remarks, err = lastRemarks(r.Context(), tx, d.ID); err != nil {
					return err
				}
			}
			v.owed = append(v.owed, x)
		}
		here, err := handedInBy(r.Context(), tx, l.RecordID)
		if err != nil {
			return err
		}
		for _, d := range here {
			x := h.wanted(p, d, day)
			if latest, err := latestVersion(r.Context(), tx, d.ID); err == nil {
				x.sent = latest.Name
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
			v.here = append(v.here, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Title = p.T("documents.guest.title")
	ui.Render(w, r, status, guestPage(p, v))
	return nil
}

func (h guest) wanted(p *ui.Page, d Document, day string) wanted {
	x := wanted{Document: d, late: d.state().Owes() && d.DueOn != "" && string(d.DueOn) < day}
	if k, ok := h.s.Kinds.Of(d.Kind); ok {
		x.help = k.Help.In(p.Lang())
	}
	return x
}

// take takes a file for one document of the contact. Whatever else the customer has is not found.
func (h guest) take(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor, l link.Link) error {
	d, err := h.s.List.Get(r.Context(), a, r.PathValue("id"))
	if err == nil && string(d.OwedBy) != l.RecordID {
		err = fault.New(fault.NotFound, "fault.not_found")
	}
	if err != nil {
		return err
	}
	if _, err := h.s.receive(r, a, d.ID); err != nil {
		text := refusal(p, err)
		if text == "" {
			return err
		}
		return h.page(w, r, p, a, l, web.Status(err), d.ID, text)
	}
	return web.Done(w, r, p, Door.Path+r.PathValue("token"), p.T("documents.guest.thanks", "title", d.Title))
}
