package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"vigie/internal/estate/collect"
)

const (
	typeManagedInstance = "AWS::SSM::ManagedInstance"
	typeParameter       = "AWS::SSM::Parameter"
)

func ssmCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ssm", Types: []string{typeManagedInstance}, Actions: []string{"ssm:DescribeInstanceInformation"}, Collect: managedInstances},
		{Service: "ssm", Types: []string{typeParameter}, Actions: []string{"ssm:DescribeParameters"}, Collect: ssmParameters},
	}
}

func managedInstances(ctx context.Context, s *collect.Session) error {
	in := &ssm.DescribeInstanceInformationInput{MaxResults: ptr[int32](50)}
	return collect.Pages(ctx, s, ssm.NewFromConfig(s.Config()).DescribeInstanceInformation, in, func(out *ssm.DescribeInstanceInformationOutput) error {
		return each(ctx, s, out.InstanceInformationList, func(i *types.InstanceInformation) collect.Item {
			id := str(i.InstanceId)
			item := collect.Item{Type: typeManagedInstance, ID: id, Name: first(i.Name, i.ComputerName), Attributes: tidy(facts{
				"PingStatus": i.PingStatus, "PlatformType": i.PlatformType, "PlatformName": i.PlatformName, "PlatformVersion": i.PlatformVersion,
				"AgentVersion": i.AgentVersion, "IsLatestVersion": i.IsLatestVersion, "ResourceType": i.ResourceType,
				"ComputerName": i.ComputerName, "IPAddress": i.IPAddress, "IamRole": i.IamRole, "RegistrationDate": i.RegistrationDate,
				"AssociationStatus": i.AssociationStatus,
			})}
			if strings.HasPrefix(id, "i-") {
				// The instance's ARN is its own: two CIs must not answer to one.
				item.Edges = []collect.Edge{collect.To(collect.RunsOn, typeInstance, id)}
			} else {
				item.ARN = s.ARN("ssm", "managed-instance/"+id)
				item.Edges = []collect.Edge{collect.To(collect.DependsOn, typeRole, str(i.IamRole))}
			}
			return item
		})
	})
}

// ssmParameters lists names; values are never asked for.
func ssmParameters(ctx context.Context, s *collect.Session) error {
	in := &ssm.DescribeParametersInput{MaxResults: ptr[int32](50)}
	return collect.Pages(ctx, s, ssm.NewFromConfig(s.Config()).DescribeParameters, in, func(out *ssm.DescribeParametersOutput) error {
		return each(ctx, s, out.Parameters, func(p *types.ParameterMetadata) collect.Item {
			name := str(p.Name)
			var e edges
			e.key(keyRef(s, p.KeyId))
			return collect.Item{Type: typeParameter, ID: name, ARN: s.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/")), Edges: e,
				Attributes: tidy(facts{"Type": p.Type, "Tier": p.Tier, "DataType": p.DataType, "Description": p.Description, "KeyId": p.KeyId,
					"Version": p.Version, "LastModifiedDate": p.LastModifiedDate})}
		})
	})
}
