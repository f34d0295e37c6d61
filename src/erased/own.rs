//! The state of one thing, by the lists in which it could stand.

use super::answers::{Answers, Missing, Wanted};
use super::kinds::{Rest, Row};
use super::result::State;
use super::sight::{Beside, GLOBAL, Name, Seen, Sight};
use super::why::Why;
use crate::text::Text;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Cell, CellState, KeyState, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// What became of one thing by itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Own {
    pub state: State,
    pub why: Text,
    pub until: Option<String>,
    pub another: bool,
    pub by_index: bool,
    pub lists: Vec<u32>,
    pub calls: Vec<CallId>,
    /// What it goes on as, where it was deleted and is kept.
    pub rest: Option<String>,
    /// Whether it is in no list, though it may rest where nobody looked.
    pub in_no_list: bool,
}

/// What keeps a thing from being shown to be gone.
struct Unshown {
    why: Text,
    /// The call that failed.
    call: Option<CallId>,
    /// Whether it is in no list, though it may rest where nobody looked.
    in_no_list: bool,
}

impl Unshown {
    fn new(why: &Why<'_>, call: Option<CallId>) -> Self {
        Self { why: why.text(), call, in_no_list: false }
    }
}

impl From<Unshown> for Own {
    fn from(unshown: Unshown) -> Self {
        let Unshown { why, call, in_no_list } = unshown;
        let calls = call.into_iter().collect();
        Self { why, calls, in_no_list, ..Self::new(State::Unverified, &Why::NothingShows) }
    }
}

/// What is known before the first thing is looked for.
pub(super) struct Ground<'g> {
    pub sight: &'g Sight,
    /// Everything the baseline knew.
    pub known: &'g BTreeSet<Name>,
    /// The names it knew it by.
    pub named: &'g BTreeSet<(Beside, String)>,
    /// When the baseline was complete, in seconds since 1970.
    pub then: i64,
    /// States of what was looked at already, for what lies in it.
    pub done: &'g BTreeMap<Name, State>,
}

impl Own {
    fn new(state: State, why: &Why<'_>) -> Self {
        Self {
            state,
            why: why.text(),
            until: None,
            another: false,
            by_index: false,
            lists: Vec::new(),
            calls: Vec::new(),
            rest: None,
            in_no_list: false,
        }
    }

    /// Tells it as unreadable for good.
    pub fn erase(&mut self, why: &Why<'_>) {
        (self.state, self.why, self.until) = (State::GoneByKey, why.text(), None);
    }

    /// The state of what is there.
    pub fn of_what_is_there(seen: &Seen, there: &Why<'_>) -> Self {
        let calls = seen.calls.clone();
        let waits = |until: Option<String>| match until {
            Some(until) => Self { until: Some(until), ..Self::new(State::Scheduled, &Why::Waits) },
            None => Self::new(State::Present, &Why::WaitsOpen),
        };
        let own = match (&seen.key, &seen.resting) {
            (Some(key), _) if key.state == Some(KeyState::Destroyed) => {
                Self { until: key.until.clone(), ..Self::new(State::Gone, &Why::MaterialDestroyed) }
            }
            (Some(key), _) if key.state == Some(KeyState::PendingDeletion) => waits(key.until.clone()),
            (_, Some(until)) => waits(until.clone()),
            _ => Self::new(State::Present, there),
        };
        Self { calls, ..own }
    }
}

impl Ground<'_> {
    /// What became of a thing of the baseline.
    pub fn own(&self, name: &Name, was: &Seen, row: Option<&Row>, answers: &mut Answers) -> Own {
        if let Some(seen) = self.sight.things.get(name) {
            // A moment of its own that lies behind the baseline is another thing's.
            let another = seen.data_time.is_some_and(|at| at > self.then)
                && was.data_time.is_some_and(|at| at <= self.then);
            let there = match another {
                true => Why::Another,
                false if seen.region != was.region => Why::ThereElsewhere(&seen.region),
                false => Why::There,
            };
            return Own { another, ..Own::of_what_is_there(seen, &there) };
        }
        match self.absent(name, was, row, answers) {
            Ok(own) => own,
            Err(unshown) => unshown.into(),
        }
    }

    /// What is shown of a thing that no fact speaks of. `Err` is what keeps it from being shown.
    fn absent(
        &self,
        name: &Name,
        was: &Seen,
        row: Option<&Row>,
        answers: &mut Answers,
    ) -> Result<Own, Unshown> {
        let provider = name.0.as_str();
        let cells = self.listed(provider, was)?;
        let row = row.ok_or_else(|| Unshown::new(&Why::NoRow, None))?;
        if row.shown_by.is_empty() {
            return Err(Unshown::new(&Why::NothingShows, None));
        }
        let mut lists = Vec::new();
        for cell in &cells {
            lists.extend(shown(row, cell, answers)?);
        }
        if let Some((id, rest)) = self.sight.rest_of(name, was, self.known) {
            let (state, until) = match rest.resting.clone().flatten() {
                Some(until) => (State::Scheduled, Some(until)),
                None => (State::Present, None),
            };
            let (rest, calls) = (Some(id.to_owned()), rest.calls.clone());
            return Ok(Own { until, rest, calls, ..Own::new(state, &Why::Rests(id)) });
        }
        let mut with_holder = false;
        for rest in &row.rests {
            for cell in &cells {
                match self.rested(rest, name, cell, answers) {
                    Ok(Shown::Lists(more)) => lists.extend(more),
                    Ok(Shown::WithHolder) => with_holder = true,
                    Err(unshown) => return Err(Unshown { in_no_list: true, ..unshown }),
                }
            }
        }
        if let Some(id) = self.sight.stray(provider, was, self.known, self.named) {
            return Err(Unshown { in_no_list: true, ..Unshown::new(&Why::Stray(id), None) });
        }
        lists.sort_unstable();
        lists.dedup();
        let why = if with_holder { Why::WithItsHolder } else { Why::InNoList };
        Ok(Own { lists, by_index: row.index, ..Own::new(State::Gone, &why) })
    }

    /// The cells in which a thing would be listed, if all of them were listed whole.
    fn listed(&self, provider: &str, was: &Seen) -> Result<Vec<&Cell>, Unshown> {
        let cells = self.sight.cells.of(provider, &was.account, &was.service, &was.region);
        if cells.is_empty() {
            let known = self.sight.cells.has_account(provider, &was.account);
            let why = if known { Why::NoCell } else { Why::NoAccount };
            return Err(Unshown::new(&why, None));
        }
        for cell in &cells {
            let gaps = self.sight.cells.gaps(cell);
            let first = gaps.iter().find(|gap| gap.call.is_some()).or_else(|| gaps.first());
            let call = first.and_then(|gap| gap.call);
            match (cell.state, first) {
                (CellState::Listed, None) => {}
                (CellState::Listed, Some(gap)) => return Err(Unshown::new(&Why::NotWhole(gap), call)),
                (CellState::Closed, _) => return Err(Unshown::new(&Why::Closed, call)),
                (CellState::Denied | CellState::Failed | CellState::Skipped, gap) => {
                    return Err(Unshown::new(&Why::NotListed(cell, gap), call));
                }
            }
        }
        Ok(cells)
    }

    /// What shows that nothing of it rests where it may.
    fn rested(&self, rest: &Rest, name: &Name, cell: &Cell, answers: &mut Answers) -> Result<Shown, Unshown> {
        let before = |mark: &String| name.1.find(mark.as_str()).and_then(|at| name.1.get(..at));
        if let Some(holder) = rest.unless_gone.as_ref().and_then(before)
            && self.done.get(&(name.0.clone(), holder.to_owned())) == Some(&State::Gone)
        {
            return Ok(Shown::WithHolder);
        }
        if rest.shown_by.is_empty() {
            return Err(Unshown::new(&Why::RestUnread(&rest.what, rest.days), None));
        }
        let target = match &rest.of {
            None => None,
            Some(mark) => match before(mark) {
                Some(holder) => Some(holder.to_owned()),
                None => return Err(Unshown::new(&Why::RestUnread(&rest.what, rest.days), None)),
            },
        };
        let mut lists = Vec::new();
        for operation in &rest.shown_by {
            match answers.whole(Wanted { target: target.clone(), ..wanted(cell, operation) }) {
                Ok(number) => lists.push(number),
                Err(missing) => {
                    let why = Why::RestNotAsked(&rest.what, operation, rest.days);
                    return Err(Unshown::new(&why, missing.call()));
                }
            }
        }
        Ok(Shown::Lists(lists))
    }
}

/// What shows that nothing rests.
enum Shown {
    /// These lists.
    Lists(Vec<u32>),
    /// What held it is gone.
    WithHolder,
}

/// The lists that show by their silence that something of the row's sort is gone from a cell.
fn shown(row: &Row, cell: &Cell, answers: &mut Answers) -> Result<Vec<u32>, Unshown> {
    let mut first = None;
    let mut found = None;
    for set in &row.shown_by {
        let asked: Result<Vec<u32>, (&String, Missing)> = set
            .iter()
            .map(|operation| answers.whole(wanted(cell, operation)).map_err(|missing| (operation, missing)))
            .collect();
        match asked {
            Ok(lists) => {
                found = Some(lists);
                break;
            }
            Err(missing) => first = first.or(Some(missing)),
        }
    }
    let lists = match (found, first) {
        (Some(lists), _) => lists,
        (None, Some((operation, missing))) => return Err(missing.told(operation)),
        (None, None) => return Err(Unshown::new(&Why::NothingShows, None)),
    };
    for operation in &row.also {
        if let Some(call) = answers.failed(&wanted(cell, operation)) {
            return Err(Missing::Failed(call).told(operation));
        }
    }
    Ok(lists)
}

impl Missing {
    const fn call(&self) -> Option<CallId> {
        match self {
            Self::Failed(call) => Some(*call),
            Self::NotAsked | Self::Lost => None,
        }
    }

    fn told(&self, operation: &str) -> Unshown {
        let why = match self {
            Self::NotAsked => Why::NotAsked(operation),
            Self::Failed(_) => Why::Failed(operation),
            Self::Lost => Why::Lost(operation),
        };
        Unshown::new(&why, self.call())
    }
}

fn wanted(cell: &Cell, operation: &str) -> Wanted {
    Wanted {
        provider: cell.provider.clone(),
        account: cell.account.clone(),
        region: (cell.region != GLOBAL).then(|| cell.region.clone()),
        operation: operation.to_owned(),
        target: None,
    }
}

/// Whether a thing is a key that only its provider can destroy.
pub(super) fn is_provider_key(seen: &Seen) -> bool {
    use sekisho_contract::fact::KeyManager;
    let manager = seen.key.as_ref().and_then(|key| key.manager);
    seen.kind == Kind::Key && matches!(manager, Some(KeyManager::Provider | KeyManager::None))
}
