//! Recorded configurations in place of asking things one by one.
//!
//! That a thing exists is told by its own service's list alone: Config may lag, and what it does not know must not
//! vanish. A record stands for the questions about one thing, and for nothing it does not say: what is missing, has
//! an unknown shape or is doubtful is asked of the thing itself.
//!
//! What records look like: the lists of properties in `awslabs/aws-config-resource-schema`, and real records and
//! queries in the public repositories of Cloud Custodian (`c7n/resources/s3.py`), iam-collect and AWS's own
//! solutions. Records hold what AWS's Java SDK answered, so their words are those of its classes.

mod kms;
mod s3;

pub use kms::KeyRecord;
pub use s3::BucketRecord;

use super::recorders::{Trust, gatherer, trusted};
use crate::endpoint::is_region_name;
use crate::sdk::config::{Query, select};
use crate::session::{Session, Voice};
use jiff::{SignedDuration, Timestamp};
use sekisho_contract::Shortfall;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::gap::bound;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a type's records are read into.
pub trait Recorded: Sized {
    /// The type, as Config calls it.
    const KIND: &'static str;
    /// The parts of its records that are read, beside what every record has.
    const PARTS: &'static str;

    /// The ARN of a thing of this type.
    fn arn(account: &str, region: &str, id: &str) -> String;

    /// What a record shows.
    fn read(record: &Value, id: &str, arn: &str) -> Self;
}

/// What a record shows of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<T> {
    /// This; `None` where there is none of it.
    Is(Option<T>),
    /// This, unless the recorder was not allowed to read it: then it would look the same.
    Unless(Option<T>),
    /// Nothing that can be relied on.
    Lacking,
}

impl<T> Shown<T> {
    /// As if it had been asked; `None` where it has to be.
    pub fn heard(self, call: CallId, reads_all: bool) -> Option<Heard<T>> {
        match self {
            Self::Is(told) => Some(Heard { call, told }),
            Self::Unless(told) if reads_all => Some(Heard { call, told }),
            Self::Unless(_) | Self::Lacking => None,
        }
    }
}

/// One thing's record.
#[derive(Debug)]
pub struct Record<T> {
    /// The region it tells of.
    region: String,
    /// The call that brought it.
    pub call: CallId,
    /// When what it shows was seen.
    pub captured: Timestamp,
    /// Whether its recorder could read all there is.
    pub reads_all: bool,
    /// What it shows.
    pub shows: T,
}

/// Records by the id Config gives a thing.
pub type Records<T> = BTreeMap<String, Record<T>>;

/// The records of an account's things of a type in these regions; of what has none that can be relied on, none.
pub async fn of_account<T: Recorded>(session: &Session, regions: &BTreeSet<&str>) -> Records<T> {
    let asked = regions.iter().map(|region| async move {
        trusted(session, region, T::KIND).await.map(|trust| ((*region).to_owned(), trust))
    });
    let mut left: BTreeMap<String, Trust> =
        futures::future::join_all(asked).await.into_iter().flatten().collect();
    let mut records = Records::new();
    if left.is_empty() {
        return records;
    }
    if let Some(gathered) = gathered::<T>(session).await {
        for (region, of_region) in gathered {
            if let Some(trust) = left.remove(&region) {
                records.extend(relied_on(of_region, trust));
            }
        }
    }
    for (region, trust) in left {
        records.extend(of_region::<T>(session, &region, trust).await);
    }
    records
}

/// The records of an account's things of a type in a region, of its own recorder.
pub async fn of_region<T: Recorded>(session: &Voice, region: &str, trust: Trust) -> Records<T> {
    if !is_region_name(region) {
        return Records::new();
    }
    let condition = format!("awsRegion = '{region}'");
    let regions = BTreeSet::from([region.to_owned()]);
    let scope = Scope { account: &session.account, regions: &regions, now: session.now() };
    match read::<T>(session, (region, None), &condition, &scope).await {
        Ok(mut by_region) => relied_on(by_region.remove(region).unwrap_or_default(), trust),
        // Things are asked one by one instead, so nothing is missing for it; the ledger has what was refused.
        Err(_) => Records::new(),
    }
}

/// The records of an account's things of a type that an aggregator has, by region: every region it knows is there.
/// `None` where there is no aggregator, or it did not answer whole.
pub async fn gathered<T: Recorded>(session: &Session) -> Option<BTreeMap<String, Records<T>>> {
    let gatherer = gatherer(&session.gatherers(), &session.account).await?;
    let condition = format!("accountId = '{}'", session.account);
    let scope = Scope { account: &session.account, regions: &gatherer.regions, now: session.now() };
    let at = (gatherer.region.as_str(), Some(gatherer.name.as_str()));
    match read::<T>(&gatherer.voice, at, &condition, &scope).await {
        Ok(mut by_region) => {
            for region in &gatherer.regions {
                by_region.entry(region.clone()).or_default();
            }
            Some(by_region)
        }
        Err(_) => None,
    }
}

/// Records of a region whose recorder is trusted so far.
pub fn relied_on<T>(records: Records<T>, trust: Trust) -> Records<T> {
    let relied = |record: Record<T>| Record { reads_all: trust.reads_all, ..record };
    records.into_iter().map(|(id, record)| (id, relied(record))).collect()
}

/// Whose records count.
struct Scope<'s> {
    account: &'s str,
    regions: &'s BTreeSet<String>,
    now: Timestamp,
}

/// Asks for records, of an aggregator or of the region's own recorder.
async fn read<T: Recorded>(
    session: &Voice,
    (region, aggregator): (&str, Option<&str>),
    condition: &str,
    scope: &Scope<'_>,
) -> Result<BTreeMap<String, Records<T>>, Shortfall> {
    let expression = format!(
        "SELECT accountId, awsRegion, arn, resourceId, resourceType, configurationItemStatus, \
         configurationItemCaptureTime, tags, {} WHERE resourceType = '{}' AND {condition}",
        T::PARTS,
        T::KIND
    );
    let target = match aggregator {
        Some(name) => format!("{} of {} in {name}", T::KIND, scope.account),
        None => T::KIND.to_owned(),
    };
    let query = Query { region, aggregator, target: &target, expression: &expression };
    let mut by_region: BTreeMap<String, Records<T>> = BTreeMap::new();
    let mut twice: BTreeSet<(String, String)> = BTreeSet::new();
    select(session, &query, |text, call| {
        let Some((id, record)) = accept::<T>(text, call, scope) else { return };
        let region = record.region.clone();
        let records = by_region.entry(region.clone()).or_default();
        if records.insert(id.clone(), record).is_some() {
            twice.insert((region, id));
        }
    })
    .await?;
    // Two records of one thing contradict each other.
    for (region, id) in &twice {
        by_region.get_mut(region).and_then(|records| records.remove(id));
    }
    Ok(by_region)
}

/// Clocks may differ by so much.
const LENIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A record of exactly one thing of this account and these regions, that is there.
fn accept<T: Recorded>(text: &str, call: CallId, scope: &Scope<'_>) -> Option<(String, Record<T>)> {
    let record: Value = serde_json::from_str(text).ok()?;
    let said = |name: &str| record[name].as_str();
    let (region, id) = (said("awsRegion")?, said("resourceId")?);
    let arn = T::arn(scope.account, region, id);
    let captured: Timestamp = said("configurationItemCaptureTime")?.parse().ok()?;
    let own = said("accountId") == Some(scope.account)
        && said("resourceType") == Some(T::KIND)
        && said("arn") == Some(arn.as_str())
        && scope.regions.contains(region);
    // What was deleted, or is not recorded, is not told of (ConfigurationItem, `configurationItemStatus`).
    let there = matches!(said("configurationItemStatus"), Some("OK" | "ResourceDiscovered"));
    if !own || !there || captured > scope.now + LENIENCE {
        return None;
    }
    let shows = T::read(&record, id, &arn);
    Some((id.to_owned(), Record { region: region.to_owned(), call, captured, reads_all: false, shows }))
}

impl<T> Record<T> {
    /// Whether it tells of this region.
    pub fn is_of(&self, region: Option<&str>) -> bool {
        region == Some(self.region.as_str())
    }
}

/// A part of a record, which may be written as text inside it, and that as text again.
fn part<'r>(record: &'r Value, name: &str) -> Option<Cow<'r, Value>> {
    let mut part = Cow::Borrowed(record.get(name)?);
    for _ in 0..2 {
        let Some(inside) = part.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
            break;
        };
        part = Cow::Owned(inside);
    }
    Some(part)
}

/// A yes or no, which may be written as text.
fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => None,
    }
}

/// Labels: a list of them in answers to queries, a map in records that are delivered.
fn tags(record: &Value) -> Shown<BTreeMap<String, String>> {
    let labels: Option<BTreeMap<String, String>> = match record.get("tags") {
        Some(Value::Array(all)) => {
            all.iter().map(|one| Some((bound(one["key"].as_str()?), bound(one["value"].as_str()?)))).collect()
        }
        Some(Value::Object(all)) => {
            all.iter().map(|(key, value)| Some((bound(key), bound(value.as_str()?)))).collect()
        }
        _ => None,
    };
    match labels {
        None => Shown::Lacking,
        Some(none) if none.is_empty() => Shown::Unless(None),
        Some(labels) => Shown::Is(Some(labels)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Thing;

    impl Recorded for Thing {
        const KIND: &'static str = "AWS::S3::Bucket";
        const PARTS: &'static str = "x";
        fn arn(_: &str, _: &str, id: &str) -> String {
            format!("arn:aws:s3:::{id}")
        }
        fn read(_: &Value, _: &str, _: &str) -> Self {
            Self
        }
    }

    #[test]
    fn a_record_counts_for_exactly_the_thing_it_is_of() {
        let regions = BTreeSet::from(["ap-northeast-1".to_owned()]);
        let now = "2026-11-01T00:00:00Z".parse().unwrap();
        let scope = Scope { account: "111122223333", regions: &regions, now };
        let call = "c1".parse().unwrap();
        let good = json!({
            "accountId": "111122223333", "awsRegion": "ap-northeast-1", "arn": "arn:aws:s3:::records",
            "resourceId": "records", "resourceType": "AWS::S3::Bucket", "configurationItemStatus": "OK",
            "configurationItemCaptureTime": "2026-10-31T23:00:00.123Z",
        });
        let counts = |record: &Value| accept::<Thing>(&record.to_string(), call, &scope).is_some();
        assert!(counts(&good));
        for (name, value) in [
            ("accountId", json!("444455556666")),
            ("accountId", Value::Null),
            ("awsRegion", json!("us-east-1")),
            ("arn", json!("arn:aws:s3:::others")),
            ("resourceId", json!("others")),
            ("resourceType", json!("AWS::KMS::Key")),
            ("configurationItemStatus", json!("ResourceDeleted")),
            ("configurationItemStatus", json!("ResourceNotRecorded")),
            ("configurationItemStatus", Value::Null),
            ("configurationItemCaptureTime", json!("yesterday")),
            ("configurationItemCaptureTime", json!("2026-11-02T00:00:00Z")),
            ("configurationItemCaptureTime", Value::Null),
        ] {
            let mut other = good.clone();
            other[name] = value;
            assert!(!counts(&other), "{other}");
        }
        assert!(accept::<Thing>("{", call, &scope).is_none());
        assert!(accept::<Thing>("[]", call, &scope).is_none());
    }

    #[test]
    fn labels_that_are_not_understood_are_lacking() {
        let some = |key: &str| Shown::Is(Some(BTreeMap::from([(key.to_owned(), "v".to_owned())])));
        for (record, expected) in [
            (json!({"tags": [{"key": "k", "value": "v", "tag": "k=v"}]}), some("k")),
            (json!({"tags": {"k": "v"}}), some("k")),
            (json!({"tags": []}), Shown::Unless(None)),
            (json!({"tags": {}}), Shown::Unless(None)),
            (json!({"tags": ["k=v"]}), Shown::Lacking),
            (json!({"tags": [{"key": "k"}]}), Shown::Lacking),
            (json!({"tags": null}), Shown::Lacking),
            (json!({}), Shown::Lacking),
        ] {
            assert_eq!(tags(&record), expected, "{record}");
        }
    }
}
