//! The summary on a terminal, within 80 columns.

use super::display::{self, grouped};
use super::totals;
use super::words::{self, Outcome};
use super::{Material, in_japan};
use crate::assess::ClauseResult;
use crate::text::Language;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Most checks and causes told.
const TOLD: usize = 5;
/// Columns of the widest line.
const WIDTH: usize = 80;
/// Columns kept for a clause's counts.
const COUNTS: usize = 14;

/// The verdicts, what matters most, what was not seen, and what to open.
///
/// `files` are named as given. Colours are written only when asked for.
pub fn summary(material: &Material<'_>, language: Language, colour: bool, files: &[String]) -> String {
    let page = Page { material, language, colour };
    let mut out = String::new();
    page.head(&mut out);
    page.clauses(&mut out);
    page.findings(&mut out);
    page.gaps(&mut out);
    page.foot(&mut out, files);
    out
}

struct Page<'p, 'm> {
    material: &'p Material<'m>,
    language: Language,
    colour: bool,
}

// Writing to a `String` cannot fail.
#[allow(unused_must_use)]
impl Page<'_, '_> {
    fn say<'t>(&self, ja: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn outcome(&self, outcome: Outcome) -> String {
        let sign = if outcome.sign == "－" { "-" } else { outcome.sign };
        let text = format!("{sign} {}", outcome.word.get(self.language));
        self.paint(code(outcome.class), &text)
    }

    fn heading(&self, out: &mut String, text: &str) {
        writeln!(out, "\n{}", self.paint("1", text));
    }

    fn head(&self, out: &mut String) {
        let Material { assessment, run, .. } = *self.material;
        let verdict = words::status(assessment.verdict);
        writeln!(out, "\n{}  {}", self.paint("1", "関所 sekisho"), fit(&run.tenancy, WIDTH - 14));
        let at = in_japan(run.assessed_at);
        let (accounts, resources) =
            (grouped(run.accounts.len() as u64), grouped(totals::resources(assessment)));
        let scope = match self.language {
            Language::Ja => {
                format!("契約終了 {}   アカウント {accounts}   資源 {resources} 件", run.contract_end)
            }
            Language::En => {
                format!("contract ends {}   accounts {accounts}   resources {resources}", run.contract_end)
            }
        };
        writeln!(out, "{at}   {scope}");
        if let Some(reason) = &run.incomplete {
            let notice = format!("{} {}", self.say("途中で終了:", "ended early:"), reason.get(self.language));
            writeln!(out, "{}", self.paint("1;33", &fit(&notice, WIDTH)));
        }
        writeln!(out, "\n{}  {}", self.paint("1", self.say("総合判定", "Verdict")), self.outcome(verdict));
        let tally: Vec<String> = totals::clauses_by_status(assessment)
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| format!("{} {count}", words::status(*status).word.get(self.language)))
            .collect();
        let clauses = assessment.clauses.len();
        let unit = self.say("項目", if clauses == 1 { "clause" } else { "clauses" });
        writeln!(out, "{clauses} {unit}: {}", tally.join(self.say("・", ", ")));
    }

    /// Terminals disagree on how wide a sign is, so each row has one before its last column.
    fn clauses(&self, out: &mut String) {
        let clauses = &self.material.assessment.clauses;
        let numbers =
            clauses.iter().map(|clause| self.number(clause).width()).max().unwrap_or(0).clamp(4, 12);
        let verdicts = self.say("確認不能", "not applicable").width() + 2;
        let title = WIDTH - 2 - numbers - 2 - 2 - verdicts - 2 - COUNTS;
        let head = [
            left("", numbers),
            left(self.say("項目", "clause"), title),
            left(self.say("判定", "verdict"), verdicts),
        ];
        writeln!(
            out,
            "\n  {}",
            self.paint("2", &format!("{}  {}", head.join("  "), self.say("件数", "subjects")))
        );
        for clause in clauses {
            let outcome = words::status(clause.status);
            let pad = " ".repeat(verdicts.saturating_sub(outcome.word.get(self.language).width() + 2));
            let row = format!(
                "  {}  {}  {}{pad}  {}",
                left(&self.number(clause), numbers),
                left(clause.title.get(self.language), title),
                self.outcome(outcome),
                counts(clause)
            );
            writeln!(out, "{}", row.trim_end());
        }
    }

    /// People who read English see the ASCII id, whose width no terminal doubts.
    fn number(&self, clause: &ClauseResult) -> String {
        let number = if self.language == Language::Ja { &clause.number } else { &clause.id };
        display::name(number, 20).text
    }

    fn findings(&self, out: &mut String) {
        let groups = totals::groups(&self.material.assessment.findings, |_| 1);
        let pressing = totals::most_pressing(&groups);
        if pressing.is_empty() {
            return;
        }
        self.heading(out, self.say("主な所見", "What matters most"));
        for group in pressing.iter().take(TOLD) {
            let Some(first) = group.first.first() else { continue };
            let title =
                self.material.check_titles.get(group.check).map_or(group.check, |t| t.get(self.language));
            let count = if group.violates > 0 { group.violates } else { group.unverified };
            let count = format!("{} {}", grouped(count), self.say("件", "found"));
            let outcome = group.outcome();
            let room = WIDTH
                - 2
                - outcome.sign.width()
                - outcome.word.get(self.language).width()
                - count.width()
                - 6;
            writeln!(out, "  {}  {}  {count}", self.outcome(outcome), fit(title, room));
            let more = if group.total() > 1 { self.say(" ほか", " and others") } else { "" };
            let line = format!("{}{more}: {}", fit(&first.name, 30), first.reason.get(self.language));
            writeln!(out, "     {}", self.paint("2", &fit(&line, WIDTH - 5)));
        }
        self.more(out, pressing.len());
    }

    fn gaps(&self, out: &mut String) {
        let causes = totals::causes(&self.material.assessment.gaps);
        if causes.is_empty() {
            return;
        }
        self.heading(out, self.say("確認できなかったもの", "What could not be seen"));
        for cause in causes.iter().take(TOLD) {
            let line = format!(
                "{} {}  {}  {}",
                right(&grouped(cause.count), 7),
                self.say("件", if cause.count == 1 { "fact " } else { "facts" }),
                words::gap(cause.reason).get(self.language),
                cause.operation
            );
            writeln!(out, "{}", fit(line.trim_end(), WIDTH));
            let permission = if cause.permission.is_empty() {
                String::new()
            } else {
                format!("{} {}  ", self.say("権限", "permission"), cause.permission)
            };
            let step = format!("{permission}{}", words::next_step(cause.reason).get(self.language));
            writeln!(out, "     {}", self.paint("2", &fit(&step, WIDTH - 5)));
        }
        self.more(out, causes.len());
    }

    fn more(&self, out: &mut String, all: usize) {
        if all > TOLD {
            let rest = all - TOLD;
            writeln!(
                out,
                "     {}",
                match self.language {
                    Language::Ja => format!("ほか {rest} 種は報告書に掲げる"),
                    Language::En => format!("and {rest} more in the report"),
                }
            );
        }
    }

    fn foot(&self, out: &mut String, files: &[String]) {
        let ledger = self.material.ledger;
        let (calls, retried, throttled) =
            (grouped(ledger.calls), grouped(ledger.retried), grouped(ledger.throttled));
        writeln!(
            out,
            "\n{}",
            match self.language {
                Language::Ja => format!(
                    "呼出し {calls} 回（再試行 {retried}、流量制限 {throttled}）。すべて読取りである。"
                ),
                Language::En =>
                    format!("{calls} calls, all reads ({retried} retried, {throttled} throttled)."),
            }
        );
        if !files.is_empty() {
            self.heading(out, self.say("開くもの", "Open"));
            for file in files {
                writeln!(out, "  {}", self.paint("4", &display::name(file, 4_096).text));
            }
        }
    }
}

fn code(class: &str) -> &'static str {
    match class {
        "violates" => "1;31",
        "unverified" => "1;33",
        "attested" => "1;34",
        "conforms" => "1;32",
        "advised" => "1;35",
        _ => "2",
    }
}

/// What needs attention in a clause: `×3 △1 ▽2`.
fn counts(clause: &ClauseResult) -> String {
    let counts = totals::clause_counts(clause);
    let told = [("×", counts.violates), ("△", counts.unverified), ("▽", counts.advised)];
    let told =
        told.iter().filter(|(_, count)| *count > 0).map(|(sign, count)| format!("{sign}{}", grouped(*count)));
    fit(&told.collect::<Vec<_>>().join(" "), COUNTS)
}

/// One line of other people's text, cut to a width.
fn fit(text: &str, width: usize) -> String {
    let clean = display::prose(text, width).text;
    if clean.width() <= width && text.chars().nth(width).is_none() {
        return clean;
    }
    let mut fitted = String::new();
    let mut used = 0;
    for c in clean.chars() {
        let next = used + c.width().unwrap_or(0);
        if next >= width {
            break;
        }
        used = next;
        fitted.push(c);
    }
    fitted.push('…');
    fitted
}

fn left(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let pad = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(pad))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}
