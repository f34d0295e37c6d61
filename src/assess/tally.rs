//! What is kept of the resources that went by: counts, places and findings.

use super::result::{Counts, Finding, PlaceCount, Recorded};
use crate::checks::{Node, Outcome};
use crate::text::Text;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use sekisho_contract::fact::CopyRole;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The running sums. Those of several threads add up to the same, in whatever order.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By rule.
    pub counts: Vec<Counts>,
    /// With their rule.
    pub findings: Vec<(usize, Finding)>,
    /// Resources that are confidential, or may be.
    pub confidential: u64,
    /// Resources that must stay available, or may have to.
    pub availability_critical: u64,
    /// What was judged by records.
    pub recorded: Option<Recorded>,
    places: BTreeMap<String, PlaceCount>,
    resources: BTreeMap<String, u64>,
    uses: BTreeSet<String>,
    texts: HashSet<Arc<Text>>,
    key: String,
}

impl Tally {
    /// Sums for this many rules.
    pub fn new(rules: usize) -> Self {
        Self { counts: vec![Counts::default(); rules], ..Self::default() }
    }

    /// Counts a result of a rule.
    pub fn count(&mut self, rule: usize, outcome: Outcome) {
        let counts = &mut self.counts[rule];
        match outcome {
            Outcome::NotApplicable => counts.not_applicable += 1,
            Outcome::Conforms => counts.conforms += 1,
            Outcome::Unverified => counts.unverified += 1,
            Outcome::Violates => counts.violates += 1,
        }
    }

    /// One copy of each text is enough.
    pub fn shared(&mut self, text: Text) -> Arc<Text> {
        if let Some(known) = self.texts.get(&text) {
            return known.clone();
        }
        let text = Arc::new(text);
        self.texts.insert(text.clone());
        text
    }

    /// Counts a resource and its places.
    pub fn resource(&mut self, provider: &str, service: &str, kind: &str, fact: &Node<'_>) {
        self.key.clear();
        let _ = write!(self.key, "{provider}\0{service}\0{kind}");
        match self.resources.get_mut(&self.key) {
            Some(count) => *count += 1,
            None => drop(self.resources.insert(self.key.clone(), 1)),
        }
        // Without a region of its own it counts as being anywhere the service is.
        let region = fact.get("region").and_then(Node::text).unwrap_or("global");
        self.key.clear();
        let _ = write!(self.key, "{provider}\0{service}\0{region}\0{kind}");
        if !self.uses.contains(&self.key) {
            self.uses.insert(self.key.clone());
        }
        let may_be = |field: &str| fact.get(field).and_then(Node::truth) != Some(false);
        let confidential = may_be("confidential");
        self.confidential += u64::from(confidential);
        self.availability_critical += u64::from(may_be("availability_critical"));
        if let Some(oldest) = captured_at(fact) {
            self.recorded = Recorded::and(self.recorded, Some(Recorded { resources: 1, oldest }));
        }
        for copy in fact.get("copies").map(Node::members).unwrap_or_default() {
            self.place(provider, copy, confidential);
        }
    }

    fn place(&mut self, provider: &str, copy: &Node<'_>, confidential: bool) {
        let text = |field: &str| copy.get(field).and_then(Node::text).unwrap_or_default();
        let countries = copy.get("countries").map(Node::members).unwrap_or_default();
        let Some(role) = role(text("role")) else { return };
        self.key.clear();
        let _ = write!(self.key, "{provider}\0{}\0{}\0{}", text("location"), text("site"), text("role"));
        for country in countries {
            self.key.push('\0');
            self.key.push_str(country.text().unwrap_or_default());
        }
        if !self.places.contains_key(&self.key) {
            let place = PlaceCount {
                provider: provider.to_owned(),
                location: text("location").to_owned(),
                countries: countries.iter().filter_map(Node::text).map(str::to_owned).collect(),
                site: text("site").to_owned(),
                role,
                confidential: 0,
                other: 0,
            };
            self.places.insert(self.key.clone(), place);
        }
        if let Some(place) = self.places.get_mut(&self.key) {
            let count = if confidential { &mut place.confidential } else { &mut place.other };
            *count += 1;
        }
    }

    /// Takes in the sums of another thread.
    pub fn add(&mut self, other: Self) {
        for (counts, more) in self.counts.iter_mut().zip(&other.counts) {
            counts.conforms += more.conforms;
            counts.violates += more.violates;
            counts.unverified += more.unverified;
            counts.not_applicable += more.not_applicable;
        }
        self.confidential += other.confidential;
        self.availability_critical += other.availability_critical;
        self.recorded = Recorded::and(self.recorded, other.recorded);
        for (key, count) in other.resources {
            *self.resources.entry(key).or_default() += count;
        }
        self.uses.extend(other.uses);
        for (key, more) in other.places {
            match self.places.get_mut(&key) {
                Some(place) => {
                    place.confidential += more.confidential;
                    place.other += more.other;
                }
                None => drop(self.places.insert(key, more)),
            }
        }
        self.findings.extend(other.findings);
    }

    /// Puts the findings in order: by rule, strongest first, then by subject. Cheap when they nearly are.
    pub fn sort(&mut self) {
        self.findings.sort_unstable_by(|(rule, one), (other_rule, other)| {
            (rule, Reverse(one.status))
                .cmp(&(other_rule, Reverse(other.status)))
                .then_with(|| one.subject.cmp(&other.subject))
                .then_with(|| one.reason.cmp(&other.reason))
                .then_with(|| one.calls.cmp(&other.calls))
        });
    }

    /// The findings, in order.
    pub fn findings(&mut self) -> Vec<Finding> {
        self.sort();
        std::mem::take(&mut self.findings).into_iter().map(|(_, finding)| finding).collect()
    }

    /// Places, in order.
    pub fn places(&mut self) -> Vec<PlaceCount> {
        std::mem::take(&mut self.places).into_values().collect()
    }

    /// What is in use: provider, service, region and kind, in order.
    pub fn uses(&self) -> impl Iterator<Item = (&str, &str, &str, &str)> {
        self.uses.iter().filter_map(|key| {
            let mut parts = key.split('\0');
            Some((parts.next()?, parts.next()?, parts.next()?, parts.next()?))
        })
    }

    /// Resources by provider, service and kind, in order.
    pub fn resources(&self) -> Vec<(String, String, String, u64)> {
        let split = |(key, count): (&String, &u64)| {
            let mut parts = key.split('\0').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            (part(), part(), part(), *count)
        };
        self.resources.iter().map(split).collect()
    }
}

/// When the provider made the record that shows some of a fact; none where all of it was seen now. A time that cannot
/// be read is not now: it is taken for the oldest there is.
pub(super) fn captured_at(fact: &Node<'_>) -> Option<Timestamp> {
    let at = fact.get("captured")?.get("at").and_then(Node::text).and_then(|text| text.parse().ok());
    Some(Timestamp(at.unwrap_or(jiff::Timestamp::UNIX_EPOCH)))
}

fn role(word: &str) -> Option<CopyRole> {
    Some(match word {
        "primary" => CopyRole::Primary,
        "replica" => CopyRole::Replica,
        "backup" => CopyRole::Backup,
        "snapshot" => CopyRole::Snapshot,
        "log" => CopyRole::Log,
        "cache" => CopyRole::Cache,
        "key" => CopyRole::Key,
        "transit" => CopyRole::Transit,
        _ => return None,
    })
}
