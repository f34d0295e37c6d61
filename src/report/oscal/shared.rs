//! What the models have in common: types as they are written, and texts as they may be.

use super::NAMESPACE;
use crate::report::standing;
use crate::text::Text;
use serde::Serialize;

/// Longest identifier, in characters.
const NAME_LIMIT: usize = 2_048;

/// A property of ours.
#[derive(Clone, Serialize)]
pub struct Property {
    name: &'static str,
    ns: &'static str,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

/// What a document says of itself.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Metadata {
    pub title: String,
    pub last_modified: String,
    pub version: String,
    pub oscal_version: &'static str,
    pub props: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<Party>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responsible_parties: Vec<Responsible>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

/// Where something else of the same report stands.
#[derive(Serialize)]
pub struct Link {
    pub href: &'static str,
    pub rel: &'static str,
}

#[derive(Serialize)]
pub struct Role {
    pub id: &'static str,
    pub title: String,
}

#[derive(Serialize)]
pub struct Party {
    pub uuid: String,
    #[serde(rename = "type")]
    pub sort: &'static str,
    pub name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Responsible {
    pub role_id: &'static str,
    pub party_uuids: Vec<String>,
}

/// A reference to something that stands elsewhere.
#[derive(Serialize)]
pub struct Import {
    pub href: String,
}

#[derive(Serialize)]
pub struct BackMatter {
    pub resources: Vec<Resource>,
}

#[derive(Serialize)]
pub struct Resource {
    pub uuid: String,
    pub title: String,
    pub description: String,
}

#[derive(Serialize)]
pub struct Nothing {}

/// Controls that are assessed.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reviewed {
    pub control_selections: Vec<Selection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Selection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_all: Option<Nothing>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include_controls: Vec<Control>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_controls: Vec<Control>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Control {
    pub control_id: String,
}

#[derive(Serialize)]
pub struct Component {
    pub uuid: String,
    #[serde(rename = "type")]
    pub sort: &'static str,
    pub title: String,
    pub description: String,
    pub props: Vec<Property>,
    pub status: Operational,
}

#[derive(Serialize)]
pub struct Operational {
    pub state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Assets {
    pub components: Vec<Component>,
    pub assessment_platforms: Vec<Platform>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Platform {
    pub uuid: String,
    pub title: String,
    pub uses_components: Vec<Uses>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Uses {
    pub component_uuid: String,
}

/// A property, where it has a value; what it means in both languages.
pub fn property(name: &'static str, value: &str, remarks: Option<&Text>) -> Option<Property> {
    let value = string(value);
    let remarks = remarks.map(paragraphs);
    (!value.is_empty()).then_some(Property { name, ns: NAMESPACE, value, remarks })
}

/// Properties, where they have a value.
pub fn properties<'v>(all: impl IntoIterator<Item = (&'static str, &'v str)>) -> Vec<Property> {
    all.into_iter().filter_map(|(name, value)| property(name, value, None)).collect()
}

/// A string as the models take it: one line without white space around it.
pub fn string(text: &str) -> String {
    standing::name(text, NAME_LIMIT).trim().to_owned()
}

/// A line of Markdown in both languages; never empty.
pub fn line(text: &Text) -> String {
    let (ja, en) = (escaped(&standing::prose(&text.ja)), escaped(&standing::prose(&text.en)));
    let line = if ja == en { ja } else { format!("{ja} / {en}") };
    if line.trim().is_empty() { "-".to_owned() } else { line }
}

/// A name as a line of Markdown; never empty.
pub fn named(name: &str) -> String {
    let line = escaped(&standing::name(name, 400));
    if line.trim().is_empty() { "-".to_owned() } else { line }
}

/// Paragraphs of Markdown, Japanese before English; never empty.
pub fn paragraphs(text: &Text) -> String {
    let prose = |text: &str| escaped(&standing::prose_of(text, standing::OWN_LIMIT));
    let (ja, en) = (prose(&text.ja), prose(&text.en));
    let text = if ja == en { ja } else { format!("{ja}\n\n{en}") };
    if text.trim().is_empty() { "-".to_owned() } else { text }
}

/// Plain text as Markdown that shows it as it is: no markup, no link, no insertion of a parameter.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '~'
                | '^'
                | '$'
                | '|'
                | '#'
                | '!'
                | '"'
                | '&'
        ) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escaped("<script>"), "\\<script\\>");
        assert_eq!(escaped("[a](b) {{ insert: param, x }}"), "\\[a\\](b) \\{\\{ insert: param, x \\}\\}");
        assert_eq!(escaped("国外の1件。"), "国外の1件。");
    }
}
