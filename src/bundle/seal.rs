//! Sealing: a run's folder becomes one file, signed.

use super::container::{ContainerFault, Packing};
use super::manifest::{Head, MANIFEST, Manifest, PAYLOAD_TYPE, Redaction, SCHEMA, STAMP, STATEMENT};
use crate::run_folder::{FileRecord, RUN, Run, RunFolder};
use crate::{annex, checks};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};

/// Puts a payload of a type into a signed envelope, or says why not.
pub type Sign<'a> = dyn Fn(&str, &[u8]) -> Result<Vec<u8>, String> + 'a;
/// Has the time of some bytes stamped, or says why not.
pub type Stamp<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, String> + 'a;

/// What is sealed, and how.
pub struct Order<'a> {
    /// The run's folder; its reports are those of its facts.
    pub folder: &'a RunFolder,
    /// The run's record.
    pub run: &'a Run,
    /// SHA-256 of the profile and checks of this build.
    pub profile_digest: &'a str,
    /// What was taken out of the folder, where it is not whole.
    pub redaction: Option<Redaction>,
    /// Puts a payload of a type into a signed envelope.
    pub sign: &'a Sign<'a>,
    /// Has the time of some bytes stamped (RFC 3161); none where nobody is asked.
    pub stamp: Option<&'a Stamp<'a>>,
    /// What time it is.
    pub now: Timestamp,
}

/// A run that was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// A file of the run is not the one it has recorded.
    #[error("{0} is not as the run has written it; make the reports again: sekisho report DIR")]
    Altered(String),
    /// The verdicts are by other rules than those that would be sealed with them.
    #[error(
        "the run was judged by another version of the profile or its checks; make its reports again: sekisho report DIR"
    )]
    OtherProfile,
    /// Not signed.
    #[error("it was not signed: {0}; nothing was written")]
    Sign(String),
    /// Not stamped.
    #[error("no time stamp was had: {0}; nothing was written")]
    Stamp(String),
    /// Not written.
    #[error("{0}")]
    Container(#[from] ContainerFault),
    /// Not read.
    #[error("{0}: {1}; nothing was written")]
    Io(String, io::Error),
    /// What was put together is no JSON.
    #[error("{0}; this build is broken: report it")]
    Compose(#[from] serde_json::Error),
}

/// Writes a bundle. The same run, key and moment give the same bytes, but for the signature of keys that sign with chance.
pub fn seal<W: Write + Seek>(order: &Order<'_>, out: W) -> Result<(W, Manifest), SealFault> {
    let run = order.run;
    if run.profile_digest != order.profile_digest {
        return Err(SealFault::OtherProfile);
    }
    // Everything is read once for its digest and once more into the container: a file that changes between is noticed.
    let texts = texts(&run.profile);
    let mut files: BTreeMap<String, FileRecord> = BTreeMap::new();
    for recorded in &run.files {
        let found = record(order.folder, &recorded.name)?;
        if found.sha256 != recorded.sha256 {
            return Err(SealFault::Altered(recorded.name.clone()));
        }
        files.insert(recorded.name.clone(), FileRecord { lines: recorded.lines, ..found });
    }
    files.insert(RUN.to_owned(), record(order.folder, RUN)?);
    for (name, text) in &texts {
        let sha256 = hex::encode(Sha256::digest(text));
        files.insert(
            name.clone(),
            FileRecord { name: name.clone(), sha256, bytes: text.len() as u64, lines: None },
        );
    }
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        head: Head {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            tenancy: run.tenancy.name.clone(),
            profile: run.profile.clone(),
            profile_digest: run.profile_digest.clone(),
            assessed_at: run.assessed_at,
            sealed_at: order.now,
            request: run.request.as_ref().map(|request| request.sha256.clone()),
            nonce: run.request.as_ref().map(|request| request.nonce.clone()),
            handling: run.handling.clone(),
            redaction: order.redaction.clone(),
        },
        files: files.into_values().collect(),
    };
    let bytes = manifest.to_bytes()?;
    let statement = manifest.statement(&hex::encode(Sha256::digest(&bytes)))?;
    let envelope = (order.sign)(PAYLOAD_TYPE, &statement).map_err(SealFault::Sign)?;
    let stamp = order.stamp.map(|stamp| stamp(&envelope)).transpose().map_err(SealFault::Stamp)?;

    let mut packing = Packing::begin(out);
    packing.add(MANIFEST, &mut bytes.as_slice())?;
    packing.add(STATEMENT, &mut envelope.as_slice())?;
    if let Some(stamp) = &stamp {
        packing.add(STAMP, &mut stamp.as_slice())?;
    }
    for file in &manifest.files {
        let packed = match texts.get(&file.name) {
            Some(text) => packing.add(&file.name, &mut text.as_bytes())?,
            None => packing.add(&file.name, &mut open(order.folder, &file.name)?)?,
        };
        if packed != (file.sha256.clone(), file.bytes) {
            return Err(SealFault::Altered(file.name.clone()));
        }
    }
    Ok((packing.finish()?, manifest))
}

/// What the run was judged by: the profile and its checks, as parts.
pub(super) fn texts(profile: &str) -> BTreeMap<String, &'static str> {
    let own = annex::source(profile).map(|text| (format!("profile/{profile}.yaml"), text));
    let checks = checks::files().map(|(name, text)| (format!("checks/{name}"), text));
    own.into_iter().chain(checks).collect()
}

fn open(folder: &RunFolder, name: &str) -> Result<File, SealFault> {
    File::open(folder.file(name)).map_err(|cause| SealFault::Io(name.to_owned(), cause))
}

fn record(folder: &RunFolder, name: &str) -> Result<FileRecord, SealFault> {
    let (mut file, mut digest, mut bytes) = (open(folder, name)?, Sha256::new(), 0);
    let mut some = vec![0; 1 << 16];
    loop {
        match file.read(&mut some).map_err(|cause| SealFault::Io(name.to_owned(), cause))? {
            0 => break,
            read => {
                bytes += read as u64;
                digest.update(some.get(..read).unwrap_or_default());
            }
        }
    }
    Ok(FileRecord { name: name.to_owned(), sha256: hex::encode(digest.finalize()), bytes, lines: None })
}
