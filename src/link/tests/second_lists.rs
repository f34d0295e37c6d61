//! Lists over services against what was found.

use super::*;
use sekisho_contract::fact::{Signal, Use, UseRead, Witness};

const ACCOUNT: &str = "fake/a1";

fn used(region: &str, services: &[&str]) -> Use {
    Use {
        region: region.to_owned(),
        what: services.join("+"),
        extent: "1 USD".to_owned(),
        read: UseRead::Swept,
        services: services.iter().map(|service| (*service).to_owned()).collect(),
        countries: Observed::default(),
        accounted: Observed::default(),
    }
}

fn bill(uses: Vec<Use>) -> (String, SecondList) {
    let list = SecondList { witness: Witness::Cost, exhaustive: true, read: true, uses, calls: Vec::new() };
    (ACCOUNT.to_owned(), list)
}

fn linked_bill(uses: Vec<Use>, read: bool) -> Linked {
    let mut bill = bill(uses);
    bill.1.read = read;
    let held = Held {
        settings: vec![AccountSetting::new("fake", "a1")],
        cells: vec![cell("east", CellState::Listed), cell("west", CellState::Denied)],
        lists: vec![bill],
        // A thing of the service `s` in `east`.
        resources: vec![(store("it", json!({})), Vec::new())],
        ..Held::default()
    };
    linked(held, Vec::new())
}

#[test]
fn a_use_is_accounted_for_by_what_was_found_there() {
    let without_data = Use { read: UseRead::WithoutData, ..used("far", &[]) };
    let unread = Use { read: UseRead::Unread, ..used("far", &[]) };
    for (name, used, accounted) in [
        ("found there", used("east", &["s"]), json!(true)),
        ("one of several was found there", used("east", &["other", "s"]), json!(true)),
        ("found elsewhere", used("far", &["s"]), json!(false)),
        ("anywhere will do", used("global", &["s"]), json!(true)),
        ("never found", used("global", &["other"]), json!(false)),
        ("the region was listed, and nothing was there", used("east", &["trails"]), json!(false)),
        ("the region was not listed", used("west", &["trails"]), Value::Null),
        ("some region was not listed", used("global", &["trails"]), Value::Null),
        ("holds nothing", without_data, json!(true)),
        ("read by nobody", unread, json!(false)),
    ] {
        let linked = linked_bill(vec![used], true);
        let setting = linked.value(ACCOUNT);
        let found = setting.pointer("/second_lists/0/uses/0/accounted").cloned().unwrap_or(Value::Null);
        assert_eq!(found, accounted, "{name}");
        let explained = linked.gaps(ACCOUNT).iter().any(|(facet, _)| *facet == "second_lists.uses.accounted");
        assert_eq!(explained, accounted.is_null(), "{name}");
    }
}

#[test]
fn lists_of_regions_are_one_list_of_a_witness() {
    let (mut east, mut far) = (bill(vec![used("east", &["s"])]), bill(vec![used("far", &["s"])]));
    (east.1.read, far.1.read) = (true, false);
    let held = Held {
        settings: vec![AccountSetting::new("fake", "a1")],
        lists: vec![east, far],
        resources: vec![(store("it", json!({})), Vec::new())],
        ..Held::default()
    };
    let setting = linked(held, Vec::new()).value(ACCOUNT);
    let lists = setting["second_lists"].as_array().unwrap();
    assert_eq!((lists.len(), &lists[0]["read"]), (1, &json!(false)));
    assert_eq!(lists[0]["uses"].as_array().unwrap().len(), 2);
}

#[test]
fn what_nobody_reads_is_a_gap_with_its_name() {
    let unread = Use { read: UseRead::Unread, what: "Amazon SageMaker".to_owned(), ..used("far", &[]) };
    let linked = linked_bill(vec![unread], true);
    let gaps = linked.gaps("fake/a1/far/Amazon SageMaker");
    assert_eq!(gaps, [("resources", "Amazon SageMaker (1 USD) is in use, and is not read")]);
}

#[test]
fn a_list_supports_or_contradicts_the_sweep() {
    let signal = |uses: Vec<Use>, read| -> Signal {
        let linked = linked_bill(uses, read);
        let signals = linked.facts.into_iter().filter_map(|fact| match fact {
            Fact::Signal(signal) => Some(signal),
            _ => None,
        });
        let signals: Vec<Signal> = signals.collect();
        let [signal] = &signals[..] else { panic!("{signals:?}") };
        signal.clone()
    };
    let unread = Use { read: UseRead::Unread, ..used("far", &[]) };
    for (uses, read, supports, statement) in [
        (vec![used("east", &["s"])], true, Some(true), "all 1 uses it names were found"),
        (vec![used("far", &["s"])], true, Some(false), "it names what was not found: s in far"),
        // What it has said so far counts, though it was not read to its end.
        (vec![used("far", &["s"])], false, Some(false), "it names what was not found: s in far"),
        (vec![used("east", &["s"])], false, None, "it was not read to its end"),
        (
            vec![used("west", &["trails"])],
            true,
            None,
            "of 1 uses it names, 0 are of services that are not read",
        ),
        (vec![unread], true, None, "of 1 uses it names, 1 are of services that are not read"),
    ] {
        let signal = signal(uses, read);
        assert_eq!((signal.supports, signal.statement.as_str()), (supports, statement));
        assert_eq!((signal.subject.as_str(), signal.witness), (ACCOUNT, Witness::Cost));
    }
}
