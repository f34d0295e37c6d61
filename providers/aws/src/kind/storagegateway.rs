//! Storage Gateway: machines, mostly outside the provider, that hand files, disks and tapes on; and the shares whose
//! files become objects in buckets.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::flow::handed_to;
use super::parts::{besides, not_read};
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every gateway of the region.
    LIST_GATEWAYS = "storagegateway" "ListGateways", needs "storagegateway:ListGateways",
    quota quota::STORAGE_GATEWAY, Per::Page(100), Post, facts "gateways that hand files, disks and tapes on"
);
operation!(
    /// A gateway.
    DESCRIBE_GATEWAY_INFORMATION = "storagegateway" "DescribeGatewayInformation",
    needs "storagegateway:DescribeGatewayInformation", quota quota::STORAGE_GATEWAY, Per::Resource, Post,
    facts "on what gateways run and where, where they log, labels"
);
operation!(
    /// Every share of the region.
    LIST_FILE_SHARES = "storagegateway" "ListFileShares", needs "storagegateway:ListFileShares",
    quota quota::STORAGE_GATEWAY, Per::Page(100), Post, facts "shares whose files become objects in buckets"
);
operation!(
    /// A share of the one sort.
    DESCRIBE_NFS_FILE_SHARES = "storagegateway" "DescribeNFSFileShares",
    needs "storagegateway:DescribeNFSFileShares", quota quota::STORAGE_GATEWAY, Per::Sometimes, Post,
    facts "the bucket of a share, its key, where accesses are logged, labels"
);
operation!(
    /// A share of the other.
    DESCRIBE_SMB_FILE_SHARES = "storagegateway" "DescribeSMBFileShares",
    needs "storagegateway:DescribeSMBFileShares", quota quota::STORAGE_GATEWAY, Per::Sometimes, Post,
    facts "the bucket of a share, its key, where accesses are logged, labels"
);

/// Gateways and shares.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[
        &LIST_GATEWAYS,
        &DESCRIBE_GATEWAY_INFORMATION,
        &LIST_FILE_SHARES,
        &DESCRIBE_NFS_FILE_SHARES,
        &DESCRIBE_SMB_FILE_SHARES,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("StorageGateway_20130630");
const SERVICE: &str = "storagegateway";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation| Ask::of(operation, API, region, json!({"Limit": 100}));
    let list = List::<Gateways>::of(session, ask(&LIST_GATEWAYS));
    tally.read(list, sink, |one, call| gateway(session, region, one, call)).await;
    let list = List::<Shares>::of(session, ask(&LIST_FILE_SHARES));
    tally.read(list, sink, |one, call| share(session, region, one, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Gateways {
    gateways: Vec<Listed>,
    marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(rename = "GatewayARN")]
    arn: String,
    gateway_name: Option<String>,
}

page!(
    Gateways: Listed in gateways, "Marker" from marker, by |item| item.arn.clone(), own |item| Some(&item.arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Gateway {
    #[serde(rename = "GatewayARN")]
    arn: String,
    gateway_type: Option<String>,
    host_environment: Option<String>,
    ec2_instance_region: Option<String>,
    #[serde(rename = "CloudWatchLogGroupARN")]
    log_group: Option<String>,
    tags: Option<Vec<Tag>>,
}

async fn gateway(session: &Session, region: &str, found: Listed, call: CallId) -> Fact {
    let (operation, arn) = (&DESCRIBE_GATEWAY_INFORMATION, found.arn);
    let name = found.gateway_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&arn);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, arn.clone(), name, &call);
    let ask = Ask::of(operation, API, region, json!({"GatewayARN": arn})).about(&arn);
    let told = told(operation, session.told::<Gateway>(ask).await, |told| (told.arn == arn).then_some(told));
    match told {
        Ok((told, call)) => {
            draft.sheet.shown("copies", &call);
            stands(&mut draft, &told);
            keeps(&mut draft, &told, call);
            if let Some(group) = told.log_group.as_deref().filter(|group| !group.is_empty()) {
                draft.copy_at(CopyRole::Log, group.trim_end_matches(":*"));
            }
            match told.tags {
                Some(tags) => draft.tags(tags),
                None => draft.resource.tags = draft.said("tags", None, operation, call),
            }
        }
        Err(shortfall) => {
            for role in [CopyRole::Cache, CopyRole::Transit, CopyRole::Log] {
                draft.perhaps_copied(role, &shortfall);
            }
            // It may be one that keeps disks or tapes.
            besides(&mut draft, Facet::Encryption, &call);
            draft.perhaps_encrypted(&shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", &shortfall);
        }
    }
    draft.finish()
}

/// What it keeps near its users stands where its machine does.
fn stands(draft: &mut Draft<'_>, told: &Gateway) {
    match (told.host_environment.as_deref(), told.ec2_instance_region.as_deref()) {
        (Some("EC2"), Some(there)) if !there.is_empty() => draft.copy(CopyRole::Cache, None, there),
        _ => {
            draft.perhaps_copied(
                CopyRole::Cache,
                &not_read("where the gateway's machine stands was not read"),
            );
        }
    }
}

/// What it hands on: objects of shares, which are told of by themselves, or disks and tapes.
fn keeps(draft: &mut Draft<'_>, told: &Gateway, call: CallId) {
    match told.gateway_type.as_deref() {
        Some("FILE_S3") => {}
        Some("FILE_FSX_SMB") => {
            let detail = "the file systems the gateway is connected to were not read";
            draft.perhaps_copied(CopyRole::Transit, &not_read(detail));
        }
        Some("CACHED" | "STORED" | "VTL") => {
            // The service keeps them in the gateway's region.
            besides(draft, Facet::Encryption, &call);
            draft.perhaps_encrypted(&not_read("the key of the gateway's disks and tapes was not read"));
        }
        other => {
            let sort = shorten(other.unwrap_or_default());
            let detail = format!("unknown kind of gateway `{sort}`");
            let operation = &DESCRIBE_GATEWAY_INFORMATION;
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.perhaps_copied(CopyRole::Transit, &unknown);
            besides(draft, Facet::Encryption, &call);
            draft.perhaps_encrypted(&unknown);
        }
    }
}

/// What an operation told of what was asked, or why it did not.
fn told<A, T>(
    operation: &Operation,
    asked: Asked<A>,
    about: impl FnOnce(A) -> Option<T>,
) -> Result<(T, CallId), Shortfall> {
    let heard = asked?;
    let astray = "the answer is not about this resource";
    let found = heard.told.and_then(about);
    found
        .map(|found| (found, heard.call))
        .ok_or_else(|| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), astray))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shares {
    file_share_info_list: Vec<ListedShare>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedShare {
    #[serde(rename = "FileShareARN")]
    arn: String,
    file_share_type: Option<String>,
}

page!(
    Shares: ListedShare in file_share_info_list, "Marker" from next_marker, by |item| item.arn.clone(),
    own |item| Some(&item.arn)
);

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "NFSFileShareInfoList", alias = "SMBFileShareInfoList")]
    shares: Vec<Share>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Share {
    #[serde(rename = "FileShareARN")]
    arn: String,
    file_share_name: Option<String>,
    encryption_type: Option<String>,
    #[serde(rename = "KMSEncrypted")]
    kms_encrypted: Option<bool>,
    #[serde(rename = "KMSKey")]
    key: Option<String>,
    #[serde(rename = "LocationARN")]
    location: Option<String>,
    bucket_region: Option<String>,
    #[serde(rename = "AuditDestinationARN")]
    audit_destination: Option<String>,
    tags: Option<Vec<Tag>>,
}

async fn share(session: &Session, region: &str, found: ListedShare, call: CallId) -> Fact {
    let arn = found.arn;
    let operation = match found.file_share_type.as_deref() {
        Some("SMB") => &DESCRIBE_SMB_FILE_SHARES,
        _ => &DESCRIBE_NFS_FILE_SHARES,
    };
    let ask = Ask::of(operation, API, region, json!({"FileShareARNList": [arn]})).about(&arn);
    let asked = session.told::<Described>(ask).await;
    let told = told(operation, asked, |told| told.shares.into_iter().find(|share| share.arn == arn));
    let named = told.as_ref().ok().and_then(|(share, _)| share.file_share_name.as_deref());
    let name = named.filter(|name| !name.is_empty()).unwrap_or(&arn);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, arn.clone(), name, &call);
    besides(&mut draft, Facet::Encryption, &call);
    match &told {
        Ok((told, call)) => {
            for facet in ["copies", "encryption", "tags"] {
                draft.sheet.shown(facet, call);
            }
            carried(session, &mut draft, told, operation, *call).await;
            encrypted(&mut draft, told, operation, *call);
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Transit, shortfall);
            draft.perhaps_copied(CopyRole::Log, shortfall);
            draft.perhaps_encrypted(shortfall);
            draft.resource.tags = draft.sheet.unseen("tags", shortfall);
        }
    }
    if let Ok((told, call)) = told {
        match told.tags {
            Some(tags) => draft.tags(tags),
            None => draft.resource.tags = draft.said("tags", None, operation, call),
        }
    }
    draft.finish()
}

/// The bucket its files are objects of, and where accesses are logged.
async fn carried(
    session: &Session,
    draft: &mut Draft<'_>,
    told: &Share,
    operation: &Operation,
    call: CallId,
) {
    match told.location.as_deref().filter(|location| !location.is_empty()) {
        Some(location) => handed_to(draft, session, CopyRole::Transit, location).await,
        None => {
            let detail = "the answer names no bucket";
            let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
            draft.perhaps_copied(CopyRole::Transit, &silent);
        }
    }
    if let Some(there) = told.bucket_region.as_deref().filter(|there| !there.is_empty()) {
        draft.copy(CopyRole::Transit, None, there);
    }
    if let Some(target) = told.audit_destination.as_deref().filter(|target| !target.is_empty()) {
        draft.copy_at(CopyRole::Log, target.trim_end_matches(":*"));
    }
}

/// Objects are always encrypted when they are written; the older of the two words only says whether under a key.
fn encrypted(draft: &mut Draft<'_>, told: &Share, operation: &Operation, call: CallId) {
    match (told.encryption_type.as_deref(), told.kms_encrypted) {
        (Some("SseS3"), _) | (None, Some(false)) => draft.encrypted(Observed::Seen(true), None),
        (Some("SseKms" | "DsseKms"), _) | (None, Some(true)) => {
            draft.encrypted_under(told.key.as_deref(), operation, call);
        }
        (Some(other), _) => {
            let detail = format!("unknown encryption `{}`", shorten(other));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.perhaps_encrypted(&unknown);
        }
        (None, None) => {
            let silent = draft.said("encryption", None, operation, call);
            draft.encrypted(silent, None);
        }
    }
}
