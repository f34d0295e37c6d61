//! `erasure-report.html`: one page that loads nothing, and whose security policy allows nothing but its own style.

use super::view::View;
use crate::report::ReportError;
use crate::report::html::composing;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use sha2::{Digest, Sha256};
use std::io::Write;

const STYLE: &str = include_str!("page.css");
const TEMPLATE: &str = include_str!("page.html");

pub fn write(view: &View, out: &mut dyn Write) -> Result<(), ReportError> {
    let environment = environment().map_err(composing)?;
    let template = environment.get_template("page.html").map_err(composing)?;
    template.render_captured_to(Serde(view), out).map_err(composing)?;
    Ok(())
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("grouped", crate::report::display::grouped);
    // Our own constant, and the only text on the page that is not escaped.
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    environment.add_global("policy", policy);
    environment.add_template("page.html", TEMPLATE)?;
    Ok(environment)
}
