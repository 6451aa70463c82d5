package aws

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"vigie/internal/estate/collect"
)

// statementsOf reads the statements of a policy document as IAM hands it out: JSON, percent-encoded.
func statementsOf[T any](document string) ([]T, bool) {
	text, err := url.QueryUnescape(strings.ReplaceAll(document, "+", "%2B"))
	if err != nil {
		return nil, false
	}
	var policy struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(text), &policy) != nil || policy.Statement == nil {
		return nil, false
	}
	out := oneOrMany[T](policy.Statement)
	return out, out != nil
}

// right is a statement of a permissions policy, as far as it says who may do everything.
type right struct {
	Effect           string
	Action, Resource json.RawMessage
	Condition        json.RawMessage
}

// allowsAll tells whether a policy allows every action on every resource, without a condition; ok is false where it cannot be read.
func allowsAll(document string) (all, ok bool) {
	rights, ok := statementsOf[right](document)
	for _, r := range rights {
		every := func(raw json.RawMessage) bool {
			return slices.ContainsFunc(oneOrMany[string](raw), func(s string) bool { return strings.Trim(s, "*") == "" || s == "*:*" })
		}
		all = all || r.Effect == "Allow" && len(r.Condition) == 0 && every(r.Action) && every(r.Resource)
	}
	return all, ok
}

// administrators are the account's own managed policies by ARN, and whether each allows everything.
type administrators map[string]bool

// ownPolicies reads which of the account's own policies allow everything. One that cannot be read is not there.
func ownPolicies(ctx context.Context, s *collect.Session) (administrators, error) {
	out := administrators{}
	err := eachIAM(ctx, s, types.EntityTypeLocalManagedPolicy, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		for _, p := range page.Policies {
			if all, ok := managedAllowsAll(p); ok {
				out[str(p.Arn)] = all
			}
		}
		return nil
	})
	return out, err
}

// managedAllowsAll reads the version of a policy that counts.
func managedAllowsAll(p types.ManagedPolicyDetail) (all, ok bool) {
	for _, v := range p.PolicyVersionList {
		if v.IsDefaultVersion {
			return allowsAll(str(v.Document))
		}
	}
	return false, false
}

// allowsAll tells whether somebody with these policies may do everything: true or false, or nil where a policy of theirs was not read. A
// permissions boundary is not counted.
func (a administrators) allowsAll(attached []string, inline []types.PolicyDetail) any {
	unread := false
	for _, arn := range attached {
		if strings.Contains(arn, ":iam::aws:") { // AWS's own; one of them is for administrators
			if strings.HasSuffix(arn, ":policy/AdministratorAccess") {
				return true
			}
			continue
		}
		all, ok := a[arn]
		if all {
			return true
		}
		unread = unread || !ok
	}
	for _, p := range inline {
		all, ok := allowsAll(str(p.PolicyDocument))
		if all {
			return true
		}
		unread = unread || !ok
	}
	if unread {
		return nil
	}
	return false
}
