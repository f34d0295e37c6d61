//! What was looked at and seen, and what was not.

use super::table::Table;
use crate::report::numbers::{self, Numbers, sorted_gaps};
use crate::report::seen::{self, Whereabouts};
use crate::report::{Material, ReportError, totals, words};
use sekisho_contract::fact::{CellState, ClosedBy, CopyRole, KeyManager};
use sekisho_contract::gap::GapReason;
use std::collections::BTreeSet;
use std::io::Write;

/// A resource a row, in the order of the facts.
pub fn resources(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "provider",
        "account",
        "region",
        "service",
        "kind",
        "kind_ja",
        "kind_en",
        "resource",
        "name",
        "confidential",
        "availability_critical",
        "copies_home",
        "copies_abroad",
        "copies_unseen",
        "countries",
        "encrypted",
        "key_manager",
        "captured_at",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    seen::each(material, |resource| {
        let (mut counts, mut countries) = ([0_u64; 3], BTreeSet::new());
        for copy in &resource.copies {
            counts[match copy.whereabouts(material.home_countries) {
                Whereabouts::Home => 0,
                Whereabouts::Abroad => 1,
                Whereabouts::Unseen => 2,
            }] += 1;
            countries.extend(copy.countries.iter().flatten());
        }
        let [home, abroad, unseen] = counts;
        let has = resource.facets.iter().any(|facet| facet == "encryption");
        let encryption = resource.encryption.as_ref();
        let manager = encryption.and_then(|encryption| encryption.key_manager);
        table.row(|row| {
            row.text(&resource.provider)?
                .text(&resource.account)?
                .text(&resource.region)?
                .text(&resource.service)?;
            row.word(resource.kind.as_str())?.words(crate::words::kind(resource.kind))?;
            row.text(&resource.id)?.text(&resource.name)?;
            row.seen(resource.confidential, true)?.seen(resource.availability_critical, true)?;
            row.number(home)?.number(abroad)?.number(unseen)?.list(&countries)?;
            row.seen(encryption.and_then(|encryption| encryption.enabled), has)?;
            row.word(match (manager, has) {
                (Some(KeyManager::None), _) => "none",
                (Some(KeyManager::Provider), _) => "provider",
                (Some(KeyManager::Customer), _) => "customer",
                (Some(KeyManager::External), _) => "external",
                (None, true) => "unseen",
                (None, false) => "",
            })?;
            row.word(&resource.captured.as_ref().map(|record| record.at.0.to_string()).unwrap_or_default())
        })
    })?;
    table.end()
}

/// A copy of a resource a row.
pub fn copies(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "provider",
        "account",
        "service",
        "kind",
        "resource",
        "name",
        "confidential",
        "role",
        "role_ja",
        "role_en",
        "holder",
        "location",
        "countries",
        "site",
        "home",
    ];
    let mut table = Table::begin(material, out, &columns)?;
    seen::each(material, |resource| {
        for copy in &resource.copies {
            let home = match copy.whereabouts(material.home_countries) {
                Whereabouts::Home => Some(true),
                Whereabouts::Abroad => Some(false),
                Whereabouts::Unseen => None,
            };
            table.row(|row| {
                row.text(&resource.provider)?.text(&resource.account)?.text(&resource.service)?;
                row.word(resource.kind.as_str())?.text(&resource.id)?.text(&resource.name)?;
                row.seen(resource.confidential, true)?;
                row.word(role(copy.role))?.words(words::role(copy.role))?.perhaps(copy.holder.as_deref())?;
                row.text(copy.location.as_deref().unwrap_or("unseen"))?;
                match copy.countries.as_deref() {
                    None | Some([]) => row.word("unseen")?,
                    Some(all) => row.list(all)?,
                };
                row.perhaps(copy.site.as_deref())?.seen(home, true)
            })?;
        }
        Ok(())
    })?;
    table.end()
}

/// Something that was not seen a row, in the order of `report.json`.
pub fn gaps(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "subject",
        "facet",
        "facet_ja",
        "facet_en",
        "reason",
        "reason_ja",
        "reason_en",
        "may_hide",
        "operation",
        "permission",
        "next_step_ja",
        "next_step_en",
        "evidence",
    ];
    let numbers = Numbers::of(material.assessment);
    let may_hide = totals::may_hide(material.assessment);
    let mut table = Table::begin(material, out, &columns)?;
    for gap in sorted_gaps(material.assessment) {
        table.row(|row| {
            row.text(&gap.subject)?.text(&gap.facet)?;
            match words::facet(&gap.facet) {
                Some(word) => row.words(word)?,
                None => row.text(&gap.facet)?.text(&gap.facet)?,
            };
            row.word(reason(gap.reason))?.words(words::gap(gap.reason))?;
            row.seen(Some(may_hide(gap)), true)?;
            row.text(&gap.operation)?.text(&gap.permission)?.words(words::next_step(gap.reason))?;
            row.word(&gap.call.as_ref().map(|call| numbers::label(numbers.number(call))).unwrap_or_default())
        })?;
    }
    table.end()
}

/// A cell of the sweep a row.
pub fn cells(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let columns = [
        "provider",
        "account",
        "region",
        "service",
        "state",
        "state_ja",
        "state_en",
        "accounted_for",
        "closed_by",
        "resources",
    ];
    let mut cells: Vec<_> = material.assessment.cells.iter().collect();
    cells.sort_by_key(|cell| (&cell.provider, &cell.account, &cell.region, &cell.service));
    let mut table = Table::begin(material, out, &columns)?;
    for cell in cells {
        table.row(|row| {
            row.text(&cell.provider)?.text(&cell.account)?.text(&cell.region)?.text(&cell.service)?;
            row.word(state(cell.state))?.words(words::cell(cell.state))?;
            row.seen(Some(cell.state.is_accounted_for()), true)?;
            row.word(match cell.closed_by {
                Some(ClosedBy::NotOptedIn) => "not_opted_in",
                Some(ClosedBy::Policy) => "policy",
                None => "",
            })?;
            row.number(cell.resources)
        })?;
    }
    table.end()
}

/// An operation that was called a row.
pub fn calls(material: &Material<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut table = Table::begin(material, out, &["operation", "calls"])?;
    for (operation, calls) in &material.ledger.by_operation {
        table.row(|row| row.text(operation)?.number(calls))?;
    }
    table.end()
}

const fn role(role: CopyRole) -> &'static str {
    match role {
        CopyRole::Primary => "primary",
        CopyRole::Replica => "replica",
        CopyRole::Backup => "backup",
        CopyRole::Snapshot => "snapshot",
        CopyRole::Log => "log",
        CopyRole::Cache => "cache",
        CopyRole::Key => "key",
        CopyRole::Transit => "transit",
    }
}

const fn state(state: CellState) -> &'static str {
    match state {
        CellState::Listed => "listed",
        CellState::Closed => "closed",
        CellState::Denied => "denied",
        CellState::Failed => "failed",
        CellState::Skipped => "skipped",
    }
}

const fn reason(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Denied => "denied",
        GapReason::ThrottledOut => "throttled-out",
        GapReason::Failed => "failed",
        GapReason::Unreachable => "unreachable",
        GapReason::Malformed => "malformed",
        GapReason::EndlessPages => "endless-pages",
        GapReason::Unsupported => "unsupported",
        GapReason::Closed => "closed",
        GapReason::Vanished => "vanished",
        GapReason::Credentials => "credentials",
        GapReason::Unresolved => "unresolved",
        GapReason::Unknown => "unknown",
        GapReason::NotRead => "not-read",
        GapReason::Cancelled => "cancelled",
        GapReason::BudgetSpent => "budget-spent",
        GapReason::Skipped => "skipped",
        GapReason::Missing => "missing",
    }
}
