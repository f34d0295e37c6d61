//! The index and the disclosure list as people and machines read them: HTML, Markdown and JSON.

mod html;
mod markdown;

use super::contents::Index;
use super::disclosure::Disclosure;
use super::write::PackageFault;
use serde::Serialize;

/// The files that sekisho itself writes into a package, but for the manifest.
pub fn all(index: &Index, disclosure: &Disclosure) -> Result<Vec<(&'static str, Vec<u8>)>, PackageFault> {
    Ok(vec![
        ("index.html", html::index(index)?.into_bytes()),
        ("index.md", markdown::index(index).into_bytes()),
        ("index.json", json(index)?),
        ("disclosure-list.html", html::disclosure(disclosure)?.into_bytes()),
        ("disclosure-list.md", markdown::disclosure(disclosure).into_bytes()),
        ("disclosure-list.json", json(disclosure)?),
    ])
}

/// JSON for people's eyes too, with a line's end.
pub fn json(value: &impl Serialize) -> Result<Vec<u8>, PackageFault> {
    let text = serde_json::to_vec_pretty(value);
    let mut bytes = text.map_err(|fault| PackageFault::Compose(fault.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
