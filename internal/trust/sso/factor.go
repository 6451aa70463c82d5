package sso

import (
	"slices"
	"strings"

	"vigie/internal/platform/fault"
)

// How far a provider is trusted in asking for a second factor.
const (
	factorAsk      = "ask"      // not at all: Vigie asks for its own
	factorAsserted = "asserted" // where the ID token says so
	factorAlways   = "always"   // at each sign-in: its own rules see to it
)

// factorModes are the ways of a setting, for forms.
// i18n: sso.factor.*
func factorModes() []string { return []string{factorAsk, factorAsserted, factorAlways} }

// factorValues are the values of amr (RFC 8176) and acr that count where none are entered.
func (p provider) factorValues() []string {
	if values := strings.Fields(p.FactorValues); len(values) > 0 {
		return values
	}
	return []string{"mfa"}
}

// asserts tells whether a sign-in by this provider counts as one with a second factor.
func asserts(p provider, c claims) bool {
	switch p.SecondFactor {
	case factorAlways:
		return true
	case factorAsserted:
		values := p.factorValues()
		return slices.Contains(values, c.Class) || slices.ContainsFunc(c.Means, func(m string) bool { return slices.Contains(values, m) })
	}
	return false
}

func checkFactor(bad *fault.Fields, p provider) {
	if !slices.Contains(factorModes(), p.SecondFactor) {
		bad.Add("second_factor", "sso.field.second_factor")
	}
	values := strings.Fields(p.FactorValues)
	if len(values) > 20 || slices.ContainsFunc(values, func(s string) bool { return !scopes.MatchString(s) }) {
		bad.Add("factor_values", "sso.field.factor_values")
	}
}
