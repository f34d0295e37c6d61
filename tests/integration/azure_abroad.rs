//! Every way a copy can leave the country on Azure is found, with the call that showed it; its domestic twin is not taken for one.

use crate::cloud::{Ran, Walker, rows, text};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub const CLOUD: &str = include_str!("../tenancies/azure-abroad/cloud.yaml");
pub const TENANCY: &str = include_str!("../tenancies/azure-abroad/tenancy.toml");
const EXPECTED: &str = include_str!("../tenancies/azure-abroad/expected.yaml");

#[derive(Deserialize)]
struct Vector {
    vector: String,
    subject: String,
    check: String,
    operation: Option<String>,
    #[serde(default = "violates")]
    abroad: String,
    #[serde(default = "conforms")]
    at_home: String,
}

fn violates() -> String {
    "violates".to_owned()
}

fn conforms() -> String {
    "conforms".to_owned()
}

/// The cloud with everything that may be abroad there, or at home.
pub fn cloud(abroad: bool) -> String {
    let places = match abroad {
        true => [
            ("{far}", "eastus"),
            ("{Far}", "East US"),
            ("{pair}", "westus"),
            ("{edgeregion}", "westus"),
            ("{edge}", "losangeles"),
        ],
        false => [
            ("{far}", "japanwest"),
            ("{Far}", "Japan West"),
            ("{pair}", "japaneast"),
            ("{edgeregion}", "japaneast"),
            ("{edge}", "japaneast"),
        ],
    };
    places.iter().fold(CLOUD.to_owned(), |cloud, (word, place)| cloud.replace(word, place))
}

fn walk_over(cloud: &str) -> Ran {
    Walker::new().walk_over(cloud, TENANCY, |ways| ways.paced = false)
}

fn walk(abroad: bool) -> Ran {
    walk_over(&cloud(abroad))
}

/// What a check says of a subject, by the end of its name.
fn status(ran: &Ran, check: &str, subject: &str) -> String {
    let found = rows(&ran.report, "/findings")
        .iter()
        .find(|finding| text(finding, "check") == check && text(finding, "subject").ends_with(subject));
    found.map_or_else(conforms, |finding| text(finding, "status").to_owned())
}

fn vectors() -> Vec<Vector> {
    serde_saphyr::from_str(EXPECTED).unwrap()
}

/// What a check says of each subject: the findings, and of those that are in order nothing but that they were read.
fn differences(ran: &Ran, wanted: impl Fn(&Vector) -> &str) -> Vec<String> {
    let calls: BTreeMap<&str, &str> =
        ran.calls.iter().map(|call| (call.id.as_str(), call.operation.as_str())).collect();
    let mut differences = Vec::new();
    for vector in vectors() {
        let Vector { vector: name, subject, check, operation, .. } = &vector;
        let wanted = wanted(&vector);
        let ends = |id: &str| id.ends_with(&format!("/{subject}")) || id.ends_with(&format!(".{subject}"));
        if !ran.facts.iter().any(|fact| fact["type"] == "resource" && ends(text(fact, "id"))) {
            differences.push(format!("{name}: {subject} was not read"));
            continue;
        }
        let found = rows(&ran.report, "/findings")
            .iter()
            .find(|finding| text(finding, "check") == check && ends(text(finding, "subject")));
        let got = found.map_or("conforms", |finding| text(finding, "status"));
        if got != wanted {
            let reason = found.map(|finding| finding["reason"]["en"].to_string()).unwrap_or_default();
            differences.push(format!("{name}: {check} of {subject} is {got}, not {wanted} {reason}"));
            continue;
        }
        let (Some(found), Some(operation), "violates") = (found, operation, wanted) else { continue };
        let evidence: Vec<&str> =
            rows(found, "/calls").iter().filter_map(|call| calls.get(call.as_str()?).copied()).collect();
        if !evidence.contains(&operation.as_str()) {
            differences.push(format!("{name}: shown by {evidence:?}, not {operation}"));
        }
    }
    differences
}

#[test]
fn every_copy_abroad_is_found_with_its_evidence() {
    assert!(vectors().len() >= 100);
    let differences = differences(&walk(true), |vector| &vector.abroad);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn their_domestic_twins_are_told_apart() {
    let ran = walk(false);
    let differences = differences(&ran, |vector| &vector.at_home);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
    let cells = rows(&ran.report, "/coverage/cells");
    let listed = |region: &str| {
        cells.iter().any(|cell| text(cell, "region") == region && text(cell, "state") == "listed")
    };
    assert!(["japaneast", "japanwest", "eastus", "westus"].iter().all(|region| listed(region)));
}

#[test]
fn a_reader_with_a_narrow_role_proves_nothing() {
    let cloud = cloud(false).replace(
        "    - id: 00000000-0000-0000-0000-000000000001\n",
        "    - id: 00000000-0000-0000-0000-000000000001\n      actions: [Microsoft.Storage/storageAccounts/read]\n",
    );
    let ran = walk_over(&cloud);
    let cells = rows(&ran.report, "/coverage/cells");
    let swept = |cell: &&serde_json::Value| text(cell, "service") == "resources";
    assert!(cells.iter().filter(swept).count() > 3);
    assert!(
        cells.iter().filter(swept).all(|cell| text(cell, "state") == "denied"),
        "what is hidden is not told of"
    );
    let gaps = rows(&ran.report, "/coverage/gaps");
    assert!(gaps.iter().any(|gap| text(gap, "permission") == "*/read"), "the permission that lacks is named");
}

/// The calls a run makes for each resource: one query answers for hundreds.
#[test]
fn the_inventory_takes_few_calls() {
    let disks = "azure:\n  locations: [japaneast, japanwest]\n  page_size: 1000\n  subscriptions:\n    - id: 00000000-0000-0000-0000-000000000001\n      resources:\n        - {id: \"resourceGroups/g/providers/Microsoft.Compute/disks/d{n:04}\", count: 2000, location: japaneast, properties: {}}\n";
    let ran = Walker::new().walk_over(disks, TENANCY, |ways| ways.paced = false);
    let disks = |fact: &&serde_json::Value| fact["type"] == "resource" && text(fact, "kind") == "disk";
    let resources = ran.facts.iter().filter(disks).count();
    assert_eq!(resources, 2000);
    assert!(ran.calls.len() * 10 <= resources, "{} calls for {resources} resources", ran.calls.len());
}

/// What a question shows that is refused: its subject, and the check that must not pass without it.
const REFUSED: &[(&str, &str, &str)] = &[
    ("sql:ListReplicationLinks", "databases/linked", "copies-in-home-country"),
    ("sql:GetDatabase", "databases/ownkey", "copies-in-home-country"),
    ("sql:ListSyncGroups", "databases/changing", "copies-in-home-country"),
    ("sql:GetServerAuditingSettings", "databases/audited", "log-copies-in-home-country"),
    ("sql:GetDatabaseAuditingSettings", "databases/dbaudit", "log-copies-in-home-country"),
    ("sql:GetDevOpsAuditingSettings", "databases/supported", "log-copies-in-home-country"),
    ("monitor:ListDiagnosticSettings", "networksecuritygroups/nsglogs", "log-copies-in-home-country"),
    ("monitor:ListDiagnosticSettings", "storageaccounts/homepair", "log-copies-in-home-country"),
    ("cosmosdb:ListRestorableDatabaseAccounts", "databaseaccounts/leftcosmos", "copies-in-home-country"),
    ("compute:GetGalleryImageVersion", "versions/2.0.0", "copies-in-home-country"),
    ("network:ListPacketCaptures", "networkwatchers/nw", "copies-in-home-country"),
    ("eventhub:ListDisasterRecoveryConfigs", "namespaces/alias", "copies-in-home-country"),
    ("recoveryservices:ListBackupPolicies", "vaults/lockedshort", "no-lock-past-contract-end"),
    ("storage:ListContainers", "storageaccounts/website", "no-public-access"),
    ("loganalytics:GetTable", "diagnosticsettings/activity", "log-retention-year"),
];

/// Lists that are refused, of which nothing else tells: the service whose cell then counts as not listed.
const UNLISTED: &[(&str, &str)] = &[
    ("keyvault:ListDeletedVaults", "keyvault"),
    ("sql:ListRestorableDroppedDatabases", "sql"),
    ("storage:ListDeletedAccounts", "storage"),
    ("loganalytics:ListDeletedWorkspaces", "loganalytics"),
    ("sql:ListManagedInstanceLongTermRetentionBackups", "sql"),
    ("recoveryservices:ListReplicationProtectedItems", "recoveryservices"),
    ("subscription:ListResources", "resources"),
    ("subscription:ListResourceGroups", "resources"),
];

/// The walk at home without what these operations show.
fn refused<'a>(operations: impl Iterator<Item = &'a str>) -> Ran {
    let operations: BTreeSet<&str> = operations.collect();
    let fault = |(service, name)| format!("  - {{service: {service}, operation: {name}, fault: denied}}\n");
    let faults = operations.iter().filter_map(|operation| operation.split_once(':')).map(fault);
    walk_over(&format!("{}faults:\n{}", cloud(false), faults.collect::<String>()))
}

#[test]
fn what_was_refused_is_not_taken_for_home() {
    let mut differences = Vec::new();
    // Where an export goes is itself told by a diagnostic setting: without those there is none.
    for settings in [false, true] {
        let of_this = |operation: &str| (operation == "monitor:ListDiagnosticSettings") == settings;
        let questions: Vec<_> = REFUSED.iter().filter(|(operation, ..)| of_this(operation)).collect();
        let lists: Vec<_> = UNLISTED.iter().filter(|(operation, _)| of_this(operation)).collect();
        let operations = questions.iter().map(|(operation, ..)| *operation);
        let ran = refused(operations.chain(lists.iter().map(|(operation, _)| *operation)));
        for (operation, subject, check) in questions {
            let status = status(&ran, check, subject);
            if status != "unverified" {
                differences.push(format!("without {operation} {check} of {subject} is {status}"));
            }
        }
        let cells = rows(&ran.report, "/coverage/cells");
        for (operation, service) in lists {
            if !cells.iter().any(|cell| text(cell, "service") == *service && text(cell, "state") == "denied")
            {
                differences.push(format!("without {operation} every cell of {service} is accounted for"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A subscription with something in it and a bill of its own.
fn billed(resources: &str, bill: &str) -> Ran {
    walk_over(&format!(
        "azure:\n  locations: [japaneast, japanwest, eastus]\n  page_size: 2\n  subscriptions:\n    - id: 00000000-0000-0000-0000-000000000001\n      bill: [{bill}]\n      resources: [{resources}]\n"
    ))
}

#[test]
fn the_bill_names_what_the_inventory_does_not() {
    const DISK: &str = "{id: resourceGroups/g/providers/Microsoft.Compute/disks/d, location: japaneast}";
    const OWN: &str = "{location: JA East, type: Microsoft.Compute/disks}";
    let (agree, read) = ("second-lists-agree", "services-in-use-read");
    for (name, more, agrees, reads) in [
        ("what was found", "", "conforms", "conforms"),
        ("a tax", "{}", "conforms", "conforms"),
        ("what is called global", "{location: Global, type: microsoft.cdn/profiles}", "conforms", "conforms"),
        (
            "a type found at home alone",
            "{location: US East, type: microsoft.compute/disks}",
            "unverified",
            "conforms",
        ),
        (
            "another type of the same service",
            "{location: eastus, type: microsoft.compute/snapshots}",
            "unverified",
            "conforms",
        ),
        ("a charge without a type, in a region", "{location: eastus}", "unverified", "unverified"),
        ("a type in a place that is not told", "{type: microsoft.compute/disks}", "unverified", "conforms"),
        (
            "a word for a place that is not known",
            "{location: unknown, type: microsoft.compute/disks}",
            "unverified",
            "conforms",
        ),
        (
            "a type that nothing reads, at home",
            "{location: japaneast, type: microsoft.web/sites}",
            "conforms",
            "unverified",
        ),
        (
            "a type of configuration alone",
            "{location: japaneast, type: microsoft.network/publicipaddresses}",
            "conforms",
            "conforms",
        ),
        (
            "something on a further page",
            "{}, {location: Global, type: microsoft.cdn/profiles}, {location: eastus, type: microsoft.compute/disks}",
            "unverified",
            "conforms",
        ),
    ] {
        let ran = billed(DISK, format!("{OWN}, {more}").trim_end_matches([' ', ',']));
        let subject = "azure/00000000-0000-0000-0000-000000000001";
        assert_eq!(status(&ran, agree, subject), agrees, "{name}: {agree}");
        assert_eq!(status(&ran, read, subject), reads, "{name}: {read}");
    }
}

#[test]
fn what_a_subscription_is_not_registered_for_it_does_not_hold() {
    let cloud = "azure:\n  locations: [japaneast, eastus]\n  subscriptions:\n    - id: 00000000-0000-0000-0000-000000000001\n      unregistered: [Microsoft.Security, Microsoft.DocumentDB, Microsoft.Sql, Microsoft.KeyVault]\n      resources: []\n";
    let ran = walk_over(cloud);
    let cells = rows(&ran.report, "/coverage/cells");
    let open: Vec<String> = cells
        .iter()
        .filter(|cell| text(cell, "state") != "listed")
        .map(|cell| format!("{} {}", text(cell, "service"), text(cell, "state")))
        .collect();
    assert!(open.is_empty(), "{open:?}");
    // Where the list of registrations does not say so, the refusal is one.
    let denied =
        format!("{cloud}faults:\n  - {{service: subscription, operation: ListProviders, fault: denied}}\n");
    let ran = walk_over(&denied);
    let cells = rows(&ran.report, "/coverage/cells");
    let failed = |service: &str| {
        cells.iter().any(|cell| text(cell, "service") == service && text(cell, "state") == "failed")
    };
    assert!(failed("security") && failed("cosmosdb") && failed("sql"));
}

#[test]
fn points_of_databases_in_machines_are_of_a_moment() {
    let ran = walk(false);
    let usable = |name: &str| {
        let found =
            ran.facts.iter().find(|fact| fact["type"] == "resource" && text(fact, "id").ends_with(name));
        found.unwrap_or_else(|| panic!("{name} was not read"))["point"]["usable"].clone()
    };
    assert_eq!(usable("recoverypoints/utcpoint"), true);
    assert_eq!(usable("recoverypoints/silentpoint"), serde_json::Value::Null);
}

#[test]
fn records_of_a_management_group_are_followed() {
    let tenancy = TENANCY.replace("endpoint =", "management_group = \"contract\"\nendpoint =");
    for (place, wanted) in [("eastus", "violates"), ("japanwest", "conforms")] {
        let store = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s";
        let cloud = format!(
            "azure:\n  management_groups: {{contract: [00000000-0000-0000-0000-000000000001]}}\n  subscriptions:\n    - id: 00000000-0000-0000-0000-000000000001\n      resources:\n        - {{id: {store}, location: {place}, beside: {{kind: StorageV2, sku: {{name: Standard_LRS}}}}, properties: {{primaryLocation: {place}}}}}\n        - {{id: /providers/Microsoft.Management/managementGroups/contract/providers/Microsoft.Insights/diagnosticSettings/d, properties: {{storageAccountId: {store}, logs: [{{category: Administrative, enabled: true}}]}}}}\n"
        );
        let ran = Walker::new().walk_over(&cloud, &tenancy, |ways| ways.paced = false);
        let named = "managementgroups/contract/providers/microsoft.insights/diagnosticsettings/d";
        assert!(ran.facts.iter().any(|fact| fact["type"] == "resource" && text(fact, "id").ends_with(named)));
        assert_eq!(status(&ran, "log-copies-in-home-country", named), wanted, "{place}");
    }
}
