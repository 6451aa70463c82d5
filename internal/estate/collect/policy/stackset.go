package policy

import "strings"

// StackSet is a template for the account that manages an organisation (or is its delegated administrator for StackSets): it makes the
// role there, where service-managed StackSets never deploy, and a StackSet that makes it in every other account, new ones included.
// RootId is the organisation's root ("r-ab12"), or any of its units.
func (r Role) StackSet() string {
	var b strings.Builder
	b.WriteString("AWSTemplateFormatVersion: \"2010-09-09\"\nDescription: " + encode(description+" For a whole organisation.", "") + "\n")
	b.WriteString(r.parameters())
	b.WriteString(`  RootId:
    Type: String
    Description: The root of the organisation or one of its units, for example r-ab12.
    AllowedPattern: "^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$"
Resources:
`)
	b.WriteString(r.resources())
	b.WriteString(`  Members:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: !Ref RoleName
      Description: ` + encode(description, "") + `
      PermissionModel: SERVICE_MANAGED
      AutoDeployment:
        Enabled: true
        RetainStacksOnAccountRemoval: false
      Capabilities:
        - CAPABILITY_NAMED_IAM
      OperationPreferences:
        MaxConcurrentPercentage: 100
        FailureTolerancePercentage: 100
      Parameters:
        - ParameterKey: RoleName
          ParameterValue: !Ref RoleName
        - ParameterKey: VigiePrincipal
          ParameterValue: !Ref VigiePrincipal
        - ParameterKey: ExternalId
          ParameterValue: !Ref ExternalId
      StackInstancesGroup:
        - DeploymentTargets:
            OrganizationalUnitIds:
              - !Ref RootId
          Regions:
            - !Ref AWS::Region
      TemplateBody: |
`)
	for line := range strings.Lines(r.CloudFormation()) {
		b.WriteString("        " + line)
	}
	b.WriteString(outputs)
	return b.String()
}
