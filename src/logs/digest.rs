//! CloudTrail's digest files: each names the log files of an hour with their hashes, and the digest before it with its
//! hash and signature. <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
//!
//! A digest's own signature lies in the object's metadata, which a folder does not have; the digest after it repeats it.
//! So the newest digest of a chain cannot be verified from files alone, and every other one can, given the region's keys.

use base64::Engine;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One digest file, with the hash of its own bytes.
#[derive(Debug, Clone)]
pub struct DigestFile {
    name: String,
    sha256: String,
    content: Content,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    aws_account_id: String,
    digest_start_time: String,
    digest_end_time: String,
    digest_s3_bucket: String,
    digest_s3_object: String,
    digest_public_key_fingerprint: String,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    previous_digest_signature: Option<String>,
    log_files: Vec<LogFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogFile {
    s3_object: String,
    hash_value: String,
}

/// What the digests show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Digest files read.
    pub digests: u64,
    /// Log files whose hash is the one in a digest.
    pub matched: u64,
    /// Log files whose hash is another: they were altered, or digests of another trail lie beside them.
    pub altered: Vec<String>,
    /// Log files that a digest names and that are not there.
    pub missing: Vec<String>,
    /// Log files that a digest names and that could not be read whole.
    pub unread: Vec<String>,
    /// Log files of trails that no digest names whose signature holds: nothing shows that they were not altered.
    #[serde(default)]
    pub unnamed: Vec<String>,
    /// Digest files that do not follow on the one before them, with the reason.
    pub broken: Vec<Broken>,
    /// Signatures that were verified.
    pub signatures_verified: u64,
    /// Signatures that do not fit, by digest file.
    pub signatures_refused: Vec<String>,
    /// Signatures that were not verified: no key of that fingerprint was given, or the next digest is not there.
    pub signatures_unverified: u64,
    /// Of these the newest of each chain: their signatures stand in digests that are still to come.
    pub newest: u64,
}

/// Where a chain of digests breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// The digest file.
    pub file: String,
    /// `previous_missing`, `previous_altered`, `unreadable`.
    pub reason: String,
}

/// Names in each list of the result.
const LISTED: usize = 1_000;

impl DigestFile {
    /// Reads a digest file's decompressed bytes.
    pub fn parse(name: &str, bytes: &[u8]) -> Option<Self> {
        let content: Content = serde_json::from_slice(bytes).ok()?;
        Some(Self { name: name.to_owned(), sha256: hex::encode(Sha256::digest(bytes)), content })
    }

    /// The names of the log files it speaks of, without their folders: a name is used once in all of CloudTrail.
    pub fn logs(&self) -> impl Iterator<Item = &str> {
        self.content.log_files.iter().map(|log| base_name(&log.s3_object))
    }

    /// What its bytes are signed as.
    fn signed_text(&self) -> String {
        let Content {
            digest_end_time, digest_s3_bucket, digest_s3_object, previous_digest_signature, ..
        } = &self.content;
        let previous = previous_digest_signature.as_deref().unwrap_or("null");
        format!("{digest_end_time}\n{digest_s3_bucket}/{digest_s3_object}\n{}\n{previous}", self.sha256)
    }

    /// Hours since 1970 that it accounts for, when every log it names is there.
    fn hours(&self) -> Option<Accounted> {
        let moment = |text: &str| super::event::moment(text);
        let (from, to) = (moment(&self.content.digest_start_time)?, moment(&self.content.digest_end_time)?);
        // A digest is of an hour; one of much more accounts for nothing.
        let hours = from.div_euclid(3_600)..=(to - 1).div_euclid(3_600);
        let region = self.name_part(2)?;
        let of = (self.content.aws_account_id.clone(), region.to_owned());
        (to > from && to - from <= 7_200).then_some((of, hours))
    }

    /// The account, region and trail whose chain it is in.
    fn chain(&self) -> (&str, &str, &str) {
        let part = |at| self.name_part(at).unwrap_or_default();
        (self.content.aws_account_id.as_str(), part(2), part(3))
    }

    fn name_part(&self, part: usize) -> Option<&str> {
        base_name(&self.content.digest_s3_object).split('_').nth(part)
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Public keys by fingerprint, in DER (PKCS #1).
pub type Keys = BTreeMap<String, Vec<u8>>;

/// Reads the answer of `aws cloudtrail list-public-keys`.
pub fn keys(json: &[u8]) -> Result<Keys, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        public_key_list: Vec<Key>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Key {
        value: String,
        fingerprint: String,
    }
    let answer: Answer = serde_json::from_slice(json).map_err(|cause| cause.to_string())?;
    let decoded = answer.public_key_list.into_iter().map(|key| {
        let der =
            base64::engine::general_purpose::STANDARD.decode(key.value).map_err(|cause| cause.to_string())?;
        Ok((key.fingerprint, der))
    });
    decoded.collect()
}

/// An account and region, and the hours since 1970 whose logs are all there.
pub type Accounted = ((String, String), std::ops::RangeInclusive<i64>);

/// Holds digests against each other, the log files' hashes and the keys. `present` are the log files' names without
/// folders; `due` those of trails that digests must name by now; `hashes` those of the files that were read whole. Tells the hours of each source that are accounted for.
pub fn validate(
    mut digests: Vec<DigestFile>,
    present: &BTreeSet<&str>,
    due: &BTreeSet<&str>,
    hashes: &BTreeMap<&str, &str>,
    keys: &Keys,
) -> (Validation, Vec<Accounted>) {
    digests.sort_by(|one, other| one.name.cmp(&other.name));
    let by_name: BTreeMap<&str, &DigestFile> =
        digests.iter().map(|digest| (base_name(&digest.content.digest_s3_object), digest)).collect();
    // The signature of a digest stands in the one after it.
    let signatures: BTreeMap<&str, &str> = digests
        .iter()
        .filter_map(|digest| {
            let before = digest.content.previous_digest_s3_object.as_deref()?;
            Some((base_name(before), digest.content.previous_digest_signature.as_deref()?))
        })
        .collect();
    let (oldest, newest) = ends_of_each_chain(&digests);
    let mut validation = Validation { digests: digests.len() as u64, ..Validation::default() };
    let mut accounted = Vec::new();
    let mut vouched: BTreeSet<&str> = BTreeSet::new();
    let mut verified_chains = BTreeSet::new();
    for digest in &digests {
        let mut whole = true;
        for log in &digest.content.log_files {
            let name = base_name(&log.s3_object);
            let list = match (present.contains(name), hashes.get(name)) {
                (false, _) => &mut validation.missing,
                (true, None) => &mut validation.unread,
                (true, Some(hash)) if hash.eq_ignore_ascii_case(&log.hash_value) => {
                    validation.matched += 1;
                    continue;
                }
                (true, Some(_)) => &mut validation.altered,
            };
            whole = false;
            push(list, name.to_owned());
        }
        if let Some(before) = digest.content.previous_digest_s3_object.as_deref() {
            let expected = digest.content.previous_digest_hash_value.as_deref().unwrap_or_default();
            let reason = match by_name.get(base_name(before)) {
                Some(previous) if previous.sha256.eq_ignore_ascii_case(expected) => None,
                Some(_) => Some("previous_altered"),
                None if oldest.contains(digest.name.as_str()) => None,
                None => Some("previous_missing"),
            };
            if let Some(reason) = reason {
                push(&mut validation.broken, Broken { file: digest.name.clone(), reason: reason.to_owned() });
            }
        }
        let signature = signatures.get(base_name(&digest.content.digest_s3_object));
        match (signature, keys.get(&digest.content.digest_public_key_fingerprint)) {
            (Some(signature), Some(key)) if fits(digest, signature, key) => {
                validation.signatures_verified += 1;
                vouched.extend(digest.logs());
                verified_chains.insert(digest.chain());
            }
            (Some(_), Some(_)) => {
                whole = false;
                push(&mut validation.signatures_refused, digest.name.clone());
            }
            (signature, _) => {
                validation.signatures_unverified += 1;
                let is_newest = newest.contains(digest.name.as_str());
                validation.newest += u64::from(signature.is_none() && is_newest);
            }
        }
        if whole {
            accounted.extend(digest.hours());
        }
    }
    // The newest digest of a chain is taken with the one before it, whose signature it holds.
    let last = digests.iter().filter(|digest| newest.contains(digest.name.as_str()));
    vouched
        .extend(last.filter(|digest| verified_chains.contains(&digest.chain())).flat_map(DigestFile::logs));
    for name in due.difference(&vouched) {
        push(&mut validation.unnamed, (*name).to_owned());
    }
    (validation, accounted)
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < LISTED {
        list.push(item);
    }
}

/// The first digest of each account, region and trail, and the last: what came before the one and comes after the other
/// need not be there.
fn ends_of_each_chain(digests: &[DigestFile]) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let mut oldest: BTreeMap<(&str, &str, &str), &DigestFile> = BTreeMap::new();
    let mut newest: BTreeMap<(&str, &str, &str), &DigestFile> = BTreeMap::new();
    for digest in digests {
        let chain = digest.chain();
        let known = oldest.entry(chain).or_insert(digest);
        if digest.content.digest_start_time < known.content.digest_start_time {
            *known = digest;
        }
        let known = newest.entry(chain).or_insert(digest);
        if digest.content.digest_start_time > known.content.digest_start_time {
            *known = digest;
        }
    }
    (
        oldest.into_values().map(|digest| digest.name.as_str()).collect(),
        newest.into_values().map(|digest| digest.name.as_str()).collect(),
    )
}

fn fits(digest: &DigestFile, signature: &str, key: &[u8]) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(digest.signed_text().as_bytes(), &signature).is_ok()
}

#[cfg(test)]
mod tests;
