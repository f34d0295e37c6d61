"""Holds what the AWS provider asks and reads to botocore's service models.

    models.py PROVIDER/src

For every declared operation: the model has it, and it is sent as the model says (HTTP method, X-Amz-Target, API
version, S3 sub-resource). For every field that an answer is read into: an answer of the file's operations has a field of
that name. Prints what was held, and what does not hold, as JSON; ends with 1 where something does not.
"""

import json
import re
import sys
from pathlib import Path

from botocore.loaders import Loader
from botocore.model import ServiceModel

# A file's structs are answers to the operations it declares, but for these.
BROUGHT_BY = {
    "kind/s3_answers.rs": ["kind/s3.rs", "kind/account.rs"],
    "kind/cloudtrail_lake.rs": ["kind/cloudtrail_lake.rs", "kind/cloudtrail.rs"],
}
# What several kinds read.
SHARED = "kind/draft.rs"
DECLARED = re.compile(
    r'operation!\(\s*(?:///[^\n]*\n\s*)*(\w+) = "([\w-]+)" "(\w+)",\s*needs "([^"]*)"(.*?)\n\);', re.S
)
STRUCT = re.compile(r"((?:[ \t]*#\[[^\n]*\]\n)*)[ \t]*(?:pub )?struct (\w+)(?:<[^>]*>)? \{\n(.*?)\n[ \t]*\}", re.S)
# Services that are asked in ways of their own.
BY_HAND = {"s3", "s3control", "sts", "account"}
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
FIELD = re.compile(r"((?:[ \t]*#\[[^\n]*\]\n)*)[ \t]*(?:pub )?(?:r#)?(\w+): ")
ASKED = re.compile(r'session\s*\.bucket\(\s*&(\w+),\s*\w+,\s*&?[\w.]+,\s*"(\w+)"')
QUERIED = re.compile(r'\.query\(&(\w+), \w+, "([\d-]+)"')


def model(service, loaded={}):
    if service not in loaded:
        name = MODELS.get(service, service)
        loaded[service] = ServiceModel(Loader().load_service_model(name, "service-2"), name)
    return loaded[service]


def addressed(known, operation):
    """How the source has to say that an operation is asked, and what cannot be held to the model here."""
    about = known.metadata
    protocol = next(name for name in PROTOCOLS if name in about.get("protocols", [about["protocol"]]))
    if protocol == "json":
        return f'Api::json{"10" if about["jsonVersion"] == "1.0" else ""}("{about["targetPrefix"]}")'
    if protocol == "query":
        return f'Api::Query("{about["apiVersion"]}")'
    if protocol == "ec2":
        return f'Api::Ec2("{about["apiVersion"]}")'
    return '"' + re.sub(r"\{[^}]*\}", "{}", operation.http["requestUri"].split("?")[0]) + '"'


def camel(name, first_upper):
    words = [word.capitalize() for word in name.split("_")]
    return "".join(words if first_upper else [words[0].lower(), *words[1:]])


def fields(source):
    """Wire names of all fields of all structs that are read from answers."""
    source = source.split("#[cfg(test)]\nmod tests")[0]
    for attributes, struct, body in STRUCT.findall(source):
        # What is read into another struct first has names of its own.
        if "Deserialize" not in attributes or "try_from" in attributes:
            continue
        for own, name in FIELD.findall(body + "\n"):
            renamed = re.search(r'rename = "([^"]+)"', own)
            case = re.search(r'rename_all = "(\w+)"', attributes)
            if renamed:
                yield struct, renamed[1]
            elif case:
                yield struct, camel(name, case[1] == "PascalCase")
            else:
                yield struct, name


def names(shape, protocol, seen):
    """Every name an answer of this shape can hold."""
    if shape is None or shape.name in seen:
        return set()
    seen = seen | {shape.name}
    found = set()
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
            found |= {wire} | names(member, protocol, seen)
    elif shape.type_name == "list":
        if protocol != "json":
            found.add(shape.member.serialization.get("name", "member"))
        found |= names(shape.member, protocol, seen)
    elif shape.type_name == "map":
        if protocol in ("query", "ec2", "rest-xml"):
            # An entry's elements.
            found |= {shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")}
        found |= names(shape.value, protocol, seen)
    return found


def main(src):
    problems, held = [], {"operations": 0, "fields": 0, "addresses": 0}
    paths = [path.relative_to(src).as_posix() for path in [src / "credentials.rs", src / "organization.rs", *src.glob("kind/**/*.rs")]]
    readers = {path: BROUGHT_BY.get(path, [path]) for path in sorted(paths)}
    texts = {path: (src / path).read_text() for path in readers}
    declared, answering = {}, []
    for path, text in texts.items():
        for constant, service, operation, permission, rest in DECLARED.findall(text):
            declared[path, constant] = (path, service, operation)
            answering.append((path, service, operation))
            try:
                known = model(service).operation_model(operation)
            except Exception as error:
                problems.append(f"{service}:{operation}: {error}")
                continue
            held["operations"] += 1
            method = re.search(r"Per::\w+(?:\([\d_]+\))?,\s*(\w+),\s*facts", rest)
            if not method or method[1].upper() != known.http["method"]:
                problems.append(f"{service}:{operation} is sent as {known.http['method']}")
            if service in BY_HAND or constant in (name for name, _ in QUERIED.findall(text)):
                continue
            said = addressed(model(service), known)
            held["addresses"] += 1
            if said not in text:
                problems.append(f"{service}:{operation} is asked as {said}")
    for path, text in texts.items():
        for constant, sub in ASKED.findall(text):
            uri = model("s3").operation_model(declared[path, constant][2]).http["requestUri"]
            held["addresses"] += 1
            if uri != f"/{{Bucket}}?{sub}":
                problems.append(f"{declared[path, constant][2]} is asked at ?{sub}, and its address is {uri}")
        for constant, version in QUERIED.findall(text):
            _, service, operation = declared[path, constant]
            held["addresses"] += 1
            if model(service).metadata["apiVersion"] != version:
                problems.append(f"{service}:{operation} has the version {model(service).metadata['apiVersion']}")
    for path, bringing in readers.items():
        known = set()
        for _, service, operation in (
            value for value in answering if value[0] in bringing or path == SHARED
        ):
            output = model(service).operation_model(operation).output_shape
            protocol = model(service).metadata["protocol"]
            known |= names(output, protocol, frozenset()) | {f"{operation}Result"}
        for struct, name in fields(texts[path]):
            # The text of an element, and attributes of XML itself.
            if name[0] in "$@":
                continue
            held["fields"] += 1
            if name not in known:
                problems.append(f"{path}: {struct}: no answer has a field {name}")
    print(json.dumps({"held": held, "problems": problems}, indent=1))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
