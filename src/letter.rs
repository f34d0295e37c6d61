//! Files that only those they are meant for can read: encryption to `age` recipients (<https://age-encryption.org/v1>, X25519).
//!
//! What is written is not signed by it: who wrote a letter shows by the envelope inside.

use age::secrecy::ExposeSecret;
use age::x25519;
use age::{DecryptError, Decryptor, Encryptor};
use pkcs8::der::zeroize::Zeroizing;
use sekisho_contract::gap::shorten;
use std::io::{self, Read, Write};

/// Most recipients of a letter.
pub const RECIPIENTS: usize = 64;
/// Largest heading of a letter that is read, in bytes: hundreds of recipients.
const HEADING: usize = 64 << 10;
/// Largest identity file that is read, in bytes.
pub const IDENTITY_LIMIT: usize = 64 << 10;
/// How every letter begins.
const BEGINNING: &[u8] = b"age-encryption.org/v1\n";
/// How the last line of a heading begins.
const HEADING_END: &[u8] = b"\n--- ";

/// Whom a letter is meant for.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

/// The private half, which opens letters.
pub struct Identity(Vec<x25519::Identity>);

/// A letter that is not written or not read.
#[derive(Debug, thiserror::Error)]
pub enum LetterFault {
    /// No recipient.
    #[error("`{0}` is no recipient: one begins with age1 and is 62 letters and digits long")]
    Recipient(String),
    /// None, or too many.
    #[error("a letter has 1 to {RECIPIENTS} recipients, not {0}")]
    Recipients(usize),
    /// No identity file.
    #[error("it is no identity file: {0}")]
    Identity(String),
    /// An identity file under a passphrase.
    #[error(
        "the identity file is under a passphrase, which is not read here: decrypt it first (age --decrypt)"
    )]
    Locked,
    /// No letter.
    #[error("it is no file that age encrypted: {0}")]
    NoLetter(String),
    /// To others.
    #[error("it is encrypted to others than this identity")]
    ToOthers,
    /// Changed or cut off.
    #[error("it cannot be decrypted: it was changed or cut off ({0})")]
    Broken(String),
    /// Reading or writing.
    #[error("{0}")]
    Io(io::Error),
}

impl Recipient {
    /// Reads a recipient: `age1…`.
    pub fn parse(text: &str) -> Result<Self, LetterFault> {
        let read = text.trim().parse::<x25519::Recipient>();
        read.map(Self).map_err(|_| LetterFault::Recipient(shorten(text)))
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl Identity {
    /// A new identity.
    pub fn generate() -> Self {
        Self(vec![x25519::Identity::generate()])
    }

    /// Reads an identity file as age-keygen writes it: a line for each, `#` begins a comment.
    pub fn parse(file: &[u8]) -> Result<Self, LetterFault> {
        let none = |why: &str| LetterFault::Identity(why.to_owned());
        if file.len() > IDENTITY_LIMIT {
            return Err(none("it is larger than one"));
        }
        if file.starts_with(BEGINNING) || file.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----") {
            return Err(LetterFault::Locked);
        }
        let text = std::str::from_utf8(file).map_err(|_| none("it is no text"))?;
        let mut all = Vec::new();
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // The line is never told: it may be a secret with a slip in it.
            let read = line.parse::<x25519::Identity>();
            all.push(read.map_err(|_| none(&format!("line {} is no AGE-SECRET-KEY-1…", at + 1)))?);
        }
        if all.is_empty() { Err(none("it holds no AGE-SECRET-KEY-1…")) } else { Ok(Self(all)) }
    }

    /// The file that [`Identity::parse`] reads, with its recipients beside it.
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for identity in &self.0 {
            text.push_str("# public key: ");
            text.push_str(&identity.to_public().to_string());
            text.push('\n');
            text.push_str(identity.to_string().expose_secret());
            text.push('\n');
        }
        text
    }

    /// Whom to encrypt to for it to open.
    pub fn recipients(&self) -> Vec<Recipient> {
        self.0.iter().map(|identity| Recipient(identity.to_public())).collect()
    }
}

// The identity itself is never shown.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Identity").field(&self.recipients()).finish()
    }
}

/// Encrypts everything that is read to every one of the recipients; how many bytes were read.
pub fn encrypt(
    mut plain: impl Read,
    letter: impl Write,
    recipients: &[Recipient],
) -> Result<u64, LetterFault> {
    if recipients.is_empty() || recipients.len() > RECIPIENTS {
        return Err(LetterFault::Recipients(recipients.len()));
    }
    let each = recipients.iter().map(|recipient| &recipient.0 as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(each)
        .map_err(|cause| LetterFault::Recipient(shorten(&cause.to_string())))?;
    let mut writer = encryptor.wrap_output(letter).map_err(LetterFault::Io)?;
    let length = io::copy(&mut plain, &mut writer).map_err(LetterFault::Io)?;
    writer.finish().and_then(|mut letter| letter.flush()).map_err(LetterFault::Io)?;
    Ok(length)
}

/// Decrypts a letter; how many bytes were written. Whatever was written before a fault is not to be relied on.
pub fn decrypt(
    mut letter: impl Read,
    mut plain: impl Write,
    identity: &Identity,
) -> Result<u64, LetterFault> {
    let heading = heading(&mut letter)?;
    let whole = io::BufReader::with_capacity(64 << 10, io::Cursor::new(heading).chain(letter));
    let decryptor = Decryptor::new_buffered(whole).map_err(fault)?;
    if decryptor.is_scrypt() {
        return Err(LetterFault::NoLetter("it is under a passphrase, not to a recipient".to_owned()));
    }
    let each = identity.0.iter().map(|identity| identity as &dyn age::Identity);
    let mut reader = decryptor.decrypt(each).map_err(fault)?;
    let mut part = Zeroizing::new(vec![0; 64 << 10]);
    let mut length = 0;
    loop {
        // A chunk that does not authenticate is told as a fault of reading.
        let read = match reader.read(&mut part) {
            Ok(0) => break,
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(LetterFault::Broken(shorten(&cause.to_string()))),
        };
        plain.write_all(&part[..read]).map_err(LetterFault::Io)?;
        length += read as u64;
    }
    plain.flush().map_err(LetterFault::Io)?;
    Ok(length)
}

/// The first bytes of a letter, which hold its heading: age would read one of any length into memory.
fn heading(letter: &mut impl Read) -> Result<Vec<u8>, LetterFault> {
    let mut bytes = Vec::new();
    let mut part = [0; 4 << 10];
    loop {
        let seen = bytes.len();
        let read = match letter.read(&mut part) {
            Ok(read) => read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(LetterFault::Io(cause)),
        };
        bytes.extend_from_slice(&part[..read]);
        let begun = &bytes[..bytes.len().min(BEGINNING.len())];
        if bytes.starts_with(b"-----BEGIN AGE") {
            return Err(LetterFault::NoLetter("it is armored: age --decrypt reads it".to_owned()));
        }
        if !BEGINNING.starts_with(begun) || (read == 0 && bytes.len() < BEGINNING.len()) {
            return Err(LetterFault::NoLetter("it begins with something else".to_owned()));
        }
        // The end may lie across two readings.
        let from = seen.saturating_sub(HEADING_END.len());
        if bytes[from..].windows(HEADING_END.len()).any(|window| window == HEADING_END) {
            return Ok(bytes);
        }
        if read == 0 {
            return Err(LetterFault::NoLetter("its heading has no end".to_owned()));
        }
        if bytes.len() > HEADING {
            return Err(LetterFault::NoLetter(format!("its heading is longer than {HEADING} bytes")));
        }
    }
}

fn fault(cause: DecryptError) -> LetterFault {
    match cause {
        DecryptError::NoMatchingKeys => LetterFault::ToOthers,
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => {
            LetterFault::NoLetter(shorten(&cause.to_string()))
        }
        other => LetterFault::Broken(shorten(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(plain: &[u8], recipients: &[Recipient]) -> Vec<u8> {
        let mut letter = Vec::new();
        assert_eq!(encrypt(plain, &mut letter, recipients).unwrap(), plain.len() as u64);
        letter
    }

    fn read(letter: &[u8], identity: &Identity) -> Result<Vec<u8>, LetterFault> {
        let mut plain = Vec::new();
        decrypt(letter, &mut plain, identity).map(|length| {
            assert_eq!(length, plain.len() as u64);
            plain
        })
    }

    #[test]
    fn each_recipient_reads_it_and_nobody_else() {
        let [one, two, other] = [0; 3].map(|_| Identity::generate());
        let recipients = [one.recipients(), two.recipients()].concat();
        for length in [0, 1, 65_536, 200_001] {
            let plain: Vec<u8> = (0..length).map(|at: usize| at as u8).collect();
            let letter = written(&plain, &recipients);
            assert_eq!(read(&letter, &one).unwrap(), plain);
            // Again from the file that the identity is kept in.
            let kept = Identity::parse(two.to_file().as_bytes()).unwrap();
            assert_eq!(read(&letter, &kept).unwrap(), plain);
            assert!(matches!(read(&letter, &other), Err(LetterFault::ToOthers)));
        }
        let text = recipients[0].to_string();
        assert_eq!(Recipient::parse(&format!(" {text}\n")).unwrap().to_string(), text);
        let shown = format!("{one:?}");
        assert!(shown.contains(&text) && !shown.contains("SECRET"), "{shown}");
    }

    #[test]
    fn what_is_no_letter_recipient_or_identity_is_told() {
        let one = Identity::generate();
        let letter = written(&[7; 100_000], &one.recipients());
        let cut = |at: usize| letter[..at].to_vec();
        let long = [BEGINNING, "-> X25519 abc\n".repeat(20_000).as_bytes()].concat();
        let locked = b"age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\nZV/AhotwSGqaPCU43cepl4WYUouAa17a3xpu4G2yi5k\n--- bzAPgWHHmlpmqHbc9gwxPHQwSpC1pTAfsWmGrZgNxPU\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        for (bytes, expected) in [
            (Vec::new(), "begins with something else"),
            (cut(10), "begins with something else"),
            (cut(40), "has no end"),
            (cut(letter.len() - 1), "changed or cut off"),
            (cut(65_536 + 300), "changed or cut off"),
            (b"hello there, this is no letter".to_vec(), "begins with something else"),
            (b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec(), "armored"),
            (long, "longer than"),
            (locked.to_vec(), "under a passphrase"),
        ] {
            let fault = read(&bytes, &one).unwrap_err().to_string();
            assert!(
                fault.contains(expected),
                "{}: {fault}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
            );
        }
        let mut changed = letter.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(read(&changed, &one).unwrap_err().to_string().contains("changed or cut off"));

        assert!(matches!(encrypt(&b""[..], Vec::new(), &[]), Err(LetterFault::Recipients(0))));
        let many = vec![one.recipients().remove(0); RECIPIENTS + 1];
        assert!(matches!(encrypt(&b""[..], Vec::new(), &many), Err(LetterFault::Recipients(65))));
        for text in [
            "",
            "age1",
            "ssh-ed25519 AAAA",
            "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
            "AGE-SECRET-KEY-1X",
        ] {
            assert!(matches!(Recipient::parse(text), Err(LetterFault::Recipient(_))), "{text}");
        }
        for (file, expected) in [
            (&b""[..], "holds no AGE-SECRET-KEY"),
            (b"# nothing\n\n", "holds no AGE-SECRET-KEY"),
            (b"#\nAGE-SECRET-KEY-1SECRET\n", "line 2 is no"),
            (b"AGE-PLUGIN-YUBIKEY-1XXX", "line 1 is no"),
            (&[0xff, 0xfe], "no text"),
            (b"age-encryption.org/v1\n-> scrypt", "under a passphrase"),
            (b"-----BEGIN AGE ENCRYPTED FILE-----\nx", "under a passphrase"),
            (&[b'#'; IDENTITY_LIMIT + 1], "larger"),
        ] {
            let fault = Identity::parse(file).unwrap_err().to_string();
            assert!(fault.contains(expected) && !fault.contains("1SECRET"), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn no_change_goes_unseen(at in 0_usize..600, bit in 0_u8..8) {
            let one = Identity::generate();
            let letter = written(b"what is written stands", &one.recipients());
            let mut changed = letter.clone();
            let at = at % letter.len();
            changed[at] ^= 1 << bit;
            prop_assert!(read(&changed, &one).is_err());
        }
    }
}
