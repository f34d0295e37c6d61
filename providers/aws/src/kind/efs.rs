//! EFS: file systems, where they are replicated, whether they are backed up, and whom they let in.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::parts::besides;
use super::shared::{Asked, List, Page, page};
use crate::api::{Api, Ask};
use crate::policy::{self, PolicyReading};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Exposure, Facet, Kind, PrincipalClass};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::{Value, json};

operation!(
    /// Every file system of the region.
    DESCRIBE_FILE_SYSTEMS = "elasticfilesystem" "DescribeFileSystems",
    needs "elasticfilesystem:DescribeFileSystems", quota quota::EFS,
    Per::Page(100), Get, facts "file systems: zone, encryption and key, labels"
);
operation!(
    /// Every replication from and to file systems of the region.
    DESCRIBE_REPLICATION_CONFIGURATIONS = "elasticfilesystem" "DescribeReplicationConfigurations",
    needs "elasticfilesystem:DescribeReplicationConfigurations", quota quota::EFS,
    Per::Page(100), Get, facts "replicas of file systems in other regions and accounts, and what replicas are made of",
    absent &["ReplicationNotFound"]
);

operation!(
    /// Whether a file system is backed up every day.
    DESCRIBE_BACKUP_POLICY = "elasticfilesystem" "DescribeBackupPolicy",
    needs "elasticfilesystem:DescribeBackupPolicy", quota quota::EFS, Per::Resource, Get,
    facts "whether file systems are backed up by themselves", absent &["PolicyNotFound"]
);
operation!(
    /// Whom a file system lets in.
    DESCRIBE_FILE_SYSTEM_POLICY = "elasticfilesystem" "DescribeFileSystemPolicy",
    needs "elasticfilesystem:DescribeFileSystemPolicy", quota quota::EFS, Per::Resource, Get,
    facts "whom file systems let in, and whether only TLS is", absent &["PolicyNotFound"]
);

/// File systems.
pub const ENTRY: Entry = Entry {
    service: Service { name: "elasticfilesystem", reach: Reach::Region, kinds: &[Kind::FileSystem] },
    operations: &[
        &DESCRIBE_FILE_SYSTEMS,
        &DESCRIBE_REPLICATION_CONFIGURATIONS,
        &DESCRIBE_BACKUP_POLICY,
        &DESCRIBE_FILE_SYSTEM_POLICY,
    ],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::Rest;
const SERVICE: &str = "elasticfilesystem";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let body = json!({"MaxResults": 100});
    let ask = Ask::of(&DESCRIBE_REPLICATION_CONFIGURATIONS, API, region, body)
        .at("/2015-02-01/file-systems/replication-configurations", &[]);
    let replications = all(List::<Replications>::of(session, ask)).await;
    let replications = &replications;
    let ask = Ask::of(&DESCRIBE_FILE_SYSTEMS, API, region, json!({"MaxItems": 100}))
        .at("/2015-02-01/file-systems", &[]);
    let list = List::<FileSystems>::of(session, ask);
    tally
        .read(list, sink, |one, call| file_system(session, region, one, call, replications.as_deref()))
        .await;
    tally.unsaid([replications.as_ref().err()]);
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystems {
    file_systems: Vec<FileSystem>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FileSystem {
    file_system_id: String,
    file_system_arn: Option<String>,
    name: Option<String>,
    encrypted: Option<bool>,
    kms_key_id: Option<String>,
    availability_zone_name: Option<String>,
    tags: Option<Vec<Tag>>,
}

page!(
    FileSystems: FileSystem in file_systems, "Marker" from next_marker, by |item| item.file_system_id.clone(),
    own |item| item.file_system_arn.as_deref()
);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replications {
    replications: Vec<Replication>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Replication {
    source_file_system_arn: String,
    destinations: Vec<Destination>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    file_system_id: String,
    region: String,
    owner_id: Option<String>,
}

page!(
    Replications: Replication in replications, "NextToken" from next_token, by |item| {
        let to = item.destinations.iter().map(|to| format!(" {} {}", to.region, to.file_system_id));
        item.source_file_system_arn.clone() + &to.collect::<String>()
    }
);

impl Destination {
    /// The ARN of the file system, which may be of another account.
    fn arn(&self, session: &Session) -> String {
        let owner = self.owner_id.as_deref().filter(|owner| !owner.is_empty()).unwrap_or(&session.account);
        match self.file_system_id.starts_with("arn:") {
            true => shorten(&self.file_system_id),
            false => format!("arn:aws:{SERVICE}:{}:{owner}:file-system/{}", self.region, self.file_system_id),
        }
    }
}

async fn file_system(
    session: &Session,
    region: &str,
    found: FileSystem,
    call: CallId,
    replications: Result<&[(Replication, CallId)], &Shortfall>,
) -> Fact {
    let operation = &DESCRIBE_FILE_SYSTEMS;
    let named = || session.arn(SERVICE, region, &format!("file-system/{}", shorten(&found.file_system_id)));
    let id = found.file_system_arn.unwrap_or_else(named);
    let own = found.file_system_id;
    let name = found.name.filter(|name| !name.is_empty()).unwrap_or_else(|| own.clone());
    let mut draft = Draft::new(session, (Kind::FileSystem, SERVICE), region, id.clone(), &name, &call);
    // A zone is named only where it rests in one alone.
    let zone = found.availability_zone_name.filter(|zone| !zone.is_empty());
    if let Some(zone) = &zone {
        draft.rests_in_zone(zone);
    }
    draft.redundant(Observed::Seen(zone.is_none()));
    match replications {
        Ok(replications) => {
            for (replication, call) in replications {
                replicated(session, &mut draft, replication, call);
            }
        }
        Err(shortfall) => {
            draft.perhaps_made_from(shortfall);
            draft.perhaps_copied(CopyRole::Replica, shortfall);
        }
    }
    let encrypted = draft.said("encryption", found.encrypted, operation, call);
    draft.encrypted(encrypted, found.kms_key_id.as_deref());
    match found.tags {
        Some(tags) => draft.tags(tags),
        None => draft.resource.tags = draft.said("tags", None, operation, call),
    }
    let ask = Ask::of(&DESCRIBE_BACKUP_POLICY, API, region, json!({})).about(&own);
    let asked = session.told(ask.at("/2015-02-01/file-systems/{}/backup-policy", &[&own])).await;
    backed_up(&mut draft, region, asked);
    let ask = Ask::of(&DESCRIBE_FILE_SYSTEM_POLICY, API, region, json!({})).about(&own);
    let asked = session.told(ask.at("/2015-02-01/file-systems/{}/policy", &[&own])).await;
    exposed(&mut draft, &own, asked, &call);
    draft.finish()
}

/// What a replication says of a file system: where its replica rests, or of what it is one.
fn replicated(session: &Session, draft: &mut Draft<'_>, replication: &Replication, call: &CallId) {
    let (source, own) = (&replication.source_file_system_arn, draft.resource.id.clone());
    for destination in &replication.destinations {
        let replica = destination.arn(session);
        if *source == own {
            draft.sheet.shown("copies", call);
            if destination.region.is_empty() {
                let detail = "the answer does not say where a replica rests";
                let operation = &DESCRIBE_REPLICATION_CONFIGURATIONS;
                let silent = Shortfall::of(operation, GapReason::Malformed, Some(*call), detail);
                draft.perhaps_copied(CopyRole::Replica, &silent);
            } else {
                draft.copy(CopyRole::Replica, Some(&replica), &destination.region);
            }
        } else if replica == own {
            draft.sheet.shown("copies", call);
            draft.resource.made_from = Some(shorten(source));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backups {
    backup_policy: Option<BackupPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BackupPolicy {
    status: String,
}

/// Backups that the service has made every day; where there is no policy, none are made. They rest in a vault of the
/// region, and where that is copied to is told of the vault's plans.
fn backed_up(draft: &mut Draft<'_>, region: &str, asked: Asked<Backups>) {
    let operation = &DESCRIBE_BACKUP_POLICY;
    let (policy, call) = match asked {
        Ok(heard) => match heard.told {
            Some(told) => (told.backup_policy.map(|policy| policy.status), heard.call),
            None => return draft.sheet.shown("copies", &heard.call),
        },
        Err(shortfall) => return draft.perhaps_copied(CopyRole::Backup, &shortfall),
    };
    draft.sheet.shown("copies", &call);
    let (reason, detail) = match policy.as_deref() {
        Some("ENABLED" | "ENABLING") => return draft.copy(CopyRole::Backup, None, region),
        Some("DISABLED" | "DISABLING") => return,
        Some(other) => (GapReason::Unknown, format!("unknown state of daily backups `{}`", shorten(other))),
        None => (GapReason::Malformed, "the answer does not say whether it is backed up".to_owned()),
    };
    draft.perhaps_copied(CopyRole::Backup, &Shortfall::of(operation, reason, Some(call), detail));
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPolicy {
    file_system_id: Option<String>,
    policy: String,
}

/// Who is let in by its policy. Without one it is whoever reaches it in its network.
fn exposed(draft: &mut Draft<'_>, own: &str, asked: Asked<AccessPolicy>, listed: &CallId) {
    let operation = &DESCRIBE_FILE_SYSTEM_POLICY;
    besides(draft, Facet::Exposure, listed);
    let read = asked.and_then(|heard| {
        let call = Some(heard.call);
        let malformed = |why: &str| Shortfall::of(operation, GapReason::Malformed, call, why);
        let Some(told) = heard.told else { return Ok((PolicyReading::NONE, heard.call)) };
        if told.file_system_id.is_some_and(|about| about != own) {
            return Err(malformed("the answer is not about this resource"));
        }
        Ok((let_in(&told.policy, &draft.resource.id).map_err(|why| malformed(&why))?, heard.call))
    });
    draft.resource.exposure = Some(match read {
        Ok((reading, call)) => {
            draft.sheet.shown("exposure", &call);
            let anyone =
                reading.principals.iter().any(|principal| principal.class == PrincipalClass::Anonymous);
            Exposure {
                public: Observed::Seen(anyone),
                public_access_blocked: Observed::Seen(!anyone),
                tls_only: Observed::Seen(reading.tls_only),
                principals: Observed::Seen(reading.principals),
            }
        }
        Err(shortfall) => Exposure {
            public: draft.sheet.unseen("exposure.public", &shortfall),
            public_access_blocked: draft.sheet.unseen("exposure.public_access_blocked", &shortfall),
            tls_only: draft.sheet.unseen("exposure.tls_only", &shortfall),
            principals: draft.sheet.unseen("exposure.principals", &shortfall),
        },
    });
}

/// The condition under which whoever is let in comes through the network, as without any policy.
const THROUGH_NETWORK: &str = "elasticfilesystem:AccessedViaMountTarget";

/// Reads a policy. What lets everyone in through the file system's own network lets nobody in who is not there.
fn let_in(text: &str, arn: &str) -> Result<PolicyReading, String> {
    let mut told: Value =
        serde_json::from_str(text).map_err(|error| format!("the policy cannot be read: {error}"))?;
    let statements = match told["Statement"].take() {
        Value::Array(many) => many,
        one => vec![one],
    };
    let tls_only = statements.iter().any(refuses_plain);
    told["Statement"] = statements.into_iter().filter(|one| !is_of_network(one)).collect();
    let reading = policy::read(&told.to_string(), arn).map_err(|why| why.0)?;
    Ok(PolicyReading { tls_only, ..reading })
}

fn names_everyone(statement: &Value) -> bool {
    let star = |value: &Value| value == "*" || *value == json!(["*"]);
    star(&statement["Principal"]) || star(&statement["Principal"]["AWS"])
}

/// Whether a condition by one of these operators holds for this value of a key only. Others beside it narrow an
/// `Allow` further.
fn holds_if(statement: &Value, operators: &[&str], key: &str, value: &str) -> bool {
    let tests = operators.iter().filter_map(|operator| statement["Condition"][*operator].as_object());
    tests.flatten().any(|(tested, wanted)| {
        let wanted = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
        let is = |one: &Value| {
            one.as_str() == Some(value)
                || one.as_bool().map(|flag| flag.to_string()).as_deref() == Some(value)
        };
        tested.eq_ignore_ascii_case(key) && !wanted.is_empty() && wanted.iter().all(is)
    })
}

/// `Bool` alone is meant: a key that is not there would satisfy its forgiving kin.
fn is_of_network(statement: &Value) -> bool {
    statement["Effect"] == "Allow"
        && names_everyone(statement)
        && holds_if(statement, &["Bool"], THROUGH_NETWORK, "true")
}

/// Whether a `Deny` refuses whatever comes unencrypted: everyone, every action, under no other condition.
fn refuses_plain(statement: &Value) -> bool {
    let every = |action: &Value| action == "*" || action == "elasticfilesystem:*";
    let action = &statement["Action"];
    let tests = statement["Condition"].as_object().map_or(0, |by_operator| {
        by_operator.values().map(|tests| tests.as_object().map_or(1, serde_json::Map::len)).sum()
    });
    statement["Effect"] == "Deny"
        && names_everyone(statement)
        && (every(action) || action.as_array().is_some_and(|all| all.iter().any(every)))
        && tests == 1
        && holds_if(statement, &["Bool", "BoolIfExists"], "aws:SecureTransport", "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statements: &Value, principals: &[&str], tls_only: bool) {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let reading = let_in(&policy.to_string(), "arn:aws:elasticfilesystem:r:1:file-system/fs-1").unwrap();
        let told: Vec<&str> = reading.principals.iter().map(|principal| principal.id.as_str()).collect();
        assert_eq!((told.as_slice(), reading.tls_only), (principals, tls_only), "{statements}");
    }

    #[test]
    fn whoever_comes_through_the_network_is_nobody_more() {
        let through = |operator: &str, principal: Value| {
            json!([{
                "Effect": "Allow", "Principal": principal, "Action": ["elasticfilesystem:ClientMount"],
                "Condition": {operator: {THROUGH_NETWORK: "true"}}
            }])
        };
        check(&through("Bool", json!({"AWS": "*"})), &[], false);
        check(&through("Bool", json!("*")), &[], false);
        check(&through("BoolIfExists", json!("*")), &["* (elasticfilesystem:AccessedViaMountTarget)"], false);
        check(
            &through("Bool", json!({"AWS": "arn:aws:iam::444455556666:root"})),
            &["arn:aws:iam::444455556666:root"],
            false,
        );
        check(&json!({"Effect": "Allow", "Principal": "*", "Action": "*"}), &["*"], false);
    }

    #[test]
    fn only_a_refusal_of_everything_plain_demands_tls() {
        let deny = |action: &str, condition: Value| json!([{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": action, "Condition": condition}]);
        let plain = json!({"Bool": {"aws:SecureTransport": "false"}});
        check(&deny("*", plain.clone()), &[], true);
        check(&deny("elasticfilesystem:ClientWrite", plain), &[], false);
        let narrowed = json!({"Bool": {"aws:SecureTransport": "false", "elasticfilesystem:AccessedViaMountTarget": "true"}});
        check(&deny("*", narrowed), &[], false);
        check(&deny("*", json!({"Bool": {"aws:SecureTransport": "true"}})), &[], false);
        assert!(let_in("{", "a").is_err());
    }
}
