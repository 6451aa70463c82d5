package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"vigie/internal/estate/collect"
)

// dimensionTypes say what a metric's dimension names, where its value is the id of a CI. Dimensions whose meaning hangs on the
// namespace, or whose value is only a part of the id, are in watchedBy.
var dimensionTypes = map[string]string{
	"InstanceId": typeInstance, "VolumeId": typeVolume, "NatGatewayId": typeNATGateway, "VpnId": typeVPNConnection,
	"AutoScalingGroupName": typeASG, "LoadBalancerName": "AWS::ElasticLoadBalancing::LoadBalancer",
	"DBInstanceIdentifier": typeDBInstance, "DBClusterIdentifier": typeDBCluster, "TableName": typeTable,
	"CacheClusterId": "AWS::ElastiCache::CacheCluster", "ReplicationGroupId": "AWS::ElastiCache::ReplicationGroup",
	"FileSystemId": typeFileSystem, "JobFlowId": "AWS::EMR::Cluster", "ClusterIdentifier": "AWS::Redshift::Cluster",
	"FunctionName": typeFunction, "ApiId": "AWS::ApiGatewayV2::Api", "StateMachineArn": typeStateMachine, "BucketName": typeBucket,
	"DistributionId": typeDistribution, "HostedZoneId": typeZone, "LogGroupName": typeLogGroup, "BackupVaultName": typeVault,
	"ProjectName": typeBuildProject, "RepositoryName": typeECRRepository, "PipelineName": typePipeline,
}

// watchedBy names what the dimensions of a metric are about. Only the narrowest counts: an alarm on a service of a cluster watches
// the service.
func watchedBy(s *collect.Session, namespace string, list []types.Dimension) []collect.Target {
	d := map[string]string{}
	for _, v := range list {
		d[str(v.Name)] = str(v.Value)
	}
	arn := func(service, resource string) []collect.Target {
		return []collect.Target{{Key: s.ARN(service, resource)}}
	}
	switch {
	case d["TargetGroup"] != "":
		return arn("elasticloadbalancing", d["TargetGroup"])
	case d["LoadBalancer"] != "":
		return arn("elasticloadbalancing", "loadbalancer/"+d["LoadBalancer"])
	case d["QueueName"] != "":
		return arn("sqs", d["QueueName"])
	case d["TopicName"] != "":
		return arn("sns", d["TopicName"])
	case namespace == "ContainerInsights" && d["ServiceName"] == "" && d["Namespace"] != "":
		return []collect.Target{{Type: "AWS::EKS::Cluster", Key: d["ClusterName"]}}
	case d["ClusterName"] != "" && d["ServiceName"] != "":
		return arn("ecs", "service/"+d["ClusterName"]+"/"+d["ServiceName"])
	case d["ClusterName"] != "" && (namespace == "AWS/ECS" || namespace == "ECS/ContainerInsights"):
		return arn("ecs", "cluster/"+d["ClusterName"])
	case d["ClusterName"] != "":
		return []collect.Target{{Type: "AWS::EKS::Cluster", Key: d["ClusterName"]}}
	case d["RuleName"] != "" && namespace == "AWS/Events":
		bus := d["EventBusName"]
		if bus == "" {
			bus = "default"
		}
		return []collect.Target{{Type: typeRule, Key: bus + "|" + d["RuleName"]}}
	}
	var out []collect.Target
	for _, name := range names(d) {
		if typ := dimensionTypes[name]; typ != "" {
			out = append(out, collect.Target{Type: typ, Key: d[name]})
		}
	}
	return out
}
