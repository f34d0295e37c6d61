//! CloudTrail trails.

use super::Entry;
use super::shared::{always_encrypted, region_of_target, unresolved};
use crate::api::{Api, Ask};
use crate::session::{Session, failed, listed};
use crate::{NAME, quota};
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{Copy, CopyRole, DataEvents, Facet, Kind, Resource, Retention, TrailFacet};
use sekisho_contract::gap::{bound, shorten};
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{Gap, GapReason, Observed, Operation, Sheet, Shortfall};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

operation!(
    /// The trails that have their home in the region, or record it.
    DESCRIBE_TRAILS = "cloudtrail" "DescribeTrails", needs "cloudtrail:DescribeTrails", quota quota::CLOUDTRAIL,
    Per::Page(1_000), Post, facts "multi-region, global events, validation, bucket, key, organization"
);
operation!(
    /// Whether a trail records now.
    GET_TRAIL_STATUS = "cloudtrail" "GetTrailStatus", needs "cloudtrail:GetTrailStatus", quota quota::CLOUDTRAIL,
    Per::Resource, Post, facts "whether it is recording"
);
operation!(
    /// What a trail records.
    GET_EVENT_SELECTORS = "cloudtrail" "GetEventSelectors", needs "cloudtrail:GetEventSelectors",
    quota quota::CLOUDTRAIL, Per::Resource, Post, facts "administrative and data events recorded"
);
operation!(
    /// A trail's labels.
    LIST_TAGS = "cloudtrail" "ListTags", needs "cloudtrail:ListTags", quota quota::CLOUDTRAIL,
    Per::Resource, Post, facts "labels, for scope"
);

/// Trails.
pub const ENTRY: Entry = Entry {
    service: Service { name: "cloudtrail", reach: Reach::Region, kinds: &[Kind::AuditTrail] },
    operations: &[&DESCRIBE_TRAILS, &GET_TRAIL_STATUS, &GET_EVENT_SELECTORS, &LIST_TAGS],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const OTHER_TRAIL: &str = "the answer is not about this trail";
const API: Api = Api::json("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");

#[derive(Deserialize)]
struct TrailList {
    #[serde(rename = "trailList")]
    trails: Vec<Trail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trail {
    name: String,
    #[serde(rename = "TrailARN")]
    arn: Option<String>,
    s3_bucket_name: Option<String>,
    s3_key_prefix: Option<String>,
    include_global_service_events: Option<bool>,
    is_multi_region_trail: Option<bool>,
    home_region: Option<String>,
    log_file_validation_enabled: Option<bool>,
    cloud_watch_logs_log_group_arn: Option<String>,
    kms_key_id: Option<String>,
    is_organization_trail: Option<bool>,
}

/// Lists and reads the trails whose home is in a region. A trail of an organization shows up in its
/// members too, and is read there as well: it is what records them.
async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let body = json!({"includeShadowTrails": true});
    let ask = Ask::of(&DESCRIBE_TRAILS, API, region, body);
    let heard: Heard<TrailList> = match session.told(ask).await {
        Ok(heard) => heard,
        Err(shortfall) => return failed(shortfall, 0),
    };
    let trails = heard.told.map(|list| list.trails).unwrap_or_default();
    let mut count = 0;
    let mut known = BTreeSet::new();
    for trail in trails {
        if !known.insert((trail.name.clone(), trail.arn.clone())) {
            continue;
        }
        // A trail's shadow in another region is read at its home.
        if trail.home_region.as_deref().is_none_or(|home| session.reads_for(home, region)) {
            let (resource, gaps) = read_trail(session, region, trail, &heard.call).await;
            sink.resource(resource, gaps);
            count += 1;
        }
    }
    listed(count)
}

async fn read_trail(
    session: &Session,
    region: &str,
    trail: Trail,
    list_call: &CallId,
) -> (Resource, Vec<Gap>) {
    let arn = trail
        .arn
        .clone()
        .unwrap_or_else(|| session.arn("cloudtrail", region, &format!("trail/{}", trail.name)));
    let mut sheet = Sheet::new(&arn);
    for facet in ["copies", "encryption", "retention", "trail"] {
        sheet.shown(facet, list_call);
    }
    let name = shorten(&trail.name);
    let mut resource = Resource::new(
        Kind::AuditTrail,
        NAME,
        &session.account,
        region,
        "cloudtrail",
        arn.clone(),
        name.clone(),
    );
    let ask = |operation, body| Ask::of(operation, API, region, body).about(&name);
    // An organization's trail belongs to another account, and its labels are shown to that account alone.
    let own = arn.split(':').nth(4) == Some(session.account.as_str());
    let (status, selectors, tags) = futures::join!(
        session.told::<Status>(ask(&GET_TRAIL_STATUS, json!({"Name": arn}))),
        session.told::<Selectors>(ask(&GET_EVENT_SELECTORS, json!({"TrailName": arn}))),
        async {
            let asked =
                own.then(|| session.told::<TagLists>(ask(&LIST_TAGS, json!({"ResourceIdList": [arn]}))));
            Some(asked?.await)
        },
    );
    resource.copies = copies(session, &mut sheet, &trail).await;
    // Without a key of KMS, CloudTrail's files are encrypted under S3's own.
    resource.encryption = Some(always_encrypted(session, &mut sheet, region, trail.kms_key_id.as_deref()));
    resource.retention = Some(Retention { days: Observed::default() });
    let about = |selectors: &Selectors| selectors.trail_arn.as_deref().is_none_or(|about| about == arn);
    let selectors = selectors.and_then(|heard| match &heard.told {
        Some(told) if !about(told) => {
            let (operation, call) = (&GET_EVENT_SELECTORS, Some(heard.call));
            Err(Shortfall::of(operation, GapReason::Malformed, call, OTHER_TRAIL))
        }
        _ => Ok(heard),
    });
    let recorded = recorded(&mut sheet, selectors, &GET_EVENT_SELECTORS);
    let undelivered = status.as_ref().ok().and_then(undelivered_digests);
    let stated = |sheet: &mut Sheet, facet: &str, flag: Option<bool>| match flag {
        Some(flag) => Observed::Seen(flag),
        None => sheet.unseen(
            facet,
            &Shortfall::of(&DESCRIBE_TRAILS, GapReason::Malformed, Some(*list_call), "not in the answer"),
        ),
    };
    // Records and digests lie under the account's name; an organization's, under that of each member.
    let below = match trail.is_organization_trail {
        Some(true) => "AWSLogs/".to_owned(),
        _ => format!("AWSLogs/{}/CloudTrail", session.account),
    };
    resource.trail = Some(TrailFacet {
        home_region: region.to_owned(),
        multi_region: stated(&mut sheet, "trail.multi_region", trail.is_multi_region_trail),
        global_events: stated(&mut sheet, "trail.global_events", trail.include_global_service_events),
        validation: match undelivered {
            Some(failed) if trail.log_file_validation_enabled == Some(true) => {
                sheet.unseen("trail.validation", &failed)
            }
            _ => stated(&mut sheet, "trail.validation", trail.log_file_validation_enabled),
        },
        // Left out of older answers for a trail that is no organization's.
        organization: Observed::Seen(trail.is_organization_trail == Some(true)),
        logging: logging(&mut sheet, status),
        some_management_events: recorded.some_management,
        management_events: recorded.all_management,
        data_events: recorded.data,
        target: Observed::Seen(
            trail.s3_bucket_name.as_deref().map(|name| format!("arn:aws:s3:::{}", shorten(name))),
        ),
        target_prefix: Observed::Seen(
            match trail.s3_key_prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
                Some(prefix) => format!("{}/{below}", bound(prefix.trim_end_matches('/'))),
                None => below,
            },
        ),
    });
    match tags {
        Some(Ok(heard)) => {
            sheet.shown("tags", &heard.call);
            resource.tags = match heard.told.and_then(|lists| lists.of(&arn)) {
                Some(tags) => Observed::Seen(tags),
                None => {
                    let (operation, call) = (&LIST_TAGS, Some(heard.call));
                    sheet.unseen("tags", &Shortfall::of(operation, GapReason::Malformed, call, OTHER_TRAIL))
                }
            };
        }
        Some(Err(shortfall)) => resource.tags = sheet.unseen("tags", &shortfall),
        None => resource.facets.retain(|facet| *facet != Facet::Tags),
    }
    let (gaps, evidence) = sheet.finish();
    resource.evidence = evidence;
    (resource, gaps)
}

/// Whether it records. A trail that is on and could not deliver its latest records may record nothing that stays.
fn logging(sheet: &mut Sheet, asked: Result<Heard<Status>, Shortfall>) -> Observed<bool> {
    let (call, status) = match asked {
        Ok(Heard { call, told }) => (call, told),
        Err(shortfall) => return sheet.unseen("trail.logging", &shortfall),
    };
    sheet.shown("trail", &call);
    let on = status.as_ref().is_some_and(|status| status.is_logging);
    match status.and_then(|status| status.latest_delivery_error).filter(|error| on && !error.is_empty()) {
        Some(error) => {
            let detail = format!("it is on, and its latest delivery failed: {error}");
            let failed = Shortfall::of(&GET_TRAIL_STATUS, GapReason::Unresolved, Some(call), detail);
            sheet.unseen("trail.logging", &failed)
        }
        None => Observed::Seen(on),
    }
}

/// Why the digests that show changes are not known to be there, when the latest was not delivered.
fn undelivered_digests(heard: &Heard<Status>) -> Option<Shortfall> {
    let error =
        heard.told.as_ref()?.latest_digest_delivery_error.as_deref().filter(|error| !error.is_empty())?;
    let detail = format!("validation is on, and the latest delivery of digests failed: {error}");
    Some(Shortfall::of(&GET_TRAIL_STATUS, GapReason::Unresolved, Some(heard.call), detail))
}

/// Where the records rest: the bucket, and the log group if they go there too.
async fn copies(session: &Session, sheet: &mut Sheet, trail: &Trail) -> Vec<Copy> {
    let log = |holder: String, location| Copy::new(CopyRole::Log, Some(holder), location);
    let mut copies = Vec::new();
    if let Some(bucket) = &trail.s3_bucket_name {
        let arn = format!("arn:aws:s3:::{}", shorten(bucket));
        let place = region_of_target(session, sheet, "copies", &arn, &BTreeMap::new()).await;
        copies.push(log(arn, place));
    }
    if let Some(group) = trail.cloud_watch_logs_log_group_arn.as_deref().filter(|group| !group.is_empty()) {
        let arn = shorten(group.strip_suffix(":*").unwrap_or(group));
        let place = match arn.split(':').nth(3).filter(|region| !region.is_empty()) {
            Some(region) => Observed::Seen(region.to_owned()),
            None => sheet.unseen("copies", &unresolved(&arn)),
        };
        copies.push(log(arn, place));
    }
    copies
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "IsLogging")]
    is_logging: bool,
    #[serde(rename = "LatestDeliveryError")]
    latest_delivery_error: Option<String>,
    #[serde(rename = "LatestDigestDeliveryError")]
    latest_digest_delivery_error: Option<String>,
}

#[derive(Deserialize)]
struct TagLists {
    #[serde(rename = "ResourceTagList")]
    lists: Vec<TagList>,
}

#[derive(Deserialize)]
struct TagList {
    #[serde(rename = "ResourceId")]
    resource: Option<String>,
    #[serde(rename = "TagsList", default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: Option<String>,
}

impl TagLists {
    /// The labels of one trail; `None` where the answer is about others only.
    fn of(self, arn: &str) -> Option<BTreeMap<String, String>> {
        let about = |list: &TagList| list.resource.as_deref().is_none_or(|about| about == arn);
        let tags = self.lists.into_iter().find(about)?.tags.into_iter();
        Some(tags.map(|tag| (bound(&tag.key), bound(&tag.value.unwrap_or_default()))).collect())
    }
}

/// What a trail, or a store of events, selects.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Selectors {
    #[serde(rename = "TrailARN")]
    trail_arn: Option<String>,
    event_selectors: Option<Vec<Basic>>,
    advanced_event_selectors: Option<Vec<Advanced>>,
}

impl Selectors {
    /// Advanced selectors alone.
    pub(super) const fn advanced(all: Option<Vec<Advanced>>) -> Self {
        Self { trail_arn: None, event_selectors: None, advanced_event_selectors: all }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Basic {
    read_write_type: Option<String>,
    include_management_events: Option<bool>,
    #[serde(default)]
    data_resources: Vec<DataResource>,
    #[serde(default)]
    exclude_management_event_sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataResource {
    r#type: String,
    #[serde(default)]
    values: Vec<String>,
}

/// One advanced selector.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Advanced {
    field_selectors: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Field {
    field: String,
    #[serde(default)]
    equals: Vec<String>,
    #[serde(default)]
    starts_with: Vec<String>,
    #[serde(default)]
    ends_with: Vec<String>,
    #[serde(default)]
    not_equals: Vec<String>,
    #[serde(default)]
    not_starts_with: Vec<String>,
    #[serde(default)]
    not_ends_with: Vec<String>,
}

/// What a trail, or a store of events, records.
pub(super) struct Recorded {
    /// Any administrative events.
    pub(super) some_management: Observed<bool>,
    /// All of them.
    pub(super) all_management: Observed<bool>,
    /// Data accesses.
    pub(super) data: Observed<Vec<DataEvents>>,
}

/// Administrative events, if any, reads and writes both; and data accesses.
pub(super) fn recorded(
    sheet: &mut Sheet,
    asked: Result<Heard<Selectors>, Shortfall>,
    operation: &Operation,
) -> Recorded {
    let nothing = |call, why| Shortfall::of(operation, GapReason::Malformed, call, why);
    let told = asked.and_then(|heard| {
        let call = Some(heard.call);
        let selectors = heard.told.ok_or_else(|| nothing(call, "no selectors"))?;
        let basic = selectors.event_selectors.unwrap_or_default();
        let advanced = selectors.advanced_event_selectors.unwrap_or_default();
        // Every trail has a selector; AWS gives a new one the default.
        let none = basic.is_empty() && advanced.is_empty();
        if none {
            Err(nothing(call, "the answer holds no selector"))
        } else {
            Ok((heard.call, basic, advanced))
        }
    });
    let (basic, advanced) = match told {
        Ok((call, basic, advanced)) => {
            sheet.shown("trail", &call);
            (basic, advanced)
        }
        Err(shortfall) => {
            return Recorded {
                some_management: sheet.unseen("trail.some_management_events", &shortfall),
                all_management: sheet.unseen("trail.management_events", &shortfall),
                data: sheet.unseen("trail.data_events", &shortfall),
            };
        }
    };
    // (reads, writes) of administrative events
    let mut management = (false, false);
    let mut some_management = false;
    let mut data = Vec::new();
    for selector in &basic {
        let (reads, writes) = read_write(selector.read_write_type.as_deref());
        // Left out, it is on.
        some_management |= selector.include_management_events != Some(false);
        if selector.include_management_events == Some(true)
            && selector.exclude_management_event_sources.is_empty()
        {
            management = (management.0 || reads, management.1 || writes);
        }
        for resource in selector.data_resources.iter().filter(|resource| resource.r#type == "AWS::S3::Object")
        {
            data.extend(whole_buckets(&resource.values).map(|prefixes| DataEvents {
                kind: Kind::ObjectStore,
                prefixes,
                except: Vec::new(),
                reads,
                writes,
            }));
        }
    }
    for selector in &advanced {
        let fields = &selector.field_selectors;
        some_management |= fields
            .iter()
            .any(|field| field.field == "eventCategory" && field.equals.iter().any(|it| it == "Management"));
        match read_advanced(selector) {
            Some(Selected::Management(reads, writes)) => {
                management = (management.0 || reads, management.1 || writes);
            }
            Some(Selected::Data(events)) => data.push(events),
            None => {}
        }
    }
    Recorded {
        some_management: Observed::Seen(some_management),
        all_management: Observed::Seen(management.0 && management.1),
        data: Observed::Seen(data),
    }
}

/// Which of reads and writes a selector records. The default is all.
fn read_write(word: Option<&str>) -> (bool, bool) {
    match word {
        None | Some("All") => (true, true),
        Some("ReadOnly") => (true, false),
        Some("WriteOnly") => (false, true),
        Some(_) => (false, false),
    }
}

/// The prefixes among a selector's values that cover buckets whole: `Some([])` for every bucket, `None`
/// where none is covered whole. A prefix is compared with `ARN/`, so that one bucket's name does not
/// cover another that begins with it.
fn whole_buckets(values: &[String]) -> Option<Vec<String>> {
    if values.iter().any(|value| matches!(value.as_str(), "arn:aws:s3" | "arn:aws:s3:::")) {
        return Some(Vec::new());
    }
    let whole: Vec<String> = values
        .iter()
        .filter(|value| {
            value.strip_prefix("arn:aws:s3:::").is_some_and(|rest| rest.find('/') == Some(rest.len() - 1))
        })
        .map(|value| bound(value))
        .collect();
    (!whole.is_empty()).then_some(whole)
}

enum Selected {
    Management(bool, bool),
    Data(DataEvents),
}

/// The beginnings of ARNs among an advanced selector's that cover buckets whole, those whose names begin so
/// included: `Some([])` for every bucket, `None` where none is covered whole.
fn whole_beginnings(values: &[String]) -> Option<Vec<String>> {
    let rest = |value: &String| value.strip_prefix("arn:aws:s3:::").map(str::to_owned);
    if values.iter().any(|value| "arn:aws:s3:::".starts_with(value.as_str())) {
        return Some(Vec::new());
    }
    let whole = |value: &&String| rest(value).is_some_and(|rest| !rest.trim_end_matches('/').contains('/'));
    let whole: Vec<String> = values.iter().filter(whole).map(|value| bound(value)).collect();
    (!whole.is_empty()).then_some(whole)
}

/// An advanced selector, if it records without narrowing what matters here, but for the buckets it names and
/// those it leaves out. One that leaves anything else out (by name, source or pattern) covers nothing whole
/// and does not count.
fn read_advanced(selector: &Advanced) -> Option<Selected> {
    let (mut category, mut kind, mut prefixes, mut reads, mut writes) = (None, None, None, true, true);
    let mut except = Vec::new();
    let mut named = BTreeSet::new();
    for field in &selector.field_selectors {
        // A field named twice would have to match both.
        if !named.insert(field.field.as_str()) {
            return None;
        }
        let by_arn = field.field == "resources.ARN";
        let narrows = !field.ends_with.is_empty()
            || !field.not_ends_with.is_empty()
            || !(by_arn || field.not_equals.is_empty() && field.not_starts_with.is_empty());
        if narrows {
            return None;
        }
        match field.field.as_str() {
            "eventCategory" => category = field.equals.first().map(String::as_str),
            "resources.type" => kind = field.equals.first().map(String::as_str),
            "readOnly" => {
                (reads, writes) = match field.equals.first().map(String::as_str) {
                    Some("true") => (true, false),
                    Some("false") => (false, true),
                    _ => return None,
                };
            }
            // One object's ARN, whatever it looks like.
            "resources.ARN" if !field.equals.is_empty() => return None,
            "resources.ARN" => {
                if !field.starts_with.is_empty() {
                    prefixes = Some(whole_beginnings(&field.starts_with)?);
                }
                except
                    .extend(field.not_starts_with.iter().chain(&field.not_equals).map(|value| bound(value)));
            }
            _ => return None,
        }
    }
    match (category?, kind) {
        ("Management", _) => Some(Selected::Management(reads, writes)),
        ("Data", Some("AWS::S3::Object")) => Some(Selected::Data(DataEvents {
            kind: Kind::ObjectStore,
            prefixes: prefixes.unwrap_or_default(),
            except,
            reads,
            writes,
        })),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(selectors: &serde_json::Value) -> Recorded {
        let told: Selectors = serde_json::from_value(selectors.clone()).unwrap();
        let call = CallId::of("aws", "1", "r", "o", "t", 0);
        recorded(&mut Sheet::new("t"), Ok(Heard { call, told: Some(told) }), &GET_EVENT_SELECTORS)
    }

    /// Selectors as AWS states them; expected: administrative events, and data events as
    /// (prefixes, reads, writes).
    fn check(selectors: serde_json::Value, management: bool, data: &[(&[&str], bool, bool)]) {
        let got = read(&selectors);
        let expected = data
            .iter()
            .map(|(prefixes, reads, writes)| DataEvents {
                kind: Kind::ObjectStore,
                prefixes: prefixes.iter().map(ToString::to_string).collect(),
                except: Vec::new(),
                reads: *reads,
                writes: *writes,
            })
            .collect();
        assert_eq!(
            (got.all_management, got.data),
            (Observed::Seen(management), Observed::Seen(expected)),
            "{selectors}"
        );
    }

    #[test]
    fn selectors_count_only_where_they_cover_whole_buckets() {
        let basic = |rest: serde_json::Value| json!({"EventSelectors": [rest]});
        let s3 = |values: serde_json::Value| json!({"Type": "AWS::S3::Object", "Values": values});
        let none = read(&json!({}));
        assert!(none.all_management.is_unseen() && none.data.is_unseen(), "no selector at all is no reading");
        check(basic(json!({"ReadWriteType": "All", "IncludeManagementEvents": true})), true, &[]);
        check(basic(json!({"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true})), false, &[]);
        let excluding = json!({"ReadWriteType": "All", "IncludeManagementEvents": true,
            "ExcludeManagementEventSources": ["kms.amazonaws.com"]});
        check(basic(excluding), false, &[]);
        let all = json!({"IncludeManagementEvents": false, "DataResources": [s3(json!(["arn:aws:s3"]))]});
        check(basic(all), false, &[(&[], true, true)]);
        let some = json!({"IncludeManagementEvents": false, "ReadWriteType": "ReadOnly", "DataResources": [
            s3(json!(["arn:aws:s3:::a/", "arn:aws:s3:::b/reports/", "arn:aws:s3:::c"]))]});
        check(basic(some), false, &[(&["arn:aws:s3:::a/"], true, false)]);
        check(basic(json!({"DataResources": [s3(json!([]))]})), false, &[]);
        let advanced =
            |fields: serde_json::Value| json!({"AdvancedEventSelectors": [{"FieldSelectors": fields}]});
        let field = |name: &str, equals: &str| json!({"Field": name, "Equals": [equals]});
        check(advanced(json!([field("eventCategory", "Management")])), true, &[]);
        check(
            advanced(json!([field("eventCategory", "Management"), field("readOnly", "false")])),
            false,
            &[],
        );
        let excluding = json!([field("eventCategory", "Management"),
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]);
        check(advanced(excluding), false, &[]);
        let data = json!([field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")]);
        check(advanced(data), false, &[(&[], true, true)]);
        let narrow = json!([
            field("eventCategory", "Data"),
            field("resources.type", "AWS::S3::Object"),
            field("eventName", "GetObject")
        ]);
        check(advanced(narrow), false, &[]);
        let one = json!([field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a/"]}]);
        check(advanced(one), false, &[(&["arn:aws:s3:::a/"], true, true)]);
        let object = json!([
            field("eventCategory", "Data"),
            field("resources.type", "AWS::S3::Object"),
            field("resources.ARN", "arn:aws:s3:::a/")
        ]);
        check(advanced(object), false, &[]);
        let both = json!([field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a/"]},
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::b/"]}]);
        check(advanced(both), false, &[]);
        let beginning = json!([field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
            {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a", "arn:aws:s3:::b/c/"]}]);
        check(advanced(beginning), false, &[(&["arn:aws:s3:::a"], true, true)]);
    }

    #[test]
    fn a_selector_may_leave_buckets_out() {
        for (field, except) in [
            (json!({"NotStartsWith": ["arn:aws:s3:::logs/"]}), vec!["arn:aws:s3:::logs/"]),
            (json!({"NotEquals": ["arn:aws:s3:::a/one"]}), vec!["arn:aws:s3:::a/one"]),
        ] {
            let mut by_arn = json!({"Field": "resources.ARN"});
            by_arn.as_object_mut().unwrap().extend(field.as_object().unwrap().clone());
            let got = read(&json!({"AdvancedEventSelectors": [{"FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}, by_arn]}]}));
            let events = got.data.seen().unwrap();
            assert_eq!(
                (events[0].prefixes.len(), &events[0].except),
                (0, &except.iter().map(ToString::to_string).collect())
            );
        }
    }

    #[test]
    fn a_word_that_is_not_known_selects_nothing() {
        for word in ["True", "yes", ""] {
            let got = read(&json!({"AdvancedEventSelectors": [{"FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "readOnly", "Equals": [word]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]}));
            assert_eq!(got.data, Observed::Seen(Vec::new()), "{word}");
        }
    }

    #[test]
    fn labels_of_another_trail_are_not_this_ones_and_not_none() {
        for (answer, labels) in [
            (json!([{"ResourceId": "t", "TagsList": []}]), Some(0)),
            (
                json!([{"ResourceId": "u"}, {"ResourceId": "t", "TagsList": [{"Key": "k", "Value": "v"}]}]),
                Some(1),
            ),
            (json!([{"ResourceId": "u", "TagsList": [{"Key": "k", "Value": "v"}]}]), None),
            (json!([]), None),
        ] {
            let lists: TagLists = serde_json::from_value(json!({"ResourceTagList": answer})).unwrap();
            assert_eq!(lists.of("t").map(|tags| tags.len()), labels, "{answer}");
        }
    }

    #[test]
    fn a_trail_of_data_events_alone_is_none_of_administration() {
        let s3 = json!([{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/reports/"]}]);
        let lambda = json!([{"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}]);
        let without_kms = json!([{"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]);
        for (selectors, some) in [
            (json!({"EventSelectors": [{"IncludeManagementEvents": false, "DataResources": s3}]}), false),
            (json!({"EventSelectors": [{"IncludeManagementEvents": true, "DataResources": s3}]}), true),
            (json!({"AdvancedEventSelectors": [{"FieldSelectors": lambda}]}), false),
            (json!({"AdvancedEventSelectors": [{"FieldSelectors": without_kms}]}), true),
        ] {
            assert_eq!(read(&selectors).some_management, Observed::Seen(some), "{selectors}");
        }
    }

    #[test]
    fn a_trail_that_cannot_deliver_is_not_known_to_record() {
        for (status, expected) in [
            (json!({"IsLogging": true}), Some(true)),
            (json!({"IsLogging": true, "LatestDeliveryError": ""}), Some(true)),
            (json!({"IsLogging": true, "LatestDeliveryError": "NoSuchBucket"}), None),
            (json!({"IsLogging": false, "LatestDeliveryError": "NoSuchBucket"}), Some(false)),
        ] {
            let told: Status = serde_json::from_value(status.clone()).unwrap();
            let call = CallId::of("aws", "1", "r", "o", "t", 0);
            let seen = logging(&mut Sheet::new("t"), Ok(Heard { call, told: Some(told) }));
            assert_eq!(seen.seen().copied(), expected, "{status}");
        }
        for (status, known) in [
            (json!({"IsLogging": true}), true),
            (json!({"IsLogging": true, "LatestDigestDeliveryError": ""}), true),
            (json!({"IsLogging": true, "LatestDigestDeliveryError": "AccessDenied"}), false),
        ] {
            let told: Status = serde_json::from_value(status.clone()).unwrap();
            let call = CallId::of("aws", "1", "r", "o", "t", 0);
            let undelivered = undelivered_digests(&Heard { call, told: Some(told) });
            assert_eq!(undelivered.is_none(), known, "{status}");
        }
    }
}
