//! Lists over services: what they say is in use, against which the sweep is held, and things of sorts that nothing reads.
//!
//! The bill names every service and region in use, the rest name things or acts. What only they name is told: things as
//! facts of which nothing but the place is known, services as gaps with their names.

mod activity;
mod bill;
mod inventory;
pub(super) mod labels;

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally};
use crate::session::Session;
use crate::sorts::{self, Sort};
use labels::Named;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind, SecondList, Use, UseRead, Witness};
use sekisho_contract::gap::shorten;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use std::collections::BTreeMap;

/// The bill.
pub const BILL: Entry = Entry {
    service: Service { name: "bill", reach: Reach::Global, kinds: &[] },
    operations: &[&bill::GET_COST_AND_USAGE],
    sweep: |session, _, sink| Box::pin(bill(session, sink)),
};

/// Labels, inventory and activity of each region.
pub const INVENTORIES: Entry = Entry {
    service: Service { name: "inventories", reach: Reach::Region, kinds: &[] },
    operations: &[
        &labels::GET_RESOURCES,
        &inventory::LIST_INDEXES,
        &inventory::LIST_RESOURCES,
        &activity::LOOKUP_EVENTS,
    ],
    sweep: |session, region, sink| Box::pin(inventories(session, region, sink)),
};

async fn bill(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let told = bill::uses(session).await;
    tell(sink, Witness::Cost, told, &mut tally);
    tally.outcome()
}

async fn inventories(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let (labelled, indexed, acts) = futures::join!(
        labels::things(session, region),
        inventory::things(session, region),
        activity::uses(session, region)
    );
    let mut things = BTreeMap::new();
    note(&mut things, region, &labelled);
    tell(sink, Witness::Labels, counted(region, labelled), &mut tally);
    if let Some(indexed) = indexed {
        note(&mut things, region, &indexed);
        tell(sink, Witness::Inventory, counted(region, indexed), &mut tally);
    }
    tell(sink, Witness::Activity, acts, &mut tally);
    for (arn, thing) in things {
        if let Some(fact) = fact(session, region, &arn, thing) {
            tally.tell(sink, fact);
        }
    }
    tally.outcome()
}

/// What a list says, as far as it was read.
#[derive(Debug)]
pub(super) struct Told<T> {
    pub(super) said: Vec<T>,
    pub(super) calls: Vec<CallId>,
    pub(super) shortfall: Option<Shortfall>,
    /// Whether nothing was left to read, where nothing fell short.
    pub(super) whole: bool,
}

impl<T> Told<T> {
    fn map<U>(self, change: impl FnOnce(Vec<T>) -> Vec<U>) -> Told<U> {
        Told { said: change(self.said), calls: self.calls, shortfall: self.shortfall, whole: self.whole }
    }
}

/// Hands a list on. What kept it from its end is a gap of the cell.
fn tell(sink: &dyn FactSink, witness: Witness, told: Told<Use>, tally: &mut Tally) {
    sink.second_list(SecondList {
        witness,
        exhaustive: witness == Witness::Cost,
        read: told.whole && told.shortfall.is_none(),
        uses: told.said,
        calls: told.calls,
    });
    if let Some(shortfall) = told.shortfall {
        tally.fell_short(shortfall);
    }
}

/// A thing that lists name, with what they tell of it.
struct Thing {
    /// Its labels, where the list of labels names it.
    labels: Option<Vec<Tag>>,
    calls: Vec<CallId>,
}

/// Notes the things a list names.
fn note(things: &mut BTreeMap<String, Thing>, region: &str, told: &Told<Named>) {
    for named in &told.said {
        if !Arn::of(&named.arn, region).is_some_and(|arn| matches!(arn.sort(), Sort::Unread | Sort::Passes)) {
            continue;
        }
        let thing =
            things.entry(named.arn.clone()).or_insert_with(|| Thing { labels: None, calls: Vec::new() });
        thing.calls.push(named.call);
        if let Some(labels) = &named.labels {
            thing.labels.get_or_insert_with(|| labels.clone());
        }
    }
}

/// The uses that things make, counted by sort.
fn counted(region: &str, told: Told<Named>) -> Told<Use> {
    told.map(|named| {
        let mut counts: BTreeMap<(String, String), (Sort, u64)> = BTreeMap::new();
        for named in &named {
            // What has no name that can be read is of no sort that is known.
            let (key, sort) = match Arn::of(&named.arn, region) {
                Some(arn) => ((arn.region.to_owned(), arn.what()), arn.sort()),
                None => ((region.to_owned(), shorten(&named.arn)), Sort::Unread),
            };
            counts.entry(key).or_insert_with(|| (sort, 0)).1 += 1;
        }
        let one = |((region, what), (sort, count)): ((String, String), (Sort, u64))| {
            let extent = if count == 1 { "1 thing".to_owned() } else { format!("{count} things") };
            used(&region, &what, extent, &sort)
        };
        counts.into_iter().map(one).collect()
    })
}

/// A use of something of this sort.
pub(super) fn used(region: &str, what: &str, extent: String, sort: &Sort) -> Use {
    let (read, services) = match sort {
        Sort::Swept(services) => (UseRead::Swept, services.clone()),
        // What is told of it rests on the lists of things themselves.
        Sort::Passes => (UseRead::Swept, vec![what.split(':').next().unwrap_or(what).to_owned()]),
        Sort::WithoutData => (UseRead::WithoutData, Vec::new()),
        Sort::Unread => (UseRead::Unread, Vec::new()),
    };
    let region = if sorts::is_global(&services) { "global" } else { region };
    Use {
        region: shorten(region),
        what: shorten(what),
        extent,
        read,
        services,
        countries: Observed::default(),
        accounted: Observed::default(),
    }
}

/// The parts of a thing's ARN.
struct Arn<'a> {
    service: &'a str,
    sort: &'a str,
    /// Its region: buckets, which name none, are listed where they are.
    region: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> Arn<'a> {
    fn of(arn: &'a str, asked: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, service, region, account, name] = parts[..] else { return None };
        let sort = name.split_once(['/', ':']).map_or("", |(sort, _)| sort);
        let region = match region {
            "" if service == "s3" => asked,
            "" => "global",
            region => region,
        };
        Some(Self { service, sort, region, account, name })
    }

    fn sort(&self) -> Sort {
        sorts::of(self.service, self.sort)
    }

    /// The service and the sort, as uses name them.
    fn what(&self) -> String {
        if self.sort.is_empty() { self.service.to_owned() } else { format!("{}:{}", self.service, self.sort) }
    }
}

/// A fact of a thing of which only lists over services tell; none for what another account or region answers for.
fn fact(session: &Session, region: &str, arn: &str, thing: Thing) -> Option<Fact> {
    let parts = Arn::of(arn, region)?;
    if parts.account != session.account && !parts.account.is_empty() {
        return None;
    }
    let call = thing.calls.first()?;
    let kind = (Kind::Other, parts.service);
    let mut draft = Draft::new(session, kind, region, shorten(arn), parts.name, call);
    for call in &thing.calls {
        draft.sheet.shown("copies", call);
    }
    let what = parts.what();
    let unread = |detail: String| Shortfall::without_call(GapReason::NotRead, detail);
    draft.resource.copies.clear();
    match (parts.sort(), parts.region) {
        (_, "global") => {
            let detail = format!("the places of resources of the kind {what} are not read");
            draft.perhaps_copied(CopyRole::Primary, &unread(detail));
        }
        (Sort::Passes, at) => draft.copy(CopyRole::Transit, None, at),
        (_, at) => {
            draft.copy(CopyRole::Primary, None, at);
            let detail = format!("the copies of resources of the kind {what} are not read");
            draft.perhaps_copied(CopyRole::Replica, &unread(detail));
        }
    }
    match thing.labels {
        Some(labels) => draft.tags(labels),
        // What only an inventory names may carry labels that the list of labels does not cover.
        None => {
            let detail = format!("the labels of resources of the kind {what} are not read");
            draft.resource.tags = draft.sheet.unseen("tags", &unread(detail));
        }
    }
    Some(draft.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_arn_names() {
        for (arn, what, region, sort) in [
            ("arn:aws:s3:::records", "s3", "ap-northeast-1", "swept"),
            ("arn:aws:ec2:us-east-1:111122223333:volume/vol-1", "ec2:volume", "us-east-1", "swept"),
            (
                "arn:aws:ec2:us-east-1:111122223333:security-group/sg-1",
                "ec2:security-group",
                "us-east-1",
                "empty",
            ),
            (
                "arn:aws:sagemaker:us-east-1:111122223333:notebook-instance/n",
                "sagemaker:notebook-instance",
                "us-east-1",
                "unread",
            ),
            ("arn:aws:rds:us-east-1:111122223333:db:ledger", "rds:db", "us-east-1", "swept"),
            ("arn:aws:iam::111122223333:role/x", "iam:role", "global", "swept"),
            ("arn:aws:newservice:us-east-1:111122223333:thing/x", "newservice:thing", "us-east-1", "unread"),
            ("arn:aws:apigateway:us-east-1::/restapis/x", "apigateway", "us-east-1", "passes"),
        ] {
            let parts = Arn::of(arn, "ap-northeast-1").unwrap();
            let found = match parts.sort() {
                Sort::Swept(_) => "swept",
                Sort::WithoutData => "empty",
                Sort::Passes => "passes",
                Sort::Unread => "unread",
            };
            assert_eq!((&*parts.what(), parts.region, found), (what, region, sort), "{arn}");
        }
        assert!(Arn::of("not an arn", "x").is_none());
    }
}
