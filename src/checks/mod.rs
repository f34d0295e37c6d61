//! Rules over facts: one YAML file each in `rules/`, and the engine that loads, tests and asks them.

mod check;
mod definition;
mod expression;
mod node;
mod projection;
pub(crate) mod shape;
mod template;
#[cfg(test)]
mod tests;
mod typing;
mod variables;

pub use check::{Check, CheckFault};
pub use definition::{Case, KindRemedy, Outcome, Remedy, SubjectKind};
pub use expression::{Truth, environment};
pub use node::{FactLine, Node};
pub use projection::{Answers, Projection};
pub use template::{bounded, joined, joined_as, spoken};
pub use variables::{Parameters, TenancyDates, Variables};

use std::sync::LazyLock;

macro_rules! rules {
    ($($name:literal,)*) => {
        /// The files of the checks, in the order in which they are listed and reported.
        const FILES: &[(&str, &str)] = &[
            $((concat!($name, ".yaml"), include_str!(concat!("rules/", $name, ".yaml"))),)*
        ];
    };
}

rules! {
    "copies-in-home-country",
    "regions-all-seen",
    "regions-guarded",
    "no-foreign-zones",
    "second-lists-agree",
    "services-in-use-read",
    "log-copies-in-home-country",
    "trail-covers-every-region",
    "trail-global-events",
    "trail-management-events",
    "data-events-on-confidential-stores",
    "trail-validation",
    "log-retention-year",
    "no-access-from-abroad",
    "retention-measured",
    "log-hours-complete",
    "log-validation",
    "encrypted-at-rest",
    "disks-encrypted-by-default",
    "customer-key",
    "key-in-home-country",
    "key-rotation",
    "key-policy-no-foreign",
    "no-public-access",
    "no-foreign-principals",
    "shared-within-contract",
    "not-open-to-internet",
    "reach-bounded-by-source",
    "endpoint-policies-narrow",
    "conditional-access-by-country",
    "provider-access-approved",
    "tls-only",
    "no-lock-past-contract-end",
    "versions-expire",
    "key-destroyable-by-contract-end",
    "erasable-by-deadline",
    "redundant-across-zones",
    "failover-prepared",
    "recovery-points-exist",
    "recovery-point-objective-met",
    "recovery-point-objective-met-elsewhere",
    "sites-far-apart",
    "restore-proven",
    "places-corroborated",
    "places-not-contradicted",
    "software-supported-through-contract",
    "access-log-on",
    "internet-traffic-recorded",
    "internet-traffic-watched",
    "detector-on",
    "vulnerability-scanner-on",
    "root-protected",
    "roles-trust-within-contract",
    "document-in-force",
    "document-outlasts-contract",
    "document-dated-by-today",
    "document-intact",
    "document-signature-sound",
    "iso27001-edition-current",
    "document-of-provider",
    "registration-stands",
    "soc-period-current",
    "soc-type-two",
    "opinion-given",
    "opinion-unqualified",
    "cloud-certificate-inside-isms",
    "benchmark-reached",
    "contractor-profile-complete",
    "security-measures-complete",
    "report-carries-marking",
    "permission-names-each",
    "statement-signed",
    "contract-courts-at-home",
    "contract-law-at-home",
    "notice-period-stated",
    "notice-a-year",
    "services-within-certificate",
    "services-within-assurance",
    "exports-stated",
    "subcontractors-permitted",
    "carve-outs-registered",
    "subcontracts-bind",
}

/// Every check, in order.
pub fn all() -> Result<&'static [Check], CheckFault> {
    static ALL: LazyLock<Result<Vec<Check>, CheckFault>> =
        LazyLock::new(|| FILES.iter().map(|(file, yaml)| Check::load(file, yaml)).collect());
    match &*ALL {
        Ok(checks) => Ok(checks),
        Err(fault) => Err(fault.clone()),
    }
}

/// The checks' files, by name, in order.
pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

/// The texts of the checks' files, in order.
pub fn sources() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, yaml)| *yaml)
}

/// The check of this id.
pub fn find(id: &str) -> Result<Option<&'static Check>, CheckFault> {
    Ok(all()?.iter().find(|check| check.id == id))
}
