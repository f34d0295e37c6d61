//! Coverage: every cell of the sweep, and everything that was not seen.

use super::cited::{Citations, Cited};
use super::page::reason;
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::totals;
use crate::report::words::{self, Word};
use crate::report::{Material, in_japan};
use crate::text::Text;
use sekisho_contract::fact::{Cell, CellState};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Up to this many cells are all shown; beyond that only rows in which something can hide.
const ALL_CELLS: usize = 20_000;
/// Most gaps on the page.
const GAPS: usize = 1_000;
/// Most words of other witnesses on the page.
const SIGNALS: usize = 1_000;
/// Most causes on the page.
const CAUSES: usize = 50;

/// Coverage on the page.
#[derive(Serialize)]
pub struct Coverage {
    cells: usize,
    open_cells: usize,
    accounts: Vec<Account>,
    rows_left_out: u64,
    causes: Vec<Cause>,
    gaps: Vec<Gap>,
    gaps_left_out: u64,
    gaps_closed: u64,
    recorded: Option<Recorded>,
    signals: Vec<Signal>,
}

/// What another witness says of what was found.
#[derive(Serialize)]
struct Signal {
    subject: Shown,
    witness: Word,
    /// `supports`, `contradicts` or `silent`.
    class: &'static str,
    word: Word,
    statement: Option<Text>,
    evidence: Cited,
}

/// What was judged by records that the provider had made before.
#[derive(Serialize)]
struct Recorded {
    resources: u64,
    oldest: String,
}

#[derive(Serialize)]
struct Account {
    provider: Shown,
    account: Shown,
    services: Vec<Shown>,
    rows: Vec<Region>,
    closed: Vec<Shown>,
}

#[derive(Serialize)]
struct Region {
    region: Shown,
    cells: Vec<Option<State>>,
}

#[derive(Serialize)]
struct State {
    class: &'static str,
    word: Word,
    resources: u64,
}

#[derive(Serialize)]
struct Cause {
    reason: Word,
    operation: Shown,
    permission: Shown,
    count: u64,
    unseen: u64,
    next_step: Word,
}

#[derive(Serialize)]
struct Gap {
    subject: Shown,
    facet: Shown,
    facet_word: Option<Word>,
    reason: Word,
    operation: Shown,
    permission: Shown,
    detail: Option<Text>,
    evidence: Cited,
}

impl Coverage {
    pub fn new<'a>(material: &Material<'a>, citations: &mut Citations<'a>) -> Self {
        let assessment = material.assessment;
        let (cells, open_cells) = totals::cells(&assessment.cells);
        let (accounts, rows_left_out) = accounts(&assessment.cells);
        let (open, closed) = totals::open_gaps(assessment);
        let gap = |gap: &&'a sekisho_contract::Gap| Gap {
            subject: name(&gap.subject),
            facet: name(&gap.facet),
            facet_word: words::facet(&gap.facet),
            reason: words::gap(gap.reason),
            operation: name(&gap.operation),
            permission: name(&gap.permission),
            detail: detail(&gap.detail),
            evidence: citations.cite(gap.call.as_slice().iter()),
        };
        let gaps = open.iter().take(GAPS).map(gap).collect();
        Self {
            cells,
            open_cells,
            accounts,
            rows_left_out,
            causes: totals::causes(&open).iter().take(CAUSES).map(Cause::new).collect(),
            gaps,
            signals: signals(&assessment.signals, citations),
            gaps_left_out: open.len().saturating_sub(GAPS) as u64,
            gaps_closed: closed,
            recorded: material
                .assessment
                .recorded
                .map(|told| Recorded { resources: told.resources, oldest: in_japan(told.oldest.0) }),
        }
    }
}

/// What contradicts comes first.
fn signals<'a>(all: &'a [sekisho_contract::fact::Signal], citations: &mut Citations<'a>) -> Vec<Signal> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|signal| match signal.supports {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    });
    let row = |signal: &'a sekisho_contract::fact::Signal| {
        let (class, word) = words::signal(signal.supports);
        Signal {
            subject: name(&signal.subject),
            witness: words::witness(signal.witness),
            class,
            word,
            statement: detail(&signal.statement),
            evidence: citations.cite(signal.calls.iter().take(1)),
        }
    };
    all.into_iter().take(SIGNALS).map(row).collect()
}

impl Cause {
    fn new(cause: &totals::Cause<'_>) -> Self {
        Self {
            reason: words::gap(cause.reason),
            operation: name(cause.operation),
            permission: name(cause.permission),
            count: cause.count,
            unseen: cause.unseen,
            next_step: words::next_step(cause.reason),
        }
    }
}

/// What was said about a gap: our own words in both languages, others' as they are.
fn detail(said: &str) -> Option<Text> {
    let own = || words::told(said).unwrap_or_else(|| said.to_owned());
    (!said.is_empty()).then(|| reason(&Text { ja: own(), en: said.to_owned() }))
}

/// One account's cells by region and service.
type Sweep<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Cell>>;

/// A matrix of regions by services for each account, and how many rows were left out.
fn accounts(cells: &[Cell]) -> (Vec<Account>, u64) {
    let mut by_account: BTreeMap<(&str, &str), Sweep<'_>> = BTreeMap::new();
    for cell in cells {
        let regions = by_account.entry((&cell.provider, &cell.account)).or_default();
        regions.entry(&cell.region).or_default().insert(&cell.service, cell);
    }
    let mut left_out = 0;
    let accounts = by_account.into_iter().map(|((provider, account), regions)| {
        let services: BTreeSet<&str> = regions.values().flat_map(|cells| cells.keys().copied()).collect();
        let (closed, mut open): (Vec<_>, Vec<_>) = regions
            .into_iter()
            .partition(|(_, cells)| cells.values().all(|cell| cell.state == CellState::Closed));
        let all = open.len();
        if cells.len() > ALL_CELLS {
            open.retain(|(_, cells)| cells.values().any(|cell| !cell.state.is_accounted_for()));
        }
        left_out += (all - open.len()) as u64;
        open.sort_by_key(|(region, _)| (*region != "global", *region));
        let row = |(region, cells): (&str, BTreeMap<&str, &Cell>)| Region {
            region: name(region),
            cells: services.iter().map(|service| cells.get(service).map(|cell| State::new(cell))).collect(),
        };
        Account {
            provider: name(provider),
            account: name(account),
            rows: open.into_iter().map(row).collect(),
            closed: closed.into_iter().map(|(region, _)| name(region)).collect(),
            services: services.into_iter().map(name).collect(),
        }
    });
    (accounts.collect(), left_out)
}

impl State {
    fn new(cell: &Cell) -> Self {
        let class = match cell.state {
            CellState::Listed if cell.resources == 0 => "empty",
            CellState::Listed => "listed",
            CellState::Closed => "closed",
            CellState::Denied => "denied",
            CellState::Failed => "failed",
            CellState::Skipped => "skipped",
        };
        Self { class, word: words::cell(cell.state), resources: cell.resources }
    }
}

fn name(text: &str) -> Shown {
    display::name(text, NAME_LIMIT)
}
