//! Items that the register answers: certificates, measures against vulnerabilities, who else does part of the work, and whom
//! to ask.

use super::{Desk, Found, Item, State, Table};
use crate::documents::{Document, DocumentKind, name_of};
use crate::package::counts::{self, Spoken, grounds, handling, spoken};
use crate::package::demands::provider_name;
use crate::report::display::{self, NAME_LIMIT};

/// Kinds of documents that show a level of security.
const CERTIFICATES: [DocumentKind; 10] = [
    DocumentKind::Iso27001,
    DocumentKind::Iso27017,
    DocumentKind::IsmsCls,
    DocumentKind::Soc1,
    DocumentKind::Soc2,
    DocumentKind::Soc3,
    DocumentKind::CsMarkGold,
    DocumentKind::CsMarkSilver,
    DocumentKind::Ismap,
    DocumentKind::IsmapLiu,
];

/// The certificates and reports of the cloud services, with their scope and term.
pub fn certificates(desk: &Desk<'_>) -> Item {
    let keys = CERTIFICATES.map(DocumentKind::as_str);
    let found = spoken(desk.material, &keys);
    let of_cloud = |all: &[&'_ Document]| -> usize {
        all.iter().filter(|document| document.entry.provider.seen().is_some()).count()
    };
    let all: Vec<&Document> = found.sound.iter().chain(&found.unsound).copied().collect();
    let cloud: Vec<&Document> =
        all.iter().copied().filter(|document| document.entry.provider.seen().is_some()).collect();
    let rows = cloud.iter().map(|document| certificate(desk, document, &found)).collect();
    let (sound, unsound) = (of_cloud(&found.sound), of_cloud(&found.unsound));
    let (state, extent) = match (sound, unsound) {
        (0, 0) => (State::Nothing, "クラウドサービスの証明書及び報告書の登録がない。".to_owned()),
        (sound, 0) => (State::Whole, format!("{sound}件の証明書及び報告書の範囲と期間。")),
        (sound, unsound) => (
            State::Part,
            format!(
                "{sound}件の証明書及び報告書の範囲と期間。ほか{unsound}件は、要件を満たさないか、確認できない。"
            ),
        ),
    };
    Found {
        id: "certificates",
        title: "証明書及び保証報告書（範囲と期間）",
        state,
        extent,
        grounds: grounds(desk.papers, &cloud),
        tables: vec![Table::new(
            "証明書及び保証報告書",
            &["根拠", "種別", "事業者", "適用範囲", "期限・対象期間", "提供"],
            rows,
        )],
    }
    .item(
        "写しを本資料に添付する。添付できないものは番号及びハッシュ値を示し、写しは事業者の許諾に従う",
        &handling(&cloud, &desk.origin.marking),
    )
}

fn certificate(desk: &Desk<'_>, document: &Document, found: &Spoken<'_>) -> Vec<String> {
    let entry = &document.entry;
    let ground = grounds(desk.papers, &[document]).concat();
    let scope = entry.scope.seen().cloned();
    let services = entry.services.seen().map(|all| all.join("、"));
    let listed =
        entry.all_services.seen().map(|list| format!("事業者の一覧による（{}照会）", list.looked_up));
    let scope: Vec<String> = [scope, services, listed].into_iter().flatten().collect();
    let scope = if scope.is_empty() { "登録に記載がない".to_owned() } else { scope.join("。") };
    let term = match (entry.valid_until.seen(), entry.period_start.seen(), entry.period_end.seen()) {
        (Some(until), ..) => format!("{until}まで"),
        (None, Some(start), Some(end)) => format!("{start}から{end}まで"),
        (None, None, Some(end)) => format!("{end}まで"),
        (None, _, None) => "登録に記載がない".to_owned(),
    };
    let in_order = found.sound.iter().any(|one| one.id == document.id);
    let packed = desk.papers.iter().any(|paper| paper.entry == document.id && paper.file.is_some());
    let given = match (packed, in_order) {
        (true, true) => "添付",
        (true, false) => "添付（要件を満たさないか、確認できない）",
        (false, true) => "番号及びハッシュ値",
        (false, false) => "番号及びハッシュ値（要件を満たさないか、確認できない）",
    };
    vec![
        ground,
        entry.kind.title().ja.to_owned(),
        entry.provider.seen().map_or_else(String::new, |provider| provider_name(provider)),
        display::prose(&scope, 300).text,
        term,
        given.to_owned(),
    ]
}

/// What can be seen of measures against vulnerabilities.
pub fn vulnerabilities(desk: &Desk<'_>) -> Item {
    let found = spoken(desk.material, &["vulnerability-disclosure"]);
    let then = desk.material.then;
    let scans = counts::told(then, "検査の仕組みの有効化", "vulnerability-scanner-on");
    let named = named(&found.sound);
    let (state, extent) = match (found.sound.is_empty(), found.unsound.is_empty(), scans.is_empty()) {
        (true, true, true) => (State::Nothing, "公開資料の登録も検査の仕組みの記録もない。".to_owned()),
        (false, true, _) => (State::Whole, format!("事業者の公開資料：{named}。{scans}")),
        (true, _, _) => (State::Part, format!("事業者の公開資料の登録を確認できない。{scans}")),
        (false, false, _) => {
            (State::Part, format!("事業者の公開資料：{named}。ほかに確認できない登録がある。{scans}"))
        }
    };
    let mut all_grounds = grounds(desk.papers, &found.sound);
    if !scans.is_empty() {
        all_grounds.extend(desk.file(crate::run_folder::FACTS));
    }
    Found {
        id: "vulnerabilities",
        title: "脆弱性対策の実施内容",
        state,
        extent,
        grounds: all_grounds,
        tables: Vec::new(),
    }
    .item(
        "事業者の公開資料の所在及び検査の結果を、要求に応じて電子ファイルで示す",
        &handling(&found.sound, &desk.origin.marking),
    )
}

/// Who else does part of the work.
pub fn subcontractors(desk: &Desk<'_>) -> Item {
    let lists = spoken(desk.material, &["subcontractors"]);
    let none = spoken(desk.material, &["no-subcontracting"]);
    // What cannot be read may name others.
    let open = !lists.unsound.is_empty() || desk.material.register.may_hold(&["subcontractors"]);
    let named = lists.sound.iter().filter_map(|list| list.entry.subcontractors.seen()).flatten();
    let shown = |text: Option<&String>| {
        text.map_or_else(|| "登録に記載がない".to_owned(), |text| display::name(text, NAME_LIMIT).text)
    };
    let rows: Vec<Vec<String>> = named
        .map(|one| {
            let name = display::name(&one.name, NAME_LIMIT).text;
            vec![name, shown(one.scope.seen()), shown(one.need.seen()), shown(one.permitted.seen())]
        })
        .collect();
    let lacking = rows.iter().any(|row| row.iter().any(|cell| cell == "登録に記載がない"));
    let (state, extent) = match (rows.len(), none.sound.first(), open) {
        (0, Some(_), false) => (State::Whole, "再委託先及び外部委託先がない旨の申告による。".to_owned()),
        (0, _, _) => (State::Nothing, "委託先の一覧又は委託先がない旨の申告の登録がない。".to_owned()),
        (count, contrary, open) => {
            let doubt =
                if contrary.is_some() { "委託先がない旨の申告と食い違う。" } else { "" };
            let state = State::part_if(open || lacking || contrary.is_some());
            (state, format!("{count}者の名称、委託の範囲、必要性及び許可の日付。{doubt}"))
        }
    };
    let by: Vec<&Document> =
        if rows.is_empty() { none.sound } else { lists.sound.into_iter().chain(none.sound).collect() };
    let columns = ["名称", "委託の範囲", "必要性", "許可の日付"];
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table::new("委託先", &columns, rows)] };
    Found {
        id: "subcontractors",
        title: "再委託先及び外部委託先",
        state,
        extent,
        grounds: grounds(desk.papers, &by),
        tables,
    }
    .item("本資料に記載する", &handling(&by, &desk.origin.marking))
}

/// Who watches, and whom to ask.
pub fn contacts(desk: &Desk<'_>) -> Item {
    const KEYS: [(&str, &str); 2] =
        [("incident-contact", "インシデントの連絡先と手順"), ("monitoring-organisation", "監視の体制")];
    let (mut rows, mut by, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (key, title) in KEYS {
        let found = spoken(desk.material, &[key]);
        if found.sound.is_empty() {
            open.push(title);
        }
        for document in found.sound {
            let barred = crate::package::papers::bar(document);
            let text = match (&barred, document.entry.text.seen()) {
                (Some(why), _) => why.clone(),
                (None, Some(text)) => display::prose(text, 600).text,
                (None, None) => "登録に記載がない".to_owned(),
            };
            rows.push(vec![title.to_owned(), text]);
            by.push(document);
        }
    }
    let (state, extent) = match (rows.is_empty(), open.is_empty()) {
        (true, _) => (State::Nothing, format!("{}の登録がない。", open.join("及び"))),
        (false, true) => (State::Whole, "インシデントの連絡先と手順、及び監視の体制。".to_owned()),
        (false, false) => (State::Part, format!("{}の登録を確認できない。", open.join("及び"))),
    };
    let tables = if rows.is_empty() {
        Vec::new()
    } else {
        vec![Table::new("連絡先及び体制", &["事項", "内容"], rows)]
    };
    Found {
        id: "contacts",
        title: "連絡先及び監視の体制",
        state,
        extent,
        grounds: grounds(desk.papers, &by),
        tables,
    }
    .item("本資料に記載する", &handling(&by, &desk.origin.marking))
}

fn named(documents: &[&Document]) -> String {
    let name =
        |document: &&Document| display::name(&name_of(&document.entry, &document.id).ja, NAME_LIMIT).text;
    documents.iter().map(name).collect::<Vec<_>>().join("、")
}
