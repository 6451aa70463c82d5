package isolation

import (
	"net/http"
	"net/url"

	"vigie/internal/trust/permission"
)

// pathKinds says what kind of record a parameter of a path names, by the part before it; =word for one that names no record.
var pathKinds = map[string]string{
	"customers/{customer}":           "customer",
	"views/{id}":                     "view",
	"imports/{list}":                 "=cis", // the same for everybody
	"customers/{slug}":               "customer",
	"questionnaires/{id}":            "=base",
	"questionnaires/{name}":          "=base",
	"assessments/{id}":               "assessment",
	"links/{link}":                   "private_link",
	"hand-in-links/{link}":           "hand_in_link",
	"sections/{section}":             "=company",
	"questions/{question}":           "=company_name",
	"answers/{token}":                "=dead",
	"discovery-schedules/{customer}": "customer_id",
	"custom-fields/{id}":             "field",
	"webhooks/{id}":                  "webhook",
	"bulk-edits/{id}":                "bulk_edit",
	"webhook-deliveries/{id}":        "delivery",
	"customer-removals/{id}":         "contact", // none of its own: the order of neither customer was ever given
	"contacts/{id}":                  "contact",
	"stakeholders/{id}":              "stakeholder",
	"suppliers/{id}":                 "supplier",
	"documents/{id}":                 "document",
	"measures/{id}":                  "measure",
	"milestones/{id}":                "milestone",
	"needs/{other}":                  "measure",
	"measure-proposals/{customer}":   "customer",
	"remediation-plans/{customer}":   "customer",
	"requirements/{id}":              "requirement",
	"access-checks/{id}":             "access_check",
	"declared-inventory/{id}":        "declared_inventory",
	"target-items/{id}":              "target_item",
	"baselines/{id}":                 "baseline",
	"cis/{id}":                       "ci",
	"relations/{id}":                 "relation",
	"workloads/{id}":                 "workload",
	"accounts/{id}":                  "account",
	"discovery-runs/{id}":            "run",
	"discovery/{id}":                 "run",
	"users/{id}":                     "user",
	"tokens/{id}":                    "token",
	"identity-providers/{id}":        "provider",
	"identity-rules/{id}":            "identity_rule",
	"scim-tokens/{id}":               "scim_token",
	"Users/{id}":                     "scim_user",
	"Groups/{id}":                    "scim_group",
	"ResourceTypes/{name}":           "=User",
	"Schemas/{urn}":                  "=urn:x",
	"scim-tokens/{token}":            "scim_token",
	"rules/{rule}":                   "identity_rule",
	"with/{slug}":                    "customer",
	"return/{slug}":                  "provider_slug",
	"back-channel/{slug}":            "customer",
	"audit/{id}":                     "audit",
	"approvals/{id}":                 "approval",
	"attachments/{id}":               "file",
	"hand-in/{token}":                "file",
	"files/{token}":                  "file",
	"people/{id}":                    "user",
	"sessions/{id}":                  "session",
	"mails/{id}":                     "mail",
	"mail-settings/{customer}":       "customer",
	"mail-suppressions/{id}":         "suppression",
	"plans/{id}":                     "plan",
	"meetings/{id}":                  "meeting",
	"plan-tasks/{id}":                "plan_task",
	"statements/{id}":                "statement",
	"estimates/{id}":                 "estimate",
	"notes/{id}":                     "note",
	"deliverables/{id}":              "deliverable",
	"gaps/{id}":                      "gap",
	"gap-runs/{id}":                  "gap_run",
	"findings/{id}":                  "finding",
	"finding-imports/{id}":           "finding_import",
	"acceptances/{id}":               "acceptance",
	"controls/{control}":             "=ebs-volume-encrypted", // the same for everybody
	"controls/{id}":                  "=ebs-volume-encrypted",
	"launches/{id}":                  "launch",
	"waivers/{id}":                   "waiver",
}

// rule says how an operation is called, and who may call it.
type rule struct {
	action permission.Action        // empty: everybody who is signed in
	body   func(*firm) any          // JSON, or text as it is
	query  func(*firm) url.Values   // parameters that it needs
	mixed  func(own, f *firm) []any // bodies about one's own record that name another's
	csv    bool                     // of the body
	media  string                   // of the body, where it is neither JSON nor CSV
	ok     []int                    // answers to who may; by default those of the method
	shows  bool                     // who covers bolt sees bolt's word in the answer
	self   bool                     // is about the caller and nobody else
	wide   bool                     // only for who covers all customers
	who    func(*caller) []int      // instead of action and ok
}

type values = map[string]any

func (r rule) kind() string {
	if r.media != "" {
		return r.media
	}
	if r.csv {
		return "text/csv"
	}
	return "application/json"
}

func (r rule) allows(method string, c *caller) bool {
	if r.who != nil {
		return r.who(c)[0] < http.StatusBadRequest || r.who(c)[0] == http.StatusPreconditionFailed
	}
	return c.may(r.action) && (!r.wide || !c.limited)
}

// expected is how one's own call is answered.
func (r rule) expected(method string, c *caller) []int {
	switch {
	case r.who != nil:
		return r.who(c)
	case !r.allows(method, c):
		return []int{http.StatusForbidden}
	case r.ok != nil:
		return r.ok
	case method == http.MethodPost:
		return []int{http.StatusCreated}
	case method == http.MethodPatch || method == http.MethodDelete:
		return []int{http.StatusPreconditionFailed}
	}
	return []int{http.StatusOK}
}

func customerQuery(f *firm) url.Values { return url.Values{"customer": {f.Slug}} }

// apiRules are all operations of the API, below /api/v1.
var apiRules = join(findingRules, requirementRules, workshopRules, accessRules, remediationRules, launchRules, questionRules, gapRules, planRules, deliverableRules, fieldRules, estimateRules, auditRules, signOnRules, scimRules, registerRules(), documentRules, recordRules, peopleRules, webhookRules, bulkRules, map[string]rule{
	"GET /customers":              {action: permission.CustomerRead, shows: true},
	"POST /customers":             {action: permission.CustomerWrite, wide: true, ok: []int{409}, body: func(f *firm) any { return values{"slug": f.Slug, "name": "x"} }},
	"GET /customers/{customer}":   {action: permission.CustomerRead, shows: true},
	"PATCH /customers/{customer}": {action: permission.CustomerWrite, body: func(f *firm) any { return values{"name": "taken over"} }},

	"GET /customers/{customer}/export": {action: permission.CustomerExport, shows: true},
	// Orders are seen by those who see all customers, and outlive theirs.
	"GET /customer-removals":              {action: permission.CustomerRemove, wide: true},
	"POST /customer-removals":             {action: permission.CustomerRemove, wide: true, ok: []int{422}, body: func(f *firm) any { return values{"customer": f.Slug, "reason": ""} }},
	"GET /customer-removals/{id}":         {action: permission.CustomerRemove, wide: true, ok: []int{404}},
	"POST /customer-removals/{id}/cancel": {action: permission.CustomerRemove, wide: true, ok: []int{404}},
	// What is no export is refused before anything else is looked at.
	"POST /customers/import":                {action: permission.CustomerImport, wide: true, media: multipartKind, ok: []int{422}, body: func(f *firm) any { return multipartOf(fields("slug", f.Slug, "file", "no export")) }},
	"GET /customers/{customer}/sheet":       {action: permission.CustomerRead},
	"GET /mails":                            {action: permission.MailRead, shows: true},
	"GET /mails/{id}":                       {action: permission.MailRead, shows: true},
	"POST /mails/{id}/resend":               {action: permission.MailWrite, ok: []int{409}},
	"GET /mail-settings/{customer}":         {action: permission.MailRead, shows: true},
	"PATCH /mail-settings/{customer}":       {action: permission.MailWrite, body: func(f *firm) any { return values{"from_name": "taken over"} }},
	"GET /mail-settings/{customer}/preview": {action: permission.MailRead, shows: true},
	"POST /mail-settings/{customer}/test":   {action: permission.MailWrite, body: func(f *firm) any { return values{"to": "somebody@example.com"} }},
	"GET /mail-suppressions":                {action: permission.MailRead, shows: true},
	"GET /mail-suppressions/{id}":           {action: permission.MailRead, shows: true},
	"DELETE /mail-suppressions/{id}":        {action: permission.MailWrite},
	"POST /mail-bounces":                    {action: permission.MailWrite, ok: []int{200}, media: "message/rfc822", body: func(f *firm) any { return bounce(f) }},

	"GET /accounts":             {action: permission.AccountRead, shows: true},
	"POST /accounts":            {action: permission.AccountWrite, body: func(f *firm) any { return values{"customer": f.Slug, "account_id": f.freshNumber()} }},
	"GET /accounts/{id}":        {action: permission.AccountRead, shows: true},
	"PATCH /accounts/{id}":      {action: permission.AccountWrite, body: func(f *firm) any { return values{"name": "taken over"} }},
	"DELETE /accounts/{id}":     {action: permission.AccountWrite},
	"GET /accounts/{id}/access": {action: permission.AccountRead, shows: true},
	"POST /accounts/{id}/check": {action: permission.AccountWrite, ok: []int{200}},

	"GET /discovery-runs":              {action: permission.DiscoveryRead, shows: true},
	"POST /discovery-runs":             {action: permission.DiscoveryRun, ok: []int{201, 409}, body: func(f *firm) any { return values{"customer": f.Slug} }},
	"GET /discovery-runs/{id}":         {action: permission.DiscoveryRead, shows: true},
	"POST /discovery-runs/{id}/cancel": {action: permission.DiscoveryRun, ok: []int{200, 409}},
	"POST /discovery-runs/{id}/resume": {action: permission.DiscoveryRun, ok: []int{200, 409}},
	"GET /coverage":                    {action: permission.DiscoveryRead, shows: true},
	"GET /coverage/summary":            {action: permission.DiscoveryRead, shows: true, query: customerQuery},

	"GET /discovery-schedules/{customer}": {action: permission.DiscoveryRead, shows: true},
	"PUT /discovery-schedules/{customer}": {action: permission.AccountWrite, body: func(f *firm) any { return values{"enabled": false, "every_minutes": 60} }},

	"GET /cis": {action: permission.CIRead, shows: true},
	"POST /cis": {action: permission.CIWrite, body: func(f *firm) any { return values{"customer": f.Slug, "type": "Own::Thing", "name": f.fresh("thing")} },
		mixed: func(own, f *firm) []any {
			return []any{values{"customer": f.Refs["customer_id"], "type": "Own::Thing", "name": "x"},
				values{"customer": own.Slug, "type": "Own::Thing", "name": "x", "workload": f.Refs["workload"]}}
		}},
	"GET /cis/{id}": {action: permission.CIRead, shows: true},
	"PATCH /cis/{id}": {action: permission.CIWrite, body: func(f *firm) any { return values{"owner": "taken over"} },
		mixed: func(own, f *firm) []any { return []any{values{"workload": f.Refs["workload"]}} }},
	"DELETE /cis/{id}":        {action: permission.CIWrite},
	"GET /cis/{id}/history":   {action: permission.CIRead, shows: true},
	"GET /cis/{id}/relations": {action: permission.CIRead, shows: true},
	"GET /cis/{id}/impact":    {action: permission.CIRead, shows: true},
	"GET /views":              {action: permission.ViewOwn, shows: true},
	"POST /views": {action: permission.ViewShare, body: func(f *firm) any {
		return values{"list": "cis", "name": "by api", "audience": "staff", "customer": f.Slug}
	}},
	"GET /views/{id}":    {action: permission.ViewOwn, shows: true},
	"PATCH /views/{id}":  {action: permission.ViewDefault, body: func(*firm) any { return values{"name": "taken over"} }},
	"DELETE /views/{id}": {action: permission.ViewDefault},
	"POST /cis/import":   {action: permission.CIImport, ok: []int{200}, csv: true, query: customerQuery, body: func(f *firm) any { return "type,name,external_id\nOwn::Thing,taken over," + f.Word + "-ci\n" }},

	"GET /relations": {action: permission.CIRead, shows: true},
	"POST /relations": {action: permission.CIWrite, ok: []int{201, 409}, body: func(f *firm) any {
		return values{"from": f.Refs["ci"], "to": f.Refs["discovered"], "type": "depends_on"}
	},
		mixed: func(own, f *firm) []any {
			return []any{values{"from": own.Refs["ci"], "to": f.Refs["ci"], "type": "depends_on"}, values{"from": f.Refs["ci"], "to": own.Refs["ci"], "type": "depends_on"}}
		}},
	"GET /relations/{id}":    {action: permission.CIRead, shows: true},
	"DELETE /relations/{id}": {action: permission.CIWrite},
	"POST /relations/import": {action: permission.CIImport, ok: []int{200}, csv: true, query: customerQuery,
		body: func(f *firm) any { return "from,to,type\n" + f.Refs["ci"] + "," + f.Refs["ci2"] + ",monitors\n" },
		mixed: func(own, f *firm) []any {
			return []any{"from,to,type\n" + own.Refs["ci"] + "," + f.Refs["ci"] + ",monitors\n"}
		}},

	"GET /workloads": {action: permission.WorkloadRead, shows: true},
	"POST /workloads": {action: permission.WorkloadWrite, body: func(f *firm) any { return values{"customer": f.Slug, "name": f.fresh("work")} },
		mixed: func(own, f *firm) []any {
			return []any{values{"customer": f.Refs["customer_id"], "name": "x"}, values{"customer": own.Slug, "name": "x", "contacts": []string{f.Refs["contact"]}}}
		}},
	"GET /workloads/{id}": {action: permission.WorkloadRead, shows: true},
	"PATCH /workloads/{id}": {action: permission.WorkloadWrite, body: func(f *firm) any { return values{"owner": "taken over"} },
		mixed: func(own, f *firm) []any { return []any{values{"contacts": []string{f.Refs["contact"]}}} }},
	"DELETE /workloads/{id}": {action: permission.WorkloadWrite},

	"GET /changes":         {action: permission.CIRead, shows: true},
	"GET /estate/overview": {action: permission.CIRead, shows: true, query: customerQuery},
	"GET /estate/accuracy": {action: permission.CIRead, shows: true, query: customerQuery},

	"GET /audit":             {action: permission.AuditRead, shows: true, query: customerQuery},
	"GET /audit/{id}":        {action: permission.AuditRead, shows: true},
	"GET /audit/{id}/proof":  {action: permission.AuditRead, shows: true},
	"GET /audit/checkpoints": {action: permission.AuditRead},
	"GET /audit/consistency": {action: permission.AuditRead, ok: []int{404}, self: true, query: func(*firm) url.Values { return fields("from", "0", "to", "0") }},

	"GET /users": {action: permission.UserRead, shows: true},
	"POST /users": {action: permission.UserWrite, body: func(f *firm) any { return person(f, f.Slug) },
		mixed: func(own, f *firm) []any { return []any{person(f, f.Refs["customer_id"]), person(f, own.Slug, f.Slug)} }},
	"GET /users/{id}": {action: permission.UserRead, shows: true},
	"PATCH /users/{id}": {action: permission.UserWrite, body: func(f *firm) any { return values{"name": "taken over"} },
		mixed: func(own, f *firm) []any { return []any{values{"customers": []string{f.Slug}}} }},

	"GET /tokens": {action: permission.TokenOwn},
	"POST /tokens": {action: permission.TokenOwn, body: func(f *firm) any { return values{"name": "new", "customer": f.Slug} },
		mixed: func(own, f *firm) []any { return []any{values{"name": "new", "customer": f.Refs["customer_id"]}} }},
	"GET /tokens/{id}": {shows: true, who: func(c *caller) []int { // somebody else's
		if c.may(permission.UserRead) {
			return []int{200}
		}
		return []int{404}
	}},
	"DELETE /tokens/{id}": {who: func(c *caller) []int { // somebody else's: there for who may read users, and theirs to end who may write them
		switch {
		case c.may(permission.UserWrite):
			return []int{412}
		case c.may(permission.UserRead):
			return []int{403}
		}
		return []int{404}
	}},

	"GET /me":           {},
	"PATCH /me":         {self: true, ok: []int{200}, body: func(*firm) any { return values{"theme": "dark"} }},
	"POST /me/password": {self: true, ok: []int{422, 429}, body: func(*firm) any { return values{"current_password": "wrong", "password": "Another lamp over 9 rivers"} }},
})

func person(f *firm, customers ...string) values {
	role := "viewer"
	if len(customers) > 1 {
		role = "engineer"
	}
	f.fresh("")
	return values{"email": "new" + string(rune('a'+f.n%26)) + string(rune('a'+f.n/26)) + "@example.com", "name": "New", "role": role, "customers": customers, "password": password}
}
