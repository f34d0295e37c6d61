//! What an officer asks for, signed: `sekisho/request/v1` in an envelope (`crate::envelope`).
//!
//! A request names whom to ask of what, and the number (nonce) that binds the answer to it. A run answers one request; the
//! answer carries its digest.

use crate::documents::Handling;
use crate::envelope::{self, EnvelopeFault, KeyFault, Trusted};
use crate::strict;
use crate::tenancy::Tenancy;
use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::AccountSection;
use sekisho_contract::gap::shorten;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The schema's name.
pub const SCHEMA: &str = "sekisho/request/v1";
/// The type of the payload in its envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.sekisho.request.v1+json";
/// Largest envelope of a request that is read, in bytes: thousands of accounts fit.
pub const SIZE_LIMIT: u64 = 1 << 20;

/// Most accounts, clauses or recipients of a request.
const LIST_LIMIT: usize = 5_000;
/// Longest text of a request, in characters: what [`shorten`] leaves.
const TEXT_LIMIT: usize = 400;
/// A clock may be fast by so much, in seconds.
const FAST: i64 = 300;
/// Bytes of a nonce.
pub const NONCE: usize = 32;

/// What an officer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Always `sekisho/request/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// The body that asks.
    pub body: String,
    /// Who asks there: a unit or a person in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The contract it is about, in words.
    pub contract: String,
    /// The profile's id.
    pub profile: String,
    /// SHA-256 of the profile and its checks as the officer has them; none where the version is left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_digest: Option<String>,
    /// The clauses that are to be answered, by id.
    pub clauses: Vec<String>,
    /// The accounts that are to be asked.
    pub accounts: Vec<Asked>,
    /// 32 random bytes in lower-case hexadecimal, which no other request has.
    pub nonce: String,
    /// When it was written.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub issued_at: Timestamp,
    /// Until when it may be answered.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
    /// Requests that may be made of the clouds in all; none where it sets no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u64>,
    /// How the answer is to be handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// The officer's public key (PEM), with which the request is signed.
    pub public_key: String,
    /// To whom the answer is to be encrypted (age recipients); none where it may stay in the clear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
}

/// An account that is to be asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account.
    pub id: String,
    /// Whether the other accounts of its organization are to be asked too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members: bool,
}

/// A request as it came: its signature fits, and it is well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The request.
    pub request: Request,
    /// SHA-256 of what was signed, lower-case hex.
    pub digest: String,
    /// The id of the key that signed it.
    pub keyid: String,
    /// Whether it was signed with a key the caller trusts; else only with the one it brought along.
    pub trusted: bool,
}

/// What a run says of the request it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// SHA-256 of what the officer signed, lower-case hex.
    pub sha256: String,
    /// The id of the key that signed it.
    pub keyid: String,
    /// Its number.
    pub nonce: String,
    /// The clauses it asks for.
    pub clauses: Vec<String>,
    /// Until when it may be answered.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
    /// How the answer is to be handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
}

/// A request that is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Nobody trusted has signed it, or it was changed after it was signed.
    #[error("{0}")]
    Envelope(#[from] EnvelopeFault),
    /// Signed, but as something else.
    #[error("it is signed as `{0}`, and no request")]
    OtherType(String),
    /// Not the form of a request.
    #[error("it is no request: {0}")]
    Malformed(String),
    /// A value that cannot be.
    #[error("`{field}` {why}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The key that it brings along cannot be used.
    #[error("`public_key` cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// Too late.
    #[error("it could be answered until {0}, and that has passed")]
    Expired(Timestamp),
    /// Written later than now.
    #[error("it was written at {0}, which is still to come by the clock of this machine")]
    NotYet(Timestamp),
    /// It asks for something the tenancy file does not name.
    #[error("it asks for {0}")]
    OutOfScope(String),
}

impl Signed {
    /// Reads a request. Nothing of it counts before its signature fits: by one of the trusted keys, or, where none is given, by
    /// the key that it brings along, which shows only that it is as its writer left it.
    pub fn parse(envelope: &[u8], trusted: &[Trusted]) -> Result<Self, RequestFault> {
        if envelope.len() as u64 > SIZE_LIMIT {
            return Err(RequestFault::Malformed(format!("it is larger than {SIZE_LIMIT} bytes")));
        }
        let verified = match trusted {
            [] => {
                let (_, payload) = envelope::peek(envelope)?;
                let own = Trusted::parse(Request::parse(&payload)?.public_key.as_bytes())?;
                envelope::verify(envelope, &[own])?
            }
            trusted => envelope::verify(envelope, trusted)?,
        };
        if verified.payload_type != PAYLOAD_TYPE {
            return Err(RequestFault::OtherType(shorten(&verified.payload_type)));
        }
        let request = Request::parse(&verified.payload)?;
        Ok(Self {
            request,
            digest: hex::encode(Sha256::digest(&verified.payload)),
            keyid: verified.keyid,
            trusted: !trusted.is_empty(),
        })
    }

    /// Refuses a request that may not be answered now.
    pub fn in_force(&self, now: Timestamp) -> Result<(), RequestFault> {
        let Request { issued_at, expires_at, .. } = self.request;
        let early = jiff::SignedDuration::from_secs(FAST);
        match () {
            () if now > expires_at => Err(RequestFault::Expired(expires_at)),
            () if now.checked_add(early).is_ok_and(|soon| soon < issued_at) => {
                Err(RequestFault::NotYet(issued_at))
            }
            () => Ok(()),
        }
    }

    /// Narrows a tenancy to what is asked for. Accounts that are not asked for are left out and told; what is asked for and not
    /// there is refused.
    pub fn narrow(&self, tenancy: &mut Tenancy, profile: &[String]) -> Result<Vec<String>, RequestFault> {
        let request = &self.request;
        if request.profile != tenancy.profile {
            let what = format!(
                "the profile `{}`, and the tenancy file names `{}`",
                request.profile, tenancy.profile
            );
            return Err(RequestFault::OutOfScope(what));
        }
        if let Some(unknown) = request.clauses.iter().find(|clause| !profile.contains(clause)) {
            let what = format!("the clause `{unknown}`, which this build's profile does not have");
            return Err(RequestFault::OutOfScope(what));
        }
        let is = |asked: &Asked, section: &AccountSection| {
            asked.provider == section.provider && asked.id == section.id
        };
        for asked in &request.accounts {
            let Some(section) = tenancy.accounts.iter_mut().find(|section| is(asked, section)) else {
                let what = format!("{}/{}, which the tenancy file does not name", asked.provider, asked.id);
                return Err(RequestFault::OutOfScope(what));
            };
            if asked.members && !names_others(section) {
                let what = format!(
                    "the other accounts of the organization of {}/{}, which the tenancy file has no way to read",
                    asked.provider, asked.id
                );
                return Err(RequestFault::OutOfScope(what));
            }
            if !asked.members {
                keep_to_itself(section);
            }
        }
        let (kept, left): (Vec<_>, Vec<_>) = std::mem::take(&mut tenancy.accounts)
            .into_iter()
            .partition(|section| request.accounts.iter().any(|asked| is(asked, section)));
        tenancy.accounts = kept;
        tenancy.limits.max_calls = match (tenancy.limits.max_calls, request.max_calls) {
            (Some(own), Some(asked)) => Some(own.min(asked)),
            (own, asked) => own.or(asked),
        };
        Ok(left.into_iter().map(|section| format!("{}/{}", section.provider, section.id)).collect())
    }

    /// What a run that answers it says of it.
    pub fn answered(&self) -> Answered {
        let Request { nonce, clauses, expires_at, handling, .. } = self.request.clone();
        Answered {
            sha256: self.digest.clone(),
            keyid: self.keyid.clone(),
            nonce,
            clauses,
            expires_at,
            handling,
        }
    }
}

/// Whether a section reads the other accounts of its organization.
pub(crate) const fn names_others(section: &AccountSection) -> bool {
    section.organization_role.is_some()
        || section.management_group.is_some()
        || section.organization.is_some()
        || section.folder.is_some()
}

fn keep_to_itself(section: &mut AccountSection) {
    section.organization_role = None;
    section.management_group = None;
    section.organization = None;
    section.folder = None;
}

impl Request {
    fn parse(payload: &[u8]) -> Result<Self, RequestFault> {
        let request: Self =
            strict::read(payload).map_err(|fault| RequestFault::Malformed(fault.to_string()))?;
        request.sound()?;
        Ok(request)
    }

    /// Refuses values that cannot be.
    pub fn sound(&self) -> Result<(), RequestFault> {
        let refuse = |field, why: &str| Err(RequestFault::Field { field, why: why.to_owned() });
        if self.schema != SCHEMA {
            return refuse("schema", &format!("is `{}`, not `{SCHEMA}`", shorten(&self.schema)));
        }
        let texts = [
            ("body", Some(&self.body)),
            ("person", self.person.as_ref()),
            ("contract", Some(&self.contract)),
            ("profile", Some(&self.profile)),
        ];
        for (field, text) in texts {
            if text.is_some_and(|text| !is_line(text)) {
                return refuse(field, "is empty, too long, or has control characters");
            }
        }
        let is_digest = |text: &str, bytes: usize| {
            text.len() == bytes * 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !is_digest(&self.nonce, NONCE) {
            return refuse("nonce", "is not 64 lower-case hexadecimal digits");
        }
        if self.profile_digest.as_ref().is_some_and(|digest| !is_digest(digest, 32)) {
            return refuse("profile_digest", "is not 64 lower-case hexadecimal digits");
        }
        let lists = [
            ("clauses", self.clauses.len(), true),
            ("accounts", self.accounts.len(), true),
            ("recipients", self.recipients.len(), false),
        ];
        for (field, length, needed) in lists {
            if (needed && length == 0) || length > LIST_LIMIT {
                return refuse(field, &format!("has no entry, or more than {LIST_LIMIT}"));
            }
        }
        let clauses: BTreeSet<&String> = self.clauses.iter().collect();
        if clauses.len() != self.clauses.len() || !self.clauses.iter().all(|clause| is_line(clause)) {
            return refuse("clauses", "names one twice, or has one that is no id");
        }
        let accounts: BTreeSet<(&str, &str)> =
            self.accounts.iter().map(|asked| (asked.provider.as_str(), asked.id.as_str())).collect();
        let is_part = |text: &str| is_line(text) && !text.contains('/');
        let sound = |asked: &Asked| is_part(&asked.provider) && is_part(&asked.id);
        if accounts.len() != self.accounts.len() || !self.accounts.iter().all(sound) {
            return refuse("accounts", "names one twice, or has one that is no account");
        }
        if !self.recipients.iter().all(|recipient| is_line(recipient)) {
            return refuse("recipients", "has one that is no recipient");
        }
        if self.expires_at <= self.issued_at {
            return refuse("expires_at", "is not after `issued_at`");
        }
        if self.max_calls == Some(0) {
            return refuse("max_calls", "leaves nothing to be asked");
        }
        if let Some(handling) = &self.handling {
            let levels = (1..=3).contains(&handling.confidentiality)
                && [handling.integrity, handling.availability]
                    .iter()
                    .all(|level| level.is_none_or(|level| (1..=2).contains(&level)));
            if !levels
                || handling.restrictions.len() > 50
                || !handling.restrictions.iter().all(|one| is_line(one))
            {
                return refuse(
                    "handling",
                    "has a level that does not exist, or a restriction that is no line of text",
                );
            }
        }
        Trusted::parse(self.public_key.as_bytes())?;
        Ok(())
    }
}

/// One line of text: not empty, bounded, without control characters or characters that turn the direction of writing.
fn is_line(text: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.trim().is_empty()
        && text.chars().count() <= TEXT_LIMIT
        && !text.chars().any(|c| c.is_control() || turns(c))
}

#[cfg(test)]
mod tests;
