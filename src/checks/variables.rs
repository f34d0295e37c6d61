//! What an expression may read besides its subject: the profile's parameters and the tenancy's dates.

use super::node::Node;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The parameters of a profile: `profile` in an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Countries in which copies may rest (ISO 3166-1 alpha-2).
    pub home_countries: Vec<String>,
    /// Days for which records of accesses are to be kept.
    pub log_retention_days: u32,
    /// The offset from UTC in which the contract's days are counted: `+09:00`.
    pub utc_offset: String,
    /// Days back over which failures are supposed, when it is measured what backups would have saved.
    #[serde(default = "month")]
    pub recovery_window_days: u32,
    /// Kilometres that two sites lie apart at least, so that one disaster does not reach both.
    #[serde(default = "far")]
    pub site_distance_km: u32,
}

const fn month() -> u32 {
    30
}

const fn far() -> u32 {
    100
}

/// The tenancy's dates: `tenancy` in an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenancyDates {
    /// The day of the assessment (`2026-11-30`).
    pub assessed_at: String,
    /// The contract's last day (`2027-03-31`).
    pub contract_end: String,
    /// The last moment at which erasure may be completed (RFC 3339).
    pub erasure_deadline: String,
    /// Days from the assessment to the contract's last day; negative when it is past.
    pub days_to_contract_end: i64,
    /// Days from the assessment to the last day for erasure; negative when it is past.
    pub days_to_erasure_deadline: i64,
    /// Days after the contract's end within which erasure may still be completed.
    pub erasure_grace_days: i64,
}

impl TenancyDates {
    /// The dates that follow from the contract's end, the grace and the day of the assessment.
    pub fn new(contract_end: Date, erasure_grace_days: u32, assessed_at: Date, utc_offset: &str) -> Self {
        let deadline = contract_end
            .checked_add(jiff::Span::new().days(i64::from(erasure_grace_days.min(100_000))))
            .unwrap_or(Date::MAX);
        Self {
            assessed_at: assessed_at.to_string(),
            contract_end: contract_end.to_string(),
            erasure_deadline: format!("{deadline}T23:59:59{utc_offset}"),
            days_to_contract_end: days_between(assessed_at, contract_end),
            days_to_erasure_deadline: days_between(assessed_at, deadline),
            erasure_grace_days: i64::from(erasure_grace_days),
        }
    }
}

/// The variables in the form expressions read them.
#[derive(Debug, Clone)]
pub struct Variables {
    /// `profile`.
    pub profile: Node<'static>,
    /// `tenancy`.
    pub tenancy: Node<'static>,
}

impl Variables {
    /// The variables of one assessment.
    pub fn new(parameters: &Parameters, dates: &TenancyDates) -> Self {
        let node = |value: Result<serde_json::Value, _>| Node::owned(&value.unwrap_or_default());
        Self { profile: node(serde_json::to_value(parameters)), tenancy: node(serde_json::to_value(dates)) }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from(to.since(from).map_or(0, |span| span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_deadline_is_the_end_of_the_last_day_of_grace() {
        let dates = TenancyDates::new(date(2027, 3, 31), 30, date(2026, 12, 1), "+09:00");
        assert_eq!(dates.erasure_deadline, "2027-04-30T23:59:59+09:00");
        assert_eq!((dates.days_to_contract_end, dates.days_to_erasure_deadline), (120, 150));
        assert_eq!(TenancyDates::new(date(2026, 11, 1), 0, date(2026, 12, 1), "Z").days_to_contract_end, -30);
    }
}
