//! Puts an assessment into the forms people and tools read: one file a format, each with its own types.
//!
//! A report is made from a [`Material`] alone, so it can be rebuilt at any time, with no cloud at hand.

mod accepted;
mod csv;
pub mod display;
pub mod erasure;
pub mod html;
mod identity;
pub mod json;
mod means;
mod numbers;
mod ocsf;
mod oscal;
pub mod pdf;
mod prospects;
mod sarif;
mod seen;
mod standing;
pub mod terminal;
#[cfg(test)]
mod tests;
mod totals;
pub(crate) mod words;
mod xlsx;

use crate::annex::Profile;
use crate::assess::{Assessment, FactError, FactSource, Level, Lines, Status};
use crate::request::Request;
use crate::run_folder::{
    FamilyRate, REPORT_CSV, REPORT_HTML, REPORT_JSON, REPORT_OCSF, REPORT_OSCAL, REPORT_PDF, REPORT_PDF_EN,
    REPORT_SARIF, REPORT_XLSX,
};
use crate::text::{Language, Text};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil::Date};
use sekisho_contract::CallId;
use sekisho_contract::place::Site;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

pub use crate::words::{Term, glossary};
pub use totals::{open_papers, withheld};

/// The sign of a result of something that binds this much.
pub const fn sign(level: Level, status: Status) -> &'static str {
    words::status_at(level, status).sign
}

/// What a verdict is called.
pub fn status_word(status: Status) -> Text {
    let word = words::status(status).word;
    Text { ja: word.ja.to_owned(), en: word.en.to_owned() }
}

/// Everything a format needs.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// What the assessment says.
    pub assessment: &'a Assessment,
    /// What was assessed, when and by which version.
    pub run: &'a Run,
    /// The ledger in figures.
    pub ledger: &'a LedgerSummary,
    /// The calls that findings and gaps cite. One that is missing here is cited by its id alone.
    pub evidence: &'a BTreeMap<CallId, Evidence>,
    /// The sites of the place catalogues, for the map.
    pub sites: &'a BTreeMap<String, Site>,
    /// The countries that count as home (ISO 3166-1 alpha-2).
    pub home_countries: &'a [String],
    /// Each check's title, by its id.
    pub check_titles: &'a BTreeMap<String, Text>,
    /// The profile it was held against.
    pub profile: &'a Profile,
    /// The facts, to be read again where a format lists what was read.
    pub facts: Facts<'a>,
}

impl Material<'_> {
    /// A check's title; its id when no title is at hand.
    fn check_title(&self, check: &str) -> Text {
        let id = || Text { ja: check.to_owned(), en: check.to_owned() };
        self.check_titles.get(check).cloned().unwrap_or_else(id)
    }
}

/// Facts that can be read again.
#[derive(Clone, Copy)]
pub struct Facts<'a>(pub &'a (dyn FactSource + Sync));

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Facts(..)")
    }
}

impl Facts<'_> {
    /// Reads the lines from the first.
    pub fn pass(&self) -> Lines<'_> {
        self.0.pass()
    }
}

/// What was assessed, when and by which version.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The tenancy's name.
    pub tenancy: String,
    /// The contract's last day.
    pub contract_end: Date,
    /// When the gathering of the facts began.
    pub started_at: Timestamp,
    /// When the gathered facts were assessed: the date the verdicts hold for.
    pub assessed_at: Timestamp,
    /// The version of the profile they were held against.
    pub profile_version: String,
    /// This program's version.
    pub version: String,
    /// The accounts, as (provider, account).
    pub accounts: Vec<(String, String)>,
    /// Why the run ended early (cancelled, call budget spent); `None` when it came to its end.
    pub incomplete: Option<Text>,
    /// That identifiers were taken out, and to which level; `None` where nothing was.
    pub redacted: Option<Text>,
    /// The officer's request that it answers; `None` where it answers none, or it was taken out.
    pub request: Option<Request>,
}

/// The ledger in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerSummary {
    /// Requests sent, repeated attempts included.
    pub calls: u64,
    /// Attempts after the first.
    pub retried: u64,
    /// Answers that asked for a slower pace.
    pub throttled: u64,
    /// Requests sent, by `service:Operation`.
    pub by_operation: BTreeMap<String, u64>,
    /// How fast each API family was asked at most.
    pub rates: Vec<FamilyRate>,
}

/// One call as a report cites it. Status, time, request id and digest are those of its last attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The provider asked.
    pub provider: Arc<str>,
    /// The account asked.
    pub account: Arc<str>,
    /// The region asked, or `global`.
    pub region: Arc<str>,
    /// `service:Operation`.
    pub operation: Arc<str>,
    /// What was asked about; empty for a list.
    pub target: Box<str>,
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// The provider's error code; empty when it gave none.
    pub error: Box<str>,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the last attempt was sent.
    pub at: Timestamp,
    /// The provider's request id; empty when it gave none.
    pub request_id: Box<str>,
    /// SHA-256 of the answer (lower-case hex); empty when no answer came.
    pub sha256: Box<str>,
}

/// A form a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `report.json`, schema `sekisho/report/v1`.
    Json,
    /// `report.html`, one self-contained page.
    Html,
    /// `report.pdf` and `report-en.pdf`, to be printed and handed in.
    Pdf,
    /// `report.xlsx` and `report-en.xlsx`, a workbook a language.
    Xlsx,
    /// The report's tables, `sekisho/csv/v1`.
    Csv,
    /// The models of OSCAL 1.2.1, from the catalog to the plan of action and milestones.
    Oscal,
    /// `findings.ocsf.ndjson`, compliance findings of OCSF 1.5.0.
    Ocsf,
    /// `report.sarif`, SARIF 2.1.0.
    Sarif,
}

impl Format {
    /// Every format, in the order they are written.
    pub const ALL: &'static [Self] =
        &[Self::Json, Self::Html, Self::Pdf, Self::Xlsx, Self::Csv, Self::Oscal, Self::Ocsf, Self::Sarif];

    /// What every run writes; the others are made when they are asked for.
    pub const OF_A_RUN: &'static [Self] = &[Self::Json, Self::Html];

    /// The word that names it on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Oscal => "oscal",
            Self::Ocsf => "ocsf",
            Self::Sarif => "sarif",
        }
    }

    /// The files it is written to.
    pub const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Json => &[REPORT_JSON],
            Self::Html => &[REPORT_HTML],
            Self::Pdf => &[REPORT_PDF, REPORT_PDF_EN],
            Self::Xlsx => &REPORT_XLSX,
            Self::Csv => &REPORT_CSV,
            Self::Oscal => &REPORT_OSCAL,
            Self::Ocsf => &[REPORT_OCSF],
            Self::Sarif => &[REPORT_SARIF],
        }
    }

    /// Reads a list such as `html,json`: each format once, in the order of [`Format::ALL`].
    pub fn parse_list(list: &str) -> Result<Vec<Self>, UnknownFormat> {
        let mut wanted = Vec::new();
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match Self::ALL.iter().find(|format| format.name().eq_ignore_ascii_case(word)) {
                Some(format) => wanted.push(*format),
                None => return Err(UnknownFormat(display::name(word, 40).text)),
            }
        }
        if wanted.is_empty() {
            return Err(UnknownFormat(String::new()));
        }
        wanted.sort();
        wanted.dedup();
        Ok(wanted)
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no report format; there are: json, html, pdf, xlsx, csv, oscal, ocsf, sarif")]
pub struct UnknownFormat(pub String);

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file could not be written.
    #[error("the report could not be written: {0}")]
    Write(#[from] io::Error),
    /// The facts could not be read.
    #[error(transparent)]
    Facts(#[from] FactError),
    /// The report could not be put into its form; a fault of this program.
    #[error("the report could not be composed: {0}")]
    Compose(String),
}

/// Writes one file of a format (`Format::files`). The writer needs no buffer of its own.
pub fn write(file: &str, material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    match file {
        REPORT_JSON => json::write(material, &mut out)?,
        REPORT_HTML => html::write(material, &mut out)?,
        REPORT_PDF => pdf::write(Language::Ja, material, &mut out)?,
        REPORT_PDF_EN => pdf::write(Language::En, material, &mut out)?,
        REPORT_OCSF => ocsf::write(material, &mut out)?,
        REPORT_SARIF => sarif::write(material, &mut out)?,
        _ if REPORT_XLSX.contains(&file) => xlsx::write(file, material, &mut out)?,
        _ if REPORT_CSV.contains(&file) => csv::write(file, material, &mut out)?,
        _ if REPORT_OSCAL.contains(&file) => oscal::write(file, material, &mut out)?,
        _ => return Err(ReportError::Compose(format!("no report is called `{file}`"))),
    }
    out.flush()?;
    Ok(())
}

/// Japan has had one offset, and no summer time, since 1952: no time zone data are needed.
pub(crate) fn in_japan(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::fixed(Offset::constant(9))).strftime("%Y-%m-%d %H:%M JST").to_string()
}
