//! An AWS account and what belongs to it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{AccountId, Bucket, DescriptionError, Key, LogGroup, NameTemplate, Region, Told, Trail};

/// An AWS account and what belongs to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Twelve digits, in quotes; of a counted entry some of them are `{n}` or `{n:05}`.
    pub id: AccountId,
    /// So many accounts alike: `{n}` in the id is the number of each, from 0, and `{account}` in names of buckets
    /// and in what is told of things is its id.
    pub count: Option<u32>,
    /// How its regions differ from those of a new account.
    #[serde(default)]
    pub regions: AccountRegions,
    /// Names of the roles that can be assumed in it. Default: any.
    pub roles: Option<Vec<String>>,
    /// The account-level public access block of S3; absent: not configured.
    #[serde(default)]
    pub public_access_block: PublicAccessBlockSetting,
    /// Lists of buckets leave the regions out, as they did before 2025 and as other implementations do.
    #[serde(default)]
    pub bucket_regions_unlisted: bool,
    /// S3 buckets.
    #[serde(default)]
    pub buckets: Vec<Bucket>,
    /// KMS keys.
    #[serde(default)]
    pub keys: Vec<Key>,
    /// CloudTrail trails.
    #[serde(default)]
    pub trails: Vec<Trail>,
    /// CloudWatch log groups.
    #[serde(default)]
    pub log_groups: Vec<LogGroup>,
    /// Things of services that are answered from their published models.
    #[serde(default)]
    pub resources: Vec<Told>,
    /// What is paid for besides what is described: the bill knows it, and nothing else does.
    #[serde(default)]
    pub costs: Vec<Cost>,
}

/// A line of the bill.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The region as the bill names it (`us-east-1`, `global`, `NoRegion`).
    pub region: String,
    /// The service as the bill names it (`Amazon SageMaker`).
    pub service: String,
}

/// Counted accounts one by one.
pub(super) fn each(accounts: Vec<Account>) -> Result<Vec<Account>, DescriptionError> {
    let mut all = Vec::new();
    for (entry, account) in accounts.into_iter().enumerate() {
        for n in 0..account.count.unwrap_or(1) {
            let mut one = Account { count: None, ..account.clone() };
            one.id = account.id.of(n).ok_or_else(|| DescriptionError::Contradiction {
                place: format!("accounts[{entry}].id"),
                problem: format!("`{}` makes no twelve digits for the account {n}", account.id),
            })?;
            let id = one.id.to_string();
            for bucket in &mut one.buckets {
                bucket.name = NameTemplate::new(bucket.name.as_str().replace(ACCOUNT, &id));
            }
            for told in &mut one.resources {
                told.of.values_mut().for_each(|text| *text = text.replace(ACCOUNT, &id));
                told.tells.values_mut().for_each(|value| name_account(value, &id));
            }
            all.push(one);
        }
    }
    Ok(all)
}

/// Stands for the account's id.
const ACCOUNT: &str = "{account}";

fn name_account(value: &mut Value, id: &str) {
    match value {
        Value::String(text) if text.contains(ACCOUNT) => *text = text.replace(ACCOUNT, id),
        Value::Array(items) => items.iter_mut().for_each(|item| name_account(item, id)),
        Value::Object(fields) => fields.values_mut().for_each(|field| name_account(field, id)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// How an account's regions differ from those of a new account.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountRegions {
    /// Regions that need an opt-in and have it.
    pub opted_in: Vec<Region>,
    /// Regions a service control policy closes: every call there is refused with an explicit deny, but for STS and Account.
    pub closed: Vec<Region>,
    /// Zone groups (local and wavelength zones) that are opted in, e.g. `ap-northeast-1-tpe-1`.
    pub zone_groups: Vec<String>,
}

/// The four switches of S3's public access block; those not named are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicAccessBlock {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs do not count.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy serves the account only.
    pub restrict_public_buckets: bool,
}

/// A public access block: `none` (not configured), `all` (every switch on), or the switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublicAccessBlockSetting(pub Option<PublicAccessBlock>);

impl<'de> Deserialize<'de> for PublicAccessBlockSetting {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::values::word_or(
            deserializer,
            "`none`, `all`, or the four switches",
            |word| match word {
                "none" => Some(Self(None)),
                "all" => Some(Self(Some(PublicAccessBlock {
                    block_public_acls: true,
                    ignore_public_acls: true,
                    block_public_policy: true,
                    restrict_public_buckets: true,
                }))),
                _ => None,
            },
            |block| Self(Some(block)),
        )
    }
}

/// Tags, by key.
pub type Tags = BTreeMap<String, String>;
