//! The draft of a change application (section Ⅹ): what changes, from what, to what, and which clauses it touches. What only
//! the applicant knows is left for them to fill in.

use super::{Change, Direction, Drift, What};
use crate::report::display;
use crate::report::display::marking;
use crate::report::in_japan;
use std::fmt::Write as _;

/// A draft, before it is put into a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// How it is to be handled, where anything is marked.
    pub marking: Option<String>,
    /// The tenancy.
    pub tenancy: String,
    /// When the accepted state was seen, in Japan's time.
    pub before: String,
    /// When the state applied for was seen.
    pub after: String,
    /// What is to be known of the comparison.
    pub notes: Vec<String>,
    /// What changes.
    pub rows: Vec<Row>,
    /// How many changes are left out, of which there were too many.
    pub left_out: u64,
}

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// 変更する事項.
    pub matter: String,
    /// 変更前.
    pub before: String,
    /// 変更後.
    pub after: String,
    /// 該当する条項, by the numbers people see.
    pub clauses: String,
    /// Whether it goes away from what the clauses ask.
    pub worse: bool,
}

/// Rows at most: an application is read by people.
const ROWS: usize = 500;
/// Longest text of a cell, in characters.
const CELL: usize = 300;

impl Application {
    /// The draft of what a comparison tells.
    pub fn of(drift: &Drift) -> Self {
        // A verdict is no matter that anybody changes, nor is what became of a look from outside.
        let matter = |change: &&Change| {
            !matches!(
                change.what,
                What::Verdict | What::Gap | What::Contradiction | What::AccessFromAbroad | What::LogHours
            )
        };
        let number = |id: &String| {
            let clause = drift.clauses.iter().find(|clause| clause.id == *id);
            clause.map_or(id.as_str(), |clause| clause.number.as_str()).to_owned()
        };
        let rows = drift.changes.iter().filter(matter).map(|change| {
            let side = |text: &Option<crate::text::Text>| {
                text.as_ref().map_or("（なし）".to_owned(), |text| cut(&text.ja))
            };
            let name = match change.name == change.subject {
                true => cut(&change.name),
                false => format!("{}（{}）", cut(&change.name), cut(&change.subject)),
            };
            Row {
                matter: format!("{}：{name}", change.word().ja),
                before: side(&change.before),
                after: side(&change.after),
                clauses: change.clauses.iter().map(number).collect::<Vec<_>>().join("、"),
                worse: change.direction == Direction::Worse,
            }
        });
        let rows: Vec<Row> = rows.collect();
        let kept = rows.len().min(ROWS);
        let uncounted = drift.counts.all().saturating_sub(drift.changes.len() as u64);
        Self {
            marking: drift.handling.as_ref().map(|handling| cut(&marking(handling).ja)),
            tenancy: cut(&drift.tenancy),
            before: in_japan(drift.old.assessed_at),
            after: in_japan(drift.new.assessed_at),
            notes: drift.notes.iter().map(|note| note.ja.clone()).collect(),
            left_out: (rows.len() - kept) as u64 + uncounted,
            rows: rows.into_iter().take(ROWS).collect(),
        }
    }
}

/// Cuts a text to what fits, with everything that does not show spelt out.
fn cut(text: &str) -> String {
    let shown = display::prose(text, CELL);
    if shown.full.is_some() { format!("{}…", shown.text) } else { shown.text }
}

/// The draft in Markdown.
// Writing to a `String` cannot fail.
#[allow(unused_must_use)]
pub fn markdown(application: &Application) -> String {
    let mut out = String::new();
    if let Some(marking) = &application.marking {
        writeln!(out, "**{}**\n", escaped(marking));
    }
    writeln!(out, "# 変更申請書（案）\n");
    writeln!(out, "| 項目 | 内容 |\n|---|---|");
    writeln!(out, "| 対象 | {} |", escaped(&application.tenancy));
    writeln!(out, "| 変更前の確認日時 | {} |", escaped(&application.before));
    writeln!(out, "| 変更後の確認日時 | {} |", escaped(&application.after));
    writeln!(out, "| 申請者 | （記入欄） |");
    writeln!(out, "| 申請年月日 | （記入欄） |\n");
    for note in &application.notes {
        writeln!(out, "- {}", escaped(note));
    }
    if !application.notes.is_empty() {
        writeln!(out);
    }
    writeln!(out, "## 変更の内容\n");
    if application.rows.is_empty() {
        writeln!(out, "変更する事項はない。");
        return out;
    }
    writeln!(out, "▼は、条項の求める状態から離れる変更又は確認できなくなる変更を示す。\n");
    writeln!(out, "| 番号 | 変更する事項 | 変更前 | 変更後 | 該当する条項 | 理由 |");
    writeln!(out, "|---|---|---|---|---|---|");
    for (number, row) in (1..).zip(&application.rows) {
        let sign = if row.worse { "▼ " } else { "" };
        writeln!(
            out,
            "| {number} | {sign}{} | {} | {} | {} | （記入欄） |",
            escaped(&row.matter),
            escaped(&row.before),
            escaped(&row.after),
            escaped(&row.clauses)
        );
    }
    if application.left_out > 0 {
        writeln!(
            out,
            "\nこのほかに{}件の変更がある。`sekisho drift --json` で確認すること。",
            application.left_out
        );
    }
    out
}

/// Text of others as Markdown shows it: nothing in it makes a link, a cell, a heading or an element.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|' | '~'
            | '$' | '^' | '=' => {
                safe.push('\\');
                safe.push(c);
            }
            // A bare address, or one that is mailed to, becomes a link in many readers.
            ':' => safe.push_str("&#58;"),
            '@' => safe.push_str("&#64;"),
            '\n' | '\r' => safe.push(' '),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text() {
        for (text, expected) in [
            ("a|b", "a\\|b"),
            ("[x](https://e.example)", "\\[x\\]\\(https&#58;//e.example\\)"),
            ("<script>", "&lt;script&gt;"),
            ("a\n# b", "a \\# b"),
            ("www.example", "www.example"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
