//! The stages after collecting, bound to a profile: facts held against it, and reports written.

use crate::annex::{self, Profile, ProfileFault};
use crate::assess::{Assessment, Context, FactError, FactSource, Lines, ServiceKinds, Withheld, assess};
use crate::checks::{self, CheckFault};
use crate::documents::Register;
use crate::report::{self, Evidence, Facts, Format, LedgerSummary, Material};
use crate::request::{Request, Signed};
use crate::run_folder::{Beside, FactsFile, FileRecord, REQUEST, Run, RunFolder};
use crate::support::{Catalogue, CatalogueFault};
use crate::tenancy::Tenancy;
use crate::text::Text;
use crate::walk::{Judge, StageFault};
use jiff::Timestamp;
use jiff::tz::Offset;
use sekisho_contract::fact::Kind;
use sekisho_contract::place::Site;
use sekisho_contract::{Call, CallId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A profile's judgement.
#[derive(Debug)]
pub struct ProfileJudge {
    profile: Profile,
    digest: String,
    formats: Vec<Format>,
    elsewhere: Option<PathBuf>,
    ends: Catalogue,
}

/// Why a judge could not be had.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFault {
    /// The profile does not load.
    #[error(transparent)]
    Profile(#[from] ProfileFault),
    /// The checks do not load.
    #[error(transparent)]
    Checks(#[from] CheckFault),
    /// The dates of ends of support do not load.
    #[error(transparent)]
    Ends(#[from] CatalogueFault),
    /// There is no such profile.
    #[error("there is no profile `{0}`")]
    Unknown(String),
}

impl ProfileJudge {
    /// The judge of a profile, writing these formats into the run's folder.
    pub fn of(profile: &str, formats: &[Format]) -> Result<Self, JudgeFault> {
        let found = annex::find(profile)?.ok_or_else(|| JudgeFault::Unknown(profile.to_owned()))?;
        let mut digest = Sha256::new();
        digest.update(annex::source(profile).unwrap_or_default());
        for source in checks::sources() {
            digest.update(source);
        }
        checks::all()?;
        let ends = Catalogue::own()?;
        digest.update(format!("{ends:?}"));
        Ok(Self {
            profile: found,
            digest: hex::encode(digest.finalize()),
            formats: formats.to_vec(),
            elsewhere: None,
            ends,
        })
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Writes the reports into another folder than the run's.
    #[must_use]
    pub fn writing_to(self, folder: PathBuf) -> Self {
        Self { elsewhere: Some(folder), ..self }
    }

    /// Holds a register against the profile on another day, with the facts of a run where there is one.
    pub fn check_register(
        &self,
        tenancy: &Tenancy,
        register: &Register,
        run: Option<(FactsFile, Beside, Run)>,
        now: Timestamp,
    ) -> Result<Assessment, StageFault> {
        if let Some((facts, mut beside, run)) = run {
            let run = Run { tenancy: tenancy.clone(), assessed_at: now, ..run };
            beside.register = register.clone();
            return Judge::assess(self, &facts, &beside, &run);
        }
        let accounts = accounts(tenancy);
        let context = Context {
            contract_end: tenancy.contract_end,
            erasure_grace_days: tenancy.erasure_grace_days,
            assessed_at: JAPAN.to_datetime(now).date(),
            began: now,
            at: now,
            sites: &BTreeMap::new(),
            ends: &self.ends,
            accounts: &accounts,
            services: &[],
            heard: None,
            register,
            logs: None,
            wants_logs: tenancy.logs.is_some(),
            exceptions: &tenancy.exceptions,
            asked: None,
            threads: None,
        };
        Ok(assess(&Vec::<String>::new(), &self.profile, &context)?)
    }

    /// Puts together what a report is made of, and passes it on.
    pub fn with_material<T>(
        &self,
        folder: &RunFolder,
        assessment: &Assessment,
        run: &Run,
        use_it: impl FnOnce(&Material<'_>) -> T,
    ) -> Result<T, StageFault> {
        let cited: BTreeSet<CallId> = assessment
            .findings
            .iter()
            .flat_map(|finding| finding.calls.iter())
            .chain(assessment.gaps.iter().filter_map(|gap| gap.call.as_ref()))
            .chain(assessment.signals.iter().filter_map(|signal| signal.calls.first()))
            .cloned()
            .collect();
        let mut shared = Shared::default();
        let evidence = folder.ledger().calls(&cited, |call, before| evidence(call, before, &mut shared))?;
        let sites = sites(run);
        let check_titles: BTreeMap<String, Text> =
            checks::all()?.iter().map(|check| (check.id.clone(), check.title.clone())).collect();
        let told = report::Run {
            tenancy: run.tenancy.name.clone(),
            contract_end: run.tenancy.contract_end,
            started_at: run.started_at,
            assessed_at: run.assessed_at,
            profile_version: self.profile.version.clone(),
            version: run.tool.clone(),
            accounts: run.tenancy.accounts.iter().map(|one| (one.provider.clone(), one.id.clone())).collect(),
            incomplete: incomplete(run),
            redacted: run.redacted.as_deref().map(|level| redacted(level, assessment.withheld.as_ref())),
            request: asked(folder, run)?,
        };
        let ledger = LedgerSummary {
            calls: run.ledger.calls,
            retried: run.ledger.retried,
            throttled: run.ledger.throttled,
            by_operation: run.ledger.by_operation.clone(),
            rates: run.ledger.rates.clone(),
        };
        // Where verdicts alone are told, no table lists what they are of.
        let nothing: Vec<String> = Vec::new();
        let facts = folder.facts();
        Ok(use_it(&Material {
            assessment,
            run: &told,
            ledger: &ledger,
            evidence: &evidence,
            sites: &sites,
            home_countries: &self.profile.parameters.home_countries,
            check_titles: &check_titles,
            profile: &self.profile,
            facts: Facts(match run.redacted.as_deref() {
                Some("verdicts") => &nothing,
                _ => &facts,
            }),
        }))
    }
}

/// The sites of every provider's place catalogue.
fn sites(run: &Run) -> BTreeMap<String, Site> {
    run.sites.values().flatten().map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// The request a run answers, where it is still beside the facts: who may be trusted with it is not asked here.
fn asked(folder: &RunFolder, run: &Run) -> Result<Option<Request>, StageFault> {
    if run.request.is_none() || !run.files.iter().any(|file| file.name == REQUEST) {
        return Ok(None);
    }
    let envelope = std::fs::read(folder.file(REQUEST))?;
    Ok(Some(Signed::parse(&envelope, &[])?.request))
}

/// What a run lacks of its end, in words: it was stopped, or its calls were spent, or a cloud was away; `None` when it came to its end.
pub fn incomplete(run: &Run) -> Option<Text> {
    let left = run.unfinished;
    let (ja, en) = match (run.cancelled, left) {
        (true, _) => ("調査は途中で中断された", "The run was stopped before its end"),
        (false, 1..) => ("最後まで調べられなかったものがある", "Something was not read to its end"),
        (false, 0) => return None,
    };
    Some(Text {
        ja: format!("{ja}（未調査の単位：{left}）。続きは --resume で行える。"),
        en: format!("{en} (parts not asked: {left}); --resume goes on."),
    })
}

/// That identifiers, or everything but the verdicts, were taken out, in words.
fn redacted(level: &str, withheld: Option<&Withheld>) -> Text {
    if let Some(of) = withheld {
        let Withheld { violates, advised, unverified, gaps, entries, exceptions, contradicted } = of;
        return Text {
            ja: format!(
                "判定だけの写しである（水準：{level}）。次の内訳を取り除いた：所見（不適合{violates}件、推奨未達{advised}件、確認不能{unverified}件）、確認できなかったもの{gaps}件、書面及び申告の登録{entries}件、受容されたリスク{exceptions}件、申告と食い違う所在{contradicted}件、復旧、抹消、裏付け及び監査ログ。一覧にないことは、ないことを示すものではない。"
            ),
            en: format!(
                "This copy tells verdicts alone (level: {level}). Taken out were: findings ({violates} that violate, {advised} recommendations unmet, {unverified} unverified), {gaps} gaps, {entries} documents and statements, {exceptions} accepted risks, {contradicted} contradicted places, recovery, erasure, witnesses and audit logs. That something is not listed is no sign that there is none."
            ),
        };
    }
    Text {
        ja: format!("識別子を取り除いた写しである（水準：{level}）。同じ識別子は同じ仮の名で示す。"),
        en: format!(
            "Identifiers were taken out of this copy (level: {level}). The same one has the same stand-in throughout."
        ),
    }
}

/// Texts that recur in hundreds of thousands of calls, each once.
#[derive(Default)]
struct Shared(HashSet<Arc<str>>);

impl Shared {
    fn text(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }
}

fn evidence(call: Call, before: Option<&Evidence>, shared: &mut Shared) -> Evidence {
    Evidence {
        provider: shared.text(call.provider),
        account: shared.text(call.account),
        region: shared.text(call.region),
        operation: shared.text(call.operation),
        target: call.target.into(),
        status: call.status,
        error: call.error.into(),
        attempts: before.map_or(1, |before| before.attempts + 1),
        at: call.at.0,
        request_id: call.request_id.into(),
        sha256: call.sha256.into(),
    }
}

/// The accounts, as `provider/account`.
fn accounts(tenancy: &Tenancy) -> Vec<String> {
    tenancy.accounts.iter().map(|account| format!("{}/{}", account.provider, account.id)).collect()
}

impl FactSource for FactsFile {
    fn pass(&self) -> Lines<'_> {
        Box::new(Self::pass(self).map(|line| line.map_err(|fault| FactError(Box::new(fault)))))
    }
}

/// Contracts end, and assessments are dated, by the calendar of Japan.
const JAPAN: Offset = Offset::constant(9);

impl Judge for ProfileJudge {
    fn profile(&self) -> &str {
        &self.profile.id
    }

    fn profile_digest(&self) -> String {
        self.digest.clone()
    }

    fn home_countries(&self) -> &[String] {
        &self.profile.parameters.home_countries
    }

    fn assess(&self, facts: &FactsFile, beside: &Beside, run: &Run) -> Result<Assessment, StageFault> {
        let kind = |name: &String| Kind::ALL.iter().copied().find(|kind| kind.as_str() == name);
        let services: Vec<ServiceKinds> = run
            .services
            .iter()
            .flat_map(|(provider, services)| {
                services.iter().map(|(service, kinds)| ServiceKinds {
                    provider: provider.clone(),
                    service: service.clone(),
                    kinds: kinds.iter().filter_map(kind).collect(),
                })
            })
            .collect();
        let accounts = accounts(&run.tenancy);
        let sites = sites(run);
        let context = Context {
            contract_end: run.tenancy.contract_end,
            erasure_grace_days: run.tenancy.erasure_grace_days,
            assessed_at: JAPAN.to_datetime(run.assessed_at).date(),
            began: run.started_at,
            at: run.assessed_at,
            sites: &sites,
            ends: &self.ends,
            accounts: &accounts,
            services: &services,
            heard: beside.heard.as_ref(),
            register: &beside.register,
            logs: beside.logs.as_ref(),
            wants_logs: run.tenancy.logs.is_some(),
            exceptions: &run.tenancy.exceptions,
            asked: run.request.as_ref().and_then(|request| request.handling.as_ref()),
            threads: None,
        };
        match &run.request {
            Some(request) => Ok(assess(facts, &self.profile.limited_to(&request.clauses), &context)?),
            None => Ok(assess(facts, &self.profile, &context)?),
        }
    }

    fn report(
        &self,
        folder: &RunFolder,
        assessment: &Assessment,
        run: &Run,
    ) -> Result<Vec<FileRecord>, StageFault> {
        self.with_material(folder, assessment, run, |material| {
            let mut written = Vec::new();
            for file in self.formats.iter().flat_map(|format| format.files()) {
                let write = |out: &mut dyn std::io::Write| report::write(file, material, out);
                match &self.elsewhere {
                    None => written.push(folder.write_whole(file, write)?),
                    Some(other) => {
                        RunFolder::at(other)?.write_whole(file, write)?;
                    }
                }
            }
            Ok(written)
        })?
    }
}
