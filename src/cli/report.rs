//! `sekisho report`: reports rebuilt from the facts.

use super::engine::{self, FORMATS};
use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use std::path::PathBuf;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of a run, or a sealed bundle.
    #[arg(value_name = "DIR|BUNDLE")]
    pub run: PathBuf,
    /// What to write.
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', default_value = "html,json")]
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(FORMATS))]
    pub format: Vec<String>,
    /// Where to write it; beside the facts when left out.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Rebuilds reports. Ends with 0 when they are written, whatever the verdict.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let bundle = arguments.run.is_file();
    if !bundle && !arguments.run.is_dir() {
        let what = format!("there is no folder {}", arguments.run.display());
        return Err(Problem::usage(what, "name the --out folder of an earlier `sekisho assess`"));
    }
    if !bundle && !engine::RUN_FILES.iter().any(|name| arguments.run.join(name).exists()) {
        let what = format!("{} holds no run", arguments.run.display());
        return Err(Problem::usage(what, "name the --out folder of an earlier `sekisho assess`"));
    }
    if bundle && arguments.out.is_none() {
        let what = format!("{} is a bundle, and nothing is written into it", arguments.run.display());
        return Err(Problem::usage(what, "name a folder for the reports with --out"));
    }
    let outcome =
        engine::rebuild(&arguments.run, &arguments.format, arguments.out.as_deref(), screen.result_look())?;
    for file in &outcome.files {
        screen.result(&file.display().to_string())?;
    }
    if outcome.profile_changed {
        let why = "The profile or its checks are not those of the run: the verdicts are by today's.";
        screen.message(why);
    }
    Ok(exit::CONFORMS)
}
