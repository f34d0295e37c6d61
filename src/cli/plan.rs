//! `sekisho plan`.

use super::engine::{self, Plan};
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, tenancy};
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
    let plan = engine::plan(&tenancy)?;
    if arguments.json {
        screen.json(&plan)?
    } else {
        screen.result(&table(&plan))?
    }
    Ok(exit::CONFORMS)
}

fn table(plan: &Plan) -> String {
    let mut text = String::new();
    let width =
        |long: fn(&engine::PlannedOperation) -> usize| plan.operations.iter().map(long).max().unwrap_or(0);
    let names = width(|operation| operation.operation.len());
    let permissions = width(|operation| operation.permission.len());
    for operation in &plan.operations {
        let name = &operation.operation;
        let line = format!(
            "{:>9}  {name:names$}  {:permissions$}  {}",
            operation.calls, operation.permission, operation.depends
        );
        // Writing to a text does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = write!(text, "{:>9}  calls at least, over {} cells; none was made", plan.calls, plan.cells);
    text
}

#[cfg(test)]
mod tests {
    use super::engine::{Plan, PlannedOperation};

    #[test]
    fn the_table_lines_up() {
        let operation = |name: &str, calls, depends: &str| PlannedOperation {
            provider: "aws".to_owned(),
            operation: name.to_owned(),
            permission: "p:X".to_owned(),
            calls,
            depends: depends.to_owned(),
        };
        let plan = Plan {
            cells: 4,
            calls: 12,
            operations: vec![
                operation("s3:ListBuckets", 2, ""),
                operation("kms:ListKeys", 10, "a page of 100 keys"),
            ],
        };
        assert_eq!(
            super::table(&plan),
            "        2  s3:ListBuckets  p:X\n       10  kms:ListKeys    p:X  a page of 100 keys\n       12  calls at \
             least, over 4 cells; none was made"
        );
    }
}
