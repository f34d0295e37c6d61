//! Nothing checked is not a pass: what was not looked at counts against every check it could concern.

use super::ground::Ground;
use super::judge::Bench;
use super::plan::{Rule, could_hold, root};
use super::result::{Finding, Status};
use super::tally::Tally;
use super::unseen;
use crate::checks::{Outcome, SubjectKind};
use crate::text::Text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Adds a finding for each (check, cell) that was not accounted for, for each service nobody asked, and for
/// each account that was not read. Says whether there was none.
pub(super) fn complete(
    tally: &mut Tally,
    bench: Bench<'_>,
    expected: &[String],
    settings: &BTreeSet<String>,
) -> bool {
    let mut holes = Vec::new();
    let Ground { cells, .. } = bench.ground;
    for cell in cells.iter().filter(|cell| !cell.state.is_accounted_for()) {
        let gaps: Vec<_> = bench.ground.gaps_of(&cell.id()).iter().collect();
        holes.push(Hole {
            subject: cell.id(),
            name: format!("{} {}", cell.service, cell.region),
            concerns: Concerns::Service(cell.provider.clone(), cell.service.clone()),
            reason: unseen::cell_reason(cell.state, &gaps),
            remedy: unseen::remedy(&gaps),
            calls: gaps.iter().filter_map(|gap| gap.call).collect(),
        });
    }
    let of_cells = cells.iter().map(|cell| format!("{}/{}", cell.provider, cell.account));
    let accounts: BTreeSet<String> = expected.iter().chain(settings).cloned().chain(of_cells).collect();
    let looked: Looked<'_> = cells
        .iter()
        .map(|cell| (cell.provider.as_str(), cell.account.as_str(), cell.service.as_str()))
        .collect();
    for account in &accounts {
        holes.extend(unasked(bench, &looked, account));
        if !settings.contains(account) {
            let gaps: Vec<_> = bench.ground.gaps_of(account).iter().collect();
            let mut hole = Hole::new(
                account,
                Concerns::Accounts,
                "アカウントを読み取れていない。",
                "The account was not read.",
            );
            hole.calls = gaps.iter().filter_map(|gap| gap.call).collect();
            hole.remedy = unseen::remedy(&gaps);
            holes.push(hole);
        }
    }
    if accounts.is_empty() {
        holes.push(Hole::new(
            "tenancy",
            Concerns::Everything,
            "アカウントが一つも読み取られていない。",
            "No account was read.",
        ));
    }
    let whole = holes.is_empty();
    let root = root(bench.variables);
    for hole in holes {
        let (reason, remedy) = (tally.shared(hole.reason.clone()), tally.shared(hole.remedy.clone()));
        for (at, rule) in bench.rules.iter().enumerate() {
            let concerned = match &hole.concerns {
                Concerns::Service(provider, service) => {
                    could_hold(rule, &root, bench.services, provider, service)
                }
                Concerns::Resources => rule.check.subject.is_of_resources() || leans_on_sweep(rule),
                Concerns::Accounts => rule.check.subject == SubjectKind::Account || leans_on_sweep(rule),
                Concerns::Everything => {
                    !matches!(rule.check.subject, SubjectKind::Document | SubjectKind::Output)
                        && !is_of_register(rule)
                }
            };
            if !concerned {
                continue;
            }
            tally.count(at, Outcome::Unverified);
            let finding = Finding {
                check: Arc::clone(&rule.id),
                clauses: rule.clauses.clone(),
                level: rule.level,
                subject: hole.subject.as_str().into(),
                name: hole.name.as_str().into(),
                status: Status::Unverified,
                reason: Arc::clone(&reason),
                remedy: Arc::clone(&remedy),
                calls: hole.calls.as_slice().into(),
                captured: None,
            };
            tally.findings.push((at, finding));
        }
    }
    whole
}

/// Whether a rule about the tenancy's papers holds them against what is in use.
fn leans_on_sweep(rule: &Rule) -> bool {
    rule.check.subject == SubjectKind::Tenancy && !is_of_register(rule)
}

/// Whether a rule reads the register alone, which is known whole whatever the sweep saw.
fn is_of_register(rule: &Rule) -> bool {
    const OF_SWEEP: [&str; 2] = ["outside", "unexported"];
    rule.check.subject == SubjectKind::Tenancy && !rule.facets().iter().any(|part| OF_SWEEP.contains(part))
}

/// Something that was not looked at.
struct Hole {
    subject: String,
    name: String,
    concerns: Concerns,
    reason: Text,
    remedy: Text,
    calls: Vec<sekisho_contract::CallId>,
}

/// Which checks a hole concerns.
enum Concerns {
    /// Those whose subjects a service could hold.
    Service(String, String),
    /// Those of resources.
    Resources,
    /// Those of accounts.
    Accounts,
    /// All.
    Everything,
}

impl Hole {
    fn new(subject: &str, concerns: Concerns, ja: &str, en: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            name: subject.rsplit('/').next().unwrap_or(subject).to_owned(),
            concerns,
            reason: Text { ja: ja.to_owned(), en: en.to_owned() },
            remedy: unseen::remedy(&[]),
            calls: Vec::new(),
        }
    }
}

/// Provider, account and service of every cell.
type Looked<'a> = BTreeSet<(&'a str, &'a str, &'a str)>;

/// The services of an account's provider that have no cell at all.
fn unasked(bench: Bench<'_>, looked: &Looked<'_>, account: &str) -> Vec<Hole> {
    let (provider, number) = account.split_once('/').unwrap_or((account, ""));
    let any = || {
        let first = looked.range((provider, number, "")..).next();
        first.is_some_and(|cell| (cell.0, cell.1) == (provider, number))
    };
    let mut known = bench.services.iter().filter(|kinds| kinds.provider == provider).peekable();
    if known.peek().is_none() && !any() {
        let (ja, en) =
            ("どのサービスも確認した記録がない。", "There is no record that any service was examined.");
        return vec![Hole::new(account, Concerns::Resources, ja, en)];
    }
    known
        .filter(|kinds| !looked.contains(&(provider, number, kinds.service.as_str())))
        .map(|kinds| {
            let ja = format!("サービス {} を確認した記録がない。", kinds.service);
            let en = format!("There is no record that the service {} was examined.", kinds.service);
            Hole::new(account, Concerns::Service(kinds.provider.clone(), kinds.service.clone()), &ja, &en)
        })
        .collect()
}
