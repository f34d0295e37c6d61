//! What the pages show: the views of the HTML page in one language, cut to what a printed document can hold, and what only it has.

use super::{bounds, front, letters, sweep};
use crate::report::{Material, ReportError, display, html, means};
use crate::text::Language;
use serde_json::{Value, json};

/// Everything the pages read, as JSON.
pub fn view(language: Language, material: &Material<'_>) -> Result<Vec<u8>, ReportError> {
    let mut page = serde_json::to_value(html::page(material)?).map_err(composing)?;
    bounds::cut(&mut page, material);
    let mut view = json!({
        "language": language,
        "front": front::Front::new(material),
        "means": means::of_clauses(material),
        "sweep": sweep::Sweep::new(&material.assessment.cells),
        "page": page,
    });
    speak(&mut view, language);
    letters::fit_all(&mut view);
    serde_json::to_vec(&view).map_err(composing)
}

fn composing(error: serde_json::Error) -> ReportError {
    ReportError::Compose(format!("the PDF's view: {error}"))
}

/// Puts one text in the place of each pair of them, and of each text that may have been cut.
fn speak(value: &mut Value, language: Language) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| speak(one, language)),
        Value::Object(fields) => {
            if let Some(text) = said(fields, language) {
                *value = Value::String(text);
                return;
            }
            fields.values_mut().for_each(|one| speak(one, language));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn said(fields: &serde_json::Map<String, Value>, language: Language) -> Option<String> {
    if fields.len() != 2 {
        return None;
    }
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    if let (Some(ja), Some(en)) = (text("ja"), text("en")) {
        return Some(if language == Language::Ja { ja } else { en }.to_owned());
    }
    let (shown, full) = (text("text")?, fields.get("full")?);
    Some(match (full.as_u64(), language) {
        (None, _) => shown.to_owned(),
        (Some(full), Language::Ja) => format!("{shown}…（全{}文字）", display::grouped(full)),
        (Some(full), Language::En) => format!("{shown}… ({} characters in full)", display::grouped(full)),
    })
}
