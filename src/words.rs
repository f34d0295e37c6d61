//! Fixed words in both languages that findings and reports share: reasons of gaps, cells, copies, the parts of
//! a fact, countries, and our own details of gaps ([`told`]).

mod glossary;
mod kinds;
mod papers;
mod told;

use crate::text::Language;
use sekisho_contract::GapReason;
use sekisho_contract::fact::{CellState, CopyRole, Witness};
use serde::Serialize;

pub use glossary::{Term, glossary};
pub use kinds::{kind, kind_named};
pub use told::{requoted, told};

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

/// A word in both languages.
pub const fn word(ja: &'static str, en: &'static str) -> Word {
    Word { ja, en }
}

/// Why something was not seen.
pub const fn gap(reason: GapReason) -> Word {
    match reason {
        GapReason::Denied => word("権限不足により拒否された", "denied: permission missing"),
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
            word("接続先がこの操作に対応していない", "the endpoint does not support the operation")
        }
        GapReason::Closed => {
            word("利用できないリージョン又はサービスである", "the region or service is closed to the account")
        }
        GapReason::Vanished => word("読取りの途中で消滅した", "it disappeared while it was being read"),
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
        GapReason::Skipped => word("評価対象の定義により除外された", "excluded by the tenancy file"),
        GapReason::Missing => word("あるはずのものがない", "something that should be there is missing"),
    }
}

/// The state of a cell.
pub const fn cell(state: CellState) -> Word {
    match state {
        CellState::Listed => word("一覧済み", "listed"),
        CellState::Closed => word("利用不可（未有効化）", "closed"),
        CellState::Denied => word("拒否", "denied"),
        CellState::Failed => word("失敗", "failed"),
        CellState::Skipped => word("除外", "skipped"),
    }
}

/// Whose list over services it is.
pub const fn witness(witness: Witness) -> Word {
    match witness {
        Witness::Cost => word("料金の明細", "the bill"),
        Witness::Activity => word("変更の履歴", "the history of changes"),
        Witness::Labels => word("ラベルの一覧", "the list of labels"),
        Witness::Inventory => word("資源の索引", "the index of resources"),
    }
}

/// Whether a witness supports what was found, with a short name for it.
pub const fn signal(supports: Option<bool>) -> (&'static str, Word) {
    match supports {
        Some(true) => ("supports", word("一致", "agrees")),
        Some(false) => ("contradicts", word("食い違い", "contradicts")),
        None => ("silent", word("判断できない", "inconclusive")),
    }
}

/// How well a place is borne out.
pub const fn level(level: crate::corroborate::Level) -> Word {
    use crate::corroborate::Level;
    match level {
        Level::Contradicted => word("食い違い", "contradicted"),
        Level::Declared => word("申告のみ", "declared"),
        Level::Corroborated => word("裏付けあり", "corroborated"),
        Level::Bounded => word("物理的に限定", "bounded"),
    }
}

/// Why the origin of an act is not known.
pub const fn origin(reason: crate::logs::locate::Reason) -> Word {
    use crate::logs::locate::Reason;
    match reason {
        Reason::Absent => word("アドレスの記載なし", "no address"),
        Reason::Private => word("私設アドレス", "private address"),
        Reason::Unreadable => word("判読できないアドレス", "unreadable address"),
        Reason::NoDatabase => word("国のデータベースなし", "no country database specified"),
        Reason::NotInDatabase => word("国のデータベースにない", "not in the country database"),
        Reason::ProviderSomewhere => {
            word("クラウドのアドレス（場所不明）", "a cloud's address, location unknown")
        }
        Reason::ServiceSomewhere => {
            word("クラウドのサービス（場所不明）", "a cloud service, location unknown")
        }
    }
}

/// What a copy is for.
pub const fn role(role: CopyRole) -> Word {
    match role {
        CopyRole::Primary => word("本体", "primary"),
        CopyRole::Replica => word("複製", "replica"),
        CopyRole::Backup => word("バックアップ", "backup"),
        CopyRole::Snapshot => word("スナップショット", "snapshot"),
        CopyRole::Log => word("ログ", "log"),
        CopyRole::Cache => word("キャッシュ", "cache"),
        CopyRole::Key => word("鍵", "key"),
        CopyRole::Transit => word("転送", "transit"),
    }
}

/// What a path of a fact is about; of a path that is not listed, what it is part of.
pub fn facet(path: &str) -> Option<Word> {
    let mut path = path.split('[').next().unwrap_or(path);
    loop {
        if let Some((_, word)) = FACETS.iter().chain(papers::PAPERS).find(|(known, _)| *known == path) {
            return Some(*word);
        }
        path = path.rsplit_once('.')?.0;
    }
}

#[rustfmt::skip]
const FACETS: &[(&str, Word)] = &[
    ("resources", word("一覧", "the list")),
    ("account", word("アカウント", "account")), ("region", word("リージョン", "region")), ("kind", word("資源の種類", "kind")),
    ("facets", word("資源の属性の一覧", "facets")),
    ("confidential", word("要機密情報に当たるか", "whether it is confidential")),
    ("availability_critical", word("要安定情報に当たるか", "whether it is availability-critical")),
    ("tags", word("タグ", "tags")), ("made_from", word("元の資源", "what it was made from")),
    ("copies", word("保存先", "copies")), ("copies.role", word("保存先の種別", "kinds of copies")),
    ("copies.location", word("保存先の場所", "places of copies")), ("copies.countries", word("保存先の国", "countries of copies")),
    ("copies.site", word("保存先の拠点", "sites of copies")),
    ("encryption", word("保存時の暗号化", "encryption at rest")),
    ("encryption.enabled", word("保存時の暗号化の有無", "whether it is encrypted")),
    ("encryption.algorithm", word("暗号化の方式", "method of encryption")), ("encryption.key", word("暗号化に使う鍵", "key of encryption")),
    ("encryption.key_manager", word("暗号化に使う鍵の管理者", "manager of the key")),
    ("versioning", word("版管理", "versioning")), ("versioning.state", word("版管理の状態", "state of versioning")),
    ("versioning.mfa_delete", word("多要素認証による削除の設定", "MFA delete")),
    ("replication", word("複製の設定", "replication")), ("replication.rules", word("複製の規則", "replication rules")),
    ("expiry", word("自動削除の設定", "expiry")), ("expiry.rules", word("自動削除の規則", "expiry rules")),
    ("erasure", word("抹消の妨げ", "obstacles to erasure")), ("erasure.obstacles", word("抹消の妨げ", "obstacles to erasure")),
    ("erasure.obstacles.kind", word("抹消の妨げの種類", "kinds of obstacles to erasure")),
    ("erasure.obstacles.starts", word("抹消の妨げの起算日", "starts of obstacles to erasure")),
    ("erasure.obstacles.days", word("抹消の妨げの日数", "days of obstacles to erasure")),
    ("erasure.obstacles.until", word("抹消の妨げの期日", "ends of obstacles to erasure")),
    ("erasure.obstacles.lifted_by", word("抹消の妨げを解除できる者", "who can lift obstacles to erasure")),
    ("exposure", word("公開範囲", "exposure")), ("exposure.public", word("公開の有無", "whether it is public")),
    ("exposure.public_access_blocked", word("公開を遮断する設定", "public access blocks")),
    ("exposure.tls_only", word("暗号化通信の強制", "whether TLS is enforced")),
    ("exposure.principals", word("アクセスを許された主体", "principals with access")),
    ("exposure.principals.foreign", word("許された主体が契約の範囲外か", "whether those principals are outside the tenancy")),
    ("sharing", word("共有の範囲", "sharing")), ("sharing.public", word("公開の有無", "whether it is public")),
    ("sharing.principals", word("共有の相手", "whom it is shared with")),
    ("sharing.principals.foreign", word("共有の相手が契約の範囲外か", "whether those it is shared with are outside the tenancy")),
    ("network", word("インターネットからの到達", "reachability from the internet")),
    ("network.public_address", word("インターネット上のアドレスの有無", "whether it has an internet address")),
    ("access_log", word("アクセスログ", "access log")), ("access_log.enabled", word("アクセスログの有無", "whether an access log is kept")),
    ("access_log.target", word("アクセスログの書き込み先", "target of the access log")),
    ("audit", word("監査証跡による記録", "audit")), ("audit.reads", word("読み取りの記録", "recording of reads")),
    ("audit.writes", word("書き込みの記録", "recording of writes")),
    ("audit.management_events", word("管理操作の記録", "recording of administrative operations")),
    ("audit.global_events", word("リージョンを持たないサービスの操作の記録", "recording of operations in services without a region")),
    ("retention", word("保存期間", "retention")), ("retention.days", word("保存日数", "retention in days")),
    ("key", word("鍵の属性", "key")), ("key.manager", word("鍵の管理者", "manager of the key")),
    ("key.origin", word("鍵素材の由来", "origin of the key")), ("key.state", word("鍵の状態", "state of the key")),
    ("key.deletion_date", word("鍵の破棄の予定日", "scheduled destruction of the key")),
    ("key.multi_region", word("鍵の複製の有無", "replicas of the key")), ("key.rotation", word("鍵の自動更新", "rotation of the key")),
    ("key.aliases", word("鍵の別名", "aliases of the key")),
    ("trail", word("監査証跡の設定", "trail")), ("trail.logging", word("監査証跡が記録中か", "whether the trail is recording")),
    ("trail.validation", word("監査証跡の改ざん検証", "integrity validation of the trail")),
    ("trail.multi_region", word("監査証跡の対象リージョン", "regions of the trail")),
    ("trail.global_events", word("リージョンを持たないサービスの操作の記録", "recording of operations in services without a region")),
    ("trail.organization", word("組織の証跡か", "whether it is an organization's trail")),
    ("trail.management_events", word("管理操作の記録の設定", "administrative operations recorded by the trail")),
    ("trail.data_events", word("データ操作の記録の設定", "data events recorded by the trail")),
    ("trail.target", word("監査証跡の書き込み先", "target of the trail")),
    ("trail.target_prefix", word("監査証跡の書き込み先の接頭辞", "target prefix of the trail")),
    ("sources", word("接続元の制限", "source restrictions")), ("sources.bounds", word("接続元の制限", "source restrictions")),
    ("sources.bounds.effect", word("接続元の制限の効力", "effect of a source restriction")), ("sources.bounds.open", word("接続元の制限が全アドレスを許可するか", "whether a source restriction allows all addresses")),
    ("endpoints", word("サービスへの接続点", "endpoints")), ("endpoints.ways", word("サービスへの接続点", "endpoints")),
    ("endpoints.ways.policy", word("サービスへの接続点のポリシー", "endpoint policies")),
    ("directories", word("サインインの場所の制限", "sign-in location policies")), ("directories.policies", word("サインインの場所の制限", "sign-in location policies")),
    ("directories.policies.countries", word("サインインを許す国", "countries from which sign-in is allowed")),
    ("provider_access", word("事業者によるアクセスの承認", "approval of the provider's access")), ("provider_access.approved", word("事業者によるアクセスの承認の対象", "services for which the provider's access needs approval")),
    ("provider_access.beforehand", word("事業者によるアクセスの事前承認", "whether the provider's access is approved in advance")),
    ("redundancy", word("ゾーンの冗長化", "redundancy")), ("redundancy.multi_zone", word("複数ゾーンでの継続", "whether it continues in another zone")),
    ("recovery", word("復旧の設定", "recovery")), ("recovery.continuous", word("任意の時点への復旧の可否", "whether point-in-time recovery is possible")),
    ("recovery.window_days", word("復旧できる日数", "recovery window in days")), ("recovery.latest", word("復旧できる最新の時点", "latest restorable time")),
    ("point", word("復旧時点", "recovery point")), ("point.data_time", word("データの時点", "time of the data")), ("point.completed", word("復旧時点の完成", "completion of the recovery point")),
    ("point.usable", word("復旧時点の使用の可否", "whether the recovery point is usable")), ("point.expires", word("復旧時点の期限", "expiry of the recovery point")),
    ("point.restored", word("復旧の試行の完了", "completed restore of the recovery point")),
    ("point.consistency", word("復旧時点の整合性", "consistency of the recovery point")), ("redundancy.failover", word("障害時の自動切替", "whether failover is automatic")),
    ("declared_s", word("宣言された復旧時点目標", "the declared recovery point objective")), ("achieved", word("復旧時点の実績", "actual recovery points")),
    ("achieved.worst_s", word("失い得る量の最悪値", "the most that could be lost")), ("exists", word("復旧に使えるものの有無", "whether there is something to restore from")),
    ("distant", word("離れた拠点の復旧時点の実績", "actual recovery points at distant sites")), ("distant.worst_s", word("拠点を失ったときに失い得る量の最悪値", "the most that could be lost if the site is lost")),
    ("restored", word("復旧の試行の完了", "completed restores")), ("apart_km", word("最も離れた拠点の間の距離", "distance between the sites farthest apart")),
    ("quiet", word("記録が一件もないか", "whether there is no record at all")), ("countries", word("所在の国", "country")), ("level", word("裏付け", "corroboration")), ("names", word("応答する接続先", "endpoints that answer")),
    ("statements", word("照合した情報", "evidence on the location")),
    ("product", word("製品", "product")), ("version", word("版", "version")), ("ends", word("サポートの終了日", "end of support")),
    ("by", word("すべての写しを抹消できる時点", "when every copy can be erased")), ("earliest", word("最も早く抹消できる時点", "the earliest it can be erased")),
    ("protection.jobs", word("失敗したバックアップの数", "backups that failed")), ("coverage.rules", word("バックアップの時刻の定め", "when backups are made")),
    ("coverage", word("バックアップの対象", "what is backed up")), ("protection", word("最新のバックアップ", "the latest backup")),
    ("protection.last_backup", word("最新のバックアップの日時", "time of the latest backup")), ("protection.vault", word("最新のバックアップの保管庫", "vault of the latest backup")),
    ("software", word("ソフトウェア", "software")), ("software.product", word("ソフトウェアの製品", "product")), ("software.version", word("ソフトウェアの版", "version")),
    ("traffic", word("インターネットとの通信", "traffic with the internet")), ("traffic.internet_path", word("インターネットへの経路の有無", "whether there is a path to the internet")),
    ("traffic.recorded", word("通信の記録の有無", "whether traffic is recorded")),
    ("traffic.watched", word("侵入の検知の有無", "whether intrusions are monitored")),
    ("guard", word("検知の設定", "detection")), ("guard.purpose", word("検知の対象", "what is detected")), ("guard.enabled", word("検知の有無", "whether detection is enabled")),
    ("guard.recorded", word("検知の記録の有無", "whether findings are recorded")),
    ("identity", word("利用者識別の設定", "identities")), ("identity.root_second_factor", word("ルートユーザーの多要素認証", "MFA of the root user")),
    ("identity.root_keys", word("ルートユーザーのアクセスキーの有無", "access keys of the root user")), ("identity.password_length", word("パスワードの最小長", "minimum password length")),
    ("trust", word("ロールの信頼", "role trust")), ("trust.principals", word("ロールを引き受けられる主体", "who can assume roles")),
    ("trust.principals.foreign", word("ロールを引き受けられる主体が契約の範囲外か", "whether those who can assume roles are outside the tenancy")),
    ("defaults", word("リージョンの既定の設定", "defaults of the region")), ("defaults.disks_encrypted", word("ディスクの既定の暗号化", "whether disks are encrypted by default")),
    ("defaults.disk_key", word("ディスクの既定の鍵", "default key for disks")),
    ("zones", word("リージョンの外に置かれるゾーン", "zones outside the region")), ("zones.open", word("有効にしたゾーン", "enabled zones")),
    ("zones.open.used", word("有効にしたゾーンの使用の有無", "whether an enabled zone is used")), ("zones.open.countries", word("有効にしたゾーンの国", "countries of the enabled zones")),
    ("regions", word("リージョンの状態", "regions")), ("sweep", word("調査単位", "the sweep")),
    ("second_lists", word("サービスを横断する別の一覧", "lists across services")),
    ("second_lists.uses", word("別の一覧が示す利用", "uses shown by lists across services")),
    ("second_lists.uses.countries", word("別の一覧が示す利用の国", "countries of uses shown by lists across services")),
    ("second_lists.uses.accounted", word("別の一覧が示す利用が見付かったか", "whether uses shown by lists across services were found")),
    ("sweep.resources", word("調査単位の一覧", "lists of the sweep")),
    ("guardrail", word("リージョンを制限する統制", "guardrail")), ("guardrail.bounded", word("リージョンの制限の有無", "whether regions are restricted")),
    ("guardrail.regions", word("制限の後に使えるリージョン", "regions left open")), ("guardrail.regions.countries", word("使えるリージョンの国", "countries of the regions left open")),
    ("guardrail.exempt_principals", word("制限を受けない主体", "principals exempt from the guardrail")), ("guardrail.policies", word("制限するポリシー", "policies of the guardrail")), ("guardrail.exempt_actions", word("制限を受けない操作", "operations exempt from the guardrail")),
    ("public_access_block", word("公開防止設定", "public access block")),
    ("part", word("監査ログの全体か個別の出所か", "whether it covers all audit logs or one source")),
    ("abroad_records", word("国外からの記録の数", "records from abroad")), ("abroad", word("国外からの記録", "operations from abroad")),
    ("complete", word("監査ログのすべてを読み、発信元を特定したか", "whether all audit logs were read and their origins determined")),
    ("digestible", word("ダイジェストを伴うログの有無", "whether there are logs with digests")),
    ("altered", word("ダイジェストと合わないファイルの数", "files that do not match their digests")),
    ("altered_files", word("ダイジェストと合わないファイル", "the files that do not match their digests")),
    ("validated", word("ダイジェストによる検証", "validation by digests")),
    ("kept_days", word("実際に残っている日数", "days actually kept")), ("oldest", word("最も古い記録の日時", "time of the oldest record")),
    ("missing_hours", word("ログのない時間の数", "hours without logs")), ("missing", word("ログのない時間", "the hours without logs")),
];

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
    ("GB", word("英国", "United Kingdom")), ("GR", word("ギリシャ", "Greece")), ("HK", word("香港", "Hong Kong")), ("ID", word("インドネシア", "Indonesia")),
    ("IE", word("アイルランド", "Ireland")), ("IL", word("イスラエル", "Israel")), ("IN", word("インド", "India")),
    ("IT", word("イタリア", "Italy")), ("JP", word("日本", "Japan")), ("KR", word("韓国", "South Korea")),
    ("MX", word("メキシコ", "Mexico")), ("MY", word("マレーシア", "Malaysia")), ("NL", word("オランダ", "Netherlands")),
    ("NG", word("ナイジェリア", "Nigeria")), ("NO", word("ノルウェー", "Norway")), ("NZ", word("ニュージーランド", "New Zealand")), ("OM", word("オマーン", "Oman")), ("PE", word("ペルー", "Peru")),
    ("PH", word("フィリピン", "Philippines")), ("PL", word("ポーランド", "Poland")), ("QA", word("カタール", "Qatar")),
    ("SA", word("サウジアラビア", "Saudi Arabia")), ("SE", word("スウェーデン", "Sweden")),
    ("SG", word("シンガポール", "Singapore")), ("TH", word("タイ", "Thailand")), ("TR", word("トルコ", "Türkiye")), ("TW", word("台湾", "Taiwan")),
    ("US", word("米国", "United States")), ("VN", word("ベトナム", "Vietnam")), ("ZA", word("南アフリカ", "South Africa")),
];

/// A site's name, for the sites of the country where clouds have data centres.
pub fn site(id: &str) -> Option<Word> {
    match id {
        "tokyo" => Some(word("東京", "Tokyo")),
        "osaka" => Some(word("大阪", "Osaka")),
        _ => None,
    }
}

/// A length of time as people tell it: in seconds up to two minutes, then in minutes, hours or days, rounded up to tenths.
pub fn span(seconds: i64, language: Language) -> String {
    const UNITS: [(i64, Word, Word); 4] = [
        (86_400, word("日", "day"), word("日", "days")),
        (3600, word("時間", "hour"), word("時間", "hours")),
        (60, word("分", "minute"), word("分", "minutes")),
        (1, word("秒", "second"), word("秒", "seconds")),
    ];
    let (length, one, many) =
        UNITS.into_iter().find(|(length, ..)| seconds >= 2 * length).unwrap_or(UNITS[3]);
    let tenths = seconds.saturating_mul(10).saturating_add(length - 1).div_euclid(length);
    let number = match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    };
    let unit = if tenths == 10 { one } else { many };
    match language {
        Language::Ja => format!("{number}{}", unit.ja),
        Language::En => format!("{number} {}", unit.en),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn spans_are_told_in_their_largest_unit_and_never_shorter_than_they_are() {
        for (seconds, ja, en) in [
            (0, "0秒", "0 seconds"),
            (1, "1秒", "1 second"),
            (119, "119秒", "119 seconds"),
            (300, "5分", "5 minutes"),
            (301, "5.1分", "5.1 minutes"),
            (86_400, "24時間", "24 hours"),
            (93_601, "26.1時間", "26.1 hours"),
            (30 * 86_400, "30日", "30 days"),
        ] {
            assert_eq!(
                (span(seconds, Language::Ja).as_str(), span(seconds, Language::En).as_str()),
                (ja, en)
            );
        }
    }

    #[test]
    fn what_checks_read_has_a_word() {
        for check in crate::checks::all().unwrap() {
            for path in check.reads() {
                assert!(facet(&path.join(".")).is_some(), "{}: {path:?}", check.id);
            }
        }
        assert_eq!(facet("copies.countries").unwrap().ja, "保存先の国");
        assert_eq!(facet("key.rotation.enabled").unwrap().ja, "鍵の自動更新");
        assert_eq!(facet("nothing.of.ours"), None);
    }

    #[test]
    fn every_country_of_the_place_catalogues_has_a_name() {
        let mut countries = BTreeSet::new();
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/providers")).unwrap() {
            let Ok(text) = std::fs::read_to_string(entry.unwrap().path().join("src/places.json")) else {
                continue;
            };
            let catalogue: sekisho_contract::place::PlaceCatalogue = serde_json::from_str(&text).unwrap();
            countries.extend(catalogue.places.values().flat_map(|place| place.countries.clone()));
            countries.extend(catalogue.sites.values().map(|site| site.country.clone()));
        }
        assert!(countries.contains("JP"));
        let nameless: Vec<_> = countries.iter().filter(|code| country(code).is_none()).collect();
        assert!(nameless.is_empty(), "{nameless:?}");
    }
}
