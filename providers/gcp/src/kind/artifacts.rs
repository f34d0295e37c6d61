//! Artifact Registry: repositories.

use super::Entry;
use super::draft::{Draft, Fact, Tally, read};
use super::inventory::{Found, Listing, Own, Step};
use crate::place::in_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::Shortfall;
use sekisho_contract::fact::Kind;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
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
    service: Service { name: SERVICE, reach: Reach::Global, kinds: &[Kind::ImageRegistry] },
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
    let mut tally = Tally::default();
    tally.read(Listing::of(session, ASSETS, OWN), sink, |found| repository(session, found).map(Some)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    kms_key_name: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn repository(session: &Session, mut found: Found) -> Result<Fact, Shortfall> {
    let told: Repository = read(&mut found)?;
    let mut draft = Draft::new(session, (Kind::ImageRegistry, SERVICE), in_name(&found.name), &found);
    draft.encrypted(told.kms_key_name.as_deref());
    draft.labelled(&told.labels);
    Ok(draft.finish())
}
