//! Bringing witnesses together before a run: files that were named, and lists that are fetched.

use super::hear::Witnesses;
use super::heard::{Position, RangesUsed, VantageUsed};
use super::measurement::Measurement;
use super::ranges::{Published, Ranges, RangesFault};
use super::tls::Trust;
use crate::envelope::Trusted;
use crate::tenancy::{Corroborate, VantageFile};
use http::{HeaderMap, Method};
use maxminddb::Reader;
use sekisho_contract::door::{Outgoing, Transport};
use sekisho_contract::gap::shorten;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use url::Url;

/// A witness that was named and cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFault {
    /// A file of ranges.
    #[error(transparent)]
    Ranges(#[from] RangesFault),
    /// A measurement, its key, or certificates.
    #[error("{}: {cause}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The country database.
    #[error("{}: no country database in MaxMind's format: {cause}", path.display())]
    Countries {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: maxminddb::MaxMindDbError,
    },
}

/// Reads the files that a tenancy file names, relative to its folder, and fetches what is named by URL. A list that does not
/// come is noted and costs itself; a file that cannot be used is a fault of whoever named it.
pub async fn gather(
    section: &Corroborate,
    folder: &Path,
    transport: &dyn Transport,
) -> Result<Witnesses, WitnessFault> {
    let mut witnesses = Witnesses::default();
    let mut files = Vec::new();
    for from in &section.ranges {
        let came = match Url::parse(from) {
            // One letter before a colon is a drive.
            Ok(url) if url.scheme().len() > 1 && !section.network => {
                Err(format!("the run may not fetch {}", shorten(url.as_str())))
            }
            Ok(url) if url.scheme().len() > 1 => fetch(url, transport).await,
            _ => Ok(Published::read(&folder.join(from))?),
        };
        let (edition, fault) = match came {
            Ok(published) => {
                let edition = published.edition.clone();
                files.push(published);
                (Some(edition), None)
            }
            Err(fault) => (None, Some(fault)),
        };
        witnesses.ranges_used.push(RangesUsed { from: from.clone(), edition, fault });
    }
    witnesses.ranges = Ranges::new(files);
    for vantage in &section.vantages {
        witnesses.vantages.push(measured(vantage, folder)?);
    }
    if let Some(path) = &section.roots {
        let path = folder.join(path);
        let pem = read(&path)?;
        let roots = Trust::of_file(&pem).map_err(|cause| unusable(&path, &cause))?;
        witnesses.stand_in_roots = Some(roots);
    }
    if let Some(path) = &section.geoip {
        let path = folder.join(path);
        let read = Reader::open_readfile(&path);
        witnesses.countries = Some(read.map_err(|cause| WitnessFault::Countries { path, cause })?);
    }
    Ok(witnesses)
}

/// A measurement, if the key that was named signed it.
fn measured(vantage: &VantageFile, folder: &Path) -> Result<(VantageUsed, Measurement), WitnessFault> {
    let (file, key) = (folder.join(&vantage.file), folder.join(&vantage.key));
    let trusted = Trusted::parse(&read(&key)?).map_err(|cause| unusable(&key, &cause))?;
    let (measurement, keyid) =
        Measurement::open(&read(&file)?, &[trusted]).map_err(|cause| unusable(&file, &cause))?;
    let at = measurement.vantage.as_ref();
    let used = VantageUsed {
        file: vantage.file.clone(),
        name: at.map(|at| at.name.clone()),
        at: at.map(|at| Position { latitude: at.latitude, longitude: at.longitude }),
        keyid: Some(keyid),
        measured: Some(measurement.taken_until),
        fault: None,
    };
    Ok((used, measurement))
}

/// Largest key, measurement or file of certificates, in bytes.
const SIZE_LIMIT: u64 = 32 << 20;

fn read(path: &Path) -> Result<Vec<u8>, WitnessFault> {
    let mut bytes = Vec::new();
    let whole = File::open(path).and_then(|file| file.take(SIZE_LIMIT).read_to_end(&mut bytes));
    whole.map_err(|cause| unusable(path, &cause))?;
    Ok(bytes)
}

fn unusable(path: &Path, cause: &dyn std::error::Error) -> WitnessFault {
    WitnessFault::Unusable { path: path.to_owned(), cause: cause.to_string() }
}

async fn fetch(url: Url, transport: &dyn Transport) -> Result<Published, String> {
    let request = Outgoing { method: Method::GET, url, headers: HeaderMap::new(), body: Default::default() };
    let answer = transport.carry(request).await.map_err(|fault| shorten(&fault.to_string()))?;
    match answer.status {
        200 => Published::parse(&answer.body),
        status => Err(format!("the answer was {status}")),
    }
}
