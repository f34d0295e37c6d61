//! Items that the run answers: services, things, places, records, encryption, backups and erasure, in figures.

use super::{Desk, Found, Item, State, Table};
use crate::package::counts::{self, grounds, handling, spoken};
use crate::package::demands::provider_name;
use crate::package::inventory::Encrypted;
use crate::report::display::{self, NAME_LIMIT, grouped};
use crate::run_folder::{FACTS, LEDGER, LOGS};
use crate::text::Language;
use crate::words;
use jiff::Timestamp;
use sekisho_contract::fact::{CopyRole, KeyManager, Kind};
use sekisho_contract::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

const IN_THIS_PAPER: &str = "本資料に記載する（件数のみ。個々の資源の識別子は含めない）";

/// Why the lists of services, things and places may not be whole; empty where they are.
fn unlisted(desk: &Desk<'_>) -> String {
    let (material, mut told) = (desk.material, String::new());
    let open = material.inventory.unaccounted();
    if open > 0 {
        told.push_str(&format!(
            "アカウント・リージョン・サービスの組のうち{}組は、一覧を得られていない。",
            grouped(open)
        ));
    }
    if material.run.cancelled {
        told.push_str("調査が途中で中断されている。");
    }
    if counts::is_open(material.then, "second-lists-agree") {
        told.push_str("料金の明細その他の一覧との一致を確認できていない。");
    }
    if counts::is_open(material.then, "services-in-use-read") {
        told.push_str("利用があっても内容を読み取っていないサービスがある。");
    }
    told
}

/// Services in use, by provider and region.
pub fn services(desk: &Desk<'_>) -> Item {
    let mut all: BTreeMap<(&str, &str), (BTreeSet<&str>, u64)> = BTreeMap::new();
    for ((provider, service, region, _), count) in &desk.material.inventory.things {
        let one = all.entry((provider, service)).or_default();
        one.0.insert(region);
        one.1 += count;
    }
    let providers: BTreeSet<&str> = all.keys().map(|(provider, _)| *provider).collect();
    let regions: BTreeSet<(&str, &str)> = all
        .iter()
        .flat_map(|((provider, _), (regions, _))| regions.iter().map(|region| (*provider, *region)))
        .collect();
    let open = unlisted(desk);
    let extent =
        format!("{}事業者の{}サービス、{}リージョン。{open}", providers.len(), all.len(), regions.len());
    let rows = all
        .iter()
        .map(|((provider, service), (regions, count))| {
            let regions: Vec<String> = regions.iter().map(|one| display::name(one, 60).text).collect();
            let service = display::name(service, NAME_LIMIT).text;
            vec![provider_name(provider), service, regions.join("、"), grouped(*count)]
        })
        .collect();
    Found {
        id: "services",
        title: "利用するクラウドサービスとリージョン",
        state: State::part_if(!open.is_empty()),
        extent,
        grounds: [desk.file(FACTS), desk.file(LEDGER)].concat(),
        tables: vec![Table::new(
            "利用するクラウドサービス",
            &["事業者", "サービス", "リージョン", "資源の件数"],
            rows,
        )],
    }
    .item(IN_THIS_PAPER, &desk.origin.marking)
}

/// Kinds of things, counted.
pub fn kinds(desk: &Desk<'_>) -> Item {
    let mut all: BTreeMap<(&str, Kind), u64> = BTreeMap::new();
    for ((provider, _, _, kind), count) in &desk.material.inventory.things {
        *all.entry((provider, *kind)).or_default() += count;
    }
    let open = unlisted(desk);
    let kinds: BTreeSet<Kind> = all.keys().map(|(_, kind)| *kind).collect();
    let total: u64 = all.values().sum();
    let rows = all
        .iter()
        .map(|((provider, kind), count)| {
            vec![provider_name(provider), words::kind(*kind).ja.to_owned(), grouped(*count)]
        })
        .collect();
    Found {
        id: "kinds",
        title: "資源の種類と件数",
        state: State::part_if(!open.is_empty()),
        extent: format!("{}種類、{}件。{open}", kinds.len(), grouped(total)),
        grounds: desk.file(FACTS),
        tables: vec![Table::new("資源の種類", &["事業者", "種類", "件数"], rows)],
    }
    .item(IN_THIS_PAPER, &desk.origin.marking)
}

/// Where copies rest.
pub fn places(desk: &Desk<'_>) -> Item {
    let home = &desk.material.profile.parameters.home_countries;
    let mut all: BTreeMap<(&str, CopyRole, String), (u64, u64)> = BTreeMap::new();
    let (mut at_home, mut abroad, mut unknown) = (0_u64, 0_u64, 0_u64);
    for place in &desk.material.then.places {
        let count = place.confidential + place.other;
        let is_home = |country: &String| home.contains(country);
        let told = if place.countries.is_empty() {
            unknown += count;
            "所在が分からない".to_owned()
        } else {
            let named = |code: &String| {
                words::country(code).map_or_else(|| display::name(code, 20).text, |name| name.ja.to_owned())
            };
            let countries: Vec<String> = place.countries.iter().map(named).collect();
            if place.countries.iter().all(is_home) {
                at_home += count;
                match words::site(&place.site) {
                    Some(site) => format!("国内（{}）", site.ja),
                    None => "国内".to_owned(),
                }
            } else {
                abroad += count;
                format!("国外を含む（{}）", countries.join("・"))
            }
        };
        let one = all.entry((&place.provider, place.role, told)).or_default();
        one.0 += place.confidential;
        one.1 += place.other;
    }
    let open = unlisted(desk);
    let extent = format!(
        "国内{}件、国外を含むもの{}件、所在が分からないもの{}件。{open}",
        grouped(at_home),
        grouped(abroad),
        grouped(unknown)
    );
    let rows = all
        .into_iter()
        .map(|((provider, role, told), (confidential, other))| {
            let role = words::role(role).ja.to_owned();
            vec![provider_name(provider), role, told, grouped(confidential), grouped(other)]
        })
        .collect();
    Found {
        id: "places",
        title: "データの保存先の所在",
        state: State::part_if(unknown > 0 || !open.is_empty()),
        extent,
        grounds: desk.file(FACTS),
        tables: vec![Table::new(
            "保存先の役割と所在",
            &["事業者", "役割", "所在", "要機密情報の件数", "その他の件数"],
            rows,
        )],
    }
    .item(IN_THIS_PAPER, &desk.origin.marking)
}

/// Kinds of logs, and how long they are kept.
pub fn logs(desk: &Desk<'_>) -> Item {
    let (material, mut rows, mut open) = (desk.material, Vec::new(), false);
    for ((provider, service), trails) in &material.inventory.trails {
        open |= trails.unseen > 0;
        rows.push(vec![
            words::kind(Kind::AuditTrail).ja.to_owned(),
            provider_name(provider),
            display::name(service, NAME_LIMIT).text,
            grouped(trails.on + trails.off + trails.unseen),
            format!("記録中{}件、停止{}件、確認不能{}件", trails.on, trails.off, trails.unseen),
        ]);
    }
    for ((provider, service), kept) in &material.inventory.stores {
        open |= kept.unseen > 0;
        let days = match (kept.least, kept.most) {
            (Some(least), Some(most)) if least == most => format!("{least}日、"),
            (Some(least), Some(most)) => format!("{least}日から{most}日、"),
            (_, _) => String::new(),
        };
        rows.push(vec![
            words::kind(Kind::LogStore).ja.to_owned(),
            provider_name(provider),
            display::name(service, NAME_LIMIT).text,
            grouped(kept.all),
            format!("{days}自動削除なし{}件、確認不能{}件", kept.endless, kept.unseen),
        ]);
    }
    let measured = match &material.then.logs {
        Some(scan) => {
            let known: Vec<i64> = scan.sources.iter().filter_map(|source| source.kept_days).collect();
            open |= known.len() < scan.sources.len();
            match known.iter().min() {
                Some(least) => format!("実際に残る最も古い記録は、短いもので{least}日前である。"),
                None => "実際に残る記録の期間は確認できていない。".to_owned(),
            }
        }
        None => "実際に残る記録の期間は調べていない。".to_owned(),
    };
    let on: u64 = material.inventory.trails.values().map(|trails| trails.on).sum();
    let listed = unlisted(desk);
    let (state, extent) = if rows.is_empty() {
        (State::Nothing, format!("証跡及びログの保管先が見つかっていない。{listed}"))
    } else {
        let extent =
            format!("記録中の監査証跡{}件、その保管先と設定された保存期間。{measured}{listed}", grouped(on));
        (State::part_if(open || on == 0 || !listed.is_empty()), extent)
    };
    let read = if material.then.logs.is_some() { desk.file(LOGS) } else { Vec::new() };
    Found {
        id: "logs",
        title: "証跡（ログ）の種類と保存期間",
        state,
        extent,
        grounds: [desk.file(FACTS), read].concat(),
        tables: vec![Table::new(
            "証跡及びログの保管先",
            &["種類", "事業者", "サービス", "件数", "状態・保存期間"],
            rows,
        )],
    }
    .item("種類と期間は本資料に記載する。証跡は要求に応じて電子ファイルで提供する", &desk.origin.marking)
}

/// Encryption at rest, and keys.
pub fn encryption(desk: &Desk<'_>) -> Item {
    const HOW: [Encrypted; 5] = [
        Encrypted::ByCustomer,
        Encrypted::ByProvider,
        Encrypted::ByUnseen,
        Encrypted::Not,
        Encrypted::Unseen,
    ];
    let inventory = desk.material.inventory;
    let mut all: BTreeMap<(&str, Kind), [u64; 5]> = BTreeMap::new();
    for ((provider, kind, how), count) in &inventory.encryption {
        let row = all.entry((provider, *kind)).or_default();
        for (at, one) in HOW.iter().enumerate() {
            if one == how {
                row[at] += count;
            }
        }
    }
    let sum = |at: usize| all.values().map(|row| row[at]).sum::<u64>();
    let (bare, unseen) = (sum(3), sum(2) + sum(4));
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|((provider, kind), row)| {
            let figures = row.iter().map(|count| grouped(*count));
            [provider_name(provider), words::kind(*kind).ja.to_owned()].into_iter().chain(figures).collect()
        })
        .collect();
    let keys: Vec<Vec<String>> = inventory
        .keys
        .iter()
        .map(|((provider, region, manager), count)| {
            let manager = match manager {
                Some(KeyManager::Customer) => "利用者",
                Some(KeyManager::External) => "利用者（事業者の外）",
                Some(KeyManager::Provider) => "事業者",
                Some(KeyManager::None) | None => "確認不能",
            };
            vec![provider_name(provider), display::name(region, 60).text, manager.to_owned(), grouped(*count)]
        })
        .collect();
    let rotation = counts::told(desk.material.then, "鍵の自動更新", "key-rotation");
    let listed = unlisted(desk);
    let unmanaged = inventory.keys.keys().any(|(.., manager)| manager.is_none());
    let (state, extent) = if rows.is_empty() {
        (State::Nothing, format!("保存時の暗号化を確認した資源がない。{listed}"))
    } else {
        let extent = format!(
            "保存時の暗号化：利用者の鍵{}件、事業者の鍵{}件、暗号化なし{}件、確認不能{}件。{rotation}{listed}",
            grouped(sum(0)),
            grouped(sum(1)),
            grouped(bare),
            grouped(unseen)
        );
        (State::part_if(unseen > 0 || unmanaged || !listed.is_empty()), extent)
    };
    let columns =
        ["事業者", "種類", "利用者の鍵", "事業者の鍵", "鍵の管理者が不明", "暗号化なし", "確認不能"];
    Found {
        id: "encryption",
        title: "暗号化及び鍵管理",
        state,
        extent,
        grounds: desk.file(FACTS),
        tables: vec![
            Table::new("保存時の暗号化（件数）", &columns, rows),
            Table::new("鍵の所在と管理者", &["事業者", "リージョン", "管理者", "件数"], keys),
        ],
    }
    .item(IN_THIS_PAPER, &desk.origin.marking)
}

/// Backups, and the recovery point objective.
pub fn recovery(desk: &Desk<'_>) -> Item {
    let declared = spoken(desk.material, &["declared-rpo"]);
    let named = |name: &str| match name {
        "*" => "その他のすべて".to_owned(),
        // An account's number is nobody's business here.
        name if name.contains('/') => "アカウント単位の指定".to_owned(),
        name => display::name(name, NAME_LIMIT).text,
    };
    let minutes = |minutes: u64| match i64::try_from(minutes).ok().and_then(|one| one.checked_mul(60)) {
        Some(seconds) => words::span(seconds, Language::Ja),
        None => format!("{}分", grouped(minutes)),
    };
    let objectives: Vec<Vec<String>> = declared
        .sound
        .iter()
        .filter_map(|document| document.entry.systems.seen())
        .flatten()
        .map(|one| vec![named(&one.name), minutes(one.rpo_minutes), minutes(one.rto_minutes)])
        .collect();
    let mut measured: BTreeMap<(&str, Kind), [u64; 3]> = BTreeMap::new();
    for told in &desk.material.then.recovery {
        let row = measured.entry((&told.provider, told.kind)).or_default();
        match told.exists {
            Observed::Seen(true) => row[0] += 1,
            Observed::Seen(false) => row[1] += 1,
            Observed::Unseen(_) => row[2] += 1,
        }
    }
    let sum = |at: usize| measured.values().map(|row| row[at]).sum::<u64>();
    let (with, without, unseen) = (sum(0), sum(1), sum(2));
    let rows: Vec<Vec<String>> = measured
        .iter()
        .map(|((provider, kind), row)| {
            let figures = row.iter().map(|count| grouped(*count));
            [provider_name(provider), words::kind(*kind).ja.to_owned()].into_iter().chain(figures).collect()
        })
        .collect();
    let met = counts::told(desk.material.then, "復旧時点目標の達成", "recovery-point-objective-met");
    let listed = unlisted(desk);
    let figures = format!(
        "復旧できる時点があるもの{}件、ないもの{}件、確認不能{}件。{met}",
        grouped(with),
        grouped(without),
        grouped(unseen)
    );
    let (state, extent) = if objectives.is_empty() {
        (State::Nothing, format!("復旧時点目標（RPO）の申告の登録がないか、確認できない。{figures}"))
    } else {
        let state = State::part_if(unseen > 0 || !declared.unsound.is_empty() || !listed.is_empty());
        (
            state,
            format!(
                "復旧時点目標（RPO）及び復旧時間目標（RTO）、並びにバックアップの有無。{figures}{listed}"
            ),
        )
    };
    Found {
        id: "recovery",
        title: "バックアップ及び復旧時点目標（RPO）",
        state,
        extent,
        grounds: [grounds(desk.papers, &declared.sound), desk.file(FACTS)].concat(),
        tables: vec![
            Table::new("申告された目標", &["対象", "RPO", "RTO"], objectives),
            Table::new("復旧できる時点の有無（件数）", &["事業者", "種類", "ある", "ない", "確認不能"], rows),
        ],
    }
    .item(IN_THIS_PAPER, &handling(&declared.sound, &desk.origin.marking))
}

/// Means of erasure, and of handing data over.
pub fn erasure(desk: &Desk<'_>) -> Item {
    let stated = spoken(desk.material, &["export-formats"]);
    let exports: Vec<Vec<String>> = stated
        .sound
        .iter()
        .filter_map(|document| document.entry.exports.seen())
        .flatten()
        .map(|export| {
            let kind = |name: &String| {
                words::kind_named(name)
                    .map_or_else(|| display::name(name, 60).text, |word| word.ja.to_owned())
            };
            let kinds: Vec<String> = export.kinds.iter().map(kind).collect();
            let shown = |text: &String| display::name(text, NAME_LIMIT).text;
            vec![kinds.join("、"), shown(&export.format), shown(&export.how)]
        })
        .collect();
    let (mut dated, mut never, mut unseen, mut crypto) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut latest: Option<Timestamp> = None;
    let mut hindrances: BTreeMap<String, u64> = BTreeMap::new();
    for told in &desk.material.then.erasure {
        match &told.earliest {
            Observed::Seen(Some(at)) => match at.parse::<Timestamp>() {
                Ok(at) => {
                    dated += 1;
                    latest = Some(latest.map_or(at, |known| known.max(at)));
                }
                Err(_) => unseen += 1,
            },
            Observed::Seen(None) => never += 1,
            Observed::Unseen(_) => unseen += 1,
        }
        crypto += u64::from(matches!(told.crypto, Observed::Seen(Some(_))));
        let kinds: BTreeSet<String> = told
            .hindrances
            .iter()
            .map(|hindrance| {
                let word = hindrance.kind.seen().and_then(|kind| serde_json::to_value(kind).ok());
                let word = word.as_ref().and_then(|word| word.as_str());
                word.map_or_else(|| "確認不能".to_owned(), |word| crate::checks::spoken(word, Language::Ja))
            })
            .collect();
        for kind in kinds {
            *hindrances.entry(kind).or_default() += 1;
        }
    }
    let day = latest.map(|at| jiff::tz::Offset::constant(9).to_datetime(at).date());
    let day = day.map_or_else(String::new, |day| format!("（最も遅いもので{day}）"));
    let figures = format!(
        "抹消を終えられる日が分かるもの{}件{day}、抹消できないもの{}件、確認不能{}件。鍵の破棄による抹消ができるもの{}件。",
        grouped(dated),
        grouped(never),
        grouped(unseen),
        grouped(crypto)
    );
    let listed = unlisted(desk);
    let (state, extent) = if exports.is_empty() {
        (State::Nothing, format!("返却の方法とデータ形式の申告の登録がないか、確認できない。{figures}"))
    } else {
        (
            State::part_if(unseen > 0 || !stated.unsound.is_empty() || !listed.is_empty()),
            format!("{figures}{listed}"),
        )
    };
    let rows = hindrances.into_iter().map(|(kind, count)| vec![kind, grouped(count)]).collect();
    Found {
        id: "erasure",
        title: "返却及び抹消の手段",
        state,
        extent,
        grounds: [grounds(desk.papers, &stated.sound), desk.file(FACTS)].concat(),
        tables: vec![
            Table::new("返却の方法とデータ形式", &["種類", "形式", "方法"], exports),
            Table::new("抹消までに待つもの（該当する資源の件数）", &["種類", "件数"], rows),
        ],
    }
    .item(
        "手段と期日は本資料に記載する。抹消の結果は書面で報告する",
        &handling(&stated.sound, &desk.origin.marking),
    )
}
