//! What is wrong with a tenancy file, case by case.

use super::{Known, Loaded, TenancyError, load, parse};
use async_trait::async_trait;
use sekisho_contract::door::Door;
use sekisho_contract::operation::Operation;
use sekisho_contract::place::{Place, PlaceCatalogue, PlaceSort};
use sekisho_contract::provider::{SectionFault, Service};
use sekisho_contract::{AccountSection, AccountSession, GapReason, Provider, Shortfall};
use std::sync::Arc;

/// A provider that knows two regions and twelve-digit ids.
struct Cloud(PlaceCatalogue);

#[async_trait]
impl Provider for Cloud {
    fn name(&self) -> &'static str {
        "aws"
    }
    fn operations(&self) -> &[&'static Operation] {
        &[]
    }
    fn services(&self) -> &[Service] {
        &[]
    }
    fn places(&self) -> &PlaceCatalogue {
        &self.0
    }
    fn region_in(&self, id: &str) -> Option<String> {
        id.split(':').nth(3).map(str::to_owned)
    }
    fn check(&self, section: &AccountSection) -> Result<(), SectionFault> {
        let fault = |key, value, message: &str, help: &str| {
            Err(SectionFault { key, value, message: message.to_owned(), help: help.to_owned() })
        };
        for region in section.regions.iter().flatten() {
            if self.0.place(region).is_none() {
                return fault("regions", Some(region.clone()), "unknown region", "see the catalogue");
            }
        }
        if section.role_arn.as_ref().is_some_and(|role| !role.starts_with("arn:")) {
            return fault("role_arn", None, "not a role's ARN", "write arn:aws:iam::…");
        }
        if section.id.len() != 12 || !section.id.bytes().all(|byte| byte.is_ascii_digit()) {
            return fault("id", None, "an account's id has twelve digits", "see the console");
        }
        Ok(())
    }
    async fn enter(&self, _: &AccountSection, _: Arc<Door>) -> Result<Arc<dyn AccountSession>, Shortfall> {
        Err(Shortfall::without_call(GapReason::Unsupported, "a test"))
    }
}

fn cloud() -> Cloud {
    let place = Place {
        sort: PlaceSort::Region,
        countries: vec!["JP".to_owned()],
        sites: Vec::new(),
        region: None,
        opt_in: false,
        partition: None,
    };
    let names = ["ap-northeast-1", "ap-northeast-3"];
    Cloud(PlaceCatalogue {
        provider: "aws".to_owned(),
        date: "2026-11-01".to_owned(),
        sources: Vec::new(),
        sites: std::collections::BTreeMap::new(),
        places: names.iter().map(|name| ((*name).to_owned(), place.clone())).collect(),
    })
}

fn read(text: &str) -> Result<Loaded, TenancyError> {
    let cloud = cloud();
    let known =
        Known { providers: &[&cloud], profiles: &["jp-annex-2"], today: jiff::civil::date(2026, 11, 23) };
    parse("tenancy.toml", text, known)
}

const HEAD: &str = "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2027-03-31\n";
const ACCOUNT: &str = "[[account]]\nprovider = \"aws\"\nid = \"123456789012\"\n";

/// The file's faults as `line: message | help`, one for each expectation, which lists parts joined by `…`.
fn check(text: &str, expected: &[&str]) {
    let faults = match read(text) {
        Ok(loaded) => loaded.warnings,
        Err(TenancyError::Faulty { faults, .. }) => faults,
        Err(other) => panic!("{other}"),
    };
    let said: Vec<String> =
        faults.iter().map(|fault| format!("{}: {} | {}", fault.line, fault.message, fault.help)).collect();
    assert_eq!(said.len(), expected.len(), "{text}\nsaid {said:#?}");
    for (said, expected) in said.iter().zip(expected) {
        let wrong =
            || format!("said: {said}\nwanted: {expected}\n{}", text.chars().take(800).collect::<String>());
        let (line, parts) = expected.split_once(": ").unwrap();
        let mut rest = said.strip_prefix(&format!("{line}: ")).unwrap_or_else(|| panic!("{}", wrong()));
        for part in parts.split('…') {
            let found = rest.find(part).unwrap_or_else(|| panic!("{}", wrong()));
            rest = &rest[found + part.len()..];
        }
    }
}

#[test]
fn a_sound_file_is_read_whole() {
    let text = format!(
        "{HEAD}erasure_grace_days = 14\n{ACCOUNT}regions = \"all\"\nrole_arn = \"arn:aws:iam::123456789012:role/r\"\n\
         external_id = \"x\"\nprofile = \"audit\"\nendpoint = \"http://127.0.0.1:5000\"\n\
         [account.endpoints]\ns3 = \"http://127.0.0.1:9001\"\n\
         [[account]]\nprovider = \"aws\"\nid = \"210987654321\"\nregions = [\"ap-northeast-1\"]\n\
         [[scope]]\nmatch = {{tag = \"classification=public\", account = \"210987654321\"}}\nconfidential = false\n\
         [limits]\nconcurrency = 8\nmax_calls = 5000\n"
    );
    let loaded = read(&text).unwrap();
    assert!(loaded.warnings.is_empty());
    let tenancy = loaded.tenancy;
    assert_eq!(tenancy.contract_end, jiff::civil::date(2027, 3, 31));
    assert_eq!((tenancy.name.as_str(), tenancy.erasure_grace_days), ("Records", 14));
    assert_eq!((tenancy.limits.concurrency, tenancy.limits.max_calls), (Some(8), Some(5000)));
    let [first, second] = &tenancy.accounts[..] else { panic!("two accounts") };
    assert_eq!((&first.regions, first.profile.as_deref()), (&None, Some("audit")));
    assert_eq!((first.external_id.as_deref(), first.endpoints.len()), (Some("x"), 1));
    assert_eq!(first.endpoint.as_deref(), Some("http://127.0.0.1:5000"));
    assert_eq!(second.regions, Some(vec!["ap-northeast-1".to_owned()]));
    let scope = &tenancy.scopes[0];
    assert!(!scope.confidential && scope.availability_critical, "what is left out counts as true");
    assert_eq!(scope.matcher.tag.as_deref(), Some("classification=public"));
}

#[test]
fn faults_of_the_head_and_the_whole() {
    check("", &["1: has no [tenancy]…add: [tenancy]", "1: names no [[account]]…add: [[account]]"]);
    check(
        &format!("[tenancy]\n{ACCOUNT}"),
        &["1: no `name`", "1: no `profile`", "1: no `contract_end`…2027-03-31"],
    );
    check(
        &format!("{HEAD}{ACCOUNT}").replace("profile", "profil"),
        &["3: unknown key `profil` in [tenancy]…did you mean `profile`?…contract_end"],
    );
    check(&format!("{HEAD}[[acount]]\n"), &["5: unknown key `acount`…did you mean `account`"]);
    check(&format!("{HEAD}[account]\nid = \"1\"\n"), &["5: double brackets…write: [[account]]"]);
    check(
        &format!("{HEAD}account = 3\n").replace("[tenancy]\n", ""),
        &[
            "1: has no [tenancy]",
            "1: unknown key `name`",
            "2: unknown key `profile`",
            "3: unknown key `contract_end`",
            "4: `account` must be sections in double brackets, and is a number",
        ],
    );
    check(
        &format!("{HEAD}{ACCOUNT}").replace("jp-annex-2", "jp-anex-2"),
        &["3: unknown profile `jp-anex-2`…did you mean \"jp-annex-2\""],
    );
    check(&format!("{HEAD}{ACCOUNT}").replace("\"Records\"", "\" \""), &["2: `name` is empty"]);
    check(&format!("{HEAD}{ACCOUNT}").replace("Records", "\\u001b[31m"), &["2: control characters"]);
    check(&format!("{HEAD}{ACCOUNT}").replace("Records", &"x".repeat(600)), &["2: too long"]);
    check(
        &format!("{HEAD}{ACCOUNT}").replace("2027-03-31", "2020-03-31"),
        &["4: ended on 2020-03-31…renewed"],
    );
    check(&format!("{HEAD}{ACCOUNT}").replace("2027-03-31", "2027-02-30"), &["4: "]);
    for wrong in ["\"2027-03-31\"", "2027-03-31T00:00:00Z", "20270331", "\"令和9年3月31日\"", "12:00:00"]
    {
        let text = format!("{HEAD}{ACCOUNT}").replace("2027-03-31", wrong);
        check(&text, &["4: `contract_end` must be a day…and is…contract_end = 2027-03-31"]);
    }
    check(&format!("{HEAD}erasure_grace_days = -1\n{ACCOUNT}"), &["5: from 0 to 3650"]);
    check(&format!("{HEAD}erasure_grace_days = \"9\"\n{ACCOUNT}"), &["5: a whole number, and is a text"]);
    check(
        &format!("{HEAD}{ACCOUNT}[limits]\nmax_calls = 0\nconcurency = 4\n"),
        &["9: `max_calls` must be from 1", "10: `concurency`…did you mean `concurrency`"],
    );
}

#[test]
fn faults_of_accounts() {
    let with = |line: &str| format!("{HEAD}{ACCOUNT}{line}\n");
    check(&format!("{HEAD}[[account]]\n"), &["5: no `provider`", "5: no `id`"]);
    check(
        &with("region = \"all\""),
        &["8: unknown key `region` in [[account]]…did you mean `regions`?…role_arn"],
    );
    check(&with("xyzzy = 1"), &["8: unknown key `xyzzy`…| [[account]] may hold: provider"]);
    check(
        &with("").replace("\"aws\"", "\"asw\""),
        &["6: unknown provider `asw`…did you mean \"aws\"?…knows: aws"],
    );
    check(&with("").replace("\"aws\"", "\"oci\""), &["6: unknown provider `oci` | this build knows: aws"]);
    check(
        &with("").replace("\"123456789012\"", "123456789012"),
        &["7: `id` must be a text in quotes, and is a number"],
    );
    check(&with("").replace("123456789012", "1234"), &["7: twelve digits"]);
    check(&with("regions = \"tokyo\""), &["8: `regions` must be a list…write: regions = \"all\""]);
    check(&with("regions = []"), &["8: names no region"]);
    check(
        &with("regions = [\n\"ap-northeast-1\",\n\"ap-northeast-l\",\n\"tokyo\", 7]"),
        &[
            "10: unknown region `ap-northeast-l`…did you mean \"ap-northeast-1\"? the catalogue of aws (2026-11-01)",
            "11: unknown region `tokyo` | the catalogue",
            "11: a list of texts in quotes, and is a number",
        ],
    );
    check(&with("regions = [\"ap-northeast-1\", \"ap-northeast-1\"]"), &["8: named twice"]);
    check(
        &with("regions = [\"tokyo\"]").replace("123456789012", "1234"),
        &["7: twelve digits", "8: unknown region"],
    );
    check(
        &with("role_arn = \"role\"").replace("123456789012", "1234"),
        &["7: twelve digits", "8: not a role's ARN"],
    );
    check(&with(ACCOUNT), &["10: aws account 123456789012 is named twice (line 7)"]);
    check(
        &with("endpoint = \"http://10.0.0.1:5000\""),
        &["8: plain http to another machine is refused…leave the key out"],
    );
    check(&with("endpoint = \"https://example.com\""), &["8: no evidence"]);
    check(&with("endpoint = \"localhost\""), &["8: not a URL…http://127.0.0.1"]);
    check(
        &with("[account.endpoints]\ns3 = \"http://10.0.0.1\"\nkms = 3"),
        &["9: plain http", "10: `endpoints` must be a table of service"],
    );
    check(&with("endpoints = 4"), &["8: `endpoints` must be a table"]);
}

#[test]
fn faults_of_scopes() {
    let with = |line: &str| format!("{HEAD}{ACCOUNT}[[scope]]\n{line}\n");
    check(&with("confidential = false"), &["8: [[scope]] has no `match`"]);
    check(&with("match = {}\nconfidential = false"), &["9: this `match` is empty"]);
    check(
        &with("match = \"public\"\nconfidential = false"),
        &["9: `match` must be a table in braces, and is a text"],
    );
    check(
        &with("match = {tags = \"a\"}\nconfidential = false"),
        &["9: unknown key `tags` in match…did you mean `tag`"],
    );
    check(&with("match = {tag = \"=a\"}\nconfidential = false"), &["9: the tag has no key"]);
    check(&with("match = {tag = \"a\"}"), &["8: says nothing"]);
    check(
        &with("match = {tag = \"a\"}\nconfidential = \"no\""),
        &["10: true or false, without quotes, and is a text"],
    );
    check(
        &with("match = {account = \"999999999999\"}\nconfidential = false"),
        &["9: not in this file…123456789012"],
    );
    for (first, second, expected) in [
        ("tag = \"a=b\"", "tag = \"a=b\"", "matches the same as the one in line 9"),
        ("resource = \"*\"", "tag = \"a=b\"", "never reached: the one in line 9"),
        ("tag = \"a\"", "tag = \"a=b\"", "never reached: the one in line 9"),
        (
            "resource = \"arn:aws:s3:::p*\"",
            "resource = \"arn:aws:s3:::public-*\", tag = \"x\"",
            "never reached",
        ),
        ("account = \"123456789012\"", "account = \"123456789012\", tag = \"x\"", "never reached"),
    ] {
        let rule = |what: &str| format!("match = {{{what}}}\nconfidential = false\n");
        check(
            &with(&format!("{}[[scope]]\n{}", rule(first), rule(second))),
            &[&format!("12: {expected}…narrower")],
        );
        if first != second {
            check(&with(&format!("{}[[scope]]\n{}", rule(second), rule(first))), &[]);
        }
    }
}

#[test]
fn text_that_is_no_toml() {
    check(&format!("{HEAD}[[account]\n"), &["5: …this is TOML"]);
    check(&format!("{HEAD}name = \"again\"\n{ACCOUNT}"), &["5: duplicate key"]);
    check(
        &format!("{HEAD}{ACCOUNT}").replace("\"Records\"", "Records system"),
        &["2: …texts and ids in quotes"],
    );
    check(&format!("{HEAD}{ACCOUNT}").replace("\"aws\"", "aws").replace("\"Records\"", "R"), &["2: ", "6: "]);
    check(&format!("{HEAD}x = [{}]", "1,".repeat(3000)), &["5: longer than 4096 bytes"]);
    check(&"[".repeat(4000), &["1: "]);
}

#[test]
fn no_secret_and_no_control_character_is_shown() {
    for line in [
        "secret_access_key = \"TOPSECRET\"",
        "aws-session-token = '''\nTOPSECRET\n'''",
        "client_secret = {a = [\"TOPSECRET\"]}",
        "password = TOPSECRET",
        "endpoint = \"http://me:TOPSECRET@127.0.0.1\"",
    ] {
        let error = read(&format!("{HEAD}{ACCOUNT}{line}\nxyz = 1\n")).unwrap_err();
        let shown = format!("{:?}", miette::Report::new(error));
        assert!(!shown.contains("TOPSECRET") && shown.contains("tenancy.toml"), "{shown}");
    }
    let error = read(&format!("{HEAD}{ACCOUNT}x\u{1b}]0;y = 1\u{9b}1m")).unwrap_err();
    assert!(!format!("{:?}", miette::Report::new(error)).contains(['\u{1b}', '\u{9b}']));
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud();
    let known = Known { providers: &[&cloud], profiles: &[], today: jiff::civil::date(2026, 11, 23) };
    let path = folder.path().join("tenancy.toml");
    let said = || load(&path, known).map(drop).unwrap_err().to_string();
    assert!(said().starts_with("there is no file"));
    std::fs::write(&path, b"[tenancy]\nname = \"\x8a\xd6\x8f\x8a\"\n").unwrap();
    assert!(said().contains("line 2: not UTF-8"));
    std::fs::write(&path, vec![b'\n'; 1024 * 1024 + 1]).unwrap();
    assert!(said().contains("larger than 1048576"));
    let is_folder = load(folder.path(), known).map(drop).unwrap_err().to_string();
    assert!(is_folder.contains("cannot be read"), "{is_folder}");
}
