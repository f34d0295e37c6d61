//! `sekisho package`: what goes in, what does not and is said, and what is left when it fails.

use super::bad_input::flat;
use super::command::{Program, credentials, folder, run};
use super::python;
use sekisho::documents::file::digest;
use sekisho_simulator::{Description, Simulator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The day of the packages; the run is of the day the simulator tells.
const ON: &str = "2099-01-15";

const TENANCY: &str = "[tenancy]\nname = \"提出試験\"\nprofile = \"jp-annex-2\"\ncontract_end = 2099-03-31\n[[account]]\nprovider = \"aws\"\nid = \"111122223333\"\nendpoint = \"{endpoint}\"\n";
const CLOUD: &str = "regions: [ap-northeast-1, us-east-1]\naccounts:\n  - id: \"111122223333\"\n    buckets:\n      - {name: very-secret-name, region: ap-northeast-1, encryption: {algorithm: AES256}, tags: {classification: confidential}}\n    trails:\n      - {name: audit, region: ap-northeast-1, bucket: very-secret-name, multi_region: true, validation: true}\n";

/// A run over a small tenancy, made once.
static RUN: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let simulator = Simulator::start(Description::parse(CLOUD).unwrap()).unwrap();
    let folder = folder(&[("tenancy.toml", &TENANCY.replace("{endpoint}", &simulator.endpoint()))]);
    let arguments = ["assess", "-c", "tenancy.toml", "--out", "run", "--no-corroborate"];
    let (code, _, err) = Program::new(folder.path(), &arguments).with(&credentials()).run();
    assert!(code == 1 || code == 3, "{err}");
    let path = folder.path().join("run");
    (folder, path)
});

/// Signed PDFs, made once by others.
static PDFS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let script = python::scripts().join("signed_pdfs.py");
    let output = Command::new(python::python()).arg("-B").arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
});

/// A register, entry by entry: its text without `file` and `sha256`, and the file's bytes.
#[derive(Clone)]
struct Papers(BTreeMap<String, (String, Option<Vec<u8>>)>);

impl Papers {
    /// Everything that has to be handed in, each with a PDF of its own.
    fn complete() -> Self {
        let signed = fs::read(PDFS.path().join("signed.pdf")).unwrap();
        let plain = fs::read(PDFS.path().join("plain.pdf")).unwrap();
        let listed = "[all_services]\nat = \"list\"\nlooked_up = 2026-10-15\nby = \"山田\"\n[all_regions]\nat = \"list\"\nlooked_up = 2026-10-15\nby = \"山田\"\n";
        let aws = "provider = \"aws\"\nholder = \"Amazon Web Services, Inc.\"\n";
        let signed_by = "signed_by = \"山田\"\nsigned = 2026-10-20\n";
        let file = |bytes: &Vec<u8>, more: &str| Some([bytes, more.as_bytes()].concat());
        let mut all = BTreeMap::new();
        let mut add = |id: &str, text: String, bytes: Option<Vec<u8>>| {
            all.insert(id.to_owned(), (text, bytes));
        };
        add("profile", "kind = \"contractor-profile\"\ncovers = [\"capital\", \"officers\", \"sites\", \"affiliation\", \"expertise\", \"record\", \"nationality\"]\n".into(), file(&plain, ""));
        add("mark", "kind = \"privacy-mark\"\nholder = \"株式会社受託\"\nnumber = \"P-1\"\nvalid_until = 2099-06-30\n".into(), file(&plain, "\n%mark"));
        let measures: Vec<String> = (1..=10).map(|number| format!("\"III-1-{number}\"")).collect();
        add(
            "measures",
            format!("kind = \"security-measures\"\ncovers = [{}]\n", measures.join(", ")),
            file(&plain, "\n%measures"),
        );
        add(
            "iso",
            format!(
                "kind = \"iso27001\"\n{aws}standard = \"ISO/IEC 27001:2022\"\nnumber = \"IS 4711\"\ncertification_body = \"Body\"\nissued = 2026-01-01\nvalid_until = 2099-10-31\n{listed}"
            ),
            Some(signed),
        );
        add(
            "soc",
            format!(
                "kind = \"soc2\"\n{aws}soc_type = 2\nperiod_start = 2097-10-01\nperiod_end = 2098-09-30\nopinion = \"unqualified\"\ncarve_outs = []\n{listed}"
            ),
            file(&plain, "\n%soc"),
        );
        let statement =
            |about: &str, more: &str| format!("kind = \"statement\"\nabout = \"{about}\"\n{signed_by}{more}");
        add("no-equipment", statement("no-equipment", "text = \"機器等を納品しない。\"\n"), None);
        add("no-subcontracting", statement("no-subcontracting", "text = \"再委託しない。\"\n"), None);
        add("contact", statement("incident-contact", "text = \"監視センター\"\n"), None);
        add("watch", statement("monitoring-organisation", "text = \"監視センター\"\n"), None);
        add(
            "rpo",
            statement("declared-rpo", "[[systems]]\nname = \"*\"\nrpo_minutes = 1440\nrto_minutes = 240\n"),
            None,
        );
        add(
            "exports",
            statement(
                "export-formats",
                "[[exports]]\nkinds = [\"object_store\"]\nformat = \"CSV\"\nhow = \"媒体\"\n",
            ),
            None,
        );
        add("vulnerabilities", format!("kind = \"vulnerability-disclosure\"\n{aws}"), file(&plain, "\n%v"));
        Self(all)
    }

    fn without(mut self, id: &str) -> Self {
        assert!(self.0.remove(id).is_some(), "{id}");
        self
    }

    fn with(mut self, id: &str, text: &str, bytes: Option<&[u8]>) -> Self {
        self.0.insert(id.to_owned(), (text.to_owned(), bytes.map(<[u8]>::to_vec)));
        self
    }

    fn but(mut self, id: &str, from: &str, to: &str) -> Self {
        let entry = &mut self.0.get_mut(id).unwrap().0;
        assert!(entry.contains(from), "{entry}");
        *entry = entry.replace(from, to);
        self
    }

    /// Writes it into a folder `documents`.
    fn write(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let documents = folder.path().join("documents");
        fs::create_dir(&documents).unwrap();
        for (id, (text, bytes)) in &self.0 {
            let mut head = String::new();
            if let Some(bytes) = bytes {
                head = format!("file = \"{id}.pdf\"\nsha256 = \"{}\"\n", digest(bytes));
                fs::write(documents.join(format!("{id}.pdf")), bytes).unwrap();
            }
            fs::write(documents.join(format!("{id}.toml")), head + text).unwrap();
        }
        folder
    }
}

/// What the program says and leaves.
struct Made {
    folder: tempfile::TempDir,
    code: i32,
    out: String,
    err: String,
}

impl Made {
    fn of(folder: tempfile::TempDir) -> Self {
        let run_folder = RUN.1.display().to_string();
        let arguments = [
            "package",
            &run_folder,
            "--documents",
            "documents",
            "--out",
            "package",
            "--on",
            ON,
            "--zip",
            "package.zip",
        ];
        let (code, out, err) = run(folder.path(), &arguments);
        Self { folder, code, out, err }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("package").join(name)
    }

    fn json(&self, name: &str) -> Value {
        let text = fs::read(self.path(name)).unwrap_or_else(|fault| panic!("{name}: {fault}\n{}", self.err));
        serde_json::from_slice(&text).unwrap()
    }

    /// The paper of an entry.
    fn paper(&self, entry: &str) -> Value {
        let index = self.json("index.json");
        let papers = index["papers"].as_array().unwrap();
        papers
            .iter()
            .find(|paper| paper["entry"] == entry)
            .unwrap_or_else(|| panic!("{entry}: {papers:?}"))
            .clone()
    }

    /// By clause: the states of what has to be handed in.
    fn states(&self) -> BTreeMap<String, String> {
        let index = self.json("index.json");
        let state = |one: &Value| {
            (one["clause"].as_str().unwrap().to_owned(), one["state"].as_str().unwrap().to_owned())
        };
        index["demands"].as_array().unwrap().iter().map(state).collect()
    }

    /// What is missing and binds, by clause.
    fn missing(&self) -> Vec<String> {
        let index = self.json("index.json");
        let binding = index["missing"].as_array().unwrap().iter().filter(|one| one["binding"] == true);
        binding.map(|one| one["clause"].as_str().unwrap().to_owned()).collect()
    }

    /// Every file of the package.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.folder.path().join("package");
        let (mut waiting, mut files) = (vec![root.clone()], BTreeMap::new());
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                assert!(!fs::symlink_metadata(&path).unwrap().is_symlink(), "{path:?}");
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().display().to_string();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

#[test]
fn everything_that_is_demanded_is_in_and_reads_back() {
    let made = Made::of(Papers::complete().write());
    assert_eq!((made.code, made.missing()), (0, vec![]), "{}{}", made.out, made.err);
    let expected = [
        ("II-1", "enclosed"),
        ("II-2", "enclosed"),
        ("III-1", "enclosed"),
        ("V-1", "enclosed"),
        ("V-2", "enclosed"),
        ("VI-1", "stated"),
        ("VI-6", "stated"),
    ];
    let states = made.states();
    assert_eq!(states, expected.map(|(clause, state)| (clause.to_owned(), state.to_owned())).into());
    assert!(made.path("documents/01_Ⅱ-1_profile.pdf").exists(), "{:?}", made.files().keys());

    // Each file is in the manifest with its digest, and the manifest is alone in not being there.
    let manifest = made.json("manifest.json");
    let files = made.files();
    let listed: BTreeMap<String, String> = manifest["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["name"].as_str().unwrap().to_owned(), file["sha256"].as_str().unwrap().to_owned()))
        .collect();
    let there: BTreeMap<String, String> = files
        .iter()
        .filter(|(name, _)| *name != "manifest.json")
        .map(|(name, bytes)| (name.clone(), digest(bytes)))
        .collect();
    assert_eq!(listed, there);
    for (name, schema) in
        [("manifest", "package"), ("index", "package-index"), ("disclosure-list", "disclosure-list")]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{schema}.json"));
        let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let value = made.json(&format!("{name}.json"));
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        assert!(!validator.is_valid(&serde_json::json!({})), "the control: {name} takes anything");
    }

    // No single thing is named by the disclosure list.
    let told: String = files
        .iter()
        .filter(|(name, _)| name.starts_with("disclosure"))
        .map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap())
        .collect();
    assert!(
        told.contains("オブジェクトストレージ")
            && !told.contains("very-secret-name")
            && !told.contains("111122223333")
    );

    // Python reads the archive, and finds the same bytes.
    let script = "import hashlib, json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps({i.filename: hashlib.sha256(z.read(i)).hexdigest() for i in z.infolist()}))";
    let archive = made.folder.path().join("package.zip");
    let output = Command::new(python::python()).args(["-B", "-c", script]).arg(&archive).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let unpacked: BTreeMap<String, String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(unpacked, files.iter().map(|(name, bytes)| (name.clone(), digest(bytes))).collect());

    // Once more: the same bytes.
    let again = Made::of(Papers::complete().write());
    assert_eq!(again.files(), files);
    assert_eq!(fs::read(again.folder.path().join("package.zip")).unwrap(), fs::read(&archive).unwrap());
}

#[test]
fn each_paper_that_is_not_there_is_missed() {
    for (id, clauses) in [
        ("profile", &["II-1"][..]),
        ("mark", &["II-2"]),
        ("measures", &["III-1"]),
        ("iso", &["V-1"]),
        ("soc", &["V-2"]),
        ("no-equipment", &["VI-1"]),
        ("no-subcontracting", &["V-13"]),
        ("rpo", &["V-13"]),
        ("exports", &["V-13"]),
    ] {
        let made = Made::of(Papers::complete().without(id).write());
        assert_eq!(
            (made.code, made.missing()),
            (3, clauses.iter().map(|one| (*one).to_owned()).collect()),
            "{id}"
        );
        assert!(made.out.contains("不足が1件ある"), "{id}: {}", made.out);
    }
    // Without a statement that no equipment is delivered a certificate of it is desirable, and stops nothing by itself.
    let made = Made::of(Papers::complete().without("no-equipment").write());
    assert_eq!(made.states()["VI-6"], "absent");
    assert!(made.out.contains("△ Ⅵ-６"), "{}", made.out);
    // Nothing at all on file.
    let made = Made::of(Papers(BTreeMap::new()).write());
    assert_eq!(made.code, 3);
    assert!(made.missing().len() >= 6, "{:?}", made.missing());
}

#[test]
fn what_falls_short_goes_in_with_that_said() {
    for (id, from, to, clause, says) in [
        ("mark", "2099-06-30", "2099-01-14", "II-2", "期限切れ（2099-01-14まで）"),
        ("iso", "issued = 2026-01-01", "issued = 2099-02-01", "V-1", "まだ到来していない"),
        ("soc", "2098-09-30", "2097-12-31", "V-2", "一年を超えている"),
        ("profile", ", \"nationality\"", "", "II-1", "期限の定めがない"),
        ("measures", "\"III-1-7\", ", "", "III-1", "期限の定めがない"),
        ("iso", "27001:2022", "27001:2013", "V-1", "2099-10-31まで有効"),
    ] {
        let made = Made::of(Papers::complete().but(id, from, to).write());
        assert_eq!(
            (made.code, made.states()[clause].as_str()),
            (3, "falls_short"),
            "{id} {to}: {}",
            made.out
        );
        assert!(made.missing().contains(&clause.to_owned()), "{id} {to}");
        let paper = made.paper(id);
        assert!(paper["file"].is_string() && paper["in_order"] == false, "{paper:#}");
        assert!(paper["validity"].as_str().unwrap().contains(says), "{paper:#}");
        let notes = made.json("index.json")["notes"].to_string();
        assert!(notes.contains("同梱している"), "{notes}");
    }
    // A certificate of another service: in order, and what is in use lies outside it.
    let listed = "[all_services]\nat = \"list\"\nlooked_up = 2026-10-15\nby = \"山田\"\n";
    let narrow = Papers::complete().but("iso", listed, "services = [\"Amazon Elastic Compute Cloud\"]\n");
    let made = Made::of(narrow.write());
    assert_eq!(
        (made.code, made.states()["V-1"].as_str(), made.missing()),
        (3, "enclosed", vec!["V-1".to_owned()]),
        "{}",
        made.out
    );
    assert!(made.out.contains("適用範囲"), "{}", made.out);
}

#[test]
fn a_wrong_file_never_goes_in() {
    let put = |change: &dyn Fn(&Path)| {
        let folder = Papers::complete().write();
        change(&folder.path().join("documents"));
        Made::of(folder)
    };
    let check = |made: &Made, says: &str| {
        assert_eq!((made.code, made.missing()), (3, vec!["III-1".to_owned()]), "{says}: {}", made.out);
        let paper = made.paper("measures");
        assert!(paper["file"].is_null() && paper["left_out"].as_str().unwrap().contains(says), "{paper:#}");
        assert!(!made.files().keys().any(|name| name.contains("measures")), "{says}");
    };
    check(&put(&|at| fs::write(at.join("measures.pdf"), "another").unwrap()), "登録と一致しない");
    check(&put(&|at| fs::remove_file(at.join("measures.pdf")).unwrap()), "登録したファイルがない");
    #[cfg(unix)]
    check(
        &put(&|at| {
            // What the link leads to is even the registered file.
            let beside = at.parent().unwrap().join("elsewhere.pdf");
            fs::rename(at.join("measures.pdf"), &beside).unwrap();
            std::os::unix::fs::symlink(&beside, at.join("measures.pdf")).unwrap();
        }),
        "リンク",
    );
    check(
        &put(&|at| {
            fs::rename(at.join("measures.pdf"), at.parent().unwrap().join("outside.pdf")).unwrap();
            let entry = fs::read_to_string(at.join("measures.toml")).unwrap();
            fs::write(at.join("measures.toml"), entry.replace("measures.pdf", "../outside.pdf")).unwrap();
        }),
        "フォルダの外",
    );
}

#[test]
fn what_may_not_be_passed_on_stays_and_is_said() {
    for (restrictions, goes_in) in [
        ("\"関係者限り\"", true),
        ("\"暗号化必須\", \"要返却\"", true),
        ("\"複製禁止\"", false),
        ("\"配布禁止\"", false),
        ("\"転送禁止\"", false),
        ("\"持出禁止\"", false),
        ("\"NDA\"", false),
        ("\"関係者限り\", \"社内限り\"", false),
    ] {
        let handling =
            format!("[handling]\nconfidentiality = 3\nrestrictions = [{restrictions}]\n[all_services]\n");
        let made = Made::of(Papers::complete().but("soc", "[all_services]\n", &handling).write());
        let paper = made.paper("soc");
        assert_eq!(paper["file"].is_string(), goes_in, "{restrictions}: {paper:#}");
        assert_eq!(made.code, if goes_in { 0 } else { 3 }, "{restrictions}: {}", made.out);
        assert_eq!(made.states()["V-2"], if goes_in { "enclosed" } else { "withheld" }, "{restrictions}");
        // Metadata and digest are there all the same, and the strictest marking is on everything.
        assert_eq!(paper["sha256"].as_str().map(str::len), Some(64));
        let manifest = made.json("manifest.json");
        for file in manifest["files"].as_array().unwrap().iter().filter(|file| file["paper"].is_null()) {
            assert!(file["handling"].as_str().unwrap().contains("機密性3情報（要機密情報）"), "{file}");
        }
        for page in ["index.html", "index.md", "disclosure-list.html", "disclosure-list.md"] {
            let text = fs::read_to_string(made.path(page)).unwrap();
            assert!(text.matches("機密性3情報").count() >= 2, "{page}");
        }
    }
    // The register holds a digest alone.
    let folder = Papers::complete().write();
    let entry = folder.path().join("documents/soc.toml");
    let text = fs::read_to_string(&entry).unwrap().replace("file = \"soc.pdf\"\n", "");
    fs::write(&entry, text).unwrap();
    let made = Made::of(folder);
    assert_eq!((made.code, made.states()["V-2"].as_str()), (3, "withheld"), "{}", made.out);
    assert!(made.paper("soc")["left_out"].as_str().unwrap().contains("ハッシュ値のみ"));
}

#[test]
fn names_and_texts_of_others_do_no_harm() {
    let hostile = "</style><script>alert(1)</script>|[x](http://e.example)\\u202E";
    let papers = Papers::complete().but("mark", "株式会社受託", hostile).without("measures");
    let measures = Papers::complete().0["measures"].clone();
    let name = "..%2F名前 \"<b>;$(rm)";
    let text = format!("title = \"{hostile}\"\n{}", measures.0);
    let papers = papers.with("x", &text, measures.1.as_deref());
    let folder = papers.write();
    let documents = folder.path().join("documents");
    fs::rename(documents.join("x.toml"), documents.join(format!("{name}.toml"))).unwrap();
    let made = Made::of(folder);
    assert_eq!(made.code, 0, "{}{}", made.out, made.err);
    for (name, bytes) in made.files() {
        assert!(!name.contains(['"', '<', '$', '%', ' ', '\\', '\n']) && !name.contains(".."), "{name}");
        if name.ends_with(".html") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("<script") && text.matches("</style>").count() == 1, "{name}");
            assert!(!text.contains('\u{202e}'), "{name}");
        } else if name.ends_with(".md") {
            let text = String::from_utf8(bytes).unwrap();
            let bare = text.replace("\\<", "");
            assert!(!bare.contains("<script") && !text.contains("](http:"), "{name}");
        }
    }
    assert!(made.files().keys().any(|name| name.ends_with("_2F名前-b-rm.pdf")), "{:?}", made.files().keys());
}

#[test]
fn nothing_is_overwritten_and_nothing_half_made_is_left() {
    let run_folder = RUN.1.display().to_string();
    let check = |prepare: &dyn Fn(&Path), arguments: &[&str], says: &str| {
        let folder = Papers::complete().write();
        prepare(folder.path());
        let before = listed(folder.path());
        let arguments = [&["package"], arguments].concat();
        let (code, _, err) = run(folder.path(), &arguments);
        assert!(code == 2 && flat(&err).contains(says), "{says}: {code} {err}");
        assert_eq!(listed(folder.path()), before, "{says}");
    };
    let usual = [run_folder.as_str(), "--documents", "documents", "--out", "package"];
    let with =
        |more: &[&'static str]| -> Vec<&str> { usual.iter().copied().chain(more.iter().copied()).collect() };
    let full = |at: &Path| {
        fs::create_dir(at.join("package")).unwrap();
        fs::write(at.join("package/letter.txt"), "x").unwrap();
    };
    check(&full, &with(&[]), "holds something already");
    check(&|at| fs::write(at.join("package"), "x").unwrap(), &with(&[]), "is a file");
    check(&|at| fs::write(at.join("p.zip"), "x").unwrap(), &with(&["--zip", "p.zip"]), "is there already");
    check(&|_| {}, &with(&["--zip", "package/p.zip"]), "lies in the folder of the package");
    check(&|_| {}, &with(&["--on", "2020-01-01"]), "after the day of the package");
    check(&|_| {}, &with(&["--on", "soon"]), "--on");
    check(&|_| {}, &[&run_folder, "--documents", "nowhere", "--out", "package"], "is no folder");
    check(&|_| {}, &["nowhere", "--documents", "documents", "--out", "package"], "holds no run");
    #[cfg(unix)]
    check(&|at| std::os::unix::fs::symlink(at, at.join("package")).unwrap(), &with(&[]), "is a link");

    // An empty folder is taken.
    let folder = Papers::complete().write();
    fs::create_dir(folder.path().join("package")).unwrap();
    assert_eq!(Made::of(folder).code, 0);
    // What cannot be written leaves nothing: the place of the archive is below a file.
    let folder = Papers::complete().write();
    fs::write(folder.path().join("file"), "x").unwrap();
    let before = listed(folder.path());
    let arguments = [&["package"][..], &usual, &["--zip", "file/p.zip"]].concat();
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!((code, listed(folder.path())), (4, before), "{err}");
}

/// The names in a folder, hidden ones too.
fn listed(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}
