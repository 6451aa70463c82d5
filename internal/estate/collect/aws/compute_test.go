package aws

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apiv2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/emr"
	emrtypes "github.com/aws/aws-sdk-go-v2/service/emr/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func testScaling(t *testing.T, endpoint string) {
	const region = "ap-southeast-1"
	ctx, cfg, net := t.Context(), configOf(endpoint, region), newSite(t, endpoint, region)
	servers := ec2.NewFromConfig(cfg)
	image := must[*ec2.DescribeImagesOutput](t)(servers.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}})).Images[0].ImageId
	template := must[*ec2.CreateLaunchTemplateOutput](t)(servers.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: ptr("web"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: image, InstanceType: ec2types.InstanceTypeT3Small, UserData: ptr("c2VjcmV0")}})).LaunchTemplate.LaunchTemplateId
	must[*autoscaling.CreateAutoScalingGroupOutput](t)(autoscaling.NewFromConfig(cfg).CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: ptr("web"), MinSize: ptr[int32](2), MaxSize: ptr[int32](4), VPCZoneIdentifier: ptr(strings.Join(net.subnets, ",")),
		LaunchTemplate: &autoscalingtypes.LaunchTemplateSpecification{LaunchTemplateId: template, Version: ptr("$Default")}}))
	must[*emr.RunJobFlowOutput](t)(emr.NewFromConfig(cfg).RunJobFlow(ctx, &emr.RunJobFlowInput{Name: ptr("nightly"), ReleaseLabel: ptr("emr-7.1.0"),
		ServiceRole: ptr("EMR_DefaultRole"), JobFlowRole: ptr("EMR_EC2_DefaultRole"), Tags: []emrtypes.Tag{{Key: ptr("Owner"), Value: ptr("data")}},
		Instances: &emrtypes.JobFlowInstancesConfig{InstanceCount: ptr[int32](1), MasterInstanceType: ptr("m5.large"), SlaveInstanceType: ptr("m5.large"),
			KeepJobFlowAliveWhenNoSteps: ptr(true), Ec2SubnetId: &net.subnets[0]}}))

	got := discover(t, endpoint, region, typeASG, typeLaunchTemplate, typeInstance, "AWS::EMR::Cluster")

	group := got.one(t, typeASG, "web")
	wantFacts(t, group, facts{"MinSize": int64(2), "MaxSize": int64(4), "LaunchTemplateId": *template})
	wantEdges(t, group, "runs_on "+net.subnets[0]+" (subnets)", "runs_on "+net.subnets[1]+" (subnets)", "depends_on "+*template)
	members := 0
	for _, e := range group.Edges {
		if e.To.Type == typeInstance {
			got.one(t, typeInstance, e.To.Key)
			members++
		}
	}
	if members != 2 {
		t.Errorf("the group has %d members", members)
	}
	wantFacts(t, got.one(t, typeLaunchTemplate, *template), facts{"ImageId": *image, "InstanceType": "t3.small"})
	if n := len(got.items["AWS::EMR::Cluster"]); n != 1 {
		t.Fatalf("%d EMR clusters", n)
	}
	cluster := got.items["AWS::EMR::Cluster"][0]
	wantEdges(t, cluster, "depends_on EMR_DefaultRole")
	if cluster.Name != "nightly" || cluster.Tags["Owner"] != "data" {
		t.Errorf("%s %v", cluster.Name, cluster.Tags)
	}
}

func testContainers(t *testing.T, endpoint string) {
	const region = "ca-central-1"
	ctx, cfg, net := t.Context(), configOf(endpoint, region), newSite(t, endpoint, region)
	must[*ecr.CreateRepositoryOutput](t)(ecr.NewFromConfig(cfg).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: ptr("shop/web"),
		Tags: []ecrtypes.Tag{{Key: ptr("Owner"), Value: ptr("shop")}}}))
	api := ecs.NewFromConfig(cfg)
	cluster := must[*ecs.CreateClusterOutput](t)(api.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: ptr("shop")})).Cluster.ClusterArn
	register := func() string {
		return *must[*ecs.RegisterTaskDefinitionOutput](t)(api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: ptr("web"), NetworkMode: types.NetworkModeAwsvpc,
			ContainerDefinitions: []types.ContainerDefinition{{Name: ptr("web"), Memory: ptr[int32](512), Image: ptr(testAccount + ".dkr.ecr.ca-central-1.amazonaws.com/shop/web:1"),
				Environment: []types.KeyValuePair{{Name: ptr("API_TOKEN"), Value: ptr("CANARY-value")}}}}})).TaskDefinition.TaskDefinitionArn
	}
	register()
	used := register()
	// Eleven services, since AWS describes ten at a time.
	for _, name := range strings.Fields("web a b c d e f g h i j") {
		must[*ecs.CreateServiceOutput](t)(api.CreateService(ctx, &ecs.CreateServiceInput{Cluster: cluster, ServiceName: &name, TaskDefinition: &used,
			DesiredCount: ptr[int32](2), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: net.subnets, SecurityGroups: []string{net.group}}}}))
	}
	kubernetes := eks.NewFromConfig(cfg)
	role := ptr("arn:aws:iam::" + testAccount + ":role/eks")
	must[*eks.CreateClusterOutput](t)(kubernetes.CreateCluster(ctx, &eks.CreateClusterInput{Name: ptr("wms"), Version: ptr("1.31"), RoleArn: role,
		ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: net.subnets}}))
	must[*eks.CreateNodegroupOutput](t)(kubernetes.CreateNodegroup(ctx, &eks.CreateNodegroupInput{ClusterName: ptr("wms"), NodegroupName: ptr("general"),
		NodeRole: role, Subnets: net.subnets, ScalingConfig: &ekstypes.NodegroupScalingConfig{MinSize: ptr[int32](1), MaxSize: ptr[int32](3), DesiredSize: ptr[int32](2)}}))

	got := discover(t, endpoint, region, typeECRRepository, typeECSCluster, typeECSService, typeTaskDefinition, typeEKSCluster, "AWS::EKS::Nodegroup")

	if n := len(got.items[typeECSService]); n != 11 {
		t.Errorf("%d services", n)
	}
	if n := len(got.items[typeTaskDefinition]); n != 1 {
		t.Errorf("%d task definitions, of which one is in use", n)
	}
	definition := got.one(t, typeTaskDefinition, used)
	wantFacts(t, definition, facts{"Family": "web", "Revision": int64(2), "EnvironmentVariableNames": []string{"API_TOKEN"}})
	wantEdges(t, definition, "depends_on shop/web")
	if text, err := json.Marshal(definition); err != nil || strings.Contains(string(text), "CANARY") {
		t.Errorf("the value of a variable was kept: %v", err)
	}
	service := "arn:aws:ecs:" + region + ":" + testAccount + ":service/shop/web"
	wantFacts(t, got.one(t, typeECSService, service), facts{"DesiredCount": int64(2), "TaskDefinition": used})
	wantEdges(t, got.one(t, typeECSService, service), "runs_on "+*cluster, "depends_on "+used, "runs_on "+net.subnets[0]+" (subnets)")
	if tag := got.one(t, typeECRRepository, "shop/web").Tags["Owner"]; tag != "shop" {
		t.Errorf("owner of the repository is %q", tag)
	}
	wantFacts(t, got.one(t, typeECRRepository, "shop/web"), facts{"LifecyclePolicy": false})
	wantFacts(t, got.one(t, typeEKSCluster, "wms"), facts{"Version": "1.31"})
	wantEdges(t, got.one(t, typeEKSCluster, "wms"), "depends_on "+*role, "runs_on "+net.subnets[0]+" (subnets)")
	wantEdges(t, got.one(t, "AWS::EKS::Nodegroup", "wms/general"), "< contains wms", "depends_on "+*role)
}

func testServerless(t *testing.T, endpoint string) {
	const region = "sa-east-1"
	ctx, cfg := t.Context(), configOf(endpoint, region)
	role := must[*iam.CreateRoleOutput](t)(iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: ptr("quote"),
		AssumeRolePolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[]}`)})).Role.Arn
	functions := lambda.NewFromConfig(cfg)
	function := must[*lambda.CreateFunctionOutput](t)(functions.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: ptr("quote"), Role: role,
		Runtime: lambdatypes.RuntimePython312, Handler: ptr("main.handler"), MemorySize: ptr[int32](256), Code: &lambdatypes.FunctionCode{ZipFile: archive(t)},
		Environment: &lambdatypes.Environment{Variables: map[string]string{"DB_PASSWORD": "CANARY-value", "APPLICATION": "portal"}},
		Tags:        map[string]string{"application": "portal"}})).FunctionArn
	must[*sqs.CreateQueueOutput](t)(sqs.NewFromConfig(cfg).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: ptr("requests")}))
	queue := "arn:aws:sqs:" + region + ":" + testAccount + ":requests"
	must[*lambda.CreateEventSourceMappingOutput](t)(functions.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: ptr("quote"), EventSourceArn: &queue}))
	invoke := "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + *function + "/invocations"
	rest := apigateway.NewFromConfig(cfg)
	api := must[*apigateway.CreateRestApiOutput](t)(rest.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: ptr("portal")}))
	must[*apigateway.PutMethodOutput](t)(rest.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: ptr("GET"), AuthorizationType: ptr("NONE")}))
	must[*apigateway.PutIntegrationOutput](t)(rest.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: api.RootResourceId,
		HttpMethod: ptr("GET"), Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: ptr("POST"), Uri: &invoke}))
	must[*apigateway.CreateDeploymentOutput](t)(rest.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: ptr("live")}))
	v2 := apigatewayv2.NewFromConfig(cfg)
	http := must[*apigatewayv2.CreateApiOutput](t)(v2.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: ptr("mobile"), ProtocolType: apiv2types.ProtocolTypeHttp})).ApiId
	must[*apigatewayv2.CreateIntegrationOutput](t)(v2.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{ApiId: http,
		IntegrationType: apiv2types.IntegrationTypeAwsProxy, IntegrationUri: function}))

	got := discover(t, endpoint, region, typeFunction, "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")

	it := got.one(t, typeFunction, "quote")
	wantFacts(t, it, facts{"Runtime": "python3.12", "MemorySize": int64(256), "EnvironmentVariableNames": []string{"APPLICATION", "DB_PASSWORD"},
		"EventSources": []string{queue}})
	wantEdges(t, it, "depends_on "+*role, "depends_on "+queue)
	if it.Tags["application"] != "portal" {
		t.Errorf("tags %v", it.Tags)
	}
	if text, err := json.Marshal(it); err != nil || strings.Contains(string(text), "CANARY") {
		t.Errorf("the value of a variable was kept: %v", err)
	}
	wantEdges(t, got.one(t, "AWS::ApiGateway::RestApi", *api.Id), "routes_to "+*function)
	if stages, _ := got.one(t, "AWS::ApiGateway::RestApi", *api.Id).Attributes["Stages"].([]any); len(stages) != 1 || stages[0].(facts)["StageName"] != "live" {
		t.Errorf("stages %v", stages)
	}
	wantEdges(t, got.one(t, "AWS::ApiGatewayV2::Api", *http), "routes_to "+*function)
}

// archive is a package that a function can be made of.
func archive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("main.py")
	if err == nil {
		_, err = f.Write([]byte("def handler(event, context): pass\n"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
