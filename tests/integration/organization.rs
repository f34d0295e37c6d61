//! An organization: every account of it is read, each for itself, and a region is closed by what closes it alone.

use crate::cloud::{Ran, Walker, rows, text};
use serde_json::Value;
use std::collections::BTreeSet;

const TENANCY: &str = r#"
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
const CLOUD: &str = r#"
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
