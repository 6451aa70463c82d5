package app

import (
	"net/http"
	"slices"

	"vigie/internal/kit/api"
	"vigie/internal/record/bulk"
	"vigie/internal/record/intake"
	"vigie/internal/record/view"
	"vigie/internal/trust/permission"
	"vigie/internal/trust/web"
)

// lists is what every list has: CSV files in, saved views, changes of many records at once.
type lists struct {
	Intake *intake.Service
	Views  *view.Service
	Bulk   *bulk.Service
}

func (a *App) wireLists() {
	a.Intake = intake.New(a.db, a.bundle, slices.Concat(a.CMDB.Intakes(), a.Customers.Intakes(), a.Remediation.Intakes(), a.Requirements.Intakes(), a.Access.Intakes(), a.Inventory.Intakes(), []intake.Target{a.Documents.List.Intake()})...)
	a.Views = view.New(a.db, a.listed()...)
}

// listed are the lists that have saved views, by the address of their page. Registers have them as they are declared.
func (a *App) listed() []view.List {
	out := []view.List{
		{Name: "customers", Need: permission.CustomerRead},
		{Name: "cis", Need: permission.CIRead},
		{Name: "workloads", Need: permission.WorkloadRead},
		{Name: "changes", Need: permission.CIRead},
		{Name: "accounts", Need: permission.AccountRead},
		{Name: "discovery", Need: permission.DiscoveryRead},
		{Name: "estimates", Need: permission.EstimateRead},
		{Name: "plans", Need: permission.PlanRead},
		{Name: "coverage", Need: permission.DiscoveryRead},
		{Name: "documents", Need: permission.DocumentRead},
		{Name: "deliverables", Need: permission.DeliverableRead},
		{Name: "launches", Need: permission.LaunchRead},
		{Name: "waivers", Need: permission.LaunchRead},
		{Name: "baselines", Need: permission.BaselineRead},
		{Name: "findings", Need: permission.FindingRead},
	}
	editables := slices.Concat(a.Requirements.Editables(), a.Access.Editables(), a.Inventory.Editables(), a.Remediation.Editables())
	for _, r := range a.Customers.Registers.All() {
		editables = append(editables, r.Editable())
	}
	for _, e := range editables {
		k := e.Kind()
		out = append(out, view.List{Name: k.List, Need: k.Need})
	}
	return out
}

func (a *App) registerLists(x *api.API) {
	a.Intake.Register(x)
	a.Views.Register(x)
	a.Bulk.Register(x)
}

func (a *App) listPages(mux *http.ServeMux, shell *web.Shell) {
	shell.Views = a.Views.Apply
	a.Intake.Pages(mux, shell)
	a.Views.Pages(mux, shell)
	a.Bulk.Pages(mux, shell)
}
