//! What type each path of a fact has, taken from the JSON Schema of the Rust types.

use schemars::{JsonSchema, schema_for};
use sekisho_contract::fact::{AccountSetting, Resource};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::variables::{Parameters, TenancyDates};
use crate::corroborate::Corroboration;
use crate::documents::{DocumentFact, OutputFact, TenancyFact};
use crate::erasure::Erasability;
use crate::logs::fact::LogFact;
use crate::recovery::Recoverability;
use crate::support::Supported;

/// The type of an expression or of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    Text,
    /// One of these words.
    Word(Arc<[String]>),
    /// `null` as written in an expression.
    Null,
    /// That, or null.
    Nullable(Box<Shape>),
    /// A list.
    List(Box<Shape>),
    /// An object of known fields.
    Object(Arc<BTreeMap<String, Shape>>),
    /// An object of any fields (labels): only its presence can be relied on.
    Labels,
    /// A point in time.
    Time,
    /// A length of time.
    Duration,
    /// The element of a list written empty.
    Anything,
}

impl Shape {
    /// The shape of a resource.
    pub fn resource() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Resource>);
        &SHAPE
    }

    /// The shape of an account's setting.
    pub fn account() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<AccountSetting>);
        &SHAPE
    }

    /// The shape of a document or statement.
    pub fn document() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<DocumentFact>);
        &SHAPE
    }

    /// The shape of the tenancy's papers as a whole.
    pub fn papers() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<TenancyFact>);
        &SHAPE
    }

    /// The shape of what the program writes.
    pub fn output() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<OutputFact>);
        &SHAPE
    }

    /// The shape of what is told of setting a resource back.
    pub fn recovery() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Recoverability>);
        &SHAPE
    }

    /// The shape of what is told of erasing a resource.
    pub fn erasure() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Erasability>);
        &SHAPE
    }

    /// The shape of what bears a place out.
    pub fn corroboration() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Corroboration>);
        &SHAPE
    }

    /// The shape of what is told of a resource's support.
    pub fn support() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Supported>);
        &SHAPE
    }

    /// The shape of what is told of audit logs.
    pub fn logs() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<LogFact>);
        &SHAPE
    }

    /// The shape of the profile's parameters.
    pub fn profile() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<Parameters>);
        &SHAPE
    }

    /// The shape of the tenancy's dates.
    pub fn tenancy() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(of::<TenancyDates>);
        &SHAPE
    }

    /// The shape of a field, looking through "or null".
    pub fn field(&self, name: &str) -> Option<&Shape> {
        match self {
            Shape::Object(fields) => fields.get(name),
            Shape::Nullable(inner) => inner.field(name),
            _ => None,
        }
    }

    /// The shape without "or null".
    pub fn present(&self) -> &Shape {
        match self {
            Shape::Nullable(inner) => inner,
            other => other,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Bool => f.write_str("bool"),
            Shape::Int => f.write_str("int"),
            Shape::Text => f.write_str("string"),
            Shape::Word(words) => write!(f, "one of {}", words.join(", ")),
            Shape::Null => f.write_str("null"),
            Shape::Nullable(inner) => write!(f, "{inner} or null"),
            Shape::List(inner) => write!(f, "list of {inner}"),
            Shape::Object(_) => f.write_str("object"),
            Shape::Labels => f.write_str("labels"),
            Shape::Time => f.write_str("timestamp"),
            Shape::Duration => f.write_str("duration"),
            Shape::Anything => f.write_str("anything"),
        }
    }
}

/// The shape of a type.
pub fn of<T: JsonSchema>() -> Shape {
    let schema = schema_for!(T);
    let root = schema.as_value();
    shape(root, root)
}

fn shape(node: &Value, root: &Value) -> Shape {
    if let Some(target) = node.get("$ref").and_then(Value::as_str) {
        let pointer = target.trim_start_matches('#');
        return root.pointer(pointer).map_or(Shape::Anything, |node| shape(node, root));
    }
    if let Some(words) = words(node) {
        return Shape::Word(words);
    }
    if let Some([one, other]) = node.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        let is_null = |node: &Value| node.get("type").and_then(Value::as_str) == Some("null");
        if is_null(other) {
            return Shape::Nullable(Box::new(shape(one, root)));
        }
    }
    match node.get("type") {
        Some(Value::Array(types)) => {
            let kept = types.iter().find(|kind| *kind != "null").and_then(Value::as_str).unwrap_or_default();
            Shape::Nullable(Box::new(typed(kept, node, root)))
        }
        Some(Value::String(kind)) => typed(kind, node, root),
        _ => Shape::Anything,
    }
}

fn typed(kind: &str, node: &Value, root: &Value) -> Shape {
    match kind {
        "boolean" => Shape::Bool,
        "integer" => Shape::Int,
        "string" => Shape::Text,
        "array" => {
            Shape::List(Box::new(node.get("items").map_or(Shape::Anything, |items| shape(items, root))))
        }
        "object" => match node.get("properties").and_then(Value::as_object) {
            Some(fields) => Shape::Object(Arc::new(
                fields.iter().map(|(name, field)| (name.clone(), shape(field, root))).collect(),
            )),
            None => Shape::Labels,
        },
        _ => Shape::Anything,
    }
}

/// The words of an enumeration, in either of the forms it is written in.
fn words(node: &Value) -> Option<Arc<[String]>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(words) = node.get("enum").and_then(Value::as_array) {
        return words.iter().map(text).collect();
    }
    let variants = node.get("oneOf").and_then(Value::as_array)?;
    let mut all = Vec::new();
    for variant in variants {
        match (variant.get("const"), variant.get("enum").and_then(Value::as_array)) {
            (Some(word), _) => all.push(text(word)?),
            (None, Some(words)) => all.extend(words.iter().filter_map(text)),
            (None, None) => return None,
        }
    }
    Some(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> String {
        let mut shape = Shape::resource();
        for part in path.split('.') {
            shape = match shape.present() {
                Shape::List(inner) => inner.field(part),
                other => other.field(part),
            }
            .unwrap();
        }
        shape.to_string()
    }

    #[test]
    fn shapes_follow_the_rust_types() {
        assert_eq!(at("copies.countries"), "list of string");
        assert_eq!(at("encryption.enabled"), "bool");
        assert_eq!(at("encryption.key_manager"), "one of none, provider, customer, external");
        assert_eq!(at("retention.days"), "int or null");
        assert_eq!(at("erasure.obstacles.until"), "string or null");
        assert_eq!(at("tags"), "labels");
        assert!(at("facets").starts_with("list of one of copies, tags"));
        assert!(!at("copies.role").contains("anything"));
    }
}
