//! The parts of a bundle, held to its manifest and unpacked into a fresh folder.

use super::container::{Container, ContainerFault};
use super::manifest::{MANIFEST, Manifest, ManifestFault, SIZE_LIMIT, STAMP, STATEMENT};
use crate::envelope::{self, EnvelopeFault, Trusted};
use sekisho_contract::gap::shorten;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;

/// Largest time stamp, in bytes.
const STAMP_LIMIT: u64 = 256 << 10;

/// What a bundle says of itself, before anything of it is unpacked.
#[derive(Debug)]
pub struct Heads {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest.
    pub manifest_digest: String,
    /// The signed statement, in its envelope.
    pub envelope: Vec<u8>,
    /// The time-stamp token over that, if there is one.
    pub stamp: Option<Vec<u8>>,
}

/// Parts that are not what the manifest or the signature says.
#[derive(Debug, thiserror::Error)]
pub enum PartFault {
    /// The container.
    #[error(transparent)]
    Container(#[from] ContainerFault),
    /// The manifest.
    #[error("its part `{MANIFEST}` cannot be used: {0}")]
    Manifest(ManifestFault),
    /// The statement.
    #[error("its part `{STATEMENT}` cannot be used: {0}")]
    Statement(ManifestFault),
    /// The signature.
    #[error("its signature: {0}")]
    Signature(#[from] EnvelopeFault),
    /// Signed as something else.
    #[error("it is signed as `{0}`, and no statement of a bundle")]
    OtherType(String),
    /// A part that the manifest does not name, or that is not there.
    #[error("the manifest and the parts do not agree: `{0}`")]
    Unlisted(String),
    /// A part that is another than the manifest says.
    #[error("its part `{0}` is not the one that was sealed: its SHA-256 is another")]
    Altered(String),
    /// The fresh folder could not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Heads {
    /// Reads what a bundle says of itself. Nobody vouches for it yet.
    pub fn read<R: Read + Seek>(container: &mut Container<R>) -> Result<Self, PartFault> {
        let text = container.read(MANIFEST, SIZE_LIMIT)?;
        let manifest = Manifest::parse(&text).map_err(PartFault::Manifest)?;
        let envelope = container.read(STATEMENT, SIZE_LIMIT * 2)?;
        let stamp = match container.has(STAMP) {
            true => Some(container.read(STAMP, STAMP_LIMIT)?),
            false => None,
        };
        let own = [MANIFEST, STATEMENT, STAMP];
        let listed = |name: &str| manifest.files.iter().any(|file| file.name == name);
        if let Some(more) = container.names().find(|name| !own.contains(name) && !listed(name)) {
            return Err(PartFault::Unlisted(more.to_owned()));
        }
        if let Some(missing) = manifest.files.iter().find(|file| !container.has(&file.name)) {
            return Err(PartFault::Unlisted(missing.name.clone()));
        }
        Ok(Self { manifest, manifest_digest: hex::encode(Sha256::digest(&text)), envelope, stamp })
    }

    /// Holds the statement to the manifest, by a trusted key's signature. Returns the key's id.
    pub fn signed_by(&self, trusted: &[Trusted]) -> Result<String, PartFault> {
        let verified = envelope::verify(&self.envelope, trusted)?;
        self.hold(&verified.payload_type, &verified.payload)?;
        Ok(verified.keyid)
    }

    /// Holds the statement to the manifest, whoever signed it.
    pub fn self_consistent(&self) -> Result<(), PartFault> {
        let (payload_type, payload) = envelope::peek(&self.envelope)?;
        self.hold(&payload_type, &payload)
    }

    fn hold(&self, payload_type: &str, payload: &[u8]) -> Result<(), PartFault> {
        if payload_type != super::PAYLOAD_TYPE {
            return Err(PartFault::OtherType(shorten(payload_type)));
        }
        self.manifest.hold(payload, &self.manifest_digest).map_err(PartFault::Statement)
    }

    /// Unpacks every part into an empty folder, each held to its digest.
    pub fn unpack<R: Read + Seek>(
        &self,
        container: &mut Container<R>,
        folder: &Path,
    ) -> Result<(), PartFault> {
        for file in &self.manifest.files {
            // Names are of our own making (`is_name`): one folder at most, and no way up.
            let path = folder.join(&file.name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut out = File::create_new(&path)?;
            let (sha256, bytes) = container.copy(&file.name, file.bytes, &mut out)?;
            if sha256 != file.sha256 || bytes != file.bytes {
                return Err(PartFault::Altered(file.name.clone()));
            }
        }
        Ok(())
    }
}
