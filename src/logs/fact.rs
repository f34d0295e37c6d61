//! What the logs say, as facts that checks read: one of all logs together, one of each source, and one of each account and
//! region of the tenancy of which there is none.

use super::Scan;
use super::access::Standing;
use super::result::{Ground, GroundSort, Row, Source, Span, StoreTold};
use super::store::Trouble;
use schemars::JsonSchema;
use sekisho_contract::gap::{Gap, GapReason, Sheet, Shortfall};
use sekisho_contract::observed::Observed;
use sekisho_contract::{CallId, gap};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is told of audit logs. Absent is what was not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogFact {
    /// `logs`, or `logs/` and the source, or `logs/` and the account (and region) without any.
    pub id: String,
    /// The cloud it is mended on: of a source whose it is; else the first of the tenancy's.
    pub provider: String,
    /// The account, where it is of one.
    pub account: String,
    /// The name people know it by.
    pub name: String,
    /// Whether it tells of all logs together, or of one source.
    pub part: LogPart,
    /// Whether its files are there and hold no record at all: nothing was done there, and there is nothing to be kept.
    pub quiet: bool,
    /// Of all logs: records from abroad that no entry allows.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub abroad_records: Observed<i64>,
    /// Of all logs: the first of these, by principal, origin, service and class of action.
    pub abroad: Vec<FromAbroad>,
    /// Of all logs: whether everything was seen, and located: every account and region, every hour, every record.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub complete: Observed<bool>,
    /// Of all logs: whether there are logs that come with digests.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub digestible: Observed<bool>,
    /// Of all logs: files and digests that are not as the digests have them.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub altered: Observed<i64>,
    /// The first of these by name.
    pub altered_files: Vec<String>,
    /// Of all logs: whether every digest, and what it names, is there, follows on the one before it, and is signed.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub validated: Observed<bool>,
    /// Of a source: whole days from the oldest record that is really there to the assessment.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub kept_days: Observed<i64>,
    /// The moment of that record (RFC 3339).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub oldest: Observed<String>,
    /// Of a source: hours of the period without logs.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub missing_hours: Observed<i64>,
    /// The first of these, as spans.
    pub missing: Vec<Missing>,
    /// The calls that showed each part.
    #[serde(skip)]
    pub evidence: BTreeMap<String, Vec<CallId>>,
    /// What was not seen, and why.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
}

/// What a fact tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogPart {
    /// All logs together.
    All,
    /// One source.
    Source,
}

/// Acts from abroad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FromAbroad {
    /// Who acted; empty where that is not said.
    pub principal: String,
    /// The country, where one is known.
    pub countries: Vec<String>,
    /// The cloud's place whose address it is; empty where it is nobody's.
    pub place: String,
    /// The service; empty where it is not said.
    pub service: String,
    /// Records.
    pub count: i64,
    /// The first (RFC 3339).
    pub first: String,
    /// The last.
    pub last: String,
}

/// Hours without logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// From (RFC 3339).
    pub from: String,
    /// To, which is outside.
    pub to: String,
}

/// An account of the tenancy whose logs must be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// `provider/id`.
    pub account: String,
    /// The regions open to it; `None` where they were not seen.
    pub regions: Option<Vec<String>>,
}

/// Rows, files and spans that a fact tells of.
const TOLD: usize = 20;
/// Regions without logs that are named in one gap.
const NAMED: usize = 12;

/// What the logs say, in a fixed order. `scan` is none where the tenancy file names no logs, or they could not be read.
pub fn facts(scan: Option<&Scan>, wanted: bool, expected: &[Expected]) -> Vec<LogFact> {
    let provider = expected.first().map(|one| provider_of(&one.account)).unwrap_or_default();
    let Some(scan) = scan else {
        let why = if wanted { LOST } else { NO_LOGS };
        let nothing = Shortfall::without_call(GapReason::Missing, why);
        let none = |account: &Expected| unmet(&account.account, None, &nothing);
        return std::iter::once(nothing_of_all(provider, &nothing))
            .chain(expected.iter().map(none))
            .collect();
    };
    let unmet_places = unmet_places(scan, expected);
    let mut facts = vec![all(scan, provider, &unmet_places)];
    facts.extend(scan.sources.iter().map(|found| source(found, scan)));
    facts.extend(unmet_places.iter().map(|place| place.fact()));
    facts
}

/// What is said where there is no `[logs]`.
const NO_LOGS: &str = "the tenancy file has no [logs]: name where the audit logs lie, as [[logs.source]] with folder, or with account and store";
/// What is said where a run should have read logs and has nothing of it.
const LOST: &str = "the run has no scan of the logs that the tenancy file names: assess again";

/// An account, or a region of one, of which no log file was seen.
enum Unmet<'e> {
    /// The whole account.
    Account(&'e str),
    /// Regions of it.
    Region(&'e str, &'e str),
    /// Which regions it has was not seen.
    Regions(&'e str),
}

impl Unmet<'_> {
    fn shortfall(&self) -> Shortfall {
        let detail = match self {
            Self::Account(account) => {
                format!("no audit log of {account} was read: name where it lies in [logs]")
            }
            Self::Region(account, region) => format!(
                "no audit log of {account} in {region} was read: let a trail record every region, with validation, and name where it lies in [logs]"
            ),
            Self::Regions(account) => {
                format!("which regions are open to {account} was not seen, so logs of some may be missing")
            }
        };
        Shortfall::without_call(GapReason::Missing, detail)
    }

    fn fact(&self) -> LogFact {
        match self {
            Self::Account(account) | Self::Regions(account) => unmet(account, None, &self.shortfall()),
            Self::Region(account, region) => unmet(account, Some(region), &self.shortfall()),
        }
    }
}

/// Holds the sources that were met against the tenancy. Where logs of an account are kept by region, each region that is
/// open to it must have some.
fn unmet_places<'e>(scan: &Scan, expected: &'e [Expected]) -> Vec<Unmet<'e>> {
    let covers = || scan.sources.iter().flat_map(|source| &source.covers);
    let mut unmet = Vec::new();
    for account in expected {
        let mut of_it = covers().filter(|covered| covered.account == account.account).peekable();
        if of_it.peek().is_none() {
            unmet.push(Unmet::Account(&account.account));
            continue;
        }
        let regions: BTreeSet<&str> = of_it.filter_map(|covered| covered.region.as_deref()).collect();
        if regions.is_empty() {
            continue;
        }
        match &account.regions {
            None => unmet.push(Unmet::Regions(&account.account)),
            Some(open) => unmet.extend(
                open.iter()
                    .filter(|region| !regions.contains(region.as_str()))
                    .map(|region| Unmet::Region(&account.account, region)),
            ),
        }
    }
    unmet
}

fn all(scan: &Scan, provider: &str, unmet: &[Unmet<'_>]) -> LogFact {
    let mut sheet = Sheet::new("logs");
    let mut gaps = grounds(scan);
    gaps.extend(unmet_told(unmet));
    let abroad = |row: &&Row| row.standing == Standing::Abroad;
    let records: u64 = scan.rows.iter().filter(abroad).map(|row| row.count).sum();
    let mut complete = Observed::Seen(true);
    for gap in &gaps {
        complete = complete.and(sheet.unseen("complete", gap));
    }
    let (digestible, altered, altered_files, validated) = digests(scan, unmet, &mut sheet);
    let (gaps, evidence) = sheet.finish();
    LogFact {
        abroad_records: Observed::Seen(number(records)),
        abroad: scan.rows.iter().filter(abroad).take(TOLD).map(from_abroad).collect(),
        complete,
        digestible,
        altered,
        altered_files,
        validated,
        evidence,
        gaps,
        ..blank("logs".to_owned(), provider, "", "audit logs", LogPart::All)
    }
}

/// Each thing that keeps the logs from having been seen whole.
fn grounds(scan: &Scan) -> Vec<Shortfall> {
    let mut found: Vec<Shortfall> =
        scan.stores.iter().flat_map(|store| store.troubles.iter().map(|one| told(store, one))).collect();
    let told = |ground: &Ground| {
        let count = ground.count;
        let detail = match ground.ground {
            // It is what the logs say, not what they leave open.
            GroundSort::Abroad => return None,
            GroundSort::UnknownOrigin => format!(
                "the origin of {count} records is not known: name published ranges and a country database in [logs]"
            ),
            GroundSort::NotRead => format!("{count} records or files of the logs could not be read"),
            GroundSort::UnknownForm => format!("{count} records of the logs have an unknown format"),
            GroundSort::MissingHours => format!("there are no logs for {count} hours"),
            GroundSort::TooManyHours => format!("{count} sources of logs cover more hours than can be held"),
            GroundSort::Validation => {
                format!("{count} log files or digests do not match the digests")
            }
            GroundSort::NotListed => format!("{count} places of the logs could not be listed"),
            GroundSort::NothingRead => "no record of the logs was read".to_owned(),
        };
        let reason = match ground.ground {
            GroundSort::UnknownOrigin => GapReason::Unresolved,
            GroundSort::UnknownForm => GapReason::Unknown,
            GroundSort::TooManyHours => GapReason::NotRead,
            GroundSort::Abroad | GroundSort::NotRead => GapReason::Malformed,
            GroundSort::MissingHours
            | GroundSort::Validation
            | GroundSort::NotListed
            | GroundSort::NothingRead => GapReason::Missing,
        };
        Some(Shortfall::without_call(reason, detail))
    };
    found.extend(scan.grounds.iter().filter_map(told));
    found
}

/// What a store could not give.
fn told(store: &StoreTold, trouble: &Trouble) -> Shortfall {
    let detail = match trouble.file.as_str() {
        "" => format!("logs in {} could not be listed: {}", store.store, trouble.detail),
        file => format!(
            "{} pieces of logs in {} could not be read, the first of {}: {}",
            trouble.count,
            store.store,
            file.rsplit('/').next().unwrap_or(file),
            trouble.detail
        ),
    };
    Shortfall {
        operation: trouble.operation.clone(),
        permission: trouble.permission.clone(),
        call: trouble.call,
        ..Shortfall::without_call(trouble.reason, detail)
    }
}

/// Regions of one account together: there may be dozens.
fn unmet_told(unmet: &[Unmet<'_>]) -> Vec<Shortfall> {
    let mut by_account: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut told = Vec::new();
    for place in unmet {
        match place {
            Unmet::Region(account, region) => by_account.entry(account).or_default().push(region),
            Unmet::Account(_) | Unmet::Regions(_) => told.push(place.shortfall()),
        }
    }
    told.extend(by_account.into_iter().map(|(account, regions)| {
        let more = if regions.len() > NAMED { ", …" } else { "" };
        let names = regions.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let detail =
            format!("no audit log of {account} was read in {} of its regions ({names}{more})", regions.len());
        Shortfall::without_call(GapReason::Missing, detail)
    }));
    told
}

/// What CloudTrail's digests show: whether there could be any, what they contradict, and whether nothing is left open.
fn digests(
    scan: &Scan,
    unmet: &[Unmet<'_>],
    sheet: &mut Sheet,
) -> (Observed<bool>, Observed<i64>, Vec<String>, Observed<bool>) {
    let trails: Vec<&Source> = scan.sources.iter().filter(|source| source.is_trail()).collect();
    let all_met = unmet.is_empty()
        && !scan
            .grounds
            .iter()
            .any(|one| matches!(one.ground, GroundSort::NothingRead | GroundSort::NotListed));
    let mut open = Vec::new();
    if !all_met {
        let detail = "not all of the logs could be listed and read, or some of the tenancy's were not named";
        open.push(Shortfall::without_call(GapReason::Missing, detail));
    }
    let digestible = match (trails.is_empty(), open.first()) {
        (false, _) => Observed::Seen(true),
        (true, None) => Observed::Seen(false),
        (true, Some(why)) => sheet.unseen("digestible", why),
    };
    let mut leave = |detail: String| open.push(Shortfall::without_call(GapReason::Missing, detail));
    let without: Vec<&str> =
        trails.iter().filter(|source| source.digests == 0).map(|source| source.source.as_str()).collect();
    if let [first, ..] = without.as_slice() {
        leave(format!(
            "{} sources of CloudTrail have no digest files, the first of them {first}: turn validation on, and name where digests lie in [logs]",
            without.len()
        ));
    }
    let mut altered: Vec<String> = Vec::new();
    if let Some(found) = &scan.validation {
        let follows_not = found.broken.iter().filter(|one| one.reason != ALTERED).count();
        let (missing, unread, unnamed) = (found.missing.len(), found.unread.len(), found.unnamed.len());
        for (count, what) in [
            (
                unnamed,
                format!("{unnamed} log files of trails are named by no digest whose signature was verified"),
            ),
            (missing, format!("{missing} log files that digests name are missing")),
            (unread, format!("{unread} log files that digests name could not be read in full")),
            (follows_not, format!("{follows_not} digests do not follow one another")),
        ] {
            if count > 0 {
                leave(what);
            }
        }
        let unsigned = found.signatures_unverified.saturating_sub(found.newest);
        if unsigned > 0 {
            leave(format!(
                "the signatures of {unsigned} digests were not verified: name what `aws cloudtrail list-public-keys` prints as keys in [logs]"
            ));
        } else if found.signatures_verified == 0 {
            leave("no digest is followed by another that holds its signature".to_owned());
        }
        let broken = found.broken.iter().filter(|one| one.reason == ALTERED).map(|one| &one.file);
        altered = found.altered.iter().chain(&found.signatures_refused).chain(broken).cloned().collect();
    }
    let mut validated = Observed::Seen(true);
    for why in &open {
        validated = validated.and(sheet.unseen("validated", why));
    }
    let count = number(altered.len() as u64);
    altered.truncate(TOLD);
    (digestible, Observed::Seen(count), altered, validated)
}

/// The reason of a digest whose hash is not the one that the next holds.
const ALTERED: &str = "previous_altered";

fn source(found: &Source, scan: &Scan) -> LogFact {
    let id = format!("logs/{}", found.source);
    let mut sheet = Sheet::new(&id);
    let (kept_days, oldest) = match (found.kept_days, found.oldest) {
        (Some(days), Some(oldest)) => (Observed::Seen(days), Observed::Seen(oldest.to_string())),
        _ => {
            let detail = "how old its oldest record is is not known: there is none, or older files could not be listed or read";
            let unknown = Shortfall::without_call(GapReason::Missing, detail);
            (sheet.unseen("kept_days", &unknown), sheet.unseen("oldest", &unknown))
        }
    };
    let too_many = scan.grounds.iter().any(|ground| ground.ground == GroundSort::TooManyHours);
    let unlisted = scan.grounds.iter().any(|ground| ground.ground == GroundSort::NotListed);
    let missing_hours = if unlisted {
        let detail = "not every place where its logs may be could be listed";
        sheet.unseen("missing_hours", &Shortfall::without_call(GapReason::Missing, detail))
    } else if too_many {
        let detail = "its logs cover more hours than can be held";
        sheet.unseen("missing_hours", &Shortfall::without_call(GapReason::NotRead, detail))
    } else {
        Observed::Seen(number(found.missing_hours))
    };
    let span = |span: &Span| Missing { from: span.from.to_string(), to: span.to.to_string() };
    let (gaps, evidence) = sheet.finish();
    let account = found.covers.first().map(|covered| covered.account.as_str()).unwrap_or_default();
    let (provider, number) = account.split_once('/').unwrap_or_default();
    LogFact {
        quiet: found.records == 0
            && found.files > 0
            && scan.read.flaws.is_empty()
            && scan.unlisted.is_empty(),
        kept_days,
        oldest,
        missing_hours,
        missing: found.missing.iter().take(TOLD).map(span).collect(),
        evidence,
        gaps,
        ..blank(id, provider, number, &found.source, LogPart::Source)
    }
}

/// The fact of an account, or a region of one, without logs.
fn unmet(account: &str, region: Option<&str>, why: &Shortfall) -> LogFact {
    let name = region.map_or_else(|| account.to_owned(), |region| format!("{account}/{region}"));
    let id = format!("logs/{name}");
    let mut sheet = Sheet::new(&id);
    let (provider, number) = account.split_once('/').unwrap_or((account, ""));
    let mut fact = blank(id, provider, number, &name, LogPart::Source);
    fact.kept_days = sheet.unseen("kept_days", why);
    fact.oldest = sheet.unseen("oldest", why);
    fact.missing_hours = sheet.unseen("missing_hours", why);
    (fact.gaps, fact.evidence) = sheet.finish();
    fact
}

fn nothing_of_all(provider: &str, why: &Shortfall) -> LogFact {
    let mut sheet = Sheet::new("logs");
    let mut fact = blank("logs".to_owned(), provider, "", "audit logs", LogPart::All);
    fact.abroad_records = sheet.unseen("abroad_records", why);
    fact.complete = sheet.unseen("complete", why);
    fact.digestible = sheet.unseen("digestible", why);
    fact.altered = sheet.unseen("altered", why);
    fact.validated = sheet.unseen("validated", why);
    (fact.gaps, fact.evidence) = sheet.finish();
    fact
}

/// A fact with the parts of the other sort left out: nothing asks for them there.
fn blank(id: String, provider: &str, account: &str, name: &str, part: LogPart) -> LogFact {
    LogFact {
        id,
        provider: provider.to_owned(),
        account: account.to_owned(),
        name: name.to_owned(),
        part,
        quiet: false,
        abroad_records: Observed::default(),
        abroad: Vec::new(),
        complete: Observed::default(),
        digestible: Observed::default(),
        altered: Observed::default(),
        altered_files: Vec::new(),
        validated: Observed::default(),
        kept_days: Observed::default(),
        oldest: Observed::default(),
        missing_hours: Observed::default(),
        missing: Vec::new(),
        evidence: BTreeMap::new(),
        gaps: Vec::new(),
    }
}

fn from_abroad(row: &Row) -> FromAbroad {
    let place = row.origin.provider.iter().chain(&row.origin.place).cloned().collect::<Vec<_>>().join(" ");
    FromAbroad {
        principal: gap::shorten(row.principal.as_deref().unwrap_or_default()),
        countries: row.origin.country.iter().cloned().collect(),
        place,
        service: gap::shorten(row.service.as_deref().unwrap_or_default()),
        count: number(row.count),
        first: row.first.to_string(),
        last: row.last.to_string(),
    }
}

fn provider_of(account: &str) -> &str {
    account.split('/').next().unwrap_or_default()
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn source(name: &str, covers: Value, digests: u64) -> Value {
        json!({"source": name, "covers": covers, "files": 1, "empty_files": 0, "digests": digests, "records": 1,
            "oldest": "2026-11-01T00:00:00Z", "newest": "2026-11-01T00:00:00Z", "kept_days": 29, "missing_hours": 0, "missing": []})
    }

    fn scan(sources: &[Value], validation: Value) -> Scan {
        let sources = json!(sources);
        serde_json::from_value(json!({"schema": "sekisho/logs/v1", "verdict": "conforms", "grounds": [],
            "scanned_at": "2026-11-30T00:00:00Z", "period": null, "home_countries": ["JP"],
            "located_with": {"countries": null, "ranges": []},
            "read": {"files": 1, "skipped_files": 0, "stored_bytes": 1, "bytes": 1, "records": 1, "outside_period": 0,
                "unknown_form": 0, "flaws": {}},
            "rows": [], "entries": [], "sources": sources, "stores": [], "awaited_from": "2026-11-29T21:00:00Z",
            "validation": validation, "flaws": [], "unlisted": []}))
        .unwrap()
    }

    fn expected(account: &str, regions: Option<&[&str]>) -> Expected {
        let owned = |all: &[&str]| all.iter().map(|region| (*region).to_owned()).collect();
        Expected { account: account.to_owned(), regions: regions.map(owned) }
    }

    fn of(account: &str, region: Option<&str>) -> Value {
        json!([{"account": account, "region": region}])
    }

    #[test]
    fn an_account_or_region_without_logs_keeps_them_from_being_complete() {
        let tokyo = source("cloudtrail/1/tokyo", of("aws/1", Some("tokyo")), 1);
        let google = source("folder/x", of("gcp/p", None), 0);
        for (sources, wanted, unmet) in [
            (vec![tokyo.clone()], vec![expected("aws/1", Some(&["tokyo"]))], vec![]),
            (
                vec![tokyo.clone()],
                vec![expected("aws/1", Some(&["tokyo", "osaka"]))],
                vec!["logs/aws/1/osaka"],
            ),
            (vec![tokyo.clone()], vec![expected("aws/1", None)], vec!["logs/aws/1"]),
            (
                vec![tokyo.clone()],
                vec![expected("aws/1", Some(&["tokyo"])), expected("aws/2", Some(&["tokyo"]))],
                vec!["logs/aws/2"],
            ),
            // Logs that are not kept by region cover the account.
            (vec![google.clone()], vec![expected("gcp/p", Some(&["tokyo", "osaka"]))], vec![]),
            // Accesses to single things cover nothing.
            (
                vec![source("folder/b", json!([]), 0)],
                vec![expected("aws/1", Some(&["tokyo"]))],
                vec!["logs/aws/1"],
            ),
        ] {
            let facts = facts(Some(&scan(&sources, Value::Null)), true, &wanted);
            let ids: Vec<&str> = facts
                .iter()
                .filter(|fact| fact.missing_hours.is_unseen())
                .map(|fact| fact.id.as_str())
                .collect();
            assert_eq!(ids[1..], unmet, "{wanted:?}");
            assert_eq!(facts[0].complete.is_unseen(), !unmet.is_empty(), "{wanted:?}");
            assert_eq!(facts[0].gaps.iter().any(|gap| gap.facet == "complete"), !unmet.is_empty());
        }
    }

    #[test]
    fn digests_validate_contradict_or_leave_open() {
        let sound = json!({"digests": 3, "matched": 2, "altered": [], "missing": [], "unread": [], "broken": [],
            "signatures_verified": 2, "signatures_refused": [], "signatures_unverified": 1, "newest": 1});
        let with = |key: &str, value: Value| {
            let mut changed = sound.clone();
            changed[key] = value;
            changed
        };
        let broken = |reason: &str| with("broken", json!([{"file": "d", "reason": reason}]));
        for (digests, validation, digestible, altered, validated) in [
            (1, sound.clone(), Some(true), 0, true),
            (0, Value::Null, Some(true), 0, false),
            (0, sound.clone(), Some(true), 0, false),
            (1, with("altered", json!(["a", "b"])), Some(true), 2, true),
            (1, with("signatures_refused", json!(["d"])), Some(true), 1, true),
            (1, broken("previous_altered"), Some(true), 1, true),
            (1, broken("previous_missing"), Some(true), 0, false),
            (1, with("missing", json!(["a"])), Some(true), 0, false),
            (1, with("unread", json!(["a"])), Some(true), 0, false),
            (1, with("signatures_unverified", json!(2)), Some(true), 0, false),
            (1, with("signatures_verified", json!(0)), Some(true), 0, false),
        ] {
            let tokyo = source("cloudtrail/1/tokyo", of("aws/1", Some("tokyo")), digests);
            let facts = facts(
                Some(&scan(&[tokyo], validation.clone())),
                true,
                &[expected("aws/1", Some(&["tokyo"]))],
            );
            let all = &facts[0];
            let found =
                (all.digestible.seen().copied(), all.altered.seen().copied(), !all.validated.is_unseen());
            assert_eq!(found, (digestible, Some(altered), validated), "{digests} {validation}");
        }
        // Logs without digests are not concerned, unless some were not met.
        let azure = scan(&[source("folder/x", of("azure/s", None), 0)], Value::Null);
        let digestible =
            |wanted: &[Expected]| facts(Some(&azure), true, wanted)[0].digestible.seen().copied();
        assert_eq!(digestible(&[expected("azure/s", None)]), Some(false));
        assert_eq!(digestible(&[expected("azure/s", None), expected("aws/1", None)]), None);
    }
}
