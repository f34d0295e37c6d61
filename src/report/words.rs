//! The words and signs of a report, in both languages. The signs survive black-and-white print.

use crate::assess::{Level, Status};
use sekisho_contract::GapReason;
use sekisho_contract::fact::{CellState, CopyRole};
use serde::Serialize;

use crate::text::Language;

/// A fixed word in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Japanese.
    pub ja: &'static str,
    /// English.
    pub en: &'static str,
}

impl Word {
    /// The word in one language.
    pub const fn get(self, language: Language) -> &'static str {
        match language {
            Language::Ja => self.ja,
            Language::En => self.en,
        }
    }
}

const fn word(ja: &'static str, en: &'static str) -> Word {
    Word { ja, en }
}

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

/// Why something was not seen.
pub const fn gap(reason: GapReason) -> Word {
    match reason {
        GapReason::Denied => word("権限不足により拒否された", "refused: permission missing"),
        GapReason::ThrottledOut => {
            word("流量制限が再試行の範囲で解けなかった", "throttled until the retries were used up")
        }
        GapReason::Failed => word("クラウド側の障害が再試行でも解消しなかった", "the provider kept failing"),
        GapReason::Unreachable => {
            word("応答がなかった（接続断・時間切れ）", "no answer (connection lost or timed out)")
        }
        GapReason::Malformed => word("応答を読み取れなかった", "the answer could not be read"),
        GapReason::EndlessPages => word("一覧の頁が終わらなかった", "the list's pages never ended"),
        GapReason::Unsupported => {
            word("接続先がこの操作に対応していない", "the endpoint does not know the operation")
        }
        GapReason::Closed => {
            word("利用できないリージョン又はサービスである", "the region or service is closed to the account")
        }
        GapReason::Vanished => word("読取りの途中で消滅した", "it went away while it was being read"),
        GapReason::Credentials => word(
            "認証情報がない、失効した、又は別アカウントのものである",
            "credentials missing, expired or of another account",
        ),
        GapReason::Unresolved => {
            word("指す先又は所在を解決できなかった", "what it points to could not be resolved")
        }
        GapReason::NotRead => word("本版では確認していない", "not read by this version"),
        GapReason::Unknown => word("本版の知らない識別子である", "an identifier this version does not know"),
        GapReason::Cancelled => word("実行が中断された", "the run was cancelled first"),
        GapReason::BudgetSpent => word("呼出し回数の上限に達した", "the call budget was spent first"),
        GapReason::Skipped => word("評価対象の定義により除外された", "left out by the tenancy file"),
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
            "Run again at another hour or at a lower rate.",
        ),
        GapReason::Failed | GapReason::Unreachable | GapReason::Vanished => {
            word("時間をおいて再度実行する。", "Run again later.")
        }
        GapReason::Malformed | GapReason::EndlessPages => {
            word("接続先の応答を確認し、再度実行する。", "Look at what the endpoint answers and run again.")
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
        GapReason::Skipped => {
            word("除外が妥当であることを確認する。", "Confirm that leaving it out is right.")
        }
    }
}

/// The state of a cell.
pub const fn cell(state: CellState) -> Word {
    match state {
        CellState::Listed => word("一覧済み", "listed"),
        CellState::Closed => word("閉鎖", "closed"),
        CellState::Denied => word("拒否", "denied"),
        CellState::Failed => word("失敗", "failed"),
        CellState::Skipped => word("除外", "skipped"),
    }
}

/// What a copy is for.
pub const fn role(role: CopyRole) -> Word {
    match role {
        CopyRole::Primary => word("原本", "primary"),
        CopyRole::Replica => word("複製", "replica"),
        CopyRole::Backup => word("バックアップ", "backup"),
        CopyRole::Snapshot => word("スナップショット", "snapshot"),
        CopyRole::Log => word("ログ", "log"),
        CopyRole::Cache => word("キャッシュ", "cache"),
        CopyRole::Key => word("鍵", "key"),
        CopyRole::Transit => word("転送", "transit"),
    }
}

/// The part of a fact a gap is about, when it is one of ours; the path itself is shown beside it.
pub fn facet(path: &str) -> Option<Word> {
    let first = path.split(['.', '[']).next().unwrap_or(path);
    Some(match first {
        "resources" => word("一覧", "the list"),
        "copies" => word("保存先", "copies"),
        "tags" => word("タグ", "tags"),
        "encryption" => word("保存時の暗号化", "encryption at rest"),
        "versioning" => word("版管理", "versioning"),
        "replication" => word("複製規則", "replication"),
        "expiry" => word("自動消去規則", "expiry"),
        "erasure" => word("消去の妨げ", "erasure"),
        "exposure" => word("公開範囲", "exposure"),
        "access_log" => word("アクセスログ", "access log"),
        "audit" => word("監査記録", "audit"),
        "retention" => word("保存期間", "retention"),
        "key" => word("鍵の属性", "key"),
        "trail" => word("証跡の属性", "trail"),
        "regions" => word("リージョンの状態", "regions"),
        "public_access_block" => word("公開防止設定", "public access block"),
        "account" => word("アカウント", "account"),
        _ => return None,
    })
}

/// A country's name, for the countries where clouds have data centres.
pub fn country(code: &str) -> Option<Word> {
    COUNTRIES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

#[rustfmt::skip]
const COUNTRIES: &[(&str, Word)] = &[
    ("AE", word("アラブ首長国連邦", "United Arab Emirates")), ("AR", word("アルゼンチン", "Argentina")),
    ("AT", word("オーストリア", "Austria")), ("AU", word("オーストラリア", "Australia")),
    ("BE", word("ベルギー", "Belgium")), ("BH", word("バーレーン", "Bahrain")), ("BR", word("ブラジル", "Brazil")),
    ("CA", word("カナダ", "Canada")), ("CH", word("スイス", "Switzerland")), ("CL", word("チリ", "Chile")),
    ("CN", word("中国", "China")), ("DE", word("ドイツ", "Germany")), ("DK", word("デンマーク", "Denmark")),
    ("ES", word("スペイン", "Spain")), ("FI", word("フィンランド", "Finland")), ("FR", word("フランス", "France")),
    ("GB", word("英国", "United Kingdom")), ("HK", word("香港", "Hong Kong")), ("ID", word("インドネシア", "Indonesia")),
    ("IE", word("アイルランド", "Ireland")), ("IL", word("イスラエル", "Israel")), ("IN", word("インド", "India")),
    ("IT", word("イタリア", "Italy")), ("JP", word("日本", "Japan")), ("KR", word("韓国", "South Korea")),
    ("MX", word("メキシコ", "Mexico")), ("MY", word("マレーシア", "Malaysia")), ("NL", word("オランダ", "Netherlands")),
    ("NO", word("ノルウェー", "Norway")), ("NZ", word("ニュージーランド", "New Zealand")), ("PE", word("ペルー", "Peru")),
    ("PH", word("フィリピン", "Philippines")), ("PL", word("ポーランド", "Poland")), ("QA", word("カタール", "Qatar")),
    ("SA", word("サウジアラビア", "Saudi Arabia")), ("SE", word("スウェーデン", "Sweden")),
    ("SG", word("シンガポール", "Singapore")), ("TH", word("タイ", "Thailand")), ("TW", word("台湾", "Taiwan")),
    ("US", word("米国", "United States")), ("VN", word("ベトナム", "Vietnam")), ("ZA", word("南アフリカ", "South Africa")),
];
