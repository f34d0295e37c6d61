//! What has to be known before the first identifier is replaced: the words that name nobody, the accounts, and what patterns
//! match that end within a word.

use super::stand_in::{StandIns, ends_within_word, words_of};
use super::{Order, RedactFault, fields};
use crate::tenancy::pattern_matches;
use sekisho_contract::fact::{Fact, Kind, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// Most identifiers that are written in place of patterns.
const MATCHES: usize = 20_000;

/// Reads what is needed of the run, once, and once more where there are such patterns.
pub(super) fn gather(order: &Order<'_>, made: &mut StandIns) -> Result<(), RedactFault> {
    let (run, facts) = (&order.open.run, order.open.folder.facts());
    for provider in order.providers {
        let places = provider.places();
        made.public.insert(provider.name().to_owned());
        let places = places.places.keys().flat_map(|place| words_of(place));
        made.public.extend(places.map(str::to_ascii_lowercase));
        made.public.extend(provider.services().iter().map(|service| service.name.to_owned()));
    }
    made.public.extend(Kind::ALL.iter().map(|kind| kind.as_str().to_owned()));
    made.public.extend(run.services.values().flat_map(|services| services.keys().cloned()));

    let mut accounts: BTreeSet<String> = BTreeSet::new();
    for section in &run.tenancy.accounts {
        let above = [&section.organization, &section.folder, &section.management_group, &section.tenant];
        accounts.insert(section.id.clone());
        accounts.extend(above.into_iter().flatten().cloned());
    }
    let mut patterns = BTreeSet::new();
    for (number, line) in (1..).zip(facts.pass()) {
        let line = line?;
        match read(&line, number)? {
            Fact::Setting(one) => {
                accounts.insert(one.account);
            }
            // What the sweep names by region and service stands in the subjects of its gaps.
            Fact::Cell(one) => {
                accounts.insert(one.account);
                made.public.extend([one.region, one.service].map(|word| word.to_ascii_lowercase()));
            }
            Fact::Resource(one) => {
                if one.kind == Kind::BackupPlan || one.coverage.is_some() {
                    fields::open_patterns(
                        "facts",
                        &serde_json::to_value(Fact::Resource(one))?,
                        &mut patterns,
                    );
                } else if !accounts.contains(&one.account) {
                    accounts.insert(one.account);
                }
            }
            Fact::Gap(_) | Fact::Signal(_) => {}
        }
    }
    let words: BTreeSet<String> = accounts.iter().flat_map(|id| words_of(id)).map(str::to_owned).collect();
    made.accounts = words.into_iter().filter(|word| !made.is_public(word)).collect();

    fields::open_patterns("run", &serde_json::to_value(run)?, &mut patterns);
    let scopes = run.tenancy.scopes.iter().filter_map(|scope| scope.matcher.resource.clone());
    patterns.extend(scopes.filter(|pattern| ends_within_word(pattern)));
    if !patterns.is_empty() {
        made.matched = matches(order, made, &patterns)?;
    }
    Ok(())
}

/// What each pattern matches, replaced.
fn matches(
    order: &Order<'_>,
    made: &StandIns,
    patterns: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, RedactFault> {
    let mut found: BTreeMap<String, BTreeSet<String>> =
        patterns.iter().map(|pattern| (pattern.clone(), BTreeSet::new())).collect();
    let mut count = 0;
    for (number, line) in (1..).zip(order.open.folder.facts().pass()) {
        let line = line?;
        if let Fact::Resource(Resource { id, .. }) = read(&line, number)? {
            for (pattern, ids) in found.iter_mut().filter(|(pattern, _)| pattern_matches(pattern, &id)) {
                ids.insert(made.text(&id));
                count += 1;
                if count > MATCHES {
                    return Err(RedactFault::Pattern(pattern.clone()));
                }
            }
        }
    }
    Ok(found)
}

/// A line of the facts.
pub(super) fn read(line: &str, number: u64) -> Result<Fact, RedactFault> {
    serde_json::from_str(line).map_err(|why| {
        let file = crate::run_folder::FACTS.into();
        crate::run_folder::ReadFault::Malformed { file, line: number, why: why.to_string() }.into()
    })
}
