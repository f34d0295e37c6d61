//! Texts that quote facts: `Rests in {subject.copies as c | !(c.location in ['a']) | {c.location} ({c.countries})}`.
//!
//! `{expression}` quotes a value. `{condition | text}` quotes the text where the condition holds.
//! `{list as name | condition | text}` quotes, for each member that meets the condition, the text; where none does, nothing, or
//! that there is none where the words before lead to a list. What was not seen is quoted as `?`; what hangs on a condition that
//! cannot be decided is left out. Days are quoted as days of the profile's calendar, countries by their names.

use super::expression::{Expression, Truth};
use super::shape::Shape;
use super::typing::{Scope, Typed};
use crate::documents::file::FileState;
use crate::text::Language;
use crate::words::{self, Word, word};
use cel::Context;
use cel::common::types::{CelBool, CelInt, CelNull, CelString};
use cel::common::value::Val;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use sekisho_contract::fact::CopyRole;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use std::collections::BTreeSet;

/// Most members quoted of one list.
const MEMBER_LIMIT: usize = 5;
/// Most characters quoted of one value.
const VALUE_LIMIT: usize = 200;

/// A text with quotations, compiled.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Words(String),
    Value(Expression, Quoting),
    When { condition: Expression, text: Template },
    Each { list: Expression, name: String, condition: Box<Expression>, text: Template },
}

/// How a value is told, by the field it is read from.
#[derive(Debug)]
enum Quoting {
    /// As it is.
    Plain,
    /// One of our own words.
    Word,
    /// Kinds of resources, as people call them.
    Kinds,
    /// Sites, as people call them.
    Sites,
    /// ISO 3166-1 codes, as names.
    Countries,
    /// A length of time in seconds, as people tell it.
    Span,
    /// A day or a moment, as a day where the contract's days are counted: with the expression of its offset.
    Day(Option<Expression>),
}

impl Quoting {
    fn of(expression: &Expression, scope: &Scope) -> Self {
        const DAYS: [&str; 11] = [
            "until",
            "deletion_date",
            "erasure_deadline",
            "contract_end",
            "assessed_at",
            "valid_until",
            "period_end",
            "signed",
            "on",
            "ends",
            "by",
        ];
        let field = expression.source().rsplit('.').next().unwrap_or_default();
        match expression.shape().present() {
            Shape::Word(_) => Self::Word,
            Shape::List(_) if field == "countries" => Self::Countries,
            Shape::List(_) if field == "unexported" => Self::Kinds,
            Shape::List(_) if field == "sites" => Self::Sites,
            Shape::Int if field.ends_with("_s") => Self::Span,
            Shape::Text if DAYS.contains(&field) => {
                Self::Day(Expression::compile("profile.utc_offset", scope).ok())
            }
            _ => Self::Plain,
        }
    }
}

impl Template {
    /// Compiles a text; every quotation is tested against the schema.
    pub fn compile(text: &str, scope: &Scope) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(Part::Words(rest[..open].to_owned()));
            }
            let close =
                matching(&rest[open..]).ok_or_else(|| format!("`{{` is never closed in {text:?}"))? + open;
            parts.push(quotation(rest[open + 1..close].trim(), scope)?);
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The paths of the subject it quotes.
    pub fn reads(&self) -> BTreeSet<Vec<String>> {
        let mut reads = BTreeSet::new();
        for part in &self.parts {
            match part {
                Part::Words(_) => {}
                Part::Value(expression, _) => reads.extend(expression.reads().iter().cloned()),
                Part::When { condition, text } => {
                    reads.extend(condition.reads().iter().cloned());
                    reads.extend(text.reads());
                }
                Part::Each { list, condition, text, .. } => {
                    reads.extend(list.reads().iter().chain(condition.reads()).cloned());
                    reads.extend(text.reads());
                }
            }
        }
        reads
    }

    /// The text with its quotations.
    pub fn render(&self, context: &Context<'_, '_>, language: Language) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Value(expression, quoting) => match expression.value(context) {
                    Ok(value) => text.push_str(&quoted(&*value, quoting, context, language)),
                    Err(_) => text.push('?'),
                },
                Part::When { condition, text: inner } => {
                    if condition.truth(context) == Truth::True {
                        text.push_str(&inner.render(context, language));
                    }
                }
                Part::Each { list, name, condition, text: inner } => {
                    match each(list, name, condition, inner, context, language) {
                        None if leads_to_a_list(&text) => text.push_str(NONE.get(language)),
                        None => {}
                        Some(quoted) => text.push_str(&quoted),
                    }
                }
            }
        }
        text
    }
}

/// What an empty list is told as.
const NONE: Word = word("なし", "none");

/// Whether words end in a mark after which something has to stand.
fn leads_to_a_list(words: &str) -> bool {
    words.trim_end().ends_with(['：', ':', '（', '('])
}

/// The quotations of the members that meet the condition; `None` where it is seen that none does.
fn each(
    list: &Expression,
    name: &str,
    condition: &Expression,
    text: &Template,
    context: &Context<'_, '_>,
    language: Language,
) -> Option<String> {
    let Ok(list) = list.value(context) else { return Some("?".into()) };
    let Some(iterable) = list.as_iterable() else { return Some("?".into()) };
    let mut members = iterable.iter();
    let (mut quoted, mut undecided) = (Vec::<String>::new(), false);
    while let Some(member) = members.next() {
        let mut scope = context.new_inner_scope();
        scope.add_variable_as_val(name, member.clone_as_boxed());
        let holds = condition.truth(&scope);
        undecided |= holds == Truth::Unknown;
        if holds == Truth::True {
            let text = text.render(&scope, language);
            if !quoted.contains(&text) {
                quoted.push(text);
            }
        }
    }
    match quoted.is_empty() {
        true => undecided.then(|| "?".into()),
        false => Some(joined(&quoted, language)),
    }
}

/// Joins quotations, bounded in number.
pub fn joined(all: &[String], language: Language) -> String {
    joined_as(all, language, word("件", "more"))
}

/// The same; `unit` counts those that are left out.
pub fn joined_as(all: &[String], language: Language, unit: Word) -> String {
    let shown = all.iter().take(MEMBER_LIMIT).cloned().collect::<Vec<_>>();
    let (more, unit) = (all.len().saturating_sub(MEMBER_LIMIT), unit.get(language));
    match (language, shown.is_empty(), more) {
        (_, true, _) => NONE.get(language).to_owned(),
        (Language::Ja, _, 0) => shown.join("、"),
        (Language::En, _, 0) => shown.join(", "),
        (Language::Ja, _, more) => format!("{}ほか{more}{unit}", shown.join("、")),
        (Language::En, _, more) => format!("{} and {more} {unit}", shown.join(", ")),
    }
}

/// Other people's text, bounded and without characters that steer a screen.
pub fn bounded(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    let mut characters = text.chars().filter(|c| !steers(*c));
    let mut short: String = characters.by_ref().take(VALUE_LIMIT).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

/// Our own words as people say them. One that is not listed is told as it stands in the files.
pub fn spoken(word: &str, language: Language) -> String {
    const WORDS: &[(&str, &str, &str)] = &[
        ("none", "なし", "none"),
        ("provider", "事業者", "the provider"),
        ("customer", "利用者", "the customer"),
        ("external", "利用者（事業者の外）", "the customer, outside the provider"),
        ("enabled", "有効", "enabled"),
        ("disabled", "無効", "disabled"),
        ("suspended", "停止（既存の版は残る）", "suspended (old versions remain)"),
        ("off", "無効", "off"),
        ("pending_deletion", "削除待ち", "pending deletion"),
        ("pending_import", "取込み待ち", "pending import"),
        ("destroyed", "破棄済み", "destroyed"),
        ("lock_compliance", "コンプライアンスモードの保持", "compliance-mode retention"),
        ("lock_governance", "ガバナンスモードの保持", "governance-mode retention"),
        ("legal_hold", "訴訟ホールド", "legal hold"),
        ("versions", "旧版", "old versions"),
        ("mfa_delete", "多要素認証による削除", "MFA delete"),
        ("key_deletion_wait", "鍵の削除待ち期間", "key deletion waiting period"),
        ("deletion_protection", "削除保護", "deletion protection"),
        ("soft_delete", "削除後の保持", "retention after deletion"),
        ("minimum_retention", "最短保持期間", "minimum retention"),
        ("cost", "料金の明細", "the bill"),
        ("activity", "変更の履歴", "the history of changes"),
        ("labels", "ラベルの一覧", "the list of labels"),
        ("inventory", "資源の索引", "the index of resources"),
        ("unqualified", "無限定適正意見", "unqualified"),
        ("qualified", "限定付適正意見", "qualified"),
        ("adverse", "不適正意見", "adverse"),
        ("disclaimer", "意見不表明", "disclaimer of opinion"),
        ("withdrawn", "取消し", "withdrawn"),
        ("not_found", "登録がない", "not registered"),
        ("both", "両方", "both"),
    ];
    let role = || {
        let known = CopyRole::deserialize(StrDeserializer::<serde::de::value::Error>::new(word));
        known.map(|role| words::role(role).get(language)).ok()
    };
    let file = || {
        let known = FileState::deserialize(StrDeserializer::<serde::de::value::Error>::new(word));
        known.map(|state| state.title().get(language)).ok()
    };
    let part = || {
        crate::documents::Part::ALL
            .iter()
            .find(|part| part.as_str() == word)
            .map(|part| part.title().get(language))
    };
    match (WORDS.iter().find(|(known, _, _)| *known == word), language) {
        (Some((_, ja, _)), Language::Ja) => (*ja).to_owned(),
        (Some((_, _, en)), Language::En) => (*en).to_owned(),
        (None, _) => role().or_else(file).or_else(part).unwrap_or(word).to_owned(),
    }
}

fn quoted(value: &dyn Val, quoting: &Quoting, context: &Context<'_, '_>, language: Language) -> String {
    match (quoting, value.downcast_ref::<CelString<'_>>()) {
        (Quoting::Word, _) => spoken(&quote(value, language), language),
        (Quoting::Countries, _) => named(value, words::country, language),
        (Quoting::Sites, _) => named(value, words::site, language),
        (Quoting::Kinds, _) => named(value, words::kind_named, language),
        (Quoting::Span, _) => match value.downcast_ref::<CelInt>() {
            Some(seconds) => words::span(*seconds.inner(), language),
            None => quote(value, language),
        },
        (Quoting::Day(offset), Some(text)) => {
            let offset = offset.as_ref().and_then(|offset| offset.value(context).ok());
            let offset = offset.as_deref().and_then(|offset| offset.downcast_ref::<CelString<'_>>());
            day(text.inner(), offset.map_or("Z", |offset| offset.inner()), language)
                .unwrap_or_else(|| bounded(text.inner()))
        }
        _ => quote(value, language),
    }
}

fn named(value: &dyn Val, word: fn(&str) -> Option<Word>, language: Language) -> String {
    let Some(iterable) = value.as_iterable() else { return quote(value, language) };
    let mut members = iterable.iter();
    let mut names = Vec::new();
    while let Some(member) = members.next() {
        let code = quote(member, language);
        names.push(word(&code).map_or(code, |name| name.get(language).to_owned()));
    }
    match language {
        // No country or site of something that has one: it is not known which.
        _ if names.is_empty() => "?".to_owned(),
        Language::Ja if names.len() <= MEMBER_LIMIT => names.join("・"),
        _ => joined(&names, language),
    }
}

/// The day of a date, or of a moment at this offset (`+09:00`); `None` when it is neither.
fn day(text: &str, offset: &str, language: Language) -> Option<String> {
    let date = text.parse::<Timestamp>().ok().and_then(|moment| {
        // Only the offset of the pieces is asked for: any moment will do.
        let any = format!("1970-01-01T00:00:00{offset}");
        let offset = Pieces::parse(&any).ok()?.to_numeric_offset();
        Some(offset.unwrap_or(Offset::UTC).to_datetime(moment).date())
    });
    let date = date.or_else(|| text.parse::<Date>().ok().filter(|date| date.to_string() == text))?;
    Some(match language {
        Language::Ja => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Language::En => date.to_string(),
    })
}

fn quote(value: &dyn Val, language: Language) -> String {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return bounded(text.inner());
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return number.inner().to_string();
    }
    if let Some(truth) = value.downcast_ref::<CelBool>() {
        let word = match (language, *truth.inner()) {
            (Language::Ja, true) => "はい",
            (Language::Ja, false) => "いいえ",
            (Language::En, true) => "yes",
            (Language::En, false) => "no",
        };
        return word.into();
    }
    if value.downcast_ref::<CelNull>().is_some() {
        return match language {
            Language::Ja => "なし".into(),
            Language::En => "none".into(),
        };
    }
    let Some(iterable) = value.as_iterable() else { return "?".into() };
    let mut members = iterable.iter();
    let mut quoted = Vec::new();
    while let Some(member) = members.next() {
        quoted.push(quote(member, language));
    }
    joined(&quoted, language)
}

/// The place of the brace that closes the one at the start.
fn matching(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What ` | ` divides, at most in three; braces within keep what is theirs together.
fn pieces(source: &str) -> Vec<&str> {
    let (mut pieces, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, character) in source.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '|' if depth == 0 && pieces.len() < 2 && source[..at].ends_with(' ') => {
                if let Some(rest) = source[at..].strip_prefix("| ") {
                    pieces.push(&source[from..at]);
                    from = source.len() - rest.len();
                }
            }
            _ => {}
        }
    }
    pieces.push(&source[from..]);
    pieces
}

fn quotation(source: &str, scope: &Scope) -> Result<Part, String> {
    let fault = |fault: String| format!("in {{{source}}}: {fault}");
    let pieces = pieces(source);
    if let [condition, text] = pieces.as_slice() {
        return Ok(Part::When {
            condition: Expression::compile_rule(condition.trim(), scope).map_err(fault)?,
            text: Template::compile(text, scope)?,
        });
    }
    let [head, condition, text] = pieces.as_slice() else {
        let expression =
            Expression::compile(source, scope).map_err(|fault| format!("in {{{source}}}: {fault}"))?;
        return match expression.shape().present() {
            Shape::Object(_) | Shape::Labels | Shape::Time | Shape::Duration => {
                Err(format!("in {{{source}}}: {} cannot be quoted", expression.shape()))
            }
            _ => {
                let quoting = Quoting::of(&expression, scope);
                Ok(Part::Value(expression, quoting))
            }
        };
    };
    let (list, name) = head.rsplit_once(" as ").ok_or_else(|| fault("`list as name` is missing".into()))?;
    let list = Expression::compile(list.trim(), scope).map_err(fault)?;
    let mut inner = scope.clone();
    let member =
        Typed::list_member(&list, name.trim()).ok_or_else(|| fault("the first part is no list".into()))?;
    inner.insert(name.trim().to_owned(), member);
    Ok(Part::Each {
        name: name.trim().to_owned(),
        condition: Expression::compile_rule(condition.trim(), &inner).map_err(fault)?.into(),
        text: Template::compile(text, &inner)?,
        list,
    })
}

#[cfg(test)]
mod tests {
    use super::super::expression::environment;
    use super::super::node::Node;
    use super::*;

    fn check(template: &str, fact: &str, expected: &str) {
        let scope = Scope::from([("subject".to_owned(), Typed::subject(Shape::resource()))]);
        let template = Template::compile(template, &scope).unwrap();
        let node = Node::parse(fact).unwrap();
        let mut context = Context::with_env(environment().clone());
        context.add_variable_as_val("subject", node.value().clone_as_boxed());
        assert_eq!(template.render(&context, Language::En), expected);
    }

    #[test]
    fn quotations() {
        let fact = r#"{"name":"a\u202eb\n<script>","region":"x","retention":{"days":null},
            "copies":[{"role":"primary","location":"tokyo","countries":["JP"]},
                      {"role":"replica","location":"virginia","countries":["US"]},
                      {"role":"replica","countries":["KR"]},
                      {"role":"backup"}]}"#;
        check("{subject.name} in {subject.id}", fact, "ab<script> in ?");
        check("{subject.retention.days} days", fact, "none days");
        check(
            "abroad: {subject.copies as c | !c.countries.all(k, k == 'JP') | {c.location} ({c.countries})}.",
            fact,
            "abroad: virginia (United States), ? (South Korea).",
        );
        check(
            "{subject.retention.days == null | without limit}{subject.confidential | !}",
            fact,
            "without limit",
        );
        check(
            "{subject.copies as c | c.role == 'replica' | {c.location}{c.countries.size() > 1 | s}}",
            fact,
            "virginia, ?",
        );
        check("Logs: {subject.copies as c | c.role == 'log' | {c.location}}.", fact, "Logs: none.");
        check("Kept.{subject.copies as c | c.role == 'log' | {c.location}}", fact, "Kept.");
        check(
            "in: {subject.copies as c | c.role == 'backup' && c.countries.size() > 1 | x}.",
            fact,
            "in: ?.",
        );
    }

    #[test]
    fn days_are_those_of_the_profile() {
        let check = |text: &str, japanese: Option<&str>| {
            assert_eq!(day(text, "+09:00", Language::Ja).as_deref(), japanese, "{text}");
        };
        check("2027-04-30T23:59:59+09:00", Some("2027年4月30日"));
        check("2027-04-30T15:00:00Z", Some("2027年5月1日"));
        check("2027-03-31", Some("2027年3月31日"));
        check("2027-03-31x", None);
        check("soon", None);
        assert_eq!(day("2027-04-30T15:00:00Z", "Z", Language::En).as_deref(), Some("2027-04-30"));
    }

    #[test]
    fn long_text_is_cut() {
        let fact = format!(r#"{{"name":"{}"}}"#, "x".repeat(100_000));
        check("{subject.name}", &fact, &format!("{}…", "x".repeat(200)));
    }

    #[test]
    fn a_mistake_in_a_quotation_is_found_when_loaded() {
        let scope = Scope::from([("subject".to_owned(), Typed::subject(Shape::resource()))]);
        for text in
            ["{subject.nmae}", "{subject.name", "{subject.encryption}", "{subject.name as n | true | x}"]
        {
            assert!(Template::compile(text, &scope).is_err(), "{text}");
        }
    }
}
