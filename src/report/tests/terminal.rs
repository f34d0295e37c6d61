//! The summary on a terminal.

use super::sample;
use crate::report::Material;
use crate::report::terminal::summary_within;
use crate::text::Language;
use unicode_width::UnicodeWidthStr;

fn summary(material: &Material<'_>, language: Language, colour: bool, files: &[String]) -> String {
    summary_within(material, language, colour, files, 80)
}

#[test]
fn it_fits_eighty_columns_and_obeys_no_one_elses_escapes() {
    let sample = sample(3);
    for language in [Language::Ja, Language::En] {
        let text = summary(&sample.material(), language, false, &["out/report.html".into()]);
        for line in text.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\0']));
        assert!(text.contains("out/report.html"));
    }
}

#[test]
fn nothing_essential_is_cut_and_lines_are_as_wide_as_the_terminal() {
    let sample = sample(3);
    let told = |width| {
        let text = summary_within(&sample.material(), Language::Ja, false, &[], width);
        for line in text.lines() {
            assert!(line.width() <= width, "{} columns: {line}", line.width());
        }
        text.lines().map(str::trim).collect::<String>()
    };
    for width in [60, 80, 133] {
        let text = told(width);
        assert!(text.contains("s3:GetEncryptionConfiguration の権限がない）"), "{text}");
        assert!(
            text.contains("「tohoku-survey-archive」の複製が国外（シンガポール）に置かれている。"),
            "{text}"
        );
    }
}

#[test]
fn others_are_told_of_only_where_there_are_others_of_that_outcome() {
    let mut sample = sample(0);
    let undecided = sample.assessment.findings[0].clone();
    sample.assessment.findings.retain(|finding| &*finding.check != "copies-in-home-country");
    sample.assessment.findings.insert(0, undecided.clone());
    let status = crate::assess::Status::Unverified;
    sample.assessment.findings.insert(1, crate::assess::Finding { status, ..undecided });
    let text = summary(&sample.material(), Language::Ja, false, &[]);
    assert!(text.contains("1 件\n     tohoku-survey-archive：「"), "{text}");
}

#[test]
fn colours_come_only_when_asked_for() {
    let sample = sample(0);
    let plain = summary(&sample.material(), Language::Ja, false, &[]);
    let mut coloured = summary(&sample.material(), Language::Ja, true, &[]);
    assert_ne!(plain, coloured);
    while let Some(start) = coloured.find('\u{1b}') {
        let end = start + coloured[start..].find('m').unwrap();
        coloured.replace_range(start..=end, "");
    }
    assert_eq!(plain, coloured);
}

#[test]
fn it_reads_like_this() {
    let text = summary(&sample(0).material(), Language::Ja, false, &["out/report.html".into()]);
    insta::assert_snapshot!(text, @r#"
    関所 sekisho  東部広域行政データ連携基盤 運用業務
    2026-11-23 19:43 JST   契約終了 2027-03-31   アカウント 3   資源 312 件

    総合判定  × 不適合
    8 項目：不適合 3・確認不能 2・書面確認 1・適合 1・該当なし 1

                  項目                                    判定        件数
      Ⅴ-１        ISO/IEC 27001 等の認証                  ◇ 書面確認
      Ⅴ-２        情報セキュリティ水準の証明              △ 確認不能
      Ⅴ-３        データセンターの国内設置（バックアップ  × 不適合    ×3 △1
                  を含む）
      Ⅴ-６        アクセスログの保存及び提供              ○ 適合      ▽2
      Ⅴ-１０      冗長構成及び障害時の切替え              △ 確認不能
      Ⅴ-１１      アクセス制御、暗号化及び鍵の管理        × 不適合    ×8 △2
      Ⅴ-１４      開示情報の取扱い                        - 該当なし
      Ⅲ-１（５）  国内における取扱い                      × 不適合    ×3

    主な所見
      × 不適合  保存先がすべて国内であること  3 件
         tohoku-survey-archive ほか：「tohoku-survey-archive」の複製が国外（シンガ
         ポール）に置かれている。
      × 不適合  公開されていないこと  8 件
         <script>alert(1)</script> ほか：「<script>alert(1)</script>」は誰でも読み取
         れる。
      △ 確認不能  利用者管理の鍵により暗号化されていること  2 件
         tohoku-survey-archive ほか：保存時の暗号化の設定を読み取れなかった
         （s3:GetEncryptionConfiguration の権限がない）。
      ▽ 推奨未達  ログを365日以上保存すること  2 件
         /aws/lambda/uketsuke ほか：保存期間が90日であり、望ましいとされる365日に満
         たない。

    確認できなかったもの
      権限不足により拒否された：属性等 2 件（原因となった呼出し等 1 件）
         操作：s3:GetBucketEncryption
         必要な権限：s3:GetEncryptionConfiguration
         評価用の権限を付与し、再度実行する。
      クラウド側の障害が再試行でも解消しなかった：属性等 1 件（原因となった呼出し等
      1 件）
         操作：logs:DescribeLogGroups
         時間をおいて再度実行する。
      指す先又は所在を解決できなかった：属性等 1 件（原因となった呼出し等 1 件）
         操作：s3:HeadBucket
         指す先を管理者に照会し、所在を書面で確認する。

    呼出し 2,318 回（再試行 14、流量制限 9）。すべて読取りである。

    開くもの
      out/report.html
    "#);
}
