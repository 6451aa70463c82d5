package aws

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func TestWhoMayDoEverything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy string
		want   any
	}{
		"all on all":              {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, true},
		"in lists, among others":  {`{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":["ec2:*","*:*"],"Resource":["arn:aws:s3:::x","*"]}]}`, true},
		"one statement, no list":  {`{"Statement":{"Effect":"Allow","Action":["*"],"Resource":"*"}}`, true},
		"with a condition":        {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`, false},
		"all on one":              {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::x"}]}`, false},
		"a service":               {`{"Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`, false},
		"denied":                  {`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, false},
		"all but one":             {`{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`, false},
		"no JSON":                 {`{"Statement":`, nil},
		"nothing":                 {``, nil},
		"statements of one's own": {`{"Statement":[7]}`, nil},
	} {
		for _, text := range []string{c.policy, url.PathEscape(c.policy)} {
			if got := (administrators{}).allowsAll(nil, []types.PolicyDetail{{PolicyDocument: &text}}); got != c.want {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
	own := administrators{"arn:aws:iam::1:policy/god": true, "arn:aws:iam::1:policy/app": false}
	for name, c := range map[string]struct {
		attached []string
		want     any
	}{
		"none":              {nil, false},
		"AWS's own":         {[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, false},
		"its administrator": {[]string{"arn:aws-cn:iam::aws:policy/AdministratorAccess"}, true},
		"of the account":    {[]string{"arn:aws:iam::1:policy/app"}, false},
		"one that is all":   {[]string{"arn:aws:iam::1:policy/unread", "arn:aws:iam::1:policy/god"}, true},
		"one that was not":  {[]string{"arn:aws:iam::1:policy/app", "arn:aws:iam::1:policy/unread"}, nil},
	} {
		if got := own.allowsAll(c.attached, nil); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
