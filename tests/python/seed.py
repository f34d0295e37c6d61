"""Applies a seed table to an emulator, over HTTP, and prints what became of each row.

    python seed.py --endpoint http://127.0.0.1:5601 --emulator moto ../tenancies/emulator/seed.yaml

Standard output: one JSON object, `<kind>/<row name>` → {id, arn, account, region}; replicas of keys are
`key/<name>@<region name>`, and what only the other emulator can hold is null. Anything the emulator refuses is an error: the table marks such rows with `only`.
"""

import argparse
import functools
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from table import Clients, Table
from things import Things


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("table")
    arguments.add_argument("--endpoint", required=True)
    arguments.add_argument("--emulator", required=True, choices=["moto", "ministack"])
    arguments.add_argument("--threads", type=int, default=8)
    options = arguments.parse_args()
    started = time.monotonic()
    table = Table(options.table, options.emulator)
    seeder = Seeder(table, Clients(options.endpoint, table), options.threads)
    placed = seeder.apply()
    json.dump(placed, sys.stdout, indent=1, sort_keys=True)
    print()
    print(f"{options.emulator}: {len(placed)} subjects seeded in {time.monotonic() - started:.1f} s", file=sys.stderr)


class Seeder:
    """Each step needs only what the steps before it made; the rows of one step are independent of each other."""

    def __init__(self, table, clients, threads):
        self.table, self.clients, self.threads = table, clients, threads
        self.placed, self.lock = {}, threading.Lock()

    def apply(self):
        for name, account in self.table.accounts.items():
            self.put(f"account/{name}", id=account, arn=f"arn:aws:iam::{account}:root", account=account, region="")
        for step, rows in (
            (self.key, self.table.rows("keys")),
            (self.bucket, self.table.rows("buckets")),
            (self.bucket_links, self.table.rows("buckets")),
            (self.log_group, self.table.rows("log_groups")),
            (self.trail, self.table.rows("trails")),
            (self.account_block, self.table.rows("account_blocks")),
            (self.organization_policy, self.table.rows("organization_policies")),
        ):
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(lambda row: self.named(step, row), rows))
        things = Things(self.table, self.clients, self.placed)
        for recipe in self.table.things:
            self.placed |= dict.fromkeys(things.held_elsewhere(recipe))
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(lambda row: self.named(functools.partial(self.thing, things, recipe), row), things.rows(recipe)))
        return self.placed

    def thing(self, things, recipe, row):
        entry, made = things.plant(recipe, row)
        self.put(things.subject(recipe, row), **entry)
        things.afterwards(recipe, row, made)

    def named(self, step, row):
        try:
            step(row)
        except Exception as fault:
            what = step.args[1]["kind"] if isinstance(step, functools.partial) else step.__name__
            raise SystemExit(f"{what} {row.get('name', row)}: {fault}") from fault

    def put(self, name, **entry):
        with self.lock:
            self.placed[name] = entry

    def arn_of_key(self, name):
        return name and self.placed[f"key/{name}"]["arn"]

    def key(self, row):
        kms = self.clients.get("kms", row)
        request = {"Policy": self.table.policy(row, arn="*"), "Tags": tag_list(row["tags"], "TagKey", "TagValue"), "Description": row["name"], "Origin": row.get("origin", "AWS_KMS")}
        if row["multi_region"] != "unsaid":
            request |= {"MultiRegion": row["multi_region"], "KeyUsage": row.get("usage", "ENCRYPT_DECRYPT"), "KeySpec": row.get("spec", "SYMMETRIC_DEFAULT")}
        made = kms.create_key(**request)["KeyMetadata"]
        key = made["KeyId"]
        account = self.table.account(row)
        self.put(f"key/{row['name']}", id=key, arn=made["Arn"], account=account, region=self.table.region(row))
        if row["rotation"]:
            period = {} if row["rotation"] is True else {"RotationPeriodInDays": row["rotation"]}
            kms.enable_key_rotation(KeyId=key, **period)
        for region in row["replicas"]:
            place = self.table.regions[region]
            made = kms.replicate_key(KeyId=key, ReplicaRegion=place, Policy=request["Policy"], Tags=request["Tags"], Description=row["name"])
            # A replica rotates as its primary does; ministack keeps a switch of its own for each.
            if row["rotation"] and self.table.emulator == "ministack":
                self.clients.get("kms", row | {"region": region}).enable_key_rotation(KeyId=key)
            self.put(f"key/{row['name']}@{region}", id=key, arn=made["ReplicaKeyMetadata"]["Arn"], account=account, region=place)
        if "alias" in row:
            kms.create_alias(AliasName=f"alias/{row['alias']}", TargetKeyId=key)
        if row.get("disabled"):
            kms.disable_key(KeyId=key)
        if "pending_days" in row:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=row["pending_days"])

    def bucket(self, row):
        s3, name = self.clients.get("s3", row), self.table.bucket_name(row["name"])
        region = self.table.region(row)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        owner = {"ObjectOwnership": row["owner"]} if "owner" in row else {"ObjectOwnership": "ObjectWriter"} if "acl" in row else {}
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket="lock" in row, **owner, **place)
        arn = f"arn:aws:s3:::{name}"
        self.put(f"bucket/{row['name']}", id=name, arn=arn, account=self.table.account(row), region=region)
        if row["versioning"] and "lock" not in row:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": row["versioning"]})
        if row["encryption"]:
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": self.encryption(row)}]})
        if row["lifecycle"]:
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": lifecycle_rules(row["lifecycle"])})
        if "lock" in row:
            lock = {"Mode": row["lock"]["mode"]} | ({"Years": row["lock"]["years"]} if "years" in row["lock"] else {"Days": row["lock"]["days"]})
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": lock}})
        if row["tags"]:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(row["tags"], "Key", "Value")})
        # The barriers come last: they would refuse a public policy or list.
        if "acl" in row:
            s3.put_bucket_acl(Bucket=name, ACL=row["acl"])
        if row["policy"]:
            s3.put_bucket_policy(Bucket=name, Policy=self.table.policy(row, arn=arn))
        if block := public_access_block(row["block"]):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)

    def encryption(self, row):
        wanted = row["encryption"]
        key = self.arn_of_key(wanted.get("key")) or self.table.filled(wanted.get("raw_key"), row)
        return {"SSEAlgorithm": wanted["algorithm"]} | ({"KMSMasterKeyID": key} if key else {})

    def bucket_links(self, row):
        s3, name = self.clients.get("s3", row), self.table.bucket_name(row["name"])
        if rules := row.get("replicate"):
            s3.put_bucket_replication(Bucket=name, ReplicationConfiguration={
                "Role": f"arn:aws:iam::{self.table.account(row)}:role/replication",
                "Rules": [self.replication_rule(number, rule) for number, rule in enumerate(rules, 1)]})
        if target := row.get("log_to"):
            s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": self.table.bucket_name(target), "TargetPrefix": f"{name}/"}})

    def replication_rule(self, number, rule):
        bucket = rule.get("bucket") or self.table.bucket_name(rule["to"])
        destination = {"Bucket": f"arn:aws:s3:::{bucket}"} | ({"Account": self.table.accounts[rule["account"]]} if "account" in rule else {})
        return {
            "ID": f"rule-{number}", "Priority": number, "Status": "Enabled" if rule.get("enabled", True) else "Disabled",
            "Filter": {"Prefix": rule.get("prefix", "")}, "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": destination}

    def log_group(self, row):
        logs, name = self.clients.get("logs", row), row["name"]
        request = {"logGroupName": name, "tags": row["tags"]}
        if row["key"]:
            request["kmsKeyId"] = self.arn_of_key(row["key"])
        logs.create_log_group(**request)
        if row["days"]:
            logs.put_retention_policy(logGroupName=name, retentionInDays=row["days"])
        account, region = self.table.account(row), self.table.region(row)
        self.put(f"log-group/{name}", id=name, arn=f"arn:aws:logs:{region}:{account}:log-group:{name}", account=account, region=region)

    def trail(self, row):
        trail, name = self.clients.get("cloudtrail", row), row["name"]
        request = {"KmsKeyId": self.arn_of_key(row["key"])} if row["key"] else {}
        made = trail.create_trail(
            Name=name, S3BucketName=self.table.bucket_name(row["bucket"]), IsMultiRegionTrail=row["multi_region"],
            IncludeGlobalServiceEvents=row["global_events"], EnableLogFileValidation=row["validation"], **request)
        if row["data"]:
            trail.put_event_selectors(TrailName=name, EventSelectors=[{
                "ReadWriteType": "All", "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": row["data"]}]}])
        if row["logging"]:
            trail.start_logging(Name=name)
        self.put(f"trail/{name}", id=name, arn=made["TrailARN"], account=self.table.account(row), region=self.table.region(row))

    def account_block(self, row):
        self.clients.get("s3control", row).put_public_access_block(
            AccountId=self.table.account(row), PublicAccessBlockConfiguration=public_access_block(row["block"]))

    def organization_policy(self, row):
        organizations = self.clients.get("organizations", row | {"region": "virginia"})
        try:
            organizations.create_organization(FeatureSet="ALL")
        except organizations.exceptions.AlreadyInOrganizationException:
            pass
        root = organizations.list_roots()["Roots"][0]["Id"]
        try:
            organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        except organizations.exceptions.PolicyTypeAlreadyEnabledException:
            pass
        policy = organizations.create_policy(Name=row["name"], Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(row["content"]))["Policy"]["PolicySummary"]
        organizations.attach_policy(PolicyId=policy["Id"], TargetId=root)
        self.put(f"organization-policy/{row['name']}", id=policy["Id"], arn=policy["Arn"], account=self.table.account(row), region="")


def tag_list(tags, key, value):
    return [{key: name, value: text} for name, text in tags.items()]


def public_access_block(block):
    if block == "none":
        return None
    every = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return dict.fromkeys(every, True) if block == "all" else block


def lifecycle_rules(rules):
    written = []
    for number, rule in enumerate(rules, 1):
        entry = {"ID": f"rule-{number}", "Status": "Enabled" if rule.get("enabled", True) else "Disabled", "Filter": {"Prefix": rule.get("prefix", "")}}
        if "days" in rule:
            entry["Expiration"] = {"Days": rule["days"]}
        if "noncurrent_days" in rule:
            entry["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["noncurrent_days"]}
        written.append(entry)
    return written


if __name__ == "__main__":
    sys.exit(main())
