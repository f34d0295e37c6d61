"""Reads every account of the simulator with boto3 and prints what it found as canonical JSON.

    python read_facts.py --endpoint URL --access-key ID --secret-key SECRET ROLE_ARN...

Errors are facts too: they stand where the answer would, as {"error": code, "status": n}.
"""

import argparse
import datetime
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET_READS = {
    "location": "get_bucket_location",
    "versioning": "get_bucket_versioning",
    "encryption": "get_bucket_encryption",
    "replication": "get_bucket_replication",
    "lifecycle": "get_bucket_lifecycle_configuration",
    "object_lock": "get_object_lock_configuration",
    "public_access_block": "get_public_access_block",
    "policy": "get_bucket_policy",
    "policy_status": "get_bucket_policy_status",
    "logging": "get_bucket_logging",
    "tagging": "get_bucket_tagging",
    "acl": "get_bucket_acl",
    "ownership": "get_bucket_ownership_controls",
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret-key", required=True)
    parser.add_argument("roles", nargs="+", metavar="ROLE_ARN")
    arguments = parser.parse_args()
    base = {"aws_access_key_id": arguments.access_key, "aws_secret_access_key": arguments.secret_key}
    sts = Client(arguments.endpoint, base).of("sts", "us-east-1")
    facts = {"caller": plain(sts.get_caller_identity()), "accounts": {}}
    for arn in arguments.roles:
        issued = ask(sts.assume_role, RoleArn=arn, RoleSessionName="reader")
        if "error" in issued:
            facts["accounts"][arn] = issued
            continue
        keys = issued["Credentials"]
        session = {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
        facts["accounts"][arn] = account(Client(arguments.endpoint, session))
    print(json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False))


class Client:
    def __init__(self, endpoint, credentials):
        self.endpoint, self.credentials, self.clients = endpoint, credentials, {}

    def of(self, service, region):
        key = (service, region)
        if key not in self.clients:
            config = Config(
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                inject_host_prefix=False,
            )
            self.clients[key] = boto3.client(
                service, region_name=region, endpoint_url=self.endpoint, config=config, **self.credentials
            )
        return self.clients[key]


def account(client):
    ec2 = client.of("ec2", "ap-northeast-1")
    me = client.of("sts", "ap-northeast-1").get_caller_identity()
    regions = {
        region["RegionName"]: region["OptInStatus"]
        for region in ec2.describe_regions(AllRegions=True)["Regions"]
    }
    facts = {
        "identity": {"Account": me["Account"], "Arn": me["Arn"]},
        "regions": regions,
        "usable_regions": [region["RegionName"] for region in ec2.describe_regions()["Regions"]],
        "not_opted_in": [
            region["RegionName"]
            for region in ec2.describe_regions(
                AllRegions=True, Filters=[{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
            )["Regions"]
        ],
        "listed_regions": {
            region["RegionName"]: region["RegionOptStatus"]
            for region in every(client.of("account", "us-east-1"), "list_regions", "Regions", 2)
        },
        "zones": {
            zone["ZoneName"]: [zone["ZoneId"], zone["ZoneType"], zone["OptInStatus"], zone["NetworkBorderGroup"]]
            for zone in ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
        },
        "public_access_block": ask(account_block(client), AccountId=me["Account"]),
        "buckets": buckets(client),
    }
    for region in regions:
        facts[region] = {
            "keys": guarded(keys, client.of("kms", region)),
            "trails": guarded(trails, client.of("cloudtrail", region)),
            "log_groups": guarded(log_groups, client.of("logs", region)),
            "config": guarded(config, client.of("config", region)),
            "zones": guarded(lambda ec2: len(ec2.describe_availability_zones()["AvailabilityZones"]), client.of("ec2", region)),
        }
    return facts


def account_block(client):
    """The account id that S3 Control wants before the host's name has no place before an address."""
    control = client.of("s3control", "us-east-1")

    def back_to_endpoint(request, **_):
        path = request.url.split("/", 3)[3]
        request.url = f"{client.endpoint}/{path}"

    control.meta.events.register("before-sign.s3-control", back_to_endpoint)
    return control.get_public_access_block


def buckets(client):
    s3 = client.of("s3", "ap-northeast-1")
    unpaged = s3.list_buckets()["Buckets"]
    paged = list(every(s3, "list_buckets", "Buckets", 3))
    assert [b["Name"] for b in unpaged] == [b["Name"] for b in paged], "pages and the whole differ"
    assert all("BucketRegion" not in b for b in unpaged), "the region is told without a parameter"
    facts = {}
    for bucket in paged:
        name, region = bucket["Name"], bucket["BucketRegion"]
        here = client.of("s3", region)
        head = ask(here.head_bucket, Bucket=name)
        facts[name] = {"listed": plain(bucket), "head": head}
        for fact, operation in BUCKET_READS.items():
            facts[name][fact] = ask(getattr(here, operation), Bucket=name)
    # Asked in the wrong region, boto3 follows the redirect; asked about others' buckets it is refused, but told the region.
    facts["?redirected"] = {
        name: ask(client.of("s3", "eu-west-1").get_bucket_versioning, Bucket=name)
        for name in ["records-tokyo", "records-ireland"]
    }
    facts["?location from us-east-1"] = ask(client.of("s3", "us-east-1").get_bucket_location, Bucket="records-tokyo")
    facts["?foreign"] = {
        name: ask(client.of("s3", "ap-northeast-1").head_bucket, Bucket=name)
        for name in ["records-tokyo", "records-ireland", "records-nowhere"]
    }
    if any(bucket["Name"] == "logs-tokyo" for bucket in paged):
        facts["?objects"] = objects(client.of("s3", "ap-northeast-1"), "logs-tokyo")
    return facts


def objects(s3, bucket):
    """What lies below a prefix, and pieces of it."""
    listed = {}
    for item in every(s3, "list_objects_v2", "Contents", 2, Bucket=bucket, Prefix="AWSLogs/"):
        listed[item["Key"]] = {"size": item["Size"], "etag": item["ETag"]}
    read = {}
    for key, item in listed.items():
        try:
            answer = s3.get_object(Bucket=bucket, Key=key, Range="bytes=1-4", IfMatch=item["etag"])
            read[key] = [answer["Body"].read().hex(), answer["ContentRange"]]
        except ClientError as error:
            read[key] = refusal(error)
    return {"sizes": {key: item["size"] for key, item in listed.items()}, "pieces": read}


def keys(kms):
    facts = {}
    for key in every(kms, "list_keys", "Keys", 2):
        identity = {"KeyId": key["KeyId"]}
        facts[key["KeyArn"]] = {
            "metadata": ask(kms.describe_key, **identity).get("KeyMetadata"),
            "rotation": ask(kms.get_key_rotation_status, **identity),
            "policy": ask(kms.get_key_policy, PolicyName="default", **identity),
            "tags": [plain(tag) for tag in every(kms, "list_resource_tags", "Tags", 1, **identity)],
        }
    aliases = {a["AliasName"]: a["TargetKeyId"] for a in every(kms, "list_aliases", "Aliases", 2)}
    return {"keys": facts, "aliases": aliases, "absent": ask(kms.describe_key, KeyId="alias/absent")}


def trails(cloudtrail):
    facts = {}
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        arn = trail["TrailARN"]
        facts[arn] = {
            "trail": plain(trail),
            "status": ask(cloudtrail.get_trail_status, Name=arn),
            "selectors": ask(cloudtrail.get_event_selectors, TrailName=arn),
            "tags": ask(cloudtrail.list_tags, ResourceIdList=[arn]),
        }
    own = [trail["Name"] for trail in cloudtrail.describe_trails(includeShadowTrails=False)["trailList"]]
    return {"seen": facts, "own": own, "absent": ask(cloudtrail.get_trail_status, Name="absent")}


def log_groups(logs):
    facts = {}
    for group in every(logs, "describe_log_groups", "logGroups", 50):
        facts[group["logGroupName"]] = {
            "group": plain(group),
            "tags": ask(logs.list_tags_for_resource, resourceArn=group["logGroupArn"]).get("tags"),
        }
    return facts


def config(config):
    """What is recorded, and what is gathered; times that go by the real clock are left out."""
    statuses = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    facts = {
        "recorders": plain(config.describe_configuration_recorders()["ConfigurationRecorders"]),
        "status": [[status["recording"], status["lastStatus"]] for status in statuses],
        "recorded": records(config.select_resource_config),
        "invalid": ask(config.select_resource_config, Expression="SELECT FROM WHERE"),
    }
    for gathers in every(config, "describe_configuration_aggregators", "ConfigurationAggregators", 1):
        name = {"ConfigurationAggregatorName": gathers["ConfigurationAggregatorName"]}
        sources = every(config, "describe_configuration_aggregator_sources_status", "AggregatedSourceStatusList", 1, **name)
        facts["gathered"] = {
            "sources": [[one["SourceId"], one["AwsRegion"], one["LastUpdateStatus"]] for one in sources],
            "of": records(config.select_aggregate_resource_config, **name),
        }
    return facts


def records(select, **arguments):
    """Every record, in pages of five; texts inside as they are."""
    parts = "configuration, supplementaryConfiguration, tags, configurationItemCaptureTime"
    types = "resourceType IN ('AWS::S3::Bucket', 'AWS::KMS::Key')"
    found, token = {}, {}
    while True:
        page = select(Expression=f"SELECT *, {parts} WHERE {types}", Limit=5, **token, **arguments)
        assert len(page["Results"]) <= 5, "a page is longer than was asked for"
        for text in page["Results"]:
            record = json.loads(text)
            found[record["accountId"] + " " + record["arn"]] = record
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def every(client, operation, member, size, **arguments):
    for page in client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **arguments):
        yield from page.get(member, [])


def guarded(read, client):
    try:
        return read(client)
    except ClientError as error:
        return refusal(error)


def ask(operation, **arguments):
    try:
        return plain(operation(**arguments))
    except ClientError as error:
        return refusal(error)


def refusal(error):
    answer = error.response
    found = {"error": answer["Error"]["Code"], "status": answer["ResponseMetadata"]["HTTPStatusCode"]}
    region = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
    return {**found, "region": region} if region else found


def plain(value):
    """Without what differs from run to run, and with times as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


if __name__ == "__main__":
    main()
