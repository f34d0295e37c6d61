//! Artifact Registry: repositories, and whether what is in them is scanned for vulnerabilities.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Policies, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{Guard, GuardPurpose, Kind};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Observed, Shortfall};
use serde::Deserialize;
use std::collections::BTreeMap;

operation!(
    /// The locations repositories can be in.
    LIST_LOCATIONS = "artifactregistry" "projects.locations.list", at "v1/{+name}/locations",
    needs "artifactregistry.locations.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "locations of repositories, where the asset inventory is refused"
);
operation!(
    /// The repositories of a location.
    LIST_REPOSITORIES = "artifactregistry" "projects.locations.repositories.list", at "v1/{+parent}/repositories",
    needs "artifactregistry.repositories.list", quota quota::OTHER, Per::Sometimes, Get,
    facts "repositories, where the asset inventory is refused"
);

/// Repositories.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::ImageRegistry, Kind::Detector] },
    methods: &[&LIST_LOCATIONS, &LIST_REPOSITORIES],
    assets: ASSETS,
    sweep: |session, sink| Box::pin(sweep(session, sink)),
};

const SERVICE: &str = "artifactregistry";
const ASSETS: &[&str] = &["artifactregistry.googleapis.com/Repository"];

static OWN: &[&Own] = &[&Own {
    asset: "artifactregistry.googleapis.com/Repository",
    steps: &[
        Step {
            method: &LIST_LOCATIONS,
            at: &[("name", "projects/{project}"), ("pageSize", "500")],
            items: "locations",
            name: |item, project| {
                Some(format!("projects/{project}/locations/{}", item.get("locationId")?.as_str()?))
            },
        },
        Step {
            method: &LIST_REPOSITORIES,
            at: &[("parent", "{above}"), ("pageSize", "1000")],
            items: "repositories",
            name: |item, _| {
                Some(format!("//artifactregistry.googleapis.com/{}", item.get("name")?.as_str()?))
            },
        },
    ],
}];

async fn sweep(session: &Session, sink: &dyn FactSink) -> CellOutcome {
    let policies = Policies::of(session, ASSETS).await;
    let mut tally = Tally::default();
    tally.aside(policies.missing());
    let listing = Listing::of(session, ASSETS, OWN);
    let mut scanners = Vec::new();
    tally
        .read(listing, sink, |found| {
            let (fact, scanner) = repository(session, &policies, found)?;
            scanners.extend(scanner);
            Ok(Some(fact))
        })
        .await;
    scanners.into_iter().for_each(|fact| tally.tell(sink, fact));
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    kms_key_name: Option<String>,
    format: Option<String>,
    vulnerability_scanning_config: Option<VulnerabilityScanningConfig>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VulnerabilityScanningConfig {
    enablement_state: Option<String>,
}

fn repository(
    session: &Session,
    policies: &Policies,
    mut found: Found,
) -> Result<(Fact, Option<Fact>), Shortfall> {
    let told: Repository = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::ImageRegistry, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.kms_key_name.as_deref());
    draft.labelled(&told.labels);
    draft.shared(policies.on(&found.name));
    let state = told.vulnerability_scanning_config.and_then(|config| config.enablement_state);
    let images = told.format.as_deref() == Some("DOCKER");
    Ok((draft.finish(), scanner(session, state.as_deref(), images, found)))
}

/// What scans a repository: nothing can scan one whose state is that it is not supported.
fn scanner(session: &Session, state: Option<&str>, images: bool, mut found: Found) -> Option<Fact> {
    if state == Some("SCANNING_UNSUPPORTED") || (state.is_none() && !images) {
        return None;
    }
    let name = found.name.rsplit('/').next().unwrap_or_default().to_owned();
    found.name.push_str("/vulnerabilityScanning");
    let mut draft = Draft::new(session, (Kind::Detector, SERVICE), in_name(&found.name), &found);
    draft.resource.name = format!("scanning of {name}");
    let enabled = match state {
        Some("SCANNING_ACTIVE") => Observed::Seen(true),
        Some("SCANNING_DISABLED") => Observed::Seen(false),
        Some(other) => draft.known("guard.enabled", other, None),
        None => draft.said("guard.enabled", None),
    };
    // What is found is kept as occurrences (cloud.google.com/artifact-analysis/docs/artifact-analysis).
    let purpose = Observed::Seen(GuardPurpose::Vulnerability);
    draft.resource.guard = Some(Guard { purpose, enabled, recorded: enabled });
    Some(draft.finish())
}
