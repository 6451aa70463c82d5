package policy

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"vigie/internal/estate/collect"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() []collect.Collector {
	return []collect.Collector{
		{Service: "s3", Types: []string{"AWS::S3::Bucket"}, Actions: []string{"s3:ListBuckets", "s3:GetBucketEncryption"}},
		{Service: "ec2", Types: []string{"AWS::EC2::Volume"}, Actions: []string{"ec2:DescribeVolumes", "ec2:DescribeRegions"}},
		{Service: "apigateway", Types: []string{"AWS::ApiGateway::RestApi"}, Actions: []string{"apigateway:GetRestApis", "apigateway:GetStages"}},
	}
}

func sampleRole() Role {
	return Role{Principal: "arn:aws:iam::111122223333:role/vigie", ExternalID: "vigie-0123456789abcdef", Documents: Documents(Actions(sample()))}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference. Now:\n%s", name, got)
	}
}

func TestActionsAreNamedAsIAMNamesThem(t *testing.T) {
	t.Parallel()
	want := []string{"apigateway:GET", "ec2:DescribeRegions", "ec2:DescribeVolumes", "organizations:DescribeOrganization",
		"organizations:ListAccounts", "s3:GetEncryptionConfiguration", "s3:ListAllMyBuckets", "securityhub:GetFindings"}
	if got := Actions(sample()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	r := sampleRole()
	golden(t, "role.yaml", r.CloudFormation())
	golden(t, "stackset.yaml", r.StackSet())
	golden(t, "role.tf", r.Terraform())
	var all []string
	for _, d := range r.Documents {
		all = append(all, d.Pretty())
	}
	golden(t, "policies.json", strings.Join(all, "\n")+"\n")
}

// However many actions there are, each policy is within the limit, and together they allow each action exactly once.
func TestPoliciesAreSplitWithinTheLimit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 150, 151, 2000} {
		var actions []string
		for i := range n {
			actions = append(actions, fmt.Sprintf("service%04d:DescribeSomethingOfMiddlingLength", i))
		}
		var got []string
		for _, d := range Documents(actions) {
			if size := len(d.JSON()); size > maxSize {
				t.Errorf("%d actions: a policy of %d characters", n, size)
			}
			for _, s := range d.Statement {
				if s.Effect == "Allow" {
					got = append(got, s.Action...)
				}
			}
		}
		if !slices.Equal(got, actions) {
			t.Errorf("%d actions: %d allowed", n, len(got))
		}
	}
}

func TestWhatVigieNeverDoesIsDeniedAndNotAllowed(t *testing.T) {
	t.Parallel()
	docs := Documents([]string{"ec2:DescribeVolumes", "secretsmanager:GetSecretValue"})
	for _, d := range docs {
		for _, s := range d.Statement {
			if has := slices.Contains(s.Action, "secretsmanager:GetSecretValue"); has != (s.Effect == "Deny") {
				t.Errorf("statement %s: %s %q", s.Sid, s.Effect, s.Action)
			}
		}
	}
}

// The templates are written as text, with names from outside in them: what comes out must read as what went in.
func TestTemplatesAreYAMLWhateverIsInThem(t *testing.T) {
	t.Parallel()
	r := sampleRole()
	r.Name, r.ExternalID = `odd": name`, "a: 'b' \"c\" #d ${e} 0123456789"
	for name, text := range map[string]string{"account": r.CloudFormation(), "organisation": r.StackSet()} {
		var doc struct {
			Parameters map[string]struct {
				Default string `yaml:"Default"`
			} `yaml:"Parameters"`
			Resources map[string]struct {
				Properties struct {
					TemplateBody             string `yaml:"TemplateBody"`
					AssumeRolePolicyDocument struct {
						Statement []struct {
							Condition map[string]map[string]string `yaml:"Condition"`
						} `yaml:"Statement"`
					} `yaml:"AssumeRolePolicyDocument"`
				} `yaml:"Properties"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if doc.Parameters["ExternalId"].Default != r.ExternalID || doc.Parameters["RoleName"].Default != r.Name {
			t.Errorf("%s: parameters are %+v", name, doc.Parameters)
		}
		trust := doc.Resources["Role"].Properties.AssumeRolePolicyDocument.Statement
		if len(trust) != 1 || trust[0].Condition["StringEquals"]["sts:ExternalId"] != "ExternalId" {
			t.Errorf("%s: the role does not ask for the ExternalId: %+v", name, trust)
		}
		if name == "organisation" && doc.Resources["Members"].Properties.TemplateBody != r.CloudFormation() {
			t.Errorf("the template of the members is not the template of an account")
		}
	}
	if !strings.Contains(r.Terraform(), `$${e}`) {
		t.Error("Terraform would read ${e} as its own")
	}
	var back Document
	if err := json.Unmarshal([]byte(r.Documents[0].JSON()), &back); err != nil || len(back.Statement) == 0 {
		t.Errorf("the policy is no JSON: %v", err)
	}
}
