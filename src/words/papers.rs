//! What the fields of documents, and of the tenancy's papers, are about.

use super::{Word, word};

#[rustfmt::skip]
pub(super) const PAPERS: &[(&str, Word)] = &[
    ("stated", word("登録の記載項目", "what the entry states")), ("replaced", word("更新後の登録の有無", "whether another entry replaces it")),
    ("file_state", word("ファイルの状態", "state of the file")), ("about", word("申告の種別", "what the statement is about")),
    ("provider", word("事業者", "the provider")),
    ("days_to_expiry", word("有効期限", "the expiry date")), ("days_past_contract", word("契約終了時の有効期限", "the expiry date against the end of the contract")),
    ("days_past_year", word("対象期間の終わり", "the end of its period")), ("bridge_days_left", word("ブリッジレターの期限", "the end of the bridge letter")),
    ("edition", word("規格の版", "the edition of the standard")), ("holder_is_provider", word("名義", "the holder")),
    ("role_matches", word("認証の役割", "the role certified")), ("inside_isms", word("ISMS 認証の範囲との関係", "relation to the scope of the ISMS certificate")),
    ("lookup", word("登録簿の照会", "the look-up in the register")), ("soc_type", word("報告書のタイプ", "the type of the report")),
    ("opinion", word("監査人の意見", "the auditor's opinion")),
    ("signatures", word("電子署名", "signatures")), ("signatures.digest_matches", word("署名された内容との一致", "whether the content matches what was signed")),
    ("signatures.signature_matches", word("署名の検証", "whether the signature was made with the certificate's key")),
    ("signatures.covers_file", word("署名の及ぶ範囲", "what the signature covers")),
    ("days_since_signed", word("署名の日付", "the signing date")), ("signed_by", word("署名した者", "who signed")),
    ("courts", word("管轄裁判所", "the courts")), ("law", word("準拠法", "the law")), ("notice_days", word("通知期間の日数", "days of notice")),
    ("outside", word("範囲に含まれない利用", "uses outside the scope")), ("unexported", word("返却の方法が示されていない種類", "kinds without a stated method of return")),
    ("carve_outs", word("報告書が対象から除外した事業者", "organisations carved out of a report")),
    ("subcontractors", word("委託先の一覧", "the register of subcontractors")),
    ("subcontractors.scope", word("委託の範囲", "the scope of the work")), ("subcontractors.need", word("委託の必要性", "why it is needed")),
    ("subcontractors.days_since_permitted", word("許可の日付", "the date of the permission")),
    ("subcontractors.material", word("委託先に関する資料", "the documents on the subcontractor")),
    ("confidentiality", word("格付（機密性）", "the classification")), ("encryption_asked", word("暗号化の求め", "whether encryption is required")),
    ("encrypted", word("受領者に宛てた暗号化", "encryption to the recipient")),
    ("days_to_come", word("書面の日付", "the dates it carries")), ("subcontractors.permission", word("委託先を名指しした許可", "a permission that names it")),
    ("confidential", word("要機密情報に当たるか", "whether it is confidential")),
    ("uncovered", word("記載された事項", "what it covers")), ("mean_score_hundredths", word("全項目の平均値", "the mean of all scores")),
    ("lowest_score", word("最も低い項目の点数", "the lowest score")),
    ("subcontractors.bound", word("委託先との契約", "the contract with the subcontractor")),
];
