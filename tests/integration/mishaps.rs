//! What goes wrong in the middle of a run, case by case: storms, credentials and clocks, accounts and services that go,
//! lists that never end. Whatever it is, nothing false and nothing silent, and no more asked than it is worth.

use super::cloud::{CLOUD, PATIENCE, Ran, Walker, rows, text};
use super::faults::{nothing_false, nothing_silent, without_trace};
use sekisho::collect::Ways;
use sekisho_contract::door::Patience;
use sekisho_simulator::RecordedRequest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const FIRST: &str = "111122223333";
const SECOND: &str = "444455556666";

/// What the report says of it.
enum Then {
    /// Nothing: it was ridden out.
    NoTrace,
    /// Gaps of this reason in these accounts, and in no other.
    Gaps(&'static str, &'static [&'static str]),
}

/// Which requests, and how many of them there may have been.
type Bound = (fn(&RecordedRequest) -> bool, std::ops::RangeInclusive<usize>);

/// Something that goes wrong: its name, what is added to the cloud, what the report says, and what was asked for it.
type Case = (&'static str, &'static str, Then, Option<Bound>);

const CASES: &[Case] = &[
    ("a storm", "faults: [{fault: throttled, probability: 0.3, each_attempt: true}]", Then::NoTrace, None),
    (
        "a storm over one service, refusing all for a while",
        "faults: [{service: s3, fault: throttled, times: 4}]",
        Then::NoTrace,
        None,
    ),
    (
        "sessions that end in the middle, and are renewed",
        "credentials: {session_requests: 150}",
        Then::NoTrace,
        Some((|request| &*request.operation == "AssumeRole", 2..=12)),
    ),
    (
        "sessions that end in the middle, and are not renewed",
        "credentials: {session_requests: 60}\nfaults: [{service: sts, operation: AssumeRole, after: 12, fault: denied}]",
        Then::Gaps("credentials", &[SECOND]),
        Some((|request| &*request.operation == "AssumeRole", 2..=12)),
    ),
    ("a clock that is behind the provider's", "clock_ahead_seconds: 3600", Then::NoTrace, None),
    ("a clock that is ahead of the provider's", "clock_ahead_seconds: -86400", Then::NoTrace, None),
    (
        "an account that is suspended in the middle",
        "faults: [{account: \"444455556666\", fault: suspended, after: 40}]",
        Then::Gaps("closed", &[SECOND]),
        None,
    ),
    (
        "a page that names itself as the next",
        "faults: [{service: kms, operation: ListKeys, fault: same_page}]",
        Then::Gaps("endless-pages", &[FIRST, SECOND]),
        // Two accounts, three regions, and the page is known when it comes again.
        Some((|request| &*request.operation == "ListKeys", 2 * 3 * 2..=2 * 3 * 3)),
    ),
    (
        "ever further pages with nothing in them",
        "faults: [{service: rds, operation: DescribeDBInstances, fault: endless_pages}]",
        Then::Gaps("endless-pages", &[FIRST, SECOND]),
        Some((|request| &*request.operation == "DescribeDBInstances", 2 * 3..=2 * 3 * 22)),
    ),
    (
        "a service that is mute",
        "faults: [{service: kms, region: ap-northeast-3, fault: stall}]",
        Then::Gaps("unreachable", &[FIRST, SECOND]),
        Some((|request| (&*request.service, &*request.region) == ("kms", "ap-northeast-3"), 2..=24)),
    ),
    (
        "a region that is mute",
        "faults: [{region: ap-northeast-3, fault: stall}]",
        Then::Gaps("unreachable", &[FIRST, SECOND]),
        // Less than the time-outs of a patient caller, which are three for each question.
        Some((|request| &*request.region == "ap-northeast-3", 2..=400)),
    ),
];

/// Patient with throttling, as an ordinary run is.
fn patient(ways: &mut Ways) {
    ways.paced = false;
    ways.patience = Patience { throttled_attempts: Patience::ORDINARY.throttled_attempts, ..PATIENCE };
}

fn accounts_with(ran: &Ran, reason: &str) -> BTreeSet<String> {
    let called: BTreeMap<&str, &str> =
        ran.calls.iter().map(|call| (call.id.as_str(), call.account.as_str())).collect();
    let gaps = rows(&ran.report, "/coverage/gaps").iter().filter(|gap| text(gap, "reason") == reason);
    // A bucket's name says nothing of its account, and its call does.
    let account = |gap: &Value| {
        let named = || [FIRST, SECOND].into_iter().find(|account| text(gap, "subject").contains(account));
        Some(called.get(text(gap, "call")).copied().or_else(named)?.to_owned())
    };
    gaps.filter_map(account).collect()
}

#[test]
fn each_is_told_or_leaves_no_trace() {
    let walker = Walker::new();
    let clean = walker.walk(CLOUD);
    for (name, mishap, then, bound) in CASES {
        let began = Instant::now();
        let ran = walker.walk_in(&format!("{CLOUD}{mishap}\n"), patient);
        eprintln!("{name}: {:.1} s, {} requests", began.elapsed().as_secs_f64(), ran.requests.len());
        nothing_false(&clean, &ran);
        nothing_silent(&ran);
        match then {
            Then::NoTrace => without_trace(&clean, &ran),
            Then::Gaps(reason, accounts) => {
                let expected: BTreeSet<String> = accounts.iter().map(|id| (*id).to_owned()).collect();
                assert_eq!(accounts_with(&ran, reason), expected, "{name}");
                assert_ne!(text(&ran.report, "verdict"), "conforms", "{name}");
            }
        }
        if let Some((of, times)) = bound {
            let asked = ran.requests.iter().filter(|request| of(request)).count();
            assert!(times.contains(&asked), "{name}: {asked} requests, not {times:?}");
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{name}: {:?}", began.elapsed());
    }
}

#[test]
fn what_a_suspended_account_takes_along_is_its_own() {
    let walker = Walker::new();
    let clean = walker.walk(CLOUD);
    let gone = "faults: [{account: \"444455556666\", fault: suspended, after: 40}]\n";
    let ran = walker.walk(&format!("{CLOUD}{gone}"));
    let states = |ran: &Ran, account: &str| -> Vec<String> {
        let cells =
            rows(&ran.report, "/coverage/cells").iter().filter(|cell| text(cell, "account") == account);
        cells.map(|cell| text(cell, "state").to_owned()).collect()
    };
    assert_eq!(states(&clean, FIRST), states(&ran, FIRST));
    assert!(states(&clean, SECOND).iter().all(|state| state == "listed" || state == "closed"));
    let (before, after) = (states(&clean, SECOND), states(&ran, SECOND));
    assert_eq!(before.len(), after.len());
    assert!(after.iter().any(|state| state == "failed" || state == "denied"), "{after:?}");
}
