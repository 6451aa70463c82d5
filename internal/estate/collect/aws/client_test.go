package aws

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/emr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
)

// clients are the clients of the SDK by the IAM prefix of their service.
var clients = map[string][]reflect.Type{
	"acm":                  {reflect.TypeFor[*acm.Client]()},
	"apigateway":           {reflect.TypeFor[*apigateway.Client](), reflect.TypeFor[*apigatewayv2.Client]()},
	"autoscaling":          {reflect.TypeFor[*autoscaling.Client]()},
	"backup":               {reflect.TypeFor[*backup.Client]()},
	"cloudformation":       {reflect.TypeFor[*cloudformation.Client]()},
	"cloudfront":           {reflect.TypeFor[*cloudfront.Client]()},
	"cloudtrail":           {reflect.TypeFor[*cloudtrail.Client]()},
	"cloudwatch":           {reflect.TypeFor[*cloudwatch.Client]()},
	"logs":                 {reflect.TypeFor[*cloudwatchlogs.Client]()},
	"codebuild":            {reflect.TypeFor[*codebuild.Client]()},
	"codedeploy":           {reflect.TypeFor[*codedeploy.Client]()},
	"codepipeline":         {reflect.TypeFor[*codepipeline.Client]()},
	"config":               {reflect.TypeFor[*configservice.Client]()},
	"dynamodb":             {reflect.TypeFor[*dynamodb.Client]()},
	"ec2":                  {reflect.TypeFor[*ec2.Client]()},
	"ecr":                  {reflect.TypeFor[*ecr.Client]()},
	"ecs":                  {reflect.TypeFor[*ecs.Client]()},
	"elasticfilesystem":    {reflect.TypeFor[*efs.Client]()},
	"eks":                  {reflect.TypeFor[*eks.Client]()},
	"elasticache":          {reflect.TypeFor[*elasticache.Client]()},
	"elasticloadbalancing": {reflect.TypeFor[*elasticloadbalancing.Client](), reflect.TypeFor[*elasticloadbalancingv2.Client]()},
	"elasticmapreduce":     {reflect.TypeFor[*emr.Client]()},
	"events":               {reflect.TypeFor[*eventbridge.Client]()},
	"guardduty":            {reflect.TypeFor[*guardduty.Client]()},
	"iam":                  {reflect.TypeFor[*iam.Client]()},
	"kms":                  {reflect.TypeFor[*kms.Client]()},
	"lambda":               {reflect.TypeFor[*lambda.Client]()},
	"organizations":        {reflect.TypeFor[*organizations.Client]()},
	"rds":                  {reflect.TypeFor[*rds.Client]()},
	"redshift":             {reflect.TypeFor[*redshift.Client]()},
	"tag":                  {reflect.TypeFor[*resourcegroupstaggingapi.Client]()},
	"route53":              {reflect.TypeFor[*route53.Client]()},
	"s3":                   {reflect.TypeFor[*s3.Client]()},
	"secretsmanager":       {reflect.TypeFor[*secretsmanager.Client]()},
	"securityhub":          {reflect.TypeFor[*securityhub.Client]()},
	"states":               {reflect.TypeFor[*sfn.Client]()},
	"sns":                  {reflect.TypeFor[*sns.Client]()},
	"sqs":                  {reflect.TypeFor[*sqs.Client]()},
	"ssm":                  {reflect.TypeFor[*ssm.Client]()},
	"sts":                  {reflect.TypeFor[*sts.Client]()},
	"wafv2":                {reflect.TypeFor[*wafv2.Client]()},
}
