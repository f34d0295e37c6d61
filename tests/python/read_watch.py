"""Reads what a watch leaves with readers written by others, and prints it as JSON.

usage: read_watch.py mail FILE | metrics FILE | yaml FILE...
"""

import email
import email.policy
import json
import sys

import yaml
from prometheus_client.parser import text_string_to_metric_families


def mail(path):
    with open(path, "rb") as file:
        sender, receivers = file.readline(), file.readline()
        message = email.message_from_binary_file(file, policy=email.policy.default)
    return {
        "from": sender.decode().strip(),
        "to": receivers.decode().split(),
        "subject": message["subject"],
        "text": message.get_body(("plain",)).get_content(),
        "defects": [str(defect) for defect in message.defects],
    }


def metrics(path):
    with open(path) as file:
        families = list(text_string_to_metric_families(file.read()))
    return [
        {"name": sample.name, "type": family.type, "help": family.documentation, "labels": sample.labels, "value": sample.value}
        for family in families
        for sample in family.samples
    ]


def main(sort, *paths):
    if sort == "yaml":
        for path in paths:
            with open(path) as file:
                assert list(yaml.safe_load_all(file)), path
        print(json.dumps(len(paths)))
    else:
        print(json.dumps({"mail": mail, "metrics": metrics}[sort](*paths)))


if __name__ == "__main__":
    main(*sys.argv[1:])
