package aws

import (
	"net/url"
	"reflect"
	"testing"
)

func TestTrustIsSummedUp(t *testing.T) {
	t.Parallel()
	const own = "111111111111"
	for name, c := range map[string]struct {
		policy string
		want   trust
	}{
		"a service": {`{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			trust{Principals: []string{"ec2.amazonaws.com"}}},
		"one statement without a list": {`{"Statement":{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::222222222222:root","333333333333"]}}}`,
			trust{Principals: []string{"333333333333", "arn:aws:iam::222222222222:root"}, Accounts: []string{"222222222222", "333333333333"}}},
		"another account with an ExternalId": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:role/v"},"Condition":{"StringEquals":{"sts:externalid":"x+y"}}}]}`,
			trust{Principals: []string{"arn:aws:iam::222222222222:role/v"}, Accounts: []string{"222222222222"}, ExternalID: true}},
		"an ExternalId only if one is sent": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Condition":{"StringEqualsIfExists":{"sts:ExternalId":"x"}}}]}`,
			trust{Principals: []string{"222222222222"}, Accounts: []string{"222222222222"}}},
		"two accounts, one without an ExternalId": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Condition":{"StringEquals":{"sts:ExternalId":"x"}}},
			{"Effect":"Allow","Principal":{"AWS":"333333333333"}}]}`,
			trust{Principals: []string{"222222222222", "333333333333"}, Accounts: []string{"222222222222", "333333333333"}}},
		"its own account": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"}}]}`,
			trust{Principals: []string{"arn:aws:iam::111111111111:root"}}},
		"anyone":   {`{"Statement":[{"Effect":"Allow","Principal":"*"}]}`, trust{Principals: []string{"*"}, Anyone: true}},
		"a denial": {`{"Statement":[{"Effect":"Deny","Principal":"*"}]}`, trust{}},
		"no JSON":  {`{"Statement":`, trust{}},
	} {
		for form, text := range map[string]string{"encoded": url.QueryEscape(c.policy), "plain": c.policy} {
			if form == "encoded" { // IAM writes spaces as %20, not as +
				text = url.PathEscape(c.policy)
			}
			got, ok := trustOf(text, own)
			if ok == (name == "no JSON") {
				t.Errorf("%s (%s): read %v", name, form, ok)
			}
			if len(got.Principals) == 0 {
				got.Principals = nil
			}
			if len(got.Accounts) == 0 {
				got.Accounts = nil
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s (%s): got %+v, want %+v", name, form, got, c.want)
			}
		}
	}
}
