//! The address ranges that clouds publish: whose an address is, and in which region they say it is used.
//!
//! [`Published::read`] imports one official file (AWS `ip-ranges.json`, Azure service tags, Google `cloud.json`, Oracle
//! `public_ip_ranges.json`), recognised by what is in it, and keeps its date and digest. [`Ranges`] holds several and
//! answers for one address. The longest prefix that names a region counts; rows that are announced from everywhere
//! (AWS and Google `GLOBAL`, Azure Front Door) say whose an address is, and nothing of its place.

mod formats;
mod segments;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use segments::Segments;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes: the largest published one has four million.
const SIZE_LIMIT: u64 = 64 * 1024 * 1024;

/// One published file, imported.
#[derive(Debug, Clone)]
pub struct Published {
    /// What was imported.
    pub edition: Edition,
    v4: Segments<u32>,
    v6: Segments<u128>,
    claims: Vec<Claim>,
}

/// Which edition of a published file it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edition {
    /// `aws`, `azure`, `gcp`, `oci`.
    pub provider: String,
    /// When the provider says it was made, in the provider's own form; absent where the file does not say (Azure).
    pub made: Option<String>,
    /// The provider's number of the edition (`syncToken`, `changeNumber`), where it has one.
    pub number: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// How many rows it has.
    pub rows: u64,
}

/// What a provider's file says of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Claim {
    region: Option<String>,
    border_group: Option<String>,
    service: Option<String>,
    everywhere: bool,
}

/// Whose an address is, and where they say it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The region, in the words of the provider's place catalogue; `None` where the file does not tie it to one.
    pub region: Option<&'a str>,
    /// The network border group (AWS), which names local and Wavelength zones; the region's own name elsewhere in it.
    pub border_group: Option<&'a str>,
    /// The service, where the file names one beside the whole cloud.
    pub service: Option<&'a str>,
    /// Whether it is announced from many places at once.
    pub everywhere: bool,
}

impl<'a> Owner<'a> {
    /// The narrowest identifier of a place: the border group before the region.
    pub fn place(&self) -> Option<&'a str> {
        self.border_group.or(self.region)
    }
}

/// Several published files.
#[derive(Debug, Clone, Default)]
pub struct Ranges {
    files: Vec<Published>,
}

/// A file of ranges that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RangesFault {
    /// It cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// It is larger than any published file.
    #[error("{} is larger than {SIZE_LIMIT} bytes", path.display())]
    TooLarge {
        /// The path as given.
        path: PathBuf,
    },
    /// It is none of the published files.
    #[error("{} is no published file of address ranges: {cause}", path.display())]
    Malformed {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl Published {
    /// Imports a published file.
    pub fn read(path: &Path) -> Result<Self, RangesFault> {
        let unreadable = |cause| RangesFault::Unreadable { path: path.to_owned(), cause };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(RangesFault::TooLarge { path: path.to_owned() });
        }
        Self::parse(&bytes).map_err(|cause| RangesFault::Malformed { path: path.to_owned(), cause })
    }

    /// Imports the bytes of a published file. A row that cannot be read refuses the whole: a range left out would make
    /// its addresses somebody else's.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let formats::File { provider, made, number, rows } = formats::read(bytes)?;
        if rows.is_empty() {
            return Err("it has no ranges".to_owned());
        }
        let edition = Edition {
            provider: provider.to_owned(),
            made,
            number,
            sha256: hex::encode(Sha256::digest(bytes)),
            rows: rows.len() as u64,
        };
        let (v4, v6, claims) = segments::flatten(rows)?;
        Ok(Self { edition, v4, v6, claims })
    }

    /// What the file says of an address; `None` where it does not list it. An IPv4 address written as IPv6 is the
    /// IPv4 address.
    pub fn owner(&self, address: IpAddr) -> Option<Owner<'_>> {
        let claim = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.find(u32::from(address)),
            IpAddr::V6(address) => self.v6.find(u128::from(address)),
        };
        let claim = self.claims.get(claim?)?;
        Some(Owner {
            provider: &self.edition.provider,
            region: claim.region.as_deref().filter(|_| !claim.everywhere),
            border_group: claim.border_group.as_deref().filter(|_| !claim.everywhere),
            service: claim.service.as_deref(),
            everywhere: claim.everywhere,
        })
    }
}

impl Ranges {
    /// Imports every file named.
    pub fn read<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Result<Self, RangesFault> {
        let files = paths.into_iter().map(Published::read).collect::<Result<_, _>>()?;
        Ok(Self { files })
    }

    /// These files.
    pub fn new(files: Vec<Published>) -> Self {
        Self { files }
    }

    /// What was imported.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.files.iter().map(|file| &file.edition)
    }

    /// Whose an address is. Where two files contradict each other (two providers, or two regions in two editions) it
    /// is the first one's, at no known place.
    pub fn owner(&self, address: IpAddr) -> Option<Owner<'_>> {
        let mut owners = self.files.iter().filter_map(|file| file.owner(address));
        let first = owners.next()?;
        let agreed = owners.all(|other| (other.provider, other.place()) == (first.provider, first.place()));
        Some(if agreed { first } else { Owner { region: None, border_group: None, ..first } })
    }
}
