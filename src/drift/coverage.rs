//! What was looked at and what was not, before and after: accounts, cells and gaps.

use super::change::{Change, Direction, plain};
use super::clauses::{Clauses, Thing};
use super::facts::union;
use super::resources::is_exposed;
use super::told::Told;
use super::what::What;
use crate::checks::SubjectKind;
use crate::run_folder::Run;
use crate::text::{Language, Text};
use crate::words;
use sekisho_contract::fact::{Cell, CellState, Kind, Resource};
use sekisho_contract::gap::{Gap, GapReason};
use std::collections::{BTreeMap, BTreeSet};

/// The state of a cell; none where nobody looked.
type State = Option<CellState>;
/// Provider, account, region, state before and after.
type Group = (String, String, String, State, State);

/// Coverage so far.
pub struct Coverage<'r> {
    new_run: &'r Run,
    /// Accounts of either run: in which of them.
    accounts: BTreeMap<String, (bool, bool)>,
    /// Cells that differ, with their services.
    cells: BTreeMap<Group, Vec<String>>,
    /// Cells whose state tells what their gaps would.
    changed: BTreeSet<String>,
    /// By subject and property: why it was not seen before, and now.
    gaps: BTreeMap<String, Vec<GapChange>>,
    /// Properties that were seen before and are not now, told once no gap tells it.
    lost: BTreeMap<(String, String), (String, Vec<String>)>,
    /// What was in accounts that only one run has.
    whole: BTreeMap<String, Whole>,
    /// Gaps that are to be told, by their ground: one refusal may leave one at every resource.
    grounds: BTreeMap<Ground, Alike>,
}

/// A property, and why it was not seen before and now.
type Ground = (String, Reasons, Reasons);
/// Reasons with their operations.
type Reasons = BTreeSet<(GapReason, String)>;

/// Gaps of one ground.
#[derive(Debug, Default)]
struct Alike {
    count: u64,
    first: Vec<Change>,
    clauses: BTreeSet<String>,
}

#[derive(Debug)]
struct GapChange {
    facet: String,
    before: Reasons,
    after: Reasons,
}

#[derive(Debug, Default)]
struct Whole {
    resources: u64,
    exposed: u64,
    unseen: u64,
}

/// Services and regions listed of cells that differ.
const LISTED: usize = 20;
/// Gaps of one ground told one by one; more are told together.
const ONE_BY_ONE: u64 = 20;

impl<'r> Coverage<'r> {
    /// Of two runs.
    pub fn of(old: &Run, new: &'r Run) -> Self {
        let mut accounts: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        let names = |run: &Run| -> Vec<String> {
            run.tenancy.accounts.iter().map(|one| format!("{}/{}", one.provider, one.id)).collect()
        };
        names(old).into_iter().for_each(|name| accounts.entry(name).or_default().0 = true);
        names(new).into_iter().for_each(|name| accounts.entry(name).or_default().1 = true);
        Self {
            new_run: new,
            accounts,
            cells: BTreeMap::new(),
            changed: BTreeSet::new(),
            gaps: BTreeMap::new(),
            lost: BTreeMap::new(),
            whole: BTreeMap::new(),
            grounds: BTreeMap::new(),
        }
    }

    /// Takes an account's setting, by its id.
    pub fn setting(&mut self, old: Option<&str>, new: Option<&str>) {
        let mut note = |id: Option<&str>, now: bool| {
            let Some(id) = id else { return };
            let known = self.accounts.entry(id.to_owned()).or_default();
            if now { known.1 = true } else { known.0 = true }
        };
        note(old, false);
        note(new, true);
    }

    /// Takes a cell.
    pub fn cell(&mut self, old: Option<Cell>, new: Option<Cell>) {
        let account = |cell: &Cell| format!("{}/{}", cell.provider, cell.account);
        self.setting(old.as_ref().map(account).as_deref(), new.as_ref().map(account).as_deref());
        let (before, after) = (old.as_ref().map(|cell| cell.state), new.as_ref().map(|cell| cell.state));
        let closer = |cell: &Option<Cell>| cell.as_ref().and_then(|cell| cell.closed_by);
        if before == after && closer(&old) == closer(&new) {
            return;
        }
        let Some(cell) = new.or(old) else { return };
        self.changed.insert(cell.id());
        let group = (cell.provider, cell.account, cell.region, before, after);
        self.cells.entry(group).or_default().push(cell.service);
    }

    /// Takes the gaps of one property of one subject.
    pub fn gaps(&mut self, old: &[Gap], new: &[Gap]) {
        let Some(first) = old.first().or(new.first()) else { return };
        let reasons = |gaps: &[Gap]| -> Reasons {
            gaps.iter().map(|gap| (gap.reason, gap.operation.clone())).collect()
        };
        let (before, after) = (reasons(old), reasons(new));
        let told_by_cell = first.facet == "resources" && self.changed.contains(&first.subject);
        if before == after || told_by_cell {
            return;
        }
        let change = GapChange { facet: first.facet.clone(), before, after };
        self.gaps.entry(first.subject.clone()).or_default().push(change);
    }

    /// A property that was seen before and is not now.
    pub fn lost(&mut self, subject: &str, name: &str, path: &str, clauses: Vec<String>) {
        if !self.gap_tells(subject, path) {
            self.lost.insert((subject.to_owned(), path.to_owned()), (name.to_owned(), clauses));
        }
    }

    /// Whether a gap says why a part of a subject is not seen. Gaps come after settings and before resources.
    fn gap_tells(&self, subject: &str, path: &str) -> bool {
        let part = path.split('.').next().unwrap_or(path);
        self.gaps.get(subject).is_some_and(|gaps| {
            gaps.iter().any(|gap| !gap.after.is_empty() && gap.facet.split('.').next() == Some(part))
        })
    }

    /// Tells the gaps of a resource that is there both times.
    pub fn resource_gaps(&mut self, subject: &str, name: &str, clauses: impl Fn(&str) -> Vec<String>) {
        for gap in self.gaps.remove(subject).into_iter().flatten() {
            self.ground(gap_change(&gap, subject, name, clauses(&gap.facet)), gap);
        }
    }

    fn ground(&mut self, change: Change, gap: GapChange) {
        let alike = self.grounds.entry((gap.facet, gap.before, gap.after)).or_default();
        alike.count += 1;
        alike.clauses.extend(change.clauses.iter().cloned());
        if alike.count <= ONE_BY_ONE {
            alike.first.push(change);
        }
    }

    /// Drops the gaps of a resource that has come or gone: they did with it. Says how many properties are not seen now.
    pub fn forget(&mut self, subject: &str) -> usize {
        let gaps = self.gaps.remove(subject).unwrap_or_default();
        gaps.iter().filter(|gap| !gap.after.is_empty()).count()
    }

    /// Whether a resource came or went with its whole account, and is told as part of that.
    pub fn is_of_whole_account(&mut self, resource: &Resource, gone: bool, home: &[String]) -> bool {
        let account = format!("{}/{}", resource.provider, resource.account);
        match (self.accounts.get(&account), gone) {
            (Some((true, false)), true) | (Some((false, true)), false) => {}
            _ => return false,
        }
        let unseen = self.gaps.get(&resource.id).map_or(0, Vec::len);
        let whole = self.whole.entry(account).or_default();
        whole.resources += 1;
        whole.exposed += u64::from(is_exposed(resource, home));
        whole.unseen += u64::from(unseen > 0);
        true
    }

    /// Tells everything that is left.
    pub fn finish(&mut self, clauses: &Clauses<'_>, told: &mut Told) {
        let accounts = self.accounts.clone();
        let one_sided = |account: &str| matches!(accounts.get(account), Some((true, false) | (false, true)));
        let whole_of = |subject: &str| {
            let mut parts = subject.splitn(3, '/');
            let account =
                format!("{}/{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            one_sided(&account)
        };
        for (account, (before, after)) in &self.accounts {
            if before == after {
                continue;
            }
            told.add(self.account(account, *after, clauses));
        }
        self.cells_told(clauses, told, &one_sided);
        for ((subject, path), (name, touched)) in &self.lost {
            if self.gap_tells(subject, path) {
                continue;
            }
            let change = Change::new(What::Property, Direction::Worse, subject, name, path);
            let label = words::facet(path);
            let before = label.map_or_else(|| plain(path.as_str()), super::change::text_of);
            told.add(change.from_to(Some(before), None).touching(touched.clone()));
        }
        let left: Vec<(String, Vec<GapChange>)> =
            std::mem::take(&mut self.gaps).into_iter().filter(|(subject, _)| !whole_of(subject)).collect();
        for (subject, gaps) in left {
            for gap in gaps {
                // The list of a whole cell stands behind every check of what could be in it.
                let touched = match (gap.facet.as_str(), subject.splitn(4, '/').nth(3)) {
                    ("resources", Some(service)) => {
                        self.of_service(clauses, subject.split('/').next().unwrap_or_default(), service)
                    }
                    (facet, _) => clauses.of_path(facet),
                };
                self.ground(gap_change(&gap, &subject, &subject, touched), gap);
            }
        }
        for ((facet, before, after), alike) in std::mem::take(&mut self.grounds) {
            let count = alike.count;
            let (true, Some(first)) = (count > ONE_BY_ONE, alike.first.first()) else {
                alike.first.into_iter().for_each(|change| told.add(change));
                continue;
            };
            let operations: BTreeSet<&str> =
                before.iter().chain(&after).map(|(_, operation)| operation.as_str()).collect();
            let names: Vec<&str> = alike.first.iter().take(5).map(|change| change.name.as_str()).collect();
            let name = format!("{count} × {} …", names.join(", "));
            let subject = operations.into_iter().collect::<Vec<_>>().join(", ");
            let part = format!("{facet}/{}", first.direction.word().en);
            let change = Change::new(What::Gap, first.direction, &subject, &name, &part);
            let touched = union(clauses, std::iter::once(alike.clauses.into_iter().collect()));
            told.add(change.from_to(first.before.clone(), first.after.clone()).touching(touched));
        }
    }

    /// Tells cells that differ: those of several regions together where the same is said of the same services.
    fn cells_told(&self, clauses: &Clauses<'_>, told: &mut Told, one_sided: &dyn Fn(&str) -> bool) {
        // Provider, account, states and services: regions.
        type Alike<'c> = (&'c str, &'c str, State, State, &'c [String]);
        let mut together: BTreeMap<Alike<'_>, Vec<&str>> = BTreeMap::new();
        for ((provider, account, region, before, after), services) in &self.cells {
            if !one_sided(&format!("{provider}/{account}")) {
                together.entry((provider, account, *before, *after, services)).or_default().push(region);
            }
        }
        for ((provider, account, before, after, services), regions) in together {
            let account = format!("{provider}/{account}");
            let subject = match regions.as_slice() {
                [region] => format!("{account}/{region}"),
                _ => account,
            };
            let states = format!("{}-{}", word_of(before, Language::En), word_of(after, Language::En));
            let part = format!("{states}/{}", services.join(","));
            let change = Change::new(What::Coverage, way(before, after), &subject, &subject, &part);
            let told_of = |state: State| {
                state.map(|_| {
                    let of = |language, between: &str| {
                        let listed = |all: &[&str]| {
                            let more = if all.len() > LISTED { "…" } else { "" };
                            let shown: Vec<&str> = all.iter().take(LISTED).copied().collect();
                            shown.join(between) + more
                        };
                        let services: Vec<&str> = services.iter().map(String::as_str).collect();
                        format!("{}: {} ({})", word_of(state, language), listed(&services), listed(&regions))
                    };
                    Text { ja: of(Language::Ja, "、"), en: of(Language::En, ", ") }
                })
            };
            let of_each = services.iter().map(|service| self.of_service(clauses, provider, service));
            let touched = union(clauses, of_each);
            told.add(change.from_to(told_of(before), told_of(after)).touching(touched));
        }
    }

    fn account(&self, account: &str, is_new: bool, clauses: &Clauses<'_>) -> Change {
        let none = Whole::default();
        let whole = self.whole.get(account).unwrap_or(&none);
        let of_account = |(provider, id, ..): &Group| format!("{provider}/{id}") == account;
        let cells = self.cells.iter().filter(|(group, _)| of_account(group));
        let (mut all, mut open) = (0, 0);
        for ((.., after), services) in cells {
            all += services.len();
            open += if after.is_some_and(CellState::is_accounted_for) { 0 } else { services.len() };
        }
        let exposed = whole.exposed > 0 || open > 0;
        let (what, direction) = match is_new {
            true if exposed => (What::AccountAppeared, Direction::Worse),
            true => (What::AccountAppeared, Direction::Neutral),
            // Nobody looks there any more.
            false => (What::AccountGone, Direction::Worse),
        };
        let Whole { resources, exposed, unseen } = whole;
        let mut text = Text {
            ja: format!("資源{resources}件、調査単位{all}件"),
            en: format!("{resources} resources, {all} cells"),
        };
        if is_new {
            text.ja += &format!(
                "、うち国外又は公開{exposed}件、確認できない単位{open}件、確認できない属性のある資源{unseen}件"
            );
            text.en += &format!(
                "; {exposed} abroad or public, {open} cells not seen, {unseen} resources not seen whole"
            );
        }
        let change = Change::new(what, direction, account, account, "");
        let change = if is_new { change.from_to(None, Some(text)) } else { change.from_to(Some(text), None) };
        change.touching(clauses.of_subjects(&[SubjectKind::Resource, SubjectKind::Account]))
    }

    /// The clauses that are about what a service can hold.
    fn of_service(&self, clauses: &Clauses<'_>, provider: &str, service: &str) -> Vec<String> {
        let kinds = self.new_run.services.get(provider).and_then(|services| services.get(service));
        let kinds: Vec<Kind> = kinds
            .into_iter()
            .flatten()
            .filter_map(|name| Kind::ALL.iter().copied().find(|kind| kind.as_str() == name))
            .collect();
        if kinds.is_empty() {
            // Lists over services hold nothing themselves.
            return clauses.of_check("second-lists-agree");
        }
        let of_kind = |kind: Kind| clauses.of_thing(Thing { provider, service, kind, facets: kind.facets() });
        union(clauses, kinds.into_iter().map(of_kind))
    }
}

fn way(before: State, after: State) -> Direction {
    let seen = |state: State| state.is_some_and(CellState::is_accounted_for);
    match (before, after) {
        (None, Some(_)) if seen(after) => Direction::Better,
        (_, Some(_)) if !seen(after) && (seen(before) || before.is_none()) => Direction::Worse,
        (Some(_), None) if seen(before) => Direction::Worse,
        (Some(_), Some(_)) if !seen(before) && seen(after) => Direction::Better,
        _ => Direction::Neutral,
    }
}

fn word_of(state: State, language: Language) -> &'static str {
    state.map_or("", |state| words::cell(state).get(language))
}

fn gap_change(gap: &GapChange, subject: &str, name: &str, clauses: Vec<String>) -> Change {
    let direction = match (gap.before.is_empty(), gap.after.is_empty()) {
        (true, false) => Direction::Worse,
        (false, true) => Direction::Better,
        _ => Direction::Neutral,
    };
    let told = |reasons: &Reasons| {
        let label = words::facet(&gap.facet);
        let of = |language: Language| {
            let all: Vec<String> = reasons
                .iter()
                .take(4)
                .map(|(reason, operation)| format!("{} {operation}", words::gap(*reason).get(language)))
                .collect();
            let label = label.map_or(gap.facet.as_str(), |label| label.get(language));
            format!("{label}: {}", all.join("; "))
        };
        (!reasons.is_empty()).then(|| Text { ja: of(Language::Ja), en: of(Language::En) })
    };
    let (before, after) = (told(&gap.before), told(&gap.after));
    Change::new(What::Gap, direction, subject, name, &gap.facet).from_to(before, after).touching(clauses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_grow_and_shrink() {
        use CellState::{Closed, Denied, Failed, Listed};
        use Direction::{Better, Neutral, Worse};
        for (before, after, expected) in [
            (Some(Listed), Some(Denied), Worse),
            (Some(Closed), Some(Failed), Worse),
            (Some(Denied), Some(Listed), Better),
            (Some(Closed), Some(Listed), Neutral),
            (Some(Denied), Some(Failed), Neutral),
            (None, Some(Listed), Better),
            (None, Some(Denied), Worse),
            (Some(Listed), None, Worse),
            (Some(Denied), None, Neutral),
        ] {
            assert_eq!(way(before, after), expected, "{before:?} {after:?}");
        }
    }
}
