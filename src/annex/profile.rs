//! A profile, loaded from its file and held against the checks there are.

use crate::checks::{self, CheckFault, Parameters};
use crate::text::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;
use std::collections::BTreeSet;

/// A body's demands: clauses in order, and the parameters of their checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// `jp-annex-2`.
    pub id: String,
    /// The version of this reading of the demands.
    pub version: String,
    /// What it is.
    pub title: Text,
    /// The parameters of the checks.
    pub parameters: Parameters,
    /// The clauses, in order.
    pub clauses: Vec<Clause>,
    /// What has to be handed in, in order.
    pub submissions: Vec<Submission>,
}

/// Something that has to be handed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The clause that demands it: `II-1`.
    pub clause: String,
    /// Its number as people see it: `Ⅱ-１`.
    pub number: String,
    /// What it is.
    pub title: Text,
    /// The clause of this profile that asks for the paper.
    pub asked_by: String,
    /// The document there.
    pub paper: String,
    /// The check of that clause that holds what is in use against its scope.
    #[serde(default)]
    pub within: Option<String>,
}

/// One numbered demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// `V-3`.
    pub id: String,
    /// The number people see: `Ⅴ-３`.
    pub number: String,
    /// What it is about.
    pub title: Text,
    /// What it asks, as this profile reads it.
    pub reading: Text,
    /// When it is in force.
    pub scope: Scope,
    /// The checks it needs.
    pub checks: Vec<ClauseCheck>,
    /// The documents it needs.
    pub documents: Vec<Paper>,
    /// The signed statements it needs.
    pub statements: Vec<Paper>,
    /// What it needs that no check sees: somebody has to look, and to sign that they did.
    pub needs: Vec<Matter>,
}

/// Something a clause needs that no check sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// What it is called in a statement.
    pub id: String,
    /// The provider it is about; any when left out.
    #[serde(default)]
    pub provider: Option<String>,
    /// What was not looked at.
    pub missing: Text,
}

/// When a clause is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Always.
    #[default]
    Always,
    /// When the tenancy holds confidential or personal information (要機密情報).
    Confidential,
    /// When the tenancy holds information that must stay available (要安定情報).
    AvailabilityCritical,
    /// When others do part of the work.
    Subcontracted,
}

/// How binding a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The annex's "must".
    Shall,
    /// The annex's "desirable" (望ましい): unmet, it is a recommendation unmet, never a violation.
    Should,
}

/// A check a clause needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseCheck {
    /// The check's id.
    pub id: String,
    /// How binding it is.
    pub level: Level,
}

/// A document or statement a clause needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// What it is called in the register.
    pub id: String,
    /// How binding it is; "must" unless said otherwise.
    #[serde(default = "shall")]
    pub level: Level,
    /// What it is.
    pub title: Text,
    /// Kinds of documents, and what statements are about, of which one is enough; empty when the id is the kind.
    #[serde(default)]
    pub accepts: Vec<String>,
    /// Whom to ask for it.
    pub from: Source,
    /// How many are needed.
    #[serde(default)]
    pub each: Each,
    /// When it is due.
    #[serde(default)]
    pub due: Due,
}

impl Paper {
    /// The kinds, and what statements are about, that it takes.
    pub fn keys(&self) -> Vec<&str> {
        let accepts = self.accepts.iter().map(String::as_str);
        if self.accepts.is_empty() { vec![self.id.as_str()] } else { accepts.collect() }
    }
}

/// Whom to ask for a document or statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The provider of the cloud service.
    Provider,
    /// The contractor.
    Contractor,
    /// The procuring body.
    Body,
}

/// How many of a document or statement are needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// One in order is enough.
    #[default]
    One,
    /// One in order for each provider in use.
    Provider,
    /// One for each provider in use, and all there are must be in order.
    Every,
    /// One of the contractor's own, about no provider.
    Own,
}

/// When a document or statement is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Always.
    #[default]
    Now,
    /// Once the contract has ended.
    ContractEnd,
}

/// Why a profile's file was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileFault {
    /// The file is not of the form of a profile.
    #[error("{file}: {message}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        message: String,
    },
    /// A check that does not exist.
    #[error("{file}:{line}: clause {clause} names the check `{check}`, which does not exist")]
    UnknownCheck {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The clause.
        clause: String,
        /// The check.
        check: String,
    },
    /// Something given twice.
    #[error("{file}:{line}: `{id}` is given twice")]
    Twice {
        /// The file.
        file: String,
        /// The line of the second one; 0 when it is not known.
        line: u64,
        /// What is given twice.
        id: String,
    },
    /// A paper of a kind that the register does not know.
    #[error(
        "{file}:{line}: clause {clause} asks for `{paper}`, which is no kind of document and no statement"
    )]
    UnknownPaper {
        /// The file.
        file: String,
        /// The line of the clause.
        line: u64,
        /// The clause.
        clause: String,
        /// The paper.
        paper: String,
    },
    /// Something to be handed in that no clause asks for.
    #[error("{file}: the submission {clause} names `{named}`, which {asked_by} has not")]
    UnknownSubmission {
        /// The file.
        file: String,
        /// The clause that demands it.
        clause: String,
        /// The clause that is to ask for it.
        asked_by: String,
        /// The paper or check.
        named: String,
    },
    /// A text that is missing in one of the languages.
    #[error("{file}:{line}: a text of clause {clause} must be given in Japanese and in English")]
    Untranslated {
        /// The file.
        file: String,
        /// The line of the clause.
        line: u64,
        /// The clause.
        clause: String,
    },
    /// A parameter out of bounds.
    #[error("{file}: the parameter `{parameter}` {message}")]
    Parameter {
        /// The file.
        file: String,
        /// The parameter.
        parameter: &'static str,
        /// What is wrong with it.
        message: &'static str,
    },
    /// The checks themselves do not load.
    #[error(transparent)]
    Checks(#[from] CheckFault),
}

impl Profile {
    /// The same profile with these clauses alone.
    #[must_use]
    pub fn limited_to(&self, clauses: &[String]) -> Self {
        let mut limited = self.clone();
        limited.clauses.retain(|clause| clauses.contains(&clause.id));
        limited
    }

    /// Reads a profile's file and holds it against the checks there are.
    pub fn load(file: &str, yaml: &str) -> Result<Self, ProfileFault> {
        let written: Written = serde_saphyr::from_str(yaml)
            .map_err(|fault| ProfileFault::Form { file: file.to_owned(), message: fault.to_string() })?;
        let known: BTreeSet<&str> = checks::all()?.iter().map(|check| check.id.as_str()).collect();
        parameters(file, &written.parameters)?;
        let mut clauses: Vec<Clause> = Vec::with_capacity(written.clauses.len());
        for clause in written.clauses {
            let (line, id) = (clause.id.referenced.line(), &clause.id.value);
            if clauses.iter().any(|earlier| earlier.id == *id) {
                return Err(ProfileFault::Twice { file: file.to_owned(), line, id: id.clone() });
            }
            clauses.push(clause.held_against(file, &known)?);
        }
        submissions(file, &written.submissions, &clauses)?;
        Ok(Self {
            id: written.id,
            version: written.version,
            title: written.title,
            parameters: written.parameters,
            clauses,
            submissions: written.submissions,
        })
    }

    /// The clauses that name a check, in order.
    pub fn clauses_of(&self, check: &str) -> impl Iterator<Item = (usize, &Clause, Level)> {
        self.clauses.iter().enumerate().filter_map(move |(at, clause)| {
            clause.checks.iter().find(|named| named.id == check).map(|named| (at, clause, named.level))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    version: String,
    title: Text,
    parameters: Parameters,
    clauses: Vec<WrittenClause>,
    #[serde(default)]
    submissions: Vec<Submission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClause {
    id: Spanned<String>,
    number: String,
    title: Text,
    reading: Text,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    checks: Vec<WrittenCheck>,
    #[serde(default)]
    documents: Vec<Paper>,
    #[serde(default)]
    statements: Vec<Paper>,
    #[serde(default)]
    needs: Vec<Matter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    id: Spanned<String>,
    level: Level,
}

impl WrittenClause {
    fn held_against(self, file: &str, known: &BTreeSet<&str>) -> Result<Clause, ProfileFault> {
        let (line, id) = (self.id.referenced.line(), self.id.value);
        let twice =
            |line: u64, id: &str| ProfileFault::Twice { file: file.to_owned(), line, id: id.to_owned() };
        let mut checks: Vec<ClauseCheck> = Vec::with_capacity(self.checks.len());
        for check in self.checks {
            let (line, name) = (check.id.referenced.line(), check.id.value);
            if !known.contains(name.as_str()) {
                return Err(ProfileFault::UnknownCheck {
                    file: file.to_owned(),
                    line,
                    clause: id,
                    check: name,
                });
            }
            if checks.iter().any(|earlier| earlier.id == name) {
                return Err(twice(line, &name));
            }
            checks.push(ClauseCheck { id: name, level: check.level });
        }
        for papers in [&self.documents, &self.statements] {
            let mut seen = BTreeSet::new();
            if let Some(again) = papers.iter().find(|paper| !seen.insert(&paper.id)) {
                return Err(twice(line, &again.id));
            }
        }
        let mut seen = BTreeSet::new();
        if let Some(again) = self.needs.iter().find(|need| !seen.insert(&need.id)) {
            return Err(twice(line, &again.id));
        }
        let asked = self.documents.iter().chain(&self.statements).flat_map(Paper::keys);
        let register: BTreeSet<&str> = crate::documents::keys().collect();
        if let Some(paper) = asked.into_iter().find(|key| !register.contains(key)) {
            let (file, paper) = (file.to_owned(), paper.to_owned());
            return Err(ProfileFault::UnknownPaper { file, line, clause: id, paper });
        }
        let papers = self.documents.iter().chain(&self.statements).map(|paper| &paper.title);
        let missing_texts = self.needs.iter().map(|need| &need.missing);
        let texts = [&self.title, &self.reading].into_iter().chain(missing_texts).chain(papers);
        let missing = |text: &Text| text.ja.trim().is_empty() || text.en.trim().is_empty();
        if texts.into_iter().any(missing) {
            return Err(ProfileFault::Untranslated { file: file.to_owned(), line, clause: id });
        }
        Ok(Clause {
            id,
            number: self.number,
            title: self.title,
            reading: self.reading,
            scope: self.scope,
            checks,
            documents: self.documents,
            statements: self.statements,
            needs: self.needs,
        })
    }
}

fn submissions(file: &str, all: &[Submission], clauses: &[Clause]) -> Result<(), ProfileFault> {
    for (at, one) in all.iter().enumerate() {
        if all[..at].iter().any(|earlier| earlier.clause == one.clause) {
            return Err(ProfileFault::Twice { file: file.to_owned(), line: 0, id: one.clause.clone() });
        }
        let unknown = |named: &str| ProfileFault::UnknownSubmission {
            file: file.to_owned(),
            clause: one.clause.clone(),
            asked_by: one.asked_by.clone(),
            named: named.to_owned(),
        };
        let asked = clauses.iter().find(|clause| clause.id == one.asked_by);
        let asked = asked.ok_or_else(|| unknown(&one.asked_by))?;
        if !asked.documents.iter().any(|paper| paper.id == one.paper) {
            return Err(unknown(&one.paper));
        }
        let within = one.within.as_ref();
        if let Some(check) = within.filter(|check| !asked.checks.iter().any(|named| named.id == **check)) {
            return Err(unknown(check));
        }
        if [&one.title.ja, &one.title.en].into_iter().any(|text| text.trim().is_empty()) {
            let (file, clause) = (file.to_owned(), one.clause.clone());
            return Err(ProfileFault::Untranslated { file, line: 0, clause });
        }
    }
    Ok(())
}

fn parameters(file: &str, given: &Parameters) -> Result<(), ProfileFault> {
    let wrong = |parameter, message| ProfileFault::Parameter { file: file.to_owned(), parameter, message };
    let is_country =
        |country: &String| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if given.home_countries.is_empty() || !given.home_countries.iter().all(is_country) {
        return Err(wrong("home_countries", "must list countries by their two capital letters"));
    }
    if format!("2027-03-31T23:59:59{}", given.utc_offset).parse::<jiff::Timestamp>().is_err() {
        return Err(wrong("utc_offset", "must be an offset such as +09:00"));
    }
    Ok(())
}

const fn shall() -> Level {
    Level::Shall
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "jp-annex-2.yaml";
    const YAML: &str = include_str!("jp-annex-2.yaml");

    #[test]
    fn all_fourteen_clauses_and_their_neighbours_are_there() {
        let profile = Profile::load(FILE, YAML).unwrap();
        assert_eq!(profile.id, "jp-annex-2");
        let ids: Vec<&str> = profile.clauses.iter().map(|clause| clause.id.as_str()).collect();
        let fourteen: Vec<String> = (1..=14).map(|number| format!("V-{number}")).collect();
        assert_eq!(ids[..14], fourteen);
        let neighbours = [
            "III-1-5", "III-1-6", "III-1-8", "III-1-9", "III-4", "IV-10-2", "VII-1", "VII-2", "VIII-1",
            "VIII-2", "VIII-3", "IX", "X",
        ];
        assert_eq!(ids[14..], neighbours);
    }

    #[test]
    fn everything_that_is_to_be_handed_in_is_there() {
        let profile = Profile::load(FILE, YAML).unwrap();
        let clauses: Vec<&str> = profile.submissions.iter().map(|one| one.clause.as_str()).collect();
        assert_eq!(clauses, ["II-1", "II-2", "III-1", "V-1", "V-2", "VI-1", "VI-6"]);
    }

    #[test]
    fn every_check_serves_a_clause() {
        let profile = Profile::load(FILE, YAML).unwrap();
        for check in checks::all().unwrap() {
            assert!(profile.clauses_of(&check.id).next().is_some(), "{}", check.id);
        }
    }

    #[test]
    fn a_clause_that_leans_on_another_passes_no_sooner() {
        let profile = Profile::load(FILE, YAML).unwrap();
        let find = |id: &str| profile.clauses.iter().find(|clause| clause.id == id).unwrap();
        for (clause, leans_on) in [("III-1-5", "V-3"), ("III-4", "V-12"), ("IV-10-2", "V-12")] {
            let (one, other) = (find(clause), find(leans_on));
            assert!(other.checks.iter().all(|check| one.checks.contains(check)), "{clause}");
            assert!(other.needs.iter().all(|need| one.needs.contains(need)), "{clause}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let check = |from: &str, to: &str, message: &str| {
            assert!(YAML.contains(from), "{from}");
            let fault = Profile::load(FILE, &YAML.replacen(from, to, 1)).expect_err(to).to_string();
            assert!(fault.contains(message), "{to}: {fault}");
        };
        let line = YAML.lines().position(|line| line.contains("id: tls-only")).unwrap() + 1;
        check(
            "id: tls-only",
            "id: tls-olny",
            &format!("{FILE}:{line}: clause V-11 names the check `tls-olny`"),
        );
        check("id: tls-only", "id: no-public-access", "`no-public-access` is given twice");
        check("id: V-2", "id: V-1", "`V-1` is given twice");
        check("level: should", "level: might", "might");
        check("scope: confidential", "scope: secret", "secret");
        check("home_countries: [JP]", "home_countries: [Japan]", "home_countries");
        check("home_countries: [JP]", "home_countries: []", "home_countries");
        check("\"+09:00\"", "\"JST\"", "utc_offset");
        check("log_retention_days", "log_retention", "log_retention");
        check("en: Submission of documents", "en: \"\"", "Japanese and in English");
        check("asked_by: V-1,", "asked_by: V-99,", "the submission V-1 names `V-99`");
        check(
            "paper: security-measures,",
            "paper: sla,",
            "the submission III-1 names `sla`, which IX has not",
        );
        check("within: services-within-assurance", "within: tls-only", "which V-2 has not");
        check("clause: VI-6, number", "clause: VI-1, number", "`VI-1` is given twice");
    }
}
