//! The spine: plan, collect, link, assess, report. Each step is one public verb of one module, each result
//! can be written down and read back, and everything after the collecting is pure.

use crate::assess::Assessment;
use crate::collect::{
    CollectFault, Event, Gathered, Identity, Journal, JournalFault, LogOrder, Order, Progress, Ways,
    ask_openly, collect, plan, read_logs, was_cut_short,
};
use crate::corroborate::{self, Witnesses, hear, in_use};
use crate::documents::Register;
use crate::link::{World, link};
use crate::logs::inputs::Inputs;
use crate::request::Signed;
use crate::run_folder::{
    Begin, Beside, FactsFile, Families, FileRecord, FolderFault, FolderState, LedgerSummary, RUN_SCHEMA, Run,
    RunFolder,
};
use crate::tenancy::Tenancy;
use jiff::Timestamp;
use sekisho_contract::Provider;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A run to be made.
pub struct Errand<'a> {
    /// What is assessed.
    pub tenancy: &'a Tenancy,
    /// The request that is answered, and the envelope it came in; none where nobody asks.
    pub request: Option<(&'a Signed, &'a [u8])>,
    /// The documents and statements on file.
    pub register: &'a Register,
    /// Who is asked of places beside the providers' control planes.
    pub witnesses: &'a Witnesses,
    /// What the tenancy's `[logs]` names on this machine; none where it has no such section.
    pub logs: Option<Arc<Inputs>>,
    /// The providers at hand.
    pub providers: &'a [Arc<dyn Provider>],
    /// What the facts are held against, and how the result is told.
    pub judge: &'a dyn Judge,
    /// Where everything is written.
    pub folder: &'a Path,
    /// Whether the folder is new, replaced or gone on with.
    pub begin: Begin,
    /// How the asking is done.
    pub ways: Ways,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// Stops the asking; what was gathered is still reported.
    pub cancel: CancellationToken,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// The two last stages: the seam to `assess` and `report`.
pub trait Judge {
    /// The profile's id.
    fn profile(&self) -> &str;
    /// SHA-256 of the profile and its checks.
    fn profile_digest(&self) -> String;
    /// The profile's home countries.
    fn home_countries(&self) -> &[String];
    /// Holds the facts, and what the run used besides them, against the profile.
    fn assess(&self, facts: &FactsFile, beside: &Beside, run: &Run) -> Result<Assessment, StageFault>;
    /// Writes the reports into the folder.
    fn report(
        &self,
        folder: &RunFolder,
        assessment: &Assessment,
        run: &Run,
    ) -> Result<Vec<FileRecord>, StageFault>;
}

/// What went wrong in a stage after linking.
pub type StageFault = Box<dyn Error + Send + Sync>;

/// What a walk leaves.
#[derive(Debug)]
pub struct Walked {
    /// The verdicts.
    pub assessment: Assessment,
    /// The run's record.
    pub run: Run,
    /// The folder.
    pub folder: RunFolder,
    /// Whether the run was complete already, and only its report was made again.
    pub was_complete: bool,
    /// Whether the profile has changed since the facts were gathered.
    pub profile_changed: bool,
}

/// A walk that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum WalkFault {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The folder holds a complete run of another tenancy or profile.
    #[error(
        "the folder holds a complete run with another {0}; assess into another --out folder, or make the report of \
         that run again with `sekisho report`"
    )]
    OtherRun(&'static str),
    /// The collecting could not be carried through.
    #[error(transparent)]
    Collect(#[from] CollectFault),
    /// The facts could not be assessed.
    #[error("the facts could not be assessed: {0}")]
    Assess(StageFault),
    /// The report could not be written.
    #[error("the report could not be written: {0}; the facts are kept: go on with --resume")]
    Report(StageFault),
}

impl WalkFault {
    /// Whether the caller asked for something that cannot be (exit 2), rather than the run failing (exit 4).
    pub const fn is_misuse(&self) -> bool {
        matches!(
            self,
            Self::OtherRun(_)
                | Self::Folder(
                    FolderFault::HoldsRun(_)
                        | FolderFault::HoldsBrokenOff(_)
                        | FolderFault::NoRun { .. }
                        | FolderFault::Altered(_)
                )
                | Self::Journal(
                    JournalFault::OtherRun { .. }
                        | JournalFault::Stale(_)
                        | JournalFault::Missing(_)
                        | JournalFault::InUse(_)
                )
                | Self::Collect(CollectFault::NoProvider { .. })
        )
    }
}

/// The whole job: from the tenancy to the report.
pub async fn assess(errand: &Errand<'_>) -> Result<Walked, WalkFault> {
    let folder = RunFolder::begin(errand.folder, errand.begin)?;
    if errand.begin == Begin::Resume && folder.state() == FolderState::Complete {
        let run = folder.run()?;
        same_run(errand, &run, &folder.beside(&run)?)?;
        return Ok(Walked { was_complete: true, ..rebuild(errand.folder, errand.judge)? });
    }
    let accounts = &errand.tenancy.accounts;
    errand.progress.note(Event::Planned(&plan(errand.providers, accounts, None)));

    let journal = journal(errand, &folder)?;
    let order = Order {
        providers: errand.providers,
        accounts,
        ways: errand.ways.clone(),
        cancel: errand.cancel.clone(),
    };
    let gathered = collect(&order, &folder, &journal).await?;

    let asked = corroborate::hear::Order {
        tenancy: errand.tenancy,
        providers: errand.providers,
        witnesses: errand.witnesses,
        home: errand.judge.home_countries(),
        clock: errand.clock,
    };
    let in_use = in_use(&gathered, errand.tenancy, errand.providers).map_err(FolderFault::from)?;
    let told = match errand.tenancy.corroborate.network {
        true => ask_openly(&order, &journal, in_use.open()).await,
        false => Vec::new(),
    };
    journal.close()?;
    let heard = hear(in_use, told, &asked).await;

    let world = World::new(errand.tenancy, errand.providers);
    let facts = link(&gathered, &world, folder.facts_writer()?)?;

    let logs = match &errand.logs {
        Some(inputs) => {
            let now = (errand.clock)();
            let (tenancy, home) = (errand.tenancy, errand.judge.home_countries());
            read_logs(&order, &LogOrder { tenancy, inputs, home, now }, &journal).await
        }
        None => None,
    };
    let beside = Beside { register: errand.register.clone(), heard: Some(heard), logs };

    let (ledger, calls) = folder.write_ledger(&Families::of(errand.providers))?;
    let mut files = vec![facts, ledger];
    let unread = beside.logs.as_ref().is_some_and(was_cut_short);
    files.extend(folder.write_beside(&beside)?);
    files.extend(folder.write_request(errand.request.map(|(_, envelope)| envelope))?);
    let mut run = record(errand, &gathered, files, calls);
    if unread {
        run.unfinished += 1;
        run.cancelled |= errand.cancel.is_cancelled();
    }
    // Everything is on the disk now; a large tenancy's cells need not be held twice.
    drop(gathered);
    conclude(folder, errand.judge, run, errand.clock)
}

/// Refuses to pass a complete run off as another one.
fn same_run(errand: &Errand<'_>, run: &Run, beside: &Beside) -> Result<(), WalkFault> {
    let (then, now) = (&run.tenancy, errand.tenancy);
    let digest = errand.judge.profile_digest();
    let same = [
        ("name", then.name == now.name),
        ("profile", run.profile == errand.judge.profile() && run.profile_digest == digest),
        ("contract_end", then.contract_end == now.contract_end),
        ("erasure_grace_days", then.erasure_grace_days == now.erasure_grace_days),
        ("[[account]]", then.accounts == now.accounts),
        ("[[scope]]", then.scopes == now.scopes),
        ("[[access]]", then.access == now.access),
        ("[logs]", then.logs == now.logs),
        ("[[exception]]", then.exceptions == now.exceptions),
        ("[corroborate]", then.corroborate == now.corroborate),
        ("register of documents", beside.register == *errand.register),
        ("request", run.request == errand.request.map(|(request, _)| request.answered())),
    ];
    match same.iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(WalkFault::OtherRun(what)),
        None => Ok(()),
    }
}

/// Makes the report of a run again from its facts: no cloud, the same date, the same bytes.
pub fn rebuild(folder: &Path, judge: &dyn Judge) -> Result<Walked, WalkFault> {
    let folder = RunFolder::open(folder)?;
    let run = folder.run()?;
    folder.hold_to(&run)?;
    let finished_at = run.finished_at;
    conclude(folder, judge, run, || finished_at)
}

/// Assesses, reports, and writes the run's record last.
fn conclude(
    folder: RunFolder,
    judge: &dyn Judge,
    mut run: Run,
    clock: impl Fn() -> Timestamp,
) -> Result<Walked, WalkFault> {
    let profile_changed = run.profile != judge.profile() || run.profile_digest != judge.profile_digest();
    (run.profile, run.profile_digest) = (judge.profile().to_owned(), judge.profile_digest());
    let beside = folder.beside(&run)?;
    let assessment = judge.assess(&folder.facts(), &beside, &run).map_err(WalkFault::Assess)?;
    let written = judge.report(&folder, &assessment, &run).map_err(WalkFault::Report)?;
    // A report made elsewhere leaves the folder as it is.
    if !written.is_empty() {
        for written in written {
            run.files.retain(|file| file.name != written.name);
            run.files.push(written);
        }
        run.files.sort_by(|a, b| a.name.cmp(&b.name));
        run.finished_at = clock();
        run.handling = assessment.handling.clone();
        folder.finish(&run)?;
    }
    Ok(Walked { assessment, run, folder, was_complete: false, profile_changed })
}

fn journal(errand: &Errand<'_>, folder: &RunFolder) -> Result<Journal, JournalFault> {
    let identity =
        Identity::of(&errand.tenancy.accounts, errand.judge.profile(), &errand.judge.profile_digest());
    let (now, progress) = ((errand.clock)(), Arc::clone(&errand.progress));
    match errand.begin {
        Begin::Fresh | Begin::Replace => Journal::create(folder, identity, now, progress),
        Begin::Resume => Journal::resume(folder, identity, now, progress),
    }
}

fn record(errand: &Errand<'_>, gathered: &Gathered, files: Vec<FileRecord>, ledger: LedgerSummary) -> Run {
    let used = || {
        errand.providers.iter().filter(|provider| {
            errand.tenancy.accounts.iter().any(|account| account.provider == provider.name())
        })
    };
    let services = |provider: &Arc<dyn Provider>| -> BTreeMap<String, Vec<String>> {
        let kinds = |kinds: &[sekisho_contract::fact::Kind]| {
            kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
        };
        provider.services().iter().map(|service| (service.name.to_owned(), kinds(service.kinds))).collect()
    };
    let now = (errand.clock)();
    Run {
        redacted: None,
        schema: RUN_SCHEMA.to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: gathered.started_at(),
        assessed_at: now,
        finished_at: now,
        // Also when what was under way could still wind up its cell.
        cancelled: gathered.is_cancelled() || (errand.cancel.is_cancelled() && gathered.unfinished() > 0),
        unfinished: gathered.unfinished(),
        tenancy: errand.tenancy.clone(),
        handling: None,
        request: errand.request.map(|(request, _)| request.answered()),
        profile: errand.judge.profile().to_owned(),
        profile_digest: errand.judge.profile_digest(),
        services: used().map(|provider| (provider.name().to_owned(), services(provider))).collect(),
        sites: used().map(|provider| (provider.name().to_owned(), provider.places().sites.clone())).collect(),
        places_dated: used()
            .map(|provider| (provider.name().to_owned(), provider.places().date.clone()))
            .collect(),
        ledger,
        files,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Status;
    use crate::collect::Quiet;
    use crate::collect::fake::{Fake, Mishap, NoTransport, Script, section};
    use crate::run_folder::REPORT_JSON;
    use crate::text::Text;

    /// Counts facts, and reports the count.
    struct Counting(&'static str);

    impl Judge for Counting {
        fn profile(&self) -> &str {
            "counting"
        }
        fn profile_digest(&self) -> String {
            self.0.to_owned()
        }
        fn home_countries(&self) -> &[String] {
            &[]
        }
        fn assess(&self, facts: &FactsFile, _: &Beside, run: &Run) -> Result<Assessment, StageFault> {
            let lines = facts.pass().collect::<Result<Vec<_>, _>>()?;
            Ok(Assessment {
                profile: format!("{} at {}", lines.len(), run.assessed_at),
                profile_title: Text::default(),
                verdict: Status::Conforms,
                clauses: Vec::new(),
                findings: Vec::new(),
                cells: Vec::new(),
                gaps: Vec::new(),
                places: Vec::new(),
                resources: Vec::new(),
                recorded: None,
                recovery: Vec::new(),
                erasure: Vec::new(),
                corroboration: Vec::new(),
                heard: None,
                logs: None,
                signals: Vec::new(),
                documents: Vec::new(),
                faulty: Vec::new(),
                handling: None,
                exceptions: Vec::new(),
                withheld: None,
            })
        }
        fn report(
            &self,
            folder: &RunFolder,
            assessment: &Assessment,
            _: &Run,
        ) -> Result<Vec<FileRecord>, StageFault> {
            Ok(vec![folder.write_whole(REPORT_JSON, |out| out.write_all(assessment.profile.as_bytes()))?])
        }
    }

    fn walk(folder: &Path, begin: Begin, judge: &Counting, script: Script) -> Result<Walked, WalkFault> {
        let tenancy = Tenancy {
            name: "t".into(),
            profile: "counting".into(),
            contract_end: jiff::civil::date(2027, 3, 31),
            erasure_grace_days: 0,
            access: Vec::new(),
            corroborate: Default::default(),
            logs: None,
            limits: Default::default(),
            accounts: vec![section("a1")],
            scopes: Vec::new(),
            exceptions: Vec::new(),
        };
        let (fake, _) = Fake::with(script);
        let errand = Errand {
            tenancy: &tenancy,
            request: None,
            register: &Register::default(),
            witnesses: &Witnesses::default(),
            logs: None,
            providers: &[fake],
            judge,
            folder,
            begin,
            ways: Ways::ordinary(Arc::new(NoTransport)),
            progress: Arc::new(Quiet),
            cancel: CancellationToken::new(),
            clock: Timestamp::now,
        };
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(assess(&errand))
    }

    #[test]
    fn a_report_is_made_again_from_the_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = walk(folder.path(), Begin::Fresh, &Counting("1"), Script::default()).unwrap();
        assert_eq!(first.folder.state(), FolderState::Complete);
        let report = std::fs::read(first.folder.file(REPORT_JSON)).unwrap();

        let again = rebuild(folder.path(), &Counting("1")).unwrap();
        assert_eq!((&again.run, again.profile_changed), (&first.run, false));
        assert_eq!(std::fs::read(first.folder.file(REPORT_JSON)).unwrap(), report);
        assert!(rebuild(folder.path(), &Counting("2")).unwrap().profile_changed);

        let resumed = walk(folder.path(), Begin::Resume, &Counting("2"), Script::default()).unwrap();
        assert!(resumed.was_complete);
        assert_eq!(std::fs::read(first.folder.file(REPORT_JSON)).unwrap(), report);
        let refused = walk(folder.path(), Begin::Fresh, &Counting("1"), Script::default()).unwrap_err();
        assert!(refused.is_misuse());
        assert!(
            !walk(folder.path(), Begin::Replace, &Counting("1"), Script::default()).unwrap().was_complete
        );
    }

    #[test]
    fn a_run_with_something_left_to_ask_keeps_its_journal() {
        let folder = tempfile::tempdir().unwrap();
        let denied = Script {
            mishaps: [("fake/a1/east/keys".to_owned(), Mishap::Denied)].into(),
            ..Script::default()
        };
        let first = walk(folder.path(), Begin::Fresh, &Counting("1"), denied).unwrap();
        assert_eq!(
            (first.run.unfinished, first.run.cancelled, first.folder.state()),
            (1, false, FolderState::Resumable)
        );
        let changed = walk(folder.path(), Begin::Resume, &Counting("2"), Script::default()).unwrap_err();
        assert!(changed.is_misuse() && changed.to_string().contains("another profile"), "{changed}");
        let mended = walk(folder.path(), Begin::Resume, &Counting("1"), Script::default()).unwrap();
        assert_eq!((mended.run.unfinished, mended.folder.state()), (0, FolderState::Complete));
        assert_eq!(mended.run.started_at, first.run.started_at);
    }
}
