//! Reading the audit logs that the tenancy file names, outside the sweep: through doors that let out what reading logs
//! needs, and no more.

use super::journal::{Journal, cuts_short};
use super::order::Order;
use crate::logs::inputs::Inputs;
use crate::logs::locate::Locator;
use crate::logs::store::{Store, Taking, Trouble};
use crate::logs::{self, Scan};
use crate::tenancy::{LogSource, Logs, Tenancy};
use bytes::Bytes;
use futures::FutureExt;
use jiff::Timestamp;
use sekisho_contract::door::{Budget, Door, DoorParts};
use sekisho_contract::log_store::{LogObject, PIECE};
use sekisho_contract::provider::NO_LOG_STORES;
use sekisho_contract::{AccountSession, GapReason, Provider, Shortfall};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// What the reading needs besides the order.
pub struct LogOrder<'a> {
    /// The tenancy.
    pub tenancy: &'a Tenancy,
    /// What its `[logs]` names on this machine.
    pub inputs: &'a Arc<Inputs>,
    /// The home countries.
    pub home: &'a [String],
    /// The moment up to which is judged.
    pub now: Timestamp,
}

/// Files read at once where one of the stores is far away: most of the time is spent waiting for pieces.
const FAR: usize = 8;
/// A day, in seconds.
const A_DAY: i64 = 86_400;

/// Scans the logs of a tenancy; `None` where its file names none.
pub async fn read_logs(order: &Order<'_>, logs: &LogOrder<'_>, journal: &Journal) -> Option<Scan> {
    let section = logs.tenancy.logs.as_ref()?;
    let mut stores: Vec<(String, Arc<dyn Store + Send>)> = Vec::new();
    // What the sweep has spent is spent.
    let budget = order.ways.budget.map(|most| Budget::of(most.saturating_sub(journal.calls())));
    let mut sessions = Sessions { order, journal, doors: BTreeMap::new(), budget, opened: BTreeMap::new() };
    for (at, source) in section.sources.iter().enumerate() {
        let store: Arc<dyn Store + Send> = match source {
            LogSource::Folder { .. } => match logs.inputs.folders.get(at).cloned().flatten() {
                Some(folder) => Arc::new(folder),
                None => Arc::new(Refused::of(source, &lost())),
            },
            LogSource::Store { account, store, prefix } => match sessions.enter(account).await {
                Ok(session) => Arc::new(CloudStore::new(session, store, prefix)),
                Err(shortfall) => Arc::new(Refused::of(source, &shortfall)),
            },
        };
        stores.push((source.told(), store));
    }
    let scan = |stores: Vec<(String, Arc<dyn Store + Send>)>| {
        let (section, inputs, now) = (section.clone(), Arc::clone(logs.inputs), logs.now);
        let (entries, home) = (logs.tenancy.access.clone(), logs.home.to_vec());
        let providers: Vec<Arc<dyn Provider>> = order.providers.to_vec();
        tokio::task::spawn_blocking(move || {
            let catalogues = providers.iter().map(|provider| provider.places()).collect();
            let locator =
                Locator { countries: inputs.countries.as_ref(), ranges: &inputs.ranges, catalogues, home };
            scanned(&section, &stores, &locator, &entries, &inputs, now)
        })
    };
    match scan(stores).await {
        Ok(scan) => Some(scan),
        // Nothing of what was read is known: a scan that could list nothing says so.
        Err(_) => {
            let refused = |source: &LogSource| -> (String, Arc<dyn Store + Send>) {
                (source.told(), Arc::new(Refused::of(source, &lost())))
            };
            scan(section.sources.iter().map(refused).collect()).await.ok()
        }
    }
}

/// Whether a scan was cut short by what a resumed run would not meet again.
pub fn was_cut_short(scan: &Scan) -> bool {
    scan.stores.iter().flat_map(|store| &store.troubles).any(|trouble| cuts_short(trouble.reason))
}

fn scanned(
    section: &Logs,
    stores: &[(String, Arc<dyn Store + Send>)],
    locator: &Locator<'_>,
    entries: &[logs::access::Entry],
    inputs: &Inputs,
    now: Timestamp,
) -> Scan {
    let from = now.as_second() - i64::from(section.period_days) * A_DAY;
    // From a whole hour on, for the hours of logs are whole.
    let from = Timestamp::from_second(from.div_euclid(3_600) * 3_600).unwrap_or(Timestamp::MIN);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let far = section.sources.iter().any(|source| matches!(source, LogSource::Store { .. }));
    logs::scan(&logs::Order {
        stores: stores.iter().map(|(told, store)| (told.clone(), store.as_ref() as &dyn Store)).collect(),
        locator,
        entries,
        period: Some((from, now)),
        gaps: section.gaps,
        keys: &inputs.keys,
        limits: logs::feed::Limits::default(),
        threads: if far { cores.max(FAR) } else { cores },
        now,
    })
}

fn lost() -> Shortfall {
    Shortfall::without_call(GapReason::Failed, "reading the logs failed")
}

/// Accounts entered to read logs, each once.
struct Sessions<'a> {
    order: &'a Order<'a>,
    journal: &'a Journal,
    doors: BTreeMap<&'static str, Arc<Door>>,
    budget: Option<Budget>,
    opened: BTreeMap<String, Result<Arc<dyn AccountSession>, Shortfall>>,
}

impl Sessions<'_> {
    async fn enter(&mut self, account: &str) -> Result<Arc<dyn AccountSession>, Shortfall> {
        if let Some(known) = self.opened.get(account) {
            return known.clone();
        }
        let opened = self.open(account).await;
        self.opened.insert(account.to_owned(), opened.clone());
        opened
    }

    async fn open(&mut self, account: &str) -> Result<Arc<dyn AccountSession>, Shortfall> {
        let named =
            |one: &&sekisho_contract::AccountSection| format!("{}/{}", one.provider, one.id) == account;
        let section = self.order.accounts.iter().find(named);
        let provider = section.and_then(|section| {
            self.order.providers.iter().find(|provider| provider.name() == section.provider)
        });
        let (Some(section), Some(provider)) = (section, provider) else {
            let detail = format!("no account of the tenancy is {account}");
            return Err(Shortfall::without_call(GapReason::Unresolved, detail));
        };
        if provider.log_operations().is_empty() {
            return Err(Shortfall::without_call(GapReason::Unsupported, NO_LOG_STORES));
        }
        let door = self.door(provider.as_ref());
        // A panic costs these logs and no more.
        let entered = AssertUnwindSafe(provider.enter(section, door)).catch_unwind().await;
        entered.unwrap_or_else(|_| Err(lost()))
    }

    fn door(&mut self, provider: &dyn Provider) -> Arc<Door> {
        let (ways, name) = (&self.order.ways, provider.name());
        let door = self.doors.entry(name).or_insert_with(|| {
            let parts = DoorParts {
                transport: Arc::clone(&ways.transport),
                ledger: self.journal.ledger(),
                patience: ways.patience,
                concurrency: ways.requests_under_way,
                budget: self.budget.clone(),
                paced: ways.paced,
                cancel: self.order.cancel.clone(),
            };
            Arc::new(Door::new(name, provider.log_operations(), parts))
        });
        Arc::clone(door)
    }
}

/// A store that cannot be read at all.
struct Refused {
    name: String,
    trouble: Trouble,
}

impl Refused {
    fn of(source: &LogSource, shortfall: &Shortfall) -> Self {
        Self { name: source.told(), trouble: trouble("", shortfall) }
    }
}

impl Store for Refused {
    fn list(&self, _: Taking<'_>) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn open(&self, _: &str) -> io::Result<Box<dyn Read + '_>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn troubles(&self) -> Vec<Trouble> {
        vec![self.trouble.clone()]
    }
}

/// A store in a cloud, read as an account of the tenancy.
struct CloudStore {
    session: Arc<dyn AccountSession>,
    store: String,
    prefix: String,
    runtime: Handle,
    /// What may be opened, as it was listed; once it is listed, by name.
    objects: Mutex<Vec<LogObject>>,
    troubles: Mutex<BTreeMap<(GapReason, String), Trouble>>,
}

impl CloudStore {
    fn new(session: Arc<dyn AccountSession>, store: &str, prefix: &str) -> Self {
        Self {
            session,
            store: store.to_owned(),
            prefix: prefix.to_owned(),
            runtime: Handle::current(),
            objects: Mutex::default(),
            troubles: Mutex::default(),
        }
    }

    /// Notes a failure; of many of a sort the first by name is told, whichever thread met it.
    fn failed(&self, file: &str, shortfall: &Shortfall) {
        tracing::info!(store = self.store, file, why = shortfall.detail, "logs not read");
        let mut troubles = lock(&self.troubles);
        let new = trouble(file, shortfall);
        match troubles.entry((new.reason, new.operation.clone())) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(new)),
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let count = known.get().count + 1;
                if new.file < known.get().file {
                    known.insert(new);
                }
                known.get_mut().count = count;
            }
        }
    }
}

impl Store for CloudStore {
    fn list(&self, take: Taking<'_>) -> Vec<String> {
        let mut keep = |object: LogObject| {
            // What consoles make to show a folder.
            let is_marker = object.bytes == 0 && object.key.ends_with('/');
            if !is_marker && take(&object.key) {
                lock(&self.objects).push(object);
            }
        };
        let listing = self.session.log_objects(&self.store, &self.prefix, &mut keep);
        let listed = self.runtime.block_on(listing);
        lock(&self.objects).sort_by(|one, other| one.key.cmp(&other.key));
        match listed {
            Ok(()) => Vec::new(),
            Err(shortfall) => {
                self.failed("", &shortfall);
                vec![format!("{}/{}", self.store, self.prefix)]
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let objects = lock(&self.objects);
        let at = objects.binary_search_by(|object| object.key.as_str().cmp(name));
        let object = at.ok().and_then(|at| objects.get(at)).cloned().ok_or(io::ErrorKind::NotFound)?;
        drop(objects);
        Ok(Box::new(Pieces { of: self, object, asked: 0, piece: Bytes::new() }))
    }

    fn troubles(&self) -> Vec<Trouble> {
        lock(&self.troubles).values().cloned().collect()
    }
}

/// An object, piece by piece.
struct Pieces<'s> {
    of: &'s CloudStore,
    object: LogObject,
    /// How many of its bytes were asked for.
    asked: u64,
    /// What is left of the last piece.
    piece: Bytes,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && self.asked < self.object.bytes {
            let end = self.object.bytes.min(self.asked + PIECE);
            let asking = self.of.session.log_bytes(&self.of.store, &self.object, self.asked..end);
            self.piece = self.of.runtime.block_on(asking).map_err(|shortfall| {
                self.of.failed(&self.object.key, &shortfall);
                // Not one of the kinds by which a decompressor speaks of damage.
                io::Error::from(io::ErrorKind::ConnectionAborted)
            })?;
            self.asked = end;
        }
        let length = buffer.len().min(self.piece.len());
        if let Some(place) = buffer.get_mut(..length) {
            place.copy_from_slice(&self.piece.split_to(length));
        }
        Ok(length)
    }
}

fn trouble(file: &str, shortfall: &Shortfall) -> Trouble {
    let denied = shortfall.reason == GapReason::Denied;
    Trouble {
        reason: shortfall.reason,
        operation: shortfall.operation.clone(),
        permission: if denied { shortfall.permission.clone() } else { String::new() },
        count: 1,
        file: sekisho_contract::gap::shorten(file),
        call: shortfall.call,
        detail: shortfall.detail.clone(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
