use super::{Asked, PAYLOAD_TYPE, Request, RequestFault, SCHEMA, Signed};
use crate::documents::Handling;
use crate::envelope::{Key, Trusted, sign};
use crate::tenancy::Tenancy;
use jiff::Timestamp;
use sekisho_contract::AccountSection;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn request(key: &Key) -> Request {
    Request {
        schema: SCHEMA.to_owned(),
        body: "〇〇機構".to_owned(),
        person: Some("情報システム課".to_owned()),
        contract: "文書管理システム".to_owned(),
        profile: "jp-annex-2".to_owned(),
        profile_digest: None,
        clauses: vec!["V-3".to_owned(), "V-6".to_owned()],
        accounts: vec![Asked { provider: "aws".to_owned(), id: "123456789012".to_owned(), members: false }],
        nonce: "0f".repeat(32),
        issued_at: at("2026-11-01T00:00:00Z"),
        expires_at: at("2026-11-15T00:00:00Z"),
        max_calls: Some(9_000),
        handling: Some(Handling {
            confidentiality: 2,
            integrity: None,
            availability: None,
            restrictions: vec!["複製禁止".to_owned()],
        }),
        public_key: key.public_pem(),
        recipients: Vec::new(),
    }
}

fn signed(request: &Value, key: &Key) -> Vec<u8> {
    sign(PAYLOAD_TYPE, request.to_string().as_bytes(), key).unwrap()
}

#[test]
fn a_request_counts_when_its_signature_fits() {
    let (officer, other) = (Key::ephemeral().unwrap(), Key::ephemeral().unwrap());
    let trusted = |key: &Key| Trusted::parse(key.public_pem().as_bytes()).unwrap();
    let text = json!(request(&officer));
    let envelope = signed(&text, &officer);
    for (keys, known) in [(vec![], false), (vec![trusted(&officer)], true)] {
        let read = Signed::parse(&envelope, &keys).unwrap();
        assert_eq!((read.request, read.trusted), (request(&officer), known));
        assert_eq!(read.keyid, officer.id());
    }
    let words = |envelope: &[u8], keys: &[Trusted]| Signed::parse(envelope, keys).unwrap_err().to_string();
    assert!(words(&envelope, &[trusted(&other)]).contains("none of the trusted keys"));
    // Signed with another key than the one it brings along.
    assert!(words(&signed(&text, &other), &[]).contains("none of the trusted keys"));
    assert!(
        words(&sign("text/plain", text.to_string().as_bytes(), &officer).unwrap(), &[]).contains("signed as")
    );
    let changed = String::from_utf8(envelope).unwrap().replacen("payload\":\"ey", "payload\":\"fy", 1);
    assert!(!words(changed.as_bytes(), &[trusted(&officer)]).is_empty());
    let twice = text.to_string().replacen('{', "{\"profile\":\"other\",", 1);
    assert!(words(&sign(PAYLOAD_TYPE, twice.as_bytes(), &officer).unwrap(), &[]).contains("stands twice"));
}

#[test]
fn values_that_cannot_be_are_refused_by_name() {
    let key = Key::ephemeral().unwrap();
    let long = "あ".repeat(401);
    for (path, value, why) in [
        ("/schema", json!("sekisho/request/v2"), "`schema` is"),
        ("/body", json!(" "), "`body`"),
        ("/body", json!(long), "`body`"),
        ("/contract", json!("a\nb"), "`contract`"),
        ("/person", json!("\u{202e}反対"), "`person`"),
        ("/nonce", json!("0F".repeat(32)), "`nonce`"),
        ("/nonce", json!("0f".repeat(31)), "`nonce`"),
        ("/profile_digest", json!("sha256:0"), "`profile_digest`"),
        ("/clauses", json!([]), "`clauses`"),
        ("/clauses", json!(["V-3", "V-3"]), "`clauses` names one twice"),
        ("/accounts", json!([]), "`accounts`"),
        ("/accounts", json!([{"provider": "aws", "id": "1/2"}]), "`accounts`"),
        (
            "/accounts",
            json!([{"provider": "aws", "id": "1"}, {"provider": "aws", "id": "1", "members": true}]),
            "twice",
        ),
        ("/accounts", json!([{"provider": "aws", "id": "1", "more": 1}]), "unknown field"),
        ("/expires_at", json!("2026-11-01T00:00:00Z"), "`expires_at`"),
        ("/expires_at", json!("tomorrow"), "no request"),
        ("/max_calls", json!(0), "`max_calls`"),
        ("/max_calls", json!(-1), "no request"),
        ("/handling", json!({"confidentiality": 4}), "`handling`"),
        ("/handling", json!({"confidentiality": 2, "restrictions": [""]}), "`handling`"),
        ("/public_key", json!("none"), "`public_key`"),
        ("/recipients", json!([""]), "`recipients`"),
        ("/unknown", json!(1), "unknown field"),
    ] {
        let mut text = json!(request(&key));
        match text.pointer_mut(path) {
            Some(place) => *place = value,
            None => text[&path[1..]] = value,
        }
        let said = Signed::parse(&signed(&text, &key), &[]).unwrap_err().to_string();
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[test]
fn a_request_holds_for_a_time() {
    let key = Key::ephemeral().unwrap();
    let read = Signed::parse(&signed(&json!(request(&key)), &key), &[]).unwrap();
    for (now, refused) in [
        ("2026-10-31T23:54:00Z", Some("still to come")),
        ("2026-10-31T23:56:00Z", None),
        ("2026-11-15T00:00:00Z", None),
        ("2026-11-15T00:00:01Z", Some("has passed")),
    ] {
        let said = read.in_force(at(now)).err().map(|fault| fault.to_string());
        assert_eq!(said.is_some(), refused.is_some(), "{now}: {said:?}");
        assert!(said.unwrap_or_default().contains(refused.unwrap_or_default()), "{now}");
    }
}

#[test]
fn a_tenancy_is_narrowed_to_what_is_asked_for() {
    let key = Key::ephemeral().unwrap();
    let tenancy = |accounts: &[(&str, bool)]| Tenancy {
        name: "t".into(),
        profile: "jp-annex-2".into(),
        contract_end: jiff::civil::date(2027, 3, 31),
        erasure_grace_days: 0,
        access: Vec::new(),
        corroborate: Default::default(),
        logs: None,
        limits: Default::default(),
        accounts: accounts
            .iter()
            .map(|(id, members)| AccountSection {
                organization_role: members.then(|| "reader".to_owned()),
                ..AccountSection::of("aws", id)
            })
            .collect(),
        scopes: Vec::new(),
        exceptions: Vec::new(),
    };
    let clauses = ["V-3".to_owned(), "V-6".to_owned()];
    let read = |change: &dyn Fn(&mut Request)| {
        let mut asked = request(&key);
        change(&mut asked);
        Signed::parse(&signed(&json!(asked), &key), &[]).unwrap()
    };
    let plain = read(&|_| ());

    let mut two = tenancy(&[("123456789012", true), ("210987654321", false)]);
    two.limits.max_calls = Some(10_000);
    assert_eq!(plain.narrow(&mut two, &clauses), Ok(vec!["aws/210987654321".to_owned()]));
    assert_eq!((two.accounts.len(), two.limits.max_calls), (1, Some(9_000)));
    // Members were not asked for.
    assert_eq!(two.accounts[0].organization_role, None);

    let members = read(&|request| request.accounts[0].members = true);
    let mut one = tenancy(&[("123456789012", true)]);
    one.limits.max_calls = Some(5);
    assert_eq!(members.narrow(&mut one, &clauses), Ok(Vec::new()));
    assert!(one.accounts[0].organization_role.is_some() && one.limits.max_calls == Some(5));

    type Change = fn(&mut Request);
    let refused: [(Change, Tenancy, &str); 4] = [
        (|_| (), tenancy(&[("210987654321", false)]), "aws/123456789012"),
        (|request| request.accounts[0].members = true, tenancy(&[("123456789012", false)]), "other accounts"),
        (|request| request.profile = "other".into(), tenancy(&[("123456789012", false)]), "profile"),
        (|request| request.clauses = vec!["Z-1".into()], tenancy(&[("123456789012", false)]), "`Z-1`"),
    ];
    for (change, mut tenancy, why) in refused {
        let fault = read(&change).narrow(&mut tenancy, &clauses).unwrap_err();
        assert!(matches!(&fault, RequestFault::OutOfScope(what) if what.contains(why)), "{fault}");
    }
}
