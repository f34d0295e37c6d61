//! The sweep in figures: a matrix of regions by services is too wide for paper.

use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::words::{self, Word};
use sekisho_contract::fact::{Cell, CellState};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Most accounts on the pages, those first in which something can hide.
const ACCOUNTS: usize = 40;
/// Most services, likewise.
const SERVICES: usize = 120;
/// Most cells told one by one of those that were neither listed nor closed.
const OPEN: usize = 60;

/// The sweep on the pages.
#[derive(Serialize)]
pub struct Sweep {
    accounts: Vec<Row>,
    accounts_left_out: usize,
    services: Vec<Row>,
    services_left_out: usize,
    open: Vec<Open>,
    open_left_out: usize,
}

/// The cells of one account, or of one service.
#[derive(Serialize)]
struct Row {
    provider: Shown,
    name: Shown,
    figures: Figures,
}

#[derive(Serialize, Default, Clone, Copy)]
struct Figures {
    cells: u64,
    listed: u64,
    closed: u64,
    open: u64,
    resources: u64,
}

/// A cell in which something can hide.
#[derive(Serialize)]
struct Open {
    provider: Shown,
    account: Shown,
    region: Shown,
    service: Shown,
    state: Word,
}

impl Sweep {
    pub fn new(cells: &[Cell]) -> Self {
        let (accounts, accounts_left_out) = rows(cells, |cell| &cell.account, ACCOUNTS);
        let (services, services_left_out) = rows(cells, |cell| &cell.service, SERVICES);
        let mut open: Vec<&Cell> = cells.iter().filter(|cell| !cell.state.is_accounted_for()).collect();
        open.sort_by_key(|cell| (&cell.provider, &cell.account, &cell.region, &cell.service));
        let told = |cell: &&Cell| Open {
            provider: name(&cell.provider),
            account: name(&cell.account),
            region: name(&cell.region),
            service: name(&cell.service),
            state: words::cell(cell.state),
        };
        Self {
            accounts,
            accounts_left_out,
            services,
            services_left_out,
            open: open.iter().take(OPEN).map(told).collect(),
            open_left_out: open.len().saturating_sub(OPEN),
        }
    }
}

fn rows(cells: &[Cell], by: impl Fn(&Cell) -> &String, limit: usize) -> (Vec<Row>, usize) {
    let mut all: BTreeMap<(&str, &str), Figures> = BTreeMap::new();
    for cell in cells {
        let figures = all.entry((&cell.provider, by(cell))).or_default();
        figures.cells += 1;
        figures.resources += cell.resources;
        match cell.state {
            CellState::Listed => figures.listed += 1,
            CellState::Closed => figures.closed += 1,
            CellState::Denied | CellState::Failed | CellState::Skipped => figures.open += 1,
        }
    }
    let mut all: Vec<_> = all.into_iter().collect();
    let left_out = all.len().saturating_sub(limit);
    if left_out > 0 {
        all.sort_by_key(|(key, figures)| (Reverse(figures.open), *key));
        all.truncate(limit);
        all.sort_by_key(|(key, _)| *key);
    }
    let row = |((provider, text), figures): ((&str, &str), Figures)| Row {
        provider: name(provider),
        name: name(text),
        figures,
    };
    (all.into_iter().map(row).collect(), left_out)
}

fn name(text: &str) -> Shown {
    display::name(text, NAME_LIMIT)
}
