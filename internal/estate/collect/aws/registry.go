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
	)
	slices.SortFunc(all, func(a, b collect.Collector) int { return cmp.Compare(a.Name(), b.Name()) })
	return all
}
