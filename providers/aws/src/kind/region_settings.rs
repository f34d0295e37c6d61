//! What an account has set for a region: whether its disks are encrypted by default, and which zones beyond the
//! region's own data centres it has opened to itself.

use super::Entry;
use super::draft::{Draft, Tally, place_of_zone};
use super::shared::Asked;
use super::subnets::{self, DESCRIBE_SUBNETS, Subnets};
use crate::api::{Api, Ask};
use crate::protocol::members;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Defaults, Kind, OpenZone, Zones};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Operation, Sheet, Shortfall};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

operation!(
    /// Whether disks are encrypted where nobody asks for it.
    GET_EBS_ENCRYPTION_BY_DEFAULT = "ec2" "GetEbsEncryptionByDefault", needs "ec2:GetEbsEncryptionByDefault",
    quota quota::EC2, Per::Page(1), Post, facts "whether disks are encrypted by default"
);
operation!(
    /// The key they are encrypted under then.
    GET_EBS_DEFAULT_KMS_KEY_ID = "ec2" "GetEbsDefaultKmsKeyId", needs "ec2:GetEbsDefaultKmsKeyId",
    quota quota::EC2, Per::Page(1), Post, facts "the default key of disks"
);
operation!(
    /// Every zone of the region, opened or not.
    DESCRIBE_AVAILABILITY_ZONES = "ec2" "DescribeAvailabilityZones", needs "ec2:DescribeAvailabilityZones",
    quota quota::EC2, Per::Page(1_000), Post, facts "local and wavelength zones that the account has opted in to"
);

/// Settings of regions.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::RegionSettings] },
    operations: &[
        &GET_EBS_ENCRYPTION_BY_DEFAULT,
        &GET_EBS_DEFAULT_KMS_KEY_ID,
        &DESCRIBE_AVAILABILITY_ZONES,
        &DESCRIBE_SUBNETS,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Ec2("2016-11-15");
const SERVICE: &str = "ec2-region";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let (encrypted, key, zones) = futures::join!(
        told::<ByDefault>(session, region, &GET_EBS_ENCRYPTION_BY_DEFAULT, json!({})),
        told::<DefaultKey>(session, region, &GET_EBS_DEFAULT_KMS_KEY_ID, json!({})),
        told::<ZoneList>(
            session,
            region,
            &DESCRIBE_AVAILABILITY_ZONES,
            json!({"AllAvailabilityZones": true})
        ),
    );
    let calls = [call(&encrypted), call(&key), call(&zones)];
    let Some(first) = calls.into_iter().flatten().next() else {
        let shortfalls = [encrypted.err(), key.err(), zones.err()];
        shortfalls.into_iter().flatten().for_each(|shortfall| tally.fell_short(shortfall));
        return tally.outcome();
    };
    let id = session.arn("ec2", region, "region-settings");
    let mut draft = Draft::new(session, (Kind::RegionSettings, SERVICE), region, id, region, &first);
    // Settings hold none of the data; each part is shown by calls of its own.
    draft.resource.copies.clear();
    draft.sheet = Sheet::new(&draft.resource.id);
    let disks_encrypted = match encrypted {
        Ok((told, call)) => {
            draft.sheet.shown("defaults", &call);
            let told = told.ebs_encryption_by_default;
            draft.said("defaults.disks_encrypted", told, &GET_EBS_ENCRYPTION_BY_DEFAULT, call)
        }
        Err(shortfall) => draft.sheet.unseen("defaults.disks_encrypted", &shortfall),
    };
    let disk_key = match key {
        Ok((told, call)) => {
            draft.sheet.shown("defaults", &call);
            let key = told.kms_key_id.filter(|key| !key.is_empty()).map(|key| shorten(&key));
            draft.said("defaults.disk_key", key, &GET_EBS_DEFAULT_KMS_KEY_ID, call)
        }
        Err(shortfall) => draft.sheet.unseen("defaults.disk_key", &shortfall),
    };
    draft.resource.defaults = Some(Defaults { disks_encrypted, disk_key });
    let open = match zones.and_then(|(told, call)| Ok((opened(told, region, call)?, call))) {
        Ok((open, call)) => {
            draft.sheet.shown("zones", &call);
            Observed::Seen(used(session, region, &mut draft, open).await)
        }
        Err(shortfall) => draft.sheet.unseen("zones.open", &shortfall),
    };
    draft.resource.zones = Some(Zones { open });
    tally.tell(sink, draft.finish());
    tally.outcome()
}

/// What an operation told of the region, or why it did not.
async fn told<T: DeserializeOwned>(
    session: &Session,
    region: &str,
    operation: &'static Operation,
    body: Value,
) -> Result<(T, CallId), Shortfall> {
    let asked: Asked<T> = session.told(Ask::of(operation, API, region, body)).await;
    let heard = asked?;
    let gone =
        || Shortfall::of(operation, GapReason::Malformed, Some(heard.call), "the answer tells nothing");
    Ok((heard.told.ok_or_else(gone)?, heard.call))
}

fn call<T>(told: &Result<(T, CallId), Shortfall>) -> Option<CallId> {
    told.as_ref().ok().map(|(_, call)| *call)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByDefault {
    ebs_encryption_by_default: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DefaultKey {
    kms_key_id: Option<String>,
}

/// The whole list comes at once.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneList {
    #[serde(deserialize_with = "members")]
    availability_zone_info: Vec<Zone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zone {
    zone_name: String,
    region_name: Option<String>,
    opt_in_status: Option<String>,
}

/// The places of the zones beyond the region's own data centres that are open. Only the one word for it keeps a zone
/// closed.
fn opened(told: ZoneList, region: &str, call: CallId) -> Result<BTreeSet<String>, Shortfall> {
    let malformed = |detail: String| {
        Shortfall::of(&DESCRIBE_AVAILABILITY_ZONES, GapReason::Malformed, Some(call), detail)
    };
    let zones = told.availability_zone_info;
    if zones.is_empty() {
        return Err(malformed("the list of zones is empty".to_owned()));
    }
    let elsewhere = |zone: &&Zone| zone.region_name.as_deref().is_some_and(|of| of != region);
    if let Some(stray) = zones.iter().find(elsewhere) {
        let name = shorten(&stray.zone_name);
        return Err(malformed(format!("the list holds {name}, which is a zone of another region")));
    }
    let open = zones.iter().filter(|zone| zone.opt_in_status.as_deref() != Some("not-opted-in"));
    let places = open.map(|zone| place_of_zone(&zone.zone_name, region));
    Ok(places.filter(|place| *place != region).map(shorten).collect())
}

/// The zones that are open, and whether a subnet lies in each.
async fn used(
    session: &Session,
    region: &str,
    draft: &mut Draft<'_>,
    open: BTreeSet<String>,
) -> Vec<OpenZone> {
    if open.is_empty() {
        return Vec::new();
    }
    let subnets: Subnets = subnets::read(session, region).await;
    for call in subnets.iter().flat_map(|subnets| &subnets.calls) {
        draft.sheet.shown("zones", call);
    }
    open.into_iter()
        .map(|id| {
            let used = match &subnets {
                Ok(subnets) => {
                    let places: Vec<Option<&str>> =
                        subnets.items.iter().map(|subnet| subnet.place(region)).collect();
                    if !places.contains(&Some(id.as_str())) && places.contains(&None) {
                        let detail = "the answer does not say in which zone a subnet lies";
                        let call = subnets.calls.first().copied();
                        let silent = Shortfall::of(&DESCRIBE_SUBNETS, GapReason::Malformed, call, detail);
                        draft.sheet.unseen("zones.open.used", &silent)
                    } else {
                        Observed::Seen(places.contains(&Some(id.as_str())))
                    }
                }
                Err(shortfall) => draft.sheet.unseen("zones.open.used", shortfall),
            };
            OpenZone { id, used, countries: Observed::default() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zones_that_are_known_to_be_closed_are_left_out() {
        let call = CallId::of("aws", "1", "ap-northeast-1", "ec2:DescribeAvailabilityZones", "", 0);
        let list = |zones: &[(&str, &str, Option<&str>)]| ZoneList {
            availability_zone_info: zones
                .iter()
                .map(|(name, region, status)| Zone {
                    zone_name: (*name).to_owned(),
                    region_name: Some((*region).to_owned()),
                    opt_in_status: status.map(str::to_owned),
                })
                .collect(),
        };
        let tokyo = "ap-northeast-1";
        let open = opened(
            list(&[
                ("ap-northeast-1a", tokyo, Some("opt-in-not-required")),
                ("ap-northeast-1-tpe-1a", tokyo, Some("opted-in")),
                ("ap-northeast-1-wl1-kix-wlz-1", tokyo, Some("not-opted-in")),
                ("ap-northeast-1-wl1-nrt-wlz-1", tokyo, None),
            ]),
            tokyo,
            call,
        );
        assert_eq!(
            open,
            Ok(BTreeSet::from(["ap-northeast-1-tpe-1", "ap-northeast-1-wl1-nrt-wlz-1"].map(str::to_owned)))
        );
        let stray = opened(list(&[("us-east-1a", "us-east-1", Some("opted-in"))]), tokyo, call);
        assert!(matches!(stray, Err(Shortfall { reason: GapReason::Malformed, .. })));
        assert!(opened(list(&[]), tokyo, call).is_err());
    }
}
