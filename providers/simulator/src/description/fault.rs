//! Speed, quotas and faults.

use serde::{Deserialize, Serialize};

use super::{AccountId, Glob, Probability, Region};

/// How long answers of some operations take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Service (`s3`, `s3control`, `kms`, …); `*` and `?` as in a shell. Absent: any.
    pub service: Option<Glob>,
    /// Operation, likewise.
    pub operation: Option<Glob>,
    /// Region; absent: any.
    pub region: Option<Region>,
    /// Milliseconds.
    pub ms: u64,
}

/// How much longer than usual answers may take: drawn for each request, so that they come in another order with
/// another seed. Nothing else depends on this seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Milliseconds at most.
    pub ms: u64,
    /// The seed.
    #[serde(default)]
    pub seed: u64,
}

/// A request quota: a token bucket for each account and region, shared by all operations that match.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Service; `*` and `?` as in a shell. Absent: any.
    pub service: Option<Glob>,
    /// Operation, likewise.
    pub operation: Option<Glob>,
    /// Requests a second that are refilled.
    pub rate: f64,
    /// Requests at once. Default: the rate, at least 1.
    pub burst: Option<f64>,
}

/// Something that goes wrong, for requests that match every field that is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Service; `*` and `?` as in a shell.
    pub service: Option<Glob>,
    /// Operation, likewise.
    pub operation: Option<Glob>,
    /// Account of the caller.
    pub account: Option<AccountId>,
    /// Region asked.
    pub region: Option<Region>,
    /// Name of the resource: bucket, key id, trail or log group name, role ARN; `*` and `?` as in a shell. Lists have none: only `*` and the absent field match them.
    pub resource: Option<Glob>,
    /// What goes wrong.
    pub fault: FaultKind,
    /// Which share of the distinct requests (account, region, operation, resource, page) it strikes. Default 1: all.
    #[serde(default = "certain")]
    pub probability: Probability,
    /// Only the first so many attempts of each distinct request; those that a quota refused do not count. Default: every attempt.
    pub times: Option<u32>,
    /// Not before the account has made so many requests. What then comes first depends on timing.
    #[serde(default)]
    pub after: u64,
    /// Draw for each attempt anew instead of once for each distinct request.
    #[serde(default)]
    pub each_attempt: bool,
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Refused for want of a permission, in the service's own words.
    Denied,
    /// Refused for haste, in the service's own words.
    Throttled,
    /// 500 in the service's own words.
    InternalError,
    /// 503 in the service's own words.
    Unavailable,
    /// The connection is reset before any answer.
    Reset,
    /// The right answer, cut off in the middle: fewer bytes than were announced.
    Truncated,
    /// Half of the right answer, announced as if it were whole.
    Malformed,
    /// Lists never end: each answer names another page. No effect on other operations.
    EndlessPages,
    /// Lists never end: each answer names the same next page. No effect on other operations.
    SamePage,
    /// No answer, ever; the connection stays open.
    Stall,
    /// 500 with a page of HTML, as proxies and emulators give.
    #[serde(rename = "html_500")]
    Html500,
    /// 200 with a page of HTML, as captive portals give.
    WrongContent,
    /// Refused because the region or service is not subscribed to (OptInRequired).
    NotOptedIn,
    /// Refused because the session is over.
    ExpiredToken,
    /// Refused because the account is suspended, in the service's own words.
    Suspended,
}

fn certain() -> Probability {
    Probability::CERTAIN
}
