//! `report.html`: one self-contained page that loads nothing and whose security policy allows nothing else.
//!
//! The page is bounded whatever the size of the result: what is left out is counted on the page and
//! stands whole in `report.json`.

mod cited;
mod clauses;
mod corroboration;
mod coverage;
mod index;
mod logs;
mod map;
mod page;
mod prospects;
mod register;
mod summary;

use super::{Material, ReportError, display};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use index::Index;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use page::Page;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Write;

/// Longest name of a tenancy at the foot of a printed page, in characters.
const RUNNING: usize = 60;
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The page and its parts. All end in `.html`, all are escaped.
const TEMPLATES: &[(&str, &str)] = &[
    ("template.html", include_str!("template.html")),
    ("words.html", include_str!("words.html")),
    ("overview.html", include_str!("overview.html")),
    ("map.html", include_str!("map.html")),
    ("index.html", include_str!("index.html")),
    ("clause.html", include_str!("clause.html")),
    ("register.html", include_str!("register.html")),
    ("corroboration.html", include_str!("corroboration.html")),
    ("prospects.html", include_str!("prospects.html")),
    ("logs.html", include_str!("logs.html")),
    ("coverage.html", include_str!("coverage.html")),
    ("glossary.html", include_str!("glossary.html")),
    ("evidence.html", include_str!("evidence.html")),
];

/// The page, and what its script searches.
#[derive(Serialize)]
struct Searched {
    #[serde(flatten)]
    page: Page,
    index: Index,
}

/// What the page shows, for another format that shows the same and has no search.
pub(super) fn page(material: &Material<'_>) -> Result<impl Serialize, ReportError> {
    Ok(Page::of(material)?.0)
}

/// Writes `report.html`.
pub fn write(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let (page, citations) = Page::of(material)?;
    let page = Searched { page, index: Index::new(material, &citations)? };
    let running = running(material);
    let environment = environment(running).map_err(composing)?;
    let template = environment.get_template("template.html").map_err(composing)?;
    template.render_captured_to(Serde(&page), out).map_err(composing)?;
    Ok(())
}

fn environment(running: String) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("grouped", display::grouped);
    // Our own constants, and what is written as they are: the only text on the page that is not escaped.
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    environment.add_global("script", Value::from_safe_string(SCRIPT.to_owned()));
    environment.add_global("policy", policy(&running));
    environment.add_global("running", Value::from_safe_string(running));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// What stands on every printed page, as style: the tenancy and the day, and how the page is to be handled, which is never cut.
fn running(material: &Material<'_>) -> String {
    let text = |name: &str, text: &str| format!("--{name}:\"{}\";", css(text));
    let tenancy = display::name(&material.run.tenancy, RUNNING);
    let dots = if tenancy.full.is_some() { "…" } else { "" };
    let day: String = super::in_japan(material.run.assessed_at).chars().take(10).collect();
    let running = text("running", &format!("{}{dots}　{day}", tenancy.text));
    let marking = material.assessment.handling.as_ref().map(display::marking);
    let marking = marking.map(|marking| text("marking", &marking.ja)).unwrap_or_default();
    format!(":root{{{running}{marking}}}")
}

/// A text within a string of a style: letters and digits stand as they are, everything else by its number.
fn css(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() => written.push(c),
            c => written.push_str(&format!("\\{:x} ", u32::from(c))),
        }
    }
    written
}

/// The page's Content-Security-Policy: its own style and script by their hashes, and nothing else.
fn policy(running: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}' 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(running),
        hash(SCRIPT)
    )
}

/// A failure to write keeps its kind (a full disk is not a fault of the template).
pub(super) fn composing(error: minijinja::Error) -> ReportError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            return ReportError::Write(std::io::Error::new(io.kind(), io.to_string()));
        }
        cause = current.source();
    }
    ReportError::Compose(format!("{error:#}"))
}
