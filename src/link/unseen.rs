//! Every property that can be unseen, by its path. A test holds the list to the facts' schema.

use sekisho_contract::fact::{AccountSetting, Facet, Resource};

/// Collects the paths for which a condition holds.
macro_rules! paths {
    ($found:ident: $($unseen:expr => $path:literal),* $(,)?) => { $(if $unseen { $found.push($path); })* };
}

/// The unseen properties of a resource. Members of lists share their list's path.
pub(super) fn of_resource(resource: &Resource) -> Vec<&'static str> {
    let mut found = Vec::new();
    let has = |facet| resource.facets.contains(&facet);
    paths! {found:
        resource.confidential.is_unseen() => "confidential",
        resource.availability_critical.is_unseen() => "availability_critical",
        has(Facet::Tags) && resource.tags.is_unseen() => "tags",
        has(Facet::Copies) && resource.copies.is_empty() => "copies",
        has(Facet::Encryption) && resource.encryption.is_none() => "encryption",
        has(Facet::Versioning) && resource.versioning.is_none() => "versioning",
        has(Facet::Replication) && resource.replication.is_none() => "replication",
        has(Facet::Expiry) && resource.expiry.is_none() => "expiry",
        has(Facet::Erasure) && resource.erasure.is_none() => "erasure",
        has(Facet::Exposure) && resource.exposure.is_none() => "exposure",
        has(Facet::Sources) && resource.sources.is_none() => "sources",
        has(Facet::Endpoints) && resource.endpoints.is_none() => "endpoints",
        has(Facet::Sharing) && resource.sharing.is_none() => "sharing",
        has(Facet::Network) && resource.network.is_none() => "network",
        has(Facet::AccessLog) && resource.access_log.is_none() => "access_log",
        has(Facet::Audit) && resource.audit.is_none() => "audit",
        has(Facet::Retention) && resource.retention.is_none() => "retention",
        has(Facet::Key) && resource.key.is_none() => "key",
        has(Facet::Trail) && resource.trail.is_none() => "trail",
        has(Facet::Redundancy) && resource.redundancy.is_none() => "redundancy",
        has(Facet::Recovery) && resource.recovery.is_none() => "recovery",
        has(Facet::Point) && resource.point.is_none() => "point",
        has(Facet::Coverage) && resource.coverage.is_none() => "coverage",
        has(Facet::Protection) && resource.protection.is_none() => "protection",
        has(Facet::Software) && resource.software.is_none() => "software",
        has(Facet::Traffic) && resource.traffic.is_none() => "traffic",
        has(Facet::Guard) && resource.guard.is_none() => "guard",
        has(Facet::Identity) && resource.identity.is_none() => "identity",
        has(Facet::Trust) && resource.trust.is_none() => "trust",
        has(Facet::Defaults) && resource.defaults.is_none() => "defaults",
        has(Facet::Zones) && resource.zones.is_none() => "zones",
    }
    for copy in &resource.copies {
        // Without a location nothing is known of the place: one gap speaks for all three.
        if copy.location.is_unseen() {
            found.push("copies.location");
        } else {
            paths! {found:
                copy.countries.is_unseen() => "copies.countries",
                copy.site.is_unseen() => "copies.site",
            }
        }
    }
    if let Some(encryption) = &resource.encryption {
        paths! {found:
            encryption.enabled.is_unseen() => "encryption.enabled",
            encryption.algorithm.is_unseen() => "encryption.algorithm",
            encryption.key.is_unseen() => "encryption.key",
            encryption.key_manager.is_unseen() => "encryption.key_manager",
        }
    }
    if let Some(versioning) = &resource.versioning {
        paths! {found:
            versioning.state.is_unseen() => "versioning.state",
            versioning.mfa_delete.is_unseen() => "versioning.mfa_delete",
        }
    }
    if let Some(replication) = &resource.replication {
        paths! {found: replication.rules.is_unseen() => "replication.rules"}
        for rule in replication.rules.seen().into_iter().flatten() {
            paths! {found: rule.enabled.is_unseen() => "replication.rules.enabled"}
        }
    }
    if let Some(expiry) = &resource.expiry {
        paths! {found: expiry.rules.is_unseen() => "expiry.rules"}
    }
    for obstacle in resource.erasure.iter().flat_map(|erasure| &erasure.obstacles) {
        paths! {found:
            obstacle.kind.is_unseen() => "erasure.obstacles.kind",
            obstacle.starts.is_unseen() => "erasure.obstacles.starts",
            obstacle.days.is_unseen() => "erasure.obstacles.days",
            obstacle.until.is_unseen() => "erasure.obstacles.until",
            obstacle.lifted_by.is_unseen() => "erasure.obstacles.lifted_by",
        }
    }
    if let Some(exposure) = &resource.exposure {
        paths! {found:
            exposure.public.is_unseen() => "exposure.public",
            exposure.public_access_blocked.is_unseen() => "exposure.public_access_blocked",
            exposure.tls_only.is_unseen() => "exposure.tls_only",
            exposure.principals.is_unseen() => "exposure.principals",
        }
        for principal in exposure.principals.seen().into_iter().flatten() {
            paths! {found: principal.foreign.is_unseen() => "exposure.principals.foreign"}
        }
    }
    if let Some(sources) = &resource.sources {
        paths! {found: sources.bounds.is_unseen() => "sources.bounds"}
        for bound in sources.bounds.seen().into_iter().flatten() {
            paths! {found:
                bound.effect.is_unseen() => "sources.bounds.effect",
                bound.open.is_unseen() => "sources.bounds.open",
            }
        }
    }
    if let Some(endpoints) = &resource.endpoints {
        paths! {found: endpoints.ways.is_unseen() => "endpoints.ways"}
        for way in endpoints.ways.seen().into_iter().flatten() {
            paths! {found: way.policy.is_unseen() => "endpoints.ways.policy"}
        }
    }
    if let Some(sharing) = &resource.sharing {
        paths! {found:
            sharing.public.is_unseen() => "sharing.public",
            sharing.principals.is_unseen() => "sharing.principals",
        }
        for principal in sharing.principals.seen().into_iter().flatten() {
            paths! {found: principal.foreign.is_unseen() => "sharing.principals.foreign"}
        }
    }
    if let Some(network) = &resource.network {
        paths! {found: network.public_address.is_unseen() => "network.public_address"}
    }
    if let Some(log) = &resource.access_log {
        paths! {found:
            log.enabled.is_unseen() => "access_log.enabled",
            log.target.is_unseen() => "access_log.target",
        }
    }
    if let Some(audit) = &resource.audit {
        paths! {found:
            audit.reads.is_unseen() => "audit.reads",
            audit.writes.is_unseen() => "audit.writes",
        }
    }
    if let Some(retention) = &resource.retention {
        paths! {found: retention.days.is_unseen() => "retention.days"}
    }
    if let Some(key) = &resource.key {
        paths! {found:
            key.manager.is_unseen() => "key.manager",
            key.origin.is_unseen() => "key.origin",
            key.state.is_unseen() => "key.state",
            key.deletion_date.is_unseen() => "key.deletion_date",
            key.multi_region.is_unseen() => "key.multi_region",
            key.rotation.is_unseen() => "key.rotation",
            key.aliases.is_unseen() => "key.aliases",
        }
    }
    if let Some(redundancy) = &resource.redundancy {
        paths! {found:
            redundancy.multi_zone.is_unseen() => "redundancy.multi_zone",
            redundancy.failover.is_unseen() => "redundancy.failover",
        }
    }
    if let Some(recovery) = &resource.recovery {
        paths! {found:
            recovery.continuous.is_unseen() => "recovery.continuous",
            recovery.window_days.is_unseen() => "recovery.window_days",
            recovery.latest.is_unseen() => "recovery.latest",
        }
    }
    if let Some(point) = &resource.point {
        paths! {found:
            point.data_time.is_unseen() => "point.data_time",
            point.completed.is_unseen() => "point.completed",
            point.usable.is_unseen() => "point.usable",
            point.expires.is_unseen() => "point.expires",
            point.restored.is_unseen() => "point.restored",
            point.consistency.is_unseen() => "point.consistency",
        }
    }
    if let Some(coverage) = &resource.coverage {
        paths! {found:
            coverage.selections.is_unseen() => "coverage.selections",
            coverage.rules.is_unseen() => "coverage.rules",
        }
        for rule in coverage.rules.seen().into_iter().flatten() {
            paths! {found:
                rule.interval_s.is_unseen() => "coverage.rules.interval_s",
                rule.start_window_s.is_unseen() => "coverage.rules.start_window_s",
                rule.completion_window_s.is_unseen() => "coverage.rules.completion_window_s",
                rule.continuous.is_unseen() => "coverage.rules.continuous",
            }
        }
        for selection in coverage.selections.seen().into_iter().flatten() {
            paths! {found:
                selection.resources.is_unseen() => "coverage.selections.resources",
                selection.except.is_unseen() => "coverage.selections.except",
                selection.any_label.is_unseen() => "coverage.selections.any_label",
                selection.all_labels.is_unseen() => "coverage.selections.all_labels",
            }
        }
    }
    if let Some(protection) = &resource.protection {
        paths! {found:
            protection.sort.is_unseen() => "protection.sort",
            protection.last_backup.is_unseen() => "protection.last_backup",
            protection.vault.is_unseen() => "protection.vault",
            protection.point.is_unseen() => "protection.point",
            protection.jobs.is_unseen() => "protection.jobs",
        }
    }
    if let Some(software) = &resource.software {
        paths! {found:
            software.product.is_unseen() => "software.product",
            software.version.is_unseen() => "software.version",
        }
    }
    if let Some(traffic) = &resource.traffic {
        paths! {found:
            traffic.internet_path.is_unseen() => "traffic.internet_path",
            traffic.recorded.is_unseen() => "traffic.recorded",
            traffic.watched.is_unseen() => "traffic.watched",
        }
    }
    if let Some(guard) = &resource.guard {
        paths! {found:
            guard.purpose.is_unseen() => "guard.purpose",
            guard.enabled.is_unseen() => "guard.enabled",
            guard.recorded.is_unseen() => "guard.recorded",
        }
    }
    if let Some(identity) = &resource.identity {
        paths! {found:
            identity.root_second_factor.is_unseen() => "identity.root_second_factor",
            identity.root_keys.is_unseen() => "identity.root_keys",
            identity.password_length.is_unseen() => "identity.password_length",
        }
    }
    if let Some(trust) = &resource.trust {
        paths! {found: trust.principals.is_unseen() => "trust.principals"}
        for principal in trust.principals.seen().into_iter().flatten() {
            paths! {found: principal.foreign.is_unseen() => "trust.principals.foreign"}
        }
    }
    if let Some(defaults) = &resource.defaults {
        paths! {found:
            defaults.disks_encrypted.is_unseen() => "defaults.disks_encrypted",
            defaults.disk_key.is_unseen() => "defaults.disk_key",
        }
    }
    if let Some(zones) = &resource.zones {
        paths! {found: zones.open.is_unseen() => "zones.open"}
        for zone in zones.open.seen().into_iter().flatten() {
            paths! {found:
                zone.used.is_unseen() => "zones.open.used",
                zone.countries.is_unseen() => "zones.open.countries",
            }
        }
    }
    if let Some(trail) = &resource.trail {
        paths! {found:
            trail.multi_region.is_unseen() => "trail.multi_region",
            trail.global_events.is_unseen() => "trail.global_events",
            trail.logging.is_unseen() => "trail.logging",
            trail.validation.is_unseen() => "trail.validation",
            trail.organization.is_unseen() => "trail.organization",
            trail.some_management_events.is_unseen() => "trail.some_management_events",
            trail.management_events.is_unseen() => "trail.management_events",
            trail.data_events.is_unseen() => "trail.data_events",
            trail.target.is_unseen() => "trail.target",
            trail.target_prefix.is_unseen() => "trail.target_prefix",
        }
    }
    found
}

/// The unseen properties of an account's setting. Those of its sweep are explained by the cells' own gaps.
pub(super) fn of_setting(setting: &AccountSetting) -> Vec<&'static str> {
    let mut found = Vec::new();
    paths! {found:
        setting.regions.is_unseen() => "regions",
        setting.public_access_block.is_unseen() => "public_access_block",
        setting.guardrail.is_unseen() => "guardrail",
    }
    for region in setting.guardrail.seen().iter().flat_map(|guardrail| &guardrail.regions) {
        paths! {found: region.countries.is_unseen() => "guardrail.regions.countries"}
    }
    for one in setting.second_lists.iter().flat_map(|list| &list.uses) {
        paths! {found:
            one.countries.is_unseen() => "second_lists.uses.countries",
            one.accounted.is_unseen() => "second_lists.uses.accounted",
        }
    }
    for directory in &setting.directories {
        paths! {found: directory.policies.is_unseen() => "directories.policies"}
        for policy in directory.policies.seen().into_iter().flatten() {
            paths! {found: policy.countries.is_unseen() => "directories.policies.countries"}
        }
    }
    for access in &setting.provider_access {
        paths! {found:
            access.approved.is_unseen() => "provider_access.approved",
            access.beforehand.is_unseen() => "provider_access.beforehand",
        }
    }
    for region in &setting.audit {
        paths! {found:
            region.management_events.is_unseen() => "audit.management_events",
            region.global_events.is_unseen() => "audit.global_events",
        }
    }
    found
}
