package web

import (
	"time"

	"github.com/a-h/templ"

	"vigie/internal/kit/ui"
)

// TokenState says whether a token can still be used.
func TokenState(p *ui.Page, revoked, expires *time.Time) templ.Component {
	switch {
	case revoked != nil:
		return ui.Status(ui.Off, p.T("people.token.state.revoked"))
	case expires != nil && !expires.After(p.Now()):
		return ui.Status(ui.Off, p.T("people.token.state.expired"))
	}
	return ui.Status(ui.Good, p.T("people.token.state.valid"))
}
