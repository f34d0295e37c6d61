//! Records of keys.
//!
//! Properties: `AWS::KMS::Key.properties.json` of `awslabs/aws-config-resource-schema`. They do not speak of
//! multi-Region keys, of grants, nor of how often a key rotates.

use super::{Recorded, Shown, part, tags, yes_or_no};
use crate::kind::kms::{Metadata, RotationStatus};
use crate::policy;
use sekisho_contract::gap::shorten;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a record shows of a key.
#[derive(Debug)]
pub struct KeyRecord {
    /// Its properties.
    pub metadata: Shown<Metadata>,
    /// Whether its material is replaced.
    pub rotation: Shown<RotationStatus>,
    /// Its policy, as text that can be read.
    pub policy: Shown<String>,
    /// Its labels.
    pub tags: Shown<BTreeMap<String, String>>,
}

impl Recorded for KeyRecord {
    const KIND: &'static str = "AWS::KMS::Key";
    const PARTS: &'static str = "configuration, supplementaryConfiguration";

    fn arn(account: &str, region: &str, id: &str) -> String {
        format!("arn:aws:kms:{region}:{account}:key/{id}")
    }

    fn read(record: &Value, id: &str, arn: &str) -> Self {
        let configuration = part(record, "configuration");
        let configuration = configuration.as_deref().unwrap_or(&Value::Null);
        let supplement = part(record, "supplementaryConfiguration");
        let supplement = supplement.as_deref().unwrap_or(&Value::Null);
        let policy = policy_of(supplement, arn);
        // Who may not read the policy may not read the labels.
        let tags = match (&policy, tags(record)) {
            (Shown::Lacking, Shown::Unless(_)) => Shown::Lacking,
            (_, tags) => tags,
        };
        Self {
            metadata: metadata(configuration, id, arn).map_or(Shown::Lacking, |told| Shown::Is(Some(told))),
            rotation: rotation(supplement),
            policy,
            tags,
        }
    }
}

/// A key's properties, of a key that rests in its region alone and is there to stay.
fn metadata(configuration: &Value, id: &str, arn: &str) -> Option<Metadata> {
    let said = |name: &str| configuration[name].as_str();
    let own = said("keyId") == Some(id) && said("arn").is_none_or(|told| told == arn);
    // The ids of multi-Region keys, and of no others, begin so (KMS Developer Guide, "Multi-Region keys").
    let spread = id.starts_with("mrk-") || configuration["multiRegion"].as_bool() == Some(true);
    let spread = spread || !configuration["multiRegionConfiguration"].is_null();
    let manager = said("keyManager").filter(|manager| matches!(*manager, "AWS" | "CUSTOMER"))?;
    // How a record writes the date of a deletion is not documented.
    let state = said("keyState").filter(|state| matches!(*state, "Enabled" | "Disabled"))?;
    let leaves = !configuration["deletionDate"].is_null();
    let origin = said("origin").filter(|origin| !origin.is_empty())?;
    let spec = said("keySpec").or_else(|| said("customerMasterKeySpec")).filter(|spec| !spec.is_empty())?;
    (own && !spread && !leaves)
        .then(|| Metadata::of_single_region(id, manager, state, &shorten(origin), &shorten(spec)))
}

/// That a key does not rotate; of one that does, how often is not in its record.
fn rotation(supplement: &Value) -> Shown<RotationStatus> {
    match supplement.get("KeyRotationStatus").and_then(yes_or_no) {
        Some(false) => Shown::Unless(Some(RotationStatus::off())),
        Some(true) | None => Shown::Lacking,
    }
}

/// A key always has a policy.
fn policy_of(supplement: &Value, arn: &str) -> Shown<String> {
    let text = match supplement.get("Policy") {
        Some(Value::String(text)) => text.clone(),
        Some(document @ Value::Object(_)) => document.to_string(),
        _ => return Shown::Lacking,
    };
    match policy::read(&text, arn) {
        Ok(_) => Shown::Is(Some(text)),
        Err(_) => Shown::Lacking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn read(record: &Value, id: &str) -> KeyRecord {
        KeyRecord::read(record, id, &KeyRecord::arn("111122223333", "ap-northeast-1", id))
    }

    fn record() -> Value {
        json!({
            "tags": [{"key": "k", "value": "v", "tag": "k=v"}],
            "configuration": {"keyId": ID, "keyManager": "CUSTOMER", "keyState": "Enabled", "origin": "AWS_KMS",
                "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "enabled": true, "deletionDate": null},
            "supplementaryConfiguration": {"KeyRotationStatus": "false",
                "Policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"},
        })
    }

    #[test]
    fn a_key_is_shown_whole() {
        let shown = read(&record(), ID);
        assert!(matches!(shown.metadata, Shown::Is(Some(_))));
        assert!(matches!(shown.rotation, Shown::Unless(Some(_))));
        assert!(matches!(shown.policy, Shown::Is(Some(_))));
        assert!(matches!(shown.tags, Shown::Is(Some(_))));
        // Parts may be texts.
        let mut texts = record();
        for name in ["configuration", "supplementaryConfiguration"] {
            texts[name] = texts[name].to_string().into();
        }
        let shown = read(&texts, ID);
        assert!(matches!((shown.metadata, shown.policy), (Shown::Is(Some(_)), Shown::Is(Some(_)))));
    }

    #[test]
    fn what_is_doubtful_is_lacking() {
        for (way, value) in [
            ("keyId", json!("other")),
            ("arn", json!("arn:aws:kms:us-east-1:111122223333:key/1")),
            ("keyManager", json!("SOMEONE")),
            ("keyState", json!("PendingDeletion")),
            ("keyState", Value::Null),
            ("origin", Value::Null),
            ("customerMasterKeySpec", Value::Null),
            ("deletionDate", json!("2026-12-01T00:00:00.000Z")),
            ("multiRegion", json!(true)),
            ("multiRegionConfiguration", json!({})),
        ] {
            let mut doubtful = record();
            doubtful["configuration"][way] = value;
            assert!(matches!(read(&doubtful, ID).metadata, Shown::Lacking), "{doubtful}");
        }
        for (name, value) in [
            ("Policy", Value::Null),
            ("Policy", json!("{")),
            ("Policy", json!({"Statement": [{"Effect": "Perhaps"}]})),
        ] {
            let mut doubtful = record();
            doubtful["supplementaryConfiguration"][name] = value;
            doubtful["tags"] = json!([]);
            let shown = read(&doubtful, ID);
            assert!(matches!((shown.policy, shown.tags), (Shown::Lacking, Shown::Lacking)), "{doubtful}");
        }
        for value in [json!(true), json!("true"), json!("off"), Value::Null] {
            let mut doubtful = record();
            doubtful["supplementaryConfiguration"]["KeyRotationStatus"] = value;
            assert!(matches!(read(&doubtful, ID).rotation, Shown::Lacking), "{doubtful}");
        }
        let mut spread = record();
        spread["configuration"]["keyId"] = json!("mrk-1");
        assert!(matches!(read(&spread, "mrk-1").metadata, Shown::Lacking));
    }
}
