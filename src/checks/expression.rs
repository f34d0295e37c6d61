//! A compiled expression: tested when loaded, three-valued when evaluated.

use super::shape::Shape;
use super::typing::{Scope, infer};
use cel::common::types::CelBool;
use cel::common::value::CowVal;
use cel::{Context, Env, ExecutionError, Program, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The answer of a rule to one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Something it needs was not seen.
    Unknown,
}

/// An expression that passed the tests of loading.
#[derive(Debug)]
pub struct Expression {
    source: String,
    program: Program,
    shape: Shape,
    reads: BTreeSet<Vec<String>>,
}

impl Expression {
    /// Compiles `source` and tests it against the schema.
    pub fn compile(source: &str, scope: &Scope) -> Result<Self, String> {
        let program = environment().compile(source).map_err(|errors| errors.to_string())?;
        let mut reads = BTreeSet::new();
        let typed = infer(program.expression(), scope, &mut reads)?;
        Ok(Self { source: source.to_owned(), program, shape: typed.shape, reads })
    }

    /// Compiles an expression that must be true or false.
    pub fn compile_rule(source: &str, scope: &Scope) -> Result<Self, String> {
        let rule = Self::compile(source, scope)?;
        match rule.shape {
            Shape::Bool => Ok(rule),
            ref other => Err(format!("the result must be true or false, and is {other}")),
        }
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The type of its value.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The paths of the subject it reads.
    pub const fn reads(&self) -> &BTreeSet<Vec<String>> {
        &self.reads
    }

    /// Evaluates a rule.
    pub fn truth(&self, context: &Context<'_, '_>) -> Truth {
        match self.value(context) {
            Ok(value) => match value.downcast_ref::<CelBool>().map(|truth| *truth.inner()) {
                Some(true) => Truth::True,
                Some(false) => Truth::False,
                None => Truth::Unknown,
            },
            Err(_) => Truth::Unknown,
        }
    }

    /// Evaluates to a value.
    pub fn value<'e, 'v>(&'e self, context: &'e Context<'_, 'v>) -> Result<CowVal<'e, 'v>, ExecutionError> {
        Value::resolve_val(self.program.expression(), context)
    }
}

/// The CEL environment of every expression: the standard library without the optional syntax.
pub fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> =
        LazyLock::new(|| Arc::new(Env::stdlib().with_optional_support(false)));
    &ENVIRONMENT
}

#[cfg(test)]
mod tests {
    use super::super::typing::Typed;
    use super::*;

    fn scope() -> Scope {
        Scope::from([
            ("subject".to_owned(), Typed::subject(Shape::resource())),
            ("profile".to_owned(), Typed::variable("profile", Shape::profile())),
            ("tenancy".to_owned(), Typed::variable("tenancy", Shape::tenancy())),
        ])
    }

    fn refused(source: &str) -> String {
        Expression::compile_rule(source, &scope()).expect_err(source)
    }

    #[test]
    fn what_would_answer_for_the_unseen_is_refused() {
        for source in [
            "has(subject.encryption)",
            "!has(subject.encryption.enabled)",
            "subject.?encryption.?enabled.orValue(true)",
            "'enabled' in subject.encryption",
            "subject.encryption.size() > 0",
            "subject.encryption != null && subject.encryption == subject.encryption",
            "subject.copies == []",
            "subject.encryption.exists(k, k == 'enabled')",
            "subject['encryption']['enabled'] == true",
            "dyn(subject.encryption.enabled) == true",
            "type(subject.encryption) == map",
            "optional.of(subject.id).hasValue()",
            "'a' in subject.tags",
            "subject.copies.filter(c, c.role == 'log').all(d, d.countries.size() > 0)",
        ] {
            refused(source);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("subject.copys.size() > 0", "no field `copys`"),
            ("subject.copies.all(c, c.role == 'replicaa')", "`replicaa` is none of primary"),
            ("subject.retention.days >= 365", "test for null first"),
            ("subject.encryption.enabled == 'yes'", "cannot be used on"),
            ("subject.encryption", "must be true or false"),
            ("profile.days > 3", "no field `days`"),
            ("nobody.here", "no variable `nobody`"),
            ("'encrypt' in subject.facets", "`encrypt` is none of"),
            ("subject.confidential &&", "yntax"),
        ];
        for (source, message) in cases {
            let found = refused(source);
            assert!(found.contains(message), "{source}: {found}");
        }
    }

    #[test]
    fn reads_are_followed_through_members() {
        let source =
            "subject.confidential && subject.copies.all(c, c.countries.all(k, k in profile.home_countries))";
        let rule = Expression::compile_rule(source, &scope()).unwrap();
        let reads: Vec<String> = rule.reads().iter().map(|path| path.join(".")).collect();
        assert_eq!(reads, ["confidential", "copies", "copies.countries"]);
    }
}
