//! `sekisho seal`: a run's folder becomes one signed file; `sekisho unseal` opens one that is encrypted.

use super::assess::runtime;
use super::engine;
use super::exit;
use super::files::{self, Fresh};
use super::problem::Problem;
use super::redact;
use super::screen::Screen;
use super::signer::{self, Signing};
use jiff::Timestamp;
use sekisho::bundle::redact::Level;
use sekisho::bundle::{OpenRun, Order, SealFault, seal};
use sekisho::envelope;
use sekisho::letter::{self, Identity, LetterFault, Recipient};
use sekisho::request::Signed;
use sekisho::run_folder::REQUEST;
use sekisho::timestamp::{self, Authorities};
use sekisho_wire::Wire;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// Arguments of `seal`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of a run.
    #[arg(value_name = "DIR")]
    pub run: PathBuf,
    /// The bundle to be written. One that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[command(flatten)]
    pub signing: Signing,
    /// A time-stamping authority (RFC 3161) that is asked to stamp when it was sealed.
    #[arg(long, value_name = "URL", requires = "tsa_ca")]
    pub timestamp: Option<Url>,
    /// Root certificates (PEM) that are trusted to stand behind its time stamps.
    #[arg(long, value_name = "FILE")]
    pub tsa_ca: Option<PathBuf>,
    /// To whom the bundle is encrypted: an age recipient (age1…), beside those the request names.
    #[arg(long = "to", value_name = "age1…")]
    pub to: Vec<String>,
    /// Do not encrypt it, though the request names recipients, or the marking asks for it.
    #[arg(long, conflicts_with = "to")]
    pub in_the_clear: bool,
    /// Take identifiers out, to this level.
    #[arg(long, value_name = "names|accounts|verdicts", requires = "redact_key")]
    pub redact: Option<Level>,
    /// The key that stand-ins are made with: 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_key: Option<PathBuf>,
}

/// Arguments of `unseal`.
#[derive(Debug, clap::Args)]
pub struct Unseal {
    /// The encrypted bundle.
    #[arg(value_name = "FILE")]
    pub bundle: PathBuf,
    /// The identity file that opens it (AGE-SECRET-KEY-1…).
    #[arg(long, value_name = "FILE")]
    pub identity: PathBuf,
    /// The file to be written. One that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// How long an authority may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Seals a run.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let signer = signer::of(&arguments.signing)?;
    let open = OpenRun::at(&arguments.run).map_err(engine::open_problem)?;
    if open.sealed.is_some() {
        let what = format!("{} is sealed already", arguments.run.display());
        return Err(Problem::usage(what, "name the folder of a run"));
    }
    let recipients = recipients(arguments, &open)?;
    let (_, digest) = engine::clauses(&open.run.profile)?;
    let authorities = arguments.tsa_ca.as_deref().map(authorities).transpose()?;
    let stamp = |bytes: &[u8]| match (&arguments.timestamp, &authorities) {
        (Some(url), Some(trusted)) => stamped(url, trusted, bytes),
        _ => Err("no authority is named".to_owned()),
    };
    let redacted = redact::redacted(&open, arguments.redact, arguments.redact_key.as_deref())?;
    let order = Order {
        folder: redacted.as_ref().map_or(&open.folder, |redacted| &redacted.folder),
        run: redacted.as_ref().map_or(&open.run, |redacted| &redacted.run),
        profile_digest: &digest,
        redaction: redacted.as_ref().map(|redacted| redacted.redaction.clone()),
        sign: &|payload_type, payload| {
            envelope::sign(payload_type, payload, &*signer).map_err(|fault| fault.to_string())
        },
        stamp: arguments.timestamp.is_some().then_some(&stamp),
        now: Timestamp::now(),
    };
    let out = Fresh::create(&arguments.out)?;
    write(order, &recipients, out)?;
    let mut said = format!("{}\nkey {}", arguments.out.display(), signer.id());
    if let Some(url) = &arguments.timestamp {
        said.push_str(&format!("\ntime stamp of {url}"));
    }
    for recipient in &recipients {
        said.push_str(&format!("\nencrypted to {recipient}"));
    }
    screen.result(&said)?;
    Ok(exit::CONFORMS)
}

fn write(order: Order<'_>, recipients: &[Recipient], mut out: Fresh<'_>) -> Result<(), Problem> {
    let [] = recipients else {
        // What is not encrypted yet lies in a folder that goes, where nobody else may look.
        let unwritable =
            |cause| Problem::file(Path::new("a working file"), "cannot be written", &cause, "free space");
        let plain = tempfile::tempfile().map_err(unwritable)?;
        let (mut plain, _) = seal(&order, plain).map_err(|fault| problem(&fault))?;
        plain.rewind().map_err(unwritable)?;
        letter::encrypt(plain, out.file(), recipients).map_err(|fault| unencrypted(&fault))?;
        return out.finish();
    };
    seal(&order, out.file()).map_err(|fault| problem(&fault))?;
    out.finish()
}

/// To whom it is encrypted: those the caller names, and those the request does.
fn recipients(arguments: &Arguments, open: &OpenRun) -> Result<Vec<Recipient>, Problem> {
    if arguments.in_the_clear {
        return Ok(Vec::new());
    }
    let asked = match &open.run.request {
        Some(_) => {
            let envelope = files::read(&open.folder.file(REQUEST), sekisho::request::SIZE_LIMIT)?;
            let signed = Signed::parse(&envelope, &[])
                .map_err(|fault| Problem::usage(format!("{REQUEST}: {fault}"), "assess again"))?;
            signed.request.recipients
        }
        None => Vec::new(),
    };
    let mut named: Vec<&String> = arguments.to.iter().chain(&asked).collect();
    named.sort();
    named.dedup();
    let restrictions = open.run.handling.iter().flat_map(|handling| &handling.restrictions);
    let demanded = restrictions.clone().find(|one| sekisho::documents::asks_encryption(one));
    if let (true, Some(demanded)) = (named.is_empty(), demanded) {
        let what =
            format!("its marking asks for encryption ({demanded}), and nobody is named to encrypt it to");
        return Err(Problem::usage(
            what,
            "name the officer's recipient with --to age1…, or say --in-the-clear",
        ));
    }
    let parsed = named.into_iter().map(|one| Recipient::parse(one));
    parsed.collect::<Result<_, _>>().map_err(|fault| unencrypted(&fault))
}

fn unencrypted(fault: &LetterFault) -> Problem {
    match fault {
        LetterFault::Io(cause) => Problem::failed(
            format!("it could not be encrypted: {cause}"),
            "free space, or name another file with --out",
        ),
        _ => Problem::usage(
            fault.to_string(),
            "ask the officer for the recipient: sekisho keys new --age prints it",
        ),
    }
}

/// Roots that are trusted to stand behind time stamps.
pub fn authorities(file: &Path) -> Result<Authorities, Problem> {
    let pem = files::read(file, 4 << 20)?;
    Authorities::parse(&pem).map_err(|why| {
        Problem::usage(
            format!("{}: {why}", file.display()),
            "name the root certificates of the authority, in PEM",
        )
    })
}

fn stamped(url: &Url, trusted: &Authorities, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let wire = Wire::new(ANSWER_TIME).map_err(|fault| fault.to_string())?;
    let asked = timestamp::ask(&wire, url, Sha256::digest(bytes).into(), trusted);
    let runtime = runtime().map_err(|problem| problem.to_string())?;
    runtime.block_on(asked).map(|(token, _)| token).map_err(|fault| fault.to_string())
}

fn problem(fault: &SealFault) -> Problem {
    let said = fault.to_string();
    match said.rsplit_once("; ") {
        Some((what, next)) => Problem::usage(what, next),
        None => Problem::failed(said, "free space, or name another file with --out"),
    }
}

/// Opens an encrypted bundle.
pub fn unseal(arguments: &Unseal, screen: &Screen) -> Result<u8, Problem> {
    let mut out = Fresh::create(&arguments.out)?;
    decrypt(&arguments.bundle, &arguments.identity, out.file())?;
    out.finish()?;
    screen.result(&arguments.out.display().to_string())?;
    Ok(exit::CONFORMS)
}

/// Decrypts a bundle.
pub fn decrypt(bundle: &Path, identity: &Path, out: &mut dyn Write) -> Result<(), Problem> {
    let next = "use the bundle as it was handed over, and the identity whose recipient it was encrypted to";
    let key = Identity::parse(&files::read(identity, letter::IDENTITY_LIMIT as u64)?)
        .map_err(|fault| Problem::usage(format!("{}: {fault}", identity.display()), next))?;
    let file = File::open(bundle).map_err(|cause| Problem::file(bundle, "cannot be read", &cause, next))?;
    let decrypted = letter::decrypt(file, out, &key);
    decrypted.map(drop).map_err(|fault| Problem::usage(format!("{}: {fault}", bundle.display()), next))
}
