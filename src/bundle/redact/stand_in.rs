//! What stands in for an identifier: a keyed digest of it, in the shape of what it stands for.
//!
//! Texts are taken apart at punctuation, and each word is replaced by itself: so an ARN keeps its form, and the name inside it
//! is the stand-in of the bare name. Only who has the key can tell which word a stand-in is of, or guess at it.

use super::words;
use super::{Key, Level};
use ring::hmac;
use sekisho_contract::CallId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Makes stand-ins.
pub(super) struct StandIns {
    key: hmac::Key,
    level: Level,
    /// Regions, services and kinds: words of the providers, in small letters.
    pub public: BTreeSet<String>,
    /// Words of the accounts' ids.
    pub accounts: BTreeSet<String>,
    /// Stand-ins of calls.
    pub calls: BTreeMap<CallId, CallId>,
    /// What patterns that end within a word match, already replaced.
    pub matched: BTreeMap<String, BTreeSet<String>>,
}

impl StandIns {
    pub fn new(key: &Key, level: Level) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key.0),
            level,
            public: BTreeSet::new(),
            accounts: BTreeSet::new(),
            calls: BTreeMap::new(),
            matched: BTreeMap::new(),
        }
    }

    /// A text with every word replaced that is not a provider's own.
    pub fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() * 2);
        for piece in pieces(text) {
            match piece {
                Piece::Word(word) if self.stays(word) => out.push_str(word),
                Piece::Word(word) => out.push_str(&self.whole(word)),
                Piece::Between(between) => out.push_str(between),
            }
        }
        out
    }

    /// Whether a word is nobody's name.
    fn stays(&self, word: &str) -> bool {
        if self.accounts.contains(word) {
            return self.level == Level::Names;
        }
        self.is_public(word)
    }

    /// Whether a word is a provider's: of its identifiers, or a place.
    pub fn is_public(&self, word: &str) -> bool {
        let small = word.to_ascii_lowercase();
        let known = |word: &str| words::PUBLIC.binary_search(&word).is_ok() || self.public.contains(word);
        // A zone is its region and a letter.
        let zone = small.strip_suffix(|last: char| last.is_ascii_lowercase());
        let zone = zone.map(|region| region.strip_suffix('-').unwrap_or(region));
        known(&small) || zone.is_some_and(|region| self.public.contains(region) && ends_in_digit(region))
    }

    /// The stand-in of a text as a whole; nothing stands in for nothing.
    pub fn whole(&self, text: &str) -> String {
        if text.is_empty() || text == "*" {
            return text.to_owned();
        }
        let mac = self.mac("word", text);
        if (11..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return digits(&mac, text.len());
        }
        let hex = hex::encode(&mac);
        if is_uuid(text) {
            let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
            return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        }
        // Where a name may hold no underscore, one with it is no such name, and its stand-in is none either.
        let mark = if text.contains('_') { "x_" } else { "x" };
        format!("{mark}{}", hex.get(..16).unwrap_or_default())
    }

    /// Running text: our own words stay, with what they quote replaced; anything else is a stand-in.
    pub fn prose(&self, text: &str) -> String {
        let quoted = |quoted: &str| match quoted.contains(' ') {
            true => self.whole(quoted),
            false => self.text(quoted),
        };
        crate::words::requoted(text, &quoted).unwrap_or_else(|| self.whole(text))
    }

    /// A digest of something that could be guessed.
    pub fn digest(&self, digest: &str) -> String {
        if digest.is_empty() {
            return String::new();
        }
        hex::encode(self.mac("digest", digest))
    }

    /// An address or a range; one that is no machine's in particular stays, and so do all while addresses may be told.
    pub fn address(&self, text: &str) -> String {
        if let Ok(socket) = text.parse::<SocketAddr>() {
            let address = self.address(&socket.ip().to_string());
            return address.parse().map_or_else(
                |_| self.text(text),
                |ip: IpAddr| SocketAddr::new(ip, socket.port()).to_string(),
            );
        }
        let (address, rest) = match text.split_once('/') {
            Some((address, prefix)) => (address, format!("/{prefix}")),
            None => (text, String::new()),
        };
        let Ok(parsed) = address.parse::<IpAddr>() else { return self.text(text) };
        if !rest.is_empty() && rest.get(1..).is_none_or(|prefix| prefix.parse::<u8>().is_err()) {
            return self.text(text);
        }
        if self.level == Level::Names || parsed.is_loopback() || parsed.is_unspecified() {
            return text.to_owned();
        }
        let mac = self.mac("address", address);
        let octet = |at: usize| mac.get(at).copied().unwrap_or_default();
        let stand_in = match parsed {
            // 240.0.0.0/4 is nobody's (RFC 1112, section 4).
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(octet(0) | 0xf0, octet(1), octet(2), octet(3) & 0xfe)),
            // fd00::/8 is of no registry (RFC 4193).
            IpAddr::V6(_) => {
                let mut bytes: [u8; 16] = std::array::from_fn(octet);
                bytes[0] = 0xfd;
                IpAddr::V6(Ipv6Addr::from(bytes))
            }
        };
        format!("{stand_in}{rest}")
    }

    /// The id of a call, as it follows from what stands in for what it asked.
    pub fn call(&self, text: &str) -> String {
        let known = text.parse::<CallId>().ok().and_then(|id| self.calls.get(&id));
        match known {
            Some(id) => id.as_str().to_owned(),
            // It is not in the ledger, before or after.
            None => {
                let hex = hex::encode(self.mac("call", text));
                format!("c{}", hex.get(..16).unwrap_or_default())
            }
        }
    }

    /// The level.
    pub const fn level(&self) -> Level {
        self.level
    }

    fn mac(&self, sort: &str, text: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(sort.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        context.sign().as_ref().to_vec()
    }
}

/// What a text is made of.
enum Piece<'t> {
    Word(&'t str),
    Between(&'t str),
}

/// Whether a character belongs to a word. Every letter of every script does: only ASCII punctuation stands between.
fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii()
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let word = in_word(first);
        let end = rest.find(|c| in_word(c) != word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(if word { Piece::Word(piece) } else { Piece::Between(piece) })
    })
}

/// The words of a text.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Word(word) => Some(word),
        Piece::Between(_) => None,
    })
}

/// Whether a star of a pattern stands beside part of a word, so that the pattern cannot be replaced word by word.
pub(super) fn ends_within_word(pattern: &str) -> bool {
    let mut before = None;
    for c in pattern.chars() {
        let touches = match (before, c) {
            (Some('*'), c) => in_word(c),
            (Some(before), '*') => in_word(before),
            _ => false,
        };
        if touches {
            return true;
        }
        before = Some(c);
    }
    false
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|last: char| last.is_ascii_digit())
}

/// As many digits, the first of them no zero.
fn digits(mac: &[u8], length: usize) -> String {
    let mut number: u128 = 0;
    for byte in mac.iter().take(16) {
        number = number << 8 | u128::from(*byte);
    }
    (0..length)
        .map(|at| {
            let digit = if at == 0 { 1 + number % 9 } else { number % 10 };
            number /= 10;
            char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0')
        })
        .collect()
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made_with(key: u8, level: Level) -> StandIns {
        let mut made = StandIns::new(&Key([key; 32]), level);
        made.public = ["ap-northeast-1", "asia-northeast1", "kms", "s3"].map(str::to_owned).into();
        made.accounts = ["111122223333", "kikan-daicho"].map(str::to_owned).into();
        made
    }

    #[test]
    fn identifiers_keep_their_form_and_lose_their_names() {
        let (names, accounts) = (made_with(1, Level::Names), made_with(1, Level::Accounts));
        let bucket = names.whole("kokuzei-daicho");
        let number = accounts.whole("111122223333");
        for (text, kept, taken) in [
            (
                "arn:aws:s3:::kokuzei-daicho",
                format!("arn:aws:s3:::{bucket}"),
                format!("arn:aws:s3:::{bucket}"),
            ),
            (
                "arn:aws:kms:ap-northeast-1:111122223333:alias/kokuzei-daicho",
                format!("arn:aws:kms:ap-northeast-1:111122223333:alias/{bucket}"),
                format!("arn:aws:kms:ap-northeast-1:{number}:alias/{bucket}"),
            ),
            ("ap-northeast-1a", "ap-northeast-1a".into(), "ap-northeast-1a".into()),
            ("asia-northeast1-b", "asia-northeast1-b".into(), "asia-northeast1-b".into()),
            ("", String::new(), String::new()),
            ("*", "*".into(), "*".into()),
        ] {
            assert_eq!((names.text(text), accounts.text(text)), (kept, taken), "{text}");
        }
        assert_eq!((number.len(), number.bytes().all(|byte| byte.is_ascii_digit())), (12, true));
        let uuid = names.whole("0b6b4c3e-5d1f-4d0a-9c59-3b2f6f1c2a11");
        assert!(is_uuid(&uuid) && uuid != "0b6b4c3e-5d1f-4d0a-9c59-3b2f6f1c2a11");
    }

    #[test]
    fn addresses_are_told_or_nobodys() {
        let (names, accounts) = (made_with(1, Level::Names), made_with(1, Level::Accounts));
        assert_eq!(names.address("203.0.113.7"), "203.0.113.7");
        for text in ["0.0.0.0/0", "::/0", "127.0.0.1", "127.0.0.1:8443"] {
            assert_eq!(accounts.address(text), text);
        }
        let told = accounts.address("203.0.113.0/24");
        assert!(["24", "25"].contains(&&told[..2]) && told.ends_with("/24"), "{told}");
        assert!(accounts.address("2001:db8::1").starts_with("fd"));
        assert!(!accounts.address("203.0.113.9/x").contains("203"));
    }

    #[test]
    fn only_stars_beside_words_cannot_be_replaced_word_by_word() {
        for (pattern, within) in [
            ("arn:aws:s3:::*", false),
            ("arn:aws:ec2:*:*:volume/*", false),
            ("arn:aws:s3:::public-*", true),
            ("*-log", true),
            ("名*", true),
        ] {
            assert_eq!(ends_within_word(pattern), within, "{pattern}");
        }
    }

    proptest! {
        /// The same text and key give the same stand-in; another text, or another key, another; and nothing of the text is in it.
        #[test]
        fn stand_ins_are_a_keyed_function(one in "\\PC{4,40}", other in "\\PC{4,40}") {
            let (first, second) = (made_with(1, Level::Names), made_with(2, Level::Names));
            prop_assert_eq!(first.whole(&one), made_with(1, Level::Accounts).whole(&one));
            prop_assert_eq!(one == other, first.whole(&one) == first.whole(&other));
            prop_assert_ne!(first.whole(&one), second.whole(&one));
            prop_assert!(!first.whole(&one).contains(&one));
        }

        /// A name inside an identifier is the stand-in of the bare name.
        #[test]
        fn joins_survive(name in "[a-z0-9-]{4,30}") {
            let made = made_with(3, Level::Accounts);
            let arn = made.text(&format!("arn:aws:s3:::{name}"));
            prop_assert!(arn.ends_with(&made.text(&name)));
        }
    }
}
