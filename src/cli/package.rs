//! `sekisho package`: the papers to be handed in.

use super::problem::Problem;
use super::screen::Screen;
use super::{engine, exit, register};
use jiff::civil::Date;
use jiff::tz::Offset;
use sekisho::package::{self, Missing, Order, Packed};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `package`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of a run, or a bundle.
    #[arg(value_name = "RUN|BUNDLE")]
    pub run: PathBuf,
    /// The folder of the register, with the documents beside their entries.
    #[arg(long, value_name = "DIR")]
    pub documents: PathBuf,
    /// The folder to write to: an empty one, or one to be made.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write the same as one file, too.
    #[arg(long, value_name = "FILE")]
    pub zip: Option<PathBuf>,
    /// The day the papers are judged on; today in Japan when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<Date>,
    /// Print what is in it and what is missing as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Gathers. Ends with 0 when everything that has to be handed in is there, else with 3.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let order = Order { documents: &arguments.documents, out: &arguments.out, zip: arguments.zip.as_deref() };
    package::check_places(&order).map_err(engine::unpacked)?;
    let register = register::read(&arguments.documents, screen)?;
    let today = || Offset::constant(9).to_datetime(jiff::Timestamp::now()).date();
    let packed = engine::package(&arguments.run, &register, arguments.on.unwrap_or_else(today), &order)?;
    let code = if packed.index.complete { exit::CONFORMS } else { exit::UNVERIFIED };
    if arguments.json {
        screen.json(&json!({"exit_code": code, "manifest": packed.manifest, "index": packed.index}))?;
    } else {
        screen.result(&told(arguments, &packed))?;
    }
    Ok(code)
}

fn told(arguments: &Arguments, packed: &Packed) -> String {
    let mut text = format!("{}\n", arguments.out.join("index.html").display());
    if let Some(zip) = &arguments.zip {
        text.push_str(&format!("{}\n", zip.display()));
    }
    let enclosed = packed.index.papers.iter().filter(|paper| paper.file.is_some()).count();
    text.push_str(&format!("書面{}件のうち{enclosed}件を同梱した。", packed.index.papers.len()));
    let missing = |binding| packed.index.missing.iter().filter(move |one: &&Missing| one.binding == binding);
    if packed.index.complete {
        text.push_str("提出を求められる資料は揃っている。\n");
    } else {
        text.push_str(&format!("不足が{}件ある。\n", missing(true).count()));
    }
    for (sign, binding) in [("×", true), ("△", false)] {
        for one in missing(binding) {
            let (number, what, why) = (&one.number, bounded(&one.what), bounded(&one.why));
            text.push_str(&format!("{sign} {number} {what}［{}］{why}\n", package::whom(one.from)));
        }
    }
    text
}

fn bounded(text: &str) -> String {
    sekisho::checks::bounded(text)
}
