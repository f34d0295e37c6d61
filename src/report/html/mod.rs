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
    let environment = environment().map_err(composing)?;
    let template = environment.get_template("template.html").map_err(composing)?;
    template.render_captured_to(Serde(&page), out).map_err(composing)?;
    Ok(())
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("grouped", display::grouped);
    // Our own constants, and the only text on the page that is not escaped.
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    environment.add_global("script", Value::from_safe_string(SCRIPT.to_owned()));
    environment.add_global("policy", policy());
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// The page's Content-Security-Policy: its own style and script by their hashes, and nothing else.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
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
