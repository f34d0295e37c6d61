//! `erasure-report.md`: the same as the page, as text that anything can read.

use super::view::{Row, View, When};
use crate::report::ReportError;
use std::io::Write;

pub fn write(view: &View, out: &mut dyn Write) -> Result<(), ReportError> {
    if let Some(marking) = &view.marking {
        writeln!(out, "**{}**\n", text(marking))?;
    }
    writeln!(out, "# データ抹消報告書\n")?;
    writeln!(out, "別紙 Ⅴ-５、Ⅲ-４、Ⅳ-１０（２）に係る報告\n")?;
    writeln!(out, "判定：**{}**\n", text(&view.verdict))?;
    table(out, &["項目", "内容"], &facts(view))?;

    writeln!(out, "## 1 集計\n")?;
    let tallies = view.tallies.iter().map(|tally| {
        [tally.word.clone(), tally.things.to_string(), tally.copies.to_string(), tally.appeared.to_string()]
    });
    table(out, &["状態", "資源", "複製", "新たに現れたもの"], &tallies.collect::<Vec<_>>())?;

    writeln!(out, "## 2 サービスごとの結果\n")?;
    for service in &view.services {
        writeln!(out, "### {}（{} 件）\n", text(&service.title), service.count)?;
        rows(out, &service.rows)?;
    }
    if view.services.is_empty() {
        writeln!(out, "該当する資源はない。\n")?;
    }
    if view.left_out_rows > 0 {
        writeln!(out, "ほか {} 件は erasure.json に記載している。\n", view.left_out_rows)?;
    }
    writeln!(out, "## 3 暗号鍵\n")?;
    rows(out, &view.keys)?;
    writeln!(out, "## 4 基準時点の後に現れたもの\n")?;
    rows(out, &view.appeared)?;

    writeln!(out, "## 5 確認できなかった範囲\n")?;
    let open: Vec<[String; 5]> = view
        .open
        .iter()
        .map(|part| {
            let more = if part.more > 0 { format!(" ほか {} 件", part.more) } else { String::new() };
            let places = part.places.join("、") + &more;
            [part.account.clone(), part.then.clone(), part.now.clone(), part.why.clone(), places]
        })
        .collect();
    table(out, &["アカウント", "基準時点", "今回", "理由", "範囲"], &open)?;

    writeln!(out, "## 6 責任者による確認\n")?;
    let blank = |what: &str| [what.to_owned(), String::new(), String::new(), String::new()];
    let blanks = [blank("受託者の責任者"), blank("作業の担当者"), blank("発注者の確認者")];
    table(out, &["区分", "所属・氏名", "確認日", "署名"], &blanks)?;

    writeln!(out, "## 付録A 消滅を示す一覧\n")?;
    for list in &view.lists {
        writeln!(out, "### L{} {}（{}）\n", list.number, text(&list.operation), text(&list.account))?;
        let answers: Vec<[String; 8]> = list
            .answers
            .iter()
            .map(|answer| {
                [
                    answer.region.clone(),
                    answer.target.clone(),
                    answer.page.to_string(),
                    answer.at.clone(),
                    answer.status.to_string(),
                    answer.request_id.clone(),
                    answer.sha256.clone(),
                    answer.call.clone(),
                ]
            })
            .collect();
        let head = ["リージョン", "対象", "頁", "時刻", "応答", "要求識別子", "回答の SHA-256", "呼出し"];
        table(out, &head, &answers)?;
        if list.more > 0 {
            writeln!(out, "ほか {} 件の回答は erasure.json に記載している。\n", list.more)?;
        }
    }
    if view.lists.is_empty() {
        writeln!(out, "該当なし。\n")?;
    }
    writeln!(out, "## 付録B データを保持しないため対象としなかったもの\n")?;
    let left_out: Vec<[String; 3]> = view
        .left_out
        .iter()
        .map(|left| [left.what.clone(), left.count.to_string(), left.why.clone()])
        .collect();
    table(out, &["種類", "件数", "理由"], &left_out)
}

fn facts(view: &View) -> Vec<[String; 2]> {
    let when = |when: &When| {
        let stopped = if when.stopped { "（途中で中断）" } else { "" };
        format!("{} から {}{stopped}", when.started, when.assessed)
    };
    let fact = |what: &str, told: String| [what.to_owned(), told];
    vec![
        fact("対象", view.tenancy.clone()),
        fact("契約の終了日", view.contract_end.clone()),
        fact("アカウント", view.accounts.join("、")),
        fact("基準時点の調査", when(&view.baseline)),
        fact("基準時点の事実の SHA-256", view.baseline.facts.clone()),
        fact("今回の調査", when(&view.again)),
        fact("今回の事実の SHA-256", view.again.facts.clone()),
        fact("今回の呼出しの記録の SHA-256", view.again.ledger.clone()),
        fact("消滅の示し方の一覧表の日付", view.catalogue.clone()),
        fact("sekisho の版", view.tool.clone()),
    ]
}

fn rows(out: &mut dyn Write, rows: &[Row]) -> Result<(), ReportError> {
    let cells: Vec<[String; 6]> = rows
        .iter()
        .map(|row| {
            let copies =
                row.copies.iter().map(|copy| format!("複製：{} {}。{}", copy.what, copy.state, copy.why));
            let more =
                (row.more > 0).then(|| format!("ほか {} 件の複製は erasure.json に記載している。", row.more));
            let key = row.key.iter().map(|key| format!("鍵：{key}"));
            let hindrances = row.hindrances.iter().map(|told| format!("妨げ：{told}"));
            let why: Vec<String> = std::iter::once(row.why.clone())
                .chain(row.until.clone())
                .chain(key)
                .chain(hindrances)
                .chain(copies)
                .chain(more)
                .collect();
            let lists = row.lists.iter().map(|number| format!("L{number}"));
            let evidence: Vec<String> = lists.chain(row.calls.iter().cloned()).collect();
            [
                format!("{}\n{}", row.name, row.id),
                row.kind.to_owned(),
                format!("{}\n{}", row.account, row.region),
                row.state.clone(),
                why.join("\n"),
                evidence.join(" "),
            ]
        })
        .collect();
    table(out, &["名称・識別子", "種類", "アカウント・場所", "状態", "根拠となる事情", "証拠"], &cells)
}

fn table<const N: usize>(
    out: &mut dyn Write,
    head: &[&str; N],
    rows: &[[String; N]],
) -> Result<(), ReportError> {
    if rows.is_empty() {
        writeln!(out, "該当なし。\n")?;
        return Ok(());
    }
    writeln!(out, "| {} |", head.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(N))?;
    for row in rows {
        // Lines within a cell are our own; what is in them is not.
        let cells = row.iter().map(|cell| cell.split('\n').map(text).collect::<Vec<_>>().join("<br>"));
        writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Other people's text: nothing in it is markup.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn nothing_in_a_name_is_markup() {
        for (name, expected) in [
            ("a|b", "a\\|b"),
            ("<script>", "&lt;script&gt;"),
            ("![x](http://e)", "\\!\\[x\\]\\(http://e\\)"),
            ("`a` *b* _c_ ~d~ #e \\f", "\\`a\\` \\*b\\* \\_c\\_ \\~d\\~ \\#e \\\\f"),
            ("記録 台帳", "記録 台帳"),
        ] {
            assert_eq!(text(name), expected);
        }
    }
}
