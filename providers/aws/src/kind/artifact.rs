//! AWS Artifact: which papers AWS offers about itself. No kind of the sweep: it is asked for the register alone.
//!
//! Only what is said of reports is read. To have one means to accept its terms, which is a person's act, so neither the
//! reports nor their terms are asked for.

use super::account::GET_CALLER_IDENTITY;
use super::draft::all;
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::credentials::ASSUME_ROLE;
use crate::quota;
use crate::session::{GLOBAL_HOME, Session};
use jiff::civil::Date;
use sekisho_contract::call::CallId;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::portal::{PaperFilter, PaperState, Portal, PortalPaper};
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every report that is offered, in its latest version.
    LIST_REPORTS = "artifact" "ListReports", needs "artifact:ListReports",
    quota quota::ARTIFACT, Per::Page(300), Get, facts "reports AWS offers about itself"
);
operation!(
    /// What is said of one report.
    GET_REPORT_METADATA = "artifact" "GetReportMetadata", needs "artifact:GetReportMetadata",
    quota quota::ARTIFACT, Per::Sometimes, Get, facts "whether a report was withdrawn"
);

/// What asking the portal may call.
pub const OPERATIONS: &[&Operation] =
    &[&ASSUME_ROLE, &GET_CALLER_IDENTITY, &LIST_REPORTS, &GET_REPORT_METADATA];

/// The portal.
pub const PORTAL: Portal = Portal { name: "AWS Artifact", operations: OPERATIONS };

/// Who AWS is, letters and digits alone: reports of others who sell through AWS are in the same list.
const OWN: &[&str] = &["aws", "amazonwebservices", "amazonwebservicesinc", "amazonwebservicesjapangk"];
/// Longest name of a report (botocore's model of artifact, `ShortStringAttribute`).
const NAME_LIMIT: usize = 256;

/// What the portal offers.
pub async fn papers(session: &Session, wanted: PaperFilter<'_>) -> Result<Vec<PortalPaper>, Shortfall> {
    // The portal has one endpoint for all of the partition.
    let ask = Ask::of(&LIST_REPORTS, Api::Rest, GLOBAL_HOME, json!({"maxResults": 300}));
    let listed = all(List::<Reports>::of(session, ask.at("/v1/report/list", &[]))).await?;
    let mut papers = Vec::with_capacity(listed.len());
    for (report, call) in listed {
        let paper = paper(&report, call);
        let asked = paper.state == PaperState::Offered && wanted(&paper);
        papers.push(if asked { particulars(session, paper).await } else { paper });
    }
    Ok(papers)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reports {
    reports: Vec<Report>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    report_details: Report,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    id: Option<String>,
    name: Option<String>,
    version: Option<u64>,
    state: Option<String>,
    upload_state: Option<String>,
    period_start: Option<String>,
    period_end: Option<String>,
    series: Option<String>,
    category: Option<String>,
    company_name: Option<String>,
    product_name: Option<String>,
    deleted_at: Option<String>,
}

page!(Reports: Report in reports, "nextToken" from next_token, by |item| format!("{item:?}"));

/// The paper with what its own metadata say, which must not contradict the list.
async fn particulars(session: &Session, listed: PortalPaper) -> PortalPaper {
    let mut body = json!({"reportId": listed.id});
    if let Some(version) = listed.version {
        body["reportVersion"] = json!(version);
    }
    let ask = Ask::of(&GET_REPORT_METADATA, Api::Rest, GLOBAL_HOME, body);
    let asked: Asked<Metadata> = session.told(ask.at("/v1/report/getMetadata", &[]).about(&listed.id)).await;
    let heard = match asked {
        Ok(heard) => heard,
        Err(shortfall) => return PortalPaper { state: PaperState::Unread(shortfall), ..listed },
    };
    let own = heard.told.map(|metadata| paper(&metadata.report_details, heard.call));
    let Some(own) = own.filter(|own| agree(&listed, own)) else {
        let detail = format!("what is stated about {} is not what the list states", listed.id);
        let shortfall = Shortfall::of(&GET_REPORT_METADATA, GapReason::Malformed, Some(heard.call), detail);
        return PortalPaper { state: PaperState::Unread(shortfall), ..listed };
    };
    PortalPaper { state: own.state, calls: [listed.calls.as_slice(), &own.calls].concat(), ..listed }
}

/// Whether both speak of the same report, and neither says of it what the other denies.
fn agree(one: &PortalPaper, other: &PortalPaper) -> bool {
    fn same<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_none_or(|(one, other)| one == other)
    }
    one.id == other.id
        && one.title == other.title
        && same(one.version.as_ref(), other.version.as_ref())
        && same(one.company.as_ref(), other.company.as_ref())
        && same(one.product.as_ref(), other.product.as_ref())
        && same(one.series.as_ref(), other.series.as_ref())
        && same(one.category.as_ref(), other.category.as_ref())
        && same(one.period_start.as_ref(), other.period_start.as_ref())
        && same(one.period_end.as_ref(), other.period_end.as_ref())
}

fn paper(report: &Report, call: CallId) -> PortalPaper {
    let text = |said: &Option<String>| said.as_deref().map(shorten).filter(|text| !text.is_empty());
    let days = [&report.period_start, &report.period_end].map(|said| said.as_deref().map(day));
    let [period_start, period_end] = days.map(|day| day.and_then(Result::ok));
    let company = text(&report.company_name);
    let id = report.id.as_deref().filter(|id| is_id(id)).unwrap_or_default();
    PortalPaper {
        id: id.to_owned(),
        version: report.version,
        title: text(&report.name).unwrap_or_default(),
        own: company.as_deref().map(is_own),
        company,
        product: text(&report.product_name),
        series: text(&report.series),
        category: text(&report.category),
        period_start,
        period_end,
        state: state(report),
        calls: vec![call],
    }
}

/// A state that is not understood, or not said, offers nothing.
fn state(report: &Report) -> PaperState {
    let unclear = |why: &str| PaperState::Unclear(why.to_owned());
    let days = [&report.period_start, &report.period_end].map(|said| said.as_deref().map(day).transpose());
    if !report.id.as_deref().is_some_and(is_id) {
        return unclear("it has no id that can be asked for");
    }
    match report.name.as_deref().map(|name| name.chars().count()) {
        None | Some(0) => return unclear("it has no name"),
        Some(1..=NAME_LIMIT) => {}
        Some(_) => return unclear("its name is longer than a name can be"),
    }
    match days {
        [Ok(Some(from)), Ok(Some(until))] if until < from => {
            return unclear("its period ends before it begins");
        }
        [Ok(_), Ok(_)] => {}
        _ => return unclear("its period is not told in days"),
    }
    match (report.state.as_deref(), report.upload_state.as_deref()) {
        _ if report.deleted_at.is_some() => PaperState::Withdrawn,
        (Some("UNPUBLISHED"), _) => PaperState::Withdrawn,
        (Some("PUBLISHED"), None | Some("COMPLETE")) => PaperState::Offered,
        (Some("PUBLISHED"), Some("PROCESSING" | "FAILED" | "FAULT")) => PaperState::Unready,
        _ => unclear("its state is not known"),
    }
}

/// The day of a time, in UTC.
fn day(said: &str) -> Result<Date, jiff::Error> {
    Ok(jiff::tz::Offset::UTC.to_datetime(said.parse()?).date())
}

/// Whether a text has the form of an id: it becomes part of the name of a file.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_own(company: &str) -> bool {
    let plain: String =
        company.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    OWN.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Report, is_id, is_own, state};
    use sekisho_contract::portal::PaperState;

    #[test]
    fn only_what_is_said_to_be_published_and_whole_is_offered() {
        let said = |more: &str| {
            let text = format!("{{\"id\": \"report-1\", \"name\": \"SOC 2 Report\"{more}}}");
            let report: Report = serde_json::from_str(&text).unwrap();
            match state(&report) {
                PaperState::Unclear(_) => "unclear".to_owned(),
                state => format!("{state:?}").to_lowercase(),
            }
        };
        for (more, expected) in [
            (r#", "state": "PUBLISHED""#, "offered"),
            (r#", "state": "PUBLISHED", "uploadState": "COMPLETE""#, "offered"),
            (r#", "state": "PUBLISHED", "uploadState": "PROCESSING""#, "unready"),
            (r#", "state": "PUBLISHED", "uploadState": "LATER""#, "unclear"),
            (r#", "state": "UNPUBLISHED""#, "withdrawn"),
            (r#", "state": "PUBLISHED", "deletedAt": "2026-01-01T00:00:00Z""#, "withdrawn"),
            (r#", "state": "RETIRED""#, "unclear"),
            ("", "unclear"),
            (r#", "state": "PUBLISHED", "periodEnd": "soon""#, "unclear"),
            (
                r#", "state": "PUBLISHED", "periodStart": "2026-02-01T00:00:00Z", "periodEnd": "2026-01-01T00:00:00Z""#,
                "unclear",
            ),
        ] {
            assert_eq!(said(more), expected, "{more}");
        }
    }

    #[test]
    fn an_id_is_no_path_and_another_company_is_not_aws() {
        assert!(is_id("report-0123456789abcdef"));
        for other in ["", "../report", "report/1", "report 1", "報告", &"a".repeat(65)] {
            assert!(!is_id(other), "{other}");
        }
        assert!(is_own("Amazon Web Services, Inc.") && is_own("AWS"));
        assert!(!is_own("Not AWS") && !is_own("Example"));
    }
}
