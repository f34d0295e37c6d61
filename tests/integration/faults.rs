//! The truth under faults: whatever goes wrong, what is broken is never told as in order, what passes leaves
//! no trace, and what stays is named with its call.

use super::cloud::{CLOUD, Dice, Ran, TENANCY, Walker, lasting, rows, text};
use super::{azure_abroad, google_abroad};
use sekisho_contract::call::CallOutcome;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many plans for each cloud, unless the environment says otherwise.
const PLANS: u64 = 40;
/// Faults that trying again gets over.
const PASSING: &[&str] = &[
    "throttled",
    "internal_error",
    "unavailable",
    "reset",
    "truncated",
    "malformed",
    "html_500",
    "wrong_content",
    "stall",
];
/// Faults that trying again does not get over.
const STANDING: &[&str] = &["denied", "endless_pages", "not_opted_in", "expired_token"];

/// A cloud that faults strike, and the tenancy file over it.
struct Struck {
    name: &'static str,
    cloud: String,
    file: &'static str,
    /// Clauses that are broken without any fault.
    broken: &'static [&'static str],
    /// Operations whose facts no check asks for yet, or of which another tells all there is: they leave their gap, and no finding.
    unasked: &'static [&'static str],
}

/// One of each provider's.
fn struck() -> [Struck; 3] {
    [
        Struck {
            name: "aws",
            cloud: CLOUD.to_owned(),
            file: TENANCY,
            broken: &["V-3", "V-5", "V-6", "V-11", "V-12"],
            unasked: &[
                "iam:GetAccountPasswordPolicy",
                "ec2:GetEbsDefaultKmsKeyId",
                "cloudtrail:LookupEvents",
                "resource-explorer-2:ListIndexes",
                "tagging:GetResources",
            ],
        },
        Struck {
            name: "azure",
            cloud: azure_abroad::cloud(true),
            file: azure_abroad::TENANCY,
            broken: &["V-3", "V-6", "V-11"],
            unasked: &[
                // What it is asked of lies abroad anyway.
                "compute:GetGalleryImageVersion",
                // Policies that name no place need none.
                "graph:ListNamedLocations",
                // Errors of a service stay errors without it.
                "subscription:ListProviders",
                "sql:GetShortTermRetentionPolicy",
                "storage:GetManagementPolicy",
                "storage:GetStorageAccount",
            ],
        },
        Struck {
            name: "gcp",
            cloud: google_abroad::CLOUD.to_owned(),
            file: google_abroad::TENANCY,
            broken: &["V-3", "V-11"],
            unasked: &[],
        },
    ]
}

impl Struck {
    /// The cloud under a plan.
    fn under(&self, seed: u64, faults: &[String]) -> String {
        format!("{}seed: {seed}\nfaults:\n{}", self.cloud, faults.concat())
    }

    fn walk(&self, walker: &Walker, cloud: &str) -> Ran {
        walker.walk_over(cloud, self.file, |ways| ways.paced = false)
    }
}

/// What a fault plan may aim at: what a run without faults asks.
struct Targets {
    operations: Vec<(String, String)>,
    regions: Vec<String>,
    resources: Vec<String>,
}

impl Targets {
    fn of(clean: &Ran) -> Self {
        let seen = |field: fn(&sekisho_simulator::RecordedRequest) -> &str| -> Vec<String> {
            let all: BTreeSet<&str> =
                clean.requests.iter().map(field).filter(|text| !text.is_empty()).collect();
            all.into_iter().map(str::to_owned).collect()
        };
        let operations: BTreeSet<_> =
            clean.requests.iter().map(|r| (r.service.to_string(), r.operation.to_string())).collect();
        Self {
            operations: operations.into_iter().collect(),
            // What has no region cannot be aimed at by one.
            regions: seen(|request| &request.region)
                .into_iter()
                .filter(|region| region != "global")
                .collect(),
            resources: seen(|request| &request.resource),
        }
    }
}

/// A plan of the seed, and whether all of it passes within the retry budget.
fn plan(seed: u64, targets: &Targets) -> (Vec<String>, bool) {
    let mut dice = Dice(seed);
    let only_passing = dice.percent(40);
    let faults = (0..=dice.below(4)).map(|_| {
        let passing = only_passing || dice.percent(50);
        let kind = if passing { *dice.pick(PASSING) } else { *dice.pick(STANDING) };
        let mut fields = Vec::new();
        // A stalled answer costs the whole time-out: it strikes one operation.
        if dice.percent(70) || kind == "stall" {
            let (service, operation) = dice.pick(&targets.operations);
            fields.push(format!("service: {service}, operation: {operation}"));
        } else if dice.percent(50) {
            fields.push(format!("service: {}", dice.pick(&targets.operations).0));
        }
        if dice.percent(25) && !targets.regions.is_empty() {
            fields.push(format!("region: {}", dice.pick(&targets.regions)));
        }
        if dice.percent(30) {
            fields.push(format!("resource: \"{}\"", dice.pick(&targets.resources)));
        }
        if dice.percent(60) {
            fields.push(format!("probability: 0.{}", 1 + dice.below(9)));
        }
        if only_passing || dice.percent(30) {
            fields.push(format!("times: {}", 1 + dice.below(2)));
        }
        format!("  - {{{}, fault: {kind}}}\n", fields.join(", ")).replace("{, ", "{")
    });
    (faults.collect(), only_passing)
}

type Pairs = BTreeMap<(String, String), String>;

/// (check, subject) → status.
fn findings(report: &Value) -> Pairs {
    rows(report, "/findings")
        .iter()
        .map(|row| ((text(row, "check").into(), text(row, "subject").into()), text(row, "status").into()))
        .collect()
}

/// Check → status and counts.
fn checks(report: &Value) -> BTreeMap<String, (String, Value)> {
    let checks = rows(report, "/clauses").iter().flat_map(|clause| rows(clause, "/checks"));
    checks
        .map(|check| (text(check, "id").into(), (text(check, "status").into(), check["counts"].clone())))
        .collect()
}

/// Nothing broken is told as in order, nothing sound as broken, and nothing drops out of a check in silence.
pub fn nothing_false(clean: &Ran, ran: &Ran) {
    let clauses = |ran: &Ran| -> BTreeMap<String, String> {
        let clauses = rows(&ran.report, "/clauses").iter();
        clauses.map(|clause| (text(clause, "id").to_owned(), text(clause, "status").to_owned())).collect()
    };
    let (before, after) = (clauses(clean), clauses(ran));
    for (id, status) in &before {
        let allowed = after[id] == *status || after[id] == "unverified";
        assert!(allowed, "clause {id} was {status} and became {}", after[id]);
    }
    let (before, after) = (checks(&clean.report), checks(&ran.report));
    for (id, (status, counts)) in &before {
        let (now, now_counts) = &after[id];
        assert!(now == status || now == "unverified", "check {id} was {status} and became {now}");
        let settled = now == "conforms" || now == "not-applicable";
        // What a check does not concern may be missing: another kind, or public information.
        let same = counts["conforms"] == now_counts["conforms"];
        assert!(!settled || same, "check {id} is {now} over {now_counts}, was {counts}");
    }
    let read: BTreeSet<&str> = ran.facts.iter().map(|fact| text(fact, "id")).collect();
    let (before, after) = (findings(&clean.report), findings(&ran.report));
    for ((check, subject), status) in &before {
        match after.get(&(check.clone(), subject.clone())) {
            Some(now) => assert!(now == status || now == "unverified", "{check} of {subject}: {now}"),
            // Not listed: the check knows that something is missing.
            None => assert!(
                !read.contains(subject.as_str())
                    && matches!(after_status(&ran.report, check).as_str(), "unverified" | "violates"),
                "{check} of {subject} was {status} and is gone"
            ),
        }
    }
    for ((check, subject), status) in &after {
        let was = before.get(&(check.clone(), subject.clone()));
        let false_alarm = status == "violates" && was.is_none_or(|was| was != "violates");
        assert!(!false_alarm, "{check} of {subject} violates only under faults");
    }
}

fn after_status(report: &Value, check: &str) -> String {
    checks(report).get(check).map(|(status, _)| status.clone()).unwrap_or_default()
}

/// Every call that failed for good is named by a gap.
pub fn nothing_silent(ran: &Ran) {
    let mut last = BTreeMap::new();
    for call in &ran.calls {
        last.insert(call.id.as_str(), call);
    }
    let named: BTreeSet<&str> = rows(&ran.report, "/coverage/gaps").iter().map(|g| text(g, "call")).collect();
    let read: BTreeSet<&str> = ran.facts.iter().map(|fact| text(fact, "id")).collect();
    for (id, call) in last {
        let well = matches!(call.outcome, CallOutcome::Answered | CallOutcome::Absent);
        // A bucket that was read in its own account needs no asking.
        let covered = call.operation == "s3:HeadBucket"
            && read.contains(format!("arn:aws:s3:::{}", call.target).as_str());
        // Where the inventory refused before it told anything, each API was asked for its own lists.
        let instead = call.operation == "cloudasset:assets.list" && call.page == 0;
        // That the service is off is said by an error.
        let off = call.operation == "securityhub:DescribeHub" && call.error == "InvalidAccessException";
        assert!(
            well || covered || instead || off || named.contains(id),
            "no gap names {} of {} ({id})",
            call.operation,
            call.target
        );
    }
}

/// As `with_plan`, for a plan whose every fault passes.
pub fn without_trace(clean: &Ran, ran: &Ran) {
    let (before, after) = (lasting(clean.report.clone()), lasting(ran.report.clone()));
    if before == after {
        return;
    }
    for field in before.as_object().unwrap().keys() {
        if before[field] != after[field] {
            let differs = |list: &Value, other: &Value| -> Vec<String> {
                let (list, other) = (rows(list, ""), rows(other, ""));
                list.iter().filter(|row| !other.contains(row)).map(ToString::to_string).collect()
            };
            panic!(
                "{field} differs:\n- {}\n+ {}",
                differs(&before[field], &after[field]).join("\n- "),
                differs(&after[field], &before[field]).join("\n+ ")
            );
        }
    }
}

/// A number from the environment, or the usual one.
fn ordered(name: &str, usual: u64) -> u64 {
    #[allow(clippy::disallowed_methods, reason = "how a longer run is ordered, see docs/testing.md")]
    let ordered = std::env::var(name);
    ordered
        .map_or(usual, |number| number.parse().unwrap_or_else(|_| panic!("{name}: not a number: {number}")))
}

/// Does everything on two threads, and tells every case that failed.
fn all(struck: &Struck, cases: &[(String, String)], check: impl Fn(&Ran, usize) + Sync) {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let walker = Walker::new();
                loop {
                    let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                    let Some((name, faults)) = cases.get(index) else { return };
                    let ran = AssertUnwindSafe(|| check(&struck.walk(&walker, faults), index));
                    if let Err(panic) = catch_unwind(ran) {
                        let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        let plan = faults.strip_prefix(&struck.cloud).unwrap_or(faults);
                        failed.lock().unwrap().push(format!("{name}: {why}\n{plan}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let shown: Vec<_> = failed.iter().take(12).cloned().collect();
    assert!(failed.is_empty(), "{} of {} failed\n\n{}", failed.len(), cases.len(), shown.join("\n"));
}

#[test]
fn random_plans() {
    for struck in struck() {
        random_plans_of(&struck);
    }
}

fn random_plans_of(struck: &Struck) {
    let walker = Walker::new();
    let clean = struck.walk(&walker, &struck.cloud);
    nothing_silent(&clean);
    without_trace(&clean, &struck.walk(&walker, &struck.cloud));
    let violated = |id: &str| {
        let clauses = rows(&clean.report, "/clauses");
        clauses.iter().any(|clause| text(clause, "id") == id && text(clause, "status") == "violates")
    };
    for id in struck.broken {
        assert!(violated(id), "{id} is not violated on {} without faults", struck.name);
    }
    let targets = Targets::of(&clean);
    let first = ordered("SEKISHO_FAULT_SEED", 1);
    let drawn: Vec<_> = (first..first + ordered("SEKISHO_FAULT_PLANS", PLANS))
        .map(|seed| (seed, plan(seed, &targets)))
        .collect();
    let cases: Vec<_> = drawn
        .iter()
        .map(|(seed, (faults, _))| {
            (format!("{}, plan of seed {seed}", struck.name), struck.under(*seed, faults))
        })
        .collect();
    let (began, hit) = (Instant::now(), AtomicU64::new(0));
    all(struck, &cases, |ran, index| {
        hit.fetch_add(u64::from(ran.requests.iter().any(|r| r.fault.is_some())), Ordering::Relaxed);
        nothing_false(&clean, ran);
        nothing_silent(ran);
        if drawn[index].1.1 {
            without_trace(&clean, ran);
        }
    });
    let (hit, all) = (hit.into_inner(), cases.len() as u64);
    eprintln!(
        "{}: {all} fault plans, {hit} of which struck, in {:.1} s",
        struck.name,
        began.elapsed().as_secs_f64()
    );
    assert!(hit * 4 >= all * 3, "most plans strike something: {hit} of {all}");
}

#[test]
fn a_fault_that_stays_is_named_with_its_call() {
    for struck in struck() {
        a_fault_that_stays(&struck);
    }
}

fn a_fault_that_stays(struck: &Struck) {
    let clean = struck.walk(&Walker::new(), &struck.cloud);
    let targets = Targets::of(&clean);
    let mut cases = Vec::new();
    let kinds = ["denied", "internal_error", "throttled", "malformed", "reset", "not_opted_in"];
    for (index, (service, operation)) in targets.operations.iter().enumerate() {
        // Each sort of fault strikes what is answered in a way of its own; the conformance suite puts every operation
        // through all of them.
        let whole = ["s3", "kms", "cloudtrail", "logs"].contains(&service.as_str());
        for kind in kinds
            .into_iter()
            .enumerate()
            .filter(|(at, _)| whole || index % kinds.len() == *at)
            .map(|(_, kind)| kind)
        {
            // It answers in its headers.
            if (operation.as_str(), kind) == ("HeadBucket", "malformed") {
                continue;
            }
            let fault = format!("  - {{service: {service}, operation: {operation}, fault: {kind}}}\n");
            cases.push((format!("{kind} {service}:{operation}"), struck.under(1, &[fault])));
        }
    }
    all(struck, &cases, |ran, index| {
        let name = &cases[index].0;
        let operation = name.split(' ').nth(1).unwrap();
        nothing_false(&clean, ran);
        nothing_silent(ran);
        // Refused, it is made up for: each API is asked for its own lists.
        if name.ends_with(" cloudasset:assets.list") {
            return;
        }
        let gaps = rows(&ran.report, "/coverage/gaps");
        let calls: BTreeSet<&str> = gaps
            .iter()
            .filter(|gap| text(gap, "operation") == operation)
            .map(|gap| text(gap, "call"))
            .filter(|call| !call.is_empty())
            .collect();
        assert!(!calls.is_empty(), "no gap names the operation and its call");
        let told = rows(&ran.report, "/findings").iter().any(|finding| {
            text(finding, "status") == "unverified"
                && rows(finding, "/calls").iter().any(|call| calls.contains(call.as_str().unwrap()))
                && text(&finding["reason"], "en").contains(operation)
        });
        let unasked = struck.unasked.contains(&operation);
        assert!(told || unasked, "no unverified finding names the operation and its call");
    });
}
