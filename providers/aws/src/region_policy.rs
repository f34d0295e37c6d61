//! Service control policies, as far as they bound the regions an account can use.
//!
//! Only what is certain counts: a statement whose shape is not wholly understood bounds nothing.

use crate::places;
use sekisho_contract::gap::shorten;
use serde_json::Value;
use std::collections::BTreeSet;

/// A statement that denies whole regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionDenial {
    /// The regions it denies.
    regions: Denied,
    /// The actions it denies.
    actions: Actions,
    /// Who may act there all the same.
    pub exempt_principals: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Denied {
    /// All but those that fit one of these.
    AllBut(Vec<String>),
    /// Those that fit one of these.
    These(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Actions {
    AllBut(Vec<String>),
    These(Vec<String>),
}

/// The regions' key in conditions; names of keys know no case.
const REGION: &str = "aws:requestedregion";

/// The statements of a policy that deny whole regions.
pub fn denials(policy: &str) -> Vec<RegionDenial> {
    let Ok(document) = serde_json::from_str::<Value>(policy) else { return Vec::new() };
    let one_or_many = document.get("Statement").cloned().unwrap_or_default();
    let statements = match one_or_many {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    statements.iter().filter_map(denial).collect()
}

fn denial(statement: &Value) -> Option<RegionDenial> {
    let statement = statement.as_object()?;
    let known = ["Sid", "Effect", "Action", "NotAction", "Resource", "Condition"];
    let understood = statement.keys().all(|key| known.contains(&key.as_str()));
    let everything = texts(statement.get("Resource")?)? == ["*"];
    if !understood || !everything || statement.get("Effect")?.as_str()? != "Deny" {
        return None;
    }
    let actions = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(action), None) => Actions::These(texts(action)?),
        (None, Some(exempt)) => Actions::AllBut(texts(exempt)?),
        _ => return None,
    };
    let (mut regions, mut exempt_principals) = (None, Vec::new());
    for (operator, tests) in statement.get("Condition")?.as_object()? {
        for (key, values) in tests.as_object()? {
            let (key, values) = (key.to_ascii_lowercase(), texts(values)?);
            match (operator.as_str(), key.as_str()) {
                ("StringNotEquals" | "StringNotLike", REGION) if regions.is_none() => {
                    regions = Some(Denied::AllBut(plain(operator, values)?));
                }
                ("StringEquals" | "StringLike", REGION) if regions.is_none() => {
                    regions = Some(Denied::These(plain(operator, values)?));
                }
                ("ArnNotLike" | "ArnNotEquals" | "StringNotLike" | "StringNotEquals", "aws:principalarn") => {
                    exempt_principals.extend(values.iter().map(|value| shorten(value)));
                }
                ("Bool", "aws:principalisawsservice") if values == ["false"] => {
                    exempt_principals.push("services of AWS".to_owned());
                }
                _ => return None,
            }
        }
    }
    Some(RegionDenial { regions: regions?, actions, exempt_principals })
}

/// The values of an operator that compares as they stand, which may then hold no pattern.
fn plain(operator: &str, values: Vec<String>) -> Option<Vec<String>> {
    let patterns = operator.ends_with("Like") || values.iter().all(|value| !value.contains(['*', '?', '$']));
    patterns.then_some(values)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Bool(one) => Some(vec![one.to_string()]),
        Value::Array(all) => all.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

impl RegionDenial {
    /// Whether everything a service has is denied in a region, to everyone.
    pub fn closes(&self, service: &str, region: &str) -> bool {
        self.exempt_principals.is_empty() && self.denies_region(region) && self.denies_service(service)
    }

    /// Whether the region is denied.
    pub fn denies_region(&self, region: &str) -> bool {
        match &self.regions {
            Denied::AllBut(left) => !left.iter().any(|pattern| fits(pattern, region)),
            Denied::These(denied) => denied.iter().any(|pattern| fits(pattern, region)),
        }
    }

    /// Whether the denial is of everything but what is exempt.
    pub const fn is_of_everything(&self) -> bool {
        matches!(self.actions, Actions::AllBut(_)) || self.denies_all()
    }

    const fn denies_all(&self) -> bool {
        match &self.actions {
            Actions::AllBut(_) => false,
            Actions::These(actions) => matches!(actions.as_slice(), [one] if one.len() == 1),
        }
    }

    /// What may be done all the same.
    pub fn exempt_actions(&self) -> &[String] {
        match &self.actions {
            Actions::AllBut(exempt) => exempt,
            Actions::These(_) => &[],
        }
    }

    fn denies_service(&self, service: &str) -> bool {
        // Names of services and actions know no case.
        let service = service.to_ascii_lowercase();
        match &self.actions {
            Actions::AllBut(exempt) => exempt.iter().all(|pattern| {
                let (of, _) = pattern.split_once(':').unwrap_or((pattern, ""));
                !fits(&of.to_ascii_lowercase(), &service)
            }),
            Actions::These(actions) => actions
                .iter()
                .any(|pattern| pattern == "*" || pattern.to_ascii_lowercase() == format!("{service}:*")),
        }
    }
}

/// The regions of the catalogue that no denial takes away, for what none of them exempts.
pub fn left_open(denials: &[RegionDenial]) -> BTreeSet<String> {
    let whole = |denial: &&RegionDenial| denial.is_of_everything();
    let open = |region: &str| !denials.iter().filter(whole).any(|denial| denial.denies_region(region));
    places().regions().filter(|(id, _)| open(id)).map(|(id, _)| id.to_owned()).collect()
}

/// Whether a text fits a pattern of `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    fn from(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if from(rest, text) => true,
            (Some((b'*', _)), Some((_, later))) => from(pattern, later),
            (Some((b'?', rest)), Some((_, later))) => from(rest, later),
            (Some((one, rest)), Some((other, later))) if one == other => from(rest, later),
            _ => false,
        }
    }
    // Longer patterns than any name of a region or a service fit nothing.
    pattern.len() < 64 && text.len() < 64 && from(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn closed(statement: Value, service: &str, region: &str) -> bool {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        denials(&policy).iter().any(|denial| denial.closes(service, region))
    }

    #[test]
    fn only_what_is_certain_closes_a_region() {
        let home = json!({"StringNotEquals": {"aws:RequestedRegion": ["ap-northeast-1", "ap-northeast-3"]}});
        let cases = [
            (
                "all but home",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": home}),
                true,
            ),
            (
                "but for global services",
                json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": home}),
                true,
            ),
            (
                "but for this service",
                json!({"Effect": "Deny", "NotAction": ["iam:*", "RDS:Describe*"], "Resource": "*", "Condition": home}),
                false,
            ),
            (
                "but for anything",
                json!({"Effect": "Deny", "NotAction": ["*:Describe*"], "Resource": "*", "Condition": home}),
                false,
            ),
            (
                "of this service",
                json!({"Effect": "Deny", "Action": ["rds:*"], "Resource": "*", "Condition": home}),
                true,
            ),
            (
                "of some of it",
                json!({"Effect": "Deny", "Action": ["rds:Create*"], "Resource": "*", "Condition": home}),
                false,
            ),
            (
                "it allows",
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": home}),
                false,
            ),
            (
                "of some resources",
                json!({"Effect": "Deny", "Action": "*", "Resource": "arn:aws:rds:*:*:db:*", "Condition": home}),
                false,
            ),
            (
                "under another condition besides",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["ap-northeast-1"], "aws:PrincipalTag/x": "y"}}}),
                false,
            ),
            (
                "some may",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "ap-northeast-1"}, "ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/admin"}}}),
                false,
            ),
            (
                "more than home is left",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["ap-northeast-1", "us-east-1"]}}}),
                false,
            ),
            (
                "a pattern",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotLike": {"aws:requestedregion": ["ap-northeast-*"]}}}),
                true,
            ),
            (
                "a pattern that is none",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["*"]}}}),
                false,
            ),
            (
                "these regions",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1"]}}}),
                true,
            ),
            (
                "other regions",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-west-2"]}}}),
                false,
            ),
            (
                "any value",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ForAnyValue:StringNotEquals": {"aws:RequestedRegion": ["ap-northeast-1"]}}}),
                false,
            ),
            (
                "if it exists",
                json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:RequestedRegion": ["ap-northeast-1"]}}}),
                false,
            ),
            ("without a condition", json!({"Effect": "Deny", "Action": "*", "Resource": "*"}), false),
        ];
        for (name, statement, expected) in cases {
            assert_eq!(closed(statement, "rds", "us-east-1"), expected, "{name}");
        }
        assert!(!closed(
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": home}),
            "rds",
            "ap-northeast-3"
        ));
        assert_eq!(denials("not a policy"), []);
    }

    #[test]
    fn several_denials_leave_open_what_all_leave() {
        let policy = |regions: &[&str]| {
            let condition = json!({"StringNotEquals": {"aws:RequestedRegion": regions}});
            let statement =
                json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": condition});
            denials(&json!({"Statement": statement}).to_string())
        };
        let open = |denials: &[RegionDenial]| left_open(denials).into_iter().collect::<Vec<_>>();
        assert_eq!(open(&policy(&["ap-northeast-1", "us-east-1"])), ["ap-northeast-1", "us-east-1"]);
        let both = [policy(&["ap-northeast-1", "us-east-1"]), policy(&["ap-northeast-1", "ap-northeast-3"])]
            .concat();
        assert_eq!(open(&both), ["ap-northeast-1"]);
        assert!(open(&[]).len() > 20);
    }
}
