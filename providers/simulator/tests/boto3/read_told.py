"""Asks the simulator, through boto3, for everything a description's `resources` tell, and prints what came otherwise.

    read_told.py --endpoint URL --access-key ID --secret-key SECRET DESCRIPTION

boto3 reads with the providers' published models: a value that stands under a name or in a place it does not have there is
not seen. Held against each other are the values themselves, wherever they stand.
"""

import argparse
import collections
import datetime
import re
import sys

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError

MODELS = {"elasticfilesystem": "efs", "es": "opensearch", "tagging": "resourcegroupstaggingapi"}


def main():
    parser = argparse.ArgumentParser()
    for option in ("--endpoint", "--access-key", "--secret-key"):
        parser.add_argument(option, required=True)
    parser.add_argument("description")
    arguments = parser.parse_args()
    with open(arguments.description) as file:
        described = yaml.load(file, Loader=yaml.BaseLoader)
    keys = {"aws_access_key_id": arguments.access_key, "aws_secret_access_key": arguments.secret_key}
    config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
    sts = boto3.client("sts", region_name="us-east-1", endpoint_url=arguments.endpoint, config=config, **keys)
    told = 0
    for account in described["accounts"]:
        role = f"arn:aws:iam::{account['id']}:role/reader"
        issued = sts.assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
        session = boto3.Session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
        for one in account.get("resources", []):
            client = session.client(
                MODELS.get(one["service"], one["service"]),
                region_name=one["region"],
                endpoint_url=arguments.endpoint,
                config=config,
            )
            client.meta.events.register("before-sign.s3-control", back_to(arguments.endpoint))
            for operation, expected in one["tells"].items():
                told += 1
                problem = ask(client, operation, one, account["id"], numbered(expected))
                if problem:
                    print(f"{one['service']}:{operation} {one.get('of', {})}: {problem}")
    print(f"{told} told", file=sys.stderr)


def back_to(endpoint):
    """The account id that S3 Control wants before the host's name has no place before an address."""

    def back_to_endpoint(request, **_):
        request.url = f"{endpoint}/{request.url.split('/', 3)[3]}"

    return back_to_endpoint


def ask(client, operation, one, account, expected):
    model = client.meta.service_model.operation_model(operation)
    arguments = {}
    members = model.input_shape.members if model.input_shape else {}
    for name, member in members.items():
        names = {name, member.serialization.get("name", name), member.serialization.get("queryName", name)}
        names.add(name[0].upper() + name[1:])
        value = next((numbered(one["of"][known]) for known in names if known in one.get("of", {})), None)
        if name in ("AccountId",) and value is None:
            value = account
        if value is None and name in getattr(model.input_shape, "required_members", []):
            value = member.enum[0] if member.enum else "x"
            # The selector of an attribute: the one that says with whom a thing is shared.
            value = {"createVolumePermission": value, "Attribute": value}.get(name, value)
            value = next((word for word in member.enum if word.endswith("Permission")), value)
        if value is not None:
            arguments[name] = [value] if member.type_name == "list" else value
    python = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()
    python = next((name for name, of in client.meta.method_to_api_mapping.items() if of == operation), python)
    try:
        if client.can_paginate(python):
            pages = list(client.get_paginator(python).paginate(**arguments))
        else:
            pages = [getattr(client, python)(**arguments)]
    except ClientError as error:
        return str(error)
    found = collections.Counter()
    for page in pages:
        page.pop("ResponseMetadata", None)
        found += collections.Counter(leaves(page))
    missing = collections.Counter(leaves(unwrapped(expected))) - found
    return f"not read: {dict(missing)}" if missing else None


def numbered(value):
    if isinstance(value, dict):
        return {numbered(key): numbered(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbered(one) for one in value]
    width = lambda match: "0".zfill(int(match[1] or 0))
    return re.sub(r"\{n(?::0(\d+))?\}", width, value) if isinstance(value, str) else value


def unwrapped(value):
    """What is told, with the maps of XML as maps: their keys are no values there."""
    if isinstance(value, dict):
        entries = value.get("entry") if set(value) == {"entry"} else None
        if entries and all(set(one) == {"key", "value"} for one in entries):
            return {one["key"]: one["value"] for one in entries}
        return {key: unwrapped(one) for key, one in value.items()}
    return [unwrapped(one) for one in value] if isinstance(value, list) else value


def leaves(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from leaves(one)
    else:
        yield plain(value)


def plain(value):
    """A value as one text, however it was written."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return str(int(value.timestamp()))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", text):
        return plain(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))
    if re.fullmatch(r"\d+\.0", text):
        return text[:-2]
    return text


if __name__ == "__main__":
    main()
