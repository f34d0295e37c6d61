//! The bill: which types of resources were paid for in which places since the month before.
//!
//! It names whatever costs something, whoever may read it, and does not come from the services that were swept: what it
//! names and the inventory does not is a sign that something was not seen.

use super::draft::Tally;
use super::{ENTRIES, Entry};
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, GLOBAL, Session};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sekisho_contract::fact::{SecondList, Use, UseRead, Witness};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

operation!(
    /// Cost by place and type of resource. A query: it changes nothing.
    QUERY_USAGE = "costmanagement" "QueryUsage", needs "Microsoft.CostManagement/query/read", quota quota::COST,
    Per::Account, Post, facts "places and types of resources that are paid for"
);

/// The bill.
pub const ENTRY: Entry = Entry {
    service: Service { name: "bill", reach: Reach::Global, kinds: &[] },
    types: &[],
    operations: &[&QUERY_USAGE],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

#[derive(Deserialize)]
struct Usage {
    properties: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    next_link: Option<String>,
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let operation = &QUERY_USAGE;
    let mut tally = Tally::default();
    let today = TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let from = since(today);
    let body = json!({
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": {"from": format!("{from}T00:00:00Z"), "to": format!("{today}T23:59:59Z")},
        "dataset": {
            "granularity": "None",
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            "grouping": [
                {"type": "Dimension", "name": "ResourceLocation"},
                {"type": "Dimension", "name": "ResourceType"},
            ],
        },
    });
    let ask = Ask::of(operation, session.path("/providers/Microsoft.CostManagement/query"), "2023-11-01");
    let asked: Asked<Usage> = session.query(ask, &body, 0).await;
    let (uses, calls, shortfall) = match asked {
        Ok(heard) => {
            let malformed =
                |why: &str| Some(Shortfall::of(operation, GapReason::Malformed, Some(heard.call), why));
            match heard.told.map(|told| told.properties) {
                None => (Vec::new(), vec![heard.call], malformed("the bill has no table")),
                Some(table) => {
                    let goes_on = table.next_link.as_ref().is_some_and(|link| !link.is_empty());
                    match table.uses(from) {
                        None => (Vec::new(), vec![heard.call], malformed("the bill has no table")),
                        Some(uses) if goes_on => {
                            let further = "the bill goes on, and its further pages are not read";
                            let unread =
                                Shortfall::of(operation, GapReason::NotRead, Some(heard.call), further);
                            (uses, vec![heard.call], Some(unread))
                        }
                        Some(uses) => (uses, vec![heard.call], None),
                    }
                }
            }
        }
        Err(shortfall) => (Vec::new(), Vec::new(), Some(shortfall)),
    };
    sink.second_list(SecondList {
        witness: Witness::Cost,
        exhaustive: true,
        read: shortfall.is_none(),
        uses,
        calls,
    });
    tally.fell_short(shortfall);
    tally.outcome()
}

/// The first day of the month before: what rests is paid for every day, and bills come late.
fn since(today: Date) -> Date {
    today.first_of_month().saturating_sub(1.month())
}

impl Table {
    /// What was paid for; `None` where the columns are not those that were asked for.
    fn uses(&self, from: Date) -> Option<Vec<Use>> {
        let column =
            |name: &str| self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        let (cost, place, sort) = (column("Cost")?, column("ResourceLocation")?, column("ResourceType")?);
        let currency = column("Currency");
        let mut paid: BTreeMap<(String, String), (f64, String)> = BTreeMap::new();
        for row in &self.rows {
            let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
            let key = (place_of_bill(text(place)), text(sort).to_ascii_lowercase());
            // Credits must not hide what is used.
            let amount = row.get(cost)?.as_f64()?.abs();
            let sum = paid.entry(key).or_default();
            sum.0 += amount;
            sum.1 = currency.map(text).unwrap_or_default().to_owned();
        }
        let used = |((region, sort), (cost, currency)): ((String, String), (f64, String))| Use {
            region,
            services: vec![service_of(&sort).to_owned()],
            what: if sort.is_empty() { "unnamed charges".to_owned() } else { shorten(&sort) },
            extent: format!("{cost:.2} {} since {from}", shorten(&currency)).replace("  ", " "),
            read: if sort.is_empty() { UseRead::WithoutData } else { UseRead::Swept },
            countries: Observed::default(),
            accounted: Observed::default(),
        };
        Some(paid.into_iter().map(used).collect())
    }
}

/// The place a bill names: it has names of its own for some, and none for what has no region.
fn place_of_bill(name: &str) -> String {
    match path::place(name).as_str() {
        "" | "global" | "unassigned" | "unknown" => GLOBAL.to_owned(),
        "jaeast" | "jpeast" => "japaneast".to_owned(),
        "jawest" | "jpwest" => "japanwest".to_owned(),
        place => shorten(place),
    }
}

/// The service of the sweep that tells of a type: the inventory's own cells tell of what no other kind reads.
fn service_of(sort: &str) -> &'static str {
    let entry = ENTRIES.iter().find(|entry| entry.types.contains(&sort));
    entry.map_or("resources", |entry| entry.service.name)
}
