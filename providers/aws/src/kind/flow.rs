//! Where data go that are handed on: buckets, functions, queues, addresses.

use super::draft::Draft;
use super::shared::region_of_target;
use crate::session::Session;
use sekisho_contract::fact::{Copy, CopyRole};
use sekisho_contract::gap::shorten;
use sekisho_contract::{GapReason, Shortfall};
use std::collections::BTreeMap;

/// Notes the copy that data become in what an ARN names: a bucket, whose region is asked, or anything that
/// rests in the region its ARN names.
pub async fn handed_to(draft: &mut Draft<'_>, session: &Session, role: CopyRole, arn: &str) {
    let holder = shorten(&bucket(arn).unwrap_or_else(|| of_function(arn)));
    let known =
        |copy: &Copy| copy.role == role && copy.holder.as_deref().is_some_and(|known| known == holder);
    if draft.resource.copies.iter().any(known) {
        return;
    }
    if bucket(arn).is_none() {
        return draft.copy_at(role, &holder);
    }
    let place = region_of_target(session, &mut draft.sheet, "copies", &holder, &BTreeMap::new()).await;
    draft.resource.copies.push(Copy::new(role, Some(holder), place));
}

/// Notes the copy that data become at an address whose place nobody can tell.
pub fn sent_away(draft: &mut Draft<'_>, role: CopyRole, sort: &str) {
    let detail = format!("where data rest that go to {} was not read", shorten(sort));
    draft.perhaps_copied(role, &Shortfall::without_call(GapReason::NotRead, detail));
}

/// The bucket's ARN, if it is a bucket or something in one.
fn bucket(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", Some(partition), "s3", "", "") =
        (parts.next()?, parts.next(), parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    let name = parts.next()?.split('/').next()?;
    Some(format!("arn:{partition}:s3:::{name}"))
}

/// A function's ARN without the version or alias that is called; another as it is.
pub fn of_function(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(8, ':').collect();
    match parts[..] {
        ["arn", _, "lambda", _, _, "function", _, _] => parts[..7].join(":"),
        _ => arn.to_owned(),
    }
}

/// The region that a service's own address names (`https://name.ap-northeast-1.es.amazonaws.com`).
pub fn region_of_address<'a>(address: &'a str, services: &[&str]) -> Option<&'a str> {
    let host = address.rsplit("//").next()?.split(['/', ':', '?']).next()?;
    let labels: Vec<&str> = host.split('.').collect();
    match labels[..] {
        [_, .., region, service, "amazonaws", "com"] if services.contains(&service) => Some(region),
        _ => None,
    }
    .filter(|region| crate::endpoint::is_region_name(region))
}

#[cfg(test)]
mod tests {
    use super::{bucket, of_function, region_of_address};

    #[test]
    fn what_an_arn_names_is_told() {
        assert_eq!(bucket("arn:aws:s3:::logs/prefix").as_deref(), Some("arn:aws:s3:::logs"));
        for other in ["arn:aws:sqs:us-east-1:1:q", "arn:aws:s3:us-east-1:1:accesspoint/x", "logs"] {
            assert_eq!(bucket(other), None, "{other}");
        }
        let function = "arn:aws:lambda:us-east-1:111122223333:function:mask";
        assert_eq!(of_function(function), function);
        assert_eq!(of_function(&format!("{function}:live")), function);
    }

    #[test]
    fn only_a_services_own_address_names_a_region() {
        for (address, region) in [
            ("https://search-x.us-east-1.es.amazonaws.com/", Some("us-east-1")),
            ("https://x.ap-northeast-1.aoss.amazonaws.com:443", Some("ap-northeast-1")),
            (
                "jdbc:redshift://wg.111122223333.us-west-2.redshift-serverless.amazonaws.com:5439/db",
                Some("us-west-2"),
            ),
            ("jdbc:redshift://x.ap-northeast-1.redshift.amazonaws.com.evil.example:5439/db", None),
            ("https://ap-northeast-1.es.amazonaws.com", None),
            ("https://x.tokyo.es.amazonaws.com", None),
            ("https://example.com", None),
            ("", None),
        ] {
            assert_eq!(
                region_of_address(address, &["es", "aoss", "redshift", "redshift-serverless"]),
                region,
                "{address}"
            );
        }
    }
}
