//! What was looked at, and what came of it.

use crate::text::Text;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Of what it is.
    pub step: Step,
    /// What came of it.
    pub mark: Mark,
    /// In words.
    pub text: Text,
    /// Where in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What came of looking; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It was shown.
    Verified,
    /// It could not be shown.
    Unverified,
    /// It is not so.
    Refuted,
}

/// The steps of a verification, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The file is a bundle.
    Container,
    /// Somebody trusted sealed it.
    Signature,
    /// It existed at a time.
    Timestamp,
    /// Its parts are those that were sealed.
    Manifest,
    /// It answers the request.
    Request,
    /// Its times are in order, and it is not too old.
    Freshness,
    /// It is by this version and this reading of the profile.
    Tool,
    /// Nothing of what had to be looked at is missing.
    Completeness,
    /// The facts are as sekisho writes them, and their calls are in the ledger.
    Facts,
    /// The ledger is whole, and everything in it was a read.
    Ledger,
    /// The verdicts follow from the facts.
    Verdicts,
    /// The reports are those of the verdicts.
    Reports,
    /// A redacted bundle is what becomes of the full folder.
    Full,
}

impl Step {
    /// What people call it.
    pub fn title(self) -> Text {
        let (ja, en) = match self {
            Self::Container => ("容器", "Container"),
            Self::Signature => ("署名", "Signature"),
            Self::Timestamp => ("時刻認証", "Time stamp"),
            Self::Manifest => ("目録", "Manifest"),
            Self::Request => ("依頼書", "Request"),
            Self::Freshness => ("時期", "Time"),
            Self::Tool => ("版", "Version"),
            Self::Completeness => ("網羅性", "Completeness"),
            Self::Facts => ("事実", "Facts"),
            Self::Ledger => ("呼出しの記録", "Ledger"),
            Self::Verdicts => ("判定の再実施", "Verdicts"),
            Self::Reports => ("報告書", "Reports"),
            Self::Full => ("元のフォルダーとの対応", "Full files"),
        };
        Text { ja: ja.to_owned(), en: en.to_owned() }
    }
}
