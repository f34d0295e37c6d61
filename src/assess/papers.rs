//! Holds the register against the profile: each document against the rules of the clauses that ask for it, and the
//! tenancy's papers as a whole against what is in use.
//!
//! A document in order makes a clause attested, never conforming. One that falls short counts only where nothing else
//! fills its place.

use super::judge::Bench;
use super::plan::{Rule, root};
use super::result::{Counts, DocumentResult, Finding, HeldDocument, Need, Status};
use super::tally::Tally;
use super::unseen;
use super::uses::{self, Uses};
use super::verdict::text;
use crate::annex::{Due, Each, Level, Matter, Paper, Profile};
use crate::checks::{Node, Outcome, SubjectKind, joined};
use crate::documents::{
    self, About, DocumentFact, DocumentKind, Faulty, Handling, InUse, OutputFact, Register, TenancyFact,
    outside,
};
use crate::text::{Language, Text};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the papers of a run are held against.
pub(super) struct Desk<'a> {
    pub profile: &'a Profile,
    pub register: &'a Register,
    pub bench: Bench<'a>,
    /// `provider/account` of every account that must have been read.
    pub accounts: &'a [String],
    pub assessed_at: Date,
    pub contract_end: Date,
    /// How a request asks that the answer be handled.
    pub asked: Option<&'a Handling>,
}

/// What the register says to each clause.
#[derive(Default)]
pub(super) struct Papers {
    /// By clause: its documents.
    pub documents: Vec<Vec<DocumentResult>>,
    /// By clause: its statements.
    pub statements: Vec<Vec<DocumentResult>>,
    /// By clause and rule: how the documents that count there came out.
    pub counts: BTreeMap<(usize, usize), Counts>,
    /// Every document, and how it stands.
    pub held: Vec<HeldDocument>,
    /// Why nothing is passed on to others; none where something is, or nobody says that nothing is.
    pub no_subcontracting: Option<Text>,
    /// By matter that no check sees: the statement that somebody looked at it.
    reviewed: BTreeMap<String, String>,
    /// The providers in use.
    providers: BTreeSet<String>,
}

impl Papers {
    /// How a matter that no check sees stands; none where it is about a provider that is not in use.
    pub fn need(&self, matter: &Matter) -> Option<Need> {
        if matter.provider.as_ref().is_some_and(|provider| !self.providers.contains(provider)) {
            return None;
        }
        let entry = self.reviewed.get(&matter.id).cloned();
        let status = if entry.is_some() { Status::Attested } else { Status::Unverified };
        Some(Need { id: matter.id.clone(), status, entry, missing: matter.missing.clone() })
    }
}

/// Kinds of documents whose scope names services.
const SCOPED: [DocumentKind; 8] = [
    DocumentKind::Iso27001,
    DocumentKind::Iso27017,
    DocumentKind::IsmsCls,
    DocumentKind::Soc1,
    DocumentKind::Soc2,
    DocumentKind::Soc3,
    DocumentKind::CsMarkGold,
    DocumentKind::CsMarkSilver,
];

/// Judges every paper. Findings and the counts of rules about the tenancy go to the tally.
pub(super) fn judge(desk: &Desk<'_>, tally: &mut Tally) -> Papers {
    let facts: Vec<DocumentFact> = desk
        .register
        .documents
        .iter()
        .map(|document| DocumentFact::of(document, desk.register, desk.assessed_at, desk.contract_end))
        .collect();
    let judged: Vec<Judged<'_>> = facts.iter().map(|fact| Judged::of(fact, desk.bench)).collect();
    let uses = uses::of(desk.bench, desk.accounts, tally);
    let providers = uses::providers(desk.bench, desk.accounts);

    let mut papers = Papers::default();
    let mut counted: BTreeMap<(usize, usize), BTreeSet<usize>> = BTreeMap::new();
    let mut asked: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (at, clause) in desk.profile.clauses.iter().enumerate() {
        for (list, of) in
            [(&clause.documents, &mut papers.documents), (&clause.statements, &mut papers.statements)]
        {
            let place = |paper| Place::of(desk, at, paper, &judged, &providers);
            let places: Vec<Place<'_>> = list.iter().map(place).collect();
            for found in &places {
                for one in found.candidates.iter().copied() {
                    asked.entry(one).or_default().insert(at);
                    // A document that falls short counts only where its place is not filled by another.
                    let counts =
                        found.status != Status::Attested || found.standing(one) == Some(Status::Attested);
                    if counts {
                        for rule in rules_of(desk, at, SubjectKind::Document) {
                            counted.entry((at, rule)).or_default().insert(one);
                        }
                    }
                }
            }
            of.push(places.into_iter().map(|place| place.result(desk, &judged)).collect());
        }
    }
    for (key, documents) in &counted {
        let counts = papers.counts.entry(*key).or_default();
        documents.iter().for_each(|one| counts.add(judged[*one].outcomes[key.1]));
    }
    findings(desk, &judged, &counted, tally);
    whole(desk, &judged, &uses, &providers, tally);
    papers.no_subcontracting = no_subcontracting(desk, &judged);
    papers.reviewed = reviewed(desk, &judged, &mut asked);
    papers.providers = providers;
    marked(desk, &judged, &mut asked);
    output(desk, tally);
    papers.held = judged.iter().enumerate().map(|(at, one)| held(desk, at, one, &asked)).collect();
    papers
}

/// One document, and what each rule says of it.
struct Judged<'a> {
    fact: &'a DocumentFact,
    node: Node<'static>,
    /// By rule; rules about other things do not concern it.
    outcomes: Vec<Outcome>,
}

impl<'a> Judged<'a> {
    fn of(fact: &'a DocumentFact, bench: Bench<'_>) -> Self {
        // What cannot be written as JSON is an empty object: every rule about it stays undecided.
        let node = Node::owned(&serde_json::to_value(fact).unwrap_or(serde_json::json!({})));
        let root = root(bench.variables);
        let judge = |rule: &Rule| {
            if rule.check.subject != SubjectKind::Document {
                return Outcome::NotApplicable;
            }
            let mut scope = root.new_inner_scope();
            scope.add_variable_as_val("subject", node.value().clone_as_boxed());
            rule.check.judge(&scope, None)
        };
        Self { fact, outcomes: bench.rules.iter().map(judge).collect(), node }
    }

    /// Whether no rule at all is left open.
    fn is_sound(&self) -> bool {
        !self.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Unverified | Outcome::Violates))
    }

    /// How it stands against these rules: attested when none of them is left open.
    fn standing(&self, rules: &[usize]) -> Status {
        let all = rules.iter().map(|rule| match self.outcomes[*rule] {
            Outcome::Violates => Status::Violates,
            Outcome::Unverified => Status::Unverified,
            Outcome::Conforms | Outcome::NotApplicable => Status::Attested,
        });
        all.max().unwrap_or(Status::Attested)
    }
}

/// A place for a paper in a clause, and what fills it.
struct Place<'p> {
    paper: &'p Paper,
    status: Status,
    /// The documents it could be, with how each stands.
    candidates: Vec<usize>,
    standings: Vec<Status>,
    /// Providers for which nothing is on file.
    lacking: Vec<String>,
    /// Entries of its kind that cannot be used.
    faulty: Vec<&'p Faulty>,
    /// It is not due yet.
    to_come: bool,
}

impl<'p> Place<'p> {
    fn of(
        desk: &Desk<'p>,
        clause: usize,
        paper: &'p Paper,
        judged: &[Judged<'_>],
        providers: &BTreeSet<String>,
    ) -> Self {
        let keys = paper.keys();
        let binding = binding_rules(desk, clause);
        let own = |fact: &DocumentFact| paper.each != Each::Own || fact.entry.provider.is_unseen();
        // Who states that nothing is passed on is not believed as long as something on file speaks of it.
        let believed =
            |fact: &DocumentFact| fact.entry.key() != NO_SUBCONTRACTING || !passed_on(desk.register);
        let fits = |one: &Judged<'_>| {
            keys.contains(&one.fact.entry.key()) && !one.fact.replaced && own(one.fact) && believed(one.fact)
        };
        let candidates: Vec<usize> = (0..judged.len()).filter(|at| fits(&judged[*at])).collect();
        let standings: Vec<Status> = candidates.iter().map(|at| judged[*at].standing(&binding)).collect();
        let of_provider = |provider: &str| {
            let is_its = |(at, _): &(&usize, &Status)| {
                judged[**at].fact.entry.provider.seen().is_some_and(|own| own == provider)
            };
            candidates.iter().zip(&standings).filter(is_its).map(|(_, status)| *status).min()
        };
        let lacking: Vec<String> = match paper.each {
            Each::Provider | Each::Every => {
                providers.iter().filter(|provider| of_provider(provider).is_none()).cloned().collect()
            }
            Each::One | Each::Own => Vec::new(),
        };
        let best = standings.iter().copied().min().unwrap_or(Status::Unverified);
        let missing =
            if lacking.is_empty() && !providers.is_empty() { Status::Attested } else { Status::Unverified };
        let status = match paper.each {
            Each::One | Each::Own => best,
            Each::Provider => {
                providers.iter().filter_map(|one| of_provider(one)).chain([missing]).max().unwrap_or(missing)
            }
            Each::Every => standings.iter().copied().chain([missing]).max().unwrap_or(missing),
        };
        let is_its = |faulty: &&Faulty| faulty.key.as_deref().is_some_and(|key| keys.contains(&key));
        let faulty: Vec<&Faulty> = desk.register.faulty.iter().filter(is_its).collect();
        // Where every one there is has to be in order, one that cannot be read leaves that open.
        let status = match paper.each {
            Each::Every if desk.register.may_hold(&keys) => status.max(Status::Unverified),
            _ => status,
        };
        let to_come = paper.due == Due::ContractEnd
            && desk.assessed_at <= desk.contract_end
            && candidates.is_empty()
            && faulty.is_empty();
        let status = if to_come { Status::NotApplicable } else { status };
        Self { paper, status, candidates, standings, lacking, faulty, to_come }
    }

    fn standing(&self, document: usize) -> Option<Status> {
        let at = self.candidates.iter().position(|one| *one == document)?;
        self.standings.get(at).copied()
    }

    /// What a document is called here: with the name of its entry where another is called the same.
    fn name(&self, document: usize, judged: &[Judged<'_>], language: Language) -> String {
        let fact = judged[document].fact;
        let name = fact.name.get(language);
        let same = self.candidates.iter().filter(|other| judged[**other].fact.name.get(language) == name);
        match (same.count() > 1, language) {
            (false, _) => name.to_owned(),
            (true, Language::Ja) => format!("{name}（{}）", fact.id),
            (true, Language::En) => format!("{name} ({})", fact.id),
        }
    }

    fn result(self, desk: &Desk<'_>, judged: &[Judged<'_>]) -> DocumentResult {
        let named = |wanted: Status, language: Language| {
            let all = self.candidates.iter().zip(&self.standings).filter(|(_, status)| **status == wanted);
            let names: Vec<String> = all.map(|(at, _)| self.name(*at, judged, language)).collect();
            (!names.is_empty()).then(|| joined(&names, language))
        };
        let mut reason = Text::default();
        let mut say = |ja: String, en: String| super::verdict::append(&mut reason, &ja, &en);
        if self.to_come {
            let end = desk.contract_end;
            say(
                format!("契約の終了（{end}）の後に提出を求める。"),
                format!("Due once the contract has ended ({end})."),
            );
        }
        for (status, ja, en) in [
            (Status::Attested, "登録があり、有効である", "On file and in order"),
            (Status::Unverified, "登録があるが、確認できない点がある", "On file, with points left open"),
            (Status::Violates, "登録があるが、要件を満たさない", "On file, and falls short"),
        ] {
            if let (Some(names_ja), Some(names_en)) =
                (named(status, Language::Ja), named(status, Language::En))
            {
                say(format!("{ja}：{names_ja}。"), format!("{en}: {names_en}."));
            }
        }
        if !self.faulty.is_empty() {
            let ids: Vec<String> =
                self.faulty.iter().map(|faulty| format!("documents/{}.toml", faulty.id)).collect();
            let first =
                self.faulty.iter().flat_map(|faulty| &faulty.faults).next().map_or("", String::as_str);
            say(
                format!("登録に誤りがあり、使えない：{}［{first}］。", joined(&ids, Language::Ja)),
                format!("Entries with faults, not used: {} [{first}].", joined(&ids, Language::En)),
            );
        }
        let (whom_ja, whom_en) = super::verdict::whom(self.paper.from);
        if !self.lacking.is_empty() {
            let providers = joined(&self.lacking, Language::En);
            say(
                format!("登録がない（{providers}）。{whom_ja}に提出を求める。"),
                format!("Not on file for {providers}; ask {whom_en}."),
            );
        } else if self.candidates.is_empty() && !self.to_come {
            say(format!("登録がない。{whom_ja}に提出を求める。"), format!("Not on file; ask {whom_en}."));
        }
        DocumentResult {
            id: self.paper.id.clone(),
            title: self.paper.title.clone(),
            level: self.paper.level,
            status: self.status,
            reason,
            from: self.paper.from,
            entries: self.candidates.iter().map(|at| judged[*at].fact.id.clone()).collect(),
            lacking: self.lacking,
        }
    }
}

/// By matter that no check sees: the statement in order that somebody looked at it.
fn reviewed(
    desk: &Desk<'_>,
    judged: &[Judged<'_>],
    asked: &mut BTreeMap<usize, BTreeSet<usize>>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (one, statement) in judged.iter().enumerate() {
        if statement.fact.entry.key() != About::Reviewed.as_str() || statement.fact.replaced {
            continue;
        }
        let matters = statement.fact.entry.matters.seen().map_or(&[][..], Vec::as_slice);
        for (at, clause) in desk.profile.clauses.iter().enumerate() {
            for need in clause.needs.iter().filter(|need| matters.contains(&need.id)) {
                asked.entry(one).or_default().insert(at);
                if statement.is_sound() {
                    found.entry(need.id.clone()).or_insert_with(|| statement.fact.id.clone());
                }
            }
        }
    }
    found
}

/// What says how things are to be handled serves the clauses that look at what is written.
fn marked(desk: &Desk<'_>, judged: &[Judged<'_>], asked: &mut BTreeMap<usize, BTreeSet<usize>>) {
    let says = |one: &&(usize, &Judged<'_>)| one.1.fact.entry.key() == About::HandlingMarking.as_str();
    for (one, _) in judged.iter().enumerate().filter(|one| says(&one)) {
        let looks = |at: &usize| !rules_of(desk, *at, SubjectKind::Output).is_empty();
        asked.entry(one).or_default().extend((0..desk.profile.clauses.len()).filter(looks));
    }
}

/// Judges what the program itself writes of the run.
fn output(desk: &Desk<'_>, tally: &mut Tally) {
    let fact = OutputFact::of(desk.register, desk.asked, tally.confidential > 0);
    let node = Node::owned(&serde_json::to_value(&fact).unwrap_or(serde_json::json!({})));
    about_all(desk, SubjectKind::Output, "report", &node, tally);
}

/// Judges by the rules about one thing that there is once.
fn about_all(desk: &Desk<'_>, kind: SubjectKind, subject: &str, node: &Node<'static>, tally: &mut Tally) {
    let root = root(desk.bench.variables);
    for (at, rule) in desk.bench.rules.iter().enumerate().filter(|(_, rule)| rule.check.subject == kind) {
        let mut scope = root.new_inner_scope();
        scope.add_variable_as_val("subject", node.value().clone_as_boxed());
        let outcome = rule.check.judge(&scope, None);
        tally.count(at, outcome);
        if !matches!(outcome, Outcome::Conforms | Outcome::NotApplicable) {
            let finding = finding(desk, at, (subject, subject), node, outcome, tally);
            tally.findings.push((at, finding));
        }
    }
}

/// The rules of this sort that a clause names.
fn rules_of(desk: &Desk<'_>, clause: usize, subject: SubjectKind) -> Vec<usize> {
    let named = &desk.profile.clauses[clause].checks;
    let all = desk.bench.rules.iter().enumerate();
    let wanted = all.filter(|(_, rule)| rule.check.subject == subject);
    wanted.filter(|(_, rule)| named.iter().any(|one| one.id == rule.check.id)).map(|(at, _)| at).collect()
}

/// Those of them that bind.
fn binding_rules(desk: &Desk<'_>, clause: usize) -> Vec<usize> {
    let named = &desk.profile.clauses[clause].checks;
    let binds = |rule: &usize| {
        let id = &desk.bench.rules[*rule].check.id;
        named.iter().any(|one| one.id == *id && one.level == Level::Shall)
    };
    rules_of(desk, clause, SubjectKind::Document).into_iter().filter(binds).collect()
}

fn findings(
    desk: &Desk<'_>,
    judged: &[Judged<'_>],
    counted: &BTreeMap<(usize, usize), BTreeSet<usize>>,
    tally: &mut Tally,
) {
    let mut clauses: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for ((clause, rule), documents) in counted {
        for document in documents {
            clauses.entry((*rule, *document)).or_default().push(*clause);
        }
    }
    for ((rule, document), clauses) in clauses {
        let (one, outcome) = (&judged[document], judged[document].outcomes[rule]);
        if matches!(outcome, Outcome::Conforms | Outcome::NotApplicable) {
            continue;
        }
        let subject = format!("documents/{}", one.fact.id);
        let levels = clauses.iter().flat_map(|at| &desk.profile.clauses[*at].checks);
        let level =
            levels.filter(|named| named.id == desk.bench.rules[rule].check.id).map(|named| named.level).min();
        let ids: Arc<[String]> = clauses.iter().map(|at| desk.profile.clauses[*at].id.clone()).collect();
        let name = one.fact.name.ja.clone();
        let finding = finding(desk, rule, (&subject, &name), &one.node, outcome, tally);
        let level = level.unwrap_or(finding.level);
        tally.findings.push((rule, Finding { clauses: ids, level, ..finding }));
    }
}

/// Judges the tenancy's papers as a whole.
fn whole(
    desk: &Desk<'_>,
    judged: &[Judged<'_>],
    uses: &Uses,
    providers: &BTreeSet<String>,
    tally: &mut Tally,
) {
    let in_order =
        |id: &str| judged.iter().any(|one| one.fact.id == id && one.is_sound() && !one.fact.replaced);
    let mut fact = TenancyFact::of(desk.register, desk.assessed_at, &in_order);
    let mut told = BTreeSet::new();
    for (at, clause) in desk.profile.clauses.iter().enumerate() {
        let scoped =
            |paper: &&Paper| paper.keys().iter().any(|key| SCOPED.iter().any(|kind| kind.as_str() == *key));
        for paper in clause.documents.iter().filter(scoped).filter(|paper| paper.each == Each::Provider) {
            if told.insert(&paper.id) {
                let place = Place::of(desk, at, paper, judged, providers);
                let sound = place
                    .candidates
                    .iter()
                    .zip(&place.standings)
                    .filter(|(_, status)| **status == Status::Attested);
                let entries: Vec<&documents::Entry> =
                    sound.map(|(one, _)| &judged[*one].fact.entry).collect();
                let in_use: &BTreeSet<InUse> = &uses.services;
                fact.outside.extend(outside(&paper.id, in_use, &entries));
            }
        }
    }
    let sound = |document: &&documents::Document| in_order(&document.id);
    let stated: BTreeSet<&String> = desk
        .register
        .of(&["export-formats"])
        .filter(sound)
        .filter_map(|document| document.entry.exports.seen())
        .flatten()
        .flat_map(|export| &export.kinds)
        .collect();
    fact.unexported = uses.kinds.iter().filter(|kind| !stated.contains(kind)).cloned().collect();
    let node = Node::owned(&serde_json::to_value(&fact).unwrap_or(serde_json::json!({})));
    about_all(desk, SubjectKind::Tenancy, "tenancy", &node, tally);
}

fn finding(
    desk: &Desk<'_>,
    at: usize,
    (subject, name): (&str, &str),
    node: &Node<'static>,
    outcome: Outcome,
    tally: &mut Tally,
) -> Finding {
    let rule = &desk.bench.rules[at];
    let root = root(desk.bench.variables);
    let mut scope = root.new_inner_scope();
    scope.add_variable_as_val("subject", node.value().clone_as_boxed());
    let reason = if outcome == Outcome::Violates || rule.check.is_doubted(&scope) {
        rule.check.reason(&scope)
    } else {
        unstated(&unseen::absent(node, rule.check.reads()))
    };
    Finding {
        check: Arc::clone(&rule.id),
        clauses: rule.clauses.clone(),
        level: rule.level,
        subject: subject.into(),
        name: name.into(),
        status: if outcome == Outcome::Violates { Status::Violates } else { Status::Unverified },
        reason: tally.shared(reason),
        remedy: tally.shared(rule.check.ask.clone()),
        calls: Box::default(),
        captured: None,
    }
}

/// The statement that nothing is passed on to others.
const NO_SUBCONTRACTING: &str = "no-subcontracting";

/// Whether anything on file, or what may be on file and cannot be read, speaks of work that is passed on.
fn passed_on(register: &Register) -> bool {
    const AGAINST: [&str; 3] = ["subcontractors", "subcontract", "subcontract-permission"];
    register.of(&AGAINST).next().is_some() || register.may_hold(&AGAINST)
}

/// Why nothing is passed on to others: somebody has signed that, and nothing on file speaks against it.
fn no_subcontracting(desk: &Desk<'_>, judged: &[Judged<'_>]) -> Option<Text> {
    if passed_on(desk.register) {
        return None;
    }
    let stated =
        |one: &&Judged<'_>| one.fact.entry.key() == NO_SUBCONTRACTING && one.is_sound() && !one.fact.replaced;
    let one = judged.iter().find(stated)?;
    let (by, on) = (one.fact.entry.signed_by.seen()?, one.fact.entry.signed.seen()?);
    Some(text(
        &format!("再委託がない旨の申告（{}、{by}、{on}）により、該当しない。", one.fact.id),
        &format!(
            "Somebody states that nothing is passed on ({}, {by}, {on}), so it does not apply.",
            one.fact.id
        ),
    ))
}

/// What a register would have to say, and does not.
fn unstated(absent: &[&[String]]) -> Text {
    let told = |language| unseen::named(absent, language);
    text(
        &format!("登録に記載がないか、読み取れない項目：{}。", told(Language::Ja)),
        &format!("Not stated in the register, or not readable: {}.", told(Language::En)),
    )
}

/// How a document stands, over all the clauses that ask for it.
fn held(
    desk: &Desk<'_>,
    at: usize,
    one: &Judged<'_>,
    asked: &BTreeMap<usize, BTreeSet<usize>>,
) -> HeldDocument {
    let clauses: Vec<usize> = asked.get(&at).into_iter().flatten().copied().collect();
    let standings = clauses.iter().map(|clause| one.standing(&binding_rules(desk, *clause)));
    let reasons = desk.bench.rules.iter().enumerate().filter(|(rule, _)| {
        let named =
            clauses.iter().any(|clause| rules_of(desk, *clause, SubjectKind::Document).contains(rule));
        named && matches!(one.outcomes[*rule], Outcome::Violates | Outcome::Unverified)
    });
    HeldDocument {
        fact: one.fact.clone(),
        status: match standings.max().unwrap_or(Status::NotApplicable) {
            // What is reviewed counts by this alone.
            Status::Attested if one.fact.entry.key() == About::Reviewed.as_str() && !one.is_sound() => {
                Status::Unverified
            }
            status => status,
        },
        clauses: clauses.iter().map(|clause| desk.profile.clauses[*clause].id.clone()).collect(),
        open: reasons.map(|(_, rule)| rule.check.title.clone()).collect(),
    }
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::NotApplicable => self.not_applicable += 1,
            Outcome::Conforms => self.conforms += 1,
            Outcome::Unverified => self.unverified += 1,
            Outcome::Violates => self.violates += 1,
        }
    }
}
