"""Makes an organization on an emulator: what its policies close, and what only looks as if.

    python organization.py --endpoint http://127.0.0.1:5601

Standard output: one JSON object, the name of each account → its id; the accounts' ids are the emulator's choice.
Every policy is read back first, with what it is attached to.
"""

import argparse
import json
import sys

import boto3
from botocore.config import Config

from accounts import assume

MANAGEMENT = "777788889999"
HOME = ["ap-northeast-1", "ap-northeast-3"]
# Account → the regions left open by the policy of its unit; `loose` is under none, for that policy is attached to nothing.
UNITS = {"guarded": HOME, "wide": [*HOME, "us-east-1"]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--endpoint", required=True)
    options = arguments.parse_args()
    organizations = boto3.client(
        "organizations", region_name="us-east-1", endpoint_url=options.endpoint,
        config=Config(retries={"total_max_attempts": 2}), **assume(options.endpoint, MANAGEMENT, "organization"))
    try:
        organizations.create_organization(FeatureSet="ALL")
    except organizations.exceptions.ClientError as fault:
        # ministack has no such operation: its organization is there from the start.
        if fault.response["Error"]["Code"] not in ("InvalidAction", "UnknownOperationException", "InvalidOperationException"):
            raise
    root = organizations.list_roots()["Roots"][0]["Id"]
    try:
        organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    except organizations.exceptions.PolicyTypeAlreadyEnabledException:
        pass
    made = {"management": MANAGEMENT}
    for name, regions in UNITS.items():
        unit = organizations.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"]
        made[name] = account(organizations, name)
        organizations.move_account(AccountId=made[name], SourceParentId=root, DestinationParentId=unit)
        policy(organizations, name, regions, unit)
    made["loose"] = account(organizations, "loose")
    policy(organizations, "loose", HOME, None)
    json.dump(made, sys.stdout)


def account(organizations, name):
    status = organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]
    return status["AccountId"]


def policy(organizations, name, regions, target):
    content = {"Version": "2012-10-17", "Statement": [{
        "Sid": "regions", "Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}}}]}
    made = organizations.create_policy(Name=name, Description=name, Type="SERVICE_CONTROL_POLICY", Content=json.dumps(content))["Policy"]["PolicySummary"]["Id"]
    if target:
        organizations.attach_policy(PolicyId=made, TargetId=target)
    said = json.loads(organizations.describe_policy(PolicyId=made)["Policy"]["Content"])
    attached = [entry["TargetId"] for entry in organizations.list_targets_for_policy(PolicyId=made)["Targets"]]
    if said != content or attached != ([target] if target else []):
        raise SystemExit(f"{name}: read back {said}, attached to {attached}")


if __name__ == "__main__":
    sys.exit(main())
