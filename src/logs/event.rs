//! What a record says of one act: who, with what, how, from where, when. A file per cloud reads its records into it.

mod aws;
mod azure;
mod google;
mod server_access;

use super::skim::{Cursor, Raw, Stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

pub use server_access::read as server_access;

/// One act in an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The provider.
    pub provider: &'static str,
    /// Seconds since 1970.
    pub time: i64,
    /// Who acted; empty where the record does not say.
    pub principal: Cow<'a, str>,
    /// The service that was called.
    pub service: Cow<'a, str>,
    /// What was done, by class.
    pub action: Action,
    /// Where it came from, in the record's own words; `None` where it says nothing.
    pub address: Option<Cow<'a, str>>,
    /// The region the call was made in, where the record names it.
    pub region: Option<Cow<'a, str>>,
    /// The account, subscription or project whose audit log it is of; `None` where the record does not say, or is of
    /// accesses to single things alone.
    pub account: Option<Cow<'a, str>>,
}

/// What was done, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Something was read, data or settings.
    Read,
    /// Data were written or deleted.
    Write,
    /// Settings were changed.
    Manage,
    /// An identity was taken on.
    Login,
    /// None of these, or not said.
    Other,
}

/// What a JSON record turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<'a> {
    /// An act.
    Event(Event<'a>),
    /// A record wrapped in a string (CloudTrail's event history); it is read from this text.
    Wrapped(Cow<'a, str>),
    /// JSON of no form that is known: nothing can be said of it.
    Strange,
}

/// The members of all clouds' records that are looked at.
#[derive(Default)]
struct Members<'a> {
    aws: aws::Members<'a>,
    azure: azure::Members<'a>,
    google: google::Members<'a>,
    wrapped: Option<Raw<'a>>,
}

/// Reads one JSON record.
pub fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Reading<'a>, Stop> {
    let mut members = Members::default();
    cursor.object(|key, cursor| {
        if members.aws.take(key, cursor)?
            || members.azure.take(key, cursor)?
            || members.google.take(key, cursor)?
        {
            return Ok(());
        }
        if key == b"CloudTrailEvent" {
            return set(&mut members.wrapped, cursor);
        }
        cursor.skip()
    })?;
    if let Some(wrapped) = members.wrapped {
        return wrapped.text().map(Reading::Wrapped);
    }
    let event = match (members.aws.is_one(), members.azure.is_one(), members.google.is_one()) {
        (true, false, false) => members.aws.event()?,
        (false, true, false) => members.azure.event()?,
        (false, false, true) => members.google.event()?,
        _ => return Ok(Reading::Strange),
    };
    Ok(Reading::Event(event))
}

/// Reads a member that may stand once and should be a string.
#[inline]
fn set<'a>(place: &mut Option<Raw<'a>>, cursor: &mut Cursor<'a>) -> Result<(), Stop> {
    let value = cursor.string_if_any()?;
    if value.is_some() && place.is_some() {
        // Readers differ in which of the two counts.
        return Err(Stop::Malformed("a member stands twice"));
    }
    if value.is_some() {
        *place = value;
    }
    Ok(())
}

fn text<'a>(raw: Option<Raw<'a>>) -> Result<Option<Cow<'a, str>>, Stop> {
    raw.map(Raw::text).transpose()
}

/// Seconds since 1970 of a moment as logs write it (RFC 3339).
pub(super) fn moment(text: &str) -> Option<i64> {
    quick_moment(text.as_bytes())
        .or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second))
}

fn needed_moment(raw: Option<Raw<'_>>) -> Result<i64, Stop> {
    let text = text(raw)?.ok_or(Stop::Malformed("no time"))?;
    moment(&text).ok_or(Stop::Malformed("no readable time"))
}

/// `2026-11-30T06:05:00Z`, with or without a fraction: nearly all there are.
fn quick_moment(text: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..] =
        text
    else {
        return None;
    };
    let fraction = rest.strip_suffix(b"Z")?;
    if !matches!(fraction, [] | [b'.', _, ..]) || !fraction.iter().skip(1).all(u8::is_ascii_digit) {
        return None;
    }
    let two = |tens: &u8, ones: &u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    // Days that are not in every month are left to the calendar.
    let ordinary = (1970..=9000).contains(&year) && (1..=12).contains(&month) && (1..=28).contains(&day);
    if !ordinary || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days of the civil calendar, counted from March so that the leap day is the last of its year.
    let (year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests;
