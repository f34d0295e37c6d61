//! `sekisho logs scan`.

mod table;

use super::assess::language;
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, tenancy};
use jiff::Timestamp;
use jiff::civil::Date;
use maxminddb::Reader;
use sekisho::annex::Profile;
use sekisho::corroborate::ranges::Ranges;
use sekisho::logs::digest::{self, Keys};
use sekisho::logs::feed::Limits;
use sekisho::logs::locate::Locator;
use sekisho::logs::store::{Folder, Store};
use sekisho::logs::{Granularity, Order, Verdict, scan};
use sekisho::text::Language;
use std::path::{Path, PathBuf};

/// Arguments of `logs`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Scan folders of audit logs: CloudTrail, S3 server access logs, Azure and Google exports.
    Scan(Scan),
}

/// Arguments of `logs scan`.
#[derive(Debug, clap::Args)]
pub struct Scan {
    /// Folders with log files, plain, gzip or Zstandard; folders below them are read too.
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// What to judge: days in Japan, both included (2026-11-01..2026-11-30), or moments, the last outside.
    #[arg(long, value_name = "FROM..TO", value_parser = period)]
    pub period: Option<(Timestamp, Timestamp)>,
    /// A country database (MMDB) of your own.
    #[arg(long, value_name = "FILE")]
    pub geoip: Option<PathBuf>,
    /// Published address ranges: AWS ip-ranges.json, Azure service tags, Google cloud.json.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub ranges: Vec<PathBuf>,
    /// Keys of CloudTrail's digests: what `aws cloudtrail list-public-keys` printed.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// The tenancy file: its profile says which countries are home, its [[access]] what is allowed.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: Option<PathBuf>,
    /// The finest gap in time that is told: day for logs that are written only when something happens.
    #[arg(long, value_name = "hour|day", default_value = "hour", value_parser = granularity)]
    pub gaps: Granularity,
    /// Largest file after decompression, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().file)]
    pub max_file: u64,
    /// Largest ratio of decompressed to compressed bytes.
    #[arg(long, value_name = "N", default_value_t = Limits::default().ratio)]
    pub max_ratio: u64,
    /// Files read at once; as many as there are cores by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// The language of the table.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The profile whose home countries hold when no tenancy file is named.
const USUAL_PROFILE: &str = "jp-annex-2";

/// Scans.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let Arguments::Scan(arguments) = arguments;
    let tenancy = match &arguments.tenancy {
        Some(path) => Some(tenancy::read(path, screen)?),
        None => None,
    };
    let profile = tenancy.as_ref().map_or(USUAL_PROFILE, |tenancy| &tenancy.profile);
    let profile = profile_named(profile)?;
    let countries = arguments.geoip.as_deref().map(countries).transpose()?;
    let ranges = Ranges::read(arguments.ranges.iter().map(PathBuf::as_path))
        .map_err(|fault| Problem::usage(fault.to_string(), "name the files as the providers publish them"))?;
    let locator = Locator {
        countries: countries.as_ref(),
        ranges: &ranges,
        catalogues: sekisho::providers::all().iter().map(|provider| provider.places()).collect(),
        home: profile.parameters.home_countries,
    };
    let folders = arguments.folders.iter().map(|path| {
        let folder = Folder::open(path).map_err(|cause| {
            Problem::file(path, "cannot be listed", &cause, "name a folder that this user may read")
        })?;
        Ok((path.display().to_string(), folder))
    });
    let folders = folders.collect::<Result<Vec<_>, Problem>>()?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found = scan(&Order {
        stores: folders.iter().map(|(name, folder)| (name.clone(), folder as &dyn Store)).collect(),
        locator: &locator,
        entries: tenancy.as_ref().map_or(&[], |tenancy| &tenancy.access),
        period: arguments.period,
        gaps: arguments.gaps,
        keys: &arguments.keys.as_deref().map(keys).transpose()?.unwrap_or_else(Keys::new),
        limits: Limits { file: arguments.max_file, ratio: arguments.max_ratio, ..Limits::default() },
        threads: arguments.threads.map_or(threads, usize::from),
        now: Timestamp::now(),
    });
    if arguments.json {
        screen.json(&found)?;
    } else {
        screen.result(&table::table(&found, arguments.lang))?;
    }
    Ok(match found.verdict {
        Verdict::Conforms => exit::CONFORMS,
        Verdict::Violates => exit::VIOLATES,
        Verdict::Unverified => exit::UNVERIFIED,
    })
}

/// The profile that holds where no tenancy file names one.
pub fn usual_profile() -> Result<Profile, Problem> {
    profile_named(USUAL_PROFILE)
}

fn profile_named(name: &str) -> Result<Profile, Problem> {
    sekisho::annex::find(name).ok().flatten().ok_or_else(|| {
        Problem::failed(format!("the profile {name} cannot be read"), "this build is broken: report it")
    })
}

fn countries(path: &Path) -> Result<Reader<Vec<u8>>, Problem> {
    Reader::open_readfile(path).map_err(|fault| {
        let next = "name a database of countries in MaxMind's format (.mmdb)";
        Problem::usage(format!("{} cannot be used: {fault}", path.display()), next)
    })
}

fn keys(path: &Path) -> Result<Keys, Problem> {
    let next = "write it with: aws cloudtrail list-public-keys --region REGION";
    let json = std::fs::read(path).map_err(|cause| Problem::file(path, "cannot be read", &cause, next))?;
    digest::keys(&json)
        .map_err(|cause| Problem::usage(format!("{} holds no keys: {cause}", path.display()), next))
}

fn granularity(word: &str) -> Result<Granularity, String> {
    match word {
        "hour" => Ok(Granularity::Hour),
        "day" => Ok(Granularity::Day),
        _ => Err("there are hour and day".to_owned()),
    }
}

/// Japan has one offset all year.
const JAPAN: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// Reads `2026-11-01..2026-11-30` or two moments.
fn period(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let form = || "write FROM..TO, as 2026-11-01..2026-11-30".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(form)?;
    let day = |text: &str, later: i64| {
        let date: Date = text.parse().ok()?;
        let date = date.checked_add(jiff::Span::new().days(later)).ok()?;
        JAPAN.to_timestamp(date.at(0, 0, 0, 0)).ok()
    };
    let moment = |text: &str, later: i64| text.parse::<Timestamp>().ok().or_else(|| day(text, later));
    let (from, to) = (moment(from, 0).ok_or_else(form)?, moment(to, 1).ok_or_else(form)?);
    if from < to { Ok((from, to)) } else { Err("the period ends before it begins".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::period;

    #[test]
    fn periods() {
        for (text, expected) in [
            ("2026-11-01..2026-11-30", Some("2026-10-31T15:00:00Z..2026-11-30T15:00:00Z")),
            (
                "2026-11-01T00:00:00Z..2026-11-02T00:00:00Z",
                Some("2026-11-01T00:00:00Z..2026-11-02T00:00:00Z"),
            ),
            ("2026-11-02..2026-11-01", None),
            ("2026-11-01", None),
            ("yesterday..today", None),
        ] {
            let read = period(text).ok().map(|(from, to)| format!("{from}..{to}"));
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
