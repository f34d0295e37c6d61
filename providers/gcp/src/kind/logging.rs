//! Cloud Logging: where records are kept and for how long, where they are sent on to, and what of the accesses is
//! recorded at all.
//!
//! Every project has two sinks nobody can delete: `_Required` takes administrative writes and keeps them 400 days,
//! `_Default` everything else, 30 days. They are the project's audit trail. All other sinks send records on.

use super::Entry;
use super::draft::{Draft, Fact, Tally, all, read};
use super::inherited::{self, Inherited};
use super::inventory::{Found, Listing, Own, Step};
use crate::hierarchy::Audited;
use crate::place::in_name;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::fact::{
    CopyRole, DataEvents, Facet, Kind, LiftedBy, ObstacleKind, Retention, Starts, TrailFacet,
};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The log buckets of every location.
    LIST_BUCKETS = "logging" "projects.locations.buckets.list", at "v2/{+parent}/buckets", needs "logging.buckets.list",
    quota quota::LOGGING, Per::Sometimes, Get, facts "log buckets, where the asset inventory is refused"
);
operation!(
    /// The sinks of the project.
    LIST_SINKS = "logging" "projects.sinks.list", at "v2/{+parent}/sinks", needs "logging.sinks.list",
    quota quota::LOGGING, Per::Sometimes, Get, facts "sinks, where the asset inventory is refused"
);

/// Log buckets, sinks and the audit trail.
pub const ENTRY: Entry = Entry {
    service: Service {
        name: SERVICE,
        reach: Reach::Global,
        kinds: &[Kind::LogStore, Kind::AuditTrail, Kind::Delivery],
    },
    methods: &[
        &LIST_BUCKETS,
        &LIST_SINKS,
        &inherited::LIST_FOLDER_SINKS,
        &inherited::LIST_ORGANIZATION_SINKS,
    ],
    assets: &[BUCKET, SINK],
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "logging";
const BUCKET: &str = "logging.googleapis.com/LogBucket";
const SINK: &str = "logging.googleapis.com/LogSink";
/// Days records are kept where nothing else is said (cloud.google.com/logging/quotas).
const DEFAULT_DAYS: u32 = 30;
const REQUIRED_DAYS: u32 = 400;
/// Days a deleted log bucket can be had back, and is kept (cloud.google.com/logging/docs/buckets).
const DELETED_DAYS: u32 = 7;
const REQUIRED: &str = "_Required";
const DEFAULT: &str = "_Default";

static OWN_BUCKETS: &[&Own] = &[&Own {
    asset: BUCKET,
    steps: &[Step {
        method: &LIST_BUCKETS,
        at: &[("parent", "projects/{project}/locations/-"), ("pageSize", "1000")],
        items: "buckets",
        name: |item, _| Some(format!("//logging.googleapis.com/{}", item.get("name")?.as_str()?)),
    }],
}];
static OWN_SINKS: &[&Own] = &[&Own {
    asset: SINK,
    steps: &[Step {
        method: &LIST_SINKS,
        at: &[("parent", "projects/{project}"), ("pageSize", "1000")],
        items: "sinks",
        name: |item, project| {
            Some(format!("//logging.googleapis.com/projects/{project}/sinks/{}", item.get("name")?.as_str()?))
        },
    }],
}];

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogBucket {
    retention_days: Option<u32>,
    locked: Option<bool>,
    cmek_settings: Option<CmekSettings>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CmekSettings {
    kms_key_name: Option<String>,
}

impl LogBucket {
    fn days(&self, name: &str) -> u32 {
        let kept = if name.ends_with("/_Required") { REQUIRED_DAYS } else { DEFAULT_DAYS };
        self.retention_days.filter(|days| *days > 0).unwrap_or(kept)
    }

    /// Whether its records can neither be changed nor deleted before their time. Records are never changed in place;
    /// an unlocked bucket can be deleted, and its time shortened.
    fn is_locked(&self, name: &str) -> bool {
        self.locked == Some(true) || name.ends_with("/_Required")
    }

    fn key(&self) -> Option<&str> {
        self.cmek_settings.as_ref()?.kms_key_name.as_deref()
    }
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let audited = session.hierarchy().await.audited();
    let mut tally = Tally::default();
    let (found, missing) = all(Listing::of(session, &[BUCKET], OWN_BUCKETS)).await;
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    let mut buckets = BTreeMap::new();
    for mut found in found {
        match read::<LogBucket>(&mut found) {
            Ok(told) => {
                tally.tell(sink, bucket(session, &told, &found));
                buckets.insert(found.name, told);
            }
            Err(shortfall) => tally.fell_short(shortfall),
        }
    }
    let inherited = Inherited::of(session).await;
    let (found, missing) = all(Listing::of(session, &[SINK], OWN_SINKS)).await;
    let mut sinks = Vec::new();
    for mut found in found {
        match read::<LogSink>(&mut found) {
            Ok(told) => sinks.push((told, found)),
            Err(shortfall) => tally.fell_short(shortfall),
        }
    }
    // The two sinks of the trail divide what is recorded between them.
    let rest = match sinks.iter().find(|(told, _)| told.name == DEFAULT) {
        Some((told, _)) => told.takes_all_that_is_left(&inherited),
        None => missing.first().map_or(Ok(false), |missing| Err(missing.clone())),
    };
    let known = Known { audited, buckets, inherited, rest };
    for (told, found) in &sinks {
        tally.tell(sink, one_sink(session, &known, told, found));
    }
    missing.into_iter().for_each(|shortfall| tally.fell_short(shortfall));
    known.inherited.tell(session, &mut tally, sink);
    tally.outcome()
}

/// What is known of all sinks at once.
struct Known<'h> {
    audited: Audited<'h>,
    buckets: BTreeMap<String, LogBucket>,
    inherited: Inherited,
    /// Whether `_Default` takes all that `_Required` does not.
    rest: Result<bool, Shortfall>,
}

fn bucket(session: &Session, told: &LogBucket, found: &Found) -> Fact {
    // Where the records of location `global` rest is unspecified, and the catalogue does not know it.
    let mut draft = Draft::new(session, (Kind::LogStore, SERVICE), in_name(&found.name), found);
    draft.without(&[Facet::Tags]);
    draft.encrypted(told.key());
    let days = told.days(&found.name);
    draft.resource.retention = Some(Retention { days: Observed::Seen(Some(days)) });
    if told.is_locked(&found.name) {
        draft.obstacle(ObstacleKind::LockCompliance, Starts::AtWrite, Some(days), LiftedBy::Nobody);
    } else {
        draft.obstacle(ObstacleKind::SoftDelete, Starts::AtRequest, Some(DELETED_DAYS), LiftedBy::Nobody);
    }
    draft.finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogSink {
    name: String,
    destination: String,
    disabled: Option<bool>,
    filter: Option<String>,
    #[serde(default)]
    exclusions: Vec<LogExclusion>,
}

#[derive(Deserialize)]
struct LogExclusion {
    disabled: Option<bool>,
}

impl LogSink {
    /// Whether anything may be left out of it.
    fn is_filtered(&self) -> bool {
        self.filter.as_deref().is_some_and(|filter| !is_usual(filter))
            || self.exclusions.iter().any(|exclusion| exclusion.disabled != Some(true))
    }

    /// Whether it is on, and nothing it could take is left out or taken before it.
    fn takes_all_that_is_left(&self, inherited: &Inherited) -> Result<bool, Shortfall> {
        if self.disabled == Some(true) {
            return Ok(false);
        }
        match (inherited.intercepts(), self.is_filtered()) {
            (Some(before), _) => Err(before),
            (None, true) => Err(left_out()),
            (None, false) => Ok(true),
        }
    }
}

fn left_out() -> Shortfall {
    Shortfall::without_call(GapReason::NotRead, "which records its filter excludes was not determined")
}

fn one_sink(session: &Session, known: &Known<'_>, told: &LogSink, found: &Found) -> Fact {
    let target = target(session, &told.destination);
    match told.name.as_str() {
        REQUIRED | DEFAULT => trail(session, known, told, &target, found),
        _ => delivery(session, told, &target, found),
    }
}

/// The destination is written with its host: `storage.googleapis.com/records`.
pub fn target(session: &Session, destination: &str) -> String {
    shorten(&session.own_name(&format!("//{}", destination.trim_start_matches('/'))))
}

/// A sink that sends records on.
fn delivery(session: &Session, told: &LogSink, target: &str, found: &Found) -> Fact {
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), Some(EVERYWHERE), found);
    draft.without(&[Facet::Tags]);
    draft.resource.region = EVERYWHERE.to_owned();
    // It keeps nothing itself. One that is switched off may have sent before.
    draft.resource.copies.clear();
    sends(&mut draft, target);
    if told.disabled == Some(true) {
        draft.resource.name.push_str(" (disabled)");
    }
    draft.finish()
}

/// Notes where records are sent to.
pub fn sends(draft: &mut Draft<'_>, target: &str) {
    let is_project =
        target.strip_prefix("//logging.googleapis.com/projects/").is_some_and(|rest| !rest.contains('/'));
    if is_project {
        let detail = format!("where {target}, to which records are sent, keeps them was not read");
        draft.perhaps_copied(CopyRole::Transit, &Shortfall::without_call(GapReason::NotRead, detail));
    } else {
        draft.copy_with(CopyRole::Transit, target);
    }
}

/// What `_Default` leaves out by itself: what `_Required` takes. Any other filter may leave out accesses too.
const LEFT_TO_REQUIRED: [&str; 5] = [
    "cloudaudit.googleapis.com/activity",
    "externalaudit.googleapis.com/activity",
    "cloudaudit.googleapis.com/system_event",
    "externalaudit.googleapis.com/system_event",
    "cloudaudit.googleapis.com/access_transparency",
];

/// Whether a filter is nothing but the one `_Default` is made with.
fn is_usual(filter: &str) -> bool {
    let usual = LEFT_TO_REQUIRED.iter().chain(&["externalaudit.googleapis.com/access_transparency"]);
    let mut rest = filter.replace(['\n', '\r'], " ");
    for log in usual {
        rest = rest.replace(&format!("NOT LOG_ID(\"{log}\")"), "");
    }
    rest.split_whitespace().all(|word| word == "AND")
}

fn trail(session: &Session, known: &Known<'_>, told: &LogSink, target: &str, found: &Found) -> Fact {
    let Known { audited, buckets, inherited, rest } = known;
    let mut draft = Draft::new(session, (Kind::AuditTrail, SERVICE), Some(EVERYWHERE), found);
    draft.without(&[Facet::Tags]);
    draft.resource.region = EVERYWHERE.to_owned();
    draft.resource.copies.clear();
    draft.copy_with(CopyRole::Log, target);
    let unread = Shortfall::without_call(
        GapReason::Unresolved,
        format!("{target} is not among the log buckets that were read"),
    );
    let required = told.name == REQUIRED;
    // What a sink above takes first rests where that one sends it, as long as it is kept there.
    let before = inherited.intercepts().filter(|_| !required);
    if let Some(before) = &before {
        draft.perhaps_copied(CopyRole::Log, before);
    }
    let store = buckets.get(target);
    if let Some(store) = store {
        draft.encrypted(store.key());
    } else {
        draft.perhaps_encrypted(&unread);
    }
    let (validation, days) = match (&before, store) {
        (Some(before), _) => {
            (draft.sheet.unseen("trail.validation", before), draft.sheet.unseen("retention.days", before))
        }
        (None, Some(store)) => {
            (Observed::Seen(store.is_locked(target)), Observed::Seen(Some(store.days(target))))
        }
        (None, None) => {
            (draft.sheet.unseen("trail.validation", &unread), draft.sheet.unseen("retention.days", &unread))
        }
    };
    draft.resource.retention = Some(Retention { days });
    inherited.calls().for_each(|call| draft.sheet.shown("trail", &call));
    let decided = |draft: &mut Draft<'_>, facet: &str, on: Result<bool, &Shortfall>| match (on, rest) {
        // What is not recorded at all is not recorded whatever the filter says.
        (Ok(false), _) => Observed::Seen(false),
        (Ok(true), Ok(rest)) => Observed::Seen(*rest),
        (Ok(true), Err(shortfall)) | (Err(shortfall), _) => draft.sheet.unseen(facet, shortfall),
    };
    // Administrative writes are recorded always, by `_Required`; administrative reads where data access logs of all
    // services say so, and by `_Default` (cloud.google.com/logging/docs/audit). Both are recorded where both hold.
    audited.calls().for_each(|call| draft.sheet.shown("trail", &call));
    let reads = audited.records("allServices", "ADMIN_READ");
    let management = decided(&mut draft, "trail.management_events", reads);
    let some = if required { Observed::Seen(true) } else { management };
    let stored = ["DATA_READ", "DATA_WRITE"].map(|kind| {
        let everywhere = audited.records("allServices", kind);
        if everywhere == Ok(true) { everywhere } else { audited.records("storage.googleapis.com", kind) }
    });
    let data_events = match (required, stored) {
        (true, _) => Observed::Seen(Vec::new()),
        (false, [Ok(reads), Ok(writes)]) => {
            let events = DataEvents {
                kind: Kind::ObjectStore,
                prefixes: Vec::new(),
                except: Vec::new(),
                reads,
                writes,
            };
            let any = decided(&mut draft, "trail.data_events", Ok(reads || writes));
            any.map(|any| if any { vec![events] } else { Vec::new() })
        }
        (false, [Err(shortfall), _] | [_, Err(shortfall)]) => {
            draft.sheet.unseen("trail.data_events", shortfall)
        }
    };
    draft.resource.trail = Some(TrailFacet {
        home_region: EVERYWHERE.to_owned(),
        multi_region: Observed::Seen(true),
        global_events: Observed::Seen(true),
        logging: Observed::Seen(told.disabled != Some(true)),
        validation,
        organization: Observed::Seen(false),
        some_management_events: some,
        management_events: management,
        data_events,
        target: Observed::Seen(Some(target.to_owned())),
        target_prefix: Observed::Seen(String::new()),
    });
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::is_usual;

    #[test]
    fn a_filter_of_ones_own_is_told_from_the_usual_one() {
        let usual = "NOT LOG_ID(\"cloudaudit.googleapis.com/activity\") AND NOT \
                     LOG_ID(\"externalaudit.googleapis.com/activity\")";
        assert!(is_usual("") && is_usual(usual));
        assert!(!is_usual("severity>=WARNING"));
        assert!(!is_usual(&format!("{usual} AND NOT LOG_ID(\"cloudaudit.googleapis.com/data_access\")")));
    }
}
