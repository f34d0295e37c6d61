//! `sekisho plan`.

use super::engine;
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, tenancy};
use sekisho::collect::{AccountPlan, Plan, PlannedOperation};
use sekisho::tenancy::{LogSource, Tenancy};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tenancy file.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: PathBuf,
    /// Foretell the calls by those of this earlier run.
    #[arg(long, value_name = "RUN_DIR")]
    pub from: Option<PathBuf>,
    /// The folder the run will write to: the calls are foretold by the newest run of this tenancy in it or beside it.
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    pub out: Option<PathBuf>,
    /// Print the plan as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows what a run would ask; asks nothing.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let tenancy = tenancy::read(&arguments.tenancy, screen)?;
    let earlier = match (&arguments.from, &arguments.out) {
        (Some(run), _) => Some(run.clone()),
        (None, Some(out)) => engine::newest_run(&tenancy, out),
        (None, None) => None,
    };
    let plan = engine::plan(&tenancy, earlier.as_deref())?;
    if arguments.json {
        screen.json(&plan)?
    } else {
        screen.result(&(table(&plan) + &logs(&tenancy)))?
    }
    Ok(exit::CONFORMS)
}

fn table(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    for account in &plan.accounts {
        let _ = writeln!(text, "{}", heading(account));
        // Members of an organization are like the account that names them.
        if account.member {
            continue;
        }
        let width =
            |long: fn(&PlannedOperation) -> usize| account.operations.iter().map(long).max().unwrap_or(0);
        let names = width(|operation| operation.operation.len());
        let permissions = width(|operation| operation.permission.len());
        for operation in &account.operations {
            let line = format!(
                "  {:>13}  {:names$}  {:permissions$}  {}",
                calls(operation),
                operation.operation,
                operation.permission,
                operation.facts
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text + &sum(plan)
}

/// What is asked besides where the tenancy file names stores of audit logs.
fn logs(tenancy: &Tenancy) -> String {
    let sources = tenancy.logs.iter().flat_map(|logs| &logs.sources);
    let stores = sources.filter(|source| matches!(source, LogSource::Store { .. })).count();
    match stores {
        0 => String::new(),
        _ => format!(
            "\nBesides, the objects of {stores} stores of audit logs are listed, and those of the period read in pieces of 8 MiB."
        ),
    }
}

fn heading(account: &AccountPlan) -> String {
    let mut text = format!(
        "{}/{}: {} regions, {} cells",
        account.provider,
        account.account,
        account.regions.len(),
        account.cells
    );
    let expected: Option<u64> = account.operations.iter().map(|operation| operation.expected).sum();
    if let Some(expected) = expected {
        text += &format!(", {expected} calls expected");
    }
    for (count, what) in [
        (account.opt_in.len(), "regions more if the account has opted in to them"),
        (account.skipped.len(), "regions excluded by the tenancy file"),
    ] {
        if count > 0 {
            text += &format!("; {count} {what}");
        }
    }
    if account.names_others {
        text += "; and every other account of its organization";
    }
    text
}

fn calls(operation: &PlannedOperation) -> String {
    match (operation.expected, operation.fixed, operation.each_resource) {
        (Some(expected), _, _) => format!("{expected} expected"),
        (None, 0, 0) => "as needed".to_owned(),
        (None, 0, each) => format!("{each} a resource"),
        (None, fixed, _) => format!("{fixed} at least"),
    }
}

fn sum(plan: &Plan) -> String {
    let Plan { cells, fixed_calls, .. } = plan;
    if let (Some(expected), Some(made)) = (plan.expected_calls, &plan.earlier_run) {
        return format!(
            "{expected} calls expected over {cells} cells, by those of the run of {made}, retries left out; none was made"
        );
    }
    let mut each: BTreeMap<&str, u64> = BTreeMap::new();
    for operation in plan.accounts.iter().take(1).flat_map(|account| &account.operations) {
        let service = operation.operation.split(':').next().unwrap_or_default();
        *each.entry(service).or_default() += operation.each_resource + u64::from(operation.sometimes);
    }
    let mut each: Vec<(&str, u64)> = each.into_iter().filter(|(_, calls)| *calls > 0).collect();
    each.sort_by_key(|(service, calls)| (std::cmp::Reverse(*calls), *service));
    let each: Vec<String> = each.iter().map(|(service, calls)| format!("{service} {calls}")).collect();
    format!(
        "{fixed_calls} calls at least, over {cells} cells; none was made. More are made for each resource, at most: {} \
         (fewer where the provider's own records of configurations can stand for them); \
         and for further pages of lists, regions that were opted in to, members of an organization, retries. \
         With --from RUN_DIR an earlier run tells how many that will be.",
        each.join(", ")
    )
}
