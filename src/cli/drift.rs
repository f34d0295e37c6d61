//! `sekisho drift`: what changed between two runs.

use super::assess::language;
use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use sekisho::bundle::OpenRun;
use sekisho::drift::application::{Application, markdown};
use sekisho::drift::{self, Drift, DriftFault, json, terminal};
use sekisho::text::Language;
use std::fs;
use std::path::{Path, PathBuf};

/// What `--help` says about the exit code.
const HELP: &str = "Exit codes: 0 nothing got worse, 1 a clause got worse: its verdict, what a demand of it finds, or a \
                    change for the worse that touches it, 2 bad arguments or files, 4 the comparison failed";

/// Arguments of `drift`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Arguments {
    /// The run before: its folder, or its sealed bundle.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The run after.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Print the changes as JSON.
    #[arg(long)]
    pub json: bool,
    /// The language of what is printed.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Write the draft of a change application (in Japanese, Markdown) to this file.
    #[arg(long, value_name = "FILE.md")]
    pub application: Option<PathBuf>,
}

/// Compares two runs.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let (old, new) = (open(&arguments.old)?, open(&arguments.new)?);
    let drift = compare(&old, &new)?;
    if let Some(path) = &arguments.application {
        draft(&drift, path)?;
    }
    if arguments.json {
        screen.json(&json::file(&drift))?;
    } else {
        screen.result(&terminal::told(&drift, arguments.lang, screen.result_look().color))?;
    }
    Ok(if drift.is_worse() { exit::VIOLATES } else { exit::CONFORMS })
}

/// What changed between two runs, in words; the draft of a change application is left in a file.
pub fn told(
    old: &Path,
    new: &Path,
    application: &Path,
    language: Language,
    screen: &Screen,
) -> Result<String, Problem> {
    let (old, new) = (open(old)?, open(new)?);
    let drift = compare(&old, &new)?;
    draft(&drift, application)?;
    Ok(terminal::told(&drift, language, screen.result_look().color))
}

fn draft(drift: &Drift, path: &Path) -> Result<(), Problem> {
    fs::write(path, markdown(&Application::of(drift))).map_err(|cause| {
        Problem::file(path, "the draft cannot be written", &cause, "name another file with --application")
    })
}

/// Opens a run, wherever it lies.
pub fn open(path: &Path) -> Result<OpenRun, Problem> {
    OpenRun::at(path).map_err(super::engine::open_problem)
}

/// Compares two opened runs.
pub fn compare(old: &OpenRun, new: &OpenRun) -> Result<Drift, Problem> {
    drift::compare(old, new).map_err(|fault| {
        let next = match &fault {
            DriftFault::OtherTenancy(..) | DriftFault::OtherAccounts | DriftFault::OtherProfile(..) => {
                "name two runs over one tenancy, held against one profile"
            }
            DriftFault::Backwards(..) => "name the earlier run first",
            _ => "use the runs as they were written, or assess again",
        };
        if fault.is_misuse() {
            Problem::usage(fault.to_string(), next)
        } else {
            Problem::failed(fault.to_string(), "this build is broken: report it")
        }
    })
}
