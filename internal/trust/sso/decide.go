package sso

import (
	"slices"
	"strings"

	"vigie/internal/trust/identity"
	"vigie/internal/trust/permission"
)

// Person is who a provider says somebody is.
type Person struct {
	Subject  string
	ObjectID string // by which Entra ID names somebody in its directory; its subject is another in each application
	Email    string // lower case
	Verified bool   // the provider says that the e-mail is theirs
	Name     string
	Language string
	Zone     string
	Groups   []string
}

// Trust is what a decision needs to know of the provider.
type Trust struct {
	Customer    string // id; empty for a provider of the instance
	Domains     []string
	DefaultRole string
	Rules       []Rule
}

// Link is that the provider has vouched for an account before.
type Link struct {
	Account identity.Account
	Barred  string   // BarredByGroups or BarredByDirectory, if the provider took the access away
	Groups  []string // that the last sign-in has told
}

// BarredByGroups marks an account that was disabled because its groups give nothing any more; no other is given back by a sign-in.
const BarredByGroups = "groups"

// Reason is why somebody is refused; administrators find it in the audit trail.
type Reason string

// The reasons.
const (
	NoGroup    Reason = "no_rule_matches"
	Unproven   Reason = "email_not_proven"
	NotOurs    Reason = "domain_of_another"
	Foreign    Reason = "account_of_another"
	IsDisabled Reason = "account_disabled"
	NoEmail    Reason = "no_email"
)

// Verdict is what becomes of a sign-in.
type Verdict struct {
	Refused  Reason // empty: come in
	Create   bool   // there is no account yet
	Bar      bool   // the account loses its access
	Lift     bool   // and gets it back
	Account  identity.Account
	Standing identity.Standing
}

// Decide judges a person: linked is the account that the provider has vouched for before, holder the account with the same e-mail; nil
// for none.
func Decide(t Trust, who Person, linked *Link, holder *identity.Account) Verdict {
	role, customers, ok := standing(t.Customer, t.DefaultRole, t.Rules, who.Groups)
	home := ""
	if role.Customer() && len(customers) == 1 {
		home = customers[0]
	}
	to := identity.Standing{Role: role, Customers: customers}
	ours := t.owns(who.Email)
	if linked != nil {
		account := linked.Account
		switch {
		case account.Glass, t.Customer != "" && account.Home() != t.Customer:
			return Verdict{Refused: Foreign}
		case !ok:
			return Verdict{Refused: NoGroup, Bar: true, Account: account}
		case account.Home() != home:
			return Verdict{Refused: Foreign}
		case account.Disabled && linked.Barred != BarredByGroups:
			return Verdict{Refused: IsDisabled}
		}
		return Verdict{Account: account, Standing: to, Lift: account.Disabled}
	}
	switch {
	case who.Email == "":
		return Verdict{Refused: NoEmail}
	case t.Customer != "" && !ours:
		return Verdict{Refused: NotOurs}
	case holder == nil && !who.Verified && !ours:
		return Verdict{Refused: Unproven}
	case holder != nil && !(who.Verified && ours):
		return Verdict{Refused: Unproven}
	case holder != nil && (holder.Glass || t.Customer != "" && holder.Home() != t.Customer):
		return Verdict{Refused: Foreign}
	case !ok:
		return Verdict{Refused: NoGroup}
	case holder == nil:
		return Verdict{Create: true, Standing: to}
	case holder.Home() != home:
		return Verdict{Refused: Foreign}
	case holder.Disabled:
		return Verdict{Refused: IsDisabled}
	}
	return Verdict{Account: *holder, Standing: to}
}

// owns tells whether the provider speaks for the domain of an address.
func (t Trust) owns(email string) bool { return slices.Contains(t.Domains, domainOf(email)) }

func domainOf(email string) string {
	return strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
}

// Roles are those that a provider can give, for forms.
func Roles(ofCustomer bool) (out []permission.Role) {
	for _, r := range permission.Roles() {
		if !ofCustomer || r.Customer() {
			out = append(out, r)
		}
	}
	return out
}
