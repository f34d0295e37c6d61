//! Tests an expression against the fact schema before it ever meets a fact, and notes what it reads.
//!
//! Only what is listed here may be written. Left out on purpose: `has()`, the optional syntax, `in` over an
//! object, `size()` of an object, and comparisons of objects or lists: each would turn a property that was
//! not seen into an answer, where it must stay an error.

use super::expression::Expression;
use super::shape::Shape;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};
use std::collections::{BTreeMap, BTreeSet};

/// The variables an expression may name, with their shapes.
pub type Scope = BTreeMap<String, Typed>;

/// The shape of an expression, and the path of the subject it reads, if it reads one as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// Its type.
    pub shape: Shape,
    /// The path below `subject`.
    path: Option<Vec<String>>,
    /// What it is called in `… == null` tests: the path from its variable. A computed value has none.
    name: Option<String>,
}

impl Typed {
    /// The subject itself.
    pub fn subject(shape: &Shape) -> Self {
        Self { shape: shape.clone(), path: Some(Vec::new()), name: Some("subject".into()) }
    }

    /// A variable that is not part of the subject.
    pub fn variable(name: &str, shape: &Shape) -> Self {
        Self { shape: shape.clone(), path: None, name: Some(name.to_owned()) }
    }

    /// A member of the list an expression gives.
    pub fn list_member(list: &Expression, name: &str) -> Option<Self> {
        let path = match list.reads().iter().collect::<Vec<_>>().as_slice() {
            [path] => Some((*path).clone()),
            _ => None,
        };
        let owner = path.is_some().then(|| list.source().to_owned());
        Self { shape: list.shape().clone(), path, name: owner }.member(name)
    }

    /// A member of a list of this shape.
    fn member(&self, name: &str) -> Option<Self> {
        match self.shape.present() {
            Shape::List(inner) => {
                let name = self.name.is_some().then(|| name.to_owned());
                Some(Self { shape: (**inner).clone(), path: self.path.clone(), name })
            }
            _ => None,
        }
    }
}

/// The shape of `expression`; what it reads of the subject is added to `reads`.
pub fn infer(
    expression: &IdedExpr,
    scope: &Scope,
    reads: &mut BTreeSet<Vec<String>>,
) -> Result<Typed, String> {
    let mut guarded = BTreeSet::new();
    null_tests(expression, &mut guarded);
    Typing { guarded, reads }.value(expression, scope)
}

struct Typing<'r> {
    /// What the expression compares with null somewhere, and may therefore treat as not null.
    guarded: BTreeSet<String>,
    reads: &'r mut BTreeSet<Vec<String>>,
}

impl Typing<'_> {
    /// Infers an expression whose value is used, and notes the path it reads.
    fn value(&mut self, expression: &IdedExpr, scope: &Scope) -> Result<Typed, String> {
        let typed = self.part(expression, scope)?;
        if let Some(path) = &typed.path
            && !path.is_empty()
        {
            self.reads.insert(path.clone());
        }
        Ok(typed)
    }

    fn part(&mut self, expression: &IdedExpr, scope: &Scope) -> Result<Typed, String> {
        match &expression.expr {
            Expr::Literal(literal) => literal_shape(literal).map(fresh),
            Expr::Ident(name) => {
                scope.get(name).cloned().ok_or_else(|| format!("there is no variable `{name}`"))
            }
            Expr::Select(select) if select.test => {
                Err("`has()` would turn \"not seen\" into an answer".into())
            }
            Expr::Select(select) => {
                let owner = self.part(&select.operand, scope)?;
                // What is read must be known by its path: for the calls that showed it, and the gaps beside it.
                if owner.name.is_none() {
                    return Err(format!("`{}` is asked of a computed value", select.field));
                }
                let shape = owner.shape.field(&select.field).cloned().ok_or_else(|| {
                    format!(
                        "{} has no field `{}`",
                        owner.name.as_deref().unwrap_or("the value"),
                        select.field
                    )
                })?;
                let extend = |mut path: Vec<String>| {
                    path.push(select.field.clone());
                    path
                };
                let name = owner.name.map(|name| format!("{name}.{}", select.field));
                Ok(Typed { shape, path: owner.path.map(extend), name })
            }
            Expr::List(list) if list.optional_indices.is_empty() => {
                let mut inner = Shape::Anything;
                for element in &list.elements {
                    let element = self.value(element, scope)?.shape;
                    inner = join(&inner, &element)?;
                }
                Ok(fresh(Shape::List(Box::new(inner))))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, scope),
            Expr::Call(call) => self.call(call, scope).map(fresh),
            Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err("only lists, calls, fields and literals may be written".into())
            }
        }
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr, scope: &Scope) -> Result<Typed, String> {
        let range = self.value(&comprehension.iter_range, scope)?;
        let member = range
            .member(&comprehension.iter_var)
            .ok_or_else(|| format!("cannot go through the members of {}", range.shape))?;
        let init = self.value(&comprehension.accu_init, scope)?;
        let mut inner = scope.clone();
        inner.insert(comprehension.iter_var.clone(), member);
        inner.insert(comprehension.accu_var.clone(), init);
        self.value(&comprehension.loop_cond, &inner)?;
        let step = self.value(&comprehension.loop_step, &inner)?;
        inner.insert(comprehension.accu_var.clone(), step);
        self.value(&comprehension.result, &inner)
    }

    fn call(&mut self, call: &CallExpr, scope: &Scope) -> Result<Shape, String> {
        let mut given = Vec::with_capacity(call.args.len() + 1);
        for argument in call.target.as_deref().into_iter().chain(&call.args) {
            given.push(self.value(argument, scope)?);
        }
        let refused = |given: &[Typed]| {
            let shapes: Vec<_> = given.iter().map(|typed| typed.shape.to_string()).collect();
            format!("`{}` cannot be used on ({})", call.func_name, shapes.join(", "))
        };
        let name = call.func_name.as_str();
        if call.target.is_some()
            && !matches!(name, "size" | "startsWith" | "endsWith" | "contains" | "matches")
        {
            return Err(format!("`.{name}()` may not be used"));
        }
        let shape = match (name, given.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                (left.shape == Shape::Bool && right.shape == Shape::Bool).then_some(Shape::Bool)
            }
            (operators::LOGICAL_NOT, [one]) => (one.shape == Shape::Bool).then_some(Shape::Bool),
            (operators::NOT_STRICTLY_FALSE, [_]) => Some(Shape::Bool),
            (operators::CONDITIONAL, [condition, one, other]) if condition.shape == Shape::Bool => {
                Some(join(&one.shape, &other.shape)?)
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                comparable(&left.shape, &right.shape)?.then_some(Shape::Bool)
            }
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [left, right],
            ) => {
                let (left, right) = (self.not_null(left)?, self.not_null(right)?);
                (left == right && matches!(left, Shape::Int | Shape::Time | Shape::Duration))
                    .then_some(Shape::Bool)
            }
            (operators::ADD, [left, right]) => match (&left.shape, &right.shape) {
                (Shape::Int, Shape::Int) => Some(Shape::Int),
                (Shape::List(_), Shape::List(_)) => Some(join(&left.shape, &right.shape)?),
                (one, other) if is_text(one) && is_text(other) => Some(Shape::Text),
                _ => None,
            },
            (operators::SUBSTRACT, [left, right]) => match (&left.shape, &right.shape) {
                (Shape::Int, Shape::Int) => Some(Shape::Int),
                (Shape::Time, Shape::Time) => Some(Shape::Duration),
                _ => None,
            },
            (operators::IN, [left, right]) => match &right.shape {
                Shape::List(inner) => comparable(&left.shape, inner)?.then_some(Shape::Bool),
                _ => None,
            },
            ("size", [one]) => {
                (is_text(&one.shape) || matches!(one.shape, Shape::List(_))).then_some(Shape::Int)
            }
            ("timestamp", [one]) => is_text(&self.not_null(one)?).then_some(Shape::Time),
            ("duration", [one]) => is_text(&one.shape).then_some(Shape::Duration),
            ("startsWith" | "endsWith" | "contains" | "matches", [text, part]) if call.target.is_some() => {
                (is_text(&self.not_null(text)?) && is_text(&part.shape)).then_some(Shape::Bool)
            }
            _ => return Err(format!("`{name}` may not be used here")),
        };
        shape.ok_or_else(|| refused(&given))
    }

    /// The shape without null, when the expression tests for null.
    fn not_null(&self, typed: &Typed) -> Result<Shape, String> {
        match &typed.shape {
            Shape::Nullable(inner) => match &typed.name {
                Some(name) if self.guarded.contains(name) => Ok((**inner).clone()),
                name => Err(format!(
                    "`{}` can be null: test for null first",
                    name.as_deref().unwrap_or("a value")
                )),
            },
            other => Ok(other.clone()),
        }
    }
}

fn fresh(shape: Shape) -> Typed {
    Typed { shape, path: None, name: None }
}

fn literal_shape(literal: &LiteralValue) -> Result<Shape, String> {
    match literal {
        LiteralValue::Boolean(_) => Ok(Shape::Bool),
        LiteralValue::Int(_) => Ok(Shape::Int),
        LiteralValue::String(text) => Ok(Shape::Word(vec![text.inner().to_owned()].into())),
        LiteralValue::Null => Ok(Shape::Null),
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::UInt(_) => {
            Err("facts hold no bytes, fractions or unsigned numbers".into())
        }
    }
}

const fn is_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Text | Shape::Word(_))
}

/// The common shape of two branches.
fn join(one: &Shape, other: &Shape) -> Result<Shape, String> {
    match (one, other) {
        (Shape::Anything, shape) | (shape, Shape::Anything) => Ok(shape.clone()),
        (Shape::List(one), Shape::List(other)) => Ok(Shape::List(Box::new(join(one, other)?))),
        (Shape::Word(one), Shape::Word(other)) => {
            let all: BTreeSet<&String> = one.iter().chain(other.iter()).collect();
            Ok(Shape::Word(all.into_iter().cloned().collect()))
        }
        (one, other) if is_text(one) && is_text(other) => Ok(Shape::Text),
        (one, other) if one == other => Ok(one.clone()),
        (one, other) => Err(format!("{one} and {other} do not go together")),
    }
}

/// Whether two shapes can be equal at all; an error when one is a word the other never is.
fn comparable(left: &Shape, right: &Shape) -> Result<bool, String> {
    match (left, right) {
        (Shape::Nullable(_), Shape::Null) | (Shape::Null, Shape::Nullable(_)) => Ok(true),
        (Shape::Nullable(inner), other) | (other, Shape::Nullable(inner)) => comparable(inner, other),
        (Shape::Word(one), Shape::Word(other)) => {
            let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
            match few.iter().find(|word| !many.contains(word)) {
                Some(word) => Err(format!("`{word}` is none of {}", many.join(", "))),
                None => Ok(true),
            }
        }
        (one, other) if is_text(one) && is_text(other) => Ok(true),
        (one, other) => {
            Ok(one == other && matches!(one, Shape::Bool | Shape::Int | Shape::Time | Shape::Duration))
        }
    }
}

/// Collects what is compared with null, by the name it is written with.
fn null_tests(expression: &IdedExpr, found: &mut BTreeSet<String>) {
    match &expression.expr {
        Expr::Call(call) => {
            if let ([left, right], operators::EQUALS | operators::NOT_EQUALS) =
                (call.args.as_slice(), call.func_name.as_str())
            {
                for (one, other) in [(left, right), (right, left)] {
                    if matches!(other.expr, Expr::Literal(LiteralValue::Null)) {
                        found.extend(written(one));
                    }
                }
            }
            call.target.as_deref().into_iter().chain(&call.args).for_each(|part| null_tests(part, found));
        }
        Expr::Comprehension(comprehension) => {
            for part in [
                &comprehension.iter_range,
                &comprehension.accu_init,
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ] {
                null_tests(part, found);
            }
        }
        Expr::Select(select) => null_tests(&select.operand, found),
        Expr::List(list) => list.elements.iter().for_each(|part| null_tests(part, found)),
        _ => {}
    }
}

/// `a.b.c` as written, for names and fields only.
fn written(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => written(&select.operand).map(|owner| format!("{owner}.{}", select.field)),
        _ => None,
    }
}
