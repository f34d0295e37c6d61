//! Completeness: no cell of what had to be looked at is missing, and each holds what it says.

use super::facts::Seen;
use super::{Found, Mark, Order, Step};
use crate::bundle::OpenRun;
use crate::corroborate::in_use;
use crate::link::{Source, Visit};
use crate::request::names_others;
use crate::run_folder::{At, FactsFile, FolderFault, ReadFault};
use jiff::SignedDuration;
use sekisho_contract::AccountSection;
use sekisho_contract::fact::{
    AccountSetting, Cell, CellState, ClosedBy, Kind, RegionState, Resource, SecondList,
};
use sekisho_contract::gap::{Gap, shorten};
use sekisho_contract::provider::{Reach, Service};
use std::collections::{BTreeMap, BTreeSet};

/// Holds the cells to what this build would look at, and to the resources.
pub(super) fn complete(open: &OpenRun, seen: &Seen, order: &Order<'_>, found: &mut Found) {
    let before = found.items.len();
    let refute = |found: &mut Found, ja: String, en: String, place: String| {
        found.refuted(Step::Completeness, &ja, &en, Some(place));
    };
    let place = |id: &str| format!("facts.ndjson.zst, cell {id}");

    let named = open.run.tenancy.accounts.iter().map(|one| (one.provider.clone(), one.id.clone()));
    let of_cells = seen.cells.iter().map(|cell| (cell.provider.clone(), cell.account.clone()));
    let accounts: BTreeSet<(String, String)> =
        named.chain(of_cells).chain(seen.settings.keys().cloned()).collect();
    let looked: BTreeSet<(&str, &str, &str, &str)> = seen
        .cells
        .iter()
        .map(|cell| {
            (cell.provider.as_str(), cell.account.as_str(), cell.region.as_str(), cell.service.as_str())
        })
        .collect();
    for (name, account) in &accounts {
        let Some(provider) = order.providers.iter().find(|provider| provider.name() == name) else {
            found.unverified(
                Step::Completeness,
                &format!(
                    "{name}/{account}：この版は {name} を知らず、何を調査すべきであったかを確かめられない。"
                ),
                &format!(
                    "{name}/{account}: this build does not know {name}, so it cannot tell what had to be examined."
                ),
            );
            continue;
        };
        let Some(told) = seen.settings.get(&(name.clone(), account.clone())) else {
            refute(
                found,
                format!("アカウント {name}/{account} の設定がない。"),
                format!("There is no setting of the account {name}/{account}."),
                format!("facts.ndjson.zst, setting {name}/{account}"),
            );
            continue;
        };
        // An account's own list says which regions there are. One that also names those closed to the account is a list of
        // all there are, so it may lack none of the catalogue; neither may one that was not read. A stand-in may have fewer
        // than the cloud; that it answered is told.
        let stands_in = stands_in(open, name, account);
        let mut regions: BTreeSet<&str> = told.regions.iter().map(|(id, _)| id.as_str()).collect();
        let names_closed = told.regions.iter().any(|(_, state)| *state == RegionState::NotOptedIn);
        if regions.is_empty() || names_closed && !stands_in {
            regions.extend(provider.places().regions().map(|(id, _)| id));
        }
        if provider.names_every_region() && !stands_in {
            let to_all = provider.places().regions().filter(|(_, place)| !place.opt_in);
            regions.extend(to_all.map(|(id, _)| id));
        }
        for service in provider.services() {
            let wanted: Vec<&str> = match service.reach {
                Reach::Global => vec!["global"],
                Reach::Region => regions.iter().copied().collect(),
            };
            for region in wanted {
                if !looked.contains(&(name.as_str(), account.as_str(), region, service.name)) {
                    let id = format!("{name}/{account}/{region}/{}", service.name);
                    refute(
                        found,
                        format!("調査すべき単位 {id} の記録がない。"),
                        format!("There is no record that {id} was examined."),
                        place(&id),
                    );
                }
            }
        }
        // What only names resources that other services hold is not among the sweep of a setting.
        let services = provider.services().iter();
        let only_lists: BTreeSet<&str> =
            services.filter(|service| service.kinds.is_empty()).map(|service| service.name).collect();
        let own: BTreeSet<(String, String, Option<u64>)> = seen
            .cells
            .iter()
            .filter(|cell| cell.provider == *name && cell.account == *account)
            .filter(|cell| !only_lists.contains(cell.service.as_str()))
            .map(|cell| {
                let resources = cell.state.is_accounted_for().then_some(cell.resources);
                (cell.region.clone(), cell.service.clone(), resources)
            })
            .collect();
        if own != told.sweep {
            refute(
                found,
                format!("アカウント {name}/{account} の設定にある調査の一覧が、調査の単位と一致しない。"),
                format!("The sweep in the setting of {name}/{account} is not that of its cells."),
                format!("facts.ndjson.zst, setting {name}/{account}"),
            );
        }
    }
    members(open, seen, order, found);
    for cell in &seen.cells {
        if !seen.explains(cell) {
            refute(
                found,
                format!("調査できなかった単位 {} に、その理由がない。", cell.id()),
                format!("The cell {} was not listed, and nothing says why.", cell.id()),
                place(&cell.id()),
            );
        }
        if !is_closed_by_something(cell, seen, order) {
            refute(
                found,
                format!("単位 {} が利用できないとする根拠が合わない。", cell.id()),
                format!("What closes the cell {} does not fit its state.", cell.id()),
                place(&cell.id()),
            );
        }
    }
    // Where one list answers for all regions, resources stand in their own.
    let everywhere: BTreeSet<(&str, &str)> = order
        .providers
        .iter()
        .flat_map(|provider| provider.services().iter().map(move |service| (provider.name(), service)))
        .filter(|(_, service)| matches!(service.reach, Reach::Global))
        .map(|(provider, service)| (provider, service.name))
        .collect();
    // So do those in a region that has no cell of its own: what the account's list of regions does not name.
    // What no kind reads is listed by an index, and stands under the service it is of: all of it is counted together.
    let services: Vec<(&str, &Service)> = order
        .providers
        .iter()
        .flat_map(|provider| provider.services().iter().map(move |service| (provider.name(), service)))
        .collect();
    let read: BTreeSet<(&str, &str)> = services
        .iter()
        .filter(|(_, service)| !service.kinds.is_empty() && !service.kinds.contains(&Kind::Other))
        .map(|(provider, service)| (*provider, service.name))
        .collect();
    let group = |provider: &str, account: &str, region: &str, service: &str| {
        if !read.contains(&(provider, service)) {
            return [provider, account, "global", "other"].map(str::to_owned);
        }
        let own = looked.contains(&(provider, account, region, service));
        let region = if own && !everywhere.contains(&(provider, service)) { region } else { "global" };
        [provider, account, region, service].map(str::to_owned)
    };
    let (mut listed, mut held) = (BTreeMap::<[String; 4], u64>::new(), BTreeMap::<[String; 4], u64>::new());
    // The cell of an organization counts accounts.
    let counts_accounts = |cell: &&Cell| {
        let provider = order.providers.iter().find(|provider| provider.name() == cell.provider);
        provider.and_then(|provider| provider.lists_members_in()) == Some(cell.service.as_str())
    };
    for cell in seen.cells.iter().filter(|cell| !counts_accounts(cell)) {
        *listed.entry(group(&cell.provider, &cell.account, &cell.region, &cell.service)).or_default() +=
            cell.resources;
    }
    for ([provider, account, region, service], count) in &seen.resources {
        *held.entry(group(provider, account, region, service)).or_default() += count;
    }
    let keys: BTreeSet<&[String; 4]> = listed.keys().chain(held.keys()).collect();
    for key in keys {
        let (listed, held) = (listed.get(key).copied().unwrap_or(0), held.get(key).copied().unwrap_or(0));
        if listed != held {
            let id = shorten(&key.join("/"));
            refute(
                found,
                format!("{id} では{listed}件が列挙されたが、資源の記録は{held}件である。"),
                format!("{id} listed {listed} resources, and {held} are there."),
                place(&id),
            );
        }
    }
    left_out(open, found);
    let refuted = found.items.iter().skip(before).any(|item| item.mark == Mark::Refuted);
    if !refuted {
        let open_cells = seen.cells.iter().filter(|cell| !cell.state.is_accounted_for()).count();
        found.verified(
            Step::Completeness,
            &format!("{}の単位（アカウント×リージョン×サービス）のすべてに記録がある。うち{open_cells}は列挙できておらず、その旨が判定に表れている。", seen.cells.len()),
            &format!("All {} cells (account, region, service) are accounted for; {open_cells} of them were not listed, and the verdicts say so.", seen.cells.len()),
        );
    }
    others(open, order, found);
}

/// Whether something on a machine of the run may have answered for an account. A member of an organization is asked where the
/// account that names it is.
fn stands_in(open: &OpenRun, provider: &str, account: &str) -> bool {
    let stood = |section: &AccountSection| section.endpoint.is_some() || !section.endpoints.is_empty();
    let mut of_provider = open.run.tenancy.accounts.iter().filter(|section| section.provider == provider);
    match of_provider.clone().find(|section| section.id == account) {
        Some(section) => stood(section),
        None => of_provider.all(|section| !names_others(section) || stood(section)),
    }
}

/// Whether a cell that is closed is closed by what its account's setting says.
fn is_closed_by_something(cell: &Cell, seen: &Seen, order: &Order<'_>) -> bool {
    let told = seen.settings.get(&(cell.provider.clone(), cell.account.clone()));
    match (cell.state, cell.closed_by) {
        (CellState::Closed, Some(ClosedBy::NotOptedIn)) => {
            let told = told.and_then(|told| told.regions.iter().find(|(id, _)| *id == cell.region));
            let provider = order.providers.iter().find(|provider| provider.name() == cell.provider);
            let place = provider.and_then(|provider| provider.places().place(&cell.region));
            told.is_some_and(|(_, state)| *state == RegionState::NotOptedIn)
                && place.is_none_or(|place| place.opt_in)
        }
        (CellState::Closed, Some(ClosedBy::Policy)) => told
            .and_then(|told| told.bounded_to.as_ref())
            .is_some_and(|regions| !regions.contains(&cell.region)),
        (CellState::Closed, None) | (_, Some(_)) => false,
        (_, None) => true,
    }
}

/// Accounts beside those of the tenancy file are members of an organization that it names, and none of those is left out.
fn members(open: &OpenRun, seen: &Seen, order: &Order<'_>, found: &mut Found) {
    let sections = &open.run.tenancy.accounts;
    let of_cells = seen.cells.iter().map(|cell| (cell.provider.as_str(), cell.account.as_str()));
    let of_settings = seen.settings.keys().map(|(provider, account)| (provider.as_str(), account.as_str()));
    let accounts: BTreeSet<(&str, &str)> = of_cells.chain(of_settings).collect();
    for (provider, account) in &accounts {
        let mut own = sections.iter().filter(|section| section.provider == *provider);
        if !own.any(|section| section.id == *account || names_others(section)) {
            let id = shorten(&format!("{provider}/{account}"));
            found.refuted(
                Step::Completeness,
                &format!("構成ファイルにないアカウント {id} の事実がある。"),
                &format!("There are facts of the account {id}, which the tenancy file does not name."),
                Some(format!("facts.ndjson.zst, {id}")),
            );
        }
    }
    for cell in &seen.cells {
        let provider = order.providers.iter().find(|provider| provider.name() == cell.provider);
        if provider.and_then(|provider| provider.lists_members_in()) != Some(cell.service.as_str()) {
            continue;
        }
        let others = accounts
            .iter()
            .filter(|(provider, account)| *provider == cell.provider && *account != cell.account);
        if (others.count() as u64) < cell.resources {
            found.refuted(
                Step::Completeness,
                &format!(
                    "{} の組織のほかのアカウント{}件のうち、記録のないものがある。",
                    cell.account, cell.resources
                ),
                &format!(
                    "Of the {} other accounts of {}'s organization some are not in it.",
                    cell.resources, cell.account
                ),
                Some(format!("facts.ndjson.zst, cell {}", cell.id())),
            );
        }
    }
    for section in sections.iter().filter(|section| names_others(section)) {
        let listed = |cell: &&Cell| {
            let provider = order.providers.iter().find(|provider| provider.name() == cell.provider);
            cell.provider == section.provider
                && cell.account == section.id
                && provider.and_then(|provider| provider.lists_members_in()) == Some(cell.service.as_str())
        };
        let entered = seen.cells.iter().any(|cell| {
            cell.provider == section.provider && cell.account == section.id && cell.state == CellState::Listed
        });
        if entered && !seen.cells.iter().any(|cell| listed(&cell)) {
            let id = format!("{}/{}", section.provider, section.id);
            found.refuted(
                Step::Completeness,
                &format!("{id} の組織のほかのアカウントを列挙した記録がない。"),
                &format!("There is no record that the other accounts of {id}'s organization were listed."),
                Some(format!("facts.ndjson.zst, {id}")),
            );
        }
    }
}

/// What the tenancy file leaves out.
fn left_out(open: &OpenRun, found: &mut Found) {
    for section in &open.run.tenancy.accounts {
        if section.endpoint.is_some() || !section.endpoints.is_empty() {
            let id = format!("{}/{}", section.provider, section.id);
            found.unverified(
                Step::Completeness,
                &format!("{id} の回答は、クラウドではなく調査した機械の上の模擬環境から得られたものである。"),
                &format!(
                    "{id}: the answers came from a stand-in on the machine of the run, not from the cloud."
                ),
            );
        }
    }
    for section in open.run.tenancy.accounts.iter().filter(|section| section.regions.is_some()) {
        let id = format!("{}/{}", section.provider, section.id);
        found.unverified(
            Step::Completeness,
            &format!("{id} では、構成ファイルにより調査するリージョンが限られている。"),
            &format!("{id}: the tenancy file leaves regions out."),
        );
    }
}

/// What a run leaves besides the facts has to be there.
fn others(open: &OpenRun, order: &Order<'_>, found: &mut Found) {
    let missing = [
        (crate::run_folder::CORROBORATION, open.beside.heard.is_none()),
        (crate::run_folder::LOGS, open.beside.logs.is_none() && open.run.tenancy.logs.is_some()),
    ];
    for (name, missing) in missing {
        if missing {
            found.refuted(
                Step::Completeness,
                &format!("調査が必ず残す {name} がない。"),
                &format!("There is no {name}, which every such run leaves."),
                Some("run.json, files".to_owned()),
            );
        }
    }
    let Some(heard) = &open.beside.heard else { return };
    let slack = SignedDuration::from_mins(5);
    let when = open.run.started_at.checked_sub(slack).unwrap_or(open.run.started_at)
        ..=open.run.assessed_at.checked_add(slack).unwrap_or(open.run.assessed_at);
    if !when.contains(&heard.asked_at) {
        found.refuted(
            Step::Completeness,
            "裏付けを尋ねた時刻が、調査の期間の外にある。",
            "Corroboration took place outside the time of the run.",
            Some("corroboration.json, asked_at".to_owned()),
        );
    }
    let known = open
        .run
        .tenancy
        .accounts
        .iter()
        .all(|one| order.providers.iter().any(|own| own.name() == one.provider));
    match in_use(&Resources(open.folder.facts()), &open.run.tenancy, order.providers) {
        Ok(in_use) if !known || in_use.are_those_of(heard) => {}
        Ok(_) => found.refuted(
            Step::Completeness,
            "裏付けを尋ねた場所又は接続先が、資源のある場所と一致しない。",
            "The places and endpoints that were corroborated are not those of the resources.",
            Some("corroboration.json, places and endpoints".to_owned()),
        ),
        Err(fault) => found.refuted(
            Step::Completeness,
            &format!("事実のファイルを読み取れない（{fault}）。"),
            &format!("The file of facts cannot be read ({fault})."),
            None,
        ),
    }
}

/// The resources among the facts.
pub(in crate::bundle) struct Resources(pub FactsFile);

impl Source for Resources {
    fn settings(&self) -> &[AccountSetting] {
        &[]
    }
    fn cells(&self) -> &[Cell] {
        &[]
    }
    fn gaps(&self) -> &[Gap] {
        &[]
    }
    fn second_lists(&self) -> &[(String, SecondList)] {
        &[]
    }
    fn each(&self, visit: &mut Visit<'_>) -> Result<(), ReadFault> {
        for line in self.0.pass() {
            let line = line?;
            if line.starts_with("{\"type\":\"resource\"") {
                let at = At { offset: 0, length: 0 };
                visit(at, &line).map_err(|why| ReadFault::Malformed {
                    file: crate::run_folder::FACTS.into(),
                    line: 0,
                    why,
                })?;
            }
        }
        Ok(())
    }
    fn read_many(
        &self,
        _: &mut dyn Iterator<Item = At>,
        _: &mut dyn FnMut(Resource, Vec<Gap>) -> Result<(), FolderFault>,
    ) -> Result<(), FolderFault> {
        Ok(())
    }
}
