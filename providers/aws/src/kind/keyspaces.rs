//! Keyspaces: tables, and the regions they are replicated in.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::parts::{labelled_by_list, named_key, not_read};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, Recovery};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every keyspace of the region.
    LIST_KEYSPACES = "cassandra" "ListKeyspaces", needs "cassandra:Select", quota quota::KEYSPACES,
    Per::Page(100), Post, facts "keyspaces: in which regions their tables are replicated"
);
operation!(
    /// The tables of a keyspace.
    LIST_TABLES = "cassandra" "ListTables", needs "cassandra:Select", quota quota::KEYSPACES,
    Per::Page(100), Post, facts "tables of keyspaces"
);
operation!(
    /// A table.
    GET_TABLE = "cassandra" "GetTable", needs "cassandra:Select", quota quota::KEYSPACES, Per::Resource, Post,
    facts "tables of keyspaces: key, replicas, recovery"
);
operation!(
    /// Labels.
    LIST_TAGS = "cassandra" "ListTagsForResource", needs "cassandra:Select", quota quota::KEYSPACES,
    Per::Page(60), Post, facts "labels of tables of keyspaces"
);

/// Tables of keyspaces.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Table] },
    operations: &[&LIST_KEYSPACES, &LIST_TABLES, &GET_TABLE, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json10("KeyspacesService");
const SERVICE: &str = "cassandra";
/// What the service keeps of itself, in every account and region.
const OWN: [&str; 4] = ["system", "system_schema", "system_schema_mcs", "system_multiregion_info"];
/// How far back a table can be set, where it can.
const RECOVERY_DAYS: u32 = 35;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_KEYSPACES, API, region, json!({"maxResults": 100}));
    match all(List::<Keyspaces>::of(session, ask)).await {
        Ok(keyspaces) => {
            for (keyspace, _) in
                keyspaces.iter().filter(|(one, _)| !OWN.contains(&one.keyspace_name.as_str()))
            {
                let name = &keyspace.keyspace_name;
                let body = json!({"keyspaceName": name, "maxResults": 100});
                let list = List::<Tables>::of(session, Ask::of(&LIST_TABLES, API, region, body).about(name));
                tally.read(list, sink, |one, call| table(session, region, one, call, keyspace)).await;
            }
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keyspaces {
    keyspaces: Vec<Keyspace>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keyspace {
    keyspace_name: String,
    replication_strategy: Option<String>,
    replication_regions: Option<Vec<String>>,
}

page!(Keyspaces: Keyspace in keyspaces, "nextToken" from next_token, by |item| item.keyspace_name.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tables {
    tables: Vec<ListedTable>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedTable {
    table_name: String,
    resource_arn: String,
}

page!(
    Tables: ListedTable in tables, "nextToken" from next_token, by |item| item.resource_arn.clone(),
    own |item| Some(&item.resource_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    resource_arn: String,
    encryption_specification: Option<AtRest>,
    point_in_time_recovery: Option<Switch>,
    replica_specifications: Option<Vec<Replica>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtRest {
    r#type: String,
    kms_key_identifier: Option<String>,
}

#[derive(Deserialize)]
struct Switch {
    status: String,
}

#[derive(Deserialize)]
struct Replica {
    region: Option<String>,
}

async fn table(
    session: &Session,
    region: &str,
    found: ListedTable,
    call: CallId,
    keyspace: &Keyspace,
) -> Fact {
    let (id, name) = (found.resource_arn, format!("{}.{}", keyspace.keyspace_name, found.table_name));
    let mut draft = Draft::new(session, (Kind::Table, SERVICE), region, id.clone(), &name, &call);
    let body = json!({"keyspaceName": keyspace.keyspace_name, "tableName": found.table_name});
    let ask = Ask::of(&GET_TABLE, API, region, body).about(&name);
    let table = session.told::<Table>(ask).await.and_then(|heard| {
        let told = heard.told.filter(|told| told.resource_arn == id);
        let astray = || {
            let detail = "the answer is not about this table";
            Shortfall::of(&GET_TABLE, GapReason::Malformed, Some(heard.call), detail)
        };
        told.map(|told| (told, heard.call)).ok_or_else(astray)
    });
    match table {
        Ok((table, call)) => {
            for facet in ["copies", "encryption", "recovery"] {
                draft.sheet.shown(facet, &call);
            }
            let own = table.replica_specifications.iter().flatten().map(|replica| replica.region.as_deref());
            replicas(&mut draft, region, keyspace, own);
            described(&mut draft, table.encryption_specification, table.point_in_time_recovery, call);
        }
        Err(shortfall) => {
            replicas(&mut draft, region, keyspace, std::iter::empty());
            draft.perhaps_copied(CopyRole::Replica, &shortfall);
            draft.perhaps_encrypted(&shortfall);
            draft.perhaps_recoverable(&shortfall);
        }
    }
    let body = json!({"resourceArn": id, "maxResults": 60});
    let tags = all(List::<Tags>::of(session, Ask::of(&LIST_TAGS, API, region, body).about(&id))).await;
    labelled_by_list(&mut draft, tags);
    draft.finish()
}

/// The other regions that its keyspace and itself name.
fn replicas<'r>(
    draft: &mut Draft<'_>,
    region: &str,
    keyspace: &'r Keyspace,
    own: impl Iterator<Item = Option<&'r str>>,
) {
    let of_all = keyspace.replication_regions.iter().flatten().map(|there| Some(there.as_str()));
    let regions: std::collections::BTreeSet<Option<&str>> =
        of_all.chain(own).filter(|there| *there != Some(region)).collect();
    for there in &regions {
        match there {
            Some(there) => draft.copy(CopyRole::Replica, None, there),
            None => {
                let detail = "a replica has no region";
                draft.perhaps_copied(
                    CopyRole::Replica,
                    &Shortfall::without_call(GapReason::Malformed, detail),
                );
            }
        }
    }
    if keyspace.replication_strategy.as_deref() != Some("SINGLE_REGION") && regions.is_empty() {
        let detail = "the regions of a replicated keyspace were not stated";
        let untold = Shortfall::of(&LIST_KEYSPACES, GapReason::Malformed, None, detail);
        draft.perhaps_copied(CopyRole::Replica, &untold);
    }
}

fn described(draft: &mut Draft<'_>, at_rest: Option<AtRest>, recovery: Option<Switch>, call: CallId) {
    let unknown = |detail: String| Shortfall::of(&GET_TABLE, GapReason::Unknown, Some(call), detail);
    // What is stored here is always encrypted, under the service's own key where nothing is said.
    let (sort, key) = at_rest.map_or((None, None), |told| (Some(told.r#type), told.kms_key_identifier));
    match (sort.as_deref(), named_key(key.as_deref())) {
        (None | Some("AWS_OWNED_KMS_KEY"), _) => draft.encrypted(Observed::Seen(true), None),
        (Some("CUSTOMER_MANAGED_KMS_KEY"), Some(key)) => draft.encrypted(Observed::Seen(true), Some(key)),
        (Some(other), _) => {
            draft.perhaps_encrypted(&unknown(format!("unknown encryption `{}`", shorten(other))));
        }
    }
    match recovery.map(|recovery| recovery.status).as_deref() {
        Some("DISABLED") => draft.recoverable(None, None),
        Some("ENABLED") => {
            draft.copy(CopyRole::Backup, None, &draft.resource.region.clone());
            let untold = not_read("up to which moment it can be set back is not told");
            draft.resource.recovery = Some(Recovery {
                continuous: Observed::Seen(true),
                window_days: Observed::Seen(Some(RECOVERY_DAYS)),
                latest: draft.sheet.unseen("recovery.latest", &untold),
            });
        }
        other => {
            let detail = format!("unknown recovery `{}`", shorten(other.unwrap_or_default()));
            draft.perhaps_recoverable(&unknown(detail));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

page!(Tags: Tag in tags, "nextToken" from next_token, by |item| item.key.clone());
