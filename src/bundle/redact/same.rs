//! A redaction never changes a verdict: what was judged twice has to come out the same.

use super::RedactFault;
use crate::assess::{Assessment, ClauseResult};

/// Holds every clause, check, document and need to what it was.
pub(super) fn hold(before: &Assessment, after: &Assessment) -> Result<(), RedactFault> {
    let differs = |what: String, was: &dyn std::fmt::Debug, is: &dyn std::fmt::Debug| {
        Err(RedactFault::Verdict { what, before: format!("{was:?}"), after: format!("{is:?}") })
    };
    if before.clauses.len() != after.clauses.len() {
        return differs("the profile".to_owned(), &before.clauses.len(), &after.clauses.len());
    }
    for (was, is) in before.clauses.iter().zip(&after.clauses) {
        // The checks say more of what is amiss than the clause, so they come first.
        for (was_check, is_check) in was.checks.iter().zip(&is.checks) {
            if was_check != is_check {
                let what = format!("the check {} of clause {}", was_check.id, was.id);
                return differs(what, &was_check.counts, &is_check.counts);
            }
        }
        if outline(was) != outline(is) {
            return differs(format!("clause {}", was.id), &outline(was), &outline(is));
        }
    }
    if (before.verdict, &before.handling) != (after.verdict, &after.handling) {
        let (was, is) = ((before.verdict, &before.handling), (after.verdict, &after.handling));
        return differs("the whole".to_owned(), &was, &is);
    }
    Ok(())
}

/// What a clause says without naming anything.
fn outline(clause: &ClauseResult) -> String {
    let documents: Vec<_> =
        clause.documents.iter().map(|one| (&one.id, one.status, one.entries.len(), &one.lacking)).collect();
    let needs: Vec<_> = clause.needs.iter().map(|one| (&one.id, one.status)).collect();
    let checks: Vec<_> = clause.checks.iter().map(|one| (&one.id, one.status)).collect();
    let statements: Vec<_> = clause.statements.iter().map(|one| (&one.id, one.status)).collect();
    let status = clause.status;
    format!("{} {status:?} {documents:?} {statements:?} {needs:?} {checks:?}", clause.id)
}
