//! A cursor over JSON that looks at few members of large records and steps over the rest.
//!
//! It is stricter than it need be about what it reads (commas, colons, members named twice are refused by who reads) and
//! checks of what it steps over only that strings end and brackets match. `tests` holds it to `serde_json`.

use std::borrow::Cow;

/// Why a value could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end inside it.
    Incomplete,
    /// It is not as it should be, for this reason.
    Malformed(&'static str),
}

/// Deepest nesting that is stepped over.
const DEPTH_LIMIT: u32 = 127;

/// A string as it stands, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The bytes between the quotes.
    pub bytes: &'a [u8],
    /// Whether a backslash is among them.
    pub escaped: bool,
}

impl<'a> Raw<'a> {
    /// The string meant. What is not UTF-8 is replaced.
    pub fn text(self) -> Result<Cow<'a, str>, Stop> {
        if !self.escaped {
            return Ok(String::from_utf8_lossy(self.bytes));
        }
        let quoted = [b"\"", self.bytes, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).map(Cow::Owned).map_err(|_| Stop::Malformed("bad escape"))
    }
}

/// A place in JSON text.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were stepped over.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space.
    #[inline]
    pub fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::Incomplete),
            }
        }
    }

    /// Steps over one byte, which must come next.
    #[inline]
    pub fn expect(&mut self, byte: u8, otherwise: &'static str) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Malformed(otherwise));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads an object member by member; `member` must step over each value.
    #[inline]
    pub fn object(
        &mut self,
        mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.expect(b'{', "no object")?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(b':', "no colon after a name")?;
            member(key.bytes, self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::Malformed("no comma after a member")),
            }
        }
    }

    /// Reads a string.
    #[inline]
    pub fn string(&mut self) -> Result<Raw<'a>, Stop> {
        self.expect(b'"', "no string")?;
        self.rest_of_string()
    }

    #[inline]
    fn rest_of_string(&mut self) -> Result<Raw<'a>, Stop> {
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else { return Err(Stop::Incomplete) };
            let end = self.at + found;
            if rest.get(found) == Some(&b'"') {
                self.at = end + 1;
                return Ok(Raw { bytes: self.bytes.get(start..end).unwrap_or_default(), escaped });
            }
            escaped = true;
            self.at = end + 2;
        }
    }

    /// Reads a string, or steps over a value of another sort.
    #[inline]
    pub fn string_if_any(&mut self) -> Result<Option<Raw<'a>>, Stop> {
        if self.peek()? == b'"' { self.string().map(Some) } else { self.skip().map(|()| None) }
    }

    /// Reads `true` or `false`, also where it stands as a string; steps over a value of another sort.
    pub fn boolean_if_any(&mut self) -> Result<Option<bool>, Stop> {
        let start = self.at;
        let word = match self.peek()? {
            b'"' => self.string()?.bytes,
            _ => {
                self.peek()?;
                let start = self.at.max(start);
                self.skip()?;
                self.bytes.get(start..self.at).unwrap_or_default()
            }
        };
        Ok(match word {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        })
    }

    /// Steps over a value.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Stop> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' | b'[' => self.skip_container(),
            _ => self.skip_scalar(),
        }
    }

    fn skip_scalar(&mut self) -> Result<(), Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(length) =
            rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
        else {
            return Err(Stop::Incomplete);
        };
        let scalar = rest.get(..length).unwrap_or_default();
        let number = matches!(scalar.first(), Some(b'-' | b'0'..=b'9'))
            && scalar.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        if !number && !matches!(scalar, b"true" | b"false" | b"null") {
            return Err(Stop::Malformed("no value"));
        }
        self.at += length;
        Ok(())
    }

    fn skip_container(&mut self) -> Result<(), Stop> {
        let (mut depth, mut braces) = (0_u32, 0_u128);
        loop {
            let Some(byte) = self.bytes.get(self.at) else { return Err(Stop::Incomplete) };
            self.at += 1;
            match byte {
                b'"' => {
                    self.rest_of_string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > DEPTH_LIMIT {
                        return Err(Stop::Malformed("nested too deeply"));
                    }
                    braces = braces << 1 | u128::from(*byte == b'{');
                }
                b'}' | b']' => {
                    if (braces & 1 == 1) != (*byte == b'}') {
                        return Err(Stop::Malformed("brackets do not match"));
                    }
                    braces >>= 1;
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Steps over a value whose bytes come piece by piece and are not kept.
#[derive(Debug, Default)]
pub struct Skipper {
    depth: u64,
    string: bool,
    escape: bool,
}

impl Skipper {
    /// Takes a piece; how many of its bytes belong to the value, once it has ended in this piece.
    pub fn take(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = piece.get(at) {
            at += 1;
            if self.escape {
                self.escape = false;
            } else if self.string {
                let rest = piece.get(at - 1..).unwrap_or_default();
                let found = memchr::memchr2(b'"', b'\\', rest)?;
                at += found;
                (self.string, self.escape) = match rest.get(found) {
                    Some(b'"') => (false, false),
                    _ => (true, true),
                };
            } else {
                match byte {
                    b'"' => self.string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            "[\"\\\\{}\\[\\],:\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\]{0,6}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_ends_where_serde_json_ends(value in value(), pretty: bool, cut in 0.0..1.0_f64) {
            let value = json!({"a": value, "b": [1]});
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let after = format!("{text},{{");
            let mut cursor = Cursor::new(after.as_bytes());
            let mut seen = Vec::new();
            let read = cursor.object(|key, cursor| {
                let start = cursor.at();
                cursor.skip()?;
                let part: Value = serde_json::from_str(&after[start..cursor.at()]).unwrap();
                seen.push((String::from_utf8(key.to_vec()).unwrap(), part));
                Ok(())
            });
            prop_assert_eq!(read, Ok(()));
            prop_assert_eq!(cursor.at(), text.len());
            prop_assert_eq!(Value::Object(seen.into_iter().collect()), value);
            let mut skipper = Skipper::default();
            prop_assert_eq!(skipper.take(after.as_bytes()), Some(text.len()));
            // Cut off anywhere it is incomplete, and in two pieces it is the same.
            let cut = (text.len() as f64 * cut) as usize;
            let mut cursor = Cursor::new(&text.as_bytes()[..cut]);
            prop_assert_eq!(cursor.object(|_, cursor| cursor.skip()), Err(Stop::Incomplete));
            let mut skipper = Skipper::default();
            prop_assert_eq!(skipper.take(&after.as_bytes()[..cut]), None);
            prop_assert_eq!(skipper.take(&after.as_bytes()[cut..]), Some(text.len() - cut));
        }

        #[test]
        fn strings_are_what_serde_json_reads(text in ".{0,30}") {
            let quoted = Value::from(text.clone()).to_string();
            let read = Cursor::new(quoted.as_bytes()).string().unwrap();
            prop_assert_eq!(read.text().unwrap(), text);
        }

        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Cursor::new(&bytes).object(|_, cursor| cursor.skip());
            let _ = Cursor::new(&bytes).boolean_if_any();
            let _ = Skipper::default().take(&bytes);
        }
    }

    #[test]
    fn what_is_wrong_is_malformed() {
        for text in
            ["[]", "{1}", "{\"a\"}", "{\"a\":}", "{\"a\":tru}", "{\"a\":1 2}", "{\"a\":[}]}", "{\"a\":1;}"]
        {
            let read = Cursor::new(text.as_bytes()).object(|_, cursor| cursor.skip());
            assert!(matches!(read, Err(Stop::Malformed(_))), "{text}: {read:?}");
        }
        let deep = format!("{{\"a\":{}", "[".repeat(200));
        let read = Cursor::new(deep.as_bytes()).object(|_, cursor| cursor.skip());
        assert_eq!(read, Err(Stop::Malformed("nested too deeply")));
    }
}
