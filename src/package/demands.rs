//! What has to be handed in, and whether it is in the package.

use super::Material;
use super::papers::Paper;
use crate::annex::{self, Each, Level, Source, Submission};
use crate::assess::{DocumentResult, Status};
use crate::report::display;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest reason that is told, in characters.
const REASON_LIMIT: usize = 1_200;

/// One thing that has to be handed in: of each provider its own, where each has one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The clause that demands it: `II-1`.
    pub clause: String,
    /// Its number as people see it: `Ⅱ-１`.
    pub number: String,
    /// What it is.
    pub title: String,
    /// The provider whose it has to be; none where it is the contractor's.
    pub provider: Option<String>,
    /// Whether it has to be there, or is desirable.
    pub level: Level,
    /// How it stands.
    pub state: State,
    /// The papers that could be it, by their numbers in the package.
    pub papers: Vec<usize>,
    /// Why it stands so, and what is to be known of it.
    pub reason: String,
}

/// How something that has to be handed in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 同梱: a document in order is in the package.
    Enclosed,
    /// 申告: a signed statement stands in its place.
    Stated,
    /// 別途提出: a document in order is on file, and its file is not in the package.
    Withheld,
    /// 要件未達: what is on file falls short, or could not be decided.
    FallsShort,
    /// 登録なし: nothing is on file.
    Absent,
}

impl State {
    /// The word people see.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enclosed => "同梱",
            Self::Stated => "申告",
            Self::Withheld => "別途提出",
            Self::FallsShort => "要件未達",
            Self::Absent => "登録なし",
        }
    }

    /// The sign beside it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Enclosed | Self::Stated => "○",
            Self::Withheld => "△",
            Self::FallsShort | Self::Absent => "×",
        }
    }

    const fn is_met(self) -> bool {
        matches!(self, Self::Enclosed | Self::Stated)
    }
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The clause that demands it.
    pub clause: String,
    /// Its number as people see it.
    pub number: String,
    /// What.
    pub what: String,
    /// Whom to ask.
    pub from: Source,
    /// Why it is missing.
    pub why: String,
    /// Whether the package is incomplete without it; what is desirable is told and stops nothing.
    pub binding: bool,
}

/// Whom to ask, in words.
pub const fn whom(from: Source) -> &'static str {
    match from {
        Source::Provider => "クラウドサービス事業者",
        Source::Contractor => "受託者",
        Source::Body => "発注者",
    }
}

/// What people call a provider.
pub fn provider_name(provider: &str) -> String {
    match provider {
        "aws" => "AWS".to_owned(),
        "azure" => "Microsoft Azure".to_owned(),
        "gcp" => "Google Cloud".to_owned(),
        other => display::name(other, 60).text,
    }
}

/// The place that a submission is about, as it was judged on the day of the package.
pub fn place<'a>(material: &Material<'a>, submission: &Submission) -> Option<&'a DocumentResult> {
    let clause = material.now.clauses.iter().find(|clause| clause.id == submission.asked_by)?;
    clause.documents.iter().find(|paper| paper.id == submission.paper)
}

/// Everything that has to be handed in, in the profile's order, and what of it is missing.
pub fn demands(material: &Material<'_>, papers: &[Paper]) -> (Vec<Demand>, Vec<Missing>) {
    let (mut demands, mut missing) = (Vec::new(), Vec::new());
    for submission in &material.profile.submissions {
        let Some((paper, result)) = asked(material, submission) else {
            // A profile is held against itself when it is loaded; were this reached, nothing is known of the place.
            missing.push(Missing {
                clause: submission.clause.clone(),
                number: submission.number.clone(),
                what: submission.title.ja.clone(),
                from: Source::Contractor,
                why: "判定がない。".to_owned(),
                binding: true,
            });
            continue;
        };
        let of = |provider: Option<&str>| demand(material, submission, paper, result, papers, provider);
        let own: Vec<Demand> = match paper.each {
            Each::Provider | Each::Every => {
                providers(material).iter().map(|provider| of(Some(provider))).collect()
            }
            Each::One | Each::Own => vec![of(None)],
        };
        for demand in &own {
            if !demand.state.is_met() {
                let whose = demand.provider.as_deref().map(provider_name);
                missing.push(Missing {
                    clause: demand.clause.clone(),
                    number: demand.number.clone(),
                    what: whose.map_or_else(
                        || demand.title.clone(),
                        |provider| format!("{}（{provider}）", demand.title),
                    ),
                    from: paper.from,
                    why: demand.reason.clone(),
                    binding: demand.level == Level::Shall,
                });
            }
        }
        missing.extend(outside(material, submission, paper.from, &own));
        demands.extend(own);
    }
    (demands, missing)
}

fn asked<'a>(
    material: &Material<'a>,
    submission: &Submission,
) -> Option<(&'a annex::Paper, &'a DocumentResult)> {
    let clause = material.profile.clauses.iter().find(|clause| clause.id == submission.asked_by)?;
    let paper = clause.documents.iter().find(|paper| paper.id == submission.paper)?;
    Some((paper, place(material, submission)?))
}

/// The providers of the tenancy, as papers are asked for.
fn providers(material: &Material<'_>) -> BTreeSet<String> {
    let named = material.run.tenancy.accounts.iter().map(|account| account.provider.clone());
    named.chain(material.now.cells.iter().map(|cell| cell.provider.clone())).collect()
}

fn demand(
    material: &Material<'_>,
    submission: &Submission,
    asked: &annex::Paper,
    result: &DocumentResult,
    papers: &[Paper],
    provider: Option<&str>,
) -> Demand {
    let about = |entry: &str| {
        let found = material.register.find(entry);
        found.and_then(|document| document.entry.provider.seen()).map(String::as_str)
    };
    let entries: Vec<&str> = result
        .entries
        .iter()
        .map(String::as_str)
        .filter(|entry| provider.is_none() || about(entry) == provider)
        .collect();
    let could: Vec<&Paper> = papers.iter().filter(|paper| entries.contains(&paper.entry.as_str())).collect();
    let sound = || could.iter().filter(|paper| paper.in_order && !paper.untimely);
    let state = if sound().any(|paper| paper.file.is_some()) {
        State::Enclosed
    } else if sound().any(|paper| paper.statement) {
        State::Stated
    } else if sound().next().is_some() {
        State::Withheld
    } else if could.is_empty() {
        State::Absent
    } else {
        State::FallsShort
    };
    Demand {
        clause: submission.clause.clone(),
        number: submission.number.clone(),
        title: submission.title.ja.clone(),
        provider: provider.map(str::to_owned),
        level: asked.level,
        state,
        papers: could.iter().map(|paper| paper.number).collect(),
        reason: reason(material, asked, &could, state),
    }
}

fn reason(material: &Material<'_>, asked: &annex::Paper, could: &[&Paper], state: State) -> String {
    let mut told = String::new();
    match state {
        State::Enclosed => {}
        State::Stated => told.push_str("署名された申告による。"),
        State::Withheld => {
            for paper in could.iter().filter(|paper| paper.in_order) {
                let why = paper.left_out.as_deref().unwrap_or("ファイルがない。");
                told.push_str(&format!("書面{}：{why}", paper.number));
            }
            told.push_str("写しの別途の提出又は引渡しの許諾が要る。");
        }
        State::FallsShort | State::Absent => {
            if could.is_empty() {
                told.push_str("登録がない。");
            }
        }
    }
    for paper in could.iter().filter(|paper| !paper.in_order || paper.untimely) {
        let mut points: Vec<&str> = paper.open.iter().map(String::as_str).collect();
        if paper.untimely {
            points.insert(0, &paper.validity);
        }
        let points = if points.is_empty() { "判定がない".to_owned() } else { points.join("、") };
        told.push_str(&format!("書面{}は要件を満たさないか、確認できない（{points}）。", paper.number));
    }
    let keys = asked.keys();
    let is_its = |key: Option<&str>| key.is_none_or(|key| keys.contains(&key));
    for faulty in material.register.faulty.iter().filter(|faulty| is_its(faulty.key.as_deref())) {
        let entry = display::name(&faulty.id, display::NAME_LIMIT).text;
        told.push_str(&format!("登録（{entry}）に誤りがあり、使えない。"));
    }
    display::prose(&told, REASON_LIMIT).text
}

/// What is in use and lies outside the scope of what is handed in.
fn outside(
    material: &Material<'_>,
    submission: &Submission,
    from: Source,
    demands: &[Demand],
) -> Option<Missing> {
    let check = submission.within.as_ref()?;
    // Where nothing in order is on file, that is what is missing.
    demands.iter().find(|demand| matches!(demand.state, State::Enclosed | State::Withheld))?;
    let clause = material.now.clauses.iter().find(|clause| clause.id == submission.asked_by)?;
    let result = clause.checks.iter().find(|one| one.id == *check)?;
    // What rests on paper is attested at best.
    if matches!(result.status, Status::Conforms | Status::Attested | Status::NotApplicable) {
        return None;
    }
    let finding = material.now.findings.iter().find(|finding| *finding.check == **check);
    let why = finding.map_or("適用範囲を判断できない。", |finding| finding.reason.ja.as_str());
    Some(Missing {
        clause: submission.clause.clone(),
        number: submission.number.clone(),
        what: "使用中のすべてのサービス及びリージョンを適用範囲に含む書面".to_owned(),
        from,
        why: display::prose(why, REASON_LIMIT).text,
        binding: result.level == Level::Shall,
    })
}
