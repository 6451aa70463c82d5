"""What watches: alarms and log groups."""

from .aws import pairs, piece


@piece
def alarm(place, name, namespace, metric, dimensions, threshold, topic="alarms"):
    actions = [place.arn("sns", f"meridian-{topic}")] if topic else []
    place.call("cloudwatch", "put_metric_alarm", AlarmName=name, Namespace=namespace, MetricName=metric, Statistic="Average", Period=300,
               EvaluationPeriods=3, Threshold=threshold, ComparisonOperator="GreaterThanOrEqualToThreshold",
               Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()], AlarmActions=actions, OKActions=actions)


@piece
def composite(place, name, parts):
    rule = " OR ".join(f'ALARM("{part}")' for part in parts)
    place.call("cloudwatch", "put_composite_alarm", AlarmName=name, AlarmRule=rule, AlarmActions=[place.arn("sns", "meridian-alarms")])


@piece
def logs(place, name, application=None, days=None, age=300):
    """A log group; without days it never expires, which is a fault of the story."""
    tags = place.tags(name.strip("/").replace("/", "-"), application)
    with place.aged(age):
        place.call("logs", "create_log_group", logGroupName=name, tags=tags)
    if days:
        place.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)


@piece
def topic(place, name, application=None, mails=(), queues=(), key=None):
    attributes = {"KmsMasterKeyId": key} if key else {}
    arn = place.call("sns", "create_topic", Name=name, Attributes=attributes, Tags=pairs(place.tags(name, application)))["TopicArn"]
    for mail in mails:
        place.attempt("sns", "subscribe", TopicArn=arn, Protocol="email", Endpoint=mail)
    for queue in queues:
        place.attempt("sns", "subscribe", TopicArn=arn, Protocol="sqs", Endpoint=queue)
    return arn
