//! What an entry of the register can be.

use crate::text::nearest;
use crate::words::{Word, word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal, $ja:literal, $en:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$inner])* #[serde(rename = $text)] $variant,)* }
        impl $name {
            /// Every one, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The words used in files, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($text,)*];
            /// The word used in files.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// What people call it.
            pub const fn title(self) -> Word { match self { $(Self::$variant => word($ja, $en),)* } }
        }
    };
}

words! {
    /// A kind of document.
    DocumentKind {
        /// ISO/IEC 27001.
        Iso27001 = "iso27001", "ISO/IEC 27001 の証明書", "ISO/IEC 27001 certificate";
        /// ISO/IEC 27017.
        Iso27017 = "iso27017", "ISO/IEC 27017 の証明書", "ISO/IEC 27017 certificate";
        /// The ISMS cloud security certification of Japan.
        IsmsCls = "isms-cls", "ISMS クラウドセキュリティ認証の証明書", "ISMS cloud security certificate";
        /// A SOC 1 report.
        Soc1 = "soc1", "SOC 1 報告書", "SOC 1 report";
        /// A SOC 2 report.
        Soc2 = "soc2", "SOC 2 報告書", "SOC 2 report";
        /// A SOC 3 report.
        Soc3 = "soc3", "SOC 3 報告書", "SOC 3 report";
        /// A CS statement with the gold mark: audited by others.
        CsMarkGold = "cs-mark-gold", "CS 言明書（ゴールドマーク）", "CS statement, gold mark";
        /// A CS statement with the silver mark: audited within.
        CsMarkSilver = "cs-mark-silver", "CS 言明書（シルバーマーク）", "CS statement, silver mark";
        /// A registration in ISMAP.
        Ismap = "ismap", "ISMAP の登録", "ISMAP registration";
        /// A registration in ISMAP for low-impact use.
        IsmapLiu = "ismap-liu", "ISMAP-LIU の登録", "ISMAP-LIU registration";
        /// The privacy mark.
        PrivacyMark = "privacy-mark", "プライバシーマークの登録証", "privacy mark";
        /// A self-assessment by IPA's benchmark.
        IpaBenchmark = "ipa-benchmark", "情報セキュリティ対策ベンチマークの確認書", "IPA benchmark self-assessment";
        /// Proof of taking part in the initiative for trust in management system certification.
        MsInitiative = "ms-initiative", "MS 認証信頼性向上イニシアティブの実績", "record of the MS certification trust initiative";
        /// A service level agreement.
        Sla = "sla", "サービスレベルの合意書", "service level agreement";
        /// A contract, or terms that stand for one.
        Contract = "contract", "契約書又は規約", "contract or terms";
        /// The permission to pass work on to somebody.
        SubcontractPermission = "subcontract-permission", "再委託の申請書と許可", "application and permission to subcontract";
        /// The contract with a subcontractor.
        Subcontract = "subcontract", "再委託先との契約書", "contract with a subcontractor";
        /// The list of who else does part of the work.
        Subcontractors = "subcontractors", "委託先の一覧", "register of subcontractors";
        /// What was erased, when and how.
        ErasureReport = "erasure-report", "抹消の結果の報告書", "erasure report";
        /// What is disclosed about the service, and how far.
        DisclosureList = "disclosure-list", "開示項目と範囲の一覧", "list of disclosure items";
        /// What the provider publishes about vulnerabilities.
        VulnerabilityDisclosure = "vulnerability-disclosure", "事業者の脆弱性対策の公開資料", "provider's vulnerability disclosure";
        /// Who the contractor is, and who works where (Ⅱ-1).
        ContractorProfile = "contractor-profile", "受託者及び実施体制に関する資料", "documents on the contractor and its staff";
        /// Proof of the measures of Ⅲ-1.
        SecurityMeasures = "security-measures", "情報セキュリティ確保の措置を証明する資料", "evidence of the security measures";
        /// Proof of how equipment is made (Ⅵ-1).
        EquipmentMeasures = "equipment-measures", "機器等の製造工程の措置を証明する資料", "evidence of measures in the manufacture of equipment";
        /// ISO/IEC 15408 of equipment (Ⅵ-6).
        Iso15408 = "iso15408", "ISO/IEC 15408 の証明書", "ISO/IEC 15408 certificate";
        /// What somebody states and signs.
        Statement = "statement", "申告", "statement";
        /// Anything else.
        Other = "other", "その他の書面", "other document";
    }
}

words! {
    /// What a statement is about.
    About {
        /// How long before its end a service is given notice of.
        NoticePeriod = "notice-period", "通知期間（日数）", "notice period in days";
        /// In which formats data are handed over.
        ExportFormats = "export-formats", "返却の方法とデータ形式", "methods and data formats of return";
        /// Who watches the traffic.
        MonitoringOrganisation = "monitoring-organisation", "監視の体制", "monitoring organisation";
        /// What binds those who do part of the work.
        SubcontractingMeasures = "subcontracting-measures", "委託先に対するⅧの措置", "measures of Ⅷ for subcontractors";
        /// That nobody else does part of the work.
        NoSubcontracting = "no-subcontracting", "委託先がないこと", "that there are no subcontractors";
        /// Recovery objectives.
        DeclaredRpo = "declared-rpo", "復旧時点目標（RPO）と復旧時間目標（RTO）", "recovery point and time objectives";
        /// That the extent of disclosure is agreed.
        DisclosureAgreed = "disclosure-agreed", "開示の範囲の合意", "agreement on the extent of disclosure";
        /// How the report is to be handled.
        HandlingMarking = "handling-marking", "報告書の格付と取扱制限", "classification and handling of the report";
        /// Whom to tell of an incident, and how.
        IncidentContact = "incident-contact", "インシデント報告の連絡先と手順", "contacts and procedure for incidents";
        /// How the subcontractors carry out the measures.
        SubcontractorState = "subcontractor-state", "再委託先の履行状況", "implementation of the subcontractors' measures";
        /// That somebody looked at what no check sees.
        Reviewed = "reviewed", "機械で確認できない事項の確認", "matters reviewed by people";
        /// That no equipment is delivered.
        NoEquipment = "no-equipment", "機器等を納品しないこと", "that no equipment is delivered";
    }
}

words! {
    /// What papers of Ⅱ-1 and Ⅲ-1 tell.
    Part {
        /// Capital ties.
        Capital = "capital", "資本関係", "capital ties";
        /// Officers.
        Officers = "officers", "役員", "officers";
        /// Places of work.
        Sites = "sites", "業務の実施場所", "places of work";
        /// Affiliation of the staff.
        Affiliation = "affiliation", "従事者の所属", "affiliation of the staff";
        /// Expertise of the staff.
        Expertise = "expertise", "従事者の専門性", "expertise of the staff";
        /// Track record of the staff.
        Record = "record", "従事者の実績", "track record of the staff";
        /// Nationality of the staff.
        Nationality = "nationality", "従事者の国籍", "nationality of the staff";
        /// III-1 (1) secrecy, and no other use.
        Secrecy = "III-1-1", "Ⅲ-１（１）守秘及び目的外利用の禁止", "III-1 (1) confidentiality, and no use for other purposes";
        /// III-1 (2) secrecy of staff who leave.
        SecrecyAfterwards = "III-1-2", "Ⅲ-１（２）異動及び退職後の守秘", "III-1 (2) confidentiality obligations of departed staff";
        /// III-1 (3) no unintended changes.
        Integrity = "III-1-3", "Ⅲ-１（３）意図しない変更を防ぐ管理", "III-1 (3) no unintended changes";
        /// III-1 (4) investigation of irregularities.
        Investigation = "III-1-4", "Ⅲ-１（４）不正の追跡と調査", "III-1 (4) investigation of irregularities";
        /// III-1 (5) handling at home.
        AtHome = "III-1-5", "Ⅲ-１（５）国内での取扱い", "III-1 (5) handling in the home country";
        /// III-1 (6) periodic reports.
        Reporting = "III-1-6", "Ⅲ-１（６）履行状況の定期報告", "III-1 (6) periodic reports";
        /// III-1 (7) acceptance of audits.
        Audits = "III-1-7", "Ⅲ-１（７）監査の受入れ", "III-1 (7) acceptance of audits";
        /// III-1 (8) service level.
        ServiceLevel = "III-1-8", "Ⅲ-１（８）サービスレベルの保証", "III-1 (8) service level";
        /// III-1 (9) incidents.
        Incidents = "III-1-9", "Ⅲ-１（９）インシデントの報告と対処", "III-1 (9) incidents";
        /// III-1 (10) improvement.
        Improvement = "III-1-10", "Ⅲ-１（10）不十分な場合の改善", "III-1 (10) improvement";
    }
}

impl Part {
    /// What papers of this kind have to tell: the parts of Ⅱ-1, the measures of Ⅲ-1; nothing of other kinds.
    pub fn wanted_of(kind: DocumentKind) -> &'static [Self] {
        let (profile, measures) = Self::ALL.split_at(7);
        match kind {
            DocumentKind::ContractorProfile => profile,
            DocumentKind::SecurityMeasures => measures,
            _ => &[],
        }
    }
}

/// The words a place for papers in a profile may name: kinds, and what statements are about.
pub fn keys() -> impl Iterator<Item = &'static str> {
    DocumentKind::WORDS.iter().chain(About::WORDS).copied()
}

/// What people call what a key names.
pub fn title(key: &str) -> Option<Word> {
    let kind = DocumentKind::ALL.iter().find(|kind| kind.as_str() == key).map(|kind| kind.title());
    kind.or_else(|| About::ALL.iter().find(|about| about.as_str() == key).map(|about| about.title()))
}

/// "did you mean …", where a word is near one of these.
pub(super) fn guess(word: &str, known: &[&str]) -> String {
    nearest(word, known).map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default()
}
