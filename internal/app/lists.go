package app

import (
	"net/http"
	"slices"

	"vigie/internal/kit/api"
	"vigie/internal/record/intake"
	"vigie/internal/trust/web"
)

// lists is what every list has.
type lists struct {
	Intake *intake.Service
}

// wireLists makes what every list has: CSV files in.
func (a *App) wireLists() {
	a.Intake = intake.New(a.db, a.bundle, slices.Concat(a.CMDB.Intakes(), a.Customers.Intakes())...)
}

func (a *App) registerLists(x *api.API) {
	a.Intake.Register(x)
}

func (a *App) listPages(mux *http.ServeMux, shell *web.Shell) {
	a.Intake.Pages(mux, shell)
}
