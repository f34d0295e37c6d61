//! What kind of document an offered paper is, by its name. What is not certain is nothing: people register it by hand.

use super::kind::DocumentKind;
use sekisho_contract::portal::PortalPaper;

/// What a paper's name says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its kind.
    pub kind: DocumentKind,
    /// The standard with its edition, where the name has it.
    pub standard: Option<String>,
    /// The type of a SOC report, where the name has it.
    pub soc_type: Option<u64>,
}

/// Words of papers about a report or certificate, which are none themselves.
const ABOUT: &[&str] = &[
    "APPLICABILITY",
    "BRIDGE",
    "CHECKLIST",
    "CONTINUED",
    "DRAFT",
    "FAQ",
    "GAP",
    "GUIDE",
    "LETTER",
    "LETTERS",
    "MAPPING",
    "MATRIX",
    "OVERVIEW",
    "PRESENTATION",
    "SAMPLE",
    "SOA",
    "STATEMENT",
    "SUMMARY",
    "TEMPLATE",
    "TRAINING",
    "WHITEPAPER",
    "WORKBOOK",
];
/// Standards that a certificate may be of beside those that are known here: one of several is none for certain.
const OTHER_STANDARDS: &[&str] =
    &["9001", "14001", "20000", "22301", "27018", "27701", "42001", "45001", "50001"];
/// The category of what auditors have certified.
const CERTIFIED: &str = "CERTIFICATIONS AND ATTESTATIONS";

/// The kind of a paper; `None` where its name, series and category do not agree on one.
pub fn kind(paper: &PortalPaper) -> Option<Known> {
    let title = words(&paper.title);
    if let Some(category) = &paper.category
        && words(category).join(" ") != CERTIFIED
    {
        return None;
    }
    if title.iter().any(|word| ABOUT.contains(&word.as_str())) {
        return None;
    }
    let (known, family) = match (soc(&title), iso(&title)) {
        (Some(known), None) => (known, "SOC"),
        (None, Some(known)) => (known, "ISO"),
        _ => return None,
    };
    let fits = |series: &String| words(series).iter().any(|word| word.starts_with(family));
    paper.series.as_ref().is_none_or(fits).then_some(known)
}

/// Words and numbers, in capitals: `SOC2` is two of them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in text.chars() {
        let sort = if c.is_ascii_digit() { 1 } else { u8::from(c.is_alphabetic()) * 2 };
        if sort != 0 {
            match words.last_mut() {
                Some(word) if before == Some(sort) => word.extend(c.to_uppercase()),
                _ => words.push(c.to_uppercase().collect()),
            }
        }
        before = Some(sort);
    }
    words
}

/// The words that follow this one.
fn after<'w>(words: &'w [String], word: &str) -> impl Iterator<Item = &'w str> {
    words.windows(2).filter(move |two| two[0] == word).map(|two| two[1].as_str())
}

/// The only one of these, however often it comes.
fn only<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

fn soc(words: &[String]) -> Option<Known> {
    let kind = only(after(words, "SOC"))?;
    let kind = match kind {
        "1" => DocumentKind::Soc1,
        "2" => DocumentKind::Soc2,
        "3" => DocumentKind::Soc3,
        _ => return None,
    };
    words.iter().any(|word| word == "REPORT").then_some(())?;
    let soc_type = only(after(words, "TYPE")).and_then(|word| match word {
        "1" | "I" => Some(1),
        "2" | "II" => Some(2),
        _ => None,
    });
    Some(Known { kind, standard: None, soc_type: soc_type.filter(|_| kind != DocumentKind::Soc3) })
}

fn iso(words: &[String]) -> Option<Known> {
    let certified = |word: &String| matches!(word.as_str(), "CERTIFICATE" | "CERTIFICATION");
    let other = |word: &String| OTHER_STANDARDS.contains(&word.as_str());
    if !words.iter().any(|word| word == "ISO") || !words.iter().any(certified) || words.iter().any(other) {
        return None;
    }
    let number = only(words.iter().filter(|word| matches!(word.as_str(), "27001" | "27017")))?;
    let kind = if number == "27001" { DocumentKind::Iso27001 } else { DocumentKind::Iso27017 };
    let year = |word: &&str| matches!((word.len(), word.parse::<u16>()), (4, Ok(2000..=2099)));
    let edition = only(after(words, number).filter(year));
    Some(Known { kind, standard: edition.map(|year| format!("ISO/IEC {number}:{year}")), soc_type: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_contract::portal::PaperState;

    fn told(title: &str, series: Option<&str>, category: Option<&str>) -> Option<Known> {
        kind(&PortalPaper {
            id: "a".to_owned(),
            version: None,
            title: title.to_owned(),
            company: None,
            own: None,
            product: None,
            series: series.map(str::to_owned),
            category: category.map(str::to_owned),
            period_start: None,
            period_end: None,
            state: PaperState::Offered,
            calls: Vec::new(),
        })
    }

    #[test]
    fn a_kind_is_told_only_where_the_name_leaves_no_doubt() {
        for (title, expected) in [
            ("Service Organization Controls (SOC) 1 Report - Current", Some(("soc1", None, None))),
            ("SOC 2 Type II Report", Some(("soc2", None, Some(2)))),
            ("SOC2 Type 1 report", Some(("soc2", None, Some(1)))),
            ("SOC 3 Report", Some(("soc3", None, None))),
            ("ISO 27001-2022 Certification", Some(("iso27001", Some("ISO/IEC 27001:2022"), None))),
            ("ISO/IEC 27017:2015 certificate", Some(("iso27017", Some("ISO/IEC 27017:2015"), None))),
            ("ISO 27001 Certificate", Some(("iso27001", None, None))),
            ("SOC 2 Type II Bridge Letter", None),
            ("SOC Continued Operations Letter", None),
            ("SOC 1 and SOC 2 Report", None),
            ("SOC 2", None),
            ("SOC 4 Report", None),
            ("SOC 22 Report", None),
            ("ISO 27001-2022 Statement of Applicability", None),
            ("ISO 27001 and 27017 Certificate", None),
            ("ISO 27001 and ISO 27018 Certificate", None),
            ("ISO 9001 Certificate", None),
            ("27001 Certificate", None),
            ("Report on SOC 2 mapping", None),
            ("PCI DSS Attestation of Compliance", None),
            ("", None),
        ] {
            let known = told(title, None, None);
            let seen = known.as_ref().map(|one| (one.kind.as_str(), one.standard.as_deref(), one.soc_type));
            assert_eq!(seen, expected, "{title}");
        }
        let certified = Some("Certifications and Attestations");
        assert!(told("SOC 2 Report", Some("SOC"), certified).is_some());
        assert!(told("SOC 2 Report", Some("SOC"), Some("Guides")).is_none());
        assert!(told("SOC 2 Report", Some("ISO"), certified).is_none());
    }
}
