package sso

import (
	"slices"
	"unicode/utf8"

	"vigie/internal/kit/list"
	"vigie/internal/platform/db"
	"vigie/internal/platform/fault"
	"vigie/internal/trust/permission"
)

// ruleRow is a row of identity_rule.
type ruleRow struct {
	ID         string  `db:"id"`
	ProviderID string  `db:"provider_id"`
	Position   int64   `db:"position"`
	Group      string  `db:"group_name"`
	Role       string  `db:"role"`
	Version    int64   `db:"version"`
	CreatedAt  db.Time `db:"created_at"`
	UpdatedAt  db.Time `db:"updated_at"`
}

// Rule gives a role to a group. The first one that matches decides.
type Rule struct {
	ID         string          `json:"id"`
	ProviderID string          `json:"provider_id"`
	Position   int64           `json:"position" doc:"Order: the first rule that matches decides."`
	Group      string          `json:"group" doc:"Exactly as the provider names it; for Entra ID the object id."`
	Role       permission.Role `json:"role"`
	Customers  []string        `json:"customers" nullable:"false" doc:"Slugs: those that staff are limited to; exactly one for a customer's role."`
	Version    int64           `json:"version"`
	CreatedAt  db.Time         `json:"created_at"`
	UpdatedAt  db.Time         `json:"updated_at"`

	ids []string
}

// Revision makes the ETag.
func (r Rule) Revision() int64 { return r.Version }

// Self is the record's address below /api/v1.
func (r Rule) Self() string { return "/identity-rules/" + r.ID }

// NewRule is the input of CreateRule.
type NewRule struct {
	Provider  string   `json:"provider" doc:"Id of the identity provider."`
	Position  int64    `json:"position,omitempty" doc:"Default behind the last one."`
	Group     string   `json:"group"`
	Role      string   `json:"role"`
	Customers []string `json:"customers,omitempty" doc:"Slugs. A customer's provider needs none: its rules are for that customer."`
}

// ChangeRule is the input of UpdateRule: what is nil stays.
type ChangeRule struct {
	Position  *int64    `json:"position,omitempty"`
	Group     *string   `json:"group,omitempty"`
	Role      *string   `json:"role,omitempty"`
	Customers *[]string `json:"customers,omitempty"`
}

func validateRule(p provider, r ruleRow, customers int) error {
	var bad fault.Fields
	if n := utf8.RuneCountInString(r.Group); n < 1 || n > 300 {
		bad.Add("group", "sso.field.length", "min", 1, "max", 300)
	}
	if r.Position < 1 || r.Position > 1_000_000 {
		bad.Add("position", "sso.field.position")
	}
	role := permission.Role(r.Role)
	switch {
	case !role.Valid():
		bad.Add("role", "sso.field.role")
	case p.CustomerID != "" && !role.Customer():
		bad.Add("role", "sso.field.role_customer")
	case role.Customer() && customers != 1:
		bad.Add("customers", "sso.field.one_customer")
	}
	return bad.Err()
}

// RuleSpec is how rules are listed.
var RuleSpec = list.Spec{
	From: "{identity_rule} r JOIN {identity_provider} p ON p.id = r.provider_id", Columns: db.Columns[ruleRow]("r."), Key: "r.id", Sort: "position",
	Fields: []list.Field{
		{Name: "id", Column: "r.id", Kind: list.ID, Filter: true},
		{Name: "provider_id", Column: "r.provider_id", Kind: list.ID, Filter: true},
		{Name: "position", Column: "r.position", Kind: list.Number, Sort: true},
		{Name: "group", Column: "r.group_name", Tag: "group_name", Kind: list.Text, Sort: true, Filter: true},
		{Name: "role", Column: "r.role", Kind: list.Choice, Sort: true, Filter: true},
	},
	Search: list.Words("r.group_name"),
}

// standing is what the groups give: by the first rule that matches, otherwise by the default role. Whatever the rules say, a
// customer's provider gives roles of that customer and nothing else.
func standing(customer, defaultRole string, rules []Rule, groups []string) (role permission.Role, customers []string, ok bool) {
	role = permission.Role(defaultRole)
	for _, r := range rules {
		if slices.Contains(groups, r.Group) {
			role, customers = r.Role, r.ids
			break
		}
	}
	switch {
	case !role.Valid(), customer != "" && !role.Customer():
		return "", nil, false
	case customer != "":
		return role, []string{customer}, true
	case role.Customer() && len(customers) != 1:
		return "", nil, false
	}
	return role, customers, true
}
