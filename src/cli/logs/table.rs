//! A scan as a table for people.

use sekisho::logs::Scan;
use sekisho::logs::Verdict;
use sekisho::logs::access::Standing;
use sekisho::logs::event::Action;
use sekisho::logs::locate::{Class, Origin, Reason};
use sekisho::logs::result::{GroundSort, Row};
use sekisho::text::Language;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Rows shown; the JSON has all of them.
const ROWS: usize = 60;
/// Flaws, spans and names shown of each sort.
const SOME: usize = 20;

/// The table.
pub fn table(scan: &Scan, language: Language) -> String {
    let say = |ja: &'static str, en: &'static str| match language {
        Language::Ja => ja,
        Language::En => en,
    };
    let mut text = String::new();
    let verdict = match scan.verdict {
        Verdict::Conforms => {
            say("適合: 国外からのアクセスは認められなかった", "conforms: no access from abroad was found")
        }
        Verdict::Violates => say(
            "不適合: 許可のない国外からのアクセスがあった",
            "violates: there was access from abroad that is not allowed",
        ),
        Verdict::Unverified => say(
            "確認不能: 国外からのアクセスがないとは言い切れない",
            "unverified: that there was no access from abroad cannot be said",
        ),
    };
    // Writing to a text does not fail.
    let _ = writeln!(text, "{verdict}");
    for ground in &scan.grounds {
        let _ = writeln!(text, "  {}: {}", word(ground.ground, say), ground.count);
    }
    let _ = writeln!(
        text,
        "{}: {} {}, {} {}, {} MiB",
        say("読み取った量", "read"),
        scan.read.files,
        say("ファイル", "files"),
        scan.read.records,
        say("件", "records"),
        scan.read.bytes >> 20
    );
    for (flaw, count) in &scan.read.flaws {
        let _ = writeln!(text, "  {flaw}: {count}");
    }
    if scan.read.skipped_files > 0 {
        let said = say("期間より前のため読んでいないファイル", "files of the time before, not read");
        let _ = writeln!(text, "  {said}: {}", scan.read.skipped_files);
    }
    let empty: u64 = scan.sources.iter().map(|source| source.empty_files).sum();
    if empty > 0 {
        let said = say(
            "記録のないファイル（その時間を示すものとして数える）",
            "files without records, each counted for its hour",
        );
        let _ = writeln!(text, "  {said}: {empty}");
    }
    if scan.read.outside_period > 0 {
        let _ = writeln!(text, "  {}: {}", say("期間外", "outside the period"), scan.read.outside_period);
    }
    let _ = writeln!(text);
    let lines: Vec<[String; 7]> = scan.rows.iter().take(ROWS).map(|row| line(row, say)).collect();
    let head = [
        say("区分", "standing"),
        say("件数", "count"),
        say("発信元", "from"),
        say("主体", "principal"),
        say("サービス", "service"),
        say("操作", "action"),
        say("最初〜最後", "first to last"),
    ]
    .map(str::to_owned);
    let width = |column: usize| {
        std::iter::once(&head)
            .chain(&lines)
            .filter_map(|line| line.get(column))
            .map(|cell| cell.width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..7).map(width).collect();
    for line in std::iter::once(&head).chain(&lines) {
        let cells = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    if scan.rows.len() > ROWS {
        let _ = writeln!(
            text,
            "{} {}",
            scan.rows.len() - ROWS,
            say("行を省略（--json で全行）", "rows more (all with --json)")
        );
    }
    let _ = writeln!(text, "\n{}", say("ログの保存", "what was kept"));
    for source in &scan.sources {
        let oldest = source.oldest.map_or_else(|| "-".to_owned(), |oldest| oldest.to_string());
        let days = source.kept_days.map_or_else(|| "-".to_owned(), |days| days.to_string());
        let _ = writeln!(
            text,
            "  {}: {} {}, {} {oldest} ({days} {}), {} {}",
            source.source,
            source.records,
            say("件", "records"),
            say("最古", "oldest"),
            say("日", "days"),
            say("欠落時間", "hours missing"),
            source.missing_hours
        );
        for span in source.missing.iter().take(SOME) {
            let _ = writeln!(text, "    {} .. {}", span.from, span.to);
        }
    }
    if let Some(validation) = &scan.validation {
        let _ = writeln!(
            text,
            "{}: {} {}, {} {}, {} {}, {} {}, {} {}; {} {}, {} {}, {} {}",
            say("ダイジェスト", "digests"),
            validation.digests,
            say("個", "files"),
            say("一致", "matched"),
            validation.matched,
            say("改変", "altered"),
            validation.altered.len(),
            say("欠落", "missing"),
            validation.missing.len(),
            say("連鎖の断絶", "breaks of the chain"),
            validation.broken.len(),
            say("署名検証済み", "signatures verified"),
            validation.signatures_verified,
            say("署名不一致", "refused"),
            validation.signatures_refused.len(),
            say("署名未検証", "not verified"),
            validation.signatures_unverified
        );
    }
    for used in &scan.entries {
        let state = match (used.expired, used.records) {
            (true, _) => say("期限切れ（無効）", "expired, allows nothing"),
            (false, 0) => say("該当なし", "matched nothing"),
            (false, _) => say("適用", "applied"),
        };
        let _ = writeln!(
            text,
            "{} {}: {state}, {} {}",
            say("許可", "entry"),
            used.entry.reason,
            used.records,
            say("件", "records")
        );
    }
    for flaw in scan.flaws.iter().take(SOME) {
        let detail = flaw.detail.as_deref().unwrap_or_default();
        let _ = writeln!(text, "{} @{}: {} {detail}", flaw.file, flaw.offset, flaw.flaw);
    }
    text
}

type Say<'a> = &'a dyn Fn(&'static str, &'static str) -> &'static str;

fn line(row: &Row, say: impl Fn(&'static str, &'static str) -> &'static str) -> [String; 7] {
    let say: Say<'_> = &say;
    let standing = match row.standing {
        Standing::Home => say("国内", "home"),
        Standing::Allowed => say("許可済み", "allowed"),
        Standing::Abroad => say("国外", "ABROAD"),
        Standing::Unknown => say("不明", "unknown"),
    };
    let action = match row.action {
        Action::Read => say("読取り", "read"),
        Action::Write => say("書込み", "write"),
        Action::Manage => say("管理", "manage"),
        Action::Login => say("ログイン", "login"),
        Action::Other => say("その他", "other"),
    };
    let name = |name: &Option<String>| match name.as_deref() {
        None => say("（その他多数）", "(many others)").to_owned(),
        Some("") => "-".to_owned(),
        Some(name) => name.to_owned(),
    };
    [
        standing.to_owned(),
        row.count.to_string(),
        origin(&row.origin, say),
        name(&row.principal),
        name(&row.service),
        action.to_owned(),
        format!("{} .. {}", row.first, row.last),
    ]
}

fn origin(origin: &Origin, say: Say<'_>) -> String {
    let place = origin.place.as_deref().unwrap_or("-");
    let provider = origin.provider.as_deref().unwrap_or_default();
    match (origin.class, origin.reason) {
        (Class::Home | Class::Abroad, _) => origin.country.clone().unwrap_or_default(),
        (Class::ProviderHome | Class::ProviderAbroad, _) => format!("{provider} {place}"),
        (Class::ProviderService, _) => format!("{provider} {} ({place})", say("サービス", "service")),
        (Class::Unknown, reason) => match reason {
            Some(Reason::Absent) | None => say("記載なし", "not said"),
            Some(Reason::Private) => say("私設アドレス", "private address"),
            Some(Reason::Unreadable) => say("判読不能", "unreadable"),
            Some(Reason::NoDatabase) => say("国データベースなし", "no database given"),
            Some(Reason::NotInDatabase) => say("データベースにない", "not in the database"),
            Some(Reason::ProviderSomewhere) => say("クラウド（場所不明）", "cloud, place not told"),
            Some(Reason::ServiceSomewhere) => {
                say("クラウドのサービス（場所不明）", "cloud service, place not told")
            }
        }
        .to_owned(),
    }
}

fn word(ground: GroundSort, say: impl Fn(&'static str, &'static str) -> &'static str) -> &'static str {
    match ground {
        GroundSort::Abroad => say("許可のない国外からの記録", "records from abroad that no entry allows"),
        GroundSort::UnknownOrigin => say("発信元を特定できない記録", "records whose origin is not known"),
        GroundSort::NotRead => say("読み取れなかった箇所", "places that could not be read"),
        GroundSort::UnknownForm => say("形式が不明な記録", "records of no known form"),
        GroundSort::MissingHours => say("ログのない時間", "hours without logs"),
        GroundSort::TooManyHours => say("時間が多すぎる出所", "sources with too many hours"),
        GroundSort::Validation => say("ダイジェストとの不一致", "differences from the digests"),
        GroundSort::NotListed => say("一覧できなかった場所", "places that could not be listed"),
        GroundSort::NothingRead => say("記録が一件もない", "no record was read"),
    }
}
