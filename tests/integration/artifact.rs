//! What AWS Artifact offers, as the program drafts it, and how a person completes it.

use super::bad_input::flat;
use super::command::{Program, credentials, folder};
use sekisho::documents::file;
use sekisho_simulator::{Description, Simulator};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

const DRAFT: &str = "aws-soc2-report-soc2000000000002-v3";

/// A report in the list, and what its own metadata say: the same, with this changed.
fn report(id: &str, said: &str, (from, to): (&str, &str)) -> String {
    let listed = format!("id: {id}, {said}");
    let details = listed.replace(from, to);
    format!(
        "      - {{service: artifact, region: us-east-1, of: {{reportId: {id}}}, tells: {{ListReports: {{{listed}}}, \
         GetReportMetadata: {{reportDetails: {{{details}}}}}}}}}\n"
    )
}

fn said(name: &str, version: u8, end: &str) -> String {
    format!(
        "name: \"{name}\", version: {version}, state: PUBLISHED, uploadState: COMPLETE, companyName: Amazon Web Services Inc, \
         series: {}, category: Certifications and Attestations, periodStart: \"2097-10-01T00:00:00Z\", periodEnd: \
         \"{end}T00:00:00Z\"",
        name.split(' ').next().unwrap()
    )
}

const SAME: (&str, &str) = ("id", "id");

fn reports() -> String {
    let soc = |version, end| said("SOC 2 Type II Report", version, end);
    let with = |of: &str, to: &str| soc(1, "2098-12-31").replace(of, to);
    [
        report("report-soc2000000000002", &soc(3, "2098-09-30"), SAME),
        report("report-soc2000000000001", &soc(2, "2098-03-31"), SAME),
        report("report-iso2700100000001", &said("ISO 27001-2022 Certification", 1, "2098-10-31"), SAME),
        report("report-letter0000000001", &said("SOC 2 Type II Bridge Letter", 1, "2098-12-31"), SAME),
        report("report-pci0000000000001", &said("PCI DSS Attestation", 1, "2098-12-31"), SAME),
        report("report-foreign000000001", &with("Amazon Web Services Inc", "Example Ltd"), SAME),
        report("report-gone000000000001", &with("PUBLISHED", "UNPUBLISHED"), SAME),
        // The list does not know yet that it was deleted.
        report(
            "report-gone000000000002",
            &with("II", "I"),
            ("state:", "deletedAt: \"2098-01-01T00:00:00Z\", state:"),
        ),
        report("report-other00000000001", &with("SOC 2", "SOC 1"), ("SOC 1", "SOC 3")),
    ]
    .concat()
}

struct Case {
    simulator: Simulator,
    folder: TempDir,
}

impl Case {
    fn of(reports: &str, faults: &str) -> Self {
        let cloud = format!(
            "regions: [ap-northeast-1, us-east-1]\naccounts:\n  - id: \"111122223333\"\n    resources:\n{reports}{faults}"
        );
        let simulator = Simulator::start(Description::parse(&cloud).unwrap()).unwrap();
        let tenancy = format!(
            "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \
             \"aws\"\nid = \"111122223333\"\nendpoint = \"{}\"\n",
            simulator.endpoint()
        );
        Self { simulator, folder: folder(&[("tenancy.toml", &tenancy)]) }
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let (code, out, err) = Program::new(self.folder.path(), arguments).with(&credentials()).run();
        (code, out, flat(&err))
    }

    fn fetch(&self) -> (i32, String, String) {
        self.run(&["documents", "fetch", "-c", "tenancy.toml", "--lang", "en"])
    }

    fn check(&self) -> String {
        self.run(&["documents", "check", "--lang", "en"]).1
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Every file below the folder of the tenancy but the calls, with its text.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![self.folder.path().to_owned()];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else if !path.ends_with("calls.ndjson") {
                    let name = path.strip_prefix(self.folder.path()).unwrap().display().to_string();
                    found.insert(name, std::fs::read_to_string(path).unwrap());
                }
            }
        }
        found
    }
}

#[test]
fn what_is_offered_is_drafted_once_and_counts_when_a_person_completes_it() {
    let case = Case::of(&reports(), "");
    let before = case.check();
    let (code, out, err) = case.fetch();
    // One report's metadata contradict the list: it is not drafted, and the run says so.
    assert_eq!(code, 4, "{out}{err}");
    let starts = |text: &str| out.lines().any(|line| line.starts_with(text));
    for line in [
        &format!("can be obtained\t{DRAFT}\tSOC 2 Type II Report\tAmazon Web Services Inc\t2098-09-30"),
        "a newer one is available\t-\tSOC 2 Type II Report\tAmazon Web Services Inc\t2098-03-31",
        "can be obtained\taws-iso27001-report-iso2700100000001-v1\tISO 27001-2022 Certification",
        "of an unknown kind\t-\tSOC 2 Type II Bridge Letter",
        "of an unknown kind\t-\tPCI DSS Attestation",
        "of another company\t-\tSOC 2 Type II Report\tExample Ltd",
        "withdrawn\t-\tSOC 2 Type II Report",
        "withdrawn\t-\tSOC 2 Type I Report",
        "availability unknown\t-\tSOC 1 Type II Report",
    ] {
        assert!(starts(line), "{line}\n{out}");
    }
    assert!(err.contains("9 offered: 2 drafts written"), "{err}");
    let asked = case.simulator.requests();
    let asked = |name: &str| asked.iter().filter(|one| &*one.operation == name).count();
    assert_eq!(
        (asked("ListReports"), asked("GetReportMetadata")),
        (1, 5),
        "only what could be an entry is asked"
    );
    // Every request is in the ledger.
    let calls = std::fs::read_to_string(case.path("documents/offered/calls.ndjson")).unwrap();
    assert_eq!(calls.lines().count(), case.simulator.requests().len());
    assert!(!calls.contains("simulator-secret"));

    let files = case.files();
    let draft = &files[&format!("documents/offered/{DRAFT}.toml")];
    for line in [
        "kind = \"soc2\"",
        "provider = \"aws\"",
        "holder = \"Amazon Web Services Inc\"",
        "soc_type = 2",
        "period_end = 2098-09-30",
        "obtained_from = \"AWS Artifact (report-soc2000000000002, version 3)\"",
    ] {
        assert!(draft.lines().any(|said| said == line), "{line}\n{draft}");
    }
    assert!(
        files["documents/offered/aws-iso27001-report-iso2700100000001-v1.toml"]
            .contains("ISO/IEC 27001:2022")
    );
    assert_eq!(files.len(), 3, "{:?}", files.keys());

    // Nothing became attested of it; what can be had is told.
    let (_, listed, _) = case.run(&["documents", "list"]);
    assert_eq!(listed.trim(), "");
    let after = case.check();
    assert!(after.starts_with(&before), "{before}\n{after}");
    assert!(after.contains("SOC 2 report (period to 2098-09-30); none is on file"), "{after}");
    assert!(after.contains(&format!("--from {DRAFT}")), "{after}");

    // What a person wrote into a draft stays; nothing else changes either.
    let mine = format!("{draft}opinion = \"unqualified\"\n");
    std::fs::write(case.path(&format!("documents/offered/{DRAFT}.toml")), &mine).unwrap();
    let before = case.files();
    let (_, _, err) = case.fetch();
    assert!(err.contains("0 drafts written, 2 were there already"), "{err}");
    assert_eq!(case.files(), before);

    // The file and nothing but the file makes it an entry.
    let (code, _, err) = case.run(&["documents", "add", "--from", DRAFT]);
    assert!(code == 2 && err.contains("none is named"), "{err}");
    std::fs::write(case.path("soc2.txt"), "the report").unwrap();
    let (code, out, err) = case.run(&["documents", "add", "soc2.txt", "--from", DRAFT]);
    assert_eq!((code, out.trim()), (0, &*format!("documents/{DRAFT}.toml")), "{err}");
    let files = case.files();
    let entry = &files[&format!("documents/{DRAFT}.toml")];
    assert!(entry.contains(&file::digest(b"the report")) && entry.contains("obtained = "), "{entry}");
    assert!(!files.contains_key(&format!("documents/offered/{DRAFT}.toml")));
    assert!(!case.check().contains("SOC 2 report (period"), "it is on file");

    // It is not offered again, and the entry stays as it is.
    let (_, out, _) = case.fetch();
    assert!(out.contains(&format!("on file\t{DRAFT}\t")), "{out}");
    assert_eq!(case.files(), files);
}

#[test]
fn a_later_report_than_the_one_on_file_is_told() {
    let entry = "kind = \"soc2\"\nprovider = \"aws\"\nholder = \"Amazon Web Services, Inc.\"\nsoc_type = 2\nperiod_end = \
                 2098-03-31\nopinion = \"unqualified\"\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000001\"\n";
    let case = Case::of(&reports(), "");
    std::fs::create_dir(case.path("documents")).unwrap();
    std::fs::write(case.path("documents/old.toml"), entry).unwrap();
    case.fetch();
    let said = case.check();
    assert!(said.contains("SOC 2 report (period to 2098-09-30); later than old on file"), "{said}");
    let newer = entry.replace("2098-03-31", "2098-09-30");
    std::fs::write(case.path("documents/old.toml"), newer).unwrap();
    assert!(!case.check().contains("SOC 2 report (period"), "it is as late");
    // A draft that somebody has spoilt is told of, and stops nothing.
    std::fs::write(case.path("documents/offered/spoilt.toml"), "kind = \"soc2\"\nsha256 = \"0\"\n").unwrap();
    let (_, out, err) = case.run(&["documents", "check", "--lang", "en"]);
    assert!(
        err.contains("draft spoilt is not used") && out.contains("ISO/IEC 27001 certificate ("),
        "{out}{err}"
    );
}

#[test]
fn a_refusal_says_what_to_do_and_changes_nothing() {
    let fault = |operation: &str, fault: &str| {
        format!("faults:\n  - {{service: artifact, operation: {operation}, fault: {fault}}}\n")
    };
    let kept = |case: &Case| {
        std::fs::create_dir_all(case.path("documents/offered")).unwrap();
        std::fs::write(case.path("documents/offered/kept.toml"), "kind = \"soc2\"\n").unwrap();
        case.files()
    };
    let case = Case::of(&reports(), &fault("ListReports", "denied"));
    let before = kept(&case);
    let (code, out, err) = case.fetch();
    assert_eq!((code, out.as_str()), (4, ""), "{err}");
    for part in
        ["AWS Artifact as aws/111122223333", "Grant artifact:ListReports", "sekisho documents add FILE"]
    {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert_eq!(case.files(), before);

    let case = Case::of(&reports(), &fault("GetReportMetadata", "denied"));
    let before = kept(&case);
    let (code, out, err) = case.fetch();
    assert!(code == 4 && err.contains("Grant artifact:GetReportMetadata"), "{err}");
    assert!(
        !out.lines().any(|line| line.starts_with("can be obtained")) && out.contains("of an unknown kind"),
        "{out}"
    );
    assert_eq!(case.files(), before);

    // Half a list is none.
    let many: String = (0..350)
        .map(|n| report(&format!("report-{n:016}"), &said("PCI DSS Report", 1, "2098-12-31"), SAME))
        .collect();
    let case = Case::of(&many, &fault("ListReports", "endless_pages"));
    let (code, out, err) = case.fetch();
    assert!(code == 4 && out.is_empty() && err.contains("did not end"), "{err}");
    let case = Case::of(&many, "");
    let (code, out, err) = case.fetch();
    assert!(code == 0 && out.lines().count() == 350 && err.contains("350 offered: 0 drafts"), "{err}");
}

#[test]
fn a_tenancy_without_a_portal_is_told_so() {
    let tenancy = "[tenancy]\nname = \"Records\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \
                   \"azure\"\nid = \"00000000-0000-0000-0000-000000000001\"\n";
    let folder = folder(&[("tenancy.toml", tenancy)]);
    let (code, _, err) = Program::new(folder.path(), &["documents", "fetch"]).run();
    let err = flat(&err);
    assert!(
        code == 2 && err.contains("AWS Artifact is the only one") && err.contains("documents add FILE"),
        "{err}"
    );
    assert!(!folder.path().join("documents").exists());
}

#[test]
fn hostile_words_stay_words() {
    let soc = |name: &str| said("SOC 2 Report", 1, "2098-09-30").replace("\"SOC 2 Report\"", name);
    let long = format!("\"SOC 2 Report {}\"", "x".repeat(100_000));
    let listed = |id: &str, said: &str| {
        format!(
            "      - {{service: artifact, region: us-east-1, of: {{reportId: {id:?}}}, tells: {{ListReports: {{id: {id:?}, {said}}}, \
             GetReportMetadata: {{reportDetails: {{id: {id:?}, {said}}}}}}}}}\n"
        )
    };
    let reports = [
        listed("../../../escaped", &soc("\"SOC 2 Report\"")),
        listed("report-long000000000001", &soc(&long)),
        listed("report-path000000000001", &soc(r#""../../SOC 2 Report""#)),
        listed("report-ctrl000000000001", &soc(r#""SOC 2 Report\e[2J\nsha256 = \"0\"\n\u202e""#)),
        listed("report-when000000000001", &soc("\"SOC 2 Report\"").replace("2098-09-30T00:00:00Z", "soon")),
    ]
    .concat();
    let case = Case::of(&reports, "");
    let (code, out, err) = case.fetch();
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.len() < 10_000 && !out.contains(['\u{1b}', '\u{202e}']), "{out:?}");
    let unclear = out.lines().filter(|line| line.starts_with("availability unknown")).count();
    assert_eq!((unclear, out.lines().count()), (3, 5), "{out}");
    let files = case.files();
    let drafts: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        drafts,
        [
            "documents/offered/aws-soc2-report-ctrl000000000001-v1.toml",
            "documents/offered/aws-soc2-report-path000000000001-v1.toml",
            "tenancy.toml"
        ]
    );
    for (name, text) in files.iter().filter(|(name, _)| name.contains("offered")) {
        let digest = text.lines().any(|line| line.starts_with("sha256"));
        assert!(!digest && !text.contains(['\u{1b}', '\u{202e}']), "{name}: {text}");
    }
    assert!(
        !Path::new("escaped").exists() && !case.folder.path().parent().unwrap().join("escaped.toml").exists()
    );
    // Nor does the name of a draft lead anywhere.
    let (code, _, err) = case.run(&["documents", "add", "tenancy.toml", "--from", "../tenancy"]);
    assert!(code == 2 && err.contains("is not the name of a draft"), "{err}");
    let (code, _, err) = case.run(&["documents", "add", "tenancy.toml", "--from", "nowhere"]);
    assert!(code == 2 && err.contains("sekisho documents fetch"), "{err}");
}
