"""Reads a simulated subscription through Microsoft's own management clients and prints what they understood, as JSON.

    read_facts.py --endpoint URL SUBSCRIPTION

The clients read with the published models: a value that stands under a name or in a place it does not have there is not seen.
"""

import argparse
import json

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.cosmosdb import CosmosDBManagementClient
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.postgresqlflexibleservers import PostgreSQLManagementClient
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions
from azure.mgmt.servicebus import ServiceBusManagementClient
from azure.mgmt.sql import SqlManagementClient
from azure.mgmt.storage import StorageManagementClient

GROUP = "records"


class Token:
    """A credential that is no secret; the clients' own policy refuses plain http, so the header is set by `Header`."""

    def get_token(self, *_scopes, **_options):
        return AccessToken("emulator", 2**40)


class Header(SansIOHTTPPolicy):
    def on_request(self, request):
        request.http_request.headers["Authorization"] = "Bearer emulator"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("subscription")
    arguments = parser.parse_args()
    own = {"base_url": arguments.endpoint, "authentication_policy": Header(), "retry_total": 0}

    def client(kind):
        return kind(Token(), arguments.subscription, **own)

    graph = ResourceGraphClient(Token(), **own)
    found = {
        "storage": storage(client(StorageManagementClient)),
        "keyvault": keyvault(client(KeyVaultManagementClient)),
        "compute": compute(client(ComputeManagementClient)),
        "sql": sql(client(SqlManagementClient)),
        "cosmosdb": {
            account.name: [[place.location_name for place in account.locations], account.backup_policy.type]
            for account in client(CosmosDBManagementClient).database_accounts.list()
        },
        "recoveryservices": recovery_services(client(RecoveryServicesClient)),
        "dataprotection": {
            vault.name: [setting.type for setting in vault.properties.storage_settings]
            for vault in client(DataProtectionMgmtClient).backup_vaults.get_in_subscription()
        },
        "loganalytics": log_analytics(client(LogAnalyticsManagementClient)),
        "monitor": diagnostic_settings(client(MonitorManagementClient), arguments.subscription),
        "postgresql": {
            server.name: [server.backup.geo_redundant_backup, server.data_encryption.primary_key_uri]
            for server in client(PostgreSQLManagementClient).servers.list_by_subscription()
        },
        "servicebus": {
            bus.name: [bus.location, [place.location_name for place in bus.geo_data_replication.locations]]
            for bus in client(ServiceBusManagementClient).namespaces.list()
        },
        "deleted": deleted(client),
        "resourcegraph": resource_graph(graph, arguments.subscription),
    }
    print(json.dumps(found, indent=1, sort_keys=True))


def deleted(client):
    """What is kept of what was deleted, by the lists of each service."""
    vaults, stores = client(KeyVaultManagementClient), client(StorageManagementClient)
    cosmos, sql = client(CosmosDBManagementClient), client(SqlManagementClient)
    return {
        "vaults": [
            [vault.properties.location, str(vault.properties.scheduled_purge_date), vault.properties.purge_protection_enabled]
            for vault in vaults.vaults.list_deleted()
        ],
        "hsms": [
            [hsm.properties.location, str(hsm.properties.scheduled_purge_date)]
            for hsm in vaults.managed_hsms.list_deleted()
        ],
        "stores": [[one.location, one.deletion_time] for one in stores.deleted_accounts.list()],
        "workspaces": [
            [one.location, one.retention_in_days]
            for one in client(LogAnalyticsManagementClient).deleted_workspaces.list()
        ],
        "cosmos": [
            [one.account_name, str(one.deletion_time), [place.location_name for place in one.restorable_locations]]
            for one in cosmos.restorable_database_accounts.list()
        ],
        "managed": [
            [backup.managed_instance_name, str(backup.backup_expiration_time), backup.backup_storage_redundancy]
            for backup in sql.long_term_retention_managed_instance_backups.list_by_location("japaneast")
        ],
    }


def storage(client):
    found = {}
    for account in client.storage_accounts.list():
        key = account.encryption.key_vault_properties if account.encryption else None
        found[account.name] = {
            "location": account.location,
            "sku": account.sku.name,
            "primary": account.primary_location,
            "secondary": account.secondary_location,
            "key": key and [key.key_vault_uri, key.key_name],
            "copy_scope": account.allowed_copy_scope,
            "cross_tenant": account.allow_cross_tenant_replication,
            "https": account.enable_https_traffic_only,
            "stats_in_list": account.geo_replication_stats is not None,
        }
    whole = client.storage_accounts.get_properties(GROUP, "records", expand="geoReplicationStats")
    found["records"]["last_sync"] = str(whole.geo_replication_stats.last_sync_time)
    blobs = client.blob_services.get_service_properties(GROUP, "records")
    found["records"]["blobs"] = [
        blobs.is_versioning_enabled,
        blobs.delete_retention_policy.days,
        blobs.container_delete_retention_policy.enabled,
    ]
    found["records"]["replication"] = [
        policy.destination_account.rsplit("/", 1)[-1]
        for policy in client.object_replication_policies.list(GROUP, "records")
    ]
    found["records"]["scopes"] = [
        scope.key_vault_properties.key_uri for scope in client.encryption_scopes.list(GROUP, "records")
    ]
    found["records"]["containers"] = [
        [container.name, container.has_legal_hold, container.has_immutability_policy]
        for container in client.blob_containers.list(GROUP, "records")
    ]
    policy = client.blob_containers.get_immutability_policy(GROUP, "records", "kept")
    found["records"]["immutability"] = [policy.immutability_period_since_creation_in_days, policy.state]
    rules = client.management_policies.get(GROUP, "records", "default").policy.rules
    found["records"]["rules"] = [
        [rule.name, rule.definition.actions.base_blob.delete.days_after_modification_greater_than] for rule in rules
    ]
    return found


def keyvault(client):
    vaults = {
        vault.name: {
            "location": vault.location,
            "purge_protection": vault.properties.enable_purge_protection,
            "kept": vault.properties.soft_delete_retention_in_days,
            "keys": [key.key_uri for key in client.keys.list(GROUP, vault.name)],
        }
        for vault in client.vaults.list_by_subscription()
    }
    key = client.keys.get(GROUP, "records", "records")
    vaults["records"]["rotation"] = [action.trigger.time_after_create for action in key.rotation_policy.lifetime_actions]
    vaults["hsms"] = {
        hsm.name: [region.name for region in hsm.properties.regions] for hsm in client.managed_hsms.list_by_subscription()
    }
    return vaults


def compute(client):
    return {
        "disks": {disk.name: [disk.location, disk.encryption.type] for disk in client.disks.list()},
        "snapshots": {
            snapshot.name: [snapshot.incremental, snapshot.creation_data.source_resource_id.rsplit("/", 1)[-1]]
            for snapshot in client.snapshots.list()
        },
        "sets": {one.name: one.active_key.key_url for one in client.disk_encryption_sets.list()},
    }


def sql(client):
    found = {}
    for server in client.servers.list():
        found[server.name] = {
            "databases": {
                database.name: [database.current_backup_storage_redundancy, database.default_secondary_location]
                for database in client.databases.list_by_server(GROUP, server.name)
            },
            "groups": {
                group.name: [partner.location for partner in group.partner_servers]
                for group in client.failover_groups.list_by_server(GROUP, server.name)
            },
            "links": [link.partner_location for link in client.replication_links.list_by_server(GROUP, server.name)],
            "auditing": client.server_blob_auditing_policies.get(GROUP, server.name).storage_endpoint,
            "kept": [
                [backup.time_based_immutability_mode, backup.legal_hold_immutability]
                for backup in client.long_term_retention_backups.list_by_location("japaneast")
            ],
            "in_step": [
                member.sync_member_azure_database_resource_id.rsplit("/", 1)[-1]
                for member in client.sync_members.list_by_sync_group(GROUP, server.name, "ledger", "all")
            ],
        }
    return found


def recovery_services(client):
    listed = {vault.name: vault.properties.redundancy_settings for vault in client.vaults.list_by_subscription_id()}
    whole = client.vaults.get(GROUP, "vault").properties.redundancy_settings
    return {
        "told_in_list": [name for name, settings in listed.items() if settings is not None],
        "redundancy": [whole.standard_tier_storage_redundancy, whole.cross_region_restore],
    }


def log_analytics(client):
    return {
        workspace.name: {
            "retention": workspace.retention_in_days,
            "tables": [table.name for table in client.tables.list_by_workspace(GROUP, workspace.name)],
        }
        for workspace in client.workspaces.list()
    }


def diagnostic_settings(client, subscription):
    account = f"subscriptions/{subscription}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/records"
    settings = client.diagnostic_settings.list(f"{account}/blobServices/default")
    settings = getattr(settings, "value", None) or settings
    return {
        setting.name: [setting.workspace_id.rsplit("/", 1)[-1], [log.category for log in setting.logs]]
        for setting in settings
    }


def resource_graph(client, subscription):
    rows, token = [], None
    while True:
        options = QueryRequestOptions(top=25, skip_token=token, result_format="objectArray")
        query = QueryRequest(subscriptions=[subscription], query="Resources | order by id asc", options=options)
        answer = client.resources(query)
        rows += answer.data
        token = answer.skip_token
        if not token:
            break
    assert len(rows) == answer.total_records
    return {"rows": len(rows), "types": sorted({row["type"] for row in rows if "sql" in row["type"]})}


if __name__ == "__main__":
    main()
