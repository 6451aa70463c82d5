package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"vigie/internal/estate/collect"
)

// Document is one policy as IAM reads it.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement allows or denies actions.
type Statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource []string
}

// entry is what Vigie asks before any collector runs: which regions there are, and whether an account manages an organisation.
// And what Security Hub has found, which is asked after them.
var entry = []string{"ec2:DescribeRegions", "organizations:DescribeOrganization", "organizations:ListAccounts", "securityhub:GetFindings"}

// never is what no reader of an estate should do. It is denied, so that the role cannot do it even where somebody attaches a wider
// policy to it, such as AWS's ReadOnlyAccess.
var never = []string{
	"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "kms:Decrypt", "lambda:GetFunction", "logs:FilterLogEvents",
	"logs:GetLogEvents", "s3:GetObject", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage",
	"ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath",
}

// narrow limits actions that would give away more than a collector needs. API Gateway has one action for all reading, and with it
// anybody may read API keys; the paths without them are named.
var narrow = map[string][]string{
	"apigateway:GET": {
		"arn:*:apigateway:*::/apis", "arn:*:apigateway:*::/apis/*", "arn:*:apigateway:*::/domainnames", "arn:*:apigateway:*::/domainnames/*",
		"arn:*:apigateway:*::/restapis", "arn:*:apigateway:*::/restapis/*", "arn:*:apigateway:*::/vpclinks", "arn:*:apigateway:*::/vpclinks/*",
	},
}

// Actions are the IAM actions of all collectors, each once, sorted.
func Actions(collectors []collect.Collector) []string {
	all := slices.Clone(entry)
	for _, c := range collectors {
		for _, a := range c.Actions {
			all = append(all, collect.IAMAction(a))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxSize is how long a managed policy may be; IAM does not count white space, and compact JSON has none.
const maxSize = 6144

// Documents are the policies that together allow the actions, each within IAM's limit. The last one denies what Vigie never does.
func Documents(actions []string) []Document {
	var wide []string
	var special []Statement
	for _, a := range actions {
		if resources, ok := narrow[a]; ok {
			special = append(special, Statement{Sid: "Narrow", Effect: "Allow", Action: []string{a}, Resource: resources})
		} else if !slices.Contains(never, a) {
			wide = append(wide, a)
		}
	}
	var out []Document
	for len(wide) > 0 {
		n := fitting(wide)
		out = append(out, read(wide[:n]))
		wide = wide[n:]
	}
	last := append(special, Statement{Sid: "Never", Effect: "Deny", Action: never, Resource: []string{"*"}})
	return append(out, Document{Version: version, Statement: last})
}

const version = "2012-10-17"

func read(actions []string) Document {
	return Document{Version: version, Statement: []Statement{{Sid: "Read", Effect: "Allow", Action: actions, Resource: []string{"*"}}}}
}

// fitting is how many of the actions one policy takes.
func fitting(actions []string) int {
	size := len(read(nil).JSON())
	for i, a := range actions {
		if size += len(a) + len(`"",`); size > maxSize {
			return max(1, i)
		}
	}
	return len(actions)
}

// JSON is the document without white space.
func (d Document) JSON() string { return encode(d, "") }

// Pretty is the document for people.
func (d Document) Pretty() string { return encode(d, "  ") }

func encode(v any, indent string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and lists of texts only: it cannot fail
	}
	return strings.TrimSuffix(b.String(), "\n")
}
