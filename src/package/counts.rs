//! Small sums and words that items of the disclosure list share.

use super::Material;
use super::papers::Paper;
use crate::assess::{Assessment, Counts, Status};
use crate::documents::Document;
use crate::report::display;
use std::collections::BTreeSet;

/// How many subjects of a check came out how, wherever in the profile it stands first.
pub fn counts(assessment: &Assessment, check: &str) -> Option<Counts> {
    let all = assessment.clauses.iter().flat_map(|clause| &clause.checks);
    all.into_iter().find(|one| one.id == check).map(|one| one.counts)
}

/// The same in words; empty where the check found nothing to look at.
pub fn told(assessment: &Assessment, what: &str, check: &str) -> String {
    match counts(assessment, check) {
        Some(counts) if counts.conforms + counts.violates + counts.unverified > 0 => format!(
            "{what}：適合{}件、不適合{}件、確認不能{}件。",
            display::grouped(counts.conforms),
            display::grouped(counts.violates),
            display::grouped(counts.unverified)
        ),
        _ => String::new(),
    }
}

/// Whether a check left something open that it would have had to see.
pub fn is_open(assessment: &Assessment, check: &str) -> bool {
    let all = assessment.clauses.iter().flat_map(|clause| &clause.checks);
    let mut named = all.filter(|one| one.id == check);
    named.any(|one| !matches!(one.status, Status::Conforms | Status::NotApplicable))
}

/// The entries of the register that speak of something: those in order, and the others.
pub struct Spoken<'a> {
    /// In order on the day of the package.
    pub sound: Vec<&'a Document>,
    /// On file, and falling short or left open.
    pub unsound: Vec<&'a Document>,
}

/// What the register says under these keys. An entry that another took the place of says nothing.
pub fn spoken<'a>(material: &Material<'a>, keys: &[&str]) -> Spoken<'a> {
    let all = material.register.documents.iter().filter(|one| keys.contains(&one.entry.key()));
    let standing = all.filter(|one| !material.register.is_replaced(&one.id));
    let sound = |document: &&Document| {
        let held = material.now.documents.iter().find(|held| held.fact.id == document.id);
        held.is_some_and(|held| held.status == Status::Attested)
    };
    let (sound, unsound) = standing.partition(sound);
    Spoken { sound, unsound }
}

/// Where entries are to be found: by their numbers in the package, else by their names in the register.
pub fn grounds(papers: &[Paper], documents: &[&Document]) -> Vec<String> {
    let ground = |document: &&Document| match papers.iter().find(|paper| paper.entry == document.id) {
        Some(paper) => format!("書面{}", paper.number),
        None => format!("登録（{}）", display::name(&document.id, 60).text),
    };
    documents.iter().map(ground).collect()
}

/// The handling of several entries in words, each once; that of the package where they say none.
pub fn handling(documents: &[&Document], marking: &str) -> String {
    let told = |document: &&Document| document.entry.handling.seen().map(super::papers::handling);
    let all: BTreeSet<String> = documents.iter().filter_map(told).collect();
    if all.is_empty() { marking.to_owned() } else { all.into_iter().collect::<Vec<_>>().join("／") }
}
