//! What becomes of each field of a fact when two runs are compared: the one place where that is decided.
//!
//! A field is told, told by code of its own, or quiet: because it moves by itself, or because what it says is told
//! elsewhere. A test holds the table to the vocabulary, so that no field is forgotten.

use super::what::What;

/// A sort of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A thing in a cloud.
    Resource,
    /// What holds for a whole account.
    Setting,
    /// One (account, region, service).
    Cell,
    /// Something not seen.
    Gap,
    /// What another witness says.
    Signal,
}

/// What is done with a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Part of what the thing is known by.
    Key,
    /// Not told, for this reason.
    Quiet(&'static str),
    /// Told by code of its own.
    Special,
    /// Told where it was seen both times.
    Told(What, Sense),
    /// The same, of a field whose absence says "none".
    OrNone(What, Sense),
    /// A list whose members are known by these fields: told where one comes or goes, and what changes in one.
    Members(&'static [&'static str], What, Sense),
    /// A list whose members are compared whole.
    Each(What, Sense),
    /// Part of a member that is compared whole.
    Part,
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// `true`, or one more, is better.
    Good,
    /// `true`, or one more, is worse.
    Bad,
    /// More is better; null is for ever.
    MoreForever,
    /// More is better; null is none.
    More,
    /// Less is better; null is never.
    Less,
    /// The later of these words is the better.
    Words(&'static [&'static str]),
    /// A member that is not known to belong to the tenancy is worse.
    Outsider,
    /// Neither.
    Neutral,
}

const LINKED: &str = "it follows from other facts, which are told themselves";
const MOVES: &str = "it moves by itself; a threshold that is crossed is told by the check that reads it";
const NOTED: &str = "it tells how something was seen, not what it is";

use Rule::{Each, Key, Members, OrNone, Part, Quiet, Special, Told};
use Sense::{Bad, Good, Less, More, MoreForever, Neutral, Outsider, Words};
use Sort::{Cell, Gap, Resource, Setting, Signal};

#[rustfmt::skip]
const TABLE: &[(Sort, &str, Rule)] = &[
    (Resource, "id", Key), (Resource, "provider", Key), (Resource, "account", Key), (Resource, "region", Key),
    (Resource, "service", Key), (Resource, "kind", Key),
    (Resource, "name", Special), (Resource, "tags", Special), (Resource, "copies", Special),
    (Resource, "facets", Each(What::Property, Neutral)),
    (Resource, "confidential", Special), (Resource, "availability_critical", Special),
    (Resource, "confidential_through", Quiet(LINKED)),
    (Resource, "made_from", OrNone(What::Property, Neutral)),
    (Resource, "captured", Quiet(NOTED)), (Resource, "evidence", Quiet(NOTED)),
    (Resource, "copies.role", Special), (Resource, "copies.holder", Special), (Resource, "copies.location", Special),
    (Resource, "copies.countries", Special), (Resource, "copies.site", Quiet(LINKED)),
    (Resource, "encryption.enabled", Told(What::Encryption, Good)),
    (Resource, "encryption.algorithm", Told(What::Encryption, Neutral)),
    (Resource, "encryption.key", Told(What::Encryption, Neutral)),
    (Resource, "encryption.key_manager", Told(What::Encryption, Words(&["none", "provider", "customer", "external"]))),
    (Resource, "versioning.state", Told(What::Versioning, Words(&["off", "suspended", "enabled"]))),
    (Resource, "versioning.mfa_delete", Told(What::Versioning, Good)),
    (Resource, "replication.rules", Members(&["name"], What::Replication, Neutral)),
    (Resource, "replication.rules.name", Key),
    (Resource, "replication.rules.enabled", Told(What::Replication, Neutral)),
    (Resource, "replication.rules.destination", Told(What::Replication, Neutral)),
    (Resource, "expiry.rules", Each(What::Lifecycle, Neutral)),
    (Resource, "expiry.rules.prefix", Part), (Resource, "expiry.rules.whole", Part), (Resource, "expiry.rules.days", Part),
    (Resource, "expiry.rules.from", Part), (Resource, "expiry.rules.noncurrent_days", Part),
    (Resource, "erasure.obstacles", Special), (Resource, "erasure.obstacles.kind", Special),
    (Resource, "erasure.obstacles.starts", Special), (Resource, "erasure.obstacles.days", Special),
    (Resource, "erasure.obstacles.until", Special), (Resource, "erasure.obstacles.lifted_by", Special),
    (Resource, "exposure.public", Told(What::Exposure, Bad)),
    (Resource, "exposure.public_access_blocked", Told(What::Exposure, Good)),
    (Resource, "exposure.tls_only", Told(What::Exposure, Good)),
    (Resource, "exposure.principals", Members(&["id", "class"], What::Principals, Outsider)),
    (Resource, "exposure.principals.id", Key), (Resource, "exposure.principals.class", Key),
    (Resource, "exposure.principals.account", Told(What::Principals, Neutral)),
    (Resource, "exposure.principals.foreign", Told(What::Principals, Bad)),
    (Resource, "sources.bounds", Each(What::SourceBounds, Good)),
    (Resource, "sources.bounds.effect", Part), (Resource, "sources.bounds.addresses", Part),
    (Resource, "sources.bounds.networks", Part), (Resource, "sources.bounds.endpoints", Part),
    (Resource, "sources.bounds.exempt", Part), (Resource, "sources.bounds.open", Part),
    (Resource, "endpoints.ways", Members(&["id"], What::Endpoints, Neutral)),
    (Resource, "endpoints.ways.id", Key), (Resource, "endpoints.ways.service", Told(What::Endpoints, Neutral)),
    (Resource, "endpoints.ways.policy", Told(What::Endpoints, Words(&["full", "actions", "narrowed"]))),
    (Resource, "sharing.public", Told(What::Exposure, Bad)),
    (Resource, "sharing.principals", Members(&["id", "class"], What::Principals, Outsider)),
    (Resource, "sharing.principals.id", Key), (Resource, "sharing.principals.class", Key),
    (Resource, "sharing.principals.account", Told(What::Principals, Neutral)),
    (Resource, "sharing.principals.foreign", Told(What::Principals, Bad)),
    (Resource, "network.public_address", Told(What::Exposure, Bad)),
    (Resource, "access_log.enabled", Told(What::AccessLog, Good)), (Resource, "access_log.target", Told(What::AccessLog, Neutral)),
    (Resource, "audit.reads", Quiet(LINKED)), (Resource, "audit.writes", Quiet(LINKED)),
    (Resource, "retention.days", Told(What::Retention, MoreForever)),
    (Resource, "key.manager", Told(What::Key, Words(&["none", "provider", "customer", "external"]))),
    (Resource, "key.origin", Told(What::Key, Neutral)),
    (Resource, "key.state", Told(What::Key, Words(&["destroyed", "pending_deletion", "pending_import", "disabled", "enabled"]))),
    (Resource, "key.deletion_date", Told(What::Key, Neutral)),
    (Resource, "key.multi_region", Told(What::Key, Bad)),
    (Resource, "key.rotation.possible", Told(What::Key, Neutral)), (Resource, "key.rotation.enabled", Told(What::Key, Good)),
    (Resource, "key.rotation.days", Told(What::Key, Neutral)), (Resource, "key.aliases", Each(What::Key, Neutral)),
    (Resource, "trail.home_region", Told(What::Trail, Neutral)),
    (Resource, "trail.multi_region", Told(What::Trail, Good)), (Resource, "trail.global_events", Told(What::Trail, Good)),
    (Resource, "trail.logging", Told(What::Trail, Good)), (Resource, "trail.validation", Told(What::Trail, Good)),
    (Resource, "trail.organization", Told(What::Trail, Good)),
    (Resource, "trail.some_management_events", Told(What::Trail, Good)),
    (Resource, "trail.management_events", Told(What::Trail, Good)),
    (Resource, "trail.data_events", Each(What::Trail, Good)),
    (Resource, "trail.data_events.kind", Part), (Resource, "trail.data_events.prefixes", Part),
    (Resource, "trail.data_events.except", Part), (Resource, "trail.data_events.reads", Part),
    (Resource, "trail.data_events.writes", Part),
    (Resource, "trail.target", Told(What::Trail, Neutral)), (Resource, "trail.target_prefix", Told(What::Trail, Neutral)),
    (Resource, "redundancy.multi_zone", Told(What::Redundancy, Good)), (Resource, "redundancy.failover", Told(What::Redundancy, Good)),
    (Resource, "recovery.continuous", Told(What::RecoveryWindow, Good)),
    (Resource, "recovery.window_days", Told(What::RecoveryWindow, More)), (Resource, "recovery.latest", Quiet(MOVES)),
    (Resource, "point.data_time", Quiet(MOVES)), (Resource, "point.completed", Quiet(MOVES)),
    (Resource, "point.usable", Quiet(MOVES)), (Resource, "point.expires", Quiet(MOVES)),
    (Resource, "point.restored", Quiet(MOVES)), (Resource, "point.consistency", Quiet(MOVES)),
    (Resource, "coverage.rules", Members(&["name"], What::BackupSchedule, Good)),
    (Resource, "coverage.rules.name", Key),
    (Resource, "coverage.rules.interval_s", Told(What::BackupSchedule, Less)),
    (Resource, "coverage.rules.start_window_s", Told(What::BackupSchedule, Less)),
    (Resource, "coverage.rules.completion_window_s", Told(What::BackupSchedule, Less)),
    (Resource, "coverage.rules.continuous", Told(What::BackupSchedule, Good)),
    (Resource, "coverage.selections", Members(&["name"], What::BackupSchedule, Good)),
    (Resource, "coverage.selections.name", Key),
    (Resource, "coverage.selections.resources", Each(What::BackupSchedule, Neutral)),
    (Resource, "coverage.selections.except", Each(What::BackupSchedule, Bad)),
    (Resource, "coverage.selections.any_label", Each(What::BackupSchedule, Neutral)),
    (Resource, "coverage.selections.any_label.key", Part), (Resource, "coverage.selections.any_label.test", Part),
    (Resource, "coverage.selections.any_label.value", Part),
    (Resource, "coverage.selections.all_labels", Each(What::BackupSchedule, Neutral)),
    (Resource, "coverage.selections.all_labels.key", Part), (Resource, "coverage.selections.all_labels.test", Part),
    (Resource, "coverage.selections.all_labels.value", Part),
    (Resource, "protection.sort", Told(What::Property, Neutral)), (Resource, "protection.last_backup", Quiet(MOVES)),
    (Resource, "protection.vault", Told(What::Property, Neutral)), (Resource, "protection.point", Quiet(MOVES)),
    (Resource, "protection.jobs.failed", Quiet(MOVES)), (Resource, "protection.jobs.expired", Quiet(MOVES)),
    (Resource, "software.product", Told(What::Software, Neutral)), (Resource, "software.version", Told(What::Software, Neutral)),
    (Resource, "traffic.internet_path", Told(What::InternetPath, Bad)),
    (Resource, "traffic.recorded", Told(What::FlowLog, Good)), (Resource, "traffic.watched", Quiet(LINKED)),
    (Resource, "guard.purpose", Told(What::Detector, Neutral)), (Resource, "guard.enabled", Told(What::Detector, Good)),
    (Resource, "guard.recorded", Told(What::Detector, Good)),
    (Resource, "identity.root_second_factor", Told(What::Identity, Good)), (Resource, "identity.root_keys", Told(What::Identity, Bad)),
    (Resource, "identity.password_length", Told(What::Identity, More)),
    (Resource, "trust.principals", Members(&["id", "class"], What::Principals, Outsider)),
    (Resource, "trust.principals.id", Key), (Resource, "trust.principals.class", Key),
    (Resource, "trust.principals.account", Told(What::Principals, Neutral)),
    (Resource, "trust.principals.foreign", Told(What::Principals, Bad)),
    (Resource, "defaults.disks_encrypted", Told(What::RegionSetting, Good)), (Resource, "defaults.disk_key", Told(What::RegionSetting, Neutral)),
    (Resource, "zones.open", Members(&["id"], What::RegionSetting, Bad)),
    (Resource, "zones.open.id", Key), (Resource, "zones.open.used", Told(What::RegionSetting, Bad)),
    (Resource, "zones.open.countries", Quiet(LINKED)),

    (Setting, "id", Key), (Setting, "provider", Key), (Setting, "account", Key),
    (Setting, "regions", Members(&["id"], What::Region, Neutral)),
    (Setting, "regions.id", Key), (Setting, "regions.state", Told(What::Region, Neutral)),
    (Setting, "public_access_block.block_public_acls", Told(What::AccountBarrier, Good)),
    (Setting, "public_access_block.ignore_public_acls", Told(What::AccountBarrier, Good)),
    (Setting, "public_access_block.block_public_policy", Told(What::AccountBarrier, Good)),
    (Setting, "public_access_block.restrict_public_buckets", Told(What::AccountBarrier, Good)),
    (Setting, "guardrail.bounded", Told(What::Guardrail, Good)),
    (Setting, "guardrail.regions", Members(&["id"], What::Guardrail, Bad)),
    (Setting, "guardrail.regions.id", Key), (Setting, "guardrail.regions.countries", Quiet(LINKED)),
    (Setting, "guardrail.exempt_actions", Each(What::Guardrail, Bad)),
    (Setting, "guardrail.exempt_principals", Each(What::Guardrail, Bad)),
    (Setting, "guardrail.policies", Each(What::Guardrail, Neutral)),
    (Setting, "sweep", Quiet(LINKED)), (Setting, "audit", Quiet(LINKED)), (Setting, "second_lists", Quiet(MOVES)),
    (Setting, "directories", Members(&["id"], What::SignIn, Neutral)), (Setting, "directories.id", Key),
    (Setting, "directories.policies", Members(&["name"], What::SignIn, Good)), (Setting, "directories.policies.name", Key),
    (Setting, "directories.policies.countries", Each(What::SignIn, Bad)),
    (Setting, "directories.policies.addresses", Each(What::SignIn, Bad)),
    (Setting, "directories.policies.open", Told(What::SignIn, Bad)),
    (Setting, "directories.policies.unknown_places", Told(What::SignIn, Bad)),
    (Setting, "directories.policies.exempt", Each(What::SignIn, Bad)),
    (Setting, "provider_access", Members(&["scope"], What::ProviderAccess, Neutral)), (Setting, "provider_access.scope", Key),
    (Setting, "provider_access.approved", Each(What::ProviderAccess, Good)),
    (Setting, "provider_access.beforehand", Told(What::ProviderAccess, Bad)),
    (Setting, "evidence", Quiet(NOTED)),

    (Cell, "provider", Key), (Cell, "account", Key), (Cell, "region", Key), (Cell, "service", Key),
    (Cell, "state", Special), (Cell, "closed_by", Special), (Cell, "resources", Quiet(LINKED)),

    (Gap, "subject", Key), (Gap, "facet", Key), (Gap, "reason", Special), (Gap, "operation", Special),
    (Gap, "permission", Quiet(NOTED)), (Gap, "call", Quiet(NOTED)), (Gap, "detail", Quiet(NOTED)),

    (Signal, "subject", Key), (Signal, "witness", Key), (Signal, "supports", Special),
    (Signal, "statement", Quiet(MOVES)), (Signal, "calls", Quiet(NOTED)),
];

/// What is done with a field; the indexes of lists are no part of its path. `None` for what only holds others, and for
/// what this version does not know.
pub fn rule(sort: Sort, path: &str) -> Option<Rule> {
    TABLE.iter().find(|(of, known, _)| *of == sort && *known == path).map(|(_, _, rule)| *rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::shape::{Shape, of};
    use sekisho_contract::fact;
    use std::collections::BTreeSet;

    /// Every path of a shape that is no object; lists of objects stand beside what they hold.
    fn paths(shape: &Shape, path: &str, all: &mut BTreeSet<(String, bool)>) {
        match shape.present() {
            Shape::Object(fields) => {
                for (name, field) in fields.iter() {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    paths(field, &below, all);
                }
            }
            Shape::List(inner) if matches!(inner.present(), Shape::Object(_)) => {
                all.insert((path.to_owned(), false));
                paths(inner, path, all);
            }
            _ => {
                all.insert((path.to_owned(), true));
            }
        }
    }

    #[test]
    fn every_field_of_the_vocabulary_is_decided() {
        let sorts = [
            (Resource, of::<fact::Resource>()),
            (Setting, of::<fact::AccountSetting>()),
            (Cell, of::<fact::Cell>()),
            (Gap, of::<sekisho_contract::Gap>()),
            (Signal, of::<fact::Signal>()),
        ];
        for (sort, shape) in &sorts {
            let mut all = BTreeSet::new();
            paths(shape, "", &mut all);
            assert!(all.len() > 4, "the control: {sort:?}");
            for (path, leaf) in &all {
                // What lies below something quiet is quiet too.
                let above = path.match_indices('.').map(|(at, _)| &path[..at]);
                let quiet = above.into_iter().any(|path| matches!(rule(*sort, path), Some(Quiet(_))));
                assert!(quiet || rule(*sort, path).is_some() || !leaf, "{sort:?} {path} is not in the table");
            }
            for (_, path, rule) in TABLE.iter().filter(|(of, ..)| of == sort) {
                let lists = [(path.to_string(), true), (path.to_string(), false)];
                let whole = all.iter().any(|(known, _)| known.starts_with(&format!("{path}.")));
                assert!(whole || lists.iter().any(|one| all.contains(one)), "{sort:?} {path}: no such field");
                if let Members(by, ..) = rule {
                    for name in *by {
                        let of_member = super::rule(*sort, &format!("{path}.{name}"));
                        assert_eq!(of_member, Some(Key), "{path} is known by {name}");
                    }
                }
            }
        }
        let known: BTreeSet<_> = TABLE.iter().map(|(sort, path, _)| (format!("{sort:?}"), path)).collect();
        assert_eq!(known.len(), TABLE.len(), "a field stands twice");
    }

    #[test]
    fn words_of_a_rank_are_those_of_the_vocabulary() {
        let (resource, setting) = (of::<fact::Resource>(), of::<fact::AccountSetting>());
        for (sort, path, rule) in TABLE {
            let (Told(_, Words(words)) | OrNone(_, Words(words))) = rule else { continue };
            let mut shape = if *sort == Resource { &resource } else { &setting };
            for part in path.split('.') {
                shape = match shape.present() {
                    Shape::List(inner) => inner.field(part).unwrap(),
                    other => other.field(part).unwrap(),
                };
            }
            let Shape::Word(known) = shape.present() else { panic!("{path} is no word") };
            let (known, words): (BTreeSet<_>, BTreeSet<_>) =
                (known.iter().map(String::as_str).collect(), words.iter().copied().collect());
            assert_eq!(known, words, "{path}");
        }
    }
}
