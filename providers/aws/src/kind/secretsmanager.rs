//! Secrets Manager: secrets, and the regions they are replicated to.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use super::shared::{List, Page, moment, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every secret of the region, those that wait for their deletion and those replicated into it included.
    LIST_SECRETS = "secretsmanager" "ListSecrets", needs "secretsmanager:ListSecrets", quota quota::SECRETS_LIST,
    Per::Page(100), Post, facts "secrets: key, region they come from, planned deletion, labels"
);
operation!(
    /// A secret's properties, never its value.
    DESCRIBE_SECRET = "secretsmanager" "DescribeSecret", needs "secretsmanager:DescribeSecret", quota quota::SECRETS,
    Per::Resource, Post, facts "regions a secret is replicated to"
);

/// Secrets.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Secret] },
    operations: &[&LIST_SECRETS, &DESCRIBE_SECRET],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("secretsmanager");
const SERVICE: &str = "secretsmanager";
const OTHER_SECRET: &str = "the answer is not about this secret";
/// The longest a secret waits for its deletion, in seconds: 30 days (DeleteSecret).
const LONGEST_WAIT: f64 = 30.0 * 24.0 * 60.0 * 60.0;

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let body = json!({"MaxResults": 100, "IncludePlannedDeletion": true});
    let list = List::<Secrets>::of(session, Ask::of(&LIST_SECRETS, API, region, body));
    tally.read(list, sink, |found, call| secret(session, region, found, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secrets {
    secret_list: Vec<Secret>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    #[serde(rename = "ARN")]
    arn: String,
    name: String,
    kms_key_id: Option<String>,
    deleted_date: Option<f64>,
    primary_region: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

page!(Secrets: Secret in secret_list, "NextToken" from next_token, by |item| item.arn.clone(), own |item| Some(&item.arn));

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    #[serde(rename = "ARN")]
    arn: String,
    #[serde(default)]
    replication_status: Vec<Replica>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replica {
    region: String,
}

async fn secret(session: &Session, region: &str, found: Secret, call: CallId) -> Fact {
    let arn = found.arn.clone();
    let mut draft = Draft::new(session, (Kind::Secret, SERVICE), region, found.arn, &found.name, &call);
    // Without a key named it is encrypted under the key AWS manages for the service.
    draft.encrypted(Observed::Seen(true), found.kms_key_id.as_deref());
    draft.tags(found.tags);
    let primary = found.primary_region.filter(|primary| !primary.is_empty() && primary != region);
    draft.resource.made_from = primary.map(|primary| elsewhere(&arn, &primary));
    if let Some(deleted) = found.deleted_date {
        waits(&mut draft, deleted);
    }
    let ask = Ask::of(&DESCRIBE_SECRET, API, region, json!({"SecretId": arn})).about(&arn);
    let missing = match session.told::<Described>(ask).await {
        Ok(heard) => match heard.told.filter(|told| told.arn == arn) {
            Some(told) => {
                draft.sheet.shown("copies", &heard.call);
                replicas(&mut draft, region, &arn, told);
                return draft.finish();
            }
            None => Shortfall::of(&DESCRIBE_SECRET, GapReason::Malformed, Some(heard.call), OTHER_SECRET),
        },
        Err(shortfall) => shortfall,
    };
    draft.perhaps_copied(CopyRole::Replica, &missing);
    draft.finish()
}

/// Replicas, each under the same name in a region of its own; one that failed may have been well before.
fn replicas(draft: &mut Draft<'_>, region: &str, arn: &str, told: Described) {
    for replica in told.replication_status.iter().filter(|replica| replica.region != region) {
        let holder = elsewhere(arn, &replica.region);
        draft.copy(CopyRole::Replica, Some(&holder), &replica.region);
    }
}

/// The ARN under which the same secret is known in another region.
fn elsewhere(arn: &str, region: &str) -> String {
    let mut parts: Vec<&str> = arn.splitn(5, ':').collect();
    if let Some(place) = parts.get_mut(3) {
        *place = region;
    }
    shorten(&parts.join(":"))
}

/// A deleted secret can be had back for up to 30 days; who has it back can delete it at once. Whether the date told is
/// the beginning or the end of that time is not documented alike everywhere: the later is taken.
fn waits(draft: &mut Draft<'_>, deleted: f64) {
    draft.hindered(Obstacle {
        kind: Observed::Seen(ObstacleKind::SoftDelete),
        starts: Observed::Seen(Starts::Fixed),
        days: Observed::Seen(None),
        until: Observed::Seen(moment(deleted + LONGEST_WAIT)),
        lifted_by: Observed::Seen(LiftedBy::User),
    });
}
