//! A comparison on a terminal: what changed, by clause, the worst first.

use super::{Change, ClauseDrift, Direction, Drift};
use crate::assess::Status;
use crate::report::display::marking;
use crate::report::display::{self, grouped};
use crate::report::in_japan;
use crate::report::words;
use crate::text::{Language, Text};
use std::fmt::Write;

/// Most changes told of one clause and direction; all are in the JSON.
const TOLD: usize = 20;
/// Most findings told.
const FINDINGS: usize = 15;
/// Longest name shown, in characters.
const NAME: usize = 120;
/// Longest value shown, in characters.
const VALUE: usize = 240;

/// The comparison in one language. Colours are written only when asked for.
pub fn told(drift: &Drift, language: Language, colour: bool) -> String {
    let page = Page { drift, language, colour };
    let mut out = String::new();
    page.head(&mut out);
    page.changes(&mut out);
    page.findings(&mut out);
    out
}

struct Page<'d> {
    drift: &'d Drift,
    language: Language,
    colour: bool,
}

// Writing to a `String` cannot fail.
#[allow(unused_must_use)]
impl Page<'_> {
    fn say<'t>(&self, ja: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn head(&self, out: &mut String) {
        let drift = self.drift;
        if let Some(handling) = &drift.handling {
            let marked = marking(handling);
            writeln!(out, "{}", self.paint("1", &display::prose(marked.get(self.language), VALUE).text));
        }
        writeln!(out, "{}", self.paint("1", &shown(&drift.tenancy, NAME)));
        let status = |status: Status| words::status(status).word.get(self.language);
        let (old, new) = (&drift.old, &drift.new);
        writeln!(
            out,
            "{} {} → {} {}",
            in_japan(old.assessed_at),
            status(old.verdict),
            in_japan(new.assessed_at),
            status(new.verdict)
        );
        for note in &drift.notes {
            writeln!(out, "{}", self.paint("33", &display::prose(note.get(self.language), VALUE * 2).text));
        }
        if drift.is_none() {
            writeln!(out, "\n{}", self.say("変更はない。", "Nothing changed."));
            return;
        }
        let (counts, findings) = (drift.counts, drift.finding_counts);
        let line = match self.language {
            Language::Ja => format!(
                "変更：悪化 {}、その他 {}、改善 {}。所見：悪化 {}、その他 {}、改善 {}。",
                grouped(counts.worse),
                grouped(counts.neutral),
                grouped(counts.better),
                grouped(findings.worse),
                grouped(findings.neutral),
                grouped(findings.better)
            ),
            Language::En => format!(
                "Changes: {} worse, {} other, {} better. Findings: {} worse, {} other, {} better.",
                grouped(counts.worse),
                grouped(counts.neutral),
                grouped(counts.better),
                grouped(findings.worse),
                grouped(findings.neutral),
                grouped(findings.better)
            ),
        };
        writeln!(out, "{line}");
    }

    /// Each change under the first clause it touches; the others are named beside it.
    fn changes(&self, out: &mut String) {
        let clauses = self.drift.clauses.iter().map(Some).chain([None]);
        for clause in clauses {
            let own = |change: &&Change| change.clauses.first() == clause.map(|clause| &clause.id);
            let mut of_clause = self.drift.changes.iter().filter(own).peekable();
            if of_clause.peek().is_none() {
                continue;
            }
            writeln!(out, "\n{}", self.paint("1", &self.title(clause)));
            for direction in [Direction::Worse, Direction::Neutral, Direction::Better] {
                let all: Vec<&Change> =
                    self.drift.changes.iter().filter(own).filter(|one| one.direction == direction).collect();
                all.iter().take(TOLD).for_each(|change| self.change(out, change));
                if let Some(more) = all.len().checked_sub(TOLD).filter(|more| *more > 0) {
                    let more = grouped(more as u64);
                    writeln!(
                        out,
                        "  {}",
                        self.say(
                            &format!("ほか {more} 件（--json に掲げる）"),
                            &format!("and {more} more (in --json)")
                        )
                    );
                }
            }
        }
        let kept = self.drift.changes.len() as u64;
        if let Some(more) = self.drift.counts.all().checked_sub(kept).filter(|more| *more > 0) {
            let more = grouped(more);
            writeln!(
                out,
                "\n{}",
                self.say(
                    &format!("ほか {more} 件は数えるのみとした。"),
                    &format!("{more} more were counted only.")
                )
            );
        }
    }

    fn title(&self, clause: Option<&ClauseDrift>) -> String {
        let Some(clause) = clause else {
            return self.say("条項に関わらない変更", "Changes that touch no clause").to_owned();
        };
        let number = if self.language == Language::Ja { &clause.number } else { &clause.id };
        let status = |status: Status| words::status(status).word.get(self.language);
        let verdict = match clause.before {
            Some(before) if before != clause.after => {
                format!("{} → {}", status(before), status(clause.after))
            }
            _ => status(clause.after).to_owned(),
        };
        let title = clause.title.get(self.language);
        format!("{} {}  {verdict}", shown(number, 20), shown(title, NAME))
    }

    fn change(&self, out: &mut String, change: &Change) {
        let code = match change.direction {
            Direction::Worse => "31",
            Direction::Neutral => "0",
            Direction::Better => "32",
        };
        let others = match change.clauses.get(1..) {
            Some(others) if !others.is_empty() => format!("  [{}]", others.join(", ")),
            _ => String::new(),
        };
        let head = format!(
            "{} {}: {}",
            change.direction.sign(),
            change.word().get(self.language),
            shown(&change.name, NAME)
        );
        writeln!(out, "  {}{others}", self.paint(code, &head));
        if change.subject != change.name {
            writeln!(out, "      {}", shown(&change.subject, NAME));
        }
        let value = |text: &Option<Text>| {
            text.as_ref().map_or_else(|| "—".to_owned(), |text| shown(text.get(self.language), VALUE))
        };
        if change.before.is_some() || change.after.is_some() {
            writeln!(out, "      {} → {}", value(&change.before), value(&change.after));
        }
    }

    fn findings(&self, out: &mut String) {
        let findings = &self.drift.findings;
        if findings.is_empty() {
            return;
        }
        writeln!(out, "\n{}", self.paint("1", self.say("所見の変化", "Findings that came, went or changed")));
        let status = |status: Option<Status>| {
            status.map_or("—", |status| words::status(status).word.get(self.language))
        };
        for finding in findings.iter().take(FINDINGS) {
            writeln!(
                out,
                "  {} {} {}: {} → {}",
                finding.direction.sign(),
                finding.check,
                shown(&finding.name, NAME),
                status(finding.before),
                status(finding.after)
            );
        }
        let all = self.drift.finding_counts.all();
        if let Some(more) = all.checked_sub(FINDINGS as u64).filter(|more| *more > 0) {
            let more = grouped(more);
            writeln!(out, "  {}", self.say(&format!("ほか {more} 件"), &format!("and {more} more")));
        }
    }
}

fn shown(text: &str, limit: usize) -> String {
    let shown = display::prose(text, limit);
    if shown.full.is_some() { format!("{}…", shown.text) } else { shown.text }
}
