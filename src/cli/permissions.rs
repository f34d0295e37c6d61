//! `sekisho permissions`: the least-privilege policy, from the operations' own declarations.

use super::exit;
use super::problem::Problem;
use super::screen::Screen;
use sekisho_contract::{Operation, Provider};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Arguments of `permissions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The cloud: aws, azure or gcp.
    pub provider: String,
    /// What reading stored audit logs needs besides: for an account that [[logs.source]] of the tenancy file names.
    #[arg(long)]
    pub logs: bool,
}

/// Prints a provider's policy.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let providers = sekisho::providers::all();
    let wanted = &arguments.provider;
    let Some(provider) = providers.iter().find(|provider| provider.name() == *wanted) else {
        let known = providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        return Err(Problem::usage(
            format!("this build has no provider `{wanted}`"),
            format!("it has: {known}"),
        ));
    };
    if arguments.logs {
        let operations = provider.log_operations();
        if operations.is_empty() {
            return Err(Problem::usage(
                format!("audit logs stored with `{wanted}` are not read by this version"),
                "copy them to a folder of this machine, and name that in [[logs.source]]",
            ));
        }
        screen.json(&log_policy(&permissions(operations)))?;
        return Ok(exit::CONFORMS);
    }
    match provider.name() {
        "gcp" => screen.result(&custom_role(&asked(provider.as_ref())))?,
        _ => screen.json(&policy(provider.as_ref()))?,
    }
    Ok(exit::CONFORMS)
}

fn policy(provider: &dyn Provider) -> Value {
    let asked = asked(provider);
    let permissions = permissions(&asked);
    match provider.name() {
        // Rights in the directory are no actions of a role.
        "azure" => {
            let (permissions, of_directory): (Vec<&str>, Vec<&str>) =
                permissions.into_iter().partition(|permission| permission.contains('/'));
            json!({
                "Name": "Sekisho Reader",
                "IsCustom": true,
                "Description": format!(
                    "Every read sekisho makes, and nothing else. Besides, as permissions of an application in Microsoft Graph: {}",
                    of_directory.join(", ")
                ),
                "Actions": permissions,
                "NotActions": [],
                "DataActions": [],
                "NotDataActions": [],
                "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000"],
            })
        }
        _ => {
            // The role that is assumed need not assume another: this is for whoever starts sekisho.
            let (enter, read): (Vec<&str>, Vec<&str>) =
                permissions.into_iter().partition(|permission| *permission == "sts:AssumeRole");
            json!({
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "SekishoRead", "Effect": "Allow", "Action": read, "Resource": "*"},
                    {"Sid": "SekishoEnter", "Effect": "Allow", "Action": enter, "Resource": "arn:aws:iam::*:role/sekisho"},
                ],
            })
        }
    }
}

/// The policy for reading the logs of a bucket, to be given for that bucket alone.
fn log_policy(needed: &BTreeSet<&'static str>) -> Value {
    let of = |list: bool| -> Vec<&str> {
        let own = needed.iter().filter(|permission| permission.starts_with("s3:"));
        own.filter(|permission| permission.contains("List") == list).copied().collect()
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "SekishoListLogs", "Effect": "Allow", "Action": of(true), "Resource": "arn:aws:s3:::BUCKET"},
            {"Sid": "SekishoReadLogs", "Effect": "Allow", "Action": of(false), "Resource": "arn:aws:s3:::BUCKET/*"},
        ],
    })
}

/// The predefined roles that hold the permissions of a service, by the permissions' beginning, the longest first.
const PREDEFINED: &[(&str, &str)] = &[
    ("accessapproval.", "roles/accessapproval.viewer"),
    ("alloydb.", "roles/alloydb.viewer"),
    ("artifactregistry.", "roles/artifactregistry.reader"),
    ("backupdr.", "roles/backupdr.viewer"),
    ("bigquery.", "roles/bigquery.metadataViewer"),
    ("bigtable.", "roles/bigtable.viewer"),
    ("cloudasset.", "roles/cloudasset.viewer"),
    ("cloudkms.", "roles/cloudkms.viewer"),
    ("cloudsql.", "roles/cloudsql.viewer"),
    ("compute.", "roles/compute.viewer"),
    ("datastore.", "roles/datastore.viewer"),
    ("file.", "roles/file.viewer"),
    ("ids.", "roles/ids.viewer"),
    ("logging.", "roles/logging.viewer"),
    ("networkmanagement.", "roles/networkmanagement.viewer"),
    ("orgpolicy.", "roles/orgpolicy.policyViewer"),
    ("pubsub.", "roles/pubsub.viewer"),
    ("resourcemanager.folders.getIamPolicy", "roles/iam.securityReviewer"),
    ("resourcemanager.organizations.getIamPolicy", "roles/iam.securityReviewer"),
    ("resourcemanager.projects.getIamPolicy", "roles/iam.securityReviewer"),
    ("resourcemanager.", "roles/browser"),
    ("secretmanager.", "roles/secretmanager.viewer"),
    ("spanner.", "roles/spanner.viewer"),
    ("storage.managedFolders.", "roles/iam.securityReviewer"),
    ("storage.", "roles/storage.bucketViewer"),
    ("storagetransfer.", "roles/storagetransfer.viewer"),
];

/// A custom role as `gcloud iam roles create --file` takes it, with the predefined roles it stands for.
fn custom_role(operations: &[&'static Operation]) -> String {
    let permissions = permissions(operations);
    let role = |permission: &&str| {
        let known = PREDEFINED.iter().find(|(prefix, _)| permission.starts_with(prefix));
        known.map_or_else(|| format!("a role with {permission}"), |(_, role)| (*role).to_owned())
    };
    let replaced: BTreeSet<String> = permissions.iter().map(role).collect();
    let mut text = String::from(
        "# Every read sekisho makes, and nothing else. Make it in the organization, and grant it there or on the\n\
         # projects and the folders above them:\n\
         #   gcloud iam roles create sekishoReader --organization=NUMBER --file=role.yaml\n\
         # It stands for these predefined roles, which hold more than is asked for:\n",
    );
    text.extend(replaced.iter().map(|role| format!("#   {role}\n")));
    text.push_str("title: Sekisho Reader\ndescription: Every read sekisho makes, and nothing else\nstage: GA\nincludedPermissions:\n");
    text.extend(permissions.iter().map(|permission| format!("- {permission}\n")));
    text
}

/// Every operation that is asked, in the sweep or of the provider's portal.
fn asked(provider: &dyn Provider) -> Vec<&'static Operation> {
    let portal = provider.portal();
    let of_portal = portal.iter().flat_map(|portal| portal.operations);
    provider.operations().iter().chain(of_portal).copied().collect()
}

/// Each permission once, in order; operations that need none bring none.
fn permissions(operations: &[&'static Operation]) -> BTreeSet<&'static str> {
    operations
        .iter()
        .map(|operation| operation.permission)
        .filter(|permission| !permission.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{asked, custom_role, log_policy, permissions, policy};

    #[test]
    fn the_policy_names_every_declared_permission_and_only_reads() {
        let aws = sekisho::providers::all().iter().find(|provider| provider.name() == "aws").unwrap();
        assert!(policy(aws.as_ref()).to_string().contains("\"artifact:ListReports\""));
        for provider in sekisho::providers::all().iter().filter(|provider| provider.name() != "gcp") {
            let text = policy(provider.as_ref()).to_string();
            for operation in asked(provider.as_ref()) {
                if operation.service == "graph" {
                    assert!(text.contains(&format!("Microsoft Graph: {}\"", operation.permission)), "{text}");
                    assert!(operation.permission.contains(".Read."), "{} is no read", operation.permission);
                    continue;
                }
                assert!(
                    operation.permission.is_empty()
                        || text.contains(&format!("\"{}\"", operation.permission))
                );
                let verb = operation.permission.split([':', '/']).next_back().unwrap_or_default();
                let reads = [
                    "Get",
                    "List",
                    "Describe",
                    "Lookup",
                    "BatchGet",
                    "Select",
                    "HeadBucket",
                    "AssumeRole",
                    "read",
                ];
                assert!(
                    verb.is_empty() || reads.iter().any(|read| verb.starts_with(read)),
                    "{verb} is no read"
                );
            }
            // Resources are wildcards; and Azure's inventory leaves out what its reader may not read, so it must read every type.
            assert!(text.matches('*').count() <= 2, "only resources and types are wildcards");
        }
    }

    #[test]
    fn reading_logs_needs_permissions_of_its_own() {
        let aws = sekisho::providers::all().iter().find(|provider| provider.name() == "aws").unwrap();
        let text = log_policy(&permissions(aws.log_operations())).to_string();
        assert!(text.contains("\"s3:ListBucket\"") && text.contains("\"s3:GetObject\""), "{text}");
        assert!(!policy(aws.as_ref()).to_string().contains("s3:GetObject"));
    }

    #[test]
    fn the_custom_role_names_every_declared_permission_and_only_reads() {
        let providers = sekisho::providers::all();
        let Some(google) = providers.iter().find(|provider| provider.name() == "gcp") else { return };
        let text = custom_role(google.operations());
        let role: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let included: Vec<&str> =
            role["includedPermissions"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
        assert_eq!(included, permissions(google.operations()).into_iter().collect::<Vec<_>>());
        for permission in included {
            let verb = permission.rsplit('.').next().unwrap();
            assert!(
                ["get", "list", "search"].iter().any(|read| verb.starts_with(read)),
                "{permission} is no read"
            );
        }
        assert!(text.contains("#   roles/cloudasset.viewer\n") && !text.contains("a role with"), "{text}");
    }
}
