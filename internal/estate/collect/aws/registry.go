package aws

import (
	"cmp"
	"slices"

	"vigie/internal/estate/collect"
)

// Registry gives all collectors, sorted by name.
func Registry() []collect.Collector {
	all := slices.Concat(
		ec2Collectors(),
		ebsCollectors(),
		vpcCollectors(),
		gatewayCollectors(),
		vpnCollectors(),
		elbCollectors(),
		elbClassicCollectors(),
		rdsCollectors(),
		s3Collectors(),
		lambdaCollectors(),
		dynamodbCollectors(),
		ecsCollectors(),
		autoscalingCollectors(),
		elasticacheCollectors(),
		efsCollectors(),
		eksCollectors(),
		emrCollectors(),
		redshiftCollectors(),
		apigatewayCollectors(),
		ecrCollectors(),
		organizationCollectors(),
		iamCollectors(),
		kmsCollectors(),
		acmCollectors(),
		secretsManagerCollectors(),
		ssmCollectors(),
		cloudTrailCollectors(),
		configCollectors(),
		guardDutyCollectors(),
		securityHubCollectors(),
		wafCollectors(),
		cloudWatchCollectors(),
		logsCollectors(),
		backupCollectors(),
		route53Collectors(),
		cloudFrontCollectors(),
		sfnCollectors(),
		eventsCollectors(),
		snsCollectors(),
		sqsCollectors(),
		cloudFormationCollectors(),
		serverlessCollectors(),
		codePipelineCollectors(),
		codeBuildCollectors(),
		codeDeployCollectors(),
	)
	slices.SortFunc(all, func(a, b collect.Collector) int { return cmp.Compare(a.Name(), b.Name()) })
	return all
}
