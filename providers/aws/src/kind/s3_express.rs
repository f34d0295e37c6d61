//! S3 directory buckets, which no list of ordinary buckets holds. Each rests in one zone, named in its own name.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Expiry, Exposure, Facet, Kind, Sources};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every directory bucket of the region.
    LIST_DIRECTORY_BUCKETS = "s3express" "ListDirectoryBuckets", needs "s3express:ListAllMyDirectoryBuckets",
    quota quota::S3_EXPRESS, Per::Page(1_000), Get, facts "directory buckets: zone"
);
operation!(
    /// A directory bucket's encryption.
    GET_BUCKET_ENCRYPTION = "s3express" "GetBucketEncryption", needs "s3express:GetEncryptionConfiguration",
    quota quota::S3_EXPRESS, Per::Resource, Get, facts "directory buckets: encryption and key"
);

/// Directory buckets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::ObjectStore] },
    operations: &[&LIST_DIRECTORY_BUCKETS, &GET_BUCKET_ENCRYPTION],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "s3express";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let api = Api::RestXml("ListAllMyDirectoryBucketsResult|ListDirectoryBucketsOutput");
    let ask = Ask::of(&LIST_DIRECTORY_BUCKETS, api, region, json!({"max-directory-buckets": 1000}));
    let list = List::<Buckets>::of(session, ask.at("/", &[]));
    tally.read(list, sink, |found, call| bucket(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Buckets {
    #[serde(deserialize_with = "members")]
    buckets: Vec<Bucket>,
    continuation_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    name: String,
}

page!(Buckets: Bucket in buckets, "continuation-token" from continuation_token, by |item| item.name.clone());

async fn bucket(session: &Session, region: &str, found: Bucket, call: CallId) -> Fact {
    let name = found.name;
    let id = session.arn(SERVICE, region, &format!("bucket/{}", shorten(&name)));
    let mut draft = Draft::new(session, (Kind::ObjectStore, SERVICE), region, id, &name, &call);
    // It has no versions, no replication rules and no log of accesses; trails record its accesses by a sort of their own.
    draft.without(&[Facet::Versioning, Facet::Replication, Facet::AccessLog, Facet::Audit]);
    match zone_of(&name) {
        Some(zone) if is_of_region(zone) => {}
        Some(zone) => {
            draft.resource.copies.clear();
            draft.copy(CopyRole::Primary, None, zone);
        }
        None => {
            draft.resource.copies.clear();
            let detail = format!("the name `{}` does not say in which zone the bucket is", shorten(&name));
            let silent = Shortfall::of(&LIST_DIRECTORY_BUCKETS, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Primary, &silent);
        }
    }
    encrypted(session, &mut draft, region, &name).await;
    let unread = Shortfall::without_call(GapReason::NotRead, "this is not read for directory buckets");
    draft.resource.tags = draft.sheet.unseen("tags", &unread);
    draft.resource.expiry = Some(Expiry { rules: draft.sheet.unseen("expiry.rules", &unread) });
    draft.resource.sources = Some(Sources { bounds: draft.sheet.unseen("sources.bounds", &unread) });
    draft.resource.exposure = Some(Exposure {
        // Barriers against public access are always up before them, and cannot be taken down.
        public: Observed::Seen(false),
        public_access_blocked: Observed::Seen(true),
        tls_only: draft.sheet.unseen("exposure.tls_only", &unread),
        principals: draft.sheet.unseen("exposure.principals", &unread),
    });
    draft.finish()
}

/// The zone's id in a bucket's name: `base--zone--x-s3`.
fn zone_of(name: &str) -> Option<&str> {
    let (_, zone) = name.strip_suffix("--x-s3")?.rsplit_once("--")?;
    (!zone.is_empty()).then_some(zone)
}

/// Whether a zone's id (`apne1-az4`) is one of the region itself, not of a place beyond it (`apne1-tpe1-az1`).
fn is_of_region(zone: &str) -> bool {
    let mut parts = zone.split('-');
    let own = parts.next().is_some_and(|region| !region.is_empty());
    own && parts.next().is_some_and(|last| last.starts_with("az")) && parts.next().is_none()
}

async fn encrypted(session: &Session, draft: &mut Draft<'_>, region: &str, name: &str) {
    let api = Api::RestXml("ServerSideEncryptionConfiguration");
    let ask = Ask::of(&GET_BUCKET_ENCRYPTION, api, region, json!({"encryption": ""})).about(name);
    let heard = match session.told::<Configuration>(ask.at("/{}", &[name])).await {
        Ok(heard) => heard,
        Err(shortfall) => return draft.perhaps_encrypted(&shortfall),
    };
    draft.sheet.shown("encryption", &heard.call);
    let rule = heard.told.and_then(|told| told.rules.into_iter().find_map(|rule| rule.default));
    match rule.as_ref().map(|rule| rule.algorithm.as_str()) {
        Some("AES256") => draft.encrypted(Observed::Seen(true), None),
        Some("aws:kms") => {
            draft.encrypted(Observed::Seen(true), rule.as_ref().and_then(|rule| rule.key.as_deref()));
        }
        other => {
            let detail = format!("unknown encryption `{}`", shorten(other.unwrap_or_default()));
            let reason = if other.is_some() { GapReason::Unknown } else { GapReason::Malformed };
            let unknown = Shortfall::of(&GET_BUCKET_ENCRYPTION, reason, Some(heard.call), detail);
            draft.perhaps_encrypted(&unknown);
        }
    }
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "Rule", default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "ApplyServerSideEncryptionByDefault")]
    default: Option<ByDefault>,
}

#[derive(Deserialize)]
struct ByDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{is_of_region, zone_of};

    #[test]
    fn a_zone_beyond_the_region_is_told_from_its_own() {
        for (name, zone, own) in [
            ("records--apne1-az4--x-s3", Some("apne1-az4"), true),
            ("my--records--apne1-tpe1-az1--x-s3", Some("apne1-tpe1-az1"), false),
            ("records", None, false),
            ("--x-s3", None, false),
        ] {
            assert_eq!((zone_of(name), zone_of(name).is_some_and(is_of_region)), (zone, own), "{name}");
        }
    }
}
