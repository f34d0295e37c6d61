//! The page as its template sees it.

use super::cited::{Appendix, Citations};
use super::clauses::{self, Clause};
use super::corroboration::Corroboration;
use super::coverage::Coverage;
use super::logs::Logs;
use super::map::Map;
use super::prospects::{Erasure, Recovery};
use super::register::Register;
use super::summary::Summary;
use crate::assess::ClauseResult;
use crate::report::display::{self, NAME_LIMIT, PROSE_LIMIT, Shown};
use crate::report::standing::Standing;
use crate::report::words::{self, Outcome};
use crate::report::{Material, ReportError, in_japan, totals};
use crate::text::Text;
use crate::words::{Term, Word, glossary, word};
use serde::Serialize;

/// The whole page.
#[derive(Serialize)]
pub struct Page {
    tenancy: Shown,
    profile: Shown,
    profile_version: Shown,
    profile_title: Text,
    contract_end: String,
    assessed_jst: String,
    assessed_utc: String,
    started_jst: String,
    date: String,
    version: Shown,
    accounts: Vec<(Shown, Shown)>,
    resources: u64,
    incomplete: Option<Text>,
    verdict: Outcome,
    tally: Vec<(Outcome, usize)>,
    summary: Summary,
    clauses: Vec<Clause>,
    register: Register,
    marking: Option<Text>,
    redacted: Option<Text>,
    /// What stands where the particulars were taken out; none where they are there.
    withheld: Option<Word>,
    /// `whole`, or the words of what is missing.
    state: String,
    map: Map,
    corroboration: Corroboration,
    recovery: Recovery,
    erasure: Erasure,
    logs: Option<Logs>,
    coverage: Coverage,
    ledger: Ledger,
    appendix: Appendix,
    glossary: &'static [Term],
}

/// A copy that tells verdicts alone has no lists.
const WITHHELD: Word = word(
    "判定だけの写しのため、ここに示す内訳は取り除かれている。ないことを示すものではない。",
    "This copy tells verdicts alone: what stands here was taken out. That is no sign that there is nothing.",
);

#[derive(Serialize)]
struct Ledger {
    calls: u64,
    retried: u64,
    throttled: u64,
    operations: Vec<(Shown, u64)>,
}

impl Page {
    /// The page, and the numbers that its calls have.
    pub fn of<'a>(material: &Material<'a>) -> Result<(Self, Citations<'a>), ReportError> {
        let Material { assessment, run, ledger, .. } = *material;
        let name = |text: &str| display::name(text, NAME_LIMIT);
        let groups = totals::groups(&assessment.findings, clauses::shown_per_check);
        let mut citations = Citations::new(material);
        let clauses = clauses::clauses(material, &groups, &mut citations);
        let coverage = Coverage::new(material, &mut citations);
        let tally = totals::clauses_by_status(assessment);
        let mut accounts = run.accounts.clone();
        accounts.sort();
        let page = Self {
            tenancy: name(&run.tenancy),
            profile: name(&assessment.profile),
            profile_version: name(&run.profile_version),
            profile_title: reason(&assessment.profile_title),
            contract_end: run.contract_end.to_string(),
            assessed_jst: in_japan(run.assessed_at),
            assessed_utc: run.assessed_at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            started_jst: in_japan(run.started_at),
            date: in_japan(run.assessed_at).chars().take(10).collect(),
            version: name(&run.version),
            accounts: accounts.iter().map(|(provider, account)| (name(provider), name(account))).collect(),
            resources: totals::resources(assessment),
            incomplete: run.incomplete.as_ref().map(reason),
            verdict: words::status(assessment.verdict),
            tally: tally.into_iter().map(|(status, count)| (words::status(status), count)).collect(),
            summary: Summary::new(material, &groups),
            clauses,
            register: Register::new(material),
            marking: assessment.handling.as_ref().map(display::marking),
            redacted: run.redacted.as_ref().map(reason),
            withheld: assessment.withheld.map(|_| WITHHELD),
            state: Standing::of(material).word(),
            map: Map::new(material)?,
            corroboration: Corroboration::new(material),
            recovery: Recovery::new(material),
            erasure: Erasure::new(material),
            logs: Logs::new(material),
            coverage,
            ledger: Ledger {
                calls: ledger.calls,
                retried: ledger.retried,
                throttled: ledger.throttled,
                operations: ledger
                    .by_operation
                    .iter()
                    .map(|(operation, count)| (name(operation), *count))
                    .collect(),
            },
            appendix: citations.appendix(),
            glossary: glossary(),
        };
        Ok((page, citations))
    }
}

/// A reason, title or remedy, fit to be shown.
pub fn reason(text: &Text) -> Text {
    words_of(text, PROSE_LIMIT)
}

/// Running text in both languages, bounded; where it is cut, it says how long it is.
pub fn words_of(text: &Text, limit: usize) -> Text {
    let (ja, en) = (display::prose(&text.ja, limit), display::prose(&text.en, limit));
    let cut = |shown: Shown, before: &str, after: &str| match shown.full {
        Some(full) => format!("{}… {before}{}{after}", shown.text, display::grouped(full)),
        None => shown.text,
    };
    Text { ja: cut(ja, "（全", "文字）"), en: cut(en, "(", " characters in full)") }
}

/// A check's title; its id when no title is at hand.
pub fn checks_title(material: &Material<'_>, check: &str) -> Text {
    material.check_titles.get(check).map(reason).unwrap_or_else(|| {
        let id = display::name(check, NAME_LIMIT).text;
        Text { ja: id.clone(), en: id }
    })
}

/// A clause's number: as the annex writes it, and in ASCII for those who read English.
pub fn number(clause: &ClauseResult) -> Text {
    let shown = |text: &str| display::name(text, NAME_LIMIT).text;
    Text { ja: shown(&clause.number), en: shown(&clause.id) }
}

/// An id for use within the page.
pub fn anchor(sort: &str, id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("{sort}-{}", id.chars().take(80).map(plain).collect::<String>())
}
