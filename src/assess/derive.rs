//! Facts made of other facts: how far resources can be set back, and when they can be gone.

use super::AssessError;
use super::ground::{Ground, Sort, sort_of};
use super::source::{Context, FactSource};
use crate::annex::Profile;
use crate::checks::TenancyDates;
use crate::corroborate::{Corroboration, conclude};
use crate::documents::file::FileState;
use crate::documents::{About, Document, ENDS_KEY, Register};
use crate::erasure::{self, Erasability, Times};
use crate::logs::fact::{Expected, LogFact};
use crate::recovery::{self, Declared, Frame, Recoverability, Sites};
use crate::support::{Catalogue, Supported, supported};
use jiff::Timestamp;
use jiff::civil::Date;
use sekisho_contract::fact::{Kind, RegionState, Resource, UsableRegion};
use sekisho_contract::observed::Observed;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What was made of the facts, each in their order.
#[derive(Debug, Default)]
pub(super) struct Derived {
    pub recovery: Vec<Recoverability>,
    pub erasure: Vec<Erasability>,
    pub support: Vec<Supported>,
    pub corroboration: Vec<Corroboration>,
    pub logs: Vec<LogFact>,
}

impl Derived {
    /// Once it is judged, nobody asks any more what each part rests on: of a million resources that takes gigabytes.
    pub fn forget(&mut self) {
        for told in &mut self.recovery {
            (told.evidence, told.gaps) = Default::default();
        }
        for told in &mut self.erasure {
            (told.evidence, told.gaps) = Default::default();
        }
    }
}

/// Reads every resource once more, and tells what follows from all of them together.
pub(super) fn derive<S: FactSource + ?Sized>(
    facts: &S,
    profile: &Profile,
    context: &Context<'_>,
    ground: &Ground,
    dates: &TenancyDates,
) -> Result<Derived, AssessError> {
    let (mut recovery, mut erasure) = (recovery::Noted::default(), erasure::Noted::default());
    let mut support = Vec::new();
    let mut unlisted = unlisted(context, ground);
    let ends = match &context.register.ends {
        // A list that cannot be read may name an earlier end of anything.
        _ if context.register.faulty.iter().any(|faulty| faulty.key.as_deref() == Some(ENDS_KEY)) => {
            Cow::Owned(Catalogue { date: context.ends.date, rows: Vec::new() })
        }
        Some(gathered) => Cow::Owned(context.ends.clone().after(gathered.clone())),
        None => Cow::Borrowed(context.ends),
    };
    for (at, line) in facts.pass().enumerate() {
        let (line, number) = (line?, at as u64 + 1);
        // What is no fact at all is named when it is judged.
        if !matches!(sort_of(&line, number), Ok(Sort::Resource)) {
            continue;
        }
        match serde_json::from_str::<Tagged>(&line) {
            Ok(Tagged::Resource(resource)) => {
                recovery.note(&resource);
                erasure.note(&resource);
                support.extend(supported(&resource, &ends, &profile.parameters.utc_offset));
            }
            Ok(Tagged::Other) => {}
            // It may be a backup of anything of its provider's.
            Err(_) => {
                if let Ok(of) = serde_json::from_str::<Partly>(&line) {
                    let _ = unlisted
                        .entry(of.provider)
                        .or_insert_with(|| "a fact that cannot be read".to_owned());
                }
            }
        }
    }
    let parameters = &profile.parameters;
    let declared = declared(context.register, context.assessed_at);
    let frame = Frame {
        began: context.began,
        at: context.at,
        window_days: parameters.recovery_window_days,
        distance_km: parameters.site_distance_km,
        home: &parameters.home_countries,
        declared: &declared,
    };
    let moment = |text: &str| text.parse::<Timestamp>().map_or(i64::MIN, Timestamp::as_second);
    let end = format!("{}T23:59:59{}", dates.contract_end, parameters.utc_offset);
    let times = Times {
        now: context.at.as_second(),
        contract_end: moment(&end),
        deadline: moment(&dates.erasure_deadline),
    };
    Ok(Derived {
        recovery: recovery.conclude(&frame, Sites(context.sites), &unlisted),
        erasure: erasure.conclude(&times, &unlisted),
        support,
        corroboration: context
            .heard
            .map_or_else(Vec::new, |heard| conclude(heard, &parameters.home_countries)),
        logs: crate::logs::fact::facts(context.logs, context.wants_logs, &expected(context, ground)),
    })
}

/// The accounts whose audit logs must be there, members of organizations included, and the regions open to each.
fn expected(context: &Context<'_>, ground: &Ground) -> Vec<Expected> {
    #[derive(Deserialize)]
    struct Setting {
        provider: String,
        account: String,
        #[serde(default)]
        regions: Observed<Vec<UsableRegion>>,
    }
    let mut regions: BTreeMap<String, Option<Vec<String>>> = BTreeMap::new();
    regions.extend(context.accounts.iter().map(|account| (account.clone(), None)));
    regions.extend(ground.cells.iter().map(|cell| (format!("{}/{}", cell.provider, cell.account), None)));
    // A setting that cannot be read is named when it is judged; its regions are not known.
    for setting in ground.settings.iter().filter_map(|line| serde_json::from_str::<Setting>(line).ok()) {
        let open = setting.regions.seen().map(|all| {
            let open = all.iter().filter(|region| region.state == RegionState::Open);
            open.map(|region| region.id.clone()).collect()
        });
        regions.insert(format!("{}/{}", setting.provider, setting.account), open);
    }
    regions.into_iter().map(|(account, regions)| Expected { account, regions }).collect()
}

/// The recovery point objectives on file: those of statements that are signed and that no other one replaces.
fn declared(register: &Register, today: Date) -> Vec<Declared> {
    let day = |text: &String| text.parse::<Date>().ok();
    let keys = [About::DeclaredRpo.as_str()];
    // One that cannot be used may be stricter.
    if register.may_hold(&keys) {
        return Vec::new();
    }
    let sound = |document: &&Document| {
        let entry = &document.entry;
        let signed = entry.signed.seen().and_then(day).is_some_and(|on| on <= today);
        let ended =
            entry.valid_until.seen().is_some_and(|until| day(until).is_none_or(|until| until < today));
        let kept = matches!(document.file.state, FileState::Held | FileState::Withheld);
        signed && !ended && kept
    };
    let statements = register.of(&keys).filter(|document| !register.is_replaced(&document.id)).filter(sound);
    statements
        .flat_map(|document| document.entry.systems.seen().into_iter().flatten())
        .map(|objective| Declared {
            system: objective.name.clone(),
            // What is more than a number can hold is no bound at all.
            rpo_s: i64::try_from(objective.rpo_minutes)
                .map_or(i64::MAX, |minutes| minutes.saturating_mul(60)),
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
enum Tagged {
    Resource(Resource),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Partly {
    provider: String,
}

/// What copies and backups are.
const COPIES: [Kind; 3] = [Kind::Snapshot, Kind::RecoveryPoint, Kind::MachineImage];

/// By provider: a cell in which there may be copies or backups that nobody listed. They may be of anything: a backup lies in
/// other regions and accounts than what it is of.
fn unlisted(context: &Context<'_>, ground: &Ground) -> BTreeMap<String, String> {
    let holds = |provider: &str, service: &str| {
        let known =
            context.services.iter().find(|known| known.provider == provider && known.service == service);
        known.is_none_or(|known| known.kinds.iter().any(|kind| COPIES.contains(kind)))
    };
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for cell in &ground.cells {
        if !cell.state.is_accounted_for() && holds(&cell.provider, &cell.service) {
            found.entry(cell.provider.clone()).or_insert_with(|| cell.id());
        }
    }
    let looked: BTreeSet<(&str, &str, &str)> = ground
        .cells
        .iter()
        .map(|cell| (cell.provider.as_str(), cell.account.as_str(), cell.service.as_str()))
        .collect();
    for account in context.accounts {
        let (provider, number) = account.split_once('/').unwrap_or((account, ""));
        let of_provider = context.services.iter().filter(|known| known.provider == provider);
        let mut copying = of_provider.filter(|known| known.kinds.iter().any(|kind| COPIES.contains(kind)));
        if let Some(unasked) =
            copying.find(|known| !looked.contains(&(provider, number, known.service.as_str())))
        {
            found.entry(provider.to_owned()).or_insert_with(|| format!("{account}/{}", unasked.service));
        }
    }
    found
}
