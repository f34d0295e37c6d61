//! What the commands ask of the library. The one file of the command line that knows the walk.

use super::problem::{Look, Problem};
use super::progress::Bar;
use jiff::tz::Offset;
use sekisho::assess::{Assessment, Status};
use sekisho::bundle::OpenRun;
use sekisho::collect::{self, EarlierRun, ForecastFault, Plan, PortalVisit, Ways};
use sekisho::corroborate::ranges::Ranges;
use sekisho::corroborate::witnesses::gather;
use sekisho::documents::{Register, offered};
use sekisho::erased::{self, Catalogue, Erased, Side, VerifyFault};
use sekisho::judge::{JudgeFault, ProfileJudge};
use sekisho::logs::inputs::Inputs;
use sekisho::package::{self, Inventory, PackageFault, Packed};
use sekisho::report::{self, Format};
use sekisho::request::Signed;
use sekisho::run_folder::{FolderFault, Run, RunFolder};
use sekisho::tenancy::Tenancy;
use sekisho::text::{Language, Text};
use sekisho::walk::{self, Errand, Judge, StageFault, WalkFault, Walked};
use sekisho::{annex, providers};
use sekisho_contract::fact::CellState;
use sekisho_wire::Wire;
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub use sekisho::run_folder::Begin;

/// Files by which a folder is known to hold a run.
pub const RUN_FILES: &[&str] = &["run.json", "journal.ndjson"];

/// What to assess, and how.
#[derive(Debug)]
pub struct Order<'a> {
    /// The tenancy.
    pub tenancy: &'a Tenancy,
    /// The request that is answered, and the envelope it came in.
    pub request: Option<(&'a Signed, &'a [u8])>,
    /// The documents and statements on file.
    pub register: &'a Register,
    /// The folder that paths in the tenancy file start from.
    pub inputs: &'a Path,
    /// The folder to write to, prepared.
    pub out: &'a Path,
    /// How the folder is taken.
    pub begin: Begin,
    /// Credentials of a simulator in place of the chain's: access key id and secret access key.
    pub simulated: Option<(String, String)>,
    /// The language of the terminal summary.
    pub language: Language,
    /// How the terminal summary may look.
    pub look: Look,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The strongest verdict of the clauses in scope.
    pub verdict: Status,
    /// Each clause's verdict, in the profile's order.
    pub clauses: Vec<(String, Status)>,
    /// Why the run ended early; `None` when it came to its end.
    pub incomplete: Option<Text>,
    /// What was written.
    pub files: Vec<PathBuf>,
    /// Findings that violate, and that are unverified.
    pub findings: (u64, u64),
    /// What was not seen.
    pub gaps: u64,
    /// Requests sent.
    pub calls: u64,
    /// Accounts in the tenancy.
    pub accounts: usize,
    /// Accounts of which nothing was seen, with the reason.
    pub unseen: Vec<String>,
    /// Whether the run was complete already, and only its report was made again.
    pub was_complete: bool,
    /// Whether the profile is another than when the facts were gathered.
    pub profile_changed: bool,
    /// The terminal summary.
    pub summary: String,
}

impl Outcome {
    /// Whether nothing of any account was seen.
    pub fn saw_nothing(&self) -> bool {
        self.accounts > 0 && self.unseen.len() == self.accounts
    }
}

/// A check, as `checks list` and `checks explain` show it.
#[derive(Debug, Serialize)]
pub struct CheckPage {
    /// Its id.
    pub id: String,
    /// What it asserts.
    pub title: Text,
    /// Its page, in each language.
    #[serde(skip)]
    pub page: Text,
}

/// A run that cannot be opened, as a problem.
pub fn open_problem(fault: sekisho::bundle::OpenFault) -> Problem {
    let said = fault.to_string();
    let (what, next) =
        said.rsplit_once("; ").unwrap_or((&said, "name the folder of a run, or a sealed bundle"));
    Problem::usage(what, next)
}

/// The clauses of a profile, by id, and the digest of the profile and its checks.
pub fn clauses(profile: &str) -> Result<(Vec<String>, String), Problem> {
    let judge = judge(profile, Format::ALL)?;
    let clauses = judge.profile().clauses.iter().map(|clause| clause.id.clone()).collect();
    Ok((clauses, walk::Judge::profile_digest(&judge)))
}

/// The profiles' ids.
pub fn profiles() -> Vec<&'static str> {
    annex::ids().collect()
}

/// Collects, links, assesses and reports.
pub async fn assess(order: Order<'_>, bar: &Bar, cancel: CancellationToken) -> Result<Outcome, Problem> {
    let judge = judge(&order.tenancy.profile, Format::OF_A_RUN)?;
    let ways = ways(order.tenancy)?;
    let simulated = order.simulated.as_ref().map(|(id, secret)| providers::simulated(id, secret));
    let witnesses =
        gather(&order.tenancy.corroborate, order.inputs, &*ways.transport).await.map_err(|fault| {
            Problem::usage(fault.to_string(), "mend [corroborate] of the tenancy file, or the file")
        })?;
    let logs = log_inputs(order.tenancy, order.inputs, &witnesses.ranges)?;
    let errand = Errand {
        tenancy: order.tenancy,
        request: order.request,
        register: order.register,
        witnesses: &witnesses,
        logs,
        providers: simulated.as_deref().unwrap_or(providers::all()),
        judge: &judge,
        folder: order.out,
        begin: order.begin,
        ways,
        progress: Arc::new(bar.clone()),
        cancel,
        clock: jiff::Timestamp::now,
    };
    let walked = walk::assess(&errand).await.map_err(problem)?;
    bar.finish();
    outcome(&judge, walked, order.out, Format::OF_A_RUN, order.language, order.look)
}

/// Asks what the portals of a tenancy's providers offer for the register.
pub async fn visit_portals(
    tenancy: &Tenancy,
    cancel: CancellationToken,
) -> Result<Vec<PortalVisit>, Problem> {
    let order = collect::Order {
        providers: providers::all(),
        accounts: &tenancy.accounts,
        ways: ways(tenancy)?,
        cancel,
    };
    Ok(collect::visit_portals(&order, &offered::could_be_entry).await)
}

/// The ways of a run, within the limits of the tenancy file.
fn ways(tenancy: &Tenancy) -> Result<Ways, Problem> {
    let wire = Wire::new(ANSWER_TIME).map_err(|fault| {
        Problem::failed(
            fault.to_string(),
            "check the system's root certificates (SSL_CERT_FILE, SSL_CERT_DIR)",
        )
    })?;
    let mut ways = Ways::ordinary(Arc::new(wire));
    if let Some(most) = tenancy.limits.concurrency {
        ways = ways.with_requests_under_way(most as usize);
    }
    ways.budget = tenancy.limits.max_calls;
    Ok(ways)
}

/// Rebuilds reports from a run's folder.
pub fn rebuild(run: &Path, formats: &[String], out: Option<&Path>, look: Look) -> Result<Outcome, Problem> {
    let mut formats = Format::parse_list(&formats.join(",")).map_err(|fault| {
        Problem::usage(fault.to_string(), "name one or more of them, as in --format html,json")
    })?;
    // What a bundle was unpacked into has to outlast the reading.
    let unpacked = match run.is_file() {
        true => Some(OpenRun::at(run).map_err(open_problem)?),
        false => None,
    };
    let shown = run;
    let run = unpacked.as_ref().map_or(run, |open| open.folder.path());
    let record =
        RunFolder::open(run).and_then(|folder| folder.run()).map_err(|fault| problem(fault.into()))?;
    if out.is_none() {
        // What already lies beside the facts is made again too, so that all of it is of one assessment.
        let lies =
            |format: &&Format| record.files.iter().any(|file| format.files().contains(&file.name.as_str()));
        formats.extend(Format::ALL.iter().filter(lies));
        formats.sort();
        formats.dedup();
    }
    let mut judge = judge(&record.tenancy.profile, &formats)?;
    if let Some(out) = out {
        judge = judge.writing_to(out.to_owned());
    }
    let walked = walk::rebuild(run, &judge).map_err(problem)?;
    outcome(&judge, walked, out.unwrap_or(shown), &formats, Language::default(), look)
}

/// Opens what `[logs]` names on this machine, paths beginning at a folder; `ranges` hold where it names none.
pub fn log_inputs(tenancy: &Tenancy, folder: &Path, ranges: &Ranges) -> Result<Option<Arc<Inputs>>, Problem> {
    let open = |logs| Inputs::open(logs, folder, &tenancy.corroborate, ranges).map(Arc::new);
    tenancy.logs.as_ref().map(open).transpose().map_err(|fault| Problem::usage(fault.what, fault.next))
}

/// Opens an earlier run whose findings are to be looked for again.
pub fn baseline(path: &Path) -> Result<OpenRun, Problem> {
    OpenRun::at(path).map_err(|fault| {
        let said = fault.to_string();
        let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "name an earlier run with --baseline"));
        Problem::usage(format!("the baseline cannot be used: {what}"), next)
    })
}

/// Holds a run that looked again against its baseline, and writes what became of everything into its folder.
pub fn erased(baseline: &OpenRun, out: &Path) -> Result<Erased, Problem> {
    let catalogue = Catalogue::own()
        .map_err(|fault| Problem::failed(fault.to_string(), "this build is broken: report it"))?;
    let folder = RunFolder::open(out).map_err(|fault| problem(fault.into()))?;
    let run = folder.run().map_err(|fault| problem(fault.into()))?;
    folder.hold_to(&run).map_err(|fault| problem(fault.into()))?;
    let (then, now) = (baseline.folder.facts(), folder.facts());
    let old = Side { run: &baseline.run, facts: &then };
    let new = Side { run: &run, facts: &now };
    let told = erased::verify(old, new, folder.ledger().pass(), &catalogue).map_err(|fault| {
        let misuse = matches!(
            fault,
            VerifyFault::OtherTenancy { .. } | VerifyFault::OtherAccounts | VerifyFault::NotBefore { .. }
        );
        let said = fault.to_string();
        let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "the facts are kept: try --resume"));
        if misuse { Problem::usage(what, next) } else { Problem::failed(what, next) }
    })?;
    report::erasure::write(&folder, &run, &told)
        .map_err(|fault| Problem::failed(fault.to_string(), "the facts are kept: go on with --resume"))?;
    Ok(told)
}

/// Makes the report of an erasure run again.
pub fn erasure_report(out: &Path) -> Result<Erased, Problem> {
    let folder = RunFolder::open(out).map_err(|fault| problem(fault.into()))?;
    let run = folder.run().map_err(|fault| problem(fault.into()))?;
    // What cannot be read is told with its own next step.
    report::erasure::read(&folder, &run).map_err(|fault| problem(fault.into()))?;
    let (told, _) = report::erasure::rewrite(&folder, &run)
        .map_err(|fault| Problem::failed(fault.to_string(), "free space, and make it again"))?;
    Ok(told)
}

/// A few lines about an erasure run.
pub fn erasure_summary(told: &Erased, language: Language, files: &[PathBuf]) -> String {
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    report::erasure::summary(told, language, &shown)
}

pub use sekisho::run_folder::ERASURE as ERASURE_FILES;

/// The endpoints in use that a run found, as `host:port`, without those that answer from everywhere.
pub fn endpoints(run: &Path) -> Result<Vec<String>, Problem> {
    let read = RunFolder::open(run).and_then(|folder| {
        let record = folder.run()?;
        folder.hold_to(&record)?;
        folder.beside(&record)
    });
    let heard = read.map_err(|fault: FolderFault| problem(fault.into()))?.heard;
    let told = heard.iter().flat_map(|heard| &heard.endpoints).filter(|one| !one.everywhere);
    Ok(told.map(|one| format!("{}:{}", one.host, one.port)).collect())
}

/// Holds a register against the profile as of now, with what a run found in use where one is named.
pub fn check_register(
    tenancy: &Tenancy,
    register: &Register,
    run: Option<&Path>,
) -> Result<Assessment, Problem> {
    let judge = judge(&tenancy.profile, Format::ALL)?;
    let opened = run.map(|path| {
        let folder = RunFolder::open(path)?;
        let record = folder.run()?;
        folder.hold_to(&record)?;
        Ok((folder.facts(), folder.beside(&record)?, record))
    });
    let opened = opened.transpose().map_err(|fault: FolderFault| problem(fault.into()))?;
    let assessment = judge.check_register(tenancy, register, opened, jiff::Timestamp::now());
    assessment.map_err(|fault| Problem::failed(fault.to_string(), "this build is broken: report it"))
}

/// Gathers the papers to be handed in for a run, as of a day at noon in Japan.
pub fn package(
    run: &Path,
    register: &Register,
    on: jiff::civil::Date,
    order: &package::Order<'_>,
) -> Result<Packed, Problem> {
    let opened = OpenRun::at(run).map_err(|fault| {
        let said = fault.to_string();
        let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "name the folder of a run, or a bundle"));
        Problem::usage(what, next)
    })?;
    let (folder, run, beside) = (&opened.folder, &opened.run, &opened.beside);
    let judge = judge(&run.tenancy.profile, Format::ALL)?;
    let failed = |fault: StageFault| Problem::failed(fault.to_string(), "assess again");
    let noon = Offset::constant(9).to_timestamp(on.at(12, 0, 0, 0));
    let noon = noon.map_err(|fault| Problem::usage(fault.to_string(), "name another day with --on"))?;
    let assessed = Offset::constant(9).to_datetime(run.assessed_at).date();
    if on < assessed {
        let what = format!("the run was assessed on {assessed}, after the day of the package ({on})");
        return Err(Problem::usage(what, "name that day or a later one with --on"));
    }
    let then = Judge::assess(&judge, &folder.facts(), beside, run).map_err(failed)?;
    let facts = (folder.facts(), beside.clone(), run.clone());
    let now = judge.check_register(&run.tenancy, register, Some(facts), noon).map_err(failed)?;
    let inventory = Inventory::of(folder.facts().pass())
        .map_err(|fault| Problem::failed(fault.to_string(), "assess again"))?;
    let profile = annex::find(&run.tenancy.profile).ok().flatten();
    let Some(profile) = profile else {
        return Err(Problem::failed("the run's profile is not there", "this build is broken: report it"));
    };
    let material = package::Material {
        profile: &profile,
        run,
        then: &then,
        now: &now,
        register,
        earlier: &beside.register,
        inventory: &inventory,
        on,
    };
    package::write(&material, order).map_err(unpacked)
}

/// A package that was not made, with its next step.
pub fn unpacked(fault: PackageFault) -> Problem {
    let (said, misuse) = (fault.to_string(), fault.is_misuse());
    let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "choose another folder"));
    if misuse { Problem::usage(what, next) } else { Problem::failed(what, next) }
}

/// What a run would ask, foretold by an earlier run if there is one; asks nothing.
pub fn plan(tenancy: &Tenancy, earlier: Option<&Path>) -> Result<Plan, Problem> {
    let read = |path: &Path| {
        let read = RunFolder::open(path).map_err(ForecastFault::from).and_then(|run| EarlierRun::read(&run));
        read.map_err(|fault| match fault {
            ForecastFault::Folder(fault) => problem(fault.into()),
            ForecastFault::BrokenOff => Problem::usage(
                format!(
                    "{}: the run was stopped before its end, and its calls are not all there",
                    path.display()
                ),
                "name a run that came to its end, or go on with this one: sekisho assess --resume",
            ),
        })
    };
    let earlier = earlier.map(read).transpose()?;
    Ok(collect::plan(providers::all(), &tenancy.accounts, earlier.as_ref()))
}

/// The newest run of this tenancy that came to its end, in a folder or beside it.
pub fn newest_run(tenancy: &Tenancy, out: &Path) -> Option<PathBuf> {
    let here = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What cannot be looked into holds no run for us.
    let beside = std::fs::read_dir(here).ok()?.flatten().map(|entry| entry.path());
    let mut runs: Vec<(jiff::Timestamp, PathBuf)> = beside
        .filter_map(|path| {
            let run = RunFolder::open(&path).ok()?.run().ok()?;
            (run.tenancy.name == tenancy.name && !run.cancelled).then_some((run.assessed_at, path))
        })
        .collect();
    runs.sort();
    runs.pop().map(|(_, path)| path)
}

/// Every check, in order.
pub fn checks() -> Result<Vec<CheckPage>, Problem> {
    let all = sekisho::checks::all()
        .map_err(|fault| Problem::failed(fault.to_string(), "this build is broken: report it"))?;
    let page = |check: &sekisho::checks::Check| CheckPage {
        id: check.id.clone(),
        title: check.title.clone(),
        page: Text { ja: check.explain(Language::Ja), en: check.explain(Language::En) },
    };
    Ok(all.iter().map(page).collect())
}

/// The schemas of our files, by name.
pub fn schemas() -> Vec<(&'static str, Value)> {
    sekisho::schemas::all()
}

/// The report formats, by name.
pub const FORMATS: &[&str] = &["html", "json", "pdf", "xlsx", "csv", "oscal", "ocsf", "sarif"];

/// An answer that takes longer than this counts as none.
const ANSWER_TIME: Duration = Duration::from_secs(30);

fn judge(profile: &str, formats: &[Format]) -> Result<ProfileJudge, Problem> {
    ProfileJudge::of(profile, formats).map_err(|fault| match fault {
        JudgeFault::Unknown(_) => {
            Problem::usage(fault.to_string(), format!("there are: {}", profiles().join(", ")))
        }
        _ => Problem::failed(fault.to_string(), "this build is broken: report it"),
    })
}

fn problem(fault: WalkFault) -> Problem {
    let misuse = fault.is_misuse();
    // What a fault says ends with its next step, behind the last semicolon.
    let said = fault.to_string();
    let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "run it again with --resume"));
    if misuse { Problem::usage(what, next) } else { Problem::failed(what, next) }
}

fn outcome(
    judge: &ProfileJudge,
    walked: Walked,
    out: &Path,
    formats: &[Format],
    language: Language,
    look: Look,
) -> Result<Outcome, Problem> {
    let files: Vec<PathBuf> =
        formats.iter().flat_map(|format| format.files()).map(|file| out.join(file)).collect();
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let Walked { assessment, run, folder, was_complete, profile_changed } = walked;
    let summary = judge
        .with_material(&folder, &assessment, &run, |material| {
            report::terminal::summary(material, language, look.color, &shown)
        })
        .map_err(|fault| Problem::failed(fault.to_string(), "the reports are written; open them"))?;
    let count =
        |status: Status| assessment.findings.iter().filter(|finding| finding.status == status).count() as u64;
    Ok(Outcome {
        findings: (count(Status::Violates), count(Status::Unverified)),
        gaps: assessment.gaps.len() as u64,
        verdict: assessment.verdict,
        clauses: assessment.clauses.iter().map(|clause| (clause.id.clone(), clause.status)).collect(),
        incomplete: sekisho::judge::incomplete(&run).filter(|_| run.cancelled),
        files,
        calls: run.ledger.calls,
        accounts: run.tenancy.accounts.len(),
        unseen: unseen(&assessment, &run),
        was_complete,
        profile_changed,
        summary,
    })
}

/// Accounts of which no cell was listed, and what stood in the way first.
fn unseen(assessment: &Assessment, run: &Run) -> Vec<String> {
    let mut all = Vec::new();
    for account in &run.tenancy.accounts {
        let mut cells = assessment
            .cells
            .iter()
            .filter(|cell| cell.provider == account.provider && cell.account == account.id);
        if cells.any(|cell| cell.state == CellState::Listed) {
            continue;
        }
        let id = format!("{}/{}", account.provider, account.id);
        let below = format!("{id}/");
        let mut gaps =
            assessment.gaps.iter().filter(|gap| gap.subject == id || gap.subject.starts_with(&below));
        let why = gaps.find(|gap| matches!(gap.facet.as_str(), "regions" | "resources"));
        let why = why
            .map_or_else(|| "nothing says why".to_owned(), |gap| format!("{} {}", gap.operation, gap.detail));
        all.push(format!("Nothing of {id} was seen: {}", why.trim()));
    }
    all
}
