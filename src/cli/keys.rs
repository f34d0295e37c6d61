//! `sekisho keys`: keys for signing, and identities for what is encrypted.

use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use super::signer::{self, Passphrase};
use sekisho::envelope::{Algorithm, Key, KeyFault, Trusted};
use sekisho::letter::Identity;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `keys`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Make a key to sign with, or an identity to decrypt with.
    New(New),
    /// Print the id and the algorithm of a key, or the recipients of an identity.
    Show(Show),
}

/// Arguments of `keys new`.
#[derive(Debug, clap::Args)]
pub struct New {
    /// The file of the private key; its public half is written beside it, as in officer.pem and officer.pub.pem. Files that
    /// are there are not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How it signs.
    #[arg(long, value_enum, default_value_t = Sort::Ed25519, conflicts_with = "age")]
    pub algorithm: Sort,
    /// Leave the private key in the clear, for a machine that nobody types at.
    #[arg(long, conflicts_with_all = ["passphrase_file", "age"])]
    pub no_passphrase: bool,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Make an age identity instead, for files that are encrypted to somebody.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub age: bool,
}

/// Arguments of `keys show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// A key (public or private, PEM) or an age identity.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub passphrase: Passphrase,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How a new key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// Ed25519.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, for hardware and services without Ed25519.
    EcdsaP256,
}

/// What `keys show` prints.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Key { keyid: &'a str, algorithm: Algorithm },
    Identity { recipients: Vec<String> },
}

/// Makes or shows.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    match arguments {
        Arguments::New(arguments) if arguments.age => new_identity(arguments, screen),
        Arguments::New(arguments) => new_key(arguments, screen),
        Arguments::Show(arguments) => show(arguments, screen),
    }
}

fn new_key(arguments: &New, screen: &Screen) -> Result<u8, Problem> {
    let public = arguments.out.with_extension("pub.pem");
    // What can be refused is refused before a passphrase is asked for.
    for path in [&arguments.out, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(there(path));
        }
    }
    let passphrase = match arguments.no_passphrase {
        true => None,
        false => Some(signer::chosen(&arguments.passphrase)?),
    };
    let algorithm = match arguments.algorithm {
        Sort::Ed25519 => Algorithm::Ed25519,
        Sort::EcdsaP256 => Algorithm::EcdsaP256,
    };
    let failed = |fault: KeyFault| Problem::failed(format!("no key was made: {fault}"), "report it");
    let key = Key::generate(algorithm).map_err(failed)?;
    let pem = key.to_pem(passphrase.as_ref().map(|passphrase| passphrase.as_slice())).map_err(failed)?;
    write_new(&arguments.out, pem.as_bytes(), true)?;
    write_new(&public, key.public_pem().as_bytes(), false)?;
    screen.result(&told(key.public()))?;
    screen.message(&format!(
        "{} is to be kept secret; {} is to be given to whoever verifies.",
        arguments.out.display(),
        public.display()
    ));
    Ok(exit::CONFORMS)
}

fn new_identity(arguments: &New, screen: &Screen) -> Result<u8, Problem> {
    let identity = Identity::generate();
    write_new(&arguments.out, identity.to_file().as_bytes(), true)?;
    screen.result(&recipients(&identity).join("\n"))?;
    screen.message(&format!(
        "{} is to be kept secret; the line above is to be given to whoever encrypts.",
        arguments.out.display()
    ));
    Ok(exit::CONFORMS)
}

fn show(arguments: &Show, screen: &Screen) -> Result<u8, Problem> {
    let Show { file, passphrase, json } = arguments;
    let next = "name a key in PEM or an age identity";
    let bytes = pkcs8::der::zeroize::Zeroizing::new(signer::bytes_of(file, next)?);
    let public = match Trusted::parse(&bytes) {
        Ok(public) => public,
        Err(KeyFault::NoPem(_)) => {
            let identity = Identity::parse(&bytes).map_err(|fault| {
                Problem::usage(format!("{} cannot be used: no PEM, and {fault}", file.display()), next)
            })?;
            let recipients = recipients(&identity);
            let text = recipients.join("\n");
            return print(*json, &Shown::Identity { recipients }, &text, screen);
        }
        Err(KeyFault::Other(..)) => signer::key(file, passphrase)?.public().clone(),
        Err(fault) => {
            return Err(Problem::usage(format!("{} cannot be used: {fault}", file.display()), next));
        }
    };
    let shown = Shown::Key { keyid: public.id(), algorithm: public.algorithm() };
    print(*json, &shown, &told(&public), screen)
}

fn print(json: bool, shown: &Shown<'_>, text: &str, screen: &Screen) -> Result<u8, Problem> {
    if json {
        screen.json(shown)?;
    } else {
        screen.result(text)?;
    }
    Ok(exit::CONFORMS)
}

fn told(key: &Trusted) -> String {
    format!("{}  {}", key.id(), key.algorithm().name())
}

fn recipients(identity: &Identity) -> Vec<String> {
    identity.recipients().iter().map(ToString::to_string).collect()
}

/// Writes a file that is not there yet; a secret one is its owner's alone from the beginning.
fn write_new(path: &Path, bytes: &[u8], secret: bool) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written =
        options.open(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => there(path),
        _ => Problem::file(path, "cannot be written", &cause, "name a file in a folder you may write to"),
    })
}

fn there(path: &Path) -> Problem {
    let next = "name another file: a key that is there is not overwritten";
    Problem::usage(format!("{} is there already", path.display()), next)
}
