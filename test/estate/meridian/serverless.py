"""Functions, APIs, state machines, rules, queues, stacks."""

import io
import zipfile

from .aws import document, lower_pairs, pairs, piece
from .watch import alarm, logs

SAM = "AWS::Serverless-2016-10-31"


def _code():
    """The same bytes at each run: the date inside an archive would change its digest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("handler.py", (2024, 1, 1, 0, 0, 0)), "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


CODE = _code()


@piece
def function(place, name, application, role, runtime="python3.12", network=None, timeout=30, memory=256, retention=None, age=200, dead_letter=None, watch=True):
    """A function with a secret in its environment. Without retention its log group never expires, as Lambda makes them."""
    more = {}
    if network:
        more["VpcConfig"] = {"SubnetIds": network.subnets["app"], "SecurityGroupIds": [network.group(f"{network.name}-functions", application=application)]}
    if dead_letter:
        more["DeadLetterConfig"] = {"TargetArn": dead_letter}
    with place.aged(age):
        arn = place.call("lambda", "create_function", FunctionName=name, Runtime=runtime, Role=place.role_arn(role), Handler="handler.handler", Code={"ZipFile": CODE},
                         Timeout=timeout, MemorySize=memory, Description=f"{application}: {name}", Tags=place.tags(name, application),
                         Environment={"Variables": {"STAGE": place.account.environment, "API_KEY": f"CANARY-lambda-{name}"}}, **more)["FunctionArn"]
    logs(place, f"/aws/lambda/{name}", application, retention, age)
    if watch:
        alarm(place, f"{name}-errors", "AWS/Lambda", "Errors", {"FunctionName": name}, 5)
    return arn


@piece
def consume(place, queue_arn, function_name):
    place.call("lambda", "create_event_source_mapping", EventSourceArn=queue_arn, FunctionName=function_name, BatchSize=10)


@piece
def rest_api(place, name, application, function_arn, paths=("track", "quote"), stage="prod"):
    id = place.call("apigateway", "create_rest_api", name=name, description=f"{application} API", tags=place.tags(name, application),
                    endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = place.call("apigateway", "get_resources", restApiId=id)["items"][0]["id"]
    uri = f"arn:aws:apigateway:{place.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    for path in paths:
        resource = place.call("apigateway", "create_resource", restApiId=id, parentId=root, pathPart=path)["id"]
        place.call("apigateway", "put_method", restApiId=id, resourceId=resource, httpMethod="GET", authorizationType="NONE")
        place.call("apigateway", "put_integration", restApiId=id, resourceId=resource, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    place.call("apigateway", "create_deployment", restApiId=id, stageName=stage)
    return id


@piece
def http_api(place, name, application, function_arn, protocol="HTTP"):
    more = {"RouteSelectionExpression": "$request.body.action"} if protocol == "WEBSOCKET" else {}
    id = place.call("apigatewayv2", "create_api", Name=name, ProtocolType=protocol, Tags=place.tags(name, application), **more)["ApiId"]
    integration = place.call("apigatewayv2", "create_integration", ApiId=id, IntegrationType="AWS_PROXY", IntegrationUri=function_arn, PayloadFormatVersion="2.0")
    place.attempt("apigatewayv2", "create_route", ApiId=id, RouteKey="$default" if protocol == "WEBSOCKET" else "ANY /{proxy+}", Target=f"integrations/{integration['IntegrationId']}")
    place.attempt("apigatewayv2", "create_stage", ApiId=id, StageName="$default", AutoDeploy=True)
    return id


@piece
def machine(place, name, application, role, functions, kind="STANDARD"):
    states = {}
    for number, arn in enumerate(functions):
        last = number + 1 == len(functions)
        states[f"Step{number + 1}"] = {"Type": "Task", "Resource": arn, **({"End": True} if last else {"Next": f"Step{number + 2}"})}
    return place.call("stepfunctions", "create_state_machine", name=name, roleArn=place.role_arn(role), type=kind, tags=lower_pairs(place.tags(name, application)),
                      definition=document({"StartAt": "Step1", "States": states}))["stateMachineArn"]


@piece
def bus(place, name):
    place.call("events", "create_event_bus", Name=name)
    return name


@piece
def rule(place, name, application, targets, schedule=None, pattern=None, on="default", state="ENABLED"):
    more = {"ScheduleExpression": schedule} if schedule else {"EventPattern": document(pattern)}
    place.call("events", "put_rule", Name=name, EventBusName=on, State=state, Description=f"{application}: {name}", Tags=pairs(place.tags(name, application)), **more)
    if targets:
        place.call("events", "put_targets", Rule=name, EventBusName=on, Targets=[{"Id": f"target-{number}", "Arn": arn} for number, arn in enumerate(targets)])


@piece
def queue(place, name, application, dead_letters=True, encrypted=True):
    """A queue, with a dead-letter queue beside it. Returns (ARN, ARN of the dead letters)."""
    basis = {"SqsManagedSseEnabled": "true"} if encrypted else {"SqsManagedSseEnabled": "false"}
    dead = None
    if dead_letters:
        place.call("sqs", "create_queue", QueueName=f"{name}-dlq", Attributes={**basis, "MessageRetentionPeriod": "1209600"}, tags=place.tags(f"{name}-dlq", application))
        dead = place.arn("sqs", f"{name}-dlq")
        basis["RedrivePolicy"] = document({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    place.call("sqs", "create_queue", QueueName=name, Attributes=basis, tags=place.tags(name, application))
    alarm(place, f"{name}-oldest-message", "AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}, 900)
    return place.arn("sqs", name), dead


@piece
def stack(place, name, application, resources, transform=False):
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Description": f"{application}: {name}", "Resources": resources}
    if transform:
        template["Transform"] = SAM
    place.call("cloudformation", "create_stack", StackName=name, TemplateBody=document(template), Tags=pairs(place.tags(name, application)),
               Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    return name


def serverless_application(place, name, application, role):
    """What a SAM template becomes once expanded: a function, its queue and its table."""
    return stack(place, name, application, {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": f"{name}-handler", "Runtime": "nodejs20.x", "Handler": "index.handler", "Role": place.role_arn(role),
            "Code": {"ZipFile": "exports.handler = async (event) => event;"}, "Timeout": 15,
            "Environment": {"Variables": {"SIGNING_KEY": f"CANARY-lambda-{name}"}},
            "Tags": pairs({"Application": application, "lambda:createdBy": "SAM"})}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-events"}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": f"{name}-state", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
    }, transform=True)
