//! How much is asked, and how fast.

use super::cloud::{CLOUD, Walker, lasting, rows, text};
use sekisho::collect::Ways;
use sekisho_contract::call::CallOutcome;
use sekisho_contract::door::Patience;

/// The quotas AWS publishes for the slowest of its APIs, in each account and region.
const PUBLISHED: &str = "quotas:
  - {service: logs, operation: ListTagsForResource, rate: 5, burst: 5}
  - {service: logs, operation: DescribeLogGroups, rate: 10, burst: 10}
  - {service: cloudtrail, rate: 10, burst: 10}
";

#[test]
fn published_quotas_are_kept() {
    let groups = "      - {name: \"busy-{n}\", count: 12, region: ap-northeast-1, retention_days: 400}\n";
    let cloud = CLOUD.replacen("    log_groups:\n", &format!("    log_groups:\n{groups}"), 1);
    assert_ne!(cloud, CLOUD);
    let ran = Walker::new().walk_in(&format!("{cloud}{PUBLISHED}"), |ways| ways.paced = true);
    let asked = ran.requests.iter().filter(|request| &*request.operation == "ListTagsForResource").count();
    assert!(asked > 12, "the quota was tried by {asked} requests");
    let over: Vec<_> = ran.requests.iter().filter(|request| request.quota_exceeded).collect();
    assert!(over.is_empty(), "{over:?}");
    assert!(ran.calls.iter().all(|call| call.outcome != CallOutcome::Throttled));
}

#[test]
fn quotas_below_those_published_are_ridden_out() {
    let walker = Walker::new();
    let calm = walker.walk(CLOUD);
    let tight = "quotas:\n  - {service: s3, operation: GetBucketPolicy, rate: 20, burst: 2}\n";
    let patient = |ways: &mut Ways| (ways.patience, ways.paced) = (Patience::ORDINARY, true);
    let ran = walker.walk_in(&format!("{CLOUD}{tight}"), patient);
    assert!(ran.requests.iter().any(|request| request.quota_exceeded));
    assert!(lasting(ran.report) == lasting(calm.report), "the reports differ");
}

#[test]
fn a_call_budget_is_kept_and_what_it_cuts_off_is_told() {
    for most in [1, 7, 60] {
        let ran = Walker::new().walk_in(CLOUD, |ways| (ways.budget, ways.paced) = (Some(most), false));
        assert_eq!(ran.requests.len() as u64, most);
        assert_eq!(ran.calls.len() as u64, most);
        let spent =
            rows(&ran.report, "/coverage/gaps").iter().any(|gap| text(gap, "reason") == "budget-spent");
        assert!(spent, "no gap says that {most} calls were all");
        let passed = |clause: &&serde_json::Value| text(clause, "status") == "conforms";
        assert_eq!(rows(&ran.report, "/clauses").iter().find(passed), None);
    }
}
