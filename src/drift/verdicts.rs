//! Verdicts and findings by today's checks, before and after.

use super::change::{Change, Direction, bounded, text_of};
use super::facts::Names;
use super::told::Told;
use super::what::What;
use crate::annex::Level;
use crate::assess::{Assessment, ClauseResult, Finding, Status};
use crate::corroborate::Level as Borne;
use crate::logs::Scan;
use crate::report::words;
use crate::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of an assessment.
#[derive(Debug)]
pub struct Judged {
    /// The strongest verdict.
    pub verdict: Status,
    /// The clauses' verdicts.
    pub clauses: Vec<ClauseResult>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// What the audit logs told.
    pub logs: Option<Scan>,
    /// Places that a witness contradicts, with what it says.
    pub contradicted: BTreeMap<String, Text>,
}

impl Judged {
    /// Of an assessment; the rest of it is not held.
    pub fn of(assessment: Assessment) -> Self {
        let contradicted = assessment.corroboration.iter().filter(|one| one.level == Borne::Contradicted);
        let said = |one: &crate::corroborate::Corroboration| {
            let says = one.statements.iter().find(|said| said.supports == Some(false));
            says.map(|said| Text { ja: said.ja.clone(), en: said.en.clone() }).unwrap_or_default()
        };
        Self {
            verdict: assessment.verdict,
            contradicted: contradicted.map(|one| (one.id.clone(), said(one))).collect(),
            clauses: assessment.clauses,
            findings: assessment.findings,
            logs: assessment.logs,
        }
    }

    /// The subjects of its findings.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| &*finding.subject)
    }
}

/// A finding that came, went or changed its status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingChange {
    /// The check.
    pub check: String,
    /// The clauses that name it.
    pub clauses: Vec<String>,
    /// How binding it is at its strongest.
    pub level: Level,
    /// The subject, or what comes and goes in its place.
    pub subject: String,
    /// What people call it.
    pub name: String,
    /// `violates` or `unverified` before; absent where nothing was found.
    pub before: Option<Status>,
    /// The same now.
    pub after: Option<Status>,
    /// Which way it goes.
    pub direction: Direction,
    /// Why it is found; where it is no longer, why it was.
    pub reason: Text,
}

/// A clause's verdict before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseDrift {
    /// `V-3`.
    pub id: String,
    /// The number people see: `Ⅴ-３`.
    pub number: String,
    /// What it is about.
    pub title: Text,
    /// Before; absent where the profile did not have it.
    pub before: Option<Status>,
    /// Now.
    pub after: Status,
    /// Whether it got worse: by its verdict, by findings of what it demands, or by a change for the worse that touches it.
    pub worse: bool,
}

/// How far a status is from being in order. What rests on paper is as much in order as what was seen.
const fn distance(status: Option<Status>) -> u8 {
    match status {
        None | Some(Status::NotApplicable | Status::Conforms | Status::Attested) => 0,
        Some(Status::Unverified) => 1,
        Some(Status::Violates) => 2,
    }
}

/// Which way a status goes.
pub fn way(before: Option<Status>, after: Option<Status>) -> Direction {
    match distance(after).cmp(&distance(before)) {
        // What was broken and is not seen now may be broken still.
        std::cmp::Ordering::Less if distance(after) > 0 => Direction::Neutral,
        std::cmp::Ordering::Less => Direction::Better,
        std::cmp::Ordering::Equal => Direction::Neutral,
        std::cmp::Ordering::Greater => Direction::Worse,
    }
}

/// Tells verdicts that changed.
pub fn verdicts(old: &Judged, new: &Judged, told: &mut Told) {
    for clause in &new.clauses {
        let Some(before) = old.clauses.iter().find(|one| one.id == clause.id) else { continue };
        if before.status != clause.status {
            let direction = way(Some(before.status), Some(clause.status));
            let change = Change::new(What::Verdict, direction, &clause.id, &clause.number, "");
            let said = |one: &ClauseResult| {
                let (word, why) = (text_of(words::status(one.status).word), &one.reason);
                Some(Text {
                    ja: format!("{}（{}）", word.ja, why.ja),
                    en: format!("{} ({})", word.en, why.en),
                })
            };
            told.add(change.from_to(said(before), said(clause)).touching(vec![clause.id.clone()]));
        }
    }
}

type Found<'a> = BTreeMap<(&'a str, &'a str), &'a Finding>;

/// Findings by check and subject: the strongest where several are of one. What goes by another name now goes by its old
/// one, and what comes and goes by what it is part of.
fn found<'a>(findings: &'a [Finding], names: &'a Names) -> Found<'a> {
    let mut found: Found<'a> = BTreeMap::new();
    for finding in findings {
        let subject: &str = &finding.subject;
        let subject = names.replaced.get(subject).map_or(subject, String::as_str);
        let subject = names.rolling.get(subject).map_or(subject, String::as_str);
        let known = found.entry((&finding.check, subject)).or_insert(finding);
        if finding.status > known.status {
            *known = finding;
        }
    }
    found
}

/// Findings kept of each direction.
const LIMIT: usize = 1_000;

/// What differs between the findings, the worst first: those that are kept, how many there are, and the clauses of which a
/// demand has more that breaks it or leaves it open.
pub fn findings(
    old: &Judged,
    new: &Judged,
    names: &Names,
) -> (Vec<FindingChange>, super::told::Counts, BTreeSet<String>) {
    let (before, after) = (found(&old.findings, names), found(&new.findings, names));
    let keys: BTreeSet<&(&str, &str)> = before.keys().chain(after.keys()).collect();
    let (mut all, mut counts, mut worse) = (Vec::new(), super::told::Counts::default(), BTreeSet::new());
    let mut kept = [0_usize; 3];
    for key in keys {
        let (one, other) = (before.get(key), after.get(key));
        let status = |found: Option<&&Finding>| found.map(|finding| finding.status);
        if status(one) == status(other) {
            continue;
        }
        let Some(finding) = other.or(one) else { continue };
        let direction = way(status(one), status(other));
        counts.add(direction);
        if direction == Direction::Worse && finding.level == Level::Shall {
            worse.extend(finding.clauses.iter().cloned());
        }
        let kept = &mut kept[direction as usize];
        *kept += 1;
        if *kept > LIMIT {
            continue;
        }
        let short = |text: &str| bounded(text, 600);
        all.push(FindingChange {
            check: key.0.to_owned(),
            clauses: finding.clauses.to_vec(),
            level: finding.level,
            subject: bounded(key.1, 2_048),
            name: short(&finding.name),
            before: status(one),
            after: status(other),
            direction,
            reason: Text { ja: short(&finding.reason.ja), en: short(&finding.reason.en) },
        });
    }
    all.sort_by(|a, b| (a.direction, &a.check, &a.subject).cmp(&(b.direction, &b.check, &b.subject)));
    (all, counts, worse)
}

/// The clauses, before and after.
pub fn clauses(old: &Judged, new: &Judged, worse: &BTreeSet<String>) -> Vec<ClauseDrift> {
    let of = |clause: &ClauseResult| {
        let before = old.clauses.iter().find(|one| one.id == clause.id).map(|one| one.status);
        ClauseDrift {
            id: clause.id.clone(),
            number: clause.number.clone(),
            title: clause.title.clone(),
            before,
            after: clause.status,
            worse: worse.contains(&clause.id)
                || before.is_some() && way(before, Some(clause.status)) == Direction::Worse,
        }
    };
    new.clauses.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn finding(check: &str, subject: &str, status: Status, level: Level) -> Finding {
        Finding {
            check: check.into(),
            clauses: Arc::from(["V-3".to_owned()]),
            level,
            subject: subject.into(),
            name: subject.into(),
            status,
            reason: Arc::default(),
            remedy: Arc::default(),
            calls: Box::default(),
            captured: None,
        }
    }

    fn judged(findings: Vec<Finding>) -> Judged {
        Judged {
            verdict: Status::Conforms,
            clauses: Vec::new(),
            findings,
            logs: None,
            contradicted: BTreeMap::new(),
        }
    }

    #[test]
    fn findings_are_held_by_check_and_subject() {
        use Level::{Shall, Should};
        use Status::{Unverified, Violates};
        #[rustfmt::skip]
        let cases = [
            (None, Some((Violates, Shall)), Some(Direction::Worse), true),
            (None, Some((Violates, Should)), Some(Direction::Worse), false),
            (Some((Unverified, Shall)), Some((Violates, Shall)), Some(Direction::Worse), true),
            (Some((Violates, Shall)), Some((Unverified, Shall)), Some(Direction::Neutral), false),
            (Some((Violates, Shall)), None, Some(Direction::Better), false),
            (Some((Violates, Shall)), Some((Violates, Shall)), None, false),
        ];
        for (old, new, direction, worse) in cases {
            let of = |one: Option<(Status, Level)>| {
                judged(one.into_iter().map(|(status, level)| finding("c", "s", status, level)).collect())
            };
            let (all, _, clauses) = findings(&of(old), &of(new), &Names::default());
            assert_eq!(all.first().map(|one| one.direction), direction, "{old:?} {new:?}");
            assert_eq!(!clauses.is_empty(), worse, "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_rolls_on_or_goes_by_another_name_is_no_new_finding() {
        let of = |subject| judged(vec![finding("c", subject, Status::Violates, Level::Shall)]);
        let mut names = Names::default();
        assert_eq!(findings(&of("old"), &of("new"), &names).1.all(), 2, "the control");
        names.replaced.insert("new".to_owned(), "old".to_owned());
        assert_eq!(findings(&of("old"), &of("new"), &names).1.all(), 0);
        names.rolling.insert("point-1".to_owned(), "points of a".to_owned());
        names.rolling.insert("point-2".to_owned(), "points of a".to_owned());
        assert_eq!(findings(&of("point-1"), &of("point-2"), &names).1.all(), 0);
    }
}
