package finding

import (
	"regexp"
	"slices"
	"strings"
)

// Candidate is a CI that answers to a name.
type Candidate struct {
	Name       string // by which it was asked for
	ID         string
	Type       string
	ExternalID string
	ARN        string
	Account    string
	Region     string
}

// about is what a finding says of its resource.
type about struct {
	ID           string `db:"id"`
	Account      string `db:"account"`
	Region       string `db:"region"`
	Resource     string `db:"resource"`
	ResourceType string `db:"resource_type"`
}

// accountOf gives account and region of an ARN.
func accountOf(arn string) (account, region string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return "", ""
	}
	return parts[4], parts[3]
}

// tail is the id at the end of an ARN: "sg-1" of "...:security-group/sg-1".
func tail(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	rest := parts[5]
	return rest[strings.LastIndexAny(rest, ":/")+1:]
}

// names are the names by which the CI is asked for: the resource as it was written, and of an ARN the id at its end.
func (a about) names() []string {
	if a.Resource == "" {
		return nil
	}
	if strings.HasPrefix(a.Resource, "arn:") {
		out := []string{a.Resource}
		if t := tail(a.Resource); t != "" {
			out = append(out, t)
		}
		return out
	}
	return []string{a.Resource}
}

var wholeAccount = regexp.MustCompile(`^(?:AWS::::Account:|arn:[a-z-]+:iam::)?(\d{12})(?::root)?$`)

// itself gives the number of the account that the finding is about as a whole, else "".
func (a about) itself() string {
	if m := wholeAccount.FindStringSubmatch(a.Resource); m != nil {
		return m[1]
	}
	return ""
}

// plainType makes the names that formats have for one type alike: AwsEc2Instance and AWS::EC2::Instance.
func plainType(t string) string { return strings.ToLower(strings.ReplaceAll(t, "::", "")) }

// choose picks the CI that a finding is about: the one with its ARN, else the one with its id in its account and region. Of several, the one of its
// type; if that does not settle it, none: a finding on the wrong CI is worse than one on none. Pure.
func choose(a about, all []Candidate) string {
	arn := strings.HasPrefix(a.Resource, "arn:")
	account, region := a.Account, a.Region
	id := a.Resource
	if arn {
		if exact := of(all, func(c Candidate) bool { return c.ARN == a.Resource }); len(exact) > 0 {
			return sole(a, exact)
		}
		inName, inRegion := accountOf(a.Resource)
		if inName != "" {
			account = inName
		}
		if inRegion != "" {
			region = inRegion
		}
		id = tail(a.Resource)
	}
	return sole(a, of(all, func(c Candidate) bool {
		if c.ExternalID != id || account == "" || c.Account != account {
			return false
		}
		if arn && c.ARN != "" && serviceOf(c.ARN) != serviceOf(a.Resource) {
			return false
		}
		return region == "" || region == "global" || c.Region == "" || c.Region == "global" || c.Region == region
	}))
}

func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

func of(all []Candidate, keep func(Candidate) bool) (out []Candidate) {
	for _, c := range all {
		if keep(c) && !slices.ContainsFunc(out, func(x Candidate) bool { return x.ID == c.ID }) {
			out = append(out, c)
		}
	}
	return out
}

func sole(a about, found []Candidate) string {
	if len(found) > 1 {
		found = of(found, func(c Candidate) bool { return plainType(c.Type) == plainType(a.ResourceType) })
	}
	if len(found) != 1 {
		return ""
	}
	return found[0].ID
}

// Verdict is what a control of ours says of a subject.
type Verdict struct {
	SubjectID string
	Control   string
	Verdict   string
}

// same picks the control of ours that judges the same thing on the same subject: one whose reference has a key of the finding's. Of several, the
// one that fails, then the first by name. Pure.
func same(frameworks []Framework, byKey map[string][]string, judged []Verdict) string {
	wanted := map[string]bool{}
	for _, f := range frameworks {
		if k := f.Key(); k != "" {
			for _, c := range byKey[k] {
				wanted[c] = true
			}
		}
	}
	best, fails := "", false
	for _, v := range judged {
		if !wanted[v.Control] || v.Verdict == "not_applicable" {
			continue
		}
		failing := v.Verdict == "fail" || v.Verdict == "accepted"
		if best == "" || failing && !fails || failing == fails && v.Control < best {
			best, fails = v.Control, failing
		}
	}
	return best
}
