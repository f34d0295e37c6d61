"""Prints what the simulator has to know of the services it answers from descriptions alone, from botocore's models.

    services.py PROVIDER/src SIMULATOR/src

For every operation the provider declares and the simulator does not answer by hand: how it is addressed, where its
parameters stand, what its answer is wrapped in, how its list is paged, and which errors it knows.
"""

import json
import re
import sys
from pathlib import Path

from botocore.loaders import Loader
from botocore.model import ServiceModel

# Services whose models go by another name than the one requests are signed for.
MODELS = {
    "access-analyzer": "accessanalyzer",
    "aoss": "opensearchserverless",
    "cassandra": "keyspaces",
    "elasticfilesystem": "efs",
    "es": "opensearch",
    "s3express": "s3",
    "tagging": "resourcegroupstaggingapi",
}
PROTOCOLS = ["json", "rest-json", "query", "ec2", "rest-xml"]
DECLARED = re.compile(r'operation!\(\s*(?:///[^\n]*\n\s*)*\w+ = "([\w-]+)" "(\w+)"')
BY_HAND = re.compile(r"OPERATIONS: &\[&str\] =\s*&\[(.*?)\];", re.S)


def model(service, loaded={}):
    if service not in loaded:
        name = MODELS.get(service, service)
        loaded[service] = ServiceModel(Loader().load_service_model(name, "service-2"), name)
    return loaded[service]


# Lists in pages of which botocore's paginators do not speak.
PAGES = {
    "logs": {
        "DescribeAccountPolicies": {
            "input_token": "nextToken", "output_token": "nextToken", "result_key": "accountPolicies"
        }
    },
    "dms": {
        "DescribeReplicationConfigs": {
            "input_token": "Marker", "output_token": "Marker", "limit_key": "MaxRecords", "result_key": "ReplicationConfigs"
        }
    },
    "fsx": {
        name: {"input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": listed}
        for name, listed in [
            ("DescribeDataRepositoryAssociations", "Associations"),
            ("DescribeDataRepositoryTasks", "DataRepositoryTasks"),
            ("DescribeFileCaches", "FileCaches"),
        ]
    },
    "wafv2": {
        "ListWebACLs": {"input_token": "NextMarker", "output_token": "NextMarker", "limit_key": "Limit", "result_key": "WebACLs"}
    },
    "cloudtrail": {
        "ListEventDataStores": {
            "input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": "EventDataStores"
        }
    },
    "s3control": {
        "ListAccessPoints": {
            "input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": "AccessPointList"
        }
    },
    "guardduty": {
        "ListPublishingDestinations": {
            "input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": "Destinations"
        }
    },
}


def pages(service):
    own = PAGES.get(service, {})
    try:
        return own | Loader().load_service_model(MODELS.get(service, service), "paginators-1")["pagination"]
    except Exception:
        return own


def protocol_of(known):
    own = known.metadata.get("protocols", [known.metadata["protocol"]])
    return next(name for name in PROTOCOLS if name in own)


def wire(member, name, protocol):
    """A parameter's name and place on the wire."""
    place = member.serialization.get("location", "body")
    text = member.serialization.get("name", name)
    if protocol == "ec2" and place == "body":
        text = member.serialization.get("queryName", text[0].upper() + text[1:])
    return text, place


def answer_name(member, name, protocol):
    return member.serialization.get("name", name)


def paged(operation, page, protocol):
    """How a list is paged: the way to it, its members' element, and the names of tokens and limits."""
    result = page.get("result_key")
    token, after = page.get("input_token"), page.get("output_token")
    if not all(isinstance(text, str) and re.fullmatch(r"[\w.]+", text) for text in (result, token, after)):
        return None
    shape, path = operation.output_shape, []
    for part in result.split("."):
        if shape.type_name != "structure" or part not in shape.members:
            return None
        member = shape.members[part]
        path.append(answer_name(member, part, protocol))
        shape = member
    if shape.type_name != "list":
        return None
    found = {"path": path}
    if protocol in ("query", "ec2", "rest-xml"):
        found["item"] = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
        if shape.serialization.get("flattened"):
            found["flat"] = True
    inputs = operation.input_shape.members
    found["token"] = wire(inputs[token], token, protocol)[0]
    way, shape = [], operation.output_shape
    for part in after.split("."):
        if part not in shape.members:
            return None
        shape = shape.members[part]
        way.append(answer_name(shape, part, protocol))
    found["next"] = way
    if page.get("limit_key") in inputs:
        found["limit"] = wire(inputs[page["limit_key"]], page["limit_key"], protocol)[0]
    return found


def describe(operation, page, protocol):
    row = {}
    if protocol.startswith("rest"):
        row["method"] = operation.http["method"]
        row["path"] = operation.http["requestUri"].split("?")[0]
    inputs = operation.input_shape.members if operation.input_shape else {}
    named = dict(wire(member, name, protocol) for name, member in inputs.items())
    required = [wire(inputs[name], name, protocol)[0] for name in getattr(operation.input_shape, "required_members", [])]
    # The account does not say what is asked about.
    required = [name for name in required if name != "x-amz-account-id"]
    if named:
        row["inputs"] = dict(sorted(named.items()))
    if required:
        row["required"] = sorted(required)
    output = operation.output_shape
    if output is not None:
        if protocol == "query":
            row["result"] = output.serialization.get("resultWrapper", f"{operation.name}Result")
        if protocol == "rest-xml":
            payload = output.serialization.get("payload")
            inside = output.members[payload] if payload else output
            row["result"] = inside.serialization.get("name", payload or inside.name)
            if payload:
                row["payload"] = True
        row["lists"] = sorted(
            answer_name(member, name, protocol)
            for name, member in output.members.items()
            if member.type_name == "list" and "location" not in member.serialization
        )
    list_ = paged(operation, page, protocol) if page else None
    if list_:
        row["list"] = list_
    errors = {}
    for error in operation.error_shapes:
        about = error.metadata.get("error", {})
        errors[about.get("code", error.name)] = about.get("httpStatusCode", 400)
    if errors:
        row["errors"] = dict(sorted(errors.items()))
    return row


def main(provider, simulator):
    by_hand = set()
    for path in sorted((simulator / "aws").rglob("*.rs")):
        service = path.parent.name if path.parent.name == "s3" else path.stem
        for names in BY_HAND.findall(path.read_text()):
            by_hand |= {(service, name) for name in re.findall(r'"(\w+)"', names)}
    declared = set()
    for path in [*sorted(provider.glob("*.rs")), *sorted((provider / "kind").rglob("*.rs"))]:
        declared |= set(DECLARED.findall(path.read_text()))
    services = {}
    for service, name in sorted(declared - by_hand):
        if service in ("s3", "sts"):
            continue
        known = model(service)
        protocol = protocol_of(known)
        entry = services.setdefault(service, {"protocol": protocol, "operations": {}})
        for key, source in [("version", "apiVersion"), ("target", "targetPrefix"), ("namespace", "xmlNamespace")]:
            value = known.metadata.get(source)
            if isinstance(value, dict):
                value = value.get("uri")
            if value and (key != "version" or protocol in ("query", "ec2")):
                entry[key] = value
        operation = known.operation_model(name)
        entry["operations"][name] = describe(operation, pages(service).get(name), protocol)
    print("{")
    last = len(services) - 1
    for number, (service, entry) in enumerate(services.items()):
        operations = entry.pop("operations")
        print(f' {json.dumps(service)}: {{')
        for key, value in entry.items():
            print(f"  {json.dumps(key)}: {json.dumps(value)},")
        print('  "operations": {')
        rows = [f"   {json.dumps(name)}: {json.dumps(row)}" for name, row in operations.items()]
        print(",\n".join(rows))
        print("  }\n }" + ("," if number != last else ""))
    print("}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
