package sso

import (
	"context"
	"net/http"

	"vigie/internal/kit/ui"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/audit"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// Unlink takes a person away from the providers that vouch for them, and ends their sessions. They have no way in then until an invitation
// gives them a password; a later sign-in at the provider links them again. Faults: not_found, forbidden, conflict (none vouches).
func (s *Service) Unlink(ctx context.Context, a permission.Actor, userID string) error {
	u, err := s.identity.User(ctx, a, userID)
	if err != nil {
		return err
	}
	if err := a.Require(permission.UserWrite); err != nil {
		return err
	}
	return s.db.Across(ctx, "people belong to the instance", func(tx *db.Tx) error {
		var names []string
		err := tx.Select(ctx, &names, `SELECT p.slug FROM {identity_link} l JOIN {identity_provider} p ON p.id = l.provider_id WHERE l.user_id = ? ORDER BY p.slug`, u.ID)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fault.New(fault.Conflict, "sso.not_linked")
		}
		if err := s.accounts.TakePassword(ctx, tx, a, u.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM {identity_link} WHERE user_id = ?`, u.ID); err != nil {
			return err
		}
		if err := s.accounts.EndSessions(ctx, tx, u.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, a, "unlink", audit.Record{Type: "user", ID: u.ID, Name: u.Email}, map[string]any{"providers": names}, nil)
	})
}

func (h pages) unlink(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	to := "/people/" + r.PathValue("id")
	if err := h.s.Unlink(r.Context(), a, r.PathValue("id")); err != nil {
		return web.Refused(w, r, p, to, err)
	}
	return web.Done(w, r, p, to, p.T("sso.done_unlink"))
}
