//! What the server saw: every request, whatever became of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::description::{FaultKind, Record};

/// A request the server saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedRequest {
    /// When it was read, in microseconds since the simulator started.
    pub at_us: u64,
    /// Access key id of the signature; empty when there was none.
    pub access_key: Arc<str>,
    /// Account the access key belongs to; empty when it is unknown.
    pub account: Arc<str>,
    /// Region of the signature.
    pub region: Arc<str>,
    /// Service: `s3`, `s3control`, `kms`, …
    pub service: Arc<str>,
    /// Operation; `Unknown` when the service has none such here, and `resource` then holds method and path.
    pub operation: Arc<str>,
    /// What it was about: bucket, key id, trail or log group name, role ARN; empty for lists.
    pub resource: Arc<str>,
    /// Token of the page, for lists.
    pub page: Arc<str>,
    /// HTTP status of the answer; 0 when there was none.
    pub status: u16,
    /// The fault that was applied.
    pub fault: Option<FaultKind>,
    /// Whether a quota was exceeded.
    pub quota_exceeded: bool,
    /// How often the same was asked, this time included.
    pub attempt: u32,
}

/// What a request asked, before it is known what becomes of it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) access_key: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) resource: String,
    pub(crate) page: String,
    pub(crate) status: u16,
    pub(crate) fault: Option<FaultKind>,
    pub(crate) quota_exceeded: bool,
    pub(crate) attempt: u32,
}

/// All requests so far.
#[derive(Debug)]
pub(crate) struct Recorder {
    what: Record,
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    rows: Vec<Row>,
    counts: BTreeMap<(&'static str, &'static str), u64>,
    exceeded: u64,
}

/// Texts that recur are numbers.
#[derive(Debug)]
struct Row {
    at_us: u64,
    resource: Arc<str>,
    access_key: u32,
    account: u32,
    region: u32,
    page: u32,
    service: &'static str,
    operation: &'static str,
    attempt: u32,
    status: u16,
    fault: Option<FaultKind>,
    quota_exceeded: bool,
}

impl Recorder {
    pub(crate) fn new(what: Record) -> Self {
        Self {
            what,
            texts: Vec::new(),
            numbers: HashMap::new(),
            rows: Vec::new(),
            counts: BTreeMap::new(),
            exceeded: 0,
        }
    }

    pub(crate) fn add(&mut self, at: Duration, seen: Seen) {
        *self.counts.entry((seen.service, seen.operation)).or_default() += 1;
        self.exceeded += u64::from(seen.quota_exceeded);
        if self.what == Record::Counts {
            return;
        }
        let row = Row {
            at_us: u64::try_from(at.as_micros()).unwrap_or(u64::MAX),
            resource: seen.resource.into(),
            access_key: self.number(&seen.access_key),
            account: self.number(&seen.account),
            region: self.number(&seen.region),
            page: self.number(&seen.page),
            service: seen.service,
            operation: seen.operation,
            attempt: seen.attempt,
            status: seen.status,
            fault: seen.fault,
            quota_exceeded: seen.quota_exceeded,
        };
        self.rows.push(row);
    }

    /// Up to `count` requests from the `from`-th on.
    pub(crate) fn requests(&self, from: usize, count: usize) -> Vec<RecordedRequest> {
        let text = |number: u32| self.texts.get(number as usize).cloned().unwrap_or_default();
        let names: BTreeMap<&str, Arc<str>> = self
            .counts
            .keys()
            .flat_map(|(service, operation)| [*service, *operation])
            .map(|name| (name, Arc::from(name)))
            .collect();
        let name = |name: &'static str| names.get(name).cloned().unwrap_or_else(|| name.into());
        self.rows
            .iter()
            .skip(from)
            .take(count)
            .map(|row| RecordedRequest {
                at_us: row.at_us,
                access_key: text(row.access_key),
                account: text(row.account),
                region: text(row.region),
                service: name(row.service),
                operation: name(row.operation),
                resource: row.resource.clone(),
                page: text(row.page),
                status: row.status,
                fault: row.fault,
                quota_exceeded: row.quota_exceeded,
                attempt: row.attempt,
            })
            .collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts
            .iter()
            .map(|((service, operation), count)| (format!("{service}:{operation}"), *count))
            .collect()
    }

    pub(crate) fn len(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(crate) fn exceeded(&self) -> u64 {
        self.exceeded
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.what);
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }
}
