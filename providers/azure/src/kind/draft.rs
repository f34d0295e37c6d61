//! A fact while it is being read, and rows read to facts.

use crate::NAME;
use crate::inventory::Row;
use crate::path;
use crate::session::{Listing, Session};
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::draft::{self, state_of};
pub use sekisho_contract::draft::{Fact, not_read, unresolved};
use sekisho_contract::fact::{
    CellState, Copy, CopyRole, Encryption, Facet, KeyManager, Kind, LiftedBy, Network, ObstacleKind,
    Resource, Software,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::provider::{CellOutcome, FactSink};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

/// Facts read at once.
const AT_ONCE: usize = 8;

/// What came of a cell so far.
#[derive(Default)]
pub struct Tally {
    count: u64,
    shortfalls: Vec<Shortfall>,
}

impl Tally {
    /// A cell that tells of what the inventory holds, as far as that goes.
    pub fn of(session: &Session) -> Self {
        Self { count: 0, shortfalls: session.broke().into_iter().collect() }
    }

    /// Makes facts of these; each becomes one, or several.
    pub async fn each<T, F, R>(&mut self, items: impl IntoIterator<Item = T>, sink: &dyn FactSink, read: F)
    where
        F: Fn(T) -> R,
        R: Future<Output: IntoIterator<Item = Fact>>,
    {
        let mut facts = futures::stream::iter(items).map(read).buffer_unordered(AT_ONCE);
        while let Some(several) = facts.next().await {
            for (resource, gaps) in several {
                self.count += 1;
                sink.resource(resource, gaps);
            }
        }
    }

    /// The same, where lists of their own were read besides, some of which may have broken off.
    pub async fn each_as_far<T, F, R>(&mut self, items: Vec<T>, sink: &dyn FactSink, read: F)
    where
        F: Fn(T) -> R,
        R: Future<Output = (Vec<Fact>, Vec<Shortfall>)>,
    {
        let mut facts = futures::stream::iter(items).map(read).buffer_unordered(AT_ONCE);
        while let Some((several, broke)) = facts.next().await {
            self.tell(sink, several);
            broke.into_iter().for_each(|shortfall| self.fell_short(Some(shortfall)));
        }
    }

    /// Notes a list that broke off.
    pub fn fell_short(&mut self, shortfall: Option<Shortfall>) {
        let known = |shortfall: &Shortfall| self.shortfalls.contains(shortfall);
        if let Some(shortfall) = shortfall.filter(|shortfall| !known(shortfall)) {
            self.shortfalls.push(shortfall);
        }
    }

    /// Hands facts on.
    pub fn tell(&mut self, sink: &dyn FactSink, facts: Vec<Fact>) {
        for (resource, gaps) in facts {
            self.count += 1;
            sink.resource(resource, gaps);
        }
    }

    /// How the cell ended.
    pub fn outcome(self) -> CellOutcome {
        let state = self.shortfalls.first().map_or(CellState::Listed, state_of);
        CellOutcome { state, resources: self.count, shortfalls: self.shortfalls }
    }
}

/// A fact while it is being read.
pub struct Draft<'s> {
    pub session: &'s Session,
    base: draft::Draft,
    call: CallId,
    operation: &'static Operation,
}

impl std::ops::Deref for Draft<'_> {
    type Target = draft::Draft;

    fn deref(&self) -> &draft::Draft {
        &self.base
    }
}

impl std::ops::DerefMut for Draft<'_> {
    fn deref_mut(&mut self) -> &mut draft::Draft {
        &mut self.base
    }
}

impl<'s> Draft<'s> {
    /// The thing a row tells of. It rests where the row says.
    pub fn of(session: &'s Session, (kind, service): (Kind, &str), row: &Row, call: CallId) -> Self {
        let place = row.place();
        let region = if place.is_empty() { "unknown" } else { &place };
        let named = (kind, service, row.id.clone(), row.name.as_str());
        let mut draft = Self::at(session, named, region, call, &crate::inventory::RESOURCES);
        draft.rests(row);
        draft.resource.tags = Observed::Seen(
            row.tags
                .iter()
                .flatten()
                .map(|(key, value)| (bound(key), bound(value.as_deref().unwrap_or_default())))
                .collect(),
        );
        draft
    }

    /// A thing of this kind in a region, as a call showed it; where it rests is still to be said.
    pub fn at(
        session: &'s Session,
        (kind, service, id, name): (Kind, &str, String, &str),
        region: &str,
        call: CallId,
        operation: &'static Operation,
    ) -> Self {
        let region = shorten(region);
        let resource = Resource::new(kind, NAME, session.account(), &region, service, id, shorten(name));
        Self { session, base: draft::Draft::new(resource, &call), call, operation }
    }

    /// What later readings are told by: another call than the inventory's.
    pub fn told_by(&mut self, operation: &'static Operation, call: CallId) {
        (self.operation, self.call) = (operation, call);
        for facet in self.resource.facets.clone() {
            self.sheet.shown(facet.as_str(), &call);
        }
    }

    /// The region it is in.
    pub fn region(&self) -> String {
        self.resource.region.clone()
    }

    /// Its own place, which may lie beyond its region.
    fn rests(&mut self, row: &Row) {
        let beyond = row
            .extended_location
            .as_ref()
            .and_then(|place| Some((place.r#type.as_deref()?, place.name.as_deref())));
        match (beyond, row.place()) {
            // A zone at the edge is in its own city, whatever region it is administered in.
            (Some(("EdgeZone", Some(zone))), _) => self.copy(CopyRole::Primary, None, &path::place(zone)),
            (Some(_), _) => {
                let detail = "it is kept at a place of its owner, which was not read";
                self.perhaps_copied(CopyRole::Primary, &Shortfall::without_call(GapReason::NotRead, detail));
            }
            (None, place) if place.is_empty() => {
                let silent = self.silent("copies.location");
                self.perhaps_copied(CopyRole::Primary, &silent);
            }
            (None, place) if place == "global" => {
                let detail = "it has no region, and where its own data is kept is not stated";
                self.perhaps_copied(CopyRole::Primary, &Shortfall::without_call(GapReason::Unknown, detail));
            }
            (None, place) => self.copy(CopyRole::Primary, None, &place),
        }
    }

    /// The place of a thing that no row tells of; where none is told it may rest anywhere.
    pub fn rests_in(&mut self, place: Option<&str>) {
        match place.filter(|place| !place.is_empty()) {
            Some(place) => self.copy(CopyRole::Primary, None, place),
            None => {
                let silent = self.silent("copies.location");
                self.perhaps_copied(CopyRole::Primary, &silent);
            }
        }
    }

    /// The gap that an answer leaves by not saying something.
    pub fn silent(&self, what: &str) -> Shortfall {
        self.malformed(format!("the answer does not say {what}"))
    }

    /// The gap that an answer leaves by saying what is not understood.
    pub fn unknown(&self, what: &str, word: &str) -> Shortfall {
        let detail = format!("unknown {what} `{}`", shorten(word));
        Shortfall::of(self.operation, GapReason::Unknown, Some(self.call), detail)
    }

    /// The gap that an answer leaves which makes no sense.
    pub fn malformed(&self, detail: impl Into<String>) -> Shortfall {
        Shortfall::of(self.operation, GapReason::Malformed, Some(self.call), detail)
    }

    /// What an answer says of a part, or the gap it leaves by not saying it.
    pub fn said<T>(&mut self, facet: &str, said: Option<T>) -> Observed<T> {
        match said {
            Some(said) => Observed::Seen(said),
            None => {
                let silent = self.silent(facet);
                self.sheet.unseen(facet, &silent)
            }
        }
    }

    /// Notes the copy of its data in a region, held by another resource if one is named.
    pub fn copy(&mut self, role: CopyRole, holder: Option<&str>, region: &str) {
        let location = Observed::Seen(shorten(&path::place(region)));
        let copy = Copy::new(role, holder.map(|holder| shorten(&path::id(holder))), location);
        if !self.resource.copies.contains(&copy) {
            self.resource.copies.push(copy);
        }
    }

    /// Notes a replica of its own in a region: no other resource holds it.
    pub fn replica(&mut self, region: &str) {
        let own = self.resource.id.clone();
        self.copy(CopyRole::Replica, Some(&own), region);
    }

    /// Notes a copy that another resource holds, wherever that is.
    pub fn copy_at(&mut self, role: CopyRole, holder: &str) {
        let holder = shorten(&path::id(holder));
        if self.resource.copies.iter().any(|copy| copy.role == role && copy.holder.as_ref() == Some(&holder))
        {
            return;
        }
        let location = match self.session.row(&holder).map(|(row, call)| (row.place(), *call)) {
            Some((place, call)) if !place.is_empty() => {
                self.sheet.shown("copies", &call);
                Observed::Seen(shorten(&place))
            }
            _ => self.sheet.unseen("copies", &unresolved(&holder)),
        };
        self.resource.copies.push(Copy::new(role, Some(holder), location));
    }

    /// Notes a copy in the storage account at an address, whose first part is its name, which no other account has.
    pub fn copy_at_store(&mut self, role: CopyRole, address: &str) {
        let host = address.trim().to_ascii_lowercase();
        let host = host.strip_prefix("https://").unwrap_or(&host);
        let name = host.split('.').next().unwrap_or_default();
        let accounts = self.session.rows(&["microsoft.storage/storageaccounts"]);
        match accounts.into_iter().find(|(row, _)| row.name.eq_ignore_ascii_case(name)) {
            Some((row, _)) => self.copy_at(role, &row.id),
            None => self.perhaps_copied(role, &unresolved(&shorten(address))),
        }
    }

    /// Notes the copy in the region that its own is paired with, where there is one.
    pub fn copied_to_pair(&mut self, role: CopyRole) {
        let region = self.region();
        match self.session.pair(&region) {
            Ok(Some(pair)) if role == CopyRole::Replica => self.replica(&pair),
            Ok(Some(pair)) => self.copy(role, None, &pair),
            Ok(None) => {
                let detail = format!("it is kept in two regions, and {region} is paired with none");
                let shortfall = self.malformed(detail);
                self.perhaps_copied(role, &shortfall);
            }
            Err(shortfall) => self.perhaps_copied(role, &shortfall),
        }
    }

    /// Where backups rest by the word for their redundancy, of which services have several: `Geo`, `Local`, `Zone`, `GeoZone`.
    pub fn backed_up(&mut self, redundancy: Option<&str>) {
        let region = self.region();
        match redundancy {
            Some("Local" | "Zone" | "LocallyRedundant" | "ZoneRedundant") => {
                self.copy(CopyRole::Backup, None, &region)
            }
            Some("Geo" | "GeoZone" | "GeoRedundant") => {
                self.copy(CopyRole::Backup, None, &region);
                self.copied_to_pair(CopyRole::Backup);
            }
            Some(other) => {
                let unknown = self.unknown("redundancy of backups", other);
                self.perhaps_copied(CopyRole::Backup, &unknown);
            }
            None => {
                let silent = self.silent("where backups rest");
                self.perhaps_copied(CopyRole::Backup, &silent);
            }
        }
    }

    /// Encryption at rest that the service always does: under a key that is named by its address, or one of its own.
    pub fn encrypted(&mut self, key: Option<&str>) {
        let key = key.filter(|key| !key.trim().is_empty()).map(|key| shorten(&path::key(key)));
        let key_manager = match &key {
            None => Observed::Seen(KeyManager::Provider),
            Some(key) => self.sheet.unseen("encryption.key_manager", &unresolved(key)),
        };
        let algorithm = if key.is_some() { "customer-managed key" } else { "platform-managed key" };
        self.resource.encryption = Some(Encryption {
            enabled: Observed::Seen(true),
            algorithm: Observed::Seen(algorithm.to_owned()),
            key: Observed::Seen(key),
            key_manager,
        });
    }

    /// Encryption under a key that was not seen.
    pub fn encrypted_somehow(&mut self, shortfall: &Shortfall) {
        self.resource.encryption = Some(Encryption {
            enabled: Observed::Seen(true),
            algorithm: self.sheet.unseen("encryption.algorithm", shortfall),
            key: self.sheet.unseen("encryption.key", shortfall),
            key_manager: self.sheet.unseen("encryption.key_manager", shortfall),
        });
    }

    /// Encryption that was not seen.
    pub fn perhaps_encrypted(&mut self, shortfall: &Shortfall) {
        self.encrypted_somehow(shortfall);
        if let Some(encryption) = &mut self.base.resource.encryption {
            encryption.enabled = self.base.sheet.unseen("encryption.enabled", shortfall);
        }
    }

    /// Notes what stands in the way of erasing it until a day; where none is told it may be there.
    pub fn kept_until(&mut self, kind: ObstacleKind, until: Option<&str>, lifted_by: LiftedBy) {
        let Some(until) = until.filter(|until| !until.is_empty()) else {
            let silent = self.silent("until when it is kept");
            return self.perhaps_hindered(&silent);
        };
        self.obstacle_until(kind, until, lifted_by);
    }

    /// Notes a key besides the one it is encrypted under.
    pub fn key(&mut self, address: &str) {
        let key = shorten(&path::key(address));
        let location = self.sheet.unseen("copies", &unresolved(&key));
        self.resource.copies.push(Copy::new(CopyRole::Key, Some(key), location));
    }

    /// The window its own service can set it back in, to any moment of it.
    pub fn recoverable(&mut self, days: Option<u32>) {
        self.base.recoverable(days, None);
    }

    /// The moment its data are of, whether it can be used, and when it goes by itself.
    pub fn point(&mut self, data_time: Option<&str>, usable: Observed<bool>, expires: Option<&str>) {
        // Lists of points tell the moment of their data, and not when they were complete.
        self.base.point(data_time, None, usable, expires);
    }

    /// What it runs on.
    pub fn runs(&mut self, product: &str, version: Option<&str>) {
        self.resource.software = Some(Software {
            product: Observed::Seen(shorten(product)),
            version: self.said("software.version", version.map(shorten)),
        });
    }

    /// Whether it can be reached from the internet: a word for it, `Enabled` or `Disabled`.
    pub fn reachable(&mut self, public_network_access: Option<&str>) {
        let public_address = match public_network_access {
            None => self.said("network.public_address", None),
            Some("Enabled") => Observed::Seen(true),
            Some("Disabled" | "SecuredByPerimeter") => Observed::Seen(false),
            Some(other) => {
                let unknown = self.unknown("network access", other);
                self.sheet.unseen("network.public_address", &unknown)
            }
        };
        self.resource.network = Some(Network { public_address });
    }

    /// Nothing besides its place could be read: what the row says of it makes no sense.
    pub fn unreadable(mut self, why: &str) -> Fact {
        let shortfall = self.malformed(format!("the answer could not be read: {why}"));
        self.perhaps_copied(CopyRole::Replica, &shortfall);
        self.blank(&shortfall);
        self.finish()
    }

    /// Every part that has not been filled in is left open for this reason.
    pub fn blank(&mut self, shortfall: &Shortfall) {
        for facet in self.resource.facets.clone() {
            match facet {
                Facet::Encryption if self.resource.encryption.is_none() => self.perhaps_encrypted(shortfall),
                Facet::Erasure => self.perhaps_hindered(shortfall),
                Facet::Recovery if self.resource.recovery.is_none() => self.perhaps_recoverable(shortfall),
                Facet::Copies | Facet::Tags => {}
                other => {
                    // The gap is all there is to note: the part itself has no place for what was not seen.
                    self.sheet.unseen::<()>(other.as_str(), shortfall);
                }
            }
        }
    }

    /// The finished fact.
    pub fn finish(self) -> Fact {
        self.base.finish()
    }

    /// The finished fact of a thing whose locks are to be told of.
    pub async fn finish_locked(mut self) -> Fact {
        super::locks::note(&mut self).await;
        self.finish()
    }
}

/// The moment so many days after another (RFC 3339); none where that is no moment.
pub fn days_after(moment: &str, days: u32) -> Option<String> {
    let moment: jiff::Timestamp = moment.parse().ok()?;
    moment
        .checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24))
        .ok()
        .map(|then| then.to_string())
}

/// Things of these types: as the lists of their service tell them, and what the inventory has besides.
///
/// The inventory's properties are of a version of the service's interface that it chooses itself and does not name: what
/// newer versions tell is absent there, whatever is the case. So where an absent property decides, the service's own list is asked, in a
/// version that has it.
pub async fn listed(
    session: &Session,
    types: &[&str],
    list: impl Future<Output = Listing<Row>>,
) -> (Vec<(Arc<Row>, CallId, bool)>, Option<Shortfall>) {
    let known = session.rows(types);
    if known.is_empty() && session.broke().is_none() {
        return (Vec::new(), None);
    }
    let listing = list.await;
    let mut rows: Vec<(Arc<Row>, CallId, bool)> =
        listing.items.into_iter().map(|(row, call): (Row, _)| (Arc::new(row.normal()), call, true)).collect();
    let named: BTreeSet<String> = rows.iter().map(|(row, ..)| row.id.clone()).collect();
    let besides = known.into_iter().filter(|(row, _)| !named.contains(&row.id));
    rows.extend(besides.map(|(row, call)| (row, call, false)));
    (rows, listing.broke)
}
