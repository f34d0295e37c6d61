//! Cost Explorer: which services were paid for in which regions since the month before.

use super::{Told, used};
use crate::api::{Api, Ask};
use crate::kind::shared::{List, Page};
use crate::quota;
use crate::session::{GLOBAL_HOME, Session};
use crate::sorts;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sekisho_contract::fact::Use;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

operation!(
    /// Cost and amount of use by region and service. AWS charges 0.01 US dollars a request.
    GET_COST_AND_USAGE = "ce" "GetCostAndUsage", needs "ce:GetCostAndUsage", quota quota::COST_EXPLORER,
    Per::Account, Post, facts "services and regions that are paid for (each request costs 0.01 US dollars)"
);

const API: Api = Api::json("AWSInsightsIndexService");

/// What is in use by the bill.
pub async fn uses(session: &Session) -> Told<Use> {
    let mut told = Told { said: Vec::new(), calls: Vec::new(), shortfall: None, whole: true };
    let today = TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let (from, until) = period(today);
    let body = json!({
        "TimePeriod": {"Start": from.to_string(), "End": until.to_string()},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost", "UsageQuantity"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "REGION"}, {"Type": "DIMENSION", "Key": "SERVICE"}],
        // The account that pays for an organization is told of all its accounts otherwise.
        "Filter": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [session.account]}},
    });
    let mut list = List::<Costs>::of(session, Ask::of(&GET_COST_AND_USAGE, API, GLOBAL_HOME, body));
    let mut paid: BTreeMap<Place, Paid> = BTreeMap::new();
    loop {
        match list.next().await {
            Ok(Some((lines, call))) => {
                if lines.is_empty() && told.calls.is_empty() {
                    told.shortfall = Some(malformed(&GET_COST_AND_USAGE, call, "the bill states no period"));
                }
                told.calls.push(call);
                for line in lines {
                    match line.read() {
                        Ok(Some((key, sum))) => paid.entry(key).or_default().add(sum),
                        Ok(None) => {}
                        Err(why) => told.shortfall = Some(malformed(&GET_COST_AND_USAGE, call, &why)),
                    }
                }
            }
            Ok(None) => break,
            Err(shortfall) => {
                told.shortfall = Some(shortfall);
                break;
            }
        }
    }
    let used_something = |(_, paid): &(Place, Paid)| paid.cost != 0.0 || paid.quantity != 0.0;
    let one = |((region, service), paid): (Place, Paid)| {
        let region = match region.as_str() {
            "" | "NoRegion" => "global",
            region => region,
        };
        let extent = format!("{:.2} {} since {from}", paid.cost, paid.unit);
        used(region, &service, extent, &sorts::of_bill(&service))
    };
    told.said = paid.into_iter().filter(used_something).map(one).collect();
    told
}

/// The month before and this one up to today: what rests is paid for every day, and bills come late.
fn period(today: Date) -> (Date, Date) {
    let from = today.first_of_month().saturating_sub(1.month());
    (from, today.saturating_add(1.day()))
}

fn malformed(operation: &Operation, call: sekisho_contract::CallId, why: &str) -> Shortfall {
    Shortfall::of(operation, GapReason::Malformed, Some(call), why)
}

/// A region and a service, as the bill names them.
type Place = (String, String);

#[derive(Default)]
struct Paid {
    cost: f64,
    quantity: f64,
    unit: String,
}

impl Paid {
    fn add(&mut self, other: Self) {
        // Credits must not hide what is used.
        self.cost += other.cost.abs();
        self.quantity += other.quantity.abs();
        self.unit = other.unit;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Costs {
    results_by_time: Vec<Period>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Period {
    time_period: Days,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Days {
    start: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    keys: Vec<String>,
    metrics: BTreeMap<String, Amount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Amount {
    amount: String,
    unit: Option<String>,
}

/// A line of the bill; a period without any has one that says nothing.
struct Line {
    start: String,
    group: Option<Group>,
}

impl Page for Costs {
    type Item = Line;
    const TOKEN: &'static str = "NextPageToken";

    fn split(self) -> (Vec<Line>, Option<String>, Option<bool>) {
        let mut lines = Vec::new();
        for Period { time_period: Days { start }, groups } in self.results_by_time {
            lines.push(Line { start: start.clone(), group: None });
            lines.extend(groups.into_iter().map(|group| Line { start: start.clone(), group: Some(group) }));
        }
        (lines, self.next_page_token.filter(|token| !token.is_empty()), None)
    }

    fn name(line: &Line) -> String {
        let keys = line.group.iter().flat_map(|group| &group.keys);
        keys.fold(line.start.clone(), |name, key| name + "\0" + key)
    }
}

impl Line {
    /// Region and service, and what was paid and used; none for a period's head.
    fn read(self) -> Result<Option<(Place, Paid)>, String> {
        let Some(Group { keys, metrics }) = self.group else { return Ok(None) };
        let Ok([region, service]) = <[String; 2]>::try_from(keys) else {
            return Err("a line of the bill does not name a region and a service".to_owned());
        };
        let number = |metric: &str| -> Result<f64, String> {
            let amount = metrics.get(metric).ok_or_else(|| format!("a line of the bill has no {metric}"))?;
            amount.amount.parse().map_err(|_| format!("`{}` is no amount", shorten(&amount.amount)))
        };
        let (cost, quantity) = (number("UnblendedCost")?, number("UsageQuantity")?);
        let unit = metrics.get("UnblendedCost").and_then(|amount| amount.unit.clone()).unwrap_or_default();
        Ok(Some(((region, service), Paid { cost, quantity, unit: shorten(&unit) })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_period_reaches_from_the_month_before_to_today() {
        assert_eq!(period(date(2026, 11, 29)), (date(2026, 10, 1), date(2026, 11, 30)));
        assert_eq!(period(date(2026, 1, 1)), (date(2025, 12, 1), date(2026, 1, 2)));
        assert_eq!(period(date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 4, 1)));
    }

    #[test]
    fn a_line_that_is_not_understood_is_not_passed_over() {
        let line = |group: serde_json::Value| {
            Line { start: "2026-11-01".to_owned(), group: Some(serde_json::from_value(group).unwrap()) }
                .read()
        };
        let whole = json!({"UnblendedCost": {"Amount": "-1.5", "Unit": "USD"}, "UsageQuantity": {"Amount": "3", "Unit": "N/A"}});
        let (key, paid) = line(json!({"Keys": ["us-east-1", "Tax"], "Metrics": whole})).unwrap().unwrap();
        assert_eq!((key.0.as_str(), paid.cost, paid.quantity), ("us-east-1", -1.5, 3.0));
        assert!(line(json!({"Keys": ["us-east-1"], "Metrics": whole})).is_err());
        assert!(line(json!({"Keys": ["us-east-1", "Tax"], "Metrics": {}})).is_err());
        let broken = json!({"UnblendedCost": {"Amount": "much", "Unit": "USD"}, "UsageQuantity": {"Amount": "3", "Unit": "N/A"}});
        assert!(line(json!({"Keys": ["us-east-1", "Tax"], "Metrics": broken})).is_err());
    }
}
