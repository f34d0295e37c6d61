//! `sekisho plan`.

use super::engine;
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, tenancy};
use sekisho::collect::{Plan, PlannedOperation};
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tenancy file.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: PathBuf,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows what a run would ask; asks nothing.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let tenancy = tenancy::read(&arguments.tenancy, screen)?;
    let plan = engine::plan(&tenancy);
    if arguments.json {
        screen.json(&plan)?
    } else {
        screen.result(&table(&plan))?
    }
    Ok(exit::CONFORMS)
}

fn table(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    for account in &plan.accounts {
        let regions = account.regions.len();
        let _ = writeln!(
            text,
            "{}/{}: {regions} regions, {} cells{}",
            account.provider,
            account.account,
            account.cells,
            match account.skipped.len() {
                0 => String::new(),
                skipped => format!("; {skipped} regions left out by the tenancy file"),
            }
        );
        let width =
            |long: fn(&PlannedOperation) -> usize| account.operations.iter().map(long).max().unwrap_or(0);
        let names = width(|operation| operation.operation.len());
        let permissions = width(|operation| operation.permission.len());
        for operation in &account.operations {
            let calls = match (operation.fixed, operation.each_resource) {
                (0, 0) => "as needed".to_owned(),
                (0, each) => format!("{each} a resource"),
                (fixed, _) => format!("{fixed} at least"),
            };
            let line = format!(
                "  {calls:>12}  {:names$}  {:permissions$}  {}",
                operation.operation, operation.permission, operation.facts
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    let _ = write!(
        text,
        "{} calls whatever is found, over {} cells, and what each resource needs, which is less where the provider's own \
         records of configurations can be used; none was made",
        plan.fixed_calls, plan.cells
    );
    text
}
