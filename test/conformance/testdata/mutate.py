#!/usr/bin/env python3
"""Changes four things in the seeded estate, through boto3, and prints which: a server is terminated, a bucket made, a function
tagged, a database made larger.

    mutate.py ENDPOINT ACCOUNT ROLE
"""

import json
import sys

import boto3


def main():
    endpoint, account, role = sys.argv[1:]
    place = {"endpoint_url": endpoint, "aws_access_key_id": "mutate", "aws_secret_access_key": "mutate"}
    given = boto3.client("sts", region_name="us-east-1", **place).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="mutate")["Credentials"]
    place = {"endpoint_url": endpoint, "aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
             "aws_session_token": given["SessionToken"]}

    servers = boto3.client("ec2", region_name="us-east-1", **place)
    server = servers.describe_instances()["Reservations"][0]["Instances"][0]
    servers.terminate_instances(InstanceIds=[server["InstanceId"]])

    bucket = "meridian-made-by-the-test"
    boto3.client("s3", region_name="eu-west-3", **place).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})

    functions = boto3.client("lambda", region_name="eu-west-1", **place)
    function = functions.list_functions()["Functions"][0]
    functions.tag_resource(Resource=function["FunctionArn"], Tags={"TestedBy": "conformance"})

    databases = boto3.client("rds", region_name="eu-west-1", **place)
    database = databases.describe_db_instances()["DBInstances"][0]
    databases.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], DBInstanceClass="db.r6g.4xlarge", ApplyImmediately=True)

    json.dump({"server": server["InstanceId"], "volumes": [device["Ebs"]["VolumeId"] for device in server["BlockDeviceMappings"]], "bucket": bucket,
               "function": function["FunctionName"], "database": database["DBInstanceIdentifier"], "class": database["DBInstanceClass"]}, sys.stdout)


if __name__ == "__main__":
    main()
