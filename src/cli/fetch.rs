//! `sekisho documents fetch`: what providers' portals offer, as drafts of entries; and drafts completed by `documents add --from`.
//!
//! A draft lies in a folder inside the register's that the register never reads: it counts for nothing until a person has
//! accepted the terms, downloaded the file and registered its SHA-256.

use super::documents::{create, unwritable};
use super::problem::Problem;
use super::screen::Screen;
use super::{assess, engine, exit, interrupt, register, tenancy};
use sekisho::checks::bounded;
use sekisho::collect::PortalVisit;
use sekisho::documents::offered::{self, Fate, OFFERED, Offer, Pending, Standing};
use sekisho::documents::{Draft, Register};
use sekisho::text::{Language, Text};
use sekisho_contract::portal::{PaperState, PortalPaper};
use sekisho_contract::{Call, GapReason, Shortfall};
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Arguments of `documents fetch`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tenancy file.
    #[arg(short = 'c', long = "config", value_name = "FILE", default_value = "tenancy.toml")]
    pub tenancy: PathBuf,
    /// The folder of the register; beside the tenancy file when left out.
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = assess::language)]
    pub lang: Language,
}

/// Largest draft that is read, in bytes.
const SIZE_LIMIT: u64 = 64 * 1024;
/// Most drafts that are read.
const DRAFT_LIMIT: usize = 1_000;
/// Where the calls are written down.
const CALLS: &str = "calls.ndjson";

/// Asks, and writes drafts of what is new. Nothing that is there is changed.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let tenancy = tenancy::read(&arguments.tenancy, screen)?;
    let folder = arguments.into.clone().unwrap_or_else(|| register::beside(&arguments.tenancy));
    let register = register::read(&folder, screen)?;
    let asking = async { engine::visit_portals(&tenancy, interrupt::token(screen)).await };
    let visits = assess::runtime()?.block_on(asking)?;
    if visits.is_empty() {
        return Err(Problem::usage(
            "no account of the tenancy is of a provider whose portal can be asked; AWS Artifact is the only one",
            "download the documents from the provider's portal, and register each with: sekisho documents add FILE",
        ));
    }
    let mut code = exit::CONFORMS;
    let mut told = Vec::new();
    for visit in &visits {
        write_down(&folder, &visit.calls)?;
        for (account, shortfall) in &visit.refused {
            screen.message(&format!(
                "{} did not answer {account}: {} {}",
                visit.portal, shortfall.operation, shortfall.detail
            ));
        }
        let Some(papers) = &visit.papers else {
            return Err(refused(visit));
        };
        let today = tenancy::today();
        let fates = offered::fates((visit.provider, visit.portal), papers, &register, today);
        for (paper, fate) in fates.map_err(unwritable)? {
            let written = match &fate {
                Fate::Draft(offer) => Some(draft(&folder, offer)?),
                _ => None,
            };
            if let PaperState::Unread(shortfall) = &paper.state {
                code = exit::FAILED;
                screen.message(&format!("{} was not read. {}", shown(&paper.title), next_step(shortfall)));
            }
            told.push((paper, fate, written));
        }
    }
    if arguments.json {
        let all = told.iter().map(|(paper, fate, written)| {
            json!({"id": paper.id, "version": paper.version, "title": paper.title, "company": paper.company,
                "period_end": paper.period_end, "state": fate.title(), "why": why(fate), "draft": name(fate), "written": written})
        });
        screen.json(&json!({"exit_code": code, "papers": all.collect::<Vec<_>>()}))?;
    } else {
        screen.result(&listed(&told, arguments.lang))?;
    }
    let new = told.iter().filter(|(_, _, written)| *written == Some(true)).count();
    let (kept, all) = (told.iter().filter(|(_, _, written)| *written == Some(false)).count(), told.len());
    screen.message(&format!(
        "{all} offered: {new} drafts written, {kept} were there already and stay as they are."
    ));
    if new + kept > 0 {
        screen.message(
            "No draft counts as a document. Accept its terms, download it, and: sekisho documents add FILE --from NAME",
        );
    }
    Ok(code)
}

/// A line each: what becomes of it, its draft or entry, its name, whose it is, and until when.
fn listed(told: &[(&PortalPaper, Fate, Option<bool>)], language: Language) -> String {
    let mut text = String::new();
    for (paper, fate, _) in told {
        let parts = [
            fate.title().get(language).to_owned(),
            name(fate).unwrap_or("-").to_owned(),
            shown(&paper.title),
            shown(paper.company.as_deref().unwrap_or("-")),
            paper.period_end.map_or_else(|| "-".to_owned(), |day| day.to_string()),
            why(fate).map(shown).unwrap_or_default(),
        ];
        text.push_str(parts.join("\t").trim_end());
        text.push('\n');
    }
    text
}

fn shown(text: &str) -> String {
    bounded(text)
}

fn name(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Draft(offer) => Some(&offer.name),
        Fate::OnFile(id) => Some(id),
        _ => None,
    }
}

fn why(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Unclear(why) => Some(why),
        _ => None,
    }
}

/// Why no account was answered, and what to do.
fn refused(visit: &PortalVisit) -> Problem {
    let first = visit.refused.first();
    let why = first.map(|(account, shortfall)| {
        format!("{} as {account}: {} {}", visit.portal, shortfall.operation, shortfall.detail)
    });
    let next = first.map(|(_, shortfall)| next_step(shortfall)).unwrap_or_default();
    Problem::failed(
        why.unwrap_or_else(|| format!("{} was not asked", visit.portal)),
        format!("{next} Until then: sekisho documents add FILE; what is on file was not changed"),
    )
}

fn next_step(shortfall: &Shortfall) -> String {
    match shortfall.reason {
        GapReason::Denied if !shortfall.permission.is_empty() => format!(
            "Grant {} to whom sekisho asks as (sekisho permissions aws prints the whole policy).",
            shortfall.permission
        ),
        GapReason::Denied | GapReason::Credentials => {
            "Check the credentials, and the role the tenancy file names.".to_owned()
        }
        GapReason::BudgetSpent => "Raise max_calls in the tenancy file.".to_owned(),
        _ => "Run it again later.".to_owned(),
    }
}

/// Writes a draft, unless there is one of this name: a person may have gone on with that.
fn draft(folder: &Path, offer: &Offer) -> Result<bool, Problem> {
    let path = folder.join(OFFERED).join(format!("{}.toml", offer.name));
    match create(&path, offer.text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => {
            // Half a draft would be taken for one.
            let _ = fs::remove_file(&path);
            Err(Problem::file(
                &path,
                "the draft cannot be written",
                &cause,
                "free space, or name another --into",
            ))
        }
    }
}

/// Adds the calls to those that were made before.
fn write_down(folder: &Path, calls: &[Call]) -> Result<(), Problem> {
    let folder = folder.join(OFFERED);
    let path = folder.join(CALLS);
    let write = || {
        fs::create_dir_all(&folder)?;
        let mut text = String::new();
        for call in calls {
            text.push_str(&serde_json::to_string(call).map_err(io::Error::other)?);
            text.push('\n');
        }
        OpenOptions::new().append(true).create(true).open(&path)?.write_all(text.as_bytes())
    };
    write().map_err(|cause| {
        Problem::file(&path, "the calls cannot be written down", &cause, "name another --into")
    })
}

/// The draft that an entry is to be made of; obtained today, where it does not say otherwise.
pub fn taken(folder: &Path, name: &str, with_file: bool) -> Result<Draft, Problem> {
    if !offered::is_name(name) {
        return Err(Problem::usage(
            format!("`{}` is not the name of a draft", shown(name)),
            "name it as `sekisho documents fetch` printed it, without folder and .toml",
        ));
    }
    if !with_file {
        return Err(Problem::usage(
            "a draft is completed by the file it is of, and none is named",
            format!("accept the terms, download the file, and: sekisho documents add FILE --from {name}"),
        ));
    }
    let path = path_of(folder, name);
    let text = read(&path).map_err(|cause| {
        Problem::file(&path, "the draft cannot be read", &cause, "ask anew with: sekisho documents fetch")
    })?;
    let mut draft = Draft::parse(&text).map_err(|fault| {
        let next = "mend it, or delete it and ask anew with: sekisho documents fetch";
        Problem::usage(format!("{}: {fault}", path.display()), next)
    })?;
    if !draft.has("obtained") {
        draft.set("obtained", &tenancy::today().to_string()).map_err(unwritable)?;
    }
    Ok(draft)
}

/// Takes a draft away whose entry is written.
pub fn completed(folder: &Path, name: &str, screen: &Screen) {
    let path = path_of(folder, name);
    if let Err(cause) = fs::remove_file(&path) {
        screen.message(&format!(
            "The entry is written; delete its draft {} yourself: {cause}.",
            path.display()
        ));
    }
}

/// What is offered, and newer than what is on file. A draft that cannot be read is told of, and costs itself alone.
pub fn pending(folder: &Path, register: &Register, screen: &Screen) -> Result<Vec<Pending>, Problem> {
    let folder = folder.join(OFFERED);
    let listed = match fs::read_dir(&folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => {
            listed.and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
        }
    };
    let next = "make it a folder this user may read";
    let mut paths =
        listed.map_err(|cause| Problem::file(&folder, "the drafts cannot be listed", &cause, next))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut all = Vec::new();
    if paths.len() > DRAFT_LIMIT {
        screen.message(&format!("Of {} drafts {DRAFT_LIMIT} are told of.", paths.len()));
        paths.truncate(DRAFT_LIMIT);
    }
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let draft = match read(&path) {
            Ok(text) if offered::is_name(&stem) => Draft::parse(&text).map_err(|fault| fault.to_string()),
            Ok(_) => Err("its name is not that of a draft".to_owned()),
            Err(cause) => Err(cause.to_string()),
        };
        match draft {
            Ok(draft) => all.extend(offered::pending(&stem, &draft, register)),
            Err(why) => screen.message(&format!("The draft {} is not used: {}.", shown(&stem), shown(&why))),
        }
    }
    Ok(all)
}

/// What is said of a paper that is offered.
pub fn told(one: &Pending) -> Text {
    let (title, name) = (one.kind.title(), &one.name);
    let from = shown(&one.offered_by);
    let until = one.period_end.map(|day| (format!("（期間の終わり {day}）"), format!(" (period to {day})")));
    let (until_ja, until_en) = until.unwrap_or_default();
    let (ja, en) = match &one.standing {
        Standing::Missing => ("登録がない".to_owned(), "none is on file".to_owned()),
        Standing::Newer(id) => (format!("登録済みの {id} より新しい"), format!("later than {id} on file")),
        Standing::Beside(id) => (
            format!("登録済みの {id} と新旧を比べられない"),
            format!("whether it is later than {id} on file cannot be told"),
        ),
    };
    Text {
        ja: format!(
            "{from} から{}{until_ja}を取得できる：{ja}。条件に同意してファイルを取得し、sekisho documents add FILE --from {name} で登録する。",
            title.ja
        ),
        en: format!(
            "{from} offers: {}{until_en}; {en}. Accept the terms, download it, and: sekisho documents add FILE --from {name}",
            title.en
        ),
    }
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(OFFERED).join(format!("{name}.toml"))
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(SIZE_LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SIZE_LIMIT {
        return Err(io::Error::other(format!("larger than {SIZE_LIMIT} bytes")));
    }
    Ok(text)
}
