//! A key that stays where it is, in a hardware module or a key service: a program of the user's own signs with it.
//!
//! The program gets what is to be signed on its standard input and writes the signature to its standard output, as it is or
//! as base64. What it wrote counts only if it fits the public key that was named.

use super::key::Trusted;
use super::signer::{SignFault, Signer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sekisho_contract::gap::shorten;
use std::io::{self, Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Most that is read of a program's standard output and of its standard error, in bytes.
const OUTPUT: u64 = 4 << 10;
/// Most of its standard error that is shown, in characters: what it said last.
const SHOWN: usize = 300;
/// How long a program is waited for where nobody says otherwise: somebody may have to touch a token.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a program that wrote all it had to has ended.
const GLANCE: Duration = Duration::from_millis(2);

/// A program that signs.
#[derive(Debug, Clone)]
pub struct Command {
    program: String,
    arguments: Vec<String>,
    public: Trusted,
    patience: Duration,
    withheld: Vec<String>,
}

impl Command {
    /// A program with its arguments, and the public half of the key it signs with. No shell takes part.
    pub fn new(program: impl Into<String>, arguments: Vec<String>, public: Trusted) -> Self {
        Self { program: program.into(), arguments, public, patience: PATIENCE, withheld: Vec::new() }
    }

    /// How long it is waited for.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// A variable of the environment that it does not get.
    #[must_use]
    pub fn without(mut self, variable: impl Into<String>) -> Self {
        self.withheld.push(variable.into());
        self
    }

    fn run(&self, bytes: &[u8]) -> Result<Vec<u8>, SignFault> {
        let deadline = Instant::now() + self.patience;
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in &self.withheld {
            command.env_remove(variable);
        }
        let mut child = Running(command.spawn().map_err(|cause| self.not_started(&cause))?);
        let Running(Child { stdin, stdout, stderr, .. }) = &mut child;
        // Each pipe has a thread of its own, which nobody waits for: a program that hangs may have left one open.
        let input = bytes.to_vec();
        let stdin = stdin.take();
        thread::spawn(move || {
            // A program need not read everything; whether it signed shows by the signature.
            drop(stdin.map(|mut pipe| pipe.write_all(&input)));
        });
        let (stdout, stderr) = (reading(stdout.take(), all), reading(stderr.take(), end));
        let too_long = |_| self.too_long();
        let left = || deadline.saturating_duration_since(Instant::now());
        let written = stdout.recv_timeout(left()).map_err(too_long)?;
        if written.len() as u64 > OUTPUT {
            return Err(SignFault::TooMuch { program: self.named(), limit: OUTPUT });
        }
        let status = loop {
            match child.0.try_wait().map_err(|cause| self.not_started(&cause))? {
                Some(status) => break status,
                None if left().is_zero() => return Err(self.too_long()),
                None => thread::sleep(GLANCE),
            }
        };
        if !status.success() {
            // It has ended; what else holds its standard error open is not waited for long.
            let said = stderr.recv_timeout(left().min(Duration::from_secs(1))).unwrap_or_default();
            return Err(self.failed(status, &said));
        }
        Ok(written)
    }

    fn named(&self) -> String {
        shorten(&self.program)
    }

    fn not_started(&self, cause: &io::Error) -> SignFault {
        SignFault::Start { program: self.named(), cause: cause.to_string() }
    }

    fn too_long(&self) -> SignFault {
        SignFault::TooLong { program: self.named(), limit: self.patience }
    }

    fn failed(&self, status: ExitStatus, stderr: &[u8]) -> SignFault {
        let said = String::from_utf8_lossy(stderr);
        let said = said.trim();
        let skipped = said.chars().count().saturating_sub(SHOWN);
        let end: String = said.chars().skip(skipped).collect();
        SignFault::Failed { program: self.named(), status: status.to_string(), stderr: shorten(&end) }
    }
}

impl Signer for Command {
    fn id(&self) -> &str {
        self.public.id()
    }

    fn public_pem(&self) -> String {
        self.public.to_pem()
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignFault> {
        let written = self.run(bytes)?;
        let text: Vec<u8> = written.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let length = written.len();
        // Which of the two forms it is shows by which of them fits.
        let mut forms = [Some(written), STANDARD.decode(text).ok()].into_iter().flatten();
        forms.find(|form| self.public.signed(bytes, form)).ok_or_else(|| SignFault::Another {
            program: self.named(),
            length,
            keyid: self.public.id().to_owned(),
            algorithm: self.public.algorithm().name(),
        })
    }
}

/// A program that does not outlive the wait for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Reads a pipe on a thread of its own.
fn reading<P: Read + Send + 'static>(pipe: Option<P>, how: fn(P) -> Vec<u8>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more where it took too long.
        drop(sender.send(pipe.map(how).unwrap_or_default()));
    });
    receiver
}

/// Everything, or one byte more than is allowed. What came before a fault is what there is.
fn all(pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    drop(pipe.take(OUTPUT + 1).read_to_end(&mut bytes));
    bytes
}

/// The end of what comes; a program that talks much is let talk.
fn end(mut pipe: impl Read) -> Vec<u8> {
    let (mut kept, mut part) = (Vec::new(), [0; OUTPUT as usize]);
    loop {
        match pipe.read(&mut part) {
            Ok(0) => return kept,
            Ok(length) => kept.extend_from_slice(&part[..length]),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return kept,
        }
        kept.drain(..kept.len().saturating_sub(OUTPUT as usize));
    }
}
