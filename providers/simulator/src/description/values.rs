//! Scalar values that are checked while reading, so that the message has the line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

use crate::aws::regions;

/// Twelve digits; in a counted entry some of them are the placeholder of the account's number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

/// A region's name, one that AWS has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

/// A point in time, RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub jiff::Timestamp);

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability(f64);

/// A text in which `*` stands for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

/// A JSON document, written as JSON text or as YAML.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(serde_json::Value);

/// A name; in a counted entry `{n}` or `{n:05}` stands for the number of the item, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameTemplate(String);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the account of that number; `None` where it makes no twelve digits.
    pub(crate) fn of(&self, n: u32) -> Option<Self> {
        let id = expand(&self.0, n);
        is_account(&id).then_some(Self(id))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Probability {
    /// Always.
    pub const CERTAIN: Self = Self(1.0);

    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl Glob {
    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        glob(&self.0, text)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Document {
    /// The document as text: as written when it was text, else as compact JSON.
    pub fn text(&self) -> String {
        match &self.0 {
            serde_json::Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// The document as a value; text that is no JSON stays a string.
    pub fn value(&self) -> serde_json::Value {
        match &self.0 {
            serde_json::Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| self.0.clone()),
            value => value.clone(),
        }
    }
}

impl NameTemplate {
    /// A name without a placeholder, or with.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of item `n`.
    pub fn expand(&self, n: u32) -> String {
        expand(&self.0, n)
    }

    /// The number of the item that has this name.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        let (before, width, after) = placeholder(&self.0)?;
        let digits = name.strip_prefix(before)?.strip_suffix(after)?;
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let n: u32 = plain.then(|| digits.parse().ok()).flatten()?;
        (format!("{n:0width$}") == digits).then_some(n)
    }

    /// Whether items get different names.
    pub fn is_counted(&self) -> bool {
        placeholder(&self.0).is_some()
    }
}

/// Whether a text matches a pattern of `*` and `?`, from end to end.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    p = star;
                    t = from + 1;
                    retry = Some((star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// Reads either one of a few words or a mapping.
pub(crate) fn word_or<'de, D, M, T>(
    deserializer: D,
    wanted: &'static str,
    word: impl Fn(&str) -> Option<T>,
    mapping: impl Fn(M) -> T,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    M: Deserialize<'de>,
{
    struct WordOr<M, W, F>(&'static str, W, F, std::marker::PhantomData<M>);

    impl<'de, M, T, W, F> serde::de::Visitor<'de> for WordOr<M, W, F>
    where
        M: Deserialize<'de>,
        W: Fn(&str) -> Option<T>,
        F: Fn(M) -> T,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.1)(text).ok_or_else(|| E::custom(format!("`{text}` is unknown: wanted is {}", self.0)))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            M::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(self.2)
        }
    }

    deserializer.deserialize_any(WordOr(wanted, word, mapping, std::marker::PhantomData))
}

/// Replaces the placeholder in a text by the item's number.
pub(crate) fn expand(text: &str, n: u32) -> String {
    match placeholder(text) {
        Some((before, width, after)) => format!("{before}{n:0width$}{after}"),
        None => text.to_owned(),
    }
}

fn placeholder(text: &str) -> Option<(&str, usize, &str)> {
    let start = text.find("{n")?;
    let end = start + text[start..].find('}')?;
    let width = match &text[start + 2..end] {
        "" => 0,
        format => format.strip_prefix(":0")?.parse().ok().filter(|&width: &usize| width <= 64)?,
    };
    Some((&text[..start], width, &text[end + 1..]))
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_account(&expand(&text, 0)) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!("`{text}` is no account id: twelve digits in quotes are wanted")))
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if regions::find(&text).is_some() {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!("`{text}` is no region of AWS")))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| {
            D::Error::custom(format!("`{text}` is no time: wanted is e.g. 2026-11-01T00:00:00Z"))
        })
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&value) {
            return Ok(Self(value));
        }
        Err(D::Error::custom(format!("{value} is no probability: 0 to 1 is wanted")))
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for NameTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let cases = [
            ("*", "", true),
            ("Get*", "GetBucketAcl", true),
            ("Get*Acl", "GetBucketAcl", true),
            ("Get?Acl", "GetBucketAcl", false),
            ("records-??", "records-01", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b", "aXbX", false),
            ("", "x", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Glob(pattern.into()).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn names() {
        let template = NameTemplate::new("bulk-{n:03}-x");
        assert_eq!(template.expand(7), "bulk-007-x");
        for (name, expected) in
            [("bulk-007-x", Some(7)), ("bulk-7-x", None), ("bulk-1234-x", Some(1234)), ("bulk--x", None)]
        {
            assert_eq!(template.number_of(name), expected, "{name}");
        }
        assert_eq!(NameTemplate::new("{n}").expand(12), "12");
        assert_eq!(NameTemplate::new("{name}").expand(12), "{name}");
    }
}
