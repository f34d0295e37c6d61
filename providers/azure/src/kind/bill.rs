//! The bill: which types of resources were paid for in which places since the month before.
//!
//! It names whatever costs something, whoever may read it, and does not come from the services that were swept: what it
//! names and the inventory does not is a sign that something was not seen.

use super::draft::Tally;
use super::resources::is_configuration;
use super::{ENTRIES, Entry, is_read};
use crate::path;
use crate::quota;
use crate::session::{Ask, Asked, GLOBAL, Session};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{SecondList, Use, UseRead, Witness};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::page::Pages;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

operation!(
    /// Cost by place and type of resource. A query: it changes nothing.
    QUERY_USAGE = "costmanagement" "QueryUsage", needs "Microsoft.CostManagement/query/read", quota quota::COST,
    Per::SomePages(1_000), Post, facts "places and types of resources that are paid for"
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
    let (mut paid, mut calls) = (Paid::new(), Vec::new());
    let shortfall = read(session, &body, &mut paid, &mut calls).await.err();
    let uses = uses(session, paid, from);
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

/// What was paid for, by place and type: how much, and in which currency.
type Paid = BTreeMap<(String, String), (f64, String)>;

/// Reads the bill to its end, as far as it goes.
async fn read(
    session: &Session,
    body: &Value,
    paid: &mut Paid,
    calls: &mut Vec<CallId>,
) -> Result<(), Shortfall> {
    let operation = &QUERY_USAGE;
    let ask = || Ask::of(operation, session.path("/providers/Microsoft.CostManagement/query"), "2023-11-01");
    let mut pages = Pages::of(operation);
    let mut next: Option<(String, CallId)> = None;
    loop {
        let asked: Asked<Usage> = match &next {
            None => session.query(ask(), body, pages.page()).await,
            Some((link, call)) => session.query_on(ask(), (link, *call), body, pages.page()).await,
        };
        let heard = asked?;
        calls.push(heard.call);
        let no_table =
            || Shortfall::of(operation, GapReason::Malformed, Some(heard.call), "the bill has no table");
        let table = heard.told.map(|told| told.properties).ok_or_else(no_table)?;
        let lines = table.add_to(paid).ok_or_else(no_table)?;
        let link = table.next_link.filter(|link| !link.is_empty());
        match pages.next(lines, link) {
            Ok(None) => return Ok(()),
            Ok(Some(link)) => next = Some((link, heard.call)),
            Err(endless) => return Err(Shortfall { call: Some(heard.call), ..endless }),
        }
    }
}

/// The first day of the month before: what rests is paid for every day, and bills come late.
fn since(today: Date) -> Date {
    today.first_of_month().saturating_sub(1.month())
}

impl Table {
    /// Adds what was paid for, and tells how many lines that were; `None` where the columns are not those that were asked for.
    fn add_to(&self, paid: &mut Paid) -> Option<usize> {
        let column =
            |name: &str| self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        let (cost, place, sort) = (column("Cost")?, column("ResourceLocation")?, column("ResourceType")?);
        let currency = column("Currency");
        for row in &self.rows {
            let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
            let key = (place_of_bill(text(place)), text(sort).to_ascii_lowercase());
            // Credits must not hide what is used.
            let amount = row.get(cost)?.as_f64()?.abs();
            let sum = paid.entry(key).or_default();
            sum.0 += amount;
            sum.1 = currency.map(text).unwrap_or_default().to_owned();
        }
        Some(self.rows.len())
    }
}

fn uses(session: &Session, paid: Paid, from: Date) -> Vec<Use> {
    let used = |((region, sort), (cost, currency)): ((String, String), (f64, String))| {
        let read = read_of(&region, &sort);
        // A service that has something there is no account of a type of which nothing is there.
        let found = session.broke().is_some() || is_there(session, &region, &sort);
        let services = match read {
            UseRead::Swept if found => vec![service_of(&sort).to_owned()],
            UseRead::Swept | UseRead::WithoutData | UseRead::Unread => Vec::new(),
        };
        Use {
            region,
            services,
            what: if sort.is_empty() { "unnamed charges".to_owned() } else { shorten(&sort) },
            extent: format!("{cost:.2} {} since {from}", shorten(&currency)).replace("  ", " "),
            read,
            countries: Observed::default(),
            accounted: Observed::default(),
        }
    };
    paid.into_iter().map(used).collect()
}

/// How a charge stands to the sweep. One without a type names no data where it names no place either: a tax, a subscription to support.
fn read_of(region: &str, sort: &str) -> UseRead {
    match sort {
        "" if region == NOWHERE => UseRead::WithoutData,
        sort if is_read(sort) || is_configuration(sort) => UseRead::Swept,
        _ => UseRead::Unread,
    }
}

/// Whether the inventory has something of a type in a place.
fn is_there(session: &Session, region: &str, sort: &str) -> bool {
    session.every_row().iter().any(|(row, _)| row.r#type == sort && row.place() == region)
}

/// The place of what names none.
const NOWHERE: &str = "unassigned";

/// The place a bill names: it has names of its own for some. What has no region is called global; where charges without a place arise is
/// not known.
fn place_of_bill(name: &str) -> String {
    match path::place(name).as_str() {
        "global" => GLOBAL.to_owned(),
        "" | "unassigned" | "unknown" => NOWHERE.to_owned(),
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
