//! What people call the kinds of resources.

use super::{Word, word};
use sekisho_contract::fact::Kind;

/// A kind of resources.
pub const fn kind(kind: Kind) -> Word {
    match kind {
        Kind::ObjectStore => word("オブジェクトストレージ", "object storage"),
        Kind::Key => word("暗号鍵", "encryption key"),
        Kind::AuditTrail => word("監査証跡", "audit trail"),
        Kind::LogStore => word("ログの保管先", "log store"),
        Kind::Database => word("データベース", "database"),
        Kind::Table => word("表", "table"),
        Kind::Disk => word("ディスク", "disk"),
        Kind::Snapshot => word("スナップショット", "snapshot"),
        Kind::MachineImage => word("機械イメージ", "machine image"),
        Kind::FileSystem => word("共有ファイルシステム", "file system"),
        Kind::BackupVault => word("バックアップの保管庫", "backup vault"),
        Kind::RecoveryPoint => word("復旧時点", "recovery point"),
        Kind::BackupPlan => word("バックアップの計画", "backup plan"),
        Kind::Protection => word("バックアップの対象", "protected item"),
        Kind::Secret => word("秘密情報", "secret"),
        Kind::ImageRegistry => word("コンテナの登録所", "image registry"),
        Kind::MessageStore => word("キュー及びストリーム", "queue or stream"),
        Kind::SearchIndex => word("検索の索引及びキャッシュ", "search index or cache"),
        Kind::Delivery => word("データの転送", "delivery"),
        Kind::AccessPoint => word("アクセスポイント", "access point"),
        Kind::Compute => word("計算資源", "compute"),
        Kind::Network => word("ネットワーク", "network"),
        Kind::Detector => word("検知の仕組み", "detector"),
        Kind::Identities => word("利用者識別", "identities"),
        Kind::RegionSettings => word("リージョンの設定", "region settings"),
        Kind::Other => word("種類を読み取らない資源", "resource of a kind not read"),
    }
}

/// The same, of a kind as facts write it.
pub fn kind_named(name: &str) -> Option<Word> {
    serde_json::from_value(name.into()).ok().map(kind)
}
