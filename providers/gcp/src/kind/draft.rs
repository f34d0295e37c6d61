//! A fact while it is being read, and cells read to facts.

use super::inventory::{Found, Listing, Policy};
use super::principal;
use crate::place::located;
use crate::session::Session;
use crate::{NAME, places};
use sekisho_contract::call::CallId;
use sekisho_contract::draft::{self, state_of};
pub use sekisho_contract::draft::{Fact, not_read};
use sekisho_contract::fact::{
    CellState, Copy, CopyRole, Encryption, Facet, KeyManager, Kind, Resource, Sharing, Software,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::provider::{CellOutcome, FactSink};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What came of a cell's lists so far.
#[derive(Default)]
pub struct Tally {
    count: u64,
    shortfalls: Vec<Shortfall>,
    asides: Vec<Shortfall>,
}

impl Tally {
    /// Reads a listing to its end; each thing becomes a fact, or none where it only helps to read others.
    pub async fn read(
        &mut self,
        mut listing: Listing<'_>,
        sink: &dyn FactSink,
        mut read: impl FnMut(Found) -> Result<Option<Fact>, Shortfall> + Send,
    ) {
        while let Some((found, missing)) = listing.next().await {
            self.shortfalls.extend(missing);
            for found in found {
                match read(found) {
                    Ok(Some(fact)) => self.tell(sink, fact),
                    Ok(None) => {}
                    Err(shortfall) => self.fell_short(shortfall),
                }
            }
        }
    }

    /// Hands a fact on.
    pub fn tell(&mut self, sink: &dyn FactSink, (resource, gaps): Fact) {
        self.count += 1;
        sink.resource(resource, gaps);
    }

    /// Notes a list that broke off.
    pub fn fell_short(&mut self, shortfall: Shortfall) {
        self.shortfalls.push(shortfall);
    }

    /// Notes what keeps a list from being whole that only helps to read others: what that leaves open is told with each of
    /// them, and the cell is listed all the same. It is named where there are none, too.
    pub fn aside<'m>(&mut self, missing: impl IntoIterator<Item = &'m Shortfall>) {
        self.asides.extend(missing.into_iter().cloned());
    }

    /// How the cell ended.
    pub fn outcome(self) -> CellOutcome {
        let state = self.shortfalls.first().map_or(CellState::Listed, state_of);
        let mut shortfalls = self.shortfalls;
        for aside in self.asides {
            if !shortfalls.contains(&aside) {
                shortfalls.push(aside);
            }
        }
        CellOutcome { state, resources: self.count, shortfalls }
    }
}

/// Everything a listing holds, and why it is not whole, if so.
pub async fn all(mut listing: Listing<'_>) -> (Vec<Found>, Vec<Shortfall>) {
    let (mut all, mut shortfalls) = (Vec::new(), Vec::new());
    while let Some((found, missing)) = listing.next().await {
        all.extend(found);
        shortfalls.extend(missing);
    }
    (all, shortfalls)
}

/// What an API says of something, read into what is wanted of it.
pub fn read<T: DeserializeOwned>(found: &mut Found) -> Result<T, Shortfall> {
    serde_json::from_value(found.data.take()).map_err(|error| {
        let detail = format!("what is stated about {} cannot be read: {error}", shorten(&found.name));
        Shortfall::of(found.operation, GapReason::Malformed, Some(found.call), detail)
    })
}

/// A fact while it is being read.
pub struct Draft<'s> {
    session: &'s Session,
    service: String,
    operation: &'static Operation,
    call: CallId,
    base: draft::Draft,
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
    /// A thing of this kind that was found, at the place that is told. It rests there.
    pub fn new(
        session: &'s Session,
        (kind, service): (Kind, &str),
        told: Option<&str>,
        found: &Found,
    ) -> Self {
        let id = shorten(&found.name);
        let name = shorten(found.name.rsplit('/').next().unwrap_or(&found.name));
        let location = told.map(|told| shorten(&located(service, told)));
        let region = location.as_deref().unwrap_or("unknown");
        let resource = Resource::new(kind, NAME, &session.project, region, service, id, name);
        let mut draft = Self {
            session,
            service: service.to_owned(),
            operation: found.operation,
            call: found.call,
            base: draft::Draft::new(resource, &found.call),
        };
        let role = if kind == Kind::Key { CopyRole::Key } else { CopyRole::Primary };
        if draft.resource.facets.contains(&Facet::Copies) {
            let location = draft.said("copies", location);
            draft.resource.copies.push(Copy::new(role, None, location));
        }
        draft
    }

    /// The project it is of.
    pub fn session(&self) -> &'s Session {
        self.session
    }

    /// Why something that the answer does not say was not seen.
    pub fn silent(&self, detail: impl Into<String>) -> Shortfall {
        Shortfall::of(self.operation, GapReason::Malformed, Some(self.call), detail)
    }

    /// What the answer says of a part, or the gap it leaves by not saying it.
    pub fn said<T>(&mut self, facet: &str, said: Option<T>) -> Observed<T> {
        match said {
            Some(said) => Observed::Seen(said),
            None => {
                let silent = self.silent(format!("the answer does not say {facet}"));
                self.sheet.unseen(facet, &silent)
            }
        }
    }

    /// A word that is not known leaves a gap.
    pub fn known<T>(&mut self, facet: &str, word: &str, known: Option<T>) -> Observed<T> {
        match known {
            Some(known) => Observed::Seen(known),
            None => {
                let detail = format!("`{}` is not a word this version knows of {facet}", shorten(word));
                let unknown = Shortfall::of(self.operation, GapReason::Unknown, Some(self.call), detail);
                self.sheet.unseen(facet, &unknown)
            }
        }
    }

    /// It rests in these places, each as its service tells it, and not where it is administered.
    pub fn rests_in<'p>(&mut self, told: impl IntoIterator<Item = &'p str>) {
        self.resource.copies.retain(|copy| copy.role != CopyRole::Primary);
        for place in told {
            self.copy(CopyRole::Primary, None, place);
        }
        if self.resource.copies.iter().all(|copy| copy.role != CopyRole::Primary) {
            let silent = self.silent("the answer does not say where it rests");
            self.perhaps_copied(CopyRole::Primary, &silent);
        }
    }

    /// What is known of where it is administered says nothing of where it rests.
    pub fn rests_nowhere_told(&mut self) {
        self.resource.copies.retain(|copy| copy.role != CopyRole::Primary);
    }

    /// Notes a copy of its data, held by another resource if one is named.
    pub fn copy(&mut self, role: CopyRole, holder: Option<&str>, told: &str) {
        let location = shorten(&located(&self.service, told));
        let there = |copy: &Copy| {
            copy.role == role && copy.holder.as_deref() == holder && copy.location.seen() == Some(&location)
        };
        if !self.resource.copies.iter().any(there) {
            self.resource.copies.push(Copy::new(role, holder.map(shorten), Observed::Seen(location)));
        }
    }

    /// Notes the copy that another resource holds, wherever that rests.
    pub fn copy_with(&mut self, role: CopyRole, holder: &str) {
        let holder = shorten(holder);
        let told = holder.strip_prefix("//").and_then(|rest| {
            let (host, name) = rest.split_once('/')?;
            Some(located(host.split('.').next()?, crate::place::in_name(name)?))
        });
        let location = match told.filter(|place| places().place(place).is_some()) {
            Some(place) => Observed::Seen(place),
            None => {
                let unresolved = Shortfall::without_call(
                    GapReason::Unresolved,
                    format!("{holder} was not among the resources that were read"),
                );
                self.sheet.unseen("copies", &unresolved)
            }
        };
        self.resource.copies.push(Copy::new(role, Some(holder), location));
    }

    /// Encryption at rest, which Google always does: under the key that is named, else under its own
    /// (cloud.google.com/docs/security/encryption/default-encryption).
    pub fn encrypted(&mut self, key: Option<&str>) {
        let key = key.filter(|key| !key.is_empty()).map(|key| shorten(&self.session.key_name(key)));
        let algorithm = if key.is_some() { "cloudkms" } else { "AES256" };
        let key_manager = match &key {
            None => Observed::Seen(KeyManager::Provider),
            Some(key) => {
                let detail = format!("{key} was not among the resources that were read");
                self.sheet
                    .unseen("encryption.key_manager", &Shortfall::without_call(GapReason::Unresolved, detail))
            }
        };
        self.resource.encryption = Some(Encryption {
            enabled: Observed::Seen(true),
            algorithm: Observed::Seen(algorithm.to_owned()),
            key: Observed::Seen(key),
            key_manager,
        });
    }

    /// Encryption that was not seen.
    pub fn perhaps_encrypted(&mut self, shortfall: &Shortfall) {
        self.resource.encryption = Some(Encryption {
            // It is there whatever the key.
            enabled: Observed::Seen(true),
            algorithm: self.sheet.unseen("encryption.algorithm", shortfall),
            key: self.sheet.unseen("encryption.key", shortfall),
            key_manager: self.sheet.unseen("encryption.key_manager", shortfall),
        });
    }

    /// Its labels.
    pub fn labelled(&mut self, labels: &BTreeMap<String, String>) {
        self.resource.tags =
            Observed::Seen(labels.iter().map(|(key, value)| (bound(key), bound(value))).collect());
    }

    /// With whom it is shared: whoever its own policy lets in.
    pub fn shared(&mut self, policy: Result<(Policy, Vec<CallId>), &Shortfall>) {
        // Policies are on things of other kinds too than those that are shared elsewhere.
        if !self.resource.facets.contains(&Facet::Sharing) {
            self.resource.facets.push(Facet::Sharing);
        }
        self.resource.sharing = Some(match policy {
            Ok((policy, calls)) => {
                calls.iter().for_each(|call| self.sheet.shown("sharing", call));
                let principals = principal::all(self.session, &policy);
                Sharing {
                    public: Observed::Seen(principal::open(&principals)),
                    principals: Observed::Seen(principals),
                }
            }
            Err(shortfall) => Sharing {
                public: self.sheet.unseen("sharing.public", shortfall),
                principals: self.sheet.unseen("sharing.principals", shortfall),
            },
        });
    }

    /// The window its own service can set it back in, in days; none for no window.
    pub fn recoverable(&mut self, days: Option<u32>) {
        // Only the database itself says to which moment.
        self.base.recoverable(days, None);
    }

    /// The moment its data are of, when it was complete, whether it can be used, and when it goes by itself.
    pub fn point(
        &mut self,
        data_time: Option<&str>,
        completed: Option<&str>,
        usable: bool,
        expires: Option<&str>,
    ) {
        self.base.point(data_time, completed, Observed::Seen(usable), expires);
    }

    /// What it runs on.
    pub fn runs(&mut self, product: Option<&str>, version: Option<&str>) {
        let (product, version) = (product.map(shorten), version.map(shorten));
        self.resource.software = Some(Software {
            product: self.said("software.product", product),
            version: self.said("software.version", version),
        });
    }

    /// The finished fact.
    pub fn finish(self) -> Fact {
        self.base.finish()
    }
}

/// The days of a duration as Google writes it (`2592000s`), begun ones counted whole.
pub fn days(duration: &str) -> Option<u32> {
    let seconds: u64 = duration.strip_suffix('s')?.split('.').next()?.parse().ok()?;
    days_of(seconds)
}

/// The days of so many seconds, begun ones counted whole.
pub fn days_of(seconds: u64) -> Option<u32> {
    u32::try_from(seconds.div_ceil(24 * 60 * 60)).ok()
}

/// A whole number, which Google's JSON writes as a text when it may be large, and the inventory as a number.
pub fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    use serde::Deserialize;
    use serde::de::Error;
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    value.map(|value| whole_number(&value).ok_or_else(|| D::Error::custom("not a whole number"))).transpose()
}

/// A whole number in either of those ways of writing.
pub fn whole_number(value: &serde_json::Value) -> Option<u64> {
    match value {
        serde_json::Value::String(text) => text.parse().ok(),
        serde_json::Value::Number(number) => {
            number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok())
        }
        _ => None,
    }
}
