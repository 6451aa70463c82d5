package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/emr"
	"github.com/aws/aws-sdk-go-v2/service/emr/types"

	"vigie/internal/estate/collect"
)

func emrCollectors() []collect.Collector {
	return []collect.Collector{
		{Service: "elasticmapreduce", Types: []string{"AWS::EMR::Cluster"}, Collect: emrClusters,
			Actions: []string{"elasticmapreduce:ListClusters", "elasticmapreduce:DescribeCluster"}},
	}
}

// emrClusters asks for the living states only: terminated clusters are listed for two months.
func emrClusters(ctx context.Context, s *collect.Session) error {
	api := emr.NewFromConfig(s.Config())
	in := &emr.ListClustersInput{ClusterStates: []types.ClusterState{types.ClusterStateStarting, types.ClusterStateBootstrapping,
		types.ClusterStateRunning, types.ClusterStateWaiting, types.ClusterStateTerminating}}
	return collect.Pages(ctx, s, api.ListClusters, in, func(out *emr.ListClustersOutput) error {
		return eachAtOnce(ctx, s, out.Clusters, func(c *types.ClusterSummary) collect.Item {
			d, ok := collect.Try(ctx, s, api.DescribeCluster, &emr.DescribeClusterInput{ClusterId: c.Id})
			if !ok || d.Cluster == nil { // what the list says of it is kept
				return emrCluster(&types.Cluster{Id: c.Id, Name: c.Name, ClusterArn: c.ClusterArn, Status: c.Status})
			}
			return emrCluster(d.Cluster)
		})
	})
}

func emrCluster(c *types.Cluster) collect.Item {
	ec2, status := of(c.Ec2InstanceAttributes), of(c.Status)
	apps := pick(c.Applications, func(a *types.Application) *string { return ptr(str(a.Name) + " " + str(a.Version)) })
	groups := []string{str(ec2.EmrManagedMasterSecurityGroup), str(ec2.EmrManagedSlaveSecurityGroup), str(ec2.ServiceAccessSecurityGroup)}
	var e edges
	e.to(collect.RunsOn, typeSubnet, str(ec2.Ec2SubnetId))
	e.from(collect.Protects, typeSecurityGroup, unique(groups)...)
	e.role(str(c.ServiceRole))
	e.role(str(c.AutoScalingRole))
	e.key(c.LogEncryptionKmsKeyId)
	return collect.Item{Type: "AWS::EMR::Cluster", ID: str(c.Id), ARN: str(c.ClusterArn), Name: str(c.Name), Tags: tags(c.Tags), Edges: e,
		Attributes: tidy(facts{
			"Name": c.Name, "State": status.State, "ReleaseLabel": c.ReleaseLabel, "Applications": apps, "AutoTerminate": c.AutoTerminate,
			"TerminationProtected": c.TerminationProtected, "VisibleToAllUsers": c.VisibleToAllUsers, "LogUri": c.LogUri,
			"SecurityConfiguration": c.SecurityConfiguration, "ServiceRole": c.ServiceRole, "Ec2SubnetId": ec2.Ec2SubnetId,
			"AvailabilityZone": ec2.Ec2AvailabilityZone, "InstanceProfile": ec2.IamInstanceProfile, "KeyName": ec2.Ec2KeyName,
			"MasterPublicDnsName": c.MasterPublicDnsName, "InstanceCollectionType": c.InstanceCollectionType,
			"CreationDateTime": of(status.Timeline).CreationDateTime,
		})}
}
