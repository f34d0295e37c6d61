//! `sekisho erasure`: everything an earlier run found is looked for again, and the report of its erasure is written.

use super::assess::{drive, language};
use super::engine::{self, Begin, ERASURE_FILES, Order};
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, out_folder, register, tenancy};
use sekisho::bundle::OpenRun;
use sekisho::corroborate::ranges::Ranges;
use sekisho::tenancy::Tenancy;
use sekisho::text::Language;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The commands about erasure.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Look for everything of an earlier run again, and write the report of its erasure. Only reads.
    Verify(VerifyArguments),
    /// Write the report of an erasure run again, with no cloud at hand.
    Report(ReportArguments),
}

/// Arguments of `erasure verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The run whose findings are looked for: the --out folder of an earlier `sekisho assess`, or a sealed bundle.
    #[arg(long, value_name = "RUN|BUNDLE")]
    pub baseline: PathBuf,
    /// The tenancy file; documents/ beside it is the register of documents.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: PathBuf,
    /// The folder to write to; made when there is none.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Go on with the run in that folder; of a complete one only the comparison is made again.
    #[arg(long)]
    pub resume: bool,
    /// The language of the summary. The report itself is in Japanese.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Requests to make in all; what that cuts off is reported as not shown to be gone.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_calls: Option<u64>,
    /// Resolve and connect to nothing but the providers' interfaces: no witness beside them is asked over the network.
    #[arg(long)]
    pub no_corroborate: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `erasure report`.
#[derive(Debug, clap::Args)]
pub struct ReportArguments {
    /// The --out folder of an earlier `sekisho erasure verify`.
    #[arg(value_name = "DIR")]
    pub run: PathBuf,
}

/// Does one of them.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    match arguments {
        Arguments::Verify(arguments) => verify(arguments, screen),
        Arguments::Report(arguments) => report(arguments, screen),
    }
}

fn verify(arguments: &VerifyArguments, screen: &Screen) -> Result<u8, Problem> {
    let mut tenancy = tenancy::read(&arguments.tenancy, screen)?;
    tenancy.limits.max_calls = arguments.max_calls.or(tenancy.limits.max_calls);
    tenancy.corroborate.network &= !arguments.no_corroborate;
    let register = register::read(&register::beside(&arguments.tenancy), screen)?;
    let baseline = engine::baseline(&arguments.baseline)?;
    fits(&baseline, &tenancy, arguments)?;
    let begin = if arguments.resume { Begin::Resume } else { Begin::Fresh };
    let inputs = arguments.tenancy.parent().unwrap_or(Path::new(""));
    engine::log_inputs(&tenancy, inputs, &Ranges::default())?;
    out_folder::prepare(&arguments.out, begin)?;
    let order = Order {
        tenancy: &tenancy,
        request: None,
        register: &register,
        inputs,
        out: &arguments.out,
        begin,
        simulated: None,
        language: arguments.lang,
        look: screen.result_look(),
    };
    let outcome = drive(order, screen)?;
    let told = engine::erased(&baseline, &arguments.out)?;
    let stopped = outcome.incomplete.is_some() || outcome.saw_nothing();
    let code = if stopped { exit::FAILED } else { exit::of(told.verdict) };
    let files = files(&arguments.out);
    if arguments.json {
        screen.json(&json!({
            "schema": "sekisho/erasure-summary/v1",
            "verdict": told.verdict,
            "exit_code": code,
            "incomplete": outcome.incomplete,
            "counts": told.counts,
            "calls": outcome.calls,
            "unseen": outcome.unseen,
            "files": files,
        }))?;
    } else {
        screen.result(&engine::erasure_summary(&told, arguments.lang, &files))?;
    }
    outcome.unseen.iter().for_each(|account| screen.message(account));
    if outcome.was_complete {
        screen.message("The run in this folder was complete: nothing was asked, it was compared again.");
    }
    if outcome.incomplete.is_some() {
        screen.message("The run was stopped before its end. Go on with it: the same command with --resume");
    }
    Ok(code)
}

/// Refuses a baseline before anything is asked, where it cannot be compared.
fn fits(baseline: &OpenRun, tenancy: &Tenancy, arguments: &VerifyArguments) -> Result<(), Problem> {
    let next = "name a run of this tenancy with --baseline";
    let then = &baseline.run.tenancy;
    if then.name != tenancy.name {
        let what = format!("the baseline is of the tenancy `{}`, and this is `{}`", then.name, tenancy.name);
        return Err(Problem::usage(what, next));
    }
    let same = then.accounts.iter().any(|one| {
        tenancy.accounts.iter().any(|other| (&one.provider, &one.id) == (&other.provider, &other.id))
    });
    if !same {
        return Err(Problem::usage("the baseline has none of the accounts of the tenancy file", next));
    }
    let real = |path: &Path| path.canonicalize().ok();
    if real(&arguments.out).is_some_and(|out| Some(out) == real(&arguments.baseline)) {
        return Err(Problem::usage(
            "--out is the baseline itself",
            "name another folder: a run is evidence and is not overwritten",
        ));
    }
    Ok(())
}

fn report(arguments: &ReportArguments, screen: &Screen) -> Result<u8, Problem> {
    engine::erasure_report(&arguments.run)?;
    for file in files(&arguments.run).iter().take(2) {
        screen.result(&file.display().to_string())?;
    }
    Ok(exit::CONFORMS)
}

fn files(out: &Path) -> Vec<PathBuf> {
    ERASURE_FILES.iter().map(|name| out.join(name)).collect()
}
