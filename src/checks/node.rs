//! A fact as CEL reads it: a parsed JSON line whose texts borrow the line, handed out without copying.
//!
//! An object of a fact can only be asked for a field. It cannot be searched with `in`, counted, walked or
//! compared: each of those would turn "not seen" into an answer.

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as Walk, Sizer};
use cel::common::types::{CelBool, CelDouble, CelInt, CelNull, CelString, LIST_TYPE, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Most fields an object may have.
const FIELD_LIMIT: usize = 1024;

/// A JSON value that borrows the line it was read from.
#[derive(Debug, Clone)]
pub enum Node<'a> {
    /// `null`: seen, and none.
    Null(CelNull),
    /// A truth value.
    Bool(CelBool),
    /// A whole number.
    Int(CelInt),
    /// Any other number.
    Float(CelDouble),
    /// A text.
    Text(CelString<'a>),
    /// A list.
    List(List<'a>),
    /// An object.
    Object(Object<'a>),
}

/// A list of a fact.
#[derive(Debug, Clone)]
pub struct List<'a>(Arc<Vec<Node<'a>>>);

/// An object of a fact.
#[derive(Debug, Clone)]
pub struct Object<'a>(Arc<Vec<(Cow<'a, str>, Node<'a>)>>);

/// One line of a facts file.
#[derive(Debug, Clone)]
pub struct FactLine<'a> {
    /// What the line is: `resource`, `setting`, `gap`, `cell` or `signal`; empty when it does not say.
    pub sort: Cow<'a, str>,
    /// The fact without `type` and `evidence`.
    pub fact: Node<'a>,
    /// The calls that showed each facet, not yet read.
    pub evidence: Option<&'a RawValue>,
}

impl<'a> FactLine<'a> {
    /// Reads one line.
    pub fn parse(line: &'a str) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(line);
        let parsed = reader.deserialize_map(LineVisitor)?;
        reader.end()?;
        Ok(parsed)
    }
}

impl<'a> Node<'a> {
    /// Reads a JSON text.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let node = NodeSeed(PhantomData).deserialize(&mut reader)?;
        reader.end()?;
        Ok(node)
    }

    /// Reads a JSON value into a node that borrows nothing.
    pub fn owned(value: &serde_json::Value) -> Node<'static> {
        match value {
            serde_json::Value::Null => Node::Null(CelNull),
            serde_json::Value::Bool(value) => Node::Bool((*value).into()),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => Node::Int(number.into()),
                None => Node::Float(number.as_f64().unwrap_or(f64::NAN).into()),
            },
            serde_json::Value::String(text) => Node::Text(text.clone().into()),
            serde_json::Value::Array(items) => List::node(items.iter().map(Node::owned).collect()),
            serde_json::Value::Object(fields) => Object::node(
                fields.iter().map(|(key, value)| (Cow::Owned(key.clone()), Node::owned(value))).collect(),
            ),
        }
    }

    /// An object's field.
    pub fn get(&self, field: &str) -> Option<&Node<'a>> {
        match self {
            Node::Object(object) => object.field(field),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text.inner()),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Node::Bool(value) => Some(*value.inner()),
            _ => None,
        }
    }

    /// The members of a list; none for anything else.
    pub fn members(&self) -> &[Node<'a>] {
        match self {
            Node::List(list) => &list.0,
            _ => &[],
        }
    }

    /// Whether everything `path` names is there, in every member of each list on the way.
    pub fn holds(&self, path: &[String]) -> bool {
        match self {
            Node::List(list) if !path.is_empty() => list.0.iter().all(|member| member.holds(path)),
            Node::Null(_) => true,
            _ => match path {
                [] => true,
                [first, rest @ ..] => self.get(first).is_some_and(|field| field.holds(rest)),
            },
        }
    }

    /// The value as CEL takes it.
    pub fn value(&self) -> &(dyn Val + 'a) {
        match self {
            Node::Null(value) => value,
            Node::Bool(value) => value,
            Node::Int(value) => value,
            Node::Float(value) => value,
            Node::Text(value) => value,
            Node::List(value) => value,
            Node::Object(value) => value,
        }
    }
}

impl<'a> List<'a> {
    fn node(members: Vec<Node<'a>>) -> Node<'a> {
        Node::List(Self(Arc::new(members)))
    }
}

impl<'a> Object<'a> {
    /// An object of these fields.
    pub fn node(fields: Vec<(Cow<'a, str>, Node<'a>)>) -> Node<'a> {
        Node::Object(Self(Arc::new(fields)))
    }

    fn field(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }
}

impl<'a> Val for List<'a> {
    fn get_type(&self) -> &Type {
        &LIST_TYPE
    }
    fn cel_type() -> &'static Type {
        &LIST_TYPE
    }
    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }
    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Container for List<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.0.iter().any(|member| member.value().equals(value)))
    }
}

impl Sizer for List<'_> {
    fn size(&self) -> CelInt {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX).into()
    }
}

impl<'a> Iterable for List<'a> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Walk<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Members { rest: self.0.iter() })
    }
}

struct Members<'b, 'a> {
    rest: std::slice::Iter<'b, Node<'a>>,
}

impl<'b, 'a: 'v, 'v> Walk<'b, 'v> for Members<'b, 'a> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.rest.next().map(|node| node.value() as &(dyn Val + 'v))
    }
}

impl<'a> Val for Object<'a> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }
    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }
    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for Object<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = index.downcast_ref::<CelString<'_>>().map(CelString::inner).unwrap_or_default();
        match self.field(name) {
            Some(node) => Ok(CowVal::Borrowed(node.value())),
            None => Err(ExecutionError::no_such_key(name)),
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

struct NodeSeed<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for NodeSeed<'a> {
    type Value = Node<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for NodeSeed<'a> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(Node::Null(CelNull))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node<'a>, E> {
        Ok(Node::Bool(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node<'a>, E> {
        Ok(Node::Int(value.into()))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'a>, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("a number is too large"))?;
        Ok(Node::Int(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node<'a>, E> {
        Ok(Node::Float(value.into()))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'a>, E> {
        Ok(Node::Text(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node<'a>, E> {
        Ok(Node::Text(value.to_owned().into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_element_seed(NodeSeed(PhantomData))? {
            members.push(member);
        }
        Ok(List::node(members))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node<'a>, A::Error> {
        let mut fields = Vec::with_capacity(6);
        while let Some(key) = access.next_key_seed(KeySeed(PhantomData))? {
            let value = access.next_value_seed(NodeSeed(PhantomData))?;
            push(&mut fields, key, value)?;
        }
        Ok(Object::node(fields))
    }
}

struct KeySeed<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for KeySeed<'a> {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for KeySeed<'a> {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = FactLine<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fact")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<FactLine<'de>, A::Error> {
        let mut fields = Vec::with_capacity(24);
        let (mut sort, mut evidence) = (None, None);
        while let Some(key) = access.next_key_seed(KeySeed(PhantomData))? {
            match &*key {
                "type" if sort.is_none() => sort = Some(access.next_value_seed(KeySeed(PhantomData))?),
                "evidence" if evidence.is_none() => evidence = Some(access.next_value::<&RawValue>()?),
                "type" | "evidence" => return Err(A::Error::custom("a field is given twice")),
                _ => {
                    let value = access.next_value_seed(NodeSeed(PhantomData))?;
                    push(&mut fields, key, value)?;
                }
            }
        }
        Ok(FactLine { sort: sort.unwrap_or_default(), fact: Object::node(fields), evidence })
    }
}

/// Adds a field, refusing a second one of the same name: two readers could take different ones.
fn push<'a, E: Error>(
    fields: &mut Vec<(Cow<'a, str>, Node<'a>)>,
    key: Cow<'a, str>,
    node: Node<'a>,
) -> Result<(), E> {
    if fields.len() >= FIELD_LIMIT {
        return Err(E::custom(format_args!("an object has more than {FIELD_LIMIT} fields")));
    }
    if fields.iter().any(|(known, _)| *known == key) {
        return Err(E::custom("a field is given twice"));
    }
    fields.push((key, node));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_borrow_the_line_and_evidence_waits() {
        let line = r#"{"type":"resource","id":"a\nb","name":"plain","n":3,"none":null,"evidence":{"copies":["c1"]}}"#;
        let fact = FactLine::parse(line).unwrap();
        assert_eq!(fact.sort, "resource");
        assert_eq!(fact.fact.get("id").unwrap().text(), Some("a\nb"));
        let Some(Node::Text(name)) = fact.fact.get("name") else { panic!("a text") };
        assert_eq!(name.as_borrowed(), Some("plain"));
        assert_eq!(fact.evidence.unwrap().get(), r#"{"copies":["c1"]}"#);
        assert!(fact.fact.get("evidence").is_none());
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        for line in
            [r#"{"a":1,"a":2}"#, r#"{"b":{"a":1,"a":2}}"#, r#"{"type":"gap","type":"cell"}"#, "{} {}", "[]"]
        {
            assert!(FactLine::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_path_is_held_only_when_every_member_holds_it() {
        let node = Node::parse(r#"{"copies":[{"countries":["JP"]},{"role":"replica"}],"key":{"date":null}}"#)
            .unwrap();
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert!(node.holds(&path("copies")));
        assert!(!node.holds(&path("copies.countries")));
        assert!(node.holds(&path("key.date")));
        assert!(!node.holds(&path("key.state")));
    }
}
