//! Documents, and the tenancy's papers as a whole, as rules see them: what is stated, and what follows from it on a day.

use super::entry::{Entry, Handling};
use super::file::FileState;
use super::kind::{DocumentKind, Part};
use super::names;
use super::register::{Document, Register, name_of, strictest};
use super::signature::Signature;
use crate::documents::entry::{Found, Role};
use crate::text::Text;
use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};

/// One document or statement: `subject` of a rule about documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentFact {
    /// The name of its entry.
    pub id: String,
    /// What people call it.
    pub name: Text,
    /// What it states.
    #[serde(flatten)]
    pub entry: Entry,
    /// The fields it states: the register is known whole, so what is not among them is not stated.
    pub stated: Vec<String>,
    /// How its file stands to what is registered.
    pub file_state: FileState,
    /// The signatures in its file.
    pub signatures: Vec<Signature>,
    /// Days until it expires; negative when it has.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_to_expiry: Observed<i64>,
    /// Days from the contract's end until it expires; negative when it expires before.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_past_contract: Observed<i64>,
    /// Days by which the period it covers ended more than a year ago; negative or 0 while it is within the year.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_past_year: Observed<i64>,
    /// Days a bridge letter still covers; negative when it no longer does.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub bridge_days_left: Observed<i64>,
    /// Days since it was signed; negative when that is to come.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_since_signed: Observed<i64>,
    /// Days until the last of the days it bears as past ones (issued, end of its period, looked up, obtained, erased) has
    /// come; 0 when all have.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_to_come: Observed<i64>,
    /// The year of the standard's edition.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub edition: Observed<i64>,
    /// Whether the holder is the provider it is about.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub holder_is_provider: Observed<bool>,
    /// Whether the holder is certified as what it is here: provider of the service, or its customer.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub role_matches: Observed<bool>,
    /// Whether it lies inside the scope of the ISMS certificate it names, and that is in force.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub inside_isms: Observed<bool>,
    /// What it has to tell by its kind and is not said to; absent where the entry says nothing of it.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub uncovered: Observed<Vec<Part>>,
    /// The mean of its scores in hundredths, rounded down; absent where not every item has one.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub mean_score_hundredths: Observed<i64>,
    /// The least of its scores; absent as the mean is.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub lowest_score: Observed<i64>,
    /// Whether another entry takes its place.
    pub replaced: bool,
}

impl DocumentFact {
    /// What follows from an entry on the day of the assessment.
    pub fn of(document: &Document, register: &Register, assessed_at: Date, contract_end: Date) -> Self {
        let entry = &document.entry;
        let date = |stated: &Observed<String>| stated.seen().and_then(|text| text.parse::<Date>().ok());
        let days = |from: Option<Date>, to: Option<Date>| match (from, to) {
            (Some(from), Some(to)) => between(from, to),
            _ => Observed::default(),
        };
        let (today, expiry) = (Some(assessed_at), date(&entry.valid_until));
        // A day without a year later (29 February) ends on the last day of that month.
        let year_after = date(&entry.period_end).and_then(|end| end.checked_add(1.year()).ok());
        let replaced = register.is_replaced(&document.id);
        Self {
            id: document.id.clone(),
            name: name_of(entry, &document.id),
            stated: stated(entry),
            file_state: document.file.state,
            signatures: document.file.signatures.clone(),
            days_to_expiry: days(today, expiry),
            days_past_contract: days(Some(contract_end), expiry),
            days_past_year: days(year_after, today),
            bridge_days_left: days(today, date(&entry.bridge_until)),
            days_since_signed: days(date(&entry.signed), today),
            days_to_come: days_to_come(entry, assessed_at),
            edition: edition(entry),
            holder_is_provider: holder_is_provider(entry),
            role_matches: role_matches(entry),
            inside_isms: inside_isms(entry, register, assessed_at),
            uncovered: uncovered(entry),
            mean_score_hundredths: scores(entry).map(|(mean, _)| mean),
            lowest_score: scores(entry).map(|(_, lowest)| lowest),
            replaced,
            entry: entry.clone(),
        }
    }
}

/// What the program writes of a run: `subject` of a rule about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputFact {
    /// The confidentiality (機密性) its marking gives, 3 to 1; absent where nothing on file says how it is to be handled.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub confidentiality: Observed<i64>,
    /// Whether it tells of confidential or personal information, which takes a marking of 2 or 3.
    pub confidential: bool,
    /// The handling restrictions (取扱制限) it carries.
    pub restrictions: Vec<String>,
    /// Whether one of them asks that it be encrypted (暗号化必須).
    pub encryption_asked: bool,
    /// Whether it is encrypted to who receives it. A run's folder is not.
    pub encrypted: bool,
}

impl OutputFact {
    /// What is written carries the strictest marking of anything it was made from.
    pub fn of(register: &Register, asked: Option<&Handling>, confidential: bool) -> Self {
        // A marking that cannot be read may be stricter.
        let unread = register.may_hold(&["handling-marking"]);
        let Some(handling) = strictest(register, asked).filter(|_| !unread) else {
            return Self { confidential, ..Self::default() };
        };
        Self {
            confidential,
            confidentiality: i64::try_from(handling.confidentiality)
                .map_or_else(|_| Observed::default(), Observed::Seen),
            encryption_asked: handling.restrictions.iter().any(|one| asks_encryption(one)),
            restrictions: handling.restrictions,
            encrypted: false,
        }
    }
}

/// Whether a handling restriction asks for encryption (暗号化必須).
pub fn asks_encryption(restriction: &str) -> bool {
    restriction.contains("暗号") || restriction.to_lowercase().contains("encrypt")
}

/// The tenancy's papers as a whole: `subject` of a rule about the tenancy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenancyFact {
    /// What is in use and lies outside every document in order, by the place for papers that asks for it.
    pub outside: Vec<Outside>,
    /// Kinds of data in use for which no way of handing them over is stated.
    pub unexported: Vec<String>,
    /// Organisations whose part a report leaves out.
    pub carve_outs: Vec<CarveOut>,
    /// Those who do part of the work; absent where neither a register of them nor their absence is on file.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub subcontractors: Observed<Vec<SubcontractorFact>>,
}

/// A service in use in places that no document in order covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The place for papers in the profile (`iso27001`).
    pub paper: String,
    /// The provider.
    pub provider: String,
    /// The service, by our name or in the words of the list that names it.
    pub service: String,
    /// The places.
    pub regions: Vec<String>,
}

/// An organisation whose part a report leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CarveOut {
    /// The organisation.
    pub name: String,
    /// The entry of the report.
    pub document: String,
    /// Whether it stands in the register of subcontractors; absent where a report does not say whom it leaves out.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub registered: Observed<bool>,
}

/// Somebody who does part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubcontractorFact {
    /// The legal name.
    pub name: String,
    /// Which part.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub scope: Observed<String>,
    /// Why it is needed.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub need: Observed<String>,
    /// Days since it was permitted; negative when that is to come.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub days_since_permitted: Observed<i64>,
    /// Whether a permission on file names it.
    #[serde(default)]
    pub permission: bool,
    /// The material that was handed in.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub material: Observed<Vec<String>>,
    /// Whether a contract on file lays the contractor's duties on them, audits included.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub bound: Observed<bool>,
}

impl TenancyFact {
    /// What the register says of those who do part of the work.
    pub fn of(register: &Register, assessed_at: Date, in_order: &dyn Fn(&str) -> bool) -> Self {
        const LISTS: [&str; 1] = ["subcontractors"];
        let lists: Vec<&Document> =
            register.of(&LISTS).filter(|list| !register.is_replaced(&list.id)).collect();
        let none = register.of(&["no-subcontracting"]).any(|one| in_order(&one.id));
        let named = || lists.iter().filter_map(|list| list.entry.subcontractors.seen()).flatten();
        // One that cannot be read may name others.
        let known = (!lists.is_empty() || none) && !register.may_hold(&LISTS);
        let subcontractor = |one: &super::entry::Subcontractor| {
            let permitted = one.permitted.seen().and_then(|text| text.parse::<Date>().ok());
            let same = |other: &Observed<String>| {
                other.seen().is_some_and(|name| names::plain(name) == names::plain(&one.name))
            };
            let with = |key: &'static [&'static str]| {
                let all = register.of(key).filter(|document| in_order(&document.id));
                all.filter(|document| same(&document.entry.subcontractor)).collect::<Vec<_>>()
            };
            let contracts = with(&["subcontract"]);
            let issued = |document: &Document| {
                document
                    .entry
                    .issued
                    .seen()
                    .and_then(|on| on.parse::<Date>().ok())
                    .is_some_and(|on| on <= assessed_at)
            };
            let permission = with(&["subcontract-permission"]).into_iter().any(issued);
            SubcontractorFact {
                name: one.name.clone(),
                scope: one.scope.clone(),
                need: one.need.clone(),
                days_since_permitted: permitted
                    .map_or_else(Observed::default, |day| between(day, assessed_at)),
                material: one.material.clone(),
                permission,
                bound: match contracts.as_slice() {
                    [] => Observed::default(),
                    all => all.iter().fold(Observed::Seen(true), |bound, document| {
                        bound.and(document.entry.same_duties).and(document.entry.accepts_audits)
                    }),
                },
            }
        };
        let registered = |name: &String| {
            let sound = lists.iter().filter(|list| in_order(&list.id));
            let mut all = sound.filter_map(|list| list.entry.subcontractors.seen()).flatten();
            all.any(|one| names::plain(&one.name) == names::plain(name))
        };
        let reports = register.of(&["soc1", "soc2", "soc3"]).filter(|one| !register.is_replaced(&one.id));
        let carve_outs = reports.flat_map(|document| {
            let of = |name: &String, registered| CarveOut {
                name: name.clone(),
                document: document.id.clone(),
                registered,
            };
            match document.entry.carve_outs.seen() {
                Some(all) => all.iter().map(|name| of(name, Observed::Seen(registered(name)))).collect(),
                None => vec![of(&"?".to_owned(), Observed::default())],
            }
        });
        Self {
            carve_outs: carve_outs.collect(),
            subcontractors: if known {
                Observed::Seen(named().map(subcontractor).collect())
            } else {
                Observed::default()
            },
            ..Self::default()
        }
    }
}

fn between(from: Date, to: Date) -> Observed<i64> {
    to.since(from).map_or_else(|_| Observed::default(), |span| Observed::Seen(i64::from(span.get_days())))
}

/// How far the latest day that has to be past still lies ahead.
fn days_to_come(entry: &Entry, assessed_at: Date) -> Observed<i64> {
    let listed = [&entry.all_services, &entry.all_regions];
    let looked = listed.into_iter().filter_map(|list| list.seen()).map(|list| &list.looked_up);
    let own = [&entry.issued, &entry.period_end, &entry.obtained, &entry.erased];
    let own = own.into_iter().filter_map(|day| day.seen());
    let lookup = entry.lookup.seen().map(|lookup| &lookup.on);
    // A day that cannot be read may be any.
    let ahead = |day: &String| between(assessed_at, day.parse::<Date>().ok()?).seen().copied();
    let days: Option<Vec<i64>> = own.chain(looked).chain(lookup).map(ahead).collect();
    match days {
        Some(days) => Observed::Seen(days.into_iter().fold(0, i64::max)),
        None => Observed::default(),
    }
}

/// The names of the fields an entry states.
fn stated(entry: &Entry) -> Vec<String> {
    match serde_json::to_value(entry) {
        Ok(serde_json::Value::Object(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

/// The year of the standard it is of: `ISO/IEC 27001:2022`.
fn edition(entry: &Entry) -> Observed<i64> {
    let number = match entry.kind {
        DocumentKind::Iso27001 => "27001:",
        DocumentKind::Iso27017 => "27017:",
        _ => ":",
    };
    // Of several editions it is not told which is meant.
    let year = entry.standard.seen().filter(|standard| standard.matches(number).count() == 1);
    let year = year.and_then(|standard| {
        let (_, year) = standard.split_once(number)?;
        let year: String = year.trim().chars().take(4).collect();
        year.parse::<i64>().ok().filter(|year| (1987..=2100).contains(year))
    });
    year.map_or_else(Observed::default, Observed::Seen)
}

/// What papers of its kind have to tell and it is not said to tell.
fn uncovered(entry: &Entry) -> Observed<Vec<Part>> {
    let wanted = Part::wanted_of(entry.kind).iter();
    let covers = entry.covers.as_ref();
    covers.map(|covers| wanted.filter(|part| !covers.contains(part)).copied().collect())
}

/// Items of IPA's benchmark: 25 or 27, by its version (https://www.ipa.go.jp/security/sec-tools/benchmark.html).
const BENCHMARK_ITEMS: usize = 25;

/// The mean of the scores in hundredths, rounded down, and the least of them; known where every item may have one.
fn scores(entry: &Entry) -> Observed<(i64, i64)> {
    let Some(scores) = entry.scores.seen().filter(|scores| scores.len() >= BENCHMARK_ITEMS) else {
        return Observed::default();
    };
    let count = scores.len() as u64;
    let (mean, lowest) = (scores.iter().sum::<u64>() * 100 / count, scores.iter().min().copied());
    match (i64::try_from(mean), lowest.map(i64::try_from)) {
        (Ok(mean), Some(Ok(lowest))) => Observed::Seen((mean, lowest)),
        _ => Observed::default(),
    }
}

fn holder_is_provider(entry: &Entry) -> Observed<bool> {
    match (entry.provider.seen().and_then(|provider| names::of(provider)), entry.holder.seen()) {
        (Some(names), Some(holder)) => Observed::Seen(names.holds(holder)),
        _ => Observed::default(),
    }
}

/// The provider of a service must be certified as a provider; the contractor, who uses one, as a customer.
fn role_matches(entry: &Entry) -> Observed<bool> {
    let wanted = if entry.provider.is_unseen() { Role::Customer } else { Role::Provider };
    entry.role.map(|role| role == wanted || role == Role::Both)
}

fn inside_isms(entry: &Entry, register: &Register, assessed_at: Date) -> Observed<bool> {
    let Some(within) = entry.within.seen() else { return Observed::default() };
    let Some(isms) = register.find(within) else { return Observed::Seen(false) };
    let in_force = isms.entry.valid_until.seen().and_then(|text| text.parse::<Date>().ok());
    let in_force = in_force.is_some_and(|until| until >= assessed_at);
    let same_holder = match (entry.holder.seen(), isms.entry.holder.seen()) {
        (Some(own), Some(other)) => names::plain(own) == names::plain(other),
        _ => false,
    };
    let inside = super::scope::lies_inside(entry, &isms.entry);
    let current = edition(&isms.entry).seen().is_some_and(|year| *year >= 2022);
    let valid = isms.entry.lookup.seen().is_none_or(|lookup| lookup.result == Found::Valid);
    let whole = matches!(isms.file.state, FileState::Held | FileState::Withheld);
    let stands = in_force && current && valid && whole && !register.is_replaced(within);
    Observed::Seen(isms.entry.kind == DocumentKind::Iso27001 && stands && same_holder && inside)
}
