//! Reading the tenancy file for a command, warnings shown.

use super::engine;
use super::problem::Problem;
use super::screen::Screen;
use miette::Report;
use sekisho::tenancy::{Known, Loaded, Tenancy, Watch, load, parse};
use std::path::Path;

/// Japan has one offset all year.
const JAPAN: jiff::tz::Offset = jiff::tz::Offset::constant(9);

/// Reads a tenancy file.
pub fn read(path: &Path, screen: &Screen) -> Result<Tenancy, Problem> {
    with_known(|known| load(path, known).map_err(Box::new))
        .map(|loaded| warned(loaded, screen).0)
        .map_err(Problem::from)
}

/// Reads a tenancy file, and whom a watch of it tells.
pub fn read_with_watch(path: &Path, screen: &Screen) -> Result<(Tenancy, Watch), Problem> {
    with_known(|known| load(path, known).map_err(Box::new))
        .map(|loaded| warned(loaded, screen))
        .map_err(Problem::from)
}

/// Reads a tenancy file's text.
pub fn read_text(name: &str, text: &str, screen: &Screen) -> Result<Tenancy, Problem> {
    with_known(|known| parse(name, text, known).map_err(Box::new))
        .map(|loaded| warned(loaded, screen).0)
        .map_err(Problem::from)
}

/// Today, in Japan: a contract's last day and the day of a document are days there.
pub fn today() -> jiff::civil::Date {
    JAPAN.to_datetime(jiff::Timestamp::now()).date()
}

fn with_known<T>(read: impl FnOnce(Known<'_>) -> T) -> T {
    let profiles = engine::profiles();
    let today = today();
    let providers: Vec<_> = sekisho::providers::all().iter().map(AsRef::as_ref).collect();
    read(Known { providers: &providers, profiles: &profiles, today })
}

fn warned(loaded: Loaded, screen: &Screen) -> (Tenancy, Watch) {
    for warning in loaded.warnings {
        let report = Report::new(warning).with_source_code(loaded.text.clone());
        screen.diagnostic(report.as_ref());
    }
    (loaded.tenancy, loaded.watch)
}
