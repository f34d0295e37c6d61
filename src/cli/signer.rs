//! Whom a command signs with and whom it trusts: arguments that several commands share.

use super::problem::Problem;
use pkcs8::der::zeroize::Zeroizing;
use sekisho::envelope::{self, Key, KeyFault, Signer, Trusted};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that may hold a passphrase.
pub const PASSPHRASE: &str = "SEKISHO_PASSPHRASE";
/// Largest file of keys or passphrases that is read, in bytes.
const FILE_LIMIT: u64 = 64 << 10;
/// Longest passphrase, in bytes.
const PASSPHRASE_LIMIT: usize = 1 << 10;
const HELP: &str = "make a pair of keys: sekisho keys new --out officer.pem; docs/keys.md tells more";

/// Whom a command signs with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Signing")]
pub struct Signing {
    /// The private key to sign with: Ed25519 or ECDSA P-256, PEM.
    #[arg(long, value_name = "FILE", conflicts_with = "signer")]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// A program that signs, for a key that stays in a hardware module or a key service: what is to be signed comes on
    /// its standard input, the signature goes to its standard output. No shell takes part.
    #[arg(long, value_name = "PROGRAM", requires = "public_key")]
    pub signer: Option<String>,
    /// An argument for it; give one for each.
    #[arg(long, value_name = "ARGUMENT", requires = "signer", allow_hyphen_values = true)]
    pub signer_arg: Vec<String>,
    /// How long it is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", requires = "signer", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub signer_timeout: u16,
    /// The public key (PEM) that its signatures have to fit.
    #[arg(long, value_name = "FILE", requires = "signer")]
    pub public_key: Option<PathBuf>,
}

/// Where a passphrase comes from.
#[derive(Debug, clap::Args)]
pub struct Passphrase {
    /// A file with the passphrase of the private key, on its first line; else SEKISHO_PASSPHRASE, else the terminal is asked.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Whom a command trusts.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// A public key that is trusted (PEM); may be given several times.
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
}

/// Whoever signs. A key under a passphrase is opened, a program is not started yet.
pub fn of(arguments: &Signing) -> Result<Box<dyn Signer>, Problem> {
    match (&arguments.key, &arguments.signer, &arguments.public_key) {
        (Some(path), _, _) => Ok(Box::new(key(path, &arguments.passphrase)?)),
        (None, Some(program), Some(public)) => {
            let public = public_key(public)?;
            let signer = envelope::Command::new(program, arguments.signer_arg.clone(), public)
                .patience(Duration::from_secs(arguments.signer_timeout.into()))
                .without(PASSPHRASE);
            Ok(Box::new(signer))
        }
        _ => Err(Problem::usage("nobody signs: neither --key nor --signer with --public-key is given", HELP)),
    }
}

/// A private key, opened with its passphrase where it is under one.
pub fn key(path: &Path, passphrase: &Passphrase) -> Result<Key, Problem> {
    let pem = Zeroizing::new(bytes_of(path, HELP)?);
    let read = match Key::parse(&pem, None) {
        Err(KeyFault::Locked) => {
            let found = asked(passphrase, &format!("Passphrase of {}: ", path.display()))?;
            Key::parse(&pem, Some(&found))
        }
        read => read,
    };
    read.map_err(|fault| unusable(path, &fault))
}

/// A public key.
pub fn public_key(path: &Path) -> Result<Trusted, Problem> {
    Trusted::parse(&bytes_of(path, HELP)?).map_err(|fault| unusable(path, &fault))
}

/// The public keys that are trusted, in their order.
pub fn trusted(arguments: &Trust) -> Result<Vec<Trusted>, Problem> {
    arguments.trust.iter().map(|path| public_key(path)).collect()
}

/// The passphrase that was given, or that is typed in now.
pub fn asked(passphrase: &Passphrase, prompt: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    match given(passphrase)? {
        Some(found) => Ok(found),
        None => typed(prompt),
    }
}

/// The passphrase of a new key, typed twice where it is typed.
pub fn chosen(passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Problem> {
    if let Some(found) = given(passphrase)? {
        return Ok(found);
    }
    let (first, second) = (typed("Passphrase of the new key: ")?, typed("The same again: ")?);
    match first == second {
        true => Ok(first),
        false => Err(Problem::usage("the two passphrases differ", "try again")),
    }
}

#[allow(clippy::disallowed_methods, reason = "the edge: the one place that reads a passphrase")]
fn given(passphrase: &Passphrase) -> Result<Option<Zeroizing<Vec<u8>>>, Problem> {
    if let Some(path) = &passphrase.passphrase_file {
        let next = "write the passphrase into the first line of a file that only you can read";
        let text = Zeroizing::new(bytes_of(path, next)?);
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        return sound(first, &path.display().to_string()).map(Some);
    }
    match std::env::var(PASSPHRASE) {
        Ok(text) => sound(Zeroizing::new(text).as_bytes(), PASSPHRASE).map(Some),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Problem::usage(format!("{PASSPHRASE} is no text"), "give the passphrase in UTF-8"))
        }
    }
}

fn typed(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        let next = format!("name a file with --passphrase-file, or set {PASSPHRASE}");
        return Err(Problem::usage(
            "the key needs a passphrase, and there is no terminal to ask for it",
            next,
        ));
    }
    let read = terminal.write_str(prompt).and_then(|()| terminal.read_secure_line());
    let text = read.map_err(|cause| {
        Problem::failed(
            format!("the passphrase cannot be read from the terminal: {cause}"),
            "name a file with --passphrase-file",
        )
    })?;
    sound(Zeroizing::new(text).as_bytes(), "what was typed")
}

fn sound(passphrase: &[u8], place: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    if passphrase.is_empty() || passphrase.len() > PASSPHRASE_LIMIT {
        let next =
            "a key without a passphrase needs none to be given; `sekisho keys new --no-passphrase` makes one";
        return Err(Problem::usage(
            format!("the passphrase is empty or longer than {PASSPHRASE_LIMIT} bytes: {place}"),
            next,
        ));
    }
    Ok(Zeroizing::new(passphrase.to_vec()))
}

/// A small file.
pub fn bytes_of(path: &Path, next: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes));
    read.map_err(|cause| Problem::file(path, "cannot be read", &cause, next))?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(Problem::usage(
            format!("{} cannot be used: it is larger than {FILE_LIMIT} bytes", path.display()),
            next,
        ));
    }
    Ok(bytes)
}

fn unusable(path: &Path, fault: &KeyFault) -> Problem {
    let next = match fault {
        KeyFault::Passphrase => "give the passphrase it was made with",
        KeyFault::Work(_) | KeyFault::Scheme(_) => {
            "put it under its passphrase again: openssl pkcs8 -topk8 -v2 aes256 -in OLD -out NEW"
        }
        _ => HELP,
    };
    Problem::usage(format!("{} cannot be used: {fault}", path.display()), next)
}
