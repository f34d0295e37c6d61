//! The recycle bin of EC2: what is in it, and the rules by which deleted disks, snapshots and images live on there.

use super::draft::{Draft, Fact, Tag, Tally, all};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Facet, Kind, LiftedBy, Obstacle, ObstacleKind, Starts};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::future::ready;

operation!(
    /// The rules for one sort of things.
    LIST_RULES = "rbin" "ListRules", needs "rbin:ListRules", quota quota::RECYCLE_BIN,
    Per::Page(1_000), Post, facts "rules by which deleted disks, snapshots and images live on"
);
operation!(
    /// What a rule covers.
    GET_RULE = "rbin" "GetRule", needs "rbin:GetRule", quota quota::RECYCLE_BIN,
    Per::Sometimes, Get, facts "which labels a rule of the recycle bin covers, for how long, and whether it is locked"
);
operation!(
    /// Disks in the bin.
    LIST_VOLUMES_IN_RECYCLE_BIN = "ec2" "ListVolumesInRecycleBin", needs "ec2:ListVolumesInRecycleBin",
    quota quota::EC2_LIST, Per::Page(500), Post, facts "deleted disks that live on"
);
operation!(
    /// Snapshots in the bin.
    LIST_SNAPSHOTS_IN_RECYCLE_BIN = "ec2" "ListSnapshotsInRecycleBin", needs "ec2:ListSnapshotsInRecycleBin",
    quota quota::EC2_LIST, Per::Page(1_000), Post, facts "deleted snapshots that live on"
);
operation!(
    /// Images in the bin.
    LIST_IMAGES_IN_RECYCLE_BIN = "ec2" "ListImagesInRecycleBin", needs "ec2:ListImagesInRecycleBin",
    quota quota::EC2_LIST, Per::Page(1_000), Post, facts "deleted machine images that live on"
);

const EC2: Api = Api::Ec2("2016-11-15");
const API: Api = Api::Rest;

/// Reads what is in the bin.
pub async fn sweep(session: &Session, region: &str, sink: &dyn FactSink, tally: &mut Tally) {
    let ask = |operation, most| Ask::of(operation, EC2, region, json!({"MaxResults": most}));
    let list = List::<Volumes>::of(session, ask(&LIST_VOLUMES_IN_RECYCLE_BIN, 500));
    tally.read(list, sink, |found, call| ready(volume(session, region, found, call))).await;
    let list = List::<Snapshots>::of(session, ask(&LIST_SNAPSHOTS_IN_RECYCLE_BIN, 1000));
    tally.read(list, sink, |found, call| ready(snapshot(session, region, found, call))).await;
    let list = List::<Images>::of(session, ask(&LIST_IMAGES_IN_RECYCLE_BIN, 1000));
    tally.read(list, sink, |found, call| ready(image(session, region, found, call))).await;
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volumes {
    #[serde(deserialize_with = "members")]
    volume_set: Vec<Volume>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    volume_id: String,
    availability_zone: Option<String>,
    outpost_arn: Option<String>,
    recycle_bin_exit_time: Option<String>,
}

page!(Volumes: Volume in volume_set, "NextToken" from next_token, by |item| item.volume_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshots {
    #[serde(deserialize_with = "members")]
    snapshot_set: Vec<Snapshot>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    snapshot_id: String,
    volume_id: Option<String>,
    recycle_bin_exit_time: Option<String>,
}

page!(Snapshots: Snapshot in snapshot_set, "NextToken" from next_token, by |item| item.snapshot_id.clone());

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Images {
    #[serde(deserialize_with = "members")]
    image_set: Vec<Image>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    image_id: String,
    name: Option<String>,
    recycle_bin_exit_time: Option<String>,
}

page!(Images: Image in image_set, "NextToken" from next_token, by |item| item.image_id.clone());

fn volume(session: &Session, region: &str, found: Volume, call: CallId) -> Fact {
    let id = session.arn("ec2", region, &format!("volume/{}", found.volume_id));
    let mut draft = Draft::new(session, (Kind::Disk, "ec2"), region, id, &found.volume_id, &call);
    let zone = found.availability_zone.as_deref().filter(|zone| !zone.is_empty());
    match (found.outpost_arn.as_deref().filter(|arn| !arn.is_empty()), zone) {
        (Some(outpost), _) => draft.rests_on_outpost(outpost),
        (None, Some(zone)) => draft.rests_in_zone(zone),
        (None, None) => {}
    }
    draft.resource.facets.push(Facet::Erasure);
    binned(&mut draft, &LIST_VOLUMES_IN_RECYCLE_BIN, found.recycle_bin_exit_time.as_deref(), call);
    draft.finish()
}

fn snapshot(session: &Session, region: &str, found: Snapshot, call: CallId) -> Fact {
    let id = session.arn("ec2", region, &format!("snapshot/{}", found.snapshot_id));
    let mut draft = Draft::new(session, (Kind::Snapshot, "ec2"), region, id, &found.snapshot_id, &call);
    draft.resource.made_from = super::ebs::made_from(session, region, found.volume_id.as_deref());
    let leaves = found.recycle_bin_exit_time.as_deref();
    binned(&mut draft, &LIST_SNAPSHOTS_IN_RECYCLE_BIN, leaves, call);
    draft.point(None, None, false, leaves);
    draft.finish()
}

fn image(session: &Session, region: &str, found: Image, call: CallId) -> Fact {
    let id = session.arn("ec2", region, &format!("image/{}", found.image_id));
    let name = found.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&found.image_id);
    let mut draft = Draft::new(session, (Kind::MachineImage, "ec2"), region, id, name, &call);
    binned(&mut draft, &LIST_IMAGES_IN_RECYCLE_BIN, found.recycle_bin_exit_time.as_deref(), call);
    draft.finish()
}

/// What is in the bin cannot be used by anybody, nor deleted before its time.
fn binned(draft: &mut Draft<'_>, operation: &Operation, leaves: Option<&str>, call: CallId) {
    draft.without(&[Facet::Sharing]);
    let unsaid = |what: &str| {
        let detail = format!("for what is in the recycle bin the answer does not say {what}");
        Shortfall::of(operation, GapReason::NotRead, Some(call), detail)
    };
    draft.resource.tags = draft.sheet.unseen("tags", &unsaid("tags"));
    if draft.resource.facets.contains(&Facet::Encryption) {
        draft.perhaps_encrypted(&unsaid("encryption"));
    }
    draft.sheet.shown("erasure", &call);
    draft.hindered(Obstacle {
        kind: Observed::Seen(ObstacleKind::SoftDelete),
        starts: Observed::Seen(Starts::Fixed),
        days: Observed::Seen(None),
        until: Observed::Seen(leaves.map(shorten)),
        lifted_by: Observed::Seen(LiftedBy::Nobody),
    });
}

/// The rules of a region for one sort of things; what was not seen of them may cover anything.
pub type Rules = Vec<Result<(Rule, CallId), Shortfall>>;

/// Reads the rules for `EBS_VOLUME`, `EBS_SNAPSHOT` or `EC2_IMAGE`.
pub async fn rules(session: &Session, region: &str, sort: &str) -> Rules {
    let body = json!({"ResourceType": sort, "MaxResults": 1000});
    let ask = Ask::of(&LIST_RULES, API, region, body).about(sort).at("/list-rules", &[]);
    let listed = match all(List::<Listed>::of(session, ask)).await {
        Ok(listed) => listed,
        Err(shortfall) => return vec![Err(shortfall)],
    };
    let mut rules = Vec::new();
    for (found, _) in listed {
        let id = found.identifier;
        let ask = Ask::of(&GET_RULE, API, region, json!({})).about(&id).at("/rules/{}", &[&id]);
        rules.push(session.told::<Rule>(ask).await.and_then(|heard| {
            let told = heard.told.filter(|rule| rule.identifier == id);
            let detail = "the answer is not about this resource";
            let astray = || Shortfall::of(&GET_RULE, GapReason::Malformed, Some(heard.call), detail);
            Ok((told.ok_or_else(astray)?, heard.call))
        }));
    }
    rules
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    rules: Vec<ListedRule>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedRule {
    identifier: String,
}

page!(Listed: ListedRule in rules, "NextToken" from next_token, by |item| item.identifier.clone());

/// One rule.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    identifier: String,
    retention_period: Period,
    resource_tags: Option<Vec<Label>>,
    exclude_resource_tags: Option<Vec<Label>>,
    lock_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Period {
    retention_period_value: u32,
    retention_period_unit: String,
}

/// A label that a rule names; any value of it where none is said.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Label {
    resource_tag_key: String,
    resource_tag_value: Option<String>,
}

impl Rule {
    /// Whether it keeps what has these labels: one of those it names, or where it names none, anything but what has
    /// one of those it leaves out. A label that is left out by its key alone leaves nothing out here: it cannot be told
    /// which of its values are meant.
    fn covers(&self, tags: &[Tag]) -> bool {
        let has = |label: &Label, any: bool| {
            let value = label.resource_tag_value.as_ref();
            tags.iter().any(|tag| {
                tag.key == label.resource_tag_key && value.map_or(any, |value| *value == tag.value)
            })
        };
        let (named, left_out) =
            (self.resource_tags.iter().flatten(), self.exclude_resource_tags.iter().flatten());
        let mut named = named.peekable();
        match named.peek() {
            Some(_) => named.any(|label| has(label, true)),
            None => !left_out.into_iter().any(|label| has(label, false)),
        }
    }
}

/// Notes how long what has these labels lives on after it was deleted.
pub fn kept(draft: &mut Draft<'_>, rules: &Rules, tags: &[Tag]) {
    for rule in rules {
        match rule {
            Ok((rule, call)) if rule.covers(tags) => {
                // Of this kind of thing only what a rule covers has something in the way of its erasure.
                with_erasure(draft);
                draft.sheet.shown("erasure", call);
                obstacle(draft, rule, *call);
            }
            Ok((_, call)) if draft.resource.facets.contains(&Facet::Erasure) => {
                draft.sheet.shown("erasure", call);
            }
            Ok(_) => {}
            Err(shortfall) => {
                with_erasure(draft);
                draft.perhaps_hindered(shortfall);
            }
        }
    }
}

fn with_erasure(draft: &mut Draft<'_>) {
    if !draft.resource.facets.contains(&Facet::Erasure) {
        draft.resource.facets.push(Facet::Erasure);
    }
}

fn obstacle(draft: &mut Draft<'_>, rule: &Rule, call: CallId) {
    let unknown = |detail: String| Shortfall::of(&GET_RULE, GapReason::Unknown, Some(call), detail);
    let period = &rule.retention_period;
    if period.retention_period_unit != "DAYS" {
        let detail = format!("unknown unit of time `{}`", shorten(&period.retention_period_unit));
        return draft.perhaps_hindered(&unknown(detail));
    }
    let lifted_by = match rule.lock_state.as_deref() {
        // A rule is not locked unless somebody locks it.
        None | Some("unlocked") => Observed::Seen(LiftedBy::PrivilegedUser),
        // Once unlocked it stays as it is for up to another month.
        Some("locked" | "pending_unlock") => Observed::Seen(LiftedBy::Nobody),
        Some(other) => {
            let detail = format!("unknown state of a rule's lock `{}`", shorten(other));
            draft.sheet.unseen("erasure.obstacles.lifted_by", &unknown(detail))
        }
    };
    draft.hindered(Obstacle {
        kind: Observed::Seen(ObstacleKind::SoftDelete),
        starts: Observed::Seen(Starts::AtRequest),
        days: Observed::Seen(Some(period.retention_period_value)),
        until: Observed::Seen(None),
        lifted_by,
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_rule_covers_what_it_names_or_all_but_what_it_leaves_out() {
        let covers = |named: serde_json::Value, left_out: serde_json::Value, tags: &[(&str, &str)]| {
            let rule: Rule = serde_json::from_value(json!({
                "Identifier": "r", "RetentionPeriod": {"RetentionPeriodValue": 7, "RetentionPeriodUnit": "DAYS"},
                "ResourceTags": named, "ExcludeResourceTags": left_out
            }))
            .unwrap();
            let tag = |(key, value): &(&str, &str)| Tag { key: (*key).into(), value: (*value).into() };
            rule.covers(&tags.iter().map(tag).collect::<Vec<_>>())
        };
        let label = |key: &str, value: Option<&str>| {
            let mut label = json!({"ResourceTagKey": key});
            if let Some(value) = value {
                label["ResourceTagValue"] = json!(value);
            }
            json!([label])
        };
        let none = || json!([]);
        assert!(covers(none(), none(), &[]), "the region's rule covers everything");
        assert!(covers(json!(null), json!(null), &[("a", "1")]));
        assert!(covers(label("a", Some("1")), none(), &[("a", "1"), ("b", "2")]));
        assert!(!covers(label("a", Some("1")), none(), &[("a", "2")]));
        assert!(covers(label("a", None), none(), &[("a", "2")]), "any value");
        assert!(!covers(none(), label("a", Some("1")), &[("a", "1")]));
        assert!(covers(none(), label("a", Some("1")), &[("a", "2")]));
        assert!(covers(none(), label("a", None), &[("a", "1")]), "which values are left out is not said");
    }
}
