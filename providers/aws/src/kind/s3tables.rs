//! S3 Tables: buckets of tables.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::parts::{bounded, labelled, not_read};
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::policy::{self, PolicyReading};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Exposure, Facet, Kind, Replication, ReplicationRule};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Every bucket of tables of the region.
    LIST_TABLE_BUCKETS = "s3tables" "ListTableBuckets", needs "s3tables:ListTableBuckets",
    quota quota::S3_TABLES, Per::Page(1_000), Get, facts "buckets of tables"
);
operation!(
    /// How what is put into a bucket is encrypted.
    GET_TABLE_BUCKET_ENCRYPTION = "s3tables" "GetTableBucketEncryption",
    needs "s3tables:GetTableBucketEncryption", quota quota::S3_TABLES, Per::Resource, Get,
    facts "encryption and key of buckets of tables"
);
operation!(
    /// Whom a bucket lets in.
    GET_TABLE_BUCKET_POLICY = "s3tables" "GetTableBucketPolicy", needs "s3tables:GetTableBucketPolicy",
    quota quota::S3_TABLES, Per::Resource, Get, facts "whom buckets of tables let in, and from where",
    absent &["NotFoundException"]
);
operation!(
    /// Where the tables of a bucket are replicated to.
    GET_TABLE_BUCKET_REPLICATION = "s3tables" "GetTableBucketReplication",
    needs "s3tables:GetTableBucketReplication", quota quota::S3_TABLES, Per::Resource, Get,
    facts "where buckets of tables are replicated to", absent &["NotFoundException"]
);
operation!(
    /// The tables in a bucket.
    LIST_TABLES = "s3tables" "ListTables", needs "s3tables:ListTables", quota quota::S3_TABLES,
    Per::Page(1_000), Get, facts "tables that may be replicated by rules of their own"
);
operation!(
    /// Where a table is replicated to by rules of its own.
    GET_TABLE_REPLICATION = "s3tables" "GetTableReplication", needs "s3tables:GetTableReplication",
    quota quota::S3_TABLES, Per::Sometimes, Get, facts "where single tables are replicated to",
    absent &["NotFoundException"]
);
operation!(
    /// Labels.
    LIST_TAGS_FOR_RESOURCE = "s3tables" "ListTagsForResource", needs "s3tables:ListTagsForResource",
    quota quota::S3_TABLES, Per::Resource, Get, facts "labels of buckets of tables"
);

/// Buckets of tables.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::ObjectStore] },
    operations: &[
        &LIST_TABLE_BUCKETS,
        &GET_TABLE_BUCKET_ENCRYPTION,
        &GET_TABLE_BUCKET_POLICY,
        &GET_TABLE_BUCKET_REPLICATION,
        &LIST_TABLES,
        &GET_TABLE_REPLICATION,
        &LIST_TAGS_FOR_RESOURCE,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "s3tables";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_TABLE_BUCKETS, API, region, json!({"maxBuckets": 1000})).at("/buckets", &[]);
    let list = List::<Buckets>::of(session, ask);
    tally.read(list, sink, |one, call| bucket(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Buckets {
    table_buckets: Vec<Bucket>,
    continuation_token: Option<String>,
}

#[derive(Deserialize)]
struct Bucket {
    arn: String,
    name: String,
}

page!(
    Buckets: Bucket in table_buckets, "continuationToken" from continuation_token, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

async fn bucket(session: &Session, region: &str, found: Bucket, call: CallId) -> Fact {
    let arn = found.arn;
    let mut draft =
        Draft::new(session, (Kind::ObjectStore, SERVICE), region, arn.clone(), &found.name, &call);
    // Of its tables the snapshots are kept by rules of their own, and trails record accesses by a sort of their own.
    draft.without(&[Facet::Versioning, Facet::Expiry, Facet::AccessLog, Facet::Audit]);
    let ask = |operation| Ask::of(operation, API, region, json!({})).about(&arn);
    let asked = session.told(ask(&GET_TABLE_BUCKET_ENCRYPTION).at("/buckets/{}/encryption", &[&arn])).await;
    encrypted(&mut draft, asked);
    let asked = session.told(ask(&GET_TABLE_BUCKET_POLICY).at("/buckets/{}/policy", &[&arn])).await;
    exposed(&mut draft, asked);
    replicated(session, region, &mut draft, &arn).await;
    let asked = session.told::<Tags>(ask(&LIST_TAGS_FOR_RESOURCE).at("/tag/{}", &[&arn])).await;
    labelled(&mut draft, asked, |told| Tag::of(told.tags));
    draft.finish()
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encrypted {
    encryption_configuration: Encryption,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encryption {
    sse_algorithm: String,
    kms_key_arn: Option<String>,
}

fn encrypted(draft: &mut Draft<'_>, asked: Asked<Encrypted>) {
    let operation = &GET_TABLE_BUCKET_ENCRYPTION;
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_encrypted(&shortfall),
    };
    draft.sheet.shown("encryption", &heard.call);
    let told = heard.told.map(|told| told.encryption_configuration);
    match told.as_ref().map(|told| (told.sse_algorithm.as_str(), told.kms_key_arn.as_deref())) {
        Some(("AES256", None)) => draft.encrypted(Observed::Seen(true), None),
        Some(("aws:kms", key)) => draft.encrypted_under(key, operation, heard.call),
        other => {
            let word = other.map(|(word, _)| word).unwrap_or_default();
            let detail = format!("unknown encryption `{}`", shorten(word));
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::Unknown, Some(heard.call), detail));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BucketPolicy {
    resource_policy: String,
}

/// Who is let in by its policy. Barriers against public access are always up before it, and cannot be taken down
/// (S3 User Guide, block public access for table buckets).
fn exposed(draft: &mut Draft<'_>, asked: Asked<BucketPolicy>) {
    let operation = &GET_TABLE_BUCKET_POLICY;
    let read = asked.and_then(|heard| {
        let reading = heard
            .told
            .map_or(Ok(PolicyReading::NONE), |told| policy::read(&told.resource_policy, &draft.resource.id));
        let malformed = |why: &str| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why);
        Ok((reading.map_err(|why| malformed(&why.0))?, heard.call))
    });
    bounded(draft, read.as_ref().map(|(reading, call)| (reading.bounds.clone(), *call)));
    let principals = match read {
        Ok((reading, call)) => {
            draft.sheet.shown("exposure", &call);
            Observed::Seen(reading.principals)
        }
        Err(shortfall) => draft.sheet.unseen("exposure.principals", &shortfall),
    };
    let unread = not_read("whether a bucket of tables refuses plain connections was not read");
    draft.resource.exposure = Some(Exposure {
        public: Observed::Seen(false),
        public_access_blocked: Observed::Seen(true),
        tls_only: draft.sheet.unseen("exposure.tls_only", &unread),
        principals,
    });
}

#[derive(Deserialize)]
struct Replicated {
    configuration: Rules,
}

#[derive(Deserialize)]
struct Rules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    destinations: Vec<Destination>,
}

#[derive(Deserialize)]
struct Destination {
    #[serde(rename = "destinationTableBucketARN")]
    bucket: String,
}

/// Where its tables are replicated to: by its own rules, and by those of single tables.
async fn replicated(session: &Session, region: &str, draft: &mut Draft<'_>, arn: &str) {
    let mut rules: Vec<ReplicationRule> = Vec::new();
    let mut unseen: Option<Shortfall> = None;
    let ask = Ask::of(&GET_TABLE_BUCKET_REPLICATION, API, region, json!({"tableBucketARN": arn})).about(arn);
    let asked = session.told(ask.at("/table-bucket-replication", &[])).await;
    copied(draft, "all tables", asked, &mut rules, &mut unseen);
    let ask = Ask::of(&LIST_TABLES, API, region, json!({"maxTables": 1000})).about(arn);
    let mut list = List::<Tables>::of(session, ask.at("/tables/{}", &[arn]));
    loop {
        match list.next().await {
            Ok(Some((tables, _))) => {
                for table in tables {
                    let own = table.table_arn.as_str();
                    let ask = Ask::of(&GET_TABLE_REPLICATION, API, region, json!({"tableArn": own}));
                    let asked = session.told(ask.about(own).at("/table-replication", &[])).await;
                    copied(draft, &table.name, asked, &mut rules, &mut unseen);
                }
            }
            Ok(None) => break,
            Err(shortfall) => {
                draft.perhaps_copied(CopyRole::Replica, &shortfall);
                unseen = Some(shortfall);
                break;
            }
        }
    }
    let rules = match unseen {
        None => Observed::Seen(rules),
        Some(shortfall) => draft.sheet.unseen("replication.rules", &shortfall),
    };
    draft.resource.replication = Some(Replication { rules });
}

/// Notes the copies that rules make.
fn copied(
    draft: &mut Draft<'_>,
    name: &str,
    asked: Asked<Replicated>,
    rules: &mut Vec<ReplicationRule>,
    unseen: &mut Option<Shortfall>,
) {
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Replica, &shortfall);
            *unseen = Some(shortfall);
            return;
        }
    };
    draft.sheet.shown("replication", &heard.call);
    draft.sheet.shown("copies", &heard.call);
    let told = heard.told.map(|told| told.configuration.rules).unwrap_or_default();
    for destination in told.into_iter().flat_map(|rule| rule.destinations) {
        let (name, destination) = (shorten(name), shorten(&destination.bucket));
        if !draft.resource.copies.iter().any(|copy| copy.holder.as_deref() == Some(destination.as_str())) {
            draft.copy_at(CopyRole::Replica, &destination);
        }
        rules.push(ReplicationRule { name, enabled: Observed::Seen(true), destination });
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tables {
    tables: Vec<Table>,
    continuation_token: Option<String>,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    #[serde(rename = "tableARN")]
    table_arn: String,
}

page!(Tables: Table in tables, "continuationToken" from continuation_token, by |item| item.table_arn.clone());
