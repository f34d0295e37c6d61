//! `sekisho checks`.

use super::engine;
use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use sekisho::text::{Language, nearest};

/// Arguments of `checks`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// List the checks.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
        /// The language.
        #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = super::assess::language)]
        lang: Language,
    },
    /// Explain one check: what it asserts, over what, and what to do when it fails.
    Explain {
        /// The check's id.
        id: String,
        /// The language.
        #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = super::assess::language)]
        lang: Language,
    },
}

/// Lists or explains.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let checks = engine::checks()?;
    match arguments {
        Arguments::List { json: true, .. } => screen.json(&checks)?,
        Arguments::List { lang, .. } => {
            let width = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
            let line =
                |check: &engine::CheckPage| format!("{:width$}  {}\n", check.id, check.title.get(*lang));
            screen.result(&checks.iter().map(line).collect::<String>())?;
        }
        Arguments::Explain { id, lang } => {
            let Some(check) = checks.iter().find(|check| check.id == *id) else {
                let ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
                let near =
                    nearest(id, &ids).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let help = format!("{near}there are: {}", ids.join(", "));
                return Err(Problem::usage(format!("there is no check `{id}`"), help));
            };
            screen.result(check.page.get(*lang))?;
        }
    }
    Ok(exit::CONFORMS)
}
