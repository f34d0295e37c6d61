//! Security Hub: whether configurations are checked, region by region, and where findings are brought together.

use super::Entry;
use super::draft::{Draft, Tally};
use super::shared::{List, Page, page};
use super::watch::{guards, nothing_watches, watcher, whole};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::fact::{CopyRole, GuardPurpose, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// The region's hub, if there is one.
    DESCRIBE_HUB = "securityhub" "DescribeHub", needs "securityhub:DescribeHub", quota quota::SECURITYHUB,
    Per::Page(100), Get, facts "whether configurations are checked"
);
operation!(
    /// What brings findings of regions together.
    LIST_FINDING_AGGREGATORS = "securityhub" "ListFindingAggregators",
    needs "securityhub:ListFindingAggregators", quota quota::SECURITYHUB, Per::Page(100), Get,
    facts "whether findings of regions are brought together"
);
operation!(
    /// Where, and of which regions.
    GET_FINDING_AGGREGATOR = "securityhub" "GetFindingAggregator", needs "securityhub:GetFindingAggregator",
    quota quota::SECURITYHUB, Per::Sometimes, Get, facts "the region to which findings are copied"
);

/// Hubs of findings.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Detector] },
    operations: &[&DESCRIBE_HUB, &LIST_FINDING_AGGREGATORS, &GET_FINDING_AGGREGATOR],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const SERVICE: &str = "securityhub";
const PURPOSE: GuardPurpose = GuardPurpose::Configuration;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Hub {
    hub_arn: String,
}

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&DESCRIBE_HUB, Api::Rest, region, json!({})).at("/accounts", &[]);
    match session.told::<Hub>(ask).await {
        Ok(heard) => match heard.told {
            Some(hub) => {
                let id = (shorten(&hub.hub_arn), format!("{SERVICE} {region}"));
                let draft = watcher(session, (SERVICE, region), (id.0, &id.1), &[heard.call]);
                if let Some(mut draft) = draft {
                    // It keeps its findings itself.
                    guards(&mut draft, PURPOSE, Observed::Seen(true), Observed::Seen(true));
                    gathered(session, region, &mut draft).await;
                    tally.tell(sink, draft.finish());
                }
            }
            None => tally.fell_short(Shortfall::of(
                &DESCRIBE_HUB,
                GapReason::Malformed,
                Some(heard.call),
                "not in the answer",
            )),
        },
        Err(shortfall) if is_off(&shortfall) => {
            let calls: Vec<_> = shortfall.call.into_iter().collect();
            if let Some(fact) = nothing_watches(session, (SERVICE, region), PURPOSE, &calls) {
                tally.tell(sink, fact);
            }
        }
        Err(shortfall) => tally.fell_short(shortfall),
    }
    tally.outcome()
}

/// Whether the refusal says that the account has no hub here. The same code stands for a missing permission too:
/// only these words say which.
fn is_off(shortfall: &Shortfall) -> bool {
    shortfall.code == "InvalidAccessException"
        && shortfall.detail.contains("not subscribed")
        && shortfall.call.is_some()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregators {
    finding_aggregators: Vec<Aggregator>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aggregator {
    finding_aggregator_arn: String,
}

page!(
    Aggregators: Aggregator in finding_aggregators, "NextToken" from next_token,
    by |item| item.finding_aggregator_arn.clone()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Gathering {
    finding_aggregator_arn: String,
    finding_aggregation_region: String,
    region_linking_mode: String,
    #[serde(default)]
    regions: Vec<String>,
}

impl Gathering {
    /// Whether findings of this region are copied. An unknown way of choosing regions may choose this one.
    fn takes(&self, region: &str) -> bool {
        let named = self.regions.iter().any(|one| one == region);
        region != self.finding_aggregation_region
            && match self.region_linking_mode.as_str() {
                "SPECIFIED_REGIONS" => named,
                "ALL_REGIONS_EXCEPT_SPECIFIED" => !named,
                "NO_REGIONS" => false,
                _ => true,
            }
    }
}

/// Where the findings of this region are copied to. The account has one such place, and every region tells of it.
async fn gathered(session: &Session, region: &str, draft: &mut Draft<'_>) {
    let ask = Ask::of(&LIST_FINDING_AGGREGATORS, Api::Rest, region, json!({"MaxResults": 100}))
        .at("/findingAggregator/list", &[]);
    let found = match whole(&LIST_FINDING_AGGREGATORS, List::<Aggregators>::of(session, ask)).await {
        Ok(found) => found,
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Log, &shortfall),
    };
    found.calls.iter().for_each(|call| draft.sheet.shown("copies", call));
    for aggregator in &found.items {
        let arn = &aggregator.finding_aggregator_arn;
        if !is_plain(arn) {
            let detail = format!("the list holds {}, which is no aggregator's name", shorten(arn));
            let astray = Shortfall::of(&LIST_FINDING_AGGREGATORS, GapReason::Malformed, None, detail);
            draft.perhaps_copied(CopyRole::Log, &astray);
            continue;
        }
        // The name stands in the path as it is, strokes included.
        let path = format!("/findingAggregator/get/{}", arn);
        let ask = Ask::of(&GET_FINDING_AGGREGATOR, Api::Rest, region, json!({})).about(arn).at(&path, &[]);
        match session.told::<Gathering>(ask).await {
            Ok(heard) => {
                draft.sheet.shown("copies", &heard.call);
                match heard.told.filter(|told| told.finding_aggregator_arn == *arn) {
                    Some(told) if told.takes(region) => {
                        let home = &told.finding_aggregation_region;
                        let owner = arn.split(':').nth(4).unwrap_or_default();
                        let hub = format!("arn:aws:{SERVICE}:{home}:{owner}:hub/default");
                        draft.copy(CopyRole::Log, Some(&hub), home);
                    }
                    Some(_) => {}
                    None => {
                        let detail = "the answer is not about this aggregator";
                        let operation = &GET_FINDING_AGGREGATOR;
                        let astray = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
                        draft.perhaps_copied(CopyRole::Log, &astray);
                    }
                }
            }
            Err(shortfall) => draft.perhaps_copied(CopyRole::Log, &shortfall),
        }
    }
}

/// Whether a name can stand in a path as it is.
fn is_plain(arn: &str) -> bool {
    arn.starts_with("arn:")
        && !arn.contains("..")
        && arn.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_copied_from_where_the_mode_says() {
        let gathering = |mode: &str| Gathering {
            finding_aggregator_arn: "arn:a".into(),
            finding_aggregation_region: "us-east-1".into(),
            region_linking_mode: mode.into(),
            regions: vec!["ap-northeast-1".into()],
        };
        for (mode, tokyo, osaka) in [
            ("ALL_REGIONS", true, true),
            ("SPECIFIED_REGIONS", true, false),
            ("ALL_REGIONS_EXCEPT_SPECIFIED", false, true),
            ("NO_REGIONS", false, false),
            ("SOME_DAY", true, true),
        ] {
            let gathering = gathering(mode);
            let takes = (gathering.takes("ap-northeast-1"), gathering.takes("ap-northeast-3"));
            assert_eq!(takes, (tokyo, osaka), "{mode}");
            assert!(!gathering.takes("us-east-1"));
        }
    }
}
