//! `sekisho schema`.

use super::engine;
use super::exit;
use super::problem::Problem;
use super::screen::Screen;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The schema's name; a wrong one lists them.
    pub name: String,
}

/// Prints a schema.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let schemas = engine::schemas();
    let Some((_, schema)) = schemas.iter().find(|(name, _)| *name == arguments.name) else {
        let names = schemas.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let what = format!("there is no schema `{}`", arguments.name);
        return Err(Problem::usage(what, format!("there are: {names}")));
    };
    screen.json(schema)?;
    Ok(exit::CONFORMS)
}
