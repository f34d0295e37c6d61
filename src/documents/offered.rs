//! What a provider's portal offers: papers of which an entry could be made, and drafts of such entries.
//!
//! A draft is no entry. It has no SHA-256, for nobody holds the paper yet, so it lies in a folder of its own that the
//! register never looks into, and counts for nothing until `sekisho documents add FILE --from NAME` completes it.

use super::kind::DocumentKind;
use super::register::{Document, Register};
use super::write::{Draft, WriteFault};
use super::{names, recognise};
use crate::words::{Word, word};
use jiff::ToSpan;
use jiff::civil::Date;
use sekisho_contract::gap::shorten;
use sekisho_contract::portal::{PaperState, PortalPaper};

/// The folder of drafts, inside the register's.
pub const OFFERED: &str = "offered";

/// What becomes of an offered paper.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// A draft of an entry.
    Draft(Box<Offer>),
    /// It is on file: the name of the entry.
    OnFile(String),
    /// The same is offered for a later time.
    Older,
    /// Its time is over.
    Expired,
    /// It was withdrawn.
    Withdrawn,
    /// It is not there yet.
    Unready,
    /// It is another company's.
    Foreign,
    /// It is of no kind that is known here.
    Unrecognised,
    /// What is said of it makes no sense, or did not come: why.
    Unclear(String),
}

impl Fate {
    /// What people call it.
    pub const fn title(&self) -> Word {
        match self {
            Self::Draft(_) => word("取得できる", "can be obtained"),
            Self::OnFile(_) => word("登録済み", "on file"),
            Self::Older => word("より新しいものがある", "a newer one is available"),
            Self::Expired => word("期間が過ぎている", "its period has ended"),
            Self::Withdrawn => word("取り下げられた", "withdrawn"),
            Self::Unready => word("まだ用意されていない", "not there yet"),
            Self::Foreign => word("他社の書面", "of another company"),
            Self::Unrecognised => word("種類を判別できない", "of an unknown kind"),
            Self::Unclear(_) => word("内容を確認できない", "availability unknown"),
        }
    }
}

/// A draft of an entry, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its name: letters, digits and hyphens of ASCII.
    pub name: String,
    /// What it would be an entry of.
    pub kind: DocumentKind,
    /// The file's text: the draft, and what the portal says besides.
    pub text: String,
}

/// Whether an entry could be made of a paper, so that it is worth asking for its particulars.
pub fn could_be_entry(paper: &PortalPaper) -> bool {
    paper.own != Some(false) && recognise::kind(paper).is_some()
}

/// Says of each paper of a portal what becomes of it on a day. `provider` is whose portal it is.
pub fn fates<'p>(
    (provider, portal): (&str, &str),
    papers: &'p [PortalPaper],
    register: &Register,
    today: Date,
) -> Result<Vec<(&'p PortalPaper, Fate)>, WriteFault> {
    let fate = |paper: &'p PortalPaper| {
        let fate = match (&paper.state, recognise::kind(paper)) {
            (PaperState::Withdrawn, _) => Fate::Withdrawn,
            (PaperState::Unready, _) => Fate::Unready,
            (PaperState::Unclear(why), _) => Fate::Unclear(why.clone()),
            (PaperState::Unread(shortfall), _) => {
                Fate::Unclear(format!("{}: {}", shortfall.operation, shortfall.detail))
            }
            (PaperState::Offered, _) if paper.own == Some(false) => Fate::Foreign,
            (PaperState::Offered, None) => Fate::Unrecognised,
            (PaperState::Offered, Some(known)) => {
                let from = obtained_from(portal, paper);
                let held =
                    register.documents.iter().find(|one| one.entry.obtained_from.seen() == Some(&from));
                if let Some(held) = held {
                    Fate::OnFile(held.id.clone())
                } else if papers.iter().any(|other| takes_the_place(other, paper)) {
                    Fate::Older
                } else if is_over(known.kind, paper, today) {
                    Fate::Expired
                } else {
                    Fate::Draft(Box::new(offer((provider, portal), paper, &known, today)?))
                }
            }
        };
        Ok((paper, fate))
    };
    papers.iter().map(fate).collect()
}

/// Where an entry says that it is from: the portal, and what it calls the paper.
fn obtained_from(portal: &str, paper: &PortalPaper) -> String {
    match paper.version {
        Some(version) => format!("{portal} ({}, version {version})", paper.id),
        None => format!("{portal} ({})", paper.id),
    }
}

/// Whether one paper is the same as another, for a later time. What cannot be compared stands beside it.
fn takes_the_place(one: &PortalPaper, other: &PortalPaper) -> bool {
    // Years and numbers of issue differ; what kind it is was recognised by its numbers.
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let same = one.state == PaperState::Offered
        && recognise::kind(one).map(|known| (known.kind, known.soc_type))
            == recognise::kind(other).map(|known| (known.kind, known.soc_type))
        && (&one.company, &one.product, &one.series) == (&other.company, &other.product, &other.series)
        && letters(&one.title) == letters(&other.title);
    let later = match (one.period_end, other.period_end) {
        (Some(one), Some(other)) => one > other,
        _ => false,
    };
    let newer = one.id == other.id && one.version > other.version && one.state == PaperState::Offered;
    newer || same && later
}

/// A certificate is over when its time is; a report a year after, as no clause takes it any more.
fn is_over(kind: DocumentKind, paper: &PortalPaper, today: Date) -> bool {
    let Some(end) = paper.period_end else { return false };
    let until = match kind {
        DocumentKind::Soc1 | DocumentKind::Soc2 | DocumentKind::Soc3 => end.checked_add(1.year()),
        _ => Ok(end),
    };
    until.is_ok_and(|until| until < today)
}

fn offer(
    (provider, portal): (&str, &str),
    paper: &PortalPaper,
    known: &recognise::Known,
    today: Date,
) -> Result<Offer, WriteFault> {
    let mut draft = Draft::default();
    draft.set("kind", known.kind.as_str())?;
    draft.set("title", &plain(&paper.title))?;
    if paper.own == Some(true) {
        draft.set("provider", provider)?;
    }
    // The portal's short word for a company is not the legal name that stands on the paper.
    let legal = |company: &&String| names::of(provider).is_some_and(|names| names.holds(company));
    if let Some(company) = paper.company.as_ref().filter(legal) {
        draft.set("holder", company)?;
    }
    if let Some(standard) = &known.standard {
        draft.set("standard", standard)?;
    }
    if let Some(soc_type) = known.soc_type {
        draft.set("soc_type", &soc_type.to_string())?;
    }
    for (field, day) in [("period_start", paper.period_start), ("period_end", paper.period_end)] {
        if let Some(day) = day {
            draft.set(field, &day.to_string())?;
        }
    }
    draft.set("obtained_from", &obtained_from(portal, paper))?;
    let version = paper.version.map(|version| format!("-v{version}")).unwrap_or_default();
    let name = format!("{provider}-{}-{}{version}", known.kind.as_str(), paper.id);
    let mut text = format!(
        "# {portal} offered this on {today}. Nobody holds it yet: it counts for nothing until its file is registered.\n\
         # Accept its terms there, download it, and: sekisho documents add FILE --from {name}\n"
    );
    for (what, said) in [
        ("company", &paper.company),
        ("product", &paper.product),
        ("series", &paper.series),
        ("category", &paper.category),
    ] {
        if let Some(said) = said {
            text.push_str(&format!("# {what}: {}\n", plain(said)));
        }
    }
    if paper.own.is_none() {
        text.push_str("# Whose it is was not said: compare the paper, and add `provider` and `holder`.\n");
    }
    for call in &paper.calls {
        text.push_str(&format!("# call: {}\n", call.as_str()));
    }
    text.push_str(&draft.text());
    Ok(Offer { name, kind: known.kind, text })
}

/// A text of others on one line, without what turns the direction of writing.
fn plain(text: &str) -> String {
    let steers = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{85}');
    shorten(&text.chars().filter(|c| !steers(c)).collect::<String>())
}

/// Whether a text can be a draft's name, and leads nowhere else.
pub fn is_name(name: &str) -> bool {
    (1..=200).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What a draft that nobody has completed says beside the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The draft's name.
    pub name: String,
    /// What it would be an entry of.
    pub kind: DocumentKind,
    /// Where it is offered.
    pub offered_by: String,
    /// The last day it is about.
    pub period_end: Option<Date>,
    /// How it stands to what is on file.
    pub standing: Standing,
}

/// How an offered paper stands to what is on file of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is on file.
    Missing,
    /// What is on file is older: the latest entry.
    Newer(String),
    /// Which is later cannot be told by their days: an entry.
    Beside(String),
}

/// How a draft stands to the register; `None` where it brings nothing newer.
pub fn pending(name: &str, draft: &Draft, register: &Register) -> Option<Pending> {
    let kind = draft.text_of("kind")?;
    let kind = *DocumentKind::ALL.iter().find(|known| known.as_str() == kind)?;
    let provider = draft.text_of("provider");
    let offered_by = draft.text_of("obtained_from").unwrap_or_default();
    let day = |said: Option<&str>| said.and_then(|text| text.parse::<Date>().ok());
    let end = |document: &Document| day(document.entry.period_end.seen().map(String::as_str));
    let period_end = day(draft.text_of("period_end").as_deref());
    let of_kind = register.documents.iter().filter(|one| {
        one.entry.kind == kind
            && (provider.is_none() || one.entry.provider.seen() == provider.as_ref())
            && !register.is_replaced(&one.id)
    });
    let held: Vec<&Document> = of_kind.collect();
    let known = |one: &&Document| one.entry.obtained_from.seen() == Some(&offered_by);
    if !offered_by.is_empty() && register.documents.iter().any(|one| known(&one)) {
        return None;
    }
    let standing = match held.iter().max_by_key(|one| end(one)) {
        None => Standing::Missing,
        Some(latest) => match (period_end, end(latest)) {
            (Some(offered), Some(held)) if offered <= held => return None,
            (Some(_), Some(_)) if held.iter().all(|one| end(one).is_some()) => {
                Standing::Newer(latest.id.clone())
            }
            _ => Standing::Beside(latest.id.clone()),
        },
    };
    Some(Pending { name: name.to_owned(), kind, offered_by, period_end, standing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::file::{FileFound, FileState};
    use crate::documents::gather;

    fn paper(id: &str, title: &str, end: Option<&str>) -> PortalPaper {
        PortalPaper {
            id: id.to_owned(),
            version: Some(1),
            title: title.to_owned(),
            company: Some("AWS".to_owned()),
            own: Some(true),
            product: None,
            series: None,
            category: None,
            period_start: None,
            period_end: end.map(|end| end.parse().unwrap()),
            state: PaperState::Offered,
            calls: Vec::new(),
        }
    }

    fn register(entries: &[(&str, &str)]) -> Register {
        let digest = "0".repeat(64);
        let text = |text: &str| Ok(format!("{text}\nsha256 = \"{digest}\"\n"));
        let texts = entries.iter().map(|(id, entry)| ((*id).to_owned(), text(entry))).collect();
        let loaded = gather(texts, &|_, _| FileFound { state: FileState::Withheld, signatures: Vec::new() });
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        loaded.register
    }

    fn told(papers: &[PortalPaper], register: &Register) -> Vec<&'static str> {
        let all = fates(("aws", "Portal"), papers, register, "2026-11-30".parse().unwrap()).unwrap();
        all.iter().map(|(_, fate)| fate.title().en).collect()
    }

    #[test]
    fn only_the_latest_of_what_is_in_force_is_offered() {
        let none = Register::default();
        let soc = |id, end| paper(id, "SOC 2 Report", Some(end));
        assert_eq!(
            told(&[soc("a", "2026-09-30"), soc("b", "2026-03-31")], &none),
            ["can be obtained", "a newer one is available"]
        );
        assert_eq!(told(&[soc("a", "2025-11-29")], &none), ["its period has ended"]);
        assert_eq!(told(&[soc("a", "2025-11-30")], &none), ["can be obtained"]);
        assert_eq!(
            told(&[paper("a", "ISO 27001-2022 Certificate", Some("2026-11-29"))], &none),
            ["its period has ended"]
        );
        // Another sort of report is another report, and so is one of which it is not known when it ends.
        let privacy = paper("b", "SOC 2 Privacy Report", Some("2026-03-31"));
        assert_eq!(
            told(&[soc("a", "2026-09-30"), privacy, paper("c", "SOC 2 Report", None)], &none),
            ["can be obtained"; 3]
        );
        // What is withdrawn takes no place.
        let gone = PortalPaper { state: PaperState::Withdrawn, ..soc("a", "2026-09-30") };
        assert_eq!(told(&[gone, soc("b", "2026-03-31")], &none), ["withdrawn", "can be obtained"]);
        let foreign = PortalPaper { own: Some(false), ..soc("a", "2026-09-30") };
        assert_eq!(
            told(&[foreign, paper("b", "PCI DSS Summary", None)], &none),
            ["of another company", "of an unknown kind"]
        );
        let held = register(&[(
            "held",
            "kind = \"soc2\"\nholder = \"X\"\nsoc_type = 2\nperiod_end = 2026-09-30\nopinion = \"unqualified\"\n\
             obtained_from = \"Portal (a, version 1)\"",
        )]);
        assert_eq!(told(&[soc("a", "2026-09-30")], &held), ["on file"]);
    }

    #[test]
    fn a_draft_is_no_entry_and_says_no_more_than_the_portal() {
        let one =
            PortalPaper { title: "SOC 2 Report\u{202e}\nsha256 = \"0\"".to_owned(), ..paper("a", "", None) };
        let all = fates(
            ("aws", "Portal"),
            std::slice::from_ref(&one),
            &Register::default(),
            "2026-11-30".parse().unwrap(),
        );
        let [(_, Fate::Draft(offer))] = &all.unwrap()[..] else { panic!("it is offered") };
        assert_eq!(offer.name, "aws-soc2-a-v1");
        assert!(is_name(&offer.name) && !is_name("../a") && !is_name("") && !is_name("a.toml"));
        let draft = Draft::parse(&offer.text).unwrap();
        assert!(!draft.has("sha256") && !draft.has("holder") && !draft.has("number"), "{}", offer.text);
        assert!(draft.entry().is_err());
        assert!(!offer.text.contains('\u{202e}'));
        // A digest is the document's own.
        assert!(Draft::parse("kind = \"other\"\nsha256 = \"0\"\n").is_err());
    }

    #[test]
    fn what_is_offered_is_told_where_it_is_newer() {
        let soc =
            "kind = \"soc2\"\nprovider = \"aws\"\nholder = \"X\"\nsoc_type = 2\nopinion = \"unqualified\"\n";
        let draft =
            |end: &str| Draft::parse(&format!("kind = \"soc2\"\nprovider = \"aws\"\n{end}\n")).unwrap();
        let standing = |end: &str, register: &Register| {
            pending("n", &draft(end), register).map(|pending| pending.standing)
        };
        let held = register(&[("held", &format!("{soc}period_end = 2026-03-31"))]);
        assert_eq!(standing("period_end = 2026-09-30", &Register::default()), Some(Standing::Missing));
        assert_eq!(standing("period_end = 2026-09-30", &held), Some(Standing::Newer("held".to_owned())));
        assert_eq!(standing("period_end = 2026-03-31", &held), None);
        assert_eq!(standing("", &held), Some(Standing::Beside("held".to_owned())));
    }
}
