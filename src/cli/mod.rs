//! The command line: a file per command, each thin.

mod assess;
mod checks;
mod demo;
mod demo_ceremony;
mod demo_logs;
mod demo_witnesses;
mod documents;
mod drift;
mod engine;
mod erasure;
mod exit;
mod fetch;
mod files;
mod interrupt;
mod keys;
mod log;
mod logs;
mod out_folder;
mod package;
mod permissions;
mod plan;
mod problem;
mod progress;
mod redact;
mod register;
mod report;
mod request;
mod schema;
mod screen;
mod seal;
mod signer;
mod simulate;
mod tenancy;
mod vantage;
mod verify;
mod watch;

use clap::{Parser, Subcommand};
use problem::Problem;
use screen::Screen;
use std::process::ExitCode;

/// Asks the clouds themselves, read-only, where a contract's data rest and how they are protected, and
/// reports it against every clause of the annex, with evidence.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// More on standard error: -v what is done, -vv each step. Never a secret.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the whole job on an embedded simulated tenancy.
    Demo(demo::Arguments),
    /// Show cells, operations and the number of calls before any is made.
    Plan(plan::Arguments),
    /// Assess a tenancy and write the report.
    Assess(assess::Arguments),
    /// Rebuild reports from what a run wrote, with no cloud at hand.
    Report(report::Arguments),
    /// Write, show or check what an officer asks for.
    #[command(subcommand)]
    Request(request::Arguments),
    /// Put everything a run wrote into one signed file.
    Seal(seal::Arguments),
    /// Open a bundle that is encrypted.
    Unseal(seal::Unseal),
    /// Say what of a sealed bundle can be relied on, and re-perform its verdicts.
    Verify(verify::Arguments),
    /// Tell what changed between two runs over one tenancy, by clause.
    Drift(drift::Arguments),
    /// Repeat runs, hold each against an accepted state, and tell what got worse.
    Watch(watch::Arguments),
    /// Show that everything an earlier run found is gone, and write the report of its erasure.
    #[command(subcommand)]
    Erasure(erasure::Arguments),
    /// Keep the register of documents and statements, and say what is missing.
    #[command(subcommand)]
    Documents(documents::Arguments),
    /// Gather the papers to be handed in, with an index, the list of what is disclosed, and what is missing.
    Package(package::Arguments),
    /// List or explain the checks.
    #[command(subcommand)]
    Checks(checks::Arguments),
    /// Scan audit logs for access from abroad.
    #[command(subcommand)]
    Logs(logs::Arguments),
    /// Measure endpoints from a place of known position, and say what such measurements exclude.
    #[command(subcommand)]
    Vantage(vantage::Arguments),
    /// Make and show keys that sign, and identities that decrypt.
    #[command(subcommand)]
    Keys(keys::Arguments),
    /// Print the least-privilege policy a provider needs.
    Permissions(permissions::Arguments),
    /// Print the JSON Schema of a file sekisho reads or writes.
    Schema(schema::Arguments),
    /// Run loopback clouds from a description until Ctrl-C.
    Simulate(simulate::Arguments),
}

/// Reads the arguments, does the command, says what went wrong, and ends with a documented code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Nobody is left to tell when even this cannot be written.
            drop(usage.print());
            return ExitCode::from(if usage.use_stderr() { exit::USAGE } else { exit::CONFORMS });
        }
    };
    let screen = Screen::detect();
    log::start(cli.verbose, &screen);
    match run(cli.command, &screen) {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            screen.problem(&problem);
            ExitCode::from(problem.exit_code())
        }
    }
}

fn run(command: Command, screen: &Screen) -> Result<u8, Problem> {
    match command {
        Command::Demo(arguments) => demo::run(&arguments, screen),
        Command::Plan(arguments) => plan::run(&arguments, screen),
        Command::Assess(arguments) => assess::run(&arguments, screen),
        Command::Report(arguments) => report::run(&arguments, screen),
        Command::Request(arguments) => request::run(&arguments, screen),
        Command::Seal(arguments) => seal::run(&arguments, screen),
        Command::Unseal(arguments) => seal::unseal(&arguments, screen),
        Command::Verify(arguments) => verify::run(&arguments, screen),
        Command::Drift(arguments) => drift::run(&arguments, screen),
        Command::Watch(arguments) => watch::run(&arguments, screen),
        Command::Erasure(arguments) => erasure::run(&arguments, screen),
        Command::Documents(arguments) => documents::run(&arguments, screen),
        Command::Package(arguments) => package::run(&arguments, screen),
        Command::Checks(arguments) => checks::run(&arguments, screen),
        Command::Logs(arguments) => logs::run(&arguments, screen),
        Command::Vantage(arguments) => vantage::run(&arguments, screen),
        Command::Keys(arguments) => keys::run(&arguments, screen),
        Command::Permissions(arguments) => permissions::run(&arguments, screen),
        Command::Schema(arguments) => schema::run(&arguments, screen),
        Command::Simulate(arguments) => simulate::run(&arguments, screen),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
