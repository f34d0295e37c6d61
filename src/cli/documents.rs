//! `sekisho documents`: the register of evidence.

use super::engine;
use super::problem::Problem;
use super::screen::Screen;
use super::{exit, fetch, register, tenancy};
use sekisho::assess::{Assessment, Status};
use sekisho::documents::{Draft, FOLDER, Register, WriteFault, file, name_of, pdf};
use sekisho::text::{Language, Text};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Arguments of `documents`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Register a document or a statement: its metadata and its SHA-256.
    Add(Box<Add>),
    /// List what is registered.
    List(List),
    /// Say what is missing, expired or out of scope, and whom to ask.
    Check(Check),
    /// Ask AWS Artifact what it offers, and draft entries; terms are accepted and files downloaded by people.
    Fetch(super::fetch::Arguments),
}

/// Arguments of `documents add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The document; left out for a statement without a file.
    pub file: Option<PathBuf>,
    /// The folder of the register.
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    pub into: PathBuf,
    /// The draft that `documents fetch` made of it; the entry takes its name and its place.
    #[arg(long, value_name = "NAME")]
    pub from: Option<String>,
    /// The name of the entry; the file's name when left out.
    #[arg(long)]
    pub id: Option<String>,
    /// Register the digest alone; the file is not copied.
    #[arg(long)]
    pub withhold: bool,
    /// What it is: iso27001, soc2, contract, statement and so on.
    #[arg(long)]
    pub kind: Option<String>,
    /// What a statement is about.
    #[arg(long)]
    pub about: Option<String>,
    /// The provider whose service it is about.
    #[arg(long)]
    pub provider: Option<String>,
    /// Whom it is issued to.
    #[arg(long)]
    pub holder: Option<String>,
    /// Its number.
    #[arg(long)]
    pub number: Option<String>,
    /// The last day it is valid (YYYY-MM-DD).
    #[arg(long, value_name = "DATE")]
    pub valid_until: Option<String>,
    /// Any other field, as in --set standard="ISO/IEC 27001:2022"; lists are parted by commas.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `documents list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// The folder of the register.
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    pub from: PathBuf,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = super::assess::language)]
    pub lang: Language,
}

/// Arguments of `documents check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The tenancy file; the register is beside it.
    #[arg(short = 'c', long = "config", value_name = "FILE", default_value = "tenancy.toml")]
    pub tenancy: PathBuf,
    /// The folder of a run: what it found in use is held against the scopes.
    #[arg(value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = super::assess::language)]
    pub lang: Language,
}

/// Adds, lists or checks.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    match arguments {
        Arguments::Add(arguments) => add(arguments, screen),
        Arguments::List(arguments) => list(arguments, screen),
        Arguments::Check(arguments) => check(arguments, screen),
        Arguments::Fetch(arguments) => super::fetch::run(arguments, screen),
    }
}

fn add(arguments: &Add, screen: &Screen) -> Result<u8, Problem> {
    let mut draft = match &arguments.from {
        Some(name) => fetch::taken(&arguments.into, name, arguments.file.is_some())?,
        None => Draft::default(),
    };
    let mut bytes = None;
    if let Some(path) = &arguments.file {
        let read = file::read(path).map_err(|cause| {
            let next = "name a file of at most 256 MiB that this user may read";
            Problem::file(path, "the document cannot be read", &cause, next)
        })?;
        from_file(&mut draft, path, &read, arguments.withhold, screen)?;
        bytes = Some(read);
    }
    let flags = [
        ("kind", &arguments.kind),
        ("about", &arguments.about),
        ("provider", &arguments.provider),
        ("holder", &arguments.holder),
        ("number", &arguments.number),
        ("valid_until", &arguments.valid_until),
    ];
    for (name, value) in flags {
        if let Some(value) = value {
            draft.set(name, value).map_err(unwritable)?;
        }
    }
    for pair in &arguments.set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Problem::usage(format!("--set {pair} has no `=`"), "write: --set FIELD=VALUE"));
        };
        draft.set(name.trim(), value).map_err(unwritable)?;
    }
    if io::stdin().is_terminal() {
        ask(&mut draft, screen)?;
    }
    if arguments.from.is_some() && !draft.has("provider") {
        // Without one it would count as the contractor's own.
        return Err(Problem::usage(
            "whose paper the draft is of was not said, and it names no provider",
            "compare the document, and add --provider and --holder",
        ));
    }
    draft.entry().map_err(unwritable)?;
    let id = entry_name(arguments)?;
    fs::create_dir_all(&arguments.into).map_err(|cause| {
        Problem::file(&arguments.into, "the folder cannot be made", &cause, "name another with --into")
    })?;
    let entry = arguments.into.join(format!("{id}.toml"));
    if let (Some(bytes), Some(path), false) = (&bytes, &arguments.file, arguments.withhold) {
        keep(&arguments.into, path, bytes)?;
    }
    create(&entry, draft.text().as_bytes()).map_err(|cause| {
        Problem::file(&entry, "the entry cannot be written", &cause, "choose another name with --id")
    })?;
    if let Some(name) = &arguments.from {
        fetch::completed(&arguments.into, name, screen);
    }
    screen.result(&entry.display().to_string())?;
    Ok(exit::CONFORMS)
}

/// What the file itself tells: its name, its digest, and of a PDF its title and signatures.
fn from_file(
    draft: &mut Draft,
    path: &Path,
    bytes: &[u8],
    withhold: bool,
    screen: &Screen,
) -> Result<(), Problem> {
    draft.set("sha256", &file::digest(bytes)).map_err(unwritable)?;
    if !withhold && let Some(name) = path.file_name().and_then(|name| name.to_str()) {
        draft.set("file", name).map_err(unwritable)?;
    }
    if !pdf::is_pdf(bytes) {
        return Ok(());
    }
    match pdf::read(bytes) {
        Ok(read) => {
            if let Some(title) = read.title.as_ref().filter(|_| !draft.has("title")) {
                draft.set("title", title).map_err(unwritable)?;
            }
            // What cannot be read of its text is asked for like the rest.
            let guesses = pdf::text(bytes).map(|text| pdf::guesses(&text));
            for (name, value) in guesses.into_iter().flatten() {
                if let Some(known) = draft.text_of(name) {
                    if known != value {
                        screen.message(&format!(
                            "Read in the document: {name} = {value}, AND NOT {known} AS DRAFTED. Compare it."
                        ));
                    }
                    continue;
                }
                draft.set(name, &value).map_err(unwritable)?;
                screen.message(&format!("Read in the document: {name} = {value}. Compare it."));
            }
            for one in &read.signatures {
                let told = |seen: Option<&String>| seen.cloned().unwrap_or_else(|| "unknown".to_owned());
                let sound =
                    one.digest_matches.seen() == Some(&true) && one.signature_matches.seen() == Some(&true);
                screen.message(&format!(
                    "Signed by {} (issued by {}, valid from {} until {}): {}{}.",
                    told(one.signer.seen()),
                    told(one.issuer.seen()),
                    told(one.valid_from.seen()),
                    told(one.valid_until.seen()),
                    if sound { "as it was signed" } else { "THE SIGNATURE DOES NOT HOLD" },
                    if one.covers_file { "" } else { ", but does not cover the whole file" }
                ));
            }
        }
        Err(fault) => screen.message(&format!("Nothing was read in {}: {fault}.", path.display())),
    }
    Ok(())
}

/// Asks for what an entry of its kind still needs. An empty answer leaves it open.
fn ask(draft: &mut Draft, screen: &Screen) -> Result<(), Problem> {
    let mut passed: Vec<&str> = Vec::new();
    while let Some((name, example)) = draft.missing().into_iter().find(|(name, _)| !passed.contains(name)) {
        screen.message(&format!("{name}? (as in: {example})"));
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        let read =
            read.map_err(|cause| Problem::usage(format!("no answer could be read: {cause}"), "use flags"))?;
        if read == 0 {
            break;
        }
        if answer.trim().is_empty() {
            passed.push(name);
        } else if let Err(fault) = draft.set(name, answer.trim().trim_matches('"')) {
            screen.message(&fault.to_string());
            passed.push(name);
        }
    }
    Ok(())
}

fn entry_name(arguments: &Add) -> Result<String, Problem> {
    let stem = arguments.file.as_ref().and_then(|path| path.file_stem()).and_then(|stem| stem.to_str());
    let named = arguments.id.as_deref().or(arguments.from.as_deref()).or(stem).or(arguments.about.as_deref());
    let Some(named) = named else {
        return Err(Problem::usage("the entry has no name", "name it with --id"));
    };
    let plain: String =
        named.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '-' }).collect();
    Ok(plain.trim_matches('-').to_lowercase())
}

/// Copies the document beside its entry, unless it is there already.
fn keep(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let Some(name) = path.file_name() else { return Ok(()) };
    let to = folder.join(name);
    match fs::read(&to) {
        Ok(there) if there == bytes => Ok(()),
        Ok(_) => Err(Problem::usage(
            format!("{} is already there, and is another file", to.display()),
            "rename the document first",
        )),
        Err(_) => create(&to, bytes).map_err(|cause| {
            Problem::file(
                &to,
                "the document cannot be copied",
                &cause,
                "add --withhold to register its digest alone",
            )
        }),
    }
}

pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

pub(super) fn unwritable(fault: WriteFault) -> Problem {
    Problem::usage(fault.to_string(), "give what is missing as a flag, or with --set FIELD=VALUE")
}

fn list(arguments: &List, screen: &Screen) -> Result<u8, Problem> {
    let register = register::read(&arguments.from, screen)?;
    if arguments.json {
        screen.json(&register)?;
    } else {
        screen.result(&listed(&register, arguments.lang))?;
    }
    Ok(exit::CONFORMS)
}

fn listed(register: &Register, language: Language) -> String {
    let mut text = String::new();
    for document in &register.documents {
        let entry = &document.entry;
        let until = entry.valid_until.seen().or(entry.period_end.seen()).or(entry.signed.seen());
        let parts = [
            document.id.clone(),
            entry.key().to_owned(),
            name_of(entry, &document.id).get(language).to_owned(),
            entry.provider.seen().cloned().unwrap_or_default(),
            until.cloned().unwrap_or_default(),
            document.file.state.title().get(language).to_owned(),
        ];
        let plain = |part: String| sekisho::checks::bounded(&part);
        text.push_str(&parts.map(plain).join("\t"));
        text.push('\n');
    }
    for faulty in &register.faulty {
        text.push_str(&format!("{}\t-\t{}\n", faulty.id, faulty.faults.join("; ")));
    }
    text
}

fn check(arguments: &Check, screen: &Screen) -> Result<u8, Problem> {
    let tenancy = tenancy::read(&arguments.tenancy, screen)?;
    let folder = register::beside(&arguments.tenancy);
    let register = register::read(&folder, screen)?;
    let offered = fetch::pending(&folder, &register, screen)?;
    let assessment = engine::check_register(&tenancy, &register, arguments.run.as_deref())?;
    let of_papers = |check: &str| check.starts_with("services-within") || check == "exports-stated";
    let wanted = |finding: &&sekisho::assess::Finding| {
        finding.subject.starts_with("documents/")
            || &*finding.subject == "report"
            || (&*finding.subject == "tenancy" && (arguments.run.is_some() || !of_papers(&finding.check)))
    };
    let findings: Vec<_> = assessment.findings.iter().filter(wanted).collect();
    let open = sekisho::report::open_papers(&assessment);
    let matters = matters(&assessment);
    let worst = findings
        .iter()
        .filter(|finding| finding.level == sekisho::assess::Level::Shall)
        .map(|finding| finding.status)
        .chain(
            open.iter()
                .filter(|(paper, _)| paper.level == sekisho::assess::Level::Shall)
                .map(|(paper, _)| paper.status),
        )
        .max()
        .unwrap_or(Status::Attested);
    let code = exit::of(worst);
    if arguments.json {
        let findings = findings.iter().map(|one| {
            json!({"check": one.check, "subject": one.subject, "level": one.level, "status": one.status,
                "clauses": one.clauses, "reason": one.reason, "ask": one.remedy})
        });
        let open = open.iter().map(|(paper, clauses)| {
            let clauses: Vec<&str> = clauses.iter().map(|clause| clause.id.as_str()).collect();
            json!({"id": paper.id, "title": paper.title, "level": paper.level, "status": paper.status,
                "reason": paper.reason, "from": paper.from, "entries": paper.entries, "clauses": clauses})
        });
        let matters = matters
            .iter()
            .map(|(id, (missing, clauses))| json!({"id": id, "missing": missing, "clauses": clauses}));
        let offered = offered.iter().map(|one| {
            let kind = one.kind.as_str();
            json!({"draft": one.name, "kind": kind, "from": one.offered_by, "period_end": one.period_end, "text": fetch::told(one)})
        });
        screen.json(&json!({"exit_code": code, "papers": open.collect::<Vec<_>>(),
            "findings": findings.collect::<Vec<_>>(), "matters": matters.collect::<Vec<_>>(),
            "offered": offered.collect::<Vec<_>>()}))?;
        return Ok(code);
    }
    let language = arguments.lang;
    let mut text = String::new();
    for (paper, clauses) in open {
        let clauses: Vec<&str> = clauses.iter().map(|clause| clause.id.as_str()).collect();
        let sign = sekisho::report::sign(paper.level, paper.status);
        text.push_str(&format!(
            "{sign} {} [{}]\n    {}\n",
            paper.title.get(language),
            clauses.join(", "),
            paper.reason.get(language)
        ));
    }
    for finding in findings {
        let sign = sekisho::report::sign(finding.level, finding.status);
        text.push_str(&format!(
            "{sign} {} [{}]\n    {}\n    {}\n",
            finding.subject,
            finding.check,
            finding.reason.get(language),
            finding.remedy.get(language)
        ));
    }
    if text.is_empty() {
        text.push_str(match language {
            Language::Ja => "登録されている書面及び申告に不足はない。\n",
            Language::En => "Nothing is missing, and everything on file is in order.\n",
        });
    }
    if !matters.is_empty() {
        text.push_str(match language {
            Language::Ja => "\n機械では確認しない事項。確認したら、申告（about = \"reviewed\"）の matters にその名を記す。\n",
            Language::En => {
                "\nNot checked by machine. Once reviewed, name them in the matters of a statement (about = \"reviewed\").\n"
            }
        });
    }
    for (id, (missing, clauses)) in matters {
        text.push_str(&format!("  {id} [{}]\n    {}\n", clauses.join(", "), missing.get(language)));
    }
    for one in &offered {
        text.push_str(&format!("+ {}\n", fetch::told(one).get(language)));
    }
    screen.result(&text)?;
    Ok(code)
}

/// What no check sees and nobody has stated yet, by its name: what it is, and the clauses that need it.
fn matters(assessment: &Assessment) -> BTreeMap<&str, (&Text, Vec<&str>)> {
    let mut matters: BTreeMap<&str, (&Text, Vec<&str>)> = BTreeMap::new();
    for clause in &assessment.clauses {
        for need in clause.needs.iter().filter(|need| need.status == Status::Unverified) {
            matters.entry(&need.id).or_insert((&need.missing, Vec::new())).1.push(&clause.id);
        }
    }
    matters
}
