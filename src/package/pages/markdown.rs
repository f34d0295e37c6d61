//! The pages as Markdown. Everything that is not ours is escaped: it makes no link, no heading and no row of its own.

use crate::package::contents::{Index, Origin};
use crate::package::demands::{provider_name, whom};
use crate::package::disclosure::Disclosure;
use crate::report::display::{self, PROSE_LIMIT};
use std::fmt::Write;

/// The index.
pub fn index(index: &Index) -> String {
    let mut text = head("提出資料一式の目次", &index.origin);
    let verdict = if index.complete { "揃っている" } else { "不足がある" };
    text.push_str(&format!("\n提出を求められる資料：**{verdict}**\n"));
    section(&mut text, "不足しているもの");
    if index.missing.is_empty() {
        text.push_str("なし。\n");
    } else {
        let rows = index.missing.iter().map(|one| {
            let level = if one.binding { "必須" } else { "推奨・参考" };
            [one.number.as_str(), &one.what, whom(one.from), &one.why, level].map(str::to_owned).to_vec()
        });
        table(&mut text, &["項目", "不足しているもの", "求める先", "理由", "区分"], rows);
    }
    section(&mut text, "提出を求められる資料");
    let rows = index.demands.iter().map(|one| {
        let papers: Vec<String> = one.papers.iter().map(|number| format!("書面{number}")).collect();
        vec![
            one.number.clone(),
            one.title.clone(),
            one.provider.as_deref().map(provider_name).unwrap_or_default(),
            format!("{} {}", one.state.sign(), one.state.word()),
            papers.join("、"),
            one.reason.clone(),
        ]
    });
    table(&mut text, &["項目", "資料", "事業者", "状態", "書面", "理由"], rows);
    section(&mut text, "書面の一覧");
    let rows = index.papers.iter().map(|paper| {
        let told: Vec<String> =
            paper.told.iter().map(|(heading, said)| format!("{heading}：{said}")).collect();
        vec![
            format!("書面{}", paper.number),
            paper.clauses.join("、"),
            paper.name.clone(),
            told.join("。"),
            paper.validity.clone(),
            paper
                .file
                .clone()
                .or_else(|| paper.left_out.clone())
                .unwrap_or_else(|| "申告（左記）".to_owned()),
            paper.sha256.clone().unwrap_or_default(),
            paper.handling.clone().unwrap_or_default(),
        ]
    });
    let columns = ["番号", "項目", "名称", "内容", "期限", "ファイル", "SHA-256", "取扱制限"];
    table(&mut text, &columns, rows);
    if !index.notes.is_empty() {
        section(&mut text, "注意");
        for note in &index.notes {
            let _ = writeln!(text, "- {}", escaped(note));
        }
    }
    foot(&mut text, &index.origin);
    text
}

/// The disclosure list.
pub fn disclosure(list: &Disclosure) -> String {
    let mut text = head("クラウドサービスに係る開示項目の一覧（Ⅴ-13）", &list.origin);
    section(&mut text, "開示項目");
    let rows = list.items.iter().enumerate().map(|(at, item)| {
        vec![
            (at + 1).to_string(),
            item.title.clone(),
            format!("{} {}", item.state.sign(), item.state.word()),
            item.extent.clone(),
            item.means.clone(),
            item.handling.clone(),
            item.grounds.join("、"),
        ]
    });
    let columns = ["番号", "開示項目", "状態", "範囲", "提供方法・媒体", "取扱制限", "根拠"];
    table(&mut text, &columns, rows);
    for (at, item) in list.items.iter().enumerate() {
        for one in item.tables.iter().filter(|table| !table.rows.is_empty()) {
            section(&mut text, &format!("{}　{}", at + 1, one.caption));
            let columns: Vec<&str> = one.columns.iter().map(String::as_str).collect();
            table(&mut text, &columns, one.rows.iter().cloned());
        }
    }
    foot(&mut text, &list.origin);
    text
}

fn head(title: &str, origin: &Origin) -> String {
    let mut text = format!("**取扱制限：{}**\n\n# {title}\n\n", escaped(&origin.marking));
    let rows = [
        ("案件", origin.tenancy.clone()),
        ("作成の基準日", origin.on.to_string()),
        ("契約の終了日", origin.contract_end.to_string()),
        ("調査の日時", crate::report::in_japan(origin.assessed_at)),
        ("要件の読み方", origin.profile.clone()),
    ];
    table(&mut text, &["事項", "内容"], rows.into_iter().map(|(key, value)| vec![key.to_owned(), value]));
    text
}

fn foot(text: &mut String, origin: &Origin) {
    section(text, "証跡番号");
    let rows = origin.evidence.iter();
    let rows = rows.map(|one| vec![one.number.clone(), one.name.clone(), one.sha256.clone()]);
    table(text, &["番号", "調査の記録", "SHA-256"], rows);
    let _ = writeln!(text, "\nsekisho {}　取扱制限：{}", origin.tool, escaped(&origin.marking));
}

fn section(text: &mut String, title: &str) {
    let _ = write!(text, "\n## {}\n\n", escaped(title));
}

fn table(text: &mut String, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(text, "| {} |", columns.iter().map(|one| escaped(one)).collect::<Vec<_>>().join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(columns.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// Text as text: on one line, with nothing hidden in it and nothing that Markdown reads.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in display::prose(text, PROSE_LIMIT).text.replace("www.", "www\u{2024}").chars() {
        match c {
            '\u{2024}' => safe.push_str("\\."),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~' | ':'
            | '@' | '&' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, expected) in [
            ("a|b\n| c |", "a\\|b \\| c \\|"),
            ("[x](http://e.example)", "\\[x\\](http\\://e.example)"),
            ("<script>&amp;", "\\<script\\>\\&amp;"),
            ("www.e.example a@b", "www\\.e.example a\\@b"),
            ("\u{202e}fdp", "[U+202E]fdp".replace('[', "\\[").replace(']', "\\]").as_str()),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
