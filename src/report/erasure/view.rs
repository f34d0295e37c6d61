//! What the page and the text show, bounded and in order.

use crate::assess::Status;
use crate::checks::spoken;
use crate::erased::{Answer, CopyTold, Erased, KeyTold, List, Looked, Open, State, Thing};
use crate::erasure::Hindrance;
use crate::report::display::marking;
use crate::report::display::{self, NAME_LIMIT, PROSE_LIMIT};
use crate::report::in_japan;
use crate::text::Language;
use crate::words;
use jiff::Timestamp;
use jiff::tz::Offset;
use sekisho_contract::fact::{Kind, LiftedBy, ObstacleKind};
use sekisho_contract::observed::Observed;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most things told one by one; the rest are counted and stand in `erasure.json`.
const THINGS: usize = 5_000;
/// Most places of a part that was not looked at.
const PLACES: usize = 12;
/// Most answers shown of one list.
const ANSWERS: usize = 50;
/// Most copies and hindrances shown of one thing.
const OF_THING: usize = 12;
/// Contracts are dated by the calendar of Japan.
const JAPAN: Offset = Offset::constant(9);

/// The report.
#[derive(Serialize)]
pub struct View {
    pub marking: Option<String>,
    pub tenancy: String,
    pub contract_end: String,
    pub accounts: Vec<String>,
    pub baseline: When,
    pub again: When,
    pub catalogue: String,
    pub tool: String,
    pub class: &'static str,
    pub verdict: String,
    pub tallies: Vec<Tallied>,
    pub services: Vec<Service>,
    pub keys: Vec<Row>,
    pub appeared: Vec<Row>,
    pub left_out_rows: usize,
    pub open: Vec<OpenPart>,
    pub lists: Vec<Listed>,
    pub left_out: Vec<LeftOut>,
    pub by_index: bool,
}

#[derive(Serialize)]
pub struct When {
    pub started: String,
    pub assessed: String,
    pub facts: String,
    pub ledger: String,
    pub stopped: bool,
}

#[derive(Serialize)]
pub struct Tallied {
    pub class: &'static str,
    pub word: String,
    pub things: u64,
    pub copies: u64,
    pub appeared: u64,
}

/// Things of one service.
#[derive(Serialize)]
pub struct Service {
    pub title: String,
    pub count: usize,
    pub rows: Vec<Row>,
}

#[derive(Serialize)]
pub struct Row {
    pub name: String,
    pub id: String,
    pub kind: &'static str,
    pub account: String,
    pub region: String,
    pub class: &'static str,
    pub state: String,
    pub why: String,
    pub until: Option<String>,
    pub key: Option<String>,
    pub lists: Vec<u32>,
    pub calls: Vec<String>,
    pub hindrances: Vec<String>,
    pub copies: Vec<CopyRow>,
    pub more: usize,
}

#[derive(Serialize)]
pub struct CopyRow {
    pub what: String,
    pub class: &'static str,
    pub state: String,
    pub why: String,
}

/// Parts of an account for which the same is said.
#[derive(Serialize)]
pub struct OpenPart {
    pub account: String,
    pub then: String,
    pub now: String,
    pub why: String,
    pub places: Vec<String>,
    pub more: usize,
}

#[derive(Serialize)]
pub struct Listed {
    pub number: u32,
    pub operation: String,
    pub account: String,
    pub answers: Vec<Answered>,
    pub more: usize,
}

#[derive(Serialize)]
pub struct Answered {
    pub region: String,
    pub target: String,
    pub page: u32,
    pub at: String,
    pub status: u16,
    pub request_id: String,
    pub sha256: String,
    pub call: String,
}

#[derive(Serialize)]
pub struct LeftOut {
    pub what: String,
    pub count: u64,
    pub why: String,
}

impl View {
    pub fn of(told: &Erased) -> Self {
        let all: Vec<&Thing> = told.things.iter().filter(|thing| thing.kind != Kind::Key).collect();
        let mut by_service: BTreeMap<(&str, &str), Vec<&Thing>> = BTreeMap::new();
        for thing in &all {
            by_service.entry((&thing.provider, &thing.service)).or_default().push(thing);
        }
        let mut room = THINGS;
        let mut rows = |things: &mut Vec<&Thing>| -> Vec<Row> {
            // What is left comes first: it must not fall behind the bound.
            things.sort_by_key(|thing| std::cmp::Reverse(rank(thing.state)));
            let shown = things.len().min(room);
            room -= shown;
            things.iter().take(shown).map(|thing| row(thing)).collect()
        };
        let mut keys: Vec<&Thing> = told.things.iter().filter(|thing| thing.kind == Kind::Key).collect();
        let mut new: Vec<&Thing> = told.appeared.iter().collect();
        let (keys, appeared) = (rows(&mut keys), rows(&mut new));
        let mut by_service: Vec<_> = by_service.into_iter().collect();
        // Services with something left come first.
        by_service
            .sort_by_key(|(_, things)| std::cmp::Reverse(things.iter().map(|thing| rank(thing.state)).max()));
        let services: Vec<Service> = by_service
            .into_iter()
            .map(|((provider, service), mut things)| Service {
                title: format!("{} / {}", name(provider), name(service)),
                count: things.len(),
                rows: rows(&mut things),
            })
            .collect();
        let shown =
            services.iter().map(|service| service.rows.len()).sum::<usize>() + keys.len() + appeared.len();
        let tally = |state: State| Tallied {
            class: class(state),
            word: super::state(state).ja,
            things: told.counts.things.of(state),
            copies: told.counts.copies.of(state),
            appeared: told.counts.appeared.of(state),
        };
        Self {
            marking: told.handling.as_ref().map(|handling| marking(handling).ja),
            tenancy: name(&told.tenancy),
            contract_end: told.contract_end.to_string(),
            accounts: told.accounts.iter().map(|account| name(account)).collect(),
            baseline: when(&told.baseline),
            again: when(&told.again),
            catalogue: told.catalogue.to_string(),
            tool: name(&told.tool),
            class: match told.verdict {
                Status::Conforms | Status::Attested => "gone",
                Status::Violates => "present",
                Status::Unverified | Status::NotApplicable => "unverified",
            },
            verdict: super::verdict(told.verdict).ja,
            tallies: State::ALL.into_iter().map(tally).collect(),
            services,
            keys,
            left_out_rows: (told.things.len() + told.appeared.len()).saturating_sub(shown),
            appeared,
            open: open(&told.open),
            lists: told.lists.iter().map(listed).collect(),
            left_out: told
                .left_out
                .iter()
                .map(|left| LeftOut {
                    what: format!(
                        "{} / {}（{}）",
                        name(&left.provider),
                        name(&left.service),
                        words::kind(left.kind).ja
                    ),
                    count: left.count,
                    why: prose(&left.why.ja),
                })
                .collect(),
            by_index: told.things.iter().any(|thing| thing.by_index),
        }
    }
}

/// The worse, the more.
const fn rank(state: State) -> u8 {
    match state {
        State::Present => 4,
        State::Scheduled => 3,
        State::Unverified => 2,
        State::GoneByKey => 1,
        State::Gone => 0,
    }
}

const fn class(state: State) -> &'static str {
    match state {
        State::Gone => "gone",
        State::GoneByKey => "gone-by-key",
        State::Scheduled => "scheduled",
        State::Present => "present",
        State::Unverified => "unverified",
    }
}

fn name(text: &str) -> String {
    let shown = display::name(text, NAME_LIMIT);
    if shown.full.is_some() { shown.text + "…" } else { shown.text }
}

fn prose(text: &str) -> String {
    display::prose(text, PROSE_LIMIT).text
}

fn when(looked: &Looked) -> When {
    When {
        started: in_japan(looked.started_at),
        assessed: in_japan(looked.assessed_at),
        facts: looked.facts_sha256.clone(),
        ledger: looked.ledger_sha256.clone(),
        stopped: looked.cancelled,
    }
}

/// A moment as its day in Japan; what cannot be read stands as it is.
fn day(moment: &str) -> String {
    let read = moment.parse::<Timestamp>();
    read.map_or_else(|_| name(moment), |at| JAPAN.to_datetime(at).date().to_string())
}

fn row(thing: &Thing) -> Row {
    let copies = thing.copies.iter().take(OF_THING).map(copy).collect();
    let place = |text: &str| if text == "global" { "全域".to_owned() } else { name(text) };
    Row {
        name: name(if thing.name.is_empty() { &thing.id } else { &thing.name }),
        id: name(&thing.id),
        kind: words::kind(thing.kind).ja,
        account: name(&thing.account),
        region: place(&thing.region),
        class: class(thing.state),
        state: super::state(thing.state).ja,
        why: prose(&thing.why.ja),
        until: thing.until.as_deref().map(|until| match thing.state {
            State::Scheduled => format!("{} まで残る", day(until)),
            State::Gone | State::GoneByKey => format!("{} に破棄", day(until)),
            State::Present | State::Unverified => format!("最も早い抹消の完了日：{}", day(until)),
        }),
        key: thing.key.as_ref().map(key),
        lists: thing.lists.clone(),
        calls: thing.calls.iter().map(ToString::to_string).collect(),
        hindrances: thing.hindrances.iter().take(OF_THING).map(hindrance).collect(),
        copies,
        more: thing.copies.len().saturating_sub(OF_THING),
    }
}

fn copy(copy: &CopyTold) -> CopyRow {
    let place = copy.place.as_deref().map_or_else(|| "場所は未確認".to_owned(), name);
    let holder = copy.holder.as_deref().map(|holder| format!("、{}", name(holder))).unwrap_or_default();
    CopyRow {
        what: format!("{}（{place}{holder}）", words::role(copy.role).ja),
        class: class(copy.state),
        state: super::state(copy.state).ja,
        why: prose(&copy.why.ja),
    }
}

fn key(key: &KeyTold) -> String {
    let state = match key.state {
        Some(State::Gone) => "破棄済み".to_owned(),
        Some(state) => super::state(state).ja,
        None => "状態を確認できない".to_owned(),
    };
    let until = key.until.as_deref().map(|until| format!("、{}", day(until))).unwrap_or_default();
    format!("{}（{state}{until}）", name(&key.id))
}

fn hindrance(told: &Hindrance) -> String {
    let what = told.kind.seen().map_or_else(|| "確認できない妨げ".to_owned(), |kind| obstacle(*kind));
    let by = match told.lifted_by.seen() {
        Some(LiftedBy::Nobody) => "誰にも解除できない",
        Some(LiftedBy::PrivilegedUser) => "特別な権限を持つ者が解除できる",
        Some(LiftedBy::User) => "利用者が解除できる",
        None => "解除できる者を確認できない",
    };
    let ends = match &told.ends {
        Observed::Seen(Some(ends)) => format!("{} に終わる", day(ends)),
        Observed::Seen(None) => "自然には終わらない".to_owned(),
        Observed::Unseen(_) => "終わる日を確認できない".to_owned(),
    };
    let of = told.of.as_deref().map(|of| format!("{}：", name(of))).unwrap_or_default();
    format!("{of}{what}（{by}、{ends}）")
}

fn obstacle(kind: ObstacleKind) -> String {
    let word = serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned));
    spoken(&word.unwrap_or_default(), Language::Ja)
}

/// Parts of one account of which the same is said stand together.
fn open(all: &[Open]) -> Vec<OpenPart> {
    let mut together: BTreeMap<(String, String, String, String), Vec<String>> = BTreeMap::new();
    for open in all {
        let state = |state: Option<_>| {
            state.map_or_else(|| "－".to_owned(), |state| words::cell(state).ja.to_owned())
        };
        let account = match (open.provider.as_str(), open.account.as_str()) {
            ("", _) => "全体".to_owned(),
            (provider, account) => format!("{} / {}", name(provider), name(account)),
        };
        let place = match (open.region.as_str(), open.service.as_str()) {
            ("", _) => None,
            (region, service) => Some(format!("{}:{}", name(region), name(service))),
        };
        let key = (account, state(open.then), state(open.now), prose(&open.why.ja));
        together.entry(key).or_default().extend(place);
    }
    let part = |((account, then, now, why), mut places): (_, Vec<String>)| {
        let more = places.len().saturating_sub(PLACES);
        places.truncate(PLACES);
        OpenPart { account, then, now, why, places, more }
    };
    together.into_iter().map(part).collect()
}

fn listed(list: &List) -> Listed {
    Listed {
        number: list.number,
        operation: name(&list.operation),
        account: format!("{} / {}", name(&list.provider), name(&list.account)),
        answers: list.answers.iter().take(ANSWERS).map(answered).collect(),
        more: list.answers.len().saturating_sub(ANSWERS),
    }
}

fn answered(answer: &Answer) -> Answered {
    Answered {
        region: name(&answer.region),
        target: name(&answer.target),
        page: answer.page.saturating_add(1),
        at: answer.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        status: answer.status,
        request_id: name(&answer.request_id),
        sha256: name(&answer.sha256),
        call: answer.call.to_string(),
    }
}
