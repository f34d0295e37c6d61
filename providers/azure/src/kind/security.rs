//! Defender for Cloud: which plans watch, and for what.

use super::Entry;
use super::draft::{Draft, Fact, Tally};
use crate::path;
use crate::quota;
use crate::session::{Ask, Session};
use sekisho_contract::Observed;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Guard, GuardPurpose, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::future::ready;

operation!(
    /// Which plans are on.
    LIST_PRICINGS = "security" "ListPricings", needs "Microsoft.Security/pricings/read", quota quota::ARM,
    Per::Account, Get, facts "what Defender for Cloud watches"
);

/// Plans of Defender for Cloud.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::Detector] },
    types: &[],
    operations: &[&LIST_PRICINGS],
    sweep: |session, _, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "security";

/// Plans that watch for intrusions over the whole subscription. Others watch single sorts of resources that may not be there.
const INTRUSION: [&str; 2] = ["Arm", "VirtualMachines"];
/// Plans that scan for vulnerabilities, and the part of them that does.
const VULNERABILITY: [(&str, &str); 2] = [
    ("VirtualMachines", "AgentlessVmScanning"),
    ("Containers", "ContainerRegistriesVulnerabilityAssessments"),
];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    // In which regions a plan is told of is for the inventory to say.
    let mut tally = Tally::of(session);
    let path = session.path("/providers/Microsoft.Security/pricings");
    let listing = session.list::<Plan>(Ask::of(&LIST_PRICINGS, path, "2024-01-01")).await;
    tally.fell_short(listing.broke);
    tally.each(listing.items, sink, |(plan, call)| ready(facts(session, &plan, call))).await;
    tally.outcome()
}

#[derive(Deserialize)]
struct Plan {
    id: String,
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    pricing_tier: Option<String>,
    resources_coverage_status: Option<String>,
    extensions: Option<Vec<Extension>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    name: String,
    is_enabled: Option<String>,
}

/// A plan watches everywhere; a network looks for what watches in its own region, so it is told of in each with a network.
fn facts(session: &Session, plan: &Plan, call: CallId) -> Vec<Fact> {
    let mut facts = Vec::new();
    if INTRUSION.contains(&plan.name.as_str()) {
        let networks = session.rows(&["microsoft.network/virtualnetworks"]);
        let regions: BTreeSet<String> = networks.iter().map(|(row, _)| row.place()).collect();
        facts.push(fact(session, plan, call, (GuardPurpose::Intrusion, "global"), None));
        if plan.name == "VirtualMachines" {
            let there = regions.iter().filter(|region| !region.is_empty());
            facts.extend(
                there.map(|region| fact(session, plan, call, (GuardPurpose::Intrusion, region), None)),
            );
        }
    }
    let scans = VULNERABILITY.iter().filter(|(name, _)| *name == plan.name);
    facts.extend(
        scans.map(|(_, part)| fact(session, plan, call, (GuardPurpose::Vulnerability, "global"), Some(part))),
    );
    facts
}

fn fact(
    session: &Session,
    plan: &Plan,
    call: CallId,
    (purpose, region): (GuardPurpose, &str),
    part: Option<&str>,
) -> Fact {
    let own = path::id(&plan.id);
    let id = match (part, region) {
        (Some(part), _) => format!("{own}/{}", part.to_ascii_lowercase()),
        (None, "global") => own,
        (None, region) => format!("{own}/{region}"),
    };
    let mut draft =
        Draft::at(session, (Kind::Detector, SERVICE, id, &plan.name), region, call, &LIST_PRICINGS);
    let on = match plan.properties.pricing_tier.as_deref() {
        Some("Standard") => Observed::Seen(true),
        Some("Free") => Observed::Seen(false),
        Some(other) => {
            let unknown = draft.unknown("tier of a plan", other);
            draft.sheet.unseen("guard.enabled", &unknown)
        }
        None => draft.said("guard.enabled", None),
    };
    // Single resources may be kept out of a plan that is on for the subscription.
    let on = match (on, plan.properties.resources_coverage_status.as_deref()) {
        (on, None | Some("FullyCovered")) | (on @ (Observed::Seen(false) | Observed::Unseen(_)), _) => on,
        (_, Some("NotCovered")) => Observed::Seen(false),
        (_, Some("PartiallyCovered")) => {
            let partly =
                super::draft::not_read("the plan excludes some resources, and which ones is not read");
            draft.sheet.unseen("guard.enabled", &partly)
        }
        (_, Some(other)) => {
            let unknown = draft.unknown("coverage of a plan", other);
            draft.sheet.unseen("guard.enabled", &unknown)
        }
    };
    let scans = part.map(|part| {
        let found = plan.properties.extensions.iter().flatten().find(|extension| extension.name == part);
        // Left out, a part of a plan is off ("Pricings - Get").
        found.is_some_and(|extension| {
            extension.is_enabled.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("true"))
        })
    });
    let enabled = match scans {
        Some(scans) => on.and(Observed::Seen(scans)),
        None => on,
    };
    // Findings are the subscription's, and kept where Azure chooses.
    let kept = super::draft::not_read("where Defender for Cloud keeps its findings is not stated");
    draft.perhaps_copied(CopyRole::Primary, &kept);
    draft.resource.guard = Some(Guard { purpose: Observed::Seen(purpose), enabled, recorded: on });
    draft.finish()
}
