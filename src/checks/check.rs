//! One check: loaded from its file, tested, and asked.

use super::definition::{Case, Definition, Outcome, Remedy, SubjectKind, Unmet};
use super::expression::{Expression, Truth};
use super::projection::Projection;
use super::shape::Shape;
use super::template::Template;
use super::typing::{Scope, Typed};
use crate::text::{self, Language, Text};
use cel::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A rule over facts, with its texts and cases.
#[derive(Debug)]
pub struct Check {
    /// Its name; never used for another check.
    pub id: String,
    /// What it asserts, in one line.
    pub title: Text,
    /// What it looks at, and why.
    pub about: Text,
    /// What it looks at, one by one.
    pub subject: SubjectKind,
    /// What to do, by provider.
    pub remedy: BTreeMap<String, Remedy>,
    /// What to ask of whom; empty for what a cloud shows.
    pub ask: Text,
    /// Its cases.
    pub cases: Vec<Case>,
    applies: Expression,
    pass: Expression,
    unmet: Unmet,
    reason: (Template, Template),
    reason_source: Text,
    reads: BTreeSet<Vec<String>>,
    read: Projection,
    quoted: Projection,
}

/// Why a check's file was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckFault {
    /// The file is not of the form of a check.
    #[error("{file}: {message}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        message: String,
    },
    /// An expression or a text with quotations is wrong.
    #[error("{file}:{line}: `{part}`: {message}")]
    Expression {
        /// The file.
        file: String,
        /// The line the part begins on; 0 when it is not known.
        line: u64,
        /// `applies`, `pass` or `reason`.
        part: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A text is missing in one of the languages.
    #[error("{file}: `{part}` must be given in Japanese and in English")]
    Untranslated {
        /// The file.
        file: String,
        /// Which text.
        part: String,
    },
    /// The id is not the file's name.
    #[error("{file}: the id is `{id}`, and must be the file's name")]
    Id {
        /// The file.
        file: String,
        /// The id.
        id: String,
    },
    /// A kind has several remedies on one provider.
    #[error("{file}: `remedy.{provider}` gives `{kind}` more than one remedy")]
    SeveralRemedies {
        /// The file.
        file: String,
        /// The provider.
        provider: String,
        /// The kind.
        kind: &'static str,
    },
    /// No case expects this result.
    #[error("{file}: no case expects `{outcome:?}`")]
    NoCase {
        /// The file.
        file: String,
        /// The result without a case.
        outcome: Outcome,
    },
}

impl Check {
    /// Reads a check's file and tests it.
    pub fn load(file: &str, yaml: &str) -> Result<Self, CheckFault> {
        let form = |message: String| CheckFault::Form { file: file.to_owned(), message };
        let definition: Definition = serde_saphyr::from_str(yaml).map_err(|fault| form(fault.to_string()))?;
        if format!("{}.yaml", definition.id) != file {
            return Err(CheckFault::Id { file: file.to_owned(), id: definition.id });
        }
        translated(file, &definition)?;
        one_remedy_each(file, &definition)?;
        for outcome in [Outcome::Conforms, definition.unmet.outcome(), Outcome::Unverified] {
            if !definition.cases.iter().any(|case| case.expect == outcome) {
                return Err(CheckFault::NoCase { file: file.to_owned(), outcome });
            }
        }
        let scope = scope(definition.subject);
        let wrong =
            |part, line| move |message| CheckFault::Expression { file: file.to_owned(), line, part, message };
        let rule = |part, source: &serde_saphyr::Spanned<String>| {
            Expression::compile_rule(&source.value, &scope).map_err(wrong(part, source.referenced.line()))
        };
        let applies = rule("applies", &definition.applies)?;
        let pass = rule("pass", &definition.pass)?;
        let text = |text: &str| Template::compile(text, &scope).map_err(wrong("reason", 0));
        let reason = (text(&definition.reason.ja)?, text(&definition.reason.en)?);
        let reads = applies.reads().union(pass.reads()).cloned().collect();
        let (read, quoted) =
            (Projection::of(&reads), Projection::of(&(&reason.0.reads() | &reason.1.reads())));
        Ok(Self {
            id: definition.id,
            title: definition.title,
            about: Text { ja: text::unfolded(definition.about.ja.trim()), en: definition.about.en },
            subject: definition.subject,
            remedy: definition.remedy,
            ask: definition.ask,
            cases: definition.cases,
            applies,
            pass,
            unmet: definition.unmet,
            reason,
            reason_source: definition.reason,
            reads,
            read,
            quoted,
        })
    }

    /// Whether the check concerns the subject bound in `context`.
    pub fn applies(&self, context: &Context<'_, '_>) -> Truth {
        self.applies.truth(context)
    }

    /// The result for the subject bound in `context`. `applies` may be handed in when it is known.
    ///
    /// A subject of which it cannot be told whether the check concerns it is unverified: it counts, and
    /// neither answer about it would be founded.
    pub fn judge(&self, context: &Context<'_, '_>, applies: Option<Truth>) -> Outcome {
        match applies.unwrap_or_else(|| self.applies(context)) {
            Truth::False => Outcome::NotApplicable,
            Truth::Unknown => Outcome::Unverified,
            Truth::True => match self.pass.truth(context) {
                Truth::True => Outcome::Conforms,
                Truth::False => self.unmet.outcome(),
                Truth::Unknown => Outcome::Unverified,
            },
        }
    }

    /// Whether what was seen of the subject bound in `context` leaves it in doubt: it was seen, and does not pass.
    pub fn is_doubted(&self, context: &Context<'_, '_>) -> bool {
        self.unmet == Unmet::Unverified
            && self.applies(context) == Truth::True
            && self.pass.truth(context) == Truth::False
    }

    /// Its two rules, whether it applies and whether it passes, as they are written, with what each says of the subject
    /// bound in `context`.
    pub fn rules(&self, context: &Context<'_, '_>) -> [(&str, Truth); 2] {
        [&self.applies, &self.pass].map(|rule| (rule.source(), rule.truth(context)))
    }

    /// Why the subject bound in `context` does not pass the check.
    pub fn reason(&self, context: &Context<'_, '_>) -> Text {
        Text {
            ja: self.reason.0.render(context, Language::Ja),
            en: self.reason.1.render(context, Language::En),
        }
    }

    /// The paths of the subject it reads.
    pub const fn reads(&self) -> &BTreeSet<Vec<String>> {
        &self.reads
    }

    /// What decides its result for a fact.
    pub const fn read(&self) -> &Projection {
        &self.read
    }

    /// What its reason quotes of a fact.
    pub const fn quoted(&self) -> &Projection {
        &self.quoted
    }

    /// The facets it reads: the first part of each path.
    pub fn facets(&self) -> BTreeSet<&str> {
        self.reads.iter().filter_map(|path| path.first()).map(String::as_str).collect()
    }

    /// The check's page: everything its file says.
    pub fn explain(&self, language: Language) -> String {
        let [subject, applies, pass, reason, remedy, cases] = match language {
            Language::Ja => ["対象", "適用条件", "適合条件", "不適合のとき", "是正方法", "例"],
            Language::En => {
                ["Subject", "Applies when", "Passes when", "When it does not", "What to do", "Cases"]
            }
        };
        let kind = match (self.subject, language) {
            (SubjectKind::Resource, Language::Ja) => "リソースごと",
            (SubjectKind::Resource, Language::En) => "each resource",
            (SubjectKind::Account, Language::Ja) => "アカウントごと",
            (SubjectKind::Account, Language::En) => "each account",
            (SubjectKind::Document, Language::Ja) => "書面及び申告ごと",
            (SubjectKind::Document, Language::En) => "each document and statement",
            (SubjectKind::Tenancy, Language::Ja) => "契約全体の書面",
            (SubjectKind::Tenancy, Language::En) => "the tenancy's documents as a whole",
            (SubjectKind::Output, Language::Ja) => "本プログラムの出力",
            (SubjectKind::Output, Language::En) => "what this program outputs",
            (SubjectKind::Recovery, Language::Ja) => "リソースごとの復旧の見込み",
            (SubjectKind::Recovery, Language::En) => "the recovery outlook of each resource",
            (SubjectKind::Erasure, Language::Ja) => "リソースごとの抹消の見込み",
            (SubjectKind::Erasure, Language::En) => "the erasure outlook of each resource",
            (SubjectKind::Support, Language::Ja) => "リソースごとのサポートの終了",
            (SubjectKind::Support, Language::En) => "the end of support of each resource",
            (SubjectKind::Corroboration, Language::Ja) => "サービスと所在地ごとの裏付け",
            (SubjectKind::Corroboration, Language::En) => "the corroboration of each location of a service",
            (SubjectKind::Logs, Language::Ja) => "監査ログの全体及び出所ごと",
            (SubjectKind::Logs, Language::En) => "the audit logs as a whole, and each of their sources",
        };
        let mut page =
            format!("{}\n{}\n\n{}\n\n", self.id, self.title.get(language), self.about.get(language).trim());
        let _ = writeln!(page, "{subject}: {kind}");
        let _ = writeln!(page, "{applies}:\n{}", indented(self.applies.source()));
        let _ = writeln!(page, "{pass}:\n{}", indented(self.pass.source()));
        let reason = match (self.unmet, language) {
            (Unmet::Violates, _) => reason,
            (Unmet::Unverified, Language::Ja) => "満たさないとき（確認不能とする）",
            (Unmet::Unverified, Language::En) => "When it does not (unverified)",
        };
        let _ = writeln!(page, "{reason}:\n{}", indented(self.reason_source.get(language)));
        for (provider, all) in &self.remedy {
            let mut told = |about: &str, console: &Text, cli: &str, terraform: &str| {
                let _ = writeln!(page, "{remedy} ({about}):\n{}", indented(console.get(language)));
                let _ = writeln!(page, "  CLI: {cli}\n  Terraform: {terraform}");
            };
            for own in &all.kinds {
                let kinds: Vec<&str> = own.of.iter().map(|kind| kind.as_str()).collect();
                let about = format!("{provider}: {}", kinds.join(", "));
                told(&about, &own.console, &own.cli, &own.terraform);
            }
            told(provider, &all.console, &all.cli, &all.terraform);
        }
        if !self.ask.ja.is_empty() {
            let _ = writeln!(page, "{remedy}:\n{}", indented(self.ask.get(language)));
        }
        let _ = writeln!(page, "{cases}:");
        for case in &self.cases {
            let _ = writeln!(page, "  {} → {}", case.name, outcome_word(case.expect, language));
        }
        page
    }
}

/// The variables of an expression about this sort of subject.
pub fn scope(subject: SubjectKind) -> Scope {
    let shape = match subject {
        SubjectKind::Resource => Shape::resource(),
        SubjectKind::Account => Shape::account(),
        SubjectKind::Document => Shape::document(),
        SubjectKind::Tenancy => Shape::papers(),
        SubjectKind::Output => Shape::output(),
        SubjectKind::Recovery => Shape::recovery(),
        SubjectKind::Erasure => Shape::erasure(),
        SubjectKind::Support => Shape::support(),
        SubjectKind::Corroboration => Shape::corroboration(),
        SubjectKind::Logs => Shape::logs(),
    };
    Scope::from([
        ("subject".to_owned(), Typed::subject(shape)),
        ("profile".to_owned(), Typed::variable("profile", Shape::profile())),
        ("tenancy".to_owned(), Typed::variable("tenancy", Shape::tenancy())),
    ])
}

const fn outcome_word(outcome: Outcome, language: Language) -> &'static str {
    match (outcome, language) {
        (Outcome::NotApplicable, Language::Ja) => "該当なし",
        (Outcome::NotApplicable, Language::En) => "not applicable",
        (Outcome::Conforms, Language::Ja) => "適合",
        (Outcome::Conforms, Language::En) => "conforms",
        (Outcome::Unverified, Language::Ja) => "確認不能",
        (Outcome::Unverified, Language::En) => "unverified",
        (Outcome::Violates, Language::Ja) => "不適合",
        (Outcome::Violates, Language::En) => "violates",
    }
}

fn indented(text: &str) -> String {
    text.trim().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn translated(file: &str, definition: &Definition) -> Result<(), CheckFault> {
    let mut texts = vec![
        ("title".to_owned(), &definition.title),
        ("about".to_owned(), &definition.about),
        ("reason".to_owned(), &definition.reason),
    ];
    for (provider, all) in &definition.remedy {
        let own = all.kinds.iter().map(|own| &own.console);
        texts.extend(own.chain([&all.console]).map(|text| (format!("remedy.{provider}"), text)));
    }
    if definition.subject.is_paper() {
        texts.push(("ask".to_owned(), &definition.ask));
    } else if definition.remedy.is_empty() {
        return Err(CheckFault::Untranslated { file: file.to_owned(), part: "remedy".to_owned() });
    }
    match texts.into_iter().find(|(_, text)| text.ja.trim().is_empty() || text.en.trim().is_empty()) {
        Some((part, _)) => Err(CheckFault::Untranslated { file: file.to_owned(), part }),
        None => Ok(()),
    }
}

fn one_remedy_each(file: &str, definition: &Definition) -> Result<(), CheckFault> {
    for (provider, all) in &definition.remedy {
        let mut known = BTreeSet::new();
        if let Some((kind, _)) = all.by_kind().find(|(kind, _)| !known.insert(*kind)) {
            let (file, provider) = (file.to_owned(), provider.clone());
            return Err(CheckFault::SeveralRemedies { file, provider, kind: kind.as_str() });
        }
    }
    Ok(())
}
