//! What is on file and what the tenancy file says, before and after.

use super::change::{Change, Direction, plain, text_of};
use super::clauses::Clauses;
use super::told::Told;
use super::what::What;
use crate::bundle::OpenRun;
use crate::documents::file::FileState;
use crate::documents::{DocumentFact, Faulty, Register, name_of};
use crate::logs::access::Entry as Access;
use crate::tenancy::{Exception, Tenancy};
use crate::text::Text;
use jiff::civil::Date;
use sekisho_contract::AccountSection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A run's papers, on its day.
#[derive(Clone, Copy)]
pub struct Papers<'r> {
    /// The tenancy file.
    pub tenancy: &'r Tenancy,
    /// The register.
    pub register: &'r Register,
    /// The day of the assessment, in Japan.
    pub day: Date,
}

impl<'r> Papers<'r> {
    /// Those of a run.
    pub fn of(run: &'r OpenRun) -> Self {
        // Contracts and papers end by the calendar of Japan.
        let day = jiff::tz::Offset::constant(9).to_datetime(run.run.assessed_at).date();
        Self { tenancy: &run.run.tenancy, register: &run.beside.register, day }
    }
}

/// Tells what changed about them.
pub fn compare(old: Papers<'_>, new: Papers<'_>, clauses: &Clauses<'_>, told: &mut Told) {
    documents(old, new, clauses, told);
    exceptions(old, new, clauses, told);
    access(old, new, clauses, told);
    tenancy(old.tenancy, new.tenancy, clauses, told);
}

fn documents(old: Papers<'_>, new: Papers<'_>, clauses: &Clauses<'_>, told: &mut Told) {
    let ids = |register: &Register| -> BTreeSet<String> {
        let faulty = register.faulty.iter().map(|one| one.id.clone());
        register.documents.iter().map(|one| one.id.clone()).chain(faulty).collect()
    };
    let all: BTreeSet<String> = ids(old.register).into_iter().chain(ids(new.register)).collect();
    for id in all {
        let (before, after) = (old.register.find(&id), new.register.find(&id));
        let broken = |register| broken(register, &id);
        let entry = after.or(before).map(|document| &document.entry);
        let key = entry.map(crate::documents::Entry::key).map(str::to_owned);
        let key =
            key.or_else(|| broken(new.register).or(broken(old.register)).and_then(|one| one.key.clone()));
        let touched = key.as_deref().map(|key| clauses.of_paper(key)).unwrap_or_default();
        let name = entry.map_or_else(|| plain(id.as_str()), |entry| name_of(entry, &id));
        let change =
            |what, direction| Change::new(what, direction, &id, &name.ja, "").touching(touched.clone());
        match (before, after) {
            (Some(before), Some(after)) => {
                let fact = |papers: Papers<'_>, document| {
                    DocumentFact::of(document, papers.register, papers.day, papers.tenancy.contract_end)
                };
                let (was, is) = (fact(old, before), fact(new, after));
                let left = |fact: &DocumentFact| fact.days_to_expiry.seen().copied();
                let until =
                    |fact: &DocumentFact| fact.entry.valid_until.seen().map(|day| plain(day.as_str()));
                if left(&is).is_some_and(|days| days < 0) && left(&was).is_some_and(|days| days >= 0) {
                    told.add(
                        change(What::DocumentExpired, Direction::Worse).from_to(until(&was), until(&is)),
                    );
                }
                objectives(&was, &is, &change, told);
                if let Some((direction, before, after)) = differing(&was, &is) {
                    told.add(change(What::DocumentChanged, direction).from_to(Some(before), Some(after)));
                }
            }
            (Some(_), None) => {
                let successor = new
                    .register
                    .documents
                    .iter()
                    .find(|one| one.entry.replaces.seen().is_some_and(|ids| ids.contains(&id)));
                let change = match (successor, broken(new.register)) {
                    (Some(_), _) => continue,
                    (None, Some(fault)) => change(What::DocumentChanged, Direction::Worse)
                        .from_to(None, fault.faults.first().map(|fault| plain(fault.as_str()))),
                    (None, None) => {
                        change(What::DocumentRemoved, Direction::Worse).from_to(Some(name.clone()), None)
                    }
                };
                told.add(change);
            }
            (None, Some(after)) => {
                let replaced = after
                    .entry
                    .replaces
                    .seen()
                    .and_then(|ids| ids.iter().find(|id| old.register.find(id).is_some()));
                told.add(match replaced {
                    Some(id) => change(What::DocumentReplaced, Direction::Neutral)
                        .from_to(Some(plain(id.as_str())), Some(name.clone())),
                    None => change(What::DocumentAdded, Direction::Better).from_to(None, Some(name.clone())),
                });
            }
            (None, None) => match (broken(old.register), broken(new.register)) {
                (None, Some(fault)) => {
                    let why = fault.faults.first().map(|fault| plain(fault.as_str()));
                    told.add(change(What::DocumentChanged, Direction::Worse).from_to(None, why));
                }
                (Some(_), None) => told.add(change(What::DocumentRemoved, Direction::Neutral)),
                _ => {}
            },
        }
    }
}

/// An entry that cannot be used.
fn broken<'r>(register: &'r Register, id: &str) -> Option<&'r Faulty> {
    register.faulty.iter().find(|one| one.id == id)
}

/// Declared objectives of systems that are declared both times.
fn objectives(
    was: &DocumentFact,
    is: &DocumentFact,
    change: &dyn Fn(What, Direction) -> Change,
    told: &mut Told,
) {
    let (Some(before), Some(after)) = (was.entry.systems.seen(), is.entry.systems.seen()) else { return };
    let before: BTreeMap<&str, (u64, u64)> =
        before.iter().map(|one| (one.name.as_str(), (one.rpo_minutes, one.rto_minutes))).collect();
    let after: BTreeMap<&str, (u64, u64)> =
        after.iter().map(|one| (one.name.as_str(), (one.rpo_minutes, one.rto_minutes))).collect();
    let systems: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for system in systems {
        let (one, other) = (before.get(system), after.get(system));
        let direction = match (one, other) {
            (one, other) if one == other => continue,
            (Some(one), Some(other)) if other.0 > one.0 || other.1 > one.1 => Direction::Worse,
            (Some(_), Some(_)) | (None, Some(_)) => Direction::Better,
            _ => Direction::Worse,
        };
        let said = |minutes: Option<&(u64, u64)>| {
            minutes.map(|(rpo, rto)| Text {
                ja: format!("{system}: RPO {rpo}分、RTO {rto}分"),
                en: format!("{system}: RPO {rpo} minutes, RTO {rto} minutes"),
            })
        };
        let mut change = change(What::DeclaredObjective, direction).from_to(said(one), said(other));
        change.key = format!("{}/{system}", change.key);
        told.add(change);
    }
}

/// The fields of an entry and the state of its file, where they differ. Who fetched it, when and where is not what it says.
fn differing(was: &DocumentFact, is: &DocumentFact) -> Option<(Direction, Text, Text)> {
    const FETCHED: [&str; 4] = ["obtained_from", "obtained_by", "obtained", "systems"];
    let (one, other) = (serde_json::to_value(&was.entry).ok()?, serde_json::to_value(&is.entry).ok()?);
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return None };
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for name in names.into_iter().filter(|name| !FETCHED.contains(&name.as_str())) {
        let (old, new) = (one.get(name), other.get(name));
        if old != new {
            let said = |value: Option<&Value>| {
                let text = value.map_or("-".to_owned(), |value| {
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                });
                format!("{name}: {}", super::change::bounded(&text, 120))
            };
            before.push(said(old));
            after.push(said(new));
        }
    }
    let (mut before, mut after) = (plain(before.join("; ")), plain(after.join("; ")));
    let sound = |state: FileState| matches!(state, FileState::Held | FileState::Withheld);
    let mut direction = Direction::Neutral;
    if was.file_state != is.file_state {
        direction = match (sound(was.file_state), sound(is.file_state)) {
            (true, false) => Direction::Worse,
            (false, true) => Direction::Better,
            _ => Direction::Neutral,
        };
        for (text, state) in [(&mut before, was.file_state), (&mut after, is.file_state)] {
            let state = text_of(state.title());
            *text = Text { ja: format!("{} {}", text.ja, state.ja), en: format!("{} {}", text.en, state.en) };
        }
    }
    (before != after).then_some((direction, before, after))
}

fn exceptions(old: Papers<'_>, new: Papers<'_>, clauses: &Clauses<'_>, told: &mut Told) {
    let by_id = |tenancy: &Tenancy| -> BTreeMap<String, Exception> {
        tenancy.exceptions.iter().map(|one| (one.id.clone(), one.clone())).collect()
    };
    let (before, after) = (by_id(old.tenancy), by_id(new.tenancy));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for id in ids {
        let (one, other) = (before.get(id), after.get(id));
        let touched = |exception: &Exception| match (&exception.clause, &exception.check) {
            (Some(clause), _) => vec![clause.clone()],
            (None, Some(check)) => clauses.of_check(check),
            (None, None) => Vec::new(),
        };
        let said = |exception: &Exception| {
            let subjects = exception.subjects.join(", ");
            let what = exception.check.as_deref().or(exception.clause.as_deref()).unwrap_or_default();
            plain(format!("{what} {subjects} ({}; {})", exception.reason, exception.expires))
        };
        let Some(named) = other.or(one) else { continue };
        let change = |what, direction| {
            Change::new(what, direction, id, id, "")
                .from_to(one.map(said), other.map(said))
                .touching(touched(named))
        };
        match (one, other) {
            (None, Some(_)) => told.add(change(What::ExceptionAdded, Direction::Neutral)),
            (Some(_), None) => told.add(change(What::ExceptionRemoved, Direction::Neutral)),
            (Some(one), Some(other)) => {
                if one != other {
                    told.add(change(What::ExceptionChanged, Direction::Neutral));
                }
                if other.expires < new.day && one.expires >= old.day {
                    told.add(change(What::ExceptionExpired, Direction::Worse));
                }
            }
            (None, None) => {}
        }
    }
}

fn access(old: Papers<'_>, new: Papers<'_>, clauses: &Clauses<'_>, told: &mut Told) {
    let name = |entry: &Access| {
        let part = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}={value}"));
        let parts = [
            part("principal", &entry.principal),
            part("country", &entry.country),
            part("service", &entry.service),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let by_name = |tenancy: &Tenancy| -> BTreeMap<String, Access> {
        tenancy.access.iter().map(|one| (name(one), one.clone())).collect()
    };
    let (before, after) = (by_name(old.tenancy), by_name(new.tenancy));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let touched = clauses.of_check("no-access-from-abroad");
    for name in names {
        let (one, other) = (before.get(name), after.get(name));
        let said = |entry: &Access| plain(format!("{name} ({}; {})", entry.reason, entry.expires));
        let change = |what, direction| {
            Change::new(what, direction, "[[access]]", name, name)
                .from_to(one.map(said), other.map(said))
                .touching(touched.clone())
        };
        match (one, other) {
            (None, Some(_)) => told.add(change(What::AccessAllowed, Direction::Neutral)),
            (Some(_), None) => told.add(change(What::AccessWithdrawn, Direction::Neutral)),
            (Some(one), Some(other)) if other.expires < new.day && one.expires >= old.day => {
                told.add(change(What::AccessExpired, Direction::Neutral));
            }
            (Some(one), Some(other)) if one.expires != other.expires => {
                told.add(change(What::AccessAllowed, Direction::Neutral));
            }
            _ => {}
        }
    }
}

/// The rest of the tenancy file, field by field, so that a new field must be thought of here.
fn tenancy(old: &Tenancy, new: &Tenancy, clauses: &Clauses<'_>, told: &mut Told) {
    let Tenancy {
        // Other tenancies and profiles are not compared.
        name: _,
        profile: _,
        contract_end,
        erasure_grace_days,
        accounts,
        // Told by code of their own.
        scopes: _,
        access: _,
        exceptions: _,
        logs,
        corroborate,
        // How much is asked is told by what was not seen.
        limits: _,
    } = old;
    let mut differ = |part: &str, before: String, after: String, touched: Vec<String>| {
        if before != after {
            let change = Change::new(What::TenancySetting, Direction::Neutral, "tenancy", part, part);
            told.add(change.from_to(Some(plain(before)), Some(plain(after))).touching(touched));
        }
    };
    let of = |subjects: &[crate::checks::SubjectKind]| clauses.of_subjects(subjects);
    use crate::checks::SubjectKind::{Corroboration, Erasure, Logs};
    differ("contract_end", contract_end.to_string(), new.contract_end.to_string(), of(&[Erasure]));
    let days = |days: u32| days.to_string();
    differ("erasure_grace_days", days(*erasure_grace_days), days(new.erasure_grace_days), of(&[Erasure]));
    differ("[logs]", json(logs), json(&new.logs), of(&[Logs]));
    differ("[corroborate]", json(corroborate), json(&new.corroborate), of(&[Corroboration]));
    for before in accounts {
        let same = |one: &&AccountSection| (&one.provider, &one.id) == (&before.provider, &before.id);
        if let Some(after) = new.accounts.iter().find(same) {
            let name = format!("[[account]] {}/{}", before.provider, before.id);
            differ(&name, section(before), section(after), clauses.all());
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|fault| fault.to_string())
}

/// What of an account is read. By which address and with which rights it is asked changes nothing about it.
fn section(account: &AccountSection) -> String {
    let AccountSection {
        provider: _,
        id: _,
        regions,
        role_arn: _,
        external_id: _,
        organization_role,
        tenant,
        management_group,
        organization,
        folder,
        service_account: _,
        profile: _,
        endpoint: _,
        endpoints: _,
    } = account;
    let regions = regions.as_ref().map_or("all".to_owned(), |regions| regions.join(" "));
    let parts = [
        ("tenant", tenant),
        ("organization_role", organization_role),
        ("management_group", management_group),
        ("organization", organization),
        ("folder", folder),
    ];
    let parts =
        parts.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(" {name}={value}")));
    format!("regions={regions}{}", parts.collect::<String>())
}
