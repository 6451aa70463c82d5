package app

import (
	"net/http"

	"vigie/internal/kit/api"
	"vigie/internal/record/field"
	"vigie/internal/trust/web"
)

// openFields makes the room of custom fields. Which types of record have some, the registry of types says.
func (a *App) openFields() { a.Fields = field.NewService(a.db, a.Subjects) }

func (a *App) registerFields(x *api.API) { a.Fields.Register(x) }

func (a *App) fieldPages(mux *http.ServeMux, shell *web.Shell) { a.Fields.Pages(mux, shell) }
