package aws

import (
	"encoding/json"
	"slices"
	"strings"
)

// trust says in short who may assume a role; the document itself is not kept.
type trust struct {
	// Principals are service names, ARNs and identity providers as the document has them.
	Principals []string
	// Accounts are other accounts than the role's own.
	Accounts []string
	Anyone   bool
	// ExternalID: every statement that trusts another account asks for an ExternalId.
	ExternalID bool
}

type trustStatement struct {
	Effect    string
	Principal json.RawMessage
	Condition map[string]map[string]any
}

// trustOf reads a trust policy; ok is false where it cannot be read, and says nothing then.
func trustOf(document, own string) (t trust, ok bool) {
	statements, ok := statementsOf[trustStatement](document)
	if !ok {
		return t, false
	}
	others, asked := 0, 0
	for _, st := range statements {
		if st.Effect != "Allow" {
			continue
		}
		foreign := false
		for _, p := range principalsOf(st.Principal) {
			t.Principals = append(t.Principals, p)
			if p == "*" {
				t.Anyone, foreign = true, true
			}
			if a := accountOf(p); a != "" && a != own {
				t.Accounts, foreign = append(t.Accounts, a), true
			}
		}
		if foreign {
			others++
			if asksExternalID(st.Condition) {
				asked++
			}
		}
	}
	t.Principals, t.Accounts = unique(t.Principals), unique(t.Accounts)
	t.ExternalID = others > 0 && asked == others
	return t, true
}

// principalsOf reads "*", {"AWS": "..."} and {"Service": ["...", "..."]}.
func principalsOf(raw json.RawMessage) []string {
	var all string
	if json.Unmarshal(raw, &all) == nil {
		return []string{all}
	}
	var kinds map[string]json.RawMessage
	if json.Unmarshal(raw, &kinds) != nil {
		return nil
	}
	var out []string
	for _, v := range kinds {
		out = append(out, oneOrMany[string](v)...)
	}
	slices.Sort(out)
	return out
}

// accountOf finds the account in an ARN, or in the bare id that policies may also have.
func accountOf(principal string) string {
	if p := strings.Split(principal, ":"); len(p) > 5 && p[0] == "arn" {
		principal = p[4]
	}
	if len(principal) != 12 || strings.Trim(principal, "0123456789") != "" {
		return ""
	}
	return principal
}

func asksExternalID(conditions map[string]map[string]any) bool {
	for operator, keys := range conditions {
		for k := range keys {
			if strings.EqualFold(k, "sts:ExternalId") && strings.HasPrefix(operator, "StringEquals") && !strings.HasSuffix(operator, "IfExists") {
				return true
			}
		}
	}
	return false
}

// oneOrMany reads what policy documents write either as one value or as a list of them.
func oneOrMany[T any](raw json.RawMessage) []T {
	var many []T
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	var one T
	if json.Unmarshal(raw, &one) == nil {
		return []T{one}
	}
	return nil
}
