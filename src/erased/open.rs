//! Parts of the tenancy of which nothing can be said, then or now.

use super::compare::Comparison;
use super::result::{Open, Thing};
use super::sight::Cells;
use super::why::{Why, is_open};
use crate::run_folder::Run;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Cell, CellState, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// What copies are made as.
const COPIES: [Kind; 3] = [Kind::Snapshot, Kind::RecoveryPoint, Kind::MachineImage];

impl Comparison<'_> {
    /// Parts of the tenancy of which nothing can be said.
    pub(super) fn open(&self, things: &[Thing]) -> Vec<Open> {
        let mut all = Vec::new();
        let (then, now) = (&self.baseline.cells, &self.sight.cells);
        for cell in then.iter().filter(|cell| self.may_hold(self.old.run, cell)) {
            let again = now.get(cell);
            let is_whole = |cells: &Cells, cell: &Cell| cells.gaps(cell).is_empty();
            let empty = again.is_some_and(|cell| {
                cell.state == CellState::Listed && cell.resources == 0 && is_whole(now, cell)
            });
            let why = match again {
                _ if (is_open(cell.state) || !is_whole(then, cell)) && empty => Why::ThenOpenNowEmpty(cell),
                _ if is_open(cell.state) || !is_whole(then, cell) => Why::ThenOpen(cell),
                None => Why::NowMissing,
                Some(again) if again.state == CellState::Closed && cell.state != CellState::Closed => {
                    Why::Closed
                }
                Some(_) => continue,
            };
            all.push(part(cell, Some(cell.state), again.map(|cell| cell.state), &why, None));
        }
        let told: BTreeSet<[String; 4]> = all.iter().map(Open::place).collect();
        for cell in now.iter().filter(|cell| self.may_hold(self.new.run, cell)) {
            let gap = now.gaps(cell).first();
            if is_open(cell.state) || gap.is_some() {
                let before = then.get(cell).map(|cell| cell.state);
                let why = match gap {
                    Some(gap) if cell.state == CellState::Listed => Why::NotWhole(gap),
                    gap => Why::NowOpen(cell, gap),
                };
                let open = part(cell, before, Some(cell.state), &why, gap.and_then(|gap| gap.call));
                if !told.contains(&open.place()) {
                    all.push(open);
                }
            }
        }
        for (run, cells, why) in
            [(self.old.run, then, Why::ThenNoAccount), (self.new.run, now, Why::NoAccount)]
        {
            let unseen = run.tenancy.accounts.iter().filter(|one| !cells.has_account(&one.provider, &one.id));
            all.extend(unseen.map(|one| whole(&one.provider, &one.id, &why)));
        }
        let run = |why| whole("", "", &why);
        all.extend(self.baseline.unreadable.iter().map(|line| run(Why::BaselineUnreadable(*line))));
        if self.old.run.cancelled {
            all.push(run(Why::BaselineStopped));
        }
        if self.new.run.cancelled {
            all.push(run(Why::AgainStopped));
        }
        if things.is_empty() {
            all.push(run(Why::NothingKnown));
        }
        all.sort();
        all
    }

    /// By provider: a part of the tenancy in which there may be copies that nobody listed this time. They may be of anything.
    pub(super) fn unlisted(&self) -> BTreeMap<String, String> {
        let (then, now) = (&self.baseline.cells, &self.sight.cells);
        let mut found = BTreeMap::new();
        let mut note = |provider: &str, part: String| {
            let _ = found.entry(provider.to_owned()).or_insert(part);
        };
        for cell in now.iter().filter(|cell| self.may_hold_copies(&cell.provider, &cell.service)) {
            // What was closed before as well has nothing in it.
            let was_open = then.get(cell).is_some_and(|before| before.state != CellState::Closed);
            let closed = cell.state == CellState::Closed && was_open;
            if is_open(cell.state) || closed || !now.gaps(cell).is_empty() {
                note(&cell.provider, cell.id());
            }
        }
        let copying = then.iter().filter(|cell| self.may_hold_copies(&cell.provider, &cell.service));
        copying.filter(|cell| now.get(cell).is_none()).for_each(|cell| note(&cell.provider, cell.id()));
        // A service that nobody asked has no cell at all.
        let accounts = [self.old.run, self.new.run].into_iter().flat_map(|run| &run.tenancy.accounts);
        for account in accounts {
            let services = self.new.run.services.get(&account.provider);
            for service in services.into_iter().flat_map(BTreeMap::keys) {
                let asked = now.has_service(&account.provider, &account.id, service);
                if !asked && self.may_hold_copies(&account.provider, service) {
                    note(&account.provider, format!("{}/{}/{service}", account.provider, account.id));
                }
            }
        }
        found
    }

    /// Whether a service may hold copies of what lies elsewhere: one that is not known may.
    fn may_hold_copies(&self, provider: &str, service: &str) -> bool {
        let kinds = [self.new.run, self.old.run]
            .into_iter()
            .find_map(|run| run.services.get(provider).and_then(|services| services.get(service)));
        kinds.is_none_or(|kinds| kinds.iter().any(|kind| COPIES.iter().any(|copy| copy.as_str() == kind)))
    }

    /// Whether there may be data in a cell. A list over services may name things that nothing else reads.
    fn may_hold(&self, run: &Run, cell: &Cell) -> bool {
        let kinds = run.services.get(&cell.provider).and_then(|services| services.get(&cell.service));
        let holds = |kind: &String| {
            let known = Kind::ALL.iter().copied().find(|known| known.as_str() == kind);
            let row = known.and_then(|kind| self.catalogue.row(&cell.provider, &cell.service, kind));
            row.is_none_or(|row| row.nothing.is_none())
        };
        kinds.is_none_or(|kinds| kinds.is_empty() || kinds.iter().any(holds))
    }
}

impl Open {
    fn place(&self) -> [String; 4] {
        [&self.provider, &self.account, &self.region, &self.service].map(Clone::clone)
    }
}

fn part(
    cell: &Cell,
    then: Option<CellState>,
    now: Option<CellState>,
    why: &Why<'_>,
    call: Option<CallId>,
) -> Open {
    Open {
        provider: cell.provider.clone(),
        account: cell.account.clone(),
        region: cell.region.clone(),
        service: cell.service.clone(),
        then,
        now,
        why: why.text(),
        call,
    }
}

fn whole(provider: &str, account: &str, why: &Why<'_>) -> Open {
    Open {
        provider: provider.to_owned(),
        account: account.to_owned(),
        region: String::new(),
        service: String::new(),
        then: None,
        now: None,
        why: why.text(),
        call: None,
    }
}
