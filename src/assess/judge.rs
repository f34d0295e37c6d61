//! Holds one fact after the other against the rules.

use super::AssessError;
use super::derive::Derived;
use super::ground::Ground;
use super::plan::{Rule, concerns, root};
use super::result::{Finding, Status};
use super::source::ServiceKinds;
use super::tally::{Tally, captured_at};
use super::unseen;
use crate::checks::{Answers, FactLine, Node, Outcome, SubjectKind, Truth, Variables};
use crate::text::Text;
use cel::Context;
use sekisho_contract::CallId;
use sekisho_contract::call::jiff_timestamp::Timestamp;
use sekisho_contract::fact::Kind;
use sekisho_contract::gap::Gap;
use serde::Serialize;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What every judge shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench<'a> {
    pub rules: &'a [Rule],
    pub variables: &'a Variables,
    pub ground: &'a Ground,
    pub services: &'a [ServiceKinds],
}

/// One thread's judge, with what it has seen so far.
pub(super) struct Judge<'a> {
    bench: Bench<'a>,
    root: Context<'static, 'static>,
    families: Vec<Family>,
    memory: Vec<Memory>,
    key: Vec<u8>,
    pub tally: Tally,
}

/// What a rule answered before.
#[derive(Default)]
struct Memory {
    outcomes: Answers<Outcome>,
    reasons: Answers<Arc<Text>>,
}

/// Resources that share what decides most of the questions "does the check concern it".
struct Family {
    provider: String,
    service: String,
    kind: String,
    facets: Vec<String>,
    concerns: Vec<Truth>,
}

/// Whom a finding is about.
struct Subject<'f> {
    id: &'f str,
    name: &'f str,
    provider: &'f str,
    account: &'f str,
    /// The calls that showed each facet; read when the first finding asks for them.
    evidence: OnceCell<BTreeMap<String, Vec<CallId>>>,
}

impl<'f> Subject<'f> {
    /// What was made of other facts, by its id, name, provider and account.
    fn derived(
        [id, name, provider, account]: [&'f str; 4],
        evidence: &BTreeMap<String, Vec<CallId>>,
    ) -> Self {
        Self { id, name, provider, account, evidence: OnceCell::from(evidence.clone()) }
    }
}

impl<'a> Judge<'a> {
    /// A judge who has seen nothing yet.
    pub fn new(bench: Bench<'a>) -> Self {
        let tally = Tally::new(bench.rules.len());
        let memory = bench.rules.iter().map(|_| Memory::default()).collect();
        Self { bench, root: root(bench.variables), families: Vec::new(), memory, key: Vec::new(), tally }
    }

    /// Judges a resource.
    pub fn resource(&mut self, line: &str, number: u64) -> Result<(), AssessError> {
        let parsed =
            FactLine::parse(line).map_err(|source| AssessError::Malformed { line: number, source })?;
        let fact = &parsed.fact;
        let text = |field: &'static str| {
            fact.get(field).and_then(Node::text).ok_or(AssessError::Incomplete { line: number, field })
        };
        let (provider, service, kind) = (text("provider")?, text("service")?, text("kind")?);
        if !Kind::ALL.iter().any(|known| known.as_str() == kind) {
            return Err(AssessError::Incomplete { line: number, field: "kind" });
        }
        let subject = Subject {
            id: text("id")?,
            name: text("name")?,
            provider,
            account: text("account")?,
            evidence: OnceCell::new(),
        };
        self.tally.resource(provider, service, kind, fact);
        let family = self.family(provider, service, kind, fact);
        for at in 0..self.bench.rules.len() {
            if self.bench.rules[at].check.subject == SubjectKind::Resource {
                let known = match self.families[family].concerns[at] {
                    Truth::Unknown => None,
                    decided => Some(decided),
                };
                self.judge(at, known, &subject, &parsed, &[]);
            }
        }
        Ok(())
    }

    /// Judges an account by its setting; gives the account's id.
    pub fn setting(&mut self, line: &str) -> Result<String, AssessError> {
        let parsed = FactLine::parse(line).map_err(|source| AssessError::Malformed { line: 0, source })?;
        let text = |field: &'static str| {
            parsed.fact.get(field).and_then(Node::text).ok_or(AssessError::Incomplete { line: 0, field })
        };
        let (provider, account) = (text("provider")?, text("account")?);
        let id = format!("{provider}/{account}");
        let subject = Subject { id: &id, name: account, provider, account, evidence: OnceCell::new() };
        for at in 0..self.bench.rules.len() {
            if self.bench.rules[at].check.subject == SubjectKind::Account {
                self.judge(at, None, &subject, &parsed, &[]);
            }
        }
        Ok(id)
    }

    /// Judges what was made of other facts.
    pub fn derived(&mut self, derived: &Derived) -> Result<(), AssessError> {
        for told in &derived.recovery {
            let named = [&told.id, &told.name, &told.provider, &told.account].map(String::as_str);
            self.follows(SubjectKind::Recovery, told, &Subject::derived(named, &told.evidence), &told.gaps)?;
        }
        for told in &derived.erasure {
            let named = [&told.id, &told.name, &told.provider, &told.account].map(String::as_str);
            self.follows(SubjectKind::Erasure, told, &Subject::derived(named, &told.evidence), &told.gaps)?;
        }
        for told in &derived.support {
            let named = [&told.id, &told.name, &told.provider, &told.account].map(String::as_str);
            self.follows(SubjectKind::Support, told, &Subject::derived(named, &told.evidence), &told.gaps)?;
        }
        for told in &derived.corroboration {
            let named = [&told.id, &told.name, &told.provider, &told.account].map(String::as_str);
            self.follows(SubjectKind::Corroboration, told, &Subject::derived(named, &told.evidence), &[])?;
        }
        for told in &derived.logs {
            let named = [&told.id, &told.name, &told.provider, &told.account].map(String::as_str);
            self.follows(SubjectKind::Logs, told, &Subject::derived(named, &told.evidence), &told.gaps)?;
        }
        Ok(())
    }

    fn follows(
        &mut self,
        sort: SubjectKind,
        told: &impl Serialize,
        subject: &Subject<'_>,
        gaps: &[Gap],
    ) -> Result<(), AssessError> {
        if !self.bench.rules.iter().any(|rule| rule.check.subject == sort) {
            return Ok(());
        }
        let malformed = |source| AssessError::Malformed { line: 0, source };
        let line = serde_json::to_string(told).map_err(malformed)?;
        let parsed = FactLine::parse(&line).map_err(malformed)?;
        for at in 0..self.bench.rules.len() {
            if self.bench.rules[at].check.subject == sort {
                self.judge(at, None, subject, &parsed, gaps);
            }
        }
        Ok(())
    }

    /// Holds a fact against a rule: counts the result, and makes the finding of one that is not in order.
    /// `own` are gaps of the fact that are not among those of the file.
    fn judge<'g>(
        &mut self,
        at: usize,
        applies: Option<Truth>,
        subject: &Subject<'_>,
        parsed: &FactLine<'_>,
        own: &'g [Gap],
    ) where
        'a: 'g,
    {
        if applies == Some(Truth::False) {
            return self.tally.count(at, Outcome::NotApplicable);
        }
        let (bench, fact) = (self.bench, &parsed.fact);
        let rule = &bench.rules[at];
        let scope = || {
            let mut scope = self.root.new_inner_scope();
            scope.add_variable_as_val("subject", fact.value().clone_as_boxed());
            scope
        };
        self.key.clear();
        // Beside what the rule reads, what is known of the family decides.
        self.key.push(u8::from(applies.is_some()));
        rule.check.read().write(fact, &mut self.key);
        let memory = &mut self.memory[at];
        let outcome = memory.outcomes.answer(&self.key, || rule.check.judge(&scope(), applies));
        self.tally.count(at, outcome);
        let (status, reason, remedy, gaps) = match outcome {
            Outcome::NotApplicable | Outcome::Conforms => return,
            Outcome::Violates => {
                self.key.clear();
                rule.check.quoted().write(fact, &mut self.key);
                let reason =
                    memory.reasons.answer(&self.key, || self.tally.shared(rule.check.reason(&scope())));
                let kind = fact.get("kind").and_then(Node::text);
                (Status::Violates, reason, rule.remedy(subject.provider, kind), Vec::new())
            }
            Outcome::Unverified if rule.check.is_doubted(&scope()) => {
                let gaps = gaps_of_lists(bench, subject);
                let reason = self.tally.shared(unseen::doubted(rule.check.reason(&scope()), &gaps));
                (Status::Unverified, reason, rule.remedy(subject.provider, None), gaps)
            }
            Outcome::Unverified => {
                let absent = unseen::absent(fact, rule.check.reads());
                let mut gaps: Vec<&'g Gap> = unseen::explaining(bench.ground.gaps_of(subject.id), &absent);
                gaps.extend(unseen::explaining(own, &absent));
                if rule.check.subject == SubjectKind::Account {
                    gaps.extend(cell_gaps(bench, subject, &absent));
                }
                let reason = self.tally.shared(unseen::reason(&absent, &gaps));
                (Status::Unverified, reason, self.tally.shared(unseen::remedy(&gaps)), gaps)
            }
        };
        let through = fact.get("confidential_through").and_then(Node::text);
        let reason = match through.filter(|_| rule.facets().contains("confidential")) {
            Some(through) => self.tally.shared(unseen::through(&reason, through)),
            None => reason,
        };
        let mut calls = evidence(subject, parsed, rule.facets());
        calls.extend(gaps.iter().filter_map(|gap| gap.call));
        let finding = Finding {
            check: Arc::clone(&rule.id),
            clauses: rule.clauses.clone(),
            level: rule.level,
            subject: subject.id.into(),
            name: subject.name.into(),
            status,
            reason,
            remedy,
            calls: calls.into_iter().collect(),
            captured: captured(fact, rule.facets()),
        };
        self.tally.findings.push((at, finding));
    }

    /// The family of a resource, found or made.
    fn family(&mut self, provider: &str, service: &str, kind: &str, fact: &Node<'_>) -> usize {
        let facets = fact.get("facets").map(Node::members).unwrap_or_default();
        let same = |family: &Family| {
            family.kind == kind
                && family.service == service
                && family.provider == provider
                && family.facets.len() == facets.len()
                && family.facets.iter().zip(facets).all(|(one, other)| other.text() == Some(one))
        };
        if let Some(found) = self.families.iter().position(same) {
            return found;
        }
        let facets: Vec<&str> = facets.iter().filter_map(Node::text).collect();
        let decide = |rule| match fact.get("facets") {
            // Without the list of facets nothing can be decided for a family.
            None => Truth::Unknown,
            Some(_) => concerns(rule, &self.root, (provider, service, kind), &facets),
        };
        let concerns = self.bench.rules.iter().map(decide).collect();
        let owned = facets.iter().map(|facet| (*facet).to_owned()).collect();
        let family = Family {
            provider: provider.to_owned(),
            service: service.to_owned(),
            kind: kind.to_owned(),
            facets: owned,
            concerns,
        };
        // Facts of a hostile file could have any number of families: the last place is used again.
        const LIMIT: usize = 256;
        self.families.truncate(LIMIT - 1);
        self.families.push(family);
        self.families.len() - 1
    }
}

/// The calls that showed these facets.
fn evidence(subject: &Subject<'_>, parsed: &FactLine<'_>, facets: &BTreeSet<&str>) -> BTreeSet<CallId> {
    let read = || parsed.evidence.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let tags = facets.contains("confidential");
    let wanted =
        |facet: &str| facets.contains(facet.split('.').next().unwrap_or(facet)) || (tags && facet == "tags");
    let all = subject.evidence.get_or_init(read).iter();
    all.filter(|(facet, _)| wanted(facet)).flat_map(|(_, calls)| calls).copied().collect()
}

/// When the provider made the record that shows any of these facets; none where they were seen now.
fn captured(fact: &Node<'_>, facets: &BTreeSet<&str>) -> Option<Timestamp> {
    let shown = fact.get("captured")?.get("facets").map(Node::members).unwrap_or_default();
    let wanted = |facet: &str| facets.contains(facet) || (facet == "tags" && facets.contains("confidential"));
    shown.iter().filter_map(Node::text).any(wanted).then(|| captured_at(fact)).flatten()
}

/// The gaps of an account's lists over services: what they could not tell.
fn gaps_of_lists<'g>(bench: Bench<'g>, subject: &Subject<'_>) -> Vec<&'g Gap> {
    let below = bench.ground.gaps_below(&format!("{}/{}/", subject.provider, subject.account));
    let of_list = |gap: &&Gap| {
        let service = gap.subject.rsplit('/').next().unwrap_or_default();
        let known = |kinds: &&ServiceKinds| kinds.provider == subject.provider && kinds.service == service;
        bench.services.iter().find(known).is_some_and(|kinds| kinds.kinds.is_empty())
    };
    below.iter().filter(of_list).collect()
}

/// The gaps of an account's cells that left its setting incomplete.
fn cell_gaps<'g>(bench: Bench<'g>, subject: &Subject<'_>, absent: &[&[String]]) -> Vec<&'g Gap> {
    let lacks = |field: &str| absent.iter().any(|path| path.first().is_some_and(|first| first == field));
    let (sweep, audit) = (lacks("sweep"), lacks("audit"));
    let below = bench.ground.gaps_below(&format!("{}/{}/", subject.provider, subject.account));
    let holds_trails = |gap: &Gap| {
        let service = gap.subject.rsplit('/').next().unwrap_or_default();
        let known = |kinds: &&ServiceKinds| kinds.provider == subject.provider && kinds.service == service;
        bench.services.iter().find(known).is_some_and(|kinds| kinds.kinds.contains(&Kind::AuditTrail))
    };
    below.iter().filter(|gap| sweep || (audit && holds_trails(gap))).collect()
}
