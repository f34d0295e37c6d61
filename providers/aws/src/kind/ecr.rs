//! ECR: repositories of images, where they are replicated to, and whether they are scanned.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, as_far};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Guard, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every repository of the region's registry.
    DESCRIBE_REPOSITORIES = "ecr" "DescribeRepositories", needs "ecr:DescribeRepositories", quota quota::ECR,
    Per::Page(1_000), Post, facts "repositories of images: encryption and key, scanning of their own"
);
operation!(
    /// Where the region's registry replicates repositories to.
    DESCRIBE_REGISTRY = "ecr" "DescribeRegistry", needs "ecr:DescribeRegistry", quota quota::ECR,
    Per::Sometimes, Post, facts "regions and accounts repositories are replicated to"
);
operation!(
    /// How the region's registry scans images.
    GET_REGISTRY_SCANNING_CONFIGURATION = "ecr" "GetRegistryScanningConfiguration",
    needs "ecr:GetRegistryScanningConfiguration", quota quota::ECR,
    Per::Sometimes, Post, facts "which repositories are scanned for vulnerabilities"
);
operation!(
    /// A repository's labels.
    LIST_TAGS_FOR_RESOURCE = "ecr" "ListTagsForResource", needs "ecr:ListTagsForResource", quota quota::ECR,
    Per::Resource, Post, facts "labels of repositories, for scope"
);

/// Repositories of images.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::ImageRegistry, Kind::Detector] },
    operations: &[
        &DESCRIBE_REPOSITORIES,
        &DESCRIBE_REGISTRY,
        &GET_REGISTRY_SCANNING_CONFIGURATION,
        &LIST_TAGS_FOR_RESOURCE,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("AmazonEC2ContainerRegistry_V20150921");
const SERVICE: &str = "ecr";
const OTHER_REGISTRY: &str = "the answer is not about this registry";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = |operation, body| Ask::of(operation, API, region, body);
    let list = List::<Repositories>::of(session, ask(&DESCRIBE_REPOSITORIES, json!({"maxResults": 1000})));
    let (repositories, shortfall) = as_far(list).await;
    if let Some((_, first)) = repositories.first() {
        let scanning = session.told::<Scanning>(ask(&GET_REGISTRY_SCANNING_CONFIGURATION, json!({}))).await;
        let all = shortfall.as_ref().map_or(Ok(&repositories[..]), Err);
        tally.tell(sink, scanner(session, region, all, scanning, first));
        let registry = session.told::<Registry>(ask(&DESCRIBE_REGISTRY, json!({}))).await;
        let rules = rules(session, registry);
        let rules = &rules;
        tally.each(repositories, sink, |(found, call)| repository(session, region, found, call, rules)).await;
    }
    if let Some(shortfall) = shortfall {
        tally.fell_short(shortfall);
    }
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repositories {
    repositories: Vec<Repository>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    repository_arn: String,
    repository_name: String,
    image_scanning_configuration: Option<OwnScanning>,
    encryption_configuration: Option<AtRest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnScanning {
    scan_on_push: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AtRest {
    encryption_type: Option<String>,
    kms_key: Option<String>,
}

page!(
    Repositories: Repository in repositories, "nextToken" from next_token, by |item| item.repository_arn.clone(),
    own |item| Some(&item.repository_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registry {
    registry_id: String,
    replication_configuration: Option<Replication>,
}

#[derive(Deserialize)]
struct Replication {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    destinations: Vec<Destination>,
    #[serde(default)]
    repository_filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    region: String,
    registry_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    filter: String,
    filter_type: String,
}

/// The registry's replication rules, with the call that showed them; or why they were not seen.
type Rules = Result<(Vec<Rule>, CallId), Shortfall>;

fn rules(session: &Session, asked: Result<Heard<Registry>, Shortfall>) -> Rules {
    let heard = asked?;
    let told = heard.told.filter(|told| told.registry_id == session.account);
    let rules = told.and_then(|told| told.replication_configuration).map(|told| told.rules);
    let astray = || Shortfall::of(&DESCRIBE_REGISTRY, GapReason::Malformed, Some(heard.call), OTHER_REGISTRY);
    Ok((rules.ok_or_else(astray)?, heard.call))
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}

async fn repository(session: &Session, region: &str, found: Repository, call: CallId, rules: &Rules) -> Fact {
    let (arn, name) = (found.repository_arn, found.repository_name);
    let mut draft = Draft::new(session, (Kind::ImageRegistry, SERVICE), region, arn.clone(), &name, &call);
    encryption(&mut draft, found.encryption_configuration, call);
    match rules {
        Ok((rules, call)) => {
            draft.sheet.shown("copies", call);
            rules.iter().for_each(|rule| replicas(&mut draft, &name, rule, *call));
        }
        Err(shortfall) => draft.perhaps_copied(CopyRole::Replica, shortfall),
    }
    let ask = Ask::of(&LIST_TAGS_FOR_RESOURCE, API, region, json!({"resourceArn": arn})).about(&name);
    draft.tagged(session.told::<Tags>(ask).await, |told| told.tags);
    draft.finish()
}

fn encryption(draft: &mut Draft<'_>, told: Option<AtRest>, call: CallId) {
    let operation = &DESCRIBE_REPOSITORIES;
    let (sort, key) = told.map_or((None, None), |told| (told.encryption_type, told.kms_key));
    match sort.as_deref() {
        Some("AES256") => draft.encrypted(Observed::Seen(true), None),
        Some(sort @ ("KMS" | "KMS_DSSE")) => {
            draft.encrypted_under(key.as_deref(), operation, call);
            if let Some(encryption) = draft.resource.encryption.as_mut().filter(|_| sort == "KMS_DSSE") {
                encryption.algorithm = Observed::Seen("aws:kms:dsse".to_owned());
            }
        }
        Some(other) => {
            let detail = format!("unknown encryption `{}`", shorten(other));
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::Unknown, Some(call), detail));
        }
        None => {
            let unsaid = draft.said("encryption", None, operation, call);
            draft.encrypted(unsaid, None);
        }
    }
}

/// The copies a rule makes of a repository: under its name, in every region and registry it names.
fn replicas(draft: &mut Draft<'_>, name: &str, rule: &Rule, call: CallId) {
    let filters = &rule.repository_filters;
    if let Some(unknown) = filters.iter().find(|filter| filter.filter_type != "PREFIX_MATCH") {
        let detail = format!("unknown kind of filter `{}`", shorten(&unknown.filter_type));
        let unknown = Shortfall::of(&DESCRIBE_REGISTRY, GapReason::Unknown, Some(call), detail);
        draft.perhaps_copied(CopyRole::Replica, &unknown);
    }
    // A rule without filters is for every repository.
    if filters.is_empty() || filters.iter().any(|filter| name.starts_with(&filter.filter)) {
        for Destination { region, registry_id } in &rule.destinations {
            let holder = format!("arn:aws:ecr:{region}:{registry_id}:repository/{name}");
            draft.copy(CopyRole::Replica, Some(&holder), region);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    registry_id: String,
    scanning_configuration: Option<ScanningRules>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanningRules {
    scan_type: Option<String>,
    #[serde(default)]
    rules: Vec<ScanningRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanningRule {
    scan_frequency: String,
    repository_filters: Vec<Filter>,
}

/// The scanner of a region's registry: on where every repository is scanned without anyone asking for it.
fn scanner(
    session: &Session,
    region: &str,
    repositories: Result<&[(Repository, CallId)], &Shortfall>,
    asked: Result<Heard<Scanning>, Shortfall>,
    call: &CallId,
) -> Fact {
    let operation = &GET_REGISTRY_SCANNING_CONFIGURATION;
    let id = session.arn(SERVICE, region, "registry-scanning");
    let name = format!("{SERVICE} {region}");
    let mut draft = Draft::new(session, (Kind::Detector, SERVICE), region, id, &name, call);
    let told = asked.and_then(|heard| {
        draft.sheet.shown("guard", &heard.call);
        let told = heard.told.filter(|told| told.registry_id == session.account);
        let astray = || Shortfall::of(operation, GapReason::Malformed, Some(heard.call), OTHER_REGISTRY);
        Ok((told.and_then(|told| told.scanning_configuration).ok_or_else(astray)?, heard.call))
    });
    let enabled = match (&told, repositories) {
        (Ok((told, call)), Ok(repositories)) => {
            let scanned =
                repositories.iter().map(|(repository, _)| scanned(&mut draft, repository, told, *call));
            scanned.fold(Observed::Seen(true), Observed::and)
        }
        (Err(shortfall), _) | (_, Err(shortfall)) => draft.sheet.unseen("guard.enabled", shortfall),
    };
    let purpose = Observed::Seen(GuardPurpose::Vulnerability);
    // The registry keeps its findings itself.
    draft.resource.guard = Some(Guard { purpose, enabled, recorded: Observed::Seen(true) });
    draft.finish()
}

/// Whether a repository's images are scanned when they are pushed, or always.
fn scanned(
    draft: &mut Draft<'_>,
    repository: &Repository,
    told: &ScanningRules,
    call: CallId,
) -> Observed<bool> {
    let mut found = Observed::Seen(false);
    for rule in told.rules.iter().filter(|rule| {
        let mut filters = rule.repository_filters.iter();
        filters.any(|filter| {
            filter.filter_type == "WILDCARD" && fits(&filter.filter, &repository.repository_name)
        })
    }) {
        found = found.or(match rule.scan_frequency.as_str() {
            "SCAN_ON_PUSH" | "CONTINUOUS_SCAN" => Observed::Seen(true),
            "MANUAL" => Observed::Seen(false),
            other => {
                let detail = format!("unknown frequency of scans `{}`", shorten(other));
                let operation = &GET_REGISTRY_SCANNING_CONFIGURATION;
                let unknown = Shortfall::of(operation, GapReason::Unknown, Some(call), detail);
                draft.sheet.unseen("guard.enabled", &unknown)
            }
        });
    }
    // A repository's own setting counts with the basic scanner alone.
    let own = repository.image_scanning_configuration.as_ref().and_then(|own| own.scan_on_push);
    found.or(Observed::Seen(own == Some(true) && told.scan_type.as_deref() == Some("BASIC")))
}

/// Whether a name fits a filter: `*` stands for any text, and a filter without one for any name it is in.
fn fits(filter: &str, name: &str) -> bool {
    let mut parts = filter.split('*');
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else {
        return name.contains(filter);
    };
    let Some(mut rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    parts.all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_filter_fits_names() {
        for (filter, name, expected) in [
            ("*", "anything/at-all", true),
            ("prod-*", "prod-web", true),
            ("prod-*", "dev-prod-web", false),
            ("*-web", "prod-web", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("prod", "my-prod-web", true),
            ("prod", "web", false),
        ] {
            assert_eq!(fits(filter, name), expected, "{filter} {name}");
        }
    }
}
