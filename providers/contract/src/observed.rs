//! A property that was seen, or was not.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A property of something in a cloud: what was seen, or the knowledge that it was not.
///
/// `Unseen` can only be made by writing a gap ([`crate::gap::Sheet::unseen`]) or by reading a fact back
/// from a file, where an absent field means it. In JSON an unseen property is absent: every field of this
/// type carries `#[serde(default, skip_serializing_if = "Observed::is_unseen")]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Observed<T> {
    /// The property was read from an answer. "None of it" is seen too.
    Seen(T),
    /// The property was not seen; a gap says why.
    Unseen(Unseen),
}

/// Proof that a gap was recorded for the property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unseen(());

impl Unseen {
    pub(crate) const fn recorded() -> Self {
        Self(())
    }
}

impl<T> Observed<T> {
    /// Whether the property was not seen.
    pub const fn is_unseen(&self) -> bool {
        matches!(self, Self::Unseen(_))
    }

    /// The value, when it was seen.
    pub const fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Unseen(_) => None,
        }
    }

    /// Borrows the value.
    pub const fn as_ref(&self) -> Observed<&T> {
        match self {
            Self::Seen(value) => Observed::Seen(value),
            Self::Unseen(unseen) => Observed::Unseen(*unseen),
        }
    }

    /// Changes the value, keeps "unseen".
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Seen(value) => Observed::Seen(change(value)),
            Self::Unseen(unseen) => Observed::Unseen(unseen),
        }
    }

    /// Chains a reading that may itself be unseen.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> Observed<U>) -> Observed<U> {
        match self {
            Self::Seen(value) => change(value),
            Self::Unseen(unseen) => Observed::Unseen(unseen),
        }
    }
}

impl Observed<bool> {
    /// Three-valued "and": a seen `false` decides, whatever was not seen.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Seen(false), _) | (_, Self::Seen(false)) => Self::Seen(false),
            (Self::Seen(true), Self::Seen(true)) => Self::Seen(true),
            (Self::Unseen(unseen), _) | (_, Self::Unseen(unseen)) => Self::Unseen(unseen),
        }
    }

    /// Three-valued "or": a seen `true` decides, whatever was not seen.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// Negation; the unseen stays unseen.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "takes part in a three-valued algebra with `and` and `or`"
    )]
    pub fn not(self) -> Self {
        self.map(|value| !value)
    }

    /// Three-valued "any": `true` as soon as one is seen true, unseen while one might be.
    pub fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::Seen(false), Self::or)
    }
}

/// An absent field: the property was not seen when the fact was written.
impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self::Unseen(Unseen(()))
    }
}

impl<T: Serialize> Serialize for Observed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seen(value) => value.serialize(serializer),
            // Reached only where `skip_serializing_if` was forgotten: refuse rather than write a null
            // that a reader could take for "none".
            Self::Unseen(_) => Err(serde::ser::Error::custom("an unseen property must be left out")),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Observed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Seen)
    }
}

impl<T: JsonSchema> JsonSchema for Observed<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
    fn inline_schema() -> bool {
        T::inline_schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Observed::Seen;

    const UNSEEN: Observed<bool> = Observed::Unseen(Unseen(()));

    #[test]
    fn what_was_not_seen_never_becomes_true_or_false_by_itself() {
        let cases = [
            (Seen(true), Seen(true), Seen(true), Seen(true)),
            (Seen(true), Seen(false), Seen(false), Seen(true)),
            (Seen(false), UNSEEN, Seen(false), UNSEEN),
            (Seen(true), UNSEEN, UNSEEN, Seen(true)),
            (UNSEEN, UNSEEN, UNSEEN, UNSEEN),
        ];
        for (left, right, and, or) in cases {
            assert_eq!((left.and(right), right.and(left)), (and, and), "{left:?} and {right:?}");
            assert_eq!((left.or(right), right.or(left)), (or, or), "{left:?} or {right:?}");
        }
        assert_eq!(Observed::any([Seen(false), UNSEEN]), UNSEEN);
        assert_eq!(Observed::any([UNSEEN, Seen(true)]), Seen(true));
        assert_eq!(Observed::any([]), Seen(false));
    }

    #[test]
    fn an_unseen_property_cannot_be_written_as_null() {
        assert!(serde_json::to_string(&UNSEEN).is_err());
        assert_eq!(serde_json::to_string(&Seen(true)).unwrap(), "true");
    }
}
