//! What should have been seen and was not.

use crate::call::CallId;
use crate::call::jiff_timestamp::Timestamp;
use crate::fact::Captured;
use crate::observed::{Observed, Unseen};
use crate::operation::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Why something was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// The provider refused it to this caller.
    Denied,
    /// Throttled until the retries were used up.
    ThrottledOut,
    /// The provider failed until the retries were used up.
    Failed,
    /// No answer came: connection refused, reset or timed out until the retries were used up.
    Unreachable,
    /// An answer came that could not be read.
    Malformed,
    /// A list whose pages never ended.
    EndlessPages,
    /// The endpoint does not know the operation.
    Unsupported,
    /// The region or service is closed to this account.
    Closed,
    /// The resource went away while it was being read.
    Vanished,
    /// Credentials were missing, expired and not renewable, or belong to another account.
    Credentials,
    /// The place or target a fact points to could not be resolved.
    Unresolved,
    /// The provider named something this version does not know.
    Unknown,
    /// This version does not read it.
    NotRead,
    /// The run was cancelled before it was asked.
    Cancelled,
    /// The call budget was spent before it was asked.
    BudgetSpent,
    /// Left out by the tenancy file.
    Skipped,
    /// What should be there to be read is not: a record that was not kept, or was not named.
    Missing,
}

/// Something that should have been seen and was not, with the reason and the call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The resource's id, or the cell's (`provider/account/region/service`).
    pub subject: String,
    /// The path of the property in the fact, such as `encryption`; `resources` for a whole cell.
    pub facet: String,
    /// Why.
    pub reason: GapReason,
    /// `service:Operation` that should have shown it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// The permission the operation needs, when it was refused.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub permission: String,
    /// The call that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// What the provider or the connection said, shortened.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// A question that got no usable answer: the ground of one or more gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Shortfall {
    /// Why.
    pub reason: GapReason,
    /// `service:Operation` that was asked.
    pub operation: String,
    /// The permission it needs.
    pub permission: String,
    /// The call that failed, if one was made.
    pub call: Option<CallId>,
    /// The provider's error code, if it gave one.
    pub code: String,
    /// What was said, shortened.
    pub detail: String,
}

impl Shortfall {
    /// A shortfall that no call stands behind.
    pub fn without_call(reason: GapReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            operation: String::new(),
            permission: String::new(),
            call: None,
            code: String::new(),
            detail: shorten(&detail.into()),
        }
    }

    /// The same failure of a declared operation.
    pub fn of(
        operation: &Operation,
        reason: GapReason,
        call: Option<CallId>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            operation: operation.full_name(),
            permission: operation.permission.to_owned(),
            call,
            ..Self::without_call(reason, detail)
        }
    }

    /// The gap this leaves at `facet` of `subject`. The permission is named where its lack is the reason.
    pub fn gap(&self, subject: &str, facet: &str) -> Gap {
        let permission =
            if self.reason == GapReason::Denied { self.permission.clone() } else { String::new() };
        Gap {
            subject: subject.to_owned(),
            facet: facet.to_owned(),
            reason: self.reason,
            operation: self.operation.clone(),
            permission,
            call: self.call,
            detail: self.detail.clone(),
        }
    }
}

/// Longest text of others kept in a gap, in characters.
const DETAIL_LIMIT: usize = 400;

/// Bounds text that came from outside, and drops control characters.
pub fn shorten(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(DETAIL_LIMIT).map(clean).collect();
    if text.chars().nth(DETAIL_LIMIT).is_some() {
        short.push('…');
    }
    short.trim().to_owned()
}

/// Bounds a text that is compared, and changes nothing else in it: a label, a prefix. One that is too long
/// is marked, so that it equals no other.
pub fn bound(text: &str) -> String {
    match text.char_indices().nth(DETAIL_LIMIT * 4) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// The working sheet of one subject while it is being read: which calls showed which facet, and what
/// was not seen. The only place that makes [`Observed::Unseen`].
#[derive(Debug)]
pub struct Sheet {
    subject: String,
    gaps: Vec<Gap>,
    evidence: BTreeMap<String, Vec<CallId>>,
    /// The call that brought a record of the subject, and when the record was made.
    record: Option<(CallId, jiff::Timestamp)>,
}

impl Sheet {
    /// A sheet for the subject with this id.
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), gaps: Vec::new(), evidence: BTreeMap::new(), record: None }
    }

    /// The subject's id.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Notes that `call` showed `facet`.
    pub fn shown(&mut self, facet: &str, call: &CallId) {
        let calls = self.evidence.entry(facet.to_owned()).or_default();
        if !calls.contains(call) {
            calls.push(*call);
        }
    }

    /// Notes that what `call` shows is a record that the provider made of the subject at this time.
    pub fn recorded(&mut self, call: CallId, at: jiff::Timestamp) {
        self.record = Some((call, at));
    }

    /// What the record showed, and of when it is; none where it showed nothing.
    pub fn captured(&self) -> Option<Captured> {
        let (call, at) = self.record?;
        let shown = self.evidence.iter().filter(|(_, calls)| calls.contains(&call));
        let parts: BTreeSet<&str> =
            shown.map(|(facet, _)| facet.split('.').next().unwrap_or(facet)).collect();
        let facets: Vec<String> = parts.into_iter().map(str::to_owned).collect();
        (!facets.is_empty()).then_some(Captured { at: Timestamp(at), facets })
    }

    /// Records that `facet` was not seen.
    pub fn unseen<T>(&mut self, facet: &str, shortfall: &Shortfall) -> Observed<T> {
        if let Some(call) = &shortfall.call {
            self.shown(facet.split('.').next().unwrap_or(facet), call);
        }
        let gap = shortfall.gap(&self.subject, facet);
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
        Observed::Unseen(Unseen::recorded())
    }

    /// What was seen, or the gap at `facet`.
    pub fn observe<T>(&mut self, facet: &str, result: Result<T, &Shortfall>) -> Observed<T> {
        match result {
            Ok(value) => Observed::Seen(value),
            Err(shortfall) => self.unseen(facet, shortfall),
        }
    }

    /// The gaps and the evidence, for the finished fact.
    pub fn finish(self) -> (Vec<Gap>, BTreeMap<String, Vec<CallId>>) {
        (self.gaps, self.evidence)
    }
}
