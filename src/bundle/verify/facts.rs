//! The facts: written as sekisho writes them, in its order, and once.

use super::{Ended, Found, Order, Step};
use crate::bundle::OpenRun;
use crate::strict;
use sekisho_contract::fact::{Cell, CellState, Copy, Fact, RegionState, Resource};
use sekisho_contract::observed::Observed;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::{CallId, Provider};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a list names that lies in no region.
const NOWHERE: &str = "global";

/// What the lines of one file may unpack to, in bytes: ten million resources fit, and a bomb ends.
pub(super) const UNPACKED: u64 = 16 << 30;
/// Most accounts and cells, gaps, and resources: what is held of each is bounded by these.
const LIMITS: [(&str, u64); 4] =
    [("setting", 100_000), ("cell", 2_000_000), ("gap", 2_000_000), ("resource", 5_000_000)];

/// What a pass over the facts has shown.
#[derive(Default)]
pub(super) struct Seen {
    /// Every cell.
    pub cells: Vec<Cell>,
    /// Resources by provider, account, region and service.
    pub resources: BTreeMap<[String; 4], u64>,
    /// By provider and account: the regions its setting names, and the sweep as it tells it.
    pub settings: BTreeMap<(String, String), Told>,
    /// Subjects of gaps that leave a whole cell open.
    pub holes: BTreeSet<String>,
    /// The calls that are cited, each once.
    pub cited: Vec<CallId>,
    /// Lines in all.
    pub lines: u64,
    /// Findings of the facts themselves: resources.
    pub count: u64,
}

/// What an account's setting tells of the sweep.
#[derive(Default)]
pub(super) struct Told {
    /// The regions there are, and how the account stands to them.
    pub regions: Vec<(String, RegionState)>,
    /// The regions that policies leave open; none where they leave all.
    pub bounded_to: Option<BTreeSet<String>>,
    /// Region, service and resources of each cell; no number where it was not accounted for.
    pub sweep: BTreeSet<(String, String, Option<u64>)>,
}

/// Reads all facts once. `same` is whether this version wrote them: then each line must be what this version would write.
pub(super) fn audit(open: &OpenRun, same: bool, order: &Order<'_>, found: &mut Found) -> Result<Seen, Ended> {
    let mut seen = Seen::default();
    let mut last: Option<(u8, Vec<String>)> = None;
    let (mut unpacked, mut counts) = (0_u64, [0_u64; LIMITS.len()]);
    for line in open.folder.facts().pass() {
        let at = seen.lines + 1;
        let place = || Some(format!("facts.ndjson.zst, line {at}"));
        let line = match line {
            Ok(line) => line,
            Err(fault) => {
                let said = fault.to_string();
                let why = said.split_once(".zst").map_or(said.as_str(), |(_, why)| why);
                found.refuted(
                    Step::Facts,
                    &format!("事実のファイルを読み取れない（{why}）。"),
                    &format!("The file of facts cannot be read ({why})."),
                    place(),
                );
                return Err(Ended);
            }
        };
        seen.lines = at;
        let fact: Fact = match strict::read(line.as_bytes()) {
            Ok(fact) => fact,
            Err(fault) => {
                found.refuted(
                    Step::Facts,
                    &format!("事実として読み取れない行がある（{}）。", fault.why),
                    &format!("A line is no fact: {}.", fault.why),
                    place(),
                );
                return Err(Ended);
            }
        };
        unpacked += line.len() as u64 + 1;
        let sort = order_sort(&fact);
        if let Some(count) = counts.get_mut(sort) {
            *count += 1;
        }
        let over = LIMITS.get(sort).zip(counts.get(sort)).is_some_and(|((_, most), count)| count > most);
        if over || unpacked > UNPACKED {
            found.refuted(
                Step::Facts,
                "事実が、扱える大きさを超えている。",
                "There are more facts than can be held.",
                place(),
            );
            return Err(Ended);
        }
        if same && serde_json::to_string(&fact).ok().as_deref() != Some(line.as_str()) {
            found.refuted(
                Step::Facts,
                "sekisho が書き出す形ではない行がある。",
                "A line is not as sekisho writes it.",
                place(),
            );
            return Err(Ended);
        }
        let key = order_of(&fact);
        if last.as_ref().is_some_and(|last| *last >= key) {
            found.refuted(
                Step::Facts,
                "事実の順序が正しくない、又は同じものが二度ある。",
                "Facts stand out of order, or twice.",
                place(),
            );
            return Err(Ended);
        }
        last = Some(key);
        let own = |name: &str| order.providers.iter().find(|provider| same && provider.name() == name);
        if let Some((ja, en)) = contradiction(&fact, open).or_else(|| made_up(&fact, &own)) {
            found.refuted(Step::Facts, ja, en, place());
        }
        seen.take(fact);
        // What is cited again and again is kept once in a while, so that memory follows the calls and not the citations.
        if seen.cited.len() > 4_000_000 {
            seen.cited.sort_unstable();
            seen.cited.dedup();
        }
    }
    seen.cited.sort_unstable();
    seen.cited.dedup();
    let recorded = open.run.files.iter().find(|file| file.name == crate::run_folder::FACTS);
    if recorded.and_then(|file| file.lines) != Some(seen.lines) {
        found.refuted(
            Step::Facts,
            "事実の行数が調査の記録と一致しない。",
            "There are more or fewer facts than the run has recorded.",
            Some("run.json, files".to_owned()),
        );
    }
    found.verified(
        Step::Facts,
        &format!("{}件の資源を含む{}行の事実が、形式と順序のとおりに読み取れる。", seen.count, seen.lines),
        &format!("Its {} facts, {} resources among them, are in form and in order.", seen.lines, seen.count),
    );
    Ok(seen)
}

/// What a fact says that cannot be, beside the tenancy file.
fn contradiction(fact: &Fact, open: &OpenRun) -> Option<(&'static str, &'static str)> {
    match fact {
        Fact::Setting(one) if one.id != format!("{}/{}", one.provider, one.account) => Some((
            "設定の識別子が、そのアカウントのものではない。",
            "A setting's id is not that of its account.",
        )),
        Fact::Resource(one) if !in_scope(one, open) => Some((
            "構成ファイルの規則により要機密情報又は要安定情報とすべき資源が、そうされていない。",
            "By the rules of the tenancy file a resource is confidential or critical, and is not called so.",
        )),
        _ => None,
    }
}

/// What a fact says that this build would not have said: where an identifier lies follows from the catalogue, what a thing can be
/// from its service, and nothing is seen without a call.
fn made_up<'p>(
    fact: &Fact,
    own: &dyn Fn(&str) -> Option<&'p Arc<dyn Provider>>,
) -> Option<(&'static str, &'static str)> {
    const ELSEWHERE: (&str, &str) = (
        "場所の識別子の国又は拠点が、この版の場所の一覧によるものではない。",
        "The countries or the site of a place are not those that its identifier has in this version's catalogue.",
    );
    let countries = |places: &PlaceCatalogue, id: &str| {
        places.place(id).map(|place| place.countries.clone()).filter(|countries| !countries.is_empty())
    };
    match fact {
        Fact::Setting(one) => {
            let places = own(&one.provider)?.places();
            let guarded = one.guardrail.seen().into_iter().flat_map(|guardrail| &guardrail.regions);
            let guarded = guarded.map(|region| (region.id.as_str(), &region.countries));
            let used = one.second_lists.iter().flat_map(|list| &list.uses);
            let used = used.map(|one| (one.region.as_str(), &one.countries));
            let mut told = guarded.chain(used.filter(|(region, _)| *region != NOWHERE));
            told.any(|(id, told)| told.seen() != countries(places, id).as_ref()).then_some(ELSEWHERE)
        }
        Fact::Resource(one) => {
            let provider = own(&one.provider)?;
            let places = provider.places();
            let copy = |copy: &Copy| {
                let place = copy.location.seen().and_then(|id| places.place(id));
                let site = place.and_then(|place| match place.sites.as_slice() {
                    [site] => Some(site),
                    _ => None,
                });
                let lies = copy.location.seen().and_then(|id| countries(places, id));
                copy.countries.seen() == lies.as_ref() && copy.site.seen() == site
            };
            let opened = one.zones.iter().filter_map(|zones| zones.open.seen()).flatten();
            let mut opened = opened.map(|zone| (zone.id.as_str(), &zone.countries));
            if !one.copies.iter().all(copy)
                || opened.any(|(id, told)| told.seen() != countries(places, id).as_ref())
            {
                return Some(ELSEWHERE);
            }
            let service = provider.services().iter().find(|service| service.name == one.service);
            if service.is_some_and(|service| !service.kinds.is_empty() && !service.kinds.contains(&one.kind))
            {
                return Some((
                    "資源の種類が、そのサービスにあり得るものではない。",
                    "A resource is of a kind that its service cannot hold.",
                ));
            }
            if !provider.is_complete(one) {
                return Some((
                    "その種類の資源が持つはずの属性を欠く資源がある。",
                    "A resource lacks a property that things of its kind and service have.",
                ));
            }
            one.evidence
                .values()
                .all(Vec::is_empty)
                .then_some(("根拠となる呼出しのない資源がある。", "A resource is based on no call."))
        }
        _ => None,
    }
}

/// Whether a resource is as confidential and as critical as the rules say. It may be more: what is copied to it counts too.
fn in_scope(resource: &Resource, open: &OpenRun) -> bool {
    let (confidential, critical) = crate::link::scoped(resource, &open.run.tenancy.scopes);
    let enough = |told: &Observed<bool>, ruled: &Observed<bool>| {
        *told != Observed::Seen(false) || *ruled == Observed::Seen(false)
    };
    enough(&resource.confidential, &confidential) && enough(&resource.availability_critical, &critical)
}

/// The sort of a fact, as a number in [`LIMITS`].
const fn order_sort(fact: &Fact) -> usize {
    match fact {
        Fact::Setting(_) => 0,
        Fact::Cell(_) => 1,
        Fact::Gap(_) => 2,
        Fact::Resource(_) => 3,
        Fact::Signal(_) => 4,
    }
}

/// Where a fact stands in the order of facts.
fn order_of(fact: &Fact) -> (u8, Vec<String>) {
    let own = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
    match fact {
        Fact::Setting(one) => (0, own(&[&one.provider, &one.account])),
        Fact::Cell(one) => (1, own(&[&one.provider, &one.account, &one.region, &one.service])),
        Fact::Gap(one) => {
            // Several gaps may stand at one place; their lines are in order then.
            let line = serde_json::to_string(one).unwrap_or_default();
            (2, vec![format!("{}\0{}", one.subject, one.facet), line])
        }
        Fact::Resource(one) => {
            (3, own(&[&one.provider, &one.account, &one.region, &one.service, one.kind.as_str(), &one.id]))
        }
        Fact::Signal(one) => {
            let witness = format!("{:03}", one.witness as u8);
            (4, vec![one.subject.clone(), witness, one.statement.clone()])
        }
    }
}

impl Seen {
    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Setting(one) => {
                self.cited.extend(one.evidence.values().flatten());
                self.cited.extend(one.second_lists.iter().flat_map(|list| &list.calls));
                let bounds = one.guardrail.seen().filter(|guardrail| guardrail.bounded);
                let told = Told {
                    bounded_to: bounds
                        .map(|guardrail| guardrail.regions.iter().map(|region| region.id.clone()).collect()),
                    regions: one
                        .regions
                        .seen()
                        .into_iter()
                        .flatten()
                        .map(|region| (region.id.clone(), region.state))
                        .collect(),
                    sweep: one
                        .sweep
                        .iter()
                        .map(|cell| {
                            (cell.region.clone(), cell.service.clone(), cell.resources.seen().copied())
                        })
                        .collect(),
                };
                self.settings.insert((one.provider, one.account), told);
            }
            Fact::Cell(one) => self.cells.push(one),
            Fact::Gap(one) => {
                self.cited.extend(one.call);
                if one.facet == "resources" {
                    self.holes.insert(one.subject);
                }
            }
            Fact::Resource(one) => {
                self.count += 1;
                self.cited.extend(one.evidence.values().flatten());
                let place = [one.provider, one.account, one.region, one.service];
                *self.resources.entry(place).or_default() += 1;
            }
            Fact::Signal(one) => self.cited.extend(&one.calls),
        }
    }

    /// Whether a cell that was not accounted for says why.
    pub fn explains(&self, cell: &Cell) -> bool {
        matches!(cell.state, CellState::Listed | CellState::Closed) || self.holes.contains(&cell.id())
    }
}
