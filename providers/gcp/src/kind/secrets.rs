//! Secret Manager: secrets, and the places they are replicated to. Their values are never read.

use super::Entry;
use super::draft::{Draft, Fact, Tally, days, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, ObstacleKind, Starts};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

operation!(
    /// The secrets of the project.
    LIST_SECRETS = "secretmanager" "projects.secrets.list", at "v1/{+parent}/secrets", needs "secretmanager.secrets.list",
    quota quota::OTHER, Per::Sometimes, Get, facts "secrets, where the asset inventory is refused"
);

/// Secrets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Secret] },
    methods: &[&LIST_SECRETS],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "secretmanager";
const ASSETS: &[&str] = &["secretmanager.googleapis.com/Secret"];
/// Replicated without any restriction of place (secretmanager.v1, Automatic).
const AUTOMATIC: &str = "automatic";

static OWN: &[&Own] = &[&Own {
    asset: "secretmanager.googleapis.com/Secret",
    steps: &[Step {
        method: &LIST_SECRETS,
        at: &[("parent", "projects/{project}"), ("pageSize", "1000")],
        items: "secrets",
        name: |item, _| Some(format!("//secretmanager.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, ASSETS).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    // Each region's are asked of an address of its own.
    let listing = Listing::of(session, ASSETS, OWN)
        .lacking("regional secrets are listed only by their region, and were not read");
    tally.read(listing, sink, |found| secret(session, &policies, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret {
    replication: Option<Replication>,
    customer_managed_encryption: Option<CustomerManagedEncryption>,
    version_destroy_ttl: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replication {
    automatic: Option<Automatic>,
    user_managed: Option<UserManaged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Automatic {
    customer_managed_encryption: Option<CustomerManagedEncryption>,
    #[serde(flatten)]
    _others: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct UserManaged {
    #[serde(default)]
    replicas: Vec<Replica>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replica {
    location: String,
    customer_managed_encryption: Option<CustomerManagedEncryption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerManagedEncryption {
    kms_key_name: Option<String>,
}

fn secret(session: &Session, policies: &Policies, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Secret = read(&mut found)?;
    let replication = told.replication.unwrap_or(Replication { automatic: None, user_managed: None });
    let replicas = replication.user_managed.map(|managed| managed.replicas).unwrap_or_default();
    // A regional secret is at the place its name says, and has no replication.
    let place = match &replication.automatic {
        Some(_) => Some(AUTOMATIC),
        None => replicas.first().map(|replica| replica.location.as_str()).or_else(|| in_name(&found.name)),
    };
    let mut draft = Draft::new(session, (Kind::Secret, SERVICE), place, &found);
    if !replicas.is_empty() {
        draft.rests_in(replicas.iter().map(|replica| replica.location.as_str()));
    }
    let own = [
        told.customer_managed_encryption,
        replication.automatic.and_then(|told| told.customer_managed_encryption),
    ];
    let keys = own.into_iter().chain(replicas.into_iter().map(|replica| replica.customer_managed_encryption));
    let keys: Vec<String> = keys.flatten().filter_map(|told| told.kms_key_name).collect();
    draft.encrypted(keys.first().map(String::as_str));
    // One key for each place: the others are copies of keys too.
    for other in keys.iter().skip(1) {
        draft.copy_with(CopyRole::Key, &session.key_name(other));
    }
    draft.labelled(&told.labels);
    draft.shared(policies.on(&found.name));
    if let Some(wait) = told.version_destroy_ttl.as_deref().and_then(days) {
        // Whoever deletes the whole secret does not wait.
        draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(wait), LiftedBy::User);
    }
    Ok(draft.finish())
}
