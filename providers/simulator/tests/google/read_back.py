"""Reads a described project back through Google's own clients, and lists what they read otherwise than it is described.

    read_back.py --endpoint http://127.0.0.1:PORT cloud.yaml

google-cloud-storage reads buckets; google-api-python-client, made from the discovery documents it ships, everything else.
Ends with 1 where something differs.
"""

import argparse
import json
import sys

import yaml
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from googleapiclient.discovery import build

VERSIONS = {
    "alloydb": "v1", "artifactregistry": "v1", "backupdr": "v1", "bigquery": "v2", "bigtableadmin": "v2",
    "cloudasset": "v1", "cloudkms": "v1", "cloudresourcemanager": "v3", "compute": "v1", "file": "v1", "firestore": "v1",
    "logging": "v2", "orgpolicy": "v2", "pubsub": "v1", "secretmanager": "v1", "spanner": "v1", "sqladmin": "v1",
    "storage": "v1", "storagetransfer": "v1",
}
HOSTS = {"sqladmin.googleapis.com": "cloudsql.googleapis.com", "bigtableadmin.googleapis.com": "bigtable.googleapis.com"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("description")
    arguments = parser.parse_args()
    described = yaml.safe_load(open(arguments.description))
    problems = []

    def check(what, found, expected):
        if found != expected:
            problems.append(f"{what}: {found!r}, not {expected!r}")

    apis = {}
    for name, version in VERSIONS.items():
        root = f"{arguments.endpoint}/{name}/"
        # The library takes the endpoint in place of the document's root and service path.
        document = {"storage": "storage/v1/", "compute": "compute/v1/", "bigquery": "bigquery/v2/"}
        apis[name] = build(
            name, version, credentials=AnonymousCredentials(), static_discovery=True,
            client_options={"api_endpoint": root + document.get(name, "")}, cache_discovery=False,
        )

    def every(resource, method, key, **parameters):
        request, items = getattr(resource, method)(**parameters), []
        while request is not None:
            answer = request.execute()
            items.extend(answer.get(key, []))
            request = getattr(resource, f"{method}_next")(request, answer) if hasattr(resource, f"{method}_next") else None
        return items

    for project in described["gcp"]["projects"]:
        identifier, number = project["id"], project["number"]

        def filled(value):
            if isinstance(value, str):
                return value.replace("{project}", identifier).replace("{number}", number)
            if isinstance(value, dict):
                return {filled(key): filled(one) for key, one in value.items()}
            return [filled(one) for one in value] if isinstance(value, list) else value

        things = [filled(thing) for thing in project.get("resources", [])]
        by_name = {}
        for thing in things:
            host = thing["type"].split("/")[0]
            by_name[f"//{HOSTS.get(host, host)}/{thing['name']}"] = thing

        told = apis["cloudresourcemanager"].projects().get(name=f"projects/{identifier}").execute()
        check("project", (told["projectId"], told["name"]), (identifier, f"projects/{number}"))

        # The inventory tells everything, page by page.
        assets = every(
            apis["cloudasset"].assets(), "list", "assets", parent=f"projects/{identifier}", contentType="RESOURCE", pageSize=7,
        )
        # The inventory leaves replications out, as the plain list of jobs does.
        for name in [name for name, thing in by_name.items() if "replicationSpec" in (thing.get("data") or {})]:
            del by_name[name]
        check("assets", sorted(asset["name"] for asset in assets), sorted(by_name))
        for asset in assets:
            thing = by_name.get(asset["name"], {})
            check(asset["name"], asset["assetType"], thing.get("type"))
            for field, value in (thing.get("data") or {}).items():
                check(f"{asset['name']} {field}", asset["resource"]["data"].get(field), value)
        policies = every(
            apis["cloudasset"].assets(), "list", "assets", parent=f"projects/{identifier}", contentType="IAM_POLICY",
        )
        expected = {name: thing["iam"].get("bindings", []) for name, thing in by_name.items() if thing.get("iam") is not None}
        check("policies", {asset["name"]: asset["iamPolicy"].get("bindings", []) for asset in policies}, expected)
        found = every(apis["cloudasset"].v1(), "searchAllResources", "results", scope=f"projects/{identifier}", pageSize=9)
        check("index", sorted(result["name"] for result in found), sorted(by_name))

        # Each API tells its own.
        parent, everywhere = f"projects/{identifier}", f"projects/{identifier}/locations/-"
        projects = {name: api.projects() for name, api in apis.items() if hasattr(api, "projects")}
        rings = [
            ring["name"]
            for location in every(projects["cloudkms"].locations(), "list", "locations", name=parent)
            for ring in every(
                projects["cloudkms"].locations().keyRings(), "list", "keyRings",
                parent=f"{parent}/locations/{location['locationId']}",
            )
        ]
        keys = projects["cloudkms"].locations().keyRings().cryptoKeys()
        scopes = lambda key, answer: [one for scope in answer.values() for one in scope.get(key, [])]
        own = {
            "storage.googleapis.com/Bucket": every(apis["storage"].buckets(), "list", "items", project=identifier),
            "cloudkms.googleapis.com/CryptoKey": [key for ring in rings for key in every(keys, "list", "cryptoKeys", parent=ring)],
            "sqladmin.googleapis.com/Instance": every(apis["sqladmin"].instances(), "list", "items", project=identifier),
            "sqladmin.googleapis.com/BackupRun": every(apis["sqladmin"].backupRuns(), "list", "items", project=identifier, instance="-"),
            "compute.googleapis.com/Disk": scopes("disks", apis["compute"].disks().aggregatedList(project=identifier).execute()["items"]),
            "compute.googleapis.com/Snapshot": every(apis["compute"].snapshots(), "list", "items", project=identifier),
            "compute.googleapis.com/Image": every(apis["compute"].images(), "list", "items", project=identifier),
            "logging.googleapis.com/LogBucket": every(projects["logging"].locations().buckets(), "list", "buckets", parent=everywhere),
            "logging.googleapis.com/LogSink": every(projects["logging"].sinks(), "list", "sinks", parent=parent),
            "bigquery.googleapis.com/Dataset": [
                apis["bigquery"].datasets().get(projectId=identifier, datasetId=one["datasetReference"]["datasetId"]).execute()
                for one in every(apis["bigquery"].datasets(), "list", "datasets", projectId=identifier)
            ],
            "spanner.googleapis.com/Instance": every(projects["spanner"].instances(), "list", "instances", parent=parent),
            "firestore.googleapis.com/Database": every(projects["firestore"].databases(), "list", "databases", parent=parent),
            "bigtableadmin.googleapis.com/Cluster": every(
                projects["bigtableadmin"].instances().clusters(), "list", "clusters", parent=f"{parent}/instances/-",
            ),
            "file.googleapis.com/Backup": every(projects["file"].locations().backups(), "list", "backups", parent=everywhere),
            "alloydb.googleapis.com/Cluster": every(projects["alloydb"].locations().clusters(), "list", "clusters", parent=everywhere),
            "backupdr.googleapis.com/BackupVault": every(
                projects["backupdr"].locations().backupVaults(), "list", "backupVaults", parent=everywhere,
            ),
            "backupdr.googleapis.com/Backup": [
                backup
                for vault in every(projects["backupdr"].locations().backupVaults(), "list", "backupVaults", parent=everywhere)
                for source in every(
                    projects["backupdr"].locations().backupVaults().dataSources(), "list", "dataSources", parent=vault["name"],
                )
                for backup in every(
                    projects["backupdr"].locations().backupVaults().dataSources().backups(), "list", "backups",
                    parent=source["name"],
                )
            ],
            "storagetransfer.googleapis.com/TransferJob": [
                job
                for more in ({}, {"dataBackend": "QUERY_REPLICATION_CONFIGS"})
                for job in every(
                    apis["storagetransfer"].transferJobs(), "list", "transferJobs", filter=json.dumps({"projectId": identifier, **more}),
                )
            ],
            "firestore.googleapis.com/Backup": projects["firestore"].locations().backups().list(parent=everywhere).execute().get("backups", []),
            "alloydb.googleapis.com/Instance": every(
                projects["alloydb"].locations().clusters().instances(), "list", "instances", parent=f"{everywhere}/clusters/-",
            ),
            "compute.googleapis.com/BackendService": [
                one
                for one in scopes("backendServices", apis["compute"].backendServices().aggregatedList(project=identifier).execute()["items"])
                if "/regions/" not in one["selfLink"]
            ],
            "pubsub.googleapis.com/Subscription": every(projects["pubsub"].subscriptions(), "list", "subscriptions", project=parent),
            "pubsub.googleapis.com/Topic": every(projects["pubsub"].topics(), "list", "topics", project=parent),
            "secretmanager.googleapis.com/Secret": every(projects["secretmanager"].secrets(), "list", "secrets", parent=parent),
            "artifactregistry.googleapis.com/Repository": [
                repository
                for location in every(projects["artifactregistry"].locations(), "list", "locations", name=parent)
                for repository in every(
                    projects["artifactregistry"].locations().repositories(), "list", "repositories",
                    parent=f"{parent}/locations/{location['locationId']}",
                )
            ],
        }
        for kind, listed in own.items():
            expected = [thing for thing in things if thing["type"] == kind]
            check(f"{identifier} {kind}", len(listed), len(expected))
            for thing in expected:
                data = thing.get("data") or {}
                if not any(all(one.get(field) == value for field, value in data.items()) for one in listed):
                    problems.append(f"{thing['name']}: its own API tells none of {listed}")

        # The hand-written client of Cloud Storage.
        client = storage.Client(
            project=identifier, credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"{arguments.endpoint}/storage"},
        )
        buckets = {bucket.name: bucket for bucket in client.list_buckets()}
        for thing in things:
            if thing["type"] != "storage.googleapis.com/Bucket":
                continue
            bucket, data = buckets[thing["name"]], thing["data"]
            check(f"{bucket.name} location", bucket.location, data["location"])
            check(f"{bucket.name} type", bucket.location_type, data.get("locationType"))
            check(f"{bucket.name} versions", bucket.versioning_enabled, data.get("versioning", {}).get("enabled", False))
            check(f"{bucket.name} key", bucket.default_kms_key_name, data.get("encryption", {}).get("defaultKmsKeyName"))
            check(
                f"{bucket.name} uniform", bucket.iam_configuration.uniform_bucket_level_access_enabled,
                data.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled", False),
            )
            check(f"{bucket.name} lock", bucket.retention_policy_locked, data.get("retentionPolicy", {}).get("isLocked"))
            members = [set(binding["members"]) for binding in client.get_bucket(bucket.name).get_iam_policy().bindings]
            expected = [set(binding["members"]) for binding in (thing.get("iam") or {}).get("bindings", [])]
            check(f"{bucket.name} policy", members, expected)

    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
