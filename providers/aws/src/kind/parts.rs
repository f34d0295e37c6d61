//! Parts of facts that stores of several sorts have in common.

use super::draft::{Draft, Tag};
use super::shared::{Asked, region_of_target};
use crate::policy::{self, Bounds, PolicyReading, perhaps_bounded};
use crate::session::Session;
use sekisho_contract::call::CallId;
pub use sekisho_contract::draft::not_read;
use sekisho_contract::fact::{Copy, CopyRole, Facet, Recovery, Software};
use sekisho_contract::gap::shorten;
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use std::collections::BTreeMap;

/// What services write in place of a key that is their own.
const OWN_KEYS: [&str; 3] = ["", "AWS_OWNED_KMS_KEY", "auto"];

/// The key that is named, where one is.
pub fn named_key(key: Option<&str>) -> Option<&str> {
    key.filter(|key| !OWN_KEYS.contains(key))
}

/// Labels that were asked for by themselves. What is gone by now leaves a gap.
pub fn labelled<T>(draft: &mut Draft<'_>, asked: Asked<T>, tags: impl FnOnce(T) -> Vec<Tag>) {
    match asked {
        Ok(heard) => match heard.told {
            Some(told) => {
                draft.sheet.shown("tags", &heard.call);
                draft.tags(tags(told));
            }
            None => {
                let gone = Shortfall::without_call(GapReason::Vanished, "not in the answer");
                draft.resource.tags =
                    draft.sheet.unseen("tags", &Shortfall { call: Some(heard.call), ..gone });
            }
        },
        Err(shortfall) => draft.resource.tags = draft.sheet.unseen("tags", &shortfall),
    }
}

/// Labels that were listed by themselves.
pub fn labelled_by_list(draft: &mut Draft<'_>, listed: Result<Vec<(Tag, CallId)>, Shortfall>) {
    match listed {
        Ok(listed) => {
            for (_, call) in &listed {
                draft.sheet.shown("tags", call);
            }
            draft.tags(listed.into_iter().map(|(tag, _)| tag).collect());
        }
        Err(shortfall) => draft.resource.tags = draft.sheet.unseen("tags", &shortfall),
    }
}

/// What it runs on: product and version, where they are told.
pub fn runs(
    draft: &mut Draft<'_>,
    product: Option<&str>,
    version: Option<&str>,
    operation: &Operation,
    call: CallId,
) {
    draft.resource.software = Some(Software {
        product: draft.said("software.product", product.map(shorten), operation, call),
        version: draft.said("software.version", version.map(shorten), operation, call),
    });
}

/// What could not be seen of what it runs on.
pub fn perhaps_runs(draft: &mut Draft<'_>, shortfall: &Shortfall) {
    draft.resource.software = Some(Software {
        product: draft.sheet.unseen("software.product", shortfall),
        version: draft.sheet.unseen("software.version", shortfall),
    });
}

/// Snapshots its service takes by itself and keeps for so many days: it is set back to one of them, not to any
/// moment, and they rest in its region.
pub fn snapshots_kept(
    draft: &mut Draft<'_>,
    region: &str,
    days: Option<u32>,
    operation: &Operation,
    call: CallId,
) {
    match days {
        Some(0) => {}
        Some(_) => draft.copy(CopyRole::Backup, None, region),
        None => {
            let detail = "the answer does not say how long backups are kept";
            draft.perhaps_copied(
                CopyRole::Backup,
                &Shortfall::of(operation, GapReason::Malformed, Some(call), detail),
            );
        }
    }
    if draft.resource.facets.contains(&Facet::Recovery) {
        let days = draft.said("recovery.window_days", days, operation, call);
        draft.resource.recovery = Some(Recovery {
            continuous: Observed::Seen(false),
            window_days: days.map(|days| Some(days).filter(|days| *days > 0)),
            latest: Observed::Seen(None),
        });
    }
}

/// Parts that things of this sort have besides those of their kind.
pub fn besides(draft: &mut Draft<'_>, facet: Facet, call: &CallId) {
    if !draft.resource.facets.contains(&facet) {
        draft.resource.facets.push(facet);
    }
    draft.sheet.shown(facet.as_str(), call);
}

/// From where requests may come, by the policy of a thing that others of its kind may lack.
pub fn bounded(draft: &mut Draft<'_>, read: Result<(Bounds, CallId), &Shortfall>) {
    if !draft.resource.facets.contains(&Facet::Sources) {
        draft.resource.facets.push(Facet::Sources);
    }
    draft.resource.sources = Some(match read {
        Ok((bounds, call)) => {
            draft.sheet.shown("sources", &call);
            bounds.sources(&mut draft.sheet)
        }
        Err(shortfall) => perhaps_bounded(&mut draft.sheet, shortfall),
    });
}

/// The same, of a policy that stands among a thing's properties, or is left out where there is none.
pub fn sources(
    draft: &mut Draft<'_>,
    arn: &str,
    told: Option<&str>,
    (operation, call): (&Operation, CallId),
) {
    match told.map_or(Ok(PolicyReading::NONE), |text| policy::read(text, arn)) {
        Ok(reading) => bounded(draft, Ok((reading.bounds, call))),
        Err(why) => bounded(draft, Err(&Shortfall::of(operation, GapReason::Malformed, Some(call), why.0))),
    }
}

/// Notes the copy that lies in a bucket, wherever that is.
pub async fn copied_to_bucket(session: &Session, draft: &mut Draft<'_>, role: CopyRole, bucket: &str) {
    let arn = match bucket.starts_with("arn:") {
        true => shorten(bucket),
        false => format!("arn:aws:s3:::{}", shorten(bucket)),
    };
    let location = region_of_target(session, &mut draft.sheet, "copies", &arn, &BTreeMap::new()).await;
    draft.resource.copies.push(Copy::new(role, Some(arn), location));
}
