//! The pages as HTML: each one file that loads nothing, with its marking on every sheet it is printed on.

use crate::package::contents::Index;
use crate::package::demands::{provider_name, whom};
use crate::package::disclosure::Disclosure;
use crate::package::write::PackageFault;
use crate::report::display::{self, PROSE_LIMIT};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");
const TEMPLATES: &[(&str, &str)] = &[
    ("page.html", include_str!("page.html")),
    ("index.html", include_str!("index.html")),
    ("disclosure.html", include_str!("disclosure.html")),
];

/// The index.
pub fn index(index: &Index) -> Result<String, PackageFault> {
    render("index.html", index, &index.origin.marking, &index.origin.tenancy)
}

/// The disclosure list.
pub fn disclosure(list: &Disclosure) -> Result<String, PackageFault> {
    render("disclosure.html", list, &list.origin.marking, &list.origin.tenancy)
}

fn render(name: &str, page: &impl Serialize, marking: &str, tenancy: &str) -> Result<String, PackageFault> {
    let composing = |fault: minijinja::Error| PackageFault::Compose(format!("{fault:#}"));
    let style = format!("{STYLE}{}", running(marking, tenancy));
    let environment = environment(&style).map_err(composing)?;
    let template = environment.get_template(name).map_err(composing)?;
    template.render(Serde(&Context { page })).map_err(composing)
}

/// What a template sees.
#[derive(Serialize)]
struct Context<'p, P> {
    page: &'p P,
}

fn environment(style: &str) -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("shown", |text: String| display::prose(&text, PROSE_LIMIT).text);
    environment.add_filter("provider", |text: String| provider_name(&text));
    environment.add_filter("whom", |from: String| {
        let known = serde_json::from_value(from.clone().into());
        known.map_or(from, |from| whom(from).to_owned())
    });
    environment.add_filter("state", state);
    environment.add_filter("moment", |text: String| text.parse().map_or(text, crate::report::in_japan));
    // Ours but for the running line, whose every letter that CSS or HTML reads is written as a number.
    environment.add_global("policy", policy(style));
    environment.add_global("style", Value::from_safe_string(style.to_owned()));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// The sign and word of a state as files write it.
fn state(word: String) -> String {
    use crate::package::{demands, disclosure};
    let demand = serde_json::from_value::<demands::State>(word.clone().into());
    let item = serde_json::from_value::<disclosure::State>(word.clone().into());
    match (demand, item) {
        (Ok(state), _) => format!("{} {}", state.sign(), state.word()),
        (_, Ok(state)) => format!("{} {}", state.sign(), state.word()),
        _ => word,
    }
}

/// What stands at the head of every printed sheet.
fn running(marking: &str, tenancy: &str) -> String {
    let (marking, tenancy) = (css_text(&format!("取扱制限：{marking}")), css_text(tenancy));
    format!(
        "@page {{ @top-right {{ content: \"{marking}\"; font-size: 8pt; font-weight: 700; }} @bottom-left {{ content: \"{tenancy}\"; font-size: 8pt; }} }}\n"
    )
}

/// Text within a string of CSS: letters as they are, everything else by its number.
fn css_text(text: &str) -> String {
    let mut safe = String::new();
    for c in display::prose(text, 300).text.chars() {
        if c.is_alphanumeric() || matches!(c, '・' | '（' | '）' | '：' | '、' | '。') {
            safe.push(c);
        } else {
            let _ = write!(safe, "\\{:06x} ", u32::from(c));
        }
    }
    safe
}

/// The page's Content-Security-Policy: its own style by its hash, and nothing else.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_the_running_line() {
        let line = running("機密性2情報\"}</style><script>", "a\\b\n");
        assert!(!line.contains("</style") && !line.contains("2情報\""), "{line}");
        assert_eq!(line.matches('{').count(), line.matches('}').count());
        assert!(line.contains("機密性2情報\\000022 "), "{line}");
    }
}
