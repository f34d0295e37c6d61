//! Why something could not be decided: what was not seen, which question failed, and what would help.

use crate::checks::{Node, bounded, joined};
use crate::text::{Language, Text};
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
    let paths: Vec<String> = absent.iter().map(|path| path.join(".")).collect();
    let (mut ja, mut en) = if paths.is_empty() {
        ("値を解釈できない項目がある。".to_owned(), "A value could not be understood.".to_owned())
    } else {
        (
            format!("確認できなかった項目: {}。", joined(&paths, Language::Ja)),
            format!("Not seen: {}.", joined(&paths, Language::En)),
        )
    };
    append(&mut ja, &mut en, gaps);
    Text { ja, en }
}

/// The reason for a cell that was not listed.
pub(super) fn cell_reason(state: &str, gaps: &[&Gap]) -> Text {
    let state_ja = match state {
        "denied" => "拒否",
        "failed" => "失敗",
        "skipped" => "除外",
        other => other,
    };
    let mut ja = format!("この区画の一覧を取得できていない（{state_ja}）。対象が残っている可能性がある。");
    let mut en = format!("This cell was not listed ({state}); something the check concerns may be in it.");
    append(&mut ja, &mut en, gaps);
    Text { ja, en }
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
        ja.push_str(&format!("{}。", joined(&all_ja, Language::Ja)));
        en.push_str(&format!(" {}.", joined(&all_en, Language::En)));
    }
}

fn told(gap: &Gap) -> (String, String) {
    let (why_ja, why_en) = words(gap.reason);
    let (mut ja, mut en) = match gap.operation.as_str() {
        "" => (why_ja.to_owned(), why_en.to_owned()),
        operation => {
            (format!("{}: {why_ja}", bounded(operation)), format!("{}: {why_en}", bounded(operation)))
        }
    };
    if !gap.permission.is_empty() {
        let permission = bounded(&gap.permission);
        ja.push_str(&format!("（{permission} が必要）"));
        en.push_str(&format!(" (needs {permission})"));
    }
    // A refusal is told by its operation and permission; what the provider adds can differ from run to run.
    if !gap.detail.is_empty() && gap.reason != GapReason::Denied {
        let detail = bounded(&gap.detail);
        ja.push_str(&format!(" [{detail}]"));
        en.push_str(&format!(" [{detail}]"));
    }
    (ja, en)
}

const fn words(reason: GapReason) -> (&'static str, &'static str) {
    match reason {
        GapReason::Denied => ("アクセスを拒否された", "access was denied"),
        GapReason::ThrottledOut => {
            ("呼び出しの制限が解けなかった", "throttled until the retries were used up")
        }
        GapReason::Failed => ("事業者側の障害が続いた", "the provider kept failing"),
        GapReason::Unreachable => ("応答がなかった", "no answer came"),
        GapReason::Malformed => ("応答を解釈できなかった", "the answer could not be read"),
        GapReason::EndlessPages => ("一覧が終わらなかった", "the list never ended"),
        GapReason::Unsupported => {
            ("接続先がこの操作に対応していない", "the endpoint does not know the operation")
        }
        GapReason::Closed => ("このアカウントでは利用できない", "closed to this account"),
        GapReason::Vanished => ("読み取り中に失われた", "it went away while it was read"),
        GapReason::Credentials => ("認証情報が使えなかった", "the credentials could not be used"),
        GapReason::Unresolved => ("参照先を特定できなかった", "what it points to could not be resolved"),
        GapReason::Unknown => {
            ("この版の知らない値であった", "the provider named something unknown to this version")
        }
        GapReason::NotRead => ("この版では確認していない", "this version does not read it"),
        GapReason::Cancelled => ("実行が中断された", "the run was cancelled"),
        GapReason::BudgetSpent => ("呼び出し回数の上限に達した", "the call budget was spent"),
        GapReason::Skipped => ("テナンシー定義で除外されている", "left out by the tenancy file"),
    }
}
