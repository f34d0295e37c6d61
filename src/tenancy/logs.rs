//! Where the audit logs of the tenancy lie, and what they are located and checked with.

use super::section::{Key, Reading, Section};
use super::whole::repeated;
use crate::logs::Granularity;
use schemars::JsonSchema;
use sekisho_contract::AccountSection;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// What `[logs]` says. Paths are as they are written: from the folder of the tenancy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// Days up to the assessment that are judged.
    pub period_days: u32,
    /// A country database (MMDB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geoip: Option<String>,
    /// Address ranges as the clouds publish them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<String>,
    /// Keys of CloudTrail's digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// The finest gap in time that is told.
    pub gaps: Granularity,
    /// Where the log files lie.
    pub sources: Vec<LogSource>,
}

/// One place where log files lie: a folder, or a store in an account of the tenancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum LogSource {
    /// A folder on this machine.
    Folder {
        /// Its path.
        folder: String,
    },
    /// A store in a cloud.
    Store {
        /// The account it is read as, `provider/id`.
        account: String,
        /// A bucket, or a storage account and a container with `/` between.
        store: String,
        /// What names of objects begin with; empty for all.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
    },
}

impl LogSource {
    /// What the result calls it.
    pub fn told(&self) -> String {
        match self {
            Self::Folder { folder } => folder.clone(),
            Self::Store { account, store, prefix } => format!("{account}/{store}/{prefix}"),
        }
    }
}

const LOGS: &[Key] = &[
    Key { name: "period_days", example: "period_days = 30" },
    Key { name: "geoip", example: r#"geoip = "country.mmdb""# },
    Key { name: "ranges", example: r#"ranges = ["ip-ranges.json"]"# },
    Key { name: "keys", example: r#"keys = "digest-keys.json""# },
    Key { name: "gaps", example: r#"gaps = "hour""# },
    Key { name: "source", example: r#"[[logs.source]] with folder, or with account and store"# },
];

const SOURCE: &[Key] = &[
    Key { name: "folder", example: r#"folder = "logs/""# },
    Key { name: "account", example: r#"account = "aws/123456789012""# },
    Key { name: "store", example: r#"store = "trail-bucket""# },
    Key { name: "prefix", example: r#"prefix = "AWSLogs/""# },
];

/// Days that are judged where the file does not say.
const PERIOD_DAYS: u64 = 30;
/// Most days that can be judged: ten years.
const LONGEST: u64 = 3_660;

/// Reads `[logs]`, if it is there.
pub(super) fn read(
    reading: &mut Reading<'_>,
    top: &Section<'_, '_>,
    accounts: &[AccountSection],
) -> Option<Logs> {
    let value = top.get("logs")?;
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(top, "logs", value, "one section, [logs]");
        return None;
    };
    let section = Section { title: "[logs]", at: value.span(), keys: LOGS, table };
    let before = reading.faults.len();
    reading.keys(&section);
    let period = match section.get("period_days") {
        Some(_) => reading.number(&section, "period_days", 1..LONGEST + 1),
        None => Some(PERIOD_DAYS),
    };
    let geoip = reading.string(&section, "geoip");
    let ranges = reading.strings(&section, "ranges").unwrap_or_default();
    let keys = reading.string(&section, "keys");
    let gaps = granularity(reading, &section);
    let items = repeated(reading, &section, "source");
    if items.is_none_or(|items| items.is_empty())
        && !section.misspelt("source")
        && section.get("source").is_none_or(|value| value.get_ref().is_array())
    {
        let help = "add: [[logs.source]], and below it folder = \"logs/\", or account = \"aws/123456789012\" and store = \"BUCKET\"";
        reading.fault(section.at.clone(), "[logs] names no [[logs.source]]", "here", help);
    }
    let mut sources: Vec<LogSource> = Vec::new();
    for item in items.unwrap_or_default() {
        let Some((source, at)) = read_source(reading, item, accounts) else { continue };
        if sources.contains(&source) {
            let message = format!("{} is named twice", shorten(&source.told()));
            reading.fault(at, message, "again here", "delete one of the two: its records would count twice");
        }
        sources.push(source);
    }
    (reading.faults.len() == before).then_some(())?;
    Some(Logs {
        period_days: u32::try_from(period?).ok()?,
        geoip,
        ranges: ranges.into_iter().map(|(path, _)| path).collect(),
        keys,
        gaps: gaps?,
        sources,
    })
}

fn granularity(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> Option<Granularity> {
    if section.get("gaps").is_none() {
        return Some(Granularity::Hour);
    }
    match reading.string(section, "gaps")?.as_str() {
        "hour" => Some(Granularity::Hour),
        "day" => Some(Granularity::Day),
        other => {
            let help = "write gaps = \"hour\", or gaps = \"day\" for logs that are written only when something happens";
            let message = format!("`gaps` cannot be `{}`", shorten(other));
            reading.fault(section.place("gaps"), message, "not known", help);
            None
        }
    }
}

fn read_source(
    reading: &mut Reading<'_>,
    item: &Spanned<DeValue<'_>>,
    accounts: &[AccountSection],
) -> Option<(LogSource, Range<usize>)> {
    let table = item.get_ref().as_table()?;
    let section = Section { title: "[[logs.source]]", at: item.span(), keys: SOURCE, table };
    let before = reading.faults.len();
    reading.keys(&section);
    let folder = reading.string(&section, "folder");
    let account = reading.string(&section, "account");
    let has = |key: &str| section.get(key).is_some();
    if has("folder") {
        if let Some(key) = ["account", "store", "prefix"].into_iter().find(|key| has(key)) {
            let help = "write one [[logs.source]] for the folder, and another for the store";
            let message = format!("this [[logs.source]] names a folder and `{key}`");
            reading.fault(section.place(key), message, "not beside a folder", help);
        }
        return (reading.faults.len() == before)
            .then_some((LogSource::Folder { folder: folder? }, section.at.clone()));
    }
    if !has("account") && !has("store") && !has("prefix") {
        if !section.misspelt("folder") && !section.misspelt("account") {
            let help = "add: folder = \"logs/\", or account = \"aws/123456789012\" and store = \"BUCKET\"";
            reading.fault(
                section.at.clone(),
                "this [[logs.source]] names neither a folder nor an account",
                "here",
                help,
            );
        }
        return None;
    }
    if !has("account") {
        reading.present(&section, "account");
    }
    let store = reading.required(&section, "store");
    let prefix = reading.string(&section, "prefix").unwrap_or_default();
    let known = |account: &str| {
        accounts.iter().any(|section| format!("{}/{}", section.provider, section.id) == account)
    };
    if let Some(account) = account.as_ref().filter(|account| !known(account)) {
        let names: Vec<String> =
            accounts.iter().map(|section| format!("{}/{}", section.provider, section.id)).collect();
        let near: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = crate::text::nearest(account, &near).map(|near| format!("did you mean \"{near}\"? "));
        let help = format!("{}name an [[account]] of this file, as provider/id", near.unwrap_or_default());
        let message = format!("no [[account]] is `{}`", shorten(account));
        reading.fault(section.place("account"), message, "not in this file", help);
    }
    (reading.faults.len() == before).then_some(())?;
    Some((LogSource::Store { account: account?, store: store?, prefix }, section.at.clone()))
}
