//! The summary on a terminal, as wide as the terminal is.

use super::display::{self, PROSE_LIMIT, grouped};
use super::totals;
use super::words::{self, Outcome};
use super::{Material, in_japan};
use crate::assess::ClauseResult;
use crate::text::Language;
use sekisho_contract::GapReason;
use std::fmt::Write;
use terminal_size::{Width, terminal_size_of};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Most checks and causes told.
const TOLD: usize = 5;
/// Columns where standard output is no terminal.
const WIDTH: usize = 80;
/// Columns kept for a clause's counts.
const COUNTS: usize = 14;
/// Most columns of an example's name.
const NAME: usize = 60;

/// The verdicts, what matters most, what was not seen, and what to open.
///
/// `files` are named as given. Colours are written only when asked for. Lines are as wide as the terminal that
/// standard output is, if it is one.
pub fn summary(material: &Material<'_>, language: Language, colour: bool, files: &[String]) -> String {
    let width = terminal_size_of(std::io::stdout()).map_or(WIDTH, |(Width(columns), _)| columns.into());
    summary_within(material, language, colour, files, width)
}

/// The same, in lines of at most this many columns (no fewer than 60, no more than 160).
pub fn summary_within(
    material: &Material<'_>,
    language: Language,
    colour: bool,
    files: &[String],
    width: usize,
) -> String {
    let page = Page { material, language, colour, width: width.clamp(60, 160) };
    let mut out = String::new();
    page.head(&mut out);
    page.clauses(&mut out);
    page.findings(&mut out);
    page.logs(&mut out);
    page.gaps(&mut out);
    page.foot(&mut out, files);
    out
}

struct Page<'p, 'm> {
    material: &'p Material<'m>,
    language: Language,
    colour: bool,
    width: usize,
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
        writeln!(out, "\n{}  {}", self.paint("1", "関所 sekisho"), fit(&run.tenancy, self.width - 14));
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
        self.lines(out, "", 0, &format!("{at}   {scope}"));
        if let Some(redacted) = &run.redacted {
            self.lines(out, "1;33", 0, redacted.get(self.language));
        }
        if let Some(reason) = &run.incomplete {
            let notice =
                format!("{}{}", self.say("途中で終了：", "ended early: "), reason.get(self.language));
            self.lines(out, "1;33", 0, &notice);
        }
        writeln!(out, "\n{}  {}", self.paint("1", self.say("総合判定", "Verdict")), self.outcome(verdict));
        let tally: Vec<String> = totals::clauses_by_status(assessment)
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(status, count)| format!("{} {count}", words::status(*status).word.get(self.language)))
            .collect();
        let clauses = assessment.clauses.len();
        let unit = self.say("項目", if clauses == 1 { "clause" } else { "clauses" });
        writeln!(out, "{clauses} {unit}{}{}", self.say("：", ": "), tally.join(self.say("・", ", ")));
    }

    /// The audit logs in a line.
    fn logs(&self, out: &mut String) {
        use crate::logs::access::Standing;
        let Some(told) = &self.material.assessment.logs else { return };
        let of = |standing: Standing| {
            let rows = told.rows.iter().filter(|row| row.standing == standing);
            grouped(rows.map(|row| row.count).sum())
        };
        let (abroad, unknown) = (of(Standing::Abroad), of(Standing::Unknown));
        let missing = grouped(told.sources.iter().map(|source| source.missing_hours).sum());
        let kept = told.sources.iter().map(|source| source.kept_days).min().flatten();
        let kept = kept.map_or_else(|| self.say("不明", "unknown").to_owned(), |days| days.to_string());
        let records = grouped(told.read.records);
        let line = match self.language {
            Language::Ja => format!(
                "監査ログ：記録 {records}件、許可のない国外から {abroad}件、発信元不明 {unknown}件、ログのない時間 {missing}、残る日数（最短） {kept}"
            ),
            Language::En => format!(
                "audit logs: {records} records, {abroad} from abroad and not allowed, {unknown} of unknown origin, {missing} hours missing, kept days (least) {kept}"
            ),
        };
        writeln!(out);
        self.lines(out, "", 0, &line);
    }

    /// Terminals disagree on how wide a sign is, so each row has one before its last column.
    fn clauses(&self, out: &mut String) {
        let clauses = &self.material.assessment.clauses;
        let numbers =
            clauses.iter().map(|clause| self.number(clause).width()).max().unwrap_or(0).clamp(4, 12);
        let verdicts = self.say("確認不能", "not applicable").width() + 2;
        let title = self.width - 2 - numbers - 2 - 2 - verdicts - 2 - COUNTS;
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
            let words = display::prose(clause.title.get(self.language), PROSE_LIMIT).text;
            let mut lines = wrapped(&words, title).into_iter();
            let row = format!(
                "  {}  {}  {}{pad}  {}",
                left(&self.number(clause), numbers),
                left(&lines.next().unwrap_or_default(), title),
                self.outcome(outcome),
                counts(clause)
            );
            writeln!(out, "{}", row.trim_end());
            for line in lines {
                writeln!(out, "  {}  {line}", " ".repeat(numbers));
            }
        }
    }

    /// People who read English see the ASCII id, whose width no terminal doubts.
    fn number(&self, clause: &ClauseResult) -> String {
        let number = if self.language == Language::Ja { &clause.number } else { &clause.id };
        display::name(number, 20).text
    }

    fn findings(&self, out: &mut String) {
        let groups = totals::groups(&self.material.assessment.findings, |_| 1);
        let pressing = totals::most_pressing(&groups, &self.material.assessment.clauses);
        if pressing.is_empty() {
            return;
        }
        self.heading(out, self.say("主な所見", "What matters most"));
        for group in pressing.iter().take(TOLD) {
            let Some(first) = group.first.first() else { continue };
            let title =
                self.material.check_titles.get(group.check).map_or(group.check, |t| t.get(self.language));
            let count = format!("{} {}", grouped(group.shown()), self.say("件", "found"));
            let outcome = group.outcome();
            let room = self.width
                - 2
                - outcome.sign.width()
                - outcome.word.get(self.language).width()
                - count.width()
                - 6;
            writeln!(out, "  {}  {}  {count}", self.outcome(outcome), fit(title, room));
            let more = if group.shown() > 1 { self.say(" ほか", " and others") } else { "" };
            let (name, reason) = (fit(&first.name, NAME), first.reason.get(self.language));
            self.lines(out, "2", 5, &format!("{name}{more}{}{reason}", self.say("：", ": ")));
        }
        self.more(out, pressing.len());
    }

    fn gaps(&self, out: &mut String) {
        let (open, _) = totals::open_gaps(self.material.assessment);
        let causes = totals::causes(&open);
        // One reason at many operations is told once, where it is met first.
        let mut told: Vec<Unseen<'_>> = Vec::new();
        for cause in &causes {
            let same =
                |one: &&mut Unseen<'_>| one.reason == cause.reason && one.permission == cause.permission;
            match told.iter_mut().find(same) {
                Some(one) => one.add(cause),
                None => told.push(Unseen::new(cause)),
            }
        }
        if told.is_empty() {
            return;
        }
        self.heading(out, self.say("確認できなかったもの", "What could not be seen"));
        for one in told.iter().take(TOLD) {
            let (unseen, calls) = (grouped(one.unseen), grouped(one.count));
            let reason = words::gap(one.reason).get(self.language);
            let head = match self.language {
                Language::Ja => format!("{reason}：属性等 {unseen} 件（原因となった呼出し等 {calls} 件）"),
                Language::En => {
                    let properties = if one.unseen == 1 { "property" } else { "properties" };
                    format!("{reason}: {unseen} {properties} (calls or the like behind it: {calls})")
                }
            };
            self.lines(out, "", 2, &head);
            if !one.operations.is_empty() {
                let operations = one.operations.join(self.say("、", ", "));
                self.lines(out, "2", 5, &format!("{}{operations}", self.say("操作：", "operations: ")));
            }
            if !one.permission.is_empty() {
                let permission = one.permission;
                self.lines(
                    out,
                    "2",
                    5,
                    &format!("{}{permission}", self.say("必要な権限：", "permission needed: ")),
                );
            }
            self.lines(out, "2", 5, words::next_step(one.reason).get(self.language));
        }
        self.more(out, told.len());
    }

    /// Other people's text on as many lines as it takes.
    fn lines(&self, out: &mut String, code: &str, indent: usize, text: &str) {
        let shown = display::prose(text, PROSE_LIMIT);
        let text = if shown.full.is_some() { format!("{}…", shown.text) } else { shown.text };
        for line in wrapped(&text, self.width - indent) {
            let line = if code.is_empty() { line } else { self.paint(code, &line) };
            writeln!(out, "{}{line}", " ".repeat(indent));
        }
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
        writeln!(out);
        let told = match self.language {
            Language::Ja => {
                format!("呼出し {calls} 回（再試行 {retried}、流量制限 {throttled}）。すべて読取りである。")
            }
            Language::En => format!("{calls} calls, all reads ({retried} retried, {throttled} throttled)."),
        };
        self.lines(out, "", 0, &told);
        if let Some(recorded) = self.material.assessment.recorded {
            let (resources, oldest) = (grouped(recorded.resources), in_japan(recorded.oldest.0));
            let told = match self.language {
                Language::Ja => {
                    format!(
                        "資源 {resources} 件の設定の一部は、クラウド事業者の記録（最古 {oldest}）による。"
                    )
                }
                Language::En => format!(
                    "Some of the configuration of {resources} resources is as the provider recorded it, the oldest at {oldest}."
                ),
            };
            self.lines(out, "", 0, &told);
        }
        if !files.is_empty() {
            self.heading(out, self.say("開くもの", "Open"));
            for file in files {
                writeln!(out, "  {}", self.paint("4", &display::name(file, 4_096).text));
            }
        }
    }
}

/// What was not seen for one reason, for want of one permission.
struct Unseen<'a> {
    reason: GapReason,
    permission: &'a str,
    operations: Vec<&'a str>,
    count: u64,
    unseen: u64,
}

impl<'a> Unseen<'a> {
    fn new(cause: &totals::Cause<'a>) -> Self {
        let (reason, permission) = (cause.reason, cause.permission);
        let mut unseen = Self { reason, permission, operations: Vec::new(), count: 0, unseen: 0 };
        unseen.add(cause);
        unseen
    }

    fn add(&mut self, cause: &totals::Cause<'a>) {
        self.count += cause.count;
        self.unseen += cause.unseen;
        if !cause.operation.is_empty() {
            self.operations.push(cause.operation);
        }
    }
}

/// Breaks a line between words, and between characters that fill two columns.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    const CLOSING: &str = "、。，．：；！？）」』］｝】ー…・,.:;!?)]}";
    const OPENING: &str = "（「『［｛【";
    let (mut lines, mut line, mut part) = (Vec::new(), String::new(), String::new());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        part.push(c);
        let next = characters.peek().copied();
        let wide = |c: char| c.width().unwrap_or(0) > 1;
        let may_break = match next {
            None => true,
            Some(next) => {
                let between = c == ' ' || wide(c) || wide(next);
                between && next != ' ' && !OPENING.contains(c) && !CLOSING.contains(next)
            }
        };
        let too_long = part.width() >= width;
        if !may_break && !too_long {
            continue;
        }
        if line.width() + part.trim_end().width() > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        // A word that fills the line by itself is cut where the line ends.
        while part.width() > width {
            let mut used = 0;
            let fits = |c: &char| {
                used += c.width().unwrap_or(0);
                used <= width
            };
            let head: String = part.chars().take_while(fits).collect();
            part.drain(..head.len());
            lines.push(head);
        }
        line.push_str(&std::mem::take(&mut part));
    }
    if !line.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
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
