//! The words and signs of a report, in both languages. The signs survive black-and-white print.

use crate::assess::{Level, Status};
use crate::words::word;
use sekisho_contract::GapReason;
use serde::Serialize;

pub use crate::words::{Word, cell, country, facet, gap, role, signal, told, witness};

/// How a result is shown: a class for colour, a sign for print, a word for everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The name styles use.
    pub class: &'static str,
    /// The sign.
    pub sign: &'static str,
    /// The word.
    pub word: Word,
}

const fn outcome(class: &'static str, sign: &'static str, ja: &'static str, en: &'static str) -> Outcome {
    Outcome { class, sign, word: word(ja, en) }
}

/// A "desirable" that is not met: never a violation.
pub const RECOMMENDATION_UNMET: Outcome = outcome("advised", "▽", "推奨未達", "recommendation unmet");

/// A verdict.
pub const fn status(status: Status) -> Outcome {
    match status {
        Status::Conforms => outcome("conforms", "○", "適合", "conforms"),
        Status::Violates => outcome("violates", "×", "不適合", "violates"),
        Status::Unverified => outcome("unverified", "△", "確認不能", "unverified"),
        Status::Attested => outcome("attested", "◇", "書面確認", "attested"),
        Status::NotApplicable => outcome("not-applicable", "－", "該当なし", "not applicable"),
    }
}

/// A verdict of something that binds this much.
pub const fn status_at(level: Level, result: Status) -> Outcome {
    match (level, result) {
        (Level::Should, Status::Violates) => RECOMMENDATION_UNMET,
        _ => status(result),
    }
}

/// How binding.
pub const fn level(level: Level) -> Word {
    match level {
        Level::Shall => word("必須", "shall"),
        Level::Should => word("推奨", "should"),
    }
}

/// What to do so that it is seen next time.
pub const fn next_step(reason: GapReason) -> Word {
    match reason {
        GapReason::Denied => word(
            "評価用の権限を付与し、再度実行する。",
            "Grant the permission to the assessing role and run again.",
        ),
        GapReason::ThrottledOut => word(
            "時間帯を変え、又は呼出しの速度を下げて再度実行する。",
            "Run again at another time or at a lower rate.",
        ),
        GapReason::Failed | GapReason::Unreachable | GapReason::Vanished => {
            word("時間をおいて再度実行する。", "Run again later.")
        }
        GapReason::Malformed | GapReason::EndlessPages => {
            word("接続先の応答を確認し、再度実行する。", "Check the endpoint's response and run again.")
        }
        GapReason::Unsupported | GapReason::Closed | GapReason::NotRead => {
            word("別の手段（書面等）で確認する。", "Confirm it by other means, such as a document.")
        }
        GapReason::Credentials => {
            word("認証情報を更新し、再度実行する。", "Renew the credentials and run again.")
        }
        GapReason::Unresolved | GapReason::Unknown => word(
            "指す先を管理者に照会し、所在を書面で確認する。",
            "Ask its administrator where it is, in writing.",
        ),
        GapReason::Cancelled => word("実行を再開し、最後まで終える。", "Resume the run and let it finish."),
        GapReason::BudgetSpent => {
            word("呼出し回数の上限を見直し、再開する。", "Raise the call budget and resume.")
        }
        GapReason::Missing => word(
            "あるべきものの所在を確かめ、評価対象の定義に加えて再度実行する。",
            "Find out where it is, add it to the tenancy file and run again.",
        ),
        GapReason::Skipped => {
            word("除外が妥当であることを確認する。", "Confirm that the exclusion is justified.")
        }
    }
}
