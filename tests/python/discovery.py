"""Holds what the Google Cloud provider asks and reads, and what the simulator answers, to Google's discovery documents.

    discovery.py GCP_PROVIDER/src SIMULATOR/src/gcp/routes.rs [DESCRIPTION.yaml ...]

For every declared method: the document of its API has it, with this path, this HTTP method and these parameters. For
every field that an answer is read into: the schema of the same name has it, or, where the structure bears a name of its
own, some schema of the APIs of the file. For every route of the simulator: the flat path. For every described thing: its
fields are the schema's. Prints what was held, and what does not hold, as JSON; ends with 1 where something does not.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

import googleapiclient
import yaml

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"

# The version of each API that is asked.
VERSIONS = {
    "accessapproval": "v1", "alloydb": "v1", "artifactregistry": "v1", "backupdr": "v1", "bigquery": "v2", "bigtableadmin": "v2",
    "cloudasset": "v1", "cloudkms": "v1", "cloudresourcemanager": "v3", "compute": "v1", "file": "v1", "firestore": "v1",
    "ids": "v1", "logging": "v2", "networkmanagement": "v1", "orgpolicy": "v2", "pubsub": "v1", "secretmanager": "v1", "spanner": "v1",
    "sqladmin": "v1", "storage": "v1", "storagetransfer": "v1",
}
# What one method's questions are told apart by, behind its name.
TOLD_APART = re.compile(r"\.(iamPolicy|softDeleted|replication|deleted)$")
# The schema of what the inventory calls a type, where that bears another name.
SCHEMAS = {"sqladmin.googleapis.com/Instance": "DatabaseInstance", "firestore.googleapis.com/Database": "GoogleFirestoreAdminV1Database",
           "firestore.googleapis.com/Backup": "GoogleFirestoreAdminV1Backup"}
# APIs whose methods' ids begin with another word.
IDS = {"sqladmin": "sql"}
# Bodies of errors are described in google.rpc, in no document.
ELSEWHERE = {"caller.rs"}
# Names of structures whose schema is called otherwise, in these files.
ALIASES = {"WholePolicy": "Policy", "AssetResource": "Resource", "PolicySpec": "GoogleCloudOrgpolicyV2PolicySpec",
           "PolicyRule": "GoogleCloudOrgpolicyV2PolicySpecPolicyRule",
           "StringValues": "GoogleCloudOrgpolicyV2PolicySpecPolicyRuleStringValues"}


@cache
def document(api):
    return json.loads((DOCUMENTS / f"{api}.{VERSIONS[api]}.json").read_text())


@cache
def methods(api):
    found = {}

    def walk(node):
        for method in node.get("methods", {}).values():
            found[method["id"]] = method
        for below in node.get("resources", {}).values():
            walk(below)

    walk(document(api))
    return found


def schema_fields(api, name):
    """The properties of a schema, and of the structures without names inside it."""
    schema = document(api)["schemas"].get(name)
    return None if schema is None else set(schema.get("properties", {}))


@cache
def every_field(api):
    """Properties of whatever schema, nameless ones inside others included."""
    found = set()

    def walk(node):
        for name, property in node.get("properties", {}).items():
            found.add(name)
            walk(property)
            walk(property.get("items", {}))
            walk(property.get("additionalProperties", {}))
        walk(node["items"]) if isinstance(node.get("items"), dict) else None

    for schema in document(api)["schemas"].values():
        walk(schema)
    return found


DECLARED = re.compile(
    r'operation!\(.*?=\s*"(?P<api>\w+)"\s*"(?P<name>[\w.]+)",\s*at\s*"(?P<path>[^"]+)",\s*needs\s*"(?P<permission>[^"]*)",'
    r".*?(?P<wire>Get|Post|Head),\s*facts",
    re.S,
)
STRUCTURE = re.compile(r"((?:#\[[^\]]*\]\s*)*)(?:pub )?struct (\w+) \{(.*?)\n\}", re.S)
FIELD = re.compile(r"((?:#\[[^\n]*\]\s*)*)(?:pub )?(\w+): [^\n]*,")


def camel(name):
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def structures(text):
    """Name and wire names of every structure that answers are read into."""
    for attributes, name, body in STRUCTURE.findall(text):
        if "Deserialize" not in attributes:
            continue
        fields = []
        body = re.sub(r"///[^\n]*", "", body)
        for field_attributes, field in FIELD.findall(body):
            if "flatten" in field_attributes:
                continue
            renamed = re.search(r'rename = "(\w+)"', field_attributes)
            fields.append(renamed[1] if renamed else camel(field) if "camelCase" in attributes else field)
        yield name, fields


def main(src, routes, descriptions):
    problems, held = [], {"methods": 0, "parameters": 0, "fields": 0, "routes": 0, "described": 0}
    declared = {}
    for file in sorted(src.rglob("*.rs")):
        text = file.read_text()
        place = file.relative_to(src)
        apis = set()
        for match in DECLARED.finditer(text):
            api, name = match["api"], TOLD_APART.sub("", match["name"])
            apis.add(api)
            identifier = f"{IDS.get(api, api)}.{name}"
            method = methods(api).get(identifier)
            if method is None:
                problems.append(f"{place}: {identifier} is no method")
                continue
            whole = document(api)["servicePath"] + method["path"]
            if whole != match["path"]:
                problems.append(f"{place}: {identifier} is at {whole}, not {match['path']}")
            if method["httpMethod"] != match["wire"].upper():
                problems.append(f"{place}: {identifier} is a {method['httpMethod']}")
            if document(api)["rootUrl"] != f"https://{api}.googleapis.com/":
                problems.append(f"{place}: {api} is at {document(api)['rootUrl']}")
            constant = re.search(r"\n\s*([A-Z_]+)\s*=\s*\"", match[0])
            declared[(file, constant[1])] = (api, method)
            held["methods"] += 1
        # Parameters of steps and questions.
        for method_name, at in re.findall(r"method: &(\w+),\s*at: (&\[.*?\]|[A-Z]+)", text, re.S):
            if at.isupper():
                at = re.search(rf"const {at}: [^=]*= (&\[.*?\]);", text, re.S)[1]
            check_parameters(declared.get((file, method_name)), re.findall(r'\("(\w+)", "', at), place, problems, held)
        for method_name, given in re.findall(r"Ask::of\(&(\w+), \[(.*?)\]\)", text, re.S):
            own = declared.get((file, method_name))
            check_parameters(own, re.findall(r'\("(\w+)", ', given), place, problems, held)
        if str(place) in ELSEWHERE or str(place) == "place.rs":
            continue
        apis |= {api for api in re.findall(r'"(\w+)\.googleapis\.com/', text) if api in VERSIONS}
        if str(place) == "guardrail.rs":
            apis.add("orgpolicy")
        for name, fields in structures(text):
            name = ALIASES.get(name, name)
            own = [schema_fields(api, name) for api in apis if schema_fields(api, name) is not None]
            for field in fields:
                known = any(field in schema for schema in own) if own else any(field in every_field(api) for api in apis)
                held["fields"] += 1
                if not known:
                    problems.append(f"{place}: {name}: no schema has a field {field}")
    for api, name, path in re.findall(r'(?:get|post)\("(\w+)", "([\w.]+)", "([^"]+)"', routes.read_text()):
        identifier = f"{IDS.get(api, api)}.{name}"
        method = methods(api).get(identifier)
        whole = method and document(api)["servicePath"] + method.get("flatPath", method["path"])
        held["routes"] += 1
        if whole != path:
            problems.append(f"routes: {identifier} is at {whole}, not {path}")
    for description in descriptions:
        for project in yaml.safe_load(description.read_text())["gcp"]["projects"]:
            for thing in project.get("resources", []):
                host, kind = thing["type"].split("/")
                api = host.split(".")[0]
                if api not in VERSIONS:
                    continue
                name = SCHEMAS.get(thing["type"], kind)
                fields = schema_fields(api, name)
                if fields is None:
                    continue
                held["described"] += 1
                for field in set(thing.get("data") or {}) - fields:
                    problems.append(f"{description.name}: {thing['name']}: {name} has no field {field}")
    print(json.dumps({"held": held, "problems": problems}))
    return 1 if problems else 0


def check_parameters(own, names, place, problems, held):
    if own is None:
        return
    api, method = own
    known = set(method.get("parameters", {}))
    for name in names:
        held["parameters"] += 1
        if name not in known:
            problems.append(f"{place}: {method['id']} has no parameter {name}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(path) for path in sys.argv[3:]]))
