//! Reads from where a policy lets requests come: only what is wholly understood is a bound.

use super::{Statement, bucket_and_objects, everyone, everything, texts};
use sekisho_contract::fact::{Bound, BoundEffect, Sources, Span, is_open};
use sekisho_contract::gap::{Sheet, shorten};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde_json::Value;

/// Condition keys that speak of where a request comes from ("AWS global condition context keys", properties of the
/// network).
const SOURCE_KEYS: &[&str] = &[
    "aws:sourceip",
    "aws:vpcsourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Bounds as statements come by, and whether one of them may bound in a way that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounds {
    /// What was understood.
    pub found: Vec<Bound>,
    /// Whether a statement speaks of sources in a way that is not understood.
    pub unclear: bool,
    /// Whether there is an `Allow`, and each lets in from certain sources alone.
    pub all_let_in_bounded: bool,
    /// Bounds of one of bucket and objects, whose other half may come by.
    halves: Vec<(Bound, (bool, bool))>,
}

impl Bounds {
    /// Nothing bounds anything.
    pub const NONE: Self =
        Self { found: Vec::new(), unclear: false, all_let_in_bounded: false, halves: Vec::new() };

    /// Notes what an `Allow` bounds: those alone whom it lets in.
    pub(super) fn allow(&mut self, statement: &Statement, first: bool) {
        let bound = let_in_from(statement);
        self.all_let_in_bounded = (first || self.all_let_in_bounded) && bound.is_some();
        self.found.extend(bound);
    }

    /// Notes what a `Deny` bounds.
    pub(super) fn deny(&mut self, statement: &Statement, arn: &str) {
        match refused_elsewhere(statement) {
            None => {}
            Some(Err(())) => self.unclear = true,
            Some(Ok(bound)) => {
                let all = everyone(statement) && everything(statement, arn);
                let (bucket, objects) = bucket_and_objects(statement, arn);
                let covered = (all && bucket, all && objects);
                match self.halves.iter_mut().find(|(known, _)| *known == bound) {
                    Some((_, known)) => *known = (known.0 || covered.0, known.1 || covered.1),
                    None => self.halves.push((bound, covered)),
                }
            }
        }
    }

    /// Everything has come by: what covers all refuses all.
    pub(super) fn close(&mut self) {
        for (bound, covered) in std::mem::take(&mut self.halves) {
            let effect =
                if covered == (true, true) { BoundEffect::Refuses } else { BoundEffect::RefusesSome };
            self.found.push(Bound { effect: Observed::Seen(effect), ..bound });
        }
        self.found.sort();
        self.found.dedup();
    }

    /// What another policy of the same thing bounds besides.
    pub fn and(&mut self, other: Self) {
        self.found.extend(other.found);
        self.found.sort();
        self.found.dedup();
        self.unclear |= other.unclear;
    }

    /// Where a policy alone decides who is let in at all, and lets everyone in from certain sources only, that bounds them
    /// too: but others may be let in beside it.
    pub fn decides(mut self) -> Self {
        self.unclear |= self.all_let_in_bounded;
        self
    }

    /// What bounds the sources of requests to a resource.
    pub fn sources(self, sheet: &mut Sheet) -> Sources {
        let mut bounds = self.found;
        if self.unclear {
            let detail = "its policy restricts where requests come from in a way that is not understood";
            sheet.unseen::<()>("sources.bounds", &Shortfall::without_call(GapReason::Unknown, detail));
            bounds.push(Bound::perhaps());
        }
        Sources { bounds: Observed::Seen(bounds) }
    }
}

/// What could not be seen of where requests may come from.
pub fn perhaps_bounded(sheet: &mut Sheet, shortfall: &Shortfall) -> Sources {
    Sources { bounds: sheet.unseen("sources.bounds", shortfall) }
}

/// The sources from which an `Allow` lets in whom it lets in: what has no source fails each of these tests.
fn let_in_from(statement: &Statement) -> Option<Bound> {
    let mut tests = sourced(statement);
    let ((operator, key, values), None) = (tests.next()?, tests.next()) else { return None };
    let values = texts(values);
    let mut bound = Bound { effect: Observed::Seen(BoundEffect::LetsIn), ..empty() };
    match (operator, key.as_str()) {
        ("IpAddress", "aws:sourceip") => addresses(&mut bound, &values)?,
        ("StringEquals", "aws:sourcevpc") => named(&mut bound.networks, "vpc-", &values)?,
        ("StringEquals", "aws:sourcevpce") => named(&mut bound.endpoints, "vpce-", &values)?,
        _ => return None,
    }
    Some(bound)
}

/// Tests of a statement that speak of sources, with their keys in small letters.
fn sourced(statement: &Statement) -> impl Iterator<Item = (&str, String, &Value)> {
    statement
        .condition
        .iter()
        .flat_map(|(operator, tests)| {
            tests.iter().map(move |(key, values)| (operator.as_str(), key.to_ascii_lowercase(), values))
        })
        .filter(|(_, key, _)| SOURCE_KEYS.contains(&key.as_str()))
}

/// The sources from which a `Deny` lets requests pass. `None` where it does not speak of sources, an error where it does in
/// a way that is not understood.
///
/// All tests of a statement must hold for it to deny: whatever fails one of them passes. A negated test holds for a
/// request without the key, with `IfExists` or without ("IAM JSON policy elements: condition operators").
fn refused_elsewhere(statement: &Statement) -> Option<Result<Bound, ()>> {
    sourced(statement).next()?;
    let mut bound = empty();
    for (operator, tests) in &statement.condition {
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(bare) => (bare, true),
            None => (operator.as_str(), false),
        };
        for (key, values) in tests {
            if passes(&mut bound, (operator, if_exists), key, &texts(values)).is_none() {
                return Some(Err(()));
            }
        }
    }
    bound.exempt.sort();
    bound.exempt.dedup();
    Some(Ok(bound))
}

/// Notes who passes by failing a test.
fn passes(
    bound: &mut Bound,
    (operator, if_exists): (&str, bool),
    key: &str,
    values: &[String],
) -> Option<()> {
    let small = key.to_ascii_lowercase();
    let alike = matches!(operator, "StringNotEquals" | "StringNotEqualsIgnoreCase" | "StringNotLike");
    match (operator, small.as_str()) {
        ("NotIpAddress", "aws:sourceip") => addresses(bound, values),
        // Private addresses are the same in everybody's networks: whose they are is not said.
        ("NotIpAddress", "aws:vpcsourceip") => exempted(bound, key, values),
        (_, "aws:sourcevpc") if alike => named(&mut bound.networks, "vpc-", values),
        (_, "aws:sourcevpce") if alike => named(&mut bound.endpoints, "vpce-", values),
        // A service that asks for itself is nobody elsewhere; who asks without a name has no such key.
        ("Bool", "aws:principalisawsservice") if values == ["false"] => {
            if !if_exists {
                bound.exempt.push("requests without a name".to_owned());
            }
            Some(())
        }
        // Who may ask a service, from wherever, has it ask.
        ("Bool", "aws:viaawsservice") if values == ["false"] => exempted(bound, key, values),
        (_, "aws:principalarn") if alike || matches!(operator, "ArnNotEquals" | "ArnNotLike") => {
            exempted(bound, key, values)
        }
        (_, "aws:principalaccount" | "aws:principalorgid" | "aws:userid" | "aws:username") if alike => {
            exempted(bound, key, values)
        }
        (_, tag) if alike && tag.starts_with("aws:principaltag/") => exempted(bound, key, values),
        _ => None,
    }
}

fn exempted(bound: &mut Bound, key: &str, values: &[String]) -> Option<()> {
    let (_, named) = key.split_once(':')?;
    bound.exempt.extend(values.iter().map(|value| shorten(&format!("{named} {value}"))));
    (!values.is_empty()).then_some(())
}

/// Networks or endpoints named wholly, each by its id.
fn named(passing: &mut Vec<String>, prefix: &str, values: &[String]) -> Option<()> {
    let whole = |value: &String| {
        let id = value.strip_prefix(prefix)?;
        (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| value.clone())
    };
    let values: Option<Vec<String>> = values.iter().map(whole).collect();
    passing.extend(values.filter(|values| !values.is_empty())?);
    passing.sort();
    passing.dedup();
    Some(())
}

fn addresses(bound: &mut Bound, values: &[String]) -> Option<()> {
    bound.addresses.extend(values.iter().map(|value| shorten(value)));
    bound.addresses.sort();
    bound.addresses.dedup();
    let spans: Option<Vec<Span>> = bound.addresses.iter().map(|value| Span::read(value)).collect();
    bound.open = Observed::Seen(is_open(&spans.filter(|spans| !spans.is_empty())?));
    Some(())
}

fn empty() -> Bound {
    Bound { open: Observed::Seen(false), ..Bound::perhaps() }
}

#[cfg(test)]
mod tests {
    use crate::policy::read;
    use sekisho_contract::fact::{Bound, BoundEffect};

    const ARN: &str = "arn:aws:s3:::records";
    const BOTH: &str = r#"["arn:aws:s3:::records","arn:aws:s3:::records/*"]"#;

    /// A bound in one line: its effect, what passes, whether it is open.
    fn line(bound: &Bound) -> String {
        let effect = match bound.effect.seen() {
            Some(BoundEffect::Refuses) => "refuses",
            Some(BoundEffect::RefusesSome) => "refuses some",
            Some(BoundEffect::LetsIn) => "lets in",
            None => "?",
        };
        let passing = [&bound.addresses, &bound.networks, &bound.endpoints];
        let passing: Vec<&str> = passing.into_iter().flatten().map(String::as_str).collect();
        let exempt = if bound.exempt.is_empty() {
            String::new()
        } else {
            format!(" exempt {}", bound.exempt.join(", "))
        };
        let open = if bound.open.seen() == Some(&true) { " open" } else { "" };
        format!("{effect} {}{exempt}{open}", passing.join(" "))
    }

    fn check(statements: &str, lines: &[&str], unclear: bool) {
        let reading =
            read(&format!("{{\"Version\":\"2012-10-17\",\"Statement\":{statements}}}"), ARN).unwrap();
        let found: Vec<String> = reading.bounds.found.iter().map(line).collect();
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!((found.as_slice(), reading.bounds.unclear), (lines, unclear), "{statements}");
    }

    fn deny(principal: &str, action: &str, resources: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Deny","Principal":{principal},"Action":{action},"Resource":{resources},"Condition":{condition}}}"#
        )
    }

    const OFFICE: &str = r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}}"#;

    #[test]
    fn a_bound_refuses_everyone_everything_from_elsewhere() {
        for (principal, action, resources, effect) in [
            (r#""*""#, r#""s3:*""#, BOTH, "refuses"),
            (r#"{"AWS":"*"}"#, r#""*""#, r#""*""#, "refuses"),
            (r#""*""#, r#""s3:GetObject""#, BOTH, "refuses some"),
            (r#""*""#, r#""s3:*""#, r#""arn:aws:s3:::records/*""#, "refuses some"),
            (r#""*""#, r#""s3:*""#, r#"["arn:aws:s3:::other","arn:aws:s3:::other/*"]"#, "refuses some"),
            (r#"{"AWS":"111122223333"}"#, r#""s3:*""#, BOTH, "refuses some"),
        ] {
            let statement = deny(principal, action, resources, OFFICE);
            check(&format!("[{statement}]"), &[&format!("{effect} 203.0.113.0/24")], false);
        }
        let halves = [r#""arn:aws:s3:::records""#, r#""arn:aws:s3:::records/*""#];
        let [bucket, objects] = halves.map(|half| deny(r#""*""#, r#""s3:*""#, half, OFFICE));
        check(&format!("[{bucket},{objects}]"), &["refuses 203.0.113.0/24"], false);
        let excepted = r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:GetObject","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}"#;
        check(&format!("[{excepted}]"), &["refuses some 203.0.113.0/24"], false);
    }

    #[test]
    fn whoever_fails_one_test_passes() {
        for (condition, line) in [
            (r#"{"NotIpAddressIfExists":{"aws:sourceip":"203.0.113.7"}}"#, "refuses 203.0.113.7"),
            (r#"{"StringNotEquals":{"aws:SourceVpce":"vpce-0a1b"}}"#, "refuses vpce-0a1b"),
            (
                r#"{"StringNotEqualsIfExists":{"aws:SourceVpc":["vpc-0a","vpc-0b"]},"NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]}}"#,
                "refuses 203.0.113.0/24 vpc-0a vpc-0b",
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}"#,
                "refuses 203.0.113.0/24",
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"Bool":{"aws:PrincipalIsAWSService":"false"}}"#,
                "refuses 203.0.113.0/24 exempt requests without a name",
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"Bool":{"aws:ViaAWSService":"false"}}"#,
                "refuses 203.0.113.0/24 exempt ViaAWSService false",
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::1:role/x"}}"#,
                "refuses 203.0.113.0/24 exempt PrincipalArn arn:aws:iam::1:role/x",
            ),
            (
                r#"{"NotIpAddress":{"aws:VpcSourceIp":"10.0.0.0/8","aws:SourceIp":"203.0.113.0/24"}}"#,
                "refuses 203.0.113.0/24 exempt VpcSourceIp 10.0.0.0/8",
            ),
            (
                r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}"#,
                "refuses 0.0.0.0/0 203.0.113.0/24 open",
            ),
        ] {
            check(&format!("[{}]", deny(r#""*""#, r#""s3:*""#, BOTH, condition)), &[line], false);
        }
    }

    #[test]
    fn what_is_not_understood_is_no_bound() {
        for condition in [
            r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:SecureTransport":"false"}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","office"]}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":[]}}"#,
            r#"{"StringNotLike":{"aws:SourceVpce":"vpce-*"}}"#,
            r#"{"ForAnyValue:StringNotEquals":{"aws:SourceVpc":"vpc-0a"}}"#,
            r#"{"Null":{"aws:SourceVpce":"true"}}"#,
            r#"{"StringNotEquals":{"aws:VpceOrgID":"o-1"}}"#,
            r#"{"StringEquals":{"aws:SourceVpc":"vpc-0a"}}"#,
            r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"DateGreaterThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}"#,
        ] {
            check(&format!("[{}]", deny(r#""*""#, r#""s3:*""#, BOTH, condition)), &[], true);
        }
        check(&format!("[{}]", deny(r#""*""#, r#""s3:*""#, BOTH, "{}")), &[], false);
    }

    #[test]
    fn an_allow_bounds_only_what_it_allows() {
        let allow = |condition: &str| {
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"111122223333"}},"Action":"s3:*","Resource":"*","Condition":{condition}}}"#
            )
        };
        for (condition, lines) in [
            (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &["lets in 203.0.113.0/24"] as &[&str]),
            (
                r#"{"StringEquals":{"aws:SourceVpce":"vpce-0a"},"Bool":{"aws:SecureTransport":"true"}}"#,
                &["lets in vpce-0a"],
            ),
            (r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#, &[]),
            (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &[]),
            (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, &[]),
            ("{}", &[]),
        ] {
            check(&format!("[{}]", allow(condition)), lines, false);
        }
        let from = r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#;
        for (statements, all) in [
            (format!("[{}]", allow(from)), true),
            (format!("[{},{}]", allow(from), allow("{}")), false),
            (format!("[{},{}]", allow("{}"), allow(from)), false),
            ("[]".to_owned(), false),
        ] {
            let text = format!("{{\"Statement\":{statements}}}");
            assert_eq!(read(&text, ARN).unwrap().bounds.all_let_in_bounded, all, "{statements}");
        }
    }
}
