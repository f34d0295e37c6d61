//! Lists over services against the sweep: what they name abroad is not passed over, nor what nobody reads.

use crate::cloud::{Ran, Walker, rows, text};
use serde_json::Value;

const TENANCY: &str = r#"
[tenancy]
name = "second lists"
profile = "jp-annex-2"
contract_end = 2027-03-31

[[account]]
provider = "aws"
id = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/reader"
endpoint = "{endpoint}"
"#;

const CLOUD: &str = r#"
clock: 2026-11-01T00:00:00Z
regions: [ap-northeast-1, us-east-1]
accounts:
  - id: "111122223333"
    roles: [reader]
    public_access_block: all
    buckets:
      - {name: records, region: ap-northeast-1}
      - {name: far, region: us-east-1}
    keys:
      - {region: ap-northeast-1, alias: records}
    resources:
      - {service: tagging, region: ap-northeast-1, tells: {GetResources: {ResourceARN: "arn:aws:s3:::records", Tags: []}}}
"#;

/// A thing that carries labels.
fn labelled(region: &str, arn: &str) -> String {
    format!(
        "      - {{service: tagging, region: {region}, tells: {{GetResources: {{ResourceARN: \"{arn}\", Tags: [{{Key: system, Value: kikan}}]}}}}}}\n"
    )
}

/// An event in the audit log.
fn event(region: &str, source: &str) -> String {
    format!(
        "      - {{service: cloudtrail, region: {region}, tells: {{LookupEvents: {{EventId: e-1, EventName: Create, ReadOnly: \"false\", EventTime: 1793491200, EventSource: {source}}}}}}}\n"
    )
}

/// An index of resources with one thing in it.
fn indexed(region: &str, arn: &str) -> String {
    format!(
        "      - {{service: resource-explorer-2, region: {region}, tells: {{ListIndexes: {{Region: {region}, Arn: \"arn:aws:resource-explorer-2:{region}:111122223333:index/1\", Type: LOCAL}}, ListResources: {{Arn: \"{arn}\", OwningAccountId: \"111122223333\", Region: {region}, ResourceType: \"x:y\", Service: x}}}}}}\n"
    )
}

fn costs(lines: &[(&str, &str)]) -> String {
    let lines =
        lines.iter().map(|(region, service)| format!("      - {{region: {region}, service: {service}}}\n"));
    format!("    costs:\n{}", lines.collect::<String>())
}

fn walk(more: &str) -> Ran {
    Walker::new().walk_over(&format!("{CLOUD}{more}"), TENANCY, |ways| ways.paced = false)
}

/// The result of a check for the account: its status, its reason in English, and the operations of its calls.
fn result(ran: &Ran, check: &str) -> (String, String) {
    let finding = rows(&ran.report, "/findings")
        .iter()
        .find(|finding| text(finding, "check") == check && text(finding, "subject") == "aws/111122223333");
    match finding {
        None => ("conforms".to_owned(), String::new()),
        Some(finding) => {
            (text(finding, "status").to_owned(), finding["reason"]["en"].as_str().unwrap().to_owned())
        }
    }
}

fn signal<'a>(ran: &'a Ran, witness: &str) -> &'a Value {
    let this = |fact: &&Value| text(fact, "type") == "signal" && text(fact, "witness") == witness;
    ran.facts.iter().find(this).unwrap_or_else(|| panic!("no signal of {witness}"))
}

#[test]
fn lists_that_name_what_was_found_support_it() {
    let ran = walk("");
    for check in ["second-lists-agree", "services-in-use-read"] {
        assert_eq!(result(&ran, check), ("conforms".to_owned(), String::new()));
    }
    for witness in ["cost", "labels", "activity"] {
        assert_eq!(signal(&ran, witness)["supports"], true, "{witness}");
    }
    let operation = |id: &Value| {
        let id = id.as_str().unwrap();
        ran.calls.iter().find(|call| call.id.to_string() == id).map(|call| call.operation.clone())
    };
    assert_eq!(operation(&signal(&ran, "cost")["calls"][0]).as_deref(), Some("ce:GetCostAndUsage"));
}

#[test]
fn what_other_lists_name_is_never_passed_over() {
    let here = "ap-northeast-1";
    let notebook = |region: &str| format!("arn:aws:sagemaker:{region}:111122223333:notebook-instance/n");
    // What is added; the check, its status, and words of its reason.
    for (name, more, check, status, says) in [
        (
            "paid for abroad",
            costs(&[("us-east-1", "Amazon DynamoDB")]),
            "second-lists-agree",
            "unverified",
            "Amazon DynamoDB in us-east-1",
        ),
        ("its twin at home", costs(&[(here, "Amazon DynamoDB")]), "second-lists-agree", "conforms", ""),
        (
            "a charge without data",
            costs(&[("us-east-1", "AWS Support (Business)")]),
            "second-lists-agree",
            "conforms",
            "",
        ),
        (
            "changed abroad",
            event("us-east-1", "rds.amazonaws.com"),
            "second-lists-agree",
            "unverified",
            "rds in us-east-1",
        ),
        ("changed at home", event(here, "rds.amazonaws.com"), "second-lists-agree", "conforms", ""),
        (
            "a sign-in abroad",
            event("us-east-1", "signin.amazonaws.com"),
            "second-lists-agree",
            "conforms",
            "",
        ),
        (
            "labels on what is not read, abroad",
            labelled("us-east-1", &notebook("us-east-1")),
            "second-lists-agree",
            "unverified",
            "sagemaker:notebook-instance",
        ),
        (
            "an index that names a queue abroad",
            indexed("us-east-1", "arn:aws:sqs:us-east-1:111122223333:lost"),
            "second-lists-agree",
            "unverified",
            "sqs in us-east-1",
        ),
        (
            "paid for and read by nobody",
            costs(&[(here, "Amazon SageMaker")]),
            "services-in-use-read",
            "unverified",
            "Amazon SageMaker",
        ),
        (
            "labels on what is not read, at home",
            labelled(here, &notebook(here)),
            "services-in-use-read",
            "unverified",
            "sagemaker:notebook-instance",
        ),
        (
            "a service nobody has heard of",
            costs(&[(here, "Amazon Tomorrow")]),
            "services-in-use-read",
            "unverified",
            "Amazon Tomorrow",
        ),
    ] {
        let ran = walk(&more);
        let (found, reason) = result(&ran, check);
        assert_eq!(found, status, "{name}: {reason}");
        assert!(reason.contains(says), "{name}: {reason}");
    }
}

#[test]
fn things_that_are_not_read_are_facts_with_a_place() {
    let arn =
        |service: &str, region: &str| format!("arn:aws:{service}:{region}:111122223333:notebook-instance/n");
    // Abroad what is not read violates, and at home it is unverified: its copies were not read. What passes data on
    // alone has no copies.
    for (more, subject, status) in [
        (
            labelled("us-east-1", &arn("sagemaker", "us-east-1")),
            arn("sagemaker", "us-east-1"),
            Some("violates"),
        ),
        (
            labelled("ap-northeast-1", &arn("sagemaker", "ap-northeast-1")),
            arn("sagemaker", "ap-northeast-1"),
            Some("unverified"),
        ),
        (
            indexed("us-east-1", &arn("sagemaker", "us-east-1")),
            arn("sagemaker", "us-east-1"),
            Some("violates"),
        ),
        (
            labelled("us-east-1", &arn("elasticloadbalancing", "us-east-1")),
            arn("elasticloadbalancing", "us-east-1"),
            Some("violates"),
        ),
        (
            labelled("ap-northeast-1", &arn("elasticloadbalancing", "ap-northeast-1")),
            arn("elasticloadbalancing", "ap-northeast-1"),
            None,
        ),
    ] {
        let ran = walk(&more);
        let finding = rows(&ran.report, "/findings").iter().find(|finding| {
            text(finding, "check") == "copies-in-home-country" && text(finding, "subject") == subject
        });
        assert_eq!(finding.map(|finding| text(finding, "status")), status, "{subject}: {finding:?}");
    }
}

#[test]
fn a_bill_that_did_not_come_leaves_the_question_open() {
    for fault in [
        "{service: ce, fault: denied}",
        "{service: ce, fault: malformed}",
        "{service: ce, fault: endless_pages}",
    ] {
        let ran = walk(&format!("faults:\n  - {fault}\n"));
        let (status, reason) = result(&ran, "services-in-use-read");
        assert_eq!(status, "unverified", "{fault}");
        assert!(reason.contains("the bill"), "{fault}: {reason}");
        assert_eq!(signal(&ran, "cost")["supports"], Value::Null, "{fault}");
        // It vouches for the sweep, and holds nothing: the sweep itself is whole without it.
        assert_eq!(result(&ran, "regions-all-seen").0, "conforms", "{fault}");
    }
}

#[test]
fn a_history_that_goes_on_is_not_said_to_be_read_to_its_end() {
    let many = "      - {service: cloudtrail, region: ap-northeast-1, count: 260, tells: {LookupEvents: {EventId: \"e-{n}\", EventName: Put, ReadOnly: \"false\", EventTime: 1793491200, EventSource: s3.amazonaws.com}}}\n";
    let ran = walk(many);
    assert_eq!(signal(&ran, "activity")["supports"], Value::Null);
    let asked = ran.requests.iter().filter(|request| &*request.operation == "LookupEvents");
    assert_eq!(asked.filter(|request| &*request.region == "ap-northeast-1").count(), 4);
    assert_eq!(result(&ran, "second-lists-agree").0, "conforms");
}
