//! S3's server access logs: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>

use super::{Action, Event, Stop};
use std::borrow::Cow;

/// Reads one line.
pub fn read(line: &[u8]) -> Result<Event<'_>, Stop> {
    let line = std::str::from_utf8(line).map_err(|_| Stop::Malformed("no line of a known log"))?;
    let strange = Stop::Malformed("no line of a known log");
    let (before, rest) = line.split_once(" [").ok_or(strange)?;
    let (time, rest) = rest.split_once("] ").ok_or(strange)?;
    if before.split(' ').count() != 2 {
        return Err(strange);
    }
    let mut fields = rest.split(' ');
    let (Some(address), Some(requester), Some(_request), Some(operation)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(strange);
    };
    if !operation.contains('.') {
        return Err(strange);
    }
    // What S3 does by itself (lifecycle, replication) has no address.
    let by_itself = address == "-" && operation.starts_with("S3.");
    let address = if by_itself { "s3.amazonaws.com" } else { address };
    Ok(Event {
        provider: "aws",
        time: moment(time).ok_or(Stop::Malformed("no readable time"))?,
        principal: Cow::Borrowed(if requester == "-" { "anonymous" } else { requester }),
        service: Cow::Borrowed("s3.amazonaws.com"),
        action: action(operation),
        address: (address != "-").then_some(Cow::Borrowed(address)),
        region: None,
        account: None,
    })
}

/// `06/Feb/2019:00:00:38 +0000`.
fn moment(text: &str) -> Option<i64> {
    let moment = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?;
    moment.to_timestamp().ok().map(jiff::Timestamp::as_second)
}

/// `REST.GET.OBJECT`: an interface, a verb, a thing.
fn action(operation: &str) -> Action {
    let mut words = operation.split('.').skip(1);
    let (verb, thing) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let of_data = ["OBJECT", "PART", "UPLOAD", "UPLOADS", "MULTI_OBJECT_DELETE"].contains(&thing);
    match verb {
        "GET" | "HEAD" | "OPTIONS" | "SELECT" => Action::Read,
        "PUT" | "POST" | "DELETE" | "COPY" if of_data => Action::Write,
        "PUT" | "POST" | "DELETE" => Action::Manage,
        "EXPIRE" | "TRANSITION" | "CREATE" => Action::Write,
        _ => Action::Other,
    }
}
