//! An organization: every account of it is read, each for itself, and a region is closed by what closes it alone.

use crate::cloud::{Ran, Walker, lasting, rows, text};
use serde_json::Value;
use std::collections::BTreeSet;

pub const TENANCY: &str = r#"
[tenancy]
name = "an organization"
profile = "jp-annex-2"
contract_end = 2027-03-31

[[account]]
provider = "aws"
id = "111111111111"
role_arn = "arn:aws:iam::111111111111:role/reader"
accounts = "organization"
endpoint = "{endpoint}"
"#;

/// The policy leaves Tokyo and Osaka open to the accounts of one unit; KMS is exempt from it.
pub const CLOUD: &str = r#"
clock: 2026-11-01T00:00:00Z
regions: [ap-east-1, ap-northeast-1, ap-northeast-3, us-east-1]
accounts:
  - id: "111111111111"
    roles: [reader]
    resources:
      - service: organizations
        region: us-east-1
        tells:
          DescribeOrganization: {Organization: {Id: o-1, MasterAccountId: "111111111111"}}
          ListRoots: {Id: r-1, PolicyTypes: [{Type: SERVICE_CONTROL_POLICY, Status: ENABLED}]}
          ListAccounts: {Id: "111111111111", Status: ACTIVE}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "222222222222", Status: ACTIVE}}}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "333333333333", Status: ACTIVE}}}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "444444444444", Status: SUSPENDED}}}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "555555555555", Status: ACTIVE}}}
      - service: organizations
        region: us-east-1
        of: {PolicyId: p-1, Filter: SERVICE_CONTROL_POLICY}
        tells:
          ListPolicies: {Id: p-1, Name: home, AwsManaged: false}
          DescribePolicy: {Policy: {PolicySummary: {Id: p-1}, Content: '{"Statement": {"Effect": "Deny", "NotAction": ["iam:*", "kms:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["ap-northeast-1", "ap-northeast-3"]}}}}'}}
          ListTargetsForPolicy: {TargetId: ou-1, Type: ORGANIZATIONAL_UNIT}
      - {service: organizations, region: us-east-1, of: {ParentId: ou-1}, tells: {ListAccountsForParent: {Id: "222222222222"}}}
  - id: "222222222222"
    roles: [reader]
    regions: {closed: [us-east-1]}
    buckets: [{name: second, region: ap-northeast-1}]
  - id: "333333333333"
    roles: [reader]
    resources:
      - {service: ec2, region: us-east-1, tells: {DescribeVolumes: {volumeId: vol-3, availabilityZone: us-east-1a, encrypted: true}}}
  - {id: "444444444444", roles: [reader]}
  - {id: "555555555555", roles: [another]}
faults:
  - {service: logs, account: "333333333333", region: us-east-1, fault: reset}
"#;

fn cell<'a>(ran: &'a Ran, account: &str, region: &str, service: &str) -> &'a Value {
    let this = |cell: &&Value| {
        (text(cell, "account"), text(cell, "region"), text(cell, "service")) == (account, region, service)
    };
    rows(&ran.report, "/coverage/cells")
        .iter()
        .find(this)
        .unwrap_or_else(|| panic!("{account} {region} {service}"))
}

#[test]
fn every_account_is_read_for_itself() {
    let ran = Walker::new().walk_over(CLOUD, TENANCY, |ways| ways.paced = false);
    let settings: BTreeSet<&str> = ran
        .facts
        .iter()
        .filter(|fact| text(fact, "type") == "setting")
        .map(|setting| text(setting, "account"))
        .collect();
    let all = ["111111111111", "222222222222", "333333333333", "444444444444", "555555555555"];
    assert_eq!(settings, all.into());
    // Account, region, service; state, and what closes it.
    for (account, region, service, state, closed_by) in [
        ("111111111111", "global", "organizations", "listed", None),
        ("111111111111", "us-east-1", "ec2", "listed", None),
        ("222222222222", "us-east-1", "ec2", "closed", Some("policy")),
        ("222222222222", "ap-east-1", "ec2", "closed", Some("not_opted_in")),
        ("222222222222", "ap-northeast-3", "ec2", "listed", None),
        // KMS is exempt from the policy: its region is asked, and refuses.
        ("222222222222", "us-east-1", "kms", "denied", None),
        ("333333333333", "us-east-1", "ec2", "listed", None),
        ("333333333333", "us-east-1", "logs", "failed", None),
        ("444444444444", "ap-northeast-1", "ec2", "failed", None),
        ("555555555555", "ap-northeast-1", "ec2", "denied", None),
    ] {
        let cell = cell(&ran, account, region, service);
        assert_eq!(
            (text(cell, "state"), cell["closed_by"].as_str()),
            (state, closed_by),
            "{account} {region} {service}"
        );
    }
    let gaps: Vec<&Value> = rows(&ran.report, "/coverage/gaps").iter().collect();
    let said = |subject: &str, reason: &str| {
        gaps.iter().any(|gap| text(gap, "subject").starts_with(subject) && text(gap, "reason") == reason)
    };
    assert!(said("aws/444444444444/", "closed") && said("aws/555555555555/", "denied"));
    assert!(said("aws/333333333333/us-east-1/logs", "unreachable"));
    // Nobody asks what a policy has closed, and what was found abroad is told of.
    let asked = |request: &&sekisho_simulator::RecordedRequest| {
        (&*request.account, &*request.region, &*request.service) == ("222222222222", "us-east-1", "ec2")
    };
    assert_eq!(ran.requests.iter().filter(asked).count(), 0);
    let abroad = rows(&ran.report, "/findings").iter().find(|finding| {
        text(finding, "check") == "copies-in-home-country" && text(finding, "status") == "violates"
    });
    assert!(text(abroad.unwrap(), "subject").ends_with("volume/vol-3"));
    // The list of accounts came from one place, and was asked once.
    let of = |name: &str| ran.calls.iter().filter(|call| call.operation == name).count();
    assert_eq!((of("organizations:ListAccounts"), of("organizations:DescribePolicy")), (1, 1));
}

#[test]
fn an_organization_that_was_not_listed_leaves_the_question_open() {
    let denied = format!("{CLOUD}  - {{service: organizations, operation: ListAccounts, fault: denied}}\n");
    let ran = Walker::new().walk_over(&denied, TENANCY, |ways| ways.paced = false);
    assert_eq!(text(cell(&ran, "111111111111", "global", "organizations"), "state"), "denied");
    let seen =
        rows(&ran.report, "/findings").iter().find(|finding| text(finding, "check") == "regions-all-seen");
    assert_eq!(text(seen.unwrap(), "status"), "unverified");
}

/// Twelve accounts with a little of everything, one of them suspended and one that cannot be entered.
const MANY: &str = r#"
clock: 2026-11-01T00:00:00Z
published_quotas: true
latency_ms: 2
regions: [ap-northeast-1, ap-northeast-3, us-east-1]
accounts:
  - id: "111111111111"
    roles: [reader]
    resources:
      - service: organizations
        region: us-east-1
        tells:
          DescribeOrganization: {Organization: {Id: o-1, MasterAccountId: "111111111111"}}
          ListRoots: {Id: r-1, PolicyTypes: []}
          ListAccounts: {Id: "111111111111", Status: ACTIVE}
      - {service: organizations, region: us-east-1, count: 9, tells: {ListAccounts: {Id: "22222222222{n}", Status: ACTIVE}}}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "444444444444", Status: SUSPENDED}}}
      - {service: organizations, region: us-east-1, tells: {ListAccounts: {Id: "555555555555", Status: ACTIVE}}}
  - id: "22222222222{n}"
    count: 9
    roles: [reader]
    public_access_block: all
    buckets: [{name: "records-{account}-{n}", count: 3, region: ap-northeast-1, versioning: enabled}]
    keys: [{region: ap-northeast-1, alias: records, rotation: {enabled: true}}]
    log_groups: [{name: "/app/{n}", count: 8, region: ap-northeast-1, retention_days: 400}]
    resources:
      - {service: ec2, region: ap-northeast-1, count: 4, tells: {DescribeVolumes: {volumeId: "vol-{account}{n}", availabilityZone: ap-northeast-1a, encrypted: true}}}
  - {id: "444444444444", roles: [reader]}
  - {id: "555555555555", roles: [another]}
"#;

#[test]
fn many_accounts_are_read_side_by_side_within_every_quota() {
    let walker = Walker::new();
    let one = walker.walk_over(MANY, TENANCY, |ways| ways.paced = true);
    // Answers come in another order, and in fewer at once.
    let spread = format!("{MANY}spread: {{ms: 30, seed: 7}}\n");
    let other = walker.walk_over(&spread, TENANCY, |ways| {
        *ways = sekisho::collect::Ways { paced: true, ..ways.clone().with_requests_under_way(16) };
    });
    for ran in [&one, &other] {
        let over = ran.requests.iter().filter(|request| request.quota_exceeded).count();
        assert_eq!(over, 0, "the server counts {over} requests above a quota");
        let whole = |cell: &&Value| text(cell, "account").starts_with("2222");
        let cells: Vec<&Value> = rows(&ran.report, "/coverage/cells").iter().filter(whole).collect();
        assert!(cells.len() > 9 * 100 && cells.iter().all(|cell| text(cell, "state") != "failed"));
        for (account, state, reason) in
            [("444444444444", "failed", "closed"), ("555555555555", "denied", "denied")]
        {
            assert_eq!(text(cell(ran, account, "ap-northeast-1", "ec2"), "state"), state);
            let said = |gap: &Value| text(gap, "subject").contains(account) && text(gap, "reason") == reason;
            assert!(rows(&ran.report, "/coverage/gaps").iter().any(said), "{account}");
        }
    }
    assert!(lasting(one.report) == lasting(other.report), "the reports differ with the order of answers");
}

/// One account under a policy that closes Virginia, with Hong Kong not opted in to.
const GUARDED: &str = r#"
clock: 2026-11-01T00:00:00Z
regions: [ap-east-1, ap-northeast-1, ap-northeast-3, us-east-1, us-west-2]
accounts:
  - id: "111111111111"
    roles: [reader]
    resources:
      - service: organizations
        region: us-east-1
        of: {PolicyId: p-1, Filter: SERVICE_CONTROL_POLICY}
        tells:
          DescribeOrganization: {Organization: {Id: o-1, MasterAccountId: "999999999999"}}
          ListRoots: {Id: r-1, PolicyTypes: [{Type: SERVICE_CONTROL_POLICY, Status: ENABLED}]}
          ListAccounts: {Id: "111111111111", Status: ACTIVE}
          ListPolicies: {Id: p-1, Name: home, AwsManaged: false}
          DescribePolicy: {Policy: {PolicySummary: {Id: p-1}, Content: '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-west-2"]}}}}'}}
          ListTargetsForPolicy: {TargetId: r-1, Type: ROOT}
"#;

#[test]
fn four_states_of_a_cell_are_told_apart_and_only_closed_ones_let_the_question_rest() {
    // What goes wrong in Osaka's databases; the state of that cell, and the reason of its gap.
    for (fault, state, reason) in [
        ("", "listed", ""),
        ("denied", "denied", "denied"),
        ("reset", "failed", "unreachable"),
        ("stall", "failed", "unreachable"),
        ("not_opted_in", "failed", "closed"),
    ] {
        let faults = match fault {
            "" => String::new(),
            fault => format!("faults: [{{service: rds, region: ap-northeast-3, fault: {fault}}}]\n"),
        };
        let ran = Walker::new().walk_over(&format!("{GUARDED}{faults}"), TENANCY, |ways| ways.paced = false);
        let of = |region: &str| {
            let cell = cell(&ran, "111111111111", region, "rds");
            (text(cell, "state").to_owned(), cell["closed_by"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(of("us-west-2"), ("closed".into(), "policy".into()), "{fault}");
        assert_eq!(of("ap-east-1"), ("closed".into(), "not_opted_in".into()), "{fault}");
        assert_eq!(of("ap-northeast-3"), (state.into(), String::new()), "{fault}");
        let gap = rows(&ran.report, "/coverage/gaps")
            .iter()
            .find(|gap| text(gap, "subject") == "aws/111111111111/ap-northeast-3/rds");
        assert_eq!(gap.map_or("", |gap| text(gap, "reason")), reason, "{fault}");
        let of_clause = |clause: &&Value| text(clause, "id") == "V-3";
        let clause = rows(&ran.report, "/clauses").iter().find(of_clause).unwrap();
        let seen =
            rows(clause, "/checks").iter().find(|check| text(check, "id") == "regions-all-seen").unwrap();
        let expected = if fault.is_empty() { "conforms" } else { "unverified" };
        let open: Vec<&Value> = rows(&ran.report, "/coverage/cells")
            .iter()
            .filter(|cell| !matches!(text(cell, "state"), "listed" | "closed"))
            .collect();
        assert_eq!(text(seen, "status"), expected, "{fault}: {open:?}");
        assert!(fault.is_empty() || text(clause, "status") == "unverified", "{fault}");
        assert_ne!(text(clause, "status"), "violates", "{fault}");
    }
}
