//! What becomes of every text that a run's files can hold: one table, made from their schemas.
//!
//! What is not in it is taken out. A test holds the table to the schemas, so that a new field is thought about.

use super::stand_in::StandIns;
use sekisho_contract::gap::shorten;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What becomes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It stays: a word of sekisho's, of a provider's, or of what is published.
    Kept,
    /// A time or a day: it stays where it is one.
    Moment,
    /// An identifier, a name, a path, or a place, which somebody may have named too: replaced word by word.
    Identifier,
    /// A list of identifiers, or patterns of them.
    Patterns,
    /// A person's name, a number, a value: replaced as a whole.
    Whole,
    /// The key of a label: replaced as a whole, but for those that sekisho itself reads.
    LabelKey,
    /// A label as `key=value`.
    Label,
    /// The value of a label `system`, an account, or everything.
    System,
    /// An organisation: replaced as a whole, spelt as names are compared; a provider's own stays.
    Organisation,
    /// An address or a range.
    Address,
    /// Where an emulator answers: one on this machine stays.
    Endpoint,
    /// Running text: our own words stay.
    Prose,
    /// A call's id.
    Call,
    /// A digest of what could be guessed.
    Digest,
    /// The provider's own number of a request: it stays while accounts may be told.
    RequestId,
}

use Treatment::{
    Address, Call, Digest, Endpoint, Identifier, Kept, Label, LabelKey, Moment, Organisation, Patterns,
    Prose, RequestId, System, Whole,
};

/// Labels whose keys are read for what they say.
const READ_LABELS: &[&str] = &["classification", "system"];

/// Replaces every text in a value that lies at a path of the schemas (`facts`).
pub(super) fn replace(made: &StandIns, root: &str, value: Value) -> Value {
    walk(made, &mut root.to_owned(), value)
}

fn walk(made: &StandIns, path: &mut String, value: Value) -> Value {
    let length = path.len();
    let value = match value {
        Value::String(text) => Value::String(replaced(made, treatment(path), &text)),
        Value::Array(items) => {
            path.push_str("[]");
            match treatment(path) {
                Patterns => Value::Array(patterns(made, items)),
                _ => Value::Array(items.into_iter().map(|item| walk(made, path, item)).collect()),
            }
        }
        Value::Object(members) => {
            path.push_str(".{key}");
            let keys = TABLE.get(path.as_str()).copied();
            path.truncate(length);
            let mut all = Map::new();
            for (key, member) in members {
                path.push('.');
                path.push_str(if keys.is_some() { "{}" } else { &key });
                let member = walk(made, path, member);
                path.truncate(length);
                all.insert(keys.map_or(key.clone(), |how| replaced(made, how, &key)), member);
            }
            Value::Object(all)
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    };
    path.truncate(length);
    value
}

fn treatment(path: &str) -> Treatment {
    TABLE.get(path).copied().unwrap_or(Whole)
}

fn replaced(made: &StandIns, how: Treatment, text: &str) -> String {
    match how {
        Kept => text.to_owned(),
        Moment if is_moment(text) => text.to_owned(),
        Moment | Whole => made.whole(text),
        Identifier | Patterns => made.text(text),
        LabelKey if READ_LABELS.contains(&text) => text.to_owned(),
        LabelKey => made.whole(text),
        Label => match text.split_once('=') {
            Some((key, value)) => format!("{}={}", replaced(made, LabelKey, key), made.whole(value)),
            None => replaced(made, LabelKey, text),
        },
        System => match text.split_once('/') {
            Some((provider, _)) if made.is_public(provider) => made.text(text),
            _ => made.whole(text),
        },
        Organisation if crate::documents::is_provider(text) => text.to_owned(),
        Organisation => made.whole(&crate::documents::plain(text)),
        Address => made.address(text),
        Endpoint if is_loopback(text) => text.to_owned(),
        Endpoint => made.text(text),
        Prose => made.prose(text),
        Call => made.call(text),
        Digest => made.digest(text),
        RequestId if made.level() == super::Level::Names => text.to_owned(),
        RequestId => made.whole(text),
    }
}

/// What a pattern that ends within a word matched stands in its place; nothing is said by one that matched nothing.
fn patterns(made: &StandIns, items: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for item in items {
        let Value::String(text) = item else { continue };
        match made.matched.get(&text) {
            Some(matched) => all.extend(matched.iter().cloned().map(Value::String)),
            None => all.push(Value::String(made.text(&text))),
        }
    }
    all
}

/// Every pattern in a value that cannot be replaced word by word.
pub(super) fn open_patterns(root: &str, value: &Value, found: &mut BTreeSet<String>) {
    fn walk(path: &mut String, value: &Value, found: &mut BTreeSet<String>) {
        let length = path.len();
        match value {
            Value::String(text) if treatment(path) == Patterns && super::stand_in::ends_within_word(text) => {
                found.insert(text.clone());
            }
            Value::Array(items) => {
                path.push_str("[]");
                items.iter().for_each(|item| walk(path, item, found));
            }
            Value::Object(members) => {
                for (key, member) in members {
                    path.push('.');
                    path.push_str(key);
                    walk(path, member, found);
                    path.truncate(length);
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        path.truncate(length);
    }
    walk(&mut root.to_owned(), value, found);
}

/// RFC 3339, a day, or a part of one.
fn is_moment(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'+' | b'T' | b'Z');
    text.len() <= 40 && text.starts_with("2") && text.bytes().all(plain) && shorten(text) == text
}

fn is_loopback(text: &str) -> bool {
    let host = url::Url::parse(text).ok().and_then(|url| url.host().map(|host| host.to_owned()));
    match host {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

static TABLE: LazyLock<BTreeMap<&'static str, Treatment>> =
    LazyLock::new(|| FIELDS.iter().copied().collect());

/// Every place of a text in the schemas `facts`, `ledger`, `documents`, `corroboration`, `logs` and `run`: `[]` stands for
/// the members of a list, `{}` for the values of a map and `{key}` for its keys.
#[rustfmt::skip]
const FIELDS: &[(&str, Treatment)] = &[
    ("facts.access_log.target", Identifier),
    ("facts.account", Identifier),
    ("facts.audit[].region", Identifier),
    ("facts.call", Call),
    ("facts.calls[]", Call),
    ("facts.captured.at", Moment),
    ("facts.captured.facets[]", Kept),
    ("facts.closed_by", Kept),
    ("facts.confidential_through", Identifier),
    ("facts.copies[].countries[]", Kept),
    ("facts.copies[].holder", Identifier),
    ("facts.copies[].location", Identifier),
    ("facts.copies[].role", Kept),
    ("facts.copies[].site", Kept),
    ("facts.coverage.rules[].name", Identifier),
    ("facts.coverage.selections[].all_labels[].key", LabelKey),
    ("facts.coverage.selections[].all_labels[].test", Kept),
    ("facts.coverage.selections[].all_labels[].value", Whole),
    ("facts.coverage.selections[].any_label[].key", LabelKey),
    ("facts.coverage.selections[].any_label[].test", Kept),
    ("facts.coverage.selections[].any_label[].value", Whole),
    ("facts.coverage.selections[].except[]", Patterns),
    ("facts.coverage.selections[].name", Identifier),
    ("facts.coverage.selections[].resources[]", Patterns),
    ("facts.defaults.disk_key", Identifier),
    ("facts.detail", Prose),
    ("facts.directories[].id", Identifier),
    ("facts.directories[].policies[].addresses[]", Address),
    ("facts.directories[].policies[].countries[]", Kept),
    ("facts.directories[].policies[].exempt[]", Identifier),
    ("facts.directories[].policies[].name", Identifier),
    ("facts.encryption.algorithm", Kept),
    ("facts.encryption.key", Identifier),
    ("facts.encryption.key_manager", Kept),
    ("facts.endpoints.ways[].id", Identifier),
    ("facts.endpoints.ways[].policy", Kept),
    ("facts.endpoints.ways[].service", Identifier),
    ("facts.erasure.obstacles[].kind", Kept),
    ("facts.erasure.obstacles[].lifted_by", Kept),
    ("facts.erasure.obstacles[].starts", Kept),
    ("facts.erasure.obstacles[].until", Moment),
    ("facts.evidence.{key}", Kept),
    ("facts.evidence.{}[]", Call),
    ("facts.expiry.rules[].from", Moment),
    ("facts.expiry.rules[].prefix", Identifier),
    ("facts.exposure.principals[].account", Identifier),
    ("facts.exposure.principals[].class", Kept),
    ("facts.exposure.principals[].id", Identifier),
    ("facts.facet", Kept),
    ("facts.facets[]", Kept),
    ("facts.guard.purpose", Kept),
    ("facts.guardrail.exempt_actions[]", Kept),
    ("facts.guardrail.exempt_principals[]", Identifier),
    ("facts.guardrail.policies[]", Identifier),
    ("facts.guardrail.regions[].countries[]", Kept),
    ("facts.guardrail.regions[].id", Identifier),
    ("facts.id", Identifier),
    ("facts.key.aliases[]", Identifier),
    ("facts.key.deletion_date", Moment),
    ("facts.key.manager", Kept),
    ("facts.key.origin", Kept),
    ("facts.key.state", Kept),
    ("facts.kind", Kept),
    ("facts.made_from", Identifier),
    ("facts.name", Identifier),
    ("facts.operation", Kept),
    ("facts.permission", Kept),
    ("facts.point.completed", Moment),
    ("facts.point.consistency", Kept),
    ("facts.point.data_time", Moment),
    ("facts.point.expires", Moment),
    ("facts.point.restored", Moment),
    ("facts.protection.last_backup", Moment),
    ("facts.protection.point", Identifier),
    ("facts.protection.sort", Kept),
    ("facts.protection.vault", Identifier),
    ("facts.provider", Kept),
    ("facts.provider_access[].approved[]", Kept),
    ("facts.provider_access[].scope", Identifier),
    ("facts.reason", Kept),
    ("facts.recovery.latest", Moment),
    ("facts.region", Identifier),
    ("facts.regions[].id", Identifier),
    ("facts.regions[].state", Kept),
    ("facts.replication.rules[].destination", Identifier),
    ("facts.replication.rules[].name", Identifier),
    ("facts.second_lists[].calls[]", Call),
    ("facts.second_lists[].uses[].countries[]", Kept),
    ("facts.second_lists[].uses[].extent", Kept),
    ("facts.second_lists[].uses[].read", Kept),
    ("facts.second_lists[].uses[].region", Identifier),
    ("facts.second_lists[].uses[].services[]", Kept),
    ("facts.second_lists[].uses[].what", Kept),
    ("facts.second_lists[].witness", Kept),
    ("facts.service", Kept),
    ("facts.sharing.principals[].account", Identifier),
    ("facts.sharing.principals[].class", Kept),
    ("facts.sharing.principals[].id", Identifier),
    ("facts.software.product", Kept),
    ("facts.software.version", Kept),
    ("facts.sources.bounds[].addresses[]", Address),
    ("facts.sources.bounds[].effect", Kept),
    ("facts.sources.bounds[].endpoints[]", Identifier),
    ("facts.sources.bounds[].exempt[]", Identifier),
    ("facts.sources.bounds[].networks[]", Identifier),
    ("facts.state", Kept),
    ("facts.statement", Prose),
    ("facts.subject", Identifier),
    ("facts.sweep[].region", Identifier),
    ("facts.sweep[].service", Kept),
    ("facts.tags.{key}", LabelKey),
    ("facts.tags.{}", Whole),
    ("facts.trail.data_events[].except[]", Identifier),
    ("facts.trail.data_events[].kind", Kept),
    ("facts.trail.data_events[].prefixes[]", Identifier),
    ("facts.trail.home_region", Identifier),
    ("facts.trail.target", Identifier),
    ("facts.trail.target_prefix", Identifier),
    ("facts.trust.principals[].account", Identifier),
    ("facts.trust.principals[].class", Kept),
    ("facts.trust.principals[].id", Identifier),
    ("facts.type", Kept),
    ("facts.versioning.state", Kept),
    ("facts.witness", Kept),
    ("facts.zones.open[].countries[]", Kept),
    ("facts.zones.open[].id", Identifier),
    ("ledger.account", Identifier),
    ("ledger.at", Moment),
    ("ledger.error", Kept),
    ("ledger.id", Call),
    ("ledger.operation", Kept),
    ("ledger.outcome", Kept),
    ("ledger.provider", Kept),
    ("ledger.region", Identifier),
    ("ledger.request_id", RequestId),
    ("ledger.sha256", Digest),
    ("ledger.target", Identifier),
    ("documents.documents[].entry.about", Kept),
    ("documents.documents[].entry.accreditation_body", Kept),
    ("documents.documents[].entry.all_regions.at", Prose),
    ("documents.documents[].entry.all_regions.by", Whole),
    ("documents.documents[].entry.all_regions.except[]", Identifier),
    ("documents.documents[].entry.all_regions.looked_up", Moment),
    ("documents.documents[].entry.all_services.at", Prose),
    ("documents.documents[].entry.all_services.by", Whole),
    ("documents.documents[].entry.all_services.except[]", Kept),
    ("documents.documents[].entry.all_services.looked_up", Moment),
    ("documents.documents[].entry.bridge_until", Moment),
    ("documents.documents[].entry.carve_outs[]", Organisation),
    ("documents.documents[].entry.certification_body", Kept),
    ("documents.documents[].entry.courts", Kept),
    ("documents.documents[].entry.covers[]", Kept),
    ("documents.documents[].entry.erased", Moment),
    ("documents.documents[].entry.exports[].format", Prose),
    ("documents.documents[].entry.exports[].how", Prose),
    ("documents.documents[].entry.exports[].kinds[]", Kept),
    ("documents.documents[].entry.file", Identifier),
    ("documents.documents[].entry.first_issued", Moment),
    ("documents.documents[].entry.handling.restrictions[]", Kept),
    ("documents.documents[].entry.holder", Organisation),
    ("documents.documents[].entry.issued", Moment),
    ("documents.documents[].entry.items[]", Prose),
    ("documents.documents[].entry.kind", Kept),
    ("documents.documents[].entry.law", Kept),
    ("documents.documents[].entry.lookup.at", Prose),
    ("documents.documents[].entry.lookup.on", Moment),
    ("documents.documents[].entry.lookup.result", Kept),
    ("documents.documents[].entry.matters[]", Kept),
    ("documents.documents[].entry.next_surveillance", Moment),
    ("documents.documents[].entry.number", Whole),
    ("documents.documents[].entry.obtained", Moment),
    ("documents.documents[].entry.obtained_by", Whole),
    ("documents.documents[].entry.obtained_from", Prose),
    ("documents.documents[].entry.opinion", Kept),
    ("documents.documents[].entry.period_end", Moment),
    ("documents.documents[].entry.period_start", Moment),
    ("documents.documents[].entry.provider", Kept),
    ("documents.documents[].entry.regions[]", Identifier),
    ("documents.documents[].entry.replaces[]", Identifier),
    ("documents.documents[].entry.role", Kept),
    ("documents.documents[].entry.scope", Prose),
    ("documents.documents[].entry.service_level", Prose),
    ("documents.documents[].entry.services[]", Kept),
    ("documents.documents[].entry.sha256", Digest),
    ("documents.documents[].entry.signed", Moment),
    ("documents.documents[].entry.signed_by", Whole),
    ("documents.documents[].entry.standard", Kept),
    ("documents.documents[].entry.subcontractor", Organisation),
    ("documents.documents[].entry.subcontractors[].material[]", Kept),
    ("documents.documents[].entry.subcontractors[].name", Organisation),
    ("documents.documents[].entry.subcontractors[].need", Prose),
    ("documents.documents[].entry.subcontractors[].permitted", Moment),
    ("documents.documents[].entry.subcontractors[].scope", Prose),
    ("documents.documents[].entry.systems[].name", System),
    ("documents.documents[].entry.text", Prose),
    ("documents.documents[].entry.title", Prose),
    ("documents.documents[].entry.user_controls[]", Prose),
    ("documents.documents[].entry.valid_until", Moment),
    ("documents.documents[].entry.within", Identifier),
    ("documents.documents[].file.signatures[].issuer", Whole),
    ("documents.documents[].file.signatures[].signed", Moment),
    ("documents.documents[].file.signatures[].signer", Whole),
    ("documents.documents[].file.signatures[].valid_from", Moment),
    ("documents.documents[].file.signatures[].valid_until", Moment),
    ("documents.documents[].file.state", Kept),
    ("documents.documents[].id", Identifier),
    ("documents.ends.date", Moment),
    ("documents.ends.rows[].ends", Moment),
    ("documents.ends.rows[].product", Kept),
    ("documents.ends.rows[].provider", Kept),
    ("documents.ends.rows[].source", Prose),
    ("documents.ends.rows[].version", Kept),
    ("documents.faulty[].faults[]", Prose),
    ("documents.faulty[].id", Identifier),
    ("documents.faulty[].key", Kept),
    ("documents.schema", Kept),
    ("corroboration.asked_at", Moment),
    ("corroboration.country_database.kind", Kept),
    ("corroboration.endpoints[].addresses[].address", Address),
    ("corroboration.endpoints[].addresses[].country", Kept),
    ("corroboration.endpoints[].addresses[].owner.countries[]", Kept),
    ("corroboration.endpoints[].addresses[].owner.place", Kept),
    ("corroboration.endpoints[].addresses[].owner.provider", Kept),
    ("corroboration.endpoints[].addresses[].owner.service", Kept),
    ("corroboration.endpoints[].addresses[].silent", Kept),
    ("corroboration.endpoints[].certificate.regions[].countries[]", Kept),
    ("corroboration.endpoints[].certificate.regions[].id", Identifier),
    ("corroboration.endpoints[].certificate.tls.chain[].issuer", Whole),
    ("corroboration.endpoints[].certificate.tls.chain[].not_after", Moment),
    ("corroboration.endpoints[].certificate.tls.chain[].not_before", Moment),
    ("corroboration.endpoints[].certificate.tls.chain[].sha256", Digest),
    ("corroboration.endpoints[].certificate.tls.chain[].subject", Whole),
    ("corroboration.endpoints[].certificate.tls.names[]", Identifier),
    ("corroboration.endpoints[].certificate.tls.why", Kept),
    ("corroboration.endpoints[].fault", Prose),
    ("corroboration.endpoints[].host", Identifier),
    ("corroboration.places[].account", Identifier),
    ("corroboration.places[].countries[]", Kept),
    ("corroboration.places[].provider", Kept),
    ("corroboration.places[].region", Identifier),
    ("corroboration.places[].service", Kept),
    ("corroboration.places[].site.country", Kept),
    ("corroboration.places[].site.en", Kept),
    ("corroboration.places[].site.ja", Kept),
    ("corroboration.places[].told[].countries[]", Kept),
    ("corroboration.places[].told[].example", Identifier),
    ("corroboration.places[].told[].region", Identifier),
    ("corroboration.ranges[].edition.made", Kept),
    ("corroboration.ranges[].edition.number", Kept),
    ("corroboration.ranges[].edition.provider", Kept),
    ("corroboration.ranges[].edition.sha256", Kept),
    ("corroboration.ranges[].fault", Prose),
    ("corroboration.ranges[].from", Identifier),
    ("corroboration.schema", Kept),
    ("corroboration.vantages[].fault", Prose),
    ("corroboration.vantages[].file", Identifier),
    ("corroboration.vantages[].keyid", Digest),
    ("corroboration.vantages[].measured", Moment),
    ("corroboration.vantages[].name", Whole),
    ("logs.awaited_from", Moment),
    ("logs.entries[].entry.approver", Whole),
    ("logs.entries[].entry.country", Kept),
    ("logs.entries[].entry.expires", Moment),
    ("logs.entries[].entry.principal", Identifier),
    ("logs.entries[].entry.reason", Prose),
    ("logs.entries[].entry.service", Kept),
    ("logs.flaws[].detail", Prose),
    ("logs.flaws[].file", Identifier),
    ("logs.flaws[].flaw", Kept),
    ("logs.grounds[].ground", Kept),
    ("logs.home_countries[]", Kept),
    ("logs.located_with.countries.kind", Kept),
    ("logs.located_with.ranges[].made", Kept),
    ("logs.located_with.ranges[].number", Kept),
    ("logs.located_with.ranges[].provider", Kept),
    ("logs.located_with.ranges[].sha256", Kept),
    ("logs.period.from", Moment),
    ("logs.period.to", Moment),
    ("logs.read.flaws.{key}", Kept),
    ("logs.rows[].action", Kept),
    ("logs.rows[].first", Moment),
    ("logs.rows[].last", Moment),
    ("logs.rows[].origin.class", Kept),
    ("logs.rows[].origin.country", Kept),
    ("logs.rows[].origin.place", Kept),
    ("logs.rows[].origin.provider", Kept),
    ("logs.rows[].origin.reason", Kept),
    ("logs.rows[].principal", Identifier),
    ("logs.rows[].service", Kept),
    ("logs.rows[].standing", Kept),
    ("logs.scanned_at", Moment),
    ("logs.schema", Kept),
    ("logs.sources[].covers[].account", Identifier),
    ("logs.sources[].covers[].region", Identifier),
    ("logs.sources[].missing[].from", Moment),
    ("logs.sources[].missing[].to", Moment),
    ("logs.sources[].newest", Moment),
    ("logs.sources[].oldest", Moment),
    ("logs.sources[].source", Identifier),
    ("logs.stores[].store", Identifier),
    ("logs.stores[].troubles[].call", Call),
    ("logs.stores[].troubles[].detail", Prose),
    ("logs.stores[].troubles[].file", Identifier),
    ("logs.stores[].troubles[].operation", Kept),
    ("logs.stores[].troubles[].permission", Kept),
    ("logs.stores[].troubles[].reason", Kept),
    ("logs.unlisted[]", Identifier),
    ("logs.validation.altered[]", Identifier),
    ("logs.validation.broken[].file", Identifier),
    ("logs.validation.broken[].reason", Kept),
    ("logs.validation.missing[]", Identifier),
    ("logs.validation.signatures_refused[]", Identifier),
    ("logs.validation.unnamed[]", Identifier),
    ("logs.validation.unread[]", Identifier),
    ("logs.verdict", Kept),
    ("run.assessed_at", Moment),
    ("run.files[].name", Kept),
    ("run.files[].sha256", Kept),
    ("run.finished_at", Moment),
    ("run.handling.restrictions[]", Kept),
    ("run.ledger.by_operation.{key}", Kept),
    ("run.ledger.rates[].account", Identifier),
    ("run.ledger.rates[].family", Kept),
    ("run.ledger.rates[].provider", Kept),
    ("run.ledger.rates[].region", Identifier),
    ("run.ledger.rates[].source", Kept),
    ("run.places_dated.{key}", Kept),
    ("run.places_dated.{}", Kept),
    ("run.profile", Kept),
    ("run.profile_digest", Kept),
    ("run.redacted", Kept),
    ("run.request.clauses[]", Kept),
    ("run.request.expires_at", Moment),
    ("run.request.handling.restrictions[]", Kept),
    ("run.request.keyid", Kept),
    ("run.request.nonce", Kept),
    ("run.request.sha256", Kept),
    ("run.schema", Kept),
    ("run.services.{key}", Kept),
    ("run.services.{}.{key}", Kept),
    ("run.services.{}.{}[]", Kept),
    ("run.sites.{key}", Kept),
    ("run.sites.{}.{key}", Kept),
    ("run.sites.{}.{}.country", Kept),
    ("run.sites.{}.{}.en", Kept),
    ("run.sites.{}.{}.ja", Kept),
    ("run.started_at", Moment),
    ("run.tenancy.access[].approver", Whole),
    ("run.tenancy.access[].country", Kept),
    ("run.tenancy.access[].expires", Moment),
    ("run.tenancy.access[].principal", Identifier),
    ("run.tenancy.access[].reason", Prose),
    ("run.tenancy.access[].service", Kept),
    ("run.tenancy.accounts[].endpoint", Endpoint),
    ("run.tenancy.accounts[].endpoints.{key}", Kept),
    ("run.tenancy.accounts[].endpoints.{}", Endpoint),
    ("run.tenancy.accounts[].external_id", Whole),
    ("run.tenancy.accounts[].folder", Identifier),
    ("run.tenancy.accounts[].id", Identifier),
    ("run.tenancy.accounts[].management_group", Identifier),
    ("run.tenancy.accounts[].organization", Identifier),
    ("run.tenancy.accounts[].organization_role", Identifier),
    ("run.tenancy.accounts[].profile", Whole),
    ("run.tenancy.accounts[].provider", Kept),
    ("run.tenancy.accounts[].regions[]", Identifier),
    ("run.tenancy.accounts[].role_arn", Identifier),
    ("run.tenancy.accounts[].service_account", Identifier),
    ("run.tenancy.accounts[].tenant", Identifier),
    ("run.tenancy.contract_end", Moment),
    ("run.tenancy.corroborate.geoip", Identifier),
    ("run.tenancy.corroborate.ranges[]", Identifier),
    ("run.tenancy.corroborate.resolve.{key}", Identifier),
    ("run.tenancy.corroborate.resolve.{}", Address),
    ("run.tenancy.corroborate.roots", Identifier),
    ("run.tenancy.corroborate.vantages[].file", Identifier),
    ("run.tenancy.corroborate.vantages[].key", Identifier),
    ("run.tenancy.exceptions[].approver", Whole),
    ("run.tenancy.exceptions[].check", Kept),
    ("run.tenancy.exceptions[].clause", Kept),
    ("run.tenancy.exceptions[].expires", Moment),
    ("run.tenancy.exceptions[].id", Identifier),
    ("run.tenancy.exceptions[].owner", Whole),
    ("run.tenancy.exceptions[].reason", Prose),
    ("run.tenancy.exceptions[].subjects[]", Patterns),
    ("run.tenancy.logs.gaps", Kept),
    ("run.tenancy.logs.geoip", Identifier),
    ("run.tenancy.logs.keys", Identifier),
    ("run.tenancy.logs.ranges[]", Identifier),
    ("run.tenancy.logs.sources[].account", Identifier),
    ("run.tenancy.logs.sources[].folder", Identifier),
    ("run.tenancy.logs.sources[].prefix", Identifier),
    ("run.tenancy.logs.sources[].store", Identifier),
    ("run.tenancy.name", Kept),
    ("run.tenancy.profile", Kept),
    ("run.tenancy.scopes[].matcher.account", Identifier),
    ("run.tenancy.scopes[].matcher.resource", Identifier),
    ("run.tenancy.scopes[].matcher.tag", Label),
    ("run.tool", Kept),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place in a schema where a text may stand.
    fn places(root: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
        if let Some(target) = schema["$ref"].as_str() {
            places(root, &root["$defs"][target.trim_start_matches("#/$defs/")], path, found);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            for one in schema[choice].as_array().into_iter().flatten() {
                places(root, one, path, found);
            }
        }
        let is = |sort: &str| {
            schema["type"] == sort || schema["type"].as_array().is_some_and(|all| all.contains(&sort.into()))
        };
        let words = schema["enum"].as_array().is_some_and(|all| all.iter().any(Value::is_string));
        if is("string") || schema["const"].is_string() || words {
            found.insert(path.to_owned());
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            places(root, member, &format!("{path}.{name}"), found);
        }
        if schema["additionalProperties"].is_object() {
            found.insert(format!("{path}.{{key}}"));
            places(root, &schema["additionalProperties"], &format!("{path}.{{}}"), found);
        }
        assert!(schema["patternProperties"].is_null() && schema["prefixItems"].is_null(), "{path}");
        assert_ne!(schema["additionalProperties"], Value::Bool(true), "{path}: anything may stand there");
        if schema["items"].is_object() {
            places(root, &schema["items"], &format!("{path}[]"), found);
        }
    }

    #[test]
    fn every_text_of_the_schemas_is_in_the_table_and_no_other() {
        let mut found = BTreeSet::new();
        for (name, schema) in crate::schemas::all() {
            if ["facts", "ledger", "documents", "corroboration", "logs", "run"].contains(&name) {
                places(&schema, &schema, name, &mut found);
            }
        }
        let known: BTreeSet<String> = FIELDS.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(known.len(), FIELDS.len(), "a place stands twice");
        let new: Vec<_> = found.difference(&known).collect();
        let gone: Vec<_> = known.difference(&found).collect();
        assert!(new.is_empty() && gone.is_empty(), "not in the table: {new:#?}\nin no schema: {gone:#?}");
    }

    #[test]
    fn what_the_table_does_not_know_is_taken_out() {
        let made = StandIns::new(&super::super::Key([7; 32]), super::super::Level::Names);
        let value = serde_json::json!({"type": "resource", "new": "daicho", "deep": [{"er": "daicho"}]});
        let text = replace(&made, "facts", value).to_string();
        assert!(!text.contains("daicho") && text.contains(&made.whole("daicho")), "{text}");
    }
}
