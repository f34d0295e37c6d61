//! What is in use, for documents to be held against: services and regions with resources, what other lists name, and what
//! may hide where nothing was listed.

use super::judge::Bench;
use super::tally::Tally;
use crate::checks::{FactLine, Node};
use crate::documents::InUse;
use sekisho_contract::fact::{CellState, Kind};
use std::collections::BTreeSet;

/// What is in use, or may be.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Services, by provider and region.
    pub services: BTreeSet<InUse>,
    /// Kinds of resources that hold data to be handed over.
    pub kinds: BTreeSet<String>,
}

/// Kinds that hold data of their own. Backups and snapshots hold what these do; keys and records of trails are not handed over.
const DATA: [Kind; 11] = [
    Kind::ObjectStore,
    Kind::LogStore,
    Kind::Database,
    Kind::Table,
    Kind::Disk,
    Kind::FileSystem,
    Kind::Secret,
    Kind::ImageRegistry,
    Kind::MessageStore,
    Kind::SearchIndex,
    Kind::Other,
];
/// Kinds that every account has in every region without anybody's doing.
const BACKGROUND: [Kind; 2] = [Kind::RegionSettings, Kind::Network];

/// The providers of a tenancy.
pub(super) fn providers(bench: Bench<'_>, accounts: &[String]) -> BTreeSet<String> {
    let named = accounts
        .iter()
        .filter_map(|account| account.split_once('/'))
        .map(|(provider, _)| provider.to_owned());
    named.chain(bench.ground.cells.iter().map(|cell| cell.provider.clone())).collect()
}

/// Everything in use, or that may be.
pub(super) fn of(bench: Bench<'_>, accounts: &[String], tally: &Tally) -> Uses {
    let mut uses = Uses::default();
    let mut background = Vec::new();
    for (provider, service, region, kind) in tally.uses() {
        let known = Kind::ALL.iter().find(|known| known.as_str() == kind);
        if known.is_some_and(|kind| DATA.contains(kind)) {
            uses.kinds.insert(kind.to_owned());
        }
        let one =
            InUse { provider: provider.to_owned(), service: service.to_owned(), region: region.to_owned() };
        if known.is_some_and(|kind| BACKGROUND.contains(kind)) {
            background.push(one);
        } else {
            uses.services.insert(one);
        }
    }
    for line in &bench.ground.settings {
        uses.second_lists(line);
    }
    for cell in &bench.ground.cells {
        if !matches!(cell.state, CellState::Listed | CellState::Closed) {
            uses.may_hide(bench, &cell.provider, &cell.service, &cell.region);
        }
    }
    for account in accounts {
        let Some((provider, number)) = account.split_once('/') else { continue };
        for known in bench.services.iter().filter(|known| known.provider == provider) {
            let looked = bench.ground.cells.iter().any(|cell| {
                cell.provider == provider && cell.account == number && cell.service == known.service
            });
            if !looked {
                uses.may_hide(bench, provider, &known.service, "global");
            }
        }
    }
    // A network counts where something else is in use.
    let places: BTreeSet<(String, String)> =
        uses.services.iter().map(|one| (one.provider.clone(), one.region.clone())).collect();
    uses.services.extend(
        background.into_iter().filter(|one| places.contains(&(one.provider.clone(), one.region.clone()))),
    );
    uses
}

impl Uses {
    /// What other lists of an account say is in use.
    fn second_lists(&mut self, line: &str) {
        // A setting that cannot be read was refused before.
        let Ok(parsed) = FactLine::parse(line) else { return };
        let field =
            |node: &Node<'_>, name: &str| node.get(name).and_then(Node::text).unwrap_or_default().to_owned();
        let provider = field(&parsed.fact, "provider");
        let lists = parsed.fact.get("second_lists").map(Node::members).unwrap_or_default();
        for one in lists.iter().filter_map(|list| list.get("uses")).flat_map(Node::members) {
            let region = field(one, "region");
            let named: Vec<String> = match field(one, "read").as_str() {
                "without_data" => Vec::new(),
                "swept" => {
                    let services = one.get("services").map(Node::members).unwrap_or_default();
                    services.iter().filter_map(Node::text).map(str::to_owned).collect()
                }
                // What nothing reads, and what this version does not know, goes by the list's own words.
                _ => vec![field(one, "what")],
            };
            let in_use = |service| InUse { provider: provider.clone(), service, region: region.clone() };
            self.services.extend(named.into_iter().map(in_use));
        }
    }

    /// What a service may hold where it was not listed.
    fn may_hide(&mut self, bench: Bench<'_>, provider: &str, service: &str, region: &str) {
        let known =
            bench.services.iter().find(|known| known.provider == provider && known.service == service);
        // Lists over services hold nothing of their own.
        if known.is_some_and(|known| known.kinds.is_empty()) {
            return;
        }
        let kinds = known.map_or(&DATA[..], |known| known.kinds.as_slice());
        self.kinds
            .extend(kinds.iter().filter(|kind| DATA.contains(kind)).map(|kind| kind.as_str().to_owned()));
        let (provider, service, region) = (provider.to_owned(), service.to_owned(), region.to_owned());
        self.services.insert(InUse { provider, service, region });
    }
}
