"""The seed table and the clients that go with it; shared by seed.py and read_back.py."""

import copy
import json
import threading
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import yaml
from botocore.config import Config

from accounts import assume

KINDS = {"keys": "key", "buckets": "bucket", "trails": "trail", "log_groups": "log_group"}


class Table:
    def __init__(self, path, emulator):
        with open(path, encoding="utf-8") as file:
            self.data = yaml.safe_load(file)
        with open(Path(path).with_name("things.yaml"), encoding="utf-8") as file:
            self.things = yaml.safe_load(file)["things"]
        self.emulator = emulator
        self.accounts = {name: entry["id"] for name, entry in self.data["accounts"].items()}
        self.regions = self.data["regions"]

    def rows(self, section):
        """The rows this emulator can hold, with their defaults, `count` unrolled."""
        rows = []
        for row in self.data.get(section) or []:
            if self.emulator not in row.get("only", [self.emulator]):
                continue
            whole = copy.deepcopy(self.data["defaults"].get(KINDS.get(section), {})) | row
            count = whole.pop("count", None)
            rows += [whole] if count is None else [whole | {"name": f"{row['name']}-{number:02}"} for number in range(1, count + 1)]
        return rows

    def account(self, row):
        return self.accounts[row["account"]]

    def region(self, row):
        return self.regions[row["region"]]

    def bucket_name(self, name):
        return self.data["bucket_prefix"] + name

    def policy(self, row, arn):
        statements = [self.data["statements"][name] for name in row["policy"]]
        return json.dumps({"Version": "2012-10-17", "Statement": [self.filled(entry, row, arn) for entry in statements]})

    def filled(self, value, row, arn=""):
        """`value` with its placeholders replaced, however deep they are."""
        if isinstance(value, dict):
            return {key: self.filled(entry, row, arn) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.filled(entry, row, arn) for entry in value]
        if not isinstance(value, str):
            return value
        for placeholder, text in {"arn": arn, "id": row["name"], "account": self.account(row), **self.accounts}.items():
            value = value.replace("{" + placeholder + "}", text)
        return value


class Clients:
    """One client per (service, account, region), made once; making one costs more than a call."""

    def __init__(self, endpoint, table):
        self.endpoint, self.table = endpoint, table
        self.made, self.lock, self.session = {}, threading.Lock(), boto3.Session()
        self.credentials = {account: assume(endpoint, account, "seed") for account in table.accounts.values()}

    def get(self, service, row):
        account, region = self.table.account(row), self.table.region(row) if "region" in row else "ap-northeast-1"
        with self.lock:
            place = (service, account, region)
            if place not in self.made:
                self.made[place] = self.session.client(
                    service, region_name=region, endpoint_url=self.endpoint, **self.credentials[account],
                    config=Config(retries={"total_max_attempts": 2}, max_pool_connections=16, s3={"addressing_style": "path"}))
                # S3 Control puts the account before the host name, where no loopback address can have it.
                self.made[place].meta.events.register("before-sign.s3-control", self.plain_host)
            return self.made[place]

    def plain_host(self, request, **_):
        request.url = self.endpoint + urlsplit(request.url).path
