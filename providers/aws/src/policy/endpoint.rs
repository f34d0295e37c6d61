//! Reads the policies of endpoints, through which networks reach services: whether they let everything pass.

use super::{OneOrMany, Policy, Statement, texts};
use sekisho_contract::fact::EndpointPolicy;
use serde_json::Value;

/// Condition keys that narrow an `Allow` to certain accounts or organizations: those who ask, or whose things are asked for.
const NARROWING: &[&str] = &[
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "s3:resourceaccount",
];

/// What an endpoint lets pass, of an endpoint of this service (`s3`); an error says what is not understood.
pub fn breadth(text: &str, service: &str) -> Result<EndpointPolicy, &'static str> {
    let policy: Policy = serde_json::from_str(text).map_err(|_| "the endpoint's policy cannot be read")?;
    let statements = policy.statement.into_vec();
    let mut widest = EndpointPolicy::Narrowed;
    let (mut refuses, mut doubtful) = (false, false);
    for statement in &statements {
        match (statement.effect.as_str(), of_allow(statement, service)) {
            ("Deny", _) => refuses = true,
            ("Allow", Some(found)) => widest = widest.min(found),
            _ => doubtful = true,
        }
    }
    match (widest, doubtful) {
        // Beside one statement that lets everything pass the others do not matter, unless one refuses some of it.
        (EndpointPolicy::Narrowed, true) | (EndpointPolicy::Actions, true) => Err(UNCLEAR),
        (EndpointPolicy::Full | EndpointPolicy::Actions, _) if refuses => Err(UNCLEAR),
        (widest, _) => Ok(widest),
    }
}

const UNCLEAR: &str = "the endpoint's policy is not understood";

/// What an `Allow` lets pass; `None` where that is not understood.
fn of_allow(statement: &Statement, service: &str) -> Option<EndpointPolicy> {
    if statement.not_principal.is_some() {
        return None;
    }
    // What is left out on purpose (`NotAction`, `NotResource`) leaves these out.
    let (actions, resources) = (statement.action.as_ref()?, statement.resource.as_ref()?);
    let everyone = match statement.principal.as_ref()? {
        Value::String(anyone) => anyone == "*",
        Value::Object(by_class) => {
            let ids = by_class.values().flat_map(texts).collect::<Vec<_>>();
            if ids.is_empty() {
                return None;
            }
            ids.iter().any(|id| id.contains('*'))
        }
        _ => return None,
    };
    let any = |list: &OneOrMany<String>, wide: &dyn Fn(&str) -> bool| {
        list.as_slice().is_empty() || list.as_slice().iter().any(|item| wide(item))
    };
    let all = format!("{service}:*");
    let every_action = any(actions, &|action| action == "*" || action.eq_ignore_ascii_case(&all));
    // Whoever's: a name that begins with any letters may be anybody's, and so may one in any account. A bucket's name alone says
    // whose it is.
    let whoever = any(resources, &|resource| {
        let name = resource.rsplit(':').next().unwrap_or(resource);
        let account = resource.split(':').nth(4).unwrap_or_default();
        let of_bucket = resource.split(':').nth(2) == Some("s3");
        name.starts_with(['*', '?']) || account.contains(['*', '?']) || (account.is_empty() && !of_bucket)
    });
    let narrowed = statement.condition.iter().any(|(operator, tests)| {
        matches!(operator.as_str(), "StringEquals" | "ForAnyValue:StringEquals")
            && tests.iter().any(|(key, values)| {
                let values = texts(values);
                NARROWING.contains(&key.to_ascii_lowercase().as_str())
                    && !values.is_empty()
                    && values.iter().all(|value| !value.contains(['*', '?']))
            })
    });
    Some(match (everyone && whoever && !narrowed, every_action) {
        (false, _) => EndpointPolicy::Narrowed,
        (true, false) => EndpointPolicy::Actions,
        // Other conditions narrow it in ways that are not judged here.
        (true, true) if !statement.condition.is_empty() => return None,
        (true, true) => EndpointPolicy::Full,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_endpoints_are_read_for_what_they_let_pass() {
        use EndpointPolicy::{Actions, Full, Narrowed};
        let allow = |principal: &str, action: &str, resource: &str, condition: &str| {
            format!(
                r#"{{"Effect":"Allow","Principal":{principal},"Action":{action},"Resource":{resource},"Condition":{condition}}}"#
            )
        };
        let of = |statements: &[&str]| {
            breadth(&format!("{{\"Statement\":[{}]}}", statements.join(",")), "s3").map_err(|_| ())
        };
        let full = allow(r#""*""#, r#""*""#, r#""*""#, "{}");
        let own = r#"{"StringEquals":{"aws:ResourceAccount":"111122223333"}}"#;
        for (principal, action, resource, condition, found) in [
            (r#""*""#, r#""*""#, r#""*""#, "{}", Ok(Full)),
            (r#"{"AWS":"*"}"#, r#"["s3:*"]"#, r#""arn:aws:s3:::*""#, "{}", Ok(Full)),
            (r#""*""#, r#""s3:GetObject""#, r#""*""#, "{}", Ok(Actions)),
            (r#""*""#, r#""*""#, r#"["arn:aws:s3:::records","arn:aws:s3:::records/*"]"#, "{}", Ok(Narrowed)),
            (r#""*""#, r#""*""#, r#"["arn:aws:s3:::records","*"]"#, "{}", Ok(Full)),
            (r#""*""#, r#""*""#, r#""arn:aws:dynamodb:*:*:table/records""#, "{}", Ok(Full)),
            (r#""*""#, r#""*""#, r#""arn:aws:dynamodb:*:111122223333:table/*""#, "{}", Ok(Narrowed)),
            (r#""*""#, r#""*""#, r#""*""#, own, Ok(Narrowed)),
            (
                r#""*""#,
                r#""*""#,
                r#""*""#,
                r#"{"StringEqualsIfExists":{"aws:ResourceAccount":"111122223333"}}"#,
                Err(()),
            ),
            (r#""*""#, r#""*""#, r#""*""#, r#"{"StringEquals":{"aws:ResourceAccount":"*"}}"#, Err(())),
            (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, r#""*""#, r#""*""#, "{}", Ok(Narrowed)),
            (r#"{"AWS":["arn:aws:iam::111122223333:root","*"]}"#, r#""*""#, r#""*""#, "{}", Ok(Full)),
            (r#"{"AWS":[]}"#, r#""*""#, r#""*""#, "{}", Err(())),
        ] {
            let statement = allow(principal, action, resource, condition);
            assert_eq!(of(&[&statement]), found, "{statement}");
        }
        let narrow = allow(r#""*""#, r#""*""#, r#""*""#, own);
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceOrgID":"o-1"}}}"#;
        let but = r#"{"Effect":"Allow","Principal":"*","NotAction":"s3:PutObject","Resource":"*"}"#;
        assert_eq!(of(&[&narrow, &full]), Ok(Full));
        assert_eq!(of(&[&full, deny]), Err(()));
        assert_eq!(of(&[&narrow, deny]), Ok(Narrowed));
        assert_eq!(of(&[&narrow, but]), Err(()));
        assert_eq!(of(&[&full, but]), Ok(Full));
        assert_eq!(of(&[]), Ok(Narrowed), "what lets nothing pass");
        for text in ["", "{}", "<html>", r#"{"Statement":[{"Effect":"Allow","principal":"*"}]}"#] {
            assert!(breadth(text, "s3").is_err(), "{text}");
        }
    }
}
