//! The sorts of changes, and what is said of each.

use super::change::Direction;
use crate::words::{Word, word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! sorts {
    ($($(#[$doc:meta])* $name:ident = $($words:expr),+;)*) => {
        /// A sort of changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum What { $($(#[$doc])* $name,)* }

        impl What {
            /// Every one, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What is said of a change that goes this way.
            pub const fn word(self, direction: Direction) -> Word {
                let words: &[Word] = match self { $(Self::$name => &[$($words),+],)* };
                match (words, direction) {
                    ([worse, ..], Direction::Worse) => *worse,
                    ([_, neutral, _], Direction::Neutral) => *neutral,
                    ([.., better], _) => *better,
                    ([], _) => word("", ""),
                }
            }
        }
    };
}

// What is said of a change for the worse, of one that is neither, and of one for the better; one word for all three where it
// is the same.
#[rustfmt::skip]
sorts! {
    /// The verdict of a clause.
    Verdict =
        word("条項の判定が悪くなった", "the verdict of the clause got worse"),
        word("条項の判定が変わった", "the verdict of the clause changed"),
        word("条項の判定が良くなった", "the verdict of the clause got better");
    /// One place more where bytes rest.
    CopyAppeared =
        word("国外又は不明の場所に保存先が増えた", "a copy appeared abroad, or where is not known"),
        word("保存先が増えた", "a copy appeared"),
        word("保存先が増えた", "a copy appeared");
    /// One place less.
    CopyGone =
        word("保存先が減った", "a copy is gone"),
        word("保存先が減った", "a copy is gone"),
        word("国外又は不明の場所の保存先がなくなった", "a copy abroad, or where is not known, is gone");
    /// Another place in place of one.
    CopyMoved =
        word("保存先が国外又は不明の場所に移った", "a copy moved abroad, or where is not known"),
        word("保存先が移った", "a copy moved"),
        word("保存先が国内に移った", "a copy moved home");
    /// Encryption at rest, and its key.
    Encryption =
        word("保存時の暗号化が弱まった", "encryption at rest got weaker"),
        word("保存時の暗号化が変わった", "encryption at rest changed"),
        word("保存時の暗号化が強まった", "encryption at rest got stronger");
    /// The state, rotation or keeping of a key.
    Key =
        word("鍵の状態又は管理が悪くなった", "the key's state or management got worse"),
        word("鍵の属性が変わった", "the key changed"),
        word("鍵の状態又は管理が良くなった", "the key's state or management got better");
    /// Whether anybody can reach it.
    Exposure =
        word("公開範囲が広がった", "it is more exposed"),
        word("公開範囲が変わった", "its exposure changed"),
        word("公開範囲が狭まった", "it is less exposed");
    /// Who is let in.
    Principals =
        word("契約の範囲外の主体にアクセスが許された", "principals outside the tenancy were given access"),
        word("アクセスを許された主体が変わった", "the principals with access changed"),
        word("契約の範囲外の主体が除かれた", "principals outside the tenancy no longer have access");
    /// From where it can be reached.
    SourceBounds =
        word("接続元の制限が減った", "source restrictions were removed"),
        word("接続元の制限が変わった", "source restrictions changed"),
        word("接続元の制限が加わった", "source restrictions were added");
    /// Ways to the provider without the internet.
    Endpoints =
        word("サービスへの接続点のポリシーが緩んだ", "endpoint policies got wider"),
        word("サービスへの接続点が変わった", "endpoints changed"),
        word("サービスへの接続点のポリシーが厳しくなった", "endpoint policies got narrower");
    /// What holds data against deletion.
    Lock =
        word("消去を防ぐ設定が短くなり、又はなくなった", "a lock got shorter or is gone"),
        word("消去を防ぐ設定が変わり、加わり、又は長くなった", "a lock changed, was added or got longer"),
        word("消去を防ぐ設定が変わり、加わり、又は長くなった", "a lock changed, was added or got longer");
    /// The switch that must be turned off before a deletion.
    DeletionProtection =
        word("削除の保護が無効になった", "deletion protection was disabled"),
        word("削除の保護が変わった", "deletion protection changed"),
        word("削除の保護が有効になった", "deletion protection was enabled");
    /// Kept versions.
    Versioning =
        word("版管理が止まり、又は弱まった", "versioning stopped or got weaker"),
        word("版管理が変わった", "versioning changed"),
        word("版管理が始まり、又は強まった", "versioning started or got stronger");
    /// Automatic expiry.
    Lifecycle = word("自動削除の規則が変わった", "expiry rules changed");
    /// Replication rules.
    Replication = word("複製の規則が変わった", "replication rules changed");
    /// How long records are kept.
    Retention =
        word("記録の保存期間が短くなった", "records are kept for a shorter time"),
        word("記録の保存期間が変わった", "how long records are kept changed"),
        word("記録の保存期間が長くなった", "records are kept for a longer time");
    /// What an audit trail records, and whether.
    Trail =
        word("監査証跡の記録が止まり、又は弱まった", "the trail stopped, or records less"),
        word("監査証跡の設定が変わった", "the trail changed"),
        word("監査証跡の記録が始まり、又は強まった", "the trail started, or records more");
    /// The log of accesses to it.
    AccessLog =
        word("アクセスログが止まった", "the access log stopped"),
        word("アクセスログの設定が変わった", "the access log changed"),
        word("アクセスログが始まった", "the access log started");
    /// Whether traffic is recorded.
    FlowLog =
        word("通信の記録が止まった", "traffic is no longer recorded"),
        word("通信の記録が変わった", "how traffic is recorded changed"),
        word("通信の記録が始まった", "traffic is recorded now");
    /// A path to the internet.
    InternetPath =
        word("インターネットへの経路ができた", "a path to the internet was opened"),
        word("インターネットへの経路が変わった", "the path to the internet changed"),
        word("インターネットへの経路がなくなった", "the path to the internet is gone");
    /// What is watched for, and whether.
    Detector =
        word("検知が止まり、又は記録されなくなった", "detection stopped, or is no longer recorded"),
        word("検知の設定が変わった", "detection changed"),
        word("検知が始まり、又は記録されるようになった", "detection started, or is recorded now");
    /// How it comes through the failure of a zone.
    Redundancy =
        word("冗長化が弱まった", "redundancy got weaker"),
        word("冗長化が変わった", "redundancy changed"),
        word("冗長化が強まった", "redundancy got stronger");
    /// How far its own service can set it back.
    RecoveryWindow =
        word("復旧できる範囲が狭まった", "the recoverable range got narrower"),
        word("復旧できる範囲が変わった", "the recoverable range changed"),
        word("復旧できる範囲が広がった", "the recoverable range got wider");
    /// What is backed up, and when.
    BackupSchedule =
        word("バックアップの予定が弱まった", "the backup schedule got weaker"),
        word("バックアップの予定が変わった", "the backup schedule changed"),
        word("バックアップの予定が強まった", "the backup schedule got stronger");
    /// What software it runs on.
    Software = word("ソフトウェアの製品又は版が変わった", "its software changed");
    /// How identities are kept.
    Identity =
        word("利用者識別の設定が弱まった", "identity settings got weaker"),
        word("利用者識別の設定が変わった", "identity settings changed"),
        word("利用者識別の設定が強まった", "identity settings got stronger");
    /// What is done in a region without asking.
    RegionSetting =
        word("リージョンの設定が弱まった", "a setting of the region got weaker"),
        word("リージョンの設定が変わった", "a setting of the region changed"),
        word("リージョンの設定が強まった", "a setting of the region got stronger");
    /// Whether an account can use a region.
    Region = word("リージョンの利用の可否が変わった", "whether a region can be used changed");
    /// Account-wide barriers against public access.
    AccountBarrier =
        word("アカウントの公開防止設定が弱まった", "the account's public access blocks were weakened"),
        word("アカウントの公開防止設定が変わった", "the account's public access blocks changed"),
        word("アカウントの公開防止設定が強まった", "the account's public access blocks were strengthened");
    /// What policies above the account leave open.
    Guardrail =
        word("リージョンを制限する統制が緩んだ", "the guardrail got wider"),
        word("リージョンを制限する統制が変わった", "the guardrail changed"),
        word("リージョンを制限する統制が厳しくなった", "the guardrail got narrower");
    /// From where people may sign in.
    SignIn =
        word("サインインの場所の制限が緩んだ", "sign-in location policies got wider"),
        word("サインインの場所の制限が変わった", "sign-in location policies changed"),
        word("サインインの場所の制限が厳しくなった", "sign-in location policies got narrower");
    /// Approval of the access of the provider's people.
    ProviderAccess =
        word("事業者によるアクセスの承認が緩んだ", "the provider's access needs less approval"),
        word("事業者によるアクセスの承認が変わった", "approval of the provider's access changed"),
        word("事業者によるアクセスの承認が厳しくなった", "the provider's access needs more approval");
    /// Whether a resource is confidential or must stay available.
    Scope =
        word("要機密又は要安定の範囲から外れた", "it is no longer in scope"),
        word("要機密又は要安定の範囲が変わった", "its scope changed"),
        word("要機密又は要安定の範囲に入った", "it is in scope now");
    /// The rules that say so.
    ScopeRule =
        word("範囲の規則が変わり、要機密又は要安定でなくなったものがある", "the scope rules changed, and something is no longer in scope"),
        word("範囲の規則が変わった", "the scope rules changed"),
        word("範囲の規則が変わり、要機密又は要安定となったものがある", "the scope rules changed, and something is in scope now");
    /// A witness that disagrees about a place.
    Contradiction =
        word("所在についての情報が食い違うようになった", "evidence contradicts what was found"),
        word("所在についての情報が変わった", "the evidence on the location changed"),
        word("所在についての情報の食い違いがなくなった", "a contradiction is gone");
    /// Access from abroad that no entry allows.
    AccessFromAbroad = word("許可のない国外からのアクセスが現れた", "access from abroad that is not allowed appeared");
    /// Hours without logs.
    LogHours =
        word("ログのない時間が増えた", "more hours are without logs"),
        word("ログのない時間が変わった", "hours without logs changed"),
        word("ログのない時間が減った", "fewer hours are without logs");
    /// Cells of the sweep.
    Coverage =
        word("確認できる範囲が狭まった", "less of the sweep was seen"),
        word("調査単位の状態が変わった", "cells of the sweep changed"),
        word("確認できる範囲が広がった", "more of the sweep was seen");
    /// Something not seen.
    Gap =
        word("確認できないものが増えた", "something is no longer seen"),
        word("確認できない理由が変わった", "why something is not seen changed"),
        word("確認できるようになった", "something is seen again");
    /// An account more.
    AccountAppeared =
        word("アカウントが加わり、確認できないもの、国外のもの又は公開されたものがある", "an account was added, with something that is not seen, abroad or public"),
        word("アカウントが加わった", "an account was added"),
        word("アカウントが加わった", "an account was added");
    /// An account less.
    AccountGone = word("アカウントがなくなった", "an account is gone");
    /// A resource more.
    ResourceAppeared =
        word("資源が現れ、国外にあるか、公開されているか、所在が分からない", "a resource appeared, abroad, public, or in an unknown place"),
        word("資源が現れた", "a resource appeared"),
        word("記録又は保護のための資源が現れた", "a resource that records or protects appeared");
    /// A resource less.
    ResourceGone =
        word("記録又は保護のための資源がなくなった", "a resource that records or protects is gone"),
        word("資源がなくなった", "a resource is gone"),
        word("資源がなくなった", "a resource is gone");
    /// One in place of another, with the same properties.
    ResourceReplaced = word("資源が名称を変え、又は同じ属性のものに置き換わった", "a resource was replaced by one with the same properties, or renamed");
    /// The same resource under another name.
    ResourceRenamed = word("資源の名称が変わった", "a resource was renamed");
    /// The same resource with other labels.
    ResourceRetagged = word("資源のタグが変わった", "the labels of a resource changed");
    /// The same identifier elsewhere.
    ResourceMoved = word("資源の所在が変わった", "the location of a resource changed");
    /// A document or statement more on file.
    DocumentAdded = word("書面が登録された", "a document was registered");
    /// One less.
    DocumentRemoved = word("書面の登録が削除された", "a document's registration was removed");
    /// One in place of another.
    DocumentReplaced = word("書面が差し替えられた", "a document was replaced");
    /// One whose last day has passed.
    DocumentExpired = word("書面の期限が過ぎた", "a document has expired");
    /// One that says something else, or whose file stands otherwise.
    DocumentChanged =
        word("書面の状態が悪くなった", "the document's state got worse"),
        word("書面の内容が変わった", "the document changed"),
        word("書面の状態が良くなった", "the document's state got better");
    /// Declared recovery objectives.
    DeclaredObjective =
        word("宣言された復旧の目標が緩んだ", "the declared objective got looser"),
        word("宣言された復旧の目標が変わった", "the declared objective changed"),
        word("宣言された復旧の目標が厳しくなった", "the declared objective got stricter");
    /// A risk that was accepted.
    ExceptionAdded = word("リスクの受容が加わった", "a risk was accepted");
    /// A risk that is no longer accepted.
    ExceptionRemoved = word("リスクの受容が取り下げられた", "an accepted risk was withdrawn");
    /// A risk that is accepted in other words.
    ExceptionChanged = word("リスクの受容の内容が変わった", "an accepted risk changed");
    /// An acceptance whose last day has passed.
    ExceptionExpired = word("リスクの受容の期限が過ぎた", "the acceptance of a risk has expired");
    /// Access from abroad that is allowed now.
    AccessAllowed = word("国外からのアクセスの許可が加わった", "access from abroad was allowed");
    /// Access from abroad that is no longer allowed.
    AccessWithdrawn = word("国外からのアクセスの許可が取り下げられた", "the permission for access from abroad was withdrawn");
    /// An allowance whose last day has passed.
    AccessExpired = word("国外からのアクセスの許可の期限が過ぎた", "the permission for access from abroad has expired");
    /// What the tenancy file says besides.
    TenancySetting = word("評価対象の定義が変わった", "the tenancy file changed");
    /// What no other sort names.
    Property =
        word("属性が確認できなくなった", "a property is no longer seen"),
        word("属性が変わった", "a property changed"),
        word("属性が変わった", "a property changed");
}

impl What {
    /// The name in files.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}
