//! Why something could not be decided: what was not seen, which question failed, and what would help.

use crate::checks::{Node, bounded, joined};
use crate::text::{Language, Text};
use crate::words;
use sekisho_contract::fact::CellState;
use sekisho_contract::gap::{Gap, GapReason};
use std::collections::BTreeSet;

/// The paths a check reads that the fact does not hold.
pub(super) fn absent<'r>(fact: &Node<'_>, reads: &'r BTreeSet<Vec<String>>) -> Vec<&'r [String]> {
    let missing: Vec<&[String]> = reads.iter().map(Vec::as_slice).filter(|path| !fact.holds(path)).collect();
    // A part of something missing says nothing more.
    let covered =
        |path: &[String]| missing.iter().any(|other| other.len() < path.len() && path.starts_with(other));
    missing.iter().copied().filter(|path| !covered(path)).collect()
}

/// The gaps that explain what is absent: those at the path, above it or below it; else those of its facet.
pub(super) fn explaining<'g>(gaps: &'g [Gap], absent: &[&[String]]) -> Vec<&'g Gap> {
    let at_path = |gap: &&Gap| {
        let facet: Vec<&str> = gap.facet.split('.').collect();
        absent.iter().any(|path| path.iter().zip(&facet).all(|(one, other)| one == other))
    };
    let at_facet = |gap: &&Gap| {
        let facet = gap.facet.split('.').next().unwrap_or_default();
        absent.iter().filter_map(|path| path.first()).any(|first| relatives(first).contains(&facet))
    };
    let precise: Vec<&Gap> = gaps.iter().filter(at_path).collect();
    if precise.is_empty() { gaps.iter().filter(at_facet).collect() } else { precise }
}

/// The facets whose answers a field is put together from.
fn relatives(field: &str) -> Vec<&str> {
    match field {
        "confidential" | "availability_critical" => vec![field, "tags"],
        "copies" => vec![field, "replication", "access_log", "encryption", "key", "trail"],
        "retention" => vec![field, "expiry"],
        "erasure" => vec![field, "versioning", "expiry", "key"],
        other => vec![other],
    }
}

/// The reason of an undecided finding.
pub(super) fn reason(absent: &[&[String]], gaps: &[&Gap]) -> Text {
    let (mut ja, mut en) = if absent.is_empty() {
        ("値を解釈できない項目がある。".to_owned(), "A value could not be understood.".to_owned())
    } else {
        (
            format!("確認できなかった項目：{}。", named(absent, Language::Ja)),
            format!("Not seen: {}.", named(absent, Language::En)),
        )
    };
    append(&mut ja, &mut en, gaps);
    Text { ja, en }
}

/// Paths, by what they are about.
pub(super) fn named(absent: &[&[String]], language: Language) -> String {
    let all = absent.iter().map(|path| {
        let path = path.join(".");
        match (words::facet(&path), language) {
            (Some(word), Language::Ja) => format!("{}（{path}）", word.ja),
            (Some(word), Language::En) => format!("{} ({path})", word.en),
            (None, _) => path,
        }
    });
    joined(&all.collect::<Vec<_>>(), language)
}

/// The reason of a doubt, with what could not be seen besides.
pub(super) fn doubted(mut reason: Text, gaps: &[&Gap]) -> Text {
    append(&mut reason.ja, &mut reason.en, gaps);
    reason
}

/// The reason for a cell that was not listed.
pub(super) fn cell_reason(state: CellState, gaps: &[&Gap]) -> Text {
    let state = words::cell(state);
    let mut ja = format!("この単位の一覧を取得できていない（{}）。対象が残っている可能性がある。", state.ja);
    let mut en =
        format!("This cell was not listed ({}); something the check concerns may be in it.", state.en);
    append(&mut ja, &mut en, gaps);
    Text { ja, en }
}

/// The reason, and why something the tenancy file takes out of scope was judged at all.
pub(super) fn through(reason: &Text, through: &str) -> Text {
    let through = bounded(through);
    Text {
        ja: format!(
            "{}評価対象の定義では範囲外だが、要機密情報を扱う {through} の複製、ログ又は鍵を受け持つため対象とした。",
            reason.ja
        ),
        en: format!(
            "{} The tenancy file leaves it out; it is judged because it holds copies, logs or the key of {through}, which is confidential.",
            reason.en
        ),
    }
}

/// What to do about something that was not seen.
pub(super) fn remedy(gaps: &[&Gap]) -> Text {
    let permissions: BTreeSet<String> =
        gaps.iter().filter(|gap| !gap.permission.is_empty()).map(|gap| bounded(&gap.permission)).collect();
    let permissions: Vec<String> = permissions.into_iter().collect();
    if permissions.is_empty() {
        return Text {
            ja: "原因を取り除いて再実行する。".into(),
            en: "Remove the cause and run again.".into(),
        };
    }
    Text {
        ja: format!("確認用の権限に {} を加えて再実行する。", joined(&permissions, Language::Ja)),
        en: format!("Add {} to the assessing role and run again.", joined(&permissions, Language::En)),
    }
}

fn append(ja: &mut String, en: &mut String, gaps: &[&Gap]) {
    let mut both: Vec<(String, String)> = gaps.iter().map(|gap| told(gap)).collect();
    both.dedup();
    let (all_ja, all_en): (Vec<String>, Vec<String>) = both.into_iter().unzip();
    if !all_ja.is_empty() {
        ja.push_str(&format!("原因：{}。", joined(&all_ja, Language::Ja)));
        en.push_str(&format!(" {}.", joined(&all_en, Language::En)));
    }
}

fn told(gap: &Gap) -> (String, String) {
    let why = words::gap(gap.reason);
    let (mut ja, mut en) = match gap.operation.as_str() {
        "" => (why.ja.to_owned(), why.en.to_owned()),
        operation => {
            let operation = bounded(operation);
            (format!("{operation} は{}", why.ja), format!("{operation}: {}", why.en))
        }
    };
    if !gap.permission.is_empty() {
        let permission = bounded(&gap.permission);
        ja.push_str(&format!("（権限 {permission} が必要）"));
        en.push_str(&format!(" (needs {permission})"));
    }
    let detail = match gap.reason {
        // A refusal is told by its operation and permission, and by what we say of it ourselves: what the provider
        // adds can differ from run to run.
        GapReason::Denied => {
            let own = gap.detail.split_once(": ").map(|(own, _)| own);
            own.filter(|own| words::told(own).is_some()).unwrap_or_default()
        }
        _ => gap.detail.as_str(),
    };
    if !detail.is_empty() {
        let told = words::told(detail);
        ja.push_str(&format!("［{}］", bounded(told.as_deref().unwrap_or(detail))));
        en.push_str(&format!(" [{}]", bounded(detail)));
    }
    (ja, en)
}
