//! Resources as tables list them, read again from the facts one at a time.

use super::{Material, ReportError};
use crate::assess::FactError;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use sekisho_contract::fact::{CopyRole, Kind};
use serde::Deserialize;
use std::borrow::Cow;

/// A resource, with what tables have of it. What is absent was not seen, or its kind has none of it.
#[derive(Debug, Deserialize)]
pub struct Seen<'a> {
    /// The provider's own identifier.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The provider.
    #[serde(borrow)]
    pub provider: Cow<'a, str>,
    /// The account.
    #[serde(borrow)]
    pub account: Cow<'a, str>,
    /// The region it is administered in.
    #[serde(borrow)]
    pub region: Cow<'a, str>,
    /// The service.
    #[serde(borrow)]
    pub service: Cow<'a, str>,
    /// What it is.
    pub kind: Kind,
    /// What people call it.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The parts its kind has, seen or not.
    #[serde(borrow)]
    pub facets: Vec<Cow<'a, str>>,
    /// Whether it holds confidential information.
    pub confidential: Option<bool>,
    /// Whether it must stay available.
    pub availability_critical: Option<bool>,
    /// Where its bytes rest.
    #[serde(borrow)]
    pub copies: Vec<SeenCopy<'a>>,
    /// Encryption at rest.
    pub encryption: Option<SeenEncryption>,
    /// What was shown by an earlier record of the provider.
    pub captured: Option<Recorded>,
}

/// One place where a resource's bytes rest, or may rest.
#[derive(Debug, Deserialize)]
pub struct SeenCopy<'a> {
    /// What it is for.
    pub role: CopyRole,
    /// What holds it, when not the resource itself.
    #[serde(borrow)]
    pub holder: Option<Cow<'a, str>>,
    /// The provider's identifier of the place; none where it was not seen.
    #[serde(borrow)]
    pub location: Option<Cow<'a, str>>,
    /// Its countries; none where they were not seen.
    #[serde(borrow)]
    pub countries: Option<Vec<Cow<'a, str>>>,
    /// Its site.
    #[serde(borrow)]
    pub site: Option<Cow<'a, str>>,
}

/// What was seen of encryption at rest.
#[derive(Debug, Deserialize)]
pub struct SeenEncryption {
    /// Whether it is encrypted.
    pub enabled: Option<bool>,
    /// Whose key it is.
    pub key_manager: Option<sekisho_contract::fact::KeyManager>,
}

/// What was shown by an earlier record of the provider.
#[derive(Debug, Deserialize)]
pub struct Recorded {
    /// When it was made.
    pub at: Timestamp,
}

/// Whether a copy rests at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts {
    /// In some country that is not home.
    Abroad,
    /// Nobody saw where.
    Unseen,
    /// In home countries alone.
    Home,
}

impl SeenCopy<'_> {
    /// Whether it rests at home.
    pub fn whereabouts(&self, home: &[String]) -> Whereabouts {
        match self.countries.as_deref() {
            None | Some([]) => Whereabouts::Unseen,
            Some(all) if all.iter().all(|one| home.iter().any(|own| own == one)) => Whereabouts::Home,
            Some(_) => Whereabouts::Abroad,
        }
    }
}

/// Reads every resource once, in the order of the facts, with one in memory at a time.
pub fn each(
    material: &Material<'_>,
    mut take: impl FnMut(&Seen<'_>) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    #[derive(Deserialize)]
    struct Sort<'a> {
        #[serde(rename = "type", borrow)]
        sort: Cow<'a, str>,
    }
    let malformed = |fault: serde_json::Error| ReportError::Facts(FactError(Box::new(fault)));
    for line in material.facts.pass() {
        let line = line?;
        let is_resource = match line.strip_prefix("{\"type\":\"") {
            // Written by this program: the sort of a line comes first.
            Some(rest) => rest.starts_with("resource\""),
            None => serde_json::from_str::<Sort<'_>>(&line).map_err(malformed)?.sort == "resource",
        };
        if is_resource {
            take(&serde_json::from_str(&line).map_err(malformed)?)?;
        }
    }
    Ok(())
}
