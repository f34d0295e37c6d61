//! What every file has to say of itself, so that whoever reads that one alone knows how it is to be handled, and what the result
//! it comes from does not cover.

use super::display::{self, PROSE_LIMIT, grouped};
use super::{Material, totals};
use crate::assess::Status;
use crate::text::Text;

/// How a result stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What is missing of it, in words that do not change; none where nothing is.
    pub lacks: Vec<&'static str>,
    /// The same in sentences.
    pub told: Vec<Text>,
    /// How it is to be handled; none where nothing is marked.
    pub marking: Option<Text>,
    /// That identifiers were taken out; none where they were not.
    pub redacted: Option<Text>,
}

/// The word of a result that lacks nothing.
pub const WHOLE: &str = "whole";

impl Standing {
    /// How the result stands.
    pub fn of(material: &Material<'_>) -> Self {
        let Material { assessment, run, .. } = *material;
        let (mut lacks, mut told) = (Vec::new(), Vec::new());
        let mut lack = |word, ja: String, en: String| {
            lacks.push(word);
            told.push(Text { ja, en });
        };
        if let Some(why) = &run.incomplete {
            lack("ended-early", why.ja.clone(), why.en.clone());
        }
        let (cells, open) = totals::cells(&assessment.cells);
        if cells == 0 {
            lack(
                "cells-open",
                "調査単位（アカウント×リージョン×サービス）を一つも確認していない。".to_owned(),
                "No cell (account × region × service) was looked at.".to_owned(),
            );
        }
        let (cells, open) = (grouped(cells as u64), open as u64);
        if open > 0 {
            let open = grouped(open);
            lack(
                "cells-open",
                format!(
                    "調査単位（アカウント×リージョン×サービス）{cells}単位のうち{open}単位を確認できなかった。"
                ),
                format!("Of {cells} cells (account × region × service), {open} could not be accounted for."),
            );
        }
        let gaps = totals::open_gap_count(assessment);
        if gaps > 0 {
            let gaps = grouped(gaps);
            lack(
                "gaps",
                format!("確認できなかった属性等がある（{gaps}件）。"),
                format!("Properties and lists that should have been seen and were not: {gaps}."),
            );
        }
        let unverified =
            assessment.clauses.iter().filter(|clause| clause.status == Status::Unverified).count();
        if unverified > 0 {
            lack(
                "unverified",
                format!("確認不能の項目がある（{unverified}項目）。確認できないものを適合とは扱わない。"),
                format!(
                    "Clauses that are unverified: {unverified}. What was not seen never counts as conforming."
                ),
            );
        }
        if let Some(redacted) = &run.redacted {
            lack("redacted", redacted.ja.clone(), redacted.en.clone());
        }
        Self {
            lacks,
            told,
            marking: assessment.handling.as_ref().map(display::marking),
            redacted: run.redacted.clone(),
        }
    }

    /// `whole`, or the words of what is missing.
    pub fn word(&self) -> String {
        if self.lacks.is_empty() { WHOLE.to_owned() } else { self.lacks.join(" ") }
    }
}

/// A text in both languages where a format has room for one: Japanese on the first line, English on the second. Each is bounded and
/// has no line break of its own.
pub fn both(text: &Text) -> String {
    let (ja, en) = (prose(&text.ja), prose(&text.en));
    if ja == en { ja } else { format!("{ja}\n{en}") }
}

/// Longest text of ours that a format carries whole, in characters: readings of clauses, what checks look at.
pub const OWN_LIMIT: usize = 8_000;

/// Running text, bounded; where it is cut, it says how long it is.
pub fn prose(text: &str) -> String {
    prose_of(text, PROSE_LIMIT)
}

/// Running text of at most so many characters; where it is cut, it says how long it is.
pub fn prose_of(text: &str, limit: usize) -> String {
    whole(display::prose(text, limit))
}

/// A name or identifier of at most so many characters; where it is cut, it says how long it is.
pub fn name(text: &str, limit: usize) -> String {
    whole(display::name(text, limit))
}

fn whole(shown: display::Shown) -> String {
    match shown.full {
        Some(full) => format!("{} … [{full}]", shown.text),
        None => shown.text,
    }
}
