//! What the description says, arranged for answering.

use std::collections::{BTreeMap, HashMap};

use super::modelled;
use super::names::{self, Names};
use super::regions::{self, OptIn};
use crate::description::{self, Bucket, Description, DescriptionError, Key, LogGroup, Region, Told, Trail};
use crate::{aws, draw};

/// All accounts and what they hold.
#[derive(Debug)]
pub(crate) struct Tenancy {
    seed: u64,
    regions: Option<Vec<Region>>,
    accounts: Vec<AccountState>,
    by_id: HashMap<String, usize>,
    /// Bucket names are global: account and entry.
    bucket_names: Names<(u32, u32)>,
}

/// An account and what it holds.
#[derive(Debug)]
pub(crate) struct AccountState {
    pub(crate) description: description::Account,
    /// Entry and number of each bucket, by name.
    buckets: Vec<Item>,
    keys: BTreeMap<String, RegionKeys>,
    log_groups: BTreeMap<String, Vec<Item>>,
    /// Entries of things that are told of from models, by service and region.
    told: BTreeMap<(String, String), Vec<u32>>,
}

/// One thing of a described entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) entry: u32,
    pub(crate) n: u32,
}

/// The keys of a region, by id, and their aliases, by name.
#[derive(Debug, Default)]
pub(crate) struct RegionKeys {
    pub(crate) keys: Vec<KeyItem>,
    /// Alias with `alias/`, and the key's place in `keys`.
    pub(crate) aliases: Vec<(String, usize)>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyItem {
    pub(crate) id: String,
    pub(crate) item: Item,
    /// For a replica: where its primary is.
    pub(crate) primary_region: Option<String>,
}

/// A bucket and whose it is.
#[derive(Clone, Copy)]
pub(crate) struct FoundBucket<'a> {
    pub(crate) owner: &'a AccountState,
    pub(crate) bucket: &'a Bucket,
    pub(crate) n: u32,
}

impl Tenancy {
    pub(crate) fn new(description: Description) -> Result<Self, DescriptionError> {
        let mut tenancy = Self {
            seed: description.seed,
            regions: description.regions,
            accounts: Vec::new(),
            by_id: HashMap::new(),
            bucket_names: Names::new(),
        };
        for (index, account) in description.accounts.into_iter().enumerate() {
            let place = format!("accounts[{index}]");
            let id = account.id.to_string();
            if tenancy.by_id.insert(id.clone(), index).is_some() {
                return Err(contradiction(place, format!("the account `{id}` is described twice")));
            }
            let account = tenancy.arrange(&place, index, account)?;
            tenancy.accounts.push(account);
        }
        Ok(tenancy)
    }

    pub(crate) fn account(&self, id: &str) -> Option<&AccountState> {
        self.by_id.get(id).and_then(|index| self.accounts.get(*index))
    }

    pub(crate) fn accounts(&self) -> &[AccountState] {
        &self.accounts
    }

    /// Regions that exist, in order.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &'static regions::RegionInfo> {
        regions::ALL.iter().filter(|info| self.exists(info.name))
    }

    /// Whether the account can use the region.
    pub(crate) fn is_enabled(&self, account: &AccountState, region: &str) -> bool {
        self.regions().any(|info| info.name == region && account.opted(info))
    }

    /// The bucket of that name, whosever it is.
    pub(crate) fn bucket(&self, name: &str) -> Option<FoundBucket<'_>> {
        let ((account, entry), n) = self.bucket_names.find(name)?;
        let owner = self.accounts.get(account as usize)?;
        let bucket = owner.description.buckets.get(entry as usize)?;
        Some(FoundBucket { owner, bucket, n })
    }

    fn exists(&self, region: &str) -> bool {
        self.regions.as_ref().is_none_or(|regions| regions.iter().any(|name| name.as_str() == region))
    }

    fn require_region(&self, place: &str, region: &Region) -> Result<(), DescriptionError> {
        if self.exists(region.as_str()) {
            return Ok(());
        }
        Err(contradiction(place, format!("the region `{region}` is none of those in `regions`")))
    }

    fn arrange(
        &mut self,
        place: &str,
        index: usize,
        account: description::Account,
    ) -> Result<AccountState, DescriptionError> {
        let mut buckets = Vec::new();
        for (entry, bucket) in account.buckets.iter().enumerate() {
            let place = format!("{place}.buckets[{entry}]");
            self.require_region(&place, &bucket.region)?;
            let entry = narrow(entry);
            self.bucket_names
                .add(&bucket.name, bucket.count, (narrow(index), entry))
                .map_err(|problem| contradiction(place, problem))?;
            buckets.extend(names::items(bucket.count).map(|n| Item { entry, n }));
        }
        let mut told: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
        for (entry, one) in account.resources.iter().enumerate() {
            let place = format!("{place}.resources[{entry}]");
            if !modelled::is_global(&one.service) {
                self.require_region(&place, &one.region)?;
            }
            if let Some(fault) = modelled::fault(one) {
                return Err(contradiction(place, fault));
            }
            told.entry((one.service.clone(), one.region.to_string())).or_default().push(narrow(entry));
        }
        let mut log_groups: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        let mut log_names: BTreeMap<String, Names<u32>> = BTreeMap::new();
        for (entry, group) in account.log_groups.iter().enumerate() {
            let place = format!("{place}.log_groups[{entry}]");
            self.require_region(&place, &group.region)?;
            let entry = narrow(entry);
            log_names
                .entry(group.region.to_string())
                .or_insert_with(Names::new)
                .add(&group.name, group.count, entry)
                .map_err(|problem| contradiction(place, problem))?;
            let items = names::items(group.count).map(|n| Item { entry, n });
            log_groups.entry(group.region.to_string()).or_default().extend(items);
        }
        for (entry, trail) in account.trails.iter().enumerate() {
            let place = format!("{place}.trails[{entry}]");
            self.require_region(&place, &trail.region)?;
            let twin = |other: &Trail| other.name == trail.name && other.region == trail.region;
            if account.trails[..entry].iter().any(twin) {
                return Err(contradiction(place, format!("the name `{}` is taken", trail.name)));
            }
        }
        let keys = self.arrange_keys(place, &account)?;
        let mut state = AccountState { description: account, buckets, keys, log_groups, told };
        state.sort();
        Ok(state)
    }

    fn arrange_keys(
        &self,
        place: &str,
        account: &description::Account,
    ) -> Result<BTreeMap<String, RegionKeys>, DescriptionError> {
        let mut regions: BTreeMap<String, Vec<(KeyItem, Option<String>)>> = BTreeMap::new();
        for (entry, key) in account.keys.iter().enumerate() {
            let place = format!("{place}.keys[{entry}]");
            let replicas = key.multi_region.iter().flat_map(|spread| &spread.replicas);
            for n in names::items(key.count) {
                let id = self.key_id(account, entry, key, n);
                let alias =
                    key.alias.as_ref().map(|alias| format!("alias/{}", names::name(alias, key.count, n)));
                let item = Item { entry: narrow(entry), n };
                let hand = key.multi_region.as_ref().filter(|spread| !spread.primary);
                if hand.is_some_and(|spread| spread.primary_region.is_none()) {
                    return Err(contradiction(place, "a replica needs its `primary_region`"));
                }
                let primary_region =
                    hand.and_then(|spread| spread.primary_region.as_ref()).map(Region::to_string);
                let own = (&key.region, primary_region);
                // Replicas come into being with their primary.
                let spread = replicas
                    .clone()
                    .filter(|_| hand.is_none())
                    .map(|region| (region, Some(key.region.to_string())));
                for (region, primary_region) in std::iter::once(own).chain(spread) {
                    self.require_region(&place, region)?;
                    let item = KeyItem { id: id.clone(), item, primary_region };
                    regions.entry(region.to_string()).or_default().push((item, alias.clone()));
                }
            }
        }
        let mut arranged = BTreeMap::new();
        for (region, mut keys) in regions {
            keys.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
            if let Some(pair) = keys.windows(2).find(|pair| pair[0].0.id == pair[1].0.id) {
                let problem = format!("the key id `{}` is taken in {region}", pair[0].0.id);
                return Err(contradiction(format!("{place}.keys"), problem));
            }
            let mut aliases: Vec<(String, usize)> =
                keys.iter().enumerate().filter_map(|(i, (_, alias))| Some((alias.clone()?, i))).collect();
            aliases.sort();
            if let Some(pair) = aliases.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let problem = format!("`{}` is taken in {region}", pair[0].0);
                return Err(contradiction(format!("{place}.keys"), problem));
            }
            let keys = keys.into_iter().map(|(key, _)| key).collect();
            arranged.insert(region, RegionKeys { keys, aliases });
        }
        Ok(arranged)
    }

    fn key_id(&self, account: &description::Account, entry: usize, key: &Key, n: u32) -> String {
        if let Some(id) = &key.id {
            return names::name(id, key.count, n);
        }
        let (entry, n) = (entry.to_string(), n.to_string());
        let draw = |half: &str| draw::number(&["key", half, account.id.as_str(), &entry, &n], self.seed);
        let (high, low) = (draw("high"), draw("low"));
        match key.multi_region {
            Some(_) => format!("mrk-{high:016x}{low:016x}"),
            None => aws::uuid(high, low),
        }
    }
}

impl AccountState {
    pub(crate) fn id(&self) -> &str {
        self.description.id.as_str()
    }

    /// Whether the account can use the region.
    pub(crate) fn opted(&self, info: &regions::RegionInfo) -> bool {
        info.opt_in == OptIn::NotRequired
            || self.description.regions.opted_in.iter().any(|region| region.as_str() == info.name)
    }

    /// Every bucket, by name.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (String, &Bucket, u32)> {
        self.buckets_in(0..self.buckets.len())
    }

    /// Some of the buckets, by name.
    pub(crate) fn buckets_in(
        &self,
        range: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (String, &Bucket, u32)> {
        self.buckets.get(range).unwrap_or_default().iter().filter_map(|item| {
            let bucket = self.description.buckets.get(item.entry as usize)?;
            Some((names::name(&bucket.name, bucket.count, item.n), bucket, item.n))
        })
    }

    /// How many buckets there are.
    pub(crate) fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    /// The keys of a region.
    pub(crate) fn keys(&self, region: &str) -> Option<&RegionKeys> {
        self.keys.get(region)
    }

    /// Services and regions of things that are told of from models.
    pub(crate) fn told_of(&self) -> impl Iterator<Item = (&str, &str)> {
        self.told.keys().map(|(service, region)| (service.as_str(), region.as_str()))
    }

    /// What is told of a service in a region.
    pub(crate) fn told(&self, service: &str, region: &str) -> impl Iterator<Item = &Told> {
        let entries = self.told.get(&(service.to_owned(), region.to_owned()));
        entries.into_iter().flatten().filter_map(|entry| self.description.resources.get(*entry as usize))
    }

    /// The log groups of a region, by name.
    pub(crate) fn log_groups(&self, region: &str) -> impl Iterator<Item = (String, &LogGroup, u32)> {
        self.log_groups.get(region).into_iter().flatten().filter_map(|item| {
            let group = self.description.log_groups.get(item.entry as usize)?;
            Some((names::name(&group.name, group.count, item.n), group, item.n))
        })
    }

    /// A log group of a region, and which item of its entry.
    pub(crate) fn log_group(&self, region: &str, name: &str) -> Option<(&LogGroup, u32)> {
        let items = self.log_groups.get(region)?;
        let entry = |item: &Item| self.description.log_groups.get(item.entry as usize);
        let named = |item: &Item| entry(item).map(|group| names::name(&group.name, group.count, item.n));
        let place = items.binary_search_by(|item| named(item).as_deref().cmp(&Some(name))).ok()?;
        let item = items.get(place)?;
        Some((entry(item)?, item.n))
    }

    /// The ARN of a key that is named by ARN, id, or alias of a described key in the region.
    pub(crate) fn key_arn(&self, region: &str, key: &str) -> String {
        if key.starts_with("arn:") {
            return key.to_owned();
        }
        let keys = self.keys.get(region);
        let aliased = keys.and_then(|keys| {
            let (_, index) = keys.aliases.iter().find(|(alias, _)| alias == key)?;
            keys.keys.get(*index)
        });
        let id = aliased.map_or(key, |key| key.id.as_str());
        format!("arn:aws:kms:{region}:{}:key/{id}", self.id())
    }

    fn sort(&mut self) {
        let buckets = &self.description.buckets;
        self.buckets.sort_by_cached_key(|item| {
            buckets.get(item.entry as usize).map(|bucket| names::name(&bucket.name, bucket.count, item.n))
        });
        let groups = &self.description.log_groups;
        for items in self.log_groups.values_mut() {
            items.sort_by_cached_key(|item| {
                groups.get(item.entry as usize).map(|group| names::name(&group.name, group.count, item.n))
            });
        }
    }
}

fn contradiction(place: impl Into<String>, problem: impl Into<String>) -> DescriptionError {
    DescriptionError::Contradiction { place: place.into(), problem: problem.into() }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
