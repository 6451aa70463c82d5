package app

import (
	"vigie/internal/kit/ui"
	"vigie/internal/trust/permission"
)

// place is one entry of the left rail, for those who may do the action.
type place struct {
	item   ui.NavItem
	action permission.Action
}

// rail is the order of PRODUCT.md; rooms that do not exist yet are not in it.
func rail() []struct {
	label  string
	places []place
} {
	type section = struct {
		label  string
		places []place
	}
	return []section{
		{"", []place{
			{ui.NavItem{ID: "today", Label: "app.nav.today", Href: "/", Icon: "sun", Go: "t"}, permission.CustomerRead},
		}},
		{"app.nav.customers", []place{
			{ui.NavItem{ID: "customers", Label: "app.nav.customers", Href: "/customers", Icon: "building", Go: "k"}, permission.CustomerRead},
			{ui.NavItem{ID: "contact", Label: "register.contact.many", Href: "/contacts", Icon: "user"}, permission.ContactRead},
			{ui.NavItem{ID: "stakeholder", Label: "register.stakeholder.many", Href: "/stakeholders", Icon: "users"}, permission.StakeholderRead},
			{ui.NavItem{ID: "supplier", Label: "register.supplier.many", Href: "/suppliers", Icon: "truck"}, permission.SupplierRead},
		}},
		{"app.nav.onboarding", []place{
			{ui.NavItem{ID: "board", Label: "launch.board", Href: "/onboarding", Icon: "layout-kanban"}, permission.LaunchRead},
			{ui.NavItem{ID: "assessments", Label: "question.list", Href: "/assessments", Icon: "list-check"}, permission.AssessmentRead},
			{ui.NavItem{ID: "estimates", Label: "estimates.list", Href: "/estimates", Icon: "calculator", Go: "e"}, permission.EstimateRead},
			{ui.NavItem{ID: "plan", Label: "plans.list", Href: "/plans", Icon: "calendar", Go: "f"}, permission.PlanRead},
			{ui.NavItem{ID: "requirement", Label: "register.requirement.many", Href: "/requirements", Icon: "target"}, permission.RequirementRead},
			{ui.NavItem{ID: "inventory-review", Label: "inventory.nav", Href: "/inventory-review", Icon: "clipboard-check"}, permission.InventoryRead},
			{ui.NavItem{ID: "access_check", Label: "register.access_check.many", Href: "/access-checks", Icon: "plug-connected"}, permission.AccessRead},
			{ui.NavItem{ID: "document", Label: "register.document.many", Href: "/documents", Icon: "file-text"}, permission.DocumentRead},
			{ui.NavItem{ID: "gaps", Label: "gap.list", Href: "/gaps", Icon: "shield-check"}, permission.GapRead},
			{ui.NavItem{ID: "findings", Label: "finding.list", Href: "/findings", Icon: "eye-search"}, permission.FindingRead},
			{ui.NavItem{ID: "controls", Label: "gap.catalogue.title", Href: "/controls", Icon: "list-search"}, permission.GapRead},
			{ui.NavItem{ID: "deliverables", Label: "deliverable.list", Href: "/deliverables", Icon: "file-certificate"}, permission.DeliverableRead},
			{ui.NavItem{ID: "measure", Label: "register.measure.many", Href: "/measures", Icon: "list-check"}, permission.MeasureRead},
			{ui.NavItem{ID: "milestone", Label: "register.milestone.many", Href: "/milestones", Icon: "flag"}, permission.MeasureRead},
			{ui.NavItem{ID: "remediation", Label: "remediation.plan", Href: "/remediation", Icon: "chart-bar"}, permission.MeasureRead},
			{ui.NavItem{ID: "launches", Label: "launch.list", Href: "/launches", Icon: "rocket"}, permission.LaunchRead},
		}},
		{"app.nav.estate", []place{
			{ui.NavItem{ID: "estate", Label: "app.nav.overview", Href: "/estate", Icon: "layout-dashboard", Go: "o"}, permission.CIRead},
			{ui.NavItem{ID: "inventory", Label: "app.nav.inventory", Href: "/cis", Icon: "server", Go: "i"}, permission.CIRead},
			{ui.NavItem{ID: "workloads", Label: "app.nav.workloads", Href: "/workloads", Icon: "box", Go: "w"}, permission.WorkloadRead},
			{ui.NavItem{ID: "changes", Label: "app.nav.changes", Href: "/changes", Icon: "history", Go: "h"}, permission.CIRead},
			{ui.NavItem{ID: "accounts", Label: "app.nav.accounts", Href: "/accounts", Icon: "cloud", Go: "a"}, permission.AccountRead},
			{ui.NavItem{ID: "discovery", Label: "app.nav.discovery", Href: "/discovery", Icon: "radar", Go: "d"}, permission.DiscoveryRead},
			{ui.NavItem{ID: "coverage", Label: "app.nav.coverage", Href: "/coverage", Icon: "eye-check", Go: "v"}, permission.DiscoveryRead},
		}},
		{"app.nav.trust", []place{
			{ui.NavItem{ID: "approvals", Label: "app.nav.approvals", Href: "/approvals", Icon: "signature", Go: "s"}, permission.ApprovalRead},
			{ui.NavItem{ID: "audit", Label: "app.nav.audit", Href: "/audit", Icon: "list-search", Go: "l"}, permission.AuditRead},
			{ui.NavItem{ID: "bulk-edits", Label: "bulk.history", Href: "/bulk-edits", Icon: "edit", Go: "b"}, permission.BulkRead},
			{ui.NavItem{ID: "permissions", Label: "app.nav.permissions", Href: "/permissions", Icon: "shield-check"}, permission.CustomerRead},
			{ui.NavItem{ID: "fields", Label: "field.list", Href: "/custom-fields", Icon: "forms"}, permission.FieldRead},
			{ui.NavItem{ID: "people", Label: "app.nav.people", Href: "/people", Icon: "users", Go: "p"}, permission.UserRead},
			{ui.NavItem{ID: "tokens", Label: "app.nav.tokens", Href: "/tokens", Icon: "key"}, permission.TokenOwn},
			{ui.NavItem{ID: "sessions", Label: "app.nav.sessions", Href: "/sessions", Icon: "device-laptop"}, permission.UserRead},
			{ui.NavItem{ID: "mails", Label: "app.nav.mails", Href: "/mails", Icon: "mail", Go: "m"}, permission.MailRead},
			{ui.NavItem{ID: "webhooks", Label: "app.nav.webhooks", Href: "/webhooks", Icon: "webhook"}, permission.WebhookRead},
			{ui.NavItem{ID: "sign-on", Label: "app.nav.sign_on", Href: "/identity-providers", Icon: "shield-lock"}, permission.SignOnRead},
		}},
	}
}

// nav is the rail for one reader.
func nav(p *ui.Page, a permission.Actor) []ui.NavSection {
	var out []ui.NavSection
	for _, s := range rail() {
		var section ui.NavSection
		if s.label != "" {
			section.Label = p.T(s.label) // i18n: app.nav.*
		}
		for _, e := range s.places {
			if a.May(e.action) {
				item := e.item
				item.Label = p.T(item.Label)
				section.Items = append(section.Items, item)
			}
		}
		if len(section.Items) > 0 {
			out = append(out, section)
		}
	}
	return out
}
