"""Buckets."""

from .aws import pairs, piece

SHUT = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}


@piece
def bucket(place, name, application, encrypted="AES256", versioned=True, shut=True, expire=None, key=None, age=900):
    where = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    with place.aged(age):
        place.call("s3", "create_bucket", Bucket=name, **where)
    if encrypted:
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": encrypted}
        place.attempt("s3", "put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]})
    if versioned:
        place.attempt("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if shut:
        place.attempt("s3", "put_public_access_block", Bucket=name, PublicAccessBlockConfiguration=SHUT)
    if expire:
        place.attempt("s3", "put_bucket_lifecycle_configuration", Bucket=name, LifecycleConfiguration={"Rules": [
            {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": expire},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]})
    place.attempt("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": pairs(place.tags(name, application))})
    return name
