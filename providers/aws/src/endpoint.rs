//! Where each service is asked.

use sekisho_contract::fact::Kind;
use sekisho_contract::provider::AccountSection;
use sekisho_contract::{Endpoint, GapReason, Shortfall, Thing};
use std::collections::BTreeMap;
use url::Url;

/// Whether a text has the form of a region's name: it becomes part of the name of the host that is asked.
pub fn is_region_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lower = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() < 40
        && parts.len() >= 3
        && parts[..parts.len() - 1].iter().all(lower)
        && parts.last().is_some_and(|last| number(last))
}

/// The endpoints of one account: the provider's own, or emulators.
#[derive(Debug, Clone)]
pub struct Endpoints {
    all: Option<Url>,
    by_service: BTreeMap<String, Url>,
}

impl Endpoints {
    /// The endpoints an account's section names.
    pub fn of(section: &AccountSection) -> Result<Self, Shortfall> {
        let parse = |text: &String| {
            Url::parse(text).map_err(|error| {
                Shortfall::without_call(
                    GapReason::Failed,
                    format!("the endpoint `{text}` is not a URL: {error}"),
                )
            })
        };
        let all = section.endpoint.as_ref().map(parse).transpose()?;
        let by_service = section
            .endpoints
            .iter()
            .map(|(service, text)| Ok((service.clone(), parse(text)?)))
            .collect::<Result<_, Shortfall>>()?;
        Ok(Self { all, by_service })
    }

    /// The emulator that stands in for a service, if one does.
    pub fn emulator(&self, service: &str) -> Option<&Url> {
        self.by_service.get(service).or(self.all.as_ref())
    }

    /// The base address of a service in a region. The account is part of the name for S3 Control alone,
    /// and left out of an emulator's.
    pub fn url(&self, service: &str, region: &str, account: &str) -> Result<Url, Shortfall> {
        if let Some(emulator) = self.emulator(service) {
            return Ok(emulator.clone());
        }
        if !is_region_name(region) {
            let detail = format!("`{region}` is not the name of a region, and nothing was sent there");
            return Err(Shortfall::without_call(GapReason::Malformed, detail));
        }
        let text = match service {
            "s3control" => format!("https://{account}.s3-control.{region}.amazonaws.com/"),
            // Services without regions have one endpoint.
            "iam" | "cloudfront" => format!("https://{service}.amazonaws.com/"),
            "ecr" => format!("https://api.ecr.{region}.amazonaws.com/"),
            "s3express" => format!("https://s3express-control.{region}.amazonaws.com/"),
            "memorydb" => format!("https://memory-db.{region}.amazonaws.com/"),
            _ => format!("https://{service}.{region}.amazonaws.com/"),
        };
        Url::parse(&text).map_err(|error| {
            Shortfall::without_call(
                GapReason::Failed,
                format!("no endpoint for {service} in {region}: {error}"),
            )
        })
    }
}

/// Services whose endpoint in a region gives out the bytes themselves. Those of other services are for their
/// administration: what they hold is reached through addresses of the customer's own networks.
/// <https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html>
const GIVING_OUT: &[&str] = &[
    "s3",
    "dynamodb",
    "glacier",
    "kinesis",
    "kms",
    "logs",
    "s3tables",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
];

/// The name at which the bytes of a thing can be had.
pub fn of_thing(thing: &Thing<'_>) -> Option<Endpoint> {
    let service = match (thing.service, thing.kind) {
        // EBS direct APIs read the blocks of snapshots.
        ("ebs", Kind::Snapshot) => "ebs",
        (service, _) => GIVING_OUT.iter().find(|known| **known == service)?,
    };
    let named = is_region_name(thing.region);
    let told_openly = (service, thing.kind) == ("s3", Kind::ObjectStore);
    let host = || format!("{service}.{}.amazonaws.com", thing.region);
    named.then(|| Endpoint { told_openly, ..Endpoint::https(host()) })
}

#[cfg(test)]
mod tests {
    use super::{is_region_name, of_thing};
    use sekisho_contract::Thing;
    use sekisho_contract::fact::Kind;

    #[test]
    fn names_at_which_bytes_can_be_had() {
        for (service, kind, region, expected) in [
            ("s3", Kind::ObjectStore, "ap-northeast-1", Some("s3.ap-northeast-1.amazonaws.com")),
            ("ebs", Kind::Snapshot, "ap-northeast-3", Some("ebs.ap-northeast-3.amazonaws.com")),
            ("ebs", Kind::Disk, "ap-northeast-1", None),
            ("rds", Kind::Database, "ap-northeast-1", None),
            ("s3", Kind::ObjectStore, "evil.example/", None),
            ("s3", Kind::ObjectStore, "unknown", None),
        ] {
            let found = of_thing(&Thing { region, service, kind, id: "", name: "" });
            assert_eq!(found.map(|found| found.host).as_deref(), expected, "{service} {region}");
        }
    }

    #[test]
    fn only_names_of_regions_become_part_of_a_host() {
        for name in ["ap-northeast-1", "us-gov-west-1", "mx-central-1", "eusc-de-east-1"] {
            assert!(is_region_name(name), "{name}");
        }
        for name in [
            "",
            "x.localhost:9443/",
            "AP-NORTHEAST-1",
            " us-east-1",
            "us-east-1.evil",
            "us--1",
            "tokyo",
            "us-east-",
        ] {
            assert!(!is_region_name(name), "{name}");
        }
    }
}
