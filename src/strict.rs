//! JSON that others wrote: one meaning, or none.
//!
//! Readers differ in which of two equal members counts, and in what becomes of a number that is too large. What is signed
//! by one program and read by another may have neither.

use sekisho_contract::gap::shorten;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Deepest nesting; nothing sekisho writes comes near.
const DEPTH: usize = 48;
/// Most members of one object.
const MEMBERS: usize = 100_000;

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {why}")]
pub struct StrictFault {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub why: String,
}

/// Reads a value out of JSON that [`check`] lets pass.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, StrictFault> {
    check(text)?;
    serde_json::from_slice(text).map_err(|error| fault(&error))
}

/// Refuses JSON in which a name stands twice in an object, that nests deeper than 48 levels, that holds a number no
/// reader takes exactly, or that is no JSON or no UTF-8.
pub fn check(text: &[u8]) -> Result<(), StrictFault> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    Strict(DEPTH).deserialize(&mut reader).and_then(|()| reader.end()).map_err(|error| fault(&error))
}

fn fault(error: &serde_json::Error) -> StrictFault {
    let said = error.to_string();
    let why = said.rsplit_once(" at line ").map_or(said.as_str(), |(why, _)| why);
    StrictFault { line: error.line(), column: error.column(), why: shorten(why) }
}

#[derive(Clone, Copy)]
struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.0.checked_sub(1) {
            Some(left) => Ok(Self(left)),
            None => Err(E::custom(format!("nested deeper than {DEPTH} levels"))),
        }
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // Whole numbers of this size are told apart by no reader that holds them as binary fractions.
        match number.is_finite() && number.abs() < 9_007_199_254_740_992.0 {
            true => Ok(()),
            false => Err(E::custom("a number that is too large to be read exactly")),
        }
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = BTreeSet::new();
        while let Some(name) = object.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!("`{}` stands twice in one object", shorten(&name))));
            }
            if names.len() == MEMBERS {
                return Err(A::Error::custom(format!("an object of more than {MEMBERS} members")));
            }
            names.insert(name);
            object.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{check, read};
    use std::collections::BTreeMap;

    #[test]
    fn json_has_one_meaning_or_none() {
        let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for (text, refused) in [
            (r#"{"a": 1, "b": [{"a": 1}, {"a": 2}], "c": "日本", "d": -1.5e3, "e": null}"#.to_owned(), None),
            ("18446744073709551615".to_owned(), None),
            (deep(48), None),
            (deep(49), Some("deeper")),
            (deep(100_000), Some("deeper")),
            (r#"{"a": 1, "a": 1}"#.to_owned(), Some("`a` stands twice")),
            ("{\"a\": 1, \"\\u0061\": 2}".to_owned(), Some("`a` stands twice")),
            (r#"[{"b": {"x": 1, "y": 2, "x": 3}}]"#.to_owned(), Some("`x` stands twice")),
            ("[1e999]".to_owned(), Some("out of range")),
            ("[18446744073709551616]".to_owned(), Some("too large")),
            ("[1] [2]".to_owned(), Some("trailing")),
            ("{\"a\": 1".to_owned(), Some("EOF")),
            ("NaN".to_owned(), Some("expected")),
            (String::new(), Some("EOF")),
        ] {
            let said = check(text.as_bytes()).err().map(|fault| fault.to_string());
            let short: String = text.chars().take(60).collect();
            match refused {
                None => assert_eq!(said, None, "{short}"),
                Some(why) => assert!(said.as_deref().unwrap_or_default().contains(why), "{short}: {said:?}"),
            }
        }
        let broken = [b"{\"a\": \"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
        assert!(check(&broken).is_err());
    }

    #[test]
    fn a_fault_names_its_place() {
        let fault = read::<BTreeMap<String, u8>>(b"{\n \"a\": 1,\n \"a\": 2}").unwrap_err();
        assert_eq!((fault.line, fault.why.as_str()), (3, "`a` stands twice in one object"));
        assert_eq!(read::<BTreeMap<String, u8>>(b"{\"a\": 1}").unwrap()["a"], 1);
    }
}
