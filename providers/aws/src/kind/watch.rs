//! What kinds that watch share: lists read whole, where records go, and regions in which nothing watches.

use super::draft::{Draft, Fact};
use super::shared::{List, Page, region_of_target};
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{Copy, CopyRole, Guard, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use std::collections::BTreeMap;

/// A list that was read to its end, and the calls that brought it: they show as well what is not in it.
pub struct Whole<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// The calls, one a page; never none.
    pub calls: Vec<CallId>,
}

/// Reads a list to its end.
pub async fn whole<P: Page>(
    operation: &Operation,
    mut list: List<'_, P>,
) -> Result<Whole<P::Item>, Shortfall> {
    let (mut items, mut calls) = (Vec::new(), Vec::new());
    while let Some((page, call)) = list.next().await? {
        items.extend(page);
        calls.push(call);
    }
    if calls.is_empty() {
        return Err(Shortfall::of(operation, GapReason::Malformed, None, "no list in the answer"));
    }
    Ok(Whole { items, calls })
}

/// Something that watches, while it is being read.
pub fn watcher<'s>(
    session: &'s Session,
    (service, region): (&str, &'s str),
    (id, name): (String, &str),
    calls: &[CallId],
) -> Option<Draft<'s>> {
    let (first, rest) = calls.split_first()?;
    let mut draft = Draft::new(session, (Kind::Detector, service), region, id, name, first);
    for call in rest {
        draft.sheet.shown("guard", call);
    }
    Some(draft)
}

/// What is told of a region in which nothing watches for this: that it is off there.
pub fn nothing_watches(
    session: &Session,
    at: (&str, &str),
    purpose: GuardPurpose,
    calls: &[CallId],
) -> Option<Fact> {
    nobody(session, at, purpose, calls).map(Draft::finish)
}

/// The same, where more is to be told.
pub fn nobody<'s>(
    session: &'s Session,
    (service, region): (&str, &'s str),
    purpose: GuardPurpose,
    calls: &[CallId],
) -> Option<Draft<'s>> {
    let id = session.arn(service, region, "none");
    let mut draft = watcher(session, (service, region), (id, &format!("{service} {region}")), calls)?;
    guards(&mut draft, purpose, Observed::Seen(false), Observed::Seen(false));
    Some(draft)
}

/// What it watches for, whether it is on, and whether what it sees is recorded.
pub fn guards(
    draft: &mut Draft<'_>,
    purpose: GuardPurpose,
    enabled: Observed<bool>,
    recorded: Observed<bool>,
) {
    draft.resource.guard = Some(Guard { purpose: Observed::Seen(purpose), enabled, recorded });
}

/// Whether a state's word means that it is on. A word that is not known is a gap at this facet, and so is none.
pub fn is_on(
    draft: &mut Draft<'_>,
    facet: &str,
    word: Option<&str>,
    (on, off): (&[&str], &[&str]),
    operation: &Operation,
    call: CallId,
) -> Observed<bool> {
    match word {
        Some(word) if on.contains(&word) => Observed::Seen(true),
        Some(word) if off.contains(&word) => Observed::Seen(false),
        Some(word) => {
            let detail = format!("unknown state `{}`", shorten(word));
            let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
            draft.sheet.unseen(facet, &unknown)
        }
        None => draft.said(facet, None, operation, call),
    }
}

/// Notes where records go: a log group, a bucket (a path in it left aside), a stream.
pub async fn records_to(session: &Session, draft: &mut Draft<'_>, arn: &str) {
    let arn = shorten(arn.strip_suffix(":*").unwrap_or(arn));
    let bucket = arn.strip_prefix("arn:aws:s3:::").map(|path| path.split('/').next().unwrap_or(path));
    let holder = bucket.map_or_else(|| arn.clone(), |bucket| format!("arn:aws:s3:::{bucket}"));
    let known = |copy: &Copy| copy.role == CopyRole::Log && copy.holder.as_deref() == Some(holder.as_str());
    if draft.resource.copies.iter().any(known) {
        return;
    }
    match bucket {
        Some(_) => {
            let none = BTreeMap::new();
            let place = region_of_target(session, &mut draft.sheet, "copies", &holder, &none).await;
            draft.resource.copies.push(Copy::new(CopyRole::Log, Some(holder), place));
        }
        None => draft.copy_at(CopyRole::Log, &holder),
    }
}
