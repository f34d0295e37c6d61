//! The ledger: whole, in order, of reads alone, and it holds every call that a fact rests on.

use super::facts::Seen;
use super::{Ended, Found, Mark, Order, Step};
use crate::bundle::OpenRun;
use jiff::SignedDuration;
use sekisho_contract::CallId;
use sekisho_contract::call::CallOutcome;
use sekisho_contract::fact::CellState;
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use std::collections::{BTreeMap, BTreeSet};

/// Most calls whose ids are held, at 18 bytes each.
const HELD: usize = 40_000_000;

/// Reads all calls once, and holds them to what is cited and counted.
pub(super) fn audit(open: &OpenRun, seen: &Seen, order: &Order<'_>, found: &mut Found) -> Result<(), Ended> {
    let before = found.items.len();
    let run = &open.run;
    let declared: BTreeSet<String> = order
        .providers
        .iter()
        .flat_map(|provider| {
            let aside = provider.tells_openly().iter().chain(provider.log_operations());
            let all = provider.operations().iter().chain(aside);
            all.map(|operation| format!("{} {}", provider.name(), operation.full_name())).collect::<Vec<_>>()
        })
        .collect();
    // Which service's sweep an operation is asked in.
    let sweeps: BTreeMap<String, &str> = order
        .providers
        .iter()
        .flat_map(|provider| provider.operations().iter().map(move |operation| (provider, *operation)))
        .filter_map(|(provider, operation)| {
            let service = provider.swept_in(operation)?;
            Some((format!("{} {}", provider.name(), operation.full_name()), service.name))
        })
        .collect();
    let mut answered: BTreeSet<[String; 4]> = BTreeSet::new();
    let known: BTreeSet<&str> = order.providers.iter().map(|provider| provider.name()).collect();
    let accounts: BTreeSet<(String, String)> = seen
        .cells
        .iter()
        .map(|cell| (cell.provider.clone(), cell.account.clone()))
        .chain(run.tenancy.accounts.iter().map(|one| (one.provider.clone(), one.id.clone())))
        .collect();
    let slack = SignedDuration::from_mins(5);
    let (from, until) = (
        run.started_at.checked_sub(slack).unwrap_or(run.started_at),
        run.assessed_at.checked_add(slack).unwrap_or(run.assessed_at),
    );
    let mut ids: Vec<CallId> = Vec::new();
    let (mut calls, mut retried, mut throttled) = (0_u64, 0_u64, 0_u64);
    let mut by_operation: BTreeMap<String, u64> = BTreeMap::new();
    let mut last = None;
    for call in open.folder.ledger().pass() {
        let at = calls + 1;
        let place = || Some(format!("ledger.ndjson.zst, line {at}"));
        let call = match call {
            Ok(call) => call,
            Err(fault) => {
                let said = fault.to_string();
                let why = said.split_once(".zst").map_or(said.as_str(), |(_, why)| why);
                found.refuted(
                    Step::Ledger,
                    &format!("呼出しの記録を読み取れない（{why}）。"),
                    &format!("The ledger cannot be read ({why})."),
                    place(),
                );
                return Err(Ended);
            }
        };
        calls = at;
        if calls > run.ledger.calls {
            // Counted below; what is beyond is not held.
            let (ja, en) =
                ("呼出しの数が調査の記録より多い。", "There are more calls than the run has recorded.");
            found.refuted(Step::Ledger, ja, en, place());
            return Err(Ended);
        }
        if ids.len() == HELD {
            ids.sort_unstable();
            ids.dedup();
            if ids.len() > HELD / 2 {
                let (ja, en) =
                    ("呼出しの記録が、扱える大きさを超えている。", "There are more calls than can be held.");
                found.refuted(Step::Ledger, ja, en, place());
                return Err(Ended);
            }
        }
        retried += u64::from(call.attempt > 1);
        throttled += u64::from(call.outcome == CallOutcome::Throttled);
        *by_operation.entry(call.operation.clone()).or_default() += 1;
        let id =
            CallId::of(&call.provider, &call.account, &call.region, &call.operation, &call.target, call.page);
        if id != call.id {
            found.refuted(
                Step::Ledger,
                "呼出しの番号が、その内容から求められるものではない。",
                "A call's id is not the one that follows from what it asked.",
                place(),
            );
        }
        if last.is_some_and(|last| call.at.0 < last) || call.at.0 < from || call.at.0 > until {
            found.refuted(
                Step::Ledger,
                "呼出しの時刻が順序のとおりでない、又は調査の期間の外にある。",
                "A call is out of order in time, or outside the time of the run.",
                place(),
            );
        }
        last = Some(call.at.0);
        if !accounts.contains(&(call.provider.clone(), call.account.clone())) {
            found.refuted(
                Step::Ledger,
                "調査の範囲にないアカウントを呼び出している。",
                "A call is of an account that is not in the run.",
                place(),
            );
        }
        if known.contains(call.provider.as_str())
            && !declared.contains(&format!("{} {}", call.provider, call.operation))
        {
            found.refuted(
                Step::Ledger,
                "読取りとして宣言されていない操作を呼び出している。",
                "A call is of an operation that is not declared as a read.",
                place(),
            );
        }
        // A refusal can be how a provider says that there is none; no answer says nothing.
        let answers =
            call.status != 0 && !matches!(call.outcome, CallOutcome::Throttled | CallOutcome::Failed);
        if let Some(service) =
            sweeps.get(&format!("{} {}", call.provider, call.operation)).filter(|_| answers)
        {
            answered.insert([call.provider, call.account, call.region, (*service).to_owned()]);
        }
        ids.push(call.id);
    }
    ids.sort_unstable();
    ids.dedup();
    let counted = [
        ("calls", calls == run.ledger.calls),
        ("retried", retried == run.ledger.retried),
        ("throttled", throttled == run.ledger.throttled),
        ("by_operation", by_operation == run.ledger.by_operation),
    ];
    let recorded = run.files.iter().find(|file| file.name == crate::run_folder::LEDGER);
    let lines = ("lines", recorded.and_then(|file| file.lines) == Some(calls));
    for (what, same) in counted.into_iter().chain([lines]) {
        if !same {
            found.refuted(
                Step::Ledger,
                &format!("呼出しの数（{what}）が調査の記録と一致しない。"),
                &format!("The calls are not as many as the run has recorded ({what})."),
                Some(format!("run.json, ledger.{what}")),
            );
        }
    }
    // Where a service is swept by lists of its own, a cell of it was asked for there; one that stands for all regions, anywhere.
    let by_lists: BTreeSet<(&str, &str)> = order
        .providers
        .iter()
        .flat_map(|provider| provider.operations().iter().map(move |operation| (provider, *operation)))
        .filter(|(_, operation)| matches!(operation.per, Per::Page(_)))
        .filter_map(|(provider, operation)| Some((provider.name(), provider.swept_in(operation)?.name)))
        .collect();
    let anywhere: BTreeSet<[String; 3]> = answered
        .iter()
        .map(|[provider, account, _, service]| [provider, account, service].map(String::clone))
        .collect();
    for cell in seen.cells.iter().filter(|cell| cell.state == CellState::Listed) {
        if !by_lists.contains(&(cell.provider.as_str(), cell.service.as_str())) {
            continue;
        }
        let [provider, account, service] = [&cell.provider, &cell.account, &cell.service];
        let asked = |region: &str| {
            answered.contains(&[provider.as_str(), account, region, service].map(str::to_owned))
        };
        let anywhere = || anywhere.contains(&[provider, account, service].map(String::clone));
        if !(asked("global") || asked(&cell.region) || cell.region == "global" && anywhere()) {
            found.refuted(
                Step::Ledger,
                &format!("単位 {} は列挙したとされているが、その呼出しが記録にない。", shorten(&cell.id())),
                &format!(
                    "The cell {} is said to be listed, and no call in the ledger that was answered is of it.",
                    shorten(&cell.id())
                ),
                Some(format!("facts.ndjson.zst, cell {}", shorten(&cell.id()))),
            );
        }
    }
    let absent: Vec<&CallId> = seen.cited.iter().filter(|id| ids.binary_search(id).is_err()).collect();
    if let Some(first) = absent.first() {
        found.refuted(
            Step::Ledger,
            &format!("事実が根拠とする呼出しのうち{}件が記録にない（{first} ほか）。", absent.len()),
            &format!(
                "{} calls that facts are based on are not in the ledger ({first} and others).",
                absent.len()
            ),
            Some("facts.ndjson.zst; ledger.ndjson.zst".to_owned()),
        );
    }
    if found.items.iter().skip(before).all(|item| item.mark == Mark::Verified) {
        found.verified(
            Step::Ledger,
            &format!("{calls}回の呼出しのすべてが読取りの操作であり、事実が根拠とする{}件の呼出しがすべて記録にある。", seen.cited.len()),
            &format!("All {calls} calls are reads, and each of the {} calls that facts are based on is among them.", seen.cited.len()),
        );
    }
    Ok(())
}
