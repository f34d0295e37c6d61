//! DataSync: tasks that carry files from one place to another.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all, region_of};
use super::parts::{copied_to_bucket, labelled_by_list};
use super::shared::{List, Page, page};
use crate::api::{Api, Ask};
use crate::endpoint::is_region_name;
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every task of the region.
    LIST_TASKS = "datasync" "ListTasks", needs "datasync:ListTasks", quota quota::DATASYNC, Per::Page(100), Post,
    facts "tasks that carry files"
);
operation!(
    /// The places that tasks carry files between.
    LIST_LOCATIONS = "datasync" "ListLocations", needs "datasync:ListLocations", quota quota::DATASYNC,
    Per::Page(100), Post, facts "places that files are carried between"
);
operation!(
    /// A task.
    DESCRIBE_TASK = "datasync" "DescribeTask", needs "datasync:DescribeTask", quota quota::DATASYNC,
    Per::Resource, Post, facts "tasks that carry files: from where, to where, where reports and logs go"
);
operation!(
    /// Labels.
    LIST_TAGS = "datasync" "ListTagsForResource", needs "datasync:ListTagsForResource", quota quota::DATASYNC,
    Per::Page(100), Post, facts "labels of tasks that carry files"
);

/// Tasks that carry files.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[&LIST_LOCATIONS, &LIST_TASKS, &DESCRIBE_TASK, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("FmrsService");
const SERVICE: &str = "datasync";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let here = locations(session, region).await;
    let here = &here;
    let list = List::<Tasks>::of(session, Ask::of(&LIST_TASKS, API, region, json!({"MaxResults": 100})));
    tally.read(list, sink, |one, call| task(session, region, one, call, here)).await;
    tally.unsaid([here.as_ref().err()]);
    tally.outcome()
}

/// The places known in a region, or why they were not seen.
type Locations = Result<Vec<(Location, CallId)>, Shortfall>;

async fn locations(session: &Session, region: &str) -> Locations {
    let ask = Ask::of(&LIST_LOCATIONS, API, region, json!({"MaxResults": 100}));
    all(List::<LocationPage>::of(session, ask)).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LocationPage {
    locations: Vec<Location>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    location_arn: String,
    location_uri: Option<String>,
}

page!(LocationPage: Location in locations, "NextToken" from next_token, by |item| item.location_arn.clone());

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tasks {
    tasks: Vec<ListedTask>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedTask {
    task_arn: String,
    name: Option<String>,
}

page!(
    Tasks: ListedTask in tasks, "NextToken" from next_token, by |item| item.task_arn.clone(),
    own |item| Some(&item.task_arn)
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Task {
    task_arn: String,
    source_location_arn: Option<String>,
    destination_location_arn: Option<String>,
    cloud_watch_log_group_arn: Option<String>,
    task_report_config: Option<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    destination: Option<ReportTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReportTarget {
    s3: Option<ReportBucket>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReportBucket {
    s3_bucket_arn: String,
}

async fn task(session: &Session, region: &str, found: ListedTask, call: CallId, here: &Locations) -> Fact {
    let (operation, id) = (&DESCRIBE_TASK, found.task_arn);
    let name = found.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&id);
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), name, &call);
    let ask = Ask::of(operation, API, region, json!({"TaskArn": id})).about(&id);
    let told = session.told::<Task>(ask).await.and_then(|heard| {
        let told = heard.told.filter(|told| told.task_arn == id);
        let detail = "the answer is not about this task";
        told.map(|told| (told, heard.call))
            .ok_or_else(|| Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail))
    });
    match told {
        Ok((told, call)) => {
            draft.sheet.shown("copies", &call);
            for end in [&told.source_location_arn, &told.destination_location_arn] {
                carried(session, region, &mut draft, end.as_deref(), call, here).await;
            }
            if let Some(group) = told.cloud_watch_log_group_arn.filter(|group| !group.is_empty()) {
                draft.copy_at(CopyRole::Log, group.trim_end_matches(":*"));
            }
            let report = told.task_report_config.and_then(|report| report.destination?.s3);
            if let Some(report) = report {
                copied_to_bucket(session, &mut draft, CopyRole::Log, &report.s3_bucket_arn).await;
            }
        }
        Err(shortfall) => {
            draft.perhaps_copied(CopyRole::Transit, &shortfall);
            draft.perhaps_copied(CopyRole::Log, &shortfall);
        }
    }
    let ask = Ask::of(&LIST_TAGS, API, region, json!({"ResourceArn": id, "MaxResults": 100})).about(&id);
    let tags = all(List::<Tags>::of(session, ask)).await;
    labelled_by_list(&mut draft, tags);
    draft.finish()
}

/// One end of a task. Its address says where it lies, and stands in the list of its own region.
async fn carried(
    session: &Session,
    region: &str,
    draft: &mut Draft<'_>,
    end: Option<&str>,
    call: CallId,
    here: &Locations,
) {
    let Some(arn) = end.filter(|arn| !arn.is_empty()) else {
        let detail = "the answer does not name both ends";
        let unnamed = Shortfall::of(&DESCRIBE_TASK, GapReason::Malformed, Some(call), detail);
        return draft.perhaps_copied(CopyRole::Transit, &unnamed);
    };
    let there = region_of(arn).filter(|there| *there != region);
    let elsewhere = match there {
        Some(there) => Some(locations(session, there).await),
        None => None,
    };
    let uri = match elsewhere.as_ref().unwrap_or(here) {
        Ok(locations) => {
            let known = locations.iter().find(|(one, _)| one.location_arn == arn);
            if let Some((_, call)) = known {
                draft.sheet.shown("copies", call);
            }
            known.and_then(|(one, _)| one.location_uri.as_deref()).unwrap_or_default()
        }
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Transit, shortfall),
    };
    let (sort, place) = uri.split_once("://").unwrap_or_default();
    let name = place.split('/').next().unwrap_or_default();
    match (sort, name.split_once('.')) {
        ("s3", _) if !name.is_empty() && !name.starts_with("arn:") => {
            copied_to_bucket(session, draft, CopyRole::Transit, name).await;
        }
        // File systems of the provider's are named with their region.
        (sort, Some((there, _))) if (sort == "efs" || sort.starts_with("fsx")) && is_region_name(there) => {
            draft.copy(CopyRole::Transit, None, there);
        }
        _ => {
            let named = if uri.is_empty() { arn } else { uri };
            let detail = format!("where the location {} lies was not read", shorten(named));
            draft.perhaps_copied(CopyRole::Transit, &Shortfall::without_call(GapReason::NotRead, detail));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: Vec<Tag>,
    next_token: Option<String>,
}

page!(Tags: Tag in tags, "NextToken" from next_token, by |item| item.key.clone());
