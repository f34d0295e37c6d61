//! What `seal` and `verify` share of redaction.

use super::engine;
use super::files::read;
use super::problem::Problem;
use sekisho::bundle::OpenRun;
use sekisho::bundle::redact::{self, Key, Level, Order, RedactFault, Redacted};
use sekisho::bundle::verify::Verification;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

const KEY_HELP: &str = "make a key, and keep it to yourself: openssl rand -hex 32 > redact.key";

/// The run without its identifiers, where a level is asked for.
pub fn redacted(
    open: &OpenRun,
    level: Option<Level>,
    file: Option<&Path>,
) -> Result<Option<Redacted>, Problem> {
    let (Some(level), Some(file)) = (level, file) else { return Ok(None) };
    let key = key(file)?;
    let order = Order { open, level, key: &key, providers: sekisho::providers::all() };
    redact::redact(&order).map(Some).map_err(|fault| problem(&fault))
}

/// Holds a redacted bundle to the full folder.
pub fn hold_to_full(found: &mut Verification, bundle: File, full: &Path, file: &Path) -> Result<(), Problem> {
    let key = key(file)?;
    let open = OpenRun::at(full).map_err(engine::open_problem)?;
    redact::hold_to_full(found, BufReader::new(bundle), &open, &key, sekisho::providers::all());
    Ok(())
}

fn key(file: &Path) -> Result<Key, Problem> {
    Key::parse(&read(file, 4 << 10)?)
        .map_err(|why| Problem::usage(format!("{}: {why}", file.display()), KEY_HELP))
}

fn problem(fault: &RedactFault) -> Problem {
    let said = fault.to_string();
    match said.rsplit_once("; ") {
        Some((what, next)) => Problem::usage(what, next),
        None => Problem::failed(said, "free space, or name another folder with TMPDIR"),
    }
}
