//! The papers of a package: each document that fills, or could fill, a place that has to be filled; its metadata, whether
//! its file went in, and why not.

use super::Material;
use super::names;
use super::restrictions::barred;
use super::take::Refusal;
use crate::assess::{HeldDocument, Status};
use crate::documents::{Document, Handling};
use crate::report::display::marking;
use crate::report::display::{self, NAME_LIMIT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest running text of an entry that is told, in characters.
const TEXT_LIMIT: usize = 600;

/// A document of the package, by its metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its number in the package (書面番号), from 1.
    pub number: usize,
    /// The name of its entry in the register.
    pub entry: String,
    /// The clauses it is handed in for, as people see them.
    pub clauses: Vec<String>,
    /// What sort of document it is: a kind, or what a statement is about.
    pub sort: String,
    /// What people call it.
    pub name: String,
    /// The provider it is about; the contractor's own where there is none.
    pub provider: Option<String>,
    /// What its entry says, as pairs of a heading and a text.
    pub told: Vec<(String, String)>,
    /// How its days stand to the day of the package.
    pub validity: String,
    /// Whether it has expired, or bears a day that has not come.
    pub untimely: bool,
    /// Whether nothing that binds is left open of it.
    pub in_order: bool,
    /// What falls short, or could not be decided.
    pub open: Vec<String>,
    /// SHA-256 of the document, lower-case hex; none of a statement without a file.
    pub sha256: Option<String>,
    /// Its file in the package; none where it did not go in.
    pub file: Option<String>,
    /// Why its file did not go in.
    pub left_out: Option<String>,
    /// Whether it is a statement whose text stands here whole.
    pub statement: bool,
    /// How it is to be handled, in words; none where the register does not say.
    pub handling: Option<String>,
}

/// A document that is to go in, before its file was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The name of its entry.
    pub entry: String,
    /// The clauses it is handed in for, as people see them.
    pub clauses: Vec<String>,
}

/// What became of a document's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It went in, under this name.
    As(String),
    /// It did not.
    Not(String),
}

/// The documents that could fill a place, in the order of the places: each once.
pub fn wanted(material: &Material<'_>) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for submission in &material.profile.submissions {
        let place = super::demands::place(material, submission);
        for entry in place.into_iter().flat_map(|place| &place.entries) {
            match all.iter_mut().find(|known| known.entry == *entry) {
                Some(known) => known.clauses.push(submission.number.clone()),
                None => {
                    all.push(Wanted { entry: entry.clone(), clauses: vec![submission.number.clone()] });
                }
            }
        }
    }
    all
}

/// What bars the file of a document from going in, before anybody looks for it.
pub fn bar(document: &Document) -> Option<String> {
    barred(document.entry.handling.seen())
}

/// What it is called in the package.
pub fn name_in_package(number: usize, wanted: &Wanted, document: &Document, bytes: &[u8]) -> String {
    let given = document.entry.file.seen().map_or("", String::as_str);
    let clause = wanted.clauses.first().map_or("", String::as_str);
    names::file_name(number, clause, &wanted.entry, names::ending(bytes, given))
}

impl From<Refusal> for Taken {
    fn from(refusal: Refusal) -> Self {
        Self::Not(refusal.told().to_owned())
    }
}

/// A document by its metadata.
pub fn paper(
    material: &Material<'_>,
    number: usize,
    wanted: &Wanted,
    document: &Document,
    taken: &Taken,
) -> Paper {
    let held = material.now.documents.iter().find(|held| held.fact.id == document.id);
    let entry = &document.entry;
    let shown = |text: &String| display::name(text, NAME_LIMIT).text;
    let statement = entry.key() != entry.kind.as_str();
    let barred = bar(document);
    // What a statement says is all there is of it; where it may not be passed on, neither may its words.
    let whole = statement && entry.file.is_unseen() && entry.sha256.is_unseen() && barred.is_none();
    Paper {
        number,
        entry: document.id.clone(),
        clauses: wanted.clauses.clone(),
        sort: entry.key().to_owned(),
        name: display::name(&crate::documents::name_of(entry, &document.id).ja, NAME_LIMIT).text,
        provider: entry.provider.seen().map(shown),
        told: told(document, barred.is_some()),
        validity: held.map_or_else(|| "確認できない".to_owned(), |held| validity(document, held)),
        untimely: held.is_none_or(untimely),
        in_order: held.is_some_and(|held| held.status == Status::Attested),
        open: held.into_iter().flat_map(|held| &held.open).map(|title| title.ja.clone()).collect(),
        sha256: entry.sha256.seen().cloned(),
        file: match taken {
            Taken::As(name) => Some(name.clone()),
            Taken::Not(_) => None,
        },
        left_out: match taken {
            // Nothing is missing of a statement that never had a file: what it says stands here.
            Taken::Not(why) => (!whole).then(|| why.clone()),
            Taken::As(_) => None,
        },
        statement: whole,
        handling: entry.handling.seen().map(handling),
    }
}

/// A marking in words.
pub fn handling(handling: &Handling) -> String {
    marking(handling).ja
}

/// Whether the days it bears say that it does not hold on the day of the package.
fn untimely(held: &HeldDocument) -> bool {
    let expired = held.fact.days_to_expiry.seen().is_some_and(|days| *days < 0);
    let to_come = held.fact.days_to_come.seen().is_none_or(|days| *days > 0);
    let unsigned = held.fact.days_since_signed.seen().is_some_and(|days| *days < 0);
    expired || to_come || unsigned
}

fn validity(document: &Document, held: &HeldDocument) -> String {
    let entry = &document.entry;
    let mut parts = Vec::new();
    if let Some(until) = entry.valid_until.seen() {
        parts.push(match held.fact.days_to_expiry.seen() {
            Some(days) if *days < 0 => format!("期限切れ（{until}まで）"),
            Some(_) => format!("{until}まで有効"),
            None => format!("有効期限（{until}）を判断できない"),
        });
    }
    match held.fact.days_to_come.seen() {
        Some(days) if *days > 0 => parts.push("発行日等の日付がまだ到来していない".to_owned()),
        Some(_) => {}
        None => parts.push("発行日等の日付を判断できない".to_owned()),
    }
    if held.fact.days_since_signed.seen().is_some_and(|days| *days < 0) {
        parts.push("署名の日付がまだ到来していない".to_owned());
    }
    if held.fact.days_past_year.seen().is_some_and(|days| *days > 0) {
        let bridged = held.fact.bridge_days_left.seen().is_some_and(|days| *days >= 0);
        parts.push(if bridged {
            "対象期間の終わりから一年を超え、ブリッジレターで補われている".to_owned()
        } else {
            "対象期間の終わりから一年を超えている".to_owned()
        });
    }
    if held.fact.days_past_contract.seen().is_some_and(|days| *days < 0)
        && held.fact.days_to_expiry.seen().is_some_and(|days| *days >= 0)
    {
        parts.push("契約の終了より前に期限が来る".to_owned());
    }
    if parts.is_empty() { "期限の定めがない".to_owned() } else { parts.join("。") }
}

/// What an entry says, under headings.
fn told(document: &Document, barred: bool) -> Vec<(String, String)> {
    let entry = &document.entry;
    let mut told = Vec::new();
    let mut say = |heading: &str, text: Option<String>| {
        if let Some(text) = text {
            told.push((heading.to_owned(), display::prose(&text, TEXT_LIMIT).text));
        }
    };
    let list = |all: Option<&Vec<String>>| all.map(|all| all.join("、")).filter(|all| !all.is_empty());
    say("名義", entry.holder.seen().cloned());
    say("規格", entry.standard.seen().cloned());
    say("番号", entry.number.seen().cloned());
    say("認証機関", entry.certification_body.seen().cloned());
    say("認定機関", entry.accreditation_body.seen().cloned());
    say("適用範囲", entry.scope.seen().cloned());
    say("対象サービス", list(entry.services.seen()));
    let listed = |list: &crate::documents::Listed| {
        let but =
            if list.but.is_empty() { String::new() } else { format!("。{}を除く", list.but.join("、")) };
        format!("{}に掲載のもの（{}、{}照会{but}）", list.at, list.by, list.looked_up)
    };
    say("対象サービス", entry.all_services.seen().map(listed));
    say("対象リージョン・拠点", list(entry.regions.seen()));
    say("対象リージョン・拠点", entry.all_regions.seen().map(listed));
    say("種別", entry.soc_type.seen().map(|number| format!("タイプ{number}")));
    let period = entry.period_end.seen().map(|end| {
        entry
            .period_start
            .seen()
            .map_or_else(|| format!("{end}まで"), |start| format!("{start}から{end}まで"))
    });
    say("対象期間", period);
    say("ブリッジレター", entry.bridge_until.seen().map(|until| format!("{until}まで")));
    let opinion = entry.opinion.seen().and_then(|opinion| serde_json::to_value(opinion).ok());
    let spoken = |word: &str| crate::checks::spoken(word, crate::text::Language::Ja);
    say("監査人の意見", opinion.as_ref().and_then(|word| word.as_str()).map(spoken));
    say("対象外の再委託先等", list(entry.carve_outs.seen()));
    let parts = entry
        .covers
        .seen()
        .map(|parts| parts.iter().map(|part| part.title().ja).collect::<Vec<_>>().join("、"));
    say("記載事項", parts);
    say("発行日", entry.issued.seen().cloned());
    say("有効期限", entry.valid_until.seen().cloned());
    say("内容", list(entry.items.seen()).filter(|_| !barred));
    say("申告の内容", entry.text.seen().filter(|_| !barred).cloned());
    say(
        "署名",
        match (entry.signed_by.seen(), entry.signed.seen()) {
            (Some(by), Some(on)) => Some(format!("{by}（{on}）")),
            (Some(by), None) => Some(by.clone()),
            (None, _) => None,
        },
    );
    told
}
