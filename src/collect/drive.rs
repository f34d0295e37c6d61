//! The asking: every account entered and surveyed, every cell swept, and whatever fails kept to its cell.
//!
//! There is one door a provider, for all its accounts: the pace is kept by account, region and API family
//! inside it, while connections, the bound on requests under way and the call budget are shared.

use super::gathered::Gathered;
use super::journal::{Journal, Surveyed, Unit, cuts_short};
use super::order::{CollectFault, Order, Ways};
use super::progress::Event;
use crate::run_folder::RunFolder;
use futures::{FutureExt, StreamExt};
use sekisho_contract::door::{Budget, Door, DoorParts};
use sekisho_contract::fact::{AccountSetting, CellState};
use sekisho_contract::gap::{Gap, GapReason, Sheet, Shortfall};
use sekisho_contract::provider::{CellOutcome, Member, Reach, Survey};
use sekisho_contract::{AccountSection, AccountSession, CellKey, Provider};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Asks everything of the order that the journal does not hold yet, and reads back what was gathered.
///
/// On resume, cells that ended listed or closed are taken over; cells that were refused, failed or were
/// cut short are asked again, for the cause may be mended. An account with a cell left to ask is entered and
/// surveyed anew (its session needs what a survey reads); one with none left is not asked at all.
pub async fn collect(
    order: &Order<'_>,
    folder: &RunFolder,
    journal: &Journal,
) -> Result<Gathered, CollectFault> {
    let stop = order.cancel.child_token();
    let doors = doors(order, journal, &stop);
    let mut visits = Vec::with_capacity(order.accounts.len());
    for section in order.accounts {
        let provider = order.providers.iter().find(|provider| provider.name() == section.provider);
        let (Some(provider), Some(door)) = (provider, doors.get(section.provider.as_str())) else {
            let (provider, account) = (section.provider.clone(), section.id.clone());
            return Err(CollectFault::NoProvider { provider, account });
        };
        visits.push((provider, door, section));
    }
    journal.progress().note(Event::Accounts(visits.len()));
    let named = order.accounts.iter().map(|section| (section.provider.as_str(), section.id.as_str()));
    let drive = Drive {
        named: named.collect(),
        journal,
        stop: &stop,
        ways: &order.ways,
        seats: Semaphore::new(order.ways.cells_under_way.max(1)),
    };
    let visiting = futures::stream::iter(visits)
        .for_each_concurrent(order.ways.accounts_under_way.max(1), |(provider, door, section)| {
            drive.visit(provider.as_ref(), Arc::clone(door), section)
        });
    let watching = async {
        journal.broken().cancelled().await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = visiting => {}
        () = watching => {}
    }
    journal.close()?;
    Ok(Gathered::read(folder, journal)?)
}

fn doors<'a>(order: &Order<'a>, journal: &Journal, stop: &CancellationToken) -> BTreeMap<&'a str, Arc<Door>> {
    let budget = order.ways.budget.map(|most| Budget::of(most.saturating_sub(journal.calls())));
    let open = |provider: &'a Arc<dyn Provider>| {
        let parts = DoorParts {
            transport: Arc::clone(&order.ways.transport),
            ledger: journal.ledger(),
            patience: order.ways.patience,
            concurrency: order.ways.requests_under_way,
            budget: budget.clone(),
            paced: order.ways.paced,
            cancel: stop.clone(),
        };
        (provider.name(), Arc::new(Door::new(provider.name(), provider.operations(), parts)))
    };
    order.providers.iter().map(open).collect()
}

struct Drive<'a> {
    /// The accounts that have a section of their own.
    named: BTreeSet<(&'a str, &'a str)>,
    journal: &'a Journal,
    stop: &'a CancellationToken,
    ways: &'a Ways,
    seats: Semaphore,
}

impl Drive<'_> {
    /// Visits an account, and the members of its organization beside it.
    async fn visit(&self, provider: &dyn Provider, door: Arc<Door>, section: &AccountSection) {
        let (sender, members) = tokio::sync::oneshot::channel();
        let members = async {
            // Nothing comes where the account was not entered.
            let members: Vec<Member> = members.await.unwrap_or_default();
            let own = |member: &Member| {
                !self.named.contains(&(member.section.provider.as_str(), member.section.id.as_str()))
            };
            let members: Vec<Member> = members.into_iter().filter(own).collect();
            if members.is_empty() {
                return;
            }
            self.journal.progress().note(Event::Accounts(self.named.len() + members.len()));
            futures::stream::iter(&members)
                .for_each_concurrent(self.ways.accounts_under_way.max(1), |member| async {
                    match &member.inactive {
                        None => self.visit_one(provider, Arc::clone(&door), &member.section, None).await,
                        Some(word) => self.pass_over(provider, &member.section, word),
                    }
                })
                .await;
        };
        futures::join!(self.visit_one(provider, Arc::clone(&door), section, Some(sender)), members);
    }

    /// Records an account that cannot be entered now: what is in it was not seen.
    fn pass_over(&self, provider: &dyn Provider, section: &AccountSection, word: &str) {
        let detail = format!("the account is {word} in its organization");
        let shortfall = Shortfall::without_call(GapReason::Closed, detail);
        self.journal
            .unit()
            .surveyed(&Surveyed { again: false, ..not_entered(provider, section, &shortfall) });
        let progress = self.journal.progress();
        progress.note(Event::AccountSurveyed { provider: &section.provider, account: &section.id });
    }

    async fn visit_one(
        &self,
        provider: &dyn Provider,
        door: Arc<Door>,
        section: &AccountSection,
        members: Option<tokio::sync::oneshot::Sender<Vec<Member>>>,
    ) {
        let tell = |all: &[Member]| {
            if let Some(sender) = members {
                // Who waits for them waits as long as this runs.
                let _ = sender.send(all.to_vec());
            }
        };
        let earlier = self.journal.earlier();
        let known = earlier.survey(provider.name(), &section.id);
        if let Some(known) = known
            && !known.again
            && known.open.iter().all(|key| earlier.is_done(key))
        {
            tell(&known.members);
            return self.taken_over(section, known);
        }
        let unit = self.journal.unit();
        let opened = self.open(provider, door, section, &unit).await.and_then(|opened| {
            // A survey that was cut off does not take the place of an earlier one.
            let cut_off = opened.1.gaps.iter().any(|gap| gap.reason == GapReason::Cancelled);
            if cut_off && known.is_some_and(|known| known.entered) { Err(cancelled()) } else { Ok(opened) }
        });
        let (session, survey) = match opened {
            Ok(opened) => opened,
            Err(shortfall) => {
                tracing::info!(account = section.id, why = shortfall.detail, "not entered");
                // What an earlier survey has found stands, and its open cells are left unasked.
                match known.filter(|known| known.entered) {
                    Some(known) => {
                        tell(&known.members);
                        known.open.iter().for_each(|key| self.unasked(key, &shortfall));
                    }
                    None => unit.surveyed(&not_entered(provider, section, &shortfall)),
                }
                return self
                    .journal
                    .progress()
                    .note(Event::AccountSurveyed { provider: &section.provider, account: &section.id });
            }
        };
        tracing::info!(account = section.id, cells = survey.open.len(), "entered");
        let open = survey.open.clone();
        let settled = survey.settled.clone();
        let again = survey.gaps.iter().any(|gap| cuts_short(gap.reason)) || unit.was_cut_short();
        let mended = |state| matches!(state, CellState::Denied | CellState::Failed);
        let again = again || settled.iter().any(|cell| mended(cell.state));
        let Survey { open: _, settled: _, gaps, setting, members: found } = survey;
        tell(&found);
        unit.surveyed(&Surveyed {
            unit: 0,
            entered: true,
            open: open.clone(),
            settled,
            gaps,
            setting,
            members: found,
            again,
        });
        let progress = self.journal.progress();
        progress.note(Event::AccountSurveyed { provider: &section.provider, account: &section.id });
        progress.note(Event::CellsFound(open.len()));
        futures::stream::iter(&open).for_each_concurrent(None, |key| self.sweep(session.as_ref(), key)).await;
    }

    /// Enters and surveys an account.
    async fn open(
        &self,
        provider: &dyn Provider,
        door: Arc<Door>,
        section: &AccountSection,
        unit: &Unit<'_>,
    ) -> Result<(Arc<dyn AccountSession>, Survey), Shortfall> {
        if self.stop.is_cancelled() {
            return Err(cancelled());
        }
        let session = self.guarded(provider.enter(section, door)).await??;
        let mut survey = self.guarded(session.survey(unit)).await?;
        name_what_is_missing(provider, section, &mut survey);
        Ok((session, survey))
    }

    async fn sweep(&self, session: &dyn AccountSession, key: &CellKey) {
        if let Some(done) = self.journal.earlier().cell(key).filter(|_| self.journal.earlier().is_done(key)) {
            return self.journal.progress().note(Event::CellEnded(&done.cell));
        }
        let seat = tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            // The semaphore is never closed.
            seat = self.seats.acquire() => seat.ok(),
        };
        let Some(_seat) = seat else { return self.unasked(key, &cancelled()) };
        let unit = self.journal.unit();
        let outcome = match self.guarded(session.sweep(key, &unit)).await {
            Ok(outcome) => outcome,
            Err(shortfall) => CellOutcome {
                state: state_of(&shortfall),
                resources: unit.facts(),
                shortfalls: vec![shortfall],
            },
        };
        self.settle(key, unit, outcome);
    }

    /// Makes a swept cell count.
    fn settle(&self, key: &CellKey, unit: Unit<'_>, outcome: CellOutcome) {
        let CellOutcome { mut state, resources, mut shortfalls } = outcome;
        let why = shortfalls.first().map_or("", |shortfall| shortfall.detail.as_str());
        tracing::info!(cell = key.id(), ?state, resources, why);
        let read = unit.facts();
        if state == CellState::Listed && read < resources {
            state = CellState::Failed;
            let detail = format!("{resources} resources were listed and {read} were read");
            shortfalls.push(Shortfall::without_call(GapReason::Failed, detail));
        }
        if shortfalls.iter().any(|shortfall| shortfall.reason == GapReason::Cancelled) {
            state = CellState::Skipped;
        }
        if shortfalls.is_empty() && !state.is_accounted_for() {
            let silent = Shortfall::without_call(GapReason::Failed, "the cell ended without saying why");
            shortfalls.push(silent);
        }
        let gaps: Vec<Gap> =
            shortfalls.iter().map(|shortfall| shortfall.gap(&key.id(), "resources")).collect();
        let again = unit.was_cut_short()
            || matches!(state, CellState::Denied | CellState::Failed)
            || gaps.iter().any(|gap| cuts_short(gap.reason));
        unit.swept(key.cell(state, read), gaps, again);
    }

    /// Records a cell nobody asked, unless an earlier run has something of it.
    fn unasked(&self, key: &CellKey, shortfall: &Shortfall) {
        if self.journal.earlier().cell(key).is_some() {
            return;
        }
        let cell = key.cell(state_of(shortfall), 0);
        self.journal.unit().swept(cell, vec![shortfall.gap(&key.id(), "resources")], true);
    }

    fn taken_over(&self, section: &AccountSection, survey: &Surveyed) {
        let progress = self.journal.progress();
        progress.note(Event::AccountSurveyed { provider: &section.provider, account: &section.id });
        progress.note(Event::CellsFound(survey.open.len()));
        for swept in survey.open.iter().filter_map(|key| self.journal.earlier().cell(key)) {
            progress.note(Event::CellEnded(&swept.cell));
        }
    }

    /// Runs one step of a provider: a panic becomes a shortfall, and after a cancellation it has the grace
    /// to wind up and no longer.
    async fn guarded<T>(&self, step: impl Future<Output = T>) -> Result<T, Shortfall> {
        let grace = async {
            self.stop.cancelled().await;
            tokio::time::sleep(self.ways.grace).await;
        };
        tokio::select! {
            biased;
            ended = AssertUnwindSafe(step).catch_unwind() => ended.map_err(|panic| panicked(panic.as_ref())),
            () = grace => Err(cancelled()),
        }
    }
}

/// Every cell of an account that could not be entered, with the reason: never silence.
fn not_entered(provider: &dyn Provider, section: &AccountSection, shortfall: &Shortfall) -> Surveyed {
    let mut sheet = Sheet::new(format!("{}/{}", section.provider, section.id));
    let mut setting = AccountSetting::new(&section.provider, &section.id);
    setting.regions = sheet.unseen("regions", shortfall);
    setting.public_access_block = sheet.unseen("public_access_block", shortfall);
    setting.guardrail = sheet.unseen("guardrail", shortfall);
    let (mut gaps, evidence) = sheet.finish();
    setting.evidence = evidence;
    let left_out = Shortfall::without_call(GapReason::Skipped, "the tenancy file leaves this region out");
    let mut settled = Vec::new();
    for key in catalogued(provider, section) {
        let out = key.region != "global"
            && section.regions.as_ref().is_some_and(|wanted| !wanted.contains(&key.region));
        let why = if out { &left_out } else { shortfall };
        gaps.push(why.gap(&key.id(), "resources"));
        settled.push(key.cell(state_of(why), 0));
    }
    Surveyed {
        unit: 0,
        entered: false,
        open: Vec::new(),
        settled,
        gaps,
        setting,
        members: Vec::new(),
        again: true,
    }
}

/// A service a survey does not speak of is a hole with a name.
fn name_what_is_missing(provider: &dyn Provider, section: &AccountSection, survey: &mut Survey) {
    let open = survey.open.iter().map(|key| key.service.as_str());
    let spoken: BTreeSet<&str> =
        open.chain(survey.settled.iter().map(|cell| cell.service.as_str())).collect();
    let missing: Vec<CellKey> =
        catalogued(provider, section).filter(|key| !spoken.contains(key.service.as_str())).collect();
    let why =
        Shortfall::without_call(GapReason::Failed, "the account's survey does not mention this service");
    for key in missing {
        survey.gaps.push(why.gap(&key.id(), "resources"));
        survey.settled.push(key.cell(CellState::Failed, 0));
    }
}

/// Every cell of an account as the provider's declarations have it.
fn catalogued<'a>(
    provider: &'a dyn Provider,
    section: &'a AccountSection,
) -> impl Iterator<Item = CellKey> + 'a {
    let key = |region: &str, service: &str| CellKey {
        provider: section.provider.clone(),
        account: section.id.clone(),
        region: region.to_owned(),
        service: service.to_owned(),
    };
    provider.services().iter().flat_map(move |service| -> Vec<CellKey> {
        match service.reach {
            Reach::Global => vec![key("global", service.name)],
            Reach::Region => provider.places().regions().map(|(id, _)| key(id, service.name)).collect(),
        }
    })
}

/// The state of a cell that a shortfall left unasked.
const fn state_of(shortfall: &Shortfall) -> CellState {
    match shortfall.reason {
        GapReason::Denied | GapReason::Credentials => CellState::Denied,
        GapReason::Cancelled | GapReason::BudgetSpent | GapReason::Skipped => CellState::Skipped,
        _ => CellState::Failed,
    }
}

fn cancelled() -> Shortfall {
    Shortfall::without_call(GapReason::Cancelled, "the run was cancelled")
}

fn panicked(panic: &(dyn Any + Send)) -> Shortfall {
    let said = panic
        .downcast_ref::<&str>()
        .map(|said| (*said).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a word".into());
    Shortfall::without_call(
        GapReason::Failed,
        format!("an internal fault of sekisho, please report it: {said}"),
    )
}
