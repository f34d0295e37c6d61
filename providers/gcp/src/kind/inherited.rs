//! Sinks of the folders and the organization above a project: those that include what is below them send its records
//! on too, and those that intercept take them before the project's own sinks do.

use super::draft::{Draft, Tally};
use super::inventory::Found;
use super::list::{Page, pages};
use super::logging::{sends, target};
use crate::method::Ask;
use crate::quota;
use crate::session::{EVERYWHERE, Session};
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::FactSink;
use sekisho_contract::{GapReason, Operation, Shortfall};
use serde::Deserialize;
use serde_json::Value;

operation!(
    /// The sinks of a folder above the project.
    LIST_FOLDER_SINKS = "logging" "folders.sinks.list", at "v2/{+parent}/sinks", needs "logging.sinks.list",
    quota quota::LOGGING, Per::Sometimes, Get, facts "where a folder above sends the project's records"
);
operation!(
    /// The sinks of the organization.
    LIST_ORGANIZATION_SINKS = "logging" "organizations.sinks.list", at "v2/{+parent}/sinks", needs "logging.sinks.list",
    quota quota::LOGGING, Per::Sometimes, Get, facts "where the organization sends the project's records"
);
const SERVICE: &str = "logging";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListSinksResponse {
    #[serde(default)]
    sinks: Vec<LogSink>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogSink {
    name: String,
    destination: String,
    disabled: Option<bool>,
    #[serde(default)]
    include_children: bool,
    #[serde(default)]
    intercept_children: bool,
}

impl Page for ListSinksResponse {
    type Item = LogSink;
    fn split(self) -> (Vec<LogSink>, Option<String>) {
        (self.sinks, self.next_page_token)
    }
    fn name(item: &LogSink) -> String {
        item.name.clone()
    }
}

/// The sinks of every level above that take the project's records up.
pub struct Inherited {
    levels: Vec<Level>,
}

/// A level above the project.
struct Level {
    name: String,
    operation: &'static Operation,
    /// The call that told of its sinks, or failed to.
    call: CallId,
    sinks: Vec<LogSink>,
    missing: Option<Shortfall>,
}

impl Inherited {
    /// Reads them.
    pub async fn of(session: &Session) -> Self {
        let hierarchy = session.hierarchy().await;
        let mut levels = Vec::new();
        for level in &hierarchy.levels {
            let method = match level.name.split('/').next() {
                Some("folders") => &LIST_FOLDER_SINKS,
                Some("organizations") => &LIST_ORGANIZATION_SINKS,
                _ => continue,
            };
            let ask = Ask::of(method, [("parent", level.name.as_str()), ("pageSize", "1000")]);
            let (listed, missing) = pages::<ListSinksResponse>(session, ask.about(&level.name)).await;
            let told = listed.first().map(|(_, call)| *call);
            let call = missing.as_ref().and_then(|missing| missing.call).or(told);
            let sinks =
                listed.into_iter().map(|(sink, _)| sink).filter(|sink| sink.include_children).collect();
            let (name, operation) = (level.name.clone(), &method.operation);
            levels.push(Level {
                name,
                operation,
                call: call.unwrap_or(hierarchy.call(session)),
                sinks,
                missing,
            });
        }
        if let Some(missing) = &hierarchy.missing {
            let call = missing.call.unwrap_or(hierarchy.call(session));
            let (name, operation) = ("above".to_owned(), &LIST_ORGANIZATION_SINKS.operation);
            levels.push(Level { name, operation, call, sinks: Vec::new(), missing: Some(missing.clone()) });
        }
        Self { levels }
    }

    /// The calls that told of sinks.
    pub fn calls(&self) -> impl Iterator<Item = CallId> {
        self.levels.iter().filter(|level| !level.sinks.is_empty()).map(|level| level.call)
    }

    /// Why it is not known what of the project's records reaches its own sinks, if that is not known.
    pub fn intercepts(&self) -> Option<Shortfall> {
        let takes = |sink: &&LogSink| sink.intercept_children && sink.disabled != Some(true);
        let taken = self.levels.iter().find_map(|level| Some((&level.name, level.sinks.iter().find(takes)?)));
        let taken = taken.map(|(level, sink)| {
            let detail = format!(
                "which records the sink {} of {level} takes before the project's own was not determined",
                shorten(&sink.name)
            );
            Shortfall::without_call(GapReason::NotRead, detail)
        });
        taken.or_else(|| self.levels.iter().find_map(|level| level.missing.clone()))
    }

    /// Hands on where they send records, as one thing of the project.
    pub fn tell(&self, session: &Session, tally: &mut Tally, sink: &dyn FactSink) {
        let telling = |level: &&Level| !level.sinks.is_empty() || level.missing.is_some();
        let Some(first) = self.levels.iter().find(telling) else { return };
        let name = format!("//logging.googleapis.com/projects/{}/sinks/-/above", session.project);
        let (operation, call) = (first.operation, first.call);
        let found = Found { asset: String::new(), name, data: Value::Null, operation, call };
        let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), Some(EVERYWHERE), &found);
        draft.without(&[Facet::Tags]);
        EVERYWHERE.clone_into(&mut draft.resource.region);
        draft.resource.copies.clear();
        "sinks of the folders and the organization above".clone_into(&mut draft.resource.name);
        for level in self.levels.iter().filter(telling) {
            draft.sheet.shown("copies", &level.call);
            for sink in &level.sinks {
                // One that is switched off may have sent before.
                sends(&mut draft, &target(session, &sink.destination));
            }
            if let Some(missing) = &level.missing {
                draft.perhaps_copied(CopyRole::Transit, missing);
            }
        }
        tally.tell(sink, draft.finish());
    }
}
