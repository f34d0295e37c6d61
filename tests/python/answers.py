"""Prints how an emulator answers the operations sekisho asks, on a bucket, key, trail and log group nobody configured.

    python answers.py --endpoint http://127.0.0.1:5601 [--verbose]

A Markdown table on standard output: operation, HTTP status, error code or the part of the answer that matters.
One attempt each; nothing is retried, so that what is printed is what the emulator said.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from accounts import assume

ACCOUNT, OTHER = "111111111111", "222222222222"
HOME = "ap-northeast-1"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--endpoint", required=True)
    arguments.add_argument("--verbose", action="store_true", help="whole answers instead of their shape")
    options = arguments.parse_args()
    credentials = assume(options.endpoint, ACCOUNT, "answers")
    foreign = assume(options.endpoint, OTHER, "answers")

    def client(service, region=HOME, owner=credentials):
        return boto3.client(
            service, region_name=region, endpoint_url=options.endpoint,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}), **owner)

    s3, kms, trail, logs, ec2 = (client(name) for name in ("s3", "kms", "cloudtrail", "logs", "ec2"))
    for bucket in ("sekisho-bare-1", "sekisho-bare-2", "sekisho-bare-3"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME})
    virginia = client("s3", "us-east-1")
    virginia.create_bucket(Bucket="sekisho-bare-virginia")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    trail.create_trail(Name="sekisho-bare", S3BucketName="sekisho-bare-1")
    logs.create_log_group(logGroupName="/sekisho/bare")
    trail_arn = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/sekisho-bare"
    group_arn = f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:/sekisho/bare"
    bare = {"Bucket": "sekisho-bare-1"}

    rows = [
        ("s3 GetBucketEncryption", lambda: s3.get_bucket_encryption(**bare)),
        ("s3 GetBucketReplication", lambda: s3.get_bucket_replication(**bare)),
        ("s3 GetBucketLifecycleConfiguration", lambda: s3.get_bucket_lifecycle_configuration(**bare)),
        ("s3 GetObjectLockConfiguration", lambda: s3.get_object_lock_configuration(**bare)),
        ("s3 GetPublicAccessBlock", lambda: s3.get_public_access_block(**bare)),
        ("s3control GetPublicAccessBlock (plain host)", lambda: plain_public_access_block(options.endpoint, credentials, ACCOUNT)),
        ("s3 GetBucketVersioning", lambda: s3.get_bucket_versioning(**bare)),
        ("s3 GetBucketPolicy", lambda: s3.get_bucket_policy(**bare)),
        ("s3 GetBucketPolicyStatus", lambda: s3.get_bucket_policy_status(**bare)),
        ("s3 GetBucketLogging", lambda: s3.get_bucket_logging(**bare)),
        ("s3 GetBucketTagging", lambda: s3.get_bucket_tagging(**bare)),
        ("s3 GetBucketAcl", lambda: s3.get_bucket_acl(**bare)),
        ("s3 GetBucketOwnershipControls", lambda: s3.get_bucket_ownership_controls(**bare)),
        ("s3 GetBucketLocation (Tokyo)", lambda: s3.get_bucket_location(**bare)),
        ("s3 GetBucketLocation (Virginia)", lambda: virginia.get_bucket_location(Bucket="sekisho-bare-virginia")),
        ("s3 GetBucketLocation asked through Virginia", lambda: virginia.get_bucket_location(**bare)),
        ("s3 HeadBucket", lambda: s3.head_bucket(**bare)),
        ("s3 HeadBucket signed for another region", lambda: virginia.head_bucket(**bare)),
        ("s3 HeadBucket from another account", lambda: client("s3", owner=foreign).head_bucket(**bare)),
        ("s3 GetBucketEncryption from another account", lambda: client("s3", owner=foreign).get_bucket_encryption(**bare)),
        ("s3 HeadBucket, no such bucket", lambda: s3.head_bucket(Bucket="sekisho-nowhere")),
        ("s3 ListBuckets max-buckets=2", lambda: s3.list_buckets(MaxBuckets=2)),
        ("s3 ListBuckets bucket-region=us-east-1", lambda: s3.list_buckets(BucketRegion="us-east-1", MaxBuckets=1000)),
        ("kms ListKeys", lambda: kms.list_keys()),
        ("kms ListKeys Limit=1 (two keys)", lambda: (kms.create_key(), kms.list_keys(Limit=1))[1]),
        ("kms DescribeKey", lambda: kms.describe_key(KeyId=key)),
        ("kms DescribeKey alias/aws/s3", lambda: kms.describe_key(KeyId="alias/aws/s3")),
        ("kms DescribeKey, no such key", lambda: kms.describe_key(KeyId="00000000-0000-0000-0000-000000000000")),
        ("kms GetKeyRotationStatus", lambda: kms.get_key_rotation_status(KeyId=key)),
        ("kms GetKeyPolicy", lambda: kms.get_key_policy(KeyId=key, PolicyName="default")),
        ("kms ListResourceTags", lambda: kms.list_resource_tags(KeyId=key)),
        ("kms ListAliases", lambda: kms.list_aliases()),
        ("cloudtrail DescribeTrails", lambda: trail.describe_trails()),
        ("cloudtrail DescribeTrails from Osaka", lambda: client("cloudtrail", "ap-northeast-3").describe_trails()),
        ("cloudtrail GetTrailStatus", lambda: trail.get_trail_status(Name=trail_arn)),
        ("cloudtrail GetEventSelectors", lambda: trail.get_event_selectors(TrailName=trail_arn)),
        ("cloudtrail ListTags", lambda: trail.list_tags(ResourceIdList=[trail_arn])),
        ("logs DescribeLogGroups", lambda: logs.describe_log_groups()),
        ("logs DescribeLogGroups limit=1 (two groups)", lambda: (logs.create_log_group(logGroupName="/sekisho/bare-2"), logs.describe_log_groups(limit=1))[1]),
        ("logs ListTagsForResource", lambda: logs.list_tags_for_resource(resourceArn=group_arn)),
        ("ec2 DescribeRegions AllRegions=true", lambda: ec2.describe_regions(AllRegions=True)),
        ("ec2 DescribeAvailabilityZones", lambda: ec2.describe_availability_zones()),
        ("ec2 DescribeAvailabilityZones AllAvailabilityZones=true", lambda: ec2.describe_availability_zones(AllAvailabilityZones=True)),
        ("account ListRegions", lambda: client("account", "us-east-1").list_regions()),
        ("sts GetCallerIdentity", lambda: client("sts").get_caller_identity()),
        ("sts AssumeRole, no such role", lambda: client("sts").assume_role(RoleArn="arn:aws:iam::333333333333:role/nobody", RoleSessionName="answers")),
        ("organizations DescribeOrganization", lambda: client("organizations", "us-east-1").describe_organization()),
        ("cloudtrail LookupEvents (a hole)", lambda: trail.lookup_events(MaxResults=1)),
        ("s3 GetBucketMetadataConfiguration (a hole)", lambda: s3.get_bucket_metadata_configuration(**bare)),
        ("kms GetKeyLastUsage (a hole)", lambda: kms.get_key_last_usage(KeyId=key)),
    ]
    print("| operation | status | answer |\n|---|---|---|")
    for name, call in rows:
        status, answer = answered(call, options.verbose)
        print(f"| {name} | {status} | {answer} |")


def answered(call, verbose):
    try:
        answer = call()
        meta = answer.pop("ResponseMetadata", {"HTTPStatusCode": 200})
        return meta["HTTPStatusCode"], shown(answer, verbose)
    except ClientError as fault:
        meta = fault.response.get("ResponseMetadata", {})
        detail = fault.response["Error"]
        region = meta.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        message = re.sub(r"\s+", " ", detail.get("Message", ""))[:90]
        return meta.get("HTTPStatusCode"), f"`{detail.get('Code')}` {message}" + (f" (x-amz-bucket-region {region})" if region else "")
    except Exception as fault:
        return "-", f"{type(fault).__name__}: {str(fault)[:120]}"


def shown(answer, verbose):
    text = json.dumps(answer, default=str, ensure_ascii=False)
    return text if verbose or len(text) <= 260 else text[:260] + "…"


def plain_public_access_block(endpoint, credentials, account):
    """S3 Control without the account in the host name: boto3 insists on the prefix, so the request is signed by hand."""
    request = AWSRequest("GET", endpoint + "/v20180820/configuration/publicAccessBlock", headers={"x-amz-account-id": account})
    SigV4Auth(boto3.Session(**credentials).get_credentials(), "s3", HOME).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, headers=dict(request.headers))) as answer:
            return {"ResponseMetadata": {"HTTPStatusCode": answer.status}, "body": answer.read().decode()}
    except urllib.error.HTTPError as fault:
        return {"ResponseMetadata": {"HTTPStatusCode": fault.code}, "body": fault.read().decode().replace("\n", " ")}


if __name__ == "__main__":
    sys.exit(main())
