//! `sekisho vantage`: what a place of known position sees of endpoints.

mod table;

use super::assess::{language, runtime};
use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use super::signer::{self, Signing};
use jiff::Timestamp;
use sekisho::corroborate::land::{LandFault, Point, Standpoint};
use sekisho::corroborate::measurement::{Measurement, SAMPLES, SCHEMA, TARGETS, Vantage};
use sekisho::corroborate::probe::{Overrides, Ways, endpoint, probe};
use sekisho::corroborate::ranges::Ranges;
use sekisho::corroborate::survey::{self, Standing, Survey, survey};
use sekisho::corroborate::tls::Trust;
use sekisho::envelope::SIZE_LIMIT;
use sekisho::text::Language;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `vantage`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Measure round trips and certificates of endpoints from here, and sign what was seen.
    Measure(Box<Measure>),
    /// Verify signed measurements, hold them against each other, and say which countries they exclude.
    Check(Check),
    /// Print the endpoints in use that an earlier run found, one a line, for `measure --targets`.
    Targets(Targets),
}

/// Arguments of `vantage targets`.
#[derive(Debug, clap::Args)]
pub struct Targets {
    /// The --out folder of an earlier `sekisho assess`.
    #[arg(value_name = "DIR")]
    pub run: PathBuf,
}

/// Arguments of `vantage measure`.
#[derive(Debug, clap::Args)]
pub struct Measure {
    /// What to measure, as HOST or HOST:PORT; port 443 where none is said.
    #[arg(value_name = "HOST[:PORT]")]
    pub hosts: Vec<String>,
    /// A file with more of them, one a line; # begins a comment.
    #[arg(long, value_name = "FILE")]
    pub targets: Option<PathBuf>,
    /// The name of this vantage point.
    #[arg(long)]
    pub name: String,
    /// Where it is, in degrees: 35.6867,139.7640. On Japan's land.
    #[arg(long, value_name = "LAT,LON", value_parser = place, allow_hyphen_values = true)]
    pub at: Point,
    #[command(flatten)]
    pub signing: Signing,
    /// The file to be written. One that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// TCP handshakes with each address; the least of them counts.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=i64::from(SAMPLES)))]
    pub samples: u16,
    /// How long an answer is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=60))]
    pub timeout: u16,
    /// How long all of it may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub within: u32,
    /// A stand-in on this machine for a target; its round trips say nothing.
    #[arg(long, value_name = "HOST:PORT=ADDRESS:PORT")]
    pub resolve: Vec<String>,
    /// Root certificates (PEM), in place of those that Mozilla trusts.
    #[arg(long, value_name = "FILE")]
    pub roots: Option<PathBuf>,
    /// The language of the table.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Print what was measured as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `vantage check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Signed measurements.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub trust: signer::Trust,
    /// Published address ranges, which say what is announced from everywhere: AWS ip-ranges.json, Google cloud.json.
    #[arg(long, value_name = "FILE")]
    pub ranges: Vec<PathBuf>,
    /// The language of the table.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Largest file of targets or roots that is read, in bytes.
const FILE_LIMIT: u64 = 4 << 20;

/// Measures or checks.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    match arguments {
        Arguments::Measure(arguments) => measure(arguments, screen),
        Arguments::Check(arguments) => check(arguments, screen),
        Arguments::Targets(arguments) => in_use(&arguments.run, screen),
    }
}

/// The names that say something of a place by how they answer.
fn in_use(run: &Path, screen: &Screen) -> Result<u8, Problem> {
    let names = super::engine::endpoints(run)?;
    if names.is_empty() {
        let next = "its services have no names of their own on the internet, or the run is older than this";
        return Err(Problem::usage(format!("the run in {} names no endpoint", run.display()), next));
    }
    screen.result(&names.join("\n"))?;
    Ok(exit::CONFORMS)
}

fn measure(arguments: &Measure, screen: &Screen) -> Result<u8, Problem> {
    let Measure { name, at, out, .. } = arguments;
    let vantage =
        Vantage { name: name.trim().to_owned(), latitude: at.latitude(), longitude: at.longitude() };
    // What can be refused is refused before anything is asked.
    Standpoint::at(*at).map_err(not_here)?;
    if vantage.name.is_empty() || vantage.name != sekisho_contract::gap::shorten(&vantage.name) {
        let next = "name the vantage point in a few words";
        return Err(Problem::usage("--name is empty, too long, or has control characters", next));
    }
    let signer = signer::of(&arguments.signing)?;
    let targets = targets(arguments)?;
    let mut overrides = Overrides::default();
    for text in &arguments.resolve {
        let next = "name an address of this machine, as in --resolve s3.example.jp:443=127.0.0.1:8443";
        overrides.add(text).map_err(|fault| Problem::usage(format!("--resolve {fault}"), next))?;
    }
    let roots = match &arguments.roots {
        None => Trust::of_public(),
        Some(path) => {
            let next = "name a file with root certificates in PEM, or leave out --roots for the public ones";
            Trust::of_file(&bytes_of(path, FILE_LIMIT, next)?)
                .map_err(|fault| unusable(path, &fault, next))?
        }
    };
    if fs::symlink_metadata(out).is_ok() {
        let next = "name another file: a measurement is evidence and is not overwritten";
        return Err(Problem::usage(format!("--out {} is there already", out.display()), next));
    }
    let mut part = Part::create(out)?;
    let ways = Ways {
        samples: arguments.samples,
        timeout: Duration::from_secs(arguments.timeout.into()),
        overrides,
        deadline: Some(Duration::from_secs(arguments.within.into())),
        ..Ways::new(roots)
    };
    let runtime = runtime()?;
    let taken_from = Timestamp::now();
    let told = runtime.block_on(probe(&targets, &ways));
    // A resolver that never came back is not waited for.
    runtime.shutdown_background();
    let measurement = Measurement {
        schema: SCHEMA.to_owned(),
        tool: concat!("sekisho ", env!("CARGO_PKG_VERSION")).to_owned(),
        vantage: Some(vantage),
        taken_from,
        taken_until: Timestamp::now(),
        samples: arguments.samples,
        targets: told,
    };
    let sealed = measurement.seal(&*signer).map_err(|cause| {
        Problem::failed(
            format!("the measurement cannot be signed: {cause}"),
            "try the key or the program that signs by itself",
        )
    })?;
    part.finish(&sealed)?;
    if arguments.json {
        screen.json(&measurement)?;
    } else {
        screen.result(&table::measured(&measurement, arguments.lang))?;
    }
    screen.message(&format!("{} is signed with the key {}.", out.display(), signer.id()));
    let whole = measurement
        .targets
        .iter()
        .all(|target| target.fault.is_none() && target.addresses.iter().all(|reached| reached.rtt.is_some()));
    Ok(if whole { exit::CONFORMS } else { exit::UNVERIFIED })
}

fn not_here(fault: LandFault) -> Problem {
    match fault {
        LandFault::Elsewhere { .. } => Problem::usage(
            format!("--at {fault}"),
            "give latitude and longitude of this machine, in this order, in degrees; it has to stand in Japan",
        ),
        LandFault::NoTable => Problem::failed(fault.to_string(), "this build is broken: report it"),
    }
}

/// What is to be measured, each once.
fn targets(arguments: &Measure) -> Result<Vec<(String, u16)>, Problem> {
    let next = "write HOST or HOST:PORT, as in s3.ap-northeast-1.amazonaws.com:443";
    let mut named = Vec::new();
    for text in &arguments.hosts {
        named.push(endpoint(text).map_err(|fault| Problem::usage(fault, next))?);
    }
    if let Some(path) = &arguments.targets {
        let text = String::from_utf8(bytes_of(path, FILE_LIMIT, next)?)
            .map_err(|fault| unusable(path, &fault, "write it as UTF-8, a target a line"))?;
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                let place = |fault| Problem::usage(format!("{}:{}: {fault}", path.display(), at + 1), next);
                named.push(endpoint(line).map_err(place)?);
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    named.retain(|target| seen.insert(target.clone()));
    match named.len() {
        0 => Err(Problem::usage("no target is named", next)),
        1..=TARGETS => Ok(named),
        many => Err(Problem::usage(
            format!("{many} targets are more than a measurement holds ({TARGETS})"),
            "measure them in several files",
        )),
    }
}

/// What `vantage check --json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    files: Vec<Signed>,
    #[serde(flatten)]
    survey: &'a Survey,
}

/// A file and who signed it, in the order of `vantages`.
#[derive(Serialize)]
struct Signed {
    file: String,
    keyid: String,
}

fn check(arguments: &Check, screen: &Screen) -> Result<u8, Problem> {
    let trusted = signer::trusted(&arguments.trust)?;
    if trusted.is_empty() {
        return Err(Problem::usage(
            "no key is trusted",
            "name the public key of each vantage point with --trust",
        ));
    }
    let (mut files, mut measurements) = (Vec::new(), Vec::new());
    for path in &arguments.files {
        let next = "name files that `sekisho vantage measure` wrote, and with --trust the public key of each";
        let bytes = bytes_of(path, SIZE_LIMIT as u64, next)?;
        let (measurement, keyid) =
            Measurement::open(&bytes, &trusted).map_err(|fault| unusable(path, &fault, next))?;
        files.push(Signed { file: path.display().to_string(), keyid });
        measurements.push(measurement);
    }
    let ranges = Ranges::read(arguments.ranges.iter().map(PathBuf::as_path))
        .map_err(|fault| Problem::usage(fault.to_string(), "name the files as the providers publish them"))?;
    let found = survey(&survey::Order {
        measurements: &measurements,
        ranges: &ranges,
        home: &super::logs::usual_profile()?.parameters.home_countries,
        now: Timestamp::now(),
    });
    if arguments.json {
        screen.json(&Checked { files, survey: &found })?;
    } else {
        let keys: Vec<&str> = files.iter().map(|file| file.keyid.as_str()).collect();
        screen.result(&table::checked(&measurements, &keys, &found, arguments.lang))?;
    }
    let all_count = found.vantages.iter().all(|seat| seat.standing == Standing::Counts);
    Ok(if all_count { exit::CONFORMS } else { exit::UNVERIFIED })
}

fn bytes_of(path: &Path, limit: u64, next: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|cause| Problem::file(path, "cannot be read", &cause, next))?;
    if bytes.len() as u64 > limit {
        return Err(unusable(path, &format!("it is larger than {limit} bytes"), next));
    }
    Ok(bytes)
}

fn unusable(path: &Path, fault: &dyn std::fmt::Display, next: &str) -> Problem {
    Problem::usage(format!("{} cannot be used: {fault}", path.display()), next)
}

/// A file that appears whole or not at all. It is begun before anything is asked, so that a folder that cannot be written
/// to is told at once.
struct Part<'a> {
    path: &'a Path,
    beside: PathBuf,
    file: File,
    finished: bool,
}

impl<'a> Part<'a> {
    fn create(path: &'a Path) -> Result<Self, Problem> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        match File::create(&beside) {
            Ok(file) => Ok(Self { path, beside, file, finished: false }),
            Err(cause) => Err(Self::unwritable(path, &cause)),
        }
    }

    fn finish(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        let moved = written.and_then(|()| fs::rename(&self.beside, self.path));
        self.finished = moved.is_ok();
        moved.map_err(|cause| Self::unwritable(self.path, &cause))
    }

    fn unwritable(path: &Path, cause: &io::Error) -> Problem {
        Problem::file(path, "cannot be written", cause, "name a file in a folder you may write to with --out")
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing is lost with it, and nobody is left to tell.
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// Reads `35.6867,139.7640`.
fn place(text: &str) -> Result<Point, String> {
    let form = || "write latitude and longitude in degrees, as 35.6867,139.7640".to_owned();
    let (latitude, longitude) = text.split_once(',').ok_or_else(form)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| form());
    Point::new(number(latitude)?, number(longitude)?).ok_or_else(|| format!("no such place; {}", form()))
}
