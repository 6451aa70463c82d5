package document

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/record/link"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// mostLinks is how many links a document's page shows: each mail to its debtor made one.
const mostLinks = 20

// HandInLink is a private link as callers see it. It opens all that its contact owes.
type HandInLink struct {
	ID         string     `json:"id"`
	Contact    string     `json:"contact_id"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	State      link.State `json:"state" enum:"valid,expired,revoked"`
	ExpiresAt  db.Time    `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
	RevokedBy  string     `json:"revoked_by"`
	Opened     int64      `json:"opened" doc:"How often a page of it was opened."`
	LastUsedAt *time.Time `json:"last_used_at"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  db.Time    `json:"created_at"`
	Address    string     `json:"address,omitempty" doc:"Only in the answer that made it."`
}

// HandInLinks are the links by which a document can be handed in.
type HandInLinks struct {
	Items []HandInLink `json:"items" nullable:"false"`
}

func shownLink(l link.Link, now time.Time) HandInLink {
	return HandInLink{ID: l.ID, Contact: l.RecordID, Name: l.Name, Email: l.Email, State: l.State(now), ExpiresAt: l.ExpiresAt, RevokedAt: l.RevokedAt.Ptr(), RevokedBy: l.RevokedBy,
		Opened: l.Opened, LastUsedAt: l.LastUsedAt.Ptr(), CreatedBy: l.CreatedBy, CreatedAt: l.CreatedAt}
}

// inOrder puts the links that work first, each part the newest first.
func inOrder(all []link.Link, now time.Time) []link.Link {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(x, y link.Link) int {
		a, b := x.State(now) == link.Valid, y.State(now) == link.Valid
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	})
	return out
}

// HandInLinks lists the links by which a document can be handed in: those of the contact who owes it, the ones that work first. Faults:
// not_found, forbidden.
func (s *Service) HandInLinks(ctx context.Context, a permission.Actor, ref string) (out []HandInLink, err error) {
	d, err := s.List.Get(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	scope, err := a.For(permission.DocumentWrite, d.CustomerID)
	if err != nil || d.OwedBy == "" {
		return []HandInLink{}, err
	}
	out = []HandInLink{}
	err = s.DB.View(ctx, scope, func(tx *db.Tx) error {
		all, err := link.Of(ctx, tx, "contact", string(d.OwedBy))
		if err != nil {
			return err
		}
		for _, l := range inOrder(all, tx.Now().Time) {
			if l.Purpose == Door.Purpose {
				out = append(out, shownLink(l, tx.Now().Time))
			}
		}
		return nil
	})
	return out, err
}

// MakeHandInLink makes a link for the contact who owes a document, to be given to them by hand; its address is not shown again. Faults:
// not_found, forbidden, conflict where nobody owes it.
func (s *Service) MakeHandInLink(ctx context.Context, a permission.Actor, ref string) (out HandInLink, err error) {
	err = s.change(ctx, a, permission.DocumentWrite, ref, func(tx *db.Tx, d Document) error {
		if d.OwedBy == "" || s.Links == nil {
			return fault.New(fault.Conflict, "documents.links.nobody")
		}
		c, err := contactOf(ctx, tx, string(d.OwedBy))
		if err != nil {
			return err
		}
		l, secret, err := invite(ctx, tx, a, c)
		if err != nil {
			return err
		}
		out = shownLink(l, tx.Now().Time)
		out.Address = s.Links.Address(Door, secret)
		return nil
	})
	return out, err
}

// RevokeHandInLink ends a link by which a document can be handed in, at once, and with it the way to all else that its contact owes. Faults:
// not_found, also for a link of somebody else, forbidden.
func (s *Service) RevokeHandInLink(ctx context.Context, a permission.Actor, ref, which string) (out HandInLink, err error) {
	err = s.change(ctx, a, permission.DocumentWrite, ref, func(tx *db.Tx, d Document) error {
		c, err := contactOf(ctx, tx, string(d.OwedBy))
		if err != nil {
			return err
		}
		l, err := link.Revoke(ctx, tx, a, audit.Record{Type: "contact", ID: c.ID, Name: c.Name}, which)
		if err != nil {
			return err
		}
		if l.Purpose != Door.Purpose {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		out = shownLink(l, tx.Now().Time)
		return nil
	})
	return out, err
}

// makeLink shows the address of a new link, once.
func (h pages) makeLink(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	d, err := h.one(r, p, a)
	if err != nil {
		return err
	}
	to := "/documents/" + d.ID
	l, err := h.s.MakeHandInLink(r.Context(), a, d.ID)
	if err != nil {
		return web.Refused(w, r, p, to, err)
	}
	p.Title, p.Active, p.Self = p.T("documents.links.for", "name", l.Name), "document", to
	p.Crumbs = []ui.Link{{Label: p.T("register.document.many"), Href: "/documents"}, {Label: d.Title, Href: to}}
	ui.Render(w, r, http.StatusOK, linkPage(p, l, to))
	return nil
}

func (h pages) revokeLink(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if _, err := h.one(r, p, a); err != nil {
		return err
	}
	l, err := h.s.RevokeHandInLink(r.Context(), a, r.PathValue("id"), r.PathValue("link"))
	if err != nil {
		return err
	}
	return web.Done(w, r, p, "/documents/"+r.PathValue("id"), p.T("question.done_revoke", "name", l.Name))
}

// linkState says whether a link works.
// i18n: question.link.state.*
func linkState(p *ui.Page, l HandInLink) templ.Component {
	tone := ui.Off
	if l.State == link.Valid {
		tone = ui.Good
	}
	return ui.Status(tone, p.T("question.link.state."+string(l.State)))
}
