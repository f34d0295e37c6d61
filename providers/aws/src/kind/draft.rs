//! A fact while it is being read, and lists read to facts.

use super::shared::{Asked, List, Page, key_arn, unresolved};
use crate::NAME;
use crate::session::{Session, listed};
use futures::StreamExt;
use sekisho_contract::call::CallId;
pub use sekisho_contract::draft::Fact;
use sekisho_contract::draft::{self, state_of};
use sekisho_contract::fact::{
    Copy, CopyRole, Encryption, KeyManager, Kind, Principal, PrincipalClass, Resource, Sharing, Software,
};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::provider::{CellOutcome, FactSink};
use sekisho_contract::{GapReason, Observed, Operation, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::future::Future;

/// Facts read at once.
const AT_ONCE: usize = 8;

/// What came of a cell's lists so far.
#[derive(Default)]
pub struct Tally {
    count: u64,
    shortfalls: Vec<Shortfall>,
}

impl Tally {
    /// Reads a list to its end; each item becomes a fact. A list that breaks off does not stop the others.
    pub async fn read<P, F, R>(&mut self, list: List<'_, P>, sink: &dyn FactSink, read: F)
    where
        P: Page,
        F: Fn(P::Item, CallId) -> R,
        R: Future<Output = Fact>,
    {
        self.read_some(list, sink, |item, call| {
            let fact = read(item, call);
            async { Some(fact.await) }
        })
        .await;
    }

    /// The same, where an item may belong to another cell, or becomes several facts.
    pub async fn read_some<P, F, R>(&mut self, mut list: List<'_, P>, sink: &dyn FactSink, read: F)
    where
        P: Page,
        F: Fn(P::Item, CallId) -> R,
        R: Future<Output: IntoIterator<Item = Fact>>,
    {
        loop {
            match list.next().await {
                Ok(Some((items, call))) => {
                    let mut facts =
                        futures::stream::iter(items).map(|item| read(item, call)).buffer_unordered(AT_ONCE);
                    while let Some(several) = facts.next().await {
                        several.into_iter().for_each(|fact| self.tell(sink, fact));
                    }
                }
                Ok(None) => return,
                Err(shortfall) => return self.fell_short(shortfall),
            }
        }
    }

    /// Makes facts of what was listed before.
    pub async fn each<T, F, R>(&mut self, items: Vec<T>, sink: &dyn FactSink, read: F)
    where
        F: Fn(T) -> R,
        R: Future<Output = Fact>,
    {
        let mut facts = futures::stream::iter(items).map(read).buffer_unordered(AT_ONCE);
        while let Some(fact) = facts.next().await {
            self.tell(sink, fact);
        }
    }

    /// Hands a fact on.
    pub fn tell(&mut self, sink: &dyn FactSink, (resource, gaps): Fact) {
        self.count += 1;
        sink.resource(resource, gaps);
    }

    /// Hands on what was listed before; each item becomes a fact.
    pub async fn tell_all<T, F, R>(&mut self, items: Vec<(T, CallId)>, sink: &dyn FactSink, read: F)
    where
        F: Fn(T, CallId) -> R,
        R: Future<Output = Fact>,
    {
        let facts = futures::stream::iter(items).map(|(item, call)| read(item, call));
        let mut facts = facts.buffer_unordered(AT_ONCE);
        while let Some((resource, gaps)) = facts.next().await {
            self.count += 1;
            sink.resource(resource, gaps);
        }
    }

    /// Notes a list that broke off.
    pub fn fell_short(&mut self, shortfall: Shortfall) {
        self.shortfalls.push(shortfall);
    }

    /// Notes why something that facts are read with was not seen, where there is no fact to say so.
    pub fn unsaid<'e>(&mut self, shortfalls: impl IntoIterator<Item = Option<&'e Shortfall>>) {
        if self.count == 0 {
            self.shortfalls.extend(shortfalls.into_iter().flatten().cloned());
        }
    }

    /// How the cell ended.
    pub fn outcome(self) -> CellOutcome {
        match self.shortfalls.first().map(state_of) {
            None => listed(self.count),
            Some(state) => CellOutcome { state, resources: self.count, shortfalls: self.shortfalls },
        }
    }
}

/// Reads a list of names, or of what facts are read with, to its end.
pub async fn all<P: Page>(mut list: List<'_, P>) -> Result<Vec<(P::Item, CallId)>, Shortfall> {
    let mut all = Vec::new();
    while let Some((items, call)) = list.next().await? {
        all.extend(items.into_iter().map(|item| (item, call)));
    }
    Ok(all)
}

/// The same, as far as it goes; and why it broke off, if it did.
pub async fn as_far<P: Page>(mut list: List<'_, P>) -> (Vec<(P::Item, CallId)>, Option<Shortfall>) {
    let mut all = Vec::new();
    loop {
        match list.next().await {
            Ok(Some((items, call))) => all.extend(items.into_iter().map(|item| (item, call))),
            Ok(None) => return (all, None),
            Err(shortfall) => return (all, Some(shortfall)),
        }
    }
}

/// A fact while it is being read.
pub struct Draft<'s> {
    session: &'s Session,
    region: &'s str,
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
    /// A thing of this kind, at this place, as a call showed it. It rests in its region.
    pub fn new(
        session: &'s Session,
        (kind, service): (Kind, &str),
        region: &'s str,
        id: String,
        name: &str,
        call: &CallId,
    ) -> Self {
        let mut resource = Resource::new(kind, NAME, &session.account, region, service, id, shorten(name));
        resource.copies.push(Copy::new(CopyRole::Primary, None, Observed::Seen(region.to_owned())));
        Self { session, region, base: draft::Draft::new(resource, call) }
    }

    /// What an answer says of a part, or the gap it leaves by not saying it.
    pub fn said<T>(
        &mut self,
        facet: &str,
        said: Option<T>,
        operation: &Operation,
        call: CallId,
    ) -> Observed<T> {
        match said {
            Some(said) => Observed::Seen(said),
            None => {
                let detail = format!("the answer does not say {facet}");
                let silent = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
                self.sheet.unseen(facet, &silent)
            }
        }
    }

    /// It rests in this zone of its region, which may be one that lies elsewhere.
    pub fn rests_in_zone(&mut self, zone: &str) {
        self.resource.copies.retain(|copy| copy.role != CopyRole::Primary);
        self.copy(CopyRole::Primary, None, place_of_zone(zone, self.region));
    }

    /// It rests in this zone besides.
    pub fn rests_in_zone_too(&mut self, zone: &str) {
        let place = place_of_zone(zone, self.region);
        if place != self.region {
            self.copy(CopyRole::Primary, None, place);
        }
    }

    /// It rests on an outpost: in its owner's building, wherever that is.
    pub fn rests_on_outpost(&mut self, outpost: &str) {
        self.resource.copies.retain(|copy| copy.role != CopyRole::Primary);
        let detail = format!("where the outpost {} stands was not read", shorten(outpost));
        self.perhaps_copied(CopyRole::Primary, &Shortfall::without_call(GapReason::NotRead, detail));
    }

    /// Notes the copy of its data in another region, held by another resource if one is named.
    pub fn copy(&mut self, role: CopyRole, holder: Option<&str>, region: &str) {
        let location = Observed::Seen(shorten(region));
        self.resource.copies.push(Copy::new(role, holder.map(shorten), location));
    }

    /// Notes the copy that another resource holds, in the region its ARN names.
    pub fn copy_at(&mut self, role: CopyRole, arn: &str) {
        match region_of(arn) {
            Some(region) => self.copy(role, Some(arn), region),
            None => {
                let location = self.sheet.unseen("copies", &unresolved(&shorten(arn)));
                self.resource.copies.push(Copy::new(role, Some(shorten(arn)), location));
            }
        }
    }

    /// Notes that it may have been made from something.
    pub fn perhaps_made_from(&mut self, shortfall: &Shortfall) {
        // The gap is all there is to note: the part itself has no place for what was not seen.
        self.sheet.unseen::<String>("made_from", shortfall);
    }

    /// Encryption at rest: whether, and under which key if one is named.
    pub fn encrypted(&mut self, encrypted: Observed<bool>, key: Option<&str>) {
        let key =
            key.filter(|key| !key.is_empty()).map(|key| key_arn(self.session, self.region, &shorten(key)));
        let named = key.is_some();
        let algorithm = |encrypted: bool| match (encrypted, named) {
            (false, _) => "none",
            (true, true) => "aws:kms",
            (true, false) => "AES256",
        };
        let key_manager = match (&encrypted, &key) {
            (Observed::Seen(false), _) => Observed::Seen(KeyManager::None),
            (Observed::Unseen(unseen), _) => Observed::Unseen(*unseen),
            (_, None) => Observed::Seen(KeyManager::Provider),
            (_, Some(key)) => self.sheet.unseen("encryption.key_manager", &unresolved(key)),
        };
        self.resource.encryption = Some(Encryption {
            enabled: encrypted,
            algorithm: encrypted.map(|encrypted| algorithm(encrypted).to_owned()),
            key: match encrypted {
                Observed::Seen(true) => Observed::Seen(key),
                Observed::Seen(false) => Observed::Seen(None),
                Observed::Unseen(unseen) => Observed::Unseen(unseen),
            },
            key_manager,
        });
    }

    /// Encryption under a key of the key service, which has to be named.
    pub fn encrypted_under(&mut self, key: Option<&str>, operation: &Operation, call: CallId) {
        self.encrypted(Observed::Seen(true), key);
        if key.is_some_and(|key| !key.is_empty()) {
            return;
        }
        let detail = "it is encrypted, and no key is named";
        let nameless = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
        if let Some(encryption) = &mut self.base.resource.encryption {
            encryption.algorithm = Observed::Seen("aws:kms".to_owned());
            encryption.key = self.base.sheet.unseen("encryption.key", &nameless);
            encryption.key_manager = self.base.sheet.unseen("encryption.key_manager", &nameless);
        }
    }

    /// Encryption that was not seen.
    pub fn perhaps_encrypted(&mut self, shortfall: &Shortfall) {
        let enabled = self.sheet.unseen("encryption", shortfall);
        self.encrypted(enabled, None);
    }

    /// Its labels.
    pub fn tags(&mut self, tags: Vec<Tag>) {
        self.resource.tags =
            Observed::Seen(tags.iter().map(|tag| (bound(&tag.key), bound(&tag.value))).collect());
    }

    /// Its labels, where they are asked for by themselves; an answer that there is none of it says that there are none.
    pub fn tagged<T>(&mut self, asked: Asked<T>, tags: impl FnOnce(T) -> Vec<Tag>) {
        match asked {
            Ok(heard) => {
                self.sheet.shown("tags", &heard.call);
                self.tags(heard.told.map(tags).unwrap_or_default());
            }
            Err(shortfall) => self.resource.tags = self.sheet.unseen("tags", &shortfall),
        }
    }

    /// Its labels, where they come in pages.
    pub fn tagged_in_pages(&mut self, asked: Result<Vec<(Tag, CallId)>, Shortfall>) {
        match asked {
            Ok(tags) => {
                tags.iter().for_each(|(_, call)| self.sheet.shown("tags", call));
                self.tags(tags.into_iter().map(|(tag, _)| tag).collect());
            }
            Err(shortfall) => self.resource.tags = self.sheet.unseen("tags", &shortfall),
        }
    }

    /// With whom it is shared: accounts, and whether with all.
    pub fn shared(&mut self, public: bool, accounts: &[String]) {
        let mut principals: Vec<Principal> = accounts
            .iter()
            .map(|id| {
                let digits = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
                let class = if digits { PrincipalClass::Account } else { PrincipalClass::Other };
                Principal {
                    id: shorten(id),
                    class,
                    account: digits.then(|| id.clone()),
                    foreign: Observed::default(),
                }
            })
            .collect();
        if public {
            principals.push(Principal {
                id: "*".to_owned(),
                class: PrincipalClass::Anonymous,
                account: None,
                foreign: Observed::default(),
            });
        }
        principals.sort();
        principals.dedup();
        self.resource.sharing =
            Some(Sharing { public: Observed::Seen(public), principals: Observed::Seen(principals) });
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
    pub fn runs(&mut self, product: &str, version: &str) {
        self.resource.software = Some(Software {
            product: Observed::Seen(shorten(product)),
            version: Observed::Seen(shorten(version)),
        });
    }

    /// What it runs on, of which only the product was seen.
    pub fn perhaps_runs(&mut self, product: &str, shortfall: &Shortfall) {
        self.resource.software = Some(Software {
            product: Observed::Seen(shorten(product)),
            version: self.sheet.unseen("software.version", shortfall),
        });
    }

    /// The finished fact.
    pub fn finish(self) -> Fact {
        self.base.finish()
    }
}

/// Where a zone lies: in its region, unless it is a zone that may lie elsewhere, which goes by its own name.
pub(super) fn place_of_zone<'z>(zone: &'z str, region: &'z str) -> &'z str {
    match zone.strip_prefix(region) {
        Some(letter) if letter.len() == 1 => region,
        _ => zone.trim_end_matches(|last: char| last.is_ascii_lowercase()),
    }
}

/// The region an ARN names.
pub fn region_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next() == Some("arn")).then_some(())?;
    parts.nth(2).filter(|region| !region.is_empty())
}

/// A label, as most services spell it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    #[serde(alias = "key")]
    pub key: String,
    /// Its value.
    #[serde(default, alias = "value")]
    pub value: String,
}

impl Tag {
    /// Labels that a service tells as a map.
    pub fn of(labels: BTreeMap<String, String>) -> Vec<Self> {
        labels.into_iter().map(|(key, value)| Self { key, value }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::place_of_zone;

    #[test]
    fn a_zone_outside_its_region_goes_by_its_own_name() {
        for (zone, place) in [
            ("ap-northeast-1a", "ap-northeast-1"),
            ("ap-northeast-1-tpe-1a", "ap-northeast-1-tpe-1"),
            ("ap-northeast-1-wl1-nrt-wlz-1", "ap-northeast-1-wl1-nrt-wlz-1"),
            ("us-east-1a", "us-east-1"),
        ] {
            assert_eq!(place_of_zone(zone, "ap-northeast-1"), place);
        }
    }
}
