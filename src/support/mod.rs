//! When the support of software ends: a dated catalogue of published dates, and what is told by it of each resource.
//!
//! Pure. A version that the catalogue does not hold is unverified by its name: a missing row is no promise of support.

use jiff::civil::Date;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::fact::{Facet, Kind, Resource};
use sekisho_contract::gap::{Gap, GapReason, Sheet, Shortfall};
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ends of support, the rows that go first standing first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The day the rows were gathered.
    #[schemars(with = "String", extend("format" = "date"))]
    pub date: Date,
    /// The rows.
    pub rows: Vec<Row>,
}

/// The end of support of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The product, in the provider's word.
    pub product: String,
    /// The version, or the beginning of all that it stands for.
    pub version: String,
    /// The last day of support.
    #[schemars(with = "String", extend("format" = "date"))]
    pub ends: Date,
    /// Where that is published.
    pub source: String,
}

/// Why a file of ends of support was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file of ends of support cannot be read: {0}")]
pub struct CatalogueFault(String);

impl Catalogue {
    /// The rows that come with the program.
    pub fn own() -> Result<Self, CatalogueFault> {
        Self::read(include_str!("ends.yaml"))
    }

    /// Reads a file of the same form.
    pub fn read(text: &str) -> Result<Self, CatalogueFault> {
        let read: Self = serde_saphyr::from_str(text).map_err(|fault| CatalogueFault(fault.to_string()))?;
        match read.rows.iter().find(|row| row.version.is_empty() || row.source.trim().is_empty()) {
            Some(row) => Err(CatalogueFault(format!("a row of {} lacks its version or source", row.product))),
            None => Ok(read),
        }
    }

    /// The rows of another go before one's own.
    #[must_use]
    pub fn after(mut self, first: Self) -> Self {
        self.rows.splice(0..0, first.rows);
        self
    }

    /// The row for a version: of several the first that names it most closely.
    pub fn find(&self, provider: &str, product: &str, version: &str) -> Option<&Row> {
        let fits = |row: &&Row| {
            let rest = version.strip_prefix(row.version.as_str());
            row.provider == provider
                && row.product.eq_ignore_ascii_case(product)
                // `1.3` is not the beginning of `1.34`.
                && rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let longest = self.rows.iter().filter(fits).map(|row| row.version.len()).max()?;
        self.rows.iter().filter(fits).find(|row| row.version.len() == longest)
    }
}

/// When the support of what one resource runs on ends. Absent is what was not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Supported {
    /// The resource's identifier.
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account that holds it.
    pub account: String,
    /// The service's short name.
    pub service: String,
    /// What it is.
    pub kind: Kind,
    /// The name people know it by.
    pub name: String,
    /// The parts it has.
    pub facets: Vec<Facet>,
    /// The product, in the provider's word.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub product: Observed<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub version: Observed<String>,
    /// The last moment of its support (RFC 3339).
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub ends: Observed<String>,
    /// Where that is published.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub source: Observed<String>,
    /// The calls that showed each part.
    #[serde(skip)]
    pub evidence: BTreeMap<String, Vec<CallId>>,
    /// What was not seen, and why.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
}

/// What is told of a resource; none where it runs on nothing of its own.
pub fn supported(resource: &Resource, catalogue: &Catalogue, utc_offset: &str) -> Option<Supported> {
    if !resource.facets.contains(&Facet::Software) {
        return None;
    }
    let mut sheet = Sheet::new(&resource.id);
    let software = resource.software.as_ref();
    let product = software.map(|software| software.product.clone()).unwrap_or_default();
    let version = software.map(|software| software.version.clone()).unwrap_or_default();
    let row = match (&product, &version) {
        (Observed::Seen(product), Observed::Seen(version)) => {
            let row = catalogue.find(&resource.provider, product, version);
            if row.is_none() {
                let detail =
                    format!("the catalogue of support end dates does not contain {product} {version}");
                sheet.unseen::<()>("ends", &Shortfall::without_call(GapReason::Unknown, detail));
            }
            row
        }
        _ => {
            let detail = "the version in use was not seen";
            sheet.unseen::<()>("ends", &Shortfall::without_call(GapReason::Unresolved, detail));
            None
        }
    };
    let seen = |text: Option<String>| text.map_or(Observed::default(), Observed::Seen);
    let calls = resource.evidence.get("software").cloned().unwrap_or_default();
    Some(Supported {
        id: resource.id.clone(),
        provider: resource.provider.clone(),
        account: resource.account.clone(),
        service: resource.service.clone(),
        kind: resource.kind,
        name: resource.name.clone(),
        facets: resource.facets.clone(),
        product,
        version,
        ends: seen(row.map(|row| format!("{}T23:59:59{utc_offset}", row.ends))),
        source: seen(row.map(|row| row.source.clone())),
        evidence: ["product", "version", "ends"].map(|part| (part.to_owned(), calls.clone())).into(),
        gaps: sheet.finish().0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_rows_that_come_with_it_are_read_and_named_once() {
        let own = Catalogue::own().unwrap();
        let mut names: Vec<_> =
            own.rows.iter().map(|row| (&row.provider, &row.product, &row.version)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), own.rows.len());
        assert!(own.rows.len() > 300 && own.rows.iter().all(|row| row.source.len() > 10));
    }

    #[test]
    fn a_version_is_found_by_its_beginning_and_nothing_is_guessed() {
        let own = Catalogue::own().unwrap();
        let ends = |provider: &str, product: &str, version: &str| {
            own.find(provider, product, version).map(|row| row.ends)
        };
        assert_eq!(ends("aws", "mysql", "8.0.46"), Some(date(2026, 7, 31)));
        // Minor versions end before the line they are of: one that is not listed is not known.
        assert_eq!(ends("aws", "MySQL", "8.4.7"), Some(date(2026, 11, 30)));
        assert_eq!(ends("aws", "lambda", "nodejs22.x"), Some(date(2027, 4, 30)));
        for (provider, product, version) in [
            ("aws", "mysql", "8"),
            ("aws", "mysql", "8.4.99"),
            ("aws", "mysql", "8.05"),
            ("aws", "eks", "1.3"),
            ("gcp", "mysql", "8.0"),
            ("aws", "mariadb", "8.0"),
        ] {
            assert_eq!(ends(provider, product, version), None, "{provider} {product} {version}");
        }
    }

    #[test]
    fn rows_of_a_users_file_go_first() {
        let file = "date: 2026-11-01\nrows:\n  - {provider: aws, product: mysql, version: \"8.0\", ends: 2028-01-31, source: our contract}\n  - {provider: aws, product: mysql, version: \"8.0.46\", ends: 2028-06-30, source: our contract}";
        let all = Catalogue::own().unwrap().after(Catalogue::read(file).unwrap());
        assert_eq!(all.find("aws", "mysql", "8.0.44").unwrap().ends, date(2028, 1, 31));
        // A row that names the version more closely speaks, whoever wrote it.
        assert_eq!(all.find("aws", "mysql", "8.0.40").unwrap().ends, date(2026, 5, 31));
        assert_eq!(all.find("aws", "mysql", "8.0.46").unwrap().ends, date(2028, 6, 30));
        assert_eq!(all.find("aws", "eks", "1.35").unwrap().ends, date(2027, 3, 27));
        for broken in [
            "",
            "rows: []",
            "date: soon\nrows: []",
            "date: 2026-11-01\nrows:\n  - {provider: aws, product: x, version: \"\", ends: 2028-01-31, source: y}",
        ] {
            assert!(Catalogue::read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_version_that_is_not_known_is_named() {
        let fact = |software: serde_json::Value| -> Resource {
            serde_json::from_value(serde_json::json!({"id": "db", "provider": "aws", "account": "1", "region": "r", "service": "rds",
                "kind": "database", "name": "db", "facets": ["software"], "copies": [], "evidence": {}, "software": software})).unwrap()
        };
        let own = Catalogue::own().unwrap();
        let told = |software: serde_json::Value| supported(&fact(software), &own, "+09:00").unwrap();
        assert_eq!(
            told(serde_json::json!({"product": "mysql", "version": "8.0.46"})).ends,
            Observed::Seen("2026-07-31T23:59:59+09:00".to_owned())
        );
        let unknown = told(serde_json::json!({"product": "mysql", "version": "9.1"}));
        assert!(unknown.ends.is_unseen() && unknown.gaps[0].detail.contains("mysql 9.1"), "{unknown:?}");
        assert!(told(serde_json::json!({"product": "mysql"})).gaps[0].detail.contains("was not seen"));
    }
}
