//! How much is asked, and how fast.

use super::cloud::{CLOUD, Ran, Walker, lasting, rows, text};
use super::{azure_abroad, google_abroad};
use sekisho::collect::Ways;
use sekisho_contract::Operation;
use sekisho_contract::call::CallOutcome;
use sekisho_contract::door::Patience;
use sekisho_simulator::published;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn published_quotas_are_kept() {
    let groups = "      - {name: \"busy-{n}\", count: 12, region: ap-northeast-1, retention_days: 400}\n";
    let cloud = CLOUD.replacen("    log_groups:\n", &format!("    log_groups:\n{groups}"), 1);
    assert_ne!(cloud, CLOUD);
    let ran = Walker::new().walk_in(&format!("{cloud}published_quotas: true\n"), |ways| ways.paced = true);
    let asked = ran.requests.iter().filter(|request| &*request.operation == "ListTagsForResource").count();
    assert!(asked > 12, "the quota was tried by {asked} requests");
    let over: Vec<_> = ran.requests.iter().filter(|request| request.quota_exceeded).collect();
    assert!(over.is_empty(), "{over:?}");
    assert!(ran.calls.iter().all(|call| call.outcome != CallOutcome::Throttled));
    the_ledger_proves_the_rates(&ran);
}

/// The rates in the report are those of the calls, and none is above what the family may send in a second.
fn the_ledger_proves_the_rates(ran: &Ran) {
    let mut sent: BTreeMap<(&str, &str, &str), Vec<i64>> = BTreeMap::new();
    for call in &ran.calls {
        let mut own = declared_by(&call.provider);
        let operation = own.find(|operation| operation.full_name() == call.operation).unwrap();
        let place = (operation.quota.name, call.account.as_str(), call.region.as_str());
        sent.entry(place).or_default().push(call.at.0.as_microsecond());
    }
    let mut highest: BTreeMap<&str, usize> = BTreeMap::new();
    for ((family, _, _), mut times) in sent {
        times.sort_unstable();
        let within = |from: &i64| times.iter().filter(|at| (*from..*from + 1_000_000).contains(*at)).count();
        let most = times.iter().map(within).max().unwrap_or(0);
        let known = highest.entry(family).or_default();
        *known = most.max(*known);
    }
    let rates = rows(&ran.report, "/ledger/rates");
    let told: BTreeMap<&str, usize> = rates
        .iter()
        .map(|rate| {
            (text(rate, "family"), usize::try_from(rate["highest_per_second"].as_u64().unwrap()).unwrap())
        })
        .collect();
    assert_eq!(told, highest);
    for rate in rates {
        let number = |field: &str| rate[field].as_u64().unwrap();
        assert!(number("highest_per_second") <= number("per_second") + number("burst"), "{rate}");
        assert!(!text(rate, "source").is_empty(), "{rate}");
    }
}

fn declared() -> impl Iterator<Item = &'static Operation> {
    declared_by("aws")
}

fn declared_by(name: &str) -> impl Iterator<Item = &'static Operation> {
    let provider = sekisho::providers::all().iter().find(|provider| provider.name() == name).unwrap();
    provider.operations().iter().copied()
}

/// What a family allows itself, enforced by the server: a service at a time, where one family has all of it.
fn enforced(provider: &str) -> (String, BTreeMap<&'static str, u32>) {
    let mut families: BTreeMap<&str, BTreeSet<&sekisho_contract::operation::Quota>> = BTreeMap::new();
    for operation in declared_by(provider) {
        families.entry(operation.service).or_default().insert(operation.quota);
    }
    let mut text = "quotas:\n".to_owned();
    let mut bursts = BTreeMap::new();
    for (service, of) in families {
        let [family] = of.into_iter().collect::<Vec<_>>()[..] else { continue };
        // One more than may be sent at once: the server's clock is not ours.
        let burst = family.burst + 1;
        text.push_str(&format!("  - {{service: {service}, rate: {}, burst: {burst}}}\n", family.rate));
        bursts.insert(service, burst);
    }
    (text, bursts)
}

#[test]
fn the_other_clouds_quotas_are_kept() {
    // Enough stores and things of their own for a family to come to its end.
    let stores = "        - {id: \"resourceGroups/g/providers/Microsoft.Storage/storageAccounts/busy{n}\", count: 4, location: \
                  japaneast, beside: {kind: StorageV2, sku: {name: Standard_LRS}}, properties: {primaryLocation: japaneast}}\n";
    let first = "        # Stores of others, to copy and log to.\n";
    let azure = azure_abroad::cloud(false);
    let busy = azure.replacen(first, &format!("{stores}{first}"), 1);
    assert_ne!(azure, busy);
    let no_inventory = "faults:\n  - {service: cloudasset, fault: denied}\n";
    for (provider, cloud, file) in [
        ("azure", busy, azure_abroad::TENANCY),
        ("gcp", format!("{}{no_inventory}", google_abroad::CLOUD), google_abroad::TENANCY),
    ] {
        let (quotas, bursts) = enforced(provider);
        let ran = Walker::new().walk_over(&format!("{cloud}{quotas}"), file, |ways| ways.paced = true);
        let asked = |service: &str| ran.requests.iter().filter(|one| &*one.service == service).count();
        let tried = bursts.iter().filter(|(service, burst)| asked(service) > **burst as usize).count();
        assert!(tried > 0, "no quota of {provider} was tried");
        let over: Vec<_> = ran.requests.iter().filter(|request| request.quota_exceeded).collect();
        assert!(over.is_empty(), "{over:?}");
        the_ledger_proves_the_rates(&ran);
    }
}

#[test]
fn every_family_stays_below_what_the_provider_publishes() {
    let mut backed: BTreeSet<&str> = BTreeSet::new();
    for quota in published::quotas() {
        let own = declared().filter(|operation| quota.covers(operation.service, operation.name));
        let families: BTreeMap<&str, &sekisho_contract::operation::Quota> =
            own.map(|operation| (operation.quota.name, operation.quota)).collect();
        let sum = |of: fn(&sekisho_contract::operation::Quota) -> u32| -> f64 {
            families.values().map(|family| f64::from(of(family))).sum()
        };
        assert!(sum(|family| family.rate) <= quota.rate, "{quota:?}: {families:?}");
        assert!(sum(|family| family.burst) <= quota.burst, "{quota:?}: {families:?}");
        if quota.source.is_some() {
            backed.extend(families.keys());
        }
    }
    for operation in declared() {
        let covered = published::quotas().iter().any(|quota| quota.covers(operation.service, operation.name));
        assert!(covered, "the simulator has no quota for {}: see its quotas.yaml", operation.full_name());
        let family = operation.quota;
        let assumed = family.source.starts_with("assumed: ");
        assert!(
            assumed || backed.contains(family.name),
            "{family:?} cites a limit that quotas.yaml does not hold"
        );
    }
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
    // Retries, and the calls that get credentials, are requests as well.
    let busy = "faults: [{service: kms, fault: throttled, times: 2}, {service: sts, fault: unavailable, times: 1}, \
                {fault: expired_token, probability: 0.2, times: 1}]\n";
    for (most, faults) in [(1, ""), (7, ""), (60, ""), (5, busy), (61, busy), (333, busy)] {
        let ran = Walker::new()
            .walk_in(&format!("{CLOUD}{faults}"), |ways| (ways.budget, ways.paced) = (Some(most), false));
        assert_eq!(ran.requests.len() as u64, most);
        assert_eq!(ran.calls.len() as u64, most);
        assert!(faults.is_empty() || ran.calls.iter().any(|call| call.attempt > 1) || most < 10);
        let spent =
            rows(&ran.report, "/coverage/gaps").iter().any(|gap| text(gap, "reason") == "budget-spent");
        assert!(spent, "no gap says that {most} calls were all");
        let passed = |clause: &&serde_json::Value| text(clause, "status") == "conforms";
        assert_eq!(rows(&ran.report, "/clauses").iter().find(passed), None);
    }
}
