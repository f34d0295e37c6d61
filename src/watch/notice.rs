//! What whoever is told gets to read: `sekisho/notice/v1`.

use crate::annex::Level;
use crate::documents::Handling;
use crate::drift::{Change, Counts, Direction, Drift, FindingChange};
use crate::report::display;
use crate::text::Text;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The schema of [`Notice`].
pub const SCHEMA: &str = "sekisho/notice/v1";
/// The type of a notice in its envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.sekisho.notice.v1+json";

/// Changes and findings listed at most; all are counted, and stand in the run's folder.
const LISTED: usize = 50;
/// Longest text shown in a mail, in characters.
const SHOWN: usize = 200;

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Always `sekisho/notice/v1`.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What happened.
    pub event: Event,
    /// The tenancy.
    pub tenancy: String,
    /// When it was noticed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// The name of the run in the history; absent where none came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What it was held against: the name of a run, or of what was given as the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// How this is to be handled; absent where nothing is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// Why a run failed; empty otherwise.
    pub why: String,
    /// The clauses that got worse.
    pub clauses: Vec<String>,
    /// How many changes went which way.
    pub counts: Counts,
    /// Changes for the worse that nobody was told of yet; at most 50.
    pub changes: Vec<Change>,
    /// Findings of what is demanded that came up and nobody was told of yet; at most 50.
    pub findings: Vec<FindingChange>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// Something got worse.
    Worsened,
    /// A run failed, after one that did not.
    Failed,
    /// A run came to its end, after one that failed.
    Recovered,
}

impl Event {
    /// The word in files and headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worsened => "worsened",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
        }
    }
}

/// What names a worsening, so that it is told once.
pub type Name = String;

/// One thing that is worse.
#[derive(Debug, Clone, Copy)]
pub enum Worse<'d> {
    /// A change.
    Change(&'d Change),
    /// A finding.
    Finding(&'d FindingChange),
}

/// Everything that is worse, with its name.
pub fn worse(drift: &Drift) -> Vec<(Name, Worse<'_>)> {
    let changes = drift.changes.iter().filter(|change| change.direction == Direction::Worse);
    let changes = changes.map(|change| (digest(&change.key), Worse::Change(change)));
    let demanded =
        |finding: &&FindingChange| finding.direction == Direction::Worse && finding.level == Level::Shall;
    let name = |one: &FindingChange| digest(&format!("{:?} {} {}", one.after, one.check, one.subject));
    let findings = drift.findings.iter().filter(demanded);
    changes.chain(findings.map(|finding| (name(finding), Worse::Finding(finding)))).collect()
}

fn digest(text: &str) -> Name {
    hex::encode(Sha256::digest(text).get(..12).unwrap_or_default())
}

impl Notice {
    /// A notice that says only what happened.
    pub fn of(event: Event, tenancy: &str, at: Timestamp) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            event,
            tenancy: tenancy.to_owned(),
            at,
            run: None,
            baseline: None,
            handling: None,
            why: String::new(),
            clauses: Vec::new(),
            counts: Counts::default(),
            changes: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// What is new of what is worse.
    pub fn worsened(drift: &Drift, new: &[Worse<'_>], at: Timestamp) -> Self {
        let mut notice = Self::of(Event::Worsened, &drift.tenancy, at);
        notice.handling = drift.handling.clone();
        notice.counts = drift.counts;
        let worse = drift.clauses.iter().filter(|clause| clause.worse);
        notice.clauses = worse.map(|clause| clause.id.clone()).collect();
        for one in new {
            match one {
                Worse::Change(one) if notice.changes.len() < LISTED => notice.changes.push((*one).clone()),
                Worse::Finding(one) if notice.findings.len() < LISTED => notice.findings.push((*one).clone()),
                Worse::Change(_) | Worse::Finding(_) => {}
            }
        }
        notice
    }

    /// What names it, the same each time it is delivered.
    pub fn id(&self) -> String {
        digest(&serde_json::to_string(self).unwrap_or_else(|fault| fault.to_string()))
    }

    /// The subject of a mail: our own words alone.
    pub fn subject(&self) -> String {
        let worse = self.changes.len() + self.findings.len();
        match self.event {
            Event::Worsened => format!("[sekisho] 状態の悪化 {worse}件 / {worse} things got worse"),
            Event::Failed => "[sekisho] 調査の失敗 / a run failed".to_owned(),
            Event::Recovered => "[sekisho] 調査の復旧 / runs work again".to_owned(),
        }
    }

    /// The text of a mail, in both languages. What others wrote is bounded and stands on one line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(handling) = &self.handling {
            let marking = display::marking(handling);
            push(&mut text, &format!("{} / {}\n", marking.ja, marking.en));
        }
        push(&mut text, &shown(&self.tenancy));
        push(&mut text, &crate::report::in_japan(self.at));
        for (name, value) in [("run", &self.run), ("baseline", &self.baseline)] {
            if let Some(value) = value {
                push(&mut text, &format!("{name}: {}", shown(value)));
            }
        }
        match self.event {
            Event::Worsened => self.list(&mut text),
            Event::Failed => {
                push(&mut text, "\n調査を終えられなかった。次の回も試みる。");
                push(&mut text, "A run did not come to its end. The next one is tried all the same.");
                push(&mut text, &shown(&self.why));
            }
            Event::Recovered => {
                push(&mut text, "\n調査は再び最後まで行われた。");
                push(&mut text, "A run came to its end again.");
            }
        }
        text
    }

    fn list(&self, text: &mut String) {
        push(text, &format!("\n悪くなった条項 / clauses that got worse: {}", self.clauses.join(", ")));
        let both = |text: &Text| match text.ja == text.en {
            true => shown(&text.ja),
            false => format!("{} / {}", shown(&text.ja), shown(&text.en)),
        };
        for change in &self.changes {
            let word = change.word();
            push(text, &format!("\n▼ {} / {}", word.ja, word.en));
            push(text, &format!("  {} ({})", shown(&change.name), shown(&change.subject)));
            for (name, value) in [("変更前 / before", &change.before), ("変更後 / after", &change.after)]
            {
                if let Some(value) = value {
                    push(text, &format!("  {name}: {}", both(value)));
                }
            }
            push(text, &format!("  {}", change.clauses.join(", ")));
        }
        for finding in &self.findings {
            let (name, clauses) = (shown(&finding.name), finding.clauses.join(", "));
            push(text, &format!("\n▼ {} {name} ({clauses})", finding.check));
            push(text, &format!("  {}", both(&finding.reason)));
        }
    }
}

fn push(text: &mut String, line: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{line}");
}

fn shown(text: &str) -> String {
    let shown = display::prose(text, SHOWN);
    if shown.full.is_some() { format!("{}…", shown.text) } else { shown.text }
}
