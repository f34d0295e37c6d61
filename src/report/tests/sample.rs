//! A made-up assessment with everything a report must cope with.

use crate::annex::{self, Profile};
use crate::assess::{
    Assessment, CheckResult, ClauseResult, Counts, DocumentResult, ExceptionResult, ExceptionState, Finding,
    HeldDocument, Level, Need, PlaceCount, Status,
};
use crate::documents::file::{FileFound, FileState};
use crate::documents::signature::Signature;
use crate::documents::{Document, DocumentFact, Register, gather};
use crate::erasure::Erasability;
use crate::recovery::Recoverability;
use crate::report::{Evidence, Facts, LedgerSummary, Material, Run};
use crate::tenancy::Exception;
use crate::text::Text;
use jiff::Timestamp;
use sekisho_contract::fact::{Cell, CellState, CopyRole, Signal, Witness};
use sekisho_contract::observed::Observed;
use sekisho_contract::place::Site;
use sekisho_contract::{CallId, Gap, GapReason};
use std::collections::BTreeMap;

/// Owns what a [`Material`] borrows.
pub struct Sample {
    pub assessment: Assessment,
    pub run: Run,
    pub ledger: LedgerSummary,
    pub evidence: BTreeMap<CallId, Evidence>,
    pub sites: BTreeMap<String, Site>,
    pub home: Vec<String>,
    pub titles: BTreeMap<String, Text>,
    pub profile: Profile,
    pub facts: Vec<String>,
}

impl Sample {
    pub fn material(&self) -> Material<'_> {
        Material {
            assessment: &self.assessment,
            run: &self.run,
            ledger: &self.ledger,
            evidence: &self.evidence,
            sites: &self.sites,
            home_countries: &self.home,
            check_titles: &self.titles,
            profile: &self.profile,
            facts: Facts(&self.facts),
        }
    }
}

pub fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "invoice\u{202e}fdp.exe",
    "bell\u{7}\u{1b}[31mred\u{0}\u{2028}line",
    "مرحبا-بالعالم",
    "ｶﾀｶﾅ🏯\u{200b}zero",
];

const ACCOUNTS: [&str; 3] = ["111122223333", "222233334444", "333344445555"];

/// `many` findings more in the first check than the handful that is always there.
pub fn sample(many: usize) -> Sample {
    let mut evidence = BTreeMap::new();
    let mut call = |operation: &str, target: &str, status: u16| {
        let id = CallId::of("aws", ACCOUNTS[0], "ap-northeast-1", operation, target, 0);
        let denied = status == 403;
        evidence.insert(
            id,
            Evidence {
                provider: "aws".into(),
                account: ACCOUNTS[0].into(),
                region: "ap-northeast-1".into(),
                operation: operation.into(),
                target: target.into(),
                status,
                error: if denied { "AccessDenied".into() } else { "".into() },
                attempts: if status == 503 { 5 } else { 1 },
                at: time(),
                request_id: "7C2K9Q0Z4M1T8B3N".into(),
                sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            },
        );
        id
    };
    let mut findings = Vec::new();
    let abroad = |name: String, place: &str, calls: Vec<CallId>| {
        Finding {
        check: "copies-in-home-country".into(),
        clauses: ["V-3".into(), "III-1-5".into()].into(),
        level: Level::Shall,
        subject: format!("arn:aws:s3:::{name}").into(),
        reason: text(
            &format!("「{name}」の複製が国外（{place}）に置かれている。"),
            &format!("A replica of {name} rests abroad, in {place}."),
        ).into(),
        name: name.into(),
        status: Status::Violates,
        remedy: text(
            "複製先を国内のリージョン（ap-northeast-1 又は ap-northeast-3）の保存先に変更し、国外の保存先にある複製を消去する。",
            "Point the replication at a bucket in ap-northeast-1 or ap-northeast-3, then erase the copies abroad.",
        ).into(),
        calls: calls.into(),
        captured: None,
    }
    };
    for (name, place) in [
        ("tohoku-survey-archive", "シンガポール"),
        ("kyufu-shinsei-dropbox", "米国"),
        ("media-originals", "アイルランド"),
    ] {
        let calls = vec![call("s3:GetBucketReplication", name, 200), call("s3:HeadBucket", name, 200)];
        findings.push(abroad(name.into(), place, calls));
    }
    for at in 0..many {
        let name = format!("batch-output-{at:06}");
        let calls = vec![call("s3:GetBucketReplication", &name, 200)];
        findings.push(abroad(name, "米国", calls));
    }
    let long = "長".repeat(100_000);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        findings.push(Finding {
            check: "no-public-access".into(),
            clauses: ["V-11".into()].into(),
            level: Level::Shall,
            subject: format!("arn:aws:s3:::{name}").into(),
            name: name.into(),
            status: Status::Violates,
            reason: text(
                &format!("「{name}」は誰でも読み取れる。"),
                &format!("{name} can be read by anyone."),
            )
            .into(),
            remedy: text("公開を遮断する設定を有効にする。", "Turn the public access block on.").into(),
            calls: [call("s3:GetBucketPolicyStatus", "public", 200)].into(),
            captured: None,
        });
    }
    for name in ["tohoku-survey-archive", "ledger-2026"] {
        findings.push(Finding {
            check: "encryption-customer-key".into(),
            clauses: ["V-11".into()].into(),
            level: Level::Shall,
            subject: format!("arn:aws:s3:::{name}").into(),
            name: name.into(),
            status: Status::Unverified,
            reason: text(
                "保存時の暗号化の設定を読み取れなかった（s3:GetEncryptionConfiguration の権限がない）。",
                "The encryption configuration could not be read: s3:GetEncryptionConfiguration is missing.",
            )
            .into(),
            remedy: text(
                "評価用ロールに s3:GetEncryptionConfiguration を付与し、再度実行する。",
                "Grant s3:GetEncryptionConfiguration to the assessing role and run again.",
            )
            .into(),
            calls: [call("s3:GetBucketEncryption", name, 403)].into(),
            captured: None,
        });
    }
    for name in ["/aws/lambda/uketsuke", "/aws/lambda/shinsa"] {
        findings.push(Finding {
            check: "log-retention-one-year".into(),
            clauses: ["V-6".into()].into(),
            level: Level::Should,
            subject: format!("arn:aws:logs:ap-northeast-1:{}:log-group:{name}", ACCOUNTS[0]).into(),
            name: name.into(),
            status: Status::Violates,
            reason: text(
                "保存期間が90日であり、望ましいとされる365日に満たない。",
                "Kept for 90 days, short of the desirable 365.",
            )
            .into(),
            remedy: text("保存期間を365日以上に設定する。", "Set the retention to 365 days or more.").into(),
            calls: [call("logs:DescribeLogGroups", "", 200)].into(),
            captured: None,
        });
    }
    let denied = call("s3:GetBucketEncryption", "ledger-2026", 403);
    let failed = call("logs:DescribeLogGroups", "eu-west-1", 503);
    let register = register();
    Sample {
        assessment: Assessment {
            handling: crate::documents::strictest(&register, None),
            documents: register.documents.iter().map(|document| held(document, &register)).collect(),
            faulty: register.faulty.clone(),
            exceptions: vec![exception(ExceptionState::InForce), exception(ExceptionState::Expired)],
            withheld: None,
            profile: "jp-annex-2".into(),
            profile_title: text(
                "情報セキュリティの確保に関する基本仕様（別紙２）",
                "Basic specification for information security (annex 2)",
            ),
            verdict: Status::Violates,
            clauses: clauses(many as u64),
            findings,
            cells: cells(),
            gaps: gaps(denied, failed),
            places: places(),
            resources: vec![
                ("aws".into(), "s3".into(), "object_store".into(), 214),
                ("aws".into(), "kms".into(), "key".into(), 41),
                ("aws".into(), "logs".into(), "log_store".into(), 57),
            ],
            recorded: None,
            recovery: recovery(many),
            erasure: erasure(many),
            corroboration: Vec::new(),
            heard: None,
            logs: None,
            signals: signals(),
        },
        run: Run {
            tenancy: "東部広域行政データ連携基盤 運用業務".into(),
            contract_end: jiff::civil::date(2027, 3, 31),
            started_at: time() - jiff::SignedDuration::from_mins(7),
            assessed_at: time(),
            profile_version: "2026-11-2".into(),
            version: "0.1.0".into(),
            accounts: ACCOUNTS.iter().map(|id| ("aws".into(), (*id).into())).collect(),
            redacted: None,
            incomplete: None,
            request: None,
        },
        ledger: LedgerSummary {
            calls: 2_318,
            retried: 14,
            throttled: 9,
            by_operation: BTreeMap::from([
                ("s3:GetBucketEncryption".into(), 214),
                ("s3:GetBucketReplication".into(), 214),
                ("s3:GetBucketPolicyStatus".into(), 214),
                ("s3:ListBuckets".into(), 3),
                ("kms:DescribeKey".into(), 41),
                ("logs:DescribeLogGroups".into(), 51),
                ("cloudtrail:DescribeTrails".into(), 51),
            ]),
            rates: Vec::new(),
        },
        evidence,
        sites: sites(),
        home: vec!["JP".into()],
        titles: titles(),
        profile: annex::find("jp-annex-2").unwrap().unwrap(),
        facts: facts(many),
    }
}

/// What was read: a store for each finding of the first check and each hostile name, one of which has copies abroad.
fn facts(many: usize) -> Vec<String> {
    let store = |name: &str, replica: &str, country: &str| {
        serde_json::json!({
            "type": "resource", "id": format!("arn:aws:s3:::{name}"), "provider": "aws", "account": ACCOUNTS[0],
            "region": "ap-northeast-1", "service": "s3", "kind": "object_store", "name": name,
            "facets": ["copies", "encryption"], "confidential": true, "availability_critical": false,
            "tags": {"classification": "2"},
            "copies": [
                {"role": "primary", "location": "ap-northeast-1", "countries": ["JP"], "site": "tokyo"},
                {"role": "replica", "location": replica, "countries": [country]},
            ],
            "encryption": {"enabled": true, "key_manager": "customer"},
        })
        .to_string()
    };
    let batch: Vec<String> = (0..many).map(|at| format!("batch-output-{at:06}")).collect();
    let abroad =
        [("tohoku-survey-archive", "ap-southeast-1", "SG"), ("kyufu-shinsei-dropbox", "us-east-1", "US")];
    let hostile = HOSTILE.iter().map(|name| store(name, "ap-northeast-3", "JP"));
    let batch = batch.iter().map(|name| store(name, "us-east-1", "US"));
    abroad
        .into_iter()
        .map(|(name, place, country)| store(name, place, country))
        .chain(batch)
        .chain(hostile)
        .collect()
}

/// A request that a run may answer.
pub fn request() -> crate::request::Request {
    serde_json::from_value(serde_json::json!({
        "schema": crate::request::SCHEMA, "body": "東部広域機構", "person": HOSTILE[0], "contract": "運用業務 <b>契約</b>",
        "profile": "jp-annex-2", "clauses": ["V-3", "V-11"], "accounts": [{"provider": "aws", "id": ACCOUNTS[0]}],
        "nonce": "ab".repeat(32), "issued_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-15T00:00:00Z", "max_calls": 500,
        "handling": {"confidentiality": 2, "restrictions": ["複製禁止"]}, "public_key": "none",
    }))
    .unwrap()
}

fn time() -> Timestamp {
    Timestamp::from_second(1_795_430_591).unwrap()
}

fn titles() -> BTreeMap<String, Text> {
    BTreeMap::from([
        (
            "copies-in-home-country".into(),
            text("保存先がすべて国内であること", "Every copy rests in the home country"),
        ),
        (
            "every-cell-accounted-for".into(),
            text("国外を含むすべての単位を確認したこと", "Every cell, abroad too, is accounted for"),
        ),
        ("no-public-access".into(), text("公開されていないこと", "Nothing is open to the public")),
        (
            "encryption-customer-key".into(),
            text("利用者管理の鍵により暗号化されていること", "Encrypted with a customer key"),
        ),
        (
            "log-retention-one-year".into(),
            text("ログを365日以上保存すること", "Logs are kept for 365 days or more"),
        ),
        (
            "trail-in-every-region".into(),
            text("監査証跡がすべてのリージョンで有効であること", "An audit trail is on in every region"),
        ),
    ])
}

fn check(id: &str, level: Level, status: Status, counts: [u64; 4]) -> CheckResult {
    let [conforms, violates, unverified, not_applicable] = counts;
    CheckResult {
        id: id.into(),
        level,
        status,
        counts: Counts { conforms, violates, unverified, not_applicable },
    }
}

/// A register whose texts are as hostile as names in a cloud.
fn register() -> Register {
    let evil = HOSTILE[0].replace('"', "\\\"");
    let text = format!(
        "kind = \"privacy-mark\"\ntitle = \"{evil}\"\nholder = \"{evil}\"\nnumber = \"=1+1\"\nvalid_until = 2026-10-31\n\
         sha256 = \"{}\"\n[handling]\nconfidentiality = 2\nrestrictions = [\"{evil}\"]\n",
        "0".repeat(64)
    );
    let texts = [("mark".to_owned(), Ok(text)), (HOSTILE[0].to_owned(), Ok(format!("kind = \"{evil}\"\n")))];
    let signature = Signature {
        signer: Observed::Seen(HOSTILE[1].to_owned()),
        digest_matches: Observed::Seen(false),
        ..Signature::default()
    };
    gather(texts.into(), &|_, _| FileFound { state: FileState::Held, signatures: vec![signature.clone()] })
        .register
}

fn held(document: &Document, register: &Register) -> HeldDocument {
    let (today, end) = (jiff::civil::date(2026, 11, 23), jiff::civil::date(2027, 3, 31));
    HeldDocument {
        fact: DocumentFact::of(document, register, today, end),
        status: Status::Violates,
        clauses: vec!["V-1".into()],
        open: vec![text(
            "書面が評価の日に有効であること",
            "A document is in force on the day of the assessment",
        )],
    }
}

fn exception(state: ExceptionState) -> ExceptionResult {
    ExceptionResult {
        exception: Exception {
            id: HOSTILE[0].into(),
            check: Some("no-public-access".into()),
            clause: None,
            subjects: vec![HOSTILE[1].into()],
            owner: HOSTILE[2].into(),
            reason: HOSTILE[3].into(),
            approver: HOSTILE[4].into(),
            expires: jiff::civil::date(2027, 3, 31),
        },
        state,
        count: 1,
        findings: Vec::new(),
    }
}

fn clauses(many: u64) -> Vec<ClauseResult> {
    use Level::*;
    use Status::*;
    let paper = |id: &str, ja: &str, en: &str, status| DocumentResult {
        id: id.into(),
        title: text(ja, en),
        level: Shall,
        status,
        reason: match status {
            Attested => text("登録されており、評価日及び契約終了日に有効である。", "On file and in force."),
            _ => text("登録されていない。", "Not on file."),
        },
        from: crate::assess::Source::Provider,
        entries: Vec::new(),
        lacking: Vec::new(),
    };
    let clause = |id: &str, number: &str, title: Text, status, reason: Text, checks: Vec<CheckResult>| {
        ClauseResult {
            id: id.into(),
            number: number.into(),
            title,
            reading: text(
                "この項目が求めることを、機械で確かめられる事実、書面、申告に分けて確認する。要機密情報の写しはバックアップ及びログを含む。",
                "What the clause asks is held against facts seen by machine, documents and statements. Copies include backups and logs.",
            ),
            status,
            reason,
            checks,
            documents: Vec::new(),
            statements: Vec::new(),
            needs: Vec::new(),
        }
    };
    let ok =
        || text("必要な事実はすべて確認でき、整っている。", "Everything needed was seen and is in order.");
    vec![
        ClauseResult {
            documents: vec![paper(
                "iso27001",
                "ISO/IEC 27001 認証の登録証",
                "ISO/IEC 27001 certificate",
                Attested,
            )],
            ..clause(
                "V-1",
                "Ⅴ-１",
                text("ISO/IEC 27001 等の認証", "ISO/IEC 27001 certification"),
                Attested,
                text(
                    "登録証により確認した。機械による裏付けはない。",
                    "Shown by a certificate; no machine fact backs it.",
                ),
                vec![],
            )
        },
        ClauseResult {
            documents: vec![
                paper("soc2", "SOC 2 報告書", "SOC 2 report", Unverified),
                paper("iso27017", "ISO/IEC 27017 認証の登録証", "ISO/IEC 27017 certificate", Unverified),
            ],
            ..clause(
                "V-2",
                "Ⅴ-２",
                text("情報セキュリティ水準の証明", "Proof of the security level"),
                Unverified,
                text(
                    "三種の証明のいずれも登録されていない。",
                    "None of the three kinds of proof is on file.",
                ),
                vec![],
            )
        },
        clause(
            "V-3",
            "Ⅴ-３",
            text("データセンターの国内設置（バックアップを含む）", "Data centres in Japan, backups included"),
            Violates,
            text("国外に置かれた保存先がある。", "Copies rest abroad."),
            vec![
                check("copies-in-home-country", Shall, Violates, [198, 3 + many, 0, 12]),
                check("every-cell-accounted-for", Shall, Unverified, [2, 0, 1, 0]),
            ],
        ),
        clause(
            "V-6",
            "Ⅴ-６",
            text("アクセスログの保存及び提供", "Retention and provision of access logs"),
            Conforms,
            ok(),
            vec![
                check("trail-in-every-region", Shall, Conforms, [3, 0, 0, 0]),
                check("log-retention-one-year", Should, Violates, [55, 2, 0, 0]),
            ],
        ),
        ClauseResult {
            statements: vec![paper("declared-rpo", "目標復旧時点（RPO）の申告", "Declared RPO", Unverified)],
            needs: vec![Need {
                id: "recovery-time".to_owned(),
                status: Unverified,
                entry: None,
                missing: text(
                    "復旧時点の実績（本版では読み取らない）",
                    "Achieved recovery points: not read by this version",
                ),
            }],
            ..clause(
                "V-10",
                "Ⅴ-１０",
                text("冗長構成及び障害時の切替え", "Redundancy and failover"),
                Unverified,
                text("必要な事実が確認できていない。", "What it needs was not seen."),
                vec![],
            )
        },
        clause(
            "V-11",
            "Ⅴ-１１",
            text("アクセス制御、暗号化及び鍵の管理", "Access control, encryption and keys"),
            Violates,
            text(
                "公開されている資源があり、暗号化を確認できない資源がある。",
                "Some resources are public; the encryption of others could not be seen.",
            ),
            vec![
                check("no-public-access", Shall, Violates, [206, 8, 0, 0]),
                check("encryption-customer-key", Shall, Unverified, [210, 0, 2, 0]),
            ],
        ),
        clause(
            "V-14",
            "Ⅴ-１４",
            text("開示情報の取扱い", "Handling of what is disclosed"),
            NotApplicable,
            text("評価対象の定義により対象外である。", "Switched off by the tenancy's scope."),
            vec![],
        ),
        clause(
            "III-1-5",
            "Ⅲ-１（５）",
            text("国内における取扱い", "Handling in Japan only"),
            Violates,
            text("国外に置かれた保存先がある。", "Copies rest abroad."),
            vec![check("copies-in-home-country", Shall, Violates, [198, 3 + many, 0, 12])],
        ),
    ]
}

fn cells() -> Vec<Cell> {
    const REGIONS: [(&str, CellState); 10] = [
        ("ap-northeast-1", CellState::Listed),
        ("ap-northeast-3", CellState::Listed),
        ("ap-southeast-1", CellState::Listed),
        ("us-east-1", CellState::Listed),
        ("eu-west-1", CellState::Failed),
        ("eu-central-1", CellState::Listed),
        ("sa-east-1", CellState::Denied),
        ("ca-central-1", CellState::Skipped),
        ("me-south-1", CellState::Closed),
        ("af-south-1", CellState::Closed),
    ];
    let mut cells = Vec::new();
    for account in ACCOUNTS {
        let cell = |region: &str, service: &str, state, resources| Cell {
            provider: "aws".into(),
            account: account.into(),
            region: region.into(),
            service: service.into(),
            state,
            closed_by: None,
            resources,
        };
        cells.push(cell("global", "s3", CellState::Listed, 71));
        for (at, (region, state)) in REGIONS.into_iter().enumerate() {
            for service in ["kms", "logs", "cloudtrail"] {
                let state = if service == "cloudtrail" && state == CellState::Failed {
                    CellState::Listed
                } else {
                    state
                };
                cells.push(cell(region, service, state, if at < 2 { 12 } else { 0 }));
            }
        }
    }
    cells
}

fn gaps(denied: CallId, failed: CallId) -> Vec<Gap> {
    let gap = |subject: &str,
               facet: &str,
               reason,
               operation: &str,
               permission: &str,
               call: Option<&CallId>,
               detail: &str| Gap {
        subject: subject.into(),
        facet: facet.into(),
        reason,
        operation: operation.into(),
        permission: permission.into(),
        call: call.cloned(),
        detail: detail.into(),
    };
    let refusal = "User: arn:aws:sts::111122223333:assumed-role/sekisho/run is not authorized to perform: s3:GetEncryptionConfiguration";
    let encryption = |name| {
        gap(
            name,
            "encryption",
            GapReason::Denied,
            "s3:GetBucketEncryption",
            "s3:GetEncryptionConfiguration",
            Some(&denied),
            refusal,
        )
    };
    vec![
        encryption("arn:aws:s3:::ledger-2026"),
        encryption("arn:aws:s3:::tohoku-survey-archive"),
        gap(
            "aws/111122223333/eu-west-1/logs",
            "resources",
            GapReason::Failed,
            "logs:DescribeLogGroups",
            "logs:DescribeLogGroups",
            Some(&failed),
            "503 Service Unavailable",
        ),
        gap(
            "arn:aws:s3:::<b>partner</b>",
            "copies",
            GapReason::Unresolved,
            "s3:HeadBucket",
            "",
            None,
            "HTTP 403 \u{202e}<script>",
        ),
        gap("aws/111122223333/me-south-1/kms", "resources", GapReason::Closed, "", "", None, "not opted in"),
    ]
}

fn places() -> Vec<PlaceCount> {
    let place = |location: &str, country: &str, site: &str, role, confidential, other| PlaceCount {
        provider: "aws".into(),
        location: location.into(),
        countries: if country.is_empty() { vec![] } else { vec![country.into()] },
        site: site.into(),
        role,
        confidential,
        other,
    };
    vec![
        place("ap-northeast-1", "JP", "tokyo", CopyRole::Primary, 240, 20),
        place("ap-northeast-1", "JP", "tokyo", CopyRole::Key, 30, 0),
        place("ap-northeast-1", "JP", "tokyo", CopyRole::Log, 57, 0),
        place("ap-northeast-3", "JP", "osaka", CopyRole::Replica, 48, 0),
        place("ap-northeast-3", "JP", "osaka", CopyRole::Backup, 12, 2),
        place("ap-southeast-1", "SG", "singapore", CopyRole::Replica, 1, 0),
        place("us-east-1", "US", "virginia", CopyRole::Replica, 1, 3),
        place("eu-west-1", "IE", "dublin", CopyRole::Replica, 1, 0),
        place("ap-northeast-1-tpe-1", "TW", "taipei", CopyRole::Primary, 2, 0),
        place("eu", "EU", "", CopyRole::Log, 1, 0),
        place("", "", "", CopyRole::Replica, 2, 0),
        place("ap-tokyo-9", "", "", CopyRole::Log, 1, 0),
    ]
}

fn sites() -> BTreeMap<String, Site> {
    let site = |id: &str, ja: &str, en: &str, country: &str, latitude, longitude| {
        (id.to_owned(), Site { ja: ja.into(), en: en.into(), country: country.into(), latitude, longitude })
    };
    BTreeMap::from([
        site("tokyo", "東京", "Tokyo", "JP", 35.69, 139.76),
        site("osaka", "大阪", "Osaka", "JP", 34.70, 135.49),
        site("singapore", "シンガポール", "Singapore", "SG", 1.35, 103.82),
        site("virginia", "バージニア北部", "N. Virginia", "US", 39.04, -77.49),
        site("dublin", "ダブリン", "Dublin", "IE", 53.35, -6.26),
        site("taipei", "台北", "Taipei", "TW", 25.03, 121.57),
    ])
}

/// What lists over services say: one of each.
fn signals() -> Vec<Signal> {
    let signal = |witness, supports, statement: &str| Signal {
        subject: "aws/111122223333".into(),
        witness,
        supports,
        statement: statement.into(),
        calls: Vec::new(),
    };
    vec![
        signal(Witness::Cost, Some(false), "it names what was not found: Amazon DynamoDB in us-east-1"),
        signal(Witness::Activity, None, "it was not read to its end"),
        signal(Witness::Labels, Some(true), "all 12 uses it names were found"),
    ]
}

/// Any number of resources, as they are told of setting back and erasure.
pub fn prospects(many: usize) -> (Vec<Recoverability>, Vec<Erasability>) {
    (recovery(many), erasure(many))
}

/// Databases whose backups fall short, one with a hostile name, and more of them.
fn recovery(many: usize) -> Vec<Recoverability> {
    let at = time().as_second();
    let told = |number: usize, name: &str| {
        let days = 1 + i64::try_from(number % 7).unwrap();
        let none = serde_json::json!({"worst_s": null, "points": 0, "left_out": 0, "crash_consistent": 0, "delays_unseen": 0});
        let achieved = serde_json::json!({"worst_s": days * 86_400, "bound_s": days * 86_400, "points": 9, "left_out": 1,
            "crash_consistent": 2, "delays_unseen": 1, "median_s": 86_400, "p95_s": 90_000, "exposure_s": 7_200,
            "sample_s": 300, "window_s": 604_800, "kept_days": 7});
        let mut told: Recoverability = serde_json::from_value(serde_json::json!({
            "id": format!("arn:aws:rds:ap-northeast-1:111122223333:db:{number}"), "provider": "aws", "account": "111122223333",
            "region": "ap-northeast-1", "service": "rds", "kind": if number.is_multiple_of(2) { "database" } else { "disk" }, "name": name,
            "facets": [], "confidential": true, "availability_critical": true, "declared_s": 2 * 86_400, "configured_s": null,
            "exists": true, "achieved": achieved, "distant": none, "restored": null, "jobs_failed": 3, "jobs_expired": 1,
            "sites": ["tokyo"], "apart_km": 0}))
        .unwrap();
        told.achieved.moments = (0..9).map(|day| at - 7_200 - (8 - day) * 86_400).collect();
        told
    };
    let more = (0..many).map(|number| told(number + 1, &format!("db-{number}")));
    std::iter::once(told(1_000_005, "<script>alert(1)</script>")).chain(more).collect()
}

/// Stores that stay too long, a record store among them, and more of them.
fn erasure(many: usize) -> Vec<Erasability> {
    let told = |number: usize, name: &str| {
        serde_json::from_value(serde_json::json!({
            "id": format!("arn:aws:s3:::{number}"), "provider": "aws", "account": "111122223333", "region": "ap-northeast-1",
            "service": "s3", "kind": "object_store", "name": name, "facets": [], "confidential": true,
            "earliest": "2031-03-31T14:59:59Z", "unaided": null, "by": "2031-03-31T14:59:59Z", "crypto": null,
            "crypto_bar": "objects_vary", "copies": 2, "records": number.is_multiple_of(2), "retention_days": 365,
            "hindrances": [
                {"kind": "lock_compliance", "lifted_by": "nobody", "ends": "2031-03-31T14:59:59Z"},
                {"of": "<b>copy</b>", "kind": "legal_hold", "lifted_by": "privileged_user", "ends": null},
                {}]}))
        .unwrap()
    };
    let more = (0..many).map(|number| told(number + 1, &format!("store-{number}")));
    std::iter::once(told(0, "<script>alert(2)</script>")).chain(more).collect()
}
