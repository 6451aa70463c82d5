package policy

import (
	"fmt"
	"strings"
)

// DefaultRole is the name under which Vigie looks for its role.
const DefaultRole = "VigieReadOnly"

// Role is the role that Vigie assumes in a customer's account.
type Role struct {
	Name string // empty: DefaultRole
	// Principal is who may assume it: Vigie's own account id, or the ARN of its role or user.
	Principal string
	// ExternalID was made by Vigie for this account or organisation; without it the role lets nobody in.
	ExternalID string
	Documents  []Document
}

func (r Role) name() string {
	if r.Name == "" {
		return DefaultRole
	}
	return r.Name
}

const (
	// description and session are the same in all forms of the role. One hour is as long as roles assumed from roles may last.
	description = "Read-only access for Vigie. It reads settings, never contents."
	session     = 3600
)

// CloudFormation is a template for one account. It makes a named role, so it needs CAPABILITY_NAMED_IAM.
func (r Role) CloudFormation() string {
	var b strings.Builder
	b.WriteString("AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: " + encode(description, "") + "\n")
	b.WriteString(r.parameters())
	b.WriteString("Resources:\n" + r.resources())
	b.WriteString(outputs)
	return b.String()
}

const outputs = `Outputs:
  RoleArn:
    Description: Enter this ARN in Vigie.
    Value: !GetAtt Role.Arn
`

func (r Role) parameters() string {
	return fmt.Sprintf(`Parameters:
  RoleName:
    Type: String
    Default: %s
  VigiePrincipal:
    Type: String
    Description: The account or role that Vigie runs as.
    Default: %s
  ExternalId:
    Type: String
    Description: Made by Vigie for you. Leave it as it is.
    Default: %s
    MinLength: 16
`, encode(r.name(), ""), encode(r.Principal, ""), encode(r.ExternalID, ""))
}

// resources are the role and its policies, indented by two as they stand under Resources.
func (r Role) resources() string {
	var b strings.Builder
	fmt.Fprintf(&b, `  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: %s
      MaxSessionDuration: %d
      AssumeRolePolicyDocument:
        Version: %q
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Ref VigiePrincipal
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
`, encode(description, ""), session, version)
	for i, d := range r.Documents {
		fmt.Fprintf(&b, `  Policy%d:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: %s
      Roles:
        - !Ref Role
      PolicyDocument:
        Version: %q
        Statement:
`, i+1, encode(fmt.Sprintf("Vigie, part %d of %d", i+1, len(r.Documents)), ""), d.Version)
		for _, s := range d.Statement {
			fmt.Fprintf(&b, "          - Sid: %s\n            Effect: %s\n", s.Sid, s.Effect)
			writeList(&b, "Action", s.Action)
			writeList(&b, "Resource", s.Resource)
		}
	}
	return b.String()
}

func writeList(b *strings.Builder, name string, values []string) {
	fmt.Fprintf(b, "            %s:\n", name)
	for _, v := range values {
		fmt.Fprintf(b, "              - %s\n", encode(v, ""))
	}
}
