//! Holds facts against the profile's checks, and checks against its clauses.
//!
//! Facts stream by: only findings, counts, places, gaps and cells are kept. The result does not depend on
//! the number of threads, nor on the order of the lines.

mod coverage;
mod derive;
mod exceptions;
mod ground;
mod judge;
mod papers;
#[cfg(test)]
mod papers_tests;
mod plan;
mod result;
mod source;
mod stream;
mod tally;
#[cfg(test)]
mod tests;
mod unseen;
mod uses;
mod verdict;

pub use crate::annex::{Level, Source};
pub use result::{
    Accepted, Assessment, CheckResult, ClauseResult, Counts, DocumentResult, ExceptionResult, ExceptionState,
    Finding, HeldDocument, Need, PlaceCount, Recorded, Status, Withheld,
};
pub use source::{Context, FactError, FactSource, Lines, ServiceKinds};

use crate::annex::Profile;
use crate::checks::{CheckFault, TenancyDates, Variables};
use crate::documents;
use crate::logs::Scan;
use ground::Ground;
use judge::{Bench, Judge};
use std::collections::BTreeSet;
use stream::Streamed;

/// Why facts could not be assessed.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The facts could not be read.
    #[error(transparent)]
    Facts(#[from] FactError),
    /// A line is not a fact.
    #[error("line {line} of the facts cannot be read: {source}")]
    Malformed {
        /// The line, from 1; 0 when it is not known.
        line: u64,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A fact lacks what every fact has, or holds a word this version does not know there.
    #[error("line {line} of the facts has no usable `{field}`")]
    Incomplete {
        /// The line, from 1; 0 when it is not known.
        line: u64,
        /// The field.
        field: &'static str,
    },
    /// The checks do not load.
    #[error(transparent)]
    Checks(#[from] CheckFault),
}

/// Assesses facts against a profile.
pub fn assess<S: FactSource + ?Sized>(
    facts: &S,
    profile: &Profile,
    context: &Context<'_>,
) -> Result<Assessment, AssessError> {
    let rules = plan::rules(profile)?;
    let dates = TenancyDates::new(
        context.contract_end,
        context.erasure_grace_days,
        context.assessed_at,
        &profile.parameters.utc_offset,
    );
    let variables = Variables::new(&profile.parameters, &dates);

    let (mut ground, mut whole) = (Ground::gather(facts, false)?, false);
    let mut derived = derive::derive(facts, profile, context, &ground, &dates)?;
    let (mut tally, mut signals) = loop {
        let bench =
            Bench { rules: &rules, variables: &variables, ground: &ground, services: context.services };
        match stream::judge_all(facts, bench, whole, context.threads)? {
            Streamed::Judged(tally, signals) => break (tally, signals),
            // Gaps came after resources: know them all first, then judge again.
            Streamed::OutOfOrder => {
                (ground, whole) = (Ground::gather(facts, true)?, true);
                derived = derive::derive(facts, profile, context, &ground, &dates)?;
            }
        }
    };

    let bench = Bench { rules: &rules, variables: &variables, ground: &ground, services: context.services };
    let mut settings = BTreeSet::new();
    let mut judge = Judge::new(bench);
    for line in &ground.settings {
        settings.insert(judge.setting(line)?);
    }
    judge.derived(&derived)?;
    derived.forget();
    tally.add(judge.tally);
    signals.sort_by(|a, b| (&a.subject, a.witness, &a.statement).cmp(&(&b.subject, b.witness, &b.statement)));
    let whole = coverage::complete(&mut tally, bench, context.accounts, &settings);

    let desk = papers::Desk {
        profile,
        register: context.register,
        bench,
        accounts: context.accounts,
        assessed_at: context.assessed_at,
        contract_end: context.contract_end,
        asked: context.asked,
    };
    let papers = papers::judge(&desk, &mut tally);

    let clauses: Vec<ClauseResult> = (0..profile.clauses.len())
        .map(|at| verdict::clause(profile, at, &rules, &tally, &papers, whole))
        .collect();
    let findings = tally.findings();
    Ok(Assessment {
        profile: profile.id.clone(),
        profile_title: profile.title.clone(),
        verdict: clauses.iter().map(|clause| clause.status).max().unwrap_or(Status::Unverified),
        clauses,
        exceptions: exceptions::judge(context.exceptions, &findings, context.assessed_at),
        findings,
        places: tally.places(),
        resources: tally.resources(),
        recorded: tally.recorded,
        recovery: derived.recovery,
        erasure: derived.erasure,
        corroboration: derived.corroboration,
        heard: context.heard.cloned(),
        logs: context.logs.map(Scan::without_home),
        cells: ground.cells,
        gaps: ground.gaps,
        signals,
        documents: papers.held,
        faulty: context.register.faulty.clone(),
        handling: documents::strictest(context.register, context.asked),
        withheld: None,
    })
}
