//! Where copies rest, the resources, what was not seen, the sweep, and the calls.

use super::book::{Book, Cell, Column, EVIDENCE, col, name};
use crate::report::numbers::{self, Numbers, sorted_gaps};
use crate::report::seen::{self, Whereabouts};
use crate::report::{Material, ReportError, display, totals, words};
use crate::text::Language;
use crate::words::{Word, word};
use std::collections::BTreeSet;

/// Most resources that are listed one by one; more are counted, and stand whole in `resources.csv`.
const RESOURCES: u64 = 100_000;

const PROVIDER: Word = word("事業者", "provider");
const ACCOUNT: Word = word("アカウント", "account");
const REGION: Word = word("リージョン", "region");
const SERVICE: Word = word("サービス", "service");
const KIND: Word = word("種類", "kind");
const HOME: Word = word("国内", "home");
const ABROAD: Word = word("国外", "abroad");
const UNSEEN: Word = word("確認不能", "not seen");

const PLACES: &[Column] = &[
    col(word("国内・国外", "whereabouts"), 12),
    col(PROVIDER, 9),
    col(word("保存先", "location"), 28),
    col(word("国", "countries"), 28),
    col(word("拠点", "site"), 14),
    col(word("保存先の種別", "role"), 14),
    col(word("要機密", "confidential"), 10),
    col(word("その他", "other"), 10),
];

const LISTED: &[Column] = &[
    col(PROVIDER, 9),
    col(ACCOUNT, 22),
    col(REGION, 18),
    col(SERVICE, 18),
    col(KIND, 22),
    col(word("名称", "name"), 26),
    col(word("識別子", "id"), 34),
    col(word("要機密", "confidential"), 10),
    col(word("要安定", "availability critical"), 10),
    col(word("国内の保存先", "copies at home"), 9),
    col(word("国外の保存先", "copies abroad"), 9),
    col(word("所在不明の保存先", "copies of unknown place"), 10),
    col(word("国", "countries"), 28),
];

const COUNTED: &[Column] = &[col(PROVIDER, 9), col(SERVICE, 18), col(KIND, 22), col(word("数", "count"), 10)];

const GAPS: &[Column] = &[
    col(word("対象", "subject"), 34),
    col(word("確認できなかったもの", "what was not seen"), 34),
    col(word("何かがあり得るか", "may hide something"), 11),
    col(word("理由", "reason"), 46),
    col(word("操作", "operation"), 30),
    col(word("必要な権限", "permission"), 32),
    col(word("次に行うこと", "next step"), 36),
    col(EVIDENCE, 14),
];

const CELLS: &[Column] = &[
    col(PROVIDER, 9),
    col(ACCOUNT, 22),
    col(REGION, 18),
    col(SERVICE, 24),
    col(word("状態", "state"), 26),
    col(word("確認済み", "accounted for"), 10),
    col(word("資源の数", "resources"), 10),
];

/// Writes places, resources, gaps and cells.
pub fn write(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    places(book, material)?;
    // Where verdicts alone are told there are counts, and no facts.
    let facts = material.facts.pass().next().is_some();
    match totals::resources(material.assessment) {
        all if all > RESOURCES || (all > 0 && !facts) => counted(book, material, (all, facts))?,
        _ => listed(book, material)?,
    }
    gaps(book, material)?;
    cells(book, material)
}

fn places(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let home = |countries: &[String]| countries.iter().all(|one| material.home_countries.contains(one));
    let mut places: Vec<_> = material
        .assessment
        .places
        .iter()
        .map(|place| {
            let whereabouts = match place.countries.as_slice() {
                [] => Whereabouts::Unseen,
                all if home(all) => Whereabouts::Home,
                _ => Whereabouts::Abroad,
            };
            (whereabouts, place)
        })
        .collect();
    places.sort_by(|(at, a), (other, b)| {
        let key = |place: &crate::assess::PlaceCount| place.role;
        (at, &a.provider, &a.location, &a.countries, &a.site)
            .cmp(&(other, &b.provider, &b.location, &b.countries, &b.site))
            .then_with(|| key(a).cmp(&key(b)))
    });
    let language = book.language;
    let mut list = book.list(word("保存先", "Places"), PLACES, None)?;
    for (whereabouts, place) in places {
        let countries: Vec<&str> = place
            .countries
            .iter()
            .map(|code| words::country(code).map_or(code.as_str(), |word| word.get(language)))
            .collect();
        let row = vec![
            match whereabouts {
                Whereabouts::Home => Cell::Signed("●", HOME),
                Whereabouts::Abroad => Cell::Signed("◆", ABROAD),
                Whereabouts::Unseen => Cell::Signed("？", UNSEEN),
            },
            name(&place.provider),
            name(&place.location),
            name(&countries.join("; ")),
            name(&place.site),
            list.word(words::role(place.role)),
            Cell::Number(place.confidential),
            Cell::Number(place.other),
        ];
        list.row(row)?;
    }
    list.end()
}

fn listed(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let known = |value: Option<bool>| match value {
        Some(true) => word("該当", "yes"),
        Some(false) => word("非該当", "no"),
        None => UNSEEN,
    };
    let mut list = book.list(word("資源", "Resources"), LISTED, None)?;
    seen::each(material, |resource| {
        let (mut counts, mut countries) = ([0_u64; 3], BTreeSet::new());
        for copy in &resource.copies {
            counts[match copy.whereabouts(material.home_countries) {
                Whereabouts::Home => 0,
                Whereabouts::Abroad => 1,
                Whereabouts::Unseen => 2,
            }] += 1;
            countries.extend(copy.countries.iter().flatten().map(AsRef::as_ref));
        }
        let [home, abroad, unseen] = counts.map(Cell::Number);
        let row = vec![
            name(&resource.provider),
            name(&resource.account),
            name(&resource.region),
            name(&resource.service),
            list.word(crate::words::kind(resource.kind)),
            name(&resource.name),
            name(&resource.id),
            list.word(known(resource.confidential)),
            list.word(known(resource.availability_critical)),
            home,
            abroad,
            unseen,
            name(&countries.into_iter().collect::<Vec<&str>>().join("; ")),
        ];
        list.row(row)
    })?;
    list.end()
}

fn counted(book: &mut Book, material: &Material<'_>, (all, facts): (u64, bool)) -> Result<(), ReportError> {
    let all = display::grouped(all);
    let notice = match (book.language, facts) {
        (Language::Ja, true) => {
            format!("資源は{all}件あり、種類ごとの数を示す。一覧は resources.csv 及び copies.csv に収める。")
        }
        (Language::En, true) => {
            format!(
                "There are {all} resources, counted here by kind; resources.csv and copies.csv list them."
            )
        }
        (Language::Ja, false) => format!("資源は{all}件あり、種類ごとの数を示す。一覧は取り除かれている。"),
        (Language::En, false) => {
            format!("There are {all} resources, counted here by kind; the list of them was taken out.")
        }
    };
    let mut resources: Vec<_> = material.assessment.resources.iter().collect();
    resources.sort();
    let mut list = book.list(word("資源", "Resources"), COUNTED, Some(notice))?;
    for (provider, service, kind, count) in resources {
        let kind = match crate::words::kind_named(kind) {
            Some(word) => list.word(word),
            None => name(kind),
        };
        list.row(vec![name(provider), name(service), kind, Cell::Number(*count)])?;
    }
    list.end()
}

fn gaps(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let numbers = Numbers::of(material.assessment);
    let may_hide = totals::may_hide(material.assessment);
    let mut list = book.list(word("確認できなかったもの", "Gaps"), GAPS, None)?;
    for gap in sorted_gaps(material.assessment) {
        let call = gap.call.as_ref().map(|call| numbers::label(numbers.number(call)));
        let row = vec![
            name(&gap.subject),
            match words::facet(&gap.facet) {
                Some(word) => list.word(word),
                None => name(&gap.facet),
            },
            list.word(if may_hide(gap) {
                word("あり得る", "yes")
            } else {
                word("ない（利用不可の単位）", "no: a closed cell")
            }),
            list.word(words::gap(gap.reason)),
            name(&gap.operation),
            name(&gap.permission),
            list.word(words::next_step(gap.reason)),
            Cell::Text(call.unwrap_or_default()),
        ];
        list.row(row)?;
    }
    list.end()
}

fn cells(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    let mut cells: Vec<_> = material.assessment.cells.iter().collect();
    cells.sort_by_key(|cell| (&cell.provider, &cell.account, &cell.region, &cell.service));
    let mut list = book.list(word("調査単位", "Cells"), CELLS, None)?;
    for cell in cells {
        let row = vec![
            name(&cell.provider),
            name(&cell.account),
            name(&cell.region),
            name(&cell.service),
            list.word(words::cell(cell.state)),
            match cell.state.is_accounted_for() {
                true => Cell::Signed("○", word("済", "yes")),
                false => Cell::Signed("△", word("未", "no")),
            },
            Cell::Number(cell.resources),
        ];
        list.row(row)?;
    }
    list.end()
}

/// Writes the calls by operation.
pub fn calls(book: &mut Book, material: &Material<'_>) -> Result<(), ReportError> {
    const COLUMNS: &[Column] = &[col(word("操作", "operation"), 30), col(word("回数", "calls"), 10)];
    let mut list = book.list(word("呼出し", "Calls"), COLUMNS, None)?;
    for (operation, calls) in &material.ledger.by_operation {
        list.row(vec![name(operation), Cell::Number(*calls)])?;
    }
    list.end()
}
