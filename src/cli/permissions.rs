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
    screen.json(&policy(provider.as_ref()))?;
    Ok(exit::CONFORMS)
}

fn policy(provider: &dyn Provider) -> Value {
    let permissions = permissions(provider.operations());
    match provider.name() {
        "azure" => json!({
            "Name": "Sekisho Reader",
            "IsCustom": true,
            "Description": "Every read sekisho makes, and nothing else",
            "Actions": permissions,
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": ["/subscriptions/00000000-0000-0000-0000-000000000000"],
        }),
        "gcp" => json!({
            "title": "Sekisho Reader",
            "description": "Every read sekisho makes, and nothing else",
            "stage": "GA",
            "includedPermissions": permissions,
        }),
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
    use super::policy;

    #[test]
    fn the_policy_names_every_declared_permission_and_only_reads() {
        for provider in sekisho::providers::all() {
            let text = policy(provider.as_ref()).to_string();
            for operation in provider.operations() {
                assert!(
                    operation.permission.is_empty()
                        || text.contains(&format!("\"{}\"", operation.permission))
                );
                let verb = operation.permission.split([':', '/']).next_back().unwrap_or_default();
                let reads = ["Get", "List", "Describe", "Lookup", "BatchGet", "Select", "HeadBucket", "AssumeRole", "read"];
                assert!(
                    verb.is_empty() || reads.iter().any(|read| verb.starts_with(read)),
                    "{verb} is no read"
                );
            }
            // Resources are wildcards; and Azure's inventory leaves out what its reader may not read, so it must read every type.
            assert!(text.matches('*').count() <= 2, "only resources and types are wildcards");
        }
    }
}
