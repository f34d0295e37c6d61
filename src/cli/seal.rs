//! `sekisho seal`: a run's folder becomes one signed file.

use super::engine;
use super::exit;
use super::files::read;
use super::problem::Problem;
use super::redact;
use super::screen::Screen;
use jiff::Timestamp;
use sekisho::bundle::redact::Level;
use sekisho::bundle::{OpenRun, Order, SealFault, seal};
use sekisho::envelope::{Key, sign};
use std::fs::{self, File};
use std::path::PathBuf;

/// Arguments of `seal`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of a run.
    #[arg(value_name = "DIR")]
    pub run: PathBuf,
    /// The bundle to be written. One that is there is not overwritten.
    #[arg(long, value_name = "FILE.zip")]
    pub out: PathBuf,
    /// The private key to sign with (PEM, PKCS #8).
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Take identifiers out, to this level.
    #[arg(long, value_name = "names|accounts|verdicts", requires = "redact_key")]
    pub redact: Option<Level>,
    /// The key that stand-ins are made with: 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_key: Option<PathBuf>,
}

const KEY_HELP: &str = "make a pair of keys: openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub.pem";

/// Seals a run.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let pem = read(&arguments.key, 64 << 10)?;
    let key = Key::parse(&pem)
        .map_err(|fault| Problem::usage(format!("{}: {fault}", arguments.key.display()), KEY_HELP))?;
    let open = OpenRun::at(&arguments.run).map_err(engine::open_problem)?;
    if open.sealed.is_some() {
        let what = format!("{} is sealed already", arguments.run.display());
        return Err(Problem::usage(what, "name the folder of a run"));
    }
    let (_, digest) = engine::clauses(&open.run.profile)?;
    let redacted = redact::redacted(&open, arguments.redact, arguments.redact_key.as_deref())?;
    let order = Order {
        folder: redacted.as_ref().map_or(&open.folder, |redacted| &redacted.folder),
        run: redacted.as_ref().map_or(&open.run, |redacted| &redacted.run),
        profile_digest: &digest,
        redaction: redacted.as_ref().map(|redacted| redacted.redaction.clone()),
        sign: &|payload_type, payload| Ok(sign(payload_type, payload, &key)),
        stamp: None,
        now: Timestamp::now(),
    };
    let written = write(arguments, &order);
    written.inspect_err(|_| drop(fs::remove_file(part(arguments))))?;
    screen.result(&format!("{}\nkey {}", arguments.out.display(), key.id()))?;
    Ok(exit::CONFORMS)
}

fn part(arguments: &Arguments) -> PathBuf {
    let mut part = arguments.out.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

fn write(arguments: &Arguments, order: &Order<'_>) -> Result<(), Problem> {
    let next = "name a file in a folder you may write to with --out";
    if arguments.out.exists() {
        let what = format!("{} is there already, and is not overwritten", arguments.out.display());
        return Err(Problem::usage(what, "name another file with --out"));
    }
    let part = part(arguments);
    let file =
        File::create(&part).map_err(|cause| Problem::file(&part, "cannot be written", &cause, next))?;
    let (file, _) = seal(order, file).map_err(|fault| problem(&fault))?;
    file.sync_all()
        .and_then(|()| fs::rename(&part, &arguments.out))
        .map_err(|cause| Problem::file(&arguments.out, "cannot be written", &cause, next))
}

fn problem(fault: &SealFault) -> Problem {
    let said = fault.to_string();
    match said.rsplit_once("; ") {
        Some((what, next)) => Problem::usage(what, next),
        None => Problem::failed(said, "free space, or name another file with --out"),
    }
}
