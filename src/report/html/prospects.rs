//! Setting back and erasure on the page: figures side by side, a time-line for each group, and a calendar.

use super::page::reason;
use crate::checks::spoken;
use crate::erasure::Erasability;
use crate::recovery::{Achieved, Recoverability};
use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::prospects::{self, Standing};
use crate::report::words::{self, Outcome};
use crate::report::{Material, in_japan};
use crate::text::{Language, Text};
use crate::words::{self as told_as, Word, span};
use jiff::Timestamp;
use jiff::tz::Offset;
use sekisho_contract::fact::{LiftedBy, ObstacleKind};
use sekisho_contract::observed::Observed;
use serde::Serialize;

/// Most groups on the page.
const GROUPS: usize = 60;
/// Most resources of a group.
const OF_GROUP: usize = 5;
/// Most rows of the calendar.
const CALENDAR: usize = 200;
/// Most resources of the calendar told one by one.
const HARDEST: usize = 100;
/// Most hindrances told of one of them.
const HINDRANCES: usize = 3;
/// The width of a time-line.
const WIDTH: i64 = 300;

/// Setting back, on the page.
#[derive(Serialize)]
pub struct Recovery {
    resources: usize,
    met: usize,
    missed: usize,
    open: usize,
    groups: Vec<Group>,
    groups_left_out: usize,
}

/// Resources of one service and kind in one account.
#[derive(Serialize)]
struct Group {
    anchor: String,
    provider: Shown,
    account: Shown,
    service: Shown,
    kind: Word,
    resources: usize,
    rows: Vec<Row>,
    left_out: usize,
    line: Line,
}

#[derive(Serialize)]
struct Row {
    name: Shown,
    outcome: Outcome,
    declared: Option<Text>,
    configured: Option<Text>,
    achieved: Text,
    distant: Text,
    tested: Text,
    notes: Vec<Text>,
}

/// The moments of the worst resource's backups, over the window.
#[derive(Serialize)]
struct Line {
    of: Shown,
    ticks: Vec<i64>,
    gap: Option<(i64, i64)>,
    from: String,
    until: String,
}

impl Recovery {
    pub fn new(material: &Material<'_>) -> Self {
        let all = &material.assessment.recovery;
        let count = |wanted| all.iter().filter(|told| prospects::standing(told) == wanted).count();
        let groups = prospects::groups(material);
        let groups_left_out = groups.len().saturating_sub(GROUPS);
        Self {
            resources: all.len(),
            met: count(Standing::Met),
            missed: count(Standing::Missed),
            open: count(Standing::Open),
            groups: groups
                .iter()
                .take(GROUPS)
                .enumerate()
                .filter_map(|(at, group)| Group::new(at, &group.all, material))
                .collect(),
            groups_left_out,
        }
    }
}

impl Group {
    fn new(at: usize, all: &[&Recoverability], material: &Material<'_>) -> Option<Self> {
        let first = *all.first()?;
        let name = |text: &str| display::name(text, NAME_LIMIT);
        Some(Self {
            anchor: format!("recovery-{at}"),
            provider: name(&first.provider),
            account: name(&first.account),
            service: name(&first.service),
            kind: told_as::kind(first.kind),
            resources: all.len(),
            rows: all.iter().take(OF_GROUP).map(|told| Row::new(told)).collect(),
            left_out: all.len().saturating_sub(OF_GROUP),
            line: Line::new(first, material.run.assessed_at),
        })
    }
}

impl Row {
    fn new(told: &Recoverability) -> Self {
        let standing = prospects::standing(told);
        Self {
            name: display::name(if told.name.is_empty() { &told.id } else { &told.name }, NAME_LIMIT),
            outcome: words::status(match standing {
                Standing::Met => crate::assess::Status::Conforms,
                Standing::Missed => crate::assess::Status::Violates,
                Standing::Open => crate::assess::Status::Unverified,
            }),
            declared: told.declared_s.seen().map(|seconds| length(*seconds)),
            configured: match &told.configured_s {
                Observed::Seen(Some(seconds)) => Some(length(*seconds)),
                Observed::Seen(None) => Some(text("定めなし", "no schedule")),
                Observed::Unseen(_) => None,
            },
            achieved: figure(&told.achieved, told.exists),
            distant: figure(
                &told.distant,
                Observed::Seen(told.distant.points > 0 || told.distant.worst_s.is_unseen()),
            ),
            tested: match &told.restored {
                Observed::Seen(Some(at)) => {
                    let day = prospects::day(at, JAPAN);
                    text(&format!("{day} に復旧済み"), &format!("restored {day}"))
                }
                Observed::Seen(None) => text("復旧は未証明", "restore unproven"),
                Observed::Unseen(_) => text("確認できない", "not seen"),
            },
            notes: notes(told),
        }
    }
}

/// Contracts are dated by the calendar of Japan.
const JAPAN: Offset = Offset::constant(9);

fn text(ja: &str, en: &str) -> Text {
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

fn length(seconds: i64) -> Text {
    Text { ja: span(seconds, Language::Ja), en: span(seconds, Language::En) }
}

fn figure(told: &Achieved, exists: Observed<bool>) -> Text {
    let bound = told.bound_s.map(length);
    match (&told.worst_s, bound) {
        (Observed::Seen(None), _) => text("使える復旧時点がない", "nothing usable"),
        (Observed::Seen(Some(worst)), _) => {
            let worst = length(*worst);
            text(&format!("最悪 {}", worst.ja), &format!("worst {}", worst.en))
        }
        (Observed::Unseen(_), Some(bound)) => text(
            &format!("最悪 {} 以内（判断できない）", bound.ja),
            &format!("worst within {} (undecided)", bound.en),
        ),
        (Observed::Unseen(_), None) if exists == Observed::Seen(false) => {
            text("使える復旧時点がない", "nothing usable")
        }
        (Observed::Unseen(_), None) => text("最悪値は確認できない", "worst case not seen"),
    }
}

fn notes(told: &Recoverability) -> Vec<Text> {
    let mut notes = Vec::new();
    let achieved = &told.achieved;
    let mut note = |ja: String, en: String| notes.push(Text { ja, en });
    if achieved.points > 0 {
        note(format!("使える復旧時点 {}件", achieved.points), format!("{} usable points", achieved.points));
    }
    if let (Some(median), Some(p95)) = (achieved.median_s, achieved.p95_s) {
        let (median, p95) = (length(median), length(p95));
        note(
            format!("間隔の中央値 {}、95% が {} 以内", median.ja, p95.ja),
            format!("gaps: median {}, 95% within {}", median.en, p95.en),
        );
    }
    if let Some(exposure) = achieved.exposure_s.map(length) {
        note(format!("評価の時点で {} 分が未保護", exposure.ja), format!("{} at risk now", exposure.en));
    }
    if let Some(sample) = achieved.sample_s.or(told.distant.sample_s).map(length) {
        note(
            format!("連続的な複製の遅れ {}（一度の読取り）", sample.ja),
            format!("continuous: {} behind, read once", sample.en),
        );
    }
    if let Some(days) = achieved.kept_days {
        note(
            format!("保持が{days}日のため、測定の期間もそれに限られる"),
            format!("kept for {days} days, which limits the measured window"),
        );
    }
    for (number, ja, en) in [
        (achieved.left_out, "使えないか確認できない復旧時点", "points not usable or not seen"),
        (achieved.crash_consistent, "整合性が電源断と同じ復旧時点", "crash-consistent points"),
        (achieved.delays_unseen, "完成した時の分からない復旧時点", "points without a completion time"),
        (told.jobs_failed.seen().copied().unwrap_or(0), "失敗したジョブ", "failed jobs"),
        (
            told.jobs_expired.seen().copied().unwrap_or(0),
            "開始されずに終わったジョブ",
            "jobs not started in time",
        ),
    ] {
        if number > 0 {
            note(format!("{ja} {number}件"), format!("{number} {en}"));
        }
    }
    if !told.sites.is_empty() {
        let called = |language| {
            let each = told.sites.iter();
            let names: Vec<&str> =
                each.map(|id| told_as::site(id).map_or(id.as_str(), |site| site.get(language))).collect();
            names.join(" / ")
        };
        let (sites_ja, sites_en) = (called(Language::Ja), called(Language::En));
        let apart = match &told.apart_km {
            Observed::Seen(km) => format!("{km} km"),
            Observed::Unseen(_) => "?".to_owned(),
        };
        note(
            format!("国内の拠点 {sites_ja}（最大 {apart}）"),
            format!("sites in the home country: {sites_en} (at most {apart} apart)"),
        );
    }
    notes.into_iter().map(|text| reason(&text)).collect()
}

impl Line {
    fn new(told: &Recoverability, at: Timestamp) -> Self {
        let until = at.as_second();
        let moments = &told.achieved.moments;
        let from = moments.first().copied().unwrap_or(until).min(until - 86_400);
        let place = |moment: i64| (moment - from) * WIDTH / (until - from).max(1);
        let mut ends: Vec<i64> = moments.clone();
        ends.push(until);
        let longest = ends.windows(2).max_by_key(|pair| pair[1] - pair[0]);
        let day = |moment: i64| Timestamp::from_second(moment).map(in_japan).unwrap_or_default();
        Self {
            of: display::name(&told.name, NAME_LIMIT),
            ticks: moments.iter().map(|moment| place(*moment)).collect(),
            gap: longest.map(|pair| (place(pair[0]), place(pair[1]) - place(pair[0]))),
            from: day(from),
            until: day(until),
        }
    }
}

/// Erasure, on the page.
#[derive(Serialize)]
pub struct Erasure {
    resources: usize,
    earliest: Option<String>,
    never: usize,
    unseen: usize,
    by_key: usize,
    calendar: Vec<Entry>,
    calendar_left_out: usize,
    hardest: Vec<Hard>,
    hardest_left_out: usize,
}

#[derive(Serialize)]
struct Entry {
    day: Text,
    kind: Text,
    lifted_by: Text,
    class: &'static str,
    resources: usize,
    example: Shown,
}

#[derive(Serialize)]
struct Hard {
    name: Shown,
    kind: Word,
    earliest: Text,
    unaided: Text,
    by: Text,
    crypto: Text,
    copies: i64,
    hindrances: Vec<Text>,
    records: bool,
    retention_days: Option<i64>,
}

impl Erasure {
    pub fn new(material: &Material<'_>) -> Self {
        let all = &material.assessment.erasure;
        let whole = prospects::whole(all);
        let (calendar, hardest) = (prospects::calendar(all, JAPAN), prospects::hardest(all));
        Self {
            resources: all.len(),
            earliest: whole.earliest.map(|at| prospects::day(&at, JAPAN)),
            never: whole.never,
            unseen: whole.unseen,
            by_key: whole.by_key,
            calendar_left_out: calendar.len().saturating_sub(CALENDAR),
            calendar: calendar.iter().take(CALENDAR).map(Entry::new).collect(),
            hardest_left_out: hardest.len().saturating_sub(HARDEST),
            hardest: hardest.into_iter().take(HARDEST).map(Hard::new).collect(),
        }
    }
}

fn date(at: &Observed<Option<String>>) -> Text {
    match at {
        Observed::Seen(Some(at)) => {
            let day = display::name(&prospects::day(at, JAPAN), NAME_LIMIT).text;
            text(&day, &day)
        }
        Observed::Seen(None) => text("期限なし", "never"),
        Observed::Unseen(_) => text("確認できない", "not seen"),
    }
}

fn kind(kind: &Observed<ObstacleKind>) -> Text {
    let word = kind.seen().and_then(|kind| serde_json::to_value(kind).ok());
    match word.as_ref().and_then(serde_json::Value::as_str) {
        Some(word) => Text { ja: spoken(word, Language::Ja), en: spoken(word, Language::En) },
        None => text("あるかもしれない妨げ", "possible obstacles"),
    }
}

fn lifter(by: &Observed<LiftedBy>) -> (&'static str, Text) {
    match by.seen() {
        Some(LiftedBy::Nobody) => ("violates", text("誰にも解除できない", "nobody")),
        Some(LiftedBy::PrivilegedUser) => {
            ("attested", text("特別な権限を持つ者", "holders of special permissions"))
        }
        Some(LiftedBy::User) => ("conforms", text("利用者", "any user who may delete")),
        None => ("unverified", text("確認できない", "not seen")),
    }
}

impl Entry {
    fn new(entry: &prospects::Entry<'_>) -> Self {
        let (class, lifted_by) = lifter(&entry.lifted_by);
        Self {
            day: date(&entry.day),
            kind: kind(&entry.kind),
            lifted_by,
            class,
            resources: entry.resources,
            example: display::name(&entry.example.name, NAME_LIMIT),
        }
    }
}

impl Hard {
    fn new(told: &Erasability) -> Self {
        let hindrance = |one: &crate::erasure::Hindrance| {
            let (kind, (_, by), ends) = (kind(&one.kind), lifter(&one.lifted_by), date(&one.ends));
            let of = one.of.as_deref().map(|of| display::name(of, 60).text);
            let (before_ja, before_en) = match of {
                Some(of) => (format!("写し {of}："), format!("copy {of}: ")),
                None => (String::new(), String::new()),
            };
            reason(&Text {
                ja: format!("{before_ja}{}（{}、{}）", kind.ja, ends.ja, by.ja),
                en: format!("{before_en}{} (ends: {}; lifted by: {})", kind.en, ends.en, by.en),
            })
        };
        Self {
            name: display::name(if told.name.is_empty() { &told.id } else { &told.name }, NAME_LIMIT),
            kind: told_as::kind(told.kind),
            earliest: date(&told.earliest),
            unaided: date(&told.unaided),
            by: date(&told.by),
            crypto: crypto(told),
            copies: told.copies,
            hindrances: told.hindrances.iter().take(HINDRANCES).map(hindrance).collect(),
            records: told.records,
            retention_days: told.retention_days,
        }
    }
}

fn crypto(told: &Erasability) -> Text {
    match told.crypto_bar.as_str() {
        "objects_vary" => {
            text("不可（オブジェクトごとに鍵が異なり得る）", "no: individual objects may use other keys")
        }
        "no_own_key" => text("不可（利用者の鍵でない）", "no: not a customer key"),
        "copy_elsewhere" => text("不可（鍵の写しがほかにある）", "no: the key has a copy elsewhere"),
        "other_key" => text("不可（写しが別の鍵の下にある）", "no: a copy uses another key"),
        "shared_key" => text("不可（鍵をほかの資源も使う）", "no: other resources use the key"),
        "not_destroyable" => text("不可（鍵を破棄できない）", "no: the key cannot be destroyed"),
        _ => date(&told.crypto),
    }
}
