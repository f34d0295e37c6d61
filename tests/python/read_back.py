"""Reads every planted fact back over HTTP and lists the rows where the emulator lost one.

    python read_back.py --endpoint http://127.0.0.1:5601 --emulator moto ../tenancies/emulator/seed.yaml seeded.json

`seeded.json` is what seed.py printed. Each difference is a line: subject, fact, planted, read. Exit 1 if there is any,
or if a list holds something that was not planted.
"""

import argparse
import functools
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from seed import lifecycle_rules, public_access_block
from table import Clients, Table
from things import Things

EMPTY = {
    "NoSuchBucketPolicy", "NoSuchTagSet", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration",
    "ReplicationConfigurationNotFoundError", "ObjectLockConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("table")
    arguments.add_argument("seeded")
    arguments.add_argument("--endpoint", required=True)
    arguments.add_argument("--emulator", required=True, choices=["moto", "ministack"])
    options = arguments.parse_args()
    table = Table(options.table, options.emulator)
    with open(options.seeded, encoding="utf-8") as file:
        reader = Reader(table, Clients(options.endpoint, table), json.load(file))
    compared = reader.compare()
    lost = [line for line in compared if (line[2] != line[3]) != reader.forgiven(line)]
    for subject, fact, planted, read in lost:
        print(f"{subject}\t{fact}\tplanted {json.dumps(planted, sort_keys=True)}\tread {json.dumps(read, sort_keys=True, default=str)}")
    print(f"{options.emulator}: {len(compared)} facts compared, {len(lost)} lost", file=sys.stderr)
    return 1 if lost else 0


class Reader:
    def __init__(self, table, clients, placed):
        self.table, self.clients = table, clients
        self.placed = placed = {name: entry for name, entry in placed.items() if entry}
        self.forgets = {
            f"{kind}/{row['name']}": row["forgets"].get(table.emulator, [])
            for section, kind in (("keys", "key"), ("buckets", "bucket"))
            for row in table.rows(section) if "forgets" in row}
        self.things = Things(table, clients, placed)
        for recipe in table.things:
            for row in self.things.rows(recipe):
                both = (recipe.get("forgets", {}), row.get("forgets", {}))
                self.forgets[self.things.subject(recipe, row)] = [fact for forgets in both for fact in forgets.get(table.emulator, [])]

    def compare(self):
        tasks = [(read, row) for read, section in (
            (self.key, "keys"), (self.bucket, "buckets"), (self.trail, "trails"), (self.log_group, "log_groups"),
            (self.account_block, "account_blocks"), (self.organization_policy, "organization_policies"),
        ) for row in self.table.rows(section)]
        tasks += [(self.lists, account) for account in self.table.accounts]
        tasks += [(functools.partial(self.things.compare, recipe), row) for recipe in self.table.things for row in self.things.rows(recipe)]
        with ThreadPoolExecutor(8) as pool:
            return [line for lines in pool.map(lambda task: list(task[0](task[1])), tasks) for line in lines]

    def forgiven(self, line):
        """Whether the row says that this emulator forgets the fact. A mark that is no longer true shows up too."""
        return line[1] in self.forgets.get(line[0], [])

    def entry(self, name):
        return self.placed[name]

    def arn_of_key(self, name):
        return self.placed[f"key/{name}"]["arn"] if name else None

    def key(self, row):
        places = {f"key/{row['name']}": row["region"]} | {f"key/{row['name']}@{region}": region for region in row["replicas"]}
        for subject, region in places.items():
            kms, key = self.clients.get("kms", row | {"region": region}), self.entry(subject)["id"]
            if row.get("refused"):
                yield subject, "DescribeKey", "AccessDeniedException", answer(lambda: kms.describe_key(KeyId=key))
                continue
            said = kms.describe_key(KeyId=key)["KeyMetadata"]
            yield subject, "arn", self.entry(subject)["arn"], said["Arn"]
            yield subject, "MultiRegion", None if row["multi_region"] == "unsaid" else row["multi_region"], said.get("MultiRegion")
            if row["multi_region"] is True:
                configuration = said.get("MultiRegionConfiguration", {})
                yield subject, "PrimaryKey", self.table.region(row), configuration.get("PrimaryKey", {}).get("Region")
                yield subject, "ReplicaKeys", sorted(self.table.regions[name] for name in row["replicas"]), sorted(entry["Region"] for entry in configuration.get("ReplicaKeys", []))
                # On moto, describing a replica turns its primary into one, for good: PrimaryKey tells them apart.
                if self.table.emulator != "moto":
                    yield subject, "MultiRegionKeyType", "REPLICA" if "@" in subject else "PRIMARY", configuration.get("MultiRegionKeyType")
            yield subject, "Origin", row.get("origin", "AWS_KMS"), said["Origin"]
            yield subject, "KeyManager", "CUSTOMER", said["KeyManager"]
            state = "PendingDeletion" if "pending_days" in row else "Disabled" if row.get("disabled") else "PendingImport" if "origin" in row else "Enabled"
            yield subject, "KeyState", state, said["KeyState"]
            yield subject, "DeletionDate", "pending_days" in row, "DeletionDate" in said
            # Of a key awaiting deletion the provider says false, the emulators say what was.
            if state != "PendingDeletion":
                rotation = kms.get_key_rotation_status(KeyId=key)
                yield subject, "KeyRotationEnabled", bool(row["rotation"]), rotation["KeyRotationEnabled"]
                if row["rotation"] and row["rotation"] is not True:
                    yield subject, "RotationPeriodInDays", row["rotation"], rotation.get("RotationPeriodInDays")
            yield subject, "Policy", json.loads(self.table.policy(row, arn="*")), json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
            # moto loses the tags of replicas; a resource without tags counts as confidential, as these are.
            if self.table.emulator != "moto" or "@" not in subject:
                yield subject, "Tags", row["tags"], {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
            if "alias" in row:
                yield subject, "alias", key, kms.describe_key(KeyId=f"alias/{row['alias']}")["KeyMetadata"]["KeyId"]

    def bucket(self, row):
        subject = f"bucket/{row['name']}"
        s3, name = self.clients.get("s3", row), self.entry(subject)["id"]
        ask = lambda call: answer(lambda: call(Bucket=name))
        yield subject, "LocationConstraint", self.entry(subject)["region"], s3.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1"
        yield subject, "Versioning", "Enabled" if "lock" in row else row["versioning"], s3.get_bucket_versioning(Bucket=name).get("Status")
        default = None if self.table.emulator == "moto" else [{"SSEAlgorithm": "AES256"}]
        yield subject, "Encryption", [self.encryption(row)] if row["encryption"] else default, optional(ask(s3.get_bucket_encryption), lambda said: [rule["ApplyServerSideEncryptionByDefault"] for rule in said["ServerSideEncryptionConfiguration"]["Rules"]])
        yield subject, "Lifecycle", [plain_rule(rule) for rule in lifecycle_rules(row["lifecycle"])] or None, optional(ask(s3.get_bucket_lifecycle_configuration), lambda said: [plain_rule(rule) for rule in said["Rules"]])
        yield subject, "ObjectLock", row.get("lock"), optional(ask(s3.get_object_lock_configuration), plain_lock)
        yield subject, "Tags", row["tags"] or None, optional(ask(s3.get_bucket_tagging), lambda said: {tag["Key"]: tag["Value"] for tag in said["TagSet"]})
        policy = json.loads(self.table.policy(row, arn=self.entry(subject)["arn"])) if row["policy"] else None
        yield subject, "Policy", policy, optional(ask(s3.get_bucket_policy), lambda said: json.loads(said["Policy"]))
        # ministack has no GetBucketPolicyStatus: it answers 200 with a list of objects.
        if policy and self.table.emulator != "ministack":
            public = any(name.startswith("read_anyone") and name != "read_anyone_here" or name == "read_not_beta" for name in row["policy"])
            yield subject, "IsPublic", public, optional(ask(s3.get_bucket_policy_status), lambda said: said["PolicyStatus"].get("IsPublic"))
        yield subject, "PublicAccessBlock", public_access_block(row["block"]), optional(ask(s3.get_public_access_block), lambda said: said["PublicAccessBlockConfiguration"])
        groups = {"public-read": ["AllUsers"], "authenticated-read": ["AuthenticatedUsers"]}.get(row.get("acl"), [])
        yield subject, "Acl", groups, [grant["Grantee"]["URI"].rsplit("/", 1)[1] for grant in s3.get_bucket_acl(Bucket=name)["Grants"] if "URI" in grant["Grantee"]]
        if "acl" in row:
            yield subject, "ObjectOwnership", "ObjectWriter", optional(ask(s3.get_bucket_ownership_controls), lambda said: said["OwnershipControls"]["Rules"][0]["ObjectOwnership"])
        rules = [[f"arn:aws:s3:::{rule.get('bucket') or self.table.bucket_name(rule['to'])}", "Enabled" if rule.get("enabled", True) else "Disabled"] for rule in row.get("replicate", [])]
        yield subject, "Replication", rules or None, optional(ask(s3.get_bucket_replication), lambda said: [[rule["Destination"]["Bucket"], rule["Status"]] for rule in said["ReplicationConfiguration"]["Rules"]])
        target = row.get("log_to")
        yield subject, "Logging", target and self.table.bucket_name(target), s3.get_bucket_logging(Bucket=name).get("LoggingEnabled", {}).get("TargetBucket")

    def encryption(self, row):
        wanted = row["encryption"]
        key = self.arn_of_key(wanted.get("key")) or self.table.filled(wanted.get("raw_key"), row)
        return {"SSEAlgorithm": wanted["algorithm"]} | ({"KMSMasterKeyID": key} if key else {})

    def trail(self, row):
        subject = f"trail/{row['name']}"
        trail, arn = self.clients.get("cloudtrail", row), self.entry(subject)["arn"]
        # moto ignores trailNameList.
        said = next(entry for entry in trail.describe_trails()["trailList"] if entry["TrailARN"] == arn)
        for fact, planted in (
            ("S3BucketName", self.table.bucket_name(row["bucket"])), ("IncludeGlobalServiceEvents", row["global_events"]),
            ("IsMultiRegionTrail", row["multi_region"]), ("HomeRegion", self.table.region(row)),
            ("LogFileValidationEnabled", row["validation"]), ("KmsKeyId", self.arn_of_key(row["key"])),
        ):
            yield subject, fact, planted, said.get(fact)
        yield subject, "IsLogging", row["logging"], trail.get_trail_status(Name=arn)["IsLogging"]
        selectors = trail.get_event_selectors(TrailName=arn)["EventSelectors"]
        yield subject, "DataResources", row["data"], [value for selector in selectors for resource in selector["DataResources"] for value in resource["Values"]]
        elsewhere = self.clients.get("cloudtrail", row | {"region": "virginia"}).describe_trails()["trailList"]
        yield subject, "shadow in us-east-1", row["multi_region"], arn in [entry["TrailARN"] for entry in elsewhere]

    def log_group(self, row):
        subject = f"log-group/{row['name']}"
        logs = self.clients.get("logs", row)
        said = next(group for group in logs.describe_log_groups(logGroupNamePrefix=row["name"])["logGroups"] if group["logGroupName"] == row["name"])
        yield subject, "retentionInDays", row["days"], said.get("retentionInDays")
        yield subject, "kmsKeyId", self.arn_of_key(row["key"]), said.get("kmsKeyId")
        yield subject, "logGroupArn", self.entry(subject)["arn"], said.get("logGroupArn")
        yield subject, "tags", row["tags"], logs.list_tags_for_resource(resourceArn=said["logGroupArn"])["tags"]

    def account_block(self, row):
        said = self.clients.get("s3control", row).get_public_access_block(AccountId=self.table.account(row))
        yield f"account/{row['account']}", "PublicAccessBlock", public_access_block(row["block"]), said["PublicAccessBlockConfiguration"]

    def organization_policy(self, row):
        subject = f"organization-policy/{row['name']}"
        organizations = self.clients.get("organizations", row | {"region": "virginia"})
        yield subject, "Content", row["content"], json.loads(organizations.describe_policy(PolicyId=self.entry(subject)["id"])["Policy"]["Content"])

    def lists(self, account):
        """Exactly the planted things are listed, in every region of the table."""
        wanted = lambda kind, region=None: sorted(
            entry["id"] for name, entry in self.placed.items()
            if name.startswith(kind) and entry["account"] == self.table.accounts[account] and region in (None, entry["region"]))
        row = {"account": account, "region": "tokyo"}
        yield f"account/{account}", "buckets", wanted("bucket/"), sorted(bucket["Name"] for bucket in self.clients.get("s3", row).list_buckets()["Buckets"])
        for region, place in self.table.regions.items():
            row = {"account": account, "region": region}
            yield f"account/{account}", f"keys {place}", wanted("key/", place), sorted(key["KeyId"] for page in self.clients.get("kms", row).get_paginator("list_keys").paginate() for key in page["Keys"])
            yield f"account/{account}", f"log groups {place}", wanted("log-group/", place), sorted(group["logGroupName"] for page in self.clients.get("logs", row).get_paginator("describe_log_groups").paginate() for group in page["logGroups"])
            yield f"account/{account}", f"trails {place}", wanted("trail/", place), sorted(trail["Name"] for trail in self.clients.get("cloudtrail", row).describe_trails(includeShadowTrails=False)["trailList"])


def answer(call):
    """The answer; None where there is nothing configured; the error code where the emulator says something else."""
    try:
        return call()
    except ClientError as fault:
        code = fault.response["Error"]["Code"]
        return None if code in EMPTY else code


def optional(said, part):
    return part(said) if isinstance(said, dict) else said


def plain_rule(rule):
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    return {"prefix": prefix, "status": rule["Status"], "days": rule.get("Expiration", {}).get("Days"), "noncurrent": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")}


def plain_lock(said):
    # moto writes Days and Years both, the unset one as 0.
    retention = said["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention")
    return retention and {name.lower(): value for name, value in retention.items() if value != 0}


if __name__ == "__main__":
    sys.exit(main())
