//! Joins what was gathered: copies to places, copies and logs to the resources that hold them, data to their
//! keys, stores to the trails that record them, resources to the tenancy's scopes.
//!
//! Pure: the same facts, tenancy and catalogues give the same result, in the same order. Resources pass in a
//! stream, twice: once to note what others point to (`index`), once to be linked and written. What could
//! not be linked stays unseen, and a gap says so.

mod copies;
mod ground;
mod index;
mod keys;
mod raised;
mod scope;
mod second_lists;
mod sheet;
mod trails;
mod unseen;
mod watched;

pub(crate) use scope::decide as scoped;

use crate::run_folder::{At, FactsWriter, FileRecord, FolderFault, LineIndex, ReadFault};
use crate::tenancy::Tenancy;
use ground::{Grounds, Hidden};
use index::{Index, Note};
use raised::{Flow, Raised};
use second_lists::Swept;
use sekisho_contract::fact::{
    AccountSetting, Cell, Copy, CopyRole, Kind, PrincipalClass, Resource, SecondList, SweptCell,
};
use sekisho_contract::gap::{Gap, GapReason, Shortfall};
use sekisho_contract::observed::Observed;
use sekisho_contract::place::PlaceCatalogue;
use sekisho_contract::{CallId, Provider};
use sheet::LinkSheet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use trails::Trails;

/// Takes one resource's text, and where it stands.
pub type Visit<'a> = dyn FnMut(At, &str) -> Result<(), String> + 'a;

/// Facts as they were gathered, in any order.
pub trait Source {
    /// What holds for whole accounts.
    fn settings(&self) -> &[AccountSetting];
    /// The sweep.
    fn cells(&self) -> &[Cell];
    /// Gaps of accounts and cells.
    fn gaps(&self) -> &[Gap];
    /// What lists over services say, with the account (`provider/account`) each is of.
    fn second_lists(&self) -> &[(String, SecondList)];
    /// Shows every resource's JSON once.
    fn each(&self, visit: &mut Visit<'_>) -> Result<(), ReadFault>;
    /// Reads resources, with their gaps, by where they stand, one after the other.
    fn read_many(
        &self,
        places: &mut dyn Iterator<Item = At>,
        visit: &mut dyn FnMut(Resource, Vec<Gap>) -> Result<(), FolderFault>,
    ) -> Result<(), FolderFault>;
}

/// What linking knows besides the facts.
pub struct World<'a> {
    tenancy: &'a Tenancy,
    providers: BTreeMap<&'a str, &'a dyn Provider>,
    /// By provider and service: what it can hold.
    kinds: BTreeMap<(&'a str, &'a str), &'a [Kind]>,
    accounts: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> World<'a> {
    /// The tenancy, and what its providers declare.
    pub fn new(tenancy: &'a Tenancy, providers: &'a [Arc<dyn Provider>]) -> Self {
        let kinds = providers.iter().flat_map(|provider| {
            let name = provider.name();
            provider.services().iter().map(move |service| ((name, service.name), service.kinds))
        });
        Self {
            tenancy,
            providers: providers.iter().map(|provider| (provider.name(), &**provider)).collect(),
            kinds: kinds.collect(),
            accounts: tenancy
                .accounts
                .iter()
                .map(|account| (account.provider.as_str(), account.id.as_str()))
                .collect(),
        }
    }
}

impl World<'_> {
    /// Whether a service is a list over services, which holds nothing itself.
    fn vouches(&self, provider: &str, service: &str) -> bool {
        self.kinds.get(&(provider, service)).is_some_and(|kinds| kinds.is_empty())
    }

    /// Whether any rule takes something out of scope.
    fn takes_out(&self) -> bool {
        self.tenancy.scopes.iter().any(|scope| !scope.confidential)
    }
}

/// Links everything of `source` and writes it, in order.
pub fn link(source: &dyn Source, world: &World<'_>, mut out: FactsWriter) -> Result<FileRecord, FolderFault> {
    let mut order = LineIndex::default();
    let mut index = Index::default();
    let mut blank = BTreeSet::new();
    let mut raised = world.takes_out().then(Raised::default);
    source.each(&mut |at, text| {
        let note: Note<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let group = note.group();
        order.push(&group, &note.id, at);
        let mut left_open = index.note(&note, &group);
        if let Some(raised) = &mut raised {
            let resource: Resource = serde_json::from_str(text).map_err(|error| error.to_string())?;
            left_open |= raised.note(&resource, &world.tenancy.scopes);
        }
        if left_open {
            blank.insert(note.id.as_bytes().to_vec());
        }
        Ok(())
    })?;
    let mut links = Links::new(world, index, raised, source);
    let pointed_at = links.pointed_at(blank);
    source.read_many(&mut order.named(|name| pointed_at.contains(name)), &mut |resource, gaps| {
        links.note_pointed_at(&resource, &gaps);
        Ok(())
    })?;
    let last_of_run = std::cell::Cell::new(true);
    let mut places = order.runs().flat_map(|run| {
        let last = run.len() - 1;
        run.into_iter().enumerate().map(move |(number, at)| (at, number == last))
    });
    let mut places = std::iter::from_fn(|| {
        let (at, last) = places.next()?;
        last_of_run.set(last);
        Some(at)
    });
    let mut alike = Vec::new();
    source.read_many(&mut places, &mut |resource, gaps| {
        alike.push(links.resource(resource, gaps));
        if last_of_run.get() { write_alike(std::mem::take(&mut alike), &mut out) } else { Ok(()) }
    })?;
    let (settings, gaps) = links.settings(source);
    for gap in gaps {
        out.gap(gap)?;
    }
    let signals = second_lists::signals(&settings);
    out.finish(settings, source.cells().to_vec(), signals)
}

/// Writes resources of one identity: told apart, in a fixed order, by what they say.
fn write_alike(mut alike: Vec<(Resource, Vec<Gap>)>, out: &mut FactsWriter) -> Result<(), FolderFault> {
    if alike.len() > 1 {
        alike.sort_by_cached_key(|(resource, _)| {
            serde_json::to_string(resource).unwrap_or_else(|error| error.to_string())
        });
        alike.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1.append(&mut later.1);
            }
            same
        });
    }
    for (resource, gaps) in alike {
        out.resource(resource)?;
        for gap in gaps {
            out.gap(gap)?;
        }
    }
    Ok(())
}

/// What others point to.
struct Known {
    index: Index,
    grounds: Grounds,
    /// By provider, account and region: why a key there may go by a name that was not seen.
    hidden_keys: BTreeMap<[String; 3], Gap>,
    /// By provider, account and region: the first cell that was not listed, in which something may watch.
    hidden_detectors: BTreeMap<[String; 3], Hidden>,
    /// The copies made of what logs are written to, by provider and id, and the calls that showed them.
    onward: BTreeMap<(String, String), (Vec<Copy>, Vec<CallId>)>,
}

impl Known {
    /// Why the keys next to a resource, or their other names, were not all listed, if they were not.
    fn hidden_key(&self, provider: &str, account: &str, region: &str) -> Option<&Gap> {
        self.hidden_keys.get(&[provider, account, region].map(str::to_owned))
    }
}

/// What resources are linked by.
struct Links<'a> {
    world: &'a World<'a>,
    known: Known,
    trails: Trails,
    raised: Option<Raised>,
    /// The first cell that was not listed, in which something may point to anything.
    unlisted: Option<Hidden>,
    cells: &'a [Cell],
    /// The tenancy's accounts: those of its file, and those found in its organizations.
    accounts: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Links<'a> {
    fn new(
        world: &'a World<'a>,
        mut index: Index,
        mut raised: Option<Raised>,
        source: &'a dyn Source,
    ) -> Self {
        index.close();
        if let Some(raised) = &mut raised {
            raised.close(&index);
        }
        let cells = source.cells();
        // The first of several counts.
        let gaps: BTreeMap<&str, &Gap> =
            source.gaps().iter().rev().map(|gap| (gap.subject.as_str(), gap)).collect();
        let hidden = |kind: Kind| {
            let open = cells.iter().filter(move |cell| {
                let kinds = world.kinds.get(&(cell.provider.as_str(), cell.service.as_str()));
                !cell.state.is_accounted_for() && kinds.is_some_and(|kinds| kinds.contains(&kind))
            });
            open.map(|cell| Hidden {
                cell: cell.clone(),
                gap: gaps.get(cell.id().as_str()).map(|gap| (*gap).clone()),
            })
        };
        let trails =
            Trails::new(index.take_trails(), hidden(Kind::AuditTrail).collect(), world.tenancy.contract_end);
        let place = |cell: &Cell| [cell.provider.clone(), cell.account.clone(), cell.region.clone()];
        let hidden_keys =
            hidden(Kind::Key).filter_map(|hidden| Some((place(&hidden.cell), hidden.gap?))).collect();
        let mut hidden_detectors = BTreeMap::new();
        for hidden in hidden(Kind::Detector) {
            hidden_detectors.entry(place(&hidden.cell)).or_insert(hidden);
        }
        let unlisted = [Kind::ObjectStore, Kind::AuditTrail, Kind::LogStore]
            .into_iter()
            .find_map(|kind| hidden(kind).next());
        let grounds = Grounds::default();
        let known = Known { index, grounds, hidden_keys, hidden_detectors, onward: BTreeMap::new() };
        let found = source.settings().iter();
        let found = found.map(|setting| (setting.provider.as_str(), setting.account.as_str()));
        let accounts = world.accounts.iter().copied().chain(found).collect();
        Self { world, known, trails, raised, unlisted, cells, accounts }
    }

    /// The identifiers of what is read before the others are linked: trails and their stores, and what
    /// left something open that others ask of it.
    fn pointed_at(&self, mut blank: BTreeSet<Vec<u8>>) -> BTreeSet<Vec<u8>> {
        blank.extend(self.trails.targets());
        blank.extend(self.trails.ids().map(|id| id.as_bytes().to_vec()));
        blank.extend(self.known.index.open_detectors().map(|id| id.as_bytes().to_vec()));
        blank.extend(self.known.index.log_holders().iter().map(|id| id.as_bytes().to_vec()));
        blank
    }

    fn note_pointed_at(&mut self, resource: &Resource, gaps: &[Gap]) {
        self.trails.target(resource);
        self.trails.note_lost(resource, gaps, &self.known.index);
        let replicas: Vec<Copy> =
            resource.copies.iter().filter(|copy| copy.role == CopyRole::Replica).cloned().collect();
        if !replicas.is_empty() && self.known.index.log_holders().contains(resource.id.as_str()) {
            let calls = resource.evidence.get("copies").cloned().unwrap_or_default();
            self.known.onward.insert((resource.provider.clone(), resource.id.clone()), (replicas, calls));
        }
        self.known.grounds.note(resource, &resource.id, gaps);
        for alias in resource.key.iter().filter_map(|key| key.aliases.seen()).flatten() {
            self.known.grounds.note(resource, alias, gaps);
        }
        if let Some(gap) = ground::explaining(gaps, &["key.aliases"]).filter(|_| resource.kind == Kind::Key) {
            let place = [&resource.provider, &resource.account, &resource.region].map(String::clone);
            self.known.hidden_keys.entry(place).or_insert_with(|| gap.clone());
        }
    }

    /// Links one resource. The steps follow each other: keys and trails add copies before copies are placed.
    fn resource(&self, mut resource: Resource, gaps: Vec<Gap>) -> (Resource, Vec<Gap>) {
        let mut sheet = LinkSheet::new(&resource.id, gaps);
        let provider = self.world.providers.get(resource.provider.as_str()).copied();
        let catalogue = provider.map(Provider::places);
        let Known { grounds, .. } = &self.known;
        keys::link(&mut resource, &self.known, provider, &mut sheet);
        self.trails.link_trail(&mut resource, &self.known, &mut sheet);
        self.trails.link_store(&mut resource, grounds, &mut sheet);
        copies::link(&mut resource, &self.known, catalogue, &mut sheet);
        watched::link(&mut resource, &self.known, &mut sheet);
        self.principals(&mut resource, &mut sheet);
        zones(&mut resource, catalogue, &mut sheet);
        scope::link(&mut resource, &self.world.tenancy.scopes, &mut sheet);
        self.raise(&mut resource, &mut sheet);
        for path in unseen::of_resource(&resource) {
            sheet.cover(path);
        }
        let gaps = sheet.finish(&mut resource.evidence);
        (resource, gaps)
    }

    /// What confidential data flow into is confidential, whatever the rules say.
    fn raise(&self, resource: &mut Resource, sheet: &mut LinkSheet) {
        let Some(raised) = self.raised.as_ref().filter(|_| resource.confidential == Observed::Seen(false))
        else {
            return;
        };
        let unlisted = self.unlisted.as_ref().map(|hidden| hidden.why("something that points to it"));
        let pointed_at = matches!(resource.kind, Kind::ObjectStore | Kind::Key);
        resource.confidential = match raised.flow(resource, &self.known, unlisted.filter(|_| pointed_at)) {
            Flow::None => return,
            Flow::Certain(by) => {
                resource.confidential_through = Some(by.to_string());
                Observed::Seen(true)
            }
            Flow::Perhaps(why) => sheet.unseen("confidential", why),
        };
    }

    /// Whether those a policy lets in, those something is shared with, and those roles trust lie outside the tenancy.
    fn principals(&self, resource: &mut Resource, sheet: &mut LinkSheet) {
        let let_in = resource.exposure.as_mut().map(|exposure| &mut exposure.principals);
        let shared = resource.sharing.as_mut().map(|sharing| &mut sharing.principals);
        let trusted = resource.trust.as_mut().map(|trust| &mut trust.principals);
        let lists = [
            ("exposure.principals.foreign", let_in),
            ("sharing.principals.foreign", shared),
            ("trust.principals.foreign", trusted),
        ];
        for (path, principals) in lists {
            let Some(Observed::Seen(principals)) = principals else { continue };
            for principal in principals.iter_mut().filter(|principal| principal.foreign.is_unseen()) {
                principal.foreign = match (principal.class, &principal.account) {
                    (PrincipalClass::Account, Some(account)) => Observed::Seen(
                        !self.accounts.contains(&(resource.provider.as_str(), account.as_str())),
                    ),
                    (PrincipalClass::Service, _) => Observed::Seen(false),
                    (PrincipalClass::Anonymous, _) => Observed::Seen(true),
                    (PrincipalClass::Account | PrincipalClass::Federated | PrincipalClass::Other, _) => {
                        let detail =
                            format!("whether {} is outside the tenancy cannot be determined", principal.id);
                        sheet.unseen(path, detail)
                    }
                };
            }
        }
    }

    /// Fills in what an account's checks ask of the whole sweep, and closes the list of gaps.
    fn settings(&self, source: &dyn Source) -> (Vec<AccountSetting>, Vec<Gap>) {
        let (settings, gaps) = (source.settings(), source.gaps());
        let mut all: Vec<Gap> = gaps.to_vec();
        let explained: BTreeSet<&str> = gaps.iter().map(|gap| gap.subject.as_str()).collect();
        for cell in self.cells.iter().filter(|cell| !cell.state.is_accounted_for()) {
            let id = cell.id();
            if !explained.contains(id.as_str()) {
                let why = Shortfall::without_call(
                    GapReason::Failed,
                    "the cell was not listed, and nothing says why",
                );
                all.push(why.gap(&id, "resources"));
            }
        }
        let mut gaps_of: BTreeMap<&str, Vec<&Gap>> = BTreeMap::new();
        for gap in gaps {
            gaps_of.entry(&gap.subject).or_default().push(gap);
        }
        let mut cells_of: BTreeMap<(&str, &str), Vec<&Cell>> = BTreeMap::new();
        for cell in self.cells {
            cells_of.entry((&cell.provider, &cell.account)).or_default().push(cell);
        }
        let linked = settings.iter().map(|given| {
            let mut setting = given.clone();
            let own = gaps_of.get(setting.id.as_str()).into_iter().flatten();
            let own: Vec<Gap> = own.map(|gap| (*gap).clone()).collect();
            let mut sheet = LinkSheet::new(&setting.id, own);
            self.guardrail(&mut setting, &mut sheet);
            let cells = cells_of.get(&(given.provider.as_str(), given.account.as_str()));
            let cells = cells.map_or(&[][..], Vec::as_slice);
            // Lists over services vouch for the sweep; what they say is told by themselves.
            let vouches = |cell: &&&Cell| self.world.vouches(&cell.provider, &cell.service);
            let own: Vec<&Cell> = cells.iter().filter(|cell| !vouches(cell)).copied().collect();
            setting.sweep = sweep(&own);
            setting.audit = self.trails.audit(&setting, &self.known.grounds, &mut sheet);
            let swept = Swept { index: &self.known.index, cells, catalogue: self.catalogue(&given.provider) };
            all.extend(swept.link(&mut setting, source.second_lists(), &mut sheet));
            for path in unseen::of_setting(&setting) {
                sheet.cover(path);
            }
            all.extend(sheet.finish(&mut setting.evidence));
            setting
        });
        (linked.collect(), all)
    }

    /// What a provider's identifiers of places resolve to.
    fn catalogue(&self, provider: &str) -> Option<&'a PlaceCatalogue> {
        self.world.providers.get(provider).map(|provider| provider.places())
    }

    /// Where the regions lie that policies leave open.
    fn guardrail(&self, setting: &mut AccountSetting, sheet: &mut LinkSheet) {
        let catalogue = self.catalogue(&setting.provider);
        let Observed::Seen(guardrail) = &mut setting.guardrail else { return };
        for region in &mut guardrail.regions {
            region.countries = countries(&region.id, catalogue, "guardrail.regions.countries", sheet);
        }
    }
}

/// What became of an account's cells.
fn sweep(own: &[&Cell]) -> Vec<SweptCell> {
    let mut sweep: Vec<SweptCell> = own
        .iter()
        .map(|cell| SweptCell {
            region: cell.region.clone(),
            service: cell.service.clone(),
            resources: if cell.state.is_accounted_for() {
                Observed::Seen(cell.resources)
            } else {
                // The cell's own gap says why.
                Observed::default()
            },
        })
        .collect();
    sweep.sort_by(|a, b| (&a.region, &a.service).cmp(&(&b.region, &b.service)));
    sweep
}

/// Where the zones lie that an account has opened to itself.
fn zones(resource: &mut Resource, catalogue: Option<&PlaceCatalogue>, sheet: &mut LinkSheet) {
    let Some(Observed::Seen(open)) = resource.zones.as_mut().map(|zones| &mut zones.open) else { return };
    for zone in open {
        zone.countries = countries(&zone.id, catalogue, "zones.open.countries", sheet);
    }
}

/// The countries that an identifier of a place can mean.
fn countries(
    id: &str,
    catalogue: Option<&PlaceCatalogue>,
    path: &str,
    sheet: &mut LinkSheet,
) -> Observed<Vec<String>> {
    let place = catalogue.and_then(|catalogue| catalogue.place(id));
    match place.map(|place| &place.countries).filter(|all| !all.is_empty()) {
        Some(countries) => Observed::Seen(countries.clone()),
        None => {
            let detail = format!("the place catalogue does not know the country of `{id}`");
            sheet.unseen(path, ground::Why::unknown(detail))
        }
    }
}

#[cfg(test)]
mod tests;
