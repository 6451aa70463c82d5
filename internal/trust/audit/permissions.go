package audit

import (
	"net/http"
	"slices"

	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

// permissions shows the one table of who may do what, in words.
func (h pages) permissions(w http.ResponseWriter, r *http.Request, p *ui.Page, a permission.Actor) error {
	if err := a.Require(permission.CustomerRead); err != nil {
		return err
	}
	p.Title, p.Active = p.T("audit.permissions.title"), "permissions"
	ui.Render(w, r, http.StatusOK, permissionsPage(p, a.Role()))
	return nil
}

// permissionWord says an action of the table.
// i18n: audit.permission.*
func permissionWord(p *ui.Page, action permission.Action) string {
	return p.T("audit.permission." + string(action))
}

// roleWord says a role.
// i18n: trust.role.*
func roleWord(p *ui.Page, r permission.Role) string { return p.T("trust.role." + string(r)) }

func allowed(row permission.Row, r permission.Role) bool { return slices.Contains(row.Roles, r) }
